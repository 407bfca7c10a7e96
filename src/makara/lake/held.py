"""What is known of data files without reading their rows, kept while a lake is open. It holds no row and no result.

A data file is never changed, so what was once read of its description stays true.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import unquote

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from makara.lake import delta

GROUPS_HELD: Final = 10_000
"""Row groups whose description is kept, those used last: 0.3 GB, or 80 million positions."""
INDEX_ROWS: Final = 65_536
"""Rows of which it is seen at once which movers they are of."""
_FLOATING: Final = ("FLOAT", "DOUBLE")


@dataclass(frozen=True)
class DataFile:
    """A data file of a table.

    Attributes:
        path: where it is.
        day: the UTC day that its rows are of; None in a table without days.
    """

    path: Path
    day: str | None


@dataclass(frozen=True)
class _Told:
    """What is told of a column in each row group: lowest and highest value, and whether no row is without one."""

    low: NDArray[Any]
    high: NDArray[Any]
    full: NDArray[np.bool_]


class Footer:
    """The description of a data file: its row groups, what values they range over, and which movers are in which."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.metadata = pq.read_metadata(path, memory_map=True)
        self.groups: int = self.metadata.num_row_groups
        schema = self.metadata.schema
        self.columns: list[str] = schema.to_arrow_schema().names
        self._at = {schema.column(k).path: k for k in range(self.metadata.num_columns)}
        self._kind = {c: schema.column(k).physical_type for c, k in self._at.items()}
        self._plain = [(c, self._at[c], self._kind[c] in _FLOATING) for c in self.columns if c in self._at]
        self._told: dict[str, _Told] = {}
        self._fixed: dict[int, dict[str, Any]] = {}
        self._movers: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    @property
    def indexed(self) -> bool:
        """Whether it is known which movers are in which row groups."""
        return self._movers is not None

    def range(self, column: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Lowest and highest value of a number or instant (microseconds) in each row group; without bound if unknown.

        Args:
            column: its name.
        """
        told = self._told_of(column)
        return told.low, told.high

    def full(self, column: str) -> NDArray[np.bool_]:
        """In which row groups no row is without a value, as far as is known.

        Args:
            column: its name.
        """
        return self._told_of(column).full

    def _told_of(self, column: str) -> _Told:
        if column not in self._told:
            at, whole = self._at[column], self._kind[column].startswith("INT")
            open_ = (-(2**63), 2**63 - 1) if whole else (-np.inf, np.inf)
            ends, full = [], []
            for g in range(self.groups):
                s = self.metadata.row_group(g).column(at).statistics
                ends.append((s.min_raw, s.max_raw) if s is not None and s.has_min_max else open_)
                full.append(s is not None and s.has_null_count and not s.null_count)
            low, high = np.array(ends, np.int64 if whole else np.float64).reshape(-1, 2).T
            self._told[column] = _Told(low, high, np.array(full, np.bool_))
        return self._told[column]

    def fixed(self, groups: Sequence[int]) -> dict[str, Any]:
        """Columns that have one value in all rows of these row groups, which may be null; not floating point ones.

        Args:
            groups: numbers of row groups.
        """
        found = [self._fixed_in(g) for g in groups]
        return {c: v for c, v in found[0].items() if all(c in f and f[c] == v for f in found[1:])}

    def _fixed_in(self, group: int) -> dict[str, Any]:
        if group not in self._fixed:
            described = self.metadata.row_group(group)
            found: dict[str, Any] = {}
            for c, at, floating in self._plain:
                s = described.column(at).statistics
                if s is None or not s.has_null_count:
                    continue
                if s.null_count == described.num_rows:
                    found[c] = None
                elif not s.null_count and not floating and s.has_min_max and s.min_raw == s.max_raw:
                    found[c] = s.min  # bounds cut short, as of long texts, are not equal
            self._fixed[group] = found
        return self._fixed[group]

    def groups_of(self, movers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row groups that hold rows of these movers."""
        held, group = self.index()
        first, last = np.searchsorted(held, movers, "left"), np.searchsorted(held, movers, "right")
        if len(movers) == 1:
            return group[first[0] : last[0]]
        found = [group[a:b] for a, b in zip(first, last, strict=True)]
        return np.unique(np.concatenate([np.zeros(0, np.int64), *found]))

    def index(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Movers, sorted, each with a row group that it is in."""
        if self._movers is None:
            self._movers = self._runs()
        return self._movers

    def _runs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The same, from the rows: a mover's stand together."""
        file = pq.ParquetFile(self.path, metadata=self.metadata, memory_map=True, pre_buffer=False)
        starts = np.cumsum([0, *(self.metadata.row_group(g).num_rows for g in range(self.groups))])
        movers, firsts, at = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
        for batch in file.iter_batches(INDEX_ROWS, columns=["mover"], use_threads=False):
            mover = batch.column(0).to_numpy()
            begins = starts[(starts >= at) & (starts < at + len(mover))] - at
            first = np.union1d(np.append(begins, 0), np.flatnonzero(mover[1:] != mover[:-1]) + 1)
            movers.append(mover[first])
            firsts.append(first + at)
            at += len(mover)
        held = np.concatenate(movers)
        group = np.searchsorted(starts, np.concatenate(firsts), "right") - 1
        order = np.argsort(held, kind="stable")
        held, group = held[order], group[order]
        new = np.ones(len(held), np.bool_)
        new[1:] = (held[1:] != held[:-1]) | (group[1:] != group[:-1])
        return held[new], group[new]


class Held:
    """Descriptions of data files by path, and data files of tables by version; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._footers: OrderedDict[Path, Footer] = OrderedDict()
        self._files: dict[Path, tuple[int, tuple[DataFile, ...]]] = {}
        self._said: tuple[int, dict[Hashable, Any]] = (-1, {})

    def files(self, path: Path, version: int) -> tuple[DataFile, ...]:
        """The data files of a table at a version.

        Raises:
            LakeDamagedError: its log does not hold that version.
        """
        with self._lock:
            found = self._files.get(path)
        if found is not None and found[0] == version:
            return found[1]
        held = pl.DataFrame(delta.load(path, version).get_add_actions(flatten=True))
        days = held["partition.day"].to_list() if "partition.day" in held.columns else [None] * len(held)
        made = tuple(DataFile(path / unquote(f), d) for f, d in zip(held["path"].to_list(), days, strict=True))
        with self._lock:
            self._files[path] = version, made
        return made

    def knows(self, path: Path, movers: bool) -> bool:
        """Whether a data file is described already.

        Args:
            path: the file.
            movers: with the row groups of its movers.
        """
        with self._lock:
            found = self._footers.get(path)
        return found is not None and (found.indexed or not movers)

    def footer(self, path: Path, movers: bool = False) -> Footer:
        """The description of a data file.

        Args:
            path: the file.
            movers: with the row groups of its movers.
        """
        with self._lock:
            found = self._footers.get(path)
            if found is not None:
                self._footers.move_to_end(path)
        if found is None:
            found = Footer(path)
            with self._lock:
                self._footers[path] = found
                while len(self._footers) > 1 and sum(f.groups for f in self._footers.values()) > GROUPS_HELD:
                    self._footers.popitem(last=False)
        if movers:
            found.index()
        return found

    def once(self, snapshot: int, key: Hashable, make: Callable[[], Any]) -> Any:
        """What was made of state tables for a key, kept until another snapshot is asked about.

        Args:
            snapshot: its number.
            key: what it is.
            make: makes it.
        """
        with self._lock:
            if self._said[0] != snapshot:
                self._said = (snapshot, {})
            kept = self._said[1]
            if key in kept:
                return kept[key]
        made = make()
        kept[key] = made
        return made
