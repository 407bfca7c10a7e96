"""Tables from outside: whatever an analyst has becomes a Polars frame with instants in microseconds UTC."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from makara.base.eastward import straightened
from makara.base.errors import UsageError
from makara.base.geo import wrap_lon

CRS: Final = "OGC:CRS84"
SHAPES: Final = ("geometry", "shape", "footprint")
"""Columns that hold a table's own geometry as WKB."""


def frame(given: Any) -> pl.DataFrame:
    """A Polars frame of whatever table was given; instants as microseconds UTC (UTC where they name no zone).

    Longitudes of places that run from 0 to 360 come out in [-180, 180) (see :mod:`makara.base.eastward`).

    Args:
        given: a Polars frame, eager or lazy, a pandas or GeoPandas one (points become ``lon_deg`` and ``lat_deg``,
            other shapes WKB under their column's name; a named index is a column), an Arrow table or reader, a dict
            of columns or list of rows.

    Raises:
        UsageError: it is no table, a GeoDataFrame names no coordinate system, or an id is a float (as pandas makes of
            integers with nulls).
    """
    if hasattr(given, "reset_index") and any(name is not None for name in given.index.names):
        given = given.reset_index()
    if hasattr(given, "to_wkb") and hasattr(given, "crs"):
        given = _from_geopandas(given)
    if isinstance(given, pl.LazyFrame):
        found = given.collect()
    elif isinstance(given, pl.DataFrame):
        found = given
    elif hasattr(given, "__arrow_c_stream__") or hasattr(given, "__dataframe__") or isinstance(given, (dict, list)):
        found = pl.DataFrame(given, nan_to_null=True)  # pandas has no other null in floats
    else:
        raise UsageError(f"{type(given).__name__} is no table; give a Polars, pandas or Arrow one")
    for c in ("report", "mover", "track", "claim"):
        if c in found.columns and found.schema[c].is_float():
            raise UsageError(f"column {c} is a float, which cannot hold such an id exactly; give it as Int64")
    utc = [
        pl.col(c).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        if t.time_zone is None
        else pl.col(c).dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
        for c, t in found.schema.items()
        if isinstance(t, pl.Datetime) and t != pl.Datetime("us", "UTC")
    ]
    return straightened(found.with_columns(utc) if utc else found)


def _from_geopandas(given: Any) -> pl.DataFrame:
    """A GeoDataFrame as a plain frame, its geometry in longitude and latitude."""
    if given.crs is None:
        raise UsageError(f"the GeoDataFrame names no coordinate system; say which: set_crs({CRS!r}) for degrees")
    turned = given.to_crs(CRS)
    name, shape = turned.geometry.name, turned.geometry
    bare = pl.DataFrame(turned.drop(columns=name), nan_to_null=True)
    if (shape.geom_type.isin(["Point"]) | shape.isna()).all():
        x, lat = shape.x.to_numpy(float), shape.y.to_numpy(float)
        lon = np.where((x >= -180.0) & (x < 180.0), x, wrap_lon(x))
        places = (pl.Series("lon_deg", lon, nan_to_null=True), pl.Series("lat_deg", lat, nan_to_null=True))
        return bare.with_columns(places)
    return bare.with_columns(pl.Series(name, shape.to_wkb(), dtype=pl.Binary))
