"""The engine gives the same result for any number of partitions."""

from __future__ import annotations

import polars as pl

from makara.engine import Embedded


def by_day(rows: pl.DataFrame, *, scale: int) -> pl.DataFrame:
    """A kernel: sums by mover."""
    return rows.group_by("mover").agg(pl.col("x").sum() * scale).sort("mover")


def test_two_spawned_workers_give_what_one_gives() -> None:
    rows = pl.DataFrame({"mover": [3, -4, 3, 5, -7, -4], "x": [1, 2, 3, 4, 5, 6]})
    one = Embedded().by_mover(by_day, rows, scale=2)
    two = Embedded(workers=2).by_mover(by_day, rows, scale=2)
    assert two.sort("mover").equals(one)
    assert len(one) == 4
