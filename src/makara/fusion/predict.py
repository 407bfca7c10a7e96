"""Predict: where a track can be at an instant, as an area with a probability."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl
import shapely
from shapely import affinity

from makara.base.errors import NotFoundError
from makara.base.frames import frame
from makara.base.geo import destination
from makara.base.motion import SPEED_MAX_KN
from makara.base.units import KN_M_S
from makara.fusion._frames import require, tracks_of
from makara.fusion._states import FREEDOM_ONE, REACH_S, SPREAD, spread_m
from makara.tables import table

SHARE: Final = 0.9
_EDGES: Final = 64
_OWN: Final = [f.name for f in table("regions").fields if f.name not in ("source", "t_known", "mark")]


def predict(track_points: Any, track: int, *, at: datetime | Sequence[datetime]) -> pl.DataFrame:
    """Where a track can be, with probability 0.9.

    From its reports up to six hours before and after; else by dead reckoning from the nearest one, however far. Never
    further than twice 30 kn would carry it.

    Args:
        track_points: table track_points; ``track, t_seen, lon_deg, lat_deg`` are required.
        track: the track.
        at: an instant, or several.

    Returns:
        Columns of table regions without stamps, one row an instant: a circle, as WKB cut at 180.

    Raises:
        ColumnsError: a required column is missing.
        NotFoundError: the track has no points there.
    """
    track_points = frame(track_points)
    require(track_points, ("track", "t_seen", "lon_deg", "lat_deg"), "track_points")
    mine = track_points.filter(pl.col("track") == track)
    if len(mine) == 0:
        raise NotFoundError(f"no points of track {track}; give the points of segment that hold it")
    instants = [at] if isinstance(at, datetime) else list(at)
    one = tracks_of(mine.drop("receiver", "transponder", strict=False), None, "ais")
    when = pl.Series(instants, dtype=pl.Datetime("us", "UTC"))
    t = when.to_physical().to_numpy()
    state, _, _ = one.at(np.zeros(t.size, np.int64), t)
    rows = []
    for k, instant in enumerate(when):
        near = int(np.argmin(np.abs(one.t_us - t[k])))
        gap = abs(float(t[k] - one.t_us[near])) * 1e-6
        lon, lat, spread = float(state[k, 0]), float(state[k, 1]), float(state[k, 4])
        if gap > REACH_S:
            v, c = np.nan_to_num(one.sog[near]) * KN_M_S, np.nan_to_num(one.cog[near])
            ahead = c if t[k] > one.t_us[near] else c + 180.0
            # The hull forgets its course: after long silence the middle of the area stops moving on.
            x, y = destination(one.lon[near], one.lat[near], ahead, v * min(gap, REACH_S))
            lon, lat = float(x), float(y)
            spread = float(spread_m(gap, SPREAD["unknown"]))
        radius = spread * np.sqrt(FREEDOM_ONE * ((1.0 - SHARE) ** (-2.0 / FREEDOM_ONE) - 1.0))
        radius = min(radius, 2.0 * SPEED_MAX_KN["unknown"] * KN_M_S * gap + 1000.0)
        rows.append((track, instant, SHARE, shapely.to_wkb(_circle(lon, lat, float(radius))), "dead reckoning"))
    schema = {c: table("regions").schema[c] for c in _OWN}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _circle(lon: float, lat: float, radius_m: float) -> Any:
    """A circle as polygons in [-180, 180]; a cap where it holds a pole."""
    reach = radius_m / 110_000.0
    if abs(lat) + reach >= 89.9:
        south, north = (max(lat - reach, -90.0), 90.0) if lat > 0 else (-90.0, min(lat + reach, 90.0))
        return shapely.box(-180.0, south, 180.0, north)
    x, y = destination(lon, lat, np.arange(_EDGES) * (360.0 / _EDGES), radius_m)
    x = lon + (x - lon + 180.0) % 360.0 - 180.0
    whole = shapely.Polygon(np.stack([x, y], axis=1))
    parts = [
        affinity.translate(shapely.intersection(whole, shapely.box(-180.0 + s, -90.0, 180.0 + s, 90.0)), -s)
        for s in (-360.0, 0.0, 360.0)
    ]
    return shapely.union_all([p for p in parts if p.area > 0.0])
