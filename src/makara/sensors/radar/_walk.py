"""Finding the data items of ASTERIX records: field specifications, and every form that an item's length can have.

Only lengths are looked at here; what the bytes mean stands in :mod:`makara.sensors.radar.asterix`. A byte that does not
fit ends its data block, never the file: the next block is found by its length.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

FIXED, EXTENDED, REPEATED, COMPOUND, EXPLICIT, SPARE = range(6)
"""Forms of items: so many bytes; bytes until one whose last bit is 0; a count and so many times; a field specification
of sub-items; a length and so many bytes; none (a record that has it cannot be read on)."""
ITEMS: Final = 28
SUBITEMS: Final = 14
CUT, BAD_LENGTH, SPARE_ITEM, OVERRUN, NO_ITEMS = range(1, 6)
"""Faults: the file ends within a block; a block shorter than its head; an item that the category does not have; items
beyond the block's end; a record without items."""

Ints = NDArray[np.int64]


@njit(cache=True, inline="always")
def _octet(b: Any, at: int) -> Any:
    return np.int64(b[at])


@njit(cache=True)
def _item_end(b: Any, at: int, end: int, form: int, size: int, subs: Any) -> Any:
    """Where an item ends; -1 beyond the block's end, -2 where it has a part that the category does not define."""
    if form == 0:
        return at + size if at + size <= end else -1
    if form == 5:
        return -2
    if at >= end:
        return -1
    if form == 1:
        while at < end:
            at += size
            if at > end:
                return -1
            if b[at - 1] & 1 == 0:
                return at
        return -1
    if form == 2:
        at += 1 + _octet(b, at) * size
        return at if at <= end else -1
    if form == 4:
        n = _octet(b, at)
        return at + n if n >= 1 and at + n <= end else -1
    if form == 3:
        present = np.zeros(subs.shape[0], np.bool_)
        k = 0
        while True:
            if at >= end:
                return -1
            octet = _octet(b, at)
            at += 1
            for bit in range(7):
                if octet & (0x80 >> bit):
                    if k + bit >= subs.shape[0] or subs[k + bit, 1] == 0:
                        return -2
                    present[k + bit] = True
            k += 7
            if octet & 1 == 0:
                break
        for i in range(subs.shape[0]):
            if present[i]:
                if subs[i, 0] == 2:
                    if at >= end:
                        return -1
                    at += 1 + _octet(b, at) * subs[i, 1]
                else:
                    at += subs[i, 1]
                if at > end:
                    return -1
        return at
    return -2


@njit(cache=True)
def walk(
    b: Any, final: bool, categories: Any, forms: Any, subs: Any, where: Any, ends: Any, head: Any, faults: Any
) -> tuple[int, int, int, int]:
    """Walk over data blocks and note where each record's items lie.

    Args:
        b: bytes, from the start of a block on.
        final: nothing follows; else an incomplete block at the end is left for later.
        categories: the categories known.
        forms: (category, item, (form, size)).
        subs: (category, item, sub-item, (form, size)).
        where: out, (record, item): offset of each item, -1 where absent.
        ends: out, (record, item): where each item ends.
        head: out, (record, 2): number of the category in ``categories``, offset of the record.
        faults: out, (fault, 4): offset, what, category, bytes of the block.

    Returns:
        Bytes walked over, records, faults, blocks of other categories. Stops where an output is full.
    """
    at, n, bad, other = 0, 0, 0, 0
    size = b.size
    while at < size:
        if bad >= faults.shape[0]:
            break
        if size - at < 3:
            if final:
                faults[bad] = (at, 1, -1, size - at)
                bad += 1
                at = size
            break
        category, length = _octet(b, at), _octet(b, at + 1) * 256 + _octet(b, at + 2)
        if length < 3:
            faults[bad] = (at, 2, category, size - at)
            bad += 1
            at = size  # where the next block begins nobody knows
            break
        if at + length > size:
            if final:
                faults[bad] = (at, 1, category, size - at)
                bad += 1
                at = size
            break
        k = -1
        for i in range(categories.size):
            if categories[i] == category:
                k = i
        if k < 0:
            other += 1
            at += length
            continue
        if n + length > where.shape[0]:
            break
        end = at + length
        p = at + 3
        while p < end:
            start = p
            fault = 0
            for i in range(28):
                where[n, i] = -1
                ends[n, i] = -1
            item = 0
            some = False
            while True:  # the field specification
                if p >= end:
                    fault = 4
                    break
                octet = _octet(b, p)
                p += 1
                for bit in range(7):
                    if octet & (0x80 >> bit):
                        some = True
                        if item + bit >= 28:
                            fault = 3
                        else:
                            where[n, item + bit] = 0
                item += 7
                if octet & 1 == 0:
                    break
            if fault == 0 and not some:
                fault = 5
            if fault == 0:
                for i in range(28):
                    if where[n, i] == 0:
                        where[n, i] = p
                        stop = _item_end(b, p, end, forms[k, i, 0], forms[k, i, 1], subs[k, i])
                        if stop < 0:
                            fault = 4 if stop == -1 else 3
                            break
                        ends[n, i] = stop
                        p = stop
            if fault:
                faults[bad] = (start, fault, category, end - start)
                bad += 1
                break
            head[n, 0], head[n, 1] = k, start
            n += 1
        at = end
    return at, n, bad, other
