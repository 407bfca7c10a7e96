"""Tables from outside: whatever an analyst has becomes a Polars frame with instants in microseconds UTC."""

from __future__ import annotations

from typing import Any

import polars as pl

from makara.base.errors import UsageError


def frame(given: Any) -> pl.DataFrame:
    """A Polars frame of whatever table was given; instants as microseconds UTC (UTC where they name no zone).

    Args:
        given: a Polars frame, eager or lazy, a pandas one, an Arrow table or reader, a dict of columns or list of rows.

    Raises:
        UsageError: it is no table, or an id in it is a float (as pandas makes of integers with nulls).
    """
    if isinstance(given, pl.LazyFrame):
        found = given.collect()
    elif isinstance(given, pl.DataFrame):
        found = given
    elif hasattr(given, "__arrow_c_stream__") or hasattr(given, "__dataframe__") or isinstance(given, (dict, list)):
        found = pl.DataFrame(given, nan_to_null=True)  # pandas has no other null in floats
    else:
        raise UsageError(f"{type(given).__name__} is no table; give a Polars, pandas or Arrow one")
    for c in ("report", "mover", "track", "claim"):
        if c in found.columns and found.schema[c].is_float():
            raise UsageError(f"column {c} is a float, which cannot hold such an id exactly; give it as Int64")
    utc = [
        pl.col(c).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        if t.time_zone is None
        else pl.col(c).dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
        for c, t in found.schema.items()
        if isinstance(t, pl.Datetime) and t != pl.Datetime("us", "UTC")
    ]
    return found.with_columns(utc) if utc else found
