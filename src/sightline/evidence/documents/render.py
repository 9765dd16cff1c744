"""Certificates, hash reports, notices and reports as PDF/A-2a bytes: the same facts, the same bytes, everywhere."""

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

from sightline.evidence.documents.facts import CertificateFacts, CheckpointFacts, HashReportFacts, Language, LedgerFacts
from sightline.evidence.documents.notice_facts import NoticeFacts
from sightline.evidence.documents.operation_facts import OperationFacts
from sightline.evidence.documents.printable import page_value
from sightline.evidence.documents.referral_facts import ReferralFacts, SheetsFacts

Facts: TypeAlias = CertificateFacts | HashReportFacts | NoticeFacts | OperationFacts | ReferralFacts | SheetsFacts
TEMPLATES = Path(str(files("sightline.evidence.documents") / "templates"))
STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
"""Archivable, with the text of every glyph; tagged, so that a screen reader reads it."""


def certificate_pdf(facts: CertificateFacts, language: Language) -> bytes:
    """The certificate in the form that `facts.form` names, then what the record holds, as PDF/A-2a.

    Declarations, names of who certifies, dates of signing and signatures are blanks.
    """
    return _pdf(facts.form.value, facts, facts.ledger, language, facts.made_at_utc)


def hash_report_pdf(facts: HashReportFacts, language: Language) -> bytes:
    """Every file with its size and SHA-256, and how they were computed, as PDF/A-2a."""
    return _pdf("hash-report", facts, facts.ledger, language, facts.made_at_utc)


def notice_pdf(facts: NoticeFacts, wording: Mapping[str, object], language: Language) -> bytes:
    """A notice, or a reminder of one, in the words of its form (`wordings.py`), as PDF/A-2a.

    `language` is that of what all notices share; the signature is a blank.
    """
    words = {"wording": json.dumps(wording, ensure_ascii=False)}
    return _pdf("notice", facts, facts.ledger, language, facts.made_at_utc, words)


def operation_pdf(facts: OperationFacts, plate: str, language: Language) -> bytes:
    """The report of an operation, with its map (SVG, drawn by `stages/report`) and charts, as PDF/A-2a."""
    return _pdf("operation", facts, facts.ledger, language, facts.made_at_utc, {"map": plate})


def referral_pdf(facts: ReferralFacts, language: Language) -> bytes:
    """The letter that leads go to another force with, as PDF/A-2a; the signature is a blank."""
    return _pdf("referral", facts, facts.ledger, language, facts.made_at_utc)


def lead_sheets_pdf(facts: SheetsFacts, language: Language) -> bytes:
    """The lead sheets of a referral, as PDF/A-2a: the accounts in English, their headings in the language."""
    return _pdf("lead-sheets", facts, facts.ledger, language, facts.made_at_utc)


def _pdf(
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
        font_paths=_fonts(),
        format="pdf",
        sys_inputs=inputs(facts, ledger, language) | dict(more or {}),
        pdf_standards=STANDARDS,
        timestamp=int(made_at_utc.timestamp()),
    )


def inputs(facts: Facts, ledger: LedgerFacts | None, language: Language) -> dict[str, str]:
    """What a template is given: facts as JSON, the language, the checkpoint's QR code as SVG ("" where there is none).

    Facts reach a template as data only; no text of theirs is ever part of its source.
    """
    return {
        "facts": json.dumps(page_value(facts), ensure_ascii=False),
        "language": language.value,
        "qr": qr_svg(ledger.checkpoint) if ledger else "",
    }


def qr_svg(checkpoint: CheckpointFacts) -> str:
    """The checkpoint's note as a QR code in SVG, readable with a seventh of it damaged."""
    drawn = BytesIO()
    code = segno.make(checkpoint.note, error="m", boost_error=False, micro=False, encoding="utf-8", eci=False)
    code.save(drawn, kind="svg", border=4, xmldecl=False, light="#ffffff")
    return drawn.getvalue().decode()


@cache
def _fonts() -> typst.Fonts:
    """The fonts that the package ships, and no others: the machine's own would change the bytes."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[TEMPLATES / "fonts"])
