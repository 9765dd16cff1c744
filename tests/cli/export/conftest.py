"""Hits that `sightline match` wrote of the demo's logs, in all forms, under a transcribed list."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROOT, Sightline

DEMO = ROOT / "demo"
MANIFEST = ROOT / "tests" / "samples" / "hash-manifest" / "suite.log"
SHA1 = "bec9703f7a456cd2b4ab5fb3220ae016e3e394e3"
NAMED = (
    b'198.51.100.9 - gardener [05/Jun/2026:12:00:00 +0000] "GET /a HTTP/1.1" 200 5 "http://r.example/" "a \\"b\\" c"\n'
    b'198.51.100.9 - - [05/Jun/2026:12:00:01 +0000] "GET /\xff HTTP/1.1" 200 5 "-" "x, y"\n'
)


@dataclass(frozen=True)
class Hits:
    """A folder with `hits.jsonl`, `.csv`, `.parquet` and `account.json`, and the rows."""

    folder: Path

    def path(self, form: str = "jsonl") -> Path:
        return self.folder / f"hits.{form}"

    @property
    def account(self) -> Path:
        return self.folder / "account.json"

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path().read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def demo_list(tmp_path_factory: pytest.TempPathFactory, sightline: Sightline) -> tuple[str, ...]:
    """The demo's list and a file's digest, transcribed."""
    folder = tmp_path_factory.mktemp("demo-list")
    flagged = folder / "flagged.csv"
    flagged.write_text((DEMO / "flagged.csv").read_text() + f"file-digest,{SHA1},test,,,,,\n")
    assert sightline("lists", "create-key", "--issuer", "AGENCY", "--out", folder).code == 0
    signing = ("--key", folder / "AGENCY.key", "--valid-until", "2099-01-01", "--use", "leads")
    origin = ("--transcribed-by", "Unit 3", "--original", DEMO / "agency-letter.txt")
    assert sightline("lists", "sign", flagged, *signing, *origin).code == 0
    return ("--list", str(flagged), "--trust", str(folder / "AGENCY.pub"))


@pytest.fixture(scope="session")
def hits(tmp_path_factory: pytest.TempPathFactory, sightline: Sightline, demo_list: tuple[str, ...]) -> Hits:
    """Hits of the demo's proxy and resolver, a seized server's log in an archive, and a manifest."""
    folder = tmp_path_factory.mktemp("hits")
    logs = [shutil.copy(DEMO / name, folder) for name in ("proxy-squid.log.gz", "resolver-bind.log")]
    for form in ("jsonl", "csv", "parquet"):
        words = ("--timezone", "Asia/Kolkata", "--out", folder / f"hits.{form}", "--summary", folder / "account.json")
        assert sightline("match", *logs, *demo_list, *words, "--overwrite").code == 0
    return Hits(folder)


@pytest.fixture(scope="session")
def odd_hits(tmp_path_factory: pytest.TempPathFactory, sightline: Sightline, demo_list: tuple[str, ...]) -> Hits:
    """A few hits of what the demo lacks: an archive's member, a user, bytes that are not UTF-8, a file."""
    folder = tmp_path_factory.mktemp("odd")
    archive = folder / "seized.zip"
    (folder / "access.log").write_bytes(NAMED)
    shutil.make_archive(str(folder / "seized"), "zip", folder, "access.log")
    for form in ("jsonl", "csv", "parquet"):
        out = ("--out", folder / f"hits.{form}", "--summary", folder / "account.json", "--overwrite")
        words = ("--all-hits-of", "flagged.example", "--format", "combined")
        assert sightline("match", archive, *demo_list, *words, *out).code == 0
    made = ("--made-at", "2026-07-31T12:34:56+05:30", "--out", folder / "files.jsonl")
    assert sightline("match", MANIFEST, *demo_list, *made).code == 0
    return Hits(folder)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
