"""Laws that hold for the makara profile of every rule, found by listing the folder, on a generated small sea.

The sea: vessels that sail, trawl, drift and fall silent; a pair that meets twice; a cloned number; one that calls at a
harbour; a closed area, an economic zone; detections that no AIS explains; all around 180 degrees and midnight at a
month's end.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from makara.base.geo import destination, distance_m, wrap_lon
from makara.base.time import parse
from makara.base.units import NMI_M
from makara.behaviours import names, rule
from makara.behaviours._cases import Vessel, sea
from makara.behaviours._chains import link
from makara.behaviours._parts import alone, stepped
from makara.behaviours._rule import Rule, Window, carry, finish, merge, nothing, ordered
from makara.behaviours._zones import tagged

SEEDS = st.integers(0, 5)
"""Six seas: what a rule finds in each is worked out once, for all laws."""
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
few = settings(max_examples=6, derandomize=True, deadline=None, database=None)
fewer = settings(few, max_examples=4)
"""For laws that draw a sea and nothing else."""
every_rule = pytest.mark.parametrize("kind", names())


START = parse("2025-02-27T19:00:00Z")
BY_THE_SUN = ("fishing",)
"""Rules that read the time of day: to them the same event elsewhere is one under the same sun."""


@dataclass(frozen=True, eq=False)
class Sea:
    """What a rule gets: points and tables, and when all ends."""

    points: pl.DataFrame
    tables: dict[str, pl.DataFrame]
    to: datetime

    def with_tags(self) -> Sea:
        """Points tagged with zones; tracks linked."""
        given = set(self.points.columns) - {"zones"}
        points = tagged(ordered(self.points), self.tables["zones"], given)
        return Sea(points, {**self.tables, "tracks": link(points)}, self.to)


@cache
def generate(seed: int, lon_shift: float = 0.0, time_shift: timedelta = timedelta(0)) -> Sea:
    """A sea of a seed, moved in longitude and time."""
    rng = np.random.default_rng(seed)
    lon0 = float(wrap_lon(179.7 + lon_shift))
    start = START + time_shift
    vessels: list[Vessel] = []
    for k in range(7):
        at = (float(wrap_lon(lon0 + rng.uniform(-0.6, 0.6))), -17.0 + rng.uniform(-0.6, 0.6))
        begin = start + timedelta(seconds=int(rng.integers(0, 7200)))
        v = sea.vessel(
            mover=412000000 + k,
            at=at,
            start=begin.isoformat(),
            every_s=float(rng.choice([120, 300, 900, 1800])),
            off_nmi=float(rng.choice([5, 60])),
            kind=str(rng.choice(["fishing", "carrier", "unknown", "cargo"])),
        )
        vessels.append(_legs(v, rng))
    vessels += _pair(rng, lon0, start)
    vessels.append(_clone(vessels[0], lon0, start))
    vessels.append(_adrift(seed, lon0, start))
    vessels.append(_long_ago(lon0, start))
    vessels += _dropped(seed, lon0, start)
    vessels.append(_caller(np.random.default_rng([seed, 30]), lon0, start))
    vessels += _tankers(seed, lon0, start)
    vessels += _over_cable(seed, lon0, start)
    vessels += _false_places(seed, lon0, start)
    vessels += _made_silence(seed, lon0, start)
    vessels += _hole(seed, lon0, start)
    vessels += _renumbered(seed, lon0, start)
    vessels.append(_shuttle(seed, lon0, start))
    vessels += _hosts(seed, lon0, start)
    every = pl.concat([v.points() for v in vessels]).unique("report", keep="first", maintain_order=True)
    points = _moored(every, lon0)
    points = points.with_columns(mark=pl.format("mk{}", pl.col("mover") % 3))
    zones = pl.concat(
        [
            sea.square("zo-closed", "closed", (float(wrap_lon(lon0 + 0.1)), -17.0), 0.35),
            sea.square("zo-eez", "eez", (float(wrap_lon(lon0 - 0.6)), -16.7), 0.5),
            sea.line("zo-cable", "cable", [(float(wrap_lon(lon0 + 0.05 + x)), y) for x, y in ((0, -19), (0.1, -17.5))]),
            sea.square("zo-risk", "risk", (float(wrap_lon(lon0 + 2.5)), -17.0), 0.4),
        ]
    )
    end = points["t_seen"].max()
    assert isinstance(end, datetime)
    tables = {"zones": zones, "vessels": _vessels(vessels), **_dark(rng, lon0, start, _boats(seed, lon0, start))}
    tables["authorisations"] = pl.DataFrame(
        {"mmsi": [412000002], "zone": ["zo-closed"], "gear": [None], "from": [None], "to": [None]},
        schema_overrides={"from": pl.Datetime("us", "UTC"), "to": pl.Datetime("us", "UTC"), "gear": pl.String()},
    )
    tables["lists"] = pl.DataFrame({"list": ["iuu"] * 3, "mmsi": [412000000, 412000003, 412000100]})
    _add_claims(seed, lon0, start, tables)
    return Sea(points, tables, end + timedelta(hours=float(rng.uniform(0, 9)))).with_tags()


def _legs(v: Vessel, rng: np.random.Generator) -> Vessel:
    course = float(rng.uniform(0, 360))
    for _ in range(int(rng.integers(2, 6))):
        what = rng.choice(["sail", "trawl", "drift", "dark", "turn"])
        hours = float(rng.uniform(1, 6))
        if what == "sail":
            v = v.sail(hours, course, 9.0)
        elif what == "trawl":
            v = v.sail(hours, course, 3.0)
        elif what == "drift":
            v = v.drift(hours, course, 0.7)
        elif what == "dark":
            v = v.sail(0.5, course, 5.0).dark(float(rng.uniform(2, 11)), course, 3.0).sail(0.4, course, 5.0)
        course += float(rng.uniform(90, 270))
    return v.sail(0.6, course, 6.0)


def _pair(rng: np.random.Generator, lon0: float, start: datetime) -> list[Vessel]:
    """Two that meet, drift side by side, part, and some time later meet again."""
    meet, apart = float(rng.uniform(1.5, 5)), float(rng.uniform(0.5, 6))
    at = float(wrap_lon(lon0 + 0.28)), -16.2
    first, second = (
        sea.vessel(mover=412000100 + k, start=(start + timedelta(seconds=37 * k)).isoformat(), every_s=300.0 + 120 * k)
        for k in range(2)
    )
    out = []
    for k, v in enumerate((first, second)):
        v = Vessel(**{**v.__dict__, "at": (at[0], at[1] + 0.002 * k), "kind": ("carrier", "fishing")[k]})
        side = 90.0 + 180.0 * k
        v = v.drift(meet, 0, 0.4).sail(apart / 2, side, 8.0).sail(apart / 2, side + 180, 8.0).drift(meet, 0, 0.4)
        out.append(v.sail(1, side, 8))
    return out


def _clone(v: Vessel, lon0: float, start: datetime) -> Vessel:
    """Another ship far away under the number of the first."""
    at = (float(wrap_lon(lon0 + 9.0)), -12.0)
    return sea.vessel(
        mover=v.mover, track=77, at=at, start=(start + timedelta(hours=1, seconds=11)).isoformat(), every_s=1200.0
    ).sail(9, 10, 8)


HARBOUR_LAT = -19.4


def _caller(rng: np.random.Generator, lon0: float, start: datetime) -> Vessel:
    """One that calls at a harbour, stops or is silent there, and perhaps leaves and comes again."""
    v = sea.vessel(
        mover=412000500,
        at=(float(wrap_lon(lon0 - 0.1)), HARBOUR_LAT),
        start=(start + timedelta(seconds=int(rng.integers(0, 3000)))).isoformat(),
        every_s=float(rng.choice([300, 700])),
    )
    for _ in range(2):
        v = v.sail(0.57, 90.0, 10.0).drift(float(rng.uniform(1, 5)), 90.0, float(rng.choice([0.1, 0.3])))
        v = (
            v.dark(float(rng.uniform(1, 7)), 90.0, 0.1)
            .drift(1, 90.0, 0.1)
            .sail(float(rng.uniform(0.2, 1.0)), 270.0, 10.0)
        )
    return v


def _moored(points: pl.DataFrame, lon0: float) -> pl.DataFrame:
    """Points with their distance from the one anchorage of the sea, off the harbour; the others are far from it."""
    far = distance_m(points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy(), lon0, HARBOUR_LAT)
    near = (pl.col("mover") == 412000500) & (pl.Series(far) < 50_000)
    return points.with_columns(anchorage_m=pl.when(near).then(pl.Series(far)).cast(pl.Float32))


def _adrift(seed: int, lon0: float, start: datetime) -> Vessel:
    """One that sails, loses its engine twice with a while between, and sails on."""
    rng = np.random.default_rng([seed, 1])
    v = sea.vessel(
        mover=412000200,
        at=(float(wrap_lon(lon0 + rng.uniform(-0.3, 0.3))), -15.5),
        start=(start + timedelta(seconds=int(rng.integers(0, 7200)))).isoformat(),
        every_s=float(rng.choice([120, 300, 900, 2700])),
        kind="tanker",
    )
    between = float(rng.uniform(0.1, 1.5))
    v = v.sail(1, 80, 9).adrift(float(rng.uniform(1, 5)), 80, 1.1, 190).sail(between, 80, 2)
    return v.adrift(float(rng.uniform(0.2, 5)), 100, 0.6, 350).sail(1, 80, 9)


def _long_ago(lon0: float, start: datetime) -> Vessel:
    """One that was in both zones six weeks before, so that they have been watched since."""
    before = (start - timedelta(days=42)).isoformat()
    return sea.vessel(mover=412000300, at=(float(wrap_lon(lon0 - 0.7)), -16.9), start=before).sail(6, 90, 10)


def _dropped(seed: int, lon0: float, start: datetime) -> list[Vessel]:
    """A ship that stops twice in mid-passage, and a small craft that comes to where it did."""
    rng = np.random.default_rng([seed, 2])
    at = float(wrap_lon(lon0 - 1.5)), -18.2
    first, slow = (float(rng.uniform(*x)) for x in ((4, 6), (0.3, 2.5)))
    ship = sea.vessel(mover=412000400, at=at, start=start.isoformat(), every_s=float(rng.choice([120, 600, 1500])))
    ship = Vessel(**{**ship.__dict__, "kind": "cargo"}).sail(first, 85, 13).sail(slow, 95, 1.5).sail(5, 85, 13)
    ship = ship.sail(float(rng.uniform(0.3, 2.5)), 85, 6.5).sail(4, 85, 13)
    place, _ = _end(at, 85, first * 13)
    when = start + timedelta(hours=first + float(rng.uniform(-1, 12)))
    craft = sea.vessel(mover=412000401, at=(place, -18.1), start=when.isoformat(), every_s=240.0, kind="small")
    return [ship, craft.sail(float(rng.uniform(0.5, 3)), 180, 10)]


def _shuttle(seed: int, lon0: float, start: datetime) -> Vessel:
    """A ferry on one line for two months, until it runs elsewhere, fast."""
    rng = np.random.default_rng([seed, 3])
    before = (start - timedelta(hours=1262)).isoformat()
    v = sea.vessel(mover=412000500, at=(float(wrap_lon(lon0 + 0.45)), -19.5), start=before, every_s=3600.0)
    for _ in range(105):
        v = v.sail(6, 0, 10).sail(6, 180, 10)
    return Vessel(**{**v.__dict__, "kind": "passenger"}).sail(float(rng.uniform(4, 9)), 90, 24)


def _end(at: tuple[float, float], course: float, far_nmi: float) -> tuple[float, float]:
    lon, lat = destination(*at, course, far_nmi * NMI_M)
    return float(lon), float(lat)


def _tankers(seed: int, lon0: float, start: datetime) -> list[Vessel]:
    """Two tankers that sail side by side for hours, slowly."""
    rng = np.random.default_rng((seed, 1))
    at, hours, course = (float(wrap_lon(lon0 + 0.7)), -16.9), float(rng.uniform(2, 7)), float(rng.uniform(0, 360))
    out = []
    for k in range(2):
        begin = (start + timedelta(hours=2, seconds=11 * k)).isoformat()
        v = sea.vessel(412000600 + k, (at[0], at[1] + 0.0012 * k), begin, every_s=900.0 + 240 * k, kind="tanker")
        out.append(v.sail(hours, course, 3.0).sail(3, 120.0 + 140 * k, 11.0))
    return out


def _over_cable(seed: int, lon0: float, start: datetime) -> list[Vessel]:
    """A ship on passage that slows over the cable, crosses it again, and drifts there; another that passes."""
    rng = np.random.default_rng([seed, 1])
    out = []
    for k in range(2):
        at = (float(wrap_lon(lon0 + 0.1 - 0.4 - 0.05 * k)), -18.0 + 0.1 * k)
        begin = start + timedelta(seconds=int(rng.integers(0, 7200)))
        every = float(rng.choice([120, 300, 600]))
        v = sea.vessel(mover=412000700 + k, at=at, start=begin.isoformat(), every_s=every, kind="cargo").sail(
            2.2, 90, 10
        )
        if k == 0:
            v = v.sail(float(rng.uniform(0.4, 0.7)), 90, 4).sail(1, 270, 4).sail(float(rng.uniform(0.4, 1.6)), 90, 4)
        out.append(v.sail(4, 90, 10))
    return out


def _false_places(seed: int, lon0: float, start: datetime) -> list[Vessel]:
    """Three ships that fall silent; under their numbers ships appear far away, two at one place, one on a circle."""
    rng = np.random.default_rng([seed, 2])
    out = []
    for k in range(3):
        begin = start + timedelta(seconds=int(rng.integers(0, 1800)))
        hours = float(rng.uniform(2.5, 4.5))
        at = (float(wrap_lon(lon0 - 1.2 + 0.1 * k)), -19.0)
        here = sea.vessel(mover=412000800 + k, track=300 + k, at=at, start=begin.isoformat(), every_s=300.0)
        out.append(here.sail(1, 20, 7).dark(hours, 20, 7).sail(1, 20, 7).sail(1, 30, 6))
        away = (float(wrap_lon(lon0 + 6.0 + 0.02 * k)), -12.0)
        begin += timedelta(hours=1, seconds=400)
        there = sea.vessel(mover=412000800 + k, track=310 + k, at=away, start=begin.isoformat(), every_s=300.0)
        legs = int((hours - 0.4) * 6)
        for leg in range(legs):
            there = there.sail(1 / 6, 20.0 * leg if k else 33.0 * (leg % 3), 5.0)
        out.append(there)
    return out


def _made_silence(seed: int, lon0: float, start: datetime) -> list[Vessel]:
    """Two that fall silent, one of them for good, among six others that are heard on."""
    rng = np.random.default_rng([seed, 3])
    at = (float(wrap_lon(lon0 - 2.0)), -14.5)
    begin = (start + timedelta(seconds=int(rng.integers(0, 3600)))).isoformat()
    out = []
    for k in range(8):
        here = (float(wrap_lon(at[0] + 0.02 * k)), at[1] + float(rng.uniform(-0.05, 0.05)))
        v = sea.vessel(mover=412000900 + k, at=here, start=begin, every_s=900.0, kind="fishing").sail(4, 40, 1.5)
        quiet = float(rng.uniform(6.5, 16))
        v = v.dark(quiet, 40, 1.5) if k < 2 else v.sail(20, 40.0 + 20 * k, 0.6)
        out.append(v.sail(1, 40, 1.5) if k == 0 else v)
    return out


def _hole(seed: int, lon0: float, start: datetime) -> list[Vessel]:
    """Six that fell silent day after day where two do now, in the days before."""
    rng = np.random.default_rng([seed, 6])
    out = []
    for k in range(6):
        at = (float(wrap_lon(lon0 - 1.93 + 0.01 * k)), -14.43)
        begin = start - timedelta(days=float(rng.uniform(9, 20)))
        v = sea.vessel(mover=412001200 + k, at=at, start=begin.isoformat(), every_s=1200.0, kind="fishing")
        for _ in range(7):
            v = v.drift(1, 40, 0.1).dark(23, 220, 0.1)
        out.append(v.drift(1, 40, 0.1))
    return out


def _renumbered(seed: int, lon0: float, start: datetime) -> list[Vessel]:
    """A ship that goes on under another number after an hour; the first number is heard once more much later."""
    rng = np.random.default_rng([seed, 4])
    at = (float(wrap_lon(lon0 + 2.0)), -14.0)
    begin = (start + timedelta(seconds=int(rng.integers(0, 3600)))).isoformat()
    ship = sea.vessel(mover=412001000, at=at, start=begin, every_s=600.0).sail(7, 70, 10).dark(1, 70, 10)
    after = ship.sail(float(rng.uniform(2, 9)), 90, 10).points().with_columns(mover=pl.lit(412001001, pl.Int64()))
    cut = after.filter(pl.col("t_seen") > after["t_seen"].min() + timedelta(hours=7, minutes=30))
    first = cut.row(0, named=True)
    other = sea.vessel(
        mover=412001001, at=(first["lon_deg"], first["lat_deg"]), start=first["t_seen"].isoformat(), every_s=600.0
    )
    back = ship.dark(float(rng.uniform(4, 9)), 250, 10).sail(0.5, 250, 10)
    return [back, other.sail(5, 90, 10)]


def _add_claims(seed: int, lon0: float, start: datetime, tables: dict[str, pl.DataFrame]) -> None:
    """What some of them state, before and after; and a detection of one that is longer than it says."""
    rng = np.random.default_rng([seed, 5])
    at = float(rng.uniform(1, 6))
    said = (
        (412000700, 0.5, "NAME A", 9074729, 90.0),
        (412000700, at + 1, "NAME B", 9074729, 90.0),
        (412000701, 0.5, "NAME C", 9074720, None),
        (412000800, 1.0, "NAME D", 9319466, 40.0),
        (412001000, 1.0, "NAME E", 9319466, 40.0),
        (412001001, 8.5, "NAME F", 9319466, 40.0),
    )
    tables["claims"] = sea.claims(*said, start=start.isoformat())
    seen = start + timedelta(hours=float(rng.uniform(1, 6)))
    look = sea.unmatched(("del0", float(wrap_lon(lon0 + 0.1)), -18.0, seen.isoformat(), 300.0))
    match = look["matches"].with_columns(p=pl.lit(0.9), track=pl.lit(412000700, pl.Int64()), p_dark=pl.lit(0.0))
    tables["detections"] = pl.concat([tables["detections"], look["detections"]])
    tables["matches"] = pl.concat([tables["matches"], match], how="diagonal_relaxed")
    long = pl.when(pl.col("mover") == 412000700).then(90.0)
    tables["vessels"] = tables["vessels"].with_columns(length_m=long.cast(pl.Float32()))


def _vessels(vessels: list[Vessel]) -> pl.DataFrame:
    known = {v.mover: v.kind for v in vessels}
    return pl.DataFrame({"mover": list(known), "class": list(known.values())}, schema_overrides={"mover": pl.Int64()})


def _dark(rng: np.random.Generator, lon0: float, start: datetime, more: list[Any]) -> dict[str, pl.DataFrame]:
    seen = []
    for k in range(12):
        t = start + timedelta(seconds=int(rng.integers(0, 40_000)))
        at = float(wrap_lon(lon0 + rng.uniform(-0.3, 0.3))), -17.0 + float(rng.uniform(-0.3, 0.3))
        seen.append((f"de{k:02d}", at[0], at[1], t.isoformat(), float(rng.choice([8.0, 45.0]))))
    return sea.unmatched(*seen, *more)


def _hosts(seed: int, lon0: float, start: datetime) -> list[Vessel]:
    """A carrier that lies still for hours; a merchant ship under way in an area of risk."""
    rng = np.random.default_rng((seed, 2))
    begin = (start + timedelta(hours=1)).isoformat()
    still = sea.vessel(412001100, (float(wrap_lon(lon0 + 2.4)), -16.2), begin, every_s=700.0, kind="carrier")
    ship = sea.vessel(412001101, (float(wrap_lon(lon0 + 2.3)), -17.0), begin, every_s=420.0, kind="cargo")
    return [still.sail(1, 90, 12).drift(float(rng.uniform(2, 5)), 90, 0.4).sail(2, 0, 12), ship.sail(5, 90, 12)]


def _boats(seed: int, lon0: float, start: datetime) -> list[Any]:
    """Boats without AIS: beside the carrier; a dhow whose skiffs run at the ship in the area of risk; a go-fast."""
    rng = np.random.default_rng((seed, 3))

    def boat(name: str, east: float, lat: float, after_h: float, minutes: tuple[float, ...], **how: Any) -> list[Any]:
        at = (float(wrap_lon(lon0 + east)), lat)
        return sea.boat(name, at, minutes, start=(start + timedelta(hours=after_h)).isoformat(), **how)

    wait = tuple(float(m) for m in range(0, 70, 10))
    beside = float(rng.uniform(2.5, 3.5))
    drifted = 2.6083 + 0.4 * (beside - 2) / 57.6
    found = boat("by", drifted, -16.2012, beside, (0.0,), length_m=14.0, speed_kn=0.0)
    found += boat("bz", 2.61, -16.204, beside + 0.5, (0.0,), length_m=40.0, speed_kn=0.0)
    found += boat("ma", 2.6, -16.88, 1.2, (*wait, 72.0, 79.0, 86.0), length_m=19.0, speed_kn=0.6)
    for k in range(2):
        found += boat(f"sk{k}", 2.605 + 0.004 * k, -16.885, 1.2, wait, length_m=7.0, speed_kn=0.6)
        run = tuple(float(m) for m in (75, 80, 85, 90))
        found += boat(
            f"sk{k}r", 2.66 + 0.004 * k, -16.885 + 0.5, 1.2, run, course_deg=180.0, speed_kn=24.0, length_m=7.0
        )
    gaps = rng.uniform(8, 14, 4).cumsum()
    found += boat("go", 1.2, -18.3, 4.0, (0.0, *map(float, gaps)), speed_kn=float(rng.uniform(28, 40)), length_m=11.0)
    return found


def window(s: Sea, r: Rule, frm: datetime, to: datetime) -> Window:
    """What the walk would hand to a rule: rows of [frm - reach, to)."""
    tables: dict[str, pl.DataFrame] = dict(s.tables)
    for name, frame in {**s.tables, "track_points": s.points}.items():
        if "t_seen" in frame.columns:
            reach = timedelta(seconds=r.inputs.get(name, 0))
            tables[name] = frame.filter((pl.col("t_seen") >= frm - reach) & (pl.col("t_seen") < to))
    if "detections" in tables and "detections" in r.inputs:
        tables["matches"] = tables["matches"].join(tables["detections"], on="detection", how="semi")
    for name, reach_s in r.inputs.items():
        if name.startswith("events:"):
            base = base_events(name[7:], s, to)
            tables[name] = base.filter(pl.col("t_end_floor") >= frm - timedelta(seconds=reach_s))
    horizon = {"receiver": ["terrestrial"], "horizon": [to], "marks": [["mk-feed"]]}
    tables["horizons"] = pl.DataFrame(horizon, schema_overrides={"horizon": pl.Datetime("us", "UTC")})
    return Window(frm, to, tables)


@lru_cache(maxsize=256)
def base_events(kind: str, s: Sea, to: datetime) -> pl.DataFrame:
    """Another rule's events as known at an instant, each with one mark, as the walk gives them."""
    module = rule(kind)
    out = module.step(window(s, module.RULE, START - timedelta(days=4000), to), nothing(), module.RULE.resolve())
    found = finish(module.RULE, module.RULE.resolve(), out)
    return found.with_columns(mark=pl.col("marks").list.join("+")).drop("marks")


def run(module: Any, s: Sea, cuts: tuple[datetime, ...] = (), rows: int | None = None) -> tuple[pl.DataFrame, Any]:
    """Events and what is carried at the end, walking in windows cut at instants, about so many points at a time."""
    r = module.RULE
    p = r.resolve()
    first = START - timedelta(days=4000)
    edges = [first, *sorted(cuts), s.to]
    carried, found = nothing(), None
    for a, b in pairwise(edges):
        seen = window(s, r, a, b)
        out = module.step(seen, carried, p) if rows is None else stepped(module, seen, carried, p, rows)
        events = finish(r, p, out)
        found = events if found is None else merge(found, events)
        carried = carry(out)
    return found, carried


@cache
def whole(kind: str, seed: int) -> pl.DataFrame:
    found, _ = run(rule(kind), generate(seed))
    return found


def same(a: pl.DataFrame, b: pl.DataFrame) -> None:
    keys = ["kind", "t_start", "scope", "participants"]
    columns = [c for c in a.columns if c not in ("event", "details")]
    a, b = (
        x.with_columns(pl.col("participants").list.sort()).sort(*keys[1:3], "t_end_floor", "lon_deg") for x in (a, b)
    )
    assert_frame_equal(a.select(columns), b.select(columns), abs_tol=2e-6)
    for x, y in zip(a["details"], b["details"], strict=True):
        dx, dy = json.loads(x), json.loads(y)
        assert dx.keys() == dy.keys()
        for k, v in dx.items():
            assert dy[k] == (pytest.approx(v, rel=1e-4, abs=2) if isinstance(v, float) else v), k


def shifted(details: str, shift: float) -> str:
    """Details with their longitudes moved back."""
    d = json.loads(details)
    return json.dumps(
        {k: float(wrap_lon(v - shift)) if k.startswith("lon_") and v is not None else v for k, v in d.items()}
    )


def earlier(moved: pl.DataFrame, shift: timedelta) -> pl.DataFrame:
    """Events moved back in time."""

    def back(text: str) -> str:
        def one(m: re.Match[str]) -> str:
            t = datetime.fromisoformat(m[0]) - shift
            return t.isoformat().replace("+00:00", "Z")

        return TIME.sub(one, text)

    return moved.with_columns(
        pl.col("t_start", "t_end", "t_end_floor") - shift,
        pl.col("details").map_elements(back, return_dtype=pl.String()),
        evidence=pl.Series([[back(e) for e in x] for x in moved["evidence"]], dtype=pl.List(pl.String())),
    )


def test_the_sea_has_something_for_every_rule() -> None:
    for kind in names():
        assert any(len(whole(kind, seed)) for seed in range(4)), kind


@every_rule
@few
@given(seed=SEEDS, at=st.lists(st.integers(0, 130_000), min_size=1, max_size=4, unique=True))
def test_any_split_in_time_gives_the_same_events(kind: str, seed: int, at: list[int]) -> None:
    s = generate(seed)
    cuts = tuple(c for c in sorted(START + timedelta(seconds=x) for x in at) if c < s.to)
    one, carried_one = run(rule(kind), s)
    many, carried_many = run(rule(kind), s, cuts)
    assert_frame_equal(one, many)
    order = ["scope", "participants", "t_start", "memory"]
    assert_frame_equal(carried_one.sort(order), carried_many.sort(order))


@every_rule
@few
@given(seed=SEEDS, shuffle=st.integers(0, 1000))
def test_any_order_of_rows_gives_the_same_events(kind: str, seed: int, shuffle: int) -> None:
    s = generate(seed)
    tables = {n: t.sample(fraction=1.0, shuffle=True, seed=shuffle) for n, t in s.tables.items()}
    mixed = Sea(s.points.sample(fraction=1.0, shuffle=True, seed=shuffle), tables, s.to)
    assert_frame_equal(whole(kind, seed), run(rule(kind), mixed)[0])


@every_rule
@fewer
@given(seed=SEEDS)
def test_any_partition_of_the_movers_gives_the_same_events(kind: str, seed: int) -> None:
    module, s = rule(kind), generate(seed)
    if module.RULE.by == "place":
        halves = [pl.col("lon_deg").is_not_null(), pl.col("mover") < 0]
    else:
        halves = [pl.col("mover") % 2 == k for k in range(2)]
    none = {n: s.tables[n].clear() for n in ("detections", "matches") if n in s.tables}
    parts = []
    for k, half in enumerate(halves):
        points = s.points.filter(half)
        tables = {**s.tables, **(none if k else {})}
        parts.append(run(module, Sea(points, tables, s.to))[0])
    assert_frame_equal(whole(kind, seed), pl.concat(parts).sort("event"))


@pytest.mark.parametrize("kind", [k for k in names() if alone(rule(k).RULE)])
@few
@given(seed=SEEDS, rows=st.integers(1, 3000), at=st.lists(st.integers(0, 130_000), max_size=2, unique=True))
def test_some_movers_at_a_time_give_the_same_events(kind: str, seed: int, rows: int, at: list[int]) -> None:
    s = generate(seed)
    cuts = tuple(c for c in sorted(START + timedelta(seconds=x) for x in at) if c < s.to)
    found, carried = run(rule(kind), s, cuts, rows)
    assert_frame_equal(whole(kind, seed), found)
    order = ["scope", "participants", "t_start", "memory"]
    assert_frame_equal(run(rule(kind), s)[1].sort(order), carried.sort(order))


@every_rule
@few
@given(seed=SEEDS, shift=st.floats(-360, 360, allow_nan=False))
def test_a_shift_of_longitude_shifts_the_events_and_nothing_else(kind: str, seed: int, shift: float) -> None:
    later = timedelta(microseconds=round(-shift * 240e6)) if kind in BY_THE_SUN else timedelta(0)
    moved, _ = run(rule(kind), generate(seed, lon_shift=shift, time_shift=later))
    moved = earlier(moved, later)
    back = pl.Series("lon_deg", wrap_lon(moved["lon_deg"].to_numpy() - shift))
    moved = moved.with_columns(details=pl.Series([shifted(d, shift) for d in moved["details"]], dtype=pl.String()))
    unwrap = pl.when(pl.col("lon_deg") < 0).then(pl.col("lon_deg") + 360).otherwise("lon_deg")
    same(whole(kind, seed).with_columns(unwrap), moved.with_columns(back).with_columns(unwrap))


@every_rule
@few
@given(seed=SEEDS, seconds=st.integers(-100_000_000, 100_000_000), micros=st.integers(0, 999_999))
def test_a_shift_of_time_shifts_the_events_and_nothing_else(kind: str, seed: int, seconds: int, micros: int) -> None:
    shift = timedelta(seconds=seconds, microseconds=micros)
    if kind in BY_THE_SUN:
        shift = timedelta(days=shift.days)
    moved, _ = run(rule(kind), generate(seed, time_shift=shift))
    same(whole(kind, seed), earlier(moved, shift))


@every_rule
@fewer
@given(seed=SEEDS)
def test_swapping_the_vessels_of_a_pair_changes_nothing(kind: str, seed: int) -> None:
    s = generate(seed)
    a, b = 412000100, 412000101
    swap = {"mover": pl.col("mover").replace({a: b, b: a})}
    points = s.points.with_columns(track=pl.col("track").replace({a: b, b: a}), **swap).drop("mmsi", "mark")
    points = points.join(s.points.select("report", "mark"), on="report")
    tables = {**s.tables, "vessels": s.tables["vessels"].with_columns(**swap)}
    tables["tracks"] = s.tables["tracks"].with_columns(track=pl.col("track").replace({a: b, b: a}), **swap)
    found, _ = run(rule(kind), Sea(points, tables, s.to))
    both = ["mv412000100", "mv412000101"]
    pair = pl.col("participants").list.sort() == pl.lit(pl.Series([both])).first()
    drop = ["evidence"]
    same(whole(kind, seed).filter(pair).drop(drop), found.filter(pair).drop(drop))


@every_rule
@fewer
@given(seed=SEEDS)
def test_an_irrelevant_vessel_far_away_changes_nothing(kind: str, seed: int) -> None:
    s = generate(seed)
    other = sea.vessel(mover=273000000, at=(-40.0, 40.0), start=(START - timedelta(hours=5)).isoformat(), every_s=77.0)
    more = other.sail(30, 45, 12).points().with_columns(mark=pl.lit("mk0"))
    points = pl.concat([s.points, more], how="diagonal_relaxed").with_columns(pl.col("zones").fill_null([]))
    found, _ = run(rule(kind), Sea(points, s.tables, s.to))
    assert_frame_equal(whole(kind, seed), found.filter(~pl.col("participants").list.contains("mv273000000")))


def test_events_lie_on_the_globe() -> None:
    for kind in names():
        lon = whole(kind, 0)["lon_deg"].to_numpy()
        assert np.all((lon >= -180) & (lon < 180))
