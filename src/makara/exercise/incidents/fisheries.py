"""Fishing where it is forbidden, with and without AIS, with the wrong gear; and the boats that do the same lawfully."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from makara.base.units import HOUR_S
from makara.exercise.incidents._stage import LONG_S, Planted, Stage
from makara.exercise.motion import Pen
from makara.exercise.zones import CLOSED, RESERVE

CLOSED_AT: Final = (97.80, 8.66)
_LONGLINE_AT: Final = (97.56, 8.40)
_JIGGER_AT: Final = (97.15, 12.22)
_IDLE_AT: Final = (98.02, 10.28)


def _silent_poacher(stage: Stage) -> None:
    """Off Khao Lak: seen well, then AIS off and fishing in the closure; on the air again where 12 h allow it."""
    long = stage.span >= LONG_S
    off = 0.12 * stage.span if long else min(0.7 * HOUR_S, 0.12 * stage.span)
    on = off + min(9.0 * HOUR_S, max(7.0 * HOUR_S, 0.4 * stage.span)) if long else stage.span + 1.0

    def draw() -> tuple[Pen, ...]:
        pen = stage.pen(98.06, 8.36)
        pen.sail(stage.sea.join((pen.lon, pen.lat), (98.05, 8.52)), 6.0, by=off + 300.0)
        pen.go(CLOSED_AT[0] + 0.08, CLOSED_AT[1], 9.0)
        pen.tow(CLOSED_AT, 9000.0, min(on, stage.span + 600.0) - 1.6 * HOUR_S, 3.6, 20.0)
        if long:
            pen.go(98.06, 8.45, 9.0, by=max(on - 600.0, pen.now + 1800.0))
            pen.tow((98.05, 8.38), 7000.0, stage.span + 600.0, 3.4, 0.0)
        else:
            pen.tow(CLOSED_AT, 9000.0, stage.span + 600.0, 3.6, 110.0)
        return (pen,)

    kinds = ("gap", "disabling", "dark", "zone_entry", "fishing", "speed_range", "first_visit")
    boat = stage.register.launch("fishing_a", stage.pens(draw)[0], flag="THA", length_m=46.0, incident="silent",
                                 silent=((off, on),))  # fmt: skip
    told = (("disabling", off, min(on, stage.span)),)
    look = (*CLOSED_AT, 0.5 * (off + min(on, stage.span)))
    names = stage.add(replace(boat, listed=True))
    stage.planted.append(Planted("silent", kinds, names, (off, min(on, stage.span)), CLOSED, told, look))


def _open_poacher(stage: Stage) -> None:
    """Trawls in the closure without a licence, on the air all the time; an old offender."""
    until = min(0.72 * stage.span, 9.0 * HOUR_S)

    def draw() -> tuple[Pen, ...]:
        pen = stage.pen(98.09, 8.86)
        pen.go(97.93, 8.80, 6.0, by=min(0.2 * stage.span, 1.2 * HOUR_S))
        pen.tow((97.86, 8.80), 7000.0, until, 3.7, 160.0)
        pen.go(98.09, 8.74, 8.0)
        pen.tow((98.10, 8.74), 6000.0, stage.span + 600.0, 3.5, 0.0)
        return (pen,)

    boat = stage.register.launch("fishing_a", stage.pens(draw)[0], length_m=31.0, incident="open")
    kinds = ("zone_entry", "fishing", "speed_range", "first_visit")
    stage.planted.append(Planted("open", kinds, stage.add(replace(boat, listed=True)), (0.0, until), CLOSED))


def _wrong_gear(stage: Stage) -> None:
    """Sets a longline in the closure with a licence to trawl."""
    if not stage.lasts(8.0):
        return
    until = min(0.8 * stage.span, 14.0 * HOUR_S)

    def draw() -> tuple[Pen, ...]:
        pen = stage.pen(97.58, 8.14)
        pen.drift(0.1 * stage.span, 0.4, 20.0)
        pen.go(*_LONGLINE_AT, 8.0)
        pen.longline(10.0, 9000.0, until)
        pen.go(97.56, 8.12, 8.0)
        pen.drift(stage.span + 60.0, 0.4, 20.0)
        return (pen,)

    boat = stage.register.launch("fishing_a", stage.pens(draw)[0], flag="THA", length_m=38.0, incident="wrong_gear")
    names = stage.add(replace(boat, licensed="trawl"))
    kinds = ("zone_entry", "fishing", "speed_range")
    stage.planted.append(Planted("wrong_gear", kinds, names, (0.0, until), CLOSED))


def _jigger(stage: Stage) -> None:
    """Fishes for squid under lights in a reserve, drifting; satellites alone hear it."""
    if not stage.lasts(10.0):
        return
    arrive, until = 0.12 * stage.span, min(0.75 * stage.span, 16.0 * HOUR_S)

    def draw() -> tuple[Pen, ...]:
        pen = stage.pen(96.75, 12.05)
        pen.drift(arrive - HOUR_S, 0.4, 90.0)
        pen.go(*stage.near(_JIGGER_AT, 0.03), 8.0)
        pen.jig(until, 30.0)
        pen.go(96.72, 12.35, 9.0)
        pen.drift(stage.span + 60.0, 0.4)
        return (pen,)

    boat = stage.register.launch("fishing_a", stage.pens(draw)[0], length_m=42.0, incident="jigger")
    kinds = ("zone_entry", "fishing", "loitering")
    stage.planted.append(Planted("jigger", kinds, stage.add(replace(boat, lit=True)), (0.0, until), RESERVE))


def _licensed(stage: Stage) -> None:
    """Two boats that fish in the closure with a licence: the innocent twins of the poachers."""
    for k, kind in enumerate(("fishing_a", "fishing_b")):

        def draw(k: int = k) -> tuple[Pen, ...]:
            centre = (97.86, 8.45 + 0.06 * k)
            pen = stage.pen(98.06, 8.42 + 0.05 * k)
            pen.go(centre[0] + 0.06, centre[1], 6.0, by=(0.6 + 0.5 * k) * 0.1 * stage.span)
            pen.tow(centre, 6000.0, stage.span + 600.0, 3.4 + 0.2 * k, 40.0)
            return (pen,)

        stage.add(stage.register.launch(kind, stage.pens(draw)[0], flag="THA"))


def _neighbours(stage: Stage) -> None:
    """Class A trawlers off Khao Lak and Penang, so that one's silence among them can be told from bad reception."""
    spots = [(98.06 + 0.012 * (k % 3), 8.22 + 0.16 * k) for k in range(6)]
    spots += [(99.70 + 0.05 * k, 5.42 - 0.03 * (k % 2)) for k in range(5)] if stage.lasts(12.0) else []
    for lon, lat in spots:

        def draw(at: tuple[float, float] = (lon, lat)) -> tuple[Pen, ...]:
            pen = stage.pen(*at)
            pen.tow(at, 5000.0, stage.span + 600.0, float(stage.rng.uniform(3.1, 4.2)), 0.0)
            return (pen,)

        stage.add(stage.register.launch("fishing_a", stage.pens(draw)[0]))


def _idle_fleet(stage: Stage) -> None:
    """Four boats that drift through the night half a mile apart, lights on, and fish by day."""
    if not stage.lasts(6.0):
        return
    for k in range(4):
        at = (_IDLE_AT[0] + 0.0065 * (k % 2), _IDLE_AT[1] + 0.0068 * (k // 2))

        def draw(at: tuple[float, float] = at) -> tuple[Pen, ...]:
            pen = stage.pen(*at, 60.0)
            toward = 200.0
            pen.drift(0.4 * stage.span, 0.35, toward)
            pen.tow((at[0], at[1] - 0.05), 6000.0, stage.span + 600.0, float(stage.rng.uniform(3.1, 3.9)), 90.0)
            return (pen,)

        boat = stage.register.launch("fishing_a" if k < 3 else "fishing_b", stage.pens(draw)[0])
        stage.add(replace(boat, lit=True))


def _passing_through(stage: Stage) -> None:
    """A fishing boat that crosses the closure at 9 kn on its way home, its gear stowed."""

    def draw() -> tuple[Pen, ...]:
        pen = stage.pen(97.25, 8.95)
        pen.drift(0.2 * stage.span, 0.3)
        pen.go(98.08, 8.15, 9.0)
        pen.drift(stage.span + 60.0, 0.3)
        return (pen,)

    stage.add(stage.register.launch("fishing_a", stage.pens(draw)[0], flag="THA"))


Incident = Callable[[Stage], None]
PLANT: Final[tuple[Incident, ...]] = (_silent_poacher, _open_poacher, _wrong_gear, _jigger)
ALIKE: Final[tuple[Incident, ...]] = (_licensed, _neighbours, _idle_fleet, _passing_through)
