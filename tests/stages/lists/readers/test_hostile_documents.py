"""Any value in any place of a document, or one byte changed, is damage, no list, a reject, or
nothing: never a fault.
"""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sightline.errors import DamagedInput, UsageError
from sightline.stages.lists.junk import JunkNames
from sightline.stages.lists.load import gather_indicators
from sightline.stages.lists.model import Indicator, RowReject
from sightline.stages.lists.readers import read_batches

SEEDS = Path(__file__).parents[3] / "fuzz" / "seeds"
NO_JUNK = JunkNames(frozenset(), frozenset(), frozenset(), frozenset())
ODD: list[Any] = [
    None,
    True,
    -1,
    1e300,
    10**400,
    "",
    "\u0000",
    "\ud800",
    "a\nb",
    "x" * 70_000,
    "9999-12-31T23:59:59.999999Z",
    [],
    [[]],
    {},
    {"a": {"": 1}},
    [None, {"type": "indicator", "Attribute": [1], "Media": 1}],
]


def read(raw: bytes) -> tuple[tuple[Indicator, ...], tuple[RowReject, ...]] | None:
    try:
        return gather_indicators(read_batches(io.BytesIO(raw), "x.json"), NO_JUNK)
    except (DamagedInput, UsageError) as refused:
        assert refused.hint
        assert str(refused).encode()
        return None


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in below:
        yield from places(one, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    found = copy.deepcopy(document)
    holder = found
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return found


@pytest.mark.parametrize("name", ["bundle.json", "event.json", "media.json"])
def test_any_value_in_any_place(name: str) -> None:
    document = json.loads((SEEDS / name).read_bytes())
    whole = read(json.dumps(document).encode())
    assert whole is not None
    for path in filter(None, places(document)):
        for odd in ODD:
            found = read(json.dumps(replaced(document, path, odd)).encode())
            if found is not None:
                for reject in found[1]:
                    assert reject.pointer
                    assert reject.reason.encode()
                # What is wrong with one item takes at most its own rows away.
                assert len(path) <= 1 or len(whole[0]) - len(found[0]) <= 2


@pytest.mark.parametrize("name", ["bundle.json", "event.json", "media.json"])
def test_one_byte_changed_or_all_below_it_lost(name: str) -> None:
    raw = (SEEDS / name).read_bytes()
    for at in range(0, len(raw), 3):
        read(raw[:at] + b"\xff" + raw[at + 1 :])
        read(raw[:at] + b'"' + raw[at + 1 :])
        cut = raw[:at].rstrip()
        assert len(cut) == len(raw.rstrip()) or read(cut) in (None, ((), ()))


def test_two_documents_in_one_file_are_damage() -> None:
    one, other = ((SEEDS / name).read_bytes() for name in ("bundle.json", "event.json"))
    for raw in (one + other, one + b"\nkind,value\n", one + b"\0"):
        assert read(raw) is None
