"""The outlines of states: those of the build by default, on which the exercise's districts lie."""

import itertools
import json

from sightline.exercise.states import STATES
from sightline.model import Role
from sightline.stages.report import tiles
from tests.web.conftest import SignIn
from tests.web.gallery import STATIC
from tests.web.test_gallery import needs_build

WITH_ANOTHER = {"IN-LA"}
"""In the drawing, Ladakh is within the outline of Jammu and Kashmir."""
Ring = list[list[float]]


def lands() -> dict[str, list[Ring]]:
    """The rings of each state, as longitude and latitude."""
    features = json.loads((STATIC / "states.json").read_text(encoding="utf-8"))["features"]
    return {
        feature["properties"]["code"]: [ring for polygon in feature["geometry"]["coordinates"] for ring in polygon]
        for feature in features
    }


def is_within(rings: list[Ring], longitude: float, latitude: float) -> bool:
    crossings = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in itertools.pairwise(ring):
            if (y1 > latitude) != (y2 > latitude):
                crossings += longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1
    return crossings % 2 == 1


@needs_build
def test_every_state_has_its_outline_where_it_lies() -> None:
    found = lands()
    assert found.keys() | WITH_ANOTHER == {tile.code for tile in tiles.load_country().tiles}
    # Towns that every atlas has.
    towns = {"IN-KL": (76.29, 9.98), "IN-DL": (77.2, 28.61), "IN-JK": (74.8, 34.08), "IN-AS": (91.74, 26.14)}
    towns |= {"IN-GJ": (72.57, 23.02), "IN-WB": (88.43, 26.71), "IN-TS": (78.47, 17.38), "IN-AN": (92.72, 11.67)}
    assert {code for code, at in towns.items() if not is_within(found[code], *at)} == set()
    assert all(ring[0] == ring[-1] for rings in found.values() for ring in rings)


@needs_build
def test_each_district_of_the_exercise_lies_within_its_state() -> None:
    found = lands()
    outside = []
    for state in STATES:
        for number, district in enumerate(state.districts):
            latitude, longitude = state.locate_district(number)
            if not is_within(found[state.code], longitude, latitude):
                outside.append((state.code, district))
    assert outside == []


@needs_build
def test_an_exercise_is_drawn_on_the_outlines_of_the_build(signed_in: SignIn) -> None:
    answer = signed_in(Role.ANALYST).get("/outlines.json")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/static/states.json?v=")
