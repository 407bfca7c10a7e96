"""The command line as users type it: data on stdout, the rest on stderr, exit codes, formats."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from as_typed import MAKARA, makara, process
from makara.cli.main import COMMANDS

CASE = Path(__file__).resolve().parents[1] / "sources" / "samples" / "case"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small case, taken in and walked by the program itself."""
    where = tmp_path_factory.mktemp("cli") / "lake"
    taken = json.loads(process("ingest", where, "case", CASE).stdout)
    assert taken["reports"] > 0
    assert set(taken) >= {"rows", "reports", "claims", "rejects", "skipped_same_file"}
    assert json.loads(process("run", where, MAKARA_RUN__STEP_S="86400").stdout)["steps"] > 0
    return where


def test_help_lists_every_command() -> None:
    text = process("--help").stdout
    assert all(name in text for name in COMMANDS)
    for name in COMMANDS:
        assert makara(name, "--help").stdout.startswith("Usage:")


@pytest.mark.parametrize("command", ["events", "alerts", "coverage", "rejects", "release"])
def test_every_reading_command_speaks_every_format(lake: Path, command: str) -> None:
    more = ["--partner", "self"] if command == "release" else []
    as_json = json.loads(makara(command, lake, *more, "--format", "json").stdout)
    assert isinstance(as_json, list)
    lines = makara(command, lake, *more, "--format", "jsonl").stdout.splitlines()
    aging = {"age_s": None} if command == "coverage" else {}  # seconds pass between two commands
    assert [json.loads(x) | aging for x in lines] == [x | aging for x in as_json]
    rows = list(csv.DictReader(io.StringIO(makara(command, lake, *more, "--format", "csv").stdout)))
    assert len(rows) == len(as_json)
    drawn = json.loads(makara(command, lake, *more, "--format", "geojson").stdout)
    assert drawn["type"] == "FeatureCollection"
    assert makara(command, lake, *more).stderr.strip().endswith("rows")


def test_the_same_file_again_is_a_no_op(lake: Path) -> None:
    taken = json.loads(makara("ingest", lake, "case", CASE).stdout)
    assert (taken["rows"], taken["skipped_same_file"]) == (0, 1)
    assert json.loads(makara("run", lake).stdout)["steps"] == 0


def test_explain_writes_nothing(tmp_path: Path) -> None:
    lines = CASE / "reports_terrestrial.nmea"
    found = json.loads(makara("ingest", tmp_path / "lake", "nmea", lines, "--explain").stdout)
    assert found["tables"]["reports"] > 0
    assert found["first"]["reports"]
    assert not (tmp_path / "lake").exists()


def test_a_vessel_is_found_by_its_number_and_drawn(lake: Path) -> None:
    mmsi = json.loads(makara("release", lake, "--partner", "self", "--table", "vessels", "--format", "json").stdout)[0]
    one = json.loads(makara("vessel", lake, mmsi["mmsi"], "--format", "json").stdout)
    assert one[0]["vessel"] == mmsi["vessel"]
    assert json.loads(makara("vessel", lake, mmsi["mmsi"], "--format", "geojson").stdout)["features"]


def test_events_as_known_before_anything_was_known(lake: Path) -> None:
    out = makara("events", lake, "--as-known-at", "1999-01-01T00:00:00Z", "--format", "json").stdout
    assert json.loads(out) == []


def test_doctor_finds_a_sound_lake_sound_and_a_broken_one_broken(lake: Path, tmp_path: Path) -> None:
    assert all(f["level"] == "ok" for f in json.loads(makara("doctor", lake, "--format", "json").stdout))
    broken = tmp_path / "broken"
    subprocess.run(["cp", "-r", lake, broken], check=True)
    next((broken / "tables" / "reports").rglob("*.parquet")).unlink()
    assert '"error"' in process("doctor", broken, "--format", "json", code=1).stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["events", "nowhere"], 2, "nowhere"),
        (["ingest", "LAKE", "nmea", "no-such-file"], 1, "does not exist"),
        (["ingest", "LAKE", "nosource", "CASE"], 2, "no source"),
        (["events", "LAKE", "--bbox", "1,2"], 2, "not a box"),
        (["events", "LAKE", "--since", "yesterday"], 2, "not a time"),
        (["release", "LAKE", "--partner", "NOBODY"], 1, "no partner"),
        (["vessel", "LAKE", "NOBODY"], 2, "no vessel"),
        (["run", "LAKE", "--rule", "norule"], 2, "no rule"),
        (["frobnicate"], 2, "frobnicate"),
        (["score", "LAKE", "--truth", "nowhere.json"], 2, "does not exist"),
    ],
)
def test_errors_say_what_was_wrong_and_exit_as_promised(lake: Path, words: list[str], code: int, said: str) -> None:
    real = [str(lake) if w == "LAKE" else str(CASE) if w == "CASE" else w for w in words]
    done = makara(*real, code=code)
    assert said in done.stderr
    assert done.stdout == ""


def test_a_setting_that_does_not_fit_is_named(lake: Path) -> None:
    assert "MAKARA_RUN__STEP_S" in makara("run", lake, code=2, MAKARA_RUN__STEP_S="soon").stderr


def test_sources_and_rules_list_themselves() -> None:
    found = json.loads(makara("sources", "--format", "json").stdout)
    assert {"nmea", "marinecadastre", "danish", "mapped", "detections", "collections", "zones", "case"} <= {
        s["name"] for s in found
    }
    for r in json.loads(makara("rules", "--format", "json").stdout):
        assert r["innocent"]
        assert all(p["doc"] for p in r["parameters"])
    for command in ("rules", "sources"):
        assert makara(command).stdout
        listed = json.loads(makara(command, "--format", "json").stdout)
        lines = makara(command, "--format", "jsonl").stdout.splitlines()
        assert [json.loads(x) for x in lines] == listed
        assert len(list(csv.reader(io.StringIO(makara(command, "--format", "csv").stdout)))) == len(listed) + 1
        assert len(json.loads(makara(command, "--format", "geojson").stdout)["features"]) == len(listed)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from makara.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'polars', 'numba', 'pyarrow', 'fastapi', 'deltalake', 'numpy', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_log_is_structured_and_on_stderr(tmp_path: Path) -> None:
    done = process("ingest", tmp_path / "lake", "case", CASE, MAKARA_LOG="info")
    json.loads(done.stdout)
    lines = [json.loads(x) for x in done.stderr.splitlines() if x.startswith("{")]
    assert any(x["event"] == "commit" and x["logger"] == "makara.lake" for x in lines)
    assert "MAKARA_LOG" in process("rules", code=2, MAKARA_LOG="loud").stderr


def test_a_reader_that_closes_early_is_no_failure(lake: Path) -> None:
    command = f"set -o pipefail; {MAKARA} events {lake} --format jsonl | head -c 10 > /dev/null"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
