"""Filter, page and count the leads of one generation for the web app."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

import polars as pl

from sightline.model import Ceiling
from sightline.services.artifacts.lead_files import LeadJson, Leads
from sightline.services.lead_index import sort_orders
from sightline.services.lead_index.filter import BESIDE, LeadFilter
from sightline.services.lead_index.filter_expression import build_expressions
from sightline.services.lead_index.lead_columns import IN_ORDER, LeadColumns
from sightline.services.lead_index.lead_rows import LeadRows
from sightline.services.lead_index.sort_orders import Sort
from sightline.services.lead_index.summary_rows import Brief, convert_to_date, read_briefs
from sightline.services.outcomes.outcomes import find_current_ids
from sightline.stages.enrich.address_numbers import join_halves
from sightline.stages.leads.triage import get_level

MAX_FILTERS = 32
"""How many filters are kept with their rows and counts: one bit a lead, so that a page's charts share one."""
LIMIT, MOST = 50, 500
"""How many leads a page has unless it is said, and at the most."""


class CountColumn(StrEnum):
    """The columns that leads can be counted by. Each is also a field of the filter."""

    PLACE = "place"
    DISTRICT = "district"
    CIRCLE = "circle"
    COUNTRY = "country"
    ISP = "isp"
    ASN = "asn"
    LINE = "line"
    CEILING = "ceiling"
    PRIORITY = "priority"
    REASON = "reason"
    RELAY = "relay"
    SOURCE = "source"
    ISSUER = "issuer"
    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class DistrictCentre:
    """The centre of a district in the generation's data sets, and the usual radius of places in it."""

    latitude: float
    longitude: float
    radius_km: float | None


@dataclass(frozen=True, slots=True)
class ValueCount:
    """A value of a column, and its number of leads. `key` filters to them; None: the leads whose value is unknown."""

    key: str | None
    leads: int
    middle: DistrictCentre | None = None


@dataclass(frozen=True, slots=True)
class Funnel:
    """Counts from frames to corroborated subscribers. `frames` counts all exhibits, whatever the filter."""

    frames: int
    visits: int
    sessions: int
    leads: int
    subscriber: int
    corroborated: int


@dataclass(frozen=True, slots=True)
class LeadPage:
    """One page of sorted leads, the total number, and the number of leads before the page.

    `rows`: the position of each lead, for `View.read_leads`. `before` and `after` are the keys of the previous and next
    page, or None.
    """

    leads: tuple[Brief, ...]
    rows: tuple[int, ...]
    total: int
    passed: int
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, eq=False)
class LeadMask:
    """A mask over the rows of leads, made by `View.select_ids` for the filters `status` and `assignee`."""

    is_among: pl.Series


AmongBy = Mapping[str, LeadMask]
NOTHING: AmongBy = MappingProxyType({})


@dataclass(slots=True)
class _Selection:
    """The rows that a filter selects (None: all leads), their number, and the counts and sums made of them."""

    is_chosen: pl.Series | None
    total: int
    counts: dict[CountColumn, pl.DataFrame]
    funnel: Funnel | None = None


class View:
    """All leads of one generation. It does not change, and serves many threads at once.

    `counts`: of all leads, by everything; `base_view`: what the view rests on, so that it stays as long as this one.
    """

    def __init__(
        self,
        columns: LeadColumns,
        ranks: Mapping[str, pl.Series],
        rows: LeadRows,
        counts: Mapping[CountColumn, pl.DataFrame],
        *,
        middles: Mapping[str, DistrictCentre],
        frames: int,
        base_view: object = None,
    ) -> None:
        self.columns, self.rows, self.middles, self.frames = columns, rows, middles, frames
        self._base_view = base_view
        self._frame = columns.rows.with_columns(one.alias(f"rank_{name}") for name, one in ranks.items())
        self._kept: OrderedDict[tuple[object, ...], _Selection] = OrderedDict()
        self._lock = threading.Lock()
        self._all = _Selection(None, columns.rows.height, dict(counts))

    @property
    def read(self) -> Leads:
        """Return the open files of the generation."""
        return self.rows.read

    def select_ids(self, lead_ids: Iterable[str], *, others: bool = False) -> LeadMask:
        """Return the mask of the leads with these current or older ids; with `others`, of all other leads."""
        values = self.columns.has(self.columns.find_rows(find_current_ids(self.read, lead_ids).values()))
        return LeadMask(~values if others else values)

    def count_leads(self, lead_filter: LeadFilter, among: AmongBy = NOTHING) -> int:
        """Return the number of leads."""
        return self._choose(lead_filter, among).total

    def count_among(self, lead_filter: LeadFilter, mask: LeadMask, among: AmongBy = NOTHING) -> int:
        """Return the number of leads that are in a mask too."""
        is_chosen = self._choose(lead_filter, among).is_chosen
        return int((mask.is_among if is_chosen is None else is_chosen & mask.is_among).sum())

    def read_page(
        self,
        lead_filter: LeadFilter,
        sort: str = "priority",
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int = LIMIT,
        among: AmongBy = NOTHING,
    ) -> LeadPage:
        """Return one page: the first leads, those after a key, or those before one; the last page if none come after.

        `among` says which leads have the status or assignee of the filter, by the name of the field. Raises
        UsageError for a sort that there is not, or a key of another.
        """
        chosen, order = self._choose(lead_filter, among), Sort.parse(sort)
        stretch = self._find_rank_range(order, after, before)
        limit = min(max(limit, 1), MOST)
        rows = self._take_from_end(chosen, order, stretch, limit)
        if rows.is_empty() and chosen.total:
            whole = _RankRange(0, self._frame.height, is_low=not stretch.is_low)
            rows = self._take_from_end(chosen, order, whole, limit)
        rows = rows.sort("rank", descending=order.is_down)
        return self._build_page(chosen, order, rows)

    def read_leads(self, rows: Sequence[int]) -> tuple[LeadJson, ...]:
        """Return the complete leads at these rows, in this order."""
        return self.rows.read_leads(rows)

    def find_lead(self, text: str) -> LeadJson:
        """Return the complete lead whose id, now or in an older generation, begins with `text`. Raises UsageError."""
        row = self.columns.find_row(text)
        return self.read.find_lead(text) if row is None else self.read_leads([row])[0]

    def build_frame(self, lead_ids: Iterable[str]) -> pl.LazyFrame:
        """Return the leads with these current ids as `Leads.frame`, without reading any other."""
        return self.rows.open_frame(self.columns.find_rows(lead_ids).to_list())

    def open_frame(self, addresses: pl.DataFrame) -> pl.LazyFrame:
        """Return all leads of these addresses (`hi lo`) as `Leads.frame`, without reading any other."""
        numbers = addresses.select(join_halves(pl.col("hi"), pl.col("lo")).alias("number"))["number"]
        known = self.columns.addresses
        at = known.search_sorted(numbers)
        is_there = (at < len(known)) & (known.gather(at.clip(upper_bound=len(known) - 1)) == numbers)
        is_mine = self.columns.rows["address"].is_in(at.filter(is_there).implode())
        return self.rows.open_frame(is_mine.arg_true().to_list())

    def build_briefs(self, lead_ids: Iterable[str]) -> tuple[Brief, ...]:
        """Return the leads with these current ids, in the order of the files; ids that no lead has are left out."""
        return read_briefs(self.columns, self.columns.find_rows(lead_ids).to_list())

    def find_strongest_rules(self, page: LeadPage) -> dict[str, str]:
        """Return the rule of the strongest reason of leads of a page, by id. No file is read.

        A lead is left out whose level comes from no single rule, or whose report an officer answered.
        """
        rules = zip(page.leads, self.rows.find_strongest_rules(page.rows), strict=True)
        return {one.lead_id: rule for one, rule in rules if rule is not None and get_level(rule) == one.reason}

    def count_leads_met(self, indicators: Iterable[str], limit: int) -> tuple[int, tuple[Brief, ...]]:
        """Return how many leads met any of these indicators, and the first of them, the most serious first."""
        rows = self.columns.find_rows_met(indicators)
        return len(rows), self._select_most_serious(rows, limit)

    def select_most_serious(self, lead_ids: Iterable[str], limit: int) -> tuple[Brief, ...]:
        """Return the most serious of the leads with these current ids, in order; at most `limit`."""
        return self._select_most_serious(self.columns.find_rows(lead_ids), limit)

    def _select_most_serious(self, rows: pl.Series, limit: int) -> tuple[Brief, ...]:
        ranked = self._frame.select("row", "rank_seriousness")[rows].bottom_k(limit, by="rank_seriousness")
        return read_briefs(self.columns, ranked.sort("rank_seriousness")["row"].to_list())

    def list_others_of_address(self, lead_id: str, limit: int) -> tuple[Brief, ...]:
        """Return at most `limit` other leads of a lead's address. They are shown beside it and never added to it."""
        row = self.columns.find_row(lead_id)
        assert row is not None, "a lead of this view"
        address = self.columns.rows["address"]
        same = (address == address[row]).arg_true()
        return read_briefs(self.columns, same.filter(same != row).head(limit).to_list())

    def count_values(
        self, lead_filter: LeadFilter, by: CountColumn, among: AmongBy = NOTHING
    ) -> tuple[ValueCount, ...]:
        """Return the number of leads with each value of a column, those without a value last.

        Words come in their order: states and names as texts, ceilings from the highest, days and hours as they pass.
        """
        rows = self._count_by(self._choose(lead_filter, among), by)
        counts = dict(rows.iter_rows())
        if by in self.columns.sets:
            return tuple(self._count_sets(by, counts))
        if by is CountColumn.DAY:
            return tuple(ValueCount(convert_to_date(day).isoformat(), counts[day]) for day in sorted(counts))
        words = self.columns.words[by]
        keys = [(at, words[at] if at < len(words) else None) for at in sorted(counts)]
        return tuple(ValueCount(key, counts[at], self._find_middle(by, key)) for at, key in keys)

    def count_funnel(self, lead_filter: LeadFilter, among: AmongBy = NOTHING) -> Funnel:
        """Return the counts from frames to corroborated subscribers."""
        chosen = self._choose(lead_filter, among)
        if chosen.funnel is None:
            chosen.funnel = self._count_funnel(chosen)
        return chosen.funnel

    def _count_funnel(self, chosen: _Selection) -> Funnel:
        is_subscriber = pl.col("ceiling") == self.columns.words["ceiling"].index(Ceiling.SUBSCRIBER)
        sums = (
            pl.col("visits").cast(pl.UInt64).sum(),
            pl.col("sessions").cast(pl.UInt64).sum(),
            is_subscriber.sum().alias("subscriber"),
            pl.col("is_corroborated").sum(),
        )
        rows = self._frame.lazy() if chosen.is_chosen is None else self._frame.lazy().filter(chosen.is_chosen)
        visits, sessions, subscriber, corroborated = rows.select(sums).collect().row(0)
        return Funnel(self.frames, visits, sessions, chosen.total, subscriber, corroborated)

    def _choose(self, lead_filter: LeadFilter, among: AmongBy) -> _Selection:
        asked = [name for name in BESIDE if getattr(lead_filter, name)]
        if missing := [name for name in asked if name not in among]:
            raise ValueError(f"which leads have the {missing[0]} is for the caller to say")
        key = (lead_filter.query, *(among[name] for name in asked))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        holds = build_expressions(self.columns, lead_filter) + [pl.lit(among[name].is_among) for name in asked]
        if not holds:
            return self._all
        wanted_rows = self._frame.lazy().select(pl.all_horizontal(pl.lit(True), *holds).alias("is"))
        is_chosen = wanted_rows.collect(optimizations=IN_ORDER)["is"]
        if len(is_chosen) != self._frame.height:
            is_chosen = pl.repeat(bool(is_chosen.all()), self._frame.height, eager=True)
        made = _Selection(is_chosen, int(is_chosen.sum()), {})
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > MAX_FILTERS:
                self._kept.popitem(last=False)
        return made

    def _find_rank_range(self, order: Sort, after: str | None, before: str | None) -> _RankRange:
        """Return the range of ranks that can be on the page, and from which end to take them."""
        key = after if after is not None else before
        is_low = (before is None or after is not None) != order.is_down
        if key is None:
            return _RankRange(0, self._frame.height, is_low)
        passed, is_there = sort_orders.find_position(self.columns, order, key)
        return _RankRange(passed + is_there, self._frame.height, is_low) if is_low else _RankRange(0, passed, is_low)

    def _take_from_end(self, chosen: _Selection, order: Sort, stretch: _RankRange, limit: int) -> pl.DataFrame:
        """Return `row` and `rank` of at least `limit` chosen leads at one end of a stretch, if there are, unsorted."""
        if not chosen.total:
            return self._rank_rows(chosen, order, _RankRange(0, 0, stretch.is_low))
        # This number of ranks holds enough if the chosen are spread evenly, and twice as many if they nearly are.
        near = stretch.cut(2 * (limit + 100) * self._frame.height // chosen.total)
        rows = self._rank_rows(chosen, order, near)
        if len(rows) < limit and near != stretch:
            rows = self._rank_rows(chosen, order, stretch)
        return rows.bottom_k(limit, by="rank") if stretch.is_low else rows.top_k(limit, by="rank")

    def _rank_rows(self, chosen: _Selection, order: Sort, stretch: _RankRange) -> pl.DataFrame:
        rank = pl.col(f"rank_{order.name}")
        holds = [rank >= pl.lit(stretch.begins, pl.UInt32), rank < pl.lit(stretch.ends, pl.UInt32)]
        holds += [] if chosen.is_chosen is None else [pl.lit(chosen.is_chosen)]
        return self._frame.lazy().filter(*holds).select("row", rank.alias("rank")).collect()

    def _build_page(self, chosen: _Selection, order: Sort, result: pl.DataFrame) -> LeadPage:
        rows = tuple(result["row"])
        if not rows:
            return LeadPage((), (), chosen.total, 0, None, None)
        rank = pl.col(f"rank_{order.name}")
        first = pl.lit(result["rank"][0], pl.UInt32)
        passed = self._count(chosen, rank > first if order.is_down else rank < first)
        leads = read_briefs(self.columns, rows)
        ends = [sort_orders.build_sort_key(self.columns, order, rows[at], leads[at].lead_id) for at in (0, -1)]
        is_last = passed + len(rows) == chosen.total
        return LeadPage(leads, rows, chosen.total, passed, ends[0] if passed else None, None if is_last else ends[1])

    def _count(self, chosen: _Selection, holds: pl.Expr) -> int:
        both = holds if chosen.is_chosen is None else holds & pl.lit(chosen.is_chosen)
        return int(self._frame.lazy().select(both.sum()).collect().item())

    def _count_by(self, chosen: _Selection, by: CountColumn) -> pl.DataFrame:
        """`BY len` of what is chosen; of more than half it is what all are less the others: fewer to look at."""
        if by in chosen.counts:
            return chosen.counts[by]
        assert chosen.is_chosen is not None, "all leads are counted already"
        if 2 * chosen.total <= self._frame.height:
            rows = self._frame.select(by).filter(chosen.is_chosen).group_by(by).len()
        else:
            others = self._frame.select(by).filter(~chosen.is_chosen).group_by(by).len()
            left = self._all.counts[by].join(others, on=by, how="left")
            rows = left.select(by, pl.col("len") - pl.col("len_right").fill_null(0)).filter(pl.col("len") > 0)
        chosen.counts[by] = rows
        return rows

    def _count_sets(self, by: CountColumn, counts: Mapping[int, int]) -> Iterator[ValueCount]:
        """Yield the counts of set members. A lead with two members counts for each."""
        result: Counter[str] = Counter()
        for at, leads in counts.items():
            result.update(dict.fromkeys(self.columns.sets[by][at], leads))
        yield from (ValueCount(name, leads) for name, leads in sorted(result.items()))
        if none := sum(leads for at, leads in counts.items() if not self.columns.sets[by][at]):
            yield ValueCount(None, none)

    def _find_middle(self, by: CountColumn, key: str | None) -> DistrictCentre | None:
        return self.middles.get(key) if by is CountColumn.DISTRICT and key is not None else None


@dataclass(frozen=True, slots=True)
class _RankRange:
    """Ranks from `begins` until `ends`; `is_low`: taken from the beginning."""

    begins: int
    ends: int
    is_low: bool

    def cut(self, length: int) -> _RankRange:
        """Return at most `length` ranks of a range, from the end that is read first."""
        if self.is_low:
            return replace(self, ends=min(self.ends, self.begins + length))
        return replace(self, begins=max(self.begins, self.ends - length))
