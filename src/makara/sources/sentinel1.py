"""Sentinel-1 ground range detected images (GRD), as SAFE.

Who: Copernicus, European Space Agency; Sentinel-1A to D. Format: the directory ``S1?_*.SAFE``, or its zip or tar: a
manifest, annotation, calibration and noise in XML for each polarisation, measurement as GeoTIFF of 16-bit amplitudes
(classic or COG). Licence: free and open, with attribution (Copernicus Sentinel data terms). Latency: 1 to 24 hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import numpy as np

from makara.base.errors import InputError, UsageError
from makara.sensors.scene import Calibration, Nodes, Scene
from makara.sources import _scene, _xml
from makara.sources._safe import Product
from makara.sources._scene import Told
from makara.sources._sentinel1_tables import LIGHT_M_S, Grid, gain, noise
from makara.sources._sniff import Guess, Head
from makara.sources._source import Source

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SOURCE = Source(
    "sentinel1",
    ("collections", "detections"),
    "Sentinel-1 radar images (GRD in SAFE)",
    (_scene.LICENCE, _scene.POLARISATION),
)
LICENCE: Final = "Copernicus Sentinel data terms"
FREQUENCY_HZ: Final = 5.405e9
"""Of all Sentinel-1, where an annotation does not repeat it."""
LOOKS: Final = {
    ("IW", "H"): (4.4, 22.0), ("IW", "M"): (81.8, 88.0), ("EW", "H"): (2.8, 50.0), ("EW", "M"): (10.7, 93.0),
    ("SM", "F"): (3.7, 9.0), ("SM", "H"): (29.7, 23.0), ("SM", "M"): (398.4, 84.0),
}  # fmt: skip
"""By mode and resolution class: equivalent looks, and ground resolution in metres (Sentinel-1 Product Definition)."""
_NAME: Final = re.compile(r"S1[A-Z]_(?:IW|EW|S\d|SM|WV|N\d|EN)_(\w{3})([FHM_])_")
_PREFERRED: Final = ("vv", "hh", "vh", "hv")


@dataclass(frozen=True)
class _Files:
    """Names of the files of one polarisation."""

    annotation: str
    calibration: str
    noise: str | None
    measurement: str


read = _scene.read


def recognises(head: Head) -> Guess | None:
    """A directory with a manifest, or a name as ESA gives it."""
    name = head.path.name
    if re.match(r"S1[A-Z]_.+_GRD", name) or (head.kind == "directory" and "manifest.safe" in head.names):
        return Guess(0.95, "it is named as a Sentinel-1 product, or has a manifest")
    return None


def recognises_scene(product: Product) -> bool:
    """SAFE whose annotation is named as that of Sentinel-1; also SAFE that lacks it but is named so."""
    annotated = any(re.search(r"(^|/)annotation/s1[a-z]-[^/]*\.xml$", n) for n in product.files)
    return annotated or re.match(r"S1[A-Z]_", product.name) is not None


def missing(product: Product) -> list[str]:
    """What the manifest of a SAFE names and the product has not, or not whole; its pictures for people do not count.

    Raises:
        InputError: there is no manifest, or it is damaged.
    """
    base, root = _manifest(product)
    lacking = []
    for stream in _xml.local(root, "byteStream"):
        where = next(_xml.local(stream, "fileLocation"), None)
        name = _inside(base, where.get("href", "") if where is not None else "", product)
        if name.removeprefix(base).startswith(("preview/", "support/")):
            continue
        size = stream.get("size") or ""
        if name not in product.files:
            lacking.append(f"{name} is missing")
        elif size.isdigit() and product.files[name] < int(size):
            lacking.append(f"{name} has {product.files[name]:,} of {int(size):,} bytes")
    return lacking


def open_scene(product: Product, told: Told) -> Scene:
    """Open a Sentinel-1 GRD product. See :class:`makara.sources._scene.SceneReader`."""
    _, manifest = _manifest(product)
    lacking = missing(product)
    found = _polarisations(product)
    if not found:
        raise InputError(f"{product.path} has no annotation; it is no whole Sentinel-1 product")
    wanted = told.polarisation.lower() if told.polarisation else None
    if wanted and wanted not in found:
        raise UsageError(f"{product.path} has no polarisation {wanted}; it has: {', '.join(sorted(found))}")
    pol = wanted or next((p for p in _PREFERRED if p in found), sorted(found)[0])
    files = _complete(product, found[pol], pol, lacking)
    root = _xml.parse(product.bytes(files.annotation), f"{product.path}: {files.annotation}")
    kind = root.findtext("adsHeader/productType")
    if kind != "GRD":
        raise InputError(f"{product.path} is a Sentinel-1 {kind} product; GRD is read")
    calibrated = gain(_read(product, files.calibration), f"{product.path}: {files.calibration}")
    raster = _scene.opened(product, files.measurement)
    try:
        return _built(product, told, manifest, root, files, calibrated, pol, raster)
    except (InputError, UsageError):
        raster.close()
        raise


def _built(
    product: Product,
    told: Told,
    manifest: Element,
    root: Element,
    files: _Files,
    calibrated: Nodes,
    pol: str,
    raster: Any,
) -> Scene:
    name = f"{product.path}: {files.annotation}"
    image = "imageAnnotation/imageInformation"
    shape = (
        int(_xml.number(root, f"{image}/numberOfLines", name)),
        int(_xml.number(root, f"{image}/numberOfSamples", name)),
    )
    if raster.shape != shape:
        raise InputError(
            f"{raster.name} has {raster.shape} lines and pixels, its annotation says {shape}; one is damaged"
        )
    t_start, t_end = (_xml.instant(root, f"{image}/product{n}LineUtcTime", name) for n in ("First", "Last"))
    denoised = root.findtext("imageAnnotation/processingInformation/thermalNoiseCorrectionPerformed") == "true"
    heat = None
    if files.noise is not None and not denoised:
        heat = noise(_read(product, files.noise), calibrated, f"{product.path}: {files.noise}")
    grid = Grid(root, name)
    simulated = any("SIMULATED" in (e.text or "") for e in _xml.local(manifest, "familyName"))
    mode = (root.findtext("adsHeader/mode") or "").strip().upper()
    looks, resolution = _looks(product, manifest, mode)
    read = _scene.reader(raster)
    about, _ = _scene.judged(product, raster, read)
    mission = (root.findtext("adsHeader/missionId") or "S1").strip()
    about_radar = "generalAnnotation/productInformation"
    frequency = _xml.number(root, f"{about_radar}/radarFrequency", name, FREQUENCY_HZ)
    swaths = _swaths(root, shape, name)
    speed = _speed(root, t_start + (t_end - t_start) / 2, name)
    for swath in swaths.values():
        if speed is None or grid.slant_range_m is None:
            break
        middle = float(grid.slant_range_m.at(shape[0] / 2, (swath["first"] + swath["last"]) / 2))
        swath["ambiguity_m"] = round(LIGHT_M_S / frequency * middle * swath["prf_hz"] / (2.0 * speed), 1)
    return Scene(
        product=product.name,
        sensor="sar",
        shape=shape,
        spacing_m=(
            _xml.number(root, f"{image}/azimuthPixelSpacing", name),
            _xml.number(root, f"{image}/rangePixelSpacing", name),
        ),
        georeference=grid.georeference(shape),
        read=read,
        provider=told.provider or ("simulated" if simulated else "copernicus"),
        platform=f"{'Simulated ' * simulated}Sentinel-{mission[1:]}",
        mode=mode or None,
        polarisation=pol,
        licence=told.licence or ("simulated" if simulated else LICENCE),
        uri=str(product.path),
        t_start=t_start,
        t_end=t_end,
        line_times=Nodes(
            np.array([0.0, shape[0] - 1.0]),
            np.zeros(1),
            np.array([[0.0], [(shape[0] - 1) * _xml.number(root, f"{image}/azimuthTimeInterval", name)]]),
        ),
        resolution_m=resolution,
        heading_deg=_xml.number(root, f"{about_radar}/platformHeading", name, grid.heading_deg) % 360.0,
        look="right",
        incidence_deg=grid.incidence_deg,
        slant_range_m=grid.slant_range_m,
        platform_m_s=speed,
        calibration=Calibration(2, calibrated, noise=heat, looks=looks),
        about={
            **about,
            "frequency_hz": frequency,
            "prf_hz": float(np.mean([s["prf_hz"] for s in swaths.values()])) if swaths else None,
            "wavelength_m": LIGHT_M_S / frequency,
            "orbit": (root.findtext(f"{about_radar}/pass") or "").lower() or None,
            "swaths": swaths,
            "noise": "removed by the provider" if denoised else "known" if heat is not None else "not known",
            "polarisations": sorted(_polarisations(product)),
        },
        close=_scene.closer(product, raster),
    )


def _manifest(product: Product) -> tuple[str, Element]:
    """The directory of the manifest within the product, ending in ``/`` if not empty, and the manifest."""
    names = [n for n in product.files if PurePosixPath(n).name == "manifest.safe" and n.count("/") < 2]
    if len(names) != 1:
        what = "no manifest.safe" if not names else f"{len(names)} products"
        raise InputError(f"{product.path} holds {what}; give one whole SAFE product")
    return names[0].removesuffix("manifest.safe"), _read(product, names[0])


def _inside(base: str, href: str, product: Product) -> str:
    """The name of a file that a manifest names.

    Raises:
        InputError: it lies outside the product.
    """
    clean = unquote(href).removeprefix("file:").removeprefix("./")
    if clean.startswith("/") or ".." in PurePosixPath(clean).parts or "\\" in clean or ":" in clean:
        raise InputError(f"{product.path}: its manifest names {href[:80]!r}, outside the product; it is refused")
    return base + clean


def _read(product: Product, name: str) -> Element:
    return _xml.parse(product.bytes(name), f"{product.path}: {name}")


def _polarisations(product: Product) -> dict[str, _Files]:
    """Files by polarisation, by their names in SAFE."""
    base, _ = _manifest(product)
    found = {}
    for name in sorted(product.files):
        m = re.fullmatch(r"annotation/(s1[a-z]-\w+-grd-(vv|vh|hh|hv)-.+)\.xml", name.removeprefix(base))
        if m is None:
            continue
        stem = re.sub(r"-cog$", "", m[1])
        others = {
            kind: next((n for n in _candidates(base, kind, stem) if n in product.files), None)
            for kind in ("calibration", "noise", "measurement")
        }
        found[m[2]] = _Files(name, others["calibration"] or "", others["noise"], others["measurement"] or "")
    return found


def _candidates(base: str, kind: str, stem: str) -> Iterable[str]:
    if kind == "measurement":
        return [f"{base}measurement/{stem}{end}" for end in (".tiff", "-cog.tiff", ".tif")]
    return [f"{base}annotation/calibration/{kind}-{stem}{end}" for end in (".xml", "-cog.xml")]


def _complete(product: Product, files: _Files, pol: str, lacking: list[str]) -> _Files:
    """The files of a polarisation, where they are whole.

    Raises:
        InputError: calibration or measurement is missing, or a file is shorter than the manifest says.
    """
    if not files.calibration:
        raise InputError(
            f"{product.path} has no calibration of {pol} (annotation/calibration); without it brightness has no "
            "meaning: get the product again"
        )
    if not files.measurement:
        raise InputError(
            f"{product.path} has no measurement of {pol}; it is not whole: get it, or the rest of it, again"
        )
    stem = PurePosixPath(files.annotation).stem.removesuffix("-cog")
    cut = [text for text in lacking if stem in text and "/rfi/" not in text]
    if cut:
        raise InputError(f"{product.path} is not whole: {'; '.join(cut)}; wait for it, or get it again")
    return files


def _looks(product: Product, manifest: Element, mode: str) -> tuple[float, float]:
    """Equivalent looks and resolution in metres, by mode and resolution class."""
    said = next((e.text for e in _xml.local(manifest, "productClassDescription") if e.text), "") or ""
    m = _NAME.match(product.name)
    level = m[2] if m and m[2] != "_" else next((c[0] for c in ("Full", "High", "Medium") if c in said), "H")
    kind = "SM" if mode.startswith(("S", "N")) and mode != "SM" else mode
    return LOOKS.get((kind, level), LOOKS["IW", "H"])


def _speed(root: Element, at: datetime, name: str) -> float | None:
    """Speed of the platform against the Earth at a time, metres a second, from the nearest orbit state, if any."""
    if root.find("generalAnnotation/orbitList/orbit") is None:
        return None
    best: tuple[float, float] | None = None
    for state in root.iterfind("generalAnnotation/orbitList/orbit"):
        off = abs((_xml.instant(state, "time", name) - at).total_seconds())
        if best is None or off < best[0]:
            best = off, float(np.hypot.reduce([_xml.number(state, f"velocity/{k}", name) for k in "xyz"]))
    if best is None or not 6000.0 < best[1] < 9000.0:
        raise InputError(f"{name} has no orbit of a satellite; the product is damaged")
    return best[1]


def _swaths(root: Element, shape: tuple[int, int], name: str) -> dict[str, dict[str, float]]:
    """By swath: pulse repetition frequency (Hz), and first and last pixel, the widest where they vary."""
    found: dict[str, dict[str, float]] = {}
    for info in root.iterfind("generalAnnotation/downlinkInformationList/downlinkInformation"):
        swath = _xml.text(info, "swath", name)
        found.setdefault(swath, {"prf_hz": _xml.number(info, "prf", name), "first": 0, "last": shape[1] - 1})
    for merge in root.iterfind("swathMerging/swathMergeList/swathMerge"):
        swath = _xml.text(merge, "swath", name)
        bounds = list(merge.iterfind("swathBoundsList/swathBounds"))
        if swath in found and bounds:
            found[swath]["first"] = min(_xml.number(b, "firstRangeSample", name) for b in bounds)
            found[swath]["last"] = max(_xml.number(b, "lastRangeSample", name) for b in bounds)
    return found
