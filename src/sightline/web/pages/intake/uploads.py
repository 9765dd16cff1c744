"""Routes of uploads: each file of an intake arrives in pieces, by the tus protocol."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, File, UploadFile

from sightline.casework.permissions.access import Action
from sightline.errors import NotThere, UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.intake.intake import Upload
from sightline.storage.ulid import make_id
from sightline.web.context import RequestContext
from sightline.web.pages.intake import tus
from sightline.web.pages.intake.intake_view import get_own_intake, require_unread, store_of
from sightline.web.pages.intake.router import FILES, router
from sightline.web.pages.intake.router import ONE as INTAKE
from sightline.web.responses import PlainText, Redirect

ONE = f"{FILES}/{{upload_id}}"
PIECE = 8 << 20
MOST_IN_FORM = 100


@router.serve("OPTIONS", FILES, Action.SCAN, "intake:{intake_id}")
def describe_protocol(context: RequestContext, intake_id: str) -> PlainText:  # noqa: ARG001  - part of the path
    """Return which parts of the protocol are spoken."""
    return tus.list_options(store_of(context).limit_bytes)


@router.serve("POST", FILES, Action.SCAN, "intake:{intake_id}")
def begin_upload(context: RequestContext, intake_id: str) -> PlainText:
    """Reserve room for a file."""

    def begin() -> PlainText:
        get_own_intake(context, intake_id)
        facts, now = tus.read_file_facts(context.request), context.officer_session.clock()
        upload = Upload(make_id(now), facts.name, facts.size_bytes, to_microseconds(now), facts.modified_ms)
        with context.officer_session.record_refusals(JournalVerb.REFUSED_FILE, f"intake:{intake_id}"):
            store_of(context).begin_upload(intake_id, upload)
        return PlainText(HTTPStatus.CREATED, {"Location": f"/intake/{intake_id}/files/{upload.upload_id}"})

    return tus.answer_request(context, begin)


@router.serve("HEAD", ONE, Action.SCAN, "intake:{intake_id}")
def find_offset(context: RequestContext, intake_id: str, upload_id: str) -> PlainText:
    """Return how many bytes of a file are there."""

    def find() -> PlainText:
        get_own_intake(context, intake_id)
        upload, offset = store_of(context).find_upload(intake_id, upload_id)
        if upload.is_refused:
            raise NotThere("there is no such upload")
        return PlainText(HTTPStatus.OK, {"Upload-Offset": str(offset), "Upload-Length": str(upload.size_bytes)})

    return tus.answer_request(context, find)


@router.serve("PATCH", ONE, Action.SCAN, "intake:{intake_id}")
def append_bytes(
    context: RequestContext, intake_id: str, upload_id: str, chunk: Annotated[bytes, Depends(tus.read_chunk)]
) -> PlainText:
    """Append bytes to a file. A complete file that the seizure memo contradicts is refused."""

    def add() -> PlainText:
        get_own_intake(context, intake_id)
        tus.require_chunk(context.request)
        offset = tus.parse_header_number(context.request, "upload-offset")
        now_us = to_microseconds(context.officer_session.clock())
        with context.officer_session.record_refusals(JournalVerb.REFUSED_FILE, f"intake:{intake_id}"):
            store_of(context).append(intake_id, upload_id, offset, chunk, now_us)
        return PlainText(HTTPStatus.NO_CONTENT, {"Upload-Offset": str(offset + len(chunk))})

    return tus.answer_request(context, add)


@router.serve("DELETE", ONE, Action.SCAN, "intake:{intake_id}")
def end_upload(context: RequestContext, intake_id: str, upload_id: str) -> PlainText:
    """Remove a file."""

    def remove() -> PlainText:
        get_own_intake(context, intake_id)
        require_unread(context, intake_id)
        store_of(context).remove_upload(intake_id, upload_id)
        return PlainText(HTTPStatus.NO_CONTENT)

    return tus.answer_request(context, remove)


@router.act(f"{INTAKE}/upload", Action.SCAN, "intake:{intake_id}")
def take_upload_form(
    context: RequestContext, intake_id: str, files: Annotated[list[UploadFile], File(max_length=MOST_IN_FORM)]
) -> Redirect:
    """Take files by a plain form, for a browser without script: with the same checks, and small enough for one form."""
    get_own_intake(context, intake_id)
    require_unread(context, intake_id)
    store, count = store_of(context), 0
    for file in files:
        if not file.filename:
            continue
        now_us = to_microseconds(context.officer_session.clock())
        upload = Upload(make_id(context.officer_session.clock()), file.filename, file.size or 0, now_us)
        with context.officer_session.record_refusals(JournalVerb.REFUSED_FILE, f"intake:{intake_id}"):
            store.begin_upload(intake_id, upload)
            offset = 0
            while piece := file.file.read(PIECE):
                store.append(intake_id, upload.upload_id, offset, piece, now_us)
                offset += len(piece)
        count += 1
    if not count:
        raise UsageError(context.says("no_files_chosen"), hint=context.says("no_files_chosen_next"))
    return Redirect(f"/intake/{intake_id}", "taken", {"n": count})


@router.act(f"{ONE}/remove", Action.SCAN, "intake:{intake_id}")
def remove_file(context: RequestContext, intake_id: str, upload_id: str) -> Redirect:
    """Remove a file, by a form."""
    get_own_intake(context, intake_id)
    require_unread(context, intake_id)
    store_of(context).remove_upload(intake_id, upload_id)
    return Redirect(f"/intake/{intake_id}")
