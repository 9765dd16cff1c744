"""Summary of a scan: the counts that `match` gives, and what is registered now."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from sightline.model import DAMAGE, ListUse, RejectCode
from sightline.services.match.copies import CopiedLog, PossibleCopy
from sightline.services.match.folders import SkippedFile
from sightline.services.match.summary import ExhibitAccount, ListAccount, build_exhibit_account, list_account
from sightline.services.scan.hit_difference import HitDifference, compare_hits
from sightline.services.scan.plan import ScanJob
from sightline.services.scan.scan import WorkspaceScan
from sightline.storage.rows import Segment
from sightline.workspace.workspace import Workspace

NO_UTF8 = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class RunAccount:
    """One exhibit and reading: its run, and whether it existed before; `exhibit` is None then."""

    run_id: str
    path: str
    exhibit_sha256: str
    format: str
    use: str
    hits: int
    was_there: bool
    superseded: tuple[str, ...]
    repeated: tuple[str, ...]
    segments: tuple[str, ...]
    exhibit: ExhibitAccount | None
    not_used: str | None
    """Why none of its hits can be in a lead. None if they can."""


@dataclass(frozen=True, slots=True)
class ScanSummary:
    """The result of a scan, in counts."""

    lists: tuple[ListAccount, ...]
    runs: tuple[RunAccount, ...]
    differences: tuple[HitDifference, ...]
    swept: int
    copies: tuple[CopiedLog, ...]
    alike: tuple[PossibleCopy, ...]
    left_out: tuple[SkippedFile, ...]

    def to_json(self) -> str:
        """Return the summary as JSON."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2, default=str)
        # Write bytes of a file's name that are not UTF-8 as `\\xHH`.
        return NO_UTF8.sub(lambda match: f"\\\\x{ord(match[0]) - 0xDC00:02x}", text)

    def choose_exit_code(self, max_rejects_percent: float) -> int:
        """Return 4 for damaged input, 1 for an exhibit with more rejects than allowed, else 0."""
        exhibit_accounts = [run_account.exhibit for run_account in self.runs if run_account.exhibit is not None]
        if any(RejectCode(code) in DAMAGE for account in exhibit_accounts for code in account.rejects):
            return 4
        return (
            1
            if any(
                account.limited_reject_count * 100 > max_rejects_percent * account.frames
                for account in exhibit_accounts
            )
            else 0
        )


def summarise_scan(workspace: Workspace, outcome: WorkspaceScan) -> ScanSummary:
    """Return the summary of a scan."""
    segments: dict[str, list[str]] = {}
    with workspace.read() as tables:
        for segment in tables[Segment].select_within(
            "run_id", [registered.run.run_id for _, registered, _ in outcome.done]
        ):
            segments.setdefault(segment.run_id, []).append(segment.segment_id)
    runs = []
    for job, registered, scanned in outcome.done:
        run = registered.run
        runs.append(
            RunAccount(
                run.run_id,
                job.chosen.scan.name,
                run.exhibit_id,
                run.format,
                run.use.value,
                run.hits,
                registered.was_there,
                registered.superseded,
                registered.repeated,
                tuple(segments.get(run.run_id, ())),
                build_exhibit_account(job.chosen, scanned) if scanned else None,
                _explain_unused(job, outcome),
            )
        )
    return ScanSummary(
        tuple(list_account(open_list, outcome.ready.exhibits) for open_list in outcome.ready.lists),
        tuple(runs),
        tuple(
            compare_hits(workspace, run_account.run_id, run_account.superseded or run_account.repeated)
            for run_account in runs
            if run_account.superseded or run_account.repeated
        ),
        outcome.swept,
        outcome.ready.distinct.copies,
        outcome.ready.distinct.alike,
        outcome.ready.left_out,
    )


def _explain_unused(job: ScanJob, outcome: WorkspaceScan) -> str | None:
    """Return why no hit of a run can be in a lead, in words, or None."""
    if "as_of" in job.reading.options:
        return "this run repeats an old one, as of its date"
    if job.reading.use is ListUse.LEADS:
        return None
    source = outcome.context.source
    if source.use is ListUse.STATISTICS:
        return f"the source {source.name} is declared for statistics (sightline sources)"
    names = ", ".join(sorted({Path(open_list.path).name for open_list in job.reading.lists}))
    return f"signed for statistics: {names} (lists sign --use leads)"
