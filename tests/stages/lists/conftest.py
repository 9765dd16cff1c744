"""A signed list of an invented issuer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sightline.stages.lists import signature
from sightline.stages.lists.comment import ListComment

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = "kind,value\ndomain,flagged.example\nurl,http://mail.example/a\n"


def comment(issuer: str = "CELL-7", valid_until: str = "2026-12-31", **more: str) -> str:
    names = ("version", "category", "use", "transcribed_by", "original_sha256")
    return ListComment(issuer=issuer, valid_until=valid_until, **{name: more.get(name) for name in names}).to_text()


@pytest.fixture
def key() -> signature.SecretKey:
    return signature.create_key("CELL-7")


@pytest.fixture
def flagged(tmp_path: Path, key: signature.SecretKey) -> Path:
    """A list with its signature beside it, and CELL-7.key and CELL-7.pub."""
    path = tmp_path / "flagged.csv"
    path.write_text(ROWS)
    sign(path, key, comment())
    (tmp_path / "CELL-7.key").write_text(key.to_text())
    (tmp_path / "CELL-7.pub").write_text(key.derive_public().to_text())
    return path


def sign(path: Path, key: signature.SecretKey, text: str) -> Path:
    with path.open("rb") as stream:
        minisig = signature.sign_digest(signature.hash_stream(stream), key, text)
    beside = path.with_name(path.name + ".minisig")
    beside.write_text(minisig)
    return beside
