"""Room for the columns that the compiled code fills, and what is made of them: Polars frames, without a copy."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from makara.sensors.ais import _standard as c
from makara.sensors.ais._fields import WORDS
from makara.sensors.ais._key import SCRATCH
from makara.tables import table
from makara.tables.reports import FLAGS, TRANSPONDERS

Array = NDArray[Any]
STAMPS: Final = ("source", "t_known", "mark")
SPARE: Final = 32
"""Bytes behind text, so that it may be read and written by words."""
_TS: Final = pa.timestamp("us", "UTC")
_OLDEST: Final = pl.CompatLevel.oldest()


class Reports(NamedTuple):
    """Columns of reports (see ``_standard``), a row of each array a column."""

    whole: Array
    codes: Array
    views: Array
    masks: Array
    place: Array
    motion: Array
    flag_ends: Array
    flags: Array


class Claims(NamedTuple):
    """Columns of claims."""

    whole: Array
    codes: Array
    views: Array
    masks: Array
    sizes: Array
    data: Array


class Messages(NamedTuple):
    """Columns of messages."""

    whole: Array
    codes: Array
    views: Array
    masks: Array
    data: Array


class Names(NamedTuple):
    """Stations' names: as text end to end, where each ends, their views."""

    text: Array
    ends: Array
    views: Array


def _arena(*wanted: tuple[tuple[int, ...], DTypeLike]) -> list[Array]:
    """Arrays of one allocation: one large piece of memory costs far fewer page faults than many."""
    sizes = [-(-int(np.prod(shape)) * np.dtype(kind).itemsize // 64) * 64 for shape, kind in wanted]
    room = np.empty(sum(sizes), np.uint8)
    ends = np.cumsum([0, *sizes]).tolist()
    return [
        room[at : at + int(np.prod(shape)) * np.dtype(kind).itemsize].view(kind).reshape(shape)
        for (shape, kind), at in zip(wanted, ends, strict=False)
    ]


def room(reports: int, claims: int, messages: int, payload: int) -> tuple[Reports, Claims, Messages]:
    """Arrays for so many rows, and bytes of payload of the messages."""
    r, a, m = reports, claims, messages
    i64, i32, u64, f64, f32, u8 = np.int64, np.int32, np.uint64, np.float64, np.float32, np.uint8
    found = (
        Reports(*_arena(
            ((5, r), i64), ((3, r), i32), ((4, r, 2), u64), ((11, (r + 7) // 8), u8), ((2, r), f64), ((4, r), f32),
            ((r + 1,), i64), ((2 * r,), u8),
        )),
        Claims(*_arena(
            ((5, a), i64), ((4, a), i32), ((8, a, 2), u64), ((13, (a + 7) // 8), u8), ((3, a), f32),
            ((a * c.TEXT_MAX + SPARE,), u8),
        )),
        Messages(*_arena(
            ((5, m), i64), ((6, m), i32), ((5, m, 2), u64), ((6, (m + 7) // 8), u8), ((2 * payload + SPARE,), u8),
        )),
    )  # fmt: skip
    for part in found:
        part.masks[:] = 0
    found[0].flag_ends[0] = 0
    found[2].codes[:] = 0
    return found


def scratch() -> tuple[Array, Array, Array]:
    """Room for a payload and for the fields of a key, the latter as words and as bytes."""
    words = np.zeros(SCRATCH, np.uint64)
    return np.zeros(WORDS, np.uint64), words, words.view(np.uint8)


@cache
def lookup() -> tuple[Array, Array, Array, Array]:
    """Speeds, courses, rates of turn and draughts by raw value, rounded as the tables declare."""

    def rounded(name: str, values: Array) -> Array:
        column = next(n for n in ("reports", "claims") if name in table(n).schema)
        return table(column).conform(pl.DataFrame({name: values}), partial=True)[name].to_numpy().copy()

    turn = np.arange(-126, 127)
    return (
        rounded("sog_kn", np.arange(1023) / 10.0),
        rounded("cog_deg", np.arange(3600) * 0.1),
        rounded("rot_deg_min", np.sign(turn) * (turn / 4.733) ** 2),
        rounded("draught_m", np.arange(256) / 10.0),
    )


def names(words: list[bytes]) -> Names:
    """Words as compiled code needs them; the first view is that of none."""
    ends = np.cumsum([0, *map(len, words)])
    views = np.zeros((len(words) + 1, 16), np.uint8)
    for i, word in enumerate(words):
        told = word if len(word) <= 12 else word[:4] + bytes(4) + int(ends[i]).to_bytes(4, "little")
        views[i + 1, : 4 + len(told)] = list(len(word).to_bytes(4, "little") + told)
    return Names(np.frombuffer(b"".join([*words, bytes(SPARE)]), np.uint8), ends, views.view(np.uint64))


@cache
def words(receiver: str) -> tuple[Array, Array, Array, Array]:
    """Views of the words for transponders, parts of type 24, receivers and channels."""
    return (
        names([w.encode() for w in TRANSPONDERS]).views[1:].copy(),
        names([b"A", b"B"]).views[1:].copy(),
        names([receiver.encode(), b"own"]).views[1:].copy(),
        names([b"A", b"B"]).views,
    )


def _nulls(name: str, kind: Any, n: int) -> pl.Series:
    return pl.Series(name, [None], dtype=kind).new_from_index(0, n)


class _Maker:
    """Columns of one table from arrays that hold its first ``n`` rows."""

    def __init__(self, name: str, key: str, n: int, arrays: Reports | Claims | Messages, stations: Names) -> None:
        self._name, self._n, self._arrays = name, n, arrays
        self.columns: dict[str, pl.Series] = {}
        nothing = np.empty(0, np.uint8)
        self.number(key, pa.int64(), arrays.whole[c.ID])
        self.number("t_seen", _TS, arrays.whole[c.SEEN], c.HAS_T)
        self.number("mover", pa.int64(), arrays.whole[c.MOVER])
        self.number("mmsi", pa.int32(), arrays.codes[c.MMSI])
        self.number("msg_type", pa.int32(), arrays.codes[c.TYPE])
        self.text("receiver", c.RECEIVER, nothing)
        self.text("station", c.AT_STATION, stations.text, c.HAS_STATION)
        if name != "claims":
            self.text("radio_channel", c.ON_CHANNEL, nothing, c.HAS_CHANNEL)

    def _make(self, name: str, kind: Any, has: Any, *buffers: Array) -> None:
        mask = None if has is None else pa.py_buffer(self._arrays.masks[has])
        made = pa.Array.from_buffers(kind, self._n, [mask, *map(pa.py_buffer, buffers)])
        self.columns[name] = pl.Series(name, made)

    def number(self, name: str, kind: Any, values: Array, has: Any = None) -> None:
        """A column of numbers or instants."""
        self._make(name, kind, has, values)

    def flag(self, name: str, mask: Any) -> None:
        """A column of truth values."""
        self._make(name, pa.bool_(), None, self._arrays.masks[mask])

    def text(self, name: str, views: Any, data: Array, has: Any = None, kind: Any = None) -> None:
        """A column of text or bytes."""
        self._make(name, kind or pa.string_view(), has, self._arrays.views[views], data)

    def frame(self, lines: bool) -> pl.DataFrame:
        """The table's columns in their order, null where there are none."""
        order = {k: t for k, t in table(self._name).schema.items() if k not in STAMPS}
        n = int(self._n)
        found = [self.columns[k] if k in self.columns else _nulls(k, t, n) for k, t in order.items()]
        if lines:
            self.number("line_first", pa.int64(), self._arrays.whole[c.FIRST_LINE])
            self.number("line_last", pa.int64(), self._arrays.whole[c.LAST_LINE])
            found += [self.columns["line_first"], self.columns["line_last"]]
        return pl.DataFrame(found)


def reports(r: Reports, n: int, n_flags: int, stations: Names, lines: bool) -> pl.DataFrame:
    """The reports."""
    m = _Maker("reports", "report", n, r, stations)
    m.text("transponder", c.R_TRANSPONDER, np.empty(0, np.uint8))
    m.number("lon_deg", pa.float64(), r.place[c.R_LON], c.R_HAS_PLACE)
    m.number("lat_deg", pa.float64(), r.place[c.R_LAT], c.R_HAS_PLACE)
    m.flag("accurate", c.R_ACCURATE)
    m.number("sog_kn", pa.float32(), r.motion[c.R_SOG], c.R_HAS_SOG)
    m.number("cog_deg", pa.float32(), r.motion[c.R_COG], c.R_HAS_COG)
    m.number("heading_deg", pa.float32(), r.motion[c.R_HEADING], c.R_HAS_HEADING)
    m.number("rot_deg_min", pa.float32(), r.motion[c.R_ROT], c.R_HAS_ROT)
    m.number("nav_status", pa.int32(), r.codes[c.R_STATUS], c.R_HAS_STATUS)
    m.flag("own", c.R_IS_OWN)
    doubts = pl.Series(FLAGS, dtype=pl.String).gather(pl.Series(r.flags[:n_flags])).to_arrow(compat_level=_OLDEST)
    ends = pa.Array.from_buffers(pa.int64(), n + 1, [None, pa.py_buffer(r.flag_ends)])
    m.columns["flags"] = pl.Series("flags", pa.LargeListArray.from_arrays(ends, doubts))
    return m.frame(lines)


def claims(a: Claims, n: int, stations: Names, lines: bool) -> pl.DataFrame:
    """The claims."""
    m = _Maker("claims", "claim", n, a, stations)
    m.text("part", c.C_PART, a.data, c.C_HAS_PART)
    m.text("name", c.C_NAME, a.data, c.C_HAS_NAME)
    m.text("callsign", c.C_CALLSIGN, a.data, c.C_HAS_CALLSIGN)
    m.text("destination", c.C_DESTINATION, a.data, c.C_HAS_DESTINATION)
    m.text("eta_text", c.C_ETA, a.data, c.C_HAS_ETA)
    m.number("imo", pa.int32(), a.codes[c.C_IMO], c.C_HAS_IMO)
    m.number("ship_type", pa.int32(), a.codes[c.C_SHIP], c.C_HAS_SHIP)
    m.number("length_m", pa.float32(), a.sizes[c.C_LENGTH], c.C_HAS_LENGTH)
    m.number("width_m", pa.float32(), a.sizes[c.C_WIDTH], c.C_HAS_WIDTH)
    m.number("draught_m", pa.float32(), a.sizes[c.C_DRAUGHT], c.C_HAS_DRAUGHT)
    return m.frame(lines)


def messages(o: Messages, n: int, stations: Names, lines: bool) -> pl.DataFrame:
    """The messages."""
    m = _Maker("messages", "message", n, o, stations)
    m.number("dac", pa.int32(), o.codes[c.M_DAC], c.M_HAS_APP)
    m.number("fi", pa.int32(), o.codes[c.M_FI], c.M_HAS_APP)
    m.number("to_mmsi", pa.int32(), o.codes[c.M_TO], c.M_HAS_TO)
    m.text("text", c.M_TEXT, o.data, c.M_HAS_TEXT)
    m.text("payload", c.M_PAYLOAD, o.data, kind=pa.binary_view())
    m.number("bits", pa.int32(), o.codes[c.M_BITS])
    return m.frame(lines)
