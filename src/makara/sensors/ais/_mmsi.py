"""What an MMSI may look like (ITU-R M.585)."""

from __future__ import annotations

import polars as pl


def bad_mmsi(column: str = "mmsi") -> pl.Expr:
    """Whether an MMSI (integers) has none of the forms of ITU-R M.585 that may transmit."""
    m = pl.col(column)
    mid = (
        pl.when(m < 10_000_000)
        .then(m // 10_000)  # 00MID....: coast stations
        .when(m.is_between(111_000_000, 111_999_999))
        .then(m // 1000 % 1000)  # 111MID...: aircraft
        .when(m.is_between(200_000_000, 799_999_999))
        .then(m // 1_000_000)
        .when(m.is_between(800_000_000, 899_999_999))
        .then(m // 100_000 % 1000)  # 8MID.....: handheld
        .when(m.is_between(980_000_000, 999_999_999))
        .then(m // 10_000 % 1000)  # 98MID, 99MID: auxiliary craft, aids
        .when((m // 1_000_000).is_in([970, 972, 974]))
        .then(pl.lit(201))
        .otherwise(pl.lit(0))
    )
    return ~mid.is_between(201, 775)
