"""Numbers of subscribers for people."""

from __future__ import annotations

from sightline.model.lead_numbers import parse_id_prefix
from sightline.model.subscriber_numbers import format_subscriber_number, names_subscriber, read_subscriber_number

WHOSE = "e09fbc4e0d9f" + "0" * 52


def test_a_subscriber_number_is_the_beginning_of_its_id() -> None:
    number = format_subscriber_number(WHOSE)
    assert number.startswith("S-") and len(number) == 11
    assert read_subscriber_number(f" {number.casefold()} ") == WHOSE[:10]
    assert names_subscriber(number, WHOSE) and names_subscriber(WHOSE[:12], WHOSE)
    assert not names_subscriber(number, "f" + WHOSE[1:])


def test_a_number_of_a_subscriber_is_no_number_of_a_lead() -> None:
    assert parse_id_prefix(format_subscriber_number(WHOSE)) is None
    assert read_subscriber_number("L-7Q2M-9KX4") == "L-7Q2M-9KX4"
