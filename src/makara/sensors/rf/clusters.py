"""Emissions of one emitter, tied together: a pass hears a radar many times, and each time is one row of the product.

Two emissions of a look may be of one emitter if they are of one class (or one has none), their frequencies agree, the
time between them is short, and their places agree within both error ellipses once the way that a vessel can have made
is taken off. Clusters are complete: every two of their emissions agree, so a row of anchored ships is not chained into
one. The most alike are joined first; ties are broken by the rows' contents, so their order changes nothing.

Source: complete-linkage clustering (Sorensen 1948) on the Mahalanobis distance of two independent Gaussian positions.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.geo import cartesian, local_m
from makara.base.motion import SPEED_MAX_KN
from makara.base.units import KN_M_S

WINDOW_S: Final = 900.0
"""Longest time between emissions that are tied: a pass of a satellite, seconds."""
FREQ_SHARE: Final = 1e-4
"""Frequencies agree within this share: below the 25 kHz of a VHF channel, above a magnetron's drift in a pass."""
SD_M: Final = 3000.0
"""Standard deviation of a place without an ellipse, metres: what such services state as typical."""
K95: Final = 2.4477468306808165
"""Half axis of the 95 % ellipse in standard deviations."""
BLOCK: Final = 262_144

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_ORDER: Final = ("collection", "t_seen", "lon_deg", "lat_deg", "freq_hz", "emitter", "detection")


def clusters(
    emissions: pl.DataFrame,
    *,
    window_s: float = WINDOW_S,
    freq_share: float = FREQ_SHARE,
    speed_kn: float = SPEED_MAX_KN["unknown"],
) -> pl.Series:
    """The cluster of each emission: numbers that are equal for emissions of one emitter in one look.

    Args:
        emissions: columns of table detections: ``t_seen, lon_deg, lat_deg``, and where known ``semi_major_m,
            semi_minor_m, orientation_deg`` (95 %), ``freq_hz, emitter, collection, detection``.
        window_s: longest time between emissions that are tied, seconds.
        freq_share: frequencies agree within this share of the greater.
        speed_kn: fastest that the emitter may move, knots.

    Returns:
        Int64, in the rows' order: 0 for the cluster whose first emission comes first, and so on.
    """
    n = len(emissions)
    if n == 0:
        return pl.Series("cluster", [], dtype=pl.Int64())
    full = emissions.select(
        pl.col(c) if c in emissions.columns else pl.lit(None, pl.String() if c in _TEXT else pl.Float64()).alias(c)
        for c in (*_ORDER, "semi_major_m", "semi_minor_m", "orientation_deg")
    ).with_columns(row=pl.int_range(n))
    rows = full.sort(_ORDER, nulls_last=False, maintain_order=True)
    i, j, far = _pairs(rows, window_s, freq_share, speed_kn * KN_M_S)
    label = _complete(n, i, j, far)
    first: dict[int, int] = {}
    numbers = [first.setdefault(int(k), len(first)) for k in label]
    out = np.empty(n, np.int64)
    out[rows["row"].to_numpy()] = numbers
    return pl.Series("cluster", out)


_TEXT: Final = ("collection", "emitter", "detection")


def _codes(values: pl.Series) -> Ints:
    """Numbers of equal text, -1 for null."""
    found: Ints = (values.rank("dense").cast(pl.Int64()).fill_null(0) - 1).to_numpy()
    return found


def _pairs(rows: pl.DataFrame, window_s: float, freq_share: float, speed: float) -> tuple[Ints, Ints, Floats]:
    """Pairs that may be of one emitter (i < j in the sorted order), and how far apart they are in squared sigmas."""
    from scipy.spatial import cKDTree  # costs a quarter of a second to load

    lon, lat = rows["lon_deg"].to_numpy(), rows["lat_deg"].to_numpy()
    t = rows["t_seen"].dt.epoch("us").to_numpy() / 1e6
    freq = rows["freq_hz"].cast(pl.Float64()).fill_null(np.nan).to_numpy()
    kind, look = _codes(rows["emitter"]), _codes(rows["collection"])
    xx, yy, xy, reach = _errors(rows)
    most = 2.0 * float(reach.max()) + speed * window_s + 1.0
    apart_in = np.stack([t * (most / max(window_s, 1e-6)), look * (4.0 * most)], axis=1)
    space = np.concatenate([cartesian(lon, lat), apart_in - apart_in[0]], axis=1)
    near = np.sort(cKDTree(space).query_pairs(most, p=np.inf, output_type="ndarray").astype(np.int64), axis=1)
    found: list[tuple[Ints, Ints, Floats]] = []
    for a in range(0, len(near), BLOCK):
        i, j = near[a : a + BLOCK].T
        dt = np.abs(t[j] - t[i])
        apart = np.abs(freq[i] - freq[j]) > freq_share * np.maximum(freq[i], freq[j])
        sound = (look[i] == look[j]) & (dt <= window_s) & ~apart
        sound &= (kind[i] == kind[j]) | (kind[i] < 0) | (kind[j] < 0)
        i, j, dt = i[sound], j[sound], dt[sound]
        east, north = local_m(lon[i], lat[i], lon[j], lat[j])
        way = np.hypot(east, north)
        left = np.maximum(0.0, 1.0 - speed * dt / np.maximum(way, 1e-9))
        sx, sy, sxy = xx[i] + xx[j], yy[i] + yy[j], xy[i] + xy[j]
        det = np.maximum(sx * sy - sxy * sxy, 1e-6)
        far = (sy * east**2 - 2.0 * sxy * east * north + sx * north**2) * left**2 / det
        close = far <= K95 * K95
        found.append((i[close], j[close], far[close]))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    i, j, far = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((j, i, np.round(far, 6)))
    return i[order], j[order], far[order]


def _errors(rows: pl.DataFrame) -> tuple[Floats, Floats, Floats, Floats]:
    """Covariances east and north, square metres, and the reach of each ellipse, metres."""
    a, b, o = (rows[c].cast(pl.Float64()).to_numpy().astype(np.float64) for c in
               ("semi_major_m", "semi_minor_m", "orientation_deg"))  # fmt: skip
    a = np.where(np.isnan(a), np.where(np.isnan(b), SD_M * K95, b), a) / K95
    b = np.where(np.isnan(b), a, b / K95)
    turn = np.radians(np.nan_to_num(o))
    xx = (a * np.sin(turn)) ** 2 + (b * np.cos(turn)) ** 2
    yy = (a * np.cos(turn)) ** 2 + (b * np.sin(turn)) ** 2
    return xx, yy, (a * a - b * b) * np.sin(turn) * np.cos(turn), np.maximum(a, b) * K95


def _complete(n: int, i: Ints, j: Ints, far: Floats) -> Ints:
    """Complete-linkage clusters: pairs, the most alike first, join their clusters if all of both agree."""
    friends: list[set[int]] = [set() for _ in range(n)]
    for a, b in zip(i.tolist(), j.tolist(), strict=True):
        friends[a].add(b)
        friends[b].add(a)
    members: dict[int, list[int]] = {k: [k] for k in range(n)}
    label = list(range(n))
    for a, b in zip(i.tolist(), j.tolist(), strict=True):
        p, q = sorted((label[a], label[b]))
        if p == q or any(not friends[x].issuperset(members[q]) for x in members[p]):
            continue
        for x in members[q]:
            label[x] = p
        members[p] += members.pop(q)
    return np.array(label, np.int64)


def fuse(emissions: pl.DataFrame, cluster: pl.Series) -> pl.DataFrame:
    """One detection a cluster: the emission that is placed best, for one vessel gives one detection in a look.

    A place made of all would be better only if their errors were independent, and those of one pass are not.

    Args:
        emissions: columns of table detections, ``flags`` among them.
        cluster: as :func:`clusters` gives.

    Returns:
        The rows kept, in the rows' order; ``flags`` has ``emissions:N`` where a row stands for N of them.
    """
    area = pl.col("semi_major_m") * pl.col("semi_minor_m")
    told: list[Any] = [pl.col("collection"), "t_seen", "lon_deg", "lat_deg", "freq_hz", "emitter", "detection"]
    ranked = emissions.with_columns(cluster.alias("cluster"), row=pl.int_range(len(emissions)))
    ranked = ranked.sort(area.fill_null(float("inf")), *told, nulls_last=False, maintain_order=True)
    ranked = ranked.with_columns(pl.len().over("cluster").alias("of"))
    kept = ranked.unique("cluster", keep="first", maintain_order=True).sort("row")
    count = pl.when(pl.col("of") > 1).then(pl.concat_list(pl.format("emissions:{}", "of")))
    flags = pl.col("flags").list.concat(count.fill_null(pl.lit([], pl.List(pl.String()))))
    return kept.with_columns(flags).drop("cluster", "row", "of")
