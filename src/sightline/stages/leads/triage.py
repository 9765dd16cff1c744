"""Order leads by seriousness: steps of a documented list, never a score, with what stands against each lead."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.groups import NEAR_US
from sightline.stages.leads.rule import Seriousness, Side
from sightline.stages.leads.rules import RULES
from sightline.stages.leads.verdicts import Band

AGAINST = tuple(rule for rule in RULES.values() if rule.counts_against)
"""The rules that count against a lead, in every order of leads."""
DANGER = "reported-danger"
"""The rule whose leads stand on top until an officer confirms or answers what the report says."""
LEVELS = tuple(step.value for step in Seriousness)
"""The name of each step of the order on pages."""
STEP_WORDS = {
    Seriousness.DANGER: "a report asks for high priority",
    Seriousness.CHILD: "a report names a child or its abuse",
    Seriousness.PRODUCTION: "a report speaks of production",
    Seriousness.SENT: "sent something",
    Seriousness.ACCOUNT: "logged in",
    Seriousness.UNSEEN: "stayed where the log does not show what was sent",
    Seriousness.DOWNLOAD: "downloaded",
    Seriousness.BROWSE: "looked around",
}
"""What a lead's reasons show, by step. The first step that holds counts."""
UNSEEN_REQUESTS = ("connection", "dns-lookup")
"""Rules of visits whose request the log does not show. With `dwell`, such a lead is at the step `UNSEEN`.

A log that shows requests shows that nothing was sent. A tunnel, a flow and a looked-up name rule out nothing, so they
come before what other logs show to be a download.
"""
WORDS = tuple(STEP_WORDS[step] for step in Seriousness)
"""The steps of the order in words, the most serious first."""
FOR_LEAD = tuple(rule for rule in RULES.values() if rule.side is Side.FOR)
RANKS = {
    rule.id: ([*Seriousness].index(rule.seriousness or Seriousness.BROWSE), rule.place_in_step, rule.id)
    for rule in FOR_LEAD
}
"""The rank of each rule for a lead: its step, and its place there."""
ORDER = (
    f"leads that an officer marked urgent; then by what the evidence shows ({', '.join(WORDS)}, nothing),"
    " programs last; then leads that can be asked about before those of relays and unproven times;"
    " then those with less against them; then those whose ISP may delete its records first"
)
"""The order in a sentence."""
KEYS = ("is_not_urgent", "serious", "against", "keep_until_us", "lead_id")
_ASKABLE = (Ceiling.SUBSCRIBER.value, Ceiling.SHARED.value)


def sort_by_seriousness(leads: pl.LazyFrame, answered: Collection[str] = ()) -> pl.LazyFrame:
    """Return leads in the order, with `step`, `against` and `of_address`: those of one line's address stand together.

    A shared address is that of many lines, so it draws nothing forward (`groups.group_by_address`). `answered`:
    leads of which an officer confirmed or answered that a report asks for high priority: it lifts them no more.
    """
    there = frozenset(leads.collect_schema().names())
    ordered = leads.with_columns(
        (pl.col("priority").cast(pl.String) != Band.URGENT.value).alias("is_not_urgent"),
        _choose_step(there, answered).alias("step"),
        rank_seriousness(there, answered),
        count_against(there),
        _number_groups().alias("group"),
    ).sort(KEYS)
    firsts = ordered.with_row_index("at").with_columns(pl.col("at").min().over("group").alias("first_of_group"))
    follows = pl.when(pl.col("at") > pl.col("first_of_group")).then(pl.lit("same address; ")).otherwise(pl.lit(""))
    grouped = firsts.sort("first_of_group", "at").with_columns(follows.alias("of_address"))
    return grouped.drop("at", "first_of_group", "group", "is_not_urgent", "serious")


def _number_groups() -> pl.Expr:
    """Return a number for leads of an address that one line has, without a day between them; all others are alone."""
    order: dict[str, Any] = {"partition_by": ["hi", "lo", pl.col("ceiling").cast(pl.String)], "order_by": "first_us"}
    until = pl.col("last_us").cum_max().shift(1).over(**order)
    is_near = pl.col("first_us") - until <= NEAR_US
    of_line = pl.format("{}/{}/{}", "hi", "lo", is_near.fill_null(value=False).not_().cum_sum().over(**order))
    return pl.coalesce(pl.when(pl.col("ceiling").cast(pl.String) == Ceiling.SUBSCRIBER.value).then(of_line), "lead_id")


def rank_seriousness(there: frozenset[str], answered: Collection[str] = ()) -> pl.Expr:
    """Return where a lead stands by its step, and by whether it can be asked about: 1 is the first place.

    A program's lead comes after all others. An upload through a relay is an upload, so it comes before a login that can
    be asked about. `there`: the columns.
    """
    ceiling = pl.col("ceiling").cast(pl.String)
    is_asked = ceiling.is_in(_ASKABLE)
    of_programs = (ceiling == Ceiling.AUTOMATED.value).cast(pl.UInt8) * (2 * len(WORDS) + 2)
    of_step = 2 * _choose_step(there, answered) + is_asked.not_().cast(pl.UInt8)
    return (1 + of_programs + of_step).cast(pl.UInt8).alias("serious")


def _choose_step(there: frozenset[str], answered: Collection[str]) -> pl.Expr:
    step = pl.lit(len(WORDS), pl.UInt8)
    for number, holds in reversed([*enumerate(_list_conditions(there, answered))]):
        step = pl.when(holds).then(pl.lit(number, pl.UInt8)).otherwise(step)
    return step


def _list_conditions(there: frozenset[str], answered: Collection[str]) -> list[pl.Expr]:
    """The condition of each step of `WORDS`."""
    by_step = {step: [rule.id for rule in FOR_LEAD if rule.seriousness is step] for step in Seriousness}
    # Every reason for a lead is one to look around: that an officer answered a report moves the lead down, not out.
    by_step[Seriousness.BROWSE] = [rule.id for rule in FOR_LEAD]
    conditions = {step: _has_any_of(rules, there) for step, rules in by_step.items()}
    conditions[Seriousness.UNSEEN] = _has_any_of(["dwell"], there) & _has_any_of(UNSEEN_REQUESTS, there)
    if answered:
        conditions[Seriousness.DANGER] &= pl.col("lead_id").is_in(sorted(answered)).not_()
    return list(conditions.values())


def describe_triage(row: Mapping[str, Any]) -> str:
    """Return why a lead stands where it does: its step, and what is against it."""
    step = WORDS[row["step"]] if row["step"] < len(WORDS) else "nothing shown"
    against = "; ".join(rule.id for rule in AGAINST if row.get(rule.count))
    return f"{step}, against: {against}" if against else step


def sort_reasons(reasons: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the reasons for a lead, as JSON, with the most serious first."""
    return sorted(reasons, key=lambda one: RANKS[one["rule"]])


def find_level(there: frozenset[str], answered: Collection[str] = ()) -> pl.Expr:
    """Return the level of a lead's most serious step; null for a lead without any. `there`: the columns."""
    expression = pl.lit(None, pl.String)
    for name, holds in reversed([*zip(LEVELS, _list_conditions(there, answered), strict=True)]):
        expression = pl.when(holds).then(pl.lit(name)).otherwise(expression)
    return expression.alias("reason")


def get_level(rule: str) -> str:
    """Return the level of a rule for a lead."""
    return LEVELS[RANKS[rule][0]]


def count_against(there: frozenset[str]) -> pl.Expr:
    """Return how many rules count against a lead (`Rule.counts_against`): as many as stand under "Against"."""
    conditions = [_holds(pl.col(rule.count) > 0).cast(pl.UInt8) for rule in AGAINST if rule.count in there]
    return pl.sum_horizontal(pl.lit(0, pl.UInt8), *conditions).cast(pl.UInt8).alias("against")


def sort_by_band(leads: pl.LazyFrame) -> pl.LazyFrame:
    """Return leads in the default order: by band, then those with less against them, then by time."""
    there = frozenset(leads.collect_schema().names())
    ranks = {band.value: at for at, band in enumerate(Band)}
    band = pl.col("priority").cast(pl.String).replace_strict(ranks, return_dtype=pl.UInt8)
    return leads.sort(band, count_against(there), "first_us", "lead_id")


def _has_any_of(rules: Sequence[str], there: frozenset[str]) -> pl.Expr:
    counts = [RULES[fired].count for fired in rules if RULES[fired].count in there]
    return pl.any_horizontal([_holds(pl.col(count) > 0) for count in counts] or [pl.lit(value=False)])


def _holds(expression: pl.Expr) -> pl.Expr:
    return expression.fill_null(value=False)
