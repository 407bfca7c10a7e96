"""What sensors found without being told: SAR, optical, night lights, radio, radar, patrol.

Who: detection services (xView3 style lists, OpenSARShip, EOG, HawkEye), coastal radars, patrols. Format: CSV, Parquet
or GeoJSON points with the columns ``detection, collection, sensor, t_seen, lon, lat, length_m, width_m, axis_deg,
semi_major_m, semi_minor_m, orientation_deg, score, emitter``; ``--map TARGET=COLUMN`` for other names. Licence: the
provider's. Latency: minutes to days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.base.errors import ColumnsError
from makara.sources import _places, _recipe, _source
from makara.sources._rows import ROW, features, rows
from makara.sources._sniff import Guess, Head, geometry_types
from makara.sources._source import Batch, Option, Source

SOURCE = Source(
    "detections",
    ("detections",),
    "what sensors found (CSV, Parquet, GeoJSON)",
    (*_recipe.OPTIONS, Option("provider", "who provided the looks: part of their ids", "")),
)
EXTRA: Final = {"product": pl.String(), "provider_id": pl.String()}
_NAMES: Final = {
    "detection": "provider_id",
    "collection": "product",
    "lon": "lon_deg",
    "lat": "lat_deg",
    "score": "p_vessel",
    "length": "length_m",
    "width": "width_m",
}
_NEEDED: Final = ("t_seen", "lon_deg", "lat_deg", "sensor")


def _plain(columns: list[str], given: _recipe.Recipe) -> _recipe.Recipe:
    """The recipe for a file with the columns of case directories: what was not mapped or set is taken by its name."""
    found = {}
    for column in columns:
        target = _NAMES.get(column, column)
        if target in given.targets and target not in ("detection", "collection", "chip"):
            found[target] = column
    merged = {t: c for t, c in found.items() if t not in given.constants and t not in given.directions}
    return _recipe.Recipe(
        given.targets,
        {**merged, **given.columns},
        given.directions,
        given.constants,
        given.factors,
        given.nulls,
        given.tz,
    )


def _points(path: Path) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Features as rows, all text."""
    found = features(path)
    listed = []
    for f in found:
        place = f.get("geometry") or {}
        xy = place.get("coordinates") if isinstance(place, dict) and place.get("type") == "Point" else None
        told = f.get("properties") if isinstance(f.get("properties"), dict) else {}
        lon, lat = (xy[0], xy[1]) if isinstance(xy, list) and len(xy) > 1 else (None, None)
        listed.append({**(told or {}), "lon": lon, "lat": lat})
    names = list(dict.fromkeys(k for row in listed for k in row)) or ["lon", "lat"]
    data = {n: [None if (v := row.get(n)) is None else str(v) for row in listed] for n in names}
    frame = pl.DataFrame(data, schema=dict.fromkeys(names, pl.String()))
    numbers = pl.int_range(1, len(frame) + 1, dtype=pl.Int64(), eager=True).alias(ROW)
    yield frame.with_columns(numbers), _source.no_rejects()


def load(path: Path, options: Mapping[str, str]) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, int]]:
    """Detections, rejects, and rows read, a batch at a time. With ``product``: their look's id at the provider.

    Raises:
        InputError: the file cannot be read.
        ColumnsError: a column is missing; the message names it and those there are.
        UsageError: an option does not fit.
    """
    told = _recipe.recipe("detections", options, EXTRA)
    pieces = _points(path) if path.name.removesuffix(".gz").endswith("json") else rows(path, options.get("sep", ","))
    for frame, bad in pieces:
        how = told if told.columns else _plain(frame.columns, told)
        lacking = [n for n in _NEEDED if n not in how.columns and n not in how.constants]
        if lacking:
            have = ", ".join(c for c in frame.columns if c != ROW)
            raise ColumnsError(f"{path}: nothing gives {', '.join(lacking)}; use --map or --set. It has: {have}")
        typed = how.apply(frame, str(path))
        optional = [pl.lit(None, pl.String()).alias(n) for n in EXTRA if n not in typed.columns]
        full = typed.with_columns(*optional)
        found, rejects = _places.detections(full, frame, path.name, provider=options.get("provider", ""))
        yield found, _source.merged([bad, rejects]), len(frame) + len(bad)


def recognises(head: Head) -> Guess | None:
    """What a sensor found: its name, a time and a place, under the names of case directories."""
    have = {c.rpartition(".")[2] for c in head.columns}
    lon = have & {"lon", "lon_deg"} or "Point" in geometry_types(head)
    if {"sensor", "t_seen"} <= have and lon:
        return Guess(0.9, "it has sensor, t_seen and a place")
    return None


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file of detections; feed ``detections``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    for found, rejects, n in load(uri, given):
        yield Batch({"detections": found}, rejects, n, "detections")
