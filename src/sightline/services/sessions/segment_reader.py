"""Read segments once in the order of addresses, so that a rebuild holds a few million hits at a time.

Segments are sorted by address. Each row group is read once, looked at, and kept as narrow rows of the parts that its
addresses belong to; a part goes on when all that hold hits of it were read. So what is held is a part of the addresses,
and at most one row group a segment beyond it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

import polars as pl

from sightline.model.times import Duration
from sightline.services.sessions.current_runs import CurrentRun, ZoneProof, counts
from sightline.stages.enrich.crawlers import agents
from sightline.stages.enrich.model import DataSet
from sightline.stages.enrich.numbers import number_addresses
from sightline.stages.leads.intervals import holds_duration, look_back_us, precision_us
from sightline.stages.leads.sessions import BLOCK
from sightline.stages.leads.suspicion import IS_LOOKED_AT, SEQUENCE, SIZES, is_made_up, size_limits
from sightline.stages.leads.visits import READ, examine_hits

BOUNDS = {"number": pl.UInt128(), "part": pl.UInt32()}
GROUP = 1 << 16
"""Rows of a row group of segments (`stages/scan/segments.py`)."""
STEP = 1 << 12
"""Rows between two addresses at which parts are divided. Groups of many segments begin at the same ones."""
SAMPLED = 8
"""One of so many segments of an exhibit is looked at for what makes all of it suspect."""
TELLING = 1 << 10
"""How many frames, thrice, tell whether those of a segment say how long requests took."""
BATCH = 1 << 20
"""Rows that are read at once, with texts."""
ZONE_FROM_RECORD = b'"zone_from":"record"'
"""What the row of a tip contains whose own time states its zone. Quotes in its texts are escaped (JSON)."""
AHEAD = 16
"""Maximum number of parts prepared before they are worked on."""
ROWS = 1_000_000
"""Approximate number of rows of a part."""
REMEMBERED = 1 << 14
"""How many samples of exhibits are remembered by a process."""


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """An open segment file of a current run. `source` is an ordinal, `number` the number of the segment in its run."""

    standing: CurrentRun
    path: Path
    rows: int
    source: int
    number: int


T = TypeVar("T")


class SampleMemory(Generic[T]):
    """Results of samples, by their runs. A registered segment never changes, so the result of a sample does not."""

    def __init__(self) -> None:
        self._results: dict[tuple[tuple[str, int], ...], T] = {}

    def get(self, sample: Sequence[SegmentFile], compute: Callable[[Sequence[Path]], T]) -> T:
        """Return the result of a sample, computed now or known."""
        key = tuple((one.standing.run.run_id, one.number) for one in sample)
        if key not in self._results:
            if len(self._results) >= REMEMBERED:
                self._results.clear()
            self._results[key] = compute([one.path for one in sample])
        return self._results[key]

    def clear(self) -> None:
        """Forget all results."""
        self._results.clear()


_MADE_UP: SampleMemory[bool] = SampleMemory()
_LIMITS: SampleMemory[pl.DataFrame] = SampleMemory()


@dataclass(frozen=True, slots=True)
class RowGroups:
    """Consecutive row groups of one segment."""

    segment: SegmentFile
    offset: int
    length: int


@dataclass(slots=True)
class ReadContext:
    """What the examination of hits needs: exhibits, data sets, and the seed of indicators' keys.

    `ordinals` has `exhibit_id member exhibit`; `made_up`: the exhibits whose records look written by a program;
    `limits`: what `examine_hits` takes; `wanted`: the only addresses (`source_ip`, distinct) whose
    hits are examined, None for all.
    """

    ordinals: pl.DataFrame
    sets: Sequence[DataSet]
    seed: int
    made_up: frozenset[str] = frozenset()
    limits: pl.DataFrame | None = None
    wanted: pl.DataFrame | None = None
    without_address: int = 0
    _crawlers: dict[str, bool] = field(default_factory=dict)
    _durations: dict[Path, bool] = field(default_factory=dict)

    def at(self, stretches: Sequence[RowGroups], bounds: pl.DataFrame) -> pl.DataFrame:
        """Return the examined hits of some row groups, with the `part` of each address by `bounds` (`number part`).

        Those without an address are counted, and can be no lead.
        """
        found = pl.concat([self._read(one) for one in stretches], how="diagonal").collect(engine="streaming")
        # Rows of an address stand together: of each such row of rows the first is looked up.
        run = found["source_ip"].rle_id()
        starts = found["source_ip"].filter((run != run.shift(1)).fill_null(True)).to_frame()
        known = number_addresses(starts["source_ip"]).with_columns(_number()).sort("number")
        parts = known.join_asof(bounds, on="number", strategy="backward").rename({"address": "source_ip"})
        each = starts.join(parts, on="source_ip", how="left", maintain_order="left")
        placed = each.select(pl.col("hi", "lo", "part").gather(run))
        found = found.hstack(placed.select("hi", "lo"))
        part = placed["part"]
        if absent := part.null_count():
            self.without_address += absent
            found, part = found.filter(part.is_not_null()), part.drop_nulls()
        return examine_hits(found, self._programs(found["user_agent"]), self.seed, self.limits).with_columns(part)

    def _programs(self, user_agents: pl.Series) -> list[str]:
        """Return those of the user agents that a data set lists as crawlers."""
        distinct = user_agents.drop_nulls().unique().sort()
        new = distinct.filter(~distinct.is_in(list(self._crawlers)))
        if len(new):
            self._crawlers.update(dict.fromkeys(new, False))
            found = agents(new, self.sets).filter(pl.col("crawler").is_not_null())
            self._crawlers.update(dict.fromkeys(found["user_agent"], True))
        return [text for text in distinct if self._crawlers[text]]

    def _may_hold_durations(self, segment: SegmentFile) -> bool:
        """Whether frames of a segment may say how long requests took: where it is not sure, a part of them tells.

        A log has one layout, so that of a log without durations no raw frame is read for them.
        """
        duration = segment.standing.times.duration
        if duration is None or duration.is_sure:
            return True
        if segment.path not in self._durations:
            self._durations[segment.path] = _sampled_durations(segment, duration)
        return self._durations[segment.path]

    def _read(self, stretch: RowGroups) -> pl.LazyFrame:
        standing = stretch.segment.standing
        is_mixed = standing.zone is ZoneProof.STATED
        times, offset = standing.times, standing.clock_offset_us
        recorded = None if offset is None else pl.col("timestamp").dt.epoch("us") + offset
        if times.needs_raw and not self._may_hold_durations(stretch.segment):
            times = replace(times, duration=None)
        has_raw = standing.may_hold_headers or times.needs_raw or (is_mixed and standing.is_tip)
        columns = [*READ, "issuer", "list_id", *(["raw"] if has_raw else [])]
        columns += ["encoding"] if times.needs_raw else []
        columns += ["timestamp_original"] if is_mixed else []
        rows = pl.scan_parquet(stretch.segment.path).select(columns).slice(stretch.offset, stretch.length)
        if standing.lists is not None:
            rows = rows.filter(counts(standing.lists))
        if self.wanted is not None:
            rows = rows.join(self.wanted.lazy(), on="source_ip", how="semi")
        rows = rows.with_columns(
            pl.lit(stretch.segment.source, pl.UInt32).alias("source"),
            _is_zone_proven(standing).alias("is_zone_proven"),
            pl.lit(standing.is_clock_backwards).alias("is_clock_backwards"),
            pl.lit(standing.run.exhibit_id in self.made_up).alias("is_made_up"),
            (_asks_ahead() if standing.may_hold_headers else pl.lit(False)).alias("is_prefetch"),
            look_back_us(times).alias("back_us"),
            precision_us(times, recorded).alias("precision_us"),
        ).drop("issuer", "list_id", "raw", "encoding", "timestamp_original", strict=False)
        mine = self.ordinals.filter(pl.col("exhibit_id") == standing.run.exhibit_id).select("member", "exhibit")
        if len(mine) == 1:
            return rows.with_columns(pl.lit(mine["exhibit"][0], pl.UInt32).alias("exhibit"))
        return rows.join(mine.lazy(), on="member", how="left", nulls_equal=True)


def _sampled_durations(segment: SegmentFile, duration: Duration) -> bool:
    frames = pl.scan_parquet(segment.path).select("raw", "encoding")
    starts = sorted({0, max(0, segment.rows // 2 - TELLING // 2), max(0, segment.rows - TELLING)})
    some = pl.concat(frames.slice(start, TELLING) for start in starts)
    return bool(some.select(holds_duration(duration).any()).collect().item())


def _is_zone_proven(standing: CurrentRun) -> pl.Expr:
    """Return whether the zone of a time is proven. A tip's row states the origin of its zone."""
    if standing.zone is ZoneProof.ALL:
        return pl.lit(value=True)
    return pl.col("raw").bin.contains(ZONE_FROM_RECORD) if standing.is_tip else _states_zone()


def _states_zone() -> pl.Expr:
    """Return whether a recorded time states its zone: an offset, UTC at its end, or seconds since 1970."""
    stated = r"(?:[0-9 ]Z|[+-]\d\d:?\d\d|\b(?:UTC|GMT))\]?$|^(?:\d{9,10}(?:\.\d+)?|\d{13}|\d{16})$"
    return pl.col("timestamp_original").str.contains(stated)


def _asks_ahead() -> pl.Expr:
    """Whether a frame has `Sec-Purpose: prefetch` (Fetch standard), or the older `Purpose`, among its headers."""
    raw = pl.col("raw")
    return raw.bin.contains(b"urpose") & raw.bin.contains(b"prefetch")


def find_invented_exhibits(segments: Sequence[SegmentFile]) -> frozenset[str]:
    """Return the exhibits whose records look invented, from a sample of each."""
    return frozenset(
        exhibit
        for exhibit, some in _samples(segments, SEQUENCE).items()
        if _MADE_UP.get(some, lambda paths: is_made_up(_frames(paths)))
    )


def sizes(segments: Sequence[SegmentFile], ordinals: pl.DataFrame) -> pl.DataFrame:
    """Return the usual maximum answer size of each page, from a sample of each exhibit."""
    found = [pl.DataFrame(schema={"url_code": pl.UInt64, "limit": pl.Float64, "exhibit_id": pl.String})]
    for exhibit, some in _samples(segments, SIZES).items():
        limits = _LIMITS.get(some, _size_limits)
        found.append(limits.with_columns(pl.lit(exhibit).alias("exhibit_id")))
    return pl.concat(found).join(ordinals, on="exhibit_id").select("url_code", "exhibit", "limit")


def _size_limits(paths: Sequence[Path]) -> pl.DataFrame:
    rows = pl.concat(pl.scan_parquet(path) for path in paths).filter(IS_LOOKED_AT)
    return size_limits(rows.select("url", "status", "bytes"))


def _samples(segments: Sequence[SegmentFile], least: int) -> dict[str, list[SegmentFile]]:
    """Return sample segments of each exhibit, the first included. Each covers consecutive lines.

    Exhibits whose sample has fewer rows than `least` are left out: so few tell nothing.
    """
    exhibits: dict[str, list[SegmentFile]] = {}
    for one in segments:
        exhibits.setdefault(one.standing.run.exhibit_id, []).append(one)
    samples = {exhibit: mine[::SAMPLED] for exhibit, mine in exhibits.items()}
    return {exhibit: some for exhibit, some in samples.items() if sum(one.rows for one in some) >= least}


def _frames(paths: Sequence[Path]) -> pl.DataFrame:
    """`member byte_offset hi lo` of the hits of an exhibit that are looked at."""
    columns = ("source_ip", "member", "byte_offset")
    found = pl.concat(pl.scan_parquet(path).select(columns).filter(IS_LOOKED_AT) for path in paths).collect()
    known = number_addresses(found["source_ip"]).select(pl.col("address").alias("source_ip"), "hi", "lo")
    return found.join(known, on="source_ip", how="left").drop("source_ip")


def read_hits(
    segments: Sequence[SegmentFile], looking: ReadContext, rows: int, on_bytes: Callable[[int], None]
) -> Iterator[pl.DataFrame]:
    """Yield all hits that have an address, examined, in parts of about `rows` rows, in the order of addresses.

    A part has all hits of its blocks of addresses: nothing else could change what is made of them. `on_bytes` hears how
    many rows were read.
    """
    if not segments:
        return
    marks = pl.concat([_marks(at, one) for at, one in enumerate(segments)]).sort("number", "segment", "row")
    every = max(1, rows // STEP)
    cuts = {0, *(number - number % BLOCK for number in marks["number"].gather_every(every, every))}
    bounds = pl.DataFrame({"number": sorted(cuts), "part": range(len(cuts))}, schema=BOUNDS)
    held: dict[int, list[pl.DataFrame]] = {part: [] for part in bounds["part"]}
    groups = marks.filter(pl.col("row") % GROUP == 0).with_columns((pl.col("row") // GROUP).alias("group"))
    if looking.wanted is not None:
        groups = _select_row_groups(groups, looking.wanted)
    mine = groups.join_asof(bounds, on="number", strategy="backward")
    for part in bounds["part"]:
        for batch in _batches(segments, mine.filter(pl.col("part") == part)):
            looked = looking.at(batch, bounds)
            for (at,), some in looked.partition_by("part", as_dict=True, include_key=False).items():
                held[int(at)].append(some)
            on_bytes(sum(one.length for one in batch))
        if found := held.pop(part):
            yield pl.concat(found)


def read_row_groups(segments: Sequence[SegmentFile], wanted: pl.DataFrame) -> Iterator[list[RowGroups]]:
    """Yield the row groups that may hold one of these addresses (`source_ip`), in batches."""
    if segments:
        marks = pl.concat([_marks(at, one) for at, one in enumerate(segments)]).sort("number", "segment", "row")
        groups = marks.filter(pl.col("row") % GROUP == 0).with_columns((pl.col("row") // GROUP).alias("group"))
        yield from _batches(segments, _select_row_groups(groups, wanted))


def read_ahead(parts: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield the parts of an iterator, and prepare the next ones in the background.

    Row groups of many segments begin at the same addresses: some parts take much reading, and those behind them none.
    """
    with ThreadPoolExecutor(1) as pool:
        coming = deque(pool.submit(next, parts, None) for _ in range(AHEAD))
        while (part := coming.popleft().result()) is not None:
            coming.append(pool.submit(next, parts, None))
            yield part


def _marks(at: int, segment: SegmentFile) -> pl.DataFrame:
    """Return `segment`, `row` and `number` of each STEP-th row: the number of its address, or 0 if it is not known."""
    rows = pl.scan_parquet(segment.path).select("source_ip").with_row_index("row")
    firsts = rows.filter(pl.col("row") % STEP == 0).collect()
    known = number_addresses(firsts["source_ip"]).select(
        pl.col("address").alias("source_ip"),
        _number(),
    )
    beside = firsts.join(known, on="source_ip", how="left", maintain_order="left")
    return beside.select(
        pl.lit(at, pl.UInt32).alias("segment"),
        "row",
        pl.col("number").fill_null(pl.lit(0, pl.UInt128)),
    )


def _select_row_groups(groups: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Return the row groups that can contain one of these addresses."""
    highest = pl.lit((1 << 128) - 1, pl.UInt128)
    until = pl.col("number").shift(-1).over("segment", order_by="group").fill_null(highest)
    nearest = number_addresses(wanted["source_ip"]).select(_number().alias("wanted")).sort("wanted")
    met = groups.with_columns(until.alias("until")).join_asof(
        nearest, left_on="number", right_on="wanted", strategy="forward"
    )
    return met.filter(pl.col("wanted") <= pl.col("until")).select(groups.columns)


def _number() -> pl.Expr:
    """Return the number of an address from its two halves."""
    return (pl.col("hi").cast(pl.UInt128) * pl.lit(1 << 64, pl.UInt128) + pl.col("lo").cast(pl.UInt128)).alias("number")


def _batches(segments: Sequence[SegmentFile], groups: pl.DataFrame) -> Iterator[list[RowGroups]]:
    """Yield the row groups in batches. Adjacent groups of one segment become one range."""
    batch: list[RowGroups] = []
    for at, group in groups.sort("segment", "group").select("segment", "group").iter_rows():
        segment, offset = segments[at], group * GROUP
        length = min(GROUP, segment.rows - offset)
        last = batch[-1] if batch else None
        if last is not None and last.segment is segment and last.offset + last.length == offset:
            batch[-1] = RowGroups(segment, last.offset, last.length + length)
        else:
            batch.append(RowGroups(segment, offset, length))
        if sum(one.length for one in batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
