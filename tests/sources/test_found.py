"""Sources of contacts: radio, partners' detections, sightings, radars; their samples and what they must yield."""

from __future__ import annotations

import json
import os
import random
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from source_reading import SAMPLES, facts, read, reasons

sys.path.insert(0, str(Path(__file__).parents[1] / "sensors"))
from asterix_made import block, polar_048, record, tod, wgs84
from asterix_made import source as source_id

from makara.base import ids
from makara.base.errors import ColumnsError, InputError, UsageError
from makara.sources import guesses, source
from makara.sources._places import collection_id

RF = ("provider_id", "emitter", "freq_hz", "semi_major_m", "semi_minor_m", "orientation_deg")


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("hawkeye", "hawkeye.csv"), ("hawkeye", "hawkeye.json"), ("unseenlabs", "unseenlabs.geojson"),
        ("ksat", "ksat.csv"), ("skylight", "skylight.json"), ("gfw_detections", "gfw_detections.csv"),
        ("gfw_detections", "gfw_detections.json"), ("xview3", "xview3.csv"), ("sightings", "sightings.csv"),
        ("cot", "cot.xml"), ("kml", "contacts.kml"), ("radar_csv", "radar.csv"),
    ],
)  # fmt: skip
def test_they_are_recognised(name: str, sample: str) -> None:
    assert guesses(SAMPLES / sample)[1][0][0] == name


def test_hawkeye_emissions_at_95_percent_one_detection_an_emitter() -> None:
    frames, rejects = read("hawkeye", SAMPLES / "hawkeye.csv")
    assert facts(frames["detections"], *RF) == [
        ("g2", "x_band_radar", 9_410_500_000.0, 3000.0, 1000.0, 20.0),
        ("g3", "x_band_radar", 9_410_300_000.0, 2000.0, 1000.0, 20.0),
        ("g4", "vhf_marine", 156_800_000.0, 8315.7, 2078.9, 100.0),
        ("g5", "epirb", 406_025_000.0, None, None, None),
    ]
    assert frames["detections"]["flags"].to_list() == [["emissions:2"], [], [], []]
    assert frames["detections"]["lon_deg"][0] == -179.995
    assert reasons(rejects) == [(7, "no_time"), (8, "bad_place")]
    [look] = frames["collections"].to_dicts()
    assert look["collection"] == collection_id("HawkEye 360", "pass-7")
    assert set(frames["detections"]["collection"]) == {look["collection"]}
    assert (look["sensor"], look["platform"], look["footprint"]) == ("rf", "Cluster 5", None)
    assert look["t_start"] == datetime(2026, 3, 1, 4, 10, 5, 250_000, UTC)
    assert look["t_end"] == datetime(2026, 3, 1, 4, 12, 8, tzinfo=UTC)


def test_hawkeye_in_the_names_of_the_unified_data_library() -> None:
    frames, rejects = read("hawkeye", SAMPLES / "hawkeye.json")
    assert facts(frames["detections"], *RF) == [("026dd511", "gnss_interference", 1_575_420_000.0, 2500.0, 900.0, 75.0)]
    assert reasons(rejects) == [(2, "bad_time")]


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    head, *rows = (SAMPLES / "hawkeye.csv").read_text().splitlines()
    expected = read("hawkeye", SAMPLES / "hawkeye.csv")[0]
    mixed = random.Random(5)
    for k in range(5):
        mixed.shuffle(rows)
        path = tmp_path / f"{k}.csv"
        path.write_text("\n".join([head, *rows]) + "\n")
        found = read("hawkeye", path)[0]
        for name in ("detections", "collections"):
            same = [f[name].drop("line").sort(f[name].columns[0]) for f in (expected, found)]
            assert same[0].equals(same[1])


def test_units_that_no_column_names_come_from_options(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text(
        "utc_datetime,latitude,longitude,frequency,signal,semi_major_axis,semi_minor_axis\n"
        "2026-03-01T04:10:05Z,1,104,9.41,X-Band,2,1\n"
    )
    options = {"frequency-unit": "GHz", "axis-unit": "nmi", "confidence": "0.5"}
    [row] = read("hawkeye", path, options)[0]["detections"].to_dicts()
    assert row["freq_hz"] == 9_410_000_000.0
    assert row["semi_major_m"] == pytest.approx(2 * 1852 * 2.4477 / 1.1774, rel=1e-4)
    assert row["collection"] is None
    for wrong in ({"frequency-unit": "rpm"}, {"axis-unit": "ft"}, {"confidence": "95"}, {"confidence": "much"}):
        with pytest.raises(UsageError, match=f"--{next(iter(wrong))}"):
            read("hawkeye", path, wrong)
    with pytest.raises(ColumnsError, match="no column utc_datetime; it has: when"):
        path.write_text("when,latitude,longitude\n2026-03-01,1,104\n")
        read("hawkeye", path)


@pytest.mark.parametrize("name", ["hawkeye", "unseenlabs"])
def test_headings_as_people_write_them(name: str, tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text(
        "Time (UTC),Latitude,Longitude,Frequency (MHz),Semi-major axis (km),Semi-minor axis (km),Azimuth (deg)\n"
        "2026-03-01T04:10:05Z,1,104,9410,2,1,30\n"
    )
    frames, rejects = read(name, path)
    assert facts(frames["detections"], *RF[2:]) == [(9.41e9, 2000.0, 1000.0, 30.0)] and not len(rejects)
    path.write_text(path.read_text().replace("Semi-major axis", "Major axis"))
    assert read(name, path)[0]["detections"]["semi_major_m"].to_list() != [2000.0], "a whole axis is not half of one"


def test_unseenlabs_fingerprints_part_what_lies_in_one_ellipse() -> None:
    frames, rejects = read("unseenlabs", SAMPLES / "unseenlabs.geojson")
    rows = frames["detections"]
    assert rows["flags"].to_list() == [["emitter:fp-1"], ["emitter:fp-2"]]
    assert facts(rows, "semi_major_m", "semi_minor_m") == [(9791.0, 4895.5)] * 2  # one sigma at 39.3 %
    assert reasons(rejects) == [(3, "missing_value")]
    assert frames["collections"]["platform"].to_list() == ["BRO-11"]


def test_ksat_reports() -> None:
    frames, rejects = read("ksat", SAMPLES / "ksat.csv")
    columns = ("provider_id", "length_m", "length_sd_m", "width_m", "axis_deg", "sog_kn", "p_vessel", "lon_deg")
    assert facts(frames["detections"], *columns) == [
        ("7", 84.0, 12.0, 14.0, 95.0, 7.5, 0.95, 179.2),
        ("8", None, None, None, None, None, 0.62, -179.9),
    ]
    assert reasons(rejects) == [(4, "missing_value"), (5, "missing_value")]
    [look] = frames["collections"].to_dicts()
    assert (look["platform"], look["mode"], look["licence"]) == ("Sentinel-1A", "IW", "eusi@foreign")
    assert (look["t_start"].second, look["t_end"].second) == (0, 25)  # of the scene, not of what was found in it
    with pytest.raises(UsageError, match="--sensor 'nose'"):
        read("ksat", SAMPLES / "ksat.csv", {"sensor": "nose"})


def test_skylight_answers_and_their_items(tmp_path: Path) -> None:
    frames, rejects = read("skylight", SAMPLES / "skylight.json")
    columns = ("provider_id", "sensor", "lon_deg", "length_m", "sog_kn", "axis_deg", "p_vessel", "radiance_nw")
    assert facts(frames["detections"], *columns) == [
        ("B;20260301T1312;1", "viirs", 179.95, None, None, None, None, 44.25),
        ("S1;2", "sar", -179.99, 62.5, 6.5, 10.0, 0.91, None),
    ]
    assert reasons(rejects) == [(3, "bad_value"), (4, "missing_value")]
    assert frames["detections"]["collection"].null_count() == 2
    items = json.loads((SAMPLES / "skylight.json").read_text())["data"]["searchEventsV2"]["records"]
    (tmp_path / "items.ndjson").write_text("\n".join(json.dumps(i) for i in items))
    again, _ = read("skylight", tmp_path / "items.ndjson")
    assert again["detections"].drop("line").equals(frames["detections"].drop("line"))


def test_gfw_detections_in_csv_and_json() -> None:
    frames, rejects = read("gfw_detections", SAMPLES / "gfw_detections.csv")
    assert facts(frames["detections"], "sensor", "lon_deg", "length_m", "p_vessel") == [
        ("sar", -179.999, 112.5, 0.97),
        ("sar", 179.999, 18.2, 0.71),
    ]
    assert reasons(rejects) == [(4, "bad_place")]
    [look] = frames["collections"].to_dicts()
    assert (look["platform"], look["t_start"].second, look["t_end"].second) == ("Sentinel-1B", 2, 27)
    packed, rejects = read("gfw_detections", SAMPLES / "gfw_detections.json")
    assert facts(packed["detections"], "sensor", "lon_deg", "lat_deg", "length_m") == [
        ("optical", 123.1234567, 10.7654321, 33.0)
    ]
    assert reasons(rejects) == [(2, "no_time")]


def test_xview3_labels() -> None:
    options = {"time": "2020-06-01T00:00:00Z\nbbbbbbbbbbbbbbbbv=2020-07-01T00:00:00Z"}
    frames, rejects = read("xview3", SAMPLES / "xview3.csv", options)
    assert facts(frames["detections"], "length_m", "p_vessel", "structure", "flags") == [
        (None, 1.0, None, ["label:manual", "label:low"]),
        (88.5, 1.0, None, ["label:ais/manual", "label:high"]),
        (None, 0.0, "platform", ["label:manual", "label:medium"]),
    ]
    assert [t.month for t in frames["detections"]["t_seen"]] == [6, 6, 7]
    assert reasons(rejects) == [(5, "missing_value")]
    with pytest.raises(UsageError, match="add --time"):
        read("xview3", SAMPLES / "xview3.csv")
    alone, rejects = read("xview3", SAMPLES / "xview3.csv", {"time": "aaaaaaaaaaaaaaaav=2020-06-01T00:00:00Z"})
    assert (len(alone["detections"]), reasons(rejects)[0]) == (2, (4, "no_time"))


def test_xview3_real_labels(data_dir: Path) -> None:
    path = data_dir / "satellite" / "xview3_validation_a.csv"
    frames, rejects = read("xview3", path, {"time": "2020-06-01T00:00:00Z"})
    rows = frames["detections"]
    assert (len(rows), len(rejects), len(frames["collections"])) == (9652, 0, 25)
    assert rows["detection"].n_unique() == 9652
    assert rows["p_vessel"].value_counts().sort("p_vessel").rows() == [(None, 59), (0.0, 3661), (1.0, 5932)]
    assert (rows["structure"].fill_null("") == "platform").sum() == 3661


def test_sightings_with_degrees_and_minutes() -> None:
    frames, rejects = read("sightings", SAMPLES / "sightings.csv")
    rows = frames["detections"]
    assert rows["lon_deg"].to_list() == pytest.approx([-179.9833333, 179.9])
    assert rows["lat_deg"].to_list() == pytest.approx([-17.5083333, -17.6])
    assert facts(rows, "sensor", "semi_major_m", "length_m", "sog_kn", "cog_deg") == [
        ("patrol", 926.0, 35.0, 8.0, 270.0),
        ("patrol", None, None, None, None),
    ]
    assert rows["detection"][1] == ids.ident("dt", "patrol", "2026-03-01T04:20:00Z", 1_799_000_000, -176_000_000)
    assert reasons(rejects) == [(4, "bad_value"), (5, "bad_time")]


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("17.5", 17.5), ("-0.25", -0.25), ("17 30 S", -17.5), ("17°30.6'N", 17.51), ('17°30′36″N', 17.51),
        ("17 30 36 s", -17.51), ("17S", None), ("17 S", -17.0), ("17 60 S", None), ("17 30 E", None), ("S 17", None),
        ("1e2", None), ("17,5", None),
    ],
)  # fmt: skip
def test_latitudes_as_people_write_them(text: str, degrees: float | None, tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"time": "2026-03-01T04:10:00Z", "lat": text, "lon": 1.0}))
    frames, rejects = read("sightings", path)
    found = frames["detections"]["lat_deg"].to_list()
    assert found == ([] if degrees is None else [pytest.approx(degrees)])
    assert len(rejects) == (degrees is None)


def test_cursor_on_target() -> None:
    frames, rejects = read("cot", SAMPLES / "cot.xml")
    assert facts(frames["detections"], "provider_id", "lon_deg", "semi_major_m", "sog_kn", "cog_deg") == [
        ("MPA21.3", -179.95, 611.9, 9.7, 181.5),
        ("PB-7", 179.95, None, None, None),
    ]
    assert reasons(rejects) == [
        (3, "bad_value"), (4, "bad_value"), (5, "bad_place"), (6, "bad_row"), (7, "bad_row"),
    ]  # fmt: skip


EVENT = (
    '<event version="2.0" uid="u{n}" type="a-h-S" time="2026-03-01T04:10:00Z"><point lat="1" lon="2" ce="9"/></event>'
)


def test_a_stream_of_events_cut_and_broken(tmp_path: Path) -> None:
    path = tmp_path / "stream.xml"
    unclosed = EVENT.format(n=1).removesuffix("</event>")
    bomb = '<!DOCTYPE e [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + EVENT.format(n=2).replace('"2"', '"&b;"')
    huge = EVENT.format(n=4).replace("<point", f"<x>{'y' * 300_000}</x><point")
    prefixed = EVENT.format(n=5).replace("<event", "<c:event").replace("</event", "</c:event")
    cut = EVENT.format(n=6)[:80]
    path.write_text(unclosed + bomb + EVENT.format(n=3) + huge + prefixed + cut)
    frames, rejects = read("cot", path)
    assert frames["detections"]["provider_id"].to_list() == ["u3", "u5"]
    assert [r[1] for r in reasons(rejects)] == ["bad_row"] * 4
    assert "longer than" in rejects["detail"][2] and "ends within" in rejects["detail"][3]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cot", '<?xml version="1.0"?><events></events>'),
        ("kml", '<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>'),
        ("cot", "<" * 1000),
        ("kml", "\0\1\2" * 100),
    ],
)
def test_xml_without_contacts_is_an_error(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text(text)
    with pytest.raises(InputError, match="holds no"):
        read(name, path)


def test_entities_and_outer_files_are_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("999")
    outer = f'<!DOCTYPE kml [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>'
    point = "<Point><coordinates>&x;,1</coordinates></Point>"
    inside = f"<Placemark>{outer}<TimeStamp><when>2026-03-01T00:00:00Z</when></TimeStamp>{point}</Placemark>"
    for text in (f"{outer}<kml>{inside.replace(outer, '')}</kml>", f"<kml>{inside}</kml>"):
        (tmp_path / "x.kml").write_text(text)
        frames, rejects = read("kml", tmp_path / "x.kml")
        assert frames["detections"].is_empty()
        assert reasons(rejects) == [(1, "bad_row")]


def test_placemarks_in_kml_and_kmz(tmp_path: Path) -> None:
    frames, rejects = read("kml", SAMPLES / "contacts.kml", {"provider": "ACME"})
    assert facts(frames["detections"], "provider_id", "sensor", "lon_deg", "length_m", "p_vessel") == [
        ("t1", "sar", -179.95, 84.0, 0.95),
        ("t2", "patrol", 179.95, 25.0, 0.6),
    ]
    assert reasons(rejects) == [(4, "missing_value")]
    assert frames["collections"]["collection"].to_list() == [collection_id("ACME", "IMG-1")]
    with zipfile.ZipFile(tmp_path / "c.kmz", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("files/icon.png", b"\x89PNG")
        z.write(SAMPLES / "contacts.kml", "doc.kml")
    again, _ = read("kml", tmp_path / "c.kmz", {"provider": "ACME"})
    assert again["detections"].equals(frames["detections"])


def test_radar_plots_in_tables() -> None:
    frames, rejects = read("radar_csv", SAMPLES / "radar.csv", {"radar": "north=179.95,-17.4"})
    assert facts(frames["detections"], "provider_id", "sensor", "sog_kn", "cog_deg") == [
        ("12", "radar", 9.7, 45.0),
        ("14", "radar", None, None),
    ]
    lon, lat = frames["detections"].select("lon_deg", "lat_deg").row(0)
    assert (lon, lat) == pytest.approx((-179.8757, -17.3999), abs=1e-4)  # 10 nmi east, across 180
    assert reasons(rejects) == [(3, "missing_value"), (5, "missing_value")]
    both, _ = read("radar_csv", SAMPLES / "radar.csv", {"radar": "179.95,-17.4"})
    assert both["detections"]["provider_id"].to_list() == ["12", "13", "14"]
    for wrong in ("179.95", "north=a,b", "17.4,179.95", "north="):
        with pytest.raises(UsageError, match="--radar"):
            read("radar_csv", SAMPLES / "radar.csv", {"radar": wrong})


def asterix(tmp_path: Path) -> Path:
    """A recording: two radars, a plot at either side of midnight, tracks across 180, and what is no vessel."""
    plots = [
        {"010": source_id(25, 10), "140": tod(86_399.5), "020": b"\x20", "040": polar_048(12, 90), "161": b"\x00\x4d"},
        {"010": source_id(25, 10), "140": tod(0.5), "020": b"\xa0", "040": polar_048(12, 91), "220": b"abc"},
        {"010": source_id(25, 10), "140": tod(1.0), "020": b"\x30", "040": polar_048(12, 92)},
        {"010": source_id(25, 99), "140": tod(2.0), "020": b"\x20", "040": polar_048(12, 92)},
        {"010": source_id(25, 10), "020": b"\x20", "040": polar_048(12, 93)},
    ]
    surface = [
        {"010": source_id(25, 11), "000": b"\x01", "140": tod(10.5), "041": wgs84(-179.99, -17.5),
         "500": b"\x50\x28\xff\x9c"},
        {"010": source_id(25, 11), "000": b"\x02", "140": tod(11)},
    ]  # fmt: skip
    data = block(48, *(record(48, p) for p in plots)) + block(34, b"xx") + block(10, *(record(10, s) for s in surface))
    path = tmp_path / "radar.ast"
    path.write_bytes(data + block(48, record(48, plots[0]))[:-2])
    return path


def test_asterix_recordings(tmp_path: Path) -> None:
    path = asterix(tmp_path)
    assert guesses(path)[1][0][0] == "asterix"
    frames, rejects = read("asterix", path, {"day": "2026-03-14", "radar": "25/10=179.95,-17.4"})
    rows = frames["detections"]
    assert rows["t_seen"].to_list() == [
        datetime(2026, 3, 14, 23, 59, 59, 500_000, UTC),
        datetime(2026, 3, 15, 0, 0, 0, 500_000, UTC),
        datetime(2026, 3, 15, 0, 0, 10, 500_000, UTC),
    ]
    assert rows["lon_deg"].to_list() == pytest.approx([-179.84085, -179.84088, -179.99], abs=1e-4)
    assert facts(rows, "provider_id", "p_vessel", "semi_major_m", "orientation_deg") == [
        ("25/10/77", None, None, None),
        (None, 0.0, None, None),
        (None, None, 49.1, 94.7),
    ]
    assert rejects.select("reason").to_series().to_list() == ["bad_value", "missing_value", "no_time", "truncated"]
    assert "simulated" in rejects["detail"][0] and "--radar SAC/SIC=LON,LAT" in rejects["detail"][1]
    assert rejects["offset"].null_count() == 0 and rejects["raw"][1].startswith(b"\xf0\x19\x63")
    every, _ = read("asterix", path, {"day": "2026-03-14", "radar": "179.95,-17.4"})
    assert len(every["detections"]) == 4


def test_the_day_of_a_recording(tmp_path: Path) -> None:
    path = asterix(tmp_path)
    for written, first in (
        ("2026-03-15T00:01:00", 14),
        ("2026-03-15T12:00:00", 14),
        ("2026-03-14T23:59:50", 14),
        ("2026-03-14T23:00:00", 13),
    ):
        at = datetime.fromisoformat(written).replace(tzinfo=UTC).timestamp()
        os.utime(path, (at, at))
        frames, _ = read("asterix", path, {"day": "file", "radar": "179.95,-17.4"})
        assert frames["detections"]["t_seen"][0].day == first, written
    with pytest.raises(UsageError, match="add --day"):
        read("asterix", path)
    with pytest.raises(UsageError, match="--day 'soon' is no day"):
        read("asterix", path, {"day": "soon"})
    for text in (b"", b"lat,lon\n1,2\n"):
        path.write_bytes(text)
        with pytest.raises(InputError, match="holds no ASTERIX"):
            read("asterix", path, {"day": "2026-03-14"})


def test_a_cut_file_gives_what_it_has(tmp_path: Path) -> None:
    whole = (SAMPLES / "skylight.json").read_bytes()
    (tmp_path / "cut.json").write_bytes(whole[: len(whole) // 2])
    frames, rejects = read("skylight", tmp_path / "cut.json")
    assert len(frames["detections"]) == 1 and len(rejects) == 1
    for name in ("hawkeye", "unseenlabs", "ksat", "gfw_detections", "xview3", "sightings", "radar_csv"):
        empty = tmp_path / "empty.csv"
        empty.write_text("")
        with pytest.raises(InputError, match="empty"):
            list(source(name).read(empty, {"time": "2020-01-01T00:00:00Z"} if name == "xview3" else {}))


def test_big_files_keep_their_looks_whole(tmp_path: Path) -> None:
    rows = pl.DataFrame({"n": range(40_000)}).select(
        pl.lit("IMG-1").alias("image_id"),
        pl.format("2026-03-01T17:{}:11Z", (pl.col("n") // 1000).cast(pl.String).str.zfill(2)).alias("timestamp"),
        (pl.col("n") / 1000).alias("latitude"),
        (pl.col("n") / 1000).alias("longitude"),
        pl.lit("x" * 500).alias("note"),
    )
    rows.write_csv(tmp_path / "big.csv")
    frames, rejects = read("ksat", tmp_path / "big.csv")
    [look] = frames["collections"].to_dicts()
    assert (look["t_start"].minute, look["t_end"].minute) == (0, 39)
    assert len(frames["detections"]) == 39_999  # one lies at 0, 0
    assert reasons(rejects) == [(2, "bad_place")]
