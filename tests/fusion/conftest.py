"""A small sea with looks, for the tests of fusion."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import shapely

from makara.base import geo

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
POINT = {
    "mover": pl.Int64,
    "t_seen": pl.Datetime("us", "UTC"),
    "report": pl.Int64,
    "track": pl.Int64,
    "lon_deg": pl.Float64,
    "lat_deg": pl.Float64,
    "sog_kn": pl.Float32,
    "cog_deg": pl.Float32,
    "receiver": pl.String,
    "transponder": pl.String,
    "mark": pl.String,
}


@dataclass
class Sea:
    """Vessels on straight courses around a place, and one look."""

    lon: float = 130.0
    lat: float = -10.0
    points: list[tuple] = field(default_factory=list)
    found: list[dict] = field(default_factory=list)

    def place(self, east_m, north_m):
        x, y = geo.destination(self.lon, self.lat, np.degrees(np.arctan2(east_m, north_m)), np.hypot(east_m, north_m))
        return float(x), float(y)

    def vessel(
        self, mover, east_m, north_m, *, kn=0.0, course=0.0, minutes=(-30, -10, 10, 30), mark="ais", kind="class_a"
    ):
        """A vessel that is at the place at T0 and reports at these minutes."""
        x, y = self.place(east_m, north_m)
        for m in minutes:
            a, b = geo.destination(x, y, course, kn * 1852 / 60 * m)
            t = T0 + timedelta(minutes=m)
            self.points.append(
                (mover, t, len(self.points), mover * 10, float(a), float(b), kn, course, "terrestrial", kind, mark)
            )
        return self

    def fleet(self, n=12, away_m=30_000.0, first=900):
        """Vessels around that tell reception."""
        for k in range(n):
            a = 2 * np.pi * k / n
            self.vessel(first + k, away_m * np.cos(a), away_m * np.sin(a), minutes=range(-360, 361, 20), mark="fleet")
        return self

    def detection(self, east_m, north_m, *, seconds=0.0, **more):
        x, y = self.place(east_m, north_m)
        row = {
            "detection": f"de{len(self.found):03}",
            "collection": "co",
            "sensor": "sar",
            "t_seen": T0 + timedelta(seconds=seconds),
            "lon_deg": x,
            "lat_deg": y,
            "semi_major_m": 120.0,
            "semi_minor_m": 90.0,
            "orientation_deg": 12.0,
            "length_m": None,
            "p_vessel": 0.95,
            "structure": None,
            "mark": "image",
        }
        self.found.append(row | more)
        return self

    @property
    def track_points(self):
        return pl.DataFrame(self.points, schema=POINT, orient="row")

    @property
    def detections(self):
        types = {"length_m": pl.Float32, "structure": pl.String, "t_seen": pl.Datetime("us", "UTC")}
        return pl.DataFrame(self.found, schema_overrides=types, infer_schema_length=None)

    def look(self, half_m=60_000.0, **more):
        x = [self.place(e, n) for e, n in ((-half_m, -half_m), (half_m, -half_m), (half_m, half_m), (-half_m, half_m))]
        lon = self.lon + geo.lon_delta(self.lon, [p[0] for p in x])
        whole = shapely.Polygon(list(zip(lon, [p[1] for p in x], strict=True)))
        cut = [
            shapely.transform(
                shapely.intersection(whole, shapely.box(s - 180, -90, s + 180, 90)), lambda p, s=s: p - [s, 0]
            )
            for s in (-360, 0, 360)
        ]
        shape = shapely.MultiPolygon([p for p in cut if not p.is_empty])
        row = {"collection": "co", "sensor": "sar", "footprint": shapely.to_wkb(shape), "mark": "look"} | more
        return pl.DataFrame([row])


@pytest.fixture
def sea():
    return Sea()


@pytest.fixture(scope="session")
def make_sea():
    return Sea
