"""Umbra geocoded amplitude images (GEC), as GeoTIFF with their metadata beside it.

Who: Umbra; satellites UMBRA_04 and on. Format: Cloud Optimized GeoTIFF of amplitudes; ``*_METADATA.json``
(``umbraSatelliteName``, ``collects``), or a STAC item (``umbra:``) beside it. Its amplitudes bear no calibration: give
``--units`` where it is known (then the file's scale counts), else brightness is relative, its median put at -15 dB.
Licence: Umbra's, by contract; open data CC BY. Latency: hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from makara.base.errors import InputError, UsageError
from makara.sensors.scene import Scene
from makara.sources import _scene, _stac, _vendor
from makara.sources._safe import Product
from makara.sources._scene import Told
from makara.sources._sniff import Guess, Head
from makara.sources._source import Option, Source
from makara.sources._stac import instant, number, word

SOURCE = Source(
    "umbra",
    ("collections", "detections"),
    "Umbra radar images (GEC)",
    (
        _scene.LICENCE,
        _scene.TIME,
        Option("units", "amplitude, where its scale is that of sigma nought; default: relative brightness"),
    ),
)
KINDS: Final = ("_GEC", "_CSI", "_MM")

read = _scene.read


def recognises(head: Head) -> Guess | None:
    """A file or directory named as Umbra does."""
    named = "UMBRA-" in head.path.name.upper() or "UMBRA_" in head.path.name.upper()
    return Guess(0.9, "it is named as an Umbra product") if named else None


def recognises_scene(product: Product) -> bool:
    """A GeoTIFF with Umbra's JSON or STAC item beside it."""
    return bool(_scene.rasters(product)) and (_metadata(product) is not None or _item(product) is not None)


def _metadata(product: Product) -> Mapping[str, Any] | None:
    for name in sorted(product.files):
        if name.lower().endswith(".json"):
            found = product.document(name)
            if isinstance(found, dict) and ("umbraSatelliteName" in found or found.get("vendor") == "Umbra Space"):
                return found
    return None


def _item(product: Product) -> _stac.Item | None:
    for name in sorted(product.files):
        if name.lower().endswith(".json"):
            found = product.document(name)
            told = found.get("properties") if _stac.is_item(found) else None
            if isinstance(told, dict) and (any(str(k).startswith("umbra:") for k in told) or _of_umbra(told)):
                return _stac.item(found, name)
    return None


def _of_umbra(told: Mapping[str, Any]) -> bool:
    """Whether a STAC item is of one of Umbra's satellites: those of before 2024 have no fields of Umbra's own."""
    return any((word(told.get(k)) or "").lower().startswith("umbra") for k in ("platform", "constellation"))


def open_scene(product: Product, told: Told) -> Scene:
    """Open an Umbra GEC product. See :class:`makara.sources._scene.SceneReader`."""
    if told.units not in (None, "amplitude"):
        raise UsageError(f"units {told.units!r} do not fit an Umbra image; give amplitude, or nothing")
    name = _vendor.image_of(product, KINDS)
    where = _scene.label(product, name)
    metadata, item = _metadata(product) or {}, _item(product) or _stac.of(product)
    collects = metadata.get("collects")
    collect = collects[0] if isinstance(collects, list) and collects and isinstance(collects[0], dict) else {}
    if not collect and item is None:
        raise InputError(f"{where}: its metadata name no collect; get the product again")
    said = collect.get("maxGroundResolution")
    size = said if isinstance(said, dict) else {}
    known = [r for k in ("rangeMeters", "azimuthMeters") if (r := number(size.get(k))) is not None]
    polarisations = collect.get("polarizations")
    listed = tuple(str(p).lower() for p in polarisations) if isinstance(polarisations, list) else ()
    polarisation = (listed or (item.polarisations if item else ()) or (None,))[0]
    side = _vendor.side(str(collect.get("observationDirection", "")).lower()) or (item.look if item else None)
    orbit = (word(collect.get("satelliteTrack")) or (item.orbit if item else "") or "").lower() or None
    incidence = number(collect.get("angleIncidenceDegrees")) or (item.incidence_deg if item else None)
    azimuth = number(collect.get("angleAzimuthDegrees"))
    properties = item.properties if item else {}
    slant = number(collect.get("slantRangeMeters")) or number(properties.get("umbra:slant_range_meters"))
    squint = number(collect.get("angleSquintDegrees")) or number(
        properties.get("umbra:squint_angle_degrees_off_broadside")
    )
    scale = _scene.scale_of(product, name)
    facts = _vendor.Facts(
        product=product.name,
        provider="Umbra",
        platform=word(metadata.get("umbraSatelliteName")) or (item.platform if item else None),
        mode=(word(metadata.get("imagingMode")) or (item.mode if item else "") or "").lower() or None,
        polarisation=polarisation,
        licence=item.licence if item else None,
        t_start=instant(collect.get("startAtUTC"), where) or (item.t_start if item else None),
        t_end=instant(collect.get("endAtUTC"), where) or (item.t_end if item else None),
        gain=None if told.units is None else scale * scale,
        looks=max((item.looks if item else None) or 1.0, 1.0),
        resolution_m=max(known) if known else (item.resolution_m if item else None),
        heading_deg=_vendor.heading(
            azimuth if azimuth is not None else (item.azimuth_deg if item else None), side, orbit
        ),
        look=side,
        incidence_deg=None if incidence is None else (incidence, incidence),
        slant_range_m=None if slant is None else (slant, slant),
        frequency_hz=number(collect.get("radarCenterFrequencyHz")),
        about={"orbit": orbit, "squint_deg": squint},
    )
    return _vendor.built(product, name, told, facts)
