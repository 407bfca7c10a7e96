"""Ordinary ships and what may befall them: port calls, first visits, engines that stop, ways that fit no route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from makara.base.units import HOUR_S, KN_M_S
from makara.exercise.incidents._stage import Place, Planted, Stage
from makara.exercise.motion import AT_ANCHOR, Pen
from makara.exercise.places import PORTS
from makara.exercise.routes import densify

ADRIFT: Final = ((99.93, 5.12), (93.85, 6.62))
NOT_UNDER_COMMAND: Final = 2
"""Navigational status (ITU-R M.1371)."""


def _port_calls(stage: Stage) -> None:
    """A call at the berths of Phuket, and one at the roads of Penang."""
    if not stage.lasts(6.0):
        return
    for name, start, port, berth, kn in (("call_phuket", "phuket_west", "phuket", True, 11.0),
                                         ("call_penang", "north_strait", "penang", False, 12.0)):  # fmt: skip
        p = PORTS[port]
        t = (0.25 * stage.span, 0.25 * stage.span + min(6.0 * HOUR_S, 0.4 * stage.span))

        def draw(
            start: str = start, p: object = p, port: str = port, berth: bool = berth, kn: float = kn,
            t: tuple[float, float] = t,
        ) -> tuple[Pen, ...]:  # fmt: skip
            path = stage.sea.route(start, f"port:{port}" if berth else f"anch:{port}", 500.0)
            pen = stage.pen(float(path[0, 0]), float(path[0, 1]))
            run = 400.0 * len(path) / (kn * KN_M_S)
            if run < t[0]:
                pen.drift(t[0] - run, 0.5)
                pen.go(float(path[0, 0]), float(path[0, 1]), 8.0)
            pen.sail(path, kn, stop=True)
            if berth:
                pen.moor(pen.now + t[1] - t[0])
            else:
                pen.anchor(pen.now + t[1] - t[0])
            back = path[::-1]
            pen.sail(np.vstack([densify(np.array([(pen.lon, pen.lat), back[1]])), back[1:]]), kn)
            pen.drift(stage.span + 60.0, 0.5)
            return (pen,)

        ship = stage.register.launch("cargo", stage.pens(draw)[0], length_m=132.0, incident=name)
        window = (t[0] - 3.0 * HOUR_S, t[1] + 3.0 * HOUR_S)
        stage.planted.append(Planted(name, ("port_visit",), stage.add(ship), window))


def _old_offender(stage: Stage) -> None:
    """A carrier on the list of offenders comes out of the high sea into the waters and the port of Port Blair."""
    if not stage.lasts(10.0):
        return
    t = 0.62 * stage.span

    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound("mergui_west", (93.0, 11.60), 11.5, t)
        stage.onward(pen, "anch:portblair", 8.0)
        return (pen,)

    ship = stage.register.launch("carrier", stage.pens(draw)[0], length_m=109.0, incident="old_offender")
    names = stage.add(replace(ship, listed=True))
    stage.planted.append(Planted("old_offender", ("first_visit", "port_visit"), names, (0.0, stage.span)))


def _adrift(stage: Stage) -> None:
    """Two engines that stop: a ship off Penang, and one beside the lane through the Six Degree Channel."""
    if not stage.lasts(5.0):
        return
    ways = ("mid_strait", "anch:penang"), ("six_west", "rondo")
    for k, (place, (start, end)) in enumerate(zip(ADRIFT, ways, strict=True)):
        t = ((0.3 + 0.2 * k) * stage.span, (0.3 + 0.2 * k) * stage.span + min(4.0 * HOUR_S, 0.35 * stage.span))

        def draw(place: Place = place, start: str = start, end: str = end, t: tuple[float, float] = t) -> tuple[Pen]:
            pen = stage.inbound(start, place, 11.0, t[0])
            pen.drift(t[1], 1.2, 320.0, status=NOT_UNDER_COMMAND if place is ADRIFT[1] else 0)
            stage.onward(pen, end, 9.0)
            return (pen,)

        kind = ("cargo", "tanker")[k]
        ship = stage.register.launch(kind, stage.pens(draw)[0], length_m=165.0, incident=f"adrift_{k}")
        stage.planted.append(Planted(f"adrift_{k}", ("drifting",), stage.add(ship), t))


def _against_the_lane(stage: Stage) -> None:
    """In the strait a ship turns round in the lane and goes back against the traffic for two hours, slowly."""
    if not stage.lasts(5.0):
        return
    t = 0.35 * stage.span
    path = stage.sea.route("cape_rachado", "strait_south", -1200.0)

    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound("china_sea", (float(path[-1, 0]), float(path[-1, 1])), 12.0, t - 2.0 * HOUR_S)
        pen.sail(path[::-1], 12.0)
        pen.sail(path[: int(len(path) * 0.7)], 5.0)
        stage.onward(pen, "anch:dumai", 11.0)
        return (pen,)

    ship = stage.register.launch("cargo", stage.pens(draw)[0], length_m=176.0, incident="against_the_lane")
    window = (t - 0.5 * HOUR_S, t + 6.0 * HOUR_S)
    told = (("anomaly", t, min(t + 4.0 * HOUR_S, stage.span)),)
    stage.planted.append(Planted("against_the_lane", ("anomaly",), stage.add(ship), window, None, told))


def _off_the_way(stage: Stage) -> None:
    """A big tanker leaves the lane for the shallows off Malacca and wanders there at 3 kn before it goes on."""
    if not stage.lasts(5.0):
        return
    t = 0.5 * stage.span

    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound("strait_south", (101.86, 2.26), 11.0, t)
        for dx, dy in ((0.03, 0.02), (-0.02, 0.05), (0.02, 0.03), (-0.05, 0.02), (0.02, -0.03)):
            pen.go(101.86 + dx, 2.26 + dy, 3.0)
        stage.onward(pen, "fathom_south", 11.0)
        return (pen,)

    ship = stage.register.launch("tanker", stage.pens(draw)[0], length_m=247.0, incident="off_the_way")
    told = (("anomaly", t, min(t + 4.0 * HOUR_S, stage.span)),)
    window = (t, min(t + 4.0 * HOUR_S, stage.span))
    stage.planted.append(Planted("off_the_way", ("anomaly",), stage.add(ship), window, None, told))


def _namesake(stage: Stage) -> None:
    """A ship under the name of a listed one, with other numbers, on its way in; and an offender that stays in port."""
    if not stage.lasts(4.0):
        return

    def draw() -> tuple[Pen, ...]:
        pen = stage.inbound("phuket_west", (98.20, 7.50), 10.0, 0.4 * stage.span)
        stage.onward(pen, "anch:phuket", 8.0)
        return (pen,)

    def at_berth() -> tuple[Pen, ...]:
        pen = Pen(stage.rng, -60.0, 99.711, 6.208)
        pen.moor(stage.span + 60.0)
        return (pen,)

    stays = stage.register.launch("fishing_a", stage.pens(at_berth)[0], length_m=44.0)
    comes = stage.register.launch("cargo", stage.pens(draw)[0], length_m=124.0)
    stage.add(replace(stays, listed=True))
    stage.add(replace(comes, claims=(replace(comes.claims[0], name=stays.claims[0].name),)))


def _swinging(stage: Stage) -> None:
    """A ship at anchor in open water off Langkawi, swinging with the tide; a tug that crabs with its tow."""

    def at_anchor() -> tuple[Pen, ...]:
        pen = stage.pen(99.42, 6.22, 400.0)
        pen.anchor(stage.span + 60.0, 150.0)
        return (pen,)

    stage.add(stage.register.launch("cargo", stage.pens(at_anchor)[0]))


def _passers(stage: Stage) -> None:
    """Ships that pass Port Blair and Sabang 6 km off and call at neither; one that stops off the roads of Phuket."""
    ways = (("north_andaman", (93.05, 11.66), "nicobar_east", 13.0), ("rondo", (95.50, 5.99), "six_west", 12.0))
    for start, place, end, kn in ways:

        def draw(start: str = start, place: Place = place, end: str = end, kn: float = kn) -> tuple[Pen, ...]:
            pen = stage.inbound(start, place, kn, 0.4 * stage.span)
            stage.onward(pen, end, kn)
            return (pen,)

        stage.add(stage.register.launch("cargo", stage.pens(draw)[0]))

    def stops() -> tuple[Pen, ...]:
        pen = stage.inbound("phuket_west", (98.36, 7.55), 10.0, 0.3 * stage.span)
        pen.anchor(0.75 * stage.span)
        stage.onward(pen, "phuket_south", 10.0)
        return (pen,)

    stage.add(stage.register.launch("cargo", stage.pens(stops)[0], length_m=119.0))


def _fast_liner(stage: Stage) -> None:
    """A container ship at 20 kn, overtaking all others in the lane, and a heavy-lift ship at 7 kn: rare, and usual."""
    for start, end, kn, length in (("six_west", "mid_strait", 20.0, 320.0), ("mid_strait", "six_west", 7.0, 140.0)):

        def draw(start: str = start, end: str = end, kn: float = kn) -> tuple[Pen, ...]:
            path = stage.sea.route(start, end, 1000.0)
            pen = Pen(stage.rng, -30.0, float(path[0, 0]), float(path[0, 1]))
            pen.sail(path, kn)
            pen.drift(stage.span + 60.0, 0.4, status=AT_ANCHOR)
            return (pen,)

        stage.add(stage.register.launch("cargo", stage.pens(draw)[0], length_m=length))


Incident = Callable[[Stage], None]
PLANT: Final[tuple[Incident, ...]] = (_port_calls, _old_offender, _adrift, _against_the_lane, _off_the_way)
ALIKE: Final[tuple[Incident, ...]] = (_namesake, _swinging, _passers, _fast_liner)
