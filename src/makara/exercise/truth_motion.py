"""What one vessel's true motion makes true: loitering, zones entered, fishing, slow passages, drifting, drop-offs.

An analysis of its own, by the words of DEFINITIONS.md, on the true tracks; the rules are not read here. What comes near
a definition without meeting it is *tolerated*: neither demanded nor counted as false.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import shapely
from numpy.typing import NDArray

from makara.base.units import HOUR_S, NMI_M
from makara.exercise.motion import AT_ANCHOR, MOORED
from makara.exercise.routes import FloatArray
from makara.exercise.world import MINUTE, Fact, World, bridged, outside_port_m, runs
from makara.exercise.zones import LAWFUL


def loitering(w: World) -> Iterator[Fact]:
    """Stays of 3 h or more in hours of under 2 kn, 20 nmi or more off; 2 h and 10 nmi are tolerated."""
    speed = w.minutes[2]
    for i in range(len(speed)):
        if not w.has_ais(i) or speed.shape[1] <= 60:
            continue
        for t0, t1 in slow_hours(speed[i], 2.0, w.fleet.span_s):
            x, y = w.place(i, 0.5 * (t0 + t1))
            off = w.off_shore_m(x, y)
            sure = t1 - t0 >= 3.0 * HOUR_S and off >= 20.0 * NMI_M
            if sure or (t1 - t0 >= 2.0 * HOUR_S and off >= 8.0 * NMI_M):
                planted = sure and w.incident(i, "loitering", 0.5 * (t0 + t1)) is not None
                seen = w.followed_s(i, t0, t1) >= 3.0 * HOUR_S
                yield Fact("loitering", t0, w.end(t1), (i,), x, y, planted=planted, observable=seen, sure=sure)


def slow_hours(speed: FloatArray, kn: float, span_s: float) -> Iterator[tuple[float, float]]:
    """From and to (seconds) of stretches whose every hour has a mean speed under a limit; speeds are a minute apart."""
    total = np.concatenate([[0.0], np.cumsum(speed)])
    slow = (total[60:] - total[:-60]) / 60.0 < kn
    for a, b in runs(slow):
        yield a * 60.0, min((b + 59) * 60.0, span_s)


def zone_entries(w: World) -> Iterator[Fact]:
    """Stays in zones that began outside, with 1 km of hysteresis; those begun inside, or shallow, are tolerated.

    The entry of a listed vessel is a first visit too.
    """
    lon, lat, _ = w.minutes
    for zone in (z for z in w.zones if z.kind in LAWFUL or z.kind == "port"):
        inside = zone.holds(lon, lat)
        for i in np.flatnonzero(inside.any(axis=1)).tolist():
            if not w.has_ais(i) or (zone.kind == "port" and not w.vessel(i).listed):
                continue
            depth = shapely.distance(shapely.points(lon[i], lat[i]), zone.geometry.boundary) * 111_000.0
            within = inside[i].copy()
            for a, b in runs(~inside[i]):
                if a > 0 and b < len(within) and depth[a:b].max() < 1000.0:
                    within[a:b] = True
            for a, b in runs(within):
                t0, t1 = a * 60.0, (b - 1) * 60.0
                end = None if b == len(within) else t1
                sure = a > 0 and float(depth[a:b].max()) >= 1200.0 and t1 - t0 >= 900.0
                seen = w.count(i, 0.0, t0) >= 1 and w.count(i, t0, t1) >= 2
                x, y = w.place(i, t0)
                if zone.kind != "port":
                    p = w.incident(i, "zone_entry", t0)
                    planted = sure and p is not None and p.zone == zone.zone
                    yield Fact("zone_entry", t0, end, (i,), x, y, zone.zone, (), planted, seen, sure)
                if w.vessel(i).listed:
                    planted = sure and w.incident(i, "first_visit", t0) is not None
                    yield Fact("first_visit", t0, end, (i,), x, y, zone.zone, (), planted, seen, sure)


def fishing(w: World) -> Iterator[Fact]:
    """Work with gear, as drawn: stretches less than 1 h apart are one; 20 min or more."""
    for i, v in enumerate(w.fleet.vessels):
        spans: list[tuple[float, float]] = []
        for p in v.track.parts:
            a, b = max(p.t_start, 0.0), min(p.t_end, w.fleet.span_s)
            if p.doing != "fish" or b <= a or not w.has_ais(i):
                continue
            if spans and a - spans[-1][1] < HOUR_S:
                spans[-1] = (spans[-1][0], b)
            else:
                spans.append((a, b))
        for a, b in spans:
            if b - a < 1200.0:
                continue
            x, y = w.place(i, 0.5 * (a + b))
            p_in = w.incident(i, "fishing", 0.5 * (a + b))
            there = p_in and next(z for z in w.zones if z.zone == p_in.zone)
            planted = bool(there) and bool(there.holds(np.array([x]), np.array([y]))[0])  # type: ignore[union-attr]
            zone = p_in.zone if planted and p_in else None
            yield Fact("fishing", a, w.end(b), (i,), x, y, zone, (), planted, w.count(i, a, b) >= 6)


def slow_passages(w: World) -> Iterator[Fact]:
    """Speeds of 1 to 5 kn for 20 min or more inside a closed or protected area; 12 min are tolerated."""
    lon, lat, sog = w.minutes
    ten = np.ones(10) / 10.0
    for zone in (z for z in w.zones if z.kind in ("closed", "mpa")):
        inside = zone.holds(lon, lat)
        for i in np.flatnonzero(inside.any(axis=1)).tolist():
            if not w.has_ais(i):
                continue
            mean = np.convolve(sog[i], ten, "same")
            for a, b in runs(inside[i] & (mean >= 1.0) & (mean <= 5.0)):
                t0, t1 = a * 60.0, (b - 1) * 60.0
                if t1 - t0 >= 720.0:
                    sure = t1 - t0 >= 1200.0
                    p = w.incident(i, "speed_range", 0.5 * (t0 + t1))
                    planted = sure and p is not None and p.zone == zone.zone
                    x, y = w.place(i, 0.5 * (t0 + t1))
                    seen = w.count(i, t0, t1) >= 4
                    yield Fact("speed_range", t0, w.end(t1), (i,), x, y, zone.zone, (), planted, seen, sure)


def drifting(w: World) -> Iterator[Fact]:
    """Course 45 degrees or more off the heading at 0.3 to 3 kn for 30 min, 3 km off roads; gear work is tolerated."""
    f = w.fleet
    for i, v in enumerate(f.vessels):
        if not w.has_ais(i) or v.claims[0].length_m < 20.0:
            continue
        sog, off = f.sog_kn[i, ::MINUTE], np.abs((f.cog_deg[i] - f.heading_deg[i] + 180.0) % 360.0 - 180.0)[::MINUTE]
        held = np.isin(f.status[i, ::MINUTE], (AT_ANCHOR, MOORED))
        loose = bridged((sog >= 0.25) & (sog <= 3.0) & (off > 25.0), 5)
        for a, b in runs(loose):
            t0, t1 = a * 60.0, (b - 1) * 60.0
            if t1 - t0 < 1200.0:
                continue
            x, y = w.place(i, 0.5 * (t0 + t1))
            away = float(outside_port_m(np.array([x]), np.array([y]))[0])
            free = (off[a:b] > 45.0).mean() > 0.8 and (sog[a:b] >= 0.3).mean() > 0.8 and not held[a:b].any()
            sure = t1 - t0 >= 1800.0 and bool(free) and away > 3000.0 and not v.kind.startswith("fishing")
            planted = sure and w.incident(i, "drifting", 0.5 * (t0 + t1)) is not None
            seen = w.count(i, t0, t1) >= 6
            yield Fact("drifting", t0, w.end(t1), (i,), x, y, None, (), planted, seen, sure)


def drop_offs(w: World) -> Iterator[Fact]:
    """On passage, then 20 to 180 min at under 0.6 of the median of the 6 h before, then on; outside lanes and roads.

    Tolerated for vessels that fish, and for 3 to 4 h or three quarters of the median.
    """
    lanes = shapely.union_all([z.geometry for z in w.zones if z.kind == "lane"])
    speed = w.minutes[2][:, :-1]
    steps = speed.shape[1] // 10
    mean = speed[:, : steps * 10].reshape(len(speed), steps, 10).mean(axis=2)
    for i, v in enumerate(w.fleet.vessels):
        if not w.has_ais(i):
            continue
        k = 3
        while k < steps:
            base = float(np.median(mean[i, max(0, k - 36) : k]))
            if base < 5.0 or mean[i, k] >= 0.75 * base:
                k += 1
                continue
            m = k
            while m < steps and mean[i, m] < 0.75 * base:
                m += 1
            first, k = k, m
            after = mean[i, m : m + 3]
            if not 2 <= m - first <= 24 or len(after) == 0 or after.mean() < 0.75 * base:
                continue
            t0, t1 = first * 600.0, m * 600.0
            x, y = w.place(i, 0.5 * (t0 + t1))
            away = float(outside_port_m(np.array([x]), np.array([y]))[0])
            if away < 3000.0 or lanes.contains(shapely.Point(x, y)):
                continue
            slow = float(np.median(mean[i, first:m])) < 0.6 * base
            sure = slow and m - first <= 18 and not v.kind.startswith("fishing") and away > 5000.0
            planted = sure and w.incident(i, "drop_off", 0.5 * (t0 + t1)) is not None
            seen = w.count(i, t0, t1) >= 3 and w.count(i, t0 - 3.0 * HOUR_S, t0) >= 5
            yield Fact("drop_off", t0, t1, (i,), x, y, None, (), planted, seen, sure)


def port_visits(w: World) -> Iterator[Fact]:
    """From within 3 km of a port or anchorage until beyond 4 km, with a stop; without one: tolerated."""
    lon, lat, sog = w.minutes
    for i in range(len(lon)):
        if not w.has_ais(i):
            continue
        for a, b in runs(_still_near(outside_port_m(lon[i], lat[i]))):
            t0, t1 = a * 60.0, (b - 1) * 60.0
            stops = [d - c for c, d in runs(sog[i, a:b] < 0.2)]
            moored = np.isin(w.fleet.status[i, a * MINUTE : b * MINUTE : MINUTE], (AT_ANCHOR, MOORED))
            sure = max(stops, default=0) >= 10 or int(moored.sum()) >= 30
            if t1 - t0 < 600.0 and not sure:
                continue
            x, y = w.place(i, 0.5 * (t0 + t1))
            planted = sure and w.incident(i, "port_visit", 0.5 * (t0 + t1)) is not None
            seen = w.count(i, t0, t1) >= 3
            yield Fact("port_visit", t0, w.end(t1), (i,), x, y, None, (), planted, seen, sure)


def _still_near(away: FloatArray) -> NDArray[np.bool_]:
    """Where a vessel that came within 3 km has not been beyond 4 km since."""
    out, near = np.zeros(len(away), bool), False
    for k, d in enumerate(away):
        near = d <= 3000.0 or (near and d <= 4000.0)
        out[k] = near
    return out


def cables(w: World) -> Iterator[Fact]:
    """Near a cable with two or more of: slow against the 6 h before, two crossings, drifting; one is tolerated.

    Near is 1 nmi; slow is under 0.6 of the median for 20 min while under way; drifting is under 1 kn for 30 min. Those
    who fish, survey or mend cables are tolerated.
    """
    step = 5 * MINUTE
    lon, lat, sog = w.fleet.lon[:, ::step], w.fleet.lat[:, ::step], w.fleet.sog_kn[:, ::step]
    for zone in (z for z in w.zones if z.kind == "cable"):
        near = shapely.distance(shapely.points(lon, lat), zone.geometry) * 111_000.0 < NMI_M
        for i in filter(w.has_ais, np.flatnonzero(near.any(axis=1)).tolist()):
            ways = np.stack([np.column_stack([lon[i, :-1], lat[i, :-1]]), np.column_stack([lon[i, 1:], lat[i, 1:]])], 1)
            over = shapely.intersects(shapely.linestrings(ways), zone.geometry)
            for a, b in runs(bridged(near[i], 36)):
                yield from _at_cable(w, i, zone.zone, a, b, near[i, a:b], sog[i], int(over[max(0, a - 1) : b].sum()))


def _at_cable(
    w: World, i: int, zone: str, a: int, b: int, near: NDArray[np.bool_], sog: FloatArray, crossings: int
) -> Iterator[Fact]:
    before = sog[max(0, a - 72) : a]
    usual = float(np.median(before[before > 1.0])) if (before > 1.0).sum() >= 6 else np.inf
    here = sog[a:b]
    longest = partial(max, default=0)
    slow = np.isfinite(usual) and longest(d - c for c, d in runs(near & (here < 0.6 * usual) & (here > 0.5))) >= 4
    drift = longest(d - c for c, d in runs(near & (here < 1.0))) >= 6
    signs = int(slow) + int(crossings >= 2) + int(drift)
    if signs == 0:
        return
    t0, t1 = a * 300.0, (b - 1) * 300.0
    v = w.vessel(i)
    works = v.kind.startswith("fishing") or v.kind in ("survey", "cable_ship")
    sure = signs >= 2 and not works
    p = w.incident(i, "cable", 0.5 * (t0 + t1))
    x, y = w.place(i, 0.5 * (t0 + t1))
    planted = sure and p is not None and p.zone == zone
    yield Fact("cable", t0, w.end(t1), (i,), x, y, zone, (), planted, w.count(i, t0, t1) >= 6, sure)
