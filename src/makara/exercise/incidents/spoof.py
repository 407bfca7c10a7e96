"""Places that are not where the vessel is: jumps, circles, frozen sets, positions on land; and faults that look alike.

A transponder that lies is still heard where it truly is, so the stations near the vessel receive the false places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from makara.base.units import HOUR_S, KN_M_S
from makara.exercise.fleet import Lie, Vessel
from makara.exercise.incidents._stage import Place, Planted, Stage, offset
from makara.exercise.motion import TICK_S, Pen, Track
from makara.exercise.routes import FloatArray, degrees_per_m, densify, smooth


def _stated(true: Track, lon: FloatArray, lat: FloatArray, sog: FloatArray, cog: FloatArray) -> Track:
    return replace(true, lon=lon, lat=lat, sog_kn=sog, cog_deg=cog % 360.0, heading_deg=cog % 360.0)


def _elsewhere(true: Track, shift: Place) -> Track:
    """The true motion at another place."""
    return replace(true, lon=true.lon + shift[0], lat=true.lat + shift[1])


def _circle(true: Track, centre: Place, radius_m: float, kn: float) -> Track:
    """Round and round a place, without any error."""
    t = np.arange(len(true.lon)) * float(TICK_S)
    a = t * kn * KN_M_S / radius_m
    per_lon, per_lat = degrees_per_m(centre[1])
    lon, lat = centre[0] + radius_m * np.sin(a) * per_lon, centre[1] + radius_m * np.cos(a) * per_lat
    return _stated(true, lon, lat, np.full(len(t), kn), np.degrees(a) + 90.0)


def _line(true: Track, start: Place, bearing_deg: float, kn: float, t0: float) -> Track:
    """Straight on from a place at a time, whatever is in the way."""
    t = np.arange(len(true.lon)) * float(TICK_S) - t0
    per_lon, per_lat = degrees_per_m(start[1])
    a = np.radians(bearing_deg)
    lon, lat = (start[0] + t * kn * KN_M_S * np.sin(a) * per_lon, start[1] + t * kn * KN_M_S * np.cos(a) * per_lat)
    return _stated(true, lon, lat, np.full(len(t), kn), np.full(len(t), bearing_deg))


def _frozen(true: Track, t0: float, kn: float) -> Track:
    """The place, speed and course of one instant, again and again."""
    k, n = int(t0 / TICK_S), len(true.lon)
    return _stated(true, np.full(n, true.lon[k]), np.full(n, true.lat[k]), np.full(n, kn),
                   np.full(n, true.cog_deg[k]))  # fmt: skip


def _sails(stage: Stage, start: str, place: Place, end: str, kn: float, at: float, wait_s: float = 0.0) -> Track:
    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound(start, place, kn, at)
        if wait_s > 0.0:
            pen.drift(at + wait_s, 0.4)
        stage.onward(pen, end, kn)
        return (pen,)

    return stage.pens(draw)[0]


def _plant(stage: Stage, name: str, ship: Vessel, t: tuple[float, float], stated: Track) -> None:
    lie = Lie(name, *t, stated)
    names = stage.add(replace(ship, lies=(lie,)))
    stage.planted.append(Planted(name, ("spoofing",), names, t, None, (("spoofing", *t),)))


def _jump(stage: Stage) -> None:
    """Off Sabang a tanker is 300 nmi north for two hours, and back."""
    if not stage.lasts(5.0):
        return
    t = (0.40 * stage.span, 0.40 * stage.span + min(2.0 * HOUR_S, 0.25 * stage.span))
    track = _sails(stage, "rondo", (95.55, 6.12), "anch:sabang", 6.0, t[0] + 0.6 * HOUR_S)
    ship = stage.register.launch("tanker", track, length_m=182.0, incident="jump")
    _plant(stage, "jump", ship, t, _elsewhere(track, (-0.4, 5.1)))


def _round(stage: Stage) -> None:
    """A ship that lies off Great Nicobar circles perfectly 250 nmi away."""
    if not stage.lasts(8.0):
        return
    t = (0.30 * stage.span, 0.30 * stage.span + min(4.0 * HOUR_S, 0.3 * stage.span))
    track = _sails(stage, "six", (94.22, 6.92), "nicobar_east", 10.0, t[0] - 0.5 * HOUR_S, t[1] - t[0] + HOUR_S)
    ship = stage.register.launch("cargo", track, length_m=143.0, incident="round")
    _plant(stage, "round", ship, t, _circle(track, (96.4, 10.2), 2600.0, 9.0))


def _inland(stage: Stage) -> None:
    """Leaving Phuket, a coaster's stated way leads straight over the peninsula."""
    if not stage.lasts(5.0):
        return
    t = (0.55 * stage.span, 0.55 * stage.span + min(1.6 * HOUR_S, 0.2 * stage.span))
    track = _sails(stage, "anch:phuket", (98.38, 7.42), "anch:langkawi", 9.0, t[0] + 0.4 * HOUR_S)
    ship = stage.register.launch("cargo", track, length_m=88.0, incident="inland")
    _plant(stage, "inland", ship, t, _line(track, (99.05, 8.55), 30.0, 9.5, t[0]))


def _stuck(stage: Stage) -> None:
    """Off Langkawi a ship repeats one place at 11.3 kn for hours while it sails on."""
    if not stage.lasts(5.0):
        return
    t = (0.62 * stage.span, 0.62 * stage.span + min(2.5 * HOUR_S, 0.25 * stage.span))
    track = _sails(stage, "butang", (99.35, 6.05), "anch:langkawi", 7.0, t[0] + HOUR_S)
    ship = stage.register.launch("cargo", track, length_m=121.0, incident="stuck")
    _plant(stage, "stuck", ship, t, _frozen(track, t[0], 11.3))


def _survey_circles(stage: Stage) -> None:
    """A survey ship that truly runs circles of half a mile at 4 kn off Port Blair, in water that sets north-east."""
    centre = (93.12, 11.88)

    def draw() -> tuple[Pen, ...]:
        pen = stage.pen(*offset(centre, 0.0, 900.0), 10.0)
        a = np.radians(np.arange(0.0, 360.0 * 40.0, 12.0))
        per_lon, per_lat = degrees_per_m(centre[1])
        wide = 900.0 * (1.0 + 0.06 * np.sin(a / 7.3) + 0.04 * np.sin(a * 1.7))
        set_m = 0.06 * 900.0 * a
        east, north = wide * np.sin(a) + 0.5 * set_m, wide * np.cos(a) + 0.87 * set_m
        path = np.column_stack([centre[0] + east * per_lon, centre[1] + north * per_lat])
        pen.sail(smooth(densify(path, 120.0), 240.0, 120.0), 4.0)
        pen.drift(stage.span + 60.0, 0.3)
        return (pen,)

    stage.add(stage.register.launch("survey", stage.pens(draw)[0]))


def _glitch(stage: Stage) -> None:
    """A ferry whose receiver is 20 nmi off for a minute and a half: a fault, not a lie."""
    if not stage.lasts(2.0):
        return
    t = 0.5 * stage.span
    track = _sails(stage, "anch:penang", (100.05, 5.72), "anch:langkawi", 14.0, t)
    ship = stage.register.launch("ferry", track)
    lie = Lie("glitch", t - 300.0, t - 210.0, _elsewhere(track, (-0.3, 0.12)), brief=True)
    names = stage.add(replace(ship, lies=(lie,)))
    told = (("spoofing", t - 300.0, t - 210.0),)
    stage.borderline.append(Planted("glitch", ("spoofing",), names, (t - 300.0, t), None, told))


def _moored(stage: Stage) -> None:
    """A ship at its berth in Penang, whose antenna stands still: the same place to the metre, speed zero."""

    def draw() -> tuple[Pen, ...]:
        pen = Pen(stage.rng, -60.0, 100.301, 5.549)
        pen.moor(stage.span + 60.0)
        return (pen,)

    track = stage.pens(draw)[0]
    ship = stage.register.launch("cargo", track, length_m=134.0)
    lie = Lie("moored", 0.0, stage.span + 60.0, _frozen(track, 0.0, 0.0), brief=True)
    stage.add(replace(ship, lies=(lie,)))


Incident = Callable[[Stage], None]
PLANT: Final[tuple[Incident, ...]] = (_jump, _round, _inland, _stuck)
ALIKE: Final[tuple[Incident, ...]] = (_survey_circles, _glitch, _moored)
