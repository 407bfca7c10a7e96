"""Raw input, kept unchanged and known by its content: LAKE/landing/<first two>/<sha256>."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from makara.base.errors import InputError
from makara.lake.disk import replace_file, storage, sync_file

CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Landed:
    """A file that is kept.

    Attributes:
        sha256: hash of its content, hex.
        bytes: its size.
        stored_path: where it is kept.
        known: whether the same content was there before.
    """

    sha256: str
    bytes: int
    stored_path: Path
    known: bool


def land(lake: Path, source: Path) -> Landed:
    """Keep a file's content; the same content again is recognised and kept once.

    Args:
        lake: directory of the lake.
        source: the file, read once as a stream.

    Raises:
        InputError: the file cannot be read.
        LakeFullError: the disk is full; nothing of it stays.
        LakeError: the lake may not be written to.
    """
    if not os.path.isfile(source):
        raise InputError(f"{source} is not a file that can be read; give one that exists")
    room = lake / "landing"
    beside = room / f".{secrets.token_hex(8)}"
    try:
        sha256, size = _copy(source, beside)
        stored = room / sha256[:2] / sha256
        known = stored.exists() and stored.stat().st_size == size
        if not known:
            with storage(f"keeping {source.name} in {room}"):
                stored.parent.mkdir(exist_ok=True)
                os.replace(beside, stored)
                sync_file(stored.parent)
                sync_file(room)
    finally:
        with storage(str(room)):
            beside.unlink(missing_ok=True)
    return Landed(sha256, size, stored, known)


def keep(room: Path, data: bytes, suffix: str = "") -> str:
    """Keep bytes in a folder under their hash; the same bytes again are kept once. Answers the hash.

    Raises:
        LakeFullError: the disk is full.
        LakeError: the lake may not be written to.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    stored = room / sha256[:2] / f"{sha256}{suffix}"
    with storage(f"keeping {stored.name} in {room}"):
        if not (stored.exists() and stored.stat().st_size == len(data)):
            stored.parent.mkdir(parents=True, exist_ok=True)
            replace_file(stored, data, 0o444)
    return sha256


def digest(source: Path) -> tuple[str, int]:
    """The content hash and the size of a file that is not kept.

    Raises:
        InputError: it cannot be read.
    """
    found, size = hashlib.sha256(), 0
    try:
        with open(source, "rb") as f:
            while chunk := _chunk(f, source):
                found.update(chunk)
                size += len(chunk)
    except OSError as e:
        raise InputError(f"{source} cannot be read ({e.strerror}); check its permissions") from e
    return found.hexdigest(), size


def _copy(source: Path, to: Path) -> tuple[str, int]:
    """Copy a file, synced and read-only; answers its hash and size."""
    digest, size = hashlib.sha256(), 0
    try:
        src = open(source, "rb")  # noqa: SIM115
    except OSError as e:
        raise InputError(f"{source} cannot be read ({e.strerror}); check its permissions") from e
    with src, storage(f"keeping {source.name} in {to.parent}"), open(to, "xb") as dst:
        while chunk := _chunk(src, source):
            digest.update(chunk)
            size += len(chunk)
            dst.write(chunk)
        dst.flush()
        os.fchmod(dst.fileno(), 0o444)
        os.fsync(dst.fileno())
    return digest.hexdigest(), size


def _chunk(src: BinaryIO, source: Path) -> bytes:
    try:
        return src.read(CHUNK)
    except OSError as e:
        raise InputError(f"{source} cannot be read to its end ({e.strerror})") from e
