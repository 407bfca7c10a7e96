"""How small a vessel a radar scene shows: the detection limit that a look is stated with."""

from __future__ import annotations

import math
from typing import Final

ANCHOR_M: Final = 25.0
"""Length seen with probability one half at the resolution below."""
ANCHOR_RESOLUTION_M: Final = 20.0
SLOPE: Final = 6.0 / 7.0
LEAST_M: Final = 8.0
"""Boats of wood and glass fibre below this are not seen at any resolution."""


def length50_m(resolution_m: float | None) -> float | None:
    """Vessel length that a scene shows with probability one half, metres; None where the resolution is not known.

    ``max(8, 25 * (resolution / 20) ** (6 / 7))``. A vessel's radar cross-section grows as length to the 7/3, and the
    clutter in a resolution cell as the cell's area, so the length at a given ratio of the two grows as resolution to
    the 6/7 (Vachon, Campbell, Bjerkelund, Dobson and Rey 1997, Canadian Journal of Remote Sensing 23). The anchor is
    Sentinel-1 IW at 20 m, of which Paolo and others (2024, Nature 625) state that most vessels of 25 to 50 m are
    found and few below 15 m; half is put at 25 m, on the careful side: a look that claims too much would make vessels
    that it missed look absent. High seas raise the limit, which is not modelled.
    """
    if resolution_m is None or not resolution_m > 0.0:
        return None
    return max(LEAST_M, ANCHOR_M * math.pow(resolution_m / ANCHOR_RESOLUTION_M, SLOPE))


__all__ = ["length50_m"]
