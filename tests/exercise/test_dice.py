"""Chance without state: the published algorithm, and shares that are kept."""

import polars as pl

from sightline.exercise.dice import Dice

MASK = (1 << 64) - 1


def mixed(state: int) -> int:
    """SplitMix64's finaliser, as its authors give it."""
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
    state = (state ^ state >> 27) * 0x94D049BB133111EB & MASK
    return state ^ state >> 31


def test_bits_are_those_of_splitmix64() -> None:
    dice = Dice(5)
    rows = pl.DataFrame({"row": [0, 1, 2, 10**12]})
    expected = [mixed((dice.derive_salt("gap") ^ row) + 0x9E3779B97F4A7C15 & MASK) for row in rows["row"]]
    assert rows.select(dice.draw_bits("gap", "row")).to_series().to_list() == expected


def test_shares_are_exact_and_purposes_are_independent() -> None:
    dice = Dice(5)
    rows = pl.select(row=pl.int_range(0, 200_000)).with_columns(
        dice.choose_position({"a": 0.01, "b": 0.0, "c": 0.99}, "kind", "row").alias("kind"),
        dice.draw_unit("one", "row").alias("one"),
        dice.draw_unit("other", "row").alias("other"),
    )
    assert abs((rows["kind"] == 0).mean() - 0.01) < 0.001  # type: ignore[operator]
    assert not (rows["kind"] == 1).any()
    assert abs(rows.select(pl.corr("one", "other")).item()) < 0.01
