"""ICEYE amplitude images (GRD), as GeoTIFF with their metadata in tags, JSON or XML.

Who: ICEYE; satellites ICEYE-X2 and on. Format: Cloud Optimized GeoTIFF of 16-bit amplitudes with the tag
``ICEYE_PROPERTIES`` and a STAC item beside it (fields ``sar:``, ``sat:``, ``view:``, ``iceye:``), or the older GeoTIFF
with tags and XML (``calibration_factor``, ``acquisition_start_utc``). Licence: ICEYE's, by contract; open data CC BY.
Latency: hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from makara.base.errors import InputError
from makara.sensors.scene import Pixels, Scene
from makara.sources import _scene, _stac, _vendor, _xml
from makara.sources._safe import Product
from makara.sources._scene import Told
from makara.sources._sniff import Guess, Head
from makara.sources._source import Source
from makara.sources._stac import instant, number, word

SOURCE = Source(
    "iceye",
    ("collections", "detections"),
    "ICEYE radar images (GRD)",
    (_scene.LICENCE, _scene.TIME),
)
KINDS: Final = ("_GRD", "_AML")

read = _scene.read


def recognises(head: Head) -> Guess | None:
    """A file or directory named as ICEYE does."""
    named = head.path.name.upper().startswith("ICEYE_")
    return Guess(0.95, "it is named as an ICEYE product") if named else None


def recognises_scene(product: Product) -> bool:
    """A GeoTIFF named as ICEYE does, or with ICEYE's properties."""
    for name in _scene.rasters(product):
        if name.rpartition("/")[2].upper().startswith("ICEYE_"):
            return True
        tags = _scene.tags(product, name)
        if "ICEYE_PROPERTIES" in tags or tags.get("SATELLITE_NAME", "").upper().startswith("ICEYE"):
            return True
    return False


def open_scene(product: Product, told: Told) -> Scene:
    """Open an ICEYE GRD product. See :class:`makara.sources._scene.SceneReader`.

    sigma0 = calibration_factor * DN^2 (ICEYE product documentation, Radiometric Considerations).
    """
    name = _vendor.image_of(product, KINDS)
    properties = _properties(product, name)
    if properties is not None:
        facts = _new(properties, product, name)
        return _vendor.built(product, name, told, facts, _mapping(properties, product))
    return _vendor.built(product, name, told, _old(product, name))


def _properties(product: Product, name: str) -> Mapping[str, Any] | None:
    """The STAC properties, from the tag or the item beside."""
    text = _scene.tags(product, name).get("ICEYE_PROPERTIES")
    if text:
        found = _stac.loaded(text.encode(), f"{product.path}: tag ICEYE_PROPERTIES")
        return found if isinstance(found, dict) else None
    item = _stac.of(product)
    return item.properties if item and "iceye:calibration_factor" in item.properties else None


def _new(told: Mapping[str, Any], product: Product, name: str) -> _vendor.Facts:
    where = str(product.path)
    item = _stac.item({"id": told.get("iceye:filename") or product.name, "properties": told}, where)
    states = [s for s in told.get("iceye:orbit_states") or [] if isinstance(s, dict) and s.get("velocity")]
    lines = tuple(instant(told.get(f"iceye:zero_doppler_{k}_datetime"), where) for k in ("start", "end"))
    looks = [number(told.get(f"sar:looks_{k}")) or 1.0 for k in ("range", "azimuth")]
    return _vendor.Facts(
        product=str(told.get("iceye:filename") or _scene.tags(product, name).get("PRODUCT_NAME") or product.name)
        .removesuffix(".json")
        .removesuffix(".tif"),
        provider="ICEYE",
        platform=item.platform,
        mode=item.mode,
        polarisation=item.polarisations[0] if item.polarisations else None,
        licence=item.licence,
        t_start=item.t_start,
        t_end=item.t_end,
        gain=number(told.get("iceye:calibration_factor")),
        looks=item.looks or max(looks[0] * looks[1], 1.0),
        lines=(lines[0], lines[1]) if lines[0] and lines[1] else None,
        resolution_m=item.resolution_m,
        heading_deg=_vendor.heading(item.azimuth_deg, item.look, item.orbit),
        look=item.look,
        platform_m_s=_vendor.speed_m_s([s["velocity"] for s in states]),
        incidence_deg=_ends(told, "iceye:incidence_angle_{}", item.incidence_deg),
        slant_range_m=_ends(told, "iceye:range_{}", number(told.get("iceye:range"))),
        prf_hz=number(told.get("iceye:acquisition_prf")),
        frequency_hz=number(told.get("sar:center_frequency")),
        about={"orbit": item.orbit, "orbit_precision": told.get("iceye:orbit_precision")},
    )


def _ends(told: Mapping[str, Any], names: str, middle: float | None) -> tuple[float, float] | None:
    near, far = (number(told.get(names.format(k))) for k in ("near", "far"))
    if near is not None and far is not None:
        return near, far
    return None if middle is None else (middle, middle)


def _mapping(told: Mapping[str, Any], product: Product) -> Any:
    """What makes amplitudes of the numbers, where they are a power of them (``iceye:amplitude_mapping``).

    Raises:
        InputError: it is another function.
    """
    how = told.get("iceye:amplitude_mapping")
    if not isinstance(how, dict) or how.get("function") in (None, "identity", "linear"):
        return None
    said = how.get("parameters")
    given = said if isinstance(said, dict) else {}
    exponent, scale = number(given.get("exponent", 1.0)), number(given.get("scale", 1.0))
    if how.get("function") != "power" or not exponent or not scale or exponent < 0 or scale < 0:
        raise InputError(f"{product.path}: its amplitude mapping {how} is not known here")
    if exponent == 1.0 and scale == 1.0:
        return None

    def amplitude(values: Pixels) -> Pixels:
        return np.asarray(values, np.float32) ** np.float32(1.0 / exponent) / np.float32(scale)

    return amplitude


def _old(product: Product, name: str) -> _vendor.Facts:
    """From tags and XML of products before 2025.

    Raises:
        InputError: there is no calibration factor.
    """
    told = dict(_scene.tags(product, name))
    velocities: list[list[float]] = []
    for other in sorted(product.files):
        if other.lower().endswith(".xml") and "ICEYE" in other.upper():
            root = _xml.parse(product.bytes(other), f"{product.path}: {other}")
            for leaf in root.iter():
                if isinstance(leaf.tag, str) and not len(leaf) and leaf.text and leaf.text.strip():
                    told.setdefault(leaf.tag.rpartition("}")[2].upper(), leaf.text.strip())
            for orbit in _xml.local(root, "orbit"):
                parts = [number(orbit.findtext(f"vel{k}")) for k in "XYZ"]
                if all(p is not None for p in parts):
                    velocities.append([p for p in parts if p is not None])
    where = _scene.label(product, name)
    gain = number(told.get("CALIBRATION_FACTOR"))
    if gain is None:
        raise InputError(f"{where} has no calibration_factor, in its tags or beside it; put its XML or JSON beside it")
    look = (told.get("LOOK_SIDE") or "").lower()
    lines = [instant(told.get(f"ZERODOPPLER_{k}_UTC"), where) for k in ("START", "END")]
    looks = (number(told.get("RANGE_LOOKS")) or 1.0) * (number(told.get("AZIMUTH_LOOKS")) or 1.0)
    angles = [number(told.get(f"INCIDENCE_{k}")) for k in ("NEAR", "FAR")]
    first = number(told.get("SLANT_RANGE_TO_FIRST_PIXEL"))
    direction = number(told.get("HEADING"))
    return _vendor.Facts(
        product=word(told.get("PRODUCT_NAME")) or product.name,
        provider="ICEYE",
        platform=word(told.get("SATELLITE_NAME")),
        mode=word(told.get("ACQUISITION_MODE")) or word(told.get("PRODUCT_TYPE")),
        polarisation=(told.get("POLARIZATION") or "").lower() or None,
        licence=None,
        t_start=instant(told.get("ACQUISITION_START_UTC"), where),
        t_end=instant(told.get("ACQUISITION_END_UTC"), where),
        gain=gain,
        looks=max(looks, 1.0),
        lines=(lines[0], lines[1]) if lines[0] and lines[1] else None,
        heading_deg=None if direction is None else direction % 360.0,
        look=_vendor.side(look),
        platform_m_s=_vendor.speed_m_s(velocities),
        incidence_deg=None if angles[0] is None or angles[1] is None else (angles[0], angles[1]),
        slant_range_m=None if first is None else (first, first),
        prf_hz=number(told.get("ACQUISITION_PRF")),
        frequency_hz=number(told.get("CARRIER_FREQUENCY")),
        about={"orbit": (told.get("ORBIT_DIRECTION") or "").lower() or None},
    )
