"""Check the inputs of a scan before reading any: files, formats, and what their times lack."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from sightline.errors import DamagedInput, Refused, SightlineError, TimeUndeclared, UnknownFormat, UsageError
from sightline.model import RejectCode
from sightline.services.match.engine import Engine
from sightline.services.match.loopback import loopback_note
from sightline.services.match.unstated_years import place_in_years
from sightline.stages.formats.detect import detect
from sightline.stages.formats.head import HEAD_BYTES, whole_frames
from sightline.stages.formats.loader import Format, Origin, builtin, load_format
from sightline.stages.scan.engine_output import Reading
from sightline.stages.scan.options import Limits, ReadOptions
from sightline.stages.scan.results import ScanInput

T = TypeVar("T")

STDIN_HEAD_BYTES = 1 << 20
START_BYTES = 4096
"""Logs with equal first bytes of this length may be copies. One line is too little, because headers are alike."""
DECLARED = ((0, 0),)
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

    def of(self, check: Callable[[], T]) -> T | None:
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
    """An exhibit, its format, and why that one. `start`: the digest of its first decoded bytes, or None."""

    scan: ScanInput
    format: Format
    reason: str
    size_bytes: int | None
    start: bytes | None = None


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
    if not os.access(path, os.R_OK):
        raise UsageError(f"{path}: no permission to read it", hint="ask whoever owns it")


def stdin_head() -> bytes:
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


def head_of(engine: Engine, log: Path | None, taken: bytes, limits: Limits) -> tuple[bytes, bool]:
    """Return the first decoded bytes of an exhibit, enough to detect its format, and whether they are all.

    Raises DamagedInput if a file that is not empty yields nothing.
    """
    head, is_whole = engine.head(log, taken, limits, HEAD_BYTES)
    if not head and (log.stat().st_size if log else len(taken)):
        raise DamagedInput(
            f"{log or '-'}: nothing inside it can be read",
            hint="it is damaged, encrypted, empty, or packed in a way that is not read; unpack it and try that",
        )
    return head, is_whole


def choose(
    engine: Engine, log: Path | None, *, taken: bytes, asked: str, options: ReadOptions, limits: Limits
) -> ChosenExhibit:
    """Return the exhibit with its format, requested or detected, and everything that its times need."""
    name = "-" if log is None else str(log)
    head, is_whole = engine.head(log, taken, limits, HEAD_BYTES)
    if asked != "auto":
        chosen, reason = _require_format(asked), f"{asked}, as asked for"
    elif is_whole and not head.strip():
        # Rotation leaves such logs. The scan reports one that breaks off at once.
        chosen, reason = load_format("common"), "no line can be read from it: any format would do"
    else:
        chosen, reason = _detect_format(engine, head, options, name)
    first = head if is_whole else whole_frames(head, chosen.program.frames)
    _require_times(engine.score(chosen.program, options, first), name)
    begins, years = place_in_years(engine, log, chosen.program, first, options=options, limits=limits)
    own = loopback_note(chosen.program, options, first)
    reason = "; ".join(part for part in (reason, years, own) if part)
    size_bytes = None if log is None else log.stat().st_size
    start = hashlib.sha256(head[:START_BYTES]).digest() if head else None
    return ChosenExhibit(
        ScanInput(log, chosen.program, taken if log is None else b"", begins), chosen, reason, size_bytes, start
    )


def _require_format(name: str) -> Format:
    """Return the format of that name. A draft format reads nothing that counts."""
    chosen = load_format(name)
    if chosen.origin is Origin.DRAFT:
        raise Refused(
            f"{name} is still a draft: nobody has said that it reads the log right",
            hint=f'sightline formats test {name} LOG shows what it reads; when that is right: origin = "specification"',
        )
    return chosen


def _detect_format(engine: Engine, head: bytes, options: ReadOptions, name: str) -> tuple[Format, str]:
    """Return the format of an exhibit and why. What its times need and do not state is assumed."""
    year, order, made_at = options.year or 2000, options.date_order or "dmy", options.made_at_us or 0
    assumed = replace(options, timezone=DECLARED, year=year, date_order=order, made_at_us=made_at)
    try:
        found = detect(head, builtin(), lambda program, some: engine.score(program, assumed, some))
    except UnknownFormat as why:
        raise UnknownFormat(f"{name}: {why}", hint=why.hint, unread=why.unread) from None
    return found.format, found.reason


def _require_times(reading: Reading, name: str) -> None:
    for code, (what, hint) in UNDECLARED.items():
        if count := reading.rejects.get(code):
            raise TimeUndeclared(f"{name}: {what}: {count:,} of the first {reading.frames:,} frames", hint=hint)
