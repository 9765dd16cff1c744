"""What real servers wrote just now is read whole: as many records and flagged visits as the driver made.

A server whose program is missing is skipped by its name: `python -m tests.real_servers install` installs them all.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest

from sightline.stages.formats import loader
from sightline.stages.formats.program import Frames
from sightline.stages.lists import load, signature
from sightline.stages.lists.comment import ListComment
from sightline.stages.lists.model import FlagList
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.scan import scan
from sightline.stages.scan.results import HitBatch, ScanInput
from sightline.stages.scan.zones import build_zone_table

from . import isolation
from .__main__ import NAMES
from .install import PATH
from .server import ZONE, this_year

REPOSITORY = Path(__file__).parent.parent.parent
NOW = datetime(2026, 7, 1, tzinfo=UTC)


class KeptSample:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self.refused: list[object] = []

    def write_hits(self, batch: HitBatch) -> None:
        self.rows += [json.loads(line) for line in batch.to_jsonl().splitlines()]

    def write_rejects(self, batch: object) -> None:
        self.refused += list(batch)  # type: ignore[call-overload]


@pytest.fixture(scope="session")
def flagged(tmp_path_factory: pytest.TempPathFactory) -> FlagList:
    """A signed list of one name."""
    path = tmp_path_factory.mktemp("list") / "flagged.csv"
    path.write_text("kind,value\ndomain,flagged.example\n")
    key = signature.create_key("unit.example")
    comment = ListComment("unit.example", "1", "2099-12-31", "csam", "leads", None, None)
    signed = signature.sign_digest(signature.hash_stream(io.BytesIO(path.read_bytes())), key, comment.to_text())
    path.with_name("flagged.csv.minisig").write_text(signed)
    path.with_name("unit.example.pub").write_text(key.derive_public().to_text())
    return load.load_list(path, [key.derive_public()], NOW)


@pytest.fixture(scope="module", params=NAMES)
def logs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The logs of one server, driven now."""
    name: str = request.param
    if why := isolation.why_not():
        pytest.skip(f"{name}: {why}")
    wanted = import_module(f"tests.real_servers.{name}").PROGRAMS
    if missing := [program for program in wanted if shutil.which(program, path=PATH) is None]:
        pytest.skip(f"{name}: {', '.join(missing)} not installed (python -m tests.real_servers install)")
    out = tmp_path_factory.mktemp(name)
    command = [sys.executable, "-m", "tests.real_servers", name, "--out", str(out)]
    subprocess.run(command, cwd=REPOSITORY, env=dict(os.environ), check=True, timeout=120, stdout=subprocess.DEVNULL)
    found = sorted(path for path in out.rglob("real-*") if path.suffix != ".json")
    assert found
    return found


def test_every_frame_is_a_record_or_comment_and_every_visit_a_hit(logs: list[Path], flagged: FlagList) -> None:
    for log in logs:
        counted = json.loads(log.with_name(log.name + ".json").read_text())
        program = loader.load_builtin_formats()[counted["format"]].program
        sample = KeptSample()
        (summary,) = scan([ScanInput(log, program)], [flagged], _declared(counted["options"]), sink=sample).exhibits
        assert len(sample.refused) == sum(counted["rejects"].values()), log.name
        assert (summary.records, summary.comments) == (counted["records"], counted["comments"]), log.name
        if program.frames is Frames.LINES:
            assert summary.frames == _plain(log).count(b"\n"), log.name
        assert summary.hits == len(sample.rows) == counted["visits"], log.name


def test_only_what_the_sample_says_must_be_declared(logs: list[Path], flagged: FlagList) -> None:
    for log in logs:
        counted = json.loads(log.with_name(log.name + ".json").read_text())
        if not counted["options"]:
            continue
        program = loader.load_builtin_formats()[counted["format"]].program
        (summary,) = scan([ScanInput(log, program)], [flagged], ReadOptions(), sink=KeptSample()).exhibits
        assert summary.records == 0, log.name
        assert summary.reject_count == counted["records"] + sum(counted["rejects"].values()), log.name


def test_the_command_detects_each_format_and_finds_as_much(logs: list[Path], flagged: FlagList, tmp_path: Path) -> None:
    account = tmp_path / "account.json"
    command = [sys.executable, "-m", "sightline", "match", *map(str, logs), "--list", flagged.path]
    command += [
        "--trust",
        str(Path(flagged.path).with_name("unit.example.pub")),
        "--timezone",
        ZONE,
        "--year",
        this_year(),
    ]
    command += ["--out", str(tmp_path / "hits.jsonl"), "--summary", str(account), "--quiet", "--max-rejects", "5"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    for log, exhibit in zip(logs, json.loads(account.read_text())["exhibits"], strict=True):
        counted = json.loads(log.with_name(log.name + ".json").read_text())
        assert exhibit["format"] == log.parent.name, exhibit["format_reason"]
        found = (exhibit["records"], exhibit["comments"], exhibit["hits"], exhibit["rejects"])
        assert found == (counted["records"], counted["comments"], counted["visits"], counted["rejects"]), log.name


def _declared(options: dict[str, str]) -> ReadOptions:
    zone = options.get("timezone")
    year = options.get("year")
    return ReadOptions(timezone=build_zone_table(zone) if zone else None, year=int(year) if year else None)


def _plain(log: Path) -> bytes:
    content = log.read_bytes()
    return gzip.decompress(content) if log.suffix == ".gz" else content
