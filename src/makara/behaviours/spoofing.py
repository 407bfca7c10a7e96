"""Spoofing: positions that cannot be true.

Why it matters: a vessel that states a false place hides a port call, a cargo or a catch; whole areas of false places
mean that satellite navigation is jammed or spoofed there, and nobody's AIS can be trusted until it ends.
What looks the same: a receiver whose clock is wrong and a satellite that delivers old positions as new (both checked
first), another ship under the same number, a broken sensor, rivers and canals, a survey ship or a tug that does circle.
Source: Bergman 2021 on circles, SeaSpoofFinder on interference; thresholds are Makara's own proposal.

Five kinds, told apart by ``details.what``: **jump** (away and back, faster than any hull; the mover is followed, since
segmentation splits its track), **area** (a jump that others make from the same place to the same place), **circle**
(reports on one circle, all around it, for hours), **frozen** (speed and course, or the place under way, do not change)
and **on_land**. A jump whose false places are a circle is of severity 1, since the circle is told. A jump that the
false ship is heard to outlive was another ship: then the event is withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.geo import distance_m
from makara.base.units import DAY_S, HOUR_S, KN_M_S, MINUTE_S, NMI_M, S_US
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._chains import RETURN_S, heads, split
from makara.behaviours._false_places import alike, circles, excursions, held, jumps
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
from makara.behaviours._stays import join_runs, marks_of
from makara.behaviours._words import detail, hours, nmi, place, who

RULE = Rule(
    kind="spoofing",
    version="1.0",
    inputs={"track_points": 2 * DAY_S, "tracks": 2 * DAY_S},
    parameters=(
        Parameter("speed_min_kn", 50.0, "no hull jumps away and back at more than this"),
        Parameter("distance_min_m", 10 * NMI_M, "shortest jump"),
        Parameter("away_max_s", DAY_S, "longest time away (at most 24 h)"),
        Parameter("away_min_s", 20 * MINUTE_S, "shortest time over which false places are reported"),
        Parameter("reports_min", 3, "fewest reports away"),
        Parameter("settle_s", 6 * HOUR_S, "heard on within this after or before, it was another ship (at most 6 h)"),
        Parameter("area_others_min", 2, "so many others that jump alike make it interference of an area"),
        Parameter("area_source_max_m", 60 * NMI_M, "jumps alike begin within this"),
        Parameter("area_goal_max_m", 20 * NMI_M, "and end within this"),
        Parameter("area_span_max_s", 3 * HOUR_S, "and come within this of each other (at most 3 h)"),
        Parameter("circle_span_s", 6 * HOUR_S, "reports of so long a time lie on the circle (at most 12 h)"),
        Parameter("circle_least_s", 2 * HOUR_S, "shortest time on a circle"),
        Parameter("circle_reports_min", 8, "fewest reports on a circle"),
        Parameter("circle_radius_min_m", 500.0, "smaller circles are ships that swing at anchor"),
        Parameter("circle_radius_max_m", 15_000.0, "larger ones are not looked for"),
        Parameter("circle_off_share", 0.03, "largest deviation from the circle (root mean square), of its radius"),
        Parameter("circle_open_deg", 120.0, "widest part of the circle without a report"),
        Parameter("under_way_min_kn", 2.0, "slower, neither a circle nor a frozen report means anything"),
        Parameter("frozen_least_s", 2 * HOUR_S, "shortest time of equal speeds and courses (at most 6 h)"),
        Parameter("frozen_reports_min", 20, "fewest equal reports"),
        Parameter("stuck_least_s", 30 * MINUTE_S, "shortest time at one place while under way (at most 6 h)"),
        Parameter("stuck_reports_min", 5, "fewest reports from that place"),
        Parameter("land_least_s", 30 * MINUTE_S, "shortest time on land (at most 6 h)"),
        Parameter("land_reports_min", 5, "fewest reports on land"),
        Parameter("land_distance_min_m", 10_000.0, "shortest way made good on land: rivers and quays are shorter"),
    ),
    profiles={"makara": {}},
    innocent=("number_shared", "late_delivery", "sensor_fault", "river_or_canal", "survey_or_tow"),
    details={
        "what": pl.String(),
        "reports": pl.Int64(),
        "distance_max_m": pl.Float64(),
        "speed_min_kn": pl.Float64(),
        "lon_false_deg": pl.Float64(),
        "lat_false_deg": pl.Float64(),
        "radius_m": pl.Float64(),
        "others": pl.Int64(),
        "follows": pl.String(),
        "on_land": pl.Boolean(),
    },
    by="place",
)

Ints = NDArray[np.int64]
WHAT: Final = ("circle", "frozen", "stuck", "on_land")
_QUIET: Final = 3 * HOUR_S * S_US
_SPAN: Final = 6 * HOUR_S * S_US
_JUMP_SPAN: Final = 6 * HOUR_S * S_US
_MEMORY: Final = ("track", "what", "mover", "mmsi", "t_first", "t_last", "lon", "lat", "n", "ashore", "mm")


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Jumps away and back, and stretches of false places that end in the window or last at its end."""
    points = window.track_points
    return pl.concat([_jump_rows(window, _away(window, points, p), p), _stretches(window, points, carried, p)])


def why(event: Mapping[str, Any]) -> str:
    """The false places in words for the radio."""
    d, name = detail(event), f"{who(event)} at {place(event)}"
    if d["what"] in ("jump", "area"):
        also = f"; {d['others']} others jumped alike" if d["what"] == "area" else ""
        return (
            f"{name} was suddenly reported {nmi(d['distance_max_m'])} nmi away, {d['reports']} times, and back again;"
            f" no hull makes the {d['speed_min_kn']:.0f} kn that this takes{also}"
        )
    if d["what"] == "circle":
        return f"{name} reported {d['reports']} places on one circle of {nmi(d['radius_m'])} nmi: not where it is"
    if d["what"] == "on_land":
        return f"{name} reported {d['reports']} places on land"
    lasted = (event["t_end_floor"] - event["t_start"]).total_seconds()
    still = "its place while under way" if d["what"] == "stuck" else "speed and course"
    return f"{name} has not changed {still} in {d['reports']} reports over {hours(lasted)} h"


def _away(window: Window, points: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Excursions whose return lies in the window, or is too fresh in it to be sure, with those that jumped alike."""
    speed, far = p.speed_min_kn * KN_M_S, p.distance_min_m
    rows, chains = split(points, window.get("tracks"), speed, far)
    first = heads(chains)
    known, number = np.unique(chains[first], return_inverse=True)
    chain = np.repeat(number, np.diff(np.append(first, chains.size)))
    t, who_ = points["t_seen"].to_physical().to_numpy()[rows], points["mover"].to_numpy()[rows]
    lon, lat = points["lon_deg"].to_numpy()[rows], points["lat_deg"].to_numpy()[rows]
    settle = min(int(p.settle_s), 6 * HOUR_S) * S_US
    a, b, again, pace, way = excursions(
        who_, chain, t, lon, lat, known.size, speed, far,
        min(int(p.away_max_s), RETURN_S) * S_US, int(p.away_min_s) * S_US, p.reports_min, settle,
    )  # fmt: skip
    keep = (again >= window.to_us) & (t[b] + settle >= window.frm_us)
    a, b, pace, way = a[keep], b[keep], pace[keep], way[keep]
    row = jumps(who_, chain, t, lon, lat, speed, far, _JUMP_SPAN)
    row = row[np.lexsort((who_[row], t[row]))]
    asked = np.flatnonzero(np.isin(row, a + 1))
    others, first = alike(
        who_[row], t[row], lon[row - 1], lat[row - 1], lon[row], lat[row], asked,
        min(int(p.area_span_max_s), 3 * HOUR_S) * S_US, p.area_source_max_m, p.area_goal_max_m,
    )  # fmt: skip
    told = pl.DataFrame(
        {"first_row": row[asked], "others": others, "leader": who_[row][np.maximum(first, 0)] * (first >= 0)}
    )
    ashore_now = (points["shore_m"].gather(rows) <= 0.0).fill_null(False).to_numpy()
    ashore = np.cumsum(np.append(0, ashore_now))
    found = pl.DataFrame({"first_row": a + 1, "pace": pace, "way": way, "t_back": t[b], "reports": b - a - 1})
    found = found.with_columns(
        pl.Series("over", t[b] + settle < window.to_us),
        pl.Series("t_first", t[a + 1]),
        pl.Series("t_last", t[b - 1]),
        pl.Series("t_left", t[a]),
        pl.Series("lon_deg", lon[a]),
        pl.Series("lat_deg", lat[a]),
        pl.Series("lon_false_deg", lon[a + 1]),
        pl.Series("lat_false_deg", lat[a + 1]),
        pl.Series("on_land", 2 * (ashore[b] - ashore[a + 1]) > b - a - 1),
        points["zones"].gather(rows[a]),
        points["mover"].gather(rows[a]),
        points["mmsi"].gather(rows[a]),
    )
    found = found.join(told, on="first_row", how="left", maintain_order="left")
    each = found.select(
        "first_row", row=pl.int_ranges(pl.col("first_row") - 1, pl.col("first_row") + pl.col("reports") + 1)
    )
    each = each.explode("row")
    marks = marks_of(each.select("first_row", points["mark"].gather(rows[each["row"].to_numpy()])), "first_row")
    found = found.join(marks, on="first_row", how="left", maintain_order="left")
    found = found.with_columns(pl.col("others", "leader").fill_null(0), pl.col("marks").fill_null([]))
    return _ringed(points, found, p)


def _jump_rows(window: Window, found: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for jumps."""
    if not len(found):
        return nothing()
    area = pl.col("others") >= p.area_others_min
    led = area & (pl.col("leader") != 0)
    rows = found.with_columns(what=pl.when(area).then(pl.lit("area")).otherwise(pl.lit("jump"))).with_columns(
        scope=pl.col("what"),
        state=pl.when("over").then(pl.lit("closed")).otherwise(pl.lit("open")),
        t_start=instants("t_first"),
        t_end=pl.when("over").then(instants("t_last")),
        t_end_floor=instants("t_last"),
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list("mmsi").list.drop_nulls(),
        p=pl.when(area).then(0.95).otherwise(0.85),
        severity=pl.when(led | (~area & pl.col("ringed"))).then(1).when(area).then(3).otherwise(2),
        distance_max_m=pl.col("way").round(0),
        speed_min_kn=(pl.col("pace") / KN_M_S).round(1),
        radius_m=pl.lit(None, pl.Float64()),
        follows=pl.when(led).then(pl.concat_str(pl.lit("mv"), pl.col("leader").cast(pl.String))),
        lon_false_deg=pl.col("lon_false_deg").round(7),
        lat_false_deg=pl.col("lat_false_deg").round(7),
        evidence=pl.concat_list(rows_of("mover", instants("t_left"), instants("t_back"))),
    )
    rows = rows.with_columns(
        reasons(
            reason("no_hull", "least speed of both jumps", pl.col("speed_min_kn"), "kn", p.speed_min_kn),
            reason("far", "longest jump", pl.col("distance_max_m"), "m", p.distance_min_m),
            reason("away", "reports from there", pl.col("reports"), None, p.reports_min),
            reason("others_alike", "others jumped alike", pl.col("others"), None, p.area_others_min, when=area),
            reason("follows", "another led: told there", weight=-1.0, when=led),
            reason("ringed", "the places are a circle: told there", weight=-1.0, when=pl.col("ringed")),
            reason("on_land", "most of these places are on land", when=pl.col("on_land")),
        )
    )
    return emit(RULE, p, rows)


def _stretches(window: Window, points: pl.DataFrame, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Circles, frozen reports and reports from land, joined over a few hours."""
    hits = _hits(window, points, p)
    old = unpack(carried.filter(pl.col("memory").is_not_null()), _MEMORY)
    old = old.with_row_index("k").with_columns(zone_row=-1 - pl.col("k").cast(pl.Int64))
    if not len(hits) + len(old):
        return nothing()
    runs, marks = join_runs(
        hits.drop("zones"),
        old,
        ("track", "what"),
        pl.col("t_last") - pl.col("t_prev") > _QUIET,
        firsts=("mover", "mmsi", "lon", "lat", "zone_row"),
        sums={"n": pl.when("new").then("n").otherwise(1), "ashore": pl.col("ashore")},
        mins=("mm",),
    )
    zones = pl.concat([hits.select("zone_row", "zones"), old.select("zone_row", "zones")])
    runs = runs.with_columns(over=~pl.col("final") | (pl.col("t_last") + _QUIET < window.to_us))
    runs = runs.join(marks, on="run", how="left").join(zones, on="zone_row", how="left").sort("run")
    names = pl.Series(WHAT)
    rows = runs.with_columns(pack({c: runs[c].to_numpy() for c in _MEMORY}), names.gather(runs["what"]).alias("what"))
    circle = pl.col("what") == "circle"
    rows = rows.with_columns(
        scope=pl.col("what"),
        state=pl.when("over").then(pl.lit("closed")).otherwise(pl.lit("open")),
        t_start=instants("t_first"),
        t_end=pl.when("over").then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
        marks=pl.col("marks").fill_null([]),
        severity=pl.when(circle).then(2).when(pl.col("what") == "on_land").then(0).otherwise(1),
        p=pl.when(circle).then(0.9),
        reports=pl.col("n"),
        distance_max_m=pl.lit(None, pl.Float64()),
        speed_min_kn=pl.lit(None, pl.Float64()),
        lon_false_deg=pl.lit(None, pl.Float64()),
        lat_false_deg=pl.lit(None, pl.Float64()),
        radius_m=pl.when(circle).then((pl.col("mm") / 1000).round(0)),
        others=pl.lit(0, pl.Int64()),
        follows=pl.lit(None, pl.String()),
        on_land=pl.col("ashore") > 0,
        memory=pl.when(~pl.col("over")).then("memory"),
    )
    texts = {
        "circle": "reports lie on one circle",
        "frozen": "speed and course do not change",
        "stuck": "under way at one and the same place",
        "on_land": "reports from land",
    }
    rows = rows.with_columns(
        reasons(*(reason(c, text, pl.col("reports"), when=pl.col("what") == c) for c, text in texts.items())),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_end_floor"))),
    )
    return emit(RULE, p, rows)


def _hits(window: Window, points: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """New reports that end a circle or something frozen or a way on land."""
    track, t = points["track"].to_numpy(), points["t_seen"].to_physical().to_numpy()
    lon, lat = points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy()
    sog = points["sog_kn"].to_numpy()
    cog = points["cog_deg"].to_numpy()
    ashore = points["shore_m"].to_numpy() <= 0.0
    moves = sog >= p.under_way_min_kn
    found = [(0, *_rings(points, window.frm_us, p))]

    def stays(same: Any, least: float, n: int) -> tuple[Ints, Ints]:
        now = np.append(False, same)[: t.size]
        rows: tuple[Ints, Ints] = held(now, track, t, window.frm_us, _SPAN, min(int(least) * S_US, _SPAN), n, _QUIET)
        return rows

    at = (lon[1:] == lon[:-1]) & (lat[1:] == lat[:-1])
    steady = (sog[1:] == sog[:-1]) & (cog[1:] == cog[:-1]) & moves[1:] & ~at
    found.append((1, *stays(steady, p.frozen_least_s, p.frozen_reports_min), None))
    found.append((2, *stays(at & moves[1:] & moves[:-1], p.stuck_least_s, p.stuck_reports_min), None))
    rows, starts = stays(ashore[1:] & ashore[:-1], p.land_least_s, p.land_reports_min)
    far = distance_m(lon[starts], lat[starts], lon[rows], lat[rows]) >= p.land_distance_min_m
    found.append((3, rows[far], starts[far], None))
    what = np.concatenate([np.full(f[1].size, f[0]) for f in found]).astype(np.int64)
    row, start = (np.concatenate([f[k] for f in found]).astype(np.int64) for k in (1, 2))
    mm = np.concatenate([f[3] if f[3] is not None else np.zeros(f[1].size, np.int64) for f in found])
    return points[row].select(
        "track",
        pl.Series("what", what),
        "mover",
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        pl.Series("t_first", t[start]),
        pl.Series("t_last", t[row]),
        pl.Series("lon", np.round(lon[start] * 1e7).astype(np.int64)),
        pl.Series("lat", np.round(lat[start] * 1e7).astype(np.int64)),
        pl.Series("zone_row", np.arange(row.size, dtype=np.int64)),
        pl.Series("n", row - start + 1),
        pl.Series("ashore", ashore[row].astype(np.int64)),
        pl.Series("mm", mm),
        "zones",
        "mark",
    )


def _rings(points: pl.DataFrame, frm_us: int, p: Parameters) -> tuple[Any, Any, Any]:
    """Reports since an instant that end a circle, rows: where they are, where it began, its radius (mm)."""
    found: tuple[Any, Any, Any] = circles(
        points["track"].to_numpy(), points["t_seen"].to_physical().to_numpy(), points["lon_deg"].to_numpy(),
        points["lat_deg"].to_numpy(), points["sog_kn"].to_numpy(), frm_us,
        min(int(p.circle_span_s), 12 * HOUR_S) * S_US, int(p.circle_least_s) * S_US, p.circle_reports_min,
        p.under_way_min_kn, p.circle_radius_min_m, p.circle_radius_max_m, p.circle_off_share, p.circle_open_deg,
    )  # fmt: skip
    return found


def _ringed(points: pl.DataFrame, found: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Excursions with ``ringed``: the false places are a circle, which is an event of its own."""
    some = points.filter(pl.col("mover").is_in(found["mover"].unique().implode()))
    ends = some[_rings(some, np.iinfo(np.int64).min, p)[0]].select("mover", at=pl.col("t_seen").to_physical())
    inside = pl.col("at").is_between("t_first", "t_last")
    both = found.select("first_row", "mover", "t_first", "t_last").join(ends, on="mover").filter(inside)
    return found.with_columns(ringed=pl.col("first_row").is_in(both["first_row"].unique().implode()))


_FALSE = sea.vessel(track=2, at=(134.0, -12.0), start="2025-03-01T03:05:00Z").sail(3, 30, 6)
_RING = sea.vessel(at=(130.0, -10.0), every_s=300)


def _ring(v: Any, turns: int) -> Any:
    """Round and round in legs of ten minutes."""
    for k in range(24 * turns):
        v = v.sail(1 / 6, 15.0 * k, 6)
    return v


def _alike(k: int) -> tuple[Any, Any]:
    """One of several ships in one bay that all appear at one airport."""
    begin = f"2025-03-01T03:{5 + 7 * k:02d}:00Z"
    here = sea.vessel(mover=412000010 + k, track=10 + k, at=(130.0 + 0.1 * k, -10.0))
    there = sea.vessel(mover=412000010 + k, track=20 + k, at=(134.0 + 0.01 * k, -12.0), start=begin)
    return here.sail(3).dark(5).sail(3), there.drift(4, 0, 0.2)


CASES = (
    fires("appears 200 nmi away for four hours and is back", sea.vessel(track=1).sail(3).dark(5).sail(3), _FALSE),
    fires("three ships of one bay jump to one place", *_alike(0), *_alike(1), *_alike(2), events=3),
    fires("goes round on one perfect circle for eight hours", _ring(_RING, 2)),
    silent("swings at anchor", sea.vessel(at=(130.0, -10.0)).sail(0.2).drift(12, 45, 0.02)),
    silent(
        "another ship under that number is heard on",
        sea.vessel(track=1).sail(3).dark(5).sail(3),
        _FALSE.sail(3, 90, 5),
    ),
    silent("one jump: the number moved to a new ship", sea.vessel(track=1).sail(3), _FALSE),
    fires(
        "jumps away and back across 180 degrees and midnight",
        sea.vessel(track=1, at=(179.5, -17.0), start="2025-03-01T20:00:00Z").sail(3).dark(5).sail(3),
        sea.vessel(track=2, at=(-176.0, -19.0), start="2025-03-01T23:05:00Z").sail(3, 30, 6),
        hazard="antimeridian",
    ),
)
