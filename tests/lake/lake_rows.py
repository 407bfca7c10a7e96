"""The plainest rows that fit a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from makara.tables import table

T0 = datetime(2026, 1, 31, 14, tzinfo=UTC)


def plain(name: str, n: int = 1, start: int = 0, **columns: Any) -> pl.DataFrame:
    """Rows numbered from ``start``, an hour apart; the first key is the number."""
    t = table(name)
    rows = []
    for i in range(start, start + n):
        row = {f.name: _plain(f.type, i) for f in t.fields if not f.null}
        rows.append(row)
    out = pl.DataFrame(rows, schema={f.name: f.type for f in t.fields if not f.null})
    return t.conform(out.with_columns(pl.lit(v).alias(k) for k, v in columns.items()))


def _plain(d: pl.DataType, i: int) -> Any:
    if isinstance(d, pl.List):
        return []
    if isinstance(d, pl.Struct):
        return {f.name: 1.0 for f in d.fields}
    if d == pl.Datetime("us", "UTC"):
        return T0 + timedelta(hours=i)
    if d == pl.String():
        return f"x{i}"
    if d == pl.Binary():
        return b"\0x"
    return False if d == pl.Boolean() else i


def as_set(df: pl.DataFrame) -> list[str]:
    """Rows in an order of their own."""
    return sorted(repr(r) for r in df.rows())
