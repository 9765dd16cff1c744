"""Patterns mean what an indicator means (ADR 5): no more, no less, or no STIX."""

import re

import pytest
import stix2

from sightline.evidence.stix.pattern import build_pattern
from sightline.model import IndicatorKind

ONION = "t7ttteiukmh6wa4cosnvplxjh7hzma2ekygy36oga7eqh422lunk6zqd.onion"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("host", "a.example", "[domain-name:value = 'a.example']"),
        ("ip", "203.0.113.77", "[ipv4-addr:value = '203.0.113.77']"),
        ("ip", "2001:db8::1", "[ipv6-addr:value = '2001:db8::1']"),
        (
            "ip",
            "203.0.113.77:443",
            "[network-traffic:dst_ref.value = '203.0.113.77' AND network-traffic:dst_port = 443]",
        ),
        (
            "ip",
            "[2001:db8::1]:80",
            "[network-traffic:dst_ref.value = '2001:db8::1' AND network-traffic:dst_port = 80]",
        ),
        ("cidr", "203.0.113.0/24", "[ipv4-addr:value ISSUBSET '203.0.113.0/24']"),
        ("cidr", "2001:db8:7::/48", "[ipv6-addr:value ISSUBSET '2001:db8:7::/48']"),
        ("url", "a.example/b?c=1", "[url:value IN ('http://a.example/b?c=1', 'https://a.example/b?c=1')]"),
        ("url", "a.example:443/'", "[url:value IN ('http://a.example:443/\\'', 'https://a.example/\\'')]"),
        ("url", "[2001:db8::80]/", "[url:value IN ('http://[2001:db8::80]/', 'https://[2001:db8::80]/')]"),
        ("file-digest", "a" * 32, f"[file:hashes.MD5 = '{'a' * 32}']"),
        ("file-digest", "b" * 64, f"[file:hashes.'SHA-256' = '{'b' * 64}']"),
    ],
)
def test_an_indicator_becomes_a_plain_stix_pattern(kind: str, value: str, expected: str) -> None:
    assert build_pattern(IndicatorKind(kind), value) == (expected, "stix")
    stix2.Indicator(pattern=expected, pattern_type="stix", valid_from="2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("kind", "value", "meets", "not_met"),
    [
        (
            "domain",
            "a_b.example",
            ["a_b.example", "x.a_b.example"],
            ["axb.example", "xa_b.example", "a_b.example.test"],
        ),
        ("onion", ONION, [ONION, f"x.{ONION}", f"{ONION}.test"], [f"x{ONION}", f"{ONION}x"]),
        (
            "url-prefix",
            "a.example/b",
            ["http://a.example/b", "https://a.example/b/c", "http://a.example/b?d"],
            [
                "http://a.example/bc",
                "http://x.a.example/b",
                "http://aXexample/b",
                "http://a.example:81/b",
                "ftp://a.example/b",
            ],
        ),
        ("url-prefix", "a.example/b/", ["http://a.example/b/", "http://a.example/b/c"], ["http://a.example/b"]),
        ("url-prefix", "a.example:8080/", ["http://a.example:8080/x"], ["http://a.example/x"]),
    ],
)
def test_an_indicator_with_variants_becomes_a_regular_expression(
    kind: str, value: str, meets: list[str], not_met: list[str]
) -> None:
    text, language = build_pattern(IndicatorKind(kind), value)
    assert language == "stix"
    stix2.Indicator(pattern=text, pattern_type="stix", valid_from="2026-01-01T00:00:00Z")
    literals = [re.sub(r"\\(.)", r"\1", found) for found in re.findall(r"'((?:[^'\\]|\\.)*)'", text)]
    equal, expression = literals[:-1], re.compile(literals[-1])

    def met(seen: str) -> bool:
        return seen in equal or expression.search(seen) is not None

    assert [seen for seen in meets + not_met if met(seen)] == meets


def test_a_digest_of_a_name_has_no_words_in_stix() -> None:
    assert build_pattern(IndicatorKind.DIGEST, "a" * 64) == (f"sha256:{'a' * 64}", "sightline-digest")
    stix2.Indicator(pattern="sha256:aa", pattern_type="sightline-digest", valid_from="2026-01-01T00:00:00Z")
