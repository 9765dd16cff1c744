"""Routes of seized devices: upload with a dry run, the exhibits with what matched, and the findings of one."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import Annotated, Any

from fastapi import Form

from sightline.casework.exhibits.exhibits import find_exhibit
from sightline.casework.permissions.access import Action
from sightline.ledger.verbs import JournalVerb
from sightline.model import SourceKind
from sightline.services.device_import.findings import read_findings
from sightline.web.authorities_in_force import list_covered_sources
from sightline.web.background_job import get_job
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.pages.devices.intake import JOB, DeviceForm, begin_import, check_device
from sightline.web.responses import Page, Redirect

router = PageRouter("devices")
MOST = 500
"""Findings on a page. The command line shows all."""
JUST_NOW = timedelta(hours=1)
"""How long the list says that an import has finished."""


@router.show("/devices", Action.LEADS_VIEW, JournalVerb.VIEW_LEADS, "exhibit:devices")
def show_list(context: RequestContext) -> Page:
    """Show the exhibits of seized devices with what matched, and the form that adds more."""
    return _list_page(context)


@router.show("/devices/{exhibit_id}", Action.LEADS_VIEW, JournalVerb.VIEW_LEADS, "exhibit:{exhibit_id}")
def show_device(context: RequestContext, exhibit_id: str) -> Page:
    """Show each finding in one exhibit of a device."""
    with context.read() as tables:
        whole_id = find_exhibit(tables, exhibit_id).exhibit_id
    findings = read_findings(context.officer_session.workspace, whole_id)
    rows = [list(islice(device_findings.list_findings(), MOST)) for device_findings in findings]
    parts = [
        (device_findings.summary, some, len(device_findings.rows) - len(some))
        for device_findings, some in zip(findings, rows, strict=True)
    ]
    return Page("one.html", {"parts": parts, "first": findings[0].summary})


@router.act("/devices/check", Action.SCAN, "devices:new")
def show_device_files(context: RequestContext, form: Annotated[DeviceForm, Form()]) -> Page:
    """Read uploaded files of a device and show what each is. Nothing is stored."""
    return _list_page(context, account=check_device(context, form), form=form, block="account")


@router.act("/devices/import", Action.SCAN, "devices:new")
def import_uploads(context: RequestContext, form: Annotated[DeviceForm, Form()]) -> Redirect:
    """Import uploaded files of a device."""
    begin_import(context, form)
    return Redirect("/devices")


def _list_page(
    context: RequestContext,
    *,
    account: dict[str, Any] | None = None,
    form: DeviceForm | None = None,
    block: str | None = None,
) -> Page:
    may_add, job, now = context.may(Action.SCAN), get_job(context.request, JOB), context.officer_session.clock()
    result = [findings.summary for findings in read_findings(context.officer_session.workspace)]
    facts = {
        "found": result,
        "ceilings": {row["ceiling"] for row in result},
        "may_add": may_add,
        "seizures": list_covered_sources(context, SourceKind.SEIZED_DEVICE) if may_add else [],
        "account": account,
        "form": form or DeviceForm(),
        "job": job,
        "is_just_done": job.begun is not None and not job.is_running and now - job.begun < JUST_NOW,
    }
    return Page("listing.html", facts, block=block)
