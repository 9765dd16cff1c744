"""A product's resolutions beside the oracle's, the truth and a spreadsheet's (`resolve --json`, one session a line)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from sightline.errors import DamagedInput, UsageError
from sightline.exercise.answering.numbers import line_of_number
from sightline.exercise.faults import FAULTS
from sightline.exercise.grading.judged import RANKS, with_block
from sightline.exercise.grading.leads import instant_us
from sightline.exercise.grading.pairs import pairs
from sightline.exercise.grading.replied import Replied
from sightline.exercise.grading.verdicts import TRACELESS
from sightline.records import Ceiling, ResolutionVerdict

TWICE = 2
"""Resolutions of one line that corroborate it."""

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "ip": pl.String,
    "port": pl.Int64,
    "first_us": pl.Int64,
    "last_us": pl.Int64,
    "verdict": pl.String,
    "number": pl.String,
    "corroborated": pl.Boolean,
    "candidates": pl.List(pl.String),
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """What became of the sessions that were asked for and have a fault."""

    sessions: int
    resolvable: int
    resolved: int
    named: int
    wrong: int
    naive_wrong: int
    false_corroborations: int


@dataclass(frozen=True, slots=True)
class Resolutions:
    """The grade of resolutions. Sessions are the oracle's.

    `asked`: how many have a row in a notice that was answered; `askable_unasked`: how many could have been asked for,
    and were not. `wrong_traceless`: those that deceive the ideal reader as well, by a fault that no record tells of.
    `named_otherwise`: resolved by the oracle and named, but not with its number; `beyond_evidence`: named, where the
    oracle names nobody. Corroborated are subscribers, not sessions.
    """

    asked: int
    askable_unasked: int
    resolvable: int
    resolved: int
    named: int
    named_otherwise: int
    beyond_evidence: int
    wrong: int
    wrong_traceless: int
    conflicts: int
    candidates: int
    candidates_with_true: int
    corroborable: int
    corroborated: int
    corroborated_wrong: int
    corroborated_wrong_traceless: int
    naive_named: int
    naive_wrong: int
    by_fault: Mapping[str, Resolved]
    traceless: Mapping[str, Resolved]


def read(path: Path) -> pl.DataFrame:
    """The resolutions of a file. Raises UsageError if it is not there, DamagedInput for what are none."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file", hint="sightline resolve --json > resolutions.jsonl")
    try:
        with path.open(encoding="utf-8") as stream:
            return pl.DataFrame([_plain(json.loads(line)) for line in stream if line.strip()], schema=SCHEMA)
    except (pl.exceptions.PolarsError, ValueError, KeyError, TypeError, AttributeError) as why:
        raise DamagedInput(f"{path}: these are no resolutions: {why}", hint="sightline resolve --json") from None


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    verdict = ResolutionVerdict(row["verdict"])
    named = row.get("subscribers") or []
    is_named = verdict is ResolutionVerdict.SUBSCRIBER
    if is_named and len(named) != 1:
        raise ValueError(f"the verdict is subscriber, and {len(named)} are named")
    return {
        "ip": row["source_ip"],
        "port": row.get("source_port"),
        "first_us": instant_us(row["first_seen"]),
        "last_us": instant_us(row["last_seen"]),
        "verdict": verdict.value,
        "number": named[0]["number"] if is_named else None,
        "corroborated": is_named and named[0].get("corroborated") is True,
        "candidates": [one["number"] for one in named],
    }


def judged(known: pl.DataFrame) -> pl.DataFrame:
    """The sessions that were asked for, with a truth value for each question that is counted of one.

    Wants `number` (the oracle's), `said_*`, `naive_number`, `true` lines, `faults`, `is_borrowed`, and `is_carried`:
    whether the oracle says of the records themselves that they carry a subscriber.
    """
    lines = known.with_columns(
        line_of_number(pl.col("said_number")).alias("said_line"),
        line_of_number(pl.col("naive_number")).alias("naive_line"),
    )
    # A server into which too little was written to be seen tells the ideal reader nothing either.
    unseen = pl.col("is_carried") & pl.col("faults").list.contains("poisoned")
    misleads = pl.col("faults").list.eval(pl.element().is_in(TRACELESS)).list.any() | pl.col("is_borrowed") | unseen
    lines = lines.with_columns(
        pl.col("number").is_not_null().alias("resolvable"),
        (pl.col("said_verdict") == "subscriber").fill_null(value=False).alias("named"),
        _is_true("said_line").alias("is_true"),
        (line_of_number(pl.col("number")) == pl.col("said_line")).fill_null(value=False).alias("as_oracle"),
        pl.col("naive_number").is_not_null().alias("naive_named"),
    )
    # A number of no line is no line's: only the texts tell whether the ideal reader has the same.
    as_oracle = pl.col("as_oracle") | (pl.col("number") == pl.col("said_number")).fill_null(value=False)
    false = pl.col("named") & ~pl.col("is_true")
    return lines.with_columns(
        (pl.col("resolvable") & pl.col("named") & as_oracle).alias("resolved"),
        (pl.col("resolvable") & pl.col("named") & ~as_oracle).alias("named_otherwise"),
        (pl.col("named") & ~pl.col("resolvable")).alias("beyond_evidence"),
        (false & ~(as_oracle & misleads)).alias("wrong"),
        (false & as_oracle & misleads).alias("wrong_traceless"),
        (pl.col("naive_named") & ~_is_true("naive_line")).alias("naive_wrong"),
        (pl.col("said_verdict") == "conflict").fill_null(value=False).alias("conflicts"),
        (pl.col("said_verdict") == "candidates").fill_null(value=False).alias("is_candidates"),
    ).with_columns(_holds_true())


def _holds_true() -> pl.Expr:
    """Whether candidates hold one that visited."""
    lines = pl.col("said_candidates").list.eval(line_of_number(pl.element()))
    met = pl.when(pl.col("is_candidates")).then(lines.list.set_intersection("true").list.len() > 0)
    return met.fill_null(value=False).alias("holds_true")


def _is_true(line: str) -> pl.Expr:
    return pl.col("true").list.contains(pl.col(line)).fill_null(value=False)


def by_fault(known: pl.DataFrame, *, traceless: bool) -> dict[str, Resolved]:
    """The counts of the sessions of each fault of one kind. What no record tells of counts under its own alone."""
    wrong = pl.col("wrong") | pl.col("wrong_traceless") if traceless else pl.col("wrong")
    flags = ["resolvable", "resolved", "named", "a_wrong", "naive_wrong", "false_corroboration"]
    rows = (
        known.with_columns(wrong.alias("a_wrong"))
        .explode("faults")
        .group_by("faults")
        .agg(pl.len(), *(pl.col(name).sum() for name in flags))
    )
    counts = {name: Resolved(*some) for name, *some in rows.iter_rows()}
    return {name: counts[name] for name in _names(traceless=traceless) if name in counts}


def _names(*, traceless: bool) -> Iterable[str]:
    return [name for name in ("own", *FAULTS) if (name in TRACELESS) is traceless]


def graded(known: pl.DataFrame, oracle: pl.DataFrame, told: Replied, naive: pl.DataFrame, path: Path) -> Resolutions:
    """The grade of the resolutions in a file; `known`: the oracle's sessions as the grade of leads has them."""
    found = with_block(read(path), oracle)
    met = pairs(oracle, found)
    stray = found.join(met.select("other_id").unique(), left_on="id", right_on="other_id", how="anti")
    sessions = (
        _sessions(known, told).join(_said(met, found), on="session", how="left").join(naive, on="session", how="left")
    )
    sessions = _with_corroborations(judged(sessions.filter(pl.col("is_asked") | pl.col("said_verdict").is_not_null())))
    n = {name: int(sessions[name].sum()) for name in sessions.columns if sessions.schema[name] == pl.Boolean}
    strays = stray.filter(pl.col("verdict") == "subscriber").height
    said = _corroborated(sessions).join(told.corroborated, left_on="said_number", right_on="number", how="left")
    false = said.filter("is_false")
    return Resolutions(
        asked=n["is_asked"],
        askable_unasked=_unasked(known, told),
        resolvable=n["resolvable"],
        resolved=n["resolved"],
        named=n["named"] + strays,
        named_otherwise=n["named_otherwise"],
        beyond_evidence=n["beyond_evidence"] + strays,
        wrong=n["wrong"] + strays,
        wrong_traceless=n["wrong_traceless"],
        conflicts=n["conflicts"],
        candidates=n["is_candidates"],
        candidates_with_true=n["holds_true"],
        corroborable=told.corroborated.height,
        corroborated=said.height,
        corroborated_wrong=false.filter(pl.col("licensee").is_null()).height,
        corroborated_wrong_traceless=false.filter(pl.col("licensee").is_not_null()).height,
        naive_named=n["naive_named"],
        naive_wrong=n["naive_wrong"],
        by_fault=by_fault(sessions, traceless=False),
        traceless=by_fault(sessions, traceless=True),
    )


def _sessions(known: pl.DataFrame, told: Replied) -> pl.DataFrame:
    """The oracle's sessions with whose they were, what the replies say of them, and all faults that they met."""
    asked = told.asked.filter(pl.col("session").is_not_null())
    faults = asked.group_by("session").agg(
        pl.col("faults").list.explode().drop_nulls().unique().sort().alias("replies")
    )
    is_carried = pl.col("rank") == RANKS[Ceiling.SUBSCRIBER]
    found = known.select(session="id", true="true", origins="faults", is_carried=is_carried).join(
        faults, on="session", how="left"
    )
    return found.join(told.sessions, on="session", how="left").with_columns(
        pl.col("replies").is_not_null().alias("is_asked"),
        pl.col("session").is_in(told.borrowed.implode()).alias("is_borrowed"),
        pl.concat_list(pl.col("origins").fill_null([]), pl.col("replies").fill_null([])).alias("faults"),
    )


def _said(met: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """What the product says of each session of the oracle: of several, the one that names somebody."""
    return (
        met.join(found, left_on="other_id", right_on="id")
        .sort("one_id", pl.col("verdict") == "subscriber", "other_id")
        .unique("one_id", keep="last", maintain_order=True)
        .select(
            session="one_id",
            said_verdict="verdict",
            said_number="number",
            said_corroborated="corroborated",
            said_candidates="candidates",
        )
    )


def _corroborated(sessions: pl.DataFrame) -> pl.DataFrame:
    """The numbers that the product says are corroborated; false if fewer than two sessions of it were truly its."""
    by_number = (
        sessions.filter("named")
        .group_by("said_number")
        .agg(pl.col("said_corroborated").any(), (pl.col("is_true").sum() < TWICE).alias("is_false"))
    )
    return by_number.filter("said_corroborated").select("said_number", "is_false")


def _with_corroborations(sessions: pl.DataFrame) -> pl.DataFrame:
    """With whether a session is one on which a false corroboration rests."""
    false = _corroborated(sessions).filter("is_false").select("said_number", rests=pl.lit(value=True))
    rests = pl.col("rests").fill_null(value=False) & ~pl.col("is_true")
    return sessions.join(false, on="said_number", how="left").with_columns(rests.alias("false_corroboration"))


def _unasked(known: pl.DataFrame, told: Replied) -> int:
    """How many sessions that carry a name stand in no notice."""
    carried = known.filter(pl.col("rank") == RANKS[Ceiling.SUBSCRIBER])
    asked = told.asked.select(pl.col("session").drop_nulls().unique())
    return carried.join(asked, left_on="id", right_on="session", how="anti").height
