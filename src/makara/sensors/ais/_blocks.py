"""Bytes to blocks of whole lines, whatever size the pieces come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from makara.sensors.ais._layout import LINE_BYTES

BLOCK_BYTES: Final = 8 * 1024 * 1024
"""Bytes taken together: some 100,000 lines."""
SLICE_BYTES: Final = 1024 * 1024


@dataclass(frozen=True)
class Block:
    """Whole lines.

    Attributes:
        pieces: their bytes.
        skipped: bytes of the input behind them that are not among them: the rest of an endless line.
        open_end: the last line has no line feed, since the input ends there.
    """

    pieces: list[memoryview]
    skipped: int = 0
    open_end: bool = False

    def whole(self) -> Block:
        """Without a last line that has no line feed."""
        if not self.open_end:
            return self
        for i in range(len(self.pieces) - 1, -1, -1):
            feed = _last_feed(self.pieces[i])
            if feed >= 0:
                return Block([*self.pieces[:i], self.pieces[i][: feed + 1]])
        return Block([])


def _pieces(data: bytes | Iterable[bytes]) -> Iterator[memoryview]:
    if isinstance(data, bytes | bytearray | memoryview):
        whole = memoryview(data)
        for at in range(0, len(whole), SLICE_BYTES):
            yield whole[at : at + SLICE_BYTES]
    else:
        for piece in data:
            yield memoryview(piece)


def _last_feed(piece: memoryview) -> int:
    """Where the last line feed stands, or -1. Looks at the end first."""
    step = 4096
    for at in range(len(piece), 0, -step):
        found = bytes(piece[max(0, at - step) : at]).rfind(b"\n")
        if found >= 0:
            return max(0, at - step) + found
    return -1


def _split(held: list[memoryview], at: int) -> tuple[list[memoryview], list[memoryview]]:
    """The first ``at`` bytes, and the others."""
    before: list[memoryview] = []
    for i, piece in enumerate(held):
        if at < len(piece):
            return [*before, piece[:at]], [piece[at:], *held[i + 1 :]]
        before.append(piece)
        at -= len(piece)
    return before, []


def blocks(data: bytes | Iterable[bytes], size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Cut input into blocks of whole lines of about ``size`` bytes. No more than that and two pieces are held.

    Args:
        data: all bytes, or pieces of any length.
        size: bytes to take together.
    """
    held: list[memoryview] = []
    count = whole = skipped = 0  # bytes held; those of whole lines; those of an endless line that were left out
    for piece in _pieces(data):
        if skipped:
            end = piece.tobytes().find(b"\n")
            if end < 0:
                skipped += len(piece)
                continue
            yield Block(held, skipped + end + 1)
            piece = piece[end + 1 :]
            held, count, whole, skipped = [], 0, 0, 0
        feed = _last_feed(piece)
        whole = count + feed + 1 if feed >= 0 else whole
        held.append(piece)
        count += len(piece)
        if whole and (count >= size or count - whole > LINE_BYTES):
            lines, held = _split(held, whole)
            yield Block(lines)
            count, whole = count - whole, 0
        if not whole and count > LINE_BYTES:
            skipped, held = count - LINE_BYTES, _split(held, LINE_BYTES)[0]
    if count:
        yield Block(held, skipped, open_end=count > whole and not skipped)
