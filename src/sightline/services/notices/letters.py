"""Facts of a notice or its reminder, filled in from the workspace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

import polars as pl

from sightline import __version__
from sightline.casework.notices.notices import DUE_DAYS, compute_due_day
from sightline.evidence.documents.document_facts import CaseFacts, LedgerFacts, ProgramFacts
from sightline.evidence.documents.notice_facts import ApprovalFacts, NoticeFacts, RowFacts
from sightline.ledger.instants import format_day_in_india, to_instant
from sightline.ledger.verbs import Verb
from sightline.model import NoticeState, Stamp
from sightline.services.documents import signatories
from sightline.services.documents.certificate_facts import BSA_FROM
from sightline.services.documents.ledger_positions import find_last_entry
from sightline.services.notices import annexure
from sightline.storage.rows import Approval, Case, Licensee, Notice
from sightline.storage.rows import Workspace as WorkspaceRow
from sightline.storage.table import Tables

Rows: TypeAlias = tuple[RowFacts, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice with everything that its document names."""

    notice: Notice
    case: Case
    licensee: Licensee
    drafted_by: str
    approval: ApprovalFacts | None
    follows: str | None
    is_exercise: bool
    ledger: LedgerFacts | None
    is_urgent: bool = False


def build_letter(tables: Tables, notice: Notice) -> Letter:
    """Return the letter of a notice."""
    case, licensee = tables[Case].get(notice.case_id), tables[Licensee].get(notice.licensee_id)
    assert case is not None and licensee is not None, "a notice has a case and an ISP"
    before = tables[Notice].get(notice.follows) if notice.follows else None
    return Letter(
        notice,
        case,
        licensee,
        signatories.format_officer_id(tables, notice.made_by),
        signatories.find_approval_facts(tables, notice.approval_id, notice.approved_at_us),
        before.number if before else None,
        tables[WorkspaceRow].select()[0].stamp is Stamp.EXERCISE,
        find_last_entry(tables, f"notice:{notice.notice_id}", Verb.NOTICE_APPROVED, Verb.NOTICE_DRAFTED),
        _is_urgent(tables, notice),
    )


def _is_urgent(tables: Tables, notice: Notice) -> bool:
    """Return whether the letter was drafted, and is approved, as one about a child in present danger."""
    approval = tables[Approval].get(notice.approval_id) if notice.approval_id else None
    return approval is not None and "urgent" in json.loads(approval.request_json)


def build_notice_facts(letter: Letter, rows: pl.DataFrame, csv: bytes) -> NoticeFacts:
    """Return the facts of the notice. Dated by its approval, or else its draft, so that it can be made again."""
    notice = letter.notice
    return _build_facts(
        letter, rows, csv, annexure.list_first_rows(rows), to_instant(notice.approved_at_us or notice.made_at_us)
    )


def build_reminder_facts(letter: Letter, rows: pl.DataFrame, csv: bytes, now: datetime) -> NoticeFacts:
    """Return the facts of its reminder: the notice without its rows."""
    return _build_facts(letter, rows, csv, (), now)


def _build_facts(letter: Letter, rows: pl.DataFrame, csv: bytes, printed: Rows, at: datetime) -> NoticeFacts:
    notice, case = letter.notice, letter.case
    return NoticeFacts(
        number=notice.number,
        stamp=_choose_stamp(letter),
        is_exercise=letter.is_exercise,
        law="bnss" if date.fromisoformat(case.begun_on) >= BSA_FROM else "crpc",
        case=CaseFacts(case.number, case.station, case.sections),
        investigating_officer=case.investigating_officer,
        officer_in_charge=case.station_officer or None,
        drafted_by=letter.drafted_by,
        drafted_at_utc=to_instant(notice.made_at_us),
        approval=letter.approval,
        licensee=letter.licensee.name,
        address=letter.licensee.address,
        circle=notice.circle,
        follows=letter.follows,
        days=str(DUE_DAYS),
        keep_until=format_day_in_india(notice.keep_until_us),
        is_of_numbers=annexure.is_of_numbers(rows),
        count=len(rows),
        rows=printed,
        csv=annexure.build_file_facts(csv),
        rows_sha256=notice.sha256,
        ledger=letter.ledger,
        program=ProgramFacts("Sightline", __version__),
        made_at_utc=at,
        sent_on=format_day_in_india(notice.sent_at_us) if notice.sent_at_us is not None else None,
        due_on=compute_due_day(notice.due_at_us) if notice.due_at_us is not None else None,
        is_urgent=letter.is_urgent,
    )


def _choose_stamp(letter: Letter) -> str | None:
    if letter.notice.state is NoticeState.REFUSED:
        return "refused"
    return None if letter.approval is not None else "draft"
