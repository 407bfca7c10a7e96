"""NMEA sentences with IEC 62320-1 tag blocks around payloads, many at once, and the dirt that real feeds carry.

Lines are rows of a matrix of bytes in which zeros are nothing: checksums are exclusive-ors, which zeros do not change,
and the text of a file is the matrix without its zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makara.exercise.payloads import Bits, Chars, IntArray, armour

WIDTH: Final = 128
"""Bytes of a row; the longest line (first half of a message 5) has about 120."""
_PART: Final = 60
"""Payload characters in the first of two sentences."""
_HEX: Final = np.frombuffer(b"0123456789ABCDEF", np.uint8)


def _digits(values: IntArray, width: int, keep_zeros: bool = True) -> Chars:
    """Decimal digits; leading zeros become nothing unless kept."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    out = (values[:, None] // powers % 10 + 48).astype(np.uint8)
    if not keep_zeros:
        leading = np.cumsum(out != 48, axis=1) == 0
        leading[:, -1] = False
        out[leading] = 0
    return out


def _const(n: int, data: bytes) -> Chars:
    return np.tile(np.frombuffer(data, np.uint8), (n, 1))


def _sum(body: Chars) -> Chars:
    """The two hex digits of each row's NMEA checksum."""
    total = np.bitwise_xor.reduce(body, axis=1)
    return np.column_stack([_HEX[total >> 4], _HEX[total & 15]])


def _names(names: Sequence[str], which: IntArray) -> Chars:
    width = max(len(n) for n in names)
    table = np.array([list(n.encode().ljust(width, b"\0")) for n in names], np.uint8)
    return table[which]


def _line(tag: Chars, body: Chars) -> Chars:
    n = len(tag)
    star, back, bang = _const(n, b"*"), _const(n, b"\\"), _const(n, b"!")
    parts = [back, tag, star, _sum(tag), back, bang, body, star, _sum(body), _const(n, b"\n")]
    line = np.hstack(parts)
    return np.pad(line, ((0, 0), (0, WIDTH - line.shape[1])))


def sentences(bits: Bits, stations: Sequence[str], station: IntArray, when_s: IntArray, group: IntArray) -> Chars:
    """Lines of messages, a row a line; messages over one sentence make two rows, one after the other.

    Args:
        bits: the messages, all of one type.
        stations: names of receivers.
        station: which of them received each message.
        when_s: when, whole seconds since 1970 (``c:``).
        group: a number below 10,000 that ties the sentences of one message together.
    """
    chars, fill = armour(bits)
    n = len(chars)
    source = np.hstack([_const(n, b"s:"), _names(stations, station), _const(n, b",c:"), _digits(when_s, 10)])
    channel = _names(["A", "B"], when_s % 2)
    if chars.shape[1] <= _PART:
        tail = _const(n, f",{fill}".encode())
        return _line(source, np.hstack([_const(n, b"AIVDM,1,1,,"), channel, _const(n, b","), chars, tail]))
    number, seq = _digits(group, 4, keep_zeros=False), _digits(group % 10, 1)
    out = np.empty((2 * n, WIDTH), np.uint8)
    for k, part in enumerate((chars[:, :_PART], chars[:, _PART:])):
        tag = [_const(n, f"g:{k + 1}-2-".encode()), number, *((_const(n, b","), source) if k == 0 else ())]
        tail = _const(n, f",{fill if k else 0}".encode())
        body = [_const(n, f"AIVDM,2,{k + 1},".encode()), seq, _const(n, b","), channel, _const(n, b","), part, tail]
        out[k::2] = _line(np.hstack(tag), np.hstack(body))
    return out


def dirty(rng: np.random.Generator, lines: Chars, share: float) -> tuple[IntArray, Chars]:
    """Broken copies of some lines: a flipped payload character under the old checksum, or a line cut short.

    Returns:
        Which lines were copied (ascending), and the broken copies.
    """
    which = np.flatnonzero(rng.random(len(lines)) < share)
    copies = lines[which].copy()
    for i, row in enumerate(copies):
        bang = int(np.flatnonzero(row == ord("!"))[0])
        last = int(np.flatnonzero(row)[-1])
        at = int(rng.integers(bang + 17, last - 7))
        if rng.random() < 0.6:
            row[at] = ord("0") if row[at] != ord("0") else ord("w")
        else:
            row[at:] = 0
            row[at] = ord("\n")
        copies[i] = row
    return which.astype(np.int64), copies


def joined(lines: Chars) -> bytes:
    """The text of lines."""
    flat: NDArray[np.uint8] = lines[lines != 0]
    return flat.tobytes()
