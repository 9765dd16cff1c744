"""On generated logs, kernel and oracle give the same bytes, whatever stands in them."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sightline.stages.scan.options import ReadOptions
from tests.differential.logs import FORMATS, ROWS, cases, sample_lines
from tests.differential.sides import Case, assert_sides_agree

OPEN = tuple(row + ",,,,,," for row in ROWS)


def agree_on_examples(name: str, max_examples: int) -> None:
    @settings(max_examples=max_examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(cases(name))
    def agree(case: Case) -> None:
        with tempfile.TemporaryDirectory() as folder:
            assert_sides_agree(case, Path(folder))

    agree()


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_sides_agree_on_mutated_lines(name: str) -> None:
    agree_on_examples(name, 12)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_sides_agree_on_many_mutated_lines(name: str) -> None:
    agree_on_examples(name, 400)


@pytest.mark.parametrize("limit", [1 << 20, 70_000, 200])
def test_sides_agree_where_the_kernel_cuts_chunks(limit: int, tmp_path: Path) -> None:
    lines = sample_lines("combined")
    pieces = []
    for number in range(400):
        pieces += lines[number % len(lines) :][:5]
        pieces.append(b"x" * (number * 37) + (b"\r\n" if number % 2 else b"\n"))
        if number % 97 == 0:
            pieces.append(lines[0].rstrip(b"\n") + b"\0" * 100_000 + b"\n")
    pieces.append(b"y" * (3 << 20))
    case = Case(
        (b"".join(pieces), b"".join(pieces[:50])),
        FORMATS["combined"].program,
        (OPEN,),
        ReadOptions(max_frame_bytes=limit),
    )
    told = assert_sides_agree(case, tmp_path)
    assert len(case.exhibits[0]) > 5 << 20
    assert told.accounts[0]["rejects"]


def test_a_bom_counts_as_part_of_its_frame(tmp_path: Path) -> None:
    line = sample_lines("combined")[0].rstrip(b"\n")
    case = Case(
        (b"\xef\xbb\xbf" + line,), FORMATS["combined"].program, (OPEN,), ReadOptions(max_frame_bytes=len(line) + 2)
    )
    assert assert_sides_agree(case, tmp_path).accounts[0]["records"] == 0
