"""What an image of the sea is to a detector: pixels that can be read by rows, where they lie, when, and how calibrated.

A source (``makara.sources``) reads a provider's product into a :class:`Scene`; the detectors of ``sensors.sar`` and
``sensors.optical`` take nothing else. Pixels are read through a function that the source passes in, a band of rows at a
time, so memory stays bounded whatever the size of the product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from makara.base import geo

Floats = NDArray[np.float64]
Pixels = NDArray[Any]


@dataclass(frozen=True)
class Nodes:
    """Values on a sparse grid of an image, bilinear between.

    Attributes:
        lines: rows of the nodes, ascending, in pixels from the first line's centre (may reach outside the image).
        pixels: columns of the nodes, ascending.
        values: by row and column.
    """

    lines: Floats
    pixels: Floats
    values: Floats

    def at(self, line: ArrayLike, pixel: ArrayLike) -> Floats:
        """Values at points of the image; beyond the grid the outermost cells go on."""
        y, x = np.broadcast_arrays(np.asarray(line, np.float64), np.asarray(pixel, np.float64))
        i, i1, u = _between(self.lines, y)
        j, j1, v = _between(self.pixels, x)
        a = self.values
        top = a[i, j] * (1.0 - v) + a[i, j1] * v
        low = a[i1, j] * (1.0 - v) + a[i1, j1] * v
        return np.asarray(top * (1.0 - u) + low * u, np.float64)

    def grid(self, line: Floats, pixel: Floats) -> Floats:
        """Values at all crossings of lines and pixels: those of :meth:`at`, an axis at a time and so cheaper."""
        i, i1, u = _between(self.lines, line)
        j, j1, v = _between(self.pixels, pixel)
        first = int(i.min(initial=len(self.lines)))
        rows = self.values[first : int(i1.max(initial=0)) + 1]
        across = rows[:, j] * (1.0 - v) + rows[:, j1] * v
        return np.asarray(across[i - first] * (1.0 - u[:, None]) + across[i1 - first] * u[:, None], np.float64)


def _between(nodes: Floats, where: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """The nodes on either side of places (beyond the ends: the outermost two), and how far from first to second."""
    i = np.minimum(np.maximum(np.searchsorted(nodes, where, side="right") - 1, 0), max(len(nodes) - 2, 0))
    j = np.minimum(i + 1, len(nodes) - 1)
    return i, j, (where - nodes[i]) / np.where(j > i, nodes[j] - nodes[i], 1.0)


@dataclass(frozen=True)
class Georeference:
    """Where the pixels of an image lie.

    Attributes:
        lon: longitudes at nodes, degrees; continuous, so a scene across 180 degrees has values beyond it.
        lat: latitudes at the same nodes, degrees.
    """

    lon: Nodes
    lat: Nodes

    def place(self, line: ArrayLike, pixel: ArrayLike) -> tuple[Floats, Floats]:
        """Longitude in [-180, 180) and latitude of points of the image, degrees."""
        return geo.wrap_lon(self.lon.at(line, pixel)), self.lat.at(line, pixel)

    def bearing_deg(self, line: ArrayLike, pixel: ArrayLike, down: ArrayLike, right: ArrayLike) -> Floats:
        """Direction on the ground, degrees true, of a step of so many lines down and pixels to the right."""
        y, x = np.asarray(line, np.float64), np.asarray(pixel, np.float64)
        step = np.maximum(np.hypot(down, right), 1e-9) / 8.0
        dy, dx = np.asarray(down) / step, np.asarray(right) / step
        lon0, lat0 = self.place(y - dy / 2, x - dx / 2)
        lon1, lat1 = self.place(y + dy / 2, x + dx / 2)
        return geo.bearing_deg(lon0, lat0, lon1, lat1)


@dataclass(frozen=True)
class Calibration:
    """How a radar's numbers become backscatter, sigma nought, linear.

    ``sigma0 = gain * dn ** power - noise``; with ``decibel``, ``sigma0 = 10 ** (gain * dn / 10)``.

    Attributes:
        power: 2 for amplitudes, 1 for intensities.
        gain: factor by place (a constant has one node).
        noise: thermal noise, sigma nought, linear, by place; None: not known, or taken away by the provider.
        decibel: the numbers are decibels divided by the gain.
        looks: equivalent number of looks of a pixel.
    """

    power: Literal[1, 2]
    gain: Nodes
    noise: Nodes | None = None
    decibel: bool = False
    looks: float = 4.4


@dataclass(frozen=True)
class Scene:
    """An image of the sea and what its provider says of it; unknown is None.

    Attributes:
        product: the provider's id of the product.
        sensor: ``sar``, ``optical`` or ``viirs``.
        shape: lines and pixels.
        spacing_m: on the ground between lines and between pixels, metres.
        georeference: where pixels lie.
        read: ``read(first, last)``: rows ``first`` to ``last - 1``, lines x pixels (bands x lines x pixels for
            ``optical``), in the numbers of the product; 0 where there is no data.
        provider, platform, mode, polarisation, licence, uri: as named there.
        t_start, t_end: first and last line seen.
        line_times: seconds after ``t_start`` of lines, on nodes (lines alone count).
        resolution_m: on the ground.
        heading_deg: of the platform, degrees true.
        look: side, ``left`` or ``right``.
        incidence_deg: by place, degrees.
        slant_range_m: by place, metres.
        platform_m_s: speed along the ground track's orbit, metres a second.
        calibration: for ``sar``.
        bands: names of the bands that ``read`` gives, for ``optical``: of ``blue, green, red, nir, swir``.
        reflectance: for each band scale and offset: ``reflectance = value * scale + offset``.
        cloud: ``cloud(first, last)``: share of cloud by pixel, 0 to 1, where the product brings a mask.
        about: anything else worth keeping with the detections.
        close: frees the files behind ``read``; a scene is a context manager, too.
    """

    product: str
    sensor: Literal["sar", "optical", "viirs"]
    shape: tuple[int, int]
    spacing_m: tuple[float, float]
    georeference: Georeference
    read: Callable[[int, int], Pixels]
    provider: str | None = None
    platform: str | None = None
    mode: str | None = None
    polarisation: str | None = None
    licence: str | None = None
    uri: str | None = None
    t_start: datetime | None = None
    t_end: datetime | None = None
    line_times: Nodes | None = None
    resolution_m: float | None = None
    heading_deg: float | None = None
    look: Literal["left", "right"] | None = None
    incidence_deg: Nodes | None = None
    slant_range_m: Nodes | None = None
    platform_m_s: float | None = None
    calibration: Calibration | None = None
    bands: tuple[str, ...] = ()
    reflectance: tuple[tuple[float, float], ...] = ()
    cloud: Callable[[int, int], Floats] | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    close: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def seen(self, line: Floats) -> list[datetime | None]:
        """When lines were seen, to the microsecond; None where the scene has no time.

        Where the times of lines are not known, these lie evenly between begin and end, along the platform's way; where
        its heading is not known either, the first line is seen first. A scene without an end is seen at its begin.
        """
        if self.t_start is None:
            return [None] * len(line)
        after = self._spread(line) if self.line_times is None else self.line_times.at(line, 0.0)
        return [self.t_start + timedelta(microseconds=round(s * 1e6)) for s in after.tolist()]

    def _spread(self, line: Floats) -> Floats:
        """Seconds after the start of lines, evenly from begin to end."""
        if self.t_start is None or self.t_end is None:
            return np.zeros(len(line))
        share = np.clip(line / max(self.shape[0] - 1, 1), 0.0, 1.0)
        if self.heading_deg is not None:
            down = self.georeference.bearing_deg(self.shape[0] / 2.0, self.shape[1] / 2.0, 1.0, 0.0)
            if np.cos(np.radians(self.heading_deg - down)) < 0.0:
                share = 1.0 - share
        return np.asarray(share * (self.t_end - self.t_start).total_seconds(), np.float64)


def constant(value: float) -> Nodes:
    """The same value everywhere."""
    return Nodes(np.zeros(1), np.zeros(1), np.full((1, 1), float(value)))
