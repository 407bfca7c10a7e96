"""Reading: tables as they stand in a snapshot, filtered, always through release."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from makara.base.errors import UsageError
from makara.base.geo import in_box
from makara.lake import Lake, View
from makara.replay import newest
from makara.tables import names, table
from makara.tables.release import Release

VIEW: Final = (
    "events",
    "alerts",
    "vessels",
    "vessel_links",
    "zones",
    "collections",
    "detections",
    "matches",
    "tracks",
    "track_points",
)
"""Tables that a release may hold, in this order."""
TIMES: Final = {
    "events": ("t_start", "t_end_floor"),
    "collections": ("t_start", "t_end"),
    "tracks": ("t_start", "t_end"),
    "reports": ("t_seen", "t_seen"),
    "claims": ("t_seen", "t_seen"),
    "detections": ("t_seen", "t_seen"),
    "track_points": ("t_seen", "t_seen"),
}
"""First and last instant of a row, by table."""
MAX_LIMIT: Final = 1_000_000


@dataclass(frozen=True)
class Query:
    """Which rows of a table are asked for.

    Attributes:
        bbox: W, S, E, N in degrees; W > E crosses 180.
        since: rows not over before this instant.
        until: rows begun before this instant.
        kind: of events and zones.
        ids: values of the table's first key.
        limit: at most so many rows.
        offset: after so many.
    """

    bbox: tuple[float, float, float, float] | None = None
    since: datetime | None = None
    until: datetime | None = None
    kind: str | None = None
    ids: tuple[Any, ...] | None = None
    limit: int | None = None
    offset: int = 0

    def __post_init__(self) -> None:
        if self.limit is not None and not 0 <= self.limit <= MAX_LIMIT:
            raise UsageError(f"limit {self.limit} is out of range: 0 to {MAX_LIMIT}")
        if self.offset < 0:
            raise UsageError(f"offset {self.offset} is below 0")


def load(lake: Lake | View, name: str, as_known_at: datetime | None = None) -> pl.DataFrame:
    """A table as it stands: newest versions of events, newest rows of state tables."""
    if name not in names():
        raise UsageError(f"no table {name!r}; there are: {', '.join(names())}")
    if name == "events":
        return newest(lake.read("events"), as_known_at)
    if table(name).kind == "lake":
        return lake.read(name) if as_known_at is None else lake.read(name, pl.col("t_known") <= as_known_at)
    if as_known_at is None:
        return lake.state(name)
    keys = list(table(name).keys)
    rows = lake.history(name).filter(pl.col("t_known") <= as_known_at)
    return (
        rows.sort("t_known", maintain_order=True)
        .unique(keys, keep="last", maintain_order=True)
        .filter(pl.col("gone").is_null())
    )


def select(rows: pl.DataFrame, name: str, query: Query) -> pl.DataFrame:
    """The rows of a table that a query asks for, in a total order: alerts by rank, events by time, others by key."""
    out = rows
    if name in TIMES:
        first, last = TIMES[name]
        if query.since is not None:
            out = out.filter(pl.col(last) >= query.since)
        if query.until is not None:
            out = out.filter(pl.col(first) < query.until)
    if query.kind is not None:
        if "kind" not in out.columns:
            raise UsageError(f"table {name} has no kind; leave kind out")
        out = out.filter(pl.col("kind") == query.kind)
    if query.ids is not None:
        out = out.filter(pl.col(table(name).keys[0]).is_in(list(query.ids)))
    if query.bbox is not None and "lon_deg" in out.columns:
        w, s, e, n = query.bbox
        placed = out.filter(pl.col("lon_deg").is_not_null())
        out = placed.filter(pl.Series(in_box(placed["lon_deg"].to_numpy(), placed["lat_deg"].to_numpy(), w, s, e, n)))
    elif query.bbox is not None and "box" in out.columns:
        out = out.filter(_overlaps(pl.col("box"), query.bbox))
    order = {"alerts": ["rank"], "events": ["t_start"]}.get(name, []) + list(table(name).keys)
    by = [c for c in order if c in out.columns]
    if by:
        out = out.sort(by, descending=[c == "rank" for c in by], nulls_last=True)
    if query.limit is not None or query.offset:
        out = out.slice(query.offset, query.limit)
    return out


def _overlaps(box: pl.Expr, asked: tuple[float, float, float, float]) -> pl.Expr:
    w, s, e, n = asked
    west, east = box.struct.field("w"), box.struct.field("e")
    wide = (east - west) % 360
    asked_wide = (e - w) % 360 if w != e else 0.0
    meets = ((west - w) % 360 <= asked_wide) | ((pl.lit(w) - west) % 360 <= wide)
    return meets & (box.struct.field("s") <= n) & (box.struct.field("n") >= s)


def narrow(release: Release, name: str, query: Query) -> Release:
    """A release with only the rows of one table that a query asks for."""
    rows = release[name]
    chosen = select(rows, name, query) if len(rows.columns) else rows
    return replace(release, tables={name: chosen})
