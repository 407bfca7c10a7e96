"""Gaps as Global Fishing Watch's pipe-gaps finds them (profile ``gfw``): silence of one ssvid, whatever its segments.

Longer than the limit, not equal to it; judged along all messages of a number, so a clone that goes on transmitting
hides its twin's silence: the profile ``makara`` judges along the chain instead. What is still silent at the end is
open. Messages before a gap are counted over twelve hours, that at which it begins among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from makara.base.geo import distance_m
from makara.base.units import HOUR_S, KN_M_S, S_US
from makara.behaviours._gfw import publish, whole
from makara.behaviours._rule import Parameters, Rule, Window
from makara.behaviours._words import detail, hours, nmi, place, who

DETAILS: Final = {
    "duration_s": pl.Int64(),
    "distance_m": pl.Float64(),
    "speed_kn": pl.Float64(),
    "heard_12h": pl.Int64(),
    "terrestrial_12h": pl.Int64(),
    "satellite_12h": pl.Int64(),
    "lon_end_deg": pl.Float64(),
    "lat_end_deg": pl.Float64(),
}
"""Details of a gap of this profile."""


def step(rule: Rule, window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Gaps of the whole span."""
    points = whole(window, carried, p).sort("mover", "t", "track", "report")
    mover = pl.col("mover")
    counted = points.select(
        "mover",
        "t",
        "lon_deg",
        "lat_deg",
        pl.col("t").shift(-1).over(mover).alias("t_last"),
        pl.col("lon_deg", "lat_deg").shift(-1).over(mover).name.map(lambda c: c.replace("_deg", "_end_deg")),
    )
    ends = pl.col("t_last").is_null()
    limit = int(p.duration_min_s) * S_US
    gaps = counted.with_columns(pl.col("t_last").fill_null(window.to_us), open=ends)
    gaps = gaps.filter(pl.col("t_last") - pl.col("t") > limit)
    gaps = _heard(points, gaps)
    far = distance_m(*(gaps[c].to_numpy() for c in ("lon_deg", "lat_deg", "lon_end_deg", "lat_end_deg")))
    rows = gaps.with_columns(pl.Series("distance_m", far, nan_to_null=True), t_first="t").with_columns(
        speed_kn=pl.col("distance_m") / ((pl.col("t_last") - pl.col("t")) / S_US) / KN_M_S
    )
    return publish(rule, p, points, rows, ["mover"], DETAILS, "published_gap")


def why(event: Mapping[str, Any]) -> str:
    """The gap in words for the radio."""
    d = detail(event)
    still = " and still is" if event["t_end"] is None else f", then was heard {nmi(d['distance_m'])} nmi away"
    return f"{who(event)} fell silent at {place(event)}, was silent {hours(d['duration_s'])} h{still}"


def _heard(points: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """Gaps with the messages of the twelve hours before them, in all and by class of receiver."""
    names = {"heard_12h": pl.col("t").is_not_null()}
    for receiver in ("terrestrial", "satellite"):
        names[f"{receiver}_12h"] = (pl.col("receiver") == receiver).fill_null(False)
    sums = [e.cast(pl.Int64).cum_sum().over("mover").alias(c) for c, e in names.items()]
    until = points.select("mover", "t", *sums).unique(["mover", "t"], keep="last", maintain_order=True)
    early = gaps.select("mover", t=pl.col("t") - 12 * HOUR_S * S_US - 1)
    before = early.join_asof(until, on="t", by="mover", check_sortedness=False)
    now = gaps.select("mover", "t").join_asof(until, on="t", by="mover", check_sortedness=False)
    return gaps.with_columns([now[c] - before[c].fill_null(0) for c in names])
