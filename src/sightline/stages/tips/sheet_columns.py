"""Read the columns of a sheet, each distinct cell once, by the rules of `event_table.py` and `cell_values.py`.

A cell of which this module is not certain is null in the column `is_read`: its row is read by itself, by those rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import polars as pl

from sightline.model import TimeBasis, TipCode
from sightline.stages.scan.reference.record_times import is_in_range
from sightline.stages.tabular.cell_rules import ABSENT
from sightline.stages.tabular.table_rows import Cell, Unreadable
from sightline.stages.tips import cell_values
from sightline.stages.tips.event_table import DIGESTS, read_cell_text
from sightline.stages.tips.model import TipOptions
from sightline.stages.tips.table_columns import TableColumns

_ENCODED = json.JSONEncoder(ensure_ascii=False).encode
READ = "is_read"
PLAIN_ADDRESS = (
    r"^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$"
)
OF_NO_LINE = r"^(?:0|127|169|22[4-9]|2[3-5][0-9])\."
"""IPv4 addresses among which are those of no line. Each of them is judged by itself."""
PLAIN_PORT = r"^(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3})$"
PLAIN_NAME = r"^(?:[A-Za-z_][0-9A-Za-z_.@-]*|[0-9][0-9A-Za-z_@-]*)$"
"""A name or number that is what it seems to be, and needs no escape in JSON. Digits with a point or `+` may be mangled.
"""
PLAIN_BYTES = 100
CLOCK = r"[ T](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
PLAIN_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "infohash": 40, "ed2k": 32, "digest": 64}
"""Hexadecimal digits of each kind. A column of digests of any kind is sure of SHA-256 alone."""
YEAR = r"(?:19[7-9][0-9]|20[0-9]{2}|21[0-8][0-9])"
LAYOUTS = {
    None: (rf"^{YEAR}-[0-9]{{2}}-[0-9]{{2}}{CLOCK}(Z?)$", "%Y-%m-%d"),
    "dmy": (rf"^[0-9]{{2}}/[0-9]{{2}}/{YEAR}{CLOCK}(Z?)$", "%d/%m/%Y"),
    "mdy": (rf"^[0-9]{{2}}/[0-9]{{2}}/{YEAR}{CLOCK}(Z?)$", "%m/%d/%Y"),
}
UTC_NAMES = ("UTC", "GMT")
Made: TypeAlias = "str | int | bool | None"


def map_distinct(cells: pl.Series, read: Callable[[Any], Made], kind: type[pl.DataType]) -> pl.DataFrame:
    """Return `value` and `is_read` for each cell. Each distinct text is read once."""
    distinct = cells.unique()
    made: list[Made] = []
    is_read: list[bool] = []
    for text in distinct:
        try:
            made.append(read(text))
            is_read.append(True)
        except Unreadable:
            made.append(None)
            is_read.append(False)
    table = pl.DataFrame({"text": distinct, "value": pl.Series(made, dtype=kind), READ: is_read})
    return cells.alias("text").to_frame().join(table, on="text", how="left", maintain_order="left").drop("text")


def map_cells(
    cells: pl.Series, is_plain: pl.Expr, value: pl.Expr, read: Callable[[Any], Made], kind: type[pl.DataType]
) -> pl.DataFrame:
    """Return `value` and `is_read` for each cell, as `map_distinct` does, but plain ones by an expression of `text`.

    A million different names or digests are so read at once, and not by a million calls.
    """
    whole = cells.alias("text").to_frame().with_columns(is_plain.fill_null(value=False).alias("is_plain"))
    odd = whole.filter(~pl.col("is_plain"))["text"]
    plain = value.cast(kind, strict=False).alias("value")
    if odd.is_empty():
        return whole.select(plain, pl.lit(value=True).alias(READ))
    made = odd.to_frame().with_columns(map_distinct(odd, read, kind).rename({"value": "made"})).unique("text")
    joined = whole.join(made, on="text", how="left", maintain_order="left")
    return joined.select(
        pl.when("is_plain").then(plain).otherwise("made").alias("value"),
        (pl.col("is_plain") | pl.col(READ).fill_null(value=False)).alias(READ),
    )


def is_plain_name(text: pl.Expr | None = None) -> pl.Expr:
    """Return whether a text is a name that every rule of this module leaves as it is."""
    text = pl.col("text") if text is None else text
    is_stated = ~text.str.to_lowercase().is_in(sorted(ABSENT))
    return (text.str.len_bytes() <= PLAIN_BYTES) & text.str.contains(PLAIN_NAME) & is_stated


def read_columns(cells: pl.DataFrame, columns: TableColumns, options: TipOptions) -> pl.DataFrame:
    """Return the fields of each row as columns, with `is_read` where all of them are certain."""
    reader = _ColumnReader(cells, columns, options)
    return reader.read_fields()


class _ColumnReader:
    """The columns of one sheet. Each field is added with whether it was read."""

    def __init__(self, cells: pl.DataFrame, columns: TableColumns, options: TipOptions) -> None:
        self._cells, self._found, self._options = cells, columns, options
        self._made: dict[str, pl.Series] = {name: cells[name] for name in ("at", "byte_offset", "length")}
        self._reads: list[pl.Series] = []

    def read_fields(self) -> pl.DataFrame:
        """Read all fields."""
        self._read_endpoint("address", "port", "source")
        self._read_endpoint("destination", "destination_port", "destination")
        for field in ("event", "report", "fir", "esp", "service"):
            self._map_name(field)
        self._read_accounts()
        self._read_digests()
        self._map("proxy", _is_proxy, pl.Boolean)
        self._map("bytes", _parse_count, pl.Int64)
        self._read_time()
        whole = pl.DataFrame([one.alias(name) for name, one in self._made.items()])
        is_read = pl.all_horizontal([pl.lit(read.fill_null(value=False)) for read in self._reads])
        return whole.with_columns(is_read.alias(READ))

    def _get_cell(self, field: str) -> pl.Series | None:
        at = self._found.places.get(field)
        return None if at is None else self._cells[f"c{at}"]

    def _put(self, name: str, made: pl.DataFrame) -> None:
        self._made[name] = made["value"]
        self._reads.append(made[READ])

    def _add_nulls(self, name: str, kind: type[pl.DataType]) -> None:
        self._made[name] = pl.repeat(None, self._cells.height, dtype=kind, eager=True)

    def _map(self, field: str, read: Callable[[str], Made], kind: type[pl.DataType] = pl.String) -> None:
        cells = self._get_cell(field)
        if cells is None:
            self._add_nulls(field, kind)
        else:
            self._put(field, map_distinct(cells, read, kind))

    def _map_name(self, field: str) -> None:
        def read(text: str) -> str | None:
            return read_cell_text(field, Cell(text))

        cells = self._get_cell(field)
        if cells is None:
            self._add_nulls(field, pl.String)
        else:
            self._put(field, map_cells(cells, is_plain_name(), pl.col("text"), read, pl.String))

    def _read_endpoint(self, field: str, port_field: str, name: str) -> None:
        """An address, and its port from a column or from behind the address, never both."""
        cells, ports = self._get_cell(field), self._get_cell(port_field)
        if cells is None:
            self._add_nulls(f"{name}_ip", pl.String)
            self._add_nulls(f"{name}_port", pl.Int64)
            return
        text = pl.col("text")
        is_plain = text.str.contains(PLAIN_ADDRESS) & ~text.str.contains(OF_NO_LINE)
        plain = cells.alias("text").to_frame().with_columns(is_plain.alias("is_plain"))
        odd = plain.filter(~pl.col("is_plain"))["text"]
        rows = map_distinct(odd, lambda one: _format_endpoint(field, one, is_asked=field == "address"), pl.String)
        rows = odd.to_frame().with_columns(rows["value"], rows[READ]).unique("text")
        joined = plain.join(rows, on="text", how="left", maintain_order="left").with_columns(
            pl.when("is_plain").then("text").otherwise(pl.col("value").str.split(" ").list.first()).alias("ip"),
            pl.col("value").str.split(" ").list.get(1, null_on_oob=True).cast(pl.Int64).alias("own_port"),
            (pl.col("is_plain") | pl.col(READ).fill_null(value=False)).alias(READ),
        )
        own = joined["own_port"]
        self._made[f"{name}_ip"] = joined["ip"]
        self._reads.append(joined[READ])
        if ports is None:
            self._made[f"{name}_port"] = own
            return
        read_ports = _parse_ports(ports, port_field)
        self._made[f"{name}_port"] = own.zip_with(own.is_not_null(), read_ports["value"])
        # A port of its own beside one in a column, and a port without an address, are judged by themselves.
        self._reads += [read_ports[READ], own.is_null() | read_ports["value"].is_null()]
        self._reads.append(joined["ip"].is_not_null() | read_ports["value"].is_null())

    def _read_accounts(self) -> None:
        columns = [self._cells[f"c{at}"] for at in self._found.accounts]
        if not columns:
            self._add_nulls("accounts", pl.String)
            return
        if len(columns) == 1:
            as_json = pl.format('["{}"]', "text")
            self._put("accounts", map_cells(columns[0], is_plain_name(), as_json, _format_accounts, pl.String))
            return
        names = [one.alias(f"n{at}") for at, one in enumerate(columns)]
        joined = pl.DataFrame(names).select(pl.concat_str(pl.all(), separator="\x00")).to_series()
        self._put("accounts", map_distinct(joined, _format_accounts, pl.String))

    def _read_digests(self) -> None:
        for kind in DIGESTS:
            cells = self._get_cell(kind)
            if cells is None:
                self._add_nulls(kind, pl.String)
                continue
            digits = pl.col("text").str.to_lowercase()
            is_plain = pl.col("text").str.contains(rf"^[0-9A-Fa-f]{{{PLAIN_DIGITS[kind]}}}$")
            self._put(kind, map_cells(cells, is_plain, digits, partial(_parse_digest, kind), pl.String))
        own, other = self._made["sha256"], self._made.pop("digest")
        self._reads.append(own.is_null() | other.is_null() | (own == other))
        self._made["sha256"] = own.zip_with(own.is_not_null(), other)

    def _read_time(self) -> None:
        text, zone = self._build_time_text(), self._read_zone()
        if "epoch" in self._found.places or text is None:
            self._read_epoch()
            return
        frame = pl.DataFrame([text.alias("text"), zone.alias("zone")])
        is_utc = pl.col("zone").is_in(UTC_NAMES)
        table = self._options.read.timezone
        constant_s = table[0][1] if table is not None and len(table) == 1 else None
        order = self._options.read.date_order
        for name in dict.fromkeys((None, order if order in LAYOUTS else None)):
            pattern, date = LAYOUTS[name]
            is_zoned = pl.col("text").str.extract(pattern) == "Z"
            bare = pl.col("text").str.strip_suffix("Z").str.replace("T", " ", literal=True)
            local = bare.str.to_datetime(f"{date} %H:%M:%S", strict=False, time_unit="us").dt.epoch("us")
            local = pl.when(is_zoned.is_not_null()).then(local)
            frame = frame.with_columns(local.alias(f"us {date}"), is_zoned.alias(f"z {date}"))
        dates = [LAYOUTS[name][1] for name in dict.fromkeys((None, order if order in LAYOUTS else None))]
        frame = frame.with_columns(
            pl.coalesce([f"us {date}" for date in dates]).alias("local_us"),
            pl.coalesce([f"z {date}" for date in dates]).alias("is_zoned"),
        )
        is_known = pl.col("zone").is_null() | is_utc
        if table is None:
            bare_us, basis = pl.col("local_us"), TimeBasis.NONE
        elif constant_s is None:
            bare_us, basis = pl.lit(None, pl.Int64), TimeBasis.DECLARED
        else:
            bare_us, basis = pl.col("local_us") - constant_s * 1_000_000, TimeBasis.DECLARED
        is_record = pl.col("is_zoned") | is_utc.fill_null(value=False)
        rows = frame.select(
            pl.when(is_record).then("local_us").otherwise(bare_us).alias("us"),
            pl.when(is_record).then(pl.lit(TimeBasis.RECORD.value)).otherwise(pl.lit(basis.value)).alias("basis"),
            pl.when(pl.col("zone").is_null())
            .then("text")
            .otherwise(pl.format("{} {}", "text", "zone"))
            .alias("original"),
            is_known.alias("is_known"),
        )
        self._put_time(rows["us"], rows["basis"], rows["original"], rows["is_known"])

    def _build_time_text(self) -> pl.Series | None:
        date, time = self._get_cell("date"), self._get_cell("time")
        if time is None or date is None:
            return time
        return pl.DataFrame([date.alias("d"), time.alias("t")]).select(pl.format("{} {}", "d", "t")).to_series()

    def _read_zone(self) -> pl.Series:
        """The zone of each row; what is none of UTC's names is read row by row."""
        cells = self._get_cell("zone")
        if cells is None:
            return pl.repeat(self._found.zone, self._cells.height, dtype=pl.String, eager=True)
        made = map_distinct(cells, lambda text: read_cell_text("zone", Cell(text)), pl.String)
        self._reads.append(made[READ])
        return made["value"].fill_null(self._found.zone) if self._found.zone else made["value"]

    def _read_epoch(self) -> None:
        cells = self._get_cell("epoch")
        height = self._cells.height
        if cells is None:
            self._reads.append(pl.repeat(False, height, dtype=pl.Boolean, eager=True))
            cells = pl.repeat(None, height, dtype=pl.String, eager=True)
        is_plain = cells.str.contains(r"^[1-9][0-9]{8,9}$")
        us = cells.zip_with(is_plain.fill_null(value=False), pl.repeat(None, height, dtype=pl.String, eager=True))
        basis = pl.repeat(TimeBasis.RECORD.value, height, dtype=pl.String, eager=True)
        self._put_time(us.cast(pl.Int64) * 1_000_000, basis, cells, is_plain)

    def _put_time(self, us: pl.Series, basis: pl.Series, original: pl.Series, is_known: pl.Series) -> None:
        self._made |= {"recorded_us": us, "basis": basis, "timestamp_original": original}
        least, most = us.min(), us.max()
        if isinstance(least, int) and isinstance(most, int) and not (is_in_range(least) and is_in_range(most)):
            is_known = is_known & us.is_in(
                [
                    instant_us
                    for instant_us in us.unique().to_list()
                    if instant_us is not None and is_in_range(instant_us)
                ]
            )
        self._reads += [is_known, us.is_not_null()]


def _format_endpoint(field: str, text: str, *, is_asked: bool) -> str | None:
    """Return the canonical address and its own port, behind a blank. A missing address is asked about by itself."""
    bare = read_cell_text(field, Cell(text))
    if bare is None:
        if is_asked:
            raise Unreadable(TipCode.MISSING_FIELD)
        return None
    address, port = cell_values.parse_endpoint(bare)
    return address if port is None else f"{address} {port}"


def _parse_ports(cells: pl.Series, field: str) -> pl.DataFrame:
    is_plain = pl.col("text").str.contains(PLAIN_PORT)
    return map_cells(cells, is_plain, pl.col("text"), partial(_parse_port, field), pl.Int64)


def _parse_port(field: str, text: str) -> int | None:
    bare = read_cell_text(field, Cell(text))
    return None if bare is None else cell_values.parse_port(bare)


def _format_accounts(joined: str) -> str:
    """Return the accounts of a row as a JSON array, each once."""
    accounts = [read_cell_text("account", Cell(part)) for part in joined.split("\x00")]
    return _ENCODED(list(dict.fromkeys(account for account in accounts if account)))


def _parse_digest(kind: str, text: str) -> str | None:
    bare = read_cell_text(kind, Cell(text))
    return cell_values.parse_digest(kind, bare)[1] if bare else None


def _is_proxy(text: str) -> bool:
    bare = read_cell_text("proxy", Cell(text))
    return bare is not None and cell_values.parse_yes(bare)


def _parse_count(text: str) -> int | None:
    bare = read_cell_text("bytes", Cell(text))
    return None if bare is None else cell_values.parse_count(bare)


def parse_accounts(json_text: str | None) -> Sequence[Any]:
    """Return the accounts that `_format_accounts` wrote."""
    if not json_text:
        return []
    # Most rows have one account without any sign that JSON escapes: a million of them are read without its parser.
    inner = json_text[2:-2]
    return json.loads(json_text) if not inner or '"' in inner or "\\" in inner else [inner]
