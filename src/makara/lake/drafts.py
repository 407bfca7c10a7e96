"""Drafts: frames that one writer puts aside on the lake's disk while it works, so that memory need not hold them.

They are no part of the lake: they are gone when the writer ends, and a writer clears up after one that died.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from makara.lake.disk import storage

FOLDER: Final = "drafts"


class Drafts:
    """Frames of one form on disk, read back column by column."""

    def __init__(self, room: Path) -> None:
        self._room = room
        self._files: list[Path] = []

    def __len__(self) -> int:
        """How many frames there are."""
        return len(self._files)

    def put(self, frame: pl.DataFrame) -> None:
        """Put a frame aside.

        Raises:
            LakeFullError: the disk is full.
        """
        file = self._room / f"{len(self._files):06}.arrow"
        with storage(f"writing {file}"):
            self._room.mkdir(exist_ok=True)
            frame.write_ipc(file, compat_level=pl.CompatLevel.newest())
        self._files.append(file)

    def read(self, k: int, columns: Sequence[str], rows: pl.Series | None = None) -> pl.DataFrame:
        """Columns of a frame.

        Args:
            k: the number of the frame, in the order in which they were put.
            columns: their names.
            rows: which rows (true); None: all.
        """
        file = self._files[k]
        with storage(f"reading {file}"):
            found = pl.read_ipc(file, columns=list(columns))
        return found if rows is None else found.filter(rows)


@contextmanager
def drafts(lake: Path) -> Iterator[Drafts]:
    """A place for drafts until the end of the block; the lake's lock must be held."""
    room = lake / FOLDER
    shutil.rmtree(room, ignore_errors=True)  # of a writer that died
    try:
        yield Drafts(room)
    finally:
        shutil.rmtree(room, ignore_errors=True)
