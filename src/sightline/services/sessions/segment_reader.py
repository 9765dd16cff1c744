"""Read segments once in the order of addresses, so that a rebuild holds a few million hits at a time.

Segments are sorted by address. Each row group is read once, looked at, and kept as narrow rows of the parts that its
addresses belong to; a part goes on when all that hold hits of it were read. So what is held is a part of the addresses,
and at most one row group a segment beyond it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import polars as pl

from sightline.model.times import Duration
from sightline.services.sessions.current_runs import CurrentRun, ZoneProof, is_of_lists
from sightline.services.sessions.segment_memory import SegmentFile, SegmentMemory
from sightline.stages.enrich.crawlers import agents
from sightline.stages.enrich.model import DataSet
from sightline.stages.enrich.numbers import number_addresses
from sightline.stages.leads.intervals import holds_duration, look_back_us, precision_us
from sightline.stages.leads.report_flags import flags_of_raw
from sightline.stages.leads.sessions import BLOCK
from sightline.stages.leads.visits import PLACE_BITS, READ, examine_hits

COUNTED = {"of": pl.UInt32(), "rows": pl.UInt32()}
MARKS = {"segment": pl.UInt32(), "row": pl.UInt32(), "number": pl.UInt128()}
BOUNDS = {"number": pl.UInt128(), "part": pl.UInt32()}
GROUP = 1 << 16
"""Rows of a row group of segments (`stages/scan/segments.py`)."""
STEP = 1 << 12
"""Rows between two addresses at which parts are divided. Groups of many segments begin at the same ones."""
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


_EXAMINED: SegmentMemory[tuple[pl.DataFrame, int]] = SegmentMemory()
_FIRSTS: SegmentMemory[int] = SegmentMemory()


def forget_others(runs: Collection[str]) -> None:
    """Forget what is remembered of the segments of other runs than these."""
    _EXAMINED.forget_others(runs)
    _FIRSTS.forget_others(runs)


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
    _members: dict[str, list[int]] | None = None
    _crawlers: dict[str, bool] = field(default_factory=dict)
    _durations: dict[Path, bool] = field(default_factory=dict)

    def at(self, stretches: Sequence[RowGroups], bounds: pl.DataFrame) -> pl.DataFrame:
        """Return the examined hits of some row groups, with the `part` of each address by `bounds` (`number part`).

        Those without an address are counted, and can be no lead.
        """
        pieces = []
        for is_known, some in groupby(stretches, key=lambda one: self._is_remembered(one.segment)):
            mine = list(some)
            pieces.append(self._recall(mine, bounds) if is_known else self._examine(mine, bounds))
        return pieces[0] if len(pieces) == 1 else pl.concat(pieces)

    def _is_remembered(self, segment: SegmentFile) -> bool:
        """Whether the hits of a segment are remembered: of one small file, whose pages have no usual size."""
        if self._members is None:
            self._members = {}
            for exhibit, ordinal in self.ordinals.select("exhibit_id", "exhibit").iter_rows():
                self._members.setdefault(exhibit, []).append(ordinal)
            limited = set() if self.limits is None else set(self.limits["exhibit"])
            self._members = {key: some for key, some in self._members.items() if not limited.intersection(some)}
        return segment.is_small and self.wanted is None and len(self._ordinals_of(segment)) == 1

    def _ordinals_of(self, segment: SegmentFile) -> list[int]:
        return (self._members or {}).get(segment.standing.run.exhibit_id, [])

    def _recall(self, stretches: Sequence[RowGroups], bounds: pl.DataFrame) -> pl.DataFrame:
        """Return the examined hits of whole small segments, each examined once by this process."""
        segments = [one.segment for one in stretches]
        keys = [self._key(one) for one in segments]
        known = [_EXAMINED.find(one.key, key) for one, key in zip(segments, keys, strict=True)]
        new = [at for at, one in enumerate(known) if one is None]
        for at, made in zip(new, self._examine_each([stretches[at] for at in new]), strict=True):
            known[at] = made
            _EXAMINED.put(segments[at].key, keys[at], segments[at].rows, made)
        found = [one for one in known if one is not None]
        self.without_address += sum(absent for _, absent in found)
        whole = pl.concat([hits for hits, _ in found])
        ordinals = pl.DataFrame(
            {"ordinal": [self._ordinals_of(one)[0] for one in segments], "rows": [len(hits) for hits, _ in found]},
            schema={"ordinal": pl.UInt64, "rows": pl.UInt32},
        )
        each = ordinals.select(pl.col("ordinal").repeat_by("rows").explode(empty_as_null=False)).to_series()
        numbers = whole.select(_number())
        parts = numbers.unique().sort("number").join_asof(bounds, on="number", strategy="backward")
        return whole.with_columns(
            pl.col("place") + each * (1 << PLACE_BITS),
            numbers.join(parts, on="number", how="left", maintain_order="left")["part"],
        )

    def _key(self, segment: SegmentFile) -> Hashable:
        """What else than its rows the examined hits of a segment follow from."""
        standing = segment.standing
        how = standing.lists, standing.zone, standing.is_clock_backwards, standing.may_hold_headers, standing.times
        made_up = standing.run.exhibit_id in self.made_up
        sets = tuple(one.dataset_id for one in self.sets)
        return how, standing.clock_offset_us, segment.source, made_up, self.seed, sets

    def _examine_each(self, stretches: Sequence[RowGroups]) -> list[tuple[pl.DataFrame, int]]:
        """Return the examined hits of each, as if it were of the first exhibit, and how many have no address."""
        if not stretches:
            return []
        rows = [self._read(one).collect() for one in stretches]
        found = pl.concat(rows, how="diagonal").with_columns(pl.lit(0, pl.UInt32).alias("exhibit"))
        addresses = found["source_ip"].unique()
        known = number_addresses(addresses).select(pl.col("address").alias("source_ip"), "hi", "lo")
        found = found.join(known, on="source_ip", how="left", maintain_order="left")
        of = pl.DataFrame({"of": range(len(rows)), "rows": [len(one) for one in rows]}, schema_overrides=COUNTED)
        each = of.select(pl.col("of").repeat_by("rows").explode(empty_as_null=False)).to_series()
        is_placed = found["hi"].is_not_null()
        placed = found.filter(is_placed)
        examined = examine_hits(placed, self._programs(placed["user_agent"]), self.seed, None)
        lengths = dict(each.filter(is_placed).value_counts().iter_rows())
        made, at = [], 0
        for number, one in enumerate(rows):
            length = lengths.get(number, 0)
            made.append((examined.slice(at, length), len(one) - length))
            at += length
        return made

    def _examine(self, stretches: Sequence[RowGroups], bounds: pl.DataFrame) -> pl.DataFrame:
        """Return the examined hits of some row groups, read now."""
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
        if duration is None or duration.is_sure or segment.rows <= 3 * TELLING:
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
        has_flags = standing.is_tip and "cybertip" in standing.run.format
        has_raw = has_flags or standing.may_hold_headers or times.needs_raw or (is_mixed and standing.is_tip)
        columns = [*READ, "issuer", "list_id", *(["raw"] if has_raw else [])]
        columns += ["encoding"] if times.needs_raw else []
        columns += ["timestamp_original"] if is_mixed else []
        rows = pl.scan_parquet(stretch.segment.path).select(columns).slice(stretch.offset, stretch.length)
        if standing.lists is not None:
            rows = rows.filter(is_of_lists(standing.lists))
        if self.wanted is not None:
            rows = rows.join(self.wanted.lazy(), on="source_ip", how="semi")
        rows = rows.with_columns(
            pl.lit(stretch.segment.source, pl.UInt32).alias("source"),
            _is_zone_proven(standing).alias("is_zone_proven"),
            pl.lit(standing.is_clock_backwards).alias("is_clock_backwards"),
            pl.lit(standing.run.exhibit_id in self.made_up).alias("is_made_up"),
            (_asks_ahead() if standing.may_hold_headers else pl.lit(False)).alias("is_prefetch"),
            flags_of_raw() if has_flags else pl.lit(None, pl.String).alias("flags"),
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


@dataclass(frozen=True, slots=True)
class Division:
    """How addresses are divided into parts.

    `bounds` has `number part`: where each part begins. `groups` has `segment row number group until part` of all row
    groups: the numbers of their first address and of the next group's, and the part in which they begin.
    """

    bounds: pl.DataFrame
    groups: pl.DataFrame

    def groups_of(self, parts: range) -> pl.DataFrame:
        """Return the row groups that may have hits of some consecutive parts."""
        if len(parts) == len(self.bounds):
            return self.groups
        begin = self.bounds.filter(pl.col("part") == parts.start)["number"]
        is_own = pl.col("part").is_between(parts.start, parts.stop - 1)
        reaches = (pl.col("part") < parts.start) & (pl.col("until") >= begin.first())
        return self.groups.filter(is_own | reaches)


def divide_addresses(
    segments: Sequence[SegmentFile], rows: int, wanted: pl.DataFrame | None = None, *, has_ends: bool = False
) -> Division:
    """Return how addresses are divided into parts of about `rows` rows. `wanted`: as in ReadContext.

    `has_ends`: look for the last address of each segment, so that fewer row groups may belong to later parts.
    """
    marks = _all_marks(segments).sort("number", "segment", "row")
    every = max(1, rows // STEP)
    cuts = {0, *(number - number % BLOCK for number in marks["number"].gather_every(every, every))}
    bounds = pl.DataFrame({"number": sorted(cuts), "part": range(len(cuts))}, schema=BOUNDS)
    groups = marks.filter(pl.col("row") % GROUP == 0).with_columns((pl.col("row") // GROUP).alias("group"))
    if wanted is not None:
        groups = _select_row_groups(groups, wanted)
    following = pl.col("number").shift(-1).over("segment", order_by="group")
    ends = _ends(segments) if has_ends else pl.DataFrame(schema={"segment": pl.UInt32, "end": pl.UInt128})
    until = pl.coalesce(following, "end")
    # An address that is not known has the number 0.
    until = pl.when(until == 0).then(None).otherwise(until).fill_null(pl.lit((1 << 128) - 1, pl.UInt128))
    groups = groups.join(ends, on="segment", how="left", maintain_order="left")
    groups = groups.with_columns(until.alias("until")).drop("end")
    return Division(bounds, groups.join_asof(bounds, on="number", strategy="backward"))


def _ends(segments: Sequence[SegmentFile]) -> pl.DataFrame:
    """Return `segment end`: the number of each segment's last address, null if it is not known."""
    last = [pl.scan_parquet(one.path).select("source_ip").tail(1).collect() for one in segments]
    frame = pl.DataFrame(
        {
            "segment": range(len(segments)),
            "source_ip": [one["source_ip"].first() if len(one) else None for one in last],
        },
        schema={"segment": pl.UInt32, "source_ip": pl.String},
    )
    known = number_addresses(frame["source_ip"].drop_nulls().unique())
    numbers = known.select(pl.col("address").alias("source_ip"), _number().alias("end"))
    return frame.join(numbers, on="source_ip", how="left").select("segment", "end")


def read_hits(
    segments: Sequence[SegmentFile], looking: ReadContext, rows: int, on_bytes: Callable[[int], None]
) -> Iterator[pl.DataFrame]:
    """Yield all hits that have an address, examined, in parts of about `rows` rows, in the order of addresses.

    A part has all hits of its blocks of addresses: nothing else could change what is made of them. `on_bytes` hears how
    many rows were read.
    """
    if segments:
        division = divide_addresses(segments, rows, looking.wanted)
        for _, hits in read_parts(segments, looking, division, range(len(division.bounds)), on_bytes):
            yield hits


def read_parts(
    segments: Sequence[SegmentFile],
    looking: ReadContext,
    division: Division,
    parts: range,
    on_bytes: Callable[[int], None],
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield those of some consecutive parts that have hits, each with its number and with all its hits.

    Row groups that begin before these parts and reach into them are read too. What is counted counts where a row group
    begins.
    """
    mine = division.groups_of(parts)
    held: dict[int, list[pl.DataFrame]] = {part: [] for part in parts}
    before = sorted(part for part in mine["part"].unique() if part < parts.start)
    for part in (*before, *parts):
        for batch in _batches(segments, mine.filter(pl.col("part") == part)):
            counted = looking.without_address
            looked = looking.at(batch, division.bounds)
            if part in held:
                on_bytes(sum(one.length for one in batch))
            else:
                looking.without_address = counted
            for (at,), some in looked.partition_by("part", as_dict=True, include_key=False).items():
                if int(at) in held:
                    held[int(at)].append(some)
        if found := held.pop(part, None):
            yield part, pl.concat(found)


def read_row_groups(segments: Sequence[SegmentFile], wanted: pl.DataFrame) -> Iterator[list[RowGroups]]:
    """Yield the row groups that may hold one of these addresses (`source_ip`), in batches."""
    if segments:
        marks = _all_marks(segments).sort("number", "segment", "row")
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


def _all_marks(segments: Sequence[SegmentFile]) -> pl.DataFrame:
    """Return the marks of all segments. Of a small one only its first row is one, and it is remembered."""
    small = [(at, one) for at, one in enumerate(segments) if one.is_small]
    _learn_firsts([one for _, one in small if _FIRSTS.find(one.key) is None])
    firsts = [(at, 0, number) for at, one in small if (number := _FIRSTS.find(one.key)) is not None]
    known = {at for at, _, _ in firsts}
    rest = [_marks(at, one) for at, one in enumerate(segments) if at not in known]
    return pl.concat([pl.DataFrame(firsts, schema=MARKS, orient="row"), *rest])


def _learn_firsts(segments: Sequence[SegmentFile]) -> None:
    """Remember the number of the first address of each segment, 0 if it is not known."""
    if not segments:
        return
    firsts = pl.concat(pl.read_parquet(one.path, columns=["source_ip"], n_rows=1) for one in segments if one.rows)
    addresses = firsts["source_ip"].drop_nulls().unique()
    known = dict(number_addresses(addresses).select("address", _number()).iter_rows())
    for one, address in zip((one for one in segments if one.rows), firsts["source_ip"], strict=True):
        _FIRSTS.put(one.key, None, 1, int(known.get(address) or 0))


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
