"""Make and verify keys and signatures in minisign's formats, compatible with the stock program.

Formats: https://jedisct1.github.io/minisign/, the prehashed kind (`ED`: Ed25519 over BLAKE2b-512) only.
Secret keys are kept without a password, as `minisign -G -W` writes them: where they lie must be protected.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ALGORITHM = b"Ed"
_PREHASHED = b"ED"
_NO_PASSWORD = b"\0\0"
_BLAKE2B = b"B2"
_UNTRUSTED = "untrusted comment: "
_TRUSTED = "trusted comment: "
_FILE_LIMIT_BYTES = 1 << 14
_COMMENT_LIMIT_BYTES = 8000
"""Below minisign's own limit for a trusted comment (8192 bytes with the line's beginning)."""

ISSUER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""The form of an issuer's code, which is also the stem of the key files."""

_BOUND = re.compile(rf"sightline (?:public|secret) key of ({ISSUER.pattern})")


class KeyFileError(ValueError):
    """A file that is no key in minisign's format, or an unusable key. The message says why."""


class SignatureError(ValueError):
    """A text that is no signature of the required kind, or a wrong signature. The message says why."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An issuer's public key. `key_id` is as minisign prints it."""

    issuer: str
    key_id: str
    raw: bytes

    def to_text(self) -> str:
        """Return the public key file."""
        comment = f"{_UNTRUSTED}sightline public key of {self.issuer}"
        return f"{comment}\n{_encode_base64(_ALGORITHM + _parse_id(self.key_id) + self.raw)}\n"


@dataclass(frozen=True, slots=True)
class SecretKey:
    """An issuer's secret key; `seed` is the Ed25519 seed."""

    issuer: str
    key_id: str
    seed: bytes

    def __repr__(self) -> str:
        return f"SecretKey({self.issuer}, {self.key_id})"

    def derive_public(self) -> PublicKey:
        """Return its public half."""
        return PublicKey(self.issuer, self.key_id, self._load_private().public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the Ed25519 signature."""
        return self._load_private().sign(message)

    def to_text(self) -> str:
        """Return the secret key file, without a password, as `minisign -G -W` writes it."""
        pair = _parse_id(self.key_id) + self.seed + self.derive_public().raw
        checksum = hashlib.blake2b(_ALGORITHM + pair, digest_size=32).digest()
        # Salt and limits of the password, all zero where there is none.
        raw = _ALGORITHM + _NO_PASSWORD + _BLAKE2B + bytes(48) + pair + checksum
        return f"{_UNTRUSTED}sightline secret key of {self.issuer}\n{_encode_base64(raw)}\n"

    def _load_private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class SignatureFile:
    """A signature file, read but not yet verified."""

    key_id: str
    signature: bytes
    trusted_comment: str
    global_signature: bytes


def create_key(issuer: str) -> SecretKey:
    """Create a key for an issuer. Raises KeyFileError if the code is invalid."""
    if not ISSUER.fullmatch(issuer):
        raise KeyFileError(f"{issuer[:80]!r} is no issuer code: letters, digits, `.`, `_`, `-`, at most 64, no space")
    return SecretKey(issuer, _format_id(os.urandom(8)), os.urandom(32))


def hash_stream(stream: BinaryIO) -> bytes:
    """Return the BLAKE2b-512 digest of the rest of the stream, read piece by piece."""
    digest = hashlib.blake2b()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    return digest.digest()


def sign_digest(digest: bytes, key: SecretKey, trusted_comment: str) -> str:
    """Return the signature file over a file's `prehash`.

    Raises ValueError for a comment that minisign would not read.
    """
    raw_comment = trusted_comment.encode()
    if len(raw_comment) > _COMMENT_LIMIT_BYTES or not trusted_comment.isprintable():
        raise ValueError(f"a trusted comment is one line of printable text, at most {_COMMENT_LIMIT_BYTES} bytes")
    signature = key.sign(digest)
    first = f"{_UNTRUSTED}signature by {key.issuer}, made with sightline\n"
    whole = _encode_base64(key.sign(signature + raw_comment))
    signed = _encode_base64(_PREHASHED + _parse_id(key.key_id) + signature)
    return f"{first}{signed}\n{_TRUSTED}{trusted_comment}\n{whole}\n"


def read_signature(text: str) -> SignatureFile:
    """Parse a signature file. Raises SignatureError if it is invalid, or not of the prehashed kind."""
    lines = text.removesuffix("\n").split("\n")
    lines = [line.removesuffix("\r") for line in lines]
    if len(text) > _FILE_LIMIT_BYTES or len(lines) != 4 or not lines[0].startswith(_UNTRUSTED.rstrip()):
        raise SignatureError("not a minisign signature: four lines, the first an untrusted comment")
    if not lines[2].startswith(_TRUSTED):
        raise SignatureError("not a minisign signature: its third line is no trusted comment")
    raw, whole = _decode(lines[1], SignatureError), _decode(lines[3], SignatureError)
    if len(raw) != 74 or len(whole) != 64:
        raise SignatureError("not a minisign signature: a part has the wrong length")
    if raw[:2] == _ALGORITHM:
        raise SignatureError("a signature of the old kind, not prehashed: sign again with minisign 0.8 or later (-H)")
    if raw[:2] != _PREHASHED:
        raise SignatureError("a signature of a kind that minisign does not make")
    return SignatureFile(_format_id(raw[2:10]), raw[10:], lines[2].removeprefix(_TRUSTED), whole)


def verify_signature(signed: SignatureFile, digest: bytes, key: PublicKey) -> None:
    """Raise SignatureError unless the key signed a file of this `prehash` with this trusted comment."""
    public = Ed25519PublicKey.from_public_bytes(key.raw)
    if signed.key_id != key.key_id:
        raise SignatureError("signed with another key")
    try:
        public.verify(signed.signature, digest)
    except InvalidSignature:
        raise SignatureError("the file is not what was signed: file or signature were altered") from None
    try:
        public.verify(signed.global_signature, signed.signature + signed.trusted_comment.encode())
    except InvalidSignature:
        raise SignatureError("the trusted comment is not what was signed: it was altered") from None


def read_public_key(text: str, stem: str) -> PublicKey:
    """Parse a public key file. Raises KeyFileError.

    Its issuer is the one that its comment names in our form; a plain minisign key is bound to the file's stem.
    """
    comment, raw = _read_key_file(text)
    if len(raw) != 42 or raw[:2] != _ALGORITHM:
        raise KeyFileError("not a minisign public key")
    return PublicKey(_choose_issuer(comment, stem), _format_id(raw[2:10]), raw[10:])


def read_secret_key(text: str, stem: str) -> SecretKey:
    """Parse a secret key file without a password. The issuer is bound as for a public key. Raises KeyFileError."""
    comment, raw = _read_key_file(text)
    if len(raw) != 158 or raw[:2] != _ALGORITHM:
        raise KeyFileError("not a minisign secret key")
    if raw[2:4] != _NO_PASSWORD:
        raise KeyFileError(
            "the key has a password, which sightline does not ask for: sign with minisign, or use another key"
        )
    pair, checksum = raw[54:126], raw[126:]
    # `minisign -G -W` leaves the checksum zero; the halves of the key also check each other.
    if any(checksum) and checksum != hashlib.blake2b(_ALGORITHM + pair, digest_size=32).digest():
        raise KeyFileError("the key's checksum is wrong: the file is damaged")
    key = SecretKey(_choose_issuer(comment, stem), _format_id(pair[:8]), pair[8:40])
    if key.derive_public().raw != pair[40:]:
        raise KeyFileError("the halves of the key do not belong together: the file is damaged")
    return key


def _read_key_file(text: str) -> tuple[str, bytes]:
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    if len(text) > _FILE_LIMIT_BYTES or len(lines) != 2 or not lines[0].startswith(_UNTRUSTED):
        raise KeyFileError("not a minisign key: two lines, the first an untrusted comment")
    return lines[0].removeprefix(_UNTRUSTED), _decode(lines[1], KeyFileError)


def _choose_issuer(comment: str, stem: str) -> str:
    bound = _BOUND.fullmatch(comment)
    issuer = bound[1] if bound else stem
    if not ISSUER.fullmatch(issuer):
        raise KeyFileError(
            f"the key names no issuer, and the file's name {stem[:80]!r} is no issuer code: rename it CODE.pub"
        )
    return issuer


def _encode_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _decode(line: str, error: type[ValueError]) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raise error("a line that should be base64 is not") from None


def _format_id(raw: bytes) -> str:
    return f"{int.from_bytes(raw, 'little'):016X}"


def _parse_id(key_id: str) -> bytes:
    return int(key_id, 16).to_bytes(8, "little")
