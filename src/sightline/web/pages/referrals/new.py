"""Make a draft from a request: register a force's request, plan a referral, and draft it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query
from pydantic import BaseModel

from sightline.casework.forces import forces
from sightline.casework.input_checks import require_reason
from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model import AuthorityKind, Role
from sightline.services.lead_index.summary_rows import Brief
from sightline.services.referrals import views
from sightline.services.referrals.drafts import DraftResult, ReferralDraftRequest, ReferralPlan, draft_referral
from sightline.services.referrals.preview import preview_sheets
from sightline.stages.report.words import BANDS
from sightline.storage.rows import Case
from sightline.web.background_job import BackgroundJob, get_job
from sightline.web.context import RequestContext
from sightline.web.pages.referrals.forms import AskForm, format_today
from sightline.web.pages.referrals.index import Text, build_frame
from sightline.web.pages.referrals.router import router
from sightline.web.responses import Page, Redirect

Leads = Annotated[list[str] | None, Query(max_length=500)]
Ids = Annotated[list[str] | None, Form(max_length=500)]
DRAFTING = "/referrals/drafting"
SOON_S = 0.5
"""How long a page waits for a draft before it shows progress."""
REQUEST_KINDS = sorted(AuthorityKind, key=lambda kind: kind is not AuthorityKind.PRODUCTION)
"""The kinds of authority of a request: an order to produce first, which is what a force asks under."""
MOST_LISTED = 500
"""Leads that the page lists before a draft. All others go too."""


class DraftForm(BaseModel):
    """A draft as the form sends it. Of the leads that the page `listed`, those that are no `lead` are left out."""

    form_token: str = ""
    case: str = ""
    why: str = ""
    request: str = ""
    force: str = ""
    chosen: list[str] = []
    listed: list[str] = []
    lead: list[str] = []


@router.show("/referrals/ask", Action.FORCE_REQUEST, JournalVerb.VIEW_REFERRALS, "force-request:new")
def show_request_form(context: RequestContext) -> Page:
    """Show the form in which a force asks for leads of its own state."""
    with (
        context.officer_session.record_refusals(JournalVerb.REFUSED_RIGHT, "force-request:new"),
        context.read() as tables,
    ):
        own = forces.find_own_force(tables, context.officer_session.officer)
        known = [own] if own is not None else forces.list_current_forces(tables)
    return Page(
        "asking.html",
        build_frame(context) | {"forces": known, "kinds": REQUEST_KINDS, "today": format_today(context)},
    )


@router.act("/referrals/ask", Action.FORCE_REQUEST, "force-request:new")
def register_request(context: RequestContext, form: Annotated[AskForm, Form()]) -> Redirect:
    """Register a force's request. Only the digest of its document is stored."""
    forces.register_force_request(context.officer_session, form.to_request(context))
    is_partner = context.officer_session.officer.role is Role.PARTNER
    return Redirect("/referrals", "asked_partner" if is_partner else "asked")


@router.show("/referrals/new", Action.REFERRAL, JournalVerb.VIEW_REFERRALS, "referral:new")
def show_plan(context: RequestContext, request: str = "", force: str = "", case: str = "", lead: Leads = None) -> Page:
    """Show what would be referred, and what not and why, before anything is drafted."""
    with context.read() as tables:
        cases, current_forces = tables[Case].select(), forces.list_current_forces(tables)
        force_request = forces.find_request(tables, request) if request else None
    if not case and request and len(cases) == 1:
        case = cases[0].number
    facts: dict[str, object] = {
        "cases": cases,
        "forces": current_forces,
        "request": request,
        "force": force,
        "case": case,
        "plan": None,
        "chosen": lead or [],
        "given": views.list_given_before(context.officer_session, request) if request else [],
    }
    if case and (request or force):
        plan = views.plan_candidates(
            context.officer_session,
            ReferralDraftRequest(case, "", request or None, force or None, leads=tuple(lead or ())),
        )
        facts |= {"plan": plan, "briefs": _select_most_serious(context, plan)}
    return Page("planning.html", build_frame(context) | facts | {"asked": force_request})


def _select_most_serious(context: RequestContext, plan: ReferralPlan) -> list[Brief]:
    """Return the leads that the page lists: up to 500, the most serious first."""
    briefs = context.leads.build_briefs(plan.leads["lead_id"].to_list())
    return sorted(briefs, key=lambda brief: (BANDS.index(brief.priority), -brief.visits, brief.lead_id))[:MOST_LISTED]


@router.act("/referrals/new", Action.REFERRAL, "referral:new")
def begin_draft(context: RequestContext, form: Annotated[DraftForm, Form()]) -> Redirect:
    """Begin to draft the referral. Two officers approve its digest."""
    reason = require_reason(form.why, context.says("all.why"))
    if form.listed and not form.lead and len(form.listed) < MOST_LISTED:
        raise UsageError("no lead is chosen", hint="tick leads, then look at their sheets")
    draft_request = ReferralDraftRequest(
        form.case,
        reason,
        form.request or None,
        form.force or None,
        leads=tuple(form.chosen),
        without=tuple(sorted(set(form.listed) - set(form.lead))),
    )
    officer_session = context.officer_session
    _get_job(context).begin(
        officer_session.clock(), lambda watch: draft_referral(officer_session, draft_request, watch)
    )
    return Redirect(DRAFTING)


@router.show(DRAFTING, Action.REFERRAL, JournalVerb.VIEW_REFERRALS, "referral:new")
def show_progress(context: RequestContext) -> Page | Redirect:
    """Show the progress of this officer's draft, or go to it when it is there."""
    job = _get_job(context)
    job.join(SOON_S)
    if job.is_running:
        return Page("drafting.html", build_frame(context) | {"job": job, "path": DRAFTING})
    if job.error is not None and not job.is_cut:
        raise job.error
    if isinstance(job.result, DraftResult):
        return Redirect(f"/referrals/{job.result.referral.referral_id}", "drafted")
    return Page("drafting.html", build_frame(context) | {"job": job, "path": DRAFTING})


def _get_job(context: RequestContext) -> BackgroundJob:
    """Return the draft of this officer. Several officers draft at the same time."""
    return get_job(context.request, f"referral-{context.officer_session.officer.officer_id}")


@router.act("/referrals/new/preview", Action.REFERRAL, "referral:new")
def show_preview(context: RequestContext, lead: Ids = None) -> Page:
    """Show the sheets of the chosen leads as the force would read them, with masked addresses."""
    chosen = lead or []
    if not chosen:
        raise UsageError("no lead is chosen", hint="tick leads, then look at their sheets")
    sheets = preview_sheets(context.officer_session, chosen)
    return Page("preview.html", build_frame(context) | {"sheets": sheets, "more": len(chosen) - len(sheets)})


@router.act("/referrals/given", Action.REFERRAL, "referral:new")
def answer_request(context: RequestContext, request: Text, referral: Text, why: Text) -> Redirect:
    """Answer a request by an earlier referral, which gave what it asks for."""
    forces.answer_force_request(
        context.officer_session, request, referral, require_reason(why, context.says("all.why"))
    )
    return Redirect("/referrals", "given_done")
