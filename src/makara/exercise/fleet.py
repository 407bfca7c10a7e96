"""Who sails: classes of vessels, their sizes and equipment, invented identities, and the fleet they make.

Numbers are made up: MMSIs carry the right country's MID (ITU), IMO numbers begin with 6, which the register has not
used, and have a right check digit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from makara.exercise.motion import TICK_S, Track
from makara.exercise.routes import FloatArray

IntArray = NDArray[np.int64]

MIDS: Final[dict[str, tuple[int, ...]]] = {
    "IDN": (525,), "MYS": (533,), "SGP": (563, 564, 565), "THA": (567,), "MMR": (506,), "IND": (419,),
    "CHN": (412, 413), "TWN": (416,), "HKG": (477,), "PAN": (351, 353, 371), "LBR": (636,), "MHL": (538,),
    "FJI": (520,), "VUT": (576,), "KOR": (440,),
}  # fmt: skip
"""Maritime identification digits by country."""
_WORLD: Final = ("PAN", "LBR", "MHL", "SGP", "HKG", "CHN")
_REGION: Final = ("IDN", "MYS", "THA", "IND")


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of vessel: sizes (metres), speed (knots), AIS transponder (A, B or none), ship type, flags, share."""

    length_m: tuple[float, float]
    speed_kn: tuple[float, float]
    transponder: str
    ship_type: int
    flags: tuple[str, ...]
    beam: float
    share: float


KINDS: Final[dict[str, Kind]] = {
    "cargo": Kind((90, 330), (10, 18), "A", 70, _WORLD, 0.15, 0.22),
    "tanker": Kind((100, 330), (9, 14.5), "A", 80, _WORLD, 0.17, 0.11),
    "fishing_a": Kind((22, 48), (8, 11), "A", 30, (*_REGION, "MMR", "TWN"), 0.24, 0.15),
    "fishing_b": Kind((13, 26), (7, 10), "B", 30, _REGION, 0.27, 0.14),
    "carrier": Kind((70, 140), (11, 15), "A", 70, ("PAN", "VUT", "TWN", "LBR"), 0.15, 0.03),
    "ferry": Kind((30, 120), (14, 30), "A", 60, _REGION, 0.2, 0.05),
    "tug": Kind((24, 45), (6, 10), "A", 31, _REGION, 0.3, 0.05),
    "barge": Kind((60, 100), (6, 8), "", 0, _REGION, 0.25, 0.0),
    "pilot": Kind((12, 20), (16, 22), "A", 50, _REGION, 0.28, 0.02),
    "patrol": Kind((30, 60), (11, 18), "A", 55, _REGION, 0.16, 0.02),
    "yacht": Kind((10, 24), (5, 7.5), "B", 36, (*_REGION, "SGP"), 0.3, 0.04),
    "small": Kind((8, 19), (5, 9), "", 0, _REGION, 0.28, 0.09),
    "skiff": Kind((6, 10), (12, 22), "", 0, _REGION, 0.25, 0.03),
    "dhow": Kind((15, 28), (6, 9), "", 0, _REGION, 0.28, 0.02),
    "tanker_dark": Kind((100, 250), (9, 13), "", 0, _WORLD, 0.17, 0.0),
    "fastboat": Kind((11, 15), (28, 36), "", 0, _REGION, 0.25, 0.0),
    "survey": Kind((50, 85), (4, 11), "A", 90, _REGION, 0.2, 0.0),
    "cable_ship": Kind((90, 140), (1, 13), "A", 33, _WORLD, 0.16, 0.0),
    "fishing_dark": Kind((18, 38), (7, 10), "", 0, _REGION, 0.25, 0.03),
}
"""Classes of vessels; barges come with their tug."""

_FIRST: Final = ("AMBER", "BAHARI", "CORAL", "DELIMA", "EASTERN", "FORTUNE", "GOLDEN", "HARMONI", "INDAH", "JAYA",
                 "KENANGA", "LAUTAN", "MUTIARA", "NUSANTARA", "ORIENT", "PERDANA", "RATNA", "SAMUDRA", "TERATAI",
                 "VICTORY")  # fmt: skip
_SECOND: Final = ("BINTANG", "CROWN", "DRAGON", "ELANG", "FALCON", "GARUDA", "HORIZON", "JADE", "KASIH", "LESTARI",
                  "MAKMUR", "NAGA", "PEARL", "RAYA", "SENTOSA", "TIDE", "UTAMA", "VOYAGER", "WIRA",
                  "ZAMRUD")  # fmt: skip
DESTINATIONS: Final = ("SINGAPORE", "PORT KLANG", "PENANG", "BELAWAN", "PHUKET", "YANGON", "COLOMBO", "PORT BLAIR")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a transponder says of its vessel from a time on (``since``, seconds after the start); sizes in metres."""

    since: float
    mmsi: int
    imo: int
    name: str
    callsign: str
    length_m: float
    width_m: float


@dataclass(frozen=True, slots=True)
class Lie:
    """A place that a transponder states and where the vessel is not: how, from and to (seconds), the track stated.

    Only the part of the track between the two times is stated. ``brief`` lies are faults of a receiver.
    """

    how: str
    t_start: float
    t_end: float
    track: Track
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Vessel:
    """A vessel of the sea, its claims and its true track.

    Attributes:
        vessel: its name in the truth, ``v0001``.
        kind: its class, a key of KINDS.
        claims: what it says of itself, one after the other; empty: no AIS on board.
        transponder: A, B or empty.
        length_m, width_m, draught_m: true size, metres.
        silent: intervals in which its AIS is off, seconds after the start.
        incident: name of the planted incident it takes part in, or empty.
        lit: whether it works under bright lights at night.
        lies: when and how its transponder states a false place.
        listed: whether it stands on the list of past offenders.
        licensed: gear of a licence that differs from its own gear; None: a licence for its own.
    """

    vessel: str
    kind: str
    claims: tuple[Claim, ...]
    ship_type: int
    transponder: str
    length_m: float
    width_m: float
    draught_m: float
    destination: str
    track: Track
    silent: tuple[tuple[float, float], ...] = ()
    incident: str = ""
    lit: bool = False
    lies: tuple[Lie, ...] = ()
    listed: bool = False
    licensed: str | None = None

    @property
    def mmsi(self) -> int | None:
        """The number that it transmits first; None: no AIS on board."""
        return self.claims[0].mmsi if self.claims else None


@dataclass(slots=True)
class Register:
    """Hands out identities, each once."""

    rng: np.random.Generator
    taken: set[int] = field(default_factory=set)
    count: int = 0

    def _mmsi(self, flag: str) -> int:
        while True:
            mid = int(self.rng.choice(MIDS[flag]))
            number = mid * 1_000_000 + int(self.rng.integers(100_000, 999_999))
            if number not in self.taken:
                self.taken.add(number)
                return number

    def imo(self) -> int:
        """A new IMO number, its check digit right."""
        body = [6, *(int(d) for d in self.rng.integers(0, 10, 5))]
        return int("".join(map(str, body)) + str(sum(d * w for d, w in zip(body, range(7, 1, -1), strict=True)) % 10))

    def claim(self, flag: str, length_m: float, width_m: float, *, since: float = 0.0, numbered: bool = True) -> Claim:
        """A new identity under a flag; without IMO number unless ``numbered``."""
        rng = self.rng
        name = f"{rng.choice(_FIRST)} {rng.choice(_SECOND)}"
        if length_m < 60.0:
            name = f"{name} {int(rng.integers(1, 99))}"
        letters = "".join(chr(65 + int(c)) for c in rng.integers(0, 26, 3))
        callsign = f"{flag[0]}{letters}{int(rng.integers(0, 99)):02d}"[:7]
        imo = self.imo() if numbered else 0
        return Claim(since, self._mmsi(flag), imo, name[:20], callsign, length_m, width_m)

    def launch(
        self, kind: str, track: Track, *, flag: str | None = None, length_m: float | None = None,
        silent: tuple[tuple[float, float], ...] = (), incident: str = "", mmsi: int | None = None,
    ) -> Vessel:  # fmt: skip
        """A new vessel of a class on a track.

        Args:
            kind: key of KINDS.
            track: its true motion.
            flag: country; drawn from those usual for the class when None.
            length_m: drawn from the class's range when None.
            silent: when its AIS is off, seconds after the start.
            incident: planted incident it belongs to.
            mmsi: transmit this number (a clone) instead of an own one.
        """
        k, rng = KINDS[kind], self.rng
        self.count += 1
        flag = flag or str(rng.choice(k.flags))
        low, high = k.length_m
        length = float(round(length_m or low + (high - low) * rng.beta(1.4, 2.0), 1))
        width = float(round(max(2.0, length * k.beam), 1))
        claim = self.claim(flag, length, width, numbered=k.transponder == "A" and length > 40)
        if mmsi is not None:
            claim = replace(claim, mmsi=mmsi)
        return Vessel(
            vessel=f"v{self.count:04d}", kind=kind, claims=(claim,) if k.transponder else (),
            ship_type=k.ship_type, transponder=k.transponder, length_m=length,
            width_m=width, draught_m=float(round(max(0.8, length * 0.045), 1)),
            destination=str(rng.choice(DESTINATIONS)), track=track, silent=silent, incident=incident,
            lit=kind in ("fishing_a", "fishing_b", "fishing_dark") and bool(rng.random() < 0.45),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fleet:
    """The true tracks of all vessels side by side, a row a vessel, a column a tick of 10 s."""

    vessels: tuple[Vessel, ...]
    lon: FloatArray
    lat: FloatArray
    sog_kn: FloatArray
    cog_deg: FloatArray
    heading_deg: FloatArray
    status: IntArray
    silent: FloatArray

    @property
    def span_s(self) -> float:
        """Length of the exercise, seconds."""
        return float((self.lon.shape[1] - 1) * TICK_S)

    def transponders(self) -> IntArray:
        """1 for class A, 2 for class B, 0 for none."""
        return np.array([{"A": 1, "B": 2}.get(v.transponder, 0) if v.mmsi else 0 for v in self.vessels], np.int64)

    def claims(self) -> tuple[Claim, ...]:
        """All claims, vessel by vessel; ``said`` gives numbers in this order."""
        return tuple(c for v in self.vessels for c in v.claims)

    def said(self, which: IntArray, t: FloatArray) -> IntArray:
        """Number of the claim that vessels with AIS made at times."""
        ends = np.cumsum([len(v.claims) for v in self.vessels])
        since = np.array([c.since for c in self.claims()])
        out = (ends - [len(v.claims) for v in self.vessels])[which]
        for _ in range(1, max((len(v.claims) for v in self.vessels), default=1)):
            at = np.minimum(out + 1, len(since) - 1)
            out = np.where((out + 1 < ends[which]) & (since[at] <= t), at, out)
        return out.astype(np.int64)

    def turning(self) -> NDArray[np.bool_]:
        """Where the heading changed by over 5 degrees in half a minute while making way."""
        change = np.zeros(self.heading_deg.shape)
        change[:, 3:] = np.abs((np.diff(self.heading_deg, n=1, axis=1)[:, 2:] + 180.0) % 360.0 - 180.0) * 3.0
        return (change > 5.0) & (self.sog_kn > 1.0)

    def at(self, which: IntArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions of vessels (by number) at times in seconds, degrees; longitude runs past 180."""
        k = np.minimum((t / TICK_S).astype(np.int64), self.lon.shape[1] - 2)
        w = t / TICK_S - k
        lon = self.lon[which, k] * (1.0 - w) + self.lon[which, k + 1] * w
        return lon, self.lat[which, k] * (1.0 - w) + self.lat[which, k + 1] * w

    def talking(self, which: IntArray, t: FloatArray) -> NDArray[np.bool_]:
        """Whether vessels transmit AIS at times."""
        quiet = (t[:, None] >= self.silent[which, :, 0]) & (t[:, None] < self.silent[which, :, 1])
        return (self.transponders()[which] > 0) & ~quiet.any(axis=1)


def assemble(vessels: list[Vessel]) -> Fleet:
    """The fleet of some vessels."""
    tracks = [v.track for v in vessels]
    most = max(1, *(len(v.silent) for v in vessels))
    silent = np.full((len(vessels), most, 2), np.inf)
    for i, v in enumerate(vessels):
        for k, interval in enumerate(v.silent):
            silent[i, k] = interval

    def column(name: str) -> NDArray[Any]:
        return np.vstack([getattr(t, name) for t in tracks])

    return Fleet(tuple(vessels), column("lon"), column("lat"), column("sog_kn"), column("cog_deg"),
                 column("heading_deg"), column("status"), silent)  # fmt: skip
