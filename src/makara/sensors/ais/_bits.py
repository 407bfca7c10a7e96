"""Messages to columns, compiled: six-bit payloads to numbers and text, "not available" to null, doubts to flags, keys.

Fields and values as in ITU-R M.1371-5, annex 8: longitude 181 and latitude 91, speed 102.3 (63 in type 27), course 360
(511), heading 511, rate of turn -128 (and +-127: it turns, no indicator), status 15, IMO 0, dimensions 0, ship type 0,
draught 0 and text of ``@`` mean "not available". A field that the payload ends before is null.

The compiled code of this file stands alone but for constants of ``_scan``, since Numba's cache does not see changes
in other files: after a change there, touch this file.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import int64, njit, uint64

from makara.sensors.ais._scan import (
    ARMOUR,
    BASE_T,
    CHANNEL,
    CODE,
    FILL,
    FINE,
    FIRST,
    KIND,
    LEN,
    LINE,
    N_REJECTS,
    NEED,
    NO_PAYLOAD,
    NO_TIME,
    OFFSET,
    OWN,
    PART_24,
    PAY,
    RAW,
    RAW_END,
    SHORT,
    STATION,
    WHOLE,
    A,
    B,
    T,
    load8,
    numbers,
)

# What each table begins with: whole numbers (64 bits), codes (32 bits), views of text, masks.
ID, SEEN, MOVER, FIRST_LINE, LAST_LINE = numbers(5)
MMSI, TYPE = numbers(2)
RECEIVER, AT_STATION, ON_CHANNEL = numbers(3)
HAS_T, HAS_STATION, HAS_CHANNEL = numbers(3)
# Reports: codes, views, masks, places, motion.
R_STATUS = np.int64(2)
R_TRANSPONDER = np.int64(3)
R_HAS_PLACE, R_ACCURATE, R_HAS_SOG, R_HAS_COG, R_HAS_HEADING, R_HAS_ROT, R_HAS_STATUS, R_IS_OWN = numbers(8, 3)
R_LON, R_LAT = numbers(2)
R_SOG, R_COG, R_HEADING, R_ROT = numbers(4)
# Claims: codes, views, masks, sizes.
C_IMO, C_SHIP = numbers(2, 2)
C_PART, C_NAME, C_CALLSIGN, C_DESTINATION, C_ETA = numbers(5, 3)
C_HAS_PART, C_HAS_NAME, C_HAS_CALLSIGN, C_HAS_DESTINATION, C_HAS_ETA = numbers(5, 3)
C_HAS_IMO, C_HAS_SHIP, C_HAS_LENGTH, C_HAS_WIDTH, C_HAS_DRAUGHT = numbers(5, 8)
C_LENGTH, C_WIDTH, C_DRAUGHT = numbers(3)
# Messages: codes, views, masks.
M_DAC, M_FI, M_TO, M_BITS = numbers(4, 2)
M_TEXT, M_PAYLOAD = numbers(2, 3)
M_HAS_TEXT, M_HAS_APP, M_HAS_TO = numbers(3, 3)

TEXT_MAX: Final = 72
"""Characters of the longest texts of a claim together, and eight to spare."""
WORDS: Final = 1024
"""Words of 64 bits that hold a payload: nine parts of 1,024 characters and room to read beyond."""
SCRATCH: Final = 2048
"""Words of 64 bits that hold the fields of a key: as much again, and a name of 255 bytes, each perhaps become three."""

_VALUE: Final = np.array([c - 48 if 48 <= c < 88 else c - 56 if 96 <= c < 120 else 255 for c in range(256)], np.uint8)
"""Value of each character of a payload; 255 for those that may not stand there."""
_NONE, _REPORT, _CLAIM, _BOTH, _MESSAGE = numbers(5)
_GIVES: Final = np.full(64, _NONE, np.int64)
_GIVES[1:28] = _MESSAGE
_GIVES[[1, 2, 3, 4, 9, 11, 18, 27]] = _REPORT
_GIVES[[5, 24]] = _CLAIM
_GIVES[[19, 21]] = _BOTH
SART: Final = np.int64(3)
_INSIDE: Final = 12
"""Text up to this length lies in its view itself."""

# Where the fields of a position lie, by type: first bit of accuracy, longitude, latitude, speed, course, heading, turn,
# status (-1: none); bits of longitude (latitude has one less), speed, course; the transponder's number in reports.
_ACCURACY, _LON, _LAT, _SPEED, _COURSE, _HEADING, _TURN, _STATUS, _LON_BITS, _SPEED_BITS, _COURSE_BITS, _SENDER = (
    numbers(12)
)
_PLACES: Final = np.full((64, 12), -1, np.int64)
_PLACES[[1, 2, 3]] = (60, 61, 89, 50, 116, 128, 42, 38, 28, 10, 12, 0)
_PLACES[4] = (78, 79, 107, -1, -1, -1, -1, -1, 28, 0, 0, 5)
_PLACES[9] = (60, 61, 89, 50, 116, -1, -1, -1, 28, 10, 12, 6)
_PLACES[11] = (78, 79, 107, -1, -1, -1, -1, -1, 28, 0, 0, 0)
_PLACES[[18, 19]] = (56, 57, 85, 46, 112, 124, -1, -1, 28, 10, 12, 1)
_PLACES[21] = (163, 164, 192, -1, -1, -1, -1, -1, 28, 0, 0, 4)
_PLACES[27] = (38, 44, 62, 79, 85, -1, -1, 40, 18, 6, 9, 2)

# Where the fields of an identity lie, by type (24B in row 25): first bit of IMO number, call sign, name, its extension,
# ship type, dimensions, ETA, draught, destination; bits that must be there.
_IMO, _CALL, _NAME, _MORE, _SHIP, _HULL, _ETA, _DRAUGHT, _DESTINATION, _LEAST = numbers(10)
_IDENTITIES: Final = np.full((64, 10), -1, np.int64)
_IDENTITIES[5] = (40, 70, 112, -1, 232, 240, 274, 294, 302, 232)
_IDENTITIES[19] = (-1, -1, 143, -1, 263, 271, -1, -1, -1, 112)
_IDENTITIES[21] = (-1, -1, 43, 272, -1, 219, -1, -1, -1, 219)
_IDENTITIES[24] = (-1, -1, 40, -1, -1, -1, -1, -1, -1, 160)
_IDENTITIES[25] = (-1, 90, -1, -1, 40, 132, -1, -1, -1, 48)

# Where the fields of other messages lie, by type: first bit of addressee, application, text.
_TO, _APP, _SAID = numbers(3)
_OTHERS: Final = np.full((64, 3), -1, np.int64)
_OTHERS[[7, 10, 13, 15, 16], 0] = 40
_OTHERS[6] = (40, 72, -1)
_OTHERS[8] = (-1, 40, -1)
_OTHERS[12] = (40, -1, 72)
_OTHERS[14] = (-1, -1, 40)

_P1: Final = np.uint64(0x9E3779B185EBCA87)
_P2: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_P3: Final = np.uint64(0x165667B19E3779F9)
_P4: Final = np.uint64(0x85EBCA77C2B2AE63)
_P5: Final = np.uint64(0x27D4EB2F165667C5)
_ZERO: Final = np.uint64(0)
_ONES, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)


_inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Functions that only compiled ones call."""


@_inner
def _rotl(x: Any, r: Any) -> Any:
    return (x << r) | (x >> (uint64(64) - r))


@_inner
def _round(acc: Any, lane: Any) -> Any:
    return _rotl(acc + lane * _P2, uint64(31)) * _P1


@_inner
def _xxh64(words: Any, b: Any, n: Any) -> Any:
    """XXH64, seed 0, of ``b[:n]``, the bytes of ``words`` (Collet, XXH64 specification 0.1.1); n is 32 or more."""
    v1, v2, v3, v4 = _P1 + _P2, _P2, _ZERO, _ZERO - _P1
    i, end = int64(0), n // 8
    while i + 4 <= end:
        v1 = _round(v1, words[i])
        v2 = _round(v2, words[i + 1])
        v3 = _round(v3, words[i + 2])
        v4 = _round(v4, words[i + 3])
        i += 4
    h = _rotl(v1, uint64(1)) + _rotl(v2, uint64(7)) + _rotl(v3, uint64(12)) + _rotl(v4, uint64(18))
    h = (h ^ _round(_ZERO, v1)) * _P1 + _P4
    h = (h ^ _round(_ZERO, v2)) * _P1 + _P4
    h = (h ^ _round(_ZERO, v3)) * _P1 + _P4
    h = (h ^ _round(_ZERO, v4)) * _P1 + _P4
    h += uint64(n)
    while i < end:
        h = _rotl(h ^ _round(_ZERO, words[i]), uint64(27)) * _P1 + _P4
        i += 1
    k = i * 8
    if k + 4 <= n:
        lane = uint64(b[k]) | uint64(b[k + 1]) << uint64(8) | uint64(b[k + 2]) << uint64(16)
        lane |= uint64(b[k + 3]) << uint64(24)
        h = _rotl(h ^ (lane * _P1), uint64(23)) * _P2 + _P3
        k += 4
    while k < n:
        h = _rotl(h ^ (uint64(b[k]) * _P5), uint64(11)) * _P1
        k += 1
    h = (h ^ (h >> uint64(33))) * _P2
    h = (h ^ (h >> uint64(29))) * _P3
    return h ^ (h >> uint64(32))


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
def _key(b: Any, p: Any, n: Any, mmsi: Any, t: Any, station: Any, names: Any, ends: Any, words: Any, out: Any) -> Any:
    """Key of a message: scheme, mover, t_seen, station, payload with fill bits; as ``base.ids.bulk`` gives it.

    Each field stands behind its length in four bytes, little-endian; a null is a length of -1 alone.
    """
    words[0] = uint64(0x69736D6D00000004)  # 4, "mmsi"
    words[1] = uint64(8) | uint64(mmsi) << uint64(32)
    at = int64(24)
    words[2] = uint64(0xFFFFFFFF) << uint64(32)
    if t != NO_TIME:
        words[2] = uint64(8) << uint64(32)
        words[3] = uint64(t)
        at = int64(32)
    words[at >> 3] = uint64(0xFFFFFFFF)
    size = int64(0)
    if station >= 0:
        start = ends[station]
        size = ends[station + 1] - start
        words[at >> 3] = uint64(size)
        _copy(names, start, size, out, at + 4)
    at += 4 + size
    out[at], out[at + 1], out[at + 2], out[at + 3] = n & 255, n >> 8, 0, 0
    at += 4
    _copy(b, p, n, out, at)
    return int64(_xxh64(words, out, at + n))


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
def _text(w: Any, start: Any, width: Any, bits: Any, out: Any, at: Any) -> Any:
    """Six-bit text (table 47) up to the first ``@``, without blanks around it, to ``out[at:]``; where it ends."""
    n = min(width, bits - start) // 6
    end = at
    six = int64(6)
    for i in range(n):
        c = _u(w, start + 6 * i, six)
        if c == 0:
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


@_inner
def _bad_mmsi(m: Any) -> Any:
    """As ``_mmsi.bad_mmsi``: no form of ITU-R M.585 that may transmit."""
    mid = int64(0)
    if 200_000_000 <= m <= 799_999_999:
        mid = m // 1_000_000
    elif m < 10_000_000:
        mid = m // 10_000
    elif 111_000_000 <= m <= 111_999_999:
        mid = m // 1000 % 1000
    elif 800_000_000 <= m <= 899_999_999:
        mid = m // 100_000 % 1000
    elif 980_000_000 <= m <= 999_999_999:
        mid = m // 10_000 % 1000
    elif m // 1_000_000 == 970 or m // 1_000_000 == 972 or m // 1_000_000 == 974:
        mid = int64(201)
    return not 201 <= mid <= 775


@_inner
def _clock(w: Any) -> Any:
    """Microseconds of a base station's clock (types 4 and 11), or NO_TIME when it is not available."""
    stamp = int64(w[0] << uint64(38) >> uint64(24) | w[1] >> uint64(50))  # bits 38 to 77
    y, mo, d = stamp >> 26, (stamp >> 22) & 15, (stamp >> 17) & 31
    h, mi, s = (stamp >> 12) & 31, (stamp >> 6) & 63, stamp & 63
    if not (1 <= y <= 9999 and 1 <= mo <= 12 and d >= 1 and h < 24 and mi < 60 and s < 60):
        return NO_TIME
    last = 30 + ((mo + mo // 8) & 1)
    if mo == 2:
        last = 29 if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0) else 28
    if d > last:
        return NO_TIME
    year = y - (1 if mo <= 2 else 0)
    of_era = year % 400
    of_year = (153 * (mo + (-3 if mo > 2 else 9)) + 2) // 5 + d - 1
    days = year // 400 * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return int64((days * 86400 + h * 3600 + mi * 60 + s) * 1_000_000)


@_inner
def _report(
    w: Any, kind: Any, bits: Any, mmsi: Any, i: Any, n_flags: Any, codes: Any, views: Any, masks: Any, place: Any,
    motion: Any, flag_ends: Any, flags: Any, sogs: Any, cogs: Any, rots: Any,
    words: Any,
) -> Any:  # fmt: skip
    """Place and motion of a message, as row i of the reports; the number of flags so far."""
    one, four, eight, nine = int64(1), int64(4), int64(8), int64(9)
    if _u(w, _PLACES[kind, _ACCURACY], one):
        _set(masks, R_ACCURATE, i)
    wide = _PLACES[kind, _LON_BITS]
    lon, lat = _s(w, _PLACES[kind, _LON], wide), _s(w, _PLACES[kind, _LAT], wide - 1)
    if wide == 18:
        lon *= 1000
        lat *= 1000
    bad = False
    if lon != 108_600_000 and lat != 54_600_000:
        bad = abs(lon) > 108_000_000 or abs(lat) > 54_000_000 or (lon == 0 and lat == 0)
        if not bad:
            # 1/600,000 degree is 50/3 of the seventh decimal: the nearest whole one, which is never in the middle.
            x = -180.0 if lon == 108_000_000 else ((lon * 100 + 3) // 6) / 1e7
            place[R_LON, i] = x
            place[R_LAT, i] = ((lat * 100 + 3) // 6) / 1e7
            _set(masks, R_HAS_PLACE, i)
    at, wide = _PLACES[kind, _SPEED], _PLACES[kind, _SPEED_BITS]
    if at >= 0 and bits >= at + wide:
        speed = _u(w, at, wide)
        if speed < (one << wide) - 1:
            motion[R_SOG, i] = np.float32(speed) if kind == 9 or kind == 27 else sogs[speed]
            _set(masks, R_HAS_SOG, i)
    at, wide = _PLACES[kind, _COURSE], _PLACES[kind, _COURSE_BITS]
    if at >= 0 and bits >= at + wide:
        course = _u(w, at, wide)
        if course < (360 if wide == 9 else 3600):
            motion[R_COG, i] = np.float32(course) if wide == 9 else cogs[course]
            _set(masks, R_HAS_COG, i)
    at = _PLACES[kind, _HEADING]
    if at >= 0 and bits >= at + 9:
        heading = _u(w, at, nine)
        if heading < 360:
            motion[R_HEADING, i] = np.float32(heading)
            _set(masks, R_HAS_HEADING, i)
    at = _PLACES[kind, _TURN]
    if at >= 0:
        turn = _s(w, at, eight)
        if -127 < turn < 127:
            motion[R_ROT, i] = rots[turn + 126]
            _set(masks, R_HAS_ROT, i)
    at = _PLACES[kind, _STATUS]
    if at >= 0:
        status = _u(w, at, four)
        if status < 15:
            codes[R_STATUS, i] = status
            _set(masks, R_HAS_STATUS, i)
    group = mmsi // 1_000_000
    sender = SART if group == 970 or group == 972 or group == 974 else _PLACES[kind, _SENDER]
    views[R_TRANSPONDER, i, 0], views[R_TRANSPONDER, i, 1] = words[sender, 0], words[sender, 1]
    if _bad_mmsi(mmsi):
        flags[n_flags] = 0
        n_flags += 1
    if bad:
        flags[n_flags] = 1
        n_flags += 1
    flag_ends[i + 1] = n_flags
    return n_flags


@_inner
def _eta(w: Any, at: Any, bits: Any, out: Any, end: Any) -> Any:
    """MM-DD and, where known, Thh:mm, to ``out[end:]``; where it ends."""
    stamp = _u(w, at, int64(20))
    month, day, hour, minute = stamp >> 16, (stamp >> 11) & 31, (stamp >> 6) & 31, stamp & 63
    if bits < at + 9 or not 1 <= month <= 12 or day == 0:
        return end
    end = _two(out, end, month)
    out[end] = 45
    end = _two(out, end + 1, day)
    if bits >= at + 20 and hour < 24 and minute < 60:
        out[end] = 84
        end = _two(out, end + 1, hour)
        out[end] = 58
        end = _two(out, end + 1, minute)
    return end


@_inner
def _claim(
    w: Any, kind: Any, form: Any, bits: Any, mmsi: Any, i: Any, start: Any, codes: Any, views: Any, masks: Any,
    sizes: Any, data: Any, draughts: Any, words: Any,
) -> Any:  # fmt: skip
    """Identity and voyage of a message, as row i of the claims; where the next text may begin in ``data``."""
    at = _IDENTITIES[form, _IMO]
    if at >= 0:
        imo = _u(w, at, int64(30))
        if imo:
            codes[C_IMO, i] = imo
            _set(masks, C_HAS_IMO, i)
    at = _IDENTITIES[form, _SHIP]
    if at >= 0 and bits >= at + 8:
        ship = _u(w, at, int64(8))
        if ship:
            codes[C_SHIP, i] = ship
            _set(masks, C_HAS_SHIP, i)
    at = _IDENTITIES[form, _HULL]
    # The dimensions of an auxiliary craft (98MID) are its mother ship's MMSI (ITU-R M.1371-5, 3.22).
    if at >= 0 and not (form == 25 and 980_000_000 <= mmsi <= 989_999_999):
        hull = _u(w, at, int64(30))
        length, width = (hull >> 21) + ((hull >> 12) & 511), ((hull >> 6) & 63) + (hull & 63)
        if length and bits >= at + 18:
            sizes[C_LENGTH, i] = np.float32(length)
            _set(masks, C_HAS_LENGTH, i)
        if width and bits >= at + 30:
            sizes[C_WIDTH, i] = np.float32(width)
            _set(masks, C_HAS_WIDTH, i)
    at = _IDENTITIES[form, _DRAUGHT]
    if at >= 0 and bits >= at + 8:
        deep = _u(w, at, int64(8))
        if deep:
            sizes[C_DRAUGHT, i] = draughts[deep]
            _set(masks, C_HAS_DRAUGHT, i)
    views[C_PART, i, 0], views[C_PART, i, 1] = _ZERO, _ZERO  # the view of a null is looked at, too
    if kind == 24:
        views[C_PART, i, 0], views[C_PART, i, 1] = words[form - 24, 0], words[form - 24, 1]
        _set(masks, C_HAS_PART, i)
    for k in range(4):
        end = start
        if k == 3:
            at = _IDENTITIES[form, _ETA]
            if at >= 0:
                end = _eta(w, at, bits, data, start)
        else:
            at = _IDENTITIES[form, _NAME if k == 0 else _CALL if k == 1 else _DESTINATION]
            if at >= 0:
                end = _text(w, at, int64(42 if k == 1 else 120), bits, data, start)
            at = _IDENTITIES[form, _MORE]
            if k == 0 and at >= 0 and end > start:
                end = _text(w, at, int64(88), bits, data, end)
        if end > start:
            _set(masks, C_HAS_NAME + k, i)
            start = _view(views, C_NAME + k, i, data, start, end)
        else:
            views[C_NAME + k, i, 0], views[C_NAME + k, i, 1] = _ZERO, _ZERO
    return start


@_inner
def _message(
    w: Any, kind: Any, bits: Any, b: Any, p: Any, n: Any, i: Any, start: Any, codes: Any, views: Any, masks: Any,
    data: Any,
) -> Any:  # fmt: skip
    """What is kept of a message of another kind, as row i of the messages; where the next text may begin."""
    to, app, said = _OTHERS[kind, _TO], _OTHERS[kind, _APP], _OTHERS[kind, _SAID]
    if kind == 22 and bits > 139 and (w[2] >> uint64(52)) & uint64(1):
        to = int64(69)  # addressed
    elif kind == 25 or kind == 26:
        form = w[0] >> uint64(24)
        if form & uint64(2):  # addressed
            to = int64(40)
        if form & uint64(1):  # structured
            app = int64(70 if to > 0 else 40)
    if to > 0 and bits >= to + 30:
        codes[M_TO, i] = _u(w, to, int64(30))
        _set(masks, M_HAS_TO, i)
    if app > 0 and bits >= app + 16:
        both = _u(w, app, int64(16))
        codes[M_DAC, i], codes[M_FI, i] = both >> 6, both & 63
        _set(masks, M_HAS_APP, i)
    codes[M_BITS, i] = bits
    views[M_TEXT, i, 0], views[M_TEXT, i, 1] = _ZERO, _ZERO
    if said > 0:
        end = _text(w, said, bits, bits, data, start)
        if end > start:
            _set(masks, M_HAS_TEXT, i)
            start = _view(views, M_TEXT, i, data, start, end)
    _copy(b, p, n, data, start)
    return _view(views, M_PAYLOAD, i, data, start, start + n)


@_inner
def _head(
    rows: Any, j: Any, key: Any, t: Any, mmsi: Any, kind: Any, i: Any, whole: Any, codes: Any, views: Any, masks: Any,
    receivers: Any, stations: Any, channels: Any,
) -> None:  # fmt: skip
    """What all tables have of a message, as row i."""
    whole[ID, i], whole[SEEN, i], whole[MOVER, i] = key, t, mmsi
    whole[FIRST_LINE, i], whole[LAST_LINE, i] = rows[j, FIRST], rows[j, LINE]
    codes[MMSI, i], codes[TYPE, i] = mmsi, kind
    own, channel = rows[j, OWN], rows[j, CHANNEL]
    station = rows[j, STATION] + 1
    views[RECEIVER, i, 0], views[RECEIVER, i, 1] = receivers[own, 0], receivers[own, 1]
    views[AT_STATION, i, 0], views[AT_STATION, i, 1] = stations[station, 0], stations[station, 1]
    views[ON_CHANNEL, i, 0], views[ON_CHANNEL, i, 1] = channels[channel, 0], channels[channel, 1]
    if t != NO_TIME:
        _set(masks, HAS_T, i)
    if station:
        _set(masks, HAS_STATION, i)
    if channel:
        _set(masks, HAS_CHANNEL, i)


@njit(cache=True)
def count(b: Any, rows: Any, n: Any, out: Any) -> None:
    """At most so many reports, claims, messages, and bytes of the payloads of messages."""
    for j in range(n):
        if rows[j, WHOLE] < 0 or rows[j, LEN] == 0:
            continue
        gives = _GIVES[_VALUE[b[rows[j, PAY]]] & 63]
        if gives == _MESSAGE:
            out[2] += 1
            out[3] += rows[j, LEN]
            continue
        out[0] += gives != _CLAIM and gives != _NONE
        out[1] += gives != _REPORT and gives != _NONE


@_inner
def _bad(rows: Any, j: Any, parts: Any, rejects: Any, counts: Any, code: Any, first: Any, second: Any) -> None:
    """Reject the sentences of a message that cannot be used."""
    whole = rows[j, WHOLE]
    for k in range(9 if whole else 1):
        source = parts[whole - 1, k] if whole else j
        if source < 0:
            break
        i = counts[N_REJECTS]
        counts[N_REJECTS] = i + 1
        rejects[i, LINE], rejects[i, OFFSET] = rows[source, LINE], rows[source, OFFSET]
        rejects[i, RAW], rejects[i, RAW_END] = rows[source, RAW], rows[source, RAW_END]
        rejects[i, CODE], rejects[i, A], rejects[i, B] = code, first, second


@_inner
def _judge(w: Any, n: Any, bits: Any, fits: Any) -> Any:
    """Why a payload cannot be used (FINE: it can), two values, and its form: the type, 25 for part B of type 24."""
    kind, nothing = int64(w[0] >> uint64(58)), int64(0)
    if n == 0:
        return NO_PAYLOAD, nothing, nothing, kind
    if not fits:
        return ARMOUR, nothing, nothing, kind
    if bits < 38:
        return SHORT, bits, nothing, kind
    gives = _GIVES[kind]
    if gives == _NONE:
        return KIND, kind, nothing, kind
    if gives == _MESSAGE:
        return FINE, nothing, nothing, kind
    form = kind
    if kind == 24:
        part = int64(w[0] >> uint64(24)) & 3 if bits >= 40 else int64(3)
        if part > 1:
            return PART_24, part, nothing, kind
        form = kind + part
    need = _IDENTITIES[form, _LEAST] if gives == _CLAIM else _PLACES[kind, _LAT] + _PLACES[kind, _LON_BITS] - 1
    if bits < need:
        return NEED, bits, kind * 1000 + need, form
    return FINE, nothing, nothing, form


@njit(cache=True)
def extract(
    b: Any, rows: Any, n: Any, parts: Any, names: Any, ends: Any, given_t: Any, base_clock: Any, state: Any,
    types: Any, rejects: Any, counts: Any, room: Any, lookup: Any, words: Any, reports: Any, claims: Any, messages: Any,
) -> Any:  # fmt: skip
    """Cut the fields of the messages in ``rows[:n]`` out, in order.

    Args:
        b: the bytes.
        rows: sentences, put together.
        n: number of rows.
        parts: rows of the parts of each message of several.
        names: stations' names as text in UTF-8, end to end.
        ends: ``ends[i + 1]`` is the end of name i.
        given_t: time of messages without one, or NO_TIME.
        base_clock: give those the time of the last base station report or UTC response (types 4, 11).
        state: holds that time.
        types: messages by type, added to.
        rejects, counts: as in ``scan``.
        room: words for a payload, words for the fields of a key, the same as bytes.
        lookup: speeds, courses, rates of turn and draughts as the tables hold them.
        words: views of the words for transponders, parts, receivers (another's, own), channels (none, A, B), and of
            stations' names (none, then each).
        reports, claims, messages: arrays of columns (see ``_columns``), with room for as many rows as ``count`` says.

    Returns:
        Numbers of reports, claims, messages and flags.
    """
    w, fields, scratch = room
    sogs, cogs, rots, draughts = lookup
    senders, a_or_b, receivers, channels, stations = words
    r_whole, r_codes, r_views, r_masks, r_place, r_motion, flag_ends, flags = reports
    c_whole, c_codes, c_views, c_masks, c_sizes, c_data = claims
    m_whole, m_codes, m_views, m_masks, m_data = messages
    c_at, m_at = int64(0), int64(0)
    n_r, n_c, n_m, n_flags = int64(0), int64(0), int64(0), int64(0)
    for j in range(n):
        if rows[j, WHOLE] < 0:
            continue
        p, size = rows[j, PAY], rows[j, LEN]
        bits = size * 6 - rows[j, FILL]
        fits = _pack(b, p, size, w)
        code, first, second, form = _judge(w, size, bits, fits)
        if code != FINE:
            _bad(rows, j, parts, rejects, counts, code, first, second)
            continue
        kind = int64(w[0] >> uint64(58))
        types[kind] += 1
        mmsi = int64((w[0] >> uint64(26)) & uint64(0x3FFFFFFF))
        t = rows[j, T]
        if base_clock:
            if kind == 4 or kind == 11:
                told = _clock(w)
                state[BASE_T] = told if told != NO_TIME else state[BASE_T]
            t = state[BASE_T] if t == NO_TIME else t
        t = given_t if t == NO_TIME else t
        key = _key(b, p, size + 2, mmsi, t, rows[j, STATION], names, ends, fields, scratch)
        gives = _GIVES[kind]
        if gives == _MESSAGE:
            _head(rows, j, key, t, mmsi, kind, n_m, m_whole, m_codes, m_views, m_masks, receivers, stations, channels)
            m_at = _message(w, kind, bits, b, p, size, n_m, m_at, m_codes, m_views, m_masks, m_data)
            n_m += 1
            continue
        if gives != _CLAIM:
            _head(rows, j, key, t, mmsi, kind, n_r, r_whole, r_codes, r_views, r_masks, receivers, stations, channels)
            if rows[j, OWN]:
                _set(r_masks, R_IS_OWN, n_r)
            n_flags = _report(
                w, kind, bits, mmsi, n_r, n_flags, r_codes, r_views, r_masks, r_place, r_motion, flag_ends, flags, sogs,
                cogs, rots, senders,
            )  # fmt: skip
            n_r += 1
        if gives != _REPORT:
            _head(rows, j, key, t, mmsi, kind, n_c, c_whole, c_codes, c_views, c_masks, receivers, stations, channels)
            c_at = _claim(
                w, kind, form, bits, mmsi, n_c, c_at, c_codes, c_views, c_masks, c_sizes, c_data, draughts, a_or_b
            )
            n_c += 1
    return n_r, n_c, n_m, n_flags
