"""Find sheets that repeat the question beside those with the answer: they name no line, and say nothing of one."""

from __future__ import annotations

from collections.abc import Sequence

from sightline.stages.resolve.replies import surrounding_lines
from sightline.stages.resolve.replies.column_kinds import find_column_kind
from sightline.stages.resolve.replies.column_names import reduce_heading, split_words
from sightline.stages.resolve.replies.reply_layouts import ReplyLayout

_NAMES = frozenset("request requested query queries input question asked search searched".split())
"""Words of the name of such a sheet."""
_ASKED = frozenset("ip port destination_ip destination_port row_id start end start_date end_date".split())
_TIMES = frozenset("date time timestamp datetime dateandtime from to until fromdate todate fromtime totime".split())


def find_headings(name: str, head: Sequence[Sequence[str]], layouts: Sequence[ReplyLayout]) -> int | None:
    """Return the row of the headings in the head of a sheet that repeats the question; None of any other sheet.

    Its name says so, and all of its columns are addresses, ports, times or numbers of rows.
    """
    if not _NAMES & {*split_words(name)} or surrounding_lines.is_denying(name):
        return None
    layout = next((reply_layout for reply_layout in layouts if reply_layout.name == "ipdr-2013"), None)
    if layout is None:
        return None
    for at, cells in enumerate(head):
        headings = [cell.strip() for cell in cells if cell.strip()]
        fields = {layout.fields.get(reduce_heading(heading)) for heading in headings}
        if len(headings) > 1 and "ip" in fields and all(_is_asked(layout, heading) for heading in headings):
            return at
    return None


def list_lines(head: Sequence[Sequence[str]], at: int) -> list[Sequence[str]]:
    """Return what the sheet says as lines above a table, which are compared with its rows. `at`: its headings."""
    ports = [place for place, cell in enumerate(head[at]) if reduce_heading(cell).endswith("port")]
    lines: list[Sequence[str]] = [*head[:at]]
    for cells in head[at + 1 :]:
        lines.append([f"port: {cell}" if place in ports and cell.strip() else cell for place, cell in enumerate(cells)])
    return lines


def _is_asked(layout: ReplyLayout, heading: str) -> bool:
    is_row_number = find_column_kind(layout, heading) == "number" and reduce_heading(heading) in _OF_ROWS
    is_time = reduce_heading(heading) in _TIMES or find_column_kind(layout, heading) == "asked"
    return is_row_number or is_time or layout.fields.get(reduce_heading(heading)) in _ASKED


_OF_ROWS = frozenset("sno slno srno sl sr serialno no row rowno id".split()) | {""}
