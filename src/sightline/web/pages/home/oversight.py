"""What home shows to roles that answer for others: workload of officers, what was opened, what was referred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sightline.casework.forces import referrals
from sightline.casework.leads.lead_work import LeadWork
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import names
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.instants import microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import ReferralState, Role
from sightline.services.lead_index.lead_view import View
from sightline.services.lead_status.status import statuses, work_now
from sightline.storage.rows import Checkpoint, StoredJournalRow
from sightline.web.context import RequestContext

ANSWERS_FOR_OTHERS = frozenset({Role.SUPERVISOR, Role.SUPERINTENDENT, Role.STATION_OFFICER})
LOOKED_BACK = timedelta(days=7)
REFUSED = "refused:"
FEW_WORDS = 2
"""A reason with fewer words says too little for an auditor."""


@dataclass(frozen=True, slots=True)
class Workload:
    """The open leads of one officer. `oldest_us`: since when the longest assigned of them is."""

    officer: str
    leads: int
    asked: int
    answered: int
    in_danger: int
    oldest_us: int | None


@dataclass(frozen=True, slots=True)
class Openings:
    """What one officer opened in the last seven days."""

    officer: str
    addresses: int
    identities: int
    exports: int
    short_reasons: int


def facts_of_role(context: RequestContext, now: datetime) -> dict[str, Any]:
    """Return what the role of the officer sees beside the work of all."""
    role = context.officer_session.officer.role
    return {
        "workload": _list_workload(context) if role in ANSWERS_FOR_OTHERS else [],
        "audit": _count_audit(context, now) if role is Role.AUDITOR else None,
        "referred": _count_referred(context) if role is Role.PARTNER else None,
    }


def _list_workload(context: RequestContext) -> list[Workload]:
    """Return the open leads of each officer who has any, the most first."""
    try:
        view = context.leads
    except UsageError:
        return []
    key = ("workload", view.read.generation.generation_id)
    return context.officer_session.workspace.cached(
        key, partial(_count_work, context, view), context.live_session.as_of
    )


def _count_work(context: RequestContext, view: View) -> list[Workload]:
    rows = statuses(context.officer_session.workspace, view.read, context.live_session.as_of)
    with context.reading() as tables:
        called, work = names(tables), work_now(tables, view.read)
    marked = set(view.read.marks)
    by_officer: dict[str, list[tuple[str, str]]] = {}
    for lead_id, status, officer_id in rows.select("lead_id", "status", "officer_id").iter_rows():
        if officer_id is not None and status != "closed":
            by_officer.setdefault(officer_id, []).append((lead_id, status))
    workloads = []
    for officer_id, leads in by_officer.items():
        states = Counter(status for _, status in leads)
        oldest = _oldest(work[lead_id] for lead_id, _ in leads if lead_id in work)
        in_danger = sum(lead_id in marked for lead_id, _ in leads)
        name = called.get(officer_id, officer_id)
        workloads.append(Workload(name, len(leads), states["asked"], states["answered"], in_danger, oldest))
    return sorted(workloads, key=lambda workload: (-workload.in_danger, -workload.leads, workload.officer))


def _oldest(work: Iterable[LeadWork]) -> int | None:
    return min((lead_work.assigned.made_at_us for lead_work in work if lead_work.assigned), default=None)


def _count_audit(context: RequestContext, now: datetime) -> dict[str, Any]:
    """Return what was opened and refused in the last seven days, and the newest checkpoint."""
    since_us = microseconds(now - LOOKED_BACK)
    with context.reading() as tables:
        journal, called = tables[StoredJournalRow], names(tables)
        recent, verb = journal.column("at_us") > since_us, journal.column("verb")
        opened = list(journal.each(recent, verb.in_([JournalVerb.VIEW_ADDRESS.value, JournalVerb.VIEW_IDENTITY.value])))
        exports = list(journal.each(recent, verb.startswith("export:")))
        refused = journal.count(recent, verb.startswith(REFUSED))
        checkpoint = tables[Checkpoint].last("size")
    return {
        "openings": _count_openings(opened, exports, called),
        "refused": refused,
        "checkpoint": checkpoint,
        "since_us": since_us,
    }


def _count_openings(
    opened: list[StoredJournalRow], exports: list[StoredJournalRow], called: dict[str, str]
) -> list[Openings]:
    kinds = Counter((row.actor, row.verb) for row in opened)
    exported = Counter(row.actor for row in exports)
    short = Counter(row.actor for row in opened if len((row.text or "").split()) < FEW_WORDS)
    result = [
        Openings(
            called.get(actor, actor),
            kinds[actor, JournalVerb.VIEW_ADDRESS.value],
            kinds[actor, JournalVerb.VIEW_IDENTITY.value],
            exported[actor],
            short[actor],
        )
        for actor in {row.actor for row in [*opened, *exports]}
    ]
    return sorted(result, key=lambda one: (-one.identities, -one.addresses, one.officer))


def _count_referred(context: RequestContext) -> dict[str, int] | None:
    """Return how many referrals came to the partner's force, and how many wait for its receipt."""
    if not context.may(Action.REFERRAL_VIEW):
        return None
    try:
        with context.reading() as tables:
            result = referrals.seen_by(tables, context.officer_session.officer)
    except NotAllowed:
        return None
    waits = [referral for referral in result if referral.state is ReferralState.SENT]
    return {"all": len(result), "waits": len(waits), "leads": sum(referral.leads for referral in waits)}
