"""The work of one officer, in the order of doing: children in danger, own leads, decisions, notices, what is due."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sightline.casework.cases.case_notes import list_ends
from sightline.casework.forces.forces import find_answer, list_officers_without_force
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.ledger.instants import to_microseconds
from sightline.model import ApprovalState, NoticeState, ReferralState
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.lead_view import View
from sightline.services.lead_index.summary_rows import Brief
from sightline.services.lead_status.next_step import NextStep, choose_next_steps, list_unresolved_notices
from sightline.storage.rows import (
    Approval,
    Authority,
    Case,
    Force,
    ForceRequest,
    LeadBatch,
    LeadMark,
    Licensee,
    Notice,
    Referral,
    Reply,
    WebSession,
)
from sightline.storage.table import Tables
from sightline.web.context import RequestContext
from sightline.web.layout.page_layout import list_waiting_approvals
from sightline.web.pages.leads.query import OPEN, build_own_filter, select_among
from sightline.web.pages.notices.index import ANSWERED_BY_ROWS
from sightline.workspace.cache import WORK

EACH = 6
"""Number of rows of each list. A link leads to the rest."""
REPORTED = LeadFilter(reason=("danger",), status=OPEN)
"""Filter of open leads of which a report asks for high priority, and no officer has confirmed or answered it."""
WEEK = timedelta(days=7)
AWAITED = (NoticeState.SENT, NoticeState.ANSWERED_IN_PART)


@dataclass(frozen=True, slots=True)
class InDanger:
    """A lead that an officer marked. `lead`: None if no current lead has its visits; the mark stays all the same."""

    lead_id: str
    mark: LeadMark
    marked_by: str
    lead: Brief | None
    next: NextStep | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class LeadTask:
    """An open lead of the officer, and the next step on it."""

    lead: Brief
    next: NextStep


@dataclass(frozen=True, slots=True)
class OfficerTask:
    """A task of the officer other than a lead: an approval, a notice or a reply, with its page and day."""

    kind: str
    name: str
    detail: str
    at_us: int | None
    path: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class SinceThen:
    """The events since the officer's last visit."""

    at_us: int
    assigned: int
    replies: int
    decided: int
    marked: int

    @property
    def is_any(self) -> bool:
        """Return whether anything happened."""
        return bool(self.assigned or self.replies or self.decided or self.marked)


def list_leads_in_danger(context: RequestContext, view: View, now_us: int) -> list[InDanger]:
    """Return every lead that is marked: those without an owner first, then the longest marked."""
    marks = view.read.marks
    leads = {brief.lead_id: brief for brief in view.build_briefs(marks)}
    steps = _find_next_steps(context, view, leads.values(), now_us)
    with context.read() as tables:
        called = list_names(tables)
    in_dangers = [
        InDanger(
            lead_id,
            mark,
            called.get(mark.set_by, mark.set_by),
            leads.get(lead_id),
            steps.get(lead_id),
            called.get(steps[lead_id].officer_id or "") if lead_id in steps else None,
        )
        for lead_id, mark in marks.items()
    ]
    return sorted(in_dangers, key=lambda danger: (danger.owner is not None, danger.mark.set_at_us, danger.lead_id))


def list_reported_leads(context: RequestContext, view: View, now_us: int) -> tuple[list[LeadTask], int]:
    """Return open leads of reports that ask for high priority, unanswered, the first in the order; and how many."""
    page = view.read_page(REPORTED, "seriousness", limit=EACH, among=select_among(context, view, REPORTED))
    steps = _find_next_steps(context, view, page.leads, now_us)
    return [LeadTask(brief, steps[brief.lead_id]) for brief in page.leads], page.total


def _find_next_steps(context: RequestContext, view: View, leads: Iterable[Brief], now_us: int) -> dict[str, NextStep]:
    ceilings = {brief.lead_id: brief.ceiling for brief in leads}
    return choose_next_steps(context.officer_session.workspace, view.read, ceilings, now_us, context.live_session.as_of)


def list_own_leads(context: RequestContext, view: View, now_us: int) -> tuple[list[LeadTask], int]:
    """Return the officer's most urgent open leads with their next steps, and the number of all."""
    mine = build_own_filter(context)
    page = view.read_page(mine, limit=EACH, among=select_among(context, view, mine))
    steps = _find_next_steps(context, view, page.leads, now_us)
    return [LeadTask(brief, steps[brief.lead_id]) for brief in page.leads], page.total


def list_decisions(context: RequestContext) -> list[OfficerTask]:
    """Return what waits for this officer's decision, the oldest first."""
    pending_approvals = list_waiting_approvals(context)
    with context.read() as tables:
        called = list_names(tables)
    return [
        OfficerTask(
            approval.action,
            _name_request(approval),
            called.get(approval.asked_by, ""),
            approval.asked_at_us,
            f"/approvals/{approval.approval_id}",
        )
        for approval in pending_approvals
    ]


def _name_request(approval: Approval) -> str:
    """Return the number or name of what is asked for, if it has one."""
    request = json.loads(approval.request_json)
    return next((str(request[key]) for key in ("number", "code", "name") if request.get(key)), "")


def list_ready_to_send(context: RequestContext) -> list[OfficerTask]:
    """Return notices and referrals that are approved and not sent, the oldest approval first."""
    tasks: list[OfficerTask] = []
    with context.read() as tables:
        if context.may(Action.NOTICE_SEND):
            isps = _list_licensees(tables)
            tasks += [
                OfficerTask(
                    notice.kind.value,
                    notice.number,
                    isps[notice.licensee_id],
                    notice.approved_at_us,
                    f"/notices/{notice.notice_id}",
                )
                for notice in tables[Notice].select(state=NoticeState.APPROVED.value)
            ]
        if context.may(Action.REFERRAL_SEND):
            forces = {force.force_id: force.name for force in tables[Force].select()}
            tasks += [
                OfficerTask(
                    "referral",
                    referral.number,
                    forces[referral.force_id],
                    referral.approved_at_us,
                    f"/referrals/{referral.referral_id}",
                )
                for referral in tables[Referral].select(state=ReferralState.APPROVED.value)
            ]
    return sorted(tasks, key=lambda task: task.at_us or 0)


def list_requests_to_answer(context: RequestContext) -> list[OfficerTask]:
    """Return the requests of other forces that no referral and no earlier one answers, the oldest first."""
    if not context.may(Action.REFERRAL):
        return []
    with context.read() as tables:
        answered = {referral.request_id for referral in tables[Referral].select()}
        forces = {force.force_id: force.name for force in tables[Force].select()}
        return [
            OfficerTask(
                "request",
                request.case_number,
                forces[request.force_id],
                request.recorded_at_us,
                f"/referrals/new?request={request.request_id}",
            )
            for request in sorted(tables[ForceRequest].select(), key=lambda request: request.request_id)
            if request.request_id not in answered and find_answer(tables, request) is None
        ]


def list_officers_to_assign(context: RequestContext) -> list[OfficerTask]:
    """Return partner officers who see nothing yet, because nobody asked to assign them to a force."""
    if not context.may(Action.FORCE_TIE):
        return []
    with context.read() as tables:
        pending = tables[Approval].select(state=ApprovalState.ASKED.value, action=Action.FORCE_TIE.value)
        asked = {json.loads(approval.request_json)["officer"] for approval in pending}
        return [
            OfficerTask("partner", officer.name, officer.unit, None, "/referrals/forces#tie")
            for officer in list_officers_without_force(tables)
            if officer.officer_id not in asked
        ]


def list_replies_to_resolve(context: RequestContext) -> list[OfficerTask]:
    """Return notices with a reply that came after the newest resolution."""
    if not context.may(Action.RESOLVE):
        return []
    with context.read() as tables:
        isps = _list_licensees(tables)
        notices = tables[Notice].select_within("notice_id", sorted(list_unresolved_notices(tables)))
        came_us = _find_newest_replies(tables, notices)
    return [
        OfficerTask(
            notice.kind.value,
            notice.number,
            isps[notice.licensee_id],
            came_us[notice.notice_id],
            f"/notices/{notice.notice_id}",
        )
        for notice in notices
    ]


def _find_newest_replies(tables: Tables, notices: Iterable[Notice]) -> dict[str, int | None]:
    """Return when the newest reply to each notice came."""
    newest = {
        notice.notice_id: tables[Reply].find_last("received_at_us", notice_id=notice.notice_id) for notice in notices
    }
    return {notice_id: reply.received_at_us if reply else None for notice_id, reply in newest.items()}


def list_due_this_week(context: RequestContext, now: datetime) -> list[OfficerTask]:
    """Return what is due in the next seven days or overdue, the first first.

    These are awaited answers, ends of authorities, and the deadlines that officers set in cases.
    """
    now_us, until_us = to_microseconds(now), to_microseconds(now + WEEK)
    tasks: list[OfficerTask] = []
    with context.read() as tables:
        if context.may(Action.NOTICE_VIEW):
            isps = _list_licensees(tables)
            tasks += [
                OfficerTask(
                    "reply",
                    notice.number,
                    isps[notice.licensee_id],
                    notice.due_at_us,
                    f"/notices/{notice.notice_id}",
                    notice.due_at_us < now_us,
                )
                for state in AWAITED
                for notice in tables[Notice].select(state=state.value)
                if notice.due_at_us is not None and notice.due_at_us < until_us
            ]
        if context.may(Action.CASE_VIEW):
            cases = {case.case_id: case.number for case in tables[Case].select()}
            tasks += [
                OfficerTask(
                    "authority",
                    authority.number,
                    cases[authority.case_id],
                    authority.valid_until_us,
                    f"/cases/{authority.case_id}",
                )
                for authority in tables[Authority].select()
                if authority.valid_until_us is not None and now_us <= authority.valid_until_us < until_us
            ]
            tasks += [
                OfficerTask(
                    "deadline",
                    case_deadline.what,
                    cases[case_deadline.case_id],
                    end_us,
                    f"/cases/{case_deadline.case_id}?tab=deadlines",
                    end_us < now_us,
                )
                for case_deadline, end_us in list_ends(tables)
                if end_us < until_us
            ]
    return sorted(tasks, key=lambda task: task.at_us or 0)


def find_since_last_visit(context: RequestContext) -> SinceThen | None:
    """Return what happened since the officer was last here; None on the first visit."""
    officer_id, here = context.officer_session.officer.officer_id, context.live_session.session_id
    with context.read() as tables:
        before = [
            web_session
            for web_session in tables[WebSession].select(officer_id=officer_id)
            if web_session.session_id != here
        ]
        if not before:
            return None
        since_us = max(web_session.seen_at_us for web_session in before)
        batches, replies = tables[LeadBatch], tables[Reply]
        came = batches.read_each(
            batches.get_column("made_at_us") > since_us, batches.get_column("officer_id") == officer_id
        )
        approvals = [
            approval
            for approval in tables[Approval].select(asked_by=officer_id)
            if (approval.decided_at_us or 0) > since_us
        ]
        marks = tables[LeadMark].select(lifted_at_us=None) if context.may(Action.LEADS_VIEW) else []
        return SinceThen(
            since_us,
            sum(lead_batch.leads for lead_batch in came),
            replies.count(replies.get_column("received_at_us") > since_us) if context.may(Action.NOTICE_VIEW) else 0,
            len(approvals),
            sum(lead_mark.set_at_us > since_us for lead_mark in marks),
        )


def _list_licensees(tables: Tables) -> Mapping[str, str]:
    return {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()}


def count_awaited(context: RequestContext) -> int:
    """Return how many notices wait for a reply that this officer may add."""
    if not context.may(Action.REPLY_RECEIVE):
        return 0

    def count() -> int:
        with context.read() as tables:
            return sum(
                notice.state in AWAITED and notice.kind in ANSWERED_BY_ROWS for notice in tables[Notice].select()
            )

    return context.get_cached("awaited", count, WORK)
