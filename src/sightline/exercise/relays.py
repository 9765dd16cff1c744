"""The relays of the world: exits of Tor that come and go, each with its address and its hours, and open proxies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from sightline.exercise.dice import Dice
from sightline.exercise.networks import HOSTING, NETWORKS, STEP, UNKNOWN, Plan
from sightline.exercise.period import DAY_US, HOUR_US, SMALL, Period

BUSINESS = next(place for place, one in enumerate(NETWORKS) if one.line == "business")
"""The network with static addresses, on whose lines some exits and all open proxies run."""


@dataclass(frozen=True)
class Relays:
    """What relays there are. A *slot* has one exit at a time; its next one has another address."""

    dice: Dice
    plan: Plan
    when: Period

    @property
    def slots(self) -> int:
        """How many exits run at a time."""
        return 24 if self.plan.sessions < SMALL else 90

    @property
    def life_us(self) -> int:
        """How long an exit keeps its address."""
        return 5 * DAY_US if self.plan.sessions < SMALL else 12 * DAY_US

    @property
    def lives(self) -> int:
        """How many exits a slot has in the period, at the most."""
        return (self.when.ends_us - self.when.begins_us) // self.life_us + 2

    def exit_of(self) -> pl.Expr:
        """The row of `exits` of a `slot` at `true_us`."""
        since = pl.col("true_us") - self.when.begins_us
        life = (since + pl.col("slot") * 5 * HOUR_US % self.life_us) // self.life_us
        return pl.col("slot") * self.lives + life.clip(0, self.lives - 1)

    @cached_property
    def exits(self) -> pl.DataFrame:
        """One row an exit: `slot`, `from_us`, `until_us`, `key`. A third of them run on lines of a business."""
        drawn = pl.select(exit=pl.int_range(0, self.slots * self.lives, dtype=pl.Int64)).with_columns(
            slot=pl.col("exit") // self.lives, life=pl.col("exit") % self.lives
        )
        shift = pl.col("slot") * 5 * HOUR_US % self.life_us
        begins = self.when.begins_us + pl.col("life") * self.life_us - shift
        where = self.dice.below(3, "where an exit runs", "exit")
        key = pl.when(where == 0).then(self.line("exit")).when(where == 1).then(HOSTING + 8192 + pl.col("exit"))
        return drawn.with_columns(
            begins.alias("from_us"),
            (begins + self.life_us).alias("until_us"),
            key.otherwise(UNKNOWN + pl.col("exit")).alias("key"),
        )

    @property
    def proxies(self) -> int:
        """How many open proxies there are."""
        return max(6, self.plan.sessions // 20_000)

    @cached_property
    def open_proxies(self) -> pl.DataFrame:
        """One row an open proxy: its `key`."""
        return pl.select(proxy=pl.int_range(0, self.proxies, dtype=pl.Int64)).select(self.line("proxy").alias("key"))

    def line(self, on: str) -> pl.Expr:
        """The static address of some line of the business network."""
        row = self.plan.table.row(BUSINESS, named=True)
        area = self.dice.below(row["areas"], f"area of {on}", on)
        place = self.dice.below(row["held"], f"line of {on}", on) * STEP % row["size"]
        return pl.sum_horizontal(pl.lit(row["base"]), area * row["size"], place)
