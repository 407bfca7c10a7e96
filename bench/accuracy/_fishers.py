"""Simulated vessels that fish and that do not, a position a minute, with what they do: training data where no real
tracks with labels are to be had (longline, purse seine, squid jigger, fixed gear), and look-alikes.

Kinematics as published: tows of 1 to 5 h at 2 to 7 kn with hauls between (Lee et al. 2010; Hintzen et al. 2012, beam
trawlers up to 7 kn); longlines set for 4 to 6 h at 7 to 10 kn, left for 3 to 5 h, hauled for 8 to 14 h at 2 to 5 kn
with stops (Ward and Hindmarsh 2007; de Souza et al. 2016); purse seiners search by day, turn a circle within ten
minutes, purse and brail for 1.5 to 3.5 h nearly stopped, drift at night (Bez et al. 2011; Gaertner 1999); squid is
jigged at night adrift at a sea anchor, with moves by day (Kroodsma et al. 2018); nets and pots are hauled string by
string at 1 to 2.5 kn with short runs between them (Vermard et al. 2010).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makara.base.geo import wrap_lon

Floats = NDArray[np.float64]
NOT, TRAWL, LONGLINE, PURSE, SQUID, FIXED, UNKNOWN = 0, 1, 2, 3, 4, 5, -1
DAY_MIN: Final = 1440


@dataclass
class Log:
    """Minutes of one vessel: speed, course, label; drawn piece by piece."""

    rng: np.random.Generator
    minutes: int
    hour: float
    speed: list[Floats] = field(default_factory=list)
    course: list[Floats] = field(default_factory=list)
    label: list[NDArray[np.int64]] = field(default_factory=list)
    now: int = 0
    heading: float = 0.0

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.now >= self.minutes

    def solar(self) -> float:
        """Hour of the sun."""
        return (self.hour + self.now / 60.0) % 24.0

    def go(
        self, minutes: float, kn: float, label: int, turn: float = 0.0, wander: float = 3.0, rough: float = 0.06
    ) -> None:
        """Go on for so long at about a speed, turning by degrees a minute, with wander (degrees) and rough speed."""
        n = max(1, round(minutes))
        swing = np.cumsum(self.rng.normal(0, wander / 4, n))
        swing -= np.linspace(0, swing[-1], n) * 0.7
        self.course.append(self.heading + turn * np.arange(n) + swing)
        slow = np.interp(
            np.arange(n), np.arange(0, n + 20, 20), self.rng.normal(0, rough, len(np.arange(0, n + 20, 20)))
        )
        self.speed.append(np.maximum(kn * (1 + slow + self.rng.normal(0, rough / 3, n)), 0.02))
        self.label.append(np.full(n, label))
        self.heading = float(self.course[-1][-1] % 360)
        self.now += n

    def turn_to(self, course: float) -> None:
        """Head somewhere else."""
        self.heading = course % 360

    def drift(self, minutes: float, label: int, kn: float | None = None) -> None:
        """Go with current and wind."""
        self.go(minutes, self.rng.uniform(0.2, 1.4) if kn is None else kn, label, wander=25, rough=0.25)


def trawl(log: Log) -> None:
    """Tows with hauls between, grounds changed now and then, way there and home."""
    r = log.rng
    kn = r.choice([r.uniform(2.2, 4.2), r.uniform(3.5, 5.5), r.uniform(5, 7.2)], p=[0.55, 0.25, 0.2])
    steam = max(r.uniform(7.5, 11.5), kn + 2.5)
    tow = r.uniform(60, 300)
    back = r.random() < 0.6
    _way(log, steam)
    while not log.over:
        log.turn_to(r.uniform(0, 360))
        for _ in range(int(r.integers(3, 14))):
            for _ in range(int(r.integers(1, 4))):
                log.go(tow * r.uniform(0.6, 1.3) / 2, kn * r.uniform(0.92, 1.08), TRAWL, r.normal(0, 0.15), 12)
                log.turn_to(log.heading + r.normal(0, 25))
            log.go(r.uniform(15, 45), r.uniform(0.4, 1.8), UNKNOWN, wander=40, rough=0.4)
            log.turn_to(log.heading + (180 + r.normal(0, 20) if back else r.normal(0, 70)))
            if log.over:
                return
        if r.random() < 0.4:
            _home(log, steam)
        log.go(r.uniform(30, 240), steam, NOT)


def longline(log: Log) -> None:
    """Set, soak, haul, move on."""
    r = log.rng
    steam = r.uniform(8, 12)
    set_kn, haul_kn = r.uniform(6.5, 10), r.uniform(2.5, 5)
    begin = r.choice([r.uniform(3, 8), r.uniform(15, 20)])
    _way(log, steam)
    while not log.over:
        wait = (begin + r.normal(0, 1) - log.solar()) % 24 * 60
        if wait < 16 * 60 and r.random() < 0.7:
            log.drift(wait, NOT)
        log.turn_to(r.uniform(0, 360))
        minutes = r.uniform(220, 380)
        bend = r.normal(0, 0.06)
        log.go(minutes, set_kn, LONGLINE, bend, 8, 0.04)
        log.drift(r.uniform(150, 320), LONGLINE)
        back = r.random() < 0.5
        log.turn_to(log.heading + (180 if back else 90))
        if not back:  # to the end set first
            log.go(minutes * set_kn / steam * r.uniform(0.9, 1.0), steam, NOT)
        left = minutes * set_kn
        while left > 0 and not log.over:
            part = r.uniform(20, 120)
            kn = haul_kn * r.uniform(0.7, 1.25)
            log.go(part, kn, LONGLINE, -bend * 0.5, 22, 0.2)
            left -= part * kn
            if r.random() < 0.35:
                log.go(r.uniform(5, 30), r.uniform(0.3, 1.5), LONGLINE, wander=50, rough=0.4)
            log.turn_to(log.heading + r.normal(0, 12))
        log.turn_to(r.uniform(0, 360))
        log.go(r.uniform(20, 300), steam, NOT)


def purse(log: Log) -> None:
    """Search by day, set, brail; drift at night."""
    r = log.rng
    seek, night = r.uniform(8.5, 13.5), r.random() < 0.8
    _way(log, seek)
    while not log.over:
        if night and not 5.5 < log.solar() < 18.5:
            log.drift((5.7 - log.solar()) % 24 * 60, NOT)
        for _ in range(int(r.integers(1, 7))):
            log.turn_to(log.heading + r.normal(0, 60))
            log.go(r.uniform(15, 90), seek * r.uniform(0.7, 1.1), NOT, r.normal(0, 0.3), 10, 0.1)
        minutes = r.uniform(5, 10)
        log.go(minutes, r.uniform(7, 11), PURSE, 360 / minutes * r.choice([-1, 1]), 2)
        log.go(r.uniform(30, 70), r.uniform(0.3, 1.2), PURSE, wander=60, rough=0.3)
        log.go(r.uniform(50, 150), r.uniform(0.2, 1.6), PURSE, wander=40, rough=0.3)


def squid(log: Log) -> None:
    """Jig at night, rest or move by day."""
    r = log.rng
    anchor = r.uniform(0.3, 1.6)
    _way(log, r.uniform(8, 12))
    while not log.over:
        dusk, dawn = r.uniform(17.5, 19.5), r.uniform(4.8, 6.5)
        if not (log.solar() > dusk or log.solar() < dawn):
            day = (dusk - log.solar()) % 24 * 60
            move = min(r.choice([0, r.uniform(30, 120), r.uniform(120, 500)], p=[0.35, 0.4, 0.25]), day)
            first = r.uniform(0, day - move)
            log.drift(first, NOT, anchor * r.uniform(0.6, 1.2))
            log.turn_to(r.uniform(0, 360))
            if move:
                log.go(move, r.uniform(5, 10), NOT)
            log.turn_to(r.uniform(0, 360))
            log.drift(day - move - first, NOT, anchor * r.uniform(0.6, 1.2))
        left = (dawn - log.solar()) % 24 * 60
        while left > 1 and not log.over:
            part = min(left, r.uniform(90, 700))
            log.go(part, anchor * r.uniform(0.7, 1.3), SQUID, r.normal(0, 0.1), 20, 0.2)
            left -= part
            if left > 60 and r.random() < 0.3:
                log.go(r.uniform(8, 30), r.uniform(3, 7), SQUID, wander=10)
                left -= 20


def fixed(log: Log) -> None:
    """Haul strings of nets or pots, run to the next, home in the evening (or not)."""
    r = log.rng
    steam, haul = r.uniform(6, 10), r.uniform(0.8, 2.6)
    far = r.random() < 0.3
    while not log.over:
        _way(log, steam, r.uniform(25, 150))
        axis = r.uniform(0, 180)
        for _ in range(int(r.integers(3, 12)) * (3 if far else 1)):
            log.turn_to(axis + r.choice([0, 180]) + r.normal(0, 15))
            log.go(r.uniform(15, 80), haul * r.uniform(0.8, 1.2), FIXED, wander=20, rough=0.35)
            if r.random() < 0.6:
                log.go(r.uniform(5, 25), r.uniform(3, 6), FIXED, wander=6)
            log.turn_to(r.uniform(0, 360))
            log.go(r.uniform(4, 25), steam * r.uniform(0.6, 1), FIXED if r.random() < 0.6 else UNKNOWN)
            if log.over:
                return
        if not far or r.random() < 0.3:
            _home(log, steam)


def _way(log: Log, kn: float, minutes: float | None = None) -> None:
    log.turn_to(log.rng.uniform(0, 360))
    log.go(log.rng.uniform(60, 700) if minutes is None else minutes, kn, NOT)


def _home(log: Log, kn: float) -> None:
    """To port, lie there, come back."""
    r = log.rng
    out = log.heading = r.uniform(0, 360)
    log.go(r.uniform(40, 300), kn, NOT)
    log.go(r.uniform(240, 1200), 0.02, NOT, wander=300)
    log.turn_to(out + 180)


def passage(log: Log) -> None:
    """A voyage at one speed, with waypoints; a stop now and then."""
    r = log.rng
    kn = r.choice([r.uniform(5, 9), r.uniform(9, 15), r.uniform(15, 22)], p=[0.3, 0.5, 0.2])
    while not log.over:
        log.turn_to(log.heading + r.normal(0, 25))
        log.go(r.uniform(60, 900), kn * r.uniform(0.93, 1.05), NOT, 0, 2, 0.03)
        if r.random() < 0.15:
            wait = r.uniform(60, 2000)
            log.drift(wait, NOT) if r.random() < 0.5 else log.go(wait, r.uniform(0.02, 0.25), NOT, 6.0, 90)


def adrift(log: Log) -> None:
    """Waits adrift or at anchor for orders, day and night, with short moves."""
    r = log.rng
    while not log.over:
        log.drift(r.uniform(200, 2500), NOT)
        log.turn_to(r.uniform(0, 360))
        log.go(r.uniform(20, 400), r.uniform(3, 13), NOT)
        if r.random() < 0.4:
            log.go(r.uniform(200, 2000), r.uniform(0.02, 0.2), NOT, 6.0, 90)


def ferry(log: Log) -> None:
    """Between two berths; also a pilot's or supply boat's runs."""
    r = log.rng
    kn, way = r.uniform(8, 28), r.uniform(15, 150)
    course = r.uniform(0, 360)
    while not log.over:
        log.turn_to(course)
        log.go(way * r.uniform(0.95, 1.05), kn, NOT, 0, 4, 0.05)
        log.go(r.uniform(10, 200), 0.03, NOT, wander=200)
        course += 180


def tow(log: Log) -> None:
    """A tug with a barge: slow and straight."""
    r = log.rng
    kn = r.uniform(3, 7.5)
    while not log.over:
        log.turn_to(log.heading + r.normal(0, 20))
        log.go(r.uniform(200, 1500), kn, NOT, 0, 3, 0.04)


def survey(log: Log) -> None:
    """Lines up and down at 3.5 to 5.5 kn."""
    r = log.rng
    kn, line, course = r.uniform(3.5, 5.5), r.uniform(60, 600), r.uniform(0, 360)
    side = 1
    _way(log, r.uniform(8, 13))
    while not log.over:
        log.turn_to(course)
        log.go(line, kn, NOT, 0, 1.5, 0.02)
        log.go(r.uniform(10, 40), kn, NOT, 0, 2)
        minutes = r.uniform(10, 30)
        log.go(minutes, kn, NOT, side * 180 / minutes, 2)
        course, side = course + 180, -side


def yacht(log: Log) -> None:
    """Sails with tacks; patrols go about like it, faster."""
    r = log.rng
    kn, wind = r.uniform(4, 9), r.uniform(0, 360)
    while not log.over:
        log.turn_to(wind + r.choice([-50, 50, 120, 200]) + r.normal(0, 10))
        log.go(r.uniform(40, 400), kn * r.uniform(0.6, 1.2), NOT, 0, 8, 0.12)
        if r.random() < 0.15:
            log.go(r.uniform(300, 900), 0.03, NOT, wander=200)


FISHERS: Final[dict[str, tuple[int, Callable[[Log], None], tuple[float, float]]]] = {
    "trawl": (TRAWL, trawl, (5, 250)),
    "longline": (LONGLINE, longline, (30, 1500)),
    "purse_seine": (PURSE, purse, (10, 1500)),
    "squid_jigger": (SQUID, squid, (20, 700)),
    "fixed_gear": (FIXED, fixed, (2, 120)),
}
"""Gear: number, what it does, between which distances from shore (km)."""
OTHERS: Final[dict[str, tuple[Callable[[Log], None], tuple[float, float]]]] = {
    "passage": (passage, (5, 1500)),
    "adrift": (adrift, (3, 800)),
    "ferry": (ferry, (1, 60)),
    "tow": (tow, (3, 300)),
    "survey": (survey, (5, 400)),
    "yacht": (yacht, (1, 300)),
}


def minutes_of(what: Callable[[Log], None], seed: list[int], lon: float, lat: float, days: float) -> dict[str, Floats]:
    """One vessel a minute: ``t_s`` (0 is midnight UTC), ``lon, lat, sog`` (errors and all) and ``label``."""
    rng = np.random.default_rng(seed)
    minutes = int(days * DAY_MIN)
    t0 = float(rng.integers(0, DAY_MIN))
    log = Log(rng, minutes, t0 / 60.0 + lon / 15.0, heading=float(rng.uniform(0, 360)))
    while not log.over:
        what(log)
    speed, course = np.concatenate(log.speed)[:minutes], np.radians(np.concatenate(log.course)[:minutes])
    metres = speed * 1852.0 / 60.0
    north, east = np.cumsum(metres * np.cos(course)), np.cumsum(metres * np.sin(course))
    noise = rng.uniform(3, 12)
    y = np.clip(lat + (north + rng.normal(0, noise, minutes)) / 111_200.0, -75, 75)
    x = lon + (east + rng.normal(0, noise, minutes)) / (111_200.0 * np.cos(np.radians(y)))
    return {
        "t_s": (t0 + np.arange(minutes)) * 60.0,
        "lon": wrap_lon(x),
        "lat": y,
        "sog": np.round(np.maximum(speed + rng.normal(0, 0.15, minutes), 0), 1),
        "label": np.concatenate(log.label)[:minutes].astype(np.float64),
    }
