"""From a request to a draft: what a force asks for, what may go and what not, and the draft that another approves."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from sightline.casework import forces
from sightline.casework.access import Action
from sightline.casework.input_checks import require_reason
from sightline.ledger.verbs import Seen
from sightline.model import AuthorityKind
from sightline.services.referrals import views
from sightline.services.referrals.drafts import DraftRequest, draft
from sightline.storage.rows import Case
from sightline.web.context import RequestContext
from sightline.web.pages.referrals.forms import AskForm
from sightline.web.pages.referrals.index import Text, framed, room
from sightline.web.responses import Page, Redirect


@room.page("/referrals/ask", Action.FORCE_REQUEST, Seen.VIEW_REFERRALS, "force-request:new")
def asking(visit: RequestContext) -> Page:
    """The form in which a force asks for its own state's leads; a partner officer's is of the own force."""
    with visit.officer_session.keeping_refusals(Seen.REFUSED_RIGHT, "force-request:new"), visit.reading() as tables:
        own = forces.own_force(tables, visit.officer_session.officer)
        known = [own] if own is not None else forces.list_current_forces(tables)
    return Page("asking.html", framed(visit) | {"forces": known, "kinds": list(AuthorityKind)})


@room.act("/referrals/ask", Action.FORCE_REQUEST, "force-request:new")
def ask(visit: RequestContext, form: Annotated[AskForm, Form()]) -> Redirect:
    """Record what a force asks for; of the paper the digest is kept."""
    forces.request(visit.officer_session, form.asked(visit))
    return Redirect("/referrals", "asked")


@room.page("/referrals/new", Action.REFERRAL, Seen.VIEW_REFERRALS, "referral:new")
def planning(visit: RequestContext, request: str = "", force: str = "", case: str = "") -> Page:
    """What would go, and what would not and why, before anything is drafted."""
    with visit.reading() as tables:
        cases, known = tables[Case].where(), forces.list_current_forces(tables)
        asked = forces.request_of(tables, request) if request else None
    facts = {"cases": cases, "forces": known, "request": request, "force": force, "case": case, "plan": None}
    if case and (request or force):
        facts["plan"] = views.candidates(visit.officer_session, DraftRequest(case, "", request or None, force or None))
    return Page("planning.html", framed(visit) | facts | {"asked": asked})


@room.act("/referrals/new", Action.REFERRAL, "referral:new")
def drafting(visit: RequestContext, case: Text, why: Text, request: Text = "", force: Text = "") -> Redirect:
    """Draft it: two officers approve, and what they approve is its digest."""
    wanted = DraftRequest(case, require_reason(why, visit.says("all.why")), request or None, force or None)
    made = draft(visit.officer_session, wanted)
    return Redirect(f"/referrals/{made.referral.referral_id}", "drafted")
