"""Drifting: a vessel under way without command, carried by wind and current.

Why it matters: an engine that failed off a coast is an oil spill in hours, and a tug needs hours to get there; the crew
does not always call. A hull left to drift is also how goods are dropped and fished up.
What looks the same: waiting for orders or a berth with the engine stopped, a trawler at its gear, fishing with a sea
anchor, dynamic positioning, a tow, dragging an anchor, a strong tide on the bow, a gyro that is wrong. So it is of
severity 1 at most (0 for fishing vessels and small craft, who drift at work), and 2 only within reach of a coast or a
structure for an hour or more.
Source: the European Maritime Safety Agency's automated behaviour monitoring (drift: slow, course off the heading);
Makara's own thresholds.

A ship that steers goes where its bow points, give or take her leeway; one that drifts lies across wind and sea. Without
wind and current data, a report speaks of drifting where its course over ground differs from its heading by 30 degrees
or more at 0.3 to 3 kn; so must four in five of half an hour, while the track makes good a drift that is steady: at
least half of the reported speeds, and in that range itself. Vessels that report no heading are not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit

from makara.base.units import HOUR_S, KN_M_S, MINUTE_S, NMI_M, S_US
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
from makara.behaviours._speeds import arrays, flat_m, steady
from makara.behaviours._stays import join_runs
from makara.behaviours._words import detail, hours, nmi, place, who

RULE = Rule(
    kind="drifting",
    version="1.0",
    inputs={"track_points": 4 * HOUR_S, "zones": 0, "vessels": 0},
    parameters=(
        Parameter("speed_min_kn", 0.3, "a drift is at least so fast; slower is lying still"),
        Parameter("speed_max_kn", 3.0, "and at most so fast, with wind and current"),
        Parameter("off_heading_min_deg", 30.0, "course over ground differs from the heading by at least this"),
        Parameter("off_heading_share", 0.8, "share of reports of which that must be true"),
        Parameter("reports_min", 4, "fewer reports with course and heading than this do not show a drift"),
        Parameter("duration_min_s", 30 * MINUTE_S, "shortest drift that is an event (at most 1 h)"),
        Parameter("bridge_max_s", 2 * HOUR_S, "a longer time between two reports ends it (at most 3 h)"),
        Parameter("anchorage_min_m", 3000.0, "nearer a port or an anchorage than this, it is waiting"),
        Parameter("danger_m", 5 * NMI_M, "nearer the shore than this for an hour, someone should look"),
    ),
    profiles={"makara": {}},
    innocent=(
        "waiting_for_orders",
        "handling_gear",
        "sea_anchor",
        "dynamic_positioning",
        "tow",
        "dragging_anchor",
        "strong_tide",
        "gyro_fault",
    ),
    details={
        "mean_speed_kn": pl.Float64(),
        "distance_m": pl.Float64(),
        "off_heading_deg": pl.Float64(),
        "duration_s": pl.Int64(),
        "reports": pl.Int64(),
        "shore_m": pl.Float64(),
        "class": pl.String(),
    },
)

_SUMS: Final = ("ms", "mm", "n", "angle", "told")
_FIRSTS: Final = ("mover", "mmsi", "lon", "lat", "zone_row")
_MEMORY: Final = ("track", "mover", "mmsi", "lon", "lat", "t_first", "t_last", "shore", *_SUMS)
_FAR: Final = 10_000_000
"""Stands for an unknown distance from shore in memory, metres."""
_AT_WORK: Final = ("fishing", "small", "tug")


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Drifts that end in the window or last at its end."""
    span, bridge = min(int(p.duration_min_s), HOUR_S) * S_US, min(int(p.bridge_max_s), 3 * HOUR_S) * S_US
    hits, zones, heard = _adrift(window, p, span, bridge)
    old = unpack(carried, _MEMORY).with_row_index("k").with_columns(zone_row=-1 - pl.col("k").cast(pl.Int64))
    ms = (pl.col("t_last") - pl.col("since")) // 1000
    adds = {
        "ms": ms,
        "mm": ms * pl.col("mm_s") // 1000,
        "n": pl.lit(1, pl.Int64()),
        "angle": pl.col("angle"),
        "told": pl.when("new").then("known").otherwise(1),
    }
    follows = pl.col("t_first") > pl.col("t_prev")
    runs, marks = join_runs(hits, old, ["track"], follows, firsts=_FIRSTS, sums=adds, mins=("shore",))
    if not len(runs):
        return nothing()
    runs = runs.join(heard, on="track", how="left", maintain_order="left").join(marks, on="run", how="left")
    passed = (pl.col("heard") > pl.col("t_last") + span).fill_null(False)
    both = pl.concat([zones, old.select("zone_row", "zones")])
    runs = runs.join(both, on="zone_row", how="left").with_columns(
        over=~pl.col("final") | passed | (pl.col("t_last") + bridge < window.to_us),
        good=pl.col("told") >= p.reports_min,
    )
    runs = runs.filter(pl.col("good") | ~pl.col("over")).sort("run")
    return _rows(window, runs, p) if len(runs) else nothing()


def why(event: Mapping[str, Any]) -> str:
    """The drift in words for the radio."""
    d = detail(event)
    verb = "has drifted" if event["t_end"] is None else "drifted"
    off = "" if d["shore_m"] is None else f", at the nearest {nmi(d['shore_m'])} nmi off"
    far = f"{nmi(d['distance_m'])} nmi in {hours(d['duration_s'])} h at {d['mean_speed_kn']:.1f} kn"
    bow = f"its course {d['off_heading_deg']:.0f} degrees off its heading"
    return f"{who(event)} ({d['class']}) {verb} {far} from {place(event)}, {bow}{off}"


@njit(cache=True)
def _drifts(
    track: Any, t: Any, lon: Any, lat: Any, sog: Any, cog: Any, heading: Any,
    low: float, high: float, off: float, share: float, span: int, bridge: int, frm: int,
) -> Any:  # fmt: skip
    """Rows that end a drift of one span: speed made good (mm/s, 0 if none), the row where it began, its angle, and of
    how many reports course and heading were known."""
    n = t.size
    speed = np.zeros(n, np.int32)
    begin = np.zeros(n, np.int32)
    angle = np.zeros(n, np.int16)
    judged = np.zeros(n, np.int32)
    loose = np.zeros(n, np.bool_)
    j = known = free = fast = 0
    for i in range(n):
        told = sog[i] >= 0.0 and cog[i] >= 0.0 and heading[i] >= 0.0
        if told:
            d = abs((cog[i] - heading[i] + 540.0) % 360.0 - 180.0)
            angle[i] = round(d)
            loose[i] = d >= off and low <= sog[i] <= high
        if i == 0 or track[i] != track[i - 1] or t[i] - t[i - 1] > bridge:
            j = i
            known = free = fast = 0
        if told:
            known += 1
            fast += round(sog[i] * 10.0)
            free += loose[i]
        while j + 1 < i and t[j + 1] <= t[i] - span:
            if sog[j] >= 0.0 and cog[j] >= 0.0 and heading[j] >= 0.0:
                known -= 1
                fast -= round(sog[j] * 10.0)
                free -= loose[j]
            j += 1
        if t[i] < frm or not loose[i] or t[i] - t[j] < span or known < 2 or free < share * known:
            continue
        made = flat_m(lon[j], lat[j], lon[i], lat[i]) / ((t[i] - t[j]) / 1e6) / KN_M_S
        if low <= made <= high and made >= 0.05 * fast / known:
            speed[i] = round(made * KN_M_S * 1000.0)
            begin[i] = j
            judged[i] = known
    return speed, begin, angle, judged


def _adrift(window: Window, p: Parameters, span: int, bridge: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """New reports at the end of a drift of one span; their zones by row; and when each track was heard last."""
    points = window.track_points
    track, t, lon, lat = arrays(points)
    told = (steady(points[c]) for c in ("sog_kn", "cog_deg", "heading_deg"))
    limits = (p.speed_min_kn, p.speed_max_kn, p.off_heading_min_deg, p.off_heading_share)
    speed, begin, angle, judged = _drifts(track, t, lon, lat, *told, *limits, span, bridge, window.frm_us)
    at = np.flatnonzero(speed)
    first = begin[at]
    since = np.where(t[at] - t[at - 1] >= span, t[at - 1], t[at] - span)
    hits = points[at].select(
        "track",
        "mover",
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        "mark",
        "anchorage_m",
        "zones",
        shore=pl.col("shore_m").round().cast(pl.Int64).fill_null(_FAR),
        zone_row=pl.int_range(pl.len(), dtype=pl.Int64),
        t_last=pl.Series(t[at], dtype=pl.Int64()),
        t_first=pl.Series(since, dtype=pl.Int64()),
        lon=pl.Series(np.round(lon[first] * 1e7), dtype=pl.Int64()),
        lat=pl.Series(np.round(lat[first] * 1e7), dtype=pl.Int64()),
        mm_s=pl.Series(speed[at], dtype=pl.Int64()),
        angle=pl.Series(angle[at], dtype=pl.Int64()),
        known=pl.Series(judged[at], dtype=pl.Int64()),
    )
    waiting = (pl.col("anchorage_m") < p.anchorage_min_m).fill_null(False)
    hits = hits.filter(~waiting & ~touches("zones", zone_keys(window, ("port", "anchorage"))))
    ends = np.flatnonzero(np.append(track[1:] != track[:-1], t.size > 0))
    heard = pl.DataFrame({"track": points["track"].gather(ends), "heard": t[ends]})
    return hits.drop("zones", "anchorage_m"), hits.select("zone_row", "zones"), heard


def _rows(window: Window, runs: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step: runs shown by reports enough are events, others that go on are remembered."""
    rows = runs.with_columns(
        pack({c: runs[c].to_numpy() for c in _MEMORY}),
        window.class_of(runs["mover"]).alias("class"),
        shore_m=pl.when(pl.col("shore") < _FAR).then(pl.col("shore")).cast(pl.Float64),
        exposed=touches("zones", zone_keys(window, ("infrastructure",))),
    )
    lasted = pl.col("t_last") - pl.col("t_first")
    near = (pl.col("shore_m") < p.danger_m).fill_null(False)
    at_work = pl.col("class").str.starts_with("fishing") | pl.col("class").is_in(_AT_WORK)
    danger = (near | pl.col("exposed")) & (lasted >= HOUR_S * S_US)
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
        severity=pl.when(at_work).then(0).when(danger).then(2).otherwise(1),
        p=pl.lit(0.8),
        mean_speed_kn=(pl.col("mm") / pl.col("ms") / KN_M_S).round(2),
        distance_m=(pl.col("mm") / 1000).round(0),
        off_heading_deg=(pl.col("angle") / pl.col("n")).round(0),
        duration_s=lasted // S_US,
        reports=pl.col("told"),
    )
    rows = rows.with_columns(
        reasons(
            reason(
                "off_heading",
                "course over ground off the heading by",
                pl.col("off_heading_deg"),
                "deg",
                p.off_heading_min_deg,
            ),
            reason("slow_and_steady", "drift made good", pl.col("mean_speed_kn"), "kn", p.speed_max_kn),
            reason("near_shore", "near the shore", pl.col("shore_m"), "m", p.danger_m, when=near),
            reason("structure", "beside infrastructure", when=pl.col("exposed")),
            reason("drifts_at_work", "vessels of this class drift at work", weight=-1.0, when=at_work),
        ),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_end_floor"))),
    )
    return emit(RULE, p, rows)


_ADRIFT = sea.vessel(kind="tanker").sail(3).adrift(3, course_deg=60, speed_kn=0.8, heading_deg=170).sail(2)

CASES = (
    fires("a tanker loses her engine for three hours", _ADRIFT),
    fires(
        "still adrift, two miles off a coast",
        sea.vessel(kind="cargo", off_nmi=2).sail(2).adrift(2, course_deg=60, heading_deg=350),
    ),
    silent("slow, but she goes where she points", sea.vessel().sail(2).adrift(3, 60, 1.5, heading_deg=70).sail(2)),
    silent("the same, near an anchorage", sea.vessel(anchorage_nmi=1.0).sail(2).adrift(3, 60, heading_deg=170)),
    silent("for a quarter of an hour only", sea.vessel(every_s=120).sail(2).adrift(0.25, 60, heading_deg=170).sail(2)),
    silent("no heading is reported", sea.vessel().sail(2).drift(3, 60, 0.8).sail(2)),
    fires(
        "across 180 degrees and midnight",
        sea.vessel(at=(179.6, -17.0), start="2025-03-01T20:00:00Z").sail(2).adrift(6, 90, 1.5, heading_deg=0),
        hazard="antimeridian",
    ),
)
