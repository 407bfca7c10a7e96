"""STAC items as looks: catalogues of what satellites took.

Who: catalogues and archives of satellite images (Copernicus Data Space, Earth Search, commercial providers). Format:
STAC 1.0 or 1.1 items (a Feature), or several as an ItemCollection or search result (a FeatureCollection); fields of the
extensions sar, sat, view, eo, processing. Licence: the item's ``license``, or ``--licence NAME``. Latency: minutes to
hours after the image.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from makara.base.errors import InputError
from makara.sources import _stac
from makara.sources._rows import features
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Option, Source
from makara.sources.collections import gathered

SOURCE = Source(
    "stac",
    ("collections",),
    "STAC items as looks (JSON)",
    (
        Option("provider", "who provided them, where items do not say", ""),
        Option("sensor", "sar, optical or viirs, where items do not say"),
    ),
)
OWN: Final = "makara:"
"""Prefix of properties that Makara itself writes."""


def sensor_of(item: _stac.Item) -> str | None:
    """What took an item's image: by its fields of the extensions sar and eo, or its instruments."""
    said = item.properties.get(f"{OWN}sensor")
    if isinstance(said, str):
        return said
    instruments = item.properties.get("instruments")
    named = {str(i).lower() for i in instruments} if isinstance(instruments, list) else set()
    if "viirs" in named:
        return "viirs"
    if any(k.startswith("sar:") for k in item.properties):
        return "sar"
    if any(k.startswith("eo:") for k in item.properties) or any("eo:bands" in a for a in _assets(item)):
        return "optical"
    return None


def _assets(item: _stac.Item) -> list[Mapping[str, Any]]:
    return [a for a in item.assets.values() if isinstance(a, dict)]


def _told(item: _stac.Item, sensor: str | None) -> dict[str, Any]:
    """An item's columns of table collections."""
    own = {k.removeprefix(OWN): v for k, v in item.properties.items() if k.startswith(OWN)}
    links = [a.get("href") for a in _assets(item) if "data" in (a.get("roles") or [])]
    found = {
        "collection": item.id,
        "sensor": sensor_of(item) or sensor,
        "platform": item.platform,
        "mode": item.mode,
        "t_start": item.t_start,
        "t_end": item.t_end,
        "resolution_m": item.resolution_m,
        "incidence_deg": item.incidence_deg,
        "look": item.look,
        "cloud_share": item.cloud_share,
        "scene_uri": next((h for h in links if isinstance(h, str)), None),
        "provider": item.provider,
        "product_form": "raw",
        "licence": item.licence,
    }
    return found | {k: v for k, v in own.items() if k in ("length50_m", "heading_deg", "licence", "product_form")}


def _items(path: Path, sensor: str | None) -> Iterator[tuple[int, Mapping[str, Any], Any, pl.DataFrame | None]]:
    """Number, columns and footprint of each item; what is no item has neither time nor sensor, and is rejected so."""
    for number, feature in enumerate(features(path), 1):
        try:
            item = _stac.item(feature, f"{path.name}: item {number}")
        except InputError:
            told = feature.get("properties")
            yield number, {"collection": feature.get("id"), **(told if isinstance(told, dict) else {})}, None, None
            continue
        yield number, _told(item, sensor), item.geometry, None


def recognises(head: Head) -> Guess | None:
    """JSON that says which STAC it is."""
    return Guess(0.95, "it has stac_version") if head.kind == "json" and b'"stac_version"' in head.data else None


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read STAC items; feed ``stac``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    found, rejects, n = gathered(_items(uri, given.get("sensor")), uri.name, given["provider"])
    yield Batch({"collections": found}, rejects, n, "stac")
