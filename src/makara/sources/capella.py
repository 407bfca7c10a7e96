"""Capella geocoded amplitude images (GEO, GEC), as GeoTIFF with their metadata in a tag or beside it.

Who: Capella Space; satellites capella-2 and on. Format: Cloud Optimized GeoTIFF of 16-bit amplitudes; the tag
``TIFFTAG_IMAGEDESCRIPTION``, or ``*_extended.json`` beside it, holds JSON (``collect.image.scale_factor``,
``radiometry``, ``collect.radar``, ``collect.state``). Licence: Capella's, by contract; open data CC BY. Latency: hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from makara.base.errors import InputError
from makara.sensors.scene import Scene
from makara.sources import _scene, _stac, _vendor
from makara.sources._safe import Product
from makara.sources._scene import Told
from makara.sources._sniff import Guess, Head
from makara.sources._source import Source
from makara.sources._stac import instant, number, word

SOURCE = Source(
    "capella",
    ("collections", "detections"),
    "Capella radar images (GEO, GEC)",
    (_scene.LICENCE, _scene.TIME),
)
KINDS: Final = ("_GEO", "_GEC")
_RADIOMETRY: Final[Mapping[str, _vendor.Radiometry]] = {
    "sigma_nought": "sigma",
    "gamma_nought": "gamma",
    "beta_nought": "beta",
}

read = _scene.read


def recognises(head: Head) -> Guess | None:
    """A file or directory named as Capella does."""
    named = head.path.name.upper().startswith("CAPELLA_")
    return Guess(0.95, "it is named as a Capella product") if named else None


def recognises_scene(product: Product) -> bool:
    """A GeoTIFF named as Capella does, or with Capella's JSON."""
    names = _scene.rasters(product)
    if any(n.rpartition("/")[2].upper().startswith("CAPELLA_") for n in names):
        return True
    return any("capella" in str(c.get("platform", "")).lower() for n in names if (c := _collect(product, n)))


def _collect(product: Product, name: str) -> Mapping[str, Any] | None:
    """The part ``collect`` of the metadata, from the tag or a JSON file beside."""
    text = _scene.tags(product, name).get("TIFFTAG_IMAGEDESCRIPTION", "")
    found: Any = None
    if text.lstrip().startswith("{"):
        found = _stac.loaded(text.rstrip("\0 ").encode(), f"{product.path}: tag TIFFTAG_IMAGEDESCRIPTION")
    if not (isinstance(found, dict) and isinstance(found.get("collect"), dict)):
        beside = [product.document(n) for n in sorted(product.files) if n.lower().endswith(".json")]
        found = next((d for d in beside if isinstance(d, dict) and isinstance(d.get("collect"), dict)), None)
    return None if found is None else {**found["collect"], "license": found.get("license")}


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def open_scene(product: Product, told: Told) -> Scene:
    """Open a Capella product. See :class:`makara.sources._scene.SceneReader`.

    sigma0 = (scale_factor * DN)^2 (Capella SAR Products Format Specification).
    """
    name = _vendor.image_of(product, KINDS)
    collect = _collect(product, name)
    where = _scene.label(product, name)
    if collect is None:
        raise InputError(f"{where} has no metadata, in its tag or beside it; put its *_extended.json beside it")
    image, radar, state = (_part(collect, k) for k in ("image", "radar", "state"))
    scale = number(image.get("scale_factor"))
    radiometry = _RADIOMETRY.get(str(image.get("radiometry")))
    if scale is None or radiometry is None:
        raise InputError(f"{where}: scale_factor {scale}, radiometry {image.get('radiometry')!r}: it is not calibrated")
    item = _stac.of(product)
    middle = _part(image, "center_pixel")
    incidence = number(middle.get("incidence_angle"))
    look = str(radar.get("pointing", "")).lower()
    vectors = [v for v in state.get("state_vectors") or [] if isinstance(v, dict) and v.get("velocity")]
    varying = radar.get("time_varying_parameters") or radar.get("prf") or []
    prf = next((number(p.get("prf")) for p in varying if isinstance(p, dict)), None)
    slant = _distance(image.get("reference_antenna_position"), image.get("reference_target_position"))
    polarisation = f"{radar.get('transmit_polarization') or ''}{radar.get('receive_polarization') or ''}".lower()
    resolutions = [number(image.get(k)) for k in ("ground_range_resolution", "azimuth_resolution")]
    orbit = word(state.get("direction")) or (item.orbit if item else None)
    side = _vendor.side(look)
    facts = _vendor.Facts(
        product=product.name,
        provider="Capella Space",
        platform=word(collect.get("platform")),
        mode=word(collect.get("mode")),
        polarisation=polarisation if len(polarisation) == 2 else None,
        licence=word(collect.get("license")) or (item.licence if item else None),
        t_start=instant(collect.get("start_timestamp"), where),
        t_end=instant(collect.get("stop_timestamp"), where),
        gain=scale * scale,
        radiometry=radiometry,
        looks=max(number(image.get("enl")) or number(image.get("azimuth_looks")) or 1.0, 1.0),
        noise_db=_noise(image),
        resolution_m=max((r for r in resolutions if r is not None), default=None),
        heading_deg=_vendor.heading_of_states([v.get("position") for v in vectors], [v["velocity"] for v in vectors])
        or _vendor.heading(item.azimuth_deg if item else None, side, orbit),
        look=side,
        platform_m_s=_vendor.speed_m_s([v["velocity"] for v in vectors]),
        incidence_deg=None if incidence is None else (incidence, incidence),
        slant_range_m=None if slant is None else (slant, slant),
        prf_hz=prf,
        frequency_hz=number(radar.get("center_frequency")),
        about={"orbit": orbit, "collect": word(collect.get("collect_id")), "quality": word(image.get("calibration"))},
    )
    return _vendor.built(product, name, told, facts)


def _noise(image: Mapping[str, Any]) -> Any:
    """Noise equivalent sigma nought in decibels by slant range: ``nesz_polynomial``, else ``nesz_peak``."""
    coefficients = _part(image, "nesz_polynomial").get("coefficients")
    if isinstance(coefficients, list) and coefficients and all(number(c) is not None for c in coefficients):
        return lambda r: np.polynomial.polynomial.polyval(r, [float(c) for c in coefficients])
    peak = number(image.get("nesz_peak"))
    return None if peak is None else lambda r: np.full_like(r, peak)


def _distance(a: Any, b: Any) -> float | None:
    """Between two Earth-fixed points, metres."""
    if not (isinstance(a, list) and isinstance(b, list) and len(a) == len(b) == 3):
        return None
    try:
        found = float(np.linalg.norm(np.asarray(a, np.float64) - np.asarray(b, np.float64)))
    except (TypeError, ValueError):
        return None
    return found if 1e5 < found < 1e7 else None
