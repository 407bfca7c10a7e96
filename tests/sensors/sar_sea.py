"""Simulated sea as a radar sees it, and scenes of it, for the tests of the radar detector."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special

from makara.sensors.scene import Calibration, Georeference, Nodes, Scene, constant

LOOKS = 4.4
GAIN = 1e-6
SIGMA0 = 0.01


def clutter(rng: np.random.Generator, size: tuple[int, int], shape: float, correlated_px: float = 0.0) -> NDArray[Any]:
    """K clutter of mean 1: gamma speckle on gamma texture, whose correlation falls to 1/e at so many pixels."""
    speckle = rng.standard_gamma(LOOKS, size, np.float32) / np.float32(LOOKS)
    if np.isinf(shape):
        return speckle
    if not correlated_px:
        return speckle * rng.standard_gamma(shape, size, np.float32) / np.float32(shape)
    normal = ndimage.gaussian_filter(rng.standard_normal(size, np.float32), correlated_px / 2.0, mode="wrap")
    normal /= normal.std()
    grid = np.linspace(-6.5, 6.5, 4001)
    return speckle * np.interp(normal, grid, special.gammaincinv(shape, special.ndtr(grid)) / shape).astype(np.float32)


def numbers(sigma0: NDArray[Any]) -> NDArray[np.uint16]:
    """Amplitudes as a product has them; 0 is kept for no data."""
    return np.clip(np.rint(np.sqrt(sigma0 / GAIN)), 1, 65_535).astype(np.uint16)


def georeference(shape: tuple[int, int], lon: float = 100.0, lat: float = 5.0, spacing_m: float = 10.0) -> Georeference:
    """North up, from its upper left corner."""
    lines, pixels = np.array([0.0, shape[0] - 1.0]), np.array([0.0, shape[1] - 1.0])
    step = spacing_m / 111_195.0
    south, east = lat - step * lines, lon + step / np.cos(np.radians(lat)) * pixels
    return Georeference(
        Nodes(lines, pixels, np.tile(east, (2, 1))), Nodes(lines, pixels, np.tile(south[:, None], (1, 2)))
    )


def scene(pixels: NDArray[Any], calibration: Calibration | None = None, **more: Any) -> Scene:
    """A scene of amplitudes."""
    said = {"georeference": georeference(pixels.shape), "t_start": datetime(2026, 1, 1, tzinfo=UTC), **more}
    return Scene(
        product="simulated",
        sensor="sar",
        shape=(pixels.shape[0], pixels.shape[1]),
        spacing_m=(10.0, 10.0),
        read=lambda first, last: pixels[first:last],
        calibration=calibration or Calibration(2, constant(GAIN), looks=LOOKS),
        **said,
    )


def plant(sigma0: NDArray[Any], line: int, pixel: int, peak_db: float, length: int = 10, width: int = 3) -> None:
    """A ship of so many pixels, across the lines, its mean intensity so far above the clutter of mean 1."""
    y, x = slice(line - length // 2, line - length // 2 + length), slice(pixel - width // 2, pixel - width // 2 + width)
    sigma0[y, x] += np.float32(10.0 ** (peak_db / 10.0))
