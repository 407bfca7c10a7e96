"""A radar scene: sea, noise, land, vessels and structures together, in the numbers of a product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makara.exercise.radar.clutter import CELL, Sea, Speckle, noise, sea
from makara.exercise.radar.geometry import Floats, View
from makara.exercise.radar.land import BLOCK, brightness, land
from makara.exercise.radar.ships import Drawn, Target, draw
from makara.exercise.routes import LandMask

BETA: Final = 474.0
"""Calibration constant: number of a pixel of beta nought 1."""
_STRIP: Final = 256
"""Lines drawn at a time; a multiple of ``CELL`` and ``BLOCK``."""
_EDGE: Final = (6, 30)
_BURST_S: Final = 2.75


@dataclass(frozen=True, slots=True)
class Rendered:
    """A radar scene.

    Attributes:
        view: where it lies.
        dn: amplitudes as a product has them; 0: no data.
        drawn: what is in it, in the order of the targets.
        sea: the sea's mean sigma nought where each target is shown, noise included, linear.
        land: blocks of ``BLOCK`` x ``BLOCK`` pixels that are land.
    """

    view: View
    dn: NDArray[np.uint16]
    drawn: tuple[Drawn, ...]
    sea: tuple[float, ...]
    land: NDArray[np.bool_]

    def contrast_db(self, number: int) -> float:
        """Peak of a target against the sea around it, decibels."""
        return float(10.0 * np.log10(max(self.drawn[number].peak, 1e-9) / self.sea[number]))


def amplitude(view: View, pixel: Floats) -> Floats:
    """Number of a pixel of sigma nought 1 (``sigmaNought`` of a calibration annotation)."""
    return np.asarray(BETA / np.sqrt(np.sin(np.radians(view.ranges(pixel)[1]))), np.float64)


def targets_drawn(view: View, targets: Sequence[Target], seed: int) -> tuple[Drawn, ...]:
    """The targets' images as :func:`render` uses them."""
    rng = np.random.default_rng([seed, 12])
    return tuple(draw(view, t, rng) for t in targets)


def render(view: View, targets: Sequence[Target], *, land_mask: LandMask, seed: int) -> Rendered:
    """Draw what a radar sees. The same arguments give the same bytes.

    Args:
        view: where it looks.
        targets: vessels and structures; those outside the view but for an ambiguity or a side lobe may be among them.
        land_mask: whether points lie on land.
        seed: any whole number from 0.
    """
    around, ground = (np.random.default_rng([seed, k]) for k in (11, 13))
    water = sea(view, around)
    dry = land(view, land_mask)
    bright = brightness(dry, ground)
    drawn = targets_drawn(view, targets, seed)
    columns = np.arange(view.shape[1], dtype=np.float64)
    thermal, scale = (f(view, columns).astype(np.float32) for f in (noise, amplitude))
    out = np.empty(view.shape, np.uint16)
    edges = _edges(view, around)
    speckle = Speckle(seed, _STRIP, view.shape[1])
    for first in range(0, view.shape[0], _STRIP):
        last = min(first + _STRIP, view.shape[0])
        level = _sea(water, first, last, view.shape[1])
        _multiply(level, drawn, first, last)
        block = bright[first // BLOCK : -(-last // BLOCK)]
        solid = np.repeat(np.repeat(block, BLOCK, 0), BLOCK, 1)[: last - first, : view.shape[1]]
        np.copyto(level, solid, where=solid > 0.0)
        level += thermal
        level *= speckle.strip(first // _STRIP)[: last - first]
        _add(level, drawn, first, last)
        np.sqrt(level, out=level)
        level *= scale
        out[first:last] = np.clip(np.rint(level), 1.0, 65535.0).astype(np.uint16)
        for r in range(first, last):
            near, far = edges[r]
            out[r, :near] = out[r, view.shape[1] - far :] = 0
    return Rendered(view, out, drawn, tuple(_around(view, water, d) for d in drawn), dry)


def _sea(water: Sea, first: int, last: int, width: int) -> NDArray[np.float32]:
    cells = slice(first // CELL, -(-last // CELL))
    level = water.mean[cells] * water.texture[cells]
    return np.repeat(np.repeat(level, CELL, 0), CELL, 1)[: last - first, :width].copy()


def _pieces(
    drawn: Sequence[Drawn], how: str, first: int, last: int
) -> list[tuple[tuple[slice, slice], NDArray[np.float32]]]:
    """Where to put which part of the patches that reach into some lines."""
    out = []
    for d in drawn:
        for p in d.patches:
            a, b = max(p.line, first), min(p.line + p.values.shape[0], last)
            if p.how == how and a < b:
                columns = slice(p.pixel, p.pixel + p.values.shape[1])
                out.append(((slice(a - first, b - first), columns), p.values[a - p.line : b - p.line]))
    return out


def _multiply(level: NDArray[np.float32], drawn: Sequence[Drawn], first: int, last: int) -> None:
    for at, values in _pieces(drawn, "times", first, last):
        level[at] *= values


def _add(level: NDArray[np.float32], drawn: Sequence[Drawn], first: int, last: int) -> None:
    for at, values in _pieces(drawn, "plus", first, last):
        level[at] += values


def _around(view: View, water: Sea, d: Drawn) -> float:
    row = int(np.clip(d.shown_line / CELL, 0, water.mean.shape[0] - 1))
    column = int(np.clip(d.pixel / CELL, 0, water.mean.shape[1] - 1))
    return float(water.mean[row, column] + noise(view, np.array([d.pixel]))[0])


def _edges(view: View, rng: np.random.Generator) -> NDArray[np.int64]:
    """Pixels without data at the near and far edge of each line; they step from burst to burst."""
    lines = np.arange(view.shape[0])
    burst = (lines * view.line_s / _BURST_S).astype(np.int64)
    return rng.integers(*_EDGE, (int(burst[-1]) + 1, 2))[burst]
