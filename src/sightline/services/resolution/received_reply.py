"""What is asked of the import of a reply, and what it returns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.casework.notices import replies
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.storage.rows import Notice, Reply


@dataclass(frozen=True, slots=True)
class ReceiveRequest:
    """A reply's file, the notice that it answers, and what is declared about it.

    `confirms`: doubts that the officer answers at once, with the reason `why`.
    """

    notice: str
    path: Path
    declared: ReplyDeclarations
    received_on: str
    certificate: Path | None = None
    is_partial: bool = False
    corrects: str | None = None
    confirms: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReceivedReply:
    """A registered reply, whether it was there already, and the findings of its check."""

    reply: Reply
    notice: Notice
    was_there: bool
    findings: pl.DataFrame
    confirmed: tuple[str, ...] = ()

    @property
    def open_doubts(self) -> list[str]:
        """Return the doubts about the reply that no officer answered."""
        return [doubt for doubt in replies.list_doubts(self.reply) if doubt not in self.confirmed]

    @property
    def account(self) -> dict[str, int]:
        """Return the counts."""
        account_dict: dict[str, int | str] = json.loads(self.reply.account_json)
        return {name: count for name, count in account_dict.items() if isinstance(count, int)}

    @property
    def layout_reason(self) -> str:
        """Return how the file was read: why by that layout, and what was hidden. Empty for older replies."""
        return str(json.loads(self.reply.account_json).get("why", ""))
