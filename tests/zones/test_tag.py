"""Tag: zones that hold points, distances to anchorages and the shore."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from makara.base import geo
from makara.base.errors import ColumnsError, InputError
from makara.zones import Shore, tag

T0 = datetime(2026, 3, 1, tzinfo=UTC)
ROOF = shapely.Polygon([(-50, -50), (50, -50), (0, 60)], [[(-5, -5), (5, -5), (0, 5)]])


def zones(**shapes):
    """Zones named by keyword; the kind is the name up to the first underscore."""
    return pl.DataFrame(
        {
            "zone": list(shapes),
            "kind": [name.split("_")[0] for name in shapes],
            "geometry": [shapely.to_wkb(s) for s in shapes.values()],
        },
        schema={"zone": pl.String, "kind": pl.String, "geometry": pl.Binary},
    )


def points(*places, **more):
    return pl.DataFrame({"lon_deg": [float(x) for x, _ in places], "lat_deg": [float(y) for _, y in places], **more})


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.3, 5.0]))
def test_cells_give_what_each_point_alone_gives(seed, spread):
    rng = np.random.default_rng(seed)
    star = shapely.MultiPoint(rng.uniform(-1, 1, (6, 2)) * spread).convex_hull
    at = np.round(rng.uniform(-1.2, 1.2, (200, 2)) * spread, rng.integers(1, 8))
    out = tag(points(*at), zones(eez_a=star, mpa_b=ROOF))
    for (x, y), held in zip(at, out["zones"], strict=True):
        expected = [name for name, s in (("eez_a", star), ("mpa_b", ROOF)) if s.intersects(shapely.Point(x, y))]
        assert held.to_list() == expected


def test_only_polygons_hold_points():
    out = tag(
        points((0, 0)),
        zones(
            cable=shapely.LineString([(-1, 0), (1, 0)]), anchorage=shapely.Point(0, 0), eez=shapely.box(-1, -1, 1, 1)
        ),
    )
    assert out["zones"].to_list() == [["eez"]]


def test_a_zone_cut_at_180_holds_both_sides():
    fiji = shapely.MultiPolygon([shapely.box(178, -20, 180, -15), shapely.box(-180, -20, -178, -15)])
    out = tag(points((179.9, -17), (-180.0, -17), (-178.1, -17), (-177.9, -17)), zones(eez=fiji))
    assert out["zones"].to_list() == [["eez"], ["eez"], ["eez"], []]


def test_zones_hold_while_in_force():
    law = zones(closed=shapely.box(-1, -1, 1, 1)).with_columns(
        pl.Series("from", [T0]), pl.Series("to", [T0.replace(day=2)])
    )
    times = [T0.replace(month=2), T0, T0.replace(day=2)]
    assert tag(points(*[(0, 0)] * 3, t_seen=times), law)["zones"].to_list() == [[], ["closed"], []]


@pytest.mark.parametrize("lat", [0.0, -60.0, 78.0])
def test_distance_to_anchorages_is_geodesic(lat):
    away = [0.0, 900.0, 3000.0, 4000.0, 49_000.0, 51_000.0]
    x, y = geo.destination(-179.95, lat, 250.0, away)
    got = tag(points(*zip(x, y, strict=True)), zones(anchorage=shapely.Point(-179.95, lat)))["anchorage_m"].to_list()
    assert got[:-1] == pytest.approx(away[:-1], abs=1.0)
    assert got[-1] is None


def test_inside_a_port_the_anchorage_is_here():
    port = shapely.box(0, 0, 0.2, 0.2)
    got = tag(points((0.1, 0.1), (0.1, 0.2 + 3000 / 110_574)), zones(port=port))["anchorage_m"].to_list()
    assert got[0] == 0.0
    assert got[1] == pytest.approx(3000, abs=10)


def test_shore_and_land():
    grid = np.full((1801, 3600), 500, np.int16)
    shore = Shore(grid, 100.0, lambda lon, lat: lon > 10.0)
    out = tag(points((0, 0), (11, 0), flags=[["too_fast", "on_land"], ["too_fast"]]), zones(), shore=shore)
    assert out["shore_m"].to_list() == [50_000.0, 0.0]
    assert out["flags"].to_list() == [["too_fast"], ["too_fast", "on_land"]]
    assert out["zones"].to_list() == [[], []]
    assert out["anchorage_m"].to_list() == [None, None]


def test_tagging_again_changes_nothing_and_no_rows_are_no_trouble():
    law = zones(eez=ROOF, port=shapely.Point(1, 1))
    once = tag(points((1, 1.1), (7, 7), flags=[["too_fast"], []]), law)
    assert_frame_equal(tag(once, law), once)
    assert len(tag(once.head(0), law)) == 0


def test_errors():
    with pytest.raises(ColumnsError, match="lat_deg"):
        tag(points((0, 0)).drop("lat_deg"), zones())
    with pytest.raises(ColumnsError, match="geometry"):
        tag(points((0, 0)), zones().drop("geometry"))
    with pytest.raises(InputError, match="WKB"):
        tag(points((0, 0)), pl.DataFrame({"zone": ["a"], "kind": ["eez"], "geometry": [b"no"]}))
