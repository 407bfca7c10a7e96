"""A folder that satellite scenes arrive in: each product is taken once, when it is whole.

Which were taken is asked of the lake, by content, so that nothing is lost or taken twice over a stop, a kill or a move
of the folder. What is not whole, or cannot be read, is named once and looked at again when it changes.
"""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any, Final

from makara.base.errors import InputError, LakeLockedError, SettingsError, UsageError
from makara.lake import Lake, Settings
from makara.session.ingest import ingest
from makara.session.licences import Licences
from makara.sources._safe import beside
from makara.sources._whole import PARTIAL, lacking

ENDINGS: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".tif", ".tiff")
"""Files that are products; directories are, too, and all else lies beside one."""
TICK_S: Final = 0.25

Signature = tuple[tuple[str, int, int], ...]
"""Names, sizes and times of change of a product's files."""


@dataclass
class Watched:
    """What watching a folder did.

    Attributes:
        products: products taken in.
        known: products that the lake had.
        left: why products were left, by name.
        taken: new rows by table.
        runs: walks.
    """

    products: int = 0
    known: int = 0
    left: dict[str, str] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    runs: int = 0

    def summary(self) -> dict[str, Any]:
        """As a mapping for printing as JSON."""
        return {
            "products": self.products,
            "known": self.known,
            "left": dict(sorted(self.left.items())),
            "tables": dict(sorted(self.taken.items())),
            "runs": self.runs,
        }


@dataclass
class _Seen:
    """A product as it was last looked at.

    Attributes:
        signature: of its files.
        since: when it was first seen so.
        done: taken, or left until it changes.
    """

    signature: Signature
    since: datetime
    done: bool = False


class Watching:
    """A folder being watched.

    Args:
        lake: where to.
        settings: feeds with their marks, licences.
        folder: its direct entries are products.
        options: of the source ``scene``.
        licence: what all that comes is under; None: what products say.
        settle_s: a product must not have changed for so long, seconds.
        clock: tells the present.
        walk: called when something new is in the lake; None for no walk.
        say: takes what the operator should know.

    Raises:
        InputError: there is no such folder.
        UsageError: no such licence.
        SettingsError: the feed declares no mark: nothing is watched.
    """

    def __init__(
        self,
        lake: Lake,
        settings: Settings,
        folder: Path,
        options: Mapping[str, str],
        *,
        licence: str | None,
        settle_s: float,
        clock: Callable[[], datetime],
        walk: Callable[[], None] | None,
        say: Callable[[str], None],
    ) -> None:
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder; give one that scenes arrive in")
        Licences(settings, licence)
        if "scene" not in settings.feeds:
            raise SettingsError(
                "feed 'scene' has no mark, so its rows could not be shared safely; nothing is watched. "
                "Add [feeds.scene] with a mark to makara.toml (see docs/settings.md)"
            )
        self.lake, self.settings, self.folder, self.options = lake, settings, folder, dict(options)
        self.licence, self.settle_s, self.clock, self.walk, self.say = licence, settle_s, clock, walk, say
        self.stop = Event()
        self.done = Watched()
        self._seen: dict[str, _Seen] = {}

    def run(self, *, every_s: float, for_s: float | None = None) -> Watched:
        """Watch until ``stop`` is set or the time is over.

        Args:
            every_s: how often the folder is looked at, seconds.
            for_s: stop after so many seconds; None: never.
        """
        begun = self.clock()
        while not self.stop.is_set():
            self.look()
            until = self.clock()
            while not self.stop.is_set() and (self.clock() - until).total_seconds() < every_s:
                if for_s is not None and (self.clock() - begun).total_seconds() >= for_s:
                    return self.done
                self.stop.wait(min(TICK_S, every_s))
        return self.done

    def look(self) -> None:
        """Look at the folder once, and take what is whole and still."""
        new = 0
        there = {p.name: p for p in sorted(self.folder.iterdir()) if _is_product(p)}
        self._seen = {n: s for n, s in self._seen.items() if n in there}
        self.done.left = {n: w for n, w in self.done.left.items() if n in there}
        for name, path in there.items():
            if self.stop.is_set():
                return
            now, signature = self.clock(), _signature(path)
            seen = self._seen.get(name)
            if seen is None or seen.signature != signature:
                self._seen[name] = _Seen(signature, now)
                self.done.left.pop(name, None)
            elif not seen.done and (now - seen.since).total_seconds() >= self.settle_s:
                new += self._take(name, path, seen)
        if new and self.walk is not None:
            try:
                self.walk()
                self.done.runs += 1
            except LakeLockedError as e:
                self.say(f"{e}; the walk waits")

    def _take(self, name: str, path: Path, seen: _Seen) -> int:
        """Take a still product in if it is whole; answers the number of new rows."""
        why = lacking(path)
        if why is not None:
            return self._leave(name, seen, f"not whole: {why}")
        if _signature(path) != seen.signature:
            return 0
        try:
            taken = ingest(self.lake, self.settings, "scene", [path], self.options, self.clock(), licence=self.licence)
        except LakeLockedError as e:
            self.say(f"{e}; {name} waits")
            return 0
        except (InputError, UsageError) as e:
            return self._leave(name, seen, str(e))
        seen.done = True
        for warning in taken.warnings:
            self.say(warning)
        if taken.skipped_same_file:
            self.done.known += 1
            return 0
        self.done.products += 1
        self.done.taken.update(taken.tables)
        self.say(f"{name}: {taken.tables['detections']} detections")
        return sum(taken.tables.values())

    def _leave(self, name: str, seen: _Seen, why: str) -> int:
        """Leave a product until it changes; said once."""
        seen.done = True
        self.done.left[name] = why
        self.say(f"{name} is left until it changes: {why}")
        return 0


def _is_product(path: Path) -> bool:
    name = path.name.lower()
    if name.startswith(".") or name.endswith(PARTIAL):
        return False
    return path.is_dir() or name.endswith(ENDINGS)


def _signature(path: Path) -> Signature:
    """What changes when a product does: its files, or a file, those that share its stem and its metadata beside it."""
    if path.is_dir():
        files = sorted(path.rglob("*"))
    else:
        stem = path.name.split(".", 1)[0]
        try:
            files = sorted(
                {p for p in path.parent.iterdir() if p.name.split(".", 1)[0] == stem}
                | {path.parent / name for name in beside(path)}
            )
        except OSError:  # it went away in this moment: the next look sees that
            return ()
    out = []
    for f in files:
        try:
            told = f.lstat()
        except OSError:  # it went away in this moment: the next look sees that
            continue
        if not stat.S_ISDIR(told.st_mode):
            out.append((f.as_posix(), told.st_size, told.st_mtime_ns))
    return tuple(out)


__all__ = ["Watched", "Watching"]
