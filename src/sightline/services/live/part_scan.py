"""Scan the parts of a feed one by one, with lists that stay open until they change."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, NotAllowed, Refused, UntrustedList, UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import LIVE_KINDS, AuthorityKind, ListUse, SourceKind
from sightline.model.progress import ignore_progress
from sightline.services.live.chain import NewPart
from sightline.services.match import engine as engine_module
from sightline.services.match.copies import DistinctExhibits
from sightline.services.match.inputs import ChosenExhibit, choose_exhibit
from sightline.services.match.pipeline import CheckedInputs
from sightline.services.match.request_checks import build_limits, read_options
from sightline.services.scan import scan_context as contexts
from sightline.services.scan.list_replacements import find_replacements
from sightline.services.scan.manifest import ExhibitReading, build_options
from sightline.services.scan.plan import ScanJob, build_job, plan_readings
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import RunningScan, WorkspaceScan, store_list_files
from sightline.services.scan.scan_context import ScanContext
from sightline.stages.formats.loader import Format, load_format
from sightline.stages.lists import compiled
from sightline.stages.lists.digest_key import read_digest_key
from sightline.stages.lists.trust import derive_signature_path, read_signature_text
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.results import ScanInput
from sightline.storage.rows import FeedPart, Run
from sightline.workspace.list_signatures import compute_signature_id

SETTLE_US = 60 * 1_000_000
"""How long a list's file and its signature may not belong together while somebody replaces them: a minute."""
FileState: TypeAlias = tuple[int, int, int] | None


class PartScan:
    """Scans parts under one authority. Use it as a context: it holds the opened lists.

    The context of the scan is read again for each part, so that an ended authority, a revoked key or a newer list takes
    effect with the next part.
    """

    def __init__(self, officer_session: OfficerSession, request: ScanRequest, retain: Path | None = None) -> None:
        self._officer_session, self._request, self._retain = officer_session, request, retain
        self._stack = ExitStack()
        self._opened: tuple[object, list[str], list[FileState]] | None = None
        self._unsettled: tuple[list[FileState], int] | None = None
        self._scan: RunningScan | None = None
        self._reading: ExhibitReading | None = None
        self._formats: dict[str, Format] = {}

    def __enter__(self) -> PartScan:
        self.refresh()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def context(self) -> ScanContext:
        """Return the source, the authority and the lists, as they were read last."""
        assert self._scan is not None
        return self._scan.outcome.context

    def refresh(self) -> None:
        """Read source and authority again, and open the lists again if they changed.

        If files of lists changed and cannot be opened, somebody is replacing them: for a minute, the lists that are
        open are used on, unless a key was revoked or a list expired. Raises NotAllowed, and what opening a list does.
        """
        scan_context = contexts.load_context(self._officer_session, self._request)
        _require_live(scan_context, self._retain)
        now_us = to_microseconds(self._officer_session.clock())
        opened = self._scan.outcome.ready.lists if self._scan else ()
        expired = [
            open_list.path
            for open_list in opened
            if open_list.signature and to_microseconds(open_list.signature.valid_until) <= now_us
        ]
        known = sorted(signature.signature_id for signature in scan_context.known)
        keys = [public_key.key_id for public_key in scan_context.keys]
        key = scan_context.source, scan_context.authority, keys, scan_context.proxies, scan_context.times, expired
        files = [_get_file_state(each) for path in self._request.lists for each in (path, derive_signature_path(path))]
        if (key, known, files) == self._opened:
            return
        can_wait = self._opened is not None and key == self._opened[0] and files != self._opened[2]
        if can_wait and self._is_settling(files, now_us):
            return
        try:
            self._open(scan_context)
        except (UntrustedList, UsageError, DamagedInput, OSError):
            since_us = now_us if self._unsettled is None else self._unsettled[1]
            if not can_wait or now_us >= since_us + SETTLE_US:
                raise
            self._unsettled = files, since_us
            return
        self._opened, self._unsettled = (key, known, files), None

    def _is_settling(self, files: list[FileState], now_us: int) -> bool:
        """Return whether these files could not be opened a moment ago, and nobody touched them since."""
        return self._unsettled is not None and self._unsettled[0] == files and now_us < self._unsettled[1] + SETTLE_US

    def scan(self, new: NewPart, run: Run | None, retained: Path | None = None) -> FeedPart:
        """Scan a part and register it.

        `run`: the run of the part before, whose format is used again. `retained`: where the part itself was written.
        """
        assert self._scan is not None
        assert self._reading is not None
        finished: list[FeedPart] = []
        with make_memory_file(new.piece.content) as path:
            chosen_exhibit = replace(self._choose(new, run, path), held_as=new.held_as)
            job = ScanJob(chosen_exhibit, self._choose_reading(chosen_exhibit, new), None, None)
            self._scan.files += 1
            self._scan.scan_group([job], new.build_writer(self.context, finished.append, retained))
            self._scan.outcome.done.clear()
        return finished[-1]

    def _choose_reading(self, chosen_exhibit: ChosenExhibit, new: NewPart) -> ExhibitReading:
        """Return the reading of a part: another one than that of the same bytes with a list of a revoked key."""
        assert self._reading is not None
        if not _find_revoked(self.context):
            return self._reading
        exhibit_id = hashlib.sha256(new.piece.content).hexdigest()
        with self._officer_session.workspace.read() as tables:
            return build_job(chosen_exhibit, self._reading, exhibit_id, tables).reading

    def _choose(self, new: NewPart, run: Run | None, path: Path) -> ChosenExhibit:
        """Return the part with its format: that of the part before, else the one that was asked for or is detected."""
        assert self._scan is not None
        ready, asked = self._scan.outcome.ready, self._request.format
        if new.feed_id not in self._formats and asked == "auto" and run is not None:
            self._formats[new.feed_id] = load_format(run.format)
        chosen = self._formats.get(new.feed_id)
        if chosen is None:
            first = choose_exhibit(
                ready.engine, path, taken=b"", asked=asked, options=ready.options, limits=ready.limits
            )
            self._formats[new.feed_id] = first.format
            return first
        scan_inputs = ScanInput(path, chosen.program, b"", None)
        return ChosenExhibit(scan_inputs, chosen, "as the part before", len(new.piece.content))

    def _open(self, scan_context: ScanContext) -> None:
        with ExitStack() as stack:
            self._open_within(stack, scan_context)
            self._stack.close()
            self._stack = stack.pop_all()

    def _open_within(self, stack: ExitStack, scan_context: ScanContext) -> None:
        now = self._officer_session.clock()
        paths = stack.enter_context(
            contexts.choose_scan_lists(
                self._officer_session.workspace, self._request, scan_context, to_microseconds(now)
            )
        )
        paths = _select_lists_in_force(paths, scan_context, to_microseconds(now))
        reading = self._request.to_match(scan_context.source, paths, now, scan_context.proxy_ranges)
        name, engine = engine_module.choose_engine()
        digest_key = read_digest_key(self._request.digest_key)
        with self._officer_session.record_refusals(JournalVerb.REFUSED_LIST, f"source:{scan_context.source.source_id}"):
            try:
                lists = tuple(engine.open_list(path, scan_context.keys, now, digest_key) for path in paths)
            except UntrustedList as error:
                with self._officer_session.workspace.read() as tables:
                    raise contexts.explain_untrusted_list(tables, error) from None
        lists = _select_by_use(lists, scan_context.source.use)
        signatures = contexts.require_lists(self._officer_session, scan_context, lists)
        new_replacements = find_replacements(
            self._officer_session.workspace, lists, signatures, scan_context.known, now
        )
        if any(replacement.takes_away for replacement in new_replacements):
            raise Refused(
                "a newer list takes the place of another, and a watch does not decide that",
                hint="scan one log with it first: sightline scan LOG --list FILE shows what it removes",
            )
        options, limits = read_options(reading), build_limits(reading)
        nothing = DistinctExhibits((), (), (), ())
        ready = CheckedInputs(name, engine, options, limits, digest_key, lists, nothing, ())
        declared = build_options(
            ready, self._request.with_declarations(scan_context.source), None, scan_context.proxies, scan_context.times
        )
        (self._reading,) = plan_readings(ready, scan_context.source.use, declared)
        files = store_list_files(self._officer_session, ready.lists, signatures)
        was = self._scan
        self._scan = RunningScan(
            self._officer_session, self._request, WorkspaceScan(ready, scan_context, []), files, ignore_progress,
            begun_at_us=was.begun_at_us if was else to_microseconds(now),
        )  # fmt: skip


def _select_lists_in_force(paths: Sequence[Path], scan_context: ScanContext, now_us: int) -> tuple[Path, ...]:
    """Return the lists without those that were used here and that expired, or whose key was revoked, since.

    All, if none is left. A list that was never used here is not left out: opening it says why it is refused.
    """
    ended = _find_revoked(scan_context) | {
        signature.signature_id for signature in scan_context.known if signature.valid_until_us <= now_us
    }
    in_force = tuple(path for path in paths if _read_signature_id(path) not in ended) if ended else ()
    return in_force or tuple(paths)


def _find_revoked(scan_context: ScanContext) -> set[str]:
    """Return the signatures of lists that were used here and whose key was revoked since, by their id."""
    trusted = {public_key.key_id for public_key in scan_context.keys}
    return {signature.signature_id for signature in scan_context.known if signature.key_id not in trusted}


def _read_signature_id(path: Path) -> str | None:
    """Return the id of the signature that a list's file comes with. None if there is none that can be read."""
    try:
        with path.open("rb") as stream:
            if compiled.is_compiled(stream):
                minisig = compiled.read_head(stream, str(path)).minisig
            else:
                minisig = read_signature_text(path)
    except (UntrustedList, DamagedInput, OSError):
        return None
    return None if minisig is None else compute_signature_id(minisig)


def _get_file_state(path: Path) -> FileState:
    """Return inode, size and time of a file, or None if there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_ino, about.st_size, about.st_mtime_ns


def _require_live(scan_context: ScanContext, retain: Path | None) -> None:
    if scan_context.source.kind is not SourceKind.LIVE_FEED:
        raise UsageError(
            f"{scan_context.source.name} is a source of kind {scan_context.source.kind},"
            " and a watch reads live feeds only",
            hint="sightline sources add --kind live-feed; a stored log is read by sightline scan",
        )
    if scan_context.authority.kind not in LIVE_KINDS or scan_context.authority.valid_until_us is None:
        raise UsageError(
            f"the authority {scan_context.authority.number} is not one for live feeds, which two officers record",
            hint="ask for one: sightline authorities add --kind live-feed --source NAME --until DATE",
        )
    is_whole = scan_context.authority.kind is AuthorityKind.LIVE_FEED_WHOLE
    if retain is not None and not is_whole:
        raise NotAllowed(
            f"the authority {scan_context.authority.number} does not say that the whole feed is retained",
            hint="leave out --retain: hits are kept, and the rest is not",
        )
    if retain is None and is_whole:
        raise UsageError(
            f"the authority {scan_context.authority.number} says that the whole feed is retained",
            hint="--retain FOLDER",
        )


def _select_by_use(lists: Sequence[OpenList[Any]], use: ListUse) -> tuple[OpenList[Any], ...]:
    """Return the lists for leads. A source that only counts reads all. Parts are registered once, so in one reading."""
    if use is ListUse.STATISTICS:
        return tuple(lists)
    open_lists = tuple(
        open_list for open_list in lists if open_list.signature is not None and open_list.signature.use is ListUse.LEADS
    )
    if not open_lists:
        raise UsageError("no list is for leads", hint="name one that is: --list FILE")
    return open_lists


@contextmanager
def make_memory_file(content: bytes) -> Iterator[Path]:
    """Yield a path under which bytes can be read that are on no disk. They are gone when the process is."""
    number = os.memfd_create("sightline-part")
    try:
        with open(number, "wb", closefd=False) as stream:
            stream.write(content)
        yield Path(f"/proc/self/fd/{number}")
    finally:
        os.close(number)
