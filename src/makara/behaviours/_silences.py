"""How well others were heard, hour by hour, before and after a vessel fell silent."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M, bearing_deg, destination, distance_m
from makara.base.units import HOUR_S, KN_M_S, S_US
from makara.behaviours._asked import bucket, cell_of, index

HOURS: Final = 12
"""Hours that are judged before and after the last message."""
BRACKET_S: Final = 3 * HOUR_S
"""Who was heard within this before an hour and within this after it was on the air in it."""

SORTS: Final = ("class_a", "class_b", "long_range", "vms", "radar")
"""Classes of transponders, numbered from 1; others are 0."""
_HOUR_US: Final = HOUR_S * S_US
_BRACKET_US: Final = BRACKET_S * S_US
_NEVER: Final = np.iinfo(np.int64).max
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def hours_heard(
    points: pl.DataFrame,
    by_sky: NDArray[np.bool_],
    gaps: pl.DataFrame,
    sky: bool,
    asked: tuple[Any, ...],
    reach_m: float,
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Others that were on the air near places, and those of them that were heard.

    They are of the same transponder class, or of the weaker class B (2) beside a vessel of class A (1).

    Hour k of a silence that began at t lasts from t + k h to t + (k + 1) h; k runs from -12 to 11.

    Args:
        points: ordered by mover, track, time.
        by_sky: which of them a satellite heard.
        gaps: silences of one sort, with ``mover, t, sort_of``.
        sky: whether satellites heard their last messages: then only what they heard tells anything, else what others
            heard.
        asked: of each question the silence that it is about, where the vessel is held to be (degrees), the first hour
            asked (from -12) and the last, as :func:`asked_of` gives them.
        reach_m: farther off, others tell nothing.

    Returns:
        For each silence and hour (n x 24): others on the air, and those heard in the hour; for each silence the
        messages heard in the hours before it, of how many different movers they were, and how many different movers
        were on the air in its hours from 0 on.
    """
    t0, me, mine = (gaps[c].to_numpy() for c in ("t", "mover", "sort_of"))
    # Ordered by the minute of the hour at which hours begin, the last first: see index.
    order = np.argsort(-(t0[asked[0]] % _HOUR_US), kind="stable")
    gap, lon, lat, first, last = (a[order] for a in asked)
    since, until = t0[gap] + first * _HOUR_US - _BRACKET_US, t0[gap] + (last + 1) * _HOUR_US
    grid = max(int(360.0 * min(2.0, 200_000.0 / reach_m)), 1)
    asked_in = index(lon, lat, since // _BRACKET_US, until // _BRACKET_US, reach_m, grid)
    x, y, t, mover = (points[c].to_physical().to_numpy() for c in ("lon_deg", "lat_deg", "t_seen", "mover"))
    rows, onward = _held(x, y, t, points["track"].to_numpy(), by_sky, sky, _near(lon, lat, reach_m), asked_in[0], grid)
    sort = {name: k + 1 for k, name in enumerate(SORTS)}
    sorts = points["transponder"].gather(rows).replace_strict(sort, default=0, return_dtype=pl.Int64).to_numpy()
    most = (2.0 * np.sin(0.5 * reach_m / A_M)) ** 2
    on_air, kept, distinct = _hours(
        rows, onward, sorts, x, y, t, mover, *asked_in, grid, t0, me, mine,
        gap, lon, lat, first, last, since, until, most,
    )  # fmt: skip
    past = np.flatnonzero(first < 0)
    gap, lon, lat = gap[past], lon[past], lat[past]
    since, until = t0[gap] + first[past] * _HOUR_US, np.minimum(until[past], t0[gap])
    asked_in = index(lon, lat, since // _BRACKET_US, until // _BRACKET_US, reach_m, grid)
    told, of = _told(rows, sorts, x, y, t, mover, *asked_in, grid, me, mine, gap, lon, lat, since, until, most)
    return on_air, kept, told, of, distinct


def _near(lon: Floats, lat: Floats, reach_m: float) -> NDArray[np.bool_]:
    """Which squares of a degree may hold messages that tell something of places."""
    near = np.zeros((181, 361), np.bool_)
    tall = reach_m / 110_000.0 + 0.02
    for side in range(-1, 2):
        wide = tall / np.cos(np.radians(np.minimum(np.abs(lat) + tall, 89.0)))
        for dy in np.linspace(-tall, tall, 1 + 2 * int(np.ceil(tall))):
            for part in np.linspace(0.0, 1.0, 1 + int(np.ceil(wide.max(initial=1.0)))):
                east = (lon + side * part * np.minimum(wide, 180.0) + 180.0) % 360.0
                near[np.clip(lat + dy + 90.0, 0, 180).astype(int), east.astype(int)] = True
    near[[0, 1, 2, -3, -2, -1]] |= near.any()
    return near


@njit(cache=True)
def _held(
    lon: Any, lat: Any, t: Any, track: Any, by_sky: Any, sky: bool, near: Any, head: Any, grid: int
) -> Any:  # fmt: skip
    """Rows of the messages of one sort that a question may reach; and when each track is heard next in ``near``."""
    rows, onward = np.empty(t.size, np.int64), np.empty(t.size, np.int64)
    n, last, ahead = t.size, -1, _NEVER
    for i in range(t.size - 1, -1, -1):
        if by_sky[i] != sky or not near[int(lat[i] + 90.0), int(lon[i] + 180.0)]:
            continue
        after = ahead if last >= 0 and track[last] == track[i] else _NEVER
        last, ahead = i, t[i]
        b = bucket(cell_of(lon[i], lat[i], t[i] // _BRACKET_US, grid), head.size)
        if head[b] < head[b + 1]:
            n -= 1
            rows[n], onward[n] = i, after
    return rows[n:].copy(), onward[n:].copy()


@njit(cache=True)
def _hours(
    rows: Any, onward: Any, sort_of: Any, lon: Any, lat: Any, t: Any, mover: Any, head: Any, cell: Any, of: Any,
    grid: int, t0: Any, me: Any, mine: Any, gap: Any, x: Any, y: Any, first: Any, last: Any, since: Any, until: Any,
    most: float,
) -> Any:  # fmt: skip
    """Counts by silence and hour; rows are ordered by mover, and straight distances are on a sphere of radius one.

    A message tells of the hours that begin after it and before the next of its track. Most messages see no hour of
    most silences begin; those that do are found by the minute of the hour, by which each bucket is ordered.
    """
    on_air = np.zeros((t0.size, 2 * HOURS), np.int64)
    kept = np.zeros((t0.size, 2 * HOURS), np.int64)
    distinct = np.zeros(t0.size, np.int64)
    stamp = me.copy()
    minute = t0[gap[of]] % _HOUR_US
    k = np.pi / 180.0
    ux, uy, uz = np.cos(y * k) * np.cos(x * k), np.cos(y * k) * np.sin(x * k), np.sin(y * k)
    for r in range(rows.size):
        i = rows[r]
        who, now, next_ = mover[i], t[i], onward[r]
        key = cell_of(lon[i], lat[i], now // _BRACKET_US, grid)
        b = bucket(key, head.size)
        begin = now % _HOUR_US
        end = begin + min(next_ - now, _HOUR_US)
        c = np.cos(lat[i] * k)
        px, py, pz = c * np.cos(lon[i] * k), c * np.sin(lon[i] * k), np.sin(lat[i] * k)
        for turn in range(1 if end <= _HOUR_US else 2):
            low = begin if turn == 0 else 0
            high = end - turn * _HOUR_US
            for e in range(head[b] + np.searchsorted(minute[head[b] : head[b + 1]], low), head[b + 1]):
                if minute[e] >= high:
                    break
                q = of[e]
                g = gap[q]
                if cell[e] != key or now <= since[q] or now > until[q] or who == me[g]:
                    continue
                if sort_of[r] != mine[g] and not (mine[g] == 1 and sort_of[r] == 2):
                    continue
                if (px - ux[q]) ** 2 + (py - uy[q]) ** 2 + (pz - uz[q]) ** 2 > most:
                    continue
                h = max(-((t0[g] - now) // _HOUR_US), first[q])
                while h <= last[q]:
                    at = t0[g] + h * _HOUR_US
                    if at >= next_ or at - now > _BRACKET_US:
                        break
                    if next_ <= at + _HOUR_US + _BRACKET_US:
                        on_air[g, h + HOURS] += 1
                        if h >= 0 and stamp[g] != who:
                            stamp[g] = who
                            distinct[g] += 1
                        if next_ <= at + _HOUR_US:
                            kept[g, h + HOURS] += 1
                    h += 1
    return on_air, kept, distinct


@njit(cache=True)
def _told(
    rows: Any, sort_of: Any, lon: Any, lat: Any, t: Any, mover: Any, head: Any, cell: Any, of: Any, grid: int,
    me: Any, mine: Any, gap: Any, x: Any, y: Any, since: Any, until: Any, most: float,
) -> Any:  # fmt: skip
    """Messages of others near the places asked about from ``since`` until before ``until``, and of how many movers
    they are, by silence.

    Rows are ordered by mover. Which questions may hear of a vessel in a cell is found once for its messages there.
    """
    told, whose = np.zeros(me.size, np.int64), np.zeros(me.size, np.int64)
    stamp = me.copy()
    some = np.empty(np.diff(head).max(), np.int64)
    n, r0, held = 0, 0, np.int64(-1)
    k = np.pi / 180.0
    ux, uy, uz = np.cos(y * k) * np.cos(x * k), np.cos(y * k) * np.sin(x * k), np.sin(y * k)
    for r in range(rows.size):
        i = rows[r]
        key = cell_of(lon[i], lat[i], t[i] // _BRACKET_US, grid)
        if key != held or mover[i] != mover[rows[r0]] or sort_of[r] != sort_of[r0]:
            held, r0, n = key, r, 0
            b = bucket(key, head.size)
            for e in range(head[b], head[b + 1]):
                g = gap[of[e]]
                same = sort_of[r] == mine[g] or (mine[g] == 1 and sort_of[r] == 2)
                if cell[e] == key and same and mover[i] != me[g]:
                    some[n] = of[e]
                    n += 1
        if n == 0:
            continue
        c = np.cos(lat[i] * k)
        px, py, pz = c * np.cos(lon[i] * k), c * np.sin(lon[i] * k), np.sin(lat[i] * k)
        for j in range(n):
            q = some[j]
            near = (px - ux[q]) ** 2 + (py - uy[q]) ** 2 + (pz - uz[q]) ** 2 <= most
            if near and since[q] <= t[i] < until[q]:
                g = gap[q]
                told[g] += 1
                if stamp[g] != mover[i]:
                    stamp[g] = mover[i]
                    whose[g] += 1
    return told, whose


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


def own_hours(points: pl.DataFrame, by_sky: NDArray[np.bool_], gaps: pl.DataFrame) -> pl.DataFrame:
    """Of the silent vessels their last message, and how they were heard on that track in the 12 h before it.

    Args:
        points: ordered by mover, track, time.
        by_sky: which of them a satellite heard.
        gaps: silences, with ``mover, t, until, lon_deg, lat_deg``; those whose last message is not there are left out.
    """
    asked = [gaps[c].to_numpy() for c in ("mover", "t", "until", "lon_deg", "lat_deg")]
    there = (points[c].to_physical().to_numpy() for c in ("mover", "track", "t_seen", "lon_deg", "lat_deg", "report"))
    told = _own(*there, by_sky, *asked)
    found = np.flatnonzero(told[:, 0] >= 0)
    last, home, elsewhere, satellite, t_own, bits = told[found].T
    sort = {name: k + 1 for k, name in enumerate(SORTS)}
    back = points.select(lon_back="lon_deg", lat_back="lat_deg")[np.maximum(home, 0)]
    back = back.with_columns(pl.when(pl.Series(home >= 0)).then(pl.all()))
    made_kn, made_deg = _made_good(points, last)
    own: pl.DataFrame = points.select("mover", "sog_kn", "cog_deg", "shore_m", "anchorage_m", "transponder")[
        last
    ].select(
        "mover",
        pl.Series("t", asked[1][found]),
        (pl.coalesce("sog_kn", made_kn) * 10).round().cast(pl.Int64).fill_null(-1).alias("sog"),
        (pl.coalesce("cog_deg", made_deg) * 10).round().cast(pl.Int64).fill_null(-1).alias("cog"),
        pl.col("shore_m").cast(pl.Int64).fill_null(-1).alias("shore"),
        pl.col("anchorage_m").cast(pl.Int64).fill_null(-1).alias("anchorage"),
        pl.col("transponder").replace_strict(sort, default=0, return_dtype=pl.Int64).alias("sort_of"),
        pl.Series("sky", by_sky[last]),
        pl.Series("satellite", satellite),
        pl.Series("t_own", t_own),
        pl.Series("bits", bits),
        pl.Series("elsewhere", elsewhere),
    )
    return own.with_columns(back)


def _made_good(points: pl.DataFrame, rows: Ints) -> tuple[pl.Series, pl.Series]:
    """Speed (knots) and course (degrees) made good to some reports from the ones before; null where these are not near.

    Many feeds give no course, and then this is what tells a vessel under way from one that lies still.
    """
    before = np.maximum(rows - 1, 0)
    a, b = (points.select("track", pl.col("t_seen").to_physical(), "lon_deg", "lat_deg")[r] for r in (before, rows))
    span = (b["t_seen"] - a["t_seen"]).to_numpy()
    known = (before != rows) & (a["track"] == b["track"]).to_numpy() & (span > 0) & (span <= _BRACKET_US)
    places = [f[c].to_numpy() for f in (a, b) for c in ("lon_deg", "lat_deg")]
    speed = distance_m(*places) / (np.maximum(span, 1) / S_US) / KN_M_S
    told = (np.where(known, x, np.nan) for x in (speed, bearing_deg(*places)))
    made_kn, made_deg = (pl.Series(x).fill_nan(None) for x in told)
    return made_kn, made_deg


@njit(cache=True)
def _own(
    mover: Any, track: Any, t: Any, lon: Any, lat: Any, report: Any, by_sky: Any,
    who: Any, at: Any, until: Any, x: Any, y: Any,
) -> Any:  # fmt: skip
    """For each silence: row of the last message (or -1) and of the first one after it (or -1), messages of the mover
    meanwhile; of the 12 h before on its track: messages by satellite, the first, and the hours with any as bits.
    """
    out = np.zeros((who.size, 6), np.int64)
    span = HOURS * _HOUR_US
    for g in range(who.size):
        a, b = np.searchsorted(mover, who[g]), np.searchsorted(mover, who[g] + 1)
        last, home = -1, -1
        for i in range(a, b):
            if t[i] == at[g] and abs(lon[i] - x[g]) < 1e-6 and abs(lat[i] - y[g]) < 1e-6:
                last = i if last < 0 or report[i] >= report[last] else last
            if t[i] == until[g] and home < 0:
                home = i
            out[g, 2] += at[g] < t[i] < min(until[g], at[g] + span)
        out[g, 0], out[g, 1] = last, home
        if last < 0:
            continue
        i = last
        while i + 1 < b and track[i + 1] == track[last] and t[i + 1] <= at[g]:
            i += 1
        while i >= a and track[i] == track[last] and t[i] > at[g] - span:
            out[g, 3] += by_sky[i]
            out[g, 4] = t[i]
            if by_sky[i] == by_sky[last]:
                out[g, 5] |= 1 << (HOURS - 1 - max(at[g] - t[i] - 1, 0) // _HOUR_US)
            i -= 1
    return out
