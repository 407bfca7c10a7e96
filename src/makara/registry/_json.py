"""Columns as JSON text, as ``json.dumps`` writes each value: what differs is dumped once, not row by row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import polars as pl

DUMP: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def texts(values: pl.Series, how: Callable[[Any], Any] = lambda v: v) -> pl.Series:
    """JSON of each value.

    Args:
        values: numbers, text or nulls.
        how: what is done to a value before.
    """
    one = values.alias("v").to_frame()
    distinct = one.unique()
    made = distinct.with_columns(text=pl.Series([DUMP(how(v)) for v in distinct["v"].to_list()], dtype=pl.String()))
    return one.join(made, on="v", how="left", nulls_equal=True, maintain_order="left")["text"]


def instant(column: str) -> pl.Expr:
    """JSON of instants as ``base.time.text`` writes them: microseconds only where there are any."""
    t = pl.col(column)
    whole, exact = (t.dt.strftime(f'"%Y-%m-%dT%H:%M:%S{more}Z"') for more in ("", "%.6f"))
    return pl.when(t.dt.microsecond() == 0).then(whole).otherwise(exact).fill_null("null")


def obj(**columns: pl.Expr | str) -> pl.Expr:
    """JSON objects of columns that hold JSON."""
    parts: list[pl.Expr] = []
    for k, (name, value) in enumerate(columns.items()):
        parts += [pl.lit(f'{"," if k else "{"}"{name}":'), pl.col(value) if isinstance(value, str) else value]
    return pl.concat_str([*parts, pl.lit("}")])


def array(values: pl.Expr) -> pl.Expr:
    """JSON arrays, one a group, of what holds JSON."""
    return pl.concat_str([pl.lit("["), values.str.join(","), pl.lit("]")])
