"""Charts beside the table of leads: when and where. Each filters the table by one mark, or by several at once."""

from __future__ import annotations

from collections.abc import Mapping

from sightline.services.lead_index.lead_view import CountColumn, LeadMask, View
from sightline.stages.report.place_table import PlaceKind
from sightline.stages.report.printable import IST
from sightline.translation.messages import translate_state
from sightline.web import charts
from sightline.web.context import RequestContext
from sightline.web.pages.leads.query import LeadQuery


def build_panel_charts(
    context: RequestContext, view: View, lead_query: LeadQuery, among: Mapping[str, LeadMask]
) -> dict[str, charts.Chart]:
    """Return the charts of days, hours and places of the filtered leads, by name."""
    t, shared = context.says, context.says_of("all")
    upon, today = charts.ChartTarget(lead_query.narrowing), context.officer_session.clock().astimezone(IST).date()
    days, hours, places = (
        view.count_values(lead_query.narrowing, by, among)
        for by in (CountColumn.DAY, CountColumn.HOUR, CountColumn.PLACE)
    )
    kinds = {place_kind.value for place_kind in PlaceKind}

    def place(key: str) -> str:
        return shared(f"place_kind.{key}") if key in kinds else translate_state(key, context.language)

    return {
        "days": charts.build_day_chart("panel-days", [t("chart.day"), t("title")], days, upon, today, context.language),
        "hours": charts.build_hour_chart(
            "panel-hours", [t("chart.hour"), t("chart.weekday"), t("title")], hours, upon, shared
        ),
        "places": charts.build_bar_chart("panel-places", [t("place"), t("title")], places, "place", upon, place),
    }
