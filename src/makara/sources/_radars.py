"""Where radars stand, as an option says; and plots measured from them as rows of table detections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from makara.base.errors import UsageError
from makara.sensors.radar import cartesian_place, polar_place
from makara.sources._source import Option, several

RADAR: Final = Option("radar", "where the radar stands: LON,LAT, or NAME=LON,LAT for one of several", repeat=True)
Stands = Mapping[str, tuple[float, float]]
"""Longitude and latitude by the radar's name; of the only one by an empty name."""


def stands(options: Mapping[str, str]) -> dict[str, tuple[float, float]]:
    """The places that the option gives.

    Raises:
        UsageError: a value has no such form, or is no place.
    """
    found = {}
    for item in several(options, "radar"):
        name, _, place = item.rpartition("=")
        try:
            lon, lat = (float(x) for x in place.split(","))
        except ValueError as e:
            raise UsageError(f"--radar {item!r} does not have the form LON,LAT or NAME=LON,LAT, in degrees") from e
        if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
            raise UsageError(f"--radar {item!r} is no place: longitude first, in degrees")
        found[name.strip()] = (lon, lat)
    return found


def placed(rows: pl.DataFrame, where: Stands) -> pl.DataFrame:
    """Rows with ``lon_deg, lat_deg``: as they say, else by range and bearing, else by east and north from their radar.

    Args:
        rows: ``radar`` (its name), and what is known of ``lon_deg, lat_deg, range_m, bearing_deg, east_m, north_m``.
        where: where radars stand.

    Returns:
        The rows; a place is null where neither the row nor the option tells it. ``<name>_said`` tell that it was.
    """
    empty = [
        pl.lit(None, pl.Float64()).alias(n)
        for n in ("lon_deg", "lat_deg", "range_m", "bearing_deg", "east_m", "north_m")
        if n not in rows.columns
    ]
    full = rows.with_columns(empty)
    nowhere = (np.nan, np.nan)
    alone = where.get("", nowhere)
    names = full["radar"].cast(pl.String()).fill_null("").to_list()
    at = [where.get(name, alone) for name in names]
    x0, y0 = np.array(at, np.float64).reshape(-1, 2).T
    values = {n: full[n].cast(pl.Float64()).to_numpy().astype(np.float64) for n in full.columns if n in _MEASURED}
    lon, lat = values["lon_deg"], values["lat_deg"]
    for first, second, place in (("range_m", "bearing_deg", polar_place), ("east_m", "north_m", cartesian_place)):
        some = np.isnan(lon) | np.isnan(lat)
        some &= np.isfinite(x0) & np.isfinite(values[first]) & np.isfinite(values[second])
        if some.any():
            lon, lat = lon.copy(), lat.copy()
            lon[some], lat[some] = place(x0[some], y0[some], values[first][some], values[second][some])
    return full.with_columns(
        pl.Series("lon_deg", lon).fill_nan(None),
        pl.Series("lat_deg", lat).fill_nan(None),
    )


_MEASURED: Final = ("lon_deg", "lat_deg", "range_m", "bearing_deg", "east_m", "north_m")
