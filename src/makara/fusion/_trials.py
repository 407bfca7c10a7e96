"""Counting for the reception model: hours in which a mover was on the air, and those in which it was heard.

A **trial** is a mover that was on the air in an hour, told by its own track alone: it was heard before the hour and
after it, by whatever receiver, at most 12 h apart. Its place at mid-hour is interpolated between these two reports,
its cell (H3, resolution 3) is where the trial counts. The trial succeeds for a class of receivers that heard it at
least once *in* the hour. What decides that there is a trial is never what it measures, so the share of successes is
unbiased where hours are independent (Manly and Parr 1968, who estimate capture this way). Silence that a vessel makes
itself counts as not heard: P is then a little low, where many do so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.cell_at import cells
from makara.base.errors import ColumnsError
from makara.base.frames import frame
from makara.base.time import to_us
from makara.base.units import HOUR_S, S_US
from makara.tables.reports import RECEIVERS, TRANSPONDERS

BRACKET_S: Final = 12 * HOUR_S
"""A mover was on the air between two reports that are at most this far apart."""
RESOLUTION: Final = 3
GROUP: Final = ["receiver", "transponder"]
RECEIVER: Final = pl.Enum(RECEIVERS)
TRANSPONDER: Final = pl.Enum((*TRANSPONDERS, "unknown"))
TALLY: Final = pl.Schema(
    {
        "cell": pl.Int64(),
        "t_start": pl.Datetime("us", "UTC"),
        "receiver": RECEIVER,
        "transponder": TRANSPONDER,
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


def tally(
    track_points: Any,
    *,
    frm: datetime | None = None,
    to: datetime | None = None,
    spans: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Counts by mover, cell, hour and class (schema ``TALLY``); rows of equal keys are to be added.

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
    ears = _spans(p) if spans is None else spans.with_columns(pl.col("receiver").cast(RECEIVER))
    ears = ears.filter(~pl.col("receiver").is_in(_DEAF))
    bound = (pl.col("t_start") >= frm) if frm else pl.lit(True), (pl.col("t_start") < to) if to else pl.lit(True)
    both = pl.concat([*_trials(p, ears), _messages(p, ears)], how="diagonal").filter(*bound)
    return both.select(pl.col(c).cast(t).fill_null(0) if t == pl.Int64() else pl.col(c) for c, t in TALLY.items())


def _points(given: pl.DataFrame) -> pl.DataFrame:
    """What is used of the points, by object and time; ``who`` is the track, or else the mover."""
    missing = [c for c in _NEEDED if c not in given.columns]
    if missing:
        raise ColumnsError(f"reception: missing column {', '.join(missing)}; needed are {', '.join(_NEEDED)}")
    have = set(given.columns)
    kinds = {"receiver": RECEIVER, "transponder": TRANSPONDER}
    p = given.select(
        (pl.col("track") if "track" in have else pl.col("mover")).cast(pl.Int64).alias("who"),
        *(pl.col(c) for c in _NEEDED),
        *(
            (pl.col(c).fill_null("unknown") if c in have else pl.lit("unknown")).cast(t).alias(c)
            for c, t in kinds.items()
        ),
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


def transponders(said: pl.LazyFrame) -> pl.DataFrame:
    """Class of each mover (``mover, transponder``): that which most of its messages have; long range is class A's."""
    counted = said.select("mover", "transponder").group_by("mover", "transponder").len().collect()
    plain = pl.col("transponder").cast(pl.String).replace("long_range", "class_a").fill_null("unknown")
    summed = counted.group_by("mover", plain.cast(TRANSPONDER)).agg(pl.col("len").sum())
    most = summed.sort("mover", "len", "transponder", descending=[False, True, False])
    return most.unique("mover", keep="first", maintain_order=True).select("mover", "transponder")


def _class_of(p: pl.DataFrame) -> pl.Series:
    """Class of each point's transponder: that of its mover."""
    of = transponders(p.lazy())
    if of["transponder"].n_unique() == 1:
        return pl.repeat(of["transponder"][0], len(p), eager=True, dtype=TRANSPONDER).alias("transponder")
    return p.select("mover").join(of, on="mover", how="left", maintain_order="left")["transponder"]


def _spans(p: pl.DataFrame) -> pl.DataFrame:
    first, last = pl.col("t_seen").min().alias("t_first"), pl.col("t_seen").max().alias("t_last")
    return p.group_by("receiver").agg(first, last)


def _messages(p: pl.DataFrame, ears: pl.DataFrame) -> pl.DataFrame:
    """Messages heard, by where they say they were: a row a run of one mover, hour, cell and receiver."""
    p = p.filter(pl.col("receiver").is_in(ears["receiver"].implode()))
    hour = p["t_seen"].to_physical().to_numpy() // _HOUR_US
    keys = (p["who"].to_numpy(), hour, p["h3_3"].to_numpy(), p["receiver"].to_physical().to_numpy())
    new = np.zeros(len(p), np.bool_)
    new[:1] = True
    for k in keys:
        new[1:] |= k[1:] != k[:-1]
    starts = np.flatnonzero(new)
    rows = p[starts].select(pl.col("h3_3").alias("cell"), *GROUP, "mover")
    at = pl.Series("t_start", hour[starts] * _HOUR_US).cast(TALLY["t_start"])
    return rows.with_columns(at, pl.Series("messages", np.diff(np.append(starts, len(p)))))


def _trials(p: pl.DataFrame, ears: pl.DataFrame) -> list[pl.DataFrame]:
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
        rows = trial.with_columns(receiver=pl.lit(name, RECEIVER), trials=pl.lit(1, pl.Int64()), heard=pl.Series(heard))
        out.append(rows.filter(pl.Series(listened)))
    return out


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
