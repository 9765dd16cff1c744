"""The sample of each exhibit: whether its records look invented, and how large its pages usually are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import polars as pl

from sightline.services.sessions.segment_cache import SegmentFile
from sightline.stages.enrich.address_numbers import number_addresses
from sightline.stages.leads.suspicion import IS_LOOKED_AT, SEQUENCE, SIZES, compute_size_limits, is_made_up

SAMPLED = 8
"""The sample: one in this number of segments is searched for what makes the whole exhibit suspect."""
REMEMBERED = 1 << 14
"""How many samples of exhibits are remembered by a process."""

T = TypeVar("T")


class SampleMemory(Generic[T]):
    """Results of samples, by their runs. A registered segment never changes, so the result of a sample does not."""

    def __init__(self) -> None:
        self._results: dict[tuple[tuple[str, int], ...], T] = {}

    def get(self, sample: Sequence[SegmentFile], compute: Callable[[Sequence[Path]], T]) -> T:
        """Return the result of a sample, computed now or known."""
        key = tuple((segment_file.current_run.run.run_id, segment_file.number) for segment_file in sample)
        if key not in self._results:
            if len(self._results) >= REMEMBERED:
                self._results.clear()
            self._results[key] = compute([segment_file.path for segment_file in sample])
        return self._results[key]

    def clear(self) -> None:
        """Forget all results."""
        self._results.clear()


_MADE_UP: SampleMemory[bool] = SampleMemory()
_LIMITS: SampleMemory[pl.DataFrame] = SampleMemory()


def find_invented_exhibits(segments: Sequence[SegmentFile]) -> frozenset[str]:
    """Return the exhibits whose records look invented, from a sample of each."""
    return frozenset(
        exhibit
        for exhibit, sample in _choose_samples(segments, SEQUENCE).items()
        if _MADE_UP.get(sample, lambda paths: is_made_up(_read_frames(paths)))
    )


def measure_sizes(segments: Sequence[SegmentFile], ordinals: pl.DataFrame) -> pl.DataFrame:
    """Return the usual maximum answer size of each page, from a sample of each exhibit."""
    frames = [pl.DataFrame(schema={"url_code": pl.UInt64, "limit": pl.Float64, "exhibit_id": pl.String})]
    for exhibit, sample in _choose_samples(segments, SIZES).items():
        limits = _LIMITS.get(sample, _measure_size_limits)
        frames.append(limits.with_columns(pl.lit(exhibit).alias("exhibit_id")))
    return pl.concat(frames).join(ordinals, on="exhibit_id").select("url_code", "exhibit", "limit")


def _measure_size_limits(paths: Sequence[Path]) -> pl.DataFrame:
    rows = pl.concat(pl.scan_parquet(path) for path in paths).filter(IS_LOOKED_AT)
    return compute_size_limits(rows.select("url", "status", "bytes"))


def _choose_samples(segments: Sequence[SegmentFile], least: int) -> dict[str, list[SegmentFile]]:
    """Return sample segments of each exhibit, the first included. Each covers consecutive lines.

    Exhibits whose sample has fewer rows than `least` are left out: so few tell nothing.
    """
    rows: dict[str, int] = {}
    for segment_file in segments:
        exhibit_id = segment_file.current_run.run.exhibit_id
        rows[exhibit_id] = rows.get(exhibit_id, 0) + segment_file.rows
    # Most exhibits of a feed are parts with a hit or two.
    large = {exhibit_id for exhibit_id, count in rows.items() if count >= least}
    exhibits: dict[str, list[SegmentFile]] = {}
    for segment_file in segments if large else ():
        if (exhibit_id := segment_file.current_run.run.exhibit_id) in large:
            exhibits.setdefault(exhibit_id, []).append(segment_file)
    samples = {exhibit: segment_files[::SAMPLED] for exhibit, segment_files in exhibits.items()}
    return {
        exhibit: sample
        for exhibit, sample in samples.items()
        if sum(segment_file.rows for segment_file in sample) >= least
    }


def _read_frames(paths: Sequence[Path]) -> pl.DataFrame:
    """`member byte_offset hi lo` of the hits of an exhibit that are looked at."""
    columns = ("source_ip", "member", "byte_offset")
    rows = pl.concat(pl.scan_parquet(path).select(columns).filter(IS_LOOKED_AT) for path in paths).collect()
    known_rows = number_addresses(rows["source_ip"]).select(pl.col("address").alias("source_ip"), "hi", "lo")
    return rows.join(known_rows, on="source_ip", how="left").drop("source_ip")
