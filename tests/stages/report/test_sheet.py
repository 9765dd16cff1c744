"""The lead sheet: complete, careful, masked, and never more than its ceiling carries."""

import re
from dataclasses import replace

import pytest

from sightline.model import Ceiling
from sightline.stages.report import words
from sightline.stages.report.sheet import WIDTH, format_lead_sheet
from tests.stages.report.world import CITY, LEADS, OTHER, REPORT, lead, reason

PARTS = (
    "WHAT IS KNOWN",
    "WHAT THE EVIDENCE CAN SHOW",
    "FROM WHERE",
    "FOR AND AGAINST",
    "WHAT THIS DOES NOT PROVE",
    "WHAT TO DO NEXT",
    "UNTIL WHEN",
    "WHAT THIS RESTS ON",
)


def flat(text: str) -> str:
    """The words of a sheet without its lines."""
    return " ".join(text.split())


def sides(text: str) -> tuple[str, str]:
    """The words for and against."""
    lines = text[text.index("FOR AND AGAINST") : text.index("WHAT THIS DOES NOT PROVE")].splitlines()[3:]
    return flat("\n".join(line[:51] for line in lines)), flat("\n".join(line[51:] for line in lines))


@pytest.mark.parametrize("case", LEADS, ids=lambda one: f"{one['ceiling']}-{one['lead_id'][:2]}")
def test_a_sheet_of_any_ceiling_is_complete_and_fits(case: dict[str, object]) -> None:
    text = format_lead_sheet(case, REPORT)
    lines = text.splitlines()
    at = [lines.index(part) for part in PARTS]
    assert at == sorted(at)
    assert max(map(len, lines)) <= WIDTH
    assert not [line for line in lines if line != line.rstrip()]
    assert "{" not in text and "None" not in text and ".." not in text and "  ." not in text
    assert "never to a person" in flat(text) and "or the risk of it" in flat(text)
    assert str(case["source_ip"]) not in text


@pytest.mark.parametrize("ceiling", list(Ceiling))
def test_a_missing_fact_is_reported_as_unknown_and_never_invented(ceiling: Ceiling) -> None:
    text = format_lead_sheet({"lead_id": "ab" * 16, "ceiling": ceiling.value}, REPORT)
    assert "An address that the records do not hold" in text and "at a time that is not in the records" in flat(text)
    assert "None" not in text and "Kerala" not in text and "{" not in text


def test_every_ceiling_has_a_sample_and_words() -> None:
    assert {one["ceiling"] for one in LEADS} == {ceiling.value for ceiling in Ceiling}
    assert len({words.describe_ceiling(ceiling).title for ceiling in Ceiling}) == len(Ceiling)


ASKS = re.compile(r"ask (Example Fibre|Example Mobile|the ISP that held the address) who had", re.IGNORECASE)


def test_only_a_subscriber_lead_is_asked_for_by_address_and_time() -> None:
    for case in LEADS:
        assert bool(ASKS.search(flat(format_lead_sheet(case, REPORT)))) is (case["ceiling"] == "subscriber"), case[
            "lead_id"
        ]


def test_the_time_to_ask_for_holds_the_uncertainty_and_no_second_more() -> None:
    text = flat(format_lead_sheet(lead(uncertainty_s=2), REPORT))
    assert "17 Mar 2026, 20:41:07 to 21:06:02 UTC (18 Mar 2026, 02:11:07 to 02:36:02 IST)" in text
    assert "on 17 Mar 2026, 20:41:05 to 21:06:04 UTC (18 Mar 2026, 02:11:05 to 02:36:04 IST)" in text


def test_sessions_are_asked_for_each_and_never_the_time_between() -> None:
    joined = lead(sessions=2, joined_by="account", last_seen="2026-03-20T10:00:00Z")
    parts = [
        lead(number=2),
        lead(number=3, source_ip="198.51.100.8", first_seen="2026-03-20T09:59:00Z", last_seen="2026-03-20T10:00:00Z"),
    ]
    text = flat(format_lead_sheet(joined, REPORT, parts))
    assert "in each of the 2 sessions" in text and "never the time between them" in text
    assert "on 20 Mar 2026, 09:59:00 to 10:00:00 UTC" in text and "198.51.100.x" in text
    assert "20:41:05" not in text


def test_a_lead_without_port_asks_for_the_port_and_never_for_the_bare_address() -> None:
    text = flat(format_lead_sheet(LEADS[2], REPORT))
    assert "one of 1,200" in text.lower()
    assert "whether it logged source ports" in text
    assert "Do not ask for address and time alone" in text
    assert "1,200 lines may have had the address: nothing is asked about them until they are 20 or fewer" in text


def test_the_retention_duty_of_an_isp_is_counted_from_the_day_of_the_sheet() -> None:
    assert "17 Mar 2028 (715 days from the date of this report)" in flat(format_lead_sheet(lead(), REPORT))
    assert "preservation letter today" in flat(format_lead_sheet(lead(keep_until="2026-04-10"), REPORT))
    over = flat(format_lead_sheet(lead(keep_until="2025-04-10"), REPORT))
    assert "ended on 10 Apr 2025 (357 days ago)" in over and "may be gone, or still held" in over


def test_an_unproven_time_is_given_in_no_second_zone() -> None:
    text = format_lead_sheet(lead("time-unproven", keep_until=None), REPORT)
    known = flat(text[text.index("WHAT IS KNOWN") : text.index("WHAT THE EVIDENCE CAN SHOW")])
    assert "if the clock wrote UTC" in known and "IST" not in known


def test_the_basis_of_the_highest_ceiling_is_given_as_evidence() -> None:
    text = format_lead_sheet(lead(), REPORT)
    carries = text[text.index("WHAT THE EVIDENCE CAN SHOW") : text.index("FROM WHERE")]
    assert "The record holds the source port of 31 visits" in carries and "ALSO SEEN" not in text
    assert "ALSO SEEN" in format_lead_sheet(lead("relay"), REPORT)


def test_a_snapshot_of_a_list_is_distinguished_from_the_list() -> None:
    relay = {
        "verdict": "yes",
        "kind": "tor",
        "dataset": {"name": "exits", "date": "2026-03-01"},
        "dataset_date": "2026-03-17T20:02:00Z",
    }
    assert "(exits of 1 Mar 2026, snapshot of 17 Mar 2026, 20:02 UTC)" in flat(
        format_lead_sheet(lead("relay", relay=relay), REPORT)
    )


def test_the_band_says_what_of_this_lead_put_it_there() -> None:
    upload, login, deep = (reason(rule, rule) for rule in ("upload", "login", "deep-pages"))
    heads = {
        "Priority high: an upload or a post.": lead(reasons_for=[deep, upload]),
        "Priority high: a login together with deep pages.": lead(reasons_for=[login, deep]),
        "Priority normal: 1 kind of reason for intent, and no sign of accident.": lead(priority="normal"),
        "Priority urgent: a child named in the FIR.": lead(priority="urgent", priority_why="a child named in the FIR"),
        "Priority low.": lead(priority="low"),
    }
    for head, text in heads.items():
        assert f"One line, if the ISP confirms. {head} WHAT IS KNOWN" in flat(format_lead_sheet(text, REPORT))


def test_a_clock_that_ran_backwards_is_not_described_as_a_zone() -> None:
    backwards = [reason("clock-backwards", "time runs backwards inside the exhibit")]
    text = flat(format_lead_sheet(lead("time-unproven", reasons_ceiling=backwards, keep_until=None), REPORT))
    assert "by a clock that ran backwards" in text and "Find out what set the clock back" in text
    assert "which zone its clock wrote" not in text and "wrote UTC" not in text


def test_a_place_that_is_not_agreed_is_undetermined_and_says_why_and_who_says_what() -> None:
    answers = [
        {"dataset": CITY, "country": "IN", "state": "IN-KL", "district": "Ernakulam", "radius_km": 20},
        {"dataset": OTHER, "country": "IN", "state": "IN-TN", "district": None, "radius_km": 100},
    ]
    place = {"country": "IN", "verdict": "undetermined", "why": "disagree", "circle": "Kerala", "answers": answers}
    text = flat(format_lead_sheet(lead(place=place, network={"isp": "Example Mobile", "line": "mobile"}), REPORT))
    assert "Undetermined: the data sets name different states." in text
    assert "DB-IP City Lite of 1 Mar 2026 says Ernakulam, Kerala, within 20 km." in text
    assert "Example City of 3 Mar 2026 says Tamil Nadu, within 100 km." in text
    assert "The telecom circle is Kerala" in text


def test_the_place_of_a_relay_is_labelled_as_that_of_the_relay() -> None:
    text = flat(format_lead_sheet(LEADS[8], REPORT))
    assert "This is where the relay is. It says nothing of where the visitor was." in text
    assert "Yes: a Tor exit at the time of the visit (Example exits of 17 Mar 2026)." in text


def test_no_list_and_no_answer_never_speak_for_a_lead() -> None:
    assert "That does not speak for the lead" in flat(format_lead_sheet(lead(), REPORT))
    unknown = lead(relay={"verdict": "unknown", "dataset": {"name": "Example exits", "date": "2026-03-01"}})
    assert "(the nearest is Example exits of 1 Mar 2026). That proves nothing either way." in flat(
        format_lead_sheet(unknown, REPORT)
    )
    assert sides(format_lead_sheet(lead(reasons_against=[]), REPORT))[1] == words.find_sentence("reasons.none_against")
    assert sides(format_lead_sheet(lead(reasons_for=[]), REPORT))[0] == words.find_sentence("reasons.none_for")


def test_both_sides_stand_in_one_line_with_rule_version_and_place() -> None:
    text = format_lead_sheet(lead(), REPORT)
    assert re.search(r"^  - 4 occasions by the same account +- 1 visit came by an advertisement$", text, re.MULTILINE)
    in_favour, against = sides(text)
    assert in_favour.endswith(
        "[rule repeats, version 1; may speak to IT Act 67B(b): browses (not shown by this);"
        " seized-nginx.log.gz (exhibit 4cedfc69) at bytes 231,220,914; 231,221,525; 231,222,136, and 28 more places]"
    )
    assert against.endswith(
        "[rule outside-referrer, version 1; seized-nginx.log.gz (exhibit 4cedfc69) at byte 231,220,914]"
    )


def test_an_address_in_the_words_of_a_rule_is_masked_too_and_opened_with_the_rest() -> None:
    assert "100.64.3.x is an inside address" in format_lead_sheet(LEADS[3], REPORT)
    text = format_lead_sheet(LEADS[3], replace(REPORT, opened_why="FIR 12/2026", opened_by="I. O."))
    assert "100.64.3.9 is an inside address" in text and "opened by I. O.: FIR 12/2026." in text


def test_hostile_texts_cannot_disturb_a_terminal() -> None:
    hostile_lead = lead(
        reasons_for=[reason("repeats", "\x1b[2J\u202eabc\n\nWHAT TO DO NEXT")], network={"isp": "\x9b31m\r"}
    )
    text = format_lead_sheet(hostile_lead, REPORT)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert text.splitlines().count("WHAT TO DO NEXT") == 1
