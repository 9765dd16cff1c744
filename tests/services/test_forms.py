"""Forms of one number: two that hold at one time and differ answer nothing, two holders one after the other both do."""

from __future__ import annotations

import polars as pl
import pytest

from sightline.services.resolution.subscriber_forms import Forms, MatchedForms
from sightline.stages.resolve.model import SUBSCRIBERS

Form = tuple[str, int | None, int | None]


def list_forms(*forms: Form) -> MatchedForms:
    rows = [
        {
            "row": at,
            "number": "910000000001",
            "number_kind": "msisdn",
            "name": name,
            "from_us": begins,
            "until_us": ends,
        }
        for at, (name, begins, ends) in enumerate(forms, 2)
    ]
    asked = {"row_id": ["0123456789ab"], "number": ["910000000001"], "number_kind": ["msisdn"]}
    check = Forms(pl.DataFrame(asked))
    check.take(pl.DataFrame(rows, schema=SUBSCRIBERS))
    return check.finish()


@pytest.mark.parametrize(
    ("forms", "left"),
    [
        ([("A", None, None)], ["A"]),
        ([("A", None, None), ("A", None, None)], ["A"]),
        ([("A", None, None), ("B", None, None)], []),
        ([("A", 0, 10), ("B", 10, None)], ["A", "B"]),
        ([("A", 0, 11), ("B", 10, None)], []),
        ([("B", 10, 20), ("A", 0, 10), ("C", 20, None)], ["B", "A", "C"]),
        ([("A", 0, 100), ("B", 10, 20), ("C", 100, None)], ["C"]),
        ([("A", None, 5), ("B", None, 3)], []),
    ],
)
def test_forms_that_hold_at_one_time_and_differ_answer_nothing(forms: list[Form], left: list[str]) -> None:
    one = list_forms(*forms)
    assert one.met["name"].to_list() == left
    assert one.counts["contradicts"] == len(set(forms)) - len(left)
