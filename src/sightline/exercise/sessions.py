"""Generate the sessions of a world: the visitor, the time, the network, the relay, and the recording channel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from sightline.exercise.channels import CHANNELS
from sightline.exercise.dice import Dice
from sightline.exercise.faults import LOGS, ORIGINS
from sightline.exercise.networks import (
    BLOCKS,
    HOTSPOTS,
    LINES,
    NAT,
    NETWORKS,
    RESALE,
    RESALE_EACH,
    REUSING_AREA,
    NetworkPlan,
    compute_line_number,
    is_resale,
)
from sightline.exercise.period import HOUR_US, Period
from sightline.exercise.relays import BUSINESS, Relays
from sightline.exercise.shared_ports import BY_CONNECTION

OWN = len(ORIGINS)
"""The origin of a session from a line's own address."""
FOLD_US = 1_775_318_400_000_000
"""2026-04-04T16:00Z: from then on Sydney's clocks repeat the hour before."""
_NETWORK_OF = {
    "nat": NAT,
    "nat-blocks": BLOCKS,
    "ports-reused": NAT[:1],
    "reallocated": NAT,
    "handover": (*NAT, *BLOCKS),
    "resale": (NETWORKS[BUSINESS],),
    "reassigned": HOTSPOTS,
}
_PROXY = next(place for place, one in enumerate(CHANNELS) if one.name == "proxy")
_FORUM = next(place for place, one in enumerate(CHANNELS) if one.name == "forum")


def number_origin(name: str) -> int:
    """Return the number of an origin."""
    return ORIGINS.index(name)


def number_channel(fault: str) -> int:
    """Return the number of the channel that has a fault."""
    return next(place for place, one in enumerate(CHANNELS) if one.fault == fault)


@dataclass(frozen=True)
class Crowd:
    """All visitors of a world."""

    dice: Dice
    plan: NetworkPlan
    when: Period
    shares: dict[str, float]
    relays: Relays

    @cached_property
    def slot_us(self) -> float:
        """Return the time between the beginnings of two sessions."""
        return (self.when.ends_us - self.when.begins_us) / self.plan.sessions

    def begins_us(self, session: int) -> int:
        """Return the earliest instant at which a session of that number or a later one can begin."""
        return self.when.begins_us + int(session * self.slot_us)

    def make_sessions(self, first: int, last: int) -> pl.DataFrame:
        """Return the sessions from first to below last, in the order in which they begin."""
        dice = self.dice
        drawn = pl.select(session=pl.int_range(first, last, dtype=pl.Int64)).with_columns(
            (self.when.begins_us + (pl.col("session") + dice.draw_unit("begin", "session")) * self.slot_us)
            .cast(pl.Int64)
            .alias("start_us"),
            self._choose_fault(ORIGINS, "origin").alias("origin"),
            self._choose_fault(LOGS, "log").alias("log"),
        )
        folded = FOLD_US - HOUR_US + dice.draw_below(2 * HOUR_US, "fold", "session")
        return (
            self._add_lines(drawn)
            .with_columns(self._choose_channel().alias("channel"), self._choose_visit_count().alias("visits"))
            .with_columns(
                pl.when(pl.col("channel") == number_channel("dst")).then(folded).otherwise("start_us").alias("start_us")
            )
        )

    def _choose_fault(self, names: list[str], purpose: str) -> pl.Expr:
        some = {name: self.shares[name] for name in names}
        return self.dice.choose_position(some | {"none": max(0.0, 1 - sum(some.values()))}, purpose, "session")

    def _add_lines(self, drawn: pl.DataFrame) -> pl.DataFrame:
        """With `network`, `area`, `index` of the line, and the table's columns beside. Popular lines come back."""
        dice = self.dice
        network = self._choose_network(LINES)
        for name, some in _NETWORK_OF.items():
            network = (
                pl.when(pl.col("origin") == number_origin(name)).then(self._choose_network(some)).otherwise(network)
            )
        # A monitoring machine whose clock is undisturbed is on a line of a business.
        network = pl.when(pl.col("origin") == number_origin("monitor")).then(BUSINESS).otherwise(network)
        placed = drawn.with_columns(network.alias("network")).join(self.plan.table, on="network", how="left")
        often = dice.draw_unit("line", "session")
        return (
            placed.with_columns(self._choose_area().alias("area"))
            .with_columns((often * often * pl.col("held")).cast(pl.Int64).alias("index"))
            .with_columns(self._choose_line().alias("index"))
            .with_columns(compute_line_number("index").alias("subscriber"))
        )

    def _choose_area(self) -> pl.Expr:
        """One of the network's; ports are overloaded in some areas of one network, and in these alone."""
        dice = self.dice
        reuses = REUSING_AREA + dice.draw_below(pl.col("areas") - REUSING_AREA, "area", "session")
        expression = dice.draw_below(pl.col("areas"), "area", "session")
        by_connection = pl.col("network") == BY_CONNECTION
        expression = pl.when(by_connection).then(dice.draw_below(REUSING_AREA, "area", "session")).otherwise(expression)
        return pl.when(pl.col("origin") == number_origin("ports-reused")).then(reuses).otherwise(expression)

    def _choose_line(self) -> pl.Expr:
        """The line: of a business an operator's for what is resold, and never for anything else."""
        index, is_resold = pl.col("index"), pl.col("origin") == number_origin("resale")
        operator_s = index // RESALE_EACH * RESALE_EACH + RESALE
        operator_s = pl.when(operator_s < pl.col("held")).then(operator_s).otherwise(RESALE)
        moved = pl.when(is_resold).then(operator_s).when(is_resale("index")).then(index - 1).otherwise(index)
        return pl.when(pl.col("network") == BUSINESS).then(moved).otherwise(index)

    def _choose_network(self, some: tuple[object, ...]) -> pl.Expr:
        shares = {network.name: network.share for network in NETWORKS if network in some}
        first = next(place for place, network in enumerate(NETWORKS) if network in some)
        return first + self.dice.choose_position(shares, "network", "session")

    def _choose_channel(self) -> pl.Expr:
        expression = self.dice.choose_position(
            {channel.name: channel.share for channel in CHANNELS}, "channel", "session"
        )
        for place, name in enumerate(LOGS):
            expression = pl.when(pl.col("log") == place).then(number_channel(name)).otherwise(expression)
        inside = pl.col("origin") == number_origin("inside-address")
        watched = pl.col("origin") == number_origin("monitor")
        return pl.when(inside).then(_PROXY).when(watched).then(_FORUM).otherwise(expression)

    def _choose_visit_count(self) -> pl.Expr:
        """Return how many: few mostly, many now and then; a machine has its own number."""
        long_tail = (self.dice.draw_unit("visits", "session").clip(1e-6, 1) ** (-1 / 1.35)).clip(1, 60).cast(pl.Int64)
        expression = pl.when(pl.col("origin") == number_origin("crawler")).then(long_tail * 3).otherwise(long_tail)
        expression = pl.when(pl.col("origin") == number_origin("monitor")).then(30).otherwise(expression)
        return pl.when(pl.col("origin") == number_origin("prefetch")).then(1).otherwise(expression)
