"""The two feeds of an exercise, as files: what stations and what satellites delivered, and when it became known."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from makara.base.time import from_us, text, to_us
from makara.base.units import S_US
from makara.exercise import payloads as pay
from makara.exercise.fleet import Fleet, IntArray
from makara.exercise.motion import TICK_S
from makara.exercise.payloads import Bits, Chars
from makara.exercise.places import STATIONS
from makara.exercise.radio import Heard, Pass
from makara.exercise.routes import FloatArray, degrees_per_m
from makara.exercise.sentences import WIDTH, dirty, joined, sentences

TERRESTRIAL: Final = "reports_terrestrial.nmea.gz"
SATELLITE: Final = "reports_satellite.nmea.gz"
GPS_SD_M: Final = 8.0
"""Standard deviation of a reported position on each axis, metres."""
_DIRT: Final = 0.0008
_BEACONS: Final = (("ONE FATHOM BANK", 995331001, 3, 101.0, 2.88, "MY-PKG"),
                   ("UNDAN", 995331002, 3, 102.3, 2.0, "MY-MLK"))  # fmt: skip
"""Aids to navigation: name, MMSI, type, longitude, latitude, station that hears it."""
_OWN_REPORT_S: Final = 600
_SLOW_CLOCK: Final = ("MY-PIA", 0.5, 0.65, -780)
"""A station whose clock is wrong for a while: its name, from and to as shares of the exercise, seconds."""
_SLOW_CLOCK_FROM_S: Final = 8 * 3600.0
"""Shorter exercises keep all clocks right."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a feed (rows of bytes) with the second they were received and the receiver's number."""

    rows: Chars
    when_s: IntArray
    by: IntArray


def _noise(h: Heard, number: int) -> FloatArray:
    """Standard normal numbers that depend on the transmission alone, so that all who hear it get the same message.

    SplitMix64 (Steele 2014) of vessel, millisecond and ``number``; then Box and Muller.
    """

    def uniform(k: int) -> FloatArray:
        x = (h.vessel.astype(np.uint64) << np.uint64(40)) + np.rint(h.t * 1000.0).astype(np.uint64)
        x = x * np.uint64(0x9E3779B97F4A7C15) + np.uint64((2 * number + k) * 0xD1B54A32D192ED03 % 2**64)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        out: FloatArray = ((x ^ (x >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return out

    wave: FloatArray = np.sqrt(-2.0 * np.log1p(-uniform(0))) * np.cos(2.0 * np.pi * uniform(1))
    return wave


def _reported(fleet: Fleet, h: Heard) -> tuple[FloatArray, ...]:
    """Longitude, latitude, speed, course, heading and turn as the transponders of heard messages state them."""
    lon, lat = fleet.at(h.vessel, h.t)
    per_lon, per_lat = degrees_per_m(lat)
    lon, lat = lon + GPS_SD_M * _noise(h, 0) * per_lon, lat + GPS_SD_M * _noise(h, 1) * per_lat
    k = np.minimum((h.t / TICK_S + 0.5).astype(np.int64), fleet.lon.shape[1] - 2)
    sog, cog, heading = (a[h.vessel, k] for a in (fleet.sog_kn, fleet.cog_deg, fleet.heading_deg))
    ahead = fleet.heading_deg[h.vessel, k + 1]
    turn = ((ahead - heading + 180.0) % 360.0 - 180.0) * (60.0 / TICK_S)
    slow = np.minimum(180.0, 2.5 / np.maximum(sog, 0.02))
    cog, sog = (cog + _noise(h, 2) * slow) % 360.0, np.maximum(0.0, sog + 0.06 * _noise(h, 3))
    _lie(fleet, h, lon, lat, sog, cog, heading)
    return lon, lat, sog, cog, heading, turn


def _lie(
    fleet: Fleet, h: Heard, lon: FloatArray, lat: FloatArray, sog: FloatArray, cog: FloatArray, heading: FloatArray
) -> None:
    """Put what is falsely stated in the place of what is true, in the arrays given."""
    for i, v in enumerate(fleet.vessels):
        for lie in v.lies:
            r = np.flatnonzero((h.vessel == i) & (h.t >= lie.t_start) & (h.t < lie.t_end))
            k = np.minimum((h.t[r] / TICK_S + 0.5).astype(np.int64), len(lie.track.lon) - 1)
            for mine, stated in ((lon, lie.track.lon), (lat, lie.track.lat), (sog, lie.track.sog_kn),
                                 (cog, lie.track.cog_deg), (heading, lie.track.heading_deg)):  # fmt: skip
                mine[r] = stated[k]


def _messages(fleet: Fleet, h: Heard, start_s: int) -> list[tuple[IntArray, Bits]]:
    """Messages heard, encoded: which of them (positions in ``h``), and their bits, type by type."""
    said = fleet.said(h.vessel, h.t)
    mmsi = np.array([c.mmsi for c in fleet.claims()])[said]
    class_a = fleet.transponders()[h.vessel] == 1
    a, b = np.flatnonzero(class_a), np.flatnonzero(~class_a)
    if h.what == "static":
        return _statics(fleet, said, h.vessel, a, b)
    lon, lat, sog, cog, heading, turn = _reported(fleet, h)
    k = np.minimum((h.t / TICK_S + 0.5).astype(np.int64), fleet.lon.shape[1] - 1)
    status = fleet.status[h.vessel, k]
    second = (start_s + h.t).astype(np.int64) % 60
    if h.what == "long_range":
        return [(a, pay.position_long_range(mmsi[a], status[a], lon[a], lat[a], sog[a], cog[a]))]
    length = np.array([c.length_m for c in fleet.claims()])[said]
    heading = np.where(length < 20.0, np.nan, heading)
    turn = np.where(status == 0, np.where(np.abs(turn) < 2.0, 0.0, turn), np.nan)
    turns = fleet.turning()[h.vessel, k]
    out = []
    for kind, r in ((1, a[~turns[a]]), (3, a[turns[a]])):
        motion = (status[r], turn[r], sog[r], lon[r], lat[r], cog[r], heading[r])
        out.append((r, pay.position_a(kind, mmsi[r], *motion, second[r])))
    out.append((b, pay.position_b(mmsi[b], sog[b], lon[b], lat[b], cog[b], heading[b], second[b])))
    return out


def _statics(fleet: Fleet, said: IntArray, vessel: IntArray, a: IntArray, b: IntArray) -> list[tuple[IntArray, Bits]]:
    """Static messages (rows ``a`` of class A, ``b`` of class B), encoded once a claim."""
    out, claims = [], fleet.claims()
    for rows, class_a in ((a, True), (b, False)):
        once, first, back = np.unique(said[rows], return_index=True, return_inverse=True)
        if len(once) == 0:
            continue
        c, v = [claims[int(i)] for i in once], [fleet.vessels[int(i)] for i in vessel[rows][first]]
        mmsi, kind = [x.mmsi for x in c], [x.ship_type for x in v]
        calls, names = [x.callsign for x in c], [x.name for x in c]
        length, width = [x.length_m for x in c], [x.width_m for x in c]
        if class_a:
            rest = ([x.draught_m for x in v], [x.destination for x in v])
            out.append((rows, pay.static_a(mmsi, [x.imo for x in c], calls, names, kind, length, width, *rest)[back]))
        else:
            out.append((rows, pay.static_b_name(mmsi, names)[back]))
            out.append((rows, pay.static_b_hull(mmsi, kind, calls, length, width)[back]))
    return out


def _own_reports(start: datetime, span_s: float) -> list[tuple[Bits, IntArray, IntArray]]:
    """Message 4 of each station and message 21 of the beacons: bits, second, station."""
    start_s = to_us(start) // S_US
    t = np.arange(start_s, start_s + int(span_s), _OWN_REPORT_S)
    n, names = len(t), [s.name for s in STATIONS]
    out = []
    for k, s in enumerate(STATIONS):
        when = t + 7 * k
        stamp = when.astype("datetime64[s]")
        bits = pay.base_station(np.full(n, s.mmsi), stamp, np.full(n, s.lon), np.full(n, s.lat))
        out.append((bits, when, np.full(n, k)))
    for name, mmsi, kind, lon, lat, heard_by in _BEACONS:
        bits = pay.aid(np.full(n, mmsi), kind, [name], np.full(n, lon), np.full(n, lat), t % 60)
        out.append((bits, t + 100, np.full(n, names.index(heard_by))))
    return out


def lines_of(
    fleet: Fleet, heard: list[Heard], satellite: bool, seen: tuple[Pass, ...], start: datetime, rng: np.random.Generator
) -> Lines:
    """The lines of one of the two feeds, in the order of reception, broken copies among them."""
    start_s = to_us(start) // S_US
    names = [p.satellite for p in seen] if satellite else [s.name for s in STATIONS]
    groups = []
    for h in heard:
        if h.satellite == satellite:
            for rows, bits in _messages(fleet, h, start_s):
                groups.append((bits, (start_s + h.t[rows]).astype(np.int64), h.by[rows]))
    if not satellite:
        groups += _own_reports(start, fleet.span_s)
        groups = [(bits, _as_stamped(t, by, start_s, fleet.span_s), by) for bits, t, by in groups]
    parts: list[tuple[Chars, IntArray, IntArray, IntArray]] = []
    total = 0
    for bits, t, source in groups:
        number = np.arange(total, total + len(bits))
        total += len(bits)
        if len(bits) == 0:
            continue
        part = sentences(bits, names, source, t, number % 9999 + 1)
        per = len(part) // len(bits)
        parts.append((part, np.repeat(t, per), np.repeat(source, per), np.repeat(number, per)))
        if per == 1:
            which, copies = dirty(rng, part, _DIRT)
            parts.append((copies, t[which], source[which], number[which]))
    if not parts:
        return Lines(np.empty((0, WIDTH), np.uint8), np.empty(0, np.int64), np.empty(0, np.int64))
    every = np.vstack([p[0] for p in parts])
    at, by, number = (np.concatenate([(p[1], p[2], p[3])[k] for p in parts]) for k in range(3))
    order = np.lexsort((np.arange(len(at)), number, at))
    return Lines(every[order], at[order], by[order])


def _as_stamped(t: IntArray, by: IntArray, start_s: int, span_s: float) -> IntArray:
    """Seconds at which stations say that they received messages: true ones, but for one station's wrong clock."""
    name, first, last, wrong_s = _SLOW_CLOCK
    if span_s < _SLOW_CLOCK_FROM_S:
        return t
    station = [s.name for s in STATIONS].index(name)
    wrong = (by == station) & (t >= start_s + first * span_s) & (t < start_s + last * span_s)
    return np.where(wrong, t + wrong_s, t)


def known_csv(lines: Lines, seen: tuple[Pass, ...], start: datetime) -> bytes:
    """``known.csv``: when each line of the satellite feed reached us."""
    at = [text(from_us(to_us(start) + int(p.t_known) * S_US)) for p in seen]
    body = "".join(f"{SATELLITE},{i},{at[int(k)]}\n" for i, k in enumerate(lines.by, 1))
    return f"file,line,t_known\n{body}".encode()


def gz(lines: Lines) -> bytes:
    """The feed's file: the same lines always give the same bytes."""
    return gzip.compress(joined(lines.rows), compresslevel=5, mtime=0)
