"""Coverage of a lake: cells, times, formats, and what partners see of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import shapely

import makara
from as_typed import Done
from as_typed import makara as typed
from makara.base.errors import ReleaseError, UsageError
from makara.session import coverage as room
from makara.sinks import geojson
from makara.tables import table

FIJI = (174.0, -20.0, -176.0, -15.0)


@pytest.fixture(scope="module")
def whole(walked: makara.Session) -> pl.DataFrame:
    return walked.coverage()["reception"]


def test_coverage_is_table_reception_and_nobody_there_is_not_looked(whole: pl.DataFrame) -> None:
    assert whole.schema == table("reception").schema
    keys = whole.select("cell", "receiver", "transponder")
    assert keys.is_unique().all() and whole["cell"].is_sorted()
    bare, looked = whole.filter(state="not looked"), whole.filter(state="looked")
    assert len(bare) and len(looked)
    assert bare.select("p_heard", "p_lo", "p_hi").null_count().row(0) == (len(bare),) * 3
    assert bare.select("trials", "heard", "n_heard", "n_movers").sum().row(0) == (0, 0, 0, 0)
    assert looked["p_heard"].null_count() == 0
    assert set(whole["transponder"]) == {"class_a", "class_b"} and set(whole["receiver"]) == {
        "satellite",
        "terrestrial",
    }


def test_it_is_the_same_as_on_the_points_alone(walked: makara.Session, whole: pl.DataFrame) -> None:
    kinds = walked.reports().group_by("mover").agg(pl.col("transponder").mode().sort().first())
    points = walked.view("track_points").join(kinds, on="mover")
    alone = makara.reception(points).filter(pl.col("transponder").is_in(["class_a", "class_b"]))
    counts = ["cell", "receiver", "transponder", "n_heard", "n_movers", "trials", "heard"]
    looked = whole.filter(state="looked").select(counts)
    assert looked.sort(counts).equals(alone.select(counts).sort(counts))


def test_windows_add_up(walked: makara.Session, whole: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "WINDOW", timedelta(hours=2))
    assert walked.coverage()["reception"].equals(whole)


def test_a_box_across_180_answers_the_cells_in_it(walked: makara.Session, whole: pl.DataFrame) -> None:
    found = walked.coverage(bbox=FIJI)["reception"]
    looked = found.filter(state="looked")
    same = whole.join(looked, on=["cell", "receiver", "transponder"], how="semi")
    assert len(looked) and same.select(looked.columns).equals(looked)
    shapes = shapely.from_wkb(found["geometry"].to_numpy())
    parts = [shapely.box(FIJI[0], FIJI[1], 180, FIJI[3]), shapely.box(-180, FIJI[1], FIJI[2], FIJI[3])]
    assert all(any(shapely.intersects(s, p) for p in parts) for s in shapes)
    assert (shapely.get_type_id(shapes) == 6).any(), "a cell that 180 cuts"
    assert len(found.filter(state="not looked")) > len(looked)
    inland = walked.coverage(bbox=(103.0, 15.0, 104.0, 16.0))["reception"]
    assert len(inland) == 0, "no cell that is all land"


def test_a_span_counts_its_own_hours_only(walked: makara.Session, whole: pl.DataFrame) -> None:
    first = whole["t_start"][0]
    hours = walked.coverage(hourly=True)["reception"]
    assert (hours["t_end"] - hours["t_start"] == timedelta(hours=1)).all() and set(hours["state"]) == {"looked"}
    part = walked.coverage(since=first + timedelta(hours=2), until=first + timedelta(hours=4))["reception"]
    within = hours.filter(pl.col("t_start").is_between(first + timedelta(hours=2), first + timedelta(hours=3)))
    assert part["heard"].sum() == within["heard"].sum() > 0
    assert part["trials"].sum() == within["trials"].sum() < whole["trials"].sum()
    with pytest.raises(UsageError, match="empty"):
        walked.coverage(since=first, until=first)


def test_default_is_deny_and_a_policy_gives_its_zone(walked: makara.Session, whole: pl.DataFrame) -> None:
    assert walked.coverage(partner="TON")["reception"].is_empty()
    given = walked.coverage(partner="FJI")["reception"]
    assert 0 < len(given) < len(whole)
    assert given["source"].null_count() == len(given) if "source" in given.columns else True
    told = whole.join(given, on=["cell", "receiver", "transponder"], how="semi").sort("cell", "receiver", "transponder")
    same = ["cell", "trials", "heard", "p_heard", "state"]
    assert told.select(same).equals(given.sort("cell", "receiver", "transponder").select(same))
    with pytest.raises(ReleaseError, match="no partner"):
        walked.coverage(partner="NOBODY")


def test_it_is_drawn_as_hexagons_cut_at_180(walked: makara.Session) -> None:
    drawn = json.loads(geojson(walked.coverage(bbox=FIJI), ("reception",)))["features"]
    assert len({f["id"] for f in drawn}) == len(drawn)
    for f in drawn:
        assert f["geometry"]["type"] in ("Polygon", "MultiPolygon")
        p = f["properties"]
        assert (p["p_heard"] is None) == (p["state"] == "not looked")
        xs = [x for x, _ in shapely.get_coordinates(shapely.from_geojson(json.dumps(f["geometry"])))]
        assert max(xs) - min(xs) < 10.0 or f["geometry"]["type"] == "MultiPolygon"


def test_on_the_command_line(walked: makara.Session, whole: pl.DataFrame) -> None:
    def run(*words: str, code: int = 0) -> Done:
        return typed("coverage", walked.lake.path, *words, code=code)

    drawn = json.loads(run("--reception", "--format", "geojson").stdout)
    assert len(drawn["features"]) == len(whole)
    table_ = run("--bbox", "174,-20,-176,-15")
    assert "not looked" in table_.stdout and table_.stderr.strip().endswith("rows")
    assert "no partner" in run("--partner", "NOBODY", code=1).stderr


def test_an_empty_lake_has_no_coverage(tmp_path: Path) -> None:
    assert makara.open(tmp_path / "lake").coverage()["reception"].is_empty()


def test_looks_stand_beside_reception_with_their_age(walked: makara.Session, whole: pl.DataFrame) -> None:
    out = walked.coverage(bbox=FIJI)
    rows, looks = out["coverage"], walked.view("collections")
    assert {"ais", "sar"} <= set(rows["sensor"]) and rows.select("cell", "sensor").is_unique().all()
    ais = rows.filter(pl.col("sensor") == "ais", pl.col("state") == "looked")
    heard = out["reception"].filter(state="looked")
    assert set(ais["cell"]) <= set(heard["cell"]) and len(ais)
    assert heard["t_last"].max() == ais["t_last"].max()
    seen = rows.filter(pl.col("sensor") == "sar", pl.col("state") == "looked")
    assert len(seen) and set(seen["t_last"].to_list()) <= set(looks.filter(sensor="sar")["t_end"].to_list())
    until = looks["t_end"].max() + timedelta(hours=1)
    aged = walked.coverage(bbox=FIJI, until=until)["coverage"].drop_nulls("t_last")
    assert (aged["age_s"] - (until - aged["t_last"]).dt.total_microseconds() / 1e6).abs().max() <= 0.5


def test_partners_see_of_looks_what_they_were_given(walked: makara.Session) -> None:
    told = walked.coverage(partner="FJI")["coverage"]
    assert set(told["sensor"]) == {"ais"}, "a policy gives reception, none gives looks"
    assert set(told["cell"]) == set(walked.coverage(partner="FJI")["reception"]["cell"])
    assert walked.coverage(partner="TON")["coverage"].is_empty()
    assert "mark" not in told.columns


def test_coverage_is_drawn_and_listed_on_the_command_line(walked: makara.Session) -> None:
    def run(*words: str) -> str:
        return typed("coverage", walked.lake.path, "--bbox", "174,-20,-176,-15", *words).stdout

    drawn = json.loads(run("--format", "geojson"))["features"]
    assert {f["properties"]["table"] for f in drawn} == {"coverage"}
    assert len({f["id"] for f in drawn}) == len(drawn)
    assert "could not see" in run("--length", "5") and "age_s" in run()
