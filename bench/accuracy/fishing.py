"""Which positions are fishing, and with what gear: ``python -m bench.accuracy.fishing`` trains the model and judges it.

Data: VMS of 291 vessels with logbooks (``vms`` of MAKARA_DATA), labelled weakly by each vessel's own speed profile on
trips whose gear the logbook states (``_fishing_data``); AIS of cargo ships, tankers and passenger ships off Western
Australia and in the Kattegat, which do not fish; simulated vessels of five gears and six kinds of look-alikes, a
position a minute (``_fishers``). Each is thinned to about 5, 15, 30, 60 and 120 minutes as well. Split by vessel, all
copies of one on the same side: six tenths train, one tenth sets the temperature, three tenths are held back.

Measures on held-back vessels, over positions: fishing or not, with p = 0.5 as the limit, and with abstention (neither
when p is between 0.3 and 0.7); the gear named where it is fishing; ROC-AUC of p. The
baseline knows the gear: a position is fishing if its speed (stated, else over half an hour) is in the range that is
best for the vessels of that gear in the training part.

``--write`` puts the model where makara ships it. Features and tree walker are makara's own.
"""

from __future__ import annotations

import argparse
import os
import sys
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from bench.accuracy import _fishing_data as data
from bench.accuracy._fishers import FISHERS, NOT
from bench.accuracy._trees_file import exported
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from makara.behaviours._kinematics import FEATURES, slots
from makara.behaviours._trees import Trees, trees_from

DATA = Path(os.environ.get("MAKARA_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
MODEL = Path(__file__).resolve().parents[2] / "src" / "makara" / "data" / "fishing.npz"
CLASSES: Final = ("none", *FISHERS)
LIMIT: Final = 0.7
SEED: Final = 5
COPIES: Final = {60: 2, 120: 4}
"""How often the simulated vessels are thinned to a cadence, each time otherwise: sparse copies hold fewer slots."""
Floats = NDArray[np.float64]


def measured(frame: pl.DataFrame) -> pl.DataFrame:
    """A row a slot: ``source, gear, vessel, every_min, part, label, n`` (its positions), the features, ``plain``."""
    frame = data.with_shore(frame.sort("source", "vessel", "t"))
    track = frame.select(pl.struct("source", "vessel").rle_id().cast(pl.Int64).alias("track"))["track"]
    start = frame.select(pl.col("t").min().over(track))["t"].to_numpy()
    sog = frame["sog"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    columns = (frame[c].to_numpy() for c in ("t", "lon", "lat"))
    found = slots(track.to_numpy(), *columns, sog, frame["shore"].to_numpy(), start, 0, 2**62)
    rows = frame[found.first].select("source", "gear", "vessel", "every_min", "label")
    n = np.bincount(found.of, minlength=len(rows))
    return rows.with_columns(
        data.part_of(rows), pl.Series("n", n), pl.Series("plain", found.plain),
        *(pl.Series(name, found.features[:, k]) for k, name in enumerate(FEATURES)),
    )  # fmt: skip


def everything(vessels: int, days: float) -> pl.DataFrame:
    """Slots of all data and their thinned copies, those of unknown label left out."""
    sea = data.simulated(vessels, days, SEED)
    vms, others = data.vms(DATA / "vms"), data.classed(DATA)
    frames = [
        data.thinned(sea, every, k) for every, k in ((e, k) for e in data.EVERY_MIN for k in range(COPIES.get(e, 1)))
    ]
    frames += [vms, others, *(data.thinned(others.filter(pl.col("source") == "kattegat"), e, 2) for e in (15, 60))]
    return pl.concat(measured(f) for f in frames).filter(pl.col("label") >= 0)


def weights(rows: pl.DataFrame) -> Floats:
    """Half of all weight to what is not fishing, the rest shared by the gears; in each of these all sets of vessels
    count alike.
    """
    of = rows.select("label", pl.concat_str("source", "gear").alias("set"))
    share = pl.when(pl.col("label") == NOT).then(0.5).otherwise(0.5 / len(FISHERS))
    sets = pl.col("set").n_unique().over("label")
    each = of.select(share / sets / pl.len().over("label", "set")).to_series().to_numpy()
    out: Floats = each / each.mean()
    return out


def train(rows: pl.DataFrame, trees: int) -> bytes:
    """Gradient boosting on the training vessels, its temperature on those that calibrate: the model file.

    The temperature is at least 1, since the simulated vessels are more like each other than real ones are.
    """
    fit = rows.filter((pl.col("part") <= 5) & ~pl.col("plain") & (pl.col("every_min") != 5))  # much as those of 1 min
    model = HistGradientBoostingClassifier(
        max_iter=trees, learning_rate=0.15, max_leaf_nodes=16, max_depth=6, min_samples_leaf=150, l2_regularization=5.0,
        early_stopping=False, random_state=0,
    )  # fmt: skip
    model.fit(fit.select(FEATURES).to_numpy(), fit["label"].to_numpy(), sample_weight=weights(fit))
    bare = trees_from(exported(model, CLASSES, FEATURES, 1.0), "fishing")
    tune = rows.filter((pl.col("part") == 6) & ~pl.col("plain"))
    x, y, w = tune.select(FEATURES).to_numpy(), tune["label"].to_numpy(), weights(tune)
    logp = np.log(np.maximum(bare.p(x), 1e-12))

    def loss(temperature: float) -> float:
        z = logp / temperature
        z -= np.log(np.exp(z).sum(1, keepdims=True))
        return float(-(w * z[np.arange(len(y)), y]).sum())

    best = float(minimize_scalar(loss, bounds=(1.0, 4.0), method="bounded").x)
    return exported(model, CLASSES, FEATURES, round(best, 3))


def judged(rows: pl.DataFrame, model: Trees) -> pl.DataFrame:
    """With ``p`` of fishing, ``best`` (gear likeliest) and ``p_gear`` (of it, given that it is fishing)."""
    p = model.p(rows.select(FEATURES).to_numpy().astype(np.float32))
    p[rows["plain"].to_numpy()] = np.eye(len(CLASSES))[NOT]
    fishing = 1.0 - p[:, NOT]
    best = p[:, 1:].argmax(1) + 1
    share = p[np.arange(len(p)), best] / np.maximum(fishing, 1e-9)
    return rows.with_columns(pl.Series("p", fishing), pl.Series("best", best), pl.Series("p_gear", share))


def ranges(rows: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """The best speed range of each gear among the training vessels of that gear."""
    out = {}
    for gear in FISHERS:
        of = rows.filter((pl.col("part") <= 5) & (pl.col("gear") == gear))
        speed, truth, n = _speed(of), of["label"].to_numpy() > 0, of["n"].to_numpy()
        pairs = [(a, b) for a, b in product(np.arange(0, 8, 0.5), np.arange(1, 14, 0.5)) if b > a]
        scores = [_prf(truth, (speed >= a) & (speed <= b), n)[2] for a, b in pairs]
        out[gear] = pairs[int(np.argmax(scores))]
    return out


def _speed(rows: pl.DataFrame) -> Floats:
    sog = rows["sog_kn"].to_numpy()
    return np.where(np.isnan(sog), rows["now_kn"].to_numpy(), sog).astype(np.float64)


def _prf(truth: NDArray[np.bool_], said: NDArray[np.bool_], n: NDArray[np.int64]) -> tuple[float, float, float]:
    hit = float(n[truth & said].sum())
    precision = hit / max(float(n[said].sum()), 1.0)
    recall = hit / max(float(n[truth].sum()), 1.0)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def _auc(truth: NDArray[np.bool_], score: Floats, n: NDArray[np.int64]) -> float:
    return float(roc_auc_score(truth, score, sample_weight=n)) if 0 < truth.sum() < truth.size else float("nan")


def score(rows: pl.DataFrame, gear: str, best: tuple[float, float]) -> dict[str, float]:
    """All measures of judged rows of one gear's vessels (or of all that are given)."""
    truth, p, n = rows["label"].to_numpy() > 0, rows["p"].to_numpy(), rows["n"].to_numpy()
    precision, recall, f1 = _prf(truth, p >= 0.5, n)
    sure = (p >= LIMIT) | (p <= 1 - LIMIT)
    _, _, f1_sure = _prf(truth[sure], p[sure] >= 0.5, n[sure])
    speed = np.nan_to_num(_speed(rows), nan=99.0)
    inside = (speed >= best[0]) & (speed <= best[1])
    fishing = truth & (p >= 0.5)
    right = rows["best"].to_numpy() == CLASSES.index(gear)
    named = fishing & (rows["p_gear"].to_numpy() >= 0.6)
    return {
        "positions": float(n.sum()), "precision": precision, "recall": recall, "f1": f1, "auc": _auc(truth, p, n),
        "f1_sure": f1_sure, "abstains": 1 - float(n[sure].sum()) / float(n.sum()),
        "gear": float(n[named & right].sum()) / max(float(n[named].sum()), 1.0),
        "named": float(n[named].sum()) / max(float(n[fishing].sum()), 1.0),
        "f1_speed": _prf(truth, inside, n)[2], "auc_speed": _auc(truth, -np.abs(speed - sum(best) / 2), n),
    }  # fmt: skip


HEAD = (
    "| vessels | every min | positions | precision | recall | F1 | ROC-AUC | F1, abstaining | abstains | gear right | "
    "gear named | F1, speed range | ROC-AUC, speed |\n| --- " + "| ---: " * 12 + "|"
)


def report(rows: pl.DataFrame, best: dict[str, tuple[float, float]]) -> list[str]:
    """Tables in Markdown: per gear and interval; then what of those that do not fish is called fishing."""
    held = rows.filter(pl.col("part") >= 7)
    out = [HEAD]
    for gear, source in [*((g, "simulated") for g in FISHERS), ("trawl", "vms")]:
        mine = held.filter((pl.col("gear") == gear) & (pl.col("source") == source))
        cadences = sorted(mine["every_min"].unique()) if source == "simulated" else [0]
        for every in ([-1] if len(cadences) > 1 else []) + cadences:
            some = mine if every == -1 else mine.filter(pl.col("every_min") == every)
            r = score(some, gear, best[gear])
            numbers = " | ".join(f"{r[k]:.3f}" for k in list(r)[1:])
            when = {-1: "all", 0: "116"}.get(every, str(every))
            out.append(f"| {gear}, {source} | {when} | {r['positions']:.0f} | {numbers} |")
    out += [
        "",
        "| do not fish | source | positions | called fishing | called fishing, abstaining |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    idle = held.filter(~pl.col("gear").is_in(list(FISHERS)) & (pl.col("gear") != "unknown"))
    for (source, gear), some in idle.sort("source", "gear").group_by("source", "gear", maintain_order=True):
        n, p = some["n"].to_numpy(), some["p"].to_numpy()
        shares = " | ".join(f"{n[p >= limit].sum() / n.sum():.4f}" for limit in (0.5, LIMIT))
        out.append(f"| {gear} | {source} | {n.sum()} | {shares} |")
    return out


def main(args: list[str]) -> int:
    """Train, judge, print; write the model where asked."""
    options = argparse.ArgumentParser(description="Train and judge the classifier of fishing.")
    options.add_argument("--vessels", type=int, default=60, help="simulated vessels of each gear")
    options.add_argument("--days", type=float, default=6.0, help="days of each simulated vessel")
    options.add_argument("--trees", type=int, default=40, help="trees of each class")
    options.add_argument("--shipped", action="store_true", help="judge the shipped model; train nothing")
    options.add_argument("--write", action="store_true", help=f"write the model to {MODEL.name}")
    given = options.parse_args(args)
    if not (DATA / "vms").is_dir():
        print(f"no {DATA / 'vms'}; set MAKARA_DATA", file=sys.stderr)
        return 1
    rows = everything(given.vessels, given.days)
    file = MODEL.read_bytes() if given.shipped else train(rows, given.trees)
    if given.write:
        MODEL.write_bytes(file)
    model = trees_from(file, "fishing")
    rows = judged(rows, model)
    print("\n".join(report(rows, ranges(rows))))
    print(f"\n{len(model.parts[0])} nodes, temperature {model.about['temperature']}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
