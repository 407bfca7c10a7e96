"""Anchors over cables; and those who work along cables or cross them for a living."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from makara.base.units import HOUR_S
from makara.exercise.incidents._stage import Planted, Stage
from makara.exercise.motion import RESTRICTED, Pen
from makara.exercise.routes import densify, smooth
from makara.exercise.zones import CABLE, CABLE_WEST

CABLE_AT: Final = (99.28, 6.0)
_DRAG_AT: Final = (97.95, 7.79)


def _loiterer(stage: Stage) -> None:
    """Slows down over the Penang cable, crosses it three times and drifts on it."""
    arrive = min(0.2 * stage.span, 4.0 * HOUR_S)
    leave = arrive + min(0.68 * stage.span, 5.0 * HOUR_S)
    x, y = CABLE_AT

    def draw() -> tuple[Pen, ...]:
        pen = stage.pen(x - 0.12 * arrive / HOUR_S, y - 0.14 * arrive / HOUR_S)
        pen.go(x, y - 0.012, 11.0, by=arrive)
        for dy in (0.012, -0.012, 0.008):
            pen.go(pen.lon + 0.006, y + dy, 1.7)
        pen.drift(leave, 0.35, 280.0)
        stage.leave(pen, x + 0.5, y - 1.1, 11.0)
        return (pen,)

    ship = stage.register.launch("cargo", stage.pens(draw)[0], length_m=152.0, incident="cable")
    kinds = ("loitering", "cable")
    stage.planted.append(Planted("cable", kinds, stage.add(ship), (arrive, leave), CABLE))


def _dragger(stage: Stage) -> None:
    """On passage down from Ranong at 11 kn, then to and fro over the Phuket cable at 3 kn, then on."""
    if not stage.lasts(8.0):
        return
    at = 0.3 * stage.span
    x, y = _DRAG_AT

    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound("similan_west", (x - 0.015, y + 0.06), 11.0, at)
        for dx, dy in ((0.0, -0.035), (0.03, 0.03), (0.045, -0.04), (0.08, 0.02)):
            pen.go(x + dx, y + dy, 3.1)
        pen.go(x + 0.05, y - 0.12, 9.0)
        stage.onward(pen, "phuket_south", 11.0)
        return (pen,)

    track = stage.pens(draw)[0]
    ship = stage.register.launch("cargo", track, length_m=224.0, incident="dragger")
    window = (at, at + 5.5 * HOUR_S)
    stage.planted.append(Planted("dragger", ("cable",), stage.add(ship), window, CABLE_WEST))


def _survey(stage: Stage) -> None:
    """A survey ship that runs lines of 6 nmi at 4.5 kn beside and over the Port Blair cable, day and night."""

    def draw() -> tuple[Pen, ...]:
        pen = stage.pen(95.90, 9.60, 300.0)
        pen.sail(_lines(95.90, 9.60), 4.5, status=RESTRICTED)
        pen.drift(stage.span + 60.0, 0.4, status=RESTRICTED)
        return (pen,)

    stage.add(stage.register.launch("survey", stage.pens(draw)[0]))


def _lines(lon: float, lat: float) -> np.ndarray:
    out = []
    for k in range(30):
        ends = (lon - 0.05 + 0.0035 * k, lat - 0.05 + 0.0035 * k), (lon + 0.05 + 0.0035 * k, lat + 0.05 - 0.0035 * k)
        out += list(ends if k % 2 == 0 else ends[::-1])
    return smooth(densify(np.array(out), 150.0), 400.0, 150.0)


def _cable_ship(stage: Stage) -> None:
    """A cable ship that mends the Penang cable: hours at under a knot on it, restricted in its manoeuvres."""
    if not stage.lasts(4.0):
        return
    x, y = 96.6, 6.767

    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound("rondo", (x, y), 10.0, 0.25 * stage.span)
        pen.sail(densify(np.array([(x, y), (x + 0.09, y - 0.028)]), 200.0), 0.8, status=RESTRICTED)
        stage.onward(pen, "diamond", 10.0)
        return (pen,)

    stage.add(stage.register.launch("cable_ship", stage.pens(draw)[0]))


Incident = Callable[[Stage], None]
PLANT: Final[tuple[Incident, ...]] = (_loiterer, _dragger)
ALIKE: Final[tuple[Incident, ...]] = (_survey, _cable_ship)
