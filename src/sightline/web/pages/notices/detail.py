"""The page of one notice: rows and wording, state from draft to answer, papers, and replies."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import urlencode

import polars as pl
from fastapi import Form

from sightline.casework.identities import disclosures
from sightline.casework.input_checks import parse_instant, require_reason, require_words
from sightline.casework.notices import notices
from sightline.casework.notices.notices import APPROVES, compute_due_day, find_notice, is_overdue
from sightline.casework.notices.replies import find_denied_replies, select_current_replies
from sightline.casework.permissions.access import Action, Actor, allow_second
from sightline.casework.permissions.approvals import find_send_back_reason, list_possible_deciders
from sightline.errors import UsageError
from sightline.evidence.documents.document_facts import Language
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import ApprovalState, NoticeKind, NoticeState, Role
from sightline.services.notices import annexure, export
from sightline.services.notices.danger import list_lead_ids
from sightline.services.notices.letters import Letter, build_letter
from sightline.services.notices.notice_rows import read_rows_of_notice
from sightline.services.notices.notice_steps import follow_up_notice
from sightline.services.notices.operator_notices import ask_operator, find_operator_rows
from sightline.stages.resolve.model import DATE_ORDERS
from sightline.stages.resolve.replies.reply_layouts import load_builtin_layouts
from sightline.storage.rows import Approval, Licensee, Notice, Reply
from sightline.storage.table import Tables
from sightline.translation.messages import LANGUAGES, format_days, translate_word
from sightline.web.context import RequestContext
from sightline.web.error_text import ErrorText
from sightline.web.opened_identities import Grant, get_grants
from sightline.web.pages.notices.drafts import KINDS
from sightline.web.pages.notices.index import INDIA, Text, list_rights
from sightline.web.pages.notices.new_numbers import count_numbers
from sightline.web.pages.notices.router import router
from sightline.web.pages.notices.urgent import describe_danger
from sightline.web.responses import File, Page, Redirect

ONE = "notice:{notice_id}"
MAX_ROWS = 100
MOST_NAMED = 100
"""Leads that the address of the form names when a notice is drafted again. Above it, the form chooses from all."""
STEPS = ("draft", "approved", "sent", "answered", "closed")


@router.show("/notices/{notice_id}", Action.NOTICE_VIEW, JournalVerb.VIEW_NOTICE, ONE)
def show_notice(context: RequestContext, notice_id: str) -> Page:
    """Show everything about one notice, with masked addresses."""
    return Page("one.html", build_notice_facts(context, notice_id))


@router.act("/notices/{notice_id}/open", Action.NOTICE_VIEW, ONE)
def open_rows(context: RequestContext, notice_id: str, why: Text) -> Redirect:
    """Open its first rows, within the daily maximum, after a journal entry of officer and reason."""
    reason, officer_session = require_reason(why, context.says("all.why")), context.officer_session
    with context.read() as tables:
        notice = find_notice(tables, notice_id)
    rows = read_rows_of_notice(officer_session.workspace, notice)
    seen = JournalVerb.VIEW_IDENTITY if annexure.is_of_numbers(rows) else JournalVerb.VIEW_ADDRESS
    count = min(MAX_ROWS, max(1, disclosures.A_DAY[seen] - disclosures.count_opened_today(officer_session, seen)))
    export.open_rows(officer_session, notice, rows.head(count), reason)
    get_grants(context).give(context, f"notice:{notice.notice_id}", reason, count)
    return Redirect(f"/notices/{notice.notice_id}/open#rows")


@router.show("/notices/{notice_id}/open", Action.NOTICE_VIEW, JournalVerb.VIEW_NOTICE, ONE)
def show_opened_rows(context: RequestContext, notice_id: str) -> Page | Redirect:
    """Show a notice with its opened rows, or redirect to the masked page after ten minutes."""
    with context.read() as tables:
        notice = find_notice(tables, notice_id)
    grant = get_grants(context).find(context, f"notice:{notice.notice_id}")
    if grant is None:
        return Redirect(f"/notices/{notice.notice_id}")
    return Page("one.html", build_notice_facts(context, notice_id, grant=grant))


@router.act("/notices/{notice_id}/letter.pdf", Action.NOTICE_EXPORT, ONE)
def download_letter(
    context: RequestContext, notice_id: str, why: Text, language: Annotated[Language, Form()] = Language.ENGLISH
) -> File:
    """Return the notice as PDF/A, stamped as a draft until approved. The journal records an export."""
    reason = require_reason(why, context.says("all.why"))
    opened_notice = export.open_notice(context.officer_session, notice_id, [export.NoticePaper.LETTER], reason)
    name = f"notice-{opened_notice.letter.notice.notice_id[-6:].lower()}-{language}.pdf"
    return File(name, "application/pdf", export.render_notice(context.officer_session, opened_notice, language))


@router.act("/notices/{notice_id}/rows.csv", Action.NOTICE_EXPORT, ONE)
def download_rows(context: RequestContext, notice_id: str, why: Text) -> File:
    """Return its rows as CSV, exactly the approved bytes. The journal records an export."""
    reason = require_reason(why, context.says("all.why"))
    opened_notice = export.open_notice(context.officer_session, notice_id, [export.NoticePaper.ROWS], reason)
    name = f"rows-{opened_notice.letter.notice.notice_id[-6:].lower()}.csv"
    return File(name, "text/csv; charset=utf-8", opened_notice.csv)


@router.show("/notices/{notice_id}/reminder.pdf", Action.NOTICE_EXPORT, None, ONE)
def download_reminder(context: RequestContext, notice_id: str, language: Language = Language.ENGLISH) -> File:
    """Return the reminder of an overdue answer. It has none of the rows."""
    name, pdf = export.export_reminder(context.officer_session, notice_id, language)
    return File(name, "application/pdf", pdf)


@router.act("/notices/{notice_id}/sent", Action.NOTICE_SEND, ONE)
def mark_as_sent(context: RequestContext, notice_id: str, how: Text, on: Text = "", due: Text = "") -> Redirect:
    """Mark it as sent: how, when (default: now), and due day (default: the fifteenth day)."""
    on_us = parse_instant(on, context.says("send.on"), INDIA) if on.strip() else None
    due_us = parse_instant(due, context.says("send.due"), INDIA, is_end=True) if due.strip() else None
    notice = notices.send(
        context.officer_session, notice_id, require_words(how, context.says("send.how")), on_us, due_us
    )
    return Redirect(
        f"/notices/{notice.notice_id}",
        "send.done",
        {"day": format_days(compute_due_day(notice.due_at_us or 0), context.language)},
    )


@router.act("/notices/{notice_id}/close", Action.NOTICE_SEND, ONE)
def close_notice(context: RequestContext, notice_id: str, why: Text) -> Redirect:
    """Close it: nothing more of it is awaited."""
    notice = notices.close(context.officer_session, notice_id, require_reason(why, context.says("all.why")))
    return Redirect(f"/notices/{notice.notice_id}", "close.done")


@router.act("/notices/{notice_id}/follow", Action.NOTICE_DRAFT, ONE)
def draft_follow_up(context: RequestContext, notice_id: str, why: Text) -> Redirect:
    """Draft the second request, about the holders of the numbers that its replies name."""
    reason = require_reason(why, context.says("all.why"))
    with context.read() as tables:
        notice = find_notice(tables, notice_id)
    made = follow_up_notice(context.officer_session, notice, reason)
    if made is None:
        return Redirect(f"/notices/{notice.notice_id}", "follow.nobody")
    return Redirect(f"/notices/{made.notice_id}", "follow.done", {"n": made.asks})


@router.act("/notices/{notice_id}/ask-operator", Action.NOTICE_DRAFT, ONE)
def draft_operator_notice(context: RequestContext, notice_id: str, operator: Text, why: Text) -> Redirect:
    """Draft the notice about the same visits to the operator whose line its replies name."""
    reason = require_reason(why, context.says("all.why"))
    with context.read() as tables:
        notice = find_notice(tables, notice_id)
    made = ask_operator(context.officer_session, notice, operator, reason)
    if made is None:
        return Redirect(f"/notices/{notice.notice_id}", "operator.nothing")
    return Redirect(f"/notices/{made.notice_id}", "operator.done", {"n": made.asks})


def build_notice_facts(
    context: RequestContext,
    notice_id: str,
    *,
    grant: Grant | None = None,
    error: ErrorText | None = None,
    values: Any = None,  # noqa: ANN401
) -> dict[str, Any]:
    """Return everything the page shows. `grant`: opens its first rows. `values`: fields of a reply that failed."""
    officer_session = context.officer_session
    with context.read() as tables:
        letter = build_letter(tables, find_notice(tables, notice_id))
        notice = letter.notice
        replies = tables[Reply].select(notice_id=notice.notice_id)
        listed_replies = _build_replies(tables, replies)
        follows = tables[Notice].select(follows=notice.notice_id)
        approval = tables[Approval].get(notice.approval_id) if notice.approval_id else None
        others = [licensee.name for licensee in tables[Licensee].select() if licensee.licensee_id != notice.licensee_id]
    whole = read_rows_of_notice(officer_session.workspace, notice)
    first = annexure.flatten_rows(whole.head(MAX_ROWS))
    is_open = 0 if grant is None else min(len(first), MAX_ROWS if grant.rows is None else grant.rows)
    first = first.with_columns(pl.col("port").cast(pl.String)) if "port" in first.columns else first
    hidden = annexure.mask_rows(first.slice(is_open))
    return {
        "letter": letter,
        "notice": notice,
        "drafted_by": _with_role(letter.drafted_by, context.language),
        "approved_by": _with_role(letter.approval.by, context.language) if letter.approval else None,
        "is_overdue": is_overdue(notice, to_microseconds(officer_session.clock())),
        "due": compute_due_day(notice.due_at_us) if notice.due_at_us is not None else None,
        "steps": _list_steps(notice),
        "rows": _with_leads(pl.concat([first.head(is_open), hidden], how="vertical_relaxed"), whole.head(MAX_ROWS)),
        "is_open": is_open,
        "total": len(whole),
        "is_of_numbers": annexure.is_of_numbers(whole),
        "why_open": grant.why if grant else None,
        "words": _list_words(context, letter),
        **_build_approval_facts(context, notice, approval),
        "replies": listed_replies,
        "follows": follows,
        "numbers": count_numbers(context, notice),
        "operators_rows": _count_operators_rows(context, notice),
        "operators": [(other, other) for other in sorted(others, key=str.casefold)],
        **_list_declarations(notice),
        "today": format_day_in_india(to_microseconds(officer_session.clock())),
        **describe_danger(context, notice),
        "may": list_rights(context) | {"lead_note": context.may(Action.LEAD_NOTE)},
        "error": error,
        "entered": values,
    }


def _build_approval_facts(context: RequestContext, notice: Notice, approval: Approval | None) -> dict[str, Any]:
    return {
        "approval": approval,
        "may_see": context.may_see(approval),
        "waits_for": _list_deciders(context, notice, approval),
        "is_mine": approval is not None and _is_mine(context, notice, approval),
        "draft_again": _find_draft_again(context, notice, approval),
    }


def _list_deciders(context: RequestContext, notice: Notice, approval: Approval | None) -> str | None:
    """Return the names of the officers who can decide about a notice that waits for it; None for another notice."""
    if approval is None or approval.state is not ApprovalState.ASKED or notice.state is not NoticeState.DRAFT:
        return None
    with context.read() as tables:
        return ", ".join(officer.name for officer in list_possible_deciders(tables, approval))


def _find_draft_again(context: RequestContext, notice: Notice, approval: Approval | None) -> str | None:
    """Return the form with the leads of a notice that was sent back; None for another notice or officer."""
    if approval is None or find_send_back_reason(approval) is None or notice.kind not in KINDS:
        return None
    if not context.may(Action.NOTICE_DRAFT):
        return None
    leads = list_lead_ids(context.officer_session.workspace, notice)
    query = {"case": notice.case_id, "kind": notice.kind.value, "licensee": notice.licensee_id}
    chosen = [("lead", lead) for lead in leads] if len(leads) <= MOST_NAMED else []
    return "/notices/new?" + urlencode([*query.items(), *chosen])


def _list_declarations(notice: Notice) -> dict[str, Any]:
    """Return what can be declared about a reply: the layouts of its kind, and the orders of dates."""
    return {
        "layouts": [layout.name for layout in load_builtin_layouts() if layout.reply is notice.kind],
        "orders": DATE_ORDERS,
    }


def _with_role(officer: str, language: str) -> str:
    """Return an officer as a letter names one, with the role in the language of the page."""
    named, _, role = officer.rpartition(", ")
    return f"{named}, {translate_word('role', role, language)}" if role in set(Role) else officer


def _list_steps(notice: Notice) -> list[tuple[str, str]]:
    """Return the steps of a notice, each `done`, `now` or to come."""
    at = {NoticeState.REFUSED: 0, NoticeState.ANSWERED_IN_PART: 3}.get(notice.state)
    at = STEPS.index(notice.state) if at is None else at
    return [(step, "done" if here < at else "now" if here == at else "") for here, step in enumerate(STEPS)]


def _with_leads(page_rows: pl.DataFrame, whole: pl.DataFrame) -> list[dict[str, Any]]:
    if "lead_id" in whole.columns:
        page_rows = page_rows.with_columns(whole["lead_id"], whole["asks"])
    return page_rows.to_dicts()


def _list_words(context: RequestContext, sent_letter: Letter) -> list[tuple[str, list[str]]]:
    """Return the wording in which it is sent, in the page's language if the form has it, by part."""
    form = export.read_approved_form(context.officer_session.workspace, sent_letter.notice)
    known = [language for language in (context.language, *LANGUAGES) if language in form.texts]
    wording = form.texts[known[0]] if known else next(iter(form.texts.values()))
    return [(name, list(one.values()) if isinstance(one, dict) else [one]) for name, one in wording.items()]


def _is_mine(context: RequestContext, notice: Notice, approval: Approval) -> bool:
    """Return whether this officer can be the second."""
    officer = context.officer_session.officer
    actor = Actor(officer.officer_id, officer.role)
    waits = approval.state is ApprovalState.ASKED and notice.state is NoticeState.DRAFT
    return waits and allow_second(actor, APPROVES[notice.kind], approval.asked_by).allowed


def _build_replies(tables: Tables, replies: list[Reply]) -> list[dict[str, Any]]:
    current = {reply.reply_id for reply in select_current_replies(tables, replies)}
    denied = find_denied_replies(tables, replies)
    return [
        {"reply": reply, "account": json.loads(reply.account_json), "stands": reply.reply_id in current}
        | {"is_denied": reply.reply_id in denied}
        for reply in reversed(replies)
    ]


def _count_operators_rows(context: RequestContext, notice: Notice) -> int | None:
    """Return how many rows an operator's line answers, or None if nothing of it was resolved."""
    if notice.kind is not NoticeKind.RECORDS or notice.sent_at_us is None or not context.may(Action.NOTICE_DRAFT):
        return None
    try:
        return len(find_operator_rows(context.officer_session.workspace, notice))
    except UsageError:
        return None
