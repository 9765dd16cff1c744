"""Write the logs of a world: sessions to visits, visits to lines, and the inputs of the oracle and the grader."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from sightline.exercise import evidence, sites, truth
from sightline.exercise.addresses import format_address
from sightline.exercise.channels import CHANNELS, Channel
from sightline.exercise.clocks import add_record_times
from sightline.exercise.datasets.relays import Snapshots, build_exit_table
from sightline.exercise.dice import Dice
from sightline.exercise.logs.damage import insert_lines, truncate_files
from sightline.exercise.logs.log_files import RotatedLog
from sightline.exercise.logs.log_lines import LINES, build_forwarded_line
from sightline.exercise.networks import NetworkPlan
from sightline.exercise.period import DAY_US, Period, choose_period
from sightline.exercise.relays import Relays
from sightline.exercise.sessions import Crowd
from sightline.exercise.shared_ports import BY_CONNECTION
from sightline.exercise.visits import CONNECT, Visits
from sightline.model.progress import Progress

CHUNK = 100_000


@dataclass
class Maker:
    """A world in progress."""

    folder: Path
    sessions: int
    seed: int
    shares: dict[str, float]
    dice: Dice = field(init=False)
    when: Period = field(init=False)

    def __post_init__(self) -> None:
        self.dice, self.when = Dice(self.seed), choose_period(self.sessions, self.seed)
        self.plan = NetworkPlan(self.dice, self.sessions)
        self.relays = Relays(self.dice, self.plan, self.when)
        self.sites = sites.build_sites(self.dice, self.sessions)
        self.crowd = Crowd(self.dice, self.plan, self.when, self.shares, self.relays)
        self.visits = Visits(self.dice, self.sites, self.relays)
        self.listed = build_exit_table(self.relays, Snapshots(self.when, self.sessions))[0].sort("listed_us")
        self.answers = self.folder / "answers"
        self.logs = {
            place: RotatedLog(self.folder / "logs", channel, self.when) for place, channel in enumerate(CHANNELS)
        }
        self.late_visits: dict[int, list[pl.DataFrame]] = {place: [] for place in self.logs}
        self.parts = 0

    def write_logs(self, progress: Progress) -> None:
        """Write the logs in chunks of time. Visits with a log fault wait until the whole log is known."""
        carried: pl.DataFrame | None = None
        for first in range(0, self.sessions, CHUNK):
            last = min(first + CHUNK, self.sessions)
            rows = self.select_shown(self.visits.make_visits(self.crowd.make_sessions(first, last)))
            self._note_connections(rows, first)
            rows = rows if carried is None else pl.concat([carried, rows])
            ends_us = self.crowd.begins_us(last) if last < self.sessions else 1 << 62
            is_now = pl.col("true_us") < ends_us
            carried = rows.filter(~is_now)
            for (place,), some in rows.filter(is_now).group_by(["channel"], maintain_order=True):
                number = int(place)
                if CHANNELS[number].fault in {None, "statistics"}:
                    self._write(number, some.sort("true_us", "session", "n"))
                else:
                    self.late_visits[number].append(some)
            progress(last, self.sessions, 0, "sessions written")
        for number, parts in self.late_visits.items():
            if parts:
                # A log that writes the end of a request is in the order of ends.
                whole = pl.concat(parts).sort(pl.col("true_us") + pl.col("took_us"), "session", "n")
                self._write(number, insert_lines(whole, CHANNELS[number], self.dice))

    def _note_connections(self, visits: pl.DataFrame, first: int) -> None:
        """Note the visits that a network logs as connections, with port and site: what its replies are made of."""
        folder = self.answers / "connections"
        folder.mkdir(parents=True, exist_ok=True)
        is_logged = (pl.col("network") == BY_CONNECTION) & (pl.col("key") == pl.col("own_key"))
        some = visits.filter(is_logged).select("key", "port", "true_us", "site")
        some.write_parquet(folder / f"{first:08}.parquet")

    def select_shown(self, visits: pl.DataFrame) -> pl.DataFrame:
        """Return visits as their logs show them, with names and addresses of sites."""
        proxied = [place for place, channel in enumerate(CHANNELS) if channel.format == "squid"]
        tunnels = pl.col("channel").is_in(proxied) & (self.dice.draw_unit("tunnel", "session", "site") < 0.4)
        return (
            self._with_listed(visits)
            .join(self.sites.table.select("site", "host", pl.col("key").alias("site_key")), on="site", how="left")
            .with_columns(
                format_address("key").alias("ip"),
                format_address("site_key").alias("site_ip"),
                pl.when(tunnels).then(CONNECT).otherwise("method").alias("method"),
            )
            .drop("start_us", "base", "size", "held", "areas", "back", "slot", "site_key")
        )

    def _with_listed(self, visits: pl.DataFrame) -> pl.DataFrame:
        """With `is_listed`: whether a list of the day before or after the visit names its address."""
        lists = self.listed.select("key", "listed_us")
        named = (
            visits.select("key", "true_us")
            .with_row_index("at")
            .sort("true_us")
            .join_asof(
                lists,
                left_on="true_us",
                right_on="listed_us",
                by="key",
                strategy="nearest",
                tolerance=DAY_US,
                check_sortedness=False,
            )
            .sort("at")
        )
        return visits.with_columns(named["listed_us"].is_not_null().alias("is_listed"))

    def _write(self, place: int, visits: pl.DataFrame) -> None:
        """Write visits of one log, in its order, with what the oracle and the grader are given of them."""
        channel = CHANNELS[place]
        log_rows = add_record_times(visits, channel, self.when)
        written = self.logs[place].write(log_rows.with_columns(_format_lines(log_rows, channel)))
        if channel.fault == "truncated":
            written = truncate_files(self.logs[place], written)
        for name, rows in (
            ("records", evidence.build_records(written, channel)),
            ("visits", truth.build_truth(written, channel, self.when)),
        ):
            folder = self.answers / name
            folder.mkdir(parents=True, exist_ok=True)
            rows.write_parquet(folder / f"{self.parts:05}.parquet")
        self.parts += 1


def _format_lines(rows: pl.DataFrame, channel: Channel) -> pl.Series:
    """The line of each visit, as the server writes addresses."""
    if channel.mapped:
        is_v4 = ~pl.col("ip").str.contains(":", literal=True)
        rows = rows.with_columns(pl.when(is_v4).then(pl.format("::ffff:{}", "ip")).otherwise("ip").alias("ip"))
    line = build_forwarded_line() if channel.trusted_hops else LINES[channel.format]()
    return rows.select(line.alias("line")).to_series()
