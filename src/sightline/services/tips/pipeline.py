"""Read tips: files in; sessions, rejects and the summary out."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from sightline.errors import DamagedInput, SightlineError, UsageError
from sightline.model.progress import Progress
from sightline.services.match import inputs, outputs
from sightline.services.tips.child_process import read_limited_tip
from sightline.services.tips.request import TipRequest, check_request
from sightline.services.tips.summary import TipContent, TipSummary, build_summary
from sightline.stages.tips import session_rows
from sightline.stages.tips.model import TipEvent, TipOptions, TipReject
from sightline.stages.tips.sessions import Session, SourcedEvent, TipDeclaration, build_sessions


def read_tips(request: TipRequest, progress: Progress) -> TipSummary:
    """Read tips into sessions under their ceilings. Outputs are complete or not written."""
    options, declared = check_request(request)
    checks = inputs.Checks()
    reader = _ExhibitReader(options, sum(path.stat().st_size for path in request.files), progress)
    result = [checks.run_check(partial(reader.read, path)) for path in request.files]
    reads = [read for read in result if read is not None]
    checks.run_check(partial(_check_twice, reads))
    checks.settle()
    events = [SourcedEvent(item, read.sha256) for read in reads for item in read.items if isinstance(item, TipEvent)]
    cut = build_sessions(events, declared)
    counts = build_summary(reads, cut, declared)
    with outputs.make_temporary_outputs(request.outputs) as beside:
        if beside.rejects:
            beside.rejects.write_bytes(_write_rejects(reads))
        if beside.summary:
            beside.summary.write_text(counts.to_json() + "\n", encoding="utf-8")
        encoded = _encode_sessions(cut, declared, beside.hit_format)
        if beside.hits:
            beside.hits.write_bytes(encoded)
        else:
            sys.stdout.buffer.write(encoded)
    return counts


class _ExhibitReader:
    """Reads one exhibit after the other; what a member of one holds is not read again in another."""

    def __init__(self, options: TipOptions, all_bytes: int, progress: Progress) -> None:
        self._options, self._all_bytes, self._progress = options, all_bytes, progress
        self._done_bytes, self._events = 0, 0
        self._known: dict[bytes, str] = {}

    def read(self, path: Path) -> TipContent:
        """All that an exhibit holds. Raises UnknownFormat, UsageError or DamagedInput, which name it."""
        try:
            tip_read = read_limited_tip(path, self._options, self._known, self._count)
        except SightlineError as error:
            named = str(error) if isinstance(error, DamagedInput) else f"{path}: {error}"
            raise type(error)(named, hint=error.hint) from None
        self._done_bytes += tip_read.size_bytes
        self._progress(self._done_bytes, self._all_bytes, self._events)
        return tip_read

    def _count(self, events: int) -> None:
        self._events += events
        self._progress(self._done_bytes, self._all_bytes, self._events)


def _check_twice(reads: list[TipContent]) -> None:
    """Refuse two files of the same content: each event would count twice."""
    known: dict[str, str] = {}
    for read in reads:
        if read.sha256 in known:
            what = f"{known[read.sha256]} and {read.path} hold the same bytes"
            raise UsageError(what, hint="give one of them, or each event would count twice")
        known[read.sha256] = read.path


def _write_rejects(reads: list[TipContent]) -> bytes:
    result = [
        session_rows.reject_row(item, read.sha256)
        for read in reads
        for item in read.items
        if isinstance(item, TipReject)
    ]
    return session_rows.write_jsonl(result)


def _encode_sessions(cut: list[Session], declared: TipDeclaration, kind: str) -> bytes:
    result = [session_rows.build_session_row(session, declared) for session in cut]
    return session_rows.as_csv(result) if kind == "csv" else session_rows.write_jsonl(result)
