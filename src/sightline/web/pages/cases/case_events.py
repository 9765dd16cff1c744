"""The timeline of a case as a chart: what happened and what is due, in lanes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sightline.ledger.instants import to_instant
from sightline.services.case_report.case_events import LANES, CaseEvent, describe_event
from sightline.stages.report.printable import IST
from sightline.web.charts import Chart, ChartRow
from sightline.web.context import RequestContext


def build_timeline_chart(context: RequestContext, events: Iterable[CaseEvent]) -> Chart:
    """Return events as a chart in lanes: instant, lane, and what happened."""
    in_lanes = sorted(events, key=lambda event: (LANES.index(event.lane), event.at_us))
    marks = tuple(
        ChartRow(
            (
                (f"{_convert_to_local(event):%Y-%m-%d}", f"{_convert_to_local(event):%Y-%m-%dT%H:%M:%S}+05:30"),
                (context.says(f"lane.{event.lane}"), None),
                (describe_event(context.says, event), None),
            ),
            event.path,
        )
        for event in in_lanes
    )
    return Chart(
        "timeline", "timeline", tuple(context.says(f"timeline.{name}") for name in ("day", "lane", "what")), marks
    )


def _convert_to_local(event: CaseEvent) -> datetime:
    return to_instant(event.at_us).astimezone(IST)
