"""A set of bulk keys: 16 to 25 bytes a key, a hundred nanoseconds a question, no Python per row."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import uint64
from numpy.typing import NDArray

from makara.base.compiled import njit

_FIRST_SLOTS: Final = 1 << 16
_FULL: Final = 0.65
"""Share of slots from which on the set grows."""


@njit(cache=True)
def _put(slots: Any, key: Any) -> bool:
    """Put a key, which is not 0, into open slots; answers whether it was new. Keys are hashes: their bits are slots."""
    mask = uint64(slots.size - 1)
    at = uint64(key) & mask
    while slots[at] != 0:
        if slots[at] == key:
            return False
        at = (at + uint64(1)) & mask
    slots[at] = key
    return True


@njit(cache=True)
def _put_all(slots: Any, keys: Any, new: Any) -> int:
    found = 0
    for i in range(keys.size):
        new[i] = _put(slots, keys[i])
        found += new[i]
    return found


@njit(cache=True)
def _move(old: Any, slots: Any) -> None:
    for key in old:
        if key != 0:
            _put(slots, key)


class KeySet:
    """Bulk keys (Int64 series) that were seen."""

    def __init__(self) -> None:
        self._slots: NDArray[np.int64] = np.zeros(_FIRST_SLOTS, np.int64)
        self._n = 0
        self._zero = False

    def add(self, keys: pl.Series) -> pl.Series:
        """Take keys in; answers for each whether it was not there before, nor earlier in the series."""
        given = keys.to_numpy()
        self._grow(self._n + given.size)
        new = np.empty(given.size, np.bool_)
        zero = given == 0  # an empty slot's own sign
        if zero.any():
            rest = np.flatnonzero(~zero)
            part = np.empty(rest.size, np.bool_)
            self._n += _put_all(self._slots, given[rest], part)
            new[rest], new[zero] = part, False
            new[np.argmax(zero)] = not self._zero
            self._zero = True
        else:
            self._n += _put_all(self._slots, given, new)
        return pl.Series("new", new)

    def _grow(self, n: int) -> None:
        size = self._slots.size
        while n > size * _FULL:
            size *= 2
        if size > self._slots.size:
            slots = np.zeros(size, np.int64)
            _move(self._slots, slots)
            self._slots = slots
