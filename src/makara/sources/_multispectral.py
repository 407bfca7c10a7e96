"""What the readers of multispectral images share: bands of one or several rasters as one, masks of cloud, the scene."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from makara.base.errors import InputError
from makara.sensors.scene import Floats, Georeference, Pixels, Scene
from makara.sources import _georeference
from makara.sources._raster import Raster, judged, largest
from makara.sources._safe import Product
from makara.sources._scene import Told

ROWS: Final = 1024
"""Rows decoded at once: JPEG 2000 tiles of Sentinel-2 have as many, and a tile is decoded as a whole."""
BANDS: Final = ("blue", "green", "red", "nir", "swir")
LENGTH50_PX: Final = 2.5
"""Length of a ship of grey deck seen with probability one half, pixels, on simulated water (docs/models/optical.md)."""


class Strips:
    """Rows of rasters that lie on one grid, some coarser by a whole factor; the last strip is kept.

    Args:
        parts: for each band its raster and the number of its band there.
        shape: lines and pixels of the grid.
        nodata: a number that means no data beside 0.

    Raises:
        InputError: a raster does not fit the grid.
    """

    def __init__(
        self, parts: Sequence[tuple[Raster, int]], shape: tuple[int, int], nodata: float | None = None
    ) -> None:
        self._lock = threading.Lock()
        self._parts, self._shape, self._nodata = parts, shape, nodata
        self._factors = []
        for raster, _ in parts:
            factor = round(shape[0] / raster.shape[0])
            if factor < 1 or any(-(-n // factor) != m for n, m in zip(shape, raster.shape, strict=True)):
                raise InputError(
                    f"{raster.name} has {raster.shape} lines and pixels, which do not fit the {shape} of the image"
                )
            self._factors.append(factor)
        self._kept: tuple[int, Pixels] | None = None

    def __call__(self, first: int, last: int) -> Pixels:
        """Bands x lines x pixels of rows ``first`` to ``last - 1``; 0 where there is no data."""
        pieces = []
        with self._lock:
            for k in range(first // ROWS, -(-last // ROWS)):
                strip = self._strip(k)
                pieces.append(strip[:, max(first - k * ROWS, 0) : last - k * ROWS])
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)

    def _strip(self, k: int) -> Pixels:
        if self._kept is None or self._kept[0] != k:
            first, last = k * ROWS, min((k + 1) * ROWS, self._shape[0])
            self._kept = None
            self._kept = k, np.stack([self._band(i, first, last) for i in range(len(self._parts))])
        return self._kept[1]

    def _band(self, i: int, first: int, last: int) -> Pixels:
        (raster, band), factor = self._parts[i], self._factors[i]
        y0 = first // factor
        found = raster.rows(y0, -(-last // factor), band)
        if self._nodata:
            found = np.where(found == self._nodata, 0, found)
        if factor > 1:
            found = np.repeat(np.repeat(found, factor, axis=0), factor, axis=1)
        return found[first - y0 * factor : last - y0 * factor, : self._shape[1]]


def masked(strips: Strips, share: Callable[[Pixels], Floats]) -> Callable[[int, int], Floats]:
    """``cloud(first, last)`` of a scene: the share of cloud by what a mask's bands say."""
    return lambda first, last: share(strips(first, last))


def scene(
    product: Product,
    told: Told,
    *,
    rasters: Sequence[Raster],
    bands: Mapping[str, tuple[Raster, int]],
    reflectance: Mapping[str, tuple[float, float]],
    nodata: float | None = None,
    cloud: Callable[[int, int], Floats] | None = None,
    about: Mapping[str, Any],
    known: Mapping[str, Any],
) -> Scene:
    """A scene of bands, in the order of BANDS, on the grid of green.

    Args:
        product: the product.
        told: what the caller says.
        rasters: all that are open, closed with the scene.
        bands: by name the raster and the number of its band.
        reflectance: by name scale and offset.
        nodata: a number that means no data beside 0.
        cloud: see :class:`makara.sensors.scene.Scene`.
        about: likewise.
        known: other fields of the scene.

    Raises:
        InputError: bands are missing or do not fit each other, or hold nothing.
    """
    names = tuple(b for b in BANDS if b in bands)
    lacking = [b for b in ("green", "red", "nir") if b not in names]
    if lacking:
        raise InputError(f"{product.path} has no band {', '.join(lacking)}; ships are told from water by these")
    main = bands["green"][0]
    read = Strips([bands[b] for b in names], main.shape, nodata)
    middle = main.shape[0] // 2
    green = read(middle, min(middle + ROWS // 4, main.shape[0]))[names.index("green")]
    kind = np.dtype(main.dataset.dtypes[bands["green"][1] - 1])
    if not green.any():
        green = read(0, main.shape[0])[names.index("green")] if main.shape[0] <= ROWS else _any_data(read, main, names)
    found = judged(green, main.name, largest(kind))
    georeference: Georeference = _georeference.of(main)
    spacing = _georeference.spacing_m(georeference, main.shape)

    def close() -> None:
        for raster in rasters:
            raster.close()
        product.close()

    t = told.time
    times = {"t_start": t[0], "t_end": t[1]} if t else {}
    return Scene(
        **{
            "sensor": "optical",
            "shape": main.shape,
            "spacing_m": spacing,
            "georeference": georeference,
            "read": read,
            "uri": str(product.path),
            "resolution_m": max(spacing),
            **known,
            **times,
            **({"provider": told.provider} if told.provider else {}),
            **({"licence": told.licence} if told.licence else {}),
            "bands": names,
            "reflectance": tuple(reflectance[b] for b in names),
            "cloud": cloud,
            "about": {**found, "length50_m": round(LENGTH50_PX * max(spacing), 1), **about},
            "close": close,
        }
    )


def _any_data(read: Strips, main: Raster, names: Sequence[str]) -> Pixels:
    """The first strip in which there is any data, else the last."""
    strip = np.zeros((1, 1))
    for first in range(0, main.shape[0], ROWS):
        strip = read(first, min(first + ROWS, main.shape[0]))[names.index("green")]
        if strip.any():
            break
    return strip


def closing(rasters: Sequence[Raster], make: Callable[[], Scene]) -> Scene:
    """Make a scene; if that fails, close the rasters."""
    try:
        return make()
    except BaseException:
        for raster in rasters:
            raster.close()
        raise
