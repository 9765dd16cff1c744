"""`sightline leads assign`, `close`, `reopen`, `note` as they are typed: one and many, shown
beside the lead, refused.
"""

from __future__ import annotations

import json

from sightline.model.short_ids import format_lead_number
from tests.cli.test_leads_report import rebuilt
from tests.cli.unit import DAS, IYER, MENON, RAO, Unit, unit

__all__ = ["rebuilt", "unit"]


def ids(rebuilt: Unit, *words: str) -> list[str]:
    return [str(row["lead_id"]) for row in rebuilt.done(DAS, "leads", "list", "--json", *words).rows]


def test_leads_are_assigned_closed_and_taken_up_again(rebuilt: Unit) -> None:
    leads = ids(rebuilt)
    result = rebuilt.done(
        DAS, "leads", "assign", leads[0][:8], leads[1], "--to", "S. Rao", "--why", "lines of his district"
    )
    assert result.out == "2 leads: assigned to S. Rao\n"
    assert set(ids(rebuilt, "--status", "assigned")) == set(leads[:2]) == set(ids(rebuilt, "--assigned-to", "S. Rao"))
    rebuilt.done(MENON, "leads", "close", leads[0][:8], "--reason", "no-line", "--why", "it was a relay")
    assert ids(rebuilt, "--status", "closed") == leads[:1]
    assert "closed" in rebuilt.done(DAS, "leads", "show", leads[0]).out
    again = rebuilt.sightline(RAO, "leads", "close", leads[0], "--reason", "other", "--why", "x as the order says")
    assert (again.code, "is closed already" in again.err) == (2, True)
    rebuilt.done(RAO, "leads", "reopen", leads[0], "--why", "it is none")
    work = rebuilt.done(DAS, "leads", "show", leads[0], "--json").rows[0]["work"]
    assert isinstance(work, dict)
    assert (work["version"], work["assigned_to"], work["closed"]) == (3, "S. Rao", None)
    assert [act["act"] for act in work["acts"]] == ["assigned", "closed", "reopened"]
    assert set(ids(rebuilt, "--status", "assigned")) == set(leads[:2])
    rest = set(ids(rebuilt, "--status", "new"))
    assert rest == set(leads[2:])
    every = rebuilt.done(
        DAS, "leads", "assign", "--place", "undetermined", "--to", "T. Das", "--why", "all as the order says"
    )
    assert every.out == f"{len(leads)} leads: assigned to T. Das\n"
    ledger_entries = rebuilt.done(MENON, "ledger", "show", "--json").rows
    assert sum(ledger_entry["verb"] == "leads:assigned" for ledger_entry in ledger_entries) == 2
    assert rebuilt.done(MENON, "verify").code == 0


def test_an_outcome_closes_a_lead_until_it_is_taken_up_again(rebuilt: Unit) -> None:
    lead = ids(rebuilt)[0]
    words = ("--case", "FIR-12", "--kind", "innocent", "--on", "2026-03-20", "--why", "hostel as the order says")
    rebuilt.done(RAO, "outcomes", "record", lead, *words)
    assert ids(rebuilt, "--status", "closed") == [lead]
    assert "outcome: an outcome was recorded" in rebuilt.done(RAO, "leads", "show", lead).out
    rebuilt.done(RAO, "leads", "reopen", lead, "--why", "another line as the order says")
    assert ids(rebuilt, "--status", "closed") == []


def test_a_lead_in_danger_is_not_closed_without_a_word(rebuilt: Unit) -> None:
    lead = ids(rebuilt)[-1]
    rebuilt.done(RAO, "leads", "flag-danger", lead, "--why", "a meeting is named in the chat")
    assert ids(rebuilt)[0] == lead
    words = ("leads", "close", lead[:8], "--reason", "no-line", "--why", "the child is safe")
    refused = rebuilt.sightline(RAO, *words)
    assert refused.code == 2
    assert f"lead {format_lead_number(lead)}: a meeting is named in the chat" in refused.err
    assert "--danger-over" in refused.err
    assert ids(rebuilt, "--status", "closed") == []
    found = ("--case", "FIR-12", "--kind", "innocent", "--on", "2026-03-20", "--why", "a shared line, nobody knew")
    rebuilt.done(RAO, "outcomes", "record", lead, *found)
    assert ids(rebuilt, "--status", "closed") == []
    rebuilt.done(RAO, *words, "--danger-over")
    assert ids(rebuilt, "--status", "closed") == [lead]
    assert ids(rebuilt, "--priority", "urgent") == []
    work = rebuilt.done(DAS, "leads", "show", lead, "--json").rows[0]["work"]
    assert isinstance(work, dict)
    assert [act["act"] for act in work["acts"]] == ["marked", "closed", "unmarked"]
    assert rebuilt.done(MENON, "verify").code == 0


def test_every_output_has_the_same_order_and_closed_leads_last(rebuilt: Unit) -> None:
    first = ids(rebuilt)[0]
    rebuilt.done(RAO, "leads", "close", first, "--reason", "no-line", "--why", "nothing in it at all")
    order = ids(rebuilt)
    assert order[-1] == first
    listing = rebuilt.done(DAS, "leads", "list", "--limit", "2").out.splitlines()[1:]
    assert [line.split()[0] for line in listing] == [format_lead_number(one) for one in order[:2]]
    assert ids(rebuilt, "--limit", "2") == order[:2]
    rebuilt.done(DAS, "leads", "list", "--limit", "2", "--out", "two.jsonl", "--why", "annexure to the referral")
    written = [json.loads(line)["lead_id"] for line in (rebuilt.folder / "two.jsonl").read_text().splitlines()]
    assert written == order[:2]


def test_a_conflict_shows_both(rebuilt: Unit) -> None:
    lead = ids(rebuilt)[0]
    rebuilt.done(RAO, "leads", "assign", lead, "--to", "S. Rao", "--why", "mine as the order says", "--seen", "0")
    result = rebuilt.sightline(
        DAS, "leads", "assign", lead, "--to", "T. Das", "--why", "no, mine as the order says", "--seen", "0"
    )
    assert result.code == 2
    assert "current: assigned to S. Rao by S. Rao: mine" in result.err
    assert "yours:   assigned to T. Das: no, mine" in result.err


def test_notes_stand_beside_the_lead(rebuilt: Unit) -> None:
    lead = ids(rebuilt)[0]
    made = rebuilt.done(DAS, "leads", "note", lead[:8], "--text", "no port", "--why", "seen with its papers").out
    note = made.split()[1].strip(",")
    rebuilt.done(
        RAO, "leads", "note", lead, "--change", note, "--version", "1", "--text", "a port", "--why", "line 12 was read"
    )
    assert "a port" in rebuilt.done(DAS, "leads", "show", lead).out
    stale = ("--change", note, "--version", "1", "--text", "none", "--why", "x as the order says")
    result = rebuilt.sightline(DAS, "leads", "note", lead, *stale)
    assert (result.code, "current: a port" in result.err, "yours:   none" in result.err) == (2, True, True)


WRONG = (
    (("assign", "--to", "S. Rao", "--why", "x as the order says"), "exclude each other"),
    (("assign", "LEAD", "--state", "IN-KL", "--to", "S. Rao", "--why", "x as the order says"), "exclude each other"),
    (("assign", "LEAD", "--to", "Nobody", "--why", "x as the order says"), "nobody on duty is called Nobody"),
    (("assign", "ffffffff", "--to", "S. Rao", "--why", "x as the order says"), "there is no lead"),
    (("assign", "--state", "IN-KL", "--to", "S. Rao", "--why", "x as the order says"), "no lead was chosen"),
    (("close", "LEAD", "--reason", "outcome", "--why", "x as the order says"), "is not a valid value for --"),
    (
        ("close", "LEAD", "LEAD", "--seen", "1", "--reason", "other", "--why", "x as the order says"),
        "--seen is for one lead only",
    ),
    (("note", "LEAD", "--change", "QQQQ", "--text", "x", "--why", "x as the order says"), "--change and --version"),
    (
        ("note", "LEAD", "--change", "QQQQ", "--version", "1", "--text", "x", "--why", "x as the order says"),
        "there is no note",
    ),
)


def test_wrong_words_and_officers_are_refused(rebuilt: Unit) -> None:
    lead = ids(rebuilt)[0]
    for words, says in WRONG:
        result = rebuilt.sightline(RAO, "leads", *(lead if word == "LEAD" else word for word in words))
        assert (result.code, says in result.err) == (2, True), (words, result.err)
    rebuilt.enrol(IYER)
    assert rebuilt.sightline(IYER, "leads", "assign", lead, "--to", "S. Rao", "--why", "x as the order says").code == 3
    assert rebuilt.sightline(DAS, "leads", "close", lead, "--reason", "other", "--why", "x as the order says").code == 3
    assert ids(rebuilt, "--status", "new") == ids(rebuilt)
