"""Files as pieces of bytes, told by their first ones: plain, gzip, bzip2, zstd, zip (the first member; KMZ: KML)."""

from __future__ import annotations

import bz2
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import pyarrow as pa

from makara.base.errors import InputError

PIECE_BYTES: Final = 1024 * 1024


class Pieces:
    """The bytes of a file, uncompressed. After the last one ``cut`` says why the file ended early, if it did.

    Args:
        path: the file.

    Raises:
        InputError: the file is missing, a directory, or may not be read; the message says which.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut: str | None = None
        try:
            with path.open("rb") as f:
                self._magic = f.read(4)
        except OSError as e:
            raise unreadable(path, e) from e

    def __iter__(self) -> Iterator[bytes]:
        """All pieces, in order."""
        try:
            if self._magic[:4] == b"PK\x03\x04":
                yield from self._zip()
                return
            with self.path.open("rb") as f:
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
        try:
            with zipfile.ZipFile(self.path) as z:
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
