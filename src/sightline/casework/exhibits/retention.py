"""Retention of exhibits: to the latest day of the authorities that hold them, and longer on legal hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sightline.casework.exhibits.exhibits import RunsContent, describe_runs_content
from sightline.casework.exhibits.holds import list_holds_on_exhibit
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.storage.rows import Authority, Exhibit, Hold, Holding, Run
from sightline.storage.table import Tables


@dataclass(frozen=True, slots=True)
class RetentionTerm:
    """End of an exhibit's retention. None: until the outcome of a case with an authority that names no day."""

    exhibit: Exhibit
    keep_until_us: int | None
    authorities: tuple[str, ...]
    content: RunsContent
    holds: tuple[Hold, ...]

    def is_due(self, now_us: int) -> bool:
        """Return whether its day is over. A hold does not stop the clock; it stops the purge."""
        return self.keep_until_us is not None and self.keep_until_us <= now_us and self.exhibit.purged_at_us is None


def compute_retention_term(tables: Tables, exhibit: Exhibit) -> RetentionTerm:
    """Return the retention of one exhibit."""
    holdings = tables[Holding].select(exhibit_id=exhibit.exhibit_id)
    runs = tables[Run].select(exhibit_id=exhibit.exhibit_id)
    ids = {holding.authority_id for holding in holdings} | {run.authority_id for run in runs}
    authorities = tables[Authority].select_within("authority_id", sorted(ids))
    days = [authority.keep_until_us for authority in authorities]
    known = [day for day in days if day is not None]
    content = describe_runs_content(runs)
    return RetentionTerm(
        exhibit,
        max(known) if known and len(known) == len(days) else None,
        tuple(authority.number for authority in authorities),
        content,
        tuple(list_holds_on_exhibit(tables, exhibit.exhibit_id)),
    )


def list_due_exhibits(officer_session: OfficerSession) -> list[RetentionTerm]:
    """Return the exhibits whose day is over, including those on hold, by day and id."""
    now_us = to_microseconds(officer_session.clock())
    with officer_session.read(Action.PURGE, "exhibit:due", JournalVerb.VIEW_EXHIBIT) as tables:
        retention_terms = [clock for clock in list_retention_terms(tables) if clock.is_due(now_us)]
    return sorted(retention_terms, key=lambda term: (term.keep_until_us or 0, term.exhibit.exhibit_id))


def list_retention_terms(tables: Tables) -> Iterator[RetentionTerm]:
    """Yield the retention of every exhibit that was not purged."""
    for exhibit in tables[Exhibit].select(purged_at_us=None):
        yield compute_retention_term(tables, exhibit)
