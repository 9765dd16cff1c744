"""The report of an operation: counts, map, events, precision with its bounds, in three
languages; hostile texts shown.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sightline.evidence.documents.document_facts import Language
from sightline.evidence.documents.operation_facts import (
    CountFacts,
    EventFacts,
    HappenedFacts,
    OperationFacts,
    PlaceFacts,
    RateFacts,
    ShadeFacts,
)
from sightline.evidence.documents.render import render_operation_pdf
from sightline.model import CloseReason, LeadStatus, OperationEventKind, OutcomeKind
from sightline.stages.report import words as report_words
from sightline.stages.report.place_table import PlaceKind

from .pdf_reader import catalogue, fonts, qr_texts, words
from .samples import LEDGER, PROGRAM, digest, on

PLATE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="9" height="9" fill="#0b5d58"/></svg>'
KINDS = [operation_event_kind.value for operation_event_kind in OperationEventKind]


def counts(keys: list[str]) -> tuple[CountFacts, ...]:
    return tuple(CountFacts(key, at, f"{at / len(keys):.4f}") for at, key in enumerate(keys))


FACTS = OperationFacts(
    name="P-Hunt 7",
    why="lines of three districts",
    unit="Cyber PS, Thrissur",
    begun_on="2026-03-01",
    closed_on="2026-03-20",
    closed_why="all lines were visited",
    is_exercise=False,
    made_by="P. Menon, supervisor",
    generation=digest("generation"),
    leads=1234,
    lost=3,
    named=208,
    stages=counts([lead_status.value for lead_status in LeadStatus]),
    closed_for=counts([close_reason.value for close_reason in CloseReason]),
    ceilings=counts([ceiling.value for ceiling in report_words.LADDER]),
    places=(
        PlaceFacts("IN-KL", 1200, "1.0000", 1000, 150, 50),
        *(
            PlaceFacts(place_kind.value, 7, "0.0058", 1, 2, 4)
            for place_kind in PlaceKind
            if place_kind is not PlaceKind.STATE
        ),
    ),
    shades=(ShadeFacts("#eef1ef", 0, 0), ShadeFacts("#cfe3e0", 1, 9), ShadeFacts("#0b5d58", 10, None)),
    missing=(CountFacts("IN-LD", 2, "1"),),
    happened=counts(KINDS),
    happened_in=(HappenedFacts("IN-KL", (1, 2, 3, 4, 5, 6, 7)), HappenedFacts("XX-YY", (0, 0, 0, 0, 0, 0, 1))),
    days=tuple(CountFacts(f"2026-03-{day:02}", day % 5, f"{day % 5 / 4:.4f}") for day in range(1, 29)),
    bar_days=1,
    events=(EventFacts("2026-03-05", "search", "IN-KL", "Thrissur", 4, "4cedfc694ced", "GD 14 of 5.3.2026"),),
    event_count=12,
    outcomes=counts([outcome_kind.value for outcome_kind in OutcomeKind]),
    rates=(
        RateFacts("all", "outcomes", 8, 1, 1, 2, 10, "0.8000", "0.4902", "0.9433", "80", "49", "94"),
        RateFacts("isp", "Examplenet", 1, 0, 0, 0, 1, None, None, None, None, None, None),
    ),
    ledger=LEDGER,
    program=PROGRAM,
    made_at_utc=on(21, 9),
)
SENTENCES = {
    Language.ENGLISH: ["names nobody", "80 % of 10 (49 to 94 %)", "too few", "Kerala 1,200"],
    Language.HINDI: ["किसी का नाम नहीं लेती", "10 में से 80 % (49 से 94 %)", "बहुत कम", "केरल 1,200"],
    Language.MALAYALAM: ["ആരുടെയും പേര് പറയുന്നില്ല", "80 % (49 മുതൽ 94 % വരെ)", "വളരെ കുറവ്", "കേരളം 1,200"],
}


@pytest.mark.parametrize("language", list(Language))
def test_a_report_says_all_and_is_archivable(language: Language) -> None:
    pdf = render_operation_pdf(FACTS, PLATE, language)
    text = words(pdf)
    for sentence in (
        *SENTENCES[language],
        "P-Hunt 7",
        "Cyber PS, Thrissur",
        "GD 14 of 5.3.2026",
        "4cedfc694ced",
        "XX-YY",
    ):
        assert "".join(sentence.split()) in text, sentence
    assert qr_texts(pdf) == [LEDGER.checkpoint.note]
    about = catalogue(pdf)["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in "".join(about.split())
    assert catalogue(pdf)["/Lang"] == f"{language}-IN"
    assert all(font["/DescendantFonts"] for font in fonts(pdf))
    assert render_operation_pdf(FACTS, PLATE, language) == pdf


@pytest.mark.parametrize("language", list(Language))
def test_an_operation_in_which_nothing_happened_has_a_report(language: Language) -> None:
    empty = replace(
        FACTS,
        leads=0, lost=0, named=0, closed_on=None, closed_why=None, is_exercise=True, stages=counts(["new"]),
        closed_for=(), ceilings=(), places=(), missing=(), happened_in=(), days=(), events=(), event_count=0,
        outcomes=(), rates=(), ledger=None,
    )  # fmt: skip
    assert "P-Hunt7" in words(render_operation_pdf(empty, PLATE, language))


def test_hostile_texts_are_printed_and_never_interpreted() -> None:
    nasty = "#panic() $x$ *b* \u202e <script> \\"
    event = replace(FACTS.events[0], district=nasty, why=nasty)
    pdf = render_operation_pdf(replace(FACTS, name=nasty, why=nasty, events=(event,)), PLATE, Language.ENGLISH)
    assert words(pdf).count("#panic()$x$*b*«U+202E»<script>\\") >= 3
