"""A whole scene through the radar detector: the same for any cut, right at borders, in all forms of calibration."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sar_sea import GAIN, LOOKS, SIGMA0, clutter, georeference, numbers, plant, scene

from makara.base.errors import InputError, UsageError
from makara.sensors import sar
from makara.sensors.sar import stream
from makara.sensors.sar.cfar import BLOCK
from makara.sensors.sar.clusters import clusters
from makara.sensors.sar.stream import hits
from makara.sensors.sar.threshold import thresholds
from makara.sensors.scene import Calibration, Nodes, Scene, constant

SHIPS = [(40, 300), (200, 5), (260, 420), (470, 630), (475, 40), (3, 130)]
"""Lines and pixels; some at the borders, so that a part of the ring is missing."""


def sea(seed: int = 1, size: tuple[int, int] = (485, 643)) -> NDArray[Any]:
    """Mean 1, no multiple of a block, with ships."""
    image = clutter(np.random.default_rng(seed), size, 4.0)
    for line, pixel in SHIPS:
        plant(image, line, pixel, 20.0, length=4)
    return image


def test_each_ship_is_found_where_and_when_it_is() -> None:
    image = scene(numbers(sea() * np.float32(SIGMA0)), line_times=Nodes(np.array([0.0, 484.0]), np.zeros(1), np.array([[0.0], [4.84]])))  # fmt: skip  # noqa: E501
    found = sar.detect(image)
    rows = found.detections
    assert len(rows) == len(SHIPS) == len(found.clusters)
    for line, pixel in SHIPS:
        row = rows.filter(((rows["line"] - line).abs() < 2.0) & ((rows["pixel"] - pixel).abs() < 2.0))
        assert len(row) == 1
        lon, lat = image.georeference.place(line, pixel)
        assert row["lon_deg"][0] == pytest.approx(float(lon), abs=2e-4)
        assert row["lat_deg"][0] == pytest.approx(float(lat), abs=2e-4)
        assert row["t_seen"][0].timestamp() - image.t_start.timestamp() == pytest.approx(line / 100, abs=0.02)
        assert 19.0 < row["scr_db"][0] < 24.0
        assert row["pixels"][0] >= 6


def test_without_a_time_there_is_none() -> None:
    assert sar.detect(scene(numbers(sea() * np.float32(SIGMA0)), t_start=None)).detections["t_seen"].null_count() == 6


def test_all_forms_of_calibration_say_the_same() -> None:
    sigma0 = (sea() * np.float32(SIGMA0)).astype(np.float64)
    amplitude = numbers(sigma0)
    sigma0 = amplitude.astype(np.float64) ** 2 * GAIN
    db = 10 * np.log10(sigma0)
    hundredths = np.rint(100 * db).astype(np.int16)
    hundredths[hundredths == 0] = 1
    forms = [
        scene(amplitude),
        scene(sigma0.astype(np.float32), Calibration(1, constant(1.0))),
        scene(db.astype(np.float32), Calibration(1, constant(1.0), decibel=True)),
        scene(hundredths, Calibration(1, constant(0.01), decibel=True)),
        scene(amplitude, Calibration(2, Nodes(np.array([0.0, 600.0]), np.array([0.0, 700.0]), np.full((2, 2), GAIN)))),
    ]
    told = [sar.detect(s).clusters for s in forms]
    for other in told[1:]:
        assert other["pixels"].to_list() == pytest.approx(told[0]["pixels"].to_list(), abs=1)
        assert other["scr_db"].to_list() == pytest.approx(told[0]["scr_db"].to_list(), abs=0.05)
        assert other["background"].to_list() == pytest.approx(told[0]["background"].to_list(), rel=0.01)
    assert told[0]["background"].to_list() == pytest.approx([SIGMA0] * 6, rel=0.25)


def test_a_gain_that_varies_over_the_scene_is_taken_away() -> None:
    flat = sea() * np.float32(SIGMA0)
    gain = Nodes(np.array([0.0, 484.0]), np.array([0.0, 642.0]), np.array([[1.0, 3.0], [2.0, 6.0]]) * 1e-6)
    y, x = np.mgrid[0:485, 0:643]
    image = scene(np.rint(np.sqrt(flat / gain.at(y, x))).clip(1).astype(np.uint16), Calibration(2, gain, looks=LOOKS))
    found, plain = sar.detect(image).clusters, sar.detect(scene(numbers(flat))).clusters
    assert found["background"].to_list() == pytest.approx(plain["background"].to_list(), rel=0.03)


@settings(max_examples=12)
@given(st.integers(1, 8), st.integers(1, 11), st.integers(1, 4), st.integers(0, 3))
def test_how_a_scene_is_cut_changes_no_byte(strip: int, tile: int, threads: int, seed: int) -> None:
    image = scene(numbers(sea(seed) * np.float32(SIGMA0)))
    table = thresholds(1e-4, LOOKS, grow=1e-2)
    whole = hits(image, table, threads=1, strip=64 * BLOCK, tile=64 * BLOCK)
    cut = hits(image, table, threads=threads, strip=strip * BLOCK, tile=tile * BLOCK)
    assert len(whole.line) > 1000
    for part in ("line", "pixel", "seed", "ratio", "mean", "spread"):
        assert getattr(whole, part).tobytes() == getattr(cut, part).tobytes()


def test_no_data_is_no_sea_and_its_edge_no_target() -> None:
    pixels = numbers(clutter(np.random.default_rng(6), (640, 640), 4.0) * np.float32(SIGMA0))
    pixels[:, 400:] = 0
    pixels[200:300, :200] = 0
    assert len(sar.detect(scene(pixels)).detections) == 0
    as_db = np.where(pixels > 0, 10 * np.log10(np.maximum(pixels, 1).astype(float) ** 2 * GAIN), np.nan)
    assert len(sar.detect(scene(as_db, Calibration(1, constant(1.0), decibel=True))).detections) == 0


@pytest.mark.parametrize("value", [0, 1, 65_535])
def test_a_scene_of_one_value_holds_nothing(value: int) -> None:
    found = sar.detect(scene(np.full((200, 200), value, np.uint16)))
    assert found.detections.is_empty()
    assert "lon_deg" in found.detections.columns


def test_rows_are_read_once_and_in_order_and_progress_is_told() -> None:
    pixels = numbers(sea() * np.float32(SIGMA0))
    asked: list[tuple[int, int]] = []
    told: list[tuple[int, int]] = []

    def read(first: int, last: int) -> NDArray[Any]:
        asked.append((first, last))
        return pixels[first:last]

    hits(replace(scene(pixels), read=read), thresholds(), strip=2 * BLOCK, progress=lambda i, n: told.append((i, n)))
    assert asked[0][0] == 0
    assert asked[-1][1] == 485
    assert all(a[1] == b[0] for a, b in pairwise(asked))
    assert told[-1] == (485, 485)


def test_what_cannot_be_searched_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = numbers(sea() * np.float32(SIGMA0))
    with pytest.raises(InputError, match="--units"):
        sar.detect(replace(scene(pixels), calibration=None))
    with pytest.raises(UsageError, match="optical"):
        sar.detect(replace(scene(pixels), sensor="optical"))
    with pytest.raises(UsageError, match="pfa"):
        sar.detect(scene(pixels), pfa=0.5)
    monkeypatch.setattr(stream, "MOST", 10)
    for threads in (1, 2):
        with pytest.raises(InputError, match="land masked"):
            sar.detect(scene(pixels), threads=threads)


def test_a_reader_that_fails_ends_the_search() -> None:
    def read(first: int, last: int) -> NDArray[Any]:
        if first > 200:
            raise InputError("line 201 cannot be read")
        return np.ones((last - first, 643), np.uint16)

    broken: Scene = replace(scene(np.ones((1200, 643), np.uint16)), read=read)
    with pytest.raises(InputError, match="201"):
        sar.detect(broken)


def test_clusters_are_linked_over_gaps_and_described() -> None:
    image = clutter(np.random.default_rng(9), (400, 400), np.inf)
    for k in range(30):
        # A line of 45 degrees, every second pixel.
        if k % 2 == 0:
            image[150 + k, 150 + k] += 300.0
    image[300, 300] += 1000.0
    found = clusters(hits(scene(numbers(image * np.float32(SIGMA0))), thresholds()), (10.0, 10.0))
    assert len(found) == 2
    long, short = found.rows(named=True)
    assert (long["line"], long["pixel"]) == pytest.approx((164, 164), abs=0.5)
    assert long["length_px_m"] == pytest.approx(28 * 14.14 + 14.14, rel=0.03)
    assert abs(long["down"] * long["right"]) == pytest.approx(0.5, abs=0.01)
    assert (short["peak_line"], short["peak_pixel"], short["seeds"]) == (300, 300, 1)


def test_the_place_is_right_across_180_degrees() -> None:
    pixels = numbers(sea() * np.float32(SIGMA0))
    image = scene(pixels, georeference=georeference((485, 643), lon=179.98))
    lon = sar.detect(image).detections.sort("pixel")["lon_deg"].to_list()
    assert 179.98 <= lon[0] < 180.0
    assert -180.0 <= lon[-1] < -179.9


@pytest.mark.parametrize("form", ["amplitude", "decibel"])
def test_a_fine_product_is_searched_on_coarser_pixels(form: str) -> None:
    """Pixels of 2 m, one look: a ship of 300 m is larger than the ring would be."""
    rng = np.random.default_rng(7)
    size = (1603, 2001)
    image = rng.standard_exponential(size, np.float32)
    image[800:950, 990:1010] += rng.standard_exponential((150, 20), np.float32) * np.float32(60.0)
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    image[(y - x) > 1200] = 0.0
    sigma0 = image * np.float32(SIGMA0)
    calibration = Calibration(2, constant(GAIN), looks=1.0)
    pixels: NDArray[Any] = np.where(sigma0 > 0, numbers(sigma0), 0).astype(np.uint16)
    if form == "decibel":
        pixels = 10 * np.log10(np.maximum(pixels, 1).astype(np.float64) ** 2 * GAIN)
        pixels[sigma0 == 0] = 0.0
        calibration = Calibration(1, constant(1.0), decibel=True, looks=1.0)
    place = georeference(size, spacing_m=2.0)
    fine = replace(scene(pixels, calibration, georeference=place, resolution_m=2.0), spacing_m=(2.0, 2.0))
    found = sar.detect(fine)
    assert len(found.detections) == 1
    row, cluster = found.detections.row(0, named=True), found.clusters.row(0, named=True)
    assert (row["line"], row["pixel"]) == pytest.approx((874.5, 999.5), abs=5)
    assert cluster["length_px_m"] == pytest.approx(300, abs=25)
    assert row["pixels"] == pytest.approx(150 * 20, rel=0.5)
    assert cluster["background"] == pytest.approx(SIGMA0, rel=0.1)


def test_a_single_pixel_is_no_target_where_the_resolution_spans_several() -> None:
    pixels = numbers(clutter(np.random.default_rng(6), (300, 300), 4.0) * np.float32(SIGMA0))
    pixels[150, 150] = 3000
    assert len(sar.detect(scene(pixels)).detections) == 0
    assert len(sar.detect(scene(pixels, resolution_m=20.0)).detections) == 0
    assert len(sar.detect(scene(pixels, resolution_m=10.0)).detections) == 1
