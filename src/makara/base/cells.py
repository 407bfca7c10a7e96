"""H3 cells: their parents and neighbours, and their outlines cut at 180 degrees (RFC 7946).

Cells are signed 64-bit integers everywhere: the same bits as H3's own (Uber H3, Brodsky 2018).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from h3.api.numpy_int import (
    cell_to_boundary,
    cell_to_children,
    cell_to_latlng,
    get_res0_cells,
    grid_disk,
    latlng_to_cell,
)
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
_RESOLUTION_BIT: Final = 52
_DIGITS: Final = 15
_DIGIT_BITS: Final = 3
_DECIMALS: Final = 7


def parents(cell: ArrayLike, resolution: int) -> Ints:
    """The coarser cells that hold cells: the digits below become 7, as H3 numbers them."""
    low = (1 << (_DIGIT_BITS * (_DIGITS - resolution))) - 1
    bare = np.asarray(cell, np.int64) & ~np.int64(0xF << _RESOLUTION_BIT)
    out: Ints = bare | np.int64(low) | np.int64(resolution << _RESOLUTION_BIT)
    return out


def ring(cell: Ints) -> Ints:
    """Cells and their immediate neighbours, sorted, each once."""
    found = [grid_disk(np.uint64(c), 1) for c in cell.tolist()]
    return np.unique(np.concatenate(found)).astype(np.int64) if found else np.zeros(0, np.int64)


def in_box(w: float, s: float, e: float, n: float, resolution: int, step_deg: float = 0.2) -> Ints:
    """Cells (no finer than resolution 3) that hold a point of a box, sorted; w > e where it crosses 180 degrees."""
    wide = (e - w) % 360.0 if (e - w) % 360.0 or w == e else 360.0
    out = []
    for y in np.linspace(s, n, max(2, int((n - s) / step_deg) + 1)).tolist():
        x = w + np.linspace(0.0, wide, max(2, int(wide / step_deg * max(np.cos(np.radians(y)), 0.01)) + 1))
        out.append(np.unique([latlng_to_cell(y, lon, resolution) for lon in ((x + 180.0) % 360.0 - 180.0).tolist()]))
    return np.unique(np.concatenate(out)).astype(np.int64)


def children(cell: Ints, resolution: int) -> tuple[Ints, NDArray[np.float64], NDArray[np.float64]]:
    """Centres of the finer cells in cells: for each the row of its cell, longitude and latitude, degrees."""
    found = [cell_to_children(np.uint64(c), resolution) for c in cell.tolist()]
    row = np.repeat(np.arange(len(found)), [len(f) for f in found])
    place = np.array([cell_to_latlng(c) for f in found for c in f], np.float64).reshape(-1, 2)
    return row, place[:, 1], place[:, 0]


@cache
def every(resolution: int) -> tuple[Ints, NDArray[np.float64], NDArray[np.float64]]:
    """All cells of a (coarse) resolution, sorted, with longitude and latitude of their centres, degrees."""
    found = np.concatenate([cell_to_children(c, resolution) for c in get_res0_cells()])
    cells = np.sort(found.astype(np.int64))
    place = np.array([cell_to_latlng(np.uint64(c)) for c in cells.tolist()], np.float64)
    return cells, place[:, 1], place[:, 0]


def outline(cell: int) -> bytes:
    """A cell's outline as WKB: a polygon, or several where 180 degrees cuts it; over a pole it runs along the edge."""
    import shapely

    lat, lon = np.array(cell_to_boundary(np.uint64(cell)), np.float64).T
    turn = (np.diff(np.append(lon, lon[0])) + 180.0) % 360.0 - 180.0
    x = lon[0] + np.concatenate([[0.0], np.cumsum(turn)])
    xy = np.column_stack([x[:-1], lat])
    if abs(x[-1] - x[0]) > 180.0:
        pole = np.copysign(90.0, lat[0])
        xy = np.concatenate([xy, [[x[-1], lat[0]], [x[-1], pole], [x[0], pole]]])
    found = shapely.Polygon(np.round(xy, _DECIMALS))
    if x.min() < -180.0 or x.max() > 180.0:
        parts: list[Any] = []
        for k in (-1, 0, 1):
            part = shapely.intersection(found, shapely.box(360.0 * k - 180.0, -90.0, 360.0 * k + 180.0, 90.0))
            part = shapely.transform(part, lambda p, k=k: np.round(p - [360.0 * k, 0.0], _DECIMALS))
            parts += [p for p in shapely.get_parts(part) if p.geom_type == "Polygon"]
        found = shapely.union_all(parts)
    data: bytes = shapely.to_wkb(found, byte_order=1)
    return data
