"""H3 cells of columns of positions."""

from __future__ import annotations

import numpy as np
import polars as pl
from h3.api.numpy_int import latlng_to_cell


def cells(lon: pl.Series, lat: pl.Series, resolution: int) -> pl.Series:
    """H3 cells as signed Int64 (the same bits). H3 has scalar calls only, 0.3 microseconds each."""
    found = [latlng_to_cell(y, x, resolution) for x, y in zip(lon.to_list(), lat.to_list(), strict=True)]
    return pl.Series(f"h3_{resolution}", np.array(found, np.uint64).view(np.int64), dtype=pl.Int64)
