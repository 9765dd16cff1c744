"""Rules for showing and exporting addresses and identities: masked, unless an officer opens them for a reason.

They apply on the command line, in the web app, in files and in reports:

- `open_addresses` and `open_identities` open one by one: the journal records each with its reason first, up to a daily
  maximum for each officer.
- A file or stream with several is an export by two officers, for exactly these (`require_export`). The journal then
  records which they are, how many, and the digest of the output (`record_export`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sightline.casework.input_checks import require_reason
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed
from sightline.ledger.instants import to_microseconds
from sightline.ledger.journal_seals import JournalEvent
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.storage.rows import Approval, StoredJournalRow
from sightline.storage.table import Tables

A_DAY: Mapping[JournalVerb, int] = {JournalVerb.VIEW_ADDRESS: 100, JournalVerb.VIEW_IDENTITY: 20}
"""Maximum number of addresses and identities that an officer may open per day, in UTC."""
CALLED: Mapping[JournalVerb, str] = {JournalVerb.VIEW_ADDRESS: "addresses", JournalVerb.VIEW_IDENTITY: "identities"}
DAY_US = 86_400_000_000
MOST_NAMED = 200
"""Maximum number of ids in a journal row. Above it, the row has the digest, query and generation that give them."""
OPEN_MANY: Mapping[JournalVerb, Action] = {
    JournalVerb.VIEW_ADDRESS: Action.ADDRESS_EXPORT,
    JournalVerb.VIEW_IDENTITY: Action.IDENTITY_EXPORT,
}


EXPORTED: Mapping[JournalVerb, Verb] = {
    JournalVerb.VIEW_ADDRESS: Verb.ADDRESSES_EXPORTED,
    JournalVerb.VIEW_IDENTITY: Verb.IDENTITIES_EXPORTED,
}


@dataclass(frozen=True, slots=True)
class UnmaskedExport:
    """An unmasked export: `kind` of `ids` (leads, subscribers), the `query`, and the `origin` (a generation)."""

    thing: str
    kind: str
    ids: Sequence[str]
    query: str
    origin: str

    @property
    def request(self) -> approvals.Request:
        """Return what exactly two officers agree to."""
        return {
            "of": self.thing,
            self.kind: len(self.ids),
            "ids_sha256": compute_ids_digest(self.ids),
            "query": self.query or "all",
            "origin": self.origin,
        }


def compute_ids_digest(ids: Sequence[str]) -> str:
    """Return the SHA-256 over sorted ids, each with a line feed."""
    return hashlib.sha256("".join(f"{id_}\n" for id_ in sorted(ids)).encode()).hexdigest()


def open_addresses(officer_session: OfficerSession, things: Sequence[str], why: str) -> str:
    """Let an officer see the addresses of things (`lead:ID`). The journal records each first. Returns the reason.

    Raises UsageError without a reason, and NotAllowed above the daily maximum.
    """
    return _open_things(officer_session, Action.ADDRESS_OPEN, JournalVerb.VIEW_ADDRESS, things, why)


def open_referred(officer_session: OfficerSession, things: Sequence[str], why: str) -> str:
    """Let an officer of a force see addresses of leads that were referred to it, as `open_addresses` does."""
    return _open_things(officer_session, Action.REFERRAL_ACCEPT, JournalVerb.VIEW_ADDRESS, things, why)


def open_identities(officer_session: OfficerSession, things: Sequence[str], why: str) -> str:
    """Let an officer see identities (`subscriber:ID`), as `open_addresses` does."""
    return _open_things(officer_session, Action.IDENTITY_OPEN, JournalVerb.VIEW_IDENTITY, things, why)


def require_export(
    officer_session: OfficerSession, seen: JournalVerb, export: UnmaskedExport, why: str
) -> Approval | None:
    """Let an officer export whole addresses (`view:address`) or identities. Returns the approval of two officers.

    A single one is opened instead, and None returned. Raises UsageError, and NotAllowed until a second officer
    agrees.
    """
    action, reason = OPEN_MANY[seen], require_reason(why, "--why")
    if len(export.ids) <= 1:
        single = {JournalVerb.VIEW_ADDRESS: open_addresses, JournalVerb.VIEW_IDENTITY: open_identities}[seen]
        single(officer_session, [f"{export.kind.removesuffix('s')}:{id_}" for id_ in export.ids], reason)
        return None
    officer_session.require(action, export.thing)
    return approvals.require_approval(officer_session, action, export.thing, export.request, reason)


def record_export(
    officer_session: OfficerSession,
    seen: JournalVerb,
    export: UnmaskedExport,
    why: str,
    sha256: str | None,
    by: Approval | None,
) -> None:
    """Use the approval, and record in the journal what is exported, before it is.

    `sha256`: of the file, or None for standard output. Raises NotAllowed if the approval was used meanwhile.
    """
    if by is not None:
        facts: dict[str, str | int] = {"ids_sha256": compute_ids_digest(export.ids), "count": len(export.ids)}
        facts |= {} if sha256 is None else {"sha256": sha256}
        with officer_session.change(OPEN_MANY[seen], export.thing) as change:
            approvals.use(change, by)
            change.ledger.append(EXPORTED[seen], change.signer, export.thing, facts=facts, tells={"why": why})
    named = f": {' '.join(export.ids)}" if 0 < len(export.ids) <= MOST_NAMED else ""
    digest = f"SHA-256 {sha256}" if sha256 else "to standard output"
    approved = f"; approval {by.approval_id}" if by is not None else ""
    text = (
        f"{why}; {len(export.ids)} {export.kind} of {export.query or 'all'}, {export.origin}, whole, {digest}; "
        f"ids SHA-256 {compute_ids_digest(export.ids)}{named}{approved}"
    )
    officer_session.workspace.append_to_journal(
        officer_session.officer.officer_id, JournalVerb.EXPORT_LEADS, export.thing, text, officer_session.clock()
    )


def record_masked_export(
    officer_session: OfficerSession, export: UnmaskedExport, why: str | None, sha256: str | None
) -> None:
    """Record in the journal what is exported masked, before it is."""
    reason = f"{why}; " if why else ""
    digest = f", SHA-256 {sha256}" if sha256 else ", to standard output"
    text = f"{reason}{len(export.ids)} {export.kind} of {export.query or 'all'}, {export.origin}, masked{digest}"
    officer_session.workspace.append_to_journal(
        officer_session.officer.officer_id, JournalVerb.EXPORT_LEADS, export.thing, text, officer_session.clock()
    )


def count_opened_today(officer_session: OfficerSession, seen: JournalVerb = JournalVerb.VIEW_IDENTITY) -> int:
    """Return how many addresses or identities the officer opened today, in UTC, by the journal."""
    with officer_session.workspace.read() as tables:
        return len(
            _list_opened(tables, seen, officer_session.officer.officer_id, to_microseconds(officer_session.clock()))
        )


def _open_things(
    officer_session: OfficerSession, action: Action, seen: JournalVerb, things: Sequence[str], why: str
) -> str:
    reason = require_reason(why, "--why")
    about = things[0] if len(things) == 1 else f"{things[0].partition(':')[0]}:many" if things else "record:all"
    officer_session.require(action, about)
    at_us, who = to_microseconds(officer_session.clock()), officer_session.officer.officer_id
    rows = [JournalEvent(at_us, who, seen.value, fromkey, reason) for fromkey in dict.fromkeys(things)]

    def require_below_maximum(tables: Tables) -> None:
        """Raise NotAllowed if the officer would open more than a day's maximum, in the journal's transaction."""
        before, most = _list_opened(tables, seen, who, at_us), A_DAY[seen]
        if len(before | {journal_event.thing for journal_event in rows}) > most:
            what = CALLED[seen]
            raise NotAllowed(
                f"{officer_session.officer.name} opened {len(before)} {what} today and asks for {len(rows)}: "
                f"{most} are the most",
                hint="another officer of the case opens it, or you tomorrow; many at once take two officers",
            )

    with officer_session.record_refusals(JournalVerb.REFUSED_CAP, about):
        officer_session.workspace.append_all_to_journal_if(rows, require_below_maximum)
    return reason


def _list_opened(tables: Tables, seen: JournalVerb, officer_id: str, now_us: int) -> set[str]:
    """Return the things that an officer opened on the day of an instant, in UTC."""
    rows = tables[StoredJournalRow]
    stored_journal_rows = rows.read_each(
        rows.get_column("actor") == officer_id,
        rows.get_column("verb") == seen.value,
        rows.get_column("at_us") >= now_us - now_us % DAY_US,
    )
    # A purge of what another force referred empties rows, so each opening of one of its leads counts.
    return {f"{row.thing}/{row.seq}" if row.thing.startswith("incoming:") else row.thing for row in stored_journal_rows}
