"""VIIRS boat detections as the Earth Observation Group writes them: rows, quality flags, looks, rejects."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import shapely

from makara.base import ids
from makara.base.errors import ColumnsError, UsageError
from makara.sources import guesses, source, viirs
from makara.tables import table

SAMPLE = Path(__file__).parent / "samples" / "vbd_20240301.csv"


def read(path: Path) -> tuple[dict[str, pl.DataFrame], pl.DataFrame, int]:
    batches = list(source("viirs").read(path, {}))
    for b in batches:
        for name, frame in b.frames.items():
            stamp = pl.lit(datetime(2030, 1, 1, tzinfo=UTC))
            table(name).conform(frame.with_columns(source=pl.lit(b.feed), mark=pl.lit("mk"), t_known=stamp))
    frames = {n: pl.concat([b.frames[n] for b in batches]) for n in ("collections", "detections")}
    return frames, pl.concat([b.rejects for b in batches]), sum(b.rows for b in batches)


def test_a_night_of_boats() -> None:
    frames, rejects, n = read(SAMPLE)
    strong, weak, flare, odd = frames["detections"].to_dicts()
    assert n == 6
    assert strong["t_seen"] == datetime(2024, 3, 1, 13, 51, 29, 905000, tzinfo=UTC)
    assert (strong["sensor"], strong["lon_deg"], strong["lat_deg"]) == ("viirs", 178.1, -17.5)
    assert strong["radiance_nw"] == pytest.approx(42.17)
    assert (strong["flags"], weak["flags"], flare["flags"], odd["flags"]) == ([], ["weak"], ["gas_flare"], ["qf_255"])
    assert strong["p_vessel"] > weak["p_vessel"] > 0.5 > flare["p_vessel"]
    assert (odd["p_vessel"], odd["radiance_nw"]) == (None, None)
    assert (strong["structure"], flare["structure"]) == (None, "platform")
    assert rejects.select("line", "reason").rows() == [(6, "missing_value"), (7, "bad_time")]


def test_a_granule_with_an_outline_is_a_look_and_others_are_sightings() -> None:
    frames, _, _ = read(SAMPLE)
    (look,) = frames["collections"].to_dicts()
    name = "SVDNB_npp_d20240301_t1347001_e1352405_b63999"
    assert (look["product"], look["platform"], look["sensor"]) == (name, "Suomi NPP", "viirs")
    assert look["collection"] == ids.ident("co", "eog", name)
    assert look["t_start"] == datetime(2024, 3, 1, 13, 47, 0, 100000, tzinfo=UTC)
    assert look["t_end"] == datetime(2024, 3, 1, 13, 52, 40, 500000, tzinfo=UTC)
    seen = shapely.from_wkb(look["footprint"])
    assert seen.geom_type == "MultiPolygon"
    for d in frames["detections"].to_dicts():
        inside = seen.covers(shapely.Point(d["lon_deg"], d["lat_deg"]))
        assert d["collection"] == (look["collection"] if inside else None)


def test_packed_nights_and_what_no_outline_is(tmp_path: Path) -> None:
    packed = tmp_path / "night.csv.gz"
    packed.write_bytes(gzip.compress(SAMPLE.read_bytes()))
    assert read(packed)[0]["detections"].equals(read(SAMPLE)[0]["detections"])
    assert guesses(SAMPLE)[1][0][0] == "viirs"
    for lat, lon in ((None, None), ("1 2", "3 4"), ("1 2 3", "1 2"), ("1 2 99", "1 2 3"), ("1 1 1", "2 2 2")):
        assert viirs.outline(lat, lon) is None
    assert viirs.granule("SVDNB_j02_d20249901_t1347001_e1352405_b1") is None
    late = viirs.granule("SVDNB_j01_d20240301_t2359001_e0004405_b1")
    assert late is not None
    assert late[3] == datetime(2024, 3, 2, 0, 4, 40, 500000, tzinfo=UTC)


def test_a_night_without_boats_and_a_table_of_something_else(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text(SAMPLE.read_text().split("\n")[0] + "\n")
    frames, rejects, n = read(empty)
    assert (len(frames["detections"]), len(frames["collections"]), len(rejects), n) == (0, 0, 0, 0)
    other = tmp_path / "other.csv"
    other.write_text("id_Key,Lat_DNB\nx,1\n")
    with pytest.raises(ColumnsError, match="no column Date_Mscan, Lon_DNB, QF_Detect; it has: id_Key, Lat_DNB"):
        read(other)
    with pytest.raises(UsageError, match="no option --moon"):
        list(source("viirs").read(SAMPLE, {"moon": "full"}))
