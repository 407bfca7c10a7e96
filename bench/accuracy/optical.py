"""Ships by day: ``python -m bench.accuracy.optical`` judges the optical detector on simulated seas.

No labelled multispectral scene of ships is free to keep, so this says what the detector does where the truth is drawn:
ships of four tones of deck and lengths of 8 to 300 m, alone; with wakes; among whitecaps; among small clouds; beside
banks of cloud with and without the product's mask.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any, Final

import numpy as np
import polars as pl
from bench.accuracy._optical_sea import Sea

from makara.sensors import optical

LENGTHS: Final = (8, 12, 16, 20, 25, 30, 40, 60, 100, 200, 300)
TONES: Final = ("white", "rusty", "grey", "dark")


def grid(seed: int, spacing: float, length: float, hull: int, *, wake: float = 0.0) -> Sea:
    """An image with a hundred ships of one kind, far apart, in all directions, anywhere within pixels."""
    step = max(80, int(8 * length / spacing)) if wake else max(60, int(3 * length / spacing))
    side = 7
    sea = Sea((step * side, step * side), spacing, seed)
    for i in range(side):
        for j in range(side):
            y, x = (np.array([i, j]) + 0.5) * step + sea.rng.uniform(-3, 3, 2)
            sea.ship(y, x, length, max(length / 6.5, 3.0), sea.rng.uniform(0, 180), hull, wake)
    return sea


def matched(sea: Sea, found: pl.DataFrame) -> tuple[list[int | None], int]:
    """For each ship the row that lies on it, and how many rows lie on none."""
    at = found.select("line", "pixel").to_numpy()
    hit: list[int | None] = []
    used: set[int] = set()
    for y, x, length, *_ in sea.ships:
        off = np.hypot(at[:, 0] - y, at[:, 1] - x) * sea.spacing_m if len(at) else np.zeros(0)
        near = np.flatnonzero(off < max(length / 2, 2 * sea.spacing_m))
        hit.append(int(near[np.argmin(off[near])]) if len(near) else None)
        used.update(near.tolist())
    return hit, len(found) - len(used)


def line(name: str, sea: Sea, cloud: Any = None) -> None:
    """Judge one image and print it."""
    found = optical.detect(sea.scene(cloud=cloud)).detections
    hit, false = matched(sea, found)
    rows = [k for k in hit if k is not None]
    p = found["p_vessel"].to_numpy()
    sure = found.filter(pl.col("p_vessel") >= 0.5)
    _, false_sure = matched(sea, sure)
    km2 = sea.shape[0] * sea.shape[1] * (sea.spacing_m / 1000) ** 2
    text = f"{name:44} ships {len(hit):4}  found {len(rows) / max(len(hit), 1):.3f}"
    text += f"  with p over 0.5 {np.mean(p[rows] >= 0.5) * len(rows) / max(len(hit), 1) if rows else 0.0:.3f}"
    text += f"  others {false:5}, with p over 0.5 {false_sure:4} ({1e4 * false_sure / km2:.1f} in 10,000 km2)"
    if rows:
        truth = np.array([sea.ships[i][2] for i, k in enumerate(hit) if k is not None])
        heading = np.array([sea.ships[i][4] for i, k in enumerate(hit) if k is not None])
        error = found["length_m"].to_numpy()[rows] - truth
        axis = found["axis_deg"].to_numpy().astype(float)[rows]
        turn = np.abs((axis - heading + 90) % 180 - 90)
        off = [np.hypot(found["line"][k] - sea.ships[i][0], found["pixel"][k] - sea.ships[i][1])
               for i, k in enumerate(hit) if k is not None]  # fmt: skip
        size = np.abs(error)
        text += f"  length {np.median(error):+.0f} m, off by {np.median(size):.0f} (90 %: {np.quantile(size, 0.9):.0f})"
        if np.isfinite(turn).any():
            text += f"  axis {np.nanmedian(turn):.1f} deg (90 %: {np.nanquantile(turn, 0.9):.1f})"
        text += f"  place {np.median(off):.2f} px"
    print(text, flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Draw, detect, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spacing", type=float, default=10.0, help="of pixels, metres (10: Sentinel-2, 3: Planet)")
    told = parser.parse_args(arguments)
    s = told.spacing
    for hull, tone in enumerate(TONES):
        for length in LENGTHS:
            line(f"{tone} ships of {length} m", grid(10 * length + hull, s, length, hull))
    for length in (20, 60, 200):
        line(f"white ships of {length} m with wakes", grid(7 + length, s, length, 0, wake=0.5))
    for n in (200, 2000, 10000):
        sea = grid(5, s, 60, 2)
        sea.whitecaps(n)
        line(f"grey ships of 60 m among {n} whitecaps", sea)
    for n in (20, 200):
        sea = grid(6, s, 60, 0)
        sea.puffs(n)
        line(f"white ships of 60 m among {n} small clouds", sea)
    for masked in (False, True):
        sea = grid(8, s, 60, 0)
        bank = sea.cloud(0.3)
        line(f"white ships of 60 m, cloud over 0.3, {'masked' if masked else 'no mask'}", sea, bank if masked else None)


if __name__ == "__main__":
    main(sys.argv[1:])
