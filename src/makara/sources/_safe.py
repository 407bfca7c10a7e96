"""A product as files, whether it is a file, a directory, a zip or a tar; hostile archives are refused.

Nothing is written beside the product. Rasters in a zip are read in place (GDAL's ``/vsizip/``); of a tar, which cannot
be read at random, the raster that is asked for is unpacked into a temporary directory that goes with the product.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any, Final

from makara.base.errors import InputError
from makara.sources._files import unreadable

FILES: Final = 20_000
"""More files than any product has."""
TEXT_BYTES: Final = 64 * 1024**2
"""More than any metadata file has."""
PARTS: Final = 500_000
"""More elements and attributes, or objects, lists and their members, than any metadata file has."""
TOTAL_BYTES: Final = 64 * 1024**3
"""More than any product has, unpacked."""
RATIO: Final = 200
"""Pixels of the sea never shrink so much; a member that claims to, and is large, is a bomb."""
FREE_BYTES: Final = 128 * 1024**2
"""Members up to this size are let pass whatever their ratio: they cost nothing."""
META: Final = (".xml", ".json", ".safe", ".geojson", ".imd", ".txt")
"""Files that are read whole."""
JSON: Final = (".json", ".geojson")
NAMING: Final = 64
NAMING_BYTES: Final = 1024**2
"""So many JSON files of at most so many bytes are asked whether they name an image."""
PIECE_BYTES: Final = 4 * 1024**2
DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a member of an archive raises when it is cut or corrupt, packed by a method that Python does not know
(NotImplementedError), or locked with a password (RuntimeError)."""


class Product:
    """The files of a product, by name relative to it, with ``/`` between parts.

    Args:
        path: a file (with the metadata beside it), a directory, a zip or a tar.

    Attributes:
        path: as given.
        name: the product's name: that of its directory or file, without what it is packed in.
        kind: ``file``, ``directory``, ``zip`` or ``tar``.
        files: sizes in bytes by name.
        notes: what readers found out already.

    Raises:
        InputError: it cannot be read, or is hostile: absolute names, names that leave the product, links, too many
            files, or members that unpack to far more than they can hold.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: dict[str, Any] = {}
        self._held = contextlib.ExitStack()
        self._kept: dict[str, bytes] = {}
        self._unpacked: Path | None = None
        self._open: Callable[[str], IO[bytes]]
        try:
            self.files, kind = self._listed()
        except OSError as e:
            self.close()
            raise unreadable(path, e) from e
        except InputError:
            self.close()
            raise
        self.kind = kind
        self.name = self._named()

    def __enter__(self) -> Product:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was unpacked and close what is open."""
        self._held.close()

    def bytes(self, name: str, limit: int = TEXT_BYTES) -> bytes:
        """The bytes of a small file.

        Raises:
            InputError: it is missing, damaged or too large.
        """
        if name in self._kept:
            return self._kept[name]
        if name not in self.files:
            raise InputError(f"{self.path} has no {name}; the product is not whole")
        if self.files[name] > limit:
            raise InputError(f"{self.path}: {name} has {self.files[name]:,} bytes, more than any such file; refused")
        try:
            with self._open(name) as f:
                data = f.read(limit + 1)
        except OSError as e:
            raise unreadable(self.path, e) from e
        except DAMAGED as e:
            raise InputError(f"{self.path}: {name} is damaged ({e}); get the product again") from e
        if len(data) > limit:
            raise InputError(f"{self.path}: {name} unpacks to more than {limit:,} bytes; refused")
        return data

    def document(self, name: str) -> Any:
        """JSON of a file; None where it is none at all, or too large to be metadata.

        Raises:
            InputError: it is missing, damaged or too large.
        """
        key = f"JSON of {name}"
        if key not in self.notes:
            data = self.bytes(name)
            try:
                self.notes[key] = json.loads(few(data, b"{[,", name))
            except (InputError, ValueError, RecursionError):
                self.notes[key] = None
        return self.notes[key]

    def raster(self, name: str) -> str:
        """A path under which GDAL can open a raster of the product.

        Raises:
            InputError: it is missing, or cannot be unpacked; what was unpacked is removed.
        """
        if name not in self.files:
            raise InputError(f"{self.path} has no {name}; the product is not whole")
        if self.kind == "zip":
            return f"/vsizip/{{{self.path.resolve()}}}/{name}"
        if self.kind == "tar":
            return str(self._unpack(name))
        return str((self.path if self.kind == "directory" else self.path.parent) / name)

    @property
    def seekable(self) -> bool:
        """Whether rows far apart can be read at no cost (not within a deflated zip)."""
        return self.kind != "zip"

    def _named(self) -> str:
        tops = {n.split("/", 1)[0] for n in self.files if "/" in n}
        if self.kind in ("zip", "tar") and len(tops) == 1 and all("/" in n for n in self.files):
            return tops.pop().removesuffix(".SAFE")
        name = self.path.resolve().name
        for end in (".zip", ".tgz", ".gz", ".tar", ".tif", ".tiff", ".SAFE", ".json", ".xml"):
            name = name.removesuffix(end)
        return name

    def _listed(self) -> tuple[Mapping[str, int], str]:
        path = self.path
        if path.is_dir():
            self._open = lambda name: (path / name).open("rb")
            return dict(_walk(path)), "directory"
        with path.open("rb") as f:
            magic = f.read(512)
        if magic[:4] == b"PK\x03\x04":
            return self._zip(), "zip"
        if magic[:2] == b"\x1f\x8b" or magic[257:262] == b"ustar":
            return self._tar(), "tar"
        self._open = lambda name: (path.parent / name).open("rb")
        return beside(path), "file"

    def _zip(self) -> Mapping[str, int]:
        try:
            packed = self._held.enter_context(zipfile.ZipFile(self.path))
        except (zipfile.BadZipFile, EOFError, ValueError) as e:
            raise InputError(f"{self.path} is a damaged or cut zip file ({e}); get the product again") from e
        found: dict[str, int] = {}
        real: dict[str, zipfile.ZipInfo] = {}
        for info in packed.infolist():
            if info.is_dir():
                _checked(info.filename, self.path)
                continue
            if (info.external_attr >> 16) & 0o170000 == 0o120000:
                raise InputError(f"{self.path}: {info.filename} is a link; products have none, it is refused")
            if info.file_size > FREE_BYTES and info.file_size > RATIO * max(info.compress_size, 1):
                raise InputError(f"{self.path}: {info.filename} unpacks to {info.file_size:,} bytes, a bomb; refused")
            _add(found, info.filename, info.file_size, self.path)
            real[_checked(info.filename, self.path)] = info
        self._open = lambda name: packed.open(real[name])
        return found

    def _members(self) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
        """The files of the tar, checked, as they come."""
        packed_bytes, total = self.path.stat().st_size, 0
        try:
            with tarfile.open(self.path, "r|*") as packed:
                for n, member in enumerate(packed, 1):
                    _checked(member.name, self.path)
                    if n > FILES:
                        raise InputError(f"{self.path} holds more than {FILES:,} files; refused")
                    if member.isdir():
                        continue
                    if not member.isfile():
                        raise InputError(f"{self.path}: {member.name} is a link or device; it is refused")
                    total += member.size
                    if total > TOTAL_BYTES or (total > FREE_BYTES and total > RATIO * packed_bytes):
                        raise InputError(f"{self.path} unpacks to {total:,} bytes or more, a bomb; refused")
                    yield packed, member
        except (tarfile.TarError, EOFError, zlib.error) as e:
            raise InputError(f"{self.path} is a damaged or cut tar file ({e}); get the product again") from e

    def _tar(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        kept = 0
        for packed, member in self._members():
            _add(found, member.name, member.size, self.path)
            name = _checked(member.name, self.path)
            if name.lower().endswith(META) and member.size <= TEXT_BYTES and kept + member.size <= 4 * TEXT_BYTES:
                stream = packed.extractfile(member)
                self._kept[name] = stream.read() if stream else b""
                kept += member.size
        self._open = lambda name: self._unpack(name).open("rb")
        return found

    def _unpack(self, name: str) -> Path:
        if self._unpacked is None:
            self._unpacked = Path(self._held.enter_context(tempfile.TemporaryDirectory(prefix="makara-")))
        where = self._unpacked / str(list(self.files).index(name))
        target = where / PurePosixPath(name).name
        if target.exists():
            return target
        free = shutil.disk_usage(self._unpacked).free
        if self.files[name] > free:
            raise InputError(
                f"{self.path}: {name} needs {self.files[name]:,} bytes in {self._unpacked.parent}, {free:,} are free; "
                "make room, set TMPDIR, or unpack the product yourself"
            )
        for packed, member in self._members():
            if _checked(member.name, self.path) == name and (stream := packed.extractfile(member)):
                where.mkdir()
                with target.open("wb") as f:
                    shutil.copyfileobj(stream, f, PIECE_BYTES)
                return target
        raise InputError(f"{self.path} has no {name} any more; it changed while it was read")


def few(data: bytes, marks: bytes, name: str) -> bytes:
    """Text of metadata, refused where it has more parts than any: as a tree they would take the memory.

    Args:
        data: the text.
        marks: bytes that each begin a part.
        name: of the file, for messages.

    Raises:
        InputError: they are too many.
    """
    n = sum(data.count(mark) for mark in marks)
    if n > PARTS:
        raise InputError(f"{name} has {n:,} parts, more than any metadata; refused")
    return data


def _checked(name: str, path: Path) -> str:
    """A member's name without a leading ``./``.

    Raises:
        InputError: it is absolute or leaves the product.
    """
    parts = PurePosixPath(name).parts
    odd = "\\" in name or "\0" in name or (len(name) > 1 and name[1] == ":")
    if name.startswith("/") or ".." in parts or odd or not parts:
        if name.rstrip("/") in (".", ""):
            return ""
        raise InputError(f"{path}: the name {name[:80]!r} leaves the archive; it is refused")
    return "/".join(parts)


def _add(found: dict[str, int], name: str, size: int, path: Path) -> None:
    clean = _checked(name, path)
    if clean in found:
        raise InputError(f"{path} holds {clean} twice; it is refused")
    found[clean] = size
    if len(found) > FILES:
        raise InputError(f"{path} holds more than {FILES:,} files; refused")


def _walk(root: Path) -> Iterator[tuple[str, int]]:
    """Files of a directory; links that leave it are refused."""
    top = root.resolve()
    found: list[Path] = []
    for p in root.rglob("*"):
        if len(found) >= FILES:
            raise InputError(f"{root} holds more than {FILES:,} files; name the product's own directory")
        found.append(p)
    for p in sorted(found):
        if p.is_symlink() and not p.resolve().is_relative_to(top):
            raise InputError(f"{root}: {p.relative_to(root)} is a link to a place outside the product; it is refused")
        if p.is_file():
            yield p.relative_to(root).as_posix(), p.stat().st_size


def beside(path: Path) -> Mapping[str, int]:
    """A file, and the metadata that lie beside it: sizes in bytes by name.

    These are files whose name begins with its stem; where there are none, those whose name differs from it in the last
    word alone, as ``x_GEC.tif`` and ``x_METADATA.json`` do, or lacks that word, as ``x.stac.v2.json``; where there are
    none of these either, JSON that names the file.
    """
    stem = _stem(path.name)
    found = {path.name: path.stat().st_size}
    others = [
        p for p in sorted(path.parent.iterdir()) if p.suffix.lower() in META and p.is_file() and not p.is_symlink()
    ]
    near = [p for p in others if p.name.startswith(stem)]
    near = near or [p for p in others if _sibling(stem, _stem(p.name))]
    if not near:
        near = [p for p in [p for p in others if p.suffix.lower() in JSON][:NAMING] if _names(p, path.name)]
    return found | {p.name: p.stat().st_size for p in near}


def _stem(name: str) -> str:
    return name.split(".", 1)[0]


def _names(path: Path, name: str) -> bool:
    """Whether a small file has a name among its texts, alone or at the end of a path."""
    if path.stat().st_size > NAMING_BYTES:
        return False
    return re.search(rb'["/]' + re.escape(name.encode()) + b'"', path.read_bytes()) is not None


def _sibling(one: str, other: str) -> bool:
    (a, _, x), (b, _, y) = one.rpartition("_"), other.rpartition("_")
    return len(a) >= 12 and x.isalpha() and (a == other or (a == b and y.isalpha()))
