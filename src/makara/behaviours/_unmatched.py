"""Detections that no AIS explains: which they are, and what stands where they are."""

from __future__ import annotations

from typing import Final

import polars as pl

from makara.base.structures import zoned
from makara.behaviours._rule import Window

OPTIONAL: Final = {
    "collection": pl.String(),
    "length_m": pl.Float32(),
    "semi_major_m": pl.Float32(),
    "mark": pl.String(),
    "sensor": pl.String(),
}
LOOKED: Final = {
    "p_none": pl.Float32(),
    "p_heard": pl.Float32(),
    "looked": pl.List(pl.String()),
    "marks": pl.List(pl.String()),
}


def unmatched(window: Window, p_dark_min: float) -> pl.DataFrame:
    """Detections of the window and its reach that no AIS explains, ordered by time.

    Args:
        window: with detections and matches; without either there are none.
        p_dark_min: least probability that it is a vessel that does not transmit; where the matching abstains, none is.

    Returns:
        Columns of detections and ``t`` (microseconds), ``p_dark, p_none, p_heard, looked, marks``.
    """
    detections, matches = window.get("detections"), window.get("matches")
    if detections is None or matches is None or not len(detections) or not len(matches):
        return pl.DataFrame()
    known = filled(detections.filter(pl.col("t_seen") < window.to))
    held = matches.filter(pl.col("p_dark") >= p_dark_min)
    if "against" in held.columns:
        held = held.filter(pl.col("against") == "ais")
    held = held.with_columns([pl.lit(None, dtype=t).alias(c) for c, t in LOOKED.items() if c not in held.columns])
    both = known.join(held.select("detection", "p_dark", *LOOKED), on="detection").unique("detection", keep="first")
    return both.with_columns(t=pl.col("t_seen").to_physical()).sort("t", "detection")


def filled(detections: pl.DataFrame) -> pl.DataFrame:
    """Detections with null in the columns that they lack."""
    lacking = [pl.lit(None, dtype=t).alias(c) for c, t in OPTIONAL.items() if c not in detections.columns]
    return detections.with_columns(lacking)


def afloat(matches: pl.DataFrame, detections: pl.DataFrame, zones: pl.DataFrame) -> pl.DataFrame:
    """Matches without those of structures that zones tell: in a lake the matching has left them out already.

    Args:
        matches: table matches.
        detections: table detections.
        zones: table zones.
    """
    stands = matches.join(zoned(filled(detections), zones), on="detection", how="semi")
    if "p_none" in matches.columns:
        stands = stands.filter(pl.col("p_none").fill_null(1.0).round(4) >= 0.5)  # the others are vessels beside it
    return matches.join(stands, on="detection", how="anti")
