"""What ships with the package or beside it and is loaded here, to be passed to the kernels: land, shore, coast."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from makara.data import read
from makara.zones import Coast, Depth, Land, Shore, coast_from, depth_from, land_from, shore_from

if TYPE_CHECKING:
    from makara.sensors.sar import Water
    from makara.sensors.sar.coastline import Coastline
    from makara.sensors.scene import Scene

_FORM: Final = 1
"""Of the kept coastline; another one is made anew."""
_PARTS: Final = ("xy", "start", "box")


@cache
def land() -> Land:
    """Land or sea, on a grid of 30 arc seconds."""
    return land_from(read("land_30s.zip"))


@cache
def shore() -> Shore:
    """Distance to shore on a 0.1 degree grid, with the land mask."""
    return shore_from(read("shore_0p1deg.npz"), land())


@cache
def depth() -> Depth:
    """Depth of the sea on a grid of 5 arc minutes."""
    return depth_from(read("depth_5min.npz"))


@cache
def coast() -> Coast:
    """The coast, for pictures."""
    return coast_from(read("coast.zip"))


def sea(scene: Scene, *, margin_m: float | None = None) -> Water:
    """Where a scene shows sea: by GSHHG's coastline where the extra ``coast`` is installed, else by the land grid.

    The answer's ``source`` says which. The grid knows neither breakwaters nor small islands.

    Args:
        scene: the scene.
        margin_m: from the shore, metres; None: 200, and 500 with the grid, whose cells are 900 m.
    """
    from makara.sensors.sar import landmask

    polygons = coastline()
    if polygons is not None:
        return landmask.water(scene, polygons, margin_m=landmask.MARGIN_M if margin_m is None else margin_m)
    return landmask.water(
        scene,
        land(),
        margin_m=landmask.GRID_MARGIN_M if margin_m is None else margin_m,
        source="the land grid of 30 arc seconds (pip install 'makara[coast]' for the coastline of GSHHG)",
    )


@cache
def coastline() -> Coastline | None:
    """GSHHG's coastline as small polygons, from the package ``roaring-landmask``; None where it is not installed.

    The first call cuts it up (10 CPU seconds, 1.5 GB) and keeps it in the user's cache, 85 MB; the next ones map it.
    """
    from makara.sensors.sar.coastline import Coastline

    if util.find_spec("roaring_landmask") is None:
        return None
    version = metadata.version("roaring-landmask")
    source = f"the coastline of GSHHG (roaring-landmask {version})"
    kept = _cache_dir() / f"coastline-{_FORM}-{version}"
    if not kept.is_dir():
        made = _cut(source)
        try:
            _keep(made, kept)
        except OSError:
            # No room or no right to keep it: it serves this process all the same.
            return made
    xy, start, box = (np.load(kept / f"{part}.npy", mmap_mode="r") for part in _PARTS)
    return Coastline(xy, start, np.array(box), source)


def _cut(source: str) -> Coastline:
    import roaring_landmask

    from makara.sensors.sar.coastline import coastline as cut

    return cut(bytes(roaring_landmask.Shapes.wkb(roaring_landmask.LandmaskProvider.Gshhg)), source)


def _keep(made: Coastline, kept: Path) -> None:
    """Write all parts, then give them their name at once: another process sees all or nothing."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".coastline-", dir=kept.parent))
    try:
        for part in _PARTS:
            np.save(new / f"{part}.npy", getattr(made, part))
        new.rename(kept)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        if not kept.is_dir():
            raise


def _cache_dir() -> Path:
    """Where things that can be made again are kept: ``XDG_CACHE_HOME``, else ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "makara"
