"""When a visit was, from scan to lead: intervals over edges, clocks that drift and are corrected, believed proxies."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sightline.casework.datasets import DatasetRequest, import_dataset
from sightline.casework.declarations import declare_clock, declare_proxies, declare_times
from sightline.services.leads.rebuild_inputs import ground
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.errors import UsageError
from sightline.model import DatasetKind
from sightline.model.times import TimeIs
from tests.services.leads.office import START, Desk, Visit, new_desk

SECOND = 1_000_000
DAY_S = 86_400
SURE: dict[str, Any] = {"clock_uncertainty_s": 0, "clock_measured": "compared with NTP"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return new_desk(tmp_path)


def clf(at_s: float, address: str = "198.51.100.7", forwarded: str = "-") -> str:
    """A line as nginx writes it, to a whole second, when the request ends."""
    time = datetime.fromtimestamp(START + at_s, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    request = '"GET http://board.example/room/1 HTTP/1.1" 200 900'
    return f'{address} - - [{time}] {request} "-" "Agent/1" "{forwarded}"\n'


def squid(at_s: float, took_ms: int) -> str:
    url = "http://board.example/room/1"
    return f"{START + at_s:.3f} {took_ms:>6} 198.51.100.7 TCP_MISS/200 900 GET {url} - HIER_DIRECT/203.0.113.80 text/html\n"


def log(desk: Desk, name: str, *lines: str) -> Path:
    path = desk.folder / name
    path.write_text("".join(lines))
    return path


def interval(desk: Desk) -> list[tuple[float, float]]:
    """From when until when each lead's visits lie, seconds after START."""
    files = [path for path in desk.files(desk.rebuild()) if path.name.startswith("leads-")]
    schema = {"from_us": pl.Int64, "until_us": pl.Int64}
    found = pl.concat([pl.DataFrame(schema=schema), *(pl.read_parquet(path, columns=list(schema)) for path in files)])
    rows = found.select(pl.all() - START * SECOND).sort("from_us").iter_rows()
    return [(since / SECOND, until / SECOND) for since, until in rows]


def test_a_request_lies_between_its_earliest_start_and_the_end_of_the_second_that_was_written(desk: Desk) -> None:
    desk.scan(log(desk, "a.log", clf(100)), desk.flags(), format="combined", **SURE)
    assert interval(desk) == [(40, 101)]


def test_a_logged_duration_takes_the_place_of_the_look_back(desk: Desk) -> None:
    desk.scan(log(desk, "a.log", squid(100.5, 45_000)), desk.flags(), format="squid", **SURE)
    assert interval(desk) == [(55.499, 100.6)]


def assigned(desk: Desk, edge_s: float) -> list[str | None]:
    """The assignment of each lead, where a lease of the address ends at an edge and another begins."""
    edge = datetime.fromtimestamp(START + edge_s, UTC).isoformat()
    path = desk.folder / "leases.csv"
    path.write_text(
        "first,last,from,until,assignment\n"
        f"198.51.100.7,198.51.100.7,2026-02-01,{edge},A-1\n198.51.100.7,198.51.100.7,{edge},2026-04-01,B-2\n"
    )
    import_dataset(desk.office.io, DatasetRequest(path, DatasetKind.NAT, date(2026, 3, 1)))
    files = [path for path in desk.files(desk.rebuild()) if path.name.startswith("leads-")]
    return pl.concat(pl.read_parquet(path) for path in files)["assignment"].to_list()


@pytest.mark.parametrize(("edge_s", "wanted"), [(101, "A-1"), (100, None), (100.5, None), (56, None), (55, "B-2")])
def test_a_request_of_45_seconds_over_the_edge_of_a_lease_is_of_neither_line(
    desk: Desk, edge_s: float, wanted: str | None
) -> None:
    desk.scan(log(desk, "a.log", squid(100, 45_000)), desk.flags(), format="squid", **SURE)
    # To the millisecond the time says whole seconds, which may be all that was written.
    assert assigned(desk, edge_s - (0.001 if wanted == "B-2" else 0)) == [wanted]


@pytest.mark.parametrize(("begins_s", "leads"), [(39, 1), (41, 0), (100, 0)])
def test_a_list_must_speak_for_all_of_a_request_whose_end_was_written(desk: Desk, begins_s: int, leads: int) -> None:
    begin = datetime.fromtimestamp(START + begins_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    flags = desk.flags(f"kind,value,category,valid_from\ndomain,board.example,csam,{begin}\n")
    desk.scan(log(desk, "a.log", clf(100)), flags, format="combined", **SURE)
    assert len(interval(desk)) == leads


@pytest.mark.parametrize(("ends_s", "leads"), [(100, 0), (101, 1)])
def test_a_list_that_ends_within_the_second_of_a_visit_does_not_speak_for_it(
    desk: Desk, ends_s: int, leads: int
) -> None:
    end = datetime.fromtimestamp(START + ends_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    flags = desk.flags(f"kind,value,category,valid_until\ndomain,board.example,csam,{end}\n")
    desk.scan(log(desk, "a.log", clf(100)), flags, format="combined", **SURE)
    assert len(interval(desk)) == leads


def us(at_s: float) -> int:
    return round((START + at_s) * SECOND)


def test_a_clock_that_was_compared_twice_holds_for_its_exhibit_alone(desk: Desk) -> None:
    drifting, other = log(desk, "a.log", clf(DAY_S)), log(desk, "b.log", clf(DAY_S, "198.51.100.9"))
    exhibit = desk.scan(drifting, desk.flags(), format="combined", **SURE)
    compared = [(us(0), 0), (us(2 * DAY_S), 120 * SECOND)]
    declare_clock(desk.office.io, exhibit, compared, 3, "compared twice, S. Rao")
    desk.scan(drifting, desk.flags(), format="combined")
    desk.scan(other, desk.flags(), format="combined", **SURE)
    ((since, until), plain) = interval(desk)
    # On the line 60 s ahead by what the clock showed, less a twenty-fourth of a second: the line is by device time.
    assert (round(since), round(until)) == (DAY_S - 60 - 60 - 3, DAY_S - 60 + 3 + 1)
    assert plain == (DAY_S - 60, DAY_S + 1)
    assert verify_workspace(desk.office.workspace, VerifyRequest(rows=True), lambda *_: None).findings == []


def test_what_was_read_by_a_clock_that_is_corrected_stands_no_more_until_it_is_read_again(desk: Desk) -> None:
    path = log(desk, "a.log", clf(100))
    exhibit = desk.scan(path, desk.flags(), format="combined", **SURE)
    assert len(interval(desk)) == 1
    before = ground(desk.office.workspace).generation_id()
    declare_clock(desk.office.io, exhibit, [(us(0), 40 * SECOND)], 2, "compared with NTP")
    assert ground(desk.office.workspace).generation_id() != before
    assert interval(desk) == []
    with pytest.raises(UsageError, match="clock of its own"):
        desk.scan(path, desk.flags(), format="combined", **SURE)
    desk.scan(path, desk.flags(), format="combined")
    assert interval(desk) == [(-2, 63)]
    declare_clock(desk.office.io, exhibit, [], 0, "the comparison was of another machine")
    assert interval(desk) == [(40, 101)]


@pytest.mark.parametrize(
    "compared",
    [[(us(0), 0), (us(0), 1)], [(us(0), 0), (us(10), -10 * SECOND)], [(us(0), 0), (us(1), 0), (us(2), 0)]],
)
def test_comparisons_that_no_clock_gives_are_refused(desk: Desk, compared: list[tuple[int, int]]) -> None:
    with pytest.raises(UsageError):
        declare_clock(desk.office.io, "a" * 64, compared, 2, "compared")


def test_a_source_s_declared_proxies_are_not_visitors(desk: Desk) -> None:
    declare_proxies(desk.office.io, desk.office.source.source_id, ["203.0.113.16/28"], "nginx.conf of the seizure")
    lines = [clf(0, "203.0.113.17", "192.0.2.66, 198.51.100.8, 203.0.113.18"), clf(9, "198.51.100.9", "192.0.2.66")]
    desk.scan(log(desk, "a.log", *lines), desk.flags(), format="combined", **SURE)
    desk.rebuild()
    assert {one["source_ip"] for one in desk.leads()} == {"198.51.100.8", "198.51.100.9"}


def test_a_run_that_was_read_by_other_proxies_does_not_stand(desk: Desk) -> None:
    def declare(*texts: str) -> None:
        declare_proxies(desk.office.io, desk.office.source.source_id, texts, "nginx.conf of the seizure")

    def read(**more: Any) -> set[str]:
        desk.scan(path, desk.flags(), format="combined", **SURE, **more)
        return seen()

    def seen() -> set[str]:
        desk.rebuild()
        return {one["source_ip"] for one in desk.leads()}

    path = log(desk, "a.log", clf(0, "203.0.113.17", "192.0.2.66"))
    assert read() == {"203.0.113.17"}
    declare("203.0.113.16/28")
    assert seen() == set()
    assert read() == {"192.0.2.66"}
    declare("203.0.113.16/28")
    assert seen() == {"192.0.2.66"}, "the same proxies, said again"
    declare("203.0.113.99")
    assert seen() == set()
    # What is said of these exhibits at the scan goes before; a later declaration is about them too.
    assert read(trusted_proxies=("203.0.113.17",)) == {"192.0.2.66"}
    declare("203.0.113.98")
    assert seen() == set()
    assert read(trusted_proxies=("203.0.113.17",)) == {"192.0.2.66"}
    declare()
    assert seen() == {"203.0.113.17"}, "none again: as it was read at first"


def test_what_the_times_of_a_server_mean_is_declared_and_holds_from_the_next_scan(desk: Desk) -> None:
    def declare(time_is: TimeIs | None, unit: str | None = None) -> None:
        declare_times(desk.office.io, desk.office.source.source_id, time_is, unit, "nginx.conf of the seizure")

    line = clf(0).replace('"-"\n', "0.250\n")
    path = log(desk, "a.log", line)
    desk.scan(path, desk.flags(), format="combined", **SURE)
    assert interval(desk) == [(-60, 1)]
    for time_is, unit, wanted in (
        (TimeIs.START, None, (0, 1)),
        (TimeIs.END, "s", (-0.251, 1)),
        (None, None, (-60, 1)),
    ):
        declare(time_is, unit)
        if time_is is not None:
            assert interval(desk) == [], "what was read otherwise does not stand"
        desk.scan(path, desk.flags(), format="combined", **SURE)
        assert interval(desk) == [wanted]
    with pytest.raises(UsageError, match="duration"):
        declare(TimeIs.START, "s")


def test_a_duration_that_a_log_holds_moves_the_start_back(desk: Desk) -> None:
    path = log(
        desk, "a.log", clf(0).replace('"-"\n', "90.250\n"), clf(3600, "198.51.100.9").replace('"-"\n', "0.250\n")
    )
    desk.scan(path, desk.flags(), format="combined", **SURE)
    assert interval(desk) == [(-90.251, 1), (3540, 3601)]


def test_the_times_of_a_format_that_says_them_are_not_declared(desk: Desk) -> None:
    desk.scan(desk.log("z.log", [Visit(7.25)]), desk.flags(), **SURE)
    declare_times(desk.office.io, desk.office.source.source_id, TimeIs.END, None, "it was said")
    assert interval(desk) == [(7.25, 7.26)]


def test_a_visit_of_zeek_begins_at_its_time(desk: Desk) -> None:
    desk.scan(desk.log("z.log", [Visit(7.25)]), desk.flags(), **SURE)
    assert interval(desk) == [(7.25, 7.26)]
