"""The one geodesic module, held against Karney's geodesics (geographiclib)."""

from __future__ import annotations

import numpy as np
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from makara.base import geo

lons = st.floats(-180, 179.999999)
lats = st.floats(-89.9, 89.9)


@given(lons, lats, st.floats(0, 360), st.floats(1, 8_000_000))
def test_distance_agrees_with_karney_to_two_parts_in_a_million(lon: float, lat: float, z: float, far: float) -> None:
    end = Geodesic.WGS84.Direct(lat, lon, z, far)
    assert abs(float(geo.distance_m(lon, lat, end["lon2"], end["lat2"])) - far) <= max(2e-6 * far, 1e-3)


@given(lons, lats, st.floats(0, 360), st.floats(0, 10_000_000))
def test_destination_agrees_with_karney(lon: float, lat: float, z: float, far: float) -> None:
    end = Geodesic.WGS84.Direct(lat, lon, z, far)
    x, y = geo.destination(lon, lat, z, far)
    assert -180 <= float(x) < 180
    assert float(geo.distance_m(x, y, end["lon2"], end["lat2"])) < 0.01


@given(lons, lats, lons, lats, st.floats(-360, 360))
def test_distance_is_symmetric_and_blind_to_the_antimeridian(
    a: float, b: float, c: float, d: float, shift: float
) -> None:
    there = float(geo.distance_m(a, b, c, d))
    assert np.isclose(there, float(geo.distance_m(c, d, a, b)), rtol=1e-9, atol=1e-6)
    moved = float(geo.distance_m(geo.wrap_lon(a + shift), b, geo.wrap_lon(c + shift), d))
    assert np.isclose(there, moved, rtol=1e-6, atol=1e-3)


def test_unknown_in_unknown_out() -> None:
    assert np.isnan(geo.distance_m(np.nan, 1.0, 2.0, 3.0))


def test_arrays_of_any_make_are_broadcast_without_a_warning() -> None:
    lon, lat = np.zeros((1, 1)), np.zeros((1, 1))
    ring = np.arange(0.0, 360.0, 45.0)
    ring.flags.writeable = False
    x, y = geo.destination(lon, lat, ring, 1000.0)
    assert x.shape == y.shape == (1, 8)
    assert np.allclose(geo.distance_m(0.0, 0.0, x, y), 1000.0)
    assert geo.distance_m(1.0, 1.0, 1.0, 1.0).shape == ()


def test_a_box_takes_the_shorter_way_round() -> None:
    assert geo.box_of([179.0, -179.0], [-17.0, -18.0]) == (179.0, -18.0, -179.0, -17.0)
    assert geo.box_of([10.0, 12.0, 11.0], [1.0, 3.0, 2.0]) == (10.0, 1.0, 12.0, 3.0)


@given(st.lists(st.tuples(lons, lats), min_size=1, max_size=20))
def test_a_box_holds_its_points(points: list[tuple[float, float]]) -> None:
    lon, lat = zip(*points, strict=True)
    assert geo.in_box(lon, lat, *geo.box_of(lon, lat)).all()


def test_interpolation_goes_the_short_way_across_180() -> None:
    lon, lat = geo.interpolate(179.9, -17.0, -179.9, -17.2, 0.5)
    assert np.isclose(float(lon), -180.0)
    assert np.isclose(float(lat), -17.1)


@given(lons, st.floats(-85, 85), st.floats(0, 360), st.floats(1, 50_000))
def test_local_offsets_have_the_geodesic_length(lon: float, lat: float, z: float, far: float) -> None:
    x, y = geo.destination(lon, lat, z, far)
    east, north = geo.local_m(lon, lat, x, y)
    assert np.isclose(np.hypot(east, north), far, rtol=2e-3 if abs(lat) < 75 else 2e-2)


def test_bearing_is_true_and_clockwise() -> None:
    assert float(geo.bearing_deg(0.0, 0.0, 0.0, 1.0)) == 0.0
    assert np.isclose(float(geo.bearing_deg(0.0, 0.0, 1.0, 0.0)), 90.0)
    assert np.isclose(float(geo.bearing_deg(179.5, 0.0, -179.5, 0.0)), 90.0)
