"""The attribution benchmark: the shares of faults that it asks for, and a page that never calls a
wrong line a success.
"""

import pytest
from bench.attribution.page import short, text
from bench.attribution.runs import Found, Size, World, commands, exercise_sum, field_sum, row_faults

from sightline.exercise.assessment.resolutions import ResolutionGrade, SessionResults
from sightline.exercise.faults import FAULTS, ROWS, choose_shares
from sightline.exercise.grade import Grade, LookupBaseline

SIZE = Size(1000, 0.25, 1)


@pytest.mark.parametrize("faulty", [0.25, 0.1, 0.0])
def test_faults_of_rows_are_as_many_as_asked_for(faulty: float) -> None:
    asked = row_faults(faulty)
    assert sum(asked.values()) == pytest.approx(faulty, abs=1e-4)
    shares = choose_shares(asked)
    assert sum(shares[name] for name in ROWS) == pytest.approx(faulty, abs=1e-4)
    if faulty:
        assert all(asked[name] == FAULTS[name].share for name in ROWS if FAULTS[name].traceless)


def test_a_world_of_each_generator_is_run_by_a_command_of_its_own() -> None:
    assert commands(World("field", 7), SIZE)[:5] == ["bench.attribution.field", "--sessions", "1000", "--seed", "7"]
    assert "--fault=reply-wrong-line=0.003" in commands(World("exercise", 7), SIZE)


def resolutions(**others: object) -> ResolutionGrade:
    counts = dict.fromkeys(ResolutionGrade.__dataclass_fields__, 100) | dict.fromkeys(
        "wrong mixed corroborated_wrong wrong_traceless mixed_traceless corroborated_wrong_traceless".split(), 0
    )
    faults = {"nat": SessionResults(10, 5, 5, 5, 0, 0, 0, 3, 1)}
    return ResolutionGrade(**(counts | {"by_fault": faults, "traceless": {}} | others))  # type: ignore[arg-type]


def grade(real: ResolutionGrade) -> Found:
    counts: Found = dict.fromkeys(Grade.__dataclass_fields__, 100)
    counts |= dict.fromkeys("ceilings_too_high places_wrong tor_missed statistics_leaks".split(), 0)
    counts |= {
        "matrix": {},
        "by_fault": {},
        "traceless": {},
        "naive": LookupBaseline(100, 9, 1, 100, 9),
        "resolutions": real,
    }
    found: Found = Grade(**counts).to_json()
    return found | {"seconds": 1.0, "peak_bytes": 1}


def field(**counts: int) -> Found:
    whole = {"ideal-named": 100, "ideal-named-resolved": 98, "named-parts": 50, "places-agreed": 10} | counts
    return {"counts": whole, "by_fault": {"no-fault": {"named": 5}}, "seconds": 2}


def test_a_page_of_perfect_worlds_has_no_bar_that_is_not_reached() -> None:
    sums = {"exercise": exercise_sum([7], [grade(resolutions())]), "field": field_sum([7], [field()])}
    page = text(sums, SIZE, "Here.")
    assert "**no**" not in page
    assert "| nat | 10 | 0 | 0 | 0 | 5 | 5 |" in page
    assert "0 of 100 (at most 3.00 %, with 95 % confidence)" in page


def test_the_short_text_has_the_wrong_lines_that_no_record_shows_too() -> None:
    real = resolutions(wrong_traceless=13, corroborated_wrong_traceless=2)
    counts = {"wrong-traced": 1, "wrong-no-trace": 4, "corroborated": 30}
    sums = {"exercise": exercise_sum([7], [grade(real)]), "field": field_sum([7], [field(**counts)])}
    found = " ".join(short(sums, SIZE, "Here.").split())
    assert (
        "| corroborated subscribers, wrong | 2 of 100 | 0 of 30 that a record shows (so few: up to 10 % could be) | 0 |"
        in found
    )
    assert "| named lines that made none of the visits | 13 of 100 | 5 of 50 parts of sessions | |" in found
    assert "| ... although a record shows it | 0 | 1 | 0 |" in found
    assert "| resolvable visits, resolved | 100 of 100, 100.000 % | 98 of 100, 98.000 % | 97% |" in found


@pytest.mark.parametrize("name", ["wrong", "mixed", "corroborated_wrong"])
def test_one_false_name_is_a_bar_that_is_not_reached(name: str) -> None:
    sums = {"exercise": exercise_sum([7, 8], [grade(resolutions()), grade(resolutions(**{name: 1}))])}
    assert text(sums, SIZE, "Here.").count("**no**") == 1
    assert "Missed:\n\n- the exercise world: " in (page := short(sums, SIZE, "Here."))
    assert page.count("\n- ") == 1


@pytest.mark.parametrize(
    "counts",
    [{"wrong-traced": 1}, {"mixed-traced": 1}, {"corroborated-wrong-traced": 1}, {"ideal-named-resolved": 96}],
)
def test_one_false_name_in_a_field_world_is_one_too(counts: dict[str, int]) -> None:
    assert short({"field": field_sum([7], [field(**counts)])}, SIZE, "Here.").count("\n- ") == 1
