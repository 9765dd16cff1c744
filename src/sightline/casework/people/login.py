"""Logins: an officer's key, unlocked for one workspace until a chosen hour, in memory only.

A login is a file in a folder in memory (tmpfs) that only this user of this machine may read. Anyone who can act as this
user can act as the officer until it ends. A login replaces the passphrase, and nothing else.
"""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.errors import NotAllowed
from sightline.ledger.entry import compute_key_id
from sightline.ledger.instants import to_instant, to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.workspace.keys import format_private_key
from sightline.workspace.workspace import Workspace

MOUNTS = Path("/proc/self/mounts")
IN_MEMORY = frozenset({"tmpfs", "ramfs"})
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  - the folder made in it is checked for owner and mode
EACH_TIME = "give the key each time: --key FILE, or SIGHTLINE_KEY"
LIMIT_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class Login:
    """An unlocked key, and its expiry."""

    officer_id: str
    private: Ed25519PrivateKey = field(repr=False)
    until: datetime


def make_runtime_folder(environment: Mapping[str, str]) -> Path:
    """Return this user's folder of logins, created if missing. Raises NotAllowed if unsafe or not in memory."""
    given = environment.get("XDG_RUNTIME_DIR")
    folder = Path(given) / "sightline" if given else SHARED_MEMORY / f"sightline-{os.geteuid()}"
    above = folder.parent
    if not is_in_memory(above):
        lies = (
            f"lies on {_find_file_system(above) or 'what this machine does not name'}"
            if above.is_dir()
            else "is not there"
        )
        raise NotAllowed(
            f"{above} is no folder in memory (tmpfs), it {lies}: no key is left unlocked there",
            hint=f"mount a tmpfs at {above}, or set XDG_RUNTIME_DIR to a folder in memory; or {EACH_TIME}",
        )
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise NotAllowed(f"{folder}: {error.strerror}", hint=EACH_TIME) from None
    _require_own(folder, os.lstat(folder), stat.S_ISDIR)
    return folder


def is_in_memory(folder: Path) -> bool:
    """Return whether a folder exists and is in memory."""
    return folder.is_dir() and _find_file_system(folder) in IN_MEMORY


def store_login(folder: Path, workspace_id: str, login: Login) -> None:
    """Store a login, replacing an earlier one of the same workspace."""
    content = {
        "officer": login.officer_id,
        "until_us": to_microseconds(login.until),
        "key": format_private_key(login.private, None).decode(),
    }
    beside = folder / f".{workspace_id}.{os.getpid()}"
    beside.unlink(missing_ok=True)
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as stream:
        json.dump(content, stream)
    beside.replace(folder / workspace_id)


def find_login(folder: Path, workspace_id: str, now: datetime) -> Login | None:
    """Return the login of a workspace, or None if there is none or it expired; then it is removed."""
    path = folder / workspace_id
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotAllowed(f"{path}: {error.strerror}", hint=f"remove it, then sightline login; or {EACH_TIME}") from None
    with os.fdopen(number, "rb") as stream:
        _require_own(path, os.fstat(number), stat.S_ISREG)
        raw = stream.read(LIMIT_BYTES)
    login = _read(raw)
    if login is None or login.until <= now:
        path.unlink(missing_ok=True)
        return None
    return login


def forget_login(folder: Path, workspace_id: str) -> bool:
    """End the login of a workspace, and return whether there was one."""
    try:
        (folder / workspace_id).unlink()
    except FileNotFoundError:
        return False
    return True


def record_failure(workspace: Workspace, path: Path, why: str, now: datetime) -> None:
    """Write to the journal that a key could not be opened."""
    public = read_public_half(path)
    thing = f"key:{compute_key_id(public)}" if public else f"workspace:{workspace.workspace_id}"
    workspace.append_to_journal("unknown", JournalVerb.LOGIN_FAILED, thing, why, now)


def read_public_half(path: Path) -> bytes | None:
    """Return the 32-byte public key in a private key file, beside the locked one (OpenSSH, PROTOCOL.key)."""
    try:
        lines = path.read_bytes()[:LIMIT_BYTES].split(b"\n")
        raw = base64.b64decode(b"".join(line for line in lines if not line.startswith(b"--")), validate=True)
    except (OSError, ValueError):
        return None
    magic = b"openssh-key-v1\0"
    _cipher, rest = _split_string(raw.removeprefix(magic))
    _kdf, rest = _split_string(rest)
    _options, rest = _split_string(rest)
    blob, _ = _split_string(rest[4:])
    kind, rest = _split_string(blob)
    public, _ = _split_string(rest)
    return public if raw.startswith(magic) and kind == b"ssh-ed25519" and len(public) == 32 else None


def _split_string(raw: bytes) -> tuple[bytes, bytes]:
    """Return a text that follows its length in four bytes, and the rest."""
    end = 4 + int.from_bytes(raw[:4], "big")
    return raw[4:end], raw[end:]


def _read(raw: bytes) -> Login | None:
    """Return the login in a file, or None if the file is incomplete."""
    try:
        content = json.loads(raw)
        private = serialization.load_ssh_private_key(content["key"].encode(), password=None)
        until = to_instant(content["until_us"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
    return Login(content["officer"], private, until) if isinstance(private, Ed25519PrivateKey) else None


def _require_own(path: Path, state: os.stat_result, is_kind: object) -> None:
    """Raise NotAllowed unless it has the right kind, belongs to this user, and nobody else can read it."""
    assert callable(is_kind)
    if not is_kind(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & 0o077:
        raise NotAllowed(
            f"{path} is not private to you: no login is read or stored there",
            hint=f"see who made it and remove it; or {EACH_TIME}",
        )


def _find_file_system(folder: Path) -> str:
    """Return the type of a folder's file system, or "" if unknown."""
    whole = folder.resolve()
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    mounts = [(Path(_unescape_folder(line.split(" ")[1])), line.split(" ")[2]) for line in lines]
    above = [
        (len(place.parts), number, kind) for number, (place, kind) in enumerate(mounts) if whole.is_relative_to(place)
    ]
    return max(above)[2] if above else ""


def _unescape_folder(place: str) -> str:
    """Return a folder of /proc/self/mounts without its escapes."""
    for escape, letter in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        place = place.replace(escape, letter)
    return place
