"""Loitering: a vessel stays slow, far from shore.

Why it matters: carriers wait like this for fishing vessels that do not transmit; others wait over a cable.
What looks the same: waiting for a berth or pilot, engine trouble, weather, survey work, handling gear.
Source: Miller et al. 2018; Global Fishing Watch's and Starboard's published definitions (hourly means under 2 kn).

Every hour of it was slow: the hour that ends with each report, counted back from it, has a mean speed below the limit.
So neither midnight nor the full hour cuts a stay. A vessel that states to be under way before and after a long leg was
not slow on it, however near its ends are. Where the distance from shore is not known, it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from makara.base.units import HOUR_S, KN_M_S, NMI_M, S_US
from makara.behaviours import _loitering_gfw
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._rule import (
    Parameter,
    Parameters,
    Rule,
    Window,
    emit,
    instants,
    nothing,
    pack,
    reason,
    reasons,
    rows_of,
    touches,
    unpack,
    zone_keys,
)
from makara.behaviours._stays import STAY, slow_stays
from makara.behaviours._words import detail, hours, nmi, place, who
from makara.behaviours._zones import nearest_line_m

RULE = Rule(
    kind="loitering",
    version="1.1",
    inputs={"track_points": 6 * HOUR_S, "zones": 0, "vessels": 0},
    parameters=(
        Parameter("speed_max_kn", 2.0, "an hour is slow when its mean implied speed is below this"),
        Parameter("duration_min_s", 4 * HOUR_S, "shortest stay that is an event"),
        Parameter("shore_min_m", 20 * NMI_M, "mean distance from shore"),
        Parameter("bridge_max_s", 4 * HOUR_S, "longest time between two reports that is interpolated (at most 5 h)"),
        Parameter("cable_near_m", NMI_M, "a stay this near a cable counts for more"),
    ),
    profiles={
        "makara": {"duration_min_s": 3 * HOUR_S, "shore_min_m": 12 * NMI_M},
        "gfw": {},
        "gfw_raw": {"duration_min_s": 0, "shore_min_m": 0.0},
    },
    innocent=("waiting_for_berth", "engine_trouble", "weather", "survey", "handling_gear"),
    details={
        "mean_speed_kn": pl.Float64(),
        "distance_m": pl.Float64(),
        "shore_m": pl.Float64(),
        "duration_s": pl.Int64(),
        "reports": pl.Int64(),
        "class": pl.String(),
        "cable_m": pl.Float64(),
    },
)


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Slow stays that end in the window or last at its end."""
    if p.profile in ("gfw", "gfw_raw"):
        return _loitering_gfw.step(RULE, window, carried, p)
    bridge = min(int(p.bridge_max_s), 5 * HOUR_S) * S_US
    stays = slow_stays(window, window.track_points, unpack(carried, STAY), p.speed_max_kn, bridge)
    return _rows(window, stays, p) if len(stays) else nothing()


def why(event: Mapping[str, Any]) -> str:
    """The stay in words for the radio."""
    if event["profile"].startswith("gfw"):
        return _loitering_gfw.why(event)
    d = detail(event)
    off = "" if d["shore_m"] is None else f", {nmi(d['shore_m'])} nmi off"
    cable = "" if d["cable_m"] is None else f", {nmi(d['cable_m'])} nmi from a cable"
    verb = "has made" if event["t_end"] is None else "made"
    pace = f"{d['mean_speed_kn']:.1f} kn for {hours(d['duration_s'])} h"
    return f"{who(event)} ({d['class']}) {verb} {pace} at {place(event)}{off}{cable}"


def _rows(window: Window, runs: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for stays: those long and far enough are events, others that go on are remembered."""
    shore = pl.when(pl.col("shore_ms") > 0).then(pl.col("shore") * 1000 / pl.col("shore_ms"))
    long = pl.col("t_last") - pl.col("t_first") >= int(p.duration_min_s) * S_US
    rows = runs.with_columns(shore_m=shore).with_columns(
        good=long & (pl.col("shore_m") >= p.shore_min_m).fill_null(True)
    )
    rows = rows.filter(pl.col("good") | ~pl.col("over"))
    if not len(rows):
        return nothing()
    cable = nearest_line_m(window.get("zones"), "cable", rows["lon"].to_numpy() / 1e7, rows["lat"].to_numpy() / 1e7)
    rows = rows.with_columns(
        pack({c: rows[c].to_numpy() for c in STAY}),
        window.class_of(rows["mover"]).alias("class"),
        pl.Series("cable_m", np.where(cable <= p.cable_near_m, np.round(cable), np.nan), nan_to_null=True),
        guarded=touches("zones", zone_keys(window, ("closed", "mpa", "risk"))),
    )
    waits = pl.col("class").is_in(["carrier", "tanker"])
    near = pl.col("cable_m").is_not_null()
    over = pl.col("over")
    rows = rows.with_columns(
        state=pl.when(~pl.col("good"))
        .then(pl.lit("pending"))
        .when(over)
        .then(pl.lit("closed"))
        .otherwise(pl.lit("open")),
        memory=pl.when(~over).then("memory"),
        t_start=instants("t_first"),
        t_end=pl.when(over).then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
        marks=pl.col("marks").fill_null([]),
        severity=pl.when(near | (waits & pl.col("guarded")))
        .then(2)
        .when(waits | pl.col("guarded"))
        .then(1)
        .otherwise(0),
        p=pl.lit(0.9),
        mean_speed_kn=(pl.col("mm") / pl.col("ms") / KN_M_S).round(2),
        distance_m=(pl.col("mm") / 1000).round(0),
        shore_m=pl.col("shore_m").round(0),
        duration_s=(pl.col("t_last") - pl.col("t_first")) // S_US,
        reports=pl.col("n"),
    )
    rows = rows.with_columns(
        reasons(
            reason("slow", "mean speed", pl.col("mean_speed_kn"), "kn", p.speed_max_kn),
            reason(
                "far_out",
                "mean distance from shore",
                pl.col("shore_m"),
                "m",
                p.shore_min_m,
                when=pl.col("shore_m").is_not_null(),
            ),
            reason(
                "shore_unknown", "distance from shore not known, left out", weight=0.0, when=pl.col("shore_m").is_null()
            ),
            reason("waits_for_others", "carriers and tankers wait like this to transfer", when=waits),
            reason("near_cable", "near a cable", pl.col("cable_m"), "m", p.cable_near_m, when=near),
            reason("guarded_zone", "in a closed, protected or listed area", when=pl.col("guarded")),
        ),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_end_floor"))),
    )
    return emit(RULE, p, rows)


CASES = (
    fires("a carrier drifts for six hours", sea.vessel(kind="carrier", off_nmi=40).sail(2).drift(6).sail(2)),
    silent("the same, at an anchorage", sea.vessel(kind="carrier", off_nmi=2).sail(2).drift(6).sail(2)),
    silent("two hours are too short", sea.vessel(off_nmi=40).sail(3).drift(2).sail(3)),
    silent(
        "trawls round and round at 4 kn, heard every other hour at one place",
        sea.vessel(off_nmi=40, every_s=3600)
        .sail(1, 0, 4)
        .dark(1, 180, 4)
        .sail(1, 0, 4)
        .dark(1, 180, 4)
        .sail(1, 0, 4)
        .dark(1, 180, 4)
        .sail(1, 0, 4),
    ),
    fires("seen by satellite only, every 65 min", sea.vessel(off_nmi=40, every_s=3900).sail(5).drift(9).sail(5)),
    fires(
        "across 180 degrees and midnight",
        sea.vessel(at=(179.99, -17.0), start="2025-03-01T22:00:00Z", off_nmi=40).drift(6),
        hazard="antimeridian",
    ),
)
