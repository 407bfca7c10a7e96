"""Modules loaded without garbage collection: they make half a million objects, none of them garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Let garbage collection wait while modules load (it costs 0.3 CPU-s where all of ours do).

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
