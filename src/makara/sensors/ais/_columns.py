"""Room for the columns that the compiled code fills, and what is made of them: Polars frames, without a copy."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from makara.sensors.ais import _bits as c
from makara.tables import table
from makara.tables.reports import FLAGS, TRANSPONDERS

Array = NDArray[Any]
TS = pl.Datetime("us", "UTC")
STAMPS = ("source", "t_known", "mark")
LINES = ("line_first", "line_last")
_ARROW_TS = pa.timestamp("us", "UTC")


class Reports(NamedTuple):
    """Columns of reports (see ``_bits``), a row of each array a column."""

    whole: Array
    codes: Array
    place: Array
    motion: Array
    small: Array
    bits: Array
    flag_ends: Array
    flags: Array


class Claims(NamedTuple):
    """Columns of claims."""

    whole: Array
    codes: Array
    sizes: Array
    small: Array
    bits: Array
    ends: Array
    texts: Array


class Messages(NamedTuple):
    """Columns of messages."""

    whole: Array
    codes: Array
    small: Array
    bits: Array
    ends: Array
    text: Array
    payload: Array


def room(reports: int, claims: int, messages: int, payload: int) -> tuple[Reports, Claims, Messages]:
    """Arrays for so many rows, and bytes of payload of the messages."""
    r, a, m = reports, claims, messages

    def bits(rows: int, n: int) -> Array:
        return np.zeros((rows, (n + 7) // 8), np.uint8)

    return (
        Reports(
            np.empty((5, r), np.int64), np.empty((3, r), np.int32), np.empty((2, r), np.float64),
            np.empty((4, r), np.float32), np.empty((3, r), np.uint8), bits(9, r),
            np.zeros(r + 1, np.int64), np.empty(2 * r, np.uint8),
        ),
        Claims(
            np.empty((5, a), np.int64), np.empty((4, a), np.int32), np.empty((3, a), np.float32),
            np.zeros((2, a), np.uint8), bits(10, a), np.zeros((4, a + 1), np.int64),
            np.empty((4, a * c.NAME_MAX), np.uint8),
        ),
        Messages(
            np.empty((5, m), np.int64), np.zeros((6, m), np.int32), np.empty((2, m), np.uint8), bits(4, m),
            np.zeros((2, m + 1), np.int64), np.empty(payload, np.uint8), np.empty(payload, np.uint8),
        ),
    )  # fmt: skip


def scratch() -> tuple[Array, Array, Array]:
    """Room for a payload and for the fields of a key, the latter as words and as bytes."""
    words = np.zeros(c.SCRATCH, np.uint64)
    return np.zeros(c.WORDS, np.uint64), words, words.view(np.uint8)


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


class _Maker:
    """Columns of one table from arrays that hold its first ``n`` rows."""

    def __init__(self, name: str, n: int, bits: Array, whole: Array, stations: pl.Series, lines: bool) -> None:
        self._name, self._n, self._bits, self._whole, self._stations = name, n, bits, whole, stations
        self._lines = lines
        self.columns: dict[str, pl.Series] = {}

    def mask(self, has: int | None) -> Any:
        """The buffer of a validity mask."""
        return None if has is None else pa.py_buffer(self._bits[has])

    def add(self, name: str, kind: Any, values: Array, has: int | None = None) -> None:
        """A column of numbers or instants."""
        buffers = [self.mask(has), pa.py_buffer(values)]
        self.columns[name] = pl.Series(name, pa.Array.from_buffers(kind, self._n, buffers))

    def flag(self, name: str, bits: int) -> None:
        """A column of truth values."""
        buffers = [None, pa.py_buffer(self._bits[bits])]
        self.columns[name] = pl.Series(name, pa.Array.from_buffers(pa.bool_(), self._n, buffers))

    def text(self, name: str, ends: Array, data: Array, has: int | None, binary: bool = False) -> None:
        """A column of text or bytes."""
        kind = pa.large_binary() if binary else pa.large_string()
        buffers = [self.mask(has), pa.py_buffer(ends), pa.py_buffer(data)]
        self.columns[name] = pl.Series(name, pa.Array.from_buffers(kind, self._n, buffers))

    def word(self, name: str, codes: Array, words: tuple[str | None, ...] | pl.Series) -> None:
        """A column of text from codes."""
        if not isinstance(words, pl.Series):
            words = pl.Series(words, dtype=pl.String)
        self.columns[name] = words.gather(pl.Series(codes[: self._n])).alias(name)

    def common(self, key: str, codes: Array, own: Array, receiver: str) -> None:
        """Key, time, mover, station and receiver, which all tables have."""
        self.add(key, pa.int64(), self._whole[c.ID])
        self.add("t_seen", _ARROW_TS, self._whole[c.SEEN], 0)
        self.add("mover", pa.int64(), self._whole[c.MMSI])
        self.columns["mmsi"] = self.columns["mover"].cast(pl.Int32).alias("mmsi")
        self.add("msg_type", pa.int32(), codes[1])
        self.word("station", codes[0], self._stations)
        self.word("receiver", own, (receiver, "own"))

    def frame(self) -> pl.DataFrame:
        """The table's columns in their order, null where there are none."""
        order = {k: t for k, t in table(self._name).schema.items() if k not in STAMPS}
        found = [self.columns.get(k, pl.repeat(None, self._n, dtype=t, eager=True).alias(k)) for k, t in order.items()]
        if self._lines:
            self.add("line_first", pa.int64(), self._whole[c.FIRST_LINE])
            self.add("line_last", pa.int64(), self._whole[c.LAST_LINE])
            found += [self.columns[k] for k in LINES]
        return pl.DataFrame(found)


def reports(r: Reports, n: int, n_flags: int, stations: pl.Series, receiver: str, lines: bool) -> pl.DataFrame:
    """The reports."""
    m = _Maker("reports", n, r.bits, r.whole, stations, lines)
    m.common("report", r.codes, r.small[c.IS_OWN], receiver)
    m.word("transponder", r.small[c.R_TRANSPONDER], TRANSPONDERS)
    m.word("radio_channel", r.small[c.ON_CHANNEL], (None, "A", "B"))
    m.add("lon_deg", pa.float64(), r.place[c.R_LON], c.R_HAS_PLACE)
    m.add("lat_deg", pa.float64(), r.place[c.R_LAT], c.R_HAS_PLACE)
    m.flag("accurate", c.R_ACCURATE)
    m.add("sog_kn", pa.float32(), r.motion[c.R_SOG], c.R_HAS_SOG)
    m.add("cog_deg", pa.float32(), r.motion[c.R_COG], c.R_HAS_COG)
    m.add("heading_deg", pa.float32(), r.motion[c.R_HEADING], c.R_HAS_HEADING)
    m.add("rot_deg_min", pa.float32(), r.motion[c.R_ROT], c.R_HAS_ROT)
    m.add("nav_status", pa.int32(), r.codes[c.R_STATUS], c.R_HAS_STATUS)
    m.flag("own", c.R_IS_OWN)
    doubts = pl.Series(FLAGS, dtype=pl.String).gather(pl.Series(r.flags[:n_flags])).to_arrow(compat_level=_OLDEST)
    ends = pa.Array.from_buffers(pa.int64(), n + 1, [None, pa.py_buffer(r.flag_ends)])
    m.columns["flags"] = pl.Series("flags", pa.LargeListArray.from_arrays(ends, doubts))
    return m.frame()


def claims(a: Claims, n: int, stations: pl.Series, receiver: str, lines: bool) -> pl.DataFrame:
    """The claims."""
    m = _Maker("claims", n, a.bits, a.whole, stations, lines)
    m.common("claim", a.codes, a.small[c.IS_OWN], receiver)
    m.word("part", a.small[c.C_PART], (None, "A", "B"))
    m.add("imo", pa.int32(), a.codes[c.C_IMO], c.C_HAS_IMO)
    m.add("ship_type", pa.int32(), a.codes[c.C_SHIP], c.C_HAS_SHIP)
    m.add("length_m", pa.float32(), a.sizes[c.C_LENGTH], c.C_HAS_LENGTH)
    m.add("width_m", pa.float32(), a.sizes[c.C_WIDTH], c.C_HAS_WIDTH)
    m.add("draught_m", pa.float32(), a.sizes[c.C_DRAUGHT], c.C_HAS_DRAUGHT)
    for k, name in enumerate(("name", "callsign", "destination", "eta_text")):
        m.text(name, a.ends[k], a.texts[k], c.C_TEXTS + k)
    return m.frame()


def messages(o: Messages, n: int, stations: pl.Series, receiver: str, lines: bool) -> pl.DataFrame:
    """The messages."""
    m = _Maker("messages", n, o.bits, o.whole, stations, lines)
    m.common("message", o.codes, o.small[c.IS_OWN], receiver)
    m.add("dac", pa.int32(), o.codes[c.M_DAC], c.M_HAS_APP)
    m.add("fi", pa.int32(), o.codes[c.M_FI], c.M_HAS_APP)
    m.add("to_mmsi", pa.int32(), o.codes[c.M_TO], c.M_HAS_TO)
    m.text("text", o.ends[c.M_TEXT], o.text, c.M_HAS_TEXT)
    m.text("payload", o.ends[c.M_PAYLOAD], o.payload, None, binary=True)
    m.add("bits", pa.int32(), o.codes[c.M_BITS])
    m.word("radio_channel", o.small[c.ON_CHANNEL], (None, "A", "B"))
    return m.frame()


_OLDEST = pl.CompatLevel.oldest()
