"""Radar images with known truth: OpenSARShip chips, a port seen by Sentinel-1 (labels by eye), simulated sea."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from makara.sensors.scene import Calibration, Georeference, Nodes, Scene, constant

PORT = "s1_grd_vv_port_la_20210105_30m_db100.tif"
SHIPS = (
    (169, 524), (195, 301), (205, 554), (209, 515), (225, 459), (226, 485), (228, 515), (229, 542), (240, 322),
    (236, 346), (279, 518), (289, 389), (315, 361), (310, 591), (319, 507), (323, 319), (341, 619), (344, 523),
    (346, 566), (355, 372), (369, 323), (376, 544), (375, 591), (376, 636), (388, 370), (406, 574), (418, 653),
    (417, 616), (417, 339), (420, 531), (447, 511), (460, 654), (479, 574), (509, 592), (514, 552), (531, 491),
    (281, 548), (388, 447),
)  # fmt: skip
"""Lines and pixels of what is a ship in the port's picture, by eye; the last one moves."""
UNSURE = ((266, 641), (405, 740), (183, 338), (167, 506), (255, 673), (224, 684), (227, 368))
"""What may be one: a platform, three bright spots side by side, a long ship or berth, a boat or buoy, another, two
spots behind a breakwater, a faint spot in the outer harbour."""
PLATFORM = (266, 641)
PORT_HEADING_DEG = 350.5
"""The platform's way in it, from its side lobes and ambiguities (an ascending pass)."""


@dataclass(frozen=True)
class Chip:
    """A chip of OpenSARShip: sigma nought (VV) at 10 m, and what is known of the ship (null: unknown)."""

    scene: str
    sigma: Any
    length_m: float | None
    width_m: float | None
    manual_m: float
    axis_deg: float


def chips(data: Path) -> Iterator[Chip]:
    """The GRD chips of the matched ships. Length: register, else AIS; axis: by hand, in the chip, clockwise from up."""
    from rasterio.io import MemoryFile

    folder = data / "satellite"
    matches = pl.read_csv(folder / "opensarship_matches_a.csv", infer_schema_length=None)
    for path in sorted((folder / "opensarship_chips").glob("*GRD*.zip")):
        with zipfile.ZipFile(path) as file:
            found = (re.search(r"Patch_Cal/.*_x(-?\d+)_y(-?\d+)\.tif", n) for n in file.namelist())
            names = {(int(m[1]), int(m[2])): m.string for m in found if m}
            for r in matches.filter(pl.col("scene") == path.stem).iter_rows(named=True):
                name = names.get((r["sar_Center_x"], r["sar_Center_y"]))
                if name is None:
                    continue
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    with MemoryFile(file.read(name)) as memory, memory.open() as image:
                        sigma = image.read(2).astype(np.float64)
                yield Chip(
                    path.stem,
                    sigma,
                    r["mt_Length_overall"] or r["ais_Length"] or None,
                    r["mt_Breadth_extreme"] or r["ais_Width"] or None,
                    float(r["sar_Manual_Length"]),
                    float(r["sar_Chip_Direction"]) % 180.0,
                )


def plain(sigma: Any, spacing_m: float = 10.0, resolution_m: float | None = 20.0) -> Scene:
    """An image of sigma nought as a scene, north up, near the equator."""
    n, m = sigma.shape
    step = spacing_m / 111_000.0
    y, x = np.array([0.0, float(n)]), np.array([0.0, float(m)])
    grid = Georeference(
        Nodes(y, x, np.array([[0.0, m * step]] * 2)), Nodes(y, x, np.array([[0.0] * 2, [-n * step] * 2]))
    )
    return Scene(
        "image", "sar", (n, m), (spacing_m, spacing_m), grid, lambda a, b: sigma[a:b],
        resolution_m=resolution_m, calibration=Calibration(1, constant(1.0)),
    )  # fmt: skip


def chip_cluster(sigma: Any) -> dict[str, float] | None:
    """The cluster nearest the middle of a chip (chips are too small for the detector's ring); None: nothing stands out.

    The chip's size tells the ship's, so nothing but the place of the middle is taken from it.
    """
    from scipy import ndimage

    smooth = ndimage.uniform_filter(sigma, 3, mode="nearest")
    sea = float(np.median(sigma)) / 0.926
    labels, n = ndimage.label(smooth > 3.0 * sea, np.ones((3, 3)))
    if n == 0:
        return None
    index = np.arange(1, n + 1)
    at = np.array(ndimage.center_of_mass(np.ones_like(sigma), labels, index))
    size = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    k = int(np.argmin(np.hypot(*(at - np.array(sigma.shape) // 2).T) - 0.6 * np.sqrt(size)))
    peak = ndimage.maximum_position(smooth, labels, k + 1)
    return {
        "line": at[k, 0], "pixel": at[k, 1], "peak_line": peak[0], "peak_pixel": peak[1], "pixels": int(size[k]),
        "background": sea,
    }  # fmt: skip


def port(data: Path, heading_deg: float | None = None) -> Scene:
    """The port as a scene; without a heading, as the file is."""
    import rasterio
    from rasterio.warp import transform

    with rasterio.open(data / "satellite" / PORT) as image:
        numbers, place, crs = image.read(1), image.transform, image.crs
    height, width = numbers.shape
    y, x = np.arange(0.0, height + 49.0, 50.0), np.arange(0.0, width + 49.0, 50.0)
    xx, yy = np.meshgrid(x + 0.5, y + 0.5)
    east, north = (place.c + place.a * xx).ravel(), (place.f + place.e * yy).ravel()
    lon, lat = (np.array(v).reshape(xx.shape) for v in transform(crs, "EPSG:4326", east, north))
    return Scene(
        "port", "sar", (height, width), (30.0, 30.0), Georeference(Nodes(y, x, lon), Nodes(y, x, lat)),
        lambda a, b: numbers[a:b], t_start=datetime(2021, 1, 5, 14, tzinfo=UTC), heading_deg=heading_deg,
        look="right", incidence_deg=constant(38.0), calibration=Calibration(1, constant(0.01), decibel=True),
    )  # fmt: skip


def speckle(n: int = 60, seed: int = 0) -> Iterator[tuple[Scene, dict[str, float]]]:
    """The brightest pixel of each of many simulated seas, at 10 and 30 m: what a false alarm of a spiky sea is like."""
    rng = np.random.default_rng(seed)
    for k in range(n):
        level, shape = 10.0 ** (rng.uniform(-24.0, -14.0) / 10.0), rng.uniform(1.5, 12.0)
        sigma = rng.gamma(4.4, 1 / 4.4, (420, 420)) * rng.gamma(shape, 1 / shape, (420, 420)) * level
        inner = sigma[90:-90, 90:-90]
        line, pixel = (int(v) + 90 for v in np.unravel_index(np.argmax(inner), inner.shape))
        yield plain(sigma, (10.0, 30.0)[k % 2]), {
            "line": line, "pixel": pixel, "peak_line": line, "peak_pixel": pixel, "pixels": int(rng.integers(1, 3)),
            "background": level,
        }  # fmt: skip
