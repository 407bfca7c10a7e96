"""GeoJSON, CSV and JSON of a release."""

from __future__ import annotations

import csv
import io
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from makara.base.errors import NotFoundError
from makara.sinks import geojson, to_csv, to_json, to_jsonl
from makara.sinks.geojson import line
from makara.tables import table
from makara.tables.release import DECISIONS, Release

T0 = datetime(2026, 1, 1, tzinfo=UTC)
STAMPS = {"source": "s", "t_known": T0, "mark": "mk"}
RING = [(177.0, -20.0), (177.0, -15.0), (180.0, -15.0), (180.0, -20.0)]  # clockwise on purpose


def conform(name: str, *rows: dict[str, Any]) -> pl.DataFrame:
    return table(name).conform(pl.DataFrame([STAMPS | r for r in rows], infer_schema_length=None))


def event(**parts: Any) -> dict[str, Any]:
    return {
        "event": "ev1",
        "version": 1,
        "state": "open",
        "kind": "gap",
        "profile": "makara",
        "scope": "",
        "rule": "gap@1",
        "parameters": "p",
        "t_start": T0,
        "t_end_floor": T0 + timedelta(milliseconds=1500),
        "lon_deg": -179.5,
        "lat_deg": -17.25,
        "participants": ["mv1"],
        "mmsi": [1],
        "zones": [],
        "p": 0.3,
        "severity": 2,
        "reasons": [
            {"code": "a", "value": 0.1, "unit": None, "against": None, "weight": 0.7, "text": 'said "so", \n€'}
        ],
        "innocent": [],
        "details": '{"speed_kn":1.5}',
        "evidence": [],
    } | parts


def point(n: int, lon: float, lat: float = 0.0, track: int | None = 5) -> dict[str, Any]:
    return {
        "mover": 1,
        "t_seen": T0 + timedelta(minutes=n),
        "report": n,
        "track": track,
        "lon_deg": lon,
        "lat_deg": lat,
        "receiver": "own",
        "h3_3": 1,
        "flags": [],
        "zones": [],
    }


def released(**tables: pl.DataFrame) -> Release:
    return Release("FJI", "safety", T0, tables, pl.DataFrame(schema=DECISIONS), ())


def sea() -> Release:
    path = shapely.MultiLineString([[(179.0, 1.0), (180.0, 1.5)], [(-180.0, 1.5), (-179.0, 2.0)]]).wkb
    zone = {
        "zone": "zn1",
        "name": "Fiji",
        "kind": "eez",
        "geometry": shapely.Polygon(RING).wkb,
        "box": {"w": 177.0, "s": -20.0, "e": 180.0, "n": -15.0},
        "attributes": "{}",
    }
    alert = {
        "alert": "al1",
        "event": "ev1",
        "version": 1,
        "subscription": "w",
        "rank": 2.0,
        "contributions": [],
        "state": "new",
        "line": True,
    }
    return released(
        events=conform("events", event(), event(event="ev2", shape=path)),
        alerts=conform("alerts", alert),
        zones=conform("zones", zone),
        track_points=conform(
            "track_points", point(3, -179.5, 2.0), point(1, 179.0), point(2, 179.5, 1.0), point(4, 0.0, track=None)
        ),
    )


def test_geojson_is_rfc_7946() -> None:
    told = json.loads(geojson(sea()))
    assert list(told) == ["type", "features"]
    found = {f["id"]: f for f in told["features"]}
    assert all(list(f) == ["type", "id", "geometry", "properties"] for f in told["features"])
    assert found["ev1"]["geometry"] == {"type": "Point", "coordinates": [-179.5, -17.25]}
    assert found["al1"]["geometry"] == found["ev1"]["geometry"]
    assert found["ev2"]["geometry"]["type"] == "MultiLineString"
    assert "shape" not in found["ev2"]["properties"] and found["ev2"]["properties"]["lon_deg"] == -179.5
    ring = shapely.geometry.shape(found["zn1"]["geometry"]).exterior
    assert ring.is_ccw and ring.bounds == (177.0, -20.0, 180.0, -15.0)
    track = found[5]
    assert track["geometry"] == {
        "type": "MultiLineString",
        "coordinates": [[[179.0, 0.0], [179.5, 1.0], [180.0, 1.5]], [[-180.0, 1.5], [-179.5, 2.0]]],
    }
    assert track["properties"] == {
        "table": "track_points",
        "track": 5,
        "mover": 1,
        "t_start": "2026-01-01T00:01:00Z",
        "t_end": "2026-01-01T00:03:00Z",
        "n": 3,
    }


def test_an_empty_release_is_an_empty_collection() -> None:
    assert json.loads(geojson(released())) == {"type": "FeatureCollection", "features": []}
    assert json.loads(to_json(released(), "events")) == []
    assert to_csv(released(), "events").count("\n") == 1
    assert to_jsonl(released(), "events") == ""


def test_withheld_places_have_no_geometry() -> None:
    bare = conform("events", event()).with_columns(lon_deg=pl.lit(None, pl.Float64))
    assert json.loads(geojson(released(events=bare)))["features"][0]["geometry"] is None


@pytest.mark.parametrize("name", ["events", "alerts", "zones", "track_points"])
def test_json_fits_the_schema_of_its_table(name: str) -> None:
    rows = json.loads(to_json(sea(), name))
    assert rows == [json.loads(x) for x in to_jsonl(sea(), name).splitlines()]
    for r in rows:
        jsonschema.validate(r, table(name).json_schema())


def test_values_are_written_as_they_are_meant() -> None:
    row = json.loads(to_json(sea(), "events"))[0]
    assert row["t_start"] == "2026-01-01T00:00:00Z" and row["t_end_floor"] == "2026-01-01T00:00:01.500000Z"
    assert row["t_end"] is None and row["p"] == 0.3 and row["details"] == {"speed_kn": 1.5}
    assert row["reasons"] == [
        {"code": "a", "value": 0.1, "unit": None, "against": None, "weight": 0.7, "text": 'said "so", \n€'}
    ]


def test_csv_reads_back() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(sea(), "events"), newline="")))
    assert [r["event"] for r in rows] == ["ev1", "ev2"]
    assert rows[0]["t_end"] == "" and rows[0]["p"] == "0.3" and json.loads(rows[0]["mmsi"]) == [1]
    assert json.loads(rows[0]["reasons"])[0]["text"] == 'said "so", \n€'
    assert json.loads(rows[1]["shape"])["type"] == "MultiLineString"
    assert next(iter(csv.DictReader(io.StringIO(to_csv(sea(), "alerts")))))["line"] == "true"


def test_an_unknown_table_is_named() -> None:
    for sink in (to_csv, to_json, to_jsonl):
        with pytest.raises(NotFoundError, match="'nonsense'"):
            sink(sea(), "nonsense")


@given(
    st.floats(-180, 179.999),
    st.lists(st.tuples(st.floats(-60, 60), st.floats(-80, 80)), min_size=0, max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_lines_never_jump_and_lose_no_place(start: float, steps: list[tuple[float, float]]) -> None:
    lon = (np.cumsum([start] + [s for s, _ in steps]) + 180.0) % 360.0 - 180.0
    lat = np.array([0.0] + [y for _, y in steps])
    shape = line(lon, lat)
    if shape["type"] == "Point":
        assert len({(round(x, 6), round(y, 6)) for x, y in zip(lon, lat, strict=True)}) == 1
        return
    parts = [shape["coordinates"]] if shape["type"] == "LineString" else shape["coordinates"]
    for part in parts:
        assert len(part) > 1
        assert np.abs(np.diff([x for x, _ in part])).max() <= 60.0001
        assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in part)
    for a, b in itertools.pairwise(parts):
        assert {a[-1][0], b[0][0]} == {-180.0, 180.0} and a[-1][1] == b[0][1]
    told = {((x + 180.0) % 360.0 - 180.0, y) for part in parts for x, y in part}
    for x, y in zip(np.round(lon, 7), np.round(lat, 7), strict=True):
        assert (float((x + 180.0) % 360.0 - 180.0), float(y)) in told
