"""Rules over other rules' events: each event that the window gives is judged anew, so nothing is carried.

An open event of the base rule makes an open event, a closed one a closed one: the next window states it again with the
same content, or what is newly known of it.
"""

from __future__ import annotations

import polars as pl

from makara.behaviours._rule import Window
from makara.tables import table

_KEPT = (
    "state", "t_start", "t_end", "t_end_floor", "lon_deg", "lat_deg", "participants", "mmsi", "zones", "p",
    "severity", "details", "evidence",
)  # fmt: skip


def base(window: Window, kind: str) -> pl.DataFrame:
    """Another rule's events that the window knows, with what a step's row needs of them.

    Returns:
        ``event``, the columns that pass on unchanged (state, times, place, participants, mmsi, zones, evidence),
        ``details`` as JSON, and ``marks``: the marks of its evidence, or the one mark that the walk met of them.
        Ordered by event.
    """
    types = table("events").schema
    found = window.get(f"events:{kind}")
    if found is None or not len(found):
        kinds = {"event": pl.String(), **{c: types[c] for c in _KEPT}, "marks": pl.List(pl.String())}
        return pl.DataFrame(schema=kinds)
    held = found.filter(pl.col("t_start") < window.to, pl.col("state") != "withdrawn")
    marks = pl.col("marks") if "marks" in held.columns else pl.concat_list("mark").list.drop_nulls()
    return held.select("event", *_KEPT, marks.alias("marks")).sort("event")


def said(schema: dict[str, pl.DataType]) -> pl.Expr:
    """Parts of the base events' ``details``, as a struct."""
    return pl.col("details").str.json_decode(pl.Struct(schema))


def members(events: pl.DataFrame) -> pl.DataFrame:
    """One row for each vessel of each event: ``event, mover`` and the events' other columns."""
    rows = events.with_columns(who=pl.col("participants")).explode("who")
    own = pl.col("who").str.strip_prefix("mv").cast(pl.Int64, strict=False)
    return rows.with_columns(own.alias("mover")).filter(pl.col("who").str.starts_with("mv")).drop("who")


def all_marks(*lists: str) -> pl.Expr:
    """Marks of several columns as one list of distinct ones, sorted."""
    parts = [pl.col(c).fill_null([]) for c in lists]
    return pl.concat_list(*parts).list.drop_nulls().list.unique().list.sort().alias("marks")


__all__ = ["all_marks", "base", "members", "said"]
