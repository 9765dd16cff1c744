"""Read and write keys of officers and of the workspace, in the OpenSSH format of `ssh-keygen -t ed25519`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sightline.errors import NotAllowed, OutputExists, UsageError, name_output_on_error
from sightline.private_files import read_private_file, write_private_file

LIMIT_BYTES = 1 << 14
MARKER = b"PRIVATE KEY"
KDF_ROUNDS = 24
"""Rounds of bcrypt-pbkdf over a passphrase, ssh-keygen's default: a quarter of a second, for guessers too."""

SHORTEST_PASSPHRASE = 12
"""Minimum length of a passphrase. A stolen key file can be tried without limit (NIST SP 800-63B-4, 3.1.1.2, asks for
8).
"""
LEAST_LETTERS = 5
"""Minimum number of different letters in a passphrase: `aaaaaaaaaaaa` is refused."""


def require_passphrase(passphrase: str) -> None:
    """Raise UsageError for a passphrase that is too easy to guess."""
    if len(passphrase) < SHORTEST_PASSPHRASE or len(set(passphrase)) < LEAST_LETTERS:
        raise UsageError(
            f"the passphrase is too short: {SHORTEST_PASSPHRASE} characters or more, {LEAST_LETTERS} of them different",
            hint="use four or five words that do not belong together; spaces are allowed",
        )


def make_signing_key() -> Ed25519PrivateKey:
    """Return a new key."""
    return Ed25519PrivateKey.generate()


def format_private_key(key: Ed25519PrivateKey, passphrase: str | None) -> bytes:
    """Return the private key file, encrypted under the passphrase if there is one."""
    openssh = serialization.PrivateFormat.OpenSSH
    if passphrase is None:
        return key.private_bytes(serialization.Encoding.PEM, openssh, serialization.NoEncryption())
    lock = openssh.encryption_builder().kdf_rounds(KDF_ROUNDS).build(passphrase.encode())
    return key.private_bytes(serialization.Encoding.PEM, openssh, lock)


def format_public_key(key: Ed25519PublicKey, comment: str) -> str:
    """Return the public key file: one line."""
    line = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    return f"{line} {comment}\n"


def read_public(path: Path) -> bytes:
    """Read the 32 bytes of the key from a public key file. Raises UsageError."""
    return read_public_text(_read_small(path), path)


def read_public_text(raw: bytes, path: Path) -> bytes:
    """Parse the 32 bytes of the key from a public key file's text. Errors show `path`. Raises UsageError."""
    hint = "give the .pub file that sightline officers create-key, or ssh-keygen -t ed25519, wrote"
    try:
        key = serialization.load_ssh_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path}: not a public key", hint=hint) from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path}: not an Ed25519 key", hint=hint)
    return key.public_bytes_raw()


def is_locked(path: Path) -> bool:
    """Return whether a private key file needs a passphrase. Raises NotAllowed if others can read the file."""
    try:
        serialization.load_ssh_private_key(_read_private_key_file(path), password=None)
    except TypeError:
        return True
    except ValueError as error:
        return "password" in str(error).lower() or "passphrase" in str(error).lower()
    return False


def read_private(path: Path, passphrase: str | None) -> Ed25519PrivateKey:
    """Read the key from a private key file.

    Raises UsageError for an invalid file, NotAllowed for a wrong passphrase, and for a file that others can read.
    """
    return read_private_text(_read_private_key_file(path), path, passphrase)


def read_private_text(raw: bytes, path: Path, passphrase: str | None) -> Ed25519PrivateKey:
    """Parse the key from a private key file's text. Errors show `path`."""
    if MARKER not in raw:
        raise UsageError(
            f"{path}: not a private key", hint="give the file that sightline officers create-key wrote, without .pub"
        )
    try:
        key = serialization.load_ssh_private_key(raw, password=passphrase.encode() if passphrase else None)
    except TypeError:
        what = "it has a passphrase, and none was given" if passphrase is None else "it has no passphrase"
        raise NotAllowed(
            f"{path}: {what}", hint="sightline login asks for it; for automation --passphrase-file"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise NotAllowed(f"{path}: the passphrase is wrong, or the file is damaged", hint="try again") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path}: not an Ed25519 key", hint="make one: sightline officers create-key --out FILE")
    return key


def write_private(path: Path, key: Ed25519PrivateKey, passphrase: str | None) -> None:
    """Write a private key file that only its owner can read. An existing file is never replaced.

    Raises UsageError for a passphrase that is too easy to try.
    """
    if passphrase is not None:
        require_passphrase(passphrase)
    with name_output_on_error(path):
        try:
            write_private_file(path, format_private_key(key, passphrase))
        except FileExistsError:
            raise OutputExists(f"{path} exists already, and a key is never replaced", hint="choose another") from None


def _read_private_key_file(path: Path) -> bytes:
    """The bytes of a private key file. Raises NotAllowed where others can read it."""
    return _read_limited(path, lambda path, limit_bytes: read_private_file(path, limit_bytes, MARKER))


def _read_small(path: Path) -> bytes:
    return _read_limited(path, _read)


def _read(path: Path, limit_bytes: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(limit_bytes + 1)


def _read_limited(path: Path, read: Callable[[Path, int], bytes]) -> bytes:
    try:
        raw = read(path, LIMIT_BYTES)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="give the path of a key file") from None
    if len(raw) > LIMIT_BYTES:
        raise UsageError(f"{path}: too large for a key", hint="give the path of a key file")
    return raw
