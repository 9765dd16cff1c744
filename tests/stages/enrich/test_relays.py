"""Tor at the time of the visit, by history: yes, no, unknown with the nearest date; and lists of ranges with a date."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from tests.stages.enrich.world import World, enrich_rows, us

EXIT, OTHER = "192.0.2.66", "192.0.2.1"


def exit_list(downloaded: str | None, *exits: tuple[str, str]) -> str:
    begin = "@type tordnsel 1.0\n" + (f"Downloaded {downloaded}\n" if downloaded else "")
    return begin + "".join(
        f"ExitNode {at:040X}\nPublished {tested}\nLastStatus {tested}\nExitAddress {address} {tested}\n"
        for at, (address, tested) in enumerate(exits)
    )


def name(time: str) -> str:
    return time.replace(" ", "-").replace(":", "-")


def lists(world: World, **snapshots: tuple[tuple[str, str], ...]) -> None:
    """A folder of exit lists named by their hours: `d0512` is 12:00 on 5 June."""
    folder = world.folder / f"exits-{len(world.sets)}"
    folder.mkdir()
    for key, exits in snapshots.items():
        time = f"2026-06-{key[1:3]} {key[3:5]}:00:00"
        (folder / name(time)).write_text(exit_list(None, *exits))
    world.take("relay", "collector", "2026-06-30", folder)


TESTED = (EXIT, "2026-06-05 11:40:00")


def test_yes_reaches_from_the_snapshot_before_until_the_one_after(world: World) -> None:
    lists(world, d0510=(), d0512=(TESTED,), d0514=())
    times = ["05T09:59:59", "05T10:00:00", "05T13:59:59", "05T14:00:00", "05T15:00:00"]
    asked = world.ask(*((EXIT, f"2026-06-{time}") for time in times))
    assert enrich_rows(asked, "relay", "relay_kind", "relay_listed") == [
        ("no", None, True),
        ("yes", "tor", True),
        ("yes", "tor", True),
        ("unknown", "tor", True),
        ("unknown", "tor", True),
    ]
    assert {row["relay_date_us"] for row in asked} == {us("2026-06-05T12:00:00")}


def test_no_reaches_back_from_each_snapshot_to_the_one_before_and_a_day_at_most(world: World) -> None:
    lists(world, d0510=(), d0512=(TESTED,), d0712=())
    times = [
        "04T09:59:59",
        "04T10:00:00",
        "05T11:59:59",
        "05T12:00:01",
        "06T11:59:59",
        "06T12:00:00",
        "07T11:59:59",
        "07T12:00:01",
    ]
    asked = world.ask(*((OTHER, f"2026-06-{time}") for time in times))
    assert enrich_rows(asked, "relay") == ["unknown", "no", "no", "unknown", "unknown", "no", "no", "unknown"]
    assert enrich_rows(asked, "relay_date_us")[3] == us("2026-06-05T12:00:00"), "with the nearest date"
    assert not any(enrich_rows(asked, "relay_listed"))


def test_a_visit_is_asked_with_its_uncertainty(world: World) -> None:
    lists(world, d0510=(), d0512=(TESTED,), d0514=())
    spans = [
        (EXIT, "2026-06-05T09:00:00", "2026-06-05T10:00:00"),
        (EXIT, "2026-06-05T13:59:59", "2026-06-05T20:00:00"),
        (OTHER, "2026-06-05T11:00:00", "2026-06-05T13:00:00"),
        (OTHER, "2026-06-05T13:00:00", "2026-06-05T14:00:01"),
    ]
    assert enrich_rows(world.ask(*spans), "relay") == ["yes", "yes", "no", "unknown"]


def test_an_exit_is_one_from_its_own_test_even_before_the_snapshot_before(world: World) -> None:
    lists(world, d0510=(), d0512=((EXIT, "2026-06-05 08:00:00"),), d0514=())
    assert enrich_rows(world.ask((EXIT, "2026-06-05T08:00:00"), (EXIT, "2026-06-05T07:59:59")), "relay") == [
        "yes",
        "no",
    ]


def test_a_hole_in_the_lists_is_unknown_for_all(world: World) -> None:
    lists(world, d0110=(TESTED,), d0210=((EXIT, "2026-06-02 09:00:00"),), d1010=((EXIT, "2026-06-10 09:00:00"),))
    times = ["2026-06-03T09:59:59", "2026-06-05", "2026-06-09T10:00:00"]
    asked = world.ask(*((EXIT, time) for time in times), *((OTHER, time) for time in times))
    assert enrich_rows(asked, "relay") == ["yes", "unknown", "yes", "unknown", "unknown", "no"]
    assert asked[1]["relay_date_us"] == us("2026-06-02T10:00:00")
    assert world.sets[0].notes["holes"] == 1


def test_imports_of_several_months_cover_together(world: World) -> None:
    lists(world, d0510=(), d0512=())
    lists(world, d0514=(), d0516=(TESTED,))
    found = world.ask((OTHER, "2026-06-05T11:00:00", "2026-06-05T15:00:00"), (EXIT, "2026-06-05T15:00:00"))
    assert enrich_rows(found, "relay") == ["no", "yes"]


def test_onionoo_says_its_time_and_only_exits_that_run(world: World) -> None:
    def relay(address: str, **more: object) -> dict[str, object]:
        return {"or_addresses": [f"{address}:9001", "[2001:db8::1]:9001"], "flags": ["Exit"], "running": True, **more}

    gone = {"running": False, "last_seen": "2026-06-01 00:00:00"}
    relays = [
        relay(EXIT, exit_addresses=["198.51.100.66"]),
        relay(OTHER, flags=["Guard"]),
        relay("192.0.2.9", **gone),
        "?",
    ]
    document = json.dumps({"relays_published": "2026-06-05 12:00:00", "relays": relays, "bridges": []})
    world.add("relay", "onionoo", "2026-06-05", document, file="details.json")
    time = "2026-06-05T11:00:00"
    asked = world.ask(*((one, time) for one in (EXIT, "198.51.100.66", "2001:db8::1", OTHER, "192.0.2.9")))
    assert enrich_rows(asked, "relay") == ["yes", "yes", "yes", "no", "no"]
    assert world.one(EXIT, "2026-06-09")["relay"] == "unknown"


def test_an_archive_and_a_compressed_list_are_read_as_the_folder_is(world: World) -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:xz") as archive:
        for time in ("2026-06-05 10:00:00", "2026-06-05 11:00:00"):
            content = exit_list(None, TESTED).encode()
            entry = tarfile.TarInfo(f"exit-list-2026-06/05/{name(time)}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    world.add("relay", "month", "2026-06-30", raw.getvalue(), file="exit-list-2026-06.tar.xz")
    packed = gzip.compress(exit_list("2026-06-06 10:00:00", TESTED).encode())
    world.add("relay", "one", "2026-06-30", packed, file="exit-addresses.gz")
    assert enrich_rows(world.ask((EXIT, "2026-06-05T10:30:00"), (EXIT, "2026-06-06T09:00:00")), "relay") == [
        "yes",
        "yes",
    ]


def test_errors_in_an_exit_list_are_counted(world: World) -> None:
    text = exit_list("2026-06-05 12:00:00", TESTED, (EXIT, "2026-06-05 13:00:00"), (OTHER, "2026-05-01 00:00:00"))
    text += (
        "ExitAddress 300.1.2.3 2026-06-05 11:00:00\nExitAddress\nrubbish\nExitAddress 192.0.2.9 2026-13-05 11:00:00\n"
    )
    found = world.add("relay", "exits", "2026-06-30", text, file="exits.txt")
    wanted = {"future-time": 1, "stale-time": 1, "bad-address": 1, "bad-syntax": 2, "bad-time": 1}
    assert dict(found.rejects) == wanted
    assert enrich_rows(world.ask((OTHER, "2026-05-01"), ("192.0.2.9", "2026-06-05T11:00:00")), "relay") == [
        "unknown",
        "yes",
    ]
    # What a damaged list lost nobody knows: it says no of nothing.
    assert found.notes["damaged"] == 1
    assert enrich_rows(world.ask(("192.0.2.200", "2026-06-05T11:00:00")), "relay") == ["unknown"]


def test_snapshots_without_a_time_twice_or_to_come_are_counted(world: World) -> None:
    folder = world.folder / "lists"
    folder.mkdir()
    for file, when in (
        ("a", "2026-06-05 12:00:00"),
        ("b", "2026-06-05 12:00:00"),
        ("c", None),
        ("d", "2027-01-01 00:00:00"),
    ):
        (folder / file).write_text(exit_list(when, TESTED))
    found = world.take("relay", "exits", "2026-06-30", folder)
    assert dict(found.rejects) == {"same-snapshot": 1, "no-snapshot-time": 1, "future-time": 1}


@pytest.mark.parametrize(
    ("content", "file", "kind"),
    [
        ("# VPN\n192.0.2.64/29\n198.51.100.1-198.51.100.9 # some\n", "vpn.txt", "vpn"),
        ('{"name": "known cloud ranges", "list": ["192.0.2.64/29"]}', "list.json", "hosting"),
        (
            '{"prefixes": [{"ip_prefix": "192.0.2.64/29", "service": "EC2"}], "ipv6_prefixes": []}',
            "aws-ranges.json",
            "hosting",
        ),
        ("first,last,relay\n192.0.2.64,192.0.2.71,proxy\n", "ranges.csv", "proxy"),
        ("192.0.2.64/29,GB,GB-EN,London,\n2001:db8:1::/64,DE,DE-BE,Berlin,\n", "icloud-egress.csv", "private"),
        ("192.0.2.64/29\n", "cloudflare-ips-v4.txt", "cdn"),
        ("network,private,hosting\n192.0.2.64/29,true,true\n", "flags.csv", "private"),
        ("network,vpn,hosting\n192.0.2.64/29,false,true\n", "flags.csv", "hosting"),
    ],
)
def test_a_list_of_ranges_says_yes_from_its_date_on_and_is_never_a_no(
    world: World, content: str, file: str, kind: str
) -> None:
    path = world.folder / file
    path.write_text(content)
    world.take("relay", Path(file).stem, "2026-06-01", path)
    asked = world.ask(
        (EXIT, "2026-06-20"), (EXIT, "2026-05-20"), (EXIT, "2026-05-31T23:00:00", "2026-06-01"), (OTHER, "2026-06-20")
    )
    assert enrich_rows(asked, "relay", "relay_kind", "relay_listed") == [
        ("yes", kind, True),
        ("unknown", None, True),
        ("yes", kind, True),
        ("unknown", None, False),
    ]
    assert enrich_rows(asked, "relay_date_us") == [us("2026-06-01")] * 3 + [None]


def test_a_list_at_another_time_turns_the_no_of_the_exit_lists_into_unknown(world: World) -> None:
    lists(world, d0510=(), d0512=())
    world.add("relay", "vpn", "2026-09-01", f"{OTHER}\n")
    assert enrich_rows([world.one(OTHER, "2026-06-05T11:00:00")], "relay", "relay_listed") == [("unknown", True)]
    assert world.one("192.0.2.2", "2026-06-05T11:00:00")["relay"] == "no"


def test_a_million_sessions_behind_one_exit_cost_what_they_are(world: World) -> None:
    import polars as pl

    from sightline.stages.enrich.enrichment import add_enrichment

    lists(world, **{f"d{day:02}{hour:02}": (TESTED,) if hour % 2 else () for day in range(1, 29) for hour in range(24)})
    begin, count = us("2026-06-02"), 200_000
    at = pl.Series("first_us", range(begin, begin + count * 1_000_000, 1_000_000), dtype=pl.Int64)
    sessions = pl.DataFrame(
        {"session": range(count), "address": [EXIT] * count}, schema_overrides={"session": pl.UInt32}
    )
    enrichment = add_enrichment(sessions.with_columns(at, at.alias("last_us")), world.sets)
    assert enrichment["relay"].cast(pl.String).value_counts().to_dicts() == [{"relay": "yes", "count": count}]


def test_a_silent_snapshot_does_not_tell_when_an_exit_ended_that_the_one_before_names(world: World) -> None:
    lists(world, d0510=((EXIT, "2026-06-05 09:00:00"),), d0614=())
    times = ["05T10:00:01", "06T12:00:00", "06T14:00:01"]
    asked = world.ask(*((EXIT, f"2026-06-{time}") for time in times))
    assert enrich_rows(asked, "relay", "relay_listed") == [("yes", True), ("unknown", True), ("unknown", True)]
    other = world.ask(("198.51.100.77", "2026-06-06T12:00:00"))
    assert enrich_rows(other, "relay") == ["no"]


def entry(node: int, published: str, address: str, tested: str) -> str:
    return f"ExitNode {node:040X}\nPublished {published}\nLastStatus {published}\nExitAddress {address} {tested}\n"


def listed_at(world: World, **snapshots: str) -> None:
    folder = world.folder / f"entries-{len(world.sets)}"
    folder.mkdir()
    for key, entries in snapshots.items():
        time = f"2026-06-{key[1:3]} {key[3:5]}:00:00"
        (folder / name(time)).write_text("@type tordnsel 1.0\n" + entries)
    world.take("relay", "collector", "2026-06-30", folder)


def test_a_list_that_had_not_tested_a_relay_since_it_appeared_does_not_say_no_of_it(world: World) -> None:
    listed_at(world, d0510="", d0511="", d0512="", d0513=entry(1, "2026-06-05 10:10:00", EXIT, "2026-06-05 12:30:00"))
    times = ["05T10:09:59", "05T10:10:00", "05T11:30:00", "05T11:59:59", "05T12:00:00"]
    asked = world.ask(*((EXIT, f"2026-06-{time}") for time in times))
    assert enrich_rows(asked, "relay") == ["no", "unknown", "unknown", "unknown", "yes"]
    assert enrich_rows(asked, "relay_kind")[1] == "tor"
    assert world.one(OTHER, "2026-06-05T11:30:00")["relay"] == "no"


def test_a_visit_that_ends_in_the_instant_in_which_a_relay_appears_is_not_a_no(world: World) -> None:
    listed_at(world, d0510="", d0511="", d0512="", d0513=entry(1, "2026-06-05 10:10:00", EXIT, "2026-06-05 12:30:00"))
    spans = [("05T10:00:00", "05T10:09:59"), ("05T10:00:00", "05T10:10:00")]
    asked = world.ask(*((EXIT, f"2026-06-{since}", f"2026-06-{until}") for since, until in spans))
    assert enrich_rows(asked, "relay") == ["no", "unknown"]


def test_a_relay_may_have_left_by_its_new_address_since_the_last_test_of_the_old_one(world: World) -> None:
    old = entry(1, "2026-06-05 02:00:00", OTHER, "2026-06-05 09:20:00")
    new = entry(1, "2026-06-05 11:50:00", EXIT, "2026-06-05 12:30:00")
    listed_at(world, d0510=old, d0511=old, d0512=old, d0513=new)
    asked = world.ask(*((EXIT, f"2026-06-05T{time}") for time in ("09:19:59", "09:20:00", "11:30:00")))
    assert enrich_rows(asked, "relay") == ["no", "unknown", "unknown"]


def test_the_consensus_tells_since_when_a_relay_was_there_before_any_list_tested_it(world: World) -> None:
    listed_at(world, d0510="", d0511="", d0512="", d0612="")
    relay = {
        "or_addresses": [f"{EXIT}:9001"],
        "flags": ["Exit"],
        "running": True,
        "first_seen": "2026-06-05 10:30:00",
        "last_changed_address_or_port": "2026-06-05 10:00:00",
    }
    document = json.dumps({"relays_published": "2026-06-06 12:00:00", "relays": [relay], "bridges": []})
    world.add("relay", "onionoo", "2026-06-06", document, file="details.json")
    asked = world.ask(*((EXIT, f"2026-06-05T{time}") for time in ("10:29:59", "10:30:00", "11:30:00")))
    assert enrich_rows(asked, "relay", "relay_listed") == [("no", True), ("unknown", True), ("unknown", True)]
