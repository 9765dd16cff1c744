"""A cursor over one JSON document (RFC 8259) of any length, which holds no more than one item of it.

A reader walks the parts whose shape it knows and takes what lies in them item by item:

    for key in document.read_members():
        if key == "objects":
            for _ in document.read_elements():
                item = document.read_item()
        else:
            document.read_value()

A document that is no JSON, breaks off, or is not of the shape that the reader walks raises DamagedInput: what stands
below the fault cannot be known, so that no part of such a list is used.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from sightline.errors import DamagedInput
from sightline.model import RowCode
from sightline.stages.lists.model import ListPlace

ITEM_LIMIT = 1 << 22
"""The maximum number of characters of an item. A longer one is refused with its document."""

_PIECE_BYTES = 1 << 20
_REST = 1 << 14
"""Where fewer characters are left after many elements were taken, the next one is most often cut short."""
_DEPTH_LIMIT = 64
_KEY_LIMIT = 1000
_INTEGER_DIGITS = 18
_BLANK = re.compile(r"[ \t\r\n]*")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_HINT = "get the file again, whole, from its author; no part of it is used"

TakeElements = Callable[[str, int, int, ListPlace], tuple[int, int, int]]
"""Is called at an element: with the text that was read, the element's offset and number, and the array's place.

Returns how many elements it took, the offset of the next one, which must be in the text, and the lines up to it.
"""

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a document, or the `fault` why it is not used."""

    place: ListPlace
    value: Json
    fault: tuple[RowCode, str] | None


class Document:
    """The cursor. Errors show `name`."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream, self._name = stream, name
        self._characters = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._json = json.JSONDecoder(
            object_pairs_hook=self._build_object, parse_int=_parse_integer, parse_constant=_refuse_constant
        )
        self._text, self._at, self._is_whole = "", 0, False
        self._line, self._counted = 1, 0
        self._path: list[str] = []
        self._twice: str | None = None
        self._has_bad_bytes = False
        while not self._text and self._read_more():
            pass
        self._text = self._text.removeprefix("\ufeff")

    @property
    def place(self) -> ListPlace:
        """Return the position of the cursor."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return ListPlace(self._line, "".join(f"/{step}" for step in self._path))

    def look_ahead(self) -> str:
        """Return the first character of the next value."""
        while True:
            self._at = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_more():
                self.fail("the document is cut off here")

    def read_members(self) -> Iterator[str]:
        """Yield the keys of the next object. The caller takes each value before the next key."""
        self._take("{", "an object")
        seen: set[str] = set()
        closing = self.look_ahead() == "}"
        while not closing:
            key = self.read_value() if self.look_ahead() == '"' else self.fail("expected a key")
            assert isinstance(key, str)
            self._take(":", "a colon after a key")
            if key in seen or len(seen) == _KEY_LIMIT:
                self.fail(f"the key {key[:40]!r} is there twice" if key in seen else "an object of too many keys")
            seen.add(key)
            self._path.append(key[:40].replace("~", "~0").replace("/", "~1"))
            yield key
            self._path.pop()
            closing = self._ends_here("}")
        self._take("}", "the object's end")

    def read_elements(self, take: TakeElements | None = None) -> Iterator[int]:
        """Yield the numbers, from 0, of the elements of the next array, except those that `take` takes."""
        self._take("[", "an array")
        number = 0
        closing = self.look_ahead() == "]"
        while not closing:
            if take is not None:
                number += self._take_elements(take, number)
            self._path.append(str(number))
            yield number
            self._path.pop()
            number += 1
            closing = self._ends_here("]")
        self._take("]", "the array's end")

    def _take_elements(self, take: TakeElements, number: int) -> int:
        """The number of elements that are taken. Where the text ends within one, more is read first."""
        taken = 0
        while True:
            array = self.place
            count, self._at, lines = take(self._text, self._at, number + taken, array)
            self._line, self._counted = array.line + lines, self._at
            taken += count
            if not count or len(self._text) - self._at > _REST or not self._read_more():
                return taken

    def read_value(self) -> Json:
        """Return the next value. Any fault in it raises DamagedInput."""
        item = self.read_item()
        if item.fault is not None:
            self.fail(item.fault[1])
        return item.value

    def read_item(self) -> Item:
        """Return the next value. A fault is the item's alone if its end is certain."""
        self.look_ahead()
        place = self.place
        self._twice = None
        value, end = self._decode()
        fault = self._find_fault(value, end)
        self._at = end
        return Item(place, value, fault)

    def finish(self) -> None:
        """Raise DamagedInput if anything but white space follows."""
        while True:
            self._at = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                self.fail("something follows the end of the document")
            if not self._read_more():
                return

    def fail(self, what: str) -> NoReturn:
        """Raise DamagedInput with the position of the cursor."""
        line, pointer = self.place
        where = f"line {line}" + (f", {pointer}" if pointer else "")
        raise DamagedInput(f"{self._name}: {where}: {what}", hint=_HINT)

    def _ends_here(self, mark: str) -> bool:
        """Return whether the container ends here; if not, its comma is taken and a value must follow."""
        opening = self.look_ahead()
        if opening == mark:
            return True
        self._take(",", f"a comma or `{mark}`")
        if self.look_ahead() == mark:
            self.fail(f"expected a value between the comma and `{mark}`")
        return False

    def _take(self, mark: str, what: str) -> None:
        if self.look_ahead() != mark:
            self.fail(f"expected {what}")
        self._at += 1

    def _decode(self) -> tuple[Json, int]:
        """The next value and where it ends. More is read, twice as much each time, while it may be cut short."""
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except json.JSONDecodeError as why:
                if len(self._text) - self._at > ITEM_LIMIT:
                    self.fail(f"a value that is longer than {ITEM_LIMIT:,} characters, or no JSON: {why.msg}")
                if not self._read_more():
                    self._at = max(self._at, min(why.pos, len(self._text)))
                    self.fail(f"cut short, or no JSON ({why.msg.removesuffix(' starting at').lower()})")
            except RecursionError:
                self.fail("a value that is nested too deeply")
            except ValueError as why:
                self.fail(str(why))
            else:
                if end - self._at > ITEM_LIMIT:
                    self.fail(f"a value that is longer than {ITEM_LIMIT:,} characters")
                # At the end of a piece `12` may be the beginning of `123`, or of `12e+3`.
                if end + 2 < len(self._text) or not self._read_more():
                    return value, end

    def _find_fault(self, value: Json, end: int) -> tuple[RowCode, str] | None:
        if self._has_bad_bytes and _NOT_UTF8.search(self._text, self._at, end):
            return RowCode.NOT_UTF8, "a text in it is not UTF-8"
        if self._twice is not None:
            return RowCode.BAD_SYNTAX, f"the key {self._twice[:40]!r} is there twice"
        brackets = self._text.count("[", self._at, end) + self._text.count("{", self._at, end)
        if brackets > _DEPTH_LIMIT and _is_deep(value):
            return RowCode.BAD_SYNTAX, f"nested deeper than {_DEPTH_LIMIT}"
        return None

    def _read_more(self) -> bool:
        """Read on, dropping what lies before the cursor; false at the end."""
        if self._is_whole:
            return False
        self._line += self._text.count("\n", self._counted, self._at)
        rest = self._text[self._at :]
        piece = self._stream.read(max(_PIECE_BYTES, len(rest)))
        self._is_whole = not piece
        text = self._characters.decode(piece, final=not piece)
        if not text.isascii() and _NOT_UTF8.search(text):
            self._has_bad_bytes = True
        self._text, self._at, self._counted = rest + text, 0, 0
        return True

    def _build_object(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        json_object = dict(pairs)
        if len(json_object) != len(pairs) and self._twice is None:
            keys = [key for key, _ in pairs]
            seen: set[str] = set()
            self._twice = next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return json_object


def _parse_integer(text: str) -> int | str:
    """The number; one with more digits than any date, port or category stays text, because it would take long."""
    return int(text) if len(text) <= _INTEGER_DIGITS else text


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _is_deep(value: Json) -> bool:
    level: list[Json] = [value]
    for _ in range(_DEPTH_LIMIT):
        below: list[Json] = []
        for one in level:
            if isinstance(one, dict):
                below.extend(one.values())
            elif isinstance(one, list):
                below.extend(one)
        if not below:
            return False
        level = [child for child in below if isinstance(child, (dict, list))]
    return bool(level)
