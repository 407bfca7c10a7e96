"""Which keys and windows to redo, and what has changed: pure.

A step of the walk redoes each rule from the last kept point before what is new or late, and compares. Nothing here
knows a clock, a file or a rule.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from makara.base.time import EPOCH, floor
from makara.base.units import HOUR_S
from makara.tables import table

KEEP_S: Final = 12 * HOUR_S
"""Carried states are kept at multiples of this."""
KEPT: Final = 6
"""How many kept points stay."""
CONTENTS: Final = (
    "state",
    "t_end",
    "t_end_floor",
    "rule",
    "parameters",
    "lon_deg",
    "lat_deg",
    "shape",
    "participants",
    "mmsi",
    "zones",
    "p",
    "severity",
    "reasons",
    "innocent",
    "details",
    "evidence",
    "mark",
)
"""Columns whose change makes a new version; the key columns make a new event."""


def earliest(times: Iterable[datetime | None]) -> datetime | None:
    """The first of some instants, leaving out those that are None; None if there are none."""
    found = [t for t in times if t is not None]
    return min(found) if found else None


def restart(dirty: datetime, kept: Iterable[datetime]) -> datetime:
    """The last kept point that is not after what is dirty; the beginning of time if there is none.

    What a rule carries at an instant depends on nothing after it, so a state kept before the first new row still holds.
    """
    return max((k for k in kept if k <= dirty), default=EPOCH)


def windows(
    frm: datetime, to: datetime, data_start: datetime, more: Iterable[datetime] = ()
) -> list[tuple[datetime, datetime]]:
    """Windows from ``frm`` to ``to``, cut where the carried state is to be kept: the last few kept points with data.

    Args:
        frm: start of the first.
        to: end of the last.
        data_start: no cut lies before it.
        more: instants at which to cut, too.
    """
    last = floor(to, KEEP_S)
    cuts = {last - timedelta(seconds=KEEP_S * k) for k in range(KEPT)}.union(more)
    edges = [frm, *(c for c in sorted(cuts) if max(frm, data_start) < c < to), to]
    return list(itertools.pairwise(edges))


def affected(current: pl.DataFrame, frm: datetime) -> pl.DataFrame:
    """Events of a rule that a replay from ``frm`` decides anew: those not over by then."""
    over = pl.col("t_end").is_not_null() & (pl.col("t_end") < frm)
    return current.filter(~over & (pl.col("state") != "withdrawn"))


def versions(current: pl.DataFrame, redone: pl.DataFrame, frm: datetime, now: datetime) -> pl.DataFrame:
    """New versions that a replay gives rise to: what is new, what changed, what no longer holds.

    Args:
        current: newest version of each event of one rule and profile (table events).
        redone: contents from the replay (table events without version, t_known, supersedes).
        frm: where the replay started.
        now: when this is known.

    Returns:
        Rows of table events, in the order of their ids; empty if nothing changed.
    """
    spec = table("events")
    stamped = redone.with_columns(version=pl.lit(1), supersedes=pl.lit(None, pl.String), t_known=pl.lit(now))
    fresh = spec.conform(stamped).sort("event")
    held = current.select("event", "version", "supersedes", *CONTENTS)
    before = fresh.select("event").join(held, on="event", how="left", maintain_order="left")
    known = before["version"].is_not_null()
    differs = [fresh[c].ne_missing(before[c]) for c in CONTENTS]
    changed = known & pl.DataFrame(differs).select(pl.any_horizontal(pl.all())).to_series()
    revised = fresh.with_columns(before["version"] + 1, before["supersedes"]).filter(changed)
    gone = affected(current, frm).join(fresh, on="event", how="anti").select(fresh.columns)
    gone = gone.with_columns(pl.col("version") + 1, state=pl.lit("withdrawn"), t_known=pl.lit(now))
    first, left = fresh.filter(~known), gone.to_dicts()
    replaced = [_superseded(row, left) for row in first.iter_rows(named=True)] if left else [None] * len(first)
    first = first.with_columns(pl.Series("supersedes", replaced, dtype=pl.String))
    return pl.concat([first, revised, gone]).sort("event")


def _superseded(row: dict[str, object], gone: list[dict[str, object]]) -> str | None:
    """The event withdrawn in the same step whose place this one takes: same scope, a shared participant, overlap."""
    for g in gone:
        same = all(g[c] == row[c] for c in ("kind", "profile", "scope"))
        shared = set(g["participants"]) & set(row["participants"])  # type: ignore[call-overload]
        overlap = g["t_start"] <= row["t_end_floor"] and row["t_start"] <= g["t_end_floor"]  # type: ignore[operator]
        if same and shared and overlap:
            return str(g["event"])
    return None


def newest(versions_: pl.DataFrame, as_known_at: datetime | None = None) -> pl.DataFrame:
    """The newest version of each event, as known at an instant (None: now), withdrawn ones included."""
    known = versions_ if as_known_at is None else versions_.filter(pl.col("t_known") <= as_known_at)
    return known.sort("event", "version").unique("event", keep="last", maintain_order=True)
