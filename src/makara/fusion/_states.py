"""Where tracks are at instants: position, velocity and spread, from the reports before and after. Compiled.

Forward from the report before and backward from the one after by dead reckoning; the two are joined as the product of
their densities (Kroodsma 2022, Paolo 2024): weights by precision, and their disagreement widens the result. The spread
of one side grows as dead reckoning errs on real tracks: 450 m x hours^1.3 for a cargo ship, a bivariate t of 1.4
degrees of freedom (1.8 for both sides), which holds from five minutes to a day; a vessel at rest mostly stays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M, F, wrap_scalar
from makara.base.units import HOUR_S, KN_M_S

REACH_S: Final = 6 * HOUR_S
"""Reports further away in time than this are not used."""
FLOOR_M: Final = 25.0
"""Least spread: the antenna's place on the hull and the noise of positions."""
FREEDOM_ONE: Final = 1.4
FREEDOM_BOTH: Final = 1.8
SPREAD: Final[dict[str, float]] = {
    "cargo": 1.0,
    "tanker": 1.1,
    "carrier": 1.2,
    "passenger": 1.3,
    "unknown": 1.6,
    "tug": 1.7,
    "fishing": 3.0,
    "small": 3.0,
}
"""Spread by class against that of a cargo ship (medians of dead reckoning over one to six hours on real tracks)."""
HOUR_M: Final = 450.0
GROWTH: Final = 1.3
AT_REST: Final = 0.3
"""Share of the spread that a vessel at rest keeps."""
_REST_M_S: Final = 0.25
_UNKNOWN_KN: Final = 4.0
_E2: Final = F * (2.0 - F)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True)
def spread_m(dt_s: float, factor: float) -> float:
    """Spread of a place reckoned over so many seconds, metres."""
    return math.hypot(factor * HOUR_M * (dt_s / 3600.0) ** GROWTH, FLOOR_M)


@njit(cache=True)
def _offset(lon0: float, lat0: float, lon: float, lat: float) -> tuple[float, float]:
    """East and north metres from the first point to the second, on the ellipsoid's tangent."""
    mid = 0.5 * (lat0 + lat) * math.pi / 180.0
    w = 1.0 - _E2 * math.sin(mid) ** 2
    east = wrap_scalar(lon - lon0) * math.pi / 180.0 * A_M / math.sqrt(w) * math.cos(mid)
    return east, (lat - lat0) * math.pi / 180.0 * A_M * (1.0 - _E2) / w**1.5


@njit(cache=True)
def moved(lon: float, lat: float, east: float, north: float) -> tuple[float, float]:
    """The point so many metres east and north of another."""
    w = 1.0 - _E2 * math.sin(lat * math.pi / 180.0) ** 2
    lat2 = min(max(lat + north / (A_M * (1.0 - _E2) / w**1.5) * 180.0 / math.pi, -89.999), 89.999)
    mid = 0.5 * (lat + lat2) * math.pi / 180.0
    w = 1.0 - _E2 * math.sin(mid) ** 2
    return wrap_scalar(lon + east / (A_M / math.sqrt(w) * math.cos(mid)) * 180.0 / math.pi), lat2


@njit(cache=True)
def _velocity(i: int, j: int, ok: bool, t_us: Any, lon: Any, lat: Any, sog: Any, cog: Any) -> tuple[float, float, bool]:
    """East and north metres a second at row i: as stated, else from the way between rows i and j."""
    if not math.isnan(sog[i]) and (sog[i] < 0.5 or not math.isnan(cog[i])):
        v = sog[i] * KN_M_S
        a = cog[i] * math.pi / 180.0 if not math.isnan(cog[i]) else 0.0
        return v * math.sin(a), v * math.cos(a), True
    if ok and t_us[i] != t_us[j]:
        e, n = _offset(lon[i], lat[i], lon[j], lat[j])
        dt = (t_us[j] - t_us[i]) * 1e-6
        return e / dt, n / dt, True
    return 0.0, 0.0, False


@njit(cache=True)
def _find(t_us: Any, first: int, end: int, t: int) -> int:
    """The last row of [first, end) that is not after t; first - 1 if there is none."""
    lo, hi = first, end
    while lo < hi:
        mid = (lo + hi) // 2
        if t_us[mid] <= t:
            lo = mid + 1
        else:
            hi = mid
    return lo - 1


@njit(cache=True)
def _occasions(start: Any, t_us: Any, occasion: Any, which: Any, t0: int, t1: int) -> Any:
    out = np.zeros(which.size, np.int64)
    for q in range(which.size):
        a, z = start[which[q]], start[which[q] + 1]
        first, last = _find(t_us, a, z, t0 - 1) + 1, _find(t_us, a, z, t1)
        if last >= first:
            out[q] = occasion[last] - occasion[first] + 1
    return out


@njit(cache=True)
def states(
    start: Any, t_us: Any, lon: Any, lat: Any, sog: Any, cog: Any, factor: Any, which: Any, when: Any
) -> tuple[Any, Any, Any]:
    """State of track ``which[m]`` at ``when[m]`` (microseconds), m by m.

    Returns:
        Floats: lon_deg, lat_deg, velocity east and north (m/s), spread_m, degrees of freedom, seconds to the nearest
        report (infinite if there is none within reach; the rest is then NaN). Rows of the report before and after, -1
        for none.
    """
    m = which.size
    out = np.full((m, 7), np.nan)
    before, after = np.full(m, -1, np.int64), np.full(m, -1, np.int64)
    reach = int(REACH_S * 1e6)
    for q in range(m):
        k, t = which[q], when[q]
        a, z = start[k], start[k + 1]
        i = _find(t_us, a, z, t)
        j = i + 1
        has_i = i >= a and t - t_us[i] <= reach
        has_j = j < z and t_us[j] - t <= reach
        out[q, 6] = math.inf
        if not (has_i or has_j):
            continue
        near = i if has_i and (not has_j or t - t_us[i] <= t_us[j] - t) else j
        sum_w = sum_e = sum_n = ve = vn = 0.0
        fe = fn = be = bn = wf = wb = 0.0
        for side in range(2):
            if side == 0 and has_i:
                r = i
                other = i - 1
                ok = other >= a and t - t_us[other] <= reach
                if not ok and has_j:
                    other, ok = j, True
            elif side == 1 and has_j:
                r = j
                other = j + 1
                ok = other < z and t_us[other] - t <= reach
                if not ok and has_i:
                    other, ok = i, True
            else:
                continue
            e, n, known = _velocity(r, other, ok, t_us, lon, lat, sog, cog)
            dt = (t - t_us[r]) * 1e-6
            s = spread_m(abs(dt), factor[k] * (AT_REST if known and math.hypot(e, n) < _REST_M_S else 1.0))
            if not known:
                s += _UNKNOWN_KN * KN_M_S * abs(dt)
            oe, on = _offset(lon[near], lat[near], lon[r], lat[r])
            w = 1.0 / (s * s)
            pe, pn = oe + e * dt, on + n * dt
            sum_w += w
            sum_e += w * pe
            sum_n += w * pn
            ve += w * e
            vn += w * n
            if side == 0:
                fe, fn, wf = pe, pn, w
            else:
                be, bn, wb = pe, pn, w
        var = 1.0 / sum_w
        if has_i and has_j:
            var += 0.5 * wf * wb / (sum_w * sum_w) * ((fe - be) ** 2 + (fn - bn) ** 2)
        out[q, 0], out[q, 1] = moved(lon[near], lat[near], sum_e / sum_w, sum_n / sum_w)
        out[q, 2], out[q, 3], out[q, 4] = ve / sum_w, vn / sum_w, math.sqrt(max(var, FLOOR_M * FLOOR_M))
        out[q, 5] = FREEDOM_BOTH if has_i and has_j else FREEDOM_ONE
        out[q, 6] = abs(t - t_us[near]) * 1e-6
        before[q], after[q] = (i if has_i else -1), (j if has_j else -1)
    return out, before, after


@dataclass(frozen=True)
class Tracks:
    """Points of tracks as arrays, sorted by track, time and report.

    Attributes:
        ident: track ids, sorted.
        mover: mover of each track.
        start: first row of each track, and the number of rows.
        factor: spread of each track against a cargo ship's.
        speed_max_kn: fastest plausible speed of each track.
        length_m: length of each track's vessel, NaN if unknown.
        vessel_marks: marks of what is known of each track's vessel.
        class_b: tracks of class B transponders.
        vessel: tracks of vessels (not of aids to navigation).
        occasion: running number of the half-hours in which the track was heard, by row.
        mark, receiver: of each row.
    """

    ident: Ints
    mover: Ints
    start: Ints
    t_us: Ints
    lon: Floats
    lat: Floats
    sog: Floats
    cog: Floats
    factor: Floats
    speed_max_kn: Floats
    length_m: Floats
    vessel_marks: pl.Series
    class_b: NDArray[np.bool_]
    vessel: NDArray[np.bool_]
    occasion: Ints
    mark: pl.Series
    receiver: pl.Series

    def at(self, which: Ints, when: Ints) -> tuple[Floats, Ints, Ints]:
        """States of tracks at instants, as :func:`states` gives them."""
        out: tuple[Floats, Ints, Ints] = states(
            self.start, self.t_us, self.lon, self.lat, self.sog, self.cog, self.factor, which, when
        )
        return out

    def occasions(self, which: Ints, when: int) -> Ints:
        """Half-hours within reach of an instant in which tracks were heard."""
        reach = int(REACH_S * 1e6)
        out: Ints = _occasions(self.start, self.t_us, self.occasion, which, when - reach, when + reach)
        return out
