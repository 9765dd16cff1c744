"""Find exhibits that hold the same lines as another one at other times: the zone or clock of one of both is wrong.

Which one is not known. So no time of either is proven, also not of the lines that stand in one of them alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

LINES = {
    "exhibit": pl.UInt32(),
    "line": pl.UInt64(),
    "answer": pl.UInt64(),
    "text": pl.UInt64(),
    "has_port": pl.Boolean(),
    "t_us": pl.Int64(),
    "slack_us": pl.Int64(),
}
"""A line of an exhibit. `line`: a hash of all that it says but for its time; `answer`: of the visitor's address and
port, the page and its answer, which logs of another layout have too; `text`: of the time as it is written. `slack_us`
is the uncertainty of its clock.
"""
FEW = 3
"""Lines without a source port, from which on the same ones are no chance. With a port, one line is enough."""
SHARE = 0.5
"""Or the share of the shorter exhibit's lines."""
SECOND_US = 1_000_000
LONGEST_US = 26 * 3600 * SECOND_US
"""No two zones are further apart."""
ZONES_US = 15 * 60 * SECOND_US
"""Zones are quarters of an hour apart."""


def find_moved_copies(lines: pl.DataFrame) -> set[int]:
    """Return the exhibits that have lines (LINES) of another exhibit at another time, beyond the doubt of both clocks.

    Lines with the same text of the time are the same whatever their difference. Lines whose times are written
    otherwise, as in a copy that a tool has converted, must differ by one span in at least half of the shorter exhibit.
    """
    return _find_same_text(lines) | _find_one_span(lines)


def _find_same_text(lines: pl.DataFrame) -> set[int]:
    key = ["line", "text"]
    distinct = lines.unique([*key, "exhibit", "t_us"])
    pairs = _pair_lines(distinct, key)
    counted = pairs.group_by("exhibit", "other").agg(
        pl.struct(key).n_unique().alias("alike"), pl.col("has_port").any().alias("has_port")
    )
    least = _add_shorter(counted, distinct.group_by("exhibit").agg(pl.struct(key).n_unique().alias("lines")))
    is_same = pl.col("has_port") | (pl.col("alike") >= FEW) | (pl.col("alike") >= SHARE * pl.col("least"))
    return _list_both(least.filter(is_same))


def _find_one_span(lines: pl.DataFrame) -> set[int]:
    """Lines that stand once in their exhibit alone: a page that a program asks for every hour differs by any hour."""
    seconds = lines.with_columns(pl.col("t_us") // SECOND_US * SECOND_US)
    once = seconds.unique(["answer", "exhibit", "t_us"]).filter(pl.len().over("answer", "exhibit") == 1)
    pairs = _pair_lines(once, ["answer"]).with_columns(span_us=pl.col("other_us") - pl.col("t_us"))
    counted = pairs.filter(pl.col("span_us").abs() <= LONGEST_US).group_by("exhibit", "other", "span_us")
    alike = counted.agg(pl.len().alias("alike"), pl.col("has_port").all().alias("has_port"))
    least = _add_shorter(alike, once.group_by("exhibit").agg(pl.len().alias("lines")))
    is_zone = pl.col("has_port") & (pl.col("span_us") % ZONES_US == 0)
    is_same = (pl.col("alike") >= FEW) | is_zone
    return _list_both(least.filter(is_same & (pl.col("alike") >= SHARE * pl.col("least"))))


def _pair_lines(lines: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Return each pair of lines of two exhibits with one key whose times differ by more than both uncertainties."""
    shared = lines.filter(pl.col("exhibit").n_unique().over(key) > 1)
    other = shared.select(*key, other="exhibit", other_us="t_us", other_slack_us="slack_us")
    pairs = shared.join(other, on=list(key)).filter(pl.col("exhibit") < pl.col("other"))
    apart_us = (pl.col("other_us") - pl.col("t_us")).abs()
    return pairs.filter(apart_us > pl.col("slack_us") + pl.col("other_slack_us"))


def _add_shorter(counted: pl.DataFrame, lengths: pl.DataFrame) -> pl.DataFrame:
    """Return pairs with `least`: how many lines the shorter of both exhibits has."""
    beside = counted.join(lengths, on="exhibit").join(lengths.rename({"exhibit": "other"}), on="other", suffix="_other")
    return beside.with_columns(least=pl.min_horizontal("lines", "lines_other"))


def _list_both(pairs: pl.DataFrame) -> set[int]:
    def list_each() -> Iterator[int]:
        for exhibit, other in pairs.select("exhibit", "other").iter_rows():
            yield exhibit
            yield other

    return set(list_each())
