"""Papers of a case: its notes and their attachments. Two officers destroy them after the case's retention.

That there was a note, its author and time, and the digest of each attachment stay provable.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from sightline.casework.cases.cases import find_case
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, Refused, UsageError
from sightline.ledger.append import name_row_thing
from sightline.ledger.instants import to_instant, to_microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import ApprovalState
from sightline.storage import erase
from sightline.storage.rows import Approval, Authority, Case, CaseFile, CaseNote, Hold, Holding, Run
from sightline.storage.table import Tables
from sightline.workspace import orphans

OUTCOME = "the case's outcome"


@dataclass(frozen=True, slots=True)
class CasePapers:
    """The notes of a case that have text and the attachments that can be opened.

    `keep_until_us`: the last day of its authorities; None if one names no day, or if there is none.
    """

    case: Case
    notes: tuple[CaseNote, ...]
    files: tuple[CaseFile, ...]
    keep_until_us: int | None
    authorities: tuple[str, ...]
    holds: tuple[Hold, ...]

    @property
    def keep_until(self) -> str:
        """Return the day until which they are kept."""
        return OUTCOME if self.keep_until_us is None else f"{to_instant(self.keep_until_us):%Y-%m-%d}"

    def is_over(self, now_us: int) -> bool:
        """Return whether their retention is over."""
        return self.keep_until_us is not None and self.keep_until_us <= now_us


def find_papers(tables: Tables, text: str) -> CasePapers:
    """Return the papers of a case. Raises UsageError if there is no such case."""
    case = find_case(tables, text)
    notes = tables[CaseNote].select(case_id=case.case_id)
    files = tables[CaseFile].select_within("note_id", [note.note_id for note in notes])
    authorities = tables[Authority].select(case_id=case.case_id)
    days = [authority.keep_until_us for authority in authorities]
    known = [day for day in days if day is not None]
    return CasePapers(
        case,
        tuple(note for note in notes if note.text),
        tuple(case_file for case_file in files if case_file.key is not None),
        max(known) if known and len(known) == len(days) else None,
        tuple(authority.number for authority in authorities),
        tuple(_list_holds(tables, case, authorities)),
    )


def _list_holds(tables: Tables, case: Case, authorities: list[Authority]) -> list[Hold]:
    """Return the current holds on a case, on its authorities, and on the exhibits that these hold."""
    ids = [authority.authority_id for authority in authorities]
    exhibits = {holding.exhibit_id for holding in tables[Holding].select_within("authority_id", ids)}
    exhibits |= {run.exhibit_id for run in tables[Run].select_within("authority_id", ids)}
    things = [
        f"case:{case.case_id}",
        *(f"authority:{paper_id}" for paper_id in ids),
        *(f"exhibit:{paper_id}" for paper_id in exhibits),
    ]
    return [hold for hold in tables[Hold].select_within("thing", sorted(things)) if hold.lifted_at_us is None]


def find_purge(tables: Tables, case_id: str, now_us: int) -> Approval | None:
    """Return the approval of the purge of a case's papers that waits, or was given and not used, or None."""
    of_case = tables[Approval].select(action=Action.PURGE.value, thing=f"case-papers:{case_id}")
    stand = {ApprovalState.ASKED, ApprovalState.GIVEN}
    return next((approval for approval in of_case if approval.state in stand and approval.expires_at_us > now_us), None)


def purge_papers(officer_session: OfficerSession, text: str, why: str, *, early: bool = False) -> CasePapers:
    """Destroy the papers of a case, by two officers: the text of its notes, and keys and files of attachments.

    Raises Refused on a legal hold, or before the end of the retention unless `early`; UsageError if there are none;
    and NotAllowed until another officer approved exactly these papers.
    """
    officer_session.require(Action.PURGE, name_thing("case-papers", text))
    with officer_session.workspace.read() as tables:
        papers = find_papers(tables, text)
    about = f"case-papers:{papers.case.case_id}"
    with officer_session.record_refusals(JournalVerb.REFUSED_HOLD, about):
        _require_over(papers, to_microseconds(officer_session.clock()), early=early)
    request = _build_request(papers, early=early)
    approval = approvals.require_approval(officer_session, Action.PURGE, about, request, why)
    with officer_session.change(Action.PURGE, about, JournalVerb.REFUSED_HOLD) as change:
        again = find_papers(change.tables, papers.case.case_id)
        _require_over(again, change.now_us, early=early)
        if _build_request(again, early=early) != request:
            raise NotAllowed(f"the papers of the case {papers.case.number} changed meanwhile", hint="run this again")
        approvals.use(change, approval)
        papers_rows = [*again.notes, *again.files]
        things = list(map(name_row_thing, papers_rows))
        erase.empty_openings(change.tables.connection, things)
        erase.empty_journal(change.tables.connection, things, ())
        for note in again.notes:
            change.put(Verb.PURGE_DONE, replace(note, text=""), case_papers=papers.case.case_id)
        for case_file in again.files:
            change.put(Verb.PURGE_DONE, replace(case_file, name="", key=None), case_papers=papers.case.case_id)
        facts: dict[str, str | int] = {
            "approval": approval.approval_id,
            "notes": len(again.notes),
            "files": len(again.files),
        }
        change.ledger.append(Verb.PURGE_DONE, change.signer, about, facts=facts, tells={"why": why})
    orphans.remove_purged(officer_session.workspace)
    erase.empty_log(officer_session.workspace.engine)
    return again


def _require_over(papers: CasePapers, now_us: int, *, early: bool) -> None:
    """Raise for papers on hold, for those that must be kept longer, and if there are none."""
    name = f"the case {papers.case.number}"
    if not papers.notes and not papers.files:
        raise UsageError(f"nothing that officers wrote about the case {papers.case.number} is stored")
    if papers.holds:
        ids = ", ".join(f"{hold.hold_id} on {hold.thing.partition(':')[0]}" for hold in papers.holds)
        raise Refused(f"{name} is on legal hold: {ids}", hint="nothing purges it before sightline holds lift ID")
    if not early and not papers.is_over(now_us):
        raise Refused(
            f"{name} is kept until {papers.keep_until} under {', '.join(papers.authorities)}",
            hint="--early asks to destroy it before, by order of a court; the second officer sees that",
        )


def _build_request(papers: CasePapers, *, early: bool) -> dict[str, str | int]:
    """Return what exactly is approved: these notes and attachments of this case, on their day or before."""
    lines = "".join(sorted(f"{name_row_thing(paper)}\n" for paper in (*papers.notes, *papers.files)))
    return {
        "case": papers.case.number,
        "notes": len(papers.notes),
        "attachments": len(papers.files),
        "papers_sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "kept_until": papers.keep_until,
        "early": "yes" if early else "no",
    }
