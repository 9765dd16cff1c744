"""Sessions of two tables that are of one address at one time."""

import polars as pl

from sightline.exercise.assessment.session_pairs import pair_sessions

SECOND = 1_000_000


def table(*rows: tuple[str, int, int, int]) -> pl.DataFrame:
    """Address, block, first and last second."""
    return pl.DataFrame(
        [(place, ip, block, first * SECOND, last * SECOND) for place, (ip, block, first, last) in enumerate(rows)],
        schema={"id": pl.Int64, "ip": pl.String, "block": pl.Int64, "first_us": pl.Int64, "last_us": pl.Int64},
        orient="row",
    )


def is_pair(one: pl.DataFrame, other: pl.DataFrame) -> list[tuple[int, int]]:
    return [(left, right) for left, right in pair_sessions(one, other).iter_rows()]


def test_address_block_and_time_must_meet() -> None:
    one = table(("a", -1, 10, 20))
    assert is_pair(one, table(("a", -1, 20, 30), ("b", -1, 10, 20), ("a", 2, 10, 20), ("a", -1, 40, 50))) == [(0, 0)]
    assert is_pair(one, table(("a", -1, 25, 30))) == []


def test_a_long_one_finds_the_short_ones_that_it_holds_and_they_find_it() -> None:
    long, short = table(("a", -1, 0, 100)), table(("a", -1, 5, 6), ("a", -1, 50, 60), ("a", -1, 99, 120))
    assert is_pair(long, short) == [(0, 0), (0, 1), (0, 2)]
    assert is_pair(short, long) == [(0, 0), (1, 0), (2, 0)]


def test_another_in_between_hides_nothing() -> None:
    sessions = table(("a", -1, 0, 10), ("a", -1, 90, 100))
    truth = table(("a", -1, 0, 100), ("a", -1, 60, 70))
    assert is_pair(sessions, truth) == [(0, 0), (1, 0)]
