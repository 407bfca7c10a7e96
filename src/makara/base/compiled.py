"""Numba's ``njit``, whose first call costs half of what it would: SciPy's linear algebra is loaded when it is needed.

Before its first call Numba loads ``scipy.linalg`` only to learn whether there is BLAS (0.2 CPU-s, more than all else
that a process with cached code pays for Numba). Here it takes that for granted; functions that use linear algebra load
it as they are compiled, as ever. It holds for the whole process, wherever its ``njit`` is from.
"""

from __future__ import annotations

from numba import njit
from numba.np import linalg

__all__ = ["njit"]


def _take_blas_for_granted() -> None:
    ask = linalg.ensure_blas
    linalg.ensure_blas = lambda: None
    try:
        from numba.np import arraymath  # noqa: F401  # asks as it is loaded
    finally:
        linalg.ensure_blas = ask


if hasattr(linalg, "ensure_blas"):
    _take_blas_for_granted()
