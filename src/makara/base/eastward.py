"""Longitudes from 0 to 360, as grids and some centres around the Pacific write them, become those from -180 to 180.

One value cannot tell: 200 may be 160 west, or what a damaged message holds. A whole column can: where no place is west
of 0 and some are beyond 180, longitudes run from 0 to 360.
"""

from __future__ import annotations

from typing import Final

import polars as pl

COLUMNS: Final = ("lon_deg", "lat_deg")
_LON: Final = pl.col("lon_deg")
_PLACED: Final = pl.col("lat_deg").is_between(-90.0, 90.0)
_BEYOND: Final = (_LON > 180.0) & (_LON <= 360.0) & (_LON != 181.0) & _PLACED
"""181 is AIS' "not available"."""


def any_west(rows: pl.DataFrame) -> bool:
    """Whether a place has a longitude below 0; ``lon_deg, lat_deg`` in degrees."""
    return bool(rows.select(((_LON < 0.0) & _PLACED).any()).item())


def any_beyond(rows: pl.DataFrame) -> bool:
    """Whether a place has a longitude above 180 (and is not 181); ``lon_deg, lat_deg`` in degrees."""
    most = rows["lon_deg"].max()
    if not isinstance(most, int | float) or most <= 180.0:
        return False
    return bool(rows.select(_BEYOND.any()).item())


def turned(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose longitudes run from 0 to 360, with those above 180 west of 0; ``lon_deg, lat_deg`` in degrees."""
    return rows.with_columns(pl.when(_BEYOND).then(_LON - 360.0).otherwise(_LON).alias("lon_deg"))


def straightened(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with longitudes from -180 to 180, if those of the whole table run from 0 to 360; else as they are.

    Args:
        rows: ``lon_deg, lat_deg`` in degrees, or neither.
    """
    if not all(rows.schema.get(c, pl.Null()).is_numeric() for c in COLUMNS):
        return rows
    return turned(rows) if any_beyond(rows) and not any_west(rows) else rows
