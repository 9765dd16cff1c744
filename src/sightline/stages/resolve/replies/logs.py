"""Read logs of lines, or of blocks of lines, as tables of text, which `event_pairs` turns into intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from sightline.model import ReplyCode
from sightline.stages.resolve.model import ReplyBatch
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.event_pairs import EVENTS, EventEffect
from sightline.stages.resolve.replies.protocols import parse_protocol

Faults = list[tuple[int, str, str]]
_NOTHING: dict[str, str | None] = {"-": None, "": None}
_YEAR_BACK_US = 180 * 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class LineForms:
    """The line forms of a layout: its patterns, the place of the time, the names of acts, and lines to ignore."""

    patterns: Sequence[str]
    many: Sequence[str]
    times: Sequence[str]
    acts: dict[str, EventEffect]
    comments: str

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> LineForms:
        """Read the forms from a layout's file."""
        acts = {word: EventEffect(act) for act, words in table["acts"].items() for word in words}
        return cls(table["patterns"], table.get("many", ()), table["times"], acts, table["comments"])

    def fits(self, lines: Sequence[str]) -> bool:
        """Return whether one of the first lines matches a pattern."""
        texts = pl.Series(lines, dtype=pl.String)
        return any(bool(texts.str.contains(form).any()) for form in (*self.patterns, *self.many))


def split_log_lines(chunks: Iterator[bytes]) -> pl.DataFrame:
    """Yield all lines, with their numbers from 1."""
    texts = [chunk.decode("utf-8", "replace") for chunk in chunks]
    lines = pl.Series("line", "".join(texts).splitlines(), dtype=pl.String)
    return pl.DataFrame({"row": pl.int_range(1, len(lines) + 1, dtype=pl.UInt32, eager=True), "line": lines})


_STAMP = (
    r"(?:[A-Z][a-z]{2} [ 0-9][0-9] (?:[0-9]{4} )?[0-9:]{8}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|[+-][0-9:]{5,6})?)"
)
_RELAYED = rf"^(?:<[0-9]+>)?{_STAMP} \S+ (?:<[0-9]+>)?({_STAMP}) "
"""A collector's time, its host, and the time that the device wrote behind them."""
_MOST_ON_THE_WAY_US = 60 * 1_000_000
"""The maximum difference of both times. Beyond it, nobody knows in which zone or when the line was written."""
_RESTARTED = (
    r"(?i)\b(?:restart(?:ed|ing|s)?|reboot(?:ed|ing|s)?|cold[ -]?start|warm[ -]?start|crash(?:ed)?|fail-?over"
    r"|failed over|switch-?over"
    r"|(?:all|nat) (?:sessions|translations|mappings|bindings) (?:cleared|flushed|deleted|removed))\b|_RESTART"
)
"""What a line has that tells that a NAT lost its sessions."""
_LOST = (
    r"(?i)\blost [0-9]+ (?:message|record|log|event|entr|packet)|\brate[- ]?limit(?:ed|ing)?\b"
    r"|\b(?:messages?|records?|logs?|events?|entries) (?:were |have been |are )?(?:lost|dropped|discarded|suppressed)\b"
    r"|\b(?:time|clock) (?:was )?(?:stepped|step|reset|set|jump(?:ed)?|adjusted|changed)\b"
    r"|\bstepp(?:ed|ing) (?:the )?time\b"
)
"""What a line has that tells that other lines are missing, or that the clock was set."""
_GAPS = {"restart of the device": _RESTARTED, "gap in the log": _LOST}
_GROUPS = ("act", "inside", "inside6", "ip", "low", "high", "destination", "dport", "proto")


def read_lines(lines: pl.DataFrame, forms: LineForms, readers: Readers) -> tuple[pl.DataFrame, Faults]:
    """Return the events of a log of lines, and the rows without an event."""
    left = lines.filter(pl.col("line").str.strip_chars() != "")
    frames = []
    for pattern in (*forms.many, *forms.patterns):
        rows = left
        if pattern in forms.many:
            rows = left.with_columns(part=pl.col("line").str.extract_all(pattern)).explode("part", empty_as_null=False)
        else:
            rows = left.with_columns(part=pl.col("line"))
        groups = rows.with_columns(g=pl.col("part").str.extract_groups(pattern))
        names = [field.name for field in groups.schema["g"].fields]  # type: ignore[attr-defined]
        conditions = [
            (pl.col("g").struct.field(name) if name in names else pl.lit(None, pl.String)).alias(name)
            for name in _GROUPS
        ]
        is_many = pl.lit(pattern in forms.many).alias("is_many")
        hit = groups.select("row", "line", is_many, *conditions).filter(pl.col("ip").is_not_null())
        frames.append(hit)
        left = left.join(hit.select("row").unique(), on="row", how="anti", maintain_order="left")
    bad = left.filter(~pl.col("line").str.contains(forms.comments))["row"].to_list()
    faults: Faults = [(row, "", ReplyCode.NO_PATTERN.value) for row in bad]
    events, more = _read_events(pl.concat(frames).sort("row", maintain_order=True), forms, readers)
    return events, faults + more


def doubt_across_gaps(batch: ReplyBatch, lines: pl.DataFrame, forms: LineForms, readers: Readers) -> ReplyBatch:
    """Return the batch with doubts about assignments that last over a restart or a gap: an end may be missing."""
    for doubt, pattern in _GAPS.items():
        rows = lines.filter(pl.col("line").str.contains(pattern))
        for form in (*forms.many, *forms.patterns):
            rows = rows.filter(~pl.col("line").str.contains(form))
        stamps = pl.coalesce(*(pl.col("line").str.extract(time) for time in forms.times)).fill_null("")
        batch = _doubt_across(batch, readers.read_instants(rows.select(stamps).to_series())["us"], doubt)
    return batch


_SEARCH = r"(?i)^\s{0,8}(?:[^\s#$>]{0,60}[#$>] )?(?:sudo )?(?:bz|xz|z|e|f)?grep\s"
_ADDRESS = r"(?:^|[^0-9.])([0-9]{1,3}(?:\\?\.[0-9]{1,3}){3})(?:[^0-9.]|$)"


def doubt_other_search(batch: ReplyBatch, lines: pl.DataFrame) -> ReplyBatch:
    """Return the batch with a doubt about all rows if a command that searched for the lines names other addresses."""
    commands = lines.filter(pl.col("line").str.contains(_SEARCH))["line"].str.slice(0, 2_000)
    searched = commands.str.extract(_ADDRESS).str.replace_all("\\", "", literal=True).drop_nulls()
    there = pl.concat([batch.assigned["ip"], batch.assigned["inside_ip"]]).unique()
    if searched.is_empty() or searched.is_in(there.implode()).any():
        return batch
    doubt = pl.coalesce("doubted_by", pl.lit("the command of the search"))
    return replace(batch, assigned=batch.assigned.with_columns(doubted_by=doubt))


def _doubt_across(batch: ReplyBatch, gaps: pl.Series, doubt: str) -> ReplyBatch:
    """Return the batch with a doubt about assignments that last over one of some times; null is an unknown time."""
    if gaps.is_empty():
        return batch
    known = gaps.drop_nulls().sort()
    start, end = batch.assigned["start_us"], batch.assigned["end_us"]
    after_start = known.search_sorted(start.fill_null(0), side="left")
    after_end = known.search_sorted(end.fill_null(2**62), side="left")
    is_across = pl.Series(after_start != after_end) | gaps.has_nulls()
    result = pl.when(is_across).then(pl.lit(doubt))
    return replace(batch, assigned=batch.assigned.with_columns(doubted_by=pl.coalesce("doubted_by", result)))


def _read_events(hits: pl.DataFrame, forms: LineForms, readers: Readers) -> tuple[pl.DataFrame, Faults]:
    stamps = pl.coalesce(*(pl.col("line").str.extract(time) for time in forms.times)).fill_null("")
    when = readers.read_instants(hits.select(stamps).to_series())
    again = readers.read_instants(hits.select(pl.col("line").str.extract(_RELAYED).fill_null("")).to_series())
    is_of_two_times = ((again["us"] - when["us"]).abs() > _MOST_ON_THE_WAY_US).fill_null(value=False)
    when = when.with_columns(us=pl.select(pl.when(~is_of_two_times).then(when["us"])).to_series())
    blank: dict[str, str | None] = {**_NOTHING, "0": None}
    texts = hits.with_columns(
        pl.col("low", "high", "dport").replace(blank),
        inside=pl.coalesce(pl.col("inside", "inside6").replace(_NOTHING)),
        destination=pl.col("destination").replace(_NOTHING),
    )
    apart = pl.concat_str(
        pl.when("is_many").then(pl.concat_str("destination", "dport", separator=" ")).fill_null(""),
        pl.col("proto").fill_null(""),
        _read_device(forms),
        separator=" ",
    )
    protocols = {protocol: parse_protocol(protocol) for protocol in texts["proto"].drop_nulls().unique()}
    ip, inside = readers.read_addresses(texts["ip"]), readers.read_addresses(texts["inside"])
    aim = readers.read_addresses(texts["destination"])
    low, high, dport = (readers.read_ports(texts[name]) for name in ("low", "high", "dport"))
    acts = {word: act.value for word, act in forms.acts.items()}
    made = pl.DataFrame(
        {
            "row": hits["row"],
            "act": hits["act"].replace_strict(acts, default=None, return_dtype=pl.String),
            "us": when["us"],
            "slack_us": when["slack_us"],
            "lasted_s": pl.repeat(None, hits.height, dtype=pl.Int64, eager=True),
            "session": texts.select(apart).to_series(),
            "inside_ip": inside["ip"],
            "ip": ip["ip"],
            "port_from": low["first"],
            "port_to": pl.select(pl.coalesce(high["first"], low["first"])).to_series(),
            "protocol": texts["proto"].replace_strict(protocols, default=None, return_dtype=pl.String),
            "destination_ip": aim["ip"],
            "destination_port": dport["first"],
            "number": pl.repeat(None, hits.height, dtype=pl.String, eager=True),
            "number_kind": pl.repeat(None, hits.height, dtype=pl.String, eager=True),
            "is_faulty": pl.repeat(value=False, n=hits.height, dtype=pl.Boolean, eager=True),
            "doubted_by": pl.repeat(None, hits.height, dtype=pl.String, eager=True),
            "space": hits.select(_read_space()).to_series(),
        },
        schema=EVENTS,
    )
    return mark_faulty(*_find_faults(made, when, (ip, inside, aim), (low, high, dport)))


_DEVICE = rf"^(?:<[0-9]+>)?{_STAMP} ([A-Za-z][A-Za-z0-9.-]{{1,60}}) "


def _read_device(forms: LineForms) -> pl.Expr:
    """The device that wrote a line: what another one takes back is not the same assignment.

    Empty unless each line of the log names its device.
    """
    device = pl.col("line").str.extract(_DEVICE)
    named = pl.when(~device.is_in(list(forms.acts))).then(device)
    return pl.when(named.is_not_null().all()).then(named).fill_null("")


_SERVICE_SET = r"\{([^{}]{1,80})\}\[jservices"


def _read_space() -> pl.Expr:
    """The address space that a line names: the service set of a services PIC."""
    return pl.concat_str(pl.lit("serviceset="), pl.col("line").str.extract(_SERVICE_SET).str.to_lowercase())


def _find_faults(
    made: pl.DataFrame,
    when: pl.DataFrame,
    addresses: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
    ports: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> tuple[pl.DataFrame, Sequence[tuple[str, ReplyCode, pl.Series]]]:
    """The events without ports in the wrong order, and of each fault the field, the code and which events have it."""
    (ip, inside, aim), (low, high, dport) = addresses, ports
    goes_back = when["us"] < when["us"].cum_max().fill_null(strategy="forward") - _YEAR_BACK_US
    is_reversed = (made["port_to"] < made["port_from"]).fill_null(value=False)
    codes = (
        ("time", ReplyCode.BAD_TIME, when["us"].is_null()),
        ("time", ReplyCode.TIME_WITHOUT_YEAR, goes_back.fill_null(value=False)),
        ("act", ReplyCode.NO_PATTERN, made["act"].is_null()),
        ("ip", ReplyCode.BAD_ADDRESS, ip["is_bad"] | ip["ip"].is_null()),
        ("ip", ReplyCode.INSIDE_ADDRESS, ip["is_inside"].fill_null(value=False)),
        ("inside_ip", ReplyCode.BAD_ADDRESS, inside["is_bad"]),
        ("destination_ip", ReplyCode.BAD_ADDRESS, aim["is_bad"]),
        ("port", ReplyCode.BAD_PORT, low["is_bad"] | high["is_bad"] | dport["is_bad"]),
        ("port", ReplyCode.BAD_PORT, is_reversed),
    )
    return made.with_columns(pl.when(~is_reversed).then(pl.col("port_from", "port_to"))), codes


NO_EVENT = frozenset({ReplyCode.NO_PATTERN, ReplyCode.INSIDE_ADDRESS, ReplyCode.TIME_WITHOUT_YEAR})
"""Lines without an event, or with one elsewhere or in another year."""


def mark_faulty(made: pl.DataFrame, codes: Sequence[tuple[str, ReplyCode, pl.Series]]) -> tuple[pl.DataFrame, Faults]:
    """Return the events, `is_faulty` where a mask holds, with the first reason; without those that are NO_EVENT."""
    faults: dict[int, tuple[int, str, str]] = {}
    for field, code, mask in codes:
        for row in made["row"].filter(mask).to_list():
            faults.setdefault(row, (row, field, code.value))
    gone = [row for row, _, code in faults.values() if code in NO_EVENT]
    sound_rows = made.filter(~pl.col("row").is_in(gone))
    return sound_rows.with_columns(pl.col("row").is_in(list(faults)).alias("is_faulty")), sorted(faults.values())


def find_stamps(lines: Sequence[str], forms: Sequence[str]) -> list[str]:
    """Return the texts of the times of some lines."""
    texts = pl.DataFrame({"line": pl.Series(lines, dtype=pl.String)})
    values = texts.select(pl.coalesce(*(pl.col("line").str.extract(form) for form in forms))).to_series()
    return values.drop_nulls().to_list()
