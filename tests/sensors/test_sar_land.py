"""Land in radar scenes: polygons drawn in the image, margins, 180 degrees, and the coast as it is installed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from sar_sea import SIGMA0, clutter, georeference, numbers, scene

from makara.base.errors import InputError
from makara.sensors import sar
from makara.sensors.sar import coastline as cutting
from makara.sensors.sar import landmask
from makara.sensors.sar.cfar import CELL
from makara.session import resources

SIZE = (1280, 1600)


def image_at(lon: float, lat: float = 5.0):
    pixels = numbers(clutter(np.random.default_rng(2), SIZE, 4.0) * np.float32(SIGMA0))
    return scene(pixels, georeference=georeference(SIZE, lon=lon, lat=lat))


def polygons(*boxes: tuple[float, float, float, float]) -> cutting.Coastline:
    return cutting.coastline(shapely.to_wkb(shapely.multipolygons([shapely.box(*b) for b in boxes])), "boxes")


def share(water: sar.Water) -> float:
    return float(water.land[: SIZE[0] // CELL, : SIZE[1] // CELL].mean())


@pytest.mark.parametrize("lat", [5.0, -60.0, 82.0])
def test_land_is_drawn_where_it_lies(lat: float) -> None:
    image = image_at(100.0, lat)
    (west, _), (east, _) = ((float(v) for v in image.georeference.place(640, x)) for x in (400, 800))
    water = landmask.water(image, polygons((west, lat - 2, east, lat + 2)), margin_m=0.0)
    columns = np.flatnonzero(water.land[80])
    assert (columns[0], columns[-1]) == (400 // CELL, 800 // CELL)
    wide = landmask.water(image, polygons((west, lat - 2, east, lat + 2)), margin_m=200.0)
    closed = np.flatnonzero(wide.usable[80] == 0)
    assert (closed[0], closed[-1]) == (400 // CELL - 3, 800 // CELL + 3)


@pytest.mark.parametrize("box", [(179.99, 4.0, 180.0, 6.0), (-180.0, 4.0, -179.99, 6.0)])
def test_land_on_either_side_of_180_degrees(box: tuple[float, float, float, float]) -> None:
    """The scene reaches from 179.93 to -179.93."""
    image = image_at(179.93)
    water = landmask.water(image, polygons(box), margin_m=0.0)
    line = np.flatnonzero(water.land[80]) * CELL
    lon, _ = image.georeference.place(np.full(len(line), 640), line + CELL / 2)
    assert share(water) == pytest.approx(0.01 * 111_195 * np.cos(np.radians(5.0)) / 16_000, abs=0.012)
    assert (np.sign(lon) == np.sign(box[0])).mean() > 0.9


def test_what_is_on_land_is_not_found_and_the_distance_from_shore_is_told() -> None:
    image = image_at(100.0)
    pixels = image.read(0, SIZE[0]).copy()
    for x in (600, 1200):
        pixels[638:642, x - 1 : x + 2] = 2000
    image = scene(pixels, georeference=image.georeference)
    (west, _), (east, _) = ((float(v) for v in image.georeference.place(640, x)) for x in (400, 800))
    water = landmask.water(image, polygons((west, 4.0, east, 6.0)))
    found = sar.detect(image, sea=water, pfa=1e-10)
    assert found.land == "boxes"
    assert found.detections["pixel"].to_list() == pytest.approx([1200.0], abs=0.5)
    assert water.shore_m(np.array([640.0, 640.0]), np.array([1200.0, 600.0])) == pytest.approx([4000, 0], abs=90)
    assert len(sar.detect(image, pfa=1e-10).detections) == 2
    assert found.sea_pixels < 0.8 * SIZE[0] * SIZE[1]


def test_a_grid_serves_where_there_are_no_polygons() -> None:
    image = image_at(100.0)
    (west, _), (east, _) = ((float(v) for v in image.georeference.place(640, x)) for x in (400, 800))
    water = landmask.water(image, lambda lon, lat: (lon > west) & (lon < east), margin_m=0.0, source="a rule")
    assert share(water) == pytest.approx(0.25, abs=0.02)
    assert water.source == "a rule"


def test_cutting_a_coast_up_loses_no_land() -> None:
    angle = np.linspace(0, 2 * np.pi, 20_000)
    reach = 5 + np.sin(40 * angle) + 0.3 * np.sin(900 * angle)
    land = shapely.polygons(np.stack([10 + reach * np.cos(angle), 50 + reach * np.sin(angle)], -1))
    coast = cutting.coastline(shapely.to_wkb(shapely.multipolygons([land, shapely.box(0, 0, 1, 1)])), "a star")
    pieces = shapely.polygons([shapely.linearrings(coast.xy[a:b]) for a, b in pairwise(coast.start)])  # fmt: skip
    assert shapely.area(pieces).sum() == pytest.approx(land.area + 1, rel=1e-5)
    assert np.diff(coast.start).max() <= cutting.MOST
    assert len(coast.box) == len(pieces)
    with pytest.raises(InputError, match="install"):
        cutting.coastline(b"nothing", "a star")


def test_the_coast_that_is_installed_is_kept_and_known(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its polygons come from a small stand-in for the package's bytes: cutting up the world takes ten seconds."""
    made = polygons((99.9, 4.0, 100.05, 6.0))
    calls = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(resources, "_cut", lambda source: calls.append(source) or made)
    resources.coastline.cache_clear()
    try:
        image = image_at(100.0)
        first = resources.sea(image)
        resources.coastline.cache_clear()
        again = resources.sea(image)
        assert (first.usable == again.usable).all()
        assert "GSHHG" in first.source
        assert len(calls) == 1
        assert share(first) == pytest.approx(0.345, abs=0.02)
    finally:
        resources.coastline.cache_clear()


def test_without_the_extra_the_land_grid_serves_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "coastline", lambda: None)
    # The north coast of Java, Semarang Bay.
    water = resources.sea(image_at(110.35, -6.88))
    assert "makara[coast]" in water.source
    assert 0.2 < share(water) < 0.9
    assert water.usable.any()
