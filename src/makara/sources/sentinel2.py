"""Sentinel-2 multispectral images, top of atmosphere (L1C) and surface (L2A), as SAFE.

Who: Copernicus, European Space Agency; Sentinel-2A to C. Format: the directory ``S2?_MSIL*.SAFE``, or its zip or tar:
``MTD_MSIL1C.xml`` or ``MTD_MSIL2A.xml``, a granule with ``MTD_TL.xml``, bands as JPEG 2000 of 10 and 20 m, a mask of
cloud (L2A: scene classification; L1C from baseline 04.00: ``MSK_CLASSI_B00.jp2``). Licence: free and open, with
attribution (Copernicus Sentinel data terms). Latency: 3 to 24 hours.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import numpy as np

from makara.base.errors import InputError
from makara.sensors.scene import Floats, Pixels, Scene
from makara.sources import _multispectral, _stac, _xml, sentinel1
from makara.sources._raster import Raster
from makara.sources._safe import Product
from makara.sources._scene import Told
from makara.sources._sniff import Guess, Head
from makara.sources._source import Option, Source

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SOURCE = Source(
    "sentinel2",
    ("collections", "detections"),
    "Sentinel-2 optical images (L1C and L2A in SAFE)",
    (Option("licence", "licence of the product", "Copernicus Sentinel data terms"),),
)
LICENCE: Final = "Copernicus Sentinel data terms"
BANDS: Final = {"blue": ("B02", 10), "green": ("B03", 10), "red": ("B04", 10), "nir": ("B08", 10), "swir": ("B11", 20)}
"""By name the band and its resolution, metres."""
BAND_IDS: Final = {"B02": "1", "B03": "2", "B04": "3", "B08": "7", "B11": "11"}
"""Numbers of bands in the metadata's lists of offsets."""
_METADATA: Final = re.compile(r"(^|^[^/]+/)MTD_MSIL(1C|2A)\.xml$")
_CLOUDY: Final = np.zeros(256)
_CLOUDY[[8, 9]] = 1.0
_CLOUDY[10] = 0.4
"""By class of the scene classification: clouds of medium and high probability; ships show through thin cirrus."""


def recognises(head: Head) -> Guess | None:
    """A name as ESA gives it, or a directory with the product's metadata."""
    named = re.match(r"S2[A-Z]_MSIL(1C|2A)_", head.path.name)
    if named or (head.kind == "directory" and any(_METADATA.search(n) for n in head.names)):
        return Guess(0.95, "it is named as a Sentinel-2 product, or has its metadata")
    return None


def recognises_scene(product: Product) -> bool:
    """SAFE with the metadata of Sentinel-2, or named so."""
    return (
        any(_METADATA.search(n) for n in product.files) or re.match(r"S2[A-Z]_MSIL(1C|2A)_", product.name) is not None
    )


def open_scene(product: Product, told: Told) -> Scene:
    """Open a Sentinel-2 product. See :class:`makara.sources._scene.SceneReader`."""
    found = [(n, m[2]) for n in sorted(product.files) if (m := _METADATA.search(n))]
    if len(found) != 1:
        what = "no MTD_MSIL1C.xml or MTD_MSIL2A.xml" if not found else f"{len(found)} products"
        raise InputError(f"{product.path} holds {what}; give one whole Sentinel-2 product")
    name, level = found[0]
    base = name.rpartition("/")[0]
    base = f"{base}/" if base else ""
    root = _xml.parse(product.bytes(name), f"{product.path}: {name}")
    granule = _granule(product, base)
    files = {b: _band(product, granule, code, metres, level) for b, (code, metres) in BANDS.items()}
    lacking = [BANDS[b][0] for b in ("blue", "green", "red", "nir") if files[b] is None]
    if lacking:
        raise InputError(f"{product.path} has no band {', '.join(lacking)}; it is not whole: get it again")
    mask = _mask(product, granule, level)
    _whole(product, base, [n for n in (*files.values(), mask) if n])
    rasters: dict[str, Raster] = {}

    def make() -> Scene:
        for key, file in {**files, "mask": mask}.items():
            if file is not None:
                rasters[key] = Raster(product.raster(file), f"{product.path}: {file}", driver="JP2OpenJPEG")
        return _built(product, told, root, level, granule, rasters, f"{product.path}: {name}")

    try:
        return make()
    except BaseException:
        for raster in rasters.values():
            raster.close()
        raise


def _built(
    product: Product, told: Told, root: Element, level: str, granule: str, rasters: dict[str, Raster], name: str
) -> Scene:
    where = "BOA_" if level == "2A" else ""
    quantum = float(_first(root, f"{where}QUANTIFICATION_VALUE", name))
    if not quantum > 0:
        raise InputError(f"{name}: {where}QUANTIFICATION_VALUE is {quantum:g}; the product is damaged")
    offsets = {
        e.get("band_id"): _xml.number(e, ".", name)
        for e in _xml.local(root, f"{where or 'RADIO_'}ADD_OFFSET")
        if e.text
    }
    reflectance = {b: (1.0 / quantum, offsets.get(BAND_IDS[code], 0.0) / quantum) for b, (code, _) in BANDS.items()}
    tile = _xml.parse(product.bytes(f"{granule}MTD_TL.xml"), f"{product.path}: {granule}MTD_TL.xml")
    seen = next(_xml.local(tile, "SENSING_TIME"), None)
    parent = {c: p for p in tile.iter() for c in p}
    start = (
        _xml.instant(parent[seen], "SENSING_TIME", name)
        if seen is not None
        else _xml.instant(root, ".//PRODUCT_START_TIME", name)
    )
    cloud = None
    if "mask" in rasters:
        mask, shape = rasters["mask"], rasters["green"].shape
        if level == "2A":
            cloud = _multispectral.masked(_multispectral.Strips([(mask, 1)], shape), _classified)
        else:
            cloud = _multispectral.masked(_multispectral.Strips([(mask, 1), (mask, 2)], shape), _opaque)
    share = next((e.text for e in _xml.local(root, "Cloud_Coverage_Assessment")), None)
    spacecraft = next((e.text for e in _xml.local(root, "SPACECRAFT_NAME")), None)
    return _multispectral.scene(
        product,
        told,
        rasters=list(rasters.values()),
        bands={b: (rasters[b], 1) for b in BANDS if b in rasters},
        reflectance=reflectance,
        cloud=cloud,
        known={
            "product": product.name,
            "provider": "copernicus",
            "licence": LICENCE,
            "platform": spacecraft,
            "mode": f"MSI L{level}",
            "t_start": start,
            "t_end": start,
        },
        about={
            "processing_baseline": next((e.text for e in _xml.local(root, "PROCESSING_BASELINE")), None),
            "cloud_percent": _stac.number(share),
            "cloud_mask": "known" if cloud is not None else "not known",
        },
    )


def _first(root: Element, tag: str, name: str) -> str:
    found = next((e.text for e in _xml.local(root, tag) if e.text), None)
    try:
        return str(float(found or ""))
    except ValueError as e:
        raise InputError(f"{name} has no number {tag}; the product is damaged or of another kind") from e


def _classified(mask: Pixels) -> Floats:
    """Share of cloud by the scene classification (SCL)."""
    return np.asarray(_CLOUDY[np.clip(mask[0], 0, 255).astype(np.uint8)], np.float64)


def _opaque(mask: Pixels) -> Floats:
    """Share of cloud by the bands opaque and cirrus of MSK_CLASSI."""
    return np.asarray(np.maximum((mask[0] > 0) * 1.0, (mask[1] > 0) * 0.4), np.float64)


def _granule(product: Product, base: str) -> str:
    """The directory of the granule, ending in ``/``.

    Raises:
        InputError: there is none, or several (products before 2017).
    """
    found = {
        m[0] for n in product.files if (m := re.match(re.escape(base) + r"GRANULE/[^/]+/(?=MTD_TL\.xml$|IMG_DATA/)", n))
    }
    if len(found) != 1:
        raise InputError(f"{product.path} holds {len(found)} granules; a product with one tile is read")
    return found.pop()


def _band(product: Product, granule: str, code: str, metres: int, level: str) -> str | None:
    end = rf"_{code}_{metres}m\.jp2" if level == "2A" else rf"_{code}\.jp2"
    sub = rf"IMG_DATA/R{metres}m/" if level == "2A" else "IMG_DATA/"
    form = re.compile(re.escape(granule) + sub + r"[^/]*" + end + "$")
    return next((n for n in sorted(product.files) if form.match(n)), None)


def _mask(product: Product, granule: str, level: str) -> str | None:
    if level == "2A":
        return _band(product, granule, "SCL", 20, level)
    name = f"{granule}QI_DATA/MSK_CLASSI_B00.jp2"
    return name if name in product.files else None


def _whole(product: Product, base: str, needed: list[str]) -> None:
    """Hold the files against the manifest, where there is one.

    Raises:
        InputError: one is missing or cut.
    """
    if not any(PurePosixPath(n).name == "manifest.safe" and n.count("/") < 2 for n in product.files):
        return
    cut = [text for text in sentinel1.missing(product) if text.split(" has ")[0] in needed]
    if cut:
        raise InputError(f"{product.path} is not whole: {'; '.join(cut)}; wait for it, or get it again")
