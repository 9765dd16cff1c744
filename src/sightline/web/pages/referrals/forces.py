"""Other forces: their keys, their officers who may sign in, and this unit's own key for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, UploadFile

from sightline.casework.forces import forces
from sightline.casework.input_checks import require_reason, require_words
from sightline.casework.permissions.access import Action
from sightline.ledger.verbs import JournalVerb
from sightline.services.referrals import views
from sightline.stages.report import tiles
from sightline.web.context import RequestContext
from sightline.web.pages.referrals.forms import read_uploaded_key
from sightline.web.pages.referrals.index import Text, build_frame
from sightline.web.pages.referrals.router import router
from sightline.web.responses import File, Page, Redirect
from sightline.workspace.unit_keys import derive_unit_recipient, read_unit_key


@router.show("/referrals/forces", Action.FORCE_LIST, JournalVerb.VIEW_REFERRALS, "force:all")
def show_forces(context: RequestContext) -> Page:
    """Show other forces with their keys and officers, and what they enrol of this unit."""
    with context.read() as tables:
        partners = forces.list_officers_without_force(tables)
    facts = build_frame(context, Action.FORCE_ENROL) | {
        "found": views.list_forces(context.officer_session, ended=True),
        "states": tiles.load_country().tiles,
        "partners": partners,
        "own": read_unit_key(context.officer_session.workspace),
        "recipient": derive_unit_recipient(context.officer_session.workspace),
    }
    return Page("forces.html", facts)


@router.show("/referrals/forces/own.pub", Action.FORCE_LIST, JournalVerb.VIEW_REFERRALS, "force:own")
def download_own_key(context: RequestContext) -> File:
    """Return the public key of this unit, which other forces enrol."""
    public = read_unit_key(context.officer_session.workspace).derive_public()
    return File(f"{public.issuer}.pub", "text/plain; charset=utf-8", public.to_text().encode())


@router.act("/referrals/forces", Action.FORCE_ENROL, "force:new")
def enrol_force(
    context: RequestContext, public: UploadFile, name: Text, age: Text, why: Text, state: Annotated[list[str], Form()]
) -> Redirect:
    """Ask to enrol a force by its keys."""
    form = forces.ForceForm(
        read_uploaded_key(public), require_words(name, context.says("name")), tuple(state), age.strip()
    )
    forces.enrol(context.officer_session, form, require_reason(why, context.says("all.why")))
    return Redirect("/referrals/forces", "enrol_asked")


@router.act("/referrals/forces/tie", Action.FORCE_TIE, "force:tie")
def tie_officer(context: RequestContext, officer: Text, to: Text, why: Text) -> Redirect:
    """Ask that a partner officer belong to a force."""
    forces.request_officer_for_force(context.officer_session, officer, to, require_reason(why, context.says("all.why")))
    return Redirect("/referrals/forces", "tie_asked")
