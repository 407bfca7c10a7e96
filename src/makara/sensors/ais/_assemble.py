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

from makara.sensors.ais._scan import (
    CHANNEL,
    CODE,
    FILL,
    FIRST,
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
)

TIME_MAX_US: Final = 60_000_000
"""Parts received more than a minute apart do not belong together."""
OPEN_MAX: Final = 256
"""Open messages of one key; the oldest is given up beyond that."""
_BUCKETS: Final = 4_096
# Columns of an open message; the rows of its parts follow, -1 where missing.
_KEY, _NEXT, _LINE, _T, _STATION, _HELD, _PARTS = range(7)


@njit(cache=True)
def _same(b: Any, x: Any, y: Any) -> Any:
    """Whether two parts have the same payload."""
    if x[LEN] != y[LEN]:
        return False
    i = 0
    while i < x[LEN] and b[x[PAY] + i] == b[y[PAY] + i]:
        i += 1
    return i == x[LEN]


@njit(cache=True)
def _lose(rows: Any, opened: Any, rejects: Any, counts: Any) -> None:
    """Reject the parts of an open message."""
    for k in range(9):
        j = opened[_PARTS + k]
        if j < 0:
            continue
        row, bad = rows[j], rejects[counts[N_REJECTS]]
        bad[LINE], bad[OFFSET], bad[RAW], bad[RAW_END] = row[LINE], row[OFFSET], row[RAW], row[RAW_END]
        bad[CODE], bad[A], bad[B] = LOST, row[PART], row[OF]
        counts[N_REJECTS] += 1
        opened[_PARTS + k] = -1


@njit(cache=True)
def _join(b: Any, rows: Any, opened: Any, j: Any, counts: Any) -> None:
    """Make row j, which completes the message, the whole of it; its payload goes to ``b[counts[SIDE]:]``."""
    of = rows[j, OF]
    at = counts[SIDE]
    start = at
    t, station = int64(NO_TIME), int64(-1)
    first = rows[j, LINE]
    for k in range(of):
        part = rows[opened[_PARTS + k]]
        for i in range(part[LEN]):
            b[at + i] = b[part[PAY] + i]
        at += part[LEN]
        t = part[T] if t == NO_TIME else t
        station = part[STATION] if station < 0 else station
        first = min(first, part[LINE])
    row = rows[j]
    row[CHANNEL] = rows[opened[_PARTS], CHANNEL]
    row[FILL] = rows[opened[_PARTS + of - 1], FILL]
    b[at], b[at + 1] = 44, 48 + row[FILL]
    row[PAY], row[LEN], row[T], row[STATION], row[FIRST] = start, at - start, t, station, first
    counts[SIDE] = at + 2


@njit(cache=True)
def assemble(b: Any, rows: Any, n: Any, closing: Any, last_line: Any, rejects: Any, counts: Any) -> Any:
    """Put parts together in ``rows[:n]``. Rows that complete a message become the whole of it.

    Args:
        b: the bytes; room for the joined payloads is behind ``counts[SIDE]``.
        rows: sentences; ``WHOLE`` becomes 1 + the row in the first result where several sentences make a message.
        n: number of rows.
        closing: the input ends here: what is open is lost.
        last_line: number of the last line read.
        rejects: lost parts are appended.
        counts: as in ``scan``.

    Returns:
        Rows of the parts of each message of several; rows of the parts that are still open, in order.
    """
    several = 0
    for j in range(n):
        several += rows[j, OF] > 1
    parts = np.full((several // 2 + 1, 9), -1, np.int64)
    n_parts = 0
    opened = np.full((several + 1, _PARTS + 9), -1, np.int64)
    n_opened = 0
    heads = np.full(_BUCKETS, -1, np.int64)
    for j in range(n):
        row = rows[j]
        if row[OF] == 1:
            continue
        key = row[KEY]
        bucket = (key ^ (key >> 31)) & (_BUCKETS - 1)
        found, of_key = int64(-1), 0
        before, at = int64(-1), heads[bucket]
        while at >= 0:
            o = opened[at]
            after = o[_NEXT]
            drop = False
            if o[_KEY] == key and row[LINE] - o[_LINE] > LINES_MAX:
                drop = True
            elif o[_KEY] == key:
                of_key += 1
                if of_key > OPEN_MAX:
                    drop = True
                else:
                    near = row[T] == NO_TIME or o[_T] == NO_TIME or abs(row[T] - o[_T]) <= TIME_MAX_US
                    same = row[STATION] < 0 or o[_STATION] < 0 or row[STATION] == o[_STATION]
                    if near and same:
                        held = o[_PARTS + row[PART] - 1]
                        if held < 0:
                            found = at
                        elif rows[held, STATION] == row[STATION] and not _same(b, rows[held], row):
                            drop = True
            if drop:
                _lose(rows, o, rejects, counts)
                if before < 0:
                    heads[bucket] = after
                else:
                    opened[before, _NEXT] = after
            else:
                before = at
            at = after
            if found >= 0:
                break
        if found < 0:
            found = int64(n_opened)
            n_opened += 1
            o = opened[found]
            o[_KEY], o[_NEXT], o[_T], o[_STATION], o[_HELD] = key, heads[bucket], NO_TIME, -1, 0
            heads[bucket] = found
        o = opened[found]
        o[_PARTS + row[PART] - 1] = j
        o[_HELD] += 1
        o[_STATION] = row[STATION] if o[_STATION] < 0 else o[_STATION]
        o[_T] = row[T] if o[_T] == NO_TIME else o[_T]
        o[_LINE] = row[LINE]
        if o[_HELD] < row[OF]:
            continue
        before, at = int64(-1), heads[bucket]
        while at != found:
            before, at = at, opened[at, _NEXT]
        if before < 0:
            heads[bucket] = o[_NEXT]
        else:
            opened[before, _NEXT] = o[_NEXT]
        _join(b, rows, o, j, counts)
        for k in range(9):
            parts[n_parts, k] = o[_PARTS + k]
            o[_PARTS + k] = -1
        n_parts += 1
        row[WHOLE] = n_parts
    left = np.zeros(n, np.bool_)
    for i in range(n_opened):
        o = opened[i]
        if closing or last_line - o[_LINE] > LINES_MAX:
            _lose(rows, o, rejects, counts)
        else:
            for k in range(9):
                if o[_PARTS + k] >= 0:
                    left[o[_PARTS + k]] = True
    return parts[:n_parts], np.flatnonzero(left)
