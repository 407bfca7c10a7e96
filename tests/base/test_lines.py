"""When a place in an image was seen, from the times of some of its lines."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest

from makara.base import geo
from makara.base.lines import pack, seen_us

T = 1.7e15


def strip(lon: float, lat: float, heading: float, *, width_m: float = 250_000.0) -> tuple[bytes | None, np.ndarray]:
    """Eleven lines of an image, 20 km and three seconds apart, and the middles of their ends' halves."""
    x, y = geo.destination(lon, lat, heading, 20_000.0 * np.arange(11))
    ends = [geo.destination(x, y, heading + side, width_m / 2) for side in (-90.0, 90.0)]
    t = T + 3e6 * np.arange(11)
    shuffled = np.random.default_rng(1).permutation(11)
    told = [v[shuffled] for v in (t, *ends[0], *ends[1])]
    return pack(*told), np.stack([x, y])


@pytest.mark.parametrize(("lon", "lat"), [(130.0, -10.0), (179.5, -17.0), (20.0, 76.0), (-60.0, 0.0)])
@pytest.mark.parametrize("heading", [193.0, 347.0, 90.0])
def test_a_place_is_seen_between_the_lines_on_its_sides(lon: float, lat: float, heading: float) -> None:
    data, (x, y) = strip(lon, lat, heading)
    assert data is not None
    for k in (0.5, 4.3, 9.75):
        a, b = geo.destination(lon, lat, heading, 20_000.0 * k)
        assert seen_us(data, a, b) == pytest.approx(T + 3e6 * k, abs=5e4)
        a, b = geo.destination(a, b, heading + 90.0, 100_000.0)
        assert seen_us(data, a, b) == pytest.approx(T + 3e6 * k, abs=3e5)
    assert np.allclose(seen_us(data, x[1:-1], y[1:-1]), T + 3e6 * np.arange(1, 10), atol=5e4)


def test_outside_and_damaged_is_unknown() -> None:
    data, _ = strip(130.0, -10.0, 193.0)
    assert data is not None
    for ahead in (-30_000.0, 230_000.0):
        assert math.isnan(seen_us(data, *geo.destination(130.0, -10.0, 193.0, ahead)))
    assert np.isnan(seen_us(data[:-3], [130.0, 131.0], [-10.0, -10.0])).all()
    assert np.isnan(seen_us(b"", [130.0], [-10.0])).all()


def test_the_bytes_are_as_the_table_says_and_one_time_tells_nothing() -> None:
    data = pack([2.0, 1.0], [10.0, 11.0], [1.0, 2.0], [12.0, 13.0], [1.0, 2.0])
    assert data is not None
    assert struct.unpack("<10d", data) == (1.0, 11.0, 2.0, 13.0, 2.0, 2.0, 10.0, 1.0, 12.0, 1.0)
    assert pack([1.0, 1.0], [10.0, 11.0], [1.0, 2.0], [12.0, 13.0], [1.0, 2.0]) is None
    assert pack([1.0], [10.0], [1.0], [12.0], [1.0]) is None
