"""Plan a scan: one job for each exhibit and reading whose run does not exist yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sightline.casework.cases.declarations import ExhibitClock, SourceTimes
from sightline.casework.reference_data.list_series import find_list_signatures
from sightline.errors import Refused
from sightline.file_digests import compute_sha256
from sightline.model import ListUse
from sightline.services.match.inputs import ChosenExhibit
from sightline.services.match.pipeline import CheckedInputs
from sightline.services.scan.manifest import ExhibitReading, get_margins_us, run_id
from sightline.storage.rows import Exhibit, Run, RunList
from sightline.storage.table import Tables

GROUP_FILES = 64
GROUP_BYTES = 1 << 30
"""Size of exhibits that are read and registered together: dozens of small ones, or one large one."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ScanJob:
    """An exhibit, and how it is to be read. `run` is None, or the earlier run that did the same."""

    chosen: ChosenExhibit
    reading: ExhibitReading
    exhibit_id: str | None
    run: Run | None


def plan_readings(ready: CheckedInputs, use: ListUse, options: dict[str, object]) -> list[ExhibitReading]:
    """Return one reading for each use (leads, statistics) that has lists. Hits for statistics are only counted.

    `use`: that of the source; a source for statistics has one reading, with all lists.
    """
    of_use = {
        wanted: tuple(
            open_list
            for open_list in ready.lists
            if open_list.signature is not None and open_list.signature.use is wanted
        )
        for wanted in ListUse
    }
    if use is ListUse.STATISTICS:
        of_use = {ListUse.STATISTICS: tuple(ready.lists)}
    # The use of hits is an option like others: a run for statistics is not a run for leads.
    return [
        ExhibitReading(lists, wanted, {**options, "use": wanted.value}) for wanted, lists in of_use.items() if lists
    ]


def plan_jobs(
    ready: CheckedInputs,
    ways: Sequence[ExhibitReading],
    tables: Tables,
    going_on: Callable[[], None],
    clocks: Mapping[str, ExhibitClock],
    times: SourceTimes | None = None,
) -> list[ScanJob]:
    """Return a job for every exhibit and reading, by the exhibit's own clock and times if they are declared.

    `going_on` is called before each exhibit. An exhibit is hashed in advance only if one of its size is registered, or
    if clocks are declared for exhibits. Raises Refused for an exhibit that was purged.
    """
    result = []
    for exhibit in ready.exhibits:
        going_on()
        chosen_exhibit = exhibit if times is None else _with_times(exhibit, times)
        exhibit_id = _find_known_run(chosen_exhibit, tables, is_wanted=bool(clocks))
        clock = clocks.get(exhibit_id or "")
        for reading in ways if clock is None else [reading_choice.with_clock(clock) for reading_choice in ways]:
            result.append(build_job(chosen_exhibit, reading, exhibit_id, tables))
    return result


def _with_times(chosen_exhibit: ChosenExhibit, times: SourceTimes) -> ChosenExhibit:
    """Return an exhibit with the times that are declared for its server."""
    declared = chosen_exhibit.format.times.with_declaration(times.time_is, times.duration_unit)
    return replace(chosen_exhibit, format=replace(chosen_exhibit.format, times=declared))


def build_job(
    chosen_exhibit: ChosenExhibit, reading: ExhibitReading, exhibit_id: str | None, tables: Tables
) -> ScanJob:
    """Return the job of one exhibit and reading, with its run if that exists.

    The same lists make another run if another issuer, or another key, signed them. Otherwise a list of a revoked key
    could never count again after somebody else signed it.
    """
    run = tables[Run].get(run_id(exhibit_id, chosen_exhibit, reading)) if exhibit_id else None
    if run is None or exhibit_id is None:
        return ScanJob(chosen_exhibit, reading, exhibit_id, None)
    signed = find_list_signatures(tables, tables[RunList].select(run_id=run.run_id))
    was = [f"{signature.issuer} {signature.key_id}" for _, signature in sorted(signed.items())]
    is_now = [
        f"{open_list.signature.issuer} {open_list.signature.key_id}"
        for open_list in reading.lists
        if open_list.signature is not None
    ]
    if was == is_now:
        return ScanJob(chosen_exhibit, reading, exhibit_id, run)
    other = replace(reading, options={**reading.options, "signed_by": is_now})
    return ScanJob(chosen_exhibit, other, exhibit_id, tables[Run].get(run_id(exhibit_id, chosen_exhibit, other)))


def _find_known_run(chosen_exhibit: ChosenExhibit, tables: Tables, *, is_wanted: bool) -> str | None:
    path = chosen_exhibit.scan.path
    assert path is not None
    if not is_wanted and not tables[Exhibit].select(size_bytes=chosen_exhibit.size_bytes):
        return None
    digest = compute_sha256(path)
    exhibit = tables[Exhibit].get(digest)
    if exhibit is not None and exhibit.purged_at_us is not None:
        raise Refused(f"{path}: this exhibit was purged", hint="a purged exhibit is not scanned again")
    return digest


def require_alike(work: Sequence[ScanJob], tables: Tables, all_hits_of: str | None) -> None:
    """Raise Refused if a log that was scanned whole would now be scanned for matches only, which would drop hits."""
    for job in work:
        for run in tables[Run].select(exhibit_id=job.exhibit_id) if job.exhibit_id and not all_hits_of else ():
            taken = json.loads(run.manifest_json)["options"]["all_hits_of"]
            if taken is not None:
                raise Refused(
                    f"{job.chosen.scan.name} was taken whole, as visits to {taken}; read otherwise it would lose hits",
                    hint=f"scan it again with --all-hits-of {taken}",
                )


def group_jobs(work: Sequence[ScanJob]) -> Iterator[list[ScanJob]]:
    """Yield groups of jobs with one reading, in order. Each group is read and registered together."""
    group: list[ScanJob] = []
    size = 0
    for job in work:
        size_bytes = job.chosen.size_bytes or 0
        if group and (
            job.reading is not group[0].reading
            or get_margins_us(job.chosen.format.times) != get_margins_us(group[0].chosen.format.times)
            or len(group) == GROUP_FILES
            or size + size_bytes > GROUP_BYTES
        ):
            yield group
            group, size = [], 0
        group.append(job)
        size += size_bytes
    if group:
        yield group
