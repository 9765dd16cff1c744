"""Decode values of a MaxMind DB's data section with limits on depth, number, and every offset."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = "str | bytes | int | float | bool | dict[str, Value] | list[Value] | None"
DEEPEST = 32
MOST_VALUES = 20_000
"""The maximum number of values in a record; a real one has a few hundred."""
MOST_KEPT = 400_000
POINTER, TEXT, DOUBLE, BYTES, MAP, INT32, ARRAY, BOOLEAN, FLOAT = 1, 2, 3, 4, 7, 8, 11, 14, 15
UNSIGNED = {5: 2, 6: 4, 9: 8, 10: 16}
"""The maximum number of bytes of each unsigned type."""
POINTER_BASE = (0, 2048, 526_336, 0)


class BadValue(ValueError):
    """Bytes that are no valid value. The message says why."""


@dataclass(slots=True)
class Values:
    """The data section of a file. Pointed-to values are cached, because pointers repeat.

    `encoding_errors`: what becomes of a text that is not UTF-8, as `bytes.decode` names it.
    """

    section: memoryview
    encoding_errors: str = "strict"
    _decoded: dict[int, Value] = field(default_factory=dict)
    _left: int = 0

    def decode_at(self, offset: int) -> Value:
        """Decode the value at an offset. Raises BadValue."""
        self._left = MOST_VALUES
        try:
            return self._decode_value(offset, 0)[0]
        except (IndexError, struct.error):
            raise BadValue("it ends beyond the file") from None

    def _decode_value(self, at: int, depth: int) -> tuple[Value, int]:
        self._left -= 1
        if depth > DEEPEST or self._left < 0:
            raise BadValue("it is nested too deeply, or too large")
        control = self.section[at]
        kind, at = control >> 5, at + 1
        if kind == POINTER:
            return self._decode_pointer(control, at, depth)
        if kind == 0:
            kind, at = self.section[at] + 7, at + 1
        size, at = self._decode_size(control & 31, at)
        if kind == MAP:
            return self._map(size, at, depth)
        if kind == ARRAY:
            return self._decode_array(size, at, depth)
        if kind == BOOLEAN:
            if size > 1:
                raise BadValue("a boolean that is neither")
            return bool(size), at
        if at + size > len(self.section):
            raise BadValue("it ends beyond the file")
        return _read_scalar(kind, self.section[at : at + size].tobytes(), self.encoding_errors), at + size

    def _decode_size(self, size: int, at: int) -> tuple[int, int]:
        if size < 29:
            return size, at
        more = size - 28
        number = int.from_bytes(self.section[at : at + more], "big")
        return (29, 285, 65_821)[more - 1] + number, at + more

    def _decode_pointer(self, control: int, at: int, depth: int) -> tuple[Value, int]:
        width = (control >> 3) & 3
        high = (control & 7) << (8 * (width + 1)) if width < 3 else 0
        target = high + int.from_bytes(self.section[at : at + width + 1], "big") + POINTER_BASE[width]
        after = at + width + 1
        if target in self._decoded:
            return self._decoded[target], after
        if self.section[target] >> 5 == POINTER:
            raise BadValue("a pointer to a pointer")
        value = self._decode_value(target, depth + 1)[0]
        if not isinstance(value, dict | list) and len(self._decoded) < MOST_KEPT:
            self._decoded[target] = value
        return value, after

    def _map(self, size: int, at: int, depth: int) -> tuple[Value, int]:
        result: dict[str, Value] = {}
        for _ in range(self._require_allowed(size)):
            key, at = self._decode_value(at, depth + 1)
            if not isinstance(key, str):
                raise BadValue("a key that is no text")
            result[key], at = self._decode_value(at, depth + 1)
        return result, at

    def _decode_array(self, size: int, at: int, depth: int) -> tuple[Value, int]:
        result: list[Value] = []
        for _ in range(self._require_allowed(size)):
            value, at = self._decode_value(at, depth + 1)
            result.append(value)
        return result, at

    def _require_allowed(self, size: int) -> int:
        if size > self._left:
            raise BadValue("it is nested too deeply, or too large")
        return size


def _read_scalar(kind: int, raw: bytes, encoding_errors: str) -> Value:
    if kind == TEXT:
        try:
            return raw.decode(errors=encoding_errors)
        except UnicodeDecodeError:
            raise BadValue("a text that is not UTF-8") from None
    if kind in UNSIGNED and len(raw) <= UNSIGNED[kind]:
        return int.from_bytes(raw, "big")
    if kind == INT32 and len(raw) <= 4:
        return int.from_bytes(raw, "big", signed=len(raw) == 4)
    if (kind, len(raw)) in {(DOUBLE, 8), (FLOAT, 4)}:
        number: float = struct.unpack(">d" if kind == DOUBLE else ">f", raw)[0]
        return number
    if kind == BYTES:
        return raw
    raise BadValue(f"a value of type {kind} and {len(raw)} bytes")
