"""The cursor gives what `json` gives, wherever its pieces are cut, and names what is wrong by line and pointer."""

from __future__ import annotations

import io
import json
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.errors import DamagedInput
from sightline.model import RowCode
from sightline.stages.lists.readers.document import ITEM_LIMIT, Document, Item

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**16), 10**16)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Dripping(io.RawIOBase):
    """A stream that gives a few bytes a time, so that every value is cut."""

    def __init__(self, raw: bytes, size: int) -> None:
        self._raw, self._size = io.BytesIO(raw), size

    def read(self, _size: int = -1) -> bytes:
        return self._raw.read(self._size)


def items(raw: bytes, size: int = 1 << 20) -> list[Item]:
    document = Document(cast(BinaryIO, Dripping(raw, size)), "x.json")
    found = [document.read_item() for _ in document.read_elements()]
    document.finish()
    return found


@settings(max_examples=200, deadline=None)
@given(st.lists(VALUES, max_size=4), st.integers(1, 9), st.sampled_from([None, 1]), st.booleans())
def test_items_are_what_json_says_wherever_pieces_are_cut(
    values: list[object], size: int, indent: int | None, ascii_only: bool
) -> None:
    raw = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    if b"\xed" not in raw:
        assert [item.value for item in items(b"\xef\xbb\xbf" + raw, size)] == values


def test_items_know_their_line_and_pointer() -> None:
    raw = b'{"a/b~": [1,\n\n  {"x": 2}, "\\u000a"\n,3]}'
    document = Document(io.BytesIO(raw), "x.json")
    found = [document.read_item().place for _ in document.read_members() for _ in document.read_elements()]
    assert [tuple(place) for place in found] == [
        (1, "/a~1b~0/0"),
        (3, "/a~1b~0/1"),
        (3, "/a~1b~0/2"),
        (4, "/a~1b~0/3"),
    ]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'[{"a": 1}\n, {"a": ', "line 2, /1: cut short"),
        (b'[{"a": 1}', "line 1: the document is cut off here"),
        (b"[1, 2]\n[3]", "line 2: something follows"),
        (b"[1, 2,]", "expected a value between"),
        (b"[1 2]", "a comma or"),
        (b"[NaN]", "line 1, /0: NaN is no JSON"),
        (b"[-Infinity]", "-Infinity is no JSON"),
        (b'["a\nb"]', "control character"),
        (b"[" + b"[" * 1_000_000, "nested too deeply"),
        (b'["' + b"a" * ITEM_LIMIT + b'"]', "longer than"),
        (b'["' + b"a" * (ITEM_LIMIT * 3), "longer than"),
        (b"", "the document is cut off here"),
    ],
)
def test_a_broken_document_is_refused_with_the_position(raw: bytes, says: str) -> None:
    with pytest.raises(DamagedInput, match=says) as damaged:
        items(raw)
    assert damaged.value.hint


@pytest.mark.parametrize("raw", [b'{"a": 1, "a": 2}', b'{"a" 1}', b"{a: 1}", b'{"a": 1,}', b'{"a": \xff"x"}', b'["a"]'])
def test_an_outermost_object_that_is_none_is_damage(raw: bytes) -> None:
    document = Document(io.BytesIO(raw), "x.json")
    with pytest.raises(DamagedInput):
        for _ in document.read_members():
            document.read_value()


def test_a_fault_within_an_item_is_the_items_alone() -> None:
    deep = b"[" * 65 + b"]" * 65
    raw = b'[{"a": {"b": 1, "b": 2}}, "\xff", ' + deep + b", " + b"9" * 10_000 + b', "last"]'
    found = items(raw, 7)
    assert [item.fault and item.fault[0] for item in found] == [
        RowCode.BAD_SYNTAX,
        RowCode.NOT_UTF8,
        RowCode.BAD_SYNTAX,
        None,
        None,
    ]
    assert found[-1].value == "last"
    assert items(b"[" + b"[" * 64 + b"]" * 64 + b"]")[0].fault is None
