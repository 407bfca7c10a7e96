"""Images of the sea, from whatever provider: which reader a product is for. No source itself; readers are."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from makara.base.errors import InputError
from makara.sensors.scene import Scene
from makara.sources import _scene, radar_tif
from makara.sources._safe import Product

READERS: Final = ("sentinel1", "sentinel2", "iceye", "capella", "umbra", "planet", "maxar", "radar_tif")
"""Sources of images, those that know a product best first; each has ``recognises_scene`` and ``open_scene``."""
RADARS: Final = ("iceye", "capella", "umbra")
"""Those of radar providers, whose numbers take a factor of theirs."""


def reader(name: str) -> _scene.SceneReader:
    """A source of images by name."""
    return cast(_scene.SceneReader, import_module(f"makara.sources.{name}"))


def recognised(product: Product, told: _scene.Told) -> str | None:
    """The name of the source that a product is for; None where there is none.

    An image of a radar provider whose units are told (it was calibrated since) is a plain one.
    """
    name = next((n for n in READERS if reader(n).recognises_scene(product)), None)
    return "radar_tif" if name in RADARS and radar_tif.calibrated(product, told) else name


def open_scene(
    path: str | Path,
    *,
    provider: str | None = None,
    units: str | None = None,
    time: str | datetime | None = None,
    licence: str | None = None,
    polarisation: str | None = None,
    now: datetime | None = None,
) -> Scene:
    """Open an image of the sea: a directory, a file, a zip or a tar.

    Args:
        path: the product.
        provider: who provided it, where it does not say.
        units: what the numbers of a plain GeoTIFF are: ``dB``, ``dBx100``, ``power`` or ``amplitude``.
        time: when it was taken, where it does not say: ISO 8601, or begin and end parted by ``/``.
        licence: licence of the product.
        polarisation: which to take of several; default ``vv``, else ``hh``, else the first.
        now: the clock: a product from the future is refused. Without it, it is not.

    Returns:
        The scene; a context manager, or call its ``close``.

    Raises:
        InputError: it cannot be read, is not whole, is hostile, or is no image that any source reads.
        UsageError: an argument does not fit.
    """
    told = _scene.Told(provider, units, _scene.span(time), licence, polarisation)
    product = Product(Path(path))
    try:
        name = recognised(product, told)
        if name is None:
            raise InputError(
                f"{path} is no image that is read here; those read are: {', '.join(READERS)} "
                "(a directory, a zip or a tar of a whole product, or its GeoTIFF with the metadata beside it)"
            )
        scene = reader(name).open_scene(product, told)
    except BaseException:
        product.close()
        raise
    try:
        _scene.not_ahead(scene, now)
    except InputError:
        scene.close()
        raise
    return scene
