"""What the readers of images share: what the caller tells them, how pixels, time and place become a scene."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from makara.base import time as times
from makara.base.errors import InputError, UsageError
from makara.sensors.scene import Georeference, Pixels, Scene
from makara.sources import _raster
from makara.sources._safe import Product
from makara.sources._source import AHEAD, Batch, Option

RASTERS: Final = (".tif", ".tiff")
PROVIDER: Final = Option("provider", "who provided the scene, where it does not say")
LICENCE: Final = Option("licence", "licence of the product, as the provider names it")
TIME: Final = Option("time", "when it was taken, as 2026-01-31T14:00:00Z, or begin/end; default: as it says")
POLARISATION: Final = Option("polarisation", "which to take of several, as vv; default: vv, else hh, else the first")


@dataclass(frozen=True)
class Told:
    """What the caller says of an image, over what the image says.

    Attributes:
        provider: who provided it.
        units: of a plain GeoTIFF: ``dB``, ``dBx100``, ``power`` or ``amplitude``.
        time: when it was taken: an instant, or its begin and end.
        licence: as the provider names it.
        polarisation: which to take of several, as ``vv``.
    """

    provider: str | None = None
    units: str | None = None
    time: tuple[datetime, datetime] | None = None
    licence: str | None = None
    polarisation: str | None = None


class SceneReader(Protocol):
    """The module of a source of images."""

    def recognises_scene(self, product: Product) -> bool:
        """Whether it is one of its own; must not fail on what is not."""
        ...

    def open_scene(self, product: Product, told: Told) -> Scene:
        """Open it; ``close`` of the scene closes the product.

        Raises:
            InputError: it cannot be read, or is not whole.
            UsageError: what the caller says does not fit.
        """
        ...


def span(value: str | datetime | None) -> tuple[datetime, datetime] | None:
    """A time given by the caller: an instant, or begin and end parted by ``/``.

    Raises:
        UsageError: it is no time, or ends before it begins.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise UsageError(f"{value} names no time zone; use an aware datetime")
        return value, value
    first, _, last = value.partition("/")
    t = times.parse(first), times.parse(last or first)
    if t[1] < t[0]:
        raise UsageError(f"{value!r} ends before it begins")
    return t


def rasters(product: Product) -> list[str]:
    """The GeoTIFFs of a product; of a single file that file alone."""
    if product.kind == "file":
        name = product.path.name
        return [name] if name.lower().endswith(RASTERS) or _is_tiff(product, name) else []
    return sorted(n for n in product.files if n.lower().endswith(RASTERS))


def _is_tiff(product: Product, name: str) -> bool:
    with (product.path.parent / name).open("rb") as f:
        return f.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def label(product: Product, name: str) -> str:
    """How messages call a file of a product."""
    return str(product.path) if product.kind == "file" and name == product.path.name else f"{product.path}: {name}"


def opened(product: Product, name: str) -> _raster.Raster:
    """A GeoTIFF of a product.

    Raises:
        InputError: it cannot be read.
    """
    return _raster.Raster(
        product.raster(name), label(product, name), file_bytes=product.files[name] or None, driver="GTiff"
    )


def tags(product: Product, name: str) -> Mapping[str, str]:
    """Tags of a GeoTIFF, those of its first band over those of the file, names in capitals; none if it is no TIFF.

    The unit that GDAL knows of the first band is tag ``UNITS``, where there is no such tag.
    """
    key = f"tags of {name}"
    if key not in product.notes:
        try:
            raster = opened(product, name)
        except InputError:
            product.notes[key] = {}
        else:
            raster.close()
            unit = {"UNITS": raster.units[0]} if raster.units[0] else {}
            product.notes[key] = unit | {k.upper(): v for k, v in raster.tags.items()}
    found: Mapping[str, str] = product.notes[key]
    return found


def reader(raster: _raster.Raster, band: int = 1, *, nodata: float | None = None, offset: float = 0.0) -> Any:
    """``read(first, last)`` of a scene: rows of one band, 0 where there is no data."""

    def read(first: int, last: int) -> Pixels:
        return _raster.cleaned(raster.rows(first, last, band), nodata, offset)

    return read


def judged(product: Product, raster: _raster.Raster, read: Any, band: int = 1) -> tuple[dict[str, Any], Pixels]:
    """What a sample of the pixels says (see :func:`makara.sources._raster.judged`), and the sample."""
    values = _raster.sample(read, raster.shape[0], seekable=product.seekable)
    full = _raster.largest(np.dtype(raster.dataset.dtypes[band - 1]))
    return _raster.judged(values, raster.name, full), values


def closer(product: Product, raster: _raster.Raster) -> Callable[[], None]:
    """``close`` of a scene."""

    def close() -> None:
        raster.close()
        product.close()

    return close


def scale_of(product: Product, name: str) -> float:
    """The scale of the first band of a GeoTIFF, 1 where it has none."""
    raster = opened(product, name)
    scale = float(raster.dataset.scales[0])
    raster.close()
    return scale if np.isfinite(scale) and scale > 0 else 1.0


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """What ``read`` of every source of images says: it takes a coastline to make rows of pixels.

    Raises:
        UsageError: always; the session opens images with ``open_scene`` and searches them.
    """
    raise UsageError(f"{uri} is an image: it is searched, not read; use makara detect, or makara.detect")


def not_ahead(scene: Scene, now: datetime | None) -> None:
    """Refuse a scene from the future.

    Raises:
        InputError: it was taken after ``now`` by more than a wrong clock's few minutes.
    """
    last = scene.t_end or scene.t_start
    if now is not None and last is not None and last > now + AHEAD:
        raise InputError(
            f"{scene.uri or scene.product} was taken at {times.text(last)}, after now, {times.text(now)}; "
            "its time or this machine's clock is wrong"
        )
    if scene.t_start is not None and scene.t_end is not None and scene.t_end < scene.t_start - timedelta(seconds=1):
        raise InputError(f"{scene.uri or scene.product} ends before it begins; its metadata are damaged")


def footprint(found: Georeference, shape: tuple[int, int], n: int = 8) -> list[tuple[float, float]]:
    """The outline of an image, a closed ring of longitude (continuous across 180) and latitude, ``n`` points a side."""
    bottom, right = shape[0] - 0.5, shape[1] - 0.5
    t = np.linspace(0.0, 1.0, n, endpoint=False)
    one, nil = np.ones(n), np.zeros(n)
    y = np.concatenate([nil, t, one, 1 - t]) * (bottom + 0.5) - 0.5
    x = np.concatenate([t, one, 1 - t, nil]) * (right + 0.5) - 0.5
    ring = list(zip(found.lon.at(y, x).tolist(), found.lat.at(y, x).tolist(), strict=True))
    return [*ring, ring[0]]
