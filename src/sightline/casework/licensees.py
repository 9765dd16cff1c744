"""Licensees: recipients of notices, what each keeps about shared addresses, and the usual form of its replies."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sightline.casework.access import Action
from sightline.casework.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import Seen, Verb
from sightline.model import NatLogs
from sightline.storage.rows import Licensee
from sightline.storage.table import Tables
from sightline.storage.ulid import new_id

KEEP_DAYS = 730
"""Retention that a licence requires since December 2021, in days: two years."""
MOST_DAYS = 3660
ORDERS = ("dmy", "mdy", "ymd")


@dataclass(frozen=True, slots=True)
class LicenseeForm:
    """What an officer states about a licensee. None keeps the earlier or usual value."""

    name: str
    address: str | None = None
    nat_logs: NatLogs | None = None
    timezone: str | None = None
    date_order: str | None = None
    keep_days: int | None = None


def set_licensee(officer_session: OfficerSession, told: LicenseeForm) -> Licensee:
    """Set or update a licensee, and return it as registered. Raises UsageError."""
    _require_days(told.keep_days)
    with officer_session.change(Action.LICENSEE_SAY, "licensee:all") as change:
        known = _find_by_name(change.tables, told.name)
        if known is None and told.address is None:
            raise UsageError(f"{told.name} has no address for notices", hint="--address, of its nodal officer")
        usual = Licensee("", told.name, "", NatLogs.UNKNOWN, None, None, KEEP_DAYS, 0, "")
        before = known or replace(usual, licensee_id=new_id(change.now))
        said = replace(
            before,
            address=before.address if told.address is None else told.address,
            nat_logs=before.nat_logs if told.nat_logs is None else told.nat_logs,
            timezone=before.timezone if told.timezone is None else told.timezone,
            date_order=before.date_order if told.date_order is None else told.date_order,
            keep_days=before.keep_days if told.keep_days is None else told.keep_days,
            said_at_us=change.now_us,
            said_by=officer_session.officer.officer_id,
        )
        tell = change.add if known is None else change.put
        tell(Verb.LICENSEE_SAID, said, name=said.name, nat_logs=said.nat_logs.value)
    return said


def _require_days(days: int | None) -> None:
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise UsageError(f"{days} days of keeping: from 1 to {MOST_DAYS}", hint=f"the default is {KEEP_DAYS}")


def licensees(officer_session: OfficerSession) -> list[Licensee]:
    """Return all licensees, by name."""
    with officer_session.read(Action.NOTICE_VIEW, "licensee:all", Seen.VIEW_NOTICE) as tables:
        return sorted(tables[Licensee].where(), key=lambda one: one.name.casefold())


def licensee_of(tables: Tables, text: str) -> Licensee:
    """Return the licensee with that id, or name in any case. Raises UsageError."""
    found = tables[Licensee].get(text) or _find_by_name(tables, text)
    if found is None:
        raise UsageError(f"there is no licensee {text}", hint=f'sightline licensees set "{text}" --address TEXT')
    return found


def _find_by_name(tables: Tables, name: str) -> Licensee | None:
    wanted = name.casefold()
    return next((one for one in tables[Licensee].where() if one.name.casefold() == wanted), None)
