"""What reception and looks make true: gaps, disabling, one identity in two places, dark detections, dark meetings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from makara.base import geo
from makara.base.units import HOUR_S, NMI_M
from makara.exercise.detections import Detection, name, scores
from makara.exercise.truth_motion import Fact, World

GAP_S = 6.0 * HOUR_S


def gaps(w: World) -> Iterator[Fact]:
    """Silences of 6 h or more between received positions of one MMSI; of 5 h, or of one hull of a clone: tolerated."""
    hulls: dict[int, list[int]] = defaultdict(list)
    for i, v in enumerate(w.fleet.vessels):
        if v.mmsi is not None:
            hulls[v.mmsi].append(i)
    for members in hulls.values():
        yield from _silences(w, tuple(members), True)
        if len(members) > 1:
            for i in members:
                yield from _silences(w, (i,), False)


def _silences(w: World, members: tuple[int, ...], sure: bool) -> Iterator[Fact]:
    t = np.sort(np.concatenate([w.heard[i] for i in members]))
    if len(t) == 0:
        return
    ends = np.append(t[1:], w.fleet.span_s)
    for a, b in zip(t.tolist(), ends.tolist(), strict=True):
        if b - a < GAP_S - HOUR_S:
            continue
        i = next(k for k in members if (np.abs(w.heard[k] - a) < 1e-9).any())
        x, y = w.place(i, a)
        off = w.fleet.vessels[i].silent
        deliberate = w.incident(i, "gap", 0.5 * (a + b)) is not None and any(o[0] <= b and a <= o[1] for o in off)
        seen = w.count(i, a - HOUR_S, a) >= 10 and (b >= w.fleet.span_s or w.count(i, b, b + HOUR_S) >= 10)
        meets = sure and b - a >= GAP_S
        yield Fact("gap", a, None if b >= w.fleet.span_s else b, (i,), x, y, planted=meets and deliberate,
                   observable=seen if deliberate else None, sure=meets)  # fmt: skip


def told(w: World) -> Iterator[Fact]:
    """Disabling, identity and cable events of the incidents, and whether the data received can show them."""
    numbers = {v.vessel: i for i, v in enumerate(w.fleet.vessels)}
    for p in w.planted:
        members = tuple(numbers[v] for v in p.vessels)
        for kind, t0, t1 in p.told:
            if kind == "dark_rendezvous":
                continue
            end = None if t1 >= w.fleet.span_s else t1
            x, y = w.place(members[0], t0 if kind == "disabling" else 0.5 * (t0 + t1))
            zone = p.zone if kind == "cable" else None
            seen = {"disabling": _missed, "identity": _twice, "cable": _watched}[kind](w, members, t0, t1)
            yield Fact(kind, t0, end, members, x, y, zone, planted=True, observable=seen)


def _missed(w: World, members: tuple[int, ...], t0: float, t1: float) -> bool:
    """Well heard before, and five others of the class heard within 40 km while it is silent."""
    i = members[0]
    x, y = w.place(i, t0)
    others = 0
    for j, v in enumerate(w.fleet.vessels):
        if j != i and v.transponder == w.fleet.vessels[i].transponder and w.count(j, t0, t1) >= 5:
            others += float(geo.distance_m(x, y, *w.place(j, t0 + 600.0))) < 40_000.0
    return others >= 5 and w.count(i, t0 - HOUR_S, t0) >= 10


def _twice(w: World, members: tuple[int, ...], t0: float, t1: float) -> bool:
    """Each hull heard five times, in overlapping stretches."""
    if min(w.count(i, t0, t1) for i in members) < 5:
        return False
    return bool(max(w.heard[i][0] for i in members) < min(w.heard[i][-1] for i in members))


def _watched(w: World, members: tuple[int, ...], t0: float, t1: float) -> bool:
    return w.count(members[0], t0, t1) >= 6


def dark(w: World, found: list[Detection]) -> Iterator[Fact]:
    """Detections of vessels without AIS on the air, or of which nothing was received for 2 h before and after.

    Tolerated: half an hour to 2 h without reception; a vessel on the air beside one that is not; scene borders.
    """
    n = len(w.fleet.vessels)
    quality = scores(found)
    for k, d in enumerate(found):
        if d.vessel is None:
            continue
        i, t = d.vessel, np.full(n, d.t)
        talks = w.fleet.talking(np.arange(n), t)
        lon, lat = w.fleet.at(np.arange(n), t)
        away = float(np.abs(w.heard[i] - d.t).min()) if len(w.heard[i]) else np.inf
        apart = geo.distance_m(lon[i], lat[i], lon, lat)
        silent = not bool(talks[i])
        crowded = bool(((apart < 900.0) & ~talks)[np.arange(n) != i].any())
        if not silent and away < 1800.0 and not crowded:
            continue
        sure = (silent or away >= 2.0 * HOUR_S) and not d.border
        planted = sure and silent and w.incident(i, "dark", d.t) is not None
        x, y = float(geo.wrap_lon(d.lon)), d.lat
        seen = bool(quality[k] >= 0.5) if planted else None
        yield Fact("dark", d.t, d.t, (i,), x, y, None, (name(k),), planted, seen, sure)
        if sure and not planted:
            speed = w.fleet.sog_kn[:, min(int(d.t / 10.0), w.fleet.sog_kn.shape[1] - 1)]
            for j in np.flatnonzero((apart < 1.3 * NMI_M) & talks & (speed < 3.0)).tolist():
                yield Fact("dark_rendezvous", d.t, d.t, (j, i), x, y, None, (name(k),), sure=False)


def dark_meetings(w: World, found: list[Detection]) -> Iterator[Fact]:
    """The planted meetings of a vessel on the air with one that is not, and the detections that show them."""
    numbers = {v.vessel: i for i, v in enumerate(w.fleet.vessels)}
    for p in w.planted:
        for kind, t0, t1 in p.told:
            if kind != "dark_rendezvous":
                continue
            ship, boat = (numbers[v] for v in p.vessels)
            seen = tuple(name(k) for k, d in enumerate(found) if d.vessel == boat and t0 <= d.t <= t1)
            x, y = w.place(ship, 0.5 * (t0 + t1))
            shown = bool(seen) and w.count(ship, t0, t1) >= 3
            yield Fact(kind, t0, t1, (ship, boat), x, y, None, seen, True, shown)
            yield Fact("transshipment", t0, t1, (ship, boat), x, y, sure=False)
