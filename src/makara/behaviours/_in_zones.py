"""Pieces of chains in the same zones, found in one pass."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from makara.base.geo import between_scalar, reduced_scalar

PIECE: Final = ("pos", "pos_last", "t_last", "t_before", "n", "fishing", "with_speed", "mm", "mm_0")
"""Of each piece: places of its first and last point in its chain; when the last is, and when the point before the
first was; points, those at fishing speed, those with a speed; way (mm) to each of its points, and to the first."""


@njit(cache=True)
def _alike(a: int, b: int, first: Any, length: Any, zone: Any, mark: Any) -> bool:
    """Whether two points are in the same zones and have the same mark."""
    same = bool(length[a] == length[b] and mark[a] == mark[b])
    k = 0
    while same and k < length[a]:
        same = zone[first[a] + k] == zone[first[b] + k]
        k += 1
    return same


@njit(cache=True)
def pieces(
    chain: Any, t: Any, order: Any, frm: int, first: Any, length: Any, zone: Any, mark: Any, lon: Any, lat: Any,
    told: Any, fishing: Any,
) -> Any:  # fmt: skip
    """Pieces of the points from ``frm`` on.

    ``chain`` and ``t`` are in the order of chains, ``order`` the rows of all else in it; the zones of a row are
    ``length`` numbers in ``zone`` from ``first`` on.

    Returns:
        First points of the pieces; the last point of each chain and its place there; the columns of :data:`PIECE`.
    """
    room = chains = 0
    before = -1
    for j in range(t.size):
        if t[j] >= frm:
            new = before < 0 or chain[before] != chain[j]
            chains += new
            room += new or not _alike(order[before], order[j], first, length, zone, mark)
            before = j
    rows = np.empty(room, np.int64)
    out = np.zeros((room, 9), np.int64)
    last = np.empty((chains, 2), np.int64)
    n = c = -1
    pos = 0
    before = -1
    x0 = y0 = b0 = 0.0
    c0 = 1.0
    for j in range(t.size):
        if t[j] < frm:
            continue
        i = order[j]
        new = before < 0 or chain[before] != chain[j]
        pos = 0 if new else pos + 1
        c += new
        x, y = np.round(lon[i] * 1e7) / 1e7, np.round(lat[i] * 1e7) / 1e7
        b = b0 if y == y0 else reduced_scalar(y)
        cosine = c0 if y == y0 else np.cos(b)
        mm = 0
        if not new and length[i] > 0:
            mm = round(between_scalar(x0, b0, c0, x, b, cosine) * 1000.0)
        if new or not _alike(order[before], i, first, length, zone, mark):
            n += 1
            rows[n] = j
            out[n, 0] = pos
            out[n, 3] = -1 if new else t[before]
            out[n, 8] = mm
        out[n, 1] = pos
        out[n, 2] = t[j]
        out[n, 4] += 1
        out[n, 5] += fishing[i]
        out[n, 6] += told[i]
        out[n, 7] += mm
        last[c, 0], last[c, 1] = j, pos
        before = j
        x0, y0, b0, c0 = x, y, b, cosine
    return rows, last, out
