"""Check points against the boundary of the state that their data set names, with some kilometres of tolerance."""

from __future__ import annotations

import polars as pl

from sightline.stages.enrich.model import DataSet

GRACE_KM = 25.0
KM_A_DEGREE = 111.195
BAND = 0.25
"""Boundaries are cut into bands of this many degrees of latitude, so that a point meets few edges."""


def find_outside(points: pl.DataFrame, boundary: DataSet) -> pl.DataFrame:
    """Return those points (`state`, `latitude`, `longitude`) that are outside their state and its tolerance.

    A point without coordinates, or in a state without a boundary, is not checked.
    """
    edges = _build_edges(boundary).with_columns(pl.col("state").cast(points.schema["state"]))
    rows = points.drop_nulls().unique().join(edges.select("state").unique(), on="state", how="semi").with_row_index("p")
    bands = edges.with_columns(_list_bands(pl.col("y1"), pl.col("y2"), 0.0)).explode("band")
    at = rows.with_columns(_compute_band(pl.col("latitude").cast(pl.Float64)).alias("band"))
    inside = (
        at.join(bands, on=["state", "band"]).filter(_crosses_edge()).group_by("p").len().filter(pl.col("len") % 2 == 1)
    )
    left = at.join(inside, on="p", how="anti")
    grace = GRACE_KM / KM_A_DEGREE
    wide = edges.with_columns(_list_bands(pl.col("y1"), pl.col("y2"), grace)).explode("band")
    near = left.join(wide, on=["state", "band"]).filter(_compute_distance_km() <= GRACE_KM)
    return left.join(near, on="p", how="anti").select("state", "latitude", "longitude")


def _build_edges(boundary: DataSet) -> pl.DataFrame:
    """The edges of all rings, the last point of each joined to its first."""
    ring = ["state", "part", "ring"]
    points = pl.read_parquet(boundary.path).select(
        *ring, pl.col("longitude").alias("x1"), pl.col("latitude").alias("y1")
    )
    nexts = [
        pl.coalesce(pl.col(name).shift(-1).over(ring), pl.col(name).first().over(ring)).alias(to)
        for name, to in (("x1", "x2"), ("y1", "y2"))
    ]
    return points.with_columns(nexts).drop("part", "ring")


def _compute_band(latitude: pl.Expr) -> pl.Expr:
    return (latitude / BAND).floor().cast(pl.Int32)


def _list_bands(expression: pl.Expr, other: pl.Expr, more: float) -> pl.Expr:
    least, most = pl.min_horizontal(expression, other) - more, pl.max_horizontal(expression, other) + more
    return pl.int_ranges(_compute_band(least), _compute_band(most) + 1, dtype=pl.Int32).alias("band")


def _crosses_edge() -> pl.Expr:
    """Return whether a line from the point to the east crosses an edge."""
    x, y = pl.col("longitude").cast(pl.Float64), pl.col("latitude").cast(pl.Float64)
    spans = (pl.col("y1") > y) != (pl.col("y2") > y)
    meets = pl.col("x1") + (y - pl.col("y1")) / (pl.col("y2") - pl.col("y1")) * (pl.col("x2") - pl.col("x1"))
    return spans & (x < meets)


def _compute_distance_km() -> pl.Expr:
    """Return how far the point is from an edge, on a plane laid at the point: right to 1 % over such distances."""
    y = pl.col("latitude").cast(pl.Float64)
    scale = y.radians().cos() * KM_A_DEGREE
    ax, bx = ((pl.col(name) - pl.col("longitude").cast(pl.Float64)) * scale for name in ("x1", "x2"))
    ay, by = ((pl.col(name) - y) * KM_A_DEGREE for name in ("y1", "y2"))
    length = (bx - ax).pow(2) + (by - ay).pow(2)
    along = (-(ax * (bx - ax) + ay * (by - ay)) / length).clip(0, 1)
    at = pl.when(length > 0).then(along).otherwise(0.0)
    return ((ax + at * (bx - ax)).pow(2) + (ay + at * (by - ay)).pow(2)).sqrt()
