"""A short id is a beginning or an end of an id, in any case, alike for rows and for columns."""

import polars as pl
import pytest

from sightline.model.short_ids import is_short_for
from sightline.services.artifacts.short_ids import has_short_id

ULID, DIGEST = "01K5Z3QJ7M8N9P0RSTVWXYZAB1", "4cedfc6901ab23cd"


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
