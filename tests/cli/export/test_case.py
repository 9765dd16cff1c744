"""The CASE/UCO graph: accepted by the community's validator, offline, and read by an RDF library."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import rdflib

from tests.cli.conftest import Sightline
from tests.cli.export.conftest import Hits, digest

VALIDATE = Path(sys.executable).with_name("case_validate")
KINDS = 8


@pytest.fixture(scope="module")
def graph(sightline: Sightline, hits: Hits, odd_hits: Hits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph of few hits (validation takes its time): an archive's, a file's, and one of each kind of the demo's."""
    folder = tmp_path_factory.mktemp("case")
    first = {(row["record_kind"], row["indicator_kind"], row["opinion"]): row for row in hits.rows}
    few = list(first.values())[:KINDS]
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in few]
    extra = odd_hits.path().read_text() + (odd_hits.folder / "files.jsonl").read_text()
    (folder / "few.jsonl").write_text("\n".join(lines) + "\n" + extra)
    ran = sightline("export", folder / "few.jsonl", "--to", "case", "--out", folder / "few.jsonld")
    assert ran.code == 0, ran.err
    return folder / "few.jsonld"


def validated(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(VALIDATE), str(path)], capture_output=True, text=True, check=False)


def test_the_validator_accepts_it_and_knows_every_concept(graph: Path) -> None:
    ran = validated(graph)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout[-2000:]
    assert "Conforms: True" in ran.stdout


def test_the_validator_refuses_it_broken(graph: Path, tmp_path: Path) -> None:
    whole = json.loads(graph.read_text())
    record = next(one for one in whole["@graph"] if one["@type"] == "uco-observable:EventRecord")
    record["uco-core:hasFacet"][0]["uco-observable:eventRecordLine"] = "a concept that is not there"
    place = next(one for one in whole["@graph"] if "Contained_Within" in one.values())
    del place["uco-core:isDirectional"]
    broken = tmp_path / "broken.jsonld"
    broken.write_text(json.dumps(whole))
    ran = validated(broken)
    assert ran.returncode != 0
    assert "eventRecordLine" in ran.stderr
    assert "isDirectional" in ran.stdout


def test_a_query_finds_each_line_in_its_exhibit(sightline: Sightline, hits: Hits, tmp_path: Path) -> None:
    out = tmp_path / "graph.jsonld"
    assert sightline("export", hits.path(), "--to", "case", "--account", hits.account, "--out", out).code == 0
    found = rdflib.Graph().parse(out, format="json-ld")
    rows: Any = found.query(
        """
        PREFIX core: <https://ontology.unifiedcyberontology.org/uco/core/>
        PREFIX obs: <https://ontology.unifiedcyberontology.org/uco/observable/>
        PREFIX types: <https://ontology.unifiedcyberontology.org/uco/types/>
        SELECT DISTINCT ?raw ?offset ?size ?hash WHERE {
            ?place a obs:ObservableRelationship ; core:source ?record ; core:target ?exhibit ; core:hasFacet ?range .
            ?range obs:rangeOffset ?offset ; obs:rangeSize ?size .
            ?record core:hasFacet/obs:eventRecordRaw ?raw .
            ?exhibit core:hasFacet/obs:hash/types:hashValue ?hash .
        }"""
    )
    proxy, resolver = hits.folder / "proxy-squid.log.gz", hits.folder / "resolver-bind.log"
    text, sha256 = resolver.read_bytes(), digest(resolver)
    seen = {(str(raw), int(offset), str(held).lower()) for raw, offset, _, held in rows}
    assert seen == {(row["raw"], row["byte_offset"], row["exhibit_sha256"]) for row in hits.rows}
    assert {one[2] for one in seen} == {digest(proxy), sha256}
    for raw, offset, size, held in rows:
        if str(held).lower() == sha256:
            assert text[int(offset) : int(offset) + int(size)].decode() == str(raw)


def test_the_scan_names_its_exhibit_its_list_and_its_result(sightline: Sightline, hits: Hits, tmp_path: Path) -> None:
    ran = sightline("export", hits.path(), "--to", "case", "--account", hits.account)
    nodes: dict[str, Any] = {one["@id"]: one for one in json.loads(ran.out)["@graph"]}
    scans = [node for node in nodes.values() if node.get("uco-core:name") == "sightline match"]
    records = []
    for scan in scans:
        exhibit, flagged = (nodes[one["@id"]] for one in scan["uco-action:object"])
        assert exhibit["@type"] == flagged["@type"] == "uco-observable:File"
        assert flagged["uco-core:description"] == "flag list of AGENCY: transcribed by Unit 3, not signed by AGENCY"
        records += nodes[scan["uco-action:result"]["@id"]]["uco-core:object"]
    assert len(scans) == 2
    assert {nodes[record["@id"]]["@type"] for record in records} == {"uco-observable:EventRecord"}
    assert len(records) == len({(row["exhibit_sha256"], row["byte_offset"]) for row in hits.rows})
    (export,) = (node for node in nodes.values() if node.get("uco-core:name") == "sightline export")
    assert nodes[export["uco-action:instrument"]["@id"]]["uco-tool:version"]
