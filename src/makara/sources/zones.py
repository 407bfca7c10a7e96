"""Zones: EEZs, closed areas, MPAs, ports, anchorages, lanes, cables, risk areas, infrastructure.

Who: national authorities, MarineRegions, WDPA, NGA, Global Fishing Watch. Format: GeoJSON with the properties ``zone,
name, kind, authority, from, to`` (``type`` is taken for a missing ``kind``, as in GFW's files, which are bare arrays of
features); the other properties become ``attributes``. Licence: the provider's. Latency: years.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from makara.base import ids, time
from makara.base.errors import UsageError
from makara.sources import _shapes, _source
from makara.sources._rows import features
from makara.sources._sniff import Guess, Head, geometry_types
from makara.sources._source import Batch, Source, shape
from makara.tables import table

SOURCE = Source("zones", ("zones",), "areas with a law or a purpose (GeoJSON)")
_KINDS = next(f.values or () for f in table("zones").own if f.name == "kind")
_TAKEN = ("zone", "name", "kind", "authority", "from", "to")
_OURS = ("table", "own_id", "box", "source", "t_known", "mark", "attributes")
"""What a lake's own zones have besides, when it wrote them."""


def zone_id(authority: str | None, kind: str, name: str, geometry: bytes) -> str:
    """The key of a zone: from who has authority, its kind and name, and the SHA-256 of its normalised WKB."""
    return ids.ident("zn", authority or "", kind, name, ids.content_hash(geometry))


def _row(feature: Mapping[str, Any]) -> dict[str, Any] | tuple[str, str]:
    """A zone, or the reason and detail why it is none."""
    told = feature.get("properties") or {}
    if not isinstance(told, dict):
        return "bad_row", "the properties are no object"
    own_id = told.get("zone", feature.get("id"))
    own_id = None if own_id is None else str(own_id)
    name = str(told.get("name") or own_id or "")
    kind = told.get("kind", told.get("type"))
    if not name:
        return "missing_value", "a zone needs a name"
    if kind not in _KINDS:
        return "bad_value", f"kind {kind!r} of {name!r} is none of {', '.join(_KINDS)}"
    try:
        geometry = _shapes.geojson(feature.get("geometry"))
    except ValueError as e:
        return "bad_geometry", f"{name}: {e}"
    try:
        begin, end = (time.parse(str(told[k])) if told.get(k) else None for k in ("from", "to"))
    except UsageError as e:
        return "bad_time", f"{name}: {e}"
    data = _shapes.wkb(geometry)
    authority = told.get("authority")
    authority = None if authority is None else str(authority)
    rest = {k: v for k, v in told.items() if k not in _TAKEN and not (k == "type" and "kind" not in told)}
    if told.get("table") == "zones":
        more = told.get("attributes")
        rest = {k: v for k, v in rest.items() if k not in _OURS} | (more if isinstance(more, dict) else {})
    return {
        "zone": zone_id(authority, kind, name, data),
        "own_id": own_id,
        "name": name,
        "kind": kind,
        "authority": authority,
        "geometry": data,
        "box": dict(zip("wsen", _shapes.box(geometry), strict=True)),
        "from": begin,
        "to": end,
        "attributes": json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    }


def load(path: Path) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """The zones of a file, rejects, and how many features it has.

    Raises:
        InputError: the file cannot be read, or holds no features.
    """
    found = features(path)
    rows: list[dict[str, Any]] = []
    rejects = []
    for number, feature in enumerate(found, 1):
        row = _row(feature)
        if isinstance(row, dict):
            rows.append({**row, "line": number})
        else:
            raw = json.dumps(feature, default=str).encode()
            rejects.append(_source.reject(path.name, number, *row, raw))
    schema = {**{f.name: f.type for f in table("zones").own}, "line": pl.Int64()}
    return shape("zones", pl.DataFrame(rows, schema=schema)), _source.merged(rejects), len(found)


def recognises(head: Head) -> Guess | None:
    """GeoJSON whose features have a kind, or a type that is one."""
    text = head.data
    if head.kind != "json" or not geometry_types(head) or b'"properties"' not in text:
        return None
    kinds = [k for k in _KINDS if f'"{k}"'.encode() in text]
    return Guess(0.8, f"GeoJSON with features of kind {', '.join(kinds)}") if kinds else None


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a GeoJSON file of zones; feed ``zones``. See :class:`makara.sources.Reader`."""
    SOURCE.check(options)
    rows, rejects, n = load(uri)
    yield Batch({"zones": rows}, rejects, n, "zones")
