"""Export notices: the document and the CSV of the same rows; and reminders of overdue ones."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import polars as pl

from sightline.casework.identities import disclosures
from sightline.casework.input_checks import name_thing, require_reason
from sightline.casework.notices import notices
from sightline.casework.notices.notices import compute_due_day
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, Refused, UsageError, name_output_on_error
from sightline.evidence.documents.document_facts import Language
from sightline.evidence.documents.notice_facts import NoticeFacts
from sightline.evidence.documents.render import render_notice_or_reminder
from sightline.evidence.documents.wordings import Form, decode_form, load_built_in_form
from sightline.ledger.instants import to_microseconds
from sightline.ledger.journal_seals import JournalEvent
from sightline.ledger.verbs import JournalVerb
from sightline.model import NoticeState
from sightline.services.match.outputs import check_one, write_all_or_none
from sightline.services.notices import annexure, letters
from sightline.services.notices.notice_rows import read_rows_of_notice, read_subscriber_ids
from sightline.storage.registered_files import build_form_file
from sightline.storage.rows import Approval, Notice, StoredJournalRow
from sightline.storage.table import Tables
from sightline.translation.messages import translate_word
from sightline.workspace.workspace import Workspace

PDF = "notice.pdf"


@dataclass(frozen=True, slots=True)
class OpenedNotice:
    """A notice with exactly the rows that were approved, opened for export."""

    letter: letters.Letter
    rows: pl.DataFrame
    csv: bytes


class NoticePaper(StrEnum):
    """A part of a notice that can be exported."""

    LETTER = "letter"
    ROWS = "rows"


SENDING: Mapping[NoticePaper, JournalVerb] = {
    NoticePaper.LETTER: JournalVerb.SEND_LETTER,
    NoticePaper.ROWS: JournalVerb.SEND_ROWS,
}
"""The journal's name for each paper exported for sending."""
SENT_FROM = frozenset(NoticeState) - {NoticeState.DRAFT, NoticeState.REFUSED, NoticeState.CLOSED}


def open_notice(
    officer_session: OfficerSession, text: str, papers: Sequence[NoticePaper], why: str | None
) -> OpenedNotice:
    """Open a notice with whole addresses or numbers, for an officer who may send notices.

    Exporting an approved notice for sending needs no reason, once for each paper. Every other export needs one: in a
    notice for subscribers each number is an opened identity, and in a draft each address. The journal entry comes
    first. Raises UsageError, NotAllowed, Refused if the CSV is no longer the approved one, and DamagedInput if rows or
    wording were altered.
    """
    reason = None if why is None else require_reason(why, "--why")
    officer_session.require(Action.NOTICE_EXPORT, name_thing("notice", text))
    with officer_session.workspace.read() as tables:
        notice = notices.find_notice(tables, text)
        letter, agreed = letters.build_letter(tables, notice), _find_agreement(tables, notice)
    rows = read_rows_of_notice(officer_session.workspace, letter.notice)
    csv = annexure.format_csv(rows)
    if agreed.get("csv_sha256") != hashlib.sha256(csv).hexdigest():
        with officer_session.record_refusals(JournalVerb.REFUSED_APPROVAL, f"notice:{notice.notice_id}"):
            raise Refused(
                f"the CSV of notice {letter.notice.number} is not the one that was asked for and approved",
                hint="another version of this program writes it otherwise: close this notice, and draft a new one",
            )
    summary = f"{', '.join(papers)} of {notice.number}, {len(rows)} rows, CSV SHA-256 {hashlib.sha256(csv).hexdigest()}"
    is_approved = letter.approval is not None and notice.state in SENT_FROM
    if not (is_approved and _is_first_sending(officer_session, notice, papers, f"{reason or 'to be sent'}; {summary}")):
        if reason is None:
            raise UsageError(
                f"the notice {notice.number} was written out before",
                hint='say for which: --why "FIR 12/2026: lost in the post"',
            )
        _open_rows(officer_session, notice, rows, reason, is_approved=is_approved)
        about = f"notice:{notice.notice_id}"
        officer_session.workspace.append_to_journal(
            officer_session.officer.officer_id,
            JournalVerb.EXPORT_NOTICE,
            about,
            f"{reason}; {summary}",
            officer_session.clock(),
        )
    return OpenedNotice(letter, rows, csv)


def open_rows(officer_session: OfficerSession, notice: Notice, first: pl.DataFrame, why: str) -> None:
    """Open the first rows of a notice for display: each number is an identity, each lead an address."""
    if annexure.is_of_numbers(first):
        ids = read_subscriber_ids(officer_session.workspace, notice)[: len(first)]
        disclosures.open_identities(officer_session, [f"subscriber:{id_}" for id_ in ids], why)
    else:
        ids = first["lead_id"].unique(maintain_order=True).to_list()
        disclosures.open_addresses(officer_session, [f"lead:{id_}" for id_ in ids], why)


def _is_first_sending(
    officer_session: OfficerSession, notice: Notice, papers: Sequence[NoticePaper], text: str
) -> bool:
    """Return whether no paper was exported for sending before, and if so write the journal entry now."""
    about, at_us, who = (
        f"notice:{notice.notice_id}",
        to_microseconds(officer_session.clock()),
        officer_session.officer.officer_id,
    )
    rows = [JournalEvent(at_us, who, SENDING[paper].value, about, text) for paper in papers]

    def require_first(tables: Tables) -> None:
        table = tables[StoredJournalRow]
        if table.count(
            table.get_column("thing") == about,
            table.get_column("verb").in_([journal_event.verb for journal_event in rows]),
        ):
            raise _SentBefore

    try:
        officer_session.workspace.append_all_to_journal_if(rows, require_first)
    except _SentBefore:
        return False
    return True


class _SentBefore(Exception):
    """A paper was already exported for sending."""


def _open_rows(
    officer_session: OfficerSession, notice: Notice, rows: pl.DataFrame, why: str, *, is_approved: bool
) -> None:
    """Open what the rows contain: numbers one by one or by two officers, and addresses no second officer saw."""
    about = f"notice:{notice.notice_id}"
    if annexure.is_of_numbers(rows):
        seen, kind, ids = (
            JournalVerb.VIEW_IDENTITY,
            "subscribers",
            read_subscriber_ids(officer_session.workspace, notice),
        )
    elif not is_approved:
        seen, kind, ids = JournalVerb.VIEW_ADDRESS, "leads", rows["lead_id"].unique(maintain_order=True).to_list()
    else:
        return
    require_opened(officer_session, seen, disclosures.UnmaskedExport(about, kind, ids, notice.number, "a notice"), why)


def require_opened(
    officer_session: OfficerSession, seen: JournalVerb, export: disclosures.UnmaskedExport, why: str
) -> None:
    """Open exported items one by one, or by two officers if there are more than one may open on a day.

    Raises NotAllowed above the daily maximum, and until a second officer agrees.
    """
    if len(export.ids) <= disclosures.A_DAY[seen]:
        by_kind = {
            JournalVerb.VIEW_ADDRESS: disclosures.open_addresses,
            JournalVerb.VIEW_IDENTITY: disclosures.open_identities,
        }
        by_kind[seen](officer_session, [f"{export.kind.removesuffix('s')}:{id_}" for id_ in export.ids], why)
        return
    by = disclosures.require_export(officer_session, seen, export, why)
    disclosures.record_export(officer_session, seen, export, why, None, by)


def render_notice(officer_session: OfficerSession, opened_notice: OpenedNotice, language: Language) -> bytes:
    """Return the document of a notice. Raises DamagedInput, UsageError."""
    form = read_approved_form(officer_session.workspace, opened_notice.letter.notice)
    facts = letters.build_notice_facts(opened_notice.letter, opened_notice.rows, opened_notice.csv)
    return render_notice_or_reminder(_with_circle(facts, language), form.find_wording(language), language)


def _with_circle(facts: NoticeFacts, language: Language) -> NoticeFacts:
    """Return the facts with the name of the circle in the language of the document."""
    return (
        facts if facts.circle is None else replace(facts, circle=translate_word("circle", facts.circle, language.value))
    )


def export_notice(
    officer_session: OfficerSession,
    text: str,
    out: Path,
    language: Language,
    why: str | None = None,
    *,
    overwrite: bool = False,
) -> dict[str, Path]:
    """Write `notice.pdf` and `rows.csv` of a notice into a folder; return the paths by name.

    Raises as `open_notice`.
    """
    officer_session.require(Action.NOTICE_EXPORT, name_thing("notice", text))
    _find_notice(officer_session, text)
    paths = _prepare_paths(out, (PDF, annexure.NAME), overwrite=overwrite)
    opened_notice = open_notice(officer_session, text, tuple(NoticePaper), why)
    _write(
        {paths[PDF]: render_notice(officer_session, opened_notice, language), paths[annexure.NAME]: opened_notice.csv}
    )
    return paths


def name_folder(officer_session: OfficerSession, text: str) -> str:
    """Return the name of a notice's folder among those of others: its id, or a part of it."""
    return _find_notice(officer_session, text).notice_id[-6:].lower()


def write_reminder(
    officer_session: OfficerSession, text: str, out: Path, language: Language, *, overwrite: bool = False
) -> Path:
    """Write the reminder of an overdue notice into a folder. Raises UsageError if it is not overdue."""
    notice = _require_overdue(officer_session, text)
    name = _name_reminder(notice, officer_session.clock())
    path = _prepare_paths(out, (name,), overwrite=overwrite)[name]
    _write({path: export_reminder(officer_session, text, language)[1]})
    return path


def export_reminder(officer_session: OfficerSession, text: str, language: Language) -> tuple[str, bytes]:
    """Return the name and document of an overdue notice's reminder, which has no rows. Adds a journal entry."""
    notice, now = _require_overdue(officer_session, text), officer_session.clock()
    with officer_session.read(Action.NOTICE_EXPORT, f"notice:{notice.notice_id}", JournalVerb.EXPORT_NOTICE) as tables:
        letter = letters.build_letter(tables, notice)
    rows = read_rows_of_notice(officer_session.workspace, notice)
    message = letters.build_reminder_facts(letter, rows, annexure.format_csv(rows), now)
    return _name_reminder(notice, now), render_notice_or_reminder(
        _with_circle(message, language), load_built_in_form("reminder").find_wording(language), language
    )


def _name_reminder(notice: Notice, now: datetime) -> str:
    return f"reminder-{notice.notice_id[-6:].lower()}-{now:%Y%m%d}.pdf"


def _require_overdue(officer_session: OfficerSession, text: str) -> Notice:
    """Return the notice if its answer is overdue. Raises UsageError."""
    notice = _find_notice(officer_session, text)
    if not notices.is_overdue(notice, to_microseconds(officer_session.clock())):
        what = f"the notice {notice.number} is {notice.state}: no reminder is due"
        if notice.due_at_us is not None:
            day = compute_due_day(notice.due_at_us)
            what = f"the notice {notice.number} is {notice.state}, due {day}: no reminder is due"
        raise UsageError(what, hint="sightline notices list --due shows those that are overdue")
    return notice


def _find_notice(officer_session: OfficerSession, text: str) -> Notice:
    """Return the notice with that id or number, for an officer who may see it."""
    officer_session.require(Action.NOTICE_VIEW, name_thing("notice", text))
    with officer_session.workspace.read() as tables:
        return notices.find_notice(tables, text)


def read_approved_form(workspace: Workspace, notice: Notice) -> Form:
    """Return the wording that was approved with a notice. Raises DamagedInput if it was altered."""
    form = build_form_file(notice)
    with workspace.segments.open_local(form.file) as path:
        data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != form.sha256:
        raise DamagedInput(
            f"the words of notice {notice.number}: {form.file} in {workspace.segments.where} was altered",
            hint="restore the file from a backup; sightline verify names all that is wrong",
        )
    return decode_form(data)


def _find_agreement(tables: Tables, notice: Notice) -> Mapping[str, object]:
    approval = tables[Approval].get(notice.approval_id) if notice.approval_id else None
    request: Mapping[str, object] = json.loads(approval.request_json) if approval else {}
    return request


def _prepare_paths(out: Path, names: tuple[str, ...], *, overwrite: bool) -> dict[str, Path]:
    """Create the folder and return the paths of its files. Raises an error if they cannot be written."""
    with name_output_on_error(out):
        out.mkdir(parents=True, exist_ok=True)
    paths = {name: out / name for name in names}
    for path in paths.values():
        check_one(path, (), overwrite=overwrite)
    return paths


def _write(files: Mapping[Path, bytes]) -> None:
    with write_all_or_none(list(files)) as beside:
        for path, data in files.items():
            with name_output_on_error(path), beside[path].open("wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
