"""Read boundaries: a GeoJSON (RFC 7946) whose features are states with an ISO 3166-2 code."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

import polars as pl

from sightline.errors import DamagedInput
from sightline.model import DatasetCode, DatasetKind
from sightline.stages.enrich import india
from sightline.stages.enrich.countries import COUNTRIES
from sightline.stages.enrich.reader import DatasetReading, FilePreview, Rejects, SourceFile
from sightline.stages.enrich.readers.documents import has_key, is_json, list_objects, parse_document

FORMAT = "geojson"
KINDS = frozenset({DatasetKind.BOUNDARY})
CODES = ("iso_3166_2", "iso3166_2", "iso_3166-2", "iso", "iso_code", "code", "state_code", "shapeiso", "id")
_SCHEMA = {
    "state": pl.String,
    "part": pl.UInt32,
    "ring": pl.UInt32,
    "longitude": pl.Float64,
    "latitude": pl.Float64,
}


def reads(seen: FilePreview) -> bool:
    """Return whether the file begins like a collection of features."""
    return is_json(seen.head) and (
        has_key(seen.head, "FeatureCollection") or (has_key(seen.head, "features") and has_key(seen.head, "type"))
    )


def read(source: SourceFile) -> DatasetReading:
    """Return the points of all rings, in order, by state. Raises DamagedInput if no feature has a code and a shape."""
    content = parse_document(source.path)
    features = list_objects(content.get("features")) if isinstance(content, Mapping) else []
    rejects = Rejects()
    points: list[tuple[str, int, int, float, float]] = []
    part = 0
    for feature in features:
        state = _read_state(feature, rejects)
        for rings in _list_polygons(feature) if state else ():
            shape = [_read_ring(ring) for ring in rings]
            if not shape or not all(shape):
                rejects[DatasetCode.BAD_GEOMETRY] += 1
                continue
            points += [(str(state), part, at, x, y) for at, ring in enumerate(shape) for x, y in ring]
            part += 1
        rejects[DatasetCode.BAD_GEOMETRY] += bool(state) and next(_list_polygons(feature), None) is None
    if not points:
        codes = ", ".join(sorted(code.value for code in rejects if rejects[code])) or "no features"
        raise DamagedInput(
            f"{source.path.name}: no feature has an ISO 3166-2 code and a shape ({codes})",
            hint=f"one of its properties is called {', '.join(CODES[:6])}",
        )
    return DatasetReading(pl.DataFrame(points, schema=_SCHEMA, orient="row"), FORMAT, rejects, is_flat=True)


def _read_state(feature: Mapping[str, object], rejects: Rejects) -> str | None:
    """Today's code of a feature; counted where it has none, or one that nobody knows."""
    properties = feature.get("properties")
    named = {str(name).lower(): value for name, value in properties.items()} if isinstance(properties, Mapping) else {}
    if "id" not in named and isinstance(feature.get("id"), str):
        named["id"] = feature["id"]
    state_name = next((value for name in CODES if isinstance(value := named.get(name), str) and value), None)
    if state_name is None:
        rejects[DatasetCode.MISSING_FIELD] += 1
        return None
    code = state_name.strip().upper()
    if code.startswith("IN-"):
        text = india.find_state_code(code)
    else:
        is_code = re.fullmatch(r"([A-Z]{2})-[A-Z0-9]{1,3}", code)
        text = code if is_code and is_code[1] in COUNTRIES else None
    if text is None:
        rejects[DatasetCode.UNKNOWN_CODE] += 1
    return text


def _list_polygons(feature: Mapping[str, object]) -> Iterator[list[object]]:
    """The polygons of a feature, each a list of rings."""
    geometry = feature.get("geometry")
    if not isinstance(geometry, Mapping):
        return
    shape = geometry.get("coordinates")
    whole = {"Polygon": [shape], "MultiPolygon": shape}.get(str(geometry.get("type")))
    if isinstance(whole, list):
        yield from (polygon if isinstance(polygon, list) else [] for polygon in whole)


def _read_ring(ring: object) -> list[tuple[float, float]]:
    """The points of a ring; none where one is no point, or it has fewer than three."""
    points = [_read_point(point) for point in ring] if isinstance(ring, list) else []
    good = [point for point in points if point is not None]
    return good if len(good) == len(points) and len(set(good)) >= 3 else []


def _read_point(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) < 2:
        return None
    x, y = value[0], value[1]
    if isinstance(x, bool) or isinstance(y, bool) or not isinstance(x, int | float) or not isinstance(y, int | float):
        return None
    is_on_earth = math.isfinite(x) and math.isfinite(y) and abs(x) <= 180 and abs(y) <= 90
    return (float(x), float(y)) if is_on_earth else None
