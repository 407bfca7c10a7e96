"""The plain rows of a block of an archive: typed by the fast path; and any of its lines as text, for the slow one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.keyset import KeySet
from makara.base.units import HOUR_S
from makara.sources import _plain_csv
from makara.sources._plain_csv import BLANK, NOTHING, NUMBER, PLAIN, SCALE, SKIP, TIME, WORD
from makara.sources._rows import ROW, Block, Rows, of_block
from makara.sources._source import TS

_HOUR_US: Final = HOUR_S * 1_000_000
_MIX: Final = np.array([0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


class PlainRows:
    """A block's rows.

    Attributes:
        block: the block.
        good: lines that are plain and whose MMSI, time and place can be used.
        odd: the other lines, without blank ones.
    """

    def __init__(
        self,
        block: Block,
        columns: Mapping[str, Sequence[str]],
        needed: Collection[str],
        numbers: Collection[str],
        static: Collection[str],
    ) -> None:
        """Read a block.

        Args:
            block: the lines.
            columns: the names that each of our columns may have in the file.
            needed: our columns that must be there.
            numbers: our columns that are numbers.
            static: our columns that no report needs: only whether they change is looked at.
        """
        self.block = block
        width = len(block.header)
        kinds, slots, kept, used = [SKIP] * width, [0] * width, [False] * width, [0, 0]
        self._slots: dict[str, int] = {}
        self._words: dict[str, int] = {}
        for target, names in columns.items():
            i = next((block.header.index(n) for n in names if n in block.header), None)
            if i is None:
                continue
            if target in static or target.removesuffix("_text") in static:
                kept[i] = True
                continue
            kinds[i] = TIME if target == "t_seen" else NUMBER if target in numbers else WORD
            word = kinds[i] == WORD
            kept[i], slots[i] = word, used[word]
            used[word] += 1
            if word:
                self._words[target] = i
            self._slots[target] = slots[i]
        self._read = _plain_csv.plain(block.data, block.sep, kinds, slots, kept)
        state = self._read.state
        self.good = state == PLAIN
        if any(n not in self._slots for n in needed):
            self.good[:] = False
        else:
            self.good &= self._usable()
        self.odd = ~self.good & (state != BLANK)

    def _number(self, target: str) -> NDArray[np.int64]:
        found: NDArray[np.int64] = self._read.numbers[self._slots[target]]
        return found

    def _usable(self) -> NDArray[np.bool_]:
        mmsi, lon, lat = (self._number(c) for c in ("mmsi", "lon_deg", "lat_deg"))
        usable: NDArray[np.bool_] = (
            (self._number("t_seen") != NOTHING) & (mmsi % SCALE == 0) & (mmsi >= SCALE) & (mmsi < 2**30 * SCALE)
        )
        usable &= (lon >= -180 * SCALE) & (lon <= 180 * SCALE) & (lat >= -90 * SCALE) & (lat <= 90 * SCALE)
        usable &= (lon != 0) | (lat != 0)
        return usable

    def told(self) -> pl.DataFrame:
        """The good rows: numbers as Float64, ``t_seen`` as instants, words as text, and ``line``."""
        every = bool(self.good.all())
        rows = np.arange(self.good.size) if every else np.flatnonzero(self.good)
        out = {"line": pl.Series(rows + self.block.line)}
        for target, slot in self._slots.items():
            if target in self._words:
                hashes = self._read.words[slot]
                out[target] = self._text(target, rows, hashes if every else hashes[rows])
                continue
            values = self._read.numbers[slot]
            whole = pl.Series(values if every else values[rows])
            known = whole.set(whole == NOTHING, None)
            out[target] = known.cast(TS) if target == "t_seen" else known.cast(pl.Float64()) / SCALE
        return pl.DataFrame({name: s.alias(name) for name, s in out.items()})

    def _text(self, target: str, rows: NDArray[np.int64], hashes: NDArray[np.uint64]) -> pl.Series:
        """Words by their hashes, as the slow path's text: without blanks around them, null where empty."""
        s = pl.Series(hashes.view(np.int64))
        first = s.arg_unique()
        lines = [self._line(int(rows[k])) for k in first]
        words = [
            line.split(self.block.sep.encode())[self._words[target]].decode("utf-8", "replace").strip() or None
            for line in lines
        ]
        if len(words) < 2:
            return pl.repeat(words[0] if words else None, len(s), dtype=pl.String(), eager=True)
        return s.replace_strict(s.gather(first), pl.Series(words, dtype=pl.String()), return_dtype=pl.String())

    def telling(self, said: KeySet) -> NDArray[np.bool_]:
        """Good rows whose static values their vessel has not stated in this hour in any row that ``said`` knows of."""
        tells: NDArray[np.bool_] = self.good & (self._read.content != 0)
        rows = np.flatnonzero(tells)
        of = (
            self._read.content[rows],
            self._number("mmsi")[rows].view(np.uint64) if rows.size else np.zeros(0, np.uint64),
            (self._number("t_seen")[rows] // _HOUR_US).view(np.uint64) if rows.size else np.zeros(0, np.uint64),
        )
        keys = np.bitwise_xor.reduce([x * m for x, m in zip(of, _MIX, strict=True)])
        tells[rows] = said.add(pl.Series(keys.view(np.int64))).to_numpy()
        return tells

    def _line(self, k: int) -> bytes:
        return self.block.data[self._read.starts[k] : self._read.starts[k + 1]]

    def lines(self, which: NDArray[np.bool_], path: Path) -> Rows:
        """Some lines as the slow path reads them."""
        rows = np.flatnonzero(which)
        some = Block(b"".join(self._line(int(k)) for k in rows), self.block.header, 1, self.block.sep)
        frame, rejects = of_block(some, path)
        numbers = pl.Series(rows + self.block.line, dtype=pl.Int64())
        frame = frame.with_columns(numbers.gather(frame[ROW] - 1).alias(ROW))
        return frame, rejects.with_columns(numbers.gather(rejects["line"] - 1).alias("line"))
