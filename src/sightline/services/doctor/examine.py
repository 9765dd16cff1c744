"""Run every check of `doctor` at once, for an officer with permission; and remove leftover files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, SightlineError
from sightline.ledger.instants import to_microseconds
from sightline.services.doctor import clock_checks, disks, folder_checks, oversight_checks, people, storage_checks
from sightline.services.doctor.check import Check, Level
from sightline.services.doctor.machine_facts import System
from sightline.storage import erase
from sightline.storage.segments import StoredFile
from sightline.storage.table import Tables
from sightline.workspace import leases, orphans, superseded_leads
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SweepResult:
    """The result of a clean-up: the scans that died and the files that it removed."""

    scans: int
    files: int


def examine_workspace(
    officer_session: OfficerSession, system: System, accepted: Iterable[str] = (), met: Iterable[str] = ()
) -> list[Check]:
    """Return every check, in a fixed order. An accepted problem is a warning.

    `met`: keys of officers that somebody outside compared face to face.
    """
    officer_session.require(Action.DOCTOR, "workspace:all")
    known = frozenset(accepted)
    return [
        _accept_known(check, known)
        for check in list_checks(officer_session.workspace, system, officer_session.clock(), met)
    ]


def sweep_workspace(officer_session: OfficerSession) -> SweepResult:
    """Remove what scans that died and purges that were interrupted left behind."""
    officer_session.require(Action.DOCTOR, "workspace:all")
    scans = leases.sweep_intents(officer_session.workspace, officer_session.clock())
    files = orphans.remove_orphans(officer_session.workspace) + officer_session.workspace.sweep_scratch()
    files += superseded_leads.remove_superseded_files(officer_session.workspace)
    erase.empty_log(officer_session.workspace.engine)
    return SweepResult(len(scans), files)


def list_checks(workspace: Workspace, system: System, now: datetime, met: Iterable[str] = ()) -> list[Check]:
    """Return every check of a workspace and its machine. If the database is damaged, those that do not need it."""
    checks = [disks.check_disk(system, workspace.folder), *disks.check_swap(system), disks.check_core_dumps(system)]
    checks += [disks.check_space(workspace.folder), *folder_checks.check_permissions(workspace.folder)]
    checks += [
        clock_checks.check_synchronised(system.is_synchronised()),
        *clock_checks.check_hardware_clock(system, now),
    ]
    stored, trouble = _check_store(workspace)
    try:
        with workspace.read() as tables:
            # One by one: what was told before it fails stays.
            for check in _check_database(workspace, tables, stored, now, met):
                checks.append(check)
    except DamagedInput as error:
        checks.append(Check("database", Level.WRONG, str(error), error.hint))
    return checks + trouble


def _check_database(
    workspace: Workspace, tables: Tables, stored: list[StoredFile] | None, now: datetime, met: Iterable[str]
) -> Iterator[Check]:
    """Yield the checks that need the database, in one transaction of it."""
    yield clock_checks.check_ledger(tables, now)
    yield folder_checks.check_log_key(workspace, tables)
    yield from storage_checks.check_database(workspace, tables)
    if stored is not None:
        yield from storage_checks.check_files(workspace, tables, stored)
    yield storage_checks.check_scans(tables, now)
    yield from people.check_officers(tables, met)
    yield from people.check_authorities(tables, to_microseconds(now))
    yield from people.check_lists(tables, to_microseconds(now))
    yield oversight_checks.check_journal(tables, now)
    yield from oversight_checks.check_checkpoints(tables, now)
    yield from oversight_checks.check_backups(tables, now)
    yield oversight_checks.check_retention(tables, now)
    yield oversight_checks.check_lead_retention(tables)


def _check_store(workspace: Workspace) -> tuple[list[StoredFile] | None, list[Check]]:
    try:
        return list(workspace.segments.names()), []
    except SightlineError as error:
        return None, [Check("segments", Level.WRONG, str(error), error.hint)]


def _accept_known(check: Check, accepted: frozenset[str]) -> Check:
    if check.level is Level.WRONG and check.name in accepted:
        return replace(check, level=Level.WARNING, what=f"{check.what} (accepted)")
    return check
