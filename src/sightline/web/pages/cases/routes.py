"""Routes of cases: each case with its authorities, exhibits, notices, replies and papers; sources of records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Form

from sightline.casework.cases import case_forms, cases, live_authorities
from sightline.casework.cases.declarations import declare_proxies, declare_times, list_proxies, list_source_times
from sightline.casework.input_checks import require_reason
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.evidence.documents.document_facts import DeviceKind
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import LIVE_KINDS, AuthorityKind, ListUse, SourceKind
from sightline.model.times import TimeIs
from sightline.services.case_files.attachments import MOST_FILES
from sightline.services.case_files.file_types import MOST_BYTES, TYPES
from sightline.services.case_report import case_view
from sightline.stages.scan.proxies import parse_proxy_ranges
from sightline.storage.rows import Source
from sightline.web.context import RequestContext
from sightline.web.link_graph import LinkGraph
from sightline.web.pages.cases import case_notes, report
from sightline.web.pages.cases.case_facts import build_case_facts
from sightline.web.pages.cases.forms import ZONE, AuthorityForm, CaseForm, SourceForm
from sightline.web.pages.cases.router import ONE, Text, router
from sightline.web.pages.notices.links import build_links_of_case
from sightline.web.pages.notices.resolutions import find_current_resolution
from sightline.web.responses import Page, Redirect
from sightline.workspace.cache import WORK

__all__ = ["case_notes", "report", "router"]
FIRST_ROWS, MOST = 6, 1000
"""Rows of a list that the overview of a case begins; exhibits that a tab shows."""
SOURCE = "source:{source_id}"
UNITS = ("s", "ms", "us")
"""Units in which a server's log may give the duration of a request."""
WRONG = 422
"""HTTP status of a form that cannot be stored. It is shown again, with the error."""


@router.show("/cases", Action.CASE_VIEW, JournalVerb.VIEW_CASE, "case:all")
def show_list(context: RequestContext) -> Page:
    """Show every case, with how much is held under it."""
    with context.read() as tables:
        case_summaries = case_view.list_cases(tables, to_microseconds(context.officer_session.clock()))
    may = {"open": context.may(Action.CASE_OPEN), "notices": context.may(Action.NOTICE_VIEW)}
    return Page("listing.html", {"found": case_summaries, "may": may})


@router.show("/cases/new", Action.CASE_OPEN, None, "case:new")
def show_new_case(context: RequestContext) -> Page:  # noqa: ARG001
    """Show the form of a new case."""
    return Page("new.html", {"entered": {}, "error": None})


@router.act("/cases/new", Action.CASE_OPEN, "case:new")
def open_case(context: RequestContext, form: Annotated[CaseForm, Form()]) -> Page | Redirect:
    """Register a case."""
    try:
        opened = cases.open_case(
            context.officer_session,
            case_forms.read_case(form.model_dump(), _build_field_labels(context), context.officer_session.clock()),
        )
    except UsageError as why:
        return Page("new.html", {"entered": form.model_dump(), "error": str(why)}, WRONG)
    return Redirect(f"/cases/{opened.case_id}", "opened", {"number": opened.number})


def _build_field_labels(context: RequestContext) -> case_forms.Named:
    """Return the labels of fields on the page."""
    return lambda field: context.says(f"field.{field}")


@router.show("/cases/sources", Action.CASE_VIEW, JournalVerb.VIEW_CASE, "source:all")
def show_sources(context: RequestContext) -> Page:
    """Show the sources of records, and the form of a new one."""
    return _build_sources_page(context, {}, None)


def _build_sources_page(context: RequestContext, values: Mapping[str, object], error: str | None) -> Page:
    with context.read() as tables:
        sources, by = tables[Source].select(), list_names(tables)
    facts = {"found": sources, "by": by, "may_add": context.may(Action.SOURCE_ADD), "entered": values, "error": error}
    facts |= {"kinds": list(SourceKind), "uses": list(ListUse), "devices": list(DeviceKind), "zone": ZONE}
    return Page("sources.html", facts, WRONG if error else 200)


@router.act("/cases/sources", Action.SOURCE_ADD, "source:new")
def add_source(context: RequestContext, form: Annotated[SourceForm, Form()]) -> Page | Redirect:
    """Register a source of records."""
    try:
        source = case_forms.read_source(
            form.to_texts(), form.to_clock(), _build_field_labels(context), context.officer_session.clock()
        )
        added = cases.add_source(context.officer_session, source)
    except UsageError as why:
        return _build_sources_page(context, form.model_dump(mode="json"), str(why))
    return Redirect("/cases/sources", "source_added", {"name": added.name})


@router.show("/cases/sources/{source_id}", Action.CASE_VIEW, JournalVerb.VIEW_CASE, SOURCE)
def show_source(context: RequestContext, source_id: str) -> Page:
    """Show the declarations about one source: trusted proxies, and what its times mean."""
    with context.read() as tables:
        one = cases.find_source(tables, source_id)
        proxies, times = list_proxies(tables, one.source_id), list_source_times(tables).get(one.source_id)
    facts = {"one": one, "proxies": proxies, "times": times, "units": UNITS}
    return Page("source.html", facts | {"may_declare": context.may(Action.SOURCE_ADD)})


@router.act("/cases/sources/{source_id}/proxies", Action.SOURCE_ADD, SOURCE)
def declare_source_proxies(context: RequestContext, source_id: str, why: Text, proxies: Text = "") -> Redirect:
    """Declare all trusted proxies in front of the source. An empty list declares none."""
    texts = proxies.replace(",", " ").split()
    parse_proxy_ranges(texts, context.says("source.proxies_field"))
    reason = require_reason(why, context.says("all.why"))
    with context.read() as tables:
        one = cases.find_source(tables, source_id)
    declare_proxies(context.officer_session, one.source_id, texts, reason)
    return Redirect(f"/cases/sources/{one.source_id}#proxies", "source.proxies_done", {"name": one.name})


@router.act("/cases/sources/{source_id}/times", Action.SOURCE_ADD, SOURCE)
def declare_source_times(
    context: RequestContext,
    source_id: str,
    time_is: Annotated[Literal["start", "end", "as-format"], Form()],
    why: Text,
    duration: Annotated[Literal["s", "ms", "us", ""], Form()] = "",
) -> Redirect:
    """Declare which instant of a request a source's server writes, and the unit of its duration."""
    reason = require_reason(why, context.says("all.why"))
    with context.read() as tables:
        one = cases.find_source(tables, source_id)
    instant = None if time_is == "as-format" else TimeIs(time_is)
    declare_times(context.officer_session, one.source_id, instant, duration or None, reason)
    return Redirect(f"/cases/sources/{one.source_id}#times", "source.times_done", {"name": one.name})


@router.show("/cases/{case_id}", Action.CASE_VIEW, JournalVerb.VIEW_CASE, ONE)
def show_case(context: RequestContext, case_id: str, tab: str = "overview") -> Page:
    """Show one case, as far as the officer's role permits: an overview, or one of its lists."""
    return _build_case_page(context, case_id, {}, None, tab)


def _build_case_page(
    context: RequestContext, case_id: str, values: Mapping[str, object], error: str | None, tab: str = "overview"
) -> Page:
    facts = build_case_facts(context, case_id)
    one = facts["one"]
    with context.read() as tables:
        sources = tables[Source].select()
    facts |= {
        "tab": tab if tab in dict(facts["tabs"]) else "overview",
        "shown": FIRST_ROWS,
        "most": MOST,
        "graph": _build_links(context, one.case.case_id) if tab == "overview" else None,
        "sources": sources,
        "entered": values,
        "error": error,
        "kinds": [
            authority_kind for authority_kind in AuthorityKind if authority_kind is not AuthorityKind.INTERCEPTION
        ],
        "types": ", ".join(TYPES),
        "accepts": ",".join(f".{type_}" for type_ in TYPES),
        "most_files": MOST_FILES,
        "most_bytes": MOST_BYTES,
    }
    return Page("showing.html", facts, WRONG if error else 200)


def _build_links(context: RequestContext, case_id: str) -> LinkGraph | None:
    """Return the link graph of a case, as far as the officer may see it."""
    if not context.may(Action.NOTICE_VIEW):
        return None
    role, as_seen = context.officer_session.officer.role, find_current_resolution(context)
    resolutions = as_seen if context.may(Action.RESOLUTION_VIEW) else None
    return context.get_cached(
        ("case-links", case_id, role), lambda: build_links_of_case(context, case_id, resolutions), WORK
    )


@router.act("/cases/{case_id}/authorities", Action.AUTHORITY_ADD, "authority:new")
def add_authority(context: RequestContext, case_id: str, form: Annotated[AuthorityForm, Form()]) -> Page | Redirect:
    """Register an authority of a case. Only the SHA-256 of its document is stored."""
    try:
        now = context.officer_session.clock()
        authority = case_forms.read_authority(
            form.to_texts(), form.list_categories(), form.to_paper(), _build_field_labels(context), now
        )
        with context.read() as tables:
            case = cases.find_case(tables, case_id)
        whole = replace(authority, case_id=case.case_id, sources_json=cases.encode_bounds(form.source))
        if whole.kind in LIVE_KINDS:
            live_authorities.ask(context.officer_session, whole)
            return Redirect(f"/cases/{case.case_id}#authorities", "authority_asked", {"number": whole.number})
        added = cases.add_authority(context.officer_session, whole)
    except UsageError as why:
        return _build_case_page(context, case_id, form.to_texts() | {"categories": form.categories}, str(why))
    return Redirect(f"/cases/{case.case_id}#authorities", "authority_added", {"number": added.number})


@router.act("/cases/{case_id}/authorities/{authority_id}/end", Action.AUTHORITY_END, "authority:{authority_id}")
def end_authority(context: RequestContext, case_id: str, authority_id: str, why: Text) -> Redirect:
    """Record that an authority has ended. Nothing more is scanned under it."""
    ended = cases.end_authority(context.officer_session, authority_id, require_reason(why, context.says("all.why")))
    return Redirect(f"/cases/{case_id}#authorities", "authority_ended", {"number": ended.number})
