"""CyberTipline reports as XML: events in file order, each with the byte at which its element begins."""

from __future__ import annotations

from collections.abc import Iterator

from sightline.stages.tips.cybertip import Report
from sightline.stages.tips.markup import walk_elements
from sightline.stages.tips.model import Item, Place, TipOptions, TipReject


def read(content: bytes, member: str | None, options: TipOptions) -> Iterator[Item]:
    """Yield the captures of a report, then the break if the document is not whole.

    The break takes the capture with it in which it stands, and all behind.
    """
    report = Report(member, options)
    stop = walk_elements(content, report)
    yield from report.items()
    if stop is not None:
        partial = report.partial()
        start = stop.byte_offset if partial is None else partial
        yield TipReject(stop.code, Place(member, None, None, start, len(content) - start))
