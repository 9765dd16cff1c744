"""Compute a truth value for every counted question about a session."""

from __future__ import annotations

import polars as pl

from sightline.exercise.assessment.judged_sessions import RANKS
from sightline.exercise.faults import FAULTS
from sightline.model import Ceiling

MACHINES = ("crawler", "monitor", "agency", "prefetch")
TRACELESS = tuple(name for name, fault in FAULTS.items() if fault.traceless)
BURST_SITES = 3
"""The number of a burst's sites that must have matched the list to leave a trace of it."""

_CLAIMED, _RANK = pl.col("said_rank"), pl.col("rank")
_SUBSCRIBER, _AUTOMATED = RANKS[Ceiling.SUBSCRIBER], RANKS[Ceiling.AUTOMATED]


def judge_verdicts(judged: pl.DataFrame) -> pl.DataFrame:
    """Return `judged` with `faults` (names) and one Boolean column for each question that is counted.

    `judged`: the sessions of `judge_sessions`. The columns are the keys of `_judge_ceilings`, `_judge_lines`,
    `_judge_places` and `_judge_others`; they are never null.
    """
    faults = pl.concat_list(pl.col("origins").fill_null([]), pl.col("logs").fill_null([]))
    rows = judged.with_columns(faults.list.unique(maintain_order=True).alias("faults"))
    asked = _judge_ceilings() | _judge_lines() | _judge_places() | _judge_others()
    return rows.with_columns(is_so.fill_null(value=False).alias(name) for name, is_so in asked.items())


def _judge_ceilings() -> dict[str, pl.Expr]:
    resolvable = _RANK == _SUBSCRIBER
    return {
        "missed": _CLAIMED.is_null(),
        "too_high": _CLAIMED > _RANK,
        "too_low": _CLAIMED < _RANK,
        "resolvable": resolvable,
        "resolved": resolvable & (_CLAIMED == _SUBSCRIBER),
    }


def _judge_lines() -> dict[str, pl.Expr]:
    """Return which sessions name a line, and which name a wrong one.

    `wrong_traceless`: the ideal reader names a wrong line too, so no record could have shown the error. `naive_wrong`:
    the line that a spreadsheet would name is wrong.
    """
    named = (_CLAIMED == _SUBSCRIBER) & pl.col("said_line").is_not_null()
    wrong = named & ~_is_true("said_line")
    misled = (_RANK == _SUBSCRIBER) & pl.col("line").is_not_null() & ~_is_true("line")
    return {
        "named": named,
        "wrong": wrong & ~misled,
        "wrong_traceless": wrong & misled,
        "naive_wrong": ~_is_true("naive_line"),
    }


def _is_true(line: str) -> pl.Expr:
    return pl.col("true").list.contains(pl.col(line)).fill_null(value=False)


def _judge_places() -> dict[str, pl.Expr]:
    """Return which sessions name a state, and which name a wrong one.

    `misplaced_traceless`: the ideal reader names the same wrong state, so no record could have shown the error.
    """
    placed, nameable = pl.col("said_state").is_not_null(), pl.col("state").is_not_null()
    false = placed & (pl.col("said_state") != pl.col("home")).fill_null(value=True)
    agreed = (pl.col("said_state") == pl.col("state")).fill_null(value=False)
    guessed = pl.col("guess").is_not_null()
    return {
        "nameable": nameable,
        "placed": placed,
        "placed_nameable": nameable & placed,
        "misplaced": false & ~agreed,
        "misplaced_traceless": false & agreed,
        "naive_placed": guessed,
        "naive_misplaced": guessed & (pl.col("guess") != pl.col("home")).fill_null(value=True),
    }


def _judge_others() -> dict[str, pl.Expr]:
    """Return which sessions came through Tor, which a machine made, and which belong to a burst that left a trace."""
    tor = pl.col("tor") == "yes"
    machine = pl.col("faults").list.eval(pl.element().is_in(MACHINES)).list.any() & (_RANK == _AUTOMATED)
    return {
        "tor_covered": tor,
        "tor_missed": tor & ~pl.col("said_relay").fill_null(value=False),
        "machine": machine,
        "machine_seen": machine & (_CLAIMED == _AUTOMATED),
        "accident": pl.col("faults").list.contains("pop-under") & (pl.col("sites") >= BURST_SITES),
    }
