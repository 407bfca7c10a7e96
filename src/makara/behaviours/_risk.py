"""Places of risk: listed areas and recent incidents, both zones of kind ``risk``, dated where they have dates."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from makara.base.geo import distance_m
from makara.base.time import to_us
from makara.behaviours._zones import holding


def risky(
    zones: pl.DataFrame | None,
    t: NDArray[np.int64],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    near_m: float,
    recent_us: int,
) -> NDArray[np.bool_]:
    """Whether places are in a listed area in force at the time, or near an incident that was recent then.

    Args:
        zones: table zones; polygons of kind ``risk`` are listed areas, points incidents (``from``: when it happened).
        t: instants, microseconds.
        lon: degrees.
        lat: degrees.
        near_m: how far from an incident.
        recent_us: how long after it.
    """
    out = np.zeros(lon.size, bool)
    if zones is None or not len(zones) or not lon.size:
        return out
    for row in zones.filter(pl.col("kind") == "risk").sort("zone").iter_rows(named=True):
        shape: Any = shapely.from_wkb(row["geometry"])
        begin, end = (None if row.get(c) is None else to_us(row[c]) for c in ("from", "to"))
        then = (t >= (begin if begin is not None else t)) & (t <= (end if end is not None else t))
        if shapely.get_dimensions(shape) == 2:
            area = zones.filter(pl.col("zone") == row["zone"])
            out |= then & (holding(area, lon, lat).list.len() > 0).to_numpy()
            continue
        then &= t <= (begin + recent_us if begin is not None else t)
        for x, y in shapely.get_coordinates(shape):
            out |= then & (distance_m(np.full(lon.size, x), np.full(lat.size, y), lon, lat) <= near_m)
    return out
