"""Targets: where the vessels that AIS shows are when a boat is seen, by dead reckoning from what was known then."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit

from makara.base.geo import distance_scalar
from makara.base.units import HOUR_S, KN_M_S, S_US
from makara.behaviours._rule import Window
from makara.behaviours._spans import Spans

_HEARD_US: Final = 3 * HOUR_S * S_US
"""A course and speed may be this old where a later detection tells the place."""
_LEG_US: Final = 2 * HOUR_S * S_US
_SURE: Final = 0.1
"""A detection tells the vessel's place where nothing else explains it with more than this probability."""
_DEG_M: Final = 111_195.0


def targets(window: Window, boats: pl.DataFrame, stale_us: int, reach_m: float) -> pl.DataFrame:
    """The vessels around each boat at the instant it was seen.

    Args:
        window: points with context; detections and matches tell later places of the same tracks.
        boats: ``t, lon_deg, lat_deg``.
        stale_us: oldest report or matched detection that is dead-reckoned.
        reach_m: vessels farther off are left out.

    Returns:
        ``boat_row, mover, mmsi, track, lon, lat`` (at the instant), ``x, y`` (from the vessel to the boat, metres),
        ``u, v`` (the vessel's velocity, m/s), ``shore_m`` (at its last report), ``target_marks``.
    """
    points = window.track_points
    fixes = _fixes(window)
    t = points["t_seen"].to_physical().to_numpy()
    track = points["track"].to_numpy()
    sog = points["sog_kn"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    cog = points["cog_deg"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    which, row, fix, place = _around(
        t, points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy(), sog, cog, track,
        *Spans.of(points).arrays,
        fixes["track"].to_numpy(), fixes["t"].to_numpy(), fixes["lon_deg"].to_numpy(), fixes["lat_deg"].to_numpy(),
        boats["t"].to_numpy(), boats["lon_deg"].to_numpy(), boats["lat_deg"].to_numpy(), stale_us, reach_m,
    )  # fmt: skip
    report = points["mark"].gather(row)
    later = fixes["mark"].gather(np.maximum(fix, 0)) if len(fixes) else pl.Series([None] * len(row), dtype=pl.String())
    marks = pl.DataFrame({"a": report, "b": later, "used": fix >= 0}, schema_overrides={"a": pl.String()})
    told = marks.select(pl.concat_list("a", pl.when("used").then("b")).list.drop_nulls()).to_series()
    return pl.DataFrame(
        {
            "boat_row": pl.Series(which, dtype=pl.Int64()),
            "mover": points["mover"].gather(row),
            "mmsi": points["mmsi"].gather(row).cast(pl.Int64).fill_null(-1),
            "track": points["track"].gather(row),
            "shore_m": points["shore_m"].gather(row).cast(pl.Float64),
            "target_marks": told,
            **{n: pl.Series(place[:, k], dtype=pl.Float64()) for k, n in enumerate(("lon", "lat", "x", "y", "u", "v"))},
        }
    )


def _fixes(window: Window) -> pl.DataFrame:
    """Detections that the matching gives to tracks, ordered by track and time."""
    detections, matches = window.get("detections"), window.get("matches")
    schema = {"track": pl.Int64(), "t": pl.Int64(), "lon_deg": pl.Float64(), "lat_deg": pl.Float64()}
    if detections is None or matches is None or "track" not in matches.columns or not len(detections):
        return pl.DataFrame(schema={**schema, "mark": pl.String()})
    sure = matches.filter(pl.col("track").is_not_null(), pl.col("p_none") <= _SURE).select("detection", "track")
    own = detections.filter(pl.col("t_seen") < window.to).join(sure, on="detection")
    mark = pl.col("mark") if "mark" in own.columns else pl.lit(None, pl.String())
    found = own.select("track", pl.col("t_seen").to_physical().alias("t"), "lon_deg", "lat_deg", mark.alias("mark"))
    return found.sort("track", "t", "lon_deg", "lat_deg")


@njit(cache=True)
def _around(
    t: Any, lon: Any, lat: Any, sog: Any, cog: Any, track: Any,
    first: Any, end: Any, t_first: Any, t_last: Any, south: Any, north: Any,
    f_track: Any, f_t: Any, f_lon: Any, f_lat: Any, b_t: Any, b_lon: Any, b_lat: Any, stale: int, reach: float,
) -> Any:  # fmt: skip
    room = 256
    which = np.empty(room, np.int64)
    row = np.empty(room, np.int64)
    fix = np.empty(room, np.int64)
    place = np.empty((room, 6))
    n = 0
    for b in range(b_t.size):
        margin = reach / 110_000.0
        for s in range(first.size):
            if t_first[s] > b_t[b] or t_last[s] < b_t[b] - _HEARD_US:
                continue
            if f_track.size == 0 and (south[s] > b_lat[b] + margin or north[s] < b_lat[b] - margin):
                continue
            i = first[s] + np.searchsorted(t[first[s] : end[s]], b_t[b], side="right") - 1
            if b_t[b] - t[i] > _HEARD_US:
                continue
            f = -1
            if f_track.size:
                low = np.searchsorted(f_track, track[i])
                high = np.searchsorted(f_track, track[i], side="right")
                at = low + np.searchsorted(f_t[low:high], b_t[b], side="right") - 1
                if at >= low and f_t[at] > t[i]:
                    f = at
            at_t, x0, y0 = (f_t[f], f_lon[f], f_lat[f]) if f >= 0 else (t[i], lon[i], lat[i])
            if b_t[b] - at_t > stale or distance_scalar(x0, y0, b_lon[b], b_lat[b]) > reach:
                continue
            c = np.cos(y0 * np.pi / 180.0) * _DEG_M
            if np.isnan(sog[i]) or np.isnan(cog[i]):
                if i == first[s] or t[i] == t[i - 1] or t[i] - t[i - 1] > _LEG_US:
                    continue
                dt = (t[i] - t[i - 1]) / 1e6
                u = ((lon[i] - lon[i - 1] + 180.0) % 360.0 - 180.0) * c / dt
                v = (lat[i] - lat[i - 1]) * _DEG_M / dt
            else:
                u = sog[i] * KN_M_S * np.sin(cog[i] * np.pi / 180.0)
                v = sog[i] * KN_M_S * np.cos(cog[i] * np.pi / 180.0)
            dt = (b_t[b] - at_t) / 1e6
            x1 = (x0 + u * dt / c + 180.0) % 360.0 - 180.0
            y1 = y0 + v * dt / _DEG_M
            if n == room:
                which = np.append(which, np.empty(room, np.int64))
                row = np.append(row, np.empty(room, np.int64))
                fix = np.append(fix, np.empty(room, np.int64))
                grown = np.empty((2 * room, 6))
                grown[:room] = place
                place = grown
                room *= 2
            which[n], row[n], fix[n] = b, i, f
            place[n, 0], place[n, 1] = x1, y1
            place[n, 2] = ((b_lon[b] - x1 + 180.0) % 360.0 - 180.0) * c
            place[n, 3] = (b_lat[b] - y1) * _DEG_M
            place[n, 4], place[n, 5] = u, v
            n += 1
    return which[:n], row[:n], fix[:n], place[:n]
