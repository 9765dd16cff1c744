"""`make demo` prints what the tutorial shows: each line there is a line of its output, but for ids and quotes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

ROOT = Path(__file__).parent.parent.parent
CHANGING = re.compile(r"\b[0-9a-f]{12,64}\b|\b[0-9A-Z]{26}\b|\x1b\[[0-9;]*m")


def shape(line: str) -> str:
    """A line without what differs from run to run or is shorter on the page."""
    bare = CHANGING.sub("…", line).replace("demo-out/", "").replace("demo/", "")
    return re.sub(r"\S*/(?=[\w.-]+)|[\"'\\]", "", bare).strip()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "out"


@pytest.fixture(scope="module")
def output(out: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
    done = subprocess.run(
        ["bash", "scripts/demo.sh"],
        cwd=ROOT,
        env=environment | {"DEMO_OUT": str(out)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def test_the_demo_proves_what_it_made(output: str) -> None:
    assert "PROVED" in output
    assert "NOT PROVED" not in output
    assert "all is as it was" in output


@pytest.mark.parametrize("block", ["leads", "record", "subscriber"])
def test_the_tutorial_shows_real_output(output: str, block: str) -> None:
    text = (ROOT / "docs/tutorials/from_lead_to_subscriber.md").read_text(encoding="utf-8")
    part = text.split(f"<!-- {block}:begin -->")[1].split(f"<!-- {block}:end -->")[0]
    lines = [line for line in part.splitlines() if line and not line.startswith("```") and "$ " not in line]
    real = {shape(line) for line in output.splitlines()}
    assert [line for line in lines if shape(line) not in real] == []


def test_leads_follow_their_schema_and_the_report_is_self_contained(output: str, out: Path) -> None:
    program = str(ROOT / ".venv/bin/sightline")
    acts = ["--workspace", str(out / "exercise"), "--key", str(out / "exercise.key")]
    asked = [program, "leads", "list", "--json", *acts]
    lines = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    schema = json.loads((ROOT / "docs/schema/lead.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    assert len(lines) > 1000
    assert [wrong.message for text in lines for wrong in validator.iter_errors(json.loads(text))] == []
    page = (out / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|https?://(?!www\.w3\.org/)|url\((?!#)", page)
    ElementTree.parse(out / "map.svg")
