"""A simulated sea written to disk, and the radar scenes that go with it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from makara.base.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from makara.exercise.radar import Rendered
    from makara.exercise.scenes import Shot


def exercise(
    seed: int, out: str | Path, *, hours: float = 24.0, vessels: int = 300, quiet: bool = False, scenes: int = 0,
    progress: Callable[[int], None] | None = None,
) -> int:  # fmt: skip
    """Write a simulated sea as a case directory; answers the number of bytes.

    Args:
        seed: same seed, same bytes.
        out: directory to write; refused when it holds anything but a case.
        hours: length.
        vessels: how many.
        quiet: no incident, look-alikes only.
        scenes: how many planned radar looks to render as products in ``out/scenes``; what they found is not told.
        progress: told how many scenes are rendered.

    Raises:
        InputError: the directory holds something else, or cannot be written.
        UsageError: a number is out of its range.
    """
    from makara.exercise import simulate
    from makara.session.resources import land
    from makara.sources.case import SCENES, write

    old = _ours(Path(out) / SCENES)
    case = simulate(seed, hours=hours, vessels=vessels, quiet=quiet, land=land(), scenes=scenes)
    write(case.files, Path(out))
    for product in old:
        shutil.rmtree(product)
    total = sum(len(b) for b in case.files.values())
    for k, shot in enumerate(case.scenes):
        total += write_scene(shot, shot.rendered(land()), Path(out) / SCENES)
        if progress:
            progress(k + 1)
    return total


def _ours(directory: Path) -> list[Path]:
    """The rendered products of an older case, which a new one replaces.

    Raises:
        InputError: something else is there.
    """
    from makara.exercise.radar.product import MISSION

    found = sorted(directory.iterdir()) if directory.is_dir() else []
    strange = [p for p in found if not p.name.lstrip(".").startswith(f"{MISSION}_")]
    if strange:
        raise InputError(f"{strange[0]} was not rendered here; choose an empty directory")
    return found


def write_scene(shot: Shot, rendered: Rendered, directory: Path) -> int:
    """Write a scene's product into a directory, whole or not at all; answers the number of bytes."""
    from makara.exercise.radar.product import manifest, names

    files = shot.metadata()
    files[names(shot.view, shot.number)["measurement"]] = _tiff(rendered)
    files["manifest.safe"] = manifest(shot.view, files)
    part = directory / f".{shot.directory}.part"
    shutil.rmtree(part, ignore_errors=True)
    for name, content in files.items():
        path = part / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    part.replace(directory / shot.directory)
    return sum(len(b) for b in files.values())


def _tiff(rendered: Rendered) -> bytes:
    """The pixels as a GeoTIFF with ground control points, as the real product has them."""
    import rasterio
    from rasterio.control import GroundControlPoint

    from makara.exercise.radar.product import ground_points

    points = zip(*(v.ravel().tolist() for v in ground_points(rendered.view)), strict=True)
    gcps = [GroundControlPoint(row=y, col=x, x=lon, y=lat, z=0.0) for y, x, lon, lat in points]
    rows, columns = rendered.dn.shape
    with rasterio.MemoryFile() as memory:
        with memory.open(driver="GTiff", height=rows, width=columns, count=1, dtype="uint16", gcps=gcps,
                         crs="EPSG:4326") as f:  # fmt: skip
            f.write(rendered.dn, 1)
        return bytes(memory.read())
