"""Create random ids that sort by time (ULID): 26 letters and digits, the first ten for the time."""

from __future__ import annotations

import os
from datetime import datetime

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def make_id(now: datetime) -> str:
    """Return a new id for that time: 48 bits of milliseconds, 80 random bits, in Crockford's base 32."""
    whole = int(now.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    return "".join(LETTERS[whole >> shift & 31] for shift in range(125, -1, -5))
