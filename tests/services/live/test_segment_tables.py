"""Tables of many small segments: each is found as it was put, and together they take little more than their rows."""

from __future__ import annotations

import polars as pl
import pytest

from sightline.services.sessions import segment_cache
from sightline.services.sessions.segment_tables import JOINED, SegmentTables, TableSlice, concat_slices

SEGMENTS = 5 * JOINED // 2


def table_of(number: int) -> pl.DataFrame:
    """A table of no, one or two rows. Every seventh one has other columns."""
    rows = range(number, number + number % 3)
    name = "other" if number % 7 == 0 else "name"
    return pl.DataFrame({"number": rows, name: [f"row {row}" for row in rows]}, schema_overrides={name: pl.String})


def filled() -> SegmentTables:
    tables = SegmentTables()
    for number in range(SEGMENTS):
        tables.put((f"run{number}", 0), "key", number % 3, table_of(number))
    return tables


def rows_held(tables: SegmentTables) -> dict[int, int]:
    """The rows of each table that is held."""
    return {id(table): len(table) for table, _ in (table_slice.place for table_slice in tables._slices)}


def test_each_table_is_found_and_few_are_held() -> None:
    tables = filled()
    for number in range(SEGMENTS):
        found = tables.find((f"run{number}", 0), "key")
        assert found is not None
        assert found.rows.equals(table_of(number)) and found.rows.schema == table_of(number).schema
    assert len(rows_held(tables)) <= 2 * (SEGMENTS // JOINED) + JOINED, "two kinds of columns, and those that wait"
    assert tables.find(("run1", 0), "another key") is None


def test_slices_of_several_tables_are_concatenated_in_any_order() -> None:
    tables, numbers = filled(), [one for one in range(SEGMENTS - 1, 0, -3) if one % 7]
    found = [tables.find((f"run{number}", 0), "key") for number in numbers]
    whole = concat_slices([table_slice for table_slice in found if table_slice is not None])
    assert whole.equals(pl.concat(table_of(number) for number in numbers))
    assert concat_slices([TableSlice((table_of(3), 0), 0)]).equals(table_of(3))


def test_forgotten_rows_are_not_held_by_what_is_left() -> None:
    tables = filled()
    left = {f"run{number}" for number in range(0, SEGMENTS, 10)}
    tables.forget_others(left)
    assert sum(rows_held(tables).values()) == sum(number % 3 for number in range(0, SEGMENTS, 10))
    for number in range(SEGMENTS):
        found = tables.find((f"run{number}", 0), "key")
        assert (found is not None) == (f"run{number}" in left)
        assert found is None or found.rows.equals(table_of(number))


def test_a_newer_result_takes_the_place_of_the_older_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise each new data set fills the memory once more, and at last nothing new is remembered."""
    monkeypatch.setattr(segment_cache, "ROWS", 2 * segment_cache.LEAST_ROWS)
    tables = SegmentTables()
    for key in range(9):
        for run in ("one", "two"):
            tables.put((run, 0), key, 1, table_of(key))
            assert tables.find((run, 0), key) is not None
    tables.put(("three", 0), 8, 1, table_of(1))
    assert tables.find(("three", 0), 8) is None, "there is room for two"
    tables.clear()
    assert tables.find(("one", 0), 8) is None
