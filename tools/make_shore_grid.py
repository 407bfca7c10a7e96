"""Make src/makara/data/shore_0p1deg.npz: signed distance to the shore on a 0.1 degree grid.

Input: the land mask of the package global-land-mask (30 arc seconds, made from the public GLOBE elevation model).
Method: the mask's sea cells beside land, and land cells beside sea, as points of the globe in a k-d tree; the chord to
the nearest one, less half a cell. Run: ``python tools/make_shore_grid.py`` (two minutes, 3 GB).
"""

from __future__ import annotations

import io
import lzma
import sys
from pathlib import Path

import numpy as np
from global_land_mask import globe
from scipy.spatial import cKDTree

from makara.base.geo import A_M, F

STEP_DEG = 0.1
UNIT_M = 100.0
LAND_DEEPEST_M = 20_000.0
OUT = Path(__file__).resolve().parents[1] / "src" / "makara" / "data" / "shore_0p1deg.npz"


def cartesian(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Points on the ellipsoid, metres from the earth's centre."""
    x, y = np.radians(lon), np.radians(lat)
    e2 = F * (2.0 - F)
    n = A_M / np.sqrt(1.0 - e2 * np.sin(y) ** 2)
    return np.stack([n * np.cos(y) * np.cos(x), n * np.cos(y) * np.sin(x), n * (1.0 - e2) * np.sin(y)], axis=-1)


def coast(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of true cells beside a false one."""
    other = ~mask
    edge = np.zeros_like(mask)
    edge[1:] |= other[:-1]
    edge[:-1] |= other[1:]
    edge |= np.roll(other, 1, axis=1) | np.roll(other, -1, axis=1)
    return np.nonzero(edge & mask)


def main() -> None:
    """Make the grid and write it."""
    sea = np.asarray(globe._mask)
    lat, lon = np.asarray(globe._lat, np.float64), np.asarray(globe._lon, np.float64)
    grid_lon = np.arange(-180.0, 180.0 - 1e-9, STEP_DEG)
    grid_lat = np.arange(-90.0, 90.0 + 1e-9, STEP_DEG)
    i = np.clip(np.rint((grid_lat - lat[0]) / (lat[1] - lat[0])).astype(int), 0, lat.size - 1)
    j = np.rint((grid_lon - lon[0]) / (lon[1] - lon[0])).astype(int) % lon.size
    node_sea = sea[np.ix_(i, j)]
    gx, gy = np.meshgrid(grid_lon, grid_lat)
    signed = np.zeros(gx.shape)
    half_cell = 0.25 * (lat[1] - lat[0]) * 111_195.0
    for wanted, target, sign in ((node_sea, ~sea, 1.0), (~node_sea, sea, -1.0)):
        r, c = coast(target)
        tree = cKDTree(cartesian(lon[c], lat[r]))
        points = cartesian(gx[wanted], gy[wanted])
        chord, _ = tree.query(points, workers=1)
        arc = 2.0 * A_M * np.arcsin(np.minimum(chord / (2.0 * A_M), 1.0))
        signed[wanted] = sign * np.maximum(np.abs(arc) - abs(half_cell), UNIT_M)
    units = np.rint(np.maximum(signed, -LAND_DEEPEST_M) / UNIT_M).astype(np.int16)
    packed = np.diff(units.astype(np.int32), axis=1, prepend=0)
    packed = np.diff(packed, axis=0, prepend=0).astype("<i2")
    low, high = (packed & 0xFF).astype(np.uint8), ((packed >> 8) & 0xFF).astype(np.uint8)
    data = lzma.compress(low.tobytes() + high.tobytes(), preset=9 | lzma.PRESET_EXTREME)
    buffer = io.BytesIO()
    np.savez(buffer, packed=np.frombuffer(data, np.uint8), shape=np.array(units.shape), unit_m=np.float64(UNIT_M))
    OUT.write_bytes(buffer.getvalue())
    sys.stdout.write(f"{OUT}: {OUT.stat().st_size / 1e6:.2f} MB, {units.shape}, {units.min()} to {units.max()}\n")


if __name__ == "__main__":
    main()
