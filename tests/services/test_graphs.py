"""The graph of an exhibit: accepted by the community's validator, true to the record, and of one
visitor only if asked.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from case_utils.case_validate import validate

from sightline import __version__
from sightline.errors import DamagedInput, NotAllowed, OutputExists, Refused, UsageError
from sightline.evidence import segment_file
from sightline.ledger.instants import to_instant
from sightline.model import ListUse, Role
from sightline.services.documents.exhibit_graph import GraphRequest, release_graph
from sightline.storage import rows
from tests.office import signed_list
from tests.services.evidence import VISITORS, HeldEvidence, held_exhibit, list_of, purged

ACCUSED, *OTHERS = VISITORS


@pytest.fixture(scope="module")
def held_evidence(tmp_path_factory: pytest.TempPathFactory) -> HeldEvidence:
    return held_exhibit(tmp_path_factory.mktemp("graph"))


@pytest.fixture(scope="module")
def whole_graph(held_evidence: HeldEvidence) -> Path:
    return draw_graph(held_evidence, "whole.jsonld")


@pytest.fixture(scope="module")
def line_graph(held_evidence: HeldEvidence) -> Path:
    return draw_graph(held_evidence, "narrowed.jsonld", ACCUSED.address)


def draw_graph(held: HeldEvidence, name: str, address: str | None = None) -> Path:
    out = held.log.parent / name
    held.agreed(
        partial(release_graph, held.office.io, GraphRequest(held.exhibit[:8], out, "for the laboratory", address))
    )
    return out


def nodes(path: Path) -> dict[str, Any]:
    return {one["@id"]: one for one in json.loads(path.read_text())["@graph"]}


def of_kind(path: Path, kind: str) -> list[Any]:
    return [one for one in nodes(path).values() if one["@type"].partition(":")[2] == kind]


def find_named(path: Path, name: str) -> list[Any]:
    return [one for one in nodes(path).values() if one.get("uco-core:name") == name]


def find_statements(path: Path, uuid: str) -> dict[str, str]:
    """The statements about a node, by column."""
    about = [one for one in of_kind(path, "Annotation") if {"@id": uuid} in one["uco-core:object"]]
    return dict(text.split(": ", 1) for one in about for text in one["uco-core:statement"])


def lines(path: Path) -> list[str]:
    return [one["uco-core:hasFacet"][0]["uco-observable:eventRecordRaw"] for one in of_kind(path, "EventRecord")]


def test_the_validator_accepts_both_and_knows_every_concept(whole_graph: Path, line_graph: Path) -> None:
    result = validate([str(whole_graph), str(line_graph)])
    assert result.conforms, result.text[-2000:]
    assert not result.undefined_concepts


def test_each_node_appears_once_and_every_reference_leads_to_one(whole_graph: Path, line_graph: Path) -> None:
    for path in (whole_graph, line_graph):
        found = json.loads(path.read_text())["@graph"]
        every = [one["@id"] for one in found]
        assert len(set(every)) == len(every)
        assert {one["@id"] for one in inner(found) if len(one) == 1} <= {
            one["@id"] for one in inner(found) if len(one) > 1
        }


def inner(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "@id" in value:
            yield value
        for each in value.values():
            yield from inner(each)
    elif isinstance(value, list):
        for each in value:
            yield from inner(each)


def test_a_scan_names_version_options_times_officer_and_segments_of_the_manifest(
    held_evidence: HeldEvidence, whole_graph: Path
) -> None:
    (run,) = held_evidence.runs()
    manifest = json.loads(run.manifest_json)
    (scan,) = find_named(whole_graph, "sightline scan")
    known = nodes(whole_graph)
    assert scan["uco-action:startTime"]["@value"] == manifest["begun"]
    assert scan["uco-action:endTime"]["@value"] == manifest["ended"]
    assert known[scan["uco-action:performer"]["@id"]]["uco-core:name"] == held_evidence.office.io.officer.name
    tool = known[scan["uco-action:instrument"]["@id"]]
    assert tool["uco-tool:version"] == manifest["versions"]["sightline"] == __version__
    configuration = known[tool["uco-configuration:usesConfiguration"]["@id"]]
    settings = {
        one["uco-configuration:itemName"]: one["uco-configuration:itemValue"]
        for one in configuration["uco-configuration:configurationEntry"]
    }
    assert settings["format name"] == "zeek-http"
    assert settings["version kernel_sha256"] == manifest["versions"]["kernel_sha256"]
    assert {f"option {name}" for name in manifest["options"]} <= settings.keys()
    results = [known[one["@id"]] for one in scan["uco-action:result"]]
    segment = next(result for result in results if result["@type"] == "uco-observable:File")
    assert find_statements(whole_graph, segment["@id"])["segment"] == manifest["segments"][0]["segment_id"]
    records = next(result for result in results if result["@type"] == "case-investigation:ProvenanceRecord")
    assert sorted(one["@id"] for one in records["uco-core:object"]) == sorted(
        one["@id"] for one in of_kind(whole_graph, "EventRecord")
    )
    statements = find_statements(whole_graph, scan["@id"])
    assert (statements["run"], statements["hits"], statements["frames"]) == (run.run_id, "15", "21")
    assert int(statements["ledger_entry"]) == held_evidence.entries("run:registered")[0].seq


def test_custody_is_a_chain_of_acts_with_people_places_times_and_entries(
    held_evidence: HeldEvidence, whole_graph: Path
) -> None:
    known = nodes(whole_graph)
    (received,), (copied,) = find_named(whole_graph, "received"), find_named(whole_graph, "copied")
    assert copied["case-investigation:wasInformedBy"] == [{"@id": received["@id"]}]
    (person,), (place,) = received["uco-action:participant"], received["uco-action:location"]
    assert known[person["@id"]]["uco-core:name"] == "Clerk Fathima"
    assert known[place["@id"]]["uco-core:name"] == "house of Hari"
    (result,) = received["uco-action:result"]
    assert known[result["@id"]]["@type"] == "case-investigation:ProvenanceRecord"
    assert known[result["@id"]]["uco-core:object"] == received["uco-action:object"]
    statements = find_statements(whole_graph, received["@id"])
    assert (statements["how"], statements["why"]) == ("sealed cover of Gopal", "order about Indira")
    assert int(statements["ledger_entry"]) == held_evidence.entries("exhibit:received")[0].seq
    with held_evidence.office.workspace.read() as tables:
        first = tables[rows.Custody].select()[0]
    assert received["uco-action:startTime"]["@value"] == f"{to_instant(first.at_us):%Y-%m-%dT%H:%M:%S.%fZ}"


def test_the_case_has_its_authority_and_all_that_was_done(held_evidence: HeldEvidence, whole_graph: Path) -> None:
    known = nodes(whole_graph)
    (case,), (authority,) = of_kind(whole_graph, "Investigation"), of_kind(whole_graph, "Authorization")
    assert case["uco-core:name"] == "FIR 12/2026, Demo PS"
    assert case["case-investigation:relevantAuthorization"] == [{"@id": authority["@id"]}]
    assert authority["case-investigation:authorizationIdentifier"] == [held_evidence.office.authority.number]
    assert authority["case-investigation:authorizationType"] == "production"
    acts = [known[one["@id"]].get("uco-core:name") for one in case["uco-core:object"]]
    assert acts[1:] == ["received", "copied", "sightline scan"]
    exhibit = case["uco-core:object"][0]["@id"]
    assert find_statements(whole_graph, exhibit)["ledger"] == held_evidence.office.workspace.origin


def test_the_graph_of_one_address_contains_nothing_of_others(
    held_evidence: HeldEvidence, whole_graph: Path, line_graph: Path
) -> None:
    assert len(lines(whole_graph)) == 15
    assert sorted(lines(line_graph)) == sorted(
        line for line in held_evidence.log.read_text().splitlines() if "\t192.0.2.7\t" in line and "board" in line
    )
    text = line_graph.read_text()
    for other in OTHERS:
        for word in (other.address, other.agent, other.user, other.page):
            assert word not in text, word
    for word in (
        "Magistrate",
        "Fathima",
        "Gopal",
        "Hari",
        "Indira",
        "Laboratory",
        "requests-of",
        held_evidence.office.io.officer.name,
    ):
        assert word in whole_graph.read_text()
        assert word not in text
    assert {one["uco-core:name"] for one in of_kind(line_graph, "Person")} == {"investigating-officer, Officer"}
    assert [one["uco-action:performer"] for one in find_named(line_graph, "received")]


def test_it_takes_two_officers_once_and_tells_the_ledger(held_evidence: HeldEvidence, whole_graph: Path) -> None:
    entries = [json.loads(entry.entry_json) for entry in held_evidence.entries("bundle:made")]
    assert {entry["facts"]["kind"] for entry in entries} == {"graph"}
    assert {(entry["facts"]["rows"], entry["thing"]) for entry in entries} >= {(15, f"exhibit:{held_evidence.exhibit}")}
    again = GraphRequest(held_evidence.exhibit, whole_graph.with_name("again.jsonld"), "once more")
    with pytest.raises(NotAllowed, match="takes two officers"):
        release_graph(held_evidence.office.io, again)
    with pytest.raises(NotAllowed, match="bundle is for"):
        release_graph(held_evidence.office[Role.ANALYST], again)
    with pytest.raises(OutputExists, match="exists already"):
        release_graph(held_evidence.office.io, replace(again, out=whole_graph))
    with pytest.raises(UsageError, match="no address"):
        release_graph(held_evidence.office.io, replace(again, address="everybody"))
    assert not again.out.exists()


def test_batches_do_not_show(held_evidence: HeldEvidence, whole_graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with held_evidence.office.workspace.read() as tables:
        (segment,) = tables[rows.Segment].select()
    with held_evidence.office.workspace.segments.open_local(segment.file) as path:
        for wanted in (
            segment_file.EVERY,
            segment_file.RowFilter("192.0.2.71"),
            segment_file.RowFilter(ports=(1, 2048)),
        ):
            once = list(segment_file.read_segment_hits(path, held_evidence.exhibit, wanted))
            with monkeypatch.context() as small:
                small.setattr(segment_file, "BATCH_ROWS", 2)
                assert list(segment_file.read_segment_hits(path, held_evidence.exhibit, wanted)) == once
            assert len(once) == {None: 15, "192.0.2.71": 3}[wanted.address] - (5 if wanted.ports else 0)


def test_only_the_newest_run_of_each_issuer_counts(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    other = list_of(held.office, "OTHER", tmp_path, "kind,value,category\ndomain,plain.example,csam\n")
    held.scan(held.flags, other)
    newer = signed_list(tmp_path, "kind,value,category\nurl,http://board.example/room-den/1024,csam\n", version="2")
    held.scan(newer)
    first, both, last = held.runs()
    path = draw_graph(held, "current.jsonld")
    scans = {
        find_statements(path, one["@id"])["run"]: find_statements(path, one["@id"])
        for one in find_named(path, "sightline scan")
    }
    assert scans[first.run_id]["counts_for"] == "none: it was superseded"
    assert scans[first.run_id]["superseded_by"] == last.run_id
    assert (scans[both.run_id]["counts_for"], scans[both.run_id]["superseded_by"]) == ("OTHER", last.run_id)
    assert (scans[last.run_id]["counts_for"], "superseded_by" in scans[last.run_id]) == ("AGENCY", False)
    found = {text.split("\t")[9] for text in lines(path)}
    assert found == {"/room-den/1024", *(f"/{visitor.page}/9" for visitor in VISITORS)}


def test_statistics_and_what_was_purged_are_no_part_of_it(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    counted = signed_list(tmp_path, "kind,value\ndomain,plain.example\n", use="statistics", category=None)
    held.scan(held.flags, counted)
    assert sorted(run.use for run in held.runs()) == [ListUse.LEADS, ListUse.STATISTICS]
    path = draw_graph(held, "leads.jsonld")
    assert len(find_named(path, "sightline scan")) == 1
    assert not any("plain.example" in line for line in lines(path))
    purged(held)
    with pytest.raises(Refused, match="was purged"):
        draw_graph(held, "purged.jsonld")


def test_an_altered_segment_gives_no_graph(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    (file,) = (held.office.workspace.folder / "segments").rglob("*.parquet")
    altered = bytearray(file.read_bytes())
    altered[len(altered) // 2] ^= 1
    file.chmod(0o600)
    file.write_bytes(altered)
    with pytest.raises(DamagedInput, match="is not the file that was sealed"):
        draw_graph(held, "altered.jsonld")
    assert not list(tmp_path.glob("*altered*"))
    assert held.entries("bundle:made") == []
