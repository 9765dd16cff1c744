"""Read row groups of segments and examine their hits: zone, clock, durations, crawlers, and how sure each time is."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import polars as pl

from sightline.model.times import Duration, Times
from sightline.services.sessions.current_runs import CurrentRun, ZoneProof, is_of_lists
from sightline.services.sessions.row_groups import RowGroups, compute_address_number, select_addresses
from sightline.services.sessions.segment_cache import SegmentFile, SegmentMemory
from sightline.services.sessions.small_segments import SmallSegments, read_together
from sightline.stages.enrich.address_numbers import number_addresses
from sightline.stages.enrich.crawlers import match_agents
from sightline.stages.enrich.model import DataSet
from sightline.stages.leads.intervals import compute_look_back_us, compute_precision_us, holds_duration
from sightline.stages.leads.recorded_clients import RELAYING, is_relayed
from sightline.stages.leads.report_flags import extract_flags
from sightline.stages.leads.visits import PLACE_BITS, READ, examine_hits

TELLING = 1 << 10
"""How many frames, thrice, tell whether those of a segment say how long requests took."""
ZONE_FROM_RECORD = b'"zone_from":"record"'
"""What the row of a tip contains whose own time states its zone. Quotes in its texts are escaped (JSON)."""
HELD_DURATIONS: SegmentMemory[bool] = SegmentMemory()
EXAMINED_HITS = SmallSegments()


@dataclass(slots=True)
class ReadContext:
    """The inputs of the examination of hits: exhibits, data sets, and the seed of indicators' keys.

    `ordinals` has `exhibit_id member exhibit`; `made_up`: the exhibits whose records look written by a program;
    `moved_copies`: those whose lines another exhibit has at other times;
    `limits`: what `examine_hits` takes; `wanted`: the only addresses (`source_ip`, distinct) whose
    hits are examined, None for all.
    """

    ordinals: pl.DataFrame
    sets: Sequence[DataSet]
    seed: int
    made_up: frozenset[str] = frozenset()
    limits: pl.DataFrame | None = None
    wanted: pl.DataFrame | None = None
    moved_copies: frozenset[str] = frozenset()
    without_address: int = 0
    _remembered_ordinals: dict[str, int] | None = None
    _crawlers: dict[str, bool] = field(default_factory=dict)

    def examine_row_groups(self, stretches: Sequence[RowGroups], bounds: pl.DataFrame) -> pl.DataFrame:
        """Return the examined hits of some row groups, with the `part` of each address by `bounds` (`number part`).

        Those without an address are counted, and can be no lead.
        """
        pieces = []
        ordinals = self._list_remembered_ordinals()

        def is_remembered(stretch: RowGroups) -> bool:
            segment = stretch.segment
            return segment.is_small and segment.current_run.run.exhibit_id in ordinals

        for is_known, stretch_group in groupby(stretches, key=is_remembered):
            group = list(stretch_group)
            pieces.append(self._recall(group, bounds) if is_known else self._examine(group, bounds))
        return pieces[0] if len(pieces) == 1 else pl.concat(pieces)

    def _list_remembered_ordinals(self) -> dict[str, int]:
        """Return the ordinal of each exhibit whose hits are remembered.

        Such an exhibit is one file, and its pages have no usual size.
        """
        if self.wanted is not None:
            return {}
        if self._remembered_ordinals is None:
            limited = [] if self.limits is None else self.limits["exhibit"].unique().to_list()
            of_one = self.ordinals.filter(pl.len().over("exhibit_id") == 1, ~pl.col("exhibit").is_in(limited))
            self._remembered_ordinals = dict(of_one.select("exhibit_id", "exhibit").iter_rows())
        return self._remembered_ordinals

    def _recall(self, stretches: Sequence[RowGroups], bounds: pl.DataFrame) -> pl.DataFrame:
        """Return the examined hits of whole small segments, each examined once by this process."""
        segments = [stretch.segment for stretch in stretches]
        sets = tuple(data_set.dataset_id for data_set in self.sets)
        keys = [self._make_key(segment, sets) for segment in segments]
        whole = EXAMINED_HITS.collect(segments, self._examine_small, keys)
        is_placed = whole["hi"].is_not_null()
        self.without_address += len(whole) - int(is_placed.sum())
        whole = whole.filter(is_placed)
        ordinals = self._list_remembered_ordinals()
        of_segments = [ordinals[segment.current_run.run.exhibit_id] for segment in segments]
        each = pl.Series(of_segments, dtype=pl.UInt64).gather(whole["at"])
        numbers = whole.select(compute_address_number())
        parts = numbers.unique().sort("number").join_asof(bounds, on="number", strategy="backward")
        return whole.drop("at").with_columns(
            pl.col("place") + each * (1 << PLACE_BITS),
            numbers.join(parts, on="number", how="left", maintain_order="left")["part"],
        )

    def _make_key(self, segment: SegmentFile, sets: tuple[str, ...]) -> Hashable:
        """Return what else than its rows the examined hits of a segment follow from. `sets`: ids of the data sets."""
        current_run = segment.current_run
        exhibit_id = current_run.run.exhibit_id
        return (
            current_run.lists,
            current_run.zone,
            current_run.is_clock_backwards,
            current_run.may_hold_headers,
            current_run.times,
            current_run.clock_offset_us,
            segment.source,
            exhibit_id in self.made_up,
            exhibit_id in self.moved_copies,
            self.seed,
            sets,
        )

    def _examine_small(self, segments: Sequence[SegmentFile]) -> pl.DataFrame:
        """Return the examined hits of whole segments, as if all were of the first exhibit, with `of`.

        Of a hit without an address, the row has nothing else.
        """
        alike: dict[Hashable, list[int]] = {}
        for at, segment in enumerate(segments):
            how = self._make_key(segment, ()), segment.current_run.run.format, self._find_times(segment)
            alike.setdefault(how, []).append(at)
        result = pl.concat([self._read_small(segments, places) for places in alike.values()], how="diagonal")
        addresses = result["source_ip"].unique()
        known_rows = number_addresses(addresses).select(pl.col("address").alias("source_ip"), "hi", "lo")
        result = result.join(known_rows, on="source_ip", how="left", maintain_order="left")
        placed = result.filter(pl.col("hi").is_not_null())
        examined = examine_hits(placed, self._list_crawlers(placed["user_agent"]), self.seed, None)
        absent = result.filter(pl.col("hi").is_null()).select("of")
        return pl.concat([examined.with_columns(placed["of"]), absent], how="diagonal")

    def _read_small(self, segments: Sequence[SegmentFile], places: Sequence[int]) -> pl.DataFrame:
        """Return the rows of segments that are read alike, with facts and `of`: their positions, given by `places`."""
        first = segments[places[0]]
        times = self._find_times(first)
        rows = read_together([segments[at] for at in places], _list_columns(first.current_run, times))
        of = pl.Series("of", places, pl.UInt32).gather(rows["of"])
        known = self._with_facts(rows.with_columns(of).lazy(), first, times).collect()
        return known.with_columns(pl.lit(0, pl.UInt32).alias("exhibit"))

    def _examine(self, stretches: Sequence[RowGroups], bounds: pl.DataFrame) -> pl.DataFrame:
        """Return the examined hits of some row groups, read now."""
        rows = pl.concat([self._read(stretch) for stretch in stretches], how="diagonal").collect(engine="streaming")
        # Rows of an address stand together: of each such row of rows the first is looked up.
        run = rows["source_ip"].rle_id()
        starts = rows["source_ip"].filter((run != run.shift(1)).fill_null(True)).to_frame()
        known_rows = number_addresses(starts["source_ip"]).with_columns(compute_address_number()).sort("number")
        parts = known_rows.join_asof(bounds, on="number", strategy="backward").rename({"address": "source_ip"})
        each = starts.join(parts, on="source_ip", how="left", maintain_order="left")
        placed = each.select(pl.col("hi", "lo", "part").gather(run))
        rows = rows.hstack(placed.select("hi", "lo"))
        part = placed["part"]
        if absent := part.null_count():
            self.without_address += absent
            rows, part = rows.filter(part.is_not_null()), part.drop_nulls()
        return examine_hits(rows, self._list_crawlers(rows["user_agent"]), self.seed, self.limits).with_columns(part)

    def _list_crawlers(self, user_agents: pl.Series) -> list[str]:
        """Return those of the user agents that a data set lists as crawlers."""
        distinct = user_agents.drop_nulls().unique().sort()
        new = distinct.filter(~distinct.is_in(list(self._crawlers)))
        if len(new):
            self._crawlers.update(dict.fromkeys(new, False))
            rows = match_agents(new, self.sets).filter(pl.col("crawler").is_not_null())
            self._crawlers.update(dict.fromkeys(rows["user_agent"], True))
        return [text for text in distinct if self._crawlers[text]]

    def _may_hold_durations(self, segment: SegmentFile) -> bool:
        """Whether frames of a segment may say how long requests took: where it is not sure, a part of them tells.

        A log has one layout, so that of a log without durations no raw frame is read for them.
        """
        duration = segment.current_run.times.duration
        if duration is None or duration.is_sure or segment.rows <= 3 * TELLING:
            return True
        known = HELD_DURATIONS.find(segment.key, duration)
        if known is None:
            known = _has_sampled_durations(segment, duration)
            HELD_DURATIONS.put(segment.key, duration, 1, known)
        return known

    def _find_times(self, segment: SegmentFile) -> Times:
        """Return how times of a segment are read."""
        times = segment.current_run.times
        if times.needs_raw and not self._may_hold_durations(segment):
            return replace(times, duration=None)
        return times

    def _read(self, stretch: RowGroups) -> pl.LazyFrame:
        segment = stretch.segment
        times = self._find_times(segment)
        rows = pl.scan_parquet(segment.path).select(_list_columns(segment.current_run, times))
        rows = self._with_facts(rows.slice(stretch.offset, stretch.length), segment, times)
        mine = self.ordinals.filter(pl.col("exhibit_id") == segment.current_run.run.exhibit_id).select(
            "member", "exhibit"
        )
        if len(mine) == 1:
            return rows.with_columns(pl.lit(mine["exhibit"][0], pl.UInt32).alias("exhibit"))
        return rows.join(mine.lazy(), on="member", how="left", nulls_equal=True)

    def _with_facts(self, rows: pl.LazyFrame, segment: SegmentFile, times: Times) -> pl.LazyFrame:
        """Return those rows of a segment that count, with what is known of all of them."""
        current_run, offset = segment.current_run, segment.current_run.clock_offset_us
        recorded = None if offset is None else pl.col("timestamp").dt.epoch("us") + offset
        if current_run.lists is not None:
            rows = rows.filter(is_of_lists(current_run.lists))
        if self.wanted is not None:
            rows = select_addresses(rows, self.wanted)
        return rows.with_columns(
            pl.lit(segment.source, pl.UInt32).alias("source"),
            _is_zone_proven(current_run).alias("is_zone_proven"),
            pl.lit(current_run.is_clock_backwards).alias("is_clock_backwards"),
            pl.lit(current_run.run.exhibit_id in self.made_up).alias("is_made_up"),
            pl.lit(current_run.run.exhibit_id in self.moved_copies).alias("is_moved_copy"),
            (_asks_ahead() if current_run.may_hold_headers else pl.lit(False)).alias("is_prefetch"),
            is_relayed(current_run.run.format).alias("is_relayed"),
            extract_flags() if _has_flags(current_run) else pl.lit(None, pl.String).alias("flags"),
            compute_look_back_us(times).alias("back_us"),
            compute_precision_us(times, recorded).alias("precision_us"),
        ).drop("issuer", "list_id", "raw", "encoding", "timestamp_original", strict=False)


def _has_flags(current_run: CurrentRun) -> bool:
    return current_run.is_tip and "cybertip" in current_run.run.format


def _list_columns(current_run: CurrentRun, times: Times) -> list[str]:
    """Return the columns that are read of a segment."""
    is_mixed = current_run.zone is ZoneProof.STATED
    has_raw = (
        _has_flags(current_run) or current_run.may_hold_headers or times.needs_raw or (is_mixed and current_run.is_tip)
    )
    has_raw |= current_run.run.format in RELAYING
    columns = [*READ, "issuer", "list_id", *(["raw"] if has_raw else [])]
    columns += ["encoding"] if times.needs_raw else []
    columns += ["timestamp_original"] if is_mixed else []
    return columns


def _has_sampled_durations(segment: SegmentFile, duration: Duration) -> bool:
    frames = pl.scan_parquet(segment.path).select("raw", "encoding")
    starts = sorted({0, max(0, segment.rows // 2 - TELLING // 2), max(0, segment.rows - TELLING)})
    some = pl.concat(frames.slice(start, TELLING) for start in starts)
    return bool(some.select(holds_duration(duration).any()).collect().item())


def _is_zone_proven(current_run: CurrentRun) -> pl.Expr:
    """Return whether the zone of a time is proven. A tip's row states the origin of its zone."""
    if current_run.zone is ZoneProof.ALL:
        return pl.lit(value=True)
    return pl.col("raw").bin.contains(ZONE_FROM_RECORD) if current_run.is_tip else _states_zone()


def _states_zone() -> pl.Expr:
    """Return whether a recorded time states its zone: an offset, UTC at its end, or seconds since 1970."""
    stated = r"(?:[0-9 ]Z|[+-]\d\d:?\d\d|\b(?:UTC|GMT))\]?$|^(?:\d{9,10}(?:\.\d+)?|\d{13}|\d{16})$"
    return pl.col("timestamp_original").str.contains(stated)


def _asks_ahead() -> pl.Expr:
    """Whether a frame has `Sec-Purpose: prefetch` (Fetch standard), or the older `Purpose`, among its headers."""
    raw = pl.col("raw")
    return raw.bin.contains(b"urpose") & raw.bin.contains(b"prefetch")
