"""How well others were heard, hour by hour, before and after a vessel fell silent."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M
from makara.base.units import HOUR_S, S_US
from makara.behaviours._near import _SPAN, Heard, _cube, _slice

HOURS: Final = 12
"""Hours that are judged before and after the last message."""
BRACKET_S: Final = 3 * HOUR_S
"""Who was heard within this before an hour and within this after it was on the air in it."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def hours_heard(
    heard: Heard, t: Ints, who: Ints, sort_of: Ints, gap: Ints, lon: Floats, lat: Floats, first: Ints, last: Ints,
    reach_m: float,
) -> tuple[Ints, Ints, Ints, Ints]:  # fmt: skip
    """Others that were on the air near places, and those of them that were heard.

    They are of the same transponder class, or of the weaker class B (2) beside a vessel of class A (1).

    Hour k of a silence that began at t lasts from t + k h to t + (k + 1) h; k runs from -12 to 11.

    Args:
        heard: all messages, by track.
        t: when each silence began, microseconds.
        who: number of its mover.
        sort_of: class of its transponder.
        gap: of each question, the silence that it is about.
        lon: where the vessel is held to be, degrees.
        lat: degrees.
        first: first hour asked, from -12.
        last: last hour asked.
        reach_m: farther off, others tell nothing.

    Returns:
        For each silence and hour (n x 24): others on the air, those heard in the hour, messages heard; and for each
        silence how many different movers were on the air in its hours from 0 on.
    """
    order = np.argsort(gap, kind="stable")
    asked = [a[order] for a in (gap, lon, lat, first, last)]
    count = int(heard.who.max()) + 1 if heard.who.size else 1
    at = _unit(heard.lon, heard.lat)
    found: tuple[Ints, Ints, Ints, Ints] = _hours(
        heard.key, heard.t, heard.t_next, *at, heard.who, heard.sort_of,
        t, who, sort_of, *asked, heard.size_m, reach_m, count,
    )  # fmt: skip
    return found


def _unit(lon: Floats, lat: Floats) -> tuple[Floats, Floats, Floats]:
    """Places on a sphere of radius one: straight distances between them are cheap."""
    x, y = np.radians(lon), np.radians(lat)
    c = np.cos(y)
    return c * np.cos(x), c * np.sin(x), np.sin(y)


@njit(cache=True)
def _hours(
    key: Any, t: Any, t_next: Any, px: Any, py: Any, pz: Any, who: Any, sort_of: Any,
    t0: Any, me: Any, mine: Any, gap: Any, x: Any, y: Any, first: Any, last: Any, size: float, reach: float,
    count: int,
) -> Any:  # fmt: skip
    hour = HOUR_S * S_US
    bracket = BRACKET_S * S_US
    on_air = np.zeros((t0.size, 2 * HOURS), np.int64)
    kept = np.zeros((t0.size, 2 * HOURS), np.int64)
    told = np.zeros((t0.size, 2 * HOURS), np.int64)
    distinct = np.zeros(t0.size, np.int64)
    stamp = np.full(count, -1, np.int64)
    half = _SPAN // 2
    most = (2.0 * np.sin(0.5 * reach / A_M)) ** 2
    for q in range(gap.size):
        g = gap[q]
        begin = t0[g] + first[q] * hour
        end = t0[g] + (last[q] + 1) * hour
        cx, cy, cz = _cube(x[q], y[q], size)
        east, north = x[q] * np.pi / 180.0, y[q] * np.pi / 180.0
        ux, uy, uz = np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                for dz in range(-1, 2):
                    cube = ((cx + dx + half) * _SPAN + (cy + dy + half)) * _SPAN + (cz + dz + half)
                    a, b = _slice(key, t, cube, begin - bracket, end)
                    for i in range(a, b):
                        if who[i] == me[g] or (sort_of[i] != mine[g] and not (mine[g] == 1 and sort_of[i] == 2)):
                            continue
                        if (px[i] - ux) ** 2 + (py[i] - uy) ** 2 + (pz[i] - uz) ** 2 > most:
                            continue
                        own = (t[i] - t0[g]) // hour
                        if first[q] <= own <= last[q]:
                            told[g, own + HOURS] += 1
                        # hours that begin after this message and before the next of its track
                        k = max(-((t0[g] - t[i]) // hour), first[q])
                        while k <= last[q]:
                            at = t0[g] + k * hour
                            if at >= t_next[i] or at - t[i] > bracket:
                                break
                            if t_next[i] <= at + hour + bracket:
                                on_air[g, k + HOURS] += 1
                                if k >= 0 and stamp[who[i]] != g:
                                    stamp[who[i]] = g
                                    distinct[g] += 1
                                if t_next[i] <= at + hour:
                                    kept[g, k + HOURS] += 1
                            k += 1
    return on_air, kept, told, distinct
