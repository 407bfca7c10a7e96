"""The sequential pass: each report continues the open track that it fits best, waits, or begins a track.

Causal on purpose: a verdict on a report depends on earlier reports only, so verdicts, and with them track ids, stand
when more reports arrive, and the state can be had again from the last 24 h of points. A report that fits no open track
waits (``too_fast``); when a later report fits a waiting one, that later report begins a track and no one waits then.
A single outlier therefore never makes a track.

Which of several tracks a report continues is judged by the last three reports of each, so that one that went astray
does not lead others after it.

Hulls that lie closer together than one hull could move (moored side by side under one MMSI) fit each other's tracks.
They give themselves away by turns: a report that a hull could hardly have made (strange) displaces the end of a track,
and a later one fits the displaced end better by far than any end. When this happens both ways (A, B, A, B within
minutes), the last one begins a track. One bad fix, or a wandering one, does not do that.

The state of a mover: its open tracks, of which at most 32, the least recently continued leaving first; the latest 16
waiting reports since the last track began; and the latest 16 displaced ends of five minutes.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit

from makara.tracks._hull import GAP_MAX_S, fit, reach_m, strange, within
from makara.tracks.clean import KEPT, TOO_FAST

OPEN_MAX: Final = 32
WAIT_MAX: Final = 16
MEMORY: Final = 3
"""How many of a track's last reports say which of several open tracks a report continues."""
DISPLACED_S: Final = 300.0
BETTER: Final = 8.0
"""Log density by which a report must fit a displaced end better than any end of a track."""


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
def _reaches(j: int, i: int, t_us: Any, lon: Any, lat: Any, sog: Any) -> bool:
    """Whether a hull could come from row j to row i."""
    dt = (t_us[i] - t_us[j]) * 1e-6
    return dt <= GAP_MAX_S and within(lon[j], lat[j], lon[i], lat[i], reach_m(dt, sog[j], sog[i]))


@njit(cache=True)
def _score(j: int, i: int, memory: int, before: Any, t_us: Any, lon: Any, lat: Any, sog: Any, cog: Any) -> float:
    """How well report i continues the track that ends with row j: the mean over its last reports of five minutes."""
    total, n = 0.0, 0
    for _ in range(memory):
        dt = (t_us[i] - t_us[j]) * 1e-6
        if dt > (DISPLACED_S if n else GAP_MAX_S):
            break
        score = fit(dt, lon[j], lat[j], sog[j], cog[j], lon[i], lat[i], sog[i], cog[i])
        if score == -math.inf:
            break
        total, n, j = total + score, n + 1, before[j]
        if j < 0:
            break
    return total / n if n else -math.inf


@njit(cache=True)
def _best(
    rows: Any, n: int, i: int, memory: int, before: Any, t_us: Any, lon: Any, lat: Any, sog: Any, cog: Any
) -> tuple[int, float]:
    """Which of the first n rows the report i continues best, and how well; -1 for none. Of equals the latest."""
    best, at = -math.inf, -1
    for k in range(n):
        score = _score(rows[k], i, memory, before, t_us, lon, lat, sog, cog)
        if score > -math.inf and score >= best:
            best, at = score, k
    return at, best


@njit(cache=True)
def _keep(rows: Any, n: int, i: int) -> int:
    """Append a row to a list of the latest 16."""
    if n == WAIT_MAX:
        _remove(rows, n, 0)
        n -= 1
    rows[n] = i
    return n + 1


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
    waiting, displaced = np.empty(WAIT_MAX, np.int64), np.empty(WAIT_MAX, np.int64)
    before = np.full(t_us.size, -1, np.int64)
    answered = np.zeros(t_us.size, np.bool_)  # ends that a report displaced which itself came back to another end
    n = w = d = 0
    mover = -1
    for i in range(t_us.size):
        if start[i] != mover:
            mover, n, w, d = start[i], 0, 0, 0
        if code[i] != KEPT and code[i] != TOO_FAST:
            continue
        n = _expire(first, last, n, t_us, t_us[i])
        while d and (t_us[i] - t_us[displaced[0]]) * 1e-6 > DISPLACED_S:
            _remove(displaced, d, 0)
            d -= 1
        k, waits = -1, False
        if fixed[i]:
            waits = code[i] == TOO_FAST
            for m in range(n):
                if known[first[m]] == known[i]:
                    k = m
            births = not waits and k < 0
        else:
            reachable = 0
            for m in range(n):
                if _reaches(last[m], i, t_us, lon, lat, sog):
                    reachable, k = reachable + 1, m
            if reachable > 1:
                k, _ = _best(last, n, i, MEMORY, before, t_us, lon, lat, sog, cog)
            births = k < 0 and (n == 0 or _best(waiting, w, i, 1, before, t_us, lon, lat, sog, cog)[0] >= 0)
            waits = k < 0 and not births
        if waits:
            code[i] = TOO_FAST
            w = _keep(waiting, w, i)
            continue
        code[i] = KEPT
        back = -1
        if d:
            back, found = _best(displaced, d, i, 1, before, t_us, lon, lat, sog, cog)
            if not births and found < _score(last[k], i, 1, before, t_us, lon, lat, sog, cog) + BETTER:
                back = -1
        if back >= 0:
            j = displaced[back]
            _remove(displaced, d, back)
            d -= 1
            births = births or answered[j]
        if births:
            n = _insert(first, last, n, i)
            if began[i] or not fixed[i]:
                w = 0
        else:
            j = last[k]
            dt = (t_us[i] - t_us[j]) * 1e-6
            if dt <= DISPLACED_S and strange(
                dt, lon[j], lat[j], sog[j], cog[j], lon[i], lat[i], sog[i], cog[i]
            ):
                answered[j] = back >= 0
                d = _keep(displaced, d, j)
            before[i] = j
            _touch(first, last, n, k, i)
        out[i] = first[n - 1]
    return out
