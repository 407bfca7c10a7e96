"""Habits: what each vessel, and each class at each place, does hour by hour; how surprising the next hour is.

One sample an hour of each track is learned in the order of time. History is kept as integers: a histogram of speed and
course of each mover and of each class at each place; the places (leaders at least 50 km apart, the first sample that
lay near no other) that a mover was at most; and the highest surprises of a mover, by which its next one is ranked.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.units import KN_M_S
from makara.behaviours._places import hash_slot, nearest, put
from makara.behaviours._rule import Window
from makara.behaviours._speeds import arrays, made_good_at, steady

Ints = NDArray[np.int64]

BAND_KN: Final = 2.5
"""Width of a band of speed; below 1 kn a vessel lies still, and its course tells nothing."""
_BANDS: Final = 9
_SECTORS: Final = 8
BINS: Final = 1 + _BANDS * _SECTORS
PLACES: Final = 16
"""Places remembered of a mover, those it was at most."""
TOPS: Final = 8
"""Highest surprises remembered of a mover."""
_OWN_MAX: Final = 8_000
_CLASS_MAX: Final = 40_000
"""Hours after which a history is halved, so that what was long ago counts less."""
_TRUST: Final = 20.0
"""A class must have been at a place for so long before half of what it did there counts as its way."""

_SHORT: Final = 4
"""So many counts, all below 65,536, are remembered in one integer."""
_PADDED: Final = (BINS + _SHORT - 1) // _SHORT * _SHORT

_HEAD: Final = (
    "mover",
    "t_last",
    "t_told",
    "n",
    "ranked",
    *(f"top_{k}" for k in range(TOPS)),
    *(f"place_{k}" for k in range(PLACES)),
)
OWN: Final = (
    *_HEAD,
    *(f"hours_{k}" for k in range(PLACES // _SHORT)),
    *(f"bins_{k}" for k in range(_PADDED // _SHORT)),
)
"""Integers remembered of a mover; places are named by the report that made them."""
HERE: Final = ("place", "lon", "lat", *(f"bins_{k}" for k in range(_PADDED // _SHORT)))
"""Integers remembered of a class at a place."""
_T, _TOLD, _N, _RANKED, _TOP, _PLACE = 1, 2, 3, 4, 5, 5 + TOPS
_HOURS: Final = _PLACE + PLACES
_BIN: Final = _HOURS + PLACES


def short(counts: Ints) -> Ints:
    """Rows of counts as rows of integers, four counts in each."""
    wide = np.zeros((len(counts), -(-counts.shape[1] // _SHORT) * _SHORT), "<u2")
    wide[:, : counts.shape[1]] = counts
    out: Ints = wide.view("<i8").astype(np.int64)
    return out


def long(packed: Ints, width: int) -> Ints:
    """Rows of counts from :func:`short`."""
    wide = np.ascontiguousarray(packed.astype("<i8")).view("<u2")
    out: Ints = wide[:, :width].astype(np.int64)
    return out


@njit(cache=True)
def _hourly(track: Any, t: Any, begin: Any, frm: int) -> Any:
    """Rows from ``frm`` on that begin a new hour of their track, counted from the track's own start."""
    out = np.zeros(t.size, np.bool_)
    k = -1
    for i in range(t.size):
        if i == 0 or track[i] != track[i - 1]:
            k += 1
            continue
        if t[i] >= frm:
            out[i] = (t[i] - begin[k]) // 3_600_000_000 != (t[i - 1] - begin[k]) // 3_600_000_000
    return out


def samples(window: Window, bridge_us: int) -> pl.DataFrame:
    """The samples of a window in the order of time: who, where, speed (mm/s), course, and the histogram's ``bin``."""
    points = window.track_points
    track, t, _, _ = arrays(points)
    first = np.flatnonzero(np.append(t.size > 0, track[1:] != track[:-1])[: t.size])
    begun = t[first].copy()
    tracks = window.get("tracks")
    if tracks is not None and len(tracks):
        known = tracks.select("track", begin=pl.col("t_start").to_physical()).unique("track")
        told = pl.DataFrame({"track": track[first]}).join(known, on="track", how="left", maintain_order="left")
        begun = told["begin"].fill_null(pl.Series(begun)).to_numpy()
    at = np.flatnonzero(_hourly(track, t, steady(pl.Series(begun)), window.frm_us))
    made = made_good_at(points, at, bridge_us)
    some = points.select("report", "track", "mover", "mmsi", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "mark", "zones")
    rows = some[at].with_columns(t=pl.Series(t[at]), made=pl.Series(made))
    told_mm = (pl.col("sog_kn") * (KN_M_S * 1000)).round().cast(pl.Int64)
    rows = rows.with_columns(mm_s=pl.coalesce(told_mm, "made")).filter(
        (pl.col("mm_s") >= 0) & (pl.col("cog_deg").is_not_null() | (pl.col("mm_s") < KN_M_S * 1000))
    )
    band = ((pl.col("mm_s") / (KN_M_S * 1000) - 1.0) / BAND_KN).floor().clip(0, _BANDS - 1).cast(pl.Int64)
    sector = ((pl.col("cog_deg") + 180.0 / _SECTORS) % 360.0 // (360.0 / _SECTORS)).cast(pl.Int64)
    still = pl.col("mm_s") < KN_M_S * 1000
    rows = rows.with_columns(pl.when(still).then(0).otherwise(1 + band * _SECTORS + sector).alias("bin"))
    return rows.with_columns(kind=window.class_of(rows["mover"])).sort("t", "mover", "report")


@njit(cache=True)
def _chance(own: Any, here: Any, b: int, what: int) -> float:
    """Chance of a bin (what 0), its band of speed (1) or its course (2): the higher of the mover's and its class's."""
    mine = theirs = 0
    size = 1
    if what == 0 or b == 0:
        mine, theirs = own[_BIN + b], here[b]
    else:
        first, step, size = 1 + (b - 1) // _SECTORS * _SECTORS, 1, _SECTORS
        if what == 2:
            first, step, size = 1 + (b - 1) % _SECTORS, _SECTORS, _BANDS
        for k in range(first, first + step * size, step):
            mine += own[_BIN + k]
            theirs += here[k]
    by_own: float = (mine + size / BINS) / (own[_N] + 1.0)
    by_class: float = theirs / (here.sum() + _TRUST)
    return max(by_own, by_class)


@njit(cache=True)
def _learn(
    t: Any, lon: Any, lat: Any, report: Any, who: Any, kind: Any, kinds: int, bins: Any, own: Any,
    places: Any, px: Any, py: Any, row_of: Any, here: Any, learn: int, ranked: int, tail: float, bits: float,
    memory: int, apart: int,
) -> Any:  # fmt: skip
    """Each sample is ranked by how surprising it is, and then learned.

    Returns:
        For each sample its surprise (millibits), its rank among the mover's (0: not ranked; 1: the highest), among how
        many, whether it stands out, the row of its class at the place, and how many hours that class was there; of
        those that stand out, the parts of the surprise (speed, course, place; else 0); and the histories: keys and
        coordinates of places, whose the rows of classes at places are, and these rows.
    """
    n = t.size
    surprise, rank, among = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    row, hours, told = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    parts = np.zeros((n, 3), np.float64)
    known = places.size
    room = known + n
    keys, x, y = np.empty(room, np.int64), np.empty(room), np.empty(room)
    for k in range(known):
        keys[k], x[k], y[k] = places[k], px[k], py[k]
    onward = np.full(room, -1, np.int64)
    size = 1024
    while size < 2 * (room + row_of.size):
        size *= 2
    cubes, heads = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    for k in range(known):
        put(cubes, heads, onward, x[k], y[k], k)
    pairs, rows = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    used = row_of.size - 1  # one row is spare, so that there is one to double
    for k in range(used):
        free = hash_slot(pairs, row_of[k])
        pairs[free], rows[free] = row_of[k], k
    owner, hist = _doubled(row_of, here)
    for i in range(n):
        me = own[who[i]]
        if t[i] - me[_T] > memory:
            for k in range(_N, me.size):
                me[k] = -1 if _TOP <= k < _PLACE else 0
        me[_T] = t[i]
        at = nearest(cubes, heads, onward, keys, x, y, lon[i], lat[i])
        if at < 0:
            at = known
            keys[at], x[at], y[at] = report[i], lon[i], lat[i]
            put(cubes, heads, onward, lon[i], lat[i], at)
            known += 1
        pair = at * kinds + kind[i]
        free = hash_slot(pairs, pair)
        if pairs[free] < 0:
            pairs[free], rows[free] = pair, used
            if used == owner.size:
                owner, hist = _doubled(owner, hist)
            owner[used] = pair
            used += 1
        r = rows[free]
        they = hist[r]
        slot = -1
        for k in range(PLACES):
            if me[_HOURS + k] > 0 and me[_PLACE + k] == keys[at]:
                slot = k
        here_hours = they.sum()
        mine = 0 if slot < 0 else me[_HOURS + slot]
        place = -math.log2(max((mine + 0.5) / (me[_N] + 1.0), here_hours / (here_hours + _TRUST)))
        s = round((place - math.log2(_chance(me, they, bins[i], 0))) * 1000.0)
        surprise[i], row[i], hours[i] = s, r, here_hours
        if me[_N] >= learn:
            over = 0
            for k in range(TOPS):
                over += me[_TOP + k] > s - 1 and me[_TOP + k] >= 0
            if me[_RANKED] >= ranked:
                rank[i] = over + 1
                among[i] = me[_RANKED] + 1
                high = s >= 1000.0 * bits and rank[i] <= min(tail * among[i], TOPS)
                if high and t[i] - me[_TOLD] >= apart:
                    me[_TOLD] = t[i]
                    told[i] = True
                    parts[i, 0] = -math.log2(_chance(me, they, bins[i], 1))
                    parts[i, 1] = -math.log2(_chance(me, they, bins[i], 2))
                    parts[i, 2] = place
            _rank(me, s)
        _add(me, they, bins[i], slot, keys[at])
    return surprise, rank, among, told, row, hours, parts, keys[:known], x[:known], y[:known], owner[:used], hist[:used]


@njit(cache=True)
def _doubled(owner: Any, hist: Any) -> Any:
    a = np.empty(owner.size * 2, np.int64)
    b = np.zeros((owner.size * 2, BINS), np.int64)
    for r in range(owner.size):
        a[r] = owner[r]
        for k in range(BINS):
            b[r, k] = hist[r, k]
    return a, b


@njit(cache=True)
def _rank(me: Any, s: int) -> None:
    """Put a surprise among a mover's highest; after long, forget half of them."""
    for k in range(TOPS):
        if s > me[_TOP + k]:
            s, me[_TOP + k] = me[_TOP + k], s
    me[_RANKED] += 1
    if me[_RANKED] >= _OWN_MAX:
        me[_RANKED] //= 2
        for k in range(TOPS // 2, TOPS):
            me[_TOP + k] = -1


@njit(cache=True)
def _add(me: Any, they: Any, b: int, slot: int, place: int) -> None:
    """Learn a sample: of the mover, of its class there, and where the mover was."""
    me[_N] += 1
    me[_BIN + b] += 1
    they[b] += 1
    if slot < 0:
        slot = 0
        for k in range(1, PLACES):
            if me[_HOURS + k] < me[_HOURS + slot]:
                slot = k
        me[_PLACE + slot] = place
        me[_HOURS + slot] = 0
    me[_HOURS + slot] += 1
    if me[_N] >= _OWN_MAX:
        me[_N] = 0
        for k in range(BINS):
            me[_BIN + k] //= 2
            me[_N] += me[_BIN + k]
        for k in range(PLACES):
            me[_HOURS + k] //= 2
    if they.sum() >= _CLASS_MAX:
        for k in range(BINS):
            they[k] //= 2


def learned(
    rows: pl.DataFrame,
    own: pl.DataFrame,
    here: pl.DataFrame,
    learn: int,
    ranked: int,
    tail: float,
    bits: float,
    memory_us: int,
    apart_us: int,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Rank samples by surprise, and learn them.

    Args:
        rows: samples in order.
        own: what is remembered of movers (:data:`OWN` and ``marks``).
        here: what is remembered of classes at places (:data:`HERE`, ``kind`` and ``marks``).
        learn: hours that are learned before surprises are ranked.
        ranked: surprises ranked before one may stand out.
        tail: share of hours that stand out.
        bits: what is less surprising does not, however rare.
        memory_us: a mover silent for longer is forgotten.
        apart_us: an hour so soon after one that stood out is not told again.

    Returns:
        The samples with ``place, surprise, rank, among, hours``, whether they stand out (``told``) and the parts of
        their surprise; both memories after, without marks.
    """
    movers = pl.concat([own["mover"], rows["mover"]]).unique().sort()
    mine = pl.DataFrame({"mover": movers}).join(own.drop("marks"), on="mover", how="left", maintain_order="left")
    grid = mine.select(OWN).fill_null(0).to_numpy().astype(np.int64)
    new = mine["n"].is_null().to_numpy()
    grid[new, _TOP:_PLACE] = -1
    grid[new, _T] = grid[new, _TOLD] = np.iinfo(np.int64).min // 2
    packed = grid[:, len(_HEAD) :]
    cut = PLACES // _SHORT
    state = np.hstack([grid[:, : len(_HEAD)], long(packed[:, :cut], PLACES), long(packed[:, cut:], BINS)])
    kinds = pl.concat([here["kind"], rows["kind"]]).unique().sort()
    place = here.select("place", "lon", "lat").unique("place").sort("place")
    number = place["place"].search_sorted(here["place"]).cast(pl.Int64)
    row_of = number * len(kinds) + _codes(here["kind"], kinds)
    counts = long(here.select(HERE[3:]).to_numpy().astype(np.int64), BINS)
    told = _learn(
        steady(rows["t"]),
        steady(rows["lon_deg"].round(7)),
        steady(rows["lat_deg"].round(7)),
        steady(rows["report"]),
        steady(_codes(rows["mover"], movers)),
        steady(_codes(rows["kind"], kinds)),
        len(kinds),
        steady(rows["bin"]),
        state,
        steady(place["place"]),
        steady(place["lon"] / 1e7),
        steady(place["lat"] / 1e7),
        np.append(row_of, -1),
        np.vstack([counts, np.zeros((1, BINS), np.int64)]),
        learn,
        ranked,
        tail,
        bits,
        memory_us,
        apart_us,
    )
    surprise, rank, among, out, row, hours, parts, keys, x, y, owner, hist = told
    made = {
        "place": keys[owner[row] // len(kinds)],
        "surprise": surprise,
        "rank": rank,
        "among": among,
        "hours": hours,
        "told": out,
    }
    made |= {"by_speed": parts[:, 0], "by_course": parts[:, 1], "by_place": parts[:, 2]}
    ranks = rows.with_columns([pl.Series(c, v) for c, v in made.items()])
    after = np.hstack([state[:, :_HOURS], short(state[:, _HOURS:_BIN]), short(state[:, _BIN:])])
    at = owner // len(kinds)
    degrees = [np.round(v[at] * 1e7).astype(np.int64) for v in (x, y)]
    there = np.stack([keys[at], *degrees], axis=1)
    classes = pl.DataFrame(np.hstack([there, short(hist)]), schema=dict.fromkeys(HERE, pl.Int64()))
    classes = classes.with_columns(kind=kinds.gather(owner % len(kinds)))
    return ranks, pl.DataFrame(after, schema=dict.fromkeys(OWN, pl.Int64())), classes


def _codes(values: pl.Series, names: pl.Series) -> pl.Series:
    return names.search_sorted(values).cast(pl.Int64)
