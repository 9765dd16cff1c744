"""The STIX 2.1 bundle: read by OASIS's own library, its identifiers made again, its rows given back."""

import json
import re
import warnings
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
import stix2
import stix2.utils

from sightline.evidence.stix.extension import EXTENSION_ID
from sightline.model import HIT_COLUMNS
from tests.cli.conftest import Sightline
from tests.cli.export.conftest import SHA1, Hits
from tests.cli.test_schema import schema

Thing = dict[str, Any]


def bundle_of(sightline: Sightline, hits: Hits, *words: object) -> list[Thing]:
    ran = sightline("export", hits.path(), "--to", "stix", "--account", hits.account, *words)
    assert ran.code == 0, ran.err
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stix2.parse(ran.out.decode(), allow_custom=False, version="2.1")
    objects: list[Thing] = json.loads(ran.out)["objects"]
    return objects


@pytest.fixture(scope="module")
def objects(sightline: Sightline, hits: Hits) -> list[Thing]:
    return bundle_of(sightline, hits)


@pytest.fixture(scope="module")
def odd(sightline: Sightline, odd_hits: Hits) -> list[Thing]:
    return bundle_of(sightline, odd_hits)


def of_type(objects: list[Thing], kind: str) -> list[Thing]:
    return [object_ for object_ in objects if object_["type"] == kind]


def ours(thing: Thing) -> Thing:
    extension: Thing = dict(thing["extensions"][EXTENSION_ID])
    del extension["extension_type"]
    return extension


def test_the_bundle_gives_every_row_back(objects: list[Thing], odd: list[Thing], hits: Hits, odd_hits: Hits) -> None:
    for found, held in ((objects, hits), (odd, odd_hits)):
        by_id = {one["id"]: one for one in found}
        rows = []
        for sighting in of_type(found, "sighting"):
            (observed,) = sighting["observed_data_refs"]
            columns = ours(by_id[sighting["sighting_of_ref"]]) | ours(by_id[observed]) | ours(sighting)
            rows.append({column: columns.get(column) for column in HIT_COLUMNS})
        assert rows == held.rows


def test_observables_have_the_identifiers_that_the_specification_prescribes(
    objects: list[Thing], odd: list[Thing]
) -> None:
    kinds = set()
    for thing in objects + odd:
        if stix2.utils.is_sco(thing["type"], "2.1"):
            kinds.add(thing["type"])
            bare = {name: value for name, value in thing.items() if name != "id"}
            assert stix2.parse(bare, version="2.1").id == thing["id"]
    assert kinds == {"ipv4-addr", "ipv6-addr", "domain-name", "url", "network-traffic", "user-account"}


def test_identifiers_are_unique_and_lead_somewhere(objects: list[Thing]) -> None:
    ids = [object_["id"] for object_ in objects]
    assert len(set(ids)) == len(ids)
    for object_ in objects:
        if object_["type"] not in {"marking-definition", "extension-definition"} and object_.get("name") != "Sightline":
            assert UUID(object_["id"].partition("--")[2]).version == 5
            assert {name for name in object_ if name.startswith("x_")} == set()
        for name, value in object_.items():
            if name.endswith(("_ref", "_refs")):
                assert {value} if isinstance(value, str) else set(value) <= set(ids), (object_["type"], name)


def test_a_cleared_value_does_not_look_flagged(objects: list[Thing]) -> None:
    by_id = {object_["id"]: object_ for object_ in objects}
    values = set()
    for sighting in of_type(objects, "sighting"):
        indicator = by_id[sighting["sighting_of_ref"]]
        assert ours(indicator)["opinion"] == ours(sighting)["opinion"]
        values.add((ours(sighting)["opinion"], *indicator["indicator_types"]))
    assert values == {
        ("cleared", "benign"),
        ("disputed", "unknown"),
        ("flagged", "malicious-activity"),
        ("seed", "unknown"),
    }
    assert {ours(one)["vouched"] for one in of_type(objects, "sighting")} == {True, False}


def test_a_transcribed_list_is_not_its_agencys(objects: list[Thing]) -> None:
    names = {one["id"]: one["name"] for one in of_type(objects, "identity")}
    for indicator in of_type(objects, "indicator"):
        assert names[indicator["created_by_ref"]] == "Unit 3"
        assert names[ours(indicator)["issuer_ref"]] == "AGENCY"
        for place in (indicator["description"], indicator["external_references"][0]["description"]):
            assert "transcribed by Unit 3, not signed by AGENCY" in place


def test_times_are_those_of_records(objects: list[Thing]) -> None:
    for one in of_type(objects, "sighting"):
        assert one["first_seen"] == one["last_seen"]
        assert one["created"] == one["modified"] == one["first_seen"][:-4] + "Z"
    by_id = {object_["id"]: object_ for object_ in objects}
    for sighting in of_type(objects, "sighting"):
        indicator = by_id[sighting["sighting_of_ref"]]
        assert indicator["valid_from"] <= sighting["first_seen"] < indicator["valid_until"]


@pytest.mark.parametrize("tlp", ["amber", "red"])
def test_everything_is_marked(sightline: Sightline, odd_hits: Hits, tlp: str) -> None:
    found = bundle_of(sightline, odd_hits, "--tlp", tlp)
    marking = {"amber": stix2.TLP_AMBER, "red": stix2.TLP_RED}[tlp]
    assert json.loads(marking.serialize()) == of_type(found, "marking-definition")[0]
    unmarked = {one["type"] for one in found if one.get("object_marking_refs") != [marking.id]}
    # Sightline and its extension are the same in every bundle, and tell of nobody.
    assert unmarked == {"marking-definition", "identity", "extension-definition"}


def test_the_extension_is_as_published(objects: list[Thing], odd: list[Thing]) -> None:
    published = schema("stix_extension")
    (definition,) = of_type(objects, "extension-definition")
    assert definition["id"] == EXTENSION_ID
    assert EXTENSION_ID in published["description"]
    columns = {name for part in published["oneOf"] for name in part["properties"]}
    assert set(HIT_COLUMNS) <= columns
    validator = jsonschema.validators.validator_for(published)(published)
    validator.check_schema(published)
    for one in objects + odd:
        if EXTENSION_ID in one.get("extensions", {}):
            validator.validate(one["extensions"][EXTENSION_ID])


def test_a_file_is_seen_by_its_digest(sightline: Sightline, odd_hits: Hits) -> None:
    ran = sightline("export", odd_hits.folder / "files.jsonl", "--to", "stix")
    objects = json.loads(ran.out)["objects"]
    (file,) = of_type(objects, "file")
    assert file["hashes"] == {"SHA-1": SHA1}
    bare = {name: value for name, value in file.items() if name != "id"}
    assert stix2.parse(bare, version="2.1").id == file["id"]
    assert of_type(objects, "indicator")[0]["pattern"] == f"[file:hashes.'SHA-1' = '{SHA1}']"
    assert of_type(objects, "observed-data")[0]["object_refs"] == [file["id"]]


COMPARISON = re.compile(r"([\w-]+):([\w.]+) (=|MATCHES|ISSUBSET|IN) ('(?:[^'\\]|\\.)*'|\d+|\([^)]*\))")


def test_each_sighting_shows_what_its_pattern_says(objects: list[Thing]) -> None:
    by_id = {object_["id"]: object_ for object_ in objects}
    tried = set()
    for sighting in of_type(objects, "sighting"):
        indicator = by_id[sighting["sighting_of_ref"]]
        kind = ours(indicator)["indicator_kind"]
        if indicator["pattern_type"] == "stix":
            observed = [by_id[ref] for ref in by_id[sighting["observed_data_refs"][0]]["object_refs"]]
            met = [compares(found, observed, by_id) for found in COMPARISON.findall(indicator["pattern"])]
            # The port of `CONNECT 203.0.113.77:443` is no column of a hit, as the page says.
            by_line = "CONNECT 203.0.113.77:443" in ours(by_id[sighting["observed_data_refs"][0]])["raw"]
            assert (all(met) if " AND " in indicator["pattern"] else any(met)) or by_line
            tried.add(kind)
        else:
            assert kind == "digest"
    assert tried == {"domain", "host", "url", "url-prefix", "ip", "cidr", "onion", "i2p"}


def compares(comparison: tuple[str, ...], observed: list[Thing], by_id: dict[str, Thing]) -> bool:
    """Whether an observable meets one comparison of a pattern, worked out plainly."""
    kind, path, operator, literal = comparison
    texts = [re.sub(r"\\(.)", r"\1", text) for text in re.findall(r"'((?:[^'\\]|\\.)*)'", literal)] or [literal]
    for one in observed:
        if one["type"] != kind:
            continue
        value: Any = one
        for step in path.split("."):
            value = by_id.get(value.get(step), {}) if step.endswith("_ref") else value.get(step)
        if operator == "MATCHES":
            found = re.search(texts[0], str(value)) is not None
        elif operator == "ISSUBSET":
            import ipaddress

            found = ipaddress.ip_address(value) in ipaddress.ip_network(texts[0])
        else:
            found = str(value) in texts
        if found:
            return True
    return False


def test_our_own_list_reader_reads_the_bundle(sightline: Sightline, hits: Hits, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.json"
    sightline("export", hits.path(), "--to", "stix", "--out", bundle)
    output = sightline("lists", "check", bundle).out.decode()
    # What means exactly one thing comes back; what is cleared does not come back as flagged.
    assert re.search(r"rows +\d+: .*1 host, 1 ip, 2 cidr", output), output
    assert "unknown-opinion" in output
