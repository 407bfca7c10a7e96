"""From pixels that stand out to clusters: what lies together is one thing, if one of its pixels is a seed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.sensors.sar.stream import Hits

GAP: Final = 2
"""Pixels that lie no further apart than this, down and across, belong together."""
SCHEMA: Final = {
    "line": pl.Float64, "pixel": pl.Float64, "peak_line": pl.Int64, "peak_pixel": pl.Int64, "pixels": pl.Int64,
    "seeds": pl.Int64, "scr_db": pl.Float64, "background": pl.Float64, "clutter_c": pl.Float64,
    "length_px_m": pl.Float64, "width_px_m": pl.Float64, "down": pl.Float64, "right": pl.Float64,
}  # fmt: skip
"""Columns of a frame of clusters, see :func:`clusters`."""


@njit(nogil=True, cache=True)
def link(line: Any, pixel: Any, gap: int) -> Any:
    """The first hit of each hit's component; hits are sorted by line and pixel."""
    n = line.size
    parent = np.arange(n)
    if n == 0:
        return parent
    start = np.searchsorted(line, np.arange(line[0] - gap, line[-1] + 2))
    for k in range(gap, start.size - 1):
        for d in range(gap + 1):
            p, end = start[k - d], start[k - d + 1]
            for i in range(start[k], start[k + 1]):
                while p < end and pixel[p] < pixel[i] - gap:
                    p += 1
                q = p
                while q < end and q < i and pixel[q] <= pixel[i] + gap:
                    a, b = i, q
                    while parent[a] != a:
                        parent[a] = parent[parent[a]]
                        a = parent[a]
                    while parent[b] != b:
                        parent[b] = parent[parent[b]]
                        b = parent[b]
                    parent[max(a, b)] = min(a, b)
                    q += 1
    # Roots come first, so one pass leads each hit to its own.
    for i in range(n):
        parent[i] = parent[parent[i]]
    return parent


def clusters(hits: Hits, spacing_m: tuple[float, float], gap: int = GAP, least: int = 1) -> pl.DataFrame:
    """Clusters that hold a seed, in the order of their first pixels.

    Args:
        hits: what stands out.
        spacing_m: between lines and between pixels, metres.
        gap: how far apart pixels of a cluster may lie.
        least: pixels without which a cluster is left out.

    Returns:
        ``line, pixel`` (centre, by amplitude), ``peak_line, peak_pixel``, ``pixels`` (how many), ``seeds`` (how many of
        them), ``scr_db`` (peak to background, noise in both), ``background`` (mean sigma nought of the sea around,
        linear, noise included), ``clutter_c`` (its mean square by its squared mean), ``length_px_m, width_px_m`` (of
        its pixels along and across the main axis, metres), ``down, right`` (the main axis in the image, of length 1 m).
    """
    if hits.line.size == 0:
        return pl.DataFrame(schema=SCHEMA)
    root = link(hits.line, hits.pixel, gap)
    label = np.unique(root, return_inverse=True)[1].astype(np.int64)
    n = int(label.max()) + 1
    seeds = np.bincount(label, hits.seed, n)
    # Only what holds a seed is described.
    keep = (seeds > 0) & (np.bincount(label, minlength=n) >= least)
    which = np.cumsum(keep) - 1
    mine = keep[label]
    label, n = which[label[mine]], int(keep.sum())
    if n == 0:
        return pl.DataFrame(schema=SCHEMA)
    line, pixel, ratio = hits.line[mine], hits.pixel[mine], hits.ratio[mine].astype(np.float64)

    def total(x: NDArray[Any] | None) -> NDArray[np.float64]:
        return np.bincount(label, x, n).astype(np.float64)

    weight, many = np.sqrt(ratio), total(None)
    weights = total(weight)
    row, column = total(weight * line) / weights, total(weight * pixel) / weights
    dy, dx = (line - row[label]) * spacing_m[0], (pixel - column[label]) * spacing_m[1]
    yy, xx, xy = (total(weight * a * b) / weights for a, b in ((dy, dy), (dx, dx), (dx, dy)))
    turn = 0.5 * np.arctan2(2.0 * xy, xx - yy)
    down, right = np.sin(turn), np.cos(turn)
    order = np.argsort(label, kind="stable")
    first = np.searchsorted(label[order], np.arange(n))
    along = (dx * right[label] + dy * down[label])[order]
    across = (dy * right[label] - dx * down[label])[order]
    step = np.hypot(spacing_m[0] * down, spacing_m[1] * right), np.hypot(spacing_m[0] * right, spacing_m[1] * down)
    # The brightest pixel of each, the first of equals.
    brightest = np.lexsort((np.arange(label.size), -ratio, label))[first]
    return pl.DataFrame(
        {
            "line": row,
            "pixel": column,
            "peak_line": line[brightest],
            "peak_pixel": pixel[brightest],
            "pixels": many.astype(np.int64),
            "seeds": seeds[keep].astype(np.int64),
            "scr_db": 10.0 * np.log10(ratio[brightest]),
            "background": total(hits.mean[mine].astype(np.float64)) / many,
            "clutter_c": total(hits.spread[mine].astype(np.float64)) / many,
            "length_px_m": np.maximum.reduceat(along, first) - np.minimum.reduceat(along, first) + step[0],
            "width_px_m": np.maximum.reduceat(across, first) - np.minimum.reduceat(across, first) + step[1],
            "down": down,
            "right": right,
        },
        schema=SCHEMA,
    )
