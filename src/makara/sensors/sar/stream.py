"""A whole scene through the detector in bounded memory: strips of rows, tiles of a strip, threads over tiles.

Rows are read once and in order. Tiles carry a block of their neighbours on each side, so what is found does not depend
on how the scene was cut nor on how many threads looked at it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from makara.base.errors import InputError
from makara.sensors.sar.cfar import BLOCK, CELL, UNIT, calibrate, ring_test
from makara.sensors.sar.threshold import Thresholds
from makara.sensors.scene import Calibration, Nodes, Scene, constant

STRIP: Final = 512
TILE: Final = 4096
MOST: Final = 8_000_000
"""Pixels that may stand out of a scene: more is land without a mask, or no radar image."""
_ROOM: Final = 32_768
Progress = Callable[[int, int], None]
"""Told how many lines are done, of how many."""


@dataclass(frozen=True)
class Hits:
    """Pixels that stand out of the sea, sorted by line and pixel.

    Attributes:
        line, pixel: where.
        seed: bright enough to make a target by itself.
        ratio: intensity by the background's mean, thermal noise in both.
        mean: the background's mean, sigma nought with thermal noise, linear.
        spread: mean square of the background by its squared mean.
        sea_pixels: pixels of the scene that the mask of water lets be tested.
    """

    line: NDArray[np.int64]
    pixel: NDArray[np.int64]
    seed: NDArray[np.bool_]
    ratio: NDArray[np.float32]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    sea_pixels: int


def blocks(shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of blocks that hold an image."""
    return -(-shape[0] // BLOCK), -(-shape[1] // BLOCK)


def hits(
    scene: Scene,
    table: Thresholds,
    water: NDArray[np.uint8] | None = None,
    *,
    threads: int = 2,
    strip: int = STRIP,
    tile: int = TILE,
    progress: Progress | None = None,
) -> Hits:
    """Test each pixel of a scene against the sea around it.

    Args:
        scene: a radar scene with its calibration.
        table: the thresholds.
        water: 1 where the sea is looked at, by cells of CELL x CELL pixels; None: everywhere.
        threads: how many work at once; the result is the same for any.
        strip, tile: lines and pixels worked at once, multiples of BLOCK; the result is the same for any.
        progress: told after each strip.

    Raises:
        InputError: the scene is not calibrated, or so much stands out of it that it cannot be sea.
    """
    calibration = scene.calibration
    if calibration is None:
        raise InputError(f"{scene.product} is not calibrated: the radar detector needs sigma nought; name its --units")
    down, across = blocks(scene.shape)
    if water is None:
        water = np.ones((down * BLOCK // CELL, across * BLOCK // CELL), np.uint8)
    gain = _at_corners(constant(1.0) if calibration.decibel else calibration.gain, down, across)
    noise = _at_corners(calibration.noise or constant(0.0), down, across)
    power = 1 if calibration.decibel else int(calibration.power)
    limits = table.c0, table.per_c, table.grow, table.seed, table.normal, table.shares

    def work(rows: NDArray[Any], first: int, left: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        width = min(tile, across * BLOCK - left)
        numbers = np.zeros((rows.shape[0], width + 2 * BLOCK), rows.dtype)
        x0, x1 = max(0, left - BLOCK), min(scene.shape[1], left + width + BLOCK)
        numbers[:, x0 - left + BLOCK : x1 - left + BLOCK] = rows[:, x0:x1]
        bright, low = np.empty(numbers.shape, np.int32), np.empty(numbers.shape, np.int32)
        corner = first - BLOCK, left - BLOCK
        calibrate(numbers, *corner, gain, water, table.cap, power, bright, low)
        room = _ROOM
        while True:
            at, told = np.empty((room, 3), np.int32), np.empty((room, 3), np.float32)
            n = int(ring_test(bright, low, width, *corner, *limits, noise, at, told))
            if n <= room:
                break
            room = n
        return at[:n] + np.array([*corner, 0], np.int32), told[:n].copy()

    found: list[tuple[NDArray[np.int32], NDArray[np.float32]]] = []
    total = 0
    for at, told in _spread(work, _strips(scene, calibration, strip, progress), across * BLOCK, tile, threads):
        total += len(at)
        if total > MOST:
            raise InputError(
                f"{scene.product}: over {MOST:,} pixels stand out of the sea; is its land masked, and does its "
                "calibration fit?"
            )
        found.append((at, told))
    at = np.concatenate([f[0] for f in found]) if found else np.empty((0, 3), np.int32)
    told = np.concatenate([f[1] for f in found]) if found else np.empty((0, 3), np.float32)
    order = np.lexsort((at[:, 1], at[:, 0]))
    at, told = at[order].astype(np.int64), told[order]
    sea = int(water.sum()) * CELL * CELL
    return Hits(at[:, 0], at[:, 1], at[:, 2] == 1, told[:, 0], told[:, 1], told[:, 2], sea)


def _at_corners(values: Nodes, down: int, across: int) -> NDArray[np.float32]:
    """Values in units of whole intensities, at each block's corner."""
    lines, pixels = (np.arange(n + 1, dtype=np.float64) * BLOCK for n in (down, across))
    return (values.grid(lines, pixels) * UNIT).astype(np.float32)


def linear(numbers: NDArray[Any], calibration: Calibration, first: int) -> NDArray[Any]:
    """Decibels to sigma nought, float32, 0 where there is no data; other numbers as they are."""
    if not calibration.decibel:
        return numbers
    if calibration.gain.values.size == 1 and numbers.dtype.kind in "iu" and numbers.dtype.itemsize <= 2:
        lowest = np.iinfo(numbers.dtype).min
        values = np.arange(lowest, np.iinfo(numbers.dtype).max + 1)
        power = 10.0 ** np.clip(values * (float(calibration.gain.values[0, 0]) / 10.0), -30.0, 30.0)
        power[-lowest] = 0.0
        # Indices below zero count from the end of the table.
        return np.asarray(np.roll(power, lowest).astype(np.float32)[numbers])
    lines, pixels = (np.arange(n, dtype=np.float64) for n in numbers.shape)
    exponent = numbers.astype(np.float64) * (calibration.gain.grid(lines + first, pixels) / 10.0)
    return np.where(numbers != 0, 10.0 ** np.clip(exponent, -30.0, 30.0), 0.0).astype(np.float32)


def _strips(
    scene: Scene, calibration: Calibration, strip: int, progress: Progress | None
) -> Iterator[tuple[NDArray[Any], int]]:
    """Strips of whole blocks with a block of rows above and below, and their first line."""
    height, width = scene.shape
    lines = blocks(scene.shape)[0] * BLOCK
    tail: NDArray[Any] | None = None
    for first in range(0, lines, strip):
        many = min(strip, lines - first)
        y0, y1 = first + BLOCK if first else 0, min(height, first + many + BLOCK)
        new = linear(np.asarray(scene.read(y0, y1)), calibration, y0) if y1 > y0 else None
        kind = new.dtype if new is not None else tail.dtype if tail is not None else np.uint16
        rows: NDArray[Any] = np.zeros((many + 2 * BLOCK, width), kind)
        if tail is not None:
            rows[: 2 * BLOCK] = tail
        if new is not None:
            rows[y0 - first + BLOCK : y1 - first + BLOCK] = new
        tail = rows[many:].copy()
        yield rows, first
        if progress is not None:
            progress(min(first + many, height), height)


def _spread(
    work: Callable[[NDArray[Any], int, int], Any], strips: Iterator[tuple[NDArray[Any], int]], width: int, tile: int,
    threads: int,
) -> Iterator[Any]:  # fmt: skip
    """Results of all tiles in their order, with at most two strips in memory."""
    lefts = range(0, width, tile)
    if threads <= 1:
        for rows, first in strips:
            for left in lefts:
                yield work(rows, first, left)
        return
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for rows, first in strips:
                while len(waiting) > len(lefts):
                    yield waiting.popleft().result()
                waiting.extend(pool.submit(work, rows, first, left) for left in lefts)
            while waiting:
                yield waiting.popleft().result()
        finally:
            for job in waiting:
                job.cancel()
