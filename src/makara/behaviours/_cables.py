"""Lines on the sea bed and tracks above them: which points are near a line, which legs cross one.

Lines are cut into pieces; each piece is entered in the cells of a grid of a quarter of a degree that it or its
surroundings touch. Whether a leg's box holds any entry is read off a summed table of the grid in four look-ups, so that
legs far from every line cost next to nothing. Right across 180 degrees: differences of longitude are wrapped. The grid
only finds candidates: it changes no result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
import shapely
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M, distance_scalar

CELL_DEG: Final = 0.25
_NX: Final = 1440
_NY: Final = 720
_PIECE_DEG: Final = 0.25
_M_DEG: Final = A_M * np.pi / 180.0

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lines:
    """Lines of zones, cut into pieces and hashed.

    Attributes:
        keys: zones, sorted.
        pieces: longitude and latitude of both ends, degrees.
        line: number of the zone of each piece.
        first: for each cell where its pieces start in ``held``; one more at the end.
        held: numbers of pieces.
        summed: entries in the grid south and west of each cell's corner.
    """

    keys: list[str]
    pieces: Floats
    line: Ints
    first: Ints
    held: Ints
    summed: Ints

    @staticmethod
    def of(zones: pl.DataFrame, reach_m: float) -> Lines:
        """The lines among zones, hashed so that points up to ``reach_m`` away find them."""
        some = zones.sort("zone")
        found, line = [np.empty((0, 4))], [np.empty(0, np.int64)]
        for k, shape in enumerate(shapely.from_wkb(some["geometry"].to_numpy()) if len(some) else []):
            for part in shapely.get_parts(shape):
                area = shapely.get_dimensions(part) == 2
                cut = _cut(shapely.get_coordinates(part.exterior if area else part), area)
                found.append(cut)
                line.append(np.full(len(cut), k, np.int64))
        pieces, number = np.concatenate(found), np.concatenate(line)
        cell, piece = _entries(pieces, reach_m)
        order = np.argsort(cell, kind="stable")
        count = np.bincount(cell, minlength=_NX * _NY)
        first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        summed = np.zeros((_NY + 1, _NX + 1), np.int64)
        summed[1:, 1:] = count.reshape(_NY, _NX).cumsum(axis=0).cumsum(axis=1)
        return Lines(some["zone"].to_list(), pieces, number, first, piece[order], summed)

    def near(self, lon: Floats, lat: Floats, reach_m: float) -> tuple[Ints, Ints, Ints]:
        """Points within ``reach_m`` of a line: row of the point, number of the line, distance in mm."""
        row, line, mm = _near(lon, lat, self.pieces, self.line, self.first, self.held, reach_m)
        return row, line, mm

    def crossed(self, track: Ints, t: Ints, lon: Floats, lat: Floats, span_us: int) -> tuple[Ints, Ints, Floats]:
        """Legs of tracks, up to ``span_us`` long, that cross a line: row of the leg's end, line, share of the leg."""
        row, piece, share = _crossed(track, t, lon, lat, self.pieces, self.first, self.held, self.summed, span_us)
        both = np.unique(np.stack([row, piece], axis=1), axis=0, return_index=True)[1]
        return row[both], self.line[piece[both]], share[both]

    def within_way(self, lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats, way_m: Floats) -> tuple[Ints, Ints]:
        """Lines that a way of at most ``way_m`` from one point to another can cross: row and line, each pair once."""
        row, line = _within_way(lon1, lat1, lon2, lat2, way_m, self.pieces, self.line)
        both = np.unique(np.stack([row, line], axis=1), axis=0)
        return both[:, 0], both[:, 1]


def _cut(c: Floats, area: bool) -> Floats:
    """Legs of a line in pieces of at most a quarter of a degree; an area's cut along 180 degrees is no leg."""
    a, b = c[:-1], c[1:]
    kept = ~((np.abs(a[:, 0]) >= 180.0) & (np.abs(b[:, 0]) >= 180.0) & area)
    a, b = a[kept], b[kept]
    n = np.maximum(1, np.ceil(np.abs(b - a).max(axis=1, initial=0.0) / _PIECE_DEG)).astype(np.int64)
    leg = np.repeat(np.arange(len(a)), n)
    k = np.arange(leg.size) - np.repeat(np.cumsum(n) - n, n)
    u, v = (k / n[leg])[:, None], ((k + 1) / n[leg])[:, None]
    return np.hstack([a[leg] + u * (b - a)[leg], a[leg] + v * (b - a)[leg]])


def _entries(pieces: Floats, reach_m: float) -> tuple[Ints, Ints]:
    """Cells that pieces and their surroundings touch: cell and piece of each entry."""
    pad = reach_m / _M_DEG * 1.01
    cell, piece = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for k, (x1, y1, x2, y2) in enumerate(pieces):
        wide = pad / max(np.cos(np.radians(min(max(abs(y1), abs(y2)) + pad, 89.9))), 1e-3)
        i = np.arange(np.floor((min(x1, x2) - wide + 180) / CELL_DEG), (max(x1, x2) + wide + 180) / CELL_DEG)
        j = np.arange(np.floor((min(y1, y2) - pad + 90) / CELL_DEG), (max(y1, y2) + pad + 90) / CELL_DEG)
        i, j = np.unique(i.astype(np.int64) % _NX), np.unique(np.clip(j.astype(np.int64), 0, _NY - 1))
        at = (j[:, None] * _NX + i[None, :]).ravel()
        cell.append(at)
        piece.append(np.full(at.size, k, np.int64))
    return np.concatenate(cell), np.concatenate(piece)


@njit(cache=True)
def _cell(lon: float, lat: float) -> Any:
    i = int((lon + 180.0) / CELL_DEG)
    j = int((lat + 90.0) / CELL_DEG)
    return min(max(i, 0), _NX - 1), min(max(j, 0), _NY - 1)


@njit(cache=True)
def _near(lon: Any, lat: Any, pieces: Any, line: Any, first: Any, held: Any, reach: float) -> Any:
    row: list[int] = []
    which: list[int] = []
    mm: list[int] = []
    k = np.pi / 180.0
    m = A_M * k
    for r in range(lon.size):
        i, j = _cell(lon[r], lat[r])
        cell = j * _NX + i
        if first[cell] == first[cell + 1]:
            continue
        c = np.cos(lat[r] * k)
        start = len(row)
        for e in range(first[cell], first[cell + 1]):
            p = held[e]
            y1 = (pieces[p, 1] - lat[r]) * m
            y2 = (pieces[p, 3] - lat[r]) * m
            if (y1 > reach and y2 > reach) or (y1 < -reach and y2 < -reach):
                continue
            x1 = ((pieces[p, 0] - lon[r] + 180.0) % 360.0 - 180.0) * m * c
            x2 = x1 + (pieces[p, 2] - pieces[p, 0]) * m * c
            dx = x2 - x1
            dy = y2 - y1
            length = dx * dx + dy * dy
            u = 0.0 if length == 0.0 else min(1.0, max(0.0, -(x1 * dx + y1 * dy) / length))
            d = np.hypot(x1 + u * dx, y1 + u * dy)
            if d > reach:
                continue
            new = True
            for q in range(start, len(row)):
                if which[q] == line[p]:
                    mm[q] = min(mm[q], round(d * 1000.0))
                    new = False
            if new:
                row.append(r)
                which.append(line[p])
                mm.append(round(d * 1000.0))
    return np.array(row, np.int64), np.array(which, np.int64), np.array(mm, np.int64)


@njit(cache=True)
def _crossed(track: Any, t: Any, lon: Any, lat: Any, pieces: Any, first: Any, held: Any, summed: Any, span: int) -> Any:
    row: list[int] = []
    which: list[int] = []
    share = []
    for r in range(1, lon.size):
        if track[r] != track[r - 1] or t[r] - t[r - 1] > span:
            continue
        x0, y0, y1 = lon[r - 1], lat[r - 1], lat[r]
        dx = (lon[r] - x0 + 180.0) % 360.0 - 180.0
        dy = y1 - y0
        west = x0 if dx >= 0.0 else x0 + dx
        i0 = int(np.floor((west + 180.0) / CELL_DEG))
        i1 = int(np.floor((west + abs(dx) + 180.0) / CELL_DEG))
        _, j0 = _cell(0.0, min(y0, y1))
        _, j1 = _cell(0.0, max(y0, y1))
        if _held_in(summed, i0, i1, j0, j1) == 0:
            continue
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                cell = j * _NX + i % _NX
                for e in range(first[cell], first[cell + 1]):
                    p = held[e]
                    ax = (pieces[p, 0] - x0 + 180.0) % 360.0 - 180.0
                    ay = pieces[p, 1] - y0
                    bx = pieces[p, 2] - pieces[p, 0]
                    by = pieces[p, 3] - pieces[p, 1]
                    det = dx * by - dy * bx
                    if det == 0.0:
                        continue
                    u = (ax * by - ay * bx) / det
                    v = (ax * dy - ay * dx) / det
                    if 0.0 < u <= 1.0 and 0.0 <= v < 1.0:
                        row.append(r)
                        which.append(p)
                        share.append(u)
    return np.array(row, np.int64), np.array(which, np.int64), np.array(share, np.float64)


@njit(cache=True)
def _held_in(summed: Any, i0: int, i1: int, j0: int, j1: int) -> int:
    """Entries in a box of cells, whose columns may run beyond 180 degrees."""
    if i1 - i0 >= _NX:
        i0, i1 = 0, _NX - 1
    a = i0 % _NX
    b = i1 % _NX
    if a <= b:
        return int(summed[j1 + 1, b + 1] - summed[j0, b + 1] - summed[j1 + 1, a] + summed[j0, a])
    east = summed[j1 + 1, _NX] - summed[j0, _NX] - summed[j1 + 1, a] + summed[j0, a]
    west = summed[j1 + 1, b + 1] - summed[j0, b + 1]
    return int(east + west)


@njit(cache=True)
def _within_way(lon1: Any, lat1: Any, lon2: Any, lat2: Any, way: Any, pieces: Any, line: Any) -> Any:
    row: list[int] = []
    which: list[int] = []
    m = A_M * np.pi / 180.0
    for r in range(lon1.size):
        for p in range(line.size):
            if min(abs(pieces[p, 1] - lat1[r]), abs(pieces[p, 3] - lat1[r])) * m > way[r]:
                continue
            for k in range(5):
                u = k / 4.0
                x = pieces[p, 0] + u * (pieces[p, 2] - pieces[p, 0])
                y = pieces[p, 1] + u * (pieces[p, 3] - pieces[p, 1])
                there = distance_scalar(lon1[r], lat1[r], x, y)
                if there <= way[r] and there + distance_scalar(x, y, lon2[r], lat2[r]) <= way[r]:
                    row.append(r)
                    which.append(line[p])
                    break
    return np.array(row, np.int64), np.array(which, np.int64)
