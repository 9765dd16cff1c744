"""A reader of MaxMind's DB format, after its specification, for tests of the writer."""

import ipaddress
import struct
from typing import Any


class Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.start = 0
        self.metadata = self._value(raw.rindex(b"\xab\xcd\xefMaxMind.com") + 14)[0]
        self.nodes, self.bits = self.metadata["node_count"], self.metadata["record_size"]
        self.start = self.nodes * self.bits // 4 + 16

    def get(self, text: str) -> Any:
        address = ipaddress.ip_address(text)
        number = int(address)
        node = 0
        for depth in range(128):
            at = node * 8 + 4 * (number >> (127 - depth) & 1)
            node = struct.unpack_from(">I", self.raw, at)[0]
            if node == self.nodes:
                return None
            if node > self.nodes:
                return self._value(node - self.nodes - 16 + self.start)[0]
        raise AssertionError("deeper than an address")

    def _value(self, at: int) -> tuple[Any, int]:
        control, at = self.raw[at], at + 1
        kind, size = control >> 5, control & 31
        if kind == 0:
            kind, at = 7 + self.raw[at], at + 1
        if size >= 29:
            extra = size - 28
            more = int.from_bytes(self.raw[at : at + extra], "big")
            size, at = (29, 285, 65821)[extra - 1] + more, at + extra
        body = self.raw[at : at + size]
        if kind == 2:
            return body.decode(), at + size
        if kind == 3:
            return struct.unpack(">d", body)[0], at + size
        if kind in {5, 6, 9}:
            return int.from_bytes(body, "big"), at + size
        found: list[Any] = []
        for _ in range(size * (2 if kind == 7 else 1)):
            value, at = self._value(at)
            found.append(value)
        return (dict(zip(found[::2], found[1::2], strict=True)) if kind == 7 else found), at
