"""The data sets of a world as files, and what they say as tables for the oracle."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl

from sightline.exercise.agents import AGENTS
from sightline.exercise.datasets import city, networks, others
from sightline.exercise.datasets.relays import Snapshots, exit_lists, exit_table, onionoo, relay_csv, relay_table
from sightline.exercise.manifest import DatasetSaid
from sightline.exercise.networks import Plan
from sightline.exercise.period import Period, micros
from sightline.exercise.relays import Relays
from sightline.exercise.signing import sign
from sightline.exercise.states import STATES
from sightline.stages.lists.signature import SecretKey

BEFORE, AFTER = timedelta(days=3), timedelta(days=20)
"""How long before the visits data sets are dated, and how long after them the one that is too late."""


def write(
    folder: Path, plan: Plan, relays: Relays, when: Period, sites: pl.DataFrame, key: SecretKey
) -> tuple[DatasetSaid, ...]:
    """Write every data set; gives back what a unit would know of each."""
    here, told = folder / "datasets", folder / "answers" / "told"
    here.mkdir()
    told.mkdir(parents=True)
    dated, late = when.begins - BEFORE, when.ends + AFTER
    date, built_s = f"{dated:%Y-%m-%d}", int(dated.timestamp())
    cities = city.cities(plan)
    table = networks.network_table(plan)
    middle = when.at(0.45)
    statements = networks.nat_table(plan, micros(middle))
    taken = Snapshots(when, plan.sessions)
    # Worlds of odd seeds have the shape of another vendor.
    second = city.ipinfo if plan.dice.seed % 2 else city.dbip
    in_hole = taken.in_hole()
    found: list[tuple[Path, bytes | str, str, str, str]] = [
        (here / "city-first.mmdb", city.maxmind(cities.first, built_s), "city", date, "first-city"),
        (
            here / "city-first-renewed.mmdb",
            city.maxmind(cities.renewed, int(middle.timestamp())),
            "city",
            f"{middle:%Y-%m-%d}",
            "first-city",
        ),
        (here / "city-second.mmdb", second(cities.second, built_s), "city", date, "second-city"),
        (
            here / "city-late.mmdb",
            city.maxmind(cities.later, int(late.timestamp())),
            "city",
            f"{late:%Y-%m-%d}",
            "late-city",
        ),
        (here / "asn.mmdb", networks.network_mmdb(table, built_s), "network", date, "asn"),
        (here / "lines.csv", networks.network_csv(table), "network", date, "lines"),
        (here / "nat.csv", networks.nat_csv(statements, f"{date}T00:00:00Z"), "nat", date, "nat"),
        (here / "relay-ranges.csv", relay_csv(relays), "relay", date, "relay-ranges"),
        (here / "onionoo.json", onionoo(relays, in_hole), "relay", f"{in_hole:%Y-%m-%d}", "onionoo"),
        (here / "crawler-agents.json", others.patterns(), "agent", date, "crawler-agents"),
        (here / "crawler-ranges.json", others.ranges(f"{date}T00:00:00.000000"), "agent", date, "khoj"),
        (here / "agency.csv", others.agency(), "agent", date, "agency"),
        (here / "states.geojson", others.boundaries(), "boundary", date, "states"),
    ]
    for month, text in exit_lists(relays, taken).items():
        found.append((here / f"{month}.txt", text, "relay", f"{month[-7:]}-01", "tor-exits"))
    said = []
    for path, content, kind, at, name in found:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        said.append(DatasetSaid(path.relative_to(folder).as_posix(), kind, at, name))
    sign(here / "agency.csv", key, "statistics", "agency")
    exits, times = exit_table(relays, taken)
    for name, rows in (
        ("city-first", _editions(cities, micros(middle))),
        ("city-second", cities.second),
        ("lines", table.with_columns(circle_state=_state_of_circle())),
        ("machines", others.machines()),
        ("sites", sites.select("site", "host", "site_ip")),
        ("agents", pl.DataFrame({"agent": range(len(AGENTS)), "text": AGENTS}, schema_overrides={"agent": pl.Int8})),
        ("nat", statements),
        ("relay-ranges", relay_table(relays)),
        ("exits", exits),
        ("exit-lists", times.to_frame()),
    ):
        rows.write_parquet(told / f"{name}.parquet")
    return tuple(said)


def _editions(cities: city.Cities, middle_us: int) -> pl.DataFrame:
    """Both editions of the first data set, each with the time that it speaks for; null is open."""
    nothing = pl.lit(None, pl.Int64)
    return pl.concat(
        [
            cities.first.with_columns(since_us=nothing, until_us=pl.lit(middle_us, pl.Int64)),
            cities.renewed.with_columns(since_us=pl.lit(middle_us, pl.Int64), until_us=nothing),
        ]
    )


def _state_of_circle() -> pl.Expr:
    """The place of the state whose circle it is; null for none."""
    circles = [one.circle for one in STATES]
    return pl.col("circle").replace_strict(circles, list(range(len(circles))), default=None, return_dtype=pl.Int64)
