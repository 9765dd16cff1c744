"""`sightline referrals` at the command line: a referral from a force's keys to its outcome and recall, as
two sides run it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sightline.cli import main
from sightline.model import Role
from sightline.model.short_ids import format_lead_number
from sightline.storage import rows
from sightline.workspace import keys
from tests.cli.unit import CommandResult
from tests.services.referrals.world import KARNATAKA, World, new_world
from tests.web.units import beside, knows_sender, partner_of

Run = Callable[..., CommandResult]
IO, SUPERVISOR, SP = Role.INVESTIGATING_OFFICER, Role.SUPERVISOR, Role.SUPERINTENDENT


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


@pytest.fixture
def run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command, as an officer of the unit where one is named; it must be done unless `code` says otherwise."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SIGHTLINE_WORKSPACE", str(world.officer_session.office.workspace.folder))
    monkeypatch.chdir(tmp_path)
    for role in (IO, SUPERVISOR, SP):
        keys.write_private(tmp_path / role.value, world[role].signer.private, None)

    def run(role: Role | None, *words: object, code: int = 0) -> CommandResult:
        more = ["--key", str(tmp_path / role.value)] if role else []
        found = main([*map(str, words), *more])
        captured = capsys.readouterr()
        assert found == code, captured.err
        return CommandResult(found, captured.out, captured.err)

    return run


def approve(run: Run) -> None:
    for row in run(SP, "approve", "--json").rows:
        run(SP, "approve", row["approval_id"], "--yes", "--why", "seen with its papers")


def test_from_keys_to_recall(world: World, run: Run, tmp_path: Path) -> None:
    asked_for(run, tmp_path)
    opened = goes_and_is_opened(run)
    lead = comes_back(run, opened)
    is_recalled(run, lead)
    is_compared(run, tmp_path)
    run(SUPERVISOR, "forces", "revoke", "TN-CYBER", "--why", "their key was lost")
    assert run(IO, "verify").code == 0


def asked_for(run: Run, tmp_path: Path) -> None:
    """The force is enrolled and asks; what may go is drafted and approved."""
    output = run(None, "forces", "create-keys", "TN-CYBER", "--out", "keys").out
    recipient = next(line.split()[0] for line in output.splitlines() if line.startswith("age1"))
    force = ("forces", "add", "keys/TN-CYBER.pub", "--name", "Cyber Police, Tamil Nadu", "--state", "IN-KA")
    run(SUPERVISOR, *force, "--age", recipient, "--why", "order 5/2026")
    approve(run)
    assert "TN-CYBER" in run(IO, "forces", "list").out
    run(IO, "forces", "add-officer", "none", "--to", "TN-CYBER", "--why", "x as the order says", code=3)

    assert "says more: --case" in run(IO, "referrals", "add-request", code=2).err
    (tmp_path / "request.pdf").write_bytes(b"a request")
    words = (
        "--case",
        "Cr. 41/2026",
        "--kind",
        "production",
        "--number",
        "s.94 order 3/2026",
        "--issued-by",
        "Magistrate",
    )
    dates = ("--issued-on", "2026-05-20", "--received", "2026-06-01", "--since", "2026-03-01", "--until", "2026-03-31")
    to_come = ("--issued-on", "2026-05-20", "--received", "9999-12-31", "--document", "request.pdf")
    refused = run(IO, "referrals", "add-request", "--from", "TN-CYBER", *words, *to_come, code=2)
    assert "9999-12-31 is in the future" in refused.err
    made = run(IO, "referrals", "add-request", "--from", "TN-CYBER", *words, *dates, "--document", "request.pdf").out
    request = made.split()[1].rstrip(":")
    assert "s.94 order 3/2026" in run(IO, "referrals", "add-request", "--list").out

    new = (
        "referrals",
        "draft",
        "--request",
        request,
        "--case",
        "FIR 12/2026",
        "--why",
        "their request as the order says",
    )
    dry = run(IO, *new, "--dry-run")
    assert "2 leads with 3 rows" in dry.out and "1 not: nobody knows in which state" in dry.err
    drafted = run(IO, *new, "--json").rows[0]
    assert (drafted["number"], drafted["leads"]) == ("TN-CYBER 1", 2)
    assert (
        "is drafted, and cannot be sent" in run(IO, "referrals", "seal", "TN-CYBER 1", "--out", "one.age", code=3).err
    )
    asked = run(SP, "approve").out
    assert "content_sha256" in asked and str(drafted["content_sha256"]) in asked and "IN-KA 2" in asked
    approve(run)


def goes_and_is_opened(run: Run) -> tuple[object, ...]:
    """It leaves, and is opened there; the command that opens it."""
    run(IO, "referrals", "export-key", "--out", "unit.pub")
    run(IO, "referrals", "export", "TN-CYBER 1", "--language", "hi", "--out", "plain")
    run(IO, "referrals", "seal", "TN-CYBER 1", "--out", "one.age")
    assert "exists already" in run(IO, "referrals", "seal", "TN-CYBER 1", "--out", "one.age", code=2).err
    opening = ("referrals", "open", "one.age", "--identity", "keys/TN-CYBER.age", "--trust", "unit.pub")
    assert "--receipt" in run(None, *opening, "--receipt", "receipt.json", code=2).err
    seen = run(None, *opening, "--out", "in", "--receipt", "receipt.json", "--sign", "keys/TN-CYBER.key")
    assert "198.51.x.x" in seen.out or KARNATAKA not in seen.out
    assert "whole: signature, every file, every row and its proof" in seen.err
    return opening


def comes_back(run: Run, opening: tuple[object, ...]) -> str:
    """Receipt and outcome; the id of the lead."""
    assert run(IO, "referrals", "import-receipt", "receipt.json").out == "TN-CYBER 1: received\n"
    lead = str(json.loads(run(None, *opening, "--json").out)["leads"][0]["lead_id"])

    answer = (
        "referrals",
        "answer",
        "in",
        "--lead",
        format_lead_number(lead),
        "--kind",
        "innocent",
        "--on",
        "2026-06-04",
    )
    run(None, *answer, "--sign", "keys/TN-CYBER.key", "--out", "outcome.json")
    assert "innocent" in run(IO, "referrals", "import-outcome", "outcome.json").out
    assert "1 recorded already" in run(IO, "referrals", "import-outcome", "outcome.json").err
    assert "reported by TN-CYBER" in run(IO, "outcomes", "list", "--json").out

    return lead


def is_recalled(run: Run, lead: str) -> None:
    """One lead is recalled, by hand."""
    assert "every lead that was referred is still valid" in run(IO, "referrals", "recall", "--list").err
    recall = ("referrals", "recall", "TN-CYBER 1")
    assert "the referral, the reason" in run(IO, *recall, code=2).err
    run(IO, *recall, "--lead", format_lead_number(lead), "--why", "their letter of 4 June", "--out", "recall.json")
    note = ("referrals", "read-recall", "recall.json", "--trust", "unit.pub", "--receipt", "again.json")
    assert "1 lead is recalled: their letter of 4 June" in run(None, *note, "--sign", "keys/TN-CYBER.key").out
    assert "was received" in run(IO, "referrals", "import-receipt", "again.json").out
    page = run(IO, "referrals", "show", "TN-CYBER 1").out
    for text in ("received", "innocent 2026-06-04", "their letter of 4 June", "Cr. 41/2026; s.94 order 3/2026"):
        assert text in page, text
    assert run(IO, "referrals", "show", "TN-CYBER 1", "--json").rows[0]["state"] == "received"
    assert run(IO, "referrals", "list", "--to", "TN-CYBER", "--json").rows[0]["recalled"] == 1
    assert "TN-CYBER 1" in run(IO, "referrals", "list").out


def is_compared(run: Run, tmp_path: Path) -> None:
    """Pseudonyms leave once two agreed."""
    compare = ("referrals", "compare")
    run(IO, *compare, "agree", "TN-CYBER", "--out", "secret.age")
    write = (*compare, "write", "TN-CYBER", "--what", "addresses", "--why", "order 9/2026", "--out", "ours.json")
    assert "takes two officers" in run(IO, *write, code=3).err
    approve(run)
    run(IO, *write)
    assert KARNATAKA not in (tmp_path / "ours.json").read_text()


def test_an_officer_of_the_force_takes_confirms_and_answers(world: World, run: Run, tmp_path: Path) -> None:
    """By the same rules as on the pages: nothing is confirmed that nobody took, and of another's there is nothing."""
    for code in ("KA-CYBER", "KL-CYBER"):
        keys.write_private(tmp_path / code, partner_of(world, code).signer.private, None)
    mine, theirs = ("--key", tmp_path / "KA-CYBER"), ("--key", tmp_path / "KL-CYBER")
    number = world.approved().number
    run(IO, "referrals", "offer", number)
    assert (
        "nobody of the force has downloaded the package" in run(None, "referrals", "confirm", number, *mine, code=3).err
    )
    assert "there is no referral" in run(None, "referrals", "fetch", number, "--out", "x.age", *theirs, code=3).err
    assert not (tmp_path / "x.age").exists()
    assert "SHA-256" in run(None, "referrals", "fetch", number, "--out", "one.age", *mine).out
    assert (tmp_path / "one.age").stat().st_size > 0
    for _ in range(2):
        assert run(None, "referrals", "confirm", number, *mine).out == f"{number}: received\n"
    with world.officer_session.office.workspace.read() as tables:
        lead = tables[rows.ReferralLead].select()[0].lead_id
    found = (
        "found",
        number,
        "--lead",
        format_lead_number(lead),
        "--kind",
        "innocent",
        "--on",
        "2026-06-04",
        "--why",
        "open Wi-Fi",
    )
    assert f"lead {format_lead_number(lead)}, innocent" in run(None, "refer", *found, *mine).out
    run(
        IO,
        "referrals",
        "recall",
        number,
        "--lead",
        format_lead_number(lead),
        "--why",
        "their answer as the order says",
        "--out",
        "recall.json",
    )
    with world.officer_session.office.workspace.read() as tables:
        recall = tables[rows.ReferralRecall].select()[0].recall_id
    run(None, "referrals", "confirm", number, "--recall", recall[-6:], *mine)
    with world.officer_session.office.workspace.read() as tables:
        assert tables[rows.ReferralRecall].select()[0].received_at_us is not None
        ledger_entries = [
            ledger_row.verb
            for ledger_row in tables[rows.LedgerRow].select(thing=f"referral:{world.referral(number).referral_id}")
        ]
        refused = tables[rows.StoredJournalRow].select(verb="refused:right")
    assert ledger_entries[-2:] == ["referral:fetched", "referral:received"]
    assert len(refused) == 2
    assert run(IO, "verify").code == 0


def test_an_altered_package_is_reported_with_the_next_step(world: World, run: Run, tmp_path: Path) -> None:
    world.approved()
    run(IO, "referrals", "seal", "KA-CYBER 1", "--out", "one.age")
    run(IO, "referrals", "export-key", "--out", "unit.pub")
    (tmp_path / "own.age").write_text(f"# a comment\n{world.karnataka.identity}\n")
    (tmp_path / "own.age").chmod(0o600)
    (tmp_path / "one.age").write_bytes((tmp_path / "one.age").read_bytes()[:-9])
    result = run(
        None, "referrals", "open", "one.age", "--identity", "own.age", "--trust", "unit.pub", "--out", "in", code=4
    )
    assert "was altered, or its end is missing" in result.err and "seal it again" in result.err
    assert not (tmp_path / "in").exists()
    for words, says in (
        (("--identity", "unit.pub", "--trust", "unit.pub"), "not an age identity"),
        (("--identity", "own.age", "--trust", "own.age"), "minisign key"),
        (("--identity", "none", "--trust", "unit.pub"), "No such file"),
    ):
        assert says in run(None, "referrals", "open", "one.age", *words, code=2).err
    (tmp_path / "x.json").write_text("{}")
    assert "not a note of Sightline" in run(IO, "referrals", "import-receipt", "x.json", code=4).err
    assert "contains no referral" in run(
        None, "referrals", "answer", ".", "--lead", "abcd", "--kind", "innocent", "--on", "2026-06-04", "--sign", "x",
            "--out", "y", code=2
    ).err  # fmt: skip


def test_a_referral_from_another_force_is_imported_answered_recalled_and_destroyed(
    world: World, run: Run, tmp_path: Path
) -> None:
    units = beside(world, tmp_path / "receiver")
    knows_sender(units)
    for role in (IO, SP):
        keys.write_private(tmp_path / f"{role.value} there", units.receiver[role].signer.private, None)

    def there(*words: object, code: int = 0, role: Role = IO) -> CommandResult:
        own = ("--workspace", units.receiver.workspace.folder, "--key", tmp_path / f"{role.value} there")
        return run(None, *words, *own, code=code)

    run(
        IO,
        "referrals",
        "draft",
        "--to",
        "TN-CYBER",
        "--case",
        "FIR 12/2026",
        "--why",
        "their request as the order says",
    )
    approve(run)
    number = "TN-CYBER 1"
    run(IO, "referrals", "seal", number, "--out", "one.age")
    assert "nothing came yet" in there("referrals", "list-incoming").err
    (tmp_path / "cut.age").write_bytes((tmp_path / "one.age").read_bytes()[:-1])
    assert "cut.age was altered" in there("referrals", "import", "cut.age", code=4).err
    assert f"{number}: 2 leads" in there("referrals", "import", "one.age").out
    assert "was imported already" in there("referrals", "import", "one.age", code=2).err
    page = there("referrals", "show-incoming", number).out
    assert "198.51.100.x" in page and KARNATAKA not in page
    lead = next(line.split()[0] for line in page.splitlines() if "198.51.100.x" in line)
    assert "--why is empty" in there("referrals", "show-incoming", number, "--lead", lead, code=2).err
    assert (
        "198.51.100.7"
        in there("referrals", "show-incoming", number, "--lead", lead, "--why", "a notice to the ISP").out
    )
    there("referrals", "accept", number, "--receipt", "receipt.json")
    assert run(IO, "referrals", "import-receipt", "receipt.json").out == f"{number}: received\n"
    assert "the lead, the outcome" in there("referrals", "record-incoming-outcome", number, "--lead", lead, code=2).err
    found = ("--lead", lead, "--kind", "innocent", "--on", "2026-06-04", "--why", "open Wi-Fi")
    there("referrals", "record-incoming-outcome", number, *found, "--out", "outcomes.json")
    assert "innocent" in run(IO, "referrals", "import-outcome", "outcomes.json").out
    run(
        IO,
        "referrals",
        "recall",
        number,
        "--lead",
        lead,
        "--why",
        "their letter as the order says",
        "--out",
        "recall.json",
    )
    assert "1 lead is recalled" in there("referrals", "import-recall", "recall.json", "--receipt", "read.json").out
    assert "was received" in run(IO, "referrals", "import-receipt", "read.json").out
    (listed,) = there("referrals", "list-incoming", "--json").rows
    assert (listed["number"], listed["recalled"], listed["answered"]) == (number, 1, 1)
    there("referrals", "purge-incoming", number, "--why", "over as the order says", code=3)
    for row in there("approve", "--json", role=SP).rows:
        there("approve", row["approval_id"], "--yes", "--why", "seen with its papers", role=SP)
    assert "destroyed" in there("referrals", "purge-incoming", number, "--why", "over as the order says").out
    assert "destroyed" in there("referrals", "list-incoming").out
    assert there("verify").code == run(IO, "verify").code == 0
