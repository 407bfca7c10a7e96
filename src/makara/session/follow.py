"""Following a live feed: every line goes to disk first, then, every so often, into the lake.

Three run side by side: the receiver (of the source), the writer that puts what came into the spool, synced, many lines
at a time; and this loop, which cuts segments, takes them in as files with ``t_known`` = receipt, and walks. What the
spool has is never lost: after a stop, a kill or a power cut the next start takes in what is left first.
"""

from __future__ import annotations

import hashlib
import logging
import queue
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread
from typing import Any, Final

import polars as pl

from makara.base.errors import InputError, LakeLockedError, MakaraError, SettingsError, UsageError
from makara.base.time import to_us
from makara.lake import Lake, Settings
from makara.lake.spool import Line, Spool, left_behind
from makara.session.ingest import Taken, ingest
from makara.sources import source
from makara.sources._live import TICK_S, Receiver
from makara.sources._spool import whole

SOURCES: Final = ("tcp", "listen", "mqtt")
QUEUE_LINES: Final = 20_000
"""Lines between receiver and disk; when it is full the receiver waits."""
BATCH_LINES: Final = 5_000
"""The most lines of one sync."""
MOMENT_S: Final = 0.05
JOIN_S: Final = 15.0
PATIENCE_S: Final = 5.0

log = logging.getLogger("makara.follow")


@dataclass
class Followed:
    """What following a feed did.

    Attributes:
        lines: lines received and put on disk.
        segments: files taken into the lake; ``left_behind`` of them are lines of an earlier run.
        taken: what these ingests did, added up.
        runs: walks.
    """

    lines: int = 0
    segments: int = 0
    left_behind: int = 0
    runs: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)

    def add(self, taken: Taken) -> None:
        """Add an ingest."""
        self.segments += 1
        self.taken.update({"reports": taken.reports, "claims": taken.claims, "duplicates": taken.duplicates})
        self.rejects.update(taken.rejects)

    def summary(self) -> dict[str, Any]:
        """As a mapping for printing as JSON."""
        return {
            "lines": self.lines,
            "segments": self.segments,
            "left_behind": self.left_behind,
            **{n: self.taken[n] for n in ("reports", "claims", "duplicates")},
            "rejects": dict(sorted(self.rejects.items())),
            "runs": self.runs,
        }


class Following:
    """One feed being followed.

    Args:
        lake: where to.
        settings: feeds with their marks.
        name: live source: tcp, listen or mqtt.
        address: where from, as the source says.
        options: the source's options.
        connection: how to connect (``password-file``, ``ca``): no part of what rows mean.
        clock: tells the present.
        walk: called when something new is in the lake; None for no walk.
        say: takes what the operator should know.

    Raises:
        UsageError: no live source of that name.
        SettingsError: the feed declares no mark: nothing is received.
    """

    def __init__(
        self,
        lake: Lake,
        settings: Settings,
        name: str,
        address: str,
        options: Mapping[str, str],
        *,
        connection: Mapping[str, str],
        clock: Callable[[], datetime],
        walk: Callable[[], None] | None,
        say: Callable[[str], None],
    ) -> None:
        if name not in SOURCES:
            raise UsageError(f"{name!r} is no live source; there are: {', '.join(SOURCES)}")
        reader: Any = source(name)
        given = reader.SOURCE.check(options)
        for feed in (name, given.get("feed", name)):
            if feed not in settings.feeds:
                raise SettingsError(
                    f"feed {feed!r} has no mark, so its rows could not be shared safely; nothing is received. "
                    f"Add [feeds.{feed}] with a mark to makara.toml (see docs/settings.md)"
                )
        self.lake, self.settings, self.name, self.address = lake, settings, name, address
        self.options, self.clock, self.walk, self.say = dict(options), clock, walk, say
        self.receiver: Receiver = reader
        self.stop = Event()
        self.done = Followed()
        self._queue: queue.Queue[tuple[Line, Callable[[], None] | None]] = queue.Queue(QUEUE_LINES)
        self._received = Event()
        self._failure: BaseException | None = None
        self._hold = options.get("form", "nmea") == "nmea"
        what = "\0".join([name, address, *(f"{k}={v}" for k, v in sorted(options.items()))])
        self._spool_name = f"{name}-{hashlib.sha256(what.encode()).hexdigest()[:12]}"
        client = {"client": f"makara-{lake.identity()[:8]}-{self._spool_name[-6:]}"}
        self._connection = client | dict(connection)

    def run(self, *, every_s: float, for_s: float | None = None) -> Followed:
        """Follow until ``stop`` is set or the time is over, then take in what is left.

        Args:
            every_s: how often what came is taken into the lake.
            for_s: stop after so many seconds; None: never.

        Raises:
            InputError: the source cannot work.
            LakeError: the disk does not take what comes.
        """
        with self._spool() as spool:
            spool.describe({"source": self.name, **self.options})
            for old in left_behind(self.lake.path):
                try:
                    self._take(old, final=True, earlier=True)
                except SettingsError as e:  # of another feed: it waits until its mark is back
                    self.say(f"{old.file.name} is left for later: {e}")
            self._take(spool, final=True, earlier=True)
            threads = [Thread(target=self._write, args=(spool,)), Thread(target=self._receive)]
            for t in threads:
                t.start()
            try:
                self._loop(spool, every_s, for_s)
            finally:
                self.stop.set()
                threads[1].join(JOIN_S)
                self._received.set()
                threads[0].join()
            self._take(spool, final=True)
        if self._failure is not None:
            raise self._failure
        return self.done

    def _spool(self) -> Spool:
        """This feed's spool; another process that takes in what was left of it is given a moment."""
        begun = self.clock()
        while True:
            try:
                return Spool(self.lake.path, self._spool_name)
            except LakeLockedError:
                if (self.clock() - begun).total_seconds() > PATIENCE_S or self.stop.wait(TICK_S):
                    raise

    def _loop(self, spool: Spool, every_s: float, for_s: float | None) -> None:
        begun = last = self.clock()
        while not self.stop.is_set():
            wait = every_s - (self.clock() - last).total_seconds()
            if for_s is not None:
                wait = min(wait, for_s - (self.clock() - begun).total_seconds())
            if wait > 0 and self.stop.wait(wait):
                return
            if for_s is not None and (self.clock() - begun).total_seconds() >= for_s:
                return
            if (self.clock() - last).total_seconds() >= every_s:
                last = self.clock()
                self._take(spool, final=False)

    # -- the receiver's and the writer's threads

    def _put(self, origin: str, data: bytes, safe: Callable[[], None] | None) -> None:
        line = Line(0, to_us(self.clock()), origin, data)
        while self._failure is None:
            try:
                self._queue.put((line, safe), timeout=1.0)
            except queue.Full:
                continue
            return

    def _receive(self) -> None:
        try:
            self.receiver.receive(self.address, self._connection, self._put, self.say, self.stop)
        except BaseException as e:
            self._fail(e)
            if not isinstance(e, MakaraError):
                raise
        finally:
            self.stop.set()

    def _write(self, spool: Spool) -> None:
        try:
            db = spool.connect()
            while not (self._received.is_set() and self._queue.empty()):
                found = self._batch()
                if not found:
                    continue
                spool.append([line for line, _ in found], db)
                self.done.lines += len(found)
                for _, safe in found:
                    if safe is not None:
                        safe()
            db.close()
        except BaseException as e:
            self._fail(e)
            if not isinstance(e, MakaraError):
                raise

    def _batch(self) -> list[tuple[Line, Callable[[], None] | None]]:
        """What waits now; after the first line a moment for more, so that one sync serves many."""
        found: list[tuple[Line, Callable[[], None] | None]] = []
        wait = 0.25
        while len(found) < BATCH_LINES:
            try:
                found.append(self._queue.get(timeout=wait))
            except queue.Empty:
                break
            wait = MOMENT_S
        return found

    def _fail(self, e: BaseException) -> None:
        self._failure = self._failure or e
        self.stop.set()

    # -- from the spool into the lake

    def _take(self, spool: Spool, *, final: bool, earlier: bool = False) -> None:
        """Take segments in until nothing is left that can be cut; where another writer holds the lake, later."""
        about = spool.about
        if about is None:
            return
        options = {k: v for k, v in about.items() if k != "source"}
        new = 0
        while lines := spool.waiting():
            if spool.cut_at() is None:
                held = self._hold and not final
                rows = [(x.id, x.t_us, x.origin, x.data) for x in lines]
                last = whole(rows, to_us(self.clock())) if held else lines[-1].id
                if last is None:
                    break
                spool.cut(last)
                lines = [x for x in lines if x.id <= last]
            path = spool.segment(lines)
            try:
                taken = ingest(self.lake, self.settings, about["source"], [path], options, self.clock())
            except LakeLockedError as e:
                self.say(f"{e}; {len(lines)} lines and more wait on disk")
                break
            except (InputError, pl.exceptions.PolarsError) as e:
                kept = spool.set_aside(lines[-1].id, path)
                self.say(f"{len(lines)} lines cannot be taken in ({e}); they are kept in {kept}")
                continue
            spool.done(lines[-1].id, path)
            self.done.add(taken)
            self.done.left_behind += int(earlier)
            new += sum(taken.tables.values())
        if new and self.walk is not None:
            try:
                self.walk()
                self.done.runs += 1
            except LakeLockedError as e:
                self.say(f"{e}; the walk waits")
