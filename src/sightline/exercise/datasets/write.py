"""Write a world's data sets as files, and their content as tables for the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from sightline.exercise.agents import AGENTS
from sightline.exercise.datasets import city, networks, others
from sightline.exercise.datasets.relays import (
    Snapshots,
    build_exit_lists,
    build_exit_table,
    build_relay_csv,
    build_relay_table,
    write_onionoo,
)
from sightline.exercise.issuer_key import sign_list
from sightline.exercise.manifest import DatasetEntry
from sightline.exercise.networks import NetworkPlan
from sightline.exercise.period import Period, count_micros
from sightline.exercise.relays import Relays
from sightline.exercise.states import STATES
from sightline.stages.lists.signature import SecretKey

AGENCY = "agency.csv"
BEFORE, AFTER = timedelta(days=3), timedelta(days=20)
"""How long before the visits data sets are dated, and how long after them the one that is too late."""


class WorldDataSets:
    """The data sets of a world. From the middle on, the first city data set has another edition."""

    def __init__(self, plan: NetworkPlan, relays: Relays, when: Period) -> None:
        self.plan, self.relays = plan, relays
        self.dated, self.middle, self.late = when.begins - BEFORE, when.find_midnight(0.45), when.ends + AFTER
        self.taken = Snapshots(when, plan.sessions)
        self.cities = city.build_cities(plan)
        self.lines = networks.build_network_table(plan)
        self.statements = networks.build_nat_table(plan, count_micros(self.middle))

    def build_files(self) -> Iterator[tuple[str, bytes | str, str, datetime, str]]:
        """Yield file name, content, kind, date and data set name of each file."""
        yield from self._write_cities()
        dated, lines = self.dated, self.lines
        since = f"{dated:%Y-%m-%dT00:00:00}"
        yield "asn.mmdb", networks.build_network_mmdb(lines, _to_seconds(dated)), "network", dated, "asn"
        yield "lines.csv", networks.build_network_csv(lines), "network", dated, "lines"
        yield "nat.csv", networks.build_nat_csv(self.statements, f"{since}Z"), "nat", dated, "nat"
        yield "relay-ranges.csv", build_relay_csv(self.relays), "relay", dated, "relay-ranges"
        for month, text in build_exit_lists(self.relays, self.taken).items():
            begins = datetime.strptime(month[-7:], "%Y-%m").replace(tzinfo=UTC)
            yield f"{month}.txt", text, "relay", begins, "tor-exits"
        in_hole = self.taken.hole_middle
        yield "onionoo.json", write_onionoo(self.relays, in_hole), "relay", in_hole, "onionoo"
        yield "crawler-agents.json", others.write_patterns(), "agent", dated, "crawler-agents"
        yield "crawler-ranges.json", others.write_ranges(f"{since}.000000"), "agent", dated, "khoj"
        yield AGENCY, others.write_agency(), "agent", dated, "agency"
        yield "states.geojson", others.write_boundaries(), "boundary", dated, "states"

    def _write_cities(self) -> Iterator[tuple[str, bytes | str, str, datetime, str]]:
        editions = (
            ("city-first.mmdb", self.cities.first, self.dated, "first-city"),
            ("city-first-renewed.mmdb", self.cities.renewed, self.middle, "first-city"),
            ("city-late.mmdb", self.cities.later, self.late, "late-city"),
        )
        for file, answers, at, name in editions:
            yield file, city.write_maxmind(answers, _to_seconds(at)), "city", at, name
        # Worlds with odd seeds use another vendor's form.
        second = city.write_ipinfo if self.plan.dice.seed % 2 else city.write_dbip
        yield "city-second.mmdb", second(self.cities.second, _to_seconds(self.dated)), "city", self.dated, "second-city"

    def build_tables(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield name and table of their content, for the oracle."""
        exits, times = build_exit_table(self.relays, self.taken)
        yield "city-first", _join_editions(self.cities, count_micros(self.middle))
        yield "city-second", self.cities.second
        yield "lines", self.lines.with_columns(circle_state=_find_state_of_circle())
        yield "nat", self.statements
        yield "relay-ranges", build_relay_table(self.relays)
        yield "exits", exits
        yield "exit-lists", times.to_frame()
        yield "machines", others.build_machines()
        yield "agents", pl.DataFrame({"agent": range(len(AGENTS)), "text": AGENTS}, schema_overrides={"agent": pl.Int8})


def write_datasets(folder: Path, sets: WorldDataSets, key: SecretKey) -> tuple[DatasetEntry, ...]:
    """Write every data set and return what a unit would know of each. The issuer signs the agency's addresses."""
    here, statement_folder = folder / "datasets", folder / "answers" / "told"
    here.mkdir()
    statement_folder.mkdir(parents=True)
    entries = []
    for file, content, kind, at, name in sets.build_files():
        (here / file).write_bytes(content.encode() if isinstance(content, str) else content)
        entries.append(DatasetEntry(f"datasets/{file}", kind, f"{at:%Y-%m-%d}", name))
    sign_list(here / AGENCY, key, "statistics", "agency")
    for name, rows in sets.build_tables():
        rows.write_parquet(statement_folder / f"{name}.parquet")
    return tuple(entries)


def _to_seconds(at: datetime) -> int:
    return int(at.timestamp())


def _join_editions(cities: city.Cities, middle_us: int) -> pl.DataFrame:
    """Both editions of the first data set, each with the time that it speaks for; null is open."""
    nothing = pl.lit(None, pl.Int64)
    return pl.concat(
        [
            cities.first.with_columns(since_us=nothing, until_us=pl.lit(middle_us, pl.Int64)),
            cities.renewed.with_columns(since_us=pl.lit(middle_us, pl.Int64), until_us=nothing),
        ]
    )


def _find_state_of_circle() -> pl.Expr:
    """The place of the state whose circle it is; null for none."""
    circles = [state.circle for state in STATES]
    return pl.col("circle").replace_strict(circles, list(range(len(circles))), default=None, return_dtype=pl.Int64)
