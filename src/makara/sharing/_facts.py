"""What a decision must know of each row, table by table: its kind, its place, its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from makara.sharing._outside import mentioned
from makara.sharing.policy import FACTS

ROW_ID: Final[dict[str, str]] = {
    "events": "event",
    "track_points": "report",
    "reports": "report",
    "detections": "detection",
    "collections": "collection",
    "matches": "detection",
    "tracks": "track",
    "claims": "claim",
    "messages": "message",
    "zones": "zone",
    "alerts": "alert",
    "vessels": "vessel",
    "vessel_links": "vessel",
    "reception": "cell",
}
"""Tables that can leave, in the order of deciding, with the column by which their rows are known. No other leaves."""
_TIMES: Final = ("t_end_floor", "t_seen", "t_end", "t_known")
_SHAPES: Final = ("shape", "footprint", "geometry")


def facts(name: str, rows: pl.DataFrame, view: Mapping[str, pl.DataFrame], movers: set[int]) -> pl.DataFrame:
    """Facts of a table's rows (schema ``FACTS``, in the rows' order).

    An alert has its event's kind and place, a match its detection's. Vessels have none: they go where rows that speak
    of them go.

    Args:
        name: the table.
        rows: its rows.
        view: all tables under way, for events and detections that rows refer to.
        movers: movers that released rows speak of.
    """
    if name == "alerts":
        return _borrowed(rows, view.get("events"), "event")
    if name == "matches":
        return _borrowed(rows, view.get("detections"), "detection")
    if name == "vessels":
        return _own(rows).with_columns(seen=_vessel_seen(rows, view, movers))
    if name == "vessel_links":
        seen = [mentioned(m) in movers for m in rows["member"].to_list()]
        return _own(rows).with_columns(seen=pl.Series(seen, dtype=pl.Boolean))
    found = _own(rows)
    if name == "events":
        return found.with_columns(kind=rows["kind"])
    if name == "zones":
        return found.with_columns(zones=rows.select(pl.concat_list("zone")).to_series())
    return found


def _own(rows: pl.DataFrame) -> pl.DataFrame:
    have = set(rows.columns)
    shape = next((c for c in _SHAPES if c in have), None)
    t = next((c for c in _TIMES if c in have), None)
    found = {
        "mark": "mark" if "mark" in have else None,
        "kind": None,
        "lon": "lon_deg" if "lon_deg" in have else None,
        "lat": "lat_deg" if "lat_deg" in have else None,
        "shape": shape,
        "zones": "zones" if "zones" in have else None,
        "t": t,
        "seen": None,
    }
    named = [(pl.lit(None) if c is None else pl.col(c)).cast(FACTS[k]).alias(f"_{k}") for k, c in found.items()]
    return rows.with_columns(named).select(pl.col(f"_{k}").alias(k) for k in found)


def _borrowed(rows: pl.DataFrame, of: pl.DataFrame | None, key: str) -> pl.DataFrame:
    """Facts with the place, kind and time of the row referred to, and the row's own mark."""
    own = _own(rows)
    if of is None or len(of) == 0:
        return own
    lent = _own(of).drop("mark", "seen").with_columns(of[key].alias("_key"))
    if "kind" in of.columns:
        lent = lent.with_columns(of["kind"].alias("kind"))
    lent = lent.unique("_key", keep="last")
    joined = pl.DataFrame({"_key": rows[key]}).join(lent, on="_key", how="left", maintain_order="left")
    return joined.with_columns(own["mark"], own["seen"], pl.col("t").fill_null(own["t"])).select(FACTS.names())


def _vessel_seen(rows: pl.DataFrame, view: Mapping[str, pl.DataFrame], movers: set[int]) -> pl.Series:
    """Which vessels released rows speak of: by mover or MMSI, or by a link to one."""
    column = "mover" if "mover" in rows.columns else "mmsi"
    linked: set[str] = set()
    links = view.get("vessel_links")
    if links is not None and len(links):
        linked = {v for v, m in links.select("vessel", "member").iter_rows() if mentioned(m) in movers}
    pairs = rows.select("vessel", column).iter_rows()
    return pl.Series([m in movers or v in linked for v, m in pairs], dtype=pl.Boolean)
