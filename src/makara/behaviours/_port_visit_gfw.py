"""Port visits as Global Fishing Watch's pipe-anchorages finds them (profile ``gfw``).

All messages of an ssvid in the order of time, whatever their segments: within 3 km of an anchorage point a vessel is in
port until it is 4 km away; under 0.2 knots it stops until it makes 0.5; a silence in port of four hours is a gap. A
visit runs from entry to exit, and breaks where messages of two segments come from ports over 60 nmi apart. Repeated
with its defects, which the profile ``makara`` does not have:

- two vessels under one number are one vessel, whose visits each other's messages begin and end;
- a visit begins and ends with its first and last *event*: one in port from the first message on begins with its first
  stop or gap, and where it has none there is no visit;
- distances are of a sphere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
import shapely
from numba import njit

from makara.base.geo import unit
from makara.base.units import NMI_M, S_US
from makara.behaviours._gfw import RADIUS_M, great_circle_m, publish, whole
from makara.behaviours._rule import Parameters, Rule, Window
from makara.behaviours._words import detail, hours, place, who

_REACH_M: Final = 60_000.0
"""The peer knows of no anchorage that is farther."""
ENTRY, GAP_BEGIN, GAP_END, STOP_BEGIN, STOP_END, EXIT = range(6)
EVENTS: Final = ("entry", "gap_begin", "gap_end", "stop_begin", "stop_end", "exit")
"""What happens in a visit, in the order in which the peer takes what happens at one instant."""
SEA, IN_PORT, STOPPED = range(3)
DETAILS: Final = {
    "duration_s": pl.Int64(),
    "confidence": pl.Int64(),
    "anchorage_start": pl.String(),
    "anchorage_end": pl.String(),
    "lon_end_deg": pl.Float64(),
    "lat_end_deg": pl.Float64(),
    "happened": pl.List(pl.String()),
}
"""Details of a visit of this profile; ``happened`` lists its events in order."""


def step(rule: Rule, window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Visits of the whole span."""
    points = whole(window, carried, p).sort("mover", "t", "track", "report")
    ports = _ports(window)
    nearest, far = _nearest(points, ports)
    lon, lat = ports["lon"].to_numpy(), ports["lat"].to_numpy()
    speed = (points["sog_kn"].fill_null(0.0).cast(pl.Float64) * 1000).round().to_numpy()
    found = _happenings(
        points["mover"].to_numpy(), points["t"].to_numpy(), speed, nearest, far,
        p.entry_max_m, p.exit_min_m, p.stop_begin_kn * 1000, p.stop_end_kn * 1000,
        int(p.silence_min_s) * S_US, window.to_us,
    )  # fmt: skip
    names = ("row", "t", "kind", "port")
    events = pl.DataFrame(dict(zip(names, found, strict=True)))
    events = events.with_columns(
        points["mover"].gather(events["row"]), points["track"].gather(events["row"])
    ).sort("mover", "t", "kind", "row")  # fmt: skip
    visit = _visits(
        *(events[c].to_numpy() for c in ("mover", "track", "kind", "port")), lon, lat, p.apart_max_m / NMI_M
    )
    what = pl.Series("happened", EVENTS).gather(events["kind"])
    named = events.with_columns(
        pl.Series("visit", visit),
        what,
        *(ports[c].gather(events["port"]) for c in ("zone", "lon", "lat")),
    )
    has = {e: (pl.col("kind") == k).any() for k, e in enumerate(EVENTS)}
    stayed = has["gap_begin"] | has["gap_end"] | has["stop_begin"] | has["stop_end"]
    doors = has["entry"].cast(pl.Int64) + has["exit"].cast(pl.Int64)
    rows = named.group_by("visit", maintain_order=True).agg(
        pl.col("mover").first(),
        *(pl.col(a).first().alias(b) for a, b in (("t", "t_first"), ("lon", "lon_deg"), ("lat", "lat_deg"))),
        *(pl.col(a).last().alias(b) for a, b in (("t", "t_last"), ("lon", "lon_end_deg"), ("lat", "lat_end_deg"))),
        pl.col("zone").first().alias("anchorage_start"),
        pl.col("zone").last().alias("anchorage_end"),
        pl.when(stayed).then(2 + doors).otherwise(1).alias("confidence"),
        pl.col("happened"),
    )
    rows = rows.filter(pl.col("confidence") >= p.confidence_min)
    return publish(rule, p, points, rows, ["mover"], DETAILS, "published_port_visit")


def why(event: Mapping[str, Any]) -> str:
    """The visit in words for the radio."""
    d = detail(event)
    stay = f"{hours(d['duration_s'])} h, confidence {d['confidence']} of 4"
    return f"{who(event)} was in port at {d['anchorage_start']}, {place(event)}, for {stay}"


def _ports(window: Window) -> pl.DataFrame:
    """The anchorage points among the zones: ``zone, lon, lat``."""
    zones = window.get("zones")
    if zones is None or not len(zones):
        return pl.DataFrame(schema={"zone": pl.String(), "lon": pl.Float64(), "lat": pl.Float64()})
    ports = zones.filter(pl.col("kind").is_in(["port", "anchorage"])).sort("zone")
    middle = shapely.centroid(shapely.from_wkb(ports["geometry"].to_numpy()))
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    return ports.select("zone").with_columns(pl.Series("lon", x), pl.Series("lat", y))


def _nearest(points: pl.DataFrame, ports: pl.DataFrame) -> tuple[Any, Any]:
    """The nearest anchorage of each point, and how far it is; infinite beyond the reach."""
    from scipy.spatial import cKDTree  # costs a quarter of a second to load

    lon, lat = points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy()
    if not len(ports) or not len(points):
        return np.zeros(len(points), np.int64), np.full(len(points), np.inf)
    here, there = unit(lon, lat), unit(ports["lon"].to_numpy(), ports["lat"].to_numpy())
    _, at = cKDTree(there).query(here, distance_upper_bound=_REACH_M / RADIUS_M)
    known = at < len(ports)
    at = np.where(known, at, 0).astype(np.int64)
    far = great_circle_m(lon, lat, ports["lon"].to_numpy()[at], ports["lat"].to_numpy()[at])
    return at, np.where(known, far, np.inf)


@njit(cache=True)
def _happenings(
    mover: Any, t: Any, speed: Any, nearest: Any, far: Any,
    enter: float, leave: float, stop: float, start: float, silence: int, to: int,
) -> Any:  # fmt: skip
    """Events (row, time, kind, port) of all movers, as they are emitted."""
    room = 5 * t.size + 1
    row, when, kind, port = np.empty((4, room), np.int64)
    n = 0
    state, active, last = -1, -1, 0
    for i in range(t.size):
        if i == 0 or mover[i] != mover[i - 1]:
            state = -1
        if far[i] <= enter:
            inside = True
        elif far[i] >= leave:
            inside = False
        else:
            inside = state in (IN_PORT, STOPPED)
        if inside:
            active = nearest[i]
        if speed[i] <= stop:
            still = True
        elif speed[i] >= start:
            still = False
        else:
            still = state == STOPPED
        now = (STOPPED if still else IN_PORT) if inside else SEA
        if state > SEA and t[i] - last >= silence:
            row[n], when[n], kind[n], port[n] = i, t[i], GAP_END, active
            row[n + 1], when[n + 1], kind[n + 1], port[n + 1] = i, last + silence, GAP_BEGIN, active
            n += 2
        if state == SEA and now != SEA:
            row[n], when[n], kind[n], port[n] = i, t[i], ENTRY, active
            n += 1
        if state in (SEA, IN_PORT) and now == STOPPED:
            row[n], when[n], kind[n], port[n] = i, t[i], STOP_BEGIN, active
            n += 1
        if state == STOPPED and now != STOPPED:
            row[n], when[n], kind[n], port[n] = i, t[i], STOP_END, active
            n += 1
        if state > SEA and now == SEA:
            row[n], when[n], kind[n], port[n] = i, t[i], EXIT, active
            n += 1
        last = t[i]
        state = now
        ends = i + 1 == t.size or mover[i + 1] != mover[i]
        if ends and state > SEA and to - 1 - last >= silence:
            row[n], when[n], kind[n], port[n] = i, last + silence, GAP_BEGIN, active
            n += 1
    return row[:n], when[:n], kind[:n], port[:n]


@njit(cache=True)
def _visits(mover: Any, track: Any, kind: Any, port: Any, lon: Any, lat: Any, apart_nmi: float) -> Any:
    """The number of each event's visit; events are ordered by mover, time and kind."""
    visit = np.zeros(mover.size, np.int64)
    n = 0
    for i in range(mover.size):
        begins = i == 0 or mover[i] != mover[i - 1] or kind[i] == ENTRY or kind[i - 1] == EXIT
        if not begins and track[i] != track[i - 1]:
            a, b = port[i - 1], port[i]
            east = (lon[b] - lon[a] + 180.0) % 360.0 - 180.0
            east *= np.cos(0.5 * (lat[a] + lat[b]) * np.pi / 180.0)
            begins = np.hypot(lat[b] - lat[a], east) * 60.0 > apart_nmi
        n += begins
        visit[i] = n
    return visit
