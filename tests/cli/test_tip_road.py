"""A tip's lead on the later roads, as two officers type them: words, outcome, referral, graph, web pages and purge."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fastapi.testclient import TestClient

from sightline.casework.permissions.officer_session import authenticate
from sightline.cli.officer_options import get_current_time
from sightline.model.short_ids import format_lead_number
from sightline.web.app import AppConfig, create_app
from sightline.workspace import keys
from sightline.workspace.workspace import open_workspace
from tests.cli.test_tips_import import NARRATIVE, imported, leads, put, referral, report, sha256
from tests.cli.unit import DAS, IYER, KHAN, MENON, RAO, Unit, unit

__all__ = ["referral", "unit"]

FORCE = "KA-CYBER"
NETWORKS = "cidr,asn,isp,line,circle\n203.0.113.0/24,AS64500,Alpha Mobile,mobile,KA\n"
CITIES = "cidr,country_code,state,district,latitude,longitude,radius_km\n203.0.113.0/24,IN,IN-KA,,,,\n"


def place_addresses(unit: Unit) -> None:
    for kind, text in (("network", NETWORKS), ("city", CITIES)):
        (unit.folder / f"{kind}.csv").write_text(text)
        unit.done(RAO, "datasets", "import", unit.folder / f"{kind}.csv", "--kind", kind, "--date", "2026-06-01")


def run_by_two(unit: Unit, *words: object) -> None:
    """Run a command that takes two officers."""
    assert unit.sightline(RAO, *words).code == 3
    unit.agree()
    unit.done(RAO, *words)


def refer_and_answer(unit: Unit, lead: str) -> None:
    """Another force gets the leads of its state, and says what it found."""
    force = unit.run("forces", "create-keys", FORCE, "--out", "keys").out
    recipient = next(line.split()[0] for line in force.splitlines() if line.startswith("age1"))
    names = ("--name", "Cyber Police, Karnataka", "--state", "IN-KA", "--age", recipient)
    unit.done(MENON, "forces", "add", f"keys/{FORCE}.pub", *names, "--why", "order 5/2026")
    unit.agree()
    drafted = unit.done(RAO, "referrals", "draft", "--to", FORCE, "--case", "FIR-12", "--why", "their request of May")
    assert "2 leads with 2 rows" in drafted.out
    unit.agree()
    unit.done(RAO, "referrals", "export-key", "--out", "unit.pub")
    unit.done(RAO, "referrals", "seal", f"{FORCE} 1", "--out", "one.age")
    signing = ("--sign", f"keys/{FORCE}.key")
    opening = ("referrals", "open", "one.age", "--identity", f"keys/{FORCE}.age", "--trust", "unit.pub", "--out", "in")
    opened = unit.run(*opening, "--receipt", "receipt.json", *signing)
    assert (opened.code, "whole: signature" in opened.err) == (0, True), opened.err
    unit.done(RAO, "referrals", "import-receipt", "receipt.json")
    found = ("--lead", lead, "--kind", "innocent", "--on", "2026-06-20", "--out", "outcome.json", *signing)
    assert unit.run("referrals", "answer", "in", *found).code == 0
    assert lead in unit.done(RAO, "referrals", "import-outcome", "outcome.json").out


def check_pages(unit: Unit, lead: str, exhibit: str) -> None:
    """The web app shows the lead, its exhibit and the lists in which they stand."""
    workspace = open_workspace(unit.folder / "cyber-ps")
    officer_session = authenticate(workspace, keys.read_private(unit.key(RAO), None), get_current_time)
    app = create_app(AppConfig(workspace))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.cookies.set("sightline", app.state.live_sessions.begin(officer_session, "test"))
        for path in ("/leads", f"/leads/{lead}", f"/exhibits/{exhibit}", "/exhibits"):
            page = client.get(path)
            assert page.status_code == 200, path
            assert NARRATIVE not in page.text
        assert "reported-upload" in client.get(f"/leads/{lead}").text


def test_a_tip_lead_goes_every_later_road(referral: Unit) -> None:
    referral.enrol(KHAN)
    place_addresses(referral)
    tip = put(referral, "a.json", report(1, ("203.0.113.9", "2026-06-05T12:00:00Z", 51234, "UPLOAD")))
    put(referral, "b.json", report(2, ("203.0.113.10", "2026-06-05T12:00:00Z", 51234, "LOGIN")))
    imported(referral, referral.folder / "tips")
    lead = next(str(one["lead_id"]) for one in leads(referral) if one["priority"] == "high")
    # The words are those of a report: nobody flagged a site, and no log shows a visit.
    sheet = " ".join(referral.done(DAS, "leads", "explain", lead).out.split())
    assert "made 1 connection stated in 1 report on 5 Jun 2026" in sheet
    assert "Reports, by id: report" in sheet
    assert "flagged" not in sheet.lower()
    found = ("--kind", "confirmed-by-forensics", "--case", "FIR-12", "--on", "2026-06-20", "--why", "report 88 of 2026")
    referral.done(RAO, "outcomes", "record", format_lead_number(lead), *found)
    assert any(line.split()[:3] == ["source", "NCMEC", "1"] for line in _precision(referral))
    refer_and_answer(referral, format_lead_number(lead))
    run_by_two(referral, "exhibits", "export-graph", sha256(tip), "--out", "g.jsonld", "--why", "asked by the court")
    validator = str(Path(sys.executable).with_name("case_validate"))
    ran = subprocess.run([validator, "g.jsonld"], capture_output=True, text=True, check=False)
    assert (ran.returncode, "Conforms: True" in ran.stdout) == (0, True), ran.stdout[-2000:]
    check_pages(referral, lead, sha256(tip))
    run_by_two(referral, "purge", sha256(tip), "--why", "ordered by the court", "--early")
    assert [one["source_ip"] for one in leads(referral)] == ["203.0.113.10"]
    fallen = referral.done(RAO, "referrals", "recall", "--list").out
    assert format_lead_number(lead) in fallen and "not there any more" in fallen
    assert referral.done(IYER, "verify", "--rows").code == 0


def _precision(unit: Unit) -> list[str]:
    return unit.done(DAS, "outcomes", "show-precision").out.splitlines()
