"""Two kernels, compiled: numbers of a product to whole-number intensities, and the test of each pixel against its ring.

Blocks are counted from the scene's first pixel and all sums are of whole numbers, so a result does not depend on how
the scene was cut into tiles. The kernels hold no lock: threads run them side by side.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

BLOCK: Final = 64
"""Pixels of a block: of the median, between nodes of the calibration, and around a tile."""
CELL: Final = 8
"""Pixels of a cell of the mask of water."""
UNIT: Final = 1e6
"""Intensities are kept as sigma nought times this."""
OUTER: Final = 30
"""Reach of the ring, pixels."""
GUARD: Final = 10
"""Reach of the inside of the ring, which is no background, pixels."""
RING: Final = (2 * OUTER + 1) ** 2 - (2 * GUARD + 1) ** 2
LEAST: Final = RING // 4
"""Pixels of background without which a pixel is not tested."""
_EVERY: Final = 4
_SIDE: Final = BLOCK // CELL
_CEILING: Final = 40_000_000
"""Brightest background: keeps the sums of squares inside 64 bits."""
_BRIGHTEST: Final = np.float32(2.0e9)
_COUNT: Final = 44
"""Sums of intensities lie below this bit, the number of them above."""


@njit(nogil=True, cache=True)
def calibrate(numbers: Any, line0: int, pixel0: int, gain: Any, water: Any, cap: float, power: int, out: Any, low: Any) -> None:  # fmt: skip  # noqa: E501
    """Numbers of a tile to intensities.

    Args:
        numbers: the tile, whole blocks; 0 or NaN: no data.
        line0, pixel0: the tile's first pixel in the scene, multiples of BLOCK.
        gain: ``UNIT`` times the factor to sigma nought, float32, at every BLOCK-th line and pixel.
        water: 1 where the sea is looked at, by CELL.
        cap: medians of a block above which a pixel is no background; 0: all are.
        power: 2 for amplitudes, 1 for intensities.
        out: filled with sigma nought x UNIT + 1, rounded; 0: no data, land.
        low: the same where it is background, else 0.
    """
    height, width = numbers.shape
    some = np.empty((BLOCK // _EVERY) ** 2 + 1, np.int32)
    for top in range(0, height, BLOCK):
        for left in range(0, width, BLOCK):
            i, j = (line0 + top) // BLOCK, (pixel0 + left) // BLOCK
            inside = i >= 0 and j >= 0 and i + 1 < gain.shape[0] and j + 1 < gain.shape[1]
            cells = 0
            if inside:
                for y in range(i * _SIDE, (i + 1) * _SIDE):
                    for x in range(j * _SIDE, (j + 1) * _SIDE):
                        cells += water[y, x] != 0
            if cells == 0:
                out[top : top + BLOCK, left : left + BLOCK] = 0
                low[top : top + BLOCK, left : left + BLOCK] = 0
                continue
            n = 0
            for r in range(top, top + BLOCK):
                f = np.float32((r - top) / BLOCK)
                g0 = gain[i, j] * (np.float32(1.0) - f) + gain[i + 1, j] * f
                g1 = gain[i, j + 1] * (np.float32(1.0) - f) + gain[i + 1, j + 1] * f
                step = (g1 - g0) / np.float32(BLOCK)
                # Rows of a block as arrays of their own: the loops over them become vector instructions.
                given, row = numbers[r][left : left + BLOCK], out[r][left : left + BLOCK]
                for c in range(BLOCK):
                    v = np.float32(given[c])
                    s = (v * v if power == 2 else v) * (g0 + step * np.float32(c))
                    s = s if s < _BRIGHTEST else _BRIGHTEST
                    # NaN is larger than nothing.
                    s = s + np.float32(1.5) if v > np.float32(0.0) or v < np.float32(0.0) else np.float32(0.0)
                    row[c] = np.int32(s)
                if cells < _SIDE * _SIDE:
                    for x in range(_SIDE):
                        if not water[(line0 + r) // CELL, j * _SIDE + x]:
                            row[x * CELL : (x + 1) * CELL] = 0
                if r % _EVERY == 0:
                    for c in range(0, BLOCK, _EVERY):
                        some[n] = row[c]
                        n += row[c] > 0
            limit = np.int32(_CEILING)
            if cap > 0.0 and n > 8:
                limit = np.int32(min(cap * np.median(some[:n]), float(_CEILING)))
            for r in range(top, top + BLOCK):
                row, kept = out[r][left : left + BLOCK], low[r][left : left + BLOCK]
                for c in range(BLOCK):
                    kept[c] = row[c] if row[c] <= limit else np.int32(0)


@njit(nogil=True, cache=True)
def _share(noise: Any, line: int, pixel: int, mean: float) -> Any:
    """The share of thermal noise in a mean, bilinear between its nodes."""
    i, j = line // BLOCK, pixel // BLOCK
    u, v = (line - i * BLOCK) / BLOCK, (pixel - j * BLOCK) / BLOCK
    top = noise[i, j] * (1.0 - v) + noise[i, j + 1] * v
    below = noise[i + 1, j] * (1.0 - v) + noise[i + 1, j + 1] * v
    return max((top * (1.0 - u) + below * u) / mean, 0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def ring_test(bright: Any, low: Any, width: int, line0: int, pixel0: int, c0: float, per_c: float, grow: Any, seed: Any, normal: bool, shares: Any, noise: Any, at: Any, told: Any) -> int:  # fmt: skip  # noqa: E501
    """Test all pixels of a tile but the blocks around it.

    Args:
        bright, low: as :func:`calibrate` gives them.
        width: columns to test, from the second block on.
        line0, pixel0: as for :func:`calibrate`.
        c0, per_c, grow, seed, normal, shares: the thresholds.
        noise: thermal noise x UNIT, at every BLOCK-th line and pixel.
        at: filled with line and pixel in the tile, and 1 for a seed.
        told: filled with the ratio to the background's mean, this mean (sigma nought), and its ``c``.

    Returns:
        How many stand out; more than there is room for: only so many are filled in.
    """
    columns = low.shape[1]
    one = np.int64(1) << _COUNT
    mask = one - 1
    # Sums over columns of the outer and the inner square: of values with their number, and of squares.
    a, aa = np.zeros(columns, np.int64), np.zeros(columns, np.int64)
    b, bb = np.zeros(columns, np.int64), np.zeros(columns, np.int64)
    for r in range(BLOCK - 1 - OUTER, BLOCK + OUTER):
        inside = BLOCK - 1 - GUARD <= r < BLOCK + GUARD
        for c in range(columns):
            x = np.int64(low[r, c])
            p, q = x + (one if x > 0 else 0), x * x
            a[c] += p
            aa[c] += q
            if inside:
                b[c] += p
                bb[c] += q
    k, room, last = 0, at.shape[0], grow.shape[1] - 1
    least = 1.0 if normal else grow[0, 0]
    for r in range(BLOCK, low.shape[0] - BLOCK):
        new, old, new_in, old_in = low[r + OUTER], low[r - OUTER - 1], low[r + GUARD], low[r - GUARD - 1]
        for c in range(columns):
            x, y = np.int64(new[c]), np.int64(old[c])
            a[c] += x - y + ((one if x > 0 else 0) - (one if y > 0 else 0))
            aa[c] += x * x - y * y
        for c in range(columns):
            x, y = np.int64(new_in[c]), np.int64(old_in[c])
            b[c] += x - y + ((one if x > 0 else 0) - (one if y > 0 else 0))
            bb[c] += x * x - y * y
        s, ss = np.int64(0), np.int64(0)
        for c in range(BLOCK - 1 - OUTER, BLOCK + OUTER):
            s += a[c]
            ss += aa[c]
        for c in range(BLOCK - 1 - GUARD, BLOCK + GUARD):
            s -= b[c]
            ss -= bb[c]
        for c in range(BLOCK, BLOCK + width):
            s += (a[c + OUTER] - a[c - OUTER - 1]) - (b[c + GUARD] - b[c - GUARD - 1])
            ss += (aa[c + OUTER] - aa[c - OUTER - 1]) - (bb[c + GUARD] - bb[c - GUARD - 1])
            x = np.int64(bright[r, c])
            n, total = s >> _COUNT, s & mask
            # The lowest threshold first.
            if float(x) * float(n) <= least * float(total) or n < LEAST:
                continue
            mean = total / n
            spread = ss / n / (mean * mean)
            if normal:
                sd = np.sqrt(max(spread - 1.0, 0.0))
                lax, strict = 1.0 + grow[0, 0] * sd, 1.0 + seed[0, 0] * sd
            else:
                i = min(max(int((spread - c0) * per_c), 0), last)
                lax, strict = grow[0, i], seed[0, i]
                part = _share(noise, line0 + r, pixel0 + c, mean) if shares.size > 1 else 0.0
                if part > 0.0:
                    j = 0
                    while j < shares.size - 2 and part >= shares[j + 1]:
                        j += 1
                    f = min((part - shares[j]) / (shares[j + 1] - shares[j]), 1.0)
                    lax = grow[j, i] + f * (grow[j + 1, i] - grow[j, i])
                    strict = seed[j, i] + f * (seed[j + 1, i] - seed[j, i])
            if x > lax * mean:
                if k < room:
                    at[k, 0], at[k, 1], at[k, 2] = r, c, x > strict * mean
                    told[k, 0], told[k, 1], told[k, 2] = x / mean, mean / UNIT, spread
                k += 1
    return k
