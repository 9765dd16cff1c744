"""Secrets in the record: whoever overwrites, empties, adds or brings back one is found, and the row is named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from sightline.casework.identities import identities
from sightline.casework.people import accounts
from sightline.errors import NotAllowed
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import migrate
from sightline.storage.database import run_transaction
from sightline.storage.rows import IdentityKey
from sightline.workspace import identity_keys
from sightline.workspace.keys import format_private_key, format_public_key, make_signing_key
from sightline.workspace.workspace import LOG_KEY, open_workspace, upgrade_workspace
from tests.office import Office, found_office, now

SUBSCRIBER, OTHER = "a" * 32, "b" * 32


@pytest.fixture(params=["folder", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    made = found_office(tmp_path / "workspace", database=url)
    identities.load_secret(made.workspace, now())
    accounts.create_account(made.io, "s.rao", "four words make it")
    with made.workspace.change(made.io.signer, now()) as change:
        keys = [IdentityKey(one, change.now_us, os.urandom(32)) for one in (SUBSCRIBER, OTHER)]
        change.tables[IdentityKey].add(*keys)
        identity_keys.record_keys(change.ledger, change.signer, "reply:x", keys)
    return made


def findings(office: Office) -> list[tuple[str, str]]:
    workspace = open_workspace(office.workspace.folder)
    return [
        (finding.where, finding.what)
        for finding in verify_workspace(workspace, VerifyRequest(), lambda *_: None).findings
    ]


def written(office: Office, statement: str, **values: object) -> None:
    with run_transaction(office.workspace.engine, writes=True) as connection:
        connection.execute(text(statement), values)


def test_identity_keys_are_held_to_the_entries_that_tell_of_them(office: Office) -> None:
    assert findings(office) == []
    key, where = os.urandom(32), f"identity key {SUBSCRIBER}"
    with office.workspace.read() as tables:
        right = tables[IdentityKey].get(SUBSCRIBER)
    assert right is not None
    update = "UPDATE identity_keys SET key = :key WHERE subscriber_id = :one"
    written(office, update, key=key, one=SUBSCRIBER)
    ((named, what),) = findings(office)
    assert named == where and "is not the one that entry " in what
    written(office, update, key=None, one=SUBSCRIBER)
    assert [(named, what) for named, what in findings(office)] == [
        (where, "is emptied, though no entry tells that it was purged")
    ]
    written(office, update, key=right.key, one=SUBSCRIBER)
    written(office, "INSERT INTO identity_keys VALUES ('c', 1, :key)", key=key)
    written(office, "DELETE FROM identity_keys WHERE subscriber_id = :one", one=OTHER)
    messages = dict(findings(office))
    assert messages["identity key c"] == "no entry of the ledger tells of it"
    assert messages[f"identity key {OTHER}"].startswith("is not there, though entry ")
    assert len(messages) == 2


def test_a_purged_key_that_was_brought_back_is_named(office: Office) -> None:
    with office.workspace.read() as tables:
        right = tables[IdentityKey].get(SUBSCRIBER)
    assert right is not None
    why = "by order of the court"
    with pytest.raises(NotAllowed, match="takes two officers"):
        identities.purge(office.io, SUBSCRIBER, why)
    assert office.approve() == 1
    identities.purge(office.io, SUBSCRIBER, why)
    assert findings(office) == []
    written(office, "UPDATE identity_keys SET key = :key WHERE subscriber_id = :one", key=right.key, one=SUBSCRIBER)
    ((named, what),) = findings(office)
    assert named == f"identity key {SUBSCRIBER}" and what.endswith("tells that it was purged")


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE accounts SET sealed = :value", "account:"),
        ("UPDATE accounts SET salt = :value", "account:"),
        ("UPDATE officer_keys SET public_key = :value WHERE key_id = (SELECT min(key_id) FROM officer_keys)", "key:"),
        ("UPDATE identity_keys SET key = :value WHERE subscriber_id = 'workspace'", "identity key workspace"),
    ],
)
def test_overwritten_secrets_and_public_keys_are_named(office: Office, statement: str, kind: str) -> None:
    written(office, statement, value=make_signing_key().public_key().public_bytes_raw())
    assert any(where.startswith(kind) for where, _ in findings(office))


SPOILED: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "another": lambda path: path.write_bytes(format_private_key(make_signing_key(), None)),
    "a public key": lambda path: path.write_text(format_public_key(make_signing_key().public_key(), "x")),
    "open to others": lambda path: path.chmod(0o640),
    "with a line more": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "empty": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_log_key_that_was_touched_is_named(office: Office, how: str) -> None:
    SPOILED[how](office.workspace.folder / LOG_KEY)
    assert [where for where, _ in findings(office)] == [LOG_KEY]


def test_the_upgrade_reports_keys_made_by_an_older_version(office: Office) -> None:
    migrate.downgrade(office.workspace.engine, "0010")
    written(office, "INSERT INTO identity_keys VALUES ('c', 1, :key)", key=os.urandom(32))
    written(office, "UPDATE identity_keys SET key = :key WHERE subscriber_id = :one", key=os.urandom(32), one=OTHER)
    upgrade_workspace(office.workspace.folder, now())
    # One that was told of before stays as it was told then.
    assert [where for where, _ in findings(office)] == [f"identity key {OTHER}"]
    written(office, "UPDATE identity_keys SET key = :key WHERE subscriber_id = 'c'", key=os.urandom(32))
    assert {where for where, _ in findings(office)} == {f"identity key {OTHER}", "identity key c"}
