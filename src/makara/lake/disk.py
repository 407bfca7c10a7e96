"""Files that survive a crash: written beside, synced, renamed; and what the disk's own errors mean for a lake."""

from __future__ import annotations

import errno
import os
import re
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deltalake.exceptions import DeltaError, TableNotFoundError

from makara.base.errors import LakeDamagedError, LakeError, LakeFullError

MANY_FILES: Final = 32
"""From so many files on, one sync of all file systems is faster than syncing each."""
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_TEXT: Final = re.compile(r"os error (28|27|122)\b|No space left|File too large|quota exceeded|disk is full", re.I)
_DENIED: Final = {errno.EACCES, errno.EPERM, errno.EROFS}
_DENIED_TEXT: Final = re.compile(r"os error (13|1|30)\b|Permission denied|Read-only|readonly|unable to open", re.I)
_DAMAGED_TEXT: Final = re.compile(r"malformed|not a database|disk image", re.I)
StorageError = (OSError, sqlite3.Error, DeltaError, TableNotFoundError)
"""What the storage libraries raise when the disk does not do as asked."""


@contextmanager
def storage(what: str) -> Iterator[None]:
    """Tell what a failure of the disk means, in the lake's errors.

    Args:
        what: what was being done to which file, as the message begins.

    Raises:
        LakeFullError: no space, quota or file size left.
        LakeDamagedError: a database file is broken.
        LakeError: anything else, permission above all.
    """
    try:
        yield
    except StorageError as e:
        raise meaning(e, what) from e


def meaning(e: Exception, what: str) -> LakeError:
    """The lake's error for one of the storage libraries'."""
    text = str(e).split("\n", 1)[0]
    number = e.errno if isinstance(e, OSError) else None
    if number in _FULL or _FULL_TEXT.search(text):
        return LakeFullError(f"{what}: the disk is full ({text}); nothing was committed. Free some space and repeat")
    if number in _DENIED or _DENIED_TEXT.search(text):
        return LakeError(f"{what}: not permitted ({text}); give this user the right to read and write the lake")
    if isinstance(e, sqlite3.DatabaseError) and _DAMAGED_TEXT.search(text):
        return LakeDamagedError(f"{what}: {text}; restore the file from a backup")
    return LakeError(f"{what}: {text}; `makara doctor` says more")


def sync_file(path: Path) -> None:
    """Make a file's content, or a directory's entries, survive a power cut."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_files(paths: Iterable[Path]) -> None:
    """Make files and the entries of their directories survive a power cut."""
    files = list(paths)
    if len(files) > MANY_FILES:
        os.sync()
        return
    for path in [*files, *sorted({f.parent for f in files})]:
        sync_file(path)


def replace_file(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Put content at a path so that a reader sees the old or the new content, whole, whatever happens.

    Args:
        path: the file.
        content: all of it.
        mode: its permissions where it is new, before the umask.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(fd, "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    sync_file(path.parent)
