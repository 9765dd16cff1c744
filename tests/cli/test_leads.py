"""`sightline leads` as it is typed: masked, journaled, refused, exported; wrong words end with a hint."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import polars as pl
import pytest

from sightline.casework.identities import disclosures
from sightline.ledger.verbs import JournalVerb
from sightline.model.short_ids import format_lead_number
from tests.cli.test_leads_report import ADDRESS, AUTHORITY, CASE
from tests.cli.unit import DAS, IYER, MENON, NAIR, RAO, Unit, copy_prepared, unit
from tests.office import combined_log, issuer_key, signed_list

__all__ = ["unit"]

NAMED = '192.0.2.9 - {} [09/Mar/2026:13:00:00 +0000] "GET http://board.example/room/1 HTTP/1.1" 200 9 "-" "Browser/1"\n'
KEYS = (
    "lead_id source_ip source_port first_seen last_seen hits indicators ceiling candidates place network relay "
    "reasons_for reasons_against priority keep_until"
).split()


@pytest.fixture
def scanned(unit: Unit) -> Unit:
    """A unit in an exercise that scanned a log, one account of which is a formula; no leads yet."""
    copy_prepared(unit, "scanned", scan_log)
    return unit


def scan_log(unit: Unit) -> None:
    unit.begin("--exercise")
    unit.enrol(MENON, RAO, DAS, IYER)
    flags = signed_list(unit.folder, "kind,value,category\ndomain,board.example,csam\n")
    (unit.folder / "agency.pub").write_text(issuer_key().derive_public().to_text())
    paper, log = unit.folder / "order.pdf", unit.folder / "access.log"
    paper.write_bytes(b"order")
    log.write_text(combined_log(60) + NAMED.format("=2+5"))
    unit.done(RAO, "issuers", "add", unit.folder / "agency.pub", "--why", "letter as the order says")
    unit.approve(MENON)
    unit.done(RAO, *CASE)
    unit.done(RAO, *AUTHORITY, "--document", paper)
    unit.done(RAO, "sources", "add", "--kind", "proxy", "--name", "proxy", "--use", "leads")
    unit.done(RAO, "scan", log, "--source", "proxy", "--authority", "O-7", "--list", flags)


def test_before_the_first_rebuild_each_verb_says_what_to_do(scanned: Unit) -> None:
    for words in (
        ("list",),
        ("list", "--json"),
        ("show", "abcdef"),
        ("diff",),
        ("mark", "abcdef", "--why", "x as the order says"),
    ):
        result = scanned.sightline(DAS, "leads", *words)
        assert result.code == 2, words
        assert "no leads yet" in result.err
        assert "sightline leads rebuild" in result.err


def test_an_empty_workspace_has_no_leads_and_says_so_without_a_fault(unit: Unit) -> None:
    unit.begin()
    unit.enrol(MENON, DAS)
    assert unit.done(DAS, "leads", "rebuild", "--json").rows[0]["leads"] == 0
    assert unit.done(DAS, "leads", "list", "--json").out == ""
    assert unit.done(DAS, "leads", "list").out.startswith("LEAD")
    unit.done(DAS, "leads", "list", "--out", "none.csv")
    assert len(Path("none.csv").read_text().splitlines()) == 1
    assert unit.sightline(DAS, "leads", "show", "abcdef").code == 2


def test_leads_are_rebuilt_listed_displayed_and_explained(scanned: Unit) -> None:
    first = scanned.done(DAS, "leads", "rebuild", "--json").rows[0]
    assert (first["generation"], first["was_there"]) == (1, False)
    assert "there already" in scanned.done(DAS, "leads", "rebuild").out
    leads = scanned.done(DAS, "leads", "list", "--json").rows
    assert len(leads) == first["leads"]
    assert all(set(KEYS) <= set(lead) for lead in leads)
    assert set(leads[0]["reasons_against"][0]) >= {"rule", "text", "where", "element"}  # type: ignore[index]
    keys_of_place = {"country", "state", "circle", "district", "verdict", "radius_km", "datasets"}
    assert set(leads[0]["place"]) >= keys_of_place  # type: ignore[call-overload]
    ids = [str(lead["lead_id"]) for lead in leads]
    page = scanned.done(DAS, "leads", "show", ids[0][:8]).out
    output = scanned.done(DAS, "leads", "explain", ids[0]).out
    assert "byte" in page
    assert not ADDRESS.search(page + output + scanned.done(DAS, "leads", "list").out)
    one = scanned.done(DAS, "leads", "show", ids[0], "--json").rows[0]
    assert one["lead_id"] == ids[0]
    assert {"joined", "beside"} <= set(one)


def test_an_address_is_opened_with_a_reason_and_exports_are_in_the_journal(scanned: Unit) -> None:
    scanned.done(DAS, "leads", "rebuild")
    assert scanned.sightline(DAS, "leads", "list", "--show-addresses").code == 2
    assert scanned.sightline(DAS, "leads", "list", "--show-addresses", "--why", "x x x").code == 2
    opened = scanned.done(DAS, "leads", "list", "--show-addresses", "--why", "FIR 12/2026: the notice")
    assert ADDRESS.search(opened.out)
    ids = [
        str(row["lead_id"]) for row in scanned.done(DAS, "leads", "list", "--json", "--why", "for the annexure").rows
    ]
    for verb in ("show", "explain"):
        assert ADDRESS.search(scanned.done(DAS, "leads", verb, ids[0], "--show-addresses", "--why", "FIR 12/2026").out)
    of_addresses = scanned.journal(verb="view:address")
    assert [row["thing"] for row in of_addresses[-2:]] == [f"lead:{ids[0]}"] * 2
    assert {row["thing"] for row in of_addresses} == {f"lead:{id_}" for id_ in ids}
    assert of_addresses[0]["texts"] == {"text": "FIR 12/2026: the notice"}


def test_an_unmasked_export_takes_two_officers_and_is_journaled_with_its_digest(scanned: Unit) -> None:
    scanned.done(DAS, "leads", "rebuild")
    masked = scanned.done(DAS, "leads", "list", "--json", "--why", "for the annexure")
    ids = [str(row["lead_id"]) for row in masked.rows]
    assert all(row["is_masked"] and row["source_port"] is None for row in masked.rows)
    for suffix in ("csv", "jsonl", "parquet"):
        scanned.done(DAS, "leads", "list", "--out", f"masked.{suffix}")
        assert not ADDRESS.search((scanned.folder / f"masked.{suffix}").read_bytes().decode(errors="replace"))
    assert not ADDRESS.search(masked.out)

    whole = ("leads", "list", "--out", "leads.csv", "--show-addresses", "--why", "annexure to the referral")
    asked = scanned.sightline(DAS, *whole)
    assert (asked.code, "takes two officers" in asked.err) == (3, True), asked.err
    assert not (scanned.folder / "leads.csv").exists()
    assert scanned.sightline(DAS, *whole[:-1], "for another reason entirely").code == 3
    scanned.agree()
    scanned.done(DAS, *whole)
    written = (scanned.folder / "leads.csv").read_bytes()
    assert ADDRESS.search(written.decode())
    (entry_text,) = [text for one in scanned.journal(verb="export:leads") if "whole" in (text := str(one["texts"]))]
    assert f"annexure to the referral; {len(ids)} leads of all, generation 1, whole" in entry_text
    assert hashlib.sha256(written).hexdigest() in entry_text and all(id_ in entry_text for id_ in ids)
    assert scanned.sightline(DAS, *whole, "--overwrite").code == 3, "what was agreed to serves once"
    one = ("leads", "list", "--limit", "1", "--json", "--show-addresses", "--why", "FIR 12/2026: this one line")
    assert ADDRESS.search(scanned.done(DAS, *one).out), "one lead is an opening, and no export"
    assert scanned.journal(verb="view:address")[-1]["thing"] == f"lead:{ids[0]}"


def test_an_officer_opens_so_many_addresses_a_day(scanned: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned.done(DAS, "leads", "rebuild")
    monkeypatch.setitem(disclosures.A_DAY, JournalVerb.VIEW_ADDRESS, 3)
    ids = [str(row["lead_id"]) for row in scanned.done(DAS, "leads", "list", "--json").rows]
    why = ("--show-addresses", "--why", "FIR 12/2026: the notice")
    for one in (*ids[:3], ids[0]):
        scanned.done(DAS, "leads", "show", one, *why)
    refused = scanned.sightline(DAS, "leads", "explain", ids[3], *why)
    assert (refused.code, ADDRESS.search(refused.out)) == (3, None)
    assert scanned.sightline(DAS, "leads", "list", *why).code == 3, "nothing of it is opened"
    assert len(scanned.journal(verb="refused:cap")) == 2
    assert len(scanned.journal(verb="view:address")) == 4
    scanned.done(RAO, "leads", "show", ids[3], *why)


def test_exports_hold_the_same_leads_and_no_live_formula(scanned: Unit) -> None:
    scanned.done(DAS, "leads", "rebuild")
    ids = [lead["lead_id"] for lead in scanned.done(DAS, "leads", "list", "--json").rows]
    for name in ("leads.csv", "leads.parquet", "leads.jsonl"):
        scanned.done(DAS, "leads", "list", "--out", name)
        assert scanned.sightline(DAS, "leads", "list", "--out", name).code == 2
        scanned.done(DAS, "leads", "list", "--out", name, "--overwrite")
    rows = list(csv.DictReader(Path("leads.csv").read_text().splitlines()))
    assert [row["lead_id"] for row in rows] == ids
    assert pl.read_parquet("leads.parquet")["lead_id"].to_list() == ids
    assert [json.loads(line)["lead_id"] for line in Path("leads.jsonl").read_text().splitlines()] == ids
    assert "'=2+5" in {row["user"] for row in rows}
    assert not [value for row in rows for value in row.values() if value[:1] in set("=+-@")]
    assert "=2+5" in pl.read_parquet("leads.parquet")["user"].to_list(), "for programs it stays as it was"


WRONG = (
    ("list", "--limit", "-1"),
    ("list", "--limit", "0"),
    ("list", "--address", "garbage"),
    ("list", "--ceiling", "certain"),
    ("list", "--state", "IN-XX"),
    ("list", "--state", "Keralam Nadu"),
    ("list", "--circle", "Moon"),
    ("list", "--generation", "9"),
    ("list", "--out", "leads.xlsx"),
    ("list", "--out", "no/such/folder/leads.csv"),
    ("show", "abc"),
    ("show", "zzzzzz"),
    ("show", "ffffffffffffffff"),
    ("diff",),
    ("diff", "7", "8"),
    ("mark", "ffffffff", "--why", "x as the order says"),
)


@pytest.fixture
def rebuilt_once(scanned: Unit) -> Unit:
    scanned.done(DAS, "leads", "rebuild")
    return scanned


def test_wrong_words_end_with_two_filters_choose_and_roles_are_refused(rebuilt_once: Unit) -> None:
    for words in WRONG:
        result = rebuilt_once.sightline(DAS, "leads", *words)
        assert result.code == 2, words
        assert result.err.strip()
    assert rebuilt_once.done(DAS, "leads", "list", "--state", "US-NY", "--state", "Orissa", "--json").out == ""
    leads = rebuilt_once.whole(DAS, "leads", "list", "--json").rows
    address = str(leads[-1]["source_ip"])
    rows = rebuilt_once.whole(DAS, "leads", "list", "--json", "--address", address.upper()).rows
    assert {lead["source_ip"] for lead in rows} == {address}
    assert len(rebuilt_once.done(DAS, "leads", "list", "--json", "--limit", "2").rows) == 2
    for who, words in (
        (IYER, ("list",)),
        (NAIR, ("list", "--json")),
        (IYER, ("show", "abcdef")),
        (IYER, ("rebuild",)),
        (IYER, ("mark", "abcdef", "--why", "x as the order says")),
        (NAIR, ("diff",)),
    ):
        assert rebuilt_once.sightline(who, "leads", *words).code == 3, (who, words)


def test_a_mark_makes_a_lead_urgent_until_it_is_lifted(rebuilt_once: Unit) -> None:
    lead = str(rebuilt_once.done(DAS, "leads", "list", "--json").rows[0]["lead_id"])
    why = ("--why", "the chat names a meeting")
    rebuilt_once.done(DAS, "leads", "flag-danger", lead[:8], *why)
    assert rebuilt_once.sightline(DAS, "leads", "flag-danger", lead, *why).code == 2
    urgent = rebuilt_once.done(DAS, "leads", "list", "--priority", "urgent", "--json").rows
    assert [(one["lead_id"], one["priority_why"]) for one in urgent] == [(lead, "the chat names a meeting")]
    assert rebuilt_once.done(DAS, "leads", "list").out.splitlines()[1].startswith(format_lead_number(lead))
    rebuilt_once.done(MENON, "leads", "flag-danger", lead, "--lift", "--why", "the child is safe")
    assert (
        rebuilt_once.sightline(DAS, "leads", "flag-danger", lead, "--lift", "--why", "again as the order says").code
        == 2
    )
    assert rebuilt_once.done(DAS, "leads", "list", "--priority", "urgent", "--json").out == ""

    log = rebuilt_once.folder / "more.log"
    log.write_text(NAMED.format("-").replace("192.0.2.9", "203.0.113.5"))
    rebuilt_once.done(RAO, "scan", log, "--source", "proxy", "--authority", "O-7")
    rebuilt_once.done(DAS, "leads", "rebuild")
    found = rebuilt_once.done(DAS, "leads", "diff", "--json", "--leads").rows[0]
    assert (found["older"], found["newer"], found["added"], found["gone"], found["moved"]) == (1, 2, 1, 0, 0)
    assert [one["change"] for one in found["leads"]] == ["added"]  # type: ignore[attr-defined]
    assert "leads: 1 new" in rebuilt_once.done(DAS, "leads", "diff", "1", "2").out
    rebuilt_once.done(DAS, "leads", "list", "--generation", "1")


def test_a_mark_of_a_lead_that_is_gone_is_reported_until_it_is_lifted(rebuilt_once: Unit) -> None:
    lead = str(rebuilt_once.done(DAS, "leads", "list", "--json").rows[0]["lead_id"])
    rebuilt_once.done(DAS, "leads", "flag-danger", lead, "--why", "a meeting is named")
    newer = signed_list(rebuilt_once.folder, "kind,value,category\ndomain,mirror.example,csam\n", version="2")
    log = rebuilt_once.folder / "access.log"
    scan = ("scan", log, "--source", "proxy", "--authority", "O-7", "--list", newer)
    refused = rebuilt_once.sightline(RAO, *scan)
    assert refused.code == 3
    assert "version 2 takes the place of version 1 of AGENCY" in refused.err
    assert "1 removed, 0 changed, 1 added" in refused.err
    assert " removed ones alone, 0 on others too" in refused.err
    assert "nothing was done" in refused.err
    assert "takes the place of" in rebuilt_once.done(RAO, *scan, "--dry-run").out
    rebuilt_once.done(RAO, *scan, "--yes")
    older = rebuilt_once.sightline(RAO, *scan[:-1], rebuilt_once.folder / "list-1-leads.csv")
    assert (older.code, "an older list than one that was used already" in older.err) == (3, True)
    rebuilt = rebuilt_once.done(DAS, "leads", "rebuild")
    assert "not used" in rebuilt.out
    assert "a newer run took the place of theirs" in rebuilt.out
    result = rebuilt_once.done(DAS, "leads", "list")
    assert (
        f"lead {format_lead_number(lead)} was marked urgent, and is not there any more: a meeting is named"
        in result.err
    )
    rebuilt_once.done(DAS, "leads", "flag-danger", format_lead_number(lead), "--lift", "--why", "the child is safe")
    assert "was marked urgent" not in rebuilt_once.done(DAS, "leads", "list").err


def test_hits_of_statistics_lists_are_reported_as_in_no_lead(rebuilt_once: Unit) -> None:
    counted = signed_list(rebuilt_once.folder, "kind,value\ndomain,plain.example\n", use="statistics", category=None)
    log = rebuilt_once.folder / "access.log"
    result = rebuilt_once.done(RAO, "scan", log, "--source", "proxy", "--authority", "O-7", "--list", counted)
    assert "not used 40 hits, for no lead: signed for statistics: list-1-statistics.csv" in result.err
    unused = rebuilt_once.done(DAS, "leads", "rebuild", "--json").rows[0]["unused"]
    assert unused == {"their lists are signed for statistics (lists sign --use leads)": 40}


def test_a_damaged_generation_exits_with_code_four(rebuilt_once: Unit) -> None:
    (path,) = rebuilt_once.folder.rglob("leads-000000.parquet")
    path.write_bytes(path.read_bytes()[:-30])
    for words in (("list",), ("show", "abcdef"), ("list", "--out", "x.csv")):
        result = rebuilt_once.sightline(DAS, "leads", *words)
        assert result.code == 4, result.err
        assert "leads-000000.parquet" in result.err
        assert "sightline leads rebuild" in result.err
    assert not Path("x.csv").exists()
    assert rebuilt_once.sightline(NAIR, "verify", "--leads").code == 4
    rebuilt_once.done(DAS, "leads", "rebuild")
    rebuilt_once.done(DAS, "leads", "list")
