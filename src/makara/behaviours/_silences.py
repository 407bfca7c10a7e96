"""How well others were heard, hour by hour, before and after a vessel fell silent."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M, bearing_deg, destination, distance_m
from makara.base.units import HOUR_S, KN_M_S, S_US
from makara.behaviours._near import _SPAN, Heard, _cube, _slice

HOURS: Final = 12
"""Hours that are judged before and after the last message."""
BRACKET_S: Final = 3 * HOUR_S
"""Who was heard within this before an hour and within this after it was on the air in it."""

SORTS: Final = ("class_a", "class_b", "long_range", "vms", "radar")
"""Classes of transponders, numbered from 1; others are 0."""
BY_SKY: Final = (pl.col("receiver") == "satellite").fill_null(False)
_HOUR_US: Final = HOUR_S * S_US
_NEVER: Final = np.iinfo(np.int64).max
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def hours_heard(
    heard: Heard, t: Ints, who: Ints, sort_of: Ints, gap: Ints, lon: Floats, lat: Floats, first: Ints, last: Ints,
    reach_m: float,
) -> tuple[Ints, Ints, Ints, Ints]:  # fmt: skip
    """Others that were on the air near places, and those of them that were heard.

    They are of the same transponder class, or of the weaker class B (2) beside a vessel of class A (1).

    Hour k of a silence that began at t lasts from t + k h to t + (k + 1) h; k runs from -12 to 11.

    Args:
        heard: all messages, by track.
        t: when each silence began, microseconds.
        who: number of its mover.
        sort_of: class of its transponder.
        gap: of each question, the silence that it is about.
        lon: where the vessel is held to be, degrees.
        lat: degrees.
        first: first hour asked, from -12.
        last: last hour asked.
        reach_m: farther off, others tell nothing.

    Returns:
        For each silence and hour (n x 24): others on the air, those heard in the hour, messages heard; and for each
        silence how many different movers were on the air in its hours from 0 on.
    """
    order = np.argsort(gap, kind="stable")
    asked = [a[order] for a in (gap, lon, lat, first, last)]
    count = int(heard.who.max()) + 1 if heard.who.size else 1
    at = _unit(heard.lon, heard.lat)
    found: tuple[Ints, Ints, Ints, Ints] = _hours(
        heard.key, heard.t, heard.t_next, *at, heard.who, heard.sort_of,
        t, who, sort_of, *asked, heard.size_m, reach_m, count,
    )  # fmt: skip
    return found


def _unit(lon: Floats, lat: Floats) -> tuple[Floats, Floats, Floats]:
    """Places on a sphere of radius one: straight distances between them are cheap."""
    x, y = np.radians(lon), np.radians(lat)
    c = np.cos(y)
    return c * np.cos(x), c * np.sin(x), np.sin(y)


@njit(cache=True)
def _hours(
    key: Any, t: Any, t_next: Any, px: Any, py: Any, pz: Any, who: Any, sort_of: Any,
    t0: Any, me: Any, mine: Any, gap: Any, x: Any, y: Any, first: Any, last: Any, size: float, reach: float,
    count: int,
) -> Any:  # fmt: skip
    hour = HOUR_S * S_US
    bracket = BRACKET_S * S_US
    on_air = np.zeros((t0.size, 2 * HOURS), np.int64)
    kept = np.zeros((t0.size, 2 * HOURS), np.int64)
    told = np.zeros((t0.size, 2 * HOURS), np.int64)
    distinct = np.zeros(t0.size, np.int64)
    stamp = np.full(count, -1, np.int64)
    half = _SPAN // 2
    most = (2.0 * np.sin(0.5 * reach / A_M)) ** 2
    for q in range(gap.size):
        g = gap[q]
        begin = t0[g] + first[q] * hour
        end = t0[g] + (last[q] + 1) * hour
        cx, cy, cz = _cube(x[q], y[q], size)
        east, north = x[q] * np.pi / 180.0, y[q] * np.pi / 180.0
        ux, uy, uz = np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                for dz in range(-1, 2):
                    cube = ((cx + dx + half) * _SPAN + (cy + dy + half)) * _SPAN + (cz + dz + half)
                    a, b = _slice(key, t, cube, begin - bracket, end)
                    for i in range(a, b):
                        if who[i] == me[g] or (sort_of[i] != mine[g] and not (mine[g] == 1 and sort_of[i] == 2)):
                            continue
                        if (px[i] - ux) ** 2 + (py[i] - uy) ** 2 + (pz[i] - uz) ** 2 > most:
                            continue
                        own = (t[i] - t0[g]) // hour
                        if first[q] <= own <= last[q]:
                            told[g, own + HOURS] += 1
                        # hours that begin after this message and before the next of its track
                        k = max(-((t0[g] - t[i]) // hour), first[q])
                        while k <= last[q]:
                            at = t0[g] + k * hour
                            if at >= t_next[i] or at - t[i] > bracket:
                                break
                            if t_next[i] <= at + hour + bracket:
                                on_air[g, k + HOURS] += 1
                                if k >= 0 and stamp[who[i]] != g:
                                    stamp[who[i]] = g
                                    distinct[g] += 1
                                if t_next[i] <= at + hour:
                                    kept[g, k + HOURS] += 1
                            k += 1
    return on_air, kept, told, distinct


def asked_of(gaps: pl.DataFrame, ahead: int, each: int, reach_m: float) -> tuple[Ints, Any, Any, Ints, Ints]:
    """What is asked of the others: where each vessel is held to be in which hours, one row a place.

    Before, and where it was slow or came back near by: at its last place. Under way: as it went; or where it is back,
    on the line between. So many hours (``each``) share the place in their middle.
    """
    n = len(gaps)
    lon, lat = gaps["lon_deg"].to_numpy(), gaps["lat_deg"].to_numpy()
    back, moved = gaps["back"].to_numpy(), gaps["under_way"].to_numpy() == 1
    ends = (gaps[c].fill_null(gaps[d]).to_numpy() for c, d in (("lon_back", "lon_deg"), ("lat_back", "lat_deg")))
    lon_back, lat_back = ends
    near_by = back & (distance_m(lon, lat, lon_back, lat_back) <= reach_m / 8.0)
    stays, back = np.flatnonzero(near_by | (~back & ~moved)), back & ~near_by
    moved = moved & ~near_by
    parts: tuple[list[Ints], list[Ints], list[Ints]] = [], [], []
    for who_, most in ((~back & moved, ahead), (back, HOURS)):
        hours_ = np.arange(0, most, each)
        parts[0].append(np.repeat(np.flatnonzero(who_), hours_.size))
        parts[1].append(np.tile(hours_, int(who_.sum())))
        parts[2].append(np.tile(np.minimum(hours_ + each, most) - 1, int(who_.sum())))
    goes, k, k1 = (np.concatenate(x).astype(np.int64) for x in parts)
    middle = (k + k1 + 1) / 2
    a, b = lon[goes], lat[goes]
    x, y = lon_back[goes], lat_back[goes]
    share = np.minimum(middle * _HOUR_US / np.maximum((gaps["until"] - gaps["t"]).to_numpy()[goes], 1), 1.0)
    run = gaps["sog"].to_numpy()[goes] / 10 * KN_M_S * middle * HOUR_S
    way = np.where(back[goes], share * distance_m(a, b, x, y), run)
    x, y = destination(a, b, np.where(back[goes], bearing_deg(a, b, x, y), gaps["cog"].to_numpy()[goes] / 10), way)
    gap = np.concatenate([np.arange(n), stays, goes])
    first = np.concatenate([np.full(n, -HOURS), np.zeros(stays.size, np.int64), k])
    last = np.concatenate([np.full(n, -1), np.full(stays.size, HOURS - 1), k1])
    return gap, np.concatenate([lon, lon[stays], x]), np.concatenate([lat, lat[stays], y]), first, last


def heard_near(
    points: pl.DataFrame, gaps: pl.DataFrame, sky: bool, lon: Any, lat: Any, reach_m: float
) -> tuple[Heard, Ints]:
    """The messages by satellites, or by others, that may tell something of the places asked, hashed; and the number of
    each gap's mover.
    """
    x, y = points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy()
    near = np.zeros((181, 361), np.bool_)
    tall = reach_m / 110_000.0 + 0.02
    for side in range(-1, 2):
        wide = tall / np.cos(np.radians(np.minimum(np.abs(lat) + tall, 89.0)))
        for dy in np.linspace(-tall, tall, 1 + 2 * int(np.ceil(tall))):
            for part in np.linspace(0.0, 1.0, 1 + int(np.ceil(wide.max(initial=1.0)))):
                east = (lon + side * part * np.minimum(wide, 180.0) + 180.0) % 360.0
                near[np.clip(lat + dy + 90.0, 0, 180).astype(int), east.astype(int)] = True
    near[[0, 1, 2, -3, -2, -1]] |= near.any()
    held = near[(y + 90.0).astype(np.int16), (x + 180.0).astype(np.int16)]
    at = np.flatnonzero(held & (points.select(BY_SKY.alias("s"))["s"].to_numpy() == sky))
    some = points.select("t_seen", "track", "mover", "transponder")[at]
    t, track = some["t_seen"].to_physical().to_numpy(), some["track"].to_numpy()
    onward = np.append(t[1:], _NEVER)[: t.size]
    onward[np.append(track[1:] != track[:-1], True)[: t.size]] = _NEVER
    movers = some["mover"].unique().sort().to_numpy()
    sort = {name: k + 1 for k, name in enumerate(SORTS)}
    sorts = some["transponder"].replace_strict(sort, default=0, return_dtype=pl.Int64).to_numpy()
    who_ = np.searchsorted(movers, some["mover"].to_numpy())
    heard = Heard.of(reach_m, t, onward, x[at], y[at], who_, track, sorts)
    return heard, np.searchsorted(movers, gaps["mover"].to_numpy())


def chance(share: Floats, a: Floats, b: Floats) -> Floats:
    """Chance that every hour stays silent: its share scaled by the vessel's own, of which we know Beta(a, b)."""
    x, w = np.polynomial.legendre.leggauss(48)
    out = np.zeros(len(share))
    whole = np.zeros(len(share))
    for node, weight in zip((x + 1.0) / 2.0, w, strict=True):
        dense = weight * node ** (a - 1.0) * (1.0 - node) ** (b - 1.0)
        out += dense * (1.0 - node * share).prod(axis=1)
        whole += dense
    return out / whole


def own_hours(points: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """Of the silent vessels their last message, and how they were heard on that track in the 12 h before it."""
    t_seen = pl.col("t_seen").dt.epoch("us")
    sort = {name: k + 1 for k, name in enumerate(SORTS)}
    last = (
        points.with_columns(t=t_seen)
        .join(gaps.select("mover", "t", "lon_deg", "lat_deg"), on=["mover", "t"], suffix="_gap")
        .filter(
            ((pl.col("lon_deg") - pl.col("lon_deg_gap")).abs() < 1e-6)
            & ((pl.col("lat_deg") - pl.col("lat_deg_gap")).abs() < 1e-6)
        )
        .sort("mover", "t", "report")
        .unique(["mover", "t"], keep="last", maintain_order=True)
        .select(
            "mover",
            "t",
            "track",
            (pl.col("sog_kn") * 10).round().cast(pl.Int64).fill_null(-1).alias("sog"),
            (pl.col("cog_deg") * 10).round().cast(pl.Int64).fill_null(-1).alias("cog"),
            pl.col("shore_m").cast(pl.Int64).fill_null(-1).alias("shore"),
            pl.col("anchorage_m").cast(pl.Int64).fill_null(-1).alias("anchorage"),
            pl.col("transponder").replace_strict(sort, default=0, return_dtype=pl.Int64).alias("sort_of"),
            BY_SKY.alias("sky"),
        )
    )
    every = points.select("mover", "track", t_seen.alias("at"), BY_SKY.alias("by_sky"))
    beside = gaps.select("mover", "t", "until").join(every, on="mover")
    within = (pl.col("at") > pl.col("t")) & (pl.col("at") < pl.min_horizontal("until", pl.col("t") + HOURS * _HOUR_US))
    beside = beside.filter(within).group_by("mover", "t").agg(elsewhere=pl.len().cast(pl.Int64))
    before = last.select("mover", "t", "track", "sky").join(every.drop("mover"), on="track")
    before = before.filter((pl.col("at") <= pl.col("t")) & (pl.col("at") > pl.col("t") - HOURS * _HOUR_US))
    hour = HOURS - 1 - (pl.col("t") - pl.col("at") - 1).clip(0) // _HOUR_US
    each = before.group_by("mover", "t").agg(
        satellite=pl.col("by_sky").sum().cast(pl.Int64),
        t_own=pl.col("at").min(),
        bits=(pl.lit(2, pl.Int64()).pow(hour.filter(pl.col("by_sky") == pl.col("sky")).unique())).sum().cast(pl.Int64),
    )
    home = points.select("mover", until=t_seen, lon_back="lon_deg", lat_back="lat_deg")
    home = gaps.select("mover", "t", "until").join(home, on=["mover", "until"], maintain_order="left").drop("until")
    last = last.join(home.unique(["mover", "t"], keep="first", maintain_order=True), on=["mover", "t"], how="left")
    out = last.join(each, on=["mover", "t"]).join(beside, on=["mover", "t"], how="left", maintain_order="left")
    return out.drop("track").with_columns(pl.col("elsewhere").fill_null(0))
