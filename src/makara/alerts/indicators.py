"""Indicators: how many independent signs there are that something is wrong with a vessel.

Two kinds of event are independent unless they stand on the same evidence: unless one is made from the other (a rule
declares the events that it reads), both are made from a third, or they look at the same thing (``SAME``). Being on a
watch list is one more sign. Makara's own proposal, to be measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import polars as pl

from makara.base.units import DAY_S

NEAR_S: Final = DAY_S
"""Events of the same vessel so near each other speak of the same matter."""
SAME: Final = (
    ("gap", "disabling"),
    ("encounter", "transshipment", "ship_to_ship", "mother_daughter"),
    ("loitering", "drifting", "drop_off", "anomaly", "cable"),
    ("dark", "dark_rendezvous", "go_fast", "mother_ship", "piracy_approach"),
    ("identity", "spoofing"),
    ("fishing", "speed_range"),
    ("zone_entry", "first_visit"),
)
"""Kinds that look at the same thing: silence, a meeting, slowness, an unmatched detection, ... Others stand alone."""
Bases = Mapping[str, tuple[str, ...]]
"""By kind, the kinds whose events its rule reads."""


def independent(kind: str, others: Iterable[str], bases: Bases) -> tuple[str, ...]:
    """Of other kinds those that are signs of their own beside a kind, and beside each other; sorted.

    >>> independent("transshipment", ["encounter", "gap", "disabling"], {"transshipment": ("encounter",)})
    ('disabling',)
    """
    return _independent(kind, tuple(sorted(set(others))), tuple(sorted((k, tuple(v)) for k, v in bases.items())))


@lru_cache(maxsize=1 << 12)
def _independent(kind: str, others: tuple[str, ...], bases: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[str, ...]:
    of = dict(bases)
    used, found = _evidence(kind, of), []
    for other in sorted(others, key=lambda k: (len(_evidence(k, of)), k)):
        if not used & _evidence(other, of):
            used = used | _evidence(other, of)
            found.append(other)
    return tuple(sorted(found))


def _evidence(kind: str, bases: Bases) -> frozenset[str]:
    """What a kind stands on: what it looks at, and what the kinds look at that it is made from."""
    seen, left = set[str](), [kind]
    while left:
        k = left.pop()
        if k not in seen:
            seen.add(k)
            left += bases.get(k, ())
    return frozenset(next((group[0] for group in SAME if k in group), k) for k in seen)


def indicators(events: pl.DataFrame, everything: pl.DataFrame, bases: Bases) -> pl.DataFrame:
    """Independent kinds of event (severity 1 or more) of the same participants within a day of each event.

    Args:
        events: events to look around (table events).
        everything: all events that stand.
        bases: by kind, the kinds whose events its rule reads.

    Returns:
        ``event``, ``kinds`` (sorted; at least one): events without any are left out.
    """
    who = ["event", "kind", "participants", "t_start", "t_end_floor"]
    mine = events.select(who).explode("participants").drop_nulls("participants")
    others = everything.filter(pl.col("severity") >= 1).select(who).explode("participants")
    reach = pl.duration(seconds=NEAR_S)
    near = (
        mine.join(others, on="participants", suffix="_other")
        .filter(
            pl.col("kind") != pl.col("kind_other"),
            pl.col("t_start_other") <= pl.col("t_end_floor") + reach,
            pl.col("t_end_floor_other") >= pl.col("t_start") - reach,
        )
        .group_by("event")
        .agg(pl.col("kind").first(), pl.col("kind_other").unique().sort().alias("others"))
    )
    kinds = [list(independent(k, others, bases)) for k, others in near.select("kind", "others").iter_rows()]
    found = near.select("event", pl.Series("kinds", kinds, dtype=pl.List(pl.String)))
    return found.filter(pl.col("kinds").list.len() > 0)
