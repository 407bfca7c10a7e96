"""Voyages that never touch land: drawn, checked against the mask, drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from makara.exercise.motion import Pen, Track
from makara.exercise.routes import Sea, degrees_per_m

TRIES: Final = 40
"""How often a voyage is drawn before its plan is called wrong."""
Plan = Callable[[], Pen]


def scatter(rng: np.random.Generator, lon: float, lat: float, radius_m: float) -> tuple[float, float]:
    """A random point of a disc around a place, degrees."""
    r, a = radius_m * np.sqrt(rng.random()), rng.uniform(0.0, 2.0 * np.pi)
    per_lon, per_lat = degrees_per_m(lat)
    return float(lon + r * np.sin(a) * per_lon), float(lat + r * np.cos(a) * per_lat)


def wet_track(sea: Sea, span_s: float, plan: Plan) -> Track:
    """The first track of a plan, drawn anew up to 40 times, that never touches land, with 150 m to spare.

    Raises:
        RuntimeError: each draw ran aground.
    """
    for _ in range(TRIES):
        track = plan().track(span_s)
        if is_afloat(sea, track):
            return track
    raise RuntimeError("no draw of a voyage stayed afloat; the plan leads over land")


def is_afloat(sea: Sea, track: Track) -> bool:
    """Whether neither the track nor points 150 m around it (every half minute) lie on land."""
    if sea.dry(track.lon, track.lat).any():
        return False
    x, y = track.lon[::3], track.lat[::3]
    d = 150.0 / 111_000.0
    around = [(x + d, y), (x - d, y), (x, y + d), (x, y - d)]
    return not sea.dry(np.concatenate([a for a, _ in around]), np.concatenate([b for _, b in around])).any()
