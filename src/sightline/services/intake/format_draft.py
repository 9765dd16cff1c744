"""A format for an uploaded log that no format reads: what a draft asks, and the rows as a format would read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import UsageError
from sightline.model import RejectCode
from sightline.services.match.engine import engine
from sightline.services.match.inputs import head_of
from sightline.stages.formats.detect import what_it_looks_like
from sightline.stages.formats.draft.apache_logformat import apache_format
from sightline.stages.formats.draft.nginx_log_format import nginx_format
from sightline.stages.formats.draft.squid_logformat import squid_format
from sightline.stages.formats.head import whole_frames
from sightline.stages.formats.loader import Format, load
from sightline.stages.formats.program import Frames
from sightline.stages.formats.text_shape import mask_frame
from sightline.stages.formats.wrapped import unwrap_lines
from sightline.stages.scan.options import Limits, ReadOptions
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import frames
from sightline.stages.scan.reference.read import Reader
from sightline.stages.scan.reference.record_json import to_json_object

ROWS = 8
"""Rows that are shown."""
SHOWN_WHOLE = frozenset({"timestamp", "method", "status", "record_kind"})
"""Fields whose values name nobody and no site. Of all others only the shape is shown: letters as x, digits as 9."""
SERVERS: Mapping[str, Callable[[str, str], str]] = {
    "nginx": nginx_format,
    "apache": apache_format,
    "squid": squid_format,
}
"""Makes a format from the line of a server's configuration, and a name."""
ASSUMED = ReadOptions(timezone=((0, 0),), year=2024, date_order="dmy", made_at_us=0)
"""Options under which nothing fails for want of a declaration: what is shown here is no evidence."""


@dataclass(frozen=True, slots=True)
class FormatTrial:
    """How a format reads the first lines of a log: counts, and the first records with the shapes of their values."""

    format: Format
    lines: int
    read: int
    rejects: Mapping[RejectCode, int]
    rows: tuple[Mapping[str, str], ...]

    @property
    def fields(self) -> list[str]:
        """Return the fields that the rows have, in their order."""
        return list(dict.fromkeys(name for row in self.rows for name in row))


def first_lines(path: Path) -> bytes:
    """Return the whole lines of a log's first 256 KiB, unpacked. Raises UsageError for what has no lines."""
    head, is_whole = head_of(engine()[1], path, b"", Limits())
    lines = unwrap_lines(head if is_whole else whole_frames(head, Frames.LINES))
    if what_it_looks_like(lines):
        raise UsageError("no format can be drafted for this file", hint="it must be a log of lines of text")
    return lines


def format_of_server(server: str, line: str, name: str) -> str:
    """Return the format that the line of a server's configuration declares. Raises UsageError."""
    made = SERVERS[server](line, name).replace('origin = "draft"', 'origin = "specification"', 1)
    return "".join(one for one in made.splitlines(keepends=True) if not one.startswith("#"))


def try_format(text: str, lines: bytes) -> FormatTrial:
    """Read lines with the format of a TOML text. Nothing is stored. Raises UsageError for a text that is no format."""
    item = load(text)
    reader, rejects = Reader(item.program, ASSUMED), Counter[RejectCode]()
    rows: list[Mapping[str, str]] = []
    read = 0
    for frame in frames([lines], ASSUMED.max_frame_bytes, item.program.frames):
        if not isinstance(frame, Frame):
            continue
        outcome = reader.read(frame)
        record = to_json_object(outcome)
        if isinstance(outcome, RejectCode):
            rejects[outcome] += 1
        elif "comment" not in record:
            read += 1
            if len(rows) < ROWS:
                rows.append({name: _mask_value(name, value) for name, value in record.items()})
    return FormatTrial(item, read + sum(rejects.values()), read, rejects, tuple(rows))


def _mask_value(name: str, value: object) -> str:
    texts = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    return ", ".join(one if name in SHOWN_WHOLE else mask_frame(one.encode()) for one in texts)
