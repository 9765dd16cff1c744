"""What a partner officer does with what was referred to the own force: take it, confirm it, tell what was found.

Signed by the officer's own key in this unit's ledger, so that no file has to come back. Another force's referral is not
there for the officer: every act here looks for it among the own force's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sightline.casework import referrals
from sightline.casework.access import Action
from sightline.casework.input_checks import thing
from sightline.casework.officer_session import OfficerSession
from sightline.casework.referrals import OutcomeForm
from sightline.errors import NotAllowed, NotThere, UsageError
from sightline.ledger.verbs import Verb
from sightline.model import ReferralState
from sightline.model.short_ids import is_short_for
from sightline.stages.report.printable import IST
from sightline.storage.rows import Force, Outcome, Referral, ReferralRecall
from sightline.workspace.workspace import Change


def fetched(officer_session: OfficerSession, referral_id: str, sealed_sha256: str) -> None:
    """Tell the ledger that the force's officer takes a sealed package, before the officer has it."""
    with officer_session.change(Action.REFERRAL_ACCEPT, thing("referral", referral_id)) as change:
        own = _own(change, officer_session, referral_id)
        referrals.require_going(change.tables, own)
        about = f"referral:{own.referral_id}"
        change.ledger.append(Verb.REFERRAL_FETCHED, change.signer, about, facts={"sha256": sealed_sha256})


def accept(officer_session: OfficerSession, referral_id: str) -> Referral:
    """Confirm that the force has a referral: once, and for good. Raises NotThere, UsageError, NotAllowed.

    What was left in the room and that nobody of the force took there, it has not.
    """
    with officer_session.change(Action.REFERRAL_ACCEPT, thing("referral", referral_id)) as change:
        own = _own(change, officer_session, referral_id)
        if own.state is ReferralState.RECALLED:
            raise UsageError(f"all of {own.number} is recalled", hint="confirm that you read the recall")
        if own.received_at_us is None and not referrals.was_given(change.tables, own):
            raise _not_given(change, own)
        return referrals.received(change, own.referral_id, None)


def _not_given(change: Change, own: Referral) -> NotAllowed:
    if referrals.recalls_of(change.tables, own.referral_id):
        return NotAllowed(
            f"{own.number} was recalled in part before anybody of the force took it: there is nothing to confirm",
            hint="confirm that you read the recall, and ask for what stands",
        )
    return NotAllowed(
        f"nobody of the force took the package of {own.number} yet: it cannot be confirmed",
        hint="take the sealed package, open it, and confirm it then",
    )


def record_outcome(officer_session: OfficerSession, referral_id: str, said: OutcomeForm) -> Outcome:
    """Record what the force found where a lead led. Raises NotThere, and UsageError for what was said already."""
    about = thing("referral", referral_id)
    if date.fromisoformat(said.said_on) > officer_session.clock().astimezone(IST).date():
        raise UsageError(f"{said.said_on} is to come", hint="give the day on which it was found")
    with officer_session.change(Action.REFERRAL_ACCEPT, about) as change:
        own = _own(change, officer_session, referral_id)
        force = change.tables[Force].get(own.force_id)
        assert force is not None, "a referral has a force"
        made = referrals.outcome(change, own, force, replace(said, lead_id=_lead(change, own, said.lead_id)))
        if made is None:
            raise UsageError(f"{said.kind} of the lead {said.lead_id[:12]} was reported already")
    return made


def _lead(change: Change, own: Referral, text: str) -> str:
    """The lead of a referral whose id is this or begins so; the text itself where none or several do."""
    ids = [one.lead_id for one in referrals.leads_of(change.tables, own.referral_id)]
    found = [one for one in ids if is_short_for(text, one)]
    return found[0] if len(found) == 1 else text


def recall_read(officer_session: OfficerSession, referral_id: str, recall_id: str) -> ReferralRecall:
    """Confirm that the force knows of a recall. Raises NotThere for one that is of no referral of the own force."""
    with officer_session.change(Action.REFERRAL_ACCEPT, thing("referral", referral_id)) as change:
        own = _own(change, officer_session, referral_id)
        known = [one.recall_id for one in referrals.recalls_of(change.tables, own.referral_id)]
        found = [one for one in known if is_short_for(recall_id, one)]
        if len(found) != 1:
            raise NotThere(f"there is no recall {recall_id} of {own.number}")
        return referrals.recall_received(change, found[0], None)


def _own(change: Change, officer_session: OfficerSession, text: str) -> Referral:
    return referrals.seen_one(change.tables, officer_session.officer, text)
