"""The content of the pages of approvals: the list by urgency, and the thing itself that is to be approved."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightline.casework import decisions
from sightline.casework.permissions.access import Action, may_see_approval
from sightline.casework.permissions.officer_session import find_actor
from sightline.casework.permissions.roster import list_names
from sightline.errors import SightlineError, UsageError
from sightline.model import ApprovalState
from sightline.services.intake.format_draft import FormatTrial, find_sample, try_format
from sightline.services.intake.intake_store import IntakeStore
from sightline.services.lead_index.summary_rows import Brief
from sightline.services.notices import annexure
from sightline.services.notices.danger import find_danger, list_lead_ids
from sightline.services.notices.notice_rows import read_rows_of_notice
from sightline.storage.rows import Approval, LeadMark, Licensee, Notice, ReferralLead
from sightline.web.context import RequestContext
from sightline.web.pages.notices.letter import draw_letter_pages

LOOK = {
    "notice": ("/notices/", Action.NOTICE_VIEW),
    "referral": ("/referrals/", Action.REFERRAL_VIEW),
    "subscriber": ("/notices/subscribers/", Action.RESOLUTION_VIEW),
    "exhibit": ("/exhibits/", Action.EXHIBIT_VIEW),
    "case-papers": ("/cases/", Action.CASE_VIEW),
}
"""The page of each kind of thing to approve, and the action needed to see it."""
ROWS, LEADS = 50, 12
"""Rows of a notice, and links to its leads, that are shown beside a decision."""
DECIDED = 100
"""Decided approvals in the history, newest first."""
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class WaitingApproval:
    """An approval that waits, in the list: `danger` is the mark of a lead that it is about."""

    question: decisions.Question
    danger: LeadMark | None
    hours: int

    @property
    def approval_id(self) -> str:
        """Its id."""
        return self.question.approval.approval_id

    @property
    def kind(self) -> str:
        """The act that takes two officers, or `keeping_time` for a retention period, which is of the same action."""
        approval = self.question.approval
        return "keeping_time" if approval.thing.startswith("retention-period:") else approval.action


def list_waiting(context: RequestContext, now_us: int) -> list[WaitingApproval]:
    """Return what waits: a child in danger first, then what this officer can decide, then the oldest."""
    questions = decisions.list_questions(context.officer_session)
    with context.read() as tables:
        ids = {
            question.approval.thing.partition(":")[2]
            for question in questions
            if question.approval.thing.startswith("notice:")
        }
        notices = [notice for notice in tables[Notice].select() if notice.notice_id in ids]
    danger = find_danger(context.officer_session.workspace, notices)
    waiting_items = [
        WaitingApproval(
            question,
            danger.get(question.approval.thing.partition(":")[2]),
            max(0, now_us - question.approval.asked_at_us) // HOUR_US,
        )
        for question in questions
    ]
    return sorted(
        waiting_items,
        key=lambda item: (
            item.danger is None,
            not item.question.is_mine,
            item.question.approval.asked_at_us,
        ),
    )


def describe_thing(context: RequestContext, question: decisions.Question) -> dict[str, Any]:
    """Return the thing itself, as far as this officer may see it: its page, and the letter and rows of a notice."""
    kind, _, named = question.approval.thing.partition(":")
    path, action = LOOK.get(kind, ("", Action.WEB_APP_USE))
    look = f"{path}{named}" if path and context.may(action) else None
    facts: dict[str, Any] = {"look": look, "notice": None, "damage": None, "format": None, "referred": []}
    if kind == "log-format" and question.request.get("text"):
        facts["format"] = {"tried": _try_format(context, question.request)}
    if kind == "referral" and look:
        facts["referred"] = _list_referred(context, named)
    if kind == "notice" and look:
        with context.read() as tables:
            notice = tables[Notice].get(named)
            licensee = tables[Licensee].get(notice.licensee_id) if notice else None
        if notice is not None and licensee is not None:
            facts |= {"notice": notice, "licensee": licensee, **_build_content(context, notice)}
    return facts


def _list_referred(context: RequestContext, referral_id: str) -> list[tuple[ReferralLead, Brief | None]]:
    """Return the leads that would go, each with what is known of it now if the officer may see leads."""
    with context.read() as tables:
        leads = tables[ReferralLead].select(referral_id=referral_id)
    try:
        briefs = context.leads.build_briefs(lead.lead_id for lead in leads) if context.may(Action.LEADS_VIEW) else ()
    except UsageError:
        briefs = ()
    by_id = {brief.lead_id: brief for brief in briefs}
    return [(lead, by_id.get(lead.lead_id)) for lead in leads]


def _try_format(context: RequestContext, request: Mapping[str, Any]) -> FormatTrial | None:
    """Return how a format that waits reads the file that it was described with, or None if that file is gone."""
    store: IntakeStore = context.request.app.state.intakes
    lines = find_sample(store, str(request.get("sample", "")), str(request.get("sample_sha256", "")))
    return try_format(request["text"], lines) if lines is not None else None


def _build_content(context: RequestContext, notice: Notice) -> dict[str, Any]:
    """Return rows, leads and number of pages of a notice; instead of them the error if its files were altered."""
    workspace = context.officer_session.workspace
    try:
        rows = read_rows_of_notice(workspace, notice)
        leads = list_lead_ids(workspace, notice) if context.may(Action.LEADS_VIEW) else []
        pages = len(draw_letter_pages(context, notice))
    except SightlineError as error:
        return {"damage": str(error), "rows": [], "pages": 0, "leads": [], "more_leads": 0, "is_of_numbers": False}
    return {
        "damage": None,
        "rows": annexure.mask_rows(annexure.flatten_rows(rows.head(ROWS))).to_dicts(),
        "is_of_numbers": annexure.is_of_numbers(rows),
        "leads": leads[:LEADS],
        "more_leads": len(leads[LEADS:]),
        "pages": pages,
    }


def list_decided(context: RequestContext) -> list[dict[str, object]]:
    """Return the last decisions that this officer may see, newest first, with who asked and who decided."""
    with context.read() as tables:
        who, actor = list_names(tables), find_actor(tables, context.officer_session.signer)
        rows = [approval for approval in tables[Approval].select() if approval.state is not ApprovalState.ASKED]
    mine = [approval for approval in rows if may_see_approval(actor, Action(approval.action))]
    newest = sorted(mine, key=lambda one: one.decided_at_us or 0, reverse=True)[:DECIDED]
    return [
        {
            "row": approval,
            "about": _find_name(approval),
            "asked_by": who.get(approval.asked_by),
            "decided_by": who.get(approval.decided_by or ""),
        }
        for approval in newest
    ]


def _find_name(approval: Approval) -> str:
    """Return the number, code or name of what was to be approved, or an empty text."""
    request = json.loads(approval.request_json)
    return next((str(request[key]) for key in ("number", "code", "name") if request.get(key)), "")


def find_decided(context: RequestContext, approval_id: str) -> dict[str, object] | None:
    """Return a decided approval, with who asked and decided, if the officer may see it."""
    with context.read() as tables:
        row, who = tables[Approval].get(approval_id), list_names(tables)
        if row is None or not may_see_approval(find_actor(tables, context.officer_session.signer), Action(row.action)):
            return None
        return {"row": row, "asked_by": who.get(row.asked_by), "decided_by": who.get(row.decided_by or "")}


def find_neighbours(pending_approvals: Sequence[WaitingApproval], approval_id: str) -> dict[str, object]:
    """Return the place of an approval among those that this officer can decide, and those beside it."""
    mine = [approval.approval_id for approval in pending_approvals if approval.question.is_mine]
    if approval_id not in mine:
        return {"place": None, "of": len(mine), "previous": None, "next": None}
    at = mine.index(approval_id)
    return {
        "place": at + 1,
        "of": len(mine),
        "previous": mine[at - 1] if at else None,
        "next": mine[at + 1] if at + 1 < len(mine) else None,
    }
