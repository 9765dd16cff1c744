"""The order of rotated logs by their names: what programs really call them, and every name there can be."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.services.match.rotation import FORMS, build_path_key, compile_forms, find_place

DOCS = Path(__file__).parent.parent.parent / "docs" / "how-to" / "folders.md"
IN_ORDER = {
    "logrotate on Debian": "access.log.12.gz access.log.10.gz access.log.2.gz access.log.1 access.log",
    "series apart": "access.log.2.gz access.log.1 access.log error.log.2.gz error.log.1 error.log",
    "a site's own logs": "a.example.access.log.2.gz a.example.access.log b.example.access.log.1 b.example.access.log",
    "all packings": "access.log.5.zst access.log.4.xz access.log.3.bz2 access.log.2.zip access.log.1.gz access.log",
    "dateext": "access.log-20251231.gz access.log-20261101.gz access.log-20261102 access.log",
    "dateext by the hour": "access.log-2026110109.gz access.log-2026110123.gz access.log-2026110200 access.log",
    "dateext with a dash": "access.log-2026-10-31.gz access.log-2026-11-01 access.log",
    "dateformat before the extension": "access-20261031.log.gz access-20261101.log access.log",
    "by the month": "access.log-202609.gz access.log-202610 access.log",
    "seconds": "access.log-1699999999.gz access.log-1700000000 access.log",
    "cronolog, the date inside": "access.2026-10-31.log access.2026-11-01.log access.log",
    "rotatelogs": "access_log.999999999 access_log.1000000000 access_log.1700000000 access_log",
    "Tomcat": "localhost_access_log.2026-10-31.txt localhost_access_log.2026-11-01.txt localhost_access_log.txt",
    "IIS by day": "u_ex251231.log u_ex261031.log u_ex261101.log",
    "IIS by hour": "u_ex26110109.log u_ex26110110.log u_ex26110200.log",
    "IIS by size": "u_extend1.log u_extend2.log u_extend10.log",
    "IIS, very old": "EX991231.LOG INETSV2.LOG INETSV10.LOG",
    "IIS, old": "ex2610.log ex2611.log in261101.log nc261101.log",
    "BIND": "query.log.10 query.log.9 query.log.1 query.log.0 query.log",
    "Squid": "access.log.9 access.log.1 access.log.0 access.log cache.log.0 cache.log",
    "newsyslog": "http-access.log.1.bz2 http-access.log.0.bz2 http-access.log",
    "newsyslog with times": "maillog.20261031T000000.bz2 maillog.20261101T000000.bz2 maillog",
    "svlogd": "@400000006907e1a014a8b1c4.s @400000006907f1a014a8b1c4.s @400000006908f1a000000000.u current",
    "Zeek": (
        "dns.00:00:00-01:00:00.log.gz dns.09:00:00-10:00:00.log.gz http.00:00:00-01:00:00.log.gz "
        "http.23:00:00-00:00:00.log.gz"
    ),
    "Zeek, dated": "http_20261031_23:00:00-00:00:00+0000.log.gz http_20261101_00:00:00-01:00:00+0000.log.gz http.log",
    "Suricata": "eve.json.2.gz eve.json.1 eve.json",
    "Suricata's filename": "eve-2026-10-31-23:00.json eve-2026-11-01-00:00.json eve.json",
    "Caddy": (
        "access-2026-10-31T23-59-59.999.log.gz access-2026-11-01T00-00-00.000.log.gz "
        "access-2026-11-01T00-00-00.001.log access.log"
    ),
    "Docker": "0a1b-json.log.2 0a1b-json.log.1 0a1b-json.log",
    "Kubernetes": "0.log.20261031-235959.gz 0.log.20261101-000000 0.log 1.log 2.log 10.log",
    "logback": "app.2026-11-01.0.log.gz app.2026-11-01.2.log.gz app.2026-11-01.10.log.gz app.2026-11-02.0.log app.log",
    "log4j2": "app-2026-10-31-2.log.gz app-2026-11-01-1.log.gz app-2026-11-01-24.log.gz app.log",
    "winston": "access-2026-10-31.log access-2026-11-01.log access-2026-11-01.log.1 access-2026-11-01.log.2",
    "AWS": (
        "123456789012_elasticloadbalancing_eu-west-1_app.f_20261101T0005Z_192.0.2.9_zzzz.log.gz "
        "123456789012_elasticloadbalancing_eu-west-1_app.f_20261101T0010Z_192.0.2.1_aaaa.log.gz"
    ),
    "CloudFront": "E2EXAMPLE.2026-11-01-09.ffffffff.gz E2EXAMPLE.2026-11-01-10.00000000.gz",
    "one kept": "access.log.1 access.log.old access.log",
    "dates, then numbers": "access.log-20261101.gz access.log.2.gz access.log.1 access.log",
    "the plain copy first": "access.log.2 access.log.2.gz access.log.1 access.log.1.gz access.log access.log.gz",
    "named by address": "192.0.2.1 192.0.2.1.log 192.0.2.2.log 192.0.2.10 192.0.2.10.log",
}


@pytest.mark.parametrize("names", IN_ORDER.values(), ids=IN_ORDER.keys())
def test_the_oldest_comes_first(names: str) -> None:
    expected = [name.encode() for name in names.split()]
    for seed in range(5):
        shuffled = random.Random(seed).sample(expected, len(expected))
        assert sorted(shuffled, key=find_place) == expected


def test_files_moved_away_are_older_and_days_are_in_order() -> None:
    expected = [
        b"2026-09-30/http.23:00:00-00:00:00.log.gz",
        b"2026-10-01/http.00:00:00-01:00:00.log.gz",
        b"2026-10-01/http.01:00:00-02:00:00.log.gz",
        b"9/access.log",
        b"10/access.log",
        b"current/http.log",
        b"old/access.log.2.gz",
        b"access.log.1",
        b"access.log",
    ]
    paths = [tuple(path.split(b"/")) for path in expected]
    expected_order = [paths[number] for number in (3, 4, 0, 1, 2, 5, 6, 7, 8)]
    assert sorted(random.Random(1).sample(paths, len(paths)), key=build_path_key) == expected_order


@pytest.mark.parametrize(("age", "text", "_form"), FORMS, ids=[text for _, text, _ in FORMS])
def test_every_form_has_its_row_in_the_table_and_in_the_docs(age: object, text: str, _form: bytes) -> None:
    who, _, examples = text.rpartition(": ")
    row = [number for number, (_, one, _) in enumerate(FORMS) if one == text]
    for example in examples.split(", "):
        first = next(number for number, (_, form) in enumerate(compile_forms()) if form.fullmatch(example.encode()))
        assert [first] == row, f"{example} is read by another row"
    assert f"| {who} | `{'`, `'.join(examples.split(', '))}` |" in DOCS.read_text(encoding="utf-8")


@given(st.lists(st.binary(min_size=1, max_size=60).filter(lambda name: b"/" not in name and b"\0" not in name)))
def test_any_name_has_one_place(names: list[bytes]) -> None:
    once = sorted(set(names), key=find_place)
    assert sorted(reversed(once), key=find_place) == once  # noqa: C414  - another order must not matter
    assert all(find_place(one) < find_place(other) for one, other in pairwise(once))


def test_a_name_made_to_be_slow_is_not() -> None:
    for name in (b"2026" + b"11" * 120 + b"x", b"20261101" + b"-1" * 120 + b"\n", b"1" * 255, b".gz" * 85, b"a.1" * 85):
        find_place(name)
