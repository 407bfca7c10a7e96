"""Bright pixels on water in a multispectral image: each against the water around it, in bounded memory.

Rows are read once and in order. The image is cut into blocks of some 320 m, counted from its first pixel; of each block
a few hundred pixels tell the median and the spread of its brightness, its water index and its cloud. A pixel is held
against the medians of the water blocks around it, so a result depends on neither strips nor on what was read before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.base.errors import InputError
from makara.sensors.sar.cfar import CELL
from makara.sensors.sar.landmask import Water
from makara.sensors.scene import Scene

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
BLOCK_M: Final = 320.0
ROWS: Final = 512
"""Rows worked at once, at least."""
AROUND: Final = 2
"""Blocks on each side that tell a pixel's background."""
LEAST: Final = 4
"""Water blocks without which there is no background."""
SEED: Final = (6.0, 0.03)
"""What makes a target: so many robust standard deviations, and so much reflectance, above the water."""
GROW: Final = (3.0, 0.012)
"""What belongs to one."""
NOISE: Final = 0.0015
"""Least spread of reflectance of water: the instruments' own noise."""
WATER_NIR: Final = 0.2
"""Water reflects no more in the near infrared, sun glint and silt included."""
CLOUD_GREEN: Final = 0.22
"""A block as bright as this and white is cloud, where the product has no mask."""
MOST: Final = 4_000_000
"""Bright pixels from which on an image is no sea with ships on it."""
BANDS: Final = ("green", "red", "nir")
"""Bands that must be there; short-wave infrared is used where it is."""


@dataclass(frozen=True)
class Hits:
    """Pixels that stand out of the water, by line and pixel.

    Attributes:
        line, pixel: where.
        seed: bright enough to make a target by itself.
        excess: brightness (mean reflectance, red and near infrared) above the water's.
        water: brightness of the water around.
        spread: its robust standard deviation.
        green, nir, swir: excess of reflectance in single bands (swir: not a number where there is none).
        cloud: the product's mask says cloud.
        block: pixels of a side of a block.
        clouded: share of cloud by block, rows and columns.
        wet: whether a block is water, likewise.
        sea_pixels: pixels that were looked at.
    """

    line: NDArray[np.int64]
    pixel: NDArray[np.int64]
    seed: NDArray[np.bool_]
    excess: Floats
    water: Floats
    spread: Floats
    green: Floats
    nir: Floats
    swir: Floats
    cloud: NDArray[np.bool_]
    block: int
    clouded: Floats
    wet: NDArray[np.bool_]
    sea_pixels: int


@dataclass
class _Strip:
    """Some rows of an image: reflectance by band, what is usable, what is cloud, and what its blocks say."""

    first: int
    bands: dict[str, NDArray[np.float32]]
    index: NDArray[np.float32]
    usable: NDArray[np.bool_]
    cloud: NDArray[np.bool_]
    stats: Floats


def hits(scene: Scene, sea: Water | None = None, progress: Progress | None = None) -> Hits:
    """Pixels of a scene that stand out of the water around them.

    Args:
        scene: an optical scene with green, red and near infrared.
        sea: where to look; None: wherever the water index says water.
        progress: told how many lines are done, of how many.

    Raises:
        InputError: a band is missing, or so much stands out that it cannot be sea.
    """
    lacking = [b for b in BANDS if b not in scene.bands]
    if lacking or len(scene.reflectance) != len(scene.bands):
        what = f"no band {', '.join(lacking)}" if lacking else "no reflectance"
        raise InputError(f"{scene.product} has {what}; ships are told from water by green, red and near infrared")
    block = max(8, round(BLOCK_M / float(np.mean(scene.spacing_m))))
    found: list[tuple[NDArray[Any], ...]] = []
    maps: list[tuple[Floats, NDArray[np.bool_]]] = []
    looked = total = 0
    before: _Strip | None = None
    here: _Strip | None = None
    for after in _with_end(_strips(scene, sea, block)):
        if here is not None:
            strips = [s for s in (before, here, after) if s is not None]
            background = _background(strips, here, block)
            part = _bright(here, background, block)
            found.append(part)
            total += len(part[0])
            if total > MOST:
                raise InputError(
                    f"{scene.product}: over {MOST:,} pixels stand out of the water; is it cloud without a mask, or ice?"
                )
            known = np.isfinite(background[..., 0])
            maps.append((here.stats[..., 4], known))
            wide = np.repeat(np.repeat(known, block, 0), block, 1)[: here.index.shape[0], : here.index.shape[1]]
            looked += int((here.usable & ~here.cloud & wide).sum())
            if progress is not None:
                progress(min(here.first + here.index.shape[0], scene.shape[0]), scene.shape[0])
        before, here = here, after
    names = ("line", "pixel", "seed", "excess", "water", "spread", "green", "nir", "swir", "cloud")
    columns: dict[str, Any] = {name: np.concatenate([f[k] for f in found]) for k, name in enumerate(names)}
    wet = np.concatenate([m[1] for m in maps])
    clouded = np.concatenate([m[0] for m in maps])
    return Hits(**columns, block=block, clouded=clouded, wet=wet, sea_pixels=looked)


def _with_end(strips: Iterator[_Strip]) -> Iterator[_Strip | None]:
    yield from strips
    yield None


def _strips(scene: Scene, sea: Water | None, block: int) -> Iterator[_Strip]:
    height, width = scene.shape
    rows = block * max(AROUND, -(-ROWS // block))
    for first in range(0, height, rows):
        last = min(first + rows, height)
        raw = np.asarray(scene.read(first, last))
        bands = {
            name: raw[k].astype(np.float32) * np.float32(scale) + np.float32(offset)
            for k, (name, (scale, offset)) in enumerate(zip(scene.bands, scene.reflectance, strict=True))
            if name != "blue"
        }
        usable = (raw[[scene.bands.index(b) for b in BANDS]] != 0).all(axis=0)
        if sea is not None:
            lines, pixels = np.arange(first, last) // CELL, np.arange(width) // CELL
            usable &= sea.usable[np.ix_(lines, pixels)] != 0
        cloud = np.zeros(usable.shape, np.bool_)
        if scene.cloud is not None:
            cloud = np.asarray(scene.cloud(first, last)) >= 0.5
        index = 0.5 * (bands["red"] + bands["nir"])
        stats = np.full((-(-(last - first) // block), -(-width // block), 5), np.nan)
        _blocks(index, bands["green"], bands["nir"], usable, cloud, block, max(1, block // 16), stats)
        if scene.cloud is None:
            white = (stats[..., 2] > CLOUD_GREEN) & (stats[..., 3] > 0.6 * stats[..., 2])
            stats[..., 4] = np.where(white, 1.0, stats[..., 4])
        yield _Strip(first, bands, index, usable, cloud, stats)


@njit(nogil=True, cache=True)
def _blocks(index: Any, green: Any, nir: Any, usable: Any, cloud: Any, block: int, step: int, out: Any) -> None:
    """By block: median and robust deviation of brightness, medians of green and near infrared, share of cloud."""
    height, width = index.shape
    most = (block // step + 1) ** 2
    a, g, n = np.empty(most), np.empty(most), np.empty(most)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            k = all_of = clouds = 0
            for y in range(i * block, min((i + 1) * block, height), step):
                for x in range(j * block, min((j + 1) * block, width), step):
                    if not usable[y, x]:
                        continue
                    all_of += 1
                    if cloud[y, x]:
                        clouds += 1
                        continue
                    a[k], g[k], n[k] = index[y, x], green[y, x], nir[y, x]
                    k += 1
            out[i, j, 4] = clouds / all_of if all_of else 0.0
            if k < 4:
                continue
            middle = np.median(a[:k])
            out[i, j, 0] = middle
            out[i, j, 1] = 1.4826 * np.median(np.abs(a[:k] - middle))
            out[i, j, 2] = np.median(g[:k])
            out[i, j, 3] = np.median(n[:k])


def _background(strips: list[_Strip], here: _Strip, block: int) -> Floats:
    """By block of a strip: brightness of the water around, its spread, green, near infrared; NaN: not tested."""
    stats = np.concatenate([s.stats for s in strips])
    top = sum(len(s.stats) for s in strips if s.first < here.first)
    green, nir = np.maximum(stats[..., 2], 1e-4), np.maximum(stats[..., 3], 1e-4)
    with np.errstate(invalid="ignore"):
        # McFeeters' water index (1996): water is greener than it is near infrared.
        wet = (green > nir) & (nir < WATER_NIR) & (stats[..., 4] < 0.5)
    out = np.full((*here.stats.shape[:2], 4), np.nan)
    _around(stats, wet, top, AROUND, LEAST, out)
    out[..., 1] = np.maximum(out[..., 1], NOISE)
    return out


@njit(nogil=True, cache=True)
def _around(stats: Any, wet: Any, top: int, reach: int, least: int, out: Any) -> None:
    """Medians of the water blocks around each water block."""
    values = np.empty((4, (2 * reach + 1) ** 2))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            if not wet[top + i, j]:
                continue
            n = 0
            for p in range(max(top + i - reach, 0), min(top + i + reach + 1, stats.shape[0])):
                for q in range(max(j - reach, 0), min(j + reach + 1, stats.shape[1])):
                    if wet[p, q]:
                        for k in range(4):
                            values[k, n] = stats[p, q, k]
                        n += 1
            if n >= least:
                for k in range(4):
                    out[i, j, k] = np.median(values[k, :n])


def _bright(here: _Strip, background: Floats, block: int) -> tuple[NDArray[Any], ...]:
    """The bright pixels of a strip."""
    line, pixel = _above(here, background, block)
    of = background[line // block, pixel // block]
    excess = here.index[line, pixel].astype(np.float64) - of[:, 0]
    seed = excess >= np.maximum(SEED[0] * of[:, 1], SEED[1])
    single = [here.bands[b][line, pixel].astype(np.float64) for b in ("green", "nir")]
    swir = here.bands["swir"][line, pixel].astype(np.float64) if "swir" in here.bands else np.full(len(line), np.nan)
    cloud = here.cloud[line, pixel]
    return (
        line + here.first, pixel, seed, excess, of[:, 0], of[:, 1],
        single[0] - of[:, 2], single[1] - of[:, 3], swir, cloud,
    )  # fmt: skip


def _above(here: _Strip, background: Floats, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lines and pixels above the lower threshold of their block."""
    limit = background[..., 0] + np.maximum(GROW[0] * background[..., 1], GROW[1])
    room = 65_536
    while True:
        at = np.empty((room, 2), np.int64)
        n = int(_pick(here.index, here.usable, limit, block, at))
        if n <= room:
            return at[:n, 0].copy(), at[:n, 1].copy()
        room = n


@njit(nogil=True, cache=True)
def _pick(index: Any, usable: Any, limit: Any, block: int, at: Any) -> int:
    """Usable pixels above their block's limit, as many as fit; how many there are."""
    height, width = index.shape
    n = 0
    for y in range(height):
        for x in range(width):
            if usable[y, x] and index[y, x] > limit[y // block, x // block]:
                if n < at.shape[0]:
                    at[n, 0], at[n, 1] = y, x
                n += 1
    return n
