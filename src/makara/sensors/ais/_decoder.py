"""The decoder: holds what is remembered between blocks, and walks each through scan, assembly and extraction."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.sensors.ais import _assemble, _columns, _extract, _rejects, _scan, _told
from makara.sensors.ais import _layout as s
from makara.sensors.ais._blocks import Block

Array = NDArray[Any]
_STATIONS: Final = (s.LOOSE_STATION, s.GATE_STATION)


class Found(NamedTuple):
    """What some lines held."""

    reports: pl.DataFrame
    claims: pl.DataFrame
    messages: pl.DataFrame
    rejects: pl.DataFrame
    stats: dict[str, Any]


@dataclass(frozen=True)
class How:
    """How to read.

    Attributes:
        file: name to put into rejects.
        given_us: time of messages without one, microseconds, or ``NO_TIME``.
        base_clock: give those the time of the last base station report.
        receiver: class of the receiver.
        lines: add the columns ``line_first`` and ``line_last``.
    """

    file: str | None
    given_us: int
    base_clock: bool
    receiver: str
    lines: bool


class _Stations:
    """Stations' names: as bytes for the scanner, as text for tables and keys."""

    def __init__(self) -> None:
        self.slots = np.zeros(s.NAME_SLOTS, np.int32)
        self.names = np.empty(s.NAMES_BYTES, np.uint8)
        self.ends = np.zeros(s.NAMES_MAX + 1, np.int64)
        self._first: dict[str, int] = {}
        self._same: list[int] = []
        self._encoded: list[bytes] = []
        self.told = _columns.names([])
        self.numbers = np.empty(0, np.int64)
        self.plain = True

    def learn(self, n: int) -> None:
        """Read the names that the scanner has found since."""
        known = len(self._same)
        if n == known:
            return
        for i in range(known, n):
            raw = self.names[self.ends[i] : self.ends[i + 1]].tobytes()
            text = raw.decode("utf-8", "replace").strip()
            self._encoded.append(text.encode())
            self._same.append(self._first.setdefault(text, i) if text else -1)
            self.plain = self.plain and self._same[i] == i
        self.told = _columns.names(self._encoded)
        self.numbers = np.array(self._same, np.int64)


class Decoder:
    """Reads blocks of lines in order. Remembers open parts, groups, times and stations' names.

    Args:
        how: how to read.
    """

    def __init__(self, how: How) -> None:
        self._how = how
        self._state = np.zeros(s.STATE, np.int64)
        self._state[s.BASE_T] = s.NO_TIME
        self._groups = np.zeros((s.GROUP_SLOTS, 4), np.int64)
        self._stations = _Stations()
        self._open = np.empty((0, s.SENTENCE_COLUMNS), np.int64)
        self._open_bytes = np.empty(0, np.uint8)
        self._rows = np.empty((s.ROWS_MAX + 1, s.SENTENCE_COLUMNS), np.int64)
        self._rejects = np.empty((s.ROWS_MAX + s.REJECTS_MAX + 2, s.REJECT_COLUMNS), np.int64)
        self._buffer = np.empty(0, np.uint8)
        self._scratch = _columns.scratch()

    def read(self, block: Block) -> Iterator[Found]:
        """What the lines of a block hold, which follow those of the block before; mostly one piece."""
        pieces = [np.frombuffer(p, np.uint8) for p in block.pieces]
        while True:
            found, rest = self._take(pieces, block.open_end, closing=False)
            pieces = [rest]
            if not rest.size:
                self._state[s.BYTES_READ] += block.skipped
                found.stats["offset"] = int(self._state[s.BYTES_READ])
            yield found
            if not rest.size:
                return

    def read_nothing(self) -> Found:
        """What no line holds."""
        return self._take([], False, closing=False)[0]

    @property
    def has_open(self) -> bool:
        """Whether messages are open that lack parts."""
        return len(self._open) > 0

    def close(self) -> Found:
        """The input has ended: open parts are lost."""
        return self._take([], False, closing=True)[0]

    def _take(self, pieces: list[Array], cut: bool, closing: bool) -> tuple[Found, Array]:
        """Read lines, as many as go at once; what they hold, and the bytes of the others."""
        begin = self._open_bytes.size
        end = begin + sum(p.size for p in pieces)
        b = self._room(end)
        b[:begin] = self._open_bytes
        at = begin
        for p in pieces:
            b[at : at + p.size] = p
            at += p.size
        n = len(self._open)
        self._rows[:n] = self._open
        rows, bad, state, names = self._rows, self._rejects, self._state, self._stations
        counts = np.zeros(s.COUNTS, np.int64)
        counts[s.N_ROWS], counts[s.SIDE] = n, end
        lines, offset = int(state[s.LINES_READ]), int(state[s.BYTES_READ])
        has_nul = end > begin and b[begin:end].min() == 0
        stop = _scan.scan(
            b, begin, end, offset, has_nul, cut, rows, bad, counts, names.names, names.ends, names.slots, state,
            self._groups,
        )  # fmt: skip
        state[s.BYTES_READ] += stop - begin
        names.learn(int(state[s.N_NAMES]))
        n = int(counts[s.N_ROWS])
        if not names.plain:
            several = rows[:n, s.OF] > 1
            for column, those in ((s.STATION, np.ones(n, np.bool_)), (s.HINT_STATION, several)):
                told = rows[:n][those, column]
                rows[:n][those, column] = np.where(told < 0, -1, names.numbers[told])
        last = int(state[s.LINES_READ])
        # The sentences that came again from the block before are of several, too.
        parts, opened, heads, left = _assemble.room(n, int(counts[s.SEVERAL]) + len(self._open))
        _assemble.assemble(b, rows, n, closing, last, bad, counts, parts, opened, heads, left)
        types = np.zeros(64, np.int64)
        most = np.zeros(4, np.int64)
        _extract.count(b, rows, n, most)
        reports, claims, messages = _columns.room(*most.tolist())
        how, known = self._how, names.told
        n_reports, n_claims, n_messages, n_flags = _extract.extract(
            b, rows, n, parts, known.text, known.ends, how.given_us, how.base_clock, state, types, bad, counts,
            self._scratch, _columns.lookup(), (*_columns.words(how.receiver), known.views), tuple(reports),
            tuple(claims), tuple(messages),
        )  # fmt: skip
        rejected = _rejects.frame(b, bad[: counts[s.N_REJECTS]], how.file)
        found = Found(
            _columns.reports(reports, n_reports, n_flags, known, how.lines),
            _columns.claims(claims, n_claims, known, how.lines),
            _columns.messages(messages, n_messages, known, how.lines),
            rejected,
            {
                "lines": last - lines,
                "blank": int(counts[s.BLANK]),
                "comments": int(counts[s.COMMENTS]),
                "meta": int(counts[s.META]),
                "sentences": int(counts[s.SENTENCES]),
                "messages": int(types.sum()),
                "types": {k: int(v) for k, v in enumerate(types) if v},
                "rejects": dict(sorted(Counter(rejected["reason"].to_list()).items())),
                "offset": int(state[s.BYTES_READ]),
            },
        )
        self._keep(b, rows, np.flatnonzero(left))
        rest = b[stop:end].copy()
        if rest.size and state[s.N_NAMES] > s.NAMES_MAX // 2:
            self._forget()
        return found, rest

    def _room(self, end: int) -> Array:
        """The buffer: the bytes, as much again for lines without their NULs, and for payloads put together."""
        if self._buffer.size < 3 * end + 64:
            self._buffer = np.empty(3 * end + 64, np.uint8)
        return self._buffer

    def _keep(self, b: Array, rows: Array, opened: Array) -> None:
        """Keep the open parts: their rows, the beginnings of their lines, their payloads."""
        self._open = rows[opened]
        kept, at = [], 0
        for row in self._open:
            raw = b[row[s.RAW] : min(row[s.RAW_END], row[s.RAW] + _rejects.RAW_BYTES)]
            payload = b[row[s.PAY] : row[s.PAY] + row[s.LEN]]
            row[s.RAW], row[s.RAW_END], row[s.PAY] = at, at + raw.size, at + raw.size
            at += raw.size + payload.size
            kept += [raw, payload]
        self._open_bytes = np.concatenate(kept) if kept else np.empty(0, np.uint8)

    def _forget(self) -> list[bytes]:
        """Forget the stations that nothing remembered refers to, so that there is room for others; those kept."""
        groups, state, old = self._groups, self._state, self._stations
        live = (groups[:, s.GROUP_LINE] > 0) & (state[s.LINES_READ] - groups[:, s.GROUP_LINE] <= s.LINES_MAX)
        parts = self._open[:, [s.STATION, s.HINT_STATION]].ravel()
        codes = [parts, groups[live, s.GROUP_STATION], state[list(_STATIONS)]]
        used = np.unique(np.concatenate(codes))
        used = used[(used >= 0) & (used < int(state[s.N_NAMES]))]
        kept = [old.names[old.ends[i] : old.ends[i + 1]].tobytes() for i in used]
        number = np.full(s.NAMES_MAX + 1, -1, np.int64)
        number[used] = np.arange(len(used))
        for held in (self._open[:, s.STATION], self._open[:, s.HINT_STATION], groups[:, s.GROUP_STATION]):
            held[:] = number[held]
        state[list(_STATIONS)] = number[state[list(_STATIONS)]]
        self._know(kept)
        return kept

    def _know(self, names: list[bytes]) -> None:
        """Know these stations, by their place, and no others."""
        self._stations = new = _Stations()
        self._state[[s.N_NAMES, s.N_NAME_BYTES]] = 0
        given = np.frombuffer(b"".join([*names, bytes(8)]), np.uint8)
        _told.intern(given, np.cumsum([0, *map(len, names)]), new.names, new.ends, new.slots, self._state)
        new.learn(len(names))

    def remember(self) -> bytes:
        """What must be known to read on: open parts, groups, tag blocks and times on lines of their own."""
        names = self._forget()
        parts: list[Array] = [
            self._state, self._groups[self._groups[:, s.GROUP_LINE] > 0], self._open, self._open_bytes,
            np.array([len(n) for n in names], np.int64), np.frombuffer(b"".join(names), np.uint8),
        ]  # fmt: skip
        held = np.array([p.size for p in parts], np.int64).tobytes() + b"".join(p.tobytes() for p in parts)
        return zlib.crc32(held).to_bytes(4, "little") + held

    def recall(self, offset: int, held: bytes) -> None:
        """Read on from a byte with what ``remember`` gave there, or with nothing.

        Raises:
            ValueError: it is none of that.
        """
        self._state[s.BYTES_READ] = offset
        if not held:
            return
        if len(held) < 52 or zlib.crc32(held[4:]).to_bytes(4, "little") != held[:4]:
            raise ValueError("its checksum is wrong")
        sizes, at, parts = np.frombuffer(held, np.int64, 6, 4), 52, []
        for n, kind in zip(sizes, (np.int64, np.int64, np.int64, np.uint8, np.int64, np.uint8), strict=True):
            parts.append(np.frombuffer(held, kind, int(n), at).copy())
            at += int(n) * parts[-1].itemsize
        self._state, groups, opened, self._open_bytes, lengths, names = parts
        self._open = opened.reshape(-1, s.SENTENCE_COLUMNS)
        self._know([names[p:q].tobytes() for p, q in pairwise(np.cumsum([0, *lengths]))])
        groups = groups.reshape(-1, self._groups.shape[1])
        self._groups[: len(groups)] = groups
        _told.thin(self._groups, self._state, self._state[s.LINES_READ])
