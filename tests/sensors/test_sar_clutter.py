"""The radar detector on simulated sea: false alarms at the rate that was asked for, ships found, also among others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sar_sea import LOOKS, SIGMA0, clutter, numbers, scene

from makara.sensors.sar import gaussian
from makara.sensors.sar.clusters import clusters
from makara.sensors.sar.stream import hits
from makara.sensors.sar.threshold import CAP, Clutter, Thresholds, thresholds
from makara.sensors.scene import Calibration, Nodes, constant

PFA = 1e-5
SIZE = (2048, 2560)


def false_alarms(shape: float, seed: int, correlated_px: float = 0.0) -> float:
    """Pixels that stand out of mere sea, by how many should."""
    sea = clutter(np.random.default_rng(seed), SIZE, shape, correlated_px) * np.float32(SIGMA0)
    found = hits(scene(sea, Calibration(1, constant(1.0), looks=LOOKS)), thresholds(PFA, LOOKS), threads=1)
    return float(found.seed.sum()) / (PFA * sea.size)


@pytest.mark.parametrize("shape", [np.inf, 10.0, 4.0, 2.0, 1.0])
def test_false_alarms_come_at_the_rate_asked_for_whatever_the_sea(shape: float) -> None:
    # 52 are due, so chance alone makes a seventh.
    assert 1 / 1.5 <= false_alarms(shape, seed=11) <= 1.5


@pytest.mark.parametrize("shape", [4.0, 2.0])
def test_texture_over_two_pixels_costs_at_most_thrice_as_many(shape: float) -> None:
    assert 0.7 < false_alarms(shape, seed=12, correlated_px=2.0) <= 3.0


def test_the_table_is_that_of_truncated_clutter() -> None:
    rng = np.random.default_rng(5)
    for shape in (np.inf, 4.0, 1.0):
        sea = clutter(rng, (1000, 2000), shape).astype(np.float64)
        k = Clutter(LOOKS, shape)
        assert k.quantile(0.5) == pytest.approx(np.median(sea), rel=0.01)
        assert k.survival(3.0) == pytest.approx((sea > 3.0).mean(), rel=0.03)
        kept = sea[sea <= CAP * np.median(sea)]
        assert k.moments(CAP * k.quantile(0.5)) == pytest.approx((kept.mean(), (kept**2).mean()), rel=0.01)
    table = thresholds(1e-7, LOOKS)
    assert (np.diff(table.seed) >= 0).all() and (table.seed > table.grow).all()


def test_an_anchorage_does_not_hide_its_own_ships() -> None:
    """Ships of 100 m and 14 dB every 26 pixels: each has eight neighbours in the ring that makes its background."""
    rng = np.random.default_rng(8)
    size, step = 1300, 26
    sea = clutter(rng, (size, size), 4.0)
    at = [(y, x) for y in range(200, size - 200, step) for x in range(200, size - 200, step)]
    for y, x in at:
        # Speckled as the sea is, its brightest pixel at 14 dB.
        hull = rng.standard_gamma(LOOKS, (10, 3), np.float32)
        sea[y - 5 : y + 5, x - 1 : x + 2] += hull * np.float32(10**1.4 / hull.max())
    image = scene(numbers(sea * np.float32(SIGMA0)))
    share = []
    for cap in (CAP, 1e6):
        bright = hits(image, thresholds(1e-6, LOOKS, cap=cap))
        found = clusters(bright, image.spacing_m)
        lines, pixels = found["line"].to_numpy(), found["pixel"].to_numpy()
        share.append(np.mean([np.hypot(lines - y, pixels - x).min(initial=np.inf) < 6 for y, x in at]))
    protected, bare = share
    assert protected >= 0.95
    assert bare < 0.5


def test_the_detector_loses_next_to_nothing_against_the_ideal_one() -> None:
    """The ideal detector knows mean and shape. How much brighter must a steady target be for the same chance?"""
    for shape, most_db in ((np.inf, 0.1), (4.0, 0.1), (1.0, 0.2)):
        sea = clutter(np.random.default_rng(3), SIZE, shape)
        table = thresholds(PFA, LOOKS)
        ideal = Clutter(LOOKS, shape).quantile(PFA)
        # A target is added pixel by pixel: its chance is that of the sea to exceed the threshold less the target.
        alpha = held_against(sea, table)
        target = np.geomspace(ideal / 4, ideal * 2, 400)
        chance_ideal = np.array([(sea[::40, ::40] + t > ideal).mean() for t in target])
        chance = np.array([(sea[::40, ::40] + t > alpha[::40, ::40]).mean() for t in target])
        half = [float(np.interp(0.5, c, 10 * np.log10(target))) for c in (chance, chance_ideal)]
        assert half[0] - half[1] <= most_db


def held_against(sea: NDArray[Any], table: Thresholds) -> NDArray[Any]:
    """The threshold that each pixel of the sea is held against, as the kernel's own tables give it."""
    from scipy import ndimage

    height, width = (n // 64 * 64 for n in sea.shape)
    medians = np.median(sea.reshape(height // 64, 64, width // 64, 64)[:, ::4, :, ::4], (1, 3))
    low = np.where(sea <= np.kron(medians, np.ones((64, 64))) * table.cap, sea, 0.0).astype(np.float64)

    def ring(x: NDArray[Any]) -> NDArray[Any]:
        outer, inner = (ndimage.uniform_filter(x, 2 * k + 1, mode="nearest") * (2 * k + 1) ** 2 for k in (30, 10))
        return outer - inner

    n, s, ss = ring((low > 0).astype(np.float64)), ring(low), ring(low**2)
    c = ss / n / (s / n) ** 2
    return table.seed[0, np.clip((c - table.c0) * table.per_c, 0, table.seed.shape[1] - 1).astype(int)] * s / n


def test_the_two_parameter_detector_is_what_its_formula_says() -> None:
    sea = clutter(np.random.default_rng(2), (512, 512), np.inf)
    found = hits(scene(numbers(sea * np.float32(0.04))), gaussian.thresholds(1e-3, 1e-3))
    table = gaussian.thresholds(1e-3, 1e-3)
    assert table.seed[0, 0] == pytest.approx(3.0902, abs=1e-4)
    at = (found.line > 100) & (found.line < 400) & (found.pixel > 100) & (found.pixel < 400)
    inner = sea[101:400, 101:400]
    # In calm sea the ring's mean and deviation are nearly those of the whole.
    expected = (inner > sea.mean() + 3.0902 * sea.std()).sum()
    assert found.seed[at].sum() == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("shape", [np.inf, 4.0, 2.0])
def test_noise_that_is_told_costs_no_more_false_alarms_even_where_it_changes_over_the_swath(shape: float) -> None:
    """Noise has no texture: as strong as the sea it would give two and three times as many, were it not told."""
    rng = np.random.default_rng(21)
    speckle = rng.standard_gamma(LOOKS, SIZE, np.float32) / np.float32(LOOKS)
    texture = 1.0 if np.isinf(shape) else rng.standard_gamma(shape, SIZE, np.float32) / np.float32(shape)
    ends = np.arange(0.0, SIZE[1] + 1.0, SIZE[1] / 8)
    level = SIGMA0 * np.array([0.4, 1.0, 2.0, 1.0, 0.4, 0.7, 1.0, 0.7, 1.5])
    noise = Nodes(np.zeros(1), ends, level[None, :])
    sea = (texture * np.float32(SIGMA0) + np.interp(np.arange(SIZE[1]), ends, level).astype(np.float32)) * speckle
    known, not_known = (
        int(hits(scene(sea, Calibration(1, constant(1.0), n, looks=LOOKS)), thresholds(PFA, LOOKS)).seed.sum())
        for n in (noise, None)
    )
    assert 1 / 1.5 <= known / (PFA * sea.size) <= 1.5
    if np.isfinite(shape):
        assert not_known > 1.5 * known


def test_a_sea_more_uneven_than_its_noise_allows_is_held_against_the_higher_threshold() -> None:
    table = thresholds(1e-7, LOOKS)
    assert (np.diff(table.seed, axis=0) >= 0).all() and (np.diff(table.seed, axis=1) >= 0).all()
    assert table.seed[0].tolist() == thresholds(1e-7, LOOKS, noise=False).seed[0].tolist()


def test_thermal_noise_stays_in_for_the_test_and_never_makes_an_empty_sea() -> None:
    """Noise as strong as the sea: taking it away first would leave half of the pixels at nothing."""
    rng = np.random.default_rng(4)
    sea = clutter(rng, (1024, 1024), np.inf) * np.float32(2 * SIGMA0)
    calibration = Calibration(2, constant(1e-6), noise=constant(SIGMA0), looks=LOOKS)
    found = hits(scene(numbers(sea), calibration), thresholds(1e-4, LOOKS))
    assert found.seed.sum() / (1e-4 * sea.size) == pytest.approx(0.9, abs=0.4)
    assert float(found.mean.mean()) == pytest.approx(2 * SIGMA0, rel=0.05)
