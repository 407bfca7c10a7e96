"""Mother ship: a slow dhow or fishing vessel with small boats around it that no AIS explains.

Why it matters: attackers far from land live on a taken dhow; their skiffs start from it.
What looks the same: a dhow that fishes with its own skiffs, boats that sell or buy, a village's boats on one ground. It
looks the same from above: so it alerts only in a listed area or near a recent incident, and only when one of the
small boats has run at speed.
Source: Makara's own proposal, to be measured: small unmatched detections within 2 nmi of a slow dhow or fishing vessel
off its own pattern; BMP5 on mother ships.

The mother may transmit, or be a contact itself that stays where it was from look to look. Its pattern is not known to
this rule; that it lies in an area of risk and sends out fast boats stands in its place.
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
    nothing,
    reason,
    reasons,
    rows_of,
)
from makara.behaviours._stays import join_runs
from makara.behaviours._targets import targets
from makara.behaviours._words import detail, hours, place

RULE = Rule(
    kind="mother_ship",
    version="1.1",
    inputs={
        "track_points": 4 * HOUR_S,
        "detections": 2 * HOUR_S,
        "matches": 2 * HOUR_S,
        "zones": 0,
        "vessels": 0,
    },
    parameters=(
        Parameter("near_m", 2 * NMI_M, "small boats are within this of the mother (at most 2 nmi)"),
        Parameter("small_max_m", 12.0, "a boat measured shorter than this is small"),
        Parameter("host_min_m", 12.0, "a mother without AIS is measured longer than this (at least 12 m)"),
        Parameter("host_max_m", 60.0, "and shorter than this"),
        Parameter("slow_max_kn", 4.0, "the mother makes no more than this"),
        Parameter("fast_min_kn", 15.0, "a small boat at this speed was sent out"),
        Parameter("duration_min_s", 30 * MINUTE_S, "from the first to the last small boat seen"),
        Parameter("sightings_min", 3, "sightings of small boats"),
        Parameter("pause_max_s", 3 * HOUR_S, "no small boat for less than this goes on"),
        Parameter("stale_max_s", 2 * HOUR_S, "oldest report of a slow vessel that is dead-reckoned"),
        Parameter("incident_near_m", 50 * NMI_M, "an incident nearer than this counts"),
        Parameter("recent_max_s", 90 * DAY_S, "an incident counts for so long"),
        Parameter("p_dark_min", 0.3, "probability that each detection is a vessel that does not transmit"),
    ),
    profiles={"makara": {}},
    innocent=("fishing_with_skiffs", "trade_at_sea", "boats_of_one_ground"),
    details={
        "host_ais": pl.Boolean(),
        "host_length_m": pl.Float64(),
        "sightings": pl.Int64(),
        "boats": pl.Int64(),
        "fastest_kn": pl.Float64(),
        "duration_s": pl.Int64(),
        "listed": pl.Boolean(),
    },
    by="place",
)

_MINS: Final = ("boat", "boat_neg", "pace_neg")
_SUMS: Final = ("n", "risk", "run_length_dm", "run_lengths", "dark")
_EXTRAS: Final = ("number", "ais", *_SUMS, *_MINS)


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Small boats beside a slow vessel or contact, joined to those just before."""
    contacts, old = recall(carried, _EXTRAS)
    seen = follow(window, contacts, p.p_dark_min)
    hits = _hits(window, seen, p)
    begins = pl.col("t_first") - pl.col("t_prev") > int(p.pause_max_s) * S_US
    firsts = ["lon", "lat", "number", "ais"]
    runs, _ = join_runs(hits, old, ["key"], begins, firsts=firsts, sums={c: pl.col(c) for c in _SUMS}, mins=_MINS)
    if not len(runs):
        return remember(RULE, p, seen.states, runs, _EXTRAS)
    runs = _told(runs, hits, old)
    over = ~pl.col("final") | (pl.col("t_last") + int(p.pause_max_s) * S_US < window.to_us)
    runs = runs.with_columns(over=over)
    kept = runs.filter(~pl.col("over")).with_columns(participants=pl.concat_list("pair", "all"))
    return pl.concat([remember(RULE, p, seen.states, kept, _EXTRAS), _events(runs, p)])


def why(event: Mapping[str, Any]) -> str:
    """The group in words for the radio."""
    d = detail(event)
    host = f"MMSI {event['mmsi'][0]:09d}" if event["mmsi"] else "a vessel without AIS"
    size = "" if d["host_length_m"] is None else f" of about {d['host_length_m']:.0f} m"
    boats = "a small boat" if d["boats"] == 1 else "small boats"
    ran = "" if d["fastest_kn"] < 1 else f", one of them at {d['fastest_kn']:.0f} kn"
    return (
        f"{host}{size} slow at {place(event)} with {boats} around it, {d['sightings']} sightings in"
        f" {hours(d['duration_s'])} h{ran}" + (", in a listed area or near a recent incident" if d["listed"] else "")
    )


def _hits(window: Window, seen: Contacts, p: Parameters) -> pl.DataFrame:
    """Sightings of small boats beside a mother, by the mother (``key``)."""
    length = pl.coalesce(pl.col("length_m").cast(pl.Float64), "length_mean_m")
    small = seen.seen.filter(length < p.small_max_m).with_row_index("boat_row")
    own = seen.behind(small, "key", ("t_prev", "lon_prev", "lat_prev"))
    small = small.with_columns(
        pl.col("boat_row").cast(pl.Int64),
        speed=pl.col("speed_kn").fill_null(0.0),
        marks=own["told"],
        evidence=pl.concat_list(own["shown"], "evidence"),
    )
    large = pl.col("host_length_m").is_between(p.host_min_m, p.host_max_m).fill_null(False)
    dark = small.filter(pl.col("host").is_not_null(), large)
    host = seen.behind(dark, "host", ("host_t", "host_lon", "host_lat"))
    dark = dark.with_columns(
        key="host",
        boat="key",
        lon="host_lon",
        lat="host_lat",
        number=pl.lit(-1, pl.Int64()),
        ais=pl.lit(0, pl.Int64()),
        told=pl.concat_list("marks", host["told"]).list.unique().list.sort(),
        evidence=pl.concat_list("evidence", host["shown"]),
        host_dm=(pl.col("host_length_m") * 10).round().cast(pl.Int64),
    )
    names = seen.names.select("key", host_name=pl.col("participants").list.first())
    dark = dark.join(names, on="key", how="left", maintain_order="left")
    found = targets(window, small, int(p.stale_max_s) * S_US, 2 * p.near_m)
    kinds = window.class_of(found["mover"])
    near = (pl.col("x") ** 2 + pl.col("y") ** 2).sqrt() <= p.near_m
    slow = (pl.col("u") ** 2 + pl.col("v") ** 2).sqrt() <= p.slow_max_kn * KN_M_S
    wanted = kinds.str.starts_with("fishing") | kinds.is_in(["dhow", "small", "unknown"])
    lit = found.filter(wanted).filter(near, slow).join(small, on="boat_row", how="left", maintain_order="left")
    lit = lit.with_columns(
        boat="key",
        key="mover",
        lon=(pl.col("lon") * 1e7).round().cast(pl.Int64),
        lat=(pl.col("lat") * 1e7).round().cast(pl.Int64),
        number="mmsi",
        ais=pl.lit(1, pl.Int64()),
        told=pl.concat_list("marks", "target_marks").list.unique().list.sort(),
        host_dm=pl.lit(0, pl.Int64()),
        host_name=pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String)),
    )
    names_ = ["key", "boat", "lon", "lat", "number", "ais", "told", "host_dm", "host_name", "t", "detection"]
    names_ += ["evidence", "p_dark", "speed"]
    both = pl.concat([dark.select(names_), lit.select(names_)]).sort("t", "detection", "key")
    x, y = both["lon"].to_numpy() / 1e7, both["lat"].to_numpy() / 1e7
    recent = int(p.recent_max_s) * S_US
    risk = risky(window.get("zones"), both["t"].to_numpy(), x, y, p.incident_near_m, recent)
    return both.with_columns(
        t_first="t",
        t_last="t",
        n=pl.lit(1, pl.Int64()),
        risk=pl.Series(risk, dtype=pl.Int64()),
        run_length_dm="host_dm",
        run_lengths=(pl.col("host_dm") > 0).cast(pl.Int64),
        dark=(pl.col("p_dark") * 1000).round().cast(pl.Int64),
        boat_neg=-1 - pl.col("boat"),
        pace_neg=(-pl.col("speed") * 10).round().cast(pl.Int64),
        mark=pl.lit(None, pl.String()),
    )


def _told(runs: pl.DataFrame, hits: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """Runs with ``pair`` (the mother and the first small boat seen), ``all`` detections and ``marks``."""
    told = hits.select("key", "t", marks="told", all="evidence")
    before = old.select("key", "t_first", "marks", all=pl.col("participants").list.slice(2))
    for name in ("all", "marks"):
        runs = runs.join(gathered(runs, told, before, name), on=["key", "t_first"], how="left", maintain_order="left")
    pairs = pl.concat(
        [
            old.select("key", "t_first", pair=pl.col("participants").list.head(2)),
            hits.select("key", "t_first", pair=pl.concat_list("host_name", "detection")),
        ]
    ).unique(["key", "t_first"], keep="first", maintain_order=True)
    return runs.join(pairs, on=["key", "t_first"], how="left", maintain_order="left")


def _events(runs: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for groups seen often and long enough."""
    rows = runs.filter(
        pl.col("t_last") - pl.col("t_first") >= int(p.duration_min_s) * S_US, pl.col("n") >= int(p.sightings_min)
    )
    if not len(rows):
        return nothing()
    fast = pl.col("fastest_kn") >= p.fast_min_kn
    known = pl.col("run_lengths") > 0
    rows = rows.with_columns(
        host_ais=pl.col("ais") > 0,
        host_length_m=pl.when(known).then(pl.col("run_length_dm") / pl.col("run_lengths") / 10).round(1),
        sightings=pl.col("n"),
        boats=pl.when(pl.col("boat") != -1 - pl.col("boat_neg")).then(2).otherwise(1),
        fastest_kn=-pl.col("pace_neg") / 10,
        duration_s=(pl.col("t_last") - pl.col("t_first")) // S_US,
        listed=pl.col("risk") > 0,
    )
    state = pl.when("over").then(pl.lit("closed")).otherwise(pl.lit("open"))
    rows = rows.with_columns(
        state=state,
        t_start=instants("t_first"),
        t_end=pl.when("over").then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants="pair",
        mmsi=pl.concat_list(pl.when(pl.col("number") >= 0).then("number")).list.drop_nulls(),
        p=(pl.col("dark") / pl.col("n") / 1000 * pl.when(fast).then(0.8).otherwise(0.4)).round(4),
        severity=pl.when(pl.col("listed") & fast).then(2).when(pl.col("listed") | fast).then(1).otherwise(0),
    )
    own = pl.concat_list(rows_of("key", pl.col("t_start"), pl.col("t_end_floor")))
    rows = rows.with_columns(
        reasons(
            reason("small_boats", "sightings of small boats beside it", pl.col("sightings"), None, p.sightings_min),
            reason("long", "how long", pl.col("duration_s"), "s", p.duration_min_s),
            reason("several", "more than one small boat", when=pl.col("boats") > 1),
            reason("listed", "in a listed area or near a recent incident", when=pl.col("listed")),
            reason("sent_out", "a small boat at speed", pl.col("fastest_kn"), "kn", p.fast_min_kn, when=fast),
        ),
        evidence=pl.when("host_ais").then(pl.concat_list(own, "all")).otherwise("all"),
    )
    return emit(RULE, p, rows)


def _group(at: tuple[float, float], host_m: float | None, *, speed_kn: float = 0.5, boats_m: float = 7.0) -> Any:
    """Tables of a mother (unless it transmits) and two small boats seen six times in 50 minutes."""
    minutes = (0, 10, 20, 30, 40, 50)
    found = [] if host_m is None else sea.boat("ma", at, minutes, speed_kn=speed_kn, length_m=host_m)
    for k in range(2):
        x, y = destination(*at, 180.0 * k, 0.6 * NMI_M)
        here = float(wrap_lon(float(x))), float(y)
        found += sea.boat(f"sk{k}", here, minutes, speed_kn=speed_kn, length_m=boats_m)
    return sea.unmatched(*found)


CASES = (
    fires("a dhow without AIS and two skiffs for an hour", tables=lambda: _group((130.0, -10.0), 18.0)),
    fires(
        "a fishing vessel with AIS and two skiffs",
        sea.vessel(kind="fishing", start="2025-02-28T23:00:00Z").drift(3),
        tables=lambda: _group((130.005, -10.0), None),
    ),
    silent(
        "a tanker with boats around it",
        sea.vessel(kind="tanker", start="2025-02-28T23:00:00Z").drift(3),
        tables=lambda: _group((130.005, -10.0), None),
    ),
    silent("boats of one size", tables=lambda: _group((130.0, -10.0), 8.0)),
    silent("a fleet on passage", tables=lambda: _group((130.0, -10.0), 18.0, speed_kn=9)),
    fires("across 180 degrees", tables=lambda: _group((179.999, -17.0), 18.0), hazard="antimeridian"),
)
