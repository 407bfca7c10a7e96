"""The ground that pictures are drawn on: a window of the sea with coast, graticule, scale and attribution.

Longitudes run on past 180 from the middle of the window, so that what crosses 180 is drawn in one piece. Degrees of
longitude are drawn shorter by the cosine of the middle latitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from makara.base.errors import UsageError
from makara.base.extras import need
from makara.base.geo import box_of, distance_m, lon_delta
from makara.base.units import KM_M, NMI_M
from makara.session.resources import coast

Floats = NDArray[np.float64]
EXTRA: Final = "plot"
ATTRIBUTION: Final = "Coast: Natural Earth. Not for navigation."
SEA, LAND, SHORE, GRID, INK = "#eef4f8", "#e3ddcf", "#8a8171", "#b9c6cf", "#26323a"
_STEPS_MIN: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 2700, 3600)
_PAD: Final = 0.08
_LEAST_DEG: Final = 0.1
_SQUARENESS: Final = 0.6
_SCALE_MOST_DEG: Final = 60.0


@dataclass(frozen=True)
class Window:
    """A window on the sea, degrees: middle and size; ``w`` and ``s`` are its south-west corner."""

    lon: float
    lat: float
    wide: float
    high: float

    @property
    def w(self) -> float:
        """West side: the middle less half the width, not wrapped."""
        return self.lon - self.wide / 2.0

    @property
    def s(self) -> float:
        """South side."""
        return self.lat - self.high / 2.0

    @property
    def aspect(self) -> float:
        """How much longer a degree of latitude is drawn than one of longitude."""
        return float(1.0 / max(np.cos(np.radians(self.lat)), 0.1))

    def x(self, lon: ArrayLike) -> Floats:
        """Longitudes that run on from the middle of the window, past 180 where it crosses it."""
        return self.lon + lon_delta(self.lon, lon)


def window_of(lon: ArrayLike, lat: ArrayLike, what: str) -> Window:
    """The window around places, with some sea around them, no narrower than it is easy to read.

    Raises:
        UsageError: there are none; ``what`` names them.
    """
    if not np.size(lon):
        raise UsageError(f"no {what} to draw; nothing is left of the rows given, or none was found")
    w, s, e, n = box_of(lon, lat)
    wide, high = (e - w) % 360.0, n - s
    middle, lat_mid = w + wide / 2.0, (s + n) / 2.0
    k = 1.0 / max(np.cos(np.radians(lat_mid)), 0.1)
    wide, high = (max(v * (1.0 + 2.0 * _PAD), _LEAST_DEG) for v in (wide, high))
    wide, high = max(wide, high * k * _SQUARENESS), max(high, wide / k * _SQUARENESS)
    wide, high = min(wide, 360.0), min(high, 180.0)
    return Window(float(middle), float(np.clip(lat_mid, high / 2.0 - 90.0, 90.0 - high / 2.0)), wide, high)


def ground(window: Window, ax: Any = None) -> Any:
    """Axes with land, coast, graticule, scale and attribution of a window.

    Args:
        window: what is shown.
        ax: axes to draw on; None: new ones.

    Raises:
        UsageError: matplotlib is not installed.
    """
    plt = need("matplotlib.pyplot", EXTRA)
    if ax is None:
        tall = window.high * window.aspect / window.wide
        high = min(max(7.4 * tall, 4.0), 8.5)
        _, ax = plt.subplots(figsize=(min(max(high / tall + 1.8, 7.0), 9.0), high + 0.9), layout="constrained")
    ax.set(xlim=(window.w, window.w + window.wide), ylim=(window.s, window.s + window.high), facecolor=SEA)
    ax.set_aspect(window.aspect)
    _land(ax, window)
    _graticule(ax, window)
    _scale(ax, window)
    ax.annotate(
        ATTRIBUTION, (1.0, 0.0), xytext=(0, -32), xycoords="axes fraction", textcoords="offset points",
        ha="right", va="center", fontsize=7, color="#6b7780", annotation_clip=False,
    )  # fmt: skip
    return ax


def _land(ax: Any, window: Window) -> None:
    """Land, and the coast above whatever is drawn on it."""
    path, collections = need("matplotlib.path", EXTRA), need("matplotlib.collections", EXTRA)
    areas, edges = [], []
    for turn, tile in coast().within(window.w, window.s, window.wide, window.high):
        rings = [np.add(ring, (turn, 0.0)) for ring in tile.rings]
        areas.append(path.Path.make_compound_path(*(path.Path(r, closed=True) for r in rings)))
        edges += [np.stack([r[:-1], r[1:]], axis=1)[c] for r, c in zip(rings, tile.coast, strict=True)]
    if areas:
        ax.add_collection(collections.PathCollection(areas, facecolor=LAND, edgecolor="none", zorder=1), autolim=False)
        lines = collections.LineCollection(np.concatenate(edges), colors=SHORE, linewidths=0.5, zorder=4)
        ax.add_collection(lines, autolim=False)


def _graticule(ax: Any, window: Window) -> None:
    for axis, start, size in ((ax.xaxis, window.w, window.wide), (ax.yaxis, window.s, window.high)):
        step = next((m for m in _STEPS_MIN if size * 60.0 / m <= 6.0), _STEPS_MIN[-1])
        ticks = np.arange(np.ceil(start * 60.0 / step), np.floor((start + size) * 60.0 / step) + 1) * step
        axis.set_ticks(ticks / 60.0, [degrees(m, "EW" if axis is ax.xaxis else "NS") for m in ticks.tolist()])
    ax.grid(color=GRID, linewidth=0.5, zorder=1.5)
    ax.tick_params(labelsize=8, length=3, color=GRID, labelcolor=INK)
    ax.set_axisbelow(False)
    for spine in ax.spines.values():
        spine.set_color(SHORE)


def degrees(minutes: float, sides: str) -> str:
    """A label of the graticule: degrees, minutes where there are any, and the side.

    >>> degrees(182 * 60 + 30, "EW"), degrees(-17 * 60, "NS"), degrees(180 * 60, "EW")
    ("177°30′W", '17°S', '180°')
    """
    m = round(minutes)
    if sides == "EW":
        m = (m + 10_800) % 21_600 - 10_800
    whole, rest = divmod(abs(m), 60)
    side = "" if m == 0 or whole == 180 else sides[0] if m > 0 else sides[1]
    return f"{whole}°" + (f"{rest:02d}′" if rest else "") + side


def _scale(ax: Any, window: Window) -> None:
    """Below the map, a bar of a round number of nautical miles, right at the middle latitude; none for an ocean."""
    if window.wide > _SCALE_MOST_DEG:
        return
    transforms = need("matplotlib.transforms", EXTRA)
    metres_deg = float(distance_m(0.0, window.lat, 1.0, window.lat))
    room = 0.25 * window.wide * metres_deg / NMI_M
    size = max(d * 10.0**k for k in range(-2, 5) for d in (1, 2, 5) if d * 10.0**k <= max(room, 0.01))
    ends = window.w + np.array([0.0, 0.0, 1.0, 1.0]) * size * NMI_M / metres_deg
    below = transforms.ScaledTranslation(0, -32 / 72, ax.figure.dpi_scale_trans)
    at = ax.get_xaxis_transform() + below
    tick = np.array([0.008, 0.0, 0.0, 0.008])
    ax.plot(ends, tick, color=INK, lw=1.5, transform=at, clip_on=False, scalex=False, scaley=False, gid="scale")
    ax.annotate(
        f"{size:g} nmi ({size * NMI_M / KM_M:.3g} km)", (ends[-1], 0.0), xycoords=at, xytext=(6, 0),
        textcoords="offset points", fontsize=8, color=INK, va="center", annotation_clip=False,
    )  # fmt: skip
