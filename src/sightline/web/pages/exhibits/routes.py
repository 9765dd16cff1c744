"""Routes of exhibits: each file by its digest, with custody, runs that account for every line, and papers."""

from __future__ import annotations

import io
import zipfile
from typing import Annotated

from fastapi import Form

from sightline.casework.cases.cases import UNMEASURED_S
from sightline.casework.cases.declarations import declare_clock, list_clocks
from sightline.casework.exhibits import holds
from sightline.casework.exhibits.exhibits import CustodyStep, find_exhibit, list_newest_exhibits, record_step
from sightline.casework.exhibits.retention import compute_retention_term
from sightline.casework.input_checks import parse_instant, require_reason, require_words
from sightline.casework.permissions.access import Action
from sightline.evidence.documents.document_facts import Language
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import CustodyEvent
from sightline.services.documents.certificate import hand_out_papers
from sightline.services.verification.background import VERIFICATIONS
from sightline.services.verification.verify import verify_exhibit
from sightline.web.context import RequestContext
from sightline.web.list_order import PAGE_ROWS, ListOrder
from sightline.web.page_router import PageRouter
from sightline.web.pages.exhibits import exhibit_view
from sightline.web.pages.exhibits.clocks import IST, parse_comparisons
from sightline.web.pages.exhibits.exhibit_order import HEADINGS, SORTS, list_sorted_exhibits
from sightline.web.responses import File, Page, Redirect

router = PageRouter("exhibits")
ONE = "exhibit:{exhibit_id}"
Text = Annotated[str, Form(max_length=2000)]


@router.show("/exhibits", Action.EXHIBIT_VIEW, JournalVerb.VIEW_EXHIBIT, "exhibit:all")
def show_list(context: RequestContext, q: str = "", after: str = "", sort: str = "") -> Page:
    """Show exhibits, the newest first or by a column, optionally those whose digest or path matches `q`."""
    text = q.strip()[:200]
    with context.read() as tables:
        if sort.removeprefix("-") in SORTS:
            exhibit_summaries, more = list_sorted_exhibits(context, tables, text, sort, after)
        else:
            exhibit_summaries = list_newest_exhibits(tables, PAGE_ROWS + 1, text=text, before=after)
            is_last = len(exhibit_summaries) <= PAGE_ROWS
            more = None if is_last else exhibit_summaries[PAGE_ROWS - 1].exhibit.exhibit_id
        exhibits = [exhibit_view.build_exhibit_row(tables, summary) for summary in exhibit_summaries[:PAGE_ROWS]]
    order = ListOrder("/exhibits", HEADINGS, sort, {"q": q})
    return Page("listing.html", {"found": exhibits, "q": q, "is_later": bool(after), "more": more, "order": order})


@router.show("/exhibits/{exhibit_id}", Action.EXHIBIT_VIEW, JournalVerb.VIEW_EXHIBIT, ONE)
def show_exhibit(context: RequestContext, exhibit_id: str) -> Page:
    """Show everything about one exhibit."""
    with context.read() as tables:
        view = exhibit_view.load_exhibit(tables, exhibit_id)
        clock = compute_retention_term(tables, view.exhibit)
        own_clock = list_clocks(tables).get(view.exhibit.exhibit_id)
        certificates = exhibit_view.list_certificates(tables, view.exhibit.exhibit_id)
    may = {
        "custody": context.may(Action.CUSTODY_RECORD),
        "clock": context.may(Action.SOURCE_ADD),
        "certificate": context.may(Action.CERTIFICATE),
        "hold": context.may(Action.HOLD_SET),
        "lift": context.may(Action.HOLD_LIFT),
    }
    facts = {"one": view, "clock": clock, "own_clock": own_clock, "certificates": certificates, "may": may}
    facts |= {
        "now": context.officer_session.clock(),
        "events": list(CustodyEvent),
        "languages_of_papers": list(Language),
    }
    facts |= {"unmeasured": UNMEASURED_S}
    return Page("showing.html", facts)


@router.act("/exhibits/{exhibit_id}/custody", Action.CUSTODY_RECORD, ONE)
def record_custody(
    context: RequestContext,
    exhibit_id: str,
    event: Annotated[CustodyEvent, Form()],
    person: Text,
    how: Text,
    place: Text,
    why: Text,
    at: Text = "",
) -> Redirect:
    """Record a step of custody. Default time: now. A time without a zone is in India."""
    at_us = (
        parse_instant(f"{at}:00{IST}" if len(at) == 16 else at, context.says("custody.at"), "Asia/Kolkata")
        if at
        else None
    )
    step = CustodyStep(
        event,
        to_microseconds(context.officer_session.clock()) if at_us is None else at_us,
        require_words(person, context.says("custody.person")),
        require_words(how, context.says("custody.how")),
        require_words(place, context.says("custody.place")),
        require_reason(why, context.says("all.why")),
    )
    record_step(context.officer_session, exhibit_id, step)
    return Redirect(f"/exhibits/{exhibit_id}#custody", "custody.done")


@router.act("/exhibits/{exhibit_id}/clock", Action.SOURCE_ADD, ONE)
def declare_exhibit_clock(
    context: RequestContext,
    exhibit_id: str,
    measured: Text,
    at: Text = "",
    offset: Text = "",
    again_at: Text = "",
    again_offset: Text = "",
    uncertainty: Annotated[int, Form(ge=0, le=10**9)] = UNMEASURED_S,
    as_source: Annotated[bool, Form()] = False,
) -> Redirect:
    """Declare how its clock was compared, at one or two instants, or that its source's applies."""
    compared = parse_comparisons(context, [(at, offset), (again_at, again_offset)], as_source=as_source)
    how = require_words(measured, context.says("clock.measured"))
    with context.read() as tables:
        whole_id = find_exhibit(tables, exhibit_id).exhibit_id
    declare_clock(context.officer_session, whole_id, compared, uncertainty, how)
    return Redirect(f"/exhibits/{whole_id}#clock", "clock.done")


@router.act("/exhibits/{exhibit_id}/certificate", Action.CERTIFICATE, ONE)
def download_certificate(
    context: RequestContext, exhibit_id: str, language: Annotated[Language, Form()], number: Text = "", case: Text = ""
) -> File:
    """Return certificate and hash report in one zip. The ledger records their digests."""
    name = require_words(number, context.says("papers.number"), needed=False) or None
    papers = hand_out_papers(context.officer_session, exhibit_id, language, name, case or None)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for each, pdf in zip(papers.names, (papers.certificate, papers.hash_report), strict=True):
            out.writestr(each, pdf)
    return File(f"{papers.stem}.zip", "application/zip", packed.getvalue())


@router.act("/exhibits/{exhibit_id}/hold", Action.HOLD_SET, ONE)
def set_hold(context: RequestContext, exhibit_id: str, why: Text) -> Redirect:
    """Set a legal hold, which prevents every purge."""
    holds.set_hold(context.officer_session, f"exhibit:{exhibit_id}", require_reason(why, context.says("all.why")))
    return Redirect(f"/exhibits/{exhibit_id}#holds", "hold.set_done")


@router.act("/exhibits/{exhibit_id}/holds/{hold_id}/lift", Action.HOLD_LIFT, "hold:{hold_id}")
def lift_hold(context: RequestContext, exhibit_id: str, hold_id: str, why: Text) -> Redirect:
    """Lift a hold."""
    holds.lift_hold(context.officer_session, hold_id, require_reason(why, context.says("all.why")))
    return Redirect(f"/exhibits/{exhibit_id}#holds", "hold.lifted_done")


@router.act("/exhibits/{exhibit_id}/verify", Action.VERIFY, ONE)
def begin_verifying(context: RequestContext, exhibit_id: str) -> Redirect:
    """Begin to recompute one exhibit and its segments."""
    with context.read() as tables:
        whole_id = find_exhibit(tables, exhibit_id).exhibit_id
    key = VERIFICATIONS.begin(
        context.officer_session,
        f"exhibit:{whole_id}",
        lambda watch: verify_exhibit(context.officer_session, whole_id, watch),
    )
    return Redirect(f"/ledger/verified/{key}")
