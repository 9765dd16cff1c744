"""The home page of roles that answer for others: workload of officers, what was opened, what was referred."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sightline.casework.forces import forces, referrals
from sightline.casework.leads.lead_work import LeadWork
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import ApprovalState, LeadStatus, ReferralState, Role
from sightline.services.exercise.participants import WORK, Participant, list_participants
from sightline.services.exercise.status import ExerciseTask, is_exercise, list_tasks, list_worlds
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.lead_columns import DAY_US
from sightline.services.lead_index.lead_view import View
from sightline.services.lead_status.status import derive_statuses, read_current_work
from sightline.storage.rows import Approval, Force, ForceRequest, ReferralRecall, StoredJournalRow
from sightline.storage.table import Tables
from sightline.web.context import RequestContext
from sightline.web.pages.home.duty import read_custody_state, read_system_state
from sightline.web.pages.home.measures import compute_unit_measures

ANSWERS_FOR_OTHERS = frozenset({Role.SUPERVISOR, Role.SUPERINTENDENT, Role.STATION_OFFICER})
LOOKED_BACK = timedelta(days=7)
REFUSED = "refused:"
FEW_WORDS = 2
"""A reason with fewer words says too little for an auditor."""
PAIRS_BACK = timedelta(days=30)
NEWEST, MOST_PAIRS = 10, 6
AGE_BANDS = (0, 3, 7, 14)
"""With how many days since the assignment each band of ages begins."""
GIVEN = frozenset({ApprovalState.GIVEN, ApprovalState.USED})


@dataclass(frozen=True, slots=True)
class Workload:
    """The open leads of one officer, or of nobody: then `officer` is None.

    `assigned_us`: since when each is assigned, for those that the record says.
    """

    officer: str | None
    leads: int
    asked: int
    answered: int
    in_danger: int
    assigned_us: tuple[int, ...]

    @property
    def oldest_us(self) -> int | None:
        """Return since when the longest assigned of them is."""
        return min(self.assigned_us, default=None)


@dataclass(frozen=True, slots=True)
class AgedWorkload:
    """A workload, and how many of its leads are in each band of AGE_BANDS by the days since they were assigned."""

    workload: Workload
    ages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OfficerOpenings:
    """The identities that one officer opened in the last seven days."""

    officer: str
    addresses: int
    identities: int
    exports: int
    short_reasons: int


@dataclass(frozen=True, slots=True)
class OpenedItem:
    """One address or identity that an officer opened, and why."""

    officer: str
    at_us: int
    thing: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two officers: how many requests of the one the other approved, of all `asked` that were approved."""

    asker: str
    decider: str
    count: int
    asked: int


def build_role_facts(context: RequestContext, now: datetime) -> dict[str, Any]:
    """Return what the role of the officer sees beside the work of all."""
    role = context.officer_session.officer.role
    return {
        "workload": _list_workload(context, now) if role in ANSWERS_FOR_OTHERS else [],
        "measures": compute_unit_measures(context) if role in ANSWERS_FOR_OTHERS else None,
        "audit": _count_audit(context, now) if role is Role.AUDITOR else None,
        "referred": _list_referred(context) if role is Role.PARTNER else None,
        "no_force": _is_without_force(context),
        "system": read_system_state(context) if role is Role.ADMINISTRATOR else None,
        "custody": read_custody_state(context) if role is Role.CUSTODIAN else None,
        "exercise_class": _load_class(context) if context.may(Action.OFFICER_ENROL) else None,
    }


@dataclass(frozen=True, slots=True)
class ExerciseClass:
    """The class of an exercise: its participants, its tasks, and the names of the worlds it is compared with.

    `is_linked`: whether the officer may open the page of the exercise.
    """

    participants: list[Participant]
    kinds: tuple[str, ...]
    tasks: list[ExerciseTask]
    worlds: tuple[str, ...]
    is_linked: bool

    @property
    def done(self) -> int:
        """Return how many tasks somebody has begun."""
        return sum(task.done > 0 for task in self.tasks)


def _load_class(context: RequestContext) -> ExerciseClass | None:
    """Return what a trainer looks at first: the class of an exercise; None in casework."""
    with context.read() as tables:
        if not is_exercise(tables):
            return None
        participants, tasks = list_participants(tables), list_tasks(tables)
    sees_grade = context.may(Action.LEADS_VIEW)
    worlds = list_worlds(context.officer_session.workspace) if sees_grade else []
    return ExerciseClass(participants, tuple(WORK), tasks, tuple(world.folder.name for world in worlds), sees_grade)


def _list_workload(context: RequestContext, now: datetime) -> list[AgedWorkload]:
    """Return the open leads of each officer who has any, the most first, and those that nobody has as the last."""
    try:
        view = context.leads
    except UsageError:
        return []
    key = ("workload", view.read.generation.generation_id)
    workloads = context.officer_session.workspace.get_cached(
        key, partial(_count_work, context, view), context.live_session.as_of
    )
    now_us = to_microseconds(now)
    return [AgedWorkload(workload, count_ages(workload.assigned_us, now_us)) for workload in workloads]


def count_ages(since_us: Iterable[int], now_us: int) -> tuple[int, ...]:
    """Return how many times are in each band of AGE_BANDS, by whole days until now."""
    bands = Counter(bisect_right(AGE_BANDS, max(now_us - at_us, 0) // DAY_US) - 1 for at_us in since_us)
    return tuple(bands[number] for number in range(len(AGE_BANDS)))


def _count_work(context: RequestContext, view: View) -> list[Workload]:
    rows = derive_statuses(context.officer_session.workspace, view.read, context.live_session.as_of)
    with context.read() as tables:
        called, work = list_names(tables), read_current_work(tables, view.read)
    marked = set(view.read.marks)
    by_officer: dict[str, list[tuple[str, str]]] = {}
    of_nobody: list[tuple[str, str]] = []
    for lead_id, status, officer_id in rows.select("lead_id", "status", "officer_id").iter_rows():
        if status != LeadStatus.CLOSED:
            leads = of_nobody if officer_id is None else by_officer.setdefault(officer_id, [])
            leads.append((lead_id, status))
    workloads = []
    for officer_id, leads in by_officer.items():
        assigned_us = _list_assigned(work[lead_id] for lead_id, _ in leads if lead_id in work)
        name = called.get(officer_id, officer_id)
        workloads.append(_build_workload(name, leads, len(leads), marked, assigned_us))
    workloads.sort(key=lambda workload: (-workload.in_danger, -workload.leads, workload.officer))
    untouched = view.select_ids(rows["lead_id"], others=True)
    count = len(of_nobody) + view.count_among(LeadFilter(), untouched)
    of_nobody += [(lead_id, LeadStatus.NEW) for lead_id in marked.difference(rows["lead_id"])]
    return [*workloads, _build_workload(None, of_nobody, count, marked, ())] if count else workloads


def _build_workload(
    officer: str | None, leads: Sequence[tuple[str, str]], count: int, marked: Set[str], assigned_us: tuple[int, ...]
) -> Workload:
    """Count `leads`, each an id and a status. `count`: with the leads that no officer and no mark touched."""
    states = Counter(status for _, status in leads)
    in_danger = sum(lead_id in marked for lead_id, _ in leads)
    return Workload(officer, count, states["asked"], states["answered"], in_danger, assigned_us)


def _list_assigned(work: Iterable[LeadWork]) -> tuple[int, ...]:
    return tuple(lead_work.assigned.made_at_us for lead_work in work if lead_work.assigned)


def _count_audit(context: RequestContext, now: datetime) -> dict[str, Any]:
    """Return what was opened and refused in the last seven days, who approves, and the last exported checkpoint."""
    since_us = to_microseconds(now - LOOKED_BACK)
    with context.read() as tables:
        journal, called = tables[StoredJournalRow], list_names(tables)
        recent, verb = journal.get_column("at_us") > since_us, journal.get_column("verb")
        opened = list(
            journal.read_each(recent, verb.in_([JournalVerb.VIEW_ADDRESS.value, JournalVerb.VIEW_IDENTITY.value]))
        )
        exports = list(journal.read_each(recent, verb.startswith("export:")))
        refused = journal.count(recent, verb.startswith(REFUSED))
        exported = journal.find_last("at_us", verb=JournalVerb.EXPORT_CHECKPOINT.value)
        pairs = _count_pairs(tables, called, to_microseconds(now - PAIRS_BACK))
    newest = sorted(opened, key=lambda row: -row.seq)[:NEWEST]
    return {
        "openings": _count_openings(opened, exports, called),
        "newest": [
            OpenedItem(called.get(row.actor, row.actor), row.at_us, row.thing, row.text or "") for row in newest
        ],
        "opened": len(opened),
        "short_reasons": sum(_is_short(row.text) for row in opened),
        "refused": refused,
        "exported_us": exported.at_us if exported else None,
        "pairs": pairs,
    }


def _count_pairs(tables: Tables, called: dict[str, str], since_us: int) -> list[Pair]:
    """Return which officer approved how many requests of which other, the most first."""
    given = [
        approval
        for approval in tables[Approval].select()
        if approval.decided_by and (approval.decided_at_us or 0) > since_us and approval.state in GIVEN
    ]
    asked = Counter(approval.asked_by for approval in given)
    pairs = Counter((approval.asked_by, approval.decided_by) for approval in given)
    return [
        Pair(called.get(asker, asker), called.get(decider or "", decider or ""), count, asked[asker])
        for (asker, decider), count in pairs.most_common(MOST_PAIRS)
    ]


def _is_short(reason: str | None) -> bool:
    return len((reason or "").split()) < FEW_WORDS


def _count_openings(
    opened: list[StoredJournalRow], exports: list[StoredJournalRow], called: dict[str, str]
) -> list[OfficerOpenings]:
    kinds = Counter((row.actor, row.verb) for row in opened)
    exported = Counter(row.actor for row in exports)
    short = Counter(row.actor for row in opened if _is_short(row.text))
    result = [
        OfficerOpenings(
            called.get(actor, actor),
            kinds[actor, JournalVerb.VIEW_ADDRESS.value],
            kinds[actor, JournalVerb.VIEW_IDENTITY.value],
            exported[actor],
            short[actor],
        )
        for actor in {row.actor for row in [*opened, *exports]}
    ]
    return sorted(result, key=lambda one: (-one.identities, -one.addresses, one.officer))


def _is_without_force(context: RequestContext) -> bool:
    with context.read() as tables:
        return forces.is_without_force(tables, context.officer_session.officer)


def _list_referred(context: RequestContext) -> dict[str, Any] | None:
    """Return the referrals that came to the partner's force and what it asked for.

    First those with a recall that the force has not read, because officers may work on a wrong lead; then those to
    confirm.
    """
    if not context.may(Action.REFERRAL_VIEW):
        return None
    try:
        with context.read() as tables:
            officer = context.officer_session.officer
            seen = referrals.list_visible_referrals(tables, officer)
            own = forces.find_own_force(tables, officer)
            recalls = tables[ReferralRecall].select_within("referral_id", [referral.referral_id for referral in seen])
            same = [force.force_id for force in tables[Force].select(code=own.code)] if own else []
            asked = sorted(
                tables[ForceRequest].select_within("force_id", same),
                key=lambda force_request: -force_request.recorded_at_us,
            )
    except NotAllowed:
        return None
    recalled = {recall.referral_id for recall in recalls if recall.received_at_us is None}
    came = sorted(
        seen,
        key=lambda referral: (
            referral.referral_id not in recalled,
            referral.state is not ReferralState.SENT,
            -(referral.sent_at_us or 0),
        ),
    )
    waits = [referral for referral in came if referral.state is ReferralState.SENT]
    answered = Counter(referral.request_id for referral in came)
    return {
        "all": len(came),
        "waits": len(waits),
        "leads": sum(referral.leads for referral in waits),
        "recalled": recalled,
        "came": came[:NEWEST],
        "asked": [(force_request, answered[force_request.request_id]) for force_request in asked[:NEWEST]],
    }
