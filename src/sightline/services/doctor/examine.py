"""The spine of `doctor`: everything looked at once, by an officer who may; and the sweep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sightline.casework.access import Action
from sightline.casework.officer_session import Desk
from sightline.services.doctor import clocks, disks, folder, oversight, people, store
from sightline.services.doctor.check import Check, Level
from sightline.services.doctor.system import System
from sightline.errors import DamagedInput, SightlineError
from sightline.workspace import leases, orphans
from sightline.ledger.instants import microseconds
from sightline.storage import erase
from sightline.storage.segments import Stored
from sightline.storage.table import Shelves
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep took away: scans that died, and files."""

    scans: int
    files: int


def examine(desk: Desk, system: System, accepted: Iterable[str] = (), met: Iterable[str] = ()) -> list[Check]:
    """Every check, in a fixed order. What was accepted is a warning, however wrong it is.

    `met`: keys of officers that somebody outside compared face to face.
    """
    desk.require(Action.DOCTOR, "workspace:all")
    known = frozenset(accepted)
    return [_weighed(one, known) for one in examined(desk.workspace, system, desk.clock(), met)]


def sweep(desk: Desk) -> Swept:
    """Remove what scans that died and purges that broke off left behind."""
    desk.require(Action.DOCTOR, "workspace:all")
    scans = leases.sweep(desk.workspace, desk.clock())
    files = orphans.remove(desk.workspace)
    erase.empty_log(desk.workspace.engine)
    return Swept(len(scans), files)


def examined(workspace: Workspace, system: System, now: datetime, met: Iterable[str] = ()) -> list[Check]:
    """Every check of a workspace and its machine. Where the database is damaged, what can be told without it."""
    checks = [disks.disk(system, workspace.folder), *disks.swap(system), disks.cores(system)]
    checks += [disks.space(workspace.folder), *folder.permissions(workspace.folder)]
    checks += [clocks.synchronised(system.is_synchronised()), *clocks.hardware(system, now)]
    stored, trouble = _stored(workspace)
    try:
        with workspace.reading() as shelves:
            # One by one: what was told before it fails stays.
            for one in _recorded(workspace, shelves, stored, now, met):
                checks.append(one)
    except DamagedInput as why:
        checks.append(Check("database", Level.WRONG, str(why), why.hint))
    return checks + trouble


def _recorded(
    workspace: Workspace, shelves: Shelves, stored: list[Stored] | None, now: datetime, met: Iterable[str]
) -> Iterator[Check]:
    """Yield the checks that need the database, in one transaction of it."""
    yield clocks.ledger(shelves, now)
    yield folder.log_key(workspace, shelves)
    yield from store.database(workspace, shelves)
    if stored is not None:
        yield from store.files(workspace, shelves, stored)
    yield store.scans(shelves, now)
    yield from people.officers(shelves, met)
    yield from people.authorities(shelves, microseconds(now))
    yield from people.lists(shelves, microseconds(now))
    yield oversight.journal(shelves, now)
    yield from oversight.checkpoints(shelves, now)
    yield from oversight.backups(shelves, now)
    yield oversight.retention(shelves, now)


def _stored(workspace: Workspace) -> tuple[list[Stored] | None, list[Check]]:
    try:
        return list(workspace.segments.names()), []
    except SightlineError as why:
        return None, [Check("segments", Level.WRONG, str(why), why.hint)]


def _weighed(check: Check, accepted: frozenset[str]) -> Check:
    if check.level is Level.WRONG and check.name in accepted:
        return replace(check, level=Level.WARNING, what=f"{check.what} (accepted)")
    return check
