"""Recognise a log whose every visitor is the server itself, as behind the Tor daemon of an onion service."""

from __future__ import annotations

import re

from sightline.stages.formats.program import Program
from sightline.stages.scan.options import ReadOptions

MAX_FRAMES = 200
LOOPBACK = re.compile(rb"127\.\d|::1")
NOTE = (
    "every visitor in its first frames is the server itself (127.0.0.1 or ::1): the address is that of a program on the"
    " server, such as the Tor daemon of an onion service, and never a visitor's; what is left are accounts, times and"
    " what was sent"
)


def find_loopback_note(program: Program, options: ReadOptions, first: bytes) -> str | None:
    """Return a note if the first frames have sources, and all of them are loopback addresses; otherwise None."""
    if not LOOPBACK.search(first):
        return None
    from sightline.stages.scan.reference.frame import Frame  # noqa: PLC0415  - loaded only where it is needed
    from sightline.stages.scan.reference.frames import split_frames  # noqa: PLC0415
    from sightline.stages.scan.reference.read import MemberReader  # noqa: PLC0415
    from sightline.stages.scan.reference.record import Record  # noqa: PLC0415

    reader = MemberReader(program, options)
    sources = []
    for count, frame in enumerate(split_frames([first], options.max_frame_bytes, program.frames)):
        outcome = reader.read(frame) if isinstance(frame, Frame) and count < MAX_FRAMES else None
        if isinstance(outcome, Record) and outcome.source_ip is not None:
            sources.append(outcome.source_ip)
        if count >= MAX_FRAMES or (sources and not sources[-1].is_loopback):
            break
    return NOTE if sources and all(source.is_loopback for source in sources) else None
