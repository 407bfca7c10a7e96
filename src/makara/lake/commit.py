"""A commit: rows go to Delta tables as they come, and count from the one SQLite transaction at the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from makara.base.errors import LakeError, UsageError
from makara.base.time import EPOCH
from makara.lake import compact, delta, snapshot, state
from makara.lake.disk import StorageError, storage
from makara.lake.lock import writing
from makara.lake.log import log
from makara.lake.snapshot import NOTHING, Snapshot
from makara.tables import Table, names, table

BUFFER_ROWS: Final = 1_000_000
"""Rows of a table that are gathered before they are written as one version."""


class Commit:
    """What a writer does to a lake; nothing of it shows before the end, and nothing at all if it fails."""

    def __init__(self, lake: Path, before: Snapshot) -> None:
        self.lake = lake
        self.before = before
        self._appended: dict[str, list[pl.DataFrame]] = {}
        self._put: dict[str, list[pl.DataFrame]] = {}
        self._written: set[str] = set()
        self._t_known: datetime | None = None
        self._first_source: str | None = None

    def append(self, name: str, rows: pl.DataFrame) -> None:
        """Append rows to a lake table.

        Raises:
            ColumnsError: the rows do not fit the table.
            LakeFullError: the disk is full.
            UsageError: it is a state table.
        """
        t, fit = self._fit(name, rows, "lake")
        if not len(fit):
            return
        waiting = self._appended.setdefault(name, [])
        waiting.append(fit)
        if sum(len(w) for w in waiting) >= BUFFER_ROWS:
            self._flush(t)

    def replace(
        self, name: str, rows: pl.DataFrame, since: datetime | None = None, movers: pl.Series | None = None
    ) -> None:
        """Put rows in the place of those that a lake table has.

        Args:
            name: a derived table.
            rows: what takes the place.
            since: replace only from this instant on (column ``t_seen``, else ``t_end``, ``at``, ``t_at``,
                ``t_start``); no row may lie before it.
            movers: replace only rows of these movers; no row may be of another.

        Raises:
            ColumnsError: the rows do not fit the table.
            LakeFullError: the disk is full.
            UsageError: a row lies outside of what it replaces, or it is a state table.
        """
        t, fit = self._fit(name, rows, "lake")
        if since is not None and fit.filter(pl.col(delta.time_column(t)) < since).height:
            raise UsageError(f"table {name}: rows before {since} given to replace those since then")
        if movers is not None and fit.filter(~pl.col("mover").is_in(movers.implode())).height:
            raise UsageError(f"table {name}: rows of other movers given to replace those of {len(movers)} movers")
        self._flush(t)
        if not len(fit) and name not in self.before.versions and name not in self._written:
            return
        self._written.add(name)
        path = delta.path_of(self.lake, name)
        with storage(f"writing {path}"):
            delta.replace(path, t, fit, since, movers)

    def put(self, name: str, rows: pl.DataFrame) -> None:
        """Add rows to a state table; the newest row of a key holds, until one with ``gone``.

        Raises:
            ColumnsError: the rows do not fit the table.
            UsageError: it is a lake table, or ``snapshots``.
        """
        if name == "snapshots":
            raise UsageError("snapshots are written by the lake itself")
        _, fit = self._fit(name, rows, "state")
        if len(fit):
            self._put.setdefault(name, []).append(fit)

    def compact(self, now: datetime) -> list[str]:
        """Write anew every table, or its days, that more files hold than need be; answers which. No row changes.

        Args:
            now: when it is done.

        Raises:
            LakeFullError: the disk is full.
        """
        done = []
        for name in sorted(set(self.before.versions) & set(names())):
            path = delta.path_of(self.lake, name)
            with storage(f"writing {path}"):
                if compact.compact(path, table(name), fully=True):
                    done.append(name)
        self._written.update(done)
        self._t_known, self._first_source = max(self._t_known or now, now), self._first_source or "compact"
        return done

    def _fit(self, name: str, rows: pl.DataFrame, kind: str) -> tuple[Table, pl.DataFrame]:
        t = table(name)
        if t.kind != kind:
            how = "put()" if t.kind == "state" else "append() or replace()"
            raise UsageError(f"{name} is a {t.kind} table; write it with {how}")
        fit = t.conform(rows)
        if len(fit):
            last = fit["t_known"].max()
            assert isinstance(last, datetime)
            self._t_known = max(self._t_known or last, last)
            self._first_source = self._first_source or fit["source"][0]
        return t, fit

    def _flush(self, t: Table) -> None:
        waiting = self._appended.pop(t.name, None)
        if waiting is None:
            return
        self._written.add(t.name)
        path = delta.path_of(self.lake, t.name)
        with storage(f"writing {path}"):
            delta.append(path, t, pl.concat(waiting))

    def finish(self) -> Snapshot | None:
        """Make all of it count, at once; answers the new snapshot, or None if there was nothing to do."""
        for name in list(self._appended):
            self._flush(table(name))
        if not self._written and not self._put:
            return None
        versions = dict(self.before.versions)
        for name in sorted(self._written):
            path = delta.path_of(self.lake, name)
            with storage(f"writing {path}"):
                compact.compact(path, table(name))
                newest = delta.newest_version(path)
                assert newest is not None
                delta.sync(path, versions.get(name), newest)
            versions[name] = newest
        runs = self._put.get("runs")
        run = runs[-1]["run"][-1] if runs else self._first_source or "replace"
        made = Snapshot(self.before.number + 1, versions, run)
        with state.connection(self.lake) as db, state.transaction(db):
            state.ensure(db)
            for name, frames in self._put.items():
                state.insert(db, table(name), pl.concat(frames), made.number)
            state.insert(db, table("snapshots"), self._row(made), made.number)
        return made

    def _row(self, made: Snapshot) -> pl.DataFrame:
        """The snapshot's row: known when the last of its rows was; it speaks of no data, so no mark lets it out."""
        known = self._t_known or EPOCH
        row = {"snapshot": made.number, "run": made.run, "versions": json.dumps(made.versions, sort_keys=True)}
        return table("snapshots").conform(pl.DataFrame([row | {"source": "lake", "t_known": known, "mark": ""}]))


@contextmanager
def committing(lake: Path) -> Iterator[Commit]:
    """Hold the lake's lock, clear up after a writer that died, and commit at the end of the block.

    Raises:
        LakeLockedError: another writer holds it.
        LakeFullError: the disk is full; nothing was committed.
        LakeDamagedError: a table that the snapshot names cannot be brought back to its version.
    """
    with writing(lake) as held:
        before, restored = recover(lake, held.crashed_ns)
        if restored:
            log.warning("restored after a crash", lake=str(lake), tables=restored, snapshot=before.number)
        commit = Commit(lake, before)
        try:
            yield commit
            made = commit.finish()
        except BaseException:
            held.clean = _undone(lake, held.since_ns)
            raise
        if made is not None:
            log.info("commit", lake=str(lake), snapshot=made.number, run=made.run, versions=dict(made.versions))
            _maintain(lake, made)


def recover(lake: Path, strays_since_ns: int | None) -> tuple[Snapshot, list[str]]:
    """Bring every table to the newest snapshot; answers it, and the tables that were beyond it.

    Args:
        lake: directory of the lake, whose lock is held.
        strays_since_ns: remove the files that a writer which failed left since then (ns since 1970), if one did.
    """
    with state.connection(lake) as db:
        before = snapshot.newest(db) or NOTHING
    restored = []
    with storage(f"restoring {lake}"):
        for path in sorted(p for p in (lake / "tables").iterdir() if p.name in names() or p.name in before.versions):
            version = before.versions.get(path.name)
            if delta.roll_back(path, version):
                restored.append(path.name)
            if version is not None and strays_since_ns is not None:
                delta.remove_strays(path, version, strays_since_ns)
    return before, restored


def _undone(lake: Path, since_ns: int) -> bool:
    """Undo what a failed commit wrote; false where that fails, too: then the next writer does it."""
    try:
        recover(lake, since_ns)
    except LakeError as e:
        log.warning("not restored", lake=str(lake), why=str(e))
        return False
    return True


def _maintain(lake: Path, made: Snapshot) -> None:
    """Checkpoints and removal of unused files: the commit stands, whatever becomes of them."""
    for name, version in made.versions.items():
        try:
            delta.maintain(delta.path_of(lake, name), version)
        except (*StorageError, LakeError, ValueError) as e:
            log.warning("not maintained", lake=str(lake), table=name, why=str(e))
