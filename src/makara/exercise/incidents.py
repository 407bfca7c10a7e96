"""The planted incidents, and the licensed boats that do the same thing lawfully.

Each incident says which vessels take part, which kinds of events it makes, and, where motion alone does not tell, when.
Times follow the length of the exercise; with 6 h each still fits, but a silence of 6 h does not, and none is claimed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from makara.base.units import HOUR_S
from makara.exercise.afloat import TRIES, is_afloat, scatter
from makara.exercise.fleet import Register, Vessel
from makara.exercise.motion import Pen, Track
from makara.exercise.routes import Sea
from makara.exercise.zones import CABLE, CLOSED, CLOSED_FIJI

RENDEZVOUS = (95.9, 9.9)
ENCOUNTER = (96.2, 10.9)
CABLE_AT = (99.28, 6.0)
FIJI = (179.978, -17.98)
CLOSED_AT = (97.80, 8.66)
_SHORTEST_CLOSED_S = 12.0 * HOUR_S


@dataclass(frozen=True, slots=True)
class Planted:
    """An incident.

    Attributes:
        name: of the incident; its vessels carry it.
        kinds: events that its vessels' motion and silence make, and that count as planted.
        vessels: who takes part (``v0001``).
        window: when it happens, seconds after the start; the same vessels' later events are not planted.
        zone: the closed zone of a planted zone_entry, or the cable.
        told: events that motion alone does not tell: kind, from, to (seconds).
        look: place and time (degrees; seconds) a radar satellite should look at; None: needs none.
    """

    name: str
    kinds: tuple[str, ...]
    vessels: tuple[str, ...]
    window: tuple[float, float]
    zone: str | None = None
    told: tuple[tuple[str, float, float], ...] = ()
    look: tuple[float, float, float] | None = None


@dataclass(slots=True)
class Stage:
    """Where incidents are drawn: sea, randomness, register of identities, length in seconds."""

    rng: np.random.Generator
    sea: Sea
    register: Register
    span: float
    vessels: list[Vessel] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)

    def pens(self, draw: Callable[[], tuple[Pen, ...]]) -> tuple[Track, ...]:
        """The tracks of some voyages drawn together, drawn anew until none touches land."""
        for _ in range(TRIES):
            tracks = tuple(p.track(self.span) for p in draw())
            if all(is_afloat(self.sea, t) for t in tracks):
                return tracks
        raise RuntimeError("no draw of an incident stayed afloat; its place is too near land")

    def add(self, *vessels: Vessel) -> tuple[str, ...]:
        """Note vessels; answers their names."""
        self.vessels += vessels
        return tuple(v.vessel for v in vessels)

    def pen(self, lon: float, lat: float, spread_m: float = 800.0) -> Pen:
        """A voyage that begins near a place."""
        return Pen(self.rng, -60.0, *scatter(self.rng, lon, lat, spread_m))

    def near(self, place: tuple[float, float], deg: float = 0.2) -> tuple[float, float]:
        """A place moved by up to so many degrees each way."""
        return place[0] + float(self.rng.uniform(-deg, deg)), place[1] + float(self.rng.uniform(-deg, deg))

    def leave(self, pen: Pen, lon: float, lat: float, kn: float) -> None:
        """Sail off towards a place and go on drifting there."""
        pen.go(lon, lat, kn)
        pen.drift(self.span + 60.0, 0.4)


def _meeting(
    stage: Stage, place: tuple[float, float], t: tuple[float, float, float, float], gap_m: float, toward_deg: float,
    comes: tuple[float, float], fishes: tuple[float, float],
    goes: tuple[tuple[float, float], tuple[float, float]],
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
    kinds, look = ("loitering", "dark_rendezvous", "dark"), (x, y, 0.5 * (t[1] + t[2]))
    stage.planted.append(Planted("dark_rendezvous", kinds, names, (t0, t1), None, told, look))


def _silent_poacher(stage: Stage) -> None:
    """Off Khao Lak: seen well, then AIS off and fishing in the closure; on the air again where 12 h allow it."""
    long = stage.span >= _SHORTEST_CLOSED_S
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

    kinds = ("gap", "disabling", "dark", "zone_entry", "fishing")
    boat = stage.register.launch("fishing_a", stage.pens(draw)[0], flag="THA", length_m=46.0, incident="silent",
                                 silent=((off, on),))  # fmt: skip
    told = (("disabling", off, min(on, stage.span)),)
    look = (*CLOSED_AT, 0.5 * (off + min(on, stage.span)))
    stage.planted.append(Planted("silent", kinds, stage.add(boat), (off, min(on, stage.span)), CLOSED, told, look))


def _open_poacher(stage: Stage) -> None:
    until = min(0.72 * stage.span, 9.0 * HOUR_S)

    def draw() -> tuple[Pen, ...]:
        pen = stage.pen(98.09, 8.86)
        pen.go(97.93, 8.80, 6.0, by=min(0.2 * stage.span, 1.2 * HOUR_S))
        pen.tow((97.86, 8.80), 7000.0, until, 3.7, 160.0)
        pen.go(98.09, 8.74, 8.0)
        pen.tow((98.10, 8.74), 6000.0, stage.span + 600.0, 3.5, 0.0)
        return (pen,)

    boat = stage.register.launch("fishing_a", stage.pens(draw)[0], length_m=31.0, incident="open")
    stage.planted.append(Planted("open", ("zone_entry", "fishing"), stage.add(boat), (0.0, until), CLOSED))


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


def _cable(stage: Stage) -> None:
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
    told = (("cable", arrive, leave),)
    stage.planted.append(Planted("cable", ("loitering", "cable"), stage.add(ship), (arrive, leave), CABLE, told))


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
    kinds = ("encounter", "zone_entry", "transshipment", "loitering")
    look = (x + 0.01, y, 0.5 * (t[1] + t[2]))
    stage.planted.append(Planted("fiji", kinds, stage.add(carrier, boat), (0.0, t1), CLOSED_FIJI, (), look))


def licensed(stage: Stage) -> tuple[Vessel, ...]:
    """Two boats that fish in the closure with a licence: the innocent twins of the poachers."""

    def draw(k: int) -> tuple[Pen, ...]:
        centre = (97.86, 8.45 + 0.06 * k)
        pen = stage.pen(98.06, 8.42 + 0.05 * k)
        pen.go(centre[0] + 0.06, centre[1], 6.0, by=(0.6 + 0.5 * k) * 0.1 * stage.span)
        pen.tow(centre, 6000.0, stage.span + 600.0, 3.4 + 0.2 * k, 40.0)
        return (pen,)

    kinds = ("fishing_a", "fishing_b")
    boats = tuple(
        stage.register.launch(kind, stage.pens(lambda k=k: draw(k))[0], flag="THA")  # type: ignore[misc]
        for k, kind in enumerate(kinds)
    )
    stage.add(*boats)
    return boats


def neighbours(stage: Stage) -> None:
    """Six class A trawlers off Khao Lak, so that the silence of one among them can be told from bad reception."""
    for k in range(6):
        lon, lat = 98.06 + 0.012 * (k % 3), 8.22 + 0.16 * k

        def draw(at: tuple[float, float] = (lon, lat)) -> tuple[Pen, ...]:
            pen = stage.pen(*at)
            pen.tow(at, 5000.0, stage.span + 600.0, float(stage.rng.uniform(3.1, 4.2)), 0.0)
            return (pen,)

        stage.add(stage.register.launch("fishing_a", stage.pens(draw)[0]))


def plant(stage: Stage) -> None:
    """All incidents, in a fixed order."""
    for incident in (_dark_rendezvous, _silent_poacher, _open_poacher, _clone, _cable, _encounter, _fiji):
        incident(stage)
