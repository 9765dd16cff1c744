"""`sightline notices` as it is typed: drafted from leads, approved by rank, sent, due, reminded, closed;
and what is not.
"""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from tests.cli.test_leads_report import ADDRESS, AUTHORITY, CASE
from tests.cli.unit import DAS, KHAN, MENON, NAIR, PILLAI, RAO, Unit, copy_prepared, unit
from tests.evidence.documents.pdf_reader import words
from tests.office import issuer_key, signed_list
from tests.services.leads.office import Visit, log_of

__all__ = ["unit"]

NETWORKS = """\
cidr,asn,isp,line,circle
198.51.100.0/25,AS64500,Alpha Mobile,mobile,KL
198.51.100.128/25,AS64501,Beta Broadband,fixed,
192.0.2.0/24,AS64502,Gamma Net,fixed,
"""
ALONE = "cidr,shared,from,until\n198.51.100.128/25,no,2026-01-01,2026-12-31\n"
VISITS = [
    Visit(0, "198.51.100.7", port=40_000),
    Visit(60.5, "198.51.100.7", port=40_000),
    Visit(90, "198.51.100.7", port=40_001),
    Visit(0, "198.51.100.9", port=0),
    Visit(30, "198.51.100.9", port=0),
    Visit(10, "198.51.100.200", port=0),
    Visit(700, "198.51.100.200", port=41_000),
    Visit(0, "192.0.2.7", port=40_000),
    Visit(0, "203.0.113.5", port=40_000),
]
SAY = ("licensees", "set")
RECORDS = ("--case", "FIR-12", "--kind", "records")
DRAFT = "read before it is approved"


@pytest.fixture
def ready(unit: Unit) -> Unit:
    """A unit in an exercise with the leads of nine visits, their networks, and what two licensees keep."""
    copy_prepared(unit, ("ready", tuple(VISITS)), make_ready)
    return unit


def make_ready(unit: Unit) -> None:
    unit.begin("--exercise")
    unit.enrol(MENON, RAO, DAS, PILLAI)
    unit.enrol(KHAN, second=PILLAI)
    flags = signed_list(unit.folder, "kind,value,category\ndomain,board.example,csam\n")
    (unit.folder / "agency.pub").write_text(issuer_key().derive_public().to_text())
    for name, text in (
        ("order.pdf", "order"),
        ("http.log", log_of(sorted(VISITS, key=lambda one: one.at_s))),
        ("isp.csv", NETWORKS),
        ("nat.csv", ALONE),
    ):
        (unit.folder / name).write_text(text)
    unit.done(RAO, "issuers", "add", unit.folder / "agency.pub", "--why", "letter as the order says")
    unit.approve(PILLAI)
    unit.done(RAO, *CASE)
    unit.done(RAO, *AUTHORITY, "--document", unit.folder / "order.pdf")
    clock = ("--clock-uncertainty", "5", "--clock-measured", "NTP, 5.6.2026, S. Rao")
    unit.done(RAO, "sources", "add", "--kind", "proxy", "--name", "proxy", "--use", "leads", *clock)
    log = unit.folder / "http.log"
    unit.done(RAO, "scan", log, "--source", "proxy", "--authority", "O-7", "--list", flags, "--format", "zeek-http")
    for kind, name in (("network", "isp.csv"), ("nat", "nat.csv")):
        unit.done(RAO, "datasets", "import", unit.folder / name, "--kind", kind, "--date", "2026-03-01")
    unit.done(RAO, "leads", "rebuild")
    unit.done(RAO, *SAY, "Alpha Mobile", "--address", "Nodal Officer, Kochi")
    unit.done(RAO, *SAY, "alpha MOBILE", "--nat-logs", "destinations")
    unit.done(RAO, *SAY, "Beta Broadband", "--address", "Nodal Officer, Pune")


def test_from_leads_to_a_letter_that_is_approved_sent_due_reminded_and_closed(ready: Unit) -> None:
    dry = ready.done(RAO, "notices", "draft", *RECORDS, "--dry-run", "--json").rows[0]
    assert [(one["licensee"], one["circle"], one["rows"]) for one in dry["notices"]] == [  # type: ignore[attr-defined]
        ("Alpha Mobile", "Kerala", 4),
        ("Beta Broadband", None, 1),
    ]
    assert dry["not_asked"] == {"no-network": 1, "no-licensee": 1}
    assert dry["networks_without_licensee"] == {"Gamma Net": 1}
    assert ready.done(RAO, "notices", "list", "--json").out == ""

    notices = ready.done(RAO, "notices", "draft-all", *RECORDS, "--json").rows[0]["notices"]
    alpha, beta = sorted(notices, key=lambda one: str(one["licensee"]))  # type: ignore[call-overload]
    assert (alpha["rows"], alpha["sessions"], alpha["circle"], beta["rows"], beta["circle"]) == (
        4,
        2,
        "Kerala",
        1,
        None,
    )
    again = ready.done(RAO, "notices", "draft", *RECORDS)
    assert "nothing to ask" in again.out
    assert "3 not asked for: a notice of this case that is open asks for all visits of it already" in again.err

    page = ready.done(DAS, "notices", "show", alpha["number"]).out
    assert not ADDRESS.search(page)
    assert "40000" not in page
    assert "licence requires keeping until at least 2028-02-29; may be gone or still held after" in page
    opened = ready.done(
        DAS, "notices", "show", alpha["notice_id"], "--show-addresses", "--why", "compared with the log"
    ).out
    assert ADDRESS.search(opened)

    ready.done(RAO, "notices", "export", alpha["notice_id"], "--out", "draft", "--why", "read before it is signed")
    assert "DRAFT:notapproved" in words(Path("draft/notice.pdf").read_bytes())
    ready.done(PILLAI, "approve", alpha["approval_id"], "--yes", "--why", "compared with the case diary")
    ready.done(RAO, "notices", "export", alpha["notice_id"], "--out", "letters", "--language", "ml")
    text = words(Path("letters/notice.pdf").read_bytes())
    data = Path("letters/rows.csv").read_bytes()
    assert "T.Pillai,station-officer" in text
    assert hashlib.sha256(data).hexdigest() in text
    rows = list(csv.DictReader(data.decode().splitlines()))
    assert [(row["address"], row["port"], row["destination"], row["from_utc"], row["until_utc"]) for row in rows] == [
        ("198.51.100.7", "40000", "203.0.113.80", "2026-03-01T11:59:55Z", "2026-03-01T12:00:06Z"),
        ("198.51.100.7", "40000", "203.0.113.80", "2026-03-01T12:00:55.5Z", "2026-03-01T12:01:05.6Z"),
        ("198.51.100.7", "40001", "203.0.113.80", "2026-03-01T12:01:25Z", "2026-03-01T12:01:36Z"),
        ("198.51.100.9", "", "203.0.113.80", "2026-03-01T11:59:55Z", "2026-03-01T12:00:36Z"),
    ]
    assert rows[1]["until_ist"] == "2026-03-01T17:31:05.6+05:30"
    assert all(row["row_id"] in text for row in rows)

    wrong = ready.sightline(RAO, "notices", "mark-sent", beta["notice_id"], "--how", "by hand")
    assert (wrong.code, "is draft, and cannot be sent" in wrong.err) == (2, True)
    day = ("--on", "2026-03-05", "--due", "2026-03-06")
    assert ready.sightline(RAO, "notices", "mark-sent", alpha["notice_id"], "--how", "x", *day).code == 2
    output = ready.done(RAO, "notices", "mark-sent", alpha["notice_id"][-6:], "--how", "by hand, receipt 41").out
    assert "an answer is due by" in output
    assert ready.done(RAO, "notices", "list", "--due", "--json").out == ""
    assert ready.sightline(RAO, "notices", "remind", alpha["notice_id"], "--out", "letters").code == 2
    ready.done(RAO, "notices", "close", alpha["notice_id"], "--why", "answered in full")
    states = {row["licensee"]: row["state"] for row in ready.done(DAS, "notices", "list", "--json").rows}
    assert states == {"Alpha Mobile": "closed", "Beta Broadband": "draft"}

    verbs = [str(row["verb"]) for row in ready.journal()]
    assert [verbs.count(f"export:notice{one}") for one in ("", "-letter", "-rows")] == [1, 1, 1]
    assert any("compared with the log" in json.dumps(row) for row in ready.journal())
    assert "does not know" not in ready.sightline(NAIR, "doctor").out
    ready.done(NAIR, "backup", "--unencrypted", "--out", "all.tar")
    assert ready.sightline(NAIR, "verify").code == 0
    nobody_is_asked_for_what_holds_no_more(ready)


def test_many_notices_are_approved_exported_and_sent_in_one_go(ready: Unit) -> None:
    ready.done(RAO, "notices", "draft-all", *RECORDS)
    many = ("--all", "--case", "FIR-12")
    assert ready.sightline(RAO, "notices", "export", *many, "--out", "letters").code == 2
    assert ready.sightline(RAO, "notices", "mark-sent", "--how", "by hand").code == 2
    rows = ready.done(PILLAI, "approve", "--json").rows
    nothing = ready.done(
        PILLAI, "approve", "--all", "--action", "purge", "--yes", "--why", "rows read as the order says"
    )
    assert "nothing waits that you may decide" in nothing.err
    result = ready.done(
        PILLAI, "approve", "--all", "--action", str(rows[0]["action"]), "--yes", "--why", "rows read as the order says"
    )
    assert [line.endswith("approved") for line in result.out.splitlines()] == [True, True]
    assert all(str(one["approval_id"]) in result.err for one in rows)
    assert ready.done(PILLAI, "approve", "--json").rows == []

    written = ready.done(RAO, "notices", "export", *many, "--out", "letters").out.splitlines()
    ids = [str(row["notice_id"])[-6:].lower() for row in ready.done(RAO, "notices", "list", "--json").rows]
    assert sorted(written) == sorted(f"letters/{id_}/{name}" for id_ in ids for name in ("notice.pdf", "rows.csv"))
    assert len(ready.done(RAO, "notices", "mark-sent", *many, "--how", "dispatch register 118").out.splitlines()) == 2
    assert {row["state"] for row in ready.done(RAO, "notices", "list", "--json").rows} == {"sent"}
    assert ready.sightline(RAO, "notices", "mark-sent", *many, "--how", "once more").code == 2
    ready.done(RAO, "notices", "close", *ids, "--why", "answered by telephone")
    assert {row["state"] for row in ready.done(RAO, "notices", "list", "--json").rows} == {"closed"}


def nobody_is_asked_for_what_holds_no_more(ready: Unit) -> None:
    """The list clears the site: before leads are made anew nobody is asked at all, and then nobody for this."""
    newer = signed_list(ready.folder, "kind,value,category,opinion\ndomain,board.example,csam,cleared\n", version="2")
    log = ready.folder / "http.log"
    scan = ("scan", log, "--source", "proxy", "--authority", "O-7", "--format", "zeek-http")
    ready.done(RAO, *scan, "--list", newer, "--yes")
    stale = ready.sightline(RAO, "notices", "draft", *RECORDS)
    assert (stale.code, "sightline leads rebuild" in stale.err) == (2, True)
    ready.done(RAO, "leads", "rebuild")
    assert "nothing to ask" in ready.done(RAO, "notices", "draft", *RECORDS).out


def test_permissions_are_checked_and_wrong_words_are_explained(ready: Unit) -> None:
    refused: tuple[tuple[str, tuple[str, ...]], ...] = (
        (DAS, ("new", *RECORDS)),
        (KHAN, ("new", *RECORDS)),
        (NAIR, ("list",)),
        (NAIR, ("licensee", "list")),
        (MENON, ("close", "x", "--why", "x as the order says")),
        (DAS, ("sent", "x", "--how", "x")),
    )
    for who, line in refused:
        assert ready.sightline(who, "notice", *line).code == 3, line
    wrong: tuple[tuple[str, ...], ...] = (
        ("new", "--case", "FIR-99", "--kind", "records"),
        ("new", *RECORDS, "--licensee", "Nobody"),
        ("new", *RECORDS, "--circle", "Moon"),
        ("new", *RECORDS, "--lead", "ffffffff"),
        ("new", *RECORDS, "--form", "none.toml"),
        ("new", "--case", "FIR-12", "--kind", "subscribers"),
        ("show", "ffff"),
        ("export", "ffff", "--out", "x"),
        ("licensee", "say", "Delta"),
        ("licensee", "say", "Alpha Mobile", "--keep-days", "0"),
    )
    for line in wrong:
        result = ready.sightline(RAO, "notice", *line)
        assert (result.code, bool(result.err.strip())) == (2, True), line
    (one,) = ready.done(RAO, "notices", "draft", *RECORDS, "--circle", "KL", "--address", "198.51.100.9", "--json").rows
    drafted = one["notices"][0]  # type: ignore[index]
    assert drafted["rows"] == 1
    # An investigating officer is no second for an own draft, and a supervisor is no rank that signs notices.
    for who in (RAO, MENON):
        assert (
            ready.sightline(who, "approve", drafted["approval_id"], "--yes", "--why", "x as the order says").code == 3
        )
    ready.done(
        KHAN, "approve", drafted["approval_id"], "--refuse", "--yes", "--why", "the clock is to be measured again"
    )
    assert ready.done(RAO, "notices", "list", "--json").rows[0]["state"] == "refused"
    ready.done(RAO, "notices", "draft", *RECORDS, "--circle", "KL", "--address", "198.51.100.9")

    # Rows and words that were altered are never sent.
    (one,) = ready.done(RAO, "notices", "draft", *RECORDS, "--licensee", "beta broadband", "--json").rows
    notice = one["notices"][0]["notice_id"]  # type: ignore[index]
    file = next(
        str(row["file"]) for row in ready.done(RAO, "notices", "list", "--json").rows if row["notice_id"] == notice
    )
    folder = next(ready.folder.rglob(f"{file.partition('/')[0]}"))
    for pattern in ("rows-*.parquet", "form-*.json"):
        (path,) = folder.glob(pattern)
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + b"x")
        result = ready.sightline(RAO, "notices", "export", notice, "--out", "letters", "--why", DRAFT)
        assert (result.code, path.name in result.err) == (4, True), result.err
        assert not Path("letters/rows.csv").exists()
        path.write_bytes(whole)
    ready.done(RAO, "notices", "export", notice, "--out", "letters", "--why", DRAFT)
