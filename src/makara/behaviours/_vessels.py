"""What class of vessel moves like this: cargo, tanker, passenger, fishing; told from kinematics alone, or not at all.

Advice for an analyst where no register and no claim says the class; the walk does not use it. Data, figures and limits:
docs/models/vessel_class.md.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import polars as pl

from makara.base.frames import frame
from makara.behaviours._activity import model as activity_model
from makara.behaviours._kinematics import FEATURES, slots
from makara.behaviours._rule import ordered
from makara.behaviours._trees import Trees, trees_from
from makara.data import read

CLASSES: Final = ("cargo", "tanker", "passenger", "fishing")
SLOTS_MIN: Final = 24
"""Fewer quarters of an hour than this tell no class."""
_QUANTILES: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
_SHARES: Final = (0.3, 2.0, 6.0, 9.0, 12.0, 16.0, 20.0)
TRAITS: Final = (
    *(f"speed_{round(100 * q)}" for q in _QUANTILES),
    *(f"under_{k:g}kn" for k in _SHARES),
    "steady_2h", "straight_6h", "straight_12h", "turn_2h", "turn_6h", "reach_12h", "back_12h", "shore", "shore_low",
    "fishing", "fishing_high",
)  # fmt: skip
"""What is told of a vessel: quantiles and shares of its speed over half an hour, means of slots' features, how much of
it looks like fishing to the fishing model."""


def vessel_class(track_points: Any, *, p_min: float = 0.7) -> pl.DataFrame:
    """Class of each mover by how it moves; six hours of positions and more tell something, days tell more.

    Args:
        track_points: Polars, pandas or Arrow table with ``report, mover, track, t_seen, lon_deg, lat_deg``; ``sog_kn``
            and ``shore_m`` where there are any.
        p_min: below this probability the class is null: the rule of thumb is that kinematics tell a fishing vessel
            from a merchant ship, and hardly a cargo ship from a tanker.

    Returns:
        ``mover, class, p`` and ``p_cargo, p_tanker, p_passenger, p_fishing``, ordered by mover; ``p`` is of the
        likeliest class, all are null where there is too little to tell.

    Raises:
        ColumnsError: a required column is missing.
    """
    points = ordered(frame(track_points)).filter(pl.col("track").is_not_null())
    told = traits(measured(points), ["mover"])
    p = _model().p(told.select(TRAITS).to_numpy().astype(np.float32))
    every = pl.DataFrame(p, schema=[f"p_{c}" for c in CLASSES]).select(pl.all().round(3))
    best = pl.Series("best", np.array(CLASSES)[p.argmax(1)], dtype=pl.String())
    known = (
        told.select("mover")
        .with_columns(every, p=pl.Series(p.max(1)).round(3))
        .with_columns(pl.when(pl.col("p") >= p_min).then(best).alias("class"))
    )
    movers = points.select("mover").unique().sort("mover")
    return movers.join(known, on="mover", how="left").select("mover", "class", "p", *every.columns)


def measured(points: pl.DataFrame) -> pl.DataFrame:
    """A row for each slot that holds positions: ``mover``, the features, and ``p`` of fishing."""
    track, t = points["track"].to_numpy(), points["t_seen"].to_physical().to_numpy()
    start = points.select(pl.col("t_seen").to_physical().min().over("track"))["t_seen"].to_numpy()
    sog, shore = (points[c].cast(pl.Float64).fill_null(np.nan).to_numpy() for c in ("sog_kn", "shore_m"))
    lon, lat = points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy()
    found = slots(track, t, lon, lat, sog, shore, start, np.iinfo(np.int64).min, np.iinfo(np.int64).max)
    fishing = np.zeros(len(found.first))
    fishing[~found.plain] = 1.0 - activity_model().p(found.features[~found.plain])[:, 0]
    columns = [pl.Series(name, found.features[:, k]) for k, name in enumerate(FEATURES)]
    return points[found.first].select("mover", "t_seen").with_columns(*columns, pl.Series("p", fishing))


def traits(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """What slots tell together (:data:`TRAITS`), a row a key; keys with too few slots are left out."""
    speed = pl.coalesce(pl.col("now_kn").fill_nan(None), pl.col("sog_kn").fill_nan(None))

    def mean(name: str) -> pl.Expr:
        return pl.col(name).fill_nan(None).mean()

    return (
        rows.group_by(keys)
        .agg(
            pl.len().alias("n"),
            *(speed.quantile(q, "linear").alias(f"speed_{round(100 * q)}") for q in _QUANTILES),
            *((speed < k).mean().alias(f"under_{k:g}kn") for k in _SHARES),
            mean("sd_2h_kn").alias("steady_2h"),
            mean("straight_6h").alias("straight_6h"),
            mean("straight_12h").alias("straight_12h"),
            mean("turn_2h_deg").alias("turn_2h"),
            mean("turn_6h_deg").alias("turn_6h"),
            mean("reach_12h_km").alias("reach_12h"),
            mean("back_12h_km").alias("back_12h"),
            mean("shore_km").alias("shore"),
            pl.col("shore_km").fill_nan(None).quantile(0.1, "linear").alias("shore_low"),
            pl.col("p").mean().alias("fishing"),
            (pl.col("p") >= 0.7).mean().alias("fishing_high"),
        )
        .filter(pl.col("n") >= SLOTS_MIN)
        .with_columns(pl.col(TRAITS).cast(pl.Float64).round(3).fill_null(float("nan")))
        .sort(keys)
    )


@cache
def _model() -> Trees:
    found = trees_from(read("vessel_class.npz"), "vessel_class.npz")
    assert found.features == TRAITS
    assert found.classes == CLASSES
    return found


__all__ = ["CLASSES", "SLOTS_MIN", "TRAITS", "measured", "traits", "vessel_class"]
