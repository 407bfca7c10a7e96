"""Sides: two detections next to each other in one look, of which the matching can give a track to one only."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from makara.base.geo import distance_m
from makara.behaviours._rule import Window
from makara.behaviours._unmatched import filled

_DOUBT: Final = 0.05
"""A detection that a track explains more surely than this is not in doubt."""
_ONE_MIN: Final = 0.9
"""Expected number of the two that no track explains, from which one is unexplained."""
_SAME: Final = timedelta(seconds=30)
"""A look passes over both within this."""
_LARGER: Final = 1.5
"""One is measured this many times as long as the other, or they may be parts of one vessel."""


def side_by_side(window: Window, reach_m: float) -> pl.DataFrame:
    """The smaller of two detections side by side, where the matching gives a track to one and doubts which.

    Args:
        window: with detections and matches.
        reach_m: how near.

    Returns:
        Columns of detections of the smaller one, and ``t``, ``marks`` and ``looked`` of both, ``track`` (that one of
        them has), ``p_partner`` (that one of them is a vessel without AIS).
    """
    detections, matches = window.get("detections"), window.get("matches")
    if detections is None or matches is None or "track" not in matches.columns or not len(detections):
        return pl.DataFrame()
    extra = {"looked": pl.List(pl.String()), "mark": pl.String()}
    held = matches.with_columns([pl.lit(None, dtype=t).alias(c) for c, t in extra.items() if c not in matches.columns])
    held = held.filter(pl.col("p_none") >= _DOUBT, pl.col("p_dark").is_not_null())
    if "against" in held.columns:
        held = held.filter(pl.col("against") == "ais")
    seen = filled(detections).filter(
        pl.col("t_seen") < window.to, pl.col("collection").is_not_null(), pl.col("length_m").is_not_null()
    )
    seen = seen.join(held.select("detection", "track", "p_none", "p_dark", "looked", m="mark"), on="detection")
    other = seen.select("collection", "t_seen", "track", "p_none", "p_dark", "mark", "lon_deg", "lat_deg", "length_m")
    both = seen.join(other, on="collection", suffix="_b").filter(
        (pl.col("t_seen") - pl.col("t_seen_b")).abs() <= _SAME,
        pl.col("length_m_b") >= _LARGER * pl.col("length_m"),
        pl.col("p_none") + pl.col("p_none_b") >= _ONE_MIN,
        pl.coalesce("track", "track_b").is_not_null(),
    )
    far = distance_m(*(both[c].to_numpy() for c in ("lon_deg", "lat_deg", "lon_deg_b", "lat_deg_b")))
    near = both.filter(pl.Series(far <= reach_m)).sort("t_seen", "detection", "length_m_b")
    vessel = pl.min_horizontal("p_dark", "p_dark_b") / pl.min_horizontal("p_none", "p_none_b")
    return near.unique("detection", keep="first", maintain_order=True).with_columns(
        t=pl.col("t_seen").to_physical(),
        track=pl.coalesce("track", "track_b"),
        p_partner=pl.min_horizontal(vessel, pl.lit(1.0)).cast(pl.Float64),
        marks=pl.concat_list("m", "mark_b").list.drop_nulls(),
    )
