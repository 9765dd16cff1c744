"""Instructions that grow with the square of a line's length are found in what valgrind counted."""

from __future__ import annotations

import pytest
from bench.growth import pair_counts

PRINTED = """
running 2 tests
test growth_of_frames ... growth of csv: "" ","
growth of csv: "" "a"
ok
"""


def write_totals(*counts: int) -> list[str]:
    return [line for count in counts for line in ("part: 1\n", "fn=(1) counted_work\n", f"totals: {count}\n")]


def test_twice_the_work_is_in_proportion_and_four_times_is_not() -> None:
    linear, square = pair_counts(PRINTED, iter(write_totals(100_000, 200_100, 100_000, 390_000, 0)))
    assert linear.is_linear
    assert not square.is_linear
    assert (square.label, square.short, square.long) == ('csv: "" "a"', 100_000, 390_000)


def test_a_copy_that_only_the_longer_input_needs_is_no_growth() -> None:
    (growth,) = pair_counts("growth of a\n", iter(write_totals(3_743, 12_080)))
    assert growth.is_linear


def test_a_square_of_few_steps_is_seen() -> None:
    bytes_read = 4096
    steps = bytes_read**2 // 32
    (growth,) = pair_counts("growth of a\n", iter(write_totals(steps, 4 * steps)))
    assert not growth.is_linear


@pytest.mark.parametrize(
    ("printed", "counts"),
    [(PRINTED, (1, 2, 3)), ("running 0 tests\n", (0,)), ("growth of a\n", ())],
    ids=["a call was not seen", "no test ran", "nothing was counted"],
)
def test_what_was_not_counted_is_no_success(printed: str, counts: tuple[int, ...]) -> None:
    with pytest.raises(SystemExit, match="did not see every call"):
        list(pair_counts(printed, iter(write_totals(*counts))))
