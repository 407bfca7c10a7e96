"""Track points as rules read them: which columns, of whom, in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.errors import ColumnsError
from makara.tables import table
from makara.tables.reports import RECEIVERS, TRANSPONDERS

_UNREAD: Final = ("source", "t_known", "mark", "h3_3", "flags")
POINTS: Final = pl.Schema(
    {c: t for c, t in table("track_points").schema.items() if c not in _UNREAD}
    | {"receiver": pl.Enum(RECEIVERS), "mmsi": pl.Int32(), "mark": pl.String(), "transponder": pl.Enum(TRANSPONDERS)}
)
"""Columns of the track points that a rule sees; those that are missing, and words not in a list, are filled with null.
"""
REQUIRED: Final = ("report", "mover", "track", "t_seen", "lon_deg", "lat_deg")
"""Columns of track points that cannot be filled."""
_ORDER: Final = ("mover", "track", "t_seen", "report")


def ready_points(points: pl.DataFrame) -> pl.DataFrame:
    """Points on tracks of vessels, with the columns of :data:`POINTS`, in the order in which rules read them."""
    kept = points.select((pl.col("track").is_not_null() & _vessels(points)).alias("kept"))["kept"]
    return ordered(points if kept.all() else points.filter(kept))


def _vessels(points: pl.DataFrame) -> pl.Expr:
    """Whether points come from vessels: not from base stations, aids to navigation, aircraft, distress beacons."""
    m = pl.col("mover")
    other = m.is_between(0, 9_999_999) | m.is_between(111_000_000, 111_999_999)
    other |= m.is_between(970_000_000, 979_999_999) | m.is_between(990_000_000, 999_999_999)
    if "transponder" in points.columns:
        other |= pl.col("transponder").is_in(["base", "aid", "aircraft", "sart"]).fill_null(False)
    return ~other


def ordered(points: pl.DataFrame) -> pl.DataFrame:
    """Track points with all columns of :data:`POINTS`, in the total order mover, track, time, report.

    Raises:
        ColumnsError: a required column is missing; the message names it.
    """
    missing = [c for c in REQUIRED if c not in points.columns]
    if missing:
        raise ColumnsError(f"track points lack column {', '.join(missing)}; segment() gives them")
    exprs = []
    for name, kind in POINTS.items():
        if name == "mmsi" and name not in points.columns:
            mover = pl.col("mover")
            exprs.append(pl.when((mover > 0) & (mover < 2**31)).then(mover).cast(pl.Int32).alias(name))
        elif name not in points.columns:
            exprs.append(pl.lit(None, dtype=kind).alias(name))
        else:
            listed = isinstance(kind, pl.Enum)
            exprs.append(pl.col(name) if points.schema[name] == kind else pl.col(name).cast(kind, strict=not listed))
    out = points.select(exprs)
    if out["zones"].null_count():
        out = out.with_columns(pl.col("zones").fill_null([]))
    out = out.rechunk()  # in one piece, rules read columns without copies
    return assembled(out.get_column)


def assembled(column: Callable[[str], pl.Series]) -> pl.DataFrame:
    """Points in the order in which rules read them, a column at a time: only one is held twice.

    Args:
        column: gives a column of :data:`POINTS`, whole and in one piece; is asked once for each.
    """
    keys = {c: column(c) for c in _ORDER}
    if _sorted([s.to_physical().to_numpy() for s in keys.values()]):
        return pl.DataFrame([keys[c] if c in keys else column(c) for c in POINTS])
    order = pl.DataFrame(list(keys.values())).select(pl.arg_sort_by(*keys)).to_series()
    return pl.DataFrame([(keys.pop(c) if c in keys else column(c)).gather(order) for c in POINTS])


def _sorted(keys: list[NDArray[np.int64]]) -> bool:
    """Whether rows are in lexicographic order of the keys."""
    undecided = np.ones(max(len(keys[0]) - 1, 0), bool)
    for k in keys:
        if np.any(undecided & (k[1:] < k[:-1])):
            return False
        undecided &= k[1:] == k[:-1]
    return True


def changes(values: pl.Series) -> NDArray[np.bool_]:
    """Whether each value is other than the one before; the first is."""
    out = np.ones(len(values), bool)
    if len(values):
        out[1:] = values.slice(1).ne_missing(values.slice(0, len(values) - 1)).to_numpy()
    return out


def list_changes(lists: pl.Series) -> NDArray[np.bool_]:
    """Whether each list of texts is other than the one before, null being empty; the first is."""
    length = lists.list.len().fill_null(0).to_numpy()
    out = np.append(True, length[1:] != length[:-1])[: length.size]
    texts = lists.explode().drop_nulls() if length.any() else lists.head(0).explode()
    for k in np.flatnonzero(np.bincount(length)).tolist() if len(texts) else ():
        if not k:
            continue
        same = (texts.slice(k) == texts.slice(0, max(len(texts) - k, 0))).to_numpy()
        _differ(length, same, k, out)
    return out


@njit(cache=True)
def _differ(length: Any, same: Any, many: int, out: Any) -> None:
    """Of lists as long as the one before, those of so many: whether any text is other than that many texts before."""
    n = 0
    for i in range(length.size):
        if length[i] == many and not out[i]:
            for k in range(n - many, n):
                out[i] |= not same[k]
        n += length[i]


@njit(cache=True)
def rows_at(mover: Any, t: Any, who: Any, when: Any) -> Any:
    """Rows of points (ordered by mover) of some movers at some instants, one after the other."""
    out = [0 for _ in range(0)]
    for g in range(who.size):
        a, b = np.searchsorted(mover, who[g]), np.searchsorted(mover, who[g] + 1)
        out.extend([i for i in range(a, b) if t[i] == when[g]])
    return np.array(out, np.int64)
