"""Forms of the referral pages, converted for casework."""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from typing import Annotated

from fastapi import UploadFile
from pydantic import BaseModel, StringConstraints

from sightline.casework.forces import forces
from sightline.casework.input_checks import parse_instant, require_day, require_words
from sightline.errors import UsageError
from sightline.model import AuthorityKind, RequestWay
from sightline.stages.lists.signature import KeyFileError, PublicKey, read_public_key
from sightline.stages.report.printable import IST
from sightline.web.context import RequestContext
from sightline.web.uploads import read_upload

Text = Annotated[str, StringConstraints(max_length=2000)]
ZONE = "Asia/Kolkata"
DOCUMENT_BYTES = PACKAGE_BYTES = 48 << 20
"""Maximum size of an upload. `sightline referrals import` opens a larger package."""
NOTE_BYTES, KEY_BYTES = 1 << 20, 1 << 14


class AskForm(BaseModel):
    """A force's request, as the form has it."""

    force: Text
    case: Text
    kind: AuthorityKind
    number: Text
    issued_by: Text
    issued_on: Text
    received: Text
    document: UploadFile
    valid_until: Text = ""
    since: Text = ""
    until: Text = ""
    how: RequestWay = RequestWay.PAPER
    state: list[Text] = []

    def to_request(self, context: RequestContext) -> forces.RequestForm:
        """Return the request as casework registers it. Raises UsageError."""
        t = context.says
        content = read_upload(self.document, DOCUMENT_BYTES)
        if not content:
            raise UsageError(t("no_document"))
        return forces.RequestForm(
            self.force,
            require_words(self.case, t("their_case")),
            self.kind,
            require_words(self.number, t("number")),
            require_words(self.issued_by, t("issued_by")),
            require_day(self.issued_on, t("issued_on")),
            hashlib.sha256(content).hexdigest(),
            require_words(PurePath(self.document.filename or "document").name, t("document")),
            require_day(self.received, t("received")),
            self.how,
            require_day(self.valid_until, t("valid_until")) if self.valid_until else None,
            tuple(self.state),
            parse_instant(self.since, t("since"), ZONE) if self.since else None,
            parse_instant(self.until, t("until"), ZONE, is_end=True) if self.until else None,
        )


def format_today(context: RequestContext) -> str:
    """Return today in India, as a form field has it."""
    return context.officer_session.clock().astimezone(IST).date().isoformat()


def read_uploaded_key(file: UploadFile) -> PublicKey:
    """Return the uploaded minisign public key. Raises UsageError."""
    try:
        text = read_upload(file, KEY_BYTES).decode()
        return read_public_key(text, PurePath(file.filename or "").stem)
    except (KeyFileError, UnicodeDecodeError) as wrong:
        error_text = str(wrong) if isinstance(wrong, KeyFileError) else "not a minisign public key"
        raise UsageError(f"{file.filename}: {error_text}") from None
