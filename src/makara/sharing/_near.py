"""Which rows touch a zone or lie within a distance of it: right across 180 degrees, geodesic at the edge.

Inside is judged on the geometry as it is (straight edges in longitude and latitude, RFC 7946). For a buffer the
nearest place of the zone is found in a plane whose longitudes are shrunk by the cosine of the latitude; its distance is
geodesic.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from makara.base import geo

Bools = NDArray[np.bool_]
_DEG_M = 110_574.0
"""Metres in the shortest degree of latitude: a bound from below."""


@lru_cache(maxsize=256)
def area(wkb: bytes) -> Any:
    """A zone's geometry, prepared for many questions."""
    g = shapely.from_wkb(wkb)
    shapely.prepare(g)
    return g


def geometries(lon: pl.Series | None, lat: pl.Series | None, shape: pl.Series | None, n: int) -> list[NDArray[Any]]:
    """Rows' own geometries: positions and shapes, each an array as long as the rows with None where unknown."""
    found = []
    if lon is not None and lat is not None:
        x = lon.cast(pl.Float64).fill_null(math.nan).to_numpy()
        y = lat.cast(pl.Float64).fill_null(math.nan).to_numpy()
        points = np.full(n, None, dtype=object)
        ok = np.isfinite(x) & np.isfinite(y)
        points[ok] = shapely.points(x[ok], y[ok])
        found.append(points)
    if shape is not None and shape.null_count() < n:
        found.append(shapely.from_wkb(np.array(shape.to_list(), dtype=object)))
    return found


def touches(rows: NDArray[Any], zone: Any, buffer_m: float) -> Bools:
    """Which geometries touch a zone or come within ``buffer_m`` metres of it; None touches nothing."""
    hit: Bools = np.asarray(shapely.intersects(zone, rows), dtype=np.bool_)
    if buffer_m <= 0:
        return hit
    rest = np.flatnonzero(~hit & np.asarray(~shapely.is_missing(rows)))
    rest = rest[_could(shapely.bounds(rows[rest]), shapely.bounds(zone), buffer_m)]
    if rest.size:
        hit[rest] = distance_m(rows[rest], zone, buffer_m) <= buffer_m
    return hit


def _could(b: NDArray[np.float64], zone: NDArray[np.float64], buffer_m: float) -> Bools:
    """Which boxes come near enough to a zone's box to ask further."""
    w, s, e, n = zone
    up = buffer_m / _DEG_M * 1.01
    top = min(89.9, max(abs(s), abs(n)) + up)
    side = min(360.0, up / math.cos(math.radians(top)))
    near = np.zeros(len(b), np.bool_)
    for turn in (-360.0, 0.0, 360.0):
        near |= (b[:, 2] + turn >= w - side) & (b[:, 0] + turn <= e + side)
    out: Bools = near & (b[:, 3] >= s - up) & (b[:, 1] <= n + up)
    return out


def distance_m(rows: NDArray[Any], zone: Any, reach_m: float) -> NDArray[np.float64]:
    """Geodesic metres from geometries to the nearest place of a zone; infinite where clearly beyond ``reach_m``."""
    bounds = shapely.bounds(rows)
    band = np.clip(np.round((bounds[:, 1] + bounds[:, 3]) / 2.0), -89, 89)
    out = np.full(len(rows), np.inf)
    reach_deg = reach_m / _DEG_M
    for b in np.unique(band):
        k = math.cos(math.radians(b))
        slack = 1.02 + 2.0 * math.tan(math.radians(abs(b))) * math.radians(reach_deg + 1.0)
        plane = shapely.transform(zone, lambda xy, k=k: xy * (k, 1.0))
        shapely.prepare(plane)
        here = np.flatnonzero(band == b)
        for turn in (-360.0, 0.0, 360.0):
            mine = shapely.transform(rows[here], lambda xy, k=k, t=turn: np.add(xy, (t, 0.0)) * (k, 1.0))
            close = np.asarray(shapely.dwithin(plane, mine, reach_deg * slack))
            if not close.any():
                continue
            ends = shapely.get_coordinates(shapely.shortest_line(plane, mine[close])).reshape(-1, 2, 2)
            lon, lat = geo.wrap_lon(ends[:, :, 0] / k), ends[:, :, 1]
            found = geo.distance_m(lon[:, 0], lat[:, 0], lon[:, 1], lat[:, 1])
            out[here[close]] = np.minimum(out[here[close]], found)
    return out
