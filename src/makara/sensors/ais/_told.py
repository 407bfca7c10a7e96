"""What accompanies a sentence, compiled: tag blocks and their groups, suffixes, ``$PGHP``, stations' names.

Numba's cache does not see changes in other files: after a change here, touch ``_scan.py``, ``_assemble.py`` and
``_extract.py``, whose compiled functions include this.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64, njit

from makara.sensors.ais._layout import (
    DATE,
    GATE,
    GATE_CHECK,
    GATE_STATION,
    GATE_T,
    GROUP_ID,
    GROUP_LINE,
    GROUP_SLOTS,
    GROUP_STATION,
    GROUP_T,
    GROUPS_MAX,
    LINES_MAX,
    N_GROUPS,
    N_NAME_BYTES,
    N_NAMES,
    NAME_BYTES,
    NAME_SLOTS,
    NO_TIME,
)
from makara.sensors.ais._text import (
    _COMMA,
    _DASH,
    _FNV,
    _NINE,
    _ONE,
    _PRIME,
    _civil,
    _digit,
    _epoch,
    _find,
    _hex,
    _iso,
    _mix,
    _number,
    _space,
    _trim,
    _xor,
)

_inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Functions that only compiled ones call."""


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
def _is_gatehouse(b: Any, p: Any, q: Any) -> Any:
    """Whether [p, q) is PGHP."""
    return q - p == 4 and b[p] == 80 and b[p + 1] == 71 and b[p + 2] == 72 and b[p + 3] == 80


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


@njit(cache=True)
def intern(b: Any, given: Any, names: Any, ends: Any, slots: Any, state: Any) -> None:
    """Put names into an empty table of names, in order; name i is ``b[given[i]:given[i + 1]]``."""
    for i in range(given.size - 1):
        _name(b, given[i], given[i + 1], names, ends, slots, state)
