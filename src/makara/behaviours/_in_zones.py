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
def _exact(degrees: float) -> float:
    """A coordinate as it is remembered."""
    return float(np.round(degrees * 1e7) / 1e7)


@njit(cache=True)
def _grown(a: Any, room: int) -> Any:
    out = np.empty(room, a.dtype)
    out[: a.size] = a
    return out


@njit(cache=True)
def _grown_wide(a: Any, room: int) -> Any:
    out = np.zeros((room, a.shape[1]), a.dtype)
    out[: a.shape[0]] = a
    return out


@njit(cache=True)
def pieces(
    run: Any, run_end: Any, chain: Any, t: Any, frm: int, first: Any, length: Any, zone: Any, mark: Any, lon: Any,
    lat: Any, told: Any, fishing: Any,
) -> Any:  # fmt: skip
    """Pieces of the points from ``frm`` on.

    Chains are given as runs of rows (from ``run`` to ``run_end``) in the order of chains, with the chain of each; the
    zones of a row are ``length`` numbers in ``zone`` from ``first`` on.

    Returns:
        First points of the pieces, and their runs; the last point of each chain, its run and place in the chain; the
        columns of :data:`PIECE`.
    """
    room, width = 4096, 9
    rows, of = np.empty(room, np.int64), np.empty(room, np.int64)
    out = np.zeros((room, width), np.int64)
    last = np.empty((run.size, 3), np.int64)
    n = c = -1
    pos = 0
    before = known = -1
    x0 = y0 = b0 = 0.0
    c0 = 1.0
    for r in range(run.size):
        if r > 0 and chain[r] != chain[r - 1]:
            before = -1
        for i in range(run[r], run_end[r]):
            if t[i] < frm:
                continue
            new = before < 0
            pos = 0 if new else pos + 1
            c += new
            mm = 0
            if not new and length[i] > 0:
                if known != before:
                    x0, y0 = _exact(lon[before]), _exact(lat[before])
                    b0 = reduced_scalar(y0)
                    c0 = np.cos(b0)
                x, y = _exact(lon[i]), _exact(lat[i])
                b = b0 if y == y0 else reduced_scalar(y)
                cosine = c0 if y == y0 else np.cos(b)
                mm = round(between_scalar(x0, b0, c0, x, b, cosine) * 1000.0)
                x0, y0, b0, c0, known = x, y, b, cosine, i
            if new or not _alike(before, i, first, length, zone, mark):
                n += 1
                if n == room:
                    room *= 2
                    rows, of, out = _grown(rows, room), _grown(of, room), _grown_wide(out, room)
                rows[n], of[n] = i, r
                out[n, 0] = pos
                out[n, 3] = -1 if new else t[before]
                out[n, 8] = mm
            out[n, 1] = pos
            out[n, 2] = t[i]
            out[n, 4] += 1
            out[n, 5] += fishing[i]
            out[n, 6] += told[i]
            out[n, 7] += mm
            last[c, 0], last[c, 1], last[c, 2] = i, r, pos
            before = i
    return rows[: n + 1], of[: n + 1], last[: c + 1], out[: n + 1]
