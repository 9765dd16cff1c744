"""Match assignments with rows of a notice: the same address at a fitting time, then the connection.

Rows of the notice lie sorted by address and time, and an assignment looks only at those whose time may be its own: the
work grows with what meets, not with all pairs of an address.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import polars as pl

from sightline.stages.resolve.model import SECOND_US

PAIRS_AT_ONCE = 4_000_000
SECONDS = 1 << 32
MOST_CELLS, MOST_STEPS = 1 << 21, 1_024
"""The size of the table of addresses and time steps that excludes most unmatched rows."""
PORT_FITS = (
    pl.col("port").is_null()
    | pl.col("port_from").is_null()
    | pl.col("port").is_between("port_from", pl.coalesce("port_to", "port_from")).fill_null(value=False)
)
"""Columns of an assignment beside a row of a notice. One without ports is for the whole address."""


def _is_alike(asked: str, recorded: str) -> pl.Expr:
    """Whether what both sides record is the same: what one of them lacks may have been any."""
    return pl.col(asked).is_null() | pl.col(recorded).is_null() | (pl.col(asked) == pl.col(recorded))


DESTINATION_FITS = _is_alike("destination_ip", "kept_ip") & _is_alike("destination_port", "kept_port")
PROTOCOL_FITS = _is_alike("protocol", "kept_protocol")
"""Columns of an assignment (`kept_ip`, `kept_port`, `kept_protocol`) beside a row of a notice."""


class NoticeIndex:
    """The rows of one notice, ready for matching. `rows` is sorted, with `asked` (u32, place) and `address` (i64)."""

    def __init__(self, questions: pl.DataFrame) -> None:
        ips = questions.select("ip").unique().sort("ip").with_row_index("address")
        self.addresses = ips.select("ip", pl.col("address").cast(pl.Int64))
        rows = questions.join(self.addresses, on="ip", how="left").sort("address", "from_us", "row_id")
        self.rows = rows.with_row_index("asked")
        self._base_s = int(rows.select(pl.col("from_us").min()).item() or 0) // SECOND_US
        lasts = pl.col("until_us").floordiv(SECOND_US) - pl.col("from_us").floordiv(SECOND_US)
        keys = rows.select(begins=self._compute_key("from_us"), ends=self._compute_key("until_us"), lasts=lasts)
        self._begins, self._ends = keys["begins"], keys["ends"].sort()
        self._longest_s = int(keys.select(pl.col("lasts").max()).item() or 0)
        self._steps = min(MOST_STEPS, max(1, MOST_CELLS // max(1, ips.height)))
        last_s = int(rows.select(pl.col("until_us").max()).item() or 0) // SECOND_US
        self._step_us = ((last_s - self._base_s) // self._steps + 1) * SECOND_US
        begun, ended = (self._count_in_cells(rows, edge) for edge in ("from_us", "until_us"))
        self._begun, self._ended = begun.cum_sum(), ended.cum_sum() - ended
        self._prefixes: dict[int, pl.DataFrame] = {}

    def match_addresses(self, ips: pl.Series) -> pl.DataFrame:
        """Return `at` (u32, place) and `address` for each that is an address of the notice, or a prefix of one."""
        texts = ips.alias("ip").to_frame().with_row_index("at")
        rows = texts.join(self.addresses, on="ip", how="left", maintain_order="left")
        exact = rows.select("at", "address").drop_nulls()
        others = rows.filter(pl.col("address").is_null())
        prefixes = others.filter(pl.col("ip").str.contains("/", literal=True))
        if prefixes.is_empty():
            return exact
        lengths = prefixes.select(pl.col("ip").str.extract(r"/(\d+)$").cast(pl.UInt8, strict=False).unique())
        known_rows = pl.concat([self._match_within(length) for length in lengths.to_series().drop_nulls().sort()])
        return pl.concat([exact, prefixes.select("at", "ip").join(known_rows, on="ip").select("at", "address")])

    def match_likely(self, spans: pl.DataFrame) -> pl.DataFrame:
        """Return the rows whose time is, to the second, that of a row at the address.

        Columns: `at`, `address`, `may_from`, `may_until`.

        Matches are the rows that begin no later than a span ends, minus those that end before it begins.
        """
        begun = pl.lit(self._begun).gather(self._compute_cell("may_until"))
        spans = spans.filter(begun > pl.lit(self._ended).gather(self._compute_cell("may_from")))
        rows = spans.select(
            upto=pl.lit(self._begins).search_sorted(self._compute_key("may_until"), side="right"),
            over=pl.lit(self._ends).search_sorted(self._compute_key("may_from"), side="left"),
        )
        some = rows["upto"] > rows["over"]
        return spans.filter(some).with_columns(upto=rows["upto"].filter(some).cast(pl.Int64))

    def match_times(self, spans: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Yield pairs that fit in address and time, some millions at once.

        They have `fits_port`, `fits_destination` and `fits_protocol`.

        They have `at` and `asked`, and `by_us` where the spans have it. `spans`: as `list_row_spans` makes them.
        """
        earliest = pl.max_horizontal(pl.col("address") * SECONDS, self._compute_key("may_from") - self._longest_s)
        lowest = pl.lit(self._begins).search_sorted(earliest, side="left").cast(pl.Int64)
        near = self.match_likely(spans).with_columns(lowest=lowest)
        part = (pl.col("upto") - pl.col("lowest")).cum_sum() // PAIRS_AT_ONCE
        for group in near.with_columns(part.alias("part")).partition_by("part", maintain_order=True):
            yield self._pair_rows(group)

    def _pair_rows(self, near: pl.DataFrame) -> pl.DataFrame:
        places = pl.int_ranges("lowest", "upto", dtype=pl.UInt32).alias("asked")
        pairs = near.drop("part").with_columns(places).explode("asked")
        facts = self.rows.select(*"port protocol destination_ip destination_port from_us until_us".split())
        beside = pl.concat([pairs, facts[pairs["asked"]]], how="horizontal")
        fits = (pl.col("from_us") <= pl.col("may_until")) & (pl.col("until_us") >= pl.col("may_from"))
        return beside.filter(fits).select(
            "at",
            "asked",
            pl.col("^by_us$"),
            PORT_FITS.alias("fits_port"),
            DESTINATION_FITS.alias("fits_destination"),
            PROTOCOL_FITS.alias("fits_protocol"),
        )

    def _compute_cell(self, at_us: str) -> pl.Expr:
        """Address and step of time as one number; times beyond those of the rows are in the first and last step."""
        step = (pl.col(at_us) - self._base_s * SECOND_US).floordiv(self._step_us)
        return pl.col("address") * self._steps + step.clip(0, self._steps - 1)

    def _count_in_cells(self, rows: pl.DataFrame, edge: str) -> pl.Series:
        """How many rows begin, or end, in each cell."""
        counts = rows.select(self._compute_cell(edge).alias("cell")).to_series().value_counts()
        cells = pl.zeros(self.addresses.height * self._steps, pl.UInt32, eager=True)
        return cells.scatter(counts["cell"], counts["count"])

    def _compute_key(self, at_us: str) -> pl.Expr:
        """Address and second as one number; times before the first row, or far after the last, stand at the edges."""
        second = pl.col(at_us).floordiv(SECOND_US) - self._base_s
        return pl.col("address") * SECONDS + second.clip(0, SECONDS - 1)

    def _match_within(self, length: int) -> pl.DataFrame:
        """Prefixes of that length, as `ip`, and the addresses of the notice that lie in them."""
        if length not in self._prefixes:
            texts = [_derive_prefix(ip, length) for ip in self.addresses["ip"]]
            self._prefixes[length] = self.addresses.with_columns(pl.Series("ip", texts, pl.String)).drop_nulls()
        return self._prefixes[length]


def list_row_spans(rows: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Return rows (ASSIGNED with `may_from`, `may_until`) at each of their `addressed` places.

    `NoticeIndex.timed` takes them.
    """
    facts = rows.select(
        "may_from",
        "may_until",
        "port_from",
        "port_to",
        pl.col("destination_ip").alias("kept_ip"),
        pl.col("destination_port").alias("kept_port"),
        pl.col("protocol").alias("kept_protocol"),
    )
    return pl.concat([places, facts[places["at"]]], how="horizontal")


def _derive_prefix(ip: str, length: int) -> str | None:
    bits = 128 if ":" in ip else 32
    return str(ip_network((ip, length), strict=False)) if length <= bits else None
