"""The wake of a moving ship, and what its distance from the ship says of the ship's speed.

A radar shows a mover displaced along the platform's way by ``-(slant range / platform speed) * speed away from the
radar * sin(incidence)``; the wake, which moves little, stays where the ship really is (Raney 1971; Graziano and others
2016). Looked for is the dark line of a turbulent wake that starts somewhere on the line through the ship along the
platform's way. Bright arms are not used: side lobes look like them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit

from makara.base.units import KN_M_S
from makara.sensors.sar.ghosts import Way
from makara.sensors.sar.hull import Hull
from makara.sensors.sar.patches import Patch
from makara.sensors.scene import Scene

REACH_M: Final = 1_600.0
"""How far around a ship its wake is looked for."""
STEP_M: Final = 30.0
"""Pixels of the window it is looked for in."""
RANGE_OVER_SPEED_S: Final = 113.0
"""Slant range over platform speed where the product does not say."""
_START_M: Final = (150.0, 1_000.0)
_SHIFT_M: Final = 700.0
_FLANK_M: Final = 210.0
_TURNS: Final = 72
_LOBE_DEG: Final = 8.0
_Z_FIRST: Final = 3.5
_Z: Final = 5.8
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
    there = np.isfinite(window.values) & (window.values < _BRIGHT * clutter)
    level = np.where(there, np.log(np.maximum(np.where(there, window.values, clutter), 1e-9) / clutter), np.nan)
    sd = float(np.nanstd(level))
    # One metre along the way in rows and columns of the window.
    along = np.array([way.down, way.right]) / np.array(window.step)
    shifts = np.arange(-_SHIFT_M, _SHIFT_M + 1.0, step)
    angle = np.arange(_TURNS) * (2.0 * np.pi / _TURNS)
    down, right = np.sin(angle), np.cos(angle)
    out = np.arange(*_START_M, step)
    # Along and across the platform's way side lobes lie, which make the sea beside them look dark.
    heading = np.array([way.down * scene.spacing_m[0], way.right * scene.spacing_m[1]])
    lobes = np.abs(np.sin(2.0 * (angle - np.arctan2(heading[0], heading[1])))) < np.sin(np.radians(2.0 * _LOBE_DEG))
    noise = sd * np.sqrt((1.0 / 5.0 + 1.0) / len(out))
    z = 0.0
    # Every second start and direction first: most ships have no wake.
    for every, least in ((2, _Z_FIRST), (1, _Z)):
        from_row, from_column = hull.row - shifts * along[0], hull.column - shifts * along[1]
        depth = _darker(
            level, from_row[::every], from_column[::every], down[::every], right[::every], lobes[::every], out, size
        )
        i, j = (int(k) * every for k in np.unravel_index(np.argmin(depth), depth.shape))
        z = -float(depth.min()) / noise
        if z < least:
            return None
    if depth.min() > -_DEEP_DB / 4.343:
        return None
    y, x = window.outside(hull.row, hull.column)
    course = float(scene.georeference.bearing_deg(y, x, -down[j] / scene.spacing_m[0], -right[j] / scene.spacing_m[1]))
    return Wake(float(shifts[i]), course, _speed(scene, y, x, float(shifts[i]), course), z)


@njit(cache=True)
def _darker(level: Any, row: Any, column: Any, down: Any, right: Any, left_out: Any, out: Any, size: Any) -> Any:
    """By start and direction: mean along a line five samples broad, less that of its darker side; 0 where unknown.

    Darker than either side: between two side lobes, or beside one, the sea only looks dark.
    """
    result = np.zeros((row.size, down.size))
    step = 0.5 * (size[0] + size[1])
    offsets = np.array([0.0, step, -step, 2.0 * step, -2.0 * step, _FLANK_M, -_FLANK_M])
    sums, counts = np.empty(3), np.empty(3, np.int64)
    dy, dx = np.empty((7, out.size)), np.empty((7, out.size))
    for j in range(down.size):
        if left_out[j]:
            continue
        for k in range(7):
            for m in range(out.size):
                dy[k, m] = (down[j] * out[m] + right[j] * offsets[k]) / size[0]
                dx[k, m] = (right[j] * out[m] - down[j] * offsets[k]) / size[1]
        for i in range(row.size):
            sums[:], counts[:] = 0.0, 0
            for k in range(7):
                part = 0 if k < 5 else k - 4
                for m in range(out.size):
                    y, x = int(np.rint(row[i] + dy[k, m])), int(np.rint(column[i] + dx[k, m]))
                    if 0 <= y < level.shape[0] and 0 <= x < level.shape[1] and level[y, x] == level[y, x]:
                        sums[part] += level[y, x]
                        counts[part] += 1
            if counts[0] * 2 >= 5 * out.size and counts[1] * 2 >= out.size and counts[2] * 2 >= out.size:
                result[i, j] = sums[0] / counts[0] - min(sums[1] / counts[1], sums[2] / counts[2])
    return result


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
