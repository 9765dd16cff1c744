"""Lead sheets and reports in each language: English as it was, and no English left in another."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sightline.stages.leads.rule import NounCount
from sightline.stages.leads.rules import RULES
from sightline.stages.report import map as drawing
from sightline.stages.report.report_page import build_report_page
from sightline.stages.report.sheet import format_lead_sheet, pad_text
from sightline.stages.report.totals import count_totals
from sightline.translation.documents import get_translator
from sightline.translation.messages import LANGUAGES
from tests.stages.report.world import EXITS, FRAME, LEADS, REPORT, lead, reason

GOLDEN = Path(__file__).parent / "golden" / "sheets.txt"
TRANSLATIONS = [language for language in LANGUAGES if language != "en"]
OPENED = replace(REPORT, opened_why="FIR 12/2026", opened_by="I. O.")
JOINED = lead(sessions=2, joined_by="account", last_seen="2026-03-20T10:00:00Z")
LATER = {"first_seen": "2026-03-20T09:59:00Z", "last_seen": "2026-03-20T10:00:00Z"}
SESSIONS = [lead(number=2), lead(number=3, source_ip="198.51.100.8", **LATER)]
WORD = re.compile(r"[A-Za-z]{3,}")
ID = re.compile(r"\[[^]]*?(?:नियम|ചട്ടം) [a-z-]+|\b[0-9a-f]{8,}\b|\bL-\w{4}-\w{4}\b|seized-nginx\.log\.gz|\S+@\S+")
NAMES = frozenset(
    "Cyber Demo Example Fibre Mobile City Lite exits Ernakulam AGENCY FIR ISP UTC IST Tor VPN NAT DNS TLS SHA POCSO Act"
    " Sightline min Geolocation com CSAM CDN HEAD GET POST URL TOR IPv referrer User Agent Open Graph".split()
)
"""Names, abbreviations and units that have no other form, and the credit that a licence requires in its own words."""


def test_english_is_byte_for_byte_what_it_was() -> None:
    sheets = [*(format_lead_sheet(one, REPORT) for one in LEADS), format_lead_sheet(JOINED, OPENED, SESSIONS)]
    assert "\n".join(sheets) == GOLDEN.read_text(encoding="utf-8")
    pages = [
        build_report_page(REPORT, LEADS, count_totals(FRAME)),
        build_report_page(replace(OPENED, limit=3), LEADS, count_totals(FRAME)),
    ]
    digests = [hashlib.sha256(one.encode()).hexdigest()[:16] for one in (*pages, drawing.draw_map(count_totals(FRAME)))]
    assert digests == ["750f97f936b32301", "06b95d725434c877", "9f41a6c7c34bdc01"]


def of_rules(lead_fields: dict[str, Any]) -> dict[str, Any]:
    """A lead with every rule's own words in the place of invented ones."""
    row = dict.fromkeys(("n", "blocked", "later", "agents", "visits", "sessions", "sequential"), NounCount(3))

    def text(words: str) -> str:
        names = re.findall(r"\{(\w+)", words)
        return words.format_map({name: row.get(name, "X") for name in names})

    by_side: dict[str, list[dict[str, Any]]] = {side: [] for side in ("for", "against", "ceiling", "note")}
    for rule in RULES.values():
        by_side[rule.side.value].append(reason(rule.id, text(rule.sentence), 5))
    keep = [one["rule"] for one in lead_fields["reasons_ceiling"]]
    sides = {"reasons_for": "for", "reasons_against": "against", "notes": "note"}
    known = {key: by_side[side] for key, side in sides.items()}
    ceilings = [one for one in by_side["ceiling"] if one["rule"] in keep]
    return lead_fields | known | {"reasons_ceiling": ceilings}


CASES = [
    *map(of_rules, LEADS),
    of_rules(lead(place={"state": "IN-KL", "district": "Ernakulam", "verdict": "resolved"})),
    of_rules(lead(network={"asn": 64500, "line": "business"}, relay={"verdict": "unknown", "kind": None})),
    of_rules(lead("relay", relay={"kind": "private", "verdict": "yes", "dataset": EXITS})),
    of_rules(lead(indicators=[{"indicator_id": f"{at:032x}", "kind": "url-prefix", "count": at} for at in range(12)])),
    of_rules(lead(indicators=[{"indicator_id": "ab" * 16, "kind": "report"}])),
    of_rules(lead(first_seen=None, last_seen=None, source_ip=None, source_port=None, keep_until=None)),
    of_rules(JOINED),
    of_rules(lead(last_seen=LATER["last_seen"])),
    of_rules(lead(priority="urgent", reasons_for=[])),
]


def english_in(text: str) -> set[str]:
    return set(WORD.findall(ID.sub(" ", text))) - NAMES


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_english_is_left_in_a_sheet(language: str) -> None:
    report = replace(REPORT, translator=get_translator(language))
    for case in CASES:
        for lead_report in (report, replace(report, opened_why="FIR 12/2026")):
            assert english_in(" ".join(format_lead_sheet(case, lead_report, SESSIONS).split())) == set()


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_an_opened_address_and_its_reason_are_in_every_language(language: str) -> None:
    text = format_lead_sheet(JOINED, replace(OPENED, translator=get_translator(language)), SESSIONS)
    words = " ".join(text.split())
    assert all(one in words for one in ("203.0.113.77", "198.51.100.8", "51544", "I. O.", "FIR 12/2026"))


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_english_is_left_in_a_report(language: str) -> None:
    report = replace(REPORT, translator=get_translator(language), exhibits=(), rules=())
    text = build_report_page(report, CASES, count_totals(FRAME))
    assert f'<html lang="{language}">' in text
    assert text.count("@font-face") == 2 and "font-src data:" in text
    body = re.sub(r"<[^>]+>", "\n", re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL))
    rules = {part for rule in RULES for part in WORD.findall(rule)}
    left = {one for one in english_in(body) if one not in rules and not re.fullmatch("[A-Z]+|[0-9a-f]+", one)}
    assert left == set()


def test_a_translation_says_that_it_is_one_and_english_does_not() -> None:
    for language in LANGUAGES:
        text = format_lead_sheet(LEADS[0], replace(REPORT, translator=get_translator(language)))
        assert ("विधि अधिकारी" in text or "നിയമ ഉദ്യോഗസ്ഥൻ" in text) is (language != "en")


def test_signs_above_and_below_letters_take_no_column() -> None:
    assert pad_text("में", 4) == "में   "
    assert pad_text("For", 5) == "For  "
