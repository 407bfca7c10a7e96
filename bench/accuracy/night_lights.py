"""Which lights at night are vessels: ``python -m bench.accuracy.night_lights`` trains the model and judges it.

Data: hand-checked crops of the day/night band (``satellite/viirs_vvd_a.npz`` of MAKARA_DATA), channel 0 alone. Split:
five parts of cells of 2 x 2 degrees, each crop judged by a model that saw no crop of its cell. The model that ships is
trained on all crops. Then, with that one, simulated lights that the crops do not hold: faint boats, boats under the moon,
moonlit cloud, lightning, gas flares.

``--write`` prints the constants for ``makara.sensors.optical.lights``; ``--shipped`` judges those that are there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from makara.base import ids
from makara.sensors.optical import lights

DATA = Path(os.environ.get("MAKARA_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
PARTS: Final = 5
CELL_DEG: Final = 2.0
SEED: Final = 7
SIDE: Final = 20
Floats = NDArray[np.float64]


def parts(lon: Floats, lat: Floats) -> NDArray[np.int64]:
    """The part of each crop, by its cell alone."""
    cells = [(int(np.floor(x / CELL_DEG)), int(np.floor(y / CELL_DEG))) for x, y in zip(lon, lat, strict=True)]
    return np.array([int(ids.ident("cl", *c).encode().hex()[-6:], 16) % PARTS for c in cells], np.int64)


def trained(x: Floats, y: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Weights and bias on the features as they are."""
    mean, deviation = x.mean(0), x.std(0)
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000).fit((x - mean) / deviation, y)
    weights = model.coef_[0] / deviation
    return weights, float(model.intercept_[0] - weights @ mean)


def logistic(x: Floats, weights: Floats, bias: float) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-(x @ weights + bias))))


def figures(p: Floats, y: NDArray[np.bool_]) -> dict[str, float]:
    """AUC, precision and recall at one half, and the expected calibration error over ten bins."""
    said = p >= 0.5
    bins = np.minimum((p * 10).astype(int), 9)
    error = sum(abs(p[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))
    return {
        "auc": float(roc_auc_score(y, p)),
        "precision": float(y[said].mean()),
        "recall": float(said[y].mean()),
        "calibration_error": float(error),
    }


def sea(rng: np.random.Generator, background: float) -> Floats:
    """A dark sea: background of airglow or moon, slowly varying, and the band's noise."""
    slow = gaussian_filter(rng.normal(size=(SIDE, SIDE)), 6) * 4.0
    return np.asarray(background * (1.0 + 0.1 * slow) + rng.normal(0.0, 0.12 + 0.06 * np.sqrt(background), (SIDE, SIDE)))


def point(rng: np.random.Generator, radiance: float) -> Floats:
    """A point of light somewhere in the middle pixels, seen through the instrument: nearly square pixels, some blur."""
    fine = np.zeros((SIDE * 4, SIDE * 4))
    y, x = rng.integers(SIDE * 2 - 2, SIDE * 2 + 2, 2)
    fine[y, x] = 16.0
    seen = gaussian_filter(fine, 0.45 * 4 / 2).reshape(SIDE, 4, SIDE, 4).mean((1, 3))
    return np.asarray(seen / seen.max() * radiance)


def cloud(rng: np.random.Generator, size: float, bright: float) -> Floats:
    """Broken cloud in moonlight: a random field cut at a level, its edges as sharp as clouds' are."""
    field = gaussian_filter(rng.normal(size=(SIDE * 2, SIDE * 2)), size)[SIDE // 2 : -SIDE // 2, SIDE // 2 : -SIDE // 2]
    field = (field - field.mean()) / field.std()
    fine = gaussian_filter(rng.normal(size=(SIDE, SIDE)), 1.0)
    return np.asarray(bright * np.clip(field - 0.2, 0.0, None) * (1.0 + 0.8 * fine))


def lightning(rng: np.random.Generator) -> Floats:
    """A flash: the scan's 16 lines see it for a moment each, so lit stripes along the scan with sharp ends."""
    out = np.zeros((SIDE, SIDE))
    y = SIDE // 2
    glow = gaussian_filter(rng.normal(size=(SIDE, SIDE)), 2.5)
    lines = rng.integers(1, 4)
    a, b = sorted(rng.integers(0, SIDE, 2))
    a, b = min(a, SIDE // 2 - 2), max(b, SIDE // 2 + 2)
    for k in range(lines):
        out[y + k, a : b + 1] = rng.uniform(10, 300) * (1.0 + 0.5 * glow[y + k, a : b + 1])
    return np.clip(out, 0.0, None)


def flare(rng: np.random.Generator) -> Floats:
    """A gas flare: a point, much brighter, its glow scattered by haze around it."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    radiance = rng.uniform(200, 3000)
    return point(rng, radiance) + np.asarray(radiance * 0.01 * np.exp(-np.hypot(y, x) / rng.uniform(1.5, 4)))


def simulated(rng: np.random.Generator, n: int) -> Mapping[str, Floats]:
    """Crops by kind."""

    def many(make: Callable[[], Floats]) -> Floats:
        return np.clip(np.stack([make() for _ in range(n)]), 0.0, None)

    kinds: dict[str, Floats] = {}
    for low, high in ((1, 2), (2, 4), (4, 8), (8, 16), (16, 64)):
        kinds[f"boat of {low} to {high} nW, no moon"] = many(
            lambda low=low, high=high: sea(rng, 0.4) + point(rng, rng.uniform(low, high))  # type: ignore[misc]
        )
    for low, high in ((2, 4), (4, 8), (8, 16), (16, 64)):
        kinds[f"boat of {low} to {high} nW, full moon"] = many(
            lambda low=low, high=high: sea(rng, 4.0) + point(rng, rng.uniform(low, high))  # type: ignore[misc]
        )
    kinds["boat of 8 to 64 nW beside moonlit cloud"] = many(
        lambda: sea(rng, 3.0) + cloud(rng, rng.uniform(1.5, 4), rng.uniform(2, 8)) + point(rng, rng.uniform(8, 64))
    )
    kinds["sea alone, no moon"] = many(lambda: sea(rng, 0.4))
    kinds["sea alone, full moon"] = many(lambda: sea(rng, 4.0))
    kinds["moonlit cloud, large"] = many(lambda: sea(rng, 3.0) + cloud(rng, rng.uniform(2.5, 5), rng.uniform(3, 25)))
    kinds["moonlit cloud, 1 to 2 pixels"] = many(
        lambda: sea(rng, 3.0) + cloud(rng, rng.uniform(0.8, 1.6), rng.uniform(3, 25))
    )
    kinds["lightning"] = many(lambda: sea(rng, 0.6) + lightning(rng))
    kinds["gas flare (a point: cannot be told)"] = many(lambda: sea(rng, 0.4) + flare(rng))
    return kinds


def found(crops: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Whether the spike detector takes a light in the middle of each crop, and its P(vessel), 0 where it does not."""
    p = np.zeros(len(crops))
    hit = np.zeros(len(crops), np.bool_)
    for k, crop in enumerate(crops):
        got = lights.spikes(crop)
        y, x = got["line"].to_numpy() - SIDE // 2, got["pixel"].to_numpy() - SIDE // 2
        near = (np.abs(y + 0.5) <= lights.CENTRE) & (np.abs(x + 0.5) <= lights.CENTRE)
        if near.any():
            hit[k], p[k] = True, got["p_vessel"].to_numpy()[near].max()
    return hit, p


def main(arguments: list[str] | None = None) -> None:
    """Train, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="print the constants that ship")
    parser.add_argument("--shipped", action="store_true", help="judge the shipped constants on all crops as well")
    told = parser.parse_args(arguments)
    data: Any = np.load(DATA / "satellite" / "viirs_vvd_a.npz")
    x, y = lights.features(data["crop"][:, 0]), data["label"].astype(bool)
    part = parts(data["lon"], data["lat"])
    p = np.zeros(len(y))
    for k in range(PARTS):
        p[part == k] = logistic(x[part == k], *trained(x[part != k], y[part != k]))
    sizes = ", ".join(str(int((part == k).sum())) for k in range(PARTS))
    print(f"crops {len(y)}, boats {int(y.sum())}; parts by cells of {CELL_DEG:g} degrees: {sizes}")
    print("held back:", {k: round(v, 4) for k, v in figures(p, y).items()})
    for i, name in enumerate(lights.FEATURES):
        auc = roc_auc_score(y, x[:, i])
        print(f"  {name:8} alone: AUC {max(auc, 1 - auc):.4f}")
    weights, bias = trained(x, y)
    if told.write:
        print("WEIGHTS: Final = (" + ", ".join(f"{w:.4f}" for w in weights) + ")")
        print(f"BIAS: Final = {bias:.4f}")
    if told.shipped:
        print("shipped, on all:", {k: round(v, 4) for k, v in figures(lights.probability(x), y).items()})
    for name, crops in simulated(np.random.default_rng(SEED), 200).items():
        hit, score = found(crops)
        print(f"{name:42} found {hit.mean():.3f}  called a vessel {(score >= 0.5).mean():.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
