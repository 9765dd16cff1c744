"""`sightline operations` as it is typed: from its first day to its report; and what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sightline.model.short_ids import format_lead_number
from tests.cli.test_leads_report import rebuilt
from tests.cli.unit import DAS, MENON, RAO, Unit, unit
from tests.evidence.documents.pdf_reader import words as words_of

__all__ = ["rebuilt", "unit"]

NEW = ("operations", "add", "P-Hunt 7", "--begun-on", "2026-03-01", "--why", "lines of three districts")
SEARCH = ("operations", "add-event", "P-Hunt 7", "search", "--on", "2026-03-09", "--state", "Kerala", "--why", "GD 14")


def ids(rebuilt: Unit) -> list[str]:
    return [str(row["lead_id"]) for row in rebuilt.done(DAS, "leads", "list", "--json").rows]


def test_from_its_first_day_to_its_report(rebuilt: Unit) -> None:
    leads = ids(rebuilt)
    made = rebuilt.done(MENON, *NEW).out
    rebuilt.done(MENON, "operations", "add-leads", "P-Hunt 7", *leads[:6], "--why", "one line each")
    rebuilt.done(RAO, "operations", "remove-leads", made.split()[1].strip(":"), leads[5], "--why", "it was a relay")
    rebuilt.done(RAO, "leads", "assign", leads[0], leads[1], "--to", "S. Rao", "--why", "lines of his district")
    for lead in leads[1:4]:
        words = ("--case", "FIR-12", "--kind", "innocent", "--on", "2026-03-20", "--why", "hostel as the order says")
        rebuilt.done(RAO, "outcomes", "record", lead, *words)
    rebuilt.done(MENON, *SEARCH, "--count", "3", "--district", "Thrissur")
    arrest = rebuilt.done(MENON, *SEARCH[:3], "arrest", *SEARCH[4:], "--lead", leads[0][:8]).out
    wrong = rebuilt.done(MENON, *SEARCH[:3], "charge", *SEARCH[4:]).out.split()[1].strip(":")
    rebuilt.done(MENON, "operations", "withdraw-event", wrong, "--why", "of another day")
    board = rebuilt.done(DAS, "operations", "show", "P-Hunt 7", "--leads", "--json").rows[0]
    assert (board["leads"], board["lost"], board["named"]) == (5, 0, 0)
    assert board["stages"] == {"new": 1, "assigned": 1, "asked": 0, "answered": 0, "closed": 3}
    none = {"seizure": 0, "charge": 0, "release": 0, "child-identified": 0, "child-safeguarded": 0}
    assert board["happened"] == none | {"search": 3, "arrest": 1}
    assert board["happened_in"] == {"IN-KL": {"search": 3, "arrest": 1}}
    assert isinstance(board["outcomes"], dict) and board["outcomes"]["innocent"] == 3
    assert isinstance(board["members"], list) and len(board["members"]) == 5
    page = rebuilt.done(DAS, "operations", "show", "P-Hunt 7", "--leads").out
    for text in (
        "leads: 5",
        "search             3",
        "closed: 3 outcome",
        arrest.split()[1].strip(":"),
        format_lead_number(leads[0]),
    ):
        assert text in page, page
    result = rebuilt.done(MENON, "operations", "report", "P-Hunt 7", "--out", "r.pdf", "--language", "ml")
    digest = hashlib.sha256(Path("r.pdf").read_bytes()).hexdigest()
    printed = words_of(Path("r.pdf").read_bytes())
    assert "9മാർ2026" in printed and "1മാർ2026" in printed and "2026-03-" not in printed
    assert digest in result.out
    ledger_entries = [
        row for row in rebuilt.done(MENON, "ledger", "show", "--json").rows if row["verb"] == "operation:reported"
    ]
    assert digest in str(ledger_entries[0])
    assert rebuilt.sightline(MENON, "operations", "report", "P-Hunt 7", "--out", "r.pdf").code == 2
    rebuilt.done(MENON, "operations", "close", "P-Hunt 7", "--why", "all were visited")
    assert "over" in rebuilt.done(DAS, "operations", "list").out
    assert rebuilt.done(DAS, "operations", "list", "--json").rows[0]["closed_why"] == "all were visited"
    assert rebuilt.sightline(MENON, *SEARCH).code == 2
    assert rebuilt.done(MENON, "verify").code == 0


@pytest.mark.parametrize("option", ["--name", "--accused", "--phone"])
def test_no_option_takes_a_name(rebuilt: Unit, option: str) -> None:
    rebuilt.done(MENON, *NEW)
    result = rebuilt.sightline(MENON, *SEARCH, option, "somebody")
    assert (result.code, "no name or particulars of a wanted person" in result.err) == (3, True), result.err
    assert rebuilt.done(DAS, "operations", "show", "P-Hunt 7", "--json").rows[0]["events"] == []
    assert any("refused:right" in str(one) for one in rebuilt.journal())


WRONG = (
    (NEW, 2, "there is an operation P-Hunt 7 already"),
    ((*NEW[:2], "Other", "--begun-on", "1.3.2026", "--why", "x as the order says"), 2, "is not a date"),
    ((*SEARCH[:2], "Other", *SEARCH[3:]), 2, "there is no operation Other"),
    ((*SEARCH, "--count", "0"), 2, "a count of 0"),
    ((*SEARCH, "--district", "9847012345"), 3, "no number or address"),
    ((*SEARCH, "--lead", "ffffffff"), 2, "there is no lead"),
    (("operations", "add-leads", "P-Hunt 7", "--why", "x as the order says"), 2, "exclude each other"),
    (("operations", "remove-leads", "P-Hunt 7", "LEAD", "--why", "x as the order says"), 2, "is not in P-Hunt 7"),
    (("operations", "withdraw-event", "QQQQ", "--why", "x as the order says"), 2, "there is no event"),
)


def test_wrong_words_and_officers_are_refused(rebuilt: Unit) -> None:
    rebuilt.done(MENON, *NEW)
    lead = ids(rebuilt)[0]
    for words, code, says in WRONG:
        result = rebuilt.sightline(MENON, *(lead if word == "LEAD" else word for word in words))
        assert (result.code, says in result.err) == (code, True), (words, result.err)
    for words in (SEARCH, ("operations", "report", "P-Hunt 7", "--out", "r.pdf")):
        assert rebuilt.sightline(DAS, *words).code == 3
    assert not Path("r.pdf").exists()


def test_teams_are_planned_listed_changed_and_removed(rebuilt: Unit) -> None:
    rebuilt.done(MENON, *NEW)
    plan: tuple[str, ...] = (
        "--leader",
        "S. Rao",
        "--strength",
        "4",
        "--venue",
        "police station, Aluva",
        "--state",
        "IN-KL",
    )
    plan += ("--task", "two lines of one street", "--begins-at", "2026-03-05T05:30+05:30")
    team = rebuilt.done(MENON, "operations", "add-team", "P-Hunt 7", "Alpha", *plan).out.split()[1].strip(":")
    page = rebuilt.done(DAS, "operations", "list-teams", "P-Hunt 7").out
    assert "Alpha" in page and "2026-03-05 00:00 UTC" in page and "S. Rao" in page
    rebuilt.done(MENON, "operations", "add-team", "P-Hunt 7", "Beta", *plan, "--change", team)
    (row,) = rebuilt.done(DAS, "operations", "list-teams", "P-Hunt 7", "--json").rows
    assert row["name"] == "Beta" and str(row["team_id"]).endswith(team)
    assert (
        "is not a time" in rebuilt.sightline(MENON, "operations", "add-team", "P-Hunt 7", "C", *plan[:-1], "soon").err
    )
    assert rebuilt.sightline(DAS, "operations", "add-team", "P-Hunt 7", "C", *plan).code != 0, "an analyst plans none"
    rebuilt.done(MENON, "operations", "remove-team", "P-Hunt 7", team, "--why", "it was merged with Beta")
    assert "Beta" not in rebuilt.done(DAS, "operations", "list-teams", "P-Hunt 7").out
    rebuilt.done(MENON, "verify")
