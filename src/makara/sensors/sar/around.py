"""What lies around a bright cluster: does it go on as a line, is it part of a bright area, does it touch the border?

Ships end; breakwaters, jetties and quays go on. A ship stands in dark water; what stands at bright land is more
often a part of it, whatever the coastline of a map says (piers are newer than maps). Side lobes of a bright ship are
22 dB and more below it at these distances, so only what is nearly as bright as the cluster itself counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit

from makara.sensors.sar.hull import Hull
from makara.sensors.sar.patches import Floats, Patch

REACH_M: Final = 700.0
"""How far around a cluster is looked at."""
_LINE_M: Final = (150.0, 510.0)
_AREA_M: Final = (90.0, 450.0)
_TURNS: Final = 120
_BELOW: Final = 10.0**-2.2
"""Side lobes along a ray stay below this, times the peak ..."""
_BELOW_AREA: Final = 10.0**-2.4
"""... and those few of them that are above this cover hardly any area."""
_BRIGHT: Final = 10.0
_JOINED: Final = 3.0
"""Times the clutter from which on pixels hang together."""
_SHIP_M: Final = 520.0


@dataclass(frozen=True)
class Around:
    """Surroundings of a cluster.

    Attributes:
        line_db: how bright the fainter side of a straight line through the peak is from 150 to 510 m out (median over
            clutter), for the best direction; side lobes do not count.
        side_db: the same of one side alone.
        bright_share: share of the pixels from 90 to 450 m out that are 10 dB over the clutter and not side lobes.
        area_m2: area within 16 dB of the peak, out to 450 m.
        border_m: to the nearest pixel without data (700: none).
        empty_share: share of the window without data.
    """

    line_db: float
    side_db: float
    bright_share: float
    area_m2: float
    border_m: float
    empty_share: float


def around(patch: Patch, smoothed: Floats, hull: Hull, clutter: float) -> Around:
    """The surroundings of a hull in its window."""
    sy, sx = patch.size_m
    there = np.isfinite(patch.values)
    floor = max(_BRIGHT * clutter, hull.scr * clutter * _BELOW_AREA)
    long = _long(smoothed, clutter, patch.size_m)
    near = _box(hull, patch.size_m, smoothed.shape)
    away = _away(hull, patch.size_m, near)
    ring = (away > _AREA_M[0]) & (away <= _AREA_M[1]) & there[near] & ~hull.wide[near]
    share = float((long[near][ring] > floor).sum() / max(int(ring.sum()), 1))
    inside = (away <= _AREA_M[1]) & there[near]
    area = float((long[near][inside] > max(4.0 * clutter, hull.scr * clutter / 10.0**1.6)).sum() * sy * sx)
    sides = _rays(long, there, hull, patch.size_m) / clutter
    sides = np.where(sides > hull.scr * _BELOW, sides, 1.0)
    half = _TURNS // 2
    # The other side may be a step off: lines bend.
    other = np.roll(sides, half)
    other = np.maximum(np.maximum(np.roll(other, 1), np.roll(other, -1)), other)
    both, one = float(np.minimum(sides, other).max()), float(sides.max())
    whole = slice(0, smoothed.shape[0]), slice(0, smoothed.shape[1])
    empty = np.empty(0) if there.all() else _away(hull, patch.size_m, whole)[~there]
    # Away from a border that the window does not hold, its own edge tells nothing.
    return Around(
        10.0 * float(np.log10(max(both, 1.0))),
        10.0 * float(np.log10(max(one, 1.0))),
        share,
        area,
        float(empty.min()) if empty.size else REACH_M,
        float(empty.size / there.size),
    )


def _box(hull: Hull, size_m: tuple[float, float], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The part of a window that holds all within the area around a hull."""
    reach = [int(_AREA_M[1] / s) + 2 for s in size_m]
    return (
        slice(max(int(hull.row) - reach[0], 0), min(int(hull.row) + reach[0] + 1, shape[0])),
        slice(max(int(hull.column) - reach[1], 0), min(int(hull.column) + reach[1] + 1, shape[1])),
    )


def _away(hull: Hull, size_m: tuple[float, float], box: tuple[slice, slice]) -> Floats:
    """Distance from a hull of the pixels of a part of its window, metres."""
    y, x = np.ogrid[box]
    return np.asarray(np.hypot((y - hull.row) * size_m[0], (x - hull.column) * size_m[1]), np.float64)


def _long(smoothed: Floats, clutter: float, size_m: tuple[float, float]) -> Floats:
    """The image without what is no longer than a ship: ships at anchor beside each other are no quay."""
    from scipy import ndimage

    labels, n = ndimage.label(smoothed > _JOINED * clutter, np.ones((3, 3), bool))
    down, across = (_spans(labels, n) * np.array(size_m)).T
    short = np.hypot(down, across) < _SHIP_M
    short[0] = False
    return np.where(short[labels], clutter, smoothed)


@njit(cache=True)
def _spans(labels: Any, n: int) -> Any:
    """Rows and columns that each of n + 1 regions spans."""
    ends = np.zeros((n + 1, 4), np.int64)
    ends[:, 0], ends[:, 2] = labels.shape
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            e = ends[labels[y, x]]
            e[0], e[1], e[2], e[3] = min(e[0], y), max(e[1], y + 1), min(e[2], x), max(e[3], x + 1)
    return ends[:, 1::2] - ends[:, ::2]


def _rays(smoothed: Floats, there: Floats, hull: Hull, size_m: tuple[float, float]) -> Floats:
    """Median along rays from the peak, by direction; 0 where the ray leaves the data."""
    step = float(np.mean(size_m))
    r = np.arange(_LINE_M[0], _LINE_M[1], step)
    angle = np.arange(_TURNS) * (2.0 * np.pi / _TURNS)
    yy = np.rint(hull.row + np.sin(angle)[:, None] * r / size_m[0]).astype(np.int64)
    xx = np.rint(hull.column + np.cos(angle)[:, None] * r / size_m[1]).astype(np.int64)
    inside = (yy >= 0) & (yy < smoothed.shape[0]) & (xx >= 0) & (xx < smoothed.shape[1])
    yy, xx = np.where(inside, yy, 0), np.where(inside, xx, 0)
    inside &= there[yy, xx].astype(bool)
    return np.median(np.where(inside, smoothed[yy, xx], 0.0), axis=1)


__all__ = ["REACH_M", "Around", "around"]
