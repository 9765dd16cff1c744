"""`sightline cases report` and `cases purge` as they are typed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sightline.casework.permissions.officer_session import authenticate
from sightline.services.case_files.attachments import write_note
from sightline.workspace import keys
from sightline.workspace.workspace import open_workspace
from tests.cli.unit import DAS, MENON, RAO, Unit, unit
from tests.office import now

__all__ = ["unit"]

WHY = ("--why", "order 7/2026 of the court")


@pytest.fixture(autouse=True)
def case(unit: Unit) -> None:
    unit.begin()
    unit.enrol(MENON, RAO, DAS)
    words = ("--station", "Cyber PS", "--sections", "67B IT Act", "--io", "S. Rao", "--begun-on", "2026-03-01")
    unit.done(RAO, "cases", "add", "--number", "FIR 12/2026", *words)


def test_a_report_is_written_and_the_ledger_has_its_digest(unit: Unit) -> None:
    result = unit.done(DAS, "cases", "report", "FIR 12/2026", "--out", "r.pdf", "--language", "hi")
    digest = hashlib.sha256(Path("r.pdf").read_bytes()).hexdigest()
    assert digest in result.out
    ledger_entries = [
        row for row in unit.done(MENON, "ledger", "show", "--json").rows if row["verb"] == "case:reported"
    ]
    assert digest in str(ledger_entries[0])
    assert unit.sightline(DAS, "cases", "report", "FIR 12/2026", "--out", "r.pdf").code == 2
    alone = unit.sightline(RAO, "cases", "report", "FIR 12/2026", "--out", "s.pdf", "--show-identities")
    assert (alone.code, "takes a reason" in alone.err, Path("s.pdf").exists()) == (2, True, False)
    assert unit.sightline(DAS, "cases", "report", "FIR 12/2026", "--out", "s.pdf", "--show-identities", *WHY).code == 3


def test_two_officers_purge_what_was_written_about_a_case(unit: Unit) -> None:
    nothing = unit.done(RAO, "cases", "purge", "FIR 12/2026", "--json").rows[0]
    assert (nothing["notes"], nothing["files"]) == (0, 0)
    assert unit.sightline(RAO, "cases", "purge", "FIR 12/2026", *WHY).code == 2
    rao = authenticate(open_workspace(unit.folder / "cyber-ps"), keys.read_private(unit.key(RAO), None), now)
    write_note(rao, "FIR 12/2026", "The caretaker was called.")
    assert unit.done(RAO, "cases", "purge", "FIR 12/2026", "--json").rows[0]["notes"] == 1
    assert unit.sightline(DAS, "cases", "purge", "FIR 12/2026", *WHY).code == 3
    early = unit.sightline(RAO, "cases", "purge", "FIR 12/2026", *WHY)
    assert (early.code, "is kept until" in early.err) == (3, True), early.err
    asked = unit.sightline(RAO, "cases", "purge", "FIR 12/2026", "--early", *WHY)
    assert (asked.code, "takes two officers" in asked.err) == (3, True), asked.err
    unit.approve(MENON)
    assert "purged 1 note and 0 attachments" in unit.done(RAO, "cases", "purge", "FIR 12/2026", "--early", *WHY).out
    assert unit.done(MENON, "verify").code == 0
