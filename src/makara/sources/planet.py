"""PlanetScope images (AnalyticMS, four and eight bands, radiance or surface reflectance), as Planet delivers them.

Who: Planet Labs. Format: GeoTIFF ``<id>_3B_AnalyticMS*.tif`` of 16-bit numbers; ``*_metadata.xml`` with the
coefficients of reflectance (surface reflectance needs none), ``*_metadata.json`` or a STAC item, ``*_udm2.tif`` with
the mask of cloud. Licence: Planet's, by contract. Latency: hours to a day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from makara.base.errors import InputError
from makara.sensors.scene import Floats, Pixels, Scene
from makara.sources import _multispectral, _scene, _stac, _xml
from makara.sources._raster import Raster
from makara.sources._safe import Product
from makara.sources._scene import Told
from makara.sources._sniff import Guess, Head
from makara.sources._source import Option, Source

SOURCE = Source(
    "planet",
    ("collections", "detections"),
    "PlanetScope optical images (AnalyticMS)",
    (Option("licence", "licence of the product, as Planet names it"),),
)
ORDERS: Final = {
    4: {"blue": 1, "green": 2, "red": 3, "nir": 4},
    5: {"blue": 1, "green": 2, "red": 3, "nir": 5},
    8: {"blue": 2, "green": 4, "red": 6, "nir": 8},
}
"""Numbers of the bands by how many there are (four: Dove; five: RapidEye; eight: SuperDove)."""
SURFACE: Final = 1e-4
"""Reflectance of one step of a surface reflectance product."""
HAZE, CLOUD = 5, 6
"""Bands of udm2: heavy haze, cloud."""
_NAME: Final = re.compile(r"(?P<id>[^/]*?)_(?:3B|3A)?_?(?:ortho_)?analytic(?:ms|_\db)?", re.IGNORECASE)


def recognises(head: Head) -> Guess | None:
    """A file or directory with Planet's name of an analytic image."""
    names = [head.path.name, *head.names]
    if any(re.search(r"_3B_AnalyticMS", n) for n in names):
        return Guess(0.95, "it is named as a PlanetScope product")
    return None


def recognises_scene(product: Product) -> bool:
    """A GeoTIFF named as Planet does."""
    return any(_analytic(n) for n in _scene.rasters(product))


def _analytic(name: str) -> bool:
    last = name.rpartition("/")[2].lower()
    return bool(re.search(r"(analyticms|analytic_\db)", last)) and "udm" not in last and "_dn_" not in last


def open_scene(product: Product, told: Told) -> Scene:
    """Open a PlanetScope image. See :class:`makara.sources._scene.SceneReader`."""
    names = [n for n in _scene.rasters(product) if _analytic(n)]
    # Surface reflectance over radiance, and of equals the first.
    name = min(names, key=lambda n: ("_SR" not in n, n))
    if len({_NAME.match(n.rpartition("/")[2])["id"] for n in names if _NAME.match(n.rpartition("/")[2])}) > 1:  # type: ignore[index]
        raise InputError(f"{product.path} holds several images ({', '.join(names)}); give one of them")
    rasters = [_scene.opened(product, name)]
    return _multispectral.closing(rasters, lambda: _built(product, told, name, rasters))


def _built(product: Product, told: Told, name: str, rasters: list[Raster]) -> Scene:
    raster = rasters[0]
    order = ORDERS.get(raster.dataset.count)
    if order is None:
        raise InputError(f"{raster.name} has {raster.dataset.count} bands; Planet's analytic images have 4, 5 or 8")
    stem = name.rpartition("/")[2]
    item = _stac.of(product)
    said = _properties(product)
    root = _metadata(product)
    scales = dict.fromkeys(order, (SURFACE, 0.0))
    if "_SR" not in stem.upper():
        scales = _coefficients(root, order, raster.name)
    mask = _udm2(product, raster)
    cloud = None
    if mask is not None:
        rasters.append(mask)
        cloud = _multispectral.masked(_multispectral.Strips([(mask, HAZE), (mask, CLOUD)], raster.shape), _hazy)
    t = _time(said, item, root, stem, raster.name)
    match = _NAME.match(stem)
    satellite = _stac.word(said.get("satellite_id")) or (item.platform if item else None)
    share = _stac.number(said.get("cloud_cover"))
    return _multispectral.scene(
        product,
        told,
        rasters=rasters,
        bands={b: (raster, k) for b, k in order.items()},
        reflectance=scales,
        nodata=raster.dataset.nodata,
        cloud=cloud,
        known={
            "product": item.id if item else match["id"] if match else product.name,
            "provider": "planet",
            "platform": f"PlanetScope {satellite}" if satellite else "PlanetScope",
            "mode": "AnalyticMS_SR" if "_SR" in stem.upper() else "AnalyticMS",
            "licence": item.licence if item else None,
            "t_start": t,
            "t_end": t,
        },
        about={
            "instrument": said.get("instrument"),
            "cloud_percent": None if share is None else round(100.0 * share, 1),
            "cloud_mask": "known" if cloud is not None else "not known",
        },
    )


def _hazy(mask: Pixels) -> Floats:
    """Share of cloud by the bands of udm2; ships show through haze."""
    return np.asarray(np.maximum((mask[1] > 0) * 1.0, (mask[0] > 0) * 0.4), np.float64)


def _properties(product: Product) -> Mapping[str, Any]:
    """The properties of Planet's own JSON of an item."""
    for n in sorted(product.files):
        if n.lower().endswith(".json"):
            read = product.document(n)
            told = read.get("properties") if isinstance(read, dict) else None
            if isinstance(told, dict) and "acquired" in told:
                return told
    return {}


def _metadata(product: Product) -> Any:
    name = next((n for n in sorted(product.files) if re.search(r"metadata\w*\.xml$", n)), None)
    return None if name is None else _xml.parse(product.bytes(name), f"{product.path}: {name}")


def _coefficients(root: Any, order: Mapping[str, int], name: str) -> dict[str, tuple[float, float]]:
    """Scale of each band by Planet's metadata.

    Raises:
        InputError: there are none, or not for each band.
    """
    found: dict[int, float] = {}
    for band in _xml.local(root, "bandSpecificMetadata") if root is not None else ():
        number = next((e.text for e in _xml.local(band, "bandNumber")), None)
        value = _stac.number(next((e.text for e in _xml.local(band, "reflectanceCoefficient")), None))
        if number and number.strip().isdigit() and value is not None and value > 0:
            found[int(number)] = value
    lacking = [str(k) for k in order.values() if k not in found]
    if lacking:
        raise InputError(
            f"{name} holds radiance, and no metadata XML beside it gives reflectance of band {', '.join(lacking)}; "
            "get *_AnalyticMS_metadata.xml as well, or the surface reflectance product (_SR)"
        )
    return {b: (found[k], 0.0) for b, k in order.items()}


def _udm2(product: Product, raster: Raster) -> Raster | None:
    """The mask that lies in the product; of an image alone, beside it."""
    names = [n for n in _scene.rasters(product) if "udm2" in n.lower()]
    if product.kind != "file":
        found = _scene.opened(product, names[0]) if names else None
    else:
        m = _NAME.match(product.path.name)
        beside = sorted(product.path.parent.glob(f"{m['id']}*udm2*.tif")) if m else []
        found = Raster(str(beside[0]), str(beside[0])) if beside else None
    if found is not None and (found.dataset.count < CLOUD or found.shape != raster.shape):
        found.close()
        raise InputError(f"{found.name} does not fit {raster.name}; get both again")
    return found


def _time(said: Mapping[str, Any], item: _stac.Item | None, root: Any, stem: str, name: str) -> datetime | None:
    """When it was taken: by Planet's JSON, STAC, XML, or the name."""
    if said.get("acquired"):
        return _stac.instant(said["acquired"], name)
    if item is not None and item.t_start is not None:
        return item.t_start
    for tag in ("acquisitionDateTime", "acquisitionDate"):
        text = next((e.text for e in _xml.local(root, tag) if e.text), None) if root is not None else None
        if text:
            return _stac.instant(text, name)
    m = re.match(r"(\d{8})_(\d{6})", stem)
    if m is None:
        return None
    try:
        return datetime.strptime("".join(m.groups()), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
