"""A release as GeoJSON (RFC 7946): WGS 84, longitude first, lines cut at 180.

Events are shown by their shape or else their place, alerts by that of their event, detections and reports as points,
collections, zones and cells of reception and coverage by their outline, track points as one line a track.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base import geo
from makara.sinks._values import DIGITS, dumps, geometry, records, rows_of, texts
from makara.tables import table
from makara.tables.release import Release

SHAPES: Final = {
    "events": "shape",
    "zones": "geometry",
    "collections": "footprint",
    "reception": "geometry",
    "coverage": "geometry",
}
"""Tables with a geometry of their own, and its column."""
SHOWN: Final = ("reception", "zones", "collections", "track_points", "reports", "detections", "events", "alerts")
"""Tables that can be shown, from the ground up."""
_JUMP_DEG: Final = 180.0


def geojson(release: Release, tables: Sequence[str] = SHOWN) -> bytes:
    """One FeatureCollection of all that can be shown of some tables.

    Raises:
        NotFoundError: there is no such table.
    """
    return b"".join(stream(release, tables))


def stream(release: Release, tables: Sequence[str] = SHOWN) -> Iterator[bytes]:
    """The same, a feature at a time."""
    yield b'{"type":"FeatureCollection","features":['
    comma = b"\n"
    for name in tables:
        for f in features(release, name):
            yield comma + dumps(f).encode()
            comma = b",\n"
    yield b"\n]}\n"


def features(release: Release, name: str) -> Iterator[dict[str, Any]]:
    """Features of one table; ``properties`` are the row's columns, and ``table``.

    Raises:
        NotFoundError: there is no such table.
    """
    rows = rows_of(release, name)
    if name == "track_points":
        yield from _lines(rows)
        return
    spec = table(name)
    column = SHAPES.get(name)
    places = _places(release) if name == "alerts" else {}
    bare = rows.drop([column] if column in rows.columns else [])
    shapes = rows[column].to_list() if column in rows.columns else [None] * len(rows)
    for r, wkb in zip(records(bare, spec), shapes, strict=True):
        shape = geometry(wkb) if wkb is not None else _point(r)
        if shape is None and name == "alerts":
            shape = places.get(r["event"])
        yield {
            "type": "Feature",
            "id": "/".join(str(r[k]) for k in spec.keys) if name in ("reception", "coverage") else r[spec.keys[0]],
            "geometry": shape,
            "properties": {"table": name} | r,
        }


def _point(r: dict[str, Any]) -> dict[str, Any] | None:
    if r.get("lon_deg") is None or r.get("lat_deg") is None:
        return None
    return {"type": "Point", "coordinates": [round(r["lon_deg"], DIGITS), round(r["lat_deg"], DIGITS)]}


def _places(release: Release) -> dict[str, dict[str, Any] | None]:
    """Where the released events are."""
    events = rows_of(release, "events").select("event", "lon_deg", "lat_deg")
    return {r["event"]: _point(r) for r in events.iter_rows(named=True)}


def _lines(points: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Tracks as lines, in the order of movers and their first points; points without a track or place are left out."""
    placed = points.drop_nulls(["track", "lon_deg", "lat_deg"])
    in_time = placed.sort("track", "t_seen", "report", nulls_last=True)
    order = in_time.group_by("track", maintain_order=True).agg(
        pl.col("mover").first(),
        pl.col("t_seen").min().alias("t_start"),
        pl.col("t_seen").max().alias("t_end"),
        pl.len().alias("n"),
    )
    ends = np.cumsum(order["n"].to_numpy()).tolist()
    lon, lat = in_time["lon_deg"].to_numpy(), in_time["lat_deg"].to_numpy()
    told = texts(order, table("tracks")).iter_rows(named=True)
    every = [(r, line(lon[a:b], lat[a:b])) for r, a, b in zip(told, [0, *ends][:-1], ends, strict=True)]
    for r, shape in sorted(every, key=lambda x: (x[0]["mover"] or 0, x[0]["t_start"] or "", x[0]["track"])):
        yield {"type": "Feature", "id": r["track"], "geometry": shape, "properties": {"table": "track_points"} | r}


def line(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> dict[str, Any]:
    """A path as a GeoJSON geometry: a point, a line, or several lines cut where the path crosses 180 degrees.

    Args:
        lon: longitudes, degrees in [-180, 180); the short way is meant between neighbours.
        lat: latitudes, degrees.
    """
    xy = np.round(np.column_stack([lon, lat]).astype(np.float64), DIGITS)
    parts: list[list[list[float]]] = []
    start = 0
    head: list[list[float]] = []
    for i in np.flatnonzero(np.abs(np.diff(xy[:, 0])) > _JUMP_DEG) + 1:
        (x1, y1), (x2, y2) = xy[i - 1], xy[i]
        side = 180.0 if x1 > 0 else -180.0
        way = float(geo.lon_delta(x1, x2))
        cut = round(float(y1 + (side - x1) / way * (y2 - y1)), DIGITS) if way else float(y1)
        parts.append([*head, *xy[start:i].tolist(), [side, cut]])
        start, head = int(i), [[-side, cut]]
    parts.append([*head, *xy[start:].tolist()])
    whole = [p for p in parts if any(q != p[0] for q in p)]
    if not whole:
        return {"type": "Point", "coordinates": xy[0].tolist()}
    if len(whole) == 1:
        return {"type": "LineString", "coordinates": whole[0]}
    return {"type": "MultiLineString", "coordinates": whole}


__all__ = ["SHOWN", "features", "geojson", "line", "stream"]
