"""Routes of seized devices: the exhibits with what matched, and the findings of one."""

from __future__ import annotations

from itertools import islice

from sightline.casework.access import Action
from sightline.casework.exhibits import exhibit_of
from sightline.ledger.verbs import JournalVerb
from sightline.services.device_import.findings import read_findings
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.responses import Page

router = PageRouter("devices")
MOST = 500
"""Findings on a page. The command line shows all."""


@router.page("/devices", Action.LEADS_VIEW, JournalVerb.VIEW_LEADS, "exhibit:devices")
def listing(context: RequestContext) -> Page:
    """Show the exhibits of seized devices with what matched."""
    found = [one.summary for one in read_findings(context.officer_session.workspace)]
    return Page("listing.html", {"found": found})


@router.page("/devices/{exhibit_id}", Action.LEADS_VIEW, JournalVerb.VIEW_LEADS, "exhibit:{exhibit_id}")
def one_device(context: RequestContext, exhibit_id: str) -> Page:
    """Show each finding in one exhibit of a device."""
    with context.reading() as tables:
        whole_id = exhibit_of(tables, exhibit_id).exhibit_id
    found = read_findings(context.officer_session.workspace, whole_id)
    rows = [list(islice(one.findings(), MOST)) for one in found]
    parts = [(one.summary, some, len(one.rows) - len(some)) for one, some in zip(found, rows, strict=True)]
    return Page("one.html", {"parts": parts, "first": found[0].summary})
