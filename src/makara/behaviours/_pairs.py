"""Pairs: when two vessels are near each other, found without comparing all with all.

Tracks are cut into pieces of ten minutes; each piece is put into the cubes (2.5 km, through the Earth) that the box
around it touches; pieces that share a cube and whose boxes come near are compared report by report, the other vessel's
position interpolated. The cut and the cubes only find candidates: they change no result, wherever and whenever it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M, between_scalar, distance_scalar, reduced_scalar, wrap_scalar
from makara.base.units import MINUTE_S, S_US
from makara.behaviours._cubes import touching
from makara.behaviours._grown import grown

_BIN: Final = 10 * MINUTE_S * S_US
_VOUCHED: Final = 5 * MINUTE_S * S_US
"""A report vouches for its position this long before and after; the rest between two reports is interpolated."""

PIECES: Final = 500_000
"""So many pieces are paired at once."""

_NAMES: Final = (
    "a", "b", "t_first", "t_last", "start", "row_a", "row_b", "end_a", "end_b", "mm", "lon", "lat",
    "made_0", "mm_0", "slow_0", "pace_0", "east_0", "north_0",
    "in_ms", "in_made", "in_slow", "in_mm", "in_pace", "in_east", "in_north",
)  # fmt: skip
_WIDTH: Final = len(_NAMES)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Legs:
    """Legs of tracks: row i is the leg from report i - 1 to report i; ``usable`` says whether pairs may use it."""

    who: Ints
    t: Ints
    lon: Floats
    lat: Floats
    usable: NDArray[np.bool_]


def near(legs: Legs, pace: Ints, reach_m: float, slow_mm_s: float, known_from_us: int) -> pl.DataFrame:
    """Stretches in which two vessels are within ``reach_m`` at each report of either.

    Args:
        legs: usable legs are slow (below about 6 kn) and short in time.
        pace: speeds of the usable legs, mm/s.
        reach_m: largest distance.
        slow_mm_s: speed below which a vessel counts as slow.
        known_from_us: only instants that are known (by both legs' ends) from then on.

    Returns:
        ``a, b`` (numbers of the vessels, a < b), ``t_first, t_last`` (first and last such report), ``start`` (the later
        start of both legs at the first), ``row_a, row_b, end_a, end_b`` (legs at the first and last), ``mm`` (least
        distance), ``lon, lat`` (middle at the first, 1e-7 degrees). Then of the time between ``start`` and ``t_first``:
        ``made_0`` (interpolated, ms), ``mm_0`` (distance), ``slow_0`` (slow vessels), ``pace_0`` (both speeds, mm/s),
        ``east_0, north_0`` (bearing from a to b as a vector of length 1000); and of that between ``t_first`` and
        ``t_last``: ``in_ms``, and summed over it ``in_made`` (ms), ``in_slow, in_mm, in_pace, in_east, in_north``
        (times ms).
    """
    who, at, low, high, lo, hi = _pieces(legs.who, legs.t, legs.lon, legs.lat, legs.usable, reach_m)
    every = [pl.DataFrame(schema=dict.fromkeys(_NAMES, pl.Int64()))]
    for some in _by_time(at):
        w, bins = who[some], at[some]
        pairs = _by_vessels(touching(w, bins, lo[some], hi[some]), w)
        ends = bins, low[some], high[some], pairs
        rows = _meet(legs.who, legs.t, legs.lon, legs.lat, pace, *ends, reach_m, slow_mm_s, known_from_us)
        every.append(pl.DataFrame({n: rows[:, k].copy() for k, n in enumerate(_NAMES)}))
    return pl.concat(every).sort("a", "b", "t_last", "row_a", "row_b")


def _by_time(at: Ints) -> Iterator[Ints | slice]:
    """Pieces some bins at a time: in a crowd their pairs are many. A stretch may then be told in two."""
    if not at.size:
        return
    if at.size <= PIECES:
        yield slice(None)
        return
    first = int(at.min())
    part = (np.cumsum(np.bincount(at - first)) - 1) // PIECES
    for k in np.unique(part):
        yield np.flatnonzero(part[at - first] == k)


def speeds(legs: Legs, most_mm_s: float) -> NDArray[np.int64]:
    """Implied speed of each leg, mm/s (0 where it is not usable); those surely above a limit are not measured.

    They are given as twice the limit.
    """
    out: NDArray[np.int64] = _speeds(legs.t, legs.lon, legs.lat, legs.usable, most_mm_s)
    return out


@njit(cache=True)
def unbroken(track: Any, t: Any, good: Any, bridge_us: int) -> Any:
    """Which rows end a leg of one track that is short enough in time, and good at both ends."""
    out = np.zeros(t.size, np.bool_)
    for i in range(1, t.size):
        dt = t[i] - t[i - 1]
        out[i] = track[i] == track[i - 1] and 0 < dt <= bridge_us and good[i] and good[i - 1]
    return out


@njit(cache=True)
def _speeds(t: Any, lon: Any, lat: Any, usable: Any, most: float) -> Any:
    out = np.zeros(t.size, np.int64)
    known = -1
    b0, c0 = 0.0, 1.0
    for i in range(1, t.size):
        if usable[i]:
            dt = t[i] - t[i - 1]
            if apart(lon[i - 1], lat[i - 1], lon[i], lat[i], most * dt / 1e9):
                out[i] = round(2.0 * most)
                continue
            if known != i - 1:
                b0 = reduced_scalar(lat[i - 1])
                c0 = np.cos(b0)
            b = reduced_scalar(lat[i])
            c = np.cos(b)
            out[i] = round(between_scalar(lon[i - 1], b0, c0, lon[i], b, c) * 1e9 / dt)
            known, b0, c0 = i, b, c
    return out


@njit(cache=True)
def apart(lon1: float, lat1: float, lon2: float, lat2: float, reach: float) -> bool:
    """Whether two points are surely farther apart than so many metres, as cheaply as can be."""
    north = abs(lat2 - lat1)
    if north * 110_000.0 > reach:
        return True
    if north > 1.0 or abs(lat1) > 80.0:
        return False
    east = abs(wrap_scalar(lon2 - lon1))
    if east > 1.0:
        return False
    if (east * east + north * north) * 109_000.0 * 109_000.0 <= reach * reach:
        return False
    wide = east * np.cos((abs(lat1) + north) * np.pi / 180.0)
    return bool((wide * wide + north * north) * 109_000.0 * 109_000.0 > reach * reach)


@njit(cache=True)
def beside(lon1: float, lat1: float, lon2: float, lat2: float, reach: float) -> bool:
    """Whether two points are surely no farther apart than so many metres, as cheaply as can be.

    The straight line on a map of degrees is no shorter than the geodesic.
    """
    north = abs(lat2 - lat1)
    east = abs(wrap_scalar(lon2 - lon1))
    wide = east * np.cos(max(abs(lat1) - north, 0.0) * np.pi / 180.0)
    return bool((wide * wide + north * north) * 111_700.0 * 111_700.0 < reach * reach)


@njit(cache=True)
def on_leg(t: Any, lon: Any, lat: Any, i: int, when: int) -> tuple[float, float]:
    """Position on leg i at an instant, linear between its reports."""
    if when == t[i]:
        return lon[i], lat[i]
    w = (when - t[i - 1]) / (t[i] - t[i - 1])
    d = wrap_scalar(lon[i] - lon[i - 1])
    return wrap_scalar(lon[i - 1] + w * d), lat[i - 1] + w * (lat[i] - lat[i - 1])


@njit(cache=True)
def _xyz(lon: float, lat: float) -> tuple[float, float, float]:
    """A place in space, metres from the middle of the Earth."""
    a, b = lon * np.pi / 180.0, lat * np.pi / 180.0
    c = A_M * np.cos(b)
    return c * np.cos(a), c * np.sin(a), A_M * np.sin(b)


@njit(cache=True)
def _stretch(lo: Any, hi: Any, n: int, p: tuple[float, float, float]) -> None:
    """Widen the box of piece n to hold a place."""
    for k in range(3):
        lo[n, k] = min(lo[n, k], p[k])
        hi[n, k] = max(hi[n, k], p[k])


@njit(cache=True)
def _between(p: tuple[float, float, float], q: tuple[float, float, float], w: float) -> tuple[float, float, float]:
    return p[0] + w * (q[0] - p[0]), p[1] + w * (q[1] - p[1]), p[2] + w * (q[2] - p[2])


@njit(cache=True)
def _pieces(who: Any, t: Any, lon: Any, lat: Any, usable: Any, reach: float) -> Any:
    """Tracks cut by ten minutes: vessel, bin, first and last leg, and the box (metres) grown by half the reach."""
    count = 0
    for i in range(1, t.size):
        if usable[i]:
            count += t[i] // _BIN - t[i - 1] // _BIN + 1
    w = np.empty(count, np.int64)
    at = np.empty(count, np.int64)
    low = np.empty(count, np.int64)
    high = np.empty(count, np.int64)
    lo = np.full((count, 3), 1e12)
    hi = np.full((count, 3), -1e12)
    n, known = 0, -1
    end = (0.0, 0.0, 0.0)
    for i in range(1, t.size):
        if not usable[i]:
            continue
        begin = end if known == i - 1 else _xyz(lon[i - 1], lat[i - 1])
        end = _xyz(lon[i], lat[i])
        known = i
        for b in range(t[i - 1] // _BIN, t[i] // _BIN + 1):
            joined = n > 0 and high[n - 1] == i - 1 and at[n - 1] == b and w[n - 1] == who[i] and usable[i - 1]
            if not joined:
                w[n] = who[i]
                at[n] = b
                low[n] = i
                n += 1
            high[n - 1] = i
            t0, t1 = max(t[i - 1], b * _BIN), min(t[i], (b + 1) * _BIN)
            if abs(lat[i]) > 75.0 or abs(lat[i - 1]) > 75.0:  # there a leg bends
                for when in (t0, t1):
                    x, y = on_leg(t, lon, lat, i, max(when, t[i - 1] + 1))
                    _stretch(lo, hi, n - 1, _xyz(x, y))
                continue
            dt = t[i] - t[i - 1]
            _stretch(lo, hi, n - 1, begin if t0 == t[i - 1] else _between(begin, end, (t0 - t[i - 1]) / dt))
            _stretch(lo, hi, n - 1, end if t1 == t[i] else _between(begin, end, (t1 - t[i - 1]) / dt))
    grow = reach * 0.5 + 50.0
    return w[:n], at[:n], low[:n], high[:n], lo[:n] - grow, hi[:n] + grow


@njit(cache=True)
def _by_vessels(pairs: Any, who: Any) -> Any:
    """Pairs of pieces with the lower vessel first, in the order of both vessels; those of two stay as they were."""
    for q in range(pairs.shape[0]):
        if who[pairs[q, 0]] > who[pairs[q, 1]]:
            pairs[q, 0], pairs[q, 1] = pairs[q, 1], pairs[q, 0]
    for side in (1, 0):
        at = np.cumsum(np.bincount(who[pairs[:, side]] + 1))
        moved = np.empty_like(pairs)
        for q in range(pairs.shape[0]):
            w = who[pairs[q, side]]
            moved[at[w], 0], moved[at[w], 1] = pairs[q, 0], pairs[q, 1]
            at[w] += 1
        pairs = moved
    return pairs


@njit(cache=True)
def _heading(x: float, y: float) -> tuple[int, int]:
    """Direction of a vector: its east and north, thousandths."""
    far = np.sqrt(x * x + y * y)
    if far == 0.0:
        return 0, 0
    return round(1000.0 * x / far), round(1000.0 * y / far)


@njit(cache=True)
def _again(pairs: Any, q: int, who: Any, at: Any, low: Any) -> bool:
    """Whether pair q is of the same two vessels in the same bin as the one before it."""
    if q < 1 or q >= pairs.shape[0]:
        return False
    a, b, c, d = pairs[q, 0], pairs[q, 1], pairs[q - 1, 0], pairs[q - 1, 1]
    return bool(at[a] == at[c] and who[low[a]] == who[low[c]] and who[low[b]] == who[low[d]])


@njit(cache=True)
def _meet(
    who: Any, t: Any, lon: Any, lat: Any, pace: Any, at: Any, low: Any, high: Any, pairs: Any,
    reach: float, limit: float, known: int,
) -> Any:  # fmt: skip
    room = 4096
    out = np.empty((room, _WIDTH), np.int64)
    n, held, twice = 0, 0, False
    for q in range(pairs.shape[0]):
        a, b = pairs[q, 0], pairs[q, 1]
        i, j = low[a], low[b]
        before, twice = twice, _again(pairs, q, who, at, low) or _again(pairs, q + 1, who, at, low)
        if before or twice or (n > 0 and (out[n - 1, 0] != who[i] or out[n - 1, 1] != who[j])):
            held = n  # two others, or of a number on two tracks at once: then stretches are told bin by bin
        while i <= high[a] and j <= high[b]:
            when = min(t[i], t[j])
            if when >= (at[a] + 1) * _BIN:
                break
            start = max(t[i - 1], t[j - 1])
            if when >= at[a] * _BIN and start < when and max(t[i], t[j]) >= known:
                ax, ay = on_leg(t, lon, lat, i, when)
                bx, by = on_leg(t, lon, lat, j, when)
                far = reach + 1.0 if apart(ax, ay, bx, by, reach) else distance_scalar(ax, ay, bx, by)
                if far <= reach:
                    a0, a1 = max(start, t[i - 1] + _VOUCHED), min(when, t[i] - _VOUCHED)
                    b0, b1 = max(start, t[j - 1] + _VOUCHED), min(when, t[j] - _VOUCHED)
                    both = max(0, min(a1, b1) - max(a0, b0))
                    made = (max(0, a1 - a0) + max(0, b1 - b0) - both) // 1000
                    mm = round(far * 1000.0)
                    slow = (1 if pace[i] < limit else 0) + (1 if pace[j] < limit else 0)
                    d = wrap_scalar(bx - ax)
                    east, north = _heading(d * np.cos(ay * np.pi / 180.0), by - ay)
                    if n > held and out[n - 1, 3] == start:
                        ms = (when - start) // 1000
                        out[n - 1, 3] = when
                        out[n - 1, 7] = i
                        out[n - 1, 8] = j
                        out[n - 1, 9] = min(out[n - 1, 9], mm)
                        out[n - 1, 18] += ms
                        out[n - 1, 19] += made
                        out[n - 1, 20] += ms * slow
                        out[n - 1, 21] += ms * mm
                        out[n - 1, 22] += ms * (pace[i] + pace[j])
                        out[n - 1, 23] += ms * east
                        out[n - 1, 24] += ms * north
                    else:
                        if n == room:
                            room *= 2
                            out = grown(out, room)
                        x = round(wrap_scalar(ax + d * 0.5) * 1e7)
                        y = round((ay + by) * 0.5e7)
                        first = (who[i], who[j], when, when, start, i, j, i, j, mm, x, y, made, mm, slow)
                        for k in range(15):
                            out[n, k] = first[k]
                        out[n, 15] = pace[i] + pace[j]
                        out[n, 16] = east
                        out[n, 17] = north
                        out[n, 18:] = 0
                        n += 1
            if t[i] == when:
                i += 1
            if t[j] == when:
                j += 1
    return out[:n]
