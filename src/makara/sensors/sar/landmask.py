"""Land in an image: polygons of the coast, rasterised in the image's own lines and pixels, with a margin at the shore.

Asking a land mask for each of the millions of cells of a scene costs more than finding the ships; drawing the few
polygons of its box costs under a second. Across 180 degrees polygons are turned to the scene's own longitudes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from makara.base import geo
from makara.sensors.sar.cfar import BLOCK, CELL
from makara.sensors.sar.coastline import Coastline
from makara.sensors.sar.stream import blocks
from makara.sensors.scene import Scene

MARGIN_M: Final = 200.0
"""From the shore: surf, moored boats and errors of the coastline."""
GRID_MARGIN_M: Final = 500.0
"""The same where the coast is a grid of cells of 900 m."""
_AROUND_DEG: Final = 0.1
_LONGEST_DEG: Final = 0.05
"""Edges of polygons are cut to this length: straight on the globe is not straight in the image."""
_COARSE: Final = 4
"""Cells between samples of a land grid."""

Floats = NDArray[np.float64]


Land = Callable[[Floats, Floats], NDArray[np.bool_]]
"""Whether points (longitude, latitude) lie on land."""


@dataclass(frozen=True)
class Water:
    """Where a scene shows sea.

    Attributes:
        usable: 1 on water further than the margin from land, by cells of CELL x CELL pixels, whole blocks.
        land: True on land, by the same cells.
        spacing_m: of the scene between lines and between pixels, metres.
        source: what the coast is, in words.
    """

    usable: NDArray[np.uint8]
    land: NDArray[np.bool_]
    spacing_m: tuple[float, float]
    source: str

    def shore_m(self, line: Floats, pixel: Floats, most_m: float = 50_000.0) -> Floats:
        """Distance from places of the scene to the nearest land in it, metres, at most ``most_m``."""
        from scipy.spatial import cKDTree

        inside = self.land.copy()
        inside[1:-1, 1:-1] &= self.land[:-2, 1:-1] & self.land[2:, 1:-1] & self.land[1:-1, :-2] & self.land[1:-1, 2:]
        inside[[0, -1], :] = inside[:, [0, -1]] = False
        at = np.argwhere(self.land & ~inside)
        if not len(at):
            return np.full(np.shape(line), most_m)
        size = np.array(self.spacing_m) * CELL
        off = cKDTree((at + 0.5) * size).query(np.stack([line, pixel], -1) * np.array(self.spacing_m))[0]
        on_land = self.land[np.asarray(line, int) // CELL, np.asarray(pixel, int) // CELL]
        return np.minimum(np.where(on_land, 0.0, off), most_m)


def water(scene: Scene, coast: Coastline | Land, *, margin_m: float = MARGIN_M, source: str = "land grid") -> Water:
    """Where a scene shows sea further than a margin from land.

    Args:
        scene: the scene.
        coast: polygons, or a function of places where there are none.
        margin_m: from the shore, metres.
        source: what the function knows, in words.
    """
    from scipy.ndimage import maximum_filter

    land = drawn(scene, coast) if isinstance(coast, Coastline) else _asked(scene, coast)
    wide = tuple(2 * int(np.ceil(margin_m / (s * CELL))) + 1 for s in scene.spacing_m) if margin_m > 0 else (1, 1)
    near = maximum_filter(land, wide) if land.any() else land
    told = coast.source if isinstance(coast, Coastline) else source
    return Water((1 - near).astype(np.uint8), land.astype(np.bool_), scene.spacing_m, told)


def _grid(scene: Scene, steps: int) -> tuple[Floats, Floats]:
    """Lines and pixels of an even grid over the image."""
    lines, pixels = (np.linspace(0.0, float(n - 1), steps) for n in scene.shape)
    y, x = np.meshgrid(lines, pixels, indexing="ij")
    return y.ravel(), x.ravel()


class _Inverse:
    """From places to lines and pixels, by a polynomial in metres around the scene's middle."""

    def __init__(self, scene: Scene) -> None:
        y, x = _grid(scene, 24)
        lon, lat = scene.georeference.place(y, x)
        middle = scene.georeference.place(scene.shape[0] / 2, scene.shape[1] / 2)
        self.lon0, self.lat0 = float(middle[0]), float(middle[1])
        self.box = (
            float(geo.lon_delta(self.lon0, lon).min()) - _AROUND_DEG,
            max(float(lat.min()) - _AROUND_DEG, -90.0),
            float(geo.lon_delta(self.lon0, lon).max()) + _AROUND_DEG,
            min(float(lat.max()) + _AROUND_DEG, 90.0),
        )
        self._weights = np.linalg.lstsq(self._basis(lon, lat), np.stack([y, x], -1), rcond=None)[0]

    def __call__(self, lon: Floats, lat: Floats) -> Floats:
        """Line and pixel of places, a row each."""
        return np.asarray(self._basis(lon, lat) @ self._weights)

    def _basis(self, lon: Floats, lat: Floats) -> Floats:
        x, y = (m / 1e5 for m in _local(self.lon0, self.lat0, lon, lat))
        return np.stack([x**i * y**j for i in range(5) for j in range(5 - i)], -1)


def _local(lon0: float, lat0: float, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Metres east and north in the stereographic plane that touches the sphere at a place: right near the poles."""
    a, b, d = np.radians(lat0), np.radians(lat), np.radians(geo.lon_delta(lon0, lon))
    k = 2.0 * geo.A_M / np.maximum(1.0 + np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(d), 1e-9)
    return k * np.cos(b) * np.sin(d), k * (np.cos(a) * np.sin(b) - np.sin(a) * np.cos(b) * np.cos(d))


def drawn(scene: Scene, coast: Coastline) -> NDArray[np.uint8]:
    """Land by cells, 1 where any of a cell is land."""
    import shapely
    from rasterio.features import rasterize

    inverse = _Inverse(scene)
    w, s, e, n = inverse.box
    shapes: list[Any] = []
    for turn in (-360.0, 0.0, 360.0):
        west, east = coast.box[:, 0] - inverse.lon0 + turn, coast.box[:, 2] - inverse.lon0 + turn
        near = np.flatnonzero((west < e) & (east > w) & (coast.box[:, 1] < n) & (coast.box[:, 3] > s))
        for i in near.tolist():
            ring = np.array(coast.xy[coast.start[i] : coast.start[i + 1]], np.float64) - [inverse.lon0 - turn, 0.0]
            part = shapely.clip_by_rect(shapely.polygons(ring), w, s, e, n)
            for piece in shapely.get_parts(part).tolist():
                if piece.geom_type != "Polygon" or piece.is_empty:
                    continue
                edge = shapely.get_coordinates(shapely.get_exterior_ring(shapely.segmentize(piece, _LONGEST_DEG)))
                at = inverse(geo.wrap_lon(edge[:, 0] + inverse.lon0), edge[:, 1])
                if len(at):
                    shapes.append(shapely.polygons((at[:, ::-1] + 0.5) / CELL))
    out = _cells(scene)
    if not shapes:
        return np.zeros(out, np.uint8)
    return np.asarray(rasterize(shapes, out_shape=out, dtype="uint8", all_touched=True), np.uint8)


def _cells(scene: Scene) -> tuple[int, int]:
    down, across = blocks(scene.shape)
    return down * BLOCK // CELL, across * BLOCK // CELL


def _asked(scene: Scene, land: Land) -> NDArray[np.uint8]:
    """Land by cells, from a function: asked at every fourth cell, since such grids are coarse."""
    down, across = _cells(scene)
    step = _COARSE * CELL
    y = (np.arange(-(-down // _COARSE)) + 0.5) * step - 0.5
    x = (np.arange(-(-across // _COARSE)) + 0.5) * step - 0.5
    lon, lat = scene.georeference.place(*(a.ravel() for a in np.meshgrid(y, x, indexing="ij")))
    on = np.asarray(land(lon, lat)).reshape(len(y), len(x)).astype(np.uint8)
    return np.repeat(np.repeat(on, _COARSE, 0), _COARSE, 1)[:down, :across]
