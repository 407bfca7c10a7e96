"""Chains: the tracks of one object, one after the other (tracks.joins). Silence and stays in zones run along them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import distance_m, distance_scalar
from makara.base.units import DAY_S, KN_M_S, S_US

Ints = NDArray[np.int64]
NEVER: Final = np.iinfo(np.int64).max
"""Stands for a time that does not come."""
RETURN_S: Final = DAY_S
"""Who is back on a chain within this may have been away; later, it is another voyage."""
_LESS: Final = 0.999
"""Of limits of jumps: they are sought a little wider, for those who measure them to judge."""
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


@njit(cache=True)
def heads(track: Any) -> Any:
    """The first row of each track, of rows that stand together by track."""
    out, n = np.empty(track.size, np.int64), 0  # memory that is not written costs nothing
    for i in range(track.size):
        if i == 0 or track[i] != track[i - 1]:
            out[n] = i
            n += 1
    return out[:n].copy()


@dataclass(frozen=True)
class Chained:
    """Track points in the order of chain, time, report, without moving them: pieces of rows that stand together.

    Attributes:
        points: the points as they are.
        first: first row of each piece, in that order.
        end: the row after its last.
        chain: its chain.
    """

    points: pl.DataFrame
    first: Ints
    end: Ints
    chain: Ints

    @staticmethod
    def of(points: pl.DataFrame, tracks: pl.DataFrame | None) -> Chained:
        """Of points as a window gives them, ordered by mover, track, time, report.

        Without a table of tracks the chain is the mover: then a clone's messages hide its twin's silence. The tracks'
        ``quality`` is left aside: it changes as a track grows, and what a rule says must not.
        """
        track, t = points["track"].to_numpy(), points["t_seen"].to_physical().to_numpy()
        first = heads(track)
        end = np.append(first[1:], t.size)[: first.size]
        of_track = points["mover"].gather(first) if tracks is None else roots(tracks, points["track"].gather(first))
        chain = of_track.to_numpy()
        o = np.lexsort((t[first], chain))
        first, end, chain = first[o], end[o], chain[o]
        mixed = chain[1:][(chain[1:] == chain[:-1]) & (t[end - 1][:-1] >= t[first][1:])]
        if mixed.size:  # tracks of one chain that overlap in time
            at = np.isin(chain, mixed)
            rows, every = _spread(first[at], end[at]), np.repeat(chain[at], (end - first)[at])
            o = np.lexsort((points["report"].to_numpy()[rows], t[rows], every))
            rows, every = rows[o], every[o]
            cut = np.flatnonzero(np.append(True, (np.diff(rows) != 1) | (every[1:] != every[:-1])))
            last = np.append(cut[1:], rows.size) - 1
            first, end = np.append(first[~at], rows[cut]), np.append(end[~at], rows[last] + 1)
            chain = np.append(chain[~at], every[cut])
            o = np.lexsort((t[first], chain))  # it is stable: pieces of one instant keep their order
            first, end, chain = first[o], end[o], chain[o]
        return Chained(points, first, end, chain)

    @cached_property
    def t(self) -> Ints:
        """Time of each row of the points, microseconds."""
        out: Ints = self.points["t_seen"].to_physical().to_numpy()
        return out

    @cached_property
    def begin(self) -> Ints:
        """Place of the first row of each piece in the order of chains, and the number of rows."""
        out: Ints = np.append(0, np.cumsum(self.end - self.first))
        return out

    @cached_property
    def heads(self) -> Ints:
        """The first piece of each chain, and the number of pieces."""
        new = np.append(True, self.chain[1:] != self.chain[:-1])[: self.chain.size]
        return np.append(np.flatnonzero(new), self.chain.size)

    def at(self, places: Ints) -> Ints:
        """Which rows of the points stand at some places in the order of chains."""
        piece = np.searchsorted(self.begin, places, side="right") - 1
        return np.asarray(self.first[piece] + places - self.begin[piece], np.int64)

    def onward(self, rows: Ints) -> Ints:
        """When the chain of each of some rows (ascending) is heard next (int64's largest: not again)."""
        o = np.argsort(self.first)
        out: Ints = _onward(rows, self.t, self.first, self.end, self.chain, o)
        return out


def _spread(first: Ints, end: Ints) -> Ints:
    """All rows of some stretches, one after the other."""
    count = end - first
    return np.asarray(np.arange(count.sum()) + np.repeat(first - np.cumsum(count) + count, count), np.int64)


@njit(cache=True)
def _onward(rows: Any, t: Any, first: Any, end: Any, chain: Any, order: Any) -> Any:
    out = np.full(rows.size, NEVER, np.int64)
    k = 0
    for r in range(rows.size):
        while end[order[k]] <= rows[r]:
            k += 1
        s = order[k]
        if rows[r] + 1 < end[s]:
            out[r] = t[rows[r] + 1]
        elif s + 1 < chain.size and chain[s + 1] == chain[s]:
            out[r] = t[first[s + 1]]
    return out


def split(points: pl.DataFrame, tracks: pl.DataFrame | None, speed_m_s: float, far_m: float) -> tuple[Ints, Ints]:
    """Rows of the points of movers that jump between chains, in the order of mover, time, report; and their chains.

    Movers whose chains follow each other, none (nearly) so far and fast from the one before, are left out; of those
    that return to no chain within a day, only the first and last row of each track are given. Only where tracks of a
    mover overlap in time are points sorted; else tracks follow each other as they are.
    """
    track, t = points["track"].to_numpy(), points["t_seen"].to_physical().to_numpy()
    first = heads(track)
    end = np.append(first[1:], track.size)[: first.size]
    who = points["mover"].to_numpy()[first]
    chain = who if tracks is None else roots(tracks, points["track"].gather(first)).to_numpy()
    o = np.lexsort((t[first], who))
    first, end, who, chain = first[o], end[o], who[o], chain[o]
    a, b, same = end[:-1] - 1, first[1:], who[1:] == who[:-1]
    x, y = points["lon_deg"], points["lat_deg"]
    way = distance_m(*(c.gather(k).to_numpy() for k in (a, b) for c in (x, y)))
    far = (way >= _LESS * far_m) & (way * 1e6 > _LESS * speed_m_s * np.maximum(t[b] - t[a], 1))
    jumps = far & (chain[1:] != chain[:-1])
    o = np.lexsort((chain, who))
    several = who[o][1:][(who[o][1:] == who[o][:-1]) & (chain[o][1:] != chain[o][:-1])]
    mixed = np.intersect1d(who[1:][same & (t[a] >= t[b])], several)
    kept = np.isin(who, np.union1d(who[1:][same & jumps], mixed))
    first, end, who, chain = first[kept], end[kept], who[kept], chain[kept]
    whole = np.isin(who, np.union1d(mixed, _returning(who, chain, t[first], t[end - 1])))
    k = np.repeat(np.arange(who.size), np.where(whole | (end - first == 1), 1, 2))
    second = np.append(False, k[1:] == k[:-1])[: k.size]
    who, chain, first = who[k], chain[k], np.where(second, end[k] - 1, first[k])
    end = np.where(whole[k], end[k], first + 1)
    count, rows = end - first, _spread(first, end)
    every = np.repeat(chain, count)
    at = np.flatnonzero(np.repeat(np.isin(who, mixed), count))
    if at.size:
        own = np.repeat(who, count)[at]
        within = at[np.lexsort((points["report"].to_numpy()[rows[at]], t[rows[at]], own))]
        rows[at], every[at] = rows[within], every[within]
    return rows, every


def _returning(who: Ints, chain: Ints, since: Ints, until: Ints) -> Ints:
    """Movers that are on a chain again within a day, after another: of tracks in the order of mover and time."""
    run = np.cumsum(np.append(True, (who[1:] != who[:-1]) | (chain[1:] != chain[:-1]))[: who.size])
    o = np.lexsort((since, chain, who))
    a, b = o[:-1], o[1:]
    again = (who[a] == who[b]) & (chain[a] == chain[b]) & (run[a] != run[b])
    return np.asarray(who[b][again & (since[b] - until[a] <= RETURN_S * S_US)], np.int64)


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
    first = heads(track)
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
    head = chained.heads
    who = chained.points["mover"].gather(chained.first[head[:-1]]).to_numpy()
    o = np.argsort(who, kind="stable")
    out: Ints = _taken_up(
        who[o], head[:-1][o], head[1:][o], chained.chain, chained.first, chained.end, chained.t,
        chained.points["lon_deg"].to_numpy(), chained.points["lat_deg"].to_numpy(),
        mover, chain, t, lon, lat, span_us, near_m, far_m,
    )  # fmt: skip
    return out


@njit(cache=True)
def _taken_up(
    who: Any, head: Any, stop: Any, chain: Any, first: Any, end: Any, t: Any, lon: Any, lat: Any,
    me: Any, mine: Any, at: Any, x: Any, y: Any, span: int, near: float, far: float,
) -> Any:  # fmt: skip
    out = np.zeros(me.size, np.int64)
    for g in range(me.size):
        for c in range(np.searchsorted(who, me[g]), np.searchsorted(who, me[g] + 1)):
            if chain[head[c]] == mine[g]:
                continue
            s = head[c]
            while s < stop[c] and t[end[s] - 1] <= at[g]:
                s += 1
            if s == stop[c]:
                continue
            k = first[s] + np.searchsorted(t[first[s] : end[s]], at[g] + 1)
            if t[k] > at[g] + span:
                continue
            before = k - 1
            if k == first[s]:
                before = end[s - 1] - 1 if s > head[c] else -1
            fresh = before < 0 or t[before] <= at[g] - span
            if distance_scalar(lon[k], lat[k], x[g], y[g]) <= (far if fresh else near):
                out[g] = 1
    return out
