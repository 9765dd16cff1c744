"""Exhibits that have lines of another one at other times, among all exhibits whose times are read differently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from sightline.services.sessions.segment_cache import SegmentFile
from sightline.services.sessions.small_segments import SmallSegments, read_together
from sightline.stages.leads.moved_copies import LINES, find_moved_copies

MOST = 1 << 21
"""How many lines are compared. Of more, those of a part of the addresses are: the same part in each exhibit."""
ANSWERED = ("method", "status", "bytes", "source_port")
FACT_COLUMNS = (*ANSWERED, "user_agent", "referrer")
READ = ("source_ip", "timestamp", "timestamp_original", "uncertainty_s", "url", *FACT_COLUMNS)
PAGE = r"^(?:[A-Za-z]+:)?//[^/]*"
"""What of a URL the log does not say itself: the name of its server, if that is declared."""
_LINES = SmallSegments()


def find_contradicting_copies(segments: Sequence[SegmentFile]) -> frozenset[str]:
    """Return the exhibits that have lines of another one at other times.

    So it is with an exhibit of which two runs, for two lists, read the times differently. Exhibits that are read alike
    (format, zone, clock) cannot have the same line at two times. If all are, none is read.
    """
    if len({segment_file.current_run.read_as for segment_file in segments}) < 2:
        return frozenset()
    of_logs = [segment_file for segment_file in segments if not segment_file.current_run.is_tip]
    if len({segment_file.current_run.read_as for segment_file in of_logs}) < 2:
        return frozenset()
    _LINES.forget_others({segment_file.current_run.run.run_id for segment_file in of_logs})
    parts = 1 + sum(segment_file.rows for segment_file in of_logs) // MOST
    readings = sorted({_name_reading(segment_file) for segment_file in of_logs})
    ordinals = {reading: ordinal for ordinal, reading in enumerate(readings)}
    frames = [pl.DataFrame(schema=LINES)]
    for hashed_files, rows in _hash_segments(of_logs):
        exhibits = pl.Series([ordinals[_name_reading(segment_file)] for segment_file in hashed_files], dtype=pl.UInt32)
        chosen_rows = rows.filter(pl.col("address") % parts == 0)
        frames.append(chosen_rows.with_columns(exhibits.gather(chosen_rows["at"]).alias("exhibit")).select(list(LINES)))
    return frozenset(readings[ordinal][0] for ordinal in find_moved_copies(pl.concat(frames)))


def _name_reading(segment_file: SegmentFile) -> tuple[str, str]:
    """Return the exhibit of a segment, and how its times are read."""
    return segment_file.current_run.run.exhibit_id, segment_file.current_run.read_as


def _hash_segments(segments: Sequence[SegmentFile]) -> Iterator[tuple[Sequence[SegmentFile], pl.DataFrame]]:
    """Yield segments with their lines, and `at`: the position of the segment among them. Small ones come together."""
    small = [segment_file for segment_file in segments if segment_file.is_small]
    if small:
        yield small, _LINES.collect(small, lambda some: _hash_lines(read_together(some, READ).lazy(), "of"))
    for segment_file in segments:
        if not segment_file.is_small:
            rows = pl.scan_parquet(segment_file.path).select(READ)
            yield [segment_file], _hash_lines(rows.with_columns(at=pl.lit(0, pl.UInt32)), "at")


def _hash_lines(rows: pl.LazyFrame, position: str) -> pl.DataFrame:
    """Return distinct LINES without `exhibit`, with `address` (a hash) and the position. Without address it is none."""
    return (
        rows.filter(pl.col("source_ip").is_not_null())
        .select(
            position,
            pl.col("source_ip").cast(pl.String).hash().alias("address"),
            _hash_columns("source_ip", *FACT_COLUMNS).alias("line"),
            _hash_columns("source_ip", *ANSWERED).alias("answer"),
            pl.col("timestamp_original").cast(pl.String).hash().alias("text"),
            (pl.col("source_port").fill_null(0) > 0).alias("has_port"),
            pl.col("timestamp").dt.epoch("us").alias("t_us"),
            (pl.col("uncertainty_s").cast(pl.Int64) * 1_000_000).alias("slack_us"),
        )
        .unique()
        .collect()
    )


def _hash_columns(*names: str) -> pl.Expr:
    """Return one hash of the page and some columns. That of a number is of its text: it has one in all segments."""
    page = pl.col("url").cast(pl.String).str.replace(PAGE, "")
    texts = [page, *(pl.col(name).cast(pl.String) for name in names)]
    return pl.concat_str([text.fill_null("-") for text in texts], separator="\n").hash()
