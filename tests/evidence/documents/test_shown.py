"""Facts are data: whatever a name holds stands on the page as it is, or is named character by character."""

import re
from dataclasses import replace
from datetime import datetime

import pytest

from sightline.evidence.documents import printable as module
from sightline.evidence.documents.document_facts import CaseFacts, DeviceFacts, DeviceKind, FileFacts, Language
from sightline.evidence.documents.printable import format_moment, make_printable_text
from sightline.evidence.documents.render import render_certificate_pdf

from .pdf_reader import words
from .samples import CERTIFICATE, CUSTODY, EXHIBIT

TYPST = '#panic("x") $x$ *b* _i_ = H @ref <l> // c /* \\u{41} `raw` #sys.inputs {value} [a] ~ -- "q" \\'


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("plain name.log", "plain name.log"),
        (TYPST, TYPST),
        ("a\nb\t\x1b[31m\x00", "a«U+000A»b«U+0009»«U+001B»[31m«U+0000»"),
        ("gpj.\u202egol", "gpj.«U+202E»gol"),
        ("bad\udcffbyte", "bad«xFF»byte"),
        ("two  spaces ", "two«U+0020»«U+0020»spaces«U+0020»"),
        ("no\u00a0break \u200b\ufeff", "no«U+00A0»break «U+200B»«U+FEFF»"),
        ("عر 中 😀", "«U+0639»«U+0631» «U+4E2D» «U+1F600»"),
        ("«U+202E»", "«U+00AB»U+202E«U+00BB»"),
        ("ക്ഷ ന്\u200d क्\u200dष", "ക്ഷ ന്\u200d क्\u200dष"),
        ("a\u200db", "a«U+200D»b"),
    ],
)
def test_characters_that_a_page_cannot_print_are_named(text: str, page: str) -> None:
    assert make_printable_text(text) == page


@pytest.mark.parametrize("language", list(Language))
def test_markup_in_any_fact_is_text(language: Language) -> None:
    long = "/" + "folder-of-a-long-path_" * 40
    facts = replace(
        CERTIFICATE,
        case=CaseFacts(TYPST, TYPST, TYPST),
        exhibit=replace(EXHIBIT, number=TYPST, file=FileFacts(long, 0, "f" * 64), received_from=TYPST),
        device=DeviceFacts(DeviceKind.OTHER, *[TYPST] * 6),
        records=(FileFacts(TYPST, 1, TYPST),),
        custody=tuple(replace(event, by=TYPST, how=TYPST, where=TYPST, why=TYPST) for event in CUSTODY),
        runs=tuple(
            replace(run, machine=TYPST, options=((TYPST, TYPST),), rejects=((TYPST, 1),)) for run in CERTIFICATE.runs
        ),
    )
    text = words(render_certificate_pdf(facts, language))

    # In both parts six of the device and two of the record; then case, exhibit, four of each event, and the run's.
    assert text.count("".join(TYPST.split())) == 2 * (6 + 2) + 3 + 2 + 4 * len(CUSTODY) + 4
    assert long in text


def test_fonts_have_every_character_that_is_printed_unchanged() -> None:
    plain = [chr(code) for code in range(0x110000) if re.fullmatch(module.PLAIN, chr(code))]
    file = FileFacts(
        " ".join("".join(plain[at : at + 12]).replace(" ", "") for at in range(0, len(plain), 12)), 1, "0" * 64
    )
    # In bold where the certificate fills it in, and in the plain weight in the annexure: PDF/A refuses a missing glyph.
    facts = replace(CERTIFICATE, exhibit=replace(EXHIBIT, file=file), device=DeviceFacts(more=file.name))

    assert len(plain) > 1400
    assert render_certificate_pdf(facts, Language.ENGLISH)


def test_a_time_says_its_zone_and_one_without_is_refused() -> None:
    assert format_moment(datetime.fromisoformat("2026-03-01T20:00:00+00:00")) == {
        "ist": "02/03/2026 01:30:00 IST",
        "utc": "2026-03-01 20:00:00 UTC",
    }
    with pytest.raises(ValueError, match="no zone"):
        format_moment(datetime(2026, 3, 1, 20))
