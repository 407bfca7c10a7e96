"""Encounter: two vessels lie side by side at sea for hours.

Why it matters: catch, fuel, people and contraband change hands like this, out of sight of any port.
What looks the same: a tug with its tow, a pilot boat, two fishing vessels hauling one net, help in distress, drifting
side by side on a fishing ground.
Source: Global Fishing Watch pipe-encounters (500 m, 2 h, median below 2 kn, 10 km from anchorages); Miller et al. 2018.

Instead of a grid of ten minutes, which depends on where the clock is cut, each report of one vessel is held against the
other's position, interpolated over at most an hour. Time that no report vouches for (farther than five minutes from
one) is counted as interpolated; where that is over one half, the rule refuses. Without zones the distance from
anchorages is left out, and the reasons say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from makara.base.units import DAY_S, HOUR_S, KN_M_S, MINUTE_S, S_US
from makara.behaviours import _encounter_gfw
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._meetings import MEMORY, PAIR, Terms, meet
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
    unpack,
    zone_keys,
)
from makara.behaviours._words import detail, hours, place, who

RULE = Rule(
    kind="encounter",
    version="1.1",
    inputs={"track_points": 2 * HOUR_S, "zones": 0, "vessels": 0},
    parameters=(
        Parameter("distance_max_m", 500.0, "side by side: no farther than this"),
        Parameter("duration_min_s", 2 * HOUR_S, "shortest meeting"),
        Parameter("speed_max_kn", 2.0, "median speed of both is below this"),
        Parameter("leg_max_kn", 6.0, "a vessel faster than this is passing, not meeting"),
        Parameter("anchorage_min_m", 10_000.0, "nearer an anchorage than this does not count"),
        Parameter("bridge_max_s", HOUR_S, "longest time between two reports that is interpolated"),
        Parameter("pause_max_s", 20 * MINUTE_S, "apart for less than this goes on"),
        Parameter("merge_max_s", 4 * HOUR_S, "meetings of a pair less than this apart are one event"),
        Parameter("made_max_share", 0.5, "share of interpolated time above which the rule refuses"),
        Parameter("duration_max_s", 365 * DAY_S, "longest event"),
        Parameter("classes", "any", "any, or fishing_carrier: only a fishing vessel with a carrier"),
    ),
    profiles={
        "makara": {},
        "gfw": {},
        "gfw_raw": {},
        "skylight": {"distance_max_m": 250.0, "duration_min_s": 30 * MINUTE_S},
        "starboard": {
            "duration_min_s": HOUR_S,
            "duration_max_s": 6 * DAY_S,
            "merge_max_s": 12 * HOUR_S,
            "classes": "fishing_carrier",
        },
    },
    innocent=("tug_and_tow", "pilot_boat", "pair_fishing", "help_in_distress", "same_fishing_ground"),
    details={
        "duration_s": pl.Int64(),
        "distance_min_m": pl.Float64(),
        "distance_mean_m": pl.Float64(),
        "mean_speed_kn": pl.Float64(),
        "interpolated_share": pl.Float64(),
        "meetings": pl.Int64(),
        "classes": pl.List(pl.String()),
        "anchorage_known": pl.Boolean(),
    },
    by="place",
)


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Meetings that end in the window or last at its end, joined with the pair's meetings just before."""
    if p.profile in ("gfw", "gfw_raw"):
        return _encounter_gfw.step(RULE, window, carried, p)
    far = (window.track_points["anchorage_m"].fill_null(np.inf) >= p.anchorage_min_m).to_numpy()
    if not _anchorages_known(window):
        far = np.ones(len(far), bool)
    terms = Terms(
        reach_m=p.distance_max_m,
        slow_kn=p.speed_max_kn,
        leg_max_kn=p.leg_max_kn,
        bridge_us=int(p.bridge_max_s) * S_US,
        pause_us=int(p.pause_max_s) * S_US,
        merge_us=int(p.merge_max_s) * S_US,
        lasted=_lasted(p),
    )
    found = meet(window, window.track_points, far, unpack(carried, MEMORY), terms)
    return pl.concat(
        [
            _rows(window, found.events, found.zones, p, "event"),
            _rows(window, found.kept, found.zones, p, "kept"),
            _rows(window, found.ongoing, found.zones, p, "going"),
        ]
    )


def why(event: Mapping[str, Any]) -> str:
    """The meeting in words for the radio."""
    if event["profile"].startswith("gfw"):
        return _encounter_gfw.why(event)
    d = detail(event)
    verb = "have lain" if event["t_end"] is None else "lay"
    kinds = " and ".join(d["classes"])
    return (
        f"{who(event)} ({kinds}) {verb} {d['distance_mean_m']:.0f} m from each other for {hours(d['duration_s'])} h"
        f" at {place(event)}, at {d['mean_speed_kn']:.1f} kn"
    )


def _anchorages_known(window: Window) -> bool:
    """Whether distances from anchorages can be told: ports or anchorages among the zones, or a caller's own column."""
    return bool(zone_keys(window, ("port", "anchorage"))) or window.get("anchorages") is not None


def _lasted(p: Parameters) -> pl.Expr:
    """Whether a run is a meeting: long enough, slow for more than half of the time, not mostly interpolated."""
    long = pl.col("t_last") - pl.col("t_first") >= int(p.duration_min_s) * S_US
    slow = pl.col("slow_ms") > pl.col("ms")
    vouched: pl.Expr = pl.col("made_ms") <= p.made_max_share * pl.col("ms")
    return long & slow & vouched


def _wanted(p: Parameters) -> pl.Expr:
    """Whether an event is one that the profile asks for: of these classes and not too long."""
    short = pl.col("t_last") - pl.col("t_first") <= int(p.duration_max_s) * S_US
    if p.classes != "fishing_carrier":
        return short
    a, b = (
        pl.col(x).str.starts_with("fishing") & (pl.col(y) == "carrier")
        for x, y in (("class_a", "class_b"), ("class_b", "class_a"))
    )
    return short & (a | b)


def _rows(window: Window, found: pl.DataFrame, zones: pl.DataFrame, p: Parameters, role: str) -> pl.DataFrame:
    """Rows of a step: events to publish; or, pending, the pair's meetings so far (kept) or the one going on."""
    if not len(found):
        return nothing()
    known = _anchorages_known(window)
    rows = found.join(zones, on="zone_row", how="left", maintain_order="left")
    kinds = pl.DataFrame({"class_a": window.class_of(rows["mover_a"]), "class_b": window.class_of(rows["mover_b"])})
    rows = pl.concat([rows.with_columns(sure=pl.lit(int(role == "kept"), pl.Int64())), kinds], how="horizontal")
    rows = rows.filter(_wanted(p)) if role == "event" else rows
    if not len(rows):
        return nothing()
    share = pl.when(pl.col("ms") > 0).then(pl.col("made_ms") / pl.col("ms")).otherwise(1.0).round(4)
    movers = [pl.concat_str(pl.lit("mv"), pl.col(c).cast(pl.String)) for c in PAIR]
    numbers = [pl.when(pl.col(c) >= 0).then(c) for c in ("mmsi_a", "mmsi_b")]
    fisher = [pl.col(c).str.starts_with("fishing") for c in ("class_a", "class_b")]
    taker = [pl.col(c).is_in(["carrier", "tanker"]) for c in ("class_a", "class_b")]
    helper = pl.any_horizontal([pl.col(c).is_in(["tug", "supply", "patrol"]) for c in ("class_a", "class_b")])
    transfer = (fisher[0] & taker[1]) | (fisher[1] & taker[0])
    state = pl.when("alive").then(pl.lit("open")).otherwise(pl.lit("closed")) if role == "event" else pl.lit("pending")
    rows = rows.with_columns(
        state=state,
        memory=pl.lit(None, pl.Binary()) if role == "event" else pack({c: rows[c].to_numpy() for c in MEMORY}),
        t_start=instants("t_first"),
        t_end=pl.when(state == "closed").then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(movers),
        mmsi=pl.concat_list(numbers).list.drop_nulls(),
        marks=pl.col("marks").fill_null([]),
        severity=pl.when(helper | (fisher[0] & fisher[1])).then(1).when(transfer).then(3).otherwise(2),
        moored=pl.lit(not known) & (pl.col("shore") >= 0) & (pl.col("shore") < p.anchorage_min_m),
        interpolated_share=share,
        p=(1.0 - share * 0.5).round(4),
        duration_s=(pl.col("t_last") - pl.col("t_first")) // S_US,
        distance_min_m=(pl.col("mm") / 1000).round(0),
        distance_mean_m=(pl.col("mm_ms") / pl.col("ms") / 1000).round(0),
        mean_speed_kn=(pl.col("speed_ms") / pl.col("ms") / 2000 / KN_M_S).round(2),
        classes=pl.concat_list("class_a", "class_b").list.sort(),
        anchorage_known=pl.lit(known),
    )
    rows = rows.with_columns(
        reasons(
            reason("near", "mean distance", pl.col("distance_mean_m"), "m", p.distance_max_m),
            reason("slow", "mean speed", pl.col("mean_speed_kn"), "kn", p.speed_max_kn),
            reason("long", "how long", pl.col("duration_s"), "s", p.duration_min_s),
            reason(
                "interpolated",
                "share of time between reports",
                pl.col("interpolated_share"),
                None,
                p.made_max_share,
                -0.5,
            ),
            reason("transfer", "a fishing vessel and a carrier or tanker", when=transfer),
            reason("near_shore", "near shore, anchorages not known", weight=-1.0, when=pl.col("moored")),
            reason("helper", "a tug, supply or patrol vessel", weight=-1.0, when=helper),
            reason(
                "anchorage_unknown",
                "without zones, distance from anchorages left out",
                weight=0.0,
                when=pl.lit(not known),
            ),
        ),
        evidence=pl.concat_list([rows_of(c, pl.col("t_start"), pl.col("t_end_floor")) for c in PAIR]),
    )
    rows = rows.with_columns(severity=pl.when("moored").then(pl.min_horizontal("severity", 1)).otherwise("severity"))
    return emit(RULE, p, rows)


_NEAR = sea.vessel(mover=412000002, at=(130.0, -9.998), kind="fishing", every_s=480)

CASES = (
    fires(
        "a carrier and a fishing vessel side by side for four hours",
        sea.vessel(kind="carrier").drift(4).sail(4),
        _NEAR.drift(4).sail(4, 270),
    ),
    fires(
        "apart for three hours, then together again: one event",
        sea.vessel().drift(3).sail(1.5, 0).sail(1.5, 180).drift(3).sail(8),
        _NEAR.drift(3).sail(1.5, 180).sail(1.5, 0).drift(3).sail(8, 270),
    ),
    silent("at an anchorage", sea.vessel(anchorage_nmi=2).drift(4), _NEAR.drift(4)),
    silent("a tow at eight knots", sea.vessel().sail(4, speed_kn=8), _NEAR.sail(4, speed_kn=8)),
    silent("reports two hours apart tell nothing", sea.vessel(every_s=7500).drift(9), _NEAR.drift(9), hazard="hole"),
    fires(
        "across 180 degrees and midnight",
        sea.vessel(at=(179.999, -17.0), start="2025-03-01T22:00:00Z").drift(4),
        sea.vessel(mover=412000002, at=(-179.999, -17.0), start="2025-03-01T22:01:00Z").drift(4),
        hazard="antimeridian",
    ),
)
