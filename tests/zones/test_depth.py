"""The depth grid that ships with the package, and where points are told it."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import polars as pl
import pytest
import shapely

from makara.base.errors import InputError
from makara.zones import Depth, depth_from, tag


@pytest.fixture(scope="module")
def depth() -> Depth:
    return depth_from(files("makara.data").joinpath("depth_5min.npz").read_bytes())


@pytest.mark.parametrize(
    ("lon", "lat", "least", "most"),
    [
        (142.2, 11.35, 7500, 11000),  # Challenger Deep
        (-40.0, 0.0, 3000, 5500),
        (3.0, 56.0, 20, 120),  # the North Sea
        (19.5, 55.5, 10, 120),  # the Baltic Sea
        (126.6, -10.87, 60, 400),  # the Sahul Shelf
        (179.999, -45.0, 1000, 6000),
        (-180.0, -45.0, 1000, 6000),
    ],
)
def test_known_depths(depth: Depth, lon: float, lat: float, least: float, most: float) -> None:
    assert least <= depth.depth_m(lon, lat) <= most


def test_land_has_no_depth_and_neither_has_the_top_of_the_world_an_end(depth: Depth) -> None:
    assert np.isnan(depth.depth_m([-3.7, 138.0, 25.0], [40.4, 36.2, -29.0])).all()
    assert depth.depth_m([0.0, 179.99, -180.0], [90.0, 90.0, 90.0]).min() > 3000
    assert np.isnan(depth.depth_m(0.0, -90.0))


def test_points_near_a_cable_are_told_their_depth_also_across_180(depth: Depth) -> None:
    line = shapely.multilinestrings([[(179.0, -45.0), (180.0, -45.0)]])
    zones = pl.DataFrame({"zone": ["zo"], "kind": ["cable"], "geometry": [shapely.to_wkb(line)]})
    points = pl.DataFrame({"lon_deg": [179.5, -179.95, 179.5, -170.0], "lat_deg": [-45.1, -45.0, -42.0, -45.0]})
    found = tag(points, zones, depth=depth)["depth_m"].to_list()
    assert [d is not None and d > 500 for d in found] == [True, True, False, False]
    assert found[2:] == [None, None]
    other = zones.with_columns(kind=pl.lit("lane"))
    assert tag(points, other, depth=depth)["depth_m"].null_count() == 4
    assert "depth_m" not in tag(points, zones).columns


def test_garbage_is_refused() -> None:
    with pytest.raises(InputError, match="make_depth_grid"):
        depth_from(b"garbage")
