"""Fine products seen on pixels of about ten metres, on which a ship is smaller than the ring that makes its background.

On pixels of one metre a ship of 200 m is larger than a block: it would be its own background. So whole squares of
pixels are averaged in intensity. That also gives looks, which a product of one look lacks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.sensors.sar.cfar import BLOCK, CELL
from makara.sensors.sar.stream import blocks, linear
from makara.sensors.scene import Calibration, Nodes, Scene, constant

WORK_M: Final = 10.0
"""Size of the pixels aimed at."""
_OVERSAMPLED: Final = 1.5
"""Pixels to a resolution where the product does not say."""


def factor(scene: Scene) -> int:
    """How many pixels, down and across, make one of about ten metres; 1: the product is coarse enough."""
    return max(1, int(WORK_M / max(scene.spacing_m)))


def coarse(scene: Scene, k: int) -> Scene:
    """The scene averaged over squares of k x k pixels: intensities, more looks. An unfilled square is left out."""
    calibration = scene.calibration
    if calibration is None:
        return scene
    height, width = scene.shape[0] // k, scene.shape[1] // k
    power = 1 if calibration.decibel else calibration.power

    def read(first: int, last: int) -> NDArray[np.float32]:
        rows = np.asarray(scene.read(first * k, last * k))[:, : width * k]
        values = linear(rows, calibration, first * k).astype(np.float32)
        there = np.isfinite(values) & (values > 0)
        values = np.where(there, values * values if power == 2 else values, np.float32(0.0))
        squares = (last - first, k, width, k)
        many = there.reshape(squares).sum((1, 3), dtype=np.int32)
        total = values.reshape(squares).sum((1, 3), dtype=np.float32)
        return np.where(many * 2 > k * k, total / np.maximum(many, 1), 0.0).astype(np.float32)

    spacing = (scene.spacing_m[0] * k, scene.spacing_m[1] * k)
    resolution = scene.resolution_m or _OVERSAMPLED * max(scene.spacing_m)
    looks = calibration.looks * max(1.0, max(spacing) / max(resolution, max(scene.spacing_m))) ** 2
    gain = constant(1.0) if calibration.decibel else _scaled(calibration.gain, k)
    noise = None if calibration.noise is None else _scaled(calibration.noise, k)
    return replace(
        scene,
        shape=(height, width),
        spacing_m=spacing,
        read=read,
        resolution_m=max(resolution, max(spacing)),
        calibration=Calibration(1, gain, noise, False, looks),
    )


def _scaled(nodes: Nodes, k: int) -> Nodes:
    """Values by place, in coarse lines and pixels."""
    shift = (k - 1) / 2.0
    return Nodes((nodes.lines - shift) / k, (nodes.pixels - shift) / k, nodes.values)


def coarse_water(usable: NDArray[np.uint8], shape: tuple[int, int], k: int) -> NDArray[np.uint8]:
    """The mask of water for the coarse scene of this shape: sea where all is sea."""
    down, across = (n * (BLOCK // CELL) for n in blocks(shape))
    padded = np.zeros((max(down * k, usable.shape[0]), max(across * k, usable.shape[1])), np.uint8)
    padded[: usable.shape[0], : usable.shape[1]] = usable
    return np.asarray(padded[: down * k, : across * k].reshape(down, k, across, k).min((1, 3)))


def fine(clusters: pl.DataFrame, k: int) -> pl.DataFrame:
    """Clusters of the coarse scene in lines and pixels of the product."""
    shift = (k - 1) / 2.0
    places: list[Any] = [pl.col(c) * k + shift for c in ("line", "pixel")]
    peaks = [pl.col(c) * k + k // 2 for c in ("peak_line", "peak_pixel")]
    return clusters.with_columns(*places, *peaks, *[pl.col(c) * k * k for c in ("pixels", "seeds")])
