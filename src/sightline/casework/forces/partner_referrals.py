"""Acts of a partner officer on referrals to the own force: fetch, confirm, and record findings.

The officer's own key signs in this unit's ledger, so no file has to come back. Another force's referrals do not exist
for the officer: every act here looks only among the own force's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sightline.casework.forces import referrals
from sightline.casework.forces.referrals import ReferralOutcomeForm
from sightline.casework.input_checks import is_future_day, name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, NotThere, UsageError
from sightline.ledger.verbs import Verb
from sightline.model import ReferralState
from sightline.model.short_ids import is_short_for, names_lead
from sightline.storage.rows import Force, Outcome, Referral, ReferralRecall
from sightline.workspace.workspace import Change


def record_fetch(officer_session: OfficerSession, referral_id: str, sealed_sha256: str) -> None:
    """Record in the ledger that the force's officer fetches a sealed package, before the officer has it."""
    with officer_session.change(Action.REFERRAL_ACCEPT, name_thing("referral", referral_id)) as change:
        own = _require_own_referral(change, officer_session, referral_id)
        referrals.require_receiver(change.tables, own)
        about = f"referral:{own.referral_id}"
        change.ledger.append(Verb.REFERRAL_FETCHED, change.signer, about, facts={"sha256": sealed_sha256})


def accept(officer_session: OfficerSession, referral_id: str) -> Referral:
    """Confirm once and finally that the force has a referral. Raises NotThere, UsageError, NotAllowed.

    A referral that was left in the web app, and that nobody of the force fetched, cannot be confirmed.
    """
    with officer_session.change(Action.REFERRAL_ACCEPT, name_thing("referral", referral_id)) as change:
        own = _require_own_referral(change, officer_session, referral_id)
        if own.state is ReferralState.RECALLED:
            raise UsageError(f"all of {own.number} is recalled", hint="confirm that you read the recall")
        if own.received_at_us is None and not referrals.was_given(change.tables, own):
            raise _explain_not_given(change, own)
        return referrals.record_receipt(change, own.referral_id, None)


def _explain_not_given(change: Change, own: Referral) -> NotAllowed:
    if referrals.list_recalls(change.tables, own.referral_id):
        return NotAllowed(
            f"{own.number} was recalled in part before anybody of the force took it: there is nothing to confirm",
            hint="confirm that you read the recall, and ask for the leads that are still valid",
        )
    return NotAllowed(
        f"nobody of the force has downloaded the package of {own.number} yet: it cannot be confirmed",
        hint="download the sealed package, open it, then confirm it",
    )


def record_outcomes(
    officer_session: OfficerSession, referral_id: str, forms: Sequence[ReferralOutcomeForm]
) -> list[Outcome]:
    """Record what the force found by leads, all or nothing. What is recorded already is left out.

    Raises NotThere, and UsageError for a future day, a lead that is not in the referral or nothing new.
    """
    about = name_thing("referral", referral_id)
    now = officer_session.clock()
    late = next((outcome_form for outcome_form in forms if is_future_day(outcome_form.said_on, now)), None)
    if late is not None:
        raise UsageError(f"{late.said_on} is in the future", hint="give the day on which it was found")
    with officer_session.change(Action.REFERRAL_ACCEPT, about) as change:
        own = _require_own_referral(change, officer_session, referral_id)
        force = change.tables[Force].get(own.force_id)
        assert force is not None, "a referral has a force"
        leads = [referral_lead.lead_id for referral_lead in referrals.list_leads(change.tables, own.referral_id)]
        outcome_forms = [replace(form, lead_id=_find_lead(leads, form.lead_id)) for form in forms]
        outcomes = [referrals.record_outcome(change, own, force, form) for form in outcome_forms]
        if not any(outcomes):
            raise UsageError(f"{forms[0].kind} of the lead {forms[0].lead_id[:12]} was reported already")
    return [outcome for outcome in outcomes if outcome is not None]


def _find_lead(leads: Sequence[str], text: str) -> str:
    """Return the lead of a referral with that id or beginning; the text itself for none or several."""
    result = [lead for lead in leads if names_lead(text, lead)]
    return result[0] if len(result) == 1 else text


def confirm_recall(officer_session: OfficerSession, referral_id: str, recall_id: str) -> ReferralRecall:
    """Confirm that the force knows of a recall. Raises NotThere if it is for no referral of the own force."""
    with officer_session.change(Action.REFERRAL_ACCEPT, name_thing("referral", referral_id)) as change:
        own = _require_own_referral(change, officer_session, referral_id)
        known = [recall.recall_id for recall in referrals.list_recalls(change.tables, own.referral_id)]
        result = [known_id for known_id in known if is_short_for(recall_id, known_id)]
        if len(result) != 1:
            raise NotThere(f"there is no recall {recall_id} of {own.number}")
        return referrals.record_recall_receipt(change, result[0], None)


def _require_own_referral(change: Change, officer_session: OfficerSession, text: str) -> Referral:
    return referrals.find_visible_referral(change.tables, officer_session.officer, text)
