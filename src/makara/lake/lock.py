"""One writer a lake: an advisory lock on LAKE/lock that the kernel drops when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from makara.base.errors import LakeError, LakeLockedError
from makara.base.time import text
from makara.lake.disk import storage

MOMENT_S: Final = 0.05


@dataclass
class Held:
    """The lock in our hands.

    Attributes:
        since_ns: when we took it (ns since 1970, by the file system's clock, like the times of files).
        crashed_ns: when the writer before us took it, if it never gave it back; None after a clean end.
        clean: set it false to leave the trace of an unclean end for the next writer.
    """

    since_ns: int
    crashed_ns: int | None
    clean: bool = True


@contextmanager
def writing(lake: Path) -> Iterator[Held]:
    """Hold the lake's only write lock.

    Raises:
        LakeLockedError: another writer holds it; the message names its pid, host and since when.
        LakeError: the lake may not be written to.
    """
    path = lake / "lock"
    with storage(f"cannot write to {lake}"):
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _take(fd)
        except BlockingIOError as e:
            raise LakeLockedError(
                f"{lake} is being written by {holder(path)}; wait until it is done, or stop it"
            ) from e
        except OSError as e:
            raise LakeError(f"{lake}: this file system cannot lock files ({e}); keep the lake on a local disk") from e
        before = os.fstat(fd)
        with storage(f"cannot write to {path}"):
            os.ftruncate(fd, 0)
            os.pwrite(fd, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)
        held = Held(os.fstat(fd).st_mtime_ns, before.st_mtime_ns if before.st_size else None)
        try:
            yield held
        finally:
            if held.clean:
                os.ftruncate(fd, 0)
    finally:
        os.close(fd)


def _take(fd: int) -> None:
    """Lock; tried twice, since a doctor holds a shared lock for a moment."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(MOMENT_S)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def holder(path: Path) -> str:
    """Who wrote the lock file, in words."""
    try:
        said = json.loads(path.read_text())
        since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return f"process {said['pid']} on {said['host']} since {text(since.replace(microsecond=0))}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def state(lake: Path) -> tuple[str, str]:
    """Level and text of the lock's state, for the doctor: free, held, or left by a writer that died."""
    path = lake / "lock"
    if not path.exists():
        return "ok", "free"
    with storage(f"cannot read {path}"):
        fd = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        died = os.fstat(fd).st_size > 0
    except BlockingIOError:
        return "ok", f"held by {holder(path)}"
    finally:
        os.close(fd)
    if died:
        return "warning", f"left behind by {holder(path)}, which died; the next write clears up after it"
    return "ok", "free"
