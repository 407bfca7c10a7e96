"""How small a vessel an optical scene shows: the detection limit that a look is stated with."""

from __future__ import annotations

from typing import Final

PIXELS: Final = 2.0
"""Pixels that a vessel must be long to be seen with probability one half."""


def length50_m(resolution_m: float | None) -> float | None:
    """Vessel length that a clear scene shows with probability one half, metres; None where the resolution is unknown.

    Two pixels: 20 m for Sentinel-2, the smallest ships that Heiselberg (2016, Remote Sensing 8, 1033) finds in it. Sun
    glint, waves and dark hulls raise the limit, which is not modelled; cloud is told by itself.
    """
    return PIXELS * resolution_m if resolution_m is not None and resolution_m > 0.0 else None


__all__ = ["length50_m"]
