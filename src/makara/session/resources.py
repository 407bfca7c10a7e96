"""What ships with the package and is loaded here, to be passed to the kernels: land mask, shore grid, coast."""

from __future__ import annotations

from functools import cache

from makara.data import read
from makara.zones import Coast, Land, Shore, coast_from, land_from, shore_from


@cache
def land() -> Land:
    """Land or sea, on a grid of 30 arc seconds."""
    return land_from(read("land_30s.zip"))


@cache
def shore() -> Shore:
    """Distance to shore on a 0.1 degree grid, with the land mask."""
    return shore_from(read("shore_0p1deg.npz"), land())


@cache
def coast() -> Coast:
    """The coast, for pictures."""
    return coast_from(read("coast.zip"))
