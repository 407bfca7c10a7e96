"""How a track moves around an instant: speeds, turning, tortuosity over half an hour to half a day.

A track is cut into slots of a quarter of an hour, counted from its own start, so that neither the clock nor the cadence
of its reports shows. The track's place at each border of a slot is interpolated between the reports on both sides (over
at most four hours); all features but the stated speed are measured along these places. What a slot says is settled an
hour after it began: it looks eleven hours back and one hour ahead, and uses no report later than that. So any split of
the input in time gives the same numbers, at the price of an hour's delay. Thinning a track to 10 or 15 minutes moves
them little; where reports are further apart than the hour ahead, that part of a window is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M, wrap_scalar
from makara.base.units import HOUR_S, KN_M_S, S_US

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SLOT_S: Final = 900
AHEAD_S: Final = HOUR_S
BEHIND_S: Final = 11 * HOUR_S
BRIDGE_S: Final = 4 * HOUR_S
REACH_S: Final = SLOT_S + BEHIND_S + BRIDGE_S + AHEAD_S
"""A report's slot is whole where the rows of so long before it are there."""
FEATURES: Final = (
    "sog_kn", "now_kn", "mean_2h_kn", "min_2h_kn", "max_2h_kn", "sd_2h_kn", "straight_2h", "turn_2h_deg",
    "mean_6h_kn", "straight_6h", "turn_6h_deg", "mean_12h_kn", "sd_12h_kn", "straight_12h", "reach_12h_km",
    "back_12h_km", "under_1kn_12h", "under_3kn_12h", "under_6kn_12h", "under_9kn_12h", "shore_km", "sun",
)  # fmt: skip
"""Windows: 2 h are [-1, 1], 6 h [-5, 1], 12 h [-11, 1] around the slot's start; ``now`` is half an hour around it.

``sog_kn``: mean stated speed of the slot's reports. ``straight``: way made good over way run. ``turn``: mean change of
course from one quarter of an hour to the next. ``reach``: farthest place of the window from here. ``back``: nearest
place of three hours ago and before. ``under``: share of the window under a speed. ``shore_km``: at most 50. ``sun``:
cosine of the sun's hour angle from longitude (1 at noon, -1 at midnight), only where the mean speed over 2 h is under
2 kn, for squid is jigged adrift at night. NaN is unknown."""
_SLOW_KN: Final = 2.0
_FAST_KN: Final = 11.0
_STILL_KN: Final = 0.15
_FAR_KM: Final = 50.0
_NEVER: Final = np.iinfo(np.int64).max
_QUARTERS: Final = HOUR_S // SLOT_S


@dataclass(frozen=True)
class Slots:
    """Slots that hold reports, in the order of their tracks and times.

    Attributes:
        first: row of the first report of each slot.
        of: slot of each report; -1 where it was not asked for or is not settled.
        features: a row a slot, columns :data:`FEATURES`.
        plain: slots that need no classifier: all of the two hours around was faster than 11 kn, or slower than 0.15 kn
            (moored, at anchor). Of these only the features of up to 2 h are there.
    """

    first: Ints
    of: Ints
    features: NDArray[np.float32]
    plain: NDArray[np.bool_]


def slots(
    track: Ints, t: Ints, lon: Floats, lat: Floats, sog: Floats, shore: Floats, start: Ints, frm: int, to: int
) -> Slots:
    """Features of the slots of reports.

    Args:
        track: ordered by track and time.
        t: microseconds since 1970.
        lon: degrees.
        lat: degrees.
        sog: stated speed in knots; NaN where unknown.
        shore: metres from the shore; NaN where unknown.
        start: when the report's track began (the same on all rows of a track).
        frm: reports before this are context only.
        to: end of what is known; slots that are not settled by then are left out.
    """
    of = np.full(t.size, -1, np.int64)
    n = _number(track, t, start, frm, to, of)
    first = np.empty(n, np.int64)
    features = np.empty((n, len(FEATURES)), np.float32)
    plain = np.zeros(n, np.bool_)
    _measure(track, t, lon, lat, sog, shore, start, of, first, features, plain)
    return Slots(first, of, features, plain)


@njit(cache=True)
def _number(track: Any, t: Any, start: Any, frm: int, to: int, of: Any) -> int:
    """Number the slots that are asked for and settled."""
    n = 0
    step = SLOT_S * S_US
    ahead = AHEAD_S * S_US
    last = -1
    for i in range(t.size):
        if t[i] < frm:
            continue
        k = (t[i] - start[i]) // step
        if start[i] + k * step + ahead > to:
            continue
        if i == 0 or track[i] != track[i - 1] or of[i - 1] < 0 or k != last:
            n += 1
        of[i] = n - 1
        last = k
    return n


@njit(cache=True)
def _measure(
    track: Any, t: Any, lon: Any, lat: Any, sog: Any, shore: Any, start: Any, of: Any, first: Any, out: Any,
    plain: Any,
) -> None:  # fmt: skip
    n = t.size
    a = 0
    while a < n:
        b = a + 1
        asked = of[a] >= 0
        while b < n and track[b] == track[a]:
            asked = asked or of[b] >= 0
            b += 1
        if asked:
            _track(a, b, t, lon, lat, sog, shore, start[a], of, first, out, plain)
        a = b


@njit(cache=True)
def _track(
    a: int, b: int, t: Any, lon: Any, lat: Any, sog: Any, shore: Any, start: int, of: Any, first: Any, out: Any,
    plain: Any,
) -> None:  # fmt: skip
    """Places at the borders of slots of one track (rows a to b), and the features of its slots."""
    step = SLOT_S * S_US
    k0 = -((start - t[a]) // step)  # first border at or after the first row
    count = max((t[b - 1] - start) // step - k0 + 1, 0)
    x = np.empty(count)
    y = np.empty(count)
    known = np.empty(count, np.int64)
    i = a
    for k in range(count):
        s = start + (k0 + k) * step
        while i + 1 < b and t[i + 1] < s:
            i += 1
        j = i if t[i] >= s else i + 1
        if t[j] == s or j == a:
            x[k], y[k], known[k] = lon[j], lat[j], t[j]
        elif t[j] - t[j - 1] > BRIDGE_S * S_US:
            x[k], y[k], known[k] = np.nan, np.nan, _NEVER
        else:
            w = (s - t[j - 1]) / (t[j] - t[j - 1])
            d = wrap_scalar(lon[j] - lon[j - 1])
            x[k], y[k], known[k] = lon[j - 1] + w * d, lat[j - 1] + w * (lat[j] - lat[j - 1]), t[j]
    before = np.nan
    for k in range(count):  # longitudes run on past 180 degrees
        if abs(x[k] - before) > 180.0:
            x[k] -= 360.0 * np.round((x[k] - before) / 360.0)
        if x[k] == x[k]:
            before = x[k]
    speed, course, ready = _legs(x, y, known)
    i = a
    while i < b:
        if of[i] < 0:
            i += 1
            continue
        g = of[i]
        first[g] = i
        stated = 0.0
        m = 0
        k = (t[i] - start) // step
        j = i
        while j > a and (t[j - 1] - start) // step == k:  # context rows of the same slot
            j -= 1
            if sog[j] == sog[j]:
                stated += sog[j]
                m += 1
        while i < b and of[i] == g:
            if sog[i] == sog[i]:
                stated += sog[i]
                m += 1
            i += 1
        row = out[g]
        row[:] = np.nan
        if m > 0:
            row[0] = stated / m
        if shore[first[g]] == shore[first[g]]:
            row[20] = min(shore[first[g]] / 1000.0, _FAR_KM)
        s = start + k * step
        plain[g] = _windows(k - k0, s, x, y, speed, course, ready, known, row)
        if row[2] < _SLOW_KN:
            hours = (s / (HOUR_S * S_US) + lon[first[g]] / 15.0) % 24.0
            row[21] = np.cos((hours - 12.0) / 12.0 * np.pi)
        for f in range(row.size):
            row[f] = np.round(row[f] * 1000.0) / 1000.0


@njit(cache=True)
def _legs(x: Any, y: Any, known: Any) -> Any:
    """Speed (knots), course (radians) and when it is known, of the leg to each border from the one before."""
    n = x.size
    speed = np.full(n, np.nan)
    course = np.zeros(n)
    ready = np.full(n, _NEVER)
    metres = A_M * np.pi / 180.0
    for k in range(1, n):
        if known[k] == _NEVER or known[k - 1] == _NEVER:
            continue
        east = (x[k] - x[k - 1]) * metres * np.cos(0.5 * (y[k] + y[k - 1]) * np.pi / 180.0)
        north = (y[k] - y[k - 1]) * metres
        speed[k] = np.sqrt(east * east + north * north) / SLOT_S / KN_M_S
        course[k] = np.arctan2(east, north)
        ready[k] = max(known[k], known[k - 1])
    return speed, course, ready


@njit(cache=True)
def _windows(k: int, s: int, x: Any, y: Any, speed: Any, course: Any, ready: Any, known: Any, row: Any) -> bool:
    """Features of the slot that begins at border k (instant s), from the latest leg known back; whether it is plain."""
    if k < 0:
        return False
    until = s + AHEAD_S * S_US
    stop = min(k + _QUARTERS, x.size - 1)
    while stop > k and known[stop] >= until:
        stop -= 1
    now = 0.0
    m = 0
    for j in range(max(k, 1), min(k + 1, stop) + 1):
        if ready[j] < until:
            now += speed[j]
            m += 1
    if m > 0:
        row[1] = now / m
    east_m = A_M * np.pi / 180.0 * np.cos(y[k] * np.pi / 180.0)
    north_m = A_M * np.pi / 180.0
    total, square, turned, reach = 0.0, 0.0, 0.0, 0.0
    least, most, back = np.inf, 0.0, np.inf
    legs, turns, last, low, one, three, six, nine = 0, 0, -1, -1, 0, 0, 0, 0
    for j in range(stop, max(k - 11 * _QUARTERS, 0), -1):
        if ready[j] < until:
            v = speed[j]
            total += v
            square += v * v
            legs += 1
            one += v < 1.0
            three += v < 3.0
            six += v < 6.0
            nine += v < 9.0
            if low == j + 1 and v > 0.3 and speed[j + 1] > 0.3:
                turn = abs(course[j + 1] - course[j])
                turned += min(turn, 2.0 * np.pi - turn)
                turns += 1
            low = j
            if last < 0:
                last = j
            if j > k - _QUARTERS:
                least, most = min(least, v), max(most, v)
            east = (x[j - 1] - x[k]) * east_m
            north = (y[j - 1] - y[k]) * north_m
            far = east * east + north * north
            reach = max(reach, far)
            if j <= k - 3 * _QUARTERS:
                back = min(back, far)
        if j == k - _QUARTERS + 1 or (j == 1 and k < _QUARTERS):
            _stated(total, square, legs, turned, turns, x, y, low, last, row, 2, 6, 7, 5)
            if legs > 0:
                row[3], row[4] = least, most
                if least >= _FAST_KN or most < _STILL_KN:
                    return True
        if j == k - 5 * _QUARTERS + 1 or (j == 1 and k < 5 * _QUARTERS):
            _stated(total, square, legs, turned, turns, x, y, low, last, row, 8, 9, 10, -1)
    _stated(total, square, legs, turned, turns, x, y, low, last, row, 11, 13, -1, 12)
    if legs > 0:
        row[14] = min(np.sqrt(reach) / 1000.0, 300.0)
        if back < np.inf:
            row[15] = min(np.sqrt(back) / 1000.0, 100.0)
        row[16], row[17], row[18], row[19] = one / legs, three / legs, six / legs, nine / legs
    return False


@njit(cache=True)
def _stated(
    total: float, square: float, legs: int, turned: float, turns: int, x: Any, y: Any, low: int, last: int, row: Any,
    mean_at: int, straight_at: int, turn_at: int, spread_at: int,
) -> None:  # fmt: skip
    """Mean speed, straightness, turning and spread of the legs so far."""
    if legs == 0:
        return
    row[mean_at] = total / legs
    ran = total * SLOT_S * KN_M_S
    if ran > 300.0:
        metres = A_M * np.pi / 180.0
        east = (x[last] - x[low - 1]) * np.cos(0.5 * (y[last] + y[low - 1]) * np.pi / 180.0)
        row[straight_at] = min(np.hypot(east, y[last] - y[low - 1]) * metres / ran, 1.0)
    if turn_at >= 0 and turns > 0:
        row[turn_at] = turned / turns * 180.0 / np.pi
    if spread_at >= 0:
        row[spread_at] = np.sqrt(max(square / legs - (total / legs) ** 2, 0.0))


__all__ = ["AHEAD_S", "BEHIND_S", "BRIDGE_S", "FEATURES", "REACH_S", "SLOT_S", "Slots", "slots"]
