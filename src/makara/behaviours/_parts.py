"""Steps over some movers at a time: what a rule works with meanwhile is a part of what it would need for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Final

import numpy as np
import polars as pl

from makara.behaviours._rule import Parameters, Rule, Window

ROWS: Final = 4_000_000
"""About so many points are looked at together."""
_ALONE: Final = {"track_points", "tracks", "horizons", "zones", "vessels", "authorisations", "lists"}
"""Inputs of which a rule for each mover gives nothing without the mover's own points or memory."""


def stepped(module: ModuleType, window: Window, carried: pl.DataFrame, p: Parameters, rows: int = ROWS) -> pl.DataFrame:
    """What a rule's step gives, up to the order of its rows; rules for each mover alone take whole movers in turn.

    Args:
        module: the rule's file.
        window: what it may see.
        carried: what it remembers.
        p: parameters in force.
        rows: about so many points at a time.
    """
    if not alone(module.RULE) or len(window.track_points) <= rows:
        found: pl.DataFrame = module.step(window, carried, p)
        return found
    who = carried["participants"].list.first().str.slice(2).cast(pl.Int64)
    parts: list[pl.DataFrame] = [
        module.step(replace(window, points=some), carried.filter(who.is_between(first, last)), p)
        for some, first, last in _parts(window.track_points, rows)
    ]
    return pl.concat(parts)


def alone(rule: Rule) -> bool:
    """Whether a rule judges each mover by itself, and knows of it by its points only."""
    return rule.by == "mover" and set(rule.inputs) <= _ALONE


def _parts(points: pl.DataFrame, rows: int) -> Iterator[tuple[pl.DataFrame, int, int]]:
    """Slices of whole movers, and the first and last mover of whom each speaks; every mover is in one of them."""
    mover = points["mover"].to_numpy()
    lowest, highest = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    start, first = 0, int(lowest)
    while start < mover.size:
        end = int(np.searchsorted(mover, mover[min(start + rows, mover.size) - 1], side="right"))
        last = int(highest if end == mover.size else mover[end - 1])
        yield points[start:end], first, last
        start, first = end, last + 1 if end < mover.size else last
