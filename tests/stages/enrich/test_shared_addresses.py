"""Statements of networks: whether they share addresses, how, and to whom one was given, each row in its own time."""

import polars as pl

from tests.stages.enrich.world import World, enrich_rows

HEAD = "cidr,shared,subscribers,ports,assignment,from,until\n"
A = "192.0.2.7"
NAMES = ("nat_shared", "nat_subscribers", "nat_ports", "nat_dataset")


def nat(world: World, *rows: str, name: str = "alpha", day: str = "2026-06-01") -> dict[str, int]:
    found = world.add("nat", name, day, HEAD + "".join(f"{row}\n" for row in rows))
    return {code.value: count for code, count in found.rejects.items()}


def test_a_row_speaks_in_its_own_time_and_one_without_in_that_of_its_data_set(world: World) -> None:
    nat(
        world,
        "192.0.2.0/24,no,,,,2026-01-01,2026-03-31",
        "198.51.100.0/24,yes,64,1024,,,",
        "203.0.113.0/24,no,,,,2026-01-01,",
    )
    times = [(A, "2025-12-31"), (A, "2026-01-01"), (A, "2026-03-31T23:59:59"), (A, "2026-04-01")]
    assert enrich_rows(world.ask(*times), "nat_shared") == [None, False, False, None]
    later = [
        ("198.51.100.1", "2026-05-31"),
        ("198.51.100.1", "2026-06-01"),
        ("198.51.100.1", "2026-09-01"),
        ("203.0.113.1", "2030-01-01"),
    ]
    assert enrich_rows(world.ask(*later), *NAMES) == [
        (None, None, None, None),
        (True, 64, 1024, 0),
        (None, None, None, None),
        (False, None, None, 0),
    ]


def test_not_shared_must_hold_all_of_a_visit_and_shared_any_of_it(world: World) -> None:
    nat(world, "192.0.2.0/24,no,,,,2026-01-01,2026-01-31", "192.0.2.0/24,yes,32,,,2026-02-01,2026-02-28")
    nat(world, "192.0.2.0/24,no,,,,2026-03-02,2026-03-31")
    visits = [
        ("2026-01-31T23:00:00", "2026-02-01T01:00:00"),
        ("2026-02-28T23:00:00", "2026-03-01"),
        ("2026-03-01T23:00:00", "2026-03-02T01:00:00"),
    ]
    assert enrich_rows(world.ask(*((A, *visit) for visit in visits)), "nat_shared") == [True, True, None]


def test_rows_that_follow_on_each_other_are_one(world: World) -> None:
    nat(world, "192.0.2.0/24,no,,,,2026-01-01,2026-01-31", "192.0.2.0/24,no,,,,2026-02-01,2026-02-28")
    assert world.one(A, "2026-01-31T23:00:00", "2026-02-01T01:00:00")["nat_shared"] is False


def test_where_two_say_otherwise_the_address_is_shared(world: World) -> None:
    nat(world, "192.0.2.0/24,no,,,,,", name="alpha")
    nat(world, "192.0.2.0/24,yes,16,,,,", name="beta")
    assert enrich_rows([world.one(A, "2026-06-02")], *NAMES) == [(True, 16, None, 1)]


def test_the_narrowest_row_speaks_for_its_own_time_only(world: World) -> None:
    nat(world, "192.0.2.0/24,yes,64,,,2026-01-01,2026-12-31", "192.0.2.7,no,,,,2026-02-01,2026-02-28")
    times = ["2026-01-15", "2026-02-15", "2026-03-15"]
    assert enrich_rows(world.ask(*((A, time) for time in times)), "nat_shared") == [True, False, True]
    assert world.one("192.0.2.8", "2026-02-15")["nat_shared"] is True


def test_an_assignment_joins_only_what_it_holds_whole(world: World) -> None:
    lease = "192.0.2.7,,,,{},2026-06-05T{}Z,2026-06-05T{}Z"
    nat(
        world,
        "192.0.2.0/24,no,,,,2026-01-01,",
        lease.format("L1", "10:00:00", "11:00:00"),
        lease.format("L2", "11:00:00", "12:00:00"),
    )
    spans = [("10:05", "10:50"), ("10:50", "11:05"), ("11:00", "11:59"), ("12:00", "12:10")]
    asked = world.ask(*((A, f"2026-06-05T{first}:00", f"2026-06-05T{last}:00") for first, last in spans))
    assert enrich_rows(asked, "assignment", "assignment_dataset", "nat_shared") == [
        ("L1", 0, False),
        (None, None, False),
        ("L2", 0, False),
        (None, None, False),
    ]


def test_a_row_may_say_both_who_and_that_nobody_else(world: World) -> None:
    nat(world, "192.0.2.7,no,,,static-12,2026-01-01,")
    assert enrich_rows([world.one(A, "2026-06-05")], "nat_shared", "assignment") == [(False, "static-12")]


def test_thousands_of_leases_of_one_address_are_looked_up_one_by_one(world: World) -> None:
    rows = [
        (
            f"192.0.2.7,,,,L{at},2026-06-{1 + at // 1440:02}T{at // 60 % 24:02}:{at % 60:02}:00Z,"
            f"2026-06-{1 + at // 1440:02}T{at // 60 % 24:02}:{at % 60:02}:59Z"
        )
        for at in range(20_000)
    ]
    nat(world, *rows)
    asked = world.ask(*((A, f"2026-06-{day:02}T12:{minute:02}:10") for day in range(1, 14) for minute in range(60)))
    assert enrich_rows(asked, "assignment") == [
        f"L{(day - 1) * 1440 + 720 + minute}" for day in range(1, 14) for minute in range(60)
    ]


def test_rows_that_say_what_cannot_be_are_counted(world: World) -> None:
    rejects = nat(
        world,
        "192.0.2.0/24,maybe,,,,,",
        "192.0.2.0/24,no,,,,2026-03-01,2026-02-01",
        "192.0.2.0/24,no,,,,01/02/2026,",
        "192.0.2.0/24,no,,,,2026-01-01T00:00:00,",
        "192.0.2.0/33,no,,,,,",
        "192.0.2.9-192.0.2.1,no,,,,,",
        "192.0.2.0/24,yes,0,70000,,,",
        "192.0.2.0/24,,,,,,",
        "192.0.2.0/24,no",
        "198.51.100.0/24,no,,,,,",
    )
    assert rejects == {
        "bad-value": 1,
        "missing-field": 1,
        "empty-window": 1,
        "bad-time": 2,
        "bad-address": 1,
        "bad-range": 1,
        "bad-number": 2,
        "column-count": 1,
    }


def plain(world: World, *lines: str, name: str = "plain") -> dict[str, int]:
    found = world.add("nat", name, "2026-06-01", "\n".join((*lines, "")))
    return {code.value: count for code, count in found.rejects.items()}


MORE = ("nat_shared", "nat_ports", "nat_base", "nat_reuses", "nat_delegated", "nat_operator")
DAY = "2026-06-02"


def test_statements_say_where_blocks_begin_that_ports_are_reused_and_whose_network_it_is(world: World) -> None:
    head = "cidr,shared,ports,block_base,reuses_ports,delegated_length,operator"
    plain(
        world,
        head,
        "192.0.2.0/25,yes,1000,1024,,,",
        "192.0.2.128/26,,,,yes,,",
        "192.0.2.192/26,no,,,,,yes",
        "2001:db8::/32,,,,,/56,",
        "2001:db8:0:7::/64,yes,,,,,",
    )
    asked = ["192.0.2.1", "192.0.2.129", "192.0.2.193", "2001:db8:1::1", "2001:db8:0:7::1"]
    assert enrich_rows(world.ask(*((one, DAY) for one in asked)), *MORE) == [
        (True, 1000, 1024, None, None, None),
        (True, None, None, True, None, None),
        # An operator's address is shared by whoever is behind the operator, whatever its ISP says of itself.
        (True, None, None, None, None, True),
        (False, None, None, None, 56, None),
        # A segment of a hostel within a delegating network: the narrower row says that it is shared.
        (True, None, None, None, None, None),
    ]


def test_the_statement_that_promises_least_applies(world: World) -> None:
    head = "cidr,shared,ports,block_base,reuses_ports,delegated_length,operator"
    plain(world, head, "192.0.2.0/24,yes,1000,1024,no,,", "2001:db8::/32,no,,,,56,", name="alpha")
    plain(world, head, "192.0.2.0/24,yes,1000,2048,yes,,no", "2001:db8::/32,,,,,64,", name="beta")
    assert enrich_rows(world.ask(("192.0.2.1", DAY), ("2001:db8::1", DAY)), *MORE) == [
        (True, None, None, True, None, False),
        (False, None, None, None, 64, None),
    ]


def test_an_unreadable_flag_overrides_a_wider_row_and_promises_nothing(world: World) -> None:
    rejects = plain(world, "cidr,shared,operator", "192.0.2.0/24,no,", "192.0.2.7,no,perhaps", "192.0.2.8,dunno,")
    assert rejects == {"bad-value": 2}
    asked = world.ask(("192.0.2.6", DAY), ("192.0.2.7", DAY), ("192.0.2.8", DAY))
    assert enrich_rows(asked, "nat_shared") == [False, True, True]


def test_a_data_set_of_an_older_version_says_nothing_of_the_newer_columns(world: World) -> None:
    plain(world, "cidr,shared,ports", "192.0.2.0/24,yes,1024")
    path = world.sets[0].path
    pl.read_parquet(path).drop("block_base", "reuses_ports", "delegated_length", "is_operator").write_parquet(path)
    assert enrich_rows(world.ask(("192.0.2.1", DAY)), *MORE) == [(True, 1024, None, None, None, None)]
