import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.stages.canonical import is_v3

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw()


def label(version: bytes) -> str:
    checksum = hashlib.sha3_256(b".onion checksum" + KEY + version).digest()[:2]
    return base64.b32encode(KEY + checksum + version).decode().lower()


def test_the_address_of_a_known_key_is_v3() -> None:
    assert is_v3(label(b"\x03"))


@pytest.mark.parametrize("at", range(56))
def test_no_letter_may_differ(at: int) -> None:
    good = label(b"\x03")
    other = "a" if good[at] != "a" else "b"
    assert not is_v3(good[:at] + other + good[at + 1 :])


@pytest.mark.parametrize("bad", [label(b"\x02"), label(b"\x03").upper(), label(b"\x03") + "a", "a" * 16, ""])
def test_other_labels_are_not(bad: str) -> None:
    assert not is_v3(bad)
