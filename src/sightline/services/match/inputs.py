"""Check the inputs of a scan before reading any: files, formats, and what their times lack."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TypeVar

from sightline.errors import DamagedInput, Refused, SightlineError, TimeUndeclared, UnknownFormat, UsageError
from sightline.model import RejectCode
from sightline.model.remote_path import RemotePath
from sightline.services.match.archive_members import ArchiveMember, MemberFormats, choose_member_formats
from sightline.services.match.clock_notes import find_clock_notes
from sightline.services.match.engine import Engine, detect_format
from sightline.services.match.unstated_years import place_log_in_years, read_tail
from sightline.services.match.visitor_notes import find_visitor_notes
from sightline.stages.formats.format_detection import Detection
from sightline.stages.formats.head import HEAD_BYTES, cut_whole_frames
from sightline.stages.formats.loader import Format, Origin, load_format
from sightline.stages.formats.program import Program
from sightline.stages.formats.stored_formats import StoredProgram
from sightline.stages.formats.time_declarations import lacks_year
from sightline.stages.scan.engine_output import MemberHead, SampleReading
from sightline.stages.scan.options import DecompressionLimits, ReadOptions
from sightline.stages.scan.results import FirstDay, ScanInput

T = TypeVar("T")

STDIN_HEAD_BYTES = 1 << 20
LONG_HEAD_BYTES = 16 << 20
"""How far the end of an overlong first line is looked for."""
START_BYTES = 4096
"""Logs with equal first bytes of this length may be copies. One line is too little, because headers are alike."""
DECLARED = ((0, 0),)
NO_FORMATS: Mapping[str, Format] = {}
UNDECLARED = {
    RejectCode.TIME_WITHOUT_ZONE: ("times without a zone", "declare it: --timezone Area/City, or --timezone +05:30"),
    RejectCode.TIME_WITHOUT_YEAR: (
        "times without a year",
        "declare it: --year YYYY for the first one, or --year-at-end YYYY for the last",
    ),
    RejectCode.TIME_UNDECLARED: ("a manifest, whose rows state no time", "say when it was made: --made-at TIME"),
    RejectCode.DATE_WITHOUT_ORDER: ("dates like 03/04/2019", "declare their order: --date-order dmy, mdy or ymd"),
}


@dataclass(slots=True)
class Checks:
    """Checks that all run before anything is read. Wrong use is reported before a refusal, that before damage."""

    errors: list[SightlineError] = field(default_factory=list)

    def run_check(self, check: Callable[[], T]) -> T | None:
        """Return the result of a check, or None if it fails."""
        try:
            return check()
        except SightlineError as error:
            self.errors.append(error)
            return None

    def settle(self) -> None:
        """Raise the first error of the most important kind."""
        if self.errors:
            raise min(self.errors, key=lambda error: error.exit_code)


@dataclass(frozen=True, slots=True)
class ChosenExhibit:
    """An exhibit, its format, and why that one. `start`: the digest of its first decoded bytes, or None.

    Of an archive whose members are in several formats it is the part in the first one. `members` names those in the
    part, `more` are the other parts, and `unknown` are the members that no format reads, with the reason. `held_as`:
    the path under which it is held, if its bytes are read from elsewhere: a part of a growing file. `services`: those
    of a proxy that its first lines name, if its format was detected and most of them name no site. `notes`: what
    to know of its years and of its visitors' addresses; the reason has them too.
    """

    scan: ScanInput
    format: Format
    reason: str
    size_bytes: int | None
    start: bytes | None = None
    members: tuple[str, ...] = ()
    more: tuple[ChosenExhibit, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    held_as: str | None = None
    services: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[ChosenExhibit, ...]:
        """Return it with the other parts of its archive."""
        return (self, *self.more)


def check_file(path: Path, what: str) -> None:
    """Refuse anything but a readable regular file. `what`: what it should be, for the hint."""
    give = f"give the path of {what}"
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint=give) from None
    except ValueError:
        raise UsageError(f"{path!r}: no path of a file", hint=give) from None
    if stat.S_ISDIR(mode):
        raise UsageError(f"{path} is a directory", hint=f"give the files in it: {path}/*" if what == "a log" else give)
    if not stat.S_ISREG(mode):
        hint = "cat it into standard input: -" if what == "a log" else give
        raise UsageError(f"{path} is a device or a pipe, not a regular file", hint=hint)
    if not isinstance(path, RemotePath) and not os.access(path, os.R_OK):
        raise UsageError(f"{path}: no permission to read it", hint="ask its owner")


def read_stdin_head() -> bytes:
    """Return the first bytes of standard input, enough to detect a format."""
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError("standard input is closed", hint="pipe a log into it, or name a file")
    if stat.S_ISDIR(os.fstat(0).st_mode):
        raise UsageError("standard input is a directory", hint="pipe a log into it, or name a file")
    if sys.stdin.isatty():
        raise UsageError("standard input is a terminal", hint="pipe a log into it: zcat LOG.gz | sightline match - ...")
    head = b""
    while len(head) < STDIN_HEAD_BYTES and (more := os.read(0, STDIN_HEAD_BYTES - len(head))):
        head += more
    return head


def read_first_bytes(engine: Engine, log: Path | None, taken: bytes, limits: DecompressionLimits) -> tuple[bytes, bool]:
    """Return the first decoded bytes of an exhibit, enough to detect its format, and whether they are all.

    Raises DamagedInput if a file that is not empty yields nothing.
    """
    head, is_whole = engine.read_head(log, taken, limits, HEAD_BYTES)
    if not head and (log.stat().st_size if log else len(taken)):
        raise DamagedInput(
            f"{log or '-'}: nothing inside it can be read",
            hint="it is damaged, encrypted, empty, or packed in a way that is not read; unpack it and try that",
        )
    behind = skip_long_line(engine, log, taken, limits, MemberHead(None, head, is_whole=is_whole))
    return behind.head, behind.is_whole


def skip_long_line(
    engine: Engine, log: Path | None, taken: bytes, limits: DecompressionLimits, start: MemberHead
) -> MemberHead:
    """Return the first bytes behind an overlong first line, which says nothing of the format; else those given.

    The scan counts such a line as a reject.
    """
    if start.is_whole or b"\n" in start.head or b"\0" in start.head:
        return start
    longer, is_whole = engine.read_head(log, taken, limits, LONG_HEAD_BYTES)
    behind = longer[longer.find(b"\n") + 1 :] if b"\n" in longer else b""
    if not behind:
        return start
    return MemberHead(None, behind[:HEAD_BYTES], is_whole=is_whole and len(behind) <= HEAD_BYTES)


def choose_exhibit(
    engine: Engine,
    log: Path | None,
    *,
    taken: bytes,
    asked: str,
    options: ReadOptions,
    limits: DecompressionLimits,
    own: Mapping[str, Format] = NO_FORMATS,
) -> ChosenExhibit:
    """Return the exhibit with its format, requested or detected, and everything that its times need.

    `own`: formats beside those of Sightline, by name.
    Each member of an archive is read in its own format, unless one is requested.
    """
    return FormatChoice(engine, log, taken, asked, options, limits, own).choose()


@lru_cache(maxsize=4)
def _assume_declarations(options: ReadOptions) -> ReadOptions:
    """Return options under which no time lacks a declaration: it does not affect the format."""
    year, order, made_at = options.year or 2000, options.date_order or "dmy", options.made_at_us or 0
    return replace(options, timezone=DECLARED, year=year, date_order=order, made_at_us=made_at)


EMPTY = "no line can be read from it: any format would do"


@dataclass(frozen=True, slots=True)
class FormatChoice:
    """The choice of the format of one exhibit."""

    engine: Engine
    log: Path | None
    taken: bytes
    asked: str
    options: ReadOptions
    limits: DecompressionLimits
    own: Mapping[str, Format] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the path as given, `-` for standard input."""
        return "-" if self.log is None else str(self.log)

    def choose(self) -> ChosenExhibit:
        """Return the exhibit with its format or formats."""
        asked = None if self.asked == "auto" else self.own.get(self.asked) or _require_format(self.asked)
        tail_bytes = HEAD_BYTES if self.options.year_at_end else 0
        heads = self.engine.read_member_heads(self.log, self.taken, self.limits, HEAD_BYTES, tail_bytes)
        first = next(heads, MemberHead(None, b"", is_whole=True))
        needs_years = self.options.year is not None and (asked is None or lacks_year(asked.program))
        if first.name is not None and (asked is None or needs_years):
            return self._archive(chain([first], heads), asked)
        return self._log(self._read_head() if first.name is not None else first, asked)

    def _read_head(self) -> MemberHead:
        return MemberHead(None, *self.engine.read_head(self.log, self.taken, self.limits, HEAD_BYTES))

    def _log(self, head: MemberHead, asked: Format | None) -> ChosenExhibit:
        """Return an exhibit that is one log, or an archive whose members are read in one format that was asked for."""
        start, services = head.head, tuple[str, ...]()
        head = skip_long_line(self.engine, self.log, self.taken, self.limits, head)
        if asked is not None:
            chosen, reason = asked, f"{self.asked}, as asked for"
        elif head.is_whole and not head.head.strip():
            # Rotation leaves such logs. The scan reports one that breaks off at once.
            chosen, reason = load_format("common"), EMPTY
        else:
            try:
                detection = self._detect(head.head)
            except UnknownFormat as error:
                raise type(error)(f"{self.name}: {error}", hint=error.hint, unread=error.unread) from None
            chosen, reason, services = detection.format, detection.reason, detection.services
        first_day, notes = self._find_first_day(
            chosen, self.name, head, lambda: read_tail(self.engine, self.log, self.limits)
        )
        exhibit = self._build_exhibit(chosen, "; ".join((reason, *notes)), start, first_day)
        return replace(exhibit, services=services, notes=tuple(notes))

    def _archive(self, heads: Iterable[MemberHead], asked: Format | None) -> ChosenExhibit:
        """Return an archive as one exhibit, or as one for each format that its members are in."""
        start, services = b"", dict[str, None]()

        def settle(member: ArchiveMember, head: MemberHead) -> None:
            nonlocal start
            start = start or head.head
            assert member.format is not None
            name = f"{self.name}!{member.name}"
            member.first_day, notes = self._find_first_day(member.format, name, head, lambda: head.tail)
            member.reason, member.notes = "; ".join((member.reason, *notes)), tuple(notes)

        def detect_member(head: bytes) -> Detection:
            if asked is not None:
                return Detection(asked, f"{self.asked}, as asked for", ())
            detection = self._detect(head)
            services.update(dict.fromkeys(detection.services))
            return detection

        member_formats = choose_member_formats(heads, detect_member, self._score, settle)
        if not member_formats.formats:
            return self._build_unread_archive(member_formats)
        if self.log is None and len(member_formats.formats) > 1:
            names = ", ".join(format_.name for format_ in member_formats.formats)
            raise UnknownFormat(f"-: members in several formats: {names}", hint="save the archive to a file first")
        parts = [self._choose_part(member_formats, format_, start) for format_ in member_formats.formats]
        unknown = tuple((f"{self.name}!{member.name}", str(member.error)) for member in member_formats.unknown)
        return replace(parts[0], more=tuple(parts[1:]), unknown=unknown, services=tuple(services))

    def _choose_part(self, member_formats: MemberFormats, wanted: Format, start: bytes) -> ChosenExhibit:
        """Return the part of an archive that is in one format."""
        members, plan = member_formats.list_members(wanted), None if self.log is None else member_formats.plan(wanted)
        exhibit = self._build_exhibit(wanted, members[0].reason, start, members[0].first_day)
        exhibit = replace(exhibit, notes=tuple(dict.fromkeys(note for member in members for note in member.notes)))
        if plan is None:
            return exhibit
        exhibit = replace(exhibit, scan=replace(exhibit.scan, members=plan))
        if not plan.is_part:
            return exhibit
        reason = f"{len(members):,} of {len(member_formats.members):,} members: {exhibit.reason}"
        return replace(exhibit, reason=reason, members=tuple(member.name for member in members))

    def _build_unread_archive(self, member_formats: MemberFormats) -> ChosenExhibit:
        """Return an archive in which nothing stands. Raises UnknownFormat where no format reads what does."""
        unknown = [(member.name, member.error) for member in member_formats.unknown if member.error is not None]
        if not unknown:
            return self._log(self._read_head(), load_format("common"))
        why = unknown[0][1]
        if len(member_formats.members) == 1:
            raise type(why)(f"{self.name}: {why}", hint=why.hint, unread=why.unread)
        what = f"{self.name}: no format reads any of its {len(member_formats.members):,} members"
        raise UnknownFormat(what, hint=why.hint, details=[f"{name}: {why}" for name, why in unknown], unread=why.unread)

    def _detect(self, head: bytes) -> Detection:
        """Return the format of a log. What its times need and do not state is assumed."""
        return detect_format(self.engine, _assume_declarations(self.options), head, self.own)

    def _score(self, program: Program | StoredProgram, some: bytes) -> SampleReading:
        return self.engine.score_format(program, _assume_declarations(self.options), some)

    def _find_first_day(
        self, chosen: Format, name: str, head: MemberHead, tail: Callable[[], bytes]
    ) -> tuple[FirstDay | None, list[str]]:
        """Return the day of a log's first time if no year is stated, and what is to be said of it.

        Raises TimeUndeclared for what its times need and nobody declared.
        """
        first = head.head if head.is_whole else cut_whole_frames(head.head, chosen.program.frames)
        _require_times(self.engine.score_format(chosen.program, self.options, first), name)
        begins, years = None, ""
        if self._has_unstated_years(chosen.program, first):
            begins, years = place_log_in_years(name, chosen.program, first, tail, self.options)
        visitors = find_visitor_notes(chosen.program, self.options, first, self.engine.score_format)
        return begins, [*([years] if years else []), *visitors, *find_clock_notes(chosen.program, first)]

    def _has_unstated_years(self, program: Program, first: bytes) -> bool:
        """Return whether a year was declared and a time in the first frames states none, or may at the log's end."""
        if self.options.year is None or self.options.year_at_end or not lacks_year(program):
            return self.options.year is not None
        reading = self.engine.score_format(program, replace(self.options, year=None), first)
        return RejectCode.TIME_WITHOUT_YEAR in reading.rejects

    def _build_exhibit(self, chosen: Format, reason: str, head: bytes, first_day: FirstDay | None) -> ChosenExhibit:
        scan_inputs = ScanInput(self.log, chosen.program, self.taken if self.log is None else b"", first_day)
        size_bytes = None if self.log is None else self.log.stat().st_size
        start = hashlib.sha256(head[:START_BYTES]).digest() if head else None
        return ChosenExhibit(scan_inputs, chosen, reason, size_bytes, start)


def _require_format(name: str) -> Format:
    """Return the format of that name. A draft format reads nothing that counts."""
    chosen = load_format(name)
    if chosen.origin is Origin.DRAFT:
        raise Refused(
            f"{name} is still a draft: nobody has said that it reads the log right",
            hint=f'sightline formats test {name} LOG shows what it reads; when that is right: origin = "specification"',
        )
    return chosen


def _require_times(reading: SampleReading, name: str) -> None:
    for code, (what, hint) in UNDECLARED.items():
        if count := reading.rejects.get(code):
            raise TimeUndeclared(f"{name}: {what}: {count:,} of the first {reading.frames:,} frames", hint=hint)
