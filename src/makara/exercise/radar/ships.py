"""Vessels and structures in a radar image: scatterers along the hull, side lobes, ambiguities, displacement, wake.

The radar cross-section of a hull grows with its length to the power 7/3 and with the incidence angle (Skolnik 1974, as
used by Vachon and others, Ship detection by the RADARSAT SAR: validation of detection model predictions, Canadian
Journal of Remote Sensing 23, 1997): 0.08 L^(7/3) (0.78 + 0.11 incidence), square metres. It is scattered along the
hull, with bright points at bow, stern and superstructure, is greatest broadside, and varies from ship to ship.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from makara.base.units import KN_M_S
from makara.exercise.radar.clutter import LOOKS
from makara.exercise.radar.geometry import Floats, View

RESOLUTION_M: Final = (22.0, 20.0)
"""Width of a point at half its power, along lines' growth and across, metres."""
AMBIGUITY_DB: Final = (-30.0, -25.0)
"""Azimuth ambiguities against their ship."""
_HAMMING: Final = 0.70
_HALF_POWER: Final = 1.1
"""Width at half power of a point's image behind that window, in units of its resolution cell."""
_REACH_M: Final = 320.0
_SD_DB: Final = 2.5
_SWAY_M_S: Final = 0.07
"""Speed of parts of a rolling ship towards the radar; it smears the image in azimuth."""
_LEAST: Final = 0.01
"""Sigma nought of an ambiguity that is worth drawing."""
_WAKE_KN: Final = 5.0
_WAKE_S: Final = 240.0


@dataclass(frozen=True, slots=True)
class Target:
    """What a radar looks at: a vessel or a fixed structure.

    Attributes:
        name: of the vessel in the truth, or of the structure.
        kind: ``vessel``, ``platform`` or ``breakwater``.
        lon: place of its middle when the radar passes, degrees.
        lat: the same.
        length_m: of the hull.
        width_m: of the hull.
        heading_deg: of the bow, degrees true.
        cog_deg: of its motion, degrees true.
        sog_kn: speed.
    """

    name: str
    kind: Literal["vessel", "platform", "breakwater"]
    lon: float
    lat: float
    length_m: float
    width_m: float
    heading_deg: float
    cog_deg: float = 0.0
    sog_kn: float = 0.0


@dataclass(frozen=True, slots=True)
class Patch:
    """A piece of an image to add to the intensity (``plus``), or to multiply the sea with (``times``)."""

    line: int
    pixel: int
    values: NDArray[np.float32]
    how: Literal["plus", "times"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A target as it was drawn.

    Attributes:
        target: what.
        line: of its place.
        pixel: of its place.
        shown_line: where the image shows it: a mover is displaced.
        rcs_m2: radar cross-section, square metres.
        peak: greatest sigma nought of its image without the sea, linear.
        ambiguities: lines at which its azimuth ambiguities are shown, at the same pixel.
        patches: its image.
    """

    target: Target
    line: float
    pixel: float
    shown_line: float
    rcs_m2: float
    peak: float
    ambiguities: tuple[float, ...]
    patches: tuple[Patch, ...]


def cross_section_m2(length_m: float, incidence_deg: float) -> float:
    """Mean radar cross-section of a vessel, square metres."""
    return float(0.08 * length_m ** (7.0 / 3.0) * (0.78 + 0.11 * incidence_deg))


def draw(view: View, target: Target, rng: np.random.Generator) -> Drawn:
    """The image of a target."""
    line, pixel = (float(v) for v in view.pixel_of(target.lon, target.lat))
    way, incidence = view.way_deg(line, pixel), float(view.ranges(pixel)[1])
    away = target.sog_kn * KN_M_S * np.cos(np.radians(target.cog_deg - way - 90.0)) * np.sin(np.radians(incidence))
    shown = line + view.ahead_m(pixel, float(away)) / view.spacing_m
    bow = np.radians(target.heading_deg - way)
    rcs = cross_section_m2(target.length_m, incidence) * _by_aspect(float(bow))
    rcs *= 10.0 ** (rng.normal(0.0, _SD_DB) / 10.0)
    along, across, share = _hull(target, rng)
    dy = along * np.cos(bow) - across * np.sin(bow)
    dx = along * np.sin(bow) + across * np.cos(bow)
    if target.kind == "vessel":
        sway = rng.normal(0.0, _SWAY_M_S * np.sin(np.radians(incidence)), len(dy))
        dy = dy - float(view.ranges(pixel)[0]) / view.platform_m_s * sway
    y, x = shown + dy / view.spacing_m, pixel + dx / view.spacing_m
    image = _image(view, y, x, rcs * share)
    patches, ghosts = [image], []
    ghost = image.values.max() * 10.0 ** (rng.uniform(*AMBIGUITY_DB) / 10.0)
    if ghost > _LEAST:
        off = view.ambiguity_m(pixel) / view.spacing_m
        for side in (-1.0, 1.0):
            level = 10.0 ** (rng.uniform(*AMBIGUITY_DB) / 10.0)
            blur = rng.normal(0.0, 1.5, len(y))
            patches.append(_image(view, y + side * off + blur, x, rcs * share * level))
            ghosts.append(shown + side * off)
    patches += _wake(view, target, line, pixel, way)
    inside = [p for p in (_cut(p, view.shape) for p in patches) if p is not None]
    return Drawn(target, line, pixel, shown, rcs, float(image.values.max()), tuple(ghosts), tuple(inside))


def _by_aspect(bow: float) -> float:
    """Gain by the angle between the bow and the platform's way: the radar sees a hull along the way broadside."""
    return float(10.0 ** ((-1.0 + 5.0 * abs(np.cos(bow)) ** 8) / 10.0))


def _hull(target: Target, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Scatterers: metres before and to the right of the middle, and shares of the cross-section."""
    count = max(4, round(target.length_m / 6.0))
    along = (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count - 0.5
    across = rng.uniform(-0.45, 0.45, count)
    share = rng.gamma(0.8, 1.0, count)
    if target.kind == "vessel":
        share = np.append(share / share.sum(), [0.10, 0.12, 0.35 if target.length_m > 50.0 else 0.15])
        house = rng.choice([-0.38, -0.34, 0.3], p=[0.6, 0.3, 0.1])
        along, across = np.append(along, [0.47, -0.47, house]), np.append(across, [0.0, 0.0, 0.0])
    share = share * rng.gamma(LOOKS, 1.0 / LOOKS, len(share))
    return along * target.length_m, across * target.width_m, share / share.sum()


def _point(d: Floats) -> Floats:
    """Power of a point's image at distances in resolution cells, behind a Hamming window."""
    a, b = _HAMMING, (1.0 - _HAMMING) / 2.0
    value = a * np.sinc(d) + b * (np.sinc(d - 1.0) + np.sinc(d + 1.0))
    return np.asarray(value**2, np.float64)


def _image(view: View, y: Floats, x: Floats, rcs: Floats) -> Patch:
    """Points of a cross-section, blurred by the radar; the sum of sigma nought x pixel area is the cross-section."""
    reach = int(_REACH_M / view.spacing_m)
    top, left = int(np.floor(y.min())) - reach, int(np.floor(x.min())) - reach
    rows, columns = int(np.ceil(y.max())) + reach - top + 1, int(np.ceil(x.max())) + reach - left + 1
    spread = []
    for at, first, n, width in ((y, top, rows, RESOLUTION_M[0]), (x, left, columns, RESOLUTION_M[1])):
        d = np.arange(first, first + n)[None, :] - at[:, None]
        w = _point(d * view.spacing_m * _HALF_POWER / width) * (np.abs(d) <= reach)
        spread.append(w / w.sum(axis=1, keepdims=True))
    values = (spread[0] * (rcs / view.spacing_m**2)[:, None]).T @ spread[1]
    return Patch(top, left, values.astype(np.float32), "plus")


def _wake(view: View, target: Target, line: float, pixel: float, way: float) -> Iterator[Patch]:
    """The turbulent wake, dark with a bright edge, from the stern of the true place backwards."""
    if target.sog_kn < _WAKE_KN or target.length_m < 20.0:
        return
    reach = _WAKE_S * target.sog_kn * KN_M_S / view.spacing_m
    half = max(1.0, 0.7 * target.width_m / view.spacing_m)
    back = np.radians(target.cog_deg - way + 180.0)
    stern = 0.5 * target.length_m / view.spacing_m
    dy, dx = np.cos(back), np.sin(back)
    ends = np.array([stern, stern + reach])
    top, low = int(min(line + dy * ends)) - 8, int(max(line + dy * ends)) + 8
    left, right = int(min(pixel + dx * ends)) - 8, int(max(pixel + dx * ends)) + 8
    y, x = np.mgrid[top : low + 1, left : right + 1].astype(np.float64)
    along = (y - line) * dy + (x - pixel) * dx - stern
    across = (x - pixel) * dy - (y - line) * dx
    fade = np.where((along > 0.0) & (along < reach), 1.0 - along / reach, 0.0)
    wide = half * (1.0 + along.clip(0.0) / reach)
    dark = 1.0 - 0.6 * fade * np.exp(-((across / wide) ** 2))
    edge = 1.0 + 0.8 * fade * np.exp(-(((np.abs(across) - 1.8 * wide) / 0.8) ** 2)) * (across > 0.0)
    yield Patch(top, left, (dark * edge).astype(np.float32), "times")


def _cut(patch: Patch, shape: tuple[int, int]) -> Patch | None:
    """The part of a patch inside an image; None where there is none."""
    top, left = max(patch.line, 0), max(patch.pixel, 0)
    low = min(patch.line + patch.values.shape[0], shape[0])
    right = min(patch.pixel + patch.values.shape[1], shape[1])
    if top >= low or left >= right:
        return None
    part = patch.values[top - patch.line : low - patch.line, left - patch.pixel : right - patch.pixel]
    return Patch(top, left, np.ascontiguousarray(part), patch.how)
