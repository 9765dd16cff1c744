"""The report of a case: everything in its file on one page, to print, and as PDF/A."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from sightline.casework.input_checks import require_reason
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.approvals import TakesTwo
from sightline.errors import UsageError
from sightline.evidence.documents.document_facts import Language
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.case_report.report import ReportRequest, give_out
from sightline.services.lead_index.lead_view import View
from sightline.web.context import RequestContext
from sightline.web.pages.cases.case_facts import build_case_facts
from sightline.web.pages.cases.router import ONE, Text, router
from sightline.web.responses import File, Page, Redirect


@router.show("/cases/{case_id}/report", Action.CASE_VIEW, JournalVerb.VIEW_CASE, ONE)
def show_report(context: RequestContext, case_id: str) -> Page:
    """Show the report of a case, as far as the officer's role permits. Addresses and identities stay masked."""
    officer, now_us = context.officer_session.officer, to_microseconds(context.officer_session.clock())
    facts = build_case_facts(context, case_id)
    facts["may"] |= {"open": context.may(Action.IDENTITY_EXPORT)}
    return Page("report.html", facts | {"officer": officer, "printed_us": now_us, "prints": True})


@router.act("/cases/{case_id}/report", Action.CASE_VIEW, ONE)
def download_report(
    context: RequestContext,
    case_id: str,
    language: Annotated[Language, Form()] = Language.ENGLISH,
    identities: Annotated[bool, Form()] = False,
    why: Text = "",
) -> File | Redirect:
    """Return the report as PDF/A. The ledger records its digest.

    With identities, the reason is recorded; for several, another officer approves first.
    """
    reason = require_reason(why, context.says("all.why")) if identities else None
    request = ReportRequest(case_id, language, reason, _find_view(context))
    try:
        report = give_out(context.officer_session, request)
    except TakesTwo:
        return Redirect(f"/cases/{case_id}/report", "pdf.asked")
    return File(f"case-{report.sha256[:12]}.pdf", "application/pdf", report.pdf)


def _find_view(context: RequestContext) -> View | None:
    """Return the leads that the server holds, or None if there are none or the officer may not see them."""
    if not context.may(Action.LEADS_VIEW):
        return None
    try:
        return context.leads
    except UsageError:
        return None
