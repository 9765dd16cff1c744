"""Lines that Docker, systemd's journal or another collector keeps as JSON, read as lines (ADR 3)."""

from __future__ import annotations

import json
import re

from sightline.stages.formats.collector_objects import OBJECT_INSIDE, unwrap_object
from sightline.stages.formats.journal_entries import unwrap_entry

WRAPPED = re.compile(
    rb'\{"log":"((?:[^"\\]|\\.)*)","stream":"(stdout|stderr)"(?:,"attrs":\{.*\})?,"time":"([^"\\]+)"\}[ \t\r]*',
    re.DOTALL,
)


def unwrap_frame(frame: bytes, *, is_json: bool = False) -> bytes:
    """Return a frame of json-file as a line of CRI (time, stream, `F`, line), an entry of the journal as one of syslog.

    A piece of a line, which does not end in a line end, has `P` in place of `F`. The object of another collector is the
    line in it. Any other frame stays unchanged. `is_json`: for a format of JSON objects, which takes lines with an
    object in them alone.
    """
    if not frame.startswith(b"{"):
        return frame
    line = _unwrap_docker(frame)
    line = unwrap_entry(frame) if line is None else line
    if line is None and (not is_json or OBJECT_INSIDE in frame):
        line = unwrap_object(frame)
    return frame if line is None else line


def _unwrap_docker(frame: bytes) -> bytes | None:
    match = WRAPPED.fullmatch(frame)
    if match is None:
        return None
    try:
        line = json.loads(b'"%s"' % match[1]).encode()
    except ValueError:
        return None
    mark = b"F" if line.endswith(b"\n") else b"P"
    line = line.removesuffix(b"\n").removesuffix(b"\r") if mark == b"F" else line
    return b" ".join((match[3], match[2], mark, line))


def unwrap_lines(head: bytes) -> bytes:
    """Return the lines of a log's beginning, each as `unwrap` returns it."""
    return b"\n".join(map(unwrap_frame, head.split(b"\n"))) if head.startswith(b"{") else head
