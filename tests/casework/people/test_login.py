"""Logins: in memory only, for the officer's user alone, until the hour that was said, one for each workspace."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sightline.casework.people import login
from sightline.errors import NotAllowed
from sightline.workspace import keys

NOW = datetime(2026, 6, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, as the system gives one to each user."""
    if not login.is_in_memory(Path("/dev/shm")):
        pytest.skip("no tmpfs at /dev/shm here")
    with TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def runtime(memory: Path) -> Path:
    return login.make_runtime_folder({"XDG_RUNTIME_DIR": str(memory)})


def a_login(until: datetime = NOW + HOUR) -> login.Login:
    return login.Login("01K5Z3", keys.make_signing_key(), until)


def test_a_login_is_there_until_its_hour_and_then_gone_from_memory(runtime: Path) -> None:
    mine = a_login()
    login.store_login(runtime, "W", mine)
    found = login.find_login(runtime, "W", NOW + HOUR - timedelta(microseconds=1))
    assert found is not None
    assert (found.officer_id, found.until) == (mine.officer_id, mine.until)
    assert found.private.private_bytes_raw() == mine.private.private_bytes_raw()
    assert login.find_login(runtime, "W", NOW + HOUR) is None
    assert list(runtime.iterdir()) == []


def test_each_workspace_has_its_own_login_and_the_later_one_wins(runtime: Path) -> None:
    first, second, other = a_login(), a_login(), a_login()
    login.store_login(runtime, "W", first)
    login.store_login(runtime, "W", second)
    login.store_login(runtime, "V", other)
    for name, expected in (("W", second), ("V", other)):
        found = login.find_login(runtime, name, NOW)
        assert found is not None
        assert found.private.private_bytes_raw() == expected.private.private_bytes_raw()
    assert login.find_login(runtime, "U", NOW) is None
    assert login.forget_login(runtime, "W")
    assert not login.forget_login(runtime, "W")
    assert login.find_login(runtime, "V", NOW) is not None


def test_only_its_user_can_read_the_login_files(runtime: Path) -> None:
    login.store_login(runtime, "W", a_login())
    assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
    assert stat.S_IMODE((runtime / "W").stat().st_mode) == 0o600
    assert [path.name for path in runtime.iterdir()] == ["W"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660])
def test_a_file_that_others_may_touch_is_no_login(runtime: Path, mode: int) -> None:
    login.store_login(runtime, "W", a_login())
    (runtime / "W").chmod(mode)
    with pytest.raises(NotAllowed, match="not private to you"):
        login.find_login(runtime, "W", NOW)


def test_a_folder_that_others_may_enter_is_not_used(memory: Path, runtime: Path) -> None:
    runtime.chmod(0o750)
    with pytest.raises(NotAllowed, match="not private to you"):
        login.make_runtime_folder({"XDG_RUNTIME_DIR": str(memory)})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_files_of_another_user_are_not_used(memory: Path, runtime: Path) -> None:
    login.store_login(runtime, "W", a_login())
    os.chown(runtime / "W", 65534, 65534)
    with pytest.raises(NotAllowed, match="not private to you"):
        login.find_login(runtime, "W", NOW)
    os.chown(runtime, 65534, 65534)
    with pytest.raises(NotAllowed, match="not private to you"):
        login.make_runtime_folder({"XDG_RUNTIME_DIR": str(memory)})


def test_links_are_not_followed(memory: Path, runtime: Path, tmp_path: Path) -> None:
    login.store_login(runtime, "W", a_login())
    (runtime / "W").rename(runtime / "elsewhere")
    (runtime / "W").symlink_to(runtime / "elsewhere")
    with pytest.raises(NotAllowed):
        login.find_login(runtime, "W", NOW)
    other = memory / "other"
    other.mkdir()
    (other / "sightline").symlink_to(runtime)
    with pytest.raises(NotAllowed, match="not private to you"):
        login.make_runtime_folder({"XDG_RUNTIME_DIR": str(other)})


def test_on_a_disk_no_key_is_left_unlocked() -> None:
    # Temporary files of tests may be in memory; those in /var/tmp outlive a restart (FHS 3.0, 5.15).
    with TemporaryDirectory(dir="/var/tmp") as folder:
        if login._find_file_system(Path(folder)) in login.IN_MEMORY:
            pytest.skip("/var/tmp is in memory here")
        with pytest.raises(NotAllowed, match="no folder in memory") as why:
            login.make_runtime_folder({"XDG_RUNTIME_DIR": folder})
        assert "--key FILE" in str(why.value.hint)
        assert list(Path(folder).iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "says"),
    [("overlay", "it lies on overlay"), ("", "it lies on what this machine"), (None, "it is not there")],
)
def test_the_missing_memory_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str | None, says: str
) -> None:
    shared = tmp_path / "shm"
    if kind is not None:
        shared.mkdir()
    monkeypatch.setattr(login, "SHARED_MEMORY", shared)
    monkeypatch.setattr(login, "_find_file_system", lambda _: kind)
    with pytest.raises(NotAllowed, match=f"shm is no folder in memory .tmpfs., {says}") as why:
        login.make_runtime_folder({})
    assert f"mount a tmpfs at {shared}, or set XDG_RUNTIME_DIR" in str(why.value.hint)


def test_half_a_login_is_none(runtime: Path) -> None:
    login.store_login(runtime, "W", a_login())
    whole = (runtime / "W").read_bytes()
    for end in (0, 1, len(whole) // 2, len(whole) - 1):
        (runtime / "W").write_bytes(whole[:end])
        (runtime / "W").chmod(0o600)
        assert login.find_login(runtime, "W", NOW) is None
        assert not (runtime / "W").exists()


def test_the_public_half_is_read_without_the_passphrase(tmp_path: Path) -> None:
    key = keys.make_signing_key()
    for name, passphrase in (("open", None), ("locked", "correct horse")):
        keys.write_private(tmp_path / name, key, passphrase)
        assert login.read_public_half(tmp_path / name) == key.public_key().public_bytes_raw()
    (tmp_path / "none").write_bytes(b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n")
    for name in ("none", "not there"):
        assert login.read_public_half(tmp_path / name) is None
