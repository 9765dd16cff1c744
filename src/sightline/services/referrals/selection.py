"""Select leads for a force: those of its own states, as far as places are known; the others by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from sightline.model import Ceiling
from sightline.services.artifacts.lead_files import Leads


class WhyNot(StrEnum):
    """Why a chosen lead is not sent. If several reasons apply, the first."""

    CEILING = "ceiling"
    UNDETERMINED = "undetermined"
    ELSEWHERE = "elsewhere"
    PERIOD = "period"
    REFERRED = "referred"
    OTHER_CASE = "other-case"
    DESELECTED = "deselected"


WORDS = {
    WhyNot.CEILING: "a program, or a record that only counts, and no person's line",
    WhyNot.UNDETERMINED: "nobody knows in which state",
    WhyNot.ELSEWHERE: "in a state that is not asked for, or not that force's",
    WhyNot.PERIOD: "not wholly within the period that was asked for",
    WhyNot.REFERRED: "at that force already, by a referral that is still valid",
    WhyNot.OTHER_CASE: "rests on an exhibit that this case does not hold",
    WhyNot.DESELECTED: "left out by the officer who drafted it",
}
NEVER = (Ceiling.STATISTICS, Ceiling.AUTOMATED)
"""Ceilings of what is no lead about anybody."""
KNOWN = ("agreed", "resolved")
"""Verdicts on a place that name a state."""


@dataclass(frozen=True, slots=True)
class LeadSelection:
    """Chosen leads, by expression or ids; the force's states; and the half-open period (None: no bound)."""

    states: tuple[str, ...]
    since_us: int | None = None
    until_us: int | None = None
    chosen: pl.Expr | None = None
    leads: tuple[str, ...] = ()


@dataclass(slots=True)
class SelectionResult:
    """The leads to send (`lead_id state ceiling first_us last_us uncertainty_s`, by id), and others by reason."""

    leads: pl.DataFrame
    left_out: Counter[WhyNot] = field(default_factory=Counter)

    def without(self, ids: Collection[str], why: WhyNot) -> SelectionResult:
        """Return the result without these leads, which are counted."""
        remaining = self.leads.filter(~pl.col("lead_id").is_in(list(ids)))
        left_out = Counter(self.left_out)
        if gone := len(self.leads) - len(remaining):
            left_out[why] += gone
        return SelectionResult(remaining, left_out)


def select_leads(lead_files: Leads, lead_selection: LeadSelection, referred: Collection[str] = ()) -> SelectionResult:
    """Select from a generation. `referred`: ids that the force has already. Raises UsageError for an unknown id."""
    leads = lead_files.open_frame()
    if lead_selection.leads:
        leads = leads.filter(pl.col("lead_id").is_in(lead_files.find_whole_ids(lead_selection.leads)))
    if lead_selection.chosen is not None:
        leads = leads.filter(lead_selection.chosen)
    state, place = pl.col("state").cast(pl.String), pl.col("place").cast(pl.String)
    checks = {
        WhyNot.CEILING: pl.col("ceiling").cast(pl.String).is_in([ceiling.value for ceiling in NEVER]),
        WhyNot.UNDETERMINED: ~place.is_in(list(KNOWN)) | state.is_null(),
        WhyNot.ELSEWHERE: ~state.is_in(list(lead_selection.states)),
        WhyNot.PERIOD: _is_outside(lead_selection),
        WhyNot.REFERRED: pl.col("lead_id").is_in(sorted({lead_files.find_current_id(lead_id) for lead_id in referred})),
    }
    why = pl.coalesce(*(pl.when(check.fill_null(True)).then(pl.lit(reason.value)) for reason, check in checks.items()))
    columns = ("lead_id", state, pl.col("ceiling").cast(pl.String), "first_us", "last_us", "uncertainty_s")
    candidates = leads.select(*columns, why.alias("why")).collect(engine="streaming")
    counts = candidates.drop_nulls("why").group_by("why").len().iter_rows()
    chosen_leads = candidates.filter(pl.col("why").is_null()).drop("why").sort("lead_id")
    return SelectionResult(chosen_leads, Counter({WhyNot(name): count for name, count in counts}))


def _is_outside(lead_selection: LeadSelection) -> pl.Expr:
    """Return whether a visit of a lead may be outside the period. The whole interval of its visits counts."""
    outside = pl.lit(False)
    if lead_selection.since_us is not None:
        outside |= pl.col("from_us") < lead_selection.since_us
    if lead_selection.until_us is not None:
        outside |= pl.col("until_us") > lead_selection.until_us
    return outside
