"""Define a rule: a named, versioned reason for a verdict, as expressions over frames and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from sightline.model import Ceiling

FOR_MANY = ("private", "cdn")
"""Kinds of relay that serve many people at once."""


NO_PERSON = (Ceiling.AUTOMATED, Ceiling.RELAY)
"""Ceilings of visits that no line of a person made: by programs, relays and machines in data centres."""


class Side(StrEnum):
    """The subject of a rule: how far the evidence carries, intent on either side, or neither."""

    CEILING = "ceiling"
    FOR = "for"
    AGAINST = "against"
    NOTE = "note"


class OffenceElement(StrEnum):
    """The element of an offence that a reason may relate to (IT Act s.67B, POCSO Act s.15). It proves none."""

    BROWSES = "IT Act 67B(b): browses or seeks"
    DOWNLOADS = "IT Act 67B(b): downloads"
    PUBLISHES = "IT Act 67B(a): publishes or transmits"
    POSSESSES = "POCSO 15(1): stores or possesses"
    TRANSMITS = "POCSO 15(2): transmits or displays"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `text` and `seen` are over visits, `holds` over sessions. Without `holds`, one seen visit is enough.

    `text` reads one of `url`, `user_agent`, `referrer`, and is evaluated once for each distinct one; `seen` reads the
    other columns of `visits.READ`, `visits.RUN_COLUMNS` and `visits.LATER`; a visit is seen if both hold. `holds` reads
    `sessions.FACTS`, the enrichment (ADR 16), and `n_RULE` of rules that see visits. `words` is a format string over
    the same, `n` the count. `dataset`: the column that names the data set behind the verdict.
    """

    id: str
    version: int
    side: Side
    words: str
    text: pl.Expr | None = None
    seen: pl.Expr | None = None
    holds: pl.Expr | None = None
    ceiling: Ceiling | None = None
    element: OffenceElement | None = None
    dataset: str | None = None

    @property
    def sees(self) -> bool:
        """Return whether the rule examines visits."""
        return self.text is not None or self.seen is not None

    @property
    def counts_against(self) -> bool:
        """Return whether the rule lowers the rank of a lead: a reason against it, or no line of a person."""
        return self.side is Side.AGAINST or self.ceiling in NO_PERSON

    @property
    def count(self) -> str:
        """Return the name of the column that counts its visits."""
        return f"n_{self.id.replace('-', '_')}"

    @property
    def at(self) -> str:
        """Return the name of the column with its first place."""
        return f"at_{self.id.replace('-', '_')}"

    def sentence(self, row: Mapping[str, Any]) -> str:
        """Return its sentence about a session."""
        return self.words.format_map(_PrintableRow({**row, "n": row[self.count]}))


class _PrintableRow(dict[str, Any]):
    """A row whose values, when a sentence names them, print as absent or with what they count."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        value = super().__getitem__(name)
        return "not named" if value is None else NounCount(value) if type(value) is int else value


class NounCount(int):
    """A number that prints with its noun: `{n:visit}` is `1 visit` or `1,200 visits`."""

    def __format__(self, unit: str) -> str:
        if not unit.isalpha():
            return int.__format__(self, unit or ",")
        return f"{int(self):,} {unit}{'' if self == 1 else 's'}"


RANKS: Mapping[Ceiling, int] = {ceiling: rank for rank, ceiling in enumerate(Ceiling)}
"""Ceilings by number, the lowest first. Where several hold, the lowest is used."""

BASE_WITHOUT_PORT = RANKS[Ceiling.SHARED]
"""The `base` of a session whose best visits have no source port."""
