"""Open one file of a reply as parts: the form is detected by its head, before its rows are read."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace

from sightline.errors import DamagedInput, Refused, SightlineError
from sightline.model import NoticeKind
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.stages.resolve.replies import (
    delimited,
    dhcp_leases,
    document_marks,
    empty_reply,
    fact_lists,
    heading_fit,
    logs,
    radius_blocks,
    reply_layouts,
    reply_source,
    time_declarations,
)
from sightline.stages.resolve.replies.column_names import find_zones_of_line
from sightline.stages.resolve.replies.delimited import HEAD_BYTES
from sightline.stages.resolve.replies.holders import Holders
from sightline.stages.resolve.replies.log_parts import LogPart
from sightline.stages.resolve.replies.reply_layouts import ReplyLayout
from sightline.stages.resolve.replies.reply_parts import ReplyPart, SilentPart
from sightline.stages.resolve.replies.reply_source import ReplyMember
from sightline.stages.resolve.replies.sheet_parts import open_sheets
from sightline.stages.resolve.replies.table_head import are_mostly_inside, open_table
from sightline.stages.resolve.replies.table_part import TablePart
from sightline.stages.tabular import web_page

_STAMPS_OF_BLOCKS = (
    'Event-Timestamp = "([^"]* (?:UTC|GMT|IST))"',
    'Event-Timestamp = "([^"]*?)(?: [A-Z]{3,5})?"',
)
"""Times of a detail file. Letters for another zone are ambiguous."""
_ADDRESS_OF_LOG = re.compile(
    r'^(?:\s*(?:Framed-IP-Address|Framed-IPv6-Address|Framed-IPv6-Prefix|Delegated-IPv6-Prefix) = "?|lease )'
    r"([0-9a-fA-F.:]+)",
    re.MULTILINE,
)


def open_member(
    member: ReplyMember, layouts: Sequence[ReplyLayout], declared: ReplyDeclarations, named: set[str | None]
) -> list[ReplyPart]:
    """Return the parts of a member, and add the names of its sheets to `named`. Raises as `open_reply`."""
    if member.is_workbook:
        return open_sheets(member, layouts, declared, named)
    if member.is_page:
        return _open_page(member, layouts, declared)
    member, text = delimited.decode_member(member, HEAD_BYTES)
    by_shape = {layout.shape: layout for layout in layouts}
    lines = text.splitlines()[:200]
    if "radius-detail" in by_shape and radius_blocks.is_detail(text):
        stamps = logs.find_stamps(lines, _STAMPS_OF_BLOCKS)
        return [_open_log(member, by_shape["radius-detail"], "blocks of RADIUS attributes", stamps, declared, lines)]
    if "dhcpd-leases" in by_shape and dhcp_leases.is_lease_file(text):
        return [_open_log(member, by_shape["dhcpd-leases"], "leases as dhcpd writes them", [], declared, lines)]
    if "lines" in by_shape:
        forms = logs.LineForms.from_table(by_shape["lines"].content["lines"])
        if forms.fits(lines):
            stamps = logs.find_stamps(lines, forms.times)
            return [_open_log(member, by_shape["lines"], "lines of a NAT's log", stamps, declared, lines, forms)]
    return _open_text(member, text, layouts, declared)


_OF_A_SHELL = ("$", "#", ">")
"""What a line of a log begins with that is a command or a remark."""
_SIGNS_OF_PATHS = re.compile(r"[/_.]+")


def _open_log(
    member: ReplyMember,
    one: ReplyLayout,
    why: str,
    stamps: Sequence[str],
    declared: ReplyDeclarations,
    lines: Sequence[str],
    forms: logs.LineForms | None = None,
) -> LogPart:
    rules = time_declarations.combine_rules(declared, ())
    time_declarations.check_declared([(None, text) for text in stamps], rules, declared)
    remarks = [member.title or "", *(line for line in lines if line[:1] in _OF_A_SHELL)]
    zones = set[str]().union(*(find_zones_of_line(_SIGNS_OF_PATHS.sub(" ", remark)) for remark in remarks))
    time_declarations.check_zones_of_lines(rules, declared, zones)
    is_inside = forms is None and are_mostly_inside(_ADDRESS_OF_LOG.findall("\n".join(lines)))
    return LogPart(one.name, why, [member], rules, forms, is_inside)


def _open_text(
    member: ReplyMember, text: str, layouts: Sequence[ReplyLayout], declared: ReplyDeclarations, read_from: str = ""
) -> list[ReplyPart]:
    """The table of a member of text, or that it says that there are no records.

    `read_from`: what the table was made of, if the member was none.
    """
    fitting = []
    nearest: list[Sequence[str]] = []
    for separator in delimited.find_separators(text):
        head = delimited.read_head_rows(text, separator, heading_fit.HEADING_ROWS)
        nearest += head
        if result := heading_fit.find_best(layouts, head):
            fitting.append((result[1].known, separator, result, head))
    if not fitting:
        if (member.size or 0) <= empty_reply.MOST_BYTES and empty_reply.read_answers(text):
            return [SilentPart(empty_reply.read_answers(text))]
        if not read_from and (made := _as_table(member, text)):
            table_member, table_text, form = made
            return _open_text(table_member, table_text, layouts, declared, form)
        raise heading_fit.build_headings_error(layouts, nearest)
    _, separator, (at, found_fit), head = max(fitting, key=lambda one: one[0])
    text_table = delimited.TextTable(member, separator, tuple(head[at]), at + 1)
    frames = lambda: delimited.read_batches(text_table)  # noqa: E731  - as a part has it
    whole = text.count("\n")
    sample = delimited.read_head_rows(text, separator, min(whole, 2000) if (member.size or 0) > HEAD_BYTES else 2000)[
        at + 1 :
    ]
    tail = delimited.read_tail_rows(member, separator)
    title = member.title
    return [open_table(found_fit, head[at], at + 1, head[:at], sample, frames, declared, read_from, tail, title)]


_LARGEST_PAGE = 128 << 20


def _open_page(member: ReplyMember, layouts: Sequence[ReplyLayout], declared: ReplyDeclarations) -> list[ReplyPart]:
    """The tables of a web page as one table of text. Raises DamagedInput, and Refused where the page hides parts."""
    _, page = delimited.decode_member(member, _LARGEST_PAGE + 1)
    if len(page) > _LARGEST_PAGE:
        raise DamagedInput(f"{member.label}: a web page of more than 128 MiB", hint=reply_source.ADVICE)
    try:
        doubted = document_marks.list_doubted_marks(web_page.read_marks(page))
        rows = [*([mark] for mark in doubted), *web_page.read_rows(page)]
    except web_page.HiddenParts:
        raise Refused(f"{member.label}: the web page hides some of its parts", hint=reply_source.ADVICE) from None
    except (ValueError, AssertionError) as error:
        raise DamagedInput(f"{member.label}: the web page cannot be read: {error}", hint=reply_source.ADVICE) from None
    content = fact_lists.as_csv(rows)
    raw = content.encode()
    made = replace(member, open=lambda: io.BytesIO(raw), size=len(raw), is_page=False)
    return _open_text(made, content[:HEAD_BYTES], layouts, declared, "made of a web page; a row is a row of its tables")


def _as_table(member: ReplyMember, text: str) -> tuple[ReplyMember, str, str] | None:
    """A member of JSON records, or of facts one a line, as a table of text, and which of both it was; or None."""
    if (member.size or 0) > len(text.encode()) or (made := fact_lists.convert_to_table(text)) is None:
        return None
    rows, form = made
    content = fact_lists.as_csv(rows)
    raw = content.encode()
    return replace(member, open=lambda: io.BytesIO(raw), size=len(raw)), content, f"made of {form}; a row is a record"


def read_holders_of_member(member: ReplyMember, declared: ReplyDeclarations) -> Holders | None:
    """Return what a file of customers says beside files with records; None for any other file."""
    try:
        forms = reply_layouts.choose_layouts("auto", NoticeKind.SUBSCRIBERS)
        parts = open_member(member, forms, declared.choose_for_table(member.name), set())
        batches = [batch for part in parts for batch, _, _ in part.read_batches() if isinstance(part, TablePart)]
    except SightlineError:
        return None
    return Holders.from_batches(f"file {member.name!r}", batches) if batches else None
