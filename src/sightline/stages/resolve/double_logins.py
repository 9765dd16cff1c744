"""Find rows of one line that has two addresses of its own at once: one login gets one, and one of them is another's."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.model import SECOND_US, NumberKind
from sightline.stages.resolve.replies.identity_columns import LOGINS
from sightline.stages.resolve.row_verdicts import INSIDE

_MOST_COMPARED = 2_000
_LEAST_TOGETHER_US = 600 * SECOND_US
"""For so long the stop of the session before may be late, when a line dials again."""
_LEAST_INSIDE_US = 1_800 * SECOND_US
"""A NAT keeps ports for longer than their session lasts."""
_MARGIN_US = 600 * SECOND_US
"""A session that lies within another one, so far from its end, is none that began when the other one was over."""
_DAY_US = 86_400 * SECOND_US
_SLACK_US = 10 * SECOND_US


def find_two_logins(rows: pl.DataFrame, ids: pl.DataFrame) -> pl.Series:
    """Return rows of one user with two addresses, or prefixes of one length, of his own at once.

    Or of one line with two addresses inside a network at once, where both have ports. Where the rows say that a login
    may have several sessions (`ids`), as many as they say are in no doubt.
    """
    is_user = pl.col("number_kind") == NumberKind.USER_ID.value
    is_six = pl.col("ip").str.contains(":", literal=True)
    is_plain = pl.col("port_from").is_null() & ~pl.col("ip").str.contains(INSIDE)
    length = pl.col("ip").str.extract("/([0-9]+)$").fill_null("")
    is_block = pl.col("port_to") > pl.col("port_from")
    own = rows.filter(is_user, is_plain, is_six | (length == "")).with_columns(
        own="ip", family=pl.when(is_six).then(pl.lit("6/") + length).otherwise(length)
    )
    inside = rows.filter(is_block, pl.col("destination_ip").is_null()).with_columns(
        own="inside_ip", family=pl.lit("in")
    )
    pairs = [_find_together(own, _LEAST_TOGETHER_US), _find_together(inside, _LEAST_INSIDE_US)]
    together = pl.concat(pairs).unique()
    allowed = ids.filter(pl.col("id").str.starts_with(f"{LOGINS}:")).select(
        "row", most=pl.col("id").str.extract(":([0-9]{1,4})$").cast(pl.Int64)
    )
    several = together.join(allowed, on="row", how="left")
    return several.filter((pl.col("at_once") > pl.col("most")).fill_null(value=True))["row"].unique()


def _find_together(rows: pl.DataFrame, least_us: int) -> pl.DataFrame:
    """Rows (`row`) whose line has another address (`own`) at the same time, and how many it has then (`at_once`).

    Two prefixes that begin together are those of one session. A row from midnight to midnight has the times of a
    search, not of a session (`find_whole_days`), and says nothing of another.
    """
    some = (
        rows.drop_nulls(["end_us", "own"])
        .filter(~_is_of_days())
        .select("row", "number_kind", "number", "family", "own", "start_us", "end_us")
    )
    of = ["number_kind", "number", "family"]
    some = some.filter(pl.col("own").n_unique().over(of) > 1).head(_MOST_COMPARED)
    pairs = some.join(some, on=of, suffix="_2").filter(pl.col("own") != pl.col("own_2"))
    first, last = pl.max_horizontal("start_us", "start_us_2"), pl.min_horizontal("end_us", "end_us_2")
    is_of_one = pl.col("own").str.contains("/", literal=True) & (
        (pl.col("start_us") - pl.col("start_us_2")).abs() <= _SLACK_US
    )
    is_within = (pl.col("start_us_2") <= pl.col("start_us")) & (pl.col("end_us_2") > pl.col("end_us") + _MARGIN_US)
    is_around = (pl.col("start_us") <= pl.col("start_us_2")) & (pl.col("end_us") > pl.col("end_us_2") + _MARGIN_US)
    is_nested = (is_within | is_around) & (last - first > _MARGIN_US)
    both = pairs.filter((last - first > least_us) | is_nested, ~is_of_one)
    return both.group_by("row").agg(at_once=pl.col("own_2").n_unique().cast(pl.Int64) + 1)


def _is_of_days() -> pl.Expr:
    """Match rows that begin and end with a day, by the clock of India or of UTC; an end may be the second before."""
    edges = [
        (((pl.col("start_us") + us) % _DAY_US) < SECOND_US)
        & (((pl.col("end_us") + SECOND_US + us) % _DAY_US) <= SECOND_US)
        for us in (0, 330 * 60 * SECOND_US)
    ]
    return pl.any_horizontal(edges)
