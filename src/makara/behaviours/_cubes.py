"""Cubes: which pieces of tracks may come near each other, told by the cubes (2.5 km, through the Earth) they touch."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.behaviours._grown import grown

_CUBE_M: Final = 2500.0
_HALF: Final = 1 << 12

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def touching(who: Ints, at: Ints, lo: Floats, hi: Floats) -> Ints:
    """Pairs of pieces of different vessels, in the same ten minutes, whose boxes touch.

    Args:
        who: vessel of each piece.
        at: its ten minutes.
        lo: lower corner of its box, a row a piece, metres.
        hi: upper corner.

    Returns:
        Two columns of numbers of pieces, a pair a row, each once.
    """
    piece, key = _fill(lo, hi, np.cumsum(_cells(lo, hi)))
    together = _shared(piece, key, at, who)
    piece, key = piece[together], key[together]
    when = at[piece] - (at.min() if at.size else 0)
    order = np.argsort(when << 39 | key, kind="stable") if when.size else when  # a cube has 39 bits
    out: Ints = _share(piece[order], key[order], at, who, lo, hi)
    return out


@njit(cache=True)
def _cells(lo: Any, hi: Any) -> Any:
    """How many cubes each piece touches."""
    n = np.ones(lo.shape[0], np.int64)
    for i in range(lo.shape[0]):
        for k in range(3):
            n[i] *= int(np.floor(hi[i, k] / _CUBE_M)) - int(np.floor(lo[i, k] / _CUBE_M)) + 1
    return n


@njit(cache=True)
def _fill(lo: Any, hi: Any, ends: Any) -> Any:
    piece = np.empty(ends[-1], np.int64)
    key = np.empty(ends[-1], np.int64)
    j = 0
    for i in range(lo.shape[0]):
        for x in range(int(np.floor(lo[i, 0] / _CUBE_M)), int(np.floor(hi[i, 0] / _CUBE_M)) + 1):
            for y in range(int(np.floor(lo[i, 1] / _CUBE_M)), int(np.floor(hi[i, 1] / _CUBE_M)) + 1):
                for z in range(int(np.floor(lo[i, 2] / _CUBE_M)), int(np.floor(hi[i, 2] / _CUBE_M)) + 1):
                    piece[j] = i
                    key[j] = ((x + _HALF) * 2 * _HALF + (y + _HALF)) * 2 * _HALF + (z + _HALF)
                    j += 1
    return piece, key


@njit(cache=True)
def _shared(piece: Any, key: Any, at: Any, who: Any) -> Any:
    """Which cubes of pieces another vessel may share in the same ten minutes: most are a vessel's own."""
    size = 1 << 16
    while size < 8 * piece.size and size < 1 << 27:
        size *= 2
    first = np.zeros(size, np.uint8)
    for q in range(piece.size):
        slot = (key[q] * 73_856_093 ^ at[piece[q]] * 19_349_663) >> 7 & (size - 1)
        name = who[piece[q]] % 254 + 1
        if first[slot] == 0:
            first[slot] = name
        elif first[slot] != name:
            first[slot] = 255
    out = np.zeros(piece.size, np.bool_)
    for q in range(piece.size):
        slot = (key[q] * 73_856_093 ^ at[piece[q]] * 19_349_663) >> 7 & (size - 1)
        out[q] = first[slot] == 255
    return out


@njit(cache=True)
def _share(piece: Any, key: Any, at: Any, who: Any, lo: Any, hi: Any) -> Any:
    room = 1024
    out = np.empty((room, 2), np.int64)
    n = 0
    start = 0
    for i in range(piece.size):
        if i > 0 and (key[i] != key[i - 1] or at[piece[i]] != at[piece[i - 1]]):
            start = i
        a = piece[i]
        for j in range(start, i):
            b = piece[j]
            if who[a] == who[b]:
                continue
            apart = False
            corner = 0
            for k in range(3):
                if lo[a, k] > hi[b, k] or lo[b, k] > hi[a, k]:
                    apart = True
                corner = corner * 2 * _HALF + int(np.floor(max(lo[a, k], lo[b, k]) / _CUBE_M)) + _HALF
            if apart or corner != key[i]:
                continue
            if n == room:
                room *= 2
                out = grown(out, room)
            out[n, 0] = a
            out[n, 1] = b
            n += 1
    return out[:n]


__all__ = ["touching"]
