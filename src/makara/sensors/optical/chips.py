"""Chips of optical detections: colour by day, radiance in grey by night. See :mod:`makara.sensors.chips`.

By day red, green and blue are those of the scene, or near infrared, red and green where it has no blue: ``reflectance =
(value - 1) / 500``. By night ``radiance = 10 ** ((value - 1) / 50 - 1)`` nW/(cm2 sr).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.sensors import chips
from makara.sensors.sar.patches import Floats, Read, windows
from makara.sensors.scene import Scene

COLOUR: Final = ("red", "green", "blue")
INFRARED: Final = ("nir", "red", "green")
DAY: Final = "reflectance = (value - 1) / 500; 0 = no data"
NIGHT: Final = "radiance_nw = 10 ** ((value - 1) / 50 - 1); 0 = no data"
_KEPT: Final = 2
"""Bands of rows: a chip seldom reaches into a third."""


def with_chips(found: pl.DataFrame, scene: Scene) -> tuple[pl.DataFrame, dict[str, bytes]]:
    """Detections with their ``chip``, and the bytes of each by its hash.

    Args:
        found: ``line, pixel`` and, where it is known, ``length_m``.
        scene: of kind ``optical`` or ``viirs``; only rows around detections are read again.
    """
    night = scene.sensor == "viirs"
    bands = () if night else COLOUR if "blue" in scene.bands else INFRARED
    reads = _reads(scene, bands)
    line, pixel = (found[k].to_numpy() for k in ("line", "pixel"))
    length = found["length_m"].fill_null(0.0).to_numpy() if "length_m" in found.columns else np.zeros(len(found))
    names: dict[int, str] = {}
    made: dict[str, bytes] = {}
    # In order of lines, so that bands of rows are decoded once.
    for i in np.lexsort((pixel, line)).tolist():
        near = chips.windows(scene, reads, float(line[i]), float(pixel[i]), float(length[i]))
        if night:
            name, data = chips.chip(scene, _grey(near[0].values), near[0], NIGHT)
        else:
            name, data = chips.chip(scene, _colours([w.values for w in near]), near[0], DAY, bands=bands)
        names[i], made[name] = name, data
    return found.with_columns(chip=pl.Series([names[i] for i in range(len(found))], dtype=pl.String)), made


def _reads(scene: Scene, bands: tuple[str, ...]) -> list[Read]:
    """Readers of windows of bands, or of the only one; NaN where there is no data."""
    raw = windows(scene, _KEPT)

    def reader(k: int) -> Read:
        scale, offset = scene.reflectance[k] if scene.reflectance else (1.0, 0.0)

        def read(y0: int, y1: int, x0: int, x1: int) -> Floats:
            numbers = raw(y0, y1, x0, x1)
            v: Any = np.asarray(numbers[k] if numbers.ndim == 3 else numbers, np.float64)
            return np.where(np.isfinite(v) & (v != 0.0), v * scale + offset, np.nan)

        return read

    return [reader(scene.bands.index(b)) for b in bands] if bands else [reader(0)]


def _colours(values: list[Floats]) -> NDArray[np.uint8]:
    """Reflectance as colours; 0 where any band has no data."""
    v = np.stack(values, axis=-1)
    there = np.isfinite(v).all(axis=-1, keepdims=True)
    return np.where(there, np.clip(np.rint(np.where(there, v, 0.0) * 500.0) + 1.0, 1.0, 255.0), 0.0).astype(np.uint8)


def _grey(radiance: Floats) -> NDArray[np.uint8]:
    """Radiance as grey; 0 where there is no data."""
    there = np.isfinite(radiance)
    steps = 50.0 * (np.log10(np.maximum(np.where(there, radiance, 1.0), 0.1)) + 1.0)
    return np.where(there, np.clip(np.rint(steps) + 1.0, 1.0, 255.0), 0.0).astype(np.uint8)


__all__ = ["COLOUR", "DAY", "INFRARED", "NIGHT", "with_chips"]
