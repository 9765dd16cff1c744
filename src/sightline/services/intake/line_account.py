"""The account of a trial or a scan: every line of every file, the lists that were used, and what was not read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sightline.services.match.copies import CopiedLog
from sightline.services.match.folders import SkippedFile
from sightline.services.match.summary import ExhibitAccount, ListAccount, build_exhibit_account, list_account
from sightline.services.scan.scan import WorkspaceScan
from sightline.services.scan.summary import ScanSummary
from sightline.storage.rows import Run

ShortName = Callable[[str], str]
"""Returns the name of a file as it was uploaded, for its path on this server."""


@dataclass(frozen=True, slots=True)
class FileAccount:
    """One file and one use of its hits. `lines = visits + unmatched + outside_window + comments + rejected`.

    `visits` are lines that match a list. `is_known`: the workspace has this run, so it is not read again. `run_id` is
    None in a trial.
    """

    name: str
    format: str
    reason: str
    use: str
    is_known: bool
    sha256: str
    run_id: str | None
    lines: int = 0
    visits: int = 0
    hits: int = 0
    unmatched: int = 0
    outside_window: int = 0
    comments: int = 0
    rejected: int = 0
    rejects: Mapping[str, int] | None = None
    notes: Sequence[str] = ()


def build_trial_account(outcome: WorkspaceScan, short_name: ShortName) -> dict[str, Any]:
    """Return the account of a trial."""
    files = [
        _describe_file(build_exhibit_account(job.chosen, scanned), job.reading.use.value, None, short_name)
        for job, scanned in outcome.trial
    ]
    files += [_describe_known(job.chosen.scan.name, job.run, short_name) for job in outcome.work if job.run is not None]
    lists = [list_account(open_list, outcome.ready.exhibits) for open_list in outcome.ready.lists]
    return _build_account(files, lists, outcome.ready.left_out, outcome.ready.distinct.copies, short_name)


def build_scan_account(summary: ScanSummary, short_name: ShortName) -> dict[str, Any]:
    """Return the account of a scan, with its runs."""
    files = []
    for run_account in summary.runs:
        if run_account.exhibit is not None:
            files.append(_describe_file(run_account.exhibit, run_account.use, run_account.run_id, short_name))
        else:
            about = (short_name(run_account.path), run_account.format, "", run_account.use)
            files.append(
                FileAccount(
                    *about,
                    is_known=True,
                    sha256=run_account.exhibit_sha256,
                    run_id=run_account.run_id,
                    hits=run_account.hits,
                )
            )
    return _build_account(files, summary.lists, summary.left_out, summary.copies, short_name)


def _describe_known(name: str, run: Run, short_name: ShortName) -> FileAccount:
    about = (short_name(name), run.format, "", run.use.value)
    return FileAccount(*about, is_known=True, sha256=run.exhibit_id, run_id=run.run_id, hits=run.hits)


def _describe_file(one: ExhibitAccount, use: str, run_id: str | None, short_name: ShortName) -> FileAccount:
    return FileAccount(
        short_name(one.path),
        one.format,
        one.format_reason,
        use,
        is_known=False,
        sha256=one.sha256,
        run_id=run_id,
        lines=one.frames,
        visits=one.hit_records,
        hits=one.hits,
        unmatched=one.unmatched,
        outside_window=one.outside_window,
        comments=one.comments,
        rejected=one.reject_count,
        rejects=one.rejects,
        notes=(*one.format_notes, *one.notes),
    )


def _build_account(
    files: Sequence[FileAccount],
    lists: Sequence[ListAccount],
    left: Sequence[SkippedFile],
    copies: Sequence[CopiedLog],
    short_name: ShortName,
) -> dict[str, Any]:
    # A file with lists of both uses is read twice; its lines are counted once.
    first: dict[tuple[str, str], FileAccount] = {}
    for file_account in files:
        first.setdefault((file_account.name, file_account.format), file_account)
    names = ("lines", "visits", "unmatched", "outside_window", "comments", "rejected")
    sums = {name: sum(getattr(file_account, name) for file_account in first.values()) for name in names}
    notes: dict[str, dict[str, None]] = {}
    for file_account in files:
        for note in file_account.notes:
            notes.setdefault(note, {})[file_account.name] = None
    return {
        "files": [asdict(file) for file in files],
        "notes": [{"note": note, "names": list(names)} for note, names in notes.items()],
        "sums": sums,
        "lists": [
            {"origin": list_.origin, "issuer": list_.issuer, "indicators": list_.indicators, "list_id": list_.list_id}
            for list_ in lists
        ],
        "left": [
            {"name": short_name(skipped_file.path), "why": skipped_file.why.value, "what": skipped_file.what}
            for skipped_file in left
        ],
        "copies": [{"name": short_name(copy.path), "other": short_name(copy.copy_of)} for copy in copies],
    }
