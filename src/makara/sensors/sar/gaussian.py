"""The two-parameter detector: mean and standard deviation of the ring, as if the sea were normally distributed.

It is here to compare with, and for products whose numbers are not intensities of a known number of looks. At the same
nominal rate it gives far more false alarms than the K detector, and it loses ships that lie close to each other, since
neighbours raise its background (Novak and others 1993; Crisp 2004).
"""

from __future__ import annotations

import numpy as np

from makara.sensors.sar.threshold import Thresholds


def thresholds(pfa: float = 1e-7, grow: float = 1e-4) -> Thresholds:
    """Standard deviations above the mean for a rate of false alarms in normal clutter.

    Args:
        pfa: false alarms a pixel of sea, nominal.
        grow: the laxer rate at which neighbours of a seed are added to it.
    """
    from scipy import special

    lax, strict = (-float(special.ndtri(p)) for p in (max(grow, pfa), pfa))
    return Thresholds(1.0, 1.0, np.array([[lax]]), np.array([[strict]]), 0.0, normal=True)
