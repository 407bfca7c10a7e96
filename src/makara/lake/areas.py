"""Areas that questions are about, and which places lie in them: most are told by a grid, few by the polygons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from makara.base.time import to_us

FEW: Final = 2_000
"""Places that are asked of the polygons at once: for so few no grid is made."""
_CELLS: Final = 64
"""Cells of a grid, each way."""
_FIRST: Final = 8
_MARGIN_DEG: Final = 1e-9
"""Cells are judged with this around them: more than what is lost in working out a place's cell."""
_OUT, _IN, _EDGE = 0, 1, 2
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class _Grid:
    """Cells over a polygon's bounds: wholly in it, wholly outside, or to be looked at."""

    def __init__(self, shape: Any) -> None:
        self._shape = shape
        self._bounds = shapely.bounds(shape)
        w, s, e, n = self._bounds
        self._step = max(e - w, _MARGIN_DEG) / _CELLS, max(n - s, _MARGIN_DEG) / _CELLS
        self._cells = np.zeros((_CELLS, _CELLS), np.int8)
        size = _CELLS // _FIRST
        row, col = (x.ravel() * size for x in np.indices((_FIRST, _FIRST)))
        while size:
            found = self._judged(row, col, size)
            for r, c, state in zip(row.tolist(), col.tolist(), found.tolist(), strict=True):
                self._cells[r : r + size, c : c + size] = state
            edge = found == _EDGE
            size //= 2
            row = np.concatenate([row[edge] + k * size for k in (0, 0, 1, 1)])
            col = np.concatenate([col[edge] + k * size for k in (0, 1, 0, 1)])

    def _judged(self, row: NDArray[np.int64], col: NDArray[np.int64], size: int) -> NDArray[np.int64]:
        (w, s, _, _), (x, y) = self._bounds, self._step
        west, south = w + col * x - _MARGIN_DEG, s + row * y - _MARGIN_DEG
        boxes = shapely.box(west, south, west + size * x + 2 * _MARGIN_DEG, south + size * y + 2 * _MARGIN_DEG)
        whole = shapely.contains_properly(self._shape, boxes)
        return np.where(whole, _IN, np.where(shapely.intersects(self._shape, boxes), _EDGE, _OUT))

    def holds(self, lon: Floats, lat: Floats) -> Bools:
        """Which places lie in the polygon, its border included; NaN lies nowhere."""
        w, s, e, n = self._bounds
        out: Bools = (lon >= w) & (lon <= e) & (lat >= s) & (lat <= n)
        at = np.flatnonzero(out)
        x, y = lon[at], lat[at]
        col, row = ((x - w) / self._step[0]).astype(np.int64), ((y - s) / self._step[1]).astype(np.int64)
        state = self._cells[np.minimum(row, _CELLS - 1), np.minimum(col, _CELLS - 1)]
        held = state == _IN
        edge = np.flatnonzero(state == _EDGE)
        held[edge] = shapely.intersects_xy(self._shape, x[edge], y[edge])
        out[at] = held
        return out


def prepare(shape: Any) -> None:
    """Make a shape ready for many tests, from several threads.

    GEOS makes the indexes of a prepared shape at the first test that needs them, which no two threads may do at once;
    a box all around needs them all.

    Args:
        shape: a polygon or several (shapely).
    """
    shapely.prepare(shape)
    w, s, e, n = shapely.bounds(shape)
    shapely.intersects(shape, shapely.box(w - 1.0, s - 1.0, e + 1.0, n + 1.0))


@dataclass(frozen=True)
class Area:
    """Polygons with the time in which they count.

    Attributes:
        shape: a polygon or several (shapely); borders belong to it. Cut at 180.
        since: from this instant on; None: ever since.
        until: before this instant; None: for ever.
    """

    shape: Any
    since: datetime | None = None
    until: datetime | None = None

    @cached_property
    def _grids(self) -> list[_Grid]:
        """A grid, or one on each side of the map where the polygons lie on both."""
        parts = shapely.get_parts(self.shape)
        west, _, east, _ = shapely.bounds(self.shape)
        bounds = shapely.bounds(parts)
        side = (bounds[:, 0] + bounds[:, 2] > 0.0) if east - west > 180.0 else np.ones(len(parts), np.bool_)
        if side.all() or not side.any():
            return [_Grid(self.shape)]
        halves = [shapely.multipolygons(parts[some]) for some in (side, ~side)]
        for half in halves:
            prepare(half)
        return [_Grid(half) for half in halves]

    def holds(self, lon: Floats, lat: Floats) -> Bools:
        """Which places lie in the polygons, their borders included.

        Args:
            lon: degrees; NaN lies nowhere.
            lat: degrees.
        """
        if len(lon) <= FEW and "_grids" not in self.__dict__:
            few: Bools = shapely.intersects_xy(self.shape, lon, lat)
            return few
        held = np.zeros(len(lon), np.bool_)
        for grid in self._grids:
            held |= grid.holds(lon, lat)
        return held


def inside(areas: Sequence[Area], lon: Floats, lat: Floats, t: NDArray[np.int64] | None) -> Bools:
    """Which places lie in one of the areas while it counts.

    Args:
        areas: the areas.
        lon: degrees; NaN lies nowhere.
        lat: degrees.
        t: microseconds since 1970; None: the areas' times are not asked.
    """
    out = np.zeros(len(lon), np.bool_)
    for a in areas:
        held = a.holds(lon, lat)
        if t is not None and a.since is not None:
            held &= t >= to_us(a.since)
        if t is not None and a.until is not None:
            held &= t < to_us(a.until)
        out |= held
    return out
