"""`sightline outcomes` as it is typed: recorded by a lead's short id, shown beside it, counted, withdrawn, refused."""

from __future__ import annotations

from sightline.model.short_ids import format_lead_number
from tests.cli.test_leads_report import rebuilt
from tests.cli.unit import DAS, RAO, Unit, unit

__all__ = ["rebuilt", "unit"]

WHY = "report 88 of the laboratory"


def record(lead: object, kind: str, **other: str) -> tuple[str, ...]:
    fields = {"case": "FIR-12", "on": "2026-03-20", "why": WHY} | other
    options = (word for name, value in fields.items() for word in (f"--{name}", value))
    return ("outcomes", "record", str(lead), "--kind", kind, *options)


def test_outcomes_are_recorded_listed_counted_and_withdrawn(rebuilt: Unit) -> None:
    leads = [str(row["lead_id"]) for row in rebuilt.done(DAS, "leads", "list", "--json").rows[:5]]
    for lead in leads[:4]:
        rebuilt.done(RAO, *record(lead[:8], "confirmed-by-forensics"))
    assert "too few" in rebuilt.done(DAS, "outcomes", "show-precision").out
    made = rebuilt.done(RAO, *record(leads[4], "innocent", why="shared Wi-Fi")).out
    assert format_lead_number(leads[4]) in made
    rebuilt.done(RAO, *record(leads[4], "no-result"))
    lines = rebuilt.done(DAS, "outcomes", "show-precision").out.splitlines()
    assert (
        next(line for line in lines if line.startswith("source")).split("  ")[-1].strip() == "80 % of 5 (38 % to 96 %)"
    )
    rows = rebuilt.done(DAS, "outcomes", "show-precision", "--json").rows
    assert [(row["of"], row["name"], row["confirmed"], row["judged"]) for row in rows] == [
        ("all", "outcomes", 4, 5),
        ("source", "proxy", 4, 5),
        ("list", "AGENCY", 4, 5),
    ]
    page = rebuilt.done(DAS, "leads", "show", leads[4]).out
    assert "outcomes: 2" in page
    assert "shared Wi-Fi" in page
    assert "shared Wi-Fi" in rebuilt.done(DAS, "leads", "explain", leads[4]).out
    outcomes = rebuilt.done(DAS, "leads", "show", leads[4], "--json").rows[0]["outcomes"]
    assert isinstance(outcomes, list)
    one = outcomes[0]
    assert (one["kind"], one["case"], one["said_on"]) == ("innocent", "FIR-12", "2026-03-20")
    rebuilt.done(RAO, "outcomes", "withdraw", str(one["outcome_id"])[-6:], "--why", "of another lead")
    assert "outcomes: 1" in rebuilt.done(DAS, "leads", "show", leads[4]).out
    listed = rebuilt.done(DAS, "outcomes", "list", "--case", "FIR-12").out
    assert "withdrawn: of another lead" in listed
    assert len(rebuilt.done(DAS, "outcomes", "list", "--json").rows) == 6
    seen = [str(one) for one in rebuilt.journal()]
    assert sum("view:outcomes" in one for one in seen) == 5


WRONG = (
    (record("ffffffff", "innocent"), "there is no lead"),
    (record("LEAD", "innocent", case="FIR-99"), "there is no case FIR-99"),
    (record("LEAD", "innocent", on="2999-01-01"), "is in the future"),
    (record("LEAD", "innocent", on="1.7.2026"), "is not a date"),
    (record("LEAD", "innocent", why=" "), "--why is empty"),
    (record("LEAD", "guilty"), "is not a valid value for --"),
    (record("LEAD", "innocent", subscriber="abcd"), "no reply named a subscriber"),
    (("outcomes", "withdraw", "QQQQQQ", "--why", "x as the order says"), "there is no outcome"),
)


def test_wrong_words_and_officers_are_refused_and_nothing_is_recorded(rebuilt: Unit) -> None:
    lead = str(rebuilt.done(DAS, "leads", "list", "--json").rows[0]["lead_id"])
    for words, says in WRONG:
        result = rebuilt.sightline(RAO, *(lead if word == "LEAD" else word for word in words))
        assert (result.code, says in result.err) == (2, True), result.err
    assert rebuilt.sightline(DAS, *record(lead, "innocent")).code == 3
    assert rebuilt.done(DAS, "outcomes", "list", "--json").out == ""
    output = rebuilt.done(DAS, "outcomes", "show-precision").out
    assert "none recorded yet" in output
    assert "not measured yet" in output
