"""Small fast craft that no AIS shows: skiffs and their mother ships, go-fasts, what was left at sea for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from makara.base.units import HOUR_S
from makara.exercise.incidents._stage import Place, Planted, Stage, offset
from makara.exercise.motion import Pen

DHOW_AT: Final = (93.28, 9.28)
MOTHER_AT: Final = (94.05, 8.55)
DROP_AT: Final = (97.90, 8.05)
DROP_WEST: Final = (92.98, 8.80)
HUNTED_FROM: Final = 0.34
"""When the first attack comes, as a share of the exercise."""
SECOND_FROM: Final = 0.62


def _attack(stage: Stage, mother: Pen, prey: Pen, count: int, t_go: float) -> tuple[Pen, ...]:
    """Skiffs that lie near a mother ship, run at a ship at 25 kn, stay at its side some minutes and return."""
    out = []
    for k in range(count):
        x, y = mother.at(np.array([0.0]))
        skiff = Pen(stage.rng, -30.0, float(x[0]) + 0.004 * (k + 1), float(y[0]) + 0.003)
        skiff.beside(mother, t_go + 40.0 * k, 500.0 + 250.0 * k)
        if not stage.chase(skiff, prey, 25.0 - k, t_go + 2.0 * HOUR_S):
            raise RuntimeError("a skiff cannot reach the ship it is after; its incident is drawn too far apart")
        skiff.beside(prey, skiff.now + 540.0, 150.0 + 60.0 * k)
        if stage.chase(skiff, mother, 20.0, stage.span):
            skiff.beside(mother, stage.span, 450.0 + 300.0 * k)
        else:
            skiff.drift(stage.span + 60.0, 0.3)
        out.append(skiff)
    return tuple(out)


def _dhow(stage: Stage) -> None:
    """A dhow without AIS with two skiffs, in sight of the radar of Car Nicobar; a coaster comes by at 11 kn."""
    if not stage.lasts(6.0):
        return
    t = HUNTED_FROM * stage.span
    centre = stage.near(DHOW_AT, 0.02)

    def draw() -> tuple[Pen, ...]:
        mother = stage.pen(*offset(centre, 200.0, 9000.0), 100.0)
        mother.go(*offset(centre, 20.0, 9000.0), 1.5, by=t + 2.0 * HOUR_S)
        mother.drift(stage.span + 60.0, 0.5, 20.0)
        prey = stage.inbound("ten_east", offset(centre, 80.0, 24_000.0), 11.0, t - 300.0)
        prey.go(*offset(centre, 190.0, 16_000.0), 11.0)
        stage.onward(prey, "six_west", 12.0)
        return (prey, mother, *_attack(stage, mother, prey, 2, t))

    _launch(stage, "dhow_attack", draw, ("cargo", "dhow", "skiff", "skiff"), (118.0, 24.0, 8.5, 8.0), t)


def _fishing_mother(stage: Stage) -> None:
    """A fishing vessel on the air, far from its ground, with a skiff; a small tanker passes at 10 kn."""
    if not stage.lasts(6.0):
        return
    t = SECOND_FROM * stage.span
    centre = stage.near(MOTHER_AT, 0.03)

    def draw() -> tuple[Pen, ...]:
        mother = stage.pen(*offset(centre, 250.0, 8000.0), 100.0)
        mother.go(*offset(centre, 70.0, 8000.0), 1.3, by=t + 2.5 * HOUR_S)
        mother.drift(stage.span + 60.0, 0.5, 70.0)
        prey = stage.inbound("nicobar_east", offset(centre, 160.0, 9000.0), 10.0, t + 0.5 * HOUR_S)
        prey.go(*offset(centre, 300.0, 25_000.0), 10.0)
        stage.onward(prey, "ten_east", 11.0)
        return (prey, mother, *_attack(stage, mother, prey, 2, t))

    _launch(stage, "fishing_mother", draw, ("tanker", "fishing_a", "skiff", "skiff"), (102.0, 28.0, 8.0, 7.5), t)


def _launch(
    stage: Stage, name: str, draw: Callable[[], tuple[Pen, ...]], kinds: tuple[str, ...],
    lengths: tuple[float, ...], t: float,
) -> None:  # fmt: skip
    crew = [
        stage.register.launch(kind, track, length_m=length, incident=name)
        for kind, track, length in zip(kinds, stage.pens(draw), lengths, strict=True)
    ]
    names = stage.add(*crew)
    window = (max(0.0, t - 4.0 * HOUR_S), t + 4.0 * HOUR_S)
    stage.planted.append(Planted(name, ("piracy_approach", "mother_ship", "dark"), names, window))


def _fast(stage: Stage, start: Place, via: Place, end: Place, kn: float, at: float) -> Pen:
    """A boat that lies somewhere, runs over a place (there at a time) and on to an end."""
    pen = stage.pen(*start, 200.0)
    run = kn * 0.5144
    far = float(np.hypot((via[0] - pen.lon) * 110_000.0, (via[1] - pen.lat) * 110_600.0))
    pen.drift(at - far / run, 0.2)
    pen.go(*via, kn, by=at)
    pen.go(*end, kn)
    pen.drift(stage.span + 60.0, 0.2)
    return pen


def _left_off_phuket(stage: Stage) -> None:
    """A ship on passage stops for 50 minutes off Phuket; three hours later a fast boat runs over the place at 32 kn."""
    if not stage.lasts(6.0):
        return
    t0 = 0.42 * stage.span
    pick_up = t0 + min(3.5 * HOUR_S, 0.3 * stage.span)

    def draw() -> tuple[Pen, ...]:
        ship = stage.inbound("ranong_sea", DROP_AT, 12.0, t0)
        ship.drift(t0 + 3000.0, 0.6, 150.0)
        stage.onward(ship, "phuket_south", 12.5)
        boat = _fast(stage, (97.30, 7.72), (DROP_AT[0] + 0.004, DROP_AT[1] - 0.006), (98.20, 8.02), 32.0, pick_up)
        return ship, boat

    _dropped(stage, "left_off_phuket", draw, t0, pick_up)


def _left_off_nicobar(stage: Stage) -> None:
    """A ship slows to 4 kn for an hour off Car Nicobar, then goes on; a fast boat comes two hours later at 30 kn."""
    if not stage.lasts(6.0):
        return
    t0 = 0.52 * stage.span
    pick_up = t0 + min(2.5 * HOUR_S, 0.25 * stage.span)

    def draw() -> tuple[Pen, ...]:
        ship = stage.inbound("ten_west", DROP_WEST, 13.0, t0)
        ship.go(*offset(DROP_WEST, 150.0, 7200.0), 4.0)
        stage.onward(ship, "nicobar_east", 13.0)
        x, y = offset(DROP_WEST, 150.0, 3600.0)
        boat = _fast(stage, (93.55, 9.12), (x, y), (92.98, 9.05), 30.0, pick_up)
        return ship, boat

    _dropped(stage, "left_off_nicobar", draw, t0, pick_up)


def _dropped(stage: Stage, name: str, draw: Callable[[], tuple[Pen, ...]], t0: float, pick_up: float) -> None:
    tracks = stage.pens(draw)
    ship = stage.register.launch("cargo", tracks[0], incident=name)
    boat = stage.register.launch("fastboat", tracks[1], incident=name)
    window = (t0 - 0.5 * HOUR_S, pick_up + 2.0 * HOUR_S)
    stage.planted.append(Planted(name, ("drop_off", "go_fast", "dark"), stage.add(ship, boat), window))


def _patrol(stage: Stage) -> None:
    """A patrol boat on the air at 30 kn off Phuket, and one off Car Nicobar."""
    for start, end in (((98.02, 7.62), (98.10, 8.02)), ((92.95, 9.35), (93.12, 8.92))):

        def draw(start: Place = start, end: Place = end) -> tuple[Pen, ...]:
            pen = stage.pen(*start, 200.0)
            pen.drift(0.30 * stage.span, 0.2)
            while pen.now < stage.span:
                pen.go(*end, 30.0)
                pen.go(*start, 29.0)
                pen.drift(pen.now + 1.2 * HOUR_S, 0.3)
            return (pen,)

        stage.add(stage.register.launch("patrol", stage.pens(draw)[0]))


def _anglers(stage: Stage) -> None:
    """Two sport fishers without AIS that run at 19 kn between spots off Phuket."""
    for k in range(2):

        def draw(k: int = k) -> tuple[Pen, ...]:
            pen = stage.pen(98.16, 7.70 + 0.09 * k, 600.0)
            while pen.now < stage.span:
                pen.drift(pen.now + float(stage.rng.uniform(0.5, 1.5)) * HOUR_S, 0.3)
                pen.go(*stage.near((98.10, 7.72 + 0.09 * k), 0.05), 19.0)
            return (pen,)

        stage.add(stage.register.launch("skiff", stage.pens(draw)[0]))


def _fishing_dhow(stage: Stage) -> None:
    """A dhow that fishes with two skiffs at 7 to 12 kn around it, off Car Nicobar; ships pass them by a mile."""
    centre = (93.10, 9.72)

    def draw() -> tuple[Pen, ...]:
        dhow = stage.pen(*centre, 300.0)
        dhow.tow(centre, 3000.0, stage.span + 600.0, 2.2, 60.0)
        dhow.gear = ""
        skiffs = []
        for _ in range(2):
            skiff = stage.pen(*centre, 600.0)
            while skiff.now < stage.span:
                x, y = dhow.at(np.array([min(skiff.now + 900.0, stage.span)]))
                skiff.go(float(x[0]) + float(stage.rng.uniform(-0.012, 0.012)),
                         float(y[0]) + float(stage.rng.uniform(-0.012, 0.012)),
                         float(stage.rng.uniform(7.0, 12.0)))  # fmt: skip
                skiff.drift(skiff.now + float(stage.rng.uniform(0.2, 0.6)) * HOUR_S, 0.3)
            skiffs.append(skiff)
        passing = stage.inbound("ten_east", (centre[0] + 0.03, centre[1] + 0.045), 13.0, 0.45 * stage.span)
        stage.onward(passing, "ten_west", 13.0)
        return (dhow, *skiffs, passing)

    kinds = ("dhow", "skiff", "skiff", "cargo")
    crew = [stage.register.launch(k, t) for k, t in zip(kinds, stage.pens(draw), strict=True)]
    stage.add(*crew)


def _hove_to(stage: Stage) -> None:
    """Two ships that stop for an hour: one in the lane with engine trouble, one before the roads for its pilot."""
    if not stage.lasts(4.0):
        return
    t0 = 0.45 * stage.span

    def in_lane() -> tuple[Pen, ...]:
        pen = stage.inbound("six_west", (95.9, 6.11), 12.0, t0)
        pen.drift(t0 + HOUR_S, 0.6, 100.0)
        stage.onward(pen, "mid_strait", 12.0)
        return (pen,)

    def before_roads() -> tuple[Pen, ...]:
        pen = stage.inbound("north_strait", (100.13, 5.56), 11.0, t0)
        pen.drift(t0 + 0.8 * HOUR_S, 0.4, 100.0)
        stage.onward(pen, "anch:penang", 8.0)
        return (pen,)

    for draw in (in_lane, before_roads):
        stage.add(stage.register.launch("cargo", stage.pens(draw)[0]))


Incident = Callable[[Stage], None]
PLANT: Final[tuple[Incident, ...]] = (_dhow, _fishing_mother, _left_off_phuket, _left_off_nicobar)
ALIKE: Final[tuple[Incident, ...]] = (_patrol, _anglers, _fishing_dhow, _hove_to)
