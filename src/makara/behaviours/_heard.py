"""Who else was heard around places and instants: the few questions are hashed, and the many points pass by once.

Points pass as runs, rows of a track that follow each other in one cell: of an instant, a run tells by one row.
Right across 180 degrees and at the poles: cells are quarters of a degree, and a question stands in all that it reaches.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import distance_scalar, wrap_scalar
from makara.behaviours._chains import Chained, heads
from makara.behaviours._gap_scan import sort_of
from makara.behaviours._pairs import apart, beside

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_BUCKETS: Final = 1 << 18
_GRID: Final = 4.0
"""Cells a degree."""
_WIDE: Final = 1440


def heard(
    chained: Chained, lon: Floats, lat: Floats, at: Ints, me: Ints, mine: Ints, reach_m: float, span_us: int
) -> tuple[Ints, Ints, Ints]:
    """Others that were heard around vessels that fell silent.

    A neighbour is another mover (with the same class of transponder) whose last message before the instant is at most
    ``span_us`` old and came from within ``reach_m``.

    Args:
        chained: all points.
        lon: degrees: places at the instants, then the places where the vessels were heading.
        lat: degrees; likewise.
        at: instants, microseconds.
        me: mover that is asked about.
        mine: its class of transponder as a number.
        reach_m: how near a neighbour is.
        span_us: how long before and after.

    Returns:
        Number of neighbours; of those heard again within ``span_us``; and of other movers heard in the ``span_us``
        after the instant near the places of the second half.
    """
    points = chained.points
    order = np.argsort(np.concatenate([at, at]), kind="stable")
    x, y, mover = (points[c].to_numpy() for c in ("lon_deg", "lat_deg", "mover"))
    index = _index(lon, lat, order, reach_m)
    told = _told(heads(points["track"].to_numpy()), chained.t, x, y, mover, *index, lon, lat, at, me, reach_m, span_us)
    of, row, ahead = told
    onward = chained.onward(row)
    sorts = points["transponder"].gather(row).to_frame().select(sort_of()).to_series().to_numpy()
    near = (onward > at[of]) & (sorts == mine[of])
    kept = near & (onward <= at[of] + span_us)
    return (*(np.bincount(of[some], minlength=at.size) for some in (near, kept)), ahead)


@njit(cache=True)
def _bucket(cell: int) -> int:
    mixed = cell * 0x9E3779B97F4A7C1
    return int((mixed ^ mixed >> 29) & (_BUCKETS - 1))


@njit(cache=True)
def _index(lon: Any, lat: Any, order: Any, reach: float) -> Any:
    """Entries of the questions by bucket, in the given order: counted first, then filled."""
    head = np.zeros(_BUCKETS + 1, np.int64)
    cell, of = np.empty(0, np.int64), np.empty(0, np.int64)
    step = reach / 110_000.0
    for turn in range(2):
        for k in range(order.size):
            g = order[order.size - 1 - k]
            low, high = lat[g] - step, lat[g] + step
            cosine = np.cos(min(89.999, max(abs(low), abs(high))) * np.pi / 180.0)
            turned = min(180.0, step / cosine)
            west, east = int(np.floor((lon[g] - turned) * _GRID)), int(np.floor((lon[g] + turned) * _GRID))
            for row in range(int(np.floor(low * _GRID)), int(np.floor(high * _GRID)) + 1):
                for column in range(west, min(east, west + _WIDE - 1) + 1):
                    key = row * _WIDE + column % _WIDE
                    b = _bucket(key)
                    if turn == 0:
                        head[b] += 1
                    else:
                        head[b] -= 1
                        cell[head[b]] = key
                        of[head[b]] = g
        if turn == 0:
            head = np.cumsum(head)
            cell, of = np.empty(head[-1], np.int64), np.empty(head[-1], np.int64)
    return head, cell, of


@njit(cache=True)
def _within(lon: float, lat: float, x: float, y: float, reach: float) -> bool:
    lon, lat = np.round(lon * 1e7) / 1e7, np.round(lat * 1e7) / 1e7
    if apart(lon, lat, x, y, reach):
        return False
    return beside(lon, lat, x, y, reach) or bool(distance_scalar(lon, lat, x, y) <= reach)


@njit(cache=True)
def _off(w: float, e: float, s: float, n: float, x: float, y: float, reach: float) -> bool:
    """Whether all of a small box is surely farther from a place than so many metres."""
    north = max(0.0, s - y, y - n)
    if north * 110_000.0 > reach:
        return True
    most = max(abs(s), abs(n), abs(y))
    if north > 1.0 or most > 80.0:
        return False
    east = max(0.0, abs(wrap_scalar(x - 0.5 * (w + e))) - 0.5 * (e - w))
    if east > 1.0:
        return False
    wide = east * np.cos(most * np.pi / 180.0)
    return bool((wide * wide + north * north) * 109_000.0 * 109_000.0 > reach * reach)


@njit(cache=True)
def _told(
    heads: Any, t: Any, lon: Any, lat: Any, mover: Any, head: Any, cell: Any, of: Any, x: Any, y: Any,
    at: Any, me: Any, reach: float, span: int,
) -> Any:  # fmt: skip
    """Questions and the rows that may be of their neighbours, rows ascending; and movers heard ahead."""
    ahead = np.zeros(at.size, np.int64)
    stamp = me.copy()
    when, whose = at[of % at.size], me[of % at.size]  # an entry beside the next
    room = 1 << 16
    asked, rows = np.empty(room, np.int64), np.empty(room, np.int64)
    n = 0
    for h in range(heads.size):
        stop = heads[h + 1] if h + 1 < heads.size else t.size
        i = heads[h]
        who = mover[i]
        while i < stop:
            column, row = int(np.floor(lon[i] * _GRID)), int(np.floor(lat[i] * _GRID))
            w, e, s, north = column / _GRID, (column + 1) / _GRID, row / _GRID, (row + 1) / _GRID
            j = i + 1
            while j < stop and w <= lon[j] < e and s <= lat[j] < north:
                j += 1
            key = row * _WIDE + column % _WIDE
            b = _bucket(key)
            since, until = t[i] - span, t[j - 1] + span
            a, z = head[b], head[b + 1]
            while a < z:
                middle = (a + z) // 2
                if when[middle] < since:
                    a = middle + 1
                else:
                    z = middle
            boxed = False
            for k in range(a, head[b + 1]):
                now = when[k]
                if now >= until:
                    break
                if cell[k] != key or who == whose[k]:
                    continue
                q = of[k]
                g = q - at.size if q >= at.size else q
                if q >= at.size:
                    if now >= t[j - 1] or stamp[g] == who:
                        continue
                elif now < t[i] or (j < stop and t[j] <= now):
                    continue
                if not boxed:
                    boxed = True
                    w, e, s, north = lon[i], lon[i], lat[i], lat[i]
                    for r in range(i + 1, j):
                        w, e = min(w, lon[r]), max(e, lon[r])
                        s, north = min(s, lat[r]), max(north, lat[r])
                    w, e, s, north = w - 1e-6, e + 1e-6, s - 1e-6, north + 1e-6
                if _off(w, e, s, north, x[q], y[q], reach):
                    continue
                r = i + np.searchsorted(t[i:j], now, side="right")  # the first row after the instant
                if q >= at.size:
                    while r < j and t[r] <= now + span:
                        if _within(lon[r], lat[r], x[q], y[q], reach):
                            stamp[g] = who  # the points are ordered by mover
                            ahead[g] += 1
                            break
                        r += 1
                elif t[r - 1] > now - span and _within(lon[r - 1], lat[r - 1], x[q], y[q], reach):
                    if n == room:
                        room *= 2
                        asked, rows = _grown(asked, room), _grown(rows, room)
                    asked[n], rows[n] = g, r - 1
                    n += 1
            i = j
    return asked[:n], rows[:n], ahead


@njit(cache=True)
def _grown(a: Any, room: int) -> Any:
    out = np.empty(room, np.int64)
    out[: a.size] = a
    return out
