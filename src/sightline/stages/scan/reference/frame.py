"""A frame with its place, and a break where a member became unreadable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from sightline.model import RejectCode

BOM = b"\xef\xbb\xbf"
Pieces: TypeAlias = Iterable[bytes | RejectCode]
"""The bytes of a member in order. A code marks a break."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame and its place: offset from 0 and line from 1 in the innermost member.

    `length` excludes the line end. `raw` is None if that is more than the longest frame allowed. In a frame stream the
    line is the number of the frame, and the offset that of its content, after its length. `is_ended`: a line end, or in
    a frame stream the length, shows that it is whole.
    """

    byte_offset: int
    line_number: int
    length: int
    raw: bytes | None
    is_control: bool = False
    is_ended: bool = True

    @property
    def text(self) -> bytes:
        """Return the text to parse: the raw bytes, without a BOM at the start of the member."""
        raw = self.raw or b""
        return raw.removeprefix(BOM) if self.byte_offset == 0 else raw


@dataclass(frozen=True, slots=True)
class Break:
    """The point where a member became unreadable: the place and extent of the unfinished frame, and why.

    `begun`: of a line, its first byte, if there is one.
    """

    byte_offset: int
    length: int
    code: RejectCode
    begun: bytes = b""
