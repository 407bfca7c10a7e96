"""GeoParquet of points: the place stands in a column of WKB, told by the file's metadata ``geo`` (GeoParquet 1.1)."""

from __future__ import annotations

import json
from typing import Final

import polars as pl
import pyarrow as pa
import shapely

PLACE: Final = ("longitude", "latitude")
"""Columns that such a file gets."""
_DEGREES: Final = ("4326", "CRS84")


def point_column(schema: pa.Schema) -> str | None:
    """The column of a file's points in degrees; None where it is no such file or has columns for places itself."""
    told = (schema.metadata or {}).get(b"geo")
    if told is None or not set(PLACE).isdisjoint(schema.names):
        return None
    try:
        geo = json.loads(told)
        name = geo["primary_column"]
        column = geo["columns"][name]
        crs = column.get("crs")
        degrees = crs is None or str(crs["id"]["code"]) in _DEGREES  # none is longitude and latitude (CRS84)
        kinds = set(column.get("geometry_types") or ())
        points = bool(kinds) and kinds <= {"Point", "Point Z"}
        fits = column["encoding"] == "WKB" and degrees and points and name in schema.names
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return str(name) if fits else None


def placed(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Rows with :data:`PLACE` in place of the column of points; null where there is none."""
    points = shapely.from_wkb(frame[column].to_numpy(), on_invalid="ignore")
    xy = (pl.Series(n, of(points)).fill_nan(None) for n, of in zip(PLACE, (shapely.get_x, shapely.get_y), strict=True))
    return frame.drop(column).with_columns(*xy)
