"""Silences of chains, found in one pass; and who heard a chain before them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

RECEIVERS: Final = ("terrestrial", "satellite", "vms", "own", "unknown")
SORTS: Final = ("class_a", "class_b", "long_range", "sart", "aid", "base", "aircraft", "vms", "radar")
_STRETCH: Final = 64
"""Rows that are looked at one by one only where a silence may be among them: between their ends, all time has passed.
"""


def sort_of() -> pl.Expr:
    """The class of transponder as a number, 0 unknown."""
    number = {name: k + 1 for k, name in enumerate(SORTS)}
    return pl.col("transponder").replace_strict(number, default=0, return_dtype=pl.Int64)


def receivers(points: pl.Series) -> NDArray[np.int8]:
    """The class of receiver of each point, as its number; unknown where it is none of them."""
    number = points.cast(pl.Enum(RECEIVERS), strict=False).to_physical().fill_null(RECEIVERS.index("unknown"))
    return number.to_numpy().astype(np.int8, copy=False)


@njit(cache=True)
def scan(first: Any, end: Any, chain: Any, t: Any, frm: int, least: int) -> Any:
    """One pass over the pieces of chains: the rows after which silence was long, or that are the last of their chain.

    Returns:
        The rows; their pieces; how many new messages each chain had up to them; whether they are its last; for each gap
        which of the rows began it, and the row that ended it; and of each chain with new messages one piece, and the
        first new row.
    """
    rows, piece, count = np.empty(t.size, np.int64), np.empty(t.size, np.int64), np.empty(t.size, np.int64)
    last = np.zeros(t.size, np.bool_)
    starts, stops = np.empty(t.size, np.int64), np.empty(t.size, np.int64)
    of, firsts = np.empty(first.size, np.int64), np.empty(first.size, np.int64)
    n = gaps = chains = told = 0
    before, held = -1, 0
    for s in range(first.size):
        i = first[s]
        while i < end[s] and t[i] < frm:
            i += 1
        if i < end[s]:
            if before < 0:
                of[chains], firsts[chains] = s, i
                chains += 1
            elif t[i] - t[before] >= least:
                rows[n], piece[n], count[n] = before, held, told
                starts[gaps], stops[gaps] = n, i
                gaps += 1
                n += 1
            at = i
            while at + 1 < end[s]:
                stop = min(at + _STRETCH, end[s] - 1)
                if t[stop] - t[at] >= least:
                    for q in range(at + 1, stop + 1):
                        if t[q] - t[q - 1] >= least:
                            rows[n], piece[n], count[n] = q - 1, s, told + q - i
                            starts[gaps], stops[gaps] = n, q
                            gaps += 1
                            n += 1
                at = stop
            before, held, told = end[s] - 1, s, told + end[s] - i
        if before >= 0 and (s + 1 == first.size or chain[s + 1] != chain[s]):
            rows[n], piece[n], count[n], last[n] = before, held, told, True
            n += 1
        if s + 1 < first.size and chain[s + 1] != chain[s]:
            before, told = -1, 0
    return (
        rows[:n].copy(), piece[:n].copy(), count[:n].copy(), last[:n].copy(), starts[:gaps].copy(), stops[:gaps].copy(),
        of[:chains], firsts[:chains],
    )  # fmt: skip


@njit(cache=True)
def before(rows: Any, piece: Any, first: Any, end: Any, chain: Any, t: Any, receiver: Any, half_day: int) -> Any:
    """Messages in the 12 h up to rows, and the receiver classes of the 24 h up to them (as bits)."""
    heard = np.zeros(rows.size, np.int64)
    seen = np.zeros(rows.size, np.int64)
    for k in range(rows.size):
        since = t[rows[k]] - 2 * half_day
        s, stop = piece[k], rows[k] + 1
        while s >= 0 and chain[s] == chain[piece[k]] and t[stop - 1] > since:
            heard[k] += stop - first_after(t, first[s], stop, since + half_day)
            bits = 0
            for r in receiver[first_after(t, first[s], stop, since) : stop]:
                bits |= 1 << r
            seen[k] |= bits
            s -= 1
            stop = end[s]
    return heard, seen


@njit(cache=True)
def first_after(t: Any, i: int, j: int, now: int) -> int:
    """The first of some rows, in the order of time, after an instant."""
    while i < j:
        middle = (i + j) >> 1
        if t[middle] <= now:
            i = middle + 1
        else:
            j = middle
    return i
