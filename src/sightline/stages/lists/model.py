"""The data types of flag lists: rows of a file, and the indicators and statements that they become."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from sightline.model import IndicatorId, IndicatorKind, ListId, ListUse, Opinion, RowCode

Row = tuple[int, str, str, str, str, str, str, str, str]
"""Line (from 1), kind, value, category, valid_from, valid_until, listed_on, opinion, reference; "" is absent.

A plain tuple, because a list has ten million of them and the kernel takes them in batches.
"""


class UsualRows(Protocol):
    """Rows that the kernel found and holds: a sequence of tuples, which are made only when they are asked for."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def __getitem__(self, at: int, /) -> Row:
        """Return a row."""

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows."""

    def count_kinds(self, without: set[int]) -> Mapping[str, int]:
        """Return the number of rows of each kind, without those of these lines."""

    def numbers(self) -> int:
        """Return how many rows and refusals of a document there are."""

    def place(self, at: int) -> tuple[int, int, int]:
        """Return the line, from 0, the number of the element and of a part of it, of a row or refusal of a document."""

    def refusals(self) -> list[tuple[int, str, str]]:
        """Return number, code and reason of what a document has that gives no row."""

    def undated(self) -> int:
        """Return the number of rows with a start of their window that lost a reference without a date."""

    def merged(self, others: list[Row]) -> UsualRows:
        """Return these rows and others in the order of their lines."""


@dataclass(frozen=True, slots=True)
class RowReject:
    """An unreadable line of a list with the reason, or for a document the item's pointer."""

    line: int
    code: RowCode
    reason: str
    pointer: str = ""

    @property
    def where(self) -> str:
        """Return the place in words."""
        return f"line {self.line}, {self.pointer}" if self.pointer else f"line {self.line}"


class ListPlace(NamedTuple):
    """The place of an item: its first line, from 1, and its JSON pointer (RFC 6901)."""

    line: int
    pointer: str

    def locate_part(self, *steps: str | int) -> ListPlace:
        """Return the place of a part of the item, with the item's line."""
        return ListPlace(self.line, self.pointer + "".join(f"/{step}" for step in steps))


class RowBatch(NamedTuple):
    """Rows and rejects of one part of a file, each in line order.

    In a document (JSON) lines are not useful: rows and rejects are numbered from 1 in file order instead, each with a
    number of its own, and `places` has the place of each. `undated` rows lost a reference without a date, although they
    have a start of their window.
    """

    rows: list[Row] | UsualRows
    rejects: list[RowReject]
    places: Mapping[int, ListPlace] | None = None
    undated: int = 0

    def list_all_rejects(self, others: Iterable[RowReject]) -> list[RowReject]:
        """Return the batch's rejects and those that a check found among its rows, in file order.

        Each comes with its place.
        """
        rejects = sorted([*self.rejects, *others], key=lambda reject: reject.line)
        if self.places is None:
            return rejects
        return [
            RowReject(line, row_reject.code, row_reject.reason, pointer)
            for row_reject in rejects
            for line, pointer in [self.places[row_reject.line]]
        ]


@dataclass(frozen=True, slots=True)
class Statement:
    """The statement of one row about an indicator. Times are microseconds since 1970, UTC; the window is half-open."""

    valid_from_us: int | None
    valid_until_us: int | None
    listed_on_us: int | None
    opinion: Opinion
    category: str | None
    has_reference: bool


@dataclass(frozen=True, slots=True)
class Indicator:
    """One kind and canonical value, with its distinct statements in line order."""

    kind: IndicatorKind
    value: str
    statements: tuple[Statement, ...]

    def derive_id(self, list_id: ListId) -> IndicatorId:
        """Return the indicator's identity in that list (`docs/adr/0001-identities.md`)."""
        return compute_indicator_id(list_id, self.kind, self.value)


@dataclass(frozen=True, slots=True)
class Signature:
    """An issuer's signature of a list: the parsed trusted comment, and the signing key.

    `minisig` is the signature file's text. `key_id` is as `minisign` prints it. `valid_until` is exclusive, UTC.
    """

    issuer: str
    valid_until: datetime
    use: ListUse
    version: str | None
    category: str | None
    transcribed_by: str | None
    original_sha256: str | None
    key_id: str
    minisig: str
    series: str | None = None

    @property
    def origin(self) -> str:
        """Return the list's source in words. A transcribed list is never described as signed by the agency itself."""
        if self.transcribed_by is None:
            return f"signed by {self.issuer}"
        return f"transcribed by {self.transcribed_by}, not signed by {self.issuer}"


@dataclass(frozen=True, slots=True)
class FlagList:
    """A list in memory, for the oracle: indicators by kind, then canonical value."""

    path: str
    list_id: ListId
    signature: Signature | None
    indicators: tuple[Indicator, ...]
    rejects: tuple[RowReject, ...]

    @property
    def issuer(self) -> str | None:
        """Return the signing issuer, or None if no signature was required."""
        return self.signature.issuer if self.signature else None

    @property
    def category(self) -> str | None:
        """Return the category of the signature, for statements without one."""
        return self.signature.category if self.signature else None


def compute_indicator_id(list_id: ListId, kind: IndicatorKind, value: str) -> IndicatorId:
    """Return 32 hex digits over list, kind and canonical value."""
    text = f"{list_id}\n{kind.value}\n{value}".encode()
    return IndicatorId(hashlib.sha256(text).hexdigest()[:32])
