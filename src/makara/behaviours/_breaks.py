"""Breaks: whether a vessel fell silent where others do so, too, day after day: at a hole in what is received.

A port in the shadow of a hill, the edge of a receiver's range, a part of the sea that somebody cut out of the data: the
vessels that come there vanish, and come out again. The silences of the last day do not count: a fleet that switches off
together is no hole.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M
from makara.base.units import DAY_S, S_US

HISTORY_S: Final = 30 * DAY_S
"""How far back others' silences count."""
_DAY_US: Final = DAY_S * S_US
_DAYS: Final = HISTORY_S // DAY_S - 1
"""Days whose silences count: those of the last one do not."""
Ints = NDArray[np.int64]


def breaks(
    points: pl.DataFrame, silences: pl.DataFrame, judged: pl.DataFrame, ask: pl.Series, reach_m: float
) -> pl.DataFrame:
    """Who else falls silent where some vessels did.

    Args:
        points: ordered by mover; of at least the day before each silence that is asked about.
        silences: of all vessels, with ``mover, t`` (microseconds), ``lon_deg, lat_deg`` of their beginning.
        judged: silences, with the same columns.
        ask: which of them it is asked of; the others get zeros.
        reach_m: others this near were here.

    Returns:
        ``judged`` with ``breaks``: how many others fell silent here in the 30 days before, the last one left out; and
        ``breaks_ppm``: the share of those that come here whose track breaks off, in millionths: silences of others a
        day (one a vessel and day), to the other vessels heard here in the day before (at least one), the whole at most.
    """
    places = ("mover", "t", "lon_deg", "lat_deg")
    tall, most = reach_m / 110_000.0, (2.0 * np.sin(0.5 * reach_m / A_M)) ** 2
    at = np.flatnonzero(ask.to_numpy())
    me = [judged[c].gather(at).to_numpy() for c in places]
    others, share = np.zeros((2, len(judged)), np.int64)
    others[at], days = _silent(*(silences.sort("mover", "t")[c].to_numpy() for c in places), *me, tall, most)
    there = (points[c].to_physical().to_numpy() for c in ("mover", "t_seen", "lon_deg", "lat_deg"))
    passed = np.maximum(_passed(*there, *me, tall, most), 1)
    share[at] = np.round(1e6 * np.minimum(days / _DAYS / passed, 1.0))
    return judged.with_columns(pl.Series("breaks", others), pl.Series("breaks_ppm", share))


@njit(cache=True)
def _chord2(lon: float, lat: float, x: float, y: float) -> float:
    """Square of the straight distance on a sphere of radius one."""
    k = np.pi / 180.0
    a, b = np.cos(lat * k), np.cos(y * k)
    east = a * np.cos(lon * k) - b * np.cos(x * k)
    north = a * np.sin(lon * k) - b * np.sin(x * k)
    up = np.sin(lat * k) - np.sin(y * k)
    return float(east * east + north * north + up * up)


@njit(cache=True)
def _silent(
    mover: Any, t: Any, lon: Any, lat: Any, me: Any, at: Any, x: Any, y: Any, tall: float, most: float
) -> Any:  # fmt: skip
    """Other movers that fell silent near each place in the days before, and on how many days each, summed."""
    others, days = np.zeros(me.size, np.int64), np.zeros(me.size, np.int64)
    for g in range(me.size):
        last, day = me[g], -1
        for i in range(mover.size):
            ago = (at[g] - t[i]) // _DAY_US
            if ago < 1 or ago > _DAYS or mover[i] == me[g] or abs(lat[i] - y[g]) > tall:
                continue
            if _chord2(lon[i], lat[i], x[g], y[g]) > most:
                continue
            if others[g] == 0 or mover[i] != last:
                others[g] += 1
                day = -1
            days[g] += ago != day
            last, day = mover[i], ago
    return others, days


@njit(cache=True)
def _passed(
    mover: Any, t: Any, lon: Any, lat: Any, me: Any, at: Any, x: Any, y: Any, tall: float, most: float
) -> Any:  # fmt: skip
    """Other movers that were heard near each place in the day before.

    While a mover stays in a square, only those places are looked at again that it has not been near yet.
    """
    n, stamp = np.zeros(me.size, np.int64), me.copy()
    head, of = _squares(np.argsort(at), x, y, tall)
    when = at[of]
    left = np.empty(max(np.diff(head).max(), 1), np.int64)
    held, last, count, ahead = -1, 0, 0, 0
    for i in range(mover.size):
        b = _square(int(np.floor(lat[i])), int(np.floor(lon[i])))
        if head[b] == head[b + 1]:
            continue
        if b != held or mover[i] != mover[last] or t[i] < t[last]:
            held, count = b, 0
            ahead = head[b] + np.searchsorted(when[head[b] : head[b + 1]], t[i])
        last = i
        while ahead < head[b + 1] and when[ahead] < t[i] + _DAY_US:
            g = of[ahead]
            ahead += 1
            if mover[i] != me[g] and stamp[g] != mover[i]:
                left[count] = g
                count += 1
        kept = 0
        for j in range(count):
            g = left[j]
            if at[g] < t[i]:
                continue
            if abs(lat[i] - y[g]) <= tall and _chord2(lon[i], lat[i], x[g], y[g]) <= most:
                stamp[g] = mover[i]  # the points are ordered by mover
                n[g] += 1
                continue
            left[kept] = g
            kept += 1
        count = kept
    return n


@njit(cache=True)
def _square(row: int, column: int) -> int:
    """The number of a square of a degree."""
    return min(max(row + 90, 0), 180) * 360 + (column + 180) % 360


@njit(cache=True)
def _squares(order: Any, x: Any, y: Any, tall: float) -> Any:
    """Places by the squares of a degree from which they can be reached: where each begins, and the places in order."""
    head, of = np.zeros(181 * 360 + 1, np.int64), np.empty(0, np.int64)
    for turn in range(2):
        for g in order[::-1]:
            wide = 180.0
            if abs(y[g]) + tall < 89.0:
                wide = np.degrees(np.arcsin(min(np.sin(np.radians(tall)) / np.cos(np.radians(y[g])), 1.0)))
            west = int(np.floor(x[g] - wide))
            east = min(int(np.floor(x[g] + wide)), west + 359)
            for row in range(max(int(np.floor(y[g] - tall)), -90), min(int(np.floor(y[g] + tall)), 90) + 1):
                for column in range(west, east + 1):
                    b = _square(row, column)
                    if turn == 0:
                        head[b] += 1
                    else:
                        head[b] -= 1
                        of[head[b]] = g
        if turn == 0:
            head = np.cumsum(head)
            of = np.empty(head[-1], np.int64)
    return head, of


__all__ = ["HISTORY_S", "breaks"]
