"""All that truth is told from: who truly moved how, what was received of whom and when, and which looks found whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makara.base import geo
from makara.base.units import HOUR_S
from makara.exercise.detections import Detection, name
from makara.exercise.fleet import Fleet, Vessel
from makara.exercise.incidents import Planted
from makara.exercise.places import PORTS
from makara.exercise.routes import FloatArray, Sea, degrees_per_m
from makara.exercise.zones import ANCHORAGE_M, PORT_M, Zone

MINUTE: Final = 6
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


@dataclass(frozen=True)
class World:
    """Fleet, zones, incidents and borderline look-alikes, sea, when positions and static data of each vessel were
    received (seconds, sorted), and what the looks found.
    """

    fleet: Fleet
    zones: tuple[Zone, ...]
    planted: tuple[Planted, ...]
    borderline: tuple[Planted, ...]
    sea: Sea
    heard: tuple[FloatArray, ...]
    statics: tuple[FloatArray, ...]
    found: tuple[Detection, ...]

    def vessel(self, i: int) -> Vessel:
        """A vessel by number."""
        return self.fleet.vessels[i]

    def has_ais(self, i: int) -> bool:
        """Whether a vessel carries AIS."""
        return self.fleet.vessels[i].mmsi is not None

    @cached_property
    def minutes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Longitude, latitude and speed (knots) of each vessel, minute by minute."""
        f = self.fleet
        return f.lon[:, ::MINUTE], f.lat[:, ::MINUTE], f.sog_kn[:, ::MINUTE]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Numbers of vessels by name."""
        return {v.vessel: i for i, v in enumerate(self.fleet.vessels)}

    @cached_property
    def _seen(self) -> dict[int, list[int]]:
        out: dict[int, list[int]] = {}
        for k, d in enumerate(self.found):
            if d.vessel is not None:
                out.setdefault(d.vessel, []).append(k)
        return out

    def seen(self, i: int, t0: float, t1: float) -> list[int]:
        """Numbers of the detections of a vessel from t0 to t1."""
        return [k for k in self._seen.get(i, []) if t0 <= self.found[k].t <= t1]

    def measured(self, numbers: list[int]) -> bool:
        """Whether one of some detections tells a length."""
        return any(self.found[k].length_m is not None for k in numbers)

    def named(self, numbers: list[int]) -> tuple[str, ...]:
        """Names of detections."""
        return tuple(name(k) for k in sorted(numbers))

    def incident(self, i: int, kind: str, t: float) -> Planted | None:
        """The incident in which a vessel was to make an event of that kind at that time (give or take 10 min)."""
        own = [p for p in self.planted if p.name == self.fleet.vessels[i].incident and kind in p.kinds]
        return next((p for p in own if p.window[0] - 600.0 <= t <= p.window[1] + 600.0), None)

    def count(self, i: int, t0: float, t1: float) -> int:
        """How many positions of a vessel were received from t0 to t1."""
        return int(np.searchsorted(self.heard[i], t1, "right") - np.searchsorted(self.heard[i], t0))

    def heard_as(self, i: int, mmsi: int) -> FloatArray:
        """When positions of a vessel were received under a number, sorted, seconds."""
        t = self.heard[i]
        numbers = np.array([c.mmsi for c in self.fleet.claims()])[self.fleet.said(np.full(len(t), i), t)]
        out: FloatArray = t[numbers == mmsi]
        return out

    def told(self, i: int, t0: float, t1: float) -> int:
        """How many static messages of a vessel were received from t0 to t1."""
        return int(np.searchsorted(self.statics[i], t1, "right") - np.searchsorted(self.statics[i], t0))

    def followed_s(self, i: int, t0: float, t1: float, most_s: float = HOUR_S) -> float:
        """For how long between t0 and t1 positions came at least every ``most_s`` seconds."""
        t = self.heard[i][(self.heard[i] >= t0) & (self.heard[i] <= t1)]
        step = np.diff(t)
        return float(step[step <= most_s].sum())

    def place(self, i: int, t: float) -> tuple[float, float]:
        """Where a vessel truly was, degrees."""
        x, y = self.fleet.at(np.array([i]), np.array([max(0.0, min(t, self.fleet.span_s - 1.0))]))
        return float(geo.wrap_lon(x[0])), float(y[0])

    def end(self, t: float) -> float | None:
        """A time, or None where the exercise ends before what lasts until then."""
        return None if t >= self.fleet.span_s - 120.0 else t

    def off_shore_m(self, lon: float, lat: float, most_m: float = 60_000.0) -> float:
        """Distance to the nearest land found along 48 bearings, metres; at most ``most_m``."""
        reach, angle = np.arange(1000.0, most_m, 900.0), np.arange(48) * np.pi / 24.0
        per_lon, per_lat = degrees_per_m(lat)
        x = lon + np.outer(reach, np.sin(angle)) * per_lon
        dry = self.sea.dry(x, lat + np.outer(reach, np.cos(angle)) * per_lat).any(axis=1)
        first = int(np.argmax(dry))
        return float(reach[first]) if dry.any() else most_m


def runs(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and one past the last index of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def bridged(mask: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """A mask in which holes of up to ``most`` between true values are filled."""
    out = mask.copy()
    for a, b in runs(~mask):
        if a > 0 and b < len(mask) and b - a <= most:
            out[a:b] = True
    return out


def near_anchorage_m(lon: float, lat: float) -> float:
    """Distance to the nearest berth or anchorage point, metres."""
    x = np.array([v for p in PORTS.values() for v in (p.lon, p.anchor_lon)])
    y = np.array([v for p in PORTS.values() for v in (p.lat, p.anchor_lat)])
    return float(geo.distance_m(lon, lat, x, y).min())


def outside_port_m(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Distance to the edge of the nearest port or anchorage (0 inside), metres."""
    best = np.full(lon.shape, np.inf)
    for p in PORTS.values():
        for x, y, radius in ((p.lon, p.lat, PORT_M), (p.anchor_lon, p.anchor_lat, ANCHORAGE_M)):
            per_lon, per_lat = degrees_per_m(y)
            best = np.minimum(best, np.hypot((lon - x) / per_lon, (lat - y) / per_lat) - radius)
    out: FloatArray = np.maximum(best, 0.0)
    return out
