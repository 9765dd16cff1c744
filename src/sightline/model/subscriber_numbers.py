"""Numbers of subscribers for people: `S-4H9K-7Q2M` stands for the first 40 bits of a subscriber's id.

They are written as the numbers of leads are, and follow from the id alone. The id is keyed: nobody can guess a
telephone number or a name from it.
"""

from __future__ import annotations

from sightline.model.lead_numbers import read_number, write_number
from sightline.model.short_ids import is_short_for

PREFIX = "S-"


def format_subscriber_number(subscriber_id: str) -> str:
    """Return the number of a subscriber, `S-4H9K-7Q2M`."""
    return write_number(PREFIX, subscriber_id)


def read_subscriber_number(text: str) -> str:
    """Return the beginning of the id that a subscriber's number stands for; any other text as it is."""
    return read_number(PREFIX, text) or text.strip()


def names_subscriber(text: str, subscriber_id: str) -> bool:
    """Return whether a text is the number, the id or a short id of a subscriber."""
    return is_short_for(read_subscriber_number(text), subscriber_id)
