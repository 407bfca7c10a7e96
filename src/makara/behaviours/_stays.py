"""Stays: what is true for a while. Hits that follow each other are joined into runs, continued from carried ones.

Sums are integers, so that any split of the input adds up alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit

from makara.base.geo import between_scalar, distance_scalar, reduced_scalar, wrap_scalar
from makara.base.units import HOUR_S, KN_M_S, MINUTE_S, S_US
from makara.behaviours._chains import heads
from makara.behaviours._pairs import apart
from makara.behaviours._points import changes
from makara.behaviours._rule import Window

_HOUR: Final = HOUR_S * S_US
_QUARTER: Final = 15 * MINUTE_S * S_US


def join_runs(
    hits: pl.DataFrame,
    carried: pl.DataFrame,
    keys: Sequence[str],
    begins: pl.Expr,
    *,
    firsts: Sequence[str],
    sums: Mapping[str, pl.Expr],
    mins: Sequence[str] = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Runs of hits, those carried continued.

    Args:
        hits: rows with the keys, ``t_first, t_last`` (microseconds; ``t_last`` rising within a key), ``mark`` and what
            the expressions below use.
        carried: runs of earlier windows with the keys, ``t_first, t_last``, the columns named below and ``marks``.
        keys: whose run it is.
        begins: whether a hit begins a new run; may use ``t_prev``, the last ``t_last`` of its key before it.
        firsts: columns of which a run keeps its first row's value.
        sums: integers that each hit adds; may use ``new`` (it begins a run) and ``since``, the start of what it adds
            (its ``t_first``, or ``t_prev`` where that is later and the run goes on).
        mins: columns of which a run keeps the least.

    Returns:
        Runs, ordered by key and time: keys, ``t_first, t_last``, the columns, ``n_new`` (hits in this window),
        ``final`` (the last of its key) and ``run``; and the marks of each run (``run, marks``).
    """
    names = [*keys, "t_first", "t_last", *firsts, *mins]
    fresh = hits.with_columns(marks=pl.lit(None, pl.List(pl.String())), n_new=pl.lit(1, pl.Int64()))
    old = carried.select(*names, *(pl.col(s).alias(f"had_{s}") for s in sums), "marks")
    both = pl.concat([old.with_columns(n_new=pl.lit(0, pl.Int64())), fresh], how="diagonal")
    both = both.sort(*keys, "t_last", "n_new", maintain_order=True)  # two reports of one instant keep their order
    other = pl.any_horizontal([pl.col(k) != pl.col(k).shift(1) for k in keys]).fill_null(True)
    both = both.with_columns(other=other).with_columns(t_prev=pl.when(~pl.col("other")).then(pl.col("t_last").shift(1)))
    both = both.with_columns(new=pl.col("other") | begins.fill_null(True))
    since = pl.when("new").then("t_first").otherwise(pl.max_horizontal("t_first", "t_prev"))
    both = both.with_columns(run=pl.col("new").cum_sum(), final=pl.col("other").shift(-1).fill_null(True), since=since)
    held = pl.col("n_new") == 0
    runs = (
        both.with_columns([pl.when(held).then(f"had_{s}").otherwise(e).alias(s) for s, e in sums.items()])
        .group_by("run", maintain_order=True)
        .agg(
            pl.col(*keys, "t_first", *firsts).first(),
            pl.col("t_last", "final").last(),
            pl.col("n_new", *sums).sum(),
            *(pl.col(c).min() for c in mins),
        )
    )
    kept = both.filter(held).select("run", mark="marks").explode("mark")
    return runs, marks_of(pl.concat([both.select("run", "mark"), kept]), "run")


def marks_of(told: pl.DataFrame, key: str) -> pl.DataFrame:
    """The distinct marks of each key (``key, mark`` -> ``key, marks``)."""
    distinct = told.drop_nulls().unique().sort(key, "mark")
    return distinct.group_by(key, maintain_order=True).agg(marks=pl.col("mark"))


_SUMS: Final = ("ms", "mm", "shore", "shore_ms", "n")
_FIRSTS: Final = ("mover", "mmsi", "lon", "lat", "zone_row")
STAY: Final = ("track", "mover", "mmsi", "t_first", "t_last", "lon", "lat", *_SUMS)
"""What a slow stay remembers: sums of its time (ms), way (mm), distance from shore (m s; ms of it known), reports."""


def slow_stays(
    window: Window, points: pl.DataFrame, held: pl.DataFrame, speed_max_kn: float, bridge_us: int
) -> pl.DataFrame:
    """Stretches of a track in which every hour was slow, those of earlier windows continued.

    Args:
        window: its new reports end hours; those before are context.
        points: points of the window (columns of POINTS), ordered by track and time.
        held: what was carried, unpacked by :data:`STAY`.
        speed_max_kn: an hour is slow when its mean speed is below this.
        bridge_us: longest time between two reports that is interpolated.

    Returns:
        The columns of :data:`STAY`, ``over``, ``zones`` (at its start), ``marks`` and ``run``; ordered by run.
    """
    hits, heard = _slow(window, points, bridge_us, speed_max_kn)
    old = held.with_row_index("k").with_columns(zone_row=-1 - pl.col("k").cast(pl.Int64))
    runs, marks = join_runs(hits, old, ["track"], pl.col("t_first") > pl.col("t_prev"), firsts=_FIRSTS, sums=_adds())
    runs = runs.join(heard, on="track", how="left", maintain_order="left").join(marks, on="run", how="left")
    passed = (pl.col("heard") > pl.col("t_last") + _HOUR).fill_null(False)
    over = ~pl.col("final") | passed | (pl.col("t_last") + bridge_us < window.to_us)
    new = runs.filter(pl.col("zone_row") >= 0)["zone_row"]
    zones = pl.DataFrame({"zone_row": new, "zones": points["zones"].gather(new)})
    both = pl.concat([zones, old.select("zone_row", "zones")])
    return runs.join(both, on="zone_row", how="left").with_columns(over=over).sort("run")


def _slow(window: Window, points: pl.DataFrame, bridge: int, speed_max_kn: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Slow hours that end in the window; and when each track was heard last."""
    track, t = points["track"].to_numpy(), points["t_seen"].to_physical().to_numpy()
    limit = speed_max_kn * KN_M_S * 1000
    stated = points["sog_kn"].to_numpy()
    since, speed = _hourly(
        track, t, points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy(), stated, bridge, limit, speed_max_kn
    )
    rows = np.flatnonzero((t >= window.frm_us) & (speed >= 0) & (speed < limit))
    shore = points["shore_m"].gather(rows).round().cast(pl.Int64)
    far, known = shore.fill_null(0).to_numpy(), shore.is_not_null().to_numpy()
    at, tail, first, last, sums = _gathered(rows, track, t, since, speed, far, known, changes(points["mark"]))
    first_row = heads(track)
    end = np.append(first_row[1:], t.size)[: first_row.size] - 1
    heard = pl.DataFrame({"track": track[end], "heard": t[end]})
    wanted = points.select("track", "mover", "mmsi", "lon_deg", "lat_deg", "shore_m", "mark")[at]
    hits = wanted.select(
        "track",
        "mover",
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        "mark",
        zone_row=pl.Series(at, dtype=pl.Int64()),
        t_first=pl.Series(first, dtype=pl.Int64()),
        t_last=pl.Series(last, dtype=pl.Int64()),
        mm_s=pl.Series(speed[at], dtype=pl.Int64()),
        lon=(pl.col("lon_deg") * 1e7).round().cast(pl.Int64),
        lat=(pl.col("lat_deg") * 1e7).round().cast(pl.Int64),
        shore_now=pl.col("shore_m").round().cast(pl.Int64),
        tail=pl.Series(tail),
    ).with_columns(pl.Series(f"{c}_all", sums[:, k], dtype=pl.Int64()) for k, c in enumerate(_SUMS))
    return hits, heard


def _adds() -> dict[str, pl.Expr]:
    """What slow hours add to their stay: only what is new of them."""
    ms = (pl.col("t_last") - pl.col("since")) // 1000
    one = {
        "ms": ms,
        "mm": ms * pl.col("mm_s") // 1000,
        "shore": ms // 1000 * pl.col("shore_now").fill_null(0),
        "shore_ms": ms * pl.col("shore_now").is_not_null().cast(pl.Int64),
        "n": pl.lit(1, pl.Int64()),
    }
    return {c: pl.when("tail").then(f"{c}_all").otherwise(e) for c, e in one.items()}


@njit(cache=True)
def _gathered(rows: Any, track: Any, t: Any, since: Any, speed: Any, shore: Any, known: Any, other: Any) -> Any:
    """Slow hours put together: one that may begin a stay stands alone, those that go on it (``tail``) add up.

    Args:
        rows: reports at the end of slow hours.
        track: of all reports, as what follows.
        t: their times, microseconds.
        since: when the hour began.
        speed: mm/s.
        shore: distance from shore of the rows, metres.
        known: whether it is known.
        other: whether a report's mark is other than that of the one before.

    Returns:
        First row of each; whether it is a tail; start of its first hour; end of its last; a tail's sums.
    """
    size = rows.size
    at, tail = np.empty(size, np.int64), np.zeros(size, np.bool_)
    first, last = np.empty(size, np.int64), np.empty(size, np.int64)
    sums = np.empty((size, 5), np.int64)
    n = -1
    for h in range(size):
        i = rows[h]
        p = rows[h - 1] if h > 0 else -1
        goes = p >= 0 and track[p] == track[i] and since[i] <= t[p]
        joins = goes and tail[n]
        for j in range(p + 1, i + 1 if joins else p + 1):
            joins = joins and not other[j]
        if not joins:
            n += 1
            at[n], tail[n], first[n] = i, goes, since[i]
            sums[n] = 0
        last[n] = t[i]
        if goes:
            ms = (t[i] - t[p]) // 1000
            sums[n, 0] += ms
            sums[n, 1] += ms * speed[i] // 1000
            sums[n, 2] += ms // 1000 * shore[h]
            sums[n, 3] += ms * known[h]
            sums[n, 4] += 1
    n += 1
    return at[:n].copy(), tail[:n].copy(), first[:n].copy(), last[:n].copy(), sums[:n].copy()


@njit(cache=True)
def _hourly(track: Any, t: Any, lon: Any, lat: Any, stated: Any, bridge: int, most: float, most_kn: float) -> Any:
    """Mean speed over the hour that ends with each report, measured along positions a quarter of an hour apart.

    The hour is counted back from the report, so that it does not depend on how the clock is cut. Positions between
    reports are interpolated over at most ``bridge``; a leg longer than an hour speaks for itself. Over a long leg the
    way between its ends is a lower bound: where both ends state a speed of ``most_kn`` or more, it was not slow (a
    trawler that turns between two satellite passes).

    Returns:
        Start of the hour or leg, and the speed, mm/s: -1 where an hour of unbroken track does not lie behind the
        report; twice ``most`` where it is surely above that.
    """
    since = np.zeros(t.size, np.int64)
    speed = np.full(t.size, -1, np.int64)
    fast = round(2.0 * most)
    reach = most * 3.6
    at = np.zeros(5, np.int64)
    first = 0
    busy = 0
    for i in range(1, t.size):
        if track[i] != track[i - 1] or t[i] - t[i - 1] > bridge:
            first = i
            busy = i
            at[:] = i
            continue
        if t[i] - t[i - 1] > _QUARTER and stated[i] >= most_kn and stated[i - 1] >= most_kn:
            busy = i
        if t[i] - t[i - 1] >= _HOUR:
            far = distance_scalar(lon[i - 1], lat[i - 1], lon[i], lat[i])
            since[i] = t[i - 1]
            speed[i] = fast if busy == i else round(far * 1e9 / (t[i] - t[i - 1]))
            continue
        if t[first] > t[i] - _HOUR:
            continue
        since[i] = t[i] - _HOUR
        speed[i] = fast
        if t[busy] > t[i] - _HOUR:
            continue
        far = 0.0
        x, y, b = lon[i], lat[i], np.nan
        c = b
        for q in range(1, 5):
            when = t[i] - q * _QUARTER
            k = max(at[q], first)
            while t[k] < when:
                k += 1
            at[q] = k
            x1, y1 = lon[k], lat[k]
            if t[k] != when:
                w = (when - t[k - 1]) / (t[k] - t[k - 1])
                d = wrap_scalar(lon[k] - lon[k - 1])
                x1, y1 = lon[k - 1] + w * d, lat[k - 1] + w * (lat[k] - lat[k - 1])
            if apart(x1, y1, x, y, reach - far):
                break
            if q == 1:
                b = reduced_scalar(y)
                c = np.cos(b)
            b1 = b if y1 == y else reduced_scalar(y1)
            c1 = c if y1 == y else np.cos(b1)
            far += between_scalar(x1, b1, c1, x, b, c)
            x, y, b, c = x1, y1, b1, c1
            if q == 4:
                speed[i] = round(far * 1000.0 / 3600.0)
    return since, speed
