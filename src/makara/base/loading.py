"""Modules loaded without garbage collection: they make hundreds of thousands of objects, and none of them is garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Let garbage collection wait while modules load (0.2 CPU-s of the half million objects that all of ours make).

    What is there at the end is no longer looked through by later collections. Where the user has switched collection
    off, nothing is touched.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
