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
)

# Integer columns (64 bits) of each table; LAST is the line of the last sentence.
ID, SEEN, MMSI, FIRST_LINE, LAST_LINE = range(5)
# Reports: codes (32 bits), floats, single floats, small codes, bits.
R_STATION, R_TYPE, R_STATUS = range(3)
R_LON, R_LAT = range(2)
R_SOG, R_COG, R_HEADING, R_ROT = range(4)
R_TRANSPONDER, R_CHANNEL, R_OWN, R_FLAGS = range(4)
R_HAS_T, R_HAS_PLACE, R_ACCURATE, R_HAS_SOG, R_HAS_COG, R_HAS_HEADING, R_HAS_ROT, R_HAS_STATUS, R_IS_OWN = range(9)
# Claims: codes, single floats, small codes, bits, texts.
C_STATION, C_TYPE, C_IMO, C_SHIP = range(4)
C_LENGTH, C_WIDTH, C_DRAUGHT = range(3)
C_PART, C_OWN = range(2)
C_HAS_T, C_HAS_IMO, C_HAS_SHIP, C_HAS_LENGTH, C_HAS_WIDTH, C_HAS_DRAUGHT, C_TEXTS = range(7)
C_NAME, C_CALLSIGN, C_DESTINATION, C_ETA = range(4)
# Messages: codes, small codes, bits, texts.
M_STATION, M_TYPE, M_DAC, M_FI, M_TO, M_BITS = range(6)
M_CHANNEL, M_OWN = range(2)
M_HAS_T, M_HAS_DAC, M_HAS_FI, M_HAS_TO, M_HAS_TEXT = range(5)
M_TEXT, M_PAYLOAD = range(2)

NAME_MAX: Final = 34
"""Characters of the longest text of a claim: the name of an aid with its extension."""
WORDS: Final = 1024
"""Words of 64 bits that hold a payload: nine parts of 1,024 characters and room to read beyond."""
SCRATCH: Final = 2048
"""Words of 64 bits that hold the fields of a key: as much again, and a name of 255 bytes, each perhaps become three."""

_VALUE: Final = np.array([c - 48 if 48 <= c < 88 else c - 56 if 96 <= c < 120 else 255 for c in range(256)], np.uint8)
"""Value of each character of a payload; 255 for those that may not stand there."""
_NONE, _REPORT, _CLAIM, _BOTH, _MESSAGE = range(5)
_GIVES: Final = np.full(64, _NONE, np.int64)
_GIVES[1:28] = _MESSAGE
_GIVES[[1, 2, 3, 4, 9, 11, 18, 27]] = _REPORT
_GIVES[[5, 24]] = _CLAIM
_GIVES[[19, 21]] = _BOTH
_NEED: Final = np.full(64, 38, np.int64)
"""Bits that a message needs to be of use: its place, or the name in types 5 and 24A, or the type of ship in 24B."""
for _kind, _bits in ((1, 116), (2, 116), (3, 116), (4, 134), (5, 232), (9, 116), (11, 134), (18, 112), (19, 112)):
    _NEED[_kind] = _bits
_NEED[21], _NEED[27] = 219, 79
_SENDER: Final = np.zeros(64, np.uint8)
"""Number of the transponder, as in the vocabulary of table reports."""
for _kind, _code in ((18, 1), (19, 1), (27, 2), (21, 4), (4, 5), (9, 6)):
    _SENDER[_kind] = _code
SART: Final = 3

_P1: Final = np.uint64(0x9E3779B185EBCA87)
_P2: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_P3: Final = np.uint64(0x165667B19E3779F9)
_P4: Final = np.uint64(0x85EBCA77C2B2AE63)
_P5: Final = np.uint64(0x27D4EB2F165667C5)


@njit(cache=True)
def _rotl(x: Any, r: Any) -> Any:
    return uint64((x << uint64(r)) | (x >> uint64(64 - r)))


@njit(cache=True)
def _round(acc: Any, lane: Any) -> Any:
    return uint64(_rotl(uint64(acc + lane * _P2), 31) * _P1)


@njit(cache=True)
def _xxh64(words: Any, b: Any, n: Any) -> Any:
    """XXH64, seed 0, of ``b[:n]``, the bytes of ``words`` (Collet, XXH64 specification 0.1.1)."""
    i = 0
    end = n // 8
    if n >= 32:
        v1, v2, v3, v4 = uint64(_P1 + _P2), uint64(_P2), uint64(0), uint64(uint64(0) - _P1)
        while i + 4 <= end:
            v1 = _round(v1, words[i])
            v2 = _round(v2, words[i + 1])
            v3 = _round(v3, words[i + 2])
            v4 = _round(v4, words[i + 3])
            i += 4
        h = uint64(_rotl(v1, 1) + _rotl(v2, 7) + _rotl(v3, 12) + _rotl(v4, 18))
        h = uint64((h ^ _round(uint64(0), v1)) * _P1 + _P4)
        h = uint64((h ^ _round(uint64(0), v2)) * _P1 + _P4)
        h = uint64((h ^ _round(uint64(0), v3)) * _P1 + _P4)
        h = uint64((h ^ _round(uint64(0), v4)) * _P1 + _P4)
    else:
        h = uint64(_P5)
    h = uint64(h + uint64(n))
    while i < end:
        h = uint64(_rotl(uint64(h ^ _round(uint64(0), words[i])), 27) * _P1 + _P4)
        i += 1
    k = i * 8
    if k + 4 <= n:
        lane = uint64(b[k]) | uint64(b[k + 1]) << uint64(8) | uint64(b[k + 2]) << uint64(16)
        lane |= uint64(b[k + 3]) << uint64(24)
        h = uint64(_rotl(uint64(h ^ uint64(lane * _P1)), 23) * _P2 + _P3)
        k += 4
    while k < n:
        h = uint64(_rotl(uint64(h ^ uint64(uint64(b[k]) * _P5)), 11) * _P1)
        k += 1
    h = uint64((h ^ (h >> uint64(33))) * _P2)
    h = uint64((h ^ (h >> uint64(29))) * _P3)
    return uint64(h ^ (h >> uint64(32)))


@njit(cache=True)
def _put4(out: Any, at: Any, v: Any) -> Any:
    out[at], out[at + 1], out[at + 2], out[at + 3] = v & 255, (v >> 8) & 255, (v >> 16) & 255, (v >> 24) & 255
    return at + 4


@njit(cache=True)
def _key(b: Any, row: Any, mmsi: Any, t: Any, names: Any, ends: Any, words: Any, out: Any) -> Any:
    """Key of a message: scheme, mover, t_seen, station, payload with fill bits; as ``base.ids.bulk`` gives it."""
    words[0] = uint64(0x69736D6D00000004)  # "mmsi" behind its length
    at = _put4(out, 8, 8)
    at = _put4(out, at, mmsi)
    at = _put4(out, at, 0)
    if t == NO_TIME:
        at = _put4(out, at, 0xFFFFFFFF)
    else:
        at = _put4(out, at, 8)
        at = _put4(out, at, t & 0xFFFFFFFF)
        at = _put4(out, at, (t >> 32) & 0xFFFFFFFF)
    station = row[STATION]
    if station < 0:
        at = _put4(out, at, 0xFFFFFFFF)
    else:
        start = ends[station]
        n = ends[station + 1] - start
        at = _put4(out, at, n)
        for i in range(n):
            out[at + i] = names[start + i]
        at += n
    n = row[LEN] + 2
    at = _put4(out, at, n)
    start = row[PAY]
    for i in range(n):
        out[at + i] = b[start + i]
    return int64(_xxh64(words, out, at + n))


@njit(cache=True)
def _pack(b: Any, p: Any, n: Any, w: Any) -> Any:
    """Put the bits of ``b[p:p + n]`` into ``w``, with zeros behind; whether all characters may stand in a payload."""
    acc, have, at = uint64(0), 0, 0
    seen = np.uint8(0)
    for i in range(n):
        c = _VALUE[b[p + i]]
        seen |= c
        v = uint64(c)
        if have <= 58:
            acc |= v << uint64(58 - have)
            have += 6
            if have == 64:
                w[at] = acc
                at += 1
                acc, have = uint64(0), 0
        else:
            over = have - 58
            w[at] = acc | (v >> uint64(over))
            at += 1
            acc, have = v << uint64(64 - over), over
    w[at] = acc
    for i in range(at + 1, at + 9):
        w[i] = uint64(0)
    return seen < 64


@njit(cache=True)
def _u(w: Any, start: Any, n: Any) -> Any:
    """An unsigned field."""
    i, o = start >> 6, start & 63
    v = w[i] << uint64(o)
    if o + n > 64:
        v |= w[i + 1] >> uint64(64 - o)
    return int64(v >> uint64(64 - n))


@njit(cache=True)
def _s(w: Any, start: Any, n: Any) -> Any:
    """A signed field."""
    v = _u(w, start, n)
    return v - (int64(1) << n) if v >> (n - 1) else v


@njit(cache=True)
def _text(w: Any, start: Any, width: Any, bits: Any, out: Any, at: Any) -> Any:
    """Six-bit text (table 47) up to the first ``@``, without blanks around it, to ``out[at:]``; where it ends."""
    n = min(width, bits - start) // 6
    end = at
    for i in range(n):
        c = _u(w, start + 6 * i, 6)
        if c == 0:
            break
        if c == 32 and end == at:
            continue
        out[end] = c + 64 if c < 32 else c
        end += 1
    while end > at and out[end - 1] == 32:
        end -= 1
    return end


@njit(cache=True)
def _set(bits: Any, i: Any) -> None:
    bits[i >> 3] |= np.uint8(1 << (i & 7))


@njit(cache=True)
def _two(out: Any, at: Any, n: Any) -> Any:
    out[at], out[at + 1] = 48 + n // 10, 48 + n % 10
    return at + 2


@njit(cache=True)
def _bad_mmsi(m: Any) -> Any:
    """As ``_frames.bad_mmsi``: no form of ITU-R M.585 that may transmit."""
    mid = 0
    if m < 10_000_000:
        mid = m // 10_000
    elif 111_000_000 <= m <= 111_999_999:
        mid = m // 1000 % 1000
    elif 200_000_000 <= m <= 799_999_999:
        mid = m // 1_000_000
    elif 800_000_000 <= m <= 899_999_999:
        mid = m // 100_000 % 1000
    elif 980_000_000 <= m <= 999_999_999:
        mid = m // 10_000 % 1000
    elif m // 1_000_000 == 970 or m // 1_000_000 == 972 or m // 1_000_000 == 974:
        mid = 201
    return not 201 <= mid <= 775


@njit(cache=True)
def _clock(w: Any) -> Any:
    """Microseconds of a base station's clock (types 4 and 11), or NO_TIME when it is not available."""
    y, mo, d = _u(w, 38, 14), _u(w, 52, 4), _u(w, 56, 5)
    h, mi, s = _u(w, 61, 5), _u(w, 66, 6), _u(w, 72, 6)
    if not (1 <= y <= 9999 and 1 <= mo <= 12 and d >= 1 and h < 24 and mi < 60 and s < 60):
        return int64(NO_TIME)
    last = 30 + ((mo + mo // 8) & 1)
    if mo == 2:
        last = 29 if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0) else 28
    if d > last:
        return int64(NO_TIME)
    year = y - (1 if mo <= 2 else 0)
    of_era = year % 400
    of_year = (153 * (mo + (-3 if mo > 2 else 9)) + 2) // 5 + d - 1
    days = year // 400 * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return int64((days * 86400 + h * 3600 + mi * 60 + s) * 1_000_000)


@njit(cache=True)
def _report(
    w: Any, kind: Any, bits: Any, mmsi: Any, i: Any, n_flags: Any, r32: Any, place: Any, motion: Any, r8: Any,
    rbits: Any, flag_ends: Any, flags: Any, sogs: Any, cogs: Any, rots: Any,
) -> Any:  # fmt: skip
    """Place and motion of a message, as row i of the reports; the number of flags so far."""
    sog, cog, turn, status = np.float32(-1), np.float32(-1), int64(-128), int64(15)
    heading = int64(511)
    if kind <= 3 or kind == 9:
        accurate, lon, lat = _u(w, 60, 1), _s(w, 61, 28), _s(w, 89, 27)
        speed, course = _u(w, 50, 10), _u(w, 116, 12) if bits >= 128 else 3600
        sog = (np.float32(speed) if kind == 9 else sogs[speed]) if speed < 1023 else sog
        cog = cogs[course] if course < 3600 else cog
        if kind <= 3:
            heading = _u(w, 128, 9) if bits >= 137 else 511
            turn, status = _s(w, 42, 8), _u(w, 38, 4)
    elif kind == 18 or kind == 19:
        accurate, lon, lat = _u(w, 56, 1), _s(w, 57, 28), _s(w, 85, 27)
        speed, course = _u(w, 46, 10), _u(w, 112, 12) if bits >= 124 else 3600
        sog = sogs[speed] if speed < 1023 else sog
        cog = cogs[course] if course < 3600 else cog
        heading = _u(w, 124, 9) if bits >= 133 else 511
    elif kind == 27:
        accurate, lon, lat = _u(w, 38, 1), _s(w, 44, 18) * 1000, _s(w, 62, 17) * 1000
        speed, course = _u(w, 79, 6) if bits >= 85 else 63, _u(w, 85, 9) if bits >= 94 else 511
        sog = np.float32(speed) if speed < 63 else sog
        cog = np.float32(course) if course < 360 else cog
        status = _u(w, 40, 4)
    elif kind == 21:
        accurate, lon, lat = _u(w, 163, 1), _s(w, 164, 28), _s(w, 192, 27)
    else:
        accurate, lon, lat = _u(w, 78, 1), _s(w, 79, 28), _s(w, 107, 27)
    if accurate:
        _set(rbits[R_ACCURATE], i)
    bad = False
    if lon != 108_600_000 and lat != 54_600_000:
        bad = abs(lon) > 108_000_000 or abs(lat) > 54_000_000 or (lon == 0 and lat == 0)
        if not bad:
            x = -180.0 if lon == 108_000_000 else lon / 600_000.0
            place[R_LON, i] = np.rint(x * 1e7) / 1e7
            place[R_LAT, i] = np.rint(lat / 600_000.0 * 1e7) / 1e7
            _set(rbits[R_HAS_PLACE], i)
    if sog >= 0:
        motion[R_SOG, i] = sog
        _set(rbits[R_HAS_SOG], i)
    if cog >= 0:
        motion[R_COG, i] = cog
        _set(rbits[R_HAS_COG], i)
    if heading < 360:
        motion[R_HEADING, i] = np.float32(heading)
        _set(rbits[R_HAS_HEADING], i)
    if -127 < turn < 127:
        motion[R_ROT, i] = rots[turn + 126]
        _set(rbits[R_HAS_ROT], i)
    if status < 15:
        r32[R_STATUS, i] = status
        _set(rbits[R_HAS_STATUS], i)
    group = mmsi // 1_000_000
    r8[R_TRANSPONDER, i] = SART if group == 970 or group == 972 or group == 974 else _SENDER[kind]
    if _bad_mmsi(mmsi):
        flags[n_flags] = 0
        n_flags += 1
    if bad:
        flags[n_flags] = 1
        n_flags += 1
    flag_ends[i + 1] = n_flags
    return n_flags


@njit(cache=True)
def _hull(w: Any, at: Any, bits: Any, i: Any, c_motion: Any, cbits: Any) -> None:
    """Length and width from the distances of the antenna to bow, stern, port and starboard."""
    if bits >= at + 18:
        n = _u(w, at, 9) + _u(w, at + 9, 9)
        if n:
            c_motion[C_LENGTH, i] = np.float32(n)
            _set(cbits[C_HAS_LENGTH], i)
    if bits >= at + 30:
        n = _u(w, at + 18, 6) + _u(w, at + 24, 6)
        if n:
            c_motion[C_WIDTH, i] = np.float32(n)
            _set(cbits[C_HAS_WIDTH], i)


@njit(cache=True)
def _claim(
    w: Any, kind: Any, part: Any, bits: Any, mmsi: Any, i: Any, c32: Any, sizes: Any, c8: Any, cbits: Any,
    text_ends: Any, texts: Any, draughts: Any,
) -> None:  # fmt: skip
    """Identity and voyage of a message, as row i of the claims."""
    ship = int64(0)
    name, call = text_ends[C_NAME, i], text_ends[C_CALLSIGN, i]
    there, eta = text_ends[C_DESTINATION, i], text_ends[C_ETA, i]
    name_end, call_end, there_end, eta_end = name, call, there, eta
    if kind == 5:
        imo = _u(w, 40, 30)
        if imo:
            c32[C_IMO, i] = imo
            _set(cbits[C_HAS_IMO], i)
        call_end = _text(w, 70, 42, bits, texts[C_CALLSIGN], call)
        name_end = _text(w, 112, 120, bits, texts[C_NAME], name)
        ship = _u(w, 232, 8) if bits >= 240 else 0
        _hull(w, 240, bits, i, sizes, cbits)
        if bits >= 283:
            month, day = _u(w, 274, 4), _u(w, 278, 5)
            if 1 <= month <= 12 and day:
                out = texts[C_ETA]
                eta_end = _two(out, eta, month)
                out[eta_end] = 45
                eta_end = _two(out, eta_end + 1, day)
                hour, minute = _u(w, 283, 5), _u(w, 288, 6)
                if bits >= 294 and hour < 24 and minute < 60:
                    out[eta_end] = 84
                    eta_end = _two(out, eta_end + 1, hour)
                    out[eta_end] = 58
                    eta_end = _two(out, eta_end + 1, minute)
        if bits >= 302:
            deep = _u(w, 294, 8)
            if deep:
                sizes[C_DRAUGHT, i] = draughts[deep]
                _set(cbits[C_HAS_DRAUGHT], i)
        there_end = _text(w, 302, 120, bits, texts[C_DESTINATION], there)
    elif kind == 19:
        name_end = _text(w, 143, 120, bits, texts[C_NAME], name)
        ship = _u(w, 263, 8) if bits >= 271 else 0
        _hull(w, 271, bits, i, sizes, cbits)
    elif kind == 21:
        name_end = _text(w, 43, 120, bits, texts[C_NAME], name)
        if name_end > name:
            name_end = _text(w, 272, 88, bits, texts[C_NAME], name_end)
        _hull(w, 219, bits, i, sizes, cbits)
    elif part == 0:
        c8[C_PART, i] = 1
        name_end = _text(w, 40, 120, bits, texts[C_NAME], name)
    else:
        c8[C_PART, i] = 2
        ship = _u(w, 40, 8)
        call_end = _text(w, 90, 42, bits, texts[C_CALLSIGN], call)
        # The dimensions of an auxiliary craft (98MID) are its mother ship's MMSI (ITU-R M.1371-5, 3.22).
        if not 980_000_000 <= mmsi <= 989_999_999:
            _hull(w, 132, bits, i, sizes, cbits)
    if ship:
        c32[C_SHIP, i] = ship
        _set(cbits[C_HAS_SHIP], i)
    text_ends[C_NAME, i + 1], text_ends[C_CALLSIGN, i + 1] = name_end, call_end
    text_ends[C_DESTINATION, i + 1], text_ends[C_ETA, i + 1] = there_end, eta_end
    for k in range(4):
        if text_ends[k, i + 1] > text_ends[k, i]:
            _set(cbits[C_TEXTS + k], i)


@njit(cache=True)
def _message(
    w: Any, kind: Any, bits: Any, row: Any, b: Any, i: Any, m32: Any, mbits: Any, m_ends: Any, m_text: Any,
    m_payload: Any,
) -> None:  # fmt: skip
    """What is kept of a message that is neither report nor claim, as row i of the messages."""
    to_at, app_at, text_at = int64(-1), int64(-1), int64(-1)
    if kind in (6, 7, 10, 12, 13, 15, 16):
        to_at = 40
    elif kind == 22 and bits > 139 and _u(w, 139, 1):
        to_at = 69
    elif (kind == 25 or kind == 26) and bits >= 40:
        if _u(w, 38, 1):
            to_at = 40
        if _u(w, 39, 1):
            app_at = 70 if to_at > 0 else 40
    if kind == 6:
        app_at = 72
    elif kind == 8:
        app_at = 40
    elif kind == 12:
        text_at = 72
    elif kind == 14:
        text_at = 40
    if to_at > 0 and bits >= to_at + 30:
        m32[M_TO, i] = _u(w, to_at, 30)
        _set(mbits[M_HAS_TO], i)
    if app_at > 0 and bits >= app_at + 16:
        m32[M_DAC, i], m32[M_FI, i] = _u(w, app_at, 10), _u(w, app_at + 10, 6)
        _set(mbits[M_HAS_DAC], i)
        _set(mbits[M_HAS_FI], i)
    m32[M_BITS, i] = bits
    end = m_ends[M_TEXT, i]
    if text_at > 0:
        end = _text(w, text_at, bits, bits, m_text, end)
        if end > m_ends[M_TEXT, i]:
            _set(mbits[M_HAS_TEXT], i)
    m_ends[M_TEXT, i + 1] = end
    at = m_ends[M_PAYLOAD, i]
    for k in range(row[LEN]):
        m_payload[at + k] = b[row[PAY] + k]
    m_ends[M_PAYLOAD, i + 1] = at + row[LEN]


@njit(cache=True)
def count(b: Any, rows: Any, n: Any) -> Any:
    """At most so many reports, claims, messages, and bytes of the payloads of messages."""
    out = np.zeros(4, np.int64)
    for j in range(n):
        row = rows[j]
        if row[WHOLE] < 0 or row[LEN] == 0:
            continue
        gives = _GIVES[_VALUE[b[row[PAY]]] & 63]
        if gives in (_REPORT, _BOTH):
            out[0] += 1
        if gives in (_CLAIM, _BOTH):
            out[1] += 1
        if gives == _MESSAGE:
            out[2] += 1
            out[3] += row[LEN]
    return out


@njit(cache=True)
def _bad(rows: Any, j: Any, parts: Any, rejects: Any, counts: Any, code: Any, first: Any, second: Any) -> None:
    """Reject the sentences of a message that cannot be used."""
    whole = rows[j, WHOLE]
    for k in range(9 if whole else 1):
        source = parts[whole - 1, k] if whole else j
        if source < 0:
            break
        row, bad = rows[source], rejects[counts[N_REJECTS]]
        bad[LINE], bad[OFFSET], bad[RAW], bad[RAW_END] = row[LINE], row[OFFSET], row[RAW], row[RAW_END]
        bad[CODE], bad[A], bad[B] = code, first, second
        counts[N_REJECTS] += 1


@njit(cache=True)
def extract(
    b: Any, rows: Any, n: Any, parts: Any, names: Any, ends: Any, given_t: Any, base_clock: Any, state: Any,
    types: Any, rejects: Any, counts: Any, lookup: Any, reports: Any, claims: Any, messages: Any,
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
        lookup: speeds, courses, rates of turn and draughts as the tables hold them.
        reports, claims, messages: arrays of columns (see ``_columns``), with room for as many rows as ``count`` says.

    Returns:
        Numbers of reports, claims, messages and flags.
    """
    sogs, cogs, rots, draughts = lookup
    r64, r32, place, motion, r8, rbits, flag_ends, flags = reports
    c64, c32, sizes, c8, cbits, c_ends, c_texts = claims
    m64, m32, m8, mbits, m_ends, m_text, m_payload = messages
    w = np.zeros(WORDS, np.uint64)
    words = np.zeros(SCRATCH, np.uint64)
    scratch = words.view(np.uint8)
    n_r, n_c, n_m, n_flags = int64(0), int64(0), int64(0), int64(0)
    for j in range(n):
        row = rows[j]
        if row[WHOLE] < 0:
            continue
        if row[LEN] == 0:
            _bad(rows, j, parts, rejects, counts, NO_PAYLOAD, 0, 0)
            continue
        if not _pack(b, row[PAY], row[LEN], w):
            _bad(rows, j, parts, rejects, counts, ARMOUR, 0, 0)
            continue
        bits = row[LEN] * 6 - row[FILL]
        kind = _u(w, 0, 6)
        gives = _GIVES[kind]
        if bits < 38:
            _bad(rows, j, parts, rejects, counts, SHORT, bits, 0)
            continue
        if gives == _NONE:
            _bad(rows, j, parts, rejects, counts, KIND, kind, 0)
            continue
        part, need = int64(-1), _NEED[kind]
        if kind == 24:
            part = _u(w, 38, 2) if bits >= 40 else 3
            if part > 1:
                _bad(rows, j, parts, rejects, counts, PART_24, part, 0)
                continue
            need = 48 if part else 160
        if bits < need:
            _bad(rows, j, parts, rejects, counts, NEED, bits, kind * 1000 + need)
            continue
        types[kind] += 1
        mmsi = _u(w, 8, 30)
        t = row[T]
        if base_clock:
            if kind == 4 or kind == 11:
                told = _clock(w)
                state[BASE_T] = told if told != NO_TIME else state[BASE_T]
            t = state[BASE_T] if t == NO_TIME else t
        t = given_t if t == NO_TIME else t
        key = _key(b, row, mmsi, t, names, ends, words, scratch)
        station = row[STATION] if row[STATION] >= 0 else ends.size - 1
        if gives in (_REPORT, _BOTH):
            i = n_r
            r64[ID, i], r64[SEEN, i], r64[MMSI, i], r64[FIRST_LINE, i] = key, t, mmsi, row[FIRST]
            r64[LAST_LINE, i] = row[LINE]
            r32[R_STATION, i], r32[R_TYPE, i] = station, kind
            r8[R_CHANNEL, i], r8[R_OWN, i] = row[CHANNEL], row[OWN]
            if t != NO_TIME:
                _set(rbits[R_HAS_T], i)
            if row[OWN]:
                _set(rbits[R_IS_OWN], i)
            n_flags = _report(
                w, kind, bits, mmsi, i, n_flags, r32, place, motion, r8, rbits, flag_ends, flags, sogs, cogs, rots
            )
            n_r += 1
        if gives in (_CLAIM, _BOTH):
            i = n_c
            c64[ID, i], c64[SEEN, i], c64[MMSI, i], c64[FIRST_LINE, i] = key, t, mmsi, row[FIRST]
            c64[LAST_LINE, i] = row[LINE]
            c32[C_STATION, i], c32[C_TYPE, i] = station, kind
            c8[C_OWN, i] = row[OWN]
            if t != NO_TIME:
                _set(cbits[C_HAS_T], i)
            _claim(w, kind, part, bits, mmsi, i, c32, sizes, c8, cbits, c_ends, c_texts, draughts)
            n_c += 1
        if gives == _MESSAGE:
            i = n_m
            m64[ID, i], m64[SEEN, i], m64[MMSI, i], m64[FIRST_LINE, i] = key, t, mmsi, row[FIRST]
            m64[LAST_LINE, i] = row[LINE]
            m32[M_STATION, i], m32[M_TYPE, i] = station, kind
            m8[M_CHANNEL, i], m8[M_OWN, i] = row[CHANNEL], row[OWN]
            if t != NO_TIME:
                _set(mbits[M_HAS_T], i)
            _message(w, kind, bits, row, b, i, m32, mbits, m_ends, m_text, m_payload)
            n_m += 1
    return n_r, n_c, n_m, n_flags
