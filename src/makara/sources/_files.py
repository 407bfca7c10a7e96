"""Files and streams as pieces of bytes, told by their first ones: plain, gzip, bzip2, zstd, zip.

Of a zip it is the first member, but of a KMZ its KML.
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
                piece: bytes = stream.read(PIECE_BYTES)
            except (OSError, pa.ArrowException) as e:
                self.cut = f"the zstd file ends early or is damaged ({e})"
                return
            if not piece:
                return
            yield piece

    def _zip(self) -> Iterator[bytes]:
        whole = None if self._stream is None else io.BytesIO(self._stream.read())  # its list of members is at its end
        try:
            with zipfile.ZipFile(self.path if whole is None else whole) as z:
                names = z.namelist()
                with z.open(next((n for n in names if n.lower().endswith(".kml")), names[0])) as f:
                    while piece := f.read(PIECE_BYTES):
                        yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, IndexError) as e:
            self.cut = f"the zip file is damaged ({e})"


def unreadable(path: Path, error: OSError) -> InputError:
    """The error that says why a file cannot be read, and what to do."""
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path} does not exist; check the path")
    if isinstance(error, IsADirectoryError):
        return InputError(f"{path} is a directory; name its files (the source case takes directories)")
    if isinstance(error, PermissionError):
        return InputError(f"{path} may not be read by this user; change its permissions or run as its owner")
    return InputError(f"{path} cannot be read: {error.strerror or error}")
