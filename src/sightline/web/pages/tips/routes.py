"""Routes of tips: upload with a dry run, import, the tips with their leads, and one tip."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import File, Form, UploadFile

from sightline.casework.permissions.access import Action
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import SourceKind
from sightline.web.authorities_in_force import list_covered_sources
from sightline.web.background_job import get_job
from sightline.web.context import RequestContext
from sightline.web.list_order import ListOrder
from sightline.web.page_router import PageRouter
from sightline.web.pages.tips import tip_view
from sightline.web.pages.tips.intake import JOB, TipForm, begin_import, check_tips, transcribe_upload
from sightline.web.pages.tips.tip_order import HEADINGS
from sightline.web.responses import File as SavedFile
from sightline.web.responses import Page, Redirect

router = PageRouter("tips")
JUST_NOW = timedelta(hours=1)
"""How long the list says that an import has finished."""


@router.show("/tips", Action.EXHIBIT_VIEW, JournalVerb.VIEW_EXHIBIT, "exhibit:tips")
def show_list(context: RequestContext, after: str = "", sort: str = "") -> Page:
    """Show tips with their leads, the newest first or by a column, and the form that adds more."""
    return _list_page(context, after=after, sort=sort)


@router.show("/tips/{exhibit_id}", Action.EXHIBIT_VIEW, JournalVerb.VIEW_EXHIBIT, "exhibit:{exhibit_id}")
def show_tip(context: RequestContext, exhibit_id: str) -> Page:
    """Show one tip: what was read and left out, and each report with its leads."""
    tips = [
        (tip_row, tip_view.list_leads_by_report(context, tip_row)) for tip_row in tip_view.load_tip(context, exhibit_id)
    ]
    return Page("one.html", {"tips": tips, "may_rebuild": context.may(Action.LEADS_REBUILD)})


@router.act("/tips/check", Action.SCAN, "tips:new")
def show_tips(context: RequestContext, form: Annotated[TipForm, Form()]) -> Page:
    """Read uploaded tips and show the account of every row. Nothing is stored."""
    return _list_page(context, account=check_tips(context, form), form=form, block="account")


@router.act("/tips/import", Action.SCAN, "tips:new")
def import_uploads(context: RequestContext, form: Annotated[TipForm, Form()]) -> Redirect:
    """Import uploaded tips, and rebuild the leads."""
    begin_import(context, form)
    return Redirect("/tips")


@router.act("/tips/transcribe", Action.SCAN, "tips:new")
def transcribe_message(context: RequestContext, message: Annotated[UploadFile, File()]) -> SavedFile:
    """Return the sheet of a message, on which an officer answers for each connection. Nothing is stored."""
    name, content = transcribe_upload(context, message)
    return SavedFile(name, "text/csv", content)


def _list_page(
    context: RequestContext,
    *,
    after: str = "",
    sort: str = "",
    account: dict[str, Any] | None = None,
    form: TipForm | None = None,
    block: str | None = None,
) -> Page:
    rows, more = tip_view.list_tips(context, after, sort)
    may_add, job, now = context.may(Action.SCAN), get_job(context.request, JOB), context.officer_session.clock()
    facts = {
        "tips": rows,
        "is_later": bool(after),
        "more": more,
        "order": ListOrder("/tips", HEADINGS, sort, {}),
        "may_add": may_add,
        "may_rebuild": context.may(Action.LEADS_REBUILD),
        "referrals": list_covered_sources(context, SourceKind.TIP) if may_add else [],
        "account": account,
        "form": form or TipForm(),
        "job": job,
        "is_just_done": job.begun is not None and not job.is_running and now - job.begun < JUST_NOW,
        "now_us": to_microseconds(now),
        "fresh": tip_view.find_leads_since(rows, to_microseconds(job.begun)) if job.begun and not sort else None,
    }
    return Page("listing.html", facts, block=block)
