"""Speed range: a vessel keeps a speed within a range for a while inside an area.

Why it matters: gear is worked at a speed of its own; two to five knots in a closed area or a park is how trawling looks
before any classifier has seen enough, and the rule says so within half an hour.
What looks the same: careful passage, waiting, search and rescue, survey, foul weather, a tow. It weighs neither class
nor licence (zone_entry does), so alone it is of severity 1 in a closed or protected area, and for the record elsewhere.
Source: Skylight's published speed range events (a range from 1 kn up, 20 minutes or more, inside an area of interest).

The speed that decides is the track's own, made good between reports some five minutes apart (or over one longer leg)
and averaged over ten minutes by time: it is there without a reported speed, and cannot be set. Reported speeds are
compared with it (``reported_share``): where they contradict it, it counts for less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from makara.base.units import HOUR_S, KN_M_S, MINUTE_S, S_US
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
    unpack,
)
from makara.behaviours._speeds import made_good, rolling
from makara.behaviours._stays import join_runs
from makara.behaviours._words import detail, hours, place, who
from makara.behaviours._zones import of_kinds

RULE = Rule(
    kind="speed_range",
    version="1.0",
    inputs={"track_points": 6 * HOUR_S, "zones": 0, "vessels": 0},
    parameters=(
        Parameter("lo_kn", 2.0, "the range, from (at least 1)"),
        Parameter("hi_kn", 5.0, "the range, to"),
        Parameter("duration_min_s", 20 * MINUTE_S, "shortest time in the range that is an event"),
        Parameter("mean_s", 10 * MINUTE_S, "the speed is averaged over so long before each report (at most 1 h)"),
        Parameter("bridge_max_s", 2 * HOUR_S, "a longer leg between two reports ends it (at most 2 h)"),
        Parameter("kinds", "closed,mpa,risk", "kinds of zones in which it is looked for"),
    ),
    profiles={"makara": {}},
    innocent=("slow_passage", "waiting", "search_and_rescue", "survey", "weather", "tow"),
    details={
        "zone_kind": pl.String(),
        "zone_name": pl.String(),
        "mean_speed_kn": pl.Float64(),
        "duration_s": pl.Int64(),
        "reports": pl.Int64(),
        "reported_share": pl.Float64(),
        "class": pl.String(),
    },
)

_SUMS: Final = ("ms", "mm", "n", "told", "agreed")
_FIRSTS: Final = ("mover", "mmsi", "lon", "lat")
_MEMORY: Final = ("track", *_FIRSTS, "t_first", "t_last", *_SUMS)


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Stretches in the range that end in the window or last at its end."""
    bridge = min(int(p.bridge_max_s), 2 * HOUR_S) * S_US
    old = unpack(carried, _MEMORY).rename({"scope": "zone"})
    hits, heard = _within(window, p, bridge)
    adds = {
        "ms": (pl.col("t_last") - pl.col("t_first")) // 1000,
        "mm": (pl.col("t_last") - pl.col("t_first")) // 1000 * pl.col("mm_s") // 1000,
        "n": pl.lit(1, pl.Int64()),
        "told": pl.col("told"),
        "agreed": pl.col("agreed"),
    }
    follows = pl.col("t_first") > pl.col("t_prev")
    runs, marks = join_runs(hits, old, ["track", "zone"], follows, firsts=_FIRSTS, sums=adds)
    runs = runs.join(heard, on="track", how="left", maintain_order="left").join(marks, on="run", how="left")
    left = (pl.col("heard") > pl.col("t_last")).fill_null(False) | (pl.col("t_last") + bridge < window.to_us)
    runs = runs.with_columns(
        over=~pl.col("final") | left,
        good=pl.col("t_last") - pl.col("t_first") >= int(p.duration_min_s) * S_US,
    )
    return _rows(window, runs.filter(pl.col("good") | ~pl.col("over")).sort("run"), p)


def why(event: Mapping[str, Any]) -> str:
    """The stretch in words for the radio."""
    d = detail(event)
    verb = "has made" if event["t_end"] is None else "made"
    pace = f"{d['mean_speed_kn']:.1f} kn for {hours(d['duration_s'])} h"
    return f"{who(event)} ({d['class']}) {verb} {pace} in {d['zone_name']} ({d['zone_kind']}), from {place(event)}"


def _within(window: Window, p: Parameters, bridge: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """New legs in the range and inside a zone, a row for each zone; and when each track was heard last."""
    points = window.track_points
    zones = of_kinds(window.get("zones"), p.kinds)
    t = points["t_seen"].to_physical().to_numpy()
    mean = rolling(points, made_good(points, bridge), min(int(p.mean_s), HOUR_S) * S_US, bridge)
    low, high = (v * KN_M_S * 1000 for v in (max(p.lo_kn, 1.0), p.hi_kn))
    at = np.flatnonzero((mean >= low) & (mean <= high) & (t >= window.frm_us))
    at = at[t[at] > t[at - 1]]
    now = pl.DataFrame({"row": at, "zone": points["zones"].gather(at)}).explode("zone")
    now = now.join(zones, on="zone", how="semi", maintain_order="left")
    now = now.with_columns(before=points["zones"].gather(now["row"] - 1))
    now = now.filter(pl.col("before").list.contains(pl.col("zone")))
    at = now["row"].to_numpy()
    lon, lat = (points[c].gather(at - 1) for c in ("lon_deg", "lat_deg"))
    low, high = max(p.lo_kn, 1.0) - 0.5, p.hi_kn + 0.5
    hits = points.select("track", "mover", "mmsi", "mark", "sog_kn")[at].select(
        "track",
        "mover",
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        "mark",
        now["zone"],
        t_last=pl.Series(t[at], dtype=pl.Int64()),
        t_first=pl.Series(t[at - 1], dtype=pl.Int64()),
        lon=(lon * 1e7).round().cast(pl.Int64),
        lat=(lat * 1e7).round().cast(pl.Int64),
        mm_s=pl.Series(mean[at], dtype=pl.Int64()),
        told=pl.col("sog_kn").is_not_null().cast(pl.Int64),
        agreed=pl.col("sog_kn").is_between(low, high).fill_null(False).cast(pl.Int64),
    )
    ends = np.flatnonzero(np.append(points["track"].to_numpy()[1:] != points["track"].to_numpy()[:-1], len(points) > 0))
    return hits, pl.DataFrame({"track": points["track"].gather(ends), "heard": t[ends]})


def _rows(window: Window, runs: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step: stretches long enough are events, others that go on are remembered."""
    if not len(runs):
        return nothing()
    rows = runs.join(of_kinds(window.get("zones"), p.kinds), on="zone", how="left", maintain_order="left").with_columns(
        pack({c: runs[c].to_numpy() for c in _MEMORY}),
        window.class_of(runs["mover"]).alias("class"),
        reported_share=pl.when(pl.col("told") > 0).then(pl.col("agreed") / pl.col("told")).round(3),
    )
    contradicted = (pl.col("reported_share") < 0.5).fill_null(False)
    guarded = pl.col("zone_kind").is_in(["closed", "mpa"]).fill_null(False)
    over = pl.col("over")
    state = pl.when(~pl.col("good")).then(pl.lit("pending")).when(over).then(pl.lit("closed"))
    rows = rows.with_columns(
        state=state.otherwise(pl.lit("open")),
        memory=pl.when(~over).then("memory"),
        scope=pl.col("zone"),
        t_start=instants("t_first"),
        t_end=pl.when(over).then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
        zones=pl.concat_list("zone"),
        marks=pl.col("marks").fill_null([]),
        severity=pl.when(guarded & ~contradicted).then(1).otherwise(0),
        p=pl.when(contradicted).then(0.5).otherwise(0.9),
        mean_speed_kn=(pl.col("mm") / pl.col("ms") / KN_M_S).round(2),
        duration_s=(pl.col("t_last") - pl.col("t_first")) // S_US,
        reports=pl.col("n"),
    )
    rows = rows.with_columns(
        reasons(
            reason("speed_in_range", "mean speed made good", pl.col("mean_speed_kn"), "kn", p.hi_kn),
            reason("lasted", "kept it for", pl.col("duration_s"), "s", p.duration_min_s),
            reason("guarded_zone", "in a closed or protected area", when=guarded),
            reason(
                "reported_speed_differs",
                "share of reported speeds that agree",
                pl.col("reported_share"),
                None,
                0.5,
                -1.0,
                contradicted,
            ),
        ),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_end_floor"))),
    )
    return emit(RULE, p, rows)


def _park(lon: float = 131.0, lat: float = -10.0) -> dict[str, pl.DataFrame]:
    return {"zones": sea.square("zo-park", "mpa", (lon, lat), 0.5)}


CASES = (
    fires(
        "trawls for four hours in a park, between two passages",
        sea.vessel(kind="fishing").sail(4).sail(4, speed_kn=3.5).sail(4),
        tables=_park,
    ),
    fires("still at it", sea.vessel(at=(131.0, -10.0)).sail(1).sail(1, speed_kn=3.0), tables=_park),
    silent("the same outside", sea.vessel(at=(130.0, -11.0)).sail(4).sail(4, speed_kn=3.5).sail(4), tables=_park),
    silent("passes through at 10 kn", sea.vessel().sail(10), tables=_park),
    silent("lies stopped in the park", sea.vessel(at=(131.0, -10.0)).drift(6, speed_kn=0.3), tables=_park),
    fires("heard every 65 min only", sea.vessel(at=(130.6, -10.0), every_s=3900).sail(8, speed_kn=3.0), tables=_park),
    fires(
        "across 180 degrees, with a hole",
        sea.vessel(at=(179.8, -17.0)).sail(2, speed_kn=4).dark(1.5, speed_kn=4).sail(2, speed_kn=4),
        tables=lambda: _park(180.0, -17.0),
        hazard="antimeridian",
    ),
)
