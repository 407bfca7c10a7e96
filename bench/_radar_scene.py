"""A whole simulated radar scene as a file: 16-bit amplitudes in strips of one line, as Sentinel-1's products have.

Off Halmahera, where the coastline of GSHHG gives a quarter of land. The sea is K-distributed, of shape 1.5 to 25 by
region, its texture constant over squares of two pixels; it darkens with range, and thermal noise lies under it. 900
ships of 15 to 350 m, bright spots along a hull in speckle: 200 of them in one anchorage, 40 pixels apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.sensors.scene import Calibration, Georeference, Nodes, Scene

SHAPE = (16_700, 25_700)
SPACING_M = 10.0
LOOKS = 4.4
SHIPS, ANCHORED = 900, 200
SEED = 20_261
_CORNER = (126.9, 1.45)
_TURN = np.radians(-4.0)
_REGION = 2_600
_STRIP = 256
_LAND = 0.16
_NODE_PIXELS = np.linspace(0.0, SHAPE[1], 41)
_NODE_LINES = np.linspace(0.0, SHAPE[0], 11)


def _nodes(of: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]) -> Nodes:
    y, x = np.meshgrid(_NODE_LINES, _NODE_PIXELS, indexing="ij")
    return Nodes(_NODE_LINES, _NODE_PIXELS, of(y, x))


def _place(y: NDArray[Any], x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    east = (x * np.cos(_TURN) + y * np.sin(_TURN)) * SPACING_M
    south = (y * np.cos(_TURN) - x * np.sin(_TURN)) * SPACING_M
    lat = _CORNER[1] - south / 110_574.0
    return _CORNER[0] + east / (111_320.0 * np.cos(np.radians(lat))), lat


def scene(read: Any) -> Scene:
    """The scene with all that its provider would say of it."""
    far = lambda x: x / SHAPE[1]  # noqa: E731
    gain = _nodes(lambda y, x: (330.0 + 60.0 * far(x)) ** -2.0)
    noise = _nodes(lambda y, x: 10.0 ** (-2.5 + 0.2 * np.cos(9.0 * far(x))))
    return Scene(
        product="bench",
        sensor="sar",
        shape=SHAPE,
        spacing_m=(SPACING_M, SPACING_M),
        georeference=Georeference(_nodes(lambda y, x: _place(y, x)[0]), _nodes(lambda y, x: _place(y, x)[1])),
        read=read,
        calibration=Calibration(2, gain, noise, looks=LOOKS),
    )


def make(directory: Path) -> dict[str, Any]:
    """Write ``scene.tif``, ``ships.parquet`` and where the file's pixels begin."""
    import rasterio
    from rasterio.windows import Window

    from makara.session import resources

    rng = np.random.default_rng(SEED)
    empty = scene(None)
    water = resources.sea(empty)
    calibration = empty.calibration
    assert calibration is not None and calibration.noise is not None
    x = np.arange(SHAPE[1], dtype=np.float64)
    clean = 10.0 ** (-1.4 - 0.7 * x / SHAPE[1])
    regions = rng.permutation(
        np.geomspace(1.5, 25.0, (SHAPE[0] // _REGION + 1) * (SHAPE[1] // _REGION + 1))
    ).reshape(SHAPE[0] // _REGION + 1, -1)  # fmt: skip
    ships, drawn = _ships(rng, water.usable)
    options = {"driver": "GTiff", "dtype": "uint16", "count": 1, "height": SHAPE[0], "width": SHAPE[1]}
    with rasterio.open(directory / "scene.tif", "w", **options, blockysize=1) as out:
        for first in range(0, SHAPE[0], _STRIP):
            last = min(first + _STRIP, SHAPE[0])
            y = np.arange(first, last)
            half = regions[(y[::2] // _REGION)[:, None], (x[::2].astype(int) // _REGION)[None, :]]
            texture = (rng.standard_gamma(half) / half).astype(np.float32)
            level = np.repeat(np.repeat(texture, 2, 0), 2, 1)[: last - first, : SHAPE[1]]
            level *= clean.astype(np.float32)
            noise = calibration.noise.at(float(first), x)
            mean = (clean + noise).astype(np.float32)
            level += noise.astype(np.float32)
            for ship in drawn:
                _draw(level, mean, first, last, *ship)
            land = water.land[y // 8][:, x.astype(int) // 8]
            level[land] = _LAND
            level *= rng.standard_gamma(LOOKS, level.shape, np.float32) / np.float32(LOOKS)
            gain = calibration.gain.at(float(first), x).astype(np.float32)
            dn = np.clip(np.rint(np.sqrt(level / gain)), 1, 65_535).astype(np.uint16)
            out.write(dn, 1, window=Window(0, first, SHAPE[1], last - first))
    with rasterio.open(directory / "scene.tif") as made:
        begin = int(made.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
    ships.write_parquet(directory / "ships.parquet")
    told = {"offset": begin, "lines": SHAPE[0], "pixels": SHAPE[1]}
    (directory / "scene.json").write_text(json.dumps(told))
    return {"pixels": SHAPE[0] * SHAPE[1], "ships": len(ships), "% land": round(100 * float(water.land.mean()))}


def _ships(rng: np.random.Generator, usable: NDArray[np.uint8]) -> tuple[pl.DataFrame, list[Any]]:
    """Where ships lie, and their hulls: offsets of spots and how bright each is, the brightest 1."""
    open_sea = np.argwhere(usable[:, : SHAPE[1] // 8] == 1)
    open_sea = open_sea[(open_sea[:, 0] > 20) & (open_sea[:, 0] < SHAPE[0] // 8 - 20)]
    open_sea = open_sea[(open_sea[:, 1] > 20) & (open_sea[:, 1] < SHAPE[1] // 8 - 20)]
    side = int(np.ceil(ANCHORED**0.5))
    cells = side * 40 // 8
    while True:
        corner = open_sea[rng.integers(len(open_sea))]
        y0, x0 = corner
        if usable[y0 : y0 + cells + 1, x0 : x0 + cells + 1].all() and x0 + cells < SHAPE[1] // 8:
            break
    places = [(y0 * 8 + 40 * (k // side), x0 * 8 + 40 * (k % side)) for k in range(ANCHORED)]
    taken = np.array(places, float)
    while len(places) < SHIPS:
        at = open_sea[rng.integers(len(open_sea))] * 8 + rng.integers(0, 8, 2)
        if np.hypot(*(taken - at).T).min() > 150:
            places.append((int(at[0]), int(at[1])))
            taken = np.array(places, float)
    rows, drawn = [], []
    for k, (line, pixel) in enumerate(places):
        anchored = k < ANCHORED
        length = float(rng.uniform(80, 250) if anchored else np.exp(rng.uniform(np.log(15), np.log(350))))
        peak_db = float(rng.uniform(12, 25) if anchored else rng.uniform(8, 28))
        axis = rng.uniform(0, np.pi)
        # Spots every 5 m along and across the hull; the deck between bow and bridge is darker.
        u, v = np.meshgrid(np.arange(-length / 2, length / 2, 5.0), np.arange(-length / 14, length / 14 + 0.1, 5.0))
        spots = rng.standard_gamma(0.7, u.shape)
        y = (u * np.cos(axis) + v * np.sin(axis)).ravel() / SPACING_M
        x = (u * np.sin(axis) - v * np.cos(axis)).ravel() / SPACING_M
        hull = _blurred(y, x, spots.ravel())
        drawn.append((line, pixel, hull * np.float32(10.0 ** (peak_db / 10.0) / hull.max())))
        rows.append({"line": line, "pixel": pixel, "length_m": length, "peak_db": peak_db, "anchored": anchored})
    return pl.DataFrame(rows), drawn


def _blurred(y: NDArray[Any], x: NDArray[Any], power: NDArray[Any]) -> NDArray[np.float32]:
    """Spots seen with a resolution of two pixels."""
    reach = int(np.ceil(max(np.abs(y).max(), np.abs(x).max()))) + 3
    grid = np.arange(-reach, reach + 1)
    near_y, near_x = (np.exp(-(((grid[:, None] - a[None, :]) / 1.2) ** 2)) for a in (y, x))
    return np.asarray((near_y * power) @ near_x.T, np.float32)


def _draw(level: Any, mean: Any, first: int, last: int, line: int, pixel: int, hull: Any) -> None:
    """Add a ship to a strip, as a multiple of the mean of the sea there, noise included."""
    reach = hull.shape[0] // 2
    top, low = max(line - reach, first), min(line + reach + 1, last)
    left, right = max(pixel - reach, 0), min(pixel + reach + 1, SHAPE[1])
    if top >= low:
        return
    part = hull[top - line + reach : low - line + reach, left - pixel + reach : right - pixel + reach]
    level[top - first : low - first, left:right] += part * mean[left:right]
