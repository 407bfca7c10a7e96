"""Fairness: how often vessels of each flag, class and length alert, for the days on which they were seen.

The rate is the share of *vessel-days* (a mover and a UTC day on which it was heard) on which an alert of the vessel
began, for a thousand of them, with Wilson's interval (Wilson 1927), 95 %. A group whose whole interval lies above or
below the rate of all vessels is marked so: a question to ask of the rule, no answer, for where and how vessels work
differs, too. Small and artisanal craft (below 15 m, or of class small or artisanal, where longer is not known) are a
group of their own: they owe no AIS in most waters, are heard by chance, and do at sea what rules look for.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Z: Final = 1.959964
"""95 % of a normal distribution lie within so many standard deviations."""
SMALL_M: Final = 15.0
SMALL_CLASSES: Final = ("small", "artisanal")
NO_SHIPS: Final = ("aid", "aircraft", "base", "gear", "sart")
UNKNOWN: Final = "unknown"
SMALL: Final = "small or artisanal craft"
OTHERS: Final = "all other vessels"
LENGTHS: Final = ((15.0, "under 15 m"), (24.0, "15 to 24 m"), (60.0, "24 to 60 m"), (150.0, "60 to 150 m"))
LONGEST: Final = "150 m and more"
SMALL_TEXT: Final = (
    "under 15 m, or called small or artisanal: they owe no AIS in most waters, so the days on which they are heard are "
    "few and by chance, and drifting, meeting and silence are their daily work; look twice before acting on an alert"
)
RATES: Final = pl.Schema(
    {
        "rule": pl.String(),
        "by": pl.String(),
        "group": pl.String(),
        "vessels": pl.Int64(),
        "vessel_days": pl.Int64(),
        "alerts": pl.Int64(),
        "alert_days": pl.Int64(),
        "per_1000": pl.Float64(),
        "lo": pl.Float64(),
        "hi": pl.Float64(),
        "against_all": pl.String(),
        "note": pl.String(),
    }
)
"""Columns of the report: ``per_1000`` vessel-days alert, within ``lo`` and ``hi``; null where nothing was observed."""


def rates(events: pl.DataFrame, days: pl.DataFrame, vessels: pl.DataFrame) -> pl.DataFrame:
    """Alert rates by rule and by flag, class, length and size.

    Args:
        events: events that alert: ``event, kind, participants, t_start``.
        days: ``mover, day`` on which each was heard.
        vessels: ``mover, flag, class, length_m``; what is no ship (aids, base stations, ...) is left out.

    Returns:
        Rows of :data:`RATES`, by rule (``*`` all of them), then flag, class, length and size, the highest rate first.
        Alerts without a vessel, as of unmatched detections, are the group ``no vessel known`` and have no rate.
    """
    ships = _groups(days.select("mover").unique().join(vessels, on="mover", how="left"))
    heard = days.join(ships.select("mover"), on="mover", how="semi").unique()
    each = events.select("event", "kind", day=pl.col("t_start").dt.date(), member="participants").explode("member")
    named = each.filter(pl.col("member").str.starts_with("mv"))
    named = named.with_columns(mover=pl.col("member").str.slice(2).cast(pl.Int64))
    named = named.join(ships, on="mover", how="left").with_columns(
        pl.col(by).fill_null(UNKNOWN if by != "size" else OTHERS) for by in _BY
    )
    bare = events.join(named, on="event", how="anti")
    out = [pl.DataFrame(schema=RATES)]
    for kind in ("*", *sorted(events["kind"].unique())):
        mine, alone = (f if kind == "*" else f.filter(pl.col("kind") == kind) for f in (named, bare))
        whole = len(mine.select("mover", "day").unique())
        out += [_rates(kind, by, ships, heard, mine, whole) for by in _BY]
        if len(alone):
            row: dict[str, Any] = {"rule": kind, "by": "vessel", "group": "no vessel known", "alerts": len(alone)}
            out.append(pl.DataFrame([row | {"vessels": 0, "vessel_days": 0, "alert_days": 0}]))
    return pl.concat(out, how="diagonal").select(RATES.names())


_BY: Final = ("flag", "class", "length", "size")


def _groups(ships: pl.DataFrame) -> pl.DataFrame:
    """Movers that are ships, with their group of each kind."""
    length = pl.lit(LONGEST)
    for limit, name in reversed(LENGTHS):
        length = pl.when(pl.col("length_m") < limit).then(pl.lit(name)).otherwise(length)
    small = (pl.col("length_m") < SMALL_M) | (pl.col("class").is_in(SMALL_CLASSES) & pl.col("length_m").is_null())
    kept = ships.filter(~pl.col("class").is_in(NO_SHIPS).fill_null(False))
    return kept.select(
        "mover",
        pl.col("flag").fill_null(UNKNOWN),
        pl.col("class").fill_null(UNKNOWN),
        pl.when(pl.col("length_m").is_null()).then(pl.lit(UNKNOWN)).otherwise(length).alias("length"),
        pl.when(small.fill_null(False)).then(pl.lit(SMALL)).otherwise(pl.lit(OTHERS)).alias("size"),
    )


def _rates(
    kind: str, by: str, ships: pl.DataFrame, heard: pl.DataFrame, alerts: pl.DataFrame, whole: int
) -> pl.DataFrame:
    """Rates of the groups of one kind."""
    of = ships.select("mover", group=by)
    days = heard.join(of, on="mover").group_by("group").agg(vessel_days=pl.len(), vessels=pl.col("mover").n_unique())
    told = alerts.select("event", "mover", "day", group=by)
    counted = told.group_by("group").agg(
        alerts=pl.col("event").n_unique(), alert_days=pl.struct("mover", "day").n_unique()
    )
    rows = days.join(counted, on="group", how="full", coalesce=True).with_columns(
        pl.col("vessel_days", "vessels", "alerts", "alert_days").fill_null(0).cast(pl.Int64)
    )
    k, n = (rows[c].to_numpy().astype(np.float64) for c in ("alert_days", "vessel_days"))
    n = np.maximum(n, k)  # an alert may begin on a day on which the vessel was not heard
    lo, hi = wilson(k, n)
    mean = whole / max(len(heard), 1)
    mark = np.where(lo > mean, "higher", np.where(hi < mean, "lower", ""))
    seen = pl.Series(n > 0)
    return rows.with_columns(
        rule=pl.lit(kind),
        by=pl.lit(by),
        per_1000=pl.when(seen).then(pl.Series(np.round(1000 * k / np.maximum(n, 1), 3))),
        lo=pl.when(seen).then(pl.Series(np.round(1000 * lo, 3))),
        hi=pl.when(seen).then(pl.Series(np.round(1000 * hi, 3))),
        against_all=pl.when(seen).then(pl.Series(mark)),
        note=pl.when(pl.col("group") == SMALL).then(pl.lit(SMALL_TEXT)),
    ).sort("per_1000", "group", descending=[True, False], nulls_last=True)


def wilson(k: NDArray[np.float64], n: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's interval of a share, 95 %; 0 to 1 where there were no trials.

    Args:
        k: successes.
        n: trials.
    """
    trials = np.maximum(n, 1e-12)
    share, z2 = k / trials, Z * Z
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z * np.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials)) / (1 + z2 / trials)
    lo = np.where(n > 0, np.maximum(middle - half, 0.0), 0.0)
    return lo, np.where(n > 0, np.minimum(middle + half, 1.0), 1.0)
