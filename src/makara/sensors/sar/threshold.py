"""How bright a pixel of sea may be: thresholds for K-distributed clutter whose background was truncated.

Sea clutter is speckle (gamma, as many looks as the product has) on texture (gamma, of a shape): the K distribution of
Ward 1981; shape infinity is calm sea. The shape shows in the background's second moment. So that neighbouring ships do
not raise the background, :mod:`makara.sensors.sar.cfar` leaves out of it all that is brighter than ``CAP`` medians; the
moments here are those of clutter truncated in the same way, so that the protection does not bias the threshold.

Thermal noise lies under the sea and has no texture: of two seas with the same second moment the one with more noise
under it is spikier, and its tail longer. So there is a row of thresholds for each share of the noise in the mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

CAP: Final = 8.0
"""Medians of a block above which a pixel is not background."""
SHAPE_MIN: Final = 0.4
"""The spikiest sea that has a threshold of its own."""
SHARES: Final = (0.0, 0.3, 0.55, 0.75, 0.9)
"""Shares of the noise in the mean with thresholds of their own; between them they are interpolated."""
_SHAPES: Final = 48
_NODES: Final = 80
_STEPS: Final = 512

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Thresholds:
    """Thresholds as multiples of the background's mean, by the background's ``c``: mean square over squared mean.

    Attributes:
        c0: ``c`` of the first entry.
        per_c: entries for each unit of ``c``.
        grow: what belongs to a target, by share of noise and ``c``.
        seed: what makes a target, likewise.
        cap: medians of a block above which a pixel is no background; 0: all are.
        normal: the tables hold one entry each, t: the threshold is mean + t standard deviations.
        shares: of the noise in the mean, of the rows; the first is 0.
    """

    c0: float
    per_c: float
    grow: Floats
    seed: Floats
    cap: float
    normal: bool = False
    shares: Floats = field(default_factory=lambda: np.zeros(1))


class Clutter:
    """K-distributed clutter of mean 1.

    Args:
        looks: of the speckle (equivalent number).
        shape: of the texture; infinity: none.
        noise: share of the mean that is thermal noise, which has no texture.
    """

    def __init__(self, looks: float, shape: float, noise: float = 0.0) -> None:
        from scipy import special

        self._looks = looks
        if not math.isfinite(shape) or shape > 200.0:
            self._texture, self._weight = np.ones(1), np.ones(1)
        else:
            texture, weight = special.roots_genlaguerre(_NODES, shape - 1.0)
            texture = (1.0 - noise) * np.maximum(texture / shape, 1e-300) + noise
            self._texture, self._weight = texture, weight / weight.sum()

    def survival(self, x: float) -> float:
        """Probability of an intensity above x."""
        from scipy import special

        return float(self._weight @ special.gammaincc(self._looks, self._looks * x / self._texture))

    def quantile(self, survival: float, low: float = 1e-4, high: float = 1e4) -> float:
        """The intensity that is exceeded with this probability."""
        from scipy import optimize

        def off(u: float) -> float:
            return math.log(max(self.survival(math.exp(u)), 1e-300)) - math.log(survival)

        return math.exp(optimize.brentq(off, math.log(low), math.log(high), xtol=1e-9))

    def moments(self, limit: float) -> tuple[float, float]:
        """Mean and mean square of what is below the limit."""
        from scipy import special

        n, z = self._looks, self._looks * limit / self._texture
        share = self._weight @ special.gammainc(n, z)
        m1 = self._weight @ (self._texture * special.gammainc(n + 1.0, z))
        m2 = self._weight @ (self._texture**2 * (n + 1.0) / n * special.gammainc(n + 2.0, z))
        return float(m1 / share), float(m2 / share)


@lru_cache(maxsize=32)
def thresholds(
    pfa: float = 1e-7, looks: float = 4.4, grow: float = 1e-4, cap: float = CAP, noise: bool = True
) -> Thresholds:
    """The table for a rate of false alarms.

    Args:
        pfa: false alarms a pixel of sea.
        looks: equivalent number of looks of a pixel.
        grow: the laxer rate at which neighbours of a seed are added to it.
        cap: medians above which a pixel is left out of the background.
        noise: rows for all SHARES of noise; else for none alone.
    """
    shapes = np.r_[np.inf, np.geomspace(150.0, SHAPE_MIN, _SHAPES - 1)]
    shares = SHARES if noise else SHARES[:1]
    sets = [np.array([_row(looks, float(s), share, max(grow, pfa), pfa, cap) for s in shapes]) for share in shares]
    c = [np.maximum.accumulate(rows[:, 0]) for rows in sets]
    grid: NDArray[Any] = np.linspace(c[0][0], c[0][-1], _STEPS)
    # A sea more uneven than any that so much noise allows has less noise under it than was told.
    lax, strict = (
        np.maximum.accumulate([np.interp(grid, x, rows[:, k]) for x, rows in zip(c, sets, strict=True)]) for k in (1, 2)
    )
    return Thresholds(
        float(grid[0]), float(1.0 / (grid[1] - grid[0])), lax, strict, cap, shares=np.array(shares, np.float64)
    )


def _row(looks: float, shape: float, noise: float, grow: float, pfa: float, cap: float) -> tuple[float, float, float]:
    sea = Clutter(looks, shape, noise)
    m1, m2 = sea.moments(cap * sea.quantile(0.5))
    return m2 / m1**2, sea.quantile(grow) / m1, sea.quantile(pfa) / m1
