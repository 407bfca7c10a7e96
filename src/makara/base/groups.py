"""Rows numbered by a pair of whole numbers that they share, and what values range over in each group."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from makara.base.compiled import njit

_FIRST_SLOTS: Final = 1 << 12
_A: Final = np.uint64(0x9E3779B185EBCA87)
_B: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_HALF: Final = np.uint64(32)


@njit(cache=True)
def _slot(slots: Any, first: Any, a: Any, b: Any, row: int) -> Any:
    """Where the group of a row is, or would be, in open slots."""
    mask = uint64(slots.size - 1)
    h = uint64(uint64(a[row]) * _A + uint64(b[row]) * _B)
    at = uint64(h ^ (h >> _HALF)) & mask
    while slots[at] >= 0:
        held = first[slots[at]]
        if a[held] == a[row] and b[held] == b[row]:
            break
        at = uint64(at + uint64(1)) & mask
    return at


@njit(cache=True)
def _number(a: Any, b: Any, number: Any, first: Any) -> int:
    """Fill the number of each row, and the first row of each group; answers how many groups there are."""
    slots, n = np.full(_FIRST_SLOTS, -1, np.int64), 0
    for row in range(a.size):
        at = _slot(slots, first, a, b, row)
        if slots[at] < 0:
            if 2 * n >= slots.size:
                slots = np.full(2 * slots.size, -1, np.int64)
                for k in range(n):
                    slots[_slot(slots, first, a, b, first[k])] = k
                at = _slot(slots, first, a, b, row)
            slots[at], first[n] = n, row
            n += 1
        number[row] = slots[at]
    return n


def numbered(a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Groups of equal pairs, numbered as they first come: the number of each row, and the first row of each group."""
    number, first = np.empty(a.size, np.int32), np.empty(a.size, np.int64)
    n = _number(a, b, number, first)
    return number, first[:n].copy()


@njit(cache=True)
def _ends(number: Any, values: Any, low: Any, high: Any) -> None:
    for row in range(number.size):
        k, v = number[row], values[row]
        if not low[k] <= v:  # also where there was none yet
            low[k] = v if v == v else low[k]
        if not high[k] >= v:
            high[k] = v if v == v else high[k]


def ends(
    number: NDArray[np.int32], values: NDArray[np.float64], n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest value of each of ``n`` groups; NaN is no value, and what a group without values gets."""
    low, high = np.full(n, np.nan), np.full(n, np.nan)
    _ends(number, values, low, high)
    return low, high
