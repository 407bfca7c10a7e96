"""What a radar cluster is and how big: simulated ships at every angle, look-alikes, ghosts, structures, chips."""

from __future__ import annotations

import io
import json
import warnings
import zlib
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely

from makara.base import geo
from makara.base.ids import content_hash
from makara.sensors.chips import png
from makara.sensors.sar import detect
from makara.sensors.sar.kinds import Known
from makara.sensors.sar.measure import SCHEMA, measure
from makara.sensors.sar.patches import reader
from makara.sensors.scene import Calibration, Georeference, Nodes, Scene, constant
from makara.tables.detections import TABLE

SEA = 10.0**-2.0
HEADING = 190.0
T = datetime(2026, 3, 1, 6, tzinfo=UTC)


def sea(lines: int, pixels: int, seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    return SEA * rng.gamma(6.0, 1 / 6.0, (lines, pixels)) * rng.gamma(4.4, 1 / 4.4, (lines, pixels))


def point(image: Any, line: float, pixel: float, peak: float) -> None:
    """A point as 20 m of resolution show it, on pixels of 10 m."""
    y, x = np.mgrid[max(int(line) - 8, 0) : int(line) + 9, max(int(pixel) - 8, 0) : int(pixel) + 9]
    y, x = y[: image.shape[0] - y[0, 0]], x[: image.shape[0] - y[0, 0]]
    image[y, x] += peak * np.exp(-((y - line) ** 2 + (x - pixel) ** 2) / (2 * 0.85**2))


def ship(image: Any, line: float, pixel: float, length_m: float, turn_deg: float, peak: float, seed: int = 0) -> None:
    """A hull of scatterers of uneven strength; ``turn_deg`` clockwise from up in the image."""
    rng = np.random.default_rng(seed)
    a = np.radians(turn_deg)
    for s in np.linspace(-0.5, 0.5, max(int(length_m / 6), 2)) * (length_m - 8.0) / 10.0:
        point(image, line - s * np.cos(a), pixel + s * np.sin(a), peak * rng.exponential(0.5))
    for s in (-0.5, 0.5):
        end = s * (length_m - 8.0) / 10.0
        point(image, line - end * np.cos(a), pixel + end * np.sin(a), 0.5 * peak)


def scene_of(image: Any, lon: float = 10.0, lat: float = 45.0, **more: Any) -> Scene:
    """An image as a pass sees it: lines along the heading, pixels to the right of it."""
    n, m = image.shape
    y, x = np.linspace(0.0, n, 9), np.linspace(0.0, m, 9)
    yy, xx = np.meshgrid(y, x, indexing="ij")
    h = np.radians(HEADING)
    down, right = 10.0 * (yy - n / 2), 10.0 * (xx - m / 2)
    east, north = down * np.sin(h) + right * np.cos(h), down * np.cos(h) - right * np.sin(h)
    lo, la = geo.destination(lon, lat, np.degrees(np.arctan2(east, north)) % 360.0, np.hypot(east, north))
    turned = lon + geo.lon_delta(lon, lo)
    given: dict[str, Any] = {
        "resolution_m": 20.0, "heading_deg": HEADING, "look": "right", "incidence_deg": constant(38.0), "t_start": T,
        "calibration": Calibration(1, constant(1.0)),
    }  # fmt: skip
    return Scene(
        "made", "sar", (n, m), (10.0, 10.0), Georeference(Nodes(y, x, turned), Nodes(y, x, la)),
        lambda a, b: image[a:b],
        **(given | more),
    )  # fmt: skip


def found(image: Any, known: Known | None = None, **more: Any) -> pl.DataFrame:
    return detect(scene_of(image, **more), measure=partial(measure, known=known)).detections


def nearest(frame: pl.DataFrame, line: float, pixel: float) -> dict[str, Any]:
    off = np.hypot(frame["line"].to_numpy() - line, frame["pixel"].to_numpy() - pixel)
    assert off.min() < 12.0, "nothing found there"
    return frame.row(int(np.argmin(off)), named=True)


@pytest.mark.parametrize(("lon", "lat"), [(10.0, 45.0), (179.99, -17.0), (30.0, 83.0)])
def test_ships_at_every_angle_have_their_length_and_axis(lon: float, lat: float) -> None:
    image = sea(1000, 1000)
    planted = [(130.0 + 185 * (k // 5), 130.0 + 185 * (k % 5), 80.0 + 12.0 * k, 7.5 * k) for k in range(25)]
    for k, (line, pixel, length, turn) in enumerate(planted):
        ship(image, line, pixel, length, turn, 3.0, seed=k)
    scene = scene_of(image, lon, lat)
    got = detect(scene, measure=measure).detections
    rows = [nearest(got, line, pixel) for line, pixel, _, _ in planted]
    length = np.array([r["length_m"] for r in rows])
    error = length - np.array([p[2] for p in planted])
    assert np.median(np.abs(error)) <= 16.0
    assert np.mean(np.abs(error) <= 2.0 * np.array([r["length_sd_m"] for r in rows])) >= 0.9
    for r, (line, pixel, _, turn) in zip(rows, planted, strict=True):
        a = np.radians(turn)
        true = float(scene.georeference.bearing_deg(line, pixel, -np.cos(a), np.sin(a))) % 180.0
        off = abs((r["axis_deg"] - true + 90.0) % 180.0 - 90.0)
        assert off <= max(2.5 * r["axis_sd_deg"], 6.0)
        x, y = scene.georeference.place(line, pixel)
        assert geo.distance_m(x, y, r["lon_deg"], r["lat_deg"]) <= r["semi_major_m"]
        assert -180.0 <= r["lon_deg"] < 180.0
        assert r["p_vessel"] >= 0.5
        assert r["structure"] is None
    off = [abs((r["width_m"]) - 20.0) for r in rows]
    assert np.median(off) < 15.0


def test_what_goes_on_or_is_broad_is_land_and_a_ship_beside_it_is_a_ship() -> None:
    image = sea(700, 700)
    for p in range(100, 320):
        image[200:203, p] += 15 * SEA * np.random.default_rng(p).exponential(1.0, 3)
    rng = np.random.default_rng(3)
    image[430:460, 430:462] += SEA * 10**2.5 * rng.gamma(4.4, 1 / 4.4, (30, 32))
    image[:, 660:] += SEA * 10**1.6 * rng.gamma(4.4, 1 / 4.4, (700, 40))
    point(image, 540.0, 655.0, 300 * SEA)
    ship(image, 320.0, 210.0, 140.0, 60.0, 2.0)
    got = found(image)
    vessel = nearest(got, 320, 210)
    assert vessel["p_vessel"] >= 0.5
    assert vessel["structure"] is None
    others = got.filter((pl.col("line") - 320).abs() + (pl.col("pixel") - 210).abs() > 30)
    assert others.filter(pl.col("p_vessel") >= 0.5).is_empty()
    island = nearest(got, 445, 446)
    assert island["structure"] == "land"
    mole = others.filter(pl.col("line").is_between(195, 208) & pl.col("pixel").is_between(120, 300))
    assert mole.height >= 1
    assert set(mole["structure"]) == {"land"}


def test_ships_at_anchor_close_to_each_other_are_ships_and_no_quay() -> None:
    image = sea(320, 320)
    for k in range(36):
        ship(image, 95.0 + 26 * (k // 6), 95.0 + 26 * (k % 6), 100.0, 30.0 + 2.0 * k, 3.0, seed=k)
    got = found(image)
    assert got.height == 36
    assert got["structure"].is_null().all()
    assert (got["p_vessel"] >= 0.5).all()


def test_a_ghost_lies_where_the_pulse_rate_says_and_a_boat_elsewhere_is_a_boat() -> None:
    # wavelength * range * PRF / (2 * speed): 4,662 m.
    about = {"prf_hz": 1451.0, "frequency_hz": 5.405e9}
    image = sea(1000, 400)
    ship(image, 150.0, 200.0, 200.0, 30.0, 60.0)
    for line, pixel in ((150.0 + 466.2, 200.0), (150.0 + 250.0, 203.0), (900.0, 120.0)):
        ship(image, line, pixel, 25.0, 0.0, 1.0)
    where = {"slant_range_m": constant(870_000.0), "platform_m_s": 7_500.0, "about": about}
    got = found(image, **where)
    ghost = nearest(got, 616, 200)
    assert ghost["structure"] == "ambiguity"
    assert ghost["p_vessel"] < 0.2
    for line, pixel in ((400, 203), (900, 120)):
        boat = nearest(got, line, pixel)
        assert boat["structure"] is None
        assert boat["p_vessel"] >= 0.5
    assert nearest(got, 150, 200)["structure"] is None
    # Each swath has its own pulse rate: the ghost of another swath would lie elsewhere.
    for prf, label in ((1451.0, "ambiguity"), (1717.0, None)):
        swaths = {"IW1": {"prf_hz": prf, "first": 0, "last": 399}}
        told = found(image, **(where | {"about": about | {"prf_hz": 1600.0, "swaths": swaths}}))
        assert nearest(told, 616, 200)["structure"] == label
    # Without the pulse rate the range of Sentinel-1's holds it too; without a heading nothing can be said.
    assert nearest(found(image), 616, 200)["structure"] == "ambiguity"
    assert nearest(found(image, heading_deg=None), 616, 200)["structure"] is None


def platform_scene() -> tuple[Any, Scene]:
    image = sea(400, 400)
    point(image, 200.0, 200.0, 4.0)
    point(image, 204.0, 203.0, 4.0)
    ship(image, 100.0, 280.0, 220.0, 75.0, 3.0)
    return image, scene_of(image, 179.9995, -17.0)


def test_a_zone_of_infrastructure_makes_a_platform_of_what_stands_in_it() -> None:
    image, scene = platform_scene()
    at = nearest(detect(scene, measure=measure).detections, 200, 200)
    assert at["structure"] is None
    assert at["p_vessel"] >= 0.5
    # The box reaches across 180 degrees, cut there.
    square = shapely.MultiPolygon(
        [shapely.box(179.998, -17.002, 180, -16.998), shapely.box(-180, -17.002, -179.998, -16.998)]
    )
    zones = pl.DataFrame({"kind": ["infrastructure", "port"], "geometry": [shapely.to_wkb(square)] * 2})
    got = found(image, Known(zones=zones), lon=179.9995, lat=-17.0)
    assert nearest(got, 200, 200)["structure"] == "platform"
    assert nearest(got, 200, 200)["p_vessel"] <= 0.1
    assert nearest(got, 100, 280)["structure"] is None
    other = found(image, Known(zones=zones.filter(pl.col("kind") == "port")), lon=179.9995, lat=-17.0)
    assert nearest(other, 200, 200)["structure"] is None
    field = shapely.to_wkb(shapely.box(179.97, -17.02, 180, -16.98))  # of many structures: ships sail in it
    wide = pl.DataFrame({"kind": ["infrastructure"], "geometry": [field]})
    assert nearest(found(image, Known(zones=wide), lon=179.9995, lat=-17.0), 200, 200)["structure"] is None


@pytest.mark.parametrize(
    ("days", "platform", "ship_too"),
    [([], None, None), ([12], "platform", None), ([12, 24], "platform", "platform"), ([0.2], None, None)],
)
def test_what_stood_there_on_other_dates_has_not_moved(
    days: list[float], platform: str | None, ship_too: str | None
) -> None:
    image, scene = platform_scene()
    now = detect(scene, measure=measure).detections
    earlier = [now.with_columns(pl.col("t_seen") - timedelta(days=d), pl.col("lat_deg") + 2e-4) for d in days]
    known = Known(earlier=pl.concat(earlier) if earlier else now.clear())
    got = found(image, known, lon=179.9995, lat=-17.0)
    assert nearest(got, 200, 200)["structure"] == platform
    # A long thing may lie at anchor for days: one other date is not enough.
    assert nearest(got, 100, 280)["structure"] == ship_too


def test_a_wake_beside_its_ship_tells_course_and_speed() -> None:
    image = sea(600, 600, seed=5)
    course_in_image, shift = np.radians(60.0), -250.0
    # The ship is shown 250 m against the heading (up) from where its wake begins.
    origin = np.array([300.0, 300.0]) - np.array([shift, 0.0]) / 10.0
    back = -np.array([-np.cos(course_in_image), np.sin(course_in_image)])
    y, x = np.mgrid[:600, :600]
    along = (y - origin[0]) * back[0] + (x - origin[1]) * back[1]
    across = np.abs((x - origin[1]) * back[0] - (y - origin[0]) * back[1])
    image[(along > 10) & (along < 120) & (across < 7)] *= 0.4
    ship(image, 300.0, 300.0, 180.0, 60.0, 3.0)
    ship(image, 120.0, 450.0, 180.0, 20.0, 3.0)
    got = found(image)
    mover, still = nearest(got, 300, 300), nearest(got, 120, 450)
    assert mover["flags"].count("wake") == 1
    scene = scene_of(image)
    course = float(scene.georeference.bearing_deg(300, 300, -np.cos(course_in_image), np.sin(course_in_image)))
    assert abs((mover["cog_deg"] - course + 180) % 360 - 180) <= 8.0
    speed = 250.0 / 113.0 / np.sin(np.radians(38.0)) / np.cos(np.radians(course - (HEADING + 90.0))) / 0.5144
    assert mover["sog_kn"] == pytest.approx(speed, rel=0.3)
    assert "wake" not in still["flags"]
    assert still["sog_kn"] is None


def test_chips_are_pictures_that_say_where_they_come_from() -> None:
    from rasterio.io import MemoryFile

    image = sea(300, 300)
    image[:, 170:] = 0.0
    ship(image, 150.0, 150.0, 120.0, 45.0, 3.0)
    image[:, 170:] = 0.0
    done = detect(scene_of(image, licence="open"), measure=measure)
    row = nearest(done.detections, 150, 150)
    data = done.chips[row["chip"]]
    assert content_hash(data) == row["chip"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with MemoryFile(data) as memory, memory.open() as picture:
            grey = picture.read(1)
    told = json.loads(data[data.index(b"makara\0") + 7 :].split(b"}", 1)[0] + b"}")
    assert told["product"] == "made"
    assert told["licence"] == "open"
    (y0, y1), (x0, x1) = told["lines"], told["pixels"]
    assert grey.shape == (y1 - y0, x1 - x0)
    want = image[y0:y1, x0:x1]
    assert (grey[:, 170 - x0 :] == 0).all()
    seen = want > 0
    db = (grey[seen] - 1.0) / 4 - 40.0
    assert np.abs(db - np.clip(10 * np.log10(want[seen]), -40, 23.5)).max() <= 0.13


def test_png_rows_are_what_went_in() -> None:
    values = np.arange(12, dtype=np.uint8).reshape(3, 4)
    data = png(values, {"k": "v"})
    i = data.index(b"IDAT")
    raw = zlib.decompress(data[i + 4 : i + 4 + int.from_bytes(data[i - 4 : i], "big")])
    assert [raw[k * 5 + 1 : k * 5 + 5] for k in range(3)] == [bytes(values[k]) for k in range(3)]


def test_rows_do_not_depend_on_threads_or_on_how_pixels_are_read() -> None:
    image = sea(700, 500)
    for k in range(6):
        ship(image, 80.0 + 100 * k, 100.0 + 55 * k, 60.0 + 30 * k, 25.0 * k, 2.0, seed=k)
    scene = scene_of(image)
    one = detect(scene, measure=measure, threads=1)
    two = detect(scene, measure=measure, threads=3)

    def window(y0: int, y1: int, x0: int, x1: int) -> Any:
        wide = np.pad(np.where(image > 0, image, np.nan), 900, constant_values=np.nan)
        return wide[y0 + 900 : y1 + 900, x0 + 900 : x1 + 900]

    other = measure(one.clusters, scene, read=window)
    assert one.detections.height >= 6
    assert one.detections.equals(two.detections)
    assert one.detections.equals(other.detections)
    assert one.chips == two.chips == other.chips
    buffer = [io.BytesIO(), io.BytesIO()]
    for frame, b in zip((one.detections, two.detections), buffer, strict=True):
        frame.write_ipc(b)
    assert buffer[0].getvalue() == buffer[1].getvalue()
    # A cluster alone measures as among others.
    alone = measure(one.clusters[2:3], scene).detections
    same = ["length_m", "width_m", "axis_deg", "scr_db", "chip", "lon_deg", "lat_deg"]
    assert alone.select(same).equals(one.detections[2:3].select(same))


def test_windows_are_calibrated_by_place_and_empty_beyond_the_scene() -> None:
    rng = np.random.default_rng(2)
    numbers = rng.integers(1, 900, (600, 90)).astype(np.uint16)
    numbers[300, 40] = 0
    gain = Nodes(np.array([0.0, 250.0, 640.0]), np.array([0.0, 33.0, 95.0]), rng.uniform(1e-6, 2e-6, (3, 3)))
    scene = scene_of(numbers, calibration=Calibration(2, gain))
    got = reader(scene)(-20, 620, -5, 100)
    assert got.shape == (640, 105)
    y, x = np.mgrid[0:600, 0:90]
    want = np.where(numbers > 0, gain.at(y, x) * numbers.astype(np.float64) ** 2, np.nan)
    np.testing.assert_allclose(got[20:620, 5:95], want, rtol=1e-12)
    got[20:620, 5:95] = np.nan
    assert np.isnan(got).all()


def test_the_frame_fits_the_table_and_an_empty_sea_gives_no_rows() -> None:
    quiet = scene_of(np.full((128, 128), SEA))
    empty = measure(detect(quiet).clusters, quiet).detections
    assert empty.height == 0
    assert empty.schema == pl.Schema(SCHEMA)
    image = sea(300, 300)
    ship(image, 20.0, 150.0, 120.0, 0.0, 3.0)
    got = found(image, t_start=None)
    assert got.schema == pl.Schema(SCHEMA)
    assert got["t_seen"].is_null().all()
    TABLE.conform(got.with_columns(detection=pl.lit("d"), t_seen=T, source=pl.lit("s"), t_known=T, mark=pl.lit("m")))


def test_what_touches_the_border_of_the_data_is_told_apart() -> None:
    image = sea(300, 300)
    image[:, 200:] = 0.0
    image[100:140, 199] = 25 * SEA
    got = found(image)
    edge = got.filter(pl.col("pixel") > 190)
    assert edge.height >= 1
    assert edge["structure"].is_in(["border", "land"]).all()


def real(data_dir: Path) -> Any:
    import importlib.util

    path = Path(__file__).resolve().parents[2] / "bench" / "accuracy" / "_radar_data.py"
    spec = importlib.util.spec_from_file_location("radar_data", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["radar_data"] = module
    spec.loader.exec_module(module)
    return module


def test_every_ship_of_a_real_port_is_one_and_little_else(data_dir: Path) -> None:
    from makara.sensors.sar.landmask import water
    from makara.session import resources

    data = real(data_dir)
    scene = data.port(data_dir)
    where = water(scene, resources.land())
    first = detect(scene, sea=where, measure=measure).detections
    sure = first.filter(pl.col("p_vessel") >= 0.5)
    at = sure.select("line", "pixel").to_numpy()
    off = np.hypot(*(at[:, None] - np.array(data.SHIPS, np.float64)).transpose(2, 0, 1))
    assert (off.min(0) < 4.0).all(), "a ship is missing"
    others = at[off.min(1) >= 4.0]
    assert len(others) <= 5
    unsure = np.hypot(*(others[:, None] - np.array(data.UNSURE, np.float64)).transpose(2, 0, 1)).min(1)
    assert (unsure < 4.0).all(), f"land or breakwater held to be a ship: {others[unsure >= 4.0]}"
    # The platform: on another date it stands where it stood, the ships at anchor do not count by one date alone.
    x, y = scene.georeference.place(*data.PLATFORM)
    point_there = pl.DataFrame(
        {"kind": ["infrastructure"], "geometry": [shapely.to_wkb(shapely.Point(float(x), float(y)))]}
    )
    there = nearest(sure, *data.PLATFORM)
    earlier = first.filter(pl.col("line") == there["line"]).with_columns(pl.col("t_seen") - timedelta(days=12))
    for known in (Known(zones=point_there), Known(earlier=earlier)):
        again = detect(scene, sea=where, measure=partial(measure, known=known)).detections
        one = nearest(again, *data.PLATFORM)
        assert (one["structure"], one["p_vessel"] < 0.5) == ("platform", True)
        assert again.filter(pl.col("p_vessel") >= 0.5).height == sure.height - 1


def test_ghosts_and_the_wake_of_a_real_port(data_dir: Path) -> None:
    from makara.sensors.sar.landmask import water
    from makara.session import resources

    data = real(data_dir)
    scene = data.port(data_dir, data.PORT_HEADING_DEG)
    got = detect(scene, sea=water(scene, resources.land()), measure=measure).detections
    # Streaks 5.8 km along the platform's way from quays: seen by eye.
    for place in ((309, 223), (374, 414), (432, 353)):
        assert nearest(got, *place)["structure"] == "ambiguity"
    assert all(nearest(got, *s)["structure"] is None for s in data.SHIPS)
    movers = got.filter(pl.col("flags").list.contains("wake"))
    assert movers.height == 1
    mover = nearest(movers, 388, 447)
    assert mover["cog_deg"] == pytest.approx(310.0, abs=10.0)


def test_length_and_axis_of_real_ships_on_scenes_held_back(data_dir: Path) -> None:
    from makara.sensors.sar import hull, patches
    from makara.sensors.sar.around import REACH_M

    data = real(data_dir)
    raw, true, scenes, axes = [], [], [], []
    for chip in data.chips(data_dir):
        cluster = data.chip_cluster(chip.sigma)
        if cluster is None:
            continue
        scene = data.plain(chip.sigma)
        at = cluster["peak_line"], cluster["peak_pixel"]
        window = patches.patch(patches.reader(scene), scene.spacing_m, *at, REACH_M)
        h = hull.measured(window, hull.smooth(window.values, window.size_m), *window.inside(*at), cluster["background"])
        if h.scr < 4.0:
            continue
        axis = float(np.degrees(np.arctan2(h.right, -h.down)))
        if chip.manual_m > 80.0:
            axes.append(abs((axis - chip.axis_deg + 90.0) % 180.0 - 90.0))
        if chip.length_m:
            raw.append(h.length)
            true.append(chip.length_m)
            scenes.append(chip.scene)
    x, y, of = np.array(raw), np.array(true), np.array(scenes)
    assert len(x) >= 110
    error = np.empty(len(x))
    for k in set(scenes):
        slope, constant_m = np.polyfit(x[of != k], y[of != k], 1)
        error[of == k] = np.abs(slope * x[of == k] + constant_m - y[of == k])
    assert np.median(error) <= 16.0
    assert np.quantile(error, 0.9) <= 50.0
    shipped = hull.LENGTH.slope * x + hull.LENGTH.smear * hull.BLUR_M
    assert np.median(np.abs(shipped - y)) <= 16.0
    assert np.median(axes) <= 6.0
    assert np.quantile(axes, 0.9) <= 20.0
