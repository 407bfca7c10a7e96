"""Multispectral images of a simulated sea by day: water, swell, glint, ships, and what looks like ships.

Reflectance by band (blue, green, red, nir, swir). Everything is drawn five times finer than the image, blurred as an
instrument does, and mixed by how much of a pixel it covers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from makara.base import geo
from makara.sensors.scene import Georeference, Nodes, Scene

Floats = NDArray[np.float64]
BANDS: Final = ("blue", "green", "red", "nir", "swir")
WATER: Final = np.array([0.035, 0.028, 0.014, 0.009, 0.004])
FOAM: Final = np.array([0.45, 0.45, 0.41, 0.27, 0.04])
"""Foam of whitecaps and wakes: white, and darker the longer the wave (Koepke 1984; Frouin and others 1996)."""
CLOUD: Final = np.array([0.55, 0.54, 0.53, 0.54, 0.40])
HULLS: Final = (
    np.array([0.30, 0.30, 0.30, 0.32, 0.28]),
    np.array([0.10, 0.10, 0.22, 0.28, 0.30]),
    np.array([0.12, 0.12, 0.12, 0.14, 0.14]),
    np.array([0.07, 0.07, 0.08, 0.10, 0.11]),
)
"""White, rusty, grey and dark decks."""
FINE: Final = 5
LAND: Final = np.array([0.06, 0.08, 0.09, 0.28, 0.18])


@dataclass
class Sea:
    """An image that is being drawn.

    Attributes:
        shape: lines and pixels.
        spacing_m: of pixels.
        seed: of the random numbers.
        noise: of the instrument, reflectance.
        ships: ``line, pixel, length_m, width_m, heading_deg, hull`` of those drawn.
    """

    shape: tuple[int, int]
    spacing_m: float = 10.0
    seed: int = 1
    noise: float = 0.0012
    ships: list[tuple[float, float, float, float, float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        swell = gaussian_filter(self.rng.normal(size=self.shape), (1.0, 4.0))
        glint = gaussian_filter(self.rng.normal(size=self.shape), max(self.shape) / 10, mode="wrap")
        level = 0.0015 * swell / swell.std() + 0.004 * (1.0 + glint / max(float(glint.std()), 1e-9))
        self.image = WATER[:, None, None] + np.clip(level, 0.0, None)[None]

    def lay(self, line: float, pixel: float, inside: Callable[[Floats, Floats], Any], reach_m: float, what: Floats,
            blur_px: float = 0.45) -> None:  # fmt: skip
        """Cover what is ``inside(metres right, metres down)`` of a place with a material."""
        half = int(np.ceil(reach_m / self.spacing_m)) + 3
        y0, x0 = round(line) - half, round(pixel) - half
        n = 2 * half + 1
        at = (np.arange(n * FINE) + 0.5) / FINE - 0.5
        dy, dx = np.meshgrid((at + y0 - line) * self.spacing_m, (at + x0 - pixel) * self.spacing_m, indexing="ij")
        fine = gaussian_filter(np.asarray(inside(dx, dy), np.float64), blur_px * FINE)
        share = fine.reshape(n, FINE, n, FINE).mean((1, 3))
        a, b = max(0, y0), min(self.shape[0], y0 + n)
        c, d = max(0, x0), min(self.shape[1], x0 + n)
        if a >= b or c >= d:
            return
        part = share[a - y0 : b - y0, c - x0 : d - x0][None]
        self.image[:, a:b, c:d] += part * (what[:, None, None] - self.image[:, a:b, c:d])

    def ship(self, line: float, pixel: float, length: float, width: float, heading: float, hull: int = 0,
             wake: float = 0.0) -> None:  # fmt: skip
        """A ship, its deck in one tone; ``wake``: share of foam in a wake six lengths long."""
        z = np.radians(heading)

        def along(dx: Floats, dy: Floats) -> tuple[Floats, Floats]:
            return dx * np.sin(z) - dy * np.cos(z), dx * np.cos(z) + dy * np.sin(z)

        def hull_of(dx: Floats, dy: Floats) -> Any:
            u, v = along(dx, dy)
            return (np.abs(u) <= length / 2) & (np.abs(v) <= width / 2)

        def wake_of(dx: Floats, dy: Floats) -> Any:
            u, v = along(dx, dy)
            behind = -u - length / 2
            return (
                wake * ((behind > 0) & (behind < 6 * length) & (np.abs(v) < width / 2)) * np.exp(-behind / (3 * length))
            )

        if wake:
            self.lay(line, pixel, wake_of, 6.6 * length, FOAM)
        self.lay(line, pixel, hull_of, length / 2 + width, HULLS[hull])
        self.ships.append((line, pixel, length, width, heading, hull))

    def whitecaps(self, n: int) -> None:
        """Breaking crests of 2 to 12 m, anywhere."""
        for _ in range(n):
            length, width = self.rng.uniform(2, 12), self.rng.uniform(1, 4)
            y, x = self.rng.uniform(0, self.shape[0]), self.rng.uniform(0, self.shape[1])

            def crest(dx: Floats, dy: Floats, a: float = length, b: float = width) -> Any:
                return (np.abs(dx) <= a / 2) & (np.abs(dy) <= b / 2)

            self.lay(y, x, crest, length, FOAM)

    def puffs(self, n: int, size: tuple[float, float] = (40.0, 300.0)) -> None:
        """Small clouds with soft edges, metres across."""
        for _ in range(n):
            r = self.rng.uniform(*size) / 2
            flat = self.rng.uniform(0.6, 1.0)
            y, x = self.rng.uniform(0, self.shape[0]), self.rng.uniform(0, self.shape[1])

            def puff(dx: Floats, dy: Floats, r: float = r, flat: float = flat) -> Any:
                return self.rng.uniform(0.3, 0.9) * np.exp(-((dx / r) ** 2 + (dy / (flat * r)) ** 2))

            self.lay(y, x, puff, 2.5 * r, CLOUD)

    def cloud(self, cover: float) -> NDArray[np.bool_]:
        """A bank of cloud over a share of the image; where it is."""
        size = 800.0 / self.spacing_m
        rough = gaussian_filter(self.rng.normal(size=self.shape), size) / size**-1.0
        rough = rough / rough.std() + 0.15 * gaussian_filter(self.rng.normal(size=self.shape), 3) * 3
        edge = np.quantile(rough, 1.0 - cover)
        thick = np.clip((rough - edge) * 2.5, 0.0, 1.0)[None]
        self.image += thick * (CLOUD[:, None, None] - self.image)
        return np.asarray(thick[0] > 0.1)

    def land(self, where: NDArray[np.bool_]) -> None:
        """Land where it is said to be."""
        rough = 1.0 + 0.2 * self.rng.normal(size=self.shape)
        self.image = np.where(where[None], LAND[:, None, None] * rough[None], self.image)

    def numbers(self, scale: float = 1e-4, offset: float = 0.0) -> NDArray[np.uint16]:
        """What the product's files hold: ``reflectance = number * scale + offset``, never 0."""
        seen = self.image + self.rng.normal(0.0, self.noise, self.image.shape)
        return np.clip(np.rint((seen - offset) / scale), 1, 65535).astype(np.uint16)

    def scene(self, lon: float = 150.0, lat: float = -10.0, *, cloud: NDArray[np.bool_] | None = None,
              bands: Sequence[str] = BANDS) -> Scene:  # fmt: skip
        """The image as a scene, its first pixel at a place, north up."""
        values = self.numbers()[[BANDS.index(b) for b in bands]]
        h, w = self.shape
        lines, pixels = np.array([0.0, h - 1.0]), np.array([0.0, w - 1.0])
        east, _ = geo.destination(lon, lat, 90.0, pixels * self.spacing_m)
        _, south = geo.destination(lon, lat, 180.0, lines * self.spacing_m)
        lons = np.repeat((lon + geo.lon_delta(lon, east))[None], 2, 0)
        return Scene(
            product=f"simulated-{self.seed}",
            sensor="optical",
            shape=self.shape,
            spacing_m=(self.spacing_m, self.spacing_m),
            georeference=Georeference(
                Nodes(lines, pixels, lons), Nodes(lines, pixels, np.repeat(np.asarray(south)[:, None], 2, 1))
            ),
            read=lambda first, last: values[:, first:last],
            bands=tuple(bands),
            reflectance=((1e-4, 0.0),) * len(bands),
            cloud=None if cloud is None else lambda first, last: cloud[first:last].astype(np.float64),
        )


__all__ = ["BANDS", "HULLS", "Sea"]
