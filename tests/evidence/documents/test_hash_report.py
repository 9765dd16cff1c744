"""Hash reports: every file, on pages that can be counted."""

from dataclasses import replace
from io import BytesIO

import pypdf
import pytest

from sightline.evidence.documents.document_facts import FileFacts, Language
from sightline.evidence.documents.render import hash_report_pdf

from .pdf_reader import qr_texts, words
from .samples import HASH_REPORT, LEDGER, PROGRAM, digest

SENTENCES = {
    Language.ENGLISH: ["Hash report", "over all bytes of the file as held", "1,000, of 499,500 bytes together"],
    Language.HINDI: ["हैश रिपोर्ट", "फाइल के सभी बाइटों पर, जैसी वह रखी गई है,", "1,000, कुल 499,500 बाइट"],
    Language.MALAYALAM: ["ഹാഷ് റിപ്പോർട്ട്", "ഫയലിന്റെ എല്ലാ ബൈറ്റുകളിലും", "1,000 എണ്ണം, ആകെ 499,500 ബൈറ്റ്"],
}


@pytest.mark.parametrize("language", list(Language))
def test_a_thousand_files_are_all_there_with_size_and_digest(language: Language) -> None:
    files = tuple(FileFacts(f"node/{n}/access.log", n, digest(n)) for n in range(1000))
    text = words(hash_report_pdf(replace(HASH_REPORT, files=files), language))

    assert [s for s in SENTENCES[language] if "".join(s.split()) not in text] == []
    assert [f for f in files if f"{f.name}{f.sha256}{f.size_bytes}" not in text] == []


def test_it_says_by_what_and_where_it_was_computed() -> None:
    pdf = hash_report_pdf(HASH_REPORT, Language.ENGLISH)
    text = words(pdf)

    for fact in (
        "SHA-256(FIPS180-4)",
        "Sightline0.1.0",
        PROGRAM.sha256,
        "examination-2,Linux6.1x86_64",
        "03/03/202614:00:07IST",
    ):
        assert str(fact) in text
    assert qr_texts(pdf) == [LEDGER.checkpoint.note]
    assert pdf == hash_report_pdf(HASH_REPORT, Language.ENGLISH)
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf


def test_pages_are_numbered_and_repeat_the_head_of_the_table() -> None:
    pages = pypdf.PdfReader(BytesIO(hash_report_pdf(replace(HASH_REPORT, ledger=None), Language.ENGLISH))).pages
    texts = ["".join(page.extract_text().split()) for page in pages]

    assert len(texts) == 3
    assert all(f"Page{number}of3" in text for number, text in enumerate(texts, start=1))
    assert all("No.Filenameasreceived,andSHA-256Bytes" in text for text in texts)
