"""Chips of radar detections: sigma nought in grey, ``dB = (value - 1) / 4 - 40``. See :mod:`makara.sensors.chips`."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from makara.sensors import chips
from makara.sensors.sar.patches import Floats, Read
from makara.sensors.scene import Scene

FLOOR_DB: Final = -40.0
STEPS: Final = 4
"""Steps of a decibel."""
_TOLD: Final = f"sigma0_db = (value - 1) / {STEPS} + {FLOOR_DB:g}; 0 = no data; thermal noise not taken away"


def chip(scene: Scene, read: Read, line: float, pixel: float, length_m: float) -> tuple[str, bytes]:
    """The hash and the bytes of the chip around a place of a scene where something of this length is seen."""
    (window,) = chips.windows(scene, [read], line, pixel, length_m)
    return chips.chip(scene, grey(window.values), window, _TOLD, polarisation=scene.polarisation)


def grey(sigma: Floats) -> NDArray[np.uint8]:
    """Sigma nought as grey values; 0 where there is no data."""
    there = np.isfinite(sigma)
    db = 10.0 * np.log10(np.maximum(np.where(there, sigma, 1.0), 1e-12))
    return np.where(there, np.clip(np.rint((db - FLOOR_DB) * STEPS) + 1.0, 1.0, 255.0), 0.0).astype(np.uint8)


__all__ = ["FLOOR_DB", "STEPS", "chip", "grey"]
