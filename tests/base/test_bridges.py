"""To GeoPandas and movingpandas and back: nothing is lost, coordinates are turned, doors take what they give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

import geopandas
import pandas as pd
import polars as pl
import pytest
import shapely

import makara
from makara.base.errors import ColumnsError, UsageError
from makara.base.frames import frame

START = datetime(2026, 3, 14, 22, tzinfo=UTC)


def reports(n: int = 40, lon: float = 179.8, step: float = 0.01) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "report": range(1, n + 1),
            "mover": [563000001] * n,
            "t_seen": [START + timedelta(minutes=5 * k) for k in range(n)],
            "lon_deg": [(lon + step * k + 180.0) % 360.0 - 180.0 for k in range(n)],
            "lat_deg": [-17.0 + 0.001 * k for k in range(n)],
            "sog_kn": pl.Series([7.0] * n, dtype=pl.Float32),
            "mmsi": pl.Series([563000001] * (n - 1) + [None], dtype=pl.Int32),
        }
    )


def test_points_go_out_and_come_back_whole() -> None:
    points = makara.segment(reports())
    out = makara.to_geopandas(points)
    assert isinstance(out, geopandas.GeoDataFrame) and out.crs == "OGC:CRS84"
    assert out.geometry.x.tolist() == points["lon_deg"].to_list()
    assert out["track"].dtype == "Int64" and str(out["mmsi"].dtype) == "Int32" and out["mmsi"].isna().sum() == 1
    back = frame(out)
    columns = ["report", "mover", "track", "t_seen", "lon_deg", "lat_deg", "sog_kn", "mmsi"]
    assert back.select(columns).equals(points.select(columns))


def test_doors_take_geodataframes_in_any_coordinate_system() -> None:
    given = reports(lon=10.0)
    points = makara.segment(given)
    bare = geopandas.GeoDataFrame(
        given.drop("lon_deg", "lat_deg", "mmsi").to_pandas(),
        geometry=geopandas.points_from_xy(given["lon_deg"], given["lat_deg"]),
        crs="OGC:CRS84",
    )
    same = ["report", "track", "t_seen", "lon_deg", "lat_deg"]
    assert makara.segment(bare).select(same).equals(points.select(same))
    mercator = makara.segment(bare.to_crs(3857))
    assert (mercator["lon_deg"] - points["lon_deg"]).abs().max() < 1e-6  # type: ignore[operator]
    assert (makara.segment(bare.to_crs("EPSG:4326"))["lat_deg"] - points["lat_deg"]).abs().max() < 1e-9  # type: ignore[operator]
    slow = makara.find("loitering", points, speed_max_kn=20.0, duration_min_s=3600, shore_min_m=0.0)
    assert makara.find("loitering", makara.to_geopandas(points), speed_max_kn=20.0, duration_min_s=3600,
                       shore_min_m=0.0).equals(slow)  # fmt: skip
    seen = pl.DataFrame({"detection": ["de1"], "sensor": ["optical"], "t_seen": [START + timedelta(hours=1)],
                         "lon_deg": [10.12], "lat_deg": [-16.988], "collection": ["co1"]})  # fmt: skip
    look = pl.DataFrame({"collection": ["co1"], "footprint": [shapely.to_wkb(shapely.box(9.0, -18.0, 11.0, -16.0))]})
    plain = makara.match(seen, look, points)
    assert plain["track"].to_list() == [points["track"][0]]
    outside = makara.match(makara.to_geopandas(seen), makara.to_geopandas(look), makara.to_geopandas(points))
    assert outside.equals(plain)


def test_shapes_keep_their_name_and_events_fall_back_on_their_place() -> None:
    square = shapely.to_wkb(shapely.box(0.0, 0.0, 1.0, 1.0))
    zones = pl.DataFrame({"zone": ["zo1"], "kind": ["mpa"], "geometry": [square]})
    assert frame(makara.to_geopandas(zones)).equals(zones.select("zone", "kind", "geometry"))
    events = pl.DataFrame({"event": ["a", "b", "c"], "lon_deg": [5.0, 6.0, None], "lat_deg": [1.0, 2.0, None],
                           "shape": [square, None, None]})  # fmt: skip
    out = makara.to_geopandas(events)
    assert out.geometry.geom_type.tolist()[:2] == ["Polygon", "Point"] and out.geometry.name == "shape"
    assert out.geometry.isna().tolist() == [False, False, True]
    with pytest.raises(ColumnsError, match="no place"):
        makara.to_geopandas(pl.DataFrame({"vessel": ["v"]}))


def test_a_frame_without_coordinate_system_is_refused_not_guessed() -> None:
    bare = geopandas.GeoDataFrame({"report": [1]}, geometry=geopandas.points_from_xy([1.0], [2.0]))
    with pytest.raises(UsageError, match="coordinate system"):
        frame(bare)


def test_180_degrees_east_is_west_and_no_place_is_null() -> None:
    points = [shapely.Point(180.0, 1.0), None]
    back = frame(geopandas.GeoDataFrame({"k": [1, 2]}, geometry=points, crs="OGC:CRS84"))
    assert back.select("lon_deg", "lat_deg").rows() == [(-180.0, 1.0), (None, None)]


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # movingpandas with pandas 3.1
def test_movingpandas_gets_trajectories_and_gives_points_back() -> None:
    other = reports(lon=20.0).with_columns(pl.col("mover", "report") + 99)
    points = makara.segment(pl.concat([reports(), other]))
    trajectories = makara.to_movingpandas(points)
    assert type(trajectories) is import_module("movingpandas").TrajectoryCollection
    assert sorted(t.id for t in trajectories) == sorted(points["track"].unique())
    lengths = [t.get_length("km") for t in trajectories]
    assert lengths == pytest.approx([41.6, 41.6], rel=0.01)  # across 180 too
    first = trajectories.trajectories[0]
    assert first.df.index[0] == pd.Timestamp("2026-03-14 22:00")
    back = frame(first.df)
    assert back["t_seen"][0] == START and back["track"].unique().to_list() == [first.id]
    assert len(makara.find("loitering", first.df, speed_max_kn=20.0, duration_min_s=3600, shore_min_m=0.0)) == 1
    with pytest.raises(UsageError, match="two points"):
        makara.to_movingpandas(points.head(1))
    with pytest.raises(ColumnsError, match="t_seen"):
        makara.to_movingpandas(pl.DataFrame({"track": [1], "lon_deg": [1.0], "lat_deg": [1.0]}))


def test_pandas_with_a_named_index_is_a_table_too() -> None:
    given = reports().drop("mmsi").to_pandas().set_index("t_seen")
    assert makara.segment(given)["t_seen"].to_list() == reports()["t_seen"].to_list()
