"""Lists of agencies that sign none: a key for the agency, and the list that an officer transcribed and signs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import Form, UploadFile
from pydantic import BaseModel

from sightline.casework.input_checks import require_reason
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.approvals import list_waiting
from sightline.casework.reference_data import issuers
from sightline.errors import UsageError
from sightline.ledger.instants import to_microseconds
from sightline.model import ListUse
from sightline.services.scan.list_intake import add_list
from sightline.services.scan.transcription import TranscriptionStatement, read_key, sign_list
from sightline.stages.lists.signature import KeyFileError, create_key
from sightline.web.context import RequestContext
from sightline.web.pages.lists.router import KEY_BYTES, Text, read_agreement, router
from sightline.web.responses import File, Page, Redirect
from sightline.web.uploads import read_upload, report_bad_upload, write_upload

Typed = Annotated[str, Form(max_length=1_000_000)]
TYPED_NAME = "list.txt"
"""The name of a list that an officer typed. Its series is a field of the form."""


class SigningForm(BaseModel):
    """A list to sign: a file or typed rows, the agency's key, and what the signature says."""

    key: UploadFile
    series: Text
    valid_until: Text
    use: ListUse
    flags: UploadFile | None = None
    text: Typed = ""
    category: Text = ""
    transcribed_by: Text = ""
    original: UploadFile | None = None
    replaces: bool = False
    allow_rejects: bool = False

    def to_statement(self) -> TranscriptionStatement:
        """Return what the signature says. Of the original, only its SHA-256 is kept."""
        given = self.original is not None and bool(self.original.filename)
        digest = _compute_sha256(self.original.file) if given and self.original is not None else None
        category, by = self.category.strip() or None, self.transcribed_by.strip() or None
        return TranscriptionStatement(self.series.strip(), self.valid_until.strip(), self.use, category, by, digest)


@router.show("/lists/sign", Action.SCAN, None, "list:new")
def show_form(context: RequestContext) -> Page:
    """Show the form that signs a list, the keys that can sign, and how an agency gets one."""
    with context.read() as tables:
        trusted = issuers.list_trusted_keys(tables)
        pending_approvals = list_waiting(tables, to_microseconds(context.officer_session.clock()))
    approvals = [approval for approval in pending_approvals if approval.action == Action.ISSUER_ENROL]
    facts = {"trusted": trusted, "asked": approvals, "uses": list(ListUse), "officer": context.officer_session.officer}
    return Page("transcription.html", facts | {"may_enrol": context.may(Action.ISSUER_ENROL)})


@router.act("/lists/sign", Action.SCAN, "list:new")
def sign_and_add_list(context: RequestContext, form: Annotated[SigningForm, Form()]) -> Redirect:
    """Sign a list with an agency's key, and add it for the next scans."""
    officer_session = context.officer_session
    key = read_key(read_upload(form.key, KEY_BYTES), form.key.filename or "")
    with officer_session.workspace.open_scratch() as folder, report_bad_upload(officer_session, "list:new"):
        path = _write_list(context, folder / "list", form)
        sign_list(path, key, form.to_statement(), officer_session.clock(), allow_rejects=form.allow_rejects)
        added = add_list(officer_session, path, read_agreement(context, replaces=form.replaces))
    return Redirect(f"/lists/{added.list_id}", "add.done", {"issuer": added.issuer})


@router.act("/lists/keys", Action.ISSUER_ENROL, "issuer-key:new")
def make_key(context: RequestContext, issuer: Text, why: Text) -> File:
    """Make a key for an agency, ask to trust it, and give the secret key to the officer. It is stored nowhere."""
    reason = require_reason(why, context.says("all.why"))
    try:
        key = create_key(issuer.strip())
    except KeyFileError as wrong:
        raise UsageError(str(wrong)) from None
    issuers.enrol(context.officer_session, key.derive_public(), reason)
    return File(f"{key.issuer}.key", "text/plain", key.to_text().encode())


def _write_list(context: RequestContext, folder: Path, form: SigningForm) -> Path:
    """Write the file, or the typed rows. Raises UsageError unless there is exactly one of the two."""
    has_file, typed = form.flags is not None and bool(form.flags.filename), form.text.strip()
    if has_file == bool(typed):
        raise UsageError(context.says("sign.one_list"), hint=context.says("sign.one_list_next"))
    if has_file and form.flags is not None:
        return write_upload(folder, form.flags)
    folder.mkdir()
    path = folder / TYPED_NAME
    path.write_text("\n".join(typed.splitlines()) + "\n", encoding="utf-8")
    return path


def _compute_sha256(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()
