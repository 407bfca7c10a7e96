"""Ids that are the same on every node: XXH64 for bulk keys, SHA-256 of canonical JSON for the others.

Bulk keys hash the length-prefixed little-endian key fields (u32 length, then the bytes; null has length 0xFFFFFFFF
and no bytes). Integers and times (microseconds) are 8 bytes signed; text is UTF-8. Feed ids stay out of keys.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, Final, Self

import numpy as np
import polars as pl
import rfc8785
from numba import uint64
from numpy.typing import NDArray

from makara.base.compiled import njit

_P1: Final = np.uint64(0x9E3779B185EBCA87)
_P2: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_P3: Final = np.uint64(0x165667B19E3779F9)
_P4: Final = np.uint64(0x85EBCA77C2B2AE63)
_P5: Final = np.uint64(0x27D4EB2F165667C5)
_1, _2, _3, _4, _5, _6, _7, _8, _16, _24, _32 = (np.uint64(k) for k in (1, 2, 3, 4, 5, 6, 7, 8, 16, 24, 32))
_TEN: Final = np.uint64(10)
_TENS: Final = np.array([10**k for k in range(19)], np.uint64)
_NO_BYTES: Final = 0xFFFFFFFF
_ROWS: Final = 8_192
"""Rows hashed at once: what is laid out for them fits into the cache."""
_ID: Final = re.compile(r"[a-z]{2}[a-z2-7]{26}")


@njit(cache=True, inline="always")
def _rotl(x: Any, r: int) -> Any:
    return uint64(uint64(x << uint64(r)) | uint64(x >> uint64(64 - r)))


@njit(cache=True, inline="always")
def _round(acc: Any, lane: Any) -> Any:
    return uint64(_rotl(uint64(acc + lane * _P2), 31) * _P1)


@njit(cache=True, inline="always")
def _eight(b: Any, i: Any) -> Any:
    """Eight bytes as a number. Unsigned indices throughout: they may not count from the end, so this is one load."""
    low = uint64(b[i]) | uint64(b[i + _1]) << uint64(8) | uint64(b[i + _2]) << uint64(16)
    low |= uint64(b[i + _3]) << uint64(24) | uint64(b[i + _4]) << uint64(32) | uint64(b[i + _5]) << uint64(40)
    return low | uint64(b[i + _6]) << uint64(48) | uint64(b[i + _7]) << uint64(56)


@njit(cache=True)
def _xxh64(b: Any, start: Any, end: Any) -> Any:
    """XXH64 with seed 0 of b[start:end] (Collet, XXH64 specification 0.1.1)."""
    i, e = uint64(start), uint64(end)
    n = e - i
    if n >= _32:
        v1 = uint64(_P1 + _P2)
        v2 = uint64(_P2)
        v3 = uint64(0)
        v4 = uint64(uint64(0) - _P1)
        while i + _32 <= e:
            v1 = _round(v1, _eight(b, i))
            v2 = _round(v2, _eight(b, i + _8))
            v3 = _round(v3, _eight(b, i + _16))
            v4 = _round(v4, _eight(b, i + _24))
            i += _32
        h = uint64(_rotl(v1, 1) + _rotl(v2, 7) + _rotl(v3, 12) + _rotl(v4, 18))
        for v in (v1, v2, v3, v4):
            h = uint64((h ^ _round(uint64(0), v)) * _P1 + _P4)
    else:
        h = uint64(_P5)
    h = uint64(h + n)
    while i + _8 <= e:
        h = uint64(_rotl(uint64(h ^ _round(uint64(0), _eight(b, i))), 27) * _P1 + _P4)
        i += _8
    if i + _4 <= e:
        four = uint64(b[i]) | uint64(b[i + _1]) << _8 | uint64(b[i + _2]) << _16 | uint64(b[i + _3]) << _24
        h = uint64(_rotl(uint64(h ^ uint64(four * _P1)), 23) * _P2 + _P3)
        i += _4
    while i < e:
        h = uint64(_rotl(uint64(h ^ uint64(uint64(b[i]) * _P5)), 11) * _P1)
        i += _1
    h = uint64((h ^ (h >> uint64(33))) * _P2)
    h = uint64((h ^ (h >> uint64(29))) * _P3)
    return uint64(h ^ (h >> _32))


@njit(cache=True)
def _hash_rows(b: Any, starts: Any, ends: Any, out: Any) -> None:
    for i in range(ends.size):
        out[i] = _xxh64(b, starts[i], ends[i])


@njit(cache=True)
def _put_length(out: Any, p: int, n: int) -> int:
    at = uint64(p)
    for k in range(4):
        out[at + uint64(k)] = (n >> (8 * k)) & 0xFF
    return p + 4


@njit(cache=True)
def _put_numbers(out: Any, at: Any, values: Any, valid: Any) -> None:
    for i in range(at.size):
        if valid[i]:
            p = _put_length(out, at[i], 8)
            for k in range(8):
                out[uint64(p) + uint64(k)] = (values[i] >> (8 * k)) & 0xFF
            at[i] = p + 8
        else:
            at[i] = _put_length(out, at[i], _NO_BYTES)


@njit(cache=True)
def _put_bytes(out: Any, at: Any, data: Any, offsets: Any, valid: Any) -> None:
    for i in range(at.size):
        if valid[i]:
            first, n = offsets[i], offsets[i + 1] - offsets[i]
            p = _put_length(out, at[i], n)
            for k in range(n):
                out[p + k] = data[first + k]
            at[i] = p + n
        else:
            at[i] = _put_length(out, at[i], _NO_BYTES)


@njit(cache=True, inline="always")
def put_decimal(out: Any, p: Any, value: Any) -> Any:
    """Write an integer as decimal text at ``out[p]``; answers where it ends. It takes at most 20 bytes."""
    at, left = uint64(p), uint64(value)
    if value < 0:
        out[at] = 45
        at += _1
        left = uint64(-value)
    n = 1
    while n < 19 and left >= _TENS[n]:
        n += 1
    end = at + uint64(n)
    at = end
    while left >= _TEN:
        rest = uint64(left // _TEN)
        at -= _1
        out[at] = uint64(48) + (left - rest * _TEN)
        left = rest
    out[at - _1] = uint64(48) + left
    return np.int64(end)


@njit(cache=True)
def _put_decimals(out: Any, at: Any, values: Any, valid: Any) -> None:
    """One field of each row: its integers as decimal text, joined by commas; null is empty text."""
    for i in range(at.size):
        p = at[i] + 4
        for c in range(values.shape[0]):
            if c:
                out[p] = 44
                p += 1
            if valid[c, i]:
                p = put_decimal(out, p, values[c, i])
        _put_length(out, at[i], p - at[i] - 4)
        at[i] = p


@njit(cache=True)
def _put_all(out: Any, at: Any, field: Any) -> None:
    """The same bytes in each row."""
    for i in range(at.size):
        p = uint64(at[i])
        for k in range(field.size):
            out[p + uint64(k)] = field[k]
        at[i] += field.size


@njit(cache=True)
def _scale(values: Any, factor: float, whole: Any, valid: Any) -> None:
    for i in range(values.size):
        valid[i] = values[i] == values[i]
        whole[i] = np.int64(np.rint(values[i] * factor)) if valid[i] else 0


class Decimals:
    """A key field that is the decimal text of several integer columns, joined by commas; null is empty text."""

    def __init__(self, *columns: pl.Series) -> None:
        self.values = np.stack([c.fill_null(0).cast(pl.Int64).to_numpy() for c in columns])
        self.valid = np.stack([c.is_not_null().to_numpy() for c in columns])

    @classmethod
    def scaled(cls, *columns: tuple[pl.Series, float]) -> Self:
        """Of numbers without NaN, each column with what it is multiplied by before it is rounded."""
        made, n = cls.__new__(cls), len(columns[0][0])
        made.values, made.valid = np.empty((len(columns), n), np.int64), np.empty((len(columns), n), np.bool_)
        for k, (c, factor) in enumerate(columns):
            _scale(c.cast(pl.Float64).to_numpy(), factor, made.values[k], made.valid[k])
        return made


class _Numbers:
    """Integers or instants: 8 bytes each."""

    def __init__(self, s: pl.Series) -> None:
        whole = s.cast(pl.Datetime("us", "UTC")) if isinstance(s.dtype, pl.Datetime) else s
        self.values = whole.to_physical().cast(pl.Int64).fill_null(0).to_numpy()
        self.valid = s.is_not_null().to_numpy()


class _Bytes:
    """Text or binary, as Arrow holds it: one run of bytes and where each value begins."""

    def __init__(self, s: pl.Series) -> None:
        binary = s if s.dtype == pl.Binary else s.cast(pl.String).cast(pl.Binary)
        held = binary.to_arrow(compat_level=pl.CompatLevel.oldest())  # large binary: offsets of 64 bits
        _, offsets, data = held.buffers()
        self.offsets = np.frombuffer(offsets, np.int64)[held.offset : held.offset + len(s) + 1]
        self.data = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
        self.valid = s.is_not_null().to_numpy()


class _Same:
    """A text that all rows share: its bytes with their length."""

    def __init__(self, text: str) -> None:
        told = text.encode()
        self.bytes = np.frombuffer(len(told).to_bytes(4, "little") + told, np.uint8)


_Field = Decimals | _Numbers | _Bytes | _Same


def _field(s: pl.Series | str | Decimals) -> _Field:
    if isinstance(s, Decimals):
        return s
    if isinstance(s, str):
        return _Same(s)
    if s.dtype.is_float():
        raise TypeError(f"key field {s.name!r} is a float; scale it to an integer first")
    return _Numbers(s) if isinstance(s.dtype, pl.Datetime) or s.dtype.is_integer() else _Bytes(s)


def _room(f: _Field, a: int, b: int) -> NDArray[np.int64]:
    """Bytes that a field of rows a to b may take."""
    if isinstance(f, Decimals):
        return np.full(b - a, 4 + 21 * len(f.values), np.int64)
    if isinstance(f, _Same):
        return np.full(b - a, f.bytes.size, np.int64)
    if isinstance(f, _Numbers):
        return 4 + 8 * f.valid[a:b].astype(np.int64)
    return 4 + np.where(f.valid[a:b], np.diff(f.offsets[a : b + 1]), 0)


def _hash(columns: list[_Field], a: int, b: int, out: NDArray[np.uint64]) -> None:
    """Keys of rows a to b: each row's fields are laid one behind the other, then hashed."""
    room = np.sum([_room(f, a, b) for f in columns], axis=0)
    starts = np.cumsum(room) - room
    laid, at = np.empty(int(room.sum()), np.uint8), starts.copy()
    for f in columns:
        if isinstance(f, Decimals):
            _put_decimals(laid, at, f.values[:, a:b], f.valid[:, a:b])
        elif isinstance(f, _Same):
            _put_all(laid, at, f.bytes)
        elif isinstance(f, _Numbers):
            _put_numbers(laid, at, f.values[a:b], f.valid[a:b])
        else:
            _put_bytes(laid, at, f.data, f.offsets[a : b + 1], f.valid[a:b])
    _hash_rows(laid, starts, at, out)


def bulk(*fields: pl.Series | str | Decimals) -> pl.Series:
    """Bulk keys (i64) of rows from their key fields, in the declared order.

    Args:
        fields: columns of equal length, at least one; integers, times (UTC), text or binary; a text that all rows
            share; integers that make up a text (:class:`Decimals`). Floats are refused: round and scale them to
            integers first, as the table declares.

    Returns:
        Int64 series: XXH64, seed 0, as two's complement.

    Raises:
        TypeError: a field is a float.
    """
    n = next(len(f) for f in fields if isinstance(f, pl.Series))
    columns = [_field(f) for f in fields]
    out = np.empty(n, np.uint64)
    for a in range(0, n, _ROWS):
        b = min(a + _ROWS, n)
        _hash(columns, a, b, out[a:b])
    return pl.Series("key", out.view(np.int64), dtype=pl.Int64)


def ident(prefix: str, *fields: Any) -> str:
    """An id of a two-letter prefix and 26 letters from key fields (JSON values; times as ISO text with Z).

    SHA-256 of the RFC 8785 canonical JSON of the list of fields, first 16 bytes, base32 in lower case.
    """
    digest = hashlib.sha256(canonical(list(fields))).digest()[:16]
    return prefix + base64.b32encode(digest).decode("ascii").rstrip("=").lower()


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON; of text, whole numbers and lists the standard encoder makes the same in a tenth."""
    if _plain(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return rfc8785.dumps(value)


def _plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return isinstance(value, str) or value is None or (isinstance(value, int) and abs(value) < 1 << 53)


def is_ident(text: str, prefix: str | None = None) -> bool:
    """Whether text has the form of an id (of that prefix)."""
    return _ID.fullmatch(text) is not None and (prefix is None or text.startswith(prefix))


def mover(scheme: str, own_id: str | int) -> int:
    """The mover number: the MMSI for AIS; for other schemes minus a 62-bit hash of ``scheme:id``."""
    if scheme == "mmsi":
        return int(own_id)
    data = np.frombuffer(f"{scheme}:{own_id}".encode(), np.uint8)
    return -int(int(_xxh64(data, 0, data.size)) >> 2)


def movers(scheme: str, own_ids: pl.Series) -> pl.Series:
    """Mover numbers of a column of ids, as :func:`mover` gives them one by one. Null stays null."""
    if scheme == "mmsi":
        return own_ids.cast(pl.Int64)
    names = own_ids.unique().drop_nulls()
    table = {name: mover(scheme, name) for name in names.to_list()}
    return own_ids.replace_strict(table, default=None, return_dtype=pl.Int64)


def content_hash(data: bytes) -> str:
    """SHA-256 of bytes, hex: how files and chips are known."""
    return hashlib.sha256(data).hexdigest()
