"""Forms of intakes: where files come from, and what is declared of their times."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from sightline.casework.input_checks import require_zone
from sightline.errors import UsageError
from sightline.ledger.instants import to_microseconds
from sightline.services.intake.intake import Intake
from sightline.services.intake.seizure_memo import read_memo
from sightline.storage.ulid import make_id
from sightline.web.context import RequestContext
from sightline.web.pages.intake.intake_view import list_log_sources, scan_lists

YEARS = range(1970, 2200)
MOST_LISTS = 1000


class IntakeForm(BaseModel):
    """The source with its authority, and the digests of the seizure memo."""

    under: Annotated[str, Field(max_length=200)] = ""
    memo: Annotated[str, Field(max_length=1_000_000)] = ""

    def to_intake(self, context: RequestContext) -> Intake:
        """Return a new intake. Raises UsageError."""
        covered_source = next(
            (log_source for log_source in list_log_sources(context) if log_source.key == self.under), None
        )
        if covered_source is None:
            raise UsageError(context.says("under_missing"), hint=context.says("no_source_why"))
        read_memo(self.memo)
        now = context.officer_session.clock()
        ids = make_id(now), context.officer_session.officer.officer_id, to_microseconds(now)
        return Intake(*ids, covered_source.source.source_id, covered_source.authority.authority_id, self.memo.strip())


class ReadingForm(BaseModel):
    """The lists to scan with, and what the officer declares of files whose times do not state it."""

    timezone: Annotated[str, Field(max_length=100)] = ""
    timezone_basis: Annotated[str, Field(max_length=500)] = ""
    year: Annotated[str, Field(max_length=4)] = ""
    lists: Annotated[list[str], Field(max_length=MOST_LISTS)] = []
    date_order: Literal["", "dmy", "mdy", "ymd"] = ""

    def find_chosen_lists(self, context: RequestContext) -> tuple[str, ...]:
        """Return the ids of the chosen lists, empty for all that are valid. Raises UsageError if none of several is."""
        known = [scan_list.signed.signature_id for scan_list in scan_lists(context)]
        chosen = [known_list for known_list in known if known_list in set(self.lists)]
        if len(known) > 1 and not chosen:
            raise UsageError(context.says("lists_none"), hint=context.says("lists_none_next"))
        return tuple(chosen) if chosen != known else ()

    def to_reading(self, context: RequestContext) -> dict[str, str]:
        """Return the declarations that were made. Raises UsageError."""
        year = self.year.strip()
        if year and not (year.isascii() and year.isdigit() and int(year) in YEARS):
            raise UsageError(context.says("no_year", text=year))
        declared = {
            "timezone": require_zone(self.timezone.strip() or None, context.says("timezone")) or "",
            "timezone_basis": self.timezone_basis.strip(),
            "year": year,
            "date_order": self.date_order,
        }
        if declared["timezone"] and not declared["timezone_basis"]:
            raise UsageError(context.says("no_basis"), hint=context.says("timezone_basis_hint"))
        return {name: text for name, text in declared.items() if text}
