"""The home page of roles without leads: whether the system is in order, what is held, what was referred."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.casework.oversight import backups
from sightline.casework.permissions.roster import list_officers_on_duty
from sightline.casework.reference_data import datasets
from sightline.ledger.instants import to_microseconds
from sightline.storage.rows import Exhibit, Hold
from sightline.web.context import RequestContext


@dataclass(frozen=True, slots=True)
class SystemState:
    """Officers, data sets and backups. `backup_us`: when the last backup was made, None if never."""

    officers: int
    data_sets: int
    over: int
    backup_us: int | None
    backup_entries: int


@dataclass(frozen=True, slots=True)
class CustodySummary:
    """Exhibits that are held, those under a legal hold, and the last backup."""

    exhibits: int
    on_hold: int
    backup_us: int | None


def read_system_state(context: RequestContext) -> SystemState:
    """Return what an administrator looks at first."""
    with context.read() as tables:
        sets = datasets.list_dataset_states(tables, to_microseconds(context.officer_session.clock()))
        made = backups.list_backups(tables)
        present = list_officers_on_duty(tables)
    newest = [state for state in sets if state.is_newest]
    return SystemState(
        len(present),
        len(newest),
        sum(state.is_over for state in newest),
        to_microseconds(made[0].at) if made else None,
        made[0].entries if made else 0,
    )


def read_custody_state(context: RequestContext) -> CustodySummary:
    """Return what an evidence custodian looks at first."""
    with context.read() as tables:
        exhibits_held = tables[Exhibit].count(tables[Exhibit].get_column("purged_at_us").is_(None))
        on_hold = {hold.thing for hold in tables[Hold].select(lifted_at_us=None) if hold.thing.startswith("exhibit:")}
        made = backups.list_backups(tables)
    return CustodySummary(exhibits_held, len(on_hold), to_microseconds(made[0].at) if made else None)
