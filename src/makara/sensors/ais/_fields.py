"""Payloads to fields, compiled: six-bit characters to bits, bits to numbers and text, text to Arrow's views.

Numba's cache does not see changes in other files: after a change here, touch ``_scan.py``, ``_assemble.py`` and
``_extract.py``, whose compiled functions include this.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import int64, njit, uint64

from makara.sensors.ais._text import (
    load8,
)

WORDS: Final = 1024
"""Words of 64 bits that hold a payload: nine parts of 1,024 characters and room to read beyond."""
_VALUE: Final = np.array([c - 48 if 48 <= c < 88 else c - 56 if 96 <= c < 120 else 255 for c in range(256)], np.uint8)
"""Value of each character of a payload; 255 for those that may not stand there."""
_INSIDE: Final = 12
"""Text up to this length lies in its view itself."""
_ZERO: Final = np.uint64(0)
_ONES, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)

_inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Functions that only compiled ones call."""


@_inner
def _copy(b: Any, p: Any, n: Any, out: Any, at: Any) -> None:
    """Copy bytes, eight at a time; up to seven beyond are read and written, for which there is room."""
    i = int64(0)
    while i < n:
        word = load8(b, p + i)
        k = uint64(at + i)
        for o in range(8):
            out[k + uint64(o)] = np.uint8(word >> uint64(8 * o))
        i += 8


@_inner
def _eight(b: Any, p: Any, left: Any) -> Any:
    """The 48 bits of eight characters at p, those beyond ``left`` zero, and whether all may stand in a payload."""
    if left <= 0:
        return _ZERO, True
    word = load8(b, p)
    if left < 8:
        inside = (uint64(1) << uint64(8 * left)) - uint64(1)
        word = (word & inside) | (_ONES * uint64(48) & ~inside)
    # In each byte: at least 48, 88, 96, 120? None has the highest bit, so nothing is carried from byte to byte.
    over = word + _ONES * uint64(32)
    fits = (
        (word + _ONES * uint64(80))
        & ~(word + _ONES * uint64(8))
        & (~(word + _ONES * uint64(40)) | over)
        & ~word
        & _TOPS
    )
    word = word - _ONES * uint64(48) - ((over & _TOPS) >> uint64(4))
    word = ((word & uint64(0x003F003F003F003F)) << uint64(6)) | ((word >> uint64(8)) & uint64(0x003F003F003F003F))
    word = ((word & uint64(0x00000FFF00000FFF)) << uint64(12)) | ((word >> uint64(16)) & uint64(0x00000FFF00000FFF))
    return ((word & uint64(0xFFFFFF)) << uint64(24)) | (word >> uint64(32)), fits == _TOPS


@_inner
def _pack(b: Any, p: Any, n: Any, w: Any) -> Any:
    """Put the bits of ``b[p:p + n]`` into ``w``, with zeros behind; whether all characters may stand in a payload.

    Reads up to 31 bytes beyond, which the buffer has, and leaves them out.
    """
    fits = True
    at, i = int64(0), int64(0)
    while i < n:  # 32 characters are three words
        x, fits_x = _eight(b, p + i, n - i)
        y, fits_y = _eight(b, p + i + 8, n - i - 8)
        z, fits_z = _eight(b, p + i + 16, n - i - 16)
        last, fits_last = _eight(b, p + i + 24, n - i - 24)
        w[at] = (x << uint64(16)) | (y >> uint64(32))
        w[at + 1] = (y << uint64(32)) | (z >> uint64(16))
        w[at + 2] = (z << uint64(48)) | last
        fits = fits and fits_x and fits_y and fits_z and fits_last
        at += 3
        i += 32
    for k in range(at, at + 8):
        w[k] = _ZERO
    return fits


@_inner
def _u(w: Any, start: Any, n: Any) -> Any:
    """An unsigned field of n bits, 1 to 32."""
    i, o = start >> 6, uint64(start & 63)
    # The second shift is by 64 - o in two steps, as a shift by 64 has no meaning.
    v = (w[i] << o) | ((w[i + 1] >> uint64(1)) >> (uint64(63) - o))
    return int64(v >> uint64(64 - n))


@_inner
def _s(w: Any, start: Any, n: Any) -> Any:
    """A signed field."""
    v = _u(w, start, n)
    return v - ((v >> (n - 1)) << n)


@_inner
def _text(w: Any, start: Any, width: Any, more: Any, bits: Any, out: Any, at: Any) -> Any:
    """Six-bit text (table 47) up to the first ``@``, without blanks around it, to ``out[at:]``; where it ends.

    A text that fills its width, not with blanks alone, goes on at ``more`` (-1: nowhere) for up to 14 characters.
    """
    n = min(width, bits - start) // 6
    last = n
    if more >= 0 and bits > more:
        last += min(int64(88), bits - more) // 6
    end = at
    six = int64(6)
    for i in range(last):
        c = _u(w, start + 6 * i if i < n else more + 6 * (i - n), six)
        if c == 0 or (i == n and end == at):
            break
        if c == 32 and end == at:
            continue
        out[end] = c + 64 if c < 32 else c
        end += 1
    while end > at and out[end - 1] == 32:
        end -= 1
    return end


@_inner
def _set(masks: Any, mask: Any, i: Any) -> None:
    masks[mask, i >> 3] |= np.uint8(1 << (i & 7))


@_inner
def _view(views: Any, column: Any, i: Any, out: Any, start: Any, end: Any) -> Any:
    """Make ``out[start:end]`` the text of a row (Arrow's string view); where the next text may begin."""
    n = end - start
    if n > _INSIDE:
        views[column, i, 0] = uint64(n) | (load8(out, start) << uint64(32))
        views[column, i, 1] = uint64(start) << uint64(32)
        return end
    head, tail = load8(out, start), load8(out, start + 8)
    if n < 8:
        head &= (uint64(1) << uint64(8 * n)) - uint64(1)
        tail = _ZERO
    else:
        tail &= (uint64(1) << uint64(8 * (n - 8))) - uint64(1)
    views[column, i, 0] = uint64(n) | (head << uint64(32))
    views[column, i, 1] = (head >> uint64(32)) | (tail << uint64(32))
    return start


@_inner
def _two(out: Any, at: Any, n: Any) -> Any:
    out[at], out[at + 1] = 48 + n // 10, 48 + n % 10
    return at + 2
