"""Run a world through the whole product: workspace, officers, sources, data sets, every log, and the leads."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sightline.casework.cases import cases
from sightline.casework.cases.declarations import declare_clock
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.approvals import TakesTwo
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset
from sightline.exercise import manifest
from sightline.exercise.grade import Grade, grade_leads
from sightline.ledger.instants import to_microseconds
from sightline.model import ApprovalState, AuthorityKind, DatasetKind, ListUse, SourceKind
from sightline.model.progress import Progress, ignore_progress
from sightline.services.exercise import other_force
from sightline.services.exercise.officers import UNIT, WHY, create_office, enrol_issuer
from sightline.services.exercise.other_force import ForceKeys
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.storage import rows
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import SEGMENTS


@dataclass(frozen=True, slots=True)
class ExerciseRun:
    """A world that was run: the officer session, other officers, another force's keys, the files of leads."""

    officer_session: OfficerSession
    supervisor: OfficerSession
    superintendent: OfficerSession
    partner: OfficerSession
    force: ForceKeys
    leads: tuple[Path, ...]
    seconds: float
    peak_bytes: int


def run_world(
    folder: Path, workspace: Path, progress: Progress, clock: Callable[[], datetime] | None = None
) -> ExerciseRun:
    """Run a world in a new workspace that is stamped an exercise. Its officers' keys are in memory only."""
    world = manifest.read(folder)
    begun = time.monotonic()
    clock = clock or build_clock_after(world)
    people = create_office(workspace, clock)
    # The supervisor enrolled the officer with the first one, and so approves nothing of the officer's.
    officer_session, second = people.officer, people.superintendent
    enrol_issuer(officer_session, second, folder / world.issuer_key)
    _register_world(officer_session, world)
    _import(officer_session, world, progress)
    for place, (source, exhibits) in enumerate(_group_by_declaration(world)):
        progress(place, len(world.exhibits), 0, f"scan {source}")
        _scan_exhibits(officer_session, second, world, exhibits)
    files = _rebuild(officer_session, progress)
    keys = other_force.enrol_force(people.supervisor, second, people.partner)
    other_force.ask_for_leads(people.partner, world.ends[:10])
    seconds = time.monotonic() - begun
    return ExerciseRun(
        officer_session, people.supervisor, second, people.partner, keys, files, seconds, measure_peak_bytes()
    )


def build_clock_after(world: manifest.World) -> Callable[[], datetime]:
    """Return a clock: now, or an instant after the world's whole calendar if the machine is behind it."""
    last = max(
        date.fromisoformat(day) for day in (world.ends[:10], *(dataset_entry.date for dataset_entry in world.datasets))
    )
    over = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    return lambda: max(datetime.now(UTC), over)


def grade_run(folder: Path, ran: ExerciseRun, resolutions: Path | None = None) -> Grade:
    """Return the grade of a world that was run; with `resolutions` (`resolve --json`), theirs too."""
    return grade_leads(folder, ran.leads, resolutions)


def measure_peak_bytes() -> int:
    """Return the peak memory of this process."""
    ru_maxrss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return ru_maxrss if sys.platform == "darwin" else ru_maxrss * 1024


CASE = "FIR 1/2026"
AUTHORITY = "s.94 order 1/2026"
DAY_US = 86_400_000_000


def _register_world(officer_session: OfficerSession, world: manifest.World) -> None:
    """The case, the instrument that covers it, and every source as the world declares it."""
    at, by = officer_session.clock(), officer_session.officer.officer_id
    at_us = to_microseconds(at)
    people = ("I. Officer", "S. Officer", "S. Superintendent")
    case = rows.Case(make_id(at), CASE, UNIT, "67B IT Act", *people, world.ends, at_us, by)
    cases.open_case(officer_session, case)
    authority = rows.Authority(
        make_id(at),
        case.case_id,
        AuthorityKind.PRODUCTION,
        AUTHORITY,
        "Magistrate, Exercise",
        world.ends,
        at_us - DAY_US,
        None,
        "null",
        "null",
        "0" * 64,
        "order.pdf",
        None,
        at_us,
        by,
    )
    cases.add_authority(officer_session, authority)
    for source_entry in world.sources:
        cases.add_source(officer_session, _build_source(source_entry, officer_session))


def _build_source(source_entry: manifest.SourceEntry, officer_session: OfficerSession) -> rows.Source:
    return rows.Source(
        source_id=make_id(officer_session.clock()),
        kind=SourceKind(source_entry.kind),
        name=source_entry.name,
        use=ListUse(source_entry.use),
        timezone=source_entry.timezone,
        clock_offset_us=round(source_entry.clock_offset_s * 1_000_000),
        clock_uncertainty_s=source_entry.clock_uncertainty_s,
        clock_measured=source_entry.clock_measured or cases.NOT_MEASURED,
        trusted_hops=source_entry.trusted_hops,
        server_name=source_entry.server_name,
        device_json="{}",
        added_at_us=0,
        added_by=officer_session.officer.officer_id,
        timezone_basis=source_entry.timezone_basis,
    )


def _import(officer_session: OfficerSession, world: manifest.World, progress: Progress) -> None:
    for place, dataset_entry in enumerate(world.datasets):
        progress(place, len(world.datasets), 0, "data sets")
        dated = date.fromisoformat(dataset_entry.date)
        import_dataset(
            officer_session,
            DatasetRequest(
                world.folder / dataset_entry.file, DatasetKind(dataset_entry.kind), dated, dataset_entry.name
            ),
        )


def _group_by_declaration(world: manifest.World) -> Iterator[tuple[str, list[manifest.ExhibitEntry]]]:
    """The exhibits that one scan can read: of one source, and declared alike."""
    groups: dict[tuple[object, ...], list[manifest.ExhibitEntry]] = {}
    for exhibit_entry in world.exhibits:
        groups.setdefault(
            (
                exhibit_entry.source,
                exhibit_entry.format,
                exhibit_entry.all_hits_of,
                exhibit_entry.year,
                exhibit_entry.date_order,
            ),
            [],
        ).append(exhibit_entry)
    for some in groups.values():
        yield some[0].source, some


def _scan_exhibits(
    officer_session: OfficerSession,
    second: OfficerSession,
    world: manifest.World,
    exhibits: list[manifest.ExhibitEntry],
) -> None:
    """Scan; a log that is taken whole is asked for, approved by the second officer, and then scanned."""
    first_exhibit = exhibits[0]
    for exhibit_entry in exhibits:
        if exhibit_entry.compared:
            exhibit_id = hashlib.sha256((world.folder / exhibit_entry.file).read_bytes()).hexdigest()
            declare_clock(
                officer_session,
                exhibit_id,
                exhibit_entry.comparisons,
                exhibit_entry.clock_uncertainty_s or 0,
                exhibit_entry.clock_measured or WHY,
            )
    request = ScanRequest(
        logs=tuple(world.folder / exhibit.file for exhibit in exhibits),
        source=first_exhibit.source,
        authority=AUTHORITY,
        lists=tuple(world.folder / list_entry.file for list_entry in world.lists),
        format=str(world.folder / first_exhibit.format)
        if first_exhibit.format.endswith(".toml")
        else first_exhibit.format,
        date_order=first_exhibit.date_order,
        year=first_exhibit.year,
        all_hits_of=first_exhibit.all_hits_of,
        why=WHY,
    )
    if first_exhibit.all_hits_of is not None:
        with suppress(TakesTwo):
            scan_logs(officer_session, request, ignore_progress)
        _approve_all(second)
    scan_logs(officer_session, request, ignore_progress)


def _approve_all(second: OfficerSession) -> None:
    with second.workspace.read() as tables:
        asked = tables[rows.Approval].select(state=ApprovalState.ASKED.value)
    for approval in asked:
        with second.change(Action.APPROVAL_LIST, f"approval:{approval.approval_id}") as change:
            approvals.decide(second, change, approval.approval_id, give=True, why=WHY)


def _rebuild(officer_session: OfficerSession, progress: Progress) -> tuple[Path, ...]:
    """The files of the leads, and of the sessions of leads that join several."""

    def going_on(done: int, whole: int | None, _leads: int = 0, _step: str = "", /) -> None:
        progress(done, whole or done, 0, "leads")

    generation = rebuild_leads(officer_session, going_on).generation
    files = sorted(entry["file"] for entry in json.loads(generation.files_json))
    wanted = [name for name in files if Path(name).name.startswith(("leads-", "sessions"))]
    return tuple(officer_session.workspace.folder / SEGMENTS / name for name in wanted)
