"""A MISP event gives the attributes that are meant for detection, each with the time that it states."""

from __future__ import annotations

from typing import Any

import pytest

from sightline.errors import DamagedInput
from sightline.model import RowCode
from tests.stages.lists.readers.documents import read


def attribute(kind: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"type": kind, "value": value, "category": "Network activity", "to_ids": True, "deleted": False} | more


def event(*attributes: Any, **more: Any) -> dict[str, Any]:
    return {"Event": {"info": "invented", "Attribute": list(attributes)} | more}


@pytest.mark.parametrize(
    ("kind", "value", "row"),
    [
        ("domain", "a.example", ("domain", "a.example")),
        ("domain", "x.onion", ("onion", "x.onion")),
        ("hostname", "a.example", ("host", "a.example")),
        ("onion-address", "x.onion", ("onion", "x.onion")),
        ("url", "http://a.example/b", ("url", "http://a.example/b")),
        ("domain|ip", "a.example|192.0.2.1", ("domain", "a.example")),
        ("ip-dst", "192.0.2.1", ("ip", "192.0.2.1")),
        ("ip-dst", "192.0.2.0/24", ("cidr", "192.0.2.0/24")),
        ("ip-dst", "192.0.2.1/32", ("ip", "192.0.2.1")),
        ("ip-dst|port", "192.0.2.1|443", ("ip", "192.0.2.1:443")),
        ("ip-dst|port", "2001:db8::1|443", ("ip", "[2001:db8::1]:443")),
        ("md5", "0" * 32, ("file-digest", "0" * 32)),
        ("filename|sha1", "a|b.bin|" + "1" * 40, ("file-digest", "1" * 40)),
        ("malware-sample", "a.bin|" + "3" * 32, ("file-digest", "3" * 32)),
        ("sha256", "2" * 64, ("file-digest", "2" * 64)),
    ],
)
def test_types_that_records_and_manifests_show(kind: str, value: str, row: tuple[str, str]) -> None:
    assert read(event(attribute(kind, value))) == ([("/Event/Attribute/0", *row)], [])


@pytest.mark.parametrize("kind", ["ip-src", "hostname|port", "uri", "filename", "sha512", "x509-fingerprint-md5", ""])
def test_types_that_nothing_shows_are_rejects(kind: str) -> None:
    assert read(event(attribute(kind, "0" * 32))) == ([], [("/Event/Attribute/0", RowCode.UNKNOWN_KIND)])


def test_times_are_the_attributes_own_and_the_last_instant_is_within() -> None:
    times = {"first_seen": "2026-01-01T00:00:00.5+00:00", "last_seen": "2026-01-01T05:30:00+05:30"}
    [row], rejects = read(event(attribute("domain", "a.example", timestamp="1767225600", **times)))
    assert (row[4], row[5], row[6], rejects) == (
        "2026-01-01T00:00:00.5+00:00",
        "2026-01-01T00:00:00.000001+00:00",
        "2026-01-01T00:00:00+00:00",
        [],
    )
    [row], _ = read(event(attribute("domain", "a.example", timestamp="0", first_seen=None, last_seen="soon")))
    assert row[4:] == ("", "soon")


def test_context_and_revoked_attributes_list_nothing_and_errors_are_named() -> None:
    objects = [
        {"name": "domain-ip", "Attribute": [attribute("domain", "b.example"), attribute("text", "b", to_ids=False)]},
        {"name": "domain-ip", "Attribute": [attribute("domain", "c.example")], "deleted": True},
        {"name": "domain-ip", "Attribute": {}, "deleted": False},
    ]
    attributes = [
        attribute("domain", "a.example", to_ids=False),
        attribute("domain", "a.example", deleted="1"),
        attribute("domain", "a.example", to_ids=None),
        attribute("domain", "a.example", to_ids="yes"),
        attribute("domain", ["a.example"]),
        attribute("md5", "0" * 40),
        attribute("domain", "a.example", timestamp="01.01.2026"),
        "a.example",
        attribute("domain", "d.example", to_ids="1"),
    ]
    shadows = [attribute("domain", "proposed.example")]
    rows, rejects = read(event(*attributes, Object=objects, ShadowAttribute=shadows))
    assert rows == [
        ("/Event/Attribute/8", "domain", "d.example"),
        ("/Event/Object/0/Attribute/0", "domain", "b.example"),
    ]
    assert rejects == [
        ("/Event/Attribute/2", RowCode.BAD_SYNTAX),
        ("/Event/Attribute/3", RowCode.BAD_SYNTAX),
        ("/Event/Attribute/4", RowCode.BAD_SYNTAX),
        ("/Event/Attribute/5", RowCode.BAD_VALUE),
        ("/Event/Attribute/6", RowCode.BAD_DATE),
        ("/Event/Attribute/7", RowCode.BAD_SYNTAX),
        ("/Event/Object/2", RowCode.BAD_SYNTAX),
    ]


def test_several_events_of_a_search() -> None:
    two = [event(attribute("domain", "a.example")), event(attribute("domain", "b.example"))]
    for content, first in (({"response": two}, "/response/0"), (two, "/0")):
        assert [row[0] for row in read(content)[0]] == [
            f"{first}/Event/Attribute/0",
            f"{first[:-1]}1/Event/Attribute/0",
        ]


@pytest.mark.parametrize(
    "raw", ['{"Event": []}', '{"Event": {"Attribute": {}}}', '[{"Event": {}}, {"objects": []}]', '{"Event": {']
)
def test_a_text_that_only_begins_as_an_event_is_damaged(raw: str) -> None:
    with pytest.raises(DamagedInput):
        read(raw)
