"""Fishing: a vessel moves as those do that work a gear, position by position, and where.

Why it matters: fishing where it is closed, or without a licence, is what most patrols are for; knowing when gear was in
the water turns a track into evidence and effort.
What looks the same: survey lines, dredging, sailing to windward, towing, drifting while waiting, handling gear without
fishing. So it is for the record (severity 0), notable (1) in a closed or protected area where no authorisation is
known (or only one for other gear: the classifier's gear is a hint), and of severity 2 there only for a vessel known to
fish, when the classifier is sure and it lasted over an hour.
Source: Kroodsma et al. 2018 and de Souza et al. 2016 for the method; Global Fishing Watch for how positions are joined.

Each position of a fishing vessel, or of one of unknown class, gets the probability that it is fishing and with what
gear, from speeds, turning and tortuosity over half an hour to half a day (docs/models/fishing.md: data, figures,
limits). It is settled an hour after the position, never by what comes later than that. Between ``1 - p_min`` and
``p_min`` the rule abstains: such a position neither begins nor ends anything. A gear is named only where its share is
large enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit

from makara.base.geo import distance_scalar
from makara.base.units import HOUR_S, KN_M_S, MINUTE_S, S_US
from makara.behaviours._activity import GEARS, activity
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._kinematics import AHEAD_S, REACH_S, SLOT_S
from makara.behaviours._licences import licensed, marked
from makara.behaviours._points import changes, list_changes
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
from makara.behaviours._stays import join_runs
from makara.behaviours._words import detail, hours, place, who

_SPLIT_S: Final = 2 * HOUR_S

RULE = Rule(
    kind="fishing",
    version="1.1",
    inputs={
        "track_points": REACH_S + AHEAD_S + _SPLIT_S,
        "tracks": 0,
        "zones": 0,
        "vessels": 0,
        "authorisations": 0,
    },
    parameters=(
        Parameter("p_min", 0.6, "a fishing vessel's position is fishing from this probability on"),
        Parameter("p_unknown_min", 0.8, "the same for a vessel of unknown class"),
        Parameter("split_m", 10_000.0, "positions farther apart than this are not one event"),
        Parameter("split_s", _SPLIT_S, "nor those further apart in time (at most 2 h)"),
        Parameter(
            "join_m", 2000.0, "other positions between two that fish part them, unless these are as near as this"
        ),
        Parameter("join_s", HOUR_S, "and this close in time"),
        Parameter("duration_min_s", 20 * MINUTE_S, "shortest event"),
        Parameter("points_min", 6, "fewest positions of an event"),
        Parameter("distance_min_m", 500.0, "shortest way of an event"),
        Parameter("squid_distance_min_m", 50.0, "the same where squid is jigged"),
        Parameter("speed_max_kn", 10.0, "an event's mean speed is below this"),
        Parameter("gear_min", 0.6, "a gear is named where its share of the event's probability is at least this"),
        Parameter("sure_min", 0.8, "mean probability from which an event is sure"),
        Parameter("sure_s", HOUR_S, "time in a closed or protected area from which an event is sure"),
    ),
    profiles={"makara": {}},
    innocent=("survey", "dredging", "sailing", "towing", "drifting", "handling_gear", "licence_not_received"),
    details={
        "gear": pl.String(),
        "gear_share": pl.Float64(),
        "class": pl.String(),
        "positions": pl.Int64(),
        "duration_s": pl.Int64(),
        "distance_m": pl.Float64(),
        "mean_speed_kn": pl.Float64(),
        "guarded_s": pl.Int64(),
        "authorised": pl.Boolean(),
        "licence_gear": pl.String(),
    },
)

GEAR_WORDS: Final = {
    "trawl": "trawling",
    "longline": "longlining",
    "purse_seine": "purse seining",
    "squid_jigger": "jigging for squid",
    "fixed_gear": "working nets, lines or pots",
}
_SUMS: Final = ("ms", "mm", "guarded_ms", "n", "p_milli", *GEARS)
_ADDED: Final = ("ms", "mm", "n", "p_milli", *GEARS)
"""What a compiled pass adds up, position by position."""
_FIRSTS: Final = ("mover", "mmsi", "lon", "lat")
_MEMORY: Final = ("track", "mover", "mmsi", "t_first", "t_last", "lon", "lat", *_SUMS)


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Fishing that ends in the window, or lasts at its end."""
    guarded = zone_keys(window, ("closed", "mpa"))
    split = min(int(p.split_s), _SPLIT_S)
    hits = _hits(window, guarded, split, p)
    old = unpack(carried, _MEMORY)
    runs, marks = join_runs(hits, old, ["track"], pl.col("begins"), firsts=_FIRSTS, sums=_adds())
    if not len(runs):
        return nothing()
    over = ~pl.col("final") | (pl.col("t_last") + (split + AHEAD_S) * S_US <= window.to_us)
    runs = runs.join(marks, on="run", how="left").with_columns(over=over)
    runs = _events(runs, p).filter(pl.col("good") | ~pl.col("over")).sort("run")
    return _rows(window, runs.join(_zones(runs, hits, old), on="run", how="left").sort("run"), guarded, p)


def why(event: Mapping[str, Any]) -> str:
    """The event in words for the radio."""
    d = detail(event)
    what = GEAR_WORDS.get(d["gear"], "fishing, gear not told")
    verb = "moves" if event["t_end"] is None else "moved"
    where = ""
    if d["authorised"] is not None:
        licence = "authorised" if d["authorised"] else "no authorisation known"
        if d.get("licence_gear") is not None and any(r["code"] == "other_gear" for r in event["reasons"]):
            licence = f"authorised only for {d['licence_gear']}"
        where = f"; {hours(d['guarded_s'])} h of it in a closed or protected area, {licence}"
    pace = f"{hours(d['duration_s'])} h at {d['mean_speed_kn']:.1f} kn, p {event['p']:.2f}"
    return f"{who(event)} ({d['class']}) {verb} as when {what} at {place(event)}, {pace}{where}"


def _hits(window: Window, guarded: list[str], split: int, p: Parameters) -> pl.DataFrame:
    """Positions that fish and were not settled before this window, those that go on an event in the same zones with
    the same mark put together (``tail``), with what joins them to the one before.
    """
    a = activity(window, window.frm_us - (AHEAD_S + split) * S_US)
    limits = (p.split_m, split * S_US, p.join_m, int(p.join_s) * S_US)
    least = np.where(a.strange, p.p_unknown_min, p.p_min)
    points = window.track_points
    other = changes(points["mark"]) | list_changes(points["zones"])
    at, begins, tail, since, last, sums = _joined(
        a.row, a.track, a.t, a.lon, a.lat, a.start, a.slot, a.said, least, other, window.frm_us, *limits
    )
    wanted = ("track", "mover", "mmsi", "lon_deg", "lat_deg", "zones", "mark")
    some: pl.DataFrame = points.select(wanted)[at]
    inside = some["zones"].list.eval(pl.element().is_in(guarded)).list.any().fill_null(False)
    return some.select(
        "track",
        "mover",
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        pl.Series("t_first", since),
        pl.Series("t_last", last),
        (pl.col("lon_deg") * 1e7).round().cast(pl.Int64).alias("lon"),
        (pl.col("lat_deg") * 1e7).round().cast(pl.Int64).alias("lat"),
        "zones",
        "mark",
        inside.cast(pl.Int64).alias("inside"),
        pl.Series("begins", begins),
        pl.Series("tail", tail),
        *(pl.Series(f"{name}_now", sums[:, k]) for k, name in enumerate(_ADDED)),
    )


@njit(cache=True)
def _joined(
    row: Any, track: Any, t: Any, lon: Any, lat: Any, start: Any, slot: Any, said: Any, least: Any, other: Any,
    frm: int, split_m: float, split: int, join_m: float, join: int,
) -> Any:  # fmt: skip
    """Positions that fish and are settled after ``frm``: the first of an event or of a track alone, others put together
    while neither zones nor mark change (``other`` than at the row before).

    Returns:
        First row of each; whether it begins an event; whether it is of those put together (a tail); the time of the
        position before (where it begins an event, its own); the time of its last; the sums of :data:`_ADDED`.
    """
    rows, since, until = np.empty(t.size, np.int64), np.empty(t.size, np.int64), np.empty(t.size, np.int64)
    begins, tail = np.empty(t.size, np.bool_), np.empty(t.size, np.bool_)
    sums = np.empty((t.size, said.shape[1] + 3), np.int64)
    n = last = told = -1
    between = False
    for i in range(t.size):
        if last >= 0 and track[last] != track[i]:
            last = -1
        s = slot[i]
        if s < 0:  # not asked for
            continue
        fishing = 1.0 - said[s, 0]
        if not fishing >= least[s]:
            between = between or fishing <= 1.0 - least[s]
            continue
        new, way = True, 0
        if last >= 0:
            far = distance_scalar(lon[last], lat[last], lon[i], lat[i])
            apart = t[i] - t[last]
            new = far > split_m or apart > split or (between and (far > join_m or apart > join))
            way = 0 if new else round(far * 1000.0)
        if t[i] - (t[i] - start[i]) % (SLOT_S * S_US) + AHEAD_S * S_US > frm:
            goes = not new and told >= 0 and track[told] == track[i]
            joins = goes and tail[n]
            for j in range(row[told] + 1, row[i] + 1 if joins else 0):
                joins = joins and not other[j]
            if not joins:
                n += 1
                rows[n], begins[n], tail[n], since[n] = row[i], new, goes, t[i] if new else t[last]
                sums[n] = 0
            until[n] = t[i]
            sums[n, 0] += (t[i] - t[last]) // 1000 if goes else 0
            sums[n, 1] += way
            sums[n, 2] += 1
            sums[n, 3] += 1000 - int(np.round(said[s, 0] * 1000.0))
            for g in range(1, said.shape[1]):
                sums[n, 3 + g] += int(np.round(said[s, g] * 1000.0))
            told = i
        last = i
        between = False
    n += 1
    return rows[:n].copy(), begins[:n].copy(), tail[:n].copy(), since[:n].copy(), until[:n].copy(), sums[:n].copy()


def _adds() -> dict[str, pl.Expr]:
    """What positions add to their event."""
    ms = pl.when("tail").then("ms_now").otherwise((pl.col("t_last") - pl.col("since")) // 1000)
    return {c: ms * pl.col("inside") if c == "guarded_ms" else ms if c == "ms" else pl.col(f"{c}_now") for c in _SUMS}


def _events(runs: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Runs with gear, probability, speed, and whether they are long enough (``good``)."""
    most = pl.max_horizontal(GEARS)
    best = pl.coalesce(*(pl.when(pl.col(g) == most).then(pl.lit(g)) for g in GEARS))
    share = (most / pl.sum_horizontal(GEARS)).fill_nan(None)
    runs = runs.with_columns(
        gear=pl.when(share >= p.gear_min).then(best),
        gear_share=pl.when(share >= p.gear_min).then(share.round(3)),
        p=(pl.col("p_milli") / pl.col("n") / 1000).round(3),
        distance_m=(pl.col("mm") / 1000).round(0),
        mean_speed_kn=pl.when(pl.col("ms") > 0).then(pl.col("mm") / pl.col("ms") / KN_M_S).round(2),
        duration_s=(pl.col("t_last") - pl.col("t_first")) // S_US,
    )
    least = pl.when(pl.col("gear") == "squid_jigger").then(p.squid_distance_min_m).otherwise(p.distance_min_m)
    return runs.with_columns(
        good=(pl.col("n") >= p.points_min)
        & (pl.col("duration_s") >= p.duration_min_s)
        & (pl.col("distance_m") >= least)
        & (pl.col("mean_speed_kn") < p.speed_max_kn).fill_null(False)
    )


def _zones(runs: pl.DataFrame, hits: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """Zones of each run: those of its new positions and those remembered."""
    told = pl.concat([f.select("track", t="t_last", zones="zones") for f in (hits, old)]).sort("t")
    of = told.join_asof(
        runs.select("track", "run", "t_first").sort("t_first"),
        left_on="t", right_on="t_first", by="track", strategy="backward", check_sortedness=False,
    )  # fmt: skip
    each = of.select("run", "zones").drop_nulls("run").explode("zones").drop_nulls()
    return each.group_by("run").agg(pl.col("zones").unique().sort())


def _licences(window: Window, runs: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Whether each event touches a closed or protected area (``held``) without an authorisation (``unlicensed``), or
    only with ones for other gear than it is held to work with (``other_gear``); and the gear that they are for.
    """
    found = held.join(licensed(window, held, "run"), on=["run", "zone"], how="left")
    bare, fits = pl.col("covered").is_null(), pl.col("covered").fill_null(True)
    each = found.group_by("run").agg(
        unlicensed=bare.any(), other_gear=(~fits).any(), licence_gear=pl.col("licence_gear").drop_nulls().min()
    )
    each = runs.select("run").join(each, on="run", how="left", maintain_order="left").drop("run")
    return each.with_columns(pl.col("unlicensed", "other_gear").fill_null(False))


def _rows(window: Window, runs: pl.DataFrame, guarded: list[str], p: Parameters) -> pl.DataFrame:
    """Rows of a step: events, and runs that may become one."""
    if not len(runs):
        return nothing()
    rows = runs.with_columns(pl.col("zones").fill_null([]), pl.col("marks").fill_null([]))
    held = rows.select("run", "mmsi", "gear", t="t_first", t_last="t_last", zone="zones").explode("zone")
    held = held.filter(pl.col("zone").is_in(guarded))
    rows = marked(window, rows, held, "run")
    rows = rows.with_columns(
        pack({c: rows[c].to_numpy() for c in _MEMORY}),
        window.class_of(rows["mover"]).alias("class"),
        *_licences(window, rows, held).get_columns(),
        touched=pl.col("zones").list.eval(pl.element().is_in(guarded)).list.any().fill_null(False),
    )
    over = pl.col("over")
    long = pl.col("guarded_ms") >= int(p.sure_s) * 1000
    sure = (pl.col("p") >= p.sure_min) & long & pl.col("class").str.starts_with("fishing")
    shown = pl.when(over).then(pl.lit("closed")).otherwise(pl.lit("open"))
    rows = rows.with_columns(
        state=pl.when("good").then(shown).otherwise(pl.lit("pending")),
        memory=pl.when(~over).then("memory"),
        t_start=instants("t_first"),
        t_end=pl.when(over).then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
        severity=pl.when(pl.col("unlicensed") & sure).then(2)
        .when(pl.col("unlicensed") | pl.col("other_gear")).then(1)
        .otherwise(0),
        positions=pl.col("n"),
        guarded_s=pl.col("guarded_ms") // 1000,
        authorised=pl.when("touched").then(~pl.col("unlicensed") & ~pl.col("other_gear")),
    )  # fmt: skip
    rows = rows.with_columns(
        reasons(
            reason("moves_as_fishing", "mean probability that a position is fishing", pl.col("p"), None, p.p_min),
            reason(
                "gear",
                "share of the likeliest gear",
                pl.col("gear_share"),
                None,
                p.gear_min,
                when=pl.col("gear").is_not_null(),
            ),
            reason("gear_not_told", "no gear is likely enough to name", weight=0.0, when=pl.col("gear").is_null()),
            reason("class_unknown", "the vessel's class is not known", weight=-0.5, when=pl.col("class") == "unknown"),
            reason("guarded_zone", "closed or protected, no authorisation known", when=pl.col("unlicensed")),
            reason("other_gear", "its authorisation is for other gear", weight=0.5, when=pl.col("other_gear")),
            reason("authorised", "an authorisation covers it", weight=-1.0, when=pl.col("authorised").fill_null(False)),
        ),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_end_floor"))),
    )
    return emit(RULE, p, rows)


def _tows(v: Any, count: int = 4) -> Any:
    """Tows of two and a half hours there and back, hauls between."""
    for k in range(count):
        v = v.sail(2.5, 40.0 + 180.0 * (k % 2), 3.2).sail(0.4, 100.0, 1.0)
    return v


def _closed(lon: float = 131.0, lat: float = -10.0) -> dict[str, pl.DataFrame]:
    return {"zones": sea.square("zo-closed", "closed", (lon, lat), 0.6)}


CASES = (
    fires(
        "a trawler makes four tows in a closed area", _tows(sea.vessel(kind="fishing").sail(5)).sail(5), tables=_closed
    ),
    fires("still towing", _tows(sea.vessel(kind="fishing", every_s=300).sail(5), 3)),
    silent("a cargo ship does the same: it is no fishing vessel", _tows(sea.vessel(kind="cargo").sail(5)).sail(5)),
    silent("a fishing vessel on passage", sea.vessel(kind="fishing").sail(20, 70, 9.5)),
    silent("a fishing vessel in port", sea.vessel(kind="fishing", off_nmi=0.5).sail(2).drift(20, speed_kn=0.0)),
    fires(
        "tows across 180 degrees and midnight",
        _tows(sea.vessel(at=(179.9, -17.0), kind="fishing", start="2025-03-01T15:00:00Z").sail(2)).sail(2),
        hazard="antimeridian",
    ),
)
