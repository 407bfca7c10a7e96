"""Who else was heard around places and instants: the few questions are hashed, and the many points pass by once.

Right across 180 degrees and at the poles: cells are half degrees, and a question stands in all that it reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import distance_scalar
from makara.behaviours._pairs import apart, beside

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_BITS: Final = 1 << 20
_GRID: Final = 2.0
"""Cells a degree."""
_WIDE: Final = 720
_NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Asked:
    """Questions: who else was heard near a place in a span of time, hashed by the cells that they reach.

    Attributes:
        lon: degrees.
        lat: degrees.
        slot_us: length of the cells' stretches of time.
        head: where each bucket begins among the entries.
        cell: cell of each entry.
        of: question of each entry.
    """

    lon: Floats
    lat: Floats
    slot_us: int
    head: Ints
    cell: Ints
    of: Ints

    @staticmethod
    def at(lon: Floats, lat: Floats, since: Ints, until: Ints, reach_m: float, slot_us: int) -> Asked:
        """Questions about what was heard from ``since`` to ``until`` (microseconds) within a reach of places."""
        head, cell, of = _index(lon, lat, since, until, reach_m, slot_us)
        return Asked(lon, lat, slot_us, head, cell, of)

    def rows(self, points: pl.DataFrame) -> Ints:
        """Rows of the points in a cell that a question reaches; none that matters is missed."""
        out: Ints = _rows(*_places(points), self.head, self.cell, self.slot_us)
        return out

    def told(
        self, points: pl.DataFrame, rows: Ints, t_next: Ints, sort_of: Ints,
        at: Ints, me: Ints, mine: Ints, reach_m: float, span_us: int,
    ) -> tuple[Ints, Ints, Ints]:  # fmt: skip
        """What the points tell: the first half of the questions is about before instants, the second about after.

        A neighbour is another mover (with the same kind of transponder) whose last message before the instant is at
        most ``span_us`` old and came from within ``reach_m``.

        Args:
            points: ordered by mover.
            rows: which of them may matter, ascending.
            t_next: when the chain of each is heard next (int64's largest: not before the end of the window).
            sort_of: class of transponder as a number, 0 unknown.
            at: instants, for each half; what follows likewise.
            me: mover that is asked about.
            mine: its class of transponder.
            reach_m: how near a neighbour is.
            span_us: how long before and after.

        Returns:
            Number of neighbours; of those heard again within ``span_us``; and of other movers heard in the
            ``span_us`` after the instant near the places of the second half.
        """
        mover = points["mover"].to_numpy()
        found: tuple[Ints, Ints, Ints] = _told(
            *_places(points), mover, rows, t_next, sort_of, self.head, self.cell, self.of, self.lon, self.lat,
            self.slot_us, at, me, mine, reach_m, span_us,
        )  # fmt: skip
        return found


def _places(points: pl.DataFrame) -> tuple[Floats, Floats, Ints]:
    return points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy(), points["t_seen"].to_physical().to_numpy()


@njit(cache=True)
def onward(chain: Any, t: Any, order: Any, rows: Any) -> Any:
    """When the chain of each of some points is heard next (int64's largest: not again).

    ``chain`` and ``t`` are in the order of chains, and ``order`` the points' rows in it (empty: they stand in it).
    """
    place = np.empty(order.size, np.int64)
    for j in range(order.size):
        place[order[j]] = j
    t_next = np.full(rows.size, _NEVER, np.int64)
    for k in range(rows.size):
        j = place[rows[k]] if order.size else rows[k]
        if j + 1 < chain.size and chain[j + 1] == chain[j]:
            t_next[k] = t[j + 1]
    return t_next


@njit(cache=True)
def _cell(column: int, row: int, when: int) -> int:
    return (when * 512 + row + 256) * _WIDE + column


@njit(cache=True)
def _bucket(cell: int) -> int:
    mixed = cell * 0x9E3779B97F4A7C1
    return int((mixed ^ mixed >> 29) & (_BITS - 1))


@njit(cache=True)
def _here(lon: float, lat: float, when: int) -> int:
    return int(_cell(int(np.floor(lon * _GRID)) % _WIDE, int(np.floor(lat * _GRID)), when))


@njit(cache=True)
def _index(lon: Any, lat: Any, since: Any, until: Any, reach: float, slot: int) -> Any:
    """Entries of the questions by bucket: counted first, then filled."""
    head = np.zeros(_BITS + 1, np.int64)
    cell, of = np.empty(0, np.int64), np.empty(0, np.int64)
    step = reach / 110_000.0
    for turn in range(2):
        for g in range(lon.size):
            low, high = lat[g] - step, lat[g] + step
            cosine = np.cos(min(89.999, max(abs(low), abs(high))) * np.pi / 180.0)
            turned = min(180.0, step / cosine)
            west, east = int(np.floor((lon[g] - turned) * _GRID)), int(np.floor((lon[g] + turned) * _GRID))
            for when in range(since[g] // slot, until[g] // slot + 1):
                for row in range(int(np.floor(low * _GRID)), int(np.floor(high * _GRID)) + 1):
                    for column in range(west, min(east, west + _WIDE - 1) + 1):
                        key = _cell(column % _WIDE, row, when)
                        b = _bucket(key)
                        if turn == 0:
                            head[b] += 1
                        else:
                            head[b] -= 1
                            cell[head[b]] = key
                            of[head[b]] = g
        if turn == 0:
            head = np.cumsum(head)
            cell, of = np.empty(head[-1], np.int64), np.empty(head[-1], np.int64)
    return head, cell, of


@njit(cache=True)
def _rows(lon: Any, lat: Any, t: Any, head: Any, cell: Any, slot: int) -> Any:
    asked = np.zeros(t.size, np.bool_)
    n = 0
    last, known = -1, False
    for i in range(t.size):
        key = _here(lon[i], lat[i], t[i] // slot)
        if key != last:
            last, known = key, False
            b = _bucket(key)
            for e in range(head[b], head[b + 1]):
                if cell[e] == key:
                    known = True
                    break
        asked[i] = known
        n += known
    out = np.empty(n, np.int64)
    n = 0
    for i in range(t.size):
        if asked[i]:
            out[n] = i
            n += 1
    return out


@njit(cache=True)
def _within(lon: float, lat: float, x: float, y: float, reach: float) -> bool:
    if apart(lon, lat, x, y, reach):
        return False
    return beside(lon, lat, x, y, reach) or bool(distance_scalar(lon, lat, x, y) <= reach)


@njit(cache=True)
def _told(
    lon: Any, lat: Any, t: Any, mover: Any, rows: Any, t_next: Any, sort_of: Any,
    head: Any, cell: Any, of: Any, x: Any, y: Any, slot: int,
    at: Any, me: Any, mine: Any, reach: float, span: int,
) -> Any:  # fmt: skip
    size = at.size
    n, kept = np.zeros(size, np.int64), np.zeros(size, np.int64)
    ahead = np.zeros(size, np.int64)
    stamp = me.copy()
    for k in range(rows.size):
        i = rows[k]
        who, now, onward = mover[i], t[i], t_next[k]
        px, py = np.round(lon[i] * 1e7) / 1e7, np.round(lat[i] * 1e7) / 1e7
        key = _here(lon[i], lat[i], now // slot)
        b = _bucket(key)
        for e in range(head[b], head[b + 1]):
            if cell[e] != key:
                continue
            q = of[e]
            if q >= size:
                g = q - size
                if who == me[g] or stamp[g] == who or now <= at[g] or now > at[g] + span:
                    continue
                if _within(px, py, x[q], y[q], reach):
                    stamp[g] = who  # the points are ordered by mover
                    ahead[g] += 1
                continue
            if who == me[q] or sort_of[k] != mine[q] or now > at[q] or now <= at[q] - span or onward <= at[q]:
                continue
            if _within(px, py, x[q], y[q], reach):
                n[q] += 1
                kept[q] += onward <= at[q] + span
    return n, kept, ahead
