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


@dataclass(frozen=True)
class DataFile:
    """A data file of a table.

    Attributes:
        path: where it is.
        day: the UTC day that its rows are of; None in a table without days.
    """

    path: Path
    day: str | None


class Footer:
    """The description of a data file: its row groups, what values they range over, and which movers are in which."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.metadata = pq.read_metadata(path, memory_map=True)
        self.groups: int = self.metadata.num_row_groups
        schema = self.metadata.schema
        self.columns: list[str] = schema.to_arrow_schema().names
        self._names = set(self.columns)
        self._at = {schema.column(k).path: k for k in range(self.metadata.num_columns)}
        self._ranges: dict[str, tuple[NDArray[Any], NDArray[Any]]] = {}
        self._full: dict[str, NDArray[np.bool_]] = {}
        self._fixed: dict[int, dict[str, Any]] = {}
        self._movers: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    def range(self, column: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Lowest and highest value of a number or instant (microseconds) in each row group; without bound if unknown.

        Args:
            column: its name.
        """
        if column not in self._ranges:
            told = self._told(column)
            whole = self.metadata.schema.column(self._at[column]).physical_type.startswith("INT")
            open_ = (-(2**63), 2**63 - 1) if whole else (-np.inf, np.inf)
            ends = [(s.min_raw, s.max_raw) if s is not None and s.has_min_max else open_ for s in told]
            low, high = np.array(ends, np.int64 if whole else np.float64).reshape(-1, 2).T
            self._ranges[column] = low, high
        return self._ranges[column]

    def full(self, column: str) -> NDArray[np.bool_]:
        """In which row groups no row is without a value, as far as is known.

        Args:
            column: its name.
        """
        if column not in self._full:
            told = self._told(column)
            self._full[column] = np.array([s is not None and s.has_null_count and not s.null_count for s in told])
        return self._full[column]

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
            for c, at in self._at.items():
                s = described.column(at).statistics if c in self._names else None
                if s is None or not s.has_null_count:
                    continue
                if s.null_count == described.num_rows:
                    found[c] = None
                elif not s.null_count and s.has_min_max and s.physical_type not in ("FLOAT", "DOUBLE"):
                    least = s.min  # cut short it is lower, the highest then higher: if they are equal, neither is cut
                    if least == s.max:
                        found[c] = least
            self._fixed[group] = found
        return self._fixed[group]

    def _told(self, column: str) -> list[Any]:
        at = self._at[column]
        return [self.metadata.row_group(g).column(at).statistics for g in range(self.groups)]

    def groups_of(self, movers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row groups that hold rows of these movers."""
        if self._movers is None:
            self._movers = self._index()
        held, group = self._movers
        first, last = np.searchsorted(held, movers, "left"), np.searchsorted(held, movers, "right")
        found = [group[a:b] for a, b in zip(first, last, strict=True)]
        return np.unique(np.concatenate([np.zeros(0, np.int64), *found]))

    def _index(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Movers, sorted, each with a row group that it is in."""
        mover = pl.read_parquet(self.path, columns=["mover"], glob=False)["mover"]
        rows = [self.metadata.row_group(g).num_rows for g in range(self.groups)]
        group = pl.Series("group", np.repeat(np.arange(self.groups), rows))
        new = (mover != mover.shift()) | (group != group.shift())
        pairs = pl.DataFrame({"mover": mover, "group": group}).filter(new.fill_null(True)).unique().sort("mover")
        return pairs["mover"].to_numpy(), pairs["group"].to_numpy()


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

    def footer(self, path: Path) -> Footer:
        """The description of a data file."""
        with self._lock:
            found = self._footers.get(path)
            if found is not None:
                self._footers.move_to_end(path)
                return found
        made = Footer(path)
        with self._lock:
            self._footers[path] = made
            while len(self._footers) > 1 and sum(f.groups for f in self._footers.values()) > GROUPS_HELD:
                self._footers.popitem(last=False)
        return made

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
