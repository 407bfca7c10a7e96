"""Rows of a release as JSON values: times as ISO text, floats rounded, JSON columns opened, geometries as GeoJSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import polars as pl
import shapely

from makara.base.errors import NotFoundError
from makara.tables import Field, Table, names, table
from makara.tables._table import TS
from makara.tables.release import Release

DIGITS: Final = 7
"""Decimals of coordinates."""
_SINGLE_MOST: Final = 1e38
"""Floats inside lists and structs below this are tried as single ones, to be written as shortly as they can."""


def rows_of(release: Release, name: str) -> pl.DataFrame:
    """The rows of a table in a release, with its declared columns if there are none.

    Raises:
        NotFoundError: there is no such table.
    """
    if name not in names():
        raise NotFoundError(f"no table {name!r}; there are: {', '.join(names())}")
    return release.tables.get(name, table(name).empty())


def texts(rows: pl.DataFrame, spec: Table) -> pl.DataFrame:
    """Rows with times as ISO 8601 text with Z and single floats as doubles of the declared decimals."""
    decimals = {f.name: f.decimals for f in spec.fields}
    exprs = []
    for c, t in rows.schema.items():
        if t == TS:
            whole = pl.col(c).dt.microsecond() == 0
            plain = pl.col(c).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
            exprs.append(pl.when(whole).then(plain).otherwise(pl.col(c).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")).alias(c))
        elif t == pl.Float32():
            exprs.append(pl.col(c).cast(pl.Float64).round(6 if decimals.get(c) is None else decimals[c]))  # type: ignore[arg-type]
    return rows.with_columns(exprs)


def records(rows: pl.DataFrame, spec: Table) -> Iterator[dict[str, Any]]:
    """Rows as mappings of JSON values, by the columns' names; unknown is None."""
    fields = {f.name: f for f in spec.fields}
    for r in texts(rows, spec).iter_rows(named=True):
        yield {c: value(v, fields.get(c)) for c, v in r.items()}


def value(v: Any, field: Field | None) -> Any:
    """One value as JSON has it."""
    if isinstance(v, bytes):
        if field is not None and field.form == "wkb":
            return geometry(v)
        return base64.b64encode(v).decode("ascii")
    if v is not None and field is not None and field.form == "json":
        return json.loads(v)
    if isinstance(v, list):
        return [value(x, None) for x in v]
    if isinstance(v, dict):
        return {k: value(x, None) for k, x in v.items()}
    if isinstance(v, float) and field is None and abs(v) < _SINGLE_MOST:
        single = np.float32(v)
        return float(str(single)) if single == v else v
    return v


def geometry(wkb: bytes | None) -> dict[str, Any] | None:
    """A GeoJSON geometry (RFC 7946): rings by the right-hand rule, coordinates rounded; None stays None."""
    if wkb is None:
        return None
    shape = shapely.orient_polygons(shapely.from_wkb(wkb), exterior_cw=False)
    mapped: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return _rounded(mapped)


def _rounded(part: dict[str, Any]) -> dict[str, Any]:
    if "geometries" in part:
        return {"type": part["type"], "geometries": [_rounded(g) for g in part["geometries"]]}
    return {"type": part["type"], "coordinates": _round(part["coordinates"])}


def _round(x: Any) -> Any:
    return [_round(y) for y in x] if isinstance(x, list) else round(x, DIGITS)


def dumps(v: Any) -> str:
    """JSON without spaces; text as it is."""
    return json.dumps(v, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
