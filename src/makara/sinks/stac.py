"""Looks of a release as STAC items: an ItemCollection of SpatioTemporal Asset Catalog 1.1.0.

Fields beside the core are those of the extensions sar, eo and view; what these do not have stands under ``makara:``.
The
extensions are not declared, since a look knows less than their schemas demand (a sar item must name its band).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from makara.sinks._values import DIGITS, dumps, geometry, records, rows_of
from makara.tables import table
from makara.tables.release import Release

VERSION: Final = "1.1.0"
_SPDX: Final = re.compile(r"[\w\-.+]+")


def stac(release: Release) -> bytes:
    """The looks of a release as one ItemCollection."""
    return (dumps({"type": "FeatureCollection", "features": items(release)}) + "\n").encode()


def items(release: Release) -> list[dict[str, Any]]:
    """The looks of a release as STAC items; those without a time, which release hides, are left out."""
    spec = table("collections")
    return [_item(r) for r in records(rows_of(release, "collections"), spec) if r.get("t_start") and r.get("t_end")]


def _item(r: Mapping[str, Any]) -> dict[str, Any]:
    shape = r.get("footprint") if isinstance(r.get("footprint"), dict) else geometry(r.get("footprint"))
    told = {
        "datetime": r["t_start"],
        "start_datetime": r["t_start"],
        "end_datetime": r["t_end"],
        "platform": r.get("platform"),
        "gsd": r.get("resolution_m"),
        "license": _licence(r.get("licence")),
        "providers": [{"name": r["provider"], "roles": ["producer"]}] if r.get("provider") else None,
        "sar:instrument_mode": r.get("mode") if r.get("sensor") == "sar" else None,
        "sar:observation_direction": r.get("look"),
        "view:incidence_angle": r.get("incidence_deg"),
        "eo:cloud_cover": None if r.get("cloud_share") is None else round(100.0 * r["cloud_share"], 1),
        "makara:sensor": r.get("sensor"),
        "makara:collection": r["collection"],
        "makara:length50_m": r.get("length50_m"),
        "makara:heading_deg": r.get("heading_deg"),
        "makara:licence": r.get("licence"),
        "makara:product_form": r.get("product_form"),
    }
    link = r.get("scene_uri")
    out: dict[str, Any] = {
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": [],
        "id": r.get("product") or r["collection"],
        "geometry": shape,
        "properties": {k: v for k, v in told.items() if v is not None},
        "links": [],
        "assets": {"scene": {"href": link, "roles": ["data"]}} if link else {},
    }
    return out if shape is None else out | {"bbox": _box(shape)}


def _licence(words: str | None) -> str | None:
    """A licence as STAC takes it: one word, else other."""
    return words if words is None or _SPDX.fullmatch(words) else "other"


def _box(shape: Mapping[str, Any]) -> list[float]:
    """West, south, east, north; west > east where a shape is cut at 180 (RFC 7946, 5.2)."""
    parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    spans = []
    for part in parts:
        xs, ys = [p[0] for p in part[0]], [p[1] for p in part[0]]
        spans.append((min(xs), min(ys), max(xs), max(ys)))
    south, north = min(s[1] for s in spans), max(s[3] for s in spans)
    west, east = min(s[0] for s in spans), max(s[2] for s in spans)
    if west == -180.0 and east == 180.0 and len(spans) > 1:
        west = min((s[0] for s in spans if s[0] > -180.0), default=-180.0)
        east = max((s[2] for s in spans if s[2] < 180.0), default=180.0)
    return [round(v, DIGITS) for v in (west, south, east, north)]


__all__ = ["VERSION", "items", "stac"]
