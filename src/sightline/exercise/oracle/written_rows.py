"""A row of a reply as it was written, and what it alone can prove."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from sightline.exercise.oracle.cells import CellStatement, parse_cells

SECOND_US = 1_000_000
MOST_UNEQUAL_US = 2 * SECOND_US
"""The allowed difference between a written duration and end minus start, both in whole seconds."""
SHARED_SPACE = ipaddress.ip_network("100.64.0.0/10")
CONTACT = "contact"


@dataclass(slots=True)
class WrittenRow:
    """The content of a row, null if it is missing or unreadable. Times in microseconds since 1970, UTC.

    `file` distinguishes the files of all replies. `cells`: headings and values of all other columns. `doubt`: why the
    row may hold and proves nothing, from the row alone, its file, or the notice.
    """

    place: int
    notice: int
    file: int
    ip: str | None
    port_from: int | None
    port_to: int | None
    start_us: int | None
    end_us: int | None
    start_slack_us: int
    end_slack_us: int
    number: str | None
    number_kind: str | None
    row_id: str | None
    seen_us: int | None
    says: str
    certified: bool
    protocol: str | None = None
    destination_ip: str | None = None
    destination_port: int | None = None
    inside_ip: str | None = None
    duration_us: int | None = None
    is_static: bool = False
    layout: str | None = None
    cells: tuple[tuple[str, str | None], ...] = ()
    statements: set[CellStatement] = field(default_factory=set)
    doubt: str | None = None

    @property
    def is_assignment(self) -> bool:
        """Return whether it describes an assignment of the address."""
        return self.says != "no-records"

    @property
    def is_exclusive(self) -> bool | None:
        """Return whether it states that one line alone has the address.

        An inside address means that several share it.
        """
        if CellStatement.SHARED in self.statements or (self.inside_ip is not None and is_inside(self.inside_ip)):
            return False
        return True if CellStatement.ALONE in self.statements or self.is_host_of_v6 else None

    @property
    def is_host_of_v6(self) -> bool:
        """Return whether it is for a single IPv6 address, which is one line's unless something contradicts."""
        return self.ip is not None and ":" in self.ip and self.ip.partition("/")[2] in {"", "128"}

    @property
    def prefix_length(self) -> int | None:
        """Return the length of its prefix, or None for a single address."""
        length = (self.ip or "").partition("/")[2]
        return int(length) if length else None

    @property
    def surely_until_us(self) -> int | None:
        """Return until when it surely holds: its end; without one, the last sign of life; without that, its start."""
        if self.end_us is not None:
            return self.end_us
        return None if self.is_static else self.seen_us if self.seen_us is not None else self.start_us


def is_inside(ip: str) -> bool:
    """Return whether an address is behind a NAT: private, or in 100.64.0.0/10."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return (
        address.is_private and (address.version == 4 or address in ipaddress.ip_network("fc00::/7"))
    ) or address in SHARED_SPACE


OPTIONAL: dict[str, Any] = {
    "number_kind": None,
    "row_id": None,
    "seen_us": None,
    "certified": True,
    "file": 0,
    "protocol": None,
    "destination_ip": None,
    "destination_port": None,
    "inside_ip": None,
    "duration_us": None,
    "is_static": False,
    "layout": None,
    "cells": None,
}
"""Columns that a frame of reply rows may lack, and their defaults."""
NEEDED = "notice ip port_from port_to start_us end_us start_slack_us end_slack_us number says".split()


def read_rows(replied: pl.DataFrame) -> list[WrittenRow]:
    """Return the rows of replies, in their order, with the doubts of each row alone."""
    names = [*NEEDED, *(name for name in OPTIONAL if name in replied.columns)]
    return [_build_row(place, row) for place, row in enumerate(replied.select(names).iter_rows(named=True))]


def _build_row(place: int, reply_row: dict[str, Any]) -> WrittenRow:
    known = {name: OPTIONAL[name] if reply_row.get(name) is None else reply_row[name] for name in OPTIONAL}
    known |= {name: reply_row[name] for name in NEEDED}
    slacks = {name: reply_row[name] or 0 for name in ("start_slack_us", "end_slack_us")}
    cells = tuple((cell["heading"], cell["value"]) for cell in known.pop("cells") or ())
    row = WrittenRow(place, **(known | slacks), cells=cells, statements=parse_cells(cells))
    row.doubt = next(_list_doubts(row), None)
    return row


def _list_doubts(row: WrittenRow) -> Iterator[str]:
    """What keeps the row from proving anything, as it stands."""
    if CellStatement.DOUBT in row.statements:
        yield "a cell that is not on the list of those that confirm"
    if CellStatement.OPERATOR in row.statements:
        yield "an operator's line"
    if row.number_kind == CONTACT:
        yield "a contact number is never the line"
    if row.start_us is not None and row.end_us is not None:
        if row.end_us < row.start_us:
            yield "it ends before it starts"
        if row.duration_us is not None:
            unequal = abs(row.duration_us - (row.end_us - row.start_us))
            if unequal > MOST_UNEQUAL_US + row.start_slack_us + row.end_slack_us:
                yield "its duration is not its end less its start"
