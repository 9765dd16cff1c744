"""The map: where leads are, by state and by district, and what is nowhere."""

from __future__ import annotations

from typing import Any

from sightline.casework.access import Action
from sightline.engines.leading.reporting import outline
from sightline.stages.report import tiles
from sightline.web.answers import Told
from sightline.web.room import Room
from sightline.web.visit import Visit

room = Room("map")


@room.page("/outlines.json", Action.LEADS_VIEW, None)
def outlines(visit: Visit) -> Told:
    """The outlines of states of the unit's own boundary data set, as GeoJSON; none where it imported none."""
    view = visit.leads
    found = outline(visit.desk.workspace, view.read) or []
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "properties": {"code": one.code, "name": tiles.state_name(one.code)},
            "geometry": {"type": "MultiPolygon", "coordinates": [[ring] for ring in one.rings]},
        }
        for one in found
    ]
    return Told({"type": "FeatureCollection", "features": features} if features else None)


@room.page("/tiles.json", Action.LEADS_VIEW, None)
def squares(visit: Visit) -> Told:  # noqa: ARG001
    """A square for each state, where there are no outlines."""
    return Told([{"code": one.code, "short": one.short, "x": one.x, "y": one.y} for one in tiles.country().tiles])
