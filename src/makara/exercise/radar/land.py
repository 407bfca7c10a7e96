"""Land in a radar image: bright and rough where a land mask says so, brighter still in places, as towns are.

A grid of land is coarser than the coastlines by which a detector leaves land out. So land is drawn from a kilometre
inland on: no bright corner of a cell lies in what is sea on a better map. Between lies water without ships.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from makara.base import geo
from makara.exercise.radar.geometry import View, spread
from makara.exercise.routes import LandMask

BLOCK: Final = 4
"""Pixels of a block that is land or sea as a whole."""
INLAND_M: Final = 1000.0
"""A little over a cell of 30 arc seconds."""
LAND_DB: Final = -7.0
_ROUGH: Final = 1.5
"""Shape of the texture of land."""
_NODES: Final = 250


def land(view: View, mask: LandMask) -> NDArray[np.bool_]:
    """Which blocks of ``BLOCK`` x ``BLOCK`` pixels are land, and all within a kilometre of them in the image too."""
    from scipy import ndimage

    rows, columns, lon, lat = view.nodes(_NODES)
    middle = [(np.arange(-(-n // BLOCK)) + 0.5) * BLOCK - 0.5 for n in view.shape]
    down, right = spread(middle[0], rows), spread(middle[1], columns)
    dry = mask(geo.wrap_lon(down @ lon @ right.T), down @ lat @ right.T)
    reach = 2 * int(INLAND_M / (view.spacing_m * BLOCK)) + 1
    out: NDArray[np.bool_] = ndimage.minimum_filter(dry, reach, mode="nearest")
    return out


def brightness(blocks: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float32]:
    """Sigma nought of land by block, linear; 0 at sea."""
    from scipy import ndimage

    if not blocks.any():
        return np.zeros(blocks.shape, np.float32)
    hills = ndimage.gaussian_filter(rng.standard_normal(blocks.shape, np.float32), 6.0) * np.float32(20.0)
    towns = rng.random(blocks.shape, np.float32) < 0.002
    rough = rng.standard_gamma(_ROUGH, blocks.shape, np.float32) / np.float32(_ROUGH)
    level = np.float32(10.0 ** (LAND_DB / 10.0)) * np.exp(np.float32(0.35) * hills) * (rough + np.float32(0.2))
    out: NDArray[np.float32] = np.where(blocks, level * np.where(towns, np.float32(20.0), np.float32(1.0)), 0.0)
    return out.astype(np.float32)
