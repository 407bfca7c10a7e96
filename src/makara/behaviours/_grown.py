"""Room for more rows in compiled passes that do not know beforehand how many they find."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True)
def grown(a: Any, room: int) -> Any:
    """An array's rows, with room for so many in all."""
    out = np.empty((room, *a.shape[1:]), a.dtype)
    out[: a.shape[0]] = a
    return out


__all__ = ["grown"]
