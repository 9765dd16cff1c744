"""Notes about a case and their attachments, and deadlines that officers set in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sightline.casework.cases.cases import find_case
from sightline.casework.input_checks import name_thing, parse_instant, require_day, require_visible, require_words
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.instants import format_day_in_india
from sightline.ledger.verbs import Verb
from sightline.storage.rows import CaseDeadline, CaseFile, CaseNote
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import Change

LONGEST_NOTE = 4_000
"""Maximum number of characters of a note about a case."""
FURTHEST = timedelta(days=3_660)
"""A deadline further ahead is a typing error."""


def check_note_text(text: str, what: str) -> str:
    """Return the text of a note as it is stored. Raises UsageError."""
    bare = require_words(text, what, most=LONGEST_NOTE)
    require_visible(bare, what, one_line=False)
    return bare


def record_note(change: Change, case_id: str, text: str, files: Sequence[CaseFile], officer_id: str) -> CaseNote:
    """Write a note and the rows of its sealed attachments. Raises UsageError for an unknown case."""
    case = find_case(change.tables, case_id)
    case_note = CaseNote(make_id(change.now), case.case_id, text, change.now_us, officer_id)
    change.add(Verb.CASE_NOTE_ADDED, case_note, case=case.case_id)
    for case_file in files:
        attached = replace(case_file, note_id=case_note.note_id)
        change.add(Verb.CASE_FILE_ADDED, attached, case=case.case_id, note=case_note.note_id, sha256=case_file.sha256)
    return case_note


def list_notes(tables: Tables, case_id: str) -> list[CaseNote]:
    """Return the notes about a case, newest first."""
    case_notes = tables[CaseNote].select(case_id=case_id)
    return sorted(case_notes, key=lambda case_note: (-case_note.made_at_us, case_note.note_id))


def list_files_by_note(tables: Tables, notes: Iterable[CaseNote]) -> dict[str, list[CaseFile]]:
    """Return the attachments by the id of their note, in the order in which they were attached."""
    result: dict[str, list[CaseFile]] = {}
    for case_file in sorted(
        tables[CaseFile].select_within("note_id", [note.note_id for note in notes]), key=lambda one: one.file
    ):
        result.setdefault(case_file.note_id, []).append(case_file)
    return result


def find_file(tables: Tables, case_id: str, file_id: str) -> CaseFile:
    """Return the attachment of a case with that id. Raises UsageError."""
    case_file = tables[CaseFile].get(file_id)
    note = tables[CaseNote].get(case_file.note_id) if case_file else None
    if case_file is None or note is None or note.case_id != case_id:
        raise UsageError("there is no such attachment in this case", hint="reload the page")
    return case_file


def set_deadline(officer_session: OfficerSession, case_id: str, what: str, due_on: str) -> CaseDeadline:
    """Set a day by which something in a case is due. Raises UsageError for a day that is over, NotAllowed."""
    text, due = require_words(what, "what is due"), require_day(due_on, "the day")
    require_visible(text, "what is due")
    with officer_session.change(Action.CASE_NOTE, name_thing("case", case_id)) as change:
        case = find_case(change.tables, case_id)
        today = format_day_in_india(change.now_us)
        if not today <= due <= f"{date.fromisoformat(today) + FURTHEST}":
            raise UsageError(f"{due} is over, or more than ten years ahead", hint="give today or a later day")
        case_deadline = CaseDeadline(
            make_id(change.now), case.case_id, due, text, change.now_us, officer_session.officer.officer_id
        )
        change.add(Verb.CASE_DEADLINE_SET, case_deadline, case=case.case_id)
    return case_deadline


def end_deadline(officer_session: OfficerSession, case_id: str, deadline_id: str, why: str) -> CaseDeadline:
    """Record that a deadline was met, or is no longer one. Raises UsageError, NotAllowed."""
    with officer_session.change(Action.CASE_NOTE, name_thing("case", case_id)) as change:
        case_deadline = change.tables[CaseDeadline].get(deadline_id)
        if case_deadline is None or case_deadline.case_id != case_id or case_deadline.ended_at_us is not None:
            raise UsageError("there is no such open deadline in this case", hint="reload the page")
        over = replace(
            case_deadline,
            ended_at_us=change.now_us,
            ended_by=officer_session.officer.officer_id,
            ended_why=require_words(why, "why"),
        )
        change.put(Verb.CASE_DEADLINE_SET, over, why=why, case=case_id)
    return over


def list_ends(tables: Tables) -> list[tuple[CaseDeadline, int]]:
    """Return every deadline that none has ended, with the last microsecond of its day in India, since 1970."""
    case_deadlines = tables[CaseDeadline].select(ended_at_us=None)
    return [
        (case_deadline, parse_instant(case_deadline.due_on, "the day", "Asia/Kolkata", is_end=True) - 1)
        for case_deadline in case_deadlines
    ]


def list_open_deadlines(tables: Tables, case_id: str) -> list[CaseDeadline]:
    """Return the deadlines of a case that officers set and none has ended, the first first."""
    case_deadlines = tables[CaseDeadline].select(case_id=case_id, ended_at_us=None)
    return sorted(case_deadlines, key=lambda case_deadline: (case_deadline.due_on, case_deadline.deadline_id))
