"""Short forms of ids: a beginning or an end, alike for rows and columns, and numbers of leads and subscribers."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.model.short_ids import (
    format_lead_number,
    format_subscriber_number,
    is_short_for,
    names_subscriber,
    parse_id_prefix,
    read_subscriber_number,
)
from sightline.services.artifacts.short_ids import has_short_id

ULID, DIGEST = "01K5Z3QJ7M8N9P0RSTVWXYZAB1", "4cedfc6901ab23cd"
LEAD = st.text("0123456789abcdef", min_size=32, max_size=32)
WHOSE = "e09fbc4e0d9f" + "0" * 52


@pytest.mark.parametrize(
    ("text", "whole", "is_short"),
    [
        ("01K5Z3", ULID, True),
        ("01k5z3", ULID, True),
        ("ZAB1", ULID, True),
        (" zab1 ", ULID, True),
        (ULID.lower(), ULID, True),
        ("QJ7M", ULID, False),
        ("AB1", ULID, False),
        ("", ULID, False),
        ("4CED", DIGEST, True),
        ("23cd", DIGEST, True),
        ("fc69", DIGEST, False),
    ],
)
def test_a_beginning_or_an_end(text: str, whole: str, is_short: bool) -> None:
    assert is_short_for(text, whole) is is_short
    if whole == DIGEST:
        assert pl.DataFrame({"id": [whole]}).select(has_short_id(pl.col("id"), text)).item() is is_short


@given(LEAD)
def test_a_lead_number_is_the_beginning_of_its_id(lead_id: str) -> None:
    number = format_lead_number(lead_id)
    assert parse_id_prefix(number) == lead_id[:10]
    assert parse_id_prefix(number[:6]) == lead_id[:5]
    assert parse_id_prefix(f" {number.lower().replace('-', '').replace('l', 'l-', 1)} ") == lead_id[:10]


def test_similar_characters_are_read_alike_and_other_texts_are_no_number() -> None:
    assert format_lead_number("0123456789" + "0" * 22) == "L-04HM-ASW9"
    assert parse_id_prefix("L-O4HM-ASW9") == parse_id_prefix("l-04hm-asw9") == "0123456789"
    for text in ("04HM-ASW9", "L-04H", "L-04HM-ASW", "L-04HM-ASWU", "L-", "N-04HM", "L-04HM-ASW9-0000"):
        assert parse_id_prefix(text) is None


def test_a_subscriber_number_is_the_beginning_of_its_id() -> None:
    number = format_subscriber_number(WHOSE)
    assert number.startswith("S-") and len(number) == 11
    assert read_subscriber_number(f" {number.casefold()} ") == WHOSE[:10]
    assert names_subscriber(number, WHOSE) and names_subscriber(WHOSE[:12], WHOSE)
    assert not names_subscriber(number, "f" + WHOSE[1:])


def test_a_number_of_a_subscriber_is_no_number_of_a_lead() -> None:
    assert parse_id_prefix(format_subscriber_number(WHOSE)) is None
    assert read_subscriber_number("L-7Q2M-9KX4") == "L-7Q2M-9KX4"
