"""A frame and where it stands, and where a member could not be read on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from sightline.model import RejectCode

BOM = b"\xef\xbb\xbf"
Pieces: TypeAlias = Iterable[bytes | RejectCode]
"""The bytes of a member as they come; a code where they break off."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame and where it stands: offset from 0 and line from 1 in the innermost member.

    `length` is without the line end. `raw` is None where that is more than the longest frame allowed. In a frame stream
    the line is the number of the frame, and the offset that of what it holds, behind its length.
    """

    byte_offset: int
    line_number: int
    length: int
    raw: bytes | None
    is_control: bool = False

    @property
    def text(self) -> bytes:
        """What is parsed: the raw bytes, without a BOM at the start of the member."""
        raw = self.raw or b""
        return raw.removeprefix(BOM) if self.byte_offset == 0 else raw


@dataclass(frozen=True, slots=True)
class Break:
    """Where a member could not be read on: the place and extent of the frame that had begun, and why."""

    byte_offset: int
    length: int
    code: RejectCode
