"""Cells by borders are those of the library."""

from __future__ import annotations

import numpy as np
import polars as pl
from h3.api.numpy_int import latlng_to_cell

from makara.base import cell_at


def test_cells_are_the_librarys_everywhere(monkeypatch) -> None:
    monkeypatch.setattr(cell_at, "FEW", 0)
    rng = np.random.default_rng(1)
    lon = np.concatenate([rng.uniform(-180, 180, 20_000), rng.uniform(110, 112, 20_000), np.full(2_000, -180.0)])
    lat = np.concatenate([np.degrees(np.arcsin(rng.uniform(-1, 1, 20_000))), rng.uniform(-9, -7, 20_000)])
    lat = np.concatenate([lat, rng.uniform(-90, 90, 1_998), [90.0, -90.0]])
    found = cell_at.cells(pl.Series(lon), pl.Series(lat), 3).to_numpy().view(np.uint64)
    assert (found == np.array([latlng_to_cell(y, x, 3) for x, y in zip(lon, lat, strict=True)])).all()
