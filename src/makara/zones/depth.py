"""How deep the sea is: a coarse grid, enough to tell a shelf that anchors reach from the deep."""

from __future__ import annotations

import io
import lzma
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from makara.base.errors import InputError


@dataclass(frozen=True)
class Depth:
    """Depth of the sea.

    Attributes:
        code: square roots of eight times the depth in metres (so that steps are 10 m at 200 m), 0 on land, 255 for
            8,128 m and more; rows from -90 to 90, columns from -180 (inclusive) to 180 (exclusive), evenly spaced.
    """

    code: NDArray[np.uint8]

    def depth_m(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Depth at the nearest node, metres; nan where that is land."""
        x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        rows, columns = self.code.shape
        i = np.rint((y + 90.0) * ((rows - 1) / 180.0)).astype(np.int64)
        j = np.rint((x + 180.0) * (columns / 360.0)).astype(np.int64) % columns
        root = self.code[np.clip(i, 0, rows - 1), j].astype(np.float64)
        return np.where(root > 0.0, np.round(root * root / 8.0), np.nan)


def depth_from(npz: bytes) -> Depth:
    """Depths from the bytes of ``depth_5min.npz`` (package data, made by tools/make_depth_grid.py from ETOPO5).

    Args:
        npz: a NumPy archive of ``packed`` (LZMA of the codes' differences along rows) and ``shape``.

    Raises:
        InputError: the bytes are no such archive.
    """
    try:
        with np.load(io.BytesIO(npz)) as parts:
            shape = tuple(int(n) for n in parts["shape"])
            packed = np.frombuffer(lzma.decompress(parts["packed"].tobytes()), np.uint8).reshape(shape)
    except (ValueError, KeyError, OSError, lzma.LZMAError) as e:
        raise InputError(f"the depth grid cannot be read ({e}); make it again with tools/make_depth_grid.py") from e
    return Depth(np.cumsum(packed, axis=1, dtype=np.uint8))
