"""Chains: the tracks of one object, one after the other (tracks.joins). Silence and stays in zones run along them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import distance_scalar
from makara.base.units import KN_M_S

Ints = NDArray[np.int64]
SPEED_KN: Final = 30.0
"""Fastest speed at which a track may take up another, where no table of tracks says it."""


def roots(tracks: pl.DataFrame | None, wanted: pl.Series) -> pl.Series:
    """The first track of each track's chain, following ``joins``; a track that the table lacks is its own chain."""
    if tracks is None or not len(tracks) or "joins" not in tracks.columns:
        return wanted
    known = tracks.select("track", "joins").unique("track", keep="last")
    every = pl.concat([known["track"], known["joins"].drop_nulls(), wanted]).unique().sort().to_numpy()
    parent = np.arange(every.size)
    has = known.filter(pl.col("joins").is_not_null())
    at = np.searchsorted(every, has["track"].to_numpy())
    parent[at] = np.searchsorted(every, has["joins"].to_numpy())
    while True:
        onward = parent[parent]
        if np.array_equal(onward, parent):
            break
        parent = onward
    found = every[parent[np.searchsorted(every, wanted.to_numpy())]]
    return pl.Series("chain", found, dtype=pl.Int64())


@dataclass(frozen=True)
class Chained:
    """Track points in the order of chain, time, report, without moving their columns.

    Attributes:
        points: the points as they are.
        order: rows of the points in that order; null: they stand in it.
        chain: chain of each row in that order.
        t: time of each row in that order, microseconds.
    """

    points: pl.DataFrame
    order: Ints | None
    chain: Ints
    t: Ints

    @staticmethod
    def of(points: pl.DataFrame, tracks: pl.DataFrame | None) -> Chained:
        """Of points as a window gives them, ordered by mover, track, time, report.

        Without a table of tracks the chain is the mover: then a clone's messages hide its twin's silence. The tracks'
        ``quality`` is left aside: it changes as a track grows, and what a rule says must not.
        """
        track, t = points["track"].to_numpy(), points["t_seen"].to_physical().to_numpy()
        first = np.flatnonzero(np.append(True, track[1:] != track[:-1])[: t.size])
        count = np.diff(np.append(first, t.size))
        if tracks is None:
            of_track = points["mover"].gather(first)
        else:
            of_track = roots(tracks, points["track"].gather(first))
        chain = of_track.to_numpy()
        pieces = np.lexsort((t[first], chain))
        ends = t[first + count - 1]
        a, b = pieces[:-1], pieces[1:]
        if np.any((chain[a] == chain[b]) & (ends[a] >= t[first][b])):  # tracks of one chain that overlap in time
            every = np.repeat(chain, count)
            order = np.lexsort((points["report"].to_numpy(), t, every))
            return Chained(points, order, every[order], t[order])
        every = np.repeat(chain[pieces], count[pieces])
        if np.array_equal(pieces, np.arange(pieces.size)):
            return Chained(points, None, every, t)
        begin = np.cumsum(count[pieces]) - count[pieces]
        order = np.arange(t.size) + np.repeat(first[pieces] - begin, count[pieces])
        return Chained(points, order, every, t[order])

    def column(self, name: str) -> pl.Series:
        """A column of the points, in the order of chains."""
        return self.points[name] if self.order is None else self.points[name].gather(self.order)

    def at(self, rows: Ints) -> Ints:
        """Which rows of the points some rows in the order of chains are."""
        return rows if self.order is None else self.order[rows]

    def frame(self) -> pl.DataFrame:
        """The points in that order, with ``chain``."""
        moved = self.points if self.order is None else self.points[self.order]
        return moved.with_columns(pl.Series("chain", self.chain, dtype=pl.Int64()))


def with_chain(points: pl.DataFrame, tracks: pl.DataFrame | None) -> pl.DataFrame:
    """Track points with ``chain``, ordered by chain, time, report; see :meth:`Chained.of`."""
    return Chained.of(points, tracks).frame()


def split(points: pl.DataFrame, tracks: pl.DataFrame | None) -> tuple[Ints, Ints]:
    """Rows of the points of movers that are on several chains, in the order of mover, time, report; and their chains.

    Only where tracks of a mover overlap in time are points sorted; else tracks follow each other as they are.
    """
    track, t = points["track"].to_numpy(), points["t_seen"].to_physical().to_numpy()
    first = np.flatnonzero(np.append(True, track[1:] != track[:-1])[: track.size])
    end = np.append(first[1:], track.size)
    who = points["mover"].to_numpy()[first]
    chain = who if tracks is None else roots(tracks, points["track"].gather(first)).to_numpy()
    o = np.lexsort((chain, who))
    several = np.unique(who[o][1:][(who[o][1:] == who[o][:-1]) & (chain[o][1:] != chain[o][:-1])])
    o = np.lexsort((t[first], who))
    o = o[np.isin(who[o], several)]
    first, end, who, chain = first[o], end[o], who[o], chain[o]
    count = end - first
    rows = np.arange(count.sum()) + np.repeat(first - np.cumsum(count) + count, count)
    mixed = who[1:][(who[1:] == who[:-1]) & (t[end - 1][:-1] >= t[first][1:])]
    every = np.repeat(chain, count)
    at = np.flatnonzero(np.repeat(np.isin(who, mixed), count))
    if at.size:
        own = np.repeat(who, count)[at]
        within = at[np.lexsort((points["report"].to_numpy()[rows[at]], t[rows[at]], own))]
        rows[at], every[at] = rows[within], every[within]
    return rows, every


@njit(cache=True)
def _link(mover: Any, start: Any, end: Any, lon0: Any, lat0: Any, lon1: Any, lat1: Any, speed: float) -> Any:
    """For each track (ordered by mover, start) the earlier one it takes up, or -1: the latest to end within reach."""
    n = mover.size
    joins = np.full(n, -1, np.int64)
    taken = np.zeros(n, np.bool_)
    first = 0
    for i in range(n):
        if i > 0 and mover[i] != mover[i - 1]:
            first = i
        best = -1
        for j in range(first, i):
            if taken[j] or end[j] > start[i]:
                continue
            far = distance_scalar(lon1[j], lat1[j], lon0[i], lat0[i])
            if far > speed * ((start[i] - end[j]) / 1e6 + 900.0):
                continue
            if best < 0 or end[j] > end[best]:
                best = j
        if best >= 0:
            taken[best] = True
            joins[i] = best
    return joins


@njit(cache=True)
def _first_of_last(first: Any, end: Any, t: Any) -> Any:
    """The first row of each track (rows ``first`` to ``end``) at the last instant in it."""
    out = end.copy()
    for k in range(first.size):
        while out[k] > first[k] and t[out[k] - 1] == t[end[k]]:
            out[k] -= 1
    return out


def link(points: pl.DataFrame) -> pl.DataFrame:
    """A table of tracks (``track, mover, t_start, t_end, n, joins``) from points alone, ordered as rules read them.

    A track takes up the track of the same mover that ended last before it began and that it can have come from at
    30 kn (with 15 minutes to spare); tracks that overlap in time stay apart.
    """
    track, t = points["track"].to_numpy(), points["t_seen"].to_physical().to_numpy()
    first = np.flatnonzero(np.append(True, track[1:] != track[:-1])[: t.size])
    end = np.append(first[1:], t.size)[: first.size] - 1
    last = _first_of_last(first, end, t)
    places = ((f"{c}_{k}", points[c].gather(at)) for c in ("lon_deg", "lat_deg") for k, at in enumerate((first, last)))
    each = pl.DataFrame(
        {
            "track": track[first],
            "mover": points["mover"].gather(first),
            "t_start": points["t_seen"].gather(first),
            "t_end": points["t_seen"].gather(end),
            "n": end - first + 1,
            **dict(places),
        }
    ).sort("mover", "t_start", "track")
    at = _link(
        each["mover"].to_numpy(),
        each["t_start"].to_physical().to_numpy(),
        each["t_end"].to_physical().to_numpy(),
        *(each[c].to_numpy() for c in ("lon_deg_0", "lat_deg_0", "lon_deg_1", "lat_deg_1")),
        SPEED_KN * KN_M_S,
    )
    track = each["track"].to_numpy()
    joins = pl.Series("joins", track[np.maximum(at, 0)] if len(each) else [], dtype=pl.Int64())
    named = each.select("track", "mover", "t_start", "t_end", "n").with_columns(joins, found=pl.Series(at >= 0))
    return named.with_columns(joins=pl.when("found").then("joins")).drop("found")


def taken_up(
    chained: Chained, mover: Ints, chain: Ints, t: Ints, lon: Any, lat: Any, span_us: int, near_m: float, far_m: float
) -> Ints:
    """Whether a number is heard on under another chain after its messages from some places: 1 or 0.

    Args:
        chained: points in the order of chains.
        mover: whose messages they are.
        chain: on which chain.
        t: when, microseconds.
        lon: where.
        lat: where.
        span_us: it is heard so soon after, at most.
        near_m: and so near.
        far_m: or so near where that chain had been silent for ``span_us`` before: it takes up where the other ends.
    """
    first = np.flatnonzero(np.append(True, chained.chain[1:] != chained.chain[:-1])[: chained.chain.size])
    who = chained.points["mover"].gather(chained.at(first)).to_numpy()
    end = np.append(first[1:], chained.chain.size)
    o = np.argsort(who, kind="stable")
    several = np.isin(mover, who[o][1:][who[o][1:] == who[o][:-1]])
    out = np.zeros(mover.size, np.int64)
    ask = np.flatnonzero(several)
    if not ask.size:
        return out
    pick = np.isin(who[o], mover[ask])
    who, first, end = who[o][pick], first[o][pick], end[o][pick]
    rows = np.concatenate([np.arange(a, b) for a, b in zip(first, end, strict=True)])
    at = chained.at(rows)
    stop = np.cumsum(end - first)
    out[ask] = _taken_up(
        who, stop - (end - first), stop, chained.chain[first], chained.t[rows],
        chained.points["lon_deg"].gather(at).to_numpy(), chained.points["lat_deg"].gather(at).to_numpy(),
        mover[ask], chain[ask], t[ask], lon[ask], lat[ask], span_us, near_m, far_m,
    )  # fmt: skip
    return out


@njit(cache=True)
def _taken_up(
    who: Any, first: Any, end: Any, chain: Any, t: Any, lon: Any, lat: Any,
    me: Any, mine: Any, at: Any, x: Any, y: Any, span: int, near: float, far: float,
) -> Any:  # fmt: skip
    out = np.zeros(me.size, np.int64)
    for g in range(me.size):
        for c in range(np.searchsorted(who, me[g]), np.searchsorted(who, me[g] + 1)):
            if chain[c] == mine[g]:
                continue
            k = first[c] + np.searchsorted(t[first[c] : end[c]], at[g] + 1)
            if k == end[c] or t[k] > at[g] + span:
                continue
            fresh = k == first[c] or t[k - 1] <= at[g] - span
            if distance_scalar(lon[k], lat[k], x[g], y[g]) <= (far if fresh else near):
                out[g] = 1
    return out
