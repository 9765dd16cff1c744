"""Recall leads of referrals that are no longer valid as they were sent, and notify the force."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from sightline.casework.forces import referrals
from sightline.casework.input_checks import name_thing
from sightline.casework.leads.outcomes import list_current_outcomes
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import JournalVerb
from sightline.model import Ceiling, OutcomeKind
from sightline.model.short_ids import is_short_for, names_lead
from sightline.services.artifacts.lead_files import Leads, open_generation
from sightline.services.outcomes.outcomes import find_current_ids
from sightline.services.referrals import force_notes
from sightline.services.referrals.selection import KNOWN
from sightline.storage.rows import Force, ForceOutcome, Referral, ReferralLead, ReferralRecall
from sightline.storage.table import Tables
from sightline.workspace.unit_keys import read_unit_key
from sightline.workspace.workspace import Workspace


class RecallReason(StrEnum):
    """Why a lead is no longer valid as sent. If several apply, the first."""

    GONE = "the lead is not there any more: cleared, withdrawn, superseded or purged"
    CEILING = "what its evidence can show is less than was told"
    PLACE = "its place is not what was told"
    TIME = "its times are not what was told"
    OUTCOME = "it was found to be wrong, or of an innocent"


RANKS = {ceiling.value: rank for rank, ceiling in enumerate(Ceiling)}
AGAINST = frozenset(OutcomeKind) - {OutcomeKind.CONFIRMED, OutcomeKind.NO_RESULT}
"""Outcomes after which nobody should pursue a lead."""


def find_fallen_leads(workspace: Workspace, some: Sequence[Referral]) -> dict[str, dict[str, str]]:
    """Return by referral id the leads no longer valid and not recalled yet, each with its reason."""
    with workspace.read() as tables:
        leads_of = {referral.referral_id: _list_current_leads(tables, referral) for referral in some}
        against = {referral.referral_id: _list_refuted_leads(tables, referral) for referral in some}
    ids = sorted({lead.lead_id for leads in leads_of.values() for lead in leads})
    with open_generation(workspace) as lead_files:
        now, moved = _load_current_facts(lead_files, ids)
        wrong = {
            key: {moved.get(lead, lead) for lead in find_current_ids(lead_files, leads).values()}
            for key, leads in against.items()
        }
    result: dict[str, dict[str, str]] = {}
    for key, leads in leads_of.items():
        whys = {lead.lead_id: _find_reason(lead, now.get(moved[lead.lead_id])) for lead in leads}
        whys = {
            lead: RecallReason.OUTCOME if why is None and moved[lead] in wrong[key] else why
            for lead, why in whys.items()
        }
        result[key] = {lead: str(why) for lead, why in whys.items() if why is not None}
    return result


def _list_current_leads(tables: Tables, referral: Referral) -> list[ReferralLead]:
    gone = referrals.list_recalled_leads(tables, referral.referral_id)
    return [
        referral_lead
        for referral_lead in referrals.list_leads(tables, referral.referral_id)
        if referral_lead.lead_id not in gone
    ]


def _list_refuted_leads(tables: Tables, referral: Referral) -> set[str]:
    """Return the leads that someone other than the force itself found wrong."""
    force = tables[Force].get(referral.force_id)
    assert force is not None, "a referral has a force"
    same = [row.force_id for row in tables[Force].select(code=force.code)]
    own = {force_outcome.outcome_id for force_outcome in tables[ForceOutcome].select_within("force_id", same)}
    return {
        outcome.lead_id
        for outcome in list_current_outcomes(tables)
        if outcome.kind in AGAINST and outcome.outcome_id not in own
    }


_Now = Mapping[str, Mapping[str, object]]


def _load_current_facts(leads: Leads, ids: Sequence[str]) -> tuple[_Now, dict[str, str]]:
    """Return the current facts of leads that were sent, by current id; and the current id of each."""
    moved = find_current_ids(leads, ids)
    wanted_rows = pl.LazyFrame({"lead_id": sorted(set(moved.values()))}, schema={"lead_id": pl.String})
    columns = ("lead_id", pl.col("ceiling", "place", "state").cast(pl.String), "first_us", "last_us", "uncertainty_s")
    rows = leads.open_frame().join(wanted_rows, on="lead_id", how="semi").select(*columns).collect(engine="streaming")
    return {str(row["lead_id"]): row for row in rows.iter_rows(named=True)}, moved


def _find_reason(referral_lead: ReferralLead, now: Mapping[str, object] | None) -> RecallReason | None:
    """Return why a lead is no longer valid as sent, or None if it is, or now says more."""
    if now is None:
        return RecallReason.GONE
    if RANKS[str(now["ceiling"])] < RANKS[referral_lead.ceiling.value]:
        return RecallReason.CEILING
    if now["place"] not in KNOWN or now["state"] != referral_lead.state:
        return RecallReason.PLACE
    first, last, around = (int(str(now[name])) for name in ("first_us", "last_us", "uncertainty_s"))
    if first > referral_lead.first_us or last < referral_lead.last_us or around > referral_lead.uncertainty_s:
        return RecallReason.TIME
    return None


@dataclass(frozen=True, slots=True)
class FallenReferral:
    """A referral that was sent, with its leads that are no longer valid and not recalled yet."""

    referral: Referral
    force: Force
    leads: Mapping[str, str]


def list_due_recalls(officer_session: OfficerSession) -> list[FallenReferral]:
    """Return what is to be recalled, by referral."""
    with officer_session.read(Action.REFERRAL_RECALL, "referral:all", JournalVerb.VIEW_REFERRALS) as tables:
        sent = [referral for referral in tables[Referral].select() if referral.state in referrals.GOES]
        forces = {force.force_id: force for force in tables[Force].select()}
    result = find_fallen_leads(officer_session.workspace, sent) if sent else {}
    return [
        FallenReferral(referral, forces[referral.force_id], result[referral.referral_id])
        for referral in sent
        if result[referral.referral_id]
    ]


def recall_leads(officer_session: OfficerSession, text: str, why: str, leads: Sequence[str] = ()) -> ReferralRecall:
    """Recall the invalid leads of a referral, or those named by the beginnings of their ids.

    Raises UsageError if there is nothing to recall.
    """
    officer_session.require(Action.REFERRAL_RECALL, name_thing("referral", text))
    with officer_session.workspace.read() as tables:
        referral = referrals.find_referral(tables, text)
        stands = [referral_lead.lead_id for referral_lead in _list_current_leads(tables, referral)]
    whys = {_join_names(stands, lead): why for lead in leads} or find_fallen_leads(
        officer_session.workspace, [referral]
    )[referral.referral_id]
    if not whys:
        raise UsageError(
            f"every lead of {referral.number} is still valid",
            hint="--lead ID or --all recalls them anyway",
        )
    return referrals.recall(officer_session, referral.referral_id, whys, why)


def _join_names(ids: Sequence[str], text: str) -> str:
    result = [id_ for id_ in ids if names_lead(text, id_)]
    if len(result) != 1:
        what = f"several leads of it begin with {text}" if result else f"no valid lead of it begins with {text}"
        raise UsageError(what, hint="sightline referrals show lists them")
    return result[0]


def write_recall_note(officer_session: OfficerSession, recalled: ReferralRecall) -> bytes:
    """Return the recall as a note for the force, the same bytes whenever it is written."""
    with officer_session.read(
        Action.REFERRAL_RECALL, f"referral:{recalled.referral_id}", JournalVerb.VIEW_REFERRALS
    ) as tables:
        referral = tables[Referral].get(recalled.referral_id)
        assert referral is not None, "a recall is of a referral"
        force = tables[Force].get(referral.force_id)
        assert force is not None, "a referral has a force"
    facts = {
        "recall": recalled.recall_id,
        "referral": referral.referral_id,
        "number": referral.number,
        "to": force.code,
        "leads": [{"lead": lead, "why": why} for lead, why in sorted(json.loads(recalled.leads_json).items())],
        "why": recalled.why,
    }
    return force_notes.write_note(
        read_unit_key(officer_session.workspace), force_notes.NoteKind.RECALL, to_instant(recalled.made_at_us), facts
    )


def find_earlier_recall(officer_session: OfficerSession, text: str, recall_id: str) -> ReferralRecall:
    """Return an existing recall of a referral, by the end of its id. Raises UsageError."""
    with officer_session.read(
        Action.REFERRAL_RECALL, name_thing("referral", text), JournalVerb.VIEW_REFERRALS
    ) as tables:
        referral = referrals.find_referral(tables, text)
        referral_recalls = [
            referral_recall
            for referral_recall in referrals.list_recalls(tables, referral.referral_id)
            if is_short_for(recall_id, referral_recall.recall_id)
        ]
    if len(referral_recalls) != 1:
        raise UsageError(f"{referral.number} has no one recall {recall_id}", hint="sightline referrals show lists them")
    return referral_recalls[0]
