"""Meetings at sea, seen and unseen: carriers and fishing vessels, small boats at a ship's side, carriers alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from makara.base.units import HOUR_S
from makara.exercise.incidents._stage import Place, Planted, Stage
from makara.exercise.motion import Pen, Track
from makara.exercise.zones import CLOSED_FIJI

RENDEZVOUS: Final = (95.9, 9.9)
ENCOUNTER: Final = (96.2, 10.9)
FIJI: Final = (179.978, -17.98)
ALONE: Final = (95.1, 12.4)
DAUGHTER: Final = (93.02, 11.50)
SKIFF: Final = (93.17, 9.52)
_NIGHTS: Final = (94.7, 11.3)


def _meeting(
    stage: Stage, place: Place, t: tuple[float, float, float, float], gap_m: float, toward_deg: float,
    comes: Place, fishes: Place, goes: tuple[Place, Place],
) -> tuple[Track, Track]:  # fmt: skip
    """A carrier drifts at a place from t[0] to t[3]; a fishing vessel lies ``gap_m`` off from t[1] to t[2]."""

    def draw() -> tuple[Pen, ...]:
        carrier = stage.pen(*comes)
        carrier.go(*place, 11.5, by=t[0])
        carrier.drift(t[3], 0.55, toward_deg)
        after = carrier.now
        stage.leave(carrier, *goes[0], 12.0)
        boat = stage.pen(*fishes)
        x, y = carrier.at(np.array([t[1]]))
        boat.go(float(x[0]), float(y[0]) + gap_m / 110_600.0, 8.0, by=t[1])
        boat.beside(carrier, min(t[2], after), gap_m)
        stage.leave(boat, *goes[1], 8.5)
        return carrier, boat

    one, two = stage.pens(draw)
    return one, two


def _dark_rendezvous(stage: Stage) -> None:
    t0 = min(0.12 * stage.span, 3.0 * HOUR_S)
    t1 = t0 + min(0.66 * stage.span, 5.0 * HOUR_S)
    t = (t0, t0 + 0.4 * HOUR_S, t1 - 0.3 * HOUR_S, t1)
    x, y = stage.near(RENDEZVOUS)
    tracks = _meeting(stage, (x, y), t, 330.0, 40.0, (x - 0.13, y - 0.05), (x + 0.09, y + 0.05),
                      ((x + 1.2, y - 0.9), (x - 0.9, y + 0.9)))  # fmt: skip
    carrier = stage.register.launch("carrier", tracks[0], length_m=118.0, incident="dark_rendezvous")
    boat = stage.register.launch("fishing_dark", tracks[1], length_m=44.0, incident="dark_rendezvous")
    told = (("dark_rendezvous", t[1], t[2]),) if t[2] - t[1] > 900.0 else ()
    names = stage.add(carrier, boat)
    kinds, look = ("loitering", "transshipment", "dark"), (x, y, 0.5 * (t[1] + t[2]))
    stage.planted.append(Planted("dark_rendezvous", kinds, names, (t0, t1), None, told, look))


def _encounter(stage: Stage) -> None:
    t0 = min(0.14 * stage.span, 3.0 * HOUR_S)
    t1 = t0 + min(0.62 * stage.span, 4.5 * HOUR_S)
    t = (t0, t0 + 0.2 * HOUR_S, t1 - 0.1 * HOUR_S, t1)
    x, y = stage.near(ENCOUNTER)
    far = t0 / HOUR_S
    tracks = _meeting(stage, (x, y), t, 110.0, 150.0, (x + 0.17 * far, y + 0.08 * far),
                      (x - 0.09 * far, y - 0.07 * far), ((x - 0.6, y + 1.3), (x + 0.4, y - 0.4)))  # fmt: skip
    carrier = stage.register.launch("carrier", tracks[0], length_m=126.0, incident="encounter")
    boat = stage.register.launch("fishing_a", tracks[1], flag="TWN", length_m=47.0, incident="encounter")
    kinds = ("encounter", "loitering", "transshipment")
    stage.planted.append(Planted("encounter", kinds, stage.add(carrier, boat), (t0, t1)))


def _fiji(stage: Stage) -> None:
    """A carrier and a longliner meet in the closure across 180 degrees and drift over the line side by side."""
    t0 = min(0.3 * stage.span, 2.0 * HOUR_S)
    t1 = t0 + min(0.53 * stage.span, 4.0 * HOUR_S)
    t = (t0, t0 + 0.15 * HOUR_S, t1 - 0.05 * HOUR_S, t1)
    (x, y), far = FIJI, t0 / HOUR_S
    tracks = _meeting(stage, (x, y), t, 120.0, 90.0, (x + 0.22 * far, y + 0.02),
                      (x - 0.15 * far, y + 0.05), ((x + 0.57, y - 0.57), (x + 0.44, y - 0.27)))  # fmt: skip
    carrier = stage.register.launch("carrier", tracks[0], flag="VUT", length_m=98.0, incident="fiji")
    boat = stage.register.launch("fishing_a", tracks[1], flag="TWN", length_m=45.0, incident="fiji")
    kinds = ("encounter", "zone_entry", "transshipment", "loitering", "speed_range")
    look = (x + 0.01, y, 0.5 * (t[1] + t[2]))
    stage.planted.append(Planted("fiji", kinds, stage.add(carrier, boat), (0.0, t1), CLOSED_FIJI, (), look))


def _alone(stage: Stage) -> None:
    """A carrier waits half a day where fishing vessels work that nobody hears."""
    if not stage.lasts(12.0):
        return
    t0, t1 = 0.15 * stage.span, 0.15 * stage.span + min(0.5 * stage.span, 9.0 * HOUR_S)
    place = stage.near(ALONE, 0.15)

    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound("ten_east", place, 12.0, t0)
        pen.drift(t1, 0.6, 20.0)
        stage.leave(pen, place[0] - 0.5, place[1] + 1.0, 12.0)
        return (pen,)

    ship = stage.register.launch("carrier", stage.pens(draw)[0], length_m=104.0, incident="alone")
    stage.planted.append(Planted("alone", ("loitering", "transshipment"), stage.add(ship), (t0, t1)))


def _daughter(stage: Stage) -> None:
    """A trawler and a boat of 19 m side by side for three quarters of an hour off Port Blair."""
    if not stage.lasts(4.0):
        return
    t0 = 0.35 * stage.span
    t1 = t0 + 0.9 * HOUR_S

    def draw() -> tuple[Pen, ...]:
        big = stage.inbound("blair_east", DAUGHTER, 8.0, t0)
        big.drift(t1 + 900.0, 0.4, 60.0)
        stage.leave(big, DAUGHTER[0] + 0.9, DAUGHTER[1] - 0.3, 8.0)
        small = stage.pen(DAUGHTER[0] - 0.16, DAUGHTER[1] + 0.10)
        small.drift(t0 - 0.9 * HOUR_S, 0.3)
        x, y = big.at(np.array([t0 + 300.0]))
        small.go(float(x[0]), float(y[0]) + 0.0007, 9.0)
        small.beside(big, max(t1, small.now + 0.6 * HOUR_S), 60.0)
        small.go(DAUGHTER[0] - 0.12, DAUGHTER[1] + 0.12, 10.0)
        small.drift(stage.span + 60.0, 0.3)
        return big, small

    tracks = stage.pens(draw)
    big = stage.register.launch("fishing_a", tracks[0], length_m=36.0, incident="daughter")
    small = stage.register.launch("fishing_a", tracks[1], length_m=19.0, incident="daughter")
    names = stage.add(big, small)
    stage.planted.append(Planted("daughter", ("mother_daughter",), names, (t0 - HOUR_S, t1 + HOUR_S)))


def _skiff_alongside(stage: Stage) -> None:
    """A skiff without AIS comes to a coaster that waits off Car Nicobar, lies at its side and runs for the coast."""
    if not stage.lasts(6.0):
        return
    t0 = 0.30 * stage.span
    t1 = t0 + 1.0 * HOUR_S

    def draw() -> tuple[Pen, ...]:
        ship = stage.inbound("ten_east", SKIFF, 10.0, t0)
        ship.drift(t1 + 1500.0, 0.4, 100.0)
        stage.onward(ship, "anch:portblair", 11.0)
        skiff = stage.pen(SKIFF[0] - 0.22, SKIFF[1] + 0.03, 300.0)
        skiff.drift(max(t0 - 1200.0, 60.0), 0.2)
        x, y = ship.at(np.array([t0 + 1800.0]))
        skiff.go(float(x[0]), float(y[0]) + 0.0006, 18.0)
        skiff.beside(ship, t1 + 600.0, 40.0)
        skiff.go(SKIFF[0] - 0.25, SKIFF[1] - 0.05, 19.0)
        skiff.drift(stage.span + 60.0, 0.2)
        return ship, skiff

    tracks = stage.pens(draw)
    ship = stage.register.launch("cargo", tracks[0], length_m=92.0, incident="skiff_alongside")
    skiff = stage.register.launch("skiff", tracks[1], length_m=9.0, incident="skiff_alongside")
    told = (("dark_rendezvous", t0 + 0.5 * HOUR_S, t1),)
    kinds = ("mother_daughter", "drop_off", "dark")
    names = stage.add(ship, skiff)
    stage.planted.append(Planted("skiff_alongside", kinds, names, (t0 - 600.0, t1 + HOUR_S), None, told))


def _night_anglers(stage: Stage) -> None:
    """Two longliners that wait for their lines in sight of each other, 1.5 km apart, never nearer."""
    for k in range(2):
        at = (_NIGHTS[0] + 0.013 * k, _NIGHTS[1])

        def draw(at: tuple[float, float] = at) -> tuple[Pen, ...]:
            pen = stage.pen(*at, 100.0)
            pen.drift(0.3 * stage.span, 0.4, 10.0)
            pen.longline(10.0, 11_000.0, stage.span + 600.0)
            return (pen,)

        stage.add(stage.register.launch("fishing_a", stage.pens(draw)[0]))


def _waiting_carrier(stage: Stage) -> None:
    """A carrier hove to in the open sea for orders, on the register of carriers; nobody comes."""

    def draw() -> tuple[Pen, ...]:
        pen = stage.pen(95.3, 13.3, 8000.0)
        pen.drift(0.7 * stage.span, 0.5, 70.0)
        stage.leave(pen, 95.9, 13.9, 11.0)
        return (pen,)

    stage.add(stage.register.launch("carrier", stage.pens(draw)[0]))


Incident = Callable[[Stage], None]
PLANT: Final[tuple[Incident, ...]] = (_dark_rendezvous, _encounter, _fiji, _alone, _daughter, _skiff_alongside)
ALIKE: Final[tuple[Incident, ...]] = (_night_anglers, _waiting_carrier)
