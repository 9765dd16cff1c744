"""What a match tells: lists, exhibits, every frame accounted for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from sightline.records import DAMAGE, RejectCode


@dataclass(frozen=True, slots=True)
class ListAccount:
    """One list. `untestable`: indicators of kinds that a format of this run cannot show; `statement`: whose it is, in words."""

    path: str
    list_id: str
    issuer: str | None
    indicators: int
    rejects: int
    untestable: int
    statement: str = ""


@dataclass(frozen=True, slots=True)
class ExhibitAccount:
    """One exhibit; the words of the summary of `match`. `frames = records + comments + sum(rejects)`."""

    path: str
    sha256: str
    size_bytes: int
    format: str
    format_reason: str
    frames: int
    records: int
    comments: int
    hit_records: int
    hits: int
    unmatched: int
    outside_window: int
    rejects: Mapping[str, int]
    seconds: float
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def reject_count(self) -> int:
        """Rejects of all codes."""
        return sum(self.rejects.values())

    @property
    def is_damaged(self) -> bool:
        """Whether the input itself broke off."""
        return any(RejectCode(code) in DAMAGE for code in self.rejects)


TERMINAL_ONLY = frozenset({"statement", "examples", "notes"})


@dataclass(frozen=True, slots=True)
class MatchSummary:
    """The account of a match, and how it ends."""

    lists: tuple[ListAccount, ...]
    exhibits: tuple[ExhibitAccount, ...]
    engine: str = "kernel"

    def to_json(self) -> str:
        """What `--summary` writes: masked examples and notes go to the terminal only."""

        def shown(account: ListAccount | ExhibitAccount) -> dict[str, object]:
            return {key: value for key, value in asdict(account).items() if key not in TERMINAL_ONLY}

        whole = {"lists": [shown(one) for one in self.lists], "exhibits": [shown(one) for one in self.exhibits]}
        return json.dumps(whole, ensure_ascii=False, indent=2)

    def exit_code(self, max_rejects_percent: float) -> int:
        """4 for damaged input, 1 for an exhibit with more rejects than allowed, else 0."""
        if any(exhibit.is_damaged for exhibit in self.exhibits):
            return 4
        too_many = any(exhibit.reject_count * 100 > max_rejects_percent * exhibit.frames for exhibit in self.exhibits)
        return 1 if too_many else 0
