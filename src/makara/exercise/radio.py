"""AIS on the air: when transponders transmit, and who hears it.

Intervals follow ITU-R M.1371-5: class A 2 to 10 s by speed and turn, 3 min at anchor or moored; class B (carrier sense)
30 s, 3 min below 2 kn; static messages every 6 min; long-range message 27 every 3 min. Stations hear with a probability
that falls smoothly around their range; class B, at 2 W, carries 0.6 as far. **What stations forward is thinned, as many
national feeds are: one position a mover a minute, static data every 15 min.** Satellites hear everything in view for a
few minutes, each message with a low probability, lower where many transmit (slot collisions) and for class B, and keep
one in 45 s.
Randomness is a hash of the seed and counters, so that compiled loops stay reproducible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray

from makara.exercise.fleet import Fleet
from makara.exercise.places import STATIONS
from makara.exercise.routes import FloatArray

IntArray = NDArray[np.int64]
FORWARD_S: Final = 58.0
"""Stations forward one position of a mover in this time, seconds."""
FORWARD_STATIC_S: Final = 890.0
FORWARD_SATELLITE_S: Final = 45.0
STATIC_S: Final = 360.0
LONG_RANGE_S: Final = 180.0
FIJI_EAST_OF_DEG: Final = 140.0
"""Vessels east of this belong to the satellites' second region."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A satellite in view of a region (0: Andaman Sea, 1: Fiji), from and to in seconds, and when its data arrived."""

    satellite: str
    region: int
    t_start: float
    t_end: float
    t_known: float


@njit(cache=True)
def _uniform(seed: Any, a: Any, b: Any) -> Any:
    """A number in [0, 1) that depends on three integers only (SplitMix64, Steele 2014)."""
    x = uint64(seed) + uint64(a) * uint64(0x9E3779B97F4A7C15) + uint64(b) * uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> uint64(27))) * uint64(0x94D049BB133111EB)
    x = x ^ (x >> uint64(31))
    return float(x >> uint64(11)) / 9007199254740992.0


@njit(cache=True)
def interval_s(transponder: Any, sog_kn: Any, status: Any, turning: Any) -> Any:
    """Reporting interval of a transponder (1: class A, 2: class B), seconds. ITU-R M.1371-5, tables 1 and 2."""
    if transponder == 2:
        return 30.0 if sog_kn > 2.0 else 180.0
    if status == 1 or status == 5:
        return 180.0 if sog_kn <= 3.0 else 10.0
    if sog_kn > 23.0:
        return 2.0
    if sog_kn > 14.0:
        return 2.0 if turning else 6.0
    return 10.0 / 3.0 if turning else 10.0


@njit(cache=True)
def _transmit(
    transponder: Any, sog: Any, status: Any, turning: Any, silent: Any, span: Any, fixed: Any, seed: Any
) -> Any:
    """Numbers of vessels and times of their messages, by vessel, then time. ``fixed`` > 0: every so many seconds."""
    size = 1024
    who = np.empty(size, np.int32)
    when = np.empty(size)
    n = 0
    for i in range(transponder.size):
        if transponder[i] == 0:
            continue
        k = 0
        t = _uniform(seed, i, 0) * (fixed if fixed > 0.0 else 10.0)
        while t < span:
            on = True
            for j in range(silent.shape[1]):
                if silent[i, j, 0] <= t < silent[i, j, 1]:
                    on = False
            if on:
                if n == size:
                    size *= 2
                    bigger_who = np.empty(size, np.int32)
                    bigger_when = np.empty(size)
                    bigger_who[:n] = who[:n]
                    bigger_when[:n] = when[:n]
                    who, when = bigger_who, bigger_when
                who[n] = i
                when[n] = t
                n += 1
            at = int(t / 10.0)
            step = fixed if fixed > 0.0 else interval_s(transponder[i], sog[i, at], status[i, at], turning[i, at])
            k += 1
            t += step * (0.95 + 0.1 * _uniform(seed, i, k))
    return who[:n], when[:n]


@njit(cache=True)
def _hear(who: Any, when: Any, lon: Any, lat: Any, transponder: Any, stations: Any, thin: Any, seed: Any) -> Any:
    """Messages that stations forward: their numbers and those of the stations (lon, lat, range in rows)."""
    message = np.empty(2 * who.size, np.int64)
    station = np.empty(2 * who.size, np.int64)
    n = 0
    last_who, next_due = -1, 0.0
    for m in range(who.size):
        i = who[m]
        t = when[m]
        if i != last_who:
            last_who, next_due = i, 0.0
        if t < next_due:
            continue
        k = min(int(t / 10.0), lon.shape[1] - 1)
        found = 0
        for s in range(stations.shape[0]):
            dy = (lat[i, k] - stations[s, 1]) * 110_600.0
            if abs(dy) > 150_000.0:
                continue
            dx = (lon[i, k] - stations[s, 0]) * 111_320.0 * np.cos(np.radians(lat[i, k]))
            if abs(dx) > 150_000.0:
                continue
            reach = stations[s, 2] * (1.0 if transponder[i] == 1 else 0.6)
            p = 0.96 / (1.0 + np.exp((np.hypot(dx, dy) - reach) / (0.11 * reach)))
            if _uniform(seed, m, s + 1) < p and (found == 0 or _uniform(seed, m, s + 101) < 0.15):
                message[n] = m
                station[n] = s
                n += 1
                found += 1
                if found == 2:
                    break
        if found > 0:
            next_due = t + thin
    return message[:n], station[:n]


@njit(cache=True)
def _overhear(who: Any, when: Any, region: Any, chance: Any, passes: Any, thin: Any, seed: Any) -> Any:
    """Messages that satellites pick up: their numbers and those of the passes (region, from, to in rows)."""
    message = np.empty(who.size, np.int64)
    taken = np.empty(who.size, np.int64)
    n = 0
    last_who, next_due = -1, 0.0
    for m in range(who.size):
        i = who[m]
        t = when[m]
        if i != last_who:
            last_who, next_due = i, 0.0
        if t < next_due:
            continue
        for p in range(passes.shape[0]):
            if not (passes[p, 1] <= t < passes[p, 2] and passes[p, 0] == region[i]):
                continue
            if _uniform(seed, m, p + 1) < chance[i, min(int(t / 3600.0), chance.shape[1] - 1)]:
                message[n] = m
                taken[n] = p
                n += 1
                next_due = t + thin
                break
    return message[:n], taken[:n]


def passes(rng: np.random.Generator, span_s: float) -> tuple[Pass, ...]:
    """Passes of four satellites over both regions: each comes every 75 to 105 min for 7 to 11 min.

    Most data arrive 5 to 40 min after the pass, one pass in four 2 to 5 h after; what is still aboard at the end of the
    exercise is taken down then.
    """
    out = []
    for region in (0, 1):
        for k in range(4):
            t, number = rng.uniform(0.0, 600.0) + k * 1350.0, 0
            while t < span_s:
                length = rng.uniform(420.0, 660.0)
                late = (number + k) % 4 == 2
                delay = rng.uniform(2.0, 5.0) * 3600.0 if late else rng.uniform(300.0, 2400.0)
                end = min(t + length, span_s)
                out.append(Pass(f"S-AND-{k + 1}", region, t, end, min(end + delay, max(span_s, end))))
                t += rng.uniform(75.0, 105.0) * 60.0
                number += 1
    return tuple(sorted(out, key=lambda p: (p.t_start, p.region)))


@dataclass(frozen=True, slots=True)
class Heard:
    """Messages received: vessel (number), time (seconds), receiver's number (station or pass), whether by satellite.

    ``what`` is position, long_range or static.
    """

    what: str
    satellite: bool
    vessel: IntArray
    t: FloatArray
    by: IntArray


def _crowd(fleet: Fleet) -> FloatArray:
    """How many AIS vessels are within 150 km of each vessel, hour by hour."""
    hours = max(1, int(np.ceil(fleet.span_s / 3600.0)))
    out = np.zeros((len(fleet.vessels), hours))
    talks = fleet.transponders() > 0
    for h in range(hours):
        k = min(h * 360 + 180, fleet.lon.shape[1] - 1)
        x, y = fleet.lon[:, k], fleet.lat[:, k]
        dx = (x[:, None] - x[None, talks]) * 111_320.0 * np.cos(np.radians(y))[:, None]
        out[:, h] = (np.hypot(dx, (y[:, None] - y[None, talks]) * 110_600.0) < 150_000.0).sum(axis=1)
    return out


def transmissions(
    fleet: Fleet, seed: int, *, every_s: float = 0.0, class_a_only: bool = False
) -> tuple[IntArray, FloatArray]:
    """Numbers of vessels and times (seconds) of all their transmissions, by vessel, then time.

    Args:
        fleet: who, with true tracks and silences.
        seed: of the jitter of a twentieth by which slots shift each interval.
        every_s: a fixed interval, seconds, as static messages have; 0: position reports at the standard's intervals.
        class_a_only: leave class B out.
    """
    transponder = fleet.transponders()
    if class_a_only:
        transponder = transponder * (transponder == 1)
    motion = (fleet.sog_kn, fleet.status, fleet.turning(), fleet.silent)
    who, when = _transmit(transponder, *motion, fleet.span_s, every_s, seed)
    return who.astype(np.int64), when


def listen(fleet: Fleet, seen: tuple[Pass, ...], seed: int) -> list[Heard]:
    """Everything that stations and satellites hear of a fleet."""
    transponder, region = fleet.transponders(), (fleet.lon[:, 0] > FIJI_EAST_OF_DEG).astype(np.int64)
    stations = np.array([(s.lon, s.lat, s.range_m) for s in STATIONS])
    in_view = np.array([(p.region, p.t_start, p.t_end) for p in seen], np.float64).reshape(-1, 3)
    crowd = _crowd(fleet)
    few = np.where((transponder == 1)[:, None], 0.16 * np.exp(-crowd / 30.0) + 0.012,
                   0.035 * np.exp(-crowd / 25.0) + 0.0015)  # fmt: skip
    out = []

    def on_shore(what: str, who: IntArray, when: FloatArray, thin_s: float, number: int) -> None:
        m, s = _hear(who, when, fleet.lon, fleet.lat, transponder, stations, thin_s, seed + number)
        out.append(Heard(what, False, who[m], when[m], s))

    def in_orbit(what: str, who: IntArray, when: FloatArray, chance: FloatArray, thin_s: float, number: int) -> None:
        m, p = _overhear(who, when, region, chance, in_view, thin_s, seed + number)
        out.append(Heard(what, True, who[m], when[m], p))

    positions = transmissions(fleet, seed)
    on_shore("position", *positions, FORWARD_S, 1)
    in_orbit("position", *positions, few, FORWARD_SATELLITE_S, 2)
    long_range = transmissions(fleet, seed + 3, every_s=LONG_RANGE_S, class_a_only=True)
    in_orbit("long_range", *long_range, np.full_like(few, 0.25), FORWARD_SATELLITE_S, 4)
    statics = transmissions(fleet, seed + 5, every_s=STATIC_S)
    on_shore("static", *statics, FORWARD_STATIC_S, 6)
    in_orbit("static", *statics, few * 1.5, FORWARD_STATIC_S, 7)
    return out
