"""Bad input at the door: a clear message or counted rejects, the promised exit code, the lake unharmed."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path

import pytest

from as_typed import makara, process
from makara.lake import Lake

CASE = Path(__file__).resolve().parents[1] / "sources" / "samples" / "case"
LINES = (CASE / "reports_terrestrial.nmea").read_bytes()
HEAD = "mmsi,t,lon,lat\n"
MAP = [x for pair in ("mmsi=mmsi", "t_seen=t", "lon_deg=lon", "lat_deg=lat") for x in ("--map", pair)] + ["--tz", "UTC"]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake with a case in it; sound before and after each test."""
    where = tmp_path / "lake"
    makara("ingest", where, "case", CASE)
    return where


def sound(lake: Path) -> None:
    assert all(f["level"] != "error" for f in Lake.open(lake).doctor())
    assert len(Lake.open(lake).read("reports")) > 0


@pytest.mark.parametrize(
    ("name", "data", "rejects"),
    [
        ("garbage.nmea", random.Random(4).randbytes(20_000), True),
        ("empty.nmea", b"", False),
        ("cut.nmea.gz", gzip.compress(LINES)[:-40], True),
        ("untimed.nmea", b"".join(x[x.index(b"!") :] for x in LINES.splitlines(True) if b"!" in x), True),
    ],
)
def test_bad_lines_are_counted_and_the_command_succeeds(
    lake: Path, tmp_path: Path, name: str, data: bytes, rejects: bool
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    done = makara("ingest", lake, "nmea", path)
    taken = json.loads(done.stdout)
    assert bool(taken["rejects"]) == rejects
    if rejects and not taken["reports"] and name != "cut.nmea.gz":
        assert "every line was rejected" in done.stderr
    listed = json.loads(makara("rejects", lake, "--format", "json").stdout)
    assert sum(1 for r in listed if r["file"] == name) == sum(taken["rejects"].values())
    sound(lake)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("563000001,2097-01-01 00:00:00,100,5", "future"),
        ("563000001,1970-01-01 00:00:00,100,5", "too_old"),
        ("563000001,2026-01-01 00:00:00,0,0", "bad_place"),
        ("563000001,2026-01-01 00:00:00,181,91", "missing_value"),
        ("563000001,2026-01-01 00:00:00,5,100", "bad_place"),
        ("563000001,yesterday,100,5", "bad_time"),
    ],
)
def test_a_bad_row_costs_itself_alone(lake: Path, tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(HEAD + row + "\n563000002,2026-01-01 00:00:00,100.5,5.5\n563000003,2026-01-01 00:00:10,100.6,5.6\n")
    taken = json.loads(makara("ingest", lake, "mapped", path, *MAP).stdout)
    assert taken["reports"] == 2
    assert list(taken["rejects"]) == [reason]
    sound(lake)


@pytest.mark.parametrize(
    ("name", "source", "code", "said"),
    [
        ("wrong.csv", "mapped", 2, "column"),
        ("wrong.csv", "marinecadastre", 2, "column"),
        ("wrong.json", "zones", 1, "wrong.json"),
        ("missing.nmea", "nmea", 1, "does not exist"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(
    lake: Path, tmp_path: Path, name: str, source: str, code: int, said: str
) -> None:
    if not name.startswith("missing"):
        (tmp_path / name).write_text("a,b\n1,2\n")
    done = makara("ingest", lake, source, tmp_path / name, *(MAP if source == "mapped" else []), code=code)
    assert said in done.stderr
    sound(lake)


def test_a_lake_of_a_newer_format_is_left_alone(lake: Path) -> None:
    file = lake / "format.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
    for words in (["run", lake], ["events", lake], ["ingest", lake, "case", CASE]):
        assert "99" in makara(*words, code=1).stderr


def test_a_second_writer_is_told_who_the_first_is(lake: Path) -> None:
    with Lake.open(lake).write():
        done = process("run", lake, code=1)
    assert str(os.getpid()) in done.stderr
    makara("run", lake, MAKARA_RUN__STEP_S="86400")
    sound(lake)


def test_overlapping_files_are_taken_once(lake: Path, tmp_path: Path) -> None:
    part = tmp_path / "part.nmea"
    part.write_bytes(b"".join(LINES.splitlines(True)[:20]))
    taken = json.loads(makara("ingest", lake, "nmea", part, "--receiver", "terrestrial").stdout)
    assert taken["reports"] == 0
    assert taken["duplicates"] > 0
