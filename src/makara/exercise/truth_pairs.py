"""What two vessels' true motion makes true: encounters, transshipments, mother and daughter, ship to ship."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial import cKDTree

from makara.base import geo
from makara.base.units import HOUR_S, NMI_M
from makara.exercise.routes import degrees_per_m
from makara.exercise.truth_motion import slow_hours
from makara.exercise.world import MINUTE, Fact, World, bridged, near_anchorage_m, outside_port_m, runs

_STEP = 10 * MINUTE
"""Ticks of ten minutes."""


def pairs(w: World, reach_m: float = 1000.0) -> list[tuple[int, int]]:
    """Pairs of vessels that were within a distance of each other at some full ten minutes."""
    out: set[tuple[int, int]] = set()
    for k in range(0, w.fleet.lon.shape[1], _STEP):
        lon, lat = w.fleet.lon[:, k], w.fleet.lat[:, k]
        per_lon, per_lat = degrees_per_m(lat)
        xyz = np.column_stack([lon / per_lon, lat / per_lat])
        out |= cKDTree(xyz).query_pairs(reach_m * 1.02)
    return sorted(out)


def meetings(w: World) -> Iterator[Fact]:
    """All that pairs make, and what carriers do alone."""
    busy: dict[int, list[tuple[float, float]]] = {}
    for i, j in pairs(w):
        if w.has_ais(i) and w.has_ais(j):
            for fact in _encounters(w, i, j):
                yield fact
                if fact.kind == "transshipment":
                    for n in (i, j):
                        busy.setdefault(n, []).append((fact.t_start, fact.t_end or w.fleet.span_s))
            yield from _ship_to_ship(w, i, j)
        if w.has_ais(i) or w.has_ais(j):
            yield from _daughters(w, i, j)
    yield from _alone(w, busy)


def _encounters(w: World, i: int, j: int) -> Iterator[Fact]:
    """Within 500 m for 2 h at a median under 2 kn, 10 km off anchorages; 900 m for 1 h is tolerated."""
    lon, lat = w.fleet.lon[:, ::_STEP], w.fleet.lat[:, ::_STEP]
    apart = geo.distance_m(lon[i], lat[i], lon[j], lat[j])
    close = [(a, b) for a, b in runs(apart <= 500.0) if b - a > 12]
    for a, b in close:
        yield from _meeting(w, i, j, a, b, True)
    for a, b in runs(apart < 900.0):
        if b - a > 6 and not any(c < b and a < d for c, d in close):
            yield from _meeting(w, i, j, a, b, False)


def _meeting(w: World, i: int, j: int, a: int, b: int, long: bool) -> Iterator[Fact]:
    """The encounter of two vessels close together over steps ``a`` to ``b`` of 10 min, unless it is none at all."""
    t0, t1 = a * 600.0, (b - 1) * 600.0
    speed = float(np.median(w.fleet.sog_kn[[i, j], a * 60 : (b - 1) * 60]))
    x, y = w.place(i, 0.5 * (t0 + t1))
    port = near_anchorage_m(x, y)
    if speed > 2.5 or port < 8000.0:
        return
    sure = long and speed < 2.0 and port >= 10_000.0
    planted = sure and all(w.incident(k, "encounter", 0.5 * (t0 + t1)) is not None for k in (i, j))
    seen = min(w.followed_s(k, t0, t1) for k in (i, j)) >= 1.9 * HOUR_S
    end = None if t1 >= w.fleet.span_s - 600.0 else t1
    yield Fact("encounter", t0, end, (i, j), x, y, None, (), planted, seen, sure)
    kinds = sorted(w.vessel(k).kind for k in (i, j))
    if kinds[0] == "carrier" and kinds[1].startswith("fishing"):
        planted = sure and all(w.incident(k, "transshipment", 0.5 * (t0 + t1)) is not None for k in (i, j))
        yield Fact("transshipment", t0, end, (i, j), x, y, None, (), planted, seen, sure)


def _ship_to_ship(w: World, i: int, j: int) -> Iterator[Fact]:
    """Two tankers within 250 m for 3 h outside roads; 2 h, or 400 m, are tolerated."""
    if {w.vessel(i).kind, w.vessel(j).kind} != {"tanker"}:
        return
    lon, lat, _ = w.minutes
    apart = geo.distance_m(lon[i], lat[i], lon[j], lat[j])
    for a, b in runs(bridged(apart <= 400.0, 5)):
        t0, t1 = a * 60.0, (b - 1) * 60.0
        x, y = w.place(i, 0.5 * (t0 + t1))
        if t1 - t0 < 2.0 * HOUR_S or float(outside_port_m(np.array([x]), np.array([y]))[0]) <= 0.0:
            continue
        close = (apart[a:b] <= 250.0).mean() > 0.95
        sure = bool(close) and t1 - t0 >= 3.0 * HOUR_S
        planted = sure and all(w.incident(k, "ship_to_ship", 0.5 * (t0 + t1)) is not None for k in (i, j))
        seen = min(w.followed_s(k, t0, t1) for k in (i, j)) >= 1.9 * HOUR_S
        yield Fact("ship_to_ship", t0, w.end(t1), (i, j), x, y, None, (), planted, seen, sure)


def _daughters(w: World, i: int, j: int) -> Iterator[Fact]:
    """Within 250 m for 15 min, one under 24 m, 10 km off anchorages: true where planted, else tolerated.

    A small one without AIS must be measured, by a sensor that tells lengths.
    """
    if min(w.vessel(i).length_m, w.vessel(j).length_m) >= 24.0:
        return
    lon, lat, _ = w.minutes
    apart = geo.distance_m(lon[i], lat[i], lon[j], lat[j])
    for a, b in runs(bridged(apart <= 250.0, 3)):
        t0, t1 = a * 60.0, (b - 1) * 60.0
        x, y = w.place(i, 0.5 * (t0 + t1))
        if t1 - t0 < 900.0 or near_anchorage_m(x, y) < 10_000.0:
            continue
        planted = all(w.incident(k, "mother_daughter", 0.5 * (t0 + t1)) is not None for k in (i, j))
        dark = [k for k in (i, j) if not w.has_ais(k)]
        found = [n for k in dark for n in w.seen(k, t0 - 600.0, t1 + 600.0)]
        heard = min(w.count(k, t0 - 600.0, t1 + 600.0) for k in (i, j) if k not in dark)
        seen = heard >= 3 and (not dark or w.measured(found))
        yield Fact("mother_daughter", t0, w.end(t1), (i, j), x, y, None, w.named(found), planted, seen, planted)


def _alone(w: World, busy: dict[int, list[tuple[float, float]]]) -> Iterator[Fact]:
    """Carriers that stay 4 to 48 h under 3 kn beyond 12 nmi; those seen to meet a fishing vessel are tolerated here."""
    if w.minutes[2].shape[1] <= 60:
        return
    for i, v in enumerate(w.fleet.vessels):
        if v.kind != "carrier":
            continue
        for t0, t1 in slow_hours(w.minutes[2][i], 3.0, w.fleet.span_s):
            x, y = w.place(i, 0.5 * (t0 + t1))
            if not 3.0 * HOUR_S <= t1 - t0 <= 48.0 * HOUR_S or w.off_shore_m(x, y) < 12.0 * NMI_M:
                continue
            met = any(a < t1 and t0 < b for a, b in busy.get(i, []))
            sure = t1 - t0 >= 4.0 * HOUR_S and not met
            planted = sure and w.incident(i, "transshipment", 0.5 * (t0 + t1)) is not None
            seen = w.followed_s(i, t0, t1) >= 3.5 * HOUR_S
            yield Fact("transshipment", t0, w.end(t1), (i,), x, y, None, (), planted, seen, sure)
