"""Makara: open, self-hosted maritime domain awareness.

Each part works alone, on DataFrames: ``decode``, ``segment``, ``left_out``, ``find``, ``match``, ``predict``,
``reception``, ``anchorages``, ``vessel_class``, ``detect``, ``plot_*``, ``to_geopandas``, ``to_movingpandas``. With a
lake: ``open(path) -> Session``. Everything is imported when it is first used.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from makara.base.loading import loading

if TYPE_CHECKING:
    from makara.base.bridges import to_geopandas, to_movingpandas
    from makara.behaviours import find, vessel_class
    from makara.fusion import match, predict, reception
    from makara.session import Session, open
    from makara.session.detect import detect
    from makara.session.plot import plot_coverage, plot_density, plot_track
    from makara.sources.nmea import decode
    from makara.tracks import left_out, segment
    from makara.zones import anchorages

__all__ = [
    "Session",
    "anchorages",
    "decode",
    "detect",
    "find",
    "left_out",
    "match",
    "open",
    "plot_coverage",
    "plot_density",
    "plot_track",
    "predict",
    "reception",
    "segment",
    "to_geopandas",
    "to_movingpandas",
    "vessel_class",
]

_HOMES = {
    "Session": "makara.session",
    "anchorages": "makara.zones",
    "decode": "makara.sources.nmea",
    "detect": "makara.session.detect",
    "find": "makara.behaviours",
    "left_out": "makara.tracks",
    "match": "makara.fusion",
    "open": "makara.session",
    "plot_coverage": "makara.session.plot",
    "plot_density": "makara.session.plot",
    "plot_track": "makara.session.plot",
    "predict": "makara.fusion",
    "reception": "makara.fusion",
    "segment": "makara.tracks",
    "to_geopandas": "makara.base.bridges",
    "to_movingpandas": "makara.base.bridges",
    "vessel_class": "makara.behaviours",
}


# What Polars frees it gives back to the kernel within a second, and asks for it anew: half of all page faults of a
# large load. Now the kernel takes such pages only when memory is short. It is read once, when Polars is loaded.
os.environ.setdefault("_RJEM_MALLOC_CONF", "muzzy_decay_ms:-1")


def __getattr__(name: str) -> Any:
    """A door, imported when it is first opened (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'makara' has no attribute {name!r}")
    with loading():
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The doors."""
    return __all__
