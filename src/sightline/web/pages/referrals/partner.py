"""Acts of an officer of the receiving force: fetch the package, confirm it, record findings."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from sightline.casework import partner_referrals
from sightline.casework.access import Action
from sightline.casework.input_checks import day, require_reason
from sightline.casework.referrals import OutcomeForm
from sightline.model import OutcomeKind
from sightline.services.referrals import export
from sightline.web.context import RequestContext
from sightline.web.pages.referrals.index import Text, router
from sightline.web.responses import File, Redirect


@router.act("/referrals/{referral_id}/package", Action.REFERRAL_ACCEPT, "referral:{referral_id}")
def package(context: RequestContext, referral_id: str) -> File:
    """Return the sealed package, for an officer of its force."""
    with context.officer_session.workspace.scratch() as folder:
        made = export.fetch(context.officer_session, referral_id, folder / "referral.age")
        return File(f"referral-{referral_id[-6:]}.age", "application/octet-stream", made.path.read_bytes())


@router.act("/referrals/{referral_id}/accept", Action.REFERRAL_ACCEPT, "referral:{referral_id}")
def accept(context: RequestContext, referral_id: str) -> Redirect:
    """Confirm that the force has it, with the officer's own key."""
    partner_referrals.accept(context.officer_session, referral_id)
    return Redirect(f"/referrals/{referral_id}", "accepted")


@router.act("/referrals/{referral_id}/outcomes", Action.REFERRAL_ACCEPT, "referral:{referral_id}")
def outcome(
    context: RequestContext, referral_id: str, lead: Text, kind: Annotated[OutcomeKind, Form()], on: Text, why: Text
) -> Redirect:
    """Record what the force found by a lead."""
    said_on = day(on, context.says("found_on"))
    partner_referrals.record_outcome(
        context.officer_session,
        referral_id,
        OutcomeForm(lead, kind, said_on, why=require_reason(why, context.says("all.why"))),
    )
    return Redirect(f"/referrals/{referral_id}#leads", "outcome_told")


@router.act("/referrals/{referral_id}/recalls/{recall_id}/read", Action.REFERRAL_ACCEPT, "referral:{referral_id}")
def recall_read(context: RequestContext, referral_id: str, recall_id: str) -> Redirect:
    """Confirm that the force knows of a recall."""
    partner_referrals.recall_read(context.officer_session, referral_id, recall_id)
    return Redirect(f"/referrals/{referral_id}#recalls", "recall_read")
