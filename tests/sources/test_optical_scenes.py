"""Optical products of providers open as scenes: reflectance, places, times, cloud; ships drawn in them are found."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import optical_products as make
import pytest
import rasterio
from bench.accuracy._optical_sea import BANDS, Sea
from numpy.typing import NDArray

import makara
from makara.base import geo
from makara.base.errors import InputError
from makara.sensors import optical
from makara.sensors.scene import Scene
from makara.sharing.marks import by_id
from makara.sources.scenes import open_scene

SHIPS = ((60.4, 80.2, 90.0, 15.0, 30.0, 0), (150.7, 60.1, 60.0, 12.0, 100.0, 1), (90.2, 200.6, 150.0, 24.0, 160.0, 2))


def drawn(shape: tuple[int, int] = (240, 300), spacing: float = 10.0, seed: int = 2) -> Sea:
    sea = Sea(shape, spacing, seed)
    for ship in SHIPS:
        sea.ship(*ship)
    return sea


def numbers(sea: Sea, scale: float = 1e-4, offset: float = -0.1) -> dict[str, NDArray[np.uint16]]:
    return dict(zip(BANDS, sea.numbers(scale, offset), strict=True))


def found_all(scene: Scene, sea: Sea) -> None:
    """Each ship is found once within a pixel, and nothing else with more than one half."""
    rows = optical.detect(scene).detections
    for line, pixel, length, *_ in sea.ships:
        near = rows.filter(((rows["line"] - line) ** 2 + (rows["pixel"] - pixel) ** 2) < 1.0)
        assert len(near) == 1, (line, pixel, rows)
        assert near["p_vessel"][0] > 0.5
        assert near["length_m"][0] == pytest.approx(length, abs=1.5 * scene.spacing_m[0])
        lon, lat = scene.georeference.place(line, pixel)
        assert geo.distance_m(near["lon_deg"][0], near["lat_deg"][0], lon, lat) < scene.spacing_m[0]
    assert (rows["p_vessel"] > 0.5).sum() == len(sea.ships)


@pytest.mark.parametrize(
    ("level", "offset", "form"), [("2A", -1000, "directory"), ("1C", -1000, "zip"), ("2A", None, "tar")]
)
def test_sentinel2_by_its_metadata(tmp_path: Path, level: str, offset: int | None, form: str) -> None:
    sea = drawn()
    bias = 0.0 if offset is None else -0.1
    path = make.sentinel2(tmp_path, numbers(sea, offset=bias), level=level, offset=offset)
    if form != "directory":
        kind = "zip" if form == "zip" else "gztar"
        path = Path(shutil.make_archive(str(tmp_path / "packed"), kind, tmp_path, path.name))
    with open_scene(path) as scene:
        assert scene.bands == BANDS
        assert (scene.sensor, scene.platform, scene.mode) == ("optical", "Sentinel-2B", f"MSI L{level}")
        assert scene.product == make.S2_NAME.format(level=level)
        assert scene.t_start == datetime(2024, 3, 1, 22, 25, 33, 456000, tzinfo=UTC)
        assert scene.licence == "Copernicus Sentinel data terms"
        assert scene.spacing_m == pytest.approx((10.0, 10.0), rel=0.002)
        assert scene.about["processing_baseline"] == "05.10"
        scale, at_zero = scene.reflectance[3]
        seen = scene.read(20, 40)[3].astype(float) * scale + at_zero
        assert np.abs(seen - sea.image[3, 20:40]).mean() < 0.002
        lon, lat = scene.georeference.place(0.0, 0.0)
        assert geo.distance_m(lon, lat, 177.0, -17.18) < 2_000
        found_all(scene, sea)


def test_rows_are_the_same_however_they_are_asked_for(tmp_path: Path) -> None:
    sea = drawn((1100, 90))
    with open_scene(make.sentinel2(tmp_path, numbers(sea))) as scene:
        whole = scene.read(0, 1100)
        assert whole.shape == (5, 1100, 90)
        parts = [scene.read(a, min(a + 137, 1100)) for a in range(0, 1100, 137)]
        assert (np.concatenate(parts, axis=1) == whole).all()
        assert (scene.read(1023, 1026) == whole[:, 1023:1026]).all()


def test_cloud_masks_of_both_levels(tmp_path: Path) -> None:
    sea = drawn()
    scl = np.full(sea.shape, 6, np.uint8)
    scl[100:140, :100] = 9
    scl[:40, :] = 10
    scl[200:, :] = 3
    with open_scene(make.sentinel2(tmp_path / "a", numbers(sea), scl=scl)) as scene:
        assert scene.cloud is not None
        cloud = scene.cloud(0, 240)
        assert cloud.shape == sea.shape
        assert (cloud[100:140, :100] == 1.0).all()
        assert (cloud >= 0.5).sum() == 40 * 100
    opaque = np.zeros((40, 50), np.uint8)
    opaque[10:20, :5] = 1
    with open_scene(make.sentinel2(tmp_path / "b", numbers(sea), level="1C", opaque=opaque)) as scene:
        assert scene.cloud is not None
        assert (scene.cloud(60, 120)[:, :30] == 1.0).all()
        assert scene.cloud(0, 240).sum() == 60 * 30


def test_a_tile_across_180_degrees(tmp_path: Path) -> None:
    sea = drawn()
    # Zone 60 reaches beyond 180 degrees at its eastern edge: its middle is at 177 E.
    path = make.sentinel2(tmp_path, numbers(sea), corner=(817_000.0, 8_100_000.0))
    with open_scene(path) as scene:
        lon, _ = scene.georeference.place([0.0, 0.0], [0.0, 299.0])
        assert lon[0] > 179.9
        assert lon[1] < -179.9
        found_all(scene, sea)


@pytest.mark.parametrize(("surface", "bands"), [(False, 4), (True, 8)])
def test_planet(tmp_path: Path, surface: bool, bands: int) -> None:
    sea = drawn(spacing=3.0)
    scale = 1e-4 if surface else 2e-5
    cloud = np.zeros(sea.shape, np.uint8)
    cloud[200:, 200:] = 1
    path = make.planet(tmp_path, numbers(sea, scale, 0.0), surface=surface, bands=bands, cloud=cloud)
    with open_scene(path, licence="contract") as scene:
        assert scene.bands == ("blue", "green", "red", "nir")
        assert (scene.product, scene.platform, scene.provider) == (make.PLANET_ID, "PlanetScope 24a1", "planet")
        assert scene.t_start == datetime(2024, 3, 1, 22, 25, 33, 120000, tzinfo=UTC)
        assert (scene.licence, scene.about["cloud_percent"]) == ("contract", 25.0)
        assert scene.reflectance == ((scale, 0.0),) * 4
        assert scene.cloud is not None
        assert scene.cloud(0, 240).sum() == 40 * 100
        found_all(scene, sea)
    alone = next(tmp_path.glob("*AnalyticMS*.tif"))
    with open_scene(alone) as scene:
        assert scene.cloud is not None


def test_planet_radiance_without_coefficients_is_refused(tmp_path: Path) -> None:
    make.planet(tmp_path, numbers(drawn(spacing=3.0), 2e-5, 0.0))
    next(tmp_path.glob("*.xml")).unlink()
    with pytest.raises(InputError, match=r"holds radiance, and no metadata XML .* get \*_AnalyticMS_metadata.xml"):
        open_scene(tmp_path)


def test_maxar_by_imd(tmp_path: Path) -> None:
    sea = drawn(spacing=2.0)
    # pi d^2 / (E sin(45)) of green, with d of the first of March, 0.9909 AU.
    away = np.pi * 0.9909**2 / np.sin(np.pi / 4)
    factor = 0.01
    irradiance = {"blue": 1974.24, "green": 1856.41, "red": 1559.46, "nir": 1069.73}
    seen = sea.image + sea.rng.normal(0, sea.noise, sea.image.shape)
    values = {
        b: np.clip(seen[BANDS.index(b)] / (factor / 0.06 * away / e), 1, 65535).astype(np.uint16)
        for b, e in irradiance.items()
    }
    with open_scene(make.maxar(tmp_path, values, factor=factor)) as scene:
        assert (scene.platform, scene.provider) == ("WorldView-2", "maxar")
        assert scene.t_start == datetime(2024, 3, 1, 22, 25, 33, 123456, tzinfo=UTC)
        for (scale, _), (band, e) in zip(scene.reflectance, irradiance.items(), strict=True):
            assert scale == pytest.approx(factor / 0.06 * away / e, rel=1e-3), band
        found_all(scene, sea)


def test_an_image_with_a_stac_item_that_names_its_bands(tmp_path: Path) -> None:
    sea = drawn(spacing=2.0)
    with open_scene(make.stac_image(tmp_path, numbers(sea, 1e-4, -0.01))) as scene:
        assert (scene.product, scene.platform, scene.provider) == ("image", "bird-1", "Bird")
        assert scene.bands == ("blue", "green", "red", "nir")
        assert scene.reflectance == ((1e-4, -0.01),) * 4
        found_all(scene, sea)
    (tmp_path / "x").mkdir()
    with pytest.raises(InputError, match="nothing tells the scale of reflectance of band nir"):
        open_scene(make.stac_image(tmp_path / "x", numbers(sea, 1e-4, -0.01), scale=None))


def test_a_lake_keeps_the_chips_of_an_optical_scene_under_their_own_mark(tmp_path: Path) -> None:
    product = make.stac_image(tmp_path, numbers(drawn(spacing=2.0), 1e-4, -0.01))
    session = makara.open(tmp_path / "lake")
    taken = session.ingest("scene", product, licence="commercial-foreign")
    chips, found = session.lake.state("chips"), session.detections()
    assert taken["tables"]["chips"] == len(chips) == len(found) >= len(SHIPS)
    assert found.filter(found["p_vessel"] > 0.5).height == len(SHIPS)
    assert set(chips["detection"]) == set(found["detection"]) and set(chips["chip"]) == set(found["chip"])
    marks = by_id(session.lake.state("marks"))
    for mark in chips["mark"].to_list():
        assert "commercial-foreign@domestic@chip" in marks[mark].licences
    for sha, size in chips.select("chip", "bytes").iter_rows():
        kept = (tmp_path / "lake" / "chips" / sha[:2] / f"{sha}.png").read_bytes()
        assert len(kept) == size and b'"product": "image"' in kept
    assert makara.detect(product, licence="commercial-foreign")["chip"].sort().equals(found["chip"].sort())


def broken(path: Path, how: str) -> None:
    """Damage a Sentinel-2 product."""
    granule = next((path / "GRANULE").iterdir())
    bands = granule / "IMG_DATA" / "R10m"
    if how == "no metadata":
        (path / "MTD_MSIL2A.xml").unlink()
    elif how == "no band":
        next(bands.glob("*B03*")).unlink()
    elif how == "cut":
        file = next(bands.glob("*B03*"))
        file.write_bytes(file.read_bytes()[:60])
    elif how == "entity":
        (path / "MTD_MSIL2A.xml").write_text('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')
    elif how == "no quantum":
        text = (path / "MTD_MSIL2A.xml").read_text()
        (path / "MTD_MSIL2A.xml").write_text(text.replace("QUANTIFICATION", "NOTHING"))
    elif how == "other grid":
        file = next(bands.glob("*B08*"))
        make.raster(file, np.ones((1, 77, 77), np.uint16), crs="EPSG:32760", corner=(5e5, 8.1e6), pixel=10.0,
                    driver="JP2OpenJPEG")  # fmt: skip
    elif how == "two granules":
        shutil.copytree(granule, granule.with_name("L2A_T60KWG_A036500_20240301T222529"))
    elif how == "zeros":
        for band in ("B02", "B03", "B04", "B08"):
            with rasterio.open(next(bands.glob(f"*{band}*"))) as was:
                shape = was.shape
            make.raster(next(bands.glob(f"*{band}*")), np.zeros((1, *shape), np.uint16), crs="EPSG:32760",
                        corner=(5e5, 8.1e6), pixel=10.0, driver="JP2OpenJPEG")  # fmt: skip


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("no metadata", "no MTD_MSIL1C.xml or MTD_MSIL2A.xml"),
        ("no band", "has no band B03; it is not whole"),
        ("cut", "is no readable JPEG 2000 file"),
        ("entity", "declares a DTD or entities"),
        ("no quantum", "has no number BOA_QUANTIFICATION_VALUE"),
        ("other grid", "do not fit the"),
        ("two granules", "holds 2 granules"),
        ("zeros", "has no data"),
    ],
)
def test_damaged_products_are_clear_errors(tmp_path: Path, how: str, message: str) -> None:
    path = make.sentinel2(tmp_path, numbers(drawn((64, 80))))
    broken(path, how)
    with pytest.raises(InputError, match=message):
        open_scene(path)


def test_products_from_the_future_are_refused(tmp_path: Path) -> None:
    path = make.sentinel2(tmp_path, numbers(drawn((64, 80))))
    with pytest.raises(InputError, match="after now"):
        open_scene(path, now=datetime(2024, 2, 1, tzinfo=UTC))


def test_several_images_in_a_directory_are_not_mixed(tmp_path: Path) -> None:
    sea = drawn(spacing=3.0)
    make.planet(tmp_path, numbers(sea, 2e-5, 0.0))
    other: Any = next(tmp_path.glob("*AnalyticMS.tif"))
    shutil.copy(other, other.with_name(other.name.replace("20240301_222533", "20240302_222533")))
    with pytest.raises(InputError, match="holds several images"):
        open_scene(tmp_path)
