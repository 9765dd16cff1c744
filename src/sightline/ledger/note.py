"""Signed notes: checkpoints of the ledger, and their countersignatures.

The forms are those of C2SP: signed-note, tlog-checkpoint, and tlog-cosignature (`cosignature/v1`, Ed25519).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sightline.ledger.canonical import LARGEST, WrongEncoding
from sightline.ledger.tree import HASH_BYTES

MOST_BYTES = 1 << 20
MOST_SIGNATURES = 100
DASH = "\N{EM DASH} "
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
HEX_ID = re.compile(r"[0-9a-f]{8}")


class WrongNote(WrongEncoding):
    """Bytes that are no signed note or checkpoint, or whose signatures are invalid. The message says why."""


class SignatureKind(IntEnum):
    """The byte that distinguishes kinds of signatures in the id of a key."""

    ED25519 = 0x01
    """A log's signature, over the note's text."""
    COSIGNATURE = 0x04
    """A witness's countersignature, over time and text."""


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key that signs notes: its owner's name, its 32 bytes, and its kind of signature."""

    name: str
    public: bytes
    kind: SignatureKind = SignatureKind.ED25519

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != 32:
            raise WrongNote(f"the key of {self.name} has not 32 bytes")

    @classmethod
    def read(cls, vkey: str) -> NoteKey:
        """Parse a verifier key, `name+id+base64`, the published form of a log's or witness's key."""
        name, plus, rest = vkey.partition("+")
        stated, second, encoded = rest.partition("+")
        if not (plus and second and HEX_ID.fullmatch(stated)):
            raise WrongNote("a verifier key is name+id+base64")
        material = _unbase64(encoded, "the verifier key")
        if material[:1] not in {bytes([kind]) for kind in SignatureKind}:
            raise WrongNote(f"the key of {name} is of a kind that is not known here")
        key = cls(name, material[1:], SignatureKind(material[0]))
        if key.key_id.hex() != stated:
            raise WrongNote(f"the key of {name} has the id {key.key_id.hex()}, not {stated}")
        return key

    @property
    def key_id(self) -> bytes:
        """Return the 4 bytes by which a signature names the key."""
        return sha256(self.name.encode() + b"\n" + self._material).digest()[:4]

    @property
    def vkey(self) -> str:
        """Return the verifier key as text, for publication."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(self._material).decode()}"

    @property
    def _material(self) -> bytes:
        return bytes([self.kind]) + self.public


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line: the name and id of a key, and its signature."""

    name: str
    key_id: bytes
    value: bytes

    @classmethod
    def read(cls, line: str) -> NoteSignature:
        """Parse a signature line without its line end."""
        name, space, encoded = line.removeprefix(DASH).partition(" ")
        if not line.startswith(DASH) or not space:
            raise WrongNote("a signature line is a dash, a name and base64")
        _check_name(name)
        blob = _unbase64(encoded, f"the signature of {name}")
        if len(blob) < 5:
            raise WrongNote(f"the signature of {name} is too short")
        return cls(name, blob[:4], blob[4:])

    def to_line(self) -> str:
        """Return the signature line with its line end."""
        return f"{DASH}{self.name} {b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text and the signatures below it."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def read(cls, data: bytes) -> SignedNote:
        """Parse the bytes of a note. It checks no signature. Raises WrongNote for anything else."""
        text, blank, below = _decode_note_text(data).rpartition("\n\n")
        lines = below.split("\n")
        if not blank or lines.pop() or not 1 <= len(lines) <= MOST_SIGNATURES:
            raise WrongNote(f"a note is a text, a blank line and 1 to {MOST_SIGNATURES} signature lines")
        return cls(text + "\n", tuple(map(NoteSignature.read, lines)))

    def encode(self) -> bytes:
        """Return the bytes of the note."""
        return (self.text + "\n" + "".join(signature.to_line() for signature in self.signatures)).encode()

    def with_signatures(self, *more: NoteSignature) -> SignedNote:
        """Return the note with these signatures added. A signature that it has already is not repeated."""
        return SignedNote(self.text, tuple(dict.fromkeys((*self.signatures, *more))))


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A valid signature: its key, and the time that a witness states for it."""

    key: NoteKey
    at: datetime | None


def sign_note(text: str, name: str, private: Ed25519PrivateKey) -> NoteSignature:
    """Sign a text as a log does."""
    key = NoteKey(name, private.public_key().public_bytes_raw())
    return NoteSignature(name, key.key_id, private.sign(_encode_text_to_sign(text)))


def cosign_checkpoint(text: str, name: str, private: Ed25519PrivateKey, at: datetime) -> NoteSignature:
    """Countersign a checkpoint's text as a witness does, at whole seconds.

    The witness must have checked that the checkpoint is consistent with the last one that it signed.
    """
    key = NoteKey(name, private.public_key().public_bytes_raw(), SignatureKind.COSIGNATURE)
    seconds = int(at.timestamp())
    made = private.sign(_build_cosigned_text(seconds, _encode_text_to_sign(text)))
    return NoteSignature(name, key.key_id, seconds.to_bytes(8, "big") + made)


def verify_note(note: SignedNote, keys: Iterable[NoteKey]) -> tuple[VerifiedSignature, ...]:
    """Return the note's valid signatures by these keys, in their order.

    Signatures of unknown keys are ignored, as the specification says. Raises WrongNote if a known key's signature is
    invalid, or if no known key signed.
    """
    known = {(key.name, key.key_id): key for key in keys}
    signatures = [
        _verify_signature(note, signature, key)
        for signature in note.signatures
        if (key := known.get((signature.name, signature.key_id)))
    ]
    if not signatures:
        raise WrongNote("no signature is by a known key")
    return tuple(signatures)


def _verify_signature(note: SignedNote, signature: NoteSignature, key: NoteKey) -> VerifiedSignature:
    message, value, at = note.text.encode(), signature.value, None
    if key.kind is SignatureKind.COSIGNATURE:
        seconds, value = int.from_bytes(value[:8], "big"), value[8:]
        message, at = _build_cosigned_text(seconds, message), _parse_instant(seconds)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(value, message)
    except (InvalidSignature, ValueError):
        raise WrongNote(f"the signature of {key.name} does not hold") from None
    return VerifiedSignature(key, at)


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A log's statement about its tree. `more` are further lines, which Sightline does not write."""

    origin: str
    size: int
    root: bytes
    more: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> TreeHead:
        """Parse the checkpoint in a note's text. Raises WrongNote for any other text."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or "" in lines:
            raise WrongNote("a checkpoint has three lines: origin, size and root")
        origin, size, root, *more = lines
        if not SIZE.fullmatch(size) or int(size) > LARGEST:
            raise WrongNote("the second line of a checkpoint is the size of the tree")
        hashed = _unbase64(root, "the third line of a checkpoint, the root,")
        if len(hashed) != HASH_BYTES:
            raise WrongNote(f"the root of a checkpoint has {HASH_BYTES} bytes")
        return cls(origin, int(size), hashed, tuple(more))

    def to_text(self) -> str:
        """Return the note's text."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, b64encode(self.root).decode(), *self.more))


def _decode_note_text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise WrongNote(f"a note has {MOST_BYTES} bytes at the most")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise WrongNote("a note is UTF-8") from None
    if any(character < " " and character != "\n" for character in text):
        raise WrongNote("a note has no control characters")
    return text


def _encode_text_to_sign(text: str) -> bytes:
    if not text.endswith("\n"):
        raise WrongNote("the text of a note ends with a line end")
    _decode_note_text(text.encode())
    return text.encode()


def _build_cosigned_text(seconds: int, text: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n" % seconds + text


def _parse_instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise WrongNote("the time of a countersignature is beyond all calendars") from None


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() or character < " " for character in name):
        raise WrongNote(f"{name!r}: the name of a key has no spaces, no control characters and no +")


def _unbase64(text: str, what: str) -> bytes:
    try:
        value = b64decode(text, validate=True)
    except ValueError:
        raise WrongNote(f"{what} is no base64") from None
    if b64encode(value).decode() != text:
        raise WrongNote(f"{what} is no base64 as it is written")
    return value
