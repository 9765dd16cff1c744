"""Explain a lead's row: each rule that holds as a `RuleReason` with its sentence, first frame and data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightline.model import Ceiling, FramePlace
from sightline.stages.leads.rule import RANKS, OffenceElement, Rule, Side
from sightline.stages.leads.rules import RULES
from sightline.stages.leads.visits import PLACE_BITS

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleReason:
    """One verdict: the rule and its version, its sentence, the first place, and the data set used."""

    rule: str
    version: int
    side: Side
    text: str
    where: tuple[FramePlace, ...]
    element: OffenceElement | None
    ceiling: Ceiling | None
    dataset: int | None


def list_reasons(row: Row, places: Mapping[int, tuple[str, str | None]]) -> list[RuleReason]:
    """Return all reasons that hold for a lead or session: ceilings first from the lowest, then by id.

    `places` gives exhibit and member of an ordinal.
    """
    rules = [rule for rule in RULES.values() if row.get(rule.count)]
    order = sorted(rules, key=lambda rule: (RANKS[rule.ceiling] if rule.ceiling else len(RANKS), rule.id))
    return [_build_reason(rule, row, places) for rule in order]


def list_reasons_against(lead_reasons: Sequence[RuleReason]) -> list[RuleReason]:
    """Return the reasons that count against a lead: those of that side, then ceilings of what no person's line did."""
    counted = [reason for reason in lead_reasons if RULES[reason.rule].counts_against]
    return sorted(counted, key=lambda one: one.side is not Side.AGAINST)


def select_reasons_of_side(lead_reasons: Sequence[RuleReason], side: Side) -> list[RuleReason]:
    """Return the reasons of one side."""
    return [reason for reason in lead_reasons if reason.side is side]


def _build_reason(rule: Rule, row: Row, places: Mapping[int, tuple[str, str | None]]) -> RuleReason:
    at = row.get(rule.at)
    where = () if at is None else (_find_frame_place(at, places),)
    dataset = row[rule.dataset] if rule.dataset else None
    return RuleReason(rule.id, rule.version, rule.side, rule.describe(row), where, rule.element, rule.ceiling, dataset)


def _find_frame_place(place: int, places: Mapping[int, tuple[str, str | None]]) -> FramePlace:
    exhibit, member = places[place >> PLACE_BITS]
    return FramePlace(exhibit, member, place & ((1 << PLACE_BITS) - 1))
