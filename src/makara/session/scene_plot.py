"""A quick look at a satellite scene, with what was found in it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.extras import need
from makara.sensors.scene import Scene
from makara.session._map import EXTRA, INK, degrees

SIDE: Final = 1400
"""Most pixels of the picture's longer side."""
_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300)
_MARKS: Final = {"platform": "s", "ambiguity": "d", "border": "|", "land": "x"}
_BLUE: Final = "#58c4dd"
Floats = NDArray[np.float64]


def plot_scene(scene: Scene, detections: pl.DataFrame, *, title: str | None = None, ax: Any = None) -> Any:
    """Draw a scene in its own lines and pixels: vessels as rings by P(vessel), structures labelled, a graticule.

    Args:
        scene: the opened scene.
        detections: with ``line, pixel, p_vessel, structure`` (:class:`makara.session.detect.Searched`).
        title: else product, time and counts.
        ax: matplotlib axes; None: new ones.

    Returns:
        The axes.

    Raises:
        UsageError: matplotlib is not installed.
    """
    plt = need("matplotlib.pyplot", EXTRA)
    picture, step = _picture(scene)
    if ax is None:
        tall = picture.shape[0] / picture.shape[1] * scene.spacing_m[0] / scene.spacing_m[1]
        _, ax = plt.subplots(figsize=(10.0, min(max(10.0 * tall, 4.0), 12.0)), layout="constrained")
    lines, pixels = scene.shape
    shown = ax.imshow(
        picture, cmap="gray", extent=(-0.5, pixels - 0.5, lines - 0.5, -0.5), interpolation="nearest", zorder=1,
        vmin=float(np.nanpercentile(picture, 2.0)) if np.isfinite(picture).any() else 0.0,
        vmax=float(np.nanpercentile(picture, 99.7)) if np.isfinite(picture).any() else 1.0,
    )  # fmt: skip
    shown.set_gid("scene")
    ax.set_aspect(scene.spacing_m[0] / scene.spacing_m[1])
    ax.set(xlim=(-0.5, pixels - 0.5), ylim=(lines - 0.5, -0.5))
    _graticule(ax, scene)
    kind = detections["structure"].cast(pl.String)
    vessels = detections.filter(kind.is_null())
    drawn = ax.scatter(
        vessels["pixel"], vessels["line"], s=70, c=vessels["p_vessel"].fill_null(0.0).to_numpy(), cmap="plasma",
        vmin=0.0, vmax=1.0, marker="o", linewidths=1.3, zorder=5, label="by P(vessel)",
    )  # fmt: skip
    drawn.set_gid("vessels")
    drawn.set_facecolor("none")
    drawn.set_edgecolor(drawn.to_rgba(vessels["p_vessel"].fill_null(0.0).to_numpy()))
    ax.figure.colorbar(drawn, ax=ax, shrink=0.6, pad=0.02, label="P(vessel)")
    for name, marker in _MARKS.items():
        rows = detections.filter(kind == name)
        if len(rows):
            ax.plot(
                rows["pixel"], rows["line"], marker, ms=6, mfc="none", mec="#58c4dd", ls="none", label=name, zorder=4
            )
            for x, y in rows.select("pixel", "line").iter_rows() if name == "platform" else ():
                ax.annotate(name, (x, y), xytext=(6, 4), textcoords="offset points", fontsize=7, color="#58c4dd")
    ax.legend(fontsize=8, loc="best", framealpha=0.9).set_zorder(9)
    when = f", {scene.t_start:%Y-%m-%d %H:%M} UTC" if scene.t_start else ""
    likely = len(vessels.filter(pl.col("p_vessel") >= 0.5))
    thinned = f"; 1 in {step} pixels shown" if step > 1 else ""
    about = f"{scene.product}{when}\n{likely} likely vessels, {len(detections)} detections{thinned}"
    ax.set_title(title or about, fontsize=10, loc="left", color=INK)
    return ax


def _picture(scene: Scene) -> tuple[Floats, int]:
    """Every so many pixels of a scene, the brightest of those between; decibels for radar. NaN where there are none."""
    step = max(1, -(-max(scene.shape) // SIDE))
    rows = []
    for first in range(0, scene.shape[0], step):
        band = np.asarray(scene.read(first, min(first + step, scene.shape[0])), np.float64)
        band = band.mean(axis=0) if band.ndim == 3 else band
        band = np.where((band == 0) | ~np.isfinite(band), np.nan, band)
        width = -(-band.shape[1] // step) * step
        wide = np.pad(band, ((0, 0), (0, width - band.shape[1])), constant_values=np.nan)
        parts = wide.reshape(band.shape[0], -1, step)
        rows.append(np.fmax.reduce(np.fmax.reduce(parts, axis=2), axis=0))
    picture = np.array(rows)
    c = scene.calibration
    if c is not None and not c.decibel:
        picture = 10.0 * np.log10(np.maximum(np.abs(picture) ** c.power, 1e-12))
    return picture, step


def _graticule(ax: Any, scene: Scene) -> None:
    """Meridians and parallels, labelled; longitudes run on across 180."""
    y, x = (np.linspace(0.0, n - 1.0, 24) for n in scene.shape)
    line, pixel = np.meshgrid(y, x, indexing="ij")
    for values, sides in (
        (scene.georeference.lon.at(line, pixel), "EW"),
        (scene.georeference.lat.at(line, pixel), "NS"),
    ):
        low, high = float(values.min()) * 60.0, float(values.max()) * 60.0
        step = next((m for m in _STEPS if (high - low) / m <= 6.0), _STEPS[-1])
        ticks = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
        if ticks.size:
            drawn = ax.contour(
                x, y, values * 60.0, levels=ticks, colors="white", linewidths=0.4, linestyles="-", zorder=2
            )
            ax.clabel(drawn, fmt=lambda m, s=sides: degrees(m, s), fontsize=7)
    ax.set_xticks([])
    ax.set_yticks([])


__all__ = ["plot_scene"]
