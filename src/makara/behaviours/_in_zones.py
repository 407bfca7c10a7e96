"""Pieces of chains in the same zones, found in one pass."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from makara.base.geo import between_scalar, reduced_scalar
from makara.behaviours._grown import grown

PIECE: Final = ("pos", "pos_last", "t_last", "t_before", "n", "fishing", "with_speed", "mm", "mm_0")
"""Of each piece: places of its first and last point in its chain; when the last is, and when the point before the
first was; points, those at fishing speed, those with a speed; way (mm) to each of its points, and to the first."""


@njit(cache=True)
def _exact(degrees: float) -> float:
    """A coordinate as it is remembered."""
    return float(np.round(degrees * 1e7) / 1e7)


@njit(cache=True)
def pieces(
    run: Any, run_end: Any, chain: Any, t: Any, frm: int, inside: Any, other: Any, lon: Any, lat: Any, told: Any,
    fishing: Any,
) -> Any:  # fmt: skip
    """Pieces of the points from ``frm`` on.

    Chains are given as runs of rows (from ``run`` to ``run_end``) in the order of chains, with the chain of each. A row
    is ``inside`` zones or not, and its zones or its mark are ``other`` than those of the row before or not.

    Returns:
        First points of the pieces, and their runs; the last point of each chain, its run and place in the chain; the
        columns of :data:`PIECE`.
    """
    room, width = 4096, 9
    rows, of = np.empty(room, np.int64), np.empty(room, np.int64)
    out = np.zeros((room, width), np.int64)
    last = np.empty((run.size, 3), np.int64)
    n = c = -1
    pos = many = slow = spoke = way = 0
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
            mm = 0
            if not new and inside[i]:
                if known != before:
                    x0, y0 = _exact(lon[before]), _exact(lat[before])
                    b0 = reduced_scalar(y0)
                    c0 = np.cos(b0)
                x, y = _exact(lon[i]), _exact(lat[i])
                b = b0 if y == y0 else reduced_scalar(y)
                cosine = c0 if y == y0 else np.cos(b)
                mm = round(between_scalar(x0, b0, c0, x, b, cosine) * 1000.0)
                x0, y0, b0, c0, known = x, y, b, cosine, i
            if new or other[i] or before != i - 1:
                if n >= 0:
                    _close(out[n], last[c, 2], t[last[c, 0]], many, slow, spoke, way)
                n += 1
                if n == room:
                    room *= 2
                    rows, of, out = grown(rows, room), grown(of, room), grown(out, room)
                c += new
                pos = 0 if new else pos + 1
                rows[n], of[n] = i, r
                out[n, 0], out[n, 3], out[n, 8] = pos, -1 if new else t[before], mm
                many = slow = spoke = way = 0
            else:
                pos += 1
            many += 1
            slow += fishing[i]
            spoke += told[i]
            way += mm
            last[c, 0], last[c, 1], last[c, 2] = i, r, pos
            before = i
    if n >= 0:
        _close(out[n], last[c, 2], t[last[c, 0]], many, slow, spoke, way)
    return rows[: n + 1], of[: n + 1], last[: c + 1], out[: n + 1]


@njit(cache=True)
def _close(piece: Any, pos: int, t: int, many: int, slow: int, spoke: int, way: int) -> None:
    """Write what is known of a piece at its last point."""
    piece[1], piece[2] = pos, t
    piece[4], piece[5], piece[6], piece[7] = many, slow, spoke, way
