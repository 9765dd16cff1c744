"""Generate relay data sets: hourly exit lists with a gap, relay details in the middle of it, and lists of ranges."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from sightline.exercise.addresses import format_network
from sightline.exercise.networks import VPN
from sightline.exercise.period import HOUR_US, SMALL, Period, count_micros
from sightline.exercise.relays import Relays

VPN_LISTED_BITS = 12
PUBLISHED_US = 10 * HOUR_US
"""How often a relay publishes itself again."""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The times of exit lists: every hour, except for a gap of days."""

    when: Period
    sessions: int

    @property
    def hole(self) -> tuple[datetime, datetime]:
        """Return the time without lists: five days, three in a small world."""
        since = self.when.find_midnight(0.5)
        return since, since + timedelta(days=3 if self.sessions < SMALL else 5)

    @property
    def hole_middle(self) -> datetime:
        """Return the instant in the middle of the gap for which relay details exist (Onionoo)."""
        since, until = self.hole
        return since + (until - since) / 2

    def list_times(self) -> Iterator[datetime]:
        """Return the instants, from a day before the world until a day after it."""
        at, last = self.when.begins - timedelta(days=1), self.when.ends + timedelta(days=1)
        at += timedelta(minutes=2)
        since, until = self.hole
        while at < last:
            if not since < at < until:
                yield at
            at += timedelta(hours=1)


def build_exit_lists(relays: Relays, snapshots: Snapshots) -> dict[str, str]:
    """Return the exit lists by month, `tordnsel 1.0`, one after the other as in CollecTor's archives."""
    columns = ("exit", "from_us", "listed_us", "until_us", "key")
    exits = [
        (since, listed, until, _format_address(key), _compute_fingerprint(number))
        for number, since, listed, until, key in relays.exits.select(columns).iter_rows()
    ]
    months: dict[str, list[str]] = {}
    for at in snapshots.list_times():
        lines = months.setdefault(f"exit-list-{at:%Y-%m}", [])
        lines += ["@type tordnsel 1.0", f"Downloaded {at:%Y-%m-%d %H:%M:%S}"]
        at_us = count_micros(at)
        for number, (since, listed, until, address, fingerprint) in enumerate(exits):
            if listed <= at_us < until:
                # An exit was tested at some time in the hours before, never before its first test.
                tested = max(listed, at_us - (number * 7919 + at_us // HOUR_US * 104_729) % 36_000 * 1_000_000)
                lines += [
                    f"ExitNode {fingerprint}",
                    f"Published {_format_time(max(since, at_us - PUBLISHED_US))}",
                    f"LastStatus {_format_time(at_us - HOUR_US)}",
                    f"ExitAddress {address} {_format_time(tested)}",
                ]
    return {name: "\n".join(lines) + "\n" for name, lines in months.items()}


def write_onionoo(relays: Relays, at: datetime) -> str:
    """Return details of relays at one instant, in Onionoo's form. An exit's address is not where its relay listens."""
    at_us = count_micros(at)
    running = relays.exits.filter((pl.col("from_us") <= at_us) & (at_us < pl.col("until_us")))
    result = [
        {
            "nickname": f"exit{number}",
            "fingerprint": _compute_fingerprint(number),
            "or_addresses": [f"203.0.113.{number % 250}:9001"],
            "exit_addresses": [_format_address(key)],
            "last_seen": f"{at:%Y-%m-%d %H:00:00}",
            "running": True,
            "flags": ["Exit", "Fast", "Running", "Valid"],
        }
        for number, key in running.select("exit", "key").iter_rows()
    ]
    published = f"{at:%Y-%m-%d %H:%M:%S}"
    return json.dumps({"version": "8.0", "relays_published": published, "relays": result, "bridges": []}) + "\n"


def _compute_fingerprint(number: int) -> str:
    return hashlib.sha1(f"exit {number}".encode(), usedforsecurity=False).hexdigest().upper()


def build_exit_table(relays: Relays, snapshots: Snapshots) -> tuple[pl.DataFrame, pl.Series]:
    """Return the content of the lists.

    `key` with `listed_us`, the time of each list that names it; and the times of all lists.

    `appeared_us`: when the relay of that address was published, by the list.
    """
    instants = sorted([*snapshots.list_times(), snapshots.hole_middle])
    times = pl.Series("at_us", [count_micros(at) for at in instants], dtype=pl.Int64)
    exits = relays.exits.select("key", "from_us", "until_us", first_us="listed_us")
    # Relay details name an exit that runs, whether a list did or not.
    first = pl.when(pl.col("at_us") == count_micros(snapshots.hole_middle)).then("from_us").otherwise("first_us")
    condition = (first <= pl.col("at_us")) & (pl.col("at_us") < pl.col("until_us"))
    named = exits.join(times.to_frame(), how="cross").filter(condition)
    published = pl.max_horizontal("from_us", pl.col("at_us") - PUBLISHED_US)
    rows = named.select("key", published.alias("appeared_us"), listed_us="at_us")
    return rows.unique(["key", "listed_us"], keep="first", maintain_order=True).sort("key", "listed_us"), times


def build_relay_csv(relays: Relays) -> str:
    """Return the file of known ranges of a VPN or a proxy."""
    lines = ["cidr,relay", f"{format_network(VPN, 32 - VPN_LISTED_BITS)},vpn"]
    lines += [f"{format_network(key, 32)},proxy" for key in sorted(set(relays.open_proxies["key"].to_list()))]
    return "\n".join(lines) + "\n"


def build_relay_table(relays: Relays) -> pl.DataFrame:
    """Return the content of that file: `first_key`, `last_key`, `relay`."""
    keys = sorted(set(relays.open_proxies["key"].to_list()))
    rows = [(VPN, VPN + (1 << VPN_LISTED_BITS) - 1, "vpn"), *((key, key, "proxy") for key in keys)]
    return pl.DataFrame(rows, schema=["first_key", "last_key", "relay"], orient="row").sort("first_key")


def _format_address(key: int) -> str:
    return format_network(key, 32).partition("/")[0]


def _format_time(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%Y-%m-%d %H:%M:%S}"
