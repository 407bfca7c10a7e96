"""Rasters of unknown origin, read by rows in bounded memory: GeoTIFF and JPEG 2000 through GDAL.

Only the named driver is tried and nothing beside the file is looked at, so a picture cannot pull in other files.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal

import numpy as np

from makara.base.errors import InputError
from makara.sensors.scene import Pixels

SIDE: Final = 500_000
"""Lines or pixels a line, more than any product has."""
PIXELS: Final = 8_000_000_000
"""More than any product has."""
BLOCK_BYTES: Final = 256 * 1024**2
"""A block is decoded as a whole: one larger than this would take the memory."""
CACHE_BYTES: Final = 64 * 1024**2
LOOKS: Final = 24
"""Bands of rows looked at before a scene is taken for good."""


@contextmanager
def _quiet() -> Iterator[None]:
    """GDAL with a small cache and no look at other files; a missing georeference is told by us."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    with (
        rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_CACHEMAX=CACHE_BYTES, GDAL_PAM_ENABLED="NO"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def failures() -> tuple[type[Exception], ...]:
    """All that rasterio raises where GDAL fails."""
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import RasterioError

    return RasterioError, CPLE_BaseError, OSError, ValueError


def why(error: Exception) -> str:
    """What GDAL says, in short."""
    return (str(error).splitlines() or ["no reason given"])[0][:160]


class Raster:
    """A raster file, open for reading rows; safe to use from several threads.

    Args:
        where: a path that GDAL understands (``Product.raster``).
        name: of the file, for messages.
        file_bytes: its size, where known: blocks beyond it tell a cut file.
        driver: ``GTiff`` or ``JP2OpenJPEG``.

    Attributes:
        shape: lines and pixels.
        dataset: rasterio's dataset: transform, scales. Read pixels through :meth:`rows` only.
        units, names: of each band, where it has them.
        tags: those of the file, and of its first band.

    Raises:
        InputError: it cannot be opened, is cut, or declares a size that no product has.
    """

    def __init__(
        self,
        where: str,
        name: str,
        *,
        file_bytes: int | None = None,
        driver: Literal["GTiff", "JP2OpenJPEG"] = "GTiff",
    ) -> None:
        import rasterio

        self.name = name
        self._lock = threading.Lock()
        try:
            with _quiet():
                self.dataset: Any = rasterio.open(where, driver=driver)
                self.units: tuple[str | None, ...] = self.dataset.units
                self.names: tuple[str | None, ...] = self.dataset.descriptions
                self.tags: dict[str, str] = {**self.dataset.tags(), **self.dataset.tags(1)}
        except failures() as e:
            kind = "GeoTIFF" if driver == "GTiff" else "JPEG 2000 file"
            raise InputError(f"{name} is no readable {kind} ({why(e)}); get the product again") from e
        self.shape: tuple[int, int] = self.dataset.shape
        try:
            self._bounded()
            if file_bytes is not None and driver == "GTiff":
                self._whole(file_bytes)
        except InputError:
            self.dataset.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self.dataset.close()

    def rows(self, first: int, last: int, bands: int | Sequence[int] = 1) -> Pixels:
        """Rows ``first`` to ``last - 1`` of a band (lines x pixels) or of several (bands x lines x pixels).

        Raises:
            InputError: they cannot be read: the file is cut or damaged there, or the scene is closed.
        """
        from rasterio.windows import Window

        window = Window(0, first, self.shape[1], last - first)
        index = bands if isinstance(bands, int) else list(bands)
        try:
            with self._lock, _quiet():
                found: Pixels = self.dataset.read(index, window=window)
        except failures() as e:
            raise InputError(
                f"{self.name} cannot be read in lines {first:,} to {last:,}: it is cut or damaged; get it again"
            ) from e
        return found

    def _bounded(self) -> None:
        lines, pixels = self.shape
        if min(self.shape) < 2 or max(self.shape) > SIDE or lines * pixels > PIXELS:
            raise InputError(f"{self.name} declares {lines:,} x {pixels:,} pixels, which no product has; refused")
        for (h, w), kind in zip(self.dataset.block_shapes, self.dataset.dtypes, strict=True):
            if "complex" in kind:
                raise InputError(f"{self.name} is a complex image; get the product with amplitudes (GRD, GEO, GEC)")
            if h * w * np.dtype(kind).itemsize > BLOCK_BYTES:
                raise InputError(
                    f"{self.name} is one block of {h:,} x {w:,} pixels; tile it first: gdal_translate -of COG IN OUT"
                )

    def _whole(self, file_bytes: int) -> None:
        h, w = self.dataset.block_shapes[0]
        down, right = -(-self.shape[0] // h), -(-self.shape[1] // w)
        with _quiet():
            for i in np.unique(np.linspace(0, down - 1, min(down, 64)).astype(int)):
                for j in {0, right - 1}:
                    at, n = (
                        self.dataset.get_tag_item(f"BLOCK_{k}_{j}_{i}", "TIFF", bidx=1) for k in ("OFFSET", "SIZE")
                    )
                    if at is not None and n is not None and int(at) + int(n) > file_bytes:
                        raise InputError(
                            f"{self.name} is cut: line {i * h:,} would lie at byte {int(at):,}, it has {file_bytes:,}; "
                            "get the product again"
                        )


def sample(read: Callable[[int, int], Pixels], lines: int, *, seekable: bool = True) -> Pixels:
    """Rows from all over an image (from its beginning where it is costly to seek), to judge what it holds."""
    step = 4
    if lines <= LOOKS * step:
        return read(0, lines)
    if not seekable:
        return read(0, min(lines, 256))
    starts = np.linspace(0, lines - step, LOOKS).astype(int)
    return np.concatenate([read(int(s), int(s) + step) for s in starts], axis=-2)


def judged(values: Pixels, name: str, full: float | None) -> dict[str, Any]:
    """What a sample of an image says of it.

    Args:
        values: the sample, 0 where there is no data.
        name: of the file, for messages.
        full: the largest number that the pixels can hold, where they are integers.

    Returns:
        ``nodata_share``, and ``saturated_share`` where pixels have the largest number.

    Raises:
        InputError: there is no data at all, all pixels are equal, or over half are saturated.
    """
    data = values[(values != 0) & np.isfinite(values)]
    if data.size == 0:
        raise InputError(f"{name} has no data: all {values.size:,} pixels looked at are zero; is it the measurement?")
    if data.size > 1000 and data.min() == data.max():
        raise InputError(f"{name} has the same number, {data.flat[0]}, in all pixels looked at; it shows nothing")
    found: dict[str, Any] = {"nodata_share": round(1.0 - data.size / values.size, 4)}
    if full is not None:
        share = float((data >= full).mean())
        if share > 0.5:
            raise InputError(
                f"{name} is saturated: {share:.0%} of its pixels have the largest number, {full:,.0f}; "
                "was it stretched for display? Get the product with calibrated numbers"
            )
        if share > 0.001:
            found["saturated_share"] = round(share, 4)
    return found


def cleaned(raw: Pixels, nodata: float | None, offset: float = 0.0) -> Pixels:
    """Pixels with 0 where there is no data (not finite, or ``nodata``), ``offset`` added elsewhere."""
    floating = np.issubdtype(raw.dtype, np.floating)
    bad = ~np.isfinite(raw) if floating else np.zeros(0, np.bool_)
    if nodata is not None and nodata != 0.0 and np.isfinite(nodata):
        bad = (raw == nodata) | bad if floating else raw == nodata
    if offset:
        empty = raw == 0
        raw = raw.astype(np.float32) + np.float32(offset)
        raw[empty] = 0.0
    if bad.size and bad.any():
        raw = raw.copy()
        raw[bad] = 0
    return raw


def largest(raw: np.dtype[Any]) -> float | None:
    """The largest number of an integer type."""
    return float(np.iinfo(raw).max) if np.issubdtype(raw, np.integer) else None
