"""Routes of intakes: begin, show, try, scan and remove. `uploads.py` has those of the files."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Form

from sightline.casework.permissions.access import Action
from sightline.ledger.verbs import JournalVerb
from sightline.services.intake.scan_files import check_files, scan_files
from sightline.web.context import RequestContext
from sightline.web.middleware import MOST_BYTES
from sightline.web.pages.intake import log_formats, uploads
from sightline.web.pages.intake.forms import IntakeForm, ReadingForm
from sightline.web.pages.intake.intake_view import (
    MOST,
    find_context_of_intake,
    get_job_of_intake,
    get_own_intake,
    list_intakes,
    list_log_sources,
    list_unread_files,
    list_uploads,
    require_unread,
    scan_lists,
    store_of,
)
from sightline.web.pages.intake.log_formats import list_own_formats
from sightline.web.pages.intake.router import ONE, router
from sightline.web.responses import Page, Redirect

__all__ = ["log_formats", "router", "uploads"]
THING = "intake:{intake_id}"
STOP_S = 5.0
"""Seconds that a page waits for a scan that was stopped. A large block of a file is read to its end."""


@router.show("/intake", Action.SCAN, JournalVerb.VIEW_EXHIBIT, "intake:all")
def show_list(context: RequestContext) -> Page:
    """Show the form that begins an intake, intakes that are not finished, and the newest finished ones."""
    listed_intakes, store = list_intakes(context), store_of(context)
    facts = {
        "sources": list_log_sources(context),
        "has_lists": bool(scan_lists(context)),
        "form": IntakeForm(),
        "waiting": [listed_intake for listed_intake in listed_intakes if listed_intake.intake.result is None],
        "finished": [listed_intake for listed_intake in listed_intakes if listed_intake.intake.result is not None],
        "used": store.count_used_bytes(),
        "limit": store.limit_bytes,
        "formats": list_own_formats(context),
        "may_end": context.may(Action.FORMAT_USE),
    }
    return Page("listing.html", facts)


@router.act("/intake", Action.SCAN, "intake:new")
def begin_intake(context: RequestContext, form: Annotated[IntakeForm, Form()]) -> Redirect:
    """Begin an intake."""
    intake = form.to_intake(context)
    store_of(context).add(intake)
    return Redirect(f"/intake/{intake.intake_id}")


@router.show(ONE, Action.SCAN, JournalVerb.VIEW_EXHIBIT, THING)
def show_intake(context: RequestContext, intake_id: str, *, reading: bool = False) -> Page | Redirect:
    """Show an intake: its files, its trial, its scan, and what comes next.

    `reading`: the page asks again because its files were being read; it is loaded again once they are not.
    """
    intake = get_own_intake(context, intake_id)
    if reading and not get_job_of_intake(context, intake_id).is_running:
        return Redirect(f"/intake/{intake_id}")
    files = list_uploads(context, intake)
    source, authority, case = find_context_of_intake(context, intake)
    job = get_job_of_intake(context, intake_id)
    facts = {
        "one": intake,
        "source": source,
        "authority": authority,
        "case": case,
        "files": files[:MOST],
        "more": len(files) - len(files[:MOST]),
        "complete": sum(listed_upload.upload.is_complete for listed_upload in files),
        "arriving": sum(listed_upload.upload.sha256 is None for listed_upload in files),
        "size": sum(listed_upload.upload.size_bytes for listed_upload in files),
        "form": ReadingForm(**dict(intake.reading)),  # type: ignore[arg-type]
        "job": job,
        "may_rebuild": context.may(Action.LEADS_REBUILD),
        "unread": list_unread_files(intake, files),
        "lists": scan_lists(context, authority),
        "most_in_form": MOST_BYTES,
    }
    return Page("one.html", facts)


@router.act(f"{ONE}/check", Action.SCAN, THING)
def begin_trial(context: RequestContext, intake_id: str, form: Annotated[ReadingForm, Form()]) -> Redirect:
    """Begin a trial: every line is read and counted, and nothing is stored."""
    store = store_of(context)
    require_unread(context, intake_id)
    intake = replace(get_own_intake(context, intake_id), trial=None, failed=None, is_stopped=False)
    store.save(replace(intake, reading=form.to_reading(context), lists=form.find_chosen_lists(context)))
    officer_session = context.officer_session
    get_job_of_intake(context, intake_id).begin(
        officer_session.clock(), lambda watch: check_files(officer_session, store, intake_id, watch)
    )
    return Redirect(f"/intake/{intake_id}")


@router.act(f"{ONE}/scan", Action.SCAN, THING)
def begin_scan(context: RequestContext, intake_id: str) -> Redirect:
    """Begin the scan into the workspace, and then the rebuild of the leads."""
    store, officer_session = store_of(context), context.officer_session
    get_own_intake(context, intake_id)
    makes_leads = context.may(Action.LEADS_REBUILD)
    get_job_of_intake(context, intake_id).begin(
        officer_session.clock(),
        lambda watch: scan_files(officer_session, store, intake_id, watch, makes_leads=makes_leads),
    )
    return Redirect(f"/intake/{intake_id}")


@router.act(f"{ONE}/stop", Action.SCAN, THING)
def stop_run(context: RequestContext, intake_id: str) -> Redirect:
    """Stop the dry run or the scan. Files that were scanned to their end stay in the workspace."""
    get_own_intake(context, intake_id)
    job = get_job_of_intake(context, intake_id)
    if job.cancel():
        context.officer_session.look(Action.SCAN, f"intake:{intake_id}", JournalVerb.SCAN_STOPPED)
        job.join(STOP_S)
    return Redirect(f"/intake/{intake_id}")


@router.act(f"{ONE}/remove", Action.SCAN, THING)
def remove_intake(context: RequestContext, intake_id: str) -> Redirect:
    """Remove an intake with its files, also one that another officer left. What was scanned stays."""
    require_unread(context, intake_id)
    store_of(context).remove(intake_id)
    return Redirect("/intake", "removed")
