"""Radar products open as scenes: calibrated, placed, timed."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import radar_products as products
import rasterio
from radar_products import Safe

from makara.base import geo
from makara.base.errors import InputError, UsageError
from makara.sensors.scene import Scene
from makara.sources import _georeference, _scene
from makara.sources.scenes import open_scene


def metres_off(scene: Scene, line: Any, pixel: Any, lon: Any, lat: Any) -> float:
    return float(geo.distance_m(*scene.georeference.place(line, pixel), lon, lat).max())


def sigma0_db(scene: Scene, line: int, pixel: int) -> float:
    c = scene.calibration
    assert c is not None
    dn = float(scene.read(line, line + 1)[0, pixel])
    gain = float(c.gain.at(line, pixel))
    return gain * dn if c.decibel else float(10 * np.log10(gain * dn**c.power))


def test_sentinel1_is_calibrated_by_its_tables(tmp_path: Path) -> None:
    made = Safe()
    with open_scene(made.write(tmp_path)) as scene:
        assert (scene.provider, scene.platform, scene.mode, scene.polarisation) == (
            "copernicus", "Sentinel-1A", "IW", "vv",
        )  # fmt: skip
        assert scene.product == "S1A_IW_GRDH_1SDV_20240301T060000_20240301T060001_052800_066400_ABCD"
        assert scene.shape == (400, 500) and scene.spacing_m == (10.0, 10.0)
        assert (scene.t_start, scene.look, scene.heading_deg) == (datetime(2024, 3, 1, 6, tzinfo=UTC), "right", 348.0)
        assert np.array_equal(scene.read(7, 300), products.sea(made.shape)[7:300])
        assert scene.calibration is not None and scene.calibration.power == 2 and scene.calibration.noise is not None
        y, x = np.array([0, 111, 399]), np.array([3, 249, 499])
        assert scene.calibration.gain.at(y, x) == pytest.approx(made.lut(y, x) ** -2.0, rel=1e-4)
        for swath, pixel in ((0, 249), (1, 250)):  # the step between swaths stays sharp
            heat = made.range_noise(pixel) * made.azimuth_noise(swath, 110) / made.lut(110, pixel) ** 2
            assert float(scene.calibration.noise.at(110, pixel)) == pytest.approx(heat, rel=1e-3)
        assert scene.incidence_deg is not None and scene.slant_range_m is not None and scene.line_times is not None
        assert float(scene.incidence_deg.at(200, 250)) == pytest.approx(31.5, abs=1e-6)
        assert float(scene.slant_range_m.at(200, 100)) == pytest.approx(800_500.0, abs=1e-3)
        assert float(scene.line_times.at(399, 0)) == pytest.approx(399 * 1.496e-3)
        assert scene.platform_m_s == pytest.approx(np.sqrt(1e6 + 4e6 + 7200**2))
        first = scene.about["swaths"]["IW1"]
        assert (first["prf_hz"], first["first"], first["last"]) == (1717.1, 0.0, 249.0)
        wavelength, slant = products.LIGHT / 5.405e9, 8e5 + 5 * 124.5
        assert first["ambiguity_m"] == pytest.approx(wavelength * slant * 1717.1 / 2 / scene.platform_m_s, abs=0.1)
        json.dumps(dict(scene.about))


@pytest.mark.parametrize("height", [0.0, 900.0])
@pytest.mark.parametrize("lon", [135.0, 179.98, -180.0])
def test_sentinel1_lies_at_sea_level_wherever_it_is(tmp_path: Path, lon: float, height: float) -> None:
    made = Safe(lon=lon, lat=-16.5, height=height)
    with open_scene(made.write(tmp_path)) as scene:
        y, x = np.meshgrid(np.linspace(0, 399, 40), np.linspace(0, 499, 40))
        places = made.place(y, x)
        assert metres_off(scene, y, x, *places) < 10.0 * (0.1 if height == 0 else 0.3)
        assert np.ptp(scene.georeference.lon.values) < 1.0, "longitude runs on across 180"


@pytest.mark.parametrize(
    ("noise", "said"), [("old", "known"), ("none", "not known"), ("done", "removed by the provider")]
)
def test_sentinel1_noise_of_other_times(tmp_path: Path, noise: str, said: str) -> None:
    made = Safe(noise=noise)
    with open_scene(made.write(tmp_path)) as scene:
        assert scene.calibration is not None and scene.about["noise"] == said
        assert (scene.calibration.noise is not None) == (noise == "old")
        if scene.calibration.noise is not None:
            heat = made.range_noise(300) / made.lut(200, 300) ** 2
            assert float(scene.calibration.noise.at(200, 300)) == pytest.approx(heat, rel=1e-3)


def test_polarisation_is_chosen(tmp_path: Path) -> None:
    root = Safe(pols=("hv", "hh")).write(tmp_path)
    with open_scene(root) as scene:
        assert scene.polarisation == "hh"
    with open_scene(root, polarisation="HV") as scene:
        assert scene.polarisation == "hv"
    with pytest.raises(UsageError, match="no polarisation vv; it has: hh, hv"):
        open_scene(root, polarisation="vv")


@pytest.mark.parametrize("form", ["zip", "deflated", "tar", "tar.gz"])
def test_a_packed_product_is_the_same_scene(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "tmp"
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))
    made = Safe()
    root = made.write(tmp_path)
    packed = tmp_path / f"{root.name}.{'zip' if form == 'deflated' else form}"
    if "tar" in form:
        with tarfile.open(packed, "w:gz" if form == "tar.gz" else "w") as out:
            out.add(root, root.name)
    else:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED if form == "deflated" else zipfile.ZIP_STORED) as out:
            for p in sorted(root.rglob("*")):
                out.write(p, p.relative_to(tmp_path))
    with open_scene(root) as plain, open_scene(packed) as scene:
        assert scene.product == plain.product
        assert np.array_equal(scene.read(0, 400), plain.read(0, 400))
        assert np.array_equal(scene.georeference.lon.values, plain.georeference.lon.values)
        unpacked = [p.name for p in room.rglob("*") if p.is_file()]
        assert unpacked == ([f"{made.stem('vv')}.tiff"] if "tar" in form else []), "only what is needed"
    assert list(room.iterdir()) == []
    with pytest.raises(InputError, match="cannot be read"):
        scene.read(0, 1)


def test_real_sentinel1_metadata(tmp_path: Path, data_dir: Path) -> None:
    packed = next((data_dir / "satellite" / "safe_metadata").glob("*.SAFE.tar.gz"))
    with pytest.raises(InputError, match="no measurement of vv; it is not whole"):
        open_scene(packed)
    with tarfile.open(packed) as t:
        t.extractall(tmp_path, filter="data")
    root = next(tmp_path.glob("*.SAFE"))
    (root / "measurement").mkdir()
    stem = next((root / "annotation").glob("*-vv-*.xml")).stem
    shape, rows = (19497, 25117), np.full((64, 25117), 40, np.uint16) + np.arange(25117, dtype=np.uint16) % 9
    tif = root / "measurement" / f"{stem}.tiff"
    with rasterio.open(
        tif, "w", driver="GTiff", height=shape[0], width=shape[1], count=1, dtype="uint16", compress="deflate",
        sparse_ok=True, crs="EPSG:4326", gcps=Safe().gcps(),
    ) as out:  # fmt: skip
        out.write(rows, 1, window=rasterio.windows.Window(0, 0, shape[1], 64))
    manifest = root / "manifest.safe"
    with pytest.raises(InputError, match=r"not whole: measurement.*vv.* of 979,736,118 bytes"):
        open_scene(root)
    manifest.write_text(manifest.read_text().replace('size="979736118"', f'size="{tif.stat().st_size}"'))
    with open_scene(root) as scene:
        annotation = (root / "annotation" / f"{stem}.xml").read_text()
        grid = np.array(
            [
                [float(v) for v in re.findall(rf"<{f}>([^<]+)</{f}>", annotation.split("<geolocationGrid>")[1])]
                for f in ("line", "pixel", "longitude", "latitude", "incidenceAngle")
            ]
        )
        assert metres_off(scene, *grid[:4]) < 1.0, "a tenth of a pixel at the grid's own nodes"
        assert scene.incidence_deg is not None
        assert scene.incidence_deg.at(grid[0], grid[1]) == pytest.approx(grid[4], abs=1e-9)
        # Between nodes: the grid without every other row and column tells the places left out.
        square = grid.reshape(5, 11, 21)
        thin = square[:, ::2, ::2].reshape(5, -1)
        doc = "".join(
            f"<geolocationGridPoint><line>{y}</line><pixel>{x}</pixel><longitude>{lon}</longitude><latitude>{lat}"
            f"</latitude><height>0</height><slantRangeTime>0.005</slantRangeTime><incidenceAngle>{i}</incidenceAngle>"
            "</geolocationGridPoint>"
            for y, x, lon, lat, i in thin.T
        )
        from makara.sources import _xml
        from makara.sources._sentinel1_tables import Grid

        text = f"<p><geolocationGrid><geolocationGridPointList>{doc}</geolocationGridPointList></geolocationGrid></p>"
        coarse = Grid(_xml.parse(text.encode(), "thinned"), "thinned").georeference(shape)
        off = geo.distance_m(*coarse.place(grid[0], grid[1]), grid[2], grid[3])
        assert off.max() < 10.0, "under a pixel with a quarter of the nodes"
        calibration = (root / "annotation" / "calibration" / f"calibration-{stem}.xml").read_text()
        vector = calibration.split("<calibrationVector>")[8]
        line = float(re.findall(r"<line>(\d+)</line>", vector)[0])
        pixel, lut = (
            np.array(re.findall(rf"<{t} [^>]*>([^<]+)<", vector)[0].split(), float) for t in ("pixel", "sigmaNought")
        )
        assert scene.calibration is not None and scene.calibration.noise is not None
        assert scene.calibration.gain.at(line, pixel) == pytest.approx(lut**-2.0, rel=1e-9)
        middle = (lut[1:] + lut[:-1]) / 2
        assert scene.calibration.gain.at(line, (pixel[1:] + pixel[:-1]) / 2) == pytest.approx(middle**-2.0, rel=1e-4)
        noise = (root / "annotation" / "calibration" / f"noise-{stem}.xml").read_text()
        vector = noise.split("<noiseRangeVector>")[1]
        pixel, lut_r = (
            np.array(re.findall(rf"<{t} [^>]*>([^<]+)<", vector)[0].split(), float) for t in ("pixel", "noiseRangeLut")
        )
        block = noise.split("<noiseAzimuthVector>")[1]
        first_factor = float(re.findall(r"<noiseAzimuthLut [^>]*>(\S+)", block)[0])
        at = pixel <= 8000
        said = lut_r[at] * first_factor * scene.calibration.gain.at(0, pixel[at])
        assert scene.calibration.noise.at(0, pixel[at]) == pytest.approx(said, rel=1e-6)
        assert -35 < 10 * np.log10(float(scene.calibration.noise.at(9000, 12000))) < -20
        assert scene.platform_m_s == pytest.approx(7598, abs=5) and scene.heading_deg == pytest.approx(191.99, abs=0.01)


def test_iceye_by_its_properties(tmp_path: Path) -> None:
    beside = products.stac(license="CC-BY-4.0")
    (tmp_path / "ICEYE_GBSG1X_20240301T060000Z_5045505_X42_SM_GRD.json").write_text(json.dumps(beside))
    with open_scene(products.write_iceye(tmp_path)) as scene:
        assert (scene.provider, scene.platform, scene.mode, scene.polarisation) == (
            "ICEYE",
            "ICEYE-X42",
            "stripmap",
            "vv",
        )
        assert scene.product == "ICEYE_GBSG1X_20240301T060000Z_5045505_X42_SM_GRD"
        assert scene.t_start == datetime(2024, 3, 1, 6, 0, 0, 500_000, tzinfo=UTC)
        assert (scene.heading_deg, scene.look, scene.resolution_m) == (190.0, "right", 3.0)
        assert scene.licence == "CC-BY-4.0"
        assert scene.spacing_m == pytest.approx((2.5, 2.5), rel=1e-3)
        dn = float(scene.read(10, 11)[0, 20])
        assert sigma0_db(scene, 10, 20) == pytest.approx(10 * np.log10(2.5e-6 * dn**2))
        assert scene.incidence_deg is not None and scene.slant_range_m is not None and scene.line_times is not None
        assert scene.incidence_deg.at([0, 299], [50, 50]) == pytest.approx([30.0, 32.0], abs=0.01), "range runs down"
        assert scene.slant_range_m.at([0, 299], [50, 50]) == pytest.approx([690e3, 694e3], abs=5.0)
        assert float(scene.line_times.at(100, 0.0)) == pytest.approx(4.0), "the middle: lines do not follow the flight"
        assert scene.calibration is not None and scene.calibration.looks == 6.0
        assert scene.about["prf_hz"] == 5000.0 and scene.about["frequency_hz"] == 9.6e9


def test_iceye_amplitudes_stored_as_a_power(tmp_path: Path) -> None:
    mapping = {"function": "power", "parameters": {"exponent": 0.5, "scale": 2.0}}
    path = products.write_iceye(tmp_path, **{"iceye:amplitude_mapping": mapping, "iceye:calibration_factor": 1e-9})
    with open_scene(path) as scene:
        stored = products.sea((300, 400))[5].astype(float)
        assert scene.read(5, 6)[0] == pytest.approx(stored**2 / 2.0, rel=1e-5)


def test_iceye_of_before_2025(tmp_path: Path) -> None:
    with open_scene(products.write_iceye_old(tmp_path)) as scene:
        assert (scene.platform, scene.look, scene.heading_deg, scene.polarisation) == ("ICEYE-X2", "left", 189.5, "vv")
        assert scene.t_start == datetime(2019, 2, 11, 13, 14, 15, 123_456, tzinfo=UTC)
        assert scene.calibration is not None and float(scene.calibration.gain.at(0, 0)) == 3.0e-6
        assert scene.incidence_deg is not None
        ends = scene.incidence_deg.at([100, 100], [0, 199])
        assert ends[0] < 25.0 < ends[1], "it flies south and looks left: far range is in the east"
        assert scene.platform_m_s == pytest.approx(np.hypot(2000, 7300))


@pytest.mark.parametrize("tag", [True, False])
def test_capella_by_tag_or_file_beside(tmp_path: Path, tag: bool) -> None:
    with open_scene(products.write_capella(tmp_path, tag=tag)) as scene:
        assert (scene.provider, scene.platform, scene.polarisation) == ("Capella Space", "capella-8", "hh")
        assert scene.t_start == datetime(2024, 3, 1, 6, 0, 0, 123_456, tzinfo=UTC)
        dn = float(scene.read(10, 11)[0, 20])
        assert sigma0_db(scene, 10, 20) == pytest.approx(20 * np.log10(3.4e-4 * dn))
        assert scene.heading_deg == pytest.approx(np.degrees(np.arctan2(-1300.0, 7400.0)) % 360.0)
        assert scene.calibration is not None and scene.calibration.looks == 9.0 and scene.calibration.noise is not None
        assert float(scene.calibration.noise.at(0, 0)) == pytest.approx(10**-2.2)
        assert scene.licence == "https://www.capellaspace.com/data-licensing/"
        assert (scene.resolution_m, scene.about["prf_hz"]) == (1.2, 6000.0)


@pytest.mark.parametrize(("said", "turn"), [("gamma_nought", np.cos), ("beta_nought", np.sin)])
def test_capella_of_other_radiometry_becomes_sigma_nought(tmp_path: Path, said: str, turn: Any) -> None:
    with open_scene(products.write_capella(tmp_path, radiometry=said)) as scene:
        assert scene.calibration is not None
        assert float(scene.calibration.gain.at(9, 9)) == pytest.approx(3.4e-4**2 * turn(np.radians(35.0)))


def test_umbra_has_relative_brightness_unless_told(tmp_path: Path) -> None:
    path = products.write_umbra(tmp_path)
    with open_scene(path) as scene:
        assert (scene.platform, scene.mode, scene.look, scene.polarisation) == ("UMBRA_05", "spotlight", "left", "vv")
        assert scene.heading_deg == 170.0 and scene.resolution_m == 0.52
        assert scene.t_end == datetime(2024, 3, 1, 6, 0, 3, 250_000, tzinfo=UTC)
        dn = scene.read(0, 256).astype(float)
        assert scene.calibration is not None and scene.about["calibration"] == "relative"
        assert 10 * np.log10(np.median(dn) ** 2 * float(scene.calibration.gain.at(0, 0))) == pytest.approx(-15, abs=0.3)
    with open_scene(path, units="amplitude") as scene:
        assert scene.calibration is not None and float(scene.calibration.gain.at(0, 0)) == 1.0


def test_umbra_by_the_item_beside_as_its_open_data_name_it(tmp_path: Path) -> None:
    path = products.write_umbra(tmp_path)
    (tmp_path / "2024-03-01-06-00-00_UMBRA-05_METADATA.json").unlink()
    told = products.stac(platform="Umbra-05", **{"sar:instrument_mode": "SPOTLIGHT", "sar:polarizations": ["VV"]})
    (tmp_path / "2024-03-01-06-00-00_UMBRA-05.stac.v2.json").write_text(json.dumps(told))
    (tmp_path / "2024-03-01-07-00-00_UMBRA-05.stac.v2.json").write_text("{}")
    for product in (path, tmp_path):
        with open_scene(product) as scene:
            assert (scene.platform, scene.mode, scene.provider) == ("Umbra-05", "spotlight", "Umbra")
            assert scene.t_start == datetime(2024, 3, 1, 6, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize("told", [True, False])
def test_what_was_calibrated_since_needs_no_factor_of_its_provider(tmp_path: Path, told: bool) -> None:
    path = tmp_path / "ICEYE_X7_GRD_SM_1.tif"
    products.write_tif(path, db_scene(), tags={"UNITS": "dB*100"} if told else None)
    item = products.stac(platform="ICEYE-X7", constellation="ICEYE")
    (tmp_path / "item.json").write_text(json.dumps(item | {"assets": {"data": {"href": f"./{path.name}"}}}))
    with open_scene(path, units=None if told else "dBx100") as scene:
        assert sigma0_db(scene, 30, 40) == pytest.approx(db_scene()[30, 40] / 100)
        assert (scene.platform, scene.t_start) == ("ICEYE-X7", datetime(2024, 3, 1, 6, 0, 5, tzinfo=UTC))


def test_sentinel1_of_which_only_what_is_needed_is_told(tmp_path: Path) -> None:
    root = Safe().write(tmp_path)
    with open_scene(root) as scene:
        whole = scene.heading_deg, scene.georeference.place(100.0, 100.0)
    for path in root.glob("annotation/s1a-*.xml"):
        text = path.read_text()
        for name in ("orbitList", "radarFrequency", "platformHeading", "height", "slantRangeTime", "incidenceAngle"):
            text = re.sub(f"<{name}[ >].*?</{name}>", "", text, flags=re.DOTALL)
        path.write_text(text)
    products.write_manifest(root)
    with open_scene(root) as scene:
        assert (scene.platform_m_s, scene.slant_range_m, scene.incidence_deg) == (None, None, None)
        assert scene.heading_deg == pytest.approx(whole[0], abs=1.0)
        assert metres_off(scene, 100.0, 100.0, *whole[1]) < 1.0
        assert scene.calibration is not None and scene.calibration.noise is not None


def db_scene(shape: tuple[int, int] = (60, 80)) -> Any:
    return (100 * 20 * np.log10(products.sea(shape) / 400.0)).astype(np.int16)


@pytest.mark.parametrize(
    ("how", "given"),
    [
        ({"scale": 0.01, "tags": {"UNITS": "dB*100 (scale 0.01)"}}, None),
        ({"tags": {"UNITS": "dBx100"}}, None),
        ({"scale": 0.01, "units": "dB"}, None),
        ({"scale": 0.01}, "dB"),
        ({}, "dBx100"),
        ({"tags": {"UNITS": "dB", "SCALE": "0.01"}}, None),
        ({"tags": {"units": "Sigma0 (dB x 100)"}}, None),
        ({"tags": {"UNITS": "0.01 dB"}}, None),
    ],
)
def test_decibels_however_they_are_told(tmp_path: Path, how: dict[str, Any], given: str | None) -> None:
    values = db_scene()
    values[0, :5] = -32768
    path = products.write_tif(tmp_path / "s.tif", values, nodata=-32768, **how)
    with open_scene(path, units=given) as scene:
        assert (scene.read(0, 1)[0, :5] == 0).all() and scene.t_start is None
        assert sigma0_db(scene, 30, 40) == pytest.approx(values[30, 40] / 100)
        assert scene.about["nodata_share"] == pytest.approx(5 / 4800, abs=1e-4)


@pytest.mark.parametrize(("units", "made"), [("power", 1e-2), ("amplitude", 1e-1)])
def test_linear_units_with_scale_and_offset(tmp_path: Path, units: str, made: float) -> None:
    values = (products.sea((60, 80)) * made).astype(np.float32)
    values[3, 3] = np.nan
    path = products.write_tif(tmp_path / "s.tif", values, scale=0.1, offset=0.05, units=units)
    with open_scene(path) as scene:
        power = (values[30, 40] * 0.1 + 0.05) ** (1 if units == "power" else 2)
        assert sigma0_db(scene, 30, 40) == pytest.approx(10 * np.log10(power), abs=1e-4)
        assert scene.read(3, 4)[0, 3] == 0


@pytest.mark.parametrize(
    ("tags", "first", "last"),
    [
        ({"TIFFTAG_DATETIME": "2021:01:05 01:51:10"}, "01:51:10", "01:51:10"),
        (
            {"ACQUISITION_START": "2021-01-05T01:51:10Z", "ACQUISITION_END": "2021-01-05T01:51:20Z"},
            "01:51:10",
            "01:51:20",
        ),
        ({"ACQUISITION_DATETIME": "2021-01-05T02:51:10+01:00"}, "01:51:10", "01:51:10"),
        ({"acquisition_time": "2021-01-05 01:51:10 UTC"}, "01:51:10", "01:51:10"),
    ],
)
def test_time_by_tag(tmp_path: Path, tags: dict[str, str], first: str, last: str) -> None:
    path = products.write_tif(tmp_path / "s.tif", db_scene(), tags=tags)
    with open_scene(path, units="dBx100") as scene:
        assert scene.t_start == datetime.fromisoformat(f"2021-01-05T{first}+00:00")
        assert scene.t_end == datetime.fromisoformat(f"2021-01-05T{last}+00:00")
    with open_scene(path, units="dBx100", time="2022-01-01T00:00:00Z/2022-01-01T00:00:09Z") as scene:
        assert scene.t_end == datetime(2022, 1, 1, 0, 0, 9, tzinfo=UTC), "what the caller says counts"


def test_stac_item_beside_a_plain_image(tmp_path: Path) -> None:
    path = products.write_tif(tmp_path / "scene_7.tif", np.stack([db_scene(), db_scene() - 500]), names=("VH", "VV"))
    told = products.stac(
        start_datetime="2024-03-01T06:00:00Z", end_datetime="2024-03-01T06:00:30.1234567Z", platform="rs-9",
        license="proprietary", constellation="rs",
        providers=[{"name": "host", "roles": ["host"]}, {"name": "MDA", "roles": ["producer"]}],
        **{"sar:instrument_mode": "wide", "sar:resolution_range": 30, "sar:resolution_azimuth": 25,
           "sar:looks_equivalent_number": 12.5, "view:incidence_angle": 33, "sar:observation_direction": "left"},
    )  # fmt: skip
    (tmp_path / "scene_7.json").write_text(json.dumps(told))
    (tmp_path / "other.json").write_text("{}")
    with open_scene(path, units="dBx100", licence="ours") as scene:
        assert (scene.product, scene.provider, scene.platform, scene.licence) == ("item-1", "MDA", "rs-9", "ours")
        assert (scene.mode, scene.resolution_m, scene.look, scene.polarisation) == ("wide", 30.0, "left", "vv")
        assert scene.t_end == datetime(2024, 3, 1, 6, 0, 30, 123_456, tzinfo=UTC)
        assert scene.calibration is not None and scene.calibration.looks == 12.5
        assert sigma0_db(scene, 30, 40) == pytest.approx(db_scene()[30, 40] / 100 - 5)


@pytest.mark.parametrize(
    ("crs", "origin", "pixel"),
    [
        ("EPSG:32660", (780_000.0, 8_100_000.0), 10.0),  # UTM 60 south, across 180
        ("EPSG:3995", (-1_500_000.0, 900_000.0), 40.0),  # polar stereographic
        ("EPSG:3031", (2_000_000.0, -50_000.0), 40.0),
        ("EPSG:4326", (179.99, -16.0), 1e-4),
        ("EPSG:4326", (-0.005, 51.0), 1e-4),
    ],
)
def test_places_of_map_projections(tmp_path: Path, crs: str, origin: tuple[float, float], pixel: float) -> None:
    values = np.tile(db_scene((64, 64)), (20, 24))
    path = products.write_tif(tmp_path / "s.tif", values, crs=crs, origin=origin, pixel=pixel, compress="deflate")
    with open_scene(path, units="dBx100") as scene:
        rng = np.random.default_rng(1)
        y, x = rng.uniform(0, 1279, 500), rng.uniform(0, 1535, 500)
        east, north = origin[0] + (x + 0.5) * pixel, origin[1] - (y + 0.5) * pixel
        lon, lat = _georeference.lonlat(east, north, crs, "s")
        assert metres_off(scene, y, x, lon, lat) < 0.2 * min(scene.spacing_m)
        ring = _scene.footprint(scene.georeference, scene.shape)
        assert ring[0] == ring[-1] and np.abs(np.diff([p[0] for p in ring])).max() < 5.0


def test_places_of_control_points(tmp_path: Path) -> None:
    made = Safe(lon=179.97, lat=-17.0)
    rng = np.random.default_rng(2)
    points = []
    for _ in range(30):
        y, x = rng.uniform(0, 60), rng.uniform(0, 80)
        lon, lat = made.place(y, x)
        points.append(rasterio.control.GroundControlPoint(y + 0.5, x + 0.5, float(lon), float(lat), 0))
    path = products.write_tif(tmp_path / "s.tif", db_scene(), gcps=points)
    with open_scene(path, units="dBx100") as scene:
        y, x = np.meshgrid([0.0, 30.0, 59.0], [0.0, 40.0, 79.0])
        assert metres_off(scene, y, x, *made.place(y, x)) < 1.0


def test_the_harbour_of_los_angeles(data_dir: Path) -> None:
    path = data_dir / "satellite" / "s1_grd_vv_port_la_20210105_30m_db100.tif"
    with open_scene(path, time="2021-01-05T01:51:00Z") as scene:
        assert scene.calibration is not None and scene.calibration.decibel
        values = scene.read(0, scene.shape[0]) * float(scene.calibration.gain.at(0, 0))
        assert -25 < np.median(values[values != 0]) < -8
        assert scene.spacing_m == pytest.approx((30.0, 30.0), rel=1e-3)
        lon, lat = scene.georeference.place(275, 378)
        assert -118.4 < float(lon) < -118.0 and 33.6 < float(lat) < 33.8


def test_rows_are_the_same_from_many_threads(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    values = np.tile(db_scene((64, 64)), (8, 8))
    path = products.write_tif(tmp_path / "s.tif", values, compress="deflate")
    with open_scene(path, units="dBx100") as scene, ThreadPoolExecutor(4) as pool:
        bands = list(pool.map(lambda k: scene.read(16 * k, 16 * k + 16), range(32)))
        assert np.array_equal(np.concatenate(bands), scene.read(0, 512))


def test_nothing_is_written_beside_a_product(tmp_path: Path) -> None:
    root = Safe().write(tmp_path)
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    with open_scene(root) as scene:
        scene.read(0, 10)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before
    shutil.rmtree(root)
