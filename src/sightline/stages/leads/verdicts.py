"""Decide which rules hold for each session, how far its evidence carries, and how urgent it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

import polars as pl

from sightline.model import Ceiling
from sightline.stages.canonical.address import AddressClass
from sightline.stages.leads.rule import BASE_WITHOUT_PORT, RANKS, Rule, Seriousness, Side
from sightline.stages.leads.rules import RULES, SEEING

CARRYING = RANKS[Ceiling.SUBSCRIBER]
LICENCE_CHANGED_US = int(datetime(2021, 12, 21, tzinfo=UTC).timestamp()) * 1_000_000
YEAR_US = 365 * 86_400 * 1_000_000
NEVER_PUBLIC = [
    AddressClass.PRIVATE,
    AddressClass.SHARED,
    AddressClass.LOOPBACK,
    AddressClass.LINK_LOCAL,
    AddressClass.MULTICAST,
    AddressClass.UNSPECIFIED,
]
PUBLIC_IN_EXERCISE = [AddressClass.DOCUMENTATION, AddressClass.RESERVED]


class Band(StrEnum):
    """The urgency of a lead; never a score."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


def is_inside(address_class: str, *, exercise: bool) -> pl.Expr:
    """Return whether an address has no ISP to ask: it is not public, and no exercise counts it as public."""
    inside = NEVER_PUBLIC if exercise else NEVER_PUBLIC + PUBLIC_IN_EXERCISE
    return pl.col(address_class).is_in([address_class.value for address_class in inside]).alias("is_inside")


def judge_sessions(sessions: pl.DataFrame) -> pl.DataFrame:
    """Return sessions with their ceiling, their band, and `n_RULE` of every rule.

    `sessions` has facts, enrichment, `is_inside` and `sessions`. `n_RULE` is 0 where the rule does not hold.
    """
    counted = sessions.with_columns(_build_counts())
    rank = pl.when(pl.col("base") >= BASE_WITHOUT_PORT).then(CARRYING).otherwise(pl.col("base"))
    ranks = [
        pl.when(pl.col(rule.count) > 0).then(RANKS[rule.ceiling])
        for rule in RULES.values()
        if rule.ceiling is not None and rule.visit_condition is None
    ]
    named = counted.with_columns(pl.min_horizontal(rank, *ranks).cast(pl.UInt8).alias("rank"))
    ceilings = {number: ceiling.value for ceiling, number in RANKS.items()}
    return named.with_columns(
        pl.col("rank").replace_strict(ceilings, return_dtype=pl.String).alias("ceiling"),
        _count_candidates(),
        _keep_until().alias("keep_until_us"),
    ).with_columns(_choose_band())


def _build_counts() -> list[pl.Expr]:
    """`n_RULE` of rules over sessions: how many visits they saw, or 1, if they hold; 0 if not."""
    return [_build_count(rule) for rule in RULES.values() if rule.session_condition is not None]


def _build_count(rule: Rule) -> pl.Expr:
    assert rule.session_condition is not None
    seen = pl.col(rule.count) if rule in SEEING else pl.lit(1, pl.UInt32)
    holds = rule.session_condition.fill_null(False)
    return pl.when(holds).then(seen).otherwise(pl.lit(0, pl.UInt32)).cast(pl.UInt32).alias(rule.count)


def _count_candidates() -> pl.Expr:
    """Of how many lines a shared address is one, where a statement says so."""
    is_shared = pl.col("rank") == RANKS[Ceiling.SHARED]
    return pl.when(is_shared).then(pl.col("nat_subscribers")).cast(pl.UInt32).alias("candidates")


def _keep_until() -> pl.Expr:
    """Until when a licensee must keep its records at least (licence conditions as amended in December 2021)."""
    years = pl.when(pl.col("last_us") >= LICENCE_CHANGED_US).then(2).otherwise(1)
    return pl.col("last_us") + years * YEAR_US


def _choose_band() -> pl.Expr:
    """The band of a lead, from its ceiling and its reasons (ADR 17)."""
    carries = pl.col("rank") >= RANKS[Ceiling.SHARED]
    reasons = [rule for rule in RULES.values() if rule.side is Side.FOR]
    kinds = pl.sum_horizontal((pl.col(rule.count) > 0).cast(pl.UInt8) for rule in reasons)
    reaches = {step: _any_holds(rule for rule in reasons if rule.seriousness is step) for step in Seriousness}
    reported = reaches[Seriousness.DANGER] | reaches[Seriousness.CHILD] | reaches[Seriousness.PRODUCTION]
    used_account = reaches[Seriousness.ACCOUNT] & _any_holds([RULES["deep-pages"]])
    strong = reported | reaches[Seriousness.SENT] | used_account | (kinds >= 3)
    weak = (pl.col("n_burst") == pl.col("visits")) | _any_holds(rule for rule in RULES.values() if rule.keeps_low)
    band = (
        pl.when(reaches[Seriousness.DANGER] | (carries & strong & ~weak))
        .then(pl.lit(Band.HIGH.value))
        .when(carries & (kinds > 0) & ~weak)
        .then(pl.lit(Band.NORMAL.value))
        .otherwise(pl.lit(Band.LOW.value))
    )
    return band.alias("priority")


def _any_holds(rules: Iterable[Rule]) -> pl.Expr:
    return pl.any_horizontal(pl.lit(value=False), *(pl.col(rule.count) > 0 for rule in rules))
