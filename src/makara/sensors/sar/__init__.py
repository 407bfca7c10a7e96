"""Radar imagery: a scene to clusters of bright pixels, and what they are.

:func:`detect` is the whole of it: bring fine products to coarser pixels (``coarse``), calibrate and test each pixel of
the sea against its surroundings (``stream``, ``cfar``, ``threshold``), link what stands out (``clusters``), measure it.
What is land comes as a mask (``landmask``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

import polars as pl

from makara.base.errors import UsageError
from makara.sensors.sar import gaussian
from makara.sensors.sar.clusters import clusters
from makara.sensors.sar.coarse import coarse, coarse_water, factor, fine
from makara.sensors.sar.landmask import Water
from makara.sensors.sar.stream import Progress, hits
from makara.sensors.sar.threshold import thresholds
from makara.sensors.scene import Scene

PFA: Final = 1e-7
"""False alarms a pixel of sea that are aimed at."""
LEAST: Final = 2
"""Pixels of a cluster where the resolution spans more than a pixel: what shines in a single one is speckle."""


class Measured(Protocol):
    """What measuring a frame of clusters gives."""

    @property
    def detections(self) -> pl.DataFrame:
        """One row a cluster."""

    @property
    def chips(self) -> Mapping[str, bytes]:
        """Pictures by their hash."""


Measure = Callable[[pl.DataFrame, Scene], Measured]
"""Clusters and their scene to detections."""


@dataclass(frozen=True)
class Found:
    """What was found in a scene.

    Attributes:
        detections: the columns of table detections that pixels can tell, with ``line, pixel, pixels``; a row a cluster.
        clusters: the clusters as linked, a row each in the same order (:func:`makara.sensors.sar.clusters.clusters`).
        chips: bytes of pictures by their hash.
        sea_pixels: pixels that were looked at (of the coarser ones, where those were searched).
        land: what the mask of land was made of; None: there was none.
    """

    detections: pl.DataFrame
    clusters: pl.DataFrame
    chips: Mapping[str, bytes] = field(default_factory=dict)
    sea_pixels: int = 0
    land: str | None = None


def detect(
    scene: Scene,
    *,
    sea: Water | None = None,
    pfa: float = PFA,
    method: Literal["k", "gaussian"] = "k",
    threads: int = 2,
    progress: Progress | None = None,
    measure: Measure | None = None,
) -> Found:
    """Find what stands out of the sea in a radar scene.

    Products finer than 5 m are searched on pixels of about ten metres. Clusters of a single pixel are left out where
    the product's resolution spans several.

    Args:
        scene: a radar scene with its calibration.
        sea: where to look (:func:`makara.sensors.sar.landmask.water`); None: everywhere.
        pfa: false alarms aimed at, a pixel of sea.
        method: ``k``: K-distributed clutter; ``gaussian``: mean and standard deviation, to compare with.
        threads: how many work at once; the result is the same for any.
        progress: told how many lines are done, of how many.
        measure: what makes detections of clusters; None: place, axis and signal to clutter alone.

    Raises:
        InputError: the scene is not calibrated, or so much stands out of it that it cannot be sea.
        UsageError: the rate is no probability, or the scene is no radar scene.
    """
    if scene.sensor != "sar":
        raise UsageError(f"{scene.product} is a scene of kind {scene.sensor}; the radar detector takes sar")
    if not 1e-12 <= pfa <= 1e-2:
        raise UsageError(f"pfa is {pfa}: it lies between 1e-12 and 0.01; 1e-7 suits whole scenes")
    k = factor(scene)
    seen = coarse(scene, k) if k > 1 else scene
    usable = None if sea is None else coarse_water(sea.usable, seen.shape, k) if k > 1 else sea.usable
    looks = seen.calibration.looks if seen.calibration else 1.0
    noisy = seen.calibration is not None and seen.calibration.noise is not None
    table = thresholds(pfa, looks, noise=noisy) if method == "k" else gaussian.thresholds(pfa)
    bright = hits(seen, table, usable, threads=threads, progress=progress)
    sharp = scene.resolution_m is not None and scene.resolution_m <= max(scene.spacing_m)
    linked = clusters(bright, seen.spacing_m, least=1 if sharp or k > 1 else LEAST)
    if k > 1:
        linked = fine(linked, k)
    told = None if sea is None else sea.source
    if measure is None:
        return Found(outlined(linked, scene), linked, {}, bright.sea_pixels, told)
    measured = measure(linked, scene)
    return Found(measured.detections, linked, measured.chips, bright.sea_pixels, told)


def outlined(found: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    """Clusters as detections by what is plain: where, when, which way the pixels lie, how bright."""
    line, pixel = found["line"].to_numpy(), found["pixel"].to_numpy()
    lon, lat = scene.georeference.place(line, pixel)
    down, right = (found[k].to_numpy() / s for k, s in zip(("down", "right"), scene.spacing_m, strict=True))
    return found.select("line", "pixel", "pixels", pl.col("scr_db").cast(pl.Float32)).with_columns(
        sensor=pl.lit("sar"),
        t_seen=pl.Series(scene.seen(line), dtype=pl.Datetime("us", "UTC")),
        lon_deg=pl.Series(lon, dtype=pl.Float64),
        lat_deg=pl.Series(lat, dtype=pl.Float64),
        axis_deg=pl.Series(scene.georeference.bearing_deg(line, pixel, down, right) % 180.0, dtype=pl.Float32),
    )


__all__ = ["PFA", "Found", "Measured", "Water", "detect", "outlined"]
