"""Generate two city data sets that disagree like real ones, one in two editions, and a third, dated after the visits.

The first is blank if it does not know, and gives a radius; the second always answers, and guesses the state of an ISP's
head office. Where they disagree the second mostly guessed: measured on 60,000 addresses, see attribution.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from sightline.exercise.addresses import cover_keys, number_key
from sightline.exercise.datasets.mmdb import Value, write_mmdb
from sightline.exercise.networks import HOSTING, NETWORKS, V6, NetworkPlan
from sightline.exercise.states import STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLOCKS_EACH = 64
"""The maximum number of blocks in an area. A data set has one answer for a block."""
FIRST_WRONG = 0.03
"""How often the first data set names a neighbour of the true state."""
BLANK = 0.08
"""How often it has no state."""
WIDE = 0.05
"""How often its radius is as wide as several states."""


@dataclass(frozen=True)
class Cities:
    """Each data set's answers: `first_key`, `last_key`, `state`, `district` (places; null is blank), `radius_km`."""

    first: pl.DataFrame
    renewed: pl.DataFrame
    """The first one's next edition, valid from the middle of the world on."""
    second: pl.DataFrame
    later: pl.DataFrame


def build_cities(plan: NetworkPlan) -> Cities:
    """Return the data sets of a world."""
    dice = plan.dice
    blocks = _build_blocks(plan)

    def other(name: str) -> pl.Expr:
        return (pl.col("state") + 1 + dice.draw_below(len(STATES) - 1, name, "first_key")) % len(STATES)

    def edition(name: str) -> pl.DataFrame:
        """Return the first data set's answers in one edition: its gaps and errors change between editions."""
        wrong = dice.draw_unit(f"{name} wrong", "first_key") < FIRST_WRONG
        blank = dice.draw_unit(f"{name} blank", "first_key") < BLANK
        wide = dice.draw_unit(f"{name} wide", "first_key") < WIDE
        return blocks.with_columns(
            pl.when(blank).then(None).when(wrong).then(other(name)).otherwise("state").alias("state"),
            pl.when(wide).then(1000).otherwise(20).alias("radius_km"),
        )

    guess = pl.when(pl.col("head") == pl.col("state")).then(other("head")).otherwise("head")
    agrees = dice.draw_unit("second right", "first_key") < pl.col("agreement") / ((1 - FIRST_WRONG) * (1 - BLANK))
    second = blocks.with_columns(
        pl.when(agrees).then("state").otherwise(guess).alias("state"), pl.lit(None, pl.Int32).alias("radius_km")
    )
    later = blocks.with_columns(guess.alias("state"), pl.lit(20).alias("radius_km"))
    editions = ((edition("first"), "first"), (edition("renewed"), "first"), (second, "second"), (later, "later"))
    return Cities(*(_choose_district(one, plan, name) for one, name in editions))


def _build_blocks(plan: NetworkPlan) -> pl.DataFrame:
    """The blocks of all areas with their true state, and one of a hosting company, of no state of the world."""
    parts = []
    for place, network in enumerate(NETWORKS):
        row = plan.table.row(place, named=True)
        step = max(1, row["size"] // BLOCKS_EACH)
        first = pl.int_range(network.base, plan.end(network), step, eager=True, dtype=pl.Int64)
        parts.append(
            pl.DataFrame({"first_key": first}).with_columns(
                (pl.col("first_key") + step - 1).alias("last_key"),
                pl.lit(pl.Series(network.states, dtype=pl.Int64))
                .gather((pl.col("first_key") - network.base) // row["size"])
                .alias("state"),
                pl.lit(network.states[place % len(network.states)], pl.Int64).alias("head"),
                pl.lit(network.agreement).alias("agreement"),
            )
        )
    return pl.concat(parts)


def _choose_district(answers: pl.DataFrame, plan: NetworkPlan, name: str) -> pl.DataFrame:
    """Each data set has a district of its own mind, the same one for a quarter of the blocks."""
    same = plan.dice.draw_unit("same district", "first_key") < 0.26
    mine = pl.when(same).then(plan.dice.draw_below(4, "district", "first_key"))
    return answers.with_columns(
        mine.otherwise(plan.dice.draw_below(4, f"district {name}", "first_key")).alias("district")
    )


def write_maxmind(answers: pl.DataFrame, built_at_s: int) -> bytes:
    """Return the data set in the form of GeoLite2-City."""
    return write_mmdb(_build_rows(answers, _build_maxmind_value), "GeoLite2-City", built_at_s)


def write_dbip(answers: pl.DataFrame, built_at_s: int) -> bytes:
    """Return the data set in the form of DB-IP City Lite: names of states without codes, and no radius."""
    return write_mmdb(_build_rows(answers, _build_dbip_value), "DBIP-City-Lite", built_at_s)


def write_ipinfo(answers: pl.DataFrame, built_at_s: int) -> bytes:
    """Return the data set in the form of IPinfo: flat texts, latitude and longitude in one."""
    return write_mmdb(_build_rows(answers, _build_ipinfo_value), "ipinfo standard_location.mmdb", built_at_s)


def _build_rows(answers: pl.DataFrame, value: Callable[..., Value]) -> Iterator[tuple[int, int, Value]]:
    columns = ("first_key", "last_key", "state", "district", "radius_km")
    for first, last, state, district, radius in answers.select(columns).iter_rows():
        for key, length in cover_keys(first, last):
            low = number_key(key)
            answer = value(state, district, radius)
            yield (low & 0xFFFFFFFF, length + 96, answer) if key < V6 else (low, length, answer)
    yield number_key(HOSTING) & 0xFFFFFFFF, 18 + 96, {"country": {"iso_code": "NL", "names": {"en": "Netherlands"}}}


def _build_maxmind_value(state: int | None, district: int, radius: int) -> Value:
    country: dict[str, Value] = {"country": {"iso_code": "IN", "names": {"en": "India"}}}
    if state is None:
        return country | {"location": {"latitude": 20.0, "longitude": 77.0, "accuracy_radius": 1000}}
    here = STATES[state]
    latitude, longitude = here.locate_district(district)
    return country | {
        "city": {"names": {"en": here.districts[district]}},
        "location": {"latitude": latitude, "longitude": longitude, "accuracy_radius": radius},
        "subdivisions": [{"iso_code": here.code.removeprefix("IN-"), "names": {"en": here.name}}],
    }


def _build_ipinfo_value(state: int, district: int, _: object) -> Value:
    here = STATES[state]
    latitude, longitude = here.locate_district(district)
    return {
        "city": here.districts[district],
        "region": here.name,
        "country": "IN",
        "loc": f"{latitude:.4f},{longitude:.4f}",
        "timezone": "Asia/Kolkata",
    }


def _build_dbip_value(state: int, district: int, _: object) -> Value:
    here = STATES[state]
    latitude, longitude = here.locate_district(district)
    return {
        "city": {"names": {"en": here.districts[district]}},
        "continent": {"code": "AS", "names": {"en": "Asia"}},
        "country": {"iso_code": "IN", "names": {"en": "India"}},
        "location": {"latitude": latitude, "longitude": longitude},
        "subdivisions": [{"names": {"en": here.name}}],
    }
