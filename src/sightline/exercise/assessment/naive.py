"""Simulate a spreadsheet lookup: the first row of a reply with the address whose start and end contain the log's time.

It ignores ports, uncertainty and zones: it compares the text of the log with the text of the reply.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sightline.exercise.assessment.reply_archive import ReplyArchive
from sightline.exercise.manifest import World
from sightline.exercise.oracle.corrected_times import correct_times, find_compared_clock

DAY_US = 86_400_000_000
LONG_US = 40 * DAY_US


def name_sessions_by_spreadsheet(
    replies: ReplyArchive, oracle: pl.DataFrame, answers: Path, world: World
) -> pl.DataFrame:
    """Return one row for each requested session that the spreadsheet names: `session`, `naive_number`."""
    questions = replies.asked.select("notice").with_row_index("asked").cast({"asked": pl.Int64})
    about = replies.visits.select("asked", session="oracle_id").explode("asked").drop_nulls()
    mine = about.join(questions, on="asked").select("session", "notice").unique()
    sessions = oracle.select(session="id", ip="ip", first_us="first_us").join(mine, on="session")
    local_sessions = _with_local_time(sessions, answers, world)
    rows = _with_written_times(replies.replied.filter(pl.col("number").is_not_null())).with_row_index("row")
    lasting = (pl.col("end_local") - pl.col("start_local") > LONG_US).fill_null(value=True)
    days = pl.int_ranges(pl.col("start_local") // DAY_US, pl.col("end_local") // DAY_US + 1, dtype=pl.Int64)
    brief = rows.filter(~lasting).with_columns(days.alias("day")).explode("day")
    at_day = local_sessions.with_columns((pl.col("local_us") // DAY_US).alias("day"))
    within = (pl.col("local_us") >= pl.col("start_local")) & (
        (pl.col("local_us") <= pl.col("end_local")).fill_null(value=True)
    )
    columns = ["session", "row", "number"]
    met = pl.concat(
        [
            at_day.join(brief, on=["notice", "ip", "day"]).filter(within).select(columns),
            local_sessions.join(rows.filter(lasting), on=["notice", "ip"]).filter(within).select(columns),
        ]
    )
    return met.sort("session", "row").unique("session", keep="first").select("session", naive_number="number")


def _with_local_time(sessions: pl.DataFrame, answers: Path, world: World) -> pl.DataFrame:
    """The sessions with `local_us`, the time of their first record as its log has it."""
    records = pl.scan_parquet(answers / "records" / "*.parquet").join(
        sessions.lazy().select("ip").unique(), on="ip", how="semi"
    )
    timed = pl.concat(
        [
            correct_times(
                records.filter(pl.col("channel") == place), source, clock=find_compared_clock(world, source)
            ).select("ip", "at_us", "local_us")
            for place, source in enumerate(world.sources)
            if source.use == "leads"
        ]
    ).collect()
    first = timed.unique(["ip", "at_us"], keep="first").sort("ip", "at_us")
    return sessions.join(first, left_on=["ip", "first_us"], right_on=["ip", "at_us"], how="inner")


def _with_written_times(rows: pl.DataFrame) -> pl.DataFrame:
    """With `start_local` and `end_local`, as the file has them."""
    parts = []
    for (zone,), some in rows.group_by("timezone", maintain_order=True):
        local = [
            pl.from_epoch(pl.col(f"{edge}_us"), "us")
            .dt.replace_time_zone("UTC")
            .dt.convert_time_zone(str(zone))
            .dt.replace_time_zone(None)
            .dt.epoch("us")
            .alias(f"{edge}_local")
            for edge in ("start", "end")
        ]
        parts.append(some.with_columns(local))
    return pl.concat(parts) if parts else rows.with_columns(start_local="start_us", end_local="end_us")
