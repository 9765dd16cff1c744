"""Collect rows and rejects of a document's items: each has a number of its own, and its place."""

from __future__ import annotations

import re

from sightline.model import IndicatorKind, RowCode
from sightline.stages.lists.model import Place, Row, RowBatch, RowReject
from sightline.stages.lists.readers.document import Json
from sightline.stages.lists.readers.lines import LINE_LIMIT_BYTES

_BATCH_ROWS = 4096
_NO_TEXT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_SHOWN = 60


class Unreadable(ValueError):
    """An item, or a part of one, without a row: the code and the reason."""

    def __init__(self, code: RowCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Rows:
    """Collects the rows of items until `take` returns them."""

    def __init__(self) -> None:
        self._number = 0
        self._rows: list[Row] = []
        self._rejects: list[RowReject] = []
        self._places: dict[int, Place] = {}

    @property
    def is_full(self) -> bool:
        """Return whether the collection should be taken."""
        return len(self._places) >= _BATCH_ROWS

    def add(
        self,
        place: Place,
        kind: str,
        value: str,
        category: str = "",
        valid_from: str = "",
        valid_until: str = "",
        listed_on: str = "",
        reference: str = "",
    ) -> None:
        """Add one row. No document kind has opinions, so all rows are flagged."""
        number = self._next(place)
        self._rows.append((number, kind, value, category, valid_from, valid_until, listed_on, "", reference))

    def reject(self, place: Place, code: RowCode, reason: str) -> None:
        """Add one reject."""
        self._rejects.append(RowReject(self._next(place), code, reason))

    def take(self) -> RowBatch:
        """Return what was collected since the last call."""
        batch = RowBatch(self._rows, self._rejects, self._places)
        self._rows, self._rejects, self._places = [], [], {}
        return batch

    def _next(self, place: Place) -> int:
        self._number += 1
        self._places[self._number] = place
        return self._number


def fields(value: Json, what: str) -> dict[str, Json]:
    """Return the value as an object. Raises Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable(RowCode.BAD_SYNTAX, f"{what} is not an object")
    return value


def text(item: dict[str, Json], key: str) -> str:
    """Return the text at that key, without surrounding blanks; "" if it is absent or null. Raises Unreadable."""
    value = item.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(RowCode.BAD_SYNTAX, f"{key} is not a text")
    if len(value) > LINE_LIMIT_BYTES:
        raise Unreadable(RowCode.ROW_TOO_LONG, f"{key} is longer than {LINE_LIMIT_BYTES} characters")
    if _NO_TEXT.search(value):
        raise Unreadable(RowCode.BAD_SYNTAX, f"{key} holds a control character or half of one")
    return value.strip(" ")


def texts(item: dict[str, Json], key: str) -> list[str]:
    """Return the texts of the list at that key; none if it is absent. Raises Unreadable."""
    value = item.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unreadable(RowCode.BAD_SYNTAX, f"{key} is not a list")
    return [text({key: one}, key) for one in value]


def flag(item: dict[str, Json], key: str) -> bool | None:
    """Return the boolean at that key, as JSON or as `0` and `1` of older programs; None if absent. Raises
    Unreadable.
    """
    value = item.get(key)
    if value is None or isinstance(value, bool):
        return value
    if value in (0, 1, "0", "1"):
        return value in (1, "1")
    raise Unreadable(RowCode.BAD_SYNTAX, f"{key} is neither true nor false")


def name_kind(name: str, otherwise: IndicatorKind) -> IndicatorKind:
    """Return the kind of a name: a hidden service's own, whatever the file calls it."""
    lower = name.lower().rstrip(".")
    if lower.endswith(".onion"):
        return IndicatorKind.ONION
    return IndicatorKind.I2P if lower.endswith(".i2p") else otherwise


def shorten(value: str) -> str:
    """Return a shortened text of the file for a reason."""
    return repr(value[:_SHOWN])
