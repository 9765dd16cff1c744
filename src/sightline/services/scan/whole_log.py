"""Files of a log that is taken whole: each must match the digest, size and frames that two officers approved."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, Refused
from sightline.file_digests import compute_sha256
from sightline.ledger.append import encode_canonical
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model.progress import Progress
from sightline.services.match.pipeline import CheckedInputs
from sightline.services.scan.group_reader import read_group
from sightline.services.scan.plan import ScanJob, group_jobs
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan_context import ScanContext
from sightline.stages.scan.engine_output import ExhibitScan
from sightline.storage.rows import Approval


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file as it is approved. `frames`: its lines, blocks or messages; None if they were not counted."""

    name: str
    sha256: str
    size_bytes: int
    frames: int | None

    @property
    def content(self) -> tuple[str, int]:
        """Return what identifies the file wherever it is stored."""
        return self.sha256, self.size_bytes


def require_approval(
    officer_session: OfficerSession,
    request: ScanRequest,
    context: ScanContext,
    ready: CheckedInputs,
    work: Sequence[ScanJob],
    progress: Progress,
) -> Approval:
    """Return the approval of exactly these files.

    Raises Refused for an archive in several formats, and NotAllowed if there is none. It is requested then, and the
    details say how the files differ from others that were approved for this server.
    """
    for job in work:
        if job.chosen.members:
            raise Refused(
                f"{job.chosen.scan.name}: its members are in several formats, and a whole log is one log",
                hint="unpack it, and scan those of its files that are the server's own log",
            )
    thing, why = f"source:{context.source.source_id}", request.why or "a whole log"
    jobs = list({job.chosen.scan.name: job for job in work}.values())
    log_files = [_build_log_file(job) for job in jobs]
    about: dict[str, approvals.Value] = {
        "indicator": request.all_hits_of,
        "source": context.source.source_id,
        "authority": context.authority.authority_id,
    }
    given = list(_list_given_approvals(officer_session, about))
    for approval in given:
        if {file.content for file in list_approved_files(approval)} == {log_file.content for log_file in log_files}:
            return approval
    frames = _count_frames(request, ready, jobs, progress)
    details = [*compare_files(list_approved_files(given[-1]), frames)] if given else []
    with officer_session.record_refusals(JournalVerb.REFUSED_APPROVAL, thing):
        wanted = about | {"files": [_as_json(log_file) for log_file in frames]}
        return approvals.require_approval(officer_session, Action.SCAN_WHOLE_LOG, thing, wanted, why, details)


def require_as_approved(
    officer_session: OfficerSession, approval: Approval, jobs: Sequence[ScanJob], scanned: Sequence[ExhibitScan]
) -> None:
    """Raise NotAllowed, with the differences, if the files read are not those approved."""
    log_files = list_approved_files(approval)
    read = [
        LogFile(Path(job.chosen.scan.name).name, one.sha256, one.size_bytes, one.frames)
        for job, one in zip(jobs, scanned, strict=True)
    ]
    counts = {log_file.content: log_file.frames for log_file in log_files}
    wrong = [
        log_file for log_file in read if log_file.content not in counts or counts[log_file.content] != log_file.frames
    ]
    if not wrong:
        return
    with officer_session.record_refusals(JournalVerb.REFUSED_APPROVAL, approval.thing):
        raise NotAllowed(
            f"{len(wrong)} of {len(read)} files are not as approved in {approval.approval_id}",
            hint="run it again: the files as they are now are asked for, and another officer approves them",
            details=[*_list_changed(log_files, wrong)],
        )


def list_approved_files(approval: Approval) -> list[LogFile]:
    """Return the files that an approval of a whole log names. Approvals of older versions name none."""
    request_files = json.loads(approval.request_json).get("files", [])
    return [
        LogFile(request_file["name"], request_file["sha256"], request_file["size_bytes"], request_file["frames"])
        for request_file in request_files
    ]


def compare_files(log_files: Sequence[LogFile], earlier_files: Sequence[LogFile]) -> Iterator[str]:
    """Yield what is not as approved in some files, and which approved files are missing."""
    contents = {log_file.content for log_file in log_files}
    yield from _list_changed(log_files, [log_file for log_file in earlier_files if log_file.content not in contents])
    there = {log_file.content for log_file in earlier_files}
    names = {log_file.name for log_file in earlier_files}
    for log in log_files:
        if log.content not in there and log.name not in names:
            yield f"approved, and not given now: {_format_line(log)}"


def _list_changed(log_files: Sequence[LogFile], wrong: Sequence[LogFile]) -> Iterator[str]:
    by_content, by_name = (
        {log_file.content: log_file for log_file in log_files},
        {log_file.name: log_file for log_file in log_files},
    )
    for log in wrong:
        was = by_content.get(log.content) or by_name.get(log.name)
        yield (
            f"not approved: {_format_line(log)}"
            if was is None
            else f"changed: {_format_line(log)}; approved: {_format_line(was)}"
        )


def _format_line(log_file: LogFile) -> str:
    frames = "" if log_file.frames is None else f", {log_file.frames:,} frames"
    return f"{log_file.name}, {log_file.size_bytes:,} bytes{frames}, SHA-256 {log_file.sha256}"


def _list_given_approvals(officer_session: OfficerSession, about: dict[str, approvals.Value]) -> Iterator[Approval]:
    """Yield the unused approvals of whole logs of this server, newest last."""
    with officer_session.workspace.read() as tables:
        rows = approvals.list_given_approvals(tables, Action.SCAN_WHOLE_LOG, to_microseconds(officer_session.clock()))
    for approval in rows:
        request = json.loads(approval.request_json)
        if request.pop("files", None) is not None and encode_canonical(request) == encode_canonical(about):
            yield approval


def _build_log_file(job: ScanJob) -> LogFile:
    path = job.chosen.scan.path
    assert path is not None, "standard input cannot be an exhibit"
    return LogFile(path.name, compute_sha256(path), path.stat().st_size, None)


def _count_frames(
    request: ScanRequest, ready: CheckedInputs, jobs: Sequence[ScanJob], progress: Progress
) -> list[LogFile]:
    """Return the files with their frames, read once to count them. Nothing of them is stored."""
    log_files, done = [], 0
    all_bytes = sum(job.chosen.size_bytes or 0 for job in jobs)
    for group in group_jobs(jobs):
        scanned = read_group(ready, request, group, _offset_progress(progress, done, all_bytes))
        done += sum(scanned_part.size_bytes for scanned_part in scanned)
        for job, one in zip(group, scanned, strict=True):
            log_files.append(LogFile(Path(job.chosen.scan.name).name, one.sha256, one.size_bytes, one.frames))
    return sorted(log_files, key=lambda log_file: (log_file.sha256, log_file.name))


def _offset_progress(progress: Progress, before: int, all_bytes: int) -> Callable[[int, int, int], None]:
    return lambda read, _frames, _hits: progress(before + read, all_bytes, 0)


def _as_json(log_file: LogFile) -> dict[str, str | int]:
    assert log_file.frames is not None
    name = log_file.name.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return {"name": name, "sha256": log_file.sha256, "size_bytes": log_file.size_bytes, "frames": log_file.frames}
