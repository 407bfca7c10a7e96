"""Anchorages, discovered: places where many vessels have lain still for long.

Source: Global Fishing Watch pipe-anchorages (within 0.5 km for 12 h or more; 20 or more distinct vessels). Theirs are
counted in the cells of a fixed grid, which parts an anchorage that a border of it crosses; here a place is where most
vessels lay, with all that lay within the same distance of it, so that nothing depends on where a grid is cut.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.errors import ColumnsError
from makara.base.geo import A_M, distance_m, distance_scalar, wrap_lon
from makara.base.units import HOUR_S, S_US

RADIUS_M: Final = 500.0
STAY_S: Final = 12 * HOUR_S
VESSELS: Final = 20
POSITIONS: Final = 200
STAYS: Final = pl.Schema(
    {
        "mover": pl.Int64(),
        "lon_deg": pl.Float64(),
        "lat_deg": pl.Float64(),
        "t_start": pl.Datetime("us", "UTC"),
        "t_end": pl.Datetime("us", "UTC"),
        "positions": pl.Int64(),
    }
)
"""Columns of long stays: whose, where in the mean, from when to when, of how many positions."""
ANCHORAGES: Final = pl.Schema(
    {
        "lon_deg": pl.Float64(),
        "lat_deg": pl.Float64(),
        "vessels": pl.Int64(),
        "stays": pl.Int64(),
        "positions": pl.Int64(),
        "stay_mean_s": pl.Int64(),
        "drift_m": pl.Float64(),
    }
)
"""Columns of anchorages: the mean place, distinct vessels, stays, positions, mean length, spread (rms) of the stays."""
_NEEDED: Final = ("mover", "track", "t_seen", "lon_deg", "lat_deg")
_HALF: Final = 1 << 18
_METRES_PER_DEG: Final = A_M * np.pi / 180.0
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def anchorages(
    points: pl.DataFrame,
    *,
    radius_m: float = RADIUS_M,
    stay_min_s: float = STAY_S,
    vessels_min: int = VESSELS,
    positions_min: int = POSITIONS,
) -> pl.DataFrame:
    """Anchorages in track points.

    Args:
        points: columns ``mover, track, t_seen, lon_deg, lat_deg`` of table track_points, in any order.
        radius_m: a vessel that stays so near lies still; what lies so near is one anchorage.
        stay_min_s: shortest stay that counts.
        vessels_min: fewest distinct vessels.
        positions_min: fewest positions of all their stays.

    Returns:
        Columns of :data:`ANCHORAGES`, those of most vessels first.

    Raises:
        ColumnsError: a required column is missing.
    """
    return places(stays(points, radius_m=radius_m, stay_min_s=stay_min_s), radius_m, vessels_min, positions_min)


def stays(points: pl.DataFrame, *, radius_m: float = RADIUS_M, stay_min_s: float = STAY_S) -> pl.DataFrame:
    """Long stays: a vessel's positions from one on, as long as they are near it.

    Returns:
        Columns of :data:`STAYS`.

    Raises:
        ColumnsError: a required column is missing.
    """
    missing = [c for c in _NEEDED if c not in points.columns]
    if missing:
        raise ColumnsError(f"track points lack column {', '.join(missing)}; segment() gives them")
    each = points.select(_NEEDED).filter(pl.col("track").is_not_null()).sort("track", "t_seen", "lon_deg", "lat_deg")
    lon, lat = each["lon_deg"].to_numpy(), each["lat_deg"].to_numpy()
    first, last, x, y = _stays(
        each["track"].to_numpy(), each["t_seen"].to_physical().to_numpy(), lon, lat, radius_m, stay_min_s * S_US
    )
    return pl.DataFrame(
        {
            "mover": each["mover"].gather(first),
            "lon_deg": wrap_lon(x),
            "lat_deg": y,
            "t_start": each["t_seen"].gather(first),
            "t_end": each["t_seen"].gather(last),
            "positions": last - first + 1,
        },
        schema=STAYS,
    )


@njit(cache=True)
def _stays(track: Any, t: Any, lon: Any, lat: Any, radius: float, least: float) -> Any:
    """First and last row and mean place of each long stay."""
    room, n = 1024, 0
    rows = np.empty((2, room), np.int64)
    mean = np.empty((2, room))
    i = 0
    while i < t.size:
        wide = np.cos(lat[i] * np.pi / 180.0)
        x = y = 0.0
        j = i
        while True:
            j += 1
            if j == t.size or track[j] != track[i]:
                break
            dx, dy = (lon[j] - lon[i] + 180.0) % 360.0 - 180.0, lat[j] - lat[i]
            if wide > 0.1:
                far = np.hypot(dx * wide, dy) * _METRES_PER_DEG
            else:
                far = distance_scalar(lon[i], lat[i], lon[j], lat[j])
            if far > radius:
                break
            x += dx
            y += dy
        if j - i > 1 and t[j - 1] - t[i] >= least:
            if n == room:
                more, wider = np.empty((2, 2 * room), np.int64), np.empty((2, 2 * room))
                more[:, :room], wider[:, :room] = rows, mean
                rows, mean = more, wider
                room *= 2
            rows[0, n], rows[1, n] = i, j - 1
            mean[0, n], mean[1, n] = lon[i] + x / (j - i), lat[i] + y / (j - i)
            n += 1
        i = j
    return rows[0, :n], rows[1, :n], mean[0, :n], mean[1, :n]


def places(found: pl.DataFrame, radius_m: float, vessels_min: int, positions_min: int) -> pl.DataFrame:
    """Anchorages of stays: where most lay, with all that lay within the radius; then of those left the same again.

    Args:
        found: columns of :data:`STAYS`, in any order.
        radius_m: how near stays of one anchorage lie to its middle.
        vessels_min: fewest distinct vessels.
        positions_min: fewest positions.
    """
    if not len(found):
        return pl.DataFrame(schema=ANCHORAGES)
    rows = found.sort("t_start", "mover", "t_end", "lon_deg", "lat_deg")
    lon, lat = rows["lon_deg"].to_numpy(), rows["lat_deg"].to_numpy()
    a, b = np.radians(lon), np.radians(lat)
    xyz = A_M * np.stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)], axis=1)
    cube = np.floor(xyz / radius_m).astype(np.int64)
    key = ((cube[:, 0] + _HALF) * 2 * _HALF + cube[:, 1] + _HALF) * 2 * _HALF + cube[:, 2] + _HALF
    by_key = np.argsort(key, kind="stable")
    keys, start = np.unique(key[by_key], return_index=True)
    start = np.append(start, key.size)
    count = _near(xyz, cube, by_key, keys, start, radius_m, np.full(key.size, -1), -1)
    order = np.argsort(-count, kind="stable")
    middle = _middles(xyz, cube, by_key, keys, start, radius_m, order)
    east = np.radians(wrap_lon(lon - lon[middle]))
    length = (pl.col("t_end") - pl.col("t_start")).dt.total_seconds()
    grouped = (
        rows.with_columns(pl.Series("middle", middle), pl.Series("east", np.degrees(east)))
        .group_by("middle")
        .agg(
            pl.col("east", "lat_deg").mean(),
            pl.col("mover").n_unique().cast(pl.Int64).alias("vessels"),
            pl.len().cast(pl.Int64).alias("stays"),
            pl.col("positions").sum(),
            length.mean().cast(pl.Int64).alias("stay_mean_s"),
        )
    )
    kept = grouped.filter((pl.col("vessels") >= vessels_min) & (pl.col("positions") >= positions_min))
    kept = kept.with_columns(pl.Series("lon_deg", wrap_lon(lon[kept["middle"].to_numpy()] + kept["east"].to_numpy())))
    members = rows.with_columns(pl.Series("middle", middle)).join(
        kept.select("middle", x="lon_deg", y="lat_deg"), on="middle"
    )
    far = distance_m(*(members[c].to_numpy() for c in ("lon_deg", "lat_deg", "x", "y")))
    spread = members.with_columns(pl.Series("far", far)).group_by("middle").agg((pl.col("far") ** 2).mean().sqrt())
    whole = kept.join(spread, on="middle").sort("vessels", "positions", "middle", descending=[True, True, False])
    return whole.rename({"far": "drift_m"}).select(ANCHORAGES.names()).cast(ANCHORAGES)


@njit(cache=True)
def _middles(xyz: Any, cube: Any, by_key: Any, keys: Any, start: Any, radius: float, order: Any) -> Any:
    """For each stay the one in whose place it is counted: greedily, those with most neighbours first."""
    taken = np.full(order.size, -1)
    for i in order:
        if taken[i] < 0:
            _near(xyz, cube, by_key, keys, start, radius, taken, i)
    return taken


@njit(cache=True)
def _near(xyz: Any, cube: Any, by_key: Any, keys: Any, start: Any, radius: float, taken: Any, only: int) -> Any:
    """How many free stays are near each; or, of one only, take them."""
    count = np.zeros(1 if only >= 0 else cube.shape[0], np.int64)
    begin, end = (only, only + 1) if only >= 0 else (0, cube.shape[0])
    for i in range(begin, end):
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                for dz in range(-1, 2):
                    k = ((cube[i, 0] + dx + _HALF) * 2 * _HALF + cube[i, 1] + dy + _HALF) * 2 * _HALF
                    k += cube[i, 2] + dz + _HALF
                    at = np.searchsorted(keys, k)
                    if at == keys.size or keys[at] != k:
                        continue
                    for q in range(start[at], start[at + 1]):
                        j = by_key[q]
                        d = xyz[i] - xyz[j]
                        if taken[j] >= 0 or d[0] * d[0] + d[1] * d[1] + d[2] * d[2] > radius * radius:
                            continue
                        if only >= 0:
                            taken[j] = only
                        count[i - begin] += 1
    return count
