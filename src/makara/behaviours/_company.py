"""Company: who was beside a vessel while it lay slow, as AIS and sensors show."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import distance_scalar
from makara.behaviours._pairs import on_leg
from makara.behaviours._spans import Spans

Ints = NDArray[np.int64]


def company(
    points: pl.DataFrame, seen: pl.DataFrame, stays: pl.DataFrame, reach_m: float, seen_m: float
) -> tuple[Ints, NDArray[np.float64]]:
    """Others beside vessels during their stays: those heard, at their own reports, and those seen.

    Args:
        points: ordered by mover, track, time; those of each whole stay among them.
        seen: detections that no track explains, with ``t`` (microseconds), ``lon_deg, lat_deg``; may be without any.
        stays: ``mover, t, until`` (microseconds).
        reach_m: how near another heard is beside it.
        seen_m: how near another seen is.

    Returns:
        Of each stay the number of others, -1 where fewer than two reports of its own are known; and its least
        distance from an anchorage (metres; infinite where none is near).
    """
    x, y, t, mover = (points[c].to_physical().to_numpy() for c in ("lon_deg", "lat_deg", "t_seen", "mover"))
    moored = points["anchorage_m"].cast(pl.Float64).fill_null(np.inf).to_numpy()
    asked = (stays[c].to_numpy() for c in ("mover", "t", "until"))
    types = {"t": pl.Int64(), "lon_deg": pl.Float64(), "lat_deg": pl.Float64()}
    sights = seen if len(seen) else pl.DataFrame(schema=types)
    found: tuple[Ints, NDArray[np.float64]] = _company(
        x, y, t, mover, moored, *Spans.of(points).arrays, *(sights[c].to_numpy() for c in types), *asked,
        reach_m, seen_m,
    )  # fmt: skip
    return found


@njit(cache=True)
def _company(
    lon: Any, lat: Any, t: Any, mover: Any, moored: Any, first: Any, end: Any, t_first: Any, t_last: Any,
    south: Any, north: Any, f_t: Any, f_lon: Any, f_lat: Any, me: Any, since: Any, until: Any,
    reach: float, f_reach: float,
) -> Any:  # fmt: skip
    n, near = np.full(me.size, -1, np.int64), np.full(me.size, np.inf)
    margin = reach / 110_000.0
    who = mover[first]
    for g in range(me.size):
        low, high, a, b = 90.0, -90.0, -1, -1
        for s in range(np.searchsorted(who, me[g]), np.searchsorted(who, me[g] + 1)):
            i = first[s] + np.searchsorted(t[first[s] : end[s]], since[g])
            k = first[s] + np.searchsorted(t[first[s] : end[s]], until[g] + 1)
            if k - i > b - a:  # its track with most reports in the stay
                a, b = i, k
        if b - a < 2:
            continue
        for i in range(a, b):
            low, high = min(low, lat[i]), max(high, lat[i])
            near[g] = min(near[g], moored[i])
        n[g] = 0
        for f in range(f_t.size):
            if t[a] <= f_t[f] <= t[b - 1]:
                k = max(a + np.searchsorted(t[a:b], f_t[f]), a + 1)
                x, y = on_leg(t, lon, lat, k, f_t[f])
                n[g] += distance_scalar(x, y, f_lon[f], f_lat[f]) <= f_reach
        last = me[g]
        for s in range(first.size):
            if who[s] == me[g] or who[s] == last or t_last[s] < since[g] or t_first[s] > until[g]:
                continue
            if south[s] > high + margin or north[s] < low - margin:
                continue
            at = a + 1
            for i in range(first[s] + np.searchsorted(t[first[s] : end[s]], t[a]), end[s]):
                if t[i] > t[b - 1]:
                    break
                while t[at] < t[i]:
                    at += 1
                x, y = on_leg(t, lon, lat, at, t[i])
                if abs(y - lat[i]) <= margin and distance_scalar(x, y, lon[i], lat[i]) <= reach:
                    n[g] += 1
                    last = who[s]
                    break
    return n, near


__all__ = ["company"]
