"""Values of AIS messages: field by field against pyais, and what "not available" becomes."""

from __future__ import annotations

import gzip
import math
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyais import encode_dict
from pyais.constants import ShipType
from pyais.stream import IterMessages

from makara.sensors.ais import Decoded, decode
from makara.tables import table

POSITIONS = (1, 2, 3, 4, 9, 11, 18, 19, 21, 27)
CLAIMS = (5, 19, 21, 24)


def sent(**fields: object) -> Decoded:
    return decode(
        b"\n".join(s.encode() for s in encode_dict(fields, talker_id="AI", sentence_type="VDM", seq_id=1)) + b"\n"
    )


def report(**fields: object) -> dict[str, Any]:
    return sent(**fields).reports.row(0, named=True)


def claim(**fields: object) -> dict[str, Any]:
    return sent(**fields).claims.row(0, named=True)


def test_frames_have_the_tables_columns_and_types() -> None:
    found = sent(msg_type=19, mmsi=211000001, lon=10, lat=54, shipname="X")
    for name in ("reports", "claims", "messages"):
        schema = {n: t for n, t in table(name).schema.items() if n not in ("source", "t_known", "mark")}
        assert dict(getattr(found, name).schema) == schema
    stamps = {"source": "x", "t_known": None, "mark": "m"}
    row = found.reports.with_columns(
        t_seen=pl.lit("2024-01-01T00:00:00Z").str.to_datetime(time_zone="UTC"),
        **{k: pl.lit(v) for k, v in stamps.items()},
    ).with_columns(t_known=pl.col("t_seen"))
    assert len(table("reports").conform(row)) == 1


def test_a_class_a_position() -> None:
    row = report(
        msg_type=1,
        mmsi=211000001,
        lon=179.5,
        lat=-17.25,
        speed=12.3,
        course=359.9,
        heading=0,
        turn=10,
        status=7,
        accuracy=1,
    )
    assert row["lon_deg"] == 179.5
    assert row["lat_deg"] == -17.25
    assert row["sog_kn"] == pytest.approx(12.3, abs=1e-5)
    assert row["cog_deg"] == pytest.approx(359.9, abs=1e-4)
    assert row["heading_deg"] == 0.0
    assert row["rot_deg_min"] == pytest.approx((15 / 4.733) ** 2, abs=0.06)
    assert (row["nav_status"], row["accurate"], row["own"], row["flags"]) == (7, True, False, [])
    assert (row["mover"], row["mmsi"], row["transponder"], row["msg_type"]) == (211000001, 211000001, "class_a", 1)


def test_not_available_is_null() -> None:
    row = report(
        msg_type=1, mmsi=211000001, lon=181, lat=91, speed=102.3, course=360, heading=511, turn=-128, status=15
    )
    for name in ("lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg", "rot_deg_min", "nav_status"):
        assert row[name] is None, name
    assert row["flags"] == []
    turning = report(msg_type=1, mmsi=211000001, lon=1, lat=1, turn=-127)
    assert turning["rot_deg_min"] is None
    far = report(msg_type=27, mmsi=211000001, lon=181, lat=91, speed=63, course=511)
    assert (far["lon_deg"], far["lat_deg"], far["sog_kn"], far["cog_deg"]) == (None, None, None, None)
    air = report(msg_type=9, mmsi=111211001, lon=1, lat=1, speed=1023, course=360)
    assert (air["sog_kn"], air["cog_deg"], air["transponder"]) == (None, None, "aircraft")


@pytest.mark.parametrize(("lon", "lat"), [(0.0, 0.0), (10.0, 95.0), (200.0, 10.0), (10.0, -91.0)])
def test_impossible_places_are_flagged_and_null(lon: float, lat: float) -> None:
    row = report(msg_type=18, mmsi=211000001, lon=lon, lat=lat)
    assert (row["lon_deg"], row["lat_deg"], row["flags"]) == (None, None, ["bad_place"])


def test_longitude_180_is_minus_180() -> None:
    assert report(msg_type=1, mmsi=211000001, lon=180, lat=-17)["lon_deg"] == -180.0


@pytest.mark.parametrize("mmsi", [0, 1, 123456789, 999999999, 100000000, 1073741823, 800000000, 21100001])
def test_implausible_mmsis_are_flagged(mmsi: int) -> None:
    row = report(msg_type=1, mmsi=mmsi, lon=1, lat=1)
    assert (row["mmsi"], row["flags"]) == (mmsi, ["bad_mmsi"])


@pytest.mark.parametrize(
    "mmsi", [211000001, 775999999, 2110001, 111232501, 992351000, 982350001, 970010001, 972010001, 974010001, 823500001]
)
def test_plausible_mmsis_are_not(mmsi: int) -> None:
    assert report(msg_type=1, mmsi=mmsi, lon=1, lat=1)["flags"] == []


@pytest.mark.parametrize(
    ("fields", "transponder"),
    [
        ({"msg_type": 4, "mmsi": 2110001}, "base"),
        ({"msg_type": 11, "mmsi": 211000001}, "class_a"),
        ({"msg_type": 18, "mmsi": 211000001}, "class_b"),
        ({"msg_type": 19, "mmsi": 211000001}, "class_b"),
        ({"msg_type": 21, "mmsi": 992110001}, "aid"),
        ({"msg_type": 27, "mmsi": 211000001}, "long_range"),
        ({"msg_type": 1, "mmsi": 970010001}, "sart"),
    ],
)
def test_what_sent_it(fields: dict[str, object], transponder: str) -> None:
    assert report(**fields, lon=10, lat=54)["transponder"] == transponder


def test_a_voyage() -> None:
    row = claim(
        msg_type=5, mmsi=211000001, imo=9000003, callsign="AB1CD", shipname="GREY HERON", ship_type=70, to_bow=100,
        to_stern=20, to_port=10, to_starboard=12, draught=7.5, destination="BALI", month=12, day=3, hour=4, minute=5,
    )  # fmt: skip
    assert row["name"] == "GREY HERON"
    assert (row["callsign"], row["destination"], row["eta_text"]) == ("AB1CD", "BALI", "12-03T04:05")
    assert (row["imo"], row["ship_type"], row["length_m"], row["width_m"], row["draught_m"]) == (
        9000003,
        70,
        120,
        22,
        7.5,
    )
    assert (row["part"], row["eta"], row["msg_type"]) == (None, None, 5)


def test_an_empty_voyage_is_all_null() -> None:
    row = claim(msg_type=5, mmsi=211000001, hour=24, minute=60)
    for name in ("name", "callsign", "destination", "imo", "ship_type", "length_m", "width_m", "draught_m", "eta_text"):
        assert row[name] is None, name
    assert claim(msg_type=5, mmsi=211000001, month=2, day=1, hour=24, minute=60)["eta_text"] == "02-01"


def test_both_parts_of_type_24() -> None:
    a = claim(msg_type=24, mmsi=211000001, partno=0, shipname="SMALL ONE")
    b = claim(msg_type=24, mmsi=211000001, partno=1, ship_type=37, callsign="XY9", to_bow=5, to_stern=5, to_port=2)
    assert (a["part"], a["name"], a["msg_type"], a["callsign"]) == ("A", "SMALL ONE", 24, None)
    assert (b["part"], b["name"], b["callsign"], b["length_m"], b["width_m"]) == ("B", None, "XY9", 10, 2)
    tender = claim(msg_type=24, mmsi=982110001, partno=1, ship_type=37, mothership_mmsi=211000001)
    assert (tender["length_m"], tender["width_m"]) == (None, None)


def test_aids_and_extended_class_b_give_report_and_claim() -> None:
    aid = sent(msg_type=21, mmsi=992110001, name="A BUOY WITH A NAME AND", name_ext=" MORE", lon=10, lat=54)
    assert len(aid.reports) == 1
    assert aid.claims["name"].to_list() == ["A BUOY WITH A NAME A MORE"] or aid.claims["name"][0].startswith("A BUOY")
    both = sent(msg_type=19, mmsi=211000001, shipname="B", lon=10, lat=54)
    assert (len(both.reports), len(both.claims)) == (1, 1)


def message(**fields: object) -> dict[str, Any]:
    found = sent(**fields)
    assert found.stats["types"] == {fields["msg_type"]: 1}
    assert found.reports.is_empty()
    assert found.claims.is_empty()
    assert found.rejects.is_empty()
    return found.messages.row(0, named=True)


def test_binary_messages_keep_application_and_payload() -> None:
    row = message(msg_type=8, mmsi=211000001, dac=1, fid=31, data=b"\x00\xff" * 3)
    assert (row["dac"], row["fi"], row["to_mmsi"], row["text"]) == (1, 31, None, None)
    assert 0 <= len(row["payload"]) * 6 - row["bits"] < 6
    body = b"AIVDM,1,1,,A,%b,%d" % (row["payload"], -row["bits"] % 6)
    again = decode(b"!%b*%02X" % (body, reduce(xor, body, 0))).messages.row(0, named=True)
    assert again["payload"] == row["payload"]
    assert (again["bits"], again["message"]) == (row["bits"], row["message"])
    row = message(msg_type=6, mmsi=211000001, dest_mmsi=211000002, dac=200, fid=10, data=b"\x01" * 20)
    assert (row["dac"], row["fi"], row["to_mmsi"]) == (200, 10, 211000002)
    assert (row["mmsi"], row["mover"], row["receiver"], row["t_seen"]) == (211000001, 211000001, "unknown", None)


def test_safety_messages_keep_their_text() -> None:
    row = message(msg_type=12, mmsi=211000001, dest_mmsi=211000002, text="MOVE 2 NM N-E?")
    assert (row["text"], row["to_mmsi"], row["dac"]) == ("MOVE 2 NM N-E?", 211000002, None)
    long = "ALL SHIPS. " * 12
    assert message(msg_type=14, mmsi=2110001, text=long)["text"] == long.strip()
    assert message(msg_type=14, mmsi=2110001, text="")["text"] is None


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"msg_type": 7, "mmsi1": 211000002}, (None, None, 211000002)),
        ({"msg_type": 10, "dest_mmsi": 211000003}, (None, None, 211000003)),
        ({"msg_type": 13, "mmsi1": 211000002}, (None, None, 211000002)),
        ({"msg_type": 15, "mmsi1": 211000004, "type1_1": 5}, (None, None, 211000004)),
        ({"msg_type": 16, "mmsi1": 211000005}, (None, None, 211000005)),
        ({"msg_type": 17, "lon": 10, "lat": 54}, (None, None, None)),
        ({"msg_type": 20, "offset1": 1}, (None, None, None)),
        ({"msg_type": 22, "addressed": 0, "ne_lon": 10}, (None, None, None)),
        ({"msg_type": 22, "addressed": 1, "dest1": 211000006}, (None, None, 211000006)),
        ({"msg_type": 23, "ne_lon": 10}, (None, None, None)),
        ({"msg_type": 25, "addressed": 1, "structured": 1, "dest_mmsi": 211000007, "app_id": 0x0442, "data": b"\1"},
         (17, 2, 211000007)),
        ({"msg_type": 25, "addressed": 0, "structured": 0, "data": b"\1\2"}, (None, None, None)),
        ({"msg_type": 26, "addressed": 0, "structured": 1, "app_id": 0x0442, "data": b"\1"}, (17, 2, None)),
    ],
)  # fmt: skip
def test_messages_of_the_other_types_are_kept(fields: dict[str, object], told: tuple[int | None, ...]) -> None:
    row = message(mmsi=2110001, **fields)
    assert (row["dac"], row["fi"], row["to_mmsi"]) == told
    assert row["msg_type"] == fields["msg_type"]


def near(a: Any, b: Any, tolerance: float) -> bool:
    if a is None or b is None:
        return a is None and b is None
    return math.isclose(a, b, abs_tol=tolerance)


def oracle(data: bytes) -> list[Any]:
    lines = [line for line in data.split(b"\n") if b"VDM" in line or b"VDO" in line]
    return [m.decode() for m in IterMessages(lines) if m.ais_id in range(1, 28)]


def known(value: Any, *nothing: Any) -> Any:
    return None if value is None or value in nothing else value


def text(value: str | None) -> str | None:
    return (value or "").split("@")[0].strip() or None


def same_reports(found: pl.DataFrame, truth: list[Any]) -> None:
    rows = found.to_dicts()
    expected = [m for m in truth if m.msg_type in POSITIONS]
    assert len(rows) == len(expected)
    for row, m in zip(rows, expected, strict=True):
        assert (row["mmsi"], row["msg_type"], row["accurate"]) == (m.mmsi, m.msg_type, bool(m.accuracy))
        placed = abs(m.lon) <= 180 and abs(m.lat) <= 90 and (m.lon, m.lat) != (0, 0)
        assert near(row["lon_deg"], m.lon if placed else None, 6e-7)
        assert near(row["lat_deg"], m.lat if placed else None, 6e-7)
        if hasattr(m, "speed"):
            assert near(row["sog_kn"], known(m.speed, *((63,) if m.msg_type == 27 else (102.3, 1023))), 1e-4)
            assert near(row["cog_deg"], m.course if m.course < 360 else None, 1e-4)
        if hasattr(m, "heading"):
            assert near(row["heading_deg"], known(m.heading, 511) if m.heading < 360 or m.heading == 511 else None, 0)
        if hasattr(m, "turn"):
            turn = None if abs(float(m.turn)) in (127.0, 128.0) else float(m.turn)
            assert near(row["rot_deg_min"], turn, 0.51)
        if hasattr(m, "status"):
            assert row["nav_status"] == known(int(m.status), 15)


def same_claims(found: pl.DataFrame, truth: list[Any]) -> None:
    rows = found.to_dicts()
    expected = [m for m in truth if m.msg_type in CLAIMS]
    assert len(rows) == len(expected)
    for row, m in zip(rows, expected, strict=True):
        assert (row["mmsi"], row["msg_type"]) == (m.mmsi, m.msg_type)
        name = f"{m.name}{m.name_ext or ''}" if m.msg_type == 21 else getattr(m, "shipname", None)
        assert (row["name"] or "")[:20] == (text(name) or "")[:20]
        assert row["callsign"] == text(getattr(m, "callsign", None))
        assert row["destination"] == text(getattr(m, "destination", None))
        assert row["imo"] == known(getattr(m, "imo", None), 0)
        if m.msg_type in (5, 19) or (m.msg_type == 24 and m.partno == 1):
            folded = ShipType.from_value(row["ship_type"] or 0) if m.msg_type != 24 else row["ship_type"] or 0
            assert folded == m.ship_type  # pyais folds reserved numbers into one
        if hasattr(m, "to_bow") and m.to_starboard is not None:
            assert row["length_m"] == known(m.to_bow + m.to_stern, 0)
            assert row["width_m"] == known(m.to_port + m.to_starboard, 0)
        if hasattr(m, "draught"):
            assert near(row["draught_m"], known(m.draught, 0, None), 1e-4)


def test_field_by_field_against_pyais_on_a_coast_guard_log(data_dir: Path) -> None:
    data = gzip.decompress((data_dir / "nmea" / "uscg_nais_20160728_a.nmea.gz").read_bytes())
    found, truth = decode(data), oracle(data)
    assert found.stats["messages"] == len(truth) == 28_676
    same_reports(found.reports, truth)
    same_claims(found.claims, truth)
    used = {m.mmsi for m in truth if m.msg_type in (*POSITIONS, *CLAIMS, 5)}
    assert set(found.reports["mmsi"]) | set(found.claims["mmsi"]) == used
    assert found.reports["t_seen"].null_count() == 0
    assert found.reports["station"].null_count() == 0
    assert found.stats["rejects"] == {"bad_payload": 2, "unsupported_sentence": 20_320}


def test_a_satellite_log_with_receive_times(data_dir: Path) -> None:
    data = (data_dir / "nmea" / "amsa_risky__exact-earth-augmented.txt").read_bytes()
    found = decode(data, receiver="satellite")
    assert found.stats["messages"] == 3_966
    assert found.stats["rejects"] == {"bad_payload": 6}
    assert found.reports["t_seen"].null_count() == 0
    assert found.reports["t_seen"].dt.year().unique().to_list() == [2012]
    assert len(decode(data).claims) == 928


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2**30 - 1),
    st.floats(-180, 179.9999),
    st.floats(-90, 90),
    st.integers(0, 1022),
    st.integers(0, 3599),
    st.integers(0, 359),
)
def test_round_trip_of_positions(mmsi: int, lon: float, lat: float, sog: int, cog: int, heading: int) -> None:
    row = report(msg_type=1, mmsi=mmsi, lon=lon, lat=lat, speed=sog / 10, course=cog / 10, heading=heading)
    if (round(lon * 600_000), round(lat * 600_000)) != (0, 0):
        assert abs(row["lat_deg"] - lat) < 2e-6
        assert min(abs(row["lon_deg"] - lon), 360 - abs(row["lon_deg"] - lon)) < 2e-6
    assert abs(row["sog_kn"] - sog / 10) < 0.101
    assert abs(row["cog_deg"] - cog / 10) < 0.101
    assert row["heading_deg"] == heading
