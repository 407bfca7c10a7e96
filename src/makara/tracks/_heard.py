"""Pairs of reports of one vessel that two stations heard, and which hours of a station they could call off at all.

What a pair says of two clocks is the time that passed by them, less the time that the way between takes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import bearing_scalar, distance_scalar
from makara.base.runs import ordered
from makara.base.units import KN_M_S

OFF_S: Final = 30.0
"""A clock that is off by more is off (pipe-segment)."""
REACH_S: Final = 1800
"""Reports further apart by the clocks than this are not compared."""
STATIONS_MIN: Final = 2
"""Fewer other stations that agree decide nothing: of two clocks that differ, either may be wrong."""
NEEDED: Final = ("report", "mover", "t_seen", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "station")
CELLS_MAX: Final = 20_000_000
"""Station-hours up to which doubtful ones are told apart (16 bytes each)."""
_SLOTS: Final = 1 << 15
_SPEED_MIN_KN: Final = 4.0
_SPEED_SHARE: Final = 0.1
_TURN_DEG: Final = 10.0
_ACROSS_M: Final = 100.0
_ACROSS_SHARE: Final = 0.1
_OFFSET_MAX_S: Final = 6.0 * 3600.0
_MINUTE_US: Final = 60_000_000
_HOUR_US: Final = 60 * _MINUTE_US
_INSTANT: Final = pl.Datetime("us", "UTC")


@njit(cache=True)
def _difference(dt: float, p: Any, q: Any) -> Any:
    """Seconds by which the second report's clock is ahead of the first's; NaN where the two do not tell."""
    turn = (q[3] - p[3] + 180.0) % 360.0 - 180.0
    speed = 0.5 * (p[2] + q[2])
    if abs(turn) > _TURN_DEG or abs(p[2] - q[2]) > _SPEED_SHARE * speed:
        return math.nan
    way = distance_scalar(p[0], p[1], q[0], q[1])
    z = (bearing_scalar(p[0], p[1], q[0], q[1]) - p[3] - 0.5 * turn) * math.pi / 180.0 if way > 0.0 else 0.0
    along, across = way * math.cos(z), abs(way * math.sin(z))
    ahead = dt - along / (speed * KN_M_S)
    if across > _ACROSS_SHARE * abs(along) + _ACROSS_M or abs(ahead) > _OFFSET_MAX_S:
        return math.nan
    return ahead


@njit(cache=True)
def _pairs(mover: Any, t_us: Any, place: Any, station: Any) -> Any:
    """For each row the latest row before it of its mover that another station heard (-1: none), and the difference."""
    other = np.full(t_us.size, -1, np.int64)
    ahead = np.full(t_us.size, math.nan)
    a = b = -1  # the latest row, and the latest of another station than that one's
    for i in range(t_us.size):
        if a >= 0 and mover[a] != mover[i]:
            a = b = -1
        if a >= 0 and station[a] != station[i]:
            b = a
        a = i
        if b >= 0 and (t_us[i] - t_us[b]) * 1e-6 <= REACH_S:
            ahead[i] = _difference((t_us[i] - t_us[b]) * 1e-6, place[b], place[i])
            if not math.isnan(ahead[i]):
                other[i] = b
    return other, ahead


@njit(cache=True)
def _doubtful(mover: Any, cell: Any, station: Any, stations: int, at: Any, other: Any, ahead: Any, cells: int) -> Any:
    """Cells of which half the vessels and other stations, each in half of its pairs, say more than ``OFF_S``.

    Of two medians one above the other: only these can be off. Pairs stand by mover.
    """
    key = np.full(_SLOTS, -1, np.int64)
    count = np.zeros((_SLOTS, 3), np.int32)
    used = np.empty(_SLOTS, np.int64)
    votes = np.zeros((cells, 3), np.int32)  # of how many, how many say ahead, how many behind
    n = 0
    for k in range(at.size + 1):
        if k == at.size or (k and mover[at[k]] != mover[at[k - 1]]):
            for m in range(n):
                s = used[m]
                c = key[s] // stations
                votes[c, 0] += 1
                votes[c, 1] += 2 * count[s, 1] >= count[s, 0]
                votes[c, 2] += 2 * count[s, 2] >= count[s, 0]
                key[s], count[s, 0], count[s, 1], count[s, 2] = -1, 0, 0, 0
            n = 0
            if k == at.size:
                break
        for side in range(2):
            i, j, d = (at[k], other[k], ahead[k]) if side == 0 else (other[k], at[k], -ahead[k])
            of = cell[i] * stations + station[j]
            s = (of * 40503 + (of >> 9)) % _SLOTS
            while key[s] != of:
                if key[s] < 0:
                    if 2 * n >= _SLOTS:
                        return np.ones(cells, np.bool_)
                    key[s], used[n] = of, s
                    n += 1
                    break
                s = (s + 1) % _SLOTS
            count[s, 0] += 1
            count[s, 1] += d > OFF_S
            count[s, 2] += d < -OFF_S
    return (2 * votes[:, 1] >= votes[:, 0]) | (2 * votes[:, 2] >= votes[:, 0])


@dataclass(frozen=True)
class Heard:
    """Reports of vessels under way, by mover and time, and their pairs.

    Attributes:
        names: stations; from here on they are numbers.
        at, other, ahead: rows of each pair, the later first, and by how many seconds its clock is ahead.
    """

    names: pl.Series
    mover: NDArray[np.int64]
    t_us: NDArray[np.int64]
    station: NDArray[np.int64]
    at: NDArray[np.int64]
    other: NDArray[np.int64]
    ahead: NDArray[np.float64]

    @classmethod
    def of(cls, reports: pl.LazyFrame) -> Heard | None:
        """From columns ``NEEDED`` of table reports, in any order; None where too few stations heard anything."""
        moving = pl.col("sog_kn") >= _SPEED_MIN_KN
        told = reports.filter(pl.col("station").is_not_null(), moving, pl.col("cog_deg").is_not_null())
        rows = told.select(NEEDED).collect()
        names = rows["station"].unique().sort()
        if len(names) <= STATIONS_MIN:
            return None
        rows = rows.with_columns(pl.col("station").cast(pl.Enum(names)).to_physical().cast(pl.Int64))
        rows = ordered(rows, ("mover", "t_seen", "report"))
        place = rows.select(pl.col("lon_deg", "lat_deg", "sog_kn", "cog_deg").cast(pl.Float64)).to_numpy()
        mover, t_us, station = (rows[c].to_physical().to_numpy() for c in ("mover", "t_seen", "station"))
        other, ahead = _pairs(mover, t_us, np.ascontiguousarray(place), station)
        at = np.flatnonzero(other >= 0)
        return cls(names, mover, t_us, station, at, other[at], ahead[at])

    def pairs(self, cells: NDArray[np.bool_] | None = None) -> pl.DataFrame:
        """What pairs say of each of their two stations: ``station, mover, minute, hour, other, ahead``.

        Args:
            cells: of which station-hours; None: of all.
        """
        later, earlier = (
            slice(None) if cells is None else np.flatnonzero(cells[self._cell(rows)]) for rows in (self.at, self.other)
        )
        return pl.concat([
            self._told(self.at[later], self.other[later], self.ahead[later]),
            self._told(self.other[earlier], self.at[earlier], -self.ahead[earlier]),
        ])  # fmt: skip

    def _told(self, at: Any, other: Any, ahead: Any) -> pl.DataFrame:
        t = self.t_us[at]
        return pl.DataFrame(
            {
                "station": self.station[at],
                "mover": self.mover[at],
                "minute": pl.Series(t // _MINUTE_US * _MINUTE_US).cast(_INSTANT),
                "hour": pl.Series(t // _HOUR_US * _HOUR_US).cast(_INSTANT),
                "other": self.station[other],
                "ahead": ahead,
            }
        )

    def doubtful(self) -> NDArray[np.bool_] | None:
        """Station-hours that may be off; None: too many to tell them apart."""
        if not len(self.at) or (cells := len(self.names) * self._hours()[1]) > CELLS_MAX:
            return None
        every = self._cell(slice(None))
        found: NDArray[np.bool_] = _doubtful(
            self.mover, every, self.station, len(self.names), self.at, self.other, self.ahead, cells
        )
        return found

    def beside(self, found: pl.DataFrame) -> NDArray[np.bool_] | None:
        """Station-hours right before and after those found (``station, hour``)."""
        first, hours = self._hours()
        if not len(self.at) or len(self.names) * hours > CELLS_MAX:
            return None
        cell = found["station"].to_numpy() * hours + found["hour"].to_physical().to_numpy() // _HOUR_US - first
        out = np.zeros(len(self.names) * hours, np.bool_)
        out[cell - 1] = out[cell + 1] = True
        return out

    def _hours(self) -> tuple[int, int]:
        """The hour before the first one, and how many there are up to that after the last."""
        first, last = int(self.t_us.min()) // _HOUR_US, int(self.t_us.max()) // _HOUR_US
        return first - 1, last - first + 3

    def _cell(self, rows: Any) -> NDArray[np.int64]:
        first, hours = self._hours()
        cells: NDArray[np.int64] = self.station[rows] * hours + self.t_us[rows] // _HOUR_US - first
        return cells
