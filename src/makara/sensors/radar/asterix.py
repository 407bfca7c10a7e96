"""ASTERIX categories 010 and 048: target reports of coastal and surveillance radars, out of bytes.

Sources: EUROCONTROL-SPEC-0149-4 (category 048, monoradar target reports, edition 1.31) and SUR.ET1.ST05.2000-STD-07-01
(category 010, monosensor surface movement data, edition 1.1). Items that tell nothing of a vessel are skipped by their
lengths, reserved and special purpose fields included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.units import KN_M_S, NMI_M
from makara.sensors.radar._walk import COMPOUND, EXPLICIT, EXTENDED, FIXED, ITEMS, REPEATED, SPARE, SUBITEMS, walk

CATEGORIES: Final = (10, 48)
FAULTS: Final = {
    1: ("truncated", "the file ends within a data block"),
    2: ("bad_row", "a data block gives a length below that of its head; what follows cannot be read"),
    3: ("bad_row", "a record has an item that its category does not define; the rest of its block cannot be read"),
    4: ("bad_row", "a record's items reach beyond its block; the rest of the block cannot be read"),
    5: ("bad_row", "a record holds no items; the rest of its block cannot be read"),
}
"""Reason and words of faults."""
_MOST: Final = 1000
_ROOM: Final = 200_000
"""Faults and records that one walk has room for; a block holds fewer than 65,536."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Offsets = NDArray[np.int32]
Item = tuple[int, int]

_F, _X, _R, _C, _E, _S = FIXED, EXTENDED, REPEATED, COMPOUND, EXPLICIT, SPARE
_UAP: Final[dict[int, list[tuple[str, int, int]]]] = {
    10: [
        ("010", _F, 2), ("000", _F, 1), ("020", _X, 1), ("140", _F, 3), ("041", _F, 8), ("040", _F, 4), ("042", _F, 4),
        ("200", _F, 4), ("202", _F, 4), ("161", _F, 2), ("170", _X, 1), ("060", _F, 2), ("220", _F, 3), ("245", _F, 7),
        ("250", _R, 8), ("300", _F, 1), ("090", _F, 2), ("091", _F, 2), ("270", _X, 1), ("550", _F, 1), ("310", _F, 1),
        ("500", _F, 4), ("280", _R, 2), ("131", _F, 1), ("210", _F, 2), ("", _S, 0), ("SP", _E, 0), ("RE", _E, 0),
    ],
    48: [
        ("010", _F, 2), ("140", _F, 3), ("020", _X, 1), ("040", _F, 4), ("070", _F, 2), ("090", _F, 2), ("130", _C, 0),
        ("220", _F, 3), ("240", _F, 6), ("250", _R, 8), ("161", _F, 2), ("042", _F, 4), ("200", _F, 4), ("170", _X, 1),
        ("210", _F, 4), ("030", _X, 1), ("080", _F, 2), ("100", _F, 4), ("110", _F, 2), ("120", _C, 0), ("230", _F, 2),
        ("260", _F, 7), ("055", _F, 1), ("050", _F, 2), ("065", _F, 1), ("060", _F, 2), ("SP", _E, 0), ("RE", _E, 0),
    ],
}  # fmt: skip
"""Items by their place in the field specification: name, form, bytes."""
_SUBS: Final[dict[tuple[int, str], list[Item]]] = {
    (48, "130"): [(FIXED, 1)] * 7 + [(FIXED, 1), (FIXED, 2), (FIXED, 2), (FIXED, 2)],
    (48, "120"): [(FIXED, 2), (REPEATED, 6)],
}


def _tables() -> tuple[NDArray[np.int64], NDArray[np.int64], dict[tuple[int, str], int]]:
    forms = np.zeros((len(CATEGORIES), ITEMS, 2), np.int64)
    subs = np.zeros((len(CATEGORIES), ITEMS, SUBITEMS, 2), np.int64)
    index = {}
    for k, category in enumerate(CATEGORIES):
        for i, (name, form, size) in enumerate(_UAP[category]):
            forms[k, i] = form, size
            index[category, name] = i
            for j, sub in enumerate(_SUBS.get((category, name), [])):
                subs[k, i, j] = sub
    return forms, subs, index


_FORMS, _PARTS, _INDEX = _tables()


@dataclass(frozen=True)
class Fault:
    """What could not be read.

    Attributes:
        offset: of the record or block, bytes from the chunk's start.
        what: key of :data:`FAULTS`.
        category: of the block; -1 if even that is missing.
        size: bytes that were not read.
    """

    offset: int
    what: int
    category: int
    size: int


@dataclass(frozen=True)
class Plots:
    """Target reports of a chunk of bytes.

    Attributes:
        frame: a row a record, in order: ``offset, category, sac, sic, kind`` (message type; 1 is a target report),
            ``tod_s`` (since midnight), ``lon_deg, lat_deg`` (WGS 84), ``range_m, bearing_deg, east_m, north_m, sog_kn,
            cog_deg, track, length_m, width_m, axis_deg, xx_m2, yy_m2, xy_m2`` (variances of the place, category 010),
            ``simulated`` (or a test target), ``fixed`` (a transponder that the radar checks itself with), ``airborne``
            (answers interrogation, or says that it is an aircraft). Null where the record does not say.
        faults: what could not be read.
        other: blocks of other categories.
        used: bytes read; the rest belongs to the next chunk.
    """

    frame: pl.DataFrame
    faults: list[Fault]
    other: int
    used: int


def decode(data: bytes, *, final: bool = True) -> Plots:
    """Read data blocks.

    Args:
        data: bytes, from the start of a block on.
        final: nothing follows: a block that is cut short is a fault; else it is left for the next chunk.
    """
    b = np.frombuffer(data, np.uint8)
    parts, faults, at, other = [], [], 0, 0
    while at < len(b):
        where, ends = np.empty((_ROOM, ITEMS), np.int32), np.empty((_ROOM, ITEMS), np.int32)
        head, bad = np.empty((_ROOM, 2), np.int64), np.empty((_MOST, 4), np.int64)
        known = np.array(CATEGORIES, np.int64)
        used, n, m, skipped = walk(b[at:], final, known, _FORMS, _PARTS, where, ends, head, bad)
        if used == 0:
            break
        parts.append(_frame(b[at : at + used], at, where[:n], ends[:n], head[:n]))
        faults += [Fault(int(o) + at, int(w), int(c), int(s)) for o, w, c, s in bad[:m]]
        other += skipped
        at += used
    frame = pl.concat(parts) if parts else _frame(b[:0], 0, *_nothing())
    return Plots(frame, faults, other, at)


def _nothing() -> tuple[Offsets, Offsets, Ints]:
    return np.empty((0, ITEMS), np.int32), np.empty((0, ITEMS), np.int32), np.empty((0, 2), np.int64)


class _Fields:
    """The bytes of one category's records by item."""

    def __init__(self, b: NDArray[np.uint8], category: int, where: Offsets, ends: Offsets) -> None:
        self.b, self.category, self.where, self.ends = b, category, where, ends

    def at(self, item: str) -> Ints:
        """Offset of an item, -1 where it is absent."""
        return self.where[:, _INDEX[self.category, item]].astype(np.int64)

    def number(self, item: str, start: int, size: int, *, signed: bool = False) -> Floats:
        """Big-endian number of ``size`` bytes from byte ``start`` of an item on; NaN where that is absent."""
        at = self.at(item) + start
        there = (self.at(item) >= 0) & (at + size <= self.ends[:, _INDEX[self.category, item]])
        out = np.zeros(len(at), np.int64)
        safe = np.where(there, at, 0)
        for k in range(size):
            out = out * 256 + (self.b[safe + k] if len(self.b) else 0)
        if signed:
            out = np.where(out >= 1 << (8 * size - 1), out - (1 << (8 * size)), out)
        return np.where(there, out.astype(np.float64), np.nan)

    def bits(self, item: str, octet: int, mask: int) -> Ints:
        """Bits of an octet of an item of variable length, shifted down; 0 where that is absent."""
        value = np.nan_to_num(self.number(item, octet, 1)).astype(np.int64)
        shift = (mask & -mask).bit_length() - 1
        found: Ints = (value & mask) >> shift
        return found

    def has(self, item: str) -> NDArray[np.bool_]:
        """Where an item is present."""
        found: NDArray[np.bool_] = self.at(item) >= 0
        return found


_TURN: Final = 360.0 / 65_536.0
_SPEED: Final = NMI_M / 16_384.0 / KN_M_S
"""Knots of 2^-14 nautical miles a second."""


def _frame(b: NDArray[np.uint8], base: int, where: Offsets, ends: Offsets, head: Ints) -> pl.DataFrame:
    frames = []
    for k, (category, values) in enumerate(((10, _of_010), (48, _of_048))):
        mine = head[:, 0] == k
        fields = _Fields(b, category, where[mine], ends[mine])
        columns = values(fields)
        common: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {
            "offset": head[mine, 1] + base,
            "category": np.full(int(mine.sum()), category, np.int64),
            "sac": fields.number("010", 0, 1),
            "sic": fields.number("010", 1, 1),
            "tod_s": fields.number("140", 0, 3) / 128.0,
            "track": _track(fields),
        }
        frames.append(pl.DataFrame({**common, **columns}))
    return pl.concat(frames).with_columns(pl.col(pl.Float64).fill_nan(None)).sort("offset")


def _track(f: _Fields) -> Floats:
    number = f.number("161", 0, 2)
    return np.where(np.isnan(number), np.nan, np.nan_to_num(number).astype(np.int64) & 0x0FFF)


def _of_048(f: _Fields) -> dict[str, NDArray[np.float64] | NDArray[np.bool_]]:
    nothing = np.full(len(f.where), np.nan)
    first, second = f.bits("020", 0, 0xFF), f.bits("020", 1, 0xFF)
    return {
        "kind": np.ones(len(f.where)),
        "lon_deg": nothing,
        "lat_deg": nothing,
        "range_m": f.number("040", 0, 2) * NMI_M / 256.0,
        "bearing_deg": f.number("040", 2, 2) * _TURN,
        "east_m": f.number("042", 0, 2, signed=True) * NMI_M / 128.0,
        "north_m": f.number("042", 2, 2, signed=True) * NMI_M / 128.0,
        "sog_kn": f.number("200", 0, 2) * _SPEED,
        "cog_deg": f.number("200", 2, 2) * _TURN,
        "length_m": nothing,
        "width_m": nothing,
        "axis_deg": nothing,
        "xx_m2": nothing,
        "yy_m2": nothing,
        "xy_m2": nothing,
        "simulated": ((first & 0x10) > 0) | ((second & 0x80) > 0),
        "fixed": (first & 0x02) > 0,
        "airborne": ((first >> 5) >= 2) | f.has("220") | f.has("240"),
    }


def _of_010(f: _Fields) -> dict[str, NDArray[np.float64] | NDArray[np.bool_]]:
    half = 180.0 / 2**31
    kind = f.number("000", 0, 1)
    size, turn, wide = (f.number("270", k, 1) for k in range(3))
    seven = [np.where(np.isnan(v), np.nan, np.nan_to_num(v).astype(np.int64) >> 1) for v in (size, turn, wide)]
    east, north = f.number("202", 0, 2, signed=True) * 0.25, f.number("202", 2, 2, signed=True) * 0.25
    speed, course = np.hypot(east, north) / KN_M_S, np.degrees(np.arctan2(east, north)) % 360.0
    polar = f.has("200")
    return {
        "kind": np.where(np.isnan(kind), 1.0, kind),
        "lon_deg": f.number("041", 4, 4, signed=True) * half,
        "lat_deg": f.number("041", 0, 4, signed=True) * half,
        "range_m": f.number("040", 0, 2),
        "bearing_deg": f.number("040", 2, 2) * _TURN,
        "east_m": f.number("042", 0, 2, signed=True),
        "north_m": f.number("042", 2, 2, signed=True),
        "sog_kn": np.where(polar, f.number("200", 0, 2) * _SPEED, speed),
        "cog_deg": np.where(polar, f.number("200", 2, 2) * _TURN, course),
        "length_m": seven[0],
        "width_m": seven[2],
        "axis_deg": seven[1] * (360.0 / 128.0),
        "xx_m2": (f.number("500", 0, 1) * 0.25) ** 2,
        "yy_m2": (f.number("500", 1, 1) * 0.25) ** 2,
        "xy_m2": f.number("500", 2, 2, signed=True) * 0.25,
        "simulated": f.bits("020", 1, 0xC0) > 0,
        "fixed": f.bits("020", 1, 0x20) > 0,
        "airborne": f.has("220") | np.isin(f.bits("020", 1, 0x06), (1, 3)) | np.isin(f.bits("020", 0, 0xE0), (0, 1, 2))
        & f.has("020"),
    }  # fmt: skip
