"""Finding the few rows that a question is about, without reading the others.

Days come from the log, row groups from their descriptions (lowest and highest time, longitude and latitude, and the
movers in each). Of these row groups only the columns are read that the question tests; the other columns only of row
groups where something was found. Where their descriptions tell that every row is wanted nothing is tested, and a
column that has one value in a row group is not read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from makara.base.geo import in_box
from makara.base.time import to_us
from makara.lake.areas import Area, inside
from makara.lake.held import DataFile, Footer, Held
from makara.tables import Table

AT_ONCE: Final = 8
"""Row groups that a thread reads at a time."""
FILES_AT_ONCE: Final = 16
"""Files that are described at once: never more than are kept."""
FEW: Final = 16_384
"""Rows that are put together by one thread."""
_FREED: Final = 16 * 2**20
Bools = NDArray[np.bool_]
Types = dict[str, pl.DataType]
_Task = tuple[Footer, list[int], bool]
"""A file, some of its row groups, and whether every row of them is wanted."""


@dataclass(frozen=True)
class Wanted:
    """Which rows are looked for; what is None is not asked.

    Attributes:
        since: ``t_seen`` at or after.
        until: ``t_seen`` before.
        known: ``t_known`` at or before.
        movers: ``mover`` is one of these.
        box: the place lies in it: W, S, E, N in degrees, borders included; W > E crosses 180.
        areas: the place lies in one of these.
    """

    since: datetime | None = None
    until: datetime | None = None
    known: datetime | None = None
    movers: tuple[int, ...] | None = None
    box: tuple[float, float, float, float] | None = None
    areas: tuple[Area, ...] | None = None

    @property
    def tests(self) -> list[str]:
        """Columns that are tested."""
        timed = self.since is not None or self.until is not None or self.areas is not None
        placed = self.box is not None or self.areas is not None
        asked = {"t_seen": timed, "t_known": self.known is not None, "mover": self.movers is not None}
        return [c for c, x in (asked | {"lon_deg": placed, "lat_deg": placed}).items() if x]


def find(t: Table, files: Sequence[DataFile], held: Held, wanted: Wanted) -> pl.DataFrame:
    """Rows of a table that are wanted, by its key where that is a number.

    Args:
        t: the contract.
        files: data files of the table.
        held: what is known of them.
        wanted: which rows.
    """
    types = {f.name: f.type for f in t.fields}
    mine = [f.path for f in files if _on(f.day, wanted)]
    tasks = [task for footer in _footers(mine, held, wanted.movers is not None) for task in _tasks(footer, wanted)]
    parts = _threads().map(lambda task: _read(types, t.keys[0], task, wanted), tasks)
    return _frame(types, t.keys[0], [p for p in parts if p is not None])


def _footers(paths: Sequence[Path], held: Held, movers: bool) -> Iterator[Footer]:
    """The descriptions of files; those that are not known yet are read by all threads."""
    for k in range(0, len(paths), FILES_AT_ONCE):
        some = paths[k : k + FILES_AT_ONCE]
        new = [p for p in some if not held.knows(p, movers)]
        for _ in _threads().map(lambda p: held.footer(p, movers), new):
            pass
        yield from (held.footer(p) for p in some)


def _tasks(footer: Footer, wanted: Wanted) -> list[_Task]:
    """What is to be read of a file."""
    may = np.flatnonzero(_may(footer, wanted))
    all_of_it = _all(footer, may, wanted)
    found: list[_Task] = []
    for every in (True, False):
        groups = may[all_of_it == every].tolist()
        found += [(footer, groups[k : k + AT_ONCE], every) for k in range(0, len(groups), AT_ONCE)]
    return found


@cache
def _threads() -> ThreadPoolExecutor:
    # The C library gives freed memory back, and then gets it anew page by page, from twice the largest block on that
    # it saw freed, of up to 32 MB: without this a fifth of a question's time goes there.
    np.empty(_FREED, np.uint8)
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="find")


def _on(day: str | None, wanted: Wanted) -> bool:
    """Whether a day may have rows that are wanted."""
    if day is None:
        return True
    after = wanted.since is None or day >= wanted.since.strftime("%Y-%m-%d")
    return after and (wanted.until is None or day <= wanted.until.strftime("%Y-%m-%d"))


def _may(footer: Footer, wanted: Wanted) -> Bools:
    """Which row groups may hold rows that are wanted."""
    may = np.ones(footer.groups, np.bool_)
    if wanted.movers is not None:
        may[:] = False
        may[footer.groups_of(np.array(wanted.movers, np.int64))] = True
        if not may.any():
            return may
    for column, since, until in (("t_seen", wanted.since, wanted.until), ("t_known", None, wanted.known)):
        if since is not None or until is not None:
            low, high = footer.range(column)
            may &= (since is None or high >= to_us(since)) & (until is None or low <= to_us(until))
    if (wanted.box is not None or wanted.areas is not None) and may.any():
        (west, east), (south, north) = footer.range("lon_deg"), footer.range("lat_deg")
        if wanted.box is not None:
            w, s, e, n = wanted.box
            across = (east >= w) | (west <= e) if w > e else (east >= w) & (west <= e)
            may &= across & (north >= s) & (south <= n)
        if wanted.areas is not None:
            boxes = shapely.box(west.clip(-180, 180), south.clip(-90, 90), east.clip(-180, 180), north.clip(-90, 90))
            may &= np.any([shapely.intersects(a.shape, boxes) for a in wanted.areas], axis=0)
    return may


def _all(footer: Footer, groups: NDArray[np.int64], wanted: Wanted) -> Bools:
    """Of which of these row groups every row is wanted, as far as their descriptions tell."""
    every = np.ones(len(groups), np.bool_)
    if not len(groups) or wanted.movers is not None:
        return np.zeros(len(groups), np.bool_)
    for c in wanted.tests:
        every &= footer.full(c)[groups]
    first, last = (x[groups] for x in footer.range("t_seen"))
    every &= wanted.since is None or first >= to_us(wanted.since)
    every &= wanted.until is None or last < to_us(wanted.until)
    if wanted.known is not None:
        every &= footer.range("t_known")[1][groups] <= to_us(wanted.known)
    if (wanted.box is not None or wanted.areas is not None) and every.any():
        (west, east), (south, north) = ([x[groups] for x in footer.range(c)] for c in ("lon_deg", "lat_deg"))
        if wanted.box is not None:
            w, s, e, n = wanted.box
            every &= (west >= w) & (east <= e) & (south >= s) & (north <= n)
        if wanted.areas is not None:
            boxes = shapely.box(west, south, east, north)
            held = np.zeros(len(groups), np.bool_)
            for a in wanted.areas:
                since = a.since is None or first >= to_us(a.since)
                until = a.until is None or last < to_us(a.until)
                held |= shapely.contains_properly(a.shape, boxes) & since & until
            every &= held & (west < east) & (south < north)
    return every


@dataclass(frozen=True)
class _Part:
    """Rows of some row groups: columns, texts by dictionary; which of the rows; and columns that have one value."""

    rows: pa.Table
    at: NDArray[np.int64] | None
    fixed: dict[str, Any]


def _read(types: Types, key: str, task: _Task, wanted: Wanted) -> _Part | None:
    """The rows of some row groups that are wanted, or all; None if there are none."""
    footer, groups, every = task
    texts = [c for c, d in types.items() if d == pl.String()]
    bytes_ = pa.memory_map(str(footer.path))
    file = pq.ParquetFile(bytes_, metadata=footer.metadata, read_dictionary=texts, pre_buffer=False)
    tests = wanted.tests
    fixed = {c: v for c, v in footer.fixed(groups).items() if c in types and c not in (*tests, key)}
    columns = [c for c in footer.columns if c in types and c not in fixed]
    if every:
        return _part(file.read_row_groups(groups, columns, use_threads=False), None, fixed)
    tests = columns if wanted.movers is not None else tests  # each row group of a mover's has rows of it
    tested = file.read_row_groups(groups, tests, use_threads=False)
    hit = _hits(tested, wanted)
    rows = [footer.metadata.row_group(g).num_rows for g in groups]
    some = np.logical_or.reduceat(hit, np.cumsum([0, *rows[:-1]]))
    if not some.any():
        return None
    others = [c for c in columns if c not in tests]
    if others:
        if not some.all():
            kept = np.repeat(some, rows)
            tested, hit = tested.filter(pa.array(kept)), hit[kept]
        rest = file.read_row_groups([g for g, x in zip(groups, some, strict=True) if x], others, use_threads=False)
        for name in others:
            tested = tested.append_column(name, rest[name])
    return _part(tested, hit, fixed)


def _part(rows: pa.Table, hit: Bools | None, fixed: dict[str, Any]) -> _Part:
    """Rows that are hit, or all: not copied yet, and without those around them where they stand together."""
    lists = [f.name for f in rows.schema if pa.types.is_nested(f.type)]
    empty = [c for c in lists if not rows[c].null_count and not any(len(k.flatten()) for k in rows[c].chunks)]
    rows, fixed = rows.drop_columns(empty), fixed | {c: [] for c in empty}
    if hit is None:
        return _Part(rows, None, fixed)
    at = np.flatnonzero(hit)
    together = at[-1] - at[0] + 1 == len(at)
    return _Part(rows.slice(at[0], len(at)), None, fixed) if together else _Part(rows, at, fixed)


def _hits(rows: pa.Table, wanted: Wanted) -> Bools:
    """Which rows are wanted."""
    value = {c: rows[c].to_numpy() for c in wanted.tests}
    hit = np.ones(rows.num_rows, np.bool_)
    t = value["t_seen"].view(np.int64) if "t_seen" in value else np.zeros(0, np.int64)
    if wanted.since is not None:
        hit &= t >= to_us(wanted.since)
    if wanted.until is not None:
        hit &= t < to_us(wanted.until)
    if wanted.known is not None:
        hit &= value["t_known"].view(np.int64) <= to_us(wanted.known)
    if wanted.movers is not None and len(wanted.movers) == 1:
        hit &= value["mover"] == wanted.movers[0]
    elif wanted.movers is not None:
        hit &= np.isin(value["mover"], np.array(wanted.movers, np.int64))
    if wanted.box is not None:
        hit &= in_box(value["lon_deg"], value["lat_deg"], *wanted.box)
    if wanted.areas is not None:
        at = np.flatnonzero(hit)
        hit[at] = inside(wanted.areas, value["lon_deg"][at], value["lat_deg"][at], t[at])
    return hit


def _frame(types: Types, key: str, parts: list[_Part]) -> pl.DataFrame:
    """Parts as one frame with the contract's columns, by its key; those that files were written without are null.

    A column that has one value is held as that, so that neither reading nor sorting it costs anything.
    """
    if not parts:
        return pl.DataFrame(schema=types)
    first = parts[0].fixed
    same = {c: v for c, v in first.items() if all(c in p.fixed and p.fixed[c] == v for p in parts)}
    rows = pa.concat_tables([_filled(p, same, types) for p in parts], promote_options="permissive")
    starts = np.cumsum([0, *(len(p.rows) for p in parts[:-1])])
    at = np.concatenate(
        [a + (np.arange(len(p.rows)) if p.at is None else p.at) for a, p in zip(starts, parts, strict=True)]
    )
    numbered = types[key] == pl.Int64()
    index = pl.Series((at[_order(rows[key].to_numpy()[at])] if numbered else at).astype(np.uint32))
    share = _threads().map if len(index) > FEW else map
    found = share(lambda c: _picked(c, rows[c], types[c], index), rows.column_names)
    frame = pl.DataFrame([s.set_sorted() if numbered and s.name == key else s for s in found])
    one = {c: pl.Series(c, [same.get(c)], kind) for c, kind in types.items() if c not in frame.columns}
    return frame.select(pl.lit(one[c]).first().alias(c) if c in one else pl.col(c) for c in types)


def _picked(name: str, column: pa.ChunkedArray, kind: pl.DataType, index: pl.Series) -> pl.Series:
    """Some values of a column; texts come by dictionary, and each is made only where it is picked."""
    if not pa.types.is_dictionary(column.type):
        return pl.Series(name, column.combine_chunks(), kind)[index]
    whole = column.unify_dictionaries().combine_chunks()
    words = pl.Series(name, whole.dictionary, kind)
    return words[pl.Series(whole.indices).cast(index.dtype)[index]]


def _filled(part: _Part, same: dict[str, Any], types: Types) -> pa.Table:
    """A part with those of its one-valued columns spelt out that others have other values in."""
    rows = part.rows
    for name in rows.column_names:
        if pa.types.is_nested(rows[name].type):  # files and Polars have several forms of the same lists
            rows = rows.drop_columns([name]).append_column(name, _arrow(pl.Series(rows[name], dtype=types[name])))
    for name, value in part.fixed.items():
        if name not in same:
            told = pl.select(pl.repeat(pl.Series([value], dtype=types[name]).first(), len(rows), dtype=types[name]))
            column = _arrow(told.to_series())
            rows = rows.append_column(name, column.dictionary_encode() if types[name] == pl.String() else column)
    return rows


def _arrow(column: pl.Series) -> pa.Array:
    """A column in the form of Arrow that all its functions know."""
    return column.to_arrow(compat_level=pl.CompatLevel.oldest())


def _order(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """The order of keys, equal ones as given: by 16 bits at a time from the 17th up, half the cost of an argsort.

    Keys are hashes: two that are alike from there on are hardly ever found.
    """
    bits = keys.view(np.uint64) ^ np.uint64(1 << 63)
    order = np.arange(len(keys))
    for first in (16, 32, 48):
        digit = (bits >> np.uint64(first)).astype(np.uint16)
        order = order[np.argsort(digit[order], kind="stable")]
    found = keys[order]
    return np.argsort(keys, kind="stable") if (found[1:] < found[:-1]).any() else order
