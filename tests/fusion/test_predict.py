"""Predict: areas that hold the vessel, grow with time and are cut at 180."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import shapely

import makara
from makara.base import geo
from makara.base.errors import ColumnsError, NotFoundError
from makara.tables import table

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def area(wkb):
    return shapely.area(shapely.from_wkb(wkb))


def test_the_area_holds_a_vessel_that_keeps_its_course_and_grows(sea):
    points = sea.vessel(1, 0, 0, kn=12, course=70, minutes=(-20, -10, 0)).track_points
    hours = [0.5, 1, 3, 6, 12, 48]
    out = makara.predict(points, 10, at=[T0 + timedelta(hours=h) for h in hours])
    assert out.columns == [c for c in table("regions").schema if c not in ("source", "t_known", "mark")]
    areas = [area(w) for w in out["region"]]
    assert areas == sorted(areas)
    for h, wkb in list(zip(hours, out["region"], strict=True))[:4]:
        x, y = geo.destination(sea.lon, sea.lat, 70.0, 12 * 1852 * h)
        assert shapely.contains_xy(shapely.from_wkb(wkb), x, y)


def test_between_reports_the_area_is_small(sea):
    points = sea.vessel(1, 0, 0, kn=12, course=70, minutes=(-20, 20)).track_points
    both = makara.predict(points, 10, at=T0)["region"][0]
    ahead = makara.predict(points, 10, at=T0 + timedelta(minutes=40))["region"][0]
    assert area(both) < area(ahead)


@pytest.mark.parametrize(("lon", "lat"), [(179.99, -17.0), (-179.99, -17.0), (20.0, 89.9)])
def test_across_180_and_at_the_pole(make_sea, lon, lat):
    points = make_sea(lon=lon, lat=lat).vessel(1, 0, 0, minutes=(-20, 0)).track_points
    shape = shapely.from_wkb(makara.predict(points, 10, at=T0 + timedelta(hours=5))["region"][0])
    w, _, e, n = shape.bounds
    assert -180.0 <= w < e <= 180.0
    assert n <= 90.0
    assert shapely.contains_xy(shape, lon, lat)
    assert shape.is_valid


def test_errors(sea):
    points = sea.vessel(1, 0, 0).track_points
    with pytest.raises(NotFoundError, match="11"):
        makara.predict(points, 11, at=T0)
    with pytest.raises(ColumnsError, match="lon_deg"):
        makara.predict(points.drop("lon_deg"), 10, at=T0)
