"""A list is believed only if a trusted issuer signed it whole and it is still valid; each refusal says which failed."""

from __future__ import annotations

import hashlib
import json
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sightline.errors import DamagedInput, UntrustedList, UsageError
from sightline.model import ListUse
from sightline.stages.lists import load, signature, trust
from sightline.stages.lists.compiled import read_head, verify_compiled
from sightline.stages.lists.signature import PublicKey, SecretKey

from .conftest import NOW, comment, sign


def test_a_list_of_a_trusted_issuer_is_believed(flagged: Path) -> None:
    keys = trust.read_trusted_keys([flagged.parent / "CELL-7.pub"])
    found = trust.verify_list(flagged, keys, NOW)
    assert (found.issuer, found.use, found.origin) == ("CELL-7", ListUse.STATISTICS, "signed by CELL-7")
    assert found.valid_until == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_transcribed_list_says_who_did_not_sign_it(flagged: Path, key: SecretKey) -> None:
    text = comment(transcribed_by="Unit 3", original_sha256="ab" * 32, use="leads", version="4", category="x")
    sign(flagged, key, text)
    found = trust.verify_list(flagged, [key.derive_public()], NOW)
    assert found.origin == "transcribed by Unit 3, not signed by CELL-7"
    assert (found.use, found.version, found.category) == (ListUse.LEADS, "4", "x")


def trust_refusal(flagged: Path, keys: list[PublicKey], now: datetime = NOW) -> str:
    with pytest.raises(UntrustedList) as why:
        trust.verify_list(flagged, keys, now)
    assert why.value.hint
    return str(why.value)


def test_an_unsigned_list_is_refused(flagged: Path, key: SecretKey) -> None:
    trust.derive_signature_path(flagged).unlink()
    assert "not signed" in trust_refusal(flagged, [key.derive_public()])


def test_an_altered_list_is_refused(flagged: Path, key: SecretKey) -> None:
    flagged.write_text(flagged.read_text().replace("flagged", "blagged"))
    assert "altered" in trust_refusal(flagged, [key.derive_public()])


def test_a_list_by_an_unknown_key_is_refused(flagged: Path) -> None:
    other = signature.create_key("CELL-7")
    assert "not trusted" in trust_refusal(flagged, [other.derive_public()])
    assert "not trusted" in trust_refusal(flagged, [])


def test_a_key_speaks_for_its_own_issuer_only(flagged: Path, key: SecretKey) -> None:
    sign(flagged, key, comment("OTHER"))
    assert "bound to CELL-7" in trust_refusal(flagged, [key.derive_public()])


def test_a_list_ends_with_its_last_day(flagged: Path, key: SecretKey) -> None:
    last = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert trust.verify_list(flagged, [key.derive_public()], last)
    assert "expired" in trust_refusal(flagged, [key.derive_public()], datetime(2027, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "timestamp:1 file:x hashed",
        "issuer=CELL-7",
        "valid_until=2026-12-31",
        "issuer=CELL-7; valid_until=soon",
        "issuer=CELL-7; valid_until=2026-12-31; valid_until=2036-12-31",
        "issuer=CELL-7; valid_until=2026-12-31; weight=9",
        "issuer=CELL-7; valid_until=2026-12-31; use=conviction",
        "issuer=CELL-7; valid_until=2026-12-31; original_sha256=abc",
        "issuer=CELL-7; valid_until=2026-12-31; category=",
        "issuer=CELL-7;valid_until=2026-12-31",
        "issuer=CELL-7; valid_until=9999-12-31",
    ],
)
def test_a_comment_of_another_form_is_refused(flagged: Path, key: SecretKey, text: str) -> None:
    sign(flagged, key, text)
    assert "trusted comment" in trust_refusal(flagged, [key.derive_public()])


@pytest.mark.parametrize("raw", [b"", b"x", b"\xff\xfe", b"a" * 20000])
def test_a_signature_file_that_is_none_is_refused(flagged: Path, key: SecretKey, raw: bytes) -> None:
    trust.derive_signature_path(flagged).write_bytes(raw)
    assert "minisign signature" in trust_refusal(flagged, [key.derive_public()])


def test_a_path_that_is_no_key_file_is_wrong_use(flagged: Path) -> None:
    for path in (flagged, flagged.parent / "absent.pub", flagged.parent / "CELL-7.key"):
        with pytest.raises(UsageError, match=path.name):
            trust.read_trusted_keys([path])


def test_loading_verifies_the_bytes_that_it_reads(flagged: Path, key: SecretKey) -> None:
    found = load.load_list(flagged, [key.derive_public()], NOW)
    assert found.list_id == hashlib.sha256(flagged.read_bytes()).hexdigest()
    assert [(indicator.kind, indicator.value) for indicator in found.indicators] == [
        ("domain", "flagged.example"),
        ("url", "mail.example/a"),
    ]
    flagged.write_text(flagged.read_text() + "x,y\n")
    with pytest.raises(UntrustedList, match="altered"):
        load.load_list(flagged, [key.derive_public()], NOW)


def test_rows_of_one_indicator_are_its_statements_in_line_order_equal_ones_once(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("kind,value,opinion\nhost,b.example,seed\nhost,B.example.,\nhost,b.example,seed\nx,y,\n")
    found = load.load_list(path, None, NOW)
    [one] = found.indicators
    assert [statement.opinion for statement in one.statements] == ["seed", "flagged"]
    assert [reject.line for reject in found.rejects] == [5]


def compiled(minisig: str | None, prehash: bytes, **changed: object) -> bytes:
    """A compiled list with one section of two blocks that holds nothing to probe."""
    body = bytes(100_000)
    table = hashlib.sha256(body[:65536]).digest() + hashlib.sha256(body[65536:]).digest()
    blocks = {
        "count": 2,
        "size": 65536,
        "offset": 4096 + len(body),
        "sha256": hashlib.sha256(table).hexdigest(),
    } | changed
    fields = {
        "list_id": "ab" * 32,
        "prehash": prehash.hex(),
        "minisig": minisig,
        "counts": {"domain": 1},
        "rejects": {},
    }
    meta = json.dumps(fields | {"sections": {"bloom": [4096, len(body)]}, "blocks": blocks}).encode()
    total = 4096 + len(body) + len(table)
    head = struct.pack("<8sIIQQQ24x", b"SIGHTLS1", 2, 0, total, 96, len(meta)) + hashlib.sha256(meta).digest()
    return (head + meta).ljust(4096, b"\0") + body + table


def test_a_compiled_list_is_trusted_by_the_signature_in_it(flagged: Path, key: SecretKey) -> None:
    with flagged.open("rb") as stream:
        prehash = signature.hash_stream(stream)
    minisig = trust.derive_signature_path(flagged).read_text()
    path = flagged.parent / "flagged.compiled"
    path.write_bytes(compiled(minisig, prehash))
    assert trust.verify_list(path, [key.derive_public()], NOW).issuer == "CELL-7"
    path.write_bytes(compiled(None, prehash))
    assert "not signed" in trust_refusal(path, [key.derive_public()])
    path.write_bytes(compiled(minisig, bytes(64)))
    assert "altered" in trust_refusal(path, [key.derive_public()])


def verified(path: Path) -> None:
    with path.open("rb") as stream:
        head = read_head(stream, "x")
        verify_compiled(stream, head, "x")


def test_every_altered_block_of_a_compiled_list_is_found(tmp_path: Path) -> None:
    path = tmp_path / "compiled"
    whole = compiled(None, bytes(64))
    path.write_bytes(whole)
    verified(path)
    for at in (4096, 4096 + 65536, 4096 + 99_999, len(whole) - 1):
        raw = bytearray(whole)
        raw[at] ^= 1
        path.write_bytes(raw)
        with pytest.raises(DamagedInput):
            verified(path)


@pytest.mark.parametrize(
    "changed", [{"count": 1 << 60}, {"offset": -1}, {"offset": 1 << 80}, {"count": "2"}, {"sha256": None}]
)
def test_a_description_that_does_not_fit_is_damage(tmp_path: Path, changed: dict[str, Any]) -> None:
    path = tmp_path / "compiled"
    path.write_bytes(compiled(None, bytes(64), **changed))
    with pytest.raises(DamagedInput):
        verified(path)


@pytest.mark.parametrize("at", [8, 12, 16, 24, 32, 70, 100])
def test_a_compiled_list_with_an_altered_head_or_meta_is_damaged(flagged: Path, key: SecretKey, at: int) -> None:
    raw = bytearray(compiled(None, bytes(64)))
    raw[at] ^= 1
    path = flagged.parent / "flagged.compiled"
    path.write_bytes(raw)
    with pytest.raises(DamagedInput):
        trust.verify_list(path, [key.derive_public()], NOW)
    path.write_bytes(raw[:50])
    with pytest.raises(DamagedInput):
        trust.verify_list(path, [key.derive_public()], NOW)
