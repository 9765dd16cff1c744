"""Narrowings to and from query strings: one string for one lead_filter, and each wrong value named."""

from __future__ import annotations

import pytest

from sightline.errors import UsageError
from sightline.services.lead_index.filter import CHECKS, LeadFilter


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("", ""),
        ("?place=Kerala&place=in-or&place=undetermined", "place=IN-KL&place=IN-OD&place=undetermined"),
        ("place=kerala&ceiling=&isp=", "place=IN-KL"),
        ("isp=B%26B&isp=A&isp=A", "isp=A&isp=B%26B"),
        ("address=198.51.100.9/24&address=2001:DB8::1/128", "address=198.51.100.0%2F24&address=2001%3Adb8%3A%3A1"),
        ("asn=AS64500&asn=064501&asn=-", "asn=-&asn=64500&asn=64501"),
        ("hour=1t09&district=Kerala/ Idukki", "district=IN-KL%2FIdukki&hour=1T09"),
        ("until=2026-03-02&since=20260301", "since=2026-03-01&until=2026-03-02"),
        ("circle=KL&country=np&line=MOBILE", "circle=Kerala&country=NP&line=mobile"),
    ],
)
def test_alike_filters_have_one_string(written: str, canonical: str) -> None:
    lead_filter = LeadFilter.parse(written)
    assert lead_filter.query == canonical
    assert LeadFilter.parse(lead_filter.query) == lead_filter


@pytest.mark.parametrize(
    "written",
    [
        "sort=first",
        "place=Atlantis",
        "place=IN-XX",
        "district=Idukki",
        "district=IN-KL/",
        "circle=Atlantis",
        "country=Atlantis",
        "asn=x",
        "asn=4294967296",
        "line=copper",
        "ceiling=certain",
        "priority=most",
        "relay=perhaps",
        "address=board.example",
        "address=198.51.100.7/33",
        "address=198.51.100.7/",
        "day=tomorrow",
        "hour=8T00",
        "hour=1T24",
        "since=2026-02-30",
        "since=2026-03-02&until=2026-03-01",
        "since=2026-03-02&since=2026-03-01",
        "isp=a%00b",
        "isp=" + "x" * 301,
        "&".join(f"asn={at}" for at in range(1_001)),
    ],
)
def test_a_wrong_value_is_named_with_how_it_is_written(written: str) -> None:
    with pytest.raises(UsageError) as wrong:
        LeadFilter.parse(written)
    assert wrong.value.hint
    assert any(name in str(wrong.value) for name in (*CHECKS, "sort", "values"))
