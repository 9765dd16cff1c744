"""Key files of forces, and of this unit towards them."""

from __future__ import annotations

from pathlib import Path

import pyrage

from sightline.errors import UsageError
from sightline.private_files import require_private_file
from sightline.stages.lists.signature import KeyFileError, PublicKey, SecretKey, read_public_key, read_secret_key

LARGEST_BYTES = 1 << 14


def read_public_key_file(path: Path) -> PublicKey:
    """Return the key of a minisign public key file. Raises UsageError."""
    try:
        return read_public_key(_read_text(path), path.stem)
    except KeyFileError as error:
        raise UsageError(f"{path}: {error}", hint="give the .pub file that the other side handed over") from None


def read_secret_key_file(path: Path) -> SecretKey:
    """Return the key of a minisign secret key file. Raises UsageError; NotAllowed if others can read the file."""
    try:
        result = read_secret_key(_read_text(path), path.stem)
        require_private_file(path)
        return result
    except KeyFileError as error:
        raise UsageError(f"{path}: {error}", hint="sightline forces create-keys CODE makes one") from None


def read_age_identities(path: Path) -> list[pyrage.x25519.Identity]:
    """Return the identities of an age key file, as `age-keygen` writes it. Raises as `read_secret_key_file`."""
    lines = [line.strip() for line in _read_text(path).splitlines()]
    try:
        result = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        result = []
    if not result:
        raise UsageError(
            f"{path}: not an age identity", hint="the file of AGE-SECRET-KEY-1...: sightline forces create-keys CODE"
        )
    require_private_file(path)
    return result


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_BYTES + 1)
        if len(raw) > LARGEST_BYTES:
            raise UsageError(f"{path}: too large for a key", hint="give the path of a key file")
        return raw.decode()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="give the path of a key file") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: no text", hint="give the path of a key file") from None
