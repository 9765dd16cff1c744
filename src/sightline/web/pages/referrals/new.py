"""From a request to a draft: register a force's request, plan a referral, and draft it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query

from sightline.casework import forces
from sightline.casework.access import Action
from sightline.casework.input_checks import require_reason
from sightline.ledger.verbs import JournalVerb
from sightline.model import AuthorityKind
from sightline.services.referrals import views
from sightline.services.referrals.drafts import DraftRequest, draft
from sightline.storage.rows import Case
from sightline.web.context import RequestContext
from sightline.web.pages.referrals.forms import AskForm
from sightline.web.pages.referrals.index import Text, framed, router
from sightline.web.responses import Page, Redirect

Leads = Annotated[list[str] | None, Query(max_length=500)]
Ids = Annotated[list[str] | None, Form(max_length=500)]


@router.page("/referrals/ask", Action.FORCE_REQUEST, JournalVerb.VIEW_REFERRALS, "force-request:new")
def asking(context: RequestContext) -> Page:
    """Show the form in which a force asks for leads of its own state."""
    with (
        context.officer_session.keeping_refusals(JournalVerb.REFUSED_RIGHT, "force-request:new"),
        context.reading() as tables,
    ):
        own = forces.own_force(tables, context.officer_session.officer)
        known = [own] if own is not None else forces.list_current_forces(tables)
    return Page("asking.html", framed(context) | {"forces": known, "kinds": list(AuthorityKind)})


@router.act("/referrals/ask", Action.FORCE_REQUEST, "force-request:new")
def ask(context: RequestContext, form: Annotated[AskForm, Form()]) -> Redirect:
    """Register a force's request. Only the digest of its document is stored."""
    forces.request(context.officer_session, form.to_request(context))
    return Redirect("/referrals", "asked")


@router.page("/referrals/new", Action.REFERRAL, JournalVerb.VIEW_REFERRALS, "referral:new")
def planning(context: RequestContext, request: str = "", force: str = "", case: str = "", lead: Leads = None) -> Page:
    """Show what would be referred, and what not and why, before anything is drafted."""
    with context.reading() as tables:
        cases, known = tables[Case].where(), forces.list_current_forces(tables)
        asked = forces.request_of(tables, request) if request else None
    facts = {
        "cases": cases,
        "forces": known,
        "request": request,
        "force": force,
        "case": case,
        "plan": None,
        "chosen": lead or [],
    }
    if case and (request or force):
        facts["plan"] = views.candidates(
            context.officer_session, DraftRequest(case, "", request or None, force or None, leads=tuple(lead or ()))
        )
    return Page("planning.html", framed(context) | facts | {"asked": asked})


@router.act("/referrals/new", Action.REFERRAL, "referral:new")
def drafting(
    context: RequestContext, case: Text, why: Text, request: Text = "", force: Text = "", lead: Ids = None
) -> Redirect:
    """Draft the referral. Two officers approve its digest."""
    reason = require_reason(why, context.says("all.why"))
    wanted = DraftRequest(case, reason, request or None, force or None, leads=tuple(lead or ()))
    made = draft(context.officer_session, wanted)
    return Redirect(f"/referrals/{made.referral.referral_id}", "drafted")
