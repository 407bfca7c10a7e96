"""Where a measurement from a radar lies: range and bearing, or east and north, to longitude and latitude."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from makara.base import geo

Floats = NDArray[np.float64]


def polar_place(lon: ArrayLike, lat: ArrayLike, range_m: ArrayLike, bearing_deg: ArrayLike) -> tuple[Floats, Floats]:
    """Places at ranges (metres over ground) and bearings (degrees true) from radars. NaN in, NaN out.

    The slant range is taken as the range over ground: from an antenna 100 m high the difference is 5 m at 1 km.
    """
    return geo.destination(lon, lat, bearing_deg, range_m)


def cartesian_place(lon: ArrayLike, lat: ArrayLike, east_m: ArrayLike, north_m: ArrayLike) -> tuple[Floats, Floats]:
    """Places at offsets east and north (metres, in the plane that touches the earth at the radar)."""
    east, north = np.asarray(east_m, np.float64), np.asarray(north_m, np.float64)
    bearing = np.degrees(np.arctan2(east, north)) % 360.0
    return polar_place(lon, lat, np.hypot(east, north), bearing)
