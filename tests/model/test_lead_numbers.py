"""Numbers of leads: to an id and back, by every way of writing one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sightline.model.lead_numbers import format_lead_number, parse_id_prefix

LEAD = st.text("0123456789abcdef", min_size=32, max_size=32)


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
