"""`sightline leads purge`: what was written about closed leads goes when its time is over, by two
officers, and no hold.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sightline.cli import officer_options
from sightline.workspace.workspace import DATABASE
from tests.cli.test_leads_report import rebuilt
from tests.cli.test_leads_work import ids
from tests.cli.unit import DAS, MENON, RAO, Unit, unit

__all__ = ["rebuilt", "unit"]
NOTE, WHY, MARKED = "a port in line 12 of the log", "it was a relay of nobody", "a meeting is named in the chat"
DUE = ("leads", "purge", "--closed-for", "30")
PURGE = (*DUE, "--why", "keeping time of leads is over")


@pytest.fixture
def purged_unit(rebuilt: Unit, monkeypatch: pytest.MonkeyPatch) -> tuple[Unit, str, str]:
    """Two leads with a note each, one of them closed; it is forty days later."""
    closed, standing = ids(rebuilt)[:2]
    for lead in (closed, standing):
        rebuilt.done(DAS, "leads", "note", lead, "--text", NOTE, "--why", "seen with its papers")
    rebuilt.done(RAO, "leads", "flag-danger", closed, "--why", MARKED)
    rebuilt.done(RAO, "leads", "close", closed, "--reason", "no-line", "--why", WHY, "--danger-over")
    monkeypatch.setattr(officer_options, "get_current_time", lambda: datetime.now(UTC) + timedelta(days=40))
    return rebuilt, closed, standing


def test_papers_of_a_closed_lead_go_by_two_and_of_an_open_one_stay(purged_unit: tuple[Unit, str, str]) -> None:
    unit, closed, standing = purged_unit
    (due,) = unit.done(RAO, *DUE, "--json").rows
    assert (due["lead_id"], due["notes"], due["marks"], due["acts"], due["holds"]) == (closed, 1, 1, 1, [])
    assert "nothing is due" in unit.done(RAO, "leads", "purge", "--closed-for", "50").err

    asked = unit.sightline(RAO, *PURGE)
    assert asked.code == 3 and "P. Menon" in asked.err
    page = unit.done(MENON, "approve").out
    assert "closed_for_days: 30" in page or "30" in page
    assert NOTE in unit.done(DAS, "leads", "show", closed).out, "nothing went before the second officer agreed"
    unit.approve(MENON)
    done = unit.done(RAO, *PURGE)
    assert "purged the papers of 1 lead: 1 note, 1 mark, 0 outcomes, 1 act" in done.out

    assert NOTE not in unit.done(DAS, "leads", "show", closed).out
    assert NOTE in unit.done(DAS, "leads", "show", standing).out
    work = unit.done(DAS, "leads", "show", closed, "--json").rows[0]["work"]
    assert isinstance(work, dict)
    assert [act["act"] for act in work["acts"]] == ["marked", "closed", "unmarked"], "what was done stays"
    assert "nothing is due" in unit.done(RAO, *DUE).err
    found = unit.done(MENON, "verify")
    assert "all is as it was" in found.out
    held = b"".join(path.read_bytes() for path in (unit.folder / "cyber-ps").glob(f"{DATABASE}*"))
    assert WHY.encode() not in held and MARKED.encode() not in held
    assert NOTE.encode() in held, "of the lead that is open"


def test_a_hold_beats_the_purge_also_once_it_was_approved(purged_unit: tuple[Unit, str, str]) -> None:
    unit, closed, _ = purged_unit
    assert unit.sightline(RAO, *PURGE).code == 3
    unit.approve(MENON)
    unit.done(RAO, "holds", "add", "case:FIR-12", "--why", "appeal pending, order of 3.6.2026")
    (due,) = unit.done(RAO, *DUE, "--json").rows
    assert due["lead_id"] == closed and due["holds"]
    refused = unit.sightline(RAO, *PURGE)
    assert refused.code == 3 and "is due" in refused.err
    assert NOTE in unit.done(DAS, "leads", "show", closed).out


def test_a_later_word_about_a_lead_begins_its_time_anew(purged_unit: tuple[Unit, str, str]) -> None:
    unit, closed, _ = purged_unit
    assert unit.sightline(RAO, *PURGE).code == 3
    unit.approve(MENON)
    unit.done(DAS, "leads", "note", closed, "--text", "another line", "--why", "seen with its papers")
    refused = unit.sightline(RAO, *PURGE)
    assert refused.code == 3 and "no lead is due" in refused.err


def test_an_officer_without_permission_cannot_purge_and_days_are_checked(purged_unit: tuple[Unit, str, str]) -> None:
    unit, _, _ = purged_unit
    assert unit.sightline(DAS, *DUE).code == 3
    for days in ("0", "-3", "40000", "x"):
        assert unit.sightline(RAO, "leads", "purge", "--closed-for", days).code == 2
    assert unit.sightline(RAO, *DUE, "--why", "x").code == 2


def test_two_officers_set_the_retention_of_leads_and_no_purge_is_earlier(purged_unit: tuple[Unit, str, str]) -> None:
    unit, closed, _ = purged_unit
    set_ = ("leads", "set-retention", "35", "--why", "keeping time, order 7/2026")
    assert "no keeping time of leads is set" in unit.sightline(RAO, "leads", "purge").err
    assert unit.sightline(DAS, *set_).code == 3, "an analyst purges nothing"
    assert unit.sightline(RAO, *set_).code == 3
    unit.approve(MENON)
    other = ("leads", "set-retention", "1", "--why", "keeping time, order 7/2026")
    assert unit.sightline(RAO, *other).code == 3, "thirty-five days were agreed to, and not one"
    assert "kept for 35 days" in unit.done(RAO, *set_).out
    assert unit.sightline(RAO, *set_).code == 3, "what was agreed to serves once"

    (due,) = unit.done(RAO, "leads", "purge", "--json").rows
    assert due["lead_id"] == closed
    early = unit.sightline(RAO, *DUE)
    assert early.code == 2 and "shorter than the keeping time of leads, 35 days" in early.err
    assert "nothing is due" in unit.done(RAO, "leads", "purge", "--closed-for", "50").err
    assert "kept for 35 days" in unit.sightline(MENON, "doctor").out
    assert "all is as it was" in unit.done(MENON, "verify").out
