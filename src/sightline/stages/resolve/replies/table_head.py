"""What the head of a table decides before its rows are read: times, units, rules, doubts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from sightline.errors import UnknownFormat
from sightline.model import NoticeKind
from sightline.stages.resolve.model import SECOND_US, ReplyDeclarations
from sightline.stages.resolve.replies import (
    assignment_table,
    broken_rows,
    captions,
    column_names,
    company_names,
    crossed_columns,
    deterministic,
    event_legend,
    heading_fit,
    heading_values,
    port_sets,
    single_rows,
    stated_circles,
    stated_facts,
    surrounding_lines,
    time_declarations,
    workbook,
)
from sightline.stages.resolve.replies.delimited import FAULT, OVER
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.log_parts import RequestsPart
from sightline.stages.resolve.replies.reply_layouts import ReplyLayout
from sightline.stages.resolve.replies.reply_parts import Frames, ReplyPart
from sightline.stages.resolve.replies.reply_times import TimeRules
from sightline.stages.resolve.replies.step_parts import INSIDE
from sightline.stages.resolve.replies.table_part import TablePart
from sightline.stages.scan.zones import build_zone_table

MOST_APART_S = 2
"""The allowed difference in seconds between a duration and its times: each is rounded."""
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
    title: str = "",
) -> ReplyPart:
    """Return the part of a table. Raises UnknownFormat, TimeUndeclared, UsageError."""
    fit = heading_values.settle_by_values(heading_fit.check_fit(fit), headings, sample)
    stamps = _list_stamps(fit.places, sample, headings)
    if declared.date_order is None and (order := time_declarations.prove_date_order(stamps)):
        declared = replace(declared, date_order=order)
        note = "; ".join(filter(None, (note, f"its dates can only be {_ORDERS[order]}")))
    rules = _derive_time_rules(fit, headings, declared)
    time_declarations.check_zones_of_lines(
        rules, declared, surrounding_lines.list_stated_zones(fit, [[title], *above, *sample, *tail])
    )
    rules = _check_times(fit, headings, declared, stamps, sample, rules)
    if fit.twice:
        assignment_table.require_agreement(
            _build_sample_frame(sample, headings, heading_row), fit.twice, headings, Readers(rules)
        )
    ruled = _apply_rule(fit, headings, above, frames)
    parameters = deterministic.parse_parameters(fit.layout, above) if fit.layout.shape == "deterministic" else None
    why = (
        f"{fit.known} of {sum(bool(heading.strip()) for heading in headings)} headings are known, in row {heading_row}"
    )
    own = declared.licensee
    is_whole = bool(sample and tail) and list(sample[-1]) == list(tail[-1])
    below = sample if is_whole else [*sample, *tail]
    doubt = _find_table_doubt(fit, title, above, below, own, stamps, rules)
    if doubt is None and stated_circles.names_other_circle(fit, [[title], *above, *below], declared.elsewhere):
        doubt = "circle beside the table"
    is_inside = _is_mostly_inside(fit.places, sample)
    kind = fit.layout.name
    if fit.layout.shape == "requests":
        return RequestsPart(kind, why, fit, headings, heading_row, rules, frames, doubt, is_inside, licensee=own)
    for changed in (ruled, _split_cells(fit, headings, sample, frames)):
        if changed:
            fit, headings, frames = changed
    frames = event_legend.spell_events(fit, event_legend.read_legend(fit, [*above, *below]), frames)
    why = f"{why}; {note}" if note else why
    form = (kind, why, fit, headings, heading_row, rules, parameters, frames, doubt)
    others = surrounding_lines.list_others(fit, [*above, *sample, *tail])
    return TablePart(*form, is_mostly_inside=is_inside, licensee=own, elsewhere=declared.elsewhere, others=others)


def _derive_time_rules(fit: Fit, headings: Sequence[str], declared: ReplyDeclarations) -> TimeRules:
    """How the times and durations of a table are written, by what is declared and by their headings."""
    places = fit.places
    return time_declarations.combine_rules(
        declared,
        [headings[at] for name, at in places.items() if name in workbook.TIMES],
        *(headings[places[name]] if name in places else None for name in ("duration", "lifetime")),
    )


def _check_times(
    fit: Fit,
    headings: Sequence[str],
    declared: ReplyDeclarations,
    stamps: list[time_declarations.Stamp],
    sample: Sequence[Sequence[str]],
    rules: TimeRules,
) -> TimeRules:
    """Return the rules with the unit of durations that the first rows prove. Raises TimeUndeclared."""
    if fit.layout.reply is not NoticeKind.RECORDS:
        return rules
    has_zones = any(mark.kind == "zone" for mark in fit.marks)
    time_rules = replace(rules, zone=rules.zone or build_zone_table("UTC")) if has_zones else rules
    time_declarations.check_declared(stamps, time_rules, declared)
    of_times = [headings[at] for name, at in fit.places.items() if name in workbook.TIMES]
    time_declarations.check_order_of_headings(of_times, stamps, declared)
    if "duration" in fit.places and rules.duration_us is None:
        return replace(rules, duration_us=_prove_unit(fit.places, sample, headings, rules))
    return rules


_SIGNS_OF_NOTES = "*?~^#\u2020\u2021\u00b9\u00b2\u00b3"
"""Behind a heading, a sign points to a note on its column. If each heading has one, it means that it must be filled."""


def _find_table_doubt(
    fit: Fit,
    title: str,
    above: Sequence[Sequence[str]],
    below: Sequence[Sequence[str]],
    licensee: str,
    stamps: list[time_declarations.Stamp],
    rules: TimeRules,
) -> str | None:
    """The doubt about all rows of a table: by its name, by the lines beside it, or by a fact that no row has."""
    is_denying = surrounding_lines.is_denying(title) or surrounding_lines.has_unknown_word_of_india(title)
    words, own_words = surrounding_lines.list_words(title), surrounding_lines.list_words(licensee)
    if is_denying or company_names.names_other_company(words, own_words):
        return "name of the sheet or file"
    signed = [
        heading.strip()
        for heading in fit.headings
        if len(heading.strip()) > 1 and heading.strip()[-1] in _SIGNS_OF_NOTES
    ]
    if signed and len(signed) < sum(bool(heading.strip()) for heading in fit.headings):
        return signed[0]
    doubt = surrounding_lines.find_doubt(fit, above, below, licensee) or broken_rows.find_missing_page(
        [[title], *above, *below]
    )
    is_another = stated_facts.names_another_connection(fit, title, [*above, *below])
    if doubt is None and (is_another or stated_facts.names_earlier_day(title, stamps, rules)):
        return "name of the sheet or file"
    if doubt is None and fit.layout.reply is NoticeKind.RECORDS:
        doubt = stated_facts.find_contradiction(fit, above, below, stamps, rules)
        doubt = doubt or broken_rows.find_moved_column(fit, below) or broken_rows.find_moved_ends(fit, below, rules)
        doubt = doubt or broken_rows.find_dividing_column(fit, below)
        doubt = doubt or crossed_columns.find_crossed_column(fit, below)
        if doubt is None and captions.has_other_caption(fit, above, below):
            doubt = "an address beside the table"
    return doubt


def _apply_rule(
    fit: Fit, headings: Sequence[str], above: Sequence[Sequence[str]], frames: Frames
) -> tuple[Fit, Sequence[str], Frames] | None:
    """A table of customers' prefixes under one rule of MAP, as one with the rule in each row; None where there is none.

    Raises UnknownFormat where several rules stand above.
    """
    rules_above = [result for cells in above if (result := _parse_rule_line(fit.layout, cells)) is not None]
    fields = [field for field, _ in rules_above if field not in fit.places]
    if not fields or not {"framed_prefix", "delegated_prefix"} & fit.places.keys():
        return None
    if len({*fields}) < len(fields):
        raise UnknownFormat(
            f"read as {fit.layout.name}, and above the table is more than one rule of MAP",
            hint="ask for the rule in each row: columns Rule IPv6 Prefix, Rule IPv4 Prefix, EA Bits, PSID Offset",
        )
    rule, width = dict(rules_above), len(headings)
    places = {**fit.places, **{field: width + at for at, field in enumerate(fields)}}

    def with_rule() -> Iterator[tuple[pl.DataFrame, int]]:
        for frame, done in frames():
            yield frame.with_columns(pl.lit(rule[field]).alias(f"c{places[field]}") for field in fields), done

    return replace(fit, places=places), [*headings, *fields], with_rule


def _split_cells(
    fit: Fit, headings: Sequence[str], sample: Sequence[Sequence[str]], frames: Frames
) -> tuple[Fit, Sequence[str], Frames] | None:
    """A table whose addresses have ranges of ports behind them, as one with these in columns; None of any other."""
    at = fit.places.get("ip")
    if at is None or {"port_from", "port_to"} & fit.places.keys():
        return None
    if not port_sets.has_ranges_behind(pl.Series([cells[at] for cells in sample if len(cells) > at], dtype=pl.String)):
        return None
    width = len(headings)
    heading = headings[at].strip()

    def with_ranges() -> Iterator[tuple[pl.DataFrame, int]]:
        for frame, done in frames():
            yield port_sets.split_ranges_behind(frame, at, f"c{width}", f"c{width + 1}"), done

    places = {**fit.places, "port_from": width, "port_to": width + 1}
    return replace(fit, places=places), [*headings, heading, heading], with_ranges


def _parse_rule_line(layout: ReplyLayout, cells: Sequence[str]) -> tuple[str, str] | None:
    """The field and the value of a line that says a part of a rule of MAP: its name, and one value."""
    stand = [cell.strip() for cell in cells if cell.strip()]
    if len(stand) == 1:
        match = re.fullmatch(r"([^:=]+)[:=](.+)", stand[0])
        stand = [match[1].strip(), match[2].strip()] if match else []
    field = layout.fields.get(column_names.reduce_heading(stand[0])) if len(stand) == 2 else None
    return (field, stand[1]) if field in surrounding_lines.RULE_FIELDS else None


def _is_mostly_inside(places: Mapping[str, int], sample: Sequence[Sequence[str]]) -> bool:
    """Whether more than half of the addresses of some rows may be such as a NAT translates."""
    columns = [places[address] for address in assignment_table.ADDRESSES if address in places]
    return are_mostly_inside([cells[at].strip() for at in columns for cells in sample if len(cells) > at])


def are_mostly_inside(addresses: Sequence[str]) -> bool:
    """Whether more than half of some addresses are from inside a network, or of IPv6."""
    stated = pl.Series([address.lower() for address in addresses if address], dtype=pl.String)
    return 2 * int((stated.str.contains(INSIDE) | stated.str.contains(":", literal=True)).sum()) > len(stated)


def _build_sample_frame(sample: Sequence[Sequence[str]], headings: Sequence[str], heading_row: int) -> pl.DataFrame:
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


def _list_stamps(
    places: Mapping[str, int], sample: Sequence[Sequence[str]], headings: Sequence[str]
) -> list[time_declarations.Stamp]:
    """The times of some rows."""
    result: list[time_declarations.Stamp] = []
    for cells in sample:
        if len(cells) < len(headings) or assignment_table.is_heading(cells, headings):
            continue
        for edge in ("start", "end"):
            if f"{edge}_date" in places and f"{edge}_clock" in places:
                result.append((cells[places[f"{edge}_date"]], cells[places[f"{edge}_clock"]]))
        result += [(None, cells[places[name]]) for name in ("start", "end", "event_time", "seen") if name in places]
    return result


def _prove_unit(
    places: Mapping[str, int], sample: Sequence[Sequence[str]], headings: Sequence[str], rules: TimeRules
) -> int | None:
    """Return the second, where the first rows with start, end and duration show that durations are in seconds."""
    is_proved = False
    for cells in sample:
        if len(cells) < len(headings) or assignment_table.is_heading(cells, headings):
            continue
        texts = {field: cells[at] for field, at in places.items()}
        lasted = texts.pop("duration").strip()
        row = single_rows.read_row(texts, rules)
        assigned = row.stands if isinstance(row, single_rows.RowFault) else row
        if (
            assigned is None
            or assigned.start_us is None
            or assigned.end_us is None
            or not lasted.isascii()
            or not lasted.isdigit()
        ):
            continue
        differs_s = abs((assigned.end_us - assigned.start_us) / SECOND_US - int(lasted[:12]))
        if differs_s > MOST_APART_S:
            return None
        is_proved |= int(lasted[:12]) > 2 * MOST_APART_S
    return SECOND_US if is_proved else None
