"""Reading a sample through a source, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from makara.sources import Batch, source
from makara.tables import table

SAMPLES = Path(__file__).parent / "samples"


def read(
    name: str, path: Path, options: Mapping[str, str] | None = None
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Frames and rejects of a file; each row must fit its table, and rows must be neither lost nor counted twice."""
    batches: list[Batch] = list(source(name).read(path, options or {}))
    tables = {n for b in batches for n in b.frames}
    assert set(source(name).SOURCE.tables) >= tables
    for b in batches:
        for n, f in b.frames.items():
            stamps = {
                "source": pl.lit(b.feed),
                "mark": pl.lit("mk"),
                "t_known": pl.lit(datetime(2030, 1, 1, tzinfo=UTC)),
            }
            table(n).conform(f.with_columns(**stamps))
    return {n: pl.concat([b.frames[n] for b in batches]) for n in tables}, pl.concat([b.rejects for b in batches])


def reasons(rejects: pl.DataFrame) -> list[tuple[int, str]]:
    """Line and reason of each reject."""
    return rejects.select("line", "reason").rows()


def facts(rows: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of the rows, single-precision floats as they are written."""
    plain = [pl.col(c).cast(pl.Float64).round(2) if rows.schema[c] == pl.Float32 else pl.col(c) for c in columns]
    return rows.select(plain).rows()
