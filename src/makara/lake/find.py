"""Finding the few rows that a question is about, without reading the others.

Days come from the log, row groups from their descriptions (lowest and highest time, longitude and latitude, and the
movers in each). Of these row groups only the columns are read that the question tests; the other columns only of row
groups where something was found.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from makara.base.geo import in_box
from makara.base.time import to_us
from makara.lake.held import DataFile, Footer, Held
from makara.tables import Table

AT_ONCE: Final = 16
"""Row groups that a thread reads at a time."""
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Area:
    """Polygons with the time in which they count.

    Attributes:
        shape: a polygon or several (shapely); borders belong to it. Cut at 180.
        since: from this instant on; None: ever since.
        until: before this instant; None: for ever.
    """

    shape: Any
    since: datetime | None = None
    until: datetime | None = None


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
    """Rows of a table that are wanted, in no order.

    Args:
        t: the contract.
        files: data files of the table.
        held: what is known of them.
        wanted: which rows.
    """
    tasks = []
    for f in files:
        if _on(f.day, wanted):
            footer = held.footer(f.path)
            groups = np.flatnonzero(_may(footer, wanted)).tolist()
            tasks += [(footer, groups[k : k + AT_ONCE]) for k in range(0, len(groups), AT_ONCE)]
    parts = _threads().map(lambda task: _read(t, *task, wanted), tasks)
    return pl.concat([t.empty(), *(p for p in parts if p is not None)])


@cache
def _threads() -> ThreadPoolExecutor:
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
    for column, since, until in (("t_seen", wanted.since, wanted.until), ("t_known", None, wanted.known)):
        if since is not None or until is not None:
            low, high = footer.range(column)
            may &= (since is None or high >= to_us(since)) & (until is None or low <= to_us(until))
    if wanted.movers is not None and may.any():
        has = np.zeros(footer.groups, np.bool_)
        has[footer.groups_of(np.array(wanted.movers, np.int64))] = True
        may &= has
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


def _read(t: Table, footer: Footer, groups: list[int], wanted: Wanted) -> pl.DataFrame | None:
    """The rows of some row groups that are wanted; None if there are none."""
    texts = [f.name for f in t.fields if f.type == pl.String()]
    file = pq.ParquetFile(footer.path, metadata=footer.metadata, memory_map=True, read_dictionary=texts)
    tests = wanted.tests
    tested = file.read_row_groups(groups, tests, use_threads=False) if tests else None
    rows = [footer.metadata.row_group(g).num_rows for g in groups]
    hit = np.ones(sum(rows), np.bool_) if tested is None else _hits(tested, wanted)
    first = np.cumsum([0, *rows[:-1]])
    some = np.logical_or.reduceat(hit, first)
    if not some.any():
        return None
    here = np.repeat(some, rows)
    rest = [c for c in footer.columns if c in t.schema and c not in tests]
    found = file.read_row_groups([g for g, x in zip(groups, some, strict=True) if x], rest, use_threads=False)
    columns = {} if tested is None else dict(_columns(tested, t, hit))
    columns |= dict(_columns(found, t, hit[here]))
    n = int(hit.sum())
    return pl.DataFrame([columns[c] if c in columns else pl.Series(c, [None] * n, d) for c, d in t.schema.items()])


def _hits(rows: pa.Table, wanted: Wanted) -> Bools:
    """Which rows are wanted."""
    value = {c: rows[c].to_numpy() for c in rows.column_names}
    hit = np.ones(rows.num_rows, np.bool_)
    t = value["t_seen"].view(np.int64) if "t_seen" in value else None
    if wanted.since is not None:
        hit &= t >= to_us(wanted.since)
    if wanted.until is not None:
        hit &= t < to_us(wanted.until)
    if wanted.known is not None:
        hit &= value["t_known"].view(np.int64) <= to_us(wanted.known)
    if wanted.movers is not None:
        hit &= np.isin(value["mover"], np.array(wanted.movers, np.int64))
    if wanted.box is not None:
        hit &= in_box(value["lon_deg"], value["lat_deg"], *wanted.box)
    if wanted.areas is not None:
        at = np.flatnonzero(hit)
        lon, lat = value["lon_deg"][at], value["lat_deg"][at]
        inside = np.zeros(len(at), np.bool_)
        for a in wanted.areas:
            held = shapely.intersects_xy(a.shape, lon, lat)
            if a.since is not None:
                held &= t[at] >= to_us(a.since)
            if a.until is not None:
                held &= t[at] < to_us(a.until)
            inside |= held
        hit[at] = inside
    return hit


def _columns(rows: pa.Table, t: Table, hit: Bools) -> Iterator[tuple[str, pl.Series]]:
    """Columns of an Arrow table as the contract has them, of the rows hit. Texts come by dictionary."""
    keep = pl.Series(hit)
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            whole = column.unify_dictionaries().combine_chunks()
            words = pl.Series(name, whole.dictionary.to_pylist(), pl.String())
            yield name, words.gather(pl.Series(whole.indices).filter(keep))
        else:
            yield name, pl.Series(name, column).filter(keep).cast(t.schema[name])
