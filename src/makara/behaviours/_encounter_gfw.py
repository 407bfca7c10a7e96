"""Encounters as Global Fishing Watch's pipe-encounters finds them: profiles ``gfw_raw`` (its raw rows) and ``gfw``.

Each segment's day is resampled to a grid of ten minutes; two segments within 500 m at consecutive grid records of the
first, for two hours or more, are a raw encounter, once for each direction. The merged ones join the raw ones of two
vessels that are less than four hours apart. Repeated with its defects, which the profile ``makara`` does not have:

- a day ends at UTC midnight: positions are not interpolated across it, encounters are cut;
- longitudes are interpolated straight across 180 degrees, so a vessel there is placed on the other side of the Earth;
- a run is of consecutive records of vessel 1: it bridges that vessel's own silences, so the two directions differ;
- before the first and after the last record of a day, positions are extrapolated for up to an hour along a course whose
  radians are read as degrees: nearly always north;
- the merged median distance and speed are medians of the raw medians of both directions.

Not repeated: the peer tracks the hundred nearest neighbours of a record only; here all count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import unit
from makara.base.units import MINUTE_S, S_US
from makara.behaviours._gfw import DAY_US, RADIUS_M, great_circle_m, publish, whole
from makara.behaviours._rule import Parameters, Rule, Window
from makara.behaviours._words import detail, hours, place, who

_STEP_S: Final = 10 * MINUTE_S
_DAY_S: Final = DAY_US // S_US
_KN_M_S: Final = 1.94384
"""The peer's knots in a metre a second."""
_VERY_SLOW_KN: Final = 0.35
DETAILS: Final = {
    "duration_s": pl.Int64(),
    "distance_median_m": pl.Float64(),
    "speed_median_kn": pl.Float64(),
    "tracks_1": pl.List(pl.Int64()),
    "tracks_2": pl.List(pl.Int64()),
    "reports_1": pl.Int64(),
    "reports_2": pl.Int64(),
    "lon_start_deg": pl.Float64(),
    "lat_start_deg": pl.Float64(),
    "lon_end_deg": pl.Float64(),
    "lat_end_deg": pl.Float64(),
    "meetings": pl.Int64(),
}
"""Details of an encounter of these profiles: 1 and 2 are the participants in their order."""
_NAMES: Final = ("track", "day", "rank", "at", "lon", "lat", "density")


def step(rule: Rule, window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Encounters of the whole span: raw ones, or those of each pair merged."""
    points = whole(window, carried, p)
    raw = _raw(_grid(points, p), points, p)
    if p.profile == "gfw":
        rows = _merged(raw, int(p.merge_max_s) * S_US)
    else:
        rows = raw.with_columns(
            scope=pl.format("{}:{}", "track_1", "track_2"),
            tracks_1=pl.concat_list("track_1"),
            tracks_2=pl.concat_list("track_2"),
            meetings=pl.lit(1, pl.Int64()),
        )
    return publish(rule, p, points, rows, ["mover_1", "mover_2"], DETAILS, "published_encounter")


def why(event: Mapping[str, Any]) -> str:
    """The meeting in words for the radio."""
    d = detail(event)
    pace = f"{d['distance_median_m']:.0f} m from each other for {hours(d['duration_s'])} h"
    return f"{who(event)} lay {pace} at {place(event)}, at {d['speed_median_kn']:.1f} kn (medians, as published)"


def _grid(points: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Each segment's days on the grid: ``track, day, rank`` (record of that day), ``at`` (seconds), place, density."""
    course = pl.col("cog_deg").cast(pl.Float64).radians()
    one = points.group_by("track", "t").agg(
        pl.col("lon_deg", "lat_deg").median(),
        pl.col("sog_kn").cast(pl.Float64).median(),
        course.sin().median().alias("sin"),
        course.cos().median().alias("cos"),
    )
    lost = pl.col("sin").is_null()
    one = one.filter(pl.col("sog_kn").is_not_null() & (~lost | (pl.col("sog_kn") <= _VERY_SLOW_KN))).sort("track", "t")
    angle = pl.when(lost).then(0.0).otherwise(pl.arctan2("sin", "cos"))
    # The peer's defect: radians, which it takes for degrees.
    one = one.with_columns(angle.radians().alias("angle"))
    columns = (one[c].to_numpy() for c in ("track", "t", "lon_deg", "lat_deg", "sog_kn", "angle"))
    found = _resample(*columns, float(p.bridge_max_s))
    return pl.DataFrame(dict(zip(_NAMES, found, strict=True)))


@njit(cache=True)
def _resample(track: Any, t: Any, lon: Any, lat: Any, sog: Any, angle: Any, bridge: float) -> Any:
    room = 16
    for i in range(t.size):  # enough: each leg's steps, and an hour on either side of each day
        new = i == 0 or track[i] != track[i - 1] or t[i] // DAY_US != t[i - 1] // DAY_US
        room += int(2 * bridge / _STEP_S) + 4 if new else int((t[i] - t[i - 1]) / 1e6 / _STEP_S) + 2
    who, day, rank, at = np.empty((4, room), np.int64)
    x, y, density = np.empty((3, room), np.float64)
    n = 0
    i = 0
    while i < t.size:
        j = i
        date = t[i] // DAY_US
        while j + 1 < t.size and track[j + 1] == track[i] and t[j + 1] // DAY_US == date:
            j += 1
        first, last = t[i] / 1e6, t[j] / 1e6
        begin = int(np.ceil(first / _STEP_S)) * _STEP_S
        end = int(np.floor(last / _STEP_S)) * _STEP_S
        early = int(np.ceil(max(date * float(_DAY_S), first - bridge) / _STEP_S)) * _STEP_S
        late = int(np.floor(min((date + 1) * float(_DAY_S) - 1e-6, last + bridge) / _STEP_S)) * _STEP_S
        k = 0
        cursor = i + 1
        when = early
        while when <= late:
            keep = True
            if when < begin or when > end:
                o = i if when < begin else j
                dt = when - t[o] / 1e6
                ahead = sog[o] / 3600.0 / 60.0 * dt
                east = ahead * np.sin(angle[o]) / max(np.cos(lat[o] * np.pi / 180.0), 0.1)
                px, py = (lon[o] + east + 180.0) % 360.0 - 180.0, lat[o] + ahead * np.cos(angle[o])
                span = dt
            else:
                while cursor < j and t[cursor] / 1e6 < when:
                    cursor += 1
                keep = j > i
                span = 0.0
                px, py = 0.0, 0.0
                if keep:
                    t0 = t[cursor - 1] / 1e6
                    span = t[cursor] / 1e6 - t0
                    mix = (when - t0) / span
                    px = lon[cursor] * mix + lon[cursor - 1] * (1.0 - mix)
                    py = lat[cursor] * mix + lat[cursor - 1] * (1.0 - mix)
                    keep = span < bridge
            if keep:
                who[n], day[n], rank[n], at[n] = track[i], date, k, when
                x[n], y[n] = px, py
                density[n] = np.round(_STEP_S / max(span, float(_STEP_S)), 2)
                n += 1
                k += 1
            when += _STEP_S
        i = j + 1
    return who[:n], day[:n], rank[:n], at[:n], x[:n], y[:n], density[:n]


def _pairs(grid: pl.DataFrame, reach_m: float) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Rows of the grid (both directions) that are near each other at the same instant, and their distance."""
    from scipy.spatial import cKDTree  # costs a quarter of a second to load

    day, at = grid["day"].to_numpy(), grid["at"].to_numpy()
    place = RADIUS_M * unit(grid["lon"].to_numpy(), grid["lat"].to_numpy())
    wide = reach_m * 1.001
    order = np.argsort(day, kind="stable")
    cuts = np.flatnonzero(np.diff(day[order])) + 1
    found = []
    for rows in np.split(order, cuts):  # day by day, so that memory stays small
        when = (at[rows] - at[rows].min()) / _STEP_S * 2.0 * wide
        near = cKDTree(np.column_stack([place[rows], when])).query_pairs(wide, output_type="ndarray")
        found.append(rows[near])
    both = np.concatenate(found) if found else np.empty((0, 2), np.int64)
    lon, lat = grid["lon"].to_numpy(), grid["lat"].to_numpy()
    far = great_circle_m(lon[both[:, 0]], lat[both[:, 0]], lon[both[:, 1]], lat[both[:, 1]])
    both, far = both[far <= reach_m], far[far <= reach_m]
    a, b = both[:, 0], both[:, 1]
    return np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([far, far])


def _raw(grid: pl.DataFrame, points: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Raw encounters, a row for each direction."""
    a, b, far = _pairs(grid, p.distance_max_m)
    movers = points.select("track", "mover").unique("track", keep="first", maintain_order=True)
    one = grid[a].rename({"track": "track_1", "density": "density_1"})
    two = grid[b].select(pl.col("track").alias("track_2"), pl.col("density").alias("density_2"))
    key = ("track_1", "track_2", "day")
    met = pl.concat([one, two, pl.DataFrame({"far": far})], how="horizontal").sort(*key, "rank")
    begins = pl.any_horizontal([pl.col(k) != pl.col(k).shift(1) for k in key]).fill_null(True)
    met = met.with_columns(run=(begins | (pl.col("rank") != pl.col("rank").shift(1) + 1)).cum_sum())
    lon, lat, at = (met[c].to_numpy() for c in ("lon", "lat", "at"))
    pace = np.full(len(met), np.nan)
    if len(met):
        apart = great_circle_m(lon[1:], lat[1:], lon[:-1], lat[:-1])
        pace[1:] = apart / np.where(at[1:] > at[:-1], at[1:] - at[:-1], 1) * _KN_M_S
    same = (pl.col("run") == pl.col("run").shift(1)).fill_null(False)
    met = met.with_columns(pl.Series("pace", pace)).with_columns(pl.when(same).then("pace").alias("pace"))
    east = pl.col("lon").radians()
    runs = met.group_by("run", maintain_order=True).agg(
        pl.col("track_1", "track_2").first(),
        (pl.col("at").first() * S_US).alias("t_first"),
        (pl.col("at").last() * S_US).alias("t_last"),
        pl.arctan2(east.sin().mean(), east.cos().mean()).degrees().alias("lon_deg"),
        pl.col("lat").mean().alias("lat_deg"),
        pl.col("far").median().alias("distance_median_m"),
        pl.col("pace").median().alias("speed_median_kn"),
        pl.col("density_1").cum_sum().last().round(0, "half_to_even").cast(pl.Int64).alias("reports_1"),
        pl.col("density_2").cum_sum().last().round(0, "half_to_even").cast(pl.Int64).alias("reports_2"),
        *(pl.col(c).first().alias(f"{c}_start_deg") for c in ("lon", "lat")),
        *(pl.col(c).last().alias(f"{c}_end_deg") for c in ("lon", "lat")),
        pl.len().alias("n"),
    )
    long = pl.col("t_last") - pl.col("t_first") >= int(p.duration_min_s) * S_US
    runs = runs.filter(long & (pl.col("n") >= 2))
    for k in (1, 2):
        named = movers.rename({"track": f"track_{k}", "mover": f"mover_{k}"})
        runs = runs.join(named, on=f"track_{k}", how="left", maintain_order="left")
    return runs.sort("mover_1", "mover_2", "t_first", "track_1", "track_2")


def _merged(raw: pl.DataFrame, apart_us: int) -> pl.DataFrame:
    """Raw encounters of both directions of two vessels, those less than so far apart joined into one."""
    turn = pl.col("mover_1") > pl.col("mover_2")
    swaps = [pl.when(turn).then(f"{c}_{3 - k}").otherwise(f"{c}_{k}").alias(f"{c}_{k}")
             for c in ("mover", "track", "reports") for k in (1, 2)]  # fmt: skip
    both = raw.with_columns(first_1="track_1", first_2="track_2").with_columns(swaps)
    both = both.sort("mover_1", "mover_2", "t_first", "t_last", "first_1", "first_2")
    pair = ["mover_1", "mover_2"]
    until = pl.col("t_last").cum_max().over(pair).shift(1)
    other = pl.any_horizontal([pl.col(c) != pl.col(c).shift(1) for c in pair]).fill_null(True)
    both = both.with_columns(event=(other | (pl.col("t_first") - until >= apart_us)).cum_sum())
    both = both.with_columns(s=(pl.col("t_last") - pl.col("t_first")) / S_US)
    total = pl.col("s").sum()
    east, last = pl.col("lon_deg").radians(), pl.col("t_last").arg_max()
    return both.group_by("event", maintain_order=True).agg(
        pl.col(*pair, "t_first", "lon_start_deg", "lat_start_deg").first(),
        pl.col("t_last").max(),
        pl.col("lon_end_deg", "lat_end_deg").get(last),
        pl.arctan2((east.sin() * pl.col("s")).sum(), (east.cos() * pl.col("s")).sum()).degrees().alias("lon_deg"),
        ((pl.col("lat_deg") * pl.col("s")).sum() / total).alias("lat_deg"),
        pl.col("distance_median_m", "speed_median_kn").median(),
        pl.col("reports_1", "reports_2").sum(),
        pl.col("track_1").unique().sort().alias("tracks_1"),
        pl.col("track_2").unique().sort().alias("tracks_2"),
        pl.len().cast(pl.Int64).alias("meetings"),
    )
