"""Read and write the trusted comment of a list's signature: `issuer=...; version=...; valid_until=...; ...`."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from sightline.model import ListUse
from sightline.stages.lists.list_dates import parse_list_date

_YEAR_10000_US = 253_402_300_800_000_000
_DIGEST = re.compile(r"[0-9a-f]{64}")


class CommentError(ValueError):
    """A trusted comment in another form. The message says where."""


@dataclass(frozen=True, slots=True)
class ListComment:
    """An issuer's statements about a list, as texts of the comment. None is left out.

    A missing `use` is `statistics`: the one that can do no harm. `series` is the name under which versions of one list
    follow each other (`versions`); signatures of older versions of Sightline have none.
    """

    issuer: str
    version: str | None
    valid_until: str
    category: str | None
    use: str | None
    transcribed_by: str | None
    original_sha256: str | None
    series: str | None = None

    def __post_init__(self) -> None:
        """Raise CommentError where a value cannot stand in a comment."""
        for name, value in self._list_pairs():
            if not value or value != value.strip() or ";" in value or not value.isprintable():
                raise CommentError(f"{name} must be printable text without `;`, not {value[:80]!r}")
        if self.use is not None and self.use not in set(ListUse):
            raise CommentError(f"use is {self.use[:80]!r}, not {' or '.join(ListUse)}")
        if self.original_sha256 is not None and not _DIGEST.fullmatch(self.original_sha256):
            raise CommentError("original_sha256 must be 64 lower-case hex digits")
        try:
            if self.valid_until_us >= _YEAR_10000_US:
                raise ValueError("it must end before the year 10000")
        except ValueError as error:
            raise CommentError(f"valid_until: {error}") from None

    @property
    def valid_until_us(self) -> int:
        """Return the end of the list's validity, exclusive, in microseconds since 1970.

        A bare date's whole day is valid.
        """
        return parse_list_date(self.valid_until, whole_day=True)

    def to_text(self) -> str:
        """Return the comment as it is signed."""
        return "; ".join(f"{name}={value}" for name, value in self._list_pairs())

    def _list_pairs(self) -> list[tuple[str, str]]:
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self))
        return [(name, value) for name, value in pairs if value is not None]


NAMES = tuple(field.name for field in fields(ListComment))


def read_comment(text: str) -> ListComment:
    """Parse a comment. Raises CommentError for an unknown, repeated or missing name, or an impossible value."""
    result: dict[str, str] = {}
    for part in text.split("; "):
        name, equals, value = part.partition("=")
        if not equals or name not in NAMES:
            raise CommentError(f"{part[:80]!r} is none of {'=, '.join(NAMES)}=")
        if name in result:
            raise CommentError(f"{name} is stated twice")
        result[name] = value
    for name in ("issuer", "valid_until"):
        if name not in result:
            raise CommentError(f"it does not state {name}")
    return ListComment(**{name: result.get(name) for name in NAMES})  # type: ignore[arg-type]
