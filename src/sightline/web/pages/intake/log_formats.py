"""Routes of formats: describe the format of a file that no format reads, see its rows, and ask another officer."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from fastapi import Form
from pydantic import BaseModel, Field

from sightline.casework.input_checks import require_reason
from sightline.casework.permissions.access import Action
from sightline.casework.reference_data import log_formats
from sightline.errors import NotThere, UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.intake.format_draft import format_of_server, name_sample, read_first_lines, try_format
from sightline.stages.formats.draft.text import (
    DraftAnswers,
    OpenQuestions,
    format_answered_draft,
    format_described_time,
    format_name,
    open_questions,
)
from sightline.stages.formats.loader import Format, load_builtin_formats
from sightline.web.context import RequestContext
from sightline.web.pages.intake.intake_view import get_own_intake, store_of
from sightline.web.pages.intake.router import ONE, router
from sightline.web.responses import Page, Redirect

FORMAT, THING = f"{ONE}/format/{{upload_id}}", "intake:{intake_id}"
RECORD_KINDS = ("http-request", "proxy-request", "dns-query", "dns-answer", "dns-policy", "tls", "flow", "assignment")
FIELDS = ("host", "url", "referrer", "method", "status", "bytes", "user", "user_agent", "dns_type", "forwarded")
MOST_PIECES = 200


class FormatForm(BaseModel):
    """The answers, or the line of a server's configuration. `fields`: of each piece, in the order of the questions.

    `time`: which of the times that the questions offer, or -1 for the one that the officer describes.
    """

    specification: Annotated[str, Field(max_length=300)] = ""
    record_kind: Annotated[str, Field(max_length=20)] = ""
    time: Annotated[int, Field(ge=-1, le=50)] = 0
    time_piece: Annotated[str, Field(max_length=100)] = ""
    time_layout: Annotated[str, Field(max_length=100)] = ""
    zone: Literal["", "utc"] = ""
    fields: Annotated[list[str], Field(max_length=MOST_PIECES)] = []
    server: Literal["", "nginx", "apache", "squid"] = ""
    line: Annotated[str, Field(max_length=4000)] = ""
    why: Annotated[str, Field(max_length=500)] = ""


@router.show(FORMAT, Action.SCAN, JournalVerb.VIEW_EXHIBIT, THING)
def show_format_questions(context: RequestContext, intake_id: str, upload_id: str) -> Page:
    """Show what a draft asks about the lines of a file."""
    return _build_page(context, intake_id, upload_id, FormatForm())


@router.act(f"{FORMAT}/try", Action.SCAN, THING)
def try_answers(context: RequestContext, intake_id: str, upload_id: str, form: Annotated[FormatForm, Form()]) -> Page:
    """Show the rows as they would be read. Nothing is stored."""
    return _build_page(context, intake_id, upload_id, form, is_tried=True)


@router.act(f"{FORMAT}/ask", Action.FORMAT_USE, THING)
def ask_for_format(
    context: RequestContext, intake_id: str, upload_id: str, form: Annotated[FormatForm, Form()]
) -> Redirect:
    """Ask another officer to let the workspace use the format."""
    lines, name = _read_lines(context, intake_id, upload_id)
    text = _build_format_text(context, form, lines, name)
    tried = try_format(text, lines)
    if not tried.read:
        raise UsageError(context.says("format.reads_none"), hint=context.says("format.reads_none_next"))
    upload, _ = store_of(context).find_upload(intake_id, upload_id)
    seen: dict[str, int | str] = {
        "sample": name_sample(intake_id, upload_id),
        "sample_sha256": upload.sha256 or "",
        "sample_lines": tried.lines,
        "sample_read": tried.read,
    }
    why = require_reason(form.why, context.says("format.why"))
    log_formats.ask_to_use(context.officer_session, text, seen, why)
    return Redirect(f"/intake/{intake_id}", "format.asked", {"name": name})


@router.act("/intake/formats/{name}/end", Action.FORMAT_USE, "log-format:{name}")
def end_format(context: RequestContext, name: str, why: Annotated[str, Form(max_length=500)] = "") -> Redirect:
    """Ask another officer to end the use of a format of the workspace."""
    log_formats.ask_to_end(context.officer_session, name, require_reason(why, context.says("formats.why")))
    return Redirect("/intake", "formats.asked", {"name": name})


def list_own_formats(context: RequestContext) -> list[Format]:
    """Return the formats of the workspace, by name."""
    with context.read() as tables:
        return sorted(log_formats.load_formats_in_use(tables).values(), key=lambda one: one.name)


def _build_page(
    context: RequestContext, intake_id: str, upload_id: str, form: FormatForm, *, is_tried: bool = False
) -> Page:
    lines, name = _read_lines(context, intake_id, upload_id)
    upload, _ = store_of(context).find_upload(intake_id, upload_id)
    questions = open_questions(lines)
    facts: dict[str, Any] = {
        "intake_id": intake_id,
        "upload": upload,
        "name": name,
        "questions": questions,
        "kinds": RECORD_KINDS,
        "fields": FIELDS,
        "form": form,
        "text": None,
        "tried": None,
        "may_ask": context.may(Action.FORMAT_USE),
    }
    if is_tried:
        facts["text"] = _build_format_text(context, form, lines, name)
        facts["tried"] = try_format(facts["text"], lines)
    return Page("format.html", facts)


def _read_lines(context: RequestContext, intake_id: str, upload_id: str) -> tuple[bytes, str]:
    """Return the first lines of an own file, and a name for its format that no other format has."""
    get_own_intake(context, intake_id)
    upload, _ = store_of(context).find_upload(intake_id, upload_id)
    if not upload.is_complete:
        raise NotThere("there is no such upload")
    with context.read() as tables:
        taken = load_builtin_formats().keys() | log_formats.load_formats_in_use(tables).keys()
    lines = read_first_lines(store_of(context).locate_files(intake_id) / upload.name)
    return lines, format_name(PurePosixPath(upload.name).stem, taken)


def _build_format_text(context: RequestContext, form: FormatForm, lines: bytes, name: str) -> str:
    """Return the format of the answers as TOML. Raises UsageError for answers that are missing."""
    if form.line.strip():
        return format_of_server(form.server or "nginx", form.line.strip(), name)
    questions = open_questions(lines)
    if questions is None:
        raise UsageError(context.says("format.missing"), hint=context.says("format.missing_next"))
    text = format_answered_draft(
        lines, name, _build_answers(context, form, questions, name, _choose_time(context, form, questions, lines))
    )
    assert text is not None
    return text


def _choose_time(context: RequestContext, form: FormatForm, questions: OpenQuestions, lines: bytes) -> str:
    """Return the rule of the time that was chosen or described. Raises UsageError."""
    if 0 <= form.time < len(questions.times):
        return questions.times[form.time].rule
    if not form.time_piece or not form.time_layout.strip():
        raise UsageError(context.says("format.no_time"), hint=context.says("format.no_time_next"))
    return format_described_time(lines, form.time_piece, form.time_layout)


def _build_answers(
    context: RequestContext, form: FormatForm, questions: OpenQuestions, name: str, time: str
) -> DraftAnswers:
    chosen = dict(zip((open_piece.piece for open_piece in questions.pieces), form.fields, strict=False))
    by_piece = {open_piece.piece: open_piece for open_piece in questions.pieces}
    fields = {}
    for piece, field_name in chosen.items():
        allowed = {*FIELDS, *by_piece[piece].address_fields}
        if field_name in allowed:
            fields[piece] = field_name
    if form.record_kind not in RECORD_KINDS or not form.specification.strip():
        raise UsageError(context.says("format.missing"), hint=context.says("format.missing_next"))
    basis = form.specification.strip()
    return DraftAnswers(f"Log {name}", basis, form.record_kind, time, form.zone == "utc", fields)
