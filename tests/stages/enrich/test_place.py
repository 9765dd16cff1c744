"""Every line of "Place" in ADR 16: when a state is named, and when it is undetermined."""

import json
from typing import Any

import pytest

from tests.stages.enrich.world import World, enrich_rows

EVERYWHERE = "cidr,isp\n0.0.0.0/0,Alpha\n2000::/3,Alpha\n"


@pytest.fixture
def world(world: World) -> World:
    """Every address is Alpha's, for which all data sets were measured as independent."""
    world.add("network", "everywhere", "2026-01-01", EVERYWHERE, days=3000)
    world.independent_for = ("Alpha",)
    return world


HEAD = "cidr,country_code,state,district,latitude,longitude,radius_km,circle\n"
A, THEN = "192.0.2.7", "2026-06-20"


def city(world: World, name: str, *rows: str, day: str = "2026-06-01") -> None:
    world.add("city", name, day, HEAD + "".join(f"{row}\n" for row in rows))


def test_two_names_of_one_place_agree_and_both_answers_are_stored(world: World) -> None:
    city(world, "alpha", "192.0.2.0/24,IN,Kerala,Thrissur,10.5,76.2,20,")
    city(world, "beta", "192.0.2.0/25,IN,IN-KL,Thrissur,10.6,76.3,50,")
    found = world.one(A, THEN)
    assert enrich_rows([found], "country", "state", "district", "circle", "place", "place_why", "radius_km") == [
        ("IN", "IN-KL", "Thrissur", "Kerala", "agreed", "agreed", 50.0)
    ]
    assert found["place_datasets"] == [0, 1]
    assert found["place_answers"] == [
        {"dataset": 0, "country": "IN", "state": "IN-KL", "district": "Thrissur", "radius_km": 20.0},
        {"dataset": 1, "country": "IN", "state": "IN-KL", "district": "Thrissur", "radius_km": 50.0},
    ]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ("192.0.2.0/24,IN,Orissa,,,,,", "disagree"),
        ("192.0.2.0/24,IN,,,,,,", "one-dataset"),
        ("192.0.2.0/24,IN,Atlantis,,,,,", "one-dataset"),
        ("192.0.2.0/24,IN,Orissa,,,,201,", "one-dataset"),
        ("192.0.2.0/24,LK,,,,,,", "disagree"),
        ("198.51.100.0/24,IN,Kerala,,,,,", "one-dataset"),
    ],
)
def test_one_that_always_answers_and_one_that_is_blank_do_not_agree(world: World, other: str, why: str) -> None:
    city(world, "always", "192.0.2.0/24,IN,Kerala,,,,,")
    city(world, "other", other)
    found = world.one(A, THEN)
    assert (found["place"], found["place_why"], found["state"], found["circle"]) == ("undetermined", why, None, None)


def test_two_files_of_one_name_are_one_opinion(world: World) -> None:
    city(world, "alpha", "192.0.2.0/24,IN,Kerala,,,,,")
    city(world, "alpha", "192.0.2.0/25,IN,Kerala,,,,,")
    assert world.one(A, THEN)["place_why"] == "one-dataset"
    city(world, "beta", "192.0.2.0/24,IN,Kerala,,,,,")
    assert world.one(A, THEN)["state"] == "IN-KL"


def test_a_third_that_says_another_state_ends_the_agreement(world: World) -> None:
    for name, state in (("a", "Kerala"), ("b", "Kerala"), ("c", "Goa")):
        city(world, name, f"192.0.2.0/24,IN,{state},,,,,")
    found = world.one(A, THEN)
    assert (found["country"], found["state"], found["place_why"]) == ("IN", None, "disagree")
    assert len(found["place_answers"]) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize(("radius", "district"), [("50", "Thrissur"), ("51", None), ("", "Thrissur")])
def test_a_district_needs_all_who_answer_and_a_radius_that_allows_it(
    world: World, radius: str, district: str | None
) -> None:
    city(world, "a", "192.0.2.0/24,IN,KL,Thrissur,,,,")
    city(world, "b", f"192.0.2.0/24,IN,KL,Thrissur,,,{radius},")
    assert enrich_rows([world.one(A, THEN)], "state", "district") == [("IN-KL", district)]


def test_a_district_that_one_of_them_does_not_name_is_not_named(world: World) -> None:
    for name, district in (("a", "Thrissur"), ("b", "Thrissur"), ("c", "")):
        city(world, name, f"192.0.2.0/24,IN,KL,{district},,,,")
    assert enrich_rows([world.one(A, THEN)], "state", "district") == [("IN-KL", None)]


def square(code: str, west: float, south: float, size: float) -> dict[str, Any]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"iso_3166_2": code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@pytest.mark.parametrize(
    ("latitude", "longitude", "state"),
    [(9.5, 76.5, "IN-KL"), (9.5, 77.2, "IN-KL"), (9.5, 77.25, None), (8.8, 76.5, "IN-KL"), (8.7, 76.5, None)],
)
def test_a_point_outside_of_its_state_does_not_answer_beyond_25_km(
    world: World, latitude: float, longitude: float, state: str | None
) -> None:
    """At 9.5 degrees north 25 km are 0.228 degrees of longitude; along a meridian 0.225."""
    shape = {"type": "FeatureCollection", "features": [square("IN-KL", 76, 9, 1), square("IN-ZZ", 0, 0, 1)]}
    found = world.add("boundary", "states", "2026-01-01", json.dumps(shape), file="states.geojson")
    assert dict(found.rejects) == {"unknown-code": 1}
    city(world, "a", f"192.0.2.0/24,IN,KL,,{latitude},{longitude},,")
    city(world, "b", "192.0.2.0/24,IN,KL,,,,,")
    assert world.one(A, THEN)["state"] == state


def test_a_hole_and_an_island_of_a_state_are_seen(world: World) -> None:
    """A ring inside a ring is a hole; a second polygon is an island."""
    outer, hole, island = (
        square("IN-KL", *at)["geometry"]["coordinates"][0] for at in ((70, 10, 4), (71, 11, 2), (80, 10, 1))
    )
    shape = {"type": "MultiPolygon", "coordinates": [[outer, hole], [island]]}
    feature = {"type": "Feature", "properties": {"ISO": "in-kl"}, "geometry": shape}
    world.add("boundary", "states", "2026-01-01", json.dumps({"type": "FeatureCollection", "features": [feature]}))
    for at, (latitude, longitude) in enumerate([(12, 72), (10.5, 80.5), (10.5, 70.5)]):
        city(world, "a", f"192.0.{at}.0/24,IN,KL,,{latitude},{longitude},,", f"198.51.{at}.0/24,IN,KL,,,,,")
        city(world, "b", f"192.0.{at}.0/24,IN,KL,,,,,")
    asked = world.ask(*((f"192.0.{at}.1", THEN) for at in range(3)))
    assert enrich_rows(asked, "state") == [None, "IN-KL", "IN-KL"]


def test_a_circle_comes_from_the_network_and_what_contradicts_it_is_not_agreed(world: World) -> None:
    for name in ("a", "b"):
        city(world, name, "192.0.2.0/24,IN,Maharashtra,Pune,,,,", "198.51.100.0/24,IN,Uttar Pradesh,,,,,")
    network = (
        "cidr,asn,isp,line,circle\n192.0.2.0/25,AS64500,Alpha,mobile,MU\n192.0.2.128/25,64500,Alpha,mobile,Kerala\n"
    )
    world.add("network", "alpha", "2026-06-01", network)
    asked = world.ask(("192.0.2.1", THEN), ("192.0.2.200", THEN), ("198.51.100.1", THEN))
    assert enrich_rows(asked, "state", "circle", "place_why", "asn", "line") == [
        ("IN-MH", "Mumbai", "agreed", 64500, "mobile"),
        # The network's own circle goes before two data sets that agree on another state.
        (None, "Kerala", "circle-contradicts", 64500, "mobile"),
        ("IN-UP", None, "agreed", None, None),
    ]


LINES = (
    "cidr,isp,line,circle\n192.0.2.0/25,Alpha,mobile,Kerala\n192.0.2.128/25,Beta,fixed,\n"
    "198.51.100.0/24,Alpha,mobile,\n"
)


def test_two_that_were_not_measured_for_a_network_agree_only_with_its_circle(world: World) -> None:
    """Mobile lines are not what replies measure: a measurement of the provider's fixed lines says nothing of them."""
    for name in ("a", "b"):
        city(world, name, "192.0.2.0/24,IN,Kerala,Thrissur,,,,", "198.51.100.0/24,IN,Kerala,,,,,")
    world.add("network", "a-lines", "2026-06-01", LINES)
    addresses = ("192.0.2.1", "192.0.2.200", "198.51.100.1", "203.0.113.1")
    asked = world.ask(*((address, THEN) for address in addresses))
    assert enrich_rows(asked, "state", "district", "circle", "place_why") == [
        ("IN-KL", None, "Kerala", "agreed"),
        (None, None, None, "not-independent"),
        (None, None, None, "not-independent"),
        (None, None, None, "no-answer"),
    ]
    world.independent_for = ("Alpha", "Beta")
    assert enrich_rows(world.ask(("192.0.2.200", THEN)), "state", "district") == [("IN-KL", "Thrissur")]


@pytest.mark.parametrize(("state", "circle", "why"), [("Odisha", "OR", "agreed"), ("Goa", "MH", "one-dataset")])
def test_one_data_set_agrees_with_a_circle_that_holds_no_other_state(
    world: World, state: str, circle: str, why: str
) -> None:
    city(world, "a", f"192.0.2.0/24,IN,{state},,,,,")
    world.add("network", "a-lines", "2026-06-01", f"cidr,isp,line,circle\n192.0.2.0/24,Beta,mobile,{circle}\n")
    assert world.one(A, THEN)["place_why"] == why


def test_no_address_no_data_set_and_no_answer_are_distinguished(world: World) -> None:
    city(world, "a", "192.0.2.0/24,IN,KL,,,,,", day="2026-06-10")
    asked = world.ask((None, THEN), (A, "2026-06-01"), ("198.51.100.1", THEN), ("no address", THEN))
    assert enrich_rows(asked, "place_why") == ["no-address", "no-dataset", "no-answer", "no-address"]
    assert all(row["place"] == "undetermined" and row["relay"] == "unknown" for row in asked)


def test_codes_and_names_of_all_years_are_todays(world: World) -> None:
    spelled = [
        "IN-OR",
        "OD",
        "Orissa",
        "IN-UT",
        "Uttaranchal",
        "IN-CT",
        "CG",
        "IN-TG",
        "Telangana",
        "Pondicherry",
        "Daman & Diu",
    ]
    spelled += ["Dadra and Nagar Haveli", "IN-DN", "NCT of Delhi", "Jammu & Kashmir", "TamilNadu"]
    rows = [f"192.0.2.{at},IN,{name},,,,," for at, name in enumerate(spelled)]
    city(world, "a", *rows)
    city(world, "b", *rows)
    found = [row["state"] for row in world.ask(*((f"192.0.2.{at}", THEN) for at in range(len(spelled))))]
    codes = "OD OD OD UK UK CG CG TS TS PY DH DH DH DL JK TN"
    assert found == [f"IN-{code}" for code in codes.split()]


def test_ipv6_and_mapped_addresses_are_looked_up_as_what_they_are(world: World) -> None:
    for name in ("a", "b"):
        city(world, name, "2001:db8::/32,IN,KL,,,,,", "2001:db8:1::/48,IN,GA,,,,,", "::ffff:192.0.2.0/120,IN,TN,,,,,")
    asked = world.ask(("2001:db8::1", THEN), ("2001:db8:1::1", THEN), ("192.0.2.9", THEN), ("::ffff:192.0.2.9", THEN))
    assert enrich_rows(asked, "state") == ["IN-KL", "IN-GA", "IN-TN", "IN-TN"]
