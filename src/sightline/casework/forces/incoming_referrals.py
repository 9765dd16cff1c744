"""Referrals from other forces to this unit: registered, accepted, answered, recalled, purged.

`services/referrals` opens packages and stores their files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sightline.casework.input_checks import is_future_day, name_thing
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.append import encode_canonical, name_row_thing
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.model import ApprovalState, OutcomeKind
from sightline.model.short_ids import format_lead_number, is_short_for
from sightline.storage import erase
from sightline.storage.rows import Approval, Force, Incoming, IncomingOutcome, IncomingRecall
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import Change

MIN_ID = 4


def register(change: Change, incoming: Incoming, force: Force) -> None:
    """Register an opened referral, in the caller's transaction. Raises UsageError if it is here already."""
    every = list_copies_of_referral(change.tables, incoming.referral_id)
    same = [referral for referral in every if referral.force_id == incoming.force_id and referral.purged_at_us is None]
    if same:
        remark = "" if same[-1].content_sha256 == incoming.content_sha256 else ", with another content than this has"
        raise UsageError(
            f"{incoming.number} of {force.code} was imported already{remark}", hint="the first import counts"
        )
    change.add(
        Verb.INCOMING_OPENED, incoming,
            force=force.code, number=incoming.number, content_sha256=incoming.content_sha256,
        leads=incoming.leads,
    )  # fmt: skip


def accept(officer_session: OfficerSession, text: str) -> Incoming:
    """Record that this unit has the referral. Accepting it again has no effect."""
    with officer_session.change(Action.INCOMING_TAKE, name_thing("incoming", text)) as change:
        incoming = find_incoming(change.tables, text)
        if incoming.accepted_at_us is not None:
            return incoming
        over = replace(incoming, accepted_at_us=change.now_us, accepted_by=officer_session.officer.officer_id)
        change.put(Verb.INCOMING_ACCEPTED, over, content_sha256=over.content_sha256)
    return over


@dataclass(frozen=True, slots=True)
class IncomingOutcomeForm:
    """The outcome of one referred lead: the lead's whole id, the outcome, its day, and why it is recorded."""

    lead_id: str
    kind: OutcomeKind
    said_on: str
    why: str


def record_outcome(officer_session: OfficerSession, text: str, form: IncomingOutcomeForm) -> IncomingOutcome:
    """Record what was found by a lead. Raises UsageError for a future day, and if it is recorded already."""
    if is_future_day(form.said_on, officer_session.clock()):
        raise UsageError(f"{form.said_on} is in the future", hint="give the day on which it was found")
    with officer_session.change(Action.INCOMING_TAKE, name_thing("incoming", text)) as change:
        incoming = find_incoming(change.tables, text)
        if any(
            (outcome.lead_id, outcome.kind) == (form.lead_id, form.kind)
            for outcome in list_outcomes(change.tables, incoming)
        ):
            raise UsageError(f"{form.kind} of the lead {format_lead_number(form.lead_id)} is recorded already")
        incoming_outcome = IncomingOutcome(
            make_id(change.now), incoming.incoming_id, form.lead_id, form.kind, form.said_on, form.why, change.now_us,
            officer_session.officer.officer_id,
        )  # fmt: skip
        change.add(
            Verb.INCOMING_OUTCOME,
            incoming_outcome,
            incoming=incoming.incoming_id,
            lead=form.lead_id,
            kind=form.kind.value,
        )
    return incoming_outcome


@dataclass(frozen=True, slots=True)
class RecallForm:
    """A recall as its note has it: the sender's referral, and its leads, each with a reason."""

    referral_id: str
    leads: Mapping[str, str]
    why: str
    note: str
    note_sha256: str
    made_at_us: int


def take_recall(change: Change, incoming: Incoming, form: RecallForm) -> IncomingRecall:
    """Register a sender's recall, in the caller's transaction. The same note again has no effect."""
    for recall in list_recalls(change.tables, incoming):
        if recall.note == form.note:
            return recall
    incoming_recall = IncomingRecall(
        make_id(change.now), incoming.incoming_id, encode_canonical(dict(sorted(form.leads.items()))), form.why,
        form.note, form.made_at_us, change.now_us, change.signer.officer_id,
    )  # fmt: skip
    change.add(
        Verb.INCOMING_RECALLED,
        incoming_recall,
        incoming=incoming.incoming_id,
        leads=len(form.leads),
        note_sha256=form.note_sha256,
    )
    return incoming_recall


def purge(officer_session: OfficerSession, text: str, why: str) -> Incoming:
    """Destroy what another force referred, by two officers. That it was here stays provable.

    Destroys the key of its file and everything written about it. The caller removes the file itself. Raises
    NotAllowed.
    """
    officer_session.require(Action.PURGE, name_thing("incoming", text))
    with officer_session.workspace.read() as tables:
        incoming = find_incoming(tables, text)
    about = name_row_thing(incoming)
    if incoming.purged_at_us is not None:
        raise UsageError(f"{incoming.number} was purged already")
    request: approvals.Request = {"incoming": incoming.incoming_id, "number": incoming.number, "leads": incoming.leads}
    approval = approvals.require_approval(officer_session, Action.PURGE, about, request, why)
    with officer_session.change(Action.PURGE, about) as change:
        approvals.use(change, approval)
        outcomes, gone = list_outcomes(change.tables, incoming), list_recalls(change.tables, incoming)
        erase.empty_openings(change.tables.connection, [about, *map(name_row_thing, [*outcomes, *gone])])
        erase.empty_journal(change.tables.connection, [about], [])
        for outcome in [
            *(replace(each, why="") for each in outcomes),
            *(replace(each, why="", note="") for each in gone),
        ]:
            change.put(Verb.PURGE_DONE, outcome, incoming=incoming.incoming_id)
        over = replace(incoming, identity=None, proved_json="[]", purged_at_us=change.now_us)
        change.put(Verb.PURGE_DONE, over, why=why, approval=approval.approval_id, leads=incoming.leads)
    return over


def find_waiting_purge(tables: Tables, incoming: Incoming, now: datetime) -> Approval | None:
    """Return the approval of its purge that waits, or was given and not used yet, or None."""
    approvals_of_it = tables[Approval].select(action=Action.PURGE.value, thing=name_row_thing(incoming))
    stand = {ApprovalState.ASKED, ApprovalState.GIVEN}
    return next(
        (
            approval
            for approval in approvals_of_it
            if approval.state in stand and approval.expires_at_us > to_microseconds(now)
        ),
        None,
    )


def find_incoming(tables: Tables, text: str) -> Incoming:
    """Return the incoming referral with that id, end of an id, or number. Raises UsageError."""
    every = tables[Incoming].select()
    found_ = [incoming for incoming in every if incoming.incoming_id == text] or [
        incoming for incoming in every if incoming.number == text
    ]
    found_ = found_ or [incoming for incoming in every if is_short_for(text, incoming.incoming_id)]
    if len(found_) != 1:
        what = f"several incoming referrals are called {text}" if found_ else f"there is no incoming referral {text}"
        raise UsageError(what, hint="sightline referrals list-incoming shows their ids")
    return found_[0]


def list_copies_of_referral(tables: Tables, referral_id: str) -> list[Incoming]:
    """Return the incoming copies of a sender's referral by its id there, purged ones first."""
    every = tables[Incoming].select(referral_id=referral_id)
    return sorted(every, key=lambda incoming: (incoming.purged_at_us is None, incoming.opened_at_us))


def list_outcomes(tables: Tables, incoming: Incoming) -> list[IncomingOutcome]:
    """Return what was found by its leads, oldest first."""
    return tables[IncomingOutcome].select(incoming_id=incoming.incoming_id)


def list_recalls(tables: Tables, incoming: Incoming) -> list[IncomingRecall]:
    """Return what its sender recalled, oldest first."""
    return tables[IncomingRecall].select(incoming_id=incoming.incoming_id)


def list_recalled_leads(tables: Tables, incoming: Incoming) -> dict[str, str]:
    """Return its recalled leads, each with the reason."""
    gone: dict[str, str] = {}
    for recall in list_recalls(tables, incoming):
        gone.update(json.loads(recall.leads_json))
    return gone
