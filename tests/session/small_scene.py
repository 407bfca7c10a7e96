"""A small calibrated radar image with ships in it, made here: speckled sea, a GeoTIFF that says its units and time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio import Affine

SHIPS = ((60, 60), (60, 200), (150, 110), (230, 60), (230, 230))
"""Lines and pixels of the ships' middles."""
STEP_DEG = 0.0001
LINES = PIXELS = 300


def write_scene(
    path: Path,
    *,
    west: float = 179.985,
    north: float = -17.5,
    ships: tuple[tuple[int, int], ...] = SHIPS,
    seed: int = 3,
    **tags: str,
) -> Path:
    """Write an image of sea at -18 dB with ships of 120 m by 20 m, 20 dB above it; it crosses 180 by default."""
    rng = np.random.default_rng(seed)
    sea = 10.0 ** (-18.0 / 10.0) * rng.gamma(4.4, 1.0 / 4.4, (LINES, PIXELS))
    for line, pixel in ships:
        sea[line - 1 : line + 1, pixel - 5 : pixel + 6] *= 200.0
    data = (10.0 * np.log10(sea)).astype(np.float32)
    told = {"UNITS": "dB", "ACQUISITION_START": "2026-03-01T10:20:00Z"} | tags
    transform = Affine(STEP_DEG, 0.0, west, 0.0, -STEP_DEG, north)
    with rasterio.open(path, "w", driver="GTiff", width=PIXELS, height=LINES, count=1, dtype="float32",
                       crs="EPSG:4326", transform=transform) as out:  # fmt: skip
        out.write(data, 1)
        out.update_tags(**{k: v for k, v in told.items() if v})
    return path
