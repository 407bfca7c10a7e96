"""Cases that live with their rule: ``fires``, ``silent``, and a small sea to make track points of.

A vessel is built leg by leg and turned into points only when the case runs::

    sea.vessel(at=(178.0, -17.0)).sail(hours=2, speed_kn=10).dark(hours=8).sail(hours=2)
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

import numpy as np
import polars as pl
import shapely

from makara.base import ids
from makara.base.geo import destination, wrap_lon
from makara.base.time import parse, to_us
from makara.base.units import HOUR_S, KN_M_S, NMI_M, S_US

START: Final = "2025-03-01T00:00:00Z"
Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Leg:
    """A stretch at constant course and speed, heard (``every_s``) or not (None); or a jump (``to``)."""

    seconds: float
    course_deg: float
    speed_kn: float
    every_s: float | None
    to: tuple[float, float] | None = None
    heading_deg: float | None = None


@dataclass(frozen=True)
class Vessel:
    """A vessel of a case: where it starts and its legs.

    Attributes:
        mover: its MMSI.
        at: longitude and latitude, degrees.
        start: ISO 8601 time.
        legs: in order.
        every_s: how often it is heard.
        track: number of its track; null: its mover.
        off_nmi: distance from shore.
        anchorage_nmi: distance from the nearest anchorage; None beyond 50 km.
        receiver: class of the receiver.
        kind: class of vessel.
    """

    mover: int = 412000001
    at: tuple[float, float] = (130.0, -10.0)
    start: str = START
    legs: tuple[Leg, ...] = ()
    every_s: float = 600.0
    track: int | None = None
    off_nmi: float = 60.0
    anchorage_nmi: float | None = None
    receiver: str = "terrestrial"
    kind: str = "unknown"

    def sail(self, hours: float, course_deg: float = 90.0, speed_kn: float = 10.0) -> Vessel:
        """Under way and heard."""
        return replace(self, legs=(*self.legs, Leg(hours * HOUR_S, course_deg, speed_kn, self.every_s)))

    def drift(self, hours: float, course_deg: float = 90.0, speed_kn: float = 0.5) -> Vessel:
        """Slow and heard."""
        return self.sail(hours, course_deg, speed_kn)

    def adrift(self, hours: float, course_deg: float = 90.0, speed_kn: float = 0.8, heading_deg: float = 0.0) -> Vessel:
        """Carried along, the bow elsewhere; heard with its heading."""
        leg = Leg(hours * HOUR_S, course_deg, speed_kn, self.every_s, heading_deg=heading_deg)
        return replace(self, legs=(*self.legs, leg))

    def dark(self, hours: float, course_deg: float = 90.0, speed_kn: float = 10.0) -> Vessel:
        """Under way and not heard."""
        return replace(self, legs=(*self.legs, Leg(hours * HOUR_S, course_deg, speed_kn, None)))

    def jump(self, to: tuple[float, float], every_s: float | None = None) -> Vessel:
        """Somewhere else at once."""
        return replace(self, legs=(*self.legs, Leg(0.0, 0.0, 0.0, every_s, to)))

    def points(self) -> pl.DataFrame:
        """Its track points (columns that a rule reads)."""
        lon, lat = self.at
        t = to_us(parse(self.start))
        found: list[tuple[Any, ...]] = []
        for leg in self.legs:
            if leg.to is not None:
                lon, lat = leg.to
                continue
            metres = leg.speed_kn * KN_M_S
            if leg.every_s is not None:
                ago = np.arange(0.0, leg.seconds, leg.every_s)
                x, y = destination(lon, lat, leg.course_deg, ago * metres)
                found.append((x, y, t + (ago * S_US).astype(np.int64), leg.speed_kn, leg.course_deg, leg.heading_deg))
            x, y = destination(lon, lat, leg.course_deg, leg.seconds * metres)
            lon, lat = float(x), float(y)
            t += int(leg.seconds * S_US)
        rows = [
            pl.DataFrame({"t_seen": when, "lon_deg": x, "lat_deg": y}).with_columns(
                sog_kn=pl.lit(speed, pl.Float32()),
                cog_deg=pl.lit(course % 360.0, pl.Float32()),
                heading_deg=pl.lit(bow, pl.Float32()),
            )
            for x, y, when, speed, course, bow in found
        ]
        near = None if self.anchorage_nmi is None else self.anchorage_nmi * NMI_M
        track = self.mover if self.track is None else self.track
        frame = pl.concat(rows).with_columns(
            pl.col("t_seen").cast(pl.Datetime("us", "UTC")),
            mover=pl.lit(self.mover, pl.Int64()),
            track=pl.lit(track, pl.Int64()),
            receiver=pl.lit(self.receiver),
            shore_m=pl.lit(self.off_nmi * NMI_M, pl.Float32()),
            anchorage_m=pl.lit(near, pl.Float32()),
            mark=pl.lit("mk-case"),
        )
        key = ids.bulk(frame["mover"], frame["track"], frame["t_seen"])
        return frame.with_columns(key.alias("report"))


class sea:
    """The small sea: vessels, a zone, a look, and detections."""

    vessel = Vessel

    @staticmethod
    def square(zone: str, kind: str, at: tuple[float, float], half_deg: float = 0.5) -> pl.DataFrame:
        """Table zones with a square, cut at 180 degrees."""
        lon, lat = at
        w, s, e, n = lon - half_deg, lat - half_deg, lon + half_deg, lat + half_deg
        if w < -180.0:
            w, e = w + 360.0, e + 360.0
        if e > 180.0:
            shape = shapely.multipolygons([shapely.box(w, s, 180.0, n), shapely.box(-180.0, s, e - 360.0, n)])
        else:
            shape = shapely.box(w, s, e, n)
        return pl.DataFrame({"zone": [zone], "name": [zone], "kind": [kind], "geometry": [shapely.to_wkb(shape)]})

    @staticmethod
    def line(zone: str, kind: str, through: Sequence[tuple[float, float]]) -> pl.DataFrame:
        """Table zones with a line through places, cut at 180 degrees (longitudes may run on beyond it)."""
        parts = []
        for (x1, y1), (x2, y2) in itertools.pairwise(through):
            x1, x2 = (x1 - 360.0, x2 - 360.0) if min(x1, x2) >= 180.0 else (x1, x2)
            if max(x1, x2) <= 180.0:
                parts.append([(x1, y1), (x2, y2)])
                continue
            y = y1 + (180.0 - x1) / (x2 - x1) * (y2 - y1)
            (xa, ya), (xb, yb) = sorted([(x1, y1), (x2, y2)])
            parts += [[(xa, ya), (180.0, y)], [(-180.0, y), (xb - 360.0, yb)]]
        shape = shapely.to_wkb(shapely.multilinestrings([shapely.linestrings(p) for p in parts]))
        return pl.DataFrame({"zone": [zone], "name": [zone], "kind": [kind], "geometry": [shape]})

    @staticmethod
    def boat(
        name: str,
        at: tuple[float, float],
        minutes: tuple[float, ...],
        *,
        course_deg: float = 90.0,
        speed_kn: float = 30.0,
        length_m: float | None = 10.0,
        start: str = START,
    ) -> list[tuple[str, float, float, str, float | None]]:
        """Sightings (for ``unmatched``) of one boat at minutes after ``start``, when it is at ``at``."""
        out = []
        for k, minute in enumerate(minutes):
            x, y = destination(*at, course_deg, minute * 60 * speed_kn * KN_M_S)
            when = (parse(start) + timedelta(minutes=minute)).isoformat()
            out.append((f"{name}-{k}", float(wrap_lon(float(x))), float(y), when, length_m))
        return out

    @staticmethod
    def claims(*said: tuple[int, float, str | None, int | None, float | None], start: str = START) -> pl.DataFrame:
        """Table claims: mover, hours after the start, name, IMO number and length, stated six times in an hour."""
        t0 = to_us(parse(start))
        rows = [
            (mover, t0 + int((hours * HOUR_S + 600 * k) * S_US), name, imo, length)
            for mover, hours, name, imo, length in said
            for k in range(6)
        ]
        types = {
            "mover": pl.Int64(),
            "t_seen": pl.Int64(),
            "name": pl.String(),
            "imo": pl.Int32(),
            "length_m": pl.Float32(),
        }
        frame = pl.DataFrame(rows, schema=types, orient="row")
        return frame.with_columns(
            pl.col("t_seen").cast(pl.Datetime("us", "UTC")),
            ids.bulk(frame["mover"], frame["t_seen"]).alias("claim"),
            callsign=pl.lit(None, pl.String()),
            width_m=(pl.col("length_m") / 6).round(),
            mark=pl.lit("mk-claim"),
        )

    @staticmethod
    def unmatched(*seen: tuple[str, float, float, str, float | None], p_dark: float = 0.95) -> dict[str, pl.DataFrame]:
        """Tables of detections that match no track: id, longitude, latitude, time, length in metres."""
        names = [s[0] for s in seen]
        detections = pl.DataFrame(
            {
                "detection": names,
                "collection": ["co-case"] * len(seen),
                "sensor": ["sar"] * len(seen),
                "t_seen": [parse(s[3]) for s in seen],
                "lon_deg": [s[1] for s in seen],
                "lat_deg": [s[2] for s in seen],
                "length_m": pl.Series([s[4] for s in seen], dtype=pl.Float32()),
                "mark": ["mk-look"] * len(seen),
            }
        )
        matches = pl.DataFrame(
            {
                "detection": names,
                "against": ["ais"] * len(seen),
                "p_none": pl.Series([p_dark] * len(seen), dtype=pl.Float32()),
                "p_dark": pl.Series([p_dark] * len(seen), dtype=pl.Float32()),
                "looked": [["feed:case"]] * len(seen),
                "track": pl.Series([None] * len(seen), dtype=pl.Int64()),
                "mark": ["mk-look"] * len(seen),
            }
        )
        return {"detections": detections, "matches": matches}


@dataclass(frozen=True)
class Case:
    """A case of a rule.

    Attributes:
        text: what happens in it.
        fires: whether the rule must find an event.
        vessels: who is there.
        tables: other tables, by a function that makes them.
        hazard: ``antimeridian`` or ``hole`` where it is the case with that hazard.
        hours: how long the case lasts beyond its last point.
        events: how many events it must give, when it fires.
    """

    text: str
    fires: bool
    vessels: tuple[Vessel, ...]
    tables: Callable[[], Tables] = field(default=dict)
    hazard: str | None = None
    hours: float = 0.0
    events: int = 1

    def points(self) -> pl.DataFrame:
        """All track points of the case, ordered."""
        frames = [v.points() for v in self.vessels] or [Vessel().sail(1.0).points()]
        return pl.concat(frames).sort("mover", "track", "t_seen", "report")

    def classes(self) -> pl.DataFrame:
        """Table vessels of the case: mover and class."""
        known = {v.mover: v.kind for v in self.vessels}
        return pl.DataFrame(
            {"mover": list(known), "class": list(known.values())}, schema_overrides={"mover": pl.Int64()}
        )

    def run(self, find: Callable[..., pl.DataFrame], kind: str) -> pl.DataFrame:
        """The events that the rule finds in it."""
        points = self.points()
        given = dict(self.tables())
        last = [points["t_seen"].max()] + [d["t_seen"].max() for n, d in given.items() if n == "detections"]
        to = max(t for t in last if t is not None) + timedelta(hours=self.hours, microseconds=1)  # type: ignore[operator]
        return find(kind, points, vessels=self.classes(), to=to, **given)


def fires(text: str, *vessels: Vessel, **more: Any) -> Case:
    """A case in which the rule must find an event."""
    return Case(text, True, vessels, **more)


def silent(text: str, *vessels: Vessel, **more: Any) -> Case:
    """A case in which the rule must find nothing."""
    return Case(text, False, vessels, **more)


__all__ = ["Case", "Leg", "Vessel", "fires", "sea", "silent"]
