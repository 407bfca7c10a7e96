"""Piracy approach: a fast boat without AIS heads for a merchant vessel far out.

Why it matters: minutes decide; the vessel can still turn away, muster and call.
What looks the same: skiffs of a fishing dhow that run between their nets, curious fishermen, a patrol or pilot boat, a
sport boat; so one sign alone does not alert.
Source: Makara's own proposal, to be measured: 15 kn or more, closest approach of 1 nmi or less within 30 min, on a
vessel under way at 18 kn or less, beyond 12 nmi, in a listed area or near a recent incident; types of BMP5, categories
of ReCAAP, listed areas as dated data.

The boat's motion comes from two looks. The vessel is where its last report, or a later detection that the matching
gives to it, puts it by dead reckoning: only what was known then counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from makara.base.geo import destination, wrap_lon
from makara.base.units import DAY_S, HOUR_S, KN_M_S, MINUTE_S, NMI_M, S_US
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._contacts import Contacts, follow, gathered, recall, remember
from makara.behaviours._risk import risky
from makara.behaviours._rule import (
    Parameter,
    Parameters,
    Rule,
    Window,
    emit,
    instants,
    reason,
    reasons,
    rows_of,
)
from makara.behaviours._stays import join_runs
from makara.behaviours._targets import targets
from makara.behaviours._words import detail, nmi, place, who
from makara.behaviours._zones import holding

RULE = Rule(
    kind="piracy_approach",
    version="1.1",
    inputs={"track_points": 3 * HOUR_S, "detections": 2 * HOUR_S, "matches": 2 * HOUR_S, "zones": 0},
    parameters=(
        Parameter("speed_min_kn", 15.0, "the boat makes this from look to look"),
        Parameter("cpa_max_m", NMI_M, "closest approach"),
        Parameter("tcpa_max_s", 30 * MINUTE_S, "within this time"),
        Parameter("leg_max_s", 20 * MINUTE_S, "longest time between the two looks that tell the boat's motion"),
        Parameter("target_min_kn", 3.0, "the vessel is under way at this"),
        Parameter("target_max_kn", 18.0, "and no faster than this"),
        Parameter("shore_min_m", 12 * NMI_M, "distance of the vessel from shore"),
        Parameter("shore_listed_m", 5 * NMI_M, "the same in a listed area or near an incident: straits are narrow"),
        Parameter("stale_max_s", 40 * MINUTE_S, "oldest report or sighting of the vessel that is dead-reckoned"),
        Parameter("closing_min_kn", 5.0, "speed of the boat relative to the vessel"),
        Parameter("pause_max_s", 30 * MINUTE_S, "a new approach after this is a new event"),
        Parameter("incident_near_m", 50 * NMI_M, "an incident nearer than this counts"),
        Parameter("recent_max_s", 90 * DAY_S, "an incident counts for so long"),
        Parameter("length_max_m", 20.0, "a boat measured longer than this is none of these"),
        Parameter("p_dark_min", 0.3, "probability that each detection is a vessel that does not transmit"),
    ),
    profiles={"makara": {}},
    innocent=("fishing_skiffs", "curious_fishermen", "patrol_without_ais", "pilot_boat", "sport_boat"),
    details={
        "boats": pl.Int64(),
        "looks": pl.Int64(),
        "speed_kn": pl.Float64(),
        "cpa_m": pl.Float64(),
        "tcpa_s": pl.Int64(),
        "length_m": pl.Float64(),
        "shore_m": pl.Float64(),
        "listed": pl.Boolean(),
    },
    by="place",
)

_MINS: Final = ("cpa", "tcpa", "boat", "boat_neg", "pace_neg")
_EXTRAS: Final = ("number", "shore", "n", "risk", "run_length_dm", "run_lengths", "dark", *_MINS)


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Approaches seen in the window, joined to those just before."""
    contacts, old = recall(carried, _EXTRAS)
    seen = follow(window, contacts, p.p_dark_min)
    hits = _hits(window, seen, p)
    sums = {c: pl.col(c) for c in ("n", "risk", "run_length_dm", "run_lengths", "dark")}
    begins = pl.col("t_first") - pl.col("t_prev") > int(p.pause_max_s) * S_US
    firsts = ["lon", "lat", "number", "shore"]
    runs, _ = join_runs(hits, old, ["key"], begins, firsts=firsts, sums=sums, mins=_MINS)
    if not len(runs):
        return remember(RULE, p, seen.states, runs, _EXTRAS)
    told = hits.select("key", t="t_last", marks="told", all="evidence")
    for name in ("all", "marks"):
        before = old.select("key", "t_first", "marks", all="participants")
        runs = runs.join(gathered(runs, told, before, name), on=["key", "t_first"], how="left", maintain_order="left")
    over = ~pl.col("final") | (pl.col("t_last") + int(p.pause_max_s) * S_US < window.to_us)
    runs = runs.with_columns(over=over)
    kept = runs.filter(~pl.col("over")).with_columns(participants="all")
    return pl.concat([remember(RULE, p, seen.states, kept, _EXTRAS), _events(window, runs, p)])


def why(event: Mapping[str, Any]) -> str:
    """The approach in words for the radio."""
    d = detail(event)
    one = d["boats"] == 1
    boats, head = ("a boat", "heads") if one else ("several boats", "head")
    soon = "now" if d["tcpa_s"] < MINUTE_S else f"in {d['tcpa_s'] / MINUTE_S:.0f} min"
    listed = ", in a listed area or near a recent incident" if d["listed"] else ""
    return (
        f"{boats} without AIS at {d['speed_kn']:.0f} kn {head} for {who(event)} at {place(event)}: closest approach"
        f" {nmi(d['cpa_m'])} nmi {soon}{listed}"
    )


def _hits(window: Window, seen: Contacts, p: Parameters) -> pl.DataFrame:
    """Looks at which a fast boat was on its way to a vessel, by the vessel's number (``key``)."""
    leg = pl.col("t") - pl.col("t_prev") <= int(p.leg_max_s) * S_US
    small = (pl.col("length_mean_m") < p.length_max_m).fill_null(True)
    fast = seen.seen.filter(pl.col("speed_kn") >= p.speed_min_kn, leg, small).with_row_index("boat_row")
    found = targets(window, fast, int(p.stale_max_s) * S_US, p.tcpa_max_s * p.target_max_kn * KN_M_S + 40 * NMI_M)
    both = found.join(fast.with_columns(pl.col("boat_row").cast(pl.Int64)), on="boat_row", how="left")
    vx, vy = pl.col("east") / 1000 - pl.col("u"), pl.col("north") / 1000 - pl.col("v")
    x, y = pl.col("x"), pl.col("y")  # from the vessel to the boat, metres
    pace = (vx**2 + vy**2).sqrt()
    both = both.with_columns(pace=pace, own=(pl.col("u") ** 2 + pl.col("v") ** 2).sqrt() / KN_M_S)
    after = pl.max_horizontal(pl.lit(0.0), -(x * vx + y * vy) / pl.col("pace") ** 2)
    both = both.with_columns(after=after).with_columns(
        miss=((x + vx * pl.col("after")) ** 2 + (y + vy * pl.col("after")) ** 2).sqrt()
    )
    near = both.filter(
        pl.col("pace") >= p.closing_min_kn * KN_M_S,
        pl.col("after") <= p.tcpa_max_s,
        pl.col("miss") <= p.cpa_max_m,
        pl.col("own").is_between(p.target_min_kn, p.target_max_kn),
    )
    risk = risky(
        window.get("zones"),
        near["t"].to_numpy(),
        near["lon"].to_numpy(),
        near["lat"].to_numpy(),
        p.incident_near_m,
        int(p.recent_max_s) * S_US,
    )
    near = near.with_columns(pl.Series("risk", risk, dtype=pl.Int64()))
    shore = pl.when(pl.col("risk") > 0).then(p.shore_listed_m).otherwise(p.shore_min_m)
    near = near.filter((pl.col("shore_m") >= shore).fill_null(True))
    near = pl.concat([near, seen.behind(near, "key", ("t_prev", "lon_prev", "lat_prev"))], how="horizontal")
    known = pl.col("length_m").is_not_null()
    return near.sort("t", "detection", "mover").select(
        evidence=pl.concat_list("shown", "evidence"),
        key="mover",
        t_first="t",
        t_last="t",
        lon=(pl.col("lon") * 1e7).round().cast(pl.Int64),
        lat=(pl.col("lat") * 1e7).round().cast(pl.Int64),
        number="mmsi",
        shore=pl.col("shore_m").round().cast(pl.Int64).fill_null(-1),
        n=pl.lit(1, pl.Int64()),
        risk="risk",
        run_length_dm=pl.when(known).then((pl.col("length_m") * 10).round().cast(pl.Int64)).otherwise(0),
        run_lengths=known.cast(pl.Int64),
        dark=(pl.col("p_dark") * 1000).round().cast(pl.Int64),
        cpa=pl.col("miss").round().cast(pl.Int64),
        tcpa=pl.col("after").round().cast(pl.Int64),
        boat="key",
        boat_neg=-1 - pl.col("key"),
        pace_neg=(-pl.col("speed_kn") * 10).round().cast(pl.Int64),
        mark=pl.lit(None, pl.String()),
        told=pl.concat_list("told", "target_marks").list.unique().list.sort(),
    )


def _events(window: Window, runs: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for approaches."""
    lon, lat = runs["lon"].to_numpy() / 1e7, runs["lat"].to_numpy() / 1e7
    zones = window.get("zones")
    inside = pl.Series("zones", [[]] * len(runs), dtype=pl.List(pl.String()))
    if zones is not None and len(zones):
        inside = holding(zones, lon, lat)
    several = pl.col("boat") != -1 - pl.col("boat_neg")
    known = pl.col("run_lengths") > 0
    rows = runs.with_columns(
        inside.alias("zones"),
        boats=pl.when(several).then(2).otherwise(1),
        looks=pl.col("n"),
        listed=pl.col("risk") > 0,
        length_m=pl.when(known).then(pl.col("run_length_dm") / pl.col("run_lengths") / 10).round(1),
    ).with_columns(steady=pl.col("n") > pl.col("boats"))
    two = pl.col("listed").cast(pl.Int64) + pl.col("steady").cast(pl.Int64) + (pl.col("boats") > 1).cast(pl.Int64)
    rows = rows.with_columns(
        signs=two,
        state=pl.when("over").then(pl.lit("closed")).otherwise(pl.lit("open")),
        t_start=instants("t_first"),
        t_end=pl.when("over").then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.Series(lon),
        lat_deg=pl.Series(lat),
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("key").cast(pl.String))),
        mmsi=pl.concat_list(pl.when(pl.col("number") >= 0).then("number")).list.drop_nulls(),
        speed_kn=-pl.col("pace_neg") / 10,
        cpa_m=pl.col("cpa").cast(pl.Float64),
        tcpa_s=pl.col("tcpa"),
        shore_m=pl.when(pl.col("shore") >= 0).then("shore"),
        p=(pl.col("dark") / pl.col("n") / 1000 * (0.4 + 0.2 * two)).round(4),
        severity=pl.when((two >= 3) & pl.col("listed")).then(4).when((two >= 2) & pl.col("listed")).then(3)
        .when(two >= 2).then(2).when(two == 1).then(1).otherwise(0),
    )  # fmt: skip
    rows = rows.with_columns(
        reasons(
            reason("fast", "the boat's speed", pl.col("speed_kn"), "kn", p.speed_min_kn),
            reason("approach", "closest approach", pl.col("cpa_m"), "m", p.cpa_max_m),
            reason("listed", "in a listed area or near a recent incident", when=pl.col("listed")),
            reason("several", "more than one boat", when=pl.col("boats") > 1),
            reason("steady", "look after look on its way to the vessel", pl.col("looks"), when=pl.col("steady")),
            reason("one_sign", "one sign alone: fishing skiffs look the same", weight=-1.0, when=pl.col("signs") < 2),
        ),
        evidence=pl.concat_list(
            rows_of("key", pl.col("t_start") - pl.duration(seconds=int(p.stale_max_s)), pl.col("t_end_floor")), "all"
        ),
    )
    return emit(RULE, p, rows)


_SHIP: Final = sea.vessel(kind="cargo", every_s=300).sail(2, speed_kn=12)
"""A ship on course 90 that is off 130 E at midnight."""


def _attack(at: tuple[float, float], *boats: str, minutes: tuple[int, ...] = (0, 5, 10, 15), risk: bool = True) -> Any:
    """Tables of boats that come from the north at 24 kn to meet the ship an hour later, 12 nmi on."""
    found = []
    for k, name in enumerate(boats):
        x, y = destination(*at, 90.0 - 0.5 * k, 12 * NMI_M)
        x, y = destination(x, y, 0.0, 8 * NMI_M)
        start = "2025-03-01T00:40:00Z"
        found += sea.boat(
            name, (float(wrap_lon(float(x))), float(y)), minutes, course_deg=180, speed_kn=24, start=start
        )
    listed = {"zones": sea.square("zo-risk", "risk", at, 0.5)} if risk else {}
    return {**sea.unmatched(*found), **listed}


CASES = (
    fires("two boats run at a ship in a listed area", _SHIP, tables=lambda: _attack((130.0, -10.0), "a", "b")),
    fires("one boat, no listed area: for the record", _SHIP, tables=lambda: _attack((130.0, -10.0), "a", risk=False)),
    silent("one look tells no speed", _SHIP, tables=lambda: _attack((130.0, -10.0), "a", minutes=(5,))),
    silent(
        "near the coast",
        sea.vessel(kind="cargo", off_nmi=4, every_s=300).sail(2, speed_kn=12),
        tables=lambda: _attack((130.0, -10.0), "a", "b"),
    ),
    silent(
        "the ship lies still, as the mother of fishing skiffs does",
        sea.vessel(at=(130.2, -10.0), kind="fishing", every_s=300).drift(2),
        tables=lambda: _attack((130.0, -10.0), "a", "b"),
    ),
    silent(
        "the ship was last heard an hour ago",
        sea.vessel(kind="cargo", every_s=300, start="2025-02-28T23:30:00Z").sail(0.1, speed_kn=12).dark(3).sail(1),
        tables=lambda: _attack((130.0, -10.0), "a", "b"),
        hazard="hole",
    ),
    fires(
        "across 180 degrees",
        sea.vessel(at=(179.85, -17.0), kind="cargo", every_s=300).sail(2, speed_kn=12),
        tables=lambda: _attack((179.85, -17.0), "a", "b"),
        hazard="antimeridian",
    ),
)
