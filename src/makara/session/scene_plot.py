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
_MANY: Final = 150
"""Vessels from which on their rings are drawn smaller."""
_ROWS: Final = 256
"""Lines read at a time, about."""
_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300)
_MARKS: Final = {"platform": "s", "ambiguity": "d", "border": "|", "land": "x"}
Floats = NDArray[np.float64]


def plot_scene(scene: Scene, detections: pl.DataFrame, *, title: str | None = None, ax: Any = None) -> Any:
    """Draw a scene in its own lines and pixels, turned so that north is up and east is right, as nearly as they allow.

    Vessels are rings by P(vessel), those below 0.5 small and thin; structures are labelled; there is a graticule.

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
    low, high = np.nanpercentile(picture, [2.0, 99.7]) if np.isfinite(picture).any() else (0.0, 1.0)
    # Bright land stays grey, so that marks and names can be read on it.
    shown = ax.imshow(
        picture, cmap="gray", extent=(-0.5, pixels - 0.5, lines - 0.5, -0.5), interpolation="nearest", zorder=1,
        vmin=float(low), vmax=float(high + 0.3 * (high - low)),
    )  # fmt: skip
    shown.set_gid("scene")
    ax.set_aspect(scene.spacing_m[0] / scene.spacing_m[1])
    east, south = _turned(scene)
    ax.set(xlim=(-0.5, pixels - 0.5)[:: 1 if east else -1], ylim=(lines - 0.5, -0.5)[:: 1 if south else -1])
    _graticule(ax, scene)
    kind = detections["structure"].cast(pl.String)
    vessels = detections.filter(kind.is_null()).with_columns(pl.col("p_vessel").fill_null(0.0)).sort("p_vessel")
    p = vessels["p_vessel"].to_numpy()
    large = 70.0 if len(p) < _MANY else 35.0
    drawn = ax.scatter(
        vessels["pixel"], vessels["line"], s=np.where(p >= 0.5, large, large / 3.0), c=p, cmap="plasma", vmin=0.0,
        vmax=1.0, marker="o", linewidths=np.where(p >= 0.5, 1.3, 0.8), zorder=5,
    )  # fmt: skip
    drawn.set_gid("vessels")
    drawn.set_facecolor("none")
    drawn.set_edgecolor(drawn.to_rgba(p))
    for name, q, size in (("likely vessel", 0.95, large), ("P(vessel) below 0.5", 0.2, large / 3.0)):
        ax.plot([], [], "o", ms=size**0.5, mfc="none", mec=drawn.to_rgba(q), label=name)
    ax.figure.colorbar(drawn, ax=ax, shrink=0.6, pad=0.02, label="P(vessel)")
    for name, marker in _MARKS.items():
        rows = detections.filter(kind == name)
        if len(rows):
            ax.plot(
                rows["pixel"], rows["line"], marker, ms=6, mfc="none", mec="#58c4dd", ls="none", label=name, zorder=4
            )
            for x, y in rows.select("pixel", "line").iter_rows() if name == "platform" else ():
                ax.annotate(name, (x, y), xytext=(6, 4), textcoords="offset points", fontsize=7, color="#58c4dd")
    # Below the picture: nothing of it may be hidden.
    ax.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=6, frameon=False)
    when = f", {scene.t_start:%Y-%m-%d %H:%M} UTC" if scene.t_start else ""
    likely = len(vessels.filter(pl.col("p_vessel") >= 0.5))
    thinned = f"; drawn is the brightest of {step} x {step} pixels" if step > 1 else ""
    about = f"{scene.product}{when}\n{likely} likely vessels, {len(detections)} detections{thinned}"
    ax.set_title(title or about, fontsize=10, loc="left", color=INK)
    return ax


def _picture(scene: Scene) -> tuple[Floats, int]:
    """Every so many pixels of a scene, the brightest of those between; decibels for radar. NaN where there are none."""
    step = max(1, -(-max(scene.shape) // SIDE))
    many = step * max(1, _ROWS // step)
    parts = []
    for first in range(0, scene.shape[0], many):
        band = np.asarray(scene.read(first, min(first + many, scene.shape[0])))
        band = band.mean(axis=0) if band.ndim == 3 else band
        if band.dtype.kind != "u":
            band = np.where((band == 0) | ~np.isfinite(band), np.nan, band)
        high = np.fmax.reduceat(band, np.arange(0, band.shape[0], step), axis=0)
        parts.append(np.fmax.reduceat(high, np.arange(0, band.shape[1], step), axis=1))
    picture = np.concatenate(parts).astype(np.float64)
    picture[picture == 0.0] = np.nan
    c = scene.calibration
    if c is not None and not c.decibel:
        picture = 10.0 * np.log10(np.maximum(np.abs(picture) ** c.power, 1e-12))
    return picture, step


def _turned(scene: Scene) -> tuple[bool, bool]:
    """Whether pixels run east rather than west, and lines south rather than north."""
    y, x = ((n - 1.0) / 2.0 for n in scene.shape)
    lon = scene.georeference.lon.at(y, np.array([0.0, 2.0 * x]))
    lat = scene.georeference.lat.at(np.array([0.0, 2.0 * y]), x)
    return bool(lon[1] >= lon[0]), bool(lat[1] <= lat[0])


def _graticule(ax: Any, scene: Scene) -> None:
    """Meridians and parallels, labelled; longitudes run on across 180."""
    effects = need("matplotlib.patheffects", EXTRA)
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
            for label in ax.clabel(drawn, fmt=lambda m, s=sides: degrees(m, s), fontsize=7):
                label.set_path_effects([effects.withStroke(linewidth=2.0, foreground="black")])
    ax.set_xticks([])
    ax.set_yticks([])


__all__ = ["plot_scene"]
