"""Open a reply: detect its form by its head, and everything that must be known before its rows are read."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import polars as pl

from sightline.errors import SightlineError, UnknownFormat, UsageError
from sightline.message_text import MAX_CHARS, escape_unprintable
from sightline.model import NoticeKind
from sightline.stages.resolve.model import SECOND_US, Batch, ReplyDeclarations
from sightline.stages.resolve.replies import (
    blocks,
    delimited,
    deterministic,
    empty_reply,
    fact_lists,
    layout,
    leases,
    logs,
    names,
    notes,
    rows,
    source,
    stated_facts,
    table,
    time_declarations,
    workbook,
)
from sightline.stages.resolve.replies.delimited import FAULT, OVER
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.layout import Fit, Layout
from sightline.stages.resolve.replies.parts import (
    INSIDE,
    AccessPart,
    Frames,
    LogPart,
    Part,
    RequestsPart,
    SilentPart,
    StepsPart,
    TablePart,
    offset_rows,
)
from sightline.stages.resolve.replies.source import Member
from sightline.stages.resolve.replies.times import TimeRules
from sightline.stages.scan.zones import zone_table

HEAD_BYTES = 256 << 10
HEADING_ROWS = 60
TAIL_ROWS = 60
MOST_APART_S = 2
"""The allowed difference in seconds between a duration and its times: each is rounded."""
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
    members = source.members(path, declared.password)
    parts: list[Part] = []
    logged: dict[str, list[tuple[Member, LogPart]]] = {}
    named: set[str | None] = set()
    for member in members:
        try:
            found = _open_member(member, layouts, declared.of_table(member.name), named)
        except SightlineError as error:
            if member.name is None:
                raise
            raise _with_member_name(error, member.name) from None
        for part in found:
            if isinstance(part, LogPart):
                logged.setdefault(part.layout, []).append((member, part))
            else:
                parts.append(part)
    _require_tables(declared, named | {member.name for member in members})
    for ones in logged.values():
        first = ones[0][1]
        is_inside = any(part.is_mostly_inside for _, part in ones)
        every = [member for member, _ in ones]
        parts.append(LogPart(first.layout, first.why, every, first.rules, first.forms, is_inside))
    parts = [_as_second_step(one) for one in _join_two_steps(parts)]
    sizes = [member.size for member in members]
    size = None if None in sizes else sum(one or 0 for one in sizes)
    names = ", ".join(dict.fromkeys(part.layout for part in parts))
    return OpenedReply(names, "; ".join(dict.fromkeys(part.why for part in parts)), parts, size)


def _require_tables(declared: ReplyDeclarations, names: Set[str | None]) -> None:
    """Raise UsageError where an order of dates is declared of a table that the reply does not have."""
    for name, _ in declared.table_orders:
        if name not in names:
            there = ", ".join(sorted(one for one in names if one)) or "it is one table without a name"
            raise UsageError(f"the reply has no table {name!r}", hint=f"its sheets and files: {there}")


def _join_two_steps(parts: list[Part]) -> list[Part]:
    """The parts, with NAT logs and access logs joined where the reply has both."""
    nat = [one for one in parts if isinstance(one, TablePart | LogPart) and _is_nat(one)]
    access = [one for one in parts if isinstance(one, TablePart | LogPart | RequestsPart) and _is_access(one)]
    if not nat or not access:
        return parts
    names = ", ".join(dict.fromkeys(one.layout for one in (*access, *nat)))
    why = "; ".join(dict.fromkeys(one.why for one in (*access, *nat)))
    both = StepsPart(names, f"{why}; NAT log and access log are joined by the address inside", access, nat)
    return [both, *(one for one in parts if all(one is not other for other in (*nat, *access)))]


def _as_second_step(part: Part) -> Part:
    """The part, as the second step of an answer where it is an access log, or has more addresses inside than others.

    A heading that says that its addresses are public ones is believed: one from inside is a fault there.
    """
    if not isinstance(part, TablePart | LogPart | RequestsPart) or not _is_access(part):
        return part
    if isinstance(part, TablePart | RequestsPart):
        headings = [part.headings[part.fit.places[one]] for one in table.ADDRESSES if one in part.fit.places]
        says_public = any(_PUBLIC & {*names.words(one)} for one in headings)
        is_known = isinstance(part, TablePart) and part.parameters is not None
        if not headings or says_public or is_known:
            return part
    return AccessPart(part) if part.is_mostly_inside else part


_INSIDE_FIELDS = frozenset({"inside_ip", "source_ip", "softwire"})
_PUBLIC = frozenset("public nat nated natted translated external outside global post".split())
_ADDRESS_OF_LOG = re.compile(
    r'^(?:\s*(?:Framed-IP-Address|Framed-IPv6-Address|Framed-IPv6-Prefix|Delegated-IPv6-Prefix) = "?|lease )'
    r"([0-9a-fA-F.:]+)",
    re.MULTILINE,
)


def _is_nat(part: TablePart | LogPart) -> bool:
    """Whether a part says which inside address had a public one, and names no line."""
    if isinstance(part, LogPart):
        return part.forms is not None
    places = part.fit.places
    return "ip" in places and bool(_INSIDE_FIELDS & {*places}) and not {*rows.NUMBERS} & {*places}


def _is_access(part: TablePart | LogPart | RequestsPart) -> bool:
    """Whether a part says whose an address was: one inside may be its address."""
    if isinstance(part, LogPart):
        return part.forms is None
    places = part.fit.places
    return not _INSIDE_FIELDS & {*places} and bool({*rows.NUMBERS} & {*places})


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
    is_inside = forms is None and _are_inside(_ADDRESS_OF_LOG.findall("\n".join(lines)))
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
        if found := layout.find_best(layouts, head):
            fitting.append((found[1].known, separator, found, head))
    if not fitting:
        if (member.size or 0) <= empty_reply.MOST_BYTES and empty_reply.answers(text):
            return [SilentPart(empty_reply.answers(text))]
        if not read_from and (made := _as_table(member, text)):
            table_member, table_text, form = made
            return _open_text(table_member, table_text, layouts, declared, form)
        raise layout.headings_error(layouts, nearest)
    _, separator, (at, found_fit), head = max(fitting, key=lambda one: one[0])
    text_table = delimited.TextTable(member, separator, tuple(head[at]), at + 1)
    frames = lambda: delimited.batches(text_table)  # noqa: E731  - as a part has it
    whole = text.count("\n")
    sample = delimited.head_rows(text, separator, min(whole, 2000) if (member.size or 0) > HEAD_BYTES else 2000)[
        at + 1 :
    ]
    tail = delimited.tail_rows(member, separator)
    name = (member.name or "").rpartition("/")[2]
    return [open_table(found_fit, head[at], at + 1, head[:at], sample, frames, declared, read_from, tail, name)]


def _as_table(member: Member, text: str) -> tuple[Member, str, str] | None:
    """A member of JSON records, or of facts one a line, as a table of text, and which of both it was; or None."""
    if (member.size or 0) > len(text.encode()) or (made := fact_lists.convert_to_table(text)) is None:
        return None
    rows, form = made
    content = fact_lists.as_csv(rows)
    raw = content.encode()
    return Member(member.name, lambda: io.BytesIO(raw), len(raw)), content, f"made of {form}; a row is a record"


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
    sheets, hidden = workbook.sheets(member)
    named |= {sheet.name for sheet in sheets}
    found: list[_Sheet] = []
    nearest: list[Sequence[str]] = []
    beside: list[Sequence[str]] = []
    for sheet in sheets:
        head = [[cell.text for cell in cells] for cells in islice(sheet.rows, HEADING_ROWS)]
        nearest += head
        if best := layout.find_best(layouts, head):
            found.append(_Sheet(sheet, best[0], best[1], head))
        else:
            beside += head
    if not found:
        texts = "\n".join(" ".join(cells) for cells in nearest)
        if answers := empty_reply.answers(texts):
            return [SilentPart(answers)]
        raise layout.headings_error(layouts, nearest)
    covers = [sheet.name for sheet in sheets if all(sheet is not one.rows for one in found)]
    for sheet in sheets:
        if sheet.name in covers and workbook.has_addresses(sheet):
            raise UnknownFormat(
                f"sheet {sheet.name!r} has addresses, and no headings of a reply",
                hint="ask for headings on every sheet; no sheet is left out",
            )
    parts: list[Part] = []
    for one in found:
        headings = one.head[one.at]
        by_column = {at: name for name, at in one.fit.places.items()}
        remarks = [f"sheet {one.rows.name!r}"]
        remarks += [f"{one.rows.hidden_rows:,} hidden rows are read too"] if one.rows.hidden_rows else []
        remarks += ["hidden columns are read too"] if one.rows.has_hidden_columns else []
        remarks += [f"hidden sheets are read too: {', '.join(hidden)}"] if hidden else []
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
        parts.append(open_table(one.fit, headings, number, above, sample, frames, of_sheet, note, last, one.rows.name))
    return parts


def _frames(sheet: workbook.SheetRows, width: int, by_column: dict[int, str]) -> Frames:
    def frames() -> Iterator[tuple[pl.DataFrame, int]]:
        for frame in workbook.frames(sheet, width, by_column):
            yield frame, 0

    return frames


_ORDERS = {"dmy": "day-month-year", "mdy": "month-day-year", "ymd": "year-month-day"}


def open_table(
    fit: Fit,
    headings: Sequence[str],
    heading_row: int,
    above: Sequence[Sequence[str]],
    sample: Sequence[Sequence[str]],
    frames: Frames,
    declared: ReplyDeclarations,
    note: str,
    tail: Sequence[Sequence[str]] = (),
    name: str = "",
) -> Part:
    """The part of a table. Raises UnknownFormat, TimeUndeclared, UsageError."""
    layout.check_fit(fit)
    places = fit.places
    stamps = _stamps(places, sample, headings)
    if declared.date_order is None and (order := time_declarations.prove_date_order(stamps)):
        declared = replace(declared, date_order=order)
        note = "; ".join(filter(None, (note, f"its dates can only be {_ORDERS[order]}")))
    rules = time_declarations.rules_of(
        declared,
        [headings[at] for name, at in places.items() if name in workbook.TIMES],
        *(headings[places[name]] if name in places else None for name in ("duration", "lifetime")),
    )
    time_declarations.check_zones_of_lines(rules, declared, notes.stated_zones(fit, [[name], *above, *sample, *tail]))
    if fit.layout.reply is NoticeKind.RECORDS:
        has_zones = any(one.kind == "zone" for one in fit.marks)
        known = replace(rules, zone=rules.zone or zone_table("UTC")) if has_zones else rules
        time_declarations.check_declared(stamps, known, declared)
    if fit.layout.reply is NoticeKind.RECORDS and "duration" in places and rules.duration_us is None:
        rules = replace(rules, duration_us=_prove_unit(places, sample, headings, rules))
    if fit.twice:
        table.require_agreement(_sample_frame(sample, headings, heading_row), fit.twice, headings, Readers(rules))
    ruled = _apply_rule(fit, headings, above, frames)
    parameters = deterministic.parameters(fit.layout, above) if fit.layout.shape == "deterministic" else None
    why = f"{fit.known} of {sum(bool(one.strip()) for one in headings)} headings are known, in row {heading_row}"
    own = declared.licensee
    doubt = "name of the sheet or file" if notes.is_denying(name) else notes.doubt_of(fit, above, [*sample, *tail], own)
    if doubt is None and fit.layout.reply is NoticeKind.RECORDS:
        doubt = stated_facts.contradiction_of(fit, above, [*sample, *tail], stamps, rules)
    if fit.layout.shape == "requests":
        is_inside = _is_mostly_inside(places, sample)
        return RequestsPart(
            fit.layout.name, why, fit, headings, heading_row, rules, frames, doubt, is_inside, licensee=own
        )
    if ruled:
        fit, headings, frames = ruled
    return TablePart(
        fit.layout.name,
        f"{why}; {note}" if note else why,
        fit,
        headings,
        heading_row,
        rules,
        parameters,
        frames,
        doubt,
        is_mostly_inside=_is_mostly_inside(places, sample),
        licensee=own,
    )


def _apply_rule(
    fit: Fit, headings: Sequence[str], above: Sequence[Sequence[str]], frames: Frames
) -> tuple[Fit, Sequence[str], Frames] | None:
    """A table of customers' prefixes under one rule of MAP, as one with the rule in each row; None where there is none.

    Raises UnknownFormat where several rules stand above.
    """
    rules_above = [found for cells in above if (found := _rule_of(fit.layout, cells)) is not None]
    fields = [field for field, _ in rules_above if field not in fit.places]
    if not fields or not {"framed_prefix", "delegated_prefix"} & fit.places.keys():
        return None
    if len({*fields}) < len(fields):
        raise UnknownFormat(
            f"read as {fit.layout.name}, and above the table stands more than one rule of MAP",
            hint="ask for the rule in each row: columns Rule IPv6 Prefix, Rule IPv4 Prefix, EA Bits, PSID Offset",
        )
    rule, width = dict(rules_above), len(headings)
    places = {**fit.places, **{field: width + at for at, field in enumerate(fields)}}

    def with_rule() -> Iterator[tuple[pl.DataFrame, int]]:
        for frame, done in frames():
            yield frame.with_columns(pl.lit(rule[one]).alias(f"c{places[one]}") for one in fields), done

    return replace(fit, places=places), [*headings, *fields], with_rule


def _rule_of(known: Layout, cells: Sequence[str]) -> tuple[str, str] | None:
    """The field and the value of a line that says a part of a rule of MAP: its name, and one value."""
    stand = [cell.strip() for cell in cells if cell.strip()]
    if len(stand) == 1:
        found = re.fullmatch(r"([^:=]+)[:=](.+)", stand[0])
        stand = [found[1].strip(), found[2].strip()] if found else []
    field = known.fields.get(names.canonical(stand[0])) if len(stand) == 2 else None
    return (field, stand[1]) if field in notes.RULE_FIELDS else None


def _is_mostly_inside(places: Mapping[str, int], sample: Sequence[Sequence[str]]) -> bool:
    """Whether more than half of the addresses of some rows may be such as a NAT translates."""
    columns = [places[one] for one in table.ADDRESSES if one in places]
    return _are_inside([cells[at].strip() for at in columns for cells in sample if len(cells) > at])


def _are_inside(addresses: Sequence[str]) -> bool:
    """Whether more than half of some addresses are from inside a network, or of IPv6."""
    stated = pl.Series([one.lower() for one in addresses if one], dtype=pl.String)
    return 2 * int((stated.str.contains(INSIDE) | stated.str.contains(":", literal=True)).sum()) > len(stated)


def _sample_frame(sample: Sequence[Sequence[str]], headings: Sequence[str], heading_row: int) -> pl.DataFrame:
    """The first whole rows as a frame of text."""
    width = len(headings)
    whole = [[heading_row + at, *cells, "", None] for at, cells in enumerate(sample, 1) if len(cells) == width]
    names = {
        "row": pl.UInt32(),
        **{f"c{at}": pl.String() for at in range(width)},
        OVER: pl.String(),
        FAULT: pl.String(),
    }
    return pl.DataFrame(whole, schema=names, orient="row")


def _stamps(
    places: Mapping[str, int], sample: Sequence[Sequence[str]], headings: Sequence[str]
) -> list[time_declarations.Stamp]:
    """The times of some rows."""
    found: list[time_declarations.Stamp] = []
    for cells in sample:
        if len(cells) < len(headings) or table.is_heading(cells, headings):
            continue
        for edge in ("start", "end"):
            if f"{edge}_date" in places and f"{edge}_clock" in places:
                found.append((cells[places[f"{edge}_date"]], cells[places[f"{edge}_clock"]]))
        found += [(None, cells[places[name]]) for name in ("start", "end", "event_time", "seen") if name in places]
    return found


def _prove_unit(
    places: Mapping[str, int], sample: Sequence[Sequence[str]], headings: Sequence[str], rules: TimeRules
) -> int | None:
    """Return the second, where the first rows with start, end and duration show that durations are in seconds."""
    is_proved = False
    for cells in sample:
        if len(cells) < len(headings) or table.is_heading(cells, headings):
            continue
        texts = {field: cells[at] for field, at in places.items()}
        lasted = texts.pop("duration").strip()
        found = rows.read_row(texts, rules)
        one = found.stands if isinstance(found, rows.Fault) else found
        if one is None or one.start_us is None or one.end_us is None or not lasted.isascii() or not lasted.isdigit():
            continue
        differs_s = abs((one.end_us - one.start_us) / SECOND_US - int(lasted[:12]))
        if differs_s > MOST_APART_S:
            return None
        is_proved |= int(lasted[:12]) > 2 * MOST_APART_S
    return SECOND_US if is_proved else None
