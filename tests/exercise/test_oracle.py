"""The oracle against cases that a reader can follow by hand."""

import ast
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sightline.exercise import oracle
from sightline.exercise.manifest import SourceEntry
from sightline.exercise.oracle.addresses import DeclaredNetworks, add_tor, find_narrowest_ranges
from sightline.exercise.oracle.ceilings import ORDER, find_crawlers, rank_visits
from sightline.exercise.oracle.corrected_times import ComparedClock, correct_times
from sightline.exercise.oracle.lists import read_statements, select_flagged
from sightline.exercise.oracle.sessions import build_sessions, number_sessions
from sightline.exercise.oracle.suspicion import find_suspects

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
NOON = int(datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()) * 1_000_000


def timed(source: SourceEntry, local: datetime, zone_s: int | None, form: str = "haproxy") -> dict[str, Any]:
    row = pl.LazyFrame(
        {"local_us": [int(local.replace(tzinfo=UTC).timestamp()) * 1_000_000], "zone_s": [zone_s], "duration_us": None},
        schema={"local_us": pl.Int64, "zone_s": pl.Int64, "duration_us": pl.Int64},
    )
    return correct_times(row, source, form).collect().row(0, named=True)


@pytest.mark.parametrize(
    ("form", "back_s", "on_s"),
    [("haproxy", 0, 0.001), ("dnsmasq", 0, 1), ("combined", 60, 1), ("caddy", 60, 0.001), ("unheard-of", 60, 1)],
)
def test_a_visit_lies_in_what_its_record_shows_and_back_to_where_it_may_have_begun(
    form: str, back_s: float, on_s: float
) -> None:
    source = SourceEntry("s", "proxy", "leads", clock_uncertainty_s=5)
    found = timed(source, datetime(2026, 3, 10, 12), 0, form)
    assert (NOON - found["from_us"], found["until_us"] - NOON) == ((5 + back_s) * 1e6, (5 + on_s) * 1e6)


@pytest.mark.parametrize(
    ("declared", "zone_s", "hour", "proven"),
    [
        ({"timezone": "Asia/Kolkata"}, None, 6.5, False),
        ({"timezone": "Asia/Kolkata", "timezone_basis": "a letter"}, None, 6.5, True),
        ({"timezone": "Asia/Kolkata", "clock_measured": "NTP"}, None, 6.5, True),
        ({}, None, 12, False),
        ({}, 3600, 11, True),
        ({"timezone": "Asia/Kolkata"}, 0, 12, True),
        ({"clock_offset_s": 1800.0, "clock_measured": "NTP"}, 0, 11.5, True),
    ],
)
def test_a_time_is_proven_by_the_record_or_by_a_basis(
    declared: dict[str, object], zone_s: int | None, hour: float, proven: bool
) -> None:
    source = SourceEntry("s", "proxy", "leads", **declared)  # type: ignore[arg-type]
    found = timed(source, datetime(2026, 3, 10, 12), zone_s)
    assert found["at_us"] == NOON + round((hour - 12) * HOUR)
    assert found["proven"] is proven
    assert found["uncertainty_us"] == 900_000_000


def test_a_local_time_that_came_twice_is_as_uncertain_as_the_two_lie_apart() -> None:
    source = SourceEntry("s", "proxy", "leads", "Australia/Sydney", "a letter")
    found = timed(source, datetime(2026, 4, 5, 2, 30), None)
    assert found["at_us"] == int(datetime(2026, 4, 4, 15, 30, tzinfo=UTC).timestamp()) * 1_000_000
    assert found["uncertainty_us"] == 900_000_000 + HOUR


def exhibit(at: list[int], key: list[int]) -> pl.LazyFrame:
    return pl.LazyFrame({"row": list(range(len(at))), "key": key, "at_us": at}).with_columns(
        channel=pl.lit(1), file=pl.lit(0), uncertainty_us=pl.lit(0)
    )


def test_suspect_is_what_runs_backwards_or_counts_addresses_up() -> None:
    times_up = [NOON + place * MINUTE for place in range(20)]
    assert find_suspects(exhibit(times_up, [7] * 20)).is_empty()
    assert find_suspects(exhibit(times_up, list(range(20)))).height == 1
    assert find_suspects(exhibit([*times_up[:10], NOON - HOUR, *times_up[11:]], [7] * 20)).height == 1
    assert find_suspects(exhibit([*times_up[:10], NOON + 8 * MINUTE, *times_up[11:]], [7] * 20)).is_empty()


LIST = """kind,value,valid_from,valid_until,listed_on,opinion,reference
domain,a.example,2026-03-10,2026-03-10,2026-03-01,flagged,
domain,b.example,2026-03-01,,2026-03-12,flagged,
domain,c.example,2026-03-01,,2026-03-12,flagged,letter of 2.3.2026
domain,d.example,,,,flagged,
domain,d.example,2026-03-10,,,cleared,
ip,198.18.0.5,,,,seed,
url-prefix,f.example/room,,,,flagged,
"""


def verdicts(tmp_path: Path, at_us: int, page: int = 0, uncertainty_s: int = 0) -> dict[int, bool]:
    """Which sites count at that time, and whether by their address alone."""
    (tmp_path / "list.csv").write_text(LIST)
    sites = pl.DataFrame(
        {
            "site": range(6),
            "host": [f"{one}.example" for one in "abcdef"],
            "site_ip": [f"198.18.0.{n}" for n in range(1, 7)],
        }
    )
    records = pl.DataFrame({"site": range(6)}).with_columns(
        at_us=pl.lit(at_us),
        uncertainty_us=pl.lit(uncertainty_s * 1_000_000),
        page=pl.lit(page),
        room=pl.lit(3),
        tunnel=pl.lit(value=False),
        shows_host=pl.lit(value=True),
        shows_address=pl.lit(value=True),
        from_us=pl.lit(at_us - uncertainty_s * 1_000_000),
        until_us=pl.lit(at_us + uncertainty_s * 1_000_000 + 1),
    )
    flagged = select_flagged(records, read_statements(tmp_path / "list.csv", sites))
    return dict(flagged.select("site", "by_address").iter_rows())


def test_an_indicator_counts_only_while_vouched_for_and_not_blocked(tmp_path: Path) -> None:
    assert verdicts(tmp_path, NOON) == {0: False, 2: False, 4: True}
    assert verdicts(tmp_path, NOON, page=1) == {0: False, 2: False, 4: True, 5: False}
    assert verdicts(tmp_path, NOON - DAY) == {2: False, 3: False, 4: True}
    assert verdicts(tmp_path, NOON + 2 * DAY) == {1: False, 2: False, 4: True}
    almost = NOON + 11 * HOUR + 59 * MINUTE
    assert 0 in verdicts(tmp_path, almost)
    assert 0 not in verdicts(tmp_path, almost, uncertainty_s=60), "it straddles the edge"
    just_before = NOON - 12 * HOUR - MINUTE
    assert 3 in verdicts(tmp_path, just_before, uncertainty_s=59)
    assert 3 not in verdicts(tmp_path, just_before, uncertainty_s=60), "it may have been in the cleared time"


def test_the_narrowest_range_speaks() -> None:
    ranges = pl.DataFrame({"first_key": [0, 100, 110], "last_key": [999, 199, 110], "line": ["wide", "narrow", None]})
    found = find_narrowest_ranges(pl.DataFrame({"key": [50, 105, 110, 2000]}), ranges, "line")
    assert found["line"].to_list() == ["wide", "narrow", None, None]


def answer_lists(lists: list[int], listed: list[int]) -> DeclaredNetworks:
    nothing = pl.DataFrame()
    exits = pl.DataFrame(
        {"key": [1] * len(listed), "listed_us": listed}, schema={"key": pl.Int64, "listed_us": pl.Int64}
    )
    return DeclaredNetworks(nothing, nothing, nothing, nothing, nothing, exits, pl.Series(lists), nothing)


@pytest.mark.parametrize(
    ("hours", "verdict"),
    [(0.5, "yes"), (-0.5, "yes"), (2.5, "no"), (5, "no"), (30, "unknown"), (60, "no"), (200, "unknown")],
)
def test_tor_is_asked_of_lists_of_the_time(hours: float, verdict: str) -> None:
    lists = [NOON + hour * HOUR for hour in (-1, 0, 1, 2, 3, 4, 5, 6, 80, 81)]
    answers = answer_lists(lists, [NOON, NOON + HOUR])
    at = NOON + round(hours * HOUR)
    visits = pl.DataFrame({"key": [1], "from_us": [at], "until_us": [at]}).with_columns(ever_exit=pl.lit(value=True))
    assert add_tor(visits, answers)["tor"].to_list() == [verdict]


@pytest.mark.parametrize(("hours", "verdict"), [(-0.5, "no"), (0.5, "unknown"), (2.5, "unknown"), (3.5, "yes")])
def test_no_list_says_no_of_a_relay_that_was_not_tested_yet(hours: float, verdict: str) -> None:
    answers = answer_lists([NOON + hour * HOUR for hour in range(-3, 8)], [NOON + 4 * HOUR, NOON + 5 * HOUR])
    answers = replace(answers, exits=answers.exits.with_columns(appeared_us=pl.lit(NOON)))
    at = NOON + round(hours * HOUR)
    visits = pl.DataFrame({"key": [1], "from_us": [at], "until_us": [at + 1]})
    assert add_tor(visits, answers)["tor"].to_list() == [verdict]


def test_a_clock_that_drifts_lies_on_the_line_between_two_comparisons() -> None:
    source = SourceEntry("s", "proxy", "leads")
    clock = ComparedClock(((NOON - DAY, -10_000_000), (NOON + DAY, 30_000_000)), 2)
    row = pl.LazyFrame({"local_us": [NOON + 10_000_000], "zone_s": [0], "duration_us": [0]})
    found = correct_times(row, source, "haproxy", clock).collect().row(0, named=True)
    assert found["at_us"] == NOON
    assert (NOON - found["from_us"], found["until_us"] - NOON) == (2_000_000, 2_001_000)


PLAIN = {
    "channel": 0,
    "file": 0,
    "format": "combined-port",
    "key": 5,
    "port": 4000,
    "agent": 0,
    "machine": None,
    "ahead": None,
    "tor": "no",
    "relay": None,
    "line": "fixed",
    "proven": True,
    "tunnel": False,
    "by_address": False,
    "shared": None,
    "ever_exit": False,
    "delegated_length": None,
    "is_operator": None,
}


@pytest.mark.parametrize(
    ("other", "ceiling"),
    [
        ({}, "subscriber"),
        ({"port": None}, "shared"),
        ({"port": None, "shared": False}, "subscriber"),
        ({"port": None, "shared": True}, "shared"),
        ({"port": None, "shared": False, "is_operator": True}, "shared"),
        ({"port": None, "delegated_length": 56}, "subscriber"),
        ({"key": 100 << 24 | 64 << 16 | 7}, "shared"),
        ({"ever_exit": True, "tor": "unknown"}, "shared"),
        ({"ever_exit": True, "tor": "no"}, "subscriber"),
        ({"by_address": True}, "connection-only"),
        ({"tunnel": True, "port": None}, "connection-only"),
        ({"format": "bind"}, "resolution-only"),
        ({"proven": False, "format": "bind"}, "time-unproven"),
        ({"tor": "yes", "proven": False}, "relay"),
        ({"line": "hosting"}, "relay"),
        ({"relay": "vpn", "agent": 9}, "automated"),
        ({"machine": "agency"}, "automated"),
        ({"ahead": True}, "automated"),
        ({"channel": 4}, "time-unproven"),
    ],
)
def test_the_first_ceiling_that_applies_is_reported(other: dict[str, object], ceiling: str) -> None:
    schema = {
        "delegated_length": pl.Int64,
        "is_operator": pl.Boolean,
        "port": pl.Int32,
        "machine": pl.String,
        "ahead": pl.Boolean,
        "relay": pl.String,
        "shared": pl.Boolean,
    }
    visit = pl.DataFrame([PLAIN | other], schema_overrides=schema)
    suspect = pl.DataFrame({"channel": [4], "file": [0]})
    assert ORDER[rank_visits(visit, [9], suspect)["rank"][0]] == ceiling


def visits(minutes: list[float], **columns: list[object]) -> pl.DataFrame:
    rows = pl.DataFrame({"at_us": [NOON + round(minute * MINUTE) for minute in minutes], **columns})
    plain = {"key": 5, "ip": "240.0.0.5", "port": 4000, "ports": 0, "rank": 7, "tor": "no", "state": 0, "site": 0}
    plain |= {"block_base": 0}
    return rows.with_columns(
        *(pl.lit(value).alias(name) for name, value in plain.items() if name not in columns),
        channel=pl.lit(0),
        file=pl.lit(0),
        row=pl.int_range(0, len(minutes)),
        uncertainty_us=pl.lit(900_000_000),
    )


def sessions_of(some: pl.DataFrame) -> pl.DataFrame:
    return build_sessions(number_sessions(some))


def test_more_than_half_an_hour_ends_a_session() -> None:
    assert sessions_of(visits([0, 30, 60.01, 60.02]))["visits"].to_list() == [2, 2]


def test_blocks_of_ports_are_lines_of_their_own() -> None:
    found = sessions_of(visits([0, 1, 2], port=[1024, 2048, 1030], ports=[1024] * 3))
    assert found["visits"].to_list() == [2, 1]
    based = sessions_of(visits([0, 1, 2, 3], port=[1024, 2023, 2024, 900], ports=[1000] * 4, block_base=[1024] * 4))
    assert based["visits"].to_list() == [1, 2, 1], "a port below the first block, the first block, the second one"


def test_a_session_has_the_highest_of_its_visits_unless_a_machine_made_it() -> None:
    assert sessions_of(visits([0, 1], rank=[4, 7]))["ceiling"].to_list() == ["subscriber"]
    regular = [5.0 * place for place in range(14)]
    assert sessions_of(visits(regular))["ceiling"].to_list() == ["automated"]
    assert sessions_of(visits(regular[:11]))["ceiling"].to_list() == ["subscriber"]
    assert sessions_of(visits([*regular[:-1], regular[-1] + 2]))["ceiling"].to_list() == ["subscriber"]


def test_an_exit_for_a_part_of_a_session_makes_a_relay_of_all() -> None:
    assert sessions_of(visits([0, 1], rank=[6, 1], tor=["unknown", "yes"]))["ceiling"].to_list() == ["relay"]


def test_patterns_find_crawlers(tmp_path: Path) -> None:
    (tmp_path / "patterns.json").write_text('[{"pattern": "Khojbot\\\\/"}]')
    agents = pl.DataFrame({"agent": [0, 1], "text": ["Mozilla/5.0 (compatible; Khojbot/2.1)", "Mozilla/5.0"]})
    assert find_crawlers(tmp_path / "patterns.json", agents) == [0]


def test_the_oracle_knows_nothing_of_the_product_nor_of_the_truth() -> None:
    """It rests on the names of ceilings, on what a unit knows of a world, and on the codes of states.

    It tells its progress.
    """
    may = {"sightline.model", "sightline.model.progress", "sightline.exercise.manifest", "sightline.exercise.states"}
    folder = Path(oracle.__file__).parent
    found = {
        node.module
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sightline")
    }
    assert {name for name in found if not name.startswith("sightline.exercise.oracle")} == may
