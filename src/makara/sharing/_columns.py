"""Which columns of the rows that go are given, how coarse, and by which policy.

Several policies may give a row; each column is given as finely as the finest policy that speaks of it. What would tell
a place, a time or a name by the back door (the path, details, words of reasons) goes only where these go unhidden and
exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.sharing.policy import Decision, Policy
from makara.tables import table
from makara.tables._table import TS

NEVER: Final[dict[str, frozenset[str]]] = {
    "alerts": frozenset({"subscription", "who", "outcome", "suppressed_by", "listed", "told_by"}),
    "vessels": frozenset({"evidence"}),
    "detections": frozenset({"chip"}),
    "collections": frozenset({"scene_uri"}),
    "matches": frozenset({"looked"}),
}
"""Columns that are the owner's own business, besides ``source``, ``mark`` and ``gone``."""
POSITIONS: Final = ("lon_deg", "lat_deg")
TELLING: Final = frozenset(
    {"shape", "box", "h3_3", "shore_m", "anchorage_m", "depth_m", "line_times", "details", "eta_text", "length_m"}
    | {"text", "payload", "to_mmsi"}
)
"""Columns that tell a place, time or name in other words; ``length_m`` only of tracks. A payload tells all."""
UNCOARSE: Final = frozenset({"zones", "collections", "reception"})
"""Tables whose places are no vessel's."""
HINTS: Final = (*POSITIONS, "mmsi", "mover")


@dataclass(frozen=True)
class Given:
    """One column of the rows that go.

    Attributes:
        mask: rows that get it.
        by: the policy for each row, or None.
        coarse: metres (positions) or seconds (times) of coarsening for each row; 0 exact.
        why: why a row does not get it: ``columns``, ``denied`` or ``coarsened``; None where it does.
    """

    mask: NDArray[np.bool_]
    by: NDArray[Any]
    coarse: NDArray[np.float64]
    why: NDArray[Any]


def never(name: str) -> frozenset[str]:
    """Columns of a table that no partner gets."""
    return NEVER.get(name, frozenset()) | {"source", "mark", "gone"}


def shared(name: str) -> list[str]:
    """Columns of a table that a partner may get, in the declared order."""
    return [f.name for f in table(name).fields if f.name not in never(name)]


def given(name: str, decision: Decision, keys: tuple[str, ...]) -> tuple[dict[str, Given], NDArray[np.bool_]]:
    """What of each column goes, for the allowed rows of a decision.

    Args:
        name: the table.
        decision: on all rows.
        keys: columns by which rows are known: they go with the row.

    Returns:
        By column; and which rows go whole: nothing that would place or name them is hidden or coarsened.
    """
    go = decision.allowed
    finest = sorted(decision.grants, key=lambda g: g[0].position_m + g[0].time_s)
    grants = [(p, m[go]) for p, m in finest]
    bans = [(p, m[go]) for p, m in decision.bans]
    n = int(go.sum())
    types = table(name).schema
    out = {c: _column(c, types, name, grants, bans, n, c in keys) for c in shared(name)}
    whole = np.ones(n, np.bool_)
    for c, g in out.items():
        if c in HINTS or (types[c] == TS and c != "t_known"):
            whole &= g.mask & (g.coarse == 0)
    for c in TELLING & set(out):
        if c == "length_m" and name != "tracks":
            continue
        lost = out[c].mask & (~whole | (out[c].coarse > 0))
        out[c].why[lost] = "coarsened"
        out[c].mask[lost] = False
    return out, whole


def _column(
    c: str,
    types: Mapping[str, Any],
    name: str,
    grants: list[tuple[Policy, NDArray[np.bool_]]],
    bans: list[tuple[Policy, NDArray[np.bool_]]],
    n: int,
    is_key: bool,
) -> Given:
    mask, by = np.zeros(n, np.bool_), np.full(n, None, object)
    coarse = np.full(n, np.inf)
    for p, m in grants:
        if not (is_key or p.gives(c)):
            continue
        size = _size(p, c, types, name)
        finer = m & (size < coarse)
        coarse[finer], by[finer] = size, p.name
        mask |= m
    why = np.full(n, "columns", object)
    why[mask] = None
    if c == "t_known":
        return Given(np.ones(n, np.bool_), np.full(n, None, object), np.zeros(n), np.full(n, None, object))
    for p, m in () if is_key else bans:
        if p.gives(c):
            mask, why[m], by[m] = mask & ~m, "denied", p.name
    return Given(mask, by, np.where(mask, coarse, 0.0), why)


def _size(p: Policy, c: str, types: Mapping[str, Any], name: str) -> float:
    if c in POSITIONS:
        return p.position_m
    if types[c] == TS:
        return float(p.time_s)
    if name in UNCOARSE:
        return 0.0
    return p.position_m + p.time_s if c in TELLING else 0.0


def snap(lon: pl.Series, lat: pl.Series, size_m: NDArray[np.float64]) -> tuple[pl.Series, pl.Series]:
    """Positions moved to the middle of their cell of ``size_m`` metres; unchanged where it is 0.

    Cells tile the globe whole: rows of equal height, and in each a whole number of cells around.
    """
    x, y = lon.to_numpy(), lat.to_numpy()
    size = np.where(size_m > 0, size_m, 1.0)
    rows = np.maximum(1.0, np.floor(180.0 * 111_195.0 / size))
    high = 180.0 / rows
    y2 = np.minimum(np.floor((y + 90.0) / high), rows - 1) * high - 90.0 + high / 2.0
    around = np.maximum(1.0, np.floor(360.0 * 111_195.0 * np.cos(np.radians(y2)) / size))
    wide = 360.0 / around
    x2 = np.minimum(np.floor((x + 180.0) / wide), around - 1) * wide - 180.0 + wide / 2.0
    use = size_m > 0
    return (
        pl.Series(lon.name, np.where(use, x2, x).round(7), nan_to_null=True),
        pl.Series(lat.name, np.where(use, y2, y).round(7), nan_to_null=True),
    )


def floor_times(t: pl.Series, step_s: NDArray[np.float64]) -> pl.Series:
    """Times taken back to the last multiple of ``step_s`` seconds since 1970; unchanged where it is 0."""
    step = pl.Series(np.where(step_s > 0, step_s * 1e6, 1).astype(np.int64))
    return (t.to_physical() // step * step).cast(t.dtype).alias(t.name)
