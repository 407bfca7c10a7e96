"""How far from the shore: a grid of signed distances, and a land mask beside it.

The grid says metres to the shore on nodes every 0.1 degrees, negative on land, read bilinearly: right to about a
kilometre near the coast, where a straight distance matters less than being at sea at all, which the mask decides.
"""

from __future__ import annotations

import io
import lzma
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from makara.base.errors import InputError

AFLOAT_MIN_M: Final = 50.0
"""What is not on land is at least so far from the shore."""
OnLand = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]
"""Whether points (longitudes, latitudes, degrees) lie on land."""


@dataclass(frozen=True)
class Shore:
    """Distance to the shore.

    Attributes:
        signed: distances to the shore in units of ``unit_m``, negative on land; rows from -90 to 90, columns from -180
            (inclusive) to 180 (exclusive), evenly spaced.
        unit_m: one unit of the grid, metres.
        on_land: the land mask.
    """

    signed: NDArray[np.int16]
    unit_m: float
    on_land: OnLand

    def distance_m(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Distance to the nearest shore, metres; 0 on land by the mask."""
        x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        rows, columns = self.signed.shape
        fx, fy = (x + 180.0) * (columns / 360.0), (y + 90.0) * ((rows - 1) / 180.0)
        i = np.clip(fy.astype(np.int64), 0, rows - 2)
        j = np.floor(fx).astype(np.int64)
        u, v = fx - j, np.clip(fy - i, 0.0, 1.0)
        a, b = j % columns, (j + 1) % columns
        south = self.signed[i, a] * (1.0 - u) + self.signed[i, b] * u
        north = self.signed[i + 1, a] * (1.0 - u) + self.signed[i + 1, b] * u
        away = np.maximum((south * (1.0 - v) + north * v) * self.unit_m, AFLOAT_MIN_M)
        return np.where(self.on_land(x, y), 0.0, away)


def shore_from(npz: bytes, on_land: OnLand) -> Shore:
    """A shore from the bytes of ``shore_0p1deg.npz`` (package data, made by tools/make_shore_grid.py).

    Args:
        npz: a NumPy archive of ``packed`` (LZMA of low bytes, then high bytes of the grid's differences along columns
            and rows), ``shape`` and ``unit_m``.
        on_land: the land mask: longitudes and latitudes in, booleans out.

    Raises:
        InputError: the bytes are no such archive.
    """
    try:
        with np.load(io.BytesIO(npz)) as parts:
            shape = tuple(int(n) for n in parts["shape"])
            unit_m = float(parts["unit_m"])
            raw = np.frombuffer(lzma.decompress(parts["packed"].tobytes()), np.uint8)
        n = shape[0] * shape[1]
        differences = (raw[:n].astype(np.uint16) | (raw[n:].astype(np.uint16) << 8)).view(np.int16).reshape(shape)
    except (ValueError, KeyError, OSError, lzma.LZMAError) as e:
        raise InputError(f"the shore grid cannot be read ({e}); make it again with tools/make_shore_grid.py") from e
    # Sums may overflow and come back: differences are stored modulo 2^16, as are the values.
    signed = np.cumsum(np.cumsum(differences, axis=0, dtype=np.int16), axis=1, dtype=np.int16)
    return Shore(signed, unit_m, on_land)
