"""Transshipment: catch goes over to a carrier at sea, seen (likely) or supposed (inferred).

Why it matters: catch that changes ships at sea changes its papers too, and lands as something else.
What looks the same: fuel or provisions for the fleet, help in distress, a permitted transshipment under an observer, a
carrier that waits for weather, orders or a berth.
Source: Starboard's published definition (encounter of a fishing vessel and a carrier; a carrier alone for 4 to 48 h
under 3 kn beyond 12 nmi); Miller et al. 2018.

Likely: an encounter of a fishing vessel and a carrier, told by claims or registers. Inferred: a carrier whose every
hour is slow, far out; where an encounter with a fishing vessel is known to fall into the stay, the stay says so and
is for the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from makara.base.units import DAY_S, HOUR_S, KN_M_S, NMI_M, S_US
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._derived import base, members, said
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

RULE = Rule(
    kind="transshipment",
    version="1.0",
    inputs={"track_points": 6 * HOUR_S, "events:encounter": 3 * DAY_S, "zones": 0, "vessels": 0},
    parameters=(
        Parameter("speed_max_kn", 3.0, "a carrier alone: an hour is slow when its mean speed is below this"),
        Parameter("duration_min_s", 4 * HOUR_S, "a carrier alone: shortest stay"),
        Parameter("duration_max_s", 48 * HOUR_S, "a carrier alone: a longer stay is laying up"),
        Parameter("shore_min_m", 12 * NMI_M, "a carrier alone: mean distance from shore"),
        Parameter("bridge_max_s", 4 * HOUR_S, "longest time between two reports that is interpolated (at most 5 h)"),
    ),
    profiles={"makara": {}},
    innocent=("refuelling", "provisions", "help_in_distress", "permitted_transshipment", "waiting_for_orders"),
    details={
        "variant": pl.String(),
        "duration_s": pl.Int64(),
        "mean_speed_kn": pl.Float64(),
        "shore_m": pl.Float64(),
        "partner_known": pl.Boolean(),
    },
    by="place",
)

_SETTLES: Final = DAY_S * S_US
"""A stay that is over is judged again for so long: an encounter within it may become known only later."""


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Encounters of fishing vessels with carriers, and slow stays of carriers."""
    met = _met(window)
    return pl.concat([_likely(window, met, p), _inferred(window, met, carried, p)])


def why(event: Mapping[str, Any]) -> str:
    """The meeting or the stay in words for the radio."""
    d = detail(event)
    at = f"at {d['mean_speed_kn']:.1f} kn for {hours(d['duration_s'])} h at {place(event)}"
    if d["variant"] == "likely":
        return f"{who(event)}: a fishing vessel and a carrier side by side {at}"
    off = "" if d["shore_m"] is None else f", {nmi(d['shore_m'])} nmi off"
    return f"{who(event)}, a carrier, alone {at}{off}" + (
        ", in part beside a fishing vessel" if d["partner_known"] else ""
    )


def _met(window: Window) -> pl.DataFrame:
    """Encounters of a fishing vessel and a carrier, with the carrier's ``mover``."""
    every = base(window, "encounter")
    each = members(every).select("event", "mover")
    kinds = each.with_columns(window.class_of(each["mover"]).alias("class"))
    fishers = kinds.filter(pl.col("class").str.starts_with("fishing"))
    takers = kinds.filter(pl.col("class") == "carrier").join(fishers, on="event", how="semi")
    return every.join(takers.select("event", "mover"), on="event", how="inner", maintain_order="left")


def _likely(window: Window, met: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """An event for each encounter, with its times, place, evidence and marks."""
    if not len(met):
        return nothing()
    guarded = touches("zones", zone_keys(window, ("closed", "mpa")))
    rows = met.with_columns(
        said({"duration_s": pl.Int64(), "mean_speed_kn": pl.Float64()}).struct.unnest(),
        guarded=guarded,
        variant=pl.lit("likely"),
        shore_m=pl.lit(None, pl.Float64()),
        partner_known=pl.lit(True),
    )
    rows = rows.with_columns(
        reasons(
            reason("classes", "a fishing vessel and a carrier"),
            reason("beside", "side by side for", pl.col("duration_s"), "s"),
            reason("guarded_zone", "in a closed or protected area", when=pl.col("guarded")),
        ),
        severity=pl.when(pl.col("severity") < 2).then("severity").when("guarded").then(3).otherwise(2),
    )
    return emit(RULE, p, rows)


def _inferred(window: Window, met: pl.DataFrame, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Stays of carriers alone."""
    carriers = window.classes.filter(pl.col("class") == "carrier").select("mover")
    points = window.track_points.join(carriers, on="mover", how="semi", maintain_order="left")
    bridge = min(int(p.bridge_max_s), 5 * HOUR_S) * S_US
    stays = slow_stays(window, points, unpack(carried, STAY), p.speed_max_kn, bridge)
    if not len(stays):
        return nothing()
    lasted = pl.col("t_last") - pl.col("t_first")
    shore = pl.when(pl.col("shore_ms") > 0).then(pl.col("shore") * 1000 / pl.col("shore_ms"))
    rows = stays.with_columns(
        pack({c: stays[c].to_numpy() for c in STAY}),
        shore_m=shore.round(0),
        t_start=instants("t_first"),
        t_end_floor=instants("t_last"),
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
        marks=pl.col("marks").fill_null([]),
    )
    long = (lasted >= int(p.duration_min_s) * S_US) & (lasted <= int(p.duration_max_s) * S_US)
    good = rows.filter(long & (pl.col("shore_m") >= p.shore_min_m).fill_null(True))
    kept = rows.filter(~pl.col("over") | (pl.col("t_last") + _SETTLES >= window.to_us))
    pending = kept.with_columns(state=pl.lit("pending"))
    return pl.concat([emit(RULE, p, pending), _alone(window, good, met, p)])


def _alone(window: Window, good: pl.DataFrame, met: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Events of stays; those in which an encounter is known to have begun say so."""
    if not len(good):
        return nothing()
    spans = met.select("mover", pl.col("t_start").alias("from"), pl.col("t_end_floor").alias("until"))
    within = good.select("run", "mover", "t_start", "t_end_floor").join(spans, on="mover")
    within = within.filter(pl.col("from") <= pl.col("t_end_floor"), pl.col("until") >= pl.col("t_start"))
    known = pl.col("run").is_in(within["run"].unique().implode())
    rows = good.with_columns(
        partner_known=known,
        state=pl.when("over").then(pl.lit("closed")).otherwise(pl.lit("open")),
        memory=pl.lit(None, pl.Binary()),
        t_end=pl.when("over").then("t_end_floor"),
        variant=pl.lit("inferred"),
        p=pl.lit(0.5),
        duration_s=(pl.col("t_last") - pl.col("t_first")) // S_US,
        mean_speed_kn=(pl.col("mm") / pl.col("ms") / KN_M_S).round(2),
        guarded=touches("zones", zone_keys(window, ("closed", "mpa"))),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_end_floor"))),
    )
    met_one, far = pl.col("partner_known"), pl.col("shore_m")
    rows = rows.with_columns(
        reasons(
            reason("slow", "a carrier's mean speed", pl.col("mean_speed_kn"), "kn", p.speed_max_kn),
            reason("long", "how long", pl.col("duration_s"), "s", p.duration_min_s),
            reason("far_out", "mean distance from shore", far, "m", p.shore_min_m, when=far.is_not_null()),
            reason("shore_unknown", "distance from shore not known, left out", weight=0.0, when=far.is_null()),
            reason("guarded_zone", "in a closed or protected area", when=pl.col("guarded")),
            reason("partner_known", "a fishing vessel is known to have come: see it", weight=-1.0, when=met_one),
        ),
        severity=pl.when(met_one).then(0).when("guarded").then(2).otherwise(1),
    )
    return emit(RULE, p, rows)


_CARRIER: Final = sea.vessel(kind="carrier")
_FISHER: Final = sea.vessel(mover=412000002, at=(130.0, -9.998), kind="fishing", every_s=480)

CASES = (
    fires(
        "a fishing vessel beside a carrier for three hours", _CARRIER.drift(3).sail(4), _FISHER.drift(3).sail(4, 270)
    ),
    fires("a carrier alone and slow for nine hours", _CARRIER.sail(2).drift(9, speed_kn=1.5).sail(2)),
    silent("the same, near the coast", sea.vessel(kind="carrier", off_nmi=6).sail(2).drift(9).sail(2)),
    silent("two fishing vessels", sea.vessel(kind="fishing").drift(3).sail(4), _FISHER.drift(3).sail(4, 270)),
    silent("a carrier laid up for three days", _CARRIER.sail(2).drift(72, speed_kn=0.05).sail(2)),
    fires("seen by satellite only, every 100 min", sea.vessel(kind="carrier", every_s=6000).sail(5).drift(9).sail(5)),
    fires(
        "across 180 degrees and midnight",
        sea.vessel(at=(179.999, -17.0), start="2025-03-01T22:00:00Z", kind="carrier").drift(3).sail(2),
        sea.vessel(mover=412000002, at=(-179.999, -17.0), start="2025-03-01T22:01:00Z", kind="fishing")
        .drift(3)
        .sail(2, 270),
        hazard="antimeridian",
    ),
)
