"""The order of rows in a table's files, found cheaply where rows come almost in it."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray


def ordered(rows: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Rows sorted by keys, which are integers or instants without nulls (others are left to Polars).

    Feeds come in the order of time, points by mover: then a stable sort by the first key is almost all of the work.
    """
    if len(rows) < 2 or not all(_whole(rows[k]) for k in keys):
        return rows.sort(*keys, maintain_order=True)
    rows = rows.rechunk()
    values = [rows[k].to_physical().to_numpy() for k in keys]
    order = np.argsort(values[0], kind="stable")
    wrong = _wrong(values, order)
    if wrong.any():
        # Rows that share the two first keys with a neighbour are put in order among themselves; this mends all where
        # only the last keys were out of order.
        a, b = values[0][order], values[1][order]
        tied = np.zeros(len(order), np.bool_)
        tied[1:] = (a[1:] == a[:-1]) & (b[1:] == b[:-1])
        tied[:-1] |= tied[1:]
        some = order[tied]
        order[tied] = some[np.lexsort([v[some] for v in values[::-1]])]
        if _wrong(values, order).any():
            return rows.sort(*keys, maintain_order=True)
    return rows[order]


def _whole(s: pl.Series) -> bool:
    return (s.dtype.is_integer() or isinstance(s.dtype, pl.Datetime)) and not s.null_count()


def _wrong(values: list[NDArray[np.int64]], order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each row after the first stands behind one that should follow it."""
    more = np.zeros(len(order) - 1, np.bool_)
    for v in values[::-1]:
        x = v[order]
        more = (x[1:] < x[:-1]) | ((x[1:] == x[:-1]) & more)
    return more
