"""A data set that was measured wrong for a provider says nothing of its lines, and nothing else changes."""

import pytest

from sightline.stages.enrich.muted_datasets import Mute
from tests.stages.enrich.world import World, enrich_rows

HEAD = "cidr,country_code,state,district,radius_km\n"
NETWORK = "cidr,asn,isp,line\n192.0.2.0/25,64500,Alpha,fixed\n192.0.2.128/25,64501,Beta,fixed\n"
ALPHA, BETA, NOBODY = "192.0.2.7", "192.0.2.200", "198.51.100.7"
PLACES = ("state", "district", "place_why")


@pytest.fixture
def agreeing(world: World) -> World:
    """Two independent data sets that agree everywhere, on state and district; the last address is of nobody's."""
    world.add("network", "lines", "2026-06-01", NETWORK)
    world.independent_for = ("Alpha", "Beta")
    city(world, "one", "Kerala,Thrissur")
    city(world, "two", "Kerala,Thrissur")
    return world


def city(world: World, name: str, place: str) -> None:
    world.add("city", name, "2026-06-01", f"{HEAD}192.0.2.0/24,IN,{place},\n198.51.100.0/24,IN,{place},\n")


def enrich_world(world: World) -> list[dict[str, object]]:
    return world.ask(*((address, "2026-06-20") for address in (ALPHA, BETA, NOBODY, None)))


def test_a_mute_changes_only_what_rests_on_that_data_set_for_that_provider(agreeing: World) -> None:
    before = enrich_world(agreeing)
    agreeing.mutes = [Mute("one", "Alpha", "state")]
    after = enrich_world(agreeing)
    assert enrich_rows(before[:1], *PLACES) == [("IN-KL", "Thrissur", "agreed")]
    assert enrich_rows(after[:1], *PLACES, "place") == [(None, None, "measured-wrong", "undetermined")]
    assert after[1:] == before[1:]
    assert after[0]["place_answers"] == before[0]["place_answers"], "what was answered stays to be measured again"


def test_where_others_agree_the_place_rests_on_them(agreeing: World) -> None:
    city(agreeing, "wrong", "Goa,Panaji")
    assert enrich_rows(enrich_world(agreeing), "place_why") == ["disagree"] * 3 + ["no-address"]
    agreeing.mutes = [Mute("wrong", "Alpha", "state")]
    found = enrich_world(agreeing)
    assert enrich_rows(found, "state", "place_why")[:2] == [("IN-KL", "agreed"), (None, "disagree")]
    assert [agreeing.name(at) for at in found[0]["place_datasets"]] == ["one", "two"]  # type: ignore[attr-defined]


def test_others_that_disagree_still_do(agreeing: World) -> None:
    city(agreeing, "other", "Goa,Panaji")
    agreeing.mutes = [Mute("one", "Alpha", "state")]
    assert enrich_rows(enrich_world(agreeing), "place_why")[0] == "disagree"


def test_a_mute_for_districts_leaves_the_state_and_one_alone_names_no_district(agreeing: World) -> None:
    agreeing.mutes = [Mute("one", "Alpha", "district")]
    assert enrich_rows(enrich_world(agreeing), *PLACES)[:2] == [
        ("IN-KL", None, "agreed"),
        ("IN-KL", "Thrissur", "agreed"),
    ]
    city(agreeing, "third", "Kerala,Thrissur")
    assert enrich_rows(enrich_world(agreeing), "district")[0] == "Thrissur"


def test_a_data_set_that_says_nothing_is_no_reason(world: World) -> None:
    world.add("network", "lines", "2026-06-01", NETWORK)
    city(world, "one", "Kerala,Thrissur")
    city(world, "two", ",")
    world.mutes = [Mute("two", "Alpha", "state")]
    assert enrich_rows(enrich_world(world), "place_why")[0] == "one-dataset"
