"""The plain rows of a block of an archive: typed by the fast path; and any of its lines as text, for the slow one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
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
from makara.tables import table

Refine = Callable[[pl.DataFrame], pl.DataFrame]
_REPORTED: Final = frozenset(table("reports").schema)
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

    def told(self, refine: Refine) -> pl.DataFrame:
        """The good rows, refined: numbers as Float64, ``t_seen`` as instants, words as text, and ``line``.

        Words are few: those of each combination are refined once. So ``refine`` may not make one column of a word and
        a number.
        """
        every = bool(self.good.all())
        rows = np.arange(self.good.size) if every else np.flatnonzero(self.good)
        out = {"line": pl.Series("line", rows + self.block.line)}
        for target, slot in self._slots.items():
            if target not in self._words:
                values = self._read.numbers[slot]
                whole = pl.Series(target, values if every else values[rows])
                known = whole.set(whole == NOTHING, None) if (whole.min() or 0) == NOTHING else whole
                out[target] = known.cast(TS) if target == "t_seen" else known.cast(pl.Float64()) / SCALE
        numbers = refine(pl.DataFrame(out))
        if not self._words or not rows.size:
            return numbers
        hashes = [self._read.words[self._slots[w]] for w in self._words]
        mixed = np.bitwise_xor.reduce([h * m for h, m in zip(hashes, _odd(len(hashes)), strict=True)])
        s = pl.Series((mixed if every else mixed[rows]).view(np.int64))
        first = s.arg_unique()
        words = refine(self._text([int(rows[k]) for k in first]))
        words = words.select(c for c in words.columns if c in _REPORTED)
        at = s.replace_strict(s.gather(first), pl.Series(range(len(first)), dtype=pl.UInt32))
        return numbers.hstack(words[at].get_columns() if len(first) > 1 else _repeated(words, len(s)))

    def _text(self, lines: list[int]) -> pl.DataFrame:
        """The words of some lines, as the slow path's text: without blanks around them, null where empty."""
        sep = self.block.sep.encode()
        values = [self._line(k).split(sep) for k in lines]
        text = {w: [v[at].decode("utf-8", "replace").strip() or None for v in values] for w, at in self._words.items()}
        return pl.DataFrame(text, schema=dict.fromkeys(text, pl.String()))

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
        some = Block(_plain_csv.lines(self.block.data, self._read.starts, rows), self.block.header, 1, self.block.sep)
        frame, rejects = of_block(some, path)
        numbers = pl.Series(rows + self.block.line, dtype=pl.Int64())
        frame = frame.with_columns(numbers.gather(frame[ROW] - 1).alias(ROW))
        return frame, rejects.with_columns(numbers.gather(rejects["line"] - 1).alias("line"))


def _odd(n: int) -> NDArray[np.uint64]:
    """Odd numbers to mix hashes by."""
    return np.uint64(0x9E3779B185EBCA87) * (2 * np.arange(n, dtype=np.uint64) + np.uint64(1))


def _repeated(one: pl.DataFrame, n: int) -> list[pl.Series]:
    return [pl.repeat(s.first(), n, dtype=s.dtype, eager=True).alias(s.name) for s in one]
