"""What true motion makes true: loitering, encounters, entries into zones, fishing, slow passages over cables.

An analysis of its own, by the words of DEFINITIONS.md, on the true tracks; the rules are not read here. What comes near
a definition without meeting it is *tolerated*: neither demanded nor counted as false.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from makara.base import geo
from makara.base.units import HOUR_S, NMI_M
from makara.exercise.fleet import Fleet
from makara.exercise.incidents import Planted
from makara.exercise.places import PORTS
from makara.exercise.routes import FloatArray, Sea, degrees_per_m
from makara.exercise.zones import LAWFUL, Zone

_MINUTE: Final = 6
"""Ticks of a minute."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened: kind, from, to (seconds; None: still going on), by whom (numbers), where, in what zone.

    ``sure`` is False for what is only tolerated; ``observable`` None where that was not asked.
    """

    kind: str
    t_start: float
    t_end: float | None
    vessels: tuple[int, ...]
    lon: float
    lat: float
    zone: str | None = None
    detections: tuple[str, ...] = ()
    planted: bool = False
    observable: bool | None = None
    sure: bool = True


@dataclass(frozen=True, slots=True)
class World:
    """All that truth is told from: fleet, zones, incidents, sea, and when each vessel's positions were received."""

    fleet: Fleet
    zones: tuple[Zone, ...]
    planted: tuple[Planted, ...]
    sea: Sea
    heard: tuple[FloatArray, ...]

    def has_ais(self, i: int) -> bool:
        """Whether a vessel carries AIS."""
        return self.fleet.vessels[i].mmsi is not None

    def incident(self, i: int, kind: str, t: float) -> Planted | None:
        """The incident in which a vessel was to make an event of that kind at that time (give or take 10 min)."""
        own = [p for p in self.planted if p.name == self.fleet.vessels[i].incident and kind in p.kinds]
        return next((p for p in own if p.window[0] - 600.0 <= t <= p.window[1] + 600.0), None)

    def count(self, i: int, t0: float, t1: float) -> int:
        """How many positions of a vessel were received from t0 to t1."""
        return int(np.searchsorted(self.heard[i], t1, "right") - np.searchsorted(self.heard[i], t0))

    def followed_s(self, i: int, t0: float, t1: float, most_s: float = HOUR_S) -> float:
        """For how long between t0 and t1 positions came at least every ``most_s`` seconds."""
        t = self.heard[i][(self.heard[i] >= t0) & (self.heard[i] <= t1)]
        step = np.diff(t)
        return float(step[step <= most_s].sum())

    def place(self, i: int, t: float) -> tuple[float, float]:
        """Where a vessel truly was, degrees."""
        x, y = self.fleet.at(np.array([i]), np.array([min(t, self.fleet.span_s - 1.0)]))
        return float(geo.wrap_lon(x[0])), float(y[0])


def runs(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and one past the last index of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def off_shore_m(sea: Sea, lon: float, lat: float, most_m: float = 60_000.0) -> float:
    """Distance to the nearest land found along 48 bearings, metres; at most ``most_m``."""
    reach, angle = np.arange(1000.0, most_m, 900.0), np.arange(48) * np.pi / 24.0
    per_lon, per_lat = degrees_per_m(lat)
    x = lon + np.outer(reach, np.sin(angle)) * per_lon
    dry = sea.dry(x, lat + np.outer(reach, np.cos(angle)) * per_lat).any(axis=1)
    return float(reach[np.argmax(dry)]) if dry.any() else most_m


def near_anchorage_m(lon: float, lat: float) -> float:
    """Distance to the nearest berth or anchorage, metres."""
    x = np.array([v for p in PORTS.values() for v in (p.lon, p.anchor_lon)])
    y = np.array([v for p in PORTS.values() for v in (p.lat, p.anchor_lat)])
    return float(geo.distance_m(lon, lat, x, y).min())


def loitering(w: World) -> Iterator[Fact]:
    """Stays of 3 h or more in hours of under 2 kn, 20 nmi or more off; 2 h and 10 nmi are tolerated."""
    speed = w.fleet.sog_kn[:, ::_MINUTE]
    for i in range(len(speed)):
        if not w.has_ais(i) or speed.shape[1] <= 60:
            continue
        total = np.concatenate([[0.0], np.cumsum(speed[i])])
        slow = (total[60:] - total[:-60]) / 60.0 < 2.0
        for a, b in runs(slow):
            t0, t1 = a * 60.0, min((b + 59) * 60.0, w.fleet.span_s)
            x, y = w.place(i, 0.5 * (t0 + t1))
            off = off_shore_m(w.sea, x, y)
            sure = t1 - t0 >= 3.0 * HOUR_S and off >= 20.0 * NMI_M
            if sure or (t1 - t0 >= 2.0 * HOUR_S and off >= 8.0 * NMI_M):
                goes_on = None if t1 > w.fleet.span_s - 120.0 else t1
                planted = sure and w.incident(i, "loitering", 0.5 * (t0 + t1)) is not None
                seen = w.followed_s(i, t0, t1) >= 3.0 * HOUR_S
                yield Fact("loitering", t0, goes_on, (i,), x, y, planted=planted, observable=seen, sure=sure)


def encounters(w: World) -> Iterator[Fact]:
    """Pairs within 500 m for 2 h at a median under 2 kn, 10 km off anchorages; 900 m for 1 h is tolerated."""
    lon, lat = w.fleet.lon[:, :: 10 * _MINUTE], w.fleet.lat[:, :: 10 * _MINUTE]
    own = [i for i in range(len(lon)) if w.has_ais(i)]
    for n, i in enumerate(own):
        rest = np.array(own[n + 1 :], np.int64)
        rest = rest[np.abs(lat[rest] - lat[i]).min(axis=1, initial=1.0) < 0.02]
        for j in rest.tolist():
            apart = geo.distance_m(lon[i], lat[i], lon[j], lat[j])
            close = [(a, b) for a, b in runs(apart <= 500.0) if b - a > 12]
            for a, b in close:
                yield from _meeting(w, i, j, a, b, True)
            for a, b in runs(apart < 900.0):
                if b - a > 6 and not any(c < b and a < d for c, d in close):
                    yield from _meeting(w, i, j, a, b, False)


def _meeting(w: World, i: int, j: int, a: int, b: int, long: bool) -> Iterator[Fact]:
    """The encounter of two vessels close together over steps ``a`` to ``b`` of 10 min, unless it is none at all."""
    t0, t1 = a * 600.0, (b - 1) * 600.0
    speed = float(np.median(w.fleet.sog_kn[[i, j], a * 60 : (b - 1) * 60]))
    x, y = w.place(i, 0.5 * (t0 + t1))
    port = near_anchorage_m(x, y)
    if speed > 2.5 or port < 8000.0:
        return
    sure = long and speed < 2.0 and port >= 10_000.0
    planted = sure and all(w.incident(k, "encounter", 0.5 * (t0 + t1)) is not None for k in (i, j))
    seen = min(w.followed_s(k, t0, t1) for k in (i, j)) >= 1.9 * HOUR_S
    end = None if t1 >= w.fleet.span_s - 600.0 else t1
    yield Fact("encounter", t0, end, (i, j), x, y, planted=planted, observable=seen, sure=sure)
    if sure and w.incident(i, "transshipment", t0) is not None:
        yield Fact("transshipment", t0, end, (i, j), x, y, planted=planted, observable=seen)


def zone_entries(w: World) -> Iterator[Fact]:
    """Stays in zones that began outside, with 1 km of hysteresis; those begun inside, or shallow, are tolerated."""
    lon, lat = w.fleet.lon[:, ::_MINUTE], w.fleet.lat[:, ::_MINUTE]
    for zone in (z for z in w.zones if z.kind in LAWFUL):
        inside = zone.holds(lon, lat)
        for i in np.flatnonzero(inside.any(axis=1)).tolist():
            if not w.has_ais(i):
                continue
            depth = shapely.distance(shapely.points(lon[i], lat[i]), zone.geometry.boundary) * 111_000.0
            within = inside[i].copy()
            for a, b in runs(~inside[i]):
                if a > 0 and b < len(within) and depth[a:b].max() < 1000.0:
                    within[a:b] = True
            for a, b in runs(within):
                t0, t1 = a * 60.0, (b - 1) * 60.0
                end = None if b == len(within) else t1
                sure = a > 0 and float(depth[a:b].max()) >= 1200.0 and t1 - t0 >= 900.0
                p = w.incident(i, "zone_entry", t0)
                planted = sure and p is not None and p.zone == zone.zone
                seen = w.count(i, 0.0, t0) >= 1 and w.count(i, t0, t1) >= 2
                x, y = w.place(i, t0)
                yield Fact("zone_entry", t0, end, (i,), x, y, zone.zone, planted=planted, observable=seen, sure=sure)


def fishing(w: World) -> Iterator[Fact]:
    """Work with gear, as drawn: stretches less than 1 h apart are one; 20 min or more."""
    for i, v in enumerate(w.fleet.vessels):
        spans: list[tuple[float, float]] = []
        for p in v.track.parts:
            a, b = max(p.t_start, 0.0), min(p.t_end, w.fleet.span_s)
            if p.doing != "fish" or b <= a or not w.has_ais(i):
                continue
            if spans and a - spans[-1][1] < HOUR_S:
                spans[-1] = (spans[-1][0], b)
            else:
                spans.append((a, b))
        for a, b in spans:
            if b - a < 1200.0:
                continue
            x, y = w.place(i, 0.5 * (a + b))
            p_in = w.incident(i, "fishing", 0.5 * (a + b))
            there = p_in and next(z for z in w.zones if z.zone == p_in.zone)
            planted = bool(there) and bool(there.holds(np.array([x]), np.array([y]))[0])  # type: ignore[union-attr]
            end = None if b >= w.fleet.span_s else b
            seen = w.count(i, a, b) >= 6
            zone = p_in.zone if planted and p_in else None
            yield Fact("fishing", a, end, (i,), x, y, zone, planted=planted, observable=seen)


def cables(w: World) -> Iterator[Fact]:
    """Slow or repeated passages within 1.5 nmi of a cable for 20 min or more: tolerated, unless planted elsewhere."""
    step = 5 * _MINUTE
    lon, lat, sog = w.fleet.lon[:, ::step], w.fleet.lat[:, ::step], w.fleet.sog_kn[:, ::step]
    for zone in (z for z in w.zones if z.kind == "cable"):
        near = shapely.distance(shapely.points(lon, lat), zone.geometry) * 111_000.0 < 1.5 * NMI_M
        for i in np.flatnonzero(near.any(axis=1)).tolist():
            if not w.has_ais(i):
                continue
            for a, b in runs(near[i]):
                if b - a >= 4 and float(sog[i, a:b].mean()) < 7.0:
                    x, y = w.place(i, a * 300.0)
                    yield Fact("cable", a * 300.0, (b - 1) * 300.0, (i,), x, y, zone.zone, sure=False)
