"""Makara: open, self-hosted maritime domain awareness.

Each part works alone, on DataFrames: ``decode``, ``segment``, ``find``, ``match``, ``predict``. With a lake:
``open(path) -> Session``. Everything is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from makara.behaviours import find
    from makara.fusion import match, predict
    from makara.session import Session, open
    from makara.sources.nmea import decode
    from makara.tracks import segment

__all__ = ["Session", "decode", "find", "match", "open", "predict", "segment"]

_HOMES = {
    "Session": "makara.session",
    "decode": "makara.sources.nmea",
    "find": "makara.behaviours",
    "match": "makara.fusion",
    "open": "makara.session",
    "predict": "makara.fusion",
    "segment": "makara.tracks",
}


def __getattr__(name: str) -> Any:
    """A door, imported when it is first opened (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'makara' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The doors."""
    return __all__
