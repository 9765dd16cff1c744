"""`sightline tips import` as it is typed: exhibits, leads, newer versions, bad files; refused without a referral."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pypdf
import pytest
import typst

from sightline.casework.permissions.access import Action
from sightline.evidence import verify_sightline
from sightline.services.inbox.news import list_news_since
from sightline.services.inbox.news_item import NewsKind
from sightline.services.tip_import import import_tips as importer
from sightline.workspace.workspace import open_workspace
from tests.cli.test_leads_report import AUTHORITY, CASE
from tests.cli.test_resolve import RAVI, draft_notice, holding, replied, send_notice, verdicts
from tests.cli.unit import DAS, IYER, MENON, PILLAI, RAO, Unit, copy_prepared, unit
from tests.compound_file import compound_file

__all__ = ["unit"]

VERIFIER = verify_sightline.__file__
SHEET_ROW = "8,203.0.113.8,50008,2026-06-05 12:00:00,login,y\n"
NETWORKS = "cidr,asn,isp,line,circle\n203.0.113.0/24,AS64500,Alpha Mobile,mobile,KL\n"
NARRATIVE = "the child said that the picture was sent at night"


def report(number: int, *events: tuple[str, str, int | None, str], party: str = "reportedPersons") -> str:
    """A CyberTipline report as units download it, with a narrative and a display name that nothing may keep."""
    captures = [
        {"captureType": "IP Address", "value": address, "dateTime": at, "eventName": name}
        | ({} if port is None else {"port": port})
        for address, at, port, name in events
    ]
    person = {
        "screenName": {"value": f"invented_{number}"},
        "displayName": {"value": "Everybody"},
        "sourceInformation": {"sourceCaptures": captures},
    }
    inside = {"reportingEsp": {"espName": "Example Social"}, "reportedPeople": {party: [person]}}
    return json.dumps({"reportId": number, "reportedInformation": inside | {"additionalInformation": NARRATIVE}})


@pytest.fixture
def referral(unit: Unit) -> Unit:
    """A unit in an exercise with a case, a referral and its sender."""
    copy_prepared(unit, "referral", make_referral)
    return unit


def make_referral(unit: Unit) -> None:
    unit.begin("--exercise")
    unit.enrol(MENON, RAO, DAS, IYER)
    paper = unit.folder / "letter.pdf"
    paper.write_bytes(b"letter")
    unit.done(RAO, *CASE)
    words = (
        "authorities add --case FIR-12 --kind referral --number GD-12 --issued-by NCMEC --issued-on 2026-06-05".split()
    )
    unit.done(RAO, *words, "--document", paper)
    unit.done(RAO, "sources", "add", "--kind", "tip", "--name", "NCMEC", "--use", "leads")


def put(unit: Unit, name: str, text: str) -> Path:
    path = unit.folder / "tips" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def imported(unit: Unit, *words: object) -> dict[str, Any]:
    rows: list[dict[str, Any]] = unit.done(
        RAO, "tips", "import", *words, "--source", "NCMEC", "--authority", "GD-12", "--json"
    ).rows
    return rows[0]


def asked_for(unit: Unit) -> None:
    """The network of the addresses, and where its notices go."""
    (unit.folder / "isp.csv").write_text(NETWORKS)
    unit.done(RAO, "datasets", "import", unit.folder / "isp.csv", "--kind", "network", "--date", "2026-06-01")
    unit.done(RAO, "licensees", "set", "Alpha Mobile", "--address", "Nodal Officer, Kochi")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def acts(unit: Unit) -> list[object]:
    """The verbs of the ledger. Its own seals of the journal are left out."""
    rows = unit.done(MENON, "ledger", "show", "--json").rows
    return [row["verb"] for row in rows if row["verb"] != "journal:sealed"]


def leads(unit: Unit) -> list[dict[str, Any]]:
    unit.done(RAO, "leads", "rebuild")
    return [json.loads(line) for line in unit.whole(DAS, "leads", "list", "--json").out.splitlines()]


def test_a_tip_becomes_leads_with_their_ceilings_and_the_workspace_verifies(referral: Unit) -> None:
    put(referral, "1/report.json", report(1, ("203.0.113.9", "2026-06-05T12:00:00Z", 51234, "UPLOAD")))
    put(referral, "2/report.json", report(2, ("203.0.113.10", "2026-06-05T12:00:00Z", None, "LOGIN")))
    done = imported(referral, referral.folder / "tips")
    assert done["connections"] == 2
    found = {lead["source_ip"]: lead for lead in leads(referral)}
    assert {address: one["ceiling"] for address, one in found.items()} == {
        "203.0.113.9": "subscriber",
        "203.0.113.10": "shared",
    }
    assert {address: one["priority"] for address, one in found.items()} == {
        "203.0.113.9": "high",
        "203.0.113.10": "normal",
    }
    assert found["203.0.113.9"]["user"] == "invented_1 at Example Social"
    assert found["203.0.113.9"]["indicators"][0]["kind"] == "report"
    assert referral.done(IYER, "verify", "--rows").code == 0


def serious(number: int, address: str, at: str, **summary: object) -> str:
    """A report with the names of the Reporting API, and a victim of whom nothing may be kept."""
    capture = {"ipAddress": address, "dateTime": at, "port": 51234, "eventName": "Login"}
    inside = {"incidentSummary": summary, "personOrUserReported": {"ipCaptureEvent": capture}, "victim": {"age": 9}}
    return json.dumps({"report": {"reportId": number} | inside})


def test_reported_seriousness_orders_leads_until_a_newer_version_withdraws_it(referral: Unit) -> None:
    at = "2026-06-05T12:00:00Z"
    put(referral, "1.json", report(1, ("203.0.113.9", at, 51234, "UPLOAD")))
    put(referral, "2.json", serious(2, "203.0.113.10", at, escalateToHighPriority=NARRATIVE))
    put(referral, "3.json", serious(3, "203.0.113.11", at, incidentType="Child Sex Trafficking"))
    folder = referral.folder / "tips"
    dry = imported(referral, folder, "--dry-run")
    assert [tip["flags"] for tip in dry["tips"]] == [{}, {"escalated": 1, "victim": 1}, {"trafficking": 1, "victim": 1}]
    words = ("tips", "import", folder, "--source", "NCMEC", "--authority", "GD-12")
    assert "1 escalated, 1 victim" in " ".join(referral.done(RAO, *words).err.split())
    assert imported(referral, folder)["known"], "the same files change nothing"
    found = {one["source_ip"]: one for one in leads(referral)}
    assert {one["priority"] for one in found.values()} == {"high"}
    assert [reason["rule"] for reason in found["203.0.113.10"]["reasons_for"]] == ["reported-child", "reported-danger"]
    ordered = referral.done(DAS, "leads", "list", "--order", "seriousness").out.splitlines()[1:]
    steps = ["a report asks for high priority", "a report names a child or its abuse", "sent something"]
    assert [next(step for step in steps if step in line) for line in ordered] == steps
    lead = str(found["203.0.113.10"]["lead_id"])
    explained = " ".join(referral.done(DAS, "leads", "explain", lead).out.split())
    assert "asks for high priority" in explained
    assert NARRATIVE not in explained + referral.done(DAS, "leads", "show", lead).out
    assert referral.done(IYER, "verify", "--rows").code == 0
    put(referral, "2b.json", serious(2, "203.0.113.10", at, escalateToHighPriority="no"))
    imported(referral, folder / "2b.json")
    found = {one["source_ip"]: one for one in leads(referral)}
    assert [reason["rule"] for reason in found["203.0.113.10"]["reasons_for"]] == ["reported-child"]


def order_by_seriousness(unit: Unit) -> list[str]:
    """The step of each lead, in the order of the list."""
    lines = unit.done(DAS, "leads", "list", "--order", "seriousness").out.splitlines()[1:]
    steps = ("a report asks for high priority", "a report names a child or its abuse", "sent something")
    return [next(step for step in steps if step in line) for line in lines]


def reported_news(unit: Unit) -> list[str]:
    """The leads of which officers who may act are told, because a report asks for high priority."""
    with open_workspace(unit.folder / "cyber-ps").read() as tables:
        news = [news_item for news_item in list_news_since(tables, 0) if news_item.kind is NewsKind.REPORTED]
    assert all(news_item.action is Action.LEAD_MARK for news_item in news)
    return [news_item.thing for news_item in news]


def test_a_reported_danger_is_on_top_until_an_officer_answers_it_and_again_if_another_report_says_so(
    referral: Unit,
) -> None:
    put(referral, "1.json", report(1, ("203.0.113.9", "2026-06-05T12:00:00Z", 51234, "UPLOAD")))
    put(referral, "2.json", serious(2, "203.0.113.10", "2026-06-05T12:00:00Z", escalateToHighPriority=NARRATIVE))
    imported(referral, referral.folder / "tips")
    lead = next(str(one["lead_id"]) for one in leads(referral) if one["reported_danger"])
    assert order_by_seriousness(referral) == ["a report asks for high priority", "sent something"]
    assert reported_news(referral) == [f"lead:{lead}"]
    assert "no officer has confirmed or answered it" in referral.done(DAS, "leads", "show", lead).out
    answered = referral.done(RAO, "leads", "flag-danger", lead, "--lift", "--why", "the child is safe, GD 14")
    assert "the report is answered" in answered.out
    assert order_by_seriousness(referral) == ["a report names a child or its abuse", "sent something"]
    assert not any(one["reported_danger"] for one in leads(referral)), "a rebuild forgets no answer"
    assert len(reported_news(referral)) == 1
    page = referral.done(DAS, "leads", "show", lead).out
    assert "no officer has" not in page
    assert "asks for high priority" in page, "what the report says stays among the reasons"
    assert referral.sightline(RAO, "leads", "flag-danger", lead, "--lift", "--why", "again").code == 2
    put(referral, "2b.json", serious(2, "203.0.113.10", "2026-06-05T12:00:00Z", escalateToHighPriority="now urgent"))
    imported(referral, referral.folder / "tips" / "2b.json")
    assert [one["reported_danger"] for one in leads(referral)].count(True) == 1
    assert len(reported_news(referral)) == 2, "a later report asks again, and officers are told again"
    referral.done(RAO, "leads", "flag-danger", lead, "--why", "the chat names a meeting")
    assert {one["priority"]: one["reported_danger"] for one in leads(referral)} == {"urgent": False, "high": False}
    assert referral.done(IYER, "verify").code == 0


def test_notices_bundles_certificates_and_a_purge_work_on_tip_leads(referral: Unit) -> None:
    tip = put(referral, "report.json", report(1, ("203.0.113.9", "2026-06-05T12:00:00Z", 51234, "UPLOAD")))
    digest = hashlib.sha256(tip.read_bytes()).hexdigest()
    imported(referral, tip)
    asked_for(referral)
    lead = leads(referral)[0]
    made: Any = referral.done(RAO, "notices", "draft-all", "--case", "FIR-12", "--kind", "records", "--json").rows[0]
    assert [notice["rows"] for notice in made["notices"]] == [1]
    page = referral.done(DAS, "leads", "show", str(lead["lead_id"])).out
    assert NARRATIVE not in page
    referral.done(RAO, "exhibits", "export-certificate", digest, "--out", "papers")
    words = ("exhibits", "export-bundle", digest, "--for", "court", "--out", "b.zip", "--why", "asked by the court")
    referral.sightline(RAO, *words)
    referral.agree()
    referral.done(RAO, *words)
    for more in ((), ("--exhibit", str(tip))):
        result = subprocess.run([sys.executable, VERIFIER, "b.zip", *more], capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout
    assert "1 compared with the exhibit" in result.stdout
    tip.write_text(tip.read_text().replace("51234", "51235"))
    assert referral.sightline(IYER, "verify").code == 4


def test_a_reply_names_the_line_of_a_tip_until_a_newer_version_replaces_its_report(referral: Unit) -> None:
    referral.enrol(PILLAI)
    asked_for(referral)
    imported(referral, put(referral, "a.json", report(1, ("203.0.113.9", "2026-06-05T12:00:00Z", 51234, "UPLOAD"))))
    referral.done(RAO, "leads", "rebuild")
    notice = draft_notice(referral, "Alpha Mobile")
    rows = send_notice(referral, notice)
    assert [(row["address"], row["port"], row["from_utc"]) for row in rows] == [
        ("203.0.113.9", "51234", "2026-06-05T11:44:00Z")
    ]
    came = replied(referral, notice, [holding(rows[0], RAVI)])
    assert came.code == 0, came.err
    assert verdicts(referral)["203.0.113.9"][:2] == ("subscriber", [RAVI])
    again = report(1, ("203.0.113.10", "2026-06-05T12:00:00Z", 51234, "UPLOAD"))
    done = imported(referral, put(referral, "b.json", again))
    assert [(one["report"], one["added"], one["dropped"]) for one in done["replaced"]] == [("1", 1, 1)]
    assert [lead["source_ip"] for lead in leads(referral)] == ["203.0.113.10"]
    assert RAVI not in json.dumps(referral.whole(DAS, "resolve", "--json").rows)
    assert referral.done(IYER, "verify", "--rows").code == 0


def test_the_same_file_changes_nothing_and_the_rest_of_an_older_file_stays(referral: Unit) -> None:
    head = "Report ID,IP Address,Port,Date/Time (UTC),Event,Screen name\n"
    old = put(referral, "old.csv", head + "7,203.0.113.7,50007,2026-06-05 12:00:00,login,x\n" + SHEET_ROW)
    imported(referral, old)
    before = acts(referral)
    for words in ((), ("--dry-run",)):
        assert imported(referral, old, *words)["known"] == [str(old)]
    assert acts(referral) == before
    new = put(referral, "new.csv", head + "7,203.0.113.7,50007,2026-06-05 12:00:00,login,x\n")
    assert imported(referral, new, "--dry-run")["replaced"] == [
        {"report": "7", "old_exhibit": sha256(old), "new_exhibit": sha256(new), "added": 0, "dropped": 0}
    ]
    assert acts(referral) == before
    imported(referral, new)
    assert sorted(lead["source_ip"] for lead in leads(referral)) == ["203.0.113.7", "203.0.113.8"]
    # The older version does not come back, neither by itself nor read otherwise.
    assert imported(referral, old)["known"] == [str(old)]
    assert imported(referral, old, "--timezone", "Asia/Kolkata")["connections"] == 1
    assert sorted(lead["source_ip"] for lead in leads(referral)) == ["203.0.113.7", "203.0.113.8"]
    # What adds to a report replaces nothing.
    more = put(referral, "more.csv", head + "7,203.0.113.6,50007,2026-06-05 12:00:00,login,x\n")
    assert imported(referral, more, "--adds")["replaced"] == []
    assert sum(lead["sessions"] for lead in leads(referral)) == 3
    assert referral.done(IYER, "verify", "--rows").code == 0


@pytest.mark.parametrize("group", [1, 64])
def test_only_the_newest_version_of_a_report_in_one_import_counts(
    referral: Unit, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "GROUP_FILES", group)
    # By name the newest is the first, as a browser names a second download.
    changed = {"report (2).json": (3, 9), "report (1).json": (2, 8), "report.json": (1, 7)}
    for name, (at, last) in changed.items():
        changing = (f"203.0.113.{last}", "2026-06-05T12:00:00Z", 51234, "UPLOAD")
        os.utime(put(referral, name, report(1, changing)), (at, at))
    head = "Report ID,IP Address,Port,Date/Time (UTC),Event,Screen name\n"
    sheet = put(referral, "sheet.csv", head + "1,203.0.113.30,50007,2026-06-05 12:00:00,login,x\n")
    os.utime(sheet, (9, 9))
    tips = referral.folder / "tips"
    expected = [
        {"report": "1", "old_exhibit": sha256(tips / old), "new_exhibit": sha256(tips / new), "added": 1, "dropped": 1}
        for old, new in (("report.json", "report (1).json"), ("report (1).json", "report (2).json"))
    ]
    assert imported(referral, tips, "--dry-run")["replaced"] == expected
    assert imported(referral, tips)["replaced"] == expected
    assert sorted(lead["source_ip"] for lead in leads(referral)) == ["203.0.113.30", "203.0.113.9"]
    again = imported(referral, tips)
    assert (len(again["known"]), again["tips"], again["replaced"]) == (4, [], [])
    assert referral.done(IYER, "verify", "--rows").code == 0


def test_a_bad_file_does_not_stop_the_others_and_no_narrative_is_stored(referral: Unit) -> None:
    put(referral, "a/report.json", report(1, ("203.0.113.9", "2026-06-05T12:00:00Z", 51234, "LOGIN")))
    put(referral, "a/picture.jpg", "\xff\xd8 a picture")
    put(referral, "b/report.json", '{"reportedInformation": {"sourceCaptures": [{"captureType": "IP Addr')
    put(referral, "c/notes.txt", NARRATIVE)
    words = ("--source", "NCMEC", "--authority", "GD-12")
    result = referral.sightline(RAO, "tips", "import", referral.folder / "tips", *words)
    assert result.code == 3
    assert "no kind of tip" in result.err
    assert "broken-document: 1" in result.err
    assert "1 other file, not opened: 1 .jpg" in result.err
    assert len(leads(referral)) == 1
    stored_bytes = b"".join(path.read_bytes() for path in (referral.folder / "cyber-ps").rglob("*") if path.is_file())
    raw = b"".join(
        bytes(cell)
        for path in (referral.folder / "cyber-ps").rglob("*.parquet")
        if "raw" in (table := pl.read_parquet(path)).columns
        for cell in table["raw"]
    )
    assert b"invented_1" in raw
    for text in (NARRATIVE.encode(), b"Everybody at"):
        assert text not in stored_bytes + raw


@pytest.mark.parametrize(
    ("kind", "row", "ceiling", "words"),
    [
        ("sheet", "{address},51234,2026-06-05T12:00:00Z,login,yes,,,", "relay", "may be a proxy"),
        ("sheet", "{address},51234,2026-06-05 12:00:00,login,,,,", "time-unproven", "zone"),
        ("sheet", "{address},443,2026-06-05T12:00:00Z,login,,,,", "shared", ""),
        ("p2p", "{address},51234,2026-06-05T12:00:00Z,,,{digest},,", "connection-only", "a peer was seen"),
        ("p2p", "{address},51234,2026-06-05T12:00:00Z,,,{digest},16384,", "subscriber", ""),
    ],
)
def test_facts_against_a_line_in_a_tip_set_its_ceiling(
    referral: Unit, kind: str, row: str, ceiling: str, words: str
) -> None:
    head = "IP Address,Port,Date/Time,Event,Possible proxy,SHA1,Bytes received,Note\n"
    head = head if kind == "p2p" else head.replace("Bytes received", "Unused")
    filled = row.format(address="203.0.113.9", digest="89abcdef0123456789abcdef0123456789abcdef")
    imported(referral, put(referral, "t.csv", f"{head}{filled}\n"), "--kind", kind)
    (lead,) = leads(referral)
    assert lead["ceiling"] == ceiling
    assert words in json.dumps(lead["reasons_ceiling"])
    assert lead["uncertainty_s"] == (900 + 14 * 3600 if ceiling == "time-unproven" else 900)


def test_connections_of_victims_are_never_leads(referral: Unit) -> None:
    text = report(1, ("203.0.113.9", "2026-06-05T12:00:00Z", 51234, "LOGIN"), party="victims")
    done = imported(referral, put(referral, "v.json", text))
    assert (done["connections"], done["tips"][0]["others"]) == (0, {"victim": 1})
    assert leads(referral) == []


def test_without_a_referral_and_a_sender_of_tips_nothing_is_read(referral: Unit) -> None:
    tip = put(referral, "a.json", report(1, ("203.0.113.9", "2026-06-05T12:00:00Z", 51234, "LOGIN")))
    paper = referral.folder / "letter.pdf"
    referral.done(RAO, *AUTHORITY, "--document", paper)
    referral.done(RAO, "sources", "add", "--kind", "proxy", "--name", "proxy", "--use", "leads")
    for source, authority in (("NCMEC", "O-7"), ("proxy", "GD-12"), ("proxy", "O-7")):
        result = referral.sightline(RAO, "tips", "import", tip, "--source", source, "--authority", authority)
        assert (result.code, "kind referral" in result.err) == (3, True)
    referral.done(RAO, "authorities", "end", "GD-12", "--why", "withdrawn by the sender")
    result = referral.sightline(RAO, "tips", "import", tip, "--source", "NCMEC", "--authority", "GD-12")
    assert (result.code, "ended on" in result.err) == (3, True)
    assert referral.sightline(IYER, "tips", "import", tip, "--source", "NCMEC", "--authority", "GD-12").code == 3
    assert referral.done(RAO, "exhibits", "list", "--json").out == ""


def test_a_purge_of_the_newer_version_does_not_bring_the_older_back(referral: Unit) -> None:
    imported(referral, put(referral, "a.json", report(1, ("203.0.113.9", "2026-06-05T12:00:00Z", 51234, "LOGIN"))))
    newer = put(referral, "b.json", report(1, ("203.0.113.8", "2026-06-05T12:00:00Z", 51234, "LOGIN")))
    imported(referral, newer)
    words = ("purge", sha256(newer), "--why", "ordered by the court", "--early")
    referral.enrol(PILLAI)
    referral.sightline(RAO, *words)
    referral.agree()
    result = referral.sightline(RAO, *words)
    assert result.code == 0, result.err
    assert leads(referral) == []
    refused = referral.sightline(RAO, "tips", "import", newer, "--source", "NCMEC", "--authority", "GD-12")
    assert (refused.code, "was purged" in refused.err) == (3, True)
    assert referral.done(IYER, "verify").code == 0


def test_verify_names_a_run_without_a_list_that_no_referral_covers(referral: Unit) -> None:
    imported(referral, put(referral, "a.json", report(1, ("203.0.113.9", "2026-06-05T12:00:00Z", 51234, "LOGIN"))))
    with closing(sqlite3.connect(referral.folder / "cyber-ps" / "record.sqlite")) as database, database:
        database.execute("UPDATE authorities SET kind = 'production'")
    found = referral.sightline(IYER, "verify")
    assert (found.code, "rests on no list, and is not that of a tip under a referral" in found.out + found.err) == (
        4,
        True,
    )


def test_a_graph_of_another_tool_is_a_tip_whose_rows_verify(referral: Unit) -> None:
    facet = {"@type": "uco-observable:IPv4AddressFacet", "uco-observable:addressValue": "203.0.113.9"}
    ends = {"uco-observable:src": {"@id": "kb:a"}, "uco-observable:sourcePort": 51234}
    whole = ends | {
        "@type": "uco-observable:NetworkConnectionFacet",
        "uco-observable:startTime": "2026-06-05T12:00:00Z",
    }
    nodes = [
        {"@id": "kb:a", "@type": "uco-observable:IPv4Address", "uco-core:hasFacet": [facet]},
        {"@id": "kb:c", "@type": "uco-observable:NetworkConnection", "uco-core:hasFacet": [whole, whole | ends]},
        {"@id": "kb:d", "@type": "uco-observable:File", "uco-core:name": NARRATIVE},
    ]
    put(referral, "graph.jsonld", json.dumps({"@context": {}, "@graph": nodes}))
    result = referral.done(RAO, "tips", "import", referral.folder / "tips", "--source", "NCMEC", "--authority", "GD-12")
    assert "not read: 1 File" in result.err
    (lead,) = leads(referral)
    assert (lead["source_ip"], lead["source_port"], lead["ceiling"]) == ("203.0.113.9", 51234, "subscriber")
    assert NARRATIVE not in json.dumps(lead)
    assert referral.done(IYER, "verify", "--rows").code == 0


MAIL = """From: Desk <desk@provider.example>
Subject: Request 77
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Dear colleague, =
account: invented_1 was used from 203.0.113.9:51234 on 2026-06-05 12:00:00 UTC.
203.0.113.10 port 51235, 05/06/2026 17:30:09 +0530, a.b@mail.example
Seen 2026-06-05 12:00:00 IST from [2001:db8::7]:443 and 203.0.113.11
203.0.113.14, 2026-06-05 12:00:00 IST
Last seen on 6 Jun 2026 10:00:00.
--b
Content-Type: text/html

<table><tr><td>203.0.113.12</td><td>2026-06-05T12:00:01Z</td></tr></table><script>203.0.113.99</script>
--b
Content-Type: text/plain
Content-Disposition: attachment; filename=x.txt

203.0.113.98
--b--
"""
HEADINGS = "answer,line,address,port,time,account,service,event,report"


def test_a_message_is_answered_by_an_officer_and_its_leads_say_so(referral: Unit) -> None:
    mail = put(referral, "mail.eml", MAIL)
    refused = referral.sightline(RAO, "tips", "import", mail, "--source", "NCMEC", "--authority", "GD-12")
    assert (refused.code, "tips transcribe" in refused.err) == (3, True)
    sheet = referral.folder / "mail.csv"
    made = referral.run("tips", "transcribe", mail, "--out", sheet)
    assert (made.code, "1 attachment, not opened" in made.err) == (0, True)
    first, headings, *rows = sheet.read_text().splitlines()
    assert (first.split()[-1], headings) == (hashlib.sha256(MAIL.encode()).hexdigest(), HEADINGS)
    assert rows == [
        ",1,203.0.113.9,51234,2026-06-05 12:00:00 UTC,invented_1,,,",
        ",2,203.0.113.10,51235,05/06/2026 17:30:09 +0530,a.b@mail.example,,,",
        ",3,2001:db8::7,443,,,,,",
        ",3,203.0.113.11,,,,,,",
        ",4,203.0.113.14,,2026-06-05 12:00:00 IST,,,,",
        ",8,203.0.113.12,,2026-06-05T12:00:01Z,,,,",
    ]
    assert referral.run("tips", "transcribe", mail, "--out", sheet).code == 2

    def account(*more: object) -> dict[str, Any]:
        rows: list[dict[str, Any]] = referral.sightline(RAO, *words, *more, "--json").rows
        return rows[0]

    words = ("tips", "import", sheet, "--source", "NCMEC", "--authority", "GD-12")
    original = ("--original", mail)
    assert "row 3 has no answer" in account(*original)["failed"][0]["what"]
    answered = ["yes" + rows[0], "no" + rows[1], "no" + rows[2], "no" + rows[3], "yes" + rows[4], "yes" + rows[5]]
    answered += ["yes,5,203.0.113.13,50001,2026-06-06 10:00:00+05:30,,Example Social,login,77"]
    sheet.write_text("\n".join([first, headings, *answered, ""]))
    assert "with the message" in account()["failed"][0]["what"]
    other = put(referral, "other.eml", MAIL + " ")
    assert "another file" in account("--original", other)["failed"][0]["what"]
    assert referral.done(RAO, "exhibits", "list", "--json").rows == []
    done = account(*original, "--max-rejects", "50")
    assert [(tip["connections"], tip["rejects"]) for tip in done["tips"]] == [(3, {"bad-time": 1})], done
    held = {str(row["name"]) for row in referral.done(RAO, "exhibits", "list", "--json").rows}
    assert held == {"mail.csv", "mail.eml"}
    rows_kept = pl.concat(pl.read_parquet(path) for path in (referral.folder / "cyber-ps").rglob("*.parquet"))
    kinds = {json.loads(raw)["transcribed"] for raw in rows_kept["raw"]}
    assert (set(rows_kept["record_kind"]), kinds) == ({"tip-transcribed"}, {"confirmed", "typed"})
    again = account(*original, "--max-rejects", "50")
    assert (again["tips"], len(again["known"])) == ([], 1)
    referral.done(RAO, "leads", "rebuild")
    lead = referral.done(DAS, "leads", "list", "--json").rows[0]
    assert "an officer read 1 visit in a message" in referral.done(DAS, "leads", "show", lead["lead_id"]).out
    assert referral.done(IYER, "verify", "--rows").code == 0


LETTER = """
The account invented_1 was used from these addresses, and see the scan on the next page:
#table(columns: 3, [IP address], [Seen], [E-mail],
  [203.0.113.9], [2026-06-05 12:00:00 UTC], [a.b\\@mail.example],
  [2001:db8::7], [05/06/2026 17:30:09 +05:30], [],
)
#pagebreak()
#rotate(90deg, reflow: true)[Login from 203.0.113.77:5000 on the side]
#pagebreak()
#rect()
"""


def transcribed(unit: Unit, name: str, content: bytes) -> tuple[str, list[str]]:
    """What the command says of a file, and the rows of its sheet."""
    (unit.folder / name).write_bytes(content)
    made = unit.run("tips", "transcribe", unit.folder / name, "--out", f"{name}.csv")
    assert made.code == 0, made.err
    return made.err, (unit.folder / f"{name}.csv").read_text().splitlines()[2:]


def test_the_rows_of_a_table_in_a_pdf_are_lines_and_scans_are_counted(referral: Unit) -> None:
    summary, rows = transcribed(referral, "letter.pdf", typst.compile(LETTER.encode()))
    assert summary.startswith("PDF ") and "1 page without text, such as a scan" in summary
    assert [row.split(",", 2)[2] for row in rows] == [
        "203.0.113.9,,2026-06-05 12:00:00 UTC,a.b@mail.example,,,",
        "2001:db8::7,,05/06/2026 17:30:09 +05:30,,,,",
        "203.0.113.77,5000,,,,,",
    ]


def test_an_outlook_message_is_read_in_its_own_code_page_and_its_attachments_are_counted(referral: Unit) -> None:
    entry = struct.Struct("<IIQ")
    plain = "Seen 2026-06-05 12:00:00 UTC: 203.0.113.9 port 51234, user: invented_1\r\n"
    html = "<p>Caf\xe9, 203.0.113.10</p><style>203.0.113.99</style>"
    streams = {
        "__properties_version1.0": bytes(32) + entry.pack(0x3FDE0003, 6, 1252),
        "__substg1.0_1000001F": plain.encode("utf-16-le"),
        "__substg1.0_10130102": html.encode("cp1252"),
        "__substg1.0_007D001F": "Received: from 203.0.113.98".encode("utf-16-le"),
        "__attach_version1.0_#00000000/__substg1.0_37010102": b"203.0.113.97",
    }
    summary, rows = transcribed(referral, "mail.msg", compound_file(streams))
    assert summary.startswith("Outlook message ") and "1 attachment, not opened" in summary
    assert rows == [",1,203.0.113.9,51234,2026-06-05 12:00:00 UTC,invented_1,,,", ",3,203.0.113.10,,,,,,"]
    only = {"__properties_version1.0": bytes(32), "__substg1.0_10090102": b"LZFu"}
    summary, rows = transcribed(referral, "rtf.msg", compound_file(only))
    assert ("RTF only" in summary, rows) == (True, [])
    summary, rows = transcribed(referral, "word.doc", compound_file({"WordDocument": b"203.0.113.9"}))
    assert (summary.startswith("file without a reader "), rows) == (True, [])


def test_an_unreadable_file_gives_an_empty_sheet_and_the_reason(referral: Unit) -> None:
    paper = typst.compile(LETTER.encode())
    locked = pypdf.PdfWriter(clone_from=io.BytesIO(paper))
    locked.encrypt("secret", algorithm="AES-256")
    locked.write(referral.folder / "locked.pdf")
    message = compound_file({"__properties_version1.0": bytes(32)})
    deep = "".join(f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(3_000))
    files = {
        "locked.pdf": (referral.folder / "locked.pdf").read_bytes(),
        "cut.pdf": paper[:200],
        "short.pdf": b"%PDF-1.7\n\0\0",
        "cut.msg": message[:600],
        "deep.eml": f"From: a\n{deep}".encode(),
    }
    for name, content in files.items():
        summary, rows = transcribed(referral, name, content)
        assert ("type what is there" in summary, rows) == (True, []), (name, summary)
    assert "password" in transcribed(referral, "locked2.pdf", files["locked.pdf"])[0]
    many = put(referral, "many.eml", "From: a\n\n" + "203.0.113.9\n" * 6_000)
    assert referral.run("tips", "transcribe", many, "--out", "many.eml.csv").code == 3
    assert not (referral.folder / "many.eml.csv").exists()
