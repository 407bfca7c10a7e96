"""The lake: one directory that holds everything."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import polars as pl

from makara.base.errors import UsageError
from makara.lake import delta, doctor, layout, migrate, settings, snapshot, state
from makara.lake.commit import Commit, committing
from makara.lake.compact import Size, size
from makara.lake.disk import storage
from makara.lake.held import Held
from makara.lake.settings import Settings
from makara.lake.snapshot import NOTHING, Snapshot, View
from makara.lake.template import render_settings

_MISREAD: Final = re.compile(r"%[0-9A-Fa-f]{2}|[*?\[\]\\^|=]")
"""What the libraries below would take for an escape, a wildcard or a partition in a path."""


def plain_settings() -> str:
    """makara.toml without rules and feeds."""
    return render_settings([], [])


class Lake:
    """An opened lake. Readings are of the newest snapshot; :meth:`view` keeps several of them together."""

    def __init__(self, path: Path, identity: str) -> None:
        self.path = path
        self._identity = identity
        self._held = Held()

    @staticmethod
    def open(path: str | Path, *, create: bool = False, settings: Callable[[], str] = plain_settings) -> Lake:
        """Open a lake, bringing an older one forward; make a new one if asked to.

        Args:
            path: its directory.
            create: make it if there is none.
            settings: gives the text of makara.toml for a new lake.

        Raises:
            NotFoundError: there is no lake.
            UsageError: a new lake cannot be made here, or its path cannot be used.
            LakeTooNewError: a newer Makara wrote it.
            LakeDamagedError: a file of it is missing or broken.
            LakeError: it may not be read.
        """
        where = Path(path).resolve()
        if _MISREAD.search(str(where)):
            raise UsageError(
                f"{where}: a lake's path cannot hold any of * ? [ ] \\ ^ | = or %20 and the like; name it otherwise"
            )
        if create:
            with storage(f"cannot read {where}"):
                there = (where / layout.FILE).exists()
            if not there:
                layout.create(where, settings)
        found = migrate.forward(where)
        with state.connection(where) as db:
            snapshot.newest(db)
        return Lake(where, found.lake)

    def identity(self) -> str:
        """The lake's own id: another lake at the same path has another."""
        return self._identity

    def settings(self, env: Mapping[str, str]) -> Settings:
        """What makara.toml says, under what MAKARA_* variables say.

        Raises:
            SettingsError: something in it does not fit.
        """
        return settings.load(self.path / layout.SETTINGS, env)

    def snapshot(self) -> Snapshot | None:
        """The newest snapshot; None before the first commit."""
        with state.connection(self.path) as db:
            return snapshot.newest(db)

    def view(self) -> View:
        """The lake as of now: all readings of a view belong together, whatever is written meanwhile."""
        return View(self.path, self.snapshot() or NOTHING, self._held)

    def scan(self, name: str) -> pl.LazyFrame:
        """A lake table's rows, lazily, as :meth:`View.scan`."""
        return self.view().scan(name)

    def read(self, name: str, where: pl.Expr | None = None) -> pl.DataFrame:
        """A lake table's rows, as :meth:`View.read`."""
        return self.view().read(name, where)

    def state(self, name: str) -> pl.DataFrame:
        """A state table's rows that hold, as :meth:`View.state`."""
        return self.view().state(name)

    def history(self, name: str) -> pl.DataFrame:
        """All rows of a state table, as :meth:`View.history`."""
        return self.view().history(name)

    def sizes(self) -> dict[str, Size]:
        """How large each lake table is on disk, by name."""
        made = self.snapshot() or NOTHING
        return {n: size(delta.path_of(self.path, n), v) for n, v in sorted(made.versions.items())}

    def write(self) -> AbstractContextManager[Commit]:
        """A commit: nothing of the block shows before its end, and nothing at all if it fails.

        Raises:
            LakeLockedError: another writer holds the lake.
            LakeFullError: the disk is full; nothing was committed.
        """
        return committing(self.path)

    def doctor(self) -> list[dict[str, str]]:
        """Findings about the lake: level (ok, warning, error), what, detail."""
        return doctor.examine(self.path)
