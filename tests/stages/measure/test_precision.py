"""Wilson's interval against published values; and counts, with a share only where there are enough of them."""

import polars as pl
import pytest

from sightline.stages.measure.precision import RESTS, compute_precision
from sightline.stages.measure.wilson import compute_interval

SCHEMA = {"outcome": pl.String, "kind": pl.String}


def bounds(right: int, of: int) -> tuple[float | None, float | None]:
    low, high = compute_interval(pl.lit(right), pl.lit(of))
    found: tuple[float | None, float | None] = pl.select(low.alias("low"), high.alias("high")).row(0)
    return found


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_bounds_are_those_of_newcombe(right: int, of: int, low: float, high: float) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998) 857, Table I, method 3."""
    assert bounds(right, of) == pytest.approx((low, high), abs=5e-5)


def test_bounds_of_nothing_are_none_and_those_of_all_end_at_one() -> None:
    assert bounds(0, 0) == (None, None)
    low, high = bounds(20, 20)
    assert low == pytest.approx(0.8389, abs=5e-5)
    assert high == 1.0


def test_each_kind_is_counted_by_all_that_a_lead_rests_on_and_no_result_apart() -> None:
    kinds = [*["confirmed-by-forensics"] * 3, "innocent", "wrong-place", "wrong-time", "no-result", "no-result"]
    outcomes = pl.DataFrame([(str(at), kind) for at, kind in enumerate(kinds)], schema=SCHEMA, orient="row")
    rests = [(str(at), "source", "proxy") for at in range(8)]
    rests += [(str(at), "list", "AGENCY") for at in range(4)] + [("0", "list", "AGENCY")]
    table = compute_precision(outcomes, pl.DataFrame(rests, schema=RESTS, orient="row"))
    assert table.select("of", "name").rows() == [("all", "outcomes"), ("source", "proxy"), ("list", "AGENCY")]
    whole, source, few = table.drop("of", "name").rows(named=True)
    assert whole == source
    counts = {"confirmed": 3, "innocent": 1, "wrong_place": 1, "wrong_subscriber": 0, "wrong_time": 1, "no_result": 2}
    assert {name: whole[name] for name in counts} == counts
    assert (whole["judged"], whole["precision"]) == (6, 0.5)
    assert whole["low"] == pytest.approx(0.1876, abs=1e-4)
    assert (few["judged"], few["confirmed"], few["precision"], few["low"], few["high"]) == (4, 3, None, None, None)


def test_no_outcomes_give_no_row() -> None:
    assert compute_precision(pl.DataFrame(schema=SCHEMA), pl.DataFrame(schema=RESTS)).is_empty()
