"""Read segments once in the order of addresses, so that a rebuild holds a few million hits at a time.

Segments are sorted by address. Each row group is read once, looked at, and kept as narrow rows of the parts that its
addresses belong to; a part goes on when all that hold hits of it were read. So what is held is a part of the addresses,
and at most one row group a segment beyond it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from sightline.services.sessions.hit_examination import (
    EXAMINED_HITS,
    HELD_DURATIONS,
    ReadContext,
)
from sightline.services.sessions.row_groups import (
    FIRST_ADDRESSES,
    ROW_MARKS,
    Division,
    batch_row_groups,
    divide_addresses,
)
from sightline.services.sessions.segment_addresses import ADDRESSES
from sightline.services.sessions.segment_cache import SegmentFile

AHEAD = 16
"""Maximum number of parts prepared before they are worked on."""
ROWS = 1_000_000
"""Approximate number of rows of a part."""


def forget_others(runs: Set[str]) -> None:
    """Forget what is remembered of the segments of other runs than these."""
    EXAMINED_HITS.forget_others(runs)
    FIRST_ADDRESSES.forget_others(runs)
    ROW_MARKS.forget_others(runs)
    HELD_DURATIONS.forget_others(runs)
    ADDRESSES.forget_others(runs)


def read_hits(
    segments: Sequence[SegmentFile], context: ReadContext, rows: int, on_rows: Callable[[int], None]
) -> Iterator[pl.DataFrame]:
    """Yield all hits that have an address, examined, in parts of about `rows` rows, in the order of addresses.

    A part has all hits of its blocks of addresses: nothing else could change what is made of them. `on_rows` is called
    with the number of rows that were read.
    """
    if segments:
        division = divide_addresses(segments, rows, context.wanted)
        for _, hits in read_parts(segments, context, division, range(len(division.bounds)), on_rows):
            yield hits


def read_parts(
    segments: Sequence[SegmentFile],
    context: ReadContext,
    division: Division,
    parts: range,
    on_rows: Callable[[int], None],
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield those of some consecutive parts that have hits, each with its number and with all its hits.

    Row groups that begin before these parts and reach into them are read too. What is counted counts where a row group
    begins.
    """
    mine = division.list_groups(parts)
    frames_by_part: dict[int, list[pl.DataFrame]] = {part: [] for part in parts}
    before = sorted(part for part in mine["part"].unique() if part < parts.start)
    for part in (*before, *parts):
        for batch in batch_row_groups(segments, mine.filter(pl.col("part") == part)):
            without_address = context.without_address
            looked = context.examine_row_groups(batch, division.bounds)
            if part in frames_by_part:
                on_rows(sum(row_groups.length for row_groups in batch))
            else:
                context.without_address = without_address
            for (at,), some in looked.partition_by("part", as_dict=True, include_key=False).items():
                if int(at) in frames_by_part:
                    frames_by_part[int(at)].append(some)
        if frames := frames_by_part.pop(part, None):
            yield part, pl.concat(frames)


def read_ahead(parts: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield the parts of an iterator, and prepare the next ones in the background.

    Row groups of many segments begin at the same addresses: some parts take much reading, and those behind them none.
    """
    with ThreadPoolExecutor(1) as pool:
        coming = deque(pool.submit(next, parts, None) for _ in range(AHEAD))
        while (part := coming.popleft().result()) is not None:
            coming.append(pool.submit(next, parts, None))
            yield part
