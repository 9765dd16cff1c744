"""Read CyberTipline reports in XML: events in file order, each with the byte at which its element begins."""

from __future__ import annotations

from collections.abc import Iterator

from sightline.stages.tabular.markup import walk_elements
from sightline.stages.tabular.table_rows import RowPlace
from sightline.stages.tips.cybertip import CybertipReport
from sightline.stages.tips.model import Item, TipOptions, TipReject


def read(content: bytes, member: str | None, options: TipOptions) -> Iterator[Item]:
    """Yield the captures of a report, then a break if the document is incomplete.

    A capture that contains the break, and all after it, are lost.
    """
    report = CybertipReport(member, options)
    stop = walk_elements(content, report)
    yield from report.list_items()
    if stop is not None:
        partial = report.find_partial()
        start = stop.byte_offset if partial is None else partial
        yield TipReject(stop.code, RowPlace(member, None, None, start, len(content) - start))
