"""Files and streams as pieces of bytes, told by their first ones: plain, gzip, bzip2, zstd, zip.

Of a zip they are those of all its files of the kind that most of it is, one after another, as archives bring a month of
days; a header that files repeat is read once. Of a KMZ it is its first KML.
"""

from __future__ import annotations

import bz2
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa

from makara.base.errors import InputError

PIECE_BYTES: Final = 1024 * 1024
HEADER_BYTES: Final = 65_536
_BOM: Final = b"\xef\xbb\xbf"
_ABOUT: Final = (".txt", ".md", ".pdf", ".html", ".htm", ".xml", ".docx", ".png", ".jpg", "")
"""Kinds of files that tell about the others."""


class _Whole(io.RawIOBase):
    """A stream of which the first bytes were read already, with them."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self._first, self._rest = first, rest

    def readable(self) -> bool:
        """It is read only."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, or less."""
        found = self._first[: len(buffer)] or self._rest.read(len(buffer)) or b""
        self._first = self._first[len(buffer) :]
        buffer[: len(found)] = found
        return len(found)


class Pieces:
    """The bytes of a file, uncompressed. After the last one ``cut`` says why the file ended early, if it did.

    Args:
        source: the file's path, or a binary stream, which is read once, from where it stands, and not closed.

    Raises:
        InputError: the file is missing, a directory, or may not be read, the stream is one of text; the message says
            which.
    """

    def __init__(self, source: Path | IO[bytes]) -> None:
        self.path = source if isinstance(source, Path) else Path(str(getattr(source, "name", "stream")))
        self.cut: str | None = None
        self._stream: IO[bytes] | None = None
        try:
            if isinstance(source, Path):
                with source.open("rb") as f:
                    self._magic = f.read(4)
                return
            self._magic = source.read(4)
            if isinstance(self._magic, str):
                raise InputError(f"{self.path} was opened as text; open it with mode 'rb'")
            while len(self._magic) < 4 and (more := source.read(4 - len(self._magic))):
                self._magic += more
            self._stream = io.BufferedReader(_Whole(self._magic, source), PIECE_BYTES)
        except OSError as e:
            raise unreadable(self.path, e) from e

    def _open(self) -> AbstractContextManager[IO[bytes]]:
        return self.path.open("rb") if self._stream is None else nullcontext(self._stream)

    def __iter__(self) -> Iterator[bytes]:
        """All pieces, in order."""
        try:
            if self._magic[:4] == b"PK\x03\x04":
                yield from self._zip()
                return
            with self._open() as f:
                if self._magic[:2] == b"\x1f\x8b":
                    yield from self._gzip(f)
                elif self._magic[:3] == b"BZh":
                    yield from self._bzip2(f)
                elif self._magic == b"\x28\xb5\x2f\xfd":
                    yield from self._zstd(f)
                else:
                    while piece := f.read(PIECE_BYTES):
                        yield piece
        except OSError as e:
            raise unreadable(self.path, e) from e

    def _gzip(self, f: IO[bytes]) -> Iterator[bytes]:
        unpack = zlib.decompressobj(31)
        while piece := f.read(PIECE_BYTES):
            try:
                while piece:
                    if unpack.eof:
                        piece = piece.lstrip(b"\0")
                        if not piece:
                            break
                        unpack = zlib.decompressobj(31)
                    if found := unpack.decompress(piece, PIECE_BYTES * 16):
                        yield found
                    piece = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
            except zlib.error as e:
                self.cut = f"the gzip data is damaged ({e})"
                return
        if not unpack.eof:
            if found := unpack.flush():
                yield found
            self.cut = "the gzip file ends early"

    def _bzip2(self, f: IO[bytes]) -> Iterator[bytes]:
        unpack = bz2.BZ2Decompressor()
        while piece := f.read(PIECE_BYTES):
            try:
                while True:
                    if found := unpack.decompress(piece, PIECE_BYTES * 16):
                        yield found
                    piece = unpack.unused_data
                    if unpack.eof and piece:
                        unpack = bz2.BZ2Decompressor()
                    elif unpack.eof or unpack.needs_input:
                        break
            except (OSError, ValueError, EOFError) as e:
                self.cut = f"the bzip2 data is damaged ({e})"
                return
        if not unpack.eof:
            self.cut = "the bzip2 file ends early"

    def _zstd(self, f: IO[bytes]) -> Iterator[bytes]:
        stream = pa.CompressedInputStream(pa.PythonFile(f, mode="r"), "zstd")
        while True:
            try:
                piece: bytes = stream.read(PIECE_BYTES // 8)  # a piece in which the file ends is lost
            except (OSError, pa.ArrowException) as e:
                self.cut = f"the zstd file ends early or is damaged ({e})"
                return
            if not piece:
                return
            yield piece

    def _zip(self) -> Iterator[bytes]:
        whole = None if self._stream is None else io.BytesIO(self._stream.read())  # its list of members is at its end
        name = ""
        try:
            with zipfile.ZipFile(self.path if whole is None else whole) as z:
                names, others = _members(z.infolist())
                header: bytes | None = None
                for name in names:
                    with z.open(name) as f:
                        first = f.readline(HEADER_BYTES)
                        bare = first.removeprefix(_BOM).rstrip()
                        if header is None or bare != header:
                            yield first
                        header = bare if header is None else header
                        ended = first.endswith(b"\n")
                        while piece := f.read(PIECE_BYTES):
                            yield piece
                            ended = piece.endswith(b"\n")
                    if not ended and name != names[-1]:
                        yield b"\n"
                if others:
                    self.cut = f"of the zip file these were not read: {', '.join(others[:9])}; unpack them"
        except (zipfile.BadZipFile, zlib.error, EOFError, IndexError) as e:
            self.cut = f"the zip file is damaged ({e})"
        except RuntimeError as e:  # encrypted, or packed in a way that Python does not know
            self.cut = f"{name} in the zip file cannot be unpacked ({e})"


def _members(found: list[zipfile.ZipInfo]) -> tuple[list[str], list[str]]:
    """The files of a zip to read, and those of other kinds that may hold data, too."""
    files = [i for i in found if not i.is_dir() and not Path(i.filename).name.startswith((".", "__MACOSX"))]
    files = [i for i in files if not i.filename.startswith("__MACOSX/")]
    kinds: dict[str, int] = {}
    for i in files:
        kind = Path(i.filename).suffix.lower()
        kinds[kind] = kinds.get(kind, 0) + i.file_size
    if ".kml" in kinds:
        return [next(i.filename for i in files if i.filename.lower().endswith(".kml"))], []
    most = max(kinds, key=lambda k: (k not in _ABOUT, kinds[k]), default="")
    others = [i.filename for i in files if (k := Path(i.filename).suffix.lower()) != most and k not in _ABOUT]
    return [i.filename for i in files if Path(i.filename).suffix.lower() == most], others


def unreadable(path: Path, error: OSError) -> InputError:
    """The error that says why a file cannot be read, and what to do."""
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path} does not exist; check the path")
    if isinstance(error, IsADirectoryError):
        return InputError(f"{path} is a directory; name its files (the source case takes directories)")
    if isinstance(error, PermissionError):
        return InputError(f"{path} may not be read by this user; change its permissions or run as its owner")
    return InputError(f"{path} cannot be read: {error.strerror or error}")
