"""Which lights at night are vessels: ``python -m bench.accuracy.night_lights`` trains the model and judges it.

Data: hand-checked crops of the day/night band (``satellite/viirs_vvd_a.npz`` of MAKARA_DATA), channel 0 alone, and,
since they hold points against blobs and nothing else, simulated lights: faint boats (real ones dimmed, and points),
boats under the moon, moonlit cloud, lightning. Gas flares are judged and never learnt: they are points, too. Split:
five parts of cells of 2 x 2 degrees, each crop judged by a model that saw no crop of its cell; simulated lights are
judged on others of another seed. The model that ships is trained on all crops.

``--write`` prints the constants for ``makara.sensors.optical.lights``; without it those that are there are judged, too.
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
Labelled = tuple[Floats, NDArray[np.bool_]]
"""Features and whether it is a boat."""


def parts(lon: Floats, lat: Floats) -> NDArray[np.int64]:
    """The part of each crop, by its cell alone."""
    cells = [(int(np.floor(x / CELL_DEG)), int(np.floor(y / CELL_DEG))) for x, y in zip(lon, lat, strict=True)]
    return np.array([int(ids.ident("cl", *c).encode().hex()[-6:], 16) % PARTS for c in cells], np.int64)


def trained(x: Floats, y: NDArray[np.bool_], simulated: Labelled) -> tuple[Floats, float]:
    """Weights and bias on the features as they are; simulated lights count a fifth of what the crops do, in all."""
    xs, ys = np.concatenate([x, simulated[0]]), np.concatenate([y, simulated[1]])
    weight = np.concatenate([np.ones(len(y)), np.full(len(simulated[1]), 0.2 * len(y) / max(len(simulated[1]), 1))])
    mean, deviation = x.mean(0), x.std(0)
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000)
    model.fit((xs - mean) / deviation, ys, sample_weight=weight)
    weights = model.coef_[0] / deviation
    return weights, float(model.intercept_[0] - weights @ mean)


def logistic(x: Floats, weights: Floats, bias: float) -> Floats:
    """P(boat) of rows of features."""
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
    """A dark sea: background of airglow or moon, slowly varying, and the band's noise: more at the edge of the scan."""
    slow = gaussian_filter(rng.normal(size=(SIDE, SIDE)), 6) * 4.0
    noise = rng.uniform(0.1, 0.4) + 0.06 * np.sqrt(background)
    return np.asarray(background * (1.0 + 0.1 * slow) + rng.normal(0.0, noise, (SIDE, SIDE)))


def dimmed(rng: np.random.Generator, crop: Floats, radiance: float, moon: float) -> Floats:
    """A real boat's crop with its light dimmed to a radiance, its sea and noise as they are, moonlight added."""
    y0 = SIDE // 2 - lights.CENTRE
    middle = crop[y0:-y0, y0:-y0]
    y, x = np.unravel_index(int(np.argmax(middle)), middle.shape)
    y, x = int(y) + y0, int(x) + y0
    background = float(np.median(crop))
    out = np.array(crop, np.float64)
    lit = (slice(y - 3, y + 4), slice(x - 3, x + 4))
    out[lit] = background + (out[lit] - background) * radiance / max(float(crop[y, x]) - background, 1e-6)
    out[lit] += rng.normal(0.0, 1.4826 * float(np.median(np.abs(crop - background))), (7, 7))
    if moon:
        out += moon + rng.normal(0.0, 0.06 * np.sqrt(moon), out.shape)
    return out


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


def simulated(rng: np.random.Generator, n: int, real: Floats) -> Mapping[str, tuple[bool | None, Floats]]:
    """By kind whether it is a boat (None: it is none, and cannot be told from one) and crops.

    Args:
        rng: random numbers.
        n: crops a kind.
        real: crops of real boats, to be dimmed.
    """

    def many(make: Callable[[], Floats]) -> Floats:
        return np.clip(np.stack([make() for _ in range(n)]), 0.0, None)

    kinds: dict[str, tuple[bool | None, Floats]] = {}
    for moon in (0.0, 4.0):
        under = "full moon" if moon else "no moon"
        for low, high in ((1, 2), (2, 4), (4, 8), (8, 16)):

            def point_in_sea(low: float = low, high: float = high, moon: float = moon) -> Floats:
                return sea(rng, 0.4 + moon) + point(rng, rng.uniform(low, high))

            def real_one(low: float = low, high: float = high, moon: float = moon) -> Floats:
                return dimmed(rng, real[rng.integers(len(real))], rng.uniform(low, high), moon)

            kinds[f"boat of {low} to {high} nW, {under}"] = True, many(point_in_sea)
            kinds[f"real boat dimmed to {low} to {high} nW, {under}"] = True, many(real_one)
    kinds["boat of 8 to 64 nW beside moonlit cloud"] = (
        True,
        many(
            lambda: sea(rng, 3.0) + cloud(rng, rng.uniform(1.5, 4), rng.uniform(2, 8)) + point(rng, rng.uniform(8, 64))
        ),
    )
    kinds["sea alone, no moon"] = False, many(lambda: sea(rng, 0.4))
    kinds["sea alone, full moon"] = False, many(lambda: sea(rng, 4.0))
    for name, low, high in (("large", 2.5, 5.0), ("of 1 to 2 pixels", 0.8, 1.6)):

        def moonlit(low: float = low, high: float = high) -> Floats:
            return sea(rng, 3.0) + cloud(rng, rng.uniform(low, high), rng.uniform(3, 25))

        kinds[f"moonlit cloud, {name}"] = False, many(moonlit)
    kinds["lightning"] = False, many(lambda: sea(rng, 0.6) + lightning(rng))
    kinds["gas flare"] = None, many(lambda: sea(rng, 0.4) + flare(rng))
    return kinds


def learnable(kinds: Mapping[str, tuple[bool | None, Floats]]) -> Labelled:
    """Features of the kinds that can be told, of crops in which there is a spike at all."""
    xs, ys = [], []
    for boat, crops in kinds.values():
        if boat is not None:
            hit, _ = found(crops)
            xs.append(lights.features(crops[hit]))
            ys.append(np.full(int(hit.sum()), boat))
    return np.concatenate(xs), np.concatenate(ys)


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
    told = parser.parse_args(arguments)
    data: Any = np.load(DATA / "satellite" / "viirs_vvd_a.npz")
    x, y = lights.features(data["crop"][:, 0]), data["label"].astype(bool)
    part = parts(data["lon"], data["lat"])
    real = data["crop"][:, 0]
    p = np.zeros(len(y))
    for k in range(PARTS):
        seen = part != k
        extra = learnable(simulated(np.random.default_rng(SEED + 1 + k), 100, real[seen & y]))
        p[~seen] = logistic(x[~seen], *trained(x[seen], y[seen], extra))
    sizes = ", ".join(str(int((part == k).sum())) for k in range(PARTS))
    print(f"crops {len(y)}, boats {int(y.sum())}; parts by cells of {CELL_DEG:g} degrees: {sizes}")
    print("held back:", {k: round(v, 4) for k, v in figures(p, y).items()})
    for i, name in enumerate(lights.FEATURES):
        auc = roc_auc_score(y, x[:, i])
        print(f"  {name:8} alone: AUC {max(auc, 1 - auc):.4f}")
    if told.write:
        extra = learnable(simulated(np.random.default_rng(SEED), 100, real[y]))
        weights, bias = trained(x, y, extra)
        print("WEIGHTS: Final = (" + ", ".join(f"{w:.4f}" for w in weights) + ")")
        print(f"BIAS: Final = {bias:.4f}")
        return
    print("shipped, on all:", {k: round(v, 4) for k, v in figures(lights.probability(x), y).items()})
    for name, (_, crops) in simulated(np.random.default_rng(SEED + 100), 400, real[y]).items():
        hit, score = found(crops)
        print(f"{name:48} found {hit.mean():.3f}  called a vessel {(hit & (score >= 0.5)).mean():.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
