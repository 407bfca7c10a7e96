"""A whole radar scene to detections: ours against bare box filters of OpenCV and SciPy."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from bench import _radar_scene

TITLE = "Radar: a whole scene to detections"
NOTE = (
    "A simulated scene of the size of Sentinel-1's, 16-bit amplitudes in strips as it comes. Ours reads it, "
    "calibrates, masks the land with GSHHG's coastline, tests, links, and writes a table, with two threads. "
    "The peers do a part of that: mean and deviation of the same ring from four box filters over the same pixels "
    "(mapped, float32), and a threshold; no calibration, no mask, no clusters."
)
PYTHON = ".venv-peers/bin/python"
RUNS = 2
CLASSES = ((14.0, 99.0), (12.0, 14.0), (10.0, 12.0), (8.0, 10.0))


def prepare(directory: Path) -> dict[str, Any]:
    """The scene and its ships."""
    return _radar_scene.make(directory)


def ours(directory: Path) -> dict[str, Any]:
    """sensors.sar.detect with the coast, to Parquet."""
    began = time.perf_counter()
    import rasterio

    from makara.sensors import sar
    from makara.session import resources

    with rasterio.Env(GDAL_CACHEMAX=64 * 1024**2), rasterio.open(directory / "scene.tif") as file:
        scene = _radar_scene.scene(lambda a, b: file.read(1, window=((a, b), (0, file.width))))
        found = sar.detect(scene, sea=resources.sea(scene), threads=2)
    found.detections.write_parquet(directory / "found.parquet")
    (directory / "wall.json").write_text(json.dumps(time.perf_counter() - began))
    return {"made": scene.shape[0] * scene.shape[1] // 1_000_000, "what": "Mpx"}


def remarks(directory: Path) -> str:
    """Which of the planted ships were found, and what else was."""
    ships, found = pl.read_parquet(directory / "ships.parquet"), pl.read_parquet(directory / "found.parquet")
    at, seen = ships.select("line", "pixel").to_numpy(), found.select("line", "pixel").to_numpy()
    reach = ships["length_m"].to_numpy() / _radar_scene.SPACING_M / 2 + 4.0
    off = np.hypot(at[:, None, 0] - seen[None, :, 0], at[:, None, 1] - seen[None, :, 1])
    hit = (off <= reach[:, None]).any(1)
    false = int((~(off <= reach[:, None] + 10.0).any(0)).sum())
    peak, anchored = ships["peak_db"].to_numpy(), ships["anchored"].to_numpy()
    rows = []
    for low, high in CLASSES:
        here = (peak >= low) & (peak < high)
        name = f"{low:.0f} dB up" if high > 90 else f"{low:.0f} to {high:.0f} dB"
        rows.append(f"| {name} | {here.sum()} | {hit[here].mean():.3f} |")
    rows.append(f"| anchorage | {anchored.sum()} | {hit[anchored].mean():.3f} |")
    wall = json.loads((directory / "wall.json").read_text())
    return (
        "| peak signal to clutter | ships | found |\n| --- | ---: | ---: |\n" + "\n".join(rows) + "\n\n"
        f"The peak is that of the hull before speckle, over the mean of sea and noise. False clusters: {false}. "
        f"Wall time of ours with two threads, imports aside: {wall:.0f} s."
    )


SUBJECTS = {
    "sensors.sar.detect": ours,
    "OpenCV": (PYTHON, "-m", "bench._boxes", "opencv", "{directory}"),
    "SciPy": (PYTHON, "-m", "bench._boxes", "scipy", "{directory}"),
}
