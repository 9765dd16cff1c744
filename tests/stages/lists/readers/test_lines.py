"""Lines keep their numbers across blocks, and no input makes them cost memory."""

from __future__ import annotations

import csv
import io
import itertools
import tracemalloc
from collections.abc import Callable
from typing import BinaryIO, cast

import pytest

from sightline.model import RowCode
from sightline.stages.lists.readers.exports import read_values
from sightline.stages.lists.readers.lines import LINE_LIMIT_BYTES, read_line_batches


class Endless(io.RawIOBase):
    """So many bytes of one line, never held."""

    def __init__(self, size_bytes: int) -> None:
        self.left = size_bytes

    def read(self, size: int = -1) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return b"a" * size


def test_a_huge_line_is_one_reject_in_little_memory() -> None:
    tracemalloc.start()
    batches = list(read_line_batches(cast(BinaryIO, Endless(100_000_000))))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(reject.line, reject.code) for batch in batches for reject in batch.rejects] == [(1, RowCode.ROW_TOO_LONG)]
    assert peak_bytes < 8 << 20


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("over", [0, 1])
def test_the_limit_is_the_lines_own_bytes(end: bytes, over: int) -> None:
    for filler in (b"a", "é".encode(), "😀".encode()):
        line = filler * (LINE_LIMIT_BYTES // len(filler)) + b"a" * over
        [batch] = read_line_batches(io.BytesIO(line + end))
        assert [reject.code for reject in batch.rejects] == [RowCode.ROW_TOO_LONG] * over


def test_a_long_line_cut_at_a_carriage_return_is_still_too_long() -> None:
    first = b"a" * LINE_LIMIT_BYTES + b"\r" + b"b" * (1 << 20)
    first = first[: 1 << 20]
    batches = list(read_line_batches(io.BytesIO(first + b"\nlast\n")))
    assert [reject.line for batch in batches for reject in batch.rejects] == [1]
    assert batches[-1].lines[-1] == "last"


def test_numbers_stay_true_across_blocks() -> None:
    lines = [f"line {number} é" for number in range(1, 200_001)]
    found: dict[int, str] = {}
    for batch in read_line_batches(io.BytesIO("\r\n".join(lines).encode())):
        found.update(enumerate(batch.lines, batch.first))
        assert not batch.rejects
    assert found == dict(enumerate(lines, 1))


def test_a_bom_is_dropped_at_the_start_only() -> None:
    [batch] = read_line_batches(io.BytesIO("\ufeffa\n\ufeffb\n".encode()))
    assert batch.lines == ["a", "\ufeffb"]


def test_fields_of_a_line_are_those_of_the_csv_module() -> None:
    def by_csv(line: str) -> list[str]:
        return next(csv.reader((line,), strict=True, skipinitialspace=True))

    pieces = ['"', '""', ",", " ", "a", "\r"]
    for line in map("".join, itertools.product(pieces, repeat=5)):
        assert _fields(read_values, line) == _fields(by_csv, line)


def _fields(read: Callable[[str], list[str]], line: str) -> list[str] | None:
    try:
        return read(line)
    except csv.Error:
        return None
