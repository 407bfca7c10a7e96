"""Lit boats at night: hand-checked crops, simulated lights, and whole images of the day/night band."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bench.accuracy import night_lights as bench
from numpy.typing import NDArray

from makara.sensors import optical
from makara.sensors.optical import lights
from makara.sensors.scene import Georeference, Nodes, Scene

SIDE = bench.SIDE


def band(shape: tuple[int, int], seed: int = 1) -> NDArray[np.float64]:
    return np.clip(np.random.default_rng(seed).normal(0.5, 0.2, shape), 0.01, None)


def scene(radiance: NDArray[np.float64], lon: float = 179.0) -> Scene:
    h, w = radiance.shape
    lines, pixels = np.array([0.0, h - 1.0]), np.array([0.0, w - 1.0])
    lons, lats = np.meshgrid(lon + 0.0068 * pixels, 5.0 - 0.0067 * lines)
    return Scene("dnb", "viirs", radiance.shape, (742.0, 742.0),
                 Georeference(Nodes(lines, pixels, lons), Nodes(lines, pixels, lats)),
                 read=lambda a, b: radiance[a:b])  # fmt: skip


def test_real_crops_held_back_by_place(data_dir: Path) -> None:
    data = np.load(data_dir / "satellite" / "viirs_vvd_a.npz")
    x, y = lights.features(data["crop"][:, 0]), data["label"].astype(bool)
    part = bench.parts(data["lon"], data["lat"])
    nothing = np.zeros((0, len(lights.FEATURES))), np.zeros(0, bool)
    p = np.zeros(len(y))
    for k in range(bench.PARTS):
        p[part == k] = bench.logistic(x[part == k], *bench.trained(x[part != k], y[part != k], nothing))
    for found in (bench.figures(p, y), bench.figures(lights.score(data["crop"][:, 0]), y)):
        assert found["auc"] >= 0.99
        assert found["precision"] >= 0.98
        assert found["recall"] >= 0.97
        assert found["calibration_error"] < 0.05


def test_lights_that_the_crops_do_not_hold() -> None:
    rng = np.random.default_rng(11)
    real = np.stack([bench.sea(rng, 0.4) + bench.point(rng, 60.0) for _ in range(20)])
    kinds = bench.simulated(rng, 40, real)

    def called(kind: str) -> float:
        hit, p = bench.found(kinds[kind][1])
        return float((hit & (p >= 0.5)).mean())

    assert called("boat of 4 to 8 nW, no moon") >= 0.95
    assert called("boat of 8 to 16 nW, full moon") >= 0.95
    assert called("boat of 8 to 64 nW beside moonlit cloud") >= 0.9
    assert called("sea alone, no moon") == called("sea alone, full moon") == 0.0
    assert called("moonlit cloud, large") <= 0.02
    assert called("moonlit cloud, of 1 to 2 pixels") <= 0.25
    assert called("lightning") <= 0.05
    # A flare is a point of light: radiance alone cannot tell it, and the model card says so.
    assert called("gas flare") > 0.9


def test_a_crop_is_judged_by_its_shape_and_contrast_alone() -> None:
    rng = np.random.default_rng(3)
    crop = bench.sea(rng, 0.4) + bench.point(rng, 40.0)
    base = lights.score(crop[None])[0]
    assert base > 0.9
    assert lights.score(3.0 * crop[None])[0] == pytest.approx(base, abs=1e-6)
    assert lights.score(crop[None, ::-1])[0] == pytest.approx(base, abs=0.02)
    flat = np.full((1, SIDE, SIDE), np.nan)
    assert np.isnan(lights.score(flat)).all()


def test_spikes_of_an_image_lie_where_the_lights_are() -> None:
    image = band((300, 400))
    at = [(20, 30), (150, 200), (151, 230), (299, 399), (280, 5)]
    for k, (y, x) in enumerate(at):
        image[y, x] = 10.0 + 20.0 * k
    found = lights.spikes(image).filter(lights.pl.col("p_vessel") > 0.5)
    assert set(at[:3]) | {at[4]} <= set(found.select("line", "pixel").rows())
    assert len(found) <= len(at)
    assert found["radiance_nw"][0] == 10.0
    two = band((60, 60), 2)
    two[30, 30] = two[30, 31] = 50.0
    assert lights.spikes(two).select("line", "pixel").rows() == [(30, 30)]


def test_a_whole_image_across_180_degrees_in_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    image = band((200, 400), 4)
    rng = np.random.default_rng(5)
    at = sorted({(int(y), int(x)) for y, x in zip(rng.integers(10, 190, 40), rng.integers(10, 390, 40), strict=True)})
    for y, x in at:
        image[y, x] = 30.0
    image[100:110, :50] = 0.0
    whole = optical.detect(scene(image)).detections
    found = set(whole.filter(lights.pl.col("p_vessel") > 0.5).select(lights.pl.col("line", "pixel").cast(int)).rows())
    wanted = {(y, x) for y, x in at if image[y, x] > 0}
    assert len(found & wanted) >= 0.9 * len(wanted)
    assert found <= wanted
    assert whole["lon_deg"].min() < -179.0  # type: ignore[operator]
    assert whole["lon_deg"].max() > 179.0  # type: ignore[operator]
    assert whole["radiance_nw"].max() == pytest.approx(30.0)
    monkeypatch.setattr(optical, "NIGHT_ROWS", 37)
    assert optical.detect(scene(image)).detections.equals(whole)
