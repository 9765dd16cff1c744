"""Draft referrals: choose leads, make the content once for its digest, and ask the second officer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from sightline.casework.cases.cases import find_case
from sightline.casework.forces import forces, referrals
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.append import encode_canonical
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import Ceiling, ReferralState
from sightline.model.progress import Progress, ignore_progress
from sightline.services.artifacts.lead_files import Leads, open_generation
from sightline.services.documents.ledger_positions import find_covering_checkpoint
from sightline.services.referrals import content
from sightline.services.referrals.selection import LeadSelection, SelectionResult, WhyNot, select_leads
from sightline.services.referrals.visit_rows import read_visit_rows
from sightline.storage.rows import Authority, Case, Force, ForceRequest, Holding, LedgerRow, Referral, ReferralLead
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import Workspace

MOST_LEADS = 10_000
"""Maximum number of leads in a referral. Each has a sheet that somebody must read."""


@dataclass(frozen=True, slots=True)
class ReferralDraftRequest:
    """A referral to draft: the own case, a request or a force without one, the leads, and the reason.

    `without`: ids of leads that the officer leaves out.

    `since_us`, `until_us` limit a referral without a request. One with a request has the request's period.
    """

    case: str
    why: str
    request: str | None = None
    force: str | None = None
    chosen: pl.Expr | None = None
    leads: tuple[str, ...] = ()
    since_us: int | None = None
    until_us: int | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReferralPlan:
    """The leads that a referral would contain, and how many of the chosen ones it would not, by reason."""

    force: Force
    request: ForceRequest | None
    case: Case
    generation: int
    leads: pl.DataFrame
    rows: pl.DataFrame
    left_out: Mapping[WhyNot, int]


def plan_referral(officer_session: OfficerSession, request: ReferralDraftRequest) -> ReferralPlan:
    """Return what would be referred of the current leads. Raises UsageError, NotAllowed."""
    with officer_session.read(
        Action.REFERRAL, name_thing("force", request.force or "request"), JournalVerb.VIEW_REFERRALS
    ) as tables:
        force, force_request = _choose_recipient(tables, request)
        case, had = find_case(tables, request.case), referrals.list_referred_leads(tables, force)
        case_exhibits = _list_held_exhibits(tables, case)
    states = forces.list_states(force_request or force)
    since, until = (
        (force_request.since_us, force_request.until_us) if force_request else (request.since_us, request.until_us)
    )
    lead_selection = LeadSelection(states, since, until, request.chosen, request.leads)
    with open_generation(officer_session.workspace) as leads:
        selection_result, rows = _choose(
            officer_session.workspace, leads, lead_selection, had, case_exhibits, request.without
        )
    return ReferralPlan(
        force, force_request, case, leads.generation.number, selection_result.leads, rows, selection_result.left_out
    )


def _choose(
    workspace: Workspace,
    leads: Leads,
    lead_selection: LeadSelection,
    had: Mapping[str, str],
    case_exhibits: frozenset[str],
    without: Sequence[str],
) -> tuple[SelectionResult, pl.DataFrame]:
    """Return the leads that may be sent, with ROWS. A lead with a row that the case does not hold is left out."""
    selection_result = select_leads(leads, lead_selection, had).without(without, WhyNot.DESELECTED)
    if len(selection_result.leads) > MOST_LEADS:
        raise UsageError(
            f"{len(selection_result.leads):,} leads are more than one referral has: {MOST_LEADS:,} at the most",
            hint="choose by --priority, --ceiling, or a shorter period, and make several",
        )
    rows = read_visit_rows(workspace, leads, selection_result.leads["lead_id"])
    others = rows.filter(~pl.col("exhibit_id").is_in(sorted(case_exhibits)))["lead_id"].unique()
    remaining = selection_result.without(others, WhyNot.OTHER_CASE)
    return remaining, rows.join(remaining.leads.select("lead_id"), on="lead_id", how="semi", maintain_order="left")


def _choose_recipient(tables: Tables, request: ReferralDraftRequest) -> tuple[Force, ForceRequest | None]:
    if (request.request is None) == (request.force is None):
        raise UsageError(
            "a referral answers a request, or is for a force without one", hint="--request ID or --to CODE"
        )
    if request.request is None:
        return forces.find_force(tables, str(request.force)), None
    if (request.since_us, request.until_us) != (None, None):
        raise UsageError("the request says for which period", hint="leave out --since and --until")
    force_request = forces.find_request(tables, request.request)
    return forces.find_force(tables, force_request.force_id), force_request


def _list_held_exhibits(tables: Tables, case: Case) -> frozenset[str]:
    """Return the exhibits that a case holds."""
    under = [authority.authority_id for authority in tables[Authority].select(case_id=case.case_id)]
    return frozenset(holding.exhibit_id for holding in tables[Holding].select_within("authority_id", under))


@dataclass(frozen=True, slots=True)
class DraftResult:
    """A registered draft, and what was left out of it."""

    referral: Referral
    left_out: Mapping[WhyNot, int]


AROUND = 2
"""Steps of drafting beside those of its content: choosing leads, and registering it."""


def draft_referral(
    officer_session: OfficerSession, request: ReferralDraftRequest, progress: Progress = ignore_progress
) -> DraftResult:
    """Draft a referral, and ask its second officer. Raises UsageError if no lead may be sent."""
    progress(0, None)
    referral = plan_referral(officer_session, request)
    steps = content.count_steps(len(referral.leads)) + AROUND
    progress(1, steps)
    if referral.leads.is_empty():
        counts_text = (
            ", ".join(f"{count:,} {why}" for why, count in sorted(referral.left_out.items())) or "none was chosen"
        )
        raise UsageError(
            f"no lead may go to {referral.force.code}: {counts_text}",
            hint="sightline referrals draft --dry-run says why",
        )
    with officer_session.workspace.read() as tables:
        begun = _make_referral(tables, officer_session, referral, request.why)
    leads = [_build_lead(begun, row) for row in referral.leads.iter_rows(named=True)]
    with officer_session.workspace.open_scratch() as folder:
        files = write_into(
            officer_session,
            folder,
            begun,
            [referral_lead.lead_id for referral_lead in leads],
            referral.rows,
            lambda done, _total, _found=0, _step="", /: progress(done + 1, steps),
        )
    progress(steps - 1, steps)
    whole = replace(
        begun, leads_sha256=referrals.compute_leads_digest(leads), content_sha256=content.compute_content_sha256(files)
    )
    with officer_session.change(Action.REFERRAL, f"referral:{whole.referral_id}") as change:
        registered = referrals.register_draft(change, whole, leads, _build_facts(referral, whole))
    return DraftResult(registered, referral.left_out)


def _make_referral(tables: Tables, officer_session: OfficerSession, made: ReferralPlan, why: str) -> Referral:
    """Return the draft as far as its content needs it. Its digests are added later."""
    now = officer_session.clock()
    covering_checkpoint = find_covering_checkpoint(tables, _find_newest_entry(tables, made))
    return Referral(
        referral_id=make_id(now),
        number=referrals.compute_next_number(tables, made.force),
        force_id=made.force.force_id,
        request_id=made.request.request_id if made.request else None,
        case_id=made.case.case_id,
        why=why,
        generation=made.generation,
        tree_size=covering_checkpoint.checkpoint.size,
        leads=len(made.leads),
        rows=made.rows.select("segment_id", "index").unique().height,
        left_out_json=encode_canonical({why.value: count for why, count in sorted(made.left_out.items())}),
        leads_sha256="",
        content_sha256="",
        state=ReferralState.DRAFTED,
        made_at_us=max(to_microseconds(now), covering_checkpoint.checkpoint.at_us),
        made_by=officer_session.officer.officer_id,
    )


def _find_newest_entry(tables: Tables, made: ReferralPlan) -> int:
    """Return the last entry that the proofs need: of the generation, and of what its runs rest on."""
    row = tables[LedgerRow].find_last("seq", thing=f"generation:{made.generation}")
    assert row is not None, "the ledger has each generation"
    return row.seq


def _build_lead(referral: Referral, row: Mapping[str, object]) -> ReferralLead:
    return ReferralLead(
        referral.referral_id,
        str(row["lead_id"]),
        str(row["state"]),
        Ceiling(str(row["ceiling"])),
        int(str(row["first_us"])),
        int(str(row["last_us"])),
        int(str(row["uncertainty_s"])),
    )


def _build_facts(made: ReferralPlan, referral: Referral) -> dict[str, str | int | None]:
    """Return what a second officer sees and agrees to, beside the digest of the content."""
    force_request, by_state = made.request, Counter(made.leads["state"])
    return {
        "to": f"{made.force.name} ({made.force.code})",
        "case": made.case.number,
        "request": None
        if force_request is None
        else f"{force_request.case_number}; {force_request.authority_number}, {force_request.issued_by}",
        "leads": referral.leads,
        "states": ", ".join(f"{state} {count}" for state, count in sorted(by_state.items())),
        "rows": referral.rows,
    }


def write_into(
    officer_session: OfficerSession,
    folder: Path,
    referral: Referral,
    lead_ids: list[str],
    rows: pl.DataFrame | None = None,
    progress: Progress = ignore_progress,
) -> dict[str, str]:
    """Write the content of a referral into an empty folder. Returns the SHA-256 of each file by its name."""
    with content.open_earlier_generation(officer_session.workspace, referral.generation, referral.made_at_us) as leads:
        made_of = content.load_inputs(officer_session, leads, referral, lead_ids, rows)
        with officer_session.workspace.read() as tables:
            return content.write_content(officer_session, tables, folder, referral, made_of, progress)
