"""AIS messages as payloads, many at once: arrays of fields in, six-bit characters out.

Source: ITU-R M.1371-5, annex 8 (message contents) and IEC 61162-1 (six-bit characters). Fields are given in natural
units; None in scalars and NaN in arrays mean "not available" and become the standard's value for that. One row of the
answer is one message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from makara.base import geo

Bits = NDArray[np.uint8]
Chars = NDArray[np.uint8]
IntArray = NDArray[np.int64]
_SIX: Final = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"
"""The six-bit alphabet of text fields (M.1371-5 table 47)."""
_CODE: Final = {c: i for i, c in enumerate(_SIX)}
_WEIGHTS: Final = np.array([32, 16, 8, 4, 2, 1], np.uint8)

Field = tuple[int, ArrayLike]
"""Width in bits, and a whole number or an array of them; negative ones become two's complement."""


def pack(fields: Sequence[Field]) -> Bits:
    """Fields side by side as a matrix of bits, a row a message."""
    columns = [(width, np.atleast_1d(np.asarray(values, np.int64))) for width, values in fields]
    lengths = {len(values) for _, values in columns}
    n = 0 if 0 in lengths else max(lengths)
    out = np.empty((n, sum(width for width, _ in columns)), np.uint8)
    at = 0
    for width, values in columns:
        shifts = np.arange(width - 1, -1, -1, dtype=np.int64)
        out[:, at : at + width] = (values[:, None] >> shifts) & 1
        at += width
    return out


def armour(bits: Bits) -> tuple[Chars, int]:
    """Six-bit characters of messages, and how many fill bits close them."""
    fill = -bits.shape[1] % 6
    padded = np.pad(bits, ((0, 0), (0, fill)))
    six = padded.reshape(len(bits), -1, 6) @ _WEIGHTS
    return (six + np.where(six < 40, 48, 56)).astype(np.uint8), fill


def text(values: Sequence[str], length: int) -> list[Field]:
    """Text fields of so many six-bit characters, padded with @; characters outside the alphabet become spaces."""
    codes = np.zeros((len(values), length), np.int64)
    for i, value in enumerate(values):
        for j, c in enumerate(value.upper()[:length]):
            codes[i, j] = _CODE.get(c, 32)
    return [(6, codes[:, j]) for j in range(length)]


def _whole(values: ArrayLike, scale: float, missing: int, low: int, high: int) -> IntArray:
    v = np.asarray(values, np.float64) * scale
    return np.where(np.isnan(v), missing, np.clip(np.rint(np.nan_to_num(v)), low, high)).astype(np.int64)


def _lon(values: ArrayLike, scale: int = 600_000, missing_deg: int = 181) -> IntArray:
    v = np.asarray(values, np.float64)
    return _whole(np.where(np.isnan(v), np.nan, geo.wrap_lon(v)), scale, missing_deg * scale, -180 * scale, 180 * scale)


def _lat(values: ArrayLike, scale: int = 600_000, missing_deg: int = 91) -> IntArray:
    return _whole(values, scale, missing_deg * scale, -90 * scale, 90 * scale)


def _sog(values: ArrayLike) -> IntArray:
    return _whole(values, 10.0, 1023, 0, 1022)


def _angle(values: ArrayLike, scale: int, missing: int) -> IntArray:
    v = np.rint(np.asarray(values, np.float64) * scale)
    return np.where(np.isnan(v), missing, np.nan_to_num(v) % (360 * scale)).astype(np.int64)


def rate_of_turn(deg_min: ArrayLike) -> IntArray:
    """The ROT field of degrees a minute, to starboard positive: 4.733 times the root, -128 where unknown."""
    v = np.asarray(deg_min, np.float64)
    root = np.sign(v) * np.rint(4.733 * np.sqrt(np.abs(v)))
    return np.where(np.isnan(v), -128, np.clip(np.nan_to_num(root), -126, 126)).astype(np.int64)


def position_a(
    kind: int, mmsi: ArrayLike, status: ArrayLike, rot_deg_min: ArrayLike, sog_kn: ArrayLike, lon_deg: ArrayLike,
    lat_deg: ArrayLike, cog_deg: ArrayLike, heading_deg: ArrayLike, second: ArrayLike, accurate: ArrayLike = 0,
) -> Bits:  # fmt: skip
    """Messages 1 to 3: class A position reports. ``second`` is the UTC second (60: not available)."""
    return pack([
        (6, kind), (2, 0), (30, mmsi), (4, status), (8, rate_of_turn(rot_deg_min)), (10, _sog(sog_kn)), (1, accurate),
        (28, _lon(lon_deg)), (27, _lat(lat_deg)), (12, _angle(cog_deg, 10, 3600)), (9, _angle(heading_deg, 1, 511)),
        (6, second), (2, 0), (3, 0), (1, 0), (19, 0),
    ])  # fmt: skip


def position_b(
    mmsi: ArrayLike, sog_kn: ArrayLike, lon_deg: ArrayLike, lat_deg: ArrayLike, cog_deg: ArrayLike,
    heading_deg: ArrayLike, second: ArrayLike, accurate: ArrayLike = 0,
) -> Bits:  # fmt: skip
    """Message 18: class B (carrier sense) position report."""
    return pack([
        (6, 18), (2, 0), (30, mmsi), (8, 0), (10, _sog(sog_kn)), (1, accurate), (28, _lon(lon_deg)),
        (27, _lat(lat_deg)), (12, _angle(cog_deg, 10, 3600)), (9, _angle(heading_deg, 1, 511)), (6, second), (2, 0),
        (1, 1), (1, 0), (1, 1), (1, 1), (1, 1), (1, 0), (1, 0), (20, 393_222),
    ])  # fmt: skip


def position_long_range(
    mmsi: ArrayLike, status: ArrayLike, lon_deg: ArrayLike, lat_deg: ArrayLike, sog_kn: ArrayLike, cog_deg: ArrayLike
) -> Bits:
    """Message 27: long-range report of class A for satellites, to a tenth of a minute, whole knots and degrees."""
    return pack([
        (6, 27), (2, 3), (30, mmsi), (1, 0), (1, 0), (4, status), (18, _lon(lon_deg, 600)),
        (17, _lat(lat_deg, 600)), (6, _whole(sog_kn, 1.0, 63, 0, 62)), (9, _angle(cog_deg, 1, 511)),
        (1, 0), (1, 0),
    ])  # fmt: skip


def base_station(mmsi: ArrayLike, when: NDArray[np.datetime64], lon_deg: ArrayLike, lat_deg: ArrayLike) -> Bits:
    """Message 4: base station report with its UTC date and time."""
    month = when.astype("datetime64[M]")
    year = when.astype("datetime64[Y]")
    day = when.astype("datetime64[D]")
    second = (when.astype("datetime64[s]") - day).astype(np.int64)
    return pack([
        (6, 4), (2, 0), (30, mmsi), (14, year.astype(np.int64) + 1970), (4, (month - year).astype(np.int64) + 1),
        (5, (day - month).astype(np.int64) + 1), (5, second // 3600), (6, second // 60 % 60), (6, second % 60),
        (1, 1), (28, _lon(lon_deg)), (27, _lat(lat_deg)), (4, 7), (10, 0), (1, 0), (19, 0),
    ])  # fmt: skip


def _dimensions(length_m: ArrayLike, width_m: ArrayLike) -> list[Field]:
    """Bow, stern, port, starboard: the antenna at four fifths of the length, amidships in width."""
    length = np.clip(np.rint(np.asarray(length_m, np.float64)), 0, 1022).astype(np.int64)
    width = np.clip(np.rint(np.asarray(width_m, np.float64)), 0, 126).astype(np.int64)
    bow = np.minimum(length * 4 // 5, 511)
    return [(9, bow), (9, np.minimum(length - bow, 511)), (6, width // 2), (6, width - width // 2)]


def static_a(
    mmsi: ArrayLike, imo: ArrayLike, callsign: Sequence[str], name: Sequence[str], ship_type: ArrayLike,
    length_m: ArrayLike, width_m: ArrayLike, draught_m: ArrayLike, destination: Sequence[str],
    eta: tuple[int, int, int, int] = (0, 0, 24, 60),
) -> Bits:  # fmt: skip
    """Message 5: class A static and voyage data. ``eta`` is month, day, hour, minute; the default: not available."""
    return pack([
        (6, 5), (2, 0), (30, mmsi), (2, 0), (30, imo), *text(callsign, 7), *text(name, 20), (8, ship_type),
        *_dimensions(length_m, width_m), (4, 1), (4, eta[0]), (5, eta[1]), (5, eta[2]), (6, eta[3]),
        (8, _whole(draught_m, 10.0, 0, 0, 255)), *text(destination, 20), (1, 0), (1, 0),
    ])  # fmt: skip


def static_b_name(mmsi: ArrayLike, name: Sequence[str]) -> Bits:
    """Message 24 part A: the name of a class B vessel."""
    return pack([(6, 24), (2, 0), (30, mmsi), (2, 0), *text(name, 20)])


def static_b_hull(
    mmsi: ArrayLike, ship_type: ArrayLike, callsign: Sequence[str], length_m: ArrayLike, width_m: ArrayLike
) -> Bits:
    """Message 24 part B: type, vendor, call sign and size of a class B vessel."""
    return pack([
        (6, 24), (2, 0), (30, mmsi), (2, 1), (8, ship_type), *text(["MKR"], 3), (4, 1), (20, 1), *text(callsign, 7),
        *_dimensions(length_m, width_m), (4, 1), (2, 0),
    ])  # fmt: skip


def aid(mmsi: ArrayLike, aid_type: ArrayLike, name: Sequence[str], lon_deg: ArrayLike, lat_deg: ArrayLike,
        second: ArrayLike) -> Bits:  # fmt: skip
    """Message 21: report of an aid to navigation (type from M.1371-5 table 74), on its position."""
    return pack([
        (6, 21), (2, 0), (30, mmsi), (5, aid_type), *text(name, 20), (1, 1), (28, _lon(lon_deg)), (27, _lat(lat_deg)),
        (9, 0), (9, 0), (6, 0), (6, 0), (4, 7), (6, second), (1, 0), (8, 0), (1, 0), (1, 0), (1, 0), (1, 0),
    ])  # fmt: skip
