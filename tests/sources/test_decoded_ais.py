"""Sources of AIS that others decoded: norwegian, exactearth, spire, gfw, aisstream, aishub, digitraffic."""

from __future__ import annotations

import bz2
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from source_reading import SAMPLES, facts, read, reasons

from makara.base.errors import ColumnsError, InputError, UsageError
from makara.sources import guesses
from makara.sources import source as source_of


def rows(name: str, table: str, *columns: str, file: str) -> list[tuple[Any, ...]]:
    frames, _ = read(name, SAMPLES / file)
    return facts(frames[table], *columns)


def test_norwegian_json() -> None:
    frames, rejects = read("norwegian", SAMPLES / "norwegian.ndjson")
    found = facts(frames["reports"], "mmsi", "transponder", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "rot_deg_min")
    assert found == [
        (257000001, "class_a", 18.95, 69.65, 8.4, 0.0, -12.5),
        (257000002, "class_b", -179.999, 70.1, None, None, None),
        (257000005, "class_a", 18.2, 70.2, 3.0, 12.0, None),
    ]
    assert facts(frames["reports"], "nav_status", "heading_deg") == [(None, None), (None, 88.0), (7, 10.0)]
    said, repeated = frames["claims"].to_dicts()
    assert said["t_seen"] == datetime(2024, 3, 1, 12, 0, 9, tzinfo=UTC)
    assert (said["imo"], said["callsign"], said["eta_text"], said["length_m"]) == (9000003, "LEX1", "03-02T18:30", 80.0)
    assert said["draught_m"] == pytest.approx(5.3)
    assert repeated["t_seen"] == datetime(2024, 3, 1, 12, tzinfo=UTC), "what rows repeat is claimed once an hour"
    assert (repeated["name"], repeated["imo"], repeated["msg_type"]) == ("EXAMPLE PUFFIN", None, None)
    assert reasons(rejects) == [(5, "missing_value"), (6, "missing_value"), (7, "bad_row")]
    assert rejects["raw"][2] == b'{"type":"Position","mmsi":257000004,"msgtime":'


def test_norwegian_csv() -> None:
    frames, rejects = read("norwegian", SAMPLES / "norwegian.csv")
    found = facts(frames["reports"], "lon_deg", "sog_kn", "cog_deg", "heading_deg", "nav_status", "msg_type")
    assert found == [(7.92002, 9.7, 185.8, 189.0, 0, 1), (7.92002, None, None, None, None, 1)]
    assert reasons(rejects) == [(4, "missing_value")]


def test_exactearth() -> None:
    frames, rejects = read("exactearth", SAMPLES / "exactearth.csv")
    a, b, c = frames["reports"].to_dicts()
    assert a["t_seen"] == datetime(2015, 1, 31, 23, 59, 59, 250_000, tzinfo=UTC)
    assert (a["lon_deg"], a["radio_channel"], a["accurate"], a["receiver"]) == (-180.0, "A", True, "satellite")
    assert a["rot_deg_min"] == pytest.approx(-((10 / 4.733) ** 2), abs=0.05)
    assert [x["transponder"] for x in (a, b, c)] == ["class_a", "long_range", "aid"]
    found = facts(frames["claims"], "msg_type", "name", "length_m", "width_m", "eta_text")
    assert found == [(5, "EXAMPLE NODDY", 120.0, 18.0, "02-03"), (21, "EXAMPLE BUOY", 4.0, 2.0, None)]
    assert reasons(rejects) == [(5, "missing_value"), (8, "bad_value"), (9, "bad_time")]
    assert "no AIS message type 99" in rejects["detail"][1]


def test_spire_messages() -> None:
    frames, rejects = read("spire", SAMPLES / "spire.csv")
    found = facts(frames["reports"], "mmsi", "lon_deg", "sog_kn", "nav_status", "receiver", "transponder", "accurate")
    assert found == [
        (636000001, -179.95, 12.1, 0, "satellite", "class_a", True),
        (636000002, 100.5, None, None, "unknown", "class_b", False),
    ]
    claim = frames["claims"].row(0, named=True)
    assert (claim["name"], claim["receiver"], claim["eta"]) == (
        "EXAMPLE TROPICBIRD",
        "terrestrial",
        datetime(2024, 3, 9, 6, tzinfo=UTC),
    )
    assert reasons(rejects) == [(5, "no_time")]


def test_spire_vessels_of_the_api() -> None:
    frames, rejects = read("spire", SAMPLES / "spire_vessels.json")
    found = facts(frames["reports"], "mmsi", "lon_deg", "rot_deg_min", "nav_status", "receiver")
    assert found == [(636000001, 179.95, -3.0, 0, "satellite")]
    claim = frames["claims"].row(0, named=True)
    assert claim["t_seen"] == datetime(2024, 3, 1, 11, 55, tzinfo=UTC), "static data have a time of their own"
    assert (claim["imo"], claim["length_m"], claim["destination"]) == (9000027, 333.0, "SINGAPORE")
    assert reasons(rejects) == [(2, "no_time")]


V1 = {
    "id": "a5b7", "name": "EXAMPLE", "mmsi": 538000001, "imo": 9074729, "call_sign": "V7AB1", "class": "B",
    "length": 100, "width": 20, "static_updated_at": "2019-01-01T00:05:00+00:00",
    "last_known_position": {
        "timestamp": "2019-01-01T00:10:00+00:00", "geometry": {"type": "Point", "coordinates": [10.5, 50.1]},
        "heading": 90.0, "speed": 10.1, "rot": 0.0, "accuracy": 1, "collection_type": "satellite", "course": 91.0,
    },
    "most_recent_voyage": {"eta": "2019-01-05T00:00:00+00:00", "destination": "SUVA", "draught": 8.5},
}  # fmt: skip


def test_whole_answers_of_spire_s_apis(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    page = {"paging": {"limit": 1, "total": {"value": 2}}, "data": [V1], "next": {"since": "abc"}}
    path.write_text(json.dumps(page) + "\n" + json.dumps({"data": [{**V1, "mmsi": 538000002}]}))
    frames, rejects = read("spire", path)
    assert rejects.is_empty()
    assert frames["reports"]["mmsi"].to_list() == [538000001, 538000002]
    assert facts(frames["reports"].head(1), "lon_deg", "lat_deg", "sog_kn", "receiver", "transponder") == [
        (10.5, 50.1, pytest.approx(10.1), "satellite", "class_b")
    ]
    assert facts(frames["claims"].head(1), "name", "destination", "draught_m", "eta_text") == [
        ("EXAMPLE", "SUVA", 8.5, "01-05T00:00")
    ]
    nodes = json.loads((SAMPLES / "spire_vessels.json").read_text())["data"]["vessels"]["nodes"]
    told = {"pageInfo": {"hasNextPage": False}, "totalCount": {"value": 2}, "nodes": nodes}
    path.write_text(json.dumps({"data": {"vessels": told}}, indent=1))
    assert len(read("spire", path)[0]["reports"]) == 1
    assert guesses(path)[1][0][0] == "spire"


def test_norwegian_geojson(tmp_path: Path) -> None:
    path = tmp_path / "latest.json"
    told = {"mmsi": 257000003, "msgtime": "2024-06-10T12:00:00+00:00", "speedOverGround": 1.5}
    place = {"type": "Point", "coordinates": [5.7, 58.9]}
    features = [{"type": "Feature", "geometry": place, "properties": told}]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert guesses(path)[1][0][0] == "norwegian"
    frames, _ = read("norwegian", path)
    assert facts(frames["reports"], "mmsi", "lon_deg", "lat_deg", "sog_kn") == [(257000003, 5.7, 58.9, 1.5)]


def test_speeds_that_say_not_available_differ_by_type(tmp_path: Path) -> None:
    path = tmp_path / "speeds.csv"
    rows = ["1,102.3", "1,102.2", "27,63", "27,62", "9,120", "9,1023"]
    path.write_text("ssvid,timestamp,lat,lon,type,speed\n" + "".join(
        f"{111257001 if row[0] == '9' else 257000001},2024-01-01 00:00:0{i} UTC,1,2,AIS.{row}\n"
        for i, row in enumerate(rows)
    ))  # fmt: skip
    frames, _ = read("gfw", path)
    speeds = frames["reports"].sort("t_seen")["sog_kn"].to_list()
    assert speeds == [None, pytest.approx(102.2), None, 62.0, 120.0, None]


def test_gfw() -> None:
    frames, rejects = read("gfw", SAMPLES / "gfw.csv")
    found = facts(frames["reports"], "mmsi", "lon_deg", "sog_kn", "nav_status", "receiver", "station", "msg_type")
    assert found == [
        (440000001, 179.9, 5.1, 7, "satellite", "rX1", 1),
        (440000002, 10.5, 0.1, None, "terrestrial", "rX0", 19),
    ]
    claims = facts(frames["claims"].sort("line"), "line", "msg_type", "name", "ship_type", "imo", "width_m")
    assert claims == [
        (3, 5, "EXAMPLE SHAG", 30, 9000003, None),
        (4, 19, "EXAMPLE WREN", 90, None, 3.0),
        (5, 24, None, None, None, None),
    ]
    assert reasons(rejects) == [(6, "missing_value"), (7, "missing_value")]


def test_gfw_parquet_gives_the_keys_of_its_csv(tmp_path: Path) -> None:
    times = pl.col("timestamp").str.to_datetime("%Y-%m-%d %H:%M:%S UTC", time_zone="UTC")
    numbers = [pl.col(c).cast(pl.Float64) for c in ("lon", "lat", "speed", "course", "heading", "status")]
    pl.read_csv(SAMPLES / "gfw.csv", infer_schema=False).with_columns(times, *numbers).write_parquet(
        tmp_path / "gfw.parquet"
    )
    plain, _ = read("gfw", SAMPLES / "gfw.csv")
    typed, rejects = read("gfw", tmp_path / "gfw.parquet")
    for table in ("reports", "claims"):
        assert typed[table].drop("line").equals(plain[table].drop("line"))
    assert rejects["reason"].to_list() == ["missing_value"] * 2


def test_aisstream() -> None:
    frames, rejects = read("aisstream", SAMPLES / "aisstream.ndjson")
    reports = frames["reports"]
    assert facts(reports, "mmsi", "msg_type", "transponder", "sog_kn", "accurate") == [
        (259000001, 3, "class_a", 0.3, True),
        (259000002, 18, "class_b", None, False),
        (259000003, 19, "class_b", 5.0, False),
        (992590001, 21, "aid", None, True),
        (259000001, 27, "long_range", 12.0, False),
    ]
    assert reports["t_seen"][0] == datetime(2022, 12, 29, 18, 22, 32, 318_353, tzinfo=UTC)
    assert reports["rot_deg_min"][0] == pytest.approx((4 / 4.733) ** 2, abs=0.05)
    claims = facts(frames["claims"], "msg_type", "part", "name", "callsign", "ship_type", "length_m", "eta_text")
    assert claims == [
        (5, None, "EXAMPLE GULL", "LEX2", 30, 80.0, "01-02T18:30"),
        (24, "A", "EXAMPLE EIDER", None, None, None, None),
        (24, "B", None, "LEX3", 37, 12.0, None),
        (19, None, "EXAMPLE SMEW", None, 36, 12.0, None),
        (21, None, "EXAMPLE REEF LIGHTHOUSE", None, None, 2.0, None),
    ]
    assert reasons(rejects) == [(10, "bad_row"), (11, "bad_time")]


@pytest.mark.parametrize("file", ["aishub_human.json", "aishub_ais.xml", "aishub_human.csv"])
def test_aishub_says_the_same_in_every_form(file: str) -> None:
    frames, rejects = read("aishub", SAMPLES / file)
    a = frames["reports"].row(0, named=True)
    assert (a["mmsi"], a["lon_deg"], a["lat_deg"], a["cog_deg"]) == (311000001, -179.98, -16.5, 204.5)
    assert a["t_seen"] == datetime(2024, 3, 1, 8, 6, 55, tzinfo=UTC)
    assert (a["sog_kn"], a["nav_status"]) == (pytest.approx(10.2), 0)
    assert a["rot_deg_min"] == pytest.approx(-5.0, abs=0.5)
    claim = frames["claims"].row(0, named=True)
    assert (claim["name"], claim["eta_text"], claim["length_m"]) == ("EXAMPLE SKUA", "03-02T18:30", 120.0)
    assert claim["draught_m"] == pytest.approx(7.5)
    if not file.endswith("csv"):
        nothing = ("sog_kn", "cog_deg", "heading_deg", "rot_deg_min", "nav_status")
        assert facts(frames["reports"], *nothing)[1] == (None,) * 5
    assert len(frames["claims"]) == 1, "all values of the second vessel mean unknown"
    assert [r for _, r in reasons(rejects)] == (["missing_value"] if file.endswith("json") else [])


def test_aishub_errors_and_broken_answers(tmp_path: Path) -> None:
    (tmp_path / "busy.json").write_text('[{"ERROR":true,"ERROR_MESSAGE":"Too frequent requests!"}]')
    _, rejects = read("aishub", tmp_path / "busy.json")
    assert "Too frequent requests!" in rejects["detail"][0]
    text = (SAMPLES / "aishub_ais.xml").read_bytes()
    (tmp_path / "all.xml.bz2").write_bytes(bz2.compress(text))
    frames, _ = read("aishub", tmp_path / "all.xml.bz2")
    assert len(frames["reports"]) == 2
    (tmp_path / "cut.xml").write_bytes(text[:-60])
    frames, rejects = read("aishub", tmp_path / "cut.xml")
    assert rejects["reason"].to_list() == ["truncated"]
    bomb = b'<!DOCTYPE v [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><VESSELS><vessel MMSI="1" NAME="&b;"/></VESSELS>'
    (tmp_path / "bomb.xml").write_bytes(bomb)
    with pytest.raises(InputError, match="declares XML entities"):
        read("aishub", tmp_path / "bomb.xml")


def test_digitraffic() -> None:
    frames, rejects = read("digitraffic", SAMPLES / "digitraffic.ndjson")
    assert facts(frames["reports"], "mmsi", "lon_deg", "sog_kn", "heading_deg", "rot_deg_min") == [
        (230000001, 20.345818, 10.7, 325.0, 0.0),
        (230000002, 24.95, 0.1, None, None),
    ]
    claim = frames["claims"].row(0, named=True)
    assert (claim["mmsi"], claim["name"], claim["length_m"], claim["eta_text"]) == (
        230000001,
        "EXAMPLE SWAN",
        193.0,
        "03-02T18:30",
    )
    assert claim["t_seen"] == datetime(2024, 3, 1, 12, 0, 5, 123_000, tzinfo=UTC)
    assert reasons(rejects) == [(5, "missing_value")]


def test_options_and_columns_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="receiver 'moon' is unknown"):
        read("gfw", SAMPLES / "gfw.csv", {"receiver": "moon"})
    with pytest.raises(ColumnsError, match="no column ssvid; it has: MMSI"):
        read("gfw", SAMPLES / "aishub_human.csv")
    with pytest.raises(ColumnsError, match="no column Time; it has: MMSI"):
        read("exactearth", SAMPLES / "marinecadastre_2023.csv")
    with pytest.raises(InputError, match="no JSON objects"):
        read("aisstream", SAMPLES / "gfw.csv")


@pytest.mark.parametrize("name", ["norwegian", "exactearth", "spire", "gfw", "aishub"])
def test_the_needed_columns_are_enough(name: str, tmp_path: Path) -> None:
    source = source_of(name).SOURCE
    values = {"mmsi": "257000001", "t_seen": "2024-03-01T12:00:00Z", "lon_deg": "178.5", "lat_deg": "-17.5"}
    values["msg_type"] = "1"
    wanted = list(dict.fromkeys([*source.needed, "lon_deg", "lat_deg"]))
    head = ",".join(source.columns[n][0] for n in wanted)
    (tmp_path / "bare.csv").write_text(f"{head}\n{','.join(values[n] for n in wanted)}\n")
    frames, rejects = read(name, tmp_path / "bare.csv")
    assert facts(frames["reports"], "mmsi", "lon_deg", "lat_deg") == [(257000001, 178.5, -17.5)]
    assert (len(frames["claims"]), len(rejects)) == (0, 0)
