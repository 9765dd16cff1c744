"""Find rows of a reply that answer a question whether its times are as written or shifted by whole hours.

A file whose times are in another zone is doubted as a whole (`one-shift`). A long assignment may hold the time of the
question either way: then the zone does not matter, as long as no other line fits at any time between the two readings.
"""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.assignment_spans import compute_sure_span, may_hold
from sightline.stages.resolve.near_matches import find_shifted
from sightline.stages.resolve.row_match import NoticeIndex, list_row_spans

LIKELY = 0.9
"""A shift is possible if it answers at least this part of the sessions that the most likely shift answers.

The true shift answers all of them but those of other slips. A longer one answers many too, where assignments are long.
"""
Reach = tuple[int, int]
"""How much earlier (0 or negative) and later (0 or positive) the true times of a file may be, in microseconds."""
NO_ROWS = {"row": pl.UInt32(), "asked": pl.String()}


def find_reach(strangers: pl.DataFrame, unmet: pl.DataFrame) -> Reach | None:
    """Return the range of the shifts that would answer most of the `unmet` rows of a notice, or None.

    `strangers`: rows that match nothing, as `find_near_misses` takes them. None if no shift answers any. The range goes
    from one direction to the other where shifts in both are possible.
    """
    index = NoticeIndex(unmet.drop("asked", "address", strict=False))
    off = find_shifted(strangers, index)
    sessions = off.select("by_us", index.rows["session_id"][off["asked"]]).unique()
    counts = sessions.group_by("by_us").len()
    possible = counts.filter(pl.col("len") >= LIKELY * pl.col("len").max())["by_us"].to_list()
    return (min(0, *possible), max(0, *possible)) if possible else None


def find_unaffected(met: pl.DataFrame, strangers: pl.DataFrame, questions: pl.DataFrame, reach: Reach) -> pl.DataFrame:
    """Return `row` and `asked` of the assignments that name the same line at every time within the reach.

    `met`: assignments (ASSIGNED, `asked`) of one reply; `strangers`: its other rows; `questions`: rows of its notice.
    """
    earlier, later = reach
    number = "subscriber" if "subscriber" in met.columns else "number"
    columns = [name for name in met.columns if name in strangers.columns]
    alone = met.select(columns).unique("row", keep="first", maintain_order=True)
    rows = pl.concat([alone, strangers.select(columns)]).with_columns(may_hold())
    moved = rows.with_columns(pl.col("may_from") + earlier, pl.col("may_until") + later)
    index = NoticeIndex(questions.drop("asked", "address", strict=False))
    frames = [pl.DataFrame(schema={"asked": pl.String, "number": pl.String})]
    for pairs in index.match_times(list_row_spans(moved, index.match_addresses(moved["ip"]))):
        fits = pairs.filter("fits_port", "fits_destination", "fits_protocol")
        frames.append(
            pl.DataFrame(
                [
                    index.rows["row_id"][fits["asked"]].alias("asked"),
                    rows[number].cast(pl.String)[fits["at"]].alias("number"),
                ]
            )
        )
    lines = pl.concat(frames).group_by("asked").agg(pl.col("number").n_unique())
    of_one = lines.filter(number=1).select("asked")
    assignments = met.join(of_one, on="asked", how="semi").filter(pl.col(number).is_not_null())
    times = questions.select("from_us", "until_us", asked="row_id")
    sure = assignments.with_columns(compute_sure_span()).join(times, on="asked")
    covers = (pl.col("sure_from") + later <= pl.col("from_us")) & (pl.col("sure_until") + earlier >= pl.col("until_us"))
    return sure.filter(covers).select(pl.col(name).cast(kind) for name, kind in NO_ROWS.items()).unique()
