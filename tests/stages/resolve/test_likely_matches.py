"""Which rows of a reply are likely to meet one of the notice: the same rows with steps of any length."""

from __future__ import annotations

import random

import polars as pl
import pytest

from sightline.stages.resolve import row_match
from sightline.stages.resolve.assignment_spans import FOREVER_US
from sightline.stages.resolve.model import SECOND_US
from sightline.stages.resolve.row_match import NoticeIndex
from tests.stages.resolve.rows import asked, notice, us

LASTS_S = 5_000
SCHEMA = {"at": pl.UInt32, "address": pl.Int64, "may_from": pl.Int64, "may_until": pl.Int64}


@pytest.mark.parametrize("steps", [7, 1_024, 10_000])
def test_likely_rows_include_every_row_that_meets(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(steps)
    begins = [dice.randrange(LASTS_S) for _ in range(60)]
    rows = notice(
        *(
            asked(f"r{at}", begin, begin + dice.choice([0, 0.5, 30, 900]), ip=f"192.0.2.{at % 9}")
            for at, begin in enumerate(begins)
        )
    )
    spans = [(at, *_span(dice)) for at in range(3_000)]
    found = {}
    for many in (1, steps):  # one step alone leaves nothing out
        monkeypatch.setattr(row_match, "MOST_STEPS", many)
        index = NoticeIndex(rows)
        found[many] = index.match_likely(pl.DataFrame(spans, SCHEMA, orient="row"))
    assert found[steps].equals(found[1])
    wanted = {at for at, *span in spans if _meets(index.rows, *span)}
    assert wanted <= {*found[steps]["at"]}
    assert 100 < len(wanted) <= found[steps].height < 2_900


def _span(dice: random.Random) -> tuple[int, int, int]:
    begins = us(dice.randrange(-LASTS_S, 2 * LASTS_S))
    ends = begins + dice.choice([0, 1, 20, 600]) * SECOND_US
    return dice.randrange(9), *dice.choice([(begins, ends)] * 8 + [(-FOREVER_US, ends), (begins, FOREVER_US)])


def _meets(rows: pl.DataFrame, address: int, may_from: int, may_until: int) -> bool:
    return any(
        begin // SECOND_US <= may_until // SECOND_US and end // SECOND_US >= may_from // SECOND_US
        for begin, end in rows.filter(address=address).select("from_us", "until_us").rows()
    )
