"""Where a radar scene lies: lines along the platform's way, pixels to its right, times, ranges and angles.

A side-looking radar over a round Earth: the platform follows a geodesic at a constant height and speed, lines are equal
steps along it, pixels equal steps on the ground away from it. Height, speed, wavelength and pulse rate are about those
of Sentinel-1 in its wide swath mode (ESA, Sentinel-1 Product Specification, S1-RS-MDA-52-7441).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from makara.base import geo

Floats = NDArray[np.floating[Any]]

EARTH_M: Final = 6_371_000.0
HEIGHT_M: Final = 693_000.0
GROUND_M_S: Final = 6_830.0
"""Speed of the beam over the ground, metres a second."""
WAVELENGTH_M: Final = 0.05546576
PRF_HZ: Final = 1717.129
"""Pulses a second in the first sub-swath; tells how far off the azimuth ambiguities are."""
LIGHT_M_S: Final = 299_792_458.0
_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class View:
    """A radar's view of a piece of sea; the radar looks to the right.

    Attributes:
        lon: of the middle, degrees (may run past 180).
        lat: of the middle, degrees.
        heading_deg: way of the platform over the middle, degrees true.
        incidence_deg: at the middle.
        shape: lines and pixels.
        spacing_m: between lines and between pixels, metres on the ground.
        start: when the first line was seen.
    """

    lon: float
    lat: float
    heading_deg: float
    incidence_deg: float
    shape: tuple[int, int]
    spacing_m: float
    start: datetime

    @property
    def line_s(self) -> float:
        """Seconds from line to line."""
        return self.spacing_m / GROUND_M_S

    @property
    def end(self) -> datetime:
        """When the last line was seen."""
        return self.start + timedelta(seconds=self.line_s * (self.shape[0] - 1))

    @property
    def _nadir_m(self) -> float:
        """Distance on the ground from below the platform to the middle of the scene."""
        a = np.radians(self.incidence_deg)
        below = np.arcsin(EARTH_M * np.sin(a) / (EARTH_M + HEIGHT_M))
        return float(EARTH_M * (a - below))

    @property
    def platform_m_s(self) -> float:
        """Speed of the platform on its orbit, Earth-fixed."""
        return GROUND_M_S * (EARTH_M + HEIGHT_M) / EARTH_M

    def _off(self, line: ArrayLike, pixel: ArrayLike) -> tuple[Floats, Floats]:
        """Metres ahead of and to the right of the middle."""
        y, x = np.broadcast_arrays(np.asarray(line, np.float64), np.asarray(pixel, np.float64))
        rows, columns = self.shape
        return (y - (rows - 1) / 2.0) * self.spacing_m, (x - (columns - 1) / 2.0) * self.spacing_m

    def _on(self, ahead: Floats, right: Floats) -> tuple[Floats, Floats]:
        lon, lat = geo.destination(self.lon, self.lat, self.heading_deg, ahead)
        further = geo.destination(self.lon, self.lat, self.heading_deg, ahead + 20_000.0)
        way = geo.bearing_deg(lon, lat, *further)
        return geo.destination(lon, lat, way + 90.0, right)

    def place(self, line: ArrayLike, pixel: ArrayLike) -> tuple[Floats, Floats]:
        """Longitude in [-180, 180) and latitude of points of the image, degrees."""
        return self._on(*self._off(line, pixel))

    def pixel_of(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
        """Line and pixel of places (degrees), fractional; may lie outside the image."""
        x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        line, pixel = np.full(x.shape, (self.shape[0] - 1) / 2.0), np.full(x.shape, (self.shape[1] - 1) / 2.0)
        turn = np.radians(self.heading_deg)
        for _ in range(_ROUNDS):
            east, north = geo.local_m(*self.place(line, pixel), x, y)
            line = line + (east * np.sin(turn) + north * np.cos(turn)) / self.spacing_m
            pixel = pixel + (east * np.cos(turn) - north * np.sin(turn)) / self.spacing_m
        return line, pixel

    def way_deg(self, line: float, pixel: float) -> float:
        """Direction of growing lines at a point of the image, degrees true."""
        (x0, x1), (y0, y1) = self.place([line - 50.0, line + 50.0], [pixel, pixel])
        return float(geo.bearing_deg(x0, y0, x1, y1))

    def ranges(self, pixel: ArrayLike) -> tuple[Floats, Floats]:
        """Slant range (metres) and incidence angle (degrees) of pixels."""
        right = self._nadir_m + self._off(0.0, pixel)[1]
        a = right / EARTH_M
        orbit = EARTH_M + HEIGHT_M
        slant = np.sqrt(EARTH_M**2 + orbit**2 - 2.0 * EARTH_M * orbit * np.cos(a))
        return slant, np.degrees(np.arcsin(orbit * np.sin(a) / slant))

    def ahead_m(self, pixel: float, away_m_s: float) -> float:
        """How far ahead of its place a mover is shown: minus slant range x speed away from the radar / its speed.

        Source: Raney, Synthetic aperture imaging radar and moving targets, IEEE Trans. AES 7, 1971.
        """
        return float(-self.ranges(pixel)[0] / self.platform_m_s * away_m_s)

    def ambiguity_m(self, pixel: float) -> float:
        """How far ahead and behind the first azimuth ambiguities of a point are shown, metres."""
        return float(WAVELENGTH_M * self.ranges(pixel)[0] * PRF_HZ / (2.0 * self.platform_m_s))

    def nodes(self, step: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Lines and pixels of a grid over the image, at most ``step`` apart, and longitudes and latitudes there.

        Longitudes are continuous: around 180 degrees they run past it.
        """
        rows, columns = (np.unique(np.linspace(0, n - 1, -(-(n - 1) // step) + 1).round()) for n in self.shape)
        lon, lat = self.place(rows[:, None], columns[None, :])
        return rows, columns, self.lon + geo.lon_delta(self.lon, lon), lat

    def orbit(self, seconds: ArrayLike) -> tuple[Floats, Floats]:
        """Positions (metres) and velocities (metres a second) of the platform, Earth-fixed, by time after the start."""
        t = np.atleast_1d(np.asarray(seconds, np.float64))
        at, late, early = (self._above(t + d) for d in (0.0, 0.5, -0.5))
        return at, late - early

    def _above(self, t: Floats) -> Floats:
        ahead = t * GROUND_M_S - (self.shape[0] - 1) / 2.0 * self.spacing_m
        lon, lat = (np.radians(v) for v in self._on(ahead, np.full(t.shape, -self._nadir_m)))
        e2 = geo.F * (2.0 - geo.F)
        n = geo.A_M / np.sqrt(1.0 - e2 * np.sin(lat) ** 2)
        xy = (n + HEIGHT_M) * np.cos(lat)
        return np.column_stack([xy * np.cos(lon), xy * np.sin(lon), (n * (1.0 - e2) + HEIGHT_M) * np.sin(lat)])


def spread(at: Floats, knots: Floats) -> Floats:
    """Weights, points x knots, that interpolate linearly between knots (at least two, ascending)."""
    i = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    share = (at - knots[i]) / (knots[i + 1] - knots[i])
    out = np.zeros((len(at), len(knots)))
    out[np.arange(len(at)), i] = 1.0 - share
    out[np.arange(len(at)), i + 1] = share
    return out
