"""The progress of the work on a lead, and everything that happened to it, each with its link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightline.ledger.instants import to_instant, to_microseconds
from sightline.model import LeadStatus, NoticeKind, NoticeState
from sightline.services.lead_status.lead_notices import group_notices_by_lead, list_lead_notices
from sightline.services.lead_status.next_step import NextLeadStep, NextStep, choose_next_steps
from sightline.services.notices.notice_rows import read_subscriber_ids
from sightline.storage.rows import Notice, Reply
from sightline.storage.table import Tables
from sightline.web.context import RequestContext
from sightline.workspace.workspace import Workspace

LeadJson = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkStage:
    """A stage of the work on a lead: whether it is done, when, and by which notice."""

    key: str
    is_done: bool
    at_us: int | None = None
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class LeadProgress:
    """The next step on a lead, its stages in order, and the events that its notices and outcomes add to the history."""

    next: NextStep
    stages: tuple[WorkStage, ...]
    events: tuple[LeadJson, ...]
    identifying: Notice | None = None
    """The newest notice that asks who a subscriber of this lead is."""
    records: Notice | None = None
    """The notice whose reply the officer reads, if it can be followed by a question who the subscriber is."""

    @property
    def done(self) -> int:
        """Return the number of stages that are done."""
        return sum(stage.is_done for stage in self.stages)

    @property
    def after_answer(self) -> tuple[str, str]:
        """Return the step after an answer is read, and the URL where it is done."""
        asks = self.identifying
        if asks is None:
            return (
                ("identify", f"/notices/{self.records.notice_id}#follow-why") if self.records else ("read", "#answer")
            )
        if asks.state is NoticeState.DRAFT:
            return "approve", f"/approvals/{asks.approval_id}" if asks.approval_id else f"/notices/{asks.notice_id}"
        if asks.state is NoticeState.APPROVED:
            return "send", f"/notices/{asks.notice_id}"
        is_known = next(stage.is_done for stage in self.stages if stage.key == "identify")
        return ("outcome", "#outcomes") if is_known else ("wait", f"/notices/{asks.notice_id}")

    @property
    def current(self) -> str | None:
        """Return the first stage that is not done after all that are, or else one that was left out."""
        last = max((at for at, stage in enumerate(self.stages) if stage.is_done), default=-1)
        order = (*self.stages[last + 1 :], *self.stages[: last + 1])
        return next((stage.key for stage in order if not stage.is_done), None)


def find_progress(
    context: RequestContext, lead_json: LeadJson, work: LeadJson, subscribers: frozenset[str] = frozenset()
) -> LeadProgress:
    """Return how far the work on a lead is.

    `work`: its history, as `describe_lead_work` gives it; `subscribers`: ids of those that the replies name.
    """
    lead_id, leads = lead_json["lead_id"], context.leads.read
    workspace, now_us = context.officer_session.workspace, to_microseconds(context.officer_session.clock())
    following = choose_next_steps(
        workspace, leads, {lead_id: lead_json["ceiling"]}, now_us, context.live_session.as_of
    )[lead_id]
    asking = list_lead_notices(workspace, context.live_session.as_of)
    notices = group_notices_by_lead(workspace, leads, asking, [lead_id]).get(lead_id, [])
    with context.read() as tables:
        replies = tables[Reply].select_within("notice_id", [notice.notice_id for notice in notices])
        identifying = _find_identifying(workspace, tables, notices, subscribers)
        forms = tables[Reply].select_within("notice_id", [identifying.notice_id] if identifying else [])
    stages = [*_list_stages(following, notices, replies, work)]
    came_us = max((form.received_at_us for form in forms if form.withdrawn_at_us is None), default=None)
    if subscribers:
        stages.insert(-1, WorkStage("identify", came_us is not None, came_us, identifying))
    answered = [notice for notice in notices if notice.notice_id in {reply.notice_id for reply in replies}]
    return LeadProgress(
        following,
        tuple(stages),
        tuple(_list_events(work, notices, replies)),
        identifying,
        answered[-1] if answered and subscribers else None,
    )


def _find_identifying(
    workspace: Workspace, tables: Tables, notices: Sequence[Notice], subscribers: frozenset[str]
) -> Notice | None:
    """Return the newest valid notice that asks who one of these subscribers is."""
    follows = (
        [follow_up for notice in notices for follow_up in tables[Notice].select(follows=notice.notice_id)]
        if subscribers
        else []
    )
    asking = [
        follow
        for follow in follows
        if follow.kind is NoticeKind.SUBSCRIBERS
        and follow.state is not NoticeState.REFUSED
        and subscribers & frozenset(read_subscriber_ids(workspace, follow))
    ]
    return max(asking, key=lambda one: one.made_at_us, default=None)


def _list_stages(
    following: NextStep, notices: Sequence[Notice], replies: Sequence[Reply], work: LeadJson
) -> Iterator[WorkStage]:
    sent = [notice for notice in notices if notice.sent_at_us is not None]
    preserving = next((notice for notice in sent if notice.kind is NoticeKind.PRESERVATION), None)
    notice = next((notice for notice in sent if notice.kind is NoticeKind.RECORDS), None)
    came = {reply.notice_id: reply.received_at_us for reply in replies}
    yield WorkStage("assign", following.officer_id is not None)
    is_preserved = preserving is not None or notice is not None
    yield WorkStage("preserve", is_preserved, preserving.sent_at_us if preserving else None, preserving)
    yield WorkStage("ask", notice is not None, notice.sent_at_us if notice else None, notice)
    yield WorkStage(
        "reply", notice is not None and notice.notice_id in came, came.get(notice.notice_id) if notice else None
    )
    is_read = following.status is LeadStatus.ANSWERED and following.step is not NextLeadStep.RESOLVE
    yield WorkStage("resolve", is_read or bool(work["outcomes"]))
    yield WorkStage("outcome", bool(work["outcomes"]))


def _list_events(work: LeadJson, notices: Sequence[Notice], replies: Sequence[Reply]) -> list[LeadJson]:
    """Return everything that happened to the lead, the newest first."""
    numbers = {notice.number: notice.notice_id for notice in notices}
    by_id: Mapping[str, Notice] = {notice.notice_id: notice for notice in notices}
    events = [act | {"path": _format_path(numbers.get(act["notice"] or ""))} for act in work["acts"]]
    for reply in replies:
        notice = by_id[reply.notice_id]
        events.append(
            _build_event("replied", reply.received_at_us, f"/notices/{notice.notice_id}", notice=notice.number)
        )
    for note in work["notes"]:
        events.append(_build_event("noted", note["at"], "#notes", by=note["by"]))
    return sorted(events, key=lambda one: str(one["at"]), reverse=True)


def _format_path(notice_id: str | None) -> str | None:
    return notice_id and f"/notices/{notice_id}"


def _build_event(act: str, at: int | str, path: str, **more: str | None) -> LeadJson:
    when = f"{to_instant(at):%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(at, int) else at
    bare = dict.fromkeys(("to", "operation", "notice", "reason", "why", "by"))
    return {**bare, "act": act, "at": when, "path": path, **more}
