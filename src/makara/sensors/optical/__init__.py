"""Optical imagery: ships on water by day (``targets``, ``judge``), lit vessels at night (``lights``)."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from makara.base.errors import UsageError
from makara.sensors.optical import judge, lights, targets
from makara.sensors.optical.chips import with_chips
from makara.sensors.optical.targets import Progress
from makara.sensors.sar import Found
from makara.sensors.sar.cfar import CELL
from makara.sensors.sar.landmask import Water
from makara.sensors.scene import Scene

NIGHT_ROWS: Final = 1024
NIGHT_ELLIPSE_M: Final = 0.82
"""Half the axis of the 95 % error ellipse of a light, in pixels of the day/night band: it lies anywhere in its pixel,
and the band's georeference is good to some 130 m."""


def detect(scene: Scene, *, sea: Water | None = None, progress: Progress | None = None) -> Found:
    """Find ships in an optical scene, or lights in one of the day/night band.

    Args:
        scene: of kind ``optical`` (bands green, red and nir, with their reflectance), or of kind ``viirs`` (radiance,
            nW/(cm2 sr), by its first scale and offset, if there is one).
        sea: where to look (:func:`makara.sensors.sar.landmask.water`); None: everywhere, and by day wherever the water
            index says water.
        progress: told how many lines are done, of how many.

    Returns:
        Detections with the columns of table detections that pixels can tell, and ``line, pixel, pixels``; and chips.

    Raises:
        InputError: a band is missing, or so much stands out of the scene that it cannot be sea.
        UsageError: the scene is of another kind.
    """
    told = None if sea is None else sea.source
    if scene.sensor == "viirs":
        return _night(scene, sea, progress, told)
    if scene.sensor != "optical":
        raise UsageError(
            f"{scene.product} is a scene of kind {scene.sensor}; the optical detector takes optical, viirs"
        )
    hits = targets.hits(scene, sea, progress)
    found = judge.clusters(hits, scene)
    rows, pictures = with_chips(judge.detections(found, scene), scene)
    return Found(rows, found, pictures, hits.sea_pixels, told)


def _night(scene: Scene, sea: Water | None, progress: Progress | None, land: str | None) -> Found:
    """Lights, a strip of lines at a time with what surrounds it."""
    height = scene.shape[0]
    scale, offset = scene.reflectance[0] if scene.reflectance else (1.0, 0.0)
    parts = []
    looked = 0
    for first in range(0, height, NIGHT_ROWS):
        last = min(first + NIGHT_ROWS, height)
        y0, y1 = max(0, first - lights.REACH - 1), min(height, last + lights.REACH + 1)
        raw = np.asarray(scene.read(y0, y1), np.float64).reshape(y1 - y0, scene.shape[1])
        got = lights.spikes(np.where(raw != 0, raw * scale + offset, np.nan))
        got = got.with_columns(pl.col("line") + y0).filter(pl.col("line").is_between(first, last - 1))
        inside = raw[first - y0 : last - y0, :] != 0
        if sea is not None:
            wet = sea.usable[np.ix_(np.arange(first, last) // CELL, np.arange(raw.shape[1]) // CELL)] != 0
            inside = inside & wet
            got = got.filter(
                pl.Series(wet[got["line"].to_numpy() - first, got["pixel"].to_numpy()], dtype=pl.Boolean())
            )
        looked += int(inside.sum())
        parts.append(got)
        if progress is not None:
            progress(last, height)
    found = pl.concat(parts)
    line, pixel = (found[k].cast(pl.Float64()).to_numpy() for k in ("line", "pixel"))
    lon, lat = scene.georeference.place(line, pixel)
    size = NIGHT_ELLIPSE_M * float(np.max(scene.spacing_m))
    made = found.select(
        pl.col("line", "pixel").cast(pl.Float64()),
        pl.lit(1, pl.Int64()).alias("pixels"),
        pl.lit("viirs").alias("sensor"),
        pl.Series("t_seen", scene.seen(line), dtype=pl.Datetime("us", "UTC")),
        pl.Series("lon_deg", lon, dtype=pl.Float64()),
        pl.Series("lat_deg", lat, dtype=pl.Float64()),
        pl.lit(size, pl.Float32()).alias("semi_major_m"),
        pl.lit(size, pl.Float32()).alias("semi_minor_m"),
        pl.col("p_vessel").cast(pl.Float32()),
        (10.0 * pl.col("snr").log10()).cast(pl.Float32()).alias("scr_db"),
        pl.col("radiance_nw").cast(pl.Float32()),
        pl.lit([], pl.List(pl.String())).alias("flags"),
    )
    rows, pictures = with_chips(made, scene)
    return Found(rows, found, pictures, looked, land)


__all__ = ["detect"]
