"""What a report says of itself: the generation that it shows, and all that this generation rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sightline.stages.report.printable import dated_text


@dataclass(frozen=True, slots=True)
class DataSet:
    """An imported data set. `dated` is its own date, `YYYY-MM-DD`; `credit` a line that its licence asks for."""

    dataset_id: str
    name: str
    kind: str
    dated: str
    licence: str | None = None
    credit: str | None = None

    @property
    def cited(self) -> str:
        """Name and date."""
        return dated_text(f"{self.name} of {self.dated}")


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A log that leads rest on, known by its SHA-256."""

    sha256: str
    name: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of this generation, with its version."""

    rule: str
    version: int | str
    side: str | None = None


@dataclass(frozen=True, slots=True)
class FlagList:
    """A list that flagged the sites, and whose it is, in words: `signed by AGENCY`."""

    list_id: str
    issuer: str
    origin: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One generation of leads, when its report is made, and what it rests on.

    `opened_why` is the officer's reason for showing addresses; None keeps them masked. `limit`: cards on the page.
    """

    workspace: str
    generation: str
    made_at: datetime
    is_exercise: bool = False
    data_sets: tuple[DataSet, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    rules: tuple[Rule, ...] = ()
    lists: tuple[FlagList, ...] = ()
    code_version: str | None = None
    opened_why: str | None = None
    opened_by: str | None = None
    limit: int = 200

    @property
    def is_open(self) -> bool:
        """Whether addresses stand in full."""
        return self.opened_why is not None

    def exhibit(self, sha256: str) -> Exhibit:
        """The exhibit of a digest, or of the beginning of one."""
        return next((one for one in self.exhibits if one.sha256.startswith(sha256)), Exhibit(sha256))
