"""The unit's own keys for other forces: one signs its referrals, the other decrypts what they seal for it."""

from __future__ import annotations

import hashlib
import re

import pyrage
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sightline.stages.lists.signature import SecretKey
from sightline.storage.rows import Workspace as WorkspaceRow
from sightline.workspace.workspace import Workspace

INFO, AGE_INFO = b"sightline referral key v1", b"sightline referral age v1"


def read_unit_key(workspace: Workspace) -> SecretKey:
    """Return the minisign key that this unit signs referrals and notes with.

    Derived (HKDF-SHA-256) from the log key, so that every backup has it and no file of its own does. It never signs
    what the log key signs. Its code is the workspace's name.
    """
    with workspace.read() as tables:
        name = tables[WorkspaceRow].select()[0].name
    log = workspace.log_signer().private.private_bytes_raw()
    seed = HKDF(hashes.SHA256(), 32, None, INFO).derive(log)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    key_id = f"{int.from_bytes(hashlib.sha256(public).digest()[:8], 'little'):016X}"
    return SecretKey(derive_code(name), key_id, seed)


def derive_unit_identity(workspace: Workspace) -> pyrage.x25519.Identity:
    """Return the age identity that opens data sealed for this unit, derived from the log key as `read_unit_key` is."""
    log = workspace.log_signer().private.private_bytes_raw()
    secret = HKDF(hashes.SHA256(), 32, None, AGE_INFO).derive(log)
    return pyrage.x25519.Identity.from_str(encode_bech32("age-secret-key-", secret).upper())


def derive_unit_recipient(workspace: Workspace) -> str:
    """Return the recipient that other forces seal to: `age1...`, to be given to them with the public key."""
    return str(derive_unit_identity(workspace).to_public())


_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def encode_bech32(kind: str, data: bytes) -> str:
    """Return bytes in Bech32 (BIP 173) under that human-readable part, the form of age keys."""
    bits = "".join(f"{byte:08b}" for byte in data)
    words = [int(bits[at : at + 5].ljust(5, "0"), 2) for at in range(0, len(bits), 5)]
    spread = [ord(letter) >> 5 for letter in kind] + [0] + [ord(letter) & 31 for letter in kind]
    check = _compute_polymod([*spread, *words, *[0] * 6]) ^ 1
    words += [check >> 5 * (5 - at) & 31 for at in range(6)]
    return f"{kind}1{''.join(_LETTERS[word] for word in words)}"


def _compute_polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for at, step in enumerate(_GENERATOR):
            check ^= step if top >> at & 1 else 0
    return check


def derive_code(name: str) -> str:
    """Return a workspace's name as a code: letters, digits and hyphens."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:64] or "unit"
