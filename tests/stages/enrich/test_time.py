"""A visit is enriched from the data set of its own time: two dates side by side, the 92nd day, one dated after it."""

from tests.stages.enrich.world import World, enrich_rows

HEAD = "cidr,asn,isp,line\n"
A = "192.0.2.7"


def network(world: World, day: str, isp: str, *, name: str = "alpha", days: int = 92) -> None:
    world.add("network", name, day, f"{HEAD}192.0.2.0/24,64500,{isp},fixed\n", days=days)


def test_each_date_speaks_until_the_next_and_at_most_92_days(world: World) -> None:
    network(world, "2026-01-10", "January")
    network(world, "2026-02-10", "February")
    times = [
        "2026-01-09T23:59:59",
        "2026-01-10",
        "2026-02-09T23:59:59",
        "2026-02-10",
        "2026-05-12T23:59:59",
        "2026-05-13",
    ]
    asked = world.ask(*((A, time) for time in times))
    assert enrich_rows(asked, "isp") == [None, "January", "January", "February", "February", None]
    assert enrich_rows(asked, "network_dataset") == [None, 0, 0, 1, 1, None]


def test_days_can_be_fewer(world: World) -> None:
    network(world, "2026-01-10", "January", days=7)
    assert enrich_rows(world.ask((A, "2026-01-16T23:59:59"), (A, "2026-01-17")), "isp") == ["January", None]


def test_a_visit_over_the_edge_of_two_dates_is_answered_and_one_over_a_hole_is_not(world: World) -> None:
    network(world, "2026-01-10", "Alpha")
    network(world, "2026-02-10", "Alpha")
    network(world, "2026-09-10", "Alpha")
    over = [(A, "2026-02-09T23:00:00", "2026-02-10T01:00:00"), (A, "2026-01-09T23:59:59", "2026-01-10")]
    assert enrich_rows(world.ask(*over, (A, "2026-05-12", "2026-09-11")), "isp") == ["Alpha", None, None]


def test_other_names_have_dates_of_their_own(world: World) -> None:
    network(world, "2026-01-10", "Alpha")
    network(world, "2026-02-10", "Beta", name="beta")
    found = world.one(A, "2026-02-11")
    assert (found["isp"], found["network_dataset"]) == ("Alpha", 0)


def test_hosting_goes_before_other_lines_for_it_promises_least(world: World) -> None:
    network(world, "2026-01-10", "Alpha")
    world.add("network", "beta", "2026-01-10", f"{HEAD}192.0.2.0/28,,Cloud,hosting\n")
    found = world.one(A, "2026-01-11")
    dataset = world.name(found["network_dataset"])  # type: ignore[arg-type]
    assert (found["line"], dataset, found["isp"]) == ("hosting", "beta", "Alpha")


def test_without_data_sets_or_sessions_all_columns_are_there(world: World) -> None:
    import polars as pl

    from sightline.stages.enrich.enrichment import add_enrichment
    from sightline.stages.enrich.session_columns import RESULT

    schema = {"session": pl.UInt32, "address": pl.String, "first_us": pl.Int64, "last_us": pl.Int64}
    network(world, "2026-01-10", "Alpha")
    for rows, sets in (([], []), ([], world.sets), ([(7, A, 1, 2), (3, None, 1, 2)], [])):
        enrichment = add_enrichment(pl.DataFrame(rows, schema=schema, orient="row"), sets)
        assert dict(enrichment.schema) == RESULT
        assert enrichment["session"].to_list() == sorted(row[0] for row in rows)
        assert set(enrichment["relay"].cast(pl.String)) <= {"unknown"}
