"""Leads rebuilt from a real workspace: the same of the same, whatever is cut where; nothing of
statistics; ids that stay.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from sightline.casework.leads import lead_marks
from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset
from sightline.errors import OutputUnwritable, UsageError
from sightline.model import DatasetKind, ListUse, SourceKind
from sightline.services.artifacts.flat_leads import flatten_leads
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.leads import rebuild as rebuild_module
from sightline.services.leads.generation_difference import compare_generations
from sightline.services.sessions import row_groups, segment_cache
from tests.services.evidence import list_of
from tests.services.leads.office import LeadOffice, Visit, new_lead_office, rules_of

DAY = 86_400


@pytest.fixture
def lead_office(tmp_path: Path) -> LeadOffice:
    return new_lead_office(tmp_path)


def one(address: str = "198.51.100.7", *, at_s: float = 0, **more: object) -> list[Visit]:
    return [Visit(at_s, address, **more)]  # type: ignore[arg-type]


def test_the_same_inputs_give_the_same_bytes_and_the_same_again_is_none(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        lead_office = new_lead_office(tmp_path / name)
        for at, log in enumerate(world(7)):
            lead_office.scan(lead_office.log(f"{at}.log", log), lead_office.flags())
        made = lead_office.rebuild()
        assert lead_office.rebuild().was_there
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in lead_office.files(made)])
    # Of places the ids of runs are the workspace's own; leads are not.
    assert digests[0] == digests[1]


def world(seed: int) -> list[list[Visit]]:
    """Logs of six exhibits: rows of addresses, many agents, copies, accounts, IPv6, pages with one huge answer."""
    dice = random.Random(seed)
    hosts = [f"198.51.100.{number}" for number in range(0, 120)] + [f"203.0.{part}.9" for part in range(80, 110)]
    hosts += [f"2001:db8::{number:x}" for number in range(0, 60)] + [f"2001:db8:{part:x}::1" for part in range(1, 30)]
    logs: list[list[Visit]] = []
    for exhibit in range(6):
        times = sorted(dice.randrange(0, 3 * DAY) for _ in range(250))
        visits = [
            Visit(
                time,
                dice.choice(hosts),
                f"/room/{dice.randrange(4)}",
                dice.choice([40_000, 40_001, 1024]),
                user=dice.choice(["-", "-", "-", "-", "amina", "bashir"]),
                agent=dice.choice(["Lynx/9", "Mosaic/9", "curl/8.0"]),
                size=dice.choice([900, 900, 900, 900, 90_000]),
            )
            for time in times
        ]
        counting = [Visit(3 * DAY + number, f"198.51.100.{number + 30 * exhibit}", "/row") for number in range(30)]
        logs.append([*(logs[-1][:20] if logs else []), *visits, *counting])
    return logs


def test_where_addresses_are_cut_changes_nothing(lead_office: LeadOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = world(1)
    logs.append(one("::ffff:198.51.100.9", at_s=6))
    for at, log in enumerate(logs):
        lead_office.scan(lead_office.log(f"{at}.log", log), lead_office.flags())
    whole = lead_office.rebuild()
    rows = sorted_rows(lead_office, whole.generation.files_json)
    parts = len([path for path in lead_office.files(whole) if path.name.startswith("leads-0")])
    monkeypatch.setattr(row_groups, "GROUP", 64)
    monkeypatch.setattr(row_groups, "STEP", 16)
    monkeypatch.setattr(segment_cache, "SMALL", 16)
    lead_office.files(whole)[0].unlink()
    cut = lead_office.rebuild(rows=1)
    assert len([path for path in lead_office.files(cut) if path.name.startswith("leads-0")]) > parts + 3
    assert sorted_rows(lead_office, cut.generation.files_json).equals(rows)
    seen = {rule for lead in lead_office.leads() for rule in rules_of(lead)}
    assert seen >= {"sequential-addresses", "larger-than-object", "copied-frames"}


def sorted_rows(lead_office: LeadOffice, files_json: str) -> pl.DataFrame:
    store = Path(lead_office.office.workspace.segments.where)
    paths = [store / entry["file"] for entry in json.loads(files_json) if "/leads-" in entry["file"]]
    found = pl.concat([pl.read_parquet(path) for path in paths], how="diagonal_relaxed")
    return found.select(sorted(found.columns)).sort("lead_id")


def test_statistics_affect_no_lead_reason_or_band(lead_office: LeadOffice, tmp_path: Path) -> None:
    source = lead_office.office.add_source(name="stop pages", use=ListUse.STATISTICS, kind=SourceKind.PROXY)
    lead_office.scan(lead_office.log("leads.log", one()), lead_office.flags())
    lead_office.rebuild()
    before = lead_office.leads()
    page = [Visit(60, page="/upload/9", user="amina"), Visit(120, "203.0.113.5"), Visit(180, host="mirror.example")]
    lead_office.scan(lead_office.log("stop.log", page), lead_office.flags(), source=source.name)
    other = "kind,value,category\ndomain,mirror.example,csam\n"
    statistics = lead_office.flags(other, use="statistics", version="9")
    lead_office.scan(lead_office.log("mirror.log", [Visit(240, host="mirror.example")]), statistics)
    again = lead_office.rebuild()
    assert again.was_there, "what is counted only is no input of leads"
    assert lead_office.leads() == before


def test_a_newer_list_takes_the_place_of_the_older_and_the_difference_says_so(lead_office: LeadOffice) -> None:
    log = lead_office.log("a.log", [*one(), *one("203.0.113.5", host="mirror.example")])
    lead_office.scan(log, lead_office.flags())
    lead_office.rebuild()
    assert [lead["source_ip"] for lead in lead_office.leads()] == ["198.51.100.7"]
    lead_office.scan(log, lead_office.flags("kind,value,category\ndomain,mirror.example,csam\n", version="2"))
    lead_office.rebuild()
    assert [lead["source_ip"] for lead in lead_office.leads()] == ["203.0.113.5"]
    with (
        open_generation(lead_office.office.workspace, 1) as older,
        open_generation(lead_office.office.workspace, 2) as newer,
    ):
        generations = compare_generations(older, newer)
    assert (generations.added, generations.gone, generations.moved) == (1, 1, 0)
    assert any("is new" in cause for cause in generations.causes)
    assert any("is no longer current" in cause for cause in generations.causes)


def test_a_second_issuer_adds_to_the_first_and_clears_for_both(lead_office: LeadOffice, tmp_path: Path) -> None:
    log = lead_office.log(
        "a.log", [*one(), *one("203.0.113.5", host="mirror.example"), *one("203.0.113.6", page="/fan/1")]
    )
    lead_office.scan(log, lead_office.flags())
    other = list_of(
        lead_office.office,
        "NGO",
        tmp_path,
        "kind,value,category,opinion\ndomain,mirror.example,csam,\nurl-prefix,http://board.example/fan,csam,cleared\n",
    )
    lead_office.scan(log, other)
    lead_office.rebuild()
    assert [lead["source_ip"] for lead in lead_office.leads()] == ["198.51.100.7", "203.0.113.5"]


def test_times_whose_order_or_zone_is_open_are_unproven(lead_office: LeadOffice) -> None:
    backwards = [Visit(DAY, "198.51.100.1"), Visit(0, "203.0.113.5"), Visit(3600, "198.51.100.9")]
    lead_office.scan(lead_office.log("back.log", backwards), lead_office.flags())
    lead_office.rebuild()
    assert {lead["ceiling"] for lead in lead_office.leads()} == {"time-unproven"}
    assert all("clock-backwards" in rules_of(lead) for lead in lead_office.leads())


def dns(name: str) -> str:
    return (
        f"01-Mar-2026 17:30:00.000 client @0x7f54d798fc98 {name}#56179 (board.example): query: board.example IN A +\n"
    )


def test_a_zone_counts_as_proven_by_what_it_rests_on_only(lead_office: LeadOffice) -> None:
    resolver = lead_office.office.add_source(name="resolver", kind=SourceKind.RESOLVER, timezone="Asia/Kolkata")
    for at, basis in enumerate((None, "letter of the operator")):
        path = lead_office.folder / f"dns-{at}.log"
        path.write_text(dns(f"198.51.100.{at}"))
        more = {"timezone": "Asia/Kolkata", "timezone_basis": basis} if basis else {}
        lead_office.scan(path, lead_office.flags(), source=resolver.name, format="bind", **more)
    lead_office.rebuild()
    assert [lead["ceiling"] for lead in lead_office.leads()] == ["time-unproven", "resolution-only"]
    assert lead_office.leads()[0]["first_seen"] == "2026-03-01T12:00:00.000000Z"


def test_a_time_that_states_its_zone_needs_no_basis_for_what_was_declared(lead_office: LeadOffice) -> None:
    server = lead_office.office.add_source(name="caddy", kind=SourceKind.PROXY, timezone="Asia/Kolkata")
    path = lead_office.folder / "caddy.log"
    request = '{"remote_ip":"198.51.100.7","remote_port":"51034","method":"GET","host":"board.example","uri":"/"'
    path.write_text(
        f'{{"level":"info","ts":1772366400.5,"msg":"handled request","request":{request}}},"status":200,"size":9}}\n'
    )
    lead_office.scan(path, lead_office.flags(), source=server.name, format="caddy")
    lead_office.rebuild()
    assert "zone-unproven" not in rules_of(lead_office.leads()[0])


def test_ids_stay_when_a_later_exhibit_adds_visits_before_and_after(lead_office: LeadOffice) -> None:
    lead_office.scan(lead_office.log("a.log", one(at_s=3600)), lead_office.flags())
    lead_office.rebuild()
    old = lead_office.leads()[0]["lead_id"]
    lead_marks.mark(lead_office.office.io, old, "a meeting is named")
    lead_office.scan(lead_office.log("after.log", one(at_s=3660)), lead_office.flags())
    lead_office.rebuild()
    assert lead_office.leads()[0]["lead_id"] == old, "visits after the first change no id"
    lead_office.scan(lead_office.log("before.log", one(at_s=3000)), lead_office.flags())
    lead_office.rebuild()
    (lead,) = lead_office.leads()
    assert lead["lead_id"] != old
    assert (lead["visits"], lead["priority"], lead["priority_why"]) == (3, "urgent", "a meeting is named")
    with (
        open_generation(lead_office.office.workspace) as read,
        open_generation(lead_office.office.workspace, 2) as before,
    ):
        assert read.find_lead(old)["lead_id"] == lead["lead_id"]
        assert read.find_lead(old[:6])["lead_id"] == lead["lead_id"]
        generations = compare_generations(before, read)
    assert (generations.added, generations.gone, generations.moved) == (0, 0, 1)
    # And once more: what was an alias stays one.
    lead_office.scan(lead_office.log("first.log", one(at_s=2000)), lead_office.flags())
    lead_office.rebuild()
    with open_generation(lead_office.office.workspace) as read:
        assert read.find_lead(old)["visits"] == 4
        assert read.find_lead(lead["lead_id"])["visits"] == 4
        now = read.find_lead(old)["lead_id"]
        assert read.list_ids(old) == read.list_ids(now) == {old, lead["lead_id"], now}
        with pytest.raises(UsageError, match="marked already: a meeting is named"):
            lead_marks.mark(lead_office.office.io, now, "again", read.list_ids(now))
        lead_marks.lift(lead_office.office.io, now, "the child is safe", read.list_ids(now))
    with open_generation(lead_office.office.workspace) as read:
        assert not read.marks


def test_an_id_that_no_lead_has_any_more_is_refused_and_its_mark_is_reported(lead_office: LeadOffice) -> None:
    flags = lead_office.flags()
    lead_office.scan(lead_office.log("a.log", one()), flags)
    late = lead_office.scan(lead_office.log("b.log", one("203.0.113.5")), flags)
    lead_office.rebuild()
    lead_id = lead_office.leads()[1]["lead_id"]
    lead_marks.mark(lead_office.office.io, lead_id, "a meeting is named")
    lead_office.purge(late)
    lead_office.rebuild()
    with open_generation(lead_office.office.workspace) as read:
        with pytest.raises(UsageError, match="no lead"):
            read.find_lead(lead_id)
        assert [mark.lead_id for mark in read.list_lost_marks()] == [lead_id]
        assert read.open_frame().collect()["priority"].to_list() == ["normal"]


def test_a_statement_that_joins_moves_ids_to_the_lead_of_all(lead_office: LeadOffice, tmp_path: Path) -> None:
    lead_office.scan(lead_office.log("a.log", [*one(), *one("198.51.100.8", at_s=9000)]), lead_office.flags())
    lead_office.rebuild()
    first, second = (lead["lead_id"] for lead in lead_office.leads())
    statement = tmp_path / "leases.csv"
    statement.write_text(
        "first,last,from,until,assignment\n"
        "198.51.100.0,198.51.100.15,2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,line 7\n"
    )
    import_dataset(lead_office.office.io, DatasetRequest(statement, DatasetKind.NAT, date(2026, 3, 1)))
    lead_office.rebuild()
    (lead,) = lead_office.leads()
    assert (lead["lead_id"], lead["sessions"], lead["joined_by"]) == (first, 2, "assignment")
    assert "repeats" in rules_of(lead)
    with open_generation(lead_office.office.workspace) as read:
        assert read.find_lead(second)["lead_id"] == first
        assert {each["session_id"] for each in read.find_lead(first)["joined"]} == {first, second}
        assert flatten_leads(read, read.open_frame()).collect()["sessions"].to_list() == [2]


def test_a_block_of_ports_parts_two_lines_behind_one_address(lead_office: LeadOffice, tmp_path: Path) -> None:
    lead_office.scan(
        lead_office.log("a.log", [*one(port=1030), *one(at_s=60, port=2050), *one(at_s=90, port=1031)]),
        lead_office.flags(),
    )
    statement = tmp_path / "nat.csv"
    statement.write_text(
        "first,last,from,until,shared,subscribers,ports\n"
        "198.51.100.0,198.51.100.15,2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,yes,64,1024\n"
    )
    import_dataset(lead_office.office.io, DatasetRequest(statement, DatasetKind.NAT, date(2026, 3, 1)))
    lead_office.rebuild()
    assert [(lead["source_port"], lead["visits"]) for lead in lead_office.leads()] == [(1030, 2), (2050, 1)]


def test_blocks_of_ports_begin_where_the_statement_says(lead_office: LeadOffice, tmp_path: Path) -> None:
    ports = (1024, 2023, 2024, 900)
    visits = [line for place, port in enumerate(ports) for line in one(at_s=10.0 * place, port=port)]
    lead_office.scan(lead_office.log("a.log", visits), lead_office.flags())
    statement = tmp_path / "nat.csv"
    statement.write_text("cidr,shared,ports,block_base,from\n198.51.100.0/28,yes,1000,1024,2026-01-01\n")
    import_dataset(lead_office.office.io, DatasetRequest(statement, DatasetKind.NAT, date(2026, 3, 1)))
    lead_office.rebuild()
    # Counted from port 0, 1024 and 2023 would lie in two blocks, and 2023 and 2024 in one. Port 900 is in none.
    assert sorted((lead["source_port"], lead["visits"]) for lead in lead_office.leads()) == [
        (900, 1),
        (1024, 2),
        (2024, 1),
    ]


def test_an_older_generation_is_read_with_the_rules_it_was_made_with(
    lead_office: LeadOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_office.scan(lead_office.log("a.log", one()), lead_office.flags())
    made = lead_office.rebuild()
    for path in lead_office.files(made):
        if path.name.startswith("leads-"):
            pl.read_parquet(path).drop("n_dwell", "n_port_seen", "at_port_seen").write_parquet(path)
    (lead,) = lead_office.leads()
    assert "port-seen" not in rules_of(lead)
    with open_generation(lead_office.office.workspace) as read:
        assert flatten_leads(read, read.open_frame()).collect()["lead_id"].to_list() == [lead["lead_id"]]


def test_no_records_is_no_leads(lead_office: LeadOffice) -> None:
    made = lead_office.rebuild()
    assert json.loads(made.generation.account_json)["leads"] == 0
    assert lead_office.leads() == []
    assert lead_office.rebuild().was_there


def test_a_prefetched_visit_is_recognised_by_its_headers(lead_office: LeadOffice) -> None:
    line = {
        "level": "info",
        "ts": 1_772_366_400.5,
        "logger": "http.log.access",
        "msg": "handled request",
        "request": {
            "remote_ip": "198.51.100.7",
            "remote_port": "51034",
            "proto": "HTTP/2.0",
            "method": "GET",
            "host": "board.example",
            "uri": "/room/7",
            "headers": {"User-Agent": ["Lynx/9"], "Sec-Purpose": ["prefetch;prerender"]},
        },
        "user_id": "",
        "duration": 0.1,
        "size": 10_900,
        "status": 200,
        "resp_headers": {},
    }
    path = lead_office.folder / "caddy.log"
    path.write_text(json.dumps(line) + "\n")
    lead_office.scan(path, lead_office.flags())
    lead_office.rebuild()
    (lead,) = lead_office.leads()
    assert lead["ceiling"] == "automated"
    assert "prefetch" in rules_of(lead)


def test_a_beginning_that_several_ids_share_names_none(lead_office: LeadOffice) -> None:
    lead_office.scan(lead_office.log("a.log", [*one(), *one("203.0.113.5")]), lead_office.flags())
    made = lead_office.rebuild()
    for path in lead_office.files(made):
        if path.name.startswith("leads-"):
            alike = pl.Series("lead_id", ["abcd1" + "0" * 27, "abcd2" + "0" * 27])
            pl.read_parquet(path).with_columns(alike).write_parquet(path)
    with open_generation(lead_office.office.workspace) as read:
        for text, what in (
            ("abcd", "several leads have"),
            ("abc", "not an id"),
            ("ABCD1", "not an id"),
            ("abce", "no lead"),
        ):
            with pytest.raises(UsageError, match=what):
                read.find_lead(text)
        assert read.find_lead("abcd2")["source_ip"] == "203.0.113.5"


def test_a_full_disk_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Polars says of a full disk only that a file is out of its specification."""
    usage = shutil.disk_usage(tmp_path)
    rebuild_module.require_room(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=9_000))
    with pytest.raises(OutputUnwritable, match="No space left on device"):
        rebuild_module.require_room(tmp_path)
