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
from makara.behaviours._asked import bucket, cell_of, index
from makara.behaviours._chains import Chained, heads
from makara.behaviours._gap_scan import sort_of
from makara.behaviours._grown import grown
from makara.behaviours._pairs import apart, beside

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_GRID: Final = 4.0
"""Cells a degree."""
_WIDE: Final = 1440
"""Columns of the grid."""


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
    order = np.argsort(np.concatenate([at, at]), kind="stable")[::-1]  # so that the first is the first of its bucket
    x, y, mover = (points[c].to_numpy() for c in ("lon_deg", "lat_deg", "mover"))
    once = np.zeros(order.size, np.int64)  # a cell is one for all times
    head, cell, of = index(lon[order], lat[order], once, once, reach_m, _WIDE)
    told = _told(
        heads(points["track"].to_numpy()),
        chained.t,
        x,
        y,
        mover,
        head,
        cell,
        order[of],
        lon,
        lat,
        at,
        me,
        reach_m,
        span_us,
    )
    of, row, ahead = told
    onward = chained.onward(row)
    sorts = points["transponder"].gather(row).to_frame().select(sort_of()).to_series().to_numpy()
    near = (onward > at[of]) & (sorts == mine[of])
    kept = near & (onward <= at[of] + span_us)
    return (*(np.bincount(of[some], minlength=at.size) for some in (near, kept)), ahead)


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
            # Bounds as cell_of takes them, so that a run and its cell are of one mind at borders.
            w, s = np.floor((lon[i] + 180.0) * _GRID) / _GRID, np.floor((lat[i] + 90.0) * _GRID) / _GRID
            e, north = w + 1.0 / _GRID, s + 1.0 / _GRID
            j = i + 1
            while j < stop and w <= lon[j] + 180.0 < e and s <= lat[j] + 90.0 < north:
                j += 1
            key = cell_of(lon[i], lat[i], 0, _WIDE)
            b = bucket(key)
            since, until = t[i] - span, t[j - 1] + span
            boxed = False
            for k in range(head[b] + np.searchsorted(when[head[b] : head[b + 1]], since), head[b + 1]):
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
                        asked, rows = grown(asked, room), grown(rows, room)
                    asked[n], rows[n] = g, r - 1
                    n += 1
            i = j
    return asked[:n], rows[:n], ahead
