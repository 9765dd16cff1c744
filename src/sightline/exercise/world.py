"""A new world: sessions to visits, visits to logs, data sets, lists, and, apart, the answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from sightline.errors import OutputExists, UsageError
from sightline.exercise import evidence, faults, manifest, sites, truth
from sightline.exercise.addresses import address
from sightline.exercise.channels import CHANNELS, PANEL, Channel
from sightline.exercise.clocks import recorded
from sightline.exercise.datasets import write as datasets
from sightline.exercise.dice import Dice
from sightline.exercise.logs.damage import damaged, written_into
from sightline.exercise.logs.files import Log
from sightline.exercise.logs.lines import LINES, PANEL_FORMAT, forwarded
from sightline.exercise.networks import Plan
from sightline.exercise.oracle import answer as oracle
from sightline.exercise.period import Period, period
from sightline.exercise.relays import Relays
from sightline.exercise.sessions import Crowd
from sightline.exercise.signing import issuer_key, sign
from sightline.exercise.visits import CONNECT, Visits

CHUNK = 100_000
LARGEST = 10_000_000
Watch = Callable[[str, int, int], object]
"""Is told what is done, and how many sessions of how many it is done with."""


@dataclass
class Maker:
    """A world that is being made."""

    folder: Path
    sessions: int
    seed: int
    shares: dict[str, float]
    dice: Dice = field(init=False)
    when: Period = field(init=False)

    def __post_init__(self) -> None:
        self.dice, self.when = Dice(self.seed), period(self.sessions, self.seed)
        self.plan = Plan(self.dice, self.sessions)
        self.relays = Relays(self.dice, self.plan, self.when)
        self.sites = sites.sites(self.dice, self.sessions)
        self.crowd = Crowd(self.dice, self.plan, self.when, self.shares, self.relays)
        self.visits = Visits(self.dice, self.sites, self.relays)
        self.answers = self.folder / "answers"
        self.logs = {place: Log(self.folder / "logs", one, self.when) for place, one in enumerate(CHANNELS)}
        self.held: dict[int, list[pl.DataFrame]] = {place: [] for place in self.logs}
        self.parts = 0

    def write_logs(self, watch: Watch) -> None:
        """Chunk by chunk in time; what has a fault of the log is held to the end, where the whole log is known."""
        carried: pl.DataFrame | None = None
        for first in range(0, self.sessions, CHUNK):
            last = min(first + CHUNK, self.sessions)
            found = self._shown(self.visits.of(self.crowd.sessions(first, last)))
            found = found if carried is None else pl.concat([carried, found])
            ends_us = self.crowd.begins_us(last) if last < self.sessions else 1 << 62
            is_now = pl.col("true_us") < ends_us
            carried = found.filter(~is_now)
            for (place,), some in found.filter(is_now).group_by(["channel"], maintain_order=True):
                number = int(place)
                if CHANNELS[number].fault in {None, "statistics"}:
                    self._write(number, some.sort("true_us", "session", "n"))
                else:
                    self.held[number].append(some)
            watch("sessions written", last, self.sessions)
        for number, parts in self.held.items():
            if parts:
                whole = pl.concat(parts).sort("true_us", "session", "n")
                self._write(number, written_into(whole, CHANNELS[number], self.dice))

    def _shown(self, visits: pl.DataFrame) -> pl.DataFrame:
        proxied = [place for place, one in enumerate(CHANNELS) if one.format == "squid"]
        tunnels = pl.col("channel").is_in(proxied) & (self.dice.unit("tunnel", "session", "site") < 0.4)
        return (
            visits.join(self.sites.table.select("site", "host", pl.col("key").alias("site_key")), on="site", how="left")
            .with_columns(
                address("key").alias("ip"),
                address("site_key").alias("site_ip"),
                pl.when(tunnels).then(CONNECT).otherwise("method").alias("method"),
            )
            .drop("start_us", "base", "size", "held", "areas", "back", "slot", "site_key")
        )

    def _write(self, place: int, visits: pl.DataFrame) -> None:
        """Write visits of one log, in its order, with what the oracle and the grader are given of them."""
        one = CHANNELS[place]
        shown = recorded(visits, one, self.when)
        written = self.logs[place].write(shown.with_columns(_lines(shown, one)))
        if one.fault == "truncated":
            written = damaged(self.logs[place], written)
        for name, rows in (("records", evidence.records(written, one)), ("visits", truth.rows(written, one))):
            folder = self.answers / name
            folder.mkdir(parents=True, exist_ok=True)
            rows.write_parquet(folder / f"{self.parts:05}.parquet")
        self.parts += 1


def _lines(shown: pl.DataFrame, one: Channel) -> pl.Series:
    """The line of each visit, as the server writes addresses."""
    if one.mapped:
        is_v4 = ~pl.col("ip").str.contains(":", literal=True)
        shown = shown.with_columns(pl.when(is_v4).then(pl.format("::ffff:{}", "ip")).otherwise("ip").alias("ip"))
    line = forwarded() if one.trusted_hops else LINES[one.format]()
    return shown.select(line.alias("line")).to_series()


def new(folder: Path, sessions: int, seed: int, others: dict[str, float], watch: Watch) -> manifest.World:
    """A new world in a folder. Raises UsageError for what cannot be, OutputExists for a folder that is not empty."""
    shares = faults.shares(others)
    if not 100 <= sessions <= LARGEST:
        raise UsageError(f"{sessions} sessions are no world", hint=f"from 100 to {LARGEST:,}")
    if folder.exists() and any(folder.iterdir()):
        raise OutputExists(f"{folder} is not empty", hint="choose a new folder for the world")
    maker = Maker(folder, sessions, seed, shares)
    maker.write_logs(watch)
    exhibits = _exhibits(maker)
    world = manifest.World(
        folder,
        sessions,
        seed,
        f"{maker.when.begins:%Y-%m-%d}",
        f"{maker.when.ends:%Y-%m-%d}",
        shares,
        "lists/EXERCISE.pub",
        tuple(_source(one) for one in CHANNELS),
        exhibits,
        _lists(maker),
        _datasets(maker),
    )
    (folder / manifest.NAME).write_text(manifest.text(world), encoding="utf-8")
    _truth(maker)
    oracle.answer(world, folder / "answers", watch)
    return world


def _source(one: Channel) -> manifest.SourceSaid:
    return manifest.SourceSaid(
        one.name,
        one.kind,
        one.use,
        one.zone,
        one.zone_basis,
        one.offset_s,
        one.uncertainty_s,
        one.measured,
        one.trusted_hops,
        one.all_hits_of,
    )


def _exhibits(maker: Maker) -> tuple[manifest.ExhibitSaid, ...]:
    """The files that have a line, and the copy of every second line of the log that was copied."""
    found: list[manifest.ExhibitSaid] = []
    (maker.folder / PANEL).parent.mkdir()
    (maker.folder / PANEL).write_text(PANEL_FORMAT, encoding="utf-8")
    for place, log in maker.logs.items():
        one = CHANNELS[place]
        files = log.close()
        if one.fault == "copied" and files:
            lines = files[0].read_bytes().splitlines(keepends=True)
            copy = files[0].with_name("copy.log")
            copy.write_bytes(b"".join(lines[1::2]))
            files.append(copy)
        year = maker.when.ends.year if one.format == "dnsmasq" else None
        for path in files:
            name = path.relative_to(maker.folder).as_posix()
            found.append(manifest.ExhibitSaid(name, one.name, one.format, one.all_hits_of, year, one.date_order))
    return tuple(found)


def _lists(maker: Maker) -> tuple[manifest.ListSaid, ...]:
    """The list for leads, one for statistics, both signed; the issuer's key lies beside, for all to see."""
    folder = maker.folder / "lists"
    folder.mkdir()
    key = issuer_key(maker.dice)
    (folder / "EXERCISE.pub").write_text(key.public().text(), encoding="utf-8")
    (folder / "EXERCISE.key").write_text(key.text(), encoding="utf-8")
    (folder / "flagged.csv").write_text(sites.list_text(sites.statements(maker.sites, maker.when)), encoding="utf-8")
    (folder / "blocked.csv").write_text(sites.blocked_text(maker.sites), encoding="utf-8")
    sign(folder / "flagged.csv", key, "leads", "csam")
    sign(folder / "blocked.csv", key, "statistics", "csam")
    return manifest.ListSaid("lists/flagged.csv", "leads"), manifest.ListSaid("lists/blocked.csv", "statistics")


def _datasets(maker: Maker) -> tuple[manifest.DatasetSaid, ...]:
    named = maker.sites.table.with_columns(address("key").alias("site_ip"))
    return datasets.write(maker.folder, maker.plan, maker.relays, maker.when, named, issuer_key(maker.dice))


def _truth(maker: Maker) -> None:
    """`answers/truth.parquet` of what was noted of every visit, which goes."""
    visits = maker.answers / "visits"
    truth.by_session(pl.scan_parquet(visits / "*.parquet")).collect().write_parquet(maker.answers / "truth.parquet")
    shutil.rmtree(visits)
