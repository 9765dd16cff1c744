"""Certificates and hash reports of an exhibit, filled in from the record; told to the ledger by their digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sightline.casework.access import Action
from sightline.casework.acting import Desk
from sightline.casework.declared import thing
from sightline.casework.exhibits import exhibit_of, shown_exhibit
from sightline.engines.outputs import check_one, whole
from sightline.engines.papers.certificate_facts import certifiable, certificate, hash_report
from sightline.engines.papers.graph import require_kept
from sightline.errors import writing
from sightline.record.evidence.documents.facts import CertificateForm, Language
from sightline.record.evidence.documents.render import certificate_pdf, hash_report_pdf
from sightline.record.ledger.verbs import Seen, Verb


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """What is certified, in which language, under which exhibit number of the case, and where the files go.

    `case` says whose paper it is where the exhibit is held under several: its number, or its id.
    """

    exhibit: str
    language: Language
    out: Path
    number: str | None = None
    overwrite: bool = False
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Certified:
    """The files that were written."""

    certificate: Path
    hash_report: Path
    form: CertificateForm


def certify(desk: Desk, request: CertificateRequest) -> Certified:
    """Write the certificate and the hash report of an exhibit."""
    now = desk.clock()
    desk.require(Action.CERTIFICATE, thing("exhibit", request.exhibit))
    with desk.workspace.reading() as shelves:
        exhibit_id = exhibit_of(shelves, request.exhibit).exhibit_id
    paths = _paths(request, exhibit_id)
    with desk.read(Action.CERTIFICATE, f"exhibit:{exhibit_id}", Seen.EXPORT_DOCUMENT) as shelves:
        shown = shown_exhibit(shelves, exhibit_id)
        require_kept(shown)
        one = certifiable(shelves, shown, request.case, request.number)
    report = hash_report_pdf(hash_report(one, now), request.language)
    facts = certificate(one, now, hashlib.sha256(report).hexdigest())
    made = Certified(*paths, facts.form)
    pdfs = {made.certificate: certificate_pdf(facts, request.language), made.hash_report: report}
    _write(desk, exhibit_id, request.language, made, pdfs)
    return made


def _paths(request: CertificateRequest, exhibit_id: str) -> tuple[Path, Path]:
    """Where certificate and hash report go. Raises what says that they cannot."""
    with writing(request.out):
        request.out.mkdir(parents=True, exist_ok=True)
    stem = f"certificate-{exhibit_id[:12]}-{request.language.value}"
    paths = request.out / f"{stem}.pdf", request.out / f"{stem}-hash-report.pdf"
    for path in paths:
        check_one(path, (), overwrite=request.overwrite)
    return paths


def _write(desk: Desk, exhibit_id: str, language: Language, made: Certified, pdfs: Mapping[Path, bytes]) -> None:
    """Files and entry come together: the files first, under other names, then the entry, then their names."""
    about = f"exhibit:{exhibit_id}"
    with whole(list(pdfs)) as beside:
        for path, pdf in pdfs.items():
            with writing(path), beside[path].open("wb") as out:
                out.write(pdf)
                out.flush()
                os.fsync(out.fileno())
        with desk.change(Action.CERTIFICATE, about) as change:
            facts: dict[str, str | int] = {
                "form": made.form.value,
                "language": language.value,
                "certificate": hashlib.sha256(pdfs[made.certificate]).hexdigest(),
                "hash_report": hashlib.sha256(pdfs[made.hash_report]).hexdigest(),
            }
            change.ledger.append(Verb.CERTIFICATE_MADE, change.signer, about, facts=facts)
