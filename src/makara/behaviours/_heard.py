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

from makara.base.geo import degree_m, distance_scalar, wrap_scalar
from makara.behaviours._asked import bucket, cell_of, index
from makara.behaviours._chains import NEVER, Chained
from makara.behaviours._gap_scan import first_after, sort_of
from makara.behaviours._grown import grown

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_GRID: Final = 4.0
"""Cells a degree."""
_WIDE: Final = 1440
"""Columns of the grid."""
_OFF: Final = 1e-5
"""More than a distance as it is measured may be off, as a share of it."""
_ROUNDED_M: Final = 0.02
"""More than a point is moved where it is remembered."""
_RUN: Final = np.dtype([(c, np.int64) for c in ("begin", "end", "who", "cell", "since", "until", "left")])
"""A run: its first row and the row after its last; its mover and cell; when its first row and its last were, and when
the mover left the cell on that piece of its chain (NEVER: not)."""
_PLACE: Final = np.dtype(
    [(c, np.float64) for c in ("lon", "lat", "east_least", "north_least", "east_most", "north_most")]
)
"""A place, and what share of the reach a degree east and one north of it are: at least, and at most."""


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
    runs = _runs(chained.first[o], chained.end[o], chained.t, x, y, mover, np.empty(1 << 14, _RUN))
    here, there = (_asked(lon[half], lat[half], at, me, reach_m) for half in (slice(n), slice(n, None)))
    of, row = _neighbours(runs, chained.t, x, y, *here, reach_m, span_us)
    onward = chained.onward(row)
    sorts = points["transponder"].gather(row).to_frame().select(sort_of()).to_series().to_numpy()
    near = (onward > at[of]) & (sorts == mine[of])
    kept = near & (onward <= at[of] + span_us)
    found = (np.bincount(of[some], minlength=n) for some in (near, kept))
    return (*found, _ahead(runs, chained.t, x, y, *there, me, reach_m, span_us))


def _asked(lon: Floats, lat: Floats, at: Ints, me: Ints, reach_m: float) -> tuple[Any, ...]:
    """Questions by the cells that they reach (see index), each bucket's by their instants; and their places.

    Returns:
        Where each bucket begins; cell, question, instant and own mover of each entry; place of each question.
    """
    order = np.argsort(at, kind="stable")[::-1]  # so that the first is the first of its bucket
    once = np.zeros(order.size, np.int64)  # a cell is one for all times
    head, cell, of = index(lon[order], lat[order], once, once, reach_m, _WIDE)
    of = order[of]
    # A way no longer than the reach stays between these latitudes, so degrees are as long as at them or between.
    step = 1.01 * reach_m / 110_000.0
    poleward, equatorward = np.minimum(np.abs(lat) + step, 90.0), np.maximum(np.abs(lat) - step, 0.0)
    (east_least, north_most), (east_most, north_least) = degree_m(poleward), degree_m(equatorward)
    off_m = _OFF * reach_m + _ROUNDED_M
    least = (d / (reach_m + off_m) for d in (east_least, north_least))
    most = (d / max(reach_m - off_m, 1e-9) for d in (east_most, north_most))
    places = np.rec.fromarrays([lon, lat, *least, *most], dtype=_PLACE)
    return head, cell, of, at[of], me[of], places


@njit(cache=True)
def _runs(first: Any, end: Any, t: Any, lon: Any, lat: Any, mover: Any, runs: Any) -> Any:
    """Runs of pieces of rows that ascend, written where there may be room for them."""
    n = 0
    for s in range(first.size):
        i, stop = first[s], end[s]
        who = mover[i]
        while i < stop:
            # Bounds as cell_of takes them, so that a run and its cell are of one mind at borders.
            west, south = np.floor((lon[i] + 180.0) * _GRID) / _GRID, np.floor((lat[i] + 90.0) * _GRID) / _GRID
            east, north = west + 1.0 / _GRID, south + 1.0 / _GRID
            j = i + 1
            while j < stop and west <= lon[j] + 180.0 < east and south <= lat[j] + 90.0 < north:
                j += 1
            if n == runs.size:
                runs = grown(runs, 2 * n)
            run = runs[n]
            run.begin, run.end, run.who, run.cell = i, j, who, cell_of(lon[i], lat[i], 0, _WIDE)
            run.since, run.until, run.left = t[i], t[j - 1], t[j] if j < stop else NEVER
            n += 1
            i = j
    return runs[:n]


@njit(cache=True)
def _within(lon: float, lat: float, place: Any, reach: float) -> bool:
    """Whether a point, as it is remembered, is near a place: two ellipses of degrees tell it of most."""
    north, east = lat - place.lat, wrap_scalar(lon - place.lon)
    if (east * place.east_least) ** 2 + (north * place.north_least) ** 2 > 1.0:
        return False
    if (east * place.east_most) ** 2 + (north * place.north_most) ** 2 < 1.0:
        return True
    lon, lat = np.round(lon * 1e7) / 1e7, np.round(lat * 1e7) / 1e7
    return bool(distance_scalar(lon, lat, place.lon, place.lat) <= reach)


@njit(cache=True)
def _apart(lon: Any, lat: Any, place: Any) -> bool:
    """Whether all of some points are surely not near a place: counted without a branch, which is fast."""
    n, x, y, wide, high = 0, place.lon, place.lat, place.east_least, place.north_least
    for i in range(lon.size):
        east = abs(lon[i] - x)
        east, north = min(east, 360.0 - east) * wide, (lat[i] - y) * high
        n += east * east + north * north <= 1.0
    return n == 0


@njit(cache=True)
def _any_within(lon: Any, lat: Any, i: int, j: int, place: Any, reach: float) -> bool:
    """Whether any of some points is near a place."""
    if i == j or _within(lon[i], lat[i], place, reach):
        return i < j
    if not _apart(lon[i:j], lat[i:j], place):
        for r in range(i, j):
            if _within(lon[r], lat[r], place, reach):
                return True
    return False


@njit(cache=True)
def _neighbours(
    runs: Any, t: Any, lon: Any, lat: Any, head: Any, cell: Any, of: Any, at: Any, me: Any, place: Any,
    reach: float, span: int,
) -> Any:  # fmt: skip
    """Questions and the rows that may be of their neighbours, rows ascending."""
    room = 1 << 16
    asked, rows, n = np.empty(room, np.int64), np.empty(room, np.int64), 0
    for s in range(runs.size):
        run = runs[s]
        until = min(run.left, run.until + span)
        b = bucket(run.cell, head.size)
        for k in range(first_after(at, head[b], head[b + 1], run.since - 1), head[b + 1]):
            if at[k] >= until:
                break
            if cell[k] != run.cell or run.who == me[k]:
                continue
            r = first_after(t, run.begin, run.end, at[k]) - 1
            if t[r] > at[k] - span and _within(lon[r], lat[r], place[of[k]], reach):
                if n == room:
                    room *= 2
                    asked, rows = grown(asked, room), grown(rows, room)
                asked[n], rows[n] = of[k], r
                n += 1
    return asked[:n], rows[:n]


@njit(cache=True)
def _ahead(
    runs: Any, t: Any, lon: Any, lat: Any, head: Any, cell: Any, of: Any, at: Any, me: Any, place: Any, own: Any,
    reach: float, span: int,
) -> Any:  # fmt: skip
    """Movers, other than the own, that were heard near each place within a span after its instant."""
    ahead = np.zeros(own.size, np.int64)
    stamp = own.copy()
    for s in range(runs.size):
        run = runs[s]
        b = bucket(run.cell, head.size)
        for k in range(first_after(at, head[b], head[b + 1], run.since - span - 1), head[b + 1]):
            if at[k] >= run.until:
                break
            q = of[k]
            if cell[k] != run.cell or run.who == me[k] or stamp[q] == run.who:
                continue
            i = first_after(t, run.begin, run.end, at[k])
            j = run.end if run.until <= at[k] + span else first_after(t, i, run.end, at[k] + span)
            if _any_within(lon, lat, i, j, place[q], reach):
                stamp[q] = run.who  # the points are ordered by mover
                ahead[q] += 1
    return ahead
