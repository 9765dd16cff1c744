"""Licensees: recipients of notices, what each keeps about shared addresses, and the usual form of its replies."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import NatLogs
from sightline.storage.rows import Licensee
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id

KEEP_DAYS = 730
"""Retention that a licence requires since December 2021, in days: two years."""
MOST_DAYS = 3660
ORDERS = ("dmy", "mdy", "ymd")


@dataclass(frozen=True, slots=True)
class LicenseeForm:
    """An officer's statement about a licensee. None keeps the earlier or usual value."""

    name: str
    address: str | None = None
    nat_logs: NatLogs | None = None
    timezone: str | None = None
    date_order: str | None = None
    keep_days: int | None = None


def set_licensee(officer_session: OfficerSession, form: LicenseeForm) -> Licensee:
    """Set or update a licensee, and return it as registered. Raises UsageError."""
    _require_days(form.keep_days)
    with officer_session.change(Action.LICENSEE_SAY, "licensee:all") as change:
        licensee = _find_by_name(change.tables, form.name)
        if licensee is None and form.address is None:
            raise UsageError(f"{form.name} has no address for notices", hint="--address, of its nodal officer")
        usual = Licensee("", form.name, "", NatLogs.UNKNOWN, None, None, KEEP_DAYS, 0, "")
        before = licensee or replace(usual, licensee_id=make_id(change.now))
        stored = replace(
            before,
            address=before.address if form.address is None else form.address,
            nat_logs=before.nat_logs if form.nat_logs is None else form.nat_logs,
            timezone=before.timezone if form.timezone is None else form.timezone,
            date_order=before.date_order if form.date_order is None else form.date_order,
            keep_days=before.keep_days if form.keep_days is None else form.keep_days,
            said_at_us=change.now_us,
            said_by=officer_session.officer.officer_id,
        )
        tell = change.add if licensee is None else change.put
        tell(Verb.LICENSEE_SAID, stored, name=stored.name, nat_logs=stored.nat_logs.value)
    return stored


def _require_days(days: int | None) -> None:
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise UsageError(f"{days} days of keeping: from 1 to {MOST_DAYS}", hint=f"the default is {KEEP_DAYS}")


def list_licensees(officer_session: OfficerSession) -> list[Licensee]:
    """Return all licensees, by name."""
    with officer_session.read(Action.NOTICE_VIEW, "licensee:all", JournalVerb.VIEW_NOTICE) as tables:
        return sorted(tables[Licensee].select(), key=lambda licensee: licensee.name.casefold())


def find_licensee(tables: Tables, text: str) -> Licensee:
    """Return the licensee with that id, or name in any case. Raises UsageError."""
    licensee = tables[Licensee].get(text) or _find_by_name(tables, text)
    if licensee is None:
        raise UsageError(f"there is no ISP {text}", hint=f'sightline licensees set "{text}" --address TEXT')
    return licensee


def _find_by_name(tables: Tables, name: str) -> Licensee | None:
    wanted = name.casefold()
    return next((licensee for licensee in tables[Licensee].select() if licensee.name.casefold() == wanted), None)
