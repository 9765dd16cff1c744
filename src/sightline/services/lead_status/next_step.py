"""The one next step on a lead, from its assignee, its notices, and what the replies say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sightline.casework.notices.notices import is_overdue
from sightline.model import Ceiling, LeadStatus, NoticeKind, NoticeState
from sightline.services.artifacts.lead_files import Leads
from sightline.services.lead_status.lead_notices import group_notices_by_lead, list_lead_notices
from sightline.services.lead_status.status import derive_statuses, select_statuses
from sightline.storage.rows import Notice, Reply, Resolving
from sightline.storage.table import Tables
from sightline.workspace.cache import WORK
from sightline.workspace.workspace import Workspace

NO_LINE = frozenset({Ceiling.STATISTICS, Ceiling.AUTOMATED, Ceiling.RELAY})
"""Ceilings of leads that no ISP can name a line for."""


class NextLeadStep(StrEnum):
    """The next step for a lead, in the order in which officers work on a lead."""

    ASSIGN = "assign"
    DECIDE = "decide"
    PRESERVE = "preserve"
    ASK = "ask"
    APPROVE = "approve"
    SEND = "send"
    WAIT = "wait"
    REMIND = "remind"
    RESOLVE = "resolve"
    READ = "read"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class NextStep:
    """The next step on a lead, the notice that it is about, and the day by which the ISP must answer."""

    step: NextLeadStep
    status: LeadStatus = LeadStatus.NEW
    officer_id: str | None = None
    notice: Notice | None = None

    @property
    def due_us(self) -> int | None:
        """Return when the answer is due, if one is awaited."""
        return self.notice.due_at_us if self.notice and self.step in {NextLeadStep.WAIT, NextLeadStep.REMIND} else None


def choose_next_steps(
    workspace: Workspace, leads: Leads, ceilings: Mapping[str, str], now_us: int, as_of: int | None = None
) -> dict[str, NextStep]:
    """Return the next step on each lead. `ceilings`: how far the evidence of each reaches, by current id."""
    known = select_statuses(derive_statuses(workspace, leads, as_of), list(ceilings))
    notices, unresolved = workspace.get_cached("lead notices", lambda: _load_notices(workspace, as_of), as_of, WORK)
    asked = group_notices_by_lead(workspace, leads, notices, list(ceilings))
    return {
        lead_id: _build_next_step(known.get(lead_id), ceiling, asked.get(lead_id, []), unresolved, now_us)
        for lead_id, ceiling in ceilings.items()
    }


def _load_notices(workspace: Workspace, as_of: int | None) -> tuple[list[Notice], frozenset[str]]:
    """Return the notices about leads that were not refused, and the ids of those with a reply to resolve."""
    valid = [notice for notice in list_lead_notices(workspace, as_of) if notice.state is not NoticeState.REFUSED]
    with workspace.read() as tables:
        return valid, list_unresolved_notices(tables)


def list_unresolved_notices(tables: Tables) -> frozenset[str]:
    """Return the ids of the notices with a reply that came after the newest resolution."""
    newest = tables[Resolving].find_last("number")
    since_us = newest.made_at_us if newest else -1
    column = tables[Reply].get_column("received_at_us")
    return frozenset(reply.notice_id for reply in tables[Reply].read_each(column > since_us))


def _build_next_step(
    stands: Mapping[str, Any] | None, ceiling: str, notices: Sequence[Notice], unresolved: frozenset[str], now_us: int
) -> NextStep:
    status = LeadStatus(stands["status"]) if stands else LeadStatus.NEW
    officer_id = stands["officer_id"] if stands else None
    step, notice = _choose_step(status, officer_id, ceiling, notices, unresolved, now_us)
    return NextStep(step, status, officer_id, notice)


def _choose_step(
    status: LeadStatus,
    officer_id: str | None,
    ceiling: str,
    notices: Sequence[Notice],
    unresolved: frozenset[str],
    now_us: int,
) -> tuple[NextLeadStep, Notice | None]:
    if status is LeadStatus.CLOSED:
        return NextLeadStep.DONE, None
    if approved := [notice for notice in notices if notice.state is NoticeState.APPROVED]:
        return NextLeadStep.SEND, approved[-1]
    if came := [notice for notice in notices if notice.notice_id in unresolved]:
        return NextLeadStep.RESOLVE, came[-1]
    if status is LeadStatus.ANSWERED:
        return NextLeadStep.READ, None
    if drafted := [notice for notice in notices if notice.state is NoticeState.DRAFT]:
        return NextLeadStep.APPROVE, drafted[-1]
    records = [notice for notice in notices if notice.kind is NoticeKind.RECORDS]
    if awaited := [record for record in records if record.sent_at_us is not None and record.closed_at_us is None]:
        late = [notice for notice in awaited if is_overdue(notice, now_us)]
        return (NextLeadStep.REMIND, late[0]) if late else (NextLeadStep.WAIT, awaited[-1])
    if officer_id is None:
        return NextLeadStep.ASSIGN, None
    if ceiling in NO_LINE:
        return NextLeadStep.DECIDE, None
    return (NextLeadStep.ASK, notices[-1]) if notices else (NextLeadStep.PRESERVE, None)
