"""Project the outlines of states from a boundary data set to the map, simplified to the visible detail."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.stages.report import tiles

if TYPE_CHECKING:
    import polars as pl

Point = tuple[float, float]
Ring = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Boundary:
    """The outline of a state: its current code, and outer rings of longitude and latitude."""

    code: str
    rings: tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """An outline on the page: its rings, in pixels, the largest first."""

    code: str
    rings: tuple[Ring, ...]


def read_boundaries(points: pl.DataFrame) -> list[Boundary]:
    """Return the outlines of a boundary data set.

    Columns: `state part ring longitude latitude`, points in order, ring 0 outside.
    """
    result: dict[str, list[Ring]] = {}
    outer = points.filter(points["ring"] == 0)
    for (state, _), ring in outer.group_by("state", "part", maintain_order=True):
        code = tiles.load_codes().get(str(state))
        if code is not None:
            result.setdefault(code, []).append(tuple(ring.select("longitude", "latitude").iter_rows()))
    return [Boundary(code, tuple(rings)) for code, rings in sorted(result.items())]


def project_outlines(shapes: Sequence[Boundary], left: float, top: float, width: float, height: float) -> list[Outline]:
    """Return the outlines in a box of the page.

    Equirectangular, true at the mean latitude, simplified to a third of a pixel.
    """
    points = [point for boundary in shapes for ring in boundary.rings for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = min(width / max((east - west) * squeeze, 1e-9), height / max(north - south, 1e-9))
    margin = (width - (east - west) * squeeze * scale) / 2

    def project(point: Point) -> Point:
        return left + margin + (point[0] - west) * squeeze * scale, top + (north - point[1]) * scale

    return [
        Outline(boundary.code, _select_visible_rings([tuple(map(project, ring)) for ring in boundary.rings]))
        for boundary in shapes
    ]


def _select_visible_rings(rings: Iterable[Ring]) -> tuple[Ring, ...]:
    """The rings that can be seen, thinned, the largest first; the largest is always kept."""
    ordered = sorted(rings, key=lambda ring: -measure_extent(ring))
    return tuple(thin_ring(ring) for at, ring in enumerate(ordered) if at == 0 or measure_extent(ring) > 1.5)


def measure_extent(ring: Ring) -> float:
    """Return the shorter side of the box around a ring, or a fifth of the longer, whichever is more."""
    sides = sorted(max(axis) - min(axis) for axis in zip(*ring, strict=True))
    return float(max(sides[0], sides[1] / 5))


def thin_ring(ring: Ring, tolerance: float = 0.35) -> Ring:
    """Return a ring without the points within the tolerance of the line between those kept (Douglas and Peucker)."""
    if len(ring) < 5:
        return ring
    far = max(range(len(ring)), key=lambda at: math.dist(ring[0], ring[at]))
    keep, open_spans = {0, far, len(ring) - 1}, [(0, far), (far, len(ring) - 1)]
    while open_spans:
        first, last = open_spans.pop()
        at = max(
            range(first + 1, last),
            key=lambda one: _measure_distance_off(ring[one], ring[first], ring[last]),
            default=None,
        )
        if at is not None and _measure_distance_off(ring[at], ring[first], ring[last]) > tolerance:
            keep.add(at)
            open_spans += [(first, at), (at, last)]
    return tuple(ring[at] for at in sorted(keep))


def _measure_distance_off(point: Point, one: Point, other: Point) -> float:
    """Return how far a point lies from the line through two others."""
    long = math.dist(one, other)
    if long == 0:
        return math.dist(point, one)
    across = (other[0] - one[0]) * (one[1] - point[1]) - (one[0] - point[0]) * (other[1] - one[1])
    return float(abs(across) / long)


def find_middle(ring: Ring) -> Point:
    """Return the centre of a ring's area, or the mean of its points if it has no area."""
    area = x = y = 0.0
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
        cross = ax * by - bx * ay
        area, x, y = area + cross, x + (ax + bx) * cross, y + (ay + by) * cross
    if abs(area) < 1e-9:
        return sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)
    return x / (3 * area), y / (3 * area)
