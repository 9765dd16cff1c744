"""The next step on a lead as pages show it: its button, and the page on which it is done."""

from __future__ import annotations

from sightline.casework.permissions.access import Action
from sightline.services.lead_status.next_step import NextLeadStep, NextStep

NEEDS = {
    NextLeadStep.ASSIGN: Action.LEAD_ASSIGN,
    NextLeadStep.DECIDE: Action.LEAD_CLOSE,
    NextLeadStep.PRESERVE: Action.NOTICE_DRAFT,
    NextLeadStep.ASK: Action.NOTICE_DRAFT,
    NextLeadStep.APPROVE: Action.NOTICE_SEND,
    NextLeadStep.SEND: Action.NOTICE_SEND,
    NextLeadStep.RESOLVE: Action.RESOLVE,
}
"""The permission that each step needs; the others only read. Who may send a notice also sees its approval."""
BY_NOTICE = frozenset({NextLeadStep.SEND, NextLeadStep.WAIT, NextLeadStep.REMIND, NextLeadStep.RESOLVE})


def build_step_path(lead_id: str, following: NextStep) -> str:
    """Return the URL of the page on which a step is done."""
    notice = following.notice
    if notice is not None and following.step is NextLeadStep.APPROVE:
        return f"/approvals/{notice.approval_id}" if notice.approval_id else f"/notices/{notice.notice_id}"
    if notice is not None and following.step in BY_NOTICE:
        return f"/notices/{notice.notice_id}"
    if following.step in {NextLeadStep.PRESERVE, NextLeadStep.ASK}:
        kind = "records" if following.step is NextLeadStep.ASK else "preservation"
        return f"/notices/new?lead={lead_id}&kind={kind}"
    opens = {NextLeadStep.ASSIGN: "#assign", NextLeadStep.DECIDE: "#close", NextLeadStep.READ: "#answer"}
    return f"/leads/{lead_id}{opens.get(following.step, '')}"
