"""Speeds made good along tracks: measured between reports a few minutes apart, so that noise and cadence weigh little.

All look back only, over a bounded time, so that any split of the input gives the same.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import distance_scalar
from makara.base.units import MINUTE_S, S_US

SPAN_S: Final = 5 * MINUTE_S
"""Speed is made good from the last report that is at least this old; a longer leg speaks for itself."""
_RAD: Final = math.pi / 180.0

Ints = NDArray[np.int64]


@njit(cache=True)
def flat_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Distance in metres over the tangent plane of the ellipsoid: right to 1 in 1,000 up to 100 km; compiled."""
    if abs(lat1) > 80.0:
        far: float = distance_scalar(lon1, lat1, lon2, lat2)
        return far
    c = math.cos(0.5 * (lat1 + lat2) * _RAD)
    d = lon2 - lon1
    if d > 180.0:
        d -= 360.0
    elif d < -180.0:
        d += 360.0
    x = d * c * (111_693.3 - 374.0 * c * c)
    y = (lat2 - lat1) * (111_692.8 - 1_119.7 * c * c)
    return math.sqrt(x * x + y * y)


@njit(cache=True)
def _made_good(track: Any, t: Any, lon: Any, lat: Any, span: int, bridge: int) -> Any:
    out = np.full(t.size, -1, np.int32)
    j = 0
    for i in range(1, t.size):
        if track[i] != track[i - 1] or t[i] - t[i - 1] > bridge:
            j = i
            continue
        while j + 1 < i and t[j + 1] <= t[i] - span:
            j += 1
        if t[i] - t[j] >= span:
            out[i] = int(flat_m(lon[j], lat[j], lon[i], lat[i]) * 1e9 / (t[i] - t[j]) + 0.5)
    return out


def made_good(points: pl.DataFrame, bridge_us: int) -> NDArray[np.int32]:
    """Speed made good up to each report, mm/s; -1 where no unbroken track of five minutes lies behind it.

    Args:
        points: a window's track points.
        bridge_us: a longer leg than this breaks the track, microseconds.
    """
    out: NDArray[np.int32] = _made_good(*arrays(points), SPAN_S * S_US, bridge_us)
    return out


@njit(cache=True)
def _made_good_at(rows: Any, track: Any, t: Any, lon: Any, lat: Any, span: int, bridge: int) -> Any:
    out = np.full(rows.size, -1, np.int64)
    for k in range(rows.size):
        i = j = rows[k]
        while j > 0 and track[j - 1] == track[j] and t[j] - t[j - 1] <= bridge and t[i] - t[j] < span:
            j -= 1
        if t[i] - t[j] >= span:
            out[k] = int(flat_m(lon[j], lat[j], lon[i], lat[i]) * 1e9 / (t[i] - t[j]) + 0.5)
    return out


def made_good_at(points: pl.DataFrame, rows: Ints, bridge_us: int) -> Ints:
    """As :func:`made_good`, at some rows only."""
    out: Ints = _made_good_at(rows, *arrays(points), SPAN_S * S_US, bridge_us)
    return out


def arrays(points: pl.DataFrame) -> tuple[Any, ...]:
    """Track, time (microseconds), longitude and latitude of points as arrays."""
    return tuple(steady(points[c].to_physical()) for c in ("track", "t_seen", "lon_deg", "lat_deg"))


def steady(values: pl.Series) -> NDArray[Any]:
    """Values as an array that cannot be written to: compiled kernels then see one type, and are compiled once."""
    out = values.to_numpy().view()
    out.flags.writeable = False
    return out


@njit(cache=True)
def _rolling(track: Any, t: Any, speed: Any, span: int, bridge: int) -> Any:
    out = np.full(t.size, -1, np.int32)
    j = 0
    weight = 0
    total = 0
    for i in range(1, t.size):
        if track[i] != track[i - 1] or t[i] - t[i - 1] > bridge or speed[i] < 0:
            j = i
            weight = total = 0
            continue
        ms = (t[i] - t[i - 1]) // 1000
        weight += ms
        total += ms * speed[i]
        while j + 1 < i and t[j + 1] <= t[i] - span:  # the leg that crosses the start of the span counts whole
            j += 1
            ms = (t[j] - t[j - 1]) // 1000
            weight -= ms
            total -= ms * speed[j]
        if weight > 0:
            out[i] = total // weight
    return out


def rolling(points: pl.DataFrame, speed: NDArray[np.int32], span_us: int, bridge_us: int) -> NDArray[np.int32]:
    """Mean of the speeds made good over the time before each report, by the length of legs, mm/s; -1 where unknown."""
    track, t, _, _ = arrays(points)
    out: NDArray[np.int32] = _rolling(track, t, speed, span_us, bridge_us)
    return out
