"""On generated logs, kernel and oracle give the same bytes, whatever stands in them."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.differential.logs import AN_EIGHTH_FAST, FORMATS, cases
from tests.differential.sides import Case, assert_sides_agree


def agree_on_examples(name: str, max_examples: int) -> None:
    @settings(max_examples=max_examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(cases(name))
    def agree(case: Case) -> None:
        with tempfile.TemporaryDirectory() as folder:
            assert_sides_agree(case, Path(folder))

    agree()


@pytest.mark.parametrize("name", AN_EIGHTH_FAST)
def test_sides_agree_on_mutated_lines(name: str) -> None:
    agree_on_examples(name, 5)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_sides_agree_on_many_mutated_lines(name: str) -> None:
    agree_on_examples(name, 400)
