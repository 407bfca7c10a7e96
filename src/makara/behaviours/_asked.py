"""Questions about places, hashed by the cells that they reach: the questions are few, and the many points pass by once.

Right across 180 degrees and at the poles: a grid has so many columns around the Earth and square cells, and a question
stands in all cells that it reaches.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

_MOST: Final = 1 << 20
"""Buckets, at most."""
_ROWS: Final = 1024
"""More than a grid has from pole to pole."""


@njit(cache=True)
def bucket(cell: int, heads: int) -> int:
    """The bucket of a cell, of as many as have so many heads (see index); others may share it."""
    mixed = cell * 0x9E3779B97F4A7C1
    return int((mixed ^ mixed >> 29) & (heads - 2))


@njit(cache=True)
def cell_of(lon: float, lat: float, when: int, grid: int) -> int:
    """The cell of a place and a stretch of time, in a grid of so many columns."""
    scale = grid / 360.0
    column = int(np.floor((lon + 180.0) * scale)) % grid
    return int((when * _ROWS + int(np.floor((lat + 90.0) * scale))) * grid + column)


@njit(cache=True)
def index(lon: Any, lat: Any, since: Any, until: Any, reach: float, grid: int) -> Any:
    """Questions by the cells that they reach: counted first, then filled.

    Args:
        lon: of the places, degrees.
        lat: likewise.
        since: the first stretch of time that each asks about, as a number.
        until: the last one.
        reach: how far, metres.
        grid: columns around the Earth.

    Returns:
        Heads (where each bucket begins among the entries, and how many there are); cell and question of each entry. A
        bucket's entries are in the opposite order of the questions.
    """
    many = 1 << 12
    while many < min(16 * lon.size, _MOST):
        many *= 2
    head = np.zeros(many + 1, np.int64)
    cell, of = np.empty(0, np.int64), np.empty(0, np.int64)
    step = reach / 110_000.0
    scale = grid / 360.0
    for turn in range(2):
        for q in range(lon.size):
            turned = min(180.0, step / np.cos(min(89.999, abs(lat[q]) + step) * np.pi / 180.0))
            low, high = int(np.floor((lat[q] - step + 90.0) * scale)), int(np.floor((lat[q] + step + 90.0) * scale))
            west = int(np.floor((lon[q] - turned + 180.0) * scale))
            east = min(int(np.floor((lon[q] + turned + 180.0) * scale)), west + grid - 1)
            for when in range(since[q], until[q] + 1):
                for row in range(max(low, 0), min(high, int(180.0 * scale)) + 1):
                    for column in range(west, east + 1):
                        key = (when * _ROWS + row) * grid + column % grid
                        b = bucket(key, head.size)
                        if turn == 0:
                            head[b] += 1
                        else:
                            head[b] -= 1
                            cell[head[b]], of[head[b]] = key, q
        if turn == 0:
            head = np.cumsum(head)
            cell, of = np.empty(head[-1], np.int64), np.empty(head[-1], np.int64)
    return head, cell, of


__all__ = ["bucket", "cell_of", "index"]
