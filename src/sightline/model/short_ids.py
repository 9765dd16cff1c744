"""Short forms of ids for people: numbers of leads and subscribers, and the part of an id that a person types.

`L-7Q2M-9KX4` stands for the first 40 bits of a lead's id, `S-4H9K-7Q2M` for those of a subscriber's, and for nothing
else. Crockford's 32 letters and figures leave out I, L, O and U: eight of them are ten hexadecimal digits, four are
five. A number follows from the id alone, so it is the same on a page, on paper, after a rebuild and in another
workspace. The id of a subscriber is keyed: nobody can guess a telephone number or a name from it.
"""

from __future__ import annotations

LEAST = 4
"""The minimum number of characters of a short id."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LEAD_PREFIX, SUBSCRIBER_PREFIX = "L-", "S-"
LETTERS = 8
READ_AS = str.maketrans("ILO", "110")
"""Letters that are read as the figure that they look like."""


def is_short_for(text: str, whole: str) -> bool:
    """Return whether a text is a whole id, or at least four characters of its beginning or end, in any case."""
    bare, full = text.strip().casefold(), whole.casefold()
    return bare == full or (len(bare) >= LEAST and (full.startswith(bare) or full.endswith(bare)))


def format_lead_number(lead_id: str) -> str:
    """Return the number of a lead, `L-7Q2M-9KX4`."""
    return write_number(LEAD_PREFIX, lead_id)


def write_number(prefix: str, whole_id: str) -> str:
    """Return the number of an id of hexadecimal digits: a prefix, and two groups of four letters and figures."""
    bits = int(whole_id[: LETTERS * 5 // 4], 16)
    letters = "".join(ALPHABET[bits >> 5 * at & 31] for at in reversed(range(LETTERS)))
    return f"{prefix}{letters[:4]}-{letters[4:]}"


def parse_id_prefix(text: str) -> str | None:
    """Return the beginning of the id that a number stands for; None for what is no number of a lead.

    The first half alone (`L-7Q2M`) is a number too, as long as one lead has it.
    """
    return read_number(LEAD_PREFIX, text)


def read_number(prefix: str, text: str) -> str | None:
    """Return the beginning of the id that a number with that prefix stands for; None for any other text."""
    bare = text.strip().upper()
    if not bare.startswith(prefix):
        return None
    letters = bare.removeprefix(prefix).replace("-", "").translate(READ_AS)
    if len(letters) not in {LETTERS // 2, LETTERS} or not set(letters) <= set(ALPHABET):
        return None
    bits = 0
    for letter in letters:
        bits = bits << 5 | ALPHABET.index(letter)
    return f"{bits:0{len(letters) * 5 // 4}x}"


def names_lead(text: str, lead_id: str) -> bool:
    """Return whether a text is the number, the id or a short id of a lead."""
    prefix = parse_id_prefix(text)
    return is_short_for(text, lead_id) if prefix is None else lead_id.startswith(prefix)


def format_subscriber_number(subscriber_id: str) -> str:
    """Return the number of a subscriber, `S-4H9K-7Q2M`."""
    return write_number(SUBSCRIBER_PREFIX, subscriber_id)


def read_subscriber_number(text: str) -> str:
    """Return the beginning of the id that a subscriber's number stands for; any other text as it is."""
    return read_number(SUBSCRIBER_PREFIX, text) or text.strip()


def names_subscriber(text: str, subscriber_id: str) -> bool:
    """Return whether a text is the number, the id or a short id of a subscriber."""
    return is_short_for(read_subscriber_number(text), subscriber_id)
