"""`sightline leads report` as it is typed: page, map and place table of a real record, masked unless opened."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sightline.model.short_ids import format_lead_number
from tests.cli.unit import DAS, MENON, RAO, Unit, copy_prepared, unit
from tests.office import combined_log, issuer_key, signed_list

__all__ = ["unit"]

CASE = "case new --number FIR-12 --station S --sections 67B --io R --begun-on 2026-06-05".split()
AUTHORITY = "authority add --case FIR-12 --kind production --number O-7 --issued-by CJM --issued-on 2026-06-05".split()
ACCOUNT = (
    '192.0.2.9 - amina [09/Mar/2026:{}:00:00 +0000] "GET http://board.example/room/1 HTTP/1.1" 200 9 "-" "Browser/1"\n'
)
ADDRESS = re.compile(r"198\.51\.100\.\d|2001:db8::[0-9a-f]*(?![0-9a-fx])")


@pytest.fixture
def rebuilt(unit: Unit) -> Unit:
    """A unit in an exercise, with the leads of forty visits and of an account that came twice."""
    copy_prepared(unit, "rebuilt", rebuild_leads)
    return unit


def rebuild_leads(unit: Unit) -> None:
    unit.begin("--exercise")
    unit.enrol(MENON, RAO, DAS)
    flags = signed_list(unit.folder, "kind,value,category\ndomain,board.example,csam\n")
    (unit.folder / "agency.pub").write_text(issuer_key().derive_public().to_text())
    paper, log = unit.folder / "order.pdf", unit.folder / "access.log"
    paper.write_bytes(b"order")
    log.write_text(combined_log(120) + "".join(ACCOUNT.format(hour) for hour in ("13", "15")))
    unit.done(RAO, "issuers", "add", unit.folder / "agency.pub", "--why", "letter as the order says")
    unit.approve(MENON)
    unit.done(RAO, *CASE)
    unit.done(RAO, *AUTHORITY, "--document", paper)
    unit.done(RAO, "sources", "add", "--kind", "proxy", "--name", "proxy", "--use", "leads")
    unit.done(RAO, "scan", log, "--source", "proxy", "--authority", "O-7", "--list", flags)
    unit.done(RAO, "leads", "rebuild")


def test_page_map_and_table_tell_the_same_leads_and_mask_them(rebuilt: Unit) -> None:
    leads = rebuilt.done(DAS, "leads", "list", "--json").rows
    result = rebuilt.done(DAS, "leads", "report", "--out", "r.html", "--map", "m.svg", "--limit", "7")
    page, drawn = Path("r.html").read_text(), Path("m.svg").read_text()
    root = ElementTree.fromstring(page)
    assert len([element for element in root.iter("details") if element.get("class") == "lead"]) == 7
    text = "".join(root.itertext())
    assert f"The first 7 of {len(leads)} leads" in text
    for expected in ("EXERCISE", "access.log", "signed by AGENCY", "Undetermined"):
        assert expected in text
    assert not ADDRESS.search(page + drawn + result.out)
    assert f"{len(leads):,}" in next(line for line in result.out.splitlines() if line.startswith("Undetermined"))
    assert f"Undetermined: {len(leads)} leads" in drawn


def test_opening_takes_a_reason_which_the_journal_keeps(rebuilt: Unit) -> None:
    assert rebuilt.sightline(DAS, "leads", "report", "--out", "r.html", "--show-addresses").code == 2
    assert not Path("r.html").exists()
    whole = ("leads", "report", "--out", "r.html", "--show-addresses", "--why", "FIR 12: to be shown to S. Rao")
    assert rebuilt.sightline(DAS, *whole).code == 3, "many addresses in a file: two officers"
    assert not Path("r.html").exists()
    rebuilt.agree()
    rebuilt.done(DAS, *whole)
    page = Path("r.html").read_text()
    assert ADDRESS.search(page) and "opened by T. Das: FIR 12: to be shown to S. Rao" in page
    assert "FIR 12: to be shown to S. Rao" in str(rebuilt.journal(verb="export:leads"))


def test_no_file_is_overwritten_and_no_path_serves_two_outputs(rebuilt: Unit) -> None:
    Path("r.html").write_text("mine")
    assert rebuilt.sightline(DAS, "leads", "report", "--out", "r.html").code == 2
    assert Path("r.html").read_text() == "mine"
    assert rebuilt.sightline(DAS, "leads", "report", "--out", "x", "--map", "x").code == 2
    rebuilt.done(DAS, "leads", "report", "--out", "r.html", "--overwrite")
    assert Path("r.html").read_text().startswith("<!DOCTYPE html>")


def test_explain_reads_as_a_sheet(rebuilt: Unit) -> None:
    one = str(rebuilt.done(DAS, "leads", "list", "--json").rows[0]["lead_id"])
    text = rebuilt.done(DAS, "leads", "explain", one).out
    assert text.startswith(f"Lead {format_lead_number(one)}, id {one}") and "WHAT THIS DOES NOT PROVE" in text
    assert max(map(len, text.splitlines())) <= 100 and not ADDRESS.search(text)


def test_sessions_joined_by_an_account_are_explained_with_their_own_times(rebuilt: Unit) -> None:
    (joined,) = (row for row in rebuilt.done(DAS, "leads", "list", "--json").rows if row["sessions"] == 2)
    text = " ".join(rebuilt.done(DAS, "leads", "explain", joined["lead_id"]).out.split())
    assert "They are 2 sessions, joined by the same account at the same source" in text
    assert "9 Mar 2026, 13:00:00 UTC" in text and "9 Mar 2026, 15:00:00 UTC" in text
    assert "amina" not in text


def test_sheet_and_report_are_in_the_language_that_is_asked_for(rebuilt: Unit) -> None:
    lead = rebuilt.done(DAS, "leads", "list", "--json").rows[0]
    sheet = rebuilt.done(DAS, "leads", "explain", lead["lead_id"], "--language", "ml").out
    assert "ഇത് തെളിയിക്കാത്തത്" in sheet and "WHAT THIS DOES NOT PROVE" not in sheet
    rebuilt.done(DAS, "leads", "report", "--out", "hi.html", "--map", "hi.svg", "--language", "hi")
    assert 'lang="hi"' in Path("hi.html").read_text() and "राज्य के अनुसार सुराग" in Path("hi.svg").read_text()
