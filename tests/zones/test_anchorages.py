"""Anchorages discovered from tracks: counts, thresholds, 180 degrees, order; the door of a lake; real tracks."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import makara
from as_typed import makara as typed
from makara.base.errors import ColumnsError
from makara.base.geo import destination, distance_m, wrap_lon
from makara.base.time import parse
from makara.zones.anchorages import ANCHORAGES, anchorages, stays

START = parse("2025-03-01T00:00:00Z")


def lying(
    at: tuple[float, float], vessels: int, hours: float = 15.0, spread_m: float = 200.0, first: int = 1
) -> pl.DataFrame:
    """Vessels that come from 10 km away, lie near a place for hours, an hour apart, and go."""
    rng = np.random.default_rng(first)
    parts = []
    for k in range(vessels):
        x, y = destination(*at, float(rng.uniform(0, 360)), float(rng.uniform(0, spread_m)))
        far = destination(*at, float(rng.uniform(0, 360)), 10_000.0)
        n = int(hours) + 1
        drift = rng.normal(0, 30.0, n)
        lon, lat = destination(x, y, 90.0, drift)
        parts.append(
            pl.DataFrame(
                {
                    "mover": 412000000 + first + k,
                    "lon_deg": [float(far[0]), *lon.tolist(), float(far[0])],
                    "lat_deg": [float(far[1]), *lat.tolist(), float(far[1])],
                    "t_seen": [START + timedelta(hours=float(h) + 5 * k) for h in range(n + 2)],
                }
            )
        )
    points = pl.concat(parts).with_columns(track=pl.col("mover"))
    return points.with_columns(pl.col("t_seen").dt.cast_time_unit("us"))


def test_a_place_where_twenty_vessels_lay_for_twelve_hours_is_an_anchorage() -> None:
    found = anchorages(lying((103.8, 1.2), 25))
    assert found.schema == ANCHORAGES
    assert found.select("vessels", "stays", "positions").row(0) == (25, 25, 400)
    assert distance_m(found["lon_deg"], found["lat_deg"], 103.8, 1.2)[0] < 150
    assert found["stay_mean_s"][0] == 15 * 3600
    assert 20 < found["drift_m"][0] < 250


@pytest.mark.parametrize(
    "points",
    [
        lying((103.8, 1.2), 19),
        lying((103.8, 1.2), 25, hours=11),
        lying((103.8, 1.2), 40, spread_m=6000.0),
    ],
    ids=["too few vessels", "too short", "too far apart"],
)
def test_less_is_none(points: pl.DataFrame) -> None:
    assert len(anchorages(points)) == 0


def test_a_vessel_that_comes_often_is_one_vessel() -> None:
    points = lying((103.8, 1.2), 25).with_columns(mover=pl.lit(412000001, pl.Int64()))
    assert len(stays(points)) == 25
    assert len(anchorages(points)) == 0


def test_two_places_two_kilometres_apart_are_two() -> None:
    lon, lat = destination(103.8, 1.2, 60.0, 2000.0)
    both = pl.concat([lying((103.8, 1.2), 30), lying((float(lon), float(lat)), 21, first=500)])
    assert anchorages(both)["vessels"].to_list() == [30, 21]


@settings(max_examples=12, derandomize=True, deadline=None)
@given(shift=st.floats(-360, 360), seed=st.integers(0, 99), lat=st.sampled_from([-17.0, 0.0, 60.0, 89.0]))
def test_longitude_and_order_change_nothing(shift: float, seed: int, lat: float) -> None:
    points = lying((179.999, lat), 24)
    one = anchorages(points)
    assert len(one) == 1
    moved = points.with_columns(pl.Series("lon_deg", wrap_lon(points["lon_deg"].to_numpy() + shift)))
    other = anchorages(moved.sample(fraction=1.0, shuffle=True, seed=seed))
    counts = ["vessels", "stays", "positions", "stay_mean_s"]
    assert one.select(counts).equals(other.select(counts))
    back = wrap_lon(other["lon_deg"].to_numpy() - shift)
    assert distance_m(one["lon_deg"], one["lat_deg"], back, other["lat_deg"])[0] < 1.0
    assert -180 <= other["lon_deg"][0] < 180


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ColumnsError, match="track"):
        anchorages(lying((0.0, 0.0), 1).drop("track"))


def test_a_lake_gives_zones_that_it_takes_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")
    rows = lying((179.9995, -17.0), 24).with_columns(pl.col("t_seen").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    rows.drop("track").write_csv(tmp_path / "ais.csv")
    lake, out = tmp_path / "lake", tmp_path / "anchorages.geojson"

    def run(*words: str) -> str:
        done = typed(*words)
        return done.stdout + done.stderr

    maps = [w for c in ("mmsi=mover", "t_seen=t_seen", "lon_deg=lon_deg", "lat_deg=lat_deg") for w in ("--map", c)]
    run("ingest", str(lake), "mapped", str(tmp_path / "ais.csv"), *maps)
    run("run", str(lake))
    assert "1 anchorages" in run("anchorages", str(lake), "--out", str(out))
    (feature,) = json.loads(out.read_text())["features"]
    assert feature["geometry"]["type"] == "Point"
    assert feature["properties"]["kind"] == "anchorage"
    run("ingest", str(lake), "zones", str(out))
    zones = makara.open(lake).lake.state("zones")
    assert json.loads(zones["attributes"][0])["vessels"] == 24
