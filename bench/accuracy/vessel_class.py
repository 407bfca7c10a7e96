"""What class of vessel moves like this: ``python -m bench.accuracy.vessel_class`` trains the model and judges it.

Data of MAKARA_DATA: AIS off Western Australia by class (OMTAD: cargo, tanker, passenger, fishing), the Kattegat with
classes of Global Fishing Watch's register, VMS of fishing vessels (``vms``). An example is a vessel's positions of one
week; those of OMTAD and the Kattegat also thinned to about two hours. Split by vessel: seven tenths train (one of them
sets the temperature), three tenths are held back. The baseline knows the median speed under way and the share of slow
positions: the class whose training examples are nearest (k = 25 of standardised values).

``--write`` puts the model where makara ships it; the fishing model, whose verdict is one of the traits, comes first.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import polars as pl
from bench.accuracy import _fishing_data as data
from bench.accuracy._trees_file import exported
from bench.accuracy.fishing import DATA, MODEL
from scipy.optimize import minimize_scalar
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from makara.base import ids
from makara.behaviours._trees import Trees, trees_from
from makara.behaviours._vessels import CLASSES, TRAITS, measured, traits

FILE = MODEL.with_name("vessel_class.npz")
P_MIN = 0.7
WEEK_US = 7 * 86_400_000_000
OF_LABEL = {"motor_passenger": "passenger"}


def positions() -> pl.DataFrame:
    """All positions with ``gear`` in the place of the class."""
    omtad = pl.read_parquet(DATA / "ais" / "omtad_west_australia_2018_2019.parquet")
    west = omtad.select(
        vessel=ids.bulk(omtad["CRAFT_ID"]),
        source=pl.lit("omtad"),
        gear=pl.col("vtype"),
        every_min=pl.lit(0),
        t=pl.col("TIMESTAMP").dt.epoch("us"),
        lon=pl.col("LON"),
        lat=pl.col("LAT"),
        sog=pl.col("SPEED"),
        label=pl.lit(0, pl.Int64),
    )
    near = data.classed(DATA).filter((pl.col("source") == "kattegat") & pl.col("gear").is_in([*CLASSES, *OF_LABEL]))
    boats = data.vms(DATA / "vms").with_columns(gear=pl.lit("fishing"))
    every = pl.concat([west, near.with_columns(pl.col("gear").replace(OF_LABEL)), boats])
    return every.sort("source", "vessel", "t").unique(["source", "vessel", "t"], keep="first", maintain_order=True)


def examples(rows: pl.DataFrame) -> pl.DataFrame:
    """Traits of each vessel's weeks, with ``class`` and ``part``."""
    rows = data.with_shore(rows.sort("source", "vessel", "t"))
    week = pl.col("t") // WEEK_US
    rows = rows.with_columns(piece=pl.struct("source", "vessel", week).rle_id().cast(pl.Int64))
    points = rows.select(
        pl.col("piece").alias("mover"), pl.col("piece").alias("track"),
        pl.col("t").cast(pl.Datetime("us", "UTC")).alias("t_seen"), pl.col("lon").alias("lon_deg"),
        pl.col("lat").alias("lat_deg"), pl.col("sog").alias("sog_kn"),
        pl.col("shore").fill_nan(None).alias("shore_m"),
    )  # fmt: skip
    whose = rows.group_by("piece", maintain_order=True).agg(pl.col("source", "vessel", "gear", "every_min").first())
    told = traits(measured(points), ["mover"]).join(whose, left_on="mover", right_on="piece", maintain_order="left")
    return told.with_columns(data.part_of(told)).rename({"gear": "class"})


def everything() -> pl.DataFrame:
    """Examples of all sources and thinned copies."""
    rows = positions()
    some = rows.filter((pl.col("source") != "vms") & ((pl.col("gear") != "cargo") | (pl.col("vessel") % 3 == 0)))
    return pl.concat([examples(rows), examples(data.thinned(some, 120, 3))])


def weights(rows: pl.DataFrame) -> np.ndarray:
    """Each class counts alike, and in it each source; each vessel of those alike."""
    n = pl.len().over("class", "source", "vessel")
    each = rows.select(
        1 / n / pl.col("vessel").n_unique().over("class", "source") / pl.col("source").n_unique().over("class")
    )
    w = each.to_series().to_numpy()
    return w / w.mean()


def train(rows: pl.DataFrame) -> bytes:
    """The model file."""
    fit, tune = rows.filter(pl.col("part") <= 5), rows.filter(pl.col("part") == 6)
    number = {c: k for k, c in enumerate(CLASSES)}
    model = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.1, max_leaf_nodes=12, max_depth=5, min_samples_leaf=40, l2_regularization=5.0,
        early_stopping=False, random_state=0,
    )  # fmt: skip
    model.fit(fit.select(TRAITS).to_numpy(), fit["class"].replace_strict(number).to_numpy(), sample_weight=weights(fit))
    bare = trees_from(exported(model, CLASSES, TRAITS, 1.0), FILE.name)
    y, w = tune["class"].replace_strict(number).to_numpy(), weights(tune)
    logp = np.log(np.maximum(bare.p(tune.select(TRAITS).to_numpy().astype(np.float32)), 1e-12))

    def loss(temperature: float) -> float:
        z = logp / temperature
        return float(-(w * (z - np.log(np.exp(z).sum(1, keepdims=True)))[np.arange(len(y)), y]).sum())

    best = float(minimize_scalar(loss, bounds=(1.0, 4.0), method="bounded").x)
    return exported(model, CLASSES, TRAITS, round(best, 3))


def report(rows: pl.DataFrame, model: Trees) -> list[str]:
    """Tables in Markdown over held-back vessels."""
    held, fit = rows.filter(pl.col("part") >= 7), rows.filter(pl.col("part") <= 5)
    plain = ["speed_75", "under_2kn", "under_6kn"]
    near = make_pipeline(StandardScaler(), KNeighborsClassifier(25))
    thin = fit.filter(pl.int_range(pl.len()).over("class") < 2000)
    near.fit(thin.select(plain).fill_nan(0).to_numpy(), thin["class"].to_numpy())
    guess = near.predict(held.select(plain).fill_nan(0).to_numpy())
    p = model.p(held.select(TRAITS).to_numpy().astype(np.float32))
    said, truth = np.array(CLASSES)[p.argmax(1)], held["class"].to_numpy()
    sure = p.max(1) >= P_MIN
    out = [
        "| class | vessels | weeks | precision | recall | F1 | ROC-AUC | precision, abstaining | recall, abstaining | "
        "F1, nearest by speed |\n| --- " + "| ---: " * 9 + "|"
    ]
    for k, name in enumerate(CLASSES):
        mine = truth == name
        f = [_prf(mine, said == name), _prf(mine, (said == name) & sure), _prf(mine, guess == name)]
        vessels = held.filter(pl.col("class") == name)["vessel"].n_unique()
        out.append(
            f"| {name} | {vessels} | {mine.sum()} | {f[0][0]:.3f} | {f[0][1]:.3f} | {f[0][2]:.3f} | "
            f"{roc_auc_score(mine, p[:, k]):.3f} | {f[1][0]:.3f} | {f[1][1]:.3f} | {f[2][2]:.3f} |"
        )
    out += ["", f"Abstains (p below {P_MIN}) on {1 - sure.mean():.3f} of weeks.", ""]
    out.append("| truth, source | " + " | ".join(CLASSES) + " | null |\n| --- " + "| ---: " * (len(CLASSES) + 1) + "|")
    for (source, name), of in (
        held.with_row_index("row").sort("source", "class").group_by("source", "class", maintain_order=True)
    ):
        at = of["row"].to_numpy()
        shares = [((said[at] == c) & sure[at]).mean() for c in CLASSES]
        out.append(f"| {name}, {source} | " + " | ".join(f"{v:.2f}" for v in [*shares, 1 - sure[at].mean()]) + " |")
    return out


def _prf(truth: np.ndarray, said: np.ndarray) -> tuple[float, float, float]:
    hit = float((truth & said).sum())
    precision, recall = hit / max(float(said.sum()), 1.0), hit / max(float(truth.sum()), 1.0)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def main(args: list[str]) -> int:
    """Train, judge, print; write the model where asked."""
    options = argparse.ArgumentParser(description="Train and judge the classifier of vessels.")
    options.add_argument("--shipped", action="store_true", help="judge the shipped model; train nothing")
    options.add_argument("--write", action="store_true", help=f"write the model to {FILE.name}")
    given = options.parse_args(args)
    if not (DATA / "vms").is_dir():
        print(f"no {DATA / 'vms'}; set MAKARA_DATA", file=sys.stderr)
        return 1
    rows = everything()
    file = FILE.read_bytes() if given.shipped else train(rows)
    if given.write:
        FILE.write_bytes(file)
    print("\n".join(report(rows, trees_from(file, FILE.name))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
