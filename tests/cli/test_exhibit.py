"""What leaves an exhibit, as it is typed: graphs, bundles narrowed by ports and times, papers of one case."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.cli.unit import MENON, RAO, Unit, unit
from tests.office import issuer_key, signed_list
from tests.services.evidence import log_text

__all__ = ["unit"]


@pytest.fixture
def exhibit(unit: Unit) -> str:
    """The digest of a log in the unit's record."""
    unit.begin()
    unit.enrol(MENON, RAO)
    flags = signed_list(unit.folder, "kind,value,category\ndomain,board.example,csam\n")
    (unit.folder / "agency.pub").write_text(issuer_key().derive_public().to_text())
    paper, log = unit.folder / "order.pdf", unit.folder / "http.log"
    paper.write_bytes(b"order")
    log.write_text(log_text())
    unit.done(RAO, "issuers", "add", unit.folder / "agency.pub", "--why", "letter as the order says")
    unit.approve(MENON)
    unit.done(
        RAO,
        "cases",
        "add",
        "--number",
        "FIR 12/2026",
        "--station",
        "S",
        "--sections",
        "67B",
        "--io",
        "R",
        "--begun-on",
        "2026-06-05",
    )
    unit.done(
        RAO,
        "authorities",
        "add",
        "--case",
        "FIR 12/2026",
        "--kind",
        "production",
        "--number",
        "o 7",
        "--issued-by",
        "CJM",
        "--issued-on",
        "2026-06-05",
        "--document",
        paper,
    )
    unit.done(RAO, "sources", "add", "--kind", "proxy", "--name", "proxy", "--use", "leads")
    unit.done(RAO, "scan", log, "--source", "proxy", "--authority", "o 7", "--list", flags)
    return hashlib.sha256(log.read_bytes()).hexdigest()


def test_a_graph_and_a_narrowed_bundle_leave_once_two_agreed(unit: Unit, exhibit: str) -> None:
    out = unit.folder / "one.jsonld"
    graph = ("exhibits", "export-graph", exhibit[:8], "--address", "192.0.2.7", "--why", "for the expert", "--out", out)
    assert unit.sightline(RAO, *graph).code == 3
    unit.approve(MENON)
    assert "3 rows as" in unit.done(RAO, *graph).out
    assert json.loads(out.read_text())["@graph"]
    archive = unit.folder / "defence.zip"
    bundle = (
        "exhibits",
        "export-bundle",
        exhibit[:8],
        "--for",
        "defence",
        "--address",
        "192.0.2.7",
        "--why",
        "copy as the order says",
    )
    narrowed = ("--port", "1024-2048", "--until", "2026-03-01T17:31:00+05:30", "--without-graph", "--out", str(archive))
    assert unit.sightline(RAO, *bundle, *narrowed).code == 3
    unit.approve(MENON)
    assert "1 row and" in unit.done(RAO, *bundle, *narrowed).out
    assert "documents/case.jsonld" not in ZipFile(archive).namelist()


@pytest.mark.parametrize("port", ["http", "2-1", "65536", "-", "1-2-3"])
def test_an_invalid_port_is_wrong_use(unit: Unit, port: str) -> None:
    words = (
        "exhibits",
        "export-bundle",
        "4ced",
        "--for",
        "defence",
        "--address",
        "192.0.2.7",
        f"--port={port}",
        "--why",
        "x as the order says",
    )
    result = unit.run(*words, "--out", "x.zip")
    assert (result.code, "as 1024-2047" in result.err) == (2, True)


def test_two_papers_of_one_name_are_wrong_use_and_a_certificate_is_of_one_case(unit: Unit, exhibit: str) -> None:
    (unit.folder / "a").mkdir()
    paper = unit.folder / "order.pdf"
    shutil.copy(paper, unit.folder / "a" / "order.pdf")
    words = ("exhibits", "export-bundle", exhibit, "--for", "court", "--why", "x as the order says", "--out", "x.zip")
    result = unit.sightline(RAO, *words, "--document", paper, "--document", unit.folder / "a" / "order.pdf")
    assert (result.code, "two documents have the same name" in result.err) == (2, True)
    made = unit.done(
        RAO, "exhibits", "export-certificate", exhibit, "--case", "FIR 12/2026", "--out", unit.folder / "papers"
    )
    assert "certificate (bsa-63)" in made.out
    assert sorted(Path(unit.folder / "papers").iterdir())
