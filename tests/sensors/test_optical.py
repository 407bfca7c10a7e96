"""Ships by day: what is found on simulated water, what is not, and that the result depends on nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from bench.accuracy._optical_sea import CLOUD, Sea
from bench.accuracy.optical import grid, matched
from polars.testing import assert_frame_equal

from makara.base.errors import InputError, UsageError
from makara.sensors import optical
from makara.sensors.optical import targets
from makara.sensors.sar.landmask import water
from makara.sensors.scene import Nodes, Scene
from makara.tables import table

CALM = (260, 320)


def likely(scene: Scene, **more: Any) -> pl.DataFrame:
    return optical.detect(scene, **more).detections.filter(pl.col("p_vessel") >= 0.5)


@pytest.mark.parametrize(
    ("spacing", "length", "hull"), [(10.0, 25.0, 0), (10.0, 60.0, 2), (10.0, 250.0, 1), (3.0, 12.0, 0), (2.0, 40.0, 2)]
)
def test_ships_alone_are_found_where_they_are_and_measured(spacing: float, length: float, hull: int) -> None:
    sea = grid(3, spacing, length, hull)
    found = likely(sea.scene())
    hit, others = matched(sea, found)
    assert sum(k is not None for k in hit) >= 0.97 * len(hit)
    assert others == 0
    rows = [k for k in hit if k is not None]
    truth = [sea.ships[i] for i, k in enumerate(hit) if k is not None]
    off = found["length_m"].to_numpy()[rows] - np.array([s[2] for s in truth])
    assert np.median(np.abs(off)) < max(0.6 * spacing, 0.05 * length)
    turned = found["axis_deg"].to_numpy().astype(float)[rows] - np.array([s[4] for s in truth])
    if length > 5 * spacing:
        assert np.median(np.abs((turned + 90.0) % 180.0 - 90.0)) < 4.0
    place = [np.hypot(found["line"][k] - s[0], found["pixel"][k] - s[1]) for k, s in zip(rows, truth, strict=True)]
    assert np.quantile(place, 0.95) < 1.0


def test_columns_are_those_of_the_table() -> None:
    sea = grid(3, 10.0, 60.0, 0)
    scene = replace(sea.scene(), t_start=datetime(2024, 3, 1, tzinfo=UTC),
                    line_times=Nodes(np.array([0.0, 100.0]), np.zeros(1), np.array([[0.0], [2.0]])))  # fmt: skip
    found = optical.detect(scene)
    types = table("detections").schema
    rows = found.detections
    for name in set(rows.columns) - {"line", "pixel", "pixels"}:
        assert rows.schema[name] == types[name], name
    first = rows.row(0, named=True)
    assert first["t_seen"] == scene.t_start + timedelta(microseconds=round(first["line"] * 0.02 * 1e6))
    untimed = optical.detect(replace(scene, t_start=None)).detections
    assert untimed["t_seen"].null_count() == len(rows)
    assert rows["lon_deg"].is_between(-180.0, 180.0, closed="left").all()
    assert found.sea_pixels == sea.shape[0] * sea.shape[1]
    assert len(found.clusters) == len(rows)


def test_across_180_degrees_and_near_a_pole() -> None:
    sea = grid(3, 10.0, 60.0, 0)
    scene = sea.scene(179.99, 5.0)
    lon = likely(scene)["lon_deg"]
    assert lon.min() < -179.9  # type: ignore[operator]
    assert lon.max() > 179.9  # type: ignore[operator]
    hit, others = matched(sea, likely(sea.scene(20.0, 84.0)))
    assert (None in hit, others) == (False, 0)


def test_an_empty_sea_gives_a_look_without_detections() -> None:
    found = optical.detect(Sea(CALM).scene())
    assert found.detections.is_empty()
    assert set(found.detections.columns) >= {"line", "pixel", "lon_deg", "lat_deg", "p_vessel", "flags"}
    assert found.sea_pixels == CALM[0] * CALM[1]


@pytest.mark.parametrize("rows", [32, 64, 200])
def test_strips_change_nothing(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sea = grid(4, 10.0, 100.0, 1)
    sea.whitecaps(300)
    scene = sea.scene()
    whole = optical.detect(scene)
    monkeypatch.setattr(targets, "ROWS", rows)
    parts = optical.detect(scene)
    assert_frame_equal(whole.detections, parts.detections, check_exact=True)
    assert whole.sea_pixels == parts.sea_pixels


def test_land_is_no_ship_with_a_coastline_or_without() -> None:
    sea = Sea((400, 500), seed=5)
    y, x = np.mgrid[:400, :500]
    sea.land(x + 20 * np.sin(y / 30) > 380)
    sea.ship(200, 100, 80, 14, 45)
    sea.ship(300, 330, 80, 14, 45)
    scene = sea.scene()

    def on_land(lon: Any, lat: Any) -> Any:
        edge, _ = scene.georeference.place(0.0, 360.0)
        return np.asarray(lon) > edge

    masked = water(scene, on_land)
    found = optical.detect(scene, sea=masked)
    hit, others = matched(sea, found.detections)
    assert (None in hit, others, found.land) == (False, 0, "land grid")
    bare = likely(scene)
    hit, others = matched(sea, bare)
    assert hit[0] is not None
    assert others <= 3


def test_cloud_is_no_ship_and_hides_what_is_under_it() -> None:
    sea = grid(8, 10.0, 60.0, 0)
    bank = sea.cloud(0.3)
    found = likely(sea.scene(cloud=bank))
    hit, others = matched(sea, found)
    clear = [not bank[round(s[0]), round(s[1])] for s in sea.ships]
    seen = [k is not None for k in hit]
    assert sum(s for s, c in zip(seen, clear, strict=True) if c) >= 0.85 * sum(clear)
    assert not any(s for s, c in zip(seen, clear, strict=True) if not c)
    assert others <= 2


def test_a_bright_ship_that_the_mask_takes_for_cloud_stays() -> None:
    sea = Sea(CALM, seed=9)
    sea.ship(130, 160, 120, 20, 70)
    mask = np.zeros(CALM, np.bool_)
    mask[125:136, 153:168] = True
    (row,) = likely(sea.scene(cloud=mask)).to_dicts()
    assert "cloud_mask" in row["flags"]
    mask[:] = True
    assert optical.detect(sea.scene(cloud=mask)).detections.is_empty()


def test_small_clouds_and_large_things_are_unlikely_ships() -> None:
    sea = Sea((500, 500), seed=11)
    for k in range(5):
        sea.lay(60 + 90 * k, 100 + 60 * k, lambda dx, dy: 0.8 * np.exp(-(dx**2 + dy**2) / 90.0**2), 300.0, CLOUD)
    assert likely(sea.scene()).is_empty()
    assert len(optical.detect(sea.scene()).detections) >= 3


def test_whitecaps_are_doubted_and_ships_among_them_are_not() -> None:
    sea = grid(5, 10.0, 60.0, 2)
    sea.whitecaps(2000)
    found = optical.detect(sea.scene()).detections
    hit, others = matched(sea, found.filter(pl.col("p_vessel") >= 0.5))
    assert sum(k is not None for k in hit) >= 0.95 * len(hit)
    assert others <= 2
    doubted = found.filter(pl.col("flags").list.contains("foam") | pl.col("flags").list.contains("one_pixel"))
    assert len(doubted) > 100


def test_a_wake_does_not_lengthen_its_ship() -> None:
    sea = grid(7, 10.0, 60.0, 0, wake=0.5)
    found = likely(sea.scene())
    hit, others = matched(sea, found)
    assert (None in hit, others) == (False, 0)
    assert abs(found["length_m"].median() - 60.0) < 10.0  # type: ignore[operator]


def test_probabilities_keep_away_from_certainty() -> None:
    sea = grid(5, 10.0, 200.0, 0)
    sea.puffs(60)
    p = optical.detect(sea.scene()).detections["p_vessel"]
    assert 0.02 - 1e-6 <= p.min() < p.max() <= 0.9 + 1e-6  # type: ignore[operator]


def test_what_cannot_be_searched_is_said() -> None:
    sea = Sea(CALM)
    with pytest.raises(InputError, match="no band nir"):
        optical.detect(sea.scene(bands=("blue", "green", "red")))
    with pytest.raises(InputError, match="no reflectance"):
        optical.detect(replace(sea.scene(), reflectance=()))
    with pytest.raises(UsageError, match="of kind sar"):
        optical.detect(replace(sea.scene(), sensor="sar"))


def test_no_data_is_neither_sea_nor_ship() -> None:
    sea = Sea(CALM, seed=2)
    sea.ship(130, 100, 80, 14, 20)
    scene = sea.scene()
    values = np.array(scene.read(0, CALM[0]))
    values[:, :, 200:] = 0
    half = replace(scene, read=lambda a, b: values[:, a:b])
    found = optical.detect(half)
    assert found.sea_pixels == CALM[0] * 200
    assert len(found.detections) == 1
