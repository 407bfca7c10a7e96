"""The wake of a moving ship, and what its distance from the ship says of the ship's speed.

A radar shows a mover displaced along the platform's way by ``-(slant range / platform speed) * speed away from the
radar * sin(incidence)``; the wake, which moves little, stays where the ship really is (Raney 1971; Graziano and others
2016). Looked for is the dark line of a turbulent wake that starts somewhere on the line through the ship along the
platform's way. Bright arms are not used: side lobes look like them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from makara.base.units import KN_M_S
from makara.sensors.sar.ghosts import Way
from makara.sensors.sar.hull import Hull
from makara.sensors.sar.patches import Floats, Patch
from makara.sensors.scene import Scene

REACH_M: Final = 1_600.0
"""How far around a ship its wake is looked for."""
RANGE_OVER_SPEED_S: Final = 113.0
"""Slant range over platform speed where the product does not say."""
_START_M: Final = (150.0, 1_000.0)
_SHIFT_M: Final = 700.0
_FLANK_M: Final = 120.0
_TURNS: Final = 90
_Z: Final = 7.0
_DEEP_DB: Final = 1.0
_BRIGHT: Final = 5.0


@dataclass(frozen=True)
class Wake:
    """A dark wake.

    Attributes:
        shift_m: how far along the platform's heading the ship is shown from where its wake begins.
        cog_deg: course, degrees true: away from the wake.
        sog_kn: speed over ground; None: the course lies along the platform's way, or shift and course contradict.
        z: how far the line stands out, in standard deviations.
    """

    shift_m: float
    cog_deg: float
    sog_kn: float | None
    z: float


def wake(window: Patch, hull: Hull, clutter: float, way: Way | None, scene: Scene) -> Wake | None:
    """The wake of a hull in its window; None: none stands out, or the platform's way is not known."""
    if way is None or scene.heading_deg is None:
        return None
    size = np.array(window.size_m)
    step = float(size.mean())
    values = np.where(np.isfinite(window.values) & (window.values < _BRIGHT * clutter), window.values, np.nan)
    level = np.log(np.maximum(values, 1e-9) / clutter)
    sd = float(np.nanstd(level))
    # One metre along the way in rows and columns of the window.
    along = np.array([way.down, way.right]) / np.array(window.step)
    shifts = np.arange(-_SHIFT_M, _SHIFT_M + 1.0, step)
    angle = np.arange(_TURNS) * (2.0 * np.pi / _TURNS)
    out = np.arange(*_START_M, step)
    toward = np.stack([np.sin(angle), np.cos(angle)], -1)
    side = np.stack([np.cos(angle), -np.sin(angle)], -1)
    start = np.array([hull.row, hull.column]) - shifts[:, None] * along
    lines = [_means(level, start, toward, side * off, out, size) for off in (0.0, step, -step, _FLANK_M, -_FLANK_M)]
    with np.errstate(invalid="ignore"):
        # Darker than either side: between two side lobes, or beside one, the sea only looks dark.
        depth = np.mean(lines[:3], axis=0) - np.minimum(lines[3], lines[4])
    z = depth / (sd * np.sqrt((1 / 3 + 1) / len(out)))
    z = np.where(np.isfinite(z), z, 0.0)
    i, j = np.unravel_index(np.argmin(z), z.shape)
    if z[i, j] > -_Z or depth[i, j] > -_DEEP_DB / 4.343:
        return None
    y, x = window.outside(hull.row, hull.column)
    down, right = -toward[j] / np.array(scene.spacing_m)
    course = float(scene.georeference.bearing_deg(y, x, down, right))
    return Wake(float(shifts[i]), course, _speed(scene, y, x, float(shifts[i]), course), float(-z[i, j]))


def _means(level: Floats, start: Floats, toward: Floats, side: Floats, out: Floats, size: Floats) -> Floats:
    """Means along lines, by start and direction; NaN where half a line is not there."""
    steps = (toward[:, None, :] * out[None, :, None] + side[:, None, :]) / size
    at = np.rint(start[:, None, None, :] + steps[None]).astype(np.int64)
    y, x = at[..., 0], at[..., 1]
    inside = (y >= 0) & (y < level.shape[0]) & (x >= 0) & (x < level.shape[1])
    got = np.where(inside, level[np.where(inside, y, 0), np.where(inside, x, 0)], np.nan)
    n = np.isfinite(got).sum(-1)
    return np.where(n >= len(out) / 2, np.nansum(got, -1) / np.maximum(n, 1), np.nan)


def _speed(scene: Scene, line: float, pixel: float, shift_m: float, course: float) -> float | None:
    """Speed over ground, knots, from the shift and the course."""
    if scene.look is None or scene.heading_deg is None or scene.incidence_deg is None:
        return None
    ratio = RANGE_OVER_SPEED_S
    if scene.slant_range_m is not None and scene.platform_m_s is not None:
        ratio = float(scene.slant_range_m.at(line, pixel)) / scene.platform_m_s
    away = -shift_m / (ratio * np.sin(np.radians(float(scene.incidence_deg.at(line, pixel)))))
    looks = scene.heading_deg + (90.0 if scene.look == "right" else -90.0)
    share = float(np.cos(np.radians(course - looks)))
    if abs(share) < 0.3:
        return None
    speed = float(away / share) / KN_M_S
    return speed if 0.0 <= speed <= 45.0 else None


__all__ = ["REACH_M", "Wake", "wake"]
