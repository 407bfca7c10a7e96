"""A calibrated radar image as a plain GeoTIFF or COG, from whatever provider or processor.

Who: anyone who calibrates radar images (Earth Engine, SNAP, providers without a format of their own). Format: GeoTIFF
whose numbers are backscatter (sigma nought): decibels, decibels times 100, power or amplitude, as its scale (GDAL's, or
tags ``SCALE`` and ``OFFSET``) and its tag ``UNITS`` say, or ``--units``; time of the look by the tags
``ACQUISITION_START`` and ``ACQUISITION_END``, ``ACQUISITION_DATETIME`` (or ``_TIME``), ``START_TIME``, ``DATETIME``
or ``TIFFTAG_DATETIME``, a STAC item beside it, or ``--time``. 0 and the nodata number mean no
data. Licence: the provider's. Latency: that of the provider.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal

import numpy as np

from makara.base.errors import InputError, UsageError
from makara.sensors.scene import Calibration, Pixels, Scene, constant
from makara.sources import _georeference, _scene, _stac, _vendor
from makara.sources._raster import Raster
from makara.sources._safe import Product
from makara.sources._scene import Told
from makara.sources._sniff import Guess, Head
from makara.sources._source import Option, Source

SOURCE = Source(
    "radar_tif",
    ("collections", "detections"),
    "calibrated radar images (GeoTIFF, COG)",
    (
        _scene.PROVIDER,
        _scene.LICENCE,
        _scene.TIME,
        _scene.POLARISATION,
        Option("units", "what the numbers are: dB, dBx100, power or amplitude; default: by the tag UNITS"),
    ),
)
Units = Literal["dB", "dBx100", "power", "amplitude"]
_UNITS: Final[tuple[Units, ...]] = ("dB", "amplitude", "power")
"""What a word says outdoes what those after it in this order say."""
_QUANTITIES: Final = frozenset(
    ("sigma0", "sigmanought", "sigma", "nought", "gamma0", "gammanought", "beta0", "betanought", "σ0", "γ0", "β0")
)
_WORDS: Final[Mapping[str, Units | None]] = {
    "db": "dB", "amplitude": "amplitude", "magnitude": "amplitude",
    **dict.fromkeys(("power", "intensity", "linear", "1", "unitless", "dimensionless", "m2/m2", "m^2/m^2"), "power"),
    **dict.fromkeys((*_QUANTITIES, "backscatter", "vv", "vh", "hh", "hv")),
}  # fmt: skip
"""Words of which units are made; those of no units say what is measured, and are power where nothing else stands."""
_HUNDRED: Final = re.compile(r"(?<!\d)100\s*[*x×]|[*x×/]?\s*(?<![\d.])100(?!\d)|[*x×]?\s*(?<!\d)0?\.01(?!\d)\s*[*x×]?")
_STARTS: Final = (
    "ACQUISITION_START", "ACQUISITION_START_UTC", "ACQUISITION_START_TIME", "START_DATETIME", "START_TIME",
    "TIME_START", "SENSING_START", "ACQUISITION_DATETIME", "ACQUISITION_TIME", "SENSING_TIME", "DATETIME", "TIME",
    "TIFFTAG_DATETIME",
)  # fmt: skip
_ENDS: Final = (
    "ACQUISITION_END", "ACQUISITION_END_UTC", "ACQUISITION_END_TIME", "ACQUISITION_STOP", "END_DATETIME", "END_TIME",
    "TIME_END", "SENSING_STOP", "SENSING_END",
)  # fmt: skip
_SCALES: Final = ("SCALE", "SCALE_FACTOR")
_OFFSETS: Final = ("OFFSET", "ADD_OFFSET")


def units_of(text: str) -> Units | None:
    """What a tag or an option says of the numbers; capitals and blanks do not count, nor what brackets explain.

    >>> units_of("dB*100 (scale 0.01)"), units_of("Sigma0 linear"), units_of("amplitude"), units_of("reflectance")
    ('dBx100', 'power', 'amplitude', None)
    """
    said = re.sub(r"decibels?", "db", text.lower())
    whole, bare = (re.sub(r"[()\[\]]", " ", t) for t in (said, said.partition("(")[0]))
    return _units_of(whole) or _units_of(bare)


def _units_of(said: str) -> Units | None:
    bare, hundred = _HUNDRED.subn(" ", said, count=1)
    words = set(re.split(r"[\s_,;:]+", re.sub(r"(?<=\w)(?=db\s*$)", " ", bare).strip()))
    if not words <= _WORDS.keys():
        return None
    found = {_WORDS[w] for w in words}
    if hundred:
        return "dBx100" if "dB" in found else None
    return next((u for u in _UNITS if u in found), "power" if words & _QUANTITIES else None)


def calibration(units: Units, scale: float, looks: float) -> Calibration:
    """How numbers in some units become sigma nought.

    Args:
        units: see :func:`units_of`.
        scale: factor that the file gives for its numbers; ``dBx100`` with a scale other than 1 becomes decibels by it.
        looks: equivalent number of looks.
    """
    if units in ("dB", "dBx100"):
        gain = 0.01 if units == "dBx100" and scale == 1.0 else scale
        return Calibration(1, constant(gain), decibel=True, looks=looks)
    if units == "power":
        return Calibration(1, constant(scale), looks=looks)
    return Calibration(2, constant(scale * scale), looks=looks)


read = _scene.read


def recognises(head: Head) -> Guess | None:
    """A TIFF."""
    tiff = head.data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
    return Guess(0.3, "it is a TIFF, perhaps a radar image") if tiff else None


def recognises_scene(product: Product) -> bool:
    """A single GeoTIFF, after all that know it better."""
    return len(_scene.rasters(product)) == 1


def calibrated(product: Product, told: Told) -> bool:
    """Whether the units of a single GeoTIFF are told by itself or by the caller, so that it needs no provider's factor.

    Amplitudes by the caller's word alone may still be a provider's own numbers.
    """
    names = _scene.rasters(product)
    if len(names) != 1:
        return False
    if told.units is not None:
        return units_of(told.units) not in (None, "amplitude")
    return units_of(_said(_scene.tags(product, names[0]))) is not None


def _said(tags: Mapping[str, str]) -> str:
    """What tags say of units."""
    return tags.get("UNITS") or tags.get("UNIT") or ""


def open_scene(product: Product, told: Told) -> Scene:
    """Open a calibrated GeoTIFF. See :class:`makara.sources._scene.SceneReader`."""
    name = _scene.rasters(product)[0]
    raster = _scene.opened(product, name)
    try:
        return _opened(product, name, raster, told)
    except (InputError, UsageError):
        raster.close()
        raise


def _opened(product: Product, name: str, raster: Raster, told: Told) -> Scene:
    tags, item = _scene.tags(product, name), _stac.of(product)
    band, polarisation = _band(raster, told, item)
    scale, offset = _scale(raster, band, tags)
    if not (np.isfinite(scale) and np.isfinite(offset) and scale != 0.0):
        raise InputError(f"{raster.name} has scale {scale} and offset {offset}, which give no numbers")
    units = _units(raster, band, told, tags)
    read = _scene.reader(raster, band, nodata=raster.dataset.nodatavals[band - 1], offset=offset / scale)
    found = _georeference.of(raster)
    about, values = _scene.judged(product, raster, read, band)
    looks = (item.looks if item else None) or _number(tags, "LOOKS") or 4.4
    calibrated = calibration(units, scale, looks)
    _sane(values, calibrated, raster.name, units)
    spacing = _georeference.spacing_m(found, raster.shape)
    t = told.time or _time(tags, item, raster.name)
    incidence = (item.incidence_deg if item else None) or _number(tags, "INCIDENCE_DEG")
    return Scene(
        product=item.id if item else product.name,
        sensor="sar",
        shape=raster.shape,
        spacing_m=spacing,
        georeference=found,
        read=read,
        provider=told.provider or (item.provider if item else None),
        platform=(item.platform if item else None) or tags.get("PLATFORM"),
        mode=item.mode if item else None,
        polarisation=polarisation,
        licence=told.licence or (item.licence if item else None),
        uri=str(product.path),
        t_start=t[0] if t else None,
        t_end=t[1] if t else None,
        resolution_m=item.resolution_m if item and item.resolution_m else max(spacing),
        look=item.look if item else None,
        incidence_deg=None if incidence is None else constant(incidence),
        calibration=calibrated,
        about={**about, "units": units, "source": tags.get("SOURCE")},
        close=_scene.closer(product, raster),
    )


def _band(raster: Raster, told: Told, item: _stac.Item | None) -> tuple[int, str | None]:
    """Number and polarisation of the band to take: as wanted, else like-polarised, else the first."""
    data = raster.dataset
    named = [(d or "").lower()[-2:] for d in raster.names]
    if item and len(item.polarisations) == data.count and not any(n in ("vv", "hh", "vh", "hv") for n in named):
        named = list(item.polarisations)
    wanted = told.polarisation.lower() if told.polarisation else None
    for choice in [wanted] if wanted else ["vv", "hh"]:
        if choice in named:
            return named.index(choice) + 1, choice
    if wanted and data.count > 1:
        raise UsageError(f"{raster.name} has no band {wanted}; its bands: {', '.join(map(str, raster.names))}")
    return 1, wanted or (named[0] if named[0] in ("vv", "hh", "vh", "hv") else None)


def _units(raster: Raster, band: int, told: Told, tags: Mapping[str, str]) -> Units:
    if told.units is not None:
        found = units_of(told.units)
        if found is None:
            raise UsageError(f"units {told.units!r} are not known; there are: dB, dBx100, power, amplitude")
        return found
    said = raster.units[band - 1] or _said(tags)
    found = units_of(said)
    if found is None:
        words = f"says that its units are {said!r}, which is not known" if said else "does not say its units"
        raise InputError(f"{raster.name} {words}; give --units dB, dBx100, power or amplitude")
    return found


def _scale(raster: Raster, band: int, tags: Mapping[str, str]) -> tuple[float, float]:
    """Scale and offset of a band: GDAL's own, else those that tags of the names name."""
    scale, offset = raster.dataset.scales[band - 1], raster.dataset.offsets[band - 1]
    if (scale, offset) == (1.0, 0.0):
        said = ([v for n in names if (v := _number(tags, n)) is not None] for names in (_SCALES, _OFFSETS))
        scale, offset = ([*found, default][0] for found, default in zip(said, (1.0, 0.0), strict=True))
    return scale, offset


def _sane(values: Pixels, calibrated: Calibration, name: str, units: str) -> None:
    """Refuse units that make no sense of the numbers.

    Raises:
        InputError: the median is no backscatter of any surface.
    """
    data = values[(values != 0) & np.isfinite(values)].astype(np.float64)
    gain = float(calibrated.gain.values[0, 0])
    if calibrated.decibel:
        db = float(np.median(data)) * gain
        if data.size > 1000 and (data * gain < 0).mean() < 0.01:
            raise InputError(
                f"{name} has no numbers below zero, as dB of the sea are; is it power or amplitude? give --units"
            )
    elif (data < 0).mean() > 0.01:
        raise InputError(f"{name} has numbers below zero, which {units} cannot be; is it dB? give --units dB or dBx100")
    else:
        db = float(10 * np.log10(max(np.median(np.abs(data)) ** calibrated.power * gain, 1e-300)))
    if not _vendor.SANE_DB[0] <= db <= _vendor.SANE_DB[1]:
        raise InputError(
            f"{name}: as {units} with scale {gain:g} half of its pixels are below {db:,.0f} dB, which no sea is; "
            "give the right --units, or a calibrated product"
        )


def _time(tags: Mapping[str, str], item: _stac.Item | None, name: str) -> tuple[datetime, datetime] | None:
    """Begin and end of the look; None where nothing tells it."""
    if item and item.t_start and item.t_end:
        return item.t_start, item.t_end
    start = next((tags[n] for n in _STARTS if tags.get(n)), None)
    if start is None:
        return None
    first = _tiff_time(start, name)
    end = next((tags[n] for n in _ENDS if tags.get(n)), None)
    return first, _tiff_time(end, name) if end else first


def _tiff_time(text: str, name: str) -> datetime:
    """An instant of a tag: as TIFF writes it, ``2026:01:31 14:00:00``, or ISO 8601; UTC where no zone is named.

    Raises:
        InputError: it is no time.
    """
    said = text.strip().removesuffix(" UTC")
    try:
        return datetime.strptime(said, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        pass
    try:
        found = _stac.instant(said, name)
    except InputError as e:
        raise InputError(f"{e}; give --time") from e
    assert found is not None, "a tag that is there"
    return found


def _number(tags: Mapping[str, str], name: str) -> float | None:
    return _stac.number(tags.get(name))
