"""Multispectral images of very high resolution (WorldView, GeoEye, QuickBird and their like), as GeoTIFF.

Who: Maxar (Vantor), and others who deliver a STAC item. Format: GeoTIFF with Maxar's ``.IMD`` beside it (calibration
factors and bandwidths by band, sun, time), or with a STAC item whose asset names the bands (``eo:bands`` or ``bands``,
their ``common_name``) and the scale of reflectance (``raster:bands`` or ``raster:scale``). Licence: the provider's, by
contract; Open Data Program CC BY-NC. Latency: hours to days.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from makara.base.errors import InputError
from makara.sensors.scene import Scene
from makara.sources import _multispectral, _scene, _stac
from makara.sources._raster import Raster
from makara.sources._safe import Product
from makara.sources._scene import Told
from makara.sources._sniff import Guess, Head
from makara.sources._source import Option, Source

SOURCE = Source(
    "maxar",
    ("collections", "detections"),
    "very-high-resolution optical images (GeoTIFF with IMD or STAC)",
    (
        Option("provider", "who provided it, where it does not say"),
        Option("licence", "licence of the product, as the provider names it"),
    ),
)
NAMES: Final = {"B": "blue", "G": "green", "R": "red", "N": "nir"}
"""Maxar's letters of bands."""
SUN: Final = {
    "WV02": {"blue": 1974.24, "green": 1856.41, "red": 1559.46, "nir": 1069.73},
    "WV03": {"blue": 2004.61, "green": 1830.18, "red": 1535.33, "nir": 1055.94},
    "WV04": {"blue": 2009.45, "green": 1831.88, "red": 1492.12, "nir": 937.80},
    "GE01": {"blue": 1993.18, "green": 1828.83, "red": 1491.49, "nir": 1022.58},
    "QB02": {"blue": 1949.59, "green": 1823.64, "red": 1553.78, "nir": 1102.85},
}
"""Band-averaged solar irradiance, W/(m2 um), by satellite (DigitalGlobe, Absolute Radiometric Calibration 2016v0)."""
PLATFORMS: Final = {
    "WV02": "WorldView-2", "WV03": "WorldView-3", "WV04": "WorldView-4", "GE01": "GeoEye-1", "QB02": "QuickBird-2",
}  # fmt: skip
_COMMON: Final = {"blue": "blue", "green": "green", "red": "red", "nir": "nir", "nir08": "nir", "swir16": "swir"}


def recognises(head: Head) -> Guess | None:
    """A directory with an IMD."""
    names = [head.path.name, *head.names]
    return Guess(0.9, "it has an IMD as Maxar writes it") if any(n.upper().endswith(".IMD") for n in names) else None


def recognises_scene(product: Product) -> bool:
    """A GeoTIFF of several bands with an IMD, or with a STAC item that names optical bands."""
    rasters = _scene.rasters(product)
    if not rasters:
        return False
    if any(n.upper().endswith(".IMD") for n in product.files):
        return True
    try:
        item = _stac.of(product)
    except InputError:
        return False
    return item is not None and any(_asset(item, n) for n in rasters)


def open_scene(product: Product, told: Told) -> Scene:
    """Open a multispectral GeoTIFF. See :class:`makara.sources._scene.SceneReader`."""
    rasters: list[Raster] = []
    return _multispectral.closing(rasters, lambda: _built(product, told, rasters))


def _built(product: Product, told: Told, rasters: list[Raster]) -> Scene:
    names = _scene.rasters(product)
    imds = [n for n in sorted(product.files) if n.upper().endswith(".IMD")]
    item = _stac.of(product)
    described = [n for n in names if item is not None and _asset(item, n)]
    if item is not None and described:
        name = described[0]
        rasters.append(_scene.opened(product, name))
        order, scales = _by_stac(_asset(item, name), rasters[0])
        known = {
            "product": item.id, "provider": item.provider, "platform": item.platform, "licence": item.licence,
            "t_start": item.t_start, "t_end": item.t_end,
        }  # fmt: skip
        share = item.cloud_share
    elif imds:
        pairs = [(n, i) for i in imds for n in names if _stem(n) == _stem(i) and not re.search(r"-P\d", _stem(n))]
        if not pairs:
            raise InputError(
                f"{product.path} has no multispectral GeoTIFF named as its {imds[0]}; panchromatic is not read"
            )
        if len(pairs) > 1:
            raise InputError(
                f"{product.path} holds {len(pairs)} images; give one of them: {', '.join(n for n, _ in pairs)}"
            )
        name, imd = pairs[0]
        rasters.append(_scene.opened(product, name))
        tree = parsed(product.bytes(imd), f"{product.path}: {imd}")
        order, scales, taken = _by_imd(tree, f"{product.path}: {imd}")
        satellite = str(tree.get("satId") or "")
        known = {
            "product": _stem(name), "provider": "maxar", "platform": PLATFORMS.get(satellite, satellite or None),
            "t_start": taken, "t_end": taken,
        }  # fmt: skip
        cloud = _stac.number(tree.get("cloudCover"))
        share = cloud if cloud is not None and 0.0 <= cloud <= 1.0 else None
    else:
        raise InputError(f"{product.path} has neither an IMD nor a STAC item that names its bands")
    raster = rasters[0]
    beyond = [b for b, k in order.items() if k > raster.dataset.count]
    if beyond:
        raise InputError(f"{raster.name} has {raster.dataset.count} bands, its metadata name more; one is damaged")
    return _multispectral.scene(
        product,
        told,
        rasters=rasters,
        bands={b: (raster, k) for b, k in order.items()},
        reflectance=scales,
        nodata=raster.dataset.nodata,
        about={"cloud_percent": None if share is None else round(100.0 * share, 1), "cloud_mask": "not known"},
        known={"mode": "multispectral", **known},
    )


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0].upper()


def _asset(item: _stac.Item, name: str) -> Mapping[str, Any]:
    """The asset of a raster, if it names optical bands; else empty."""
    last = name.rpartition("/")[2]
    for asset in item.assets.values():
        if isinstance(asset, dict) and str(asset.get("href", "")).rpartition("/")[2] == last:
            names = {_common(b) for b in _listed(asset)}
            return asset if {"green", "red", "nir"} <= names else {}
    return {}


def _listed(asset: Mapping[str, Any]) -> list[Any]:
    bands = asset.get("eo:bands") or asset.get("bands")
    return bands if isinstance(bands, list) else []


def _common(band: Any) -> str | None:
    if not isinstance(band, dict):
        return None
    return _COMMON.get(str(band.get("common_name") or band.get("eo:common_name") or band.get("name") or "").lower())


def _by_stac(asset: Mapping[str, Any], raster: Raster) -> tuple[dict[str, int], dict[str, tuple[float, float]]]:
    """Numbers of bands and their scales by a STAC asset, else by the file's own.

    Raises:
        InputError: nothing tells the scale of reflectance.
    """
    listed = _listed(asset)
    scales = asset.get("raster:bands")
    scales = scales if isinstance(scales, list) else []
    order: dict[str, int] = {}
    found: dict[str, tuple[float, float]] = {}
    for k, band in enumerate(listed):
        name = _common(band)
        if name is None or name in order:
            continue
        told = {**(scales[k] if k < len(scales) and isinstance(scales[k], dict) else {}), **band}
        scale = _stac.number(told.get("scale", told.get("raster:scale", asset.get("raster:scale"))))
        offset = _stac.number(told.get("offset", told.get("raster:offset", asset.get("raster:offset")))) or 0.0
        if scale is None and k < raster.dataset.count and raster.dataset.scales[k] != 1.0:
            scale, offset = raster.dataset.scales[k], raster.dataset.offsets[k]
        if scale is None or scale <= 0:
            raise InputError(
                f"{raster.name}: nothing tells the scale of reflectance of band {name}; its STAC item needs "
                "raster:bands with scale and offset"
            )
        order[name], found[name] = k + 1, (scale, offset)
    return order, found


def parsed(data: bytes, name: str) -> dict[str, Any]:
    """An IMD: its keys, those of groups ``BAND_*`` as dictionaries, those of other groups with the rest.

    Raises:
        InputError: it is no IMD.
    """
    out: dict[str, Any] = {}
    group: dict[str, Any] = out
    for line in data.decode("latin-1").splitlines():
        key, equals, value = (p.strip() for p in line.strip().rstrip(";").partition("="))
        if not equals:
            continue
        value = value.strip('"')
        if key == "BEGIN_GROUP":
            group = out.setdefault(value, {}) if value.startswith("BAND_") else out
        elif key == "END_GROUP":
            group = out
        elif key:
            group.setdefault(key, value)
    if not any(k.startswith("BAND_") for k in out):
        raise InputError(f"{name} is no IMD: it has no group BAND_*; get the product again")
    return out


def _by_imd(tree: Mapping[str, Any], name: str) -> tuple[dict[str, int], dict[str, tuple[float, float]], datetime]:
    """Numbers of bands, their scales to reflectance at the top of the atmosphere, and the time.

    Raises:
        InputError: something needed is missing.
    """
    satellite = str(tree.get("satId") or "")
    sun = SUN.get(satellite)
    if sun is None:
        raise InputError(f"{name}: satellite {satellite!r} is none of {', '.join(SUN)}")
    taken = _stac.instant(tree.get("firstLineTime") or tree.get("TLCTime"), name)
    height = _stac.number(tree.get("meanSunEl") or tree.get("sunEl"))
    if taken is None or height is None or not 0.0 < height <= 90.0:
        raise InputError(f"{name} lacks firstLineTime, or meanSunEl above the horizon; get the product again")
    away = _sun_distance(taken)
    order: dict[str, int] = {}
    scales: dict[str, tuple[float, float]] = {}
    for k, group in enumerate(key for key in tree if key.startswith("BAND_")):
        band = NAMES.get(group.removeprefix("BAND_"))
        if band is None:
            continue
        factor, wide = (_stac.number(tree[group].get(n)) for n in ("absCalFactor", "effectiveBandwidth"))
        if factor is None or wide is None or factor <= 0 or wide <= 0:
            raise InputError(f"{name} lacks absCalFactor or effectiveBandwidth of {group}; get the product again")
        scale = factor / wide * math.pi * away**2 / (sun[band] * math.sin(math.radians(height)))
        order[band], scales[band] = k + 1, (scale, 0.0)
    return order, scales, taken


def _sun_distance(t: datetime) -> float:
    """Distance of Earth and Sun, astronomical units (Astronomical Almanac, low precision)."""
    days = (t - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86_400.0
    g = math.radians(357.529 + 0.98560028 * days)
    return 1.00014 - 0.01671 * math.cos(g) - 0.00014 * math.cos(2 * g)
