"""Stated length against the length that sensors see."""

from __future__ import annotations

from typing import Final

import polars as pl

from makara.behaviours._rule import Parameters, Window, reason, reasons

SENSORS: Final = ("sar", "optical", "radar")
"""Sensors that measure a length; others guess it."""


def lengths(window: Window, p: Parameters) -> pl.DataFrame:
    """Detections of the window that belong to a vessel whose stated length they contradict."""
    seen, matches, vessels = (window.get(n) for n in ("detections", "matches", "vessels"))
    tracks = window.get("tracks")
    if any(f is None or not len(f) for f in (seen, matches, vessels, tracks)):
        return pl.DataFrame()
    assert seen is not None
    assert matches is not None
    assert vessels is not None
    assert tracks is not None
    if not {"track", "p"} <= set(matches.columns) or "length_m" not in vessels.columns:
        return pl.DataFrame()
    mover = pl.col("mover") if "mover" in vessels.columns else pl.col("mmsi").cast(pl.Int64)
    none = pl.lit([], dtype=pl.List(pl.String()))
    told = pl.col("marks") if "marks" in vessels.columns else none
    stated = vessels.select(
        mover.alias("mover"), told.alias("vessel_marks"), stated_m=pl.col("length_m").cast(pl.Float64)
    )
    stated = stated.filter(pl.col("stated_m").is_not_null())
    met = pl.concat_list("mark") if "mark" in matches.columns else none
    sure = matches.filter(pl.col("p") >= p.match_p_min).with_columns(met.alias("match_marks"))
    if "against" in matches.columns:
        sure = sure.filter(pl.col("against") == "ais")
    sure = sure.select("detection", "track", "match_marks")
    optional = {"structure": pl.String(), "collection": pl.String(), "mark": pl.String(), "sensor": pl.String()}
    lacking = [pl.lit(None, dtype=t).alias(c) for c, t in optional.items() if c not in seen.columns]
    looks = seen.with_columns(lacking).filter(
        (pl.col("t_seen") >= window.frm) & (pl.col("t_seen") < window.to),
        pl.col("sensor").is_in(SENSORS) & pl.col("length_m").is_not_null() & pl.col("structure").is_null(),
    )
    owner = tracks.select("track", "mover").unique("track")
    both = looks.join(sure, on="detection").join(owner, on="track").join(stated.unique("mover"), on="mover")
    seen_m = pl.col("length_m").cast(pl.Float64)
    apart = (seen_m - pl.col("stated_m")).abs()
    wrong = both.filter((apart > p.length_min_m) & (apart > p.length_share * pl.col("stated_m")))
    if not len(wrong):
        return pl.DataFrame()
    mmsi = pl.when(pl.col("mover").is_between(1, 999_999_999)).then(pl.col("mover")).cast(pl.Int32)
    rows = wrong.sort("t_seen", "detection").select(
        "lon_deg",
        "lat_deg",
        what=pl.lit("length"),
        scope=pl.lit("length"),
        state=pl.lit("closed"),
        t_start=pl.col("t_seen"),
        t_end=pl.col("t_seen"),
        t_end_floor=pl.col("t_seen"),
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String)), "detection"),
        mmsi=pl.concat_list(mmsi).list.drop_nulls(),
        marks=pl.concat_list("mark", "match_marks", "vessel_marks").list.drop_nulls().list.unique().list.sort(),
        evidence=pl.concat_list("detection"),
        severity=pl.lit(1),
        p=pl.lit(0.6),
        length_stated_m=pl.col("stated_m").round(1),
        length_seen_m=seen_m.round(1),
        sensor=pl.col("sensor"),
    )
    return rows.with_columns(
        reasons(
            reason("length", "seen by a sensor", pl.col("length_seen_m"), "m", pl.col("length_stated_m")),
            reason("one_look", "one look alone: its length may be off", weight=-0.5),
        )
    )
