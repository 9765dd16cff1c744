"""The small map of a lead's place: whole states that data sets or a reply name, never a point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sightline.model import Ceiling
from sightline.stages.report import tiles
from sightline.stages.report.lead import Lead, LeadPlace
from sightline.web.charts import Chart, ChartRow, format_count
from sightline.web.context import RequestContext

NO_PLACE = frozenset({Ceiling.STATISTICS, Ceiling.AUTOMATED, Ceiling.RELAY, Ceiling.TIME_UNPROVEN})
"""Ceilings of leads whose place is not the visitor's, or is not known for the time of the visit."""


def build_place_map(context: RequestContext, lead: Lead) -> Chart | None:
    """Return the states that are named for a lead, each with the number of data sets or replies that name it.

    None if no state of the map is named, or if the place says nothing about the visitor.
    """
    known = {tile.code for tile in tiles.load_country().tiles}
    named = {code: count for code, count in _count_named_states(lead.place).items() if code in known}
    if lead.ceiling in NO_PLACE or not named:
        return None
    shared, of_map = context.says_of("all"), context.says_of("map")
    marks = [
        ChartRow(((code, code), (shared(f"state.{code}"), None), format_count(named[code])))
        for code in sorted(named, key=lambda code: (-named[code], code))
    ]
    if not lead.place.is_named:
        cells = (("", ""), (shared("place_kind.undetermined"), None), format_count(len(lead.place.answers)))
        marks.append(ChartRow(cells, state="undetermined"))
    heads = (of_map("code"), of_map("state"), context.says("named_by"))
    return Chart("states", "place-map", heads, tuple(marks), link_cell=1)


def _count_named_states(place: LeadPlace) -> Mapping[str, int]:
    """Return how many data sets or replies name each state, by its code."""
    if place.is_named and place.state is not None:
        return {place.state: max(1, len(place.datasets)) if place.verdict == "agreed" else 1}
    return Counter(answer.state for answer in place.answers if answer.state is not None)
