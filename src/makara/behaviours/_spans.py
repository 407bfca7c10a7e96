"""Spans of tracks: where each begins and ends among the points, when, and between which latitudes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spans:
    """One entry a track; a look that lies outside an entry's times and latitudes need not search it.

    Attributes:
        first: row of its first point.
        end: row after its last.
        t_first: microseconds.
        t_last: microseconds.
        south: least latitude, degrees.
        north: greatest latitude, degrees.
    """

    first: Ints
    end: Ints
    t_first: Ints
    t_last: Ints
    south: Floats
    north: Floats

    @staticmethod
    def of(points: pl.DataFrame) -> Spans:
        """Of points ordered by track and time."""
        found = _spans(
            points["track"].to_numpy(), points["t_seen"].to_physical().to_numpy(), points["lat_deg"].to_numpy()
        )
        return Spans(*found)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """All, in the order of the attributes."""
        return self.first, self.end, self.t_first, self.t_last, self.south, self.north


@njit(cache=True)
def _spans(track: Any, t: Any, lat: Any) -> Any:
    count = 1 if track.size else 0
    for i in range(1, track.size):
        count += track[i] != track[i - 1]
    first = np.zeros(count, np.int64)
    end = np.zeros(count, np.int64)
    south = np.full(count, 90.0)
    north = np.full(count, -90.0)
    n = -1
    for i in range(track.size):
        if i == 0 or track[i] != track[i - 1]:
            n += 1
            first[n] = i
        end[n] = i + 1
        south[n] = min(south[n], lat[i])
        north[n] = max(north[n], lat[i])
    return first, end, t[first], t[end - 1], south, north
