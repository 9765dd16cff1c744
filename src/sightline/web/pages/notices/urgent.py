"""Steps from a notice on: records after a letter of preservation; calls to the licensee while a child is in danger."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from sightline.casework.input_checks import require_words
from sightline.casework.leads import lead_notes
from sightline.casework.notices.notices import find_notice
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.model import NoticeKind
from sightline.services.notices.danger import find_danger, list_lead_ids
from sightline.storage.rows import LeadMark, LeadNote, Notice
from sightline.web.context import RequestContext
from sightline.web.pages.notices.drafts import MOST_LEADS
from sightline.web.pages.notices.index import Text
from sightline.web.pages.notices.router import router
from sightline.web.responses import Redirect


@router.act("/notices/{notice_id}/ask-records", Action.NOTICE_DRAFT, "notice:{notice_id}")
def ask_records(context: RequestContext, notice_id: str) -> Redirect:
    """Show what a notice for records would ask about the leads of a letter of preservation, to its licensee."""
    with context.read() as tables:
        notice = find_notice(tables, notice_id)
    asked = {"case": notice.case_id, "kind": NoticeKind.RECORDS.value, "licensee": notice.licensee_id}
    leads = list_lead_ids(context.officer_session.workspace, notice)[:MOST_LEADS]
    circle = [("circle", notice.circle)] if notice.circle else []
    return Redirect("/notices/new?" + urlencode([*asked.items(), *circle, *(("lead", lead) for lead in leads)]))


def call_reason(notice: Notice) -> str:
    """Return the reason of a note that logs a call: it ties the note of the lead to the notice."""
    return f"telephone call about {notice.number}"


def describe_danger(context: RequestContext, notice: Notice) -> dict[str, Any]:
    """Return the mark of a lead that a notice is about, or None, and the logged calls about the notice."""
    mark = find_danger(context.officer_session.workspace, [notice]).get(notice.notice_id)
    return {"danger": mark, "calls": _list_calls(context, notice, mark) if mark else []}


def _list_calls(context: RequestContext, notice: Notice, mark: LeadMark) -> list[tuple[LeadNote, str]]:
    """Return the logged calls about a notice, newest first, each with the officer who called."""
    with context.read() as tables:
        who = list_names(tables)
        call_notes = [
            lead_note
            for lead_note in tables[LeadNote].select(lead_id=mark.lead_id)
            if lead_note.why == call_reason(notice)
        ]
    return [
        (lead_note, who.get(lead_note.made_by, "")) for lead_note in sorted(call_notes, key=lambda one: -one.made_at_us)
    ]


@router.act("/notices/{notice_id}/call", Action.LEAD_NOTE, "notice:{notice_id}")
def log_call(context: RequestContext, notice_id: str, text: Text) -> Redirect:
    """Log a telephone call to the licensee, as a note of the lead whose child is in danger."""
    with context.read() as tables:
        notice = find_notice(tables, notice_id)
    mark = find_danger(context.officer_session.workspace, [notice]).get(notice.notice_id)
    if mark is None:
        raise UsageError(context.says("call.no_danger"), hint=context.says("call.no_danger_next"))
    lead_notes.write(
        context.officer_session, mark.lead_id, require_words(text, context.says("call.text")), call_reason(notice)
    )
    return Redirect(f"/notices/{notice.notice_id}", "call.done")
