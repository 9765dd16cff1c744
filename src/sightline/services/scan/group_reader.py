"""The result of reading a group of exhibits, on this machine or on a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sightline.model.progress import Progress
from sightline.services.match import engine as engine_module
from sightline.services.match.pipeline import CheckedInputs
from sightline.services.scan.plan import ScanJob, group_jobs
from sightline.services.scan.request import ScanRequest
from sightline.stages.scan.engine_output import ExhibitScan, ScanCounts
from sightline.stages.scan.engine_settings import EngineSettings


@dataclass(frozen=True, slots=True)
class GroupResult:
    """The results of a group, in order. `begun` and `machines`: when and where, if that was not here and now."""

    scanned: list[ExhibitScan]
    begun: datetime | None = None
    machines: tuple[Mapping[str, str], ...] = ()


GroupReader = Callable[[Path | None, Sequence[bytes], ScanCounts], GroupResult]
"""Reads a group. Its segments go to the folder, sealed with a row key for each exhibit."""


def read_group(
    ready: CheckedInputs,
    request: ScanRequest,
    group: Sequence[ScanJob],
    watch: ScanCounts,
    folder: Path | None = None,
    row_keys: Sequence[bytes] = (),
) -> list[ExhibitScan]:
    """Read exhibits of one reading here. Hits go to segments in `folder`; without one they are only counted."""
    reading = group[0].reading
    scanned, _ = ready.engine.scan(
        [job.chosen.scan for job in group],
        reading.lists,
        reading.read_options(ready.options, group[0].chosen.format.times),
        EngineSettings(
            limits=ready.limits,
            all_hits_of=request.all_hits_of,
            digest_key=ready.digest_key,
            hits=("nothing", None) if folder is None else ("segments", folder),
            threads=engine_module.count_threads(request.threads),
            watch=watch,
            row_keys=() if folder is None else row_keys,
        ),
    )
    return scanned


def read_for_counts(
    ready: CheckedInputs, request: ScanRequest, work: Sequence[ScanJob], progress: Progress
) -> list[tuple[ScanJob, ExhibitScan]]:
    """Read every exhibit without a run, count each line, and store nothing. In the order of the plan."""
    todo = [job for job in work if job.run is None]
    all_bytes = sum(job.chosen.size_bytes or 0 for job in todo)
    result: list[tuple[ScanJob, ExhibitScan]] = []
    for group in group_jobs(todo):
        done, hits = sum(one.size_bytes for _, one in result), sum(one.hits for _, one in result)
        scanned = read_group(ready, request, group, _offset_progress(progress, done, hits, all_bytes))
        result += zip(group, scanned, strict=True)
    return result


def _offset_progress(progress: Progress, done_bytes: int, done_hits: int, all_bytes: int) -> ScanCounts:
    """Return what a scan of the next group calls: it adds the counts of the groups before it."""
    return lambda read_bytes, _frames, hits: progress(done_bytes + read_bytes, all_bytes, done_hits + hits)
