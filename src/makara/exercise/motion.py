"""How vessels move: a pen that draws one voyage piece by piece, and the tracks sampled from it.

Speeds follow a smooth random profile and fall off before a stop; trawlers tow up and down at 3 to 4.5 kn; longliners
set at 8 kn, wait, and haul at 4 kn; vessels at anchor swing on their chain; drifting ones follow a wandering current.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makara.base import geo
from makara.base.units import HOUR_S, KN_M_S
from makara.exercise.routes import FloatArray, degrees_per_m, densify, smooth

TICK_S: Final = 10
"""Spacing of the sampled true tracks, seconds."""
UNDER_WAY, AT_ANCHOR, RESTRICTED, MOORED, FISHING = 0, 1, 3, 5, 7
_RAMP_M: Final = 2500.0
_SLOWEST_M_S: Final = 0.4


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a voyage: from, to (seconds after the start), what the vessel does, its navigational status.

    ``doing`` is sail, fish, anchor, moor or drift.
    """

    t_start: float
    t_end: float
    doing: str
    status: int


@dataclass(slots=True)
class Pen:
    """Draws a voyage. Longitudes run on past 180. Each call continues where the last one ended."""

    rng: np.random.Generator
    now: float
    lon: float
    lat: float
    parts: list[Part] = field(default_factory=list)
    gear: str = ""
    _t: list[FloatArray] = field(default_factory=list)
    _xy: list[FloatArray] = field(default_factory=list)
    _heading: list[FloatArray] = field(default_factory=list)

    def _add(self, t: FloatArray, xy: FloatArray, doing: str, status: int, heading: FloatArray | None = None) -> None:
        self.parts.append(Part(self.now, float(t[-1]), doing, status))
        self._t.append(t)
        self._xy.append(xy)
        self._heading.append(np.full(len(t), np.nan) if heading is None else heading)
        self.now, self.lon, self.lat = float(t[-1]), float(xy[-1, 0]), float(xy[-1, 1])

    def _wave(self, t: FloatArray, sd: float, every: float) -> FloatArray:
        """A smooth random function of t with that standard deviation and spacing of its knots."""
        knots = np.arange(t[0], t[-1] + 2.0 * every, every)
        return np.interp(t, knots, self.rng.normal(0.0, sd, len(knots)))

    def sail(
        self, path: FloatArray, kn: float, *, doing: str = "sail", status: int = UNDER_WAY, stop: bool = False,
        by: float | None = None,
    ) -> None:  # fmt: skip
        """Follow a dense path.

        Args:
            path: longitude and latitude, degrees, a row a point; begins where the vessel is.
            kn: mean speed, knots.
            doing: what to note.
            status: navigational status (ITU-R M.1371).
            stop: whether the vessel slows down before the end.
            by: arrive exactly then (seconds after the start) instead of at ``kn``.
        """
        path = np.vstack([[self.lon, self.lat], path])
        legs = geo.distance_m(path[:-1, 0], path[:-1, 1], path[1:, 0], path[1:, 1])
        keep = np.concatenate([[True], legs > 1.0])
        path, legs = path[keep], legs[keep[1:]]
        if len(legs) == 0:
            return
        along = np.cumsum(legs)
        speed = kn * KN_M_S * (1.0 + self._wave(along, 0.03, 4000.0))
        if stop:
            speed = speed * np.clip((along[-1] - along) / _RAMP_M, 0.25, 1.0)
        took = np.cumsum(legs / np.maximum(speed, _SLOWEST_M_S))
        if by is not None:
            took = took * (by - self.now) / took[-1]
        self._add(self.now + took, path[1:], doing, status)

    def go(self, lon: float, lat: float, kn: float, *, stop: bool = False, by: float | None = None) -> None:
        """Sail straight to a point (degrees) at a speed, or so as to arrive ``by`` a time."""
        self.sail(densify(np.array([[self.lon, self.lat], [lon, lat]]), 200.0), kn, stop=stop, by=by)

    def anchor(self, until: float, radius_m: float = 120.0) -> None:
        """Lie at anchor, swinging with tide and wind around a point ahead of the vessel."""
        t = np.arange(self.now + 60.0, max(until, self.now + 120.0), 60.0)
        start = self.rng.uniform(0.0, 2.0 * np.pi)
        swing = start + 0.6 * np.sin(2.0 * np.pi * (t - self.now) / (12.42 * HOUR_S)) + self._wave(t, 0.07, 600.0)
        per_lon, per_lat = degrees_per_m(self.lat)
        x0, y0 = self.lon - radius_m * np.sin(start) * per_lon, self.lat - radius_m * np.cos(start) * per_lat
        xy = np.column_stack([x0 + radius_m * np.sin(swing) * per_lon, y0 + radius_m * np.cos(swing) * per_lat])
        self._add(t, xy, "anchor", AT_ANCHOR, (np.degrees(swing) + 180.0) % 360.0)

    def moor(self, until: float) -> None:
        """Lie at a berth."""
        t = np.array([self.now + 1.0, max(until, self.now + 2.0)])
        heading = np.full(2, float(self.rng.integers(0, 360)))
        self._add(t, np.array([[self.lon, self.lat]] * 2), "moor", MOORED, heading)

    def drift(self, until: float, kn: float = 0.5, toward_deg: float | None = None, status: int = UNDER_WAY) -> None:
        """Drift with a current of that mean speed (knots) and direction, which wanders."""
        toward = float(self.rng.uniform(0, 360)) if toward_deg is None else toward_deg
        t = np.arange(self.now, max(until, self.now + 120.0), 60.0)
        course = np.radians(toward) + self._wave(t, 0.25, 2400.0)
        speed = np.maximum(0.05, kn + self._wave(t, 0.15 * kn, 1500.0)) * KN_M_S
        per_lon, per_lat = degrees_per_m(self.lat)
        x = self.lon + np.cumsum(speed * np.sin(course)) * 60.0 * per_lon
        y = self.lat + np.cumsum(speed * np.cos(course)) * 60.0 * per_lat
        heading = (toward + 90.0 + self._wave(t, 12.0, 1800.0)) % 360.0
        self._add(t + 60.0, np.column_stack([x, y]), "drift", status, heading)

    def beside(self, other: Pen, until: float, offset_m: float, doing: str = "drift") -> None:
        """Stay at another vessel's side (drawn up to ``until``) at a distance that breathes by a tenth."""
        t = np.arange(self.now + 30.0, until, 30.0)
        if len(t) == 0:
            return
        x, y = other.at(t)
        per_lon, per_lat = degrees_per_m(self.lat)
        east, north = (self.lon - x[0]) / per_lon, (self.lat - y[0]) / per_lat
        turn, settle = self._wave(t, 0.15, 3600.0), np.minimum(1.0, (t - t[0]) / 900.0)
        angle = np.arctan2(east, north) + turn - turn[0]
        reach = np.hypot(east, north) * (1.0 - settle) + offset_m * (1.0 + self._wave(t, 0.1, 1800.0)) * settle
        xy = np.column_stack([x + reach * np.sin(angle) * per_lon, y + reach * np.cos(angle) * per_lat])
        self._add(t, xy, doing, UNDER_WAY)

    def follow(self, t: FloatArray, lon: FloatArray, lat: FloatArray, doing: str = "sail", status: int = 0) -> None:
        """Be at given places (degrees) at given times (seconds)."""
        self._add(t, np.column_stack([lon, lat]), doing, status)

    def tow(self, centre: tuple[float, float], radius_m: float, until: float, kn: float, axis_deg: float) -> None:
        """Trawl up and down inside a circle: straight tows along an axis, each beside the last, joined by turns."""
        self.gear = "trawl"
        ends = []
        lane, side = self.rng.uniform(-0.4, 0.4), 1.0
        per_lon, per_lat = degrees_per_m(centre[1])
        reach, length = kn * KN_M_S * max(until - self.now, 600.0), 0.0
        a = np.radians(axis_deg)
        while length < reach * 1.2:
            half = 0.6 * radius_m * self.rng.uniform(0.7, 1.1)
            cross = lane * radius_m
            east, north = side * half * np.sin(a) + cross * np.cos(a), side * half * np.cos(a) - cross * np.sin(a)
            ends.append((centre[0] + east * per_lon, centre[1] + north * per_lat))
            length, side = length + 1.2 * half, -side
            lane = float(np.clip(lane + self.rng.normal(0.0, 0.12), -0.55, 0.55))
        path = smooth(densify(np.vstack([[[self.lon, self.lat]], ends]), 150.0), 450.0, 150.0)
        self.sail(path, kn, doing="fish", status=FISHING)
        self._cut(until)

    def longline(self, axis_deg: float, length_m: float, until: float) -> None:
        """Set a line at 8 kn, drift beside its end for two hours, haul it back at 4 kn; again until the time."""
        self.gear = "longline"
        while self.now < until:
            start = (self.lon, self.lat)
            per_lon, per_lat = degrees_per_m(self.lat)
            a = np.radians(axis_deg + self.rng.normal(0.0, 8.0))
            end = (start[0] + length_m * np.sin(a) * per_lon, start[1] + length_m * np.cos(a) * per_lat)
            line = densify(np.array([start, end]), 300.0)
            bend = np.sin(np.linspace(0.0, np.pi, len(line))) * self.rng.uniform(-0.06, 0.06) * length_m
            line = line + np.column_stack([bend * np.cos(a) * per_lon, -bend * np.sin(a) * per_lat])
            self.sail(line, 8.0, doing="fish", status=FISHING)
            self.drift(self.now + 2.0 * HOUR_S, 0.6, axis_deg)
            back = line[::-1] + (np.array([self.lon, self.lat]) - line[-1]) * np.linspace(1.0, 0.0, len(line))[:, None]
            self.sail(back, 4.0, doing="fish", status=FISHING)
        self._cut(until)

    def jig(self, until: float, toward_deg: float) -> None:
        """Fish for squid: drift under lights with the current until a time, move a mile, drift again."""
        self.gear = "squid_jigger"
        while self.now < until:
            first = len(self.parts)
            self.drift(self.now + float(self.rng.uniform(2.0, 3.5)) * HOUR_S, 0.6, toward_deg, status=FISHING)
            self.parts[first] = replace(self.parts[first], doing="fish")
            a = np.radians(toward_deg + 180.0 + self.rng.normal(0.0, 20.0))
            per_lon, per_lat = degrees_per_m(self.lat)
            self.go(self.lon + 3000.0 * np.sin(a) * float(per_lon), self.lat + 3000.0 * np.cos(a) * per_lat, 6.0)
        self._cut(until)

    def _cut(self, until: float) -> None:
        """Forget what was drawn after a time."""
        until = max(until, self._t[0][0])
        while len(self._t) > 1 and self._t[-1][0] > until:
            for column in (self._t, self._xy, self._heading, self.parts):
                column.pop()
        keep = self._t[-1] <= until
        self._t[-1], self._xy[-1], self._heading[-1] = self._t[-1][keep], self._xy[-1][keep], self._heading[-1][keep]
        last = self.parts[-1]
        self.now = float(self._t[-1][-1])
        self.parts[-1] = Part(last.t_start, self.now, last.doing, last.status)
        self.lon, self.lat = (float(v) for v in self._xy[-1][-1])

    def at(self, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Longitude (running past 180) and latitude at times drawn, degrees."""
        knots, xy = np.concatenate(self._t), np.vstack(self._xy)
        return np.interp(t, knots, xy[:, 0]), np.interp(t, knots, xy[:, 1])

    def track(self, hours_s: float) -> Track:
        """The voyage sampled every 10 s from 0 to ``hours_s`` seconds; after its last point the vessel stays."""
        t = np.arange(0.0, hours_s + TICK_S / 2, TICK_S)
        lon, lat = self.at(t)
        per_lon, per_lat = degrees_per_m(lat)
        east, north = np.gradient(lon, TICK_S) / per_lon, np.gradient(lat, TICK_S) / per_lat
        course = np.degrees(np.arctan2(east, north)) % 360.0
        knots = np.concatenate(self._t)
        held = np.concatenate(self._heading)[np.clip(np.searchsorted(knots, t), 0, len(knots) - 1)]
        starts = np.array([p.t_start for p in self.parts])
        status = np.array([p.status for p in self.parts], np.int64)
        part = np.clip(np.searchsorted(starts, t, "right") - 1, 0, len(starts) - 1)
        sog = np.hypot(east, north) / KN_M_S
        return Track(lon, lat, sog, course, np.where(np.isnan(held), course, held), status[part], tuple(self.parts),
                     self.gear)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Track:
    """A track, sampled every 10 s: degrees (longitude runs past 180), knots, degrees true, status; gear, if any."""

    lon: FloatArray
    lat: FloatArray
    sog_kn: FloatArray
    cog_deg: FloatArray
    heading_deg: FloatArray
    status: NDArray[np.int64]
    parts: tuple[Part, ...]
    gear: str = ""
