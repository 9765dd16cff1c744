"""Leads of a referral as officers of its force read them in this unit's web app, after they confirmed its receipt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.casework.forces import referrals
from sightline.casework.identities.disclosures import open_referred
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, NotThere, Refused
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model.short_ids import format_lead_number, names_lead
from sightline.services.referrals import content
from sightline.services.referrals.export import write_approved
from sightline.services.referrals.recalls import find_fallen_leads
from sightline.storage.rows import ForceOutcome, Outcome, Referral
from sightline.storage.table import Tables
from sightline.workspace.cache import WORK

NOT_CONTENT = WORK | {
    Verb.OUTCOME_RECORDED,
    Verb.OUTCOME_RETURNED,
    Verb.REFERRAL_FETCHED,
    Verb.REFERRAL_RECEIVED,
    Verb.FORCE_REQUEST_RECEIVED,
}
"""Verbs of whose entries the content of a referral never depends."""


@dataclass(frozen=True, slots=True)
class ReferredLead:
    """A lead as it was sent (`docs/schema/lead.json`), its sheet with whole addresses, and what the force found.

    A recalled lead has its `recalled` reason, and nothing else.
    """

    referral: Referral
    lead_id: str
    lead_json: Mapping[str, Any] | None
    sheet: str
    recalled: str | None
    outcomes: tuple[Outcome, ...]


def show_referred_lead(officer_session: OfficerSession, text: str, lead: str) -> ReferredLead:
    """Return one lead of a referral to the officer's force.

    Raises NotThere, NotAllowed before the receipt, and Refused if the content is no longer what was approved.
    """
    about = name_thing("referral", text)
    with officer_session.record_refusals(JournalVerb.REFUSED_RIGHT, about):
        with officer_session.workspace.read() as tables:
            referral = referrals.find_visible_referral(tables, officer_session.officer, text)
            leads = [referral_lead.lead_id for referral_lead in referrals.list_leads(tables, referral.referral_id)]
            recalled = referrals.list_recalled_leads(tables, referral.referral_id)
            outcomes = _list_outcomes(tables, referral)
        lead_id = _find_lead(leads, lead, referral)
        if referral.received_at_us is None:
            raise NotAllowed(
                f"{referral.number} is not confirmed: its leads cannot be read here yet",
                hint="download the sealed package and confirm the receipt",
            )
    lead_outcomes = tuple(outcome for outcome in outcomes if outcome.lead_id == lead_id)
    if lead_id in recalled:
        return ReferredLead(referral, lead_id, None, "", recalled[lead_id], lead_outcomes)
    _require_standing(officer_session, referral, lead_id)
    lead_json, sheet = _load_content(officer_session, referral)[lead_id]
    return ReferredLead(referral, lead_id, lead_json, sheet, None, lead_outcomes)


def open_referred_lead(officer_session: OfficerSession, text: str, lead: str, why: str) -> ReferredLead:
    """Return one lead whose whole address may be shown, after a journal entry of officer and reason."""
    referred_lead = show_referred_lead(officer_session, text, lead)
    if referred_lead.lead_json is None:
        raise Refused(
            f"the lead {format_lead_number(referred_lead.lead_id)} is recalled", hint="do not work on it any more"
        )
    open_referred(officer_session, [f"lead:{referred_lead.lead_id}"], why)
    return referred_lead


def _list_outcomes(tables: Tables, referral: Referral) -> list[Outcome]:
    ids = [force_outcome.outcome_id for force_outcome in tables[ForceOutcome].select(referral_id=referral.referral_id)]
    return [outcome for outcome in tables[Outcome].select_within("outcome_id", ids) if outcome.withdrawn_at_us is None]


def _find_lead(leads: list[str], text: str, referral: Referral) -> str:
    result = [lead for lead in leads if names_lead(text, lead)]
    if len(result) != 1:
        raise NotThere(f"there is no lead {text} in {referral.number}", hint="open it from the list of the referral")
    return result[0]


def _require_standing(officer_session: OfficerSession, referral: Referral, lead_id: str) -> None:
    fallen = find_fallen_leads(officer_session.workspace, [referral])[referral.referral_id]
    if lead_id in fallen:
        raise Refused(
            f"the lead {format_lead_number(lead_id)} changed after it was approved: {fallen[lead_id]}",
            hint="do not work on it; the unit that referred it will recall it",
        )


def _load_content(officer_session: OfficerSession, referral: Referral) -> Mapping[str, tuple[Mapping[str, Any], str]]:
    """Return lead and sheet by id, made again and compared with what was approved. Cached until something changes."""

    def make() -> dict[str, tuple[Mapping[str, Any], str]]:
        with officer_session.workspace.open_scratch() as folder:
            write_approved(officer_session, folder, referral)
            leads = map(json.loads, (folder / content.LEADS).read_text(encoding="utf-8").splitlines())
            return {
                str(lead["lead_id"]): (lead, (folder / f"sheets/{lead['lead_id']}.txt").read_text(encoding="utf-8"))
                for lead in leads
            }

    key = "referred leads", referral.referral_id, referral.content_sha256
    return officer_session.workspace.get_cached(key, make, but=NOT_CONTENT)
