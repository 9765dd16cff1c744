"""Certificates: every field of the law in its order in each language, facts filled in, declarations left blank."""

from dataclasses import replace
from io import BytesIO

import pypdf
import pytest

from sightline.evidence.documents.document_facts import (
    CertificateFacts,
    CertificateForm,
    CheckpointFacts,
    DeviceFacts,
    DeviceKind,
    ExhibitFacts,
    FileFacts,
    Language,
)
from sightline.evidence.documents.render import render_certificate_pdf

from .pdf_reader import catalogue, fonts, qr_texts, words
from .samples import CERTIFICATE, CUSTODY, EXHIBIT, LEDGER, RUN, digest
from .schedule import SCHEDULE, SECTION_65B, missing

OLD = replace(CERTIFICATE, form=CertificateForm.IEA_65B)
BOTH = pytest.mark.parametrize("facts", [CERTIFICATE, OLD], ids=["bsa-63", "iea-65b"])
EACH = pytest.mark.parametrize("language", list(Language))


@EACH
def test_every_field_of_the_schedule_appears_in_order(language: Language) -> None:
    assert missing(words(render_certificate_pdf(CERTIFICATE, language)), SCHEDULE[language]) == []


@EACH
def test_every_field_of_section_65b_appears_in_order(language: Language) -> None:
    assert missing(words(render_certificate_pdf(OLD, language)), SECTION_65B[language]) == []


@BOTH
@EACH
def test_it_is_pdf_a_tagged_and_says_its_language(facts: CertificateFacts, language: Language) -> None:
    pdf = render_certificate_pdf(facts, language)
    root = catalogue(pdf)
    about = root["/Metadata"].get_object().get_data().decode()

    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in "".join(about.split())
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == f"{language}-IN"


@BOTH
def test_every_font_is_embedded(facts: CertificateFacts) -> None:
    used = fonts(render_certificate_pdf(facts, Language.MALAYALAM))
    described = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in used]

    assert any("Malayalam" in font["/BaseFont"] for font in used)
    assert all({"/FontFile2", "/FontFile3"} & set(one) for one in described)


@BOTH
@EACH
def test_the_same_facts_give_the_same_bytes(facts: CertificateFacts, language: Language) -> None:
    once = render_certificate_pdf(facts, language)

    assert render_certificate_pdf(facts, language) == once
    assert render_certificate_pdf(replace(facts, made_at_utc=CUSTODY[0].at_utc), language) != once


@EACH
def test_facts_are_filled_in(language: Language) -> None:
    text = words(render_certificate_pdf(CERTIFICATE, language))
    device = CERTIFICATE.device
    results = [
        *(device.make_and_model, device.colour, device.serial_number, device.identifiers),
        *(one for record in CERTIFICATE.records for one in (record.sha256, record.name)),
        CERTIFICATE.hash_report_sha256,
    ]
    recorded = [
        *(EXHIBIT.number, EXHIBIT.received_from, EXHIBIT.received_how, EXHIBIT.received_by, "1,834,992,113"),
        *("01/03/2026 11:00:07 IST", "2026-03-01 05:30:07 UTC"),
        *(one for event in CUSTODY for one in (event.by, event.how, event.where, event.why)),
        *(RUN.run_id, RUN.format, RUN.format_id, RUN.machine, RUN.program.sha256),
        *(one for list_ in RUN.lists for one in (list_.list_id, list_.origin)),
        *(f"{name} = {value}" for name, value in RUN.options),
        *("12,034,567 = 12,030,001", "+ 4,500", "+ 66", "bad-time 60, short-line 6", "317"),
        *(RUN.segments[0].root, LEDGER.checkpoint.origin, LEDGER.checkpoint.root, "1,841", "1,902"),
        LEDGER.checkpoint.signatures[0],
    ]

    # Both parts give the source and the digests, the party and the expert each for themselves.
    assert [result for result in results if text.count("".join(str(result).split())) < 2] == []
    assert [one for one in recorded if "".join(str(one).split()) not in text] == []


@BOTH
@EACH
def test_only_what_the_record_knows_is_ticked(facts: CertificateFacts, language: Language) -> None:
    text = words(render_certificate_pdf(facts, language))
    parts = 2 if facts is CERTIFICATE else 1

    assert text.count("☑SHA256") == parts
    assert text.count("☑") == 2 * parts, "the kind of source and the algorithm; whose the device is, a person declares"


def test_an_unknown_field_stays_blank_and_no_box_is_ticked_for_it() -> None:
    text = words(render_certificate_pdf(replace(CERTIFICATE, device=DeviceFacts()), Language.ENGLISH))

    assert text.count("☑") == 2
    assert "Make&Model:Color:SerialNumber:IMEI/UIN/UID/MAC/CloudID(asapplicable)" in text


@pytest.mark.parametrize("kind", list(DeviceKind))
def test_the_box_of_the_source_is_ticked(kind: DeviceKind) -> None:
    labels = dict(
        zip(DeviceKind, "Computer/StorageMedia DVR Mobile FlashDrive CD/DVD Server Cloud Other".split(), strict=True)
    )
    text = words(render_certificate_pdf(replace(CERTIFICATE, device=DeviceFacts(kind)), Language.ENGLISH))

    assert text.count(f"☑{labels[kind]}") == 2


def test_records_past_the_fourth_are_left_to_the_hash_report_and_counted() -> None:
    records = tuple(FileFacts(f"part-{n}.log", n, digest(n)) for n in range(9))
    text = words(render_certificate_pdf(replace(CERTIFICATE, records=records), Language.ENGLISH))

    assert [text.count(record.sha256) for record in records] == [2] * 4 + [0] * 5
    assert text.count("and5more,eachintheenclosedhashreport") == 2


def test_a_copier_can_read_the_checkpoint() -> None:
    assert qr_texts(render_certificate_pdf(CERTIFICATE, Language.HINDI)) == [LEDGER.checkpoint.note]


def test_the_note_as_stored_is_what_the_code_says() -> None:
    note = LEDGER.checkpoint.note
    checkpoint = CheckpointFacts.from_note(note, "— witness.example AAAA")

    assert (checkpoint.origin, checkpoint.tree_size, checkpoint.note) == (LEDGER.checkpoint.origin, 1902, note)
    assert checkpoint.signatures == (*LEDGER.checkpoint.signatures, "— witness.example AAAA")


@EACH
def test_an_unrecorded_field_is_marked_as_not_recorded(language: Language) -> None:
    facts = replace(CERTIFICATE, exhibit=ExhibitFacts("P-12", EXHIBIT.file))
    fields = {Language.ENGLISH: "notrecorded", Language.HINDI: "अभिलिखितनहीं", Language.MALAYALAM: "രേഖപ്പെടുത്തിയിട്ടില്ല"}

    assert words(render_certificate_pdf(facts, language)).count(fields[language]) == 4


def test_without_a_checkpoint_there_is_no_code() -> None:
    pdf = render_certificate_pdf(replace(CERTIFICATE, ledger=None), Language.ENGLISH)

    assert qr_texts(pdf) == []
    assert "Placeintheledger" not in words(pdf)


def test_each_page_names_case_exhibit_and_its_number() -> None:
    custody = CUSTODY * 50
    pdf = render_certificate_pdf(replace(CERTIFICATE, custody=custody), Language.ENGLISH)
    pages = ["".join(page.extract_text().split()) for page in pypdf.PdfReader(BytesIO(pdf)).pages]

    assert len(pages) > 8
    for number, page in enumerate(pages, start=1):
        assert "CaseCr.123/2026·CyberPoliceStation,KochiCity" in page
        assert "ExhibitP-12" in page
        assert f"Page{number}of{len(pages)}" in page
    assert words(pdf).count("writeblocker;digestscompared") == 50


@BOTH
def test_an_exhibit_whose_custody_nobody_recorded_says_so(facts: CertificateFacts) -> None:
    bare = replace(facts, custody=(), runs=(), ledger=None, hash_report_sha256=None, device=DeviceFacts())
    assert "Noeventisrecorded." in words(render_certificate_pdf(bare, Language.ENGLISH))
