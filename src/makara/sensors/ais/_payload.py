"""Payload bits to raw numbers, by pyais: its bit vector and its tables of each type's fields (ITU-R M.1371-5).

Only the fields that reports and claims need are cut out; scaling and "not available" values are left to ``_frames``,
which works on whole columns. This is the only file that knows pyais.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from pyais.bit_vector import int_bit_vector
from pyais.messages import MSG_CLASS, MessageType24PartA, MessageType24PartB

ARMOUR: Final = bytes(range(48, 88)) + bytes(range(96, 120))
"""The characters that may stand in a payload."""
POSITION_TYPES: Final = (1, 2, 3, 4, 9, 11, 18, 19, 21, 27)
CLAIM_TYPES: Final = (5, 19, 21, 240, 241)
"""240 and 241 stand for parts A and B of 24."""
USED: Final = frozenset(POSITION_TYPES) | {5, 24}
KNOWN: Final = frozenset(range(1, 28))

_MOTION = ("mmsi", "speed", "accuracy", "lon", "lat", "course")
_HULL = ("to_bow", "to_stern", "to_port", "to_starboard")
_CLASS_A = (*_MOTION, "heading", "turn", "status")
_CLOCK = ("mmsi", "year", "month", "day", "hour", "minute", "second", "accuracy", "lon", "lat")
_NUMBERS: Final[dict[int, tuple[str, ...]]] = {
    1: _CLASS_A,
    2: _CLASS_A,
    3: _CLASS_A,
    4: _CLOCK,
    5: ("mmsi", "imo", "ship_type", *_HULL, "month", "day", "hour", "minute", "draught"),
    9: _MOTION,
    11: _CLOCK,
    18: (*_MOTION, "heading"),
    19: (*_MOTION, "heading", "ship_type", *_HULL),
    21: ("mmsi", "accuracy", "lon", "lat", *_HULL),
    240: ("mmsi",),
    241: ("mmsi", "ship_type", *_HULL),
    27: (*_MOTION, "status"),
}
_TEXTS: Final[dict[int, tuple[str, ...]]] = {
    5: ("callsign", "shipname", "destination"),
    19: ("shipname",),
    21: ("name", "name_ext"),
    240: ("shipname",),
    241: ("callsign",),
}
_NEEDED: Final[dict[int, str]] = {5: "shipname", 19: "lat", 21: "lat", 240: "shipname", 241: "ship_type"}
"""A payload that ends before the end of this field (else of ``lat``) cannot be used."""
_CHAR: Final = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"


@dataclass(frozen=True)
class Layout:
    """Where a type's fields lie, for a payload shifted to ``bits`` bits.

    Attributes:
        bits: end of the last field cut out.
        need: bits that must be there.
        names: numeric fields.
        cuts: (shift, mask) of each numeric field.
        ends: bit at which each numeric field ends: it is unknown in a shorter payload.
        signs: sign bit of each signed field, 0 of the others.
        texts: (name, shift, mask, end) of the text fields.
    """

    bits: int
    need: int
    names: tuple[str, ...]
    cuts: tuple[tuple[int, int], ...]
    ends: tuple[int, ...]
    signs: tuple[int, ...]
    texts: tuple[tuple[str, int, int, int], ...]


@cache
def layout(kind: int) -> Layout:
    """The layout of a type (240 and 241 for the parts of 24), from pyais' field table."""
    cls = {240: MessageType24PartA, 241: MessageType24PartB}.get(kind) or MSG_CLASS[kind]
    plan = {name: (offset, width, signed) for name, offset, width, signed, _, _ in cls.decoder_plan()}
    numbers, texts = _NUMBERS[kind], _TEXTS.get(kind, ())
    end = {name: plan[name][0] + plan[name][1] for name in (*numbers, *texts)}
    bits = max(end.values())
    return Layout(
        bits=bits,
        need=end[_NEEDED.get(kind, "lat")],
        names=numbers,
        cuts=tuple((bits - end[n], (1 << plan[n][1]) - 1) for n in numbers),
        ends=tuple(end[n] for n in numbers),
        signs=tuple(1 << (plan[n][1] - 1) if plan[n][2] else 0 for n in numbers),
        texts=tuple((n, bits - end[n], (1 << plan[n][1]) - 1, end[n]) for n in texts),
    )


def bits(payload: bytes, fill: int) -> tuple[int, int]:
    """The payload's bits as one integer, and how many there are."""
    vector = int_bit_vector(payload, fill)
    return vector._value, vector._length


@lru_cache(maxsize=65_536)
def text(value: int, width: int) -> str | None:
    """Six-bit text (ITU-R M.1371-5, table 47) up to the first ``@``, without padding; None when nothing is left."""
    found = "".join(_CHAR[(value >> s) & 63] for s in range(width - 6, -1, -6))
    return found.partition("@")[0].strip() or None
