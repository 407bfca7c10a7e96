"""Rows that stand in few ascending runs, as files hold them, put in order without sorting them row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

SHORT: Final = 8
"""Runs of fewer rows than this on average are not worth it, nor are runs of which one in so many overlaps another."""


def index(keys: Sequence[NDArray[Any]]) -> NDArray[np.int64] | None:
    """The order of rows by some keys, of equal ones as they are given; None where a sort is as fast.

    A run ascends and has one value of the first key. The few values whose runs overlap are sorted row by row.

    Args:
        keys: of equal length, the first counts most.
    """
    n, group = len(keys[0]), keys[0]
    ends = (group[1:] != group[:-1]) | ~_follows([k[1:] for k in keys[1:]], [k[:-1] for k in keys[1:]], True)
    first = np.flatnonzero(ends) + 1
    first = np.concatenate([np.zeros(min(n, 1), np.int64), first])
    if len(first) * SHORT > n + SHORT:
        return None
    last = np.append(first[1:], n) - 1
    runs = np.lexsort([k[first] for k in reversed(keys)])
    heads, tails = [k[first[runs]][1:] for k in keys], [k[last[runs]][:-1] for k in keys]
    order = _joined(first, last, runs)
    overlap = np.unique(heads[0][~_follows(heads, tails, False)])
    if len(overlap):
        again = np.flatnonzero(np.repeat(np.isin(group[first[runs]], overlap), (last - first + 1)[runs]))
        if len(again) * SHORT > n + SHORT:
            return None
        some = np.sort(order[again])
        order[again] = some[np.lexsort([k[some] for k in reversed(keys)])]
    return order


def ascends(keys: Sequence[NDArray[Any]]) -> bool:
    """Whether rows stand in the order of some keys."""
    return bool(_follows([k[1:] for k in keys], [k[:-1] for k in keys], True).all())


def gathered(values: NDArray[Any]) -> NDArray[np.int64]:
    """The order of rows by one key, of equal ones as they are given, where it changes seldom."""
    turns = np.flatnonzero(values[1:] != values[:-1]) + 1
    first = np.concatenate([np.zeros(min(len(values), 1), np.int64), turns])
    return _joined(first, np.append(first[1:], len(values)) - 1, np.argsort(values[first], kind="stable"))


def ordered(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Rows in the order of a key, those of equal keys as they were given.

    Args:
        rows: with the key's columns, integers or instants without nulls.
        key: names of columns.
    """
    keys = [rows[c].to_physical().to_numpy() for c in key]
    if ascends(keys):
        return rows
    order = index(keys)
    return rows.sort(key, maintain_order=True) if order is None else rows[order]


def _follows(after: Sequence[NDArray[Any]], before: Sequence[NDArray[Any]], equal: bool) -> NDArray[np.bool_]:
    """Whether one key is above another, or equal to it."""
    found: NDArray[np.bool_] | bool = equal
    for a, b in zip(reversed(after), reversed(before), strict=True):
        found = (a > b) | ((a == b) & found)
    return np.asarray(found)


def _joined(first: NDArray[Any], last: NDArray[Any], runs: NDArray[Any]) -> NDArray[np.int64]:
    """Rows of runs, one run after the other."""
    begin, length = first[runs], (last - first + 1)[runs]
    at = np.cumsum(length) - length
    order: NDArray[np.int64] = np.repeat(begin - at, length) + np.arange(int(length.sum()))
    return order
