"""Bridges to GeoPandas and movingpandas (the extra ``frames``): tables out; ``frames.frame`` takes them back in.

Coordinates are OGC:CRS84 (WGS 84, longitude first), as everywhere.
"""

from __future__ import annotations

import warnings
from typing import Any, Final

import polars as pl

from makara.base.errors import ColumnsError, UsageError
from makara.base.extras import need
from makara.base.frames import CRS, SHAPES, frame

EXTRA: Final = "frames"


def to_geopandas(rows: Any) -> Any:
    """A table as a GeoDataFrame in OGC:CRS84, its columns kept.

    The geometry is the table's own (``geometry``, ``shape``, ``footprint``) where a row has one, else the point that
    ``lon_deg`` and ``lat_deg`` give; a row with neither has none. Whole numbers stay whole where some are unknown
    (pandas' ``Int64``); times are UTC.

    Args:
        rows: track points, events, zones, detections, collections, ...: any table with a place.

    Raises:
        ColumnsError: the table has no place.
        UsageError: GeoPandas is not installed.
    """
    geopandas, shapely = need("geopandas", EXTRA), need("shapely", EXTRA)
    given = frame(rows)
    shape = next((c for c in SHAPES if c in given.columns), None)
    placed = {"lon_deg", "lat_deg"} <= set(given.columns)
    if shape is None and not placed:
        raise ColumnsError("the table has no place; needed are lon_deg and lat_deg, or a geometry as WKB")
    found = shapely.from_wkb(given[shape].to_numpy()) if shape else None
    if placed:
        points = shapely.points(given["lon_deg"].to_numpy(), given["lat_deg"].to_numpy())
        there = given.select(pl.all_horizontal(pl.col("lon_deg", "lat_deg").is_not_null())).to_series().to_numpy()
        points[~there] = None
        found = points if found is None else [p if s is None else s for s, p in zip(found, points, strict=True)]
    bare = given.drop(shape) if shape else given
    out = bare.to_pandas().astype({c: str(t) for c, t in bare.schema.items() if t.is_integer()})
    out[shape or "geometry"] = geopandas.GeoSeries(found, crs=CRS)
    return geopandas.GeoDataFrame(out, geometry=shape or "geometry")


def to_movingpandas(track_points: Any) -> Any:
    """Track points as a movingpandas TrajectoryCollection, one trajectory a track of two or more points.

    Times are UTC without a zone, as movingpandas wants them. It measures ways right across 180 degrees, but draws the
    lines of such tracks the long way round.

    Args:
        track_points: table track_points; ``t_seen, lon_deg, lat_deg`` and ``track`` (or ``mover``) are required.

    Raises:
        ColumnsError: a required column is missing.
        UsageError: movingpandas is not installed, or no track has two points.
    """
    with warnings.catch_warnings():  # it speaks of its own optional parts at each import
        warnings.filterwarnings("ignore", message="Missing optional dependencies")
        movingpandas = need("movingpandas", EXTRA)
    given = frame(track_points)
    who = next((c for c in ("track", "mover") if c in given.columns), "track")
    if missing := [c for c in (who, "t_seen", "lon_deg", "lat_deg") if c not in given.columns]:
        raise ColumnsError(f"to_movingpandas: missing column {', '.join(missing)}")
    on = given.drop_nulls([who, "t_seen", "lon_deg", "lat_deg"]).sort(who, "t_seen")
    on = on.filter(pl.col("t_seen").n_unique().over(who) > 1)
    if not len(on):
        raise UsageError("no track has two points at different times; give track points as segment makes them")
    out = to_geopandas(on)
    out["t_seen"] = out["t_seen"].dt.tz_localize(None)
    indexed = out.set_index("t_seen")
    return movingpandas.TrajectoryCollection(indexed, traj_id_col=who, min_length=0)
