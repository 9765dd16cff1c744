"""Forms of the case pages, field by field, as `casework.cases.case_forms` takes them."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from fastapi import UploadFile
from pydantic import BaseModel, Field, StringConstraints

from sightline.casework.cases.case_forms import AuthorityPaper, ClockForm
from sightline.casework.cases.cases import UNMEASURED_S
from sightline.evidence.documents.document_facts import DeviceKind
from sightline.model import AuthorityKind, ListUse, SourceKind

ZONE = "Asia/Kolkata"
"""The zone of the days in a form."""
Text = Annotated[str, StringConstraints(max_length=2000)]
FormTexts = dict[str, str | None]


class CaseForm(BaseModel):
    """A new case."""

    number: Text
    station: Text
    sections: Text
    io: Text
    begun_on: Text
    sho: Text = ""
    sp: Text = ""


class SourceForm(BaseModel):
    """A new source: what it is, its clock, and what a certificate says about the device."""

    kind: SourceKind
    use: ListUse
    name: Text
    timezone: Text = ""
    timezone_basis: Text = ""
    clock_offset: Annotated[float, Field(ge=-1e9, le=1e9)] = 0.0
    clock_uncertainty: Annotated[int, Field(ge=0, le=10**9)] = UNMEASURED_S
    clock_measured: Text = ""
    trusted_hops: Annotated[int, Field(ge=0, le=1000)] = 0
    server_name: Text = ""
    device: DeviceKind | Literal[""] = ""
    make: Text = ""
    model: Text = ""
    colour: Text = ""
    serial: Text = ""
    identifiers: Text = ""
    more: Text = ""

    def to_texts(self) -> FormTexts:
        """Its texts. An empty field is None."""
        texts = self.model_dump(mode="json", exclude={"clock_offset", "clock_uncertainty", "trusted_hops"})
        return {name: (text or "").strip() or None for name, text in texts.items()}

    def to_clock(self) -> ClockForm:
        """Return what a form declares about the clock of a source."""
        return ClockForm(self.clock_offset, self.clock_uncertainty, self.trusted_hops)


class AuthorityForm(BaseModel):
    """A new authority. `source`, `categories`: only these; categories separated by commas."""

    kind: AuthorityKind
    number: Text
    issued_by: Text
    issued_on: Text
    document: UploadFile
    since: Text = ""
    until: Text = ""
    keep_until: Text = ""
    source: list[Text] = []
    categories: Text = ""

    def to_texts(self) -> FormTexts:
        """Its texts. An empty day is None."""
        texts: dict[str, str] = self.model_dump(mode="json", exclude={"document", "source", "categories"})
        return {name: text.strip() or None for name, text in texts.items()} | {"timezone": ZONE}

    def list_categories(self) -> list[str]:
        """The categories that limit it."""
        return [part.strip() for part in self.categories.split(",") if part.strip()]

    def to_paper(self) -> AuthorityPaper:
        """Its document: the name, and the digest of the upload."""
        digest = hashlib.sha256()
        while piece := self.document.file.read(1 << 20):
            digest.update(piece)
        return AuthorityPaper(self.document.filename or "", digest.hexdigest())
