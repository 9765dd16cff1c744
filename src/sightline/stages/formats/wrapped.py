"""Lines that Docker or systemd's journal keeps as JSON, read as CRI or syslog would write them (ADR 3)."""

from __future__ import annotations

import json
import re

from sightline.stages.formats.journal_entries import unwrap_entry

WRAPPED = re.compile(
    rb'\{"log":"((?:[^"\\]|\\.)*)","stream":"(stdout|stderr)"(?:,"attrs":\{.*\})?,"time":"([^"\\]+)"\}[ \t\r]*',
    re.DOTALL,
)


def unwrap_frame(frame: bytes) -> bytes:
    """Return a frame of json-file as a line of CRI (time, stream, `F`, line), an entry of the journal as one of syslog.

    A piece of a line, which does not end in a line end, has `P` in place of `F`. Any other frame stays unchanged.
    """
    match = WRAPPED.fullmatch(frame)
    if match is None:
        entry = unwrap_entry(frame)
        return frame if entry is None else entry
    try:
        line = json.loads(b'"%s"' % match[1]).encode()
    except ValueError:
        return frame
    mark = b"F" if line.endswith(b"\n") else b"P"
    line = line.removesuffix(b"\n").removesuffix(b"\r") if mark == b"F" else line
    return b" ".join((match[3], match[2], mark, line))


def unwrap_lines(head: bytes) -> bytes:
    """Return the lines of a log's beginning, each as `unwrap` returns it."""
    return b"\n".join(map(unwrap_frame, head.split(b"\n"))) if head.startswith(b"{") else head
