"""Write certificates and hash reports of an exhibit, with ledger entries of their digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sightline.casework.exhibits.exhibits import find_exhibit, load_exhibit_record
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import name_output_on_error
from sightline.evidence.documents.document_facts import CertificateForm, Language
from sightline.evidence.documents.render import hash_report_pdf, render_certificate_pdf
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.services.documents.certificate_facts import build_certificate_facts, find_certifiable, hash_report
from sightline.services.documents.exhibit_graph import require_kept
from sightline.services.match.outputs import check_one, write_all_or_none
from sightline.workspace.workspace import Change


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """The input of a certificate: its subject, language, exhibit number in the case, and output folder.

    `case`: the case of the document if the exhibit is held under several: its number, or its id.
    """

    exhibit: str
    language: Language
    out: Path
    number: str | None = None
    overwrite: bool = False
    case: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """The files that were written."""

    certificate: Path
    hash_report: Path
    form: CertificateForm


@dataclass(frozen=True, slots=True)
class Papers:
    """A certificate and its hash report, as PDF/A. The files are named by `stem`."""

    exhibit_id: str
    stem: str
    form: CertificateForm
    certificate: bytes
    hash_report: bytes

    @property
    def names(self) -> tuple[str, str]:
        """Return the names of certificate and hash report."""
        return f"{self.stem}.pdf", f"{self.stem}-hash-report.pdf"


def certify_exhibit(officer_session: OfficerSession, request: CertificateRequest) -> IssuedCertificate:
    """Write the certificate and the hash report of an exhibit."""
    officer_session.require(Action.CERTIFICATE, name_thing("exhibit", request.exhibit))
    with officer_session.workspace.read() as tables:
        exhibit_id = find_exhibit(tables, request.exhibit).exhibit_id
    paths = _choose_paths(request, exhibit_id)
    papers = draw_papers(officer_session, exhibit_id, request.language, request.number, request.case)
    issued_certificate = IssuedCertificate(*paths, papers.form)
    _write(officer_session, papers, request.language, {paths[0]: papers.certificate, paths[1]: papers.hash_report})
    return issued_certificate


def hand_out_papers(
    officer_session: OfficerSession, exhibit: str, language: Language, number: str | None, case: str | None
) -> Papers:
    """Return the papers of an exhibit, with a ledger entry."""
    papers = draw_papers(officer_session, exhibit, language, number, case)
    with officer_session.change(Action.CERTIFICATE, f"exhibit:{papers.exhibit_id}") as change:
        _tell(change, papers, language)
    return papers


def draw_papers(
    officer_session: OfficerSession, exhibit: str, language: Language, number: str | None, case: str | None
) -> Papers:
    """Return the papers of an exhibit, without a ledger entry yet."""
    now = officer_session.clock()
    with officer_session.read(
        Action.CERTIFICATE, name_thing("exhibit", exhibit), JournalVerb.EXPORT_DOCUMENT
    ) as tables:
        record = load_exhibit_record(tables, exhibit)
        require_kept(record)
        certifiable = find_certifiable(tables, record, case, number)
    report = hash_report_pdf(hash_report(certifiable, now), language)
    facts = build_certificate_facts(certifiable, now, hashlib.sha256(report).hexdigest())
    exhibit_id = record.exhibit.exhibit_id
    return Papers(
        exhibit_id, _name_stem(exhibit_id, language), facts.form, render_certificate_pdf(facts, language), report
    )


def _name_stem(exhibit_id: str, language: Language) -> str:
    return f"certificate-{exhibit_id[:12]}-{language.value}"


def _choose_paths(request: CertificateRequest, exhibit_id: str) -> tuple[Path, Path]:
    """Return where certificate and hash report go. Raises what says that they cannot."""
    with name_output_on_error(request.out):
        request.out.mkdir(parents=True, exist_ok=True)
    stem = _name_stem(exhibit_id, request.language)
    paths = request.out / f"{stem}.pdf", request.out / f"{stem}-hash-report.pdf"
    for path in paths:
        check_one(path, (), overwrite=request.overwrite)
    return paths


def _write(officer_session: OfficerSession, papers: Papers, language: Language, pdfs: Mapping[Path, bytes]) -> None:
    """Files and entry come together: the files first, under other names, then the entry, then their names."""
    with write_all_or_none(list(pdfs)) as beside:
        for path, pdf in pdfs.items():
            with name_output_on_error(path), beside[path].open("wb") as out:
                out.write(pdf)
                out.flush()
                os.fsync(out.fileno())
        with officer_session.change(Action.CERTIFICATE, f"exhibit:{papers.exhibit_id}") as change:
            _tell(change, papers, language)


def _tell(change: Change, papers: Papers, language: Language) -> None:
    facts: dict[str, str | int] = {
        "form": papers.form.value,
        "language": language.value,
        "certificate": hashlib.sha256(papers.certificate).hexdigest(),
        "hash_report": hashlib.sha256(papers.hash_report).hexdigest(),
    }
    change.ledger.append(Verb.CERTIFICATE_MADE, change.signer, f"exhibit:{papers.exhibit_id}", facts=facts)
