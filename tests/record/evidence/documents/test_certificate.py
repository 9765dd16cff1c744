"""Certificates: the fields of the law in each language, PDF/A, the same bytes for the same facts."""

from sightline.record.evidence.documents.facts import Language
from sightline.record.evidence.documents.render import certificate_pdf

from .samples import CERTIFICATE


def test_the_same_facts_give_the_same_bytes_and_they_are_pdf_a() -> None:
    page = certificate_pdf(CERTIFICATE, Language.ENGLISH)

    assert page == certificate_pdf(CERTIFICATE, Language.ENGLISH)
    assert b"<pdfaid:part>2</pdfaid:part>" in page
