"""Bytes of a line to numbers and times, compiled. Each function reads only below the ``q`` that it is given.

Numba's cache does not see changes in other files: after a change here, touch ``_scan.py``, ``_assemble.py`` and
``_extract.py``, whose compiled functions include this.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import int64, njit, uint64

from makara.sensors.ais._layout import (
    NO_TIME,
)

_MS_FROM: Final = 100_000_000_000
"""From here on a count is milliseconds: as seconds it would be the year 5138."""
_NUL, _FEED, _STAR, _COMMA, _DASH, _DOT, _BACKSLASH, _BANG = (np.uint8(c) for c in b"\0\n*,-.\\!")
_ONE, _NINE = np.int64(1), np.int64(9)
_LOW, _HIGH = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_N = tuple(np.uint64(i) for i in range(8))
_BY = tuple(np.uint64(8 * i) for i in range(8))
_FNV: Final = np.uint64(14695981039346656037)
_PRIME: Final = np.uint64(1099511628211)
_DATE: Final = np.frombuffer(b"0000-00-00T00:00", np.uint8).copy()

_inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Functions that only compiled ones call."""


@_inner
def load8(b: Any, p: Any) -> Any:
    """Eight bytes from p on as one word, the first one lowest. The compiler makes one load of it."""
    i = uint64(p)
    low = (
        uint64(b[i]) | uint64(b[i + _N[1]]) << _BY[1] | uint64(b[i + _N[2]]) << _BY[2] | uint64(b[i + _N[3]]) << _BY[3]
    )
    high = uint64(b[i + _N[4]]) << _BY[4] | uint64(b[i + _N[5]]) << _BY[5]
    return low | high | uint64(b[i + _N[6]]) << _BY[6] | uint64(b[i + _N[7]]) << _BY[7]


@_inner
def _find(b: Any, p: Any, q: Any, c: Any) -> Any:
    """Where byte ``c`` stands first in [p, q); q if nowhere."""
    all_c = uint64(c) * _LOW
    while p + 8 <= q:
        x = load8(b, p) ^ all_c
        if (x - _LOW) & ~x & _HIGH:
            break
        p += 8
    while p < q and b[p] != c:
        p += 1
    return p


@_inner
def _behind(b: Any, p: Any, q: Any) -> Any:
    """Where another sentence, or its tag block, begins in [p, q), a line whose line feed was lost; else q."""
    while True:
        k = _find(b, p, q, _BANG)
        if k + 16 > q:
            return int64(q)
        if b[k + 3] == 86 and b[k + 4] == 68 and (b[k + 5] == 77 or b[k + 5] == 79) and b[k + 6] == _COMMA:
            start = k - 1
            if start > p and b[start] == _BACKSLASH:
                start -= 1
                while start > p and b[start] != _BACKSLASH:
                    start -= 1
                return int64(start if b[start] == _BACKSLASH else k)
            return int64(k)
        p = k + 1


@_inner
def _xor(b: Any, p: Any, q: Any) -> Any:
    """Checksum of [p, q) (IEC 61162-1)."""
    x = uint64(0)
    while p + 8 <= q:
        x ^= load8(b, p)
        p += 8
    while p < q:
        x ^= uint64(b[p])
        p += 1
    x ^= x >> uint64(32)
    x ^= x >> uint64(16)
    x ^= x >> uint64(8)
    return int64(x & uint64(255))


@_inner
def _hex(c: Any) -> Any:
    """Value of a hexadecimal digit, or -1."""
    if 48 <= c <= 57:
        return int64(c) - 48
    if 65 <= c <= 70:
        return int64(c) - 55
    if 97 <= c <= 102:
        return int64(c) - 87
    return int64(-1)


@_inner
def _digit(c: Any) -> Any:
    return 48 <= c <= 57


@_inner
def _space(c: Any) -> Any:
    return c == 32 or 9 <= c <= 13


@_inner
def _trim(b: Any, p: Any, q: Any) -> Any:
    while p < q and _space(b[p]):
        p += 1
    while p < q and _space(b[q - 1]):
        q -= 1
    return p, q


@_inner
def _mix(h: Any, b: Any, p: Any, q: Any) -> Any:
    for i in range(p, q):
        h = (h ^ np.uint64(b[i])) * _PRIME
    return h


@_inner
def _number(b: Any, p: Any, q: Any) -> Any:
    """A whole number of up to 13 digits, or -1."""
    if q <= p or q - p > 13:
        return int64(-1)
    n = int64(0)
    for i in range(p, q):
        if not _digit(b[i]):
            return int64(-1)
        n = n * 10 + int64(b[i] - 48)
    return n


@_inner
def _epoch(b: Any, p: Any, q: Any, least: Any) -> Any:
    """Microseconds of a count of seconds or milliseconds since 1970 with ``least`` digits or more, or NO_TIME."""
    dot = _find(b, p, q, _DOT)
    if dot - p < (max(least, 9) if dot < q else least) or dot + 1 == q:
        return NO_TIME
    n = _number(b, p, dot)
    if n <= 0:
        return NO_TIME
    unit = 1_000 if n >= _MS_FROM else 1_000_000
    us, weight = n * unit, unit
    for i in range(dot + 1, q):
        if not _digit(b[i]):
            return NO_TIME
        d = int64(b[i] - 48)
        if weight >= 10:
            weight //= 10
            us += d * weight
        elif weight == 1:
            us += d >= 5
            weight = 0
    return int64(us)


@_inner
def _civil(y: Any, mo: Any, d: Any, h: Any, mi: Any, s: Any) -> Any:
    """Microseconds since 1970 of a date and time of day, or NO_TIME when there is no such (Howard Hinnant's days)."""
    if not (1 <= y <= 9999 and 1 <= mo <= 12 and d >= 1 and 0 <= h < 24 and 0 <= mi < 60 and 0 <= s < 60):
        return NO_TIME
    last = 30 + ((mo + mo // 8) & 1)
    if mo == 2:
        last = 29 if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0) else 28
    if d > last:
        return NO_TIME
    year = y - (1 if mo <= 2 else 0)
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (mo + (-3 if mo > 2 else 9)) + 2) // 5 + d - 1
    days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return int64((days * 86400 + h * 3600 + mi * 60 + s) * 1_000_000)


@_inner
def _shape(b: Any, p: Any, q: Any, shape: Any) -> Any:
    """Whether [p, ...) has the form of ``shape``, in which ``0`` (48) stands for any digit and ``T`` for T or space."""
    if p + shape.size > q:
        return False
    for i in range(shape.size):
        c, want = b[p + i], shape[i]
        if want == 48:
            if not _digit(c):
                return False
        elif want == 84:
            if c != 84 and c != 32:
                return False
        elif c != want:
            return False
    return True


@_inner
def _utc(b: Any, p: Any) -> Any:
    """Whether UTC or GMT stands at p."""
    return (b[p] == 85 and b[p + 1] == 84 and b[p + 2] == 67) or (b[p] == 71 and b[p + 1] == 77 and b[p + 2] == 84)


@_inner
def _iso(b: Any, p: Any, q: Any) -> Any:
    """Whether an ISO 8601 time with a zone stands at p, and its microseconds (NO_TIME: no such day)."""
    if not _shape(b, p, q, _DATE):
        return False, NO_TIME
    y = _number(b, p, p + 4)
    mo = _number(b, p + 5, p + 7)
    d = _number(b, p + 8, p + 10)
    h = _number(b, p + 11, p + 13)
    mi = _number(b, p + 14, p + 16)
    s, us = int64(0), int64(0)
    p += 16
    if p + 2 < q and b[p] == 58 and _digit(b[p + 1]) and _digit(b[p + 2]):
        s = _number(b, p + 1, p + 3)
        p += 3
        if p + 1 < q and (b[p] == 46 or b[p] == 44) and _digit(b[p + 1]):
            p += 1
            weight = 100_000
            while p < q and _digit(b[p]) and weight:
                us += int64(b[p] - 48) * weight
                weight //= 10
                p += 1
    while p < q and b[p] == 32:
        p += 1
    if p >= q:
        return False, NO_TIME
    shift = int64(0)
    if b[p] == 43 or b[p] == 45:
        if not (p + 4 < q and _digit(b[p + 1]) and _digit(b[p + 2])):
            return False, NO_TIME
        m = p + 4 if b[p + 3] == 58 else p + 3
        if not (m + 1 < q and _digit(b[m]) and _digit(b[m + 1])):
            return False, NO_TIME
        zh, zm = _number(b, p + 1, p + 3), _number(b, m, m + 2)
        if zh > 23 or zm > 59:
            return True, NO_TIME
        shift = (zh * 60 + zm) * (60_000_000 if b[p] == 43 else -60_000_000)
    elif b[p] != 90 and not (p + 2 < q and _utc(b, p)):
        return False, NO_TIME
    t = _civil(y, mo, d, h, mi, s)
    return True, t if t == NO_TIME else t + us - shift


@_inner
def _prefix(b: Any, p: Any, q: Any) -> Any:
    """Time of what precedes a sentence: ISO 8601 with a zone, an epoch, or an epoch as a field of a CSV row."""
    for i in range(p, q - 16):
        found, t = _iso(b, i, q)
        if found:
            return t
    least = _NINE
    while p < q:
        while p < q and (_space(b[p]) or b[p] == 44 or b[p] == 59 or b[p] == 34 or b[p] == 124):
            p += 1
        e = p
        while e < q and not (_space(b[e]) or b[e] == 44 or b[e] == 59 or b[e] == 34 or b[e] == 124):
            e += 1
        stop = e
        while e > p and b[e - 1] == 58:
            e -= 1
        rest = stop
        while rest < q and (_space(b[rest]) or b[rest] == 44 or b[rest] == 59 or b[rest] == 34 or b[rest] == 124):
            rest += 1
        if rest < q:
            least = _NINE + 1  # one field of several: nine digits are rather an MMSI
        t = _epoch(b, p, e, least)
        if t != NO_TIME:
            return t
        p, least = stop, _NINE + 1
    return NO_TIME
