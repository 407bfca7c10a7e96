r"""Lines to sentences, compiled: what precedes and follows a sentence, tag blocks, checksums, times, stations.

Forms read: ``\s:station,c:seconds-or-ms,g:1-2-77*hh\`` (IEC 62320-1; also ``1G2:77``), ``$PGHP`` (Gatehouse: the time
of the next sentence), the suffixes of the US Coast Guard (``,s29101,d-090,T51.15,x26003,r003669945,1469664000``), an
epoch after the checksum (``,1327992119173``), and an epoch or an ISO 8601 time with a zone before or after the
sentence, also as fields of a CSV row. A time without a zone is not used: such loggers write local time. Where a line
feed was lost, each sentence of the line is read.

Nothing here is bounds-checked at run time: each function reads only below the ``q`` or ``end`` that it is given, and
writes only into arrays whose size its caller derived from the number of lines and bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64, uint64

from makara.base.compiled import njit
from makara.sensors.ais._layout import (
    BLANK,
    CHANNEL,
    CHECK,
    CHECKSUM,
    CODE,
    COMMENTS,
    CUT,
    FILL,
    FINE,
    FIRST,
    GATE,
    GATE_CHECK,
    GATE_STATION,
    GATE_T,
    HINT_STATION,
    HINT_T,
    KEY,
    LEN,
    LINE,
    LINE_BYTES,
    LINES_READ,
    LONG,
    LOOSE,
    LOOSE_GROUP,
    LOOSE_PART,
    LOOSE_STATION,
    LOOSE_T,
    MALFORMED,
    META,
    N_NAMES,
    N_REJECTS,
    N_ROWS,
    NAMES_MAX,
    NO_TIME,
    NOT_NMEA,
    OF,
    OFFSET,
    OWN,
    PART,
    PART_OF,
    PAY,
    PAYLOAD_MAX,
    RAW,
    RAW_END,
    REJECTS_MAX,
    ROWS_MAX,
    SENTENCES,
    SEVERAL,
    SIDE,
    STATION,
    TAG_CHECKSUM,
    TAGS_MAX,
    UNSUPPORTED,
    WHOLE,
    A,
    B,
    T,
)
from makara.sensors.ais._text import (
    _BACKSLASH,
    _BANG,
    _COMMA,
    _DASH,
    _FEED,
    _FNV,
    _HIGH,
    _LOW,
    _NUL,
    _PRIME,
    _STAR,
    _behind,
    _digit,
    _find,
    _hex,
    _mix,
    _prefix,
    _space,
    _trim,
    _xor,
    load8,
)
from makara.sensors.ais._told import (
    _gatehouse,
    _group,
    _is_gatehouse,
    _suffix,
    _tag,
)

_inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Functions that only compiled ones call."""


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
        gate = nothing
    hint_t = state[GATE_T] if t == NO_TIME else NO_TIME
    hint_station = state[GATE_STATION] if station < 0 else int64(-1)
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
        rows[j, CHECK], rows[j, HINT_T], rows[j, HINT_STATION] = said, NO_TIME, -1
        if gate and number == 1:
            rows[j, CHECK] ^= state[GATE_CHECK]
            rows[j, HINT_T], rows[j, HINT_STATION] = hint_t, hint_station
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
        whole = comma - name >= 2 and comma < q and b[comma] == _COMMA and star + 2 < q
        # Else it was cut, and another begins.
        if whole and _find(b, comma, star, _BANG) == star and _find(b, comma, star, _BACKSLASH) == star:
            hi, lo = _hex(b[star + 1]), _hex(b[star + 2])
            if hi >= 0 and lo >= 0:
                total = _xor(b, name, star)
                if total != hi * 16 + lo:
                    return no, NO_TIME, CHECKSUM, total, hi * 16 + lo
                if _is_gatehouse(b, name, comma):
                    counts[META] += 1
                    _gatehouse(b, comma + 1, star, names, ends, slots, state)
                    return no, NO_TIME, FINE, nothing, nothing
                return no, NO_TIME, UNSUPPORTED, name, comma
    again = _find(b, first + 1, q, _BANG)
    while again < q:  # a cut line that ran into the next, whose tag block stands right before it
        start = again
        if b[again - 1] == _BACKSLASH:
            start = again - 2
            while start > first and b[start] != _BACKSLASH:
                start -= 1
        found = _sentence(b, start if b[start] == _BACKSLASH else again, q)
        if found[0]:
            state[LOOSE] = 0
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
        after = int64(q)
        if found[0]:
            if q - found[6] > 20 and not (has_nul and p >= end):
                after = _behind(b, found[6] + 5, q)
            code, first, second = _take(b, found, after, line, before, rows, counts, names, ends, slots, state, groups)
            if code == FINE:
                j = counts[N_ROWS] - 1
                rows[j, LINE], rows[j, FIRST], rows[j, OFFSET] = line, line, offset + i - begin
                rows[j, RAW], rows[j, RAW_END] = p, after
        if code != FINE:
            if code == UNSUPPORTED and state[LOOSE] and state[LOOSE_PART]:
                part, group = state[LOOSE_PART], state[LOOSE_GROUP]
                _group(groups, state, part, group, state[LOOSE_T], state[LOOSE_STATION], line)
            state[LOOSE] = 0  # tag blocks before a broken sentence are its own, not the next one's
            if state[GATE_CHECK] == 0:
                state[GATE] = 0
            j = counts[N_REJECTS]
            counts[N_REJECTS] = j + 1
            rejects[j, LINE], rejects[j, OFFSET], rejects[j, RAW], rejects[j, RAW_END] = (
                line,
                offset + i - begin,
                p,
                after,
            )
            rejects[j, CODE], rejects[j, A], rejects[j, B] = code, first, second
        if after < q:  # the rest of the line, which still counts as one
            i, line = after, line - 1
        else:
            i = e + 1
    state[LINES_READ] = line
    return min(i, int64(end))
