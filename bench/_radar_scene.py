"""A whole simulated radar scene as a product: SAFE of Sentinel-1's form, 16-bit amplitudes in strips of one line.

Off Halmahera, where the coastline of GSHHG gives a quarter of land. The sea is K-distributed, of shape 1.5 to 25 by
region, its texture constant over squares of two pixels; it darkens with range, and thermal noise lies under it, at far
range as strong as the sea. 900 ships of 15 to 350 m, bright spots along a hull in speckle, whose peak is known: 200 of
them in one anchorage, 40 pixels apart. 100 large ones beside them are drawn by ``makara.exercise.radar``, with side
lobes, azimuth ambiguities and, of those under way, wakes.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.exercise.radar import Target, View
from makara.exercise.radar.clutter import noise
from makara.exercise.radar.product import ground_points, manifest, metadata, names, safe_name
from makara.exercise.radar.render import amplitude
from makara.exercise.radar.ships import Drawn, draw
from makara.sensors.scene import Georeference, Nodes, Scene

SPACING_M = 10.0
VIEW = View(128.05, 0.70, 348.0, 37.0, (16_700, 25_700), SPACING_M, datetime(2026, 3, 14, 9, 12, 3, tzinfo=UTC))
SHAPE = VIEW.shape
LOOKS = 4.4
SHIPS, ANCHORED, LARGE = 900, 200, 100
SEED = 20_261
_REGION = 2_600
_STRIP = 256
_LAND = 0.16
_APART = 150


def product(directory: Path) -> Path:
    """The scene that :func:`make` wrote there."""
    return directory / safe_name(VIEW, 0)


def make(directory: Path) -> dict[str, Any]:
    """Write the product, ``ships.parquet`` and, in ``scene.json``, where its pixels lie."""
    import rasterio
    from rasterio.control import GroundControlPoint
    from rasterio.windows import Window

    from makara.session import resources

    rng = np.random.default_rng(SEED)
    rows, columns, lon, lat = VIEW.nodes(256)
    place = Georeference(Nodes(rows, columns, lon), Nodes(rows, columns, lat))
    water = resources.sea(Scene("bench", "sar", SHAPE, (SPACING_M, SPACING_M), place, read=lambda a, b: np.zeros(0)))
    x = np.arange(SHAPE[1], dtype=np.float64)
    clean = 10.0 ** (-1.4 - 0.7 * x / SHAPE[1])
    thermal = noise(VIEW, x)
    mean = (clean + thermal).astype(np.float32)
    scale = amplitude(VIEW, x).astype(np.float32)
    regions = rng.permutation(
        np.geomspace(1.5, 25.0, (SHAPE[0] // _REGION + 1) * (SHAPE[1] // _REGION + 1))
    ).reshape(SHAPE[0] // _REGION + 1, -1)  # fmt: skip
    ships, drawn, large = _ships(rng, water.usable)
    files = metadata(VIEW, 0)
    path = names(VIEW, 0)["measurement"]
    for name, content in files.items():
        (product(directory) / name).parent.mkdir(parents=True, exist_ok=True)
        (product(directory) / name).write_bytes(content)
    measurement = product(directory) / path
    measurement.parent.mkdir(exist_ok=True)
    points = zip(*(v.ravel().tolist() for v in ground_points(VIEW)), strict=True)
    gcps = [GroundControlPoint(row=y, col=x, x=lon, y=lat, z=0.0) for y, x, lon, lat in points]
    with rasterio.open(measurement, "w", driver="GTiff", dtype="uint16", count=1, height=SHAPE[0], width=SHAPE[1],
                       blockysize=1, gcps=gcps, crs="EPSG:4326") as out:  # fmt: skip
        for first in range(0, SHAPE[0], _STRIP):
            last = min(first + _STRIP, SHAPE[0])
            y = np.arange(first, last)
            half = regions[(y[::2] // _REGION)[:, None], (x[::2].astype(int) // _REGION)[None, :]]
            texture = (rng.standard_gamma(half) / half).astype(np.float32)
            level = np.repeat(np.repeat(texture, 2, 0), 2, 1)[: last - first, : SHAPE[1]]
            level *= clean.astype(np.float32)
            _laid(level, large, "times", first)
            level += thermal.astype(np.float32)
            for ship in drawn:
                _draw(level, mean, first, last, *ship)
            _laid(level, large, "plus", first)
            land = water.land[y // 8][:, x.astype(int) // 8]
            level[land] = _LAND
            level *= rng.standard_gamma(LOOKS, level.shape, np.float32) / np.float32(LOOKS)
            dn = np.clip(np.rint(np.sqrt(level) * scale), 1, 65_535).astype(np.uint16)
            out.write(dn, 1, window=Window(0, first, SHAPE[1], last - first))
    files[path] = measurement.read_bytes()
    (product(directory) / "manifest.safe").write_bytes(manifest(VIEW, files))
    with rasterio.open(measurement) as made:
        begin = int(made.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
    ships.write_parquet(directory / "ships.parquet")
    told = {"file": str(measurement), "offset": begin, "lines": SHAPE[0], "pixels": SHAPE[1]}
    (directory / "scene.json").write_text(json.dumps(told))
    return {"pixels": SHAPE[0] * SHAPE[1], "ships": len(ships), "% land": round(100 * float(water.land.mean()))}


def _ships(rng: np.random.Generator, usable: NDArray[np.uint8]) -> tuple[pl.DataFrame, list[Any], list[Drawn]]:
    """Where ships lie; their hulls: offsets of spots and how bright each is, the brightest 1; and the large ones.

    Columns: ``line, pixel`` where the image shows it, ``length_m``, ``peak_db`` (null: of the large ones),
    ``anchored``, ``ghost_1, ghost_2``: lines of its ambiguities.
    """
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
    while len(places) < SHIPS + LARGE:
        at = open_sea[rng.integers(len(open_sea))] * 8 + rng.integers(0, 8, 2)
        if np.hypot(*(np.array(places, float) - at).T).min() > _APART:
            places.append((int(at[0]), int(at[1])))
    rows: list[dict[str, Any]] = []
    drawn: list[Any] = []
    large: list[Drawn] = []
    for k, (line, pixel) in enumerate(places):
        anchored = k < ANCHORED
        if k >= SHIPS:
            length = float(np.exp(rng.uniform(np.log(100), np.log(360))))
            lon, lat = (float(v) for v in VIEW.place(line, pixel))
            way, speed = float(rng.uniform(0, 360)), float(rng.choice([0.0, rng.uniform(6, 20)]))
            ship = draw(VIEW, Target(f"large{k}", "vessel", lon, lat, length, length / 6.5, way, way, speed), rng)
            large.append(ship)
            ghosts = [*ship.ambiguities, None, None][:2]
            rows.append({"line": ship.shown_line, "pixel": pixel, "length_m": length, "peak_db": None,
                         "anchored": False, "ghost_1": ghosts[0], "ghost_2": ghosts[1]})  # fmt: skip
            continue
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
        rows.append({"line": float(line), "pixel": pixel, "length_m": length, "peak_db": peak_db, "anchored": anchored})
    return pl.DataFrame(rows, infer_schema_length=None), drawn, large


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


def _laid(level: Any, large: list[Drawn], how: str, first: int) -> None:
    """Add to a strip what of the large ships reaches into it, or multiply it by their wakes."""
    for ship in large:
        for p in ship.patches:
            top, low = max(p.line, first), min(p.line + p.values.shape[0], first + level.shape[0])
            if p.how == how and top < low:
                part = level[top - first : low - first, p.pixel : p.pixel + p.values.shape[1]]
                values = p.values[top - p.line : low - p.line]
                np.add(part, values, out=part) if how == "plus" else np.multiply(part, values, out=part)
