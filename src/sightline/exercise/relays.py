"""The relays of the world: Tor exits with changing addresses and hours, and open proxies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from sightline.exercise.dice import Dice
from sightline.exercise.networks import HOSTING, NETWORKS, SHIFT, STEP, UNKNOWN, NetworkPlan
from sightline.exercise.period import DAY_US, HOUR_US, SMALL, Period

BUSINESS = next(place for place, one in enumerate(NETWORKS) if one.line == "business")
"""The network with static addresses, on whose lines some exits and all open proxies run."""
HOME = 0
"""The network with daily addresses, on whose lines some exits run at home."""
LATEST_TEST_US = 6 * HOUR_US
"""How much later than its relay's appearance the first exit list may name a new address."""


@dataclass(frozen=True)
class Relays:
    """The relays of a world. A *slot* has one exit at a time; its next one has another address."""

    dice: Dice
    plan: NetworkPlan
    when: Period

    @property
    def slots(self) -> int:
        """Return how many exits run at a time."""
        return 24 if self.plan.sessions < SMALL else 90

    @property
    def life_us(self) -> int:
        """Return how long an exit keeps its address."""
        return 5 * DAY_US if self.plan.sessions < SMALL else 12 * DAY_US

    @property
    def lives(self) -> int:
        """Return how many exits a slot has in the period at most."""
        return (self.when.ends_us - self.when.begins_us) // self.life_us + 2

    def find_exit(self) -> pl.Expr:
        """Return the row of `exits` for a `slot` at `true_us`."""
        since = pl.col("true_us") - self.when.begins_us
        life = (since + pl.col("slot") * 5 * HOUR_US % self.life_us) // self.life_us
        return pl.col("slot") * self.lives + life.clip(0, self.lives - 1)

    @cached_property
    def exits(self) -> pl.DataFrame:
        """Return one row for each exit: `slot`, `from_us`, `until_us`, `listed_us`, `key`. Those at home are last.

        `listed_us`: from when on exit lists name its address. A third of the others run on lines of a business.
        """
        return pl.concat([self._elsewhere.with_columns(listed_us="from_us"), self.at_home], how="diagonal")

    @property
    def homes(self) -> int:
        """Return how many exits run at home."""
        return max(6, self.slots // 6)

    @cached_property
    def at_home(self) -> pl.DataFrame:
        """Return one row for each exit at home and lease of its address.

        The first test of many addresses is hours late.
        """
        row = self.plan.table.row(HOME, named=True)
        first, last = self.when.begins_us // row["lease_us"], self.when.ends_us // row["lease_us"] + 1
        drawn = pl.select(home=pl.int_range(0, self.homes, dtype=pl.Int64)).join(
            pl.select(lease=pl.int_range(first, last + 1, dtype=pl.Int64)), how="cross"
        )
        begins = pl.col("lease") * row["lease_us"] - self._find_home_area() * HOUR_US
        late = self.dice.draw_unit("first test", "home", "lease")
        late_us = pl.when(late < 0.5).then(0).otherwise((late - 0.5) * 2 * LATEST_TEST_US).cast(pl.Int64)
        return drawn.select(
            (len(self._elsewhere) + pl.int_range(pl.len())).cast(pl.Int64).alias("exit"),
            begins.alias("from_us"),
            (begins + row["lease_us"]).alias("until_us"),
            (begins + late_us).alias("listed_us"),
            self._find_home_key(pl.col("lease")).alias("key"),
        )

    def find_home_key(self, at: str, on: str) -> pl.Expr:
        """Return the address of one of the exits at home, at a time."""
        home = self.dice.draw_below(self.homes, "which home", on).alias("home")
        row = self.plan.table.row(HOME, named=True)
        area = self.dice.draw_below(row["areas"], "area of home", home)
        lease = (pl.col(at) + area * HOUR_US) // row["lease_us"]
        return self._find_key_at_home(home, area, lease)

    def _find_home_area(self) -> pl.Expr:
        return self.dice.draw_below(self.plan.table.row(HOME, named=True)["areas"], "area of home", "home")

    def _find_home_key(self, lease: pl.Expr) -> pl.Expr:
        return self._find_key_at_home(pl.col("home"), self._find_home_area(), lease)

    def _find_key_at_home(self, home: pl.Expr, area: pl.Expr, lease: pl.Expr) -> pl.Expr:
        row = self.plan.table.row(HOME, named=True)
        place = (self.dice.draw_below(row["held"], "line of home", home) * STEP + lease * SHIFT) % row["size"]
        return pl.sum_horizontal(pl.lit(row["base"]), area * row["size"], place)

    @cached_property
    def _elsewhere(self) -> pl.DataFrame:
        drawn = pl.select(exit=pl.int_range(0, self.slots * self.lives, dtype=pl.Int64)).with_columns(
            slot=pl.col("exit") // self.lives, life=pl.col("exit") % self.lives
        )
        shift = pl.col("slot") * 5 * HOUR_US % self.life_us
        begins = self.when.begins_us + pl.col("life") * self.life_us - shift
        where = self.dice.draw_below(3, "where an exit runs", "exit")
        key = pl.when(where == 0).then(self.draw_line("exit")).when(where == 1).then(HOSTING + 8192 + pl.col("exit"))
        return drawn.with_columns(
            begins.alias("from_us"),
            (begins + self.life_us).alias("until_us"),
            key.otherwise(UNKNOWN + pl.col("exit")).alias("key"),
        )

    @property
    def proxies(self) -> int:
        """Return how many open proxies there are."""
        return max(6, self.plan.sessions // 20_000)

    @cached_property
    def open_proxies(self) -> pl.DataFrame:
        """Return one row for each open proxy: its `key`."""
        return pl.select(proxy=pl.int_range(0, self.proxies, dtype=pl.Int64)).select(
            self.draw_line("proxy").alias("key")
        )

    def draw_line(self, on: str) -> pl.Expr:
        """Return the static address of some line of the business network."""
        row = self.plan.table.row(BUSINESS, named=True)
        area = self.dice.draw_below(row["areas"], f"area of {on}", on)
        place = self.dice.draw_below(row["held"], f"line of {on}", on) * STEP % row["size"]
        return pl.sum_horizontal(pl.lit(row["base"]), area * row["size"], place)
