"""Places: leaders some way apart in a hash of cubes, found by nearness; right across 180 degrees and at the poles."""

from __future__ import annotations

import math
from typing import Any, Final

from numba import njit

from makara.base.geo import A_M
from makara.behaviours._speeds import flat_m

REACH_M: Final = 50_000.0
"""A point this near a place belongs to it; the edge of a cube."""
_SPAN: Final = 1 << 20


@njit(cache=True)
def _cube(lon: float, lat: float) -> Any:
    x = lon * math.pi / 180.0
    y = lat * math.pi / 180.0
    c = math.cos(y)
    return (
        math.floor(A_M * c * math.cos(x) / REACH_M),
        math.floor(A_M * c * math.sin(x) / REACH_M),
        math.floor(A_M * math.sin(y) / REACH_M),
    )


@njit(cache=True)
def _key(x: int, y: int, z: int) -> int:
    half = _SPAN // 2
    return ((x + half) * _SPAN + (y + half)) * _SPAN + (z + half)


@njit(cache=True)
def hash_slot(table: Any, key: int) -> int:
    """Where a key (0 or more) stands in a hash table (of a power of two), or the free place (-1) where it would."""
    mask: int = table.size - 1
    at: int = (key * 0x9E3779B97F4A7C1 >> 20) & mask
    while table[at] >= 0 and table[at] != key:
        at = (at + 1) & mask
    return at


@njit(cache=True)
def nearest(cubes: Any, heads: Any, onward: Any, keys: Any, px: Any, py: Any, lon: float, lat: float) -> int:
    """The nearest place within reach, or -1."""
    cx, cy, cz = _cube(lon, lat)
    best = -1
    least = REACH_M
    for dx in range(-1, 2):
        for dy in range(-1, 2):
            for dz in range(-1, 2):
                k = heads[hash_slot(cubes, _key(cx + dx, cy + dy, cz + dz))]
                while k >= 0:
                    far = flat_m(px[k], py[k], lon, lat)
                    if far < least or (best >= 0 and far == least and keys[k] < keys[best]):
                        best, least = k, far
                    k = onward[k]
    return best


@njit(cache=True)
def put(cubes: Any, heads: Any, onward: Any, lon: float, lat: float, k: int) -> None:
    """Enter a place into the hash of cubes."""
    cx, cy, cz = _cube(lon, lat)
    key = _key(cx, cy, cz)
    free = hash_slot(cubes, key)
    cubes[free] = key
    onward[k] = heads[free]
    heads[free] = k
