"""Tracks, made from their points, and the chains that they form."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit

from makara.base.geo import distance_scalar, wrap_scalar
from makara.base.runs import ascends, gathered
from makara.tables import table
from makara.tracks._hull import fit

SHORT_N: Final = 10
"""Fewer positions than this make a track short (pipe-segment)."""
NOISE_N: Final = 3
"""Fewer positions than this make it noise."""
_READ: Final = ["track", "mover", "t_seen", "report", "lon_deg", "lat_deg", "sog_kn", "cog_deg"]
_OWN: Final = [f.name for f in table("tracks").fields if f.name not in ("source", "t_known", "mark")]


@njit(cache=True)
def _paths(first: Any, lon: Any, lat: Any) -> Any:
    """Length in mm and box (w, s, e, n) of each run of rows that begins at ``first`` (the last entry ends it)."""
    n = first.size - 1
    length = np.zeros(n, np.int64)
    box = np.empty((n, 4))
    for k in range(n):
        a = first[k]
        x = west = east = lon[a]
        south = north = lat[a]
        for i in range(a + 1, first[k + 1]):
            length[k] += round(distance_scalar(lon[i - 1], lat[i - 1], lon[i], lat[i]) * 1000.0)
            x += wrap_scalar(lon[i] - lon[i - 1])
            west, east = min(west, x), max(east, x)
            south, north = min(south, lat[i]), max(north, lat[i])
        if east - west >= 360.0:
            west, east = -180.0, 180.0
        elif west < -180.0 or east >= 180.0:
            west, east = wrap_scalar(west), wrap_scalar(east)
        box[k, 0], box[k, 1], box[k, 2], box[k, 3] = west, south, east, north
    return length, box


@njit(cache=True)
def _relations(mover: Any, t0: Any, t1: Any, head: Any, tail: Any, n: Any) -> Any:
    """Whether each track overlaps another of its mover, and which one it joins (-1: none).

    Tracks are sorted by mover and start. A track joins, of the mover's tracks that ended before it began and that no
    other track has joined, the one that it fits best.
    """
    joins = np.full(mover.size, -1, np.int64)
    taken = np.zeros(mover.size, np.bool_)
    overlaps = np.zeros(mover.size, np.bool_)
    a = 0
    for i in range(mover.size):
        while mover[a] != mover[i]:
            a += 1
        best = -math.inf
        for j in range(a, i):
            if t1[j] >= t0[i]:
                if n[i] >= NOISE_N and n[j] >= NOISE_N:
                    overlaps[i] = overlaps[j] = True
                continue
            if taken[j]:
                continue
            dt = (t0[i] - t1[j]) * 1e-6
            p, q = tail[j], head[i]
            score = fit(dt, p[0], p[1], p[2], p[3], q[0], q[1], q[2], q[3])
            if score > best:
                best, joins[i] = score, j
        if joins[i] >= 0:
            taken[joins[i]] = True
    return joins, overlaps


def tracks(points: pl.DataFrame, *, profile: str = "makara") -> pl.DataFrame:
    """Table tracks from all points of whole movers, in any order.

    Args:
        points: columns of table track_points; rows without a track are ignored.
        profile: profile of the segmentation, kept in the result.

    Returns:
        Columns of table tracks without stamps, sorted by mover, t_start and track. ``quality``: noise (fewer than 3
        positions), short (fewer than 10), overlapping (in time with another track of its mover that is not noise),
        good. ``joins``: the mover's track that ended before this began and that it continues best, however long ago,
        if a hull could have made the way. ``length_m`` is a sum of whole millimetres.
    """
    p = points.filter(pl.col("track").is_not_null()).select(_READ)
    if ascends([p[c].to_physical().to_numpy() for c in ("mover", "t_seen", "report")]):
        p = p[gathered(p["track"].to_numpy())]
    else:
        p = p.sort("track", "t_seen", "report")
    if len(p) == 0:
        return table("tracks").empty().select(_OWN)
    ident = p["track"].to_numpy()
    first = np.concatenate([np.flatnonzero(np.concatenate([[True], ident[1:] != ident[:-1]])), [len(p)]])
    state = np.stack(
        [p[c].cast(pl.Float64).fill_null(float("nan")).to_numpy() for c in ("lon_deg", "lat_deg", "sog_kn", "cog_deg")],
        axis=1,
    )
    length, box = _paths(first, np.ascontiguousarray(state[:, 0]), np.ascontiguousarray(state[:, 1]))
    begin, end = first[:-1], first[1:] - 1
    out = pl.DataFrame(
        {
            "track": p["track"].gather(begin),
            "mover": p["mover"].gather(begin),
            "t_start": p["t_seen"].gather(begin),
            "t_end": p["t_seen"].gather(end),
            "n": np.diff(first).astype(np.int64),
            "box": pl.DataFrame(box, schema=["w", "s", "e", "n"]).to_struct("box"),
            "length_m": pl.Series(length / 1000.0).round(0),
            "_begin": begin,
            "_end": end,
        }
    ).sort("mover", "t_start", "track")
    head, tail = state[out["_begin"].to_numpy()], state[out["_end"].to_numpy()]
    joins, overlaps = _relations(
        out["mover"].to_numpy(),
        out["t_start"].to_physical().to_numpy(),
        out["t_end"].to_physical().to_numpy(),
        head,
        tail,
        out["n"].to_numpy(),
    )
    n = pl.col("n")
    quality = (
        pl.when(n < NOISE_N)
        .then(pl.lit("noise"))
        .when(n < SHORT_N)
        .then(pl.lit("short"))
        .when(pl.Series(overlaps))
        .then(pl.lit("overlapping"))
        .otherwise(pl.lit("good"))
    )
    before = out["track"].gather(pl.Series(np.maximum(joins, 0), dtype=pl.UInt32))
    return out.with_columns(
        quality=quality,
        joins=pl.when(pl.Series(joins >= 0)).then(before),
        profile=pl.lit(profile),
    ).select(_OWN)


@njit(cache=True)
def _roots(before: Any, order: Any) -> Any:
    root = np.arange(before.size)
    for i in order:
        if before[i] >= 0:
            root[i] = root[before[i]]
    return root


def chain(tracks: pl.DataFrame) -> pl.DataFrame:
    """The chain of each track: the first track of the line that ``joins`` makes.

    Args:
        tracks: columns ``track, t_start, joins`` of table tracks; a track that joins one not given begins a chain.

    Returns:
        Columns ``track, chain`` in the order given.
    """
    at = tracks.select("track").with_row_index("_at")
    before = tracks.select(track="joins").join(at, on="track", how="left", maintain_order="left")["_at"]
    order = tracks["t_start"].arg_sort().to_numpy().astype(np.int64)
    root = _roots(before.cast(pl.Int64).fill_null(-1).to_numpy(), order)
    return tracks.select("track", chain=pl.col("track").gather(pl.Series(root, dtype=pl.UInt32)))
