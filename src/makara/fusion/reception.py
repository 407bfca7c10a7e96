"""Reception by cell and hour: P(heard | transmitting) of each class of receiver and transponder, with its interval.

Trials are hours of movers that were on the air, told by their own tracks (``_trials``). The estimate of a cell is the
mean of a Beta posterior. Its prior comes from around it: the mean of the rest of the parent cell (H3 resolution 2),
itself shrunk to the rest of resolution 1, that of resolution 0, and of the world, each worth one trial; the world's own
prior is Jeffreys', and the prior mean is kept within 0.05 and 0.95. The rings are disjoint, so that no trial is counted
twice. Hours of one mover in one cell resemble each other: with the correlation found in all cells of the class (by
moments, Williams 1982; 0.2 where nothing tells), so many trials are worth fewer. An hour's estimate has the cell's
other hours as prior. The interval holds 90 %. A cell where nobody was is not looked at: no row, no number.

Counts are whole numbers: tallies of parts of the movers, or of spans of time, add up to that of all.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import betaincinv

from makara.base.cells import parents
from makara.fusion._trials import BRACKET_S, GROUP, TALLY, tally, transponders

PRIOR_TRIALS: Final = 1.0
"""What the mean of the cells around is worth."""
PRIOR_SPAN: Final = (0.05, 0.95)
"""A prior mean lies within: a cell may be unlike all around it."""
HOUR_TRIALS: Final = 8.0
"""What the cell's other hours are worth to one hour, at most."""
ALIKE: Final = 0.2
"""Correlation of one mover's hours in a cell, where no cell has two movers that tell."""
INTERVAL: Final = (0.05, 0.95)
RINGS: Final = (2, 1, 0)

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
        instant = TALLY["t_start"]
        out = c.with_columns(t_start=pl.lit(first, instant), t_end=pl.lit(last, instant) + pl.duration(hours=1))
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
    out: Floats = np.clip(mean, *PRIOR_SPAN)
    return out


def _told(rows: pl.DataFrame, a: Floats, b: Floats) -> pl.DataFrame:
    lo, hi = (betaincinv(a, b, q) for q in INTERVAL)
    keys = ["cell", "t_start", "t_end", *GROUP]
    p = a / (a + b)  # beyond an end of the interval where the posterior is all but certain
    numbers = {"p_heard": p, "p_lo": np.minimum(lo, p), "p_hi": np.maximum(hi, p)}
    out = rows.with_columns(pl.Series(k, np.round(v, 4), dtype=pl.Float64) for k, v in numbers.items())
    counts = ("n_heard", "n_movers", "trials", "heard")
    return out.select(*keys, *counts, *numbers).with_columns(pl.col(GROUP).cast(pl.String)).sort(keys)


__all__ = ["BRACKET_S", "GROUP", "TALLY", "estimate", "reception", "tally", "transponders"]
