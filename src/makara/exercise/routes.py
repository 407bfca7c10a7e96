"""Ways over water: a graph of waypoints that see each other over clear sea, shortest ways, lanes, smooth corners."""

from __future__ import annotations

from itertools import pairwise
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from makara.base import geo

FloatArray = NDArray[np.float64]
STEP_M: Final = 400.0
"""Distance between the points of a path, metres."""
_REACH_DEG: Final = (6.0, 3.2, 1.45)
"""Longest legs, degrees: in the ocean, in the open sea, in the strait."""
_OCEAN_WEST_DEG: Final = 94.5
_STRAIT: Final = (97.5, 0.0, 106.0, 7.0)
_SHARE_CLEAR: Final = (-1.0, 0.0, 1.0)


class LandMask(Protocol):
    """Whether points lie on land: longitudes in [-180, 180) and latitudes in degrees, a truth value each."""

    def __call__(self, lon: FloatArray, lat: FloatArray, /) -> NDArray[np.bool_]:
        """Answer for arrays of one shape."""
        ...


def degrees_per_m(lat: float | FloatArray) -> tuple[FloatArray, float]:
    """Degrees of longitude and latitude that a metre makes at a latitude (sphere; for drawing, not measuring)."""
    north = 1.0 / 110_600.0
    return np.asarray(1.0 / (111_320.0 * np.cos(np.radians(lat))), np.float64), north


def shift(path: FloatArray, right_m: FloatArray | float) -> FloatArray:
    """A path moved to its right-hand side by so many metres (one number, or one a point)."""
    step = np.gradient(path, axis=0)
    per_lon, per_lat = degrees_per_m(path[:, 1])
    east, north = step[:, 0] / per_lon, step[:, 1] / per_lat
    size = np.maximum(np.hypot(east, north), 1e-9)
    out: FloatArray = path + np.column_stack([north / size * right_m * per_lon, -east / size * right_m * per_lat])
    return out


def densify(path: FloatArray, step_m: float = STEP_M) -> FloatArray:
    """The same path with a point every ``step_m`` metres; longitudes may run past 180."""
    legs = geo.distance_m(path[:-1, 0], path[:-1, 1], path[1:, 0], path[1:, 1])
    along = np.concatenate([[0.0], np.cumsum(legs)])
    at = np.linspace(0.0, along[-1], max(2, int(along[-1] / step_m) + 1))
    return np.column_stack([np.interp(at, along, path[:, 0]), np.interp(at, along, path[:, 1])])


def smooth(path: FloatArray, radius_m: float, step_m: float = STEP_M) -> FloatArray:
    """A dense path whose corners are rounded by a moving mean over twice the radius; both ends stay."""
    half = int(radius_m / step_m)
    if half < 1 or len(path) < 4:
        return path
    half = min(half, (len(path) - 1) // 2)
    ahead = 2.0 * path[0] - path[half:0:-1]
    behind = 2.0 * path[-1] - path[-2 : -half - 2 : -1]
    padded = np.vstack([ahead, path, behind])
    total = np.cumsum(np.vstack([np.zeros(2), padded]), axis=0)
    out: FloatArray = (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)
    return out


class Sea:
    """The waypoints of a sea and the ways between them, checked against a land mask.

    Two waypoints are joined when the straight line between them, and lines beside it, cross no land: the longer the
    leg, the wider the clear water it asks for (4 % of its length, between 400 m and 5 km). Legs in the strait are
    short, so that its traffic keeps to the lane, and the approaches of ports (``_sea``) cost a little more. Ports and
    anchorages (names with a colon) are ends of ways only.
    """

    def __init__(self, land: LandMask, nodes: dict[str, tuple[float, float]]) -> None:
        self.land = land
        self.names = list(nodes)
        self.at = np.array([nodes[n] for n in self.names], np.float64)
        self._number = {n: i for i, n in enumerate(self.names)}
        self._cost, self._next = self._shortest(self._edges(), self.names)

    def dry(self, lon: FloatArray, lat: FloatArray) -> NDArray[np.bool_]:
        """Which points lie on land; longitudes may run past 180."""
        return self.land(geo.wrap_lon(lon), np.asarray(lat, np.float64))

    def is_clear(self, path: FloatArray, margin_m: float = 0.0) -> bool:
        """Whether no point of a dense path, nor the points ``margin_m`` left and right of it, lies on land."""
        lines = [path] if margin_m == 0.0 else [path, shift(path, margin_m), shift(path, -margin_m)]
        points = np.vstack(lines)
        return not self.dry(points[:, 0], points[:, 1]).any()

    def _edges(self) -> FloatArray:
        n = len(self.names)
        cost = np.full((n, n), np.inf)
        for i in range(n):
            for j in range(i + 1, n):
                if np.abs(self.at[i] - self.at[j]).max() > self._reach(i, j):
                    continue
                path = densify(self.at[[i, j]])
                clear_m = min(5000.0, max(400.0, 0.04 * STEP_M * len(path)))
                lines = np.vstack([shift(path, k * clear_m) for k in _SHARE_CLEAR])
                if not self.dry(lines[:, 0], lines[:, 1]).any():
                    aside = self.names[i].endswith("_sea") or self.names[j].endswith("_sea")
                    cost[i, j] = cost[j, i] = len(path) * (1.15 if aside else 1.0)
        return cost

    def _reach(self, i: int, j: int) -> float:
        ends = self.at[[i, j]]
        if ends[:, 0].max() <= _OCEAN_WEST_DEG:
            return _REACH_DEG[0]
        return _REACH_DEG[2 if geo.in_box(ends[:, 0], ends[:, 1], *_STRAIT).any() else 1]

    @staticmethod
    def _shortest(cost: FloatArray, names: list[str]) -> tuple[FloatArray, NDArray[np.int64]]:
        """Floyd and Warshall: cost of the shortest way, and the first step on it (-1: none)."""
        n = len(cost)
        step = np.where(np.isfinite(cost), np.arange(n)[None, :], -1)
        best = cost.copy()
        np.fill_diagonal(best, 0.0)
        for k in (i for i, name in enumerate(names) if ":" not in name):
            through = best[:, k, None] + best[None, k, :]
            shorter = through < best
            best = np.where(shorter, through, best)
            step = np.where(shorter, step[:, k, None], step)
        return best, step

    def way(self, start: str, end: str) -> FloatArray:
        """The waypoints of the shortest way, ends included, degrees.

        Raises:
            ValueError: no way over water joins them.
        """
        i, j = self._number[start], self._number[end]
        if not np.isfinite(self._cost[i, j]):
            raise ValueError(f"no way over water from {start} to {end}")
        stops = [i]
        while i != j:
            i = int(self._next[i, j])
            stops.append(i)
        return self.at[stops]

    def length_m(self, start: str, end: str) -> float:
        """About how long the way between two waypoints is, metres; infinite where there is none."""
        return float(self._cost[self._number[start], self._number[end]]) * STEP_M

    def route(self, start: str, end: str, right_m: float = 0.0, corner_m: float = 3000.0) -> FloatArray:
        """A dense, rounded path from one waypoint to another, kept ``right_m`` to starboard of the waypoints.

        The offset fades towards both ends. Where the result would touch land, the offset, then the rounding, is
        taken back until it does not.
        """
        base = densify(self.way(start, end))
        fade = np.minimum(1.0, np.minimum(np.arange(len(base)), np.arange(len(base))[::-1]) * STEP_M / 8000.0)
        for share in (1.0, 0.5, 0.2, 0.0):
            path = smooth(shift(smooth(base, corner_m * max(share, 0.1)), fade * right_m * share), corner_m * share)
            if self.is_clear(path, 250.0):
                return path
        return base

    def join(self, *points: tuple[float, float]) -> FloatArray:
        """A dense path over points, straight from one to the next, its corners rounded a little."""
        parts = [densify(np.array(pair)) for pair in pairwise(points)]
        return smooth(np.vstack([parts[0], *(p[1:] for p in parts[1:])]), 1200.0)
