"""Subscribers that replies name, with corroboration; open or purge one identity, and record outcomes."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

import polars as pl
from fastapi import Form

from sightline.casework.identities import disclosures
from sightline.casework.input_checks import require_day, require_reason
from sightline.casework.leads.outcomes import OutcomeForm
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.approvals import list_waiting
from sightline.errors import NotAllowed
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import ApprovalState, NoticeKind, OutcomeKind
from sightline.services.artifacts.resolutions import (
    Resolutions,
    decrypt_identity,
    open_identity,
    require_newest_resolution,
)
from sightline.services.notices.notice_rows import read_subscriber_ids
from sightline.services.outcomes import outcomes
from sightline.services.resolution.identity_retention import purge_identity
from sightline.services.resolution.named_lines import list_lines_of_subscriber
from sightline.stages.resolve.corroboration import SubscriberStanding
from sightline.storage.rows import Approval, Case, Notice, Outcome, Reply
from sightline.translation.messages import translate_word
from sightline.web.charts import Chart, ChartRow, format_count
from sightline.web.context import RequestContext
from sightline.web.list_order import ListOrder, select_page_after, sort_by_choice
from sightline.web.opened_identities import get_grants
from sightline.web.pages.notices.index import Text, list_rights
from sightline.web.pages.notices.links import build_links_of_subscriber
from sightline.web.pages.notices.resolutions import (
    build_recalled_rows,
    find_current_resolution,
    find_resolving_state,
)
from sightline.web.pages.notices.router import router
from sightline.web.responses import Page, Redirect

ONE = "subscriber:{subscriber_id}"
MAX_SESSIONS = 50
"""Number of a line's sessions whose reasons are shown."""
HEADINGS = ("subscriber", "standing", "isp", "place", "sessions", "notices", "")
SORTS = {
    "subscriber": pl.col("subscriber"),
    "place": pl.coalesce("installation_district", "installation_state"),
    "sessions": pl.col("sessions").list.len(),
    "notices": pl.col("notices"),
}
"""The columns of the list by which an officer may sort, with what each sorts by."""
ORDER = (
    SubscriberStanding.CORROBORATED,
    SubscriberStanding.CONSISTENT,
    SubscriberStanding.NAMED,
    SubscriberStanding.PURGED,
)


@router.show("/notices/subscribers", Action.RESOLUTION_VIEW, JournalVerb.VIEW_RESOLUTIONS, "resolving:all")
def show_list(context: RequestContext, stands: str = "", after: str = "", sort: str = "") -> Page:
    """Show the named subscribers, best corroborated first or by a column. Numbers and names stay sealed."""
    resolutions = find_current_resolution(context)
    facts: dict[str, Any] = {"may": list_rights(context), "stands": find_resolving_state(context), "standing": stands}
    if resolutions is None:
        return Page("subscribers.html", facts | {"read": None})
    by_standing = _build_standing_chart(context, resolutions, stands)
    rank = pl.col("standing").cast(pl.String).replace_strict({level.value: at for at, level in enumerate(ORDER)})
    every = resolutions.subscribers.sort(rank, pl.col("sessions").list.len() * -1, "subscriber")
    mine = every.filter(pl.col("standing") == stands) if stands in set(SubscriberStanding) else every
    columns = SORTS | {
        "standing": rank,
        "isp": pl.col("licensee_id").replace_strict(resolutions.licensees, default=None, return_dtype=pl.String),
    }
    page, more = select_page_after(sort_by_choice(mine, columns, sort), "subscriber", after)
    facts |= {
        "read": resolutions,
        "by_standing": by_standing,
        "found": page.to_dicts(),
        "total": len(mine),
        "after": more,
        "order": ListOrder("/notices/subscribers", HEADINGS, sort, {"stands": stands}),
    }
    return Page("subscribers.html", facts)


def _build_standing_chart(context: RequestContext, resolutions: Resolutions, here: str) -> Chart:
    counts = dict(resolutions.subscribers.group_by("standing").len().iter_rows())
    marks = tuple(
        ChartRow(
            (
                (translate_word("standing", level.value, context.language), None),
                format_count(counts.get(level.value, 0)),
            ),
            f"/notices/subscribers?stands={level.value}",
            "here" if level.value == here else None,
        )
        for level in ORDER
        if level is not SubscriberStanding.PURGED or counts.get(level.value)
    )
    return Chart("bars", "by-standing", (context.says("standing"), context.says("subscribers")), marks)


@router.show("/notices/subscribers/{subscriber_id}", Action.RESOLUTION_VIEW, JournalVerb.VIEW_RESOLUTIONS, ONE)
def show_subscriber(context: RequestContext, subscriber_id: str) -> Page:
    """Show one subscriber: sessions, leads, corroboration and gaps. The identity stays sealed."""
    resolutions = require_newest_resolution(context.officer_session.workspace)
    return Page("subscriber.html", _build_facts(context, resolutions, resolutions.find_subscriber(subscriber_id)))


@router.act("/notices/subscribers/{subscriber_id}/open", Action.IDENTITY_OPEN, ONE)
def open_one(context: RequestContext, subscriber_id: str, why: Text) -> Redirect:
    """Open number and form, within the daily maximum, after a journal entry. A page of its own shows it."""
    reason = require_reason(why, context.says("all.why"))
    row, _ = open_identity(
        context.officer_session, require_newest_resolution(context.officer_session.workspace), subscriber_id, reason
    )
    get_grants(context).give(context, f"subscriber:{row['subscriber']}", reason)
    return Redirect(f"/notices/subscribers/{row['subscriber']}/open")


@router.show("/notices/subscribers/{subscriber_id}/open", Action.IDENTITY_OPEN, JournalVerb.VIEW_RESOLUTIONS, ONE)
def show_opened_subscriber(context: RequestContext, subscriber_id: str) -> Page | Redirect:
    """Show a subscriber with the opened identity, or redirect to the sealed page after ten minutes."""
    resolutions = require_newest_resolution(context.officer_session.workspace)
    row = resolutions.find_subscriber(subscriber_id)
    grant = get_grants(context).find(context, f"subscriber:{row['subscriber']}")
    if grant is None:
        return Redirect(f"/notices/subscribers/{row['subscriber']}")
    facts = {
        "identity": decrypt_identity(context.officer_session.workspace, resolutions, row["subscriber"]),
        "why_open": grant.why,
    }
    return Page("subscriber.html", _build_facts(context, resolutions, row) | facts)


@router.act("/notices/subscribers/{subscriber_id}/purge", Action.PURGE, ONE)
def destroy_identity(context: RequestContext, subscriber_id: str, why: Text) -> Redirect:
    """Destroy the key of an identity after a second officer agreed. The first request asks for that."""
    whom = require_newest_resolution(context.officer_session.workspace).find_subscriber(subscriber_id)["subscriber"]
    try:
        purge_identity(context.officer_session, whom, require_reason(why, context.says("all.why")))
    except NotAllowed:
        if _find_purging(context, whom) is None:
            raise
        return Redirect(f"/notices/subscribers/{whom}", "purge.asked")
    return Redirect(f"/notices/subscribers/{whom}", "purge.done")


@router.act("/notices/subscribers/{subscriber_id}/outcome", Action.OUTCOME_RECORD, ONE)
def record_outcome(
    context: RequestContext,
    subscriber_id: str,
    lead: Text,
    case: Text,
    kind: Annotated[OutcomeKind, Form()],
    on: Text,
    why: Text,
) -> Redirect:
    """Record what was found by one of its leads."""
    whom = require_newest_resolution(context.officer_session.workspace).find_subscriber(subscriber_id)["subscriber"]
    outcome_form = OutcomeForm(
        lead,
        case,
        kind,
        require_day(on, context.says("all.finding.on")),
        require_reason(why, context.says("all.why")),
        whom,
    )
    outcomes.record_outcome_of_lead(context.officer_session, context.leads.read, outcome_form)
    return Redirect(f"/notices/subscribers/{whom}", "all.finding.done")


def _build_facts(context: RequestContext, resolutions: Resolutions, row: dict[str, Any]) -> dict[str, Any]:
    mine = resolutions.sessions.filter(pl.col("session_id").is_in(row["sessions"]))
    purging = _find_purging(context, row["subscriber"])
    with context.read() as tables:
        cases = tables[Case].select()
        lead_outcomes = [
            outcome
            for outcome in tables[Outcome].select(subscriber_id=row["subscriber"])
            if not outcome.withdrawn_at_us
        ]
    sessions, naming = list(resolutions.to_json(mine.sort("first_us"))), _list_naming_replies(context, resolutions, row)
    return {
        "row": row,
        "graph": build_links_of_subscriber(context, row, sessions, naming),
        "licensee": resolutions.licensees.get(row["licensee_id"]),
        "sessions": sessions,
        "naming": naming,
        "lines": _list_lines(context, resolutions, row["subscriber"]) if row["leads"] else [],
        "recalled": build_recalled_rows(resolutions.recalled_lines.filter(pl.col("subscriber") == row["subscriber"])),
        "identity": None,
        "why_open": None,
        "opened": disclosures.count_opened_today(context.officer_session),
        "a_day": disclosures.A_DAY[JournalVerb.VIEW_IDENTITY],
        "purging": purging,
        "may_see": context.may_see(purging),
        "cases": cases,
        "outcomes": lead_outcomes,
        "numbers_of_cases": {case.case_id: case.number for case in cases},
        "kinds": list(OutcomeKind),
        "today": format_day_in_india(to_microseconds(context.officer_session.clock())),
        "may": list_rights(context),
    }


def _list_lines(context: RequestContext, resolutions: Resolutions, subscriber: str) -> list[dict[str, Any]]:
    """Return the first sessions in which a line is named, each with the reasons of its visits alone."""
    leads = context.leads
    return list(islice(list_lines_of_subscriber(leads.read, resolutions, subscriber, leads.find_lead), MAX_SESSIONS))


def _list_naming_replies(
    context: RequestContext, resolutions: Resolutions, row: dict[str, Any]
) -> list[tuple[Reply, Notice]]:
    """Return the replies that name a subscriber, and those with forms of its number, each with its notice."""
    whom, workspace = row["subscriber"], context.officer_session.workspace
    with context.read() as tables:
        replies = list(tables[Reply].select_within("reply_id", resolutions.list_reply_ids(row["sessions"])))
        asked = tables[Notice].select(licensee_id=row["licensee_id"], kind=NoticeKind.SUBSCRIBERS.value)
        forms = [notice.notice_id for notice in asked if whom in read_subscriber_ids(workspace, notice)]
        replies += [reply for reply in tables[Reply].select_within("notice_id", forms) if reply.withdrawn_at_us is None]
        notices = {
            notice.notice_id: notice
            for notice in tables[Notice].select_within("notice_id", [reply.notice_id for reply in replies])
        }
    return [(reply, notices[reply.notice_id]) for reply in replies]


def _find_purging(context: RequestContext, subscriber_id: str) -> Approval | None:
    """Return the approval of its purge that waits, or was given and not used yet."""
    now_us = to_microseconds(context.officer_session.clock())
    with context.read() as tables:
        mine = {"action": Action.PURGE.value, "thing": f"subscriber:{subscriber_id}"}
        approvals = [approval for approval in list_waiting(tables, now_us) if approval.thing == mine["thing"]]
        given = tables[Approval].select(**mine, state=ApprovalState.GIVEN.value)
    return next((approval for approval in (*given, *approvals) if approval.expires_at_us > now_us), None)
