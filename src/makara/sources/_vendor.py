"""Radar images of commercial providers, all alike: an amplitude GeoTIFF, a factor, and facts of its geometry."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np

from makara.base import geo
from makara.base.errors import InputError, UsageError
from makara.sensors.scene import Calibration, Georeference, Nodes, Pixels, Scene, constant
from makara.sources import _georeference, _scene
from makara.sources._raster import Raster
from makara.sources._safe import Product
from makara.sources._scene import Told

RELATIVE_DB: Final = -15.0
"""Where the median of an image without calibration is put: the sea in X band at moderate wind."""
SANE_DB: Final = (-70.0, 30.0)
"""No median of an image of the sea lies outside."""
SMALL: Final = ("quicklook", "thumb", "preview", "_qlk", "browse", "overview")
"""Parts of names of pictures for people."""
COMPLEX: Final = ("_slc", "_cpx", "_csi", "_sicd", "_vid", "_cphd", "_sidd")
Radiometry = Literal["sigma", "gamma", "beta"]


@dataclass(frozen=True)
class Facts:
    """What a provider's metadata say of a radar image; unknown is None.

    Attributes:
        product, provider, platform, mode, polarisation, licence: as in :class:`makara.sensors.scene.Scene`.
        t_start, t_end: begin and end of the acquisition.
        lines: when the first and the last line along the flight were seen (zero Doppler), where known.
        gain: factor to the square of the numbers; None: not known, only relative brightness can be had.
        radiometry: what the factor gives: sigma, gamma or beta nought.
        looks: equivalent number of looks.
        noise_db: noise equivalent sigma nought by slant range in metres, decibels.
        resolution_m, heading_deg, look, platform_m_s: as in a scene.
        incidence_deg, slant_range_m: at near and at far range (twice the same where only the middle is known).
        prf_hz, frequency_hz: pulse repetition and carrier.
        about: anything else worth keeping.
    """

    product: str
    provider: str
    platform: str | None
    mode: str | None
    polarisation: str | None
    licence: str | None
    t_start: datetime | None
    t_end: datetime | None
    gain: float | None
    radiometry: Radiometry = "sigma"
    looks: float = 1.0
    lines: tuple[datetime, datetime] | None = None
    noise_db: Callable[[Any], Any] | None = None
    resolution_m: float | None = None
    heading_deg: float | None = None
    look: Literal["left", "right"] | None = None
    platform_m_s: float | None = None
    incidence_deg: tuple[float, float] | None = None
    slant_range_m: tuple[float, float] | None = None
    prf_hz: float | None = None
    frequency_hz: float | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


def image_of(product: Product, kinds: Sequence[str]) -> str:
    """The name of the image among a product's GeoTIFFs.

    Args:
        product: it.
        kinds: parts of names, in capitals, the preferred first, as ``_GRD``.

    Raises:
        InputError: there is none, or the product has only complex images.
    """
    found = [n for n in _scene.rasters(product) if not any(s in n.rpartition("/")[2].lower() for s in SMALL)]
    whole = [n for n in found if not any(s in n.rpartition("/")[2].lower() for s in COMPLEX)]
    if not whole:
        what = f"only complex images ({', '.join(found)})" if found else "no GeoTIFF"
        raise InputError(f"{product.path} has {what}; an amplitude image ({', '.join(kinds)}) is read")
    for kind in kinds:
        for name in whole:
            if kind in name.rpartition("/")[2].upper():
                return name
    return whole[0]


def heading(azimuth_deg: float | None, look: str | None, orbit: str | None) -> float | None:
    """Heading of the platform, degrees true, from the azimuth between scene and satellite, whichever way it was taken.

    Args:
        azimuth_deg: of the line of sight on the ground, degrees true, either way.
        look: ``left`` or ``right``.
        orbit: ``ascending`` (northward) or ``descending``: settles which way.
    """
    if azimuth_deg is None or look not in ("left", "right") or orbit not in ("ascending", "descending"):
        return None
    found = azimuth_deg + (90.0 if look == "left" else -90.0)
    if (math.cos(math.radians(found)) > 0.0) != (orbit == "ascending"):
        found += 180.0
    return found % 360.0


def along(found: Georeference, shape: tuple[int, int], toward_deg: float, first: float, last: float) -> Nodes:
    """Values that run evenly over an image in a direction on the ground, from its first edge to its last."""
    y, x = np.array([0.0, shape[0] - 1.0]), np.array([0.0, shape[1] - 1.0])
    lon, lat = found.place(y[:, None], x[None, :])
    middle = found.place((shape[0] - 1) / 2, (shape[1] - 1) / 2)
    east, north = geo.local_m(middle[0], middle[1], lon, lat)
    way = east * math.sin(math.radians(toward_deg)) + north * math.cos(math.radians(toward_deg))
    share = (way - way.min()) / max(float(np.ptp(way)), 1e-9)
    return Nodes(y, x, first + share * (last - first))


def side(word: str | None) -> Literal["left", "right"] | None:
    """The side that a radar looks to, from a word."""
    return "left" if word == "left" else "right" if word == "right" else None


def heading_of_states(positions: Sequence[Any], velocities: Sequence[Any]) -> float | None:
    """Heading of a satellite over the ground, degrees true, from the middle one of its Earth-fixed states."""
    if not velocities or len(positions) != len(velocities):
        return None
    try:
        p, v = (np.asarray(x[len(x) // 2], np.float64).reshape(3) for x in (positions, velocities))
    except (TypeError, ValueError):
        return None
    if not (np.isfinite(p).all() and np.isfinite(v).all()) or np.hypot(p[0], p[1]) < 1.0:
        return None
    up = p / np.linalg.norm(p)
    east = np.array([-p[1], p[0], 0.0]) / np.hypot(p[0], p[1])
    return float(np.degrees(np.arctan2(v @ east, v @ np.cross(up, east)))) % 360.0


def speed_m_s(velocities: Sequence[Sequence[float]]) -> float | None:
    """Speed of a satellite from its Earth-fixed velocities, metres a second; None where they are no satellite's."""
    if not velocities:
        return None
    try:
        speed = float(np.linalg.norm(np.asarray(velocities[len(velocities) // 2], np.float64)))
    except (TypeError, ValueError):
        return None
    return speed if 6000.0 < speed < 9000.0 else None


def built(
    product: Product,
    name: str,
    told: Told,
    facts: Facts,
    amplitude: Callable[[Pixels], Pixels] | None = None,
) -> Scene:
    """A scene from an image and the facts of it.

    Args:
        product: the product; closed with the scene.
        name: of the image.
        told: what the caller says.
        facts: what the metadata say.
        amplitude: makes amplitudes of numbers that are none; 0 stays 0.

    Raises:
        InputError: the image cannot be read, is complex, or shows nothing.
        UsageError: another polarisation is wanted than there is.
    """
    wanted = told.polarisation
    if wanted and facts.polarisation and wanted.lower() != facts.polarisation:
        raise UsageError(f"{product.path} has polarisation {facts.polarisation}, not {wanted}")
    raster = _scene.opened(product, name)
    try:
        return _built(product, raster, told, facts, amplitude)
    except (InputError, UsageError):
        raster.close()
        raise


def _built(
    product: Product, raster: Raster, told: Told, facts: Facts, amplitude: Callable[[Pixels], Pixels] | None
) -> Scene:
    plain = _scene.reader(raster, nodata=raster.dataset.nodatavals[0])
    read = plain if amplitude is None else lambda first, last: amplitude(plain(first, last))
    found = _georeference.of(raster)
    about, values = _scene.judged(product, raster, plain)
    spacing = _georeference.spacing_m(found, raster.shape)
    toward = None if facts.heading_deg is None else facts.heading_deg + (90.0 if facts.look == "right" else -90.0)

    def ramp(ends: tuple[float, float] | None) -> Nodes | None:
        if ends is None:
            return None
        if toward is None or facts.look is None or ends[0] == ends[1]:
            return constant(sum(ends) / 2)
        return along(found, raster.shape, toward, *ends)

    incidence, slant = ramp(facts.incidence_deg), ramp(facts.slant_range_m)
    data = values[values != 0] if amplitude is None else amplitude(values[values != 0])
    calibration = _calibration(facts, incidence, slant, data, raster.name)
    t = told.time or (facts.t_start, facts.t_end)
    known = {"prf_hz": facts.prf_hz, "frequency_hz": facts.frequency_hz}
    return Scene(
        product=facts.product,
        sensor="sar",
        shape=raster.shape,
        spacing_m=spacing,
        georeference=found,
        read=read,
        provider=told.provider or facts.provider,
        platform=facts.platform,
        mode=facts.mode,
        polarisation=facts.polarisation or (told.polarisation.lower() if told.polarisation else None),
        licence=told.licence or facts.licence,
        uri=str(product.path),
        t_start=t[0],
        t_end=t[1],
        line_times=None if told.time else _line_times(facts, found, raster.shape),
        resolution_m=facts.resolution_m or max(spacing),
        heading_deg=facts.heading_deg,
        look=facts.look,
        incidence_deg=incidence,
        slant_range_m=slant,
        platform_m_s=facts.platform_m_s,
        calibration=calibration,
        about={
            **about,
            **{k: v for k, v in known.items() if v is not None},
            "calibration": "relative" if facts.gain is None else facts.radiometry,
            **facts.about,
        },
        close=_scene.closer(product, raster),
    )


def _calibration(facts: Facts, incidence: Nodes | None, slant: Nodes | None, data: Pixels, name: str) -> Calibration:
    if facts.gain is None:
        median = float(np.median(data.astype(np.float64) ** 2))
        return Calibration(2, constant(10.0 ** (RELATIVE_DB / 10.0) / max(median, 1e-30)), looks=facts.looks)
    if not (math.isfinite(facts.gain) and facts.gain > 0.0):
        raise InputError(f"{name}: its calibration factor is {facts.gain:g}; the provider had not calibrated it yet")
    db = 10.0 * math.log10(max(float(np.median(data.astype(np.float64) ** 2)) * facts.gain, 1e-300))
    if not SANE_DB[0] <= db <= SANE_DB[1]:
        raise InputError(
            f"{name}: with its factor {facts.gain:g} half of its pixels are below {db:,.0f} dB, which no sea is; "
            "the factor or the units are wrong"
        )
    gain = constant(facts.gain)
    if facts.radiometry != "sigma":
        if incidence is None:
            raise InputError(
                f"{name} gives {facts.radiometry} nought, and no incidence angle to make sigma nought of it"
            )
        turn = np.cos if facts.radiometry == "gamma" else np.sin
        gain = Nodes(incidence.lines, incidence.pixels, facts.gain * turn(np.radians(incidence.values)))
    noise = None
    if facts.noise_db is not None and slant is not None:
        noise_db = np.asarray(facts.noise_db(slant.values), np.float64)
        if np.isfinite(noise_db).all() and (np.abs(noise_db + 25.0) < 40.0).all():
            noise = Nodes(slant.lines, slant.pixels, 10.0 ** (noise_db / 10.0))
    return Calibration(2, gain, noise=noise, looks=facts.looks)


def _line_times(facts: Facts, found: Georeference, shape: tuple[int, int]) -> Nodes | None:
    """Times of lines where lines follow the flight; the middle for all where they do not, as on a map."""
    if facts.lines is None or facts.t_start is None or facts.heading_deg is None:
        return None
    first, last = ((t - facts.t_start).total_seconds() for t in facts.lines)
    times = along(found, shape, facts.heading_deg, first, last)
    down = float(np.abs(np.diff(times.values, axis=0)).mean())
    right = float(np.abs(np.diff(times.values, axis=1)).mean())
    if right > 0.02 * down:
        return constant((first + last) / 2)
    return Nodes(times.lines, np.zeros(1), times.values.mean(axis=1, keepdims=True))
