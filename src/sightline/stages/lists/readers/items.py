"""Collect rows and rejects of a document's items: each has a number of its own, and its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sightline.model import IndicatorKind, RowCode
from sightline.stages.lists.model import ListPlace, Row, RowBatch, RowReject, UsualRows
from sightline.stages.lists.readers.document import Json
from sightline.stages.lists.readers.lines import LINE_LIMIT_BYTES
from sightline.stages.lists.readers.usual_forms import Part, Taken, Turns, UsualPlaces

_BATCH_ROWS = 4096
_NO_TEXT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_MAX_CHARACTERS = 60


class UnreadableItem(ValueError):
    """An item, or a part of one, without a row: the code and the reason."""

    def __init__(self, code: RowCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class ItemRows:
    """Collects the rows of items until `take` returns them."""

    def __init__(self) -> None:
        self._number = 0
        self._rows: list[Row] = []
        self._rejects: list[RowReject] = []
        self._places: dict[int, ListPlace] = {}
        self._whole: list[RowBatch] = []

    @property
    def next_number(self) -> int:
        """Return the number that the next row has."""
        return self._number + 1

    def take_whole_batches(self) -> Iterator[RowBatch]:
        """Yield what should be taken now."""
        if len(self._places) >= _BATCH_ROWS:
            self._whole.append(self.take())
        yield from self._whole
        self._whole.clear()

    def add_usual(self, rows: UsualRows, array: ListPlace, element: int, part: Part) -> None:
        """Add rows whose numbers begin with `next_number`, found from that element of an array on."""
        places = UsualPlaces(rows, self.next_number, array, element, part)
        if not len(places):
            return
        if self._places:
            self._whole.append(self.take())
        rejects = [RowReject(number, RowCode(code), reason) for number, code, reason in rows.refusals()]
        self._whole.append(RowBatch(rows, rejects, places, rows.undated()))
        self._number += len(places)

    def add(
        self,
        place: ListPlace,
        kind: str,
        value: str,
        category: str = "",
        valid_from: str = "",
        valid_until: str = "",
        listed_on: str = "",
        reference: str = "",
    ) -> None:
        """Add one row. No document kind has opinions, so all rows are flagged."""
        number = self._give_number(place)
        self._rows.append((number, kind, value, category, valid_from, valid_until, listed_on, "", reference))

    def reject(self, place: ListPlace, code: RowCode, reason: str) -> None:
        """Add one reject."""
        self._rejects.append(RowReject(self._give_number(place), code, reason))

    def take(self) -> RowBatch:
        """Return what was collected since the last call."""
        batch = RowBatch(self._rows, self._rejects, self._places)
        self._rows, self._rejects, self._places = [], [], {}
        return batch

    def _give_number(self, place: ListPlace) -> int:
        self._number += 1
        self._places[self._number] = place
        return self._number


class UsualItems:
    """Adds the rows of elements of the usual form, many at once, to those of the elements that are read one by one."""

    def __init__(self, rows: ItemRows, take: Callable[[str, int, int], Taken], part: Part = lambda _part: "") -> None:
        self._rows, self._take, self._part = rows, take, part
        self._turns = Turns()

    def __call__(self, text: str, at: int, element: int, array: ListPlace) -> tuple[int, int, int]:
        """Return what `TakeElements` does."""
        batch = self._turns.take(lambda: self._take(text, at, self._rows.next_number))
        if batch is None:
            return 0, at, 0
        rows, count, end, lines = batch
        self._rows.add_usual(rows, array, element, self._part)
        return count, end, lines


def require_fields(value: Json, what: str) -> dict[str, Json]:
    """Return the value as an object. Raises Unreadable."""
    if not isinstance(value, dict):
        raise UnreadableItem(RowCode.BAD_SYNTAX, f"{what} is not an object")
    return value


def read_text(item: dict[str, Json], key: str) -> str:
    """Return the text at that key, without surrounding blanks; "" if it is absent or null. Raises Unreadable."""
    value = item.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnreadableItem(RowCode.BAD_SYNTAX, f"{key} is not a text")
    if len(value) > LINE_LIMIT_BYTES:
        raise UnreadableItem(RowCode.ROW_TOO_LONG, f"{key} is longer than {LINE_LIMIT_BYTES} characters")
    if _NO_TEXT.search(value):
        raise UnreadableItem(RowCode.BAD_SYNTAX, f"{key} holds a control character or half of one")
    return value.strip(" ")


def read_texts(item: dict[str, Json], key: str) -> list[str]:
    """Return the texts of the list at that key; none if it is absent. Raises Unreadable."""
    value = item.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise UnreadableItem(RowCode.BAD_SYNTAX, f"{key} is not a list")
    return [read_text({key: item}, key) for item in value]


def read_flag(item: dict[str, Json], key: str) -> bool | None:
    """Return the boolean at that key, as JSON or as `0` and `1` of older programs; None if absent.

    Raises Unreadable.
    """
    value = item.get(key)
    if value is None or isinstance(value, bool):
        return value
    if value in (0, 1, "0", "1"):
        return value in (1, "1")
    raise UnreadableItem(RowCode.BAD_SYNTAX, f"{key} is neither true nor false")


def find_name_kind(name: str, otherwise: IndicatorKind) -> IndicatorKind:
    """Return the kind of a name: a hidden service's own, whatever the file calls it."""
    lower = name.lower().rstrip(".")
    if lower.endswith(".onion"):
        return IndicatorKind.ONION
    return IndicatorKind.I2P if lower.endswith(".i2p") else otherwise


def shorten_value(value: str) -> str:
    """Return a shortened text of the file for a reason."""
    return repr(value[:_MAX_CHARACTERS])
