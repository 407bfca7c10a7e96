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
LOBE_M: Final = 2_000.0
LOBE_DB: Final = 24.0
"""Side lobes: within this distance, fainter by at least this, and by as much more as the distance has over 150 m."""
LAND_DB: Final = 19.0
"""How much fainter than the land that it shows an ambiguity of land is."""
LIGHT_M_S: Final = 299_792_458.0


@dataclass(frozen=True)
class Way:
    """The platform's way in the image.

    Attributes:
        down, right: lines and pixels of one metre along the platform's heading.
        across_down, across_right: of one metre to the right of it.
        near_m, far_m: where the first ambiguity lies.
    """

    down: float
    right: float
    across_down: float
    across_right: float
    near_m: float
    far_m: float


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
    near, far = _first(scene)
    return Way(float(along[0]), float(along[1]), float(across[0]), float(across[1]), near, far)


def _first(scene: Scene) -> tuple[float, float]:
    """Distance of the first ambiguity, from near to far range, with five in a hundred of slack."""
    prf, hertz = scene.about.get("prf_hz"), scene.about.get("frequency_hz")
    if prf is None or hertz is None or scene.slant_range_m is None or scene.platform_m_s is None:
        return FAR_M
    per_m = LIGHT_M_S / float(hertz) * float(prf) / (2.0 * scene.platform_m_s)
    ranges = scene.slant_range_m.values
    return 0.95 * per_m * float(ranges.min()), 1.05 * per_m * float(ranges.max())


def ghosts(line: Floats, pixel: Floats, peak_db: Floats, way: Way) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which clusters are ambiguities, and which are side lobes, of brighter clusters.

    Args:
        line, pixel: places of all clusters.
        peak_db: their peaks, sigma nought, decibels.
        way: the platform's way.
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
        far = (away >= way.near_m) & (away <= way.far_m)
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


def of_land(read: Read, spacing_m: tuple[float, float], line: float, pixel: float, excess: float, way: Way) -> bool:
    """Whether land or a port that lies where the ambiguity comes from is bright enough to make this faint cluster.

    Args:
        read: calibrated windows, land included.
        spacing_m: of the scene's pixels.
        line, pixel: the cluster.
        excess: its mean above the sea around it, sigma nought.
        way: the platform's way.
    """
    need = excess * 10.0 ** (LAND_DB / 10.0)
    half = max(1, round(30.0 / min(spacing_m)))
    for sign in (-1.0, 1.0):
        places = sign * np.linspace(way.near_m, way.far_m, 24)
        bright = [_mean(read, line + s * way.down, pixel + s * way.right, half) for s in places]
        if float(np.max(bright)) >= need:
            return True
    return False


def _mean(read: Read, line: float, pixel: float, half: int) -> float:
    y, x = round(line), round(pixel)
    values: Any = read(y - half, y + half + 1, x - half, x + half + 1)
    there = np.isfinite(values)
    return float(values[there].mean()) if there.any() else 0.0


__all__ = ["Way", "ghosts", "of_land", "way_of"]
