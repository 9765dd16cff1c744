"""Kernel and oracle take the same visitor behind trusted proxies, however many figures their addresses have."""

import json
from pathlib import Path

import pytest

from sightline.stages.formats.loader import load_builtin_formats
from sightline.stages.scan.options import ReadOptions
from tests.differential.sides import Case, assert_sides_agree

VISITOR = "203.0.113.9"
LISTS = (("domain,flagged.example,near,,,2026-04-01T00:00:00Z,,",),)


def sources(folder: Path, ranges: tuple[tuple[str, str], ...], *peers: str) -> list[str]:
    """The source of a visit from each peer, whose proxy says that VISITOR came."""
    log = "".join(
        f'flagged.example {peer} - - [20/Apr/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "Agent/1" "{VISITOR}"\n'
        for peer in peers
    )
    program = load_builtin_formats()["vhost-combined"].program
    case = Case((log.encode(),), program, LISTS, ReadOptions(trusted_proxies=ranges))
    hits = assert_sides_agree(case, folder).hits
    return [str(json.loads(str(hit, "utf-8") if isinstance(hit, bytes) else str(hit))["source_ip"]) for hit in hits]


@pytest.mark.parametrize(
    ("ranges", "inside", "outside"),
    [
        (("192.0.2.0", "192.0.2.255"), ("192.0.2.3", "192.0.2.30", "192.0.2.99", "192.0.2.255"), ("192.0.3.1",)),
        (("198.51.100.64", "198.51.100.127"), ("198.51.100.70", "198.51.100.100"), ("198.51.100.7", "198.51.100.128")),
        (("9.255.255.255", "10.0.0.9"), ("10.0.0.1",), ("9.3.0.1", "10.0.0.10")),
        (("2001:db8::", "2001:db8::ffff"), ("2001:db8::1", "2001:db8::ffff"), ("2001:db8::1:0", "192.0.2.1")),
    ],
)
def test_a_range_is_one_of_numbers_and_not_of_texts(
    tmp_path: Path, ranges: tuple[str, str], inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    assert sources(tmp_path, (ranges,), *inside, *outside) == [*[VISITOR] * len(inside), *outside]
