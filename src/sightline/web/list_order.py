"""Sort a list that the server pages by a column that the officer chose: the headings lead to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import polars as pl

PAGE_ROWS = 50
"""Rows of a page of a list."""


@dataclass(frozen=True, slots=True)
class ListOrder:
    """The order of a list: `by` names a column, with `-` before it for the last first; empty is the list's own order.

    `filters` are the other parts of the address, which every link keeps. `keys` has one name for each heading of the
    table, empty for a heading that does not sort.
    """

    path: str
    keys: tuple[str, ...]
    by: str
    filters: Mapping[str, str]

    def build_link(self, key: str) -> str:
        """Return the address of the list in the order of a column, or in the opposite one if it has that order."""
        return self._build_address({"sort": f"-{key}" if self.by == key else key})

    def build_next(self, after: str) -> str:
        """Return the address of the page after a row, in the same order."""
        return self._build_address({"sort": self.by, "after": after})

    def find_direction(self, key: str) -> str | None:
        """Return `ascending` or `descending` if the list has the order of this column, else None."""
        return {key: "ascending", f"-{key}": "descending"}.get(self.by) if key else None

    def _build_address(self, more: Mapping[str, str]) -> str:
        values = {name: value for name, value in (*self.filters.items(), *more.items()) if value}
        return f"{self.path}?{urlencode(values)}"


def sort_by_choice(frame: pl.DataFrame, columns: Mapping[str, pl.Expr], by: str) -> pl.DataFrame:
    """Return the rows in the chosen order; rows that are equal in it, and all for an unknown name, keep theirs."""
    column = columns.get(by.removeprefix("-"))
    if column is None:
        return frame
    return frame.sort(column, descending=by.startswith("-"), nulls_last=True, maintain_order=True)


def select_page_after(frame: pl.DataFrame, key: str, after: str) -> tuple[pl.DataFrame, str | None]:
    """Return the rows after the one with that key, and the key after which the next page begins."""
    at = frame[key].index_of(after) if after else None
    begin = 0 if at is None else at + 1
    page = frame.slice(begin, PAGE_ROWS)
    return page, (page[key][-1] if begin + PAGE_ROWS < len(frame) else None)
