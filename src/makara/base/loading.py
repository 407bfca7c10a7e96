"""Modules loaded without garbage collection: they make half a million objects, none of them garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Let garbage collection wait while modules load (it costs 0.3 CPU-s where all of ours do).

    Where the user has switched collection off, it stays off.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
