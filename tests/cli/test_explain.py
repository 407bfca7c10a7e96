"""`makara ingest --explain`, for people who do not know the format: typed as they would type it."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from as_typed import MAKARA, makara
from makara.session import preview
from makara.sources import guesses

SAMPLES = Path(__file__).resolve().parents[1] / "sources" / "samples"
OF = {
    "norwegian": ["norwegian.ndjson", "norwegian.csv"],
    "exactearth": ["exactearth.csv"],
    "spire": ["spire.csv", "spire_vessels.json"],
    "gfw": ["gfw.csv"],
    "aisstream": ["aisstream.ndjson"],
    "aishub": ["aishub_human.json", "aishub_ais.xml", "aishub_human.csv"],
    "digitraffic": ["digitraffic.ndjson"],
    "naf": ["naf.txt"],
    "vms": ["tacsat.csv", "vms.csv"],
    "marinecadastre": ["marinecadastre_2023.csv", "marinecadastre_2025.csv"],
    "danish": ["danish.csv"],
    "case": ["case"],
    "nmea": ["case/reports_terrestrial.nmea", "case/reports_satellite.nmea.gz"],
    "detections": ["case/detections.csv"],
    "collections": ["case/collections.geojson"],
    "zones": ["case/zones.geojson"],
    "mapped": ["pings.csv"],
    "ksat": ["ksat.csv"],
    "kml": ["contacts.kml"],
    "cot": ["cot.xml"],
    "skylight": ["skylight.json"],
    "gfw_detections": ["gfw_detections.csv", "gfw_detections.json"],
    "hawkeye": ["hawkeye.csv", "hawkeye.json"],
    "unseenlabs": ["unseenlabs.geojson"],
    "sightings": ["sightings.csv"],
    "radar_csv": ["radar.csv"],
    "xview3": ["xview3.csv"],
    "viirs": ["vbd_20240301.csv"],
    "ofac": ["sdn_2026-01-31.csv"],
    "iuu": ["iuu_2026-02.csv"],
    "rfmo": ["iccat_record.csv"],
    "mids": ["mids_2026.json"],
    "classes": ["labels.csv", "likely_fishing.txt"],
}


@pytest.mark.parametrize(("source", "file"), [(s, f) for s, files in OF.items() for f in files])
def test_every_sample_is_recognised_as_what_it_is(source: str, file: str) -> None:
    _, found = guesses(SAMPLES / file)
    assert [name for name, _ in found][:1] == [source], found


def test_a_file_is_explained_by_its_name_alone() -> None:
    found: dict[str, Any] = json.loads(makara("ingest", "--explain", SAMPLES / "gfw.csv").stdout)
    assert found["source"] == "gfw"
    assert found["recognised"][0]["why"].startswith("18 of its 20 columns are known")
    assert {"column": "speed", "becomes": "sog_kn", "unit": "knots"} in found["columns"]
    assert {"column": "shiptype", "becomes": "ship_type", "unit": ""} in found["columns"]
    assert found["ignored"] == ["msgid", "source"]
    assert (found["rows"], found["tables"], found["rejects"]) == (6, {"claims": 3, "reports": 2}, {"missing_value": 2})
    assert [(x["line"], x["reason"]) for x in found["examples"]] == [(6, "missing_value"), (7, "missing_value")]
    assert found["examples"][0]["raw"].startswith("m5,orbcomm,AIS.1,440000003")
    assert found["first"]["reports"][0]["mmsi"] == 440000001


def test_a_plain_table_of_positions_is_nobody_s(tmp_path: Path) -> None:
    path = tmp_path / "found.csv"
    path.write_text("MMSI,Timestamp,Latitude,Longitude,SOG,COG\n338000001,2024-03-01T12:00:00Z,1.5,103.5,10,90\n")
    found = json.loads(makara("ingest", "--explain", path).stdout)
    assert (found["source"], found["tables"], found["rejects"]) == ("mapped", {"reports": 1}, {})


def test_the_command_itself() -> None:
    done = subprocess.run(
        [MAKARA, "ingest", "--explain", SAMPLES / "naf.txt"], capture_output=True, text=True, check=True, timeout=300
    )
    assert json.loads(done.stdout)["source"] == "naf"
    assert done.stderr == ""


def test_people_get_it_as_text() -> None:
    text = makara("ingest", "--explain", "--format", "table", SAMPLES / "norwegian.ndjson").stdout
    for part in (
        "JSON",
        "read as norwegian",
        "draught             ->  draught_m  [decimetres]",
        "without a use: type, altitude",
        "7 rows give 2 claims, 3 reports",
        "line 7: bad_row: no JSON",
        "makara ingest LAKE norwegian",
    ):
        assert part in text, part


def test_the_command_it_ends_with_takes_the_file_in(tmp_path: Path) -> None:
    found = json.loads(makara("ingest", "--explain", SAMPLES / "pings.csv").stdout)
    assert found["source"] == "mapped"
    assert any("name no zone" in w for w in found["warnings"])
    words = shlex.split(found["command"].replace("LAKE", str(tmp_path / "lake")))
    taken = json.loads(makara(*words[1:]).stdout)
    assert taken["reports"] == found["tables"]["reports"] > 0
    assert taken["rejects"] == found["rejects"]


def test_a_wrong_source_is_told_with_the_right_one(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    said = makara("ingest", "--explain", lake, "danish", SAMPLES / "gfw.csv", code=2).stderr
    assert "no column MMSI" in said
    assert "of the source gfw (18 of its 20 columns are known" in said
    found = json.loads(makara("ingest", "--explain", "nmea", SAMPLES / "aisstream.ndjson").stdout)
    assert found["tables"] == {"claims": 0, "messages": 0, "reports": 0}
    assert "it looks like the source aisstream" in found["warnings"][0]
    assert not lake.exists()


def test_times_that_were_moved_are_pointed_at(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text((SAMPLES / "tacsat.csv").read_text().replace("2008", "1801"))
    found = json.loads(makara("ingest", "--explain", tmp_path / "old.csv", "--shift-years", "207").stdout)
    assert (found["source"], found["tables"]["reports"]) == ("vms", 3)
    assert "--shift-years 207" in found["command"]
    (tmp_path / "old.csv").write_text(
        (SAMPLES / "tacsat.csv").read_text().replace("29/02", "28/02").replace("2008", "1801")
    )
    found = json.loads(makara("ingest", "--explain", tmp_path / "old.csv").stdout)
    assert "give --shift-years" in found["warnings"][0]


def test_what_nobody_knows_is_said_to_be_so(tmp_path: Path) -> None:
    for name, data, words in (
        ("notes.txt", b"dear diary\ntoday\n", "text"),
        ("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, "binary"),
        ("other.json", b'{"a": 1}', "JSON"),
    ):
        (tmp_path / name).write_bytes(data)
        said = makara("ingest", "--explain", tmp_path / name, code=2).stderr
        assert f"looks like {words}" in said, name
    (tmp_path / "empty.csv").write_bytes(b"")
    assert "empty.csv is empty" in makara("ingest", "--explain", tmp_path / "empty.csv", code=2).stderr
    assert "does not exist" in makara("ingest", "--explain", tmp_path / "none.csv", code=1).stderr
    assert "FILES missing" in makara("ingest", tmp_path / "lake", "nmea", code=2).stderr
    assert not (tmp_path / "lake").exists()


def test_real_files_are_recognised(data_dir: Path) -> None:
    for file, source in {
        "ais/gfw_regression_ais_a.parquet": "gfw",
        "ais/gfw_pipe_gaps_243042594_10days.json": "gfw",
        "parity/gfw_parity_input_a.parquet": "gfw",
        "ais/noaa_single_track_TUFTY_20230202.csv": "marinecadastre",
        "ais/vortexa_global_snapshot_20190701.csv.gz": "mapped",
        "ais/solent_20160112.csv": "mapped",
        "vms/vmstools_tacsat.parquet": "vms",
        "nmea/uscg_nais_20160728_a.nmea.gz": "nmea",
        "nmea/amsa_risky__exact-earth-augmented.txt": "nmea",
        "geo/gfw_eezs.json": "zones",
        "cases/quiet": "case",
    }.items():
        assert guesses(data_dir / file)[1][0][0] == source, file
    found = preview(None, [data_dir / "ais" / "gfw_regression_ais_a.parquet"])
    assert (found["rows"], found["tables"]) == (48_522, {"claims": 7_287, "reports": 40_955})
    assert found["rejects"] == {"missing_value": 628}


ASKED_FOR = ("ksat", "kml", "cot", "skylight", "gfw_detections", "hawkeye", "unseenlabs", "sightings", "viirs")
CONTACTS = [f for s in ASKED_FOR for f in OF[s]]


@pytest.mark.parametrize("file", CONTACTS)
def test_contacts_are_explained_and_the_command_takes_them_in(file: str, tmp_path: Path) -> None:
    """As a user would: with a licence where it says that one is needed."""
    found = json.loads(makara("ingest", "--explain", SAMPLES / file).stdout)
    assert found["tables"]["detections"] > 0 and found["rejects"] and found["first"]["detections"]
    words = shlex.split(found["command"].replace("LAKE", str(tmp_path / "lake")))
    if any("needs a licence" in w for w in found["warnings"]):
        assert "no licence" in makara(*words[1:], code=2).stderr
        words += ["--licence", "own"]
    taken = json.loads(makara(*words[1:]).stdout)
    assert taken["rejects"] == found["rejects"]
    assert {t: n for t, n in taken["tables"].items() if n} == {t: n for t, n in found["tables"].items() if n}


def test_what_must_be_told_is_asked_for() -> None:
    said = makara("ingest", "--explain", SAMPLES / "radar.csv", code=2).stderr
    assert "fits the source radar_csv" in said and "--radar LON,LAT (where the radar stands" in said
    found = json.loads(makara("ingest", "--explain", SAMPLES / "radar.csv", "--radar", "179.95,-17.4").stdout)
    assert found["source"] == "radar_csv" and "--radar 179.95,-17.4" in found["command"]
    said = makara("ingest", "--explain", SAMPLES / "xview3.csv", code=2).stderr
    assert "fits the source xview3" in said and "add --time" in said
