"""The case source: feeds, the two clocks, keys, and writing."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from makara.base import ids
from makara.base.errors import ColumnsError, InputError
from makara.sources import Batch, case
from makara.tables import table

SAMPLE = Path(__file__).parent / "samples" / "case"


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2024, 3, 1, hour, minute, second, tzinfo=UTC)


def gathered(batches: list[Batch]) -> dict[tuple[str, str], pl.DataFrame]:
    return {(b.feed, name): f for b in batches for name, f in b.frames.items()}


@pytest.fixture(scope="module")
def batches() -> list[Batch]:
    return list(case.read(SAMPLE, {}))


@pytest.fixture(scope="module")
def frames(batches: list[Batch]) -> dict[tuple[str, str], pl.DataFrame]:
    return gathered(batches)


def test_every_feed_has_its_name(frames: dict[tuple[str, str], pl.DataFrame]) -> None:
    assert {k: len(f) for k, f in frames.items() if len(f)} == {
        ("case.sar", "collections"): 1,
        ("case.rf", "collections"): 1,
        ("case.sar", "detections"): 1,
        ("case.rf", "detections"): 1,
        ("case.patrol", "detections"): 1,
        ("case.terrestrial", "reports"): 3,
        ("case.terrestrial", "claims"): 1,
        ("case.satellite", "reports"): 2,
        ("case.zones", "zones"): 2,
        ("case.lists", "lists"): 1,
        ("case.authorisations", "authorisations"): 1,
    }


def test_rows_fit_their_tables(frames: dict[tuple[str, str], pl.DataFrame]) -> None:
    for (feed, name), rows in frames.items():
        stamped = rows.with_columns(source=pl.lit(feed), mark=pl.lit("mk"))
        assert len(table(name).conform(stamped)) == len(rows)


def test_messages_are_known_when_known_csv_says(frames: dict[tuple[str, str], pl.DataFrame]) -> None:
    near, far = frames["case.terrestrial", "reports"], frames["case.satellite", "reports"]
    assert near["t_known"].to_list() == near["t_seen"].to_list()
    assert far["t_known"].to_list() == [at(15), at(12, 30)]
    assert far["receiver"].to_list() == ["satellite"] * 2
    claim = frames["case.terrestrial", "claims"].row(0, named=True)
    assert (claim["t_seen"], claim["t_known"], claim["station"]) == (at(12), at(12, 40), "FJ-1")
    assert (claim["name"], claim["line"]) == ("EXAMPLE PETREL", 4)


def test_looks_and_detections_are_known_at_the_end_of_the_look(frames: dict[tuple[str, str], pl.DataFrame]) -> None:
    assert frames["case.sar", "collections"]["t_known"].to_list() == [at(12, 0, 25)]
    assert frames["case.sar", "detections"]["t_known"].to_list() == [at(12, 0, 25)]
    assert frames["case.patrol", "detections"]["t_known"].to_list() == [at(14)]
    for name in ("zones", "lists", "authorisations"):
        assert frames[f"case.{name}", name]["t_known"].to_list() == [at(11, 50)] * len(frames[f"case.{name}", name])


def test_a_detection_bears_what_the_sensor_said(frames: dict[tuple[str, str], pl.DataFrame]) -> None:
    row = frames["case.sar", "detections"].row(0, named=True)
    assert row["collection"] == ids.ident("co", "", "sar-1") == frames["case.sar", "collections"]["collection"][0]
    assert row["detection"] == ids.ident("dt", row["collection"], "d1")
    assert (row["provider_id"], row["length_m"], row["axis_deg"], row["emitter"]) == ("d1", 80.0, 170.0, None)
    assert row["p_vessel"] == pytest.approx(0.95)
    rf = frames["case.rf", "detections"].row(0, named=True)
    assert (rf["orientation_deg"], rf["emitter"], rf["length_m"]) == (20.0, "x_band", None)
    sighting = frames["case.patrol", "detections"].row(0, named=True)
    assert sighting["collection"] is None
    assert sighting["detection"] == ids.ident("dt", "patrol", "2024-03-01T14:00:00Z", 1783000000, -175000000)


def test_zones_cross_180(frames: dict[tuple[str, str], pl.DataFrame]) -> None:
    eez, cable = frames["case.zones", "zones"].to_dicts()
    assert (eez["own_id"], eez["kind"], eez["authority"], eez["attributes"]) == (
        "eez-x",
        "eez",
        "FJI",
        '{"note":"made up"}',
    )
    assert eez["box"] == {"w": 175.0, "s": -20.0, "e": -175.0, "n": -10.0}
    assert cable["box"] == {"w": 178.0, "s": -18.0, "e": -178.0, "n": -18.0}
    assert (cable["from"], cable["to"]) == (datetime(2024, 1, 1, tzinfo=UTC), None)


def test_rejects_are_counted_and_known_from_the_start(batches: list[Batch]) -> None:
    rejects = pl.concat([b.rejects for b in batches])
    assert rejects.select("file", "line", "reason").sort("file", "line").rows() == [
        ("authorisations.csv", 3, "missing_value"),
        ("collections.geojson", 3, "bad_value"),
        ("detections.csv", 5, "unknown_collection"),
        ("reports_terrestrial.nmea", 5, "not_nmea"),
        ("zones.geojson", 3, "bad_geometry"),
        ("zones.geojson", 4, "bad_value"),
    ]
    assert set(rejects["t_known"]) == {at(11, 50)}
    assert sum(b.rows for b in batches) == 3 + 4 + 6 + 2 + 4 + 1 + 2


def test_no_case_no_guess(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no case directory"):
        list(case.read(tmp_path, {}))
    with pytest.raises(InputError, match="does not exist"):
        list(case.read(tmp_path / "none", {}))
    with pytest.raises(InputError, match="is a file"):
        list(case.read(SAMPLE / "zones.geojson", {}))
    (tmp_path / "known.csv").write_text("file,when\n")
    (tmp_path / "reports.nmea").write_text("")
    with pytest.raises(ColumnsError, match=r"line, t_known; it has: file, when"):
        list(case.read(tmp_path, {}))


def test_what_is_written_is_read_alike(tmp_path: Path) -> None:
    files = {p.name: p.read_bytes() for p in SAMPLE.iterdir()}
    target = tmp_path / "sub" / "case"
    case.write({**files, "truth.json": b"{}"}, target)
    assert {p.name for p in target.iterdir()} == {*files, "truth.json"}
    again, first = gathered(list(case.read(target, {}))), gathered(list(case.read(SAMPLE, {})))
    assert again.keys() == first.keys()
    assert all(again[k].equals(first[k]) for k in first)
    case.write(files, target)
    assert {p.name for p in target.iterdir()} == set(files)


def test_writing_spares_other_peoples_directories(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match=r"thesis\.txt"):
        case.write({"zones.geojson": b"{}"}, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(InputError, match=r"notes\.md"):
        case.write({"notes.md": b""}, tmp_path / "new")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        case.write({"zones.geojson": b"{}"}, tmp_path / "file" / "below")
    shutil.rmtree(tmp_path / "new", ignore_errors=True)


@pytest.mark.parametrize(("name", "reports", "claims"), [("arafura", 134_428, 12_961), ("quiet", 138_035, 12_925)])
def test_the_given_cases(data_dir: Path, name: str, reports: int, claims: int) -> None:
    batches = list(case.read(data_dir / "cases" / name, {}))
    count = {t: sum(len(b.frames[t]) for b in batches if t in b.frames) for t in ("reports", "claims")}
    assert count == {"reports": reports, "claims": claims}
    for b in batches:
        for f in b.frames.values():
            assert f["t_known"].null_count() == 0
            if "t_seen" in f.columns:
                assert (f["t_known"] >= f["t_seen"]).all()
