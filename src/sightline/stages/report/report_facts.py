"""Facts about a report: its generation of leads, and everything that this generation depends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sightline.stages.report.printable import format_dated_text
from sightline.stages.report.translator import ENGLISH, Translator


@dataclass(frozen=True, slots=True)
class ReportDataSet:
    """An imported data set. `dated` is its own date, `YYYY-MM-DD`; `credit` a line that its licence requires."""

    dataset_id: str
    name: str
    kind: str
    dated: str
    licence: str | None = None
    credit: str | None = None

    @property
    def cited(self) -> str:
        """Return its name and date."""
        return format_dated_text(f"{self.name} of {self.dated}")


@dataclass(frozen=True, slots=True)
class ReportExhibit:
    """A log behind leads, identified by its SHA-256."""

    sha256: str
    name: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class ReportRule:
    """A rule of this generation, with its version."""

    rule: str
    version: int | str
    side: str | None = None


@dataclass(frozen=True, slots=True)
class ReportList:
    """A list that flagged the sites, and its source in words: `signed by AGENCY`."""

    list_id: str
    issuer: str
    origin: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class LeadReport:
    """One generation of leads, the time of its report, and its inputs.

    `opened_why` is the officer's reason for showing addresses; None masks them. `limit`: the maximum number of cards on
    the page. `translator`: the language of the report.
    """

    workspace: str
    generation: str
    made_at: datetime
    is_exercise: bool = False
    data_sets: tuple[ReportDataSet, ...] = ()
    exhibits: tuple[ReportExhibit, ...] = ()
    rules: tuple[ReportRule, ...] = ()
    lists: tuple[ReportList, ...] = ()
    code_version: str | None = None
    opened_why: str | None = None
    opened_by: str | None = None
    limit: int = 200
    translator: Translator = ENGLISH

    @property
    def is_open(self) -> bool:
        """Return whether addresses are shown in full."""
        return self.opened_why is not None

    def find_exhibit(self, sha256: str) -> ReportExhibit:
        """Return the exhibit with a digest, or with the beginning of one."""
        return next((exhibit for exhibit in self.exhibits if exhibit.sha256.startswith(sha256)), ReportExhibit(sha256))
