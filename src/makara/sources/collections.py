"""Looks of sensors: where and when one looked, whether or not it found anything.

Who: ground segments and catalogues (Copernicus, commercial providers), patrols, coastal radars. Format: GeoJSON
features (the footprint; properties ``collection, sensor, platform, mode, t_start, t_end, length50_m, licence,
cloud_share, heading_deg, look, incidence_deg, resolution_m, provider, scene_uri, product_form``), or CSV and Parquet
with the same columns and the footprint as WKT (or WKB) in ``footprint``. Licence: the provider's. Latency: minutes to
days.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import shapely

from makara.base import time
from makara.base.errors import ColumnsError, UsageError
from makara.sources import _shapes, _source
from makara.sources._places import collection_id
from makara.sources._rows import ROW, features, rows
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Option, Source, shape
from makara.tables import table
from makara.tables.collections import SENSORS

SOURCE = Source(
    "collections",
    ("collections",),
    "looks of sensors (GeoJSON, CSV, Parquet)",
    (Option("provider", "who provided the looks, where the file does not say", ""),),
)
_FIELDS = {f.name: f for f in table("collections").own}
_NEEDED = ("collection", "sensor", "t_start", "t_end")


def _instant(value: Any) -> Any:
    return time.parse(value) if isinstance(value, str) else value


def look(told: Mapping[str, Any], footprint: Any, provider: str) -> dict[str, Any] | tuple[str, str]:
    """A look, or the reason and detail why it is none.

    Args:
        told: columns of table collections by name, as text or values; ``collection`` is the provider's id.
        footprint: GeoJSON, WKT or WKB; None: unknown.
        provider: who provided it, where ``told`` does not say.
    """
    lacking = [n for n in _NEEDED if told.get(n) in (None, "")]
    if lacking:
        return "missing_value", f"no {', '.join(lacking)}"
    product = str(told["collection"])
    if told["sensor"] not in SENSORS:
        return "bad_value", f"sensor {told['sensor']!r} of {product} is none of {', '.join(SENSORS)}"
    row: dict[str, Any] = {}
    for name, field in _FIELDS.items():
        value = told.get(name)
        if value in (None, "") or name in ("collection", "footprint", "line_times"):
            continue
        try:
            row[name] = (
                _instant(value) if field.type == _source.TS else float(value) if field.type.is_float() else value
            )
        except (UsageError, ValueError, TypeError) as e:
            return ("bad_time" if field.type == _source.TS else "bad_value"), f"{name} of {product}: {e}"
        if field.values and name != "sensor" and value not in field.values:
            return "bad_value", f"{name} {value!r} of {product} is none of {', '.join(field.values)}"
    if row["t_end"] < row["t_start"]:
        return "bad_time", f"{product} ends before it starts"
    try:
        shape_of = _footprint(footprint)
    except (ValueError, shapely.errors.ShapelyError) as e:
        return "bad_geometry", f"{product}: {e}"
    row["provider"] = str(told.get("provider") or provider) or None
    return {
        **row,
        "product": product,
        "collection": collection_id(row["provider"] or "", product),
        "footprint": shape_of,
    }


def _footprint(found: Any) -> bytes | None:
    """WKB of GeoJSON, WKT or WKB; unknown stays unknown."""
    if found in (None, "", {}):
        return None
    if isinstance(found, dict):
        geometry = _shapes.geojson(found)
    else:
        geometry = _shapes.clean(shapely.from_wkt(found) if isinstance(found, str) else shapely.from_wkb(found))
    if shapely.get_dimensions(geometry) != 2:
        raise ValueError("a footprint must be a polygon")
    return _shapes.wkb(geometry)


def _told(path: Path) -> Iterator[tuple[int, Mapping[str, Any], Any, pl.DataFrame | None]]:
    """Line, properties and footprint of each look of a file; rejects of rows without form."""
    if path.name.removesuffix(".gz").endswith(("json",)):
        for number, feature in enumerate(features(path), 1):
            told = feature.get("properties")
            yield number, told if isinstance(told, dict) else {}, feature.get("geometry"), None
        return
    for frame, rejects in rows(path):
        missing = [c for c in _NEEDED if c not in frame.columns]
        if missing:
            have = ", ".join(c for c in frame.columns if c != ROW)
            raise ColumnsError(f"{path}: no column {', '.join(missing)}; it has: {have}")
        if len(rejects):
            yield 0, {}, None, rejects
        for row in frame.iter_rows(named=True):
            yield row[ROW], row, row.get("footprint", row.get("geometry")), None


def load_nothing() -> pl.DataFrame:
    """No looks."""
    return shape("collections", pl.DataFrame(schema={name: f.type for name, f in _FIELDS.items()}))


def load(path: Path, provider: str = "") -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """The looks of a file, rejects, and how many it has.

    Raises:
        InputError: the file cannot be read, or holds no features.
        ColumnsError: a CSV or Parquet file lacks a column; the message names it and those there are.
    """
    return gathered(_told(path), path.name, provider)


def gathered(
    found: Iterable[tuple[int, Mapping[str, Any], Any, pl.DataFrame | None]], file: str, provider: str = ""
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Looks, rejects and the number of rows of what was read: line, columns, footprint, or rejects of the form."""
    good: list[dict[str, Any]] = []
    rejects = []
    n = 0
    for number, told, footprint, bad in found:
        if bad is not None:
            rejects.append(bad)
            n += len(bad)
            continue
        n += 1
        row = look(told, footprint, provider)
        if isinstance(row, dict):
            good.append({**row, "line": number})
        else:
            raw = json.dumps(dict(told), default=str).encode()
            rejects.append(_source.reject(file, number, *row, raw))
    schema = {**{name: f.type for name, f in _FIELDS.items()}, "line": pl.Int64()}
    return shape("collections", pl.DataFrame(good, schema=schema)), _source.merged(rejects), n


def recognises(head: Head) -> Guess | None:
    """Looks: a collection with its begin and end."""
    text = head.data
    geo = head.kind == "json" and all(n in text for n in (b'"collection"', b'"t_start"', b'"t_end"'))
    if geo or {"collection", "t_start", "t_end"} <= set(head.columns):
        return Guess(0.9, "it has collection, t_start and t_end")
    return None


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file of looks; feed ``collections``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    found, rejects, n = load(uri, given["provider"])
    yield Batch({"collections": found}, rejects, n, "collections")
