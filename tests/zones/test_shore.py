"""The shore grid that ships with the package."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from makara.base import geo
from makara.base.errors import InputError
from makara.zones import shore_from


@pytest.fixture(scope="module")
def shore():
    return shore_from(
        files("makara.data").joinpath("shore_0p1deg.npz").read_bytes(), lambda x, y: np.zeros(x.shape, bool)
    )


@pytest.mark.parametrize(
    ("lon", "lat", "km", "error"),
    [
        (-123.39, -48.88, 2688, 30),  # the oceanic pole of inaccessibility
        (-30.0, 40.0, 96, 4),  # from Corvo
        (-180.0, -30.23, 151, 4),  # from Macauley, across 180
    ],
)
def test_known_distances(shore, lon, lat, km, error):
    assert shore.distance_m(lon, lat) / 1000 == pytest.approx(km, abs=error)


def test_the_grid_is_smooth_across_180_and_slow_everywhere(shore):
    rng = np.random.default_rng(0)
    x, y = np.append(rng.uniform(-180, 180, 20_000), [179.99] * 1000), rng.uniform(-75, 75, 21_000)
    x2, y2 = geo.destination(x, y, 90.0, 2000.0)
    a, b = shore.distance_m(x, y), shore.distance_m(x2, y2)
    far = (a > 20_000) & (b > 20_000)
    assert far.sum() > 10_000
    assert np.abs(a - b)[far].max() < 2400  # a distance changes no faster than one moves, but for the grid's coarseness


def test_on_land_it_is_zero_and_afloat_it_is_not():
    data = files("makara.data").joinpath("shore_0p1deg.npz").read_bytes()
    shore = shore_from(data, lambda x, y: np.asarray(x) > 0)
    assert shore.distance_m([15.0, -3.7], [0.0, 40.4]).tolist() == [0.0, 50.0]


def test_garbage_is_refused():
    with pytest.raises(InputError, match="make_shore_grid"):
        shore_from(b"garbage", lambda x, y: x > 0)
