"""What a hull can do: top speeds by class, and how uncertain a position gets with time.

Sources: top speeds are the 99th percentile by type of common fleet statistics (a container ship 25 kn, a fishing vessel
15 kn, a go-fast 50 kn); the growth of uncertainty follows an integrated Ornstein-Uhlenbeck velocity (Millefiori 2016):
short-term cubic in time, long-term linear, so the area reachable does not explode as with constant acceleration.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

SPEED_MAX_KN: Final[dict[str, float]] = {
    "cargo": 26.0,
    "tanker": 20.0,
    "fishing": 16.0,
    "carrier": 22.0,
    "passenger": 40.0,
    "tug": 16.0,
    "small": 50.0,
    "unknown": 30.0,
}
"""Fastest plausible speed by class, knots."""

REVERSION_S: Final = 3.0 * 3600.0
"""Time over which a vessel forgets its deviation from the mean velocity, seconds."""
SPREAD_KN: Final = 1.6
"""Standard deviation of the deviation from the mean velocity, knots."""


def ship_class(ship_type: int | None) -> str:
    """Class of an AIS ship type number (ITU-R M.1371-5, table 53)."""
    if ship_type is None:
        return "unknown"
    if ship_type == 30:
        return "fishing"
    if ship_type in (31, 32, 52):
        return "tug"
    if ship_type in (36, 37):
        return "small"
    return {4: "passenger", 6: "passenger", 7: "cargo", 8: "tanker"}.get(ship_type // 10, "unknown")


def position_sd_m(dt_s: ArrayLike, start_sd_m: float = 30.0, spread_kn: float = SPREAD_KN) -> NDArray[np.float64]:
    """Standard deviation of a dead-reckoned position on each axis after ``dt_s`` seconds, metres.

    Integrated Ornstein-Uhlenbeck velocity: var = s^2 tau^2 (2 t/tau - 3 + 4 e^-t/tau - e^-2t/tau) + start^2.
    """
    t = np.abs(np.asarray(dt_s, np.float64)) / REVERSION_S
    s = spread_kn * 1852.0 / 3600.0 * REVERSION_S
    var = s * s * (2.0 * t - 3.0 + 4.0 * np.exp(-t) - np.exp(-2.0 * t))
    out: NDArray[np.float64] = np.sqrt(np.maximum(var, 0.0) + start_sd_m * start_sd_m)
    return out
