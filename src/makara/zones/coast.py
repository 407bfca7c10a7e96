"""The coast as rings, for pictures: Natural Earth's land in tiles, out of the archive of ``tools/make_coast.py``."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makara.base.errors import InputError

SIDE_DEG: Final = 15
FINE_DEG: Final = 60.0
"""Windows that are wider show the coarse coast of the whole globe."""
_HEAD: Final = struct.Struct("<hhHHH")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tile:
    """Land of one tile.

    Attributes:
        rings: closed outlines of land and lakes (even-odd), degrees.
        coast: for each ring, which of its edges are coast and not the tile's border.
    """

    rings: list[Floats]
    coast: list[NDArray[np.bool_]]


@dataclass(frozen=True)
class Coast:
    """The archive of tiles (its form is told in ``tools/make_coast.py``)."""

    archive: zipfile.ZipFile

    def within(self, w: float, s: float, wide: float, high: float) -> list[tuple[float, Tile]]:
        """Tiles that touch a window from a south-west corner, each with the degrees to add to its longitudes.

        Args:
            w: west, degrees; longitudes of the window run from it on, past 180.
            s: south.
            wide: width, degrees, up to 360.
            high: height.
        """
        names = set(self.archive.namelist())
        if wide > FINE_DEG:
            turns = range(int(np.floor((w + 180.0) / 360.0)), int(np.floor((w + wide + 180.0) / 360.0)) + 1)
            whole = self._tile("world")
            return [(360.0 * k, whole) for k in turns]
        columns = range(int((w + 180.0) // SIDE_DEG), int((w + wide + 180.0) // SIDE_DEG) + 1)
        rows = range(max(0, int((s + 90.0) // SIDE_DEG)), min(11, int((s + high + 90.0) // SIDE_DEG)) + 1)
        wanted = [(x // 24, f"{x % 24}_{y}") for x in columns for y in rows]
        return [(360.0 * turn, self._tile(name)) for turn, name in wanted if name in names]

    def _tile(self, name: str) -> Tile:
        data = self.archive.read(name)
        w, s, wide, high, steps = _HEAD.unpack_from(data)
        numbers = _varints(np.frombuffer(data, np.uint8, offset=_HEAD.size))
        rings, coast, at = [], [], 1
        for _ in range(int(numbers[0])):
            n = int(numbers[at])
            zigzag = numbers[at + 1 : at + 1 + 2 * n].reshape(n, 2)
            at += 1 + 2 * n
            xy = np.cumsum((zigzag >> 1) ^ -(zigzag & 1), axis=0)
            xy = np.concatenate([xy, xy[:1]])
            edge = np.zeros(n, np.bool_)
            for k, most in ((0, wide * steps), (1, high * steps)):
                same = xy[1:, k] == xy[:-1, k]
                edge |= same & ((xy[1:, k] == 0) | (xy[1:, k] == most))
            rings.append(xy / steps + [w, s])
            coast.append(~edge)
        return Tile(rings, coast)


def _varints(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Numbers of seven bits a byte, the low ones first, the last byte of each below 128."""
    last = np.flatnonzero(data < 128)
    start = np.append(0, last[:-1] + 1)
    place = np.arange(data.size) - np.repeat(start, last - start + 1)
    return np.add.reduceat((data & 127).astype(np.int64) << (7 * place), start)


def coast_from(data: bytes) -> Coast:
    """The coast from the bytes of ``coast.zip`` (package data).

    Raises:
        InputError: the bytes are no such archive.
    """
    try:
        return Coast(zipfile.ZipFile(io.BytesIO(data)))
    except zipfile.BadZipFile as e:
        raise InputError(f"the coast cannot be read ({e}); make it again with tools/make_coast.py") from e
