"""Snapshots: which version of each table belongs together, and reading them so."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa

from makara.base.errors import LakeDamagedError, UsageError
from makara.lake import delta, state
from makara.lake.disk import StorageError, meaning
from makara.lake.find import Wanted, find
from makara.lake.held import Held
from makara.tables import Table, table


@dataclass(frozen=True)
class Snapshot:
    """One committed state of a lake.

    Attributes:
        number: from 1.
        versions: Delta version by table.
        run: the run or feed that made it.
    """

    number: int
    versions: Mapping[str, int]
    run: str


NOTHING: Final = Snapshot(0, {}, "")
"""The state of a new lake."""


def newest(db: sqlite3.Connection) -> Snapshot | None:
    """The newest snapshot; None before the first."""
    sql = "SELECT snapshot, versions, run FROM snapshots ORDER BY snapshot DESC LIMIT 1"
    found = db.execute(sql).fetchone()
    return Snapshot(found[0], json.loads(found[1]), found[2]) if found else None


@dataclass(frozen=True)
class View:
    """A lake as of one snapshot: whatever is written meanwhile, all readings belong together.

    Attributes:
        lake: directory of the lake.
        snapshot: the snapshot.
        held: what is known of its data files.
    """

    lake: Path
    snapshot: Snapshot
    held: Held = field(default_factory=Held, compare=False, repr=False)

    def scan(self, name: str) -> pl.LazyFrame:
        """A lake table's rows, lazily; an empty frame with the table's columns when it has none.

        Raises:
            LakeDamagedError: a file that the snapshot names is missing.
            UsageError: it is a state table.
        """
        t = _of_kind(name, "lake")
        version = self.snapshot.versions.get(name)
        if version is None:
            return t.empty().lazy()
        path = delta.path_of(self.lake, name)
        dt = delta.load(path, version)
        delta.check(path, dt)
        return delta.scan(t, dt)

    def read(self, name: str, where: pl.Expr | None = None) -> pl.DataFrame:
        """A lake table's rows, those for which ``where`` holds.

        Raises:
            LakeDamagedError: a file that the snapshot names is missing or broken.
            UsageError: it is a state table.
        """
        rows = self.scan(name)
        with _reading(delta.path_of(self.lake, name)):
            return (rows if where is None else rows.filter(where)).collect()

    def find(self, name: str, wanted: Wanted) -> pl.DataFrame:
        """The few rows of a lake table that are wanted, in no order: only what they stand in is read.

        Raises:
            LakeDamagedError: a file that the snapshot names is missing or broken.
            UsageError: it is a state table.
        """
        t = _of_kind(name, "lake")
        version = self.snapshot.versions.get(name)
        if version is None:
            return t.empty()
        path = delta.path_of(self.lake, name)
        with _reading(path):
            return find(t, self.held.files(path, version), self.held, wanted)

    def state(self, name: str) -> pl.DataFrame:
        """A state table's rows that hold: the newest of each key, without those that are gone.

        Raises:
            UsageError: it is a lake table.
        """
        return state.newest(table(name), self.history(name))

    def history(self, name: str) -> pl.DataFrame:
        """All rows of a state table, in the order in which they came.

        Raises:
            UsageError: it is a lake table.
        """
        t = _of_kind(name, "state")
        with state.connection(self.lake) as db:
            return state.rows(db, t, self.snapshot.number)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Tell what it means when a table's files cannot be read."""
    try:
        yield
    except (FileNotFoundError, pl.exceptions.ComputeError, pa.ArrowInvalid) as e:
        said = str(e).split("\n", 1)[0]
        raise LakeDamagedError(f"{path}: cannot be read ({said}); restore it from a backup") from e
    except StorageError as e:
        raise meaning(e, str(path)) from e


def _of_kind(name: str, kind: str) -> Table:
    t = table(name)
    if t.kind != kind:
        how = "state() or history()" if t.kind == "state" else "scan() or read()"
        raise UsageError(f"{name} is a {t.kind} table; read it with {how}")
    return t
