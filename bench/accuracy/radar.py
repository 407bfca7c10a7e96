"""How long a ship in a radar image is, which way it lies, and whether it is one: ``python -m bench.accuracy.radar``.

Fits the lines of length and width (``sensors.sar.hull``) and the weights of P(vessel) (``sensors.sar.kinds``), prints
them to be put there, and judges them on data that were held back:

- length, width and axis on OpenSARShip (GRD chips, VV, 10 m; ships matched to AIS), each scene left out in turn;
- P(vessel) on the port, half of the picture left out in turn, beside OpenSARShip (ships) and simulated sea (no ships).

What is shipped is fitted on all. ``--shipped`` judges what is shipped instead of fitting.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from bench.accuracy import _radar_data as data
from numpy.typing import NDArray
from scipy.optimize import minimize

from makara.sensors.sar import detect, hull, kinds, patches
from makara.sensors.sar.around import REACH_M, around
from makara.sensors.sar.landmask import water
from makara.sensors.scene import Scene
from makara.session import resources

DATA = Path(os.environ.get("MAKARA_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
SEEN: Final = 4.0
"""Smoothed peak to clutter from which on a chip counts as seen (6 dB): some matched ships do not show at all."""
WEIGHT: Final = {"port": 1.0, "faint": 0.3, "ship": 0.2, "sea": 0.5}
"""Of a cluster of the port, a faint one that is no ship to the eye but may be a boat, a chip, a simulated alarm."""
FAINT: Final = (50.0, 31.0)
"""Below these peak to clutter (17 dB) and section (dB square metres) a cluster is faint."""
PENALTY: Final = 3.0
SIGN: Final = np.where(np.array(kinds.WEIGHTS) > 0, 1.0, -1.0)
"""Which way each feature may point."""
SCALE: Final = np.array([1.0, 1.0, 1.0, 1.0, 0.01, 1.0, 10.0, 1.0])
Floats = NDArray[np.float64]


def measured(scene: Scene, cluster: dict[str, Any]) -> dict[str, Any]:
    """What is measured of one cluster: raw sizes, axis, features."""
    window = patches.patch(patches.reader(scene), scene.spacing_m, cluster["peak_line"], cluster["peak_pixel"], REACH_M)
    smoothed = hull.smooth(window.values, window.size_m)
    row, column = window.inside(cluster["peak_line"], cluster["peak_pixel"])
    h = hull.measured(window, smoothed, row, column, cluster["background"])
    near = around(window, smoothed, h, cluster["background"])
    blur = hull.blur_m(window.size_m, scene.resolution_m)
    length = hull.LENGTH.slope * h.length + hull.LENGTH.smear * blur
    area = cluster["pixels"] * scene.spacing_m[0] * scene.spacing_m[1]
    return {
        "raw": h.length, "across": h.across_m, "axis": float(np.degrees(np.arctan2(h.right, -h.down)) % 180.0),
        "axis_sd": hull.axis_sd_deg(h, blur), "scr": h.scr, "blur": blur,
        "features": kinds.features(h, near, length, area),
    }  # fmt: skip


def chips() -> pl.DataFrame:
    """The chips, measured."""
    rows = []
    for chip in data.chips(DATA):
        cluster = data.chip_cluster(chip.sigma)
        if cluster is not None:
            about = {k: getattr(chip, k) for k in ("scene", "length_m", "width_m", "manual_m", "axis_deg")}
            rows.append(about | measured(data.plain(chip.sigma), cluster))
    return pl.DataFrame(rows).filter(pl.col("scr") >= SEEN)


def line(x: Floats, y: Floats) -> tuple[float, float]:
    """Slope and constant of the line of least absolute error (weights renewed, smooth below 10)."""
    a, w, c = np.c_[np.ones(len(x)), x], np.ones(len(y)), np.zeros(2)
    for _ in range(50):
        c = np.linalg.lstsq(a * w[:, None], y * w, rcond=None)[0]
        w = 1.0 / np.sqrt(np.maximum(np.abs(y - a @ c), 10.0))
    return float(c[1]), float(c[0])


def left_out(x: Floats, y: Floats, scene: Any) -> Floats:
    """Errors of each scene by the line of the others."""
    error = np.empty(len(y))
    for k in np.unique(scene):
        slope, constant = line(x[scene != k], y[scene != k])
        error[scene == k] = slope * x[scene == k] + constant - y[scene == k]
    return error


def weights(features: Floats, vessel: Floats, weight: Floats) -> Floats:
    """Constant and weights of the logistic function; each feature may point one way only."""
    x = features * SIGN / SCALE

    def loss(b: Floats) -> tuple[float, Floats]:
        z = b[0] + x @ b[1:]
        off = weight * (1.0 / (1.0 + np.exp(-z)) - vessel)
        value = (weight * (np.logaddexp(0.0, z) - vessel * z)).sum() + PENALTY * (b[1:] ** 2).sum()
        return float(value), np.r_[off.sum(), x.T @ off + 2.0 * PENALTY * b[1:]]

    bounds = [(None, None), *[(0.0, None)] * len(SCALE)]
    found = minimize(loss, np.zeros(len(SCALE) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    return np.r_[found[0], found[1:] * SIGN / SCALE]


def p_of(b: Floats, features: Floats) -> Floats:
    """Probabilities by constant and weights."""
    return np.asarray(1.0 / (1.0 + np.exp(-(b[0] + features @ b[1:]))))


def port() -> tuple[Floats, Floats, Floats, Floats]:
    """Features, truth by eye (NaN: unsure), weight and column of the clusters of the port."""
    scene = data.port(DATA)
    found = detect(scene, sea=water(scene, resources.land())).clusters
    rows = [measured(scene, c) for c in found.iter_rows(named=True)]
    features = np.array([r["features"] for r in rows])
    at = found.select("line", "pixel").to_numpy()
    truth = np.zeros(len(at))
    for places, value in ((data.SHIPS, 1.0), (data.UNSURE, np.nan)):
        near = np.hypot(*(at[:, None] - np.array(places, np.float64)).transpose(2, 0, 1)).min(1)
        truth[near < 4.0] = value
    faint = np.array([r["scr"] < FAINT[0] and r["features"][0] + 30.0 < FAINT[1] for r in rows]) & (truth == 0)
    return features, truth, np.where(faint, WEIGHT["faint"], WEIGHT["port"]), at[:, 1]


def sizes(rows: pl.DataFrame, shipped: bool) -> None:
    """Print figures of length, width, axis."""
    known = rows.filter(pl.col("length_m") > 0)
    scene, blur = known["scene"].to_numpy(), known["blur"].to_numpy()
    for name, of, kept in (("length", "raw", hull.LENGTH), ("width", "across", hull.WIDTH)):
        some = known[f"{name}_m"].is_not_null().to_numpy()
        x, y = known[of].to_numpy()[some], known[f"{name}_m"].to_numpy().astype(np.float64)[some]
        slope, constant = line(x, y)
        error = kept.slope * x + kept.smear * blur[some] - y if shipped else left_out(x, y, scene[some])
        by = ", ".join(
            f"{np.median(error[scene[some] == k]):+.1f} (n {(scene[some] == k).sum()})" for k in np.unique(scene)
        )
        print(
            f"{name}: n {len(y)}, median error {np.median(np.abs(error)):.1f} m, "
            f"p90 {np.quantile(np.abs(error), 0.9):.1f} m"
        )
        print(f"  bias by scene: {by}; slope {slope:.3f}, smear {constant / hull.BLUR_M:.3f} of the blur")
        if name == "length":
            sd = np.sqrt(kept.sd**2 + (kept.sd_share * y) ** 2 + kept.scene_sd**2)
            print(f"  within 1 / 2 sd: {(np.abs(error) < sd).mean():.2f} / {(np.abs(error) < 2 * sd).mean():.2f}")
    hand = np.abs(known["manual_m"].to_numpy() - known["length_m"].to_numpy())
    print(f"  by hand: median {np.median(hand):.1f} m, p90 {np.quantile(hand, 0.9):.1f} m")
    long = rows.filter(pl.col("manual_m") > 80.0)
    off = np.abs((long["axis"] - long["axis_deg"] + 90.0).to_numpy() % 180.0 - 90.0)
    print(f"axis over 80 m: n {len(off)}, median {np.median(off):.1f}, p90 {np.quantile(off, 0.9):.1f} degrees")
    sd = long["axis_sd"].to_numpy()
    for a, b in ((0, 8), (8, 12), (12, 20), (20, 90)):
        some = (sd >= a) & (sd < b)
        print(f"  sd stated {a} to {b}: n {some.sum()}, rms {np.sqrt(np.mean(off[some] ** 2)):.1f} degrees")


def probabilities(ships: Floats, shipped: bool) -> None:
    """Print weights and figures of P(vessel)."""
    features, truth, weight, column = port()
    sea = np.array([measured(*one)["features"] for one in data.speckle()])
    sure = ~np.isnan(truth)

    def fit(kept: Any) -> Floats:
        x = np.concatenate([features[kept], ships, sea])
        y = np.r_[truth[kept], np.ones(len(ships)), np.zeros(len(sea))]
        w = np.r_[weight[kept], np.repeat([WEIGHT["ship"], WEIGHT["sea"]], [len(ships), len(sea)])]
        return weights(x, y, w)

    every = np.r_[kinds.OFFSET, kinds.WEIGHTS] if shipped else fit(sure)
    print("weights: " + ", ".join(f"{n} {v:.3g}" for n, v in zip(("constant", *kinds.FEATURES), every, strict=True)))
    p = p_of(every, features)
    print(
        f"port, fitted on: ships with p >= 0.5 {(p[truth == 1] >= 0.5).sum()} of {(truth == 1).sum()}, "
        f"others {(p[truth == 0] >= 0.5).sum()} of {(truth == 0).sum()}, unsure {p[~sure].round(2).tolist()}"
    )
    for name, half in (("west", column < 450), ("east", column >= 450)):
        b = every if shipped else fit(sure & ~half)
        q, y = p_of(b, features[sure & half]), truth[sure & half]
        print(
            f"port, {name} {'(shipped)' if shipped else 'held back'}: "
            f"ships {(q[y == 1] >= 0.5).sum()} of {(y == 1).sum()}, "
            f"others {(q[y == 0] >= 0.5).sum()} of {(y == 0).sum()}, Brier {np.mean((q - y) ** 2):.3f}"
        )
    print(
        f"chips with p >= 0.5: {(p_of(every, ships) >= 0.5).mean():.3f}; "
        f"simulated false alarms: {(p_of(every, sea) >= 0.5).mean():.3f}"
    )


def main() -> None:
    """Fit or judge, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shipped", action="store_true", help="judge what is shipped")
    shipped = parser.parse_args().shipped
    if not (DATA / "satellite").is_dir():
        sys.exit(f"no data at {DATA}; set MAKARA_DATA")
    rows = chips()
    sizes(rows, shipped)
    probabilities(np.array(rows["features"].to_list()), shipped)


if __name__ == "__main__":
    main()
