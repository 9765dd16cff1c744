"""Grade a product's resolutions against the oracle, the truth and a spreadsheet, visit by visit and session by session.

A *named line* is one that the product names for visits of one session. It is *wrong* if it made none of the visits that
it is named for, *mixed* if another line made some of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.exercise.assessment.judged_sessions import RANKS, with_block
from sightline.exercise.assessment.reply_archive import ReplyArchive
from sightline.exercise.assessment.session_parts import match_visits_to_parts, read_parts
from sightline.exercise.assessment.verdicts import TRACELESS
from sightline.exercise.faults import FAULTS
from sightline.exercise.replies.line_names import find_line_of_number
from sightline.model import Ceiling

TWICE = 2
"""The number of resolutions of one line that corroborate it."""
PLACE = ("channel", "file", "row")


@dataclass(frozen=True, slots=True)
class SessionResults:
    """The results for sessions with a fault. Sessions are the oracle's; named lines are the product's."""

    sessions: int
    resolvable: int
    resolved: int
    named: int
    wrong: int
    mixed: int
    corroborated_wrong: int
    naive_wrong: int
    naive_mixed: int


@dataclass(frozen=True, slots=True)
class ResolutionGrade:
    """The grade of resolutions. Sessions are the oracle's.

    `asked`: sessions with a visit that a row of an answered notice asks about; `askable_unasked`: those that could be
    named and of which no visit was requested. `resolvable`: all nameable visits of a session were requested, and the
    ideal reader names one line for all; `resolved`: the product names it for all. `visits_*`: the same for visits.
    `named`, `wrong`, `mixed`: named lines; `*_traceless`: those whose other visits deceive the ideal reader as well, by
    a fault that no record shows. `visits_otherwise`: the product names another line than the ideal reader;
    `beyond_evidence`: visits named for which the ideal reader names nobody. `corroborated*`: subscribers.
    """

    asked: int
    askable_unasked: int
    resolvable: int
    resolved: int
    visits_asked: int
    visits_resolvable: int
    visits_resolved: int
    visits_named: int
    visits_wrong: int
    visits_otherwise: int
    beyond_evidence: int
    named: int
    wrong: int
    mixed: int
    wrong_traceless: int
    mixed_traceless: int
    corroborable: int
    corroborated: int
    corroborated_wrong: int
    corroborated_wrong_traceless: int
    conflicts: int
    candidates: int
    candidates_with_true: int
    naive_named: int
    naive_wrong: int
    naive_mixed: int
    by_fault: Mapping[str, SessionResults]
    traceless: Mapping[str, SessionResults]


def grade_resolutions(
    answers: Path, oracle: pl.DataFrame, replies: ReplyArchive, naive: pl.DataFrame, path: Path
) -> ResolutionGrade:
    """Return the grade of the resolutions in a file. `naive`: the spreadsheet's name for each session."""
    visits = judge_visits(read_known_visits(answers, oracle, replies), with_block(read_parts(path), oracle))
    named, strays = judge_named_lines(visits.known, visits.verdicts, replies.forms)
    sessions = _build_sessions(visits.known, named, naive)
    corroborated_rows = _find_corroborated(named)
    v, s, n = (_count_true(some) for some in (visits.known, sessions, named))
    false = corroborated_rows.filter("is_false")
    return ResolutionGrade(
        asked=s["is_asked"],
        askable_unasked=s["is_unasked"],
        resolvable=s["resolvable"],
        resolved=s["resolved"],
        visits_asked=v["is_asked"],
        visits_resolvable=v["resolvable"],
        visits_resolved=v["resolved"],
        visits_named=v["named"],
        visits_wrong=v["is_wrong"],
        visits_otherwise=v["otherwise"],
        beyond_evidence=v["beyond_evidence"],
        named=named.height + strays,
        wrong=n["wrong"] + strays,
        mixed=n["mixed"],
        wrong_traceless=n["wrong_traceless"],
        mixed_traceless=n["mixed_traceless"],
        corroborable=replies.corroborated.height,
        corroborated=corroborated_rows.height,
        corroborated_wrong=false.filter(~pl.col("is_traceless")).height,
        corroborated_wrong_traceless=false.filter("is_traceless").height,
        conflicts=s["is_conflict"],
        candidates=s["is_candidates"],
        candidates_with_true=s["holds_true"],
        naive_named=s["naive_named"],
        naive_wrong=s["naive_wrong"],
        naive_mixed=s["naive_mixed"],
        by_fault=count_by_fault(sessions, named, traceless=False),
        traceless=count_by_fault(sessions, named, traceless=True),
    )


def _count_true(some: pl.DataFrame) -> dict[str, int]:
    return {name: int(some[name].sum()) for name in some.columns if some.schema[name] == pl.Boolean}


def read_known_visits(answers: Path, oracle: pl.DataFrame, replies: ReplyArchive) -> pl.DataFrame:
    """Return all visits of the oracle: their true `line`, their faults, and the ideal reader's conclusion."""
    truth = pl.read_parquet(answers / "visits.parquet").select(*PLACE, "origin", "log", line="subscriber")
    visits = pl.read_parquet(answers / "oracle-visits.parquet").with_row_index("at").cast({"at": pl.Int64})
    concluded = replies.visits.select("at", "verdict", "number", "replies", "is_borrowed")
    ceilings = oracle.select(oracle_id="id", ceiling="ceiling")
    rows = with_block(visits, oracle).drop("id")
    for other, on in ((truth, list(PLACE)), (concluded, ["at"]), (ceilings, ["oracle_id"])):
        rows = rows.join(other, on=on, how="left", maintain_order="left")
    faults = pl.concat_list("origin", "log").list.drop_nulls()
    is_named = pl.col("rank") == RANKS[Ceiling.SUBSCRIBER]
    return rows.with_columns(
        pl.concat_list(faults, pl.col("replies").fill_null([])).list.unique(maintain_order=True).alias("faults"),
        (is_named & (pl.col("ceiling") == Ceiling.SUBSCRIBER.value)).alias("carries"),
        pl.col("verdict").is_not_null().alias("is_asked"),
        pl.col("is_borrowed").fill_null(value=False),
        find_line_of_number(pl.col("number")).alias("ideal_line"),
    )


@dataclass(frozen=True)
class JudgedVisits:
    """`known`: the visits with the product's verdict on each. `said`: its parts with the visits of each, and strays."""

    known: pl.DataFrame
    verdicts: pl.DataFrame


def judge_visits(rows: pl.DataFrame, parts: pl.DataFrame) -> JudgedVisits:
    """Return the visits with a truth value for each counted question, and the product's verdict."""
    parts = parts.with_columns(find_line_of_number(pl.col("number")).alias("said_line"))
    met = match_visits_to_parts(parts, rows)
    verdicts = parts.join(met, on="part", how="left").select(
        "part", "said", "verdict", "corroborated", "candidates", "said_line", "at", said_number="number"
    )
    of_visit = (
        verdicts.filter(pl.col("at").is_not_null())
        .sort("at", pl.col("verdict") == "subscriber", "part")
        .unique("at", keep="last", maintain_order=True)
        .select("at", "said_number", "said_line", "candidates", said_verdict="verdict")
    )
    whole = rows.join(of_visit, on="at", how="left", maintain_order="left")
    named = (pl.col("said_verdict") == "subscriber").fill_null(value=False)
    resolvable = pl.col("number").is_not_null() & pl.col("carries")
    is_true = (pl.col("line") == pl.col("said_line")).fill_null(value=False)
    return JudgedVisits(
        whole.with_columns(
            named.alias("named"),
            resolvable.alias("resolvable"),
            (named & ~is_true).alias("is_wrong"),
            (named & resolvable & _is_as_ideal()).alias("resolved"),
            (named & pl.col("number").is_not_null() & ~_is_as_ideal()).alias("otherwise"),
            (named & pl.col("number").is_null()).alias("beyond_evidence"),
        ),
        verdicts,
    )


def _is_as_ideal() -> pl.Expr:
    """Whether the product names the line that the ideal reader names. A number without a line is compared as text."""
    same_line = (pl.col("ideal_line") == pl.col("said_line")).fill_null(value=False)
    return same_line | (pl.col("number") == pl.col("said_number")).fill_null(value=False)


def judge_named_lines(
    known_rows: pl.DataFrame, verdicts: pl.DataFrame, forms: pl.DataFrame
) -> tuple[pl.DataFrame, int]:
    """Return one row for each named line, and how many parts name somebody for visits that no record shows.

    `oracle_id`: the session of its first visit; `wrong`, `mixed`, and their traceless part; `is_earlier`: the number
    was another holder's then, by the form.
    """
    naming = verdicts.filter(pl.col("verdict") == "subscriber")
    strays = naming.filter(pl.col("at").is_null()).height
    # Too little inserted into a server's log, or a clock set back while nobody visited, is invisible to the ideal
    # reader too: what it can see makes the whole exhibit carry nothing.
    hidden = pl.col("faults").list.set_intersection(pl.lit(["poisoned", "clock-backwards"])).list.len() > 0
    unseen = pl.col("carries") & hidden
    misleads = pl.col("faults").list.eval(pl.element().is_in(TRACELESS)).list.any() | pl.col("is_borrowed") | unseen
    columns = "at at_us oracle_id line ideal_line number faults is_borrowed carries is_asked".split()
    visits = (
        naming.filter(pl.col("at").is_not_null())
        .join(known_rows.select(columns), on="at")
        .join(forms.select(said_number="number", valid_from_us="valid_from_us"), on="said_number", how="left")
        .with_columns((pl.col("line") == pl.col("said_line")).fill_null(value=False).alias("is_true"))
        .with_columns((~pl.col("is_true") & misleads & _is_as_ideal()).alias("is_misled"))
    )
    # Where nobody may ask about a visit, the ideal reader is misled as on others that the same line made then.
    alike = pl.col("is_misled").any().over("said", "said_number", "line") & ~pl.col("is_asked")
    visits = visits.with_columns((~pl.col("is_true") & ~pl.col("is_misled") & ~alike).alias("shows"))
    count, true = pl.len(), pl.col("is_true").sum()
    rows = visits.group_by("said", "said_number", maintain_order=True).agg(
        pl.col("oracle_id").first(),
        pl.col("corroborated").any(),
        count.alias("visits"),
        true.alias("true_visits"),
        pl.col("shows").any(),
        (pl.col("at_us") < pl.col("valid_from_us")).fill_null(value=False).any().alias("is_earlier"),
        pl.col("faults").list.explode().unique().sort(),
    )
    none, some = pl.col("true_visits") == 0, pl.col("true_visits") < pl.col("visits")
    return rows.with_columns(
        (none & pl.col("shows")).alias("wrong"),
        (~none & some & pl.col("shows")).alias("mixed"),
        (none & ~pl.col("shows")).alias("wrong_traceless"),
        (~none & some & ~pl.col("shows")).alias("mixed_traceless"),
    ), strays


def _build_sessions(rows: pl.DataFrame, named: pl.DataFrame, naive: pl.DataFrame) -> pl.DataFrame:
    """One row a session of the oracle that was asked about or named, with all that is counted of one."""
    carrying = pl.col("carries")
    lines = pl.col("line").drop_nulls().unique()
    candidates = pl.col("candidates").list.explode().drop_nulls().unique()
    result = rows.group_by("oracle_id").agg(
        pl.col("is_asked").any(),
        carrying.any().alias("carries"),
        (pl.col("resolvable") | ~carrying).all().alias("all_resolvable"),
        (pl.col("resolved") | ~carrying).all().alias("all_resolved"),
        pl.col("ideal_line").filter(carrying).n_unique().alias("ideal_lines"),
        pl.col("named").any(),
        pl.col("said_verdict").eq("conflict").any().alias("is_conflict"),
        pl.col("said_verdict").eq("candidates").any().alias("is_candidates"),
        lines.alias("lines"),
        candidates.alias("candidates"),
        pl.col("line").null_count().alias("of_nobody"),
        pl.col("faults").list.explode().unique().sort(),
    )
    resolvable = pl.col("carries") & pl.col("all_resolvable") & (pl.col("ideal_lines") == 1)
    whole = result.join(naive.rename({"session": "oracle_id"}), on="oracle_id", how="left").with_columns(
        resolvable.alias("resolvable"),
        (resolvable & pl.col("all_resolved")).alias("resolved"),
        (pl.col("carries") & ~pl.col("is_asked")).alias("is_unasked"),
        (pl.col("is_conflict") & ~pl.col("named")).fill_null(value=False).alias("is_conflict"),
        (pl.col("is_candidates") & ~pl.col("named")).fill_null(value=False).alias("is_candidates"),
        find_line_of_number(pl.col("naive_number")).alias("naive_line"),
        pl.col("naive_number").is_not_null().alias("naive_named"),
    )
    is_true = pl.col("lines").list.contains(pl.col("naive_line")).fill_null(value=False)
    several = (pl.col("lines").list.len() > 1) | (pl.col("of_nobody") > 0)
    among = (
        pl.col("candidates").list.eval(find_line_of_number(pl.element())).list.set_intersection("lines").list.len() > 0
    )
    wrong = named.group_by("oracle_id").agg(pl.col("wrong").any(), pl.col("mixed").any())
    return whole.join(wrong, on="oracle_id", how="left").with_columns(
        (pl.col("naive_named") & ~is_true).alias("naive_wrong"),
        (pl.col("naive_named") & is_true & several).alias("naive_mixed"),
        (pl.col("is_candidates") & among).fill_null(value=False).alias("holds_true"),
        pl.col("wrong", "mixed").fill_null(value=False),
    )


def _find_corroborated(named: pl.DataFrame) -> pl.DataFrame:
    """One row a subscriber that the product calls corroborated, with whether that is false, and shown by no record.

    It is false if fewer than two of the sessions that name the line were its alone, or if one that is shown as
    corroborated was another's, or in part; of an earlier holder of the number too.
    """
    whole = (pl.col("true_visits") == pl.col("visits")) & ~pl.col("is_earlier")
    shows = pl.col("wrong") | pl.col("mixed") | pl.col("is_earlier")
    rows = named.group_by("said_number").agg(
        pl.col("corroborated").any(),
        ((whole.sum() < TWICE) | (pl.col("corroborated") & ~whole).any()).alias("is_false"),
        (~shows.any()).alias("is_traceless"),
    )
    return rows.filter("corroborated").select("said_number", "is_false", "is_traceless")


def count_by_fault(sessions: pl.DataFrame, named: pl.DataFrame, *, traceless: bool) -> dict[str, SessionResults]:
    """Return the counts of each fault of one kind. A fault that no record shows counts only under its own name."""
    false = _find_corroborated(named).filter("is_false").select("said_number", rests=pl.lit(value=True))
    lines = named.join(false, on="said_number", how="left").with_columns(
        *((pl.col(name) | pl.col(f"{name}_traceless")).alias(name) for name in ("wrong", "mixed") if traceless),
    )
    is_whole = (pl.col("true_visits") == pl.col("visits")) & ~pl.col("is_earlier")
    of_lines = (
        lines.with_columns((pl.col("rests").fill_null(value=False) & ~is_whole).alias("corroborated_wrong"))
        .explode("faults")
        .group_by("faults")
        .agg(pl.len().alias("named"), *(pl.col(name).sum() for name in ("wrong", "mixed", "corroborated_wrong")))
    )
    flags = ("resolvable", "resolved", "naive_wrong", "naive_mixed")
    rows = (
        sessions.filter(pl.col("is_asked") | pl.col("named"))
        .explode("faults")
        .group_by("faults")
        .agg(pl.len().alias("sessions"), *(pl.col(flag).sum() for flag in flags))
        .join(of_lines, on="faults", how="left")
        .with_columns(pl.col("named", "wrong", "mixed", "corroborated_wrong").fill_null(0))
    )
    names = SessionResults.__dataclass_fields__
    counts = {
        row["faults"]: SessionResults(**{name: row[name] for name in names}) for row in rows.iter_rows(named=True)
    }
    return {name: counts[name] for name in _list_names(traceless=traceless) if name in counts}


def _list_names(*, traceless: bool) -> Iterable[str]:
    return [name for name in ("own", *FAULTS) if (name in TRACELESS) is traceless]
