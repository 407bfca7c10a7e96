"""The sequential pass: each report continues the open track that it fits best, waits, or begins a track.

Causal on purpose: a verdict on a report depends on earlier reports only, so verdicts, and with them track ids, stand
when more reports arrive, and the state can be had again from the last 24 h of points. A report that fits no open track
waits (``too_fast``); when a later report fits a waiting one, that later report begins a track and no one waits then.
A single outlier therefore never makes a track. The state of a mover: its open tracks, of which at most 32, the least
recently continued leaving first, and the latest 16 waiting reports since the last track began.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit

from makara.tracks._hull import GAP_MAX_S, fit
from makara.tracks.clean import KEPT, TOO_FAST

OPEN_MAX: Final = 32
WAIT_MAX: Final = 16


@njit(cache=True)
def _remove(values: Any, n: int, k: int) -> None:
    for m in range(k, n - 1):
        values[m] = values[m + 1]


@njit(cache=True)
def _expire(first: Any, last: Any, n: int, t_us: Any, now: int) -> int:
    kept = 0
    for k in range(n):
        if (now - t_us[last[k]]) * 1e-6 <= GAP_MAX_S:
            first[kept], last[kept] = first[k], last[k]
            kept += 1
    return kept


@njit(cache=True)
def _touch(first: Any, last: Any, n: int, k: int, i: int) -> None:
    """Continue open track k by row i; open tracks are kept in the order of their last continuation."""
    f = first[k]
    _remove(first, n, k)
    _remove(last, n, k)
    first[n - 1], last[n - 1] = f, i


@njit(cache=True)
def _insert(first: Any, last: Any, n: int, i: int) -> int:
    if n == OPEN_MAX:
        _remove(first, n, 0)
        _remove(last, n, 0)
        n -= 1
    first[n], last[n] = i, i
    return n + 1


@njit(cache=True)
def _best(rows: Any, n: int, i: int, t_us: Any, lon: Any, lat: Any, sog: Any, cog: Any) -> int:
    """Which of the first n rows the report i continues best; -1 for none. Of equals the latest."""
    best, at = -math.inf, -1
    for k in range(n):
        j = rows[k]
        dt = (t_us[i] - t_us[j]) * 1e-6
        if dt > GAP_MAX_S:
            continue
        score = fit(dt, lon[j], lat[j], sog[j], cog[j], lon[i], lat[i], sog[i], cog[i])
        if score > -math.inf and score >= best:
            best, at = score, k
    return at


@njit(cache=True)
def link(
    start: Any, t_us: Any, lon: Any, lat: Any, sog: Any, cog: Any, fixed: Any, known: Any, began: Any, code: Any
) -> Any:
    """First row of each row's track, -1 for none; ``code`` is set to TOO_FAST where a report waits.

    Args:
        start: first row of each row's mover; rows are sorted by mover and time.
        t_us: times, microseconds.
        lon: longitudes, degrees.
        lat: latitudes, degrees.
        sog: speeds, knots, NaN if unknown.
        cog: courses, degrees, NaN if unknown.
        fixed: rows that were judged before: they only bring the state up to date.
        known: the track of a fixed row that has one, else 0.
        began: fixed rows that began their track.
        code: verdict of each row; KEPT becomes TOO_FAST where the row waits.
    """
    out = np.full(t_us.size, -1, np.int64)
    first, last = np.empty(OPEN_MAX, np.int64), np.empty(OPEN_MAX, np.int64)
    waiting = np.empty(WAIT_MAX, np.int64)
    n = w = 0
    mover = -1
    for i in range(t_us.size):
        if start[i] != mover:
            mover, n, w = start[i], 0, 0
        if code[i] != KEPT and code[i] != TOO_FAST:
            continue
        n = _expire(first, last, n, t_us, t_us[i])
        k = -1
        waits = False
        if fixed[i]:
            waits = code[i] == TOO_FAST
            for m in range(n):
                if known[first[m]] == known[i]:
                    k = m
            births = not waits and k < 0
            clears = births and began[i]
        else:
            k = _best(last, n, i, t_us, lon, lat, sog, cog)
            births = k < 0 and (n == 0 or _best(waiting, w, i, t_us, lon, lat, sog, cog) >= 0)
            waits = k < 0 and not births
            clears = births
        if waits:
            code[i] = TOO_FAST
            if w == WAIT_MAX:
                _remove(waiting, w, 0)
                w -= 1
            waiting[w] = i
            w += 1
            continue
        code[i] = KEPT
        if births:
            n = _insert(first, last, n, i)
            if clears:
                w = 0
        else:
            _touch(first, last, n, k, i)
        out[i] = first[n - 1]
    return out
