"""`sightline search`: what is known is found by each kind, of what the role may see; each search is in the journal."""

from __future__ import annotations

import json

from tests.cli.test_leads_report import rebuilt
from tests.cli.test_notice import ready
from tests.cli.test_resolve import RAVI, draft_notice, holding, replied, send_notice
from tests.cli.unit import DAS, IYER, MENON, NAIR, RAO, Unit, unit

__all__ = ["ready", "rebuilt", "unit"]


def search_for(rebuilt: Unit, who: str, text: str) -> list[tuple[str, str]]:
    return [(str(row["kind"]), str(row["id"])) for row in rebuilt.done(who, "search", text, "--json").rows]


def test_each_kind_is_found_and_masked(rebuilt: Unit) -> None:
    lead = next(row for row in rebuilt.whole(DAS, "leads", "list", "--json").rows if "." in str(row["source_ip"]))
    of_it = {
        str(row["lead_id"])
        for row in rebuilt.whole(DAS, "leads", "list", "--json").rows
        if row["source_ip"] == lead["source_ip"]
    }
    address, lead_id = str(lead["source_ip"]), str(lead["lead_id"])
    assert {("lead", one) for one in of_it} == set(search_for(rebuilt, DAS, address))
    assert ("lead", lead_id) in search_for(rebuilt, DAS, lead_id[:8])
    assert [("lead", lead_id)] == search_for(rebuilt, DAS, lead_id)
    assert address not in rebuilt.done(DAS, "search", lead_id).out
    indicators = lead["indicators"]
    assert isinstance(indicators, list)
    flagged = str(indicators[0]["indicator_id"])
    for text in ("board.example", "hxxps://board[.]example/room/1", "sub.board.example", flagged[:8]):
        assert ("indicator", flagged) in search_for(rebuilt, DAS, text), text
    assert "board.example" not in rebuilt.done(DAS, "search", "board.example").out
    exhibit = rebuilt.done(DAS, "exhibits", "list", "--json").out
    digest = json.loads(exhibit.splitlines()[0])["sha256"]
    assert ("exhibit", digest) in search_for(rebuilt, DAS, digest[:8])
    assert ("exhibit", digest) in search_for(rebuilt, DAS, "ACCESS.log")
    assert [kind for kind, _ in search_for(rebuilt, DAS, "fir-12")] == ["case"]
    assert [kind for kind, _ in search_for(rebuilt, DAS, "das")] == ["officer"]
    rebuilt.done(MENON, "operations", "add", "P-Hunt 7", "--begun-on", "2026-03-01", "--why", "x as the order says")
    assert [kind for kind, _ in search_for(rebuilt, DAS, "p-hunt")] == ["operation"]
    nothing = rebuilt.done(DAS, "search", "203.0.113.99")
    assert (nothing.out, "nothing is known; looked through: lead, subscriber" in nothing.err) == ("", True)
    few = rebuilt.done(DAS, "search", "in", "--limit", "1")
    assert (len(few.out.splitlines()), "there are more of kind officer" in few.err) == (2, True), "a heading and a row"


def test_only_what_the_role_may_see_is_looked_through_and_all_is_in_the_journal(rebuilt: Unit) -> None:
    rebuilt.enrol(IYER)
    lead = str(rebuilt.whole(DAS, "leads", "list", "--json").rows[0]["lead_id"])
    for who in (NAIR, IYER):
        assert search_for(rebuilt, who, lead) == []
        assert search_for(rebuilt, who, "FIR-12") == []
        assert [kind for kind, _ in search_for(rebuilt, who, "rao")] == ["officer"]
    searched = [one for one in rebuilt.journal() if one["verb"] == "search:done"]
    assert [one["texts"] for one in searched] == [{"text": text} for text in (lead, "FIR-12", "rao") * 2]
    for words, says in ((("",), "is empty"), (("x", "--limit", "0"), "--limit 0")):
        result = rebuilt.sightline(RAO, "search", *words)
        assert (result.code, says in result.err) == (2, True)


def test_before_there_are_leads_the_rest_is_found(unit: Unit) -> None:
    unit.begin()
    unit.enrol(MENON, RAO, DAS)
    assert [kind for kind, _ in search_for(unit, DAS, "menon")] == ["officer"]
    assert search_for(unit, DAS, "203.0.113.7") == []


def test_a_number_is_found_by_its_keyed_id_and_nothing_is_opened(ready: Unit) -> None:
    """A lead is asked once a notice went out, and answered once replies say something of it."""
    notice = draft_notice(ready, "Alpha Mobile")
    lead = next(str(row["lead_id"]) for row in ready.done(DAS, "leads", "list", "--json", "--status", "new").rows)
    assert lead and status(ready, "asked") == set()
    rows = [row for row in send_notice(ready, notice) if row["port"]]
    asked = status(ready, "asked")
    assert len(asked) >= 1
    assert replied(ready, notice, [holding(rows[0], RAVI)]).code == 0
    ready.done(RAO, "resolve")
    answered = status(ready, "answered")
    assert answered and answered <= asked and status(ready, "asked") == asked - answered
    results = [search_for(ready, DAS, text) for text in (RAVI, f"+{RAVI}", RAVI[2:], f"0{RAVI[2:]}", "98000 00001")]
    assert len(results[0]) == 1 and results[0][0][0] == "subscriber"
    assert all(result == results[0] for result in results)
    assert search_for(ready, DAS, results[0][0][1][:6]) == results[0]
    assert search_for(ready, DAS, "9800000009") == []
    output = ready.done(DAS, "search", RAVI).out
    assert RAVI not in output and "msisdn of Alpha Mobile" in output
    assert [one[0] for one in search_for(ready, DAS, "notice 1")] == ["notice"]
    assert not ready.journal(verb="view:identity")


def status(ready: Unit, name: str) -> set[str]:
    return {str(row["lead_id"]) for row in ready.done(DAS, "leads", "list", "--json", "--status", name).rows}
