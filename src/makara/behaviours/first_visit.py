"""First visit: a vessel that is listed, or was never seen, comes into a zone for the first time in twelve months.

Why it matters: who is new here is the first question on a quiet coast; a listed vessel that never came before is a
visit that somebody planned.
What looks the same: a new owner or number for an old hull, seasonal trade, a diversion for weather or crew, a receiver
that was installed last month. So a vessel never seen before is of severity 1 at most; one on a watch list is of
severity 2, since the list and the first visit are two indicators, and of severity 1 while the record is short.
Source: Makara's own proposal; watch lists as the regional fisheries bodies publish them.

Presence of each vessel in each zone is remembered for twelve months. Until the node has known a zone for a while
(``record_min_s`` since anybody was first seen there), nothing is said of vessels on no list: on the first day,
everything is a first visit. A listed vessel is told then as well if it was seen elsewhere before, so that it did come
in. How much of the twelve months the record covers is its ``p``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit

from makara.base.units import DAY_S, S_US
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._grown import grown
from makara.behaviours._points import list_changes
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
from makara.behaviours._words import detail, place, who
from makara.behaviours._zones import of_kinds

RULE = Rule(
    kind="first_visit",
    version="1.0",
    inputs={"track_points": 0, "zones": 0, "vessels": 0, "lists": 0},
    parameters=(
        Parameter("memory_s", 365 * DAY_S, "a visit this long after the last one counts as the first"),
        Parameter(
            "record_min_s",
            30 * DAY_S,
            "the zone must have been watched for so long; until then listed vessels are of severity 1",
        ),
        Parameter("new_max_s", 2 * DAY_S, "a vessel is new for so long after it was first seen anywhere"),
        Parameter("kinds", "closed,eez,mpa,port,risk", "kinds of zones that are watched"),
    ),
    profiles={"makara": {}},
    innocent=("new_owner", "new_number", "seasonal_trade", "diversion", "new_receiver", "position_error"),
    details={
        "zone_kind": pl.String(),
        "zone_name": pl.String(),
        "list": pl.String(),
        "never_seen": pl.Boolean(),
        "record_days": pl.Float64(),
        "class": pl.String(),
    },
    by="place",
)

_MEMORY: Final = ("mover", "t_first", "t_last")
_ANYWHERE: Final = ""
"""Scope of the memory of when a mover was seen, wherever."""
_NOBODY: Final = 0
"""Mover of the memory of when a zone was first seen to be visited."""
_REGISTER: Final = "_register"
"""A list whose name ends so tells who is what, and warns of nobody."""


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """First visits in the window; presence of each mover in each zone is remembered."""
    memory = int(p.memory_s) * S_US
    old = unpack(carried, _MEMORY).rename({"scope": "zone"})
    runs = _presences(window, p, memory)
    zones = pl.concat(
        [old.filter(pl.col("mover") == _NOBODY), runs.filter(pl.col("zone") != _ANYWHERE)], how="diagonal"
    )
    zones = zones.group_by("zone").agg(t_zone=pl.col("t_first").min()).sort("zone")
    held = old.filter(pl.col("mover") != _NOBODY)
    stays = pl.concat([held.with_columns(row=pl.lit(-1, pl.Int64())), runs], how="diagonal")
    stays = stays.sort("mover", "zone", "t_first", "t_last")
    last = pl.col("t_last").cum_max().shift(1).over("mover", "zone")
    began = last.is_null() | (pl.col("t_first") - last >= memory)
    stays = stays.with_columns(began=began).with_columns(stay=pl.col("began").cum_sum())
    whole = stays.group_by("stay", maintain_order=True).agg(
        pl.col("mover", "zone", "t_first", "row").first(), pl.col("t_last").max()
    )
    seen = whole.filter(pl.col("zone") == _ANYWHERE).sort("t_first").select("mover", t="t_first", t_appeared="t_first")
    came = whole.filter((pl.col("row") >= 0) & (pl.col("zone") != _ANYWHERE)).sort("t_first")
    came = came.join_asof(seen, left_on="t_first", right_on="t", by="mover", check_sortedness=False)
    came = came.join(zones, on="zone", how="left", maintain_order="left")
    came = came.with_columns(known=pl.col("t_first") - pl.col("t_zone") >= int(p.record_min_s) * S_US)
    came = came.filter(pl.col("known") | (pl.col("t_appeared") < pl.col("t_first")))
    kept = whole.group_by("mover", "zone", maintain_order=True).last()
    kept = kept.filter(pl.col("t_last") + memory >= window.to_us)
    first = zones.select("zone", mover=pl.lit(_NOBODY, pl.Int64()), t_first="t_zone", t_last="t_zone")
    return pl.concat(
        [_rows(window, came, p), _remembered(pl.concat([kept.select(first.columns), first]), p)], how="vertical"
    )


def why(event: Mapping[str, Any]) -> str:
    """The visit in words for the radio."""
    d = detail(event)
    before = "for a year" if d["record_days"] >= 365 else "in the record"
    new = "never seen before" if d["never_seen"] else f"not seen there {before}"
    listed = f", on list {d['list']}" if d["list"] else ""
    return (
        f"{who(event)} ({d['class']}{listed}), {new}, came into {d['zone_name']} ({d['zone_kind']}) at {place(event)}; "
        f"the zone has been watched for {d['record_days']:.0f} days"
    )


@njit(cache=True)
def _blocks(mover: Any, track: Any, t: Any, other: Any, memory: int) -> Any:
    """Rows at which another track or a silence as long as the memory begins, or where the zones are ``other`` ones."""
    out = np.empty(t.size, np.int64)
    n = 0
    for i in range(t.size):
        new = i == 0 or mover[i] != mover[i - 1] or track[i] != track[i - 1] or t[i] - t[i - 1] >= memory
        if new or other[i]:
            out[n] = i
            n += 1
    return out[:n].copy()


@njit(cache=True)
def _runs(mover: Any, track: Any, first: Any, last: Any, many: Any, code: Any, kinds: int, memory: int) -> Any:
    """Presences of a track in a zone (code 0: anywhere), without a silence as long as the memory.

    Of blocks of rows in the same zones: time of the first and last, number of zones, their codes one after the other.

    Returns:
        Block in which each began, its code, and the time of its end.
    """
    room = 1024
    begin, what, end = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    run = np.full(kinds, -1, np.int64)
    n = at = 0
    for i in range(first.size):
        if i == 0 or mover[i] != mover[i - 1] or track[i] != track[i - 1]:
            run[:] = -1
        for k in range(many[i] + 1):
            c = 0 if k == 0 else code[at + k - 1]
            r = run[c]
            if r < 0 or first[i] - end[r] >= memory:
                if n == room:
                    room *= 2
                    begin, what, end = grown(begin, room), grown(what, room), grown(end, room)
                r = run[c] = n
                begin[r] = i
                what[r] = c
                n += 1
            end[r] = last[i]
        at += many[i]
    return begin[:n], what[:n], end[:n]


def _presences(window: Window, p: Parameters, memory: int) -> pl.DataFrame:
    """Stretches of the window's points: ``mover, zone, t_first, t_last, row``, the row of the points where it began."""
    points = window.track_points
    names = pl.concat(
        [pl.Series([_ANYWHERE], dtype=pl.String()), of_kinds(window.get("zones"), p.kinds)["zone"].unique().sort()]
    )
    mover, track, t = (points[c].to_physical().to_numpy() for c in ("mover", "track", "t_seen"))
    block = _blocks(mover, track, t, list_changes(points["zones"]), memory)
    last = np.append(block[1:], t.size)[: block.size] - 1
    zones = points["zones"].gather(block).fill_null([])
    flat = zones.explode().drop_nulls().cast(pl.Enum(names), strict=False)
    code = flat.to_physical().fill_null(0).to_numpy()  # other zones, and none: seen anywhere
    begin, what, end = _runs(
        mover[block], track[block], t[block], t[last], zones.list.len().to_numpy(), code, len(names), memory
    )
    row = block[begin]
    first: pl.DataFrame = points.select("mover", t_first=pl.col("t_seen").to_physical())[row]
    return first.with_columns(zone=names.gather(what), t_last=pl.Series(end), row=pl.Series(row))


def _listed(window: Window, movers: pl.DataFrame) -> pl.DataFrame:
    """Watch lists that name movers, by MMSI or IMO number: ``mover, list, since, until, list_mark``."""
    lists, vessels = window.get("lists"), window.get("vessels")
    shape = {
        "mover": pl.Int64(),
        "list": pl.String(),
        "since": pl.Int64(),
        "until": pl.Int64(),
        "list_mark": pl.String(),
    }
    if lists is None or not len(lists) or not len(movers):
        return pl.DataFrame(schema=shape)
    told = {"imo": pl.Int64(), "from": pl.Datetime("us", "UTC"), "to": pl.Datetime("us", "UTC")}
    told |= {"as_of": pl.Datetime("us", "UTC"), "former": pl.Boolean(), "mark": pl.String(), "mmsi": pl.Int64()}
    every = lists.select(
        "list",
        *((pl.col(c).cast(k) if c in lists.columns else pl.lit(None, k).alias(c)) for c, k in told.items()),
    )
    edition = pl.col("as_of").max().over("list")
    warns = ~pl.col("list").str.ends_with(_REGISTER) & ~pl.col("former").fill_null(False)
    every = every.filter(warns & (edition.is_null() | (pl.col("as_of") == edition)))
    by_number = every.drop("imo").rename({"mmsi": "mover"}).drop_nulls("mover")
    found = [by_number.join(movers, on="mover", how="semi")]
    if vessels is not None and "imo" in vessels.columns:
        mover = pl.col("mover") if "mover" in vessels.columns else pl.col("mmsi").cast(pl.Int64)
        hulls = vessels.select(mover.alias("mover"), pl.col("imo").cast(pl.Int64)).drop_nulls().unique()
        hulls = hulls.join(movers, on="mover", how="semi")
        found.append(every.drop("mmsi").drop_nulls("imo").join(hulls, on="imo").select(by_number.columns))
    return pl.concat(found).select(
        "mover",
        "list",
        since=pl.col("from").to_physical().fill_null(np.iinfo(np.int64).min),
        until=pl.col("to").to_physical().fill_null(np.iinfo(np.int64).max),
        list_mark="mark",
    )


def _rows(window: Window, came: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for visits by vessels that are listed or new."""
    if not len(came):
        return nothing()
    came = came.with_row_index("visit")
    listed = came.select("visit", "mover", "t_first").join(_listed(window, came.select("mover").unique()), on="mover")
    listed = listed.filter(pl.col("since") <= pl.col("t_first"), pl.col("until") >= pl.col("t_first"))
    listed = (
        listed.sort("visit", "list", "list_mark")
        .group_by("visit", maintain_order=True)
        .agg(pl.col("list").unique().sort().str.join(", "), pl.col("list_mark").drop_nulls().unique().sort())
    )
    came = came.join(listed, on="visit", how="left", maintain_order="left")
    new = pl.col("t_first") - pl.col("t_appeared") <= int(p.new_max_s) * S_US
    came = came.with_columns(never_seen=new & pl.col("known"))
    came = came.filter(pl.col("never_seen") | pl.col("list").is_not_null())
    if not len(came):
        return nothing()
    at = window.track_points.select("lon_deg", "lat_deg", "mmsi", "mark")[came["row"]]
    rows = pl.concat([came, at], how="horizontal").join(
        of_kinds(window.get("zones"), p.kinds), on="zone", how="left", maintain_order="left"
    )
    on_list = pl.col("list").is_not_null()
    guarded = pl.col("zone_kind").is_in(["closed", "mpa"]).fill_null(False)
    record = (pl.col("t_first") - pl.col("t_zone")) / S_US
    rows = rows.with_columns(
        window.class_of(rows["mover"]).alias("class"),
        state=pl.lit("closed"),
        scope=pl.col("zone"),
        t_start=instants("t_first"),
        t_end=instants("t_first"),
        t_end_floor=instants("t_first"),
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list("mmsi").list.drop_nulls(),
        zones=pl.concat_list("zone"),
        marks=pl.concat_list(pl.concat_list("mark"), pl.col("list_mark").fill_null([]))
        .list.drop_nulls()
        .list.unique()
        .list.sort(),
        severity=pl.when(on_list & pl.col("known")).then(2).when(on_list | guarded).then(1).otherwise(0),
        p=(record / p.memory_s).clip(0.0, 1.0).round(3),
        record_days=(record / DAY_S).round(1),
    )
    rows = rows.with_columns(
        reasons(
            reason("first_in_memory", "not in the zone for so long before", pl.lit(p.memory_s), "s"),
            reason("listed", "on a watch list", when=on_list),
            reason("never_seen", "never seen before", when=pl.col("never_seen")),
            reason("guarded_zone", "a closed or protected area", when=guarded),
            reason("record", "the zone has been watched for", record, "s", p.record_min_s, 0.0, pl.col("known")),
            reason("short_record", "watched for so short a time", record, "s", p.record_min_s, -1.0, ~pl.col("known")),
        ),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_start"))),
    )
    return emit(RULE, p, rows)


def _remembered(kept: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Pending rows: when each mover was in each zone and anywhere, and when each zone was first visited."""
    if not len(kept):
        return nothing()
    somebody = pl.col("mover") != _NOBODY
    name = pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String)))
    rows = kept.with_columns(
        pack({c: kept[c].to_numpy() for c in _MEMORY}),
        state=pl.lit("pending"),
        scope=pl.col("zone"),
        t_start=instants("t_first"),
        t_end_floor=instants("t_last"),
        lon_deg=pl.lit(0.0),
        lat_deg=pl.lit(0.0),
        participants=pl.when(somebody).then(name).otherwise(pl.lit([], dtype=pl.List(pl.String()))),
    )
    return emit(RULE, p, rows)


def _coast(mmsi: int = 412000001, lon: float = 131.0, lat: float = -10.0) -> dict[str, pl.DataFrame]:
    lists = pl.DataFrame({"list": ["iuu"], "mmsi": [mmsi], "imo": [None], "name": ["A"], "from": [None]})
    return {"zones": sea.square("zo-coast", "eez", (lon, lat), 0.5), "lists": lists}


_BEFORE = sea.vessel(mover=412000009, at=(130.8, -10.1), start="2025-01-10T00:00:00Z").sail(2)
_KNOWN = sea.vessel(mover=412000001, at=(120.0, -10.0), start="2025-01-12T00:00:00Z").sail(2)

CASES = (
    fires("a listed vessel comes for the first time", _BEFORE, _KNOWN, sea.vessel().sail(8), tables=_coast),
    fires("one never seen before, on no list", _BEFORE, sea.vessel().sail(8), tables=lambda: _coast(mmsi=412000002)),
    fires("a listed vessel comes in on the first day", sea.vessel(at=(130.0, -10.0)).sail(8), tables=_coast),
    silent("the listed vessel lay there when the record began", sea.vessel(at=(131.0, -10.0)).drift(8), tables=_coast),
    silent(
        "on no list, the zone has been watched for a day only",
        sea.vessel().sail(8),
        tables=lambda: _coast(mmsi=412000002),
    ),
    silent(
        "the listed vessel was there seven weeks ago",
        sea.vessel(at=(130.8, -10.1), start="2025-01-10T00:00:00Z").sail(2),
        sea.vessel(track=2).sail(8),
        tables=_coast,
    ),
    silent("known, and on no list", _BEFORE, _KNOWN, sea.vessel().sail(8), tables=lambda: _coast(mmsi=412000002)),
    fires(
        "across 180 degrees, after a silence of seven weeks",
        sea.vessel(mover=412000009, at=(179.8, -17.1), start="2025-01-10T00:00:00Z").sail(2),
        sea.vessel(at=(179.0, -17.0)).sail(8),
        tables=lambda: _coast(lon=180.0, lat=-17.0),
        hazard="antimeridian",
    ),
)
