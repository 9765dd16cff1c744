"""A STIX bundle gives what its patterns mean exactly; every other pattern is a reject that says why."""

from __future__ import annotations

from typing import Any

import pytest

from sightline.errors import DamagedInput
from sightline.model import RowCode
from sightline.stages.lists.readers.items import UnreadableItem
from sightline.stages.lists.readers.stix_pattern import parse_indicators
from tests.stages.lists.readers.documents import read

MD5, SHA1, SHA256 = "0" * 32, "1" * 40, "2" * 64


def indicator(**more: Any) -> dict[str, Any]:
    plain = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{more.get('pattern', '')}",
        "created": "2026-01-02T00:00:00.000Z",
        "modified": "2026-01-03T00:00:00.000Z",
        "pattern": "[domain-name:value = 'flagged.example']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
    }
    return plain | more


def bundle(*objects: Any) -> dict[str, Any]:
    return {"type": "bundle", "id": "bundle--1", "objects": list(objects)}


def test_an_indicator_says_when_what_and_on_what_evidence() -> None:
    known = {
        "valid_until": "2026-06-01T00:00:00Z",
        "labels": ["grooming", "forum"],
        "external_references": [{"source_name": "case 7 of 2026-01-02"}],
    }
    assert read(bundle({"type": "identity", "id": "identity--1"}, indicator(**known))) == (
        [
            (
                "/objects/1/pattern",
                "host",
                "flagged.example",
                "grooming, forum",
                "2026-01-01T00:00:00Z",
                "2026-06-01T00:00:00Z",
                "2026-01-02T00:00:00.000Z",
                "",
                "case 7 of 2026-01-02",
            )
        ],
        [],
    )


@pytest.mark.parametrize(
    ("pattern", "flagged"),
    [
        ("[domain-name:value = 'a.example']", [("host", "a.example")]),
        ("[domain-name:value = 'x.Onion']", [("onion", "x.Onion")]),
        ("[url:value = 'http://a.example/it\\'s\\\\']", [("url", "http://a.example/it's\\")]),
        ("[ipv4-addr:value = '192.0.2.1/32']", [("ip", "192.0.2.1")]),
        ("[ipv4-addr:value = '192.0.2.0/24']", [("cidr", "192.0.2.0/24")]),
        ("[ipv6-addr:value ISSUBSET '2001:db8::/32']", [("cidr", "2001:db8::/32")]),
        (
            f"[file:hashes.MD5 = '{MD5}' OR file:hashes.'SHA-1' = '{SHA1}']",
            [("file-digest", MD5), ("file-digest", SHA1)],
        ),
        (f"[file:hashes.'SHA-256' == '{SHA256}']", [("file-digest", SHA256)]),
        (
            (
                "([url:value IN ('a.example/1','a.example/2')] OR "
                "[(domain-name:value='b.example')])OR[url:value='c.example/']"
            ),
            [("url", "a.example/1"), ("url", "a.example/2"), ("host", "b.example"), ("url", "c.example/")],
        ),
    ],
)
def test_a_pattern_that_lists_things_flags_each(pattern: str, flagged: list[tuple[str, str]]) -> None:
    assert parse_indicators(pattern) == flagged


A = "domain-name:value = 'a.example'"


@pytest.mark.parametrize(
    ("pattern", "code", "says"),
    [
        (f"[{A} AND url:value = 'b']", RowCode.UNKNOWN_KIND, "AND"),
        (f"[{A}] AND [{A}]", RowCode.UNKNOWN_KIND, "AND"),
        (f"[{A}] FOLLOWEDBY [{A}]", RowCode.UNKNOWN_KIND, "FOLLOWEDBY"),
        (f"[{A}] WITHIN 5 SECONDS", RowCode.UNKNOWN_KIND, "WITHIN"),
        (f"[{A}] REPEATS 2 TIMES", RowCode.UNKNOWN_KIND, "REPEATS"),
        (f"[{A}] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'", RowCode.UNKNOWN_KIND, "START"),
        ("[domain-name:value LIKE '%.example']", RowCode.UNKNOWN_KIND, "LIKE"),
        ("[domain-name:value MATCHES 'a']", RowCode.UNKNOWN_KIND, "MATCHES"),
        ("[domain-name:value NOT = 'a.example']", RowCode.UNKNOWN_KIND, "NOT"),
        ("[domain-name:value != 'a.example']", RowCode.UNKNOWN_KIND, "!="),
        ("[EXISTS domain-name:value]", RowCode.UNKNOWN_KIND, "EXISTS"),
        ("[domain-name:value ISSUBSET 'a']", RowCode.UNKNOWN_KIND, "ISSUBSET"),
        ("[network-traffic:dst_ref.value = '192.0.2.1']", RowCode.UNKNOWN_KIND, "network-traffic:dst_ref.value"),
        ("[domain-name:resolves_to_refs[*].value = '192.0.2.1']", RowCode.UNKNOWN_KIND, "resolves_to_refs"),
        ("[file:hashes.'SHA-512' = 'a']", RowCode.UNKNOWN_KIND, "SHA-512"),
        (f"[file:hashes.MD5 = '{SHA1}']", RowCode.BAD_VALUE, "32"),
        ("[ipv4-addr:value = '2001:db8::1']", RowCode.BAD_VALUE, "IPv4"),
        (f"[{A}", RowCode.BAD_SYNTAX, "too early"),
        (f"[{A}] [{A}]", RowCode.BAD_SYNTAX, "where it cannot stand"),
        ('[domain-name:value = "a.example"]', RowCode.UNKNOWN_KIND, "a.example"),
        (A, RowCode.BAD_SYNTAX, "where it cannot stand"),
        ("", RowCode.BAD_SYNTAX, "too early"),
        ("(" * 100_000, RowCode.BAD_SYNTAX, "deeper"),
    ],
)
def test_a_pattern_that_means_more_or_less_is_refused_whole(pattern: str, code: RowCode, says: str) -> None:
    with pytest.raises(UnreadableItem, match=says.replace("*", ".").replace("(", ".")) as refused:
        parse_indicators(pattern)
    assert refused.value.code == code


def test_objects_that_state_nothing_or_something_else() -> None:
    objects = [
        {"type": "observed-data", "id": "observed-data--1"},
        indicator(id="indicator--1", revoked=True),
        indicator(id="indicator--2", indicator_types=["benign"]),
        indicator(id="indicator--3", pattern_type="yara"),
        indicator(id="indicator--4", spec_version="3.0"),
        indicator(id="indicator--5", pattern=None),
        indicator(id="indicator--6", pattern="[url:value = 'a\u0007']"),
        indicator(id="indicator--1"),
        {"id": "x"},
        7,
        indicator(id="indicator--9"),
    ]
    rows, rejects = read(bundle(*objects))
    assert [row[0] for row in rows] == ["/objects/10/pattern"]
    assert rejects == [
        ("/objects/2", RowCode.UNKNOWN_OPINION),
        ("/objects/3", RowCode.UNKNOWN_KIND),
        ("/objects/4", RowCode.BAD_SYNTAX),
        ("/objects/5", RowCode.BAD_SYNTAX),
        ("/objects/6", RowCode.BAD_SYNTAX),
        ("/objects/7", RowCode.BAD_SYNTAX),
        ("/objects/8", RowCode.BAD_SYNTAX),
        ("/objects/9", RowCode.BAD_SYNTAX),
    ]


@pytest.mark.parametrize(
    "raw", ['{"objects": []}', '{"objects": {}, "type": "bundle"}', '{"type": "bundle", "type": "bundle"}']
)
def test_a_text_that_only_looks_like_a_bundle_is_damaged(raw: str) -> None:
    with pytest.raises(DamagedInput):
        read(raw)


def test_an_indicator_of_stix_2_0_states_neither_version_nor_kind_of_pattern() -> None:
    old = {key: text for key, text in indicator().items() if key not in {"spec_version", "pattern_type"}}

    rows, rejects = read(
        bundle(old | {"labels": ["malicious-activity"]}, old | {"id": "indicator--b", "labels": ["benign"]})
    )

    assert [row[:3] for row in rows] == [("/objects/0/pattern", "host", "flagged.example")]
    assert [reject[1] for reject in rejects] == [RowCode.UNKNOWN_OPINION]
