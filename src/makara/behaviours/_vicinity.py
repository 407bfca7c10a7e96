"""Vicinity: which movers come near any of a few others at all, so that pairs need not be sought among all.

A hash of cubes and hours that the few touch; false hits cost time, never results.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M
from makara.base.units import HOUR_S, S_US

_CUBE_M: Final = 12_000.0
"""Two that meet within a leg of half an hour below 6 kn have points in the same or neighbouring cubes and hours."""
_BITS: Final = 22


def near_any(points: pl.DataFrame, few: pl.Series) -> tuple[pl.DataFrame, NDArray[np.bool_]]:
    """The points of the few, and of all movers with a point in their vicinity; the order is kept.

    Args:
        points: ``mover, t_seen, lon_deg, lat_deg``, ordered by mover, track, time.
        few: movers.

    Returns:
        The points; and which of them are in the vicinity or next to one that is, so that their leg counts.
    """
    own = points["mover"].is_in(few.implode())
    if not own.any():
        return points.clear(), np.zeros(0, bool)
    hit = _near(
        points["t_seen"].to_physical().to_numpy(),
        points["lon_deg"].to_numpy(),
        points["lat_deg"].to_numpy(),
        own.to_numpy(),
    )
    wide = hit.copy()
    wide[1:] |= hit[:-1]
    wide[:-1] |= hit[1:]
    met = points["mover"].is_in(points["mover"].filter(pl.Series(hit)).unique().implode())
    return points.filter(met), wide[met.to_numpy()]


@njit(cache=True)
def _slot(x: Any, y: Any, z: Any, hour: Any) -> Any:
    key = ((x * 73_856_093) ^ (y * 19_349_663) ^ (z * 83_492_791) ^ (hour * 2_654_435_761)) & 0x7FFFFFFFFFFF
    return (key ^ (key >> _BITS)) & ((1 << _BITS) - 1)


@njit(cache=True)
def _near(t: Any, lon: Any, lat: Any, own: Any) -> Any:
    held = np.zeros(1 << _BITS, np.bool_)
    hit = own.copy()
    k = np.pi / 180.0
    span = HOUR_S * S_US
    last_x, last_y, last_z, last_hour = 0, 0, 0, -1
    for turn in range(2):
        for i in range(t.size):
            if own[i] != (turn == 0):
                continue
            c = np.cos(lat[i] * k)
            x = int(np.floor(A_M * c * np.cos(lon[i] * k) / _CUBE_M))
            y = int(np.floor(A_M * c * np.sin(lon[i] * k) / _CUBE_M))
            z = int(np.floor(A_M * np.sin(lat[i] * k) / _CUBE_M))
            hour = t[i] // span
            if turn == 1:
                hit[i] = held[_slot(x, y, z, hour)]
                continue
            same = x == last_x and y == last_y and z == last_z and hour == last_hour
            last_x, last_y, last_z, last_hour = x, y, z, hour
            if same:
                continue
            for dx in range(-1, 2):
                for dy in range(-1, 2):
                    for dz in range(-1, 2):
                        for dh in range(-1, 2):
                            held[_slot(x + dx, y + dy, z + dz, hour + dh)] = True
    return hit
