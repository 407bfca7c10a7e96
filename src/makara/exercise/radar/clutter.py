"""The sea in a radar image: K-distributed clutter whose wind and spikiness change from region to region, and noise.

Speckle is gamma of 4.4 looks. It lies on a texture that is gamma too (together the K distribution: Ward, Compound
representation of high resolution sea clutter, Electronics Letters 17, 1981), correlated over some 40 m, made from a
correlated normal field by a memoryless transform (Tough and Ward 1999). Speckle is made in the same way; as in a real
product, whose pixels are half its resolution, neighbours go half together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makara.exercise.radar.geometry import Floats, View, spread

LOOKS: Final = 4.4
NOISE_DB: Final = -23.5
"""Thermal noise as sigma nought, middle of the swath."""
SEA_DB: Final = -12.0
"""Sigma nought of a sea under 7 m/s of wind at 34 degrees of incidence, vertical polarisation (CMOD5 within 1 dB)."""
_DB_PER_DEG: Final = -0.45
_WIND_DB: Final = 1.2
_SHAPES: Final = (4.0, 40.0)
"""Shape of the texture, from region to region."""
_REGION_M: Final = 12_000.0
CELL: Final = 2
"""Pixels of a cell of the texture."""
_SMOOTH: Final = 0.8
_NEIGHBOUR: Final = np.float32(0.3)
"""Weight of neighbours in the normal field of the speckle: intensities correlate by 0.5 from pixel to pixel."""
_LOG10: Final = np.log(10.0) / 10.0


@dataclass(frozen=True, slots=True)
class Sea:
    """The sea of a scene.

    Attributes:
        texture: gamma of mean 1, by cells of ``CELL`` x ``CELL`` pixels.
        mean: sigma nought, linear, by the same cells.
        shape: of the texture, by the same cells.
    """

    texture: NDArray[np.float32]
    mean: NDArray[np.float32]
    shape: NDArray[np.float32]


def noise(view: View, pixel: Floats) -> Floats:
    """Thermal noise of pixels, sigma nought, linear: least where the antenna pattern of a sub-swath has its top."""
    share = np.asarray(pixel, np.float64) / max(view.shape[1] - 1, 1)
    return np.asarray(np.exp(_LOG10 * (NOISE_DB + 1.5 * (2.0 * share - 1.0) ** 2 + 0.5 * share)), np.float64)


def level(view: View, pixel: Floats) -> Floats:
    """Mean sigma nought of the sea at pixels, linear: it falls as the radar looks flatter."""
    return np.asarray(np.exp(_LOG10 * (SEA_DB + _DB_PER_DEG * (view.ranges(pixel)[1] - 34.0))), np.float64)


def sea(view: View, rng: np.random.Generator) -> Sea:
    """The sea that a view looks at."""
    from scipy import ndimage

    rows, columns = (-(-n // CELL) for n in view.shape)
    wind, low = (_regions(view, rng, rows, columns) for _ in range(2))
    middle = (np.arange(columns) + 0.5) * CELL - 0.5
    mean = level(view, middle).astype(np.float32) * np.exp(np.float32(_LOG10 * _WIND_DB) * wind)
    share = np.clip(0.5 + low / 3.0, 0.0, 1.0)
    first, last = (np.float32(np.log(s)) for s in _SHAPES)
    shape = np.exp(first + (last - first) * share).astype(np.float32)
    z = ndimage.gaussian_filter(rng.standard_normal((rows, columns), np.float32), _SMOOTH, mode="wrap", truncate=3.0)
    z /= _shrink()
    return Sea(gamma_of(z, shape), mean, shape)


def gamma_of(z: NDArray[np.float32], shape: NDArray[np.float32] | np.float32) -> NDArray[np.float32]:
    """Gamma values of mean 1 with the quantiles of standard normal ones (Wilson and Hilferty 1931; shapes from 3)."""
    cube = np.float32(1.0) - np.float32(1.0 / 9.0) / shape + z / (np.float32(3.0) * np.sqrt(shape))
    out: NDArray[np.float32] = np.maximum(cube, np.float32(0.0)) ** 3
    return out


class Speckle:
    """Speckle of mean 1 and ``LOOKS`` looks, in strips of lines that join without a seam.

    Args:
        seed: any whole number from 0.
        lines: of a strip.
        width: pixels.
    """

    def __init__(self, seed: int, lines: int, width: int) -> None:
        self._seed, self._size = seed, (lines, width)
        self._held: dict[int, NDArray[np.float32]] = {}

    def strip(self, number: int) -> NDArray[np.float32]:
        """A strip, from 0; cheapest in order."""
        here = self._white(number)
        z = here.copy()
        z[1:] += _NEIGHBOUR * here[:-1]
        z[:-1] += _NEIGHBOUR * here[1:]
        z[-1] += _NEIGHBOUR * self._white(number + 1)[0]
        if number > 0:
            z[0] += _NEIGHBOUR * self._white(number - 1)[-1]
        across = z.copy()
        across[:, 1:] += _NEIGHBOUR * z[:, :-1]
        across[:, :-1] += _NEIGHBOUR * z[:, 1:]
        across *= np.float32(1.0 / (1.0 + 2.0 * _NEIGHBOUR**2))
        self._held = {k: v for k, v in self._held.items() if k >= number}
        return gamma_of(across, np.float32(LOOKS))

    def _white(self, number: int) -> NDArray[np.float32]:
        if number not in self._held:
            rng = np.random.default_rng([self._seed, 14, number])
            self._held[number] = rng.standard_normal(self._size, np.float32)
        return self._held[number]


def _shrink() -> np.float32:
    """Standard deviation that smoothing leaves of white noise."""
    from scipy import ndimage

    point = np.zeros((33, 33))
    point[16, 16] = 1.0
    return np.float32(np.sqrt((ndimage.gaussian_filter(point, _SMOOTH, truncate=3.0) ** 2).sum()))


def _regions(view: View, rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """A smooth standard normal field by cells, its knots 12 km apart."""
    side = _REGION_M / (view.spacing_m * CELL)
    knots = [np.arange(int(n / side) + 2) * side for n in (rows, columns)]
    field = rng.standard_normal((len(knots[0]), len(knots[1])))
    down, right = (spread(np.arange(n, dtype=np.float64), k) for n, k in zip((rows, columns), knots, strict=True))
    return np.asarray(down.astype(np.float32) @ field.astype(np.float32) @ right.T.astype(np.float32), np.float32)
