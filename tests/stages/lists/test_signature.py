"""Keys and signatures are minisign's own, both ways, and nothing else passes."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from sightline.stages.lists import signature
from sightline.stages.lists.signature import KeyFileError, SecretKey, SignatureError

from .conftest import comment

stock = pytest.mark.skipif(shutil.which("minisign") is None, reason="the program minisign is not installed")


def minisign(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = ["minisign", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return signature.hash_stream(stream)


@stock
def test_minisign_verifies_ours(flagged: Path) -> None:
    done = minisign("-Vm", flagged, "-p", flagged.parent / "CELL-7.pub")
    assert done.returncode == 0, done.stderr
    assert comment() in done.stdout


@stock
def test_minisign_signs_with_our_key_and_we_verify(flagged: Path, key: SecretKey) -> None:
    out = flagged.parent / "theirs.minisig"
    done = minisign("-Sm", flagged, "-s", flagged.parent / "CELL-7.key", "-t", comment(), "-x", out)
    assert done.returncode == 0, done.stderr
    signed = signature.read_signature(out.read_text())
    signature.verify_signature(signed, digest(flagged), key.derive_public())
    assert signed.trusted_comment == comment()


@stock
def test_minisigns_key_signs_here_and_minisign_verifies(flagged: Path) -> None:
    public, secret = flagged.parent / "AGENCY.pub", flagged.parent / "AGENCY.key"
    assert minisign("-GW", "-p", public, "-s", secret).returncode == 0
    key = signature.read_secret_key(secret.read_text(), "AGENCY")
    theirs = signature.read_public_key(public.read_text(), "AGENCY")
    assert key.derive_public() == theirs
    # Theirs says it without zeros in front.
    assert theirs.key_id.lstrip("0") in public.read_text()
    out = flagged.parent / "ours.minisig"
    out.write_text(signature.sign_digest(digest(flagged), key, comment("AGENCY")))
    assert minisign("-Vm", flagged, "-p", public, "-x", out).returncode == 0


@stock
def test_a_signature_of_the_old_kind_is_refused(flagged: Path) -> None:
    out = flagged.parent / "old.minisig"
    assert minisign("-Slm", flagged, "-s", flagged.parent / "CELL-7.key", "-t", "x", "-x", out).returncode == 0
    with pytest.raises(SignatureError, match="old kind"):
        signature.read_signature(out.read_text())


def test_keys_come_back_from_their_files(key: SecretKey) -> None:
    assert signature.read_secret_key(key.to_text(), "other") == key
    assert signature.read_public_key(key.derive_public().to_text(), "other") == key.derive_public()
    assert key.seed.hex() not in repr(key)


def test_an_issuer_is_bound_by_our_comment_or_else_by_the_files_stem(key: SecretKey) -> None:
    text = key.derive_public().to_text()
    assert signature.read_public_key(text, "stem").issuer == "CELL-7"
    plain = text.replace("sightline public key of CELL-7", "minisign public key 0123456789ABCDEF")
    assert signature.read_public_key(plain, "stem").issuer == "stem"
    with pytest.raises(KeyFileError, match=r"CODE\.pub"):
        signature.read_public_key(plain, "no issuer")


@pytest.mark.parametrize("issuer", ["", "a b", "a;b", "a/b", ".a", "é", "a" * 65, "a\n"])
def test_an_invalid_issuer_name_gets_no_key(issuer: str) -> None:
    with pytest.raises(KeyFileError):
        signature.create_key(issuer)


def damaged(text: str, at: int) -> str:
    """The file with one bit of its second line's bytes turned."""
    lines = text.split("\n")
    raw = bytearray(base64.b64decode(lines[1]))
    raw[at] ^= 1
    lines[1] = base64.b64encode(raw).decode()
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("at", "says"), [(0, "not a minisign secret key"), (2, "password"), (60, "checksum"), (130, "checksum")]
)
def test_a_damaged_or_locked_secret_key_is_refused(key: SecretKey, at: int, says: str) -> None:
    with pytest.raises(KeyFileError, match=says):
        signature.read_secret_key(damaged(key.to_text(), at), "x")


def test_halves_that_do_not_belong_together_are_no_key(key: SecretKey) -> None:
    raw = bytearray(base64.b64decode(key.to_text().split("\n")[1]))
    raw[100] ^= 1
    raw[126:] = bytes(32)
    text = f"untrusted comment: x\n{base64.b64encode(raw).decode()}\n"
    with pytest.raises(KeyFileError, match="halves"):
        signature.read_secret_key(text, "x")


@pytest.mark.parametrize(
    "text", ["", "x\ny\n", "untrusted comment: a\n!!!\n", "untrusted comment: a\nUldR\n", "a" * 20000]
)
def test_a_text_that_is_no_key_is_refused(text: str) -> None:
    for read in (signature.read_public_key, signature.read_secret_key):
        with pytest.raises(KeyFileError):
            read(text, "x")


def test_every_altered_part_of_a_signature_is_refused(key: SecretKey) -> None:
    message = signature.hash_stream(io.BytesIO(b"rows"))
    text = signature.sign_digest(message, key, comment())
    public = key.derive_public()
    signature.verify_signature(signature.read_signature(text), message, public)
    with pytest.raises(SignatureError, match="file is not what was signed"):
        signature.verify_signature(signature.read_signature(text), signature.hash_stream(io.BytesIO(b"row")), public)
    with pytest.raises(SignatureError, match="file is not what was signed"):
        signature.verify_signature(signature.read_signature(damaged(text, 20)), message, public)
    with pytest.raises(SignatureError, match="another key"):
        signature.verify_signature(signature.read_signature(damaged(text, 5)), message, public)
    with pytest.raises(SignatureError, match="trusted comment"):
        signature.verify_signature(signature.read_signature(text.replace("2026-12-31", "2036-12-31")), message, public)
    with pytest.raises(SignatureError, match="does not make"):
        signature.read_signature(damaged(text, 0))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_signature_file_may_end_its_lines_either_way(key: SecretKey, end: str) -> None:
    message = signature.hash_stream(io.BytesIO(b"rows"))
    text = signature.sign_digest(message, key, comment()).replace("\n", end)
    signature.verify_signature(signature.read_signature(text), message, key.derive_public())


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[2J", "a" * 8001])
def test_a_comment_that_minisign_would_not_read_is_not_signed(key: SecretKey, text: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        signature.sign_digest(bytes(64), key, text)
