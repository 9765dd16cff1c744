"""Backups are encrypted: to whom the workspace names, or the command; never left open without a word for it."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pyrage
import pytest
from sqlalchemy import inspect

from sightline.casework import decisions
from sightline.casework.identities import identities
from sightline.casework.oversight import backups
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.errors import DamagedInput, NotAllowed, UsageError
from sightline.ledger.entry import Entry
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.model import Role
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import migrate, registered_files, rows
from sightline.storage.schema import TABLES
from sightline.workspace import backup, encryption
from sightline.workspace.encryption import encrypt_stream, is_encrypted, open_backup
from sightline.workspace.restore import RestoreTarget
from sightline.workspace.unit_keys import derive_unit_recipient
from sightline.workspace.workspace import LOG_KEY
from tests.cli.unit import MENON, NAIR, Unit, unit
from tests.office import Office, found_office, now

__all__ = ["unit"]
QUIET = lambda *_: None  # noqa: E731
Identity: TypeAlias = pyrage.x25519.Identity


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return found_office(tmp_path / "office")


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    path = tmp_path / "safe.age"
    path.write_text(f"# created: today\n{Identity.generate()}\n")
    path.chmod(0o600)
    return path


def opens(path: Path) -> Identity:
    found: Identity = Identity.from_str(path.read_text().splitlines()[1])
    return found


def to(path: Path) -> str:
    return str(opens(path).to_public())


def check_encryption(office: Office) -> list[Entry]:
    with office.workspace.read() as tables:
        ledger_rows = tables[rows.LedgerRow].select(verb=Verb.BACKUP_MADE.value)
    return [Entry.read(row.entry_json.encode()) for row in ledger_rows]


def test_a_backup_is_encrypted_to_the_recipients_and_comes_back_with_an_identity(
    office: Office, identity: Path, tmp_path: Path
) -> None:
    keeper, out = office[Role.CUSTODIAN], tmp_path / "all.tar.age"
    asked = ask_for(office, identity, "safe of the SP")
    decisions.decide(office.supervisor, asked.approval_id, give=True, why="met at the safe of the SP")
    made = backups.make_backup(keeper, out, QUIET)
    raw = out.read_bytes()
    assert is_encrypted(out) and made.recipients == (to(identity),) and made.size_bytes == len(raw)
    assert out.stat().st_mode & 0o777 == 0o600
    for secret in (b"OPENSSH PRIVATE KEY", (office.workspace.folder / LOG_KEY).read_bytes()[40:100], b"log.key"):
        assert secret not in raw
    assert check_encryption(office)[-1].facts["recipients"] == to(identity)
    manifest = backups.check_backup(out, QUIET, made.manifest.digest, [Identity.generate(), opens(identity)])
    place = RestoreTarget(tmp_path / "again")
    private = keeper.signer.private
    again = backups.restore_backup(out, manifest, place, private, now, QUIET, [opens(identity)])
    assert (again.folder / LOG_KEY).read_bytes() == (office.workspace.folder / LOG_KEY).read_bytes()
    assert (again.folder / LOG_KEY).stat().st_mode & 0o777 == 0o600
    assert verify_workspace(again, VerifyRequest(), QUIET).findings == []


def test_an_unencrypted_backup_needs_an_explicit_option(office: Office, identity: Path, tmp_path: Path) -> None:
    keeper, out = office[Role.CUSTODIAN], tmp_path / "all.tar"
    with pytest.raises(UsageError, match="nobody is named who could open") as refused:
        backups.make_backup(keeper, out, QUIET)
    assert refused.value.hint is not None and "backup add-recipient" in refused.value.hint
    assert not out.exists() and not list(tmp_path.glob(".all*")) and check_encryption(office) == []
    with pytest.raises(UsageError, match="exclude each other"):
        backups.make_backup(keeper, out, QUIET, to=[to(identity)], unencrypted=True)
    backups.make_backup(keeper, out, QUIET, unencrypted=True)
    assert not is_encrypted(out) and check_encryption(office)[-1].facts["recipients"] == "nobody"
    with office.workspace.read() as tables:
        assert [backup_record.is_encrypted for backup_record in backups.list_backups(tables)] == [False]


@pytest.mark.parametrize("text", ["", "age1", "age1xyz", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1"])
def test_a_text_that_is_no_recipient_is_refused(office: Office, tmp_path: Path, text: str) -> None:
    keeper = office[Role.CUSTODIAN]
    with pytest.raises(UsageError, match="not an age recipient"):
        backups.add_recipient(keeper, text, "safe")
    with pytest.raises(UsageError, match="not an age recipient"):
        backups.make_backup(keeper, tmp_path / "x", QUIET, to=[text])


def test_a_backup_is_not_encrypted_to_what_only_it_holds(office: Office, tmp_path: Path) -> None:
    keeper, own = office[Role.CUSTODIAN], derive_unit_recipient(office.workspace)
    with pytest.raises(UsageError, match="in the backup alone"):
        backups.add_recipient(keeper, own, "ours")
    with pytest.raises(UsageError, match="in the backup alone"):
        backups.make_backup(keeper, tmp_path / "x", QUIET, to=[own])


def ask_for(office: Office, identity: Path, name: str) -> rows.Approval:
    """What the custodian asks for, to be decided by another."""
    asked = backups.add_recipient(office[Role.CUSTODIAN], to(identity), name)
    assert isinstance(asked, rows.Approval)
    return asked


def list_names_of_recipients(office: Office) -> list[str]:
    with office.workspace.read() as tables:
        return [recipient.name for recipient in backups.list_recipients(tables)]


def test_recipients_are_asked_for_by_those_who_make_backups_and_approved_by_another(
    office: Office, identity: Path, tmp_path: Path
) -> None:
    keeper = office[Role.CUSTODIAN]
    with pytest.raises(NotAllowed):
        backups.add_recipient(office.io, to(identity), "mine")
    asked = ask_for(office, identity, "safe")
    assert list_names_of_recipients(office) == []
    with pytest.raises(UsageError, match="nobody is named who could open"):
        backups.make_backup(keeper, tmp_path / "early.tar.age", QUIET)
    for unfit in (keeper, office[Role.ADMINISTRATOR], office.io):
        with pytest.raises(NotAllowed):
            decisions.decide(unfit, asked.approval_id, give=True, why="mine as I like it")
    assert list_names_of_recipients(office) == []
    assert decisions.decide(office.supervisor, asked.approval_id, give=True, why="met at the safe of the SP").done
    assert list_names_of_recipients(office) == ["safe"]
    with pytest.raises(UsageError, match="already"):
        backups.add_recipient(keeper, to(identity), "safe")
    with pytest.raises(UsageError, match="is not a reason"):
        backups.remove_recipient(keeper, to(identity), "x")
    backups.remove_recipient(keeper, to(identity), "the safe was given up")
    with pytest.raises(UsageError, match="not a recipient of backups"):
        backups.remove_recipient(keeper, to(identity), "again, to be sure")
    asked = ask_for(office, identity, "another safe")
    assert list_names_of_recipients(office) == []
    decisions.decide(office.supervisor, asked.approval_id, give=True, why="met at the other safe")
    assert list_names_of_recipients(office) == ["another safe"]
    assert verify_workspace(office.workspace, VerifyRequest(), QUIET).findings == []


def test_a_refused_recipient_is_none_and_an_approval_serves_once(office: Office, identity: Path) -> None:
    asked = ask_for(office, identity, "safe")
    decisions.decide(office.supervisor, asked.approval_id, give=False, why="nobody knows that key")
    with pytest.raises(UsageError, match="refused already"):
        decisions.decide(office.supervisor, asked.approval_id, give=True, why="met at the safe of the SP")
    assert list_names_of_recipients(office) == []
    with office.workspace.read() as tables:
        assert backups.list_asked_recipients(tables, to_microseconds(now())) == []
    assert verify_workspace(office.workspace, VerifyRequest(), QUIET).findings == []


def test_a_recipient_that_one_officer_wrote_is_found(office: Office, identity: Path) -> None:
    administrator = office[Role.ADMINISTRATOR]
    with office.workspace.change(administrator.signer, now()) as change:
        backups.add_lone_recipient(change, to(identity), "mine")
    found = verify_workspace(office.workspace, VerifyRequest(), QUIET).findings
    assert ["backup:recipient-added" in finding.what and "two officers" in finding.what for finding in found] == [True]


def test_a_recipient_other_than_the_approved_one_is_found(office: Office, identity: Path) -> None:
    asked = ask_for(office, identity, "safe")
    with office.supervisor.change(Action.APPROVAL_DECIDE, f"approval:{asked.approval_id}") as change:
        decided = approvals.decide(office.supervisor, change, asked.approval_id, give=True, why="met at the safe")
        other = json.dumps({"recipient": str(Identity.generate().to_public()), "name": "safe"})
        backups.add_approved_recipient(change, replace(decided, request_json=other))
        approvals.use(change, decided)
    found = verify_workspace(office.workspace, VerifyRequest(), QUIET).findings
    assert any("backup:recipient-added" in finding.what for finding in found)


def test_without_the_right_identity_nothing_is_read(office: Office, identity: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.tar.age"
    backups.make_backup(office[Role.CUSTODIAN], out, QUIET, to=[to(identity)])
    with pytest.raises(UsageError, match="no identity was given"):
        backups.check_backup(out, QUIET)
    with pytest.raises(NotAllowed, match="none of the identities opens it"):
        backups.check_backup(out, QUIET, None, [Identity.generate()])


def test_one_flipped_bit_or_a_cut_end_is_found(office: Office, identity: Path, tmp_path: Path) -> None:
    out, damaged = tmp_path / "all.tar.age", tmp_path / "damaged.age"
    backups.make_backup(office[Role.CUSTODIAN], out, QUIET, to=[to(identity)])
    whole, chance = out.read_bytes(), random.Random(5)
    for spot in (*chance.sample(range(len(encryption.BEGIN), len(whole)), 40), len(whole) - 1):
        other = bytearray(whole)
        other[spot] ^= 1 << chance.randrange(8)
        damaged.write_bytes(other)
        with pytest.raises((DamagedInput, NotAllowed), match=r"damaged\.age"):
            backups.check_backup(damaged, QUIET, None, [opens(identity)])
    for end in (len(whole) - 1, len(whole) // 2, 60):
        damaged.write_bytes(whole[:end])
        with pytest.raises((DamagedInput, NotAllowed), match=r"damaged\.age"):
            backups.check_backup(damaged, QUIET, None, [opens(identity)])
    damaged.write_bytes(whole + b"x")
    with pytest.raises(DamagedInput, match=r"damaged\.age"):
        backups.check_backup(damaged, QUIET, None, [opens(identity)])


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3_000_000])
def test_streams_of_every_size_come_back(tmp_path: Path, size: int) -> None:
    identity, plain = Identity.generate(), random.Random(size).randbytes(size)
    with (tmp_path / "x").open("wb") as out, encrypt_stream(out, [str(identity.to_public())]) as stream:
        for at in range(0, size, 1000):
            stream.write(plain[at : at + 1000])
    with open_backup(tmp_path / "x", [identity]) as back:
        assert b"".join(iter(lambda: back.read(4096), b"")) == plain


def test_a_reader_that_stops_early_and_a_full_disk_end_the_work(tmp_path: Path) -> None:
    identity = Identity.generate()
    with (tmp_path / "x").open("wb") as out, encrypt_stream(out, [str(identity.to_public())]) as stream:
        stream.write(bytes(5_000_000))
    with open_backup(tmp_path / "x", [identity]) as back:
        assert back.read(10) == bytes(10)

    class Full(io.RawIOBase):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    with (
        pytest.raises(OSError, match="No space left") as refused,
        encrypt_stream(Full(), [str(identity.to_public())]) as stream,  # type: ignore[arg-type]
    ):
        for _ in range(100):
            stream.write(bytes(100_000))
    assert refused.value.errno == 28


def test_a_backup_of_an_older_version_comes_back_and_is_brought_to_this_one(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identities.load_secret(office.workspace, now())
    migrate.downgrade(office.workspace.engine, "0010")
    monkeypatch.setattr(backup, "HEAD", "0010")
    there = set(inspect(office.workspace.engine).get_table_names())
    older = {name: row for name, row in TABLES.items() if name in there}
    monkeypatch.setattr(backup, "TABLES", older)
    monkeypatch.setattr(registered_files, "_list_attached", lambda *_: ())
    out = tmp_path / "older.tar"
    backups.make_backup(office[Role.CUSTODIAN], out, QUIET, unencrypted=True)
    monkeypatch.undo()
    manifest = backups.check_backup(out, QUIET)
    assert manifest.schema == "0010"
    private = office[Role.CUSTODIAN].signer.private
    again = backups.restore_backup(out, manifest, RestoreTarget(tmp_path / "again"), private, now, QUIET)
    assert verify_workspace(again, VerifyRequest(), QUIET).findings == []
    with again.read() as tables:
        verbs = [ledger_row.verb for ledger_row in tables[rows.LedgerRow].select()]
    assert "workspace:upgraded" in verbs and verbs.count("backup:restored") == 1


def test_the_commands_say_what_is_encrypted_and_what_lies_open(unit: Unit, identity: Path, tmp_path: Path) -> None:
    unit.begin()
    out, left_open = tmp_path / "all.tar.age", tmp_path / "open.tar"
    refused = unit.sightline(NAIR, "backup", "--out", out)
    assert refused.code == 2 and "backup add-recipient" in refused.err and not out.exists()
    assert to(identity) in unit.done(NAIR, "backup", "add-recipient", to(identity), "--name", "safe of the SP").out
    assert to(identity) in unit.done(NAIR, "backup", "list-recipients").out
    assert f"encrypted to {to(identity)}" in unit.done(NAIR, "backup", "--out", out).err
    checked = unit.run("restore", out, "--check", "--identity", identity)
    assert checked.code == 0 and "NOT ENCRYPTED" not in checked.err
    assert "--identity FILE" in unit.run("restore", out, "--check").err
    identity.chmod(0o644)
    assert "chmod 600" in unit.run("restore", out, "--check", "--identity", identity).err
    assert "NOT ENCRYPTED" in unit.done(NAIR, "backup", "--unencrypted", "--out", left_open).err
    again = unit.run("restore", left_open, "--out", tmp_path / "again", "--key", unit.key(NAIR))
    assert again.code == 0 and "NOT ENCRYPTED" in again.err
    words = ("backup", "remove-recipient", to(identity), "--why", "the safe was given up")
    assert "nobody yet" in unit.done(NAIR, *words).err


def test_the_only_officer_of_a_unit_adds_one_alone_and_two_officers_agree(unit: Unit, identity: Path) -> None:
    unit.begin()
    alone = unit.done(NAIR, "backup", "add-recipient", to(identity), "--name", "safe of the SP")
    assert to(identity) in alone.out and "by one officer, as the unit has no other" in alone.err
    (entry,) = unit.done(NAIR, "ledger", "show", "--json", "--verb", "backup:recipient-added").rows
    assert entry["facts"] == {"officers": 1}
    unit.enrol(MENON)
    other = str(Identity.generate().to_public())
    asked = unit.done(NAIR, "backup", "add-recipient", other, "--name", "safe of the court")
    assert other not in asked.out and "before another officer approves" in asked.err
    assert "sightline approve" in unit.done(NAIR, "backup", "list-recipients").err
    assert other in unit.done(MENON, "approve").out
    unit.approve(MENON)
    listed = unit.done(NAIR, "backup", "list-recipients")
    assert other in listed.out and "sightline approve" not in listed.err
    unit.done(NAIR, "verify")


def test_recipients_can_be_named_when_the_workspace_is_made(unit: Unit, identity: Path, tmp_path: Path) -> None:
    unit.begin("--backup-recipient", to(identity))
    unit.done(NAIR, "backup", "--out", tmp_path / "all.tar.age")
    assert is_encrypted(tmp_path / "all.tar.age")
    unit.done(NAIR, "verify")
