"""Routes of leads: filtered and sorted lists, one lead with the reasons for and against, and acts on leads."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

import polars as pl
from fastapi import Form

from sightline.casework.identities import disclosures
from sightline.casework.input_checks import require_day, require_reason, require_words
from sightline.casework.leads import lead_marks, lead_notes, lead_work, outcomes, saved_views
from sightline.casework.leads.outcomes import OutcomeForm
from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.evidence.bundle_file import BundleKind
from sightline.ledger.verbs import JournalVerb
from sightline.model import Ceiling, CloseReason, LeadStatus, OutcomeKind
from sightline.services.artifacts.flat_leads import escape_for_spreadsheets, flatten_leads
from sightline.services.bundles.bundle import BundleRequest, write_bundle
from sightline.services.lead_status.selection import select_leads_by_ids
from sightline.services.leads.masked_leads import mask_table
from sightline.services.outcomes.outcomes import record_outcome_of_lead
from sightline.stages.report import tiles
from sightline.stages.report.words import BANDS
from sightline.web.context import RequestContext, has_panel
from sightline.web.opened_identities import get_grants
from sightline.web.pages.leads import completion, groups, many, neighbours, rebuild, sheets, watches
from sightline.web.pages.leads.detail import build_lead_facts
from sightline.web.pages.leads.panel import build_panel_charts
from sightline.web.pages.leads.query import (
    build_page_context,
    count_leads,
    list_all_ids,
    list_seen_ids,
    list_tabs,
    select_among,
)
from sightline.web.pages.leads.query_box import read_query
from sightline.web.pages.leads.router import router
from sightline.web.responses import File, Page, Redirect

__all__ = ["completion", "groups", "many", "neighbours", "rebuild", "router", "sheets", "watches"]
Text = Annotated[str, Form(max_length=2000)]
Ids = Annotated[list[str], Form(max_length=500)]


@router.show("/leads", Action.LEADS_VIEW, JournalVerb.VIEW_LEADS, "leads:all")
def show_list(context: RequestContext) -> Page | Redirect:
    """Show the leads of a filter, fifty at a time."""
    query = read_query(context)
    if isinstance(query, Redirect):
        return query
    lead_query = query.asked
    facts: dict[str, Any] = {
        "asked": lead_query,
        "bands": BANDS,
        "ceilings": list(Ceiling),
        "statuses": list(LeadStatus),
    }
    facts |= {"may_rebuild": context.may(Action.LEADS_REBUILD), "query_text": query.text, "problems": query.problems}
    try:
        view = context.leads
    except UsageError:
        return Page("listing.html", facts | {"page": None}, status=query.status)
    among = select_among(context, view, lead_query.narrowing)
    page = view.read_page(
        lead_query.narrowing, lead_query.sort, after=lead_query.after, before=lead_query.before, among=among
    )
    isps, reach, reasons = (count_leads(context, view, lead_query, among, by) for by in ("isp", "ceiling", "reason"))
    facts |= {
        "page": page,
        "by_isp": isps,
        "by_ceiling": reach,
        "by_reason": reasons,
        "strongest_rules": view.find_strongest_rules(page),
        "states": tuple(tile.code for tile in tiles.load_country().tiles),
        "close_reasons": [close_reason for close_reason in CloseReason if close_reason is not CloseReason.OUTCOME],
        "columns": many.COLUMNS,
    } | build_page_context(context, view, page.leads)
    facts["panel"] = build_panel_charts(context, view, lead_query, among) if has_panel(context.request) else None
    facts["shown"], facts["is_compact"] = many.read_chosen_columns(context)
    facts["operations"] = many.open_operations(context)
    facts["tabs"] = list_tabs(context, view, lead_query, facts["saved"])
    return Page("listing.html", facts, status=query.status)


@router.show("/leads/{lead_id}", Action.LEADS_VIEW, JournalVerb.VIEW_LEADS, "lead:{lead_id}")
def show_lead(context: RequestContext, lead_id: str) -> Page:
    """Show one lead: ceiling, reasons for and against, place, time, lines, and acts."""
    return Page("one.html", build_lead_facts(context, lead_id, None))


@router.act("/leads/{lead_id}/open", Action.ADDRESS_OPEN, "lead:{lead_id}")
def open_address(context: RequestContext, lead_id: str, why: Text) -> Redirect:
    """Open the address after a journal entry of officer and reason. A page of its own shows it."""
    reason = require_reason(why, context.says("all.why"))
    thing = f"lead:{context.leads.find_lead(lead_id)['lead_id']}"
    get_grants(context).give(context, thing, disclosures.open_addresses(context.officer_session, [thing], reason))
    return Redirect(f"/leads/{thing.removeprefix('lead:')}/open")


@router.show("/leads/{lead_id}/open", Action.ADDRESS_OPEN, JournalVerb.VIEW_LEADS, "lead:{lead_id}")
def show_opened_address(context: RequestContext, lead_id: str) -> Page | Redirect:
    """Show a lead with its opened address, or redirect to the masked page after ten minutes."""
    lead_id = context.leads.find_lead(lead_id)["lead_id"]
    grant = get_grants(context).find(context, f"lead:{lead_id}")
    return (
        Redirect(f"/leads/{lead_id}")
        if grant is None
        else Page("one.html", build_lead_facts(context, lead_id, grant.why))
    )


@router.act("/leads/{lead_id}/mark", Action.LEAD_MARK, "lead:{lead_id}")
def mark_lead(context: RequestContext, lead_id: str, why: Text, is_lifted: Annotated[bool, Form()] = False) -> Redirect:
    """Mark that a child is in present danger, or lift that mark."""
    view, reason = context.leads, require_reason(why, context.says("all.why"))
    lead = view.find_lead(lead_id)
    lead_id = lead["lead_id"]
    every, is_reported = view.read.list_ids(lead_id), lead["reported_danger"]
    if is_lifted:
        lead_marks.lift(context.officer_session, lead_id, reason, every, is_reported=is_reported)
    else:
        lead_marks.mark(context.officer_session, lead_id, reason, every)
    return Redirect(f"/leads/{lead_id}", "unmarked" if is_lifted else "marked")


@router.act("/leads/assign", Action.LEAD_ASSIGN, "leads:chosen")
def assign_leads(
    context: RequestContext,
    lead: Ids,
    to: Text,
    why: Text,
    version: Annotated[int | None, Form()] = None,
    query: Text = "",
    whole: Annotated[int | None, Form()] = None,
) -> Redirect:
    """Assign the selected leads to an officer, or all leads of a filter."""
    lead = lead if whole is None else list_seen_ids(context, context.leads, query, whole)
    selected_leads = select_leads_by_ids(context.leads.read, lead, {} if version is None else {lead[0]: version})
    batch = lead_work.assign_leads(
        context.officer_session, selected_leads, to, require_reason(why, context.says("all.why"))
    )
    return Redirect(_choose_way_back(lead), "assigned", {"n": batch.leads}, undo=f"/leads/undo/{batch.batch_id}")


@router.act("/leads/close", Action.LEAD_CLOSE, "leads:chosen")
def close_leads(
    context: RequestContext,
    lead: Ids,
    reason: Annotated[CloseReason, Form()],
    why: Text,
    version: Annotated[int | None, Form()] = None,
    danger_over: Annotated[bool, Form()] = False,
    query: Text = "",
    whole: Annotated[int | None, Form()] = None,
) -> Redirect:
    """Close leads, or all of a filter; marked ones only if the officer says that the danger is over."""
    lead = lead if whole is None else list_seen_ids(context, context.leads, query, whole)
    selected_leads = select_leads_by_ids(context.leads.read, lead, {} if version is None else {lead[0]: version})
    close_reason = require_reason(why, context.says("all.why"))
    batch = lead_work.close_leads(
        context.officer_session, selected_leads, reason, close_reason, danger_over=danger_over
    )
    return Redirect(_choose_way_back(lead), "closed", {"n": batch.leads}, undo=f"/leads/undo/{batch.batch_id}")


@router.act("/leads/reopen", Action.LEAD_CLOSE, "leads:chosen")
def reopen_leads(context: RequestContext, lead: Ids, why: Text) -> Redirect:
    """Reopen leads."""
    batch = lead_work.reopen_leads(
        context.officer_session,
        select_leads_by_ids(context.leads.read, lead),
        require_reason(why, context.says("all.why")),
    )
    return Redirect(_choose_way_back(lead), "reopened", {"n": batch.leads})


@router.act("/leads/{lead_id}/notes", Action.LEAD_NOTE, "lead:{lead_id}")
def write_note(context: RequestContext, lead_id: str, text: Text, why: Text) -> Redirect:
    """Write a note about a lead."""
    lead_id = context.leads.find_lead(lead_id)["lead_id"]
    lead_notes.write(
        context.officer_session,
        lead_id,
        require_words(text, context.says("note")),
        require_reason(why, context.says("all.why")),
    )
    return Redirect(f"/leads/{lead_id}#notes", "noted")


@router.act("/leads/{lead_id}/notes/{note_id}", Action.LEAD_NOTE, "lead:{lead_id}")
def rewrite_note(
    context: RequestContext, lead_id: str, note_id: str, text: Text, why: Text, version: Annotated[int, Form()]
) -> Redirect:
    """Change a note, if it is still as the officer saw it."""
    lead_notes.rewrite(
        context.officer_session,
        note_id,
        require_words(text, context.says("note")),
        require_reason(why, context.says("all.why")),
        version,
    )
    return Redirect(f"/leads/{lead_id}#notes", "noted")


@router.act("/leads/{lead_id}/outcomes", Action.OUTCOME_RECORD, "lead:{lead_id}")
def record_outcome(
    context: RequestContext, lead_id: str, case: Text, kind: Annotated[OutcomeKind, Form()], on: Text, why: Text
) -> Redirect:
    """Record what was found by the lead."""
    reason = require_reason(why, context.says("all.why"))
    record_outcome_of_lead(
        context.officer_session,
        context.leads.read,
        OutcomeForm(lead_id, case, kind, require_day(on, context.says("all.finding.on")), reason),
    )
    return Redirect(f"/leads/{lead_id}#outcomes", "all.finding.done")


@router.act("/leads/{lead_id}/outcomes/{outcome_id}/withdraw", Action.OUTCOME_RECORD, "lead:{lead_id}")
def withdraw_outcome(context: RequestContext, lead_id: str, outcome_id: str, why: Text) -> Redirect:
    """Withdraw an outcome."""
    outcomes.withdraw_outcome(context.officer_session, outcome_id, require_reason(why, context.says("all.why")))
    return Redirect(f"/leads/{lead_id}#outcomes", "all.finding.withdrawn")


@router.act("/leads/views", Action.LEADS_SAVE_VIEW, "saved-view:new")
def save_view(
    context: RequestContext, name: Text, query: Text = "", is_shared: Annotated[bool, Form()] = False
) -> Redirect:
    """Save a filter under a name."""
    saved = saved_views.save(context.officer_session, name, query, is_shared=is_shared)
    return Redirect(f"/leads?{saved.query}", "view_saved", {"name": saved.name})


@router.act("/leads/views/{view_id}", Action.LEADS_SAVE_VIEW, "saved-view:{view_id}")
def change_view(
    context: RequestContext,
    view_id: str,
    name: Text,
    version: Annotated[int, Form()],
    query: Text = "",
    is_shared: Annotated[bool, Form()] = False,
) -> Redirect:
    """Change name, filter or sharing of a view, if it is still as the officer saw it."""
    changed = saved_views.change_view(context.officer_session, view_id, name, query, version, is_shared=is_shared)
    return Redirect(f"/leads?{changed.query}", "view_changed", {"name": changed.name})


@router.act("/leads/views/{view_id}/drop", Action.LEADS_SAVE_VIEW, "saved-view:{view_id}")
def drop_view(context: RequestContext, view_id: str) -> Redirect:
    """Delete one's own view."""
    dropped = saved_views.drop(context.officer_session, view_id)
    return Redirect("/leads", "view_dropped", {"name": dropped.name})


@router.act("/leads/export", Action.LEADS_VIEW, "leads:all")
def export_leads(
    context: RequestContext,
    why: Text,
    query: Text = "",
    is_open: Annotated[bool, Form()] = False,
    lead: Ids | None = None,
    whole: Annotated[int | None, Form()] = None,
) -> File:
    """Export the ticked leads, or those of a filter, as CSV: masked, or whole after a second officer agreed to it."""
    view, reason = context.leads, require_reason(why, context.says("all.why"))
    is_ticked = lead is not None and whole is None
    ids = select_leads_by_ids(view.read, lead).lead_ids if is_ticked and lead else list_all_ids(context, view, query)
    query = "ticked" if is_ticked else query
    table = flatten_leads(view.read, view.read.open_frame().filter(pl.col("lead_id").is_in(ids))).collect()
    export_request = disclosures.UnmaskedExport(
        "leads:all", "leads", ids, query, f"generation {view.read.generation.number}"
    )
    by = (
        disclosures.require_export(context.officer_session, JournalVerb.VIEW_ADDRESS, export_request, reason)
        if is_open
        else None
    )
    content = escape_for_spreadsheets(table if is_open else mask_table(table)).write_csv().encode()
    sha256 = hashlib.sha256(content).hexdigest()
    if is_open:
        disclosures.record_export(context.officer_session, JournalVerb.VIEW_ADDRESS, export_request, reason, sha256, by)
    else:
        disclosures.record_masked_export(context.officer_session, export_request, reason, sha256)
    return File("leads.csv", "text/csv; charset=utf-8", content)


@router.act("/leads/{lead_id}/bundle", Action.BUNDLE, "lead:{lead_id}")
def download_line_bundle(context: RequestContext, lead_id: str, line: Text, exhibit: Text, why: Text) -> File:
    """Return the bundle of the records of one line's visits, after a second officer agreed to exactly these."""
    reason = require_reason(why, context.says("all.why"))
    with context.officer_session.workspace.open_scratch() as folder:
        out = folder / "line.zip"
        request = BundleRequest(BundleKind.DEFENCE, out, reason, exhibit, lead=lead_id, line=line)
        bundle_summary = write_bundle(context.officer_session, request)
        return File(f"line-{bundle_summary.digest[:8]}.zip", "application/zip", out.read_bytes())


def _choose_way_back(lead: list[str]) -> str:
    return f"/leads/{lead[0]}" if len(lead) == 1 else "/leads"
