"""Lines to sentences, compiled: what precedes and follows a sentence, tag blocks, checksums, times, stations.

Forms read: ``\\s:station,c:seconds-or-ms,g:1-2-77*hh\\`` (IEC 62320-1; also ``1G2:77``), ``$PGHP`` (Gatehouse: the time
of the next sentence), the suffixes of the US Coast Guard (``,s29101,d-090,T51.15,x26003,r003669945,1469664000``), an
epoch after the checksum (``,1327992119173``), and an epoch or an ISO 8601 time with a zone before or after the
sentence, also as fields of a CSV row. A time without a zone is not used: such loggers write local time.

The compiled code of this file stands alone, since Numba's cache does not see changes in other files. Nothing here is
bounds-checked at run time: each function reads only below the ``q`` or ``end`` that it is given, and writes only into
arrays whose size its caller derived from the number of lines and bytes.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import int64, njit, uint64

NO_TIME: Final = np.int64(-(2**63))
LINES_MAX: Final = 10_000
"""Parts and group lines further apart than so many lines do not belong together."""
LINE_BYTES: Final = 64 * 1024
"""A longer line is no line; its beginning is kept for the reject."""
PAYLOAD_MAX: Final = 1_024
"""A longer payload of one sentence is none: a message has at most 1,064 bits, 178 characters."""
NAME_BYTES: Final = 255
"""A longer name is no station's."""
TAGS_MAX: Final = 8
"""Tag blocks of one line."""
ROWS_MAX: Final = 131_072
REJECTS_MAX: Final = 65_536
"""Sentences and rejected lines that are taken together."""
NAMES_MAX: Final = 32_768
NAMES_BYTES: Final = NAMES_MAX * (NAME_BYTES + 1)
NAME_SLOTS: Final = 2 * NAMES_MAX
GROUP_SLOTS: Final = 32_768
GROUPS_MAX: Final = GROUP_SLOTS // 2


def numbers(n: int, start: int = 0) -> Any:
    """Typed numbers: compiled functions are not compiled anew for each value, as they are for plain ones."""
    return tuple(np.int64(i) for i in range(start, start + n))


# Columns of a sentence.
LINE, OFFSET, RAW, RAW_END, PAY, LEN, FILL, T, STATION, KEY, PART, OF, CHANNEL, OWN, FIRST, WHOLE = numbers(16)
SENTENCE_COLUMNS: Final = 16
# Columns of a reject: LINE, OFFSET, RAW and RAW_END as above, then code and two values.
CODE, A, B = numbers(3, 4)
REJECT_COLUMNS: Final = 7
# Codes of rejects.
NOT_NMEA, MALFORMED, CUT, CHECKSUM, TAG_CHECKSUM, UNSUPPORTED, PART_OF = numbers(7)
LOST, ARMOUR, NO_PAYLOAD, LONG, KIND, SHORT, PART_24, NEED = numbers(8, 7)
FINE: Final = np.int64(-1)
# What is remembered from line to line.
(LOOSE, LOOSE_T, LOOSE_STATION, LOOSE_PART, LOOSE_GROUP, GATE, GATE_T, GATE_STATION, GATE_CHECK) = numbers(9)
(N_NAMES, N_NAME_BYTES, N_GROUPS, BASE_T, LINES_READ, BYTES_READ, DATE) = numbers(7, 9)
STATE: Final = 24
# What is counted.
BLANK, COMMENTS, META, SENTENCES, N_ROWS, N_REJECTS, SIDE, SEVERAL = numbers(8)
COUNTS: Final = 8
# Columns of a group.
GROUP_ID, GROUP_T, GROUP_STATION, GROUP_LINE = numbers(4)

_MS_FROM: Final = 100_000_000_000
"""From here on a count is milliseconds: as seconds it would be the year 5138."""
_NUL, _FEED, _STAR, _COMMA, _DASH, _DOT, _BACKSLASH, _BANG = (np.uint8(c) for c in b"\0\n*,-.\\!")
_ONE, _NINE = np.int64(1), np.int64(9)
_LOW, _HIGH = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_N = tuple(np.uint64(i) for i in range(8))
_BY = tuple(np.uint64(8 * i) for i in range(8))
_FNV: Final = np.uint64(14695981039346656037)
_PRIME: Final = np.uint64(1099511628211)


_inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Functions that only compiled ones call."""


@_inner
def _hex(c: Any) -> Any:
    """Value of a hexadecimal digit, or -1."""
    if 48 <= c <= 57:
        return int64(c) - 48
    if 65 <= c <= 70:
        return int64(c) - 55
    if 97 <= c <= 102:
        return int64(c) - 87
    return int64(-1)


@_inner
def _digit(c: Any) -> Any:
    return 48 <= c <= 57


@_inner
def _space(c: Any) -> Any:
    return c == 32 or 9 <= c <= 13


@_inner
def load8(b: Any, p: Any) -> Any:
    """Eight bytes from p on as one word, the first one lowest. The compiler makes one load of it."""
    i = uint64(p)
    low = (
        uint64(b[i]) | uint64(b[i + _N[1]]) << _BY[1] | uint64(b[i + _N[2]]) << _BY[2] | uint64(b[i + _N[3]]) << _BY[3]
    )
    high = uint64(b[i + _N[4]]) << _BY[4] | uint64(b[i + _N[5]]) << _BY[5]
    return low | high | uint64(b[i + _N[6]]) << _BY[6] | uint64(b[i + _N[7]]) << _BY[7]


@_inner
def _find(b: Any, p: Any, q: Any, c: Any) -> Any:
    """Where byte ``c`` stands first in [p, q); q if nowhere."""
    all_c = uint64(c) * _LOW
    while p + 8 <= q:
        x = load8(b, p) ^ all_c
        if (x - _LOW) & ~x & _HIGH:
            break
        p += 8
    while p < q and b[p] != c:
        p += 1
    return p


@_inner
def _xor(b: Any, p: Any, q: Any) -> Any:
    """Checksum of [p, q) (IEC 61162-1)."""
    x = uint64(0)
    while p + 8 <= q:
        x ^= load8(b, p)
        p += 8
    while p < q:
        x ^= uint64(b[p])
        p += 1
    x ^= x >> uint64(32)
    x ^= x >> uint64(16)
    x ^= x >> uint64(8)
    return int64(x & uint64(255))


@_inner
def _trim(b: Any, p: Any, q: Any) -> Any:
    while p < q and _space(b[p]):
        p += 1
    while p < q and _space(b[q - 1]):
        q -= 1
    return p, q


@_inner
def _number(b: Any, p: Any, q: Any) -> Any:
    """A whole number of up to 13 digits, or -1."""
    if q <= p or q - p > 13:
        return int64(-1)
    n = int64(0)
    for i in range(p, q):
        if not _digit(b[i]):
            return int64(-1)
        n = n * 10 + int64(b[i] - 48)
    return n


@_inner
def _epoch(b: Any, p: Any, q: Any, least: Any) -> Any:
    """Microseconds of a count of seconds or milliseconds since 1970 with ``least`` digits or more, or NO_TIME."""
    dot = _find(b, p, q, _DOT)
    if dot - p < (max(least, 9) if dot < q else least) or dot + 1 == q:
        return NO_TIME
    n = _number(b, p, dot)
    if n <= 0:
        return NO_TIME
    unit = 1_000 if n >= _MS_FROM else 1_000_000
    us, weight = n * unit, unit
    for i in range(dot + 1, q):
        if not _digit(b[i]):
            return NO_TIME
        d = int64(b[i] - 48)
        if weight >= 10:
            weight //= 10
            us += d * weight
        elif weight == 1:
            us += d >= 5
            weight = 0
    return int64(us)


@_inner
def _civil(y: Any, mo: Any, d: Any, h: Any, mi: Any, s: Any) -> Any:
    """Microseconds since 1970 of a date and time of day, or NO_TIME when there is no such (Howard Hinnant's days)."""
    if not (1 <= y <= 9999 and 1 <= mo <= 12 and d >= 1 and 0 <= h < 24 and 0 <= mi < 60 and 0 <= s < 60):
        return NO_TIME
    last = 30 + ((mo + mo // 8) & 1)
    if mo == 2:
        last = 29 if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0) else 28
    if d > last:
        return NO_TIME
    year = y - (1 if mo <= 2 else 0)
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (mo + (-3 if mo > 2 else 9)) + 2) // 5 + d - 1
    days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return int64((days * 86400 + h * 3600 + mi * 60 + s) * 1_000_000)


@_inner
def _shape(b: Any, p: Any, q: Any, shape: Any) -> Any:
    """Whether [p, ...) has the form of ``shape``, in which ``0`` (48) stands for any digit and ``T`` for T or space."""
    if p + shape.size > q:
        return False
    for i in range(shape.size):
        c, want = b[p + i], shape[i]
        if want == 48:
            if not _digit(c):
                return False
        elif want == 84:
            if c != 84 and c != 32:
                return False
        elif c != want:
            return False
    return True


_DATE: Final = np.frombuffer(b"0000-00-00T00:00", np.uint8).copy()


@_inner
def _iso(b: Any, p: Any, q: Any) -> Any:
    """Whether an ISO 8601 time with a zone stands at p, and its microseconds (NO_TIME: no such day)."""
    if not _shape(b, p, q, _DATE):
        return False, NO_TIME
    y = _number(b, p, p + 4)
    mo = _number(b, p + 5, p + 7)
    d = _number(b, p + 8, p + 10)
    h = _number(b, p + 11, p + 13)
    mi = _number(b, p + 14, p + 16)
    s, us = int64(0), int64(0)
    p += 16
    if p + 2 < q and b[p] == 58 and _digit(b[p + 1]) and _digit(b[p + 2]):
        s = _number(b, p + 1, p + 3)
        p += 3
        if p + 1 < q and (b[p] == 46 or b[p] == 44) and _digit(b[p + 1]):
            p += 1
            weight = 100_000
            while p < q and _digit(b[p]) and weight:
                us += int64(b[p] - 48) * weight
                weight //= 10
                p += 1
    if p >= q:
        return False, NO_TIME
    shift = int64(0)
    if b[p] == 43 or b[p] == 45:
        if not (p + 4 < q and _digit(b[p + 1]) and _digit(b[p + 2])):
            return False, NO_TIME
        m = p + 4 if b[p + 3] == 58 else p + 3
        if not (m + 1 < q and _digit(b[m]) and _digit(b[m + 1])):
            return False, NO_TIME
        zh, zm = _number(b, p + 1, p + 3), _number(b, m, m + 2)
        if zh > 23 or zm > 59:
            return True, NO_TIME
        shift = (zh * 60 + zm) * (60_000_000 if b[p] == 43 else -60_000_000)
    elif b[p] != 90:
        return False, NO_TIME
    t = _civil(y, mo, d, h, mi, s)
    return True, t if t == NO_TIME else t + us - shift


@_inner
def _prefix(b: Any, p: Any, q: Any) -> Any:
    """Time of what precedes a sentence: ISO 8601 with a zone, an epoch, or an epoch as a field of a CSV row."""
    for i in range(p, q - 16):
        found, t = _iso(b, i, q)
        if found:
            return t
    least = _NINE
    while p < q:
        while p < q and (_space(b[p]) or b[p] == 44 or b[p] == 59 or b[p] == 34 or b[p] == 124):
            p += 1
        e = p
        while e < q and not (_space(b[e]) or b[e] == 44 or b[e] == 59 or b[e] == 34 or b[e] == 124):
            e += 1
        stop = e
        while e > p and b[e - 1] == 58:
            e -= 1
        rest = stop
        while rest < q and (_space(b[rest]) or b[rest] == 44 or b[rest] == 59 or b[rest] == 34 or b[rest] == 124):
            rest += 1
        if rest < q:
            least = _NINE + 1  # one field of several: nine digits are rather an MMSI
        t = _epoch(b, p, e, least)
        if t != NO_TIME:
            return t
        p, least = stop, _NINE + 1
    return NO_TIME


@_inner
def _name(b: Any, p: Any, q: Any, names: Any, ends: Any, slots: Any, state: Any) -> Any:
    """Number of a station's name, or -1 for none."""
    p, q = _trim(b, p, q)
    n = q - p
    if n == 0 or n > NAME_BYTES:
        return int64(-1)
    h = _FNV
    for i in range(p, q):
        h = (h ^ np.uint64(b[i])) * _PRIME
    slot = int64((h ^ (h >> np.uint64(32))) & np.uint64(NAME_SLOTS - 1))
    while slots[slot]:
        code = int64(slots[slot]) - 1
        start = ends[code]
        if ends[code + 1] - start == n:
            k = 0
            while k < n and names[start + k] == b[p + k]:
                k += 1
            if k == n:
                return code
        slot = (slot + 1) & (NAME_SLOTS - 1)
    code = state[N_NAMES]
    start = ends[code]
    for k in range(n):
        names[start + k] = b[p + k]
    ends[code + 1] = start + n
    slots[slot] = code + 1
    state[N_NAMES] = code + 1
    state[N_NAME_BYTES] = start + n
    return code


@_inner
def _mix(h: Any, b: Any, p: Any, q: Any) -> Any:
    for i in range(p, q):
        h = (h ^ np.uint64(b[i])) * _PRIME
    return h


@_inner
def _tag(b: Any, p: Any, q: Any, names: Any, ends: Any, slots: Any, state: Any) -> Any:
    """Read a tag block: is its checksum right, time, station, part and id of its group (part 0: no group)."""
    t, station, part, group = NO_TIME, int64(-1), int64(0), int64(0)
    star = q
    while star > p and b[star - 1] != 42:
        star -= 1
    if star > p:
        end = star - 1
        x, y = _trim(b, star, q)
        if y - x < 1 or y - x > 2:
            return False, t, station, part, group
        said = int64(0)
        for i in range(x, y):
            v = _hex(b[i])
            if v < 0:
                return False, t, station, part, group
            said = said * 16 + v
        if said != _xor(b, p, end):
            return False, t, station, part, group
        q = end
    s0, s1 = int64(0), int64(-1)
    while p < q:
        e = _find(b, p, q, _COMMA)
        if p + 1 < e and b[p + 1] == 58:
            k = b[p]
            if k == 99:  # c:
                x, y = _trim(b, p + 2, e)
                t = _epoch(b, x, y, _ONE)
            elif k == 115:  # s:
                s0, s1 = int64(p + 2), int64(e)
            elif k == 103 or k == 71:  # g:part-of-id
                dash = _find(b, p + 2, e, _DASH)
                n = _number(b, p + 2, dash)
                if n >= 0 and dash + 1 < e:
                    part, group = n, int64(_mix(_FNV, b, dash + 1, e))
        elif p + 4 < e and (b[p + 1] & 0xDF) == 71 and _digit(b[p]) and _digit(b[p + 2]) and b[p + 3] == 58:
            part = int64(b[p] - 48)  # partGof:id
            h = (_mix(_FNV, b, p + 2, p + 3) ^ np.uint64(45)) * _PRIME
            group = int64(_mix(h, b, p + 4, e))
        p = e + 1
    if s1 >= 0:
        station = _name(b, s0, s1, names, ends, slots, state)
    return True, t, station, part, group


@_inner
def _suffix(b: Any, p: Any, q: Any, names: Any, ends: Any, slots: Any, state: Any) -> Any:
    """Time and station from what follows a checksum."""
    t = NO_TIME
    s0, s1 = int64(0), int64(-1)
    while p < q:
        e = p
        while e < q and b[e] != 44 and b[e] != 59 and b[e] != 9:
            e += 1
        x, y = p, e
        while x < y and (_space(b[x]) or b[x] == 34):
            x += 1
        while x < y and (_space(b[y - 1]) or b[y - 1] == 34):
            y -= 1
        if y - x >= 4:
            c = b[x]
            if _digit(c):
                if y - x >= 17 and b[x + 4] == 45:
                    found, iso = _iso(b, x, y)
                    t = iso if found else t
                else:
                    n = _epoch(b, x, y, _NINE)
                    t = n if n != NO_TIME else t
            elif c == 114 or c == 82 or c == 98 or c == 66:  # r or b
                k = x + 1
                while k < y and (_digit(b[k]) or 65 <= (b[k] & 0xDF) <= 90):
                    k += 1
                if k == y:
                    s0, s1 = int64(x), int64(y)
        p = e + 1
    station = int64(-1)
    if s1 >= 0:
        station = _name(b, s0, s1, names, ends, slots, state)
    return t, station


@_inner
def _gatehouse(b: Any, p: Any, q: Any, names: Any, ends: Any, slots: Any, state: Any) -> None:
    """Remember time, station and the checksum of the sentence it belongs to, from the fields of ``$PGHP``."""
    whole, i = True, 0
    station, check = int64(-1), int64(-1)
    while True:
        e = _find(b, p, q, _COMMA)
        if 1 <= i <= 7:
            n = _number(b, p, e)
            state[DATE + i - 1] = n
            whole = whole and n >= 0
        elif i == 10:
            station = _name(b, p, e, names, ends, slots, state)
        if e >= q:
            if q - p == 2 and _hex(b[p]) >= 0 and _hex(b[p + 1]) >= 0:
                check = _hex(b[p]) * 16 + _hex(b[p + 1])
            break
        p, i = e + 1, i + 1
    t = NO_TIME
    if whole and i >= 7 and state[DATE + 6] < 1000:
        t = _civil(state[DATE], state[DATE + 1], state[DATE + 2], state[DATE + 3], state[DATE + 4], state[DATE + 5])
        t = t if t == NO_TIME else t + state[DATE + 6] * 1000
    state[GATE], state[GATE_T], state[GATE_STATION], state[GATE_CHECK] = 1, t, station, check


@njit(cache=True)
def thin(groups: Any, state: Any, line: Any) -> None:
    """Forget groups that are too far back to matter."""
    mask = GROUP_SLOTS - 1
    live = np.empty((GROUPS_MAX, 4), np.int64)
    n = 0
    for slot in range(GROUP_SLOTS):
        held = groups[slot, GROUP_LINE]
        if held and line - held <= LINES_MAX:
            for k in range(4):
                live[n, k] = groups[slot, k]
            n += 1
        groups[slot, GROUP_LINE] = 0
    for i in range(n):
        slot = (live[i, GROUP_ID] ^ (live[i, GROUP_ID] >> 29)) & mask
        while groups[slot, GROUP_LINE]:
            slot = (slot + 1) & mask
        for k in range(4):
            groups[slot, k] = live[i, k]
    state[N_GROUPS] = n


@_inner
def _group(groups: Any, state: Any, part: Any, group: Any, t: Any, station: Any, line: Any) -> Any:
    """Time and station of the group's first line, which hold for all its lines."""
    mask = GROUP_SLOTS - 1
    slot = (group ^ (group >> 29)) & mask
    while groups[slot, GROUP_LINE] and groups[slot, GROUP_ID] != group:
        slot = (slot + 1) & mask
    if part != 1:
        held = groups[slot, GROUP_LINE]
        if held and line - held <= LINES_MAX:
            t = groups[slot, GROUP_T] if t == NO_TIME else t
            station = groups[slot, GROUP_STATION] if station < 0 else station
        return t, station
    if groups[slot, GROUP_LINE] == 0:
        state[N_GROUPS] += 1
    groups[slot, GROUP_ID], groups[slot, GROUP_T], groups[slot, GROUP_STATION] = group, t, station
    groups[slot, GROUP_LINE] = line
    if state[N_GROUPS] >= GROUPS_MAX:
        thin(groups, state, line)
    return t, station


@_inner
def _sentence(b: Any, p: Any, q: Any) -> Any:
    """The AIS sentence at p, perhaps behind a tag block and white space.

    Returns:
        Whether there is one, start and end of the tag block (end -1: none), start of the talker, the comma before the
        channel, start of the payload, the comma behind it.
    """
    no = (False, p, int64(-1), p, p, p, p)
    tag, tag_end = p, int64(-1)
    if p < q and b[p] == 92:
        e = _find(b, p + 1, q, _BACKSLASH)
        if e >= q:
            return no
        tag, tag_end = p + 1, int64(e)
        p = e + 1
    while p < q and _space(b[p]):
        p += 1
    if p + 16 > q or b[p] != 33 or b[p + 3] != 86 or b[p + 4] != 68 or (b[p + 5] != 77 and b[p + 5] != 79):
        return no
    talker = p + 1
    if b[p + 6] != 44 or b[p + 8] != 44 or b[p + 10] != 44:
        return no
    if not (49 <= b[p + 7] <= 57 and 49 <= b[p + 9] <= 57):
        return no
    p += 11
    while p < q and _digit(b[p]):
        p += 1
    if p >= q or b[p] != 44:
        return no
    channel = p
    p = _find(b, p + 1, q, _COMMA) + 1
    start = p
    while p + 8 <= q:
        word = load8(b, p)
        x, y = word ^ (_LOW * uint64(_COMMA)), word ^ (_LOW * uint64(_STAR))
        if (((x - _LOW) & ~x) | ((y - _LOW) & ~y)) & _HIGH:
            break
        p += 8
    while p < q and b[p] != _COMMA and b[p] != _STAR:
        p += 1
    if p + 4 >= q or b[p] != 44 or not 48 <= b[p + 1] <= 53 or b[p + 2] != 42:
        return no
    if _hex(b[p + 3]) < 0 or _hex(b[p + 4]) < 0:
        return no
    return True, tag, tag_end, talker, channel, start, p


@_inner
def _take(
    b: Any, found: Any, q: Any, line: Any, before: Any, rows: Any, counts: Any,
    names: Any, ends: Any, slots: Any, state: Any, groups: Any,
) -> Any:  # fmt: skip
    """An AIS sentence in a line that ends at q: verify it, find its time and station, make it a row.

    Returns:
        FINE, or why not, and two values for the words of the reject.
    """
    _, tag, tag_end, talker, channel, start, comma = found
    nothing = int64(0)
    t, station, part, group = NO_TIME, int64(-1), nothing, nothing
    if state[LOOSE]:
        t, station, part, group = state[LOOSE_T], state[LOOSE_STATION], state[LOOSE_PART], state[LOOSE_GROUP]
        state[LOOSE] = 0
    gate = state[GATE]
    state[GATE] = 0
    star = comma + 2
    total = _xor(b, talker, star)
    said = _hex(b[star + 1]) * 16 + _hex(b[star + 2])
    if total != said:
        return CHECKSUM, total, said
    if tag_end > tag:
        ok, own_t, own_station, own_part, own_group = _tag(b, tag, tag_end, names, ends, slots, state)
        if not ok:
            return TAG_CHECKSUM, nothing, nothing
        t = own_t if own_t != NO_TIME else t
        station = own_station if own_station >= 0 else station
        if own_part:
            part, group = own_part, own_group
    counts[SENTENCES] += 1
    if gate and (state[GATE_CHECK] == said or state[GATE_CHECK] == 0):
        t = state[GATE_T] if t == NO_TIME else t
        station = state[GATE_STATION] if station < 0 else station
    if q - star > 5:
        late_t, late_station = _suffix(b, star + 3, q, names, ends, slots, state)
        t = late_t if t == NO_TIME else t
        station = late_station if station < 0 else station
    t = before if t == NO_TIME else t
    if part:
        t, station = _group(groups, state, part, group, t, station, line)
    of, number = int64(b[talker + 6] - 48), int64(b[talker + 8] - 48)
    if of > 1 and number > of:
        return PART_OF, number, of
    if comma - start > PAYLOAD_MAX:
        return LONG, comma - start, nothing
    j = counts[N_ROWS]
    counts[N_ROWS] = j + 1
    rows[j, PAY], rows[j, LEN], rows[j, FILL] = start, comma - start, b[comma + 1] - 48
    rows[j, T], rows[j, STATION] = t, station
    rows[j, OF], rows[j, PART], rows[j, WHOLE] = of, number, 0
    rows[j, OWN] = b[talker + 4] == 79
    c = b[channel + 1] if start - channel == 3 else np.uint8(0)
    rows[j, CHANNEL] = 1 if c == 65 or c == 49 or c == 97 else 2 if c == 66 or c == 50 or c == 98 else 0
    if of > 1:
        h = _mix(_FNV, b, talker, talker + 7)
        h = _mix(h, b, talker + 9, start)
        rows[j, KEY] = int64((h ^ np.uint64(group if part else nothing)) * _PRIME)
        rows[j, WHOLE] = -1
        counts[SEVERAL] += 1
    return FINE, nothing, nothing


@_inner
def _other(
    b: Any, p: Any, q: Any, cut: Any, counts: Any, names: Any, ends: Any, slots: Any, state: Any
) -> Any:  # fmt: skip
    """A line [p, q), trimmed, that does not begin with a tag block or an AIS sentence.

    Returns:
        The AIS sentence that stands in it after all (see ``_sentence``), and the time before it; else FINE or why the
        line is rejected, and two values.
    """
    no = (False, p, int64(-1), p, p, p, p)
    nothing = int64(0)
    if p == q:
        counts[BLANK] += 1
        return no, NO_TIME, FINE, nothing, nothing
    if b[p] == 35:  # '#'
        counts[COMMENTS] += 1
        return no, NO_TIME, FINE, nothing, nothing
    at = p
    while at < q and b[at] != _BACKSLASH and b[at] != _BANG and b[at] != 36:
        at += 1
    if at == q:
        return no, NO_TIME, NOT_NMEA, nothing, nothing
    first = at
    found = _sentence(b, at, q)
    if found[0]:
        return found, _prefix(b, p, at), FINE, nothing, nothing
    for _ in range(TAGS_MAX):
        if at >= q or b[at] != _BACKSLASH:
            break
        end = _find(b, at + 1, q, _BACKSLASH)
        if end >= q:
            at = q
            break
        ok, t, station, part, group = _tag(b, at + 1, end, names, ends, slots, state)
        if not ok:
            return no, NO_TIME, TAG_CHECKSUM, nothing, nothing
        if state[LOOSE]:
            t = t if t != NO_TIME else state[LOOSE_T]
            station = station if station >= 0 else state[LOOSE_STATION]
            if part == 0:
                part, group = state[LOOSE_PART], state[LOOSE_GROUP]
        state[LOOSE], state[LOOSE_T], state[LOOSE_STATION] = 1, t, station
        state[LOOSE_PART], state[LOOSE_GROUP] = part, group
        at = end + 1
        found = _sentence(b, at, q)
        if found[0]:
            return found, NO_TIME, FINE, nothing, nothing
        rest = at
        while rest < q and _space(b[rest]):
            rest += 1
        if rest == q:
            counts[META] += 1
            return no, NO_TIME, FINE, nothing, nothing
    if at < q and (b[at] == _BANG or b[at] == 36):
        name = at + 1
        comma = name
        while comma < q and (65 <= b[comma] <= 90 or _digit(b[comma]) or b[comma] == _DASH):
            comma += 1
        star = _find(b, comma, q, _STAR)
        if comma - name >= 2 and comma < q and b[comma] == _COMMA and star + 2 < q:
            hi, lo = _hex(b[star + 1]), _hex(b[star + 2])
            if hi >= 0 and lo >= 0:
                total = _xor(b, name, star)
                if total != hi * 16 + lo:
                    return no, NO_TIME, CHECKSUM, total, hi * 16 + lo
                if (
                    comma - name == 4
                    and b[name] == 80
                    and b[name + 1] == 71
                    and b[name + 2] == 72
                    and b[name + 3] == 80
                ):
                    counts[META] += 1
                    _gatehouse(b, comma + 1, star, names, ends, slots, state)
                    return no, NO_TIME, FINE, nothing, nothing
                return no, NO_TIME, UNSUPPORTED, name, comma
    again = _find(b, first + 1, q, _BANG)
    while again < q:  # a cut line that ran into the next
        found = _sentence(b, again, q)
        if found[0]:
            return found, NO_TIME, FINE, nothing, nothing
        again = _find(b, again + 1, q, _BANG)
    vdm = at + 5 < q and b[at + 3] == 86 and b[at + 4] == 68 and (b[at + 5] == 77 or b[at + 5] == 79)
    return no, NO_TIME, CUT if cut else MALFORMED, int64(vdm), nothing


@njit(cache=True)
def scan(
    b: Any, begin: Any, end: Any, offset: Any, has_nul: Any, cut: Any, rows: Any, rejects: Any, counts: Any,
    names: Any, ends: Any, slots: Any, state: Any, groups: Any,
) -> Any:  # fmt: skip
    """Read the lines in ``b[begin:end]``.

    Args:
        b: the bytes.
        begin: start of the first line.
        end: end of the last.
        offset: of ``begin`` in the whole input.
        has_nul: whether there are NUL bytes; lines with such are copied without them to ``b[counts[SIDE]:]``.
        cut: the input ends within the last line, which has no line feed.
        rows: sentences, appended from ``counts[N_ROWS]`` on; one at most a line.
        rejects: rejected lines, likewise.
        counts: what is counted.
        names, ends, slots: stations' names, end to end; ``ends[i + 1]`` is the end of name i; hash table of them.
        state: what is remembered.
        groups: hash table of groups.

    Returns:
        Where it stopped: ``end``, or the start of a line when there is no room for more rows, rejects or names.
    """
    i = int64(begin)
    line = state[LINES_READ]
    while i < end:
        if state[N_NAMES] > NAMES_MAX - 2 * TAGS_MAX or counts[N_ROWS] >= ROWS_MAX or counts[N_REJECTS] >= REJECTS_MAX:
            break
        e = _find(b, i, end, _FEED)
        line += 1
        p, q = i, min(e, i + LINE_BYTES)
        if has_nul and _find(b, p, q, _NUL) < q:
            side = counts[SIDE]
            p = side
            for k in range(i, q):
                if b[k] != 0:
                    b[side] = b[k]
                    side += 1
            q = side
            counts[SIDE] = side
        before, code, first, second = NO_TIME, FINE, int64(0), int64(0)
        found = _sentence(b, p, q)
        if not found[0]:
            p, q = _trim(b, p, q)
            half = cut and e == end and e - i <= LINE_BYTES
            found, before, code, first, second = _other(b, p, q, half, counts, names, ends, slots, state)
        if found[0]:
            code, first, second = _take(b, found, q, line, before, rows, counts, names, ends, slots, state, groups)
            if code == FINE:
                j = counts[N_ROWS] - 1
                rows[j, LINE], rows[j, FIRST], rows[j, OFFSET] = line, line, offset + i - begin
                rows[j, RAW], rows[j, RAW_END] = p, q
        if code != FINE:
            j = counts[N_REJECTS]
            counts[N_REJECTS] = j + 1
            rejects[j, LINE], rejects[j, OFFSET], rejects[j, RAW], rejects[j, RAW_END] = line, offset + i - begin, p, q
            rejects[j, CODE], rejects[j, A], rejects[j, B] = code, first, second
        i = e + 1
    state[LINES_READ] = line
    return min(i, int64(end))


@njit(cache=True)
def intern(b: Any, given: Any, names: Any, ends: Any, slots: Any, state: Any) -> None:
    """Put names into an empty table of names, in order; name i is ``b[given[i]:given[i + 1]]``."""
    for i in range(given.size - 1):
        _name(b, given[i], given[i + 1], names, ends, slots, state)
