"""Small calibrated windows of a scene, read in order of lines so that each band of rows is decoded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.sensors.scene import Pixels, Scene

Floats = NDArray[np.float64]
Read = Callable[[int, int, int, int], Floats]
"""``read(first line, line after the last, first pixel, pixel after the last)``: sigma nought, linear; NaN: no data."""
WORK_M: Final = 10.0
"""Hulls are measured on pixels of about this size, as the length model was fitted; coarser products as they are."""
_BAND: Final = 256
_KEPT: Final = 8
"""Bands: a window, and 6 km ahead and behind of it on pixels of 10 m, where ambiguities come from."""
_ROWS: Final = 64


@dataclass(frozen=True)
class Patch:
    """A window around a cluster on pixels of about ten metres.

    Attributes:
        values: sigma nought, linear; NaN where there is no data.
        line, pixel: of the centre of its first pixel, in the scene.
        step: pixels of the scene to one of the patch, down and across.
        size_m: of one of its pixels, down and across, metres.
    """

    values: Floats
    line: float
    pixel: float
    step: tuple[int, int]
    size_m: tuple[float, float]

    def inside(self, line: float, pixel: float) -> tuple[float, float]:
        """Row and column in the patch of a place in the scene."""
        return (line - self.line) / self.step[0], (pixel - self.pixel) / self.step[1]

    def outside(self, row: float, column: float) -> tuple[float, float]:
        """Line and pixel in the scene of a place in the patch."""
        return self.line + row * self.step[0], self.pixel + column * self.step[1]


def reader(scene: Scene) -> Read:
    """A reader of calibrated windows that keeps the last bands of rows; thermal noise stays in."""
    raw = windows(scene)

    def read(y0: int, y1: int, x0: int, x1: int) -> Floats:
        return _sigma(scene, raw(y0, y1, x0, x1), y0, x0)

    return read


def windows(scene: Scene, kept: int = _KEPT) -> Callable[[int, int, int, int], Pixels]:
    """A reader of windows in the numbers of the product, its bands before lines and pixels; 0 beyond the scene.

    Args:
        scene: the scene.
        kept: how many bands of rows are kept, the last ones.
    """
    bands: dict[int, Any] = {}
    height, width = scene.shape

    def band(k: int) -> Any:
        if k not in bands:
            while len(bands) >= kept:
                bands.pop(next(iter(bands)))
            bands[k] = np.asarray(scene.read(k * _BAND, min((k + 1) * _BAND, height)))
        else:
            bands[k] = bands.pop(k)
        return bands[k]

    def read(y0: int, y1: int, x0: int, x1: int) -> Pixels:
        y, x = (int(y0), int(y1)), (int(x0), int(x1))
        first, last = min(max(y[0], 0), height - 1) // _BAND, min(max(y[1] - 1, 0), height - 1) // _BAND
        a, b = min(max(x[0], 0), width), min(max(x[1], 0), width)
        out: Pixels | None = None
        for k in range(first, last + 1):
            rows = band(k)
            if out is None:
                out = np.zeros((*rows.shape[:-2], y[1] - y[0], x[1] - x[0]), rows.dtype)
            top, low = max(y[0], k * _BAND), min(y[1], (k + 1) * _BAND, height)
            if top < low and a < b:
                part = rows[..., top - k * _BAND : low - k * _BAND, a:b]
                out[..., top - y[0] : low - y[0], a - x[0] : b - x[0]] = part
        assert out is not None
        return out

    return read


def _sigma(scene: Scene, numbers: Any, line: int, pixel: int) -> Floats:
    """Sigma nought of numbers of the product, thermal noise included."""
    c = scene.calibration
    if c is None:
        return np.asarray(_scaled(numbers, np.ones((1, 1)), True), np.float64)
    y: Floats = np.arange(line, line + numbers.shape[0], dtype=np.float64)
    x: Floats = np.arange(pixel, pixel + numbers.shape[1], dtype=np.float64)
    gain = c.gain.grid(y, x) if c.gain.values.size > 1 else c.gain.values
    if c.decibel:
        v = np.asarray(numbers, np.float64)
        return np.where(np.isfinite(v) & (v != 0.0), 10.0 ** (gain * v / 10.0), np.nan)
    return np.asarray(_scaled(numbers, gain, c.power == 2), np.float64)


@njit(cache=True)
def _scaled(numbers: Any, gain: Any, squared: bool) -> Any:
    """Numbers, or their squares, times a factor by place or one for all; NaN where there is no data."""
    out = np.empty(numbers.shape)
    one = gain.size == 1
    for r in range(numbers.shape[0]):
        for c in range(numbers.shape[1]):
            v = np.float64(numbers[r, c])
            factor = gain[0, 0] if one else gain[r, c]
            out[r, c] = factor * (v * v if squared else v) if np.isfinite(v) and v != 0.0 else np.nan
    return out


def patch(read: Read, spacing_m: tuple[float, float], line: float, pixel: float, reach_m: float, work_m: float = WORK_M) -> Patch:  # fmt: skip  # noqa: E501
    """The window around a place that reaches so many metres to each side, averaged to pixels of about ``work_m``."""
    ky, kx = (max(1, int(work_m / s)) for s in spacing_m)
    half_y, half_x = (int(np.ceil(reach_m / (s * k))) for s, k in zip(spacing_m, (ky, kx), strict=True))
    # Blocks are counted from the scene's first pixel: what a pixel of the patch holds does not depend on the cluster.
    row, column = int(np.floor(line + 0.5)) // ky - half_y, int(np.floor(pixel + 0.5)) // kx - half_x
    ny, nx = 2 * half_y + 1, 2 * half_x + 1
    values = np.empty((ny, nx))
    # A few rows at a time: on a product of a quarter of a metre the whole window would be large.
    for top in range(0, ny, _ROWS):
        low = min(top + _ROWS, ny)
        raw = read((row + top) * ky, (row + low) * ky, column * kx, (column + nx) * kx)
        if ky > 1 or kx > 1:
            blocks = raw.reshape(low - top, ky, nx, kx)
            raw = blocks.mean((1, 3))
            if np.isnan(raw).any():
                n = np.isfinite(blocks).sum((1, 3))
                raw = np.where(n > 0, np.nansum(blocks, (1, 3)) / np.maximum(n, 1), np.nan)
        values[top:low] = raw
    return Patch(
        values, row * ky + (ky - 1) / 2, column * kx + (kx - 1) / 2, (ky, kx), (spacing_m[0] * ky, spacing_m[1] * kx)
    )


__all__ = ["WORK_M", "Floats", "Patch", "Read", "patch", "reader", "windows"]
