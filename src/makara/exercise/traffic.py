"""Everyday traffic: who goes where for honest reasons, and the look-alikes among it.

Look-alikes that come with it: ships waiting at anchor, carriers drifting for orders, pair trawlers, tugs with a barge
on a long line, pilots alongside ships, boats side by side in port, small craft that owe no AIS.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from makara.base.units import HOUR_S
from makara.exercise.afloat import TRIES, Plan, scatter, wet_track
from makara.exercise.fleet import KINDS, Register, Vessel
from makara.exercise.motion import FISHING, RESTRICTED, UNDER_WAY, Pen
from makara.exercise.places import FIJI_GROUNDS, GROUNDS, PORTS, Ground, Port
from makara.exercise.routes import FloatArray, Sea, densify

_THROUGH: Final = (("dondra", "china_sea", 5.0), ("dondra", "port:singapore", 2.0), ("dondra", "port:klang", 1.5),
                   ("bengal", "port:singapore", 0.7), ("dondra", "port:yangon", 0.3), ("ten_west", "port:phuket", 0.4),
                   ("dondra", "port:penang", 0.5))  # fmt: skip
_FERRIES: Final = (("penang", "langkawi"), ("phuket", "langkawi"), ("malacca", "dumai"), ("penang", "belawan"),
                   ("portblair", "campbell"), ("phuket", "kantang"), ("klang", "dumai"))  # fmt: skip
_FIJI_FERRIES: Final = (("suva", "levuka"), ("suva", "savusavu"))
_PILOTED: Final = ("singapore", "klang", "penang", "belawan", "yangon")
_COASTAL: Final = ("penang", "phuket", "belawan", "klang", "langkawi")
_UNSEEN: Final = tuple(g for g in GROUNDS if g.name in ("phuket shelf", "similan slope", "penang bank", "nicobar east"))
_WINDOW: Final = (90.5, 0.5, 105.5, 16.6)


class Traffic:
    """Plans of honest voyages over a sea for a span of seconds."""

    def __init__(self, rng: np.random.Generator, sea: Sea, register: Register, span_s: float) -> None:
        self.rng, self.sea, self.register, self.span = rng, sea, register, span_s
        self.ports = [p for p in PORTS.values() if p.size > 0]
        sizes = np.array([p.size for p in self.ports])
        self.weights = sizes / sizes.sum()

    def port(self) -> Port:
        """A port, the large ones more often."""
        return self.ports[int(self.rng.choice(len(self.ports), p=self.weights))]

    def speed(self, kind: str) -> float:
        """A usual speed of a class, knots."""
        return float(self.rng.uniform(*KINDS[kind].speed_kn))

    def launch(self, kind: str, plan: Plan, flag: str | None = None) -> Vessel:
        """A vessel of a class on a voyage that stays afloat."""
        return self.register.launch(kind, wet_track(self.sea, self.span, plan), flag=flag)

    def voyage(self, path: FloatArray, kn: float, *, late: float = 0.8) -> Pen:
        """Along a path, already under way at the start, or about to leave; at anchor after arrival."""
        from_end = 400.0 * len(path) / (kn * 0.5144)
        pen = Pen(self.rng, -self.rng.uniform(-0.1 * self.span, max(0.0, from_end - late * self.span)), *path[0])
        if pen.now > 0.0:
            wait, pen.now = pen.now, -1.0
            pen.anchor(wait, 60.0)
        pen.sail(path, kn, stop=True)
        return pen

    def passage(self, kind: str) -> Pen:
        """A merchant ship on passage through the strait, or between ports, or waiting at an anchorage."""
        kn, draw = self.speed(kind), self.rng.random()
        if draw < 0.2:
            return self.waiting()
        for _ in range(TRIES):
            if draw < 0.68:
                share = np.array([w for *_, w in _THROUGH])
                a, b, _ = _THROUGH[int(self.rng.choice(len(_THROUGH), p=share / share.sum()))]
            else:
                a, b = f"port:{self.port().name}", f"anch:{self.port().name}"
            if a.split(":")[-1] == b.split(":")[-1]:
                continue
            a, b = (a, b) if self.rng.random() < 0.5 else (b, a)
            pen = self.voyage(self.sea.route(a, b, self.rng.uniform(500.0, 2800.0)), kn)
            x, y = pen.at(np.array([0.0, self.span]))
            w, s, e, n = _WINDOW
            if ((x > w) & (x < e) & (y > s) & (y < n)).all():
                break
        if pen.now < self.span:
            pen.anchor(self.span + 60.0)
        return pen

    def waiting(self) -> Pen:
        """A ship at anchor before a port; some weigh anchor and leave."""
        port = self.port()
        pen = Pen(self.rng, -60.0, *scatter(self.rng, port.anchor_lon, port.anchor_lat, 2500.0))
        if self.rng.random() < 0.7:
            pen.anchor(self.span + 60.0)
            return pen
        pen.anchor(self.rng.uniform(0.1, 0.9) * self.span)
        out = self.sea.route(f"anch:{port.name}", f"anch:{self.port().name}", self.rng.uniform(500.0, 2500.0))
        pen.sail(out, 11.0, stop=True)
        pen.anchor(self.span + 60.0)
        return pen

    def fishing(self, kind: str, ground: Ground | None = None) -> Pen:
        """A fishing vessel at its ground, on the way there or home, or in port."""
        spots = GROUNDS[:12] if kind == "fishing_b" else GROUNDS
        g = ground or spots[int(self.rng.integers(len(spots)))]
        port, kn, draw = PORTS[g.port], self.speed(kind), self.rng.random()
        spot = scatter(self.rng, g.lon, g.lat, 0.5 * g.radius_m)
        berth = scatter(self.rng, port.lon, port.lat, 350.0)
        if draw < 0.1:
            pen = Pen(self.rng, -60.0, *berth)
            pen.moor(self.span + 60.0)
            return pen
        if draw < 0.25:
            pen = Pen(self.rng, -60.0, *berth)
            pen.moor(self.rng.uniform(0.0, 0.25) * self.span)
            pen.sail(np.vstack([self.sea.route(f"port:{port.name}", f"ground:{g.name}", 400.0), [spot]]), kn)
        else:
            pen = Pen(self.rng, -self.rng.uniform(0.0, 2.0) * HOUR_S, *spot)
        home = self.rng.uniform(0.3, 0.9) * self.span if draw > 0.85 else self.span + 600.0
        self.work(pen, kind, g, max(home, pen.now + HOUR_S))
        if pen.now < self.span:
            back = self.sea.route(f"ground:{g.name}", f"port:{port.name}", 400.0)
            pen.sail(np.vstack([densify(np.array([[pen.lon, pen.lat], back[0]])), back[1:], [berth]]), kn, stop=True)
            pen.moor(self.span + 60.0)
        return pen

    def work(self, pen: Pen, kind: str, g: Ground, until: float) -> None:
        """Fish at a ground until a time: class A far out with longlines, the others with trawls."""
        axis = float(self.rng.uniform(0, 180))
        if kind == "fishing_a" and g.radius_m >= 30_000.0 and self.rng.random() < 0.6:
            pen.longline(axis, 0.4 * g.radius_m, until)
        else:
            kn = float(self.rng.uniform(3.0, 4.4))
            pen.tow((g.lon, g.lat), 0.9 * g.radius_m, until, kn, axis)

    def ferry(self, pair: tuple[str, str], kn: float) -> Pen:
        """To and fro between two ports, three quarters of an hour at each."""
        ends = pair if self.rng.random() < 0.5 else pair[::-1]
        ways = [self.sea.route(f"port:{a}", f"port:{b}", 300.0, 1200.0) for a, b in (ends, ends[::-1])]
        pen = Pen(self.rng, -self.rng.uniform(0.0, 4.0) * HOUR_S, *ways[0][0])
        k = 0
        while pen.now < self.span:
            pen.sail(ways[k % 2], kn, stop=True)
            pen.moor(pen.now + self.rng.uniform(0.5, 1.0) * HOUR_S)
            k += 1
        return pen

    def pilot(self) -> Pen:
        """From the berth to a ship in the roads, alongside, and back."""
        port = PORTS[_PILOTED[int(self.rng.integers(len(_PILOTED)))]]
        pen = Pen(self.rng, -60.0, *scatter(self.rng, port.lon, port.lat, 150.0))
        home = (pen.lon, pen.lat)
        pen.moor(self.rng.uniform(0.05, 1.5) * HOUR_S)
        while pen.now < self.span:
            pen.go(*scatter(self.rng, port.anchor_lon, port.anchor_lat, 2500.0), 17.0, stop=True)
            pen.drift(pen.now + self.rng.uniform(600.0, 1500.0), 0.6)
            pen.go(*home, 17.0, stop=True)
            pen.moor(pen.now + self.rng.uniform(0.5, 3.0) * HOUR_S)
        return pen

    def coasting(self, kind: str, names: tuple[str, ...], status: int = UNDER_WAY) -> Pen:
        """From one to another of some ports at the speed of the class; then at anchor."""
        a, b = self.rng.choice(len(names), 2, replace=False)
        path = self.sea.route(f"port:{names[a]}", f"anch:{names[b]}", self.rng.uniform(200.0, 2500.0))
        pen = self.voyage(path, self.speed(kind), late=0.5)
        if status != UNDER_WAY:
            pen.parts = [type(p)(p.t_start, p.t_end, p.doing, status) for p in pen.parts]
        pen.anchor(self.span + 60.0, 40.0)
        return pen

    def inshore(self, kind: str) -> Pen:
        """A small craft off a port: slow lines near the anchorage, or runs out and back."""
        port = PORTS[_COASTAL[int(self.rng.integers(len(_COASTAL)))]]
        centre = scatter(self.rng, port.anchor_lon, port.anchor_lat, 9000.0)
        pen = Pen(self.rng, -600.0, *centre)
        if kind == "skiff":
            while pen.now < self.span:
                pen.go(*scatter(self.rng, *centre, 6000.0), self.speed(kind), stop=True)
                pen.drift(pen.now + self.rng.uniform(0.5, 2.0) * HOUR_S, 0.4)
            return pen
        pen.tow(centre, 4000.0, self.span + 600.0, float(self.rng.uniform(2.5, 5.0)), float(self.rng.uniform(0, 180)))
        return pen

    def drifting(self, kind: str) -> Pen:
        """A carrier that drifts far out, waiting for orders, then sails on."""
        spot = scatter(self.rng, 94.6, 13.0, 30_000.0)
        pen = Pen(self.rng, -HOUR_S, *spot)
        pen.drift(self.rng.uniform(0.5, 1.2) * self.span, 0.6)
        pen.go(spot[0] - 1.0, spot[1] + 0.6, self.speed(kind))
        pen.drift(self.span + 60.0, 0.5)
        return pen

    def one(self, kind: str) -> list[Vessel]:
        """A vessel of a class on a usual voyage, with its companion where it has one."""
        coast = ("phuket", "langkawi", "penang", "kantang", "lumut", "klang", "ranong")
        trade = ("penang", "belawan", "klang", "dumai", "lhokseumawe", "singapore", "malacca", "phuket", "myeik")
        if kind == "tug" and self.rng.random() < 0.6:
            return self.towage(trade)
        if kind == "fishing_a" and self.rng.random() < 0.2:
            return self.pair()
        plans: dict[str, Plan] = {
            "carrier": lambda: self.drifting(kind) if self.rng.random() < 0.3 else self.passage(kind),
            "ferry": lambda: self.ferry(_FERRIES[int(self.rng.integers(len(_FERRIES)))], self.speed(kind)),
            "pilot": self.pilot,
            "small": lambda: self.inshore(kind),
            "skiff": lambda: self.inshore(kind),
            "fishing_dark": lambda: self.fishing("fishing_b", _UNSEEN[int(self.rng.integers(len(_UNSEEN)))]),
        }
        for name in ("cargo", "tanker"):
            plans[name] = lambda: self.passage(kind)
        for name in ("fishing_a", "fishing_b"):
            plans[name] = lambda: self.fishing(kind)
        for name in ("yacht", "patrol"):
            plans[name] = lambda: self.coasting(kind, coast)
        for name in ("tug", "dhow"):
            plans[name] = lambda: self.coasting(kind, trade)
        return [self.launch(kind, plans[kind])]

    def towage(self, ports: tuple[str, ...]) -> list[Vessel]:
        """A tug and, 400 m behind it on the line, a barge without AIS."""
        pens: list[Pen] = []

        def ahead() -> Pen:
            pens.append(self.coasting("tug", ports, RESTRICTED))
            return pens[-1]

        tug = self.launch("tug", ahead)
        t = np.arange(0.0, self.span + 15.0, 10.0)
        x, y = pens[-1].at(t - 115.0)
        barge = Pen(self.rng, -10.0, float(x[0]), float(y[0]))
        barge.follow(t, x, y)
        return [tug, self.register.launch("barge", barge.track(self.span))]

    def pair(self) -> list[Vessel]:
        """Two trawlers with one net between them, 350 m apart."""
        pens: list[Pen] = []

        def first() -> Pen:
            g = GROUNDS[int(self.rng.integers(len(GROUNDS)))]
            pens.append(Pen(self.rng, -HOUR_S, *scatter(self.rng, g.lon, g.lat, 0.4 * g.radius_m)))
            pens[-1].tow((g.lon, g.lat), 0.8 * g.radius_m, self.span + 600.0, 3.4, float(self.rng.uniform(0, 180)))
            return pens[-1]

        one = self.launch("fishing_a", first)
        t = np.arange(0.0, self.span + 15.0, 10.0)
        x, y = pens[-1].at(t)
        other = Pen(self.rng, -10.0, x[0], y[0] + 0.0032)
        other.follow(t, x, y + 0.0032, "fish", FISHING)
        return [one, self.register.launch("fishing_a", other.track(self.span))]

    def fiji(self, count: int) -> list[Vessel]:
        """Traffic of Fiji: longliners, coasters to Tonga and Samoa across 180 degrees, ferries, yachts."""
        return [self._fijian(k) for k in range(count)]

    def _fijian(self, k: int) -> Vessel:
        kind = ("fishing_a", "ferry", "cargo", "fishing_a", "yacht")[k % 5]
        flag = "PAN" if kind == "cargo" else "FJI"
        if kind == "fishing_a":
            ground = FIJI_GROUNDS[int(self.rng.integers(len(FIJI_GROUNDS)))]
            return self.launch(kind, lambda: self.fishing(kind, ground), flag)
        if kind == "ferry":
            return self.launch(kind, lambda: self.ferry(_FIJI_FERRIES[k % 2], 14.0), flag)
        kn = self.speed(kind)
        return self.launch(kind, lambda: self.outbound(("tonga_bound", "samoa_bound")[k % 2], kn), flag)

    def outbound(self, end: str, kn: float) -> Pen:
        """From Suva out over 180 degrees, or in; drifting before the end of its way."""
        path = self.sea.route("port:suva", end, self.rng.uniform(0.0, 1500.0))
        pen = self.voyage(path if self.rng.random() < 0.5 else path[::-1], kn, late=0.4)
        if pen.now < self.span:
            pen.drift(self.span + 60.0, 0.3)
        return pen


def background(rng: np.random.Generator, sea: Sea, register: Register, span_s: float, count: int) -> list[Vessel]:
    """So many vessels on honest voyages, one in sixteen (four at least, if there are ten) of them around Fiji."""
    traffic = Traffic(rng, sea, register, span_s)
    in_fiji = min(max(count // 16, 4), count // 3)
    out = traffic.fiji(in_fiji)
    kinds = [k for k, v in KINDS.items() if v.share > 0]
    share = np.array([KINDS[k].share for k in kinds])
    due = np.zeros(len(kinds))
    while len(out) < count:
        due += share / share.sum()
        k = int(np.argmax(due))
        due[k] -= 1.0
        out += traffic.one(kinds[k])
    return out[:count]
