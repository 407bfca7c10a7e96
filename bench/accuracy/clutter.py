"""How often the radar detector is wrong about mere sea: ``python -m bench.accuracy.clutter`` (some two CPU minutes).

Simulated K clutter of 4.4 looks, 26 million pixels a case: false alarms by how many were asked for, with the background
protected and not; texture correlated over some pixels; noise as strong as the sea; what is lost against the ideal
detector, which knows mean and shape; and ships of an anchorage. It prints the tables of ``docs/models/radar.md``.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special

from makara.sensors.sar.clusters import clusters
from makara.sensors.sar.stream import hits
from makara.sensors.sar.threshold import CAP, Clutter, thresholds
from makara.sensors.scene import Calibration, Georeference, Scene, constant

LOOKS = 4.4
PFA = 1e-5
SIZE = (2560, 2560)
TIMES = 4
SHAPES = (np.inf, 10.0, 4.0, 2.0, 1.0)
NOISY = (np.inf, 4.0, 2.0, 1.0)
OPEN = 1e6
"""A cap that truncates nothing."""
MEAN = np.float32(0.01)


def texture(rng: np.random.Generator, shape: float, over: float, form: str) -> NDArray[Any] | float:
    """Gamma texture of mean 1, whose correlation falls to 1/e at so many pixels: as a Gaussian or exponentially."""
    if np.isinf(shape):
        return 1.0
    if not over:
        return rng.standard_gamma(shape, SIZE, np.float32) / np.float32(shape)
    white = rng.standard_normal(SIZE, np.float32)
    if form == "gaussian":
        normal = ndimage.gaussian_filter(white, over / 2.0, mode="wrap")
    else:
        k = np.hypot(np.fft.fftfreq(SIZE[0])[:, None], np.fft.rfftfreq(SIZE[1])[None, :])
        normal = np.fft.irfft2(np.fft.rfft2(white) * (1.0 + (2.0 * np.pi * k * over) ** 2) ** -0.75, SIZE)
    normal /= normal.std()
    grid = np.linspace(-6.5, 6.5, 4001)
    return np.interp(normal, grid, special.gammaincinv(shape, special.ndtr(grid)) / shape).astype(np.float32)


def sea(rng: np.random.Generator, shape: float, over: float = 0.0, form: str = "gaussian", noise: float = 0.0) -> Any:
    """A piece of sea; noise as a share of its mean."""
    speckle = rng.standard_gamma(LOOKS, SIZE, np.float32) / np.float32(LOOKS)
    return (texture(rng, shape, over, form) + np.float32(noise)) * speckle * MEAN


def scene(sigma0: NDArray[Any], noise: float | None = None) -> Scene:
    """A calibrated scene of it; the noise it is told to have, as a multiple of the sea."""
    place = Georeference(constant(0.0), constant(0.0))
    told = None if noise is None else constant(noise * float(MEAN))
    known = Calibration(1, constant(1.0), told, looks=LOOKS)
    return Scene("sea", "sar", sigma0.shape, (10.0, 10.0), place, lambda a, b: sigma0[a:b], calibration=known)


def rate(shape: float, cap: float = CAP, told: float | None = None, **more: Any) -> float:
    """False alarms by how many were asked for; ``told``: the noise that the calibration names."""
    found = 0
    for k in range(TIMES):
        image = sea(np.random.default_rng([31, k]), shape, **more)
        found += int(hits(scene(image, told), thresholds(PFA, LOOKS, cap=cap)).seed.sum())
    return found / (PFA * SIZE[0] * SIZE[1] * TIMES)


def loss_db(shape: float) -> float:
    """How much brighter a steady target must be for the ideal detector's even chance, at the same realised rate."""
    image = sea(np.random.default_rng(3), shape)
    realised = rate(shape) * PFA
    ideal = Clutter(LOOKS, shape).quantile(realised)
    level = np.geomspace(ideal / 4, ideal * 2, 48)
    table = thresholds(PFA, LOOKS)
    # A target in every 97th pixel is in no other's background but for a ring that it shares with few.
    y, x = (a.ravel() for a in np.meshgrid(np.arange(100, SIZE[0] - 100, 97), np.arange(100, SIZE[1] - 100, 97)))
    real, best = [], []
    for target in level.tolist():
        with_target = image.copy()
        with_target[y, x] += np.float32(target) * MEAN
        found = hits(scene(with_target), table)
        seen = set(zip(found.line[found.seed].tolist(), found.pixel[found.seed].tolist(), strict=True))
        real.append(np.mean([p in seen for p in zip(y.tolist(), x.tolist(), strict=True)]))
        best.append(np.mean(with_target[y, x] > ideal * MEAN))
    db = 10.0 * np.log10(level)
    return float(np.interp(0.5, np.maximum.accumulate(real), db) - np.interp(0.5, np.maximum.accumulate(best), db))


def anchorage(peak_db: float, cap: float) -> float:
    """Share of ships of 100 m found, 26 pixels apart, each of a peak so far above the sea, at 1e-6."""
    rng = np.random.default_rng(8)
    image = sea(rng, 4.0)[:1300, :1300]
    at = [(y, x) for y in range(200, 1100, 26) for x in range(200, 1100, 26)]
    for y, x in at:
        hull = rng.standard_gamma(LOOKS, (10, 3), np.float32)
        image[y - 5 : y + 5, x - 1 : x + 2] += hull * np.float32(10.0 ** (peak_db / 10.0) / hull.max()) * MEAN
    found = clusters(hits(scene(image), thresholds(1e-6, LOOKS, cap=cap)), (10.0, 10.0))
    line, pixel = found["line"].to_numpy(), found["pixel"].to_numpy()
    return float(np.mean([np.hypot(line - y, pixel - x).min(initial=np.inf) < 6 for y, x in at]))


def row(name: str, values: list[float], digits: int = 2) -> None:
    """A line of a table."""
    print(f"| {name} | " + " | ".join(f"{v:.{digits}f}" for v in values) + " |", flush=True)


def head(*names: str) -> None:
    """The head of a table."""
    print("\n| " + " | ".join(names) + " |\n| --- |" + " ---: |" * (len(names) - 1))


def main() -> int:
    """Print all tables."""
    head("texture's shape", *(f"{s:g}" for s in SHAPES))
    row("as it is", [rate(s) for s in SHAPES])
    row("background not protected", [rate(s, OPEN) for s in SHAPES])
    row("loss against the ideal detector, dB", [loss_db(s) for s in SHAPES])
    head("texture correlated over", "shape 4", "shape 2", "shape 1")
    for form, over in (
        ("gaussian", 2.0),
        ("exponential", 2.0),
        ("gaussian", 4.0),
        ("gaussian", 6.0),
        ("gaussian", 12.0),
    ):
        row(f"{over:g} pixels, {form}", [rate(s, over=over, form=form) for s in (4.0, 2.0, 1.0)])
    head("noise by the sea", "told", *(f"shape {s:g}" for s in NOISY))
    for noise, told in ((1.0, None), (1.0, 1.0), (1.0, 0.7), (1.0, 1.4), (3.0, 3.0)):
        name = f"{noise:g} | {'not' if told is None else f'{told:g}'}"
        row(name, [rate(s, noise=noise, told=told) for s in NOISY])
    head("anchorage", "12 dB", "14 dB", "17 dB")
    row("as it is", [anchorage(d, CAP) for d in (12.0, 14.0, 17.0)], 3)
    row("background not protected", [anchorage(d, OPEN) for d in (12.0, 14.0, 17.0)], 3)
    return 0


if __name__ == "__main__":
    sys.exit(main())
