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


class Seriousness(StrEnum):
    """The seriousness of a reason for a lead, the most serious first: the steps of the order of leads (`triage`).

    The value is the level's name on pages. `UNSEEN` is a step of visits whose requests no log shows: no rule has it.
    """

    DANGER = "danger"
    CHILD = "child"
    PRODUCTION = "production"
    SENT = "upload"
    ACCOUNT = "account"
    UNSEEN = "unseen"
    DOWNLOAD = "download"
    BROWSE = "browse"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: conditions over visits, over a session, or both. Without one over a session, one visit is enough.

    `text_condition` reads one of `url`, `user_agent`, `referrer`, and is evaluated once for each distinct one;
    `visit_condition` reads the other columns of `visits.READ`, `visits.RUN_COLUMNS` and `visits.LATER`. The rule sees a
    visit if both hold. `session_condition` reads `sessions.FACTS`, the enrichment (ADR 16), and `n_RULE` of rules that
    see visits. `sentence` is a format string over the same columns, `n` is the count.

    `seriousness`: of a rule with side `for`, the step that its leads reach in the order of leads. None is `BROWSE`.
    `place_in_step`: the order of reasons of one step; equal ones are in the order of ids. `keeps_low`: a lead for which
    the rule holds is in the band `low`, unless a report asks for high priority. `dataset`: the column with the ordinal
    of the data set behind the verdict. `version`: raise it when the rule sees other visits or sessions than before.
    """

    id: str
    version: int
    side: Side
    sentence: str
    text_condition: pl.Expr | None = None
    visit_condition: pl.Expr | None = None
    session_condition: pl.Expr | None = None
    ceiling: Ceiling | None = None
    element: OffenceElement | None = None
    dataset: str | None = None
    seriousness: Seriousness | None = None
    place_in_step: int = 0
    keeps_low: bool = False

    @property
    def sees(self) -> bool:
        """Return whether the rule examines visits."""
        return self.text_condition is not None or self.visit_condition is not None

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

    def describe(self, row: Mapping[str, Any]) -> str:
        """Return its sentence about a session."""
        return self.sentence.format_map(_PrintableRow({**row, "n": row[self.count]}))


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
