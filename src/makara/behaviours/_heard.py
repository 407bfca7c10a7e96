"""Who else was heard around places and instants: the few questions are hashed, and the many points pass by once.

Points pass as runs, rows of a track that follow each other in one cell: of an instant, a run tells by one row.
Who was near is asked apart from who was heard ahead: a bucket's questions that a run can answer stand in one stretch.
Right across 180 degrees and at the poles: cells are quarters of a degree, and a question stands in all that it reaches.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import distance_scalar, wrap_scalar
from makara.behaviours._asked import bucket, cell_of, index
from makara.behaviours._chains import NEVER, Chained
from makara.behaviours._gap_scan import sort_of
from makara.behaviours._grown import grown

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
    points, n = chained.points, at.size
    x, y, mover = (points[c].to_numpy() for c in ("lon_deg", "lat_deg", "mover"))
    o = np.argsort(chained.first)
    passed = *_runs(chained.first[o], chained.end[o], chained.t, x, y), chained.t, x, y, mover
    here, there = (_asked(lon[half], lat[half], at, me, reach_m) for half in (slice(n), slice(n, None)))
    of, row = _neighbours(*passed, *here, reach_m, span_us)
    onward = chained.onward(row)
    sorts = points["transponder"].gather(row).to_frame().select(sort_of()).to_series().to_numpy()
    near = (onward > at[of]) & (sorts == mine[of])
    kept = near & (onward <= at[of] + span_us)
    found = (np.bincount(of[some], minlength=n) for some in (near, kept))
    return (*found, _ahead(*passed, *there, me, reach_m, span_us))


def _asked(lon: Floats, lat: Floats, at: Ints, me: Ints, reach_m: float) -> tuple[Any, ...]:
    """Questions by the cells that they reach (see index), each bucket's by their instants; and what each needs.

    Returns:
        Where each bucket begins; cell, question, instant and own mover of each entry; place of each question, and the
        least and the largest cosine of latitudes within reach of it.
    """
    order = np.argsort(at, kind="stable")[::-1]  # so that the first is the first of its bucket
    once = np.zeros(order.size, np.int64)  # a cell is one for all times
    head, cell, of = index(lon[order], lat[order], once, once, reach_m, _WIDE)
    of = order[of]
    step = reach_m / 110_000.0
    least = np.cos(np.radians(np.minimum(np.abs(lat) + step, 90.0)))
    most = np.cos(np.radians(np.maximum(np.abs(lat) - step, 0.0)))
    plain = (np.abs(lat) + step <= 80.0) & (step <= 1.0)  # beyond, no straight line is short of the geodesic
    return head, cell, of, at[of], me[of], lon, lat, np.where(plain, least, 0.0), most


@njit(cache=True)
def _within(lon: float, lat: float, x: float, y: float, least: float, most: float, reach: float) -> bool:
    """Whether a point, as it is remembered, is near a place; most are told by a straight line on a map of degrees."""
    north = abs(lat - y)
    if north * 110_000.0 > reach:
        return False
    east = abs(wrap_scalar(x - lon))
    if ((east * least) ** 2 + north * north) * 109_000.0 * 109_000.0 > reach * reach:
        return False
    lon, lat = np.round(lon * 1e7) / 1e7, np.round(lat * 1e7) / 1e7
    north, east = abs(lat - y), abs(wrap_scalar(x - lon))
    if ((east * most) ** 2 + north * north) * 111_700.0 * 111_700.0 < reach * reach:
        return True
    return bool(distance_scalar(lon, lat, x, y) <= reach)


@njit(cache=True)
def _runs(first: Any, end: Any, t: Any, lon: Any, lat: Any) -> Any:
    """Runs of rows in one cell, of pieces of rows in their order: their first rows, the rows after their last, and when
    the piece leaves the cell."""
    room = 1 << 16
    runs, n = np.empty((room, 3), np.int64), 0
    for s in range(first.size):
        i, stop = first[s], end[s]
        while i < stop:
            # Bounds as cell_of takes them, so that a run and its cell are of one mind at borders.
            west, south = np.floor((lon[i] + 180.0) * _GRID) / _GRID, np.floor((lat[i] + 90.0) * _GRID) / _GRID
            east, north = west + 1.0 / _GRID, south + 1.0 / _GRID
            j = i + 1
            while j < stop and west <= lon[j] + 180.0 < east and south <= lat[j] + 90.0 < north:
                j += 1
            if n == room:
                room *= 2
                runs = grown(runs, room)
            runs[n, 0], runs[n, 1], runs[n, 2] = i, j, t[j] if j < stop else NEVER
            n += 1
            i = j
    return runs[:n, 0].copy(), runs[:n, 1].copy(), runs[:n, 2].copy()


@njit(cache=True)
def _after(t: Any, i: int, j: int, now: int) -> int:
    """The first of some rows after an instant."""
    while i < j:
        middle = (i + j) >> 1
        if t[middle] <= now:
            i = middle + 1
        else:
            j = middle
    return i


@njit(cache=True)
def _neighbours(
    begin: Any, end: Any, left: Any, t: Any, lon: Any, lat: Any, mover: Any,
    head: Any, cell: Any, of: Any, at: Any, me: Any, x: Any, y: Any, least: Any, most: Any, reach: float, span: int,
) -> Any:  # fmt: skip
    """Questions and the rows that may be of their neighbours, rows ascending."""
    room = 1 << 16
    asked, rows, n = np.empty(room, np.int64), np.empty(room, np.int64), 0
    for s in range(begin.size):
        i, j = begin[s], end[s]
        who, until = mover[i], min(left[s], t[j - 1] + span)
        key = cell_of(lon[i], lat[i], 0, _WIDE)
        b = bucket(key)
        for k in range(_after(at, head[b], head[b + 1], t[i] - 1), head[b + 1]):
            if at[k] >= until:
                break
            if cell[k] != key or who == me[k]:
                continue
            q, r = of[k], _after(t, i, j, at[k]) - 1
            if t[r] > at[k] - span and _within(lon[r], lat[r], x[q], y[q], least[q], most[q], reach):
                if n == room:
                    room *= 2
                    asked, rows = grown(asked, room), grown(rows, room)
                asked[n], rows[n] = q, r
                n += 1
    return asked[:n], rows[:n]


@njit(cache=True)
def _ahead(
    begin: Any, end: Any, left: Any, t: Any, lon: Any, lat: Any, mover: Any,
    head: Any, cell: Any, of: Any, at: Any, me: Any, x: Any, y: Any, least: Any, most: Any, own: Any, reach: float,
    span: int,
) -> Any:  # fmt: skip
    """Movers, other than the own, that were heard near each place within a span after its instant."""
    ahead = np.zeros(own.size, np.int64)
    stamp = own.copy()
    for s in range(begin.size):
        i, j = begin[s], end[s]
        who = mover[i]
        key = cell_of(lon[i], lat[i], 0, _WIDE)
        b = bucket(key)
        for k in range(_after(at, head[b], head[b + 1], t[i] - span - 1), head[b + 1]):
            if at[k] >= t[j - 1]:
                break
            q = of[k]
            if cell[k] != key or who == me[k] or stamp[q] == who:
                continue
            r = _after(t, i, j, at[k])
            while r < j and t[r] <= at[k] + span:
                if _within(lon[r], lat[r], x[q], y[q], least[q], most[q], reach):
                    stamp[q] = who  # the points are ordered by mover
                    ahead[q] += 1
                    break
                r += 1
    return ahead
