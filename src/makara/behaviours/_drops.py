"""Slowings of vessels on passage, and who comes to the place after: what the rule drop_off is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import distance_m
from makara.base.units import HOUR_S, KN_M_S, S_US
from makara.behaviours._grown import grown
from makara.behaviours._rule import Parameters, Window
from makara.behaviours._speeds import arrays, flat_m, made_good, steady

MEMORY: Final = (
    "track", "mover", "mmsi", "state", "t_start", "t_end", "median", "slowest", "ms", "mm", "lon", "lat", "anchorage",
    "craft", "craft_t", "craft_m",
)  # fmt: skip
"""Integers remembered of a slowing: microseconds, mm/s, ms, mm, 1e-7 degrees, metres; a detection's id is its scope."""
_SLOW, _SPENT, _DONE = 1, 2, 3
_BIN: Final = 250
"""Width of a bin of the histogram of speeds, mm/s (half a knot)."""
_BINS: Final = 128

Ints = NDArray[np.int64]


@njit(cache=True)
def _put(out: Any, n: int, now: Any) -> None:
    for k in range(now.size):
        out[n, k] = now[k]


@njit(cache=True)
def _above(count: Any, first: int) -> int:
    total: int = 0
    for b in range(first, count.size):
        total += count[b]
    return total


@njit(cache=True)
def _lost(t: Any, lon: Any, lat: Any, i: int, median: int) -> int:
    """How much of the leg that ends at a row a vessel cannot have made at its median: it stood still for so long."""
    made = flat_m(lon[i - 1], lat[i - 1], lon[i], lat[i]) * 1e3 / median
    leg: int = t[i] - t[i - 1]
    return max(0, leg - int(made) * 1_000_000)


@njit(cache=True)
def _machine(
    track: Any, t: Any, lon: Any, lat: Any, speed: Any, told: Any, old_track: Any, old: Any,
    frm: int, base: int, bridge: int, least: int, passage: int, steady: float, slow: float, resume: float,
    longest: int,
) -> Any:  # fmt: skip
    """Slowings, track after track, each continued from where the window before left it.

    ``old``: a row for each of ``old_track`` (ascending) with state, t_start, t_end, median, slowest, ms, mm.

    Returns:
        Rows of integers: what ``old`` holds after, and the row of points where the base began, the first, the slowest
        and the last row of what is new (-1: none), the row of ``old`` (-1: new) and whether it is over.
    """
    room = 256
    out = np.empty((room, 13), np.int64)
    n = 0
    count = np.zeros(_BINS, np.int64)
    now = np.zeros(13, np.int64)
    j = total = below = m = 0
    for i in range(t.size):
        start = i == 0 or track[i] != track[i - 1]
        if start:
            for c in range(13):
                now[c] = -1 if 7 <= c < 12 else 0
            k = np.searchsorted(old_track, track[i])
            if k < old_track.size and old_track[k] == track[i]:
                for c in range(7):
                    now[c] = old[k, c]
                now[11] = k
        if start or t[i] - t[i - 1] > bridge:
            count[:] = 0
            total = below = m = 0
            j = i
            if t[i] >= frm:
                now[0] = 0
        else:
            while j + 1 < i and t[j + 1] <= t[i - 1] - base:  # legs that were over so long before the last report
                j += 1
                if speed[j] >= 0:
                    b = min(speed[j] // _BIN, _BINS - 1)
                    w = (t[j] - t[j - 1]) // 1000
                    count[b] -= w
                    total -= w
                    if b < m:
                        below -= w
            if t[i] >= frm and told[i] >= 0:
                if now[0] == 0:
                    while m > 0 and 2 * below >= total:
                        m -= 1
                        below -= count[m]
                    while m < _BINS - 1 and 2 * (below + count[m]) < total:
                        below += count[m]
                        m += 1
                    median = m * _BIN + _BIN // 2
                    usual = total >= least and median >= passage and told[i] < slow * median
                    if usual and _above(count, int(0.75 * median) // _BIN) >= steady * total:
                        now[0] = _SLOW
                        now[1] = t[i] - _lost(t, lon, lat, i, median)
                        now[3] = median
                        now[4] = told[i]
                        now[5] = now[6] = 0
                        now[7] = j + 1
                        now[8] = now[9] = now[10] = i
                        now[11] = -1
                elif told[i] >= resume * now[3]:
                    if now[0] == _SLOW:
                        now[2] = t[i - 1] + _lost(t, lon, lat, i, now[3])
                        now[12] = 1
                        if n == room:
                            room *= 2
                            out = grown(out, room)
                        _put(out, n, now)
                        n += 1
                        now[12] = 0
                    now[0] = 0
                elif t[i - 1] - now[1] > base:
                    now[0] = 0
                elif t[i] - now[1] > longest:
                    now[0] = _SPENT
                elif now[0] == _SLOW:
                    if now[8] < 0:
                        now[8] = i
                    now[10] = i
                    now[5] += (t[i] - t[i - 1]) // 1000
                    now[6] += round(flat_m(lon[i - 1], lat[i - 1], lon[i], lat[i]) * 1000.0)
                    if told[i] < now[4]:
                        now[4] = told[i]
                        now[9] = i
                if now[0] > 0:
                    now[2] = t[i]
            if speed[i] >= 0:
                b = min(speed[i] // _BIN, _BINS - 1)
                w = (t[i] - t[i - 1]) // 1000
                count[b] += w
                total += w
                if b < m:
                    below += w
        if now[0] > 0 and (i == t.size - 1 or track[i + 1] != track[i]):
            if n == room:
                room *= 2
                out = grown(out, room)
            _put(out, n, now)
            n += 1
    return out[:n]


def slowings(window: Window, old: pl.DataFrame, p: Parameters, base_s: int) -> pl.DataFrame:
    """Slowings that are over (``over``: the vessel resumed) or go on, and the drops remembered, with :data:`MEMORY`.

    Args:
        window: what is seen; its points reach back far enough for the median of ``base_s``.
        old: what was remembered.
        p: parameters of drop_off.
        base_s: over how long the median is taken.
    """
    points = window.track_points
    bridge = min(int(p.bridge_max_s), 3 * HOUR_S) * S_US
    track, t, lon, lat = arrays(points)
    speed = made_good(points, bridge)
    reported = points["sog_kn"].to_numpy()
    told = np.where(reported >= 0.0, np.round(np.nan_to_num(reported) * (KN_M_S * 1000.0)), speed).astype(np.int32)
    going = old.filter(pl.col("state") != _DONE).sort("track")
    state = going.select("state", "t_start", "t_end", "median", "slowest", "ms", "mm").to_numpy().astype(np.int64)
    passage = int(p.passage_min_kn * KN_M_S * 1000), p.steady_share
    limits = (base_s * S_US // 2000, *passage, p.slow_share, p.resume_share)
    longest = min(int(p.duration_max_s), 4 * HOUR_S) * S_US
    had = steady(going["track"])
    made = _machine(
        track,
        t,
        lon,
        lat,
        speed,
        told,
        had,
        state.reshape(-1, 7),
        window.frm_us,
        base_s * S_US,
        bridge,
        *limits,
        longest,
    )
    rows = _described(points, going, made)
    silent = going.join(rows.select("track"), on="track", how="anti").with_columns(over=pl.lit(False))
    heard = track[t >= window.frm_us]
    silent = silent.filter(~pl.col("track").is_in(pl.Series(heard).unique().implode()))
    every = pl.concat([rows, silent.select(rows.columns)])
    every = every.filter(pl.col("over") | (pl.col("t_end") + bridge >= window.to_us))
    done = old.filter(pl.col("state") == _DONE).with_columns(over=pl.lit(True))
    return pl.concat([every, done.select(rows.columns)])


def _described(points: pl.DataFrame, going: pl.DataFrame, made: Ints) -> pl.DataFrame:
    """Slowings of the machine with who and where, as remembered."""
    names = ("state", "t_start", "t_end", "median", "slowest", "ms", "mm", "base", "first", "low", "last", "k", "over")
    found = pl.DataFrame(made, schema=dict.fromkeys(names, pl.Int64())).with_row_index("n")
    low = found.filter(pl.col("low") >= 0)
    new = points.select("track", "mover", "mmsi", "lon_deg", "lat_deg", "anchorage_m", "zones")[low["low"]].select(
        low["n"],
        "track",
        "mover",
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        lon=(pl.col("lon_deg") * 1e7).round().cast(pl.Int64),
        lat=(pl.col("lat_deg") * 1e7).round().cast(pl.Int64),
        anchorage=pl.col("anchorage_m").cast(pl.Int64).fill_null(-1),
        zones="zones",
    )
    kept = found.filter(pl.col("low") < 0)
    held = going[kept["k"]].select(kept["n"], *new.columns[1:])
    where = pl.concat([new, held])
    marks = pl.concat([_marks(points, found), _marks_before(going, found)])
    marks = marks.drop_nulls().unique().sort("n", "mark").group_by("n", maintain_order=True).agg(marks="mark")
    zero = pl.lit(0, pl.Int64())
    full = found.join(where, on="n").join(marks, on="n", how="left").sort("n")
    full = full.with_columns(
        pl.col("marks").fill_null([]), pl.col("over") == 1, craft=zero, craft_t=zero, craft_m=zero, scope=pl.lit("")
    )
    return full.select(*MEMORY, "scope", "zones", "marks", "over")


def _marks(points: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The marks of the points that slowings and the passages before them rest on: ``n, mark``."""
    base, first, last = (found[c].to_numpy() for c in ("base", "first", "last"))
    frm = np.where(base >= 0, base, first)
    many = np.where(frm >= 0, last - frm + 1, 0)
    rows = np.repeat(frm - np.cumsum(many) + many, many) + np.arange(many.sum())
    return pl.DataFrame({"n": found["n"].to_numpy().repeat(many), "mark": points["mark"].gather(rows)})


def _marks_before(going: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The marks that slowings remembered had."""
    kept = found.filter(pl.col("k") >= 0)
    return kept.select("n", mark=going["marks"].gather(kept["k"])).explode("mark")


@dataclass(frozen=True)
class Passes:
    """Who counts as coming to a place: within how far, how long after, and how short a craft."""

    reach_m: float
    within_us: int
    small_m: float


@njit(cache=True)
def _nearby(
    t: Any, lon: Any, lat: Any, small: Any, who: Any,
    near: Any, began: Any, until: Any, x: Any, y: Any, own: Any, reach: float,
) -> Any:  # fmt: skip
    """The first of the small to come within reach of each place in time: its row, or -1."""
    best = np.full(x.size, -1, np.int64)
    for i in range(t.size):
        if not small[i] or not near[int((lat[i] + 90.0) * 10.0) % 1801, int((lon[i] + 180.0) * 10.0) % 3600]:
            continue
        for d in range(x.size):
            if t[i] < began[d] or t[i] > until[d] or who[i] == own[d]:
                continue
            b = best[d]
            if b >= 0 and (t[b] < t[i] or (t[b] == t[i] and who[b] <= who[i])):
                continue
            if flat_m(x[d], y[d], lon[i], lat[i]) <= reach:
                best[d] = i
    return best


def _cells(lon: NDArray[np.float64], lat: NDArray[np.float64], reach_m: float) -> NDArray[np.bool_]:
    """Cells of a tenth of a degree that lie within reach of places."""
    near = np.zeros((1801, 3600), np.bool_)
    high = reach_m / 110_000.0 + 0.1
    for x, y in zip(lon, lat, strict=True):
        wide = min(high / max(np.cos(np.radians(min(abs(y) + high, 90.0))), 1e-3), 180.0)
        rows = np.arange(int((y - high + 90.0) * 10.0), int((y + high + 90.0) * 10.0) + 1).clip(0, 1800)
        columns = np.arange(int((x - wide + 180.0) * 10.0) - 1, int((x + wide + 180.0) * 10.0) + 2) % 3600
        near[np.ix_(rows, columns)] = True
    return near


def _small(window: Window, points: pl.DataFrame, small_m: float) -> NDArray[np.bool_]:
    """Which points come from small craft: short by their claims, else of class small, else unknown with class B."""
    mover = points["mover"].to_numpy()
    first = np.flatnonzero(np.append(mover.size > 0, mover[1:] != mover[:-1])[: mover.size])
    who = points.select("mover", "transponder")[first]
    vessels = window.get("vessels")
    length = pl.Series("length_m", [None] * len(who), dtype=pl.Float64())
    if vessels is not None and "length_m" in vessels.columns:
        key = pl.col("mover") if "mover" in vessels.columns else pl.col("mmsi").cast(pl.Int64)
        told = vessels.select(key.alias("mover"), pl.col("length_m").cast(pl.Float64)).drop_nulls()
        told = told.group_by("mover").agg(pl.col("length_m").min())
        length = who.join(told, on="mover", how="left", maintain_order="left")["length_m"]
    kind = window.class_of(who["mover"])
    b = ((kind == "unknown") & (who["transponder"] == "class_b")).fill_null(False)
    small = (length < small_m).fill_null((kind == "small") | b)
    return np.repeat(small.to_numpy(), np.diff(np.append(first, mover.size)))


def followed(window: Window, found: pl.DataFrame, passes: Passes) -> pl.DataFrame:
    """Slowings with, where they are over, the first small craft that came to the place (``craft``, ``craft_t``, ...).

    Args:
        window: what is seen.
        found: slowings with :data:`MEMORY`, ``scope`` and ``over``; those over are marked as done.
        passes: who counts.
    """
    going, done = found.filter(~pl.col("over")), found.filter("over").with_columns(state=pl.lit(_DONE, pl.Int64()))
    if not len(done):
        return going
    lon, lat = done["lon"].to_numpy() / 1e7, done["lat"].to_numpy() / 1e7
    began, until = np.array(done["t_start"]), np.array(done["t_end"]) + passes.within_us
    near = _cells(lon, lat, passes.reach_m)
    points = window.track_points
    _, *place = arrays(points)
    asked = (near, began, until, lon, lat, np.array(done["mover"]), passes.reach_m)
    row = _nearby(*place, _small(window, points, passes.small_m), steady(points["mover"]), *asked)
    craft = _came(done, row, points.select("t_seen", "lon_deg", "lat_deg", "mark", craft="mover"))
    dark = _unmatched(window, passes.small_m)
    order = steady(pl.Series(range(len(dark)), dtype=pl.Int64()))
    _, *place = arrays(dark.with_columns(track=pl.lit(0)))
    late = (near, np.array(done["t_end"]), *asked[2:5])  # before that, it may be the vessel itself
    row = _nearby(*place, np.ones(len(dark), np.bool_), order, *late, np.full(len(done), -1), passes.reach_m)
    seen = _came(done, row, dark.with_columns(craft=pl.lit(0, pl.Int64())).rename({"detection": "scope"}))
    return pl.concat([going, _first(_first(done, craft), seen)])


def _unmatched(window: Window, small_m: float) -> pl.DataFrame:
    """Detections of small craft that no AIS track explains, in order of time."""
    detections, matches = window.get("detections"), window.get("matches")
    names = ("detection", "t_seen", "lon_deg", "lat_deg", "mark")
    if detections is None or matches is None or not {"length_m", "mark"} <= set(detections.columns):
        empty = {"detection": pl.String(), "t_seen": pl.Datetime("us", "UTC"), "lon_deg": pl.Float64()}
        return pl.DataFrame(schema=empty | {"lat_deg": pl.Float64(), "mark": pl.String()})
    none = matches.filter(pl.col("against") == "ais", pl.col("p_none") >= 0.5)
    if "reasons" in matches.columns:
        code = pl.element().struct.field("code")
        none = none.filter(~pl.col("reasons").list.eval(code == "structure").list.any())
    seen = detections.filter(pl.col("length_m") < small_m, pl.col("t_seen") < window.to)
    return seen.join(none, on="detection", how="semi").select(names).sort("t_seen", "detection")


def _came(done: pl.DataFrame, row: Ints, rows: pl.DataFrame) -> pl.DataFrame:
    """Who came to each place, null where nobody did: ``craft, craft_t, craft_m, scope, mark``."""
    full = rows if "scope" in rows.columns else rows.with_columns(scope=pl.lit(""))
    got: pl.DataFrame = full[np.maximum(row, 0)] if len(full) else full.clear(len(row))
    far = distance_m(
        done["lon"].to_numpy() / 1e7, done["lat"].to_numpy() / 1e7, got["lon_deg"].to_numpy(), got["lat_deg"].to_numpy()
    )
    told = got.select(
        "craft",
        "scope",
        "mark",
        craft_t=pl.col("t_seen").to_physical(),
        craft_m=pl.Series(far, nan_to_null=True).round().cast(pl.Int64),
    )
    return told.select(pl.when(pl.Series(row >= 0)).then(pl.all()))


def _first(done: pl.DataFrame, came: pl.DataFrame) -> pl.DataFrame:
    """Places with who came, where nobody was remembered to have come before."""
    new = came["craft_t"].is_not_null() & ((done["craft_t"] == 0) | (came["craft_t"] < done["craft_t"]))
    names = ("craft", "craft_t", "craft_m", "scope")
    marks = pl.concat_list("marks", pl.concat_list("mark")).list.drop_nulls().list.unique().list.sort()
    both = pl.concat([done, came.select(pl.all().name.suffix("_new"))], how="horizontal").rename({"mark_new": "mark"})
    told = [pl.when(new).then(f"{c}_new").otherwise(c).alias(c) for c in names]
    return both.with_columns(*told, pl.when(new).then(marks).otherwise("marks").alias("marks")).select(done.columns)
