"""A file that holds a key is used only where nobody but its user can read or write it, whichever command reads it."""

import os
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from sightline.cli.lists.sign import _read_secret_key
from sightline.cli.prompts import read_passphrase
from sightline.errors import NotAllowed
from sightline.private_files import require_server_key
from sightline.services.match.outputs import write_all_or_none
from sightline.services.referrals.force_keys import read_age_identities, read_secret_key_file
from sightline.stages.lists import signature
from sightline.stages.lists.digest_key import read_digest_key
from sightline.workspace import keys
from sightline.workspace.workspace import make_workspace
from tests.office import found_office, now

READERS: dict[str, tuple[bytes, Callable[[Path], object]]] = {
    "an officer's key": (
        keys.format_private_key(keys.make_signing_key(), None),
        lambda path: keys.read_private(path, None),
    ),
    "a locked key": (keys.format_private_key(keys.make_signing_key(), "four words make it"), keys.is_locked),
    "an issuer's key": (signature.create_key("AGENCY").to_text().encode(), _read_secret_key),
    "a unit's key": (signature.create_key("KA-CYBER").to_text().encode(), read_secret_key_file),
    "an age identity": (str(pyrage.x25519.Identity.generate()).encode(), read_age_identities),
    "a passphrase": (b"four words make it", read_passphrase),
    "a digest key": (b"held apart", read_digest_key),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o666, 0o610])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    content, read = READERS[name]
    path = tmp_path / "a key's file"
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(NotAllowed, match=f"mode {mode:04o}") as refused:
        read(path)
    assert str(path) in str(refused.value)
    assert refused.value.hint is not None and "chmod 600 '" in refused.value.hint


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_of_its_user_alone_is_read(tmp_path: Path, name: str, mode: int) -> None:
    content, read = READERS[name]
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(mode)
    assert read(path) is not None
    # By another name too: what counts is the file.
    (tmp_path / "link").symlink_to(path)
    assert read(tmp_path / "link") is not None
    path.chmod(0o644)
    with pytest.raises(NotAllowed):
        read(tmp_path / "link")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", READERS)
def test_a_key_of_another_user_is_refused(tmp_path: Path, name: str) -> None:
    content, read = READERS[name]
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    os.chown(path, 12345, 12345)
    with pytest.raises(NotAllowed, match="belongs to another user") as refused:
        read(path)
    assert refused.value.hint is not None and f"chown {os.geteuid()} {path}" in refused.value.hint


def test_a_log_key_that_others_can_read_signs_nothing(tmp_path: Path) -> None:
    office = found_office(tmp_path / "workspace")
    path = office.workspace.folder / "log.key"
    path.chmod(0o644)
    with (
        pytest.raises(NotAllowed, match="others than its owner"),
        office.workspace.change(office.io.signer, now()),
    ):
        pytest.fail("a change was begun")
    path.chmod(0o600)
    with office.workspace.change(office.io.signer, now()):
        pass


@pytest.mark.parametrize("mode", [0o640, 0o644])
def test_the_key_of_a_certificate_is_root_s_for_a_group_or_its_user_s_alone(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    path.write_text("-----BEGIN PRIVATE KEY-----\n")
    path.chmod(0o600)
    require_server_key(path)
    path.chmod(mode)
    if mode == 0o640 and os.geteuid() == 0:
        require_server_key(path)
        return
    with pytest.raises(NotAllowed, match="others than its owner"):
        require_server_key(path)


def test_files_of_the_workspace_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys.write_private(tmp_path / "key", keys.make_signing_key(), None)
        workspace = make_workspace(tmp_path / "made", "Unit", now(), lambda _: None)
    finally:
        os.umask(before)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert (workspace.folder / "log.key").stat().st_mode & 0o777 == 0o600
    assert workspace.folder.stat().st_mode & 0o777 == 0o700


def test_exported_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    out = tmp_path / "bundle.zip"
    before = os.umask(0)
    try:
        with write_all_or_none([out]) as beside:
            beside[out].write_text("rows about people")
    finally:
        os.umask(before)
    assert out.stat().st_mode & 0o777 == 0o600
