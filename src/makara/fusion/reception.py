"""Reception by cell and hour: P(heard | transmitting) of each class of receiver and transponder, with its interval.

A **trial** is a mover that was on the air in an hour, told by its own track alone: it was heard before the hour and
after it, by whatever receiver, at most 12 h apart. Its place at mid-hour is interpolated between these two reports,
its cell (H3, resolution 3) is where the trial counts. The trial succeeds for a class of receivers that heard it at
least once *in* the hour. What decides that there is a trial is never what it measures, so the share of successes is
unbiased where hours are independent (Manly and Parr 1968, who estimate capture this way). Silence that a vessel makes
itself counts as not heard: P is then a little low, where many do so.

**The estimate** of a cell is the mean of a Beta posterior. Its prior comes from around it: the mean of the rest of the
parent cell (resolution 2), itself shrunk to the rest of resolution 1, that of resolution 0, and of the world, each
worth two trials; the world's own prior is Jeffreys'. The rings are disjoint, so that no trial is counted twice. Hours
of one mover in one cell resemble each other: with the correlation found in all cells of the class (by moments, Williams
1982; 0.2 where nothing tells), so many trials are worth fewer. An hour's estimate has the cell's other hours as prior.
The interval holds 90 %. A cell where nobody was is not looked at: no row, no number.

Counts are whole numbers: tallies of parts of the movers, or of spans of time, add up to that of all.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import betaincinv

from makara.base.cells import cells, parents
from makara.base.errors import ColumnsError
from makara.base.frames import frame
from makara.base.time import to_us
from makara.base.units import HOUR_S, S_US

BRACKET_S: Final = 12 * HOUR_S
"""A mover was on the air between two reports that are at most this far apart."""
PRIOR_TRIALS: Final = 2.0
"""What the mean of the cells around is worth."""
HOUR_TRIALS: Final = 8.0
"""What the cell's other hours are worth to one hour, at most."""
ALIKE: Final = 0.2
"""Correlation of one mover's hours in a cell, where no cell has two movers that tell."""
INTERVAL: Final = (0.05, 0.95)
RESOLUTION: Final = 3
RINGS: Final = (2, 1, 0)
GROUP: Final = ["receiver", "transponder"]
TALLY: Final = pl.Schema(
    {
        "cell": pl.Int64(),
        "t_start": pl.Datetime("us", "UTC"),
        "receiver": pl.String(),
        "transponder": pl.String(),
        "mover": pl.Int64(),
        "trials": pl.Int64(),
        "heard": pl.Int64(),
        "messages": pl.Int64(),
    }
)
"""What is counted: hours of movers (``trials``), those in which they were heard, and messages by where they say they
were."""
_NEEDED: Final = ("mover", "t_seen", "lon_deg", "lat_deg")
_HOUR_US: Final = HOUR_S * S_US
_DEAF: Final = ("vms", "own")
"""Classes that tell where a mover was, but hear no AIS from others (``own``) or none at all (``vms``)."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def reception(track_points: Any, *, hourly: bool = False) -> pl.DataFrame:
    """How well vessels that transmit are heard, by cell, class of receiver and class of transponder.

    Args:
        track_points: Polars, pandas or Arrow table with ``mover, t_seen, lon_deg, lat_deg``; ``track``, ``receiver``,
            ``transponder`` and ``h3_3`` are used where there. Points without a track are left out.
        hourly: a row a cell and hour; else one a cell over the whole span.

    Returns:
        ``cell, t_start, t_end, receiver, transponder, n_heard`` (messages), ``n_movers`` (heard), ``trials``,
        ``heard``, ``p_heard``, ``p_lo``, ``p_hi``, sorted by these keys. Cells where nobody was have no row.

    Raises:
        ColumnsError: a required column is missing.
    """
    return estimate(tally(track_points), hourly=hourly)


def tally(
    track_points: Any,
    *,
    frm: datetime | None = None,
    to: datetime | None = None,
    spans: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Counts by mover, cell, hour and class (schema ``TALLY``), sorted.

    Args:
        track_points: as :func:`reception` takes them.
        frm: only hours that begin at or after this; points from 12 h before are needed. A whole hour.
        to: only hours that begin before this; points until 13 h after are needed. A whole hour.
        spans: ``receiver, t_first, t_last``: when each class listened; by default its first and last point here.

    Raises:
        ColumnsError: a required column is missing.
    """
    p = _points(frame(track_points))
    if not len(p):
        return TALLY.to_frame()
    ears = _spans(p) if spans is None else spans.filter(~pl.col("receiver").is_in(_DEAF))
    bound = (pl.col("t_start") >= frm) if frm else pl.lit(True), (pl.col("t_start") < to) if to else pl.lit(True)
    said = (
        p.filter(pl.col("receiver").is_in(ears["receiver"].implode()))
        .group_by("h3_3", pl.col("t_seen").dt.truncate("1h").alias("t_start"), *GROUP, "mover")
        .agg(pl.len().cast(pl.Int64).alias("messages"))
        .rename({"h3_3": "cell"})
    )
    both = pl.concat([_trials(p, ears), said], how="diagonal").filter(*bound)
    keys = TALLY.names()[:5]
    counts = [pl.col(c).fill_null(0).sum() for c in TALLY.names()[5:]]
    return both.group_by(keys).agg(counts).select(TALLY.names()).cast(dict(TALLY)).sort(keys)  # type: ignore[arg-type]


def _points(given: pl.DataFrame) -> pl.DataFrame:
    """What is used of the points, by object and time; ``who`` is the track, or else the mover."""
    missing = [c for c in _NEEDED if c not in given.columns]
    if missing:
        raise ColumnsError(f"reception: missing column {', '.join(missing)}; needed are {', '.join(_NEEDED)}")
    have = set(given.columns)
    fill = {"receiver": "unknown", "transponder": "unknown"}
    p = given.select(
        (pl.col("track") if "track" in have else pl.col("mover")).cast(pl.Int64).alias("who"),
        *(pl.col(c) for c in _NEEDED),
        *((pl.col(c).cast(pl.String).fill_null(v) if c in have else pl.lit(v).alias(c)) for c, v in fill.items()),
        *(pl.col(c) for c in ("h3_3", "report") if c in have),
    ).filter(pl.col("receiver") != "vms", pl.all_horizontal(pl.col("who", *_NEEDED).is_not_null()))
    if "h3_3" not in have:
        p = p.with_columns(cells(p["lon_deg"], p["lat_deg"], RESOLUTION))
    if not _ordered(p):
        p = p.sort("who", "t_seen", *(c for c in ("report",) if c in have), "lon_deg", "lat_deg")
    return p.with_columns(_class_of(p))


def _ordered(p: pl.DataFrame) -> bool:
    """Whether each object's points stand together, in time (as they are stored): then nothing need be sorted."""
    who, t = p["who"].to_numpy(), p["t_seen"].to_physical().to_numpy()
    same = who[1:] == who[:-1]
    return bool((t[1:] > t[:-1])[same].all()) and int((~same).sum()) + 1 == p["who"].n_unique()


def _class_of(p: pl.DataFrame) -> pl.Series:
    """Class of each point's transponder: that which most of the mover's points have; long range is class A's."""
    plain = pl.col("transponder").replace("long_range", "class_a")
    counted = (
        p.lazy().group_by("mover", plain).len().sort("mover", "len", "transponder", descending=[False, True, False])
    )
    of = counted.unique("mover", keep="first", maintain_order=True).select("mover", "transponder").collect()
    if of["transponder"].n_unique() == 1:
        return pl.repeat(of["transponder"][0], len(p), eager=True).alias("transponder")
    return p.select("mover").join(of, on="mover", how="left", maintain_order="left")["transponder"]


def _spans(p: pl.DataFrame) -> pl.DataFrame:
    first, last = pl.col("t_seen").min().alias("t_first"), pl.col("t_seen").max().alias("t_last")
    return p.filter(~pl.col("receiver").is_in(_DEAF)).group_by("receiver").agg(first, last)


def _trials(p: pl.DataFrame, ears: pl.DataFrame) -> pl.DataFrame:
    """A row a mover on the air, hour and class of receiver that listened the whole hour."""
    who, t = p["who"].to_numpy(), p["t_seen"].to_physical().to_numpy()
    hour = t // _HOUR_US
    starts = np.flatnonzero(np.append(True, (who[1:] != who[:-1]) | (hour[1:] != hour[:-1])))
    last = np.append(starts[1:], who.size) - 1
    w, h = who[starts], hour[starts]
    # Hours with reports: the bracket is the last report of the row before and the first of the row after.
    k = np.flatnonzero((w[1:-1] == w[:-2]) & (w[1:-1] == w[2:])) + 1
    # Hours without: between two rows.
    j = np.flatnonzero((w[1:] == w[:-1]) & (t[starts[1:]] - t[last[:-1]] <= BRACKET_S * S_US))
    missing = np.maximum(h[j + 1] - h[j] - 1, 0)
    j = np.repeat(j, missing)
    nth = np.arange(j.size) - np.repeat(np.cumsum(missing) - missing, missing)
    before = np.concatenate([last[k - 1], last[j]])
    after = np.concatenate([starts[k + 1], starts[j + 1]])
    at = np.concatenate([h[k], h[j] + 1 + nth]) * _HOUR_US
    near = t[after] - t[before] <= BRACKET_S * S_US
    before, after, at = before[near], after[near], at[near]
    row = np.concatenate([k, np.full(j.size, -1)])[near]
    trial = pl.DataFrame(
        {
            "cell": _cells_between(p, before, after, at + _HOUR_US // 2),
            "t_start": pl.Series(at).cast(TALLY["t_start"]),
            "transponder": p["transponder"].gather(pl.Series(before, dtype=pl.UInt32)),
            "mover": p["mover"].gather(pl.Series(before, dtype=pl.UInt32)),
        }
    )
    out = []
    for name, t_first, t_last in ears.select("receiver", "t_first", "t_last").sort("receiver").iter_rows():
        by = np.add.reduceat((p["receiver"] == name).to_numpy().astype(np.int64), starts)
        heard = np.where(row >= 0, by[row] > 0, False).astype(np.int64)
        listened = (at >= to_us(t_first)) & (at + _HOUR_US <= to_us(t_last))
        rows = trial.with_columns(receiver=pl.lit(name), trials=pl.lit(1, pl.Int64()), heard=pl.Series(heard))
        out.append(rows.filter(pl.Series(listened)))
    return pl.concat(out) if out else TALLY.to_frame().drop("messages")


def _cells_between(p: pl.DataFrame, a: Ints, b: Ints, at: Ints) -> pl.Series:
    """Cells at instants between pairs of points, along the great circle: right across 180 degrees and at the poles."""
    cell = p["h3_3"].to_numpy()
    found = cell[a].copy()
    move = np.flatnonzero(cell[a] != cell[b])  # cells are convex: between two points of one lies that one
    if move.size:
        t = p["t_seen"].to_physical().to_numpy()
        a, b = a[move], b[move]
        share = ((at[move] - t[a]) / (t[b] - t[a]))[:, None]
        lon, lat = np.radians(p["lon_deg"].to_numpy()), np.radians(p["lat_deg"].to_numpy())
        x = (1.0 - share) * _unit(lon[a], lat[a]) + share * _unit(lon[b], lat[b])
        east, north = (
            np.degrees(np.arctan2(x[:, 1], x[:, 0])),
            np.degrees(np.arctan2(x[:, 2], np.hypot(x[:, 0], x[:, 1]))),
        )
        found[move] = cells(pl.Series(east), pl.Series(north), RESOLUTION).to_numpy()
    return pl.Series("cell", found)


def _unit(lon: Floats, lat: Floats) -> Floats:
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def estimate(counted: pl.DataFrame, *, hourly: bool = False) -> pl.DataFrame:
    """Posterior means and 90 % intervals from tallies; columns as :func:`reception` gives them.

    Args:
        counted: tallies (schema ``TALLY``), those of several parts one after the other.
        hourly: a row a cell and hour; else one a cell over the whole span.
    """
    named = ["cell", *GROUP]
    c = _by_cell(counted)
    prior = _priors(c)
    a, b = PRIOR_TRIALS * prior + c["yes"].to_numpy(), PRIOR_TRIALS * (1.0 - prior) + c["no"].to_numpy()
    first, last = counted["t_start"].min(), counted["t_start"].max()
    if not hourly:
        out = c.with_columns(t_start=pl.lit(first), t_end=pl.lit(last) + pl.duration(hours=1))
        return _told(out, a, b)
    by_hour = counted.group_by(*named, "t_start").agg(_sums())
    whole = c.select(*named, "yes", "no", "trials", "heard").rename({"trials": "all_trials", "heard": "all_heard"})
    whole = whole.with_columns(prior=pl.Series(prior))
    h = by_hour.join(whole, on=named, how="left").with_columns(t_end=pl.col("t_start") + pl.duration(hours=1))
    # The cell's other hours: its effective counts less this hour's share of them.
    worth = (pl.col("yes") + pl.col("no")) / pl.max_horizontal("all_trials", pl.lit(1))
    h = h.with_columns(
        a=pl.max_horizontal(PRIOR_TRIALS * pl.col("prior") + pl.col("yes") - worth * pl.col("heard"), 1e-6),
        b=pl.max_horizontal(
            PRIOR_TRIALS * (1 - pl.col("prior")) + pl.col("no") - worth * (pl.col("trials") - pl.col("heard")), 1e-6
        ),
    )
    weak = pl.min_horizontal(1.0, HOUR_TRIALS / (pl.col("a") + pl.col("b")))
    h = h.with_columns(
        a=pl.col("a") * weak + pl.col("heard"), b=pl.col("b") * weak + pl.col("trials") - pl.col("heard")
    )
    return _told(h, h["a"].to_numpy(), h["b"].to_numpy())


def _sums() -> list[pl.Expr]:
    return [
        pl.col("messages").sum().alias("n_heard"),
        pl.col("mover").filter(pl.col("messages") > 0).n_unique().cast(pl.Int64).alias("n_movers"),
        pl.col("trials").sum(),
        pl.col("heard").sum(),
    ]


def _by_cell(counted: pl.DataFrame) -> pl.DataFrame:
    """Counts of each cell and class, and what they are worth: effective successes ``yes`` and failures ``no``."""
    named = ["cell", *GROUP]
    of = counted.group_by(*named, "mover").agg(pl.col("trials", "heard", "messages").sum())
    t, h = pl.col("trials"), pl.col("heard")
    squares = [
        (t > 0).sum().cast(pl.Int64).alias("movers"),
        (t * t).sum().alias("tt"),
        (h * t).sum().alias("ht"),
        (h * h).sum().alias("hh"),
    ]
    c = of.group_by(named).agg(*_sums(), *squares).sort(named)
    p = pl.col("heard") / pl.col("trials")
    spread = pl.col("hh") - 2 * p * pl.col("ht") + p * p * pl.col("tt")
    many = pl.col("movers") >= 2
    more = (spread * pl.col("movers") / (pl.col("movers") - 1) - pl.col("trials") * p * (1 - p)).filter(many).sum()
    room = ((pl.col("tt") - pl.col("trials")) * p * (1 - p)).filter(many).sum()
    alike = pl.when(room > 0).then((more / room).clip(0.0, 1.0)).otherwise(ALIKE).over(GROUP)
    c = c.with_columns(alike=alike)
    worth = 1.0 / (1.0 + (pl.col("tt") / pl.max_horizontal("trials", pl.lit(1)) - 1.0).clip(0.0) * pl.col("alike"))
    return c.with_columns(yes=pl.col("heard") * worth, no=(pl.col("trials") - pl.col("heard")) * worth)


def _priors(c: pl.DataFrame) -> Floats:
    """Prior mean of each cell: from the world inwards, ring by ring, each without what lies further in."""
    levels: list[Any] = [pl.lit(0, pl.Int64()), *(pl.Series(parents(c["cell"].to_numpy(), r)) for r in reversed(RINGS))]
    sums = []
    for level in levels:
        keyed = c.select(*GROUP, "yes", "no", level=level)
        over = [*GROUP, "level"]
        sums.append(keyed.select(pl.col("yes", "no").sum().over(over)).to_numpy())
    sums.append(c.select("yes", "no").to_numpy())
    rest = np.maximum(sums[0] - sums[1], 0.0)
    mean = (rest[:, 0] + 0.5) / (rest.sum(axis=1) + 1.0)
    for outer, inner in pairwise(sums[1:]):
        rest = np.maximum(outer - inner, 0.0)
        mean = (rest[:, 0] + PRIOR_TRIALS * mean) / (rest.sum(axis=1) + PRIOR_TRIALS)
    out: Floats = mean
    return out


def _told(rows: pl.DataFrame, a: Floats, b: Floats) -> pl.DataFrame:
    lo, hi = (betaincinv(a, b, q) for q in INTERVAL)
    keys = ["cell", "t_start", "t_end", *GROUP]
    numbers = {"p_heard": a / (a + b), "p_lo": lo, "p_hi": hi}
    out = rows.with_columns(pl.Series(k, np.round(v, 4), dtype=pl.Float64) for k, v in numbers.items())
    return out.select(*keys, "n_heard", "n_movers", "trials", "heard", *numbers).sort(keys)


__all__ = ["BRACKET_S", "TALLY", "estimate", "reception", "tally"]
