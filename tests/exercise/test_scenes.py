"""Rendered radar scenes: clutter, ships where they belong, movers displaced, products that are read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest
from case_reading import on_land
from numpy.typing import NDArray
from scipy import optimize, special

import makara
from makara.base import geo
from makara.base.errors import InputError, UsageError
from makara.base.units import KN_M_S
from makara.exercise import simulate
from makara.exercise.radar import Rendered, Target, View, clutter, render
from makara.exercise.radar.land import BLOCK
from makara.exercise.radar.ships import cross_section_m2
from makara.exercise.score import in_scenes
from makara.session.exercise import exercise, write_scene
from makara.sources.scenes import open_scene

WHEN = datetime(2026, 3, 14, 16, 0, tzinfo=UTC)
OPEN = View(98.0, 8.2, 348.0, 34.0, (900, 800), 10.0, WHEN)
COAST = View(98.30, 7.85, 192.0, 36.0, (1200, 1000), 10.0, WHEN)
LINE = View(180.02, -17.9, 348.0, 38.0, (900, 800), 10.0, WHEN)


def nowhere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.zeros(np.broadcast(lon, lat).shape, bool)


def ship(view: View, line: float, pixel: float, **about: Any) -> Target:
    lon, lat = (float(v) for v in view.place(line, pixel))
    given = {"name": "a", "kind": "vessel", "length_m": 150.0, "width_m": 24.0, "heading_deg": 40.0, **about}
    return Target(lon=lon, lat=lat, **given)


def intensity(r: Rendered) -> NDArray[np.float64]:
    """Sigma nought with noise, by the calibration that the product tells."""
    from makara.exercise.radar.render import amplitude

    return (r.dn / amplitude(r.view, np.arange(r.view.shape[1], dtype=float))) ** 2


@pytest.fixture(scope="module")
def empty() -> Rendered:
    return render(OPEN, [], land_mask=nowhere, seed=3)


def test_places_and_pixels_are_inverse_and_spaced_as_told() -> None:
    for view in (OPEN, COAST, LINE, View(10.0, 83.0, 348.0, 30.0, (900, 800), 10.0, WHEN)):
        line, pixel = np.meshgrid([0.0, 450.5, 899.0], [0.0, 399.5, 799.0])
        lon, lat = view.place(line, pixel)
        back = view.pixel_of(lon, lat)
        assert np.abs(back[0] - line).max() < 1e-3
        assert np.abs(back[1] - pixel).max() < 1e-3
        assert ((lon >= -180.0) & (lon < 180.0)).all()
        for step in ((1.0, 0.0), (0.0, 1.0)):
            there = view.place(400.0 + 100.0 * step[0], 300.0 + 100.0 * step[1])
            assert float(geo.distance_m(*view.place(400.0, 300.0), *there)) == pytest.approx(1000.0, rel=2e-3)


def test_the_orbit_fits_ranges_and_looks_across(empty: Rendered) -> None:
    line, pixel = 700.0, 120.0
    lon, lat = (np.radians(float(v)) for v in OPEN.place(line, pixel))
    e2 = geo.F * (2.0 - geo.F)
    n = geo.A_M / np.sqrt(1.0 - e2 * np.sin(lat) ** 2)
    point = n * np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), (1.0 - e2) * np.sin(lat)])
    at, way = OPEN.orbit(OPEN.line_s * line)
    sight = point - at[0]
    reach = float(np.linalg.norm(sight))
    assert reach == pytest.approx(float(OPEN.ranges(pixel)[0]), rel=1e-4)
    assert abs(float(sight @ way[0]) / reach) < 10.0
    assert float(np.linalg.norm(way[0])) == pytest.approx(OPEN.platform_m_s, rel=0.005)


def test_clutter_has_the_moments_of_k_distributed_sea(empty: Rendered) -> None:
    thermal = clutter.noise(OPEN, np.arange(800.0))
    sea = clutter.sea(OPEN, np.random.default_rng([3, 11]))
    mean, shape = (np.repeat(np.repeat(v, clutter.CELL, 0), clutter.CELL, 1) for v in (sea.mean, sea.shape))
    inner = np.s_[:, 40:-40]
    seen = (intensity(empty) / (mean + thermal))[inner]
    assert seen.mean() == pytest.approx(1.0, abs=0.01)
    share = (mean / (mean + thermal))[inner]
    expected = (1.0 + 1.0 / clutter.LOOKS) * (1.0 + (share**2 / shape[inner]).mean())
    assert (seen**2).mean() == pytest.approx(expected, rel=0.02)
    # Neighbours go together as in a product of half the resolution; all is gone after 200 m.
    unit = seen - seen.mean()
    near, far = ((unit[:, k:] * unit[:, :-k]).mean() / (unit**2).mean() for k in (1, 20))
    assert 0.4 < near < 0.65
    assert abs(far) < 0.02


@pytest.mark.parametrize("shape", [4.0, 4.4, 10.0, 40.0])
def test_texture_and_speckle_are_gamma(shape: float) -> None:
    z = np.random.default_rng(1).standard_normal(200_000, np.float32)
    x = clutter.gamma_of(z, np.float32(shape))
    assert x.mean() == pytest.approx(1.0, abs=0.01)
    assert x.var() == pytest.approx(1.0 / shape, rel=0.03)
    # To the tail, where false alarms come from: the quantile at 1e-6 within 3 %.
    far = clutter.gamma_of(np.array([4.7534], np.float32), np.float32(shape))
    assert far[0] == pytest.approx(special.gammainccinv(shape, 1e-6) / shape, rel=0.03)


def test_strips_of_speckle_join_without_a_seam() -> None:
    speckle = clutter.Speckle(3, 8, 40_000)
    a, b = speckle.strip(0), speckle.strip(1)
    seam, inside = (np.corrcoef(x, y)[0, 1] for x, y in ((a[-1], b[0]), (a[3], a[4])))
    assert seam == pytest.approx(inside, abs=0.02)
    assert seam == pytest.approx(0.5, abs=0.05)
    assert np.array_equal(clutter.Speckle(3, 8, 40_000).strip(1), b)
    assert 1.0 / b.var() == pytest.approx(clutter.LOOKS, rel=0.03)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    targets = [ship(OPEN, 300.0, 200.0), ship(OPEN, 600.0, 500.0, sog_kn=12.0, cog_deg=90.0)]
    first, again, other = (render(OPEN, targets, land_mask=on_land, seed=s) for s in (5, 5, 6))
    assert first.dn.tobytes() == again.dn.tobytes()
    assert first.dn.tobytes() != other.dn.tobytes()


def test_no_data_at_the_edges_and_nowhere_else(empty: Rendered) -> None:
    assert (empty.dn[:, :6] == 0).all()
    assert (empty.dn[:, -6:] == 0).all()
    assert (empty.dn[:, 31:-31] > 0).all()


@pytest.mark.parametrize("view", [OPEN, COAST, LINE], ids=["ascending", "descending", "across 180"])
def test_a_ship_at_rest_is_shown_at_its_place_with_its_length_and_axis(view: View) -> None:
    line, pixel = 430.0, 380.0
    lengths = {}
    for length in (80.0, 240.0):
        target = ship(view, line, pixel, length_m=length, width_m=length / 7.0, heading_deg=60.0)
        seen = intensity(render(view, [target], land_mask=nowhere, seed=2))
        y, x = np.nonzero(seen > 30.0 * np.median(seen))
        assert len(y) > 5
        assert y.mean() == pytest.approx(line, abs=0.2 * length / view.spacing_m)
        assert x.mean() == pytest.approx(pixel, abs=0.2 * length / view.spacing_m)
        a = np.radians(60.0 - view.way_deg(line, pixel))
        along = (y - line) * np.cos(a) + (x - pixel) * np.sin(a)
        across = (x - pixel) * np.cos(a) - (y - line) * np.sin(a)
        assert along.std() > across.std()
        lengths[length] = (along.max() - along.min()) * view.spacing_m
    assert 40.0 < lengths[80.0] < 160.0
    assert 180.0 < lengths[240.0] < 330.0


def test_a_mover_is_displaced_as_its_doppler_says() -> None:
    """The image shows a mover on the line whose time is that of the least distance, were the place all at rest."""
    line, pixel = 430.0, 380.0
    for course in (OPEN.heading_deg + 90.0, OPEN.heading_deg - 90.0, OPEN.heading_deg):
        target = ship(OPEN, line, pixel, sog_kn=16.0, cog_deg=course % 360.0, heading_deg=course % 360.0)
        drawn = render(OPEN, [target], land_mask=nowhere, seed=2).drawn[0]
        t0 = line * OPEN.line_s

        def place(t: float, course: float = course, t0: float = t0) -> NDArray[np.float64]:
            at = OPEN.place(line, pixel)
            lon, lat = (np.radians(float(v)) for v in geo.destination(*at, course, 16.0 * KN_M_S * (t - t0)))
            e2 = geo.F * (2.0 - geo.F)
            n = geo.A_M / np.sqrt(1.0 - e2 * np.sin(lat) ** 2)
            return n * np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), (1.0 - e2) * np.sin(lat)])

        def rate(t: float, moving: bool, t0: float = t0) -> float:
            far = [np.linalg.norm(OPEN.orbit(u)[0][0] - place(u if moving else t0)) for u in (t - 0.01, t + 0.01)]
            return float(far[1] - far[0]) / 0.02

        rest, moves = (optimize.brentq(rate, t0 - 3.0, t0 + 3.0, args=(m,)) for m in (False, True))
        # Moving, the range is least later or earlier; the line of the same Doppler shift at rest is where it shows.
        expected = (moves - rest) / OPEN.line_s
        assert drawn.shown_line - drawn.line == pytest.approx(expected, abs=0.02 * abs(expected) + 0.5)
    away = ship(OPEN, line, pixel, sog_kn=16.0, cog_deg=(OPEN.heading_deg + 90.0) % 360.0)
    drawn = render(OPEN, [away], land_mask=nowhere, seed=2).drawn[0]
    assert -60.0 < drawn.shown_line - drawn.line < -40.0


def test_the_wake_stays_behind_the_true_place() -> None:
    course = (OPEN.heading_deg + 90.0) % 360.0
    target = ship(OPEN, 430.0, 300.0, sog_kn=16.0, cog_deg=course, heading_deg=course)
    calm, moving = (render(OPEN, t, land_mask=nowhere, seed=2) for t in ([], [target]))
    ratio = intensity(moving)[425:436, 170:285] / np.maximum(intensity(calm)[425:436, 170:285], 1e-9)
    assert ratio[4:7].mean() < 0.9
    assert ratio.max() < 3.0
    ahead = intensity(moving)[425:436, 320:420] / np.maximum(intensity(calm)[425:436, 320:420], 1e-9)
    assert ahead.mean() == pytest.approx(1.0, abs=0.02)


def test_brightness_is_the_cross_section_and_grows_with_length() -> None:
    assert cross_section_m2(200.0, 34.0) == pytest.approx(0.08 * 200.0 ** (7.0 / 3.0) * 4.52)
    target = ship(OPEN, 430.0, 380.0)
    with_it, without = (intensity(render(OPEN, t, land_mask=nowhere, seed=4)) for t in ([target], []))
    drawn = render(OPEN, [target], land_mask=nowhere, seed=4).drawn[0]
    total = float((with_it - without)[380:480, 330:430].sum()) * OPEN.spacing_m**2
    assert total == pytest.approx(drawn.rcs_m2, rel=0.05)


def test_ambiguities_lie_where_the_pulse_rate_puts_them() -> None:
    view = View(98.0, 8.2, 348.0, 34.0, (1400, 300), 10.0, WHEN)
    target = ship(view, 200.0, 150.0, length_m=300.0, width_m=50.0, heading_deg=348.0)
    r = render(view, [target], land_mask=nowhere, seed=9)
    off = 0.05546576 * float(view.ranges(150.0)[0]) * 1717.129 / (2.0 * view.platform_m_s) / view.spacing_m
    assert 380.0 < off < 560.0
    (ghost,) = (g for g in r.drawn[0].ambiguities if 0 <= g < 1400)
    assert ghost == pytest.approx(200.0 + off, abs=1.0)
    seen = intensity(r)
    here, there = (seen[round(y) - 12 : round(y) + 13, 140:161].max() for y in (200.0, ghost))
    assert -33.0 < 10.0 * np.log10(there / here) < -20.0
    assert there > 6.0 * np.median(seen)


def test_land_is_bright_and_lies_well_inside_the_mask() -> None:
    r = render(COAST, [], land_mask=on_land, seed=8)
    share = r.land.mean()
    assert 0.02 < share < 0.95
    seen = intensity(r)[:, 40:-40]
    dry = np.repeat(np.repeat(r.land, BLOCK, 0), BLOCK, 1)[:1200, 40:960]
    assert seen[dry].mean() > 2.0 * seen[~dry].mean()
    for down in (-60, 0, 60):
        for right in (-60, 0, 60):
            line, pixel = (np.argwhere(r.land) * BLOCK + 1.5 + [down, right]).T
            inside = (line >= 0) & (line < 1200) & (pixel >= 0) & (pixel < 1000)
            assert on_land(*COAST.place(line[inside], pixel[inside])).mean() > 0.999


@pytest.fixture(scope="module")
def sea_with_scenes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("sea")
    exercise(7, home, hours=6, vessels=120, scenes=1)
    yield home


def test_an_exercise_writes_scenes_and_tells_what_they_show(sea_with_scenes: Path) -> None:
    truth = json.loads((sea_with_scenes / "truth.json").read_text())
    (scene,) = truth["scenes"]
    assert f'"{scene["collection"]}"' not in (sea_with_scenes / "collections.geojson").read_text()
    rows = (sea_with_scenes / "detections.csv").read_text()
    assert scene["collection"] not in rows
    assert len(scene["vessels"]) > 5
    assert all(truth["detections"][v["detection"]] == v["vessel"] for v in scene["vessels"])
    assert not any(v["detection"] in rows for v in scene["vessels"])
    dark = {d for e in truth["events"] if e["kind"] == "dark" for d in e["detections"]}
    assert dark & {v["detection"] for v in scene["vessels"]}
    with open_scene(sea_with_scenes / "scenes" / f"{scene['product']}.SAFE") as s:
        assert s.product == scene["product"]
        for v in scene["vessels"]:
            lon, lat = s.georeference.place(v["shown_line"], v["pixel"])
            assert float(geo.distance_m(lon, lat, v["shown_lon"], v["shown_lat"])) < 1.0


def test_what_is_not_rendered_stays_as_it_is_without_scenes(sea_with_scenes: Path) -> None:
    plain = simulate(7, hours=6, vessels=120, land=on_land)
    assert not plain.scenes
    assert "scenes" not in json.loads(plain.files["truth.json"])
    for name in ("reports_terrestrial.nmea.gz", "reports_satellite.nmea.gz", "known.csv", "zones.geojson"):
        assert (sea_with_scenes / name).read_bytes() == plain.files[name]
    scene = json.loads((sea_with_scenes / "truth.json").read_text())["scenes"][0]
    ours = (sea_with_scenes / "detections.csv").read_text().splitlines()
    rest = [r for r in plain.files["detections.csv"].decode().splitlines() if f",{scene['collection']}," not in r]
    drop = [[c for k, c in enumerate(r.split(",")) if k not in (0, 12)] for r in rest]
    assert [[c for k, c in enumerate(r.split(",")) if k not in (0, 12)] for r in ours] == drop


def test_a_new_case_replaces_rendered_scenes_and_nothing_else(tmp_path: Path) -> None:
    home = tmp_path / "scenes"
    old = home / "S1X_IW_GRDH_1SSV_20260101T000000_20260101T000010_000001_000000_0000.SAFE"
    old.mkdir(parents=True)
    exercise(1, tmp_path, hours=1, vessels=0)
    assert not old.exists()
    real = home / "S1A_IW_GRDH_1SSV_20260101T000000_20260101T000010_000001_000000_0000.SAFE"
    real.mkdir()
    with pytest.raises(InputError, match="S1A"):
        exercise(1, tmp_path, hours=1, vessels=0)
    assert real.exists()


def test_scenes_cannot_be_negative_and_are_no_more_than_there_are_looks() -> None:
    with pytest.raises(UsageError, match="scenes"):
        simulate(1, hours=3, vessels=20, land=on_land, scenes=-1)
    many = simulate(1, hours=3, vessels=20, land=on_land, scenes=99).scenes
    assert 3 <= len(many) < 20
    assert len({s.directory for s in many}) == len(many)


@pytest.mark.parametrize("view", [COAST, LINE], ids=["coast", "across 180"])
def test_a_product_is_read_back(tmp_path: Path, view: View) -> None:
    shot = simulate(7, hours=3, vessels=20, land=on_land, scenes=1).scenes[0]
    shot = type(shot)(5, shot.look, view, (), (), (), 21)
    made = shot.rendered(on_land)
    write_scene(shot, made, tmp_path)
    with open_scene(tmp_path / shot.directory) as s:
        assert s.shape == view.shape
        assert np.array_equal(s.read(0, view.shape[0]), made.dn)
        line, pixel = np.meshgrid(np.arange(0.0, view.shape[0], 61.0), np.arange(0.0, view.shape[1], 53.0))
        away = geo.distance_m(*view.place(line, pixel), *s.georeference.place(line, pixel))
        assert away.max() < 0.2 * view.spacing_m
        assert s.calibration is not None
        assert s.calibration.noise is not None
        truth = intensity(made)[100:900, 60:700]
        y, x = np.mgrid[100:900, 60:700]
        read = s.calibration.gain.at(y, x) * s.read(100, 900)[:, 60:700].astype(float) ** 2
        assert np.allclose(read, truth, rtol=1e-3)
        assert np.allclose(s.calibration.noise.at(y, x), clutter.noise(view, x.astype(float)), rtol=5e-3)
        assert s.heading_deg == pytest.approx(view.heading_deg)
        assert s.look == "right"
        assert s.t_start == view.start
        assert s.t_end is not None
        assert abs(s.t_end - view.end) < timedelta(milliseconds=1)
        assert s.platform_m_s == pytest.approx(view.platform_m_s, rel=0.005)
        assert s.incidence_deg is not None
        assert float(s.incidence_deg.at(0, 300)) == pytest.approx(float(view.ranges(300)[1]), abs=0.01)
        assert s.slant_range_m is not None
        assert float(s.slant_range_m.at(500, 300)) == pytest.approx(float(view.ranges(300)[0]), abs=10.0)


def test_the_manifest_names_every_file_with_size_and_checksum(sea_with_scenes: Path) -> None:
    (home,) = (sea_with_scenes / "scenes").iterdir()
    root = ElementTree.parse(home / "manifest.safe").getroot()
    listed = {}
    for stream in root.iter("byteStream"):
        where, digest = stream.find("fileLocation"), stream.find("checksum")
        assert where is not None
        assert digest is not None
        listed[where.attrib["href"].removeprefix("./")] = (int(stream.attrib["size"]), digest.text)
    files = {p.relative_to(home).as_posix(): p.read_bytes() for p in home.rglob("*") if p.is_file()}
    assert set(files) == {*listed, "manifest.safe"}
    for name, (size, digest) in listed.items():
        assert (len(files[name]), hashlib.md5(files[name]).hexdigest()) == (size, digest)


def test_names_of_the_truth_go_to_the_nearest_detections_once(sea_with_scenes: Path) -> None:
    scene = json.loads((sea_with_scenes / "truth.json").read_text())["scenes"][0]
    first, second = scene["vessels"][:2]
    seen = datetime.fromisoformat(first["t"])
    lon, lat = first["shown_lon"], first["shown_lat"]
    rows = [("near", lon + 0.0002, lat, seen), ("nearer", lon + 0.0001, lat, seen), ("late", lon, lat, WHEN),
            ("far", second["shown_lon"] + 0.01, second["shown_lat"], seen)]  # fmt: skip
    frame = pl.DataFrame(
        {"detection": [r[0] for r in rows], "sensor": ["sar"] * 4, "lon_deg": [r[1] for r in rows],
         "lat_deg": [r[2] for r in rows], "t_seen": [r[3] for r in rows]},
        schema_overrides={"t_seen": pl.Datetime("us", "UTC")},
    )  # fmt: skip
    assert in_scenes(frame, [scene]) == {"nearer": first["detection"]}


def test_the_detector_finds_the_vessels_over_its_limit(sea_with_scenes: Path) -> None:
    """From the file: the silent ship too, and nearly nothing that is no vessel."""
    from makara.sensors.sar import detect
    from makara.sensors.sar.landmask import water
    from makara.sensors.sar.measure import measure

    truth = json.loads((sea_with_scenes / "truth.json").read_text())
    scene = truth["scenes"][0]
    with open_scene(sea_with_scenes / "scenes" / f"{scene['product']}.SAFE") as s:
        found = detect(s, sea=water(s, on_land), measure=measure).detections
    rows = found.with_columns(detection=pl.int_range(pl.len()).cast(pl.String()), sensor=pl.lit("sar"))
    called = in_scenes(rows, [scene])
    clear = {v["detection"] for v in scene["vessels"] if v["contrast_db"] >= 14.0}
    silent = {v["vessel"] for v in truth["vessels"] if v["silent"]}
    assert len(clear) >= 8
    assert clear <= set(called.values())
    assert any(v["vessel"] in silent and v["detection"] in clear for v in scene["vessels"])
    lengths = {v["vessel"]: v["length_m"] for v in truth["vessels"]}
    for row in rows.iter_rows(named=True):
        if (name := called.get(row["detection"])) in clear:
            assert row["p_vessel"] > 0.5
            assert abs(row["length_m"] - lengths[truth["detections"][name]]) < 45.0
    others = rows.filter(~pl.col("detection").is_in(sorted(called)), pl.col("p_vessel") >= 0.5)
    assert len(others) <= 1


def test_a_case_brings_its_scenes_into_a_lake_as_known_when_they_were_taken(
    sea_with_scenes: Path, tmp_path: Path
) -> None:
    scene = json.loads((sea_with_scenes / "truth.json").read_text())["scenes"][0]
    session = makara.open(tmp_path / "lake")
    session.ingest("case", sea_with_scenes)
    look = session.lake.read("collections").filter(pl.col("scene_uri").is_not_null())
    assert look["scene_uri"].str.contains(scene["product"]).to_list() == [True]
    assert look["source"].to_list() == ["case.sar"]
    end = look["t_end"][0]
    assert abs(end - datetime.fromisoformat(scene["t_end"])) < timedelta(milliseconds=1)
    found = session.lake.read("detections").filter(pl.col("collection") == look["collection"][0])
    assert set(found["t_known"]) == set(look["t_known"]) == {end}
    called = in_scenes(found, [scene])
    assert {v["detection"] for v in scene["vessels"] if v["contrast_db"] >= 14.0} <= set(called.values())
    assert found["chip"].null_count() == 0
    again = session.ingest("case", sea_with_scenes)
    assert again["skipped_same_file"] == 1
