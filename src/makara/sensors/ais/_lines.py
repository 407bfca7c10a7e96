"""Bytes to lines, whatever size the pieces come in: the same lines and offsets for every split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

BLOCK_BYTES: Final = 16 * 1024 * 1024
"""Bytes taken together: some 200,000 lines."""
LINE_BYTES: Final = 64 * 1024
"""A longer line is no line; its beginning is kept for the reject and the rest skipped."""
SLICE_BYTES: Final = 1024 * 1024


@dataclass(frozen=True)
class Block:
    """Whole lines, without their line feeds.

    Attributes:
        lines: the lines.
        offset: byte offset of the first line.
        open_end: the last line had no line feed: the input may have been cut there.
    """

    lines: list[bytes]
    offset: int
    open_end: bool = False


def _pieces(data: bytes | Iterable[bytes]) -> Iterator[bytes]:
    if isinstance(data, bytes | bytearray | memoryview):
        whole = memoryview(data)
        for at in range(0, len(whole), SLICE_BYTES):
            yield bytes(whole[at : at + SLICE_BYTES])
    else:
        yield from data


def blocks(data: bytes | Iterable[bytes], size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Cut input into blocks of whole lines of about ``size`` bytes.

    Args:
        data: all bytes, or pieces of any length.
        size: bytes to take together.
    """
    held: list[bytes] = []
    count = offset = skipped = 0
    for piece in _pieces(data):
        if skipped:
            end = piece.find(b"\n")
            if end < 0:
                skipped += len(piece)
                continue
            offset += skipped + end + 1
            skipped, piece = 0, piece[end + 1 :]
        held.append(piece)
        count += len(piece)
        if count < size and not (count > LINE_BYTES and b"\n" not in piece):
            continue
        whole = b"".join(held)
        cut = whole.rfind(b"\n") + 1
        if cut and count >= size:
            yield Block(whole[: cut - 1].split(b"\n"), offset)
            offset += cut
            whole = whole[cut:]
        if len(whole) > LINE_BYTES and b"\n" not in whole:
            yield Block([whole[:LINE_BYTES]], offset)
            skipped, whole = len(whole), b""
        held, count = [whole], len(whole)
    rest = b"".join(held)
    if rest:
        ended = rest.endswith(b"\n")
        yield Block((rest[:-1] if ended else rest).split(b"\n"), offset, open_end=not ended)
