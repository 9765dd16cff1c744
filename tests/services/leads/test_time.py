"""When a visit was, from scan to lead: intervals over edges, clocks that drift and are corrected, believed proxies."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sightline.casework.cases.declarations import declare_clock, declare_proxies, declare_times
from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset
from sightline.errors import UsageError
from sightline.model import DatasetKind
from sightline.model.times import TimeIs
from sightline.services.leads.rebuild_inputs import load_inputs
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from tests.services.leads.office import START, LeadOffice, Visit, new_lead_office

SECOND = 1_000_000
DAY_S = 86_400
SURE: dict[str, Any] = {"clock_uncertainty_s": 0, "clock_measured": "compared with NTP"}


@pytest.fixture
def lead_office(tmp_path: Path) -> LeadOffice:
    return new_lead_office(tmp_path)


def clf(at_s: float, address: str = "198.51.100.7", forwarded: str = "-") -> str:
    """A line as nginx writes it, to a whole second, when the request ends."""
    time = datetime.fromtimestamp(START + at_s, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    request = '"GET http://board.example/room/1 HTTP/1.1" 200 900'
    return f'{address} - - [{time}] {request} "-" "Agent/1" "{forwarded}"\n'


def squid(at_s: float, took_ms: int) -> str:
    url = "http://board.example/room/1"
    return (
        f"{START + at_s:.3f} {took_ms:>6} 198.51.100.7 TCP_MISS/200 900 GET {url} - HIER_DIRECT/203.0.113.80 "
        "text/html\n"
    )


def log(lead_office: LeadOffice, name: str, *lines: str) -> Path:
    path = lead_office.folder / name
    path.write_text("".join(lines))
    return path


def interval(lead_office: LeadOffice) -> list[tuple[float, float]]:
    """From when until when each lead's visits lie, seconds after START."""
    files = [path for path in lead_office.files(lead_office.rebuild()) if path.name.startswith("leads-")]
    schema = {"from_us": pl.Int64, "until_us": pl.Int64}
    found = pl.concat([pl.DataFrame(schema=schema), *(pl.read_parquet(path, columns=list(schema)) for path in files)])
    rows = found.select(pl.all() - START * SECOND).sort("from_us").iter_rows()
    return [(since / SECOND, until / SECOND) for since, until in rows]


def test_a_request_lies_between_its_earliest_start_and_the_end_of_the_second_that_was_written(
    lead_office: LeadOffice,
) -> None:
    lead_office.scan(log(lead_office, "a.log", clf(100)), lead_office.flags(), format="combined", **SURE)
    assert interval(lead_office) == [(40, 101)]


def test_a_logged_duration_takes_the_place_of_the_look_back(lead_office: LeadOffice) -> None:
    lead_office.scan(log(lead_office, "a.log", squid(100.5, 45_000)), lead_office.flags(), format="squid", **SURE)
    assert interval(lead_office) == [(55.499, 100.6)]


def assigned(lead_office: LeadOffice, edge_s: float) -> list[str | None]:
    """The assignment of each lead, where a lease of the address ends at an edge and another begins."""
    edge = datetime.fromtimestamp(START + edge_s, UTC).isoformat()
    path = lead_office.folder / "leases.csv"
    path.write_text(
        "first,last,from,until,assignment\n"
        f"198.51.100.7,198.51.100.7,2026-02-01,{edge},A-1\n198.51.100.7,198.51.100.7,{edge},2026-04-01,B-2\n"
    )
    import_dataset(lead_office.office.io, DatasetRequest(path, DatasetKind.NAT, date(2026, 3, 1)))
    files = [path for path in lead_office.files(lead_office.rebuild()) if path.name.startswith("leads-")]
    return pl.concat(pl.read_parquet(path) for path in files)["assignment"].to_list()


@pytest.mark.parametrize(("edge_s", "wanted"), [(101, "A-1"), (100, None), (100.5, None), (56, None), (55, "B-2")])
def test_a_request_of_45_seconds_over_the_edge_of_a_lease_is_of_neither_line(
    lead_office: LeadOffice, edge_s: float, wanted: str | None
) -> None:
    lead_office.scan(log(lead_office, "a.log", squid(100, 45_000)), lead_office.flags(), format="squid", **SURE)
    # To the millisecond the time says whole seconds, which may be all that was written.
    assert assigned(lead_office, edge_s - (0.001 if wanted == "B-2" else 0)) == [wanted]


@pytest.mark.parametrize(("begins_s", "leads"), [(39, 1), (41, 0), (100, 0)])
def test_a_list_must_speak_for_all_of_a_request_whose_end_was_written(
    lead_office: LeadOffice, begins_s: int, leads: int
) -> None:
    begin = datetime.fromtimestamp(START + begins_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    flags = lead_office.flags(f"kind,value,category,valid_from\ndomain,board.example,csam,{begin}\n")
    lead_office.scan(log(lead_office, "a.log", clf(100)), flags, format="combined", **SURE)
    assert len(interval(lead_office)) == leads


@pytest.mark.parametrize(("ends_s", "leads"), [(100, 0), (101, 1)])
def test_a_list_that_ends_within_the_second_of_a_visit_does_not_speak_for_it(
    lead_office: LeadOffice, ends_s: int, leads: int
) -> None:
    end = datetime.fromtimestamp(START + ends_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    flags = lead_office.flags(f"kind,value,category,valid_until\ndomain,board.example,csam,{end}\n")
    lead_office.scan(log(lead_office, "a.log", clf(100)), flags, format="combined", **SURE)
    assert len(interval(lead_office)) == leads


def us(at_s: float) -> int:
    return round((START + at_s) * SECOND)


def test_a_clock_that_was_compared_twice_holds_for_its_exhibit_alone(lead_office: LeadOffice) -> None:
    drifting, other = (
        log(lead_office, "a.log", clf(DAY_S)),
        log(lead_office, "b.log", clf(DAY_S, "198.51.100.9")),
    )
    exhibit = lead_office.scan(drifting, lead_office.flags(), format="combined", **SURE)
    compared = [(us(0), 0), (us(2 * DAY_S), 120 * SECOND)]
    declare_clock(lead_office.office.io, exhibit, compared, 3, "compared twice, S. Rao")
    lead_office.scan(drifting, lead_office.flags(), format="combined")
    lead_office.scan(other, lead_office.flags(), format="combined", **SURE)
    ((since, until), plain) = interval(lead_office)
    # On the line 60 s ahead by what the clock showed, less a twenty-fourth of a second: the line is by device time.
    assert (round(since), round(until)) == (DAY_S - 60 - 60 - 3, DAY_S - 60 + 3 + 1)
    assert plain == (DAY_S - 60, DAY_S + 1)
    assert verify_workspace(lead_office.office.workspace, VerifyRequest(rows=True), lambda *_: None).findings == []


def test_a_clock_correction_removes_old_intervals_until_the_log_is_read_again(
    lead_office: LeadOffice,
) -> None:
    path = log(lead_office, "a.log", clf(100))
    exhibit = lead_office.scan(path, lead_office.flags(), format="combined", **SURE)
    assert len(interval(lead_office)) == 1
    before = load_inputs(lead_office.office.workspace).derive_generation_id()
    declare_clock(lead_office.office.io, exhibit, [(us(0), 40 * SECOND)], 2, "compared with NTP")
    assert load_inputs(lead_office.office.workspace).derive_generation_id() != before
    assert interval(lead_office) == []
    with pytest.raises(UsageError, match="clock of its own"):
        lead_office.scan(path, lead_office.flags(), format="combined", **SURE)
    lead_office.scan(path, lead_office.flags(), format="combined")
    assert interval(lead_office) == [(-2, 63)]
    declare_clock(lead_office.office.io, exhibit, [], 0, "the comparison was of another machine")
    assert interval(lead_office) == [(40, 101)]


@pytest.mark.parametrize(
    "compared",
    [[(us(0), 0), (us(0), 1)], [(us(0), 0), (us(10), -10 * SECOND)], [(us(0), 0), (us(1), 0), (us(2), 0)]],
)
def test_comparisons_that_no_clock_gives_are_refused(lead_office: LeadOffice, compared: list[tuple[int, int]]) -> None:
    with pytest.raises(UsageError):
        declare_clock(lead_office.office.io, "a" * 64, compared, 2, "compared")


def test_a_source_s_declared_proxies_are_not_visitors(lead_office: LeadOffice) -> None:
    declare_proxies(
        lead_office.office.io,
        lead_office.office.source.source_id,
        ["203.0.113.16/28"],
        "nginx.conf of the seizure",
    )
    lines = [clf(0, "203.0.113.17", "192.0.2.66, 198.51.100.8, 203.0.113.18"), clf(9, "198.51.100.9", "192.0.2.66")]
    lead_office.scan(log(lead_office, "a.log", *lines), lead_office.flags(), format="combined", **SURE)
    lead_office.rebuild()
    assert {lead["source_ip"] for lead in lead_office.leads()} == {"198.51.100.8", "198.51.100.9"}


def test_a_run_that_was_read_by_other_proxies_does_not_stand(lead_office: LeadOffice) -> None:
    def declare(*texts: str) -> None:
        declare_proxies(lead_office.office.io, lead_office.office.source.source_id, texts, "nginx.conf of the seizure")

    def read(**more: Any) -> set[str]:
        lead_office.scan(path, lead_office.flags(), format="combined", **SURE, **more)
        return seen()

    def seen() -> set[str]:
        lead_office.rebuild()
        return {lead["source_ip"] for lead in lead_office.leads()}

    path = log(lead_office, "a.log", clf(0, "203.0.113.17", "192.0.2.66"))
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


def test_the_declared_meaning_of_server_times_applies_from_the_next_scan(lead_office: LeadOffice) -> None:
    def declare(time_is: TimeIs | None, unit: str | None = None) -> None:
        declare_times(
            lead_office.office.io,
            lead_office.office.source.source_id,
            time_is,
            unit,
            "nginx.conf of the seizure",
        )

    line = clf(0).replace('"-"\n', "0.250\n")
    path = log(lead_office, "a.log", line)
    lead_office.scan(path, lead_office.flags(), format="combined", **SURE)
    assert interval(lead_office) == [(-60, 1)]
    for time_is, unit, wanted in (
        (TimeIs.START, None, (0, 1)),
        (TimeIs.END, "s", (-0.251, 1)),
        (None, None, (-60, 1)),
    ):
        declare(time_is, unit)
        if time_is is not None:
            assert interval(lead_office) == [], "what was read otherwise does not stand"
        lead_office.scan(path, lead_office.flags(), format="combined", **SURE)
        assert interval(lead_office) == [wanted]
    with pytest.raises(UsageError, match="duration"):
        declare(TimeIs.START, "s")


def test_a_duration_that_a_log_holds_moves_the_start_back(lead_office: LeadOffice) -> None:
    path = log(
        lead_office,
        "a.log",
        clf(0).replace('"-"\n', "90.250\n"),
        clf(3600, "198.51.100.9").replace('"-"\n', "0.250\n"),
    )
    lead_office.scan(path, lead_office.flags(), format="combined", **SURE)
    assert interval(lead_office) == [(-90.251, 1), (3540, 3601)]


def test_the_times_of_a_format_that_says_them_are_not_declared(lead_office: LeadOffice) -> None:
    lead_office.scan(lead_office.log("z.log", [Visit(7.25)]), lead_office.flags(), **SURE)
    declare_times(lead_office.office.io, lead_office.office.source.source_id, TimeIs.END, None, "it was said")
    assert interval(lead_office) == [(7.25, 7.26)]


def test_a_visit_of_zeek_begins_at_its_time(lead_office: LeadOffice) -> None:
    lead_office.scan(lead_office.log("z.log", [Visit(7.25)]), lead_office.flags(), **SURE)
    assert interval(lead_office) == [(7.25, 7.26)]
