"""Open a reply: detect its form by its head, and everything that must be known before its rows are read."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import polars as pl

from sightline.errors import DamagedInput, Refused, SightlineError, UnknownFormat, UsageError
from sightline.message_text import MAX_CHARS, escape_unprintable
from sightline.model import NoticeKind
from sightline.stages.resolve.model import Batch, ReplyDeclarations
from sightline.stages.resolve.replies import (
    blocks,
    delimited,
    empty_reply,
    fact_lists,
    file_places,
    file_versions,
    heading_fit,
    layout,
    leases,
    logs,
    lookup_sheets,
    notes,
    source,
    time_declarations,
    values,
    workbook,
)
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.holders import Holders
from sightline.stages.resolve.replies.layout import Layout
from sightline.stages.resolve.replies.log_parts import LogPart, RequestsPart
from sightline.stages.resolve.replies.lookup_sheets import LookupSheet
from sightline.stages.resolve.replies.names import zones_of_line
from sightline.stages.resolve.replies.parts import Frames, Part, SilentPart, offset_rows
from sightline.stages.resolve.replies.rows import NUMBERS
from sightline.stages.resolve.replies.source import Member
from sightline.stages.resolve.replies.step_parts import as_second_step, join_two_steps
from sightline.stages.resolve.replies.table_head import are_mostly_inside, open_table
from sightline.stages.resolve.replies.table_part import TablePart
from sightline.stages.tabular import web_page

HEAD_BYTES = 256 << 10
HEADING_ROWS = 60
TAIL_ROWS = 60
_STAMPS_OF_BLOCKS = (
    'Event-Timestamp = "([^"]* (?:UTC|GMT|IST))"',
    'Event-Timestamp = "([^"]*?)(?: [A-Z]{3,5})?"',
)
"""Times of a detail file. Letters for another zone are ambiguous."""


@dataclass(frozen=True, slots=True)
class OpenedReply:
    """A reply after its head was read."""

    layout: str
    why: str
    parts: Sequence[Part]
    size: int | None

    def batches(self, watch: Callable[[int, int | None], object]) -> Iterator[Batch]:
        """Yield all rows in order. Those of a second file or sheet continue the numbers of the first."""
        done, before = 0, 0
        for part in self.parts:
            rows = 0
            for batch, last, size in read_ahead(part.batches()):
                done, rows = done + size, last
                watch(done, self.size)
                yield offset_rows(batch, before) if before else batch
            before += rows


def read_ahead(batches: Iterator[tuple[Batch, int, int]]) -> Iterator[tuple[Batch, int, int]]:
    """Yield the same items, reading the next one while the current one is used."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, batches, None)
        while (found := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield found


def open_reply(path: Path, kind: NoticeKind, declared: ReplyDeclarations) -> OpenedReply:
    """Open the reply to a notice of that kind and read its head.

    Raises UnknownFormat, TimeUndeclared, Refused, DamagedInput, UsageError, before a row is read.
    """
    layouts = layout.choose_layouts(declared.layout, kind)
    found_members = source.members(path, declared.password)
    members = [replace(one, title=f"{path.name} {one.name or ''}") for one in found_members]
    parts: list[Part] = []
    logged: dict[str, list[tuple[Member, LogPart]]] = {}
    named: set[str | None] = set()
    holders: list[Holders | LookupSheet] = []
    letters: dict[str, list[str]] = {}
    unread: SightlineError | None = None
    versions = _find_versions(members)
    for member in members:
        try:
            found = _open_member(member, layouts, declared.of_table(member.name), named)
        except SightlineError as error:
            if member.name is None:
                raise
            if kind is NoticeKind.RECORDS and (customers := _holders_of_member(member, declared)) is not None:
                holders.append(customers)
                continue
            if isinstance(error, UnknownFormat) and (lines := _lines_of_letter(member)) is not None:
                letters[member.name] = lines
                unread = unread or _with_member_name(error, member.name)
                continue
            raise _with_member_name(error, member.name) from None
        for part in found:
            if isinstance(part, LogPart):
                logged.setdefault(part.layout, []).append((member, part))
            else:
                parts.append(_name_place(_doubt_version(part, member.name, versions), member.name))
    _require_tables(declared, named | {member.name for member in members})
    parts += [_join_logs(ones) for ones in logged.values()]
    if not parts:
        hint = "docs/reference/replies.md says which are read"
        raise unread or UnknownFormat("no file of it has headings of records", hint=hint)
    parts = [replace(one, holders=[*one.holders, *holders]) if isinstance(one, TablePart) else one for one in parts]
    parts = [_doubt_letters(as_second_step(one), letters, declared.licensee) for one in join_two_steps(parts)]
    sizes = [member.size for member in members]
    size = None if None in sizes else sum(one or 0 for one in sizes)
    names = ", ".join(dict.fromkeys(part.layout for part in parts))
    return OpenedReply(names, "; ".join(dict.fromkeys(part.why for part in parts)), parts, size)


def _join_logs(ones: Sequence[tuple[Member, LogPart]]) -> LogPart:
    """Return the logs of one layout, each a member, as one part."""
    first = ones[0][1]
    is_inside = any(part.is_mostly_inside for _, part in ones)
    return LogPart(first.layout, first.why, [member for member, _ in ones], first.rules, first.forms, is_inside)


def _find_versions(members: Sequence[Member]) -> Mapping[str, str]:
    """Return of each member that is a version of another the other's name. One with the same bytes says nothing new."""
    by_name = {one.name: one for one in members if one.name is not None and not one.is_workbook}
    versions = file_versions.find_versions(by_name)
    digests: dict[str, str] = {}
    for name in versions:
        with source.map_unpack_errors(by_name[name].label), by_name[name].open() as stream:
            digest = hashlib.sha256()
            for piece in delimited.chunks(stream):
                digest.update(piece)
            digests[name] = digest.hexdigest()
    return {one: other for one, other in versions.items() if len({*digests.values()}) > 1}


def _doubt_version(part: Part, name: str | None, versions: Mapping[str, str]) -> Part:
    """Return the part with all of its rows in doubt if it is one version of several: which of them holds?"""
    other = versions.get(name or "")
    if other is None or not isinstance(part, TablePart | RequestsPart):
        return part
    return replace(part, doubt=part.doubt or f"{name}, {other}")


_MOST_OF_A_LETTER = 64 << 10
"""The largest letter beside the tables of an archive, in bytes."""


def _lines_of_letter(member: Member) -> list[str] | None:
    """Return the lines of a short text without addresses, such as a covering letter; None for any other file."""
    if member.is_workbook or member.is_page or (member.size or 0) > _MOST_OF_A_LETTER:
        return None
    try:
        _, text = delimited.decode_member(member, HEAD_BYTES)
    except SightlineError:
        return None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    has_addresses = any(True for line in lines for _ in values.endpoints_in(line[: notes.MOST_LETTERS]))
    return None if has_addresses or not lines or "\0" in text else lines


def _doubt_letters(part: Part, letters: Mapping[str, Sequence[str]], licensee: str) -> Part:
    """Return the part with all of its rows in doubt if a letter beside it has a line that may say something of them."""
    if not isinstance(part, TablePart | RequestsPart):
        return part
    telling = [name for name, lines in letters.items() if not all(notes.says_nothing(one, licensee) for one in lines)]
    return replace(part, doubt=part.doubt or telling[0]) if telling else part


def _name_place(part: Part, name: str | None) -> Part:
    """Return the part with what the name of its file says about the part of the network."""
    if name is None or not isinstance(part, TablePart | RequestsPart):
        return part
    return replace(part, place=file_places.read_place(name))


def _require_tables(declared: ReplyDeclarations, names: Set[str | None]) -> None:
    """Raise UsageError where an order of dates is declared of a table that the reply does not have."""
    for name, _ in declared.table_orders:
        if name not in names:
            there = ", ".join(sorted(one for one in names if one)) or "it is one table without a name"
            raise UsageError(f"the reply has no table {name!r}", hint=f"its sheets and files: {there}")


_ADDRESS_OF_LOG = re.compile(
    r'^(?:\s*(?:Framed-IP-Address|Framed-IPv6-Address|Framed-IPv6-Prefix|Delegated-IPv6-Prefix) = "?|lease )'
    r"([0-9a-fA-F.:]+)",
    re.MULTILINE,
)


def _with_member_name(error: SightlineError, member: str) -> SightlineError:
    what, excerpt = str(error), escape_unprintable(member)
    is_named = excerpt in what or what.startswith(excerpt[: MAX_CHARS // 2])
    return type(error)(what if is_named else f"{member}: {what}", hint=error.hint, details=error.details)


def _open_member(
    member: Member, layouts: Sequence[Layout], declared: ReplyDeclarations, named: set[str | None]
) -> list[Part]:
    """What a member is; adds the names of its sheets. Raises as `opened`."""
    if member.is_workbook:
        return _open_sheets(member, layouts, declared, named)
    if member.is_page:
        return _open_page(member, layouts, declared)
    member, text = delimited.decode_member(member, HEAD_BYTES)
    by_shape = {one.shape: one for one in layouts}
    lines = text.splitlines()[:200]
    if "radius-detail" in by_shape and blocks.is_detail(text):
        stamps = logs.stamps(lines, _STAMPS_OF_BLOCKS)
        return [_open_log(member, by_shape["radius-detail"], "blocks of RADIUS attributes", stamps, declared, lines)]
    if "dhcpd-leases" in by_shape and leases.is_lease_file(text):
        return [_open_log(member, by_shape["dhcpd-leases"], "leases as dhcpd writes them", [], declared, lines)]
    if "lines" in by_shape:
        forms = logs.LineForms.of(by_shape["lines"].content["lines"])
        if forms.fits(lines):
            stamps = logs.stamps(lines, forms.times)
            return [_open_log(member, by_shape["lines"], "lines of a NAT's log", stamps, declared, lines, forms)]
    return _open_text(member, text, layouts, declared)


_OF_A_SHELL = ("$", "#", ">")
"""What a line of a log begins with that is a command or a remark."""
_SIGNS_OF_PATHS = re.compile(r"[/_.]+")


def _open_log(
    member: Member,
    one: Layout,
    why: str,
    stamps: Sequence[str],
    declared: ReplyDeclarations,
    lines: Sequence[str],
    forms: logs.LineForms | None = None,
) -> LogPart:
    rules = time_declarations.rules_of(declared, ())
    time_declarations.check_declared([(None, text) for text in stamps], rules, declared)
    remarks = [member.title or "", *(line for line in lines if line[:1] in _OF_A_SHELL)]
    zones = set[str]().union(*(zones_of_line(_SIGNS_OF_PATHS.sub(" ", one)) for one in remarks))
    time_declarations.check_zones_of_lines(rules, declared, zones)
    is_inside = forms is None and are_mostly_inside(_ADDRESS_OF_LOG.findall("\n".join(lines)))
    return LogPart(one.name, why, [member], rules, forms, is_inside)


def _open_text(
    member: Member, text: str, layouts: Sequence[Layout], declared: ReplyDeclarations, read_from: str = ""
) -> list[Part]:
    """The table of a member of text, or that it says that there are no records.

    `read_from`: what the table was made of, if the member was none.
    """
    fitting = []
    nearest: list[Sequence[str]] = []
    for separator in delimited.separators(text):
        head = delimited.head_rows(text, separator, HEADING_ROWS)
        nearest += head
        if found := heading_fit.find_best(layouts, head):
            fitting.append((found[1].known, separator, found, head))
    if not fitting:
        if (member.size or 0) <= empty_reply.MOST_BYTES and empty_reply.answers(text):
            return [SilentPart(empty_reply.answers(text))]
        if not read_from and (made := _as_table(member, text)):
            table_member, table_text, form = made
            return _open_text(table_member, table_text, layouts, declared, form)
        raise heading_fit.headings_error(layouts, nearest)
    _, separator, (at, found_fit), head = max(fitting, key=lambda one: one[0])
    text_table = delimited.TextTable(member, separator, tuple(head[at]), at + 1)
    frames = lambda: delimited.batches(text_table)  # noqa: E731  - as a part has it
    whole = text.count("\n")
    sample = delimited.head_rows(text, separator, min(whole, 2000) if (member.size or 0) > HEAD_BYTES else 2000)[
        at + 1 :
    ]
    tail = delimited.tail_rows(member, separator)
    title = member.title
    return [open_table(found_fit, head[at], at + 1, head[:at], sample, frames, declared, read_from, tail, title)]


_LARGEST_PAGE = 128 << 20


def _open_page(member: Member, layouts: Sequence[Layout], declared: ReplyDeclarations) -> list[Part]:
    """The tables of a web page as one table of text. Raises DamagedInput, and Refused where the page hides parts."""
    _, page = delimited.decode_member(member, _LARGEST_PAGE + 1)
    if len(page) > _LARGEST_PAGE:
        raise DamagedInput(f"{member.label}: a web page of more than 128 MiB", hint=source.ADVICE)
    try:
        rows = web_page.read_rows(page)
    except web_page.HiddenParts:
        raise Refused(f"{member.label}: the web page hides some of its parts", hint=source.ADVICE) from None
    except (ValueError, AssertionError) as why:
        raise DamagedInput(f"{member.label}: the web page cannot be read: {why}", hint=source.ADVICE) from None
    content = fact_lists.as_csv(rows)
    raw = content.encode()
    made = replace(member, open=lambda: io.BytesIO(raw), size=len(raw), is_page=False)
    return _open_text(made, content[:HEAD_BYTES], layouts, declared, "made of a web page; a row is a row of its tables")


def _as_table(member: Member, text: str) -> tuple[Member, str, str] | None:
    """A member of JSON records, or of facts one a line, as a table of text, and which of both it was; or None."""
    if (member.size or 0) > len(text.encode()) or (made := fact_lists.convert_to_table(text)) is None:
        return None
    rows, form = made
    content = fact_lists.as_csv(rows)
    raw = content.encode()
    return replace(member, open=lambda: io.BytesIO(raw), size=len(raw)), content, f"made of {form}; a row is a record"


@dataclass(slots=True)
class _Sheet:
    """A sheet of a reply with headings."""

    rows: workbook.SheetRows
    at: int
    fit: Fit
    head: list[list[str]]


def _open_sheets(
    member: Member, layouts: Sequence[Layout], declared: ReplyDeclarations, named: set[str | None]
) -> list[Part]:
    """The tables of a workbook's sheets, hidden ones too; one without headings is refused, unless it is a cover."""
    sheets, hidden, remarks = workbook.sheets(member)
    named |= {sheet.name for sheet in sheets}
    found: list[_Sheet] = []
    nearest: list[Sequence[str]] = []
    beside: list[Sequence[str]] = [[one] for one in remarks]
    for sheet in sheets:
        head = [[cell.text for cell in cells] for cells in islice(sheet.rows, HEADING_ROWS)]
        nearest += head
        if best := heading_fit.find_best(layouts, head):
            found.append(_Sheet(sheet, best[0], best[1], head))
        else:
            beside += head
    if not found:
        texts = "\n".join(" ".join(cells) for cells in nearest)
        if answers := empty_reply.answers(texts):
            return [SilentPart(answers)]
        raise heading_fit.headings_error(layouts, nearest)
    others = [one for one in sheets if all(one is not other.rows for other in found)]
    beside_lines: list[Holders | LookupSheet] = [*_read_holders(others, layouts, declared)]
    beside_lines += _read_lookups(others, layouts)
    covers = _name_covers(others)
    parts: list[Part] = []
    versions = file_versions.find_versions(one.rows.name for one in found)
    for one in found:
        headings = one.head[one.at]
        by_column = {at: name for name, at in one.fit.places.items()}
        remarks = [f"sheet {one.rows.name!r}", *_hidden_parts(one.rows, hidden)]
        remarks += [f"sheets without headings of a reply: {', '.join(covers)}"] if covers else []
        frames = _frames(one.rows, len(headings), by_column)
        first = next(frames())[0].filter(pl.col("row") > one.rows.numbers[one.at])
        sample = first.select(pl.col("^c[0-9]+$")).head(2000).rows()
        number = one.rows.numbers[one.at]
        last = [[cell.text for cell in cells] for cells in one.rows.rows[-TAIL_ROWS:]]
        # What another sheet says, without a table of its own, holds for this one; so does the sheet's name.
        above = [*beside, *one.head[: one.at]]
        of_sheet = declared.of_table(one.rows.name)
        note = "; ".join(remarks)
        title = f"{member.title} {one.rows.name}"
        part = open_table(one.fit, headings, number, above, sample, frames, of_sheet, note, last, title)
        part = replace(part, holders=beside_lines) if isinstance(part, TablePart) else part
        parts.append(_doubt_version(part, one.rows.name, versions))
    return parts


def _name_covers(sheets: Sequence[workbook.SheetRows]) -> list[str]:
    """Return the names of sheets without headings. Raises UnknownFormat for one that has addresses."""
    for sheet in sheets:
        if workbook.has_addresses(sheet):
            raise UnknownFormat(
                f"sheet {sheet.name!r} has addresses, and no headings of a reply",
                hint="ask for headings on every sheet; no sheet is left out",
            )
    return [one.name for one in sheets]


def _holders_of_member(member: Member, declared: ReplyDeclarations) -> Holders | None:
    """What a file of customers says, beside those with records; None of any other file."""
    try:
        forms = layout.choose_layouts("auto", NoticeKind.SUBSCRIBERS)
        parts = _open_member(member, forms, declared.of_table(member.name), set())
        batches = [batch for part in parts for batch, _, _ in part.batches() if isinstance(part, TablePart)]
    except SightlineError:
        return None
    return Holders.of(f"file {member.name!r}", batches) if batches else None


def _read_holders(
    sheets: Sequence[workbook.SheetRows], layouts: Sequence[Layout], declared: ReplyDeclarations
) -> list[Holders]:
    """What sheets of customers say, beside those with records."""
    if any(one.reply is NoticeKind.SUBSCRIBERS for one in layouts):
        return []
    found = []
    forms = layout.choose_layouts("auto", NoticeKind.SUBSCRIBERS)
    for sheet in sheets:
        head = [[cell.text for cell in cells] for cells in islice(sheet.rows, HEADING_ROWS)]
        best = heading_fit.find_best(forms, head)
        if best is None:
            continue
        at, fit = best
        frames = _frames(sheet, len(head[at]), {at: name for name, at in fit.places.items()})
        own = declared.of_table(sheet.name)
        part = open_table(fit, head[at], sheet.numbers[at], [], [], frames, own, "")
        found.append(Holders.of(f"sheet {sheet.name!r}", [batch for batch, _, _ in part.batches()]))
    return found


def _read_lookups(sheets: Sequence[workbook.SheetRows], layouts: Sequence[Layout]) -> list[LookupSheet]:
    """What sheets without records say of lines."""
    if not any(one.reply is NoticeKind.RECORDS for one in layouts):
        return []
    # One heading may be another field in another layout: as a number it counts first.
    every = [(name, field) for one in layouts for name, field in one.fields.items()]
    fields = dict(sorted(every, key=lambda one: one[1] in NUMBERS))
    found = []
    for sheet in sheets:
        rows = [[cell.text for cell in cells] for cells in sheet.rows]
        found.append(lookup_sheets.read_lookup(sheet.name, rows[:HEADING_ROWS], rows, fields))
    return [one for one in found if one is not None]


def _hidden_parts(sheet: workbook.SheetRows, hidden: Sequence[str]) -> list[str]:
    """Return remarks about what a workbook hides and is read too."""
    remarks = [f"{sheet.hidden_rows:,} hidden rows are read too"] if sheet.hidden_rows else []
    remarks += ["hidden columns are read too"] if sheet.has_hidden_columns else []
    return remarks + ([f"hidden sheets are read too: {', '.join(hidden)}"] if hidden else [])


def _frames(sheet: workbook.SheetRows, width: int, by_column: dict[int, str]) -> Frames:
    def frames() -> Iterator[tuple[pl.DataFrame, int]]:
        for frame in workbook.frames(sheet, width, by_column):
            yield frame, 0

    return frames
