"""IMO numbers: the check digit."""

from __future__ import annotations

import polars as pl


def imo_ok(imo: pl.Expr) -> pl.Expr:
    """Whether a number has seven digits and the right check digit (IMO A.1117(30)): sum of digit x (7 to 2) mod 10."""
    total = pl.lit(0, pl.Int64)
    for place, weight in zip(range(6, 0, -1), range(7, 1, -1), strict=True):
        total = total + (imo.cast(pl.Int64) // 10**place) % 10 * weight
    return imo.is_between(1_000_000, 9_999_999) & (total % 10 == imo.cast(pl.Int64) % 10)
