"""Read a batch of assignment rows by columns. It agrees with `single_rows.read_row`, which reads the other rows."""

from __future__ import annotations

from dataclasses import asdict

import polars as pl

from sightline.stages.resolve.model import ASSIGNED, SECOND_US, RowStatement
from sightline.stages.resolve.replies.address_values import MOST_PORTS, extract_embedded
from sightline.stages.resolve.replies.distinct import ADDRESS, PORTS, Readers, choose_values, repeat_value
from sightline.stages.resolve.replies.single_rows import NAMED_BY_TEXT, NUMBERS, AssignedRow

UNSTATED = ("protocol", "is_exclusive", "is_static", "is_operator", "doubted_by", "space")
"""Columns of ASSIGNED that marks fill, not the facts of a row."""


def read_columns(texts: pl.DataFrame, readers: Readers) -> tuple[pl.DataFrame, pl.Series]:
    """Return the rows of ASSIGNED that can be read by columns, and which rows of `texts` these are.

    `texts`: `row`, and a column of text for each field, empty if it has no value.
    """
    columns = _Columns(texts, readers)
    frame = pl.DataFrame(columns.to_columns()).select(pl.col(name).cast(kind) for name, kind in ASSIGNED.items())
    is_good = ~columns.is_odd
    return (frame if is_good.all() else frame.filter(is_good)), is_good


class _Columns:
    """The columns under construction. `is_odd` marks the rows to read one by one."""

    def __init__(self, texts: pl.DataFrame, readers: Readers) -> None:
        self.texts, self.readers, self.height = texts, readers, texts.height
        self.is_odd = self._repeat(False)

    def _repeat(self, value: object, kind: pl.DataType | None = None) -> pl.Series:
        return repeat_value(value, self.height, kind or pl.Boolean())

    def _mark_odd(self, mask: pl.Series) -> None:
        self.is_odd = self.is_odd | mask.fill_null(False)

    def _read_addresses(self, field: str) -> pl.DataFrame:
        if field not in self.texts.columns:
            return pl.DataFrame({name: self._repeat(None, kind) for name, kind in ADDRESS.items()})
        rows = self.readers.read_addresses(self.texts[field], inside=field in {"inside_ip", "softwire"})
        self._mark_odd(rows["is_bad"])
        return rows

    def _read_ports(self, field: str) -> pl.DataFrame:
        if field not in self.texts.columns:
            return pl.DataFrame({name: self._repeat(None, kind) for name, kind in PORTS.items()})
        rows = self.readers.read_ports(self.texts[field])
        self._mark_odd(rows["is_bad"])
        return rows

    def _read_instants(self, edge: str) -> pl.DataFrame:
        columns = self.texts.columns
        if f"{edge}_date" in columns:
            clocks = self.texts[f"{edge}_clock"] if f"{edge}_clock" in columns else self._repeat("", pl.String())
            rows = self.readers.read_instants_of_two(self.texts[f"{edge}_date"], clocks)
        elif edge in columns:
            rows = self.readers.read_instants(self.texts[edge])
        else:
            return pl.DataFrame({"us": self._repeat(None, pl.Int64()), "slack_us": self._repeat(None, pl.Int64())})
        self._mark_odd(rows["is_bad"])
        return rows

    def to_columns(self) -> dict[str, pl.Series]:
        """Return the columns of ASSIGNED. Those of odd rows have no meaning."""
        start, end = self._read_instants("start"), self._read_instants("end")
        start, end = self._fill_starts(start, end), self._ends(start, end)
        self._mark_odd(start["us"].is_null())
        self._mark_odd(end["us"] + end["slack_us"] <= start["us"])
        destination, aimed = self._read_addresses("destination_ip"), self._read_ports("destination_port")
        self._mark_odd(aimed["first"] != aimed["last"])
        destination = _extract_embedded(destination)
        if "destination_ip6" in self.texts.columns:
            six = _extract_embedded(self._read_addresses("destination_ip6"))
            destination = pl.DataFrame(
                {name: _coalesce_values(destination[name], six[name]) for name in ("ip", "port")}
            )
        self._read_ports("inside_port")
        number, kind = self._read_numbers()
        return {
            "row": self.texts["row"],
            **self._read_public(),
            "start_us": start["us"],
            "end_us": end["us"],
            "start_slack_us": start["slack_us"],
            "end_slack_us": end["slack_us"].fill_null(0),
            "destination_ip": destination["ip"],
            "destination_port": _coalesce_values(aimed["first"], destination["port"]),
            "number": number,
            "number_kind": kind,
            "row_id": self._read_row_ids(),
            "seen_us": self._find_last_signs(end["us"]),
            "says": self._repeat(RowStatement.ASSIGNED.value, ASSIGNED["says"]),
            **{name: self._repeat(None, ASSIGNED[name]) for name in UNSTATED},
        }

    def _find_last_signs(self, ends: pl.Series) -> pl.Series:
        """The last signs of life of rows without an end."""
        if "seen" not in self.texts.columns:
            return self._repeat(None, pl.Int64())
        rows = self.readers.read_instants(self.texts["seen"])
        self._mark_odd(rows["is_bad"] & ends.is_null())
        return choose_values(ends.is_null(), rows["us"], self._repeat(None, pl.Int64()))

    def _fill_starts(self, start: pl.DataFrame, end: pl.DataFrame) -> pl.DataFrame:
        """The starts, from the ends and the lifetimes where none stand."""
        if "lifetime" not in self.texts.columns:
            return start
        rows = self.readers.read_lasting("lifetime", self.texts["lifetime"])
        self._mark_odd(rows["is_bad"] & start["us"].is_null())
        us = end["us"] - rows["us"]
        slack = pl.select(pl.when(us.is_not_null()).then(end["slack_us"])).to_series()
        return pl.DataFrame(
            {"us": _coalesce_values(start["us"], us), "slack_us": _coalesce_values(start["slack_us"], slack)}
        )

    def _ends(self, start: pl.DataFrame, end: pl.DataFrame) -> pl.DataFrame:
        """The ends, from the durations where none stand."""
        if "duration" not in self.texts.columns:
            return end
        rows = self.readers.read_lasting("duration", self.texts["duration"])
        self._mark_odd(rows["is_bad"] & end["us"].is_null())
        us = start["us"] + rows["us"]
        slack = pl.select(pl.when(us.is_not_null()).then(start["slack_us"] + SECOND_US)).to_series()
        return pl.DataFrame(
            {"us": _coalesce_values(end["us"], us), "slack_us": _coalesce_values(end["slack_us"], slack)}
        )

    def _read_public(self) -> dict[str, pl.Series]:
        """The public address, its ports, and the address inside."""
        public, inside, softwire = (self._read_addresses(name) for name in ("ip", "inside_ip", "softwire"))
        source = self._read_addresses("source_ip")
        is_stated = public["ip"].is_not_null()
        ip, own = _coalesce_values(public["ip"], source["ip"]), choose_values(is_stated, public["port"], source["port"])
        self._mark_odd(ip.is_null() | choose_values(is_stated, public["is_inside"], source["is_inside"]))
        one = self._read_ports("port")
        first, last = one["first"], one["last"]
        if "source_port" in self.texts.columns and not is_stated.all():
            spare = self.readers.read_ports(self.texts["source_port"])
            is_spare = ~is_stated & first.is_null()
            self._mark_odd(spare["is_bad"] & is_spare)
            first, last = choose_values(is_spare, spare["first"], first), choose_values(is_spare, spare["last"], last)
        low, high = self._read_ports("port_from"), self._read_ports("port_to")
        if {"port_from", "port_to"} & {*self.texts.columns}:
            self._mark_odd(
                (low["first"] != low["last"]) | (high["first"] != high["last"]) | (high["last"] < low["first"])
            )
            self._mark_odd(low["first"].is_null() != high["first"].is_null())
            is_within = (first == last) & (first >= low["first"]) & (last <= high["last"])
            self._mark_odd(((first != low["first"]) | (last != high["last"])) & ~is_within)
            first, last = _coalesce_values(low["first"], first), _coalesce_values(high["last"], last)
        self._mark_odd((own != first) | (own != last))
        within = choose_values(is_stated, source["ip"], self._repeat(None, pl.String()))
        first, last = _coalesce_values(first, own), _coalesce_values(last, own)
        is_most = (last.cast(pl.Int32) - first.cast(pl.Int32) >= MOST_PORTS).fill_null(value=False)
        if is_most.any():
            first, last = (choose_values(is_most, self._repeat(None, pl.UInt16()), series) for series in (first, last))
        return {
            "ip": ip,
            "port_from": first,
            "port_to": last,
            "inside_ip": _coalesce_values(softwire["ip"], _coalesce_values(inside["ip"], within)),
        }

    def _read_numbers(self) -> tuple[pl.Series, pl.Series]:
        """The number of each row, by the first field that has one, and its kind."""
        number, kind = self._repeat(None, pl.String()), self._repeat(None, pl.String())
        for field in NUMBERS:
            if field not in self.texts.columns or not number.has_nulls():
                continue
            is_open = number.is_null()
            texts = self.texts[field]
            if not is_open.all():
                texts = choose_values(is_open, texts, self._repeat(None, pl.String()))
            rows = self.readers.read_numbers(field, texts)
            self._mark_odd(rows["is_bad"])
            if field in NAMED_BY_TEXT:
                self._mark_odd(texts.str.contains(r"\S +\S"))
            number, kind = _coalesce_values(number, rows["number"]), _coalesce_values(kind, rows["kind"])
        return number, kind

    def _read_row_ids(self) -> pl.Series:
        if "row_id" not in self.texts.columns:
            return self._repeat(None, pl.String())
        rows = self.readers.read_row_ids(self.texts["row_id"])
        self._mark_odd(rows["is_bad"])
        return rows["row_id"]


def _extract_embedded(addresses: pl.DataFrame) -> pl.DataFrame:
    """Destinations, with the IPv4 address in the place of one of NAT64's well-known prefix."""
    if not addresses["ip"].str.starts_with("64:ff9b::").any():
        return addresses
    return addresses.with_columns(pl.col("ip").map_elements(extract_embedded, pl.String))


def _coalesce_values(one: pl.Series, other: pl.Series) -> pl.Series:
    """Of each row the first that is there."""
    return one if not one.has_nulls() else pl.select(pl.coalesce(one, other)).to_series()


def as_frame(numbered: list[tuple[int, AssignedRow]]) -> pl.DataFrame:
    """Return rows that were read one by one as a frame."""
    return pl.DataFrame([{"row": row, **asdict(assigned)} for row, assigned in numbered], schema=ASSIGNED)
