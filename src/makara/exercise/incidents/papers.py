"""Identities that do not fit: clones, numbers changed at sea or that cannot be; and the honest confusions like them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from makara.base.units import HOUR_S
from makara.exercise.fleet import Vessel
from makara.exercise.incidents._stage import Place, Planted, Stage
from makara.exercise.motion import Pen, Track

LENGTH_AT: Final = (98.18, 7.56)
"""Where a ship waits that says it is half as long as it is."""
NOBODYS: Final = 299
"""Maritime identification digits that the ITU has given to nobody."""
_DEFAULT: Final = 525_123_456
"""A number that a maker of small transponders left in its sets."""


def _clone(stage: Stage) -> None:
    def draw() -> tuple[Pen, ...]:
        one, two = stage.pen(101.02, 2.80), stage.pen(98.25, 7.45)
        one.sail(stage.sea.join((one.lon, one.lat), (100.35, 3.62), (99.85, 4.25), (98.5, 5.25), (94.0, 6.3)), 9.5)
        two.sail(stage.sea.join((two.lon, two.lat), (97.95, 7.7), (97.8, 9.4), (96.6, 12.5), (95.9, 14.5)), 7.0)
        for pen in (one, two):
            pen.drift(stage.span + 60.0, 0.5)
        return one, two

    tracks = stage.pens(draw)
    own = stage.register.launch("cargo", tracks[0], length_m=168.0, incident="clone")
    twin = stage.register.launch("cargo", tracks[1], length_m=121.0, incident="clone", mmsi=own.mmsi)
    told = (("identity", 0.0, stage.span),)
    stage.planted.append(Planted("clone", ("identity",), stage.add(own, twin), (0.0, stage.span), None, told))


def _passage(stage: Stage, start: str, place: Place, end: str, kn: float, at: float) -> Track:
    """One ship's way over a place, there at a time."""

    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound(start, place, kn, at)
        stage.onward(pen, end, kn)
        return (pen,)

    return stage.pens(draw)[0]


def _tell(stage: Stage, name: str, t: tuple[float, float], *vessels: Vessel) -> None:
    names = stage.add(*vessels)
    stage.planted.append(Planted(name, ("identity",), names, t, None, (("identity", *t),)))


def _renamed(stage: Stage) -> None:
    """Under way north of Sabang a ship takes another number, name and call sign."""
    if not stage.lasts(4.0):
        return
    t = 0.30 * stage.span
    track = _passage(stage, "six_west", (95.3, 6.18), "mid_strait", 10.0, t)
    ship = stage.register.launch("cargo", track, length_m=137.0, incident="renamed", flag="LBR")
    new = stage.register.claim("PAN", ship.length_m, ship.width_m, since=t)
    ship = replace(ship, claims=(*ship.claims, replace(new, imo=ship.claims[0].imo)))
    _tell(stage, "renamed", (t - 600.0, t + 600.0), ship)


def _bad_imo(stage: Stage) -> None:
    """A ship whose IMO number fails its own check digit."""
    track = _passage(stage, "mid_strait", (99.85, 5.30), "anch:langkawi", 9.0, 0.35 * stage.span)
    ship = stage.register.launch("cargo", track, length_m=112.0, incident="bad_imo")
    wrong = ship.claims[0].imo // 10 * 10 + (ship.claims[0].imo + 4) % 10
    _tell(stage, "bad_imo", (0.0, stage.span), replace(ship, claims=(replace(ship.claims[0], imo=wrong),)))


def _two_hulls(stage: Stage) -> None:
    """Two ships under one IMO number, each with an own MMSI: one off Port Blair, one in the strait."""
    tracks = [
        _passage(stage, "preparis", (93.1, 11.75), "anch:portblair", 10.0, 0.4 * stage.span),
        _passage(stage, "strait_south", (101.75, 2.20), "anch:klang", 9.0, 0.4 * stage.span),
    ]
    one, two = (stage.register.launch("cargo", t, length_m=n, incident="two_hulls")
                for t, n in zip(tracks, (128.0, 141.0), strict=True))  # fmt: skip
    two = replace(two, claims=(replace(two.claims[0], imo=one.claims[0].imo),))
    _tell(stage, "two_hulls", (0.0, stage.span), one, two)


def _nobodys(stage: Stage) -> None:
    """A tanker whose MMSI begins with digits that no country has."""
    track = _passage(stage, "six_west", (95.35, 6.22), "mid_strait", 10.5, 0.5 * stage.span)
    ship = stage.register.launch("tanker", track, length_m=154.0, incident="nobodys")
    mmsi = NOBODYS * 1_000_000 + (ship.mmsi or 0) % 1_000_000
    _tell(stage, "nobodys", (0.0, stage.span), replace(ship, claims=(replace(ship.claims[0], mmsi=mmsi),)))


def _shrunk(stage: Stage) -> None:
    """A ship of 205 m that states 98 m lies off Phuket while a radar satellite looks."""
    if not stage.lasts(4.0):
        return
    t = (0.6 * stage.span, 0.72 * stage.span)

    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound("similan_west", LENGTH_AT, 10.0, t[0])
        pen.drift(t[1], 0.3, 200.0)
        stage.onward(pen, "phuket_south", 11.0)
        return (pen,)

    ship = stage.register.launch("cargo", stage.pens(draw)[0], length_m=205.0, incident="shrunk")
    small = replace(ship.claims[0], length_m=98.0, width_m=16.0)
    names = stage.add(replace(ship, claims=(small,)))
    look = (*LENGTH_AT, 0.66 * stage.span)
    told = (("identity", *t),)
    stage.planted.append(Planted("shrunk", ("identity",), names, t, None, told, look))


def _factory_default(stage: Stage) -> None:
    """Two small boats whose sets still hold the maker's number, one off Penang, one off Port Blair."""
    if not stage.lasts(4.0):
        return
    for k, at in enumerate(((100.05, 5.45), (92.92, 11.62))):

        def draw(at: Place = at) -> tuple[Pen, ...]:
            pen = stage.pen(*at)
            pen.tow(at, 3000.0, stage.span + 600.0, 3.4, 40.0)
            return (pen,)

        boat = stage.register.launch("fishing_b", stage.pens(draw)[0], mmsi=_DEFAULT)
        names = stage.add(boat)
        if k == 0:
            first = names
    told = (("identity", 0.0, stage.span),)
    stage.borderline.append(Planted("factory_default", ("identity",), (*first, *names), (0.0, stage.span), None, told))


def _typing_error(stage: Stage) -> None:
    """A ship that states one digit of its IMO number wrong for twenty minutes, then puts it right."""
    t = 0.4 * stage.span
    track = _passage(stage, "mid_strait", (100.80, 2.98), "anch:klang", 10.0, t)
    ship = stage.register.launch("cargo", track, length_m=126.0)
    own = ship.claims[0]
    wrong = replace(own, since=t + 0.9 * HOUR_S, imo=own.imo + (10 if own.imo // 10 % 10 < 9 else -10))
    fixed = replace(own, since=wrong.since + 1200.0)
    stage.add(replace(ship, claims=(own, wrong, fixed)))


def _sold(stage: Stage) -> None:
    """A ship that lies at its berth in Penang changes number, name and flag there, as a sold ship does."""
    t = 0.45 * stage.span

    def draw() -> tuple[Pen, ...]:
        pen = Pen(stage.rng, -60.0, 100.302, 5.552)
        pen.moor(0.75 * stage.span)
        pen.sail(stage.sea.route("port:penang", "anch:penang", 200.0), 6.0, stop=True)
        pen.anchor(stage.span + 60.0)
        return (pen,)

    ship = stage.register.launch("cargo", stage.pens(draw)[0], length_m=118.0, flag="MYS")
    new = stage.register.claim("PAN", ship.length_m, ship.width_m, since=t)
    stage.add(replace(ship, claims=(ship.claims[0], replace(new, imo=ship.claims[0].imo))))


Incident = Callable[[Stage], None]
PLANT: Final[tuple[Incident, ...]] = (_clone, _renamed, _bad_imo, _two_hulls, _nobodys, _shrunk)
ALIKE: Final[tuple[Incident, ...]] = (_factory_default, _typing_error, _sold)
