"""Global Fishing Watch's segmenter as one compiled pass over all movers; gfw.py says what is repeated and why."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit

from makara.tracks.clean import DUPLICATE, KEPT, NOISE, TOO_FAST

PENALTY_HOURS: Final = 4.0
BUFFER_HOURS: Final = 0.25
LOOKBACK: Final = 5
LOOKBACK_FACTOR: Final = 2.0
MAX_KNOTS: Final = 25.0
PENALTY_SPEED: Final = 5.0
AMBIGUITY_FACTOR: Final = 10.0
SHORT_SEGMENT: Final = 10.0
MISMATCH_WEIGHT: Final = 0.1
SHAPE_FACTOR: Final = 4.0
MIN_TYPE_27_HOURS: Final = 1.0
MAX_OPEN: Final = 100
_RAD: Final = math.pi / 180.0
_UNKNOWN: Final = 4095
_MIX: Final = 0x1E3779B97F4A7C15
_MIX_2: Final = 0x3F58476D1CE4E5B9


@njit(cache=True)
def _wrap(x: float) -> float:
    return (x + 180.0) % 360.0 - 180.0


@njit(cache=True)
def _miss(lon: float, lat: float, sog: float, cog: float, hours: float, lon_to: float, lat_to: float, k: float) -> Any:
    """Offsets (east, north) in nautical miles from where dead reckoning leads to where the other report is."""
    if math.isnan(cog):
        sog = cog = 0.0
    away = sog * hours
    z = (90.0 - cog) * _RAD
    x = lon + math.cos(z) * away / 60.0 / (math.cos(lat * _RAD) + 1e-3)
    y = lat + math.sin(z) * away / 60.0
    return math.hypot(k * _wrap(x - lon_to), 60.0 * (y - lat_to))


@njit(cache=True)
def _across(cog: float, run: float, bearing: float, dist: float) -> float:
    """Distance of the other point from the path that a report points along; infinite where it lies beyond the path."""
    z = (90.0 - (0.0 if math.isnan(cog) else cog)) * _RAD - bearing
    along = math.cos(z) * dist
    return abs(math.sin(z)) * dist if 0.0 < along <= run else math.inf


@njit(cache=True)
def discrepancy(
    lon1: float,
    lat1: float,
    sog1: float,
    cog1: float,
    lon2: float,
    lat2: float,
    sog2: float,
    cog2: float,
    hours: float,
) -> Any:
    """Nautical miles between what two reports say of each other: the least of three kinds.

    It kept its course (mean of forward and backward miss), it stayed, or it is on the way (both weighted fourfold).
    """
    k = 60.0 * math.cos(0.5 * (lat1 + lat2) * _RAD)
    forward = _miss(lon1, lat1, sog1, cog1, hours, lon2, lat2, k)
    backward = _miss(lon2, lat2, sog2, cog2, -hours, lon1, lat1, k)
    north, east = 60.0 * (lat2 - lat1), k * _wrap(lon2 - lon1)
    dist = math.hypot(north, east)
    bearing = math.atan2(north, east)
    across = _across(cog1, sog1 * hours, bearing, dist) + _across(cog2, sog2 * hours, bearing, dist)
    return min(0.5 * (forward + backward), SHAPE_FACTOR * dist, SHAPE_FACTOR * 0.5 * across)


@njit(cache=True)
def _metric(away: float, hours: float) -> float:
    padded = math.hypot(hours, BUFFER_HOURS)
    limit = padded * MAX_KNOTS
    if away > limit:
        return 0.0
    alpha = MAX_KNOTS / PENALTY_SPEED * away / limit
    return math.exp(-alpha * alpha) / padded


@njit(cache=True)
def _stated(p: Any) -> tuple[int, int]:
    """What a report states, rounded as theirs (half to even), in two numbers: its place; speed, course and heading."""
    lon, lat = int(np.rint(p[0] * 60_000.0)), int(np.rint(p[1] * 60_000.0))
    course = _UNKNOWN if math.isnan(p[3]) else int(np.rint(p[3] * 10.0))
    heading = _UNKNOWN if math.isnan(p[4]) else int(np.rint(p[4]))
    return (lon << 25) + lat, (int(np.rint(p[2] * 10.0)) << 24) + (course << 12) + heading


@njit(cache=True)
def mark_repeated(start: Any, place: Any, code: Any) -> None:
    """Kept rows that make way and state what their mover stated before become DUPLICATE in ``code``.

    Args:
        start: first row of each row's mover; rows are sorted by mover.
        place: lon, lat (degrees), speed (knots), course and heading (degrees, NaN if unknown) of each row.
        code: verdict of each row.
    """
    size = 16
    for i in range(start.size):
        while size < 2 * (i - start[i] + 1):
            size *= 2
    # A slot holds the row that stated something first. Rows of movers before this one count as empty.
    slots, where, what = np.full(size, -1, np.int64), np.empty(start.size, np.int64), np.empty(start.size, np.int64)
    for i in range(start.size):
        if code[i] != KEPT:
            continue
        where[i], what[i] = _stated(place[i])
        at = where[i] * _MIX + what[i] * _MIX_2
        at = (at ^ (at >> 31)) * _MIX
        k = (at >> 32) & (size - 1)
        while slots[k] >= start[i] and (where[slots[k]] != where[i] or what[slots[k]] != what[i]):
            k = (k + 1) & (size - 1)
        if slots[k] < start[i]:
            slots[k] = i
        elif place[i, 2] > 0.0:
            code[i] = DUPLICATE


@njit(cache=True)
def _match(
    i: int, last: int, before: Any, metric: Any, t_us: Any, place: Any, kind: Any, max_hours: float
) -> tuple[float, float, int]:
    """How well row i continues a segment that ends with row ``last``: metric (0: not), hours, and after which row.

    One of the segment's last five rows may be continued; those after it are then dropped, if that is much better.
    """
    kinds, j = 0, last
    for _ in range(LOOKBACK):
        if j >= 0:
            kinds |= kind[j]
            j = before[j]
    same = (kinds & kind[i]) != 0
    best = found = hours_found = existing = m = 0.0
    at, j = -1, last
    for back in range(LOOKBACK):
        if j < 0:
            break
        hours = (t_us[i] - t_us[j]) / 3.6e9
        if hours > max_hours:
            break
        weight = 1.0 if same else MISMATCH_WEIGHT
        share = max(1.0, back * LOOKBACK_FACTOR)
        reduced = 0.0
        if weight / math.hypot(hours, BUFFER_HOURS) / share > max(existing, best):  # else the best case is not enough
            damped = hours / (1.0 + (hours / PENALTY_HOURS) ** 0.5)
            p, q = place[j], place[i]
            m = _metric(discrepancy(p[0], p[1], p[2], p[3], q[0], q[1], q[2], q[3], damped), hours) * weight
            reduced = m / share
        if reduced > existing and reduced > best:
            best, found, hours_found, at = reduced, m, hours, j
        existing = metric[j]
        j = before[j]
    return found, hours_found, at


@njit(cache=True)
def _close(first: Any, last: Any, count: Any, n: int, k: int) -> int:
    for m in range(k, n - 1):
        first[m], last[m], count[m] = first[m + 1], last[m + 1], count[m + 1]
    return n - 1


@njit(cache=True)
def _weighted(m: float, count: int) -> float:
    a = count / SHORT_SEGMENT
    return m * a / math.sqrt(1.0 + a * a)


@njit(cache=True)
def link(start: Any, t_us: Any, place: Any, kind: Any, long_range: Any, code: Any, max_hours: float) -> Any:
    """First row of each row's segment, -1 for none; ``code`` is changed where a row is dropped.

    Args:
        start: first row of each row's mover; rows are sorted by mover and time.
        t_us: times, microseconds.
        place: lon, lat (degrees), speed (knots), course (degrees, NaN if unknown) of each row; no more is read.
        kind: transponder classes of each row, as bits.
        long_range: rows that are messages of type 27.
        code: KEPT where a row is to be judged; set to TOO_FAST where a later one fits better without it, and to NOISE
            where a message of type 27 comes too soon after its segment's last.
        max_hours: silence after which a segment ends.
    """
    out = np.full(t_us.size, -1, np.int64)
    before, metric = np.full(t_us.size, -1, np.int64), np.zeros(t_us.size)
    first, last, count = np.empty(MAX_OPEN, np.int64), np.empty(MAX_OPEN, np.int64), np.empty(MAX_OPEN, np.int64)
    m, weight, hours, at = np.empty(MAX_OPEN), np.empty(MAX_OPEN), np.empty(MAX_OPEN), np.empty(MAX_OPEN, np.int64)
    n, mover = 0, -1
    for i in range(t_us.size):
        if start[i] != mover:
            mover, n = start[i], 0
        if code[i] != KEPT:
            continue
        for k in range(n - 1, -1, -1):
            if (t_us[i] - t_us[last[k]]) / 3.6e9 > max_hours:
                n = _close(first, last, count, n, k)
        found, best = 0, -1
        for k in range(n):
            m[k], hours[k], at[k] = _match(i, last[k], before, metric, t_us, place, kind, max_hours)
            weight[k] = 0.0
            if at[k] >= 0:
                weight[k] = _weighted(m[k], count[found])  # theirs: the weight of another segment, see gfw.DEFECTS
                found += 1
                if best < 0 or weight[k] > weight[best]:
                    best = k
        close, soonest = 0, math.inf
        for k in range(n):
            if at[k] >= 0 and (k == best or weight[k] * AMBIGUITY_FACTOR >= weight[best]):
                close += 1
                soonest = min(soonest, hours[k])
        if close and long_range[i] and soonest < MIN_TYPE_27_HOURS:
            code[i] = NOISE
            continue
        if close == 1:
            j = last[best]
            while j != at[best]:
                code[j], out[j] = TOO_FAST, -1
                j = before[j]
            before[i], metric[i], last[best], out[i] = j, m[best], i, first[best]
            count[best] += 1
            continue
        bar = weight[best] if close else math.inf
        for k in range(n - 1, -1, -1):
            if close and at[k] >= 0 and (k == best or weight[k] * AMBIGUITY_FACTOR >= bar):
                n = _close(first, last, count, n, k)
        if n == MAX_OPEN:
            oldest = 0
            for k in range(1, n):
                if t_us[last[k]] < t_us[last[oldest]]:
                    oldest = k
            n = _close(first, last, count, n, oldest)
        first[n], last[n], count[n], out[i] = i, i, 1, i
        n += 1
    return out
