"""Keys of messages, compiled: as ``base.ids.bulk`` gives them, without the columns.

Numba's cache does not see changes in other files: after a change here, touch ``_scan.py``, ``_assemble.py`` and
``_extract.py``, whose compiled functions include this.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import int64, njit, uint64

from makara.sensors.ais._fields import (
    _ZERO,
    _copy,
)
from makara.sensors.ais._layout import (
    NO_TIME,
)

SCRATCH: Final = 2048
"""Words of 64 bits that hold the fields of a key: as much again, and a name of 255 bytes, each perhaps become three."""
_P1: Final = np.uint64(0x9E3779B185EBCA87)
_P2: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_P3: Final = np.uint64(0x165667B19E3779F9)
_P4: Final = np.uint64(0x85EBCA77C2B2AE63)
_P5: Final = np.uint64(0x27D4EB2F165667C5)

_inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Functions that only compiled ones call."""


@_inner
def _rotl(x: Any, r: Any) -> Any:
    return (x << r) | (x >> (uint64(64) - r))


@_inner
def _round(acc: Any, lane: Any) -> Any:
    return _rotl(acc + lane * _P2, uint64(31)) * _P1


@_inner
def _xxh64(words: Any, b: Any, n: Any) -> Any:
    """XXH64, seed 0, of ``b[:n]``, the bytes of ``words`` (Collet, XXH64 specification 0.1.1); n is 32 or more."""
    v1, v2, v3, v4 = _P1 + _P2, _P2, _ZERO, _ZERO - _P1
    i, end = int64(0), n // 8
    while i + 4 <= end:
        v1 = _round(v1, words[i])
        v2 = _round(v2, words[i + 1])
        v3 = _round(v3, words[i + 2])
        v4 = _round(v4, words[i + 3])
        i += 4
    h = _rotl(v1, uint64(1)) + _rotl(v2, uint64(7)) + _rotl(v3, uint64(12)) + _rotl(v4, uint64(18))
    h = (h ^ _round(_ZERO, v1)) * _P1 + _P4
    h = (h ^ _round(_ZERO, v2)) * _P1 + _P4
    h = (h ^ _round(_ZERO, v3)) * _P1 + _P4
    h = (h ^ _round(_ZERO, v4)) * _P1 + _P4
    h += uint64(n)
    while i < end:
        h = _rotl(h ^ _round(_ZERO, words[i]), uint64(27)) * _P1 + _P4
        i += 1
    k = i * 8
    if k + 4 <= n:
        lane = uint64(b[k]) | uint64(b[k + 1]) << uint64(8) | uint64(b[k + 2]) << uint64(16)
        lane |= uint64(b[k + 3]) << uint64(24)
        h = _rotl(h ^ (lane * _P1), uint64(23)) * _P2 + _P3
        k += 4
    while k < n:
        h = _rotl(h ^ (uint64(b[k]) * _P5), uint64(11)) * _P1
        k += 1
    h = (h ^ (h >> uint64(33))) * _P2
    h = (h ^ (h >> uint64(29))) * _P3
    return h ^ (h >> uint64(32))


@_inner
def _key(b: Any, p: Any, n: Any, mmsi: Any, t: Any, station: Any, names: Any, ends: Any, words: Any, out: Any) -> Any:
    """Key of a message: scheme, mover, t_seen, station, payload with fill bits; as ``base.ids.bulk`` gives it.

    Each field stands behind its length in four bytes, little-endian; a null is a length of -1 alone.
    """
    words[0] = uint64(0x69736D6D00000004)  # 4, "mmsi"
    words[1] = uint64(8) | uint64(mmsi) << uint64(32)
    at = int64(24)
    words[2] = uint64(0xFFFFFFFF) << uint64(32)
    if t != NO_TIME:
        words[2] = uint64(8) << uint64(32)
        words[3] = uint64(t)
        at = int64(32)
    words[at >> 3] = uint64(0xFFFFFFFF)
    size = int64(0)
    if station >= 0:
        start = ends[station]
        size = ends[station + 1] - start
        words[at >> 3] = uint64(size)
        _copy(names, start, size, out, at + 4)
    at += 4 + size
    out[at], out[at + 1], out[at + 2], out[at + 3] = n & 255, n >> 8, 0, 0
    at += 4
    _copy(b, p, n, out, at)
    return int64(_xxh64(words, out, at + n))
