"""Every frame of a run accounted for, as a table that adds up: what met a list, what met none, what was not read."""

from __future__ import annotations

import json
from dataclasses import dataclass

HIT, UNMATCHED, COMMENT = "hit", "unmatched", "comment"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an exhibit's frames: `hit`, `unmatched`, `comment`, or the code of a reject."""

    name: str
    frames: int
    is_reject: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """The parts, largest meaning first, beside the frames that were read; `outside_window` are some of `unmatched`."""

    parts: tuple[Part, ...]
    frames: int
    hits: int
    outside_window: int

    @property
    def adds_up(self) -> bool:
        """Whether the parts are all the frames."""
        return sum(one.frames for one in self.parts) == self.frames


def account_of(account_json: str) -> Account:
    """The account of a run as it was registered."""
    said = json.loads(account_json)
    rejects = [Part(code, count, is_reject=True) for code, count in sorted(said["rejects"].items())]
    parts = (Part(HIT, said["hit_records"]), Part(UNMATCHED, said["unmatched"]), Part(COMMENT, said["comments"]))
    return Account((*parts, *rejects), said["frames"], said["hits"], said["outside_window"])
