"""Structures that zones tell: a platform, a turbine or a flare is no vessel where a radar or a camera sees it."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from makara.base.geo import A_M, cartesian

SENSORS: Final = ("sar", "optical")
"""What their images show stands there; a coastal radar is set up to leave it out."""
ONE_M: Final = 2_000.0
"""Infrastructure wider than this is a field, not one structure."""
NEAR_M: Final = 200.0
"""What is seen so near a structure is that structure."""
_STEP_DEG: Final = 0.0005
"""Outlines are taken as points so far apart: 200 m from one is right to 2 m."""


def zoned(detections: pl.DataFrame, zones: pl.DataFrame) -> pl.DataFrame:
    """Detections within 200 m of a structure: a zone ``infrastructure`` that is a point or at most 2 km across.

    Args:
        detections: ``detection, sensor, t_seen, lon_deg, lat_deg``; those of radar images and cameras count.
        zones: table zones: ``zone, kind, geometry``; ``name``, ``mark``, and ``from`` and ``to`` (in force at
            ``t_seen``) where there.

    Returns:
        ``detection, structure`` (the zone's name, or its key) and ``mark`` (the zone's; null without marks), sorted by
        detection, one row each: of several zones the first by key.
    """
    from scipy.spatial import cKDTree  # costs a quarter of a second to load

    seen = detections.filter(pl.col("sensor").is_in(SENSORS)).sort("detection")
    built = of_one_structure(zones)
    told = {"name": pl.String(), "mark": pl.String(), "from": seen.schema["t_seen"], "to": seen.schema["t_seen"]}
    built = built.with_columns(pl.lit(None, dtype=t).alias(c) for c, t in told.items() if c not in built.columns)
    shapes = shapely.from_wkb(built["geometry"].to_numpy())
    lon, lat = (seen[c].cast(pl.Float64).to_numpy() for c in ("lon_deg", "lat_deg"))
    outline, of = shapely.get_coordinates(shapely.segmentize(shapes, _STEP_DEG), return_index=True)
    near = np.zeros((2, 0), np.int64)
    if len(outline) and len(seen):
        lists = cKDTree(cartesian(outline[:, 0], outline[:, 1])).query_ball_point(cartesian(lon, lat), NEAR_M)
        row = np.repeat(np.arange(len(seen)), [len(some) for some in lists])
        near = np.stack([row, of[np.concatenate(lists).astype(np.int64)]])
    inside = shapely.STRtree(shapes).query(shapely.points(lon, lat), predicate="intersects")
    which, at = (pl.Series(v, dtype=pl.UInt32) for v in np.concatenate([near, inside], axis=1))
    zone = built.select("zone", "mark", "from", "to", structure=pl.coalesce("name", "zone"))
    pairs = pl.concat([seen.select("detection", "t_seen")[which], zone[at]], how="horizontal")
    held = pairs.filter(
        (pl.col("from") <= pl.col("t_seen")).fill_null(True), (pl.col("t_seen") < pl.col("to")).fill_null(True)
    )
    first = held.sort("detection", "zone").unique("detection", keep="first", maintain_order=True)
    return first.select("detection", "structure", "mark")


def of_one_structure(zones: pl.DataFrame) -> pl.DataFrame:
    """Zones of kind ``infrastructure`` that are a point or at most 2 km across: a platform and its safety zone."""
    built = zones.filter(pl.col("kind") == "infrastructure").sort("zone")
    shapes = shapely.from_wkb(built["geometry"].to_numpy())
    w, s, e, n = shapely.bounds(shapes).reshape(-1, 4).T
    w0, _, e0, _ = shapely.bounds(shapely.transform(shapes, _turned)).reshape(-1, 4).T
    wide = np.minimum(e - w, e0 - w0) * np.cos(np.radians((s + n) / 2))
    across = np.maximum(wide, n - s) * np.radians(A_M)
    return built.filter(pl.Series(across <= ONE_M, dtype=pl.Boolean()))


def _turned(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Longitudes from 0 to 360, so that what is cut at 180 degrees is whole."""
    return np.column_stack([places[:, 0] % 360.0, places[:, 1]])
