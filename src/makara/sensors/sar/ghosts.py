"""False images of bright things: azimuth ambiguities, and side lobes far out.

A radar that sends too few pulses a second sees what it is not looking at: each bright target comes again along the
platform's way at ``wavelength * slant range * PRF / (2 * speed)``, some 20 to 30 dB fainter (Freeman 1993; for
Sentinel-1 3.8 to 6.1 km). What is that much fainter than something bright, just there, is its ghost. Side lobes lie on
the same line, and across it, nearer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from makara.base import geo
from makara.sensors.sar.patches import Floats, Read
from makara.sensors.scene import Scene

FAR_M: Final = (3_800.0, 6_100.0)
"""First azimuth ambiguity of Sentinel-1 from near to far range, metres: where the PRF is not known."""
FAINTER_DB: Final = (17.0, 38.0)
"""A ghost is this much fainter than what it is the ghost of."""
BESIDE_M: Final = 75.0
"""How far off the line along the platform's way a ghost or a side lobe may lie, metres."""
STEP_M: Final = 60.0
"""Between the places looked at for what an ambiguity is of."""
_TOGETHER: Final = 8
"""Places that are read at once: few, since along a slant a window that holds many is large."""
LOBE_M: Final = 2_000.0
LOBE_DB: Final = 24.0
"""Side lobes: within this distance, fainter by at least this, and by as much more as the distance has over 150 m."""
LAND_DB: Final = 19.0
"""How much fainter than the land that it shows an ambiguity of land is."""
LIGHT_M_S: Final = 299_792_458.0
_SEAM: Final = 100.0
"""Pixels by which swaths overlap."""


@dataclass(frozen=True)
class Way:
    """The platform's way in the image.

    Attributes:
        down, right: lines and pixels of one metre along the platform's heading.
        across_down, across_right: of one metre to the right of it.
    """

    down: float
    right: float
    across_down: float
    across_right: float


def way_of(scene: Scene) -> Way | None:
    """The platform's way in the middle of the scene; None: its heading is not known."""
    if scene.heading_deg is None:
        return None
    y, x = scene.shape[0] / 2.0, scene.shape[1] / 2.0
    lon, lat = scene.georeference.place(np.array([y, y + 8.0, y]), np.array([x, x, x + 8.0]))
    e, n = geo.local_m(lon[0], lat[0], lon[1:], lat[1:])
    # Metres east and north of one line and of one pixel; turned round: lines and pixels of one metre.
    turn = np.linalg.inv(np.array([[e[0], e[1]], [n[0], n[1]]]) / 8.0)
    h = np.radians(scene.heading_deg)
    along, across = turn @ [np.sin(h), np.cos(h)], turn @ [np.cos(h), -np.sin(h)]
    return Way(float(along[0]), float(along[1]), float(across[0]), float(across[1]))


def first_m(scene: Scene, line: Floats, pixel: Floats) -> tuple[Floats, Floats]:
    """Least and greatest distance of the first ambiguity at places of a scene, metres.

    Of the slant range there and the pulses of each swath that may have seen it (``about``: ``swaths`` with ``prf_hz,
    first, last`` pixel, else ``prf_hz``; ``frequency_hz``), with three in a hundred of slack; FAR_M where not known.
    """
    hertz, prf = scene.about.get("frequency_hz"), scene.about.get("prf_hz")
    if prf is None or hertz is None or scene.slant_range_m is None or scene.platform_m_s is None:
        return np.full(line.size, FAR_M[0]), np.full(line.size, FAR_M[1])
    low, high = np.full(line.size, np.inf), np.zeros(line.size)
    for swath in (scene.about.get("swaths") or {}).values():
        there = (pixel >= swath["first"] - _SEAM) & (pixel <= swath["last"] + _SEAM)
        low = np.where(there, np.minimum(low, swath["prf_hz"]), low)
        high = np.where(there, np.maximum(high, swath["prf_hz"]), high)
    low, high = np.where(high > 0, low, float(prf)), np.where(high > 0, high, float(prf))
    per_pulse = LIGHT_M_S / float(hertz) * scene.slant_range_m.at(line, pixel) / (2.0 * scene.platform_m_s)
    return 0.97 * per_pulse * low, 1.03 * per_pulse * high


def ghosts(line: Floats, pixel: Floats, peak_db: Floats, way: Way, first: tuple[Floats, Floats]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:  # fmt: skip  # noqa: E501
    """Which clusters are ambiguities, and which are side lobes, of brighter clusters.

    Args:
        line, pixel: places of all clusters.
        peak_db: their peaks, sigma nought, decibels.
        way: the platform's way.
        first: least and greatest distance of the first ambiguity of each, metres.
    """
    n = line.size
    ambiguous, lobe = np.zeros(n, bool), np.zeros(n, bool)
    step = np.linalg.inv(np.array([[way.down, way.across_down], [way.right, way.across_right]]))
    along, across = step @ np.stack([line, pixel])
    order = np.argsort(across, kind="stable")
    sorted_across = across[order]
    for i in range(n):
        a, b = np.searchsorted(sorted_across, [across[i] - BESIDE_M, across[i] + BESIDE_M]).tolist()
        others = order[a:b]
        away, fainter = np.abs(along[others] - along[i]), peak_db[others] - peak_db[i]
        far = (away >= first[0][i]) & (away <= first[1][i])
        ambiguous[i] = bool((far & (fainter >= FAINTER_DB[0]) & (fainter <= FAINTER_DB[1])).any())
        lobe[i] = _lobe(away, fainter)
    for i in np.flatnonzero(~lobe).tolist():
        near = np.flatnonzero((np.abs(along - along[i]) <= BESIDE_M) & (np.abs(across - across[i]) <= LOBE_M))
        lobe[i] = _lobe(np.abs(across[near] - across[i]), peak_db[near] - peak_db[i])
    return ambiguous, lobe & ~ambiguous


def _lobe(away: Floats, fainter: Floats) -> bool:
    """Whether one of these is near and bright enough: side lobes fall with the square of the distance."""
    need = LOBE_DB + 20.0 * np.log10(np.maximum(away, 150.0) / 150.0)
    return bool(((away <= LOBE_M) & (fainter >= need)).any())


def of_land(read: Read, spacing_m: tuple[float, float], at: Floats, excess: float, way: Way, first: tuple[float, float]) -> bool:  # fmt: skip  # noqa: E501
    """Whether land or a port that lies where the ambiguity comes from is bright enough to make this faint cluster.

    Args:
        read: calibrated windows, land included.
        spacing_m: of the scene's pixels.
        at: line and pixel of the cluster.
        excess: its mean above the sea around it, sigma nought.
        way: the platform's way.
        first: least and greatest distance of its first ambiguity, metres.
    """
    need = excess * 10.0 ** (LAND_DB / 10.0)
    half = max(1, round(30.0 / min(spacing_m)))
    for sign in (-1.0, 1.0):
        away = sign * np.arange(first[0], first[1] + STEP_M, STEP_M)
        line, pixel = (np.rint(a + away * s).astype(np.int64) for a, s in zip(at, (way.down, way.right), strict=True))
        for k in range(0, away.size, _TOGETHER):
            if _brightest(read, line[k : k + _TOGETHER], pixel[k : k + _TOGETHER], half) >= need:
                return True
    return False


def _brightest(read: Read, line: NDArray[np.int64], pixel: NDArray[np.int64], half: int) -> float:
    """The greatest mean of the squares around some places near each other, which one window holds; at least 0."""
    y, x = line - line.min(), pixel - pixel.min()
    side = 2 * half + 1
    window: Any = read(line.min() - half, line.max() + half + 1, pixel.min() - half, pixel.max() + half + 1)
    step = np.arange(side)
    values = window[y[:, None, None] + step[:, None], x[:, None, None] + step].reshape(line.size, -1)
    there = np.isfinite(values)
    if there.all():
        return float(values.mean(axis=1).max())
    return max((float(v[t].mean()) for v, t in zip(values, there, strict=True) if t.any()), default=0.0)


__all__ = ["Way", "first_m", "ghosts", "of_land", "way_of"]
