"""Render certificates, hash reports, notices and reports as PDF/A-2a.

The same facts give the same bytes on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

import segno
import typst

from sightline.evidence.documents.case_report_facts import CaseReportFacts
from sightline.evidence.documents.document_facts import (
    CertificateFacts,
    CheckpointFacts,
    HashReportFacts,
    Language,
    LedgerFacts,
)
from sightline.evidence.documents.notice_facts import NoticeFacts
from sightline.evidence.documents.operation_facts import OperationFacts
from sightline.evidence.documents.printable import convert_to_page_value
from sightline.evidence.documents.referral_facts import ReferralFacts, SheetsFacts

Facts: TypeAlias = (
    CaseReportFacts | CertificateFacts | HashReportFacts | NoticeFacts | OperationFacts | ReferralFacts | SheetsFacts
)
TEMPLATES = Path(str(files("sightline.evidence.documents") / "templates"))
STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
"""An archivable format with the text of every glyph, tagged for screen readers."""


def render_certificate_pdf(facts: CertificateFacts, language: Language) -> bytes:
    """Render a certificate in the form that `facts.form` names, followed by the recorded facts, as PDF/A-2a.

    Declarations, names of who certifies, dates of signing and signatures are blank.
    """
    return _render_pdf(facts.form.value, facts, facts.ledger, language, facts.made_at_utc)


def hash_report_pdf(facts: HashReportFacts, language: Language) -> bytes:
    """Render a hash report: every file with its size and SHA-256, and how they were computed, as PDF/A-2a."""
    return _render_pdf("hash-report", facts, facts.ledger, language, facts.made_at_utc)


def render_notice_or_reminder(facts: NoticeFacts, wording: Mapping[str, object], language: Language) -> bytes:
    """Render a notice or reminder with the wording of its form (`wordings.py`), as PDF/A-2a.

    `language` is the language of the text that all notices share; the signature is blank.
    """
    words = {"wording": json.dumps(wording, ensure_ascii=False)}
    return _render_pdf("notice", facts, facts.ledger, language, facts.made_at_utc, words)


def render_notice_pages(facts: NoticeFacts, wording: Mapping[str, object], language: Language) -> tuple[bytes, ...]:
    """Render the pages of a notice as SVG pictures, to be looked at before it is signed. Glyphs are outlines."""
    words = {"wording": json.dumps(wording, ensure_ascii=False)}
    pages = typst.compile(
        TEMPLATES / "notice.typ",
        root=TEMPLATES,
        font_paths=_make_fonts(),
        format="svg",
        sys_inputs=build_inputs(facts, facts.ledger, language) | words,
        timestamp=int(facts.made_at_utc.timestamp()),
    )
    return tuple(pages) if isinstance(pages, list) else (pages,)


def render_operation_pdf(facts: OperationFacts, plate: str, language: Language) -> bytes:
    """Render the report of an operation, with its map (SVG, drawn by `stages/report`) and charts, as PDF/A-2a."""
    return _render_pdf("operation", facts, facts.ledger, language, facts.made_at_utc, {"map": plate})


def render_case_report_pdf(facts: CaseReportFacts, language: Language) -> bytes:
    """Render the report of a case, as PDF/A-2a. `facts` has its texts in the language."""
    return _render_pdf("case-report", facts, facts.ledger, language, facts.made_at_utc)


def render_referral_pdf(facts: ReferralFacts, language: Language) -> bytes:
    """Render the letter of a referral to another force, as PDF/A-2a. The signature is blank."""
    return _render_pdf("referral", facts, facts.ledger, language, facts.made_at_utc)


def render_lead_sheets_pdf(facts: SheetsFacts, language: Language) -> bytes:
    """Render the lead sheets of a referral, as PDF/A-2a. `facts` has the accounts in the language."""
    return _render_pdf("lead-sheets", facts, facts.ledger, language, facts.made_at_utc)


def _render_pdf(
    template: str,
    facts: Facts,
    ledger: LedgerFacts | None,
    language: Language,
    made_at_utc: datetime,
    more: Mapping[str, str] | None = None,
) -> bytes:
    return typst.compile(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        font_paths=_make_fonts(),
        format="pdf",
        sys_inputs=build_inputs(facts, ledger, language) | dict(more or {}),
        pdf_standards=STANDARDS,
        timestamp=int(made_at_utc.timestamp()),
    )


def build_inputs(facts: Facts, ledger: LedgerFacts | None, language: Language) -> dict[str, str]:
    """Return a template's inputs: facts as JSON, the language, the checkpoint's QR code as SVG ("" without one).

    Facts reach a template as data only; their texts are never part of its source.
    """
    return {
        "facts": json.dumps(convert_to_page_value(facts), ensure_ascii=False),
        "language": language.value,
        "qr": render_qr_svg(ledger.checkpoint) if ledger else "",
    }


def render_qr_svg(checkpoint: CheckpointFacts) -> str:
    """Return the checkpoint's note as a QR code in SVG, readable with a seventh of it damaged."""
    buffer = BytesIO()
    code = segno.make(checkpoint.note, error="m", boost_error=False, micro=False, encoding="utf-8", eci=False)
    code.save(buffer, kind="svg", border=4, xmldecl=False, light="#ffffff")
    return buffer.getvalue().decode()


@cache
def _make_fonts() -> typst.Fonts:
    """The fonts that the package ships, and no others: the machine's own would change the bytes."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[TEMPLATES / "fonts"])
