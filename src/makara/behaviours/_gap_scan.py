"""Silences of chains, found in one pass; and who heard a chain before them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

RECEIVERS: Final = ("terrestrial", "satellite", "vms", "own", "unknown")
SORTS: Final = ("class_a", "class_b", "long_range", "sart", "aid", "base", "aircraft", "vms", "radar")


def sort_of() -> pl.Expr:
    """The class of transponder as a number, 0 unknown."""
    number = {name: k + 1 for k, name in enumerate(SORTS)}
    return pl.col("transponder").replace_strict(number, default=0, return_dtype=pl.Int64)


def receivers(points: pl.Series) -> NDArray[np.int8]:
    """The class of receiver of each point, as its number; unknown where it is none of them."""
    out = np.full(len(points), RECEIVERS.index("unknown"), np.int8)
    for k, name in enumerate(RECEIVERS[:-1]):
        out[(points == name).fill_null(False).to_numpy()] = k
    return out


@njit(cache=True)
def scan(chain: Any, t: Any, frm: int, least: int) -> Any:
    """One pass over chains: the rows after which silence was long, or that are the last of their chain.

    Returns:
        The rows; how many new messages each chain had up to them; whether they are its last; for each gap which of the
        rows began it, and the row that ended it; and the first new row of each chain.
    """
    size = 0
    for i in range(1, t.size):
        if chain[i] != chain[i - 1] or t[i] - t[i - 1] >= least:
            size += 1
    size += 1
    rows, count = np.empty(size, np.int64), np.empty(size, np.int64)
    last = np.zeros(size, np.bool_)
    starts, stops, firsts = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    n = gaps = chains = 0
    i = 0
    while i < t.size:
        j = i
        while j + 1 < t.size and chain[j + 1] == chain[i]:
            j += 1
        k = i
        while k <= j and t[k] < frm:
            k += 1
        if k <= j:
            firsts[chains] = k
            chains += 1
            for q in range(k + 1, j + 1):
                if t[q] - t[q - 1] >= least:
                    rows[n], count[n] = q - 1, q - k
                    starts[gaps], stops[gaps] = n, q
                    gaps += 1
                    n += 1
            rows[n], count[n], last[n] = j, j - k + 1, True
            n += 1
        i = j + 1
    return rows[:n], count[:n], last[:n], starts[:gaps], stops[:gaps], firsts[:chains]


@njit(cache=True)
def before(rows: Any, chain: Any, t: Any, receiver: Any, half_day: int) -> Any:
    """Messages in the 12 h up to rows, and the receiver classes of the 24 h up to them (as bits)."""
    heard = np.zeros(rows.size, np.int64)
    seen = np.zeros(rows.size, np.int64)
    for k in range(rows.size):
        i = rows[k]
        j = i
        while j >= 0 and chain[j] == chain[i] and t[j] > t[i] - 2 * half_day:
            if t[j] > t[i] - half_day:
                heard[k] += 1
            seen[k] |= 1 << receiver[j]
            j -= 1
    return heard, seen
