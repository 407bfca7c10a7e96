"""ASTERIX bytes made from numbers, by the specifications alone: for tests."""

from __future__ import annotations

import random
from collections.abc import Mapping

ORDER = {
    10: "010 000 020 140 041 040 042 200 202 161 170 060 220 245 250 300 090 091 270 550 310 500 280 131 210 - SP RE",
    48: "010 140 020 040 070 090 130 220 240 250 161 042 200 170 210 030 080 100 110 120 230 260 055 050 065 060 SP RE",
}


def number(value: float, size: int) -> bytes:
    """A big-endian number of so many bytes, two's complement where negative."""
    return (round(value) % (1 << (8 * size))).to_bytes(size, "big")


def record(category: int, items: Mapping[str, bytes]) -> bytes:
    """A record: its field specification and its items in order."""
    names = ORDER[category].split()
    present = [n in items for n in names]
    octets = max(1, -(-(max((i for i, p in enumerate(present) if p), default=0) + 1) // 7))
    spec = bytearray()
    for k in range(octets):
        seven = present[7 * k : 7 * k + 7]
        bits = sum(0x80 >> i for i, p in enumerate(seven) if p)
        spec.append(bits | (1 if k < octets - 1 else 0))
    return bytes(spec) + b"".join(items[n] for n in names if n in items)


def block(category: int, *records: bytes) -> bytes:
    """A data block."""
    inner = b"".join(records)
    return bytes([category]) + number(3 + len(inner), 2) + inner


def source(sac: int, sic: int) -> bytes:
    """Data source identifier."""
    return bytes([sac, sic])


def tod(seconds: float) -> bytes:
    """Time of day."""
    return number(seconds * 128, 3)


def polar_048(nmi: float, bearing: float) -> bytes:
    """Measured position of category 048."""
    return number(nmi * 256, 2) + number(bearing / 360 * 65536, 2)


def polar_010(metres: float, bearing: float) -> bytes:
    """Measured position of category 010."""
    return number(metres, 2) + number(bearing / 360 * 65536, 2)


def velocity(knots: float, course: float) -> bytes:
    """Calculated track velocity, polar."""
    return number(knots / 3600 * 16384, 2) + number(course / 360 * 65536, 2)


def wgs84(lon: float, lat: float) -> bytes:
    """Position of category 010 in WGS 84."""
    return number(lat / 180 * 2**31, 4) + number(lon / 180 * 2**31, 4)


VARIABLE = {
    48: {"130": b"\xfe" + bytes(7), "250": b"\x02" + bytes(16), "120": b"\xc0\x00\x01\x02" + bytes(12),
         "030": b"\x03\x05\x02", "170": b"\x81\x80", "SP": b"\x04abc", "RE": b"\x03ab", "020": b"\x21\x01\x00"},
    10: {"170": b"\x01\x01\x00", "250": b"\x01" + bytes(8), "280": b"\x03" + bytes(6), "SP": b"\x02a", "RE": b"\x01",
         "270": b"\x21\x21\x20", "020": b"\x61\x01\x00"},
}  # fmt: skip
FIXED = {
    48: {"010": 2, "140": 3, "040": 4, "070": 2, "090": 2, "220": 3, "240": 6, "161": 2, "042": 4, "200": 4, "210": 4,
         "080": 2, "100": 4, "110": 2, "230": 2, "260": 7, "055": 1, "050": 2, "065": 1, "060": 2},
    10: {"010": 2, "000": 1, "140": 3, "041": 8, "040": 4, "042": 4, "200": 4, "202": 4, "161": 2, "060": 2, "220": 3,
         "245": 7, "300": 1, "090": 2, "091": 2, "550": 1, "310": 1, "500": 4, "131": 1, "210": 2},
}  # fmt: skip


def drawn(mixed: random.Random, category: int, *, without: tuple[str, ...] = ()) -> dict[str, bytes]:
    """A record of some items with random contents."""
    items = {n: mixed.randbytes(size) for n, size in FIXED[category].items() if mixed.random() < 0.5}
    items |= {n: v for n, v in VARIABLE[category].items() if mixed.random() < 0.4}
    return {"010": source(7, 9)} | {n: v for n, v in items.items() if n not in without}
