"""The page: whole in one file, strict, masked, and deaf to hostile texts."""

import re
from dataclasses import replace
from xml.etree import ElementTree

from sightline.stages.report.report_page import POLICY, build_report_page, choose_first_leads
from sightline.stages.report.totals import count_totals
from tests.stages.report.world import FRAME, LEADS, REPORT, lead, reason

HOSTILE = (
    "</style><script>alert(1)</script> & \"quoted\" 'single' \u202egnp.exe\u2066 \x00\x1b[31m <img src=x onerror=y>"
)


def test_the_page_is_well_formed_and_has_a_card_a_lead() -> None:
    root = ElementTree.fromstring(build_report_page(REPORT, LEADS, count_totals(FRAME)))
    cards = [element for element in root.iter("details") if element.get("class") == "lead"]
    assert {card.get("id") for card in cards} == {f"lead-{one['lead_id']}" for one in LEADS}
    for card in cards:
        heads = [head.text or "" for head in card.iter("h5")]
        assert heads[:3] == ["For", "Against", "From where"]
        assert "What this does not prove" in heads


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    text = build_report_page(REPORT, LEADS, count_totals(FRAME))
    root = ElementTree.fromstring(text)
    policies = [
        element.get("content")
        for element in root.iter("meta")
        if element.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [POLICY]
    assert not re.search(r"https?:|//[a-z]|src=|<script|@import|<link|<iframe|<form|javascript:", text)
    assert set(re.findall(r"url\([^)]*\)", text)) == {"url(#hatch)"}
    for element in root.iter():
        assert not [name for name in element.attrib if name.startswith("on") or name in {"style", "href", "src"}]


def test_hostile_texts_are_texts() -> None:
    written_lead = lead(
        network={"isp": HOSTILE, "line": "fixed"},
        reasons_for=[reason(HOSTILE, HOSTILE, element=HOSTILE)],
        place={"state": HOSTILE, "verdict": "agreed", "district": HOSTILE, "datasets": [HOSTILE]},
        priority_why=HOSTILE,
        relay={"verdict": "yes", "kind": HOSTILE},
        indicators=[{"indicator_id": HOSTILE, "kind": HOSTILE}],
    )
    text = build_report_page(
        replace(REPORT, workspace=HOSTILE, opened_why=HOSTILE), [written_lead], count_totals(FRAME)
    )
    root = ElementTree.fromstring(text)
    assert not list(root.iter("script")) and not list(root.iter("img"))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", text)
    assert "\\u202e" in text and "&lt;/style&gt;" in text


def test_addresses_are_masked_until_they_are_opened() -> None:
    totals = count_totals(FRAME)
    closed = build_report_page(REPORT, LEADS, totals)
    for whole in ("203.0.113.77", "100.64.3.9", "2001:db8:12:34", "51544"):
        assert whole not in closed
    assert "203.0.113.x" in closed and "2001:db8:12::x" in closed
    open_ = build_report_page(replace(REPORT, opened_why="FIR 12/2026", opened_by="I. O."), LEADS, totals)
    assert "203.0.113.77" in open_ and "51544" in open_ and "opened by I. O.: FIR 12/2026" in open_


def test_the_page_says_what_it_is_and_what_it_rests_on() -> None:
    text = "".join(ElementTree.fromstring(build_report_page(REPORT, LEADS, count_totals(FRAME))).itertext())
    for expected in (
        "EXERCISE",
        "An address and a time point to a connection, never to a person.",
        "does not show that, or the risk of it",
        "IP Geolocation by DB-IP (db-ip.com)",
        "CC BY 4.0",
        "signed by AGENCY",
        "seized-nginx.log.gz",
        "Undetermined",
        "one line, if the ISP confirms",
    ):
        assert expected in text
    assert "EXERCISE" not in build_report_page(replace(REPORT, is_exercise=False), LEADS, count_totals(FRAME))


def test_the_first_leads_are_listed_and_the_others_counted() -> None:
    many = [
        lead(number=at, priority="low" if at % 2 else "high", first_seen=f"2026-03-{31 - at:02}T00:00:00Z")
        for at in range(1, 30)
    ]
    first_page = choose_first_leads(many, 5)
    assert [one.priority for one in first_page] == ["high"] * 5
    assert [one.first_seen for one in first_page] == sorted(one.first_seen for one in first_page if one.first_seen)
    text = build_report_page(replace(REPORT, limit=5), iter(many), count_totals(FRAME))
    left = len(FRAME) - 5
    assert (
        f"The first 5 of {len(FRAME)} leads, by band, those with less against them first, then by time; {left} are "
        "not shown here"
    ) in text


def test_the_same_leads_give_the_same_page_in_whatever_order_they_come() -> None:
    totals = count_totals(FRAME)
    assert build_report_page(REPORT, LEADS, totals) == build_report_page(REPORT, reversed(LEADS), totals)


def test_a_generation_without_leads_gives_a_page() -> None:
    root = ElementTree.fromstring(
        build_report_page(replace(REPORT, data_sets=(), rules=()), [], count_totals(FRAME.clear()))
    )
    assert "All 0 leads" in "".join(root.itertext())
