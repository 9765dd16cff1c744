"""Account for every frame of a run in a table that adds up: matched, unmatched, or not read."""

from __future__ import annotations

import json
from dataclasses import dataclass

HIT, UNMATCHED, COMMENT = "hit", "unmatched", "comment"


@dataclass(frozen=True, slots=True)
class FramePart:
    """A part of an exhibit's frames: `hit`, `unmatched`, `comment`, or the code of a reject."""

    name: str
    frames: int
    is_reject: bool = False


@dataclass(frozen=True, slots=True)
class FrameAccount:
    """The parts, most important first, and the frames read. `outside_window` frames are among `unmatched`."""

    parts: tuple[FramePart, ...]
    frames: int
    hits: int
    outside_window: int

    @property
    def adds_up(self) -> bool:
        """Return whether the parts add up to all frames."""
        return sum(part.frames for part in self.parts) == self.frames


def parse_frame_account(account_json: str) -> FrameAccount:
    """Return the registered account of a run."""
    account_dict = json.loads(account_json)
    rejects = [FramePart(code, count, is_reject=True) for code, count in sorted(account_dict["rejects"].items())]
    parts = (
        FramePart(HIT, account_dict["hit_records"]),
        FramePart(UNMATCHED, account_dict["unmatched"]),
        FramePart(COMMENT, account_dict["comments"]),
    )
    return FrameAccount(
        (*parts, *rejects), account_dict["frames"], account_dict["hits"], account_dict["outside_window"]
    )
