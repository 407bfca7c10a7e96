"""What reception and looks make true: gaps, disabling, one identity in two places, dark detections, dark meetings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from makara.base import geo
from makara.base.units import HOUR_S, NMI_M
from makara.exercise.detections import name, scores
from makara.exercise.world import Fact, World

GAP_S = 6.0 * HOUR_S
_TAIL_H = 1000
"""Hours of its own history that rule anomaly ranks an hour among."""


def gaps(w: World) -> Iterator[Fact]:
    """Silences of 6 h or more between received positions of one MMSI; of 5 h, or of one hull of a clone: tolerated."""
    hulls: dict[int, list[int]] = defaultdict(list)
    for i, v in enumerate(w.fleet.vessels):
        for mmsi in dict.fromkeys(c.mmsi for c in v.claims):
            hulls[mmsi].append(i)
    for mmsi, members in hulls.items():
        yield from _silences(w, mmsi, tuple(members), True)
        if len(members) > 1:
            for i in members:
                yield from _silences(w, mmsi, (i,), False)


def _silences(w: World, mmsi: int, members: tuple[int, ...], sure: bool) -> Iterator[Fact]:
    heard = {i: w.heard_as(i, mmsi) for i in members}
    t = np.sort(np.concatenate(list(heard.values())))
    if len(t) == 0:
        return
    ends = np.append(t[1:], w.fleet.span_s)
    for a, b in zip(t.tolist(), ends.tolist(), strict=True):
        if b - a < GAP_S - HOUR_S:
            continue
        i = next(k for k in members if (np.abs(heard[k] - a) < 1e-9).any())
        x, y = w.place(i, a)
        off = w.fleet.vessels[i].silent
        deliberate = w.incident(i, "gap", 0.5 * (a + b)) is not None and any(o[0] <= b and a <= o[1] for o in off)
        seen = w.count(i, a - HOUR_S, a) >= 10 and (b >= w.fleet.span_s or w.count(i, b, b + HOUR_S) >= 10)
        meets = sure and b - a >= GAP_S
        yield Fact("gap", a, None if b >= w.fleet.span_s else b, (i,), x, y, planted=meets and deliberate,
                   observable=seen if deliberate else None, sure=meets)  # fmt: skip


def told(w: World) -> Iterator[Fact]:
    """Disabling, identity, spoofing and anomaly of the incidents, and whether the data received can show them.

    The same of borderline look-alikes is tolerated.
    """
    for p, sure in [*((p, True) for p in w.planted), *((p, False) for p in w.borderline)]:
        members = tuple(w.numbers[v] for v in p.vessels)
        for kind, t0, t1 in p.told:
            if kind == "dark_rendezvous":
                continue
            end = None if t1 >= w.fleet.span_s else t1
            x, y = w.place(members[0], t0 if kind == "disabling" else 0.5 * (t0 + t1))
            shown = {"disabling": _missed, "identity": _contradicted, "spoofing": _misled, "anomaly": _watched}[kind]
            yield Fact(kind, t0, end, members, x, y, planted=sure, observable=shown(w, members, t0, t1), sure=sure)


def _missed(w: World, members: tuple[int, ...], t0: float, t1: float) -> bool:
    """Well heard before, and five others of the class heard within 40 km while it is silent."""
    i = members[0]
    x, y = w.place(i, t0)
    others = 0
    for j, v in enumerate(w.fleet.vessels):
        if j != i and v.transponder == w.fleet.vessels[i].transponder and w.count(j, t0, t1) >= 5:
            others += float(geo.distance_m(x, y, *w.place(j, t0 + 600.0))) < 40_000.0
    return others >= 5 and w.count(i, t0 - HOUR_S, t0) >= 10


def _contradicted(w: World, members: tuple[int, ...], t0: float, t1: float) -> bool:
    """One number: each hull heard five times in overlapping stretches. A changed one: told before and after.

    Else told twice by each; and, where the stated length is wrong, seen by a sensor that measures.
    """
    hulls = [w.vessel(i) for i in members]
    if len({v.mmsi for v in hulls}) < len(hulls):
        if min(w.count(i, t0, t1) for i in members) < 5:
            return False
        return bool(max(w.heard[i][0] for i in members) < min(w.heard[i][-1] for i in members))
    i, v = members[0], hulls[0]
    if len(v.claims) > 1:
        t = v.claims[1].since
        return min(w.told(i, t - 3.0 * HOUR_S, t), w.told(i, t, t + 3.0 * HOUR_S)) >= 1
    if v.claims[0].length_m < 0.7 * v.length_m:
        return w.told(i, 0.0, t1) >= 1 and w.measured(w.seen(i, t0, t1))
    return min(w.told(k, t0, t1) for k in members) >= 2


def _misled(w: World, members: tuple[int, ...], t0: float, t1: float) -> bool:
    """Heard five times with false places, and before and after with true ones."""
    i = members[0]
    return w.count(i, t0, t1) >= 5 and w.count(i, t0 - 3.0 * HOUR_S, t0) >= 1 and w.count(i, t1, t1 + 3.0 * HOUR_S) >= 1


def _watched(w: World, members: tuple[int, ...], t0: float, t1: float) -> bool:
    """Heard six times, and in a thousand hours before: from fewer, one in a thousand cannot be told."""
    i = members[0]
    hours = np.unique(w.heard[i][w.heard[i] < t0] // HOUR_S)
    return w.count(i, t0, t1) >= 6 and hours.size >= _TAIL_H


def dark(w: World) -> Iterator[Fact]:
    """Detections of vessels without AIS on the air, or of which nothing was received for 2 h before and after.

    Tolerated: half an hour to 2 h without reception; a vessel on the air beside one that is not, or that states a false
    place; scene borders. A planted one so near a vessel on the air that the sensor cannot tell them apart (within four
    standard deviations) is not observable.
    """
    n = len(w.fleet.vessels)
    quality = scores(list(w.found))
    for k, d in enumerate(w.found):
        if d.vessel is None:
            continue
        i, t = d.vessel, np.full(n, d.t)
        talks = w.fleet.talking(np.arange(n), t)
        lon, lat = w.fleet.at(np.arange(n), t)
        away = float(np.abs(w.heard[i] - d.t).min()) if len(w.heard[i]) else np.inf
        apart = geo.distance_m(lon[i], lat[i], lon, lat)
        silent = not bool(talks[i])
        lies = any(lie.t_start <= d.t < lie.t_end for lie in w.vessel(i).lies)
        crowded = bool(((apart < 900.0) & ~talks)[np.arange(n) != i].any())
        if not silent and away < 1800.0 and not crowded and not lies:
            continue
        sure = (silent or away >= 2.0 * HOUR_S) and not d.border
        planted = sure and silent and w.incident(i, "dark", d.t) is not None
        x, y = float(geo.wrap_lon(d.lon)), d.lat
        blurred = bool(((apart < 4.0 * d.look.sd_m) & talks)[np.arange(n) != i].any())
        seen = bool(quality[k] >= 0.5) and not blurred if planted else None
        yield Fact("dark", d.t, d.t, (i,), x, y, None, (name(k),), planted, seen, sure)
        if sure and not planted:
            speed = w.fleet.sog_kn[:, min(int(d.t / 10.0), w.fleet.sog_kn.shape[1] - 1)]
            for j in np.flatnonzero((apart < 1.3 * NMI_M) & talks & (speed < 3.0)).tolist():
                yield Fact("dark_rendezvous", d.t, d.t, (j, i), x, y, None, (name(k),), sure=False)


def dark_meetings(w: World) -> Iterator[Fact]:
    """The planted meetings of a vessel on the air with one that is not, and the detections that show them."""
    for p in w.planted:
        for kind, t0, t1 in p.told:
            if kind != "dark_rendezvous":
                continue
            ship, boat = (w.numbers[v] for v in p.vessels)
            seen = w.named(w.seen(boat, t0, t1))
            x, y = w.place(ship, 0.5 * (t0 + t1))
            shown = bool(seen) and w.count(ship, t0, t1) >= 3
            yield Fact(kind, t0, t1, (ship, boat), x, y, None, seen, True, shown)
