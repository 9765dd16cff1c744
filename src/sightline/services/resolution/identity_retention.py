"""Retention of identities: as long as the cases whose notices named them, and longer on legal hold."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.casework.identities import identities
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import Refused
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.artifacts.registered_tables import read_registered
from sightline.storage.rows import Authority, Hold, IdentityKey, Notice, Reply
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class IdentityClock:
    """The end of an identity's retention. None: until the outcome of a case with an authority that names no day.

    `authorities`: numbers of the authorities of the cases that asked. `holds`: holds on such a case or authority.
    """

    subscriber: str
    keep_until_us: int | None
    authorities: tuple[str, ...]
    holds: tuple[Hold, ...]

    def is_due(self, now_us: int) -> bool:
        """Return whether its day is over. A hold does not stop the clock; it stops the purge."""
        return self.keep_until_us is not None and self.keep_until_us <= now_us


def list_identity_clocks(workspace: Workspace) -> list[IdentityClock]:
    """Return the clock of every stored identity, by subscriber id. Raises DamagedInput for an altered reply."""
    with workspace.read() as tables:
        replies, notices = tables[Reply].select(), {notice.notice_id: notice for notice in tables[Notice].select()}
        with_key = {
            identity_key.subscriber_id for identity_key in tables[IdentityKey].select() if identity_key.key is not None
        }
    cases: dict[str, set[str]] = {}
    for reply in replies:
        values = read_registered(workspace, reply, "met", ["subscriber"])["subscriber"].drop_nulls()
        for subscriber in values.unique():
            cases.setdefault(subscriber, set()).add(notices[reply.notice_id].case_id)
    with workspace.read() as tables:
        return [_build_clock(tables, subscriber, cases[subscriber]) for subscriber in sorted(with_key & cases.keys())]


def _build_clock(tables: Tables, subscriber: str, cases: set[str]) -> IdentityClock:
    authorities = tables[Authority].select_within("case_id", sorted(cases))
    days = [authority.keep_until_us for authority in authorities]
    known = [day for day in days if day is not None]
    things = {f"case:{case}" for case in cases} | {f"authority:{authority.authority_id}" for authority in authorities}
    holds = [hold for hold in tables[Hold].select_within("thing", sorted(things)) if hold.lifted_at_us is None]
    until = max(known) if known and len(known) == len(days) else None
    return IdentityClock(subscriber, until, tuple(authority.number for authority in authorities), tuple(holds))


def list_due_identities(officer_session: OfficerSession) -> list[IdentityClock]:
    """Return the identities whose day is over, by day and id, including those on hold."""
    officer_session.look(Action.PURGE, "subscriber:due", JournalVerb.VIEW_RESOLUTIONS)
    now_us = to_microseconds(officer_session.clock())
    result = [clock for clock in list_identity_clocks(officer_session.workspace) if clock.is_due(now_us)]
    return sorted(result, key=lambda identity_clock: (identity_clock.keep_until_us or 0, identity_clock.subscriber))


def purge_identity(officer_session: OfficerSession, subscriber: str, why: str) -> None:
    """Destroy the key of an identity by two officers, on its day or before. Raises Refused on legal hold.

    Also raises as `identities.purge`.
    """
    thing = f"subscriber:{subscriber}"
    with officer_session.record_refusals(JournalVerb.REFUSED_HOLD, thing):
        holds = next(
            (
                clock.holds
                for clock in list_identity_clocks(officer_session.workspace)
                if clock.subscriber == subscriber
            ),
            (),
        )
        if holds:
            ids = ", ".join(f"{hold.hold_id} on {hold.thing.partition(':')[0]}" for hold in holds)
            raise Refused(
                f"the identity of {subscriber[:12]} is on legal hold: {ids}",
                hint="nothing purges it before sightline holds lift ID",
            )
    identities.purge(officer_session, subscriber, why)
