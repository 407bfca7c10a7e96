"""Chips: what the picture around a detection holds, in colour, by night, and of fine products; and where it is from."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from bench.accuracy._optical_sea import Sea

from makara.base.ids import content_hash
from makara.sensors import optical
from makara.sensors.sar import detect
from makara.sensors.sar.measure import measure
from makara.sensors.scene import Calibration, Georeference, Nodes, Scene, constant

T = datetime(2026, 3, 1, 2, tzinfo=UTC)


def opened(data: bytes) -> tuple[Any, dict[str, Any]]:
    """A chip's bands as another reader sees them, and what it tells."""
    from rasterio.io import MemoryFile

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with MemoryFile(data) as memory, memory.open() as picture:
            values = picture.read()
    return values, json.loads(data[data.index(b"makara\0") + 7 :].split(b"}", 1)[0] + b"}")


def by_day(spacing: float = 10.0, length: float = 120.0) -> Scene:
    sea = Sea((400, 500), spacing, 3)
    sea.ship(150.0, 120.0, length, length / 6.0, 40.0, 0)
    sea.ship(300.0, 495.0, length, length / 6.0, 100.0, 1)
    return replace(sea.scene(), licence="open", platform="bird", t_start=T)


def test_by_day_a_chip_shows_the_colours_that_the_scene_has_there() -> None:
    scene = by_day()
    found = optical.detect(scene)
    assert set(found.chips) == set(found.detections["chip"].to_list()) and len(found.chips) == 2
    pixels = np.asarray(scene.read(0, 400), np.float64)
    for row in found.detections.iter_rows(named=True):
        data = found.chips[row["chip"]]
        assert content_hash(data) == row["chip"]
        colours, told = opened(data)
        assert (told["product"], told["licence"], told["platform"]) == (scene.product, "open", "bird")
        assert told["bands"] == ["red", "green", "blue"] and told["t_start"] == T.isoformat()
        (y0, y1), (x0, x1) = told["lines"], told["pixels"]
        assert (y1 - y0, x1 - x0) == colours.shape[1:] == (65, 65)
        assert abs((y0 + y1 - 1) / 2 - row["line"]) <= 0.5 and abs((x0 + x1 - 1) / 2 - row["pixel"]) <= 0.5
        inside = slice(0, min(x1, 500) - x0)
        for band, picture in zip(told["bands"], colours, strict=True):
            k = scene.bands.index(band)
            scale, offset = scene.reflectance[k]
            want = pixels[k, y0:y1, x0 : min(x1, 500)] * scale + offset
            assert np.abs((picture[:, inside] - 1.0) / 500 - np.clip(want, 0, 0.508)).max() <= 0.00101
            assert (picture[:, inside.stop :] == 0).all()


def test_without_blue_a_chip_is_in_infrared_and_missing_data_is_black() -> None:
    full = by_day()
    k = [full.bands.index(b) for b in ("green", "red", "nir")]

    def read(first: int, last: int) -> Any:
        rows = np.array(full.read(first, last))[k]
        rows[:, :, 140:] = 0
        return rows

    scene = replace(full, bands=("green", "red", "nir"), reflectance=tuple(full.reflectance[i] for i in k), read=read)
    found = optical.detect(scene)
    colours, told = opened(found.chips[found.detections["chip"][0]])
    assert told["bands"] == ["nir", "red", "green"]
    beyond = 140 - told["pixels"][0]
    assert (colours[:, :, beyond:] == 0).all() and (colours[:, :, :beyond] > 0).all()


def test_by_night_a_chip_is_radiance() -> None:
    radiance = np.clip(np.random.default_rng(1).normal(0.5, 0.1, (60, 80)), 0.01, None)
    radiance[30, 40] = 80.0
    ends = np.array([0.0, 79.0])
    place = Georeference(
        Nodes(ends, ends, np.array([[10.0, 10.5]] * 2)), Nodes(ends, ends, np.array([[5.0] * 2, [4.5] * 2]))
    )
    found = optical.detect(Scene("dnb", "viirs", (60, 80), (742.0, 742.0), place, lambda a, b: radiance[a:b]))
    (grey,), told = opened(found.chips[found.detections["chip"][0]])
    (y0, y1), (x0, x1) = told["lines"], told["pixels"]
    assert grey.shape == (25, 25) and (y0, x0) == (18, 28)
    said = 10.0 ** ((grey - 1.0) / 50 - 1.0)
    assert said == pytest.approx(np.maximum(radiance[y0:y1, x0:x1], 0.1), rel=0.03)


@pytest.mark.parametrize("spacing", [0.5, 2.0])
def test_of_a_fine_product_a_chip_shows_the_whole_ship(spacing: float) -> None:
    n = round(800 / spacing)
    image = 0.01 * np.random.default_rng(2).gamma(4.0, 0.25, (n, n))
    half, wide = round(100 / spacing), round(12 / spacing)
    image[n // 2 - half : n // 2 + half, n // 2 - wide : n // 2 + wide] *= 300.0
    ends, step = np.array([0.0, n - 1.0]), 800 / 111_195
    place = Georeference(
        Nodes(ends, ends, np.array([[10.0, 10.0 + step]] * 2)), Nodes(ends, ends, np.array([[0.0] * 2, [-step] * 2]))
    )
    scene = Scene("fine", "sar", (n, n), (spacing, spacing), place, lambda a, b: image[a:b], resolution_m=spacing,
                  calibration=Calibration(1, constant(1.0)))  # fmt: skip
    found = detect(scene, measure=measure)
    row = found.detections.sort("pixels")[-1]
    (grey,), told = opened(found.chips[row["chip"][0]])
    (y0, y1), (x0, x1) = told["lines"], told["pixels"]
    assert y0 <= n // 2 - half and n // 2 + half <= y1, "bow and stern are in it"
    assert max(grey.shape) <= 257
    k = told.get("averaged", [1, 1])[0]
    assert grey.shape == ((y1 - y0) // k, (x1 - x0) // k)
    blocks = image[max(y0, 0) : y1, max(x0, 0) : x1]
    if blocks.shape == (y1 - y0, x1 - x0):
        want = 10 * np.log10(blocks.reshape(grey.shape[0], k, grey.shape[1], k).mean((1, 3)))
        assert np.abs((grey - 1.0) / 4 - 40.0 - np.clip(want, -40, 23.5)).max() <= 0.13


def test_no_detection_has_no_chip() -> None:
    found = optical.detect(Sea((200, 200)).scene())
    assert found.chips == {} and found.detections.schema["chip"] == pl.String
