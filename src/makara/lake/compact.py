"""Compaction: days (or whole tables) that have fallen into many files are written anew as few, in order.

A day is read in parts of whole movers along the curve, so that memory is bounded whatever the day holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from makara.lake import delta
from makara.lake.files import Days
from makara.lake.order import GROUP_ROWS, PARTITIONED, PLACED, day, in_order, places
from makara.tables import Table

PART_ROWS: Final = 2_000_000
"""Rows that are held in memory at once, and of a file of a large day (a mover's day is never split)."""
COMPACT_FROM: Final = 24
"""Files of a day (or of a table without days) from which on a commit compacts it by itself."""


@dataclass(frozen=True)
class Size:
    """How large a table is on disk.

    Attributes:
        files: data files.
        bytes: their bytes.
        rows: rows in them.
    """

    files: int
    bytes: int
    rows: int


def size(path: Path, version: int | None = None) -> Size:
    """How large a table is at a version (None: the newest)."""
    held = _held(delta.load(path, version))
    return Size(len(held), int(held["size_bytes"].sum()), int(held["num_records"].sum()))


def compact(path: Path, t: Table, *, fully: bool = False) -> bool:
    """Write anew what has fallen into many files; answers whether there was anything.

    Args:
        path: the table's directory.
        t: the contract.
        fully: write anew whatever is not in as few files as it can be, and what an older version left in large row
            groups; else only what has fallen into ``COMPACT_FROM`` files or more.
    """
    least = 2 if fully else COMPACT_FROM
    dt = delta.load(path)
    held = _held(dt)
    if t.name not in PARTITIONED:
        if len(held) < least or _few(held):
            return False
        delta.write_version(path, t, _stream(delta.scan(t, dt).collect_batches(chunk_size=PART_ROWS)), "overwrite")
        return True
    found = [
        (day_, int(of["num_records"].sum()))
        for (day_,), of in sorted(held.group_by("day"))
        if (len(of) >= least and not _few(of)) or (fully and _coarse(path, of))
    ]
    for days in _together(found):
        where: Days | None = delta.among(pl.Series([d for d, _ in days]))
        for part in _parts(t, dt, [d for d, _ in days], sum(rows for _, rows in days)):
            delta.write_version(path, t, part, "overwrite" if where else "append", where)
            where = None
    return bool(found)


def _held(dt: DeltaTable) -> pl.DataFrame:
    """The data files of a table: path, size_bytes, num_records, and day where it has days."""
    held = pl.DataFrame(dt.get_add_actions(flatten=True))
    return held.rename({"partition.day": "day"}) if "partition.day" in held.columns else held


def _few(files: pl.DataFrame) -> bool:
    """Whether there are no more files than compaction would make."""
    return len(files) <= int(files["num_records"].sum()) // PART_ROWS + 1


def _coarse(path: Path, files: pl.DataFrame) -> bool:
    """Whether a file has row groups larger than ours."""
    large = files.filter(pl.col("num_records") > GROUP_ROWS)
    return any(pq.read_metadata(path / unquote(f)).row_group(0).num_rows > GROUP_ROWS for f in large["path"].to_list())


def _together(days: Iterable[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    """Days that are read and written together."""
    some: list[tuple[str, int]] = []
    for day_, rows in days:
        if some and sum(n for _, n in some) + rows > PART_ROWS:
            yield some
            some = []
        some.append((day_, rows))
    if some:
        yield some


def _parts(t: Table, dt: DeltaTable, days: list[str], rows: int) -> Iterator[pl.DataFrame]:
    """Rows of days in order; those of a large day in parts of whole movers."""
    mine = delta.scan(t, dt, pl.col("day").is_in(days))
    if t.name not in PLACED or rows <= PART_ROWS:
        yield in_order(t, mine.collect())
        return
    columns = mine.select("mover", "lon_deg", "lat_deg", "t_seen").with_columns(day())
    movers = columns.group_by("mover").len().join(places(columns), on="mover", how="left").sort("_place", "mover")
    part = (pl.col("len").cum_sum() - 1) // PART_ROWS
    for some in movers.with_columns(part=part).collect().partition_by("part", maintain_order=True):
        yield in_order(t, mine.filter(pl.col("mover").is_in(some["mover"].implode())).collect())


def _stream(frames: Iterable[pl.DataFrame]) -> pa.RecordBatchReader:
    """Frames as one Arrow stream; at least one must come."""
    tables = (f.to_arrow() for f in frames)
    first = next(tables)
    batches = (b for table in chain([first], tables) for b in table.to_batches())
    return pa.RecordBatchReader.from_batches(first.schema, batches)
