"""Routes of the map: where leads are, by state and district, and leads without a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.lead_index.filter import NOT_KNOWN, LeadFilter
from sightline.services.lead_index.lead_view import CountColumn, LeadMask, View
from sightline.services.leads.report_facts import read_outline
from sightline.stages.report import tiles
from sightline.stages.report.printable import IST
from sightline.translation.messages import translate_state
from sightline.web import charts
from sightline.web.context import RequestContext
from sightline.web.error_text import translate_error
from sightline.web.layout.page_layout import is_exercise
from sightline.web.page_router import PageRouter
from sightline.web.pages.leads.query import SORT, LeadQuery, read_lead_query, select_among
from sightline.web.responses import Json, Page, Redirect
from sightline.web.templates import STATIC, build_static_url

router = PageRouter("map")
OUTLINES = "states.json"
"""The outlines that the build of the script makes, in the folder of static files."""


@router.show("/map", Action.LEADS_VIEW, JournalVerb.VIEW_LEADS, "leads:all")
def show_list(context: RequestContext) -> Page:
    """Show states and districts, days and hours. Each mark filters the rest."""
    lead_query, error = LeadQuery(LeadFilter(), SORT, None, None), None
    try:
        lead_query = read_lead_query(context)
    except UsageError as why:
        error = translate_error(why, context.language)
    status = 200 if error is None else 400
    try:
        view = context.leads
    except UsageError:
        return Page("map.html", {"asked": lead_query, "charts": None, "error": error}, status)
    drawn = _build_charts(context, view, lead_query.narrowing, select_among(context, view, lead_query.narrowing))
    total = view.count_leads(lead_query.narrowing, select_among(context, view, lead_query.narrowing))
    return Page("map.html", {"asked": lead_query, "charts": drawn, "total": total, "error": error}, status)


def _build_charts(
    context: RequestContext, view: View, narrowing: LeadFilter, among: Mapping[str, LeadMask]
) -> dict[str, charts.Chart]:
    """Return every chart of the page, by its name."""
    t, shared = context.says, context.says_of("all")
    upon = charts.ChartTarget(narrowing, "/map")
    leads, today = t("leads"), context.officer_session.clock().astimezone(IST).date()
    by = {
        column: view.count_values(narrowing, column, among)
        for column in (CountColumn.PLACE, CountColumn.DISTRICT, CountColumn.DAY, CountColumn.HOUR, CountColumn.ISP)
    }
    where = [t("district"), t("latitude"), t("longitude"), t("radius"), leads]
    return {
        "states": charts.build_state_chart(
            "states", [t("code"), t("state"), leads], by[CountColumn.PLACE], upon, shared
        ),
        "districts": charts.build_district_chart("districts", where, by[CountColumn.DISTRICT], upon, context.language),
        "days": charts.build_day_chart("days", [t("day"), leads], by[CountColumn.DAY], upon, today, context.language),
        "hours": charts.build_hour_chart("hours", [t("hour"), t("weekday"), leads], by[CountColumn.HOUR], upon, shared),
        "isps": charts.build_bar_chart(
            "isps",
            [t("isp"), leads],
            by[CountColumn.ISP],
            "isp",
            upon,
            lambda one: shared("unknown") if one == NOT_KNOWN else one,
        ),
    }


@router.show("/outlines.json", Action.LEADS_VIEW, None)
def send_outlines(context: RequestContext) -> Json | Redirect:
    """Return the state outlines of the unit's own boundary data set as GeoJSON; those of the program if it has none.

    An exercise is drawn on the program's outlines, because the borders of its boundary data set are invented.
    """
    result = None if is_exercise(context) else read_outline(context.officer_session.workspace, context.leads.read)
    if not result:
        return Redirect(build_static_url(OUTLINES)) if (STATIC / OUTLINES).is_file() else Json(None)
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "properties": {"code": boundary.code, "name": translate_state(boundary.code, context.language)},
            "geometry": {"type": "MultiPolygon", "coordinates": [[ring] for ring in boundary.rings]},
        }
        for boundary in result
    ]
    return Json({"type": "FeatureCollection", "features": features})


@router.show("/tiles.json", Action.LEADS_VIEW, None)
def send_squares(context: RequestContext) -> Json:  # noqa: ARG001
    """Return a square for each state, for use without outlines."""
    return Json(
        [{"code": tile.code, "short": tile.short, "x": tile.x, "y": tile.y} for tile in tiles.load_country().tiles]
    )
