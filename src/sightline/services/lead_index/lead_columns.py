"""The columns to filter, sort and count leads by, as small numbers: one frame in the order of a generation's files."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from sightline.services.artifacts.lead_files import Leads
from sightline.services.lead_index import origins
from sightline.stages.enrich.address_numbers import join_halves
from sightline.stages.leads.triage import LEVELS, count_against, find_level, rank_seriousness
from sightline.stages.report import place_table, tiles, words
from sightline.stages.report.place_table import PlaceKind
from sightline.workspace.workspace import Workspace

DAY_US, HOUR_US, IST_US = 86_400_000_000, 3_600_000_000, 19_800_000_000
ID_LETTERS, HEX = 32, frozenset("0123456789abcdef")
BY_REPLY = "resolved"
"""The verdict on a place that a reply gave (`services/artifacts/place_overrides.py`)."""
THURSDAY = 3
"""The weekday of 1970-01-01, counted from Monday."""
NUMBERS = ("first_us", "last_us", "visits", "sessions", "hits", "candidates")
_LEVEL_CODES = {name: code for code, name in enumerate(LEVELS)}
HOURS = tuple(f"{day}T{hour:02}" for day in range(1, 8) for hour in range(24))
FIXED: Mapping[str, tuple[str, ...]] = {
    "ceiling": words.LADDER,
    "priority": words.BANDS,
    "reason": LEVELS,
    "hour": HOURS,
}
"""Coded columns whose words have an order of their own; others have that of their texts."""


IN_ORDER = pl.QueryOptFlags(check_order_observe=False)
"""For what is told by its row: Polars 2.1 else gives the rows of a file in any order where it sees none of its columns.

Such a choice is `when(…).then(a literal)`, alone in a `select`.
"""


@dataclass(frozen=True)
class LeadColumns:
    """The columns of all leads of a generation, a row each, in the order of its files.

    `rows`: the coded columns `place district circle country isp asn line relay ceiling priority reason hour source
    issuer` (a code is the position of its word in `words`, and one more where there is none); `row`; `first_us
    last_us`; `day` (of
    the first visit) and `keep_until`, days in India since 1970; `serious`, 0 for a lead that an officer marked urgent
    (`triage.rank_seriousness`), and `against`; `visits sessions hits`; `address`, the position in
    `addresses`; `id_rank`, the position in `ids`; `is_corroborated`; `candidates`, null where there are none;
    `is_by_reply`, whether an ISP said where the line is. A lead may have several sources and issuers: their words are
    places in `sets`. `met` has the rows of leads by indicator: those of `indicators[i]` from `met_from[i]` until
    `met_from[i + 1]`.
    """

    rows: pl.DataFrame
    words: Mapping[str, tuple[str, ...]]
    sets: Mapping[str, tuple[frozenset[str], ...]]
    addresses: pl.Series
    ids: pl.Series
    id_rows: pl.Series
    indicators: tuple[str, ...]
    met: pl.Series
    met_from: pl.Series
    radius_km: Mapping[str, float]

    @property
    def size_bytes(self) -> int:
        """Return the memory that the columns take, in bytes."""
        beside = (self.addresses, self.ids, self.id_rows, self.met, self.met_from)
        return int(self.rows.estimated_size() + sum(series.estimated_size() for series in beside))

    def find_rows(self, lead_ids: Iterable[str]) -> pl.Series:
        """The rows of leads by id, in order; ids that no lead has are left out."""
        asked = convert_ids_to_numbers(pl.Series(sorted(set(lead_ids)), dtype=pl.String)).drop_nulls()
        at = self.ids.search_sorted(asked)
        is_within = at < len(self.ids)
        at, asked = at.filter(is_within), asked.filter(is_within)
        return self.id_rows.gather(at.filter(self.ids.gather(at) == asked)).sort()

    def find_row(self, lead_id: str) -> int | None:
        """The row of one lead by its whole id; None where there is no such lead."""
        if len(lead_id) != ID_LETTERS or not set(lead_id) <= HEX:
            return None
        number = int(lead_id, 16)
        at = self.find_id_position(number)
        is_there = at < len(self.ids) and int(self.ids[at]) == number
        return int(self.id_rows[at]) if is_there else None

    def find_rows_met(self, indicators: Iterable[str]) -> pl.Series:
        """The rows of leads that met any of these indicators, each once, in order."""
        result = [pl.Series([], dtype=pl.UInt32)]
        for indicator in indicators:
            at = bisect_left(self.indicators, indicator)
            if at < len(self.indicators) and self.indicators[at] == indicator:
                begins, ends = self.met_from[at], self.met_from[at + 1]
                result.append(self.met.slice(begins, ends - begins))
        return pl.concat(result).unique().sort()

    def has(self, rows: pl.Series) -> pl.Series:
        """Return a Boolean for each row of the index: whether `rows` has its number."""
        return pl.repeat(False, self.rows.height, dtype=pl.Boolean, eager=True).scatter(rows, True)

    def with_urgent(self, urgent: pl.Series) -> LeadColumns:
        """The same leads, some rows of which an officer marked; other columns are shared."""
        if urgent.is_empty():
            return self
        codes = {"priority": words.BANDS.index("urgent"), "serious": 0}
        marked = [self.rows[name].clone().scatter(urgent, code) for name, code in codes.items()]
        return replace(self, rows=self.rows.with_columns(marked))

    def with_answered(self, leads: Leads, answered: Collection[str]) -> LeadColumns:
        """The same leads, where these, of which an officer answered a report, stand by their other reasons."""
        if not answered:
            return self
        there = frozenset(leads.open_frame().collect_schema().names())
        answered_leads = leads.open_frame().filter(pl.col("lead_id").is_in(sorted(answered)))
        steps = answered_leads.select(
            "lead_id", rank_seriousness(there, answered), find_level(there, answered)
        ).collect()
        rows = pl.Series([self.find_row(step) for step in steps["lead_id"]], dtype=pl.UInt32)
        levels = steps["reason"].replace_strict(_LEVEL_CODES, return_dtype=pl.UInt8).fill_null(len(LEVELS))
        codes = {"serious": steps["serious"], "reason": levels}
        moved = [self.rows[name].cast(pl.UInt8).scatter(rows, code) for name, code in codes.items()]
        return replace(self, rows=self.rows.with_columns(moved))

    def find_word(self, name: str, code: int) -> str | None:
        """The word of a code; None where nothing is known."""
        words = self.words[name]
        return words[code] if code < len(words) else None

    def find_id_position(self, number: int) -> int:
        """Return the number of ids that are less than this one."""
        return bisect_left(self.ids, number)


def convert_ids_to_numbers(ids: pl.Series) -> pl.Series:
    """Ids of leads as numbers of 128 bits, which compare as the texts do; null for what is no id."""
    raw = ids.to_frame("id").select(pl.col("id").str.decode("hex", strict=False).alias("raw"))
    is_id = pl.col("raw").bin.size() == 16
    big = {"dtype": pl.UInt64, "endianness": "big"}
    hi, lo = (pl.col("raw").bin.slice(at, 8).bin.reinterpret(**big) for at in (0, 8))  # type: ignore[arg-type]
    return raw.with_columns(pl.when(is_id).then("raw")).select(join_halves(hi, lo).alias("id")).to_series()


def read_columns(workspace: Workspace, leads: Leads, corroborated: Iterable[str]) -> LeadColumns:
    """The columns of a generation, without marks. `corroborated`: ids of the leads that are."""
    return _ColumnMaker(workspace, replace(leads, marks={})).make_columns(corroborated)


def shrink_numbers(series: pl.Series) -> pl.Series:
    """Whole numbers as small as they go, in one piece."""
    return series.shrink_dtype().rechunk()


def choose_code_type(words: int) -> type[pl.DataType]:
    """Return the smallest integer type for the codes of `words` words and one code for none."""
    return pl.UInt8 if words < 1 << 8 else pl.UInt16 if words < 1 << 16 else pl.UInt32


class _ColumnMaker:
    """Columns made one after the other, so that the texts of one of them alone are held at a time."""

    def __init__(self, workspace: Workspace, leads: Leads) -> None:
        self.workspace, self.read, self.leads = workspace, leads, leads.open_frame()
        self.words: dict[str, tuple[str, ...]] = {}
        self.sets: dict[str, tuple[frozenset[str], ...]] = {}
        self.columns: dict[str, pl.Series] = {}

    def make_columns(self, corroborated: Iterable[str]) -> LeadColumns:
        """All columns, a row a lead in the order of the files; and what their codes stand for."""
        self._add_times_and_counts()
        self._add_words()
        radius_km = self._compute_radius_km()
        met, met_from = self._group_rows_by_indicator()
        self.sets = {}
        for name, values in origins.build_sets(self.workspace, self.read).items():
            self.columns[name], self.sets[name] = (
                values.codes.cast(choose_code_type(len(values.sets))).rechunk(),
                values.sets,
            )
        addresses = self._collect_addresses()
        ids, id_rows = self._order_ids()
        indicators = tuple(one for one, _ in sorted(self.read.indicators.values()))
        rows = pl.DataFrame([one.alias(name) for name, one in self.columns.items()])
        lead_columns = LeadColumns(
            rows, self.words, self.sets, addresses, ids, id_rows, indicators, met, met_from, radius_km
        )
        is_corroborated = lead_columns.has(lead_columns.find_rows(corroborated)).alias("is_corroborated")
        return replace(lead_columns, rows=rows.with_columns(is_corroborated))

    def _collect(self, condition: pl.Expr) -> pl.Series:
        return self.leads.select(condition).collect(optimizations=IN_ORDER).to_series()

    def _add_times_and_counts(self) -> None:
        first = pl.col("first_us") + IST_US
        day = first.floordiv(DAY_US)
        hour_of_week = (day + THURSDAY) % 7 * 24 + first.floordiv(HOUR_US) % 24
        wanted = {name: pl.col(name) for name in NUMBERS}
        keep_until = (pl.col("keep_until_us") + IST_US).floordiv(DAY_US)
        wanted |= {"day": day, "keep_until": keep_until, "hour": hour_of_week}
        there = frozenset(self.leads.collect_schema().names())
        wanted |= {"against": count_against(there), "serious": rank_seriousness(there)}
        for name, expression in wanted.items():
            self.columns[name] = shrink_numbers(self._collect(expression))
        self.words["hour"] = HOURS
        height = len(self.columns["first_us"])
        self.columns["row"] = pl.int_range(height, dtype=pl.UInt32, eager=True)

    def _add_words(self) -> None:
        """The coded columns; a place is what the report calls it, and only a lead of a state has a district."""
        state = pl.col("state").cast(pl.String).replace(dict(tiles.load_codes()))
        country = pl.coalesce(pl.col("country").cast(pl.String), state.str.head(2))
        self.leads = self.leads.with_columns(state=state, country=country).with_columns(
            kind=place_table.choose_place_kind()
        )
        by_reply = (
            pl.lit(False) if self.read.overrides.is_empty() else pl.col("place").eq(BY_REPLY).fill_null(value=False)
        )
        self.columns["is_by_reply"] = self._collect(by_reply & pl.col("first_us").is_not_null()).rechunk()
        is_state = pl.col("kind") == PlaceKind.STATE.value
        wanted = {name: pl.col(name) for name in ("circle", "country", "isp", "asn", "line", "relay")}
        wanted |= {name: pl.col(name) for name in ("ceiling", "priority")}
        wanted["reason"] = find_level(frozenset(self.leads.collect_schema().names()))
        wanted["place"] = pl.when(is_state).then("state").otherwise("kind")
        wanted["district"] = pl.when(is_state).then(DISTRICT)
        for name, expression in wanted.items():
            self._encode_texts(name, self._collect(expression.cast(pl.String).cast(pl.Categorical())))

    def _encode_texts(self, name: str, texts: pl.Series) -> None:
        known = FIXED.get(name) or tuple(sorted(texts.drop_nulls().unique().cast(pl.String)))
        self.words[name] = tuple(str(word) for word in known)
        positions = pl.DataFrame({"word": self.words[name]}, schema={"word": pl.String}).with_row_index("code")
        known_words = positions.with_columns(pl.col("word").cast(texts.dtype))
        codes = texts.to_frame("word").join(known_words, on="word", how="left", maintain_order="left")["code"]
        self.columns[name] = codes.fill_null(len(known)).cast(choose_code_type(len(known))).rechunk()

    def _compute_radius_km(self) -> dict[str, float]:
        """By district, in the middle of its leads: how far from its point they may be."""
        radii = pl.DataFrame({"code": self.columns["district"], "radius_km": self._collect(pl.col("radius_km"))})
        rows = radii.drop_nulls().group_by("code").agg(pl.col("radius_km").median())
        names = self.words["district"]
        return {names[code]: float(radius) for code, radius in rows.iter_rows() if code < len(names)}

    def _group_rows_by_indicator(self) -> tuple[pl.Series, pl.Series]:
        """Rows of leads by indicator, and where those of each begin, and the last end."""
        order = sorted((one, key) for key, (one, _) in self.read.indicators.items())
        codes = {"indicator": [key for _, key in order], "code": range(len(order))}
        coded = pl.LazyFrame(codes, schema={"indicator": pl.UInt64, "code": pl.UInt32})
        here = self.leads.select(pl.col("indicators").alias("indicator")).with_row_index("row")
        met = here.explode("indicator", empty_as_null=True, keep_nulls=True).drop_nulls()
        rows = met.join(coded, on="indicator").select("code", "row").sort("code", "row").collect()
        firsts = rows.get_column("code").search_sorted(pl.int_range(len(order) + 1, dtype=pl.UInt32, eager=True))
        return rows["row"].rechunk(), firsts.cast(pl.UInt32)

    def _collect_addresses(self) -> pl.Series:
        number = self._collect(join_halves(pl.col("hi"), pl.col("lo")).alias("number"))
        distinct = number.unique().sort()
        self.columns["address"] = _find_positions(number, distinct)
        return distinct

    def _order_ids(self) -> tuple[pl.Series, pl.Series]:
        """The ids of all leads as numbers in order, and their rows."""
        parts = [convert_ids_to_numbers(batch["lead_id"]) for batch in self.leads.select("lead_id").collect_batches()]
        ids = pl.concat([pl.Series("id", [], dtype=pl.UInt128), *parts]).rechunk()
        order = ids.arg_sort()
        self.columns["id_rank"] = invert_order(order)
        return ids.gather(order), order.cast(pl.UInt32)


DISTRICT = pl.format("{}/{}", "state", "district")
"""Two states may have districts of one name."""


def invert_order(order: pl.Series) -> pl.Series:
    """Return the position of each row in an order of rows."""
    places_of = pl.int_range(len(order), dtype=pl.UInt32, eager=True)
    return pl.repeat(0, len(order), dtype=pl.UInt32, eager=True).scatter(order, places_of)


def _find_positions(values: pl.Series, distinct: pl.Series) -> pl.Series:
    table = distinct.to_frame("value").with_row_index("at")
    return values.to_frame("value").join(table, on="value", how="left", maintain_order="left")["at"].rechunk()
