"""Ids that are the same on every node: XXH64 for bulk keys, SHA-256 of canonical JSON for the others.

Bulk keys hash the length-prefixed little-endian key fields (u32 length, then the bytes; null has length 0xFFFFFFFF
and no bytes). Integers and times (microseconds) are 8 bytes signed; text is UTF-8. Feed ids stay out of keys.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, Final

import numpy as np
import polars as pl
import rfc8785
from numba import njit, uint64
from numpy.typing import NDArray

_P1: Final = np.uint64(0x9E3779B185EBCA87)
_P2: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_P3: Final = np.uint64(0x165667B19E3779F9)
_P4: Final = np.uint64(0x85EBCA77C2B2AE63)
_P5: Final = np.uint64(0x27D4EB2F165667C5)
_NULL: Final = np.uint32(0xFFFFFFFF)
_ID: Final = re.compile(r"[a-z]{2}[a-z2-7]{26}")


@njit(cache=True, inline="always")
def _rotl(x: Any, r: int) -> Any:
    return uint64(uint64(x << uint64(r)) | uint64(x >> uint64(64 - r)))


@njit(cache=True, inline="always")
def _round(acc: Any, lane: Any) -> Any:
    return uint64(_rotl(uint64(acc + lane * _P2), 31) * _P1)


@njit(cache=True, inline="always")
def _read(b: Any, i: int, n: int) -> Any:
    v = uint64(0)
    for k in range(n):
        v |= uint64(b[i + k]) << uint64(8 * k)
    return v


@njit(cache=True)
def _xxh64(b: Any, start: int, end: int) -> Any:
    """XXH64 with seed 0 of b[start:end] (Collet, XXH64 specification 0.1.1)."""
    n = end - start
    i = start
    if n >= 32:
        v1 = uint64(_P1 + _P2)
        v2 = uint64(_P2)
        v3 = uint64(0)
        v4 = uint64(uint64(0) - _P1)
        while i + 32 <= end:
            v1 = _round(v1, _read(b, i, 8))
            v2 = _round(v2, _read(b, i + 8, 8))
            v3 = _round(v3, _read(b, i + 16, 8))
            v4 = _round(v4, _read(b, i + 24, 8))
            i += 32
        h = uint64(_rotl(v1, 1) + _rotl(v2, 7) + _rotl(v3, 12) + _rotl(v4, 18))
        for v in (v1, v2, v3, v4):
            h = uint64((h ^ _round(uint64(0), v)) * _P1 + _P4)
    else:
        h = uint64(_P5)
    h = uint64(h + uint64(n))
    while i + 8 <= end:
        h = uint64(_rotl(uint64(h ^ _round(uint64(0), _read(b, i, 8))), 27) * _P1 + _P4)
        i += 8
    if i + 4 <= end:
        h = uint64(_rotl(uint64(h ^ uint64(_read(b, i, 4) * _P1)), 23) * _P2 + _P3)
        i += 4
    while i < end:
        h = uint64(_rotl(uint64(h ^ uint64(uint64(b[i]) * _P5)), 11) * _P1)
        i += 1
    h = uint64((h ^ (h >> uint64(33))) * _P2)
    h = uint64((h ^ (h >> uint64(29))) * _P3)
    return uint64(h ^ (h >> uint64(32)))


@njit(cache=True)
def _hash_rows(b: Any, ends: Any) -> Any:
    out = np.empty(ends.size, np.uint64)
    start = 0
    for i in range(ends.size):
        out[i] = _xxh64(b, start, ends[i])
        start = ends[i]
    return out


@njit(cache=True)
def _put(out: Any, at: Any, data: Any, starts: Any, lengths: Any, valid: Any) -> None:
    for i in range(at.size):
        p = at[i]
        n = lengths[i] if valid[i] else 0xFFFFFFFF
        for k in range(4):
            out[p + k] = (n >> (8 * k)) & 0xFF
        p += 4
        if valid[i]:
            for k in range(lengths[i]):
                out[p + k] = data[starts[i] + k]
            p += lengths[i]
        at[i] = p


def _column(s: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Bytes, starts, lengths and validity of a column."""
    valid = s.is_not_null().to_numpy()
    n = len(s)
    if isinstance(s.dtype, pl.Datetime) or s.dtype.is_integer():
        whole = s.cast(pl.Datetime("us", "UTC")) if isinstance(s.dtype, pl.Datetime) else s
        data = whole.to_physical().cast(pl.Int64).fill_null(0).to_numpy().astype("<i8").view(np.uint8)
        return data, np.arange(n, dtype=np.int64) * 8, np.full(n, 8, np.int64), valid
    binary = (s.cast(pl.String).cast(pl.Binary) if s.dtype != pl.Binary else s).fill_null(b"")
    lengths = binary.bin.size().cast(pl.Int64).to_numpy()
    data = np.frombuffer(b"".join(binary.to_list()), np.uint8)
    return data, np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64) if n else lengths, lengths, valid


def bulk(*fields: pl.Series) -> pl.Series:
    """Bulk keys (i64) of rows from their key fields, in the declared order.

    Args:
        fields: columns of equal length; integers, times (UTC), text or binary. Floats are refused: round and
            scale them to integers first, as the table declares.

    Returns:
        Int64 series: XXH64, seed 0, as two's complement.

    Raises:
        TypeError: a field is a float.
    """
    n = len(fields[0])
    columns = []
    for s in fields:
        if s.dtype.is_float():
            raise TypeError(f"key field {s.name!r} is a float; scale it to an integer first")
        columns.append(_column(s))
    row = np.zeros(n, np.int64)
    for _, _, lengths, valid in columns:
        row += 4 + np.where(valid, lengths, 0)
    ends = np.cumsum(row)
    out = np.empty(int(ends[-1]) if n else 0, np.uint8)
    at = ends - row
    for data, starts, lengths, valid in columns:
        _put(out, at, data if data.size else np.zeros(1, np.uint8), starts, lengths, valid)
    return pl.Series("key", _hash_rows(out, ends).view(np.int64), dtype=pl.Int64)


def ident(prefix: str, *fields: Any) -> str:
    """An id of a two-letter prefix and 26 letters from key fields (JSON values; times as ISO text with Z).

    SHA-256 of the RFC 8785 canonical JSON of the list of fields, first 16 bytes, base32 in lower case.
    """
    digest = hashlib.sha256(rfc8785.dumps(list(fields))).digest()[:16]
    return prefix + base64.b32encode(digest).decode("ascii").rstrip("=").lower()


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
