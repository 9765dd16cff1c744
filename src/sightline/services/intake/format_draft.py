"""A format for an uploaded log that no format reads: what a draft asks, and the rows as a format would read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import NotThere, UsageError
from sightline.model import RejectCode
from sightline.services.intake.intake_store import IntakeStore
from sightline.services.match.engine import choose_engine
from sightline.services.match.inputs import read_first_bytes
from sightline.stages.formats.draft.apache_logformat import draft_apache_format
from sightline.stages.formats.draft.nginx_log_format import draft_nginx_format
from sightline.stages.formats.draft.squid_logformat import draft_squid_format
from sightline.stages.formats.head import cut_whole_frames
from sightline.stages.formats.loader import Format, read_format
from sightline.stages.formats.program import Frames
from sightline.stages.formats.text_shape import mask_frame
from sightline.stages.formats.unknown_bytes import describe_unknown_bytes
from sightline.stages.formats.wrapped import unwrap_lines
from sightline.stages.scan.options import DecompressionLimits, ReadOptions
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record import Record
from sightline.stages.scan.reference.record_json import to_json_object

ROWS = 8
"""Rows that are shown."""
UNREAD = 3
"""Lines that are not read and still shown, each with its reason."""
MOST_LINE = 240
"""Characters of a line whose shape is shown."""
SHOWN_WHOLE = frozenset({"timestamp_original", "method", "status"})
"""Fields whose values name nobody and no site. Of all others only the shape is shown: letters as x, digits as 9."""
APART = frozenset({"timestamp", "record_kind"})
"""Fields that are not among the values of a row: the instant, and what is the same in all rows."""
SERVERS: Mapping[str, Callable[[str, str], str]] = {
    "nginx": draft_nginx_format,
    "apache": draft_apache_format,
    "squid": draft_squid_format,
}
"""Makes a format from the line of a server's configuration, and a name."""
UNDECLARED = frozenset({RejectCode.TIME_WITHOUT_ZONE, RejectCode.TIME_WITHOUT_YEAR, RejectCode.DATE_WITHOUT_ORDER})
ASSUMED = ReadOptions(timezone=((0, 0),), year=2024, date_order="dmy", made_at_us=0)
"""Options under which nothing fails for want of a declaration: what is shown here is no evidence."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A line as a format reads it. `line`: its shape. `values`: its fields, as far as they may be shown.

    `at_us`: its time, read as UTC if neither the line nor the format states a zone.
    """

    line: str
    at_us: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FormatTrial:
    """A format's result on the first lines of a log: counts, the first records, and the first lines that are not read.

    `undeclared`: what the lines do not state of their times, so that each scan has to declare it.
    """

    format: Format
    lines: int
    read: int
    rejects: Mapping[RejectCode, int]
    rows: tuple[SampleRow, ...]
    unread: tuple[tuple[str, RejectCode], ...]
    undeclared: frozenset[RejectCode]

    @property
    def fields(self) -> list[str]:
        """Return the fields that the rows have, without their time, in their order."""
        names = dict.fromkeys(name for row in self.rows for name in row.values)
        return [name for name in names if name != "timestamp_original"]

    @property
    def has_zone(self) -> bool:
        """Return whether the instants of the rows are certain."""
        return not self.undeclared


def read_first_lines(path: Path) -> bytes:
    """Return the whole lines of a log's first 256 KiB, unpacked. Raises UsageError for what has no lines."""
    head, is_whole = read_first_bytes(choose_engine()[1], path, b"", DecompressionLimits())
    lines = unwrap_lines(head if is_whole else cut_whole_frames(head, Frames.LINES))
    if describe_unknown_bytes(lines):
        raise UsageError("no format can be drafted for this file", hint="it must be a log of lines of text")
    return lines


def format_of_server(server: str, line: str, name: str) -> str:
    """Return the format that the line of a server's configuration declares. Raises UsageError."""
    made = SERVERS[server](line, name).replace('origin = "draft"', 'origin = "specification"', 1)
    return "".join(line for line in made.splitlines(keepends=True) if not line.startswith("#"))


def try_format(text: str, lines: bytes) -> FormatTrial:
    """Read lines with the format of a TOML text. Nothing is stored. Raises UsageError for a text that is no format."""
    item = read_format(text)
    reader, strict = MemberReader(item.program, ASSUMED), MemberReader(item.program, ReadOptions())
    rejects, undeclared = Counter[RejectCode](), set[RejectCode]()
    rows: list[SampleRow] = []
    unread: list[tuple[str, RejectCode]] = []
    read = 0
    for frame in split_frames([lines], ASSUMED.max_frame_bytes, item.program.frames):
        if not isinstance(frame, Frame):
            continue
        outcome = reader.read(frame)
        if len(rows) < ROWS and isinstance(result := strict.read(frame), RejectCode) and result in UNDECLARED:
            undeclared.add(result)
        if isinstance(outcome, RejectCode):
            rejects[outcome] += 1
            unread += [(mask_frame(frame.text, MOST_LINE), outcome)] if len(unread) < UNREAD else []
        elif isinstance(outcome, Record):
            read += 1
            rows += [_build_row(frame, outcome)] if len(rows) < ROWS else []
    count = read + sum(rejects.values())
    return FormatTrial(item, count, read, rejects, tuple(rows), tuple(unread), frozenset(undeclared))


def find_sample(store: IntakeStore, sample: str, sha256: str) -> bytes | None:
    """Return the first lines of the file that a format was described with, or None if it is gone or another.

    `sample`: the ids of its intake and its upload, as `name_sample` writes them.
    """
    intake_id, _, upload_id = sample.partition("/")
    try:
        upload, _ = store.find_upload(intake_id, upload_id)
    except NotThere:
        return None
    path = store.locate_files(intake_id) / upload.name
    if not upload.is_complete or upload.sha256 != sha256 or not path.is_file():
        return None
    return read_first_lines(path)


def name_sample(intake_id: str, upload_id: str) -> str:
    """Return the name of a sample in an approval."""
    return f"{intake_id}/{upload_id}"


def _build_row(frame: Frame, record: Record) -> SampleRow:
    values = {name: _mask_value(name, value) for name, value in to_json_object(record).items() if name not in APART}
    return SampleRow(mask_frame(frame.text, MOST_LINE), record.timestamp_us or 0, values)


def _mask_value(name: str, value: object) -> str:
    texts = [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return ", ".join(text if name in SHOWN_WHOLE else mask_frame(text.encode()) for text in texts)
