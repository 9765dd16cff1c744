"""Papers of leads, the texts that officers wrote about them. Two officers destroy them after their retention.

Notes and the reasons of marks, outcomes and acts are deleted. That they existed, their authors, times and findings
stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sightline.casework.exhibits.holds import list_holds_on_exhibit
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, Refused
from sightline.ledger.append import name_row_thing
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model.short_ids import format_lead_number
from sightline.storage import erase
from sightline.storage.rows import Hold, LeadBatch, LeadMark, LeadNote, Outcome
from sightline.storage.table import Tables

Paper = LeadNote | LeadMark | Outcome | LeadBatch


@dataclass(frozen=True, slots=True)
class LeadPapers:
    """The texts that officers wrote about one lead, under all ids that it had.

    `last_us`: when the last of it was written. `exhibits`: those that may contain its visits; None for a lead that
    no longer exists. `acts`: those about no other lead.
    """

    lead_id: str
    ids: tuple[str, ...]
    last_us: int
    exhibits: frozenset[str] | None
    notes: tuple[LeadNote, ...]
    marks: tuple[LeadMark, ...]
    outcomes: tuple[Outcome, ...]
    acts: tuple[LeadBatch, ...]

    @property
    def papers(self) -> tuple[Paper, ...]:
        """Return every paper that still has text."""
        every: tuple[Paper, ...] = (*self.notes, *self.marks, *self.outcomes, *self.acts)
        return tuple(paper for paper in every if without_text(paper) != paper)


@dataclass(frozen=True, slots=True)
class PurgedPapers:
    """The counts of a purge: numbers of leads, papers by kind, ledger texts and journal rows."""

    leads: int
    counts: dict[str, int]
    is_clean: bool


def list_holds_on_lead(tables: Tables, papers: LeadPapers) -> list[Hold]:
    """Return the holds on what a lead rests on. If the lead no longer exists that is unknown, so all holds."""
    if papers.exhibits is None:
        return [hold for hold in tables[Hold].select() if hold.lifted_at_us is None]
    return [hold for exhibit in sorted(papers.exhibits) for hold in list_holds_on_exhibit(tables, exhibit)]


def purge_papers(officer_session: OfficerSession, due: Sequence[LeadPapers], days: int, why: str) -> PurgedPapers:
    """Destroy the papers of leads, by two officers. `days`: the retention, which both see.

    Raises Refused if one of them is on hold, and NotAllowed.
    """
    digest = _compute_digest(due)
    thing = f"leads:{digest}"
    officer_session.require(Action.PURGE, thing)
    if not due:
        raise Refused("no lead is due", hint="leave out --why to see what the keeping time is over for")
    counts = _count_papers(due)
    with (
        officer_session.workspace.read() as tables,
        officer_session.record_refusals(JournalVerb.REFUSED_HOLD, thing),
    ):
        _require_free(tables, due)
    request: dict[str, str | int] = {"leads": len(due), "leads_sha256": digest, "closed_for_days": days, **counts}
    approval = approvals.require_approval(officer_session, Action.PURGE, thing, request, why)
    with officer_session.change(Action.PURGE, thing, JournalVerb.REFUSED_HOLD) as change:
        _require_free(change.tables, due)
        papers = [paper for lead_papers in due for paper in lead_papers.papers]
        for paper in papers:
            if change.tables[type(paper)].get(_get_paper_id(paper)) != paper:
                raise NotAllowed(f"the {name_row_thing(paper)} changed meanwhile", hint="run this again")
        things = [*map(name_row_thing, papers), *(f"lead:{id_}" for each in due for id_ in each.ids)]
        counts["openings"] = erase.empty_openings(change.tables.connection, things)
        counts["journal"] = erase.empty_journal(change.tables.connection, things, ())
        approvals.use(change, approval)
        for paper in papers:
            change.put(Verb.PURGE_DONE, without_text(paper), leads_sha256=digest)
        facts: dict[str, str | int] = {
            "leads_sha256": digest,
            "leads": len(due),
            "approval": approval.approval_id,
            **counts,
        }
        change.ledger.append(Verb.PURGE_DONE, change.signer, thing, facts=facts, tells={"why": why})
    return PurgedPapers(len(due), counts, erase.empty_log(officer_session.workspace.engine))


def without_text(paper: Paper) -> Paper:
    """Return a paper without its text."""
    if isinstance(paper, LeadNote):
        return replace(paper, text="", why="")
    if isinstance(paper, LeadMark):
        return replace(paper, why="", lifted_why=None if paper.lifted_why is None else "")
    if isinstance(paper, Outcome):
        return replace(paper, why="", withdrawn_why=None if paper.withdrawn_why is None else "")
    return replace(paper, why="")


def _count_papers(due: Iterable[LeadPapers]) -> dict[str, int]:
    """Return the number of papers that still have text, by kind."""
    result = [paper for lead_papers in due for paper in lead_papers.papers]
    kinds = {"notes": LeadNote, "marks": LeadMark, "outcomes": Outcome, "acts": LeadBatch}
    return {name: sum(isinstance(paper, kind) for paper in result) for name, kind in kinds.items()}


def _compute_digest(due: Iterable[LeadPapers]) -> str:
    """Return the SHA-256 over leads and papers, by id with a line feed. Another paper changes the request."""
    lines = sorted(
        f"{lead_papers.lead_id} {name_row_thing(paper)}\n" for lead_papers in due for paper in lead_papers.papers
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _require_free(tables: Tables, due: Iterable[LeadPapers]) -> None:
    for lead_papers in due:
        holds = list_holds_on_lead(tables, lead_papers)
        if holds:
            ids = ", ".join(f"{hold.hold_id} on {hold.thing.partition(':')[0]}" for hold in holds)
            raise Refused(
                f"the papers of the lead {format_lead_number(lead_papers.lead_id)} are on legal hold: {ids}",
                hint="nothing purges them before sightline holds lift ID",
            )


def _get_paper_id(paper: Paper) -> str:
    return name_row_thing(paper).partition(":")[2]
