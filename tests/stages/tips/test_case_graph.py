"""CASE/UCO graphs of other tools as tips: connections with a source and a time; what is not read is counted by type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sightline.errors import UnknownFormat
from sightline.model import TipCode
from sightline.stages.tips import archive
from sightline.stages.tips.model import ChosenKind, Item, TipEvent, TipNote, TipOptions, TipReject

CONTEXT = {"uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/", "kb": "http://kb.example/"}


def address(name: str, text: str) -> dict[str, Any]:
    facet = {"@type": "uco-observable:IPv4AddressFacet", "uco-observable:addressValue": text}
    return {"@id": f"kb:{name}", "@type": "uco-observable:IPv4Address", "uco-core:hasFacet": [facet]}


def connection(**fields: object) -> dict[str, Any]:
    facet: dict[str, object] = {"@id": "kb:f", "@type": "uco-observable:NetworkConnectionFacet"}
    facet |= {f"uco-observable:{name}": value for name, value in fields.items()}
    return {"@id": "kb:c", "@type": "uco-observable:NetworkConnection", "uco-core:hasFacet": facet}


def read(*nodes: dict[str, Any]) -> list[Item]:
    return list(archive.read(json.dumps({"@context": CONTEXT, "@graph": nodes}).encode(), TipOptions()))


AT = {"@type": "xsd:dateTime", "@value": "2026-06-05T12:00:00+05:30"}
FROM = {"@id": "kb:a"}


def test_a_connection_is_an_event_whose_place_is_its_own_bytes() -> None:
    graph = {
        "@context": CONTEXT,
        "@graph": [
            connection(src=[FROM], dst={"@id": "kb:b"}, sourcePort=51234, destinationPort=443, startTime=AT),
            address("a", "203.0.113.9"),
            address("b", "198.51.100.7"),
            {"@id": "kb:p", "@type": "uco-identity:Person", "uco-core:name": "an invented name"},
            {"@id": "kb:q", "@type": ["uco-observable:File", "uco-identity:Person"]},
            {"@id": "kb:r", "@type": "<b>no type</b>", "x": "y"},
        ],
    }
    content = json.dumps(graph).encode()
    kind, event, note = archive.read(content, TipOptions())
    assert isinstance(kind, ChosenKind)
    assert kind.kind == "case-json"
    assert isinstance(event, TipEvent)
    assert (event.source_ip, event.source_port) == ("203.0.113.9", 51234)
    assert (event.destination_ip, event.destination_port) == ("198.51.100.7", 443)
    assert event.time.recorded_us == 1_780_641_000_000_000
    begin, length = event.place.byte_offset, event.place.length
    assert begin is not None
    assert length is not None
    assert json.loads(content[begin : begin + length])["@type"] == "uco-observable:NetworkConnectionFacet"
    assert isinstance(note, TipNote)
    assert note.text == "not read: 2 Person, 1 File, 1 of no type"
    assert "invented name" not in str([kind, event, note])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"src": FROM}, TipCode.MISSING_FIELD),
        ({"startTime": AT}, TipCode.MISSING_FIELD),
        ({"src": {"@id": "kb:nobody"}, "startTime": AT}, TipCode.MISSING_FIELD),
        ({"src": [FROM, {"@id": "kb:b"}], "startTime": AT}, TipCode.REPEATED_FIELD),
        ({"src": FROM, "startTime": [AT, "2026-06-06T12:00:00Z"]}, TipCode.REPEATED_FIELD),
        ({"src": FROM, "startTime": AT, "sourcePort": 65536}, TipCode.BAD_PORT),
        ({"src": FROM, "startTime": "yesterday"}, TipCode.BAD_TIME),
    ],
)
def test_a_connection_that_cannot_be_read_is_a_reject(fields: dict[str, object], code: TipCode) -> None:
    found = read(connection(**fields), address("a", "203.0.113.9"), address("b", "203.0.113.10"))
    assert [reject.code for reject in found if isinstance(reject, TipReject)] == [code]
    assert not [event for event in found if isinstance(event, TipEvent)]


def test_a_graph_that_is_cut_off_keeps_what_was_whole_and_cycles_end() -> None:
    content = json.dumps(
        {"@context": CONTEXT, "@graph": [address("a", "203.0.113.9"), connection(src=FROM, endTime=AT), {"x": "y"}]}
    ).encode()
    *_, event, stop = archive.read(content[:-10], TipOptions())
    assert isinstance(event, TipEvent)
    assert isinstance(stop, TipReject)
    assert stop.code is TipCode.BROKEN_DOCUMENT
    ring = {"@id": "kb:a", "@type": "uco-observable:IPAddress", "uco-core:hasFacet": {"@id": "kb:a"}}
    found = read(ring, connection(src=FROM, startTime=AT))
    assert [reject.code for reject in found if isinstance(reject, TipReject)] == [TipCode.MISSING_FIELD]


def test_other_json_is_no_graph() -> None:
    for text in ('{"@context": {}, "name": "a recipe"}', "{}", '{"@graph": []}'):
        with pytest.raises(UnknownFormat):
            list(archive.read(text.encode(), TipOptions()))
