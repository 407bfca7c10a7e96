"""Who else is near: a hash of points by cells of a cubic grid in space, right across 180 degrees and at the poles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M, distance_scalar

_SPAN: Final = 1 << 20

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def cubes(lon: Floats, lat: Floats, size_m: float) -> Ints:
    """Key of the cube of a grid through the Earth (edge ``size_m``, 20 m or more) that holds each point (degrees)."""
    x, y = np.radians(lon), np.radians(lat)
    c = np.cos(y)
    grid = [np.floor(A_M * v / size_m).astype(np.int64) for v in (c * np.cos(x), c * np.sin(x), np.sin(y))]
    half = _SPAN // 2
    out: Ints = ((grid[0] + half) * _SPAN + (grid[1] + half)) * _SPAN + (grid[2] + half)
    return out


@dataclass(frozen=True)
class Heard:
    """All points of a window, hashed: for each its time, the time its chain is heard next, and who it is.

    Attributes:
        size_m: edge of a cube; distances up to it can be asked for.
        key: cube of each point, ascending; within it by time.
        t: microseconds.
        t_next: when its chain is heard next (int64's largest: not before the end of the window).
        lon: degrees.
        lat: degrees.
        who: number of the mover, from 0.
        chain: its chain of tracks.
        sort_of: class of transponder as a number, 0 unknown.
    """

    size_m: float
    key: Ints
    t: Ints
    t_next: Ints
    lon: Floats
    lat: Floats
    who: Ints
    chain: Ints
    sort_of: Ints

    @staticmethod
    def of(
        size_m: float, t: Ints, t_next: Ints, lon: Floats, lat: Floats, who: Ints, chain: Ints, sort_of: Ints
    ) -> Heard:
        """Hash points given in any order."""
        key = cubes(lon, lat, size_m)
        o = np.lexsort((t, key))
        return Heard(size_m, key[o], t[o], t_next[o], lon[o], lat[o], who[o], chain[o], sort_of[o])

    def neighbours(
        self, t: Ints, lon: Floats, lat: Floats, who: Ints, sort_of: Ints, reach_m: float, span_us: int
    ) -> tuple[Ints, Ints]:
        """Neighbours at instants: how many there were, and how many of them were heard again in time.

        A neighbour is another mover (with the same kind of transponder) whose last message before the instant is at
        most ``span_us`` old and came from within ``reach_m``.

        Returns:
            Number of neighbours, and of those heard again within ``span_us``.
        """
        found: tuple[Ints, Ints] = _neighbours(*self._arrays, t, lon, lat, who, sort_of, self.size_m, reach_m, span_us)
        return found

    def movers(self, t: Ints, lon: Floats, lat: Floats, who: Ints, reach_m: float, span_us: int) -> Ints:
        """How many other movers were heard within ``reach_m`` of places in the ``span_us`` after instants."""
        count = int(self.who.max()) + 1 if self.who.size else 1
        out: Ints = _movers(*self._arrays, t, lon, lat, who, self.size_m, reach_m, span_us, count)
        return out

    @property
    def _arrays(self) -> tuple[Any, ...]:
        return self.key, self.t, self.t_next, self.lon, self.lat, self.who, self.sort_of


@njit(cache=True)
def _cube(lon: float, lat: float, size: float) -> Any:
    x = lon * np.pi / 180.0
    y = lat * np.pi / 180.0
    c = np.cos(y)
    return (
        int(np.floor(A_M * (c * np.cos(x)) / size)),
        int(np.floor(A_M * (c * np.sin(x)) / size)),
        int(np.floor(A_M * np.sin(y) / size)),
    )


_BITS: Final = 1 << 24
_GRID: Final = 2.0
"""Cells a degree of the sieve."""


@njit(cache=True)
def sieve(lon: Any, lat: Any, t: Any, x: Any, y: Any, at: Any, reach_m: float, span: int) -> Any:
    """Which points may be within a distance of any asked place, and within ``span`` of its instant; none is missed."""
    seen = np.zeros(_BITS, np.bool_)
    wide = int(360 * _GRID)
    step = reach_m / 110_000.0
    for g in range(at.size):
        low, high = y[g] - step, y[g] + step
        cosine = np.cos(min(89.999, max(abs(low), abs(high))) * np.pi / 180.0)
        turn = min(180.0, step / cosine)
        w, e = int(np.floor((x[g] - turn) * _GRID)), int(np.floor((x[g] + turn) * _GRID))
        for when in range((at[g] - span) // span, (at[g] + span) // span + 1):
            for row in range(int(np.floor(low * _GRID)), int(np.floor(high * _GRID)) + 1):
                for column in range(w, min(e, w + wide) + 1):
                    seen[_bit(column % wide, row, when)] = True
    out = np.zeros(t.size, np.bool_)
    for i in range(t.size):
        column = int(np.floor(lon[i] * _GRID)) % wide
        out[i] = seen[_bit(column, int(np.floor(lat[i] * _GRID)), t[i] // span)]
    return out


@njit(cache=True)
def _bit(column: int, row: int, when: int) -> int:
    mixed = column * 73_856_093 ^ row * 19_349_663 ^ when * 83_492_791
    return (mixed ^ mixed >> 17) & (_BITS - 1)


@njit(cache=True)
def _within(lon: float, lat: float, x: float, y: float, reach: float) -> bool:
    """Whether two points are near each other; most that are not are known by their latitudes."""
    if abs(lat - y) * 110_000.0 > reach:
        return False
    return bool(distance_scalar(lon, lat, x, y) <= reach)


@njit(cache=True)
def _slice(key: Any, t: Any, cube: int, after: int, until: int) -> Any:
    """Rows of a cube with after < t <= until."""
    a = np.searchsorted(key, cube)
    b = np.searchsorted(key, cube + 1)
    return a + np.searchsorted(t[a:b], after + 1), a + np.searchsorted(t[a:b], until + 1)


@njit(cache=True)
def _neighbours(
    key: Any, t: Any, t_next: Any, lon: Any, lat: Any, who: Any, sort_of: Any,
    at: Any, x: Any, y: Any, me: Any, mine: Any, size: float, reach: float, span: int,
) -> Any:  # fmt: skip
    n = np.zeros(at.size, np.int64)
    kept = np.zeros(at.size, np.int64)
    half = _SPAN // 2
    for g in range(at.size):
        cx, cy, cz = _cube(x[g], y[g], size)
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                for dz in range(-1, 2):
                    cube = ((cx + dx + half) * _SPAN + (cy + dy + half)) * _SPAN + (cz + dz + half)
                    a, b = _slice(key, t, cube, at[g] - span, at[g])
                    for i in range(a, b):
                        if t_next[i] <= at[g] or who[i] == me[g] or sort_of[i] != mine[g]:
                            continue
                        if _within(lon[i], lat[i], x[g], y[g], reach):
                            n[g] += 1
                            if t_next[i] <= at[g] + span:
                                kept[g] += 1
    return n, kept


@njit(cache=True)
def _movers(
    key: Any, t: Any, t_next: Any, lon: Any, lat: Any, who: Any, sort_of: Any,
    at: Any, x: Any, y: Any, me: Any, size: float, reach: float, span: int, count: int,
) -> Any:  # fmt: skip
    out = np.zeros(at.size, np.int64)
    stamp = np.full(count, -1, np.int64)
    half = _SPAN // 2
    for g in range(at.size):
        cx, cy, cz = _cube(x[g], y[g], size)
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                for dz in range(-1, 2):
                    cube = ((cx + dx + half) * _SPAN + (cy + dy + half)) * _SPAN + (cz + dz + half)
                    a, b = _slice(key, t, cube, at[g], at[g] + span)
                    for i in range(a, b):
                        if who[i] == me[g] or stamp[who[i]] == g:
                            continue
                        if _within(lon[i], lat[i], x[g], y[g], reach):
                            stamp[who[i]] = g
                            out[g] += 1
    return out
