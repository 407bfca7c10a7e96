"""Lines on the sea bed and tracks above them: which points are near a line, which legs cross one, and how fast.

Lines are cut into pieces; each piece is entered in the cells of a grid of half a degree that it or its
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

from makara.base.geo import A_M, distance_scalar, wrap_scalar
from makara.base.units import HOUR_S, KN_M_S, S_US

CELL_DEG: Final = 0.5
_NX: Final = 720
_NY: Final = 360
_PIECE_DEG: Final = 0.5
SPAN_US: Final = 6 * HOUR_S * S_US
"""A vessel's own usual speed is that of so long before; what lasts longer counts as this."""
TENTHS: Final = 1024
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


def laid(zones: pl.DataFrame, keys: list[str], name: str) -> Floats:
    """A number of metres among the attributes of zones, whatever its sign; nan where a zone does not say it."""
    if "attributes" not in zones.columns:
        return np.full(len(keys), np.nan)
    said = pl.col("attributes").str.json_path_match(f"$.{name}").cast(pl.Float64, strict=False).abs()
    told = zones.select("zone", said.alias("m")).unique("zone", keep="first", maintain_order=True)
    every = pl.DataFrame({"zone": keys}, schema={"zone": pl.String()}).join(
        told, on="zone", how="left", maintain_order="left"
    )
    return every["m"].fill_null(np.nan).to_numpy()


def _cut(c: Floats, area: bool) -> Floats:
    """Legs of a line in pieces of at most half a degree; an area's cut along 180 degrees is no leg."""
    a, b = c[:-1], c[1:]
    kept = ~((np.abs(a[:, 0]) >= 180.0) & (np.abs(b[:, 0]) >= 180.0) & area)
    a, b = a[kept], b[kept]
    n = np.maximum(1, np.ceil(np.abs(b - a).max(axis=1, initial=0.0) / _PIECE_DEG)).astype(np.int64)
    leg = np.repeat(np.arange(len(a)), n)
    k = np.arange(leg.size) - np.repeat(np.cumsum(n) - n, n)
    u, v = (k / n[leg])[:, None], ((k + 1) / n[leg])[:, None]
    return np.hstack([a[leg] + u * (b - a)[leg], a[leg] + v * (b - a)[leg]])


@njit(cache=True)
def _entries(pieces: Any, reach_m: float) -> Any:
    """Cells that pieces and their surroundings touch: cell and piece of each entry."""
    pad = reach_m / _M_DEG * 1.01
    cell = []
    piece = []
    for k in range(pieces.shape[0]):
        x1, y1, x2, y2 = pieces[k, 0], pieces[k, 1], pieces[k, 2], pieces[k, 3]
        high = min(max(abs(y1), abs(y2)) + pad, 89.9) * np.pi / 180.0
        wide = pad / max(np.cos(high), 1e-3)
        i0 = int(np.floor((min(x1, x2) - wide + 180.0) / CELL_DEG))
        i1 = min(int(np.floor((max(x1, x2) + wide + 180.0) / CELL_DEG)), i0 + _NX - 1)
        j0 = max(int(np.floor((min(y1, y2) - pad + 90.0) / CELL_DEG)), 0)
        j1 = min(int(np.floor((max(y1, y2) + pad + 90.0) / CELL_DEG)), _NY - 1)
        for j in range(j0, j1 + 1):
            for i in range(i0, i1 + 1):
                cell.append(j * _NX + i % _NX)
                piece.append(k)
    return np.array(cell, np.int64), np.array(piece, np.int64)


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
            x1 = wrap_scalar(pieces[p, 0] - lon[r]) * m * c
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
        dx = wrap_scalar(lon[r] - x0)
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
                    ax = wrap_scalar(pieces[p, 0] - x0)
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
            for k in range(9):
                u = k / 8.0
                x = pieces[p, 0] + u * (pieces[p, 2] - pieces[p, 0])
                y = pieces[p, 1] + u * (pieces[p, 3] - pieces[p, 1])
                there = distance_scalar(lon1[r], lat1[r], x, y)
                if there <= way[r] and there + distance_scalar(x, y, lon2[r], lat2[r]) <= way[r]:
                    row.append(r)
                    which.append(line[p])
                    break
    return np.array(row, np.int64), np.array(which, np.int64)


@njit(cache=True)
def _speed(i: int, track: Any, t: Any, lon: Any, lat: Any, sog: Any) -> Any:
    """Speed of a report in tenths of a knot: as stated, else made good since the one before; -1: unknown."""
    if not np.isnan(sog[i]):
        return min(round(sog[i] * 10.0), TENTHS - 1)
    if i == 0 or track[i - 1] != track[i] or t[i] == t[i - 1]:
        return -1
    made = distance_scalar(lon[i - 1], lat[i - 1], lon[i], lat[i]) * 1e6 / (t[i] - t[i - 1])
    return min(round(made / KN_M_S * 10.0), TENTHS - 1)


@njit(cache=True)
def speeds(rows: Any, track: Any, t: Any, lon: Any, lat: Any, sog: Any) -> Any:
    out = np.empty(rows.size, np.int64)
    for k in range(rows.size):
        out[k] = _speed(rows[k], track, t, lon, lat, sog)
    return out


@njit(cache=True)
def usual_speeds(rows: Any, track: Any, t: Any, lon: Any, lat: Any, sog: Any) -> Any:
    """Median speed of the 6 h before each row (ascending), by time, and its own speed; tenths of a knot, -1 unknown.

    A report speaks until the next, an hour at most; less than an hour in all is too little to tell.
    """
    usual = np.full(rows.size, -1, np.int64)
    own = np.full(rows.size, -1, np.int64)
    weight = np.zeros(TENTHS, np.int64)
    total = 0
    low = 0
    high = 0
    hour = HOUR_S * S_US
    for k in range(rows.size):
        r = rows[k]
        own[k] = _speed(r, track, t, lon, lat, sog)
        if k > 0 and r == rows[k - 1]:
            usual[k] = usual[k - 1]
            continue
        if k == 0 or track[r] != track[rows[k - 1]] or t[rows[k - 1]] < t[r] - SPAN_US:
            weight[:] = 0
            total = 0
            low = r
            while low > 0 and track[low - 1] == track[r] and t[low - 1] >= t[r] - SPAN_US:
                low -= 1
            high = low
        while high < r:
            v = _speed(high, track, t, lon, lat, sog)
            if v >= 0:
                w = min(t[high + 1] - t[high], hour)
                weight[v] += w
                total += w
            high += 1
        while low < high and t[low] < t[r] - SPAN_US:
            v = _speed(low, track, t, lon, lat, sog)
            if v >= 0:
                w = min(t[low + 1] - t[low], hour)
                weight[v] -= w
                total -= w
            low += 1
        if total < hour:
            continue
        run = 0
        for v in range(TENTHS):
            run += weight[v]
            if 2 * run >= total:
                usual[k] = v
                break
    return usual, own


@njit(cache=True)
def stretch(rows: Any, line: Any, flag: Any, track: Any, t: Any, bridge: int) -> Any:
    """How long the flag has held up to each row without a break (6 h at most); -1 where it does not hold."""
    out = np.full(rows.size, -1, np.int64)
    for k in range(rows.size):
        if not flag[k]:
            continue
        out[k] = 0
        if k == 0 or line[k] != line[k - 1] or rows[k] != rows[k - 1] + 1 or out[k - 1] < 0:
            continue
        r = rows[k]
        if track[r] == track[r - 1] and t[r] - t[r - 1] <= bridge:
            out[k] = min(out[k - 1] + t[r] - t[r - 1], SPAN_US)
    return out
