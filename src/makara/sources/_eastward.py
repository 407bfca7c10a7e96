"""Longitudes from 0 to 360 in a file, which is read in pieces: what all of it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from makara.base.eastward import any_beyond, any_west, turned


class Eastward:
    """Turns longitudes above 180 where those of the whole file run from 0 to 360 (see :mod:`makara.base.eastward`).

    Args:
        again: reads the file anew, as frames with ``lon_deg`` and ``lat_deg`` in degrees; called once at most, when
            the first longitude above 180 has come.
    """

    def __init__(self, again: Callable[[], Iterable[pl.DataFrame]]) -> None:
        self._again = again
        self._east: bool | None = None

    def turned(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of the file with longitudes as the tables have them; ``lon_deg, lat_deg`` in degrees."""
        if not any_beyond(rows):
            return rows
        if self._east is None:
            self._east = not any(any_west(some) for some in self._again())
        return turned(rows) if self._east else rows
