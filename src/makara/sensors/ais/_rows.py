"""Messages to rows of the tables, compiled: "not available" to null, doubts to flags.

Fields and values as in ITU-R M.1371-5, annex 8: longitude 181 and latitude 91, speed 102.3 (63 in type 27), course 360
(511), heading 511, rate of turn -128 (and +-127: it turns, no indicator), status 15, IMO 0, dimensions 0, ship type 0,
draught 0 and text of ``@`` mean "not available". A field that the payload ends before is null.

Numba's cache does not see changes in other files: after a change here, touch ``_scan.py``, ``_assemble.py`` and
``_extract.py``, whose compiled functions include this.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64, njit, uint64

from makara.sensors.ais._fields import (
    _ZERO,
    _copy,
    _s,
    _set,
    _text,
    _two,
    _u,
    _view,
)
from makara.sensors.ais._layout import (
    CHANNEL,
    FIRST,
    LINE,
    NO_TIME,
    OWN,
    STATION,
)
from makara.sensors.ais._standard import (
    _ACCURACY,
    _APP,
    _CALL,
    _COURSE,
    _COURSE_BITS,
    _DESTINATION,
    _DRAUGHT,
    _ETA,
    _HEADING,
    _HULL,
    _IDENTITIES,
    _IMO,
    _LAT,
    _LON,
    _LON_BITS,
    _MORE,
    _NAME,
    _OTHERS,
    _PLACES,
    _SAID,
    _SENDER,
    _SHIP,
    _SPEED,
    _SPEED_BITS,
    _STATUS,
    _TO,
    _TURN,
    AT_STATION,
    C_DRAUGHT,
    C_HAS_DRAUGHT,
    C_HAS_IMO,
    C_HAS_LENGTH,
    C_HAS_NAME,
    C_HAS_PART,
    C_HAS_SHIP,
    C_HAS_WIDTH,
    C_IMO,
    C_LENGTH,
    C_NAME,
    C_PART,
    C_SHIP,
    C_WIDTH,
    FIRST_LINE,
    HAS_CHANNEL,
    HAS_STATION,
    HAS_T,
    ID,
    LAST_LINE,
    M_BITS,
    M_DAC,
    M_FI,
    M_HAS_APP,
    M_HAS_TEXT,
    M_HAS_TO,
    M_PAYLOAD,
    M_TEXT,
    M_TO,
    MMSI,
    MOVER,
    ON_CHANNEL,
    R_ACCURATE,
    R_COG,
    R_HAS_COG,
    R_HAS_HEADING,
    R_HAS_PLACE,
    R_HAS_ROT,
    R_HAS_SOG,
    R_HAS_STATUS,
    R_HEADING,
    R_LAT,
    R_LON,
    R_ROT,
    R_SOG,
    R_STATUS,
    R_TRANSPONDER,
    RECEIVER,
    SART,
    SEEN,
    TYPE,
)

_inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Functions that only compiled ones call."""


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
            more = _IDENTITIES[form, _MORE] if k == 0 else int64(-1)
            if at >= 0:
                end = _text(w, at, int64(42 if k == 1 else 120), more, bits, data, start)
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
        end = _text(w, said, bits, int64(-1), bits, data, start)
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
