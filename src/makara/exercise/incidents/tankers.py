"""Tankers side by side, seen and unseen; a tanker that goes silent; and the lawful transfers in the roads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from makara.base.units import HOUR_S
from makara.exercise.incidents._stage import LONG_S, Place, Planted, Stage, offset
from makara.exercise.motion import UNDER_WAY, Pen, Track
from makara.exercise.places import PORTS

LHOK: Final = (96.84, 5.46)
NICOBAR: Final = (94.16, 7.24)
DARK_AT: Final = (93.14, 8.98)
SILENT_AT: Final = (99.86, 5.66)


def _alongside(
    stage: Stage, place: Place, t: tuple[float, float], comes: tuple[str, str], goes: tuple[str, str],
    steam: tuple[float, float] | None,
) -> tuple[Track, Track]:  # fmt: skip
    """Two tankers at each other's side from t[0] to t[1], drifting or (course, knots) steaming slowly together."""

    def draw() -> tuple[Pen, ...]:
        one = stage.inbound(comes[0], place, 11.0, t[0] - 1200.0)
        if steam is None:
            one.drift(t[1] + 1200.0, 0.45, 300.0)
        else:
            one.go(*offset(place, steam[0], steam[1] * 0.5144 * (t[1] + 1800.0 - t[0])), steam[1], by=t[1] + 1200.0)
        x, y = one.at(np.array([t[0]]))
        two = stage.inbound(comes[1], (float(x[0]) + 0.0009, float(y[0]) - 0.0005), 10.0, t[0])
        two.beside(one, t[1], 75.0)
        two.go(two.lon - 0.03, two.lat + 0.01, 5.0)
        stage.onward(two, goes[1], 11.0)
        stage.onward(one, goes[0], 11.5)
        return one, two

    one, two = stage.pens(draw)
    return one, two


def _drifting_pair(stage: Stage) -> None:
    """Off Lhokseumawe, outside any roads, five hours."""
    if not stage.lasts(10.0):
        return
    t = (0.25 * stage.span, 0.25 * stage.span + min(5.0 * HOUR_S, 0.4 * stage.span))
    ways = ("diamond", "anch:lhokseumawe"), ("north_strait", "six")
    one, two = _alongside(stage, LHOK, t, *ways, None)
    names = stage.add(
        stage.register.launch("tanker", one, length_m=243.0, incident="drifting_pair"),
        stage.register.launch("tanker", two, length_m=176.0, incident="drifting_pair"),
    )
    kinds = ("ship_to_ship", "encounter")
    stage.planted.append(Planted("drifting_pair", kinds, names, t))


def _steaming_pair(stage: Stage) -> None:
    """East of the Nicobars, hoses out at 3.5 kn on one course."""
    if not stage.lasts(10.0):
        return
    t = (0.45 * stage.span, 0.45 * stage.span + min(4.5 * HOUR_S, 0.4 * stage.span))
    ways = ("six_west", "six"), ("nicobar_east", "rondo")
    one, two = _alongside(stage, NICOBAR, t, *ways, (20.0, 3.5))
    names = stage.add(
        stage.register.launch("tanker", one, length_m=228.0, incident="steaming_pair"),
        stage.register.launch("tanker", two, length_m=182.0, incident="steaming_pair"),
    )
    stage.planted.append(Planted("steaming_pair", ("ship_to_ship",), names, t))


def _dark_tanker(stage: Stage) -> None:
    """A tanker on the air lies beside one without AIS off Car Nicobar, in sight of the coastal radar."""
    if not stage.lasts(8.0):
        return
    t = (0.40 * stage.span, 0.40 * stage.span + min(3.5 * HOUR_S, 0.4 * stage.span))
    one, two = _alongside(stage, DARK_AT, t, ("ten_west", "ten_east"), ("ten_west", "ten_east"), None)
    ship = stage.register.launch("tanker", one, length_m=190.0, incident="dark_tanker")
    dark = stage.register.launch("tanker_dark", two, length_m=168.0, incident="dark_tanker")
    told = (("dark_rendezvous", t[0] + 600.0, t[1] - 600.0),)
    look = (*DARK_AT, 0.5 * (t[0] + t[1]))
    names = stage.add(ship, dark)
    stage.planted.append(Planted("dark_tanker", ("dark", "loitering"), names, t, None, told, look))


def _silent_tanker(stage: Stage) -> None:
    """Hove to off Penang among trawlers that are heard all the time, a tanker switches off for half a day."""
    if stage.span < LONG_S:
        return
    off = 0.15 * stage.span
    on = off + min(9.5 * HOUR_S, max(7.0 * HOUR_S, 0.4 * stage.span))

    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound("langkawi_sea", SILENT_AT, 9.0, off - 1.5 * HOUR_S)
        pen.drift(off + 900.0, 0.3, 250.0)
        pen.go(SILENT_AT[0] - 0.35, SILENT_AT[1] + 0.02, 6.0)
        pen.drift(on - 2.5 * HOUR_S, 0.3, 90.0)
        pen.go(SILENT_AT[0], SILENT_AT[1] - 0.02, 9.0, by=on - 900.0)
        pen.drift(on + 1.2 * HOUR_S, 0.3, 250.0)
        stage.onward(pen, "anch:penang", 9.0)
        return (pen,)

    ship = stage.register.launch("tanker", stage.pens(draw)[0], length_m=184.0, incident="silent_tanker",
                                 silent=((off, on),))  # fmt: skip
    told = (("disabling", off, on),)
    kinds = ("gap", "disabling", "dark")
    stage.planted.append(Planted("silent_tanker", kinds, stage.add(ship), (off, on), None, told))


def _roads(stage: Stage) -> None:
    """Lawful transfers at anchor: two tankers in the roads of Lhokseumawe, a bunker tanker at a ship off Penang."""
    if not stage.lasts(4.0):
        return
    for port, kinds, side_m in (("lhokseumawe", ("tanker", "tanker"), 70.0), ("penang", ("cargo", "tanker"), 45.0)):
        p = PORTS[port]
        place = (p.anchor_lon + 0.006, p.anchor_lat + 0.004)

        def draw(place: Place = place, side_m: float = side_m) -> tuple[Pen, ...]:
            host, guest = stage.pen(*place, 300.0), stage.pen(place[0] + 0.02, place[1] + 0.012, 300.0)
            host.anchor(stage.span + 60.0, 60.0)
            guest.anchor(0.2 * stage.span, 40.0)
            x, y = host.at(np.array([0.25 * stage.span]))
            guest.go(float(x[0]), float(y[0]) + side_m / 110_600.0, 3.0, stop=True)
            guest.beside(host, 0.7 * stage.span, side_m)
            guest.go(place[0] + 0.02, place[1] + 0.013, 3.0)
            guest.anchor(stage.span + 60.0, 40.0)
            return host, guest

        for kind, track in zip(kinds, stage.pens(draw), strict=True):
            length = 96.0 if port == "penang" and kind == "tanker" else None
            stage.add(stage.register.launch(kind, track, length_m=length))


def _breakdown_of_ais(stage: Stage) -> None:
    """A coaster whose AIS fails for two and a half hours while it sails on: a short silence, nothing else."""
    if not stage.lasts(6.0):
        return
    a = 0.4 * stage.span

    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound("anch:phuket", (98.35, 7.30), 9.0, a)
        stage.onward(pen, "anch:langkawi", 9.5)
        return (pen,)

    ship = stage.register.launch("cargo", stage.pens(draw)[0], length_m=93.0, silent=((a, a + 2.5 * HOUR_S),))
    stage.add(ship)


def _convoy(stage: Stage) -> None:
    """Two tankers on one course half a mile apart down the lane, at 11 kn all the way."""

    def draw() -> tuple[Pen, ...]:
        path = stage.sea.route("six_west", "mid_strait", 900.0)
        pens = []
        for k in range(2):
            pen = Pen(stage.rng, -30.0, float(path[3 * k, 0]), float(path[3 * k, 1]))
            pen.sail(path[3 * k :], 11.0)
            pen.drift(stage.span + 60.0, 0.3, status=UNDER_WAY)
            pens.append(pen)
        return tuple(pens)

    for track in stage.pens(draw):
        stage.add(stage.register.launch("tanker", track))


Incident = Callable[[Stage], None]
PLANT: Final[tuple[Incident, ...]] = (_drifting_pair, _steaming_pair, _dark_tanker, _silent_tanker)
ALIKE: Final[tuple[Incident, ...]] = (_roads, _breakdown_of_ais, _convoy)
