"""Who else is near: a hash of points by cells of a cubic grid in space, right across 180 degrees and at the poles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M

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


@njit(cache=True)
def _slice(key: Any, t: Any, cube: int, after: int, until: int) -> Any:
    """Rows of a cube with after < t <= until."""
    a = np.searchsorted(key, cube)
    b = np.searchsorted(key, cube + 1)
    return a + np.searchsorted(t[a:b], after + 1), a + np.searchsorted(t[a:b], until + 1)
