"""Ships in a satellite scene: the door with no lake, the command, and the way of a scene into a lake."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from click.testing import CliRunner, Result
from small_scene import LINES, SHIPS, STEP_DEG, write_scene

import makara
import makara.session
from makara.base.errors import InputError, MakaraError, UsageError
from makara.base.geo import distance_m
from makara.cli.detect import detect as detect_command
from makara.cli.write import ingest as ingest_command
from makara.lake import TEMPLATES
from makara.sensors import sar
from makara.sensors.scene import Georeference, Nodes, Scene
from makara.session import detect as room
from makara.session.scenes import LAND_MOST
from makara.sharing.marks import by_id
from makara.sources import source
from makara.sources.scene import footprint, look_of
from makara.tables import table

MAKARA = Path(sys.executable).parent / "makara"
T = datetime(2026, 3, 1, 10, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scene(tmp_path_factory.mktemp("scene") / "sea.tif")


@pytest.fixture(scope="module")
def found(scene: Path) -> pl.DataFrame:
    return makara.detect(scene)


def planted() -> tuple[np.ndarray, np.ndarray]:
    line, pixel = np.array(SHIPS, float).T
    lon = 179.985 + (pixel + 0.5) * STEP_DEG
    return (lon + 180.0) % 360.0 - 180.0, -17.5 - line * STEP_DEG


def test_each_ship_is_found_once_where_it_is_on_both_sides_of_180(found: pl.DataFrame) -> None:
    assert found.columns == [f.name for f in table("detections").own]
    assert table("detections").conform(found, partial=True).equals(found)
    ships = found.filter(pl.col("p_vessel") >= 0.5) if found["p_vessel"].max() >= 0.5 else found
    lon, lat = planted()
    near = distance_m(lon[:, None], lat[:, None], found["lon_deg"].to_numpy(), found["lat_deg"].to_numpy()) < 60.0
    assert near.any(axis=1).all() and (near.sum(axis=1) == 1).all()
    assert len(found) <= len(SHIPS) + 1 and len(ships)
    assert {-1.0, 1.0} == set(np.sign(found["lon_deg"].to_list()))
    assert found["t_seen"].to_list() == [T] * len(found)
    assert found["detection"].is_unique().all() and found["chip"].null_count() == 0
    at = found[int(np.argmax(near[0]))]
    assert 70.0 < at["length_m"][0] < 200.0 and abs(at["axis_deg"][0] - 90.0) < 10.0


def test_the_same_scene_gives_the_same_rows_and_an_opened_one_too(scene: Path, found: pl.DataFrame) -> None:
    with room.opened(scene) as opened:
        assert makara.detect(opened).equals(found)


def test_without_a_time_the_door_gives_null_and_a_lake_refuses(tmp_path: Path) -> None:
    untimed = write_scene(tmp_path / "untimed.tif", ACQUISITION_START="")
    assert makara.detect(untimed)["t_seen"].null_count() == len(SHIPS)
    assert makara.detect(untimed, time="2026-03-01T10:20:00Z")["t_seen"].to_list() == [T] * len(SHIPS)
    session = makara.open(tmp_path / "lake")
    with pytest.raises(InputError, match="give --time"):
        session.ingest("scene", untimed, licence="own")
    assert session.lake.snapshot() is None
    assert session.ingest("scene", untimed, licence="own", time="2026-03-01T10:20:00Z")["tables"]["collections"] == 1


def test_what_stood_there_before_or_in_a_zone_is_a_structure(scene: Path, found: pl.DataFrame) -> None:
    first = found
    earlier = first[:1].with_columns(t_seen=pl.lit(datetime(2026, 2, 1, tzinfo=UTC)).cast(first.schema["t_seen"]))
    again = makara.detect(scene, earlier=earlier)
    assert again["structure"].to_list() == ["platform", *first["structure"][1:].to_list()]
    undated = earlier.select(pl.col("lon_deg").alias("lon"), pl.col("lat_deg").alias("lat"))
    assert makara.detect(scene, earlier=undated.to_pandas()).equals(again), "no time: of another date"
    spot = shapely.Point(first["lon_deg"][1], first["lat_deg"][1]).buffer(0.001)
    zones = pl.DataFrame({"kind": ["infrastructure"], "geometry": [shapely.to_wkb(spot)]})
    assert makara.detect(scene, zones=zones)["structure"][1] == "platform"


@pytest.mark.parametrize("name", ["before.csv", "before.parquet"])
def test_what_the_command_wrote_of_an_undated_scene_is_an_earlier_date(name: str, scene: Path, tmp_path: Path) -> None:
    undated = write_scene(tmp_path / "undated.tif", ACQUISITION_START="")
    run("detect", undated, "--out", tmp_path / name)
    done = run("detect", scene, "--earlier", tmp_path / name, "--format", "json")
    assert {r["structure"] for r in json.loads(done.stdout)} == {"platform"}
    (tmp_path / "odd.csv").write_text("where\nhere\n")
    odd = run("detect", scene, "--earlier", tmp_path / "odd.csv")
    assert "has no column lon_deg, lat_deg; it has: where" in str(odd.exception)


def test_the_footprint_is_that_of_pixels_with_data_cut_at_180(scene: Path, tmp_path: Path) -> None:
    import rasterio

    with room.opened(scene) as opened:
        whole = shapely.from_wkb(footprint(opened))
    assert whole.geom_type == "MultiPolygon"
    assert whole.area == pytest.approx((LINES * STEP_DEG) ** 2, rel=0.01)
    west, east = sorted(p.bounds for p in whole.geoms)
    assert (west[0], east[2]) == (-180.0, 180.0)
    cut = tmp_path / "cut.tif"
    shutil.copy(scene, cut)
    with rasterio.open(cut, "r+") as out:
        data = out.read(1)
        data[:, :150] = 0.0
        out.write(data, 1)
    with room.opened(cut) as opened:
        half = shapely.from_wkb(footprint(opened))
    assert half.area == pytest.approx(whole.area / 2.0, rel=0.02) and half.bounds[0] == -180.0


@pytest.mark.parametrize("name", ["found.csv", "found.parquet", "found.geojson"])
def test_the_command_writes_by_the_ending(name: str, scene: Path, tmp_path: Path) -> None:
    out = tmp_path / name
    done = run("detect", scene, "--out", out)
    assert done.exit_code == 0 and "detections written" in done.stderr
    if name.endswith("json"):
        features = json.loads(out.read_text())["features"]
        assert len(features) == len(SHIPS) and features[0]["geometry"]["type"] == "Point"
        return
    rows = pl.read_csv(out) if name.endswith("csv") else pl.read_parquet(out)
    assert len(rows) == len(SHIPS) and rows["p_vessel"].is_sorted(descending=True)


def test_the_command_prints_draws_and_writes_chips(scene: Path, tmp_path: Path) -> None:
    done = run("detect", scene, "--plot", tmp_path / "look.png", "--chips", tmp_path / "chips", "--format", "json")
    rows = json.loads(done.stdout)
    assert {r["chip"] for r in rows} == {p.stem for p in (tmp_path / "chips").iterdir()}
    assert (tmp_path / "look.png").read_bytes()[:4] == b"\x89PNG"
    assert "p_vessel" in run("detect", scene).stdout


def test_the_command_says_what_is_wrong(scene: Path, tmp_path: Path) -> None:
    wrong = run("detect", scene, "--out", "found.shp")
    assert isinstance(wrong.exception, UsageError) and ".geojson" in str(wrong.exception)
    for option in ("--out", "--plot"):
        nowhere = run("detect", scene, option, tmp_path / "none" / ("f.csv" if option == "--out" else "f.png"))
        assert isinstance(nowhere.exception, UsageError) and "there is no folder" in str(nowhere.exception)
    assert isinstance(run("detect", scene, "--plot", tmp_path / "f.doc").exception, UsageError)
    (tmp_path / "half.tif").write_bytes(scene.read_bytes()[:3000])
    cut = subprocess.run(
        [MAKARA, "detect", tmp_path / "half.tif", "--out", tmp_path / "never.csv"], capture_output=True, text=True
    )
    assert cut.returncode == 1 and "Traceback" not in cut.stderr and not (tmp_path / "never.csv").exists()


def test_a_picture_marks_vessels_and_structures(scene: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from makara.session.scene_plot import plot_scene

    with room.opened(scene) as opened:
        found = room.search(opened).detections
        kinds = pl.Series(["platform", *[None] * (len(found) - 1)], dtype=pl.String)
        ax = plot_scene(opened, found.with_columns(structure=kinds))
    drawn = {c.get_gid(): c for c in ax.collections}
    assert len(drawn["vessels"].get_offsets()) == len(found) - 1
    assert "platform" in {t.get_text() for t in ax.texts} and "likely vessels" in ax.get_title(loc="left")
    matplotlib.pyplot.close(ax.figure)


def run(name: str, *words: object) -> Result:
    """A command, in this process; errors are told as the command line tells them."""
    done = CliRunner().invoke({"detect": detect_command, "ingest": ingest_command}[name], [str(w) for w in words])
    assert done.exception is None or isinstance(done.exception, MakaraError), done.exception
    return done


def test_a_footprint_is_worked_out_for_a_lake_alone(scene: Path, found: pl.DataFrame) -> None:
    """Detecting alone reads what the search reads; a scene whose pixels lie nowhere is refused before any is read."""
    asked: list[tuple[int, int]] = []
    with room.opened(scene) as opened:
        told = replace(opened, read=lambda a, b: (asked.append((a, b)), opened.read(a, b))[1])
        assert makara.detect(told).equals(found)
        assert (0, 1) not in asked and asked
        asked.clear()
        look_of(told)
        assert (0, 1) in asked
        asked.clear()
        bare = Georeference(opened.georeference.lon, Nodes(*[np.array([0.0])] * 2, np.array([[np.nan]])))
        with pytest.raises(InputError, match="not placed"):
            makara.detect(replace(told, georeference=bare))
        assert not asked


def test_lines_are_seen_along_the_way_of_the_platform(scene: Path) -> None:
    """One rule for all detectors: line times, else evenly from begin to end as the platform went, else the begin."""
    end, lines = T + timedelta(seconds=10), np.array([0.0, LINES - 1.0])
    with room.opened(scene) as opened:
        timed = replace(opened, t_start=T, t_end=end, line_times=None, heading_deg=None)
        assert timed.seen(lines) == [T, end]
        assert replace(timed, heading_deg=193.0).seen(lines) == [T, end]  # southwards, as lines go down a map
        assert replace(timed, heading_deg=347.0).seen(lines) == [end, T]
        assert replace(timed, t_end=None).seen(lines) == [T, T]
        assert replace(timed, t_start=None).seen(lines) == [None, None]
        ends = np.array([0.0, LINES - 1.0])
        told = replace(timed, heading_deg=347.0, line_times=Nodes(ends, np.zeros(1), np.array([[1.0], [3.0]])))
        assert told.seen(lines) == [T + timedelta(seconds=1), T + timedelta(seconds=3)]
        measured = makara.detect(timed)["t_seen"]
        plain = sar.detect(timed).detections["t_seen"]
    assert T < measured.min() < measured.max() < end  # type: ignore[operator]
    assert T < plain.min() < plain.max() < end  # type: ignore[operator]


# -- into a lake


def test_a_scene_becomes_a_look_detections_and_chips_in_one_commit(scene: Path, tmp_path: Path) -> None:
    session = makara.open(tmp_path / "lake")
    taken = session.ingest("scene", scene, licence="commercial-foreign")
    assert taken["tables"] == {"chips": len(SHIPS), "collections": 1, "detections": len(SHIPS)}
    assert session.lake.snapshot().number == 1
    look = session.view("collections").row(0, named=True)
    assert (look["sensor"], look["product"], look["licence"], look["product_form"]) == (
        "sar", "sea", "commercial-foreign", "raw"
    )  # fmt: skip
    assert look["t_start"] == look["t_end"] == T and look["length50_m"] == pytest.approx(14.5, abs=1.0)
    assert look["scene_uri"].endswith("sea.tif")
    found = session.detections()
    alone = makara.detect(scene, licence="commercial-foreign").sort("detection")
    assert found.select(alone.columns).equals(alone)
    before = session.lake.snapshot()
    assert session.ingest("scene", scene, licence="commercial-foreign")["skipped_same_file"] == 1
    assert session.lake.snapshot() == before


def test_chips_are_kept_by_their_hash_under_a_mark_of_their_own(scene: Path, tmp_path: Path) -> None:
    session = makara.open(tmp_path / "lake")
    session.ingest("scene", scene, licence="commercial-foreign")
    marks = by_id(session.lake.state("marks"))
    chips, found = session.lake.state("chips"), session.detections()
    assert set(chips["detection"]) == set(found["detection"]) and set(chips["chip"]) == set(found["chip"])
    for rows, licence in ((chips, "commercial-foreign@domestic@chip"), (found, "commercial-foreign@foreign@detection")):
        assert {x for m in rows["mark"].to_list() for x in marks[m].licences} == {licence, "own"}
    for sha, size in chips.select("chip", "bytes").iter_rows():
        kept = tmp_path / "lake" / "chips" / sha[:2] / f"{sha}.png"
        assert kept.stat().st_size == size and b"sea" in kept.read_bytes()
    assert "chip" not in session.release("self").tables.get("chips", pl.DataFrame()).columns


def test_embargo_and_expiry_go_with_detections_and_chips(scene: Path, tmp_path: Path) -> None:
    session = makara.open(tmp_path / "lake")
    with (tmp_path / "lake" / "makara.toml").open("a") as f:
        f.write('[licences.late]\npermits = ["*"]\ntiers = { raw = "own", chip = "domestic", detection = "foreign" }\n')
        f.write("embargo_s = 86400\nexpires_s = 864000\n")
    session = makara.open(tmp_path / "lake")
    session.ingest("scene", scene, licence="late")
    marks = by_id(session.lake.state("marks"))
    for rows, form in ((session.lake.state("chips"), "domestic@chip"), (session.detections(), "foreign@detection")):
        for mark in {marks[m] for m in rows["mark"].to_list()}:
            assert f"late@{form}" in mark.licences
            assert timedelta(days=1) <= mark.embargo - T < timedelta(days=1, hours=1)
            assert timedelta(days=10, hours=-1) < mark.expires - T <= timedelta(days=10)


def test_a_look_that_found_nothing_is_kept(tmp_path: Path) -> None:
    session = makara.open(tmp_path / "lake")
    taken = session.ingest("scene", write_scene(tmp_path / "empty.tif", ships=()), licence="copernicus")
    assert taken["tables"] == {"chips": 0, "collections": 1, "detections": 0}
    seen = session.coverage()["coverage"].filter(sensor="sar", state="looked")
    assert len(seen) and seen["t_last"].unique().to_list() == [T]


def test_without_a_licence_nothing_is_taken_in_and_the_templates_are_named(scene: Path, tmp_path: Path) -> None:
    session = makara.open(tmp_path / "lake")
    with pytest.raises(UsageError, match="needs a licence, and it says none; nothing was taken in") as e:
        session.ingest("scene", scene)
    assert all(name in str(e.value) for name in TEMPLATES)
    assert session.lake.snapshot() is None and not (tmp_path / "lake" / "chips").exists()


def test_what_a_product_says_counts_where_it_names_a_template(tmp_path: Path) -> None:
    def beside(name: str, licence: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        write_scene(folder / "sea.tif", ACQUISITION_START="")
        told = {"datetime": "2026-03-01T10:20:00Z", "license": licence, "platform": "sat-1"}
        item = {"type": "Feature", "stac_version": "1.0.0", "id": name, "geometry": None, "properties": told,
                "assets": {"data": {"href": "sea.tif"}}, "links": []}  # fmt: skip
        (folder / "sea.stac.json").write_text(json.dumps(item))
        return folder

    session = makara.open(tmp_path / "lake")
    session.ingest("scene", beside("open", "CC-BY-4.0"))
    look = session.view("collections").row(0, named=True)
    assert (look["product"], look["platform"], look["licence"]) == ("open", "sat-1", "cc-by-4.0")
    with pytest.raises(UsageError, match="says 'proprietary', which is none of these"):
        session.ingest("scene", beside("shut", "proprietary"))


def test_a_product_from_the_future_is_refused(tmp_path: Path) -> None:
    ahead = write_scene(tmp_path / "ahead.tif", ACQUISITION_START="2999-01-01T00:00:00Z")
    session = makara.open(tmp_path / "lake")
    with pytest.raises(InputError, match="2999"):
        session.ingest("scene", ahead, licence="own")
    assert session.lake.snapshot() is None
    with pytest.raises(InputError, match="2999"):
        makara.detect(ahead)
    item = {"type": "Feature", "stac_version": "1.0.0", "id": "a", "geometry": None, "links": [], "assets": {},
            "properties": {"datetime": "2999-01-01T00:00:00Z", "sar:instrument_mode": "IW"}}  # fmt: skip
    (tmp_path / "item.json").write_text(json.dumps(item))
    taken = session.ingest("stac", tmp_path / "item.json", licence="own")
    assert taken["rejects"] == {"future": 1} and not taken["tables"]["collections"]


def test_large_products_are_known_by_hash_and_place_small_ones_are_copied(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = makara.open(tmp_path / "lake")
    session.ingest("scene", scene, licence="own")
    assert scene.stat().st_size < LAND_MOST and len(list((tmp_path / "lake" / "landing").rglob("*"))) == 2
    monkeypatch.setattr("makara.session.scenes.LAND_MOST", 1000)
    other = makara.open(tmp_path / "other")
    other.ingest("scene", scene, licence="own")
    assert not list((tmp_path / "other" / "landing").rglob("*"))
    same = [s.lake.state("files").select("sha256", "bytes").rows() for s in (session, other)]
    assert same[0] == same[1] and other.view("collections")["scene_uri"][0] == str(scene)


def test_read_alone_the_source_gives_the_look(scene: Path) -> None:
    (batch,) = source("scene").read(scene, {})
    assert set(batch.frames) == {"collections"} and batch.frames["collections"]["product"].to_list() == ["sea"]
    explained = run("ingest", "--explain", "scene", scene)
    assert explained.exit_code == 0 and "collections" in explained.stdout


def test_an_optical_scene_goes_through_the_same_door() -> None:
    n, step = 400, 9e-5
    pixels = np.random.default_rng(1).normal(0.0, 20.0, (3, n, n)) + np.array([900.0, 700.0, 250.0])[:, None, None]
    for line, pixel in ((100, 100), (300, 320)):
        pixels[:, line - 2 : line + 3, pixel - 10 : pixel + 11] += 3000.0
    ends = np.array([0.0, n])
    lon = Nodes(ends, ends, np.array([[179.98, 179.98 + n * step]] * 2))
    lat = Nodes(ends, ends, np.array([[-17.0] * 2, [-17.0 - n * step] * 2]))
    sea = Scene("day", "optical", (n, n), (10.0, 10.0), Georeference(lon, lat), lambda a, b: pixels[:, a:b],
                bands=("green", "red", "nir"), reflectance=((1e-4, 0.0),) * 3, t_start=T,
                resolution_m=10.0)  # fmt: skip
    found = makara.detect(sea)
    assert found["sensor"].to_list() == ["optical"] * 2 and sorted(np.sign(found["lon_deg"])) == [-1.0, 1.0]
    look = look_of(sea).row(0, named=True)
    assert (look["length50_m"], look["sensor"]) == (20.0, "optical")
    assert shapely.from_wkb(look["footprint"]).geom_type == "MultiPolygon"


def test_a_scene_is_explained_as_the_look_that_it_is(scene: Path, tmp_path: Path) -> None:
    """By its name alone, and as the source of its provider or of any."""
    for name in (None, "radar_tif", "scene"):
        told = makara.session.preview(name, [scene])
        assert (told["source"], told["tables"], told["rejects"]) == ("scene", {"collections": 1}, {})
        assert told["first"]["collections"][0]["sensor"] == "sar" and told["command"].startswith(
            "makara ingest LAKE scene "
        )
        assert any("found when it is taken in" in w for w in told["warnings"])
        assert any("--licence NAME" in w for w in told["warnings"])
