"""The report of a case: everything in its file on one page, to print or to save as PDF."""

from __future__ import annotations

from sightline.casework.permissions.access import Action
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.web.context import RequestContext
from sightline.web.pages.cases.case_facts import build_case_facts
from sightline.web.pages.cases.router import ONE, router
from sightline.web.responses import Page


@router.page("/cases/{case_id}/report", Action.CASE_VIEW, JournalVerb.VIEW_CASE, ONE)
def show_report(context: RequestContext, case_id: str) -> Page:
    """Show the report of a case, as far as the officer's role permits. Addresses and identities stay masked."""
    officer, now_us = context.officer_session.officer, to_microseconds(context.officer_session.clock())
    facts = build_case_facts(context, case_id)
    return Page("report.html", facts | {"officer": officer, "printed_us": now_us, "prints": True})
