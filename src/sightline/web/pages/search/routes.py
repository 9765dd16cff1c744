"""Routes of the search: one search over all that the officer's role may see. No searched text is ever in a URL."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any

from fastapi import Form, UploadFile

from sightline.casework.input_checks import require_reason
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.approvals import TakesTwo
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.referrals.deconfliction import PeriodKey, parse_answer, read_period_key
from sightline.services.referrals.force_notes import LARGEST_BYTES
from sightline.services.referrals.other_forces_question import export_question, find_kind, read_answer, read_question
from sightline.services.search.leads import parse_searched_address
from sightline.services.search.result import SEEN_BY, ResultKind
from sightline.services.search.search import MOST, search_workspace
from sightline.stages.lists.signature import SecretKey
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.responses import File, Page, Redirect
from sightline.web.uploads import read_upload, report_bad_upload
from sightline.workspace.unit_keys import derive_unit_identity, read_unit_key

router = PageRouter("search")
SearchText = Annotated[str, Form(max_length=300)]
Text = Annotated[str, Form(max_length=2000)]
MOST_KEY_BYTES = 1 << 16
"""Maximum size of the sealed key of a month."""
SUGGESTED = 4
"""Number of findings of each kind that are shown while an officer types."""
LEADS_TO = {
    ResultKind.LEAD: "/leads/{id}",
    ResultKind.SUBSCRIBER: "/notices/subscribers/{id}",
    ResultKind.INDICATOR: "/leads?indicator={id}",
    ResultKind.CASE: "/cases/{id}",
    ResultKind.NOTICE: "/notices/{id}",
    ResultKind.REQUEST: "/referrals#request-{id}",
    ResultKind.REFERRAL: "/referrals/{id}",
    ResultKind.INCOMING: "/referrals/incoming/{id}",
    ResultKind.OPERATION: "/operations/{id}",
    ResultKind.EXHIBIT: "/exhibits/{id}",
    ResultKind.NOTE: "/leads/{id}#notes",
    ResultKind.CASE_NOTE: "/cases/{id}?tab=notes",
    ResultKind.FORCE: "/referrals/forces",
    ResultKind.LICENSEE: "/notices/licensees",
    ResultKind.LIST: "/lists/{id}",
    ResultKind.SOURCE: "/cases/sources/{id}",
    ResultKind.OFFICER: "/administration/officers",
}
"""The page of each kind of finding."""


@router.show("/search", Action.SEARCH, JournalVerb.VIEW_PAGE, "room:search")
def show_search(context: RequestContext) -> Page:
    """Show what can be searched. The field is on top of every page."""
    kinds = [kind for kind in ResultKind if context.may(SEEN_BY[kind])]
    return Page("search.html", {"text": "", "found": None, "groups": [], "kinds": kinds, "asks": None})


@router.act("/search", Action.SEARCH, "record:all")
def show_findings(context: RequestContext, text: SearchText = "") -> Page:
    """Show what is known of a text. The journal records the search. While an officer types, show the first findings."""
    if not text.strip():
        return show_search(context)
    try:
        leads = context.leads.read
    except UsageError:
        leads = None
    most = SUGGESTED if context.is_part else MOST
    search_result = search_workspace(
        context.officer_session, text, most, lead_files=leads, as_of=context.live_session.as_of
    )
    groups = [(kind, list(some)) for kind, some in groupby(search_result.findings, key=lambda finding: finding.kind)]
    facts: dict[str, Any] = {
        "text": text,
        "searched": text,
        "found": search_result,
        "groups": groups,
        "leads_to": LEADS_TO,
        "asks": find_kind(parse_searched_address(text), text) if context.may(Action.FORCE_COMPARE) else None,
    }
    return Page("search.html", facts, block="suggestions")


@router.act("/search/forces", Action.FORCE_COMPARE, "force:compare")
def make_list_with(
    context: RequestContext, text: SearchText, period_key: UploadFile, why: Text, day: Text = ""
) -> File | Redirect:
    """Return this unit's list for the exchange with an unknown address or number, after two officers agreed."""
    reason = require_reason(why, context.says("all.why"))
    question = read_question(parse_searched_address(text), text, day)
    try:
        note = export_question(
            context.officer_session, _open_period_key(context, period_key), question, reason, _load_own_key(context)
        )
    except TakesTwo:
        return Redirect("/search", "forces.asked")
    return File(f"{question.what.value}.json", "application/json", note)


@router.act("/search/forces/answer", Action.FORCE_COMPARE, "force:compare")
def read_answer_about(
    context: RequestContext, text: SearchText, period_key: UploadFile, answer: UploadFile, day: Text = ""
) -> Page:
    """Show whether another force has that address or number, by the exchange's answer."""
    question = read_question(parse_searched_address(text), text, day)
    with report_bad_upload(context.officer_session, "force:compare"):
        content = parse_answer(read_upload(answer, LARGEST_BYTES), answer.filename or "")
    other = read_answer(context.officer_session, _open_period_key(context, period_key), question, content)
    return Page("forces.html", {"text": text, "other": other, "question": question, "day": day})


def _open_period_key(context: RequestContext, upload: UploadFile) -> PeriodKey:
    """Return the key of a month that was sealed for this unit."""
    workspace = context.officer_session.workspace
    with report_bad_upload(context.officer_session, "force:compare"):
        sealed = read_upload(upload, MOST_KEY_BYTES)
        return read_period_key(
            context.officer_session, sealed, [derive_unit_identity(workspace)], _load_own_key(context)
        )


def _load_own_key(context: RequestContext) -> SecretKey:
    return read_unit_key(context.officer_session.workspace)
