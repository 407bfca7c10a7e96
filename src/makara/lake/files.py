"""Data files of tables with days: each day's rows become one Parquet file, and all of them one version.

Rows come in order and go to their file as they stand, which costs half of what a writer for any rows and any table
costs: no plan, no second look for the partition, no copy.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, PostCommitHookProperties
from deltalake.transaction import AddAction

from makara.base.time import text
from makara.lake.order import GROUP_ROWS, SMALL, encodings, one_valued
from makara.tables import Table

AT_ONCE: Final = 64 * GROUP_ROWS
"""Rows that are handed to the file at once: whole row groups."""
Days = list[tuple[str, str, Any]]
"""Which days: a filter on ``day`` as deltalake takes it."""


def write(
    path: Path,
    t: Table,
    rows: pl.DataFrame,
    dt: DeltaTable,
    mode: Literal["append", "overwrite"],
    where: Days | None,
    hook: PostCommitHookProperties,
) -> None:
    """Write rows as one version of a table.

    Args:
        path: the table's directory.
        t: the contract.
        rows: rows in order, with ``day``; the table has all of their columns.
        dt: the table, loaded at its newest version.
        mode: add them, or put them in the place of all rows or of those that ``where`` names.
        where: days.
        hook: what follows the commit.
    """
    added = [_file(path, t, day, part) for day, part in _days(rows)]
    dt.create_write_transaction(
        added,
        mode,
        dt.schema(),
        partition_by=["day"],
        partition_filters=where,
        post_commithook_properties=hook,
    )


def _days(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each day with its rows, which stand together."""
    runs = rows["day"].rle().struct
    ends = np.cumsum(runs.field("len").to_numpy())
    bare = rows.drop("day")
    for day, first, end in zip(runs.field("value"), [0, *ends[:-1].tolist()], ends.tolist(), strict=False):
        yield day, bare[first:end]


def _file(path: Path, t: Table, day: str, rows: pl.DataFrame) -> AddAction:
    """A new file of a day's rows."""
    name = f"day={day}/part-{secrets.token_hex(16)}.zstd.parquet"
    file = path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    encoded = {c: e for c, e in encodings(t).items() if c in rows.columns}
    leaf = {c: f"{c}.list.element" if isinstance(kind, pl.List) else c for c, kind in rows.schema.items()}
    same = one_valued(rows)
    flat = {c for c in same if rows.schema[c] == pl.String() or rows[c].null_count() == len(rows)}
    bare = flat.union(SMALL)
    with pq.ParquetWriter(
        file,
        _arrow(rows[:0], rows[:1], flat).schema,
        compression={name: "NONE" if c in bare else "zstd" for c, name in leaf.items()},
        use_dictionary=[name for c, name in leaf.items() if c not in encoded],
        column_encoding=encoded,
        store_schema=False,
    ) as out:
        for part in rows.iter_slices(AT_ONCE):
            out.write_table(_arrow(part, rows[:1], flat), row_group_size=GROUP_ROWS)
        plain = _arrow(rows[:0], rows[:1], set()).schema
        out.add_key_value_metadata({"ARROW:schema": base64.b64encode(plain.serialize())})  # as if written so
    said = os.stat(file)
    return AddAction(
        name, said.st_size, {"day": day}, said.st_mtime_ns // 1_000_000, True, json.dumps(_told(rows, same))
    )


def _arrow(rows: pl.DataFrame, one: pl.DataFrame, flat: set[str]) -> pa.Table:
    """Rows as Arrow, without a look at what is the same in all of them.

    Args:
        rows: some rows of a file.
        one: the first of the file.
        flat: columns that have one text, or nothing, in the whole file. Of a text each becomes a dictionary of one, so
            that the writer hashes none.
    """
    made = rows.drop(flat).to_arrow(compat_level=pl.CompatLevel.oldest())
    for at, c in enumerate(rows.columns):
        if c in flat:
            # Polars makes the arrays: made by PyArrow they would load pandas, which costs half a second.
            value = one[c].to_arrow(compat_level=pl.CompatLevel.oldest())
            if value.null_count == len(value):
                made = made.add_column(at, c, pa.nulls(len(rows), value.type))
            else:
                index = pl.zeros(len(rows), pl.Int32(), eager=True).to_arrow()
                made = made.add_column(at, c, pa.DictionaryArray.from_arrays(index, value))
    return made


def _told(rows: pl.DataFrame, same: set[str]) -> dict[str, Any]:
    """How many rows there are, and over what their plain columns range; those in ``same`` have one value."""
    plain = [c for c, kind in rows.schema.items() if not kind.is_nested() and kind != pl.Binary()]
    one, varied = rows.head(1).select(c for c in plain if c in same), [c for c in plain if c not in same]
    nulls = rows.select(pl.col(plain).null_count()).row(0, named=True)
    least, most = (rows.select(e).to_dicts()[0] if varied else {} for e in (pl.col(varied).min(), pl.col(varied).max()))
    low, high = ({**one.to_dicts()[0], **some} for some in (least, most))
    ends = ({c: _json(v) for c, v in some.items() if v is not None} for some in (low, high))
    return dict(zip(("numRecords", "minValues", "maxValues", "nullCount"), (len(rows), *ends, nulls), strict=True))


def _json(value: Any) -> Any:
    return text(value) if isinstance(value, datetime) else value
