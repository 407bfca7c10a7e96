"""Law 1 for looks: what was declared of a look makes one and the same picture, whatever came first."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import of_dark, picture

import makara
from makara.looks import one_each
from makara.sharing.marks import ROW, Mark, key
from makara.sharing.marks import row as mark_row
from makara.tables import table

PROVIDER = "KSAT"


@pytest.fixture(scope="module")
def base(sea_case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with what was heard, walked."""
    where = tmp_path_factory.mktemp("looks") / "lake"
    with pytest.MonkeyPatch.context() as m:
        m.setenv("MAKARA_RUN__STEP_S", "86400")
        session = makara.open(where, settings=of_dark())
        session.ingest("nmea", sea_case / "reports_terrestrial.nmea.gz")
        session.run()
    return where


@pytest.fixture(scope="module")
def told(sea_case: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Path]]:
    """Four files that tell of the same looks: a partner's detections, bare looks, whole ones, and STAC items."""
    where = tmp_path_factory.mktemp("told")
    found = pl.read_csv(sea_case / "detections.csv").filter(pl.col("sensor") == "sar")
    report = found.select(
        pl.col("collection").alias("image_id"), pl.col("detection").alias("detection_id"),
        pl.col("t_seen").alias("timestamp"), pl.col("lon").alias("longitude"), pl.col("lat").alias("latitude"),
        pl.col("length_m").alias("length"), pl.col("score").alias("confidence_level"), pl.lit("own").alias("licence"),
    )  # fmt: skip
    report.write_csv(where / "ksat.csv")
    looks = json.loads((sea_case / "collections.geojson").read_text())["features"]
    looks = [f for f in looks if f["properties"]["sensor"] == "sar"]
    bare, items = [], []
    for f in looks:
        p = f["properties"]
        bare.append(
            {**f, "geometry": None, "properties": {k: p[k] for k in ("collection", "sensor", "t_start", "t_end")}}
        )
        shape = shapely.geometry.shape(f["geometry"]).envelope  # a catalogue's footprint is a mere box
        told = {"datetime": p["t_start"], "start_datetime": p["t_start"], "end_datetime": p["t_end"],
                "platform": p["platform"], "sar:instrument_mode": p["mode"], "view:off_nadir": 1,
                "providers": [{"name": PROVIDER, "roles": ["producer"]}]}  # fmt: skip
        items.append({"type": "Feature", "stac_version": "1.0.0", "id": p["collection"], "properties": told,
                      "geometry": shapely.geometry.mapping(shape), "links": [], "assets": {}})  # fmt: skip
    for name, features in (("bare.geojson", bare), ("whole.geojson", looks), ("stac.json", items)):
        (where / name).write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    sources = {"ksat.csv": "ksat", "bare.geojson": "collections", "whole.geojson": "collections", "stac.json": "stac"}
    return {name: (source, where / name) for name, source in sources.items()}


def take(session: makara.Session, name: str, told: dict[str, tuple[str, Path]]) -> None:
    source, path = told[name]
    session.ingest(source, path, licence="own", provider=PROVIDER)


@pytest.fixture(scope="module")
def once(base: Path, told: dict[str, tuple[str, Path]], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The picture where all came before the walk, the best first."""
    with pytest.MonkeyPatch.context() as m:
        m.setenv("MAKARA_RUN__STEP_S", "86400")
        lake = tmp_path_factory.mktemp("once") / "lake"
        shutil.copytree(base, lake)
        session = makara.open(lake)
        for name in ("whole.geojson", "stac.json", "ksat.csv", "bare.geojson"):
            take(session, name, told)
        session.run()
        return picture(session)


def test_the_looks_are_those_that_tell_most(once: Any) -> None:
    assert len(once["events"]) and sum(m["p_dark"] is not None for m in once["matches"]) > 5
    for look in once["collections"]:
        assert look["footprint"] is not None and look["length50_m"] is not None and look["licence"] == "own"


ORDERS = [o for o in itertools.permutations(("ksat.csv", "bare.geojson", "whole.geojson", "stac.json")) if o[0] != o[1]]


@pytest.mark.parametrize("order", ORDERS[2::9], ids=lambda o: "-".join(x[0] for x in o))
def test_any_order_of_arrival_gives_the_same_picture(
    order: tuple[str, ...], base: Path, told: Any, once: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is walked before the next comes."""
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")
    shutil.copytree(base, tmp_path / "lake")
    session = makara.open(tmp_path / "lake")
    for name in order:
        take(session, name, told)
        session.run()
    assert picture(session) == once
    assert not session.run()["steps"], "nothing is left to do"


def test_the_same_looks_again_are_duplicates(base: Path, told: Any, tmp_path: Path) -> None:
    shutil.copytree(base, tmp_path / "lake")
    session = makara.open(tmp_path / "lake")
    take(session, "whole.geojson", told)
    shutil.copy(told["whole.geojson"][1], tmp_path / "again.geojson")
    with (tmp_path / "again.geojson").open("a") as f:
        f.write("\n")
    taken = session.ingest("collections", tmp_path / "again.geojson", licence="own", provider=PROVIDER)
    assert taken["tables"]["collections"] == 0 and taken["duplicates"] == len(session.view("collections"))


# -- the merge itself

A, B = Mark.of({"originators": ["self"]}), Mark.of({"originators": ["KSAT"], "tlp": "red"})
MARKS = pl.DataFrame([mark_row(A), mark_row(B)], schema=ROW)
SHAPES = [None, b"\x01small", b"\x01large"]
declaration = st.fixed_dictionaries(
    {
        "collection": st.sampled_from(["co-a", "co-b"]),
        "footprint": st.sampled_from(SHAPES),
        "t_start": st.integers(0, 3),
        "length50_m": st.sampled_from([None, 10.0, 25.0]),
        "platform": st.sampled_from([None, "S1A", "S1B"]),
        "licence": st.sampled_from([None, "own"]),
        "mark": st.sampled_from([key(A), key(B)]),
    }
)


def rows_of(declared: list[dict[str, Any]]) -> pl.DataFrame:
    us = 1_750_000_000_000_000
    frame = pl.DataFrame(
        [
            {**d, "product": d["collection"], "sensor": "sar", "t_start": us + d["t_start"], "source": "s",
             "t_end": us + 10 - d["t_start"], "t_known": us + n}
            for n, d in enumerate(declared)
        ],
        infer_schema_length=None,
    )  # fmt: skip
    return table("collections").conform(frame)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(declaration, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_a_look_is_a_function_of_the_set_of_its_declarations(declared: list[dict[str, Any]], chance: Any) -> None:
    rows = rows_of(declared)
    made, new = one_each(rows, MARKS)
    shuffled = rows_of(chance.sample([*declared, *declared[:2]], len(declared) + len(declared[:2])))
    again = one_each(shuffled, MARKS)[0]
    assert made["collection"].is_unique().all()
    assert made.drop("t_known").sort("collection").to_dicts() == again.drop("t_known").sort("collection").to_dicts()
    assert set(made["mark"]) <= {*MARKS["mark"], *new["mark"]}
    for look in made.iter_rows(named=True):
        mine = rows.filter(pl.col("collection") == look["collection"])
        for column in ("footprint", "length50_m", "platform", "licence"):
            assert (look[column] is None) == (mine[column].null_count() == len(mine)), column
        best = mine.filter(pl.col("footprint").is_not_null()) if look["footprint"] else mine
        assert look["t_start"] >= best["t_start"].min() and look["t_end"] <= best["t_end"].max()
        assert look["t_known"] == mine["t_known"].max()
