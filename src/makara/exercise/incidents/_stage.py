"""Where incidents are drawn: the stage, what an incident says of itself, and ways to bring ships to places in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from makara.base import geo
from makara.base.units import HOUR_S, KN_M_S
from makara.exercise.afloat import TRIES, is_afloat, scatter
from makara.exercise.fleet import Register, Vessel
from makara.exercise.motion import Pen, Track
from makara.exercise.routes import FloatArray, Sea, degrees_per_m, densify, smooth

LONG_S: Final = 12.0 * HOUR_S
"""A silence of over 6 h, seen before and after, needs an exercise of this length."""
Place = tuple[float, float]
"""Longitude and latitude, degrees."""


@dataclass(frozen=True, slots=True)
class Planted:
    """An incident.

    Attributes:
        name: of the incident; its vessels carry it.
        kinds: events that its vessels' motion and silence make, and that count as planted.
        vessels: who takes part (``v0001``).
        window: when it happens, seconds after the start; the same vessels' later events are not planted.
        zone: the closed zone of a planted zone_entry, or the cable.
        told: events that motion alone does not tell: kind, from, to (seconds).
        look: place and time (degrees; seconds) a radar satellite should look at; None: needs none.
    """

    name: str
    kinds: tuple[str, ...]
    vessels: tuple[str, ...]
    window: tuple[float, float]
    zone: str | None = None
    told: tuple[tuple[str, float, float], ...] = ()
    look: tuple[float, float, float] | None = None


@dataclass(slots=True)
class Stage:
    """Where incidents are drawn: sea, randomness, register of identities, length in seconds.

    ``borderline`` are look-alikes that meet the letter of a definition, in the form of incidents; they are tolerated.
    """

    rng: np.random.Generator
    sea: Sea
    register: Register
    span: float
    vessels: list[Vessel] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    borderline: list[Planted] = field(default_factory=list)

    def lasts(self, hours: float) -> bool:
        """Whether the exercise is at least so long; what needs more is left out."""
        return self.span >= hours * HOUR_S

    def pens(self, draw: Callable[[], tuple[Pen, ...]]) -> tuple[Track, ...]:
        """The tracks of some voyages drawn together, drawn anew until none touches land."""
        for _ in range(TRIES):
            tracks = tuple(p.track(self.span) for p in draw())
            if all(is_afloat(self.sea, t) for t in tracks):
                return tracks
        raise RuntimeError("no draw of an incident stayed afloat; its place is too near land")

    def add(self, *vessels: Vessel) -> tuple[str, ...]:
        """Note vessels; answers their names."""
        self.vessels += vessels
        return tuple(v.vessel for v in vessels)

    def pen(self, lon: float, lat: float, spread_m: float = 800.0) -> Pen:
        """A voyage that begins near a place."""
        return Pen(self.rng, -60.0, *scatter(self.rng, lon, lat, spread_m))

    def near(self, place: Place, deg: float = 0.2) -> Place:
        """A place moved by up to so many degrees each way."""
        return place[0] + float(self.rng.uniform(-deg, deg)), place[1] + float(self.rng.uniform(-deg, deg))

    def leave(self, pen: Pen, lon: float, lat: float, kn: float) -> None:
        """Sail off towards a place and go on drifting there."""
        pen.go(lon, lat, kn)
        pen.drift(self.span + 60.0, 0.4)

    def inbound(self, start: str, place: Place, kn: float, at: float) -> Pen:
        """A ship that comes from a waypoint and reaches a place at a time and speed.

        It is under way from the beginning if the way is long, else it waits at anchor where it comes from.
        """
        path = self._way(start, place)
        legs = geo.distance_m(path[:-1, 0], path[:-1, 1], path[1:, 0], path[1:, 1])
        left = legs.sum() - np.concatenate([[0.0], np.cumsum(legs)])
        reach = kn * KN_M_S * (at + 30.0)
        if left[0] > reach:
            path = path[int(np.argmax(left <= reach)) - 1 :]
            pen = Pen(self.rng, -30.0, float(path[0, 0]), float(path[0, 1]))
        else:
            pen = Pen(self.rng, -60.0, *scatter(self.rng, float(path[0, 0]), float(path[0, 1]), 300.0))
            pen.anchor(max(at - float(left[0]) / (kn * KN_M_S), 120.0), 60.0)
        pen.sail(path[1:], kn, by=at)
        return pen

    def onward(self, pen: Pen, end: str, kn: float) -> None:
        """From where a ship is to a waypoint; there it anchors, or drifts if it is no anchorage."""
        pen.sail(self._way(end, (pen.lon, pen.lat))[::-1], kn, stop=True)
        if end.startswith("anch:"):
            pen.anchor(self.span + 60.0)
        else:
            pen.drift(self.span + 60.0, 0.4)

    def _way(self, start: str, place: Place) -> FloatArray:
        """From a waypoint to a place, over the waypoint nearest to it that sees it over clear water."""
        at = self.sea.at
        free = [i for i, name in enumerate(self.sea.names) if ":" not in name]
        away = geo.distance_m(at[free, 0], at[free, 1], *place)
        for k in np.argsort(away)[:8]:
            gate = free[int(k)]
            last = densify(np.array([at[gate], place]), 400.0)
            if self.sea.is_clear(last, 300.0):
                if self.sea.names[gate] == start:
                    return last
                return smooth(np.vstack([self.sea.route(start, self.sea.names[gate], 600.0), last[1:]]), 2000.0)
        raise RuntimeError(f"no waypoint sees {place} over clear water")

    def chase(self, pen: Pen, target: Pen, kn: float, latest: float) -> bool:
        """Run straight at where a ship will be, at a speed, and meet it; False if that is not before ``latest``."""
        t = np.arange(pen.now + 30.0, latest, 15.0)
        x, y = target.at(t)
        late = geo.distance_m(pen.lon, pen.lat, x, y) <= kn * KN_M_S * (t - pen.now)
        if not late.any():
            return False
        k = int(np.argmax(late))
        pen.go(float(x[k]), float(y[k]) + 0.0006, kn, by=float(t[k]))
        return True


def offset(place: Place, bearing_deg: float, distance_m: float) -> Place:
    """A place so far away in a direction."""
    per_lon, per_lat = degrees_per_m(place[1])
    a = np.radians(bearing_deg)
    return place[0] + distance_m * float(np.sin(a) * per_lon), place[1] + distance_m * float(np.cos(a)) * per_lat
