"""H3 cells of columns of positions.

The library has scalar calls only. A cell's borders are great circles, so a compiled pass can tell exactly which points
lie well inside a cell: candidates are the cells of a few points of each square degree that holds any. What lies
within some metres of a border, or in no candidate, is left to the library: the result is the library's throughout.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import polars as pl
from h3.api.numpy_int import cell_to_boundary, latlng_to_cell

from makara.base.compiled import njit

FEW: Final = 100_000
"""Below this the library alone is faster."""
_EDGES: Final = 12
"""A cell has at most ten borders; some are tried twice."""
_MARGIN: Final = 1e-6
"""Sine of the least angle from a border, about six metres: far more than rounding, far less than a cell."""
_RAD: Final = math.pi / 180.0


@njit(cache=True)
def _square(lon: float, lat: float) -> int:
    return min(int(lon + 180.0), 359) + 360 * min(int(lat + 90.0), 179)


@njit(cache=True)
def _held(lon: Any, lat: Any) -> Any:
    """Which square degrees hold a point."""
    out = np.zeros(360 * 180, np.bool_)
    for i in range(lon.size):
        out[_square(lon[i], lat[i])] = True
    return out


@njit(cache=True)
def _inside(lon: Any, lat: Any, first: Any, cell: Any, borders: Any) -> Any:
    """The cell (its place in ``cell``) that surely holds each point; -1 if none of its square's candidates does."""
    out = np.full(lon.size, -1, np.int32)
    for i in range(lon.size):
        square = _square(lon[i], lat[i])
        x, y = lon[i] * _RAD, lat[i] * _RAD
        u, v, w = math.cos(x) * math.cos(y), math.sin(x) * math.cos(y), math.sin(y)
        for k in range(first[square], first[square + 1]):
            b = borders[cell[k]]
            inside = True
            for e in range(_EDGES):
                if b[e, 0] * u + b[e, 1] * v + b[e, 2] * w < _MARGIN:
                    inside = False
                    break
            if inside:
                out[i] = cell[k]
                break
    return out


def _scalar(lon: Any, lat: Any, resolution: int) -> Any:
    found = [latlng_to_cell(y, x, resolution) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    return np.array(found, np.uint64)


def _borders(known: Any) -> Any:
    """Inward normals of cells' borders, unit vectors."""
    rings = [cell_to_boundary(c) for c in known.tolist()]
    sizes = np.array([len(r) for r in rings])
    start = np.cumsum(sizes) - sizes
    at = np.radians(np.array([p for r in rings for p in r]))
    north, east = at[:, 0], at[:, 1]
    corner = np.stack([np.cos(east) * np.cos(north), np.sin(east) * np.cos(north), np.sin(north)], axis=1)
    k = np.arange(_EDGES)[None, :]
    normal = np.cross(corner[start[:, None] + k % sizes[:, None]], corner[start[:, None] + (k + 1) % sizes[:, None]])
    return normal / np.linalg.norm(normal, axis=2)[:, :, None]


def cells(lon: pl.Series, lat: pl.Series, resolution: int) -> pl.Series:
    """H3 cells as signed Int64 (the same bits)."""
    x, y = lon.to_numpy(), lat.to_numpy()
    if len(x) < FEW:
        found = _scalar(x, y, resolution)
    else:
        found = _many(np.ascontiguousarray(x), np.ascontiguousarray(y), resolution)
    return pl.Series(f"h3_{resolution}", found.view(np.int64), dtype=pl.Int64)


def _many(lon: Any, lat: Any, resolution: int) -> Any:
    held = np.flatnonzero(_held(lon, lat))
    within = np.array([(a, b) for a in (0.05, 0.35, 0.65, 0.95) for b in (0.05, 0.35, 0.65, 0.95)])
    west, south = (held % 360)[:, None] + within[:, 0], (held // 360)[:, None] + within[:, 1]
    near = _scalar((west - 180.0).ravel(), (south - 90.0).ravel(), resolution)
    known, place = np.unique(near, return_inverse=True)
    pairs = np.unique(np.stack([np.repeat(held, len(within)), place.ravel()], axis=1), axis=0)
    first = np.searchsorted(pairs[:, 0], np.arange(360 * 180 + 1))
    at = _inside(lon, lat, first, np.ascontiguousarray(pairs[:, 1]), _borders(known))
    out = known[at]
    left = np.flatnonzero(at < 0)
    out[left] = _scalar(lon[left], lat[left], resolution)
    return out
