"""The spool of a live feed: lines on disk before anything else happens to them, until the lake has them.

LAKE/spool/NAME.sqlite holds the lines in the order in which they came (SQLite, WAL, synced at each commit). A segment
is cut, its end written down, its lines put into a file of the same bytes each time, and that file taken into the lake;
then the lines are deleted. Whatever dies when, the next start finds either the lines, or the cut and the lines, or
nothing; taking a segment in twice changes nothing, since the lake knows files by content.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from makara.base import time
from makara.base.errors import LakeLockedError
from makara.lake.disk import replace_file, storage
from makara.lake.state import transaction

FOLDER: Final = "spool"
SEGMENT_LINES: Final = 200_000
"""The most lines that are taken into the lake in one go: bounds the memory of that."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS lines (id INTEGER PRIMARY KEY AUTOINCREMENT, t INTEGER, origin TEXT, line BLOB);
CREATE TABLE IF NOT EXISTS cuts (last INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT);
"""
_BLANK: Final = re.compile(r"[\s\x00-\x1f]+")


@dataclass(frozen=True)
class Line:
    """A line that was received.

    Attributes:
        id: its number in the spool; 0 before it is there.
        t_us: when it was received, microseconds since 1970.
        origin: where it came from: an address or a topic.
        data: its bytes, without the line's end.
    """

    id: int
    t_us: int
    origin: str
    data: bytes


class Spool:
    """One feed's spool, held by one process.

    Args:
        lake: directory of the lake.
        name: name of the spool, a file name.

    Raises:
        LakeLockedError: another process holds it.
        LakeError: the lake may not be written to.
    """

    def __init__(self, lake: Path, name: str) -> None:
        self.room = lake / FOLDER
        self.name = name
        self.file = self.room / f"{name}.sqlite"
        with storage(f"opening {self.file}"):
            self.room.mkdir(exist_ok=True)
            self._lock = self._take_lock()
            self._db = self.connect()
            self._db.executescript(_SCHEMA)

    def _take_lock(self) -> int:
        path = self.room / f"{self.name}.lock"
        while True:
            lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as e:
                os.close(lock)
                raise LakeLockedError(f"{self.file} is being filled by another process; stop that one first") from e
            if path.exists() and path.stat().st_ino == os.fstat(lock).st_ino:
                return lock
            os.close(lock)  # its last holder has just cleared it away

    def connect(self) -> sqlite3.Connection:
        """A connection of one's own, for another thread."""
        with storage(str(self.file)):
            db = sqlite3.connect(self.file, timeout=30.0, isolation_level=None)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
        return db

    def close(self) -> None:
        """Let go of it. A spool that holds nothing leaves nothing behind."""
        empty = self._db.execute("SELECT NOT EXISTS (SELECT 1 FROM lines)").fetchone()[0]
        self._db.close()
        if empty:
            for path in (self.file, self.room / f"{self.name}.lock"):
                path.unlink(missing_ok=True)
        os.close(self._lock)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @property
    def about(self) -> dict[str, str] | None:
        """What the feed is, as :meth:`describe` noted it."""
        found = self._db.execute("SELECT value FROM about WHERE key = 'feed'").fetchone()
        held: dict[str, str] | None = json.loads(found[0]) if found else None
        return held

    def describe(self, about: Mapping[str, str]) -> None:
        """Note what the feed is, so that any later process can take in what is left."""
        with storage(str(self.file)):
            self._db.execute("INSERT OR REPLACE INTO about VALUES ('feed', ?)", (json.dumps(dict(about)),))

    def append(self, lines: Sequence[Line], db: sqlite3.Connection | None = None) -> None:
        """Keep lines: when this returns they survive a power cut.

        Args:
            lines: in the order in which they came.
            db: the calling thread's own connection.

        Raises:
            LakeFullError: the disk is full; none of them was kept.
        """
        rows = [(x.t_us, _BLANK.sub(" ", x.origin), x.data) for x in lines]
        mine = db or self._db
        with storage(f"keeping lines in {self.file}"), transaction(mine):
            mine.executemany("INSERT INTO lines (t, origin, line) VALUES (?, ?, ?)", rows)

    def waiting(self, limit: int = SEGMENT_LINES) -> list[Line]:
        """The oldest lines that are not in the lake yet; those of a cut alone while it is not done."""
        last = self.cut_at()
        where, args = ("WHERE id <= ?", (last, -1)) if last is not None else ("", (limit,))
        with storage(str(self.file)):
            found = self._db.execute(f"SELECT id, t, origin, line FROM lines {where} ORDER BY id LIMIT ?", args)  # noqa: S608
            return [Line(*row) for row in found]

    def cut_at(self) -> int | None:
        """The last line of the segment that was cut and is not done."""
        found = self._db.execute("SELECT max(last) FROM cuts").fetchone()[0]
        return None if found is None else int(found)

    def cut(self, last: int) -> None:
        """Write down that the segment ends with this line."""
        with storage(str(self.file)):
            self._db.execute("INSERT OR IGNORE INTO cuts VALUES (?)", (last,))

    def segment(self, lines: Sequence[Line]) -> Path:
        """A segment as a file: receipt time, origin and line, parted by tabs; the same lines give the same bytes."""
        path = self.room / f"{self.name}-{lines[0].id}-{lines[-1].id}.lines"
        text = (f"{time.text(time.from_us(x.t_us))}\t{x.origin}\t".encode() + x.data + b"\n" for x in lines)
        with storage(f"writing {path}"):
            replace_file(path, b"".join(text))
        return path

    def set_aside(self, last: int, path: Path) -> Path:
        """Keep a segment that cannot be taken in, out of the way of those that come after it."""
        kept = path.with_suffix(".refused")
        with storage(str(path)):
            os.replace(path, kept)
        self.done(last, path)
        return kept

    def done(self, last: int, path: Path) -> None:
        """Forget a segment that is in the lake."""
        with storage(str(self.file)), transaction(self._db):
            self._db.execute("DELETE FROM lines WHERE id <= ?", (last,))
            self._db.execute("DELETE FROM cuts")
        with storage(str(path)):
            path.unlink(missing_ok=True)


def left_behind(lake: Path) -> Iterator[Spool]:
    """Spools that no process holds: what is in them came in before something was stopped or died."""
    for file in sorted((lake / FOLDER).glob("*.sqlite")):
        try:
            spool = Spool(lake, file.stem)
        except LakeLockedError:
            continue
        with spool:
            yield spool
