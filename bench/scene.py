"""A whole radar scene to detections: the command as a user types it, the detector alone, bare box filters of peers."""

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
    "A simulated scene of the size of Sentinel-1's, as SAFE with 16-bit amplitudes in strips. `sensors.sar.detect` "
    "opens it, calibrates, masks the land with GSHHG's coastline, tests, links, and writes a table, with two threads. "
    "`makara detect` is the command: that, and length, width, axis, wakes, ambiguities, P(vessel) and a chip of each "
    "cluster, chips and table written; `--plot`: and the picture. The peers do a part of the first: mean and deviation "
    "of the same ring from four box filters over the same pixels (mapped, float32), and a threshold; no calibration, "
    "no mask, no clusters."
)
PYTHON = ".venv-peers/bin/python"
RUNS = 2
CLASSES = ((14.0, 99.0), (12.0, 14.0), (10.0, 12.0), (8.0, 10.0))
_LARGE_M = 600.0
"""Around a large ship its side lobes and the pieces of its wake."""


def prepare(directory: Path) -> dict[str, Any]:
    """The scene and its ships."""
    return _radar_scene.make(directory)


def ours(directory: Path) -> dict[str, Any]:
    """sensors.sar.detect with the coast, nothing measured, to Parquet."""
    from makara.sensors import sar
    from makara.session import resources
    from makara.sources.scenes import open_scene

    with open_scene(_radar_scene.product(directory)) as scene:
        found = sar.detect(scene, sea=resources.sea(scene), threads=2)
    found.detections.write_parquet(directory / "alone.parquet")
    return _made()


def command(directory: Path) -> dict[str, Any]:
    """Makara detect, with its chips."""
    return _command(directory, "found", "--chips", str(directory / "chips"))


def plotted(directory: Path) -> dict[str, Any]:
    """Makara detect, with its chips and its picture."""
    return _command(directory, "plotted", "--chips", str(directory / "chips"), "--plot", str(directory / "plot.png"))


def _command(directory: Path, name: str, *options: str) -> dict[str, Any]:
    began = time.perf_counter()
    from makara.cli.detect import detect

    scene = str(_radar_scene.product(directory))
    detect.main([scene, "--out", str(directory / f"{name}.parquet"), *options], standalone_mode=False)
    (directory / f"{name}.json").write_text(json.dumps(time.perf_counter() - began))
    return _made()


def _made() -> dict[str, Any]:
    return {"made": _radar_scene.SHAPE[0] * _radar_scene.SHAPE[1] // 1_000_000, "what": "Mpx"}


def remarks(directory: Path) -> str:
    """Which of the planted ships were found, how many of them are likely vessels, and what else was found."""
    ships, found = pl.read_parquet(directory / "ships.parquet"), pl.read_parquet(directory / "found.parquet")
    line, pixel = _radar_scene.VIEW.pixel_of(found["lon_deg"].to_numpy(), found["lat_deg"].to_numpy())
    likely = found["p_vessel"].to_numpy() >= 0.5

    def off(rows: pl.DataFrame, y: str = "line") -> Any:
        at = rows.select(y, "pixel").to_numpy()
        return np.hypot(at[:, None, 0] - line, at[:, None, 1] - pixel)

    away = off(ships)
    reach = ships["length_m"].to_numpy()[:, None] / _radar_scene.SPACING_M / 2 + 4.0
    hit, sure = (away <= reach).any(1), ((away <= reach) & likely).any(1)
    ghosts = [off(ships.filter(pl.col(g).is_not_null()), g) for g in ("ghost_1", "ghost_2")]
    ours = (away <= reach + 10.0).any(0)
    ghost = np.any([(g <= 25.0).any(0) for g in ghosts], axis=0) & ~ours
    large = ships["peak_db"].is_null().to_numpy()
    lobe = (away[large] <= _LARGE_M / _radar_scene.SPACING_M).any(0) & ~ours & ~ghost
    rest = ~ours & ~ghost & ~lobe
    peak, rows = ships["peak_db"].to_numpy(), []
    classes = [
        (f"{low:.0f} dB up" if high > 90 else f"{low:.0f} to {high:.0f} dB", (peak >= low) & (peak < high))
        for low, high in CLASSES
    ]
    for name, here in [*classes, ("anchorage", ships["anchored"].to_numpy()), ("large, with side lobes", large)]:
        rows.append(f"| {name} | {here.sum()} | {hit[here].mean():.3f} | {sure[here].mean():.3f} |")
    walls = [json.loads((directory / f"{name}.json").read_text()) for name in ("found", "plotted")]
    named = found.filter(pl.Series(ghost))["structure"].cast(pl.String).eq("ambiguity").sum()
    return (
        "| peak signal to clutter | ships | found | and P(vessel) 0.5 up |\n| --- | ---: | ---: | ---: |\n"
        + "\n".join(rows)
        + "\n\nThe peak is that of the hull before speckle, over the mean of sea and noise. "
        f"False clusters: {rest.sum()}, of them {(rest & likely).sum()} with P(vessel) 0.5 up; beside large ships: "
        f"{lobe.sum()} and {(lobe & likely).sum()}; azimuth ambiguities: {ghost.sum()}, of them {named} named so, "
        f"{(ghost & likely).sum()} with P(vessel) 0.5 up. "
        f"Wall time of the command with two threads: {walls[0]:.0f} s, with the picture {walls[1]:.0f} s."
    )


SUBJECTS = {
    "sensors.sar.detect": ours,
    "makara detect --out --chips": command,
    "makara detect --out --chips --plot": plotted,
    "OpenCV": (PYTHON, "-m", "bench._boxes", "opencv", "{directory}"),
    "SciPy": (PYTHON, "-m", "bench._boxes", "scipy", "{directory}"),
}
