"""Loitering as Global Fishing Watch's pipe-loitering finds it: profiles ``gfw_raw`` (its daily rows) and ``gfw``.

A segment's messages are put into hours of the UTC clock; an hour is slow when the way made since each message's
predecessor, over the time since it, is below the limit. Slow hours that follow each other make a daily row, beginning
with the last message before them. The merged ones join daily rows that end and begin with the same message. Repeated
with its defects, which the profile ``makara`` does not have:

- a stay is cut at UTC midnight; merging joins it again only where the hour before midnight was slow too;
- an hour is one of the clock: when it is cut elsewhere, other stays are found;
- hours without any message do not part slow ones: silence is bridged, whatever the vessel did in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from makara.base.geo import distance_m
from makara.base.units import HOUR_S, NMI_M, S_US
from makara.behaviours._gfw import DAY_US, publish, whole
from makara.behaviours._rule import Parameters, Rule, Window
from makara.behaviours._words import detail, hours, place, who

_HOUR: Final = HOUR_S * S_US
DETAILS: Final = {
    "duration_s": pl.Int64(),
    "mean_speed_kn": pl.Float64(),
    "distance_m": pl.Float64(),
    "shore_m": pl.Float64(),
    "track": pl.Int64(),
    "reports": pl.Int64(),
    "lon_end_deg": pl.Float64(),
    "lat_end_deg": pl.Float64(),
    "days": pl.Int64(),
}
"""Details of a stay of these profiles; ``days`` is how many daily rows it joins."""


def step(rule: Rule, window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Stays of the whole span."""
    points = whole(window, carried, p)
    daily = _daily(points, p.speed_max_kn)
    stays = daily if p.profile == "gfw_raw" else _merged(daily)
    known = pl.col("shore_s") > 0
    stays = stays.with_columns(
        scope=pl.col("track").cast(pl.String),
        mean_speed_kn=pl.when(pl.col("s") > 0).then(pl.col("distance_m") / NMI_M / pl.col("s") * HOUR_S),
        shore_m=pl.when(known).then(pl.col("shore") / pl.col("shore_s")),
    )
    long = pl.col("t_last") - pl.col("t_first") >= int(p.duration_min_s) * S_US
    rows = stays.filter(long & (pl.col("shore_m") >= p.shore_min_m).fill_null(True))
    return publish(rule, p, points, rows, ["mover"], DETAILS, "published_loitering")


def why(event: Mapping[str, Any]) -> str:
    """The stay in words for the radio."""
    d = detail(event)
    pace = f"{d['mean_speed_kn']:.1f} kn for {hours(d['duration_s'])} h"
    return f"{who(event)} made {pace} at {place(event)} (hours of the clock, as published)"


def _daily(points: pl.DataFrame, speed_max_kn: float) -> pl.DataFrame:
    """The daily rows: runs of slow hours of a segment within one day."""
    track, t = points["track"].to_numpy(), points["t"].to_numpy()
    lon, lat = points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy()
    far, s = np.zeros(t.size), np.zeros(t.size)
    if t.size:
        same = track[1:] == track[:-1]
        far[1:] = np.where(same, distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]), 0.0)
        s[1:] = np.where(same, np.diff(t) / S_US, 0.0)
    hour, day = t // _HOUR, t // DAY_US
    full = points.select("track", "mover", "t", "lon_deg", "lat_deg", pl.col("shore_m").cast(pl.Float64)).with_columns(
        pl.Series("far", far), pl.Series("s", s), pl.Series("hour", hour), pl.Series("day", day)
    )
    heard = pl.col("shore_m").is_not_null()
    hours = full.group_by("track", "day", "hour", maintain_order=True).agg(
        pl.col("mover").first(),
        *(pl.col(c).first().alias(f"{c}_first") for c in ("t", "lon_deg", "lat_deg")),
        *(pl.col(c).last().alias(f"{c}_last") for c in ("t", "lon_deg", "lat_deg")),
        pl.col("far", "s").sum(),
        pl.col("far", "s").first().name.suffix("_first"),
        (pl.col("shore_m") * pl.col("s")).sum().alias("shore"),
        pl.col("s").filter(heard).sum().alias("shore_s"),
        pl.len().cast(pl.Int64).alias("n"),
    )
    slow = (pl.col("s") > 0) & (pl.col("far") / pl.col("s") * HOUR_S / NMI_M < speed_max_kn)
    hours = hours.with_columns(slow=slow)
    same = (pl.col("track") == pl.col("track").shift(1)).fill_null(False)
    begins = pl.col("slow") & ~(same & pl.col("slow").shift(1) & (pl.col("day") == pl.col("day").shift(1))).fill_null(
        False
    )
    # The buffer is one day: a message further back does not begin a stay.
    led = same & (pl.col("day") - pl.col("day").shift(1) <= 1)
    before = {c: pl.when(led).then(pl.col(f"{c}_last").shift(1)).alias(f"{c}_led") for c in ("t", "lon_deg", "lat_deg")}
    hours = hours.with_columns(*before.values(), run=begins.cum_sum(), led=led).filter("slow")
    first = {c: pl.coalesce(f"{c}_led", f"{c}_first").first() for c in before}
    begun = ~pl.col("led").first()  # then the stay's first message is of its first hour: what led to it is not counted
    less = {c: pl.when(begun).then(pl.col(f"{c}_first").first()).otherwise(0.0) for c in ("far", "s")}
    daily = hours.group_by("run", maintain_order=True).agg(
        pl.col("track", "mover").first(),
        first["t"].alias("t_first"),
        first["lon_deg"].alias("lon_deg"),
        first["lat_deg"].alias("lat_deg"),
        pl.col("t_last", "lon_deg_last", "lat_deg_last").last(),
        (pl.col("far").sum() - less["far"]).alias("distance_m"),
        (pl.col("s").sum() - less["s"]).alias("s"),
        pl.col("shore", "shore_s").sum(),
        (pl.col("n").sum() + pl.when(begun).then(0).otherwise(1)).alias("reports"),
        pl.lit(1, pl.Int64()).alias("days"),
    )
    return daily.filter(pl.col("reports") > 1).rename({"lon_deg_last": "lon_end_deg", "lat_deg_last": "lat_end_deg"})


def _merged(daily: pl.DataFrame) -> pl.DataFrame:
    """Daily rows of a segment joined where one ends with the message that the next begins with."""
    rows = daily.sort("track", "t_first", "t_last")
    goes_on = (pl.col("track") == pl.col("track").shift(1)) & (pl.col("t_first") == pl.col("t_last").shift(1))
    rows = rows.with_columns(stay=(~goes_on.fill_null(False)).cum_sum())
    return rows.group_by("stay", maintain_order=True).agg(
        pl.col("track", "mover", "t_first", "lon_deg", "lat_deg").first(),
        pl.col("t_last", "lon_end_deg", "lat_end_deg").last(),
        pl.col("distance_m", "s", "shore", "shore_s", "reports", "days").sum(),
    )
