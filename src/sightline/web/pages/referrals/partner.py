"""Acts of an officer of the receiving force: fetch the package, confirm it, record findings."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Form, UploadFile

from sightline.casework.forces import partner_referrals
from sightline.casework.forces.referrals import ReferralOutcomeForm
from sightline.casework.input_checks import require_day, require_reason
from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model import OutcomeKind
from sightline.services.referrals import export, views
from sightline.services.referrals.outcome_table import build_empty_table, read_table
from sightline.services.referrals.partner_leads import ReferredLead, open_referred_lead, show_referred_lead
from sightline.stages.report.address_masks import collect_addresses, mask_text
from sightline.translation.messages import LANGUAGES, translate_word
from sightline.web.context import RequestContext
from sightline.web.opened_identities import get_grants
from sightline.web.pages.referrals.forms import NOTE_BYTES
from sightline.web.pages.referrals.index import Text, build_frame
from sightline.web.pages.referrals.router import router
from sightline.web.responses import File, Page, Redirect
from sightline.web.uploads import read_upload

Rows = Annotated[list[str], Form(max_length=10_000)]
NOTHING = "-"
"""What the row of a lead has if nothing is recorded about it."""


@router.act("/referrals/{referral_id}/package", Action.REFERRAL_ACCEPT, "referral:{referral_id}")
def download_package(context: RequestContext, referral_id: str) -> File:
    """Return the sealed package, for an officer of its force."""
    with context.officer_session.workspace.open_scratch() as folder:
        sealed_package = export.fetch_package(context.officer_session, referral_id, folder / "referral.age")
        return File(f"referral-{referral_id[-6:]}.age", "application/octet-stream", sealed_package.path.read_bytes())


@router.act("/referrals/{referral_id}/accept", Action.REFERRAL_ACCEPT, "referral:{referral_id}")
def accept_referral(context: RequestContext, referral_id: str) -> Redirect:
    """Confirm that the force has it, with the officer's own key."""
    partner_referrals.accept(context.officer_session, referral_id)
    return Redirect(f"/referrals/{referral_id}", "accepted")


@router.show(
    "/referrals/{referral_id}/leads/{lead_id}",
    Action.REFERRAL_ACCEPT,
    JournalVerb.VIEW_REFERRALS,
    "referral:{referral_id}",
)
def show_lead(context: RequestContext, referral_id: str, lead_id: str) -> Page:
    """Show one lead and its sheet after the receipt. The address is masked, except for ten minutes after opening."""
    referred_lead = show_referred_lead(context.officer_session, referral_id, lead_id)
    grant = get_grants(context).find(context, _format_opened_address(referred_lead))
    sheet = referred_lead.sheet
    if grant is None and referred_lead.lead_json is not None:
        sheet = mask_text(sheet, collect_addresses([referred_lead.lead_json["source_ip"]]))
    facts = {
        "one": referred_lead,
        "lead": referred_lead.lead_json,
        "sheet": sheet,
        "opened_why": None if grant is None else grant.why,
        "lead_id": referred_lead.lead_id,
        "above": f"/referrals/{referred_lead.referral.referral_id}",
        "above_name": referred_lead.referral.number,
        "sender": None,
        "tab": "out",
    }
    return Page("received_lead.html", build_frame(context) | facts)


@router.act("/referrals/{referral_id}/leads/{lead_id}", Action.REFERRAL_ACCEPT, "referral:{referral_id}")
def open_lead(context: RequestContext, referral_id: str, lead_id: str, why: Text) -> Redirect:
    """Open the address after a journal entry of officer and reason. The lead's page shows it for ten minutes."""
    reason = require_reason(why, context.says("all.why"))
    referred_lead = open_referred_lead(context.officer_session, referral_id, lead_id, reason)
    get_grants(context).give(context, _format_opened_address(referred_lead), reason)
    return Redirect(f"/referrals/{referred_lead.referral.referral_id}/leads/{referred_lead.lead_id}")


def _format_opened_address(referred_lead: ReferredLead) -> str:
    return f"referral:{referred_lead.referral.referral_id}-{referred_lead.lead_id}"


@router.act("/referrals/{referral_id}/outcomes", Action.REFERRAL_ACCEPT, "referral:{referral_id}")
def record_outcomes(context: RequestContext, referral_id: str, lead: Rows, kind: Rows, on: Text, why: Text) -> Redirect:
    """Record what the force found: a kind for each lead, in order. A lead of the kind `-` is left out."""
    said_on, reason = require_day(on, context.says("found_on")), require_reason(why, context.says("all.why"))
    result = [(one, chosen) for one, chosen in zip(lead, kind, strict=True) if chosen != NOTHING]
    if not result:
        raise UsageError("no lead has an outcome", hint="choose what was found in the row of a lead")
    forms = [ReferralOutcomeForm(one, OutcomeKind(chosen), said_on, why=reason) for one, chosen in result]
    outcomes = partner_referrals.record_outcomes(context.officer_session, referral_id, forms)
    return Redirect(f"/referrals/{referral_id}#leads", "outcomes_told", {"n": len(outcomes)})


@router.show(
    "/referrals/{referral_id}/outcomes.csv",
    Action.REFERRAL_ACCEPT,
    JournalVerb.VIEW_REFERRALS,
    "referral:{referral_id}",
)
def download_outcomes_form(context: RequestContext, referral_id: str) -> File:
    """Return a table with a row for each lead that stands, to fill in and import."""
    referral_view = views.show_referral(context.officer_session, referral_id)
    leads = [view.lead.lead_id for view in referral_view.leads if view.recalled is None]
    return File(f"outcomes-{referral_view.referral.referral_id[-6:]}.csv", "text/csv", build_empty_table(leads))


@router.act("/referrals/{referral_id}/outcomes/table", Action.REFERRAL_ACCEPT, "referral:{referral_id}")
def import_outcomes_table(context: RequestContext, referral_id: str, table: UploadFile, why: Text) -> Redirect:
    """Record the outcomes of a filled table, all or nothing. A row without a reason has the one of the form."""
    reason = require_reason(why, context.says("all.why"))
    rows = read_table(read_upload(table, NOTE_BYTES), list_outcome_words())
    forms = [replace(outcome_form, why=outcome_form.why or reason) for outcome_form in rows]
    outcomes = partner_referrals.record_outcomes(context.officer_session, referral_id, forms)
    return Redirect(f"/referrals/{referral_id}#leads", "outcomes_told", {"n": len(outcomes)})


def list_outcome_words() -> dict[str, OutcomeKind]:
    """Return each kind by its code, and by its word in every language, in lower case."""
    words = {
        translate_word("outcome", outcome_kind.value, language).lower(): outcome_kind
        for language in LANGUAGES
        for outcome_kind in OutcomeKind
    }
    return words | {outcome_kind.value: outcome_kind for outcome_kind in OutcomeKind}


@router.act("/referrals/{referral_id}/recalls/{recall_id}/read", Action.REFERRAL_ACCEPT, "referral:{referral_id}")
def confirm_recall(context: RequestContext, referral_id: str, recall_id: str) -> Redirect:
    """Confirm that the force knows of a recall."""
    partner_referrals.confirm_recall(context.officer_session, referral_id, recall_id)
    return Redirect(f"/referrals/{referral_id}#recalls", "recall_read")
