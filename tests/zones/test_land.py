"""The land mask says what the package says that it was made from."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest
from global_land_mask import globe

from makara.base.errors import InputError
from makara.zones import land_from


def test_the_mask_agrees_with_its_origin_everywhere() -> None:
    land = land_from(files("makara.data").joinpath("land_30s.zip").read_bytes())
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(-180, 179.99, 300_000), rng.uniform(-89.99, 89.99, 300_000)
    lon[:100_000], lat[:100_000] = rng.uniform(92, 106, 100_000), rng.uniform(-1, 16, 100_000)
    assert (land(lon, lat) == globe.is_land(lat, lon)).all()
    assert land([[103.8, 100.0]], [[1.35, 5.0]]).shape == (1, 2)


def test_other_bytes_are_refused_with_the_remedy() -> None:
    with pytest.raises(InputError, match="make_land_mask"):
        land_from(b"no archive")
