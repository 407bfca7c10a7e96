"""STAC items that lie beside an image: where, when, by whom and how it was taken.

Fields are those of STAC 1.0 and 1.1 and of its extensions sar, sat, view, eo, proj, projection's names old and new.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from makara.base.errors import InputError
from makara.sources._safe import Product, few


@dataclass(frozen=True)
class Item:
    """What a STAC item says; unknown is None.

    Attributes:
        id: of the item.
        collection: id of its collection.
        geometry: GeoJSON.
        t_start, t_end: ``start_datetime`` and ``end_datetime``, or ``datetime`` twice.
        provider: the first licensor or producer among ``providers``, or the constellation.
        platform, constellation, licence: as named there.
        mode: ``sar:instrument_mode``.
        polarisations: ``sar:polarizations``, lower case.
        product_type: ``sar:product_type`` or ``product:type``.
        resolution_m: the larger of ``sar:resolution_range`` and ``_azimuth``, or ``gsd``.
        looks: ``sar:looks_equivalent_number``.
        incidence_deg: ``view:incidence_angle``.
        azimuth_deg: ``view:azimuth``, degrees true: of the line between satellite and scene (providers differ in the
            direction).
        look: ``sar:observation_direction``.
        orbit: ``sat:orbit_state``, ascending or descending.
        cloud_share: ``eo:cloud_cover``, 0 to 1.
        properties: all of them.
        assets: all of them.
    """

    id: str
    collection: str | None
    geometry: Mapping[str, Any] | None
    t_start: datetime | None
    t_end: datetime | None
    provider: str | None
    platform: str | None
    constellation: str | None
    licence: str | None
    mode: str | None
    polarisations: tuple[str, ...]
    product_type: str | None
    resolution_m: float | None
    looks: float | None
    incidence_deg: float | None
    azimuth_deg: float | None
    look: Literal["left", "right"] | None
    orbit: str | None
    cloud_share: float | None
    properties: Mapping[str, Any]
    assets: Mapping[str, Any]


def loaded(data: bytes, name: str) -> Any:
    """JSON.

    Raises:
        InputError: it is none, or nested beyond any use.
    """
    try:
        return json.loads(few(data, b"{[,", name))
    except (ValueError, RecursionError) as e:
        raise InputError(f"{name} is no readable JSON ({e}); get the product again") from e


def instant(value: Any, name: str) -> datetime | None:
    """An instant of JSON: ISO 8601, UTC where no zone is named; fractions of any length.

    Raises:
        InputError: there is something that is no time.
    """
    if value in (None, ""):
        return None
    if isinstance(value, str):
        head, dot, rest = value.strip().replace("Z", "+00:00").partition(".")
        digits = len(rest) - len(rest.lstrip("0123456789"))
        whole = f"{head}.{rest[: min(digits, 6)]:0<6}{rest[digits:]}" if dot else head
        try:
            t = datetime.fromisoformat(whole)
        except ValueError:
            pass
        else:
            return t.replace(tzinfo=UTC) if t.tzinfo is None else t.astimezone(UTC)
    raise InputError(f"{name}: {str(value)[:40]!r} is no time")


def number(value: Any) -> float | None:
    """A finite number of JSON (or of text), else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def word(value: Any) -> str | None:
    """A text that is not empty, else None."""
    return value.strip() or None if isinstance(value, str) else None


def is_item(found: Any) -> bool:
    """Whether JSON is a STAC item."""
    return isinstance(found, dict) and found.get("type") == "Feature" and "stac_version" in found


def item(found: Mapping[str, Any], name: str) -> Item:
    """A STAC item from its JSON.

    Raises:
        InputError: it has no id or properties, or a time in it is none.
    """
    told = found.get("properties")
    if not isinstance(told, dict) or word(found.get("id")) is None:
        raise InputError(f"{name} is no STAC item: it has no id or no properties")
    at = instant(told.get("datetime"), name)
    resolutions = [number(told.get(f"sar:resolution_{k}")) for k in ("range", "azimuth")]
    known = [r for r in resolutions if r is not None and r > 0]
    polarisations = told.get("sar:polarizations")
    geometry, cloud = found.get("geometry"), number(told.get("eo:cloud_cover"))
    look = told.get("sar:observation_direction")
    return Item(
        id=str(found["id"]),
        collection=word(found.get("collection")),
        geometry=geometry if isinstance(geometry, dict) else None,
        t_start=instant(told.get("start_datetime"), name) or at,
        t_end=instant(told.get("end_datetime"), name) or at,
        provider=_provider(told),
        platform=word(told.get("platform")),
        constellation=word(told.get("constellation")),
        licence=word(told.get("license")),
        mode=word(told.get("sar:instrument_mode")),
        polarisations=tuple(str(p).lower() for p in polarisations) if isinstance(polarisations, list) else (),
        product_type=word(told.get("sar:product_type")) or word(told.get("product:type")),
        resolution_m=max(known) if known else number(told.get("gsd")),
        looks=number(told.get("sar:looks_equivalent_number")),
        incidence_deg=number(told.get("view:incidence_angle")),
        azimuth_deg=number(told.get("view:azimuth")),
        look="left" if look == "left" else "right" if look == "right" else None,
        orbit=word(told.get("sat:orbit_state")),
        cloud_share=None if cloud is None else min(max(cloud / 100.0, 0.0), 1.0),
        properties=told,
        assets=found["assets"] if isinstance(found.get("assets"), dict) else {},
    )


def _provider(told: Mapping[str, Any]) -> str | None:
    providers = told.get("providers")
    listed = [p for p in providers if isinstance(p, dict)] if isinstance(providers, list) else []
    for role in ("licensor", "producer"):
        for p in listed:
            if role in (p.get("roles") or []) and word(p.get("name")):
                return word(p.get("name"))
    return word(told.get("constellation"))


def of(product: Product) -> Item | None:
    """The STAC item of a product: of several the one that names its raster, else the first; None where there is none.

    Raises:
        InputError: one is damaged.
    """
    found = []
    for name in sorted(product.files):
        if name.lower().endswith((".json", ".geojson")):
            read = product.document(name)
            if is_item(read):
                found.append((name, read))
    rasters = {n.rpartition("/")[2] for n in product.files if n.lower().endswith((".tif", ".tiff", ".jp2"))}
    for name, read in found:
        assets = read.get("assets")
        links = [a.get("href") for a in assets.values() if isinstance(a, dict)] if isinstance(assets, dict) else []
        if any(isinstance(h, str) and h.rpartition("/")[2] in rasters for h in links):
            return item(read, name)
    return item(found[0][1], found[0][0]) if found else None
