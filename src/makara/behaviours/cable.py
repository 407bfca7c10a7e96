"""Cable: a vessel behaves over a subsea cable as if it worked on it, or dragged an anchor over it.

Why it matters: cables carry nearly all traffic between continents and the power of islands; an anchor dragged over one
cuts it in minutes, and who was there in that hour is the first question.
What looks the same: waiting for a pilot or a berth where cables land, fishing over the line, a storm, engine trouble, a
survey or the cable ship itself, a charted line that is off by a mile.
Source: Makara's own proposal, after the public accounts of the Baltic Sea in 2024: one ship crossed two cables with an
anchor down, slower than its own passage for hours; another dragged its anchor along a bundle of them.

Two indicators or more within twelve hours make an event: slow against its own median of the 6 h before while within a
mile; two crossings; drift in water that anchors reach; a silence that reception does not explain and in which it could
have crossed. Passing over a cable once is nothing.

The depth is that of the points (``depth_m``; in a lake from ETOPO5, a grid of 5 arc minutes, coarse near shores and on
slopes); where these bear none it is the attribute ``depth_m`` of the cable's zone; where neither is known, a drift is
told but not counted. A cable whose zone says that it is buried deep (``burial_m``) is harder to hit: one step less
severe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.units import DAY_S, HOUR_S, KN_M_S, MINUTE_S, NMI_M, S_US
from makara.behaviours._cables import SPAN_US, Lines, laid, speeds, stretch, usual_speeds
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._derived import base, members
from makara.behaviours._points import rows_at
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
from makara.behaviours._stays import join_runs
from makara.behaviours._words import detail, hours, place, who

RULE = Rule(
    kind="cable",
    version="1.1",
    inputs={"track_points": DAY_S, "zones": 0, "vessels": 0, "events:gap": DAY_S},
    parameters=(
        Parameter("distance_max_m", 1.0 * NMI_M, "nearer a cable than this counts as above it"),
        Parameter("slow_share", 0.6, "slow: below this share of its own median speed of the 6 h before"),
        Parameter("way_min_kn", 3.0, "a vessel whose median of 6 h is below this was not on passage: never slow"),
        Parameter("slow_min_s", 20 * MINUTE_S, "shortest slow stretch that is an indicator (at most 6 h)"),
        Parameter("drift_speed_kn", 1.0, "drifts: below this"),
        Parameter("drift_min_s", 30 * MINUTE_S, "shortest drift that is an indicator (at most 6 h)"),
        Parameter("depth_max_m", 200.0, "deeper than this, no anchor reaches the cable"),
        Parameter("burial_min_m", 3.0, "buried deeper than this, few anchors reach it: one step less severe"),
        Parameter("anchorage_min_m", 10_000.0, "nearer an anchorage than this, slow and drift are not counted"),
        Parameter("shore_min_m", 3 * NMI_M, "nearer the shore neither: ships call where cables land"),
        Parameter("bridge_max_s", 2 * HOUR_S, "reports farther apart than this do not make one stretch"),
        Parameter("cross_max_s", 12 * HOUR_S, "two crossings within this are an indicator (at most 12 h)"),
        Parameter("cross_speed_kn", 1.0, "slower than this a vessel swings or drifts: it does not cross"),
        Parameter("gap_p_min", 0.85, "a gap counts when reception does not explain it with this probability"),
        Parameter("gap_speed_kn", 10.0, "speed at which a silent vessel may have gone to the cable"),
        Parameter("gap_max_s", DAY_S, "in a silence longer than this, everything is within reach: not counted"),
        Parameter("quiet_max_s", 12 * HOUR_S, "indicators farther apart than this are not one event (at most 12 h)"),
    ),
    profiles={"makara": {}},
    innocent=("waits_for_pilot", "fishing", "weather", "engine_trouble", "cable_work", "charted_line_is_off"),
    details={
        "indicators": pl.List(pl.String()),
        "cable_name": pl.String(),
        "nearest_m": pl.Float64(),
        "crossings": pl.Int64(),
        "slow_s": pl.Int64(),
        "usual_kn": pl.Float64(),
        "slowest_kn": pl.Float64(),
        "drift_s": pl.Int64(),
        "depth_known": pl.Boolean(),
        "burial_m": pl.Float64(),
        "gaps": pl.Int64(),
        "class": pl.String(),
    },
)

Ints = NDArray[np.int64]
_KEYS: Final = ("track", "line")
_FIRSTS: Final = ("mover", "mmsi", "lon", "lat", "zone_row")
_FLAGS: Final = ("slow", "crossed", "twice", "drift", "deep_unknown", "gap")
_MINS: Final = ("mm", "less_slow", "less_drift", "least", "less_usual")
_MEMORY: Final = ("track", "mover", "mmsi", "t_first", "t_last", "lon", "lat", *_FLAGS, *_MINS)
_FAR: Final = 10**9
"""Stands for no distance (mm) or speed (tenths) yet, where the least is kept."""


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Spells of indicators over a cable that end in the window or last at its end."""
    zones = window.get("zones")
    if zones is None or not len(zones):
        return nothing()
    lines = Lines.of(zones.filter(pl.col("kind") == "cable"), p.distance_max_m)
    types = {"scope": pl.String(), "line": pl.Int64()}
    number = pl.DataFrame({"scope": lines.keys, "line": range(len(lines.keys))}, schema=types)
    old = unpack(carried, _MEMORY).join(number, on="scope", maintain_order="left")
    old = old.with_row_index("k").with_columns(zone_row=-1 - pl.col("k").cast(pl.Int64))
    hits = _hits(window, lines, laid(zones, lines.keys, "depth_m"), p) if len(lines.keys) else None
    if hits is None or not len(hits) + len(old):
        return nothing()
    quiet = min(int(p.quiet_max_s), 12 * HOUR_S) * S_US
    runs, marks = join_runs(
        hits.drop("zones"),
        old,
        _KEYS,
        pl.col("t_last") - pl.col("t_prev") > quiet,
        firsts=_FIRSTS,
        sums={c: pl.col(c) for c in _FLAGS},
        mins=_MINS,
    )
    both = pl.concat([hits.select("zone_row", "zones"), old.select("zone_row", "zones")])
    runs = runs.join(marks, on="run", how="left").join(both, on="zone_row", how="left").sort("run")
    said = [pl.col(c) > 0 for c in ("slow", "twice", "drift", "gap")]
    runs = runs.with_columns(
        over=~pl.col("final") | (pl.col("t_last") + quiet < window.to_us),
        n=pl.sum_horizontal(c.cast(pl.Int64) for c in said),
    ).filter((pl.col("n") >= 2) | ~pl.col("over"))
    named = number.rename({"scope": "zone"}).join(zones.select("zone", "name"), on="zone", how="left")
    named = named.with_columns(
        pl.Series("burial_m", laid(zones, named["zone"].to_list(), "burial_m"), nan_to_null=True)
    )
    return _rows(window, runs.join(named.unique("line"), on="line", how="left", maintain_order="left"), p)


def why(event: Mapping[str, Any]) -> str:
    """The spell in words for the radio."""
    d = detail(event)
    told = []
    if "slow" in d["indicators"]:
        told.append(f"slowed to {d['slowest_kn']:.1f} kn from its usual {d['usual_kn']:.1f}")
    if "crossings" in d["indicators"]:
        told.append(f"crossed it {d['crossings']} times")
    if "drift" in d["indicators"]:
        told.append(f"drifted {hours(d['drift_s'])} h in water that anchors reach")
    if "gap" in d["indicators"]:
        told.append("fell silent within reach of it")
    return f"{who(event)} ({d['class']}) over cable {d['cable_name']} near {place(event)}: {', '.join(told)}"


def _hits(window: Window, lines: Lines, laid_m: Any, p: Parameters) -> pl.DataFrame:
    """New reports that add to an indicator, one row a report, cable and indicator; ``laid_m``: depths of the cables."""
    points = window.track_points.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    track, t = points["track"].to_numpy(), points["t_seen"].to_physical().to_numpy()
    lon, lat = points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy()
    sog = points["sog_kn"].to_numpy()
    row, line, mm = lines.near(lon, lat, p.distance_max_m)
    usual, speed = usual_speeds(row, track, t, lon, lat, sog)
    away = points["anchorage_m"].gather(row).fill_null(np.inf).to_numpy() >= p.anchorage_min_m
    away &= points["shore_m"].gather(row).fill_null(np.inf).to_numpy() >= p.shore_min_m
    depth = points["depth_m"].gather(row).cast(pl.Float64).fill_null(np.nan).to_numpy()
    depth = np.where(np.isnan(depth), laid_m[line], depth)
    slow = away & (usual >= p.way_min_kn * 10) & (speed >= 0) & (speed < p.slow_share * usual)
    drift = away & (speed >= 0) & (speed < p.drift_speed_kn * 10) & ~(depth > p.depth_max_m)
    bridge = int(p.bridge_max_s) * S_US
    order = np.lexsort((row, line))
    back = np.argsort(order)
    spent = [stretch(row[order], line[order], flag[order], track, t, bridge)[back] for flag in (slow, drift)]
    near = pl.DataFrame({"row": row, "line": line, "mm": mm, "tenths": speed, "usual": usual})
    near = near.with_columns(
        pl.Series("slow_us", spent[0]), pl.Series("drift_us", spent[1]), pl.Series("known", np.isfinite(depth))
    )
    near = near.with_columns(
        slow=pl.col("slow_us") >= min(int(p.slow_min_s) * S_US, SPAN_US),
        drift=pl.col("drift_us") >= min(int(p.drift_min_s) * S_US, SPAN_US),
    ).filter(pl.col("slow") | pl.col("drift"))
    flags = near.select(
        "row",
        "line",
        "mm",
        slow=pl.col("slow").cast(pl.Int64),
        drift=(pl.col("drift") & pl.col("known")).cast(pl.Int64),
        deep_unknown=(pl.col("drift") & ~pl.col("known")).cast(pl.Int64),
        less_slow=-pl.when("slow").then("slow_us").otherwise(0),
        less_drift=-pl.when("drift").then("drift_us").otherwise(0),
        least=pl.when("slow").then("tenths").otherwise(_FAR),
        less_usual=-pl.when("slow").then("usual").otherwise(0),
    )
    told = pl.concat([flags, _crossings(lines, track, t, lon, lat, sog, p)], how="diagonal_relaxed")
    told = told.join(_point(points, told["row"].unique()), on="row", how="left", maintain_order="left")
    told = told.with_columns(t_last=pl.col("t"), t_first=pl.col("t")).drop("t")
    found = pl.concat([told, _gaps(window, lines, points, p)], how="diagonal_relaxed")
    blank = dict.fromkeys((*_FLAGS, "less_slow", "less_drift", "less_usual"), 0) | {"mm": _FAR, "least": _FAR}
    found = found.with_columns(pl.col(c).cast(pl.Int64).fill_null(v) for c, v in blank.items())
    found = found.filter(pl.col("t_last") >= window.frm_us).sort("track", "line", "t_last", *_FLAGS)
    return found.with_row_index("zone_row").with_columns(pl.col("zone_row").cast(pl.Int64)).drop("row")


def _point(points: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """What an event needs of some reports."""
    return points[rows.sort()].select(
        "row",
        "track",
        "mover",
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        pl.col("t_seen").to_physical().alias("t"),
        (pl.col("lon_deg") * 1e7).round().cast(pl.Int64).alias("lon"),
        (pl.col("lat_deg") * 1e7).round().cast(pl.Int64).alias("lat"),
        "zones",
        "mark",
    )


def _crossings(lines: Lines, track: Ints, t: Ints, lon: Any, lat: Any, sog: Any, p: Parameters) -> pl.DataFrame:
    """Crossings of a cable; ``twice`` where the one before is not long ago."""
    within = min(int(p.cross_max_s), 12 * HOUR_S) * S_US
    row, line, _ = lines.crossed(track, t, lon, lat, SPAN_US)
    fast = speeds(row, track, t, lon, lat, sog) >= p.cross_speed_kn * 10
    found = pl.DataFrame({"row": row[fast], "line": line[fast]}).with_columns(
        pl.Series("track", track[row[fast]]), pl.Series("at", t[row[fast]])
    )
    found = found.sort("track", "line", "row")
    same = (pl.col("track") == pl.col("track").shift(1)) & (pl.col("line") == pl.col("line").shift(1))
    soon = pl.col("at") - pl.col("at").shift(1) <= within
    found = found.with_columns(crossed=pl.lit(1), twice=(same & soon).fill_null(False).cast(pl.Int64))
    each = found.group_by("row", "line", maintain_order=True).agg(pl.col("crossed").sum(), pl.col("twice").max())
    return each.with_columns(mm=pl.lit(0, pl.Int64()))


def _gaps(window: Window, lines: Lines, points: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Gaps that ended in the window, that reception does not explain, and in which a cable was within reach."""
    found = base(window, "gap").filter(
        pl.col("t_end").is_not_null() & (pl.col("t_end") < window.to) & (pl.col("p") >= p.gap_p_min),
        pl.col("t_end") - pl.col("t_start") <= pl.duration(seconds=int(p.gap_max_s)),
        pl.col("t_end") >= window.frm,
    )
    gaps = members(found).select("mover", "t_start", pl.col("t_end").alias("t_seen"), "lon_deg", "lat_deg", "marks")
    when = gaps["t_seen"].to_physical().to_numpy()
    at = rows_at(points["mover"].to_numpy(), points["t_seen"].to_physical().to_numpy(), gaps["mover"].to_numpy(), when)
    back = _point(points, pl.Series(at).unique()).with_columns(t_seen=instants("t"))
    ends = gaps.join(back, on=["mover", "t_seen"])
    ends = ends.sort("mover", "t_seen", "row").unique(["mover", "t_start"], keep="first", maintain_order=True)
    way = (ends["t"] - ends["t_start"].to_physical()).to_numpy() / S_US * p.gap_speed_kn * KN_M_S
    x, y = ends["lon"].to_numpy() / 1e7, ends["lat"].to_numpy() / 1e7
    row, line = lines.within_way(ends["lon_deg"].to_numpy(), ends["lat_deg"].to_numpy(), x, y, way)
    return ends[row].select(
        "track",
        "mover",
        "mmsi",
        pl.col("t_start").to_physical().alias("t_first"),
        pl.col("t").alias("t_last"),
        (pl.col("lon_deg") * 1e7).round().cast(pl.Int64).alias("lon"),
        (pl.col("lat_deg") * 1e7).round().cast(pl.Int64).alias("lat"),
        "zones",
        "mark",
        pl.Series("line", line),
        gap=pl.lit(1, pl.Int64()),
    )


def _rows(window: Window, runs: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step: spells with two indicators are events, others that go on are remembered."""
    if not len(runs):
        return nothing()
    over, enough = pl.col("over"), pl.col("n") >= 2
    fisher = pl.col("class").str.starts_with("fishing")
    buried = (pl.col("burial_m") >= p.burial_min_m).fill_null(False)
    known = {"slow": "slow", "twice": "crossings", "drift": "drift", "gap": "gap"}
    rows = runs.with_columns(
        pack({c: runs[c].to_numpy() for c in _MEMORY}),
        window.class_of(runs["mover"]).alias("class"),
        indicators=pl.concat_list(pl.when(pl.col(c) > 0).then(pl.lit(s)) for c, s in known.items()).list.drop_nulls(),
        any_slow=pl.col("slow") > 0,
    ).with_columns(
        state=pl.when(~enough).then(pl.lit("pending")).when(over).then(pl.lit("closed")).otherwise(pl.lit("open")),
        scope=pl.col("zone"),
        t_start=instants("t_first"),
        t_end=pl.when(over).then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        marks=pl.col("marks").fill_null([]),
        severity=pl.when(fisher & (pl.col("n") == 2)).then(1).when(pl.col("n") >= 3).then(3).otherwise(2)
        - buried.cast(pl.Int64),
        cable_name=pl.col("name").fill_null(pl.col("zone")),
        nearest_m=pl.when(pl.col("mm") < _FAR).then(pl.col("mm") / 1000).round(0),
        crossings=pl.col("crossed"),
        slow_s=-pl.col("less_slow") // S_US,
        usual_kn=pl.when("any_slow").then(-pl.col("less_usual") / 10),
        slowest_kn=pl.when("any_slow").then(pl.col("least") / 10),
        drift_s=-pl.col("less_drift") // S_US,
        depth_known=pl.col("deep_unknown") == 0,
        gaps=pl.col("gap"),
    )
    rows = rows.with_columns(
        reasons(
            reason(
                "slow", "slow against its own 6 h median", pl.col("slow_s"), "s", p.slow_min_s, when=pl.col("any_slow")
            ),
            reason("crossings", "crossings within 12 h", pl.col("crossed"), None, 2, when=pl.col("twice") > 0),
            reason(
                "drift",
                "drifts where anchors reach",
                pl.col("drift_s"),
                "s",
                p.drift_min_s,
                when=pl.col("drift") > 0,
            ),
            reason(
                "depth_unknown",
                "drifts, but the depth is not known: not counted",
                pl.col("drift_s"),
                "s",
                p.drift_min_s,
                0.0,
                ~pl.col("depth_known"),
            ),
            reason("gap", "a silence in which it could have crossed", pl.col("gap"), when=pl.col("gap") > 0),
            reason("buried", "buried so deep", pl.col("burial_m"), "m", p.burial_min_m, -0.5, buried),
            reason("fishing_vessel", "known as a fishing vessel: gear, not an anchor", weight=-1.0, when=fisher),
        ),
        memory=pl.when(~over).then("memory"),
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
        zones=pl.concat_list(pl.col("zones").fill_null([]), pl.concat_list("zone")).list.unique().list.sort(),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_end_floor"))),
    )
    return emit(RULE, p, rows)


def _cable(lon: float = 130.5, lat: float = -10.0) -> dict[str, pl.DataFrame]:
    return {"zones": sea.line("zo-cable", "cable", [(lon, lat - 1.0), (lon, lat + 1.0)])}


_SLOWS = sea.vessel(kind="cargo", off_nmi=20).sail(2.8, speed_kn=10)

CASES = (
    fires(
        "slows over a cable, turns and crosses it again",
        _SLOWS.sail(1, 90, 4).sail(1, 270, 4).sail(3, 180),
        tables=_cable,
    ),
    silent("crosses a cable on passage", sea.vessel(kind="cargo").sail(8), tables=_cable),
    silent("slows over a cable once", _SLOWS.sail(0.5, 90, 4).sail(3), tables=_cable),
    silent(
        "the same manoeuvre off an anchorage where the cable lands",
        sea.vessel(kind="cargo", anchorage_nmi=2).sail(2.8).sail(1, 90, 4).sail(0.5, 270, 4).sail(3, 180),
        tables=_cable,
    ),
    silent(
        "drifts back and forth over it where no depth is known",
        sea.vessel(kind="cargo", at=(130.49, -10.0)).drift(2, 90, 0.9).drift(2, 270, 0.9),
        tables=_cable,
    ),
    fires(
        "across 180 degrees and midnight",
        sea.vessel(kind="cargo", at=(179.5, -17.0), start="2025-03-01T21:30:00Z")
        .sail(2.8)
        .sail(1, 90, 4)
        .sail(1, 270, 4)
        .sail(3, 180),
        tables=lambda: _cable(180.0, -17.0),
        hazard="antimeridian",
    ),
)
