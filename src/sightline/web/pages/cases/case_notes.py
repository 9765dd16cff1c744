"""Notes about a case with their attachments, and deadlines that officers set."""

from __future__ import annotations

from typing import Annotated

from fastapi import File as FormFile
from fastapi import Form, UploadFile

from sightline.casework.cases import case_notes, case_papers
from sightline.casework.cases.cases import find_case
from sightline.casework.input_checks import require_reason
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.approvals import TakesTwo
from sightline.services.case_files.attachments import NewFile, open_file, write_note
from sightline.services.case_files.file_types import MOST_BYTES
from sightline.web.context import RequestContext
from sightline.web.pages.cases.router import ONE, Text, router
from sightline.web.responses import File, Redirect
from sightline.web.uploads import read_upload

NoteText = Annotated[str, Form(max_length=2 * case_notes.LONGEST_NOTE)]


@router.act("/cases/{case_id}/notes", Action.CASE_NOTE, ONE)
def write_case_note(
    context: RequestContext,
    case_id: str,
    text: NoteText,
    files: Annotated[list[UploadFile], FormFile()] = [],  # noqa: B006
) -> Redirect:
    """Write a note about a case, with its attachments."""
    new_files = [
        NewFile(_get_bare_name(upload_file), read_upload(upload_file, MOST_BYTES))
        for upload_file in files
        if upload_file.filename
    ]
    note = write_note(context.officer_session, case_id, text, new_files)
    return Redirect(f"/cases/{note.case_id}?tab=notes", "note.done")


@router.show("/cases/{case_id}/files/{file_id}", Action.CASE_FILE_OPEN, None, ONE)
def save_file(context: RequestContext, case_id: str, file_id: str) -> File:
    """Save an attachment: the browser never shows it in place. The journal records that it was opened."""
    with context.read() as tables:
        case = find_case(tables, case_id)
    case_file, content = open_file(context.officer_session, case.case_id, file_id)
    return File(case_file.name, "application/octet-stream", content)


@router.act("/cases/{case_id}/deadlines", Action.CASE_NOTE, ONE)
def set_deadline(context: RequestContext, case_id: str, what: Text, due_on: Text) -> Redirect:
    """Set a day by which something in a case is due."""
    case_deadline = case_notes.set_deadline(context.officer_session, case_id, what, due_on)
    return Redirect(f"/cases/{case_deadline.case_id}?tab=deadlines", "deadline.set")


@router.act("/cases/{case_id}/deadlines/{deadline_id}/end", Action.CASE_NOTE, ONE)
def end_deadline(context: RequestContext, case_id: str, deadline_id: str, why: Text) -> Redirect:
    """Record that a deadline was met, or is none any more."""
    reason = require_reason(why, context.says("all.why"))
    case_notes.end_deadline(context.officer_session, case_id, deadline_id, reason)
    return Redirect(f"/cases/{case_id}?tab=deadlines", "deadline.over")


@router.act("/cases/{case_id}/papers/purge", Action.PURGE, "case-papers:{case_id}")
def purge_case_papers(
    context: RequestContext, case_id: str, why: Text, early: Annotated[bool, Form()] = False
) -> Redirect:
    """Destroy notes and attachments of a case after a second officer agreed. The first request asks for that."""
    here, reason = f"/cases/{case_id}?tab=notes", require_reason(why, context.says("all.why"))
    try:
        case_papers.purge_papers(context.officer_session, case_id, reason, early=early)
    except TakesTwo:
        return Redirect(here, "purge.asked")
    return Redirect(here, "purge.done")


def _get_bare_name(upload_file: UploadFile) -> str:
    """Return the last part of a file's name as the browser sent it."""
    return (upload_file.filename or "").replace("\\", "/").rpartition("/")[2]
