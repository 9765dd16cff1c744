"""Read the key of a list's digests of names (HMAC-SHA-256), which is stored in a separate file."""

from __future__ import annotations

from pathlib import Path

from sightline.errors import UsageError
from sightline.private_files import read_private_file

_LIMIT_BYTES = 1 << 12


def read_digest_key(path: Path | None) -> bytes | None:
    """Return the file's bytes without a last line end, or None without a file.

    Raises UsageError for an invalid key, NotAllowed for a file that others can read.
    """
    if path is None:
        return None
    hint = "--digest-key takes the file with the key that the issuer gave apart from the list"
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no regular file", hint=hint)
    try:
        raw = read_private_file(path, _LIMIT_BYTES)
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such key file", hint=hint) from None
    except PermissionError:
        raise UsageError(f"{path}: the key cannot be read", hint=hint) from None
    key = raw.removesuffix(b"\n").removesuffix(b"\r")
    if not key or len(raw) > _LIMIT_BYTES:
        what = "holds no key" if not key else f"is larger than a key can be ({_LIMIT_BYTES} bytes)"
        raise UsageError(f"{path} {what}", hint=hint)
    return key
