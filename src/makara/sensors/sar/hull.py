"""The hull of a bright cluster: region, axis, extents, and what they say of length and width.

Two regions grow from the brightest spot of the image smoothed over 30 m: to 16 dB below it, whose extent along the axis
is one measure of length, and to 20 dB below it, whose second moment is another and gives the axis. Neither follows
the side lobes of a bright ship far. Length is a line through their mean (:data:`LENGTH`), fitted by
``python -m bench.accuracy.radar`` on OpenSARShip (Huang and others 2018); the constant is the smear of the resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.sensors.sar.patches import Floats, Patch

CORE, WIDE = 10.0**1.6, 100.0
"""How far below the peak the two regions reach, as ratios."""
ABOVE: Final = 3.0
"""Times the clutter below which nothing belongs to a hull."""
SMOOTH_M: Final = 30.0
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Line:
    """A straight line: ``slope * measure + smear * blur``, blur in metres; with spread within and between scenes."""

    slope: float
    smear: float
    sd: float
    sd_share: float
    scene_sd: float


BLUR_M: Final = 36.0
"""Blur of the products the lines were fitted on: resolution 20 m, smoothing 30 m."""
LENGTH: Final = Line(0.896, -0.275, 15.0, 0.10, 6.0)
"""Length from the mean of both measures."""
WIDTH: Final = Line(0.358, -0.034, 6.0, 0.15, 0.0)
"""Width from the second moment across."""


@dataclass(frozen=True)
class Hull:
    """What was measured around a peak; places in pixels of the patch, sizes in metres.

    Attributes:
        row, column: centre of the wide region.
        peak: greatest sigma nought of the core, not smoothed.
        scr: peak over clutter, both smoothed.
        energy_m2: radar cross-section above the clutter of the wide region, square metres.
        down, right: unit vector of the axis on the ground, in directions of the patch's rows and columns.
        extent_m: of the core along the axis.
        spread_m: second moment of the wide region along the axis, as the length of a uniform bar.
        across_m: second moment across, likewise.
        body_m: area of what is within 12 dB of the peak over its extent: how broad the bright part is.
        pixels: of the core.
        core, wide: the regions.
    """

    row: float
    column: float
    peak: float
    scr: float
    energy_m2: float
    down: float
    right: float
    extent_m: float
    spread_m: float
    across_m: float
    body_m: float
    pixels: int
    core: Mask
    wide: Mask

    @property
    def length(self) -> float:
        """The mean of both measures, metres, smear included."""
        return 0.5 * (self.extent_m + self.spread_m)


def smooth(values: Floats, size_m: tuple[float, float]) -> Floats:
    """Means over about 30 m; no data counts as not there."""
    from scipy import ndimage

    n = tuple(max(1, int(SMOOTH_M / s) // 2 * 2 + 1) if s < SMOOTH_M / 1.5 else 1 for s in size_m)
    there = np.isfinite(values)
    if n == (1, 1):
        return np.where(there, values, 0.0)
    if there.all():
        return np.asarray(ndimage.uniform_filter(values, n, mode="constant") / _whole(values.shape, n), np.float64)
    total = ndimage.uniform_filter(np.where(there, values, 0.0), n, mode="constant")
    share = ndimage.uniform_filter(there.astype(np.float64), n, mode="constant")
    return np.where(there, total / np.maximum(share, 1e-9), 0.0)


@lru_cache(maxsize=16)
def _whole(shape: tuple[int, ...], n: tuple[int, ...]) -> Floats:
    """What smoothing leaves of ones: less than one at the edges of a window."""
    from scipy import ndimage

    return np.asarray(ndimage.uniform_filter(np.ones(shape), n, mode="constant"))


def blur_m(size_m: tuple[float, float], resolution_m: float | None) -> float:
    """By how much a point is widened: the product's resolution and the smoothing, metres."""
    size = float(np.mean(size_m))
    return float(np.hypot(resolution_m or 1.2 * size, SMOOTH_M if size < SMOOTH_M / 1.5 else size))


def measured(patch: Patch, smoothed: Floats, row: float, column: float, clutter: float) -> Hull:
    """Measure the hull whose brightest pixel is here.

    Args:
        patch: the window.
        smoothed: its values, smoothed.
        row, column: of the brightest pixel of the cluster, in the patch.
        clutter: mean sigma nought of the sea around it.
    """
    at = _brightest(smoothed, row, column)
    top = float(smoothed[at])
    core = _region(smoothed, *at, max(top / CORE, ABOVE * clutter))
    wide = _region(smoothed, *at, max(top / WIDE, ABOVE * clutter))
    body = _region(smoothed, *at, max(top / 10.0**1.2, ABOVE * clutter))
    weight = np.log(np.maximum(smoothed[wide] / clutter, 1.01))
    r, c, angle, along, across = _moments(wide, weight, patch.size_m)
    by, bx = _places(core, patch.size_m)
    u = bx * np.cos(angle) + by * np.sin(angle)
    pixel = float(np.sqrt(patch.size_m[0] * patch.size_m[1]))
    by2, bx2 = _places(body, patch.size_m)
    u2 = bx2 * np.cos(angle) + by2 * np.sin(angle)
    inner, outer = (np.where(np.isfinite(v), v, 0.0) for v in (patch.values[core], patch.values[wide]))
    return Hull(
        r,
        c,
        float(inner.max()),
        top / clutter,
        float(np.maximum(outer - clutter, 0.0).sum() * pixel**2),
        float(np.sin(angle)),
        float(np.cos(angle)),
        float(np.ptp(u)) + pixel,
        float(np.sqrt(12.0) * along),
        float(np.sqrt(12.0) * across),
        float(len(u2) * pixel**2 / (np.ptp(u2) + pixel)),
        int(core.sum()),
        core,
        wide,
    )


def _brightest(smoothed: Floats, row: float, column: float) -> tuple[int, int]:
    """Row and column of the brightest pixel within two pixels of a place."""
    top, left = max(int(row) - 2, 0), max(int(column) - 2, 0)
    part = smoothed[top : int(row) + 4, left : int(column) + 4]
    y, x = np.ogrid[: part.shape[0], : part.shape[1]]
    near = np.hypot(y + top - row, x + left - column) <= 2.0
    at = np.unravel_index(np.argmax(np.where(near, part, -1.0)), part.shape)
    return top + int(at[0]), left + int(at[1])


@njit(cache=True)
def _region(smoothed: Any, row: int, column: int, least: float) -> Any:
    """The pixels above a level that hang together with the peak (eight neighbours), and the peak."""
    height, width = smoothed.shape
    mask = np.zeros((height, width), np.bool_)
    mask[row, column] = True
    if not smoothed[row, column] > least:
        return mask
    waiting = np.empty((height * width, 2), np.int64)
    waiting[0, 0], waiting[0, 1] = row, column
    n = 1
    while n:
        n -= 1
        y, x = waiting[n, 0], waiting[n, 1]
        for i in range(max(y - 1, 0), min(y + 2, height)):
            for j in range(max(x - 1, 0), min(x + 2, width)):
                if not mask[i, j] and smoothed[i, j] > least:
                    mask[i, j] = True
                    waiting[n, 0], waiting[n, 1] = i, j
                    n += 1
    return mask


def _places(mask: Mask, size_m: tuple[float, float]) -> tuple[Floats, Floats]:
    y, x = np.nonzero(mask)
    return y.astype(np.float64) * size_m[0], x.astype(np.float64) * size_m[1]


def _moments(mask: Mask, weight: Floats, size_m: tuple[float, float]) -> tuple[float, float, float, float, float]:
    """Centre (pixels), angle of the axis (from right towards down, radians) and standard deviations (metres).

    Args:
        mask: the region.
        weight: of each of its pixels, in their order.
        size_m: of a pixel.
    """
    y, x = _places(mask, size_m)
    w = weight / weight.sum()
    cy, cx = float(w @ y), float(w @ x)
    dy, dx = y - cy, x - cx
    yy, xx, xy = float(w @ (dy * dy)), float(w @ (dx * dx)), float(w @ (dx * dy))
    yy, xx = yy + size_m[0] ** 2 / 12.0, xx + size_m[1] ** 2 / 12.0
    angle = 0.5 * float(np.arctan2(2.0 * xy, xx - yy))
    mean, half = (xx + yy) / 2.0, float(np.hypot((xx - yy) / 2.0, xy))
    return cy / size_m[0], cx / size_m[1], angle, float(np.sqrt(mean + half)), float(np.sqrt(max(mean - half, 1e-6)))


def axis_sd_deg(hull: Hull, blur: float) -> float:
    """Uncertainty of the axis: a compact blob has none to speak of.

    One blur of sideways error over the length beyond the blur, and never more than an axis drawn by lot (52 degrees).
    """
    beyond = max(hull.spread_m - hull.across_m, 1e-3)
    return float(min(np.degrees(np.arctan2(0.35 * blur, beyond)) + 3.0, 52.0))


__all__ = ["BLUR_M", "LENGTH", "Hull", "Line", "axis_sd_deg", "blur_m", "measured", "smooth"]
