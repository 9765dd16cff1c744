"""The retention of what officers wrote about closed leads: the period, what waits for it, and the form that sets it."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Form

from sightline.casework.input_checks import require_reason
from sightline.casework.leads import retention_period
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.approvals import TakesTwo
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.web.context import RequestContext
from sightline.web.pages.administration.index import build_page, read_now_us
from sightline.web.pages.administration.router import router
from sightline.web.responses import Page, Redirect

HERE = "/administration/retention"


@router.show(HERE, Action.PURGE, JournalVerb.VIEW_PAGE, retention_period.THING)
def show_retention(context: RequestContext) -> Page:
    """Show the period and the form to set another."""
    return _build_form_page(context, {})


@router.act(HERE, Action.PURGE, retention_period.THING)
def set_retention(
    context: RequestContext, days: Annotated[str, Form()], why: Annotated[str, Form()]
) -> Page | Redirect:
    """Ask for another period, or set the one that a second officer approved."""
    try:
        number, reason = _parse_days(days), require_reason(why, context.says("all.why"))
        retention_period.set_lead_period(context.officer_session, number, reason)
    except TakesTwo:
        return Redirect(HERE, "retention.asked", {"period": context.says("retention.days", n=number)})
    except UsageError as wrong:
        return _build_form_page(context, {"days": days, "why": why}, str(wrong))
    return Redirect(HERE, "retention.set", {"period": context.says("retention.days", n=number)})


def _parse_days(text: str) -> int:
    """Return a number of days as the form has it, in the digits of any script. Raises UsageError."""
    if not text.strip().isdecimal() or len(text) > 10:
        raise UsageError("the days are a whole number", hint="for example 730")
    return int(text)


def _build_form_page(context: RequestContext, values: dict[str, str], wrong: str | None = None) -> Page:
    with context.read() as tables:
        period, called = retention_period.find_lead_period(tables), list_names(tables)
        pending_approvals = approvals.list_waiting(tables, read_now_us(context))
        asked = [approval for approval in pending_approvals if approval.thing == retention_period.THING]
        given = approvals.list_given_approvals(tables, Action.PURGE, read_now_us(context))
        ready = [
            json.loads(approval.request_json)["days"] for approval in given if approval.thing == retention_period.THING
        ]
    values = {"days": str(ready[-1]) if ready else "", "why": ""} | values
    facts: dict[str, object] = {
        "period": period,
        "set_by": None if period is None else called.get(period.set_by, period.set_by),
        "asked": [
            (json.loads(approval.request_json)["days"], called.get(approval.asked_by, approval.asked_by), approval)
            for approval in asked
        ],
        "ready": ready,
        "values": values,
        "wrong": wrong,
    }
    return build_page(context, "retention", facts, 422 if wrong else 200)
