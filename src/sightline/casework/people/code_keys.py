"""Keys of officers that are made on a sign-in page: the officer keeps a code, from which the key is made again."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.errors import UsageError
from sightline.ledger.entry import compute_key_id

CODE_BYTES = 20
"""160 bits: 32 letters of base32."""
DOMAIN = b"sightline recovery key v1\n"
HINT = "the officer makes one on the sign-in page"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A new key for an officer: the code from which it is made again, and its public half."""

    code: str = field(repr=False)
    public: str

    @property
    def key_id(self) -> str:
        """Return the id of the key, as people compare it."""
        return compute_key_id(base64.b64decode(self.public))


def make_code_key() -> NewKey:
    """Make a new key. Nothing of it is stored: the officer keeps the code, and hands over the public half."""
    code = group_letters(base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower())
    public = derive_private_key(code).public_key().public_bytes_raw()
    return NewKey(code, base64.b64encode(public).decode())


def group_letters(text: str) -> str:
    """Return the letters of a code as people read them: in groups of four."""
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def derive_private_key(code: str) -> Ed25519PrivateKey:
    """Return the key of a code, however its letters are grouped."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(DOMAIN + strip_code(code).encode()).digest())


def strip_code(code: str) -> str:
    """Return the letters of a code, which people group and write as they like."""
    return "".join(letter for letter in code.lower() if letter.isascii() and letter.isalnum())


def parse_public_key(text: str) -> bytes:
    """Return the public key that an officer handed over. Raises UsageError."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise UsageError(f"{text.strip()[:80]!r} is no public key: it has 44 letters", hint=HINT)
    return raw
