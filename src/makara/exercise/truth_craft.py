"""What small craft without AIS truly do: run fast, run at ships, lie about a mother ship."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from makara.base import geo
from makara.base.units import HOUR_S, NMI_M
from makara.exercise.world import Fact, World, bridged, runs

_PAD_S = 60.0


def go_fast(w: World) -> Iterator[Fact]:
    """Under 20 m, without AIS, 25 kn for 15 min; 22 kn for 10 min are tolerated. Two sightings 15 min apart show it."""
    speed = w.minutes[2]
    for i, v in enumerate(w.fleet.vessels):
        if w.has_ais(i) or v.length_m >= 20.0:
            continue
        for a, b in runs(bridged(speed[i] >= 22.0, 2)):
            t0, t1 = a * 60.0, (b - 1) * 60.0
            if t1 - t0 < 600.0:
                continue
            sure = t1 - t0 >= 900.0 and float(np.median(speed[i, a:b])) >= 25.0
            found = w.seen(i, t0 - _PAD_S, t1 + _PAD_S)
            t = [w.found[k].t for k in found]
            seen = len(t) >= 2 and max(t) - min(t) >= 900.0
            planted = sure and w.incident(i, "go_fast", 0.5 * (t0 + t1)) is not None
            x, y = w.place(i, 0.5 * (t0 + t1))
            yield Fact("go_fast", t0, t1, (i,), x, y, None, w.named(found), planted, seen, sure)


def approaches(w: World) -> Iterator[Fact]:
    """Craft without AIS that come at 15 kn or more within 1 nmi of a vessel under way at 3 to 18 kn, beyond 12 nmi.

    In a listed area they are true, elsewhere tolerated; what several craft do to one vessel is one event. Two sightings
    of the run show it.
    """
    lon, lat, speed = w.minutes
    risk = shapely.union_all([z.geometry for z in w.zones if z.kind == "risk"])
    runners = [i for i in range(len(lon)) if not w.has_ais(i) and (speed[i] >= 15.0).any()]
    for j in filter(w.has_ais, range(len(lon))):
        spells: list[tuple[int, int, int]] = []
        for i in runners:
            rough = np.abs(lat[i] - lat[j]) < 0.05
            if not rough.any() or np.abs(lon[i] - lon[j])[rough].min() > 0.05:
                continue
            apart = geo.distance_m(lon[i], lat[i], lon[j], lat[j])
            for a, b in runs(apart <= NMI_M):
                came = speed[i, max(0, a - 5) : a + 1].max() >= 15.0 and a > 0
                if came and 3.0 <= float(np.median(speed[j, max(0, a - 10) : a + 1])) <= 18.0:
                    spells.append((a, b, i))
        yield from _attacks(w, j, sorted(spells), risk)


def _attacks(w: World, j: int, spells: list[tuple[int, int, int]], risk: shapely.Geometry) -> Iterator[Fact]:
    while spells:
        a, b, _ = spells[0]
        group = [s for s in spells if s[0] <= b + 30]
        spells = spells[len(group) :]
        craft = tuple(dict.fromkeys(s[2] for s in group))
        t0, t1 = max(0.0, a * 60.0 - 0.4 * HOUR_S), max(s[1] for s in group) * 60.0
        x, y = w.place(j, a * 60.0)
        if w.off_shore_m(x, y) < 12.0 * NMI_M:
            continue
        found = [n for i in craft for n in w.seen(i, t0, t1)]
        before = max((len(w.seen(i, _left(w, i, a) - 360.0, a * 60.0 + 300.0)) for i in craft), default=0)
        sure = bool(risk.contains(shapely.Point(x, y)))
        planted = sure and all(w.incident(k, "piracy_approach", a * 60.0) is not None for k in (j, *craft))
        seen = before >= 2 and w.count(j, t0 - 0.5 * HOUR_S, t1 + 0.5 * HOUR_S) >= 2
        yield Fact("piracy_approach", t0, t1, (j, *craft), x, y, None, w.named(found), planted, seen, sure)


def _left(w: World, i: int, a: int) -> float:
    """When a craft that runs at minute ``a`` began to run, seconds."""
    slow = np.flatnonzero(w.minutes[2][i, :a] < 10.0)
    return 60.0 * float(slow[-1] if len(slow) else 0)


def mother_ships(w: World) -> Iterator[Fact]:
    """Slow dhows and fishing vessels beyond 12 nmi with craft under 15 m, without AIS, within 2 nmi for half an hour.

    True where planted, else tolerated: those who fish with skiffs do the same. A mother without AIS must be measured.
    """
    lon, lat, speed = w.minutes
    small = [i for i, v in enumerate(w.fleet.vessels) if not w.has_ais(i) and v.length_m < 15.0]
    for m, v in enumerate(w.fleet.vessels):
        if not (v.kind == "dhow" or v.kind.startswith("fishing")):
            continue
        with_it, near_any = [], np.zeros(lon.shape[1], bool)
        for i in small:
            close = np.abs(lat[i] - lat[m]) < 0.04
            if not close.any():
                continue
            near = close & (geo.distance_m(lon[i], lat[i], lon[m], lat[m]) <= 2.0 * NMI_M) & (speed[m] < 4.0)
            if near.sum() >= 30:
                with_it.append(i)
                near_any |= near
        for a, b in runs(bridged(near_any, 60)):
            t0, t1 = a * 60.0, (b - 1) * 60.0
            x, y = w.place(m, 0.5 * (t0 + t1))
            if t1 - t0 < 1800.0 or w.off_shore_m(x, y) < 12.0 * NMI_M:
                continue
            crafts = [i for i in with_it if w.vessel(i).incident == v.incident]
            planted = bool(crafts) and w.incident(m, "mother_ship", 0.5 * (t0 + t1)) is not None
            found = [n for i in with_it for n in w.seen(i, t0, t1)]
            own = [] if w.has_ais(m) else w.seen(m, t0, t1)
            seen = len(found) >= 2 and (w.measured(own) or w.count(m, t0, t1) >= 2)
            names = w.named([*found, *own])
            yield Fact("mother_ship", t0, w.end(t1), (m, *with_it), x, y, None, names, planted, seen, planted)
