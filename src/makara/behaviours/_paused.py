"""Pauses: vessels that AIS shows to lie, or that must have lain, beside a place when something was seen there.

A satellite hears a vessel every hour or two, so that a meeting may fall between two reports. Then the time to spare
tells: what is left of the silence when the way to the place and on is taken off at the vessel's own speed.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit

from makara.base.geo import distance_scalar
from makara.base.units import HOUR_S, KN_M_S, MINUTE_S, S_US
from makara.behaviours._rule import Window
from makara.behaviours._spans import Spans

BRIDGE_S: Final = 2.5 * HOUR_S
"""Longest silence that is bridged."""
SETTLE_S: Final = 15 * MINUTE_S
"""A sighting is judged at the vessel's first report this long after it."""
REACH_S: Final = int(2 * BRIDGE_S + SETTLE_S)
"""How far before the window points must be known."""
_SLOW_KN: Final = 3.0
_PASSAGE_KN: Final = 6.0
"""A vessel can always go at this speed."""
_NAMES: Final = ("far", "lon", "lat")


def paused(window: Window, finds: pl.DataFrame, pause_min_s: float) -> pl.DataFrame:
    """Vessels that lay beside what was found, judged at their first report some time after it.

    Args:
        window: with :data:`REACH_S` of points before it; only judgements that fall into it are given.
        finds: ``t`` (microseconds), ``lon_deg, lat_deg``, ``reach_m`` (how near), ``track`` (0: any; else only that
            one, which was itself seen there).
        pause_min_s: shortest pause.

    Returns:
        ``row`` (of the find), ``mover, mmsi, track, t_judged``, ``t_from, t_to`` (of the pause as far as known),
        ``pause_s`` (time that it can have lain there), ``far_m``, ``lon, lat`` (of the vessel), ``shore_m,
        anchorage_m, zones`` (at the report before), ``marks``; ordered by find and track.
    """
    points = window.track_points
    t, track = points["t_seen"].to_physical().to_numpy(), points["track"].to_numpy()
    sog = points["sog_kn"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    rows, place = _paused(
        t, points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy(), sog, track, *Spans.of(points).arrays,
        finds["t"].to_numpy(), finds["lon_deg"].to_numpy(), finds["lat_deg"].to_numpy(), finds["reach_m"].to_numpy(),
        finds["track"].to_numpy(), window.frm_us, window.to_us, pause_min_s,
    )  # fmt: skip
    before, after = rows[:, 1], rows[:, 2]
    marks = pl.DataFrame({"a": points["mark"].gather(before), "b": points["mark"].gather(after)})
    told = marks.select(pl.concat_list("a", "b").list.drop_nulls().list.unique().list.sort()).to_series()
    found = points.select("mover", "mmsi", "track", "shore_m", "anchorage_m", "zones")[before]
    out: pl.DataFrame = found.with_columns(
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        pl.col("shore_m", "anchorage_m").cast(pl.Float64),
        told.alias("marks"),
        *(
            pl.Series(n, rows[:, k], dtype=pl.Int64())
            for k, n in ((0, "row"), (3, "t_judged"), (4, "t_from"), (5, "t_to"), (6, "pause_s"))
        ),
        *(pl.Series(f"{n}_m" if n == "far" else n, place[:, k], dtype=pl.Float64()) for k, n in enumerate(_NAMES)),
    )
    return out.sort("row", "track")


@njit(cache=True)
def _leg_kn(t: Any, lon: Any, lat: Any, i: Any) -> Any:
    """Speed from report i - 1 to i."""
    dt = (t[i] - t[i - 1]) / 1e6
    return distance_scalar(lon[i - 1], lat[i - 1], lon[i], lat[i]) / max(dt, 1.0) / KN_M_S


@njit(cache=True)
def _is_slow(t: Any, lon: Any, lat: Any, sog: Any, i: Any) -> Any:
    """Whether the whole leg was slow: what came and left fast has paused somewhere on the way."""
    if t[i] - t[i - 1] > BRIDGE_S * S_US or (sog[i - 1] >= _SLOW_KN and sog[i] >= _SLOW_KN):
        return False
    return _leg_kn(t, lon, lat, i) < _SLOW_KN


@njit(cache=True)
def _paused(
    t: Any, lon: Any, lat: Any, sog: Any, track: Any, first: Any, end: Any, t_first: Any, t_last: Any,
    south: Any, north: Any,
    f_t: Any, f_lon: Any, f_lat: Any, f_reach: Any, f_track: Any, frm: int, to: int, least: float,
) -> Any:  # fmt: skip
    room = 256
    rows = np.empty((room, 7), np.int64)
    place = np.empty((room, 3))
    n = 0
    for f in range(f_t.size):
        judged = f_t[f] + int(SETTLE_S * S_US)
        margin = f_reach[f] / 110_000.0
        for s in range(first.size):
            if t_last[s] < judged or t_first[s] > f_t[f]:
                continue
            if f_track[f] == 0 and (south[s] > f_lat[f] + margin or north[s] < f_lat[f] - margin):
                continue
            a, b = first[s], end[s]
            if f_track[f] != 0 and f_track[f] != track[a]:
                continue
            last = a + np.searchsorted(t[a:b], judged)
            if t[last] < frm or t[last] >= to or t[last] - judged > BRIDGE_S * S_US:
                continue
            k = a + np.searchsorted(t[a:b], f_t[f], side="right")
            if k <= a or k >= b or t[k] - t[k - 1] > BRIDGE_S * S_US:
                continue
            d0 = distance_scalar(lon[k - 1], lat[k - 1], f_lon[f], f_lat[f])
            d1 = distance_scalar(f_lon[f], f_lat[f], lon[k], lat[k])
            if min(d0, d1) > f_reach[f] + 60.0 * KN_M_S * (t[k] - t[k - 1]) / 1e6:
                continue
            low, high = f_t[f], f_t[f]
            x, y = f_lon[f], f_lat[f]
            slow = _is_slow(t, lon, lat, sog, k)
            own = f_track[f] != 0
            pause = 0.0
            if slow:
                w = (f_t[f] - t[k - 1]) / (t[k] - t[k - 1])
                d = (lon[k] - lon[k - 1] + 180.0) % 360.0 - 180.0
                if not own:
                    x = (lon[k - 1] + w * d + 180.0) % 360.0 - 180.0
                    y = lat[k - 1] + w * (lat[k] - lat[k - 1])
                low, high = t[k - 1], t[k]
                pause = (high - low) / 1e6
            else:
                fast = max(_PASSAGE_KN, _leg_kn(t, lon, lat, k))
                for e in (k - 1, k):
                    if not np.isnan(sog[e]):
                        fast = max(fast, sog[e])
                pause = (t[k] - t[k - 1]) / 1e6 - (d0 + d1) / (fast * KN_M_S)
                before = not np.isnan(sog[k - 1]) and sog[k - 1] < _SLOW_KN
                after = not np.isnan(sog[k]) and sog[k] < _SLOW_KN
                if not own and before == after:
                    continue  # where it paused is not known
                if not own:
                    e = k - 1 if before else k
                    x, y = lon[e], lat[e]
                    low, high = min(low, t[e]), max(high, t[e])
            far = distance_scalar(x, y, f_lon[f], f_lat[f])
            if far > f_reach[f]:
                continue
            i = k - 1
            while i > a and t[i] == low and _is_slow(t, lon, lat, sog, i):
                if f_t[f] - t[i - 1] > BRIDGE_S * S_US:
                    break
                pause += (t[i] - t[i - 1]) / 1e6
                low = t[i - 1]
                i -= 1
            i = k + 1
            while i <= last and t[i - 1] == high and _is_slow(t, lon, lat, sog, i):
                pause += (t[i] - t[i - 1]) / 1e6
                high = t[i]
                i += 1
            if pause < least:
                continue
            if n == room:
                more = np.empty((2 * room, 7), np.int64)
                more[:room] = rows
                rows = more
                wider = np.empty((2 * room, 3))
                wider[:room] = place
                place = wider
                room *= 2
            rows[n, 0], rows[n, 1], rows[n, 2], rows[n, 3] = f, k - 1, k, t[last]
            rows[n, 4], rows[n, 5], rows[n, 6] = low, high, round(pause)
            place[n, 0], place[n, 1], place[n, 2] = far, x, y
            n += 1
    return rows[:n], place[:n]
