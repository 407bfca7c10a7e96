"""Lit vessels at night: spikes in the day/night band of VIIRS, and how likely each is a vessel.

A lamp on the sea is a point: one pixel, or two that share it, far above what surrounds them, whatever the moon or a
town's glow adds to all. A moonlit cloud is a blob, lightning a streak along the scan. After Elvidge and others,
"Automatic Boat Identification System for VIIRS Low Light Imaging Data", Remote Sensing 7 (2015), which uses a spike and
a sharpness index; here a small logistic model weighs shape and contrast. It sees radiance alone: where the light is,
how the moon stands and what is land would tell the answer of any set gathered by people, and nothing of the sea at
large.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.errors import UsageError

Floats = NDArray[np.float64]

FEATURES: Final = ("second", "fifth", "ring_2", "ring_3", "snr", "row")
"""What the model sees, see :func:`features`."""
WEIGHTS: Final = (-4.3801, -8.5264, -0.8632, 0.8162, 0.9851, -5.9939)
BIAS: Final = 5.7948
"""Logistic model of FEATURES, as ``bench.accuracy.night_lights`` trains it."""
REACH: Final = 7
"""Pixels around a spike that count as its surroundings."""
SNR: Final = 6.0
"""A spike stands so many robust standard deviations above its surroundings."""
FLOOR_NW: Final = 1.0
"""And so much, nW/(cm2 sr): the band's own noise at the edge of its scan is about half of it."""
CENTRE: Final = 3
"""Half of the middle of a crop, in which the light that it was cut for lies, pixels."""
SPIKES: Final = {"line": pl.Int64, "pixel": pl.Int64, "radiance_nw": pl.Float64, "background_nw": pl.Float64,
                 "snr": pl.Float64, "p_vessel": pl.Float64}  # fmt: skip


@njit(nogil=True, cache=True)
def _measure(image: Any, y: int, x: int, reach: int, out: Any) -> bool:
    """Features of a pixel into ``out`` (FEATURES, then background and robust deviation); False where it has too few
    neighbours."""
    height, width = image.shape
    peak = image[y, x]
    around = np.empty((2 * reach + 1) ** 2)
    near = np.zeros(9)
    n = many = two = three = 0
    ring2 = ring3 = 0.0
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            i, j = y + dy, x + dx
            if i < 0 or j < 0 or i >= height or j >= width:
                continue
            v = image[i, j]
            if not v >= 0.0:
                continue
            far = max(abs(dy), abs(dx))
            if far <= 1:
                near[many] = v
                many += 1
            elif far == 2:
                ring2 += v
                two += 1
            elif far == 3:
                ring3 += v
                three += 1
            if far >= 3:
                around[n] = v
                n += 1
    if n < around.size // 3 or many < 6 or two == 0 or three == 0:
        return False
    # A streak goes on without a break, a second boat in the same line does not.
    row = 0.0
    for side in (-1, 1):
        run = peak
        for step in range(1, 4):
            j = x + side * step
            run = min(run, image[y, j]) if 0 <= j < width and image[y, j] >= 0.0 else 0.0
        row = max(row, run)
    known = np.sort(around[:n])
    background = known[n // 2]
    deviation = max(1.4826 * np.median(np.abs(known - background)), 1e-3)
    ordered = np.sort(near[:many])[::-1]
    above = max(peak - background, 1e-6)
    out[0] = min(max((ordered[1] - background) / above, 0.0), 1.0)
    out[1] = min(max((ordered[min(4, many - 1)] - background) / above, 0.0), 1.0)
    out[2] = min(max((ring2 / two - background) / above, -1.0), 1.0)
    out[3] = min(max((ring3 / three - background) / above, -1.0), 1.0)
    out[4] = np.log10(max(above / deviation, 1e-3))
    out[5] = min(max((row - background) / above, 0.0), 1.0)
    out[6] = background
    out[7] = deviation
    return True


@njit(nogil=True, cache=True)
def _spikes(image: Any, reach: int, snr: float, floor: float, at: Any, told: Any) -> int:
    """Pixels above all their neighbours and far above their surroundings; how many there are, if more than fit."""
    height, width = image.shape
    out = np.empty(8)
    n = 0
    for y in range(height):
        for x in range(width):
            v = image[y, x]
            if not v >= floor:
                continue
            highest = True
            for dy in range(-1, 2):
                for dx in range(-1, 2):
                    i, j = y + dy, x + dx
                    if (dy == 0 and dx == 0) or i < 0 or j < 0 or i >= height or j >= width:
                        continue
                    # Of equals the first counts.
                    if image[i, j] > v or (image[i, j] == v and (dy < 0 or (dy == 0 and dx < 0))):
                        highest = False
            if not highest or not _measure(image, y, x, reach, out):
                continue
            if v - out[6] < floor or v - out[6] < snr * out[7]:
                continue
            if n < at.shape[0]:
                at[n, 0], at[n, 1] = y, x
                told[n, :] = out
            n += 1
    return n


def probability(features_of: Floats) -> Floats:
    """P(it is a lit vessel) of rows of FEATURES."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-(features_of @ np.array(WEIGHTS) + BIAS))))


def features(crops: NDArray[Any]) -> Floats:
    """What the model sees of crops of the day/night band.

    Args:
        crops: radiance, nW/(cm2 sr), crops x lines x pixels; not a number or below zero: not known. The light that a
            crop was cut for is the brightest pixel of its middle, six by six.

    Returns:
        A row a crop, columns FEATURES: ``second`` and ``fifth`` brightest of the 3 x 3 pixels around the peak, mean of
        the rings 2 and 3 pixels off, each less the background (median from 3 pixels off on) by the peak less it;
        ``snr``: log10 of the peak above the background by the background's robust deviation; ``row``: the darkest of
        the three pixels that follow the peak along the scan, on the brighter side. Not a number where a crop has too
        few known pixels.

    Raises:
        UsageError: they have another form; of crops with several channels the first is radiance.
    """
    images = np.ascontiguousarray(crops, dtype=np.float64)
    if images.ndim != 3:
        raise UsageError(f"crops of form {images.shape}: give crops x lines x pixels of radiance, as crops[:, 0]")
    found = np.full((len(images), len(FEATURES)), np.nan)
    out = np.empty(8)
    for k in range(len(images)):
        image = images[k]
        y0, x0 = image.shape[0] // 2 - CENTRE, image.shape[1] // 2 - CENTRE
        middle = image[y0 : y0 + 2 * CENTRE, x0 : x0 + 2 * CENTRE]
        if not (middle >= 0).any():
            continue
        best = int(np.argmax(np.where(middle >= 0, middle, -1.0)))
        y, x = divmod(best, middle.shape[1])
        if _measure(image, y0 + y, x0 + x, REACH, out):
            found[k] = out[: len(FEATURES)]
    return found


def score(crops: NDArray[Any]) -> Floats:
    """P(the light in the middle of each crop is a vessel); not a number where too little of a crop is known.

    Args:
        crops: see :func:`features`.
    """
    return probability(features(crops))


def spikes(radiance: NDArray[Any]) -> pl.DataFrame:
    """Points of light in an image of the day/night band.

    Args:
        radiance: nW/(cm2 sr), lines x pixels; not a number or below zero: not known.

    Returns:
        ``line, pixel, radiance_nw`` (of the peak), ``background_nw``, ``snr`` and ``p_vessel``, by line and pixel.
    """
    image = np.ascontiguousarray(radiance, dtype=np.float64)
    room = 4096
    while True:
        at, told = np.empty((room, 2), np.int64), np.empty((room, 8))
        n = int(_spikes(image, REACH, SNR, FLOOR_NW, at, told))
        if n <= room:
            break
        room = n
    at, told = at[:n], told[:n]
    peak = image[at[:, 0], at[:, 1]]
    return pl.DataFrame(
        {
            "line": at[:, 0],
            "pixel": at[:, 1],
            "radiance_nw": peak,
            "background_nw": told[:, 6],
            "snr": (peak - told[:, 6]) / told[:, 7],
            "p_vessel": probability(told[:, : len(FEATURES)]),
        },
        schema=SPIKES,
    )
