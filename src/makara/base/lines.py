"""When the lines of an image were seen, as table collections keeps it (``line_times``), and when a place was.

The bytes are little-endian float64, five a line, some lines of the image in the order of their times: microseconds
since 1970, longitude and latitude of the line's first pixel, longitude and latitude of its last.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from makara.base.geo import unit

Floats = NDArray[np.float64]
WIDTH: Final = 5
_TYPE: Final = np.dtype("<f8")


def pack(t_us: ArrayLike, lon0: ArrayLike, lat0: ArrayLike, lon1: ArrayLike, lat1: ArrayLike) -> bytes | None:
    """Lines as bytes; None where fewer than two times tell nothing.

    Args:
        t_us: when each line was seen, microseconds since 1970.
        lon0: longitude of its first pixel, degrees.
        lat0: latitude of its first pixel, degrees.
        lon1: longitude of its last pixel, degrees.
        lat1: latitude of its last pixel, degrees.
    """
    rows = np.stack([np.asarray(v, np.float64) for v in (t_us, lon0, lat0, lon1, lat1)], axis=1)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    rows = rows[np.concatenate([[True], np.diff(rows[:, 0]) > 0])[: len(rows)]]
    return rows.astype(_TYPE).tobytes() if len(rows) > 1 and np.isfinite(rows).all() else None


def seen_us(data: bytes, lon: ArrayLike, lat: ArrayLike) -> Floats:
    """When places were seen, microseconds since 1970; NaN before the first line and after the last, and if damaged.

    A place lies between the two lines on whose sides it is, in proportion to how far from each. Lines are great
    circles, so this holds across 180 degrees and near the poles.
    """
    x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    out = np.full(x.shape, np.nan)
    if len(data) % (WIDTH * _TYPE.itemsize) or len(data) < 2 * WIDTH * _TYPE.itemsize:
        return out
    rows = np.frombuffer(data, _TYPE).reshape(-1, WIDTH)
    poles = np.cross(unit(rows[:, 1], rows[:, 2]), unit(rows[:, 3], rows[:, 4]))
    poles /= np.maximum(np.linalg.norm(poles, axis=1, keepdims=True), 1e-12)
    # Sums written out: a matrix product may round otherwise for another number of places.
    a, b = unit(x.ravel(), y.ravel())[:, None, :], poles[None, :, :]
    side = np.arcsin(np.clip(a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2], -1.0, 1.0))
    # The way of time is positive: the later lines lie on the positive side of the first.
    middle = unit(rows[:, 1], rows[:, 2]) + unit(rows[:, 3], rows[:, 4])
    side *= 1.0 if middle[-1] @ poles[0] > 0 else -1.0
    past = side >= 0.0
    k = np.clip(past.sum(axis=1) - 1, 0, len(rows) - 2)
    each = np.arange(len(k))
    before, after = side[each, k], side[each, k + 1]
    apart = before - after
    share = before / np.where(apart == 0.0, np.inf, apart)
    t = rows[k, 0] + share * (rows[k + 1, 0] - rows[k, 0])
    between = (share >= 0.0) & (share <= 1.0)
    return np.where(between, t, np.nan).reshape(x.shape)


__all__ = ["pack", "seen_us"]
