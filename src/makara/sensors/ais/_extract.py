"""Messages to columns, compiled: judges each payload, tells its time, gives it a key and its rows."""

from __future__ import annotations

from typing import Any

from numba import int64, njit, uint64

from makara.sensors.ais._fields import (
    _VALUE,
    _pack,
    _set,
)
from makara.sensors.ais._key import (
    _key,
)
from makara.sensors.ais._layout import (
    ARMOUR,
    BASE_T,
    CODE,
    FILL,
    FINE,
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
from makara.sensors.ais._rows import (
    _claim,
    _clock,
    _head,
    _message,
    _report,
)
from makara.sensors.ais._standard import (
    _CLAIM,
    _GIVES,
    _IDENTITIES,
    _LAT,
    _LEAST,
    _LON_BITS,
    _MESSAGE,
    _NONE,
    _PLACES,
    _REPORT,
    R_IS_OWN,
)

_inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Functions that only compiled ones call."""


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
