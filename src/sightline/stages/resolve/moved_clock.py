"""Find logs whose clock was set behind a gap: from some visit on, rows of replies fit at another hour alone.

A clock that is declared of an exhibit holds for all of it. What ISPs answer about the visits of one log shows where it
does not: several of them have a row an hour earlier and none at the written time. A row at the written time of another
visit of that stretch is then another line's, by chance.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from sightline.stages.resolve.model import FindingKind, RowStatement
from sightline.stages.resolve.near_matches import DAY_US, MINUTE_US

LEAST_MOVED = 3
"""Sessions of one log, at addresses of their own, that rows fit at one other hour alone."""
SHARE = 0.25
"""And of all sessions of that stretch which have a row, at least this part."""
OWN_ANSWERS = 3
"""Sessions before or behind the stretch that a reply answers as it is written: then its own clock is right."""
GAP_US = 60 * MINUTE_US
"""A clock was set while nobody came: from the last such gap before the first of these sessions on, it is in doubt."""


def doubt_moved_clocks(
    asked: pl.DataFrame,
    visits: pl.DataFrame,
    pairs: pl.DataFrame,
    replies: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> pl.DataFrame:
    """Return the assignments with doubts about rows that answer visits of a stretch whose clock was set.

    `asked`, `visits` (with `exhibit`) and `pairs` as `row_verdicts.answer_visits` takes them. `replies`: `met`, the
    near misses with `notice` and `reply`, and `reply` and `of_replies`, the doubts that an officer answered.
    """
    met, near, answered = replies
    is_moved = (pl.col("kind") == FindingKind.SHIFTED.value) & (pl.col("by_us") % DAY_US != 0)
    moved = near.filter(is_moved).select("notice", "row_id", "reply", "by_us").unique()
    if moved["row_id"].n_unique() < LEAST_MOVED:
        return met
    seen = _list_seen(asked, visits, pairs)
    fits = met.filter(pl.col("says") == RowStatement.ASSIGNED.value).select("notice", "reply", row_id="asked").unique()
    fitting = seen.join(fits, on=["notice", "row_id"])
    moving = seen.join(moved, on=["notice", "row_id"]).join(fitting, on=["exhibit", "session_id"], how="anti")
    doubted = [met.select("notice", "asked").head(0)]
    for (exhibit,), of_exhibit in moving.partition_by("exhibit", as_dict=True).items():
        mine = seen.filter(pl.col("exhibit") == exhibit)
        for from_us, until_us in _list_stretches(of_exhibit, mine, fitting):
            stretch = mine.filter(pl.col("t_us").is_between(from_us, until_us))
            doubted.append(stretch.select("notice", asked="row_id"))
    return _add_doubts(met, pl.concat(doubted).unique(), answered)


def _list_seen(asked: pl.DataFrame, visits: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return `exhibit t_us session_id ip licensee_id notice row_id` of each visit and each row that asks about it."""
    whose = visits.select("session_id", "t_us", "exhibit").with_row_index("visit")
    rows = asked.select("notice", "row_id", "ip", "licensee_id").with_row_index("row")
    return pairs.join(whose, on="visit").join(rows, on="row").drop("visit", "row")


def _list_stretches(moving: pl.DataFrame, seen: pl.DataFrame, fitting: pl.DataFrame) -> Iterator[tuple[int, int]]:
    """Yield the stretches of one exhibit in which its clock was another, from the first until the last instant.

    `moving`: its sessions that rows fit at another hour alone; `seen`: all; `fitting`: those of all exhibits that a row
    fits as it is written.
    """
    times = seen["t_us"].unique().sort()
    gaps = times.filter(((times - times.shift(1)) >= GAP_US).fill_null(value=True))
    for (by_us,), some in moving.partition_by("by_us", as_dict=True).items():
        first, last = int(some["t_us"].min()), int(some["t_us"].max())  # type: ignore[arg-type]
        within = pl.col("t_us").is_between(first, last)
        here = fitting.join(seen.filter(within).select("exhibit", "session_id").unique(), on=["exhibit", "session_id"])
        outside = fitting.join(here, on=["session_id"], how="anti")
        own = outside.group_by("reply").agg(pl.col("session_id").n_unique().alias("own"))
        by_right = some.join(own.filter(pl.col("own") >= OWN_ANSWERS), on="reply", how="semi")
        counted = some if some["licensee_id"].n_unique() > 1 else by_right
        sessions = counted["session_id"].n_unique()
        is_enough = min(sessions, counted["ip"].n_unique()) >= LEAST_MOVED
        if by_us and is_enough and sessions >= SHARE * (sessions + here["session_id"].n_unique()):
            yield int(gaps.filter(gaps <= first).max()), int(times[-1])  # type: ignore[arg-type]


def _add_doubts(met: pl.DataFrame, rows: pl.DataFrame, answered: pl.DataFrame) -> pl.DataFrame:
    if rows.is_empty():
        return met
    kind = FindingKind.CLOCK_MOVED.value
    known = answered.filter(of_replies=kind).select("reply", is_answered=pl.lit(value=True)).unique()
    beside = met.join(
        rows.with_columns(is_in=pl.lit(value=True)), on=["notice", "asked"], how="left", maintain_order="left"
    )
    beside = beside.join(known, on="reply", how="left", maintain_order="left")
    is_doubted = pl.col("is_in").fill_null(value=False) & ~pl.col("is_answered").fill_null(value=False)
    is_doubted &= pl.col("says") == RowStatement.ASSIGNED.value
    more = pl.when(is_doubted).then(pl.lit([kind])).otherwise(pl.lit([], pl.List(pl.String)))
    doubts = pl.concat_list("doubts", more).list.unique(maintain_order=True)
    return (
        beside.with_columns(doubts.alias("doubts"))
        .with_columns(is_doubted=pl.col("doubts").list.len() > 0)
        .select(met.columns)
    )
