"""The state of a replay of the ledger: keys, roles, ties, approvals, and violations to report."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sightline.ledger.entry import WORKSPACE, Entry
from sightline.ledger.ties import Ties
from sightline.ledger.two_officers import Fact

LASTS = timedelta(days=14)
"""How long an approval is valid after the request."""

Texts = Callable[[str], str | None]
"""Returns the text of a commitment of the current entry, if it is available and matches."""


def open_no_texts(_name: str) -> None:
    """Open no commitment."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The roles that may request an act of two officers, and those that may decide, by action.

    `signs` returns the roles that may sign an officer's entry, or None if the approval decides who may.
    """

    asks: Mapping[str, frozenset[str]]
    decides: Mapping[str, frozenset[str]]
    signs: Callable[[Entry], frozenset[str] | None]


@dataclass(slots=True)
class ReplayedApproval:
    """An approval as its entries describe it. `content` and `about` are None where no entry and no text has them."""

    approval_id: str
    action: str
    asked_by: str
    asked_at: datetime
    asked_seq: int
    leaf: str
    about: str | None = None
    content: Mapping[str, Fact] | None = None
    request: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_seq: int | None = None
    is_refused: bool = False
    is_bound: bool = False
    problems: list[str] = field(default_factory=list)
    used_at: datetime | None = None
    used_seq: int | None = None
    acts: int = 0

    @property
    def holds(self) -> bool:
        """Return whether a second officer gave it by the rules."""
        return self.decided_by is not None and not self.is_refused and not self.problems


class ReplayState:
    """The state of a replay. The checks of keys, approvals, acts and rows build on it, each in a class of its own."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.keys: dict[str, tuple[str, bytes]] = {}
        self.over: set[str] = set()
        self.roles: dict[str, str] = {}
        self.ties = Ties()
        self.approvals: dict[str, ReplayedApproval] = {}
        self._about: dict[tuple[str, str | None], list[ReplayedApproval]] = {}
        self._problems: list[tuple[int, str]] = []
        self._refused: dict[str, int] = {}
        self._since: dict[str, tuple[datetime, str]] = {}
        self._approved: set[str] = set()
        self._persons: dict[str, tuple[object, ...]] = {}
        self._uses: dict[str, object] = {}
        self._made: dict[str, int] = {}
        self._at: datetime | None = None
        self._pending: list[tuple[int, ReplayedApproval]] = []
        self._by_log: list[tuple[int, str]] = []
        self._given_back: set[str] = set()
        self._bound_seq: int | None = None
        self._are_recipients_by_two = False

    @property
    def log_key(self) -> bytes:
        """Return the workspace's own key, which the first entry names. Empty if none does."""
        return next((public for owner, public in self.keys.values() if owner == WORKSPACE), b"")

    def take_problems(self) -> Iterator[tuple[int, str]]:
        """Yield the problems found since the last call."""
        yield from self._problems
        self._problems.clear()

    def is_on_duty(self, officer: str) -> bool:
        """Return whether an officer has a valid signing key."""
        return any(owner == officer for one, (owner, _) in self.keys.items() if one not in self.over)

    def _report(self, entry: Entry, what: str) -> None:
        self._problems.append((entry.seq, what))


def decode_base64(text: object) -> bytes:
    """Return the bytes, or none for invalid Base64."""
    try:
        return base64.b64decode(str(text), validate=True)
    except ValueError:
        return b""


def read_committed_row(texts: Texts) -> dict[str, Any]:
    """Return the row that an entry commits to, or an empty one if its text is not available."""
    text = texts("state")
    return read_object(text) if text is not None else {}


def read_object(text: str) -> dict[str, Any]:
    """Return a JSON object, or an empty one for any other text."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
