"""Messages of several sentences, put together again: by tag group, else by sequence, channel and station. Compiled.

A part joins the newest open message of its key (talker, number of parts, sequence, channel, tag group) that lacks it
and is near: at most 10,000 lines and a minute away, and from the same station where both tell one. A different part of
the same number from the same station means that the open message is lost.

What is open at the end of a block comes again as the first rows of the next, and falls into the same places.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import int64, njit

from makara.sensors.ais._layout import (
    CHANNEL,
    CHECK,
    CODE,
    FILL,
    FIRST,
    HINT_STATION,
    HINT_T,
    KEY,
    LEN,
    LINE,
    LINES_MAX,
    LOST,
    N_REJECTS,
    NO_TIME,
    OF,
    OFFSET,
    PART,
    PAY,
    RAW,
    RAW_END,
    SIDE,
    STATION,
    WHOLE,
    A,
    B,
    T,
    numbers,
)

TIME_MAX_US: Final = 60_000_000
"""Parts received more than a minute apart do not belong together."""
OPEN_MAX: Final = 256
"""An open message is given up when so many of its key were begun after it."""
BUCKETS: Final = 4_096
# Columns of an open message; the rows of its parts follow, -1 where missing.
_KEY, _NEXT, _LINE, _T, _STATION, _HELD, _PARTS = numbers(7)
OPEN_COLUMNS: Final = 6 + 9


_inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Functions that only compiled ones call."""


@_inner
def _same(b: Any, rows: Any, x: Any, y: Any) -> Any:
    """Whether two parts have the same payload."""
    n = rows[x, LEN]
    if n != rows[y, LEN]:
        return False
    i = 0
    while i < n and b[rows[x, PAY] + i] == b[rows[y, PAY] + i]:
        i += 1
    return i == n


@_inner
def _lose(rows: Any, opened: Any, at: Any, rejects: Any, counts: Any) -> None:
    """Reject the parts of an open message."""
    for k in range(9):
        j = opened[at, _PARTS + k]
        if j < 0:
            continue
        i = counts[N_REJECTS]
        counts[N_REJECTS] = i + 1
        rejects[i, LINE], rejects[i, OFFSET] = rows[j, LINE], rows[j, OFFSET]
        rejects[i, RAW], rejects[i, RAW_END] = rows[j, RAW], rows[j, RAW_END]
        rejects[i, CODE], rejects[i, A], rejects[i, B] = LOST, rows[j, PART], rows[j, OF]
        opened[at, _PARTS + k] = -1


@_inner
def _join(b: Any, rows: Any, opened: Any, found: Any, j: Any, counts: Any) -> None:
    """Make row j, which completes the message, the whole of it; its payload goes to ``b[counts[SIDE]:]``."""
    of = rows[j, OF]
    start = counts[SIDE]
    at = start
    t, station = NO_TIME, int64(-1)
    check, hint_t, hint_station = int64(0), NO_TIME, int64(-1)
    first = rows[j, LINE]
    for k in range(of):
        part = opened[found, _PARTS + k]
        for i in range(rows[part, LEN]):
            b[at + i] = b[rows[part, PAY] + i]
        at += rows[part, LEN]
        t = rows[part, T] if t == NO_TIME else t
        station = rows[part, STATION] if station < 0 else station
        first = min(first, rows[part, LINE])
        check ^= rows[part, CHECK]
        hint_t = rows[part, HINT_T] if hint_t == NO_TIME else hint_t
        hint_station = rows[part, HINT_STATION] if hint_station < 0 else hint_station
    if check == 0:  # the check of ``$PGHP`` is that of these sentences together
        t = hint_t if hint_t != NO_TIME else t
        station = hint_station if hint_station >= 0 else station
    rows[j, CHANNEL] = rows[opened[found, _PARTS], CHANNEL]
    rows[j, FILL] = rows[opened[found, _PARTS + of - 1], FILL]
    b[at], b[at + 1] = 44, 48 + rows[j, FILL]
    rows[j, PAY], rows[j, LEN], rows[j, T], rows[j, STATION] = start, at - start, t, station
    rows[j, FIRST] = first
    counts[SIDE] = at + 2


@_inner
def _unlink(opened: Any, heads: Any, bucket: Any, before: Any, at: Any) -> None:
    if before < 0:
        heads[bucket] = opened[at, _NEXT]
    else:
        opened[before, _NEXT] = opened[at, _NEXT]


@njit(cache=True)
def assemble(
    b: Any, rows: Any, n: Any, closing: Any, last_line: Any, rejects: Any, counts: Any, parts: Any, opened: Any,
    heads: Any, left: Any,
) -> Any:  # fmt: skip
    """Put parts together in ``rows[:n]``. Rows that complete a message become the whole of it.

    Args:
        b: the bytes; room for the joined payloads is behind ``counts[SIDE]``.
        rows: sentences; ``WHOLE`` becomes 1 + the row in ``parts`` where several sentences make a message.
        n: number of rows.
        closing: the input ends here: what is open is lost.
        last_line: number of the last line read.
        rejects: lost parts are appended.
        counts: as in ``scan``.
        parts: becomes the rows of the parts of each message of several; half as many as there are such sentences.
        opened: open messages; as many as there are such sentences, all -1.
        heads: newest open message by bucket, all -1.
        left: becomes true for the rows of the parts that are still open.
    """
    n_parts, n_opened = 0, int64(0)
    for j in range(n):
        if rows[j, OF] == 1:
            continue
        key, t, station = rows[j, KEY], rows[j, T], rows[j, STATION]
        column = _PARTS + rows[j, PART] - 1
        bucket = (key ^ (key >> 31)) & (BUCKETS - 1)
        found, of_key = int64(-1), 0
        before, at = int64(-1), heads[bucket]
        while at >= 0:
            after = opened[at, _NEXT]
            drop = False
            if opened[at, _KEY] == key and rows[j, LINE] - opened[at, _LINE] > LINES_MAX:
                drop = True
            elif opened[at, _KEY] == key:
                of_key += 1
                told, heard = opened[at, _T], opened[at, _STATION]
                near = t == NO_TIME or told == NO_TIME or abs(t - told) <= TIME_MAX_US
                same = station < 0 or heard < 0 or station == heard
                if of_key > OPEN_MAX:
                    drop = True
                elif near and same:
                    held = opened[at, column]
                    if held < 0:
                        found = at
                        break
                    drop = rows[held, STATION] == station and not _same(b, rows, held, j)
            if drop:
                _lose(rows, opened, at, rejects, counts)
                _unlink(opened, heads, bucket, before, at)
            else:
                before = at
            at = after
        if found < 0:
            found, before = n_opened, int64(-1)
            n_opened += 1
            opened[found, _KEY], opened[found, _NEXT], opened[found, _T] = key, heads[bucket], NO_TIME
            opened[found, _HELD] = 0
            heads[bucket] = found
        opened[found, column] = j
        opened[found, _HELD] += 1
        opened[found, _LINE] = rows[j, LINE]
        if opened[found, _STATION] < 0:
            opened[found, _STATION] = station
        if opened[found, _T] == NO_TIME:
            opened[found, _T] = t
        if opened[found, _HELD] < rows[j, OF]:
            continue
        _unlink(opened, heads, bucket, before, found)
        _join(b, rows, opened, found, j, counts)
        for k in range(9):
            parts[n_parts, k] = opened[found, _PARTS + k]
            opened[found, _PARTS + k] = -1
        n_parts += 1
        rows[j, WHOLE] = n_parts
    for i in range(n_opened):
        if closing or last_line - opened[i, _LINE] > LINES_MAX:
            _lose(rows, opened, i, rejects, counts)
        else:
            for k in range(9):
                if opened[i, _PARTS + k] >= 0:
                    left[opened[i, _PARTS + k]] = True


def room(n: int, several: int) -> tuple[Any, Any, Any, Any]:
    """Arrays for the last four arguments of ``assemble``."""
    return (
        np.full((several // 2 + 1, 9), -1, np.int64),
        np.full((several + 1, OPEN_COLUMNS), -1, np.int64),
        np.full(BUCKETS, -1, np.int64),
        np.zeros(n, np.bool_),
    )
