"""The demo's logs and list stay as described: all is read, and each indicator is met as often as stands here."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from sightline.stages.formats import loader
from sightline.stages.lists import load
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.scan import scan
from sightline.stages.scan.results import ExhibitCounts, ScanInput
from sightline.stages.scan.zones import build_zone_table

from .server import ZONE
from .test_real_servers import KeptSample

DEMO = Path(__file__).parent.parent.parent / "demo"
OPTIONS = ReadOptions(timezone=build_zone_table(ZONE))
PROXY = {
    "198.18.7.0/24": 7,
    "203.0.113.128/27": 3,
    "203.0.113.77": 4,
    "203.0.113.77/stream": 1,
    "203.0.113.77:443": 3,
    "7b331457c82ce9da60070d1d364245d88935f66c7aac189595cd90bb8328e9a6": 4,
    "a598ae47d426e33488b55dba480051d0": 9,
    "board.example/rooms/closed": 2,
    "clinic.flagged.example": 10,
    "disputed.example": 3,
    "files.example/share/abc?id=8": 1,
    "flagged.example": 21,
    "late.example": 5,
    "pictures.example": 4,
    "quiet.example": 6,
    "seed.example": 1,
    "sunrise-corner.i2p": 3,
    "t7ttteiukmh6wa4cosnvplxjh7hzma2ekygy36oga7eqh422lunk6zqd.onion": 3,
    "xn--bcher-tausch-dlb.example": 5,
}
NAMES_ONLY = {
    "a598ae47d426e33488b55dba480051d0",
    "clinic.flagged.example",
    "disputed.example",
    "flagged.example",
    "late.example",
    "pictures.example",
    "quiet.example",
    "seed.example",
    "sunrise-corner.i2p",
    "t7ttteiukmh6wa4cosnvplxjh7hzma2ekygy36oga7eqh422lunk6zqd.onion",
    "xn--bcher-tausch-dlb.example",
}


def scan_log(name: str, format_: str, all_hits_of: str | None = None) -> tuple[ExhibitCounts, Counter[str]]:
    flags = load.load_list(DEMO / "flagged.csv", None, datetime(2026, 7, 1, tzinfo=UTC))
    assert (len(flags.indicators), flags.rejects) == (25, ())
    sample = KeptSample()
    scan_input = ScanInput(DEMO / name, loader.load_builtin_formats()[format_].program)
    (summary,) = scan([scan_input], [flags], OPTIONS, sink=sample, all_hits_of=all_hits_of).exhibits
    assert summary.frames == summary.records
    return summary, Counter(row["indicator"] for row in sample.rows)


def test_proxy() -> None:
    summary, hits = scan_log("proxy-squid.log.gz", "squid")
    assert (summary.records, summary.hit_records, summary.outside_window) == (1000, 77, 14)
    assert hits == PROXY


def test_resolver_shows_the_same_fortnight_by_names_alone() -> None:
    summary, hits = scan_log("resolver-bind.log", "bind")
    assert summary.records == 988
    assert hits == {value: PROXY[value] for value in NAMES_ONLY}


def test_a_seized_server_matches_its_own_pages_only_when_they_are_listed() -> None:
    summary, hits = scan_log("seized-nginx.log", "combined")
    assert (summary.records, hits) == (443, {"flagged.example": 5, "quiet.example": 3})
    _, with_its_own = scan_log("seized-nginx.log", "combined", "board.example/rooms/closed")
    assert with_its_own == hits | {"board.example/rooms/closed": 112}
