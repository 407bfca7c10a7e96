"""Land or sea: a 30 arc-second mask, kept as compressed bands of latitude of which only those asked for are opened."""

from __future__ import annotations

import io
import json
import lzma
import zipfile
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from makara.base.errors import InputError

BANDS_KEPT: Final = 60
"""Bands (650 kB each) that stay open."""


@dataclass
class Land:
    """The land mask.

    Attributes:
        archive: member ``NNN`` holds a band of rows as bits, the first column in the highest bit.
        axes: rows, columns, band_rows, and origin and step of latitude and longitude, degrees.
    """

    archive: zipfile.ZipFile
    axes: dict[str, float]
    _open: dict[int, NDArray[np.uint8]] = field(default_factory=dict)

    def __call__(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Whether points (degrees, element by element) lie on land; lakes count as land."""
        x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        a = self.axes
        row = np.clip((y - a["lat0_deg"]) / a["lat_step_deg"], 0, a["rows"] - 1).astype(np.int64).ravel()
        column = np.clip((x - a["lon0_deg"]) / a["lon_step_deg"], 0, a["columns"] - 1).astype(np.int64).ravel()
        height = int(a["band_rows"])
        band = row // height
        out = np.zeros(row.size, np.bool_)
        for k in np.unique(band):
            at = np.flatnonzero(band == k)
            bits = self._band(int(k))[row[at] - k * height, column[at] >> 3]
            out[at] = (bits >> (7 - (column[at] & 7)).astype(np.uint8)) & 1 == 1
        return out.reshape(x.shape)

    def _band(self, k: int) -> NDArray[np.uint8]:
        if k not in self._open:
            if len(self._open) >= BANDS_KEPT:
                self._open.pop(next(iter(self._open)))
            try:
                raw = self.archive.read(f"{k:03}")
            except (KeyError, zipfile.BadZipFile, lzma.LZMAError) as e:
                raise InputError(f"the land mask lacks band {k} ({e}); make it again: tools/make_land_mask.py") from e
            self._open[k] = np.frombuffer(raw, np.uint8).reshape(int(self.axes["band_rows"]), -1)
        return self._open[k]


def land_from(data: bytes) -> Land:
    """A land mask from the bytes of ``land_30s.zip`` (package data, made by tools/make_land_mask.py).

    Raises:
        InputError: the bytes are no such archive.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        axes: dict[str, float] = json.loads(archive.read("axes.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as e:
        raise InputError(f"the land mask cannot be read ({e}); make it again with tools/make_land_mask.py") from e
    return Land(archive, axes)
