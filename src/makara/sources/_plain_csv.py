"""Rows of a CSV block in plain form, read at a few nanoseconds a byte: whatever is not plain is left to the slow path.

A row is plain if it has as many values as the header names, no quote, numbers of plain digits (at most seven after the
point), times as ``YYYY-MM-DDThh:mm:ss`` or ``DD/MM/YYYY hh:mm:ss``. Numbers come out in ten millionths, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray

SKIP: Final = 0
NUMBER: Final = 1
TIME: Final = 2
WORD: Final = 3
NOTHING: Final = -(2**63)
"""A number or time that is empty."""
SCALE: Final = 10_000_000
PLAIN: Final = 0
ODD: Final = 1
BLANK: Final = 2
_DECIMALS: Final = 7
_POWERS: Final = np.array([10**k for k in range(_DECIMALS + 1)], np.int64)
_MONTH_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_BASIS: Final = np.uint64(0xCBF29CE484222325)
_PRIME: Final = np.uint64(0x100000001B3)
_ONE: Final = np.uint64(1)
_TIME_BYTES: Final = np.uint64(19)


@njit(cache=True, inline="always")
def _two(d: Any, i: Any) -> Any:
    """Two digits as a number; beyond 99 if they are none."""
    a, b = np.int64(d[i]) - 48, np.int64(d[i + 1]) - 48
    return a * 10 + b if 0 <= a < 10 and 0 <= b < 10 else np.int64(1000)


@njit(cache=True)
def _time(d: Any, i: int) -> int:
    """Microseconds of 19 characters; NOTHING where they are no time."""
    if d[i + 4] == 45 and d[i + 7] == 45 and (d[i + 10] == 84 or d[i + 10] == 32):
        century, year, month, day = _two(d, i), _two(d, i + 2), _two(d, i + 5), _two(d, i + 8)
    elif d[i + 2] == 47 and d[i + 5] == 47 and d[i + 10] == 32:
        century, year, month, day = _two(d, i + 6), _two(d, i + 8), _two(d, i + 3), _two(d, i)
    else:
        return NOTHING
    hour, minute, second = _two(d, i + 11), _two(d, i + 14), _two(d, i + 17)
    if d[i + 13] != 58 or d[i + 16] != 58 or century > 99 or year > 99 or hour > 23 or minute > 59 or second > 59:
        return NOTHING
    y = century * 100 + year
    leap = y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)
    if y < 1 or month < 1 or month > 12 or day < 1 or day > _MONTH_DAYS[month] + (leap and month == 2):
        return NOTHING
    # Days since 1970 of the proleptic Gregorian calendar, years beginning in March (Hinnant, chrono algorithms).
    y -= month <= 2
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    days = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return int((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000)


@njit(cache=True)
def _parse(
    d: Any,
    ends: Any,
    kinds: Any,
    slots: Any,
    kept: Any,
    numbers: Any,
    words: Any,
    content: Any,
    state: Any,
    starts: Any,
) -> int:
    """Fill the outputs, a row a line; answers the number of lines. See :class:`Plain`.

    Indices are unsigned: they may not count from the end, so each access is one.
    ``ends`` tells of each byte whether it ends a value (1) or is a quote (2). The last byte is a line feed.
    """
    n, width = uint64(d.size), kinds.size
    i, row = uint64(0), 0
    while i < n:
        start = i
        col, plain, held = 0, True, False
        h = _BASIS
        while True:
            kind = kinds[col] if col < width else SKIP
            if kind == NUMBER:
                first, m, digits, point = i, np.int64(0), 0, -1
                minus = d[i] == 45
                i += uint64(minus)
                while True:
                    c = np.int64(d[i]) - 48
                    if 0 <= c < 10:
                        m = m * 10 + c
                        digits += 1
                    elif c == -2 and point < 0:
                        point = digits
                    else:
                        break
                    i += _ONE
                value = np.int64(NOTHING)
                if i > first:
                    after = digits - point if point >= 0 else 0
                    plain &= 0 < digits - after <= 10 and after <= _DECIMALS and (point < 0 or after > 0)
                    m *= _POWERS[_DECIMALS - min(after, _DECIMALS)]
                    plain &= after == 0 or m < 2**53  # as a float it must stay exact
                    value = -m if minus else m
                numbers[slots[col], row] = value
            elif kind == TIME:
                t = _time(d, np.int64(i)) if i + _TIME_BYTES < n else NOTHING
                plain &= t != NOTHING
                i += _TIME_BYTES if t != NOTHING else uint64(0)
                numbers[slots[col], row] = t
            elif kind == WORD:
                w = _BASIS
                while ends[d[i]] != 1:
                    plain &= ends[d[i]] == 0
                    w = uint64((w ^ uint64(d[i])) * _PRIME)
                    i += _ONE
                words[slots[col], row] = w
                if kept[col]:
                    held |= w != _BASIS
                    h = uint64((h ^ w) * _PRIME)
            elif col < width and kept[col]:
                while ends[d[i]] != 1:
                    plain &= ends[d[i]] == 0
                    h = uint64((h ^ uint64(d[i])) * _PRIME)
                    held = True
                    i += _ONE
                h = uint64((h ^ uint64(256 + col)) * _PRIME)
            while ends[d[i]] != 1:  # the rest of a value that is skipped, or not plain
                plain &= kind == SKIP and ends[d[i]] == 0
                i += _ONE
            if d[i] == 13 and d[i + _ONE] == 10:
                i += _ONE
            if d[i] == 10:
                break
            plain &= d[i] != 13
            i += _ONE
            col += 1
        blank = i == start or (i == start + _ONE and d[start] == 13)
        state[row] = BLANK if blank else PLAIN if plain and col == width - 1 else ODD
        content[row] = h if held else uint64(0)
        starts[row] = start
        i += _ONE
        row += 1
    return row


@dataclass(frozen=True)
class Plain:
    """A block's rows, one a line.

    Attributes:
        numbers: by slot, numbers in ten millionths and times in microseconds; ``NOTHING`` where empty.
        words: by slot, a hash of each word.
        content: a hash of all values of the columns that are kept; 0 where they are empty.
        state: ``PLAIN``, ``ODD`` or ``BLANK``; of the others only plain rows mean anything.
        starts: where each line begins, and the last one ends.
    """

    numbers: NDArray[np.int64]
    words: NDArray[np.uint64]
    content: NDArray[np.uint64]
    state: NDArray[np.int8]
    starts: NDArray[np.int64]


def plain(block: bytes, sep: str, kinds: list[int], slots: list[int], kept: list[bool]) -> Plain:
    """Read a block of whole lines.

    Args:
        block: the lines.
        sep: what separates values, one character.
        kinds: of each column, ``SKIP``, ``NUMBER``, ``TIME`` or ``WORD``.
        slots: of each column, its row among the numbers (and times), or among the words.
        kept: whether a column is part of the content.
    """
    block = block if block.endswith(b"\n") else block + b"\n"
    d = np.frombuffer(block, np.uint8)
    ends = np.zeros(256, np.uint8)
    ends[[ord(sep), 10, 13]], ends[34] = 1, 2
    lines = line_feeds(block)
    count = [sum(k in of for k in kinds) for of in ((NUMBER, TIME), (WORD,))]
    numbers, words = np.zeros((count[0], lines), np.int64), np.zeros((count[1], lines), np.uint64)
    content, state, starts = np.zeros(lines, np.uint64), np.zeros(lines, np.int8), np.zeros(lines + 1, np.int64)
    n = _parse(
        d,
        ends,
        np.array(kinds, np.int8),
        np.array(slots, np.int64),
        np.array(kept, np.bool_),
        numbers,
        words,
        content,
        state,
        starts,
    )
    starts[n] = d.size
    return Plain(numbers[:, :n], words[:, :n], content[:n], state[:n], starts[: n + 1])


@njit(cache=True)
def _line_feeds(d: Any) -> int:
    n = 0
    for byte in d:
        n += byte == 10
    return n


def line_feeds(data: bytes) -> int:
    """How many line feeds there are: where they are many, in a fifth of the time that ``count`` takes."""
    return int(_line_feeds(np.frombuffer(data, np.uint8)))


@njit(cache=True)
def _copy(d: Any, starts: Any, rows: Any, out: Any) -> None:
    p = 0
    for row in rows:
        first, n = starts[row], starts[row + 1] - starts[row]
        out[p : p + n] = d[first : first + n]
        p += n


def lines(block: bytes, starts: NDArray[np.int64], rows: NDArray[np.int64]) -> bytes:
    """Some lines of a block, one behind the other.

    Args:
        block: the lines.
        starts: where each begins, and the last one ends (see :class:`Plain`).
        rows: which.
    """
    d = np.frombuffer(block, np.uint8)
    ends = np.minimum(starts, d.size)  # the last line feed may have been added
    out = np.empty(int((ends[rows + 1] - ends[rows]).sum()), np.uint8)
    _copy(d, ends, rows, out)
    return out.tobytes()
